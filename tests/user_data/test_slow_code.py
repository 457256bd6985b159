"""Consumers of user data whose own code is slow or blocks: what it costs them, and what it must not cost other consumers."""

from __future__ import annotations

import asyncio

from binance_wsapi import Gap
from binance_wsapi.models import ExecutionReport
from tests.simulation.house import SYMBOL
from tests.user_data.test_gaps import Desk, play, truth_holds


def test_a_consumer_that_is_behind_and_never_waits_lets_the_loop_have_its_turn() -> None:
    """Its own code takes a hundredth of a second an event; nothing else may be held up for much longer than a slice."""

    async def test(desk: Desk) -> None:
        async with desk.client.user_data() as events:
            for _ in range(100):
                await desk.other.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            await asyncio.sleep(1)
            assert len(events._inbox) > 200
            worst, at = 0.0, desk.loop.time()

            async def watch() -> None:
                nonlocal worst, at
                while True:
                    await asyncio.sleep(0)
                    worst, at = max(worst, desk.loop.time() - at), desk.loop.time()

            watching = asyncio.create_task(watch())
            while len(events._inbox):
                await anext(events)
                desk.loop.now += 0.01
            watching.cancel()
            assert 0 < worst < 0.1

    play(test)


def test_code_that_blocks_the_loop_for_two_minutes_costs_at_most_a_connection_and_no_fill() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")
        await asyncio.sleep(8)
        for _ in range(4):
            desk.exchange.quote(SYMBOL, bids=[("59999.00", "5")], asks=[("60000.00", "0.25")])
            desk.loop.now += 120.0
            await asyncio.sleep(1)
        await asyncio.sleep(90)
        assert desk.events.subscribed
        mine = [each for each in desk.items if isinstance(each, ExecutionReport) and each.order_id == order.order_id]
        assert mine[-1].is_final
        assert not [item for item in desk.items if isinstance(item, Gap)]
        truth_holds(desk)

    play(test)
