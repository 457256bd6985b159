"""Market streams and order books that belong to a client: its limits, hooks, clock and end are theirs."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import Closed, Failed, MarketStreams, Opened, Settings, SpotClient
from binance_wsapi.errors import BadRequest, NotConnected, UsageError
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import SYMBOL, environment, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.streams.peer import take, until


def test_a_client_without_a_key_has_streams_and_books() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with (
            LocalExchange(seed=3) as exchange,
            SpotClient(environment(exchange), runtime=runtime(loop)) as client,
            client.market_streams() as streams,
            streams.trade(SYMBOL) as trades,
            client.order_book(SYMBOL) as book,
            client.order_book("ETHUSDT", speed=1000, limit=100) as other,
        ):
            assert isinstance(streams, MarketStreams)
            assert [event.symbol for event in await take(trades, 3)] == [SYMBOL] * 3
            for each in (book, other):
                assert each.synced
                assert await each.updated() == each.update_id
                bid, ask = each.best
                assert bid is not None
                assert ask is not None
                assert Decimal(0) < bid.price < ask.price
            assert len(loop.network.live) == 3  # one of the API, one of the streams, one for all books

    run(main, 3)


def test_the_client_s_end_is_the_end_of_its_streams_and_books() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=3) as exchange:
            client = SpotClient(environment(exchange), runtime=runtime(loop))
            async with client:
                streams = await client.market_streams().__aenter__()
                trades = await streams.trade(SYMBOL).__aenter__()
                book = await client.order_book(SYMBOL).__aenter__()
            async with asyncio.timeout(1.0):
                _ = [event async for event in trades]  # what there still was, and then the end
            with pytest.raises(NotConnected):
                await book.updated()
            assert not book.bids
            assert streams.closed
            with pytest.raises(NotConnected):
                client.market_streams()
            with pytest.raises(NotConnected):
                client.order_book(SYMBOL)
            await asyncio.sleep(10.0)
            assert not loop.network.live

    run(main, 4)


def test_streams_are_made_of_a_client_that_is_entered() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=3) as exchange:
            client = SpotClient(environment(exchange), runtime=runtime(loop))
            with pytest.raises(UsageError):
                client.market_streams()
            with pytest.raises(UsageError):
                client.order_book(SYMBOL)

    run(main, 5)


def test_hooks_hear_of_both_kinds_of_connection_and_their_numbers_differ() -> None:
    seen: list[Any] = []
    frames: list[Any] = []

    async def hear(event: Any) -> None:
        seen.append(event)

    async def read(event: Any) -> None:
        frames.append(event)

    async def main(loop: VirtualLoop) -> None:
        async with (
            exchange_and_client(loop, key=None, on_open=hear, on_close=hear, on_error=hear, on_message=hear) as (
                exchange,
                client,
            ),
            client.market_streams(on_message=read) as streams,
            streams.book_ticker(SYMBOL) as best,
        ):
            exchange.quote(SYMBOL, bids=[("59998", "3")], asks=[("60002", "2")])
            await take(best, 1)
            exchange.faults.cut_all()
            await asyncio.sleep(5.0)
        opened = [event for event in seen if isinstance(event, Opened)]
        assert len({event.connection for event in opened}) == len(opened) == 4
        assert sorted("/stream" in event.url for event in opened) == [False, False, True, True]
        assert sum(isinstance(event, Closed) for event in seen) == 4
        assert any(b"bookTicker" in event.data for event in frames)
        assert not any(
            b"bookTicker" in getattr(event, "data", b"") for event in seen
        )  # the client's own hook is spared
        assert not any(isinstance(event, Failed) for event in seen)

    run(main, 6)


def test_streams_and_the_api_share_the_budget_of_connections() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, key=None) as (exchange, client):
            started = loop.time()
            for _ in range(320):  # each opens a connection of its own, and the venue allows 300 in five minutes
                async with client.market_streams() as streams, streams.trade(SYMBOL, timeout=400.0):
                    pass
            assert loop.time() - started > 60.0
            times = exchange.truth.attempts
            assert len(times) == 321
            assert all(later - earlier >= 299.0 for earlier, later in zip(times, times[300:], strict=False))
            client.rotate()  # waits for the same budget, and then succeeds
            await asyncio.sleep(400.0)
            assert len(exchange.truth.attempts) == 322

    run(main, 7)


def test_a_ban_told_to_a_stream_connection_keeps_the_api_from_connecting_too() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, key=None) as (exchange, client):
            exchange.faults.refuse_connects(418, count=1)
            async with client.market_streams() as streams:
                with pytest.raises(NotConnected):
                    await streams.trade(SYMBOL, timeout=1.0).__aenter__()
                attempts = len(exchange.truth.attempts)
                client.rotate()
                await asyncio.sleep(30.0)
                assert len(exchange.truth.attempts) == attempts

    run(main, 8)


def test_an_unlisted_symbol_ends_its_book_with_the_answer_of_the_venue() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, key=None) as (_, client):
            with pytest.raises(BadRequest):
                await client.order_book("NOSUCHUSDT").__aenter__()

    run(main, 9)


def test_streams_are_replaced_at_the_age_the_client_s_settings_say() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with (
            exchange_and_client(loop, key=None, settings=Settings(rotate_after=600.0)) as (_, client),
            client.market_streams() as streams,
            streams.trade(SYMBOL) as trades,
        ):
            await asyncio.sleep(1900.0)
            await until(lambda: streams.counters["rotations"] == 3)
            assert trades.live

    run(main, 10)
