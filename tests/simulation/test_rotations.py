"""Rotations under load lose nothing and double nothing (I5, I10)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.models.spot.events import ExecutionReport
from binance_wsapi.session.handover import Handover
from binance_wsapi.simulator import LocalExchange
from tests.counts import REST, numbers
from tests.simulation import rotations
from tests.simulation.house import SYMBOL, exchange_and_client
from tests.simulation.loop import VirtualLoop, run

TIMES = 100 if REST else 8


@pytest.mark.lives
@pytest.mark.timeout(300)
def test_no_request_and_no_event_is_lost_or_doubled_and_a_connection_is_always_logged_on(no_log: None) -> None:
    figures = rotations.rotate(TIMES, seed=11)
    assert figures.violations == []
    assert figures.rotations >= TIMES
    assert figures.logged_on_least == 1
    assert figures.events > 20 * TIMES
    assert {"asked", "shutdown"} <= set(figures.by_reason)


def test_the_run_notices_when_the_successor_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, no_log: None) -> None:
    async def at_once(*_: Any, **__: Any) -> bool:
        return True

    monkeypatch.setattr(Handover, "_in_step", at_once)
    assert rotations.rotate(20, seed=1).violations != []


@pytest.mark.lives
@pytest.mark.parametrize("seed", numbers(10, 30))
def test_a_connection_lost_in_the_middle_of_its_rotation_is_told_or_costs_nothing(seed: int, no_log: None) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client), client.user_data() as events:
            loop.network.most = loop.random.choice([0.002, 0.05, 0.3])
            told: list[Any] = []

            async def hear() -> None:
                async for event in events:
                    told.append(event)

            hearing = asyncio.ensure_future(hear())
            filling = asyncio.ensure_future(fill(loop, exchange, client))
            await asyncio.sleep(1.0)
            old = loop.network.live[0]
            old.extra = loop.random.choice([0.0, 0.3, 1.0])  # what is lost with it is what was under way
            client.rotate()
            await asyncio.sleep(loop.random.uniform(0.0, 3.0))
            old.reset()
            await filling
            await asyncio.sleep(30.0)
            hearing.cancel()
            judge(exchange, told)

    run(main, seed)


async def fill(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
    """Have one order filled in many parts."""
    await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.4", price="60000", time_in_force="GTC")
    for _ in range(300):
        await asyncio.sleep(loop.random.uniform(0.0, 0.03))
        exchange.quote(SYMBOL, bids=[("59999", "50")], asks=[("60000", "0.001"), ("60001", "50")])


def judge(exchange: LocalExchange, told: list[Any]) -> None:
    """Every fill in order, none twice, and none missing unless a gap was told; one found out afterwards counts as told."""
    true = [trade.trade_id for trade in exchange.truth.trades]
    seen = [event.trade_id for event in told if isinstance(event, ExecutionReport) and event.trade_id != -1]
    assert len(seen) == len(set(seen)), "doubled"
    assert seen == [each for each in true if each in set(seen)], "out of order"
    if any("Gap" in type(event).__name__ for event in told):
        return
    assert seen == true, "lost, and nothing said so"
