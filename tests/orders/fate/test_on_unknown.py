"""What waits in the place of a caller: ``on_unknown="wait"`` cancels nothing, and ``"cancel"`` no order but its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import FateOptions, OutcomeUnknown, SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Drop, Refuse
from tests.orders.test_tracked_caller import play
from tests.simulation.house import SYMBOL, requests
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}


@pytest.mark.parametrize("fault", [Cut(after_execution=True), Drop()], ids=["cut", "lost"])
@pytest.mark.parametrize("name", [None, "mine"], ids=["made here", "the user's"])
def test_waiting_for_a_resting_order_leaves_it_open(fault: Any, name: str | None) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(fault, "order.place")
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, timeout=1.0, **REST)
        (true,) = exchange.truth.all_orders()
        assert true.is_open
        assert (order.order_id, order.status) == (true.order_id, "NEW")
        assert not requests(exchange, "order.cancel")

    play(test, on_unknown="wait")


def test_waiting_for_a_list_that_rests_leaves_it_open() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "orderList.place.oco")
        with pytest.raises(OutcomeUnknown):  # nothing tells all of what its reply would have told
            await client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
            )
        assert all(each.is_open for each in exchange.truth.all_orders())
        assert not requests(exchange, "orderList.cancel")
        assert not requests(exchange, "order.cancel")

    play(test, on_unknown="wait")


@pytest.mark.parametrize("name", [None, "mine"], ids=["made here", "the user's"])
def test_cancelling_a_resting_order_in_doubt_cancels_it_and_no_other(name: str | None) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        other = await client.place_order(SYMBOL, "BUY", "LIMIT", **{**REST, "price": "49000"})
        exchange.faults.next(Cut(after_execution=True), "order.place")
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, **REST)
        assert order.status == "CANCELED"
        truth = {each.order_id: each.is_open for each in exchange.truth.all_orders()}
        assert truth == {other.order_id: True, order.order_id: False}

    play(test, on_unknown="cancel")


@pytest.mark.parametrize("cancels", [True, False], ids=["cancel", "wait"])
@pytest.mark.parametrize("name", [None, "mine"], ids=["made here", "the user's"])
def test_an_order_that_is_amended_by_number_before_its_reply_is_lost_is_ended_by_number(
    name: str | None, cancels: bool
) -> None:
    """The amendment takes its id, and its number stays."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "order.place")
        placing = asyncio.ensure_future(
            client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, timeout=1.0, **REST)
        )
        await asyncio.sleep(0.5)
        (true,) = exchange.truth.all_orders()
        await client.amend_order(SYMBOL, "0.04", order_id=true.order_id)
        order = await placing
        assert order.order_id == true.order_id
        (true,) = exchange.truth.all_orders()
        assert true.is_open is not cancels

    play(test, on_unknown="cancel" if cancels else "wait")


def test_a_call_that_is_cancelled_in_doubt_returns_with_the_reply_to_its_cancel() -> None:
    """The next question is far away; the cancel that was answered wakes the search."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Cut(after_execution=True), "order.place")
        begun = loop.time()
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        assert order.status == "CANCELED"
        assert loop.time() - begun < 3

    play(test, on_unknown="cancel", fate=FateOptions(first_ask_ms=9_000))


def test_the_state_of_what_was_found_is_asked_for_until_no_lag_explains_its_absence() -> None:
    """Five times in quick succession, and once for each second of the lag."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.user_data():
            exchange.faults.next(Drop(), "order.place")
            exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status", 100)
            with pytest.raises(OutcomeUnknown):
                await client.place_order(SYMBOL, "BUY", "LIMIT", timeout=1.0, **REST)
        assert len(requests(exchange, "order.status")) == 5 + 6

    play(test, on_unknown="wait")


@pytest.mark.parametrize("code", [-1002, -1008, -1010, -1013, -1016, -1021, -1121, -2011, -9999])
@pytest.mark.parametrize("act", ["order", "list"])
def test_a_cancel_that_is_refused_with_any_code_ends_after_a_dozen(code: int, act: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for method in ("order.cancel", "orderList.cancel"):
            exchange.faults.next(Refuse(400, code, "Market is closed.", executed=False), method, 1000)
        begun = loop.time()
        if act == "order":
            exchange.faults.next(Cut(after_execution=True), "order.place")
            call: Any = client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        else:
            exchange.faults.next(Cut(after_execution=True), "orderList.place.oco")
            call = client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
            )
        with pytest.raises(OutcomeUnknown):
            await call
        assert loop.time() - begun < 75
        tried = len(requests(exchange, "order.cancel" if act == "order" else "orderList.cancel"))
        assert 12 <= tried <= 30
        await asyncio.sleep(600)
        assert len(requests(exchange, "order.cancel")) + len(requests(exchange, "orderList.cancel")) == tried

    play(test, on_unknown="cancel")


def test_a_caller_is_told_of_cancels_that_fail_for_minutes_and_they_go_on_without_him() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(500, -1000, "?", executed=False), "order.cancel", 1000)
        exchange.faults.next(Cut(after_execution=True), "order.place")
        begun = loop.time()
        with pytest.raises(OutcomeUnknown):
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        assert 120 <= loop.time() - begun < 140
        await asyncio.sleep(600)
        tried = len(requests(exchange, "order.cancel"))
        await asyncio.sleep(600)
        assert 9 <= len(requests(exchange, "order.cancel")) - tried <= 11
        assert all(each.is_open for each in exchange.truth.all_orders())
        exchange.faults.clear()
        await asyncio.sleep(61)
        assert not any(each.is_open for each in exchange.truth.all_orders())

    play(test, on_unknown="cancel")
