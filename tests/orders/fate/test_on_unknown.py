"""What waits in the place of a caller: ``on_unknown="wait"`` cancels nothing, and ``"cancel"`` no order but its own."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import FateOptions, Outcome, OutcomeUnknown, SpotClient
from binance_wsapi.models import CanceledOrder
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Drop, Refuse
from tests.orders.test_tracked_caller import play
from tests.orders.trade.handles import sell_to
from tests.simulation.house import SYMBOL, requests
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}
OCO: dict[str, Any] = {"above_price": "61000", "below_stop_price": "58000"}


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


@pytest.mark.parametrize("name", [None, "mine"], ids=["made here", "the user's"])
@pytest.mark.parametrize("mode", ["wait", "cancel"])
@pytest.mark.parametrize("sold", [None, "0.02"], ids=["nothing executed", "partly executed"])
def test_a_lost_cancel_is_returned_with_its_end_and_not_as_a_view_that_lags_shows_it(
    name: str | None, mode: Any, sold: str | None
) -> None:
    """Its event tells it at once; the views show the order open for three seconds more, with nothing executed."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await client.track_account()
        order = await client.place_order(
            SYMBOL, "BUY", "LIMIT", quantity="0.05", price="60000", time_in_force="GTC", new_client_order_id=name
        )
        await asyncio.sleep(30)
        if sold is not None:
            sell_to(exchange, sold)
        exchange.faults.next(Drop(), "order.cancel")
        cancelled = await client.cancel_order(SYMBOL, orig_client_order_id=order.client_order_id, timeout=1.0)
        assert isinstance(cancelled, CanceledOrder)
        (true,) = exchange.truth.all_orders()
        assert true.executed_quantity == Decimal(sold or 0)
        told = (cancelled.order_id, cancelled.status, cancelled.executed_qty, cancelled.orig_client_order_id)
        assert told == (true.order_id, "CANCELED", true.executed_quantity, order.client_order_id)

    play(test, on_unknown=mode, exchange=LocalExchange(seed=3, market="manual", lag=(3.0, 3.0)))


@pytest.mark.parametrize("sold", ["0.02", "0.05"], ids=["partly filled", "filled"])
def test_a_lost_order_is_returned_with_no_less_executed_than_its_event_told(sold: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await client.track_account()
        exchange.faults.lose_events("executionReport", 1)  # that of the order: the one of its fill proves it
        exchange.faults.next(Drop(), "order.place")
        placing = asyncio.ensure_future(
            client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.05", price="60000", time_in_force="GTC", timeout=1.0)
        )
        await asyncio.sleep(2.0)
        sell_to(exchange, sold)
        placed = await placing
        assert placed.executed_qty == Decimal(sold)

    play(test, on_unknown="wait", exchange=LocalExchange(seed=3, market="manual", lag=(3.0, 3.0)))


@pytest.mark.parametrize("heard", [True, False], ids=["events", "no events"])
@pytest.mark.parametrize("leg", [0, 1])
@pytest.mark.parametrize("mode", ["wait", "cancel"])
def test_a_lost_cancel_of_an_order_of_a_list_is_not_told_as_that_of_one_order(heard: bool, leg: int, mode: Any) -> None:
    """Its reply would have told of the whole list; both orders bear the new id."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        if heard:
            await client.track_account()
        placed = await client.place_oco(SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", **OCO)
        name = placed.order_reports[leg].client_order_id
        exchange.faults.next(Cut(after_execution=True), "order.cancel")
        with pytest.raises(OutcomeUnknown) as caught:
            await client.cancel_order(SYMBOL, orig_client_order_id=name)
        assert (await caught.value.resolve()).outcome is Outcome.ACCEPTED
        assert not any(each.is_open for each in exchange.truth.all_orders())

    play(test, on_unknown=mode)


@pytest.mark.parametrize("fault", [Drop(), Delay(1.6)], ids=["lost", "late"])
def test_a_list_in_doubt_that_was_cancelled_is_not_told_with_the_reply_to_its_cancel(fault: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(fault, "orderList.place.oco")
        with pytest.raises(OutcomeUnknown) as caught:
            await client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", list_client_order_id="L1", timeout=1.5, **OCO
            )
        verdict = await caught.value.resolve()
        assert (verdict.outcome, verdict.client_order_id) == (Outcome.ACCEPTED, "L1")
        assert not any(each.is_open for each in exchange.truth.all_orders())

    play(test, on_unknown="cancel")


def test_closing_the_client_ends_the_cancels_that_go_on_without_a_caller() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(500, -1000, "?", executed=False), "order.cancel", 1000)
        exchange.faults.next(Cut(after_execution=True), "order.place")
        with pytest.raises(OutcomeUnknown):
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        await asyncio.sleep(100)

        def under_way() -> list[str]:
            return [each.get_name() for each in asyncio.all_tasks() if each.get_name() == "binance-wsapi waiting"]

        assert under_way()
        await client.close()
        await asyncio.sleep(0)
        assert under_way() == []

    play(test, on_unknown="cancel")
