"""A local book over the market streams, under loss, reorder, reconnects and refusals, in virtual time, from seeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from binance_wsapi.errors import BadRequest, LimitExceeded, NotConnected, UsageError
from binance_wsapi.streams import MarketStreams, OrderBook
from binance_wsapi.streams.book import CONFIRM_AFTER
from tests.counts import numbers
from tests.simulation.loop import VirtualLoop
from tests.streams.model import TrueBook
from tests.streams.peer import StreamPeer, play, runtime

STREAM = "x@depth@100ms"


class Market:
    """A true book that moves, is told on the stream and can be asked for."""

    def __init__(self, loop: VirtualLoop, peer: StreamPeer) -> None:
        self.loop = loop
        self.peer = peer
        self.truth = TrueBook(loop.random)
        self.asked: list[float] = []
        self.refuse: Exception | None = None
        self.takes = 0.05
        self.back = 0
        self.loss = 0.0
        self.disorder = 0.0
        self._held: dict[str, Any] | None = None

    async def load(self, symbol: str, limit: int) -> tuple[int, Any, Any]:
        self.asked.append(self.loop.time())
        await asyncio.sleep(self.takes / 2)
        if self.refuse is not None:
            raise self.refuse
        snapshot = self.truth.snapshot(limit, self.back)
        await asyncio.sleep(self.takes / 2)
        return snapshot

    def tell(self) -> None:
        data = self.truth.diff()
        if data is None:
            return
        if self.loop.random.random() < self.loss:
            return
        if self._held is None and self.loop.random.random() < self.disorder:
            self._held = data
            return
        self.peer.publish(STREAM, data)
        if self._held is not None:
            self.peer.publish(STREAM, self._held)
            self._held = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            for _ in range(self.loop.random.randrange(0, 6)):
                self.truth.change()
            self.tell()


@asynccontextmanager
async def moving(market: Market) -> AsyncIterator[None]:
    task = asyncio.get_running_loop().create_task(market.run())
    try:
        yield
    finally:
        task.cancel()


def book_of(market: Market, streams: MarketStreams, **options: Any) -> OrderBook:
    return OrderBook(streams, market.load, "X", runtime=runtime(market.loop), **options)


@asynccontextmanager
async def watched(market: Market, book: OrderBook) -> AsyncIterator[list[int]]:
    """Compare the book with the truth at every update id it ever shows."""
    seen: list[int] = []

    def check() -> None:
        if book.synced:
            market.truth.check(book.update_id, book.bids, book.asks)
            seen.append(book.update_id)
        tell()

    # A task that waits for `updated` is woken once for several changes that arrive together; here each is looked at.
    tell = book._tell
    check()
    setattr(book, "_tell", check)  # noqa: B010 - a method of another class
    try:
        yield seen
        assert book._error is None, book._error
    finally:
        setattr(book, "_tell", tell)  # noqa: B010


def converged(market: Market, book: OrderBook) -> bool:
    return book.synced and book.update_id == market.truth.update_id


async def settle(market: Market, book: OrderBook, within: float = 90.0) -> None:
    """Let the market stand still but for a small move now and then, until the book has caught up."""
    deadline = market.loop.time() + within
    while True:
        market.truth.change()
        market.tell()
        await asyncio.sleep(0.5)
        if converged(market, book):
            return
        assert market.loop.time() < deadline, book


@pytest.mark.parametrize("seed", range(6))
def test_every_update_of_a_healthy_stream_is_the_truth(seed: int) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with moving(market), book_of(market, streams) as book, watched(market, book) as seen:
            assert book.synced
            await asyncio.sleep(60)
            assert len(seen) > 300
            assert seen == sorted(set(seen))
            assert (book.snapshots, book.resyncs) == (1, 0)
            best = book.best
            assert best.bid == book.bids[0]
            assert best.ask == book.asks[0]

    play(test, seed)


@pytest.mark.lives
@pytest.mark.parametrize("seed", numbers(5, 12))
def test_under_loss_disorder_cuts_and_rotations_what_it_shows_is_the_truth_and_it_recovers(seed: int) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        market.takes = loop.random.choice((0.01, 0.5, 3.0))
        market.back = loop.random.choice((0, 10, 40))
        limit = loop.random.choice((5, 100, 5000))
        async with (
            moving(market),
            book_of(market, streams, limit=limit, timeout=300) as book,
            watched(market, book) as seen,
        ):
            for _ in range(12):
                market.loss = loop.random.choice((0.0, 0.0, 0.05, 0.3))
                market.disorder = loop.random.choice((0.0, 0.0, 0.1))
                await asyncio.sleep(loop.random.uniform(0.0, 20.0))
                if loop.random.random() < 0.4 and loop.network.live:
                    loop.random.choice(loop.network.live).reset()
                elif loop.random.random() < 0.4:
                    streams.rotate()
            market.loss = market.disorder = 0.0
            await settle(market, book)
            # How much it shows until here is chance: slow snapshots between many cuts leave it empty all along.
            shown = len(seen)
            await asyncio.sleep(20)
            assert len(seen) > shown + 50
            assert max(len([1 for other in market.asked if 0 <= other - start < 10]) for start in market.asked) <= 10

    play(test, seed)


def test_a_lost_connection_empties_the_book_at_once_and_it_is_rebuilt() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with book_of(market, streams) as book:
            assert book.bids
            loop.network.refuse = True
            loop.network.live[0].reset()
            await asyncio.sleep(0.001)
            assert not book.synced
            assert (len(book.bids), book.best.bid, book.best.ask) == (0, None, None)
            await asyncio.sleep(60)
            assert len(market.asked) == 2  # a snapshot could not meet the stream yet
            loop.network.refuse = False
            await settle(market, book)
            assert (book.snapshots, book.resyncs) == (3, 1)

    play(test)


def test_updates_that_are_counted_anew_on_a_living_connection_build_the_book_anew() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with moving(market), book_of(market, streams) as book:
            await asyncio.sleep(5)
            market.truth.update_id = market.truth._told = 10
            market.truth.states.clear()
            for _ in range(20):
                market.truth.change()
            market.truth.diff()
            await asyncio.sleep(30)
            assert book.synced
            assert book.resyncs == 1
            assert book.update_id == market.truth.update_id
            market.truth.check(book.update_id, book.bids, book.asks)
        assert len(loop.network.connects) == 1

    play(test)


def test_changes_of_another_symbol_are_told_and_dropped_and_what_they_took_the_place_of_is_asked_for() -> None:
    errors: list[Any] = []

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with moving(market), book_of(market, streams) as book, watched(market, book):
            await asyncio.sleep(5)
            foreign = {
                "e": "depthUpdate",
                "E": 1,
                "s": "Y",
                "U": 1,
                "u": book.update_id + 1,
                "b": [["9", "9"]],
                "a": [],
            }
            peer.publish(STREAM, foreign)
            await asyncio.sleep(5)
            assert book.synced
            assert book.resyncs == 0
            assert "ForeignSymbol" in str(errors[0].error)

    play(test, on_error=errors.append)


def test_a_rotation_does_not_disturb_the_book() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with moving(market), book_of(market, streams) as book, watched(market, book):
            for _ in range(5):
                streams.rotate()
                await asyncio.sleep(15)
            assert (book.snapshots, book.resyncs) == (1, 0)
            assert streams.counters["rotations"] == 5

    play(test)


def test_a_market_that_does_not_move_is_a_synced_book() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with book_of(market, streams) as book:
            market.truth.check(book.update_id, book.bids, book.asks)
            assert book.update_id == market.truth.update_id

    play(test)


def test_a_stale_snapshot_of_a_quiet_market_is_never_shown() -> None:
    """The cache behind the snapshots does not know the last change, and six seconds pass until the stream tells the next."""

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        for _ in range(50):
            market.truth.change()
        market.truth.diff()
        market.back = 20
        begun = loop.time()

        async def later() -> None:
            await asyncio.sleep(6)
            market.back = 0
            market.truth.change()
            market.tell()

        task = asyncio.ensure_future(later())
        async with book_of(market, streams) as book, watched(market, book):
            assert 6 <= loop.time() - begun < 9
            assert book.update_id == market.truth.update_id
        await task

    play(test)


def test_a_market_that_stands_still_is_confirmed_by_a_second_snapshot() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        begun = loop.time()
        async with book_of(market, streams) as book:
            assert CONFIRM_AFTER <= loop.time() - begun < CONFIRM_AFTER + 1
            assert book.snapshots == 2
            assert book.last_event_age is None
            await asyncio.sleep(5)
            market.truth.change()
            market.tell()
            await asyncio.sleep(3)
            assert book.last_event_age == pytest.approx(3, abs=0.1)
            assert converged(market, book)

    play(test)


def test_a_stream_without_events_beside_snapshots_that_move_is_no_book() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        market.loss = 1.0
        async with moving(market):
            with pytest.raises(NotConnected, match="no event that meets the snapshot"):
                await book_of(market, streams, timeout=60.0).__aenter__()
        assert len(market.asked) <= 7

    play(test)


def test_snapshots_that_fail_are_asked_for_again_ever_more_slowly() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        market.refuse = LimitExceeded("REQUEST_WEIGHT has no room")
        with pytest.raises(NotConnected, match="not synced within 200 s; last: REQUEST_WEIGHT"):
            await book_of(market, streams, timeout=200.0).__aenter__()
        assert 8 <= len(market.asked) <= 60
        pauses = [later - earlier for earlier, later in zip(market.asked, market.asked[1:], strict=False)]
        assert min(pauses) >= 1.0
        assert max(pauses) > 5.0
        assert streams.routes == {}

    play(test)


def test_a_symbol_the_venue_does_not_know_ends_the_book_with_its_answer() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        market.refuse = BadRequest(400, -1121, "Invalid symbol.")
        with pytest.raises(BadRequest):
            await book_of(market, streams).__aenter__()
        assert len(market.asked) == 1

    play(test)


def test_updated_waits_for_a_change_and_misses_none() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with book_of(market, streams) as book:
            first = book.update_id
            waiting = asyncio.ensure_future(book.updated())
            await asyncio.sleep(10)
            assert not waiting.done()
            market.truth.change()
            market.tell()
            assert await waiting == first + 1
            market.truth.change()
            market.tell()
            await asyncio.sleep(1)
            assert await book.updated(after=first + 1) == first + 2
            waiting = asyncio.ensure_future(book.updated())
            await asyncio.sleep(0)
        with pytest.raises(NotConnected, match="closed"):
            await waiting
        with pytest.raises(NotConnected, match="closed"):
            await book.updated()

    play(test)


def test_waits_that_time_out_leave_nothing_behind() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with book_of(Market(loop, peer), streams) as book:
            for _ in range(100):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(book.updated(), 0.01)
            assert not book._watchers

    play(test)


@pytest.mark.parametrize("turns", range(6))
def test_a_cancel_while_the_book_is_left_is_not_swallowed(turns: int) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        leaving = asyncio.Event()
        book = book_of(Market(loop, peer), streams)

        async def use() -> None:
            async with book:
                leaving.set()
            await asyncio.sleep(300)

        task = asyncio.create_task(use())
        await leaving.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
        with pytest.raises(NotConnected, match="closed"):
            await book.updated()

    play(test)


def test_closing_the_streams_ends_the_book() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        async with book_of(market, streams) as book:
            await streams.close()
            with pytest.raises(NotConnected, match="streams are closed"):
                await book.updated()
            assert not book.synced

    play(test)


def test_misuse_is_refused() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        market = Market(loop, peer)
        for options in ({"limit": 0}, {"limit": 5001}, {"speed": 250}, {"timeout": 0}):
            with pytest.raises(UsageError):
                book_of(market, streams, **options)
        async with book_of(market, streams) as book:
            with pytest.raises(UsageError, match="entered once"):
                await book.__aenter__()

    play(test)
