"""The ids that were declared not placed, or refused, and so should never turn up.

Each is watched for a day, for its symbol and account: elsewhere the same id is another's. Should one turn up after all,
`LateExecution` is told to the user: one of the assumptions of the fence did not hold, and a person has to look.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.lifecycle import ClientEvent
from binance_wsapi.orders.fate.fence import Outcome, Verdict
from binance_wsapi.orders.fate.listeners import FateListeners, Named
from binance_wsapi.orders.ids.renames import same_account
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.wire.order_calls import Act

__all__ = ["LateExecution", "WatchList", "Watched"]

log = logging.getLogger("binance_wsapi")


@dataclass(frozen=True, slots=True)
class LateExecution(ClientEvent):
    """A request that was declared not placed, or that the venue refused, was executed after all. A person has to look at it.

    Args:
        client_order_id: the token that turned up; empty where the request bore none.
        verdict: what had been declared.
        order: what was seen of it: an order, an event, or the result of a reply that came after all.
    """

    client_order_id: str
    verdict: Verdict
    order: Any


REFUSED_WATCHED: Final = 4_096
"""Refused orders whose ids are watched for, the latest: a client may be refused all day."""


class Watched(NamedTuple):
    """An id that should never turn up."""

    until_ms: float
    verdict: Verdict
    key: Signer | AsyncSigner | None
    token: Token

    def is_of(self, symbol: str, key: Signer | AsyncSigner | None) -> bool:
        """Return whether it is an id of this symbol and account."""
        return self.token.symbol == symbol and same_account(self.key, key)

    @property
    def may_keep(self) -> bool:
        """Whether it is that of a cancel which may have been to leave what it cancels its id."""
        token = self.token
        return token.act is Act.CANCEL and not token.fresh and token.former in ("", token.client_id)


class WatchList:
    """The ids that should never turn up.

    Args:
        tell: tells the user.
        watch_ms: how long an id is watched for.
        listeners: told of each that turned up, and of what bears it.

    Attributes:
        ids: what is known of each: once for each symbol and account.
    """

    def __init__(self, tell: Callable[[ClientEvent], None], watch_ms: int, listeners: FateListeners) -> None:
        self.ids: OrderedDict[str, tuple[Watched, ...]] = OrderedDict()
        self._tell = tell
        self._watch_ms = watch_ms
        self._listeners = listeners
        self._refused: deque[str] = deque()
        self._kept: set[str] = set()

    def add(
        self,
        verdict: Verdict,
        since_ms: int,
        key: Signer | AsyncSigner | None,
        symbol: str,
        token: Token | None = None,
    ) -> None:
        """Raise the alarm should this id turn up.

        Args:
            verdict: on it.
            since_ms: from when it is watched for.
            key: of the account.
            symbol: trading pair.
            token: how it is told from another that bears the same id; None where nothing else can bear it.
        """
        watched = Watched(since_ms + self._watch_ms, verdict, key, token or Token(verdict.client_order_id, symbol))
        client_id = verdict.client_order_id
        self._drop(client_id, lambda each: each.is_of(symbol, key))
        self.ids[client_id] = (*self.ids.pop(client_id, ()), watched)
        if watched.may_keep:
            self._kept.add(client_id)
        if verdict.outcome is Outcome.REJECTED:
            self._refused.append(client_id)
            if len(self._refused) > REFUSED_WATCHED:
                self._drop(self._refused.popleft(), lambda each: each.verdict.outcome is Outcome.REJECTED)

    def _drop(self, client_id: str, which: Callable[[Watched], bool]) -> None:
        """Watch no more for this id where that holds."""
        known = self.ids.get(client_id, ())
        left = tuple(each for each in known if not which(each))
        if left:
            self.ids[client_id] = left
        elif known:
            del self.ids[client_id]

    def used_again(self, client_id: str, symbol: str) -> None:
        """A request that names this id leaves, under any key: what turns up of the symbol from now on may be its work."""
        self._drop(client_id, lambda each: each.token.symbol == symbol)

    def rivalled(self, symbol: str) -> None:
        """A change leaves, which may end a list: what ended with the id it had may be the work of this one."""
        for client_id in self._kept:
            self._drop(client_id, lambda each: each.token.symbol == symbol and each.may_keep)
        self._kept = {each for each in self._kept if each in self.ids}

    def holds(self, verdict: Verdict) -> bool:
        """Return whether its id is watched for because of this verdict, and not of one on a later use of the id."""
        return any(each.verdict is verdict for each in self.ids.get(verdict.client_order_id, ()))

    def forget(self, now_ms: int) -> None:
        """Watch no longer for what was watched long enough."""
        while self.ids and next(iter(self.ids.values()))[-1].until_ms < now_ms:
            self.ids.popitem(last=False)

    def turned_up(self, watched: Watched, order: Any) -> None:
        """What was declared not placed, or refused, is there."""
        named = Named(watched.verdict.client_order_id, watched.token.symbol, watched.key)
        self.contradicted(watched.verdict, order, named, watched=True)

    def contradicted(self, verdict: Verdict, order: Any, named: Named, *, watched: bool) -> None:
        """A request was executed which had another verdict, by what a reply says, or what is there.

        Args:
            verdict: that one.
            order: what shows it.
            named: what it called what it made.
            watched: whether its id was on the list: where it is no more, the contradiction is told already.
        """
        if self.holds(verdict):
            self._drop(verdict.client_order_id, lambda each: each.verdict is verdict)
        elif watched:
            return
        log.critical("%s was declared %s and is executed after all", named.client_id, verdict.outcome.value)
        self._tell(LateExecution(named.client_id, verdict, order))
        for listener in self._listeners:
            listener.on_turned_up(named, order)
