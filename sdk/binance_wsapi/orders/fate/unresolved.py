"""A request that changes orders, under way and in doubt: what was sent, what was seen of it, and the task that finds out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from binance_wsapi.errors import NotFollowed
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Outcome, Path, Verdict
from binance_wsapi.orders.ids.renames import Change, same_account
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.wire.endpoint import Endpoint, Params
from binance_wsapi.wire.order_calls import Sight

__all__ = ["CLOSED", "Held", "Seen", "Sent", "UnderWay", "Unresolved", "LiveId", "outlive"]

R = TypeVar("R")

SILENT_ANSWERS: Final = 2
"""Questions by one way that may say nothing until the other way has to do, or one more connection."""

SILENT_CONNECTIONS: Final = 3
"""Connections whose answers say nothing until no more are made for these questions."""

SIGHTS_KEPT: Final = 4
"""Sights of an id under way that are kept, and orders that may be what bears an id."""

CLOSED: Final = "the client was closed before it was known what became of the request: it may be executed"
"""What is told of a request in doubt when the client is closed."""


class Sent(msgspec.Struct, eq=False):
    """What is known of the frame of one call. It is the call's `CallOptions.sent`.

    Args:
        key: signs it: the key it is asked about with, also when the session uses another key by then.
        recv_window_ms: the ``recvWindow`` that holds for it.
        also: another listener that is told when the frame was handed to the network.
        journal: where that is written down.
        record: what the journal calls the request.
        now: tells the moment, in seconds of the monotonic clock.
        leaves: called when a frame was handed to the network; None where nothing else need know.
        at: when the newest frame left.
        request_id: of it.
        timestamp: of it.
    """

    key: Signer | AsyncSigner | None
    recv_window_ms: float
    also: Callable[[str, int | None], None] | None = None
    journal: Journal | None = None
    record: Intent | None = None
    now: Callable[[], float] | None = None
    leaves: Callable[[], None] | None = None
    at: float | None = None
    request_id: str | None = None
    timestamp: int | None = None

    def __call__(self, request_id: str, timestamp: int | None) -> None:
        self.request_id = request_id
        self.timestamp = timestamp
        if self.now is not None:
            self.at = self.now()
        if self.leaves is not None:
            self.leaves()
        if self.journal is not None and self.record is not None:
            self.journal.mark_sent(self.record, timestamp)
        if self.also is not None:
            self.also(request_id, timestamp)


# Without the collector, as `EventSights`: none of its parts leads back to it.
class Seen(msgspec.Struct, frozen=True, gc=False):
    """What bears an id: an order as a reply tells it, or an event, which is read only where it matters."""

    evidence: Evidence
    sights: Callable[[], Sequence[Sight]]
    key: Signer | AsyncSigner | None
    """The account it is of; None where nothing says it."""
    symbol: str

    def is_of(self, symbol: str) -> bool:
        """Whether it may be of this symbol."""
        return not self.symbol or not symbol or self.symbol == symbol

    def is_known_of(self, key: Signer | AsyncSigner | None, token: Token, name: str) -> bool:
        """Whether what bears this name of a request is of its account: by the key, or as nothing else can bear the name.

        Args:
            key: of the request.
            token: of the request.
            name: its id, or that of an order of its list.
        """
        return same_account(self.key, key) or token.alone_bears(name)


# Structs, not classes with an `__init__` of their own: each order makes one of each, and they are made five times as fast.
class LiveId(msgspec.Struct, eq=False, gc=False):
    """An id that is under way, and what was last seen of it."""

    token: str
    key: Signer | AsyncSigner | None
    symbol: str
    seen: tuple[Seen, ...] = ()
    others: frozenset[int] = frozenset()
    younger: frozenset[int] = frozenset()
    before: Decimal | None = None
    listed: bool = False
    """Whether it is the id of a list that is placed, and not of an order."""
    change: Change | None = None
    """The change that is to give it to an order, or a list, that is there already, where the user named the id."""
    contested_ms: float | None = None
    """The earliest that another request that names it, too, can have been executed; see `Token`."""
    bearer_ended: bool = False
    """Whether what bore the id last is known to have ended."""
    ended: frozenset[int] = frozenset()
    """The numbers of orders that are known to have ended with it."""
    sent: bool = True
    """Whether a frame with it may have been handed to the network: until then it takes the id from nothing."""
    record: Intent | None = None
    """What the journal calls the request, where it makes one order, or amends one, to this id."""

    def keep(self, seen: Seen) -> None:
        """Keep what bears it, the latest; what is of another key, perhaps of another account, while there is room."""
        if len(self.seen) < SIGHTS_KEPT:
            self.seen = (*self.seen, seen)
        elif same_account(self.key, seen.key):
            self.seen = (*self.seen[1:], seen)

    @property
    def contested(self) -> bool:
        """Whether another request that is under way, or in doubt, names it, too."""
        return self.contested_ms is not None


class UnderWay(msgspec.Struct, eq=False, gc=False):
    """One call that changes orders, from before its frame leaves until it returns.

    Args:
        tokens: every id it makes or renames an order to.
        fresh: those of them that only this request can bear.
        live_ids: what is seen of each.
        change: what it may rename; None where it renames nothing, or a doubt has taken it over.
    """

    tokens: Sequence[str]
    fresh: Collection[str]
    live_ids: Sequence[LiveId]
    change: Change | None


class Held(NamedTuple):
    """A doubt that waits until changes of our own are over that may have renamed what was asked about.

    The answer that was given meanwhile is not kept: what is asked then is younger.
    """

    doubt: Doubt
    changes: Sequence[Change]

    @property
    def over(self) -> bool:
        """Whether they are."""
        return all(change.over for change in self.changes)


class Unresolved:
    """One intent in doubt.

    Args:
        endpoint: what was called.
        request: its parameters.
        doubts: one for each token of the request.
        connection: number of the newest connection there was when the doubt arose.
        key: the key it was signed with, and is asked about with.
        record: what the journal calls it; None where nothing was written down.
        change: what it may have renamed; None where it renames nothing.
        request_id: what its reply is known by; None after a restart.

    Attributes:
        answer: the result of the late reply, where it came after all.
        held: a doubt that waits.
        silent: questions by each way that said nothing since the last that did.
        passed_over: number of a connection; neither it nor an older one is asked once more.
        refused_at: from when on every question was refused, in seconds of the monotonic clock; None where one was not.
        wake: set when something was learned.
        task: finds out.
    """

    __slots__ = (
        "_connections_left", "answer", "change", "connection", "doubts", "endpoint", "held", "key",
        "passed_over", "record", "refused_at", "request", "request_id", "silent", "task", "wake",
    )  # fmt: skip

    def __init__(
        self,
        endpoint: Endpoint[Any],
        request: Params,
        doubts: list[Doubt],
        connection: int,
        key: Signer | AsyncSigner | None,
        *,
        record: Intent | None = None,
        change: Change | None = None,
        request_id: str | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.request = request
        self.doubts = doubts
        self.connection = connection
        self.key = key
        self.record = record
        self.change = change
        self.request_id = request_id
        self.answer: Any = None
        self.held: Held | None = None
        self.silent = {"socket": 0, "rest": 0}
        self.passed_over = 0
        self.refused_at: float | None = None
        self._connections_left = SILENT_CONNECTIONS - 1
        self.wake = asyncio.Event()
        self.task: asyncio.Task[Verdict] | None = None

    @property
    def tokens(self) -> list[Token]:
        """What it is recognised by."""
        return [doubt.token for doubt in self.doubts]

    def aim(self, doubt: Doubt) -> None:
        """Keep with the token of a part what is known by now of the order that the request was sent for."""
        if self.change is not None:
            doubt.token = self.change.aim(doubt.token)

    def hold(self, doubt: Doubt, changes: Sequence[Change]) -> bool:
        """Let a part wait until it is known what changes did; return False where one of them waits for this request."""
        if self.change is not None and doubt is self.doubts[0] and not self.change.wait_for(changes):
            return False
        self.held = Held(doubt, changes)
        for change in changes:
            change.waiters = [*(change.waiters or ()), self.wake]
        return True

    def asks_rest(self, first: Path | None) -> bool:
        """Return whether the next question goes over REST: the way that `first` did not take, unless it says nothing."""
        silent = self.silent
        other = "rest" if first is not None and first[0] == "socket" else "socket"
        if silent[other] >= SILENT_ANSWERS:
            other = min(silent, key=silent.__getitem__)
        return other == "rest"

    def heard(self, path: Path, *, says_nothing: bool) -> None:
        """Note whether an answer says anything; a connection whose answers do not is asked no more while there are others.

        Args:
            path: how it came.
            says_nothing: whether it does not.
        """
        way, number = path
        self.silent[way] = self.silent[way] + 1 if says_nothing else 0
        if way == "socket" and says_nothing and not self.silent[way] % SILENT_ANSWERS and self._connections_left:
            self._connections_left -= 1
            self.passed_over = number

    def says_nothing(self, *, rest: bool) -> bool:
        """Return whether neither way has said anything of late, nor any of several connections.

        Args:
            rest: whether there is a way over REST.
        """
        silent = self.silent
        over_socket = silent["socket"] >= SILENT_ANSWERS * (1 if rest else SILENT_CONNECTIONS)
        return over_socket and (not rest or silent["rest"] >= SILENT_ANSWERS)

    @property
    def settled(self) -> bool:
        """Whether every part has a verdict."""
        return all(doubt.verdict is not None for doubt in self.doubts)

    def verdict(self) -> Verdict:
        """The verdict on the whole: executed if any part of it was. Call only when all parts are settled."""
        verdicts = [doubt.verdict for doubt in self.doubts if doubt.verdict is not None]
        whole = verdicts[-1]
        for outcome in (Outcome.ACCEPTED, Outcome.UNDECIDED):
            found = next((each for each in verdicts if each.outcome is outcome), None)
            if found is not None:
                whole = found
                break
        return whole if len(verdicts) == 1 else replace(whole, parts=tuple(verdicts))


async def outlive(task: asyncio.Task[R]) -> R:
    """Wait for a task that goes on when the waiting is cancelled, and is cancelled when the client is closed.

    Raises:
        NotFollowed: the client was closed. The caller was not cancelled, and must not be told so.
    """
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if not task.cancelled() or (caller is not None and caller.cancelling()):
            raise
    raise NotFollowed(CLOSED)
