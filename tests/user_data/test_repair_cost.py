"""What a repair costs, and what stands in its way: symbols that are not listed, many symbols, many orders, the venue's limits."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import Gap, SpotClient
from binance_wsapi.errors import UsageError, WsapiError
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.venue.listing import LISTINGS, listing
from binance_wsapi.user_data.spot.events import Item
from tests.simulation.house import KEY, SYMBOL, environment, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.test_gaps import Desk, play, truth_holds
from tests.user_data.truth import fills_told, judge_cache, judge_events, repairs


def test_an_order_on_an_unlisted_symbol_does_not_stand_in_the_way_of_repairs() -> None:
    async def test(desk: Desk) -> None:
        with suppress(WsapiError):
            await desk.client.place_order("BTCUDST", "BUY", "MARKET", quantity="0.001")
        await desk.rest(quantity="1")
        await asyncio.sleep(8)
        await desk.away(lambda: desk.other.place_order(SYMBOL, "SELL", "MARKET", quantity="0.5"))
        await asyncio.sleep(90)
        assert repairs(desk.items)
        assert not [item for item in desk.items if isinstance(item, Gap)]
        truth_holds(desk)

    play(test)


def many(count: int) -> tuple[list[str], list[Any]]:
    """Return symbols and what lists them, the usual ones included."""
    names = [f"COIN{number:03}" for number in range(count)]
    listings = [listing(name, "USDT", "20", "0.01", "0.001", least="1") for name in names]
    return [f"{name}USDT" for name in names], [*LISTINGS, *listings]


def worst(exchange: LocalExchange) -> int:
    """Return the most request weight that looks at the account spent within a minute."""
    asked = [
        (each.time, _WEIGHTS[request["method"]])
        for each in exchange.truth.frames
        if each.direction == "in" and (request := json.loads(each.data))["method"] in _WEIGHTS
    ]
    return max(sum(weight for at, weight in asked if begin <= at < begin + 60.0) for begin, _ in asked)


_WEIGHTS = {"openOrders.status": 80, "account.status": 20, "myTrades": 20, "order.status": 4}


@pytest.mark.parametrize("count", [50, 400])
def test_the_repair_of_many_symbols_leaves_room_for_trading_and_finds_every_fill(count: int, no_log: None) -> None:
    symbols, listings = many(count)

    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual", listings=listings, lag=(0.0, 1.0))
        items: list[Item] = []

        async def listen(events: Any) -> None:
            async for item in events:
                items.append(item)

        async with (
            exchange_and_client(loop, exchange=exchange) as (running, client),
            SpotClient(environment(running), KEY, runtime=runtime(loop)) as other,
            client.user_data(symbols=symbols) as events,
        ):
            listening = asyncio.create_task(listen(events))
            for symbol in symbols:
                running.quote(symbol, bids=[("19.99", "1000")], asks=[("20.01", "1000")])
            await asyncio.sleep(200)
            loop.network.links[0].reset()
            loop.network.refuse = True
            for symbol in symbols[::10]:
                await other.place_order(symbol, "BUY", "MARKET", quantity="1")
            loop.network.refuse = False
            await asyncio.sleep(2)
            for _ in range(60):
                started = loop.time()
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
                assert loop.time() - started < 0.3, "an order waits for a repair"
                await asyncio.sleep(4)
            await asyncio.sleep(60)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            assert not [
                each for each in running.truth.frames if each.direction == "out" and '"status":429' in str(each.data)
            ]
            assert worst(running) < 3_200, "half of the venue's limit, and what the network brings nearer together"
            assert not [item for item in items if isinstance(item, Gap)]
            assert repairs(items)
            assert judge_events(items, running.truth) == []
        await asyncio.sleep(1)

    run(main, 2)


def test_an_account_with_hundreds_of_open_orders_costs_no_more_to_follow_than_one_with_a_few() -> None:
    symbols, listings = many(4)

    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual", listings=listings, lag=(0.0, 1.0))
        items: list[Item] = []

        async def listen(events: Any) -> None:
            async for item in events:
                items.append(item)

        async with (
            exchange_and_client(loop, exchange=exchange) as (running, client),
            SpotClient(environment(running), KEY, runtime=runtime(loop)) as other,
        ):
            for symbol in symbols:
                running.quote(symbol, bids=[("19.99", "1000")], asks=[("20.01", "1000")])
            for symbol in symbols:
                running.deposit("alice", symbol.removesuffix("USDT"), 100)
            orders = [
                await other.place_order(symbol, "BUY", "LIMIT", quantity="2", price="20", time_in_force="GTC")
                for symbol in symbols
                for _ in range(80)
            ]
            first_order = symbols[0], orders[0].order_id
            await asyncio.sleep(2)
            # The first was filled in part just before, and the views do not show it yet.
            await other.place_order(symbols[0], "SELL", "LIMIT", quantity="0.5", price="20", time_in_force="IOC")
            before = len(running.truth.trades)
            async with client.user_data() as events:
                listening = asyncio.create_task(listen(events))
                assert len(client.orders.open) == len(orders)
                running.faults.lose_events("executionReport", 4)
                await other.place_order(symbols[0], "SELL", "LIMIT", quantity="0.5", price="20", time_in_force="IOC")
                running.faults.clear()
                for symbol in symbols:  # the first order is filled by both, and what lies between was lost
                    await other.place_order(symbol, "SELL", "LIMIT", quantity="1", price="20", time_in_force="IOC")
                await asyncio.sleep(1)
                asked = [
                    (request["params"]["symbol"], request["params"]["orderId"])
                    for each in running.truth.frames
                    if each.direction == "in"
                    and (request := json.loads(each.data))["method"] == "myTrades"
                    and "orderId" in request["params"]
                ]
                assert first_order in asked
                assert {symbol for symbol, _ in asked} == {symbols[0]}
                await asyncio.sleep(20)
                began = loop.time()
                loop.network.links[0].reset()
                loop.network.refuse = True
                await other.cancel_open_orders(symbols[1])
                loop.network.refuse = False
                await asyncio.sleep(5)
                ended = {
                    item.order_id
                    for item in items
                    if isinstance(item, ExecutionReport) and item.order_status == "CANCELED" and item.recovered
                }
                assert len(ended) == 80
                assert loop.time() - began < 30
                await asyncio.sleep(70)
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
                assert judge_events(items, running.truth, since_us=running.truth.trades[before].time_us) == []
                assert judge_cache(client, running.truth) == []
                first = [each for each in fills_told(items) if (each.symbol, each.order_id) == first_order]
                assert [(each.last_qty, each.executed_qty, each.recovered) for each in first] == [
                    (Decimal("0.5"), Decimal(1), True),
                    (Decimal(1), Decimal(2), False),
                ]
        await asyncio.sleep(1)

    run(main, 2)


def test_a_symbol_the_venue_does_not_list_is_named_to_the_caller_that_asked_for_it() -> None:
    async def test(desk: Desk) -> None:
        async with desk.client.user_data(symbols=["BTCUDST"]) as events:
            item = await anext(events)
            assert isinstance(item, Gap)
            assert "BTCUDST" in item.why
        await asyncio.sleep(700)  # whole audits ask no more
        assert sum("BTCUDST" in str(each.data) for each in desk.exchange.truth.frames if each.direction == "in") == 1

    play(test)


def test_one_symbol_in_place_of_several_is_refused() -> None:
    async def test(desk: Desk) -> None:
        with pytest.raises(UsageError, match="must be a list"):
            async with desk.client.user_data(symbols=SYMBOL):
                pass

    play(test)
