"""The test network is wiped about once a month and keys stay: numbers run backwards, and nothing old is taken for new."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from binance_wsapi import Gap, NotFollowed, Settings, SpotClient
from binance_wsapi.environments import local
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import KEY, SYMBOL, register, runtime
from tests.simulation.loop import VirtualLoop, run

PORT = 19_443  # of the network in memory


async def life() -> LocalExchange:
    exchange = LocalExchange(seed=1, market="manual", port=PORT)
    await exchange.__aenter__()
    register(exchange)
    return exchange


async def wiped(exchange: LocalExchange) -> LocalExchange:
    """Return the exchange that stands in the place of this one, where numbers begin anew, when clients are back."""
    await exchange.__aexit__(None, None, None)
    exchange = await life()
    await asyncio.sleep(8)
    return exchange


async def listen(client: SpotClient, items: list[Any]) -> None:
    async with client.user_data() as events:
        async for item in events:
            items.append(item)


async def buy(exchange: LocalExchange, client: SpotClient, count: int) -> list[int]:
    exchange.quote(SYMBOL, bids=[("59999", "9")], asks=[("60001", "9")])
    orders = [await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.1") for _ in range(count)]
    await asyncio.sleep(1)
    return [fill.trade_id for order in orders for fill in order.fills]


@pytest.mark.parametrize("settled", [0.0, 15.0])
@pytest.mark.parametrize("count", [1, 5])
def test_after_a_reset_new_fills_are_told_and_old_handles_end(settled: float, count: int) -> None:
    items: list[Any] = []

    def fills(since: int) -> list[int]:
        return [each.trade_id for each in items[since:] if isinstance(each, ExecutionReport) and each.last_qty]

    async def main(loop: VirtualLoop) -> None:
        exchange = await life()
        where = replace(local(exchange.url), rest="")
        async with SpotClient(where, KEY, Settings(user_data_audit=5.0), runtime=runtime(loop)) as client:
            reader = asyncio.ensure_future(listen(client, items))
            await asyncio.sleep(0.5)
            resting = await client.submit_order(
                SYMBOL, "BUY", "LIMIT", quantity="0.1", price="50000", time_in_force="GTC"
            )
            await resting.accepted()
            waiting = asyncio.ensure_future(resting.done())
            assert fills(0) == []
            numbers = await buy(exchange, client, count)
            assert fills(0) == numbers
            await asyncio.sleep(settled)
            exchange = await wiped(exchange)
            since = len(items)
            again = await buy(exchange, client, count)
            assert again[0] == numbers[0]  # counted anew
            new = await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="0.1")
            await asyncio.wait_for(new.filled(), 5)
            await asyncio.sleep(20)
            assert fills(since) == [*again, again[-1] + 1]
            assert [type(each) for each in items[since:] if isinstance(each, Gap)] == [Gap]
            assert not resting.fills
            assert resting.executed_quantity == 0
            with pytest.raises(NotFollowed, match="anew"):
                await asyncio.wait_for(waiting, 1)
            assert client.orders.open == ()
            assert client.balances["BTC"].free == exchange.truth.balances("alice")["BTC"][0]
            reader.cancel()
        await exchange.__aexit__(None, None, None)

    run(main)


@pytest.mark.parametrize("shown_by", ["event", "look"])
def test_a_reset_whose_first_events_are_lost_is_noticed_by_a_younger_order_with_a_lower_number(shown_by: str) -> None:
    items: list[Any] = []

    async def main(loop: VirtualLoop) -> None:
        exchange = await life()
        where = replace(local(exchange.url), rest="")
        async with SpotClient(where, KEY, Settings(user_data_audit=5.0), runtime=runtime(loop)) as client:
            reader = asyncio.ensure_future(listen(client, items))
            await asyncio.sleep(0.5)
            for _ in range(3):
                await buy(exchange, client, 1)
            await asyncio.sleep(15)
            exchange = await wiped(exchange)
            since = len(items)
            exchange.faults.lose_events(count=1_000)
            bought = await buy(exchange, client, 1)
            exchange.faults.clear()
            if shown_by == "look":
                exchange.faults.lose_events(count=1_000)
            order = await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.1", price="50000", time_in_force="GTC")
            await asyncio.sleep(20)
            told = [each for each in items[since:] if isinstance(each, ExecutionReport)]
            assert [each.trade_id for each in told if each.last_qty] == bought
            assert [each.execution_type for each in told if each.order_id == order.order_id] == ["NEW"]
            assert [each.reset for each in items[since:] if isinstance(each, Gap)] == [True]
            assert [each.order_id for each in client.orders.open] == [order.order_id]
            reader.cancel()
        await exchange.__aexit__(None, None, None)

    run(main)


@pytest.mark.parametrize("more", [1, 12])
def test_fills_after_a_reset_are_told_though_no_event_comes_and_the_settled_trades_have_higher_numbers(
    more: int,
) -> None:
    """Of a cut stream only trades tell: from the last settled one the wiped venue shows none, or younger ones without it."""
    items: list[Any] = []

    async def main(loop: VirtualLoop) -> None:
        exchange = await life()
        where = replace(local(exchange.url), rest="")
        async with SpotClient(where, KEY, Settings(user_data_audit=5.0), runtime=runtime(loop)) as client:
            reader = asyncio.ensure_future(listen(client, items))
            await asyncio.sleep(0.5)
            for _ in range(6):
                await buy(exchange, client, 1)
            await asyncio.sleep(20)
            exchange = await wiped(exchange)
            since = len(items)
            exchange.faults.lose_events(count=1_000)
            bought = [number for _ in range(more) for number in await buy(exchange, client, 1)]
            await asyncio.sleep(20)
            told = [each for each in items[since:] if isinstance(each, ExecutionReport)]
            assert [each.trade_id for each in told if each.last_qty] == bought
            assert [each.reset for each in items[since:] if isinstance(each, Gap)] == [True]
            reader.cancel()
        await exchange.__aexit__(None, None, None)

    run(main)
