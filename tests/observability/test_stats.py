"""`client.stats()` agrees with what was done to the exchange."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from binance_wsapi import NotConnected, SpotClient, UsageError
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Double
from tests.orders.trade.handles import play, resting, taking
from tests.simulation.house import KEY, SYMBOL, environment, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run


def test_latencies_are_those_of_the_calls() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        before = client.stats()
        for _ in range(10):
            await client.ping()
        exchange.faults.next(Delay(2.0), "ping")
        await client.ping()
        stats = client.stats()
        replied = stats.wire_to_reply - before.wire_to_reply
        assert replied.count == (stats.queue_to_wire - before.queue_to_wire).count == 11
        slowest, median = replied.quantile(1.0), replied.quantile(0.5)
        assert slowest is not None
        assert median is not None
        assert 2.0 <= slowest < 4.2
        assert median < 0.3
        assert 2.0 <= replied.total < 5.0

    play(test)


def test_a_call_that_waits_for_a_connection_is_queued_that_long() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        before = client.stats()
        exchange.faults.cut_all()
        await asyncio.sleep(0.01)
        started = loop.time()
        await client.ping()
        stats = client.stats()
        queued = stats.queue_to_wire - before.queue_to_wire
        assert 0 < queued.total <= loop.time() - started
        assert stats.reconnects == before.reconnects + 1
        assert stats.opened == before.opened + 1
        assert stats.rotations == 0

    play(test)


def test_rotations_are_no_reconnects() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        client.rotate()
        await asyncio.sleep(5)
        stats = client.stats()
        assert (stats.rotations, stats.reconnects, stats.connections) == (1, 0, 1)

    play(test)


def test_what_was_dropped_is_counted_beyond_the_end_of_its_connection() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Double(), "time")
        await client.server_time()
        await asyncio.sleep(1)
        before = client.stats().oddities
        assert sum(before.values()) == 1
        client.rotate()
        await asyncio.sleep(5)
        assert (client.stats().rotations, client.stats().oddities) == (1, before)

    play(test)


def test_doubts_handles_and_requests_are_counted_while_they_are_open() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        assert (client.stats().doubts, client.stats().handles) == (0, 0)
        trade = await (await resting(client)).accepted()
        assert client.stats().handles == 1
        exchange.faults.next(Cut(after_execution=False), "order.place")
        lost = await taking(client)
        await asyncio.sleep(1)
        assert client.stats().doubts == 1
        exchange.faults.next(Delay(1.0), "ping")
        asking = asyncio.ensure_future(client.ping())
        await asyncio.sleep(0.5)
        assert client.stats().pending >= 1
        await asking
        await lost.done()
        await trade.cancel()
        stats = client.stats()
        assert (stats.doubts, stats.handles) == (0, 0)

    play(test)


def test_budgets_ages_and_the_clock() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        assert client.stats().user_data_age is None
        async with client.user_data(), client.market_streams() as streams, streams.trade(SYMBOL):
            await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
            await asyncio.sleep(3)
            stats = client.stats()
            assert stats.user_data_age is not None
            assert 2.5 < stats.user_data_age <= 3.1
            assert stats.stream_ages.keys() == {"btcusdt@trade"}
            age = stats.stream_ages["btcusdt@trade"]
            assert age is not None
            assert 2.5 < age <= 3.1
            assert stats.message_age is not None
            assert 0 <= stats.message_age < 20
        weight = next(each for each in client.limits if each.type == "REQUEST_WEIGHT")
        assert client.stats().budget_left["REQUEST_WEIGHT/1MINUTE"] == weight.limit - weight.used - weight.reserved
        assert abs(client.stats().clock_offset_ms) < 7_200_000
        assert client.stats().clock_error_ms < 1000

    play(test)


async def test_another_thread_may_ask(spot_client: SpotClient) -> None:
    stats = await asyncio.to_thread(spot_client.stats)
    assert stats.connections == 1
    assert stats.opened == 1


async def test_a_thread_that_asks_after_the_loop_has_ended_is_told() -> None:
    clients: list[SpotClient] = []

    def in_a_loop_of_its_own() -> None:
        async def main() -> None:
            async with LocalExchange() as exchange, SpotClient.local(url=exchange.url) as client:
                clients.append(client)

        asyncio.run(main())

    await asyncio.to_thread(in_a_loop_of_its_own)
    with pytest.raises(NotConnected, match="event loop of the client has ended"):
        clients[0].stats()


def test_it_is_frozen_and_plain() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        stats: Any = client.stats()
        with pytest.raises(AttributeError):
            stats.doubts = 5
        plain = json.loads(json.dumps(stats.to_dict()))
        assert plain["wire_to_reply"].keys() == {"count", "mean_s", "p50_s", "p90_s", "p99_s"}
        assert plain["connections"] == 1
        assert KEY.api_key not in json.dumps(plain)

    play(test)


def test_before_the_start_there_is_nothing_to_tell() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, _):
            client = SpotClient(environment(exchange), KEY, runtime=runtime(loop))
            with pytest.raises(UsageError, match="not started"):
                client.stats()

    run(main, 1)
