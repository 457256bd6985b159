"""Whom the resolver asks, and when once more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import ConnectionLost, Outcome, SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Refuse
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL, hearing_late, requests
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}


def test_what_was_called_not_placed_is_asked_for_once_more() -> None:
    """A resting order has no next event: only a question tells that the views had lied."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with hearing_late(client) as heard:
            exchange.faults.lose_events(count=100)
            exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status", 100)
            exchange.faults.next(Cut(after_execution=True), "order.place")
            with pytest.raises(ConnectionLost) as caught:
                await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
            assert (await asyncio.wait_for(caught.value.resolve(), BOUND)).outcome is Outcome.NOT_PLACED
            exchange.faults.clear()
            asked = len(requests(exchange, "order.status"))
            await asyncio.sleep(200)
            assert not heard
            await asyncio.sleep(120)
            assert [each.client_order_id for each in heard] == [caught.value.client_order_id]
            assert len(requests(exchange, "order.status")) == asked + 1

    play(test)


def test_the_two_negatives_come_over_two_connections_where_there_is_no_rest() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        with pytest.raises(ConnectionLost) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        assert (await caught.value.resolve()).outcome is Outcome.NOT_PLACED
        asked = [
            (frame.time, frame.connection)
            for frame in exchange.truth.frames
            if frame.direction == "in"
            and b"order.status" in (frame.data if isinstance(frame.data, bytes) else frame.data.encode())
        ]
        assert len({connection for _, connection in asked[-2:]}) == 2

    play(test)


def test_of_a_replacement_that_was_called_not_placed_the_new_order_is_asked_for_once_more() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(Cut(after_execution=False), "order.cancelReplace")
        with pytest.raises(ConnectionLost) as caught:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=order.order_id,
                new_client_order_id="replacement", **REST,
            )  # fmt: skip
        verdict = await caught.value.resolve()
        assert [each.outcome for each in verdict.parts] == [Outcome.NOT_PLACED] * 2

        def asked() -> int:
            questions = requests(exchange, "order.status")
            return sum(each["params"].get("origClientOrderId") == "replacement" for each in questions)

        before = asked()
        await asyncio.sleep(310)
        assert asked() == before + 1

    play(test)
