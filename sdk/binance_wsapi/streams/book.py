"""A local order book that is either the venue's own, update by update, or says that it is not.

Theory of operation. Two tasks share one `BookState`. The *reader* takes events from the diff depth stream and feeds
them. The *loader* fetches a snapshot whenever one is needed, while the reader goes on keeping events; a snapshot that
turns out too old, or was asked for before the last mishap, is followed by another.

A snapshot is needed at the start, and again when an event is missing, when the venue counts its updates anew, when the
consumer fell behind, and when the stream was interrupted. In the last case the book is emptied the moment the connection is
lost, and the snapshot is asked for when the stream is back: sooner it could not meet the events.

A snapshot may come from a cache that is behind the stream. So a snapshot that no event has met does not count until an
event meets it, or until a second one, `CONFIRM_AFTER` later, is the same: entering the book of a market that stands still
takes that long.

Snapshots are dear: 250 of the request weight for 5,000 levels. They are at least a second apart, and further after
every failure, by full jitter; after a mishap, which often hits many books together, even the first waits a moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

from binance_wsapi.errors import (
    AuthFailed,
    BadRequest,
    NotConnected,
    ProtocolViolation,
    TlsVerificationError,
    UsageError,
    WsapiError,
    shown,
)
from binance_wsapi.link.reconnect import FullJitter
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.levels import Level
from binance_wsapi.streams.book_state import BookSide, BookState, Pairs, Step
from binance_wsapi.streams.events import DiffDepthEvent
from binance_wsapi.streams.market import MarketStreams
from binance_wsapi.wire.border import at_border, made_at_border
from binance_wsapi.wire.misuse import EnteredByCoroutines

__all__ = ["BestPrices", "LoadSnapshot", "OrderBook"]

log = logging.getLogger("binance_wsapi")

LoadSnapshot: TypeAlias = Callable[[str, int], Awaitable[tuple[int, Pairs, Pairs]]]
"""Fetches a snapshot: symbol and levels of each side to ``lastUpdateId``, bids and asks, as pairs."""

LEAST_PAUSE: Final = 1.0
"""Seconds from one snapshot to the next."""

CONFIRM_AFTER: Final = 10.0
"""Seconds after which a second snapshot that is the same shows that the market stands still. The venue's views may be behind
by six."""

_QUIET: Final = (
    "; the stream brought no event that meets the snapshot: the market stands still, and entering takes "
    f"{CONFIRM_AFTER:g} s then; give a timeout of {CONFIRM_AFTER + 5:g} s or more"
)

SPREAD: Final = 0.5
"""Seconds over which the first snapshots after a mishap are spread."""

LIMITS: Final = range(1, 5001)

_HOPELESS = (UsageError, BadRequest, AuthFailed, TlsVerificationError)
"""What asking again does not help against: the symbol does not exist, for instance."""


class BestPrices(NamedTuple):
    """The best level of each side; None where there is none."""

    bid: Level | None
    ask: Level | None


@at_border
@made_at_border
class OrderBook(EnteredByCoroutines):
    """The order book of one symbol, kept true by its stream::

        async with OrderBook(streams, load_snapshot, "BTCUSDT") as book:
            while True:
                await book.updated()
                print(book.best)

    Entering returns when the book is synced. While it is not, it is empty: there are no stale prices to read.

    Args:
        streams: where the changes come from; entered, and not closed before the book.
        load_snapshot: ``async (symbol, limit) -> (last_update_id, bids, asks)``, the ``depth`` method or the REST one.
        symbol: the symbol.
        limit: levels of each side in a snapshot, 1 to 5000. The weight is 5 up to 100, 25 up to 500, 50 up to 1000
            and 250 above.
        speed: milliseconds from one change to the next: 100 or 1000.
        timeout: seconds entering may take.
        runtime: chance and sleep, for tests in virtual time.

    Attributes:
        symbol: the symbol, upper-case.
        snapshots: how many snapshots were asked for.
        resyncs: how often the book was lost and had to be built anew.
    """

    def __init__(
        self,
        streams: MarketStreams,
        load_snapshot: LoadSnapshot,
        symbol: str,
        *,
        limit: int = 1000,
        speed: Literal[100, 1000] = 100,
        timeout: float = 30.0,
        runtime: Runtime | None = None,
    ) -> None:
        if type(limit) is not int or limit not in LIMITS:
            raise UsageError(f"limit must be a number of levels from 1 to 5000, got {shown(limit)}")
        template = streams.diff_depth(symbol, speed=speed, timeout=timeout)
        self.symbol = symbol.upper()
        self.snapshots = 0
        self.resyncs = 0
        self._load_snapshot = load_snapshot
        self._limit = limit
        self._timeout = timeout
        self._runtime = runtime or Runtime()
        self._jitter = FullJitter(self._runtime.uniform, first=0.5)
        self._state = BookState()
        self._events = template.watched_by(self._interrupted)
        self._needed = asyncio.Event()
        self._stirred = asyncio.Event()
        self._mishaps = 0
        self._last_error: Exception | None = None
        self._error: Exception | None = None
        self._closed = False
        self._watchers: set[asyncio.Future[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        state = f"synced at {self.update_id}" if self.synced else "not synced"
        return f"<OrderBook {self.symbol} {state} bids={len(self.bids)} asks={len(self.asks)}>"

    # ------------------------------------------------------------------ the book

    @property
    def synced(self) -> bool:
        """Whether the book is the venue's, as far as the stream has come."""
        return self._state.synced

    @property
    def update_id(self) -> int:
        """Id of the last change in the book; 0 while it is not synced."""
        return self._state.update_id

    @property
    def bids(self) -> BookSide:
        """The bids, best first; empty while the book is not synced."""
        return self._state.bids

    @property
    def asks(self) -> BookSide:
        """The asks, best first; empty while the book is not synced."""
        return self._state.asks

    @property
    def best(self) -> BestPrices:
        """The best bid and the best ask."""
        bids, asks = self._state.bids, self._state.asks
        return BestPrices(bids[0] if bids else None, asks[0] if asks else None)

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the last change came over the stream; None before the first."""
        return self._events.last_event_age

    async def updated(self, after: int | None = None) -> int:
        """Wait for the next change of the synced book.

        Args:
            after: return at once when the book is already beyond this update id; None waits for the next change.
                `book.update_id` of the last look is what misses nothing.

        Returns:
            The update id the book has now.

        Raises:
            UsageError: ``after`` is no number.
            NotConnected: the book was closed.
            WsapiError: it cannot be kept any more: the venue does not know the symbol, for instance.
        """
        if after is not None and not isinstance(after, int):
            raise UsageError(f"after must be an update id, as book.update_id, got {shown(after)}")
        while True:
            self._check()
            if after is not None and self.synced and self.update_id > after:
                return self.update_id
            watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.add(watcher)
            try:
                await watcher
            finally:
                self._watchers.discard(watcher)
            if after is None and self.synced:
                self._check()
                return self.update_id

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._closed:
            raise NotConnected("the order book is closed")

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        if self._tasks or self._closed:
            raise UsageError("an order book is entered once")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        await self._events.__aenter__()
        if self._events.live:  # else the gap that follows starts the loading
            self._needed.set()
        self._tasks = [
            loop.create_task(self._run(part), name=f"binance-wsapi book {self.symbol}")
            for part in (self._read, self._keep_loaded)
        ]
        try:
            async with asyncio.timeout_at(deadline):
                await self.updated(after=-1)
        except TimeoutError:
            unmet = self._state.unmet
            await self.close()
            last = self._last_error
            raise NotConnected(
                f"the order book of {self.symbol} was not synced within {self._timeout:g} s"
                + (f"; last: {last}" if last is not None else "")
                + (_QUIET if unmet else "")
            ) from last
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Unsubscribe and empty the book. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.gather(*self._tasks, return_exceptions=True)  # a cancel of the caller is the caller's
        finally:
            await self._events.__aexit__(None, None, None)
            self._state.begin()
            self._tell()

    # ------------------------------------------------------------------ what keeps it true

    async def _run(self, part: Callable[[], Awaitable[Any]]) -> None:
        """Run one of the two tasks; what ends it ends the book."""
        try:
            await part()
            error: Exception = NotConnected("the market streams are closed")
        except Exception as raised:  # noqa: BLE001 - told to the callers that wait for the book
            error = raised
        if self._error is None:
            level = logging.INFO if isinstance(error, NotConnected) else logging.ERROR  # closed, or beyond help
            log.log(level, "the order book of %s ended: %s: %s", self.symbol, type(error).__name__, error)
            self._error = error
            self._state.begin()
            self._tell()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    async def _read(self) -> None:
        async for event in self._events:
            if isinstance(event, DiffDepthEvent):
                was = self._state.synced
                step = self._state.feed(event)
                self._stirred.set()
                if step is Step.APPLIED:
                    if not was:  # it met the snapshot
                        self._needed.clear()
                    self._tell()
                elif step is Step.BROKEN and was:
                    self._lost(f"an event is missing before update {event.first_update_id}, or makes no sense")
                elif step is Step.BACKWARDS:
                    self._lost(f"its updates are counted anew, and are at {event.final_update_id}")
            else:  # a gap, or an overflow
                self._state.begin()
                self._lost(repr(event))

    def _interrupted(self) -> None:
        """The stream is gone, and with it what is queued of it: wait for the gap that tells it is back."""
        self._state.begin()
        self._mishaps += 1
        self._stirred.set()
        self._needed.clear()
        self._tell()

    def _lost(self, reason: str) -> None:
        log.warning("the order book of %s is built anew: %s", self.symbol, reason)
        self.resyncs += 1
        self._mishaps += 1
        self._stirred.set()
        self._needed.set()
        self._tell()

    async def _keep_loaded(self) -> None:
        loop = asyncio.get_running_loop()
        tries = 0
        asked = float("-inf")
        unmet: tuple[int, int, float] | None = None  # update id and mishaps of a snapshot, and when it was asked for
        while True:
            await self._needed.wait()
            pause = max(0.0, asked + LEAST_PAUSE - loop.time())
            if tries:
                pause += self._jitter.after(tries)
            elif self._mishaps:
                pause += self._runtime.uniform(0.0, SPREAD)
            if pause:
                await self._runtime.sleep(pause)
            if not self._needed.is_set():
                continue
            asked = loop.time()
            mishaps = self._mishaps
            self.snapshots += 1
            try:
                update_id, bids, asks = await self._load_snapshot(self.symbol, self._limit)
                if mishaps != self._mishaps:
                    continue  # from before the last mishap, or from the middle of it
                if unmet is None or unmet[:2] != (update_id, mishaps):
                    unmet = update_id, mishaps, asked
                confirms = asked >= unmet[2] + CONFIRM_AFTER
                loaded = self._state.load(update_id, bids, asks, self._limit, confirms=confirms)
            except _HOPELESS:
                raise
            except (WsapiError, ProtocolViolation) as error:
                self._last_error = error
                log.info("no snapshot of %s: %s", self.symbol, error)
                tries += 1
                continue
            if loaded:
                tries = 0
                self._needed.clear()
                self._tell()
            elif self._state.unmet:
                self._last_error = None
                tries = 0
                self._stirred.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(max(unmet[2] + CONFIRM_AFTER, asked + LEAST_PAUSE)):
                        await self._stirred.wait()
            else:
                self._last_error = None
                tries += 1

    def _tell(self) -> None:
        watchers, self._watchers = self._watchers, set()
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)
