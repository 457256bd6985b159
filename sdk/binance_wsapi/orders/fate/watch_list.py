"""The ids that were declared not placed, or refused, and so should never turn up.

Each is watched for a day. Should one turn up after all, `LateExecution` is told to the user: one of the assumptions of the
fence did not hold, and a person has to look.
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
from binance_wsapi.orders.fate.listeners import FateListeners
from binance_wsapi.orders.ids.token import Token

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


class WatchList:
    """The ids that should never turn up.

    Args:
        tell: tells the user.
        watch_ms: how long an id is watched for.
        listeners: told of each that turned up, and of what bears it.

    Attributes:
        ids: what is known of each.
    """

    def __init__(self, tell: Callable[[ClientEvent], None], watch_ms: int, listeners: FateListeners) -> None:
        self.ids: OrderedDict[str, Watched] = OrderedDict()
        self._tell = tell
        self._watch_ms = watch_ms
        self._listeners = listeners
        self._refused: deque[str] = deque()

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
        self.ids[verdict.client_order_id] = watched
        if verdict.outcome is Outcome.REJECTED:
            self._refused.append(verdict.client_order_id)
            if len(self._refused) > REFUSED_WATCHED:
                oldest = self.ids.get(self._refused[0])
                if oldest is not None and oldest.verdict.outcome is Outcome.REJECTED:
                    del self.ids[self._refused[0]]
                self._refused.popleft()

    def used_again(self, client_id: str, symbol: str) -> None:
        """A request that names this id leaves: what turns up of the symbol from now on may be its work."""
        known = self.ids.get(client_id)
        if known is not None and known.token.symbol == symbol:
            del self.ids[client_id]

    def holds(self, verdict: Verdict) -> bool:
        """Return whether its id is watched for because of this verdict, and not of one on a later use of the id."""
        known = self.ids.get(verdict.client_order_id)
        return known is not None and known.verdict is verdict

    def forget(self, now_ms: int) -> None:
        """Watch no longer for what was watched long enough."""
        while self.ids and next(iter(self.ids.values())).until_ms < now_ms:
            self.ids.popitem(last=False)

    def turned_up(self, client_id: str, order: Any) -> None:
        """What was declared not placed, or refused, is there."""
        watched = self.ids.pop(client_id, None)
        if watched is not None:
            self._contradict(watched.verdict, order)

    def contradicted(self, verdict: Verdict, order: Any, *, watched: bool) -> None:
        """A reply says that a request was executed which had another verdict.

        Args:
            verdict: that one.
            order: what the reply tells.
            watched: whether its id was on the list: where it is no more, the contradiction is told already.
        """
        if self.holds(verdict):
            del self.ids[verdict.client_order_id]
        elif watched:
            return
        self._contradict(verdict, order)

    def _contradict(self, verdict: Verdict, order: Any) -> None:
        client_id = verdict.client_order_id
        log.critical("%s was declared %s and is executed after all", client_id, verdict.outcome.value)
        self._tell(LateExecution(client_id, verdict, order))
        for listener in self._listeners:
            listener.on_turned_up(client_id, order)
