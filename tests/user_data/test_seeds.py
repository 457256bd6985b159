"""Lives of an account from seeds: cuts, lost events and rotations, and then the truth (I5 and I6)."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal

import pytest

from binance_wsapi import Gap, Side, SpotClient, WsapiError
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.user_data.spot.events import Item
from tests.counts import numbers
from tests.simulation.house import HMAC, KEY, SYMBOL, environment, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.truth import judge_cache, judge_events

SEEDS = numbers(40, 200)
BATCH = 20
QUIET = 75.0
"""Seconds after the last fault: an audit, and the lag of the views after it."""


async def trade(client: SpotClient, chance: random.Random) -> None:
    """Trade as another program with the same account would."""
    resting: list[int] = []
    for _ in range(chance.randint(10, 25)):
        try:
            what = chance.random()
            side = chance.choice([Side.BUY, Side.SELL])
            if what < 0.35:
                await client.place_order(SYMBOL, side, "MARKET", quantity="0.001")
            elif what < 0.6:
                price = {"BUY": ["60001", "60010", "55000"], "SELL": ["59999", "59990", "65000"]}[side.value]
                made = await client.place_order(
                    SYMBOL, side, "LIMIT", quantity=chance.choice(["0.01", "6", "0.5"]),
                    price=chance.choice(price), time_in_force="GTC",
                )  # fmt: skip
                resting.append(made.order_id)
            elif what < 0.75:
                await place_list(client, chance)
            elif what < 0.8:
                await client.place_sor_order(
                    SYMBOL, side, "LIMIT", chance.choice(["0.01", "0.2"]), price=chance.choice(["60001", "59999"]),
                    time_in_force=chance.choice(["GTC", "IOC"]),
                )  # fmt: skip
            elif what < 0.87 and resting:
                await client.amend_order(SYMBOL, chance.choice(["0.005", "0.3"]), order_id=chance.choice(resting))
            elif resting:
                await client.cancel_order(SYMBOL, order_id=resting.pop(chance.randrange(len(resting))))
        except WsapiError:
            pass
        await asyncio.sleep(chance.choice([0.0, 0.01, 0.3, 2.0]) * chance.random())


async def place_list(client: SpotClient, chance: random.Random) -> None:
    """Place an order list, and mostly end it again: by a cancel, or by hitting a leg."""
    if chance.random() < 0.5:
        made = await client.place_oco(
            SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price=chance.choice(["61000", "60005"]),
            below_stop_price="50000",
        )  # fmt: skip
    else:
        made = await client.place_oto(
            SYMBOL, "LIMIT", "BUY", "0.01", "LIMIT", "SELL", "0.01",
            working_price=chance.choice(["60002", "59000"]), working_time_in_force="GTC",
            pending_price=chance.choice(["62000", "59990"]), pending_time_in_force="GTC",
        )  # fmt: skip
    await asyncio.sleep(chance.choice([0.0, 0.1, 3.0]) * chance.random())
    if chance.random() < 0.6:
        await client.cancel_order_list(SYMBOL, order_list_id=made.order_list_id)


async def trouble(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> list[str]:
    chance, happened = loop.random, []
    for _ in range(chance.randint(1, 6)):
        await asyncio.sleep(chance.choice([0.01, 0.5, 3.0]) * chance.random())
        what = chance.choice(
            ["cut", "cut", "lose", "lose fills", "lose lists", "rotate", "terminate", "double", "shutdown", "away"]
        )
        happened.append(what)
        if what == "cut":
            exchange.faults.cut_all()
        elif what == "lose":
            exchange.faults.lose_events(count=chance.randint(1, 3))
        elif what == "lose fills":
            exchange.faults.lose_events("executionReport", chance.randint(1, 5))
        elif what == "lose lists":
            exchange.faults.lose_events("listStatus", chance.randint(1, 3))
        elif what == "rotate":
            client.rotate()
        elif what == "terminate":
            exchange.faults.terminate_subscriptions()
        elif what == "double":
            exchange.faults.double_events(count=2)
        elif what == "shutdown":
            exchange.faults.shutdown(chance.choice([0.0, 1.0]))
        elif what == "away":
            exchange.faults.cut_all()
            loop.network.refuse = True
            await asyncio.sleep(chance.uniform(0.1, 8.0))
            loop.network.refuse = False
    return happened


async def live(loop: VirtualLoop) -> None:
    chance = loop.random
    lag = (0.0, chance.choice([0.0, 0.05, 1.0, 5.5]))
    exchange = LocalExchange(seed=chance.randrange(1 << 30), market="manual", lag=lag)
    items: list[Item] = []

    async def listen(client: SpotClient, ready: asyncio.Event) -> None:
        async with client.user_data(symbols=[SYMBOL]) as events:
            ready.set()
            async for item in events:
                items.append(item)

    async with exchange_and_client(loop, exchange=exchange, key=chance.choice([KEY, HMAC])) as (_, client):
        exchange.quote("BTCUSDC", bids=[("59999.50", "0.3")], asks=[("60000.50", "0.3")])
        ready = asyncio.Event()
        listening = asyncio.create_task(listen(client, ready))
        await ready.wait()
        async with SpotClient(environment(exchange), KEY, runtime=runtime(loop)) as other:
            # The first order that is routed must be heard of: from then on allocations are looked for, too.
            await other.place_sor_order(SYMBOL, "BUY", "LIMIT", "0.01", price="59000", time_in_force="IOC")
            await asyncio.sleep(0.1)
            _, _, happened = await asyncio.gather(
                trade(client, chance), trade(other, chance), trouble(loop, exchange, client)
            )
        exchange.faults.clear()
        await asyncio.sleep(QUIET)
        wrong = judge_events(items, exchange.truth) + judge_cache(client, exchange.truth)
        for balance in client.balances.values():
            assert isinstance(balance.free, Decimal)
        wrong += [f"a gap: {item.why}" for item in items if isinstance(item, Gap)]  # all of these can be repaired
        assert not wrong, (happened, lag, wrong)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await asyncio.sleep(1)


@pytest.mark.lives
@pytest.mark.parametrize("first", SEEDS[::BATCH])
def test_every_fill_is_told_once_and_the_account_is_known_in_the_end(first: int, no_log: None) -> None:
    for seed in range(first, first + BATCH):
        try:
            run(live, seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
