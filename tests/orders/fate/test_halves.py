"""A cancel-replace of which the venue says that it does not know what became of a half: that half is in doubt, no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import (
    Evidence,
    LateExecution,
    MemoryJournal,
    NotPlaced,
    Outcome,
    OutcomeUnknown,
    PartialFailure,
    Settings,
    SpotClient,
    VenueFault,
)
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Delay, Refuse
from tests.orders.fate.test_doubts import REST, lie
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL, hearing_late, requests
from tests.simulation.loop import VirtualLoop

UNKNOWN_CODES = [-1000, -1001, -1006, -1007]
REFUSED = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
NEITHER = {"code": -2011, "msg": "Unknown order sent."}


def unknown(code: int) -> dict[str, Any]:
    return {"code": code, "msg": "An unexpected response was received. Execution status unknown."}


def row(order: Any) -> dict[str, Any]:
    """Return a cancelled order as the reply tells it."""
    return {
        "symbol": SYMBOL, "origClientOrderId": order.client_order_id, "orderId": order.order_id, "orderListId": -1,
        "clientOrderId": "the-cancel", "transactTime": int(order.transact_time), "price": "50000.00", "origQty": "0.01",
        "executedQty": "0.00", "origQuoteOrderQty": "0.00", "cummulativeQuoteQty": "0.00", "status": "CANCELED",
        "timeInForce": "GTC", "type": "LIMIT", "side": "BUY", "selfTradePreventionMode": "NONE",
    }  # fmt: skip


def answer(cancel: dict[str, Any], new: dict[str, Any], late: float = 0.0) -> Any:
    """Return the fault: the request runs, and this is what the venue says of its halves."""
    both = not ("symbol" in cancel or "symbol" in new)
    data = {
        "cancelResult": "SUCCESS" if "symbol" in cancel else "FAILURE",
        "newOrderResult": "SUCCESS" if "symbol" in new else "FAILURE",
        "cancelResponse": cancel, "newOrderResponse": new,
    }  # fmt: skip
    status, code = (400, -2022) if both else (409, -2021)
    refusal = Refuse(status, code, "Order cancel-replace partially failed.", data, executed=True)
    return Delay(late, then=refusal) if late else refusal


async def replace(client: SpotClient, order: Any, *, places: bool, mode: Any = "ALLOW_FAILURE") -> Any:
    return await client.cancel_replace_order(
        SYMBOL, mode, "BUY", "LIMIT_MAKER", cancel_order_id=order.order_id, cancel_new_client_order_id="the-cancel",
        new_client_order_id="the-new", quantity="0.02", price="50000" if places else "61000", timeout=0.5,
    )  # fmt: skip


def placed(exchange: LocalExchange) -> bool:
    return bool(exchange.truth.orders["the-new"])


@pytest.mark.parametrize("code", UNKNOWN_CODES)
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("late", [0.0, 1.0], ids=["in time", "late"])
def test_a_new_order_of_which_the_venue_knows_nothing_is_in_doubt_and_the_cancel_is_told(
    code: int, executed: bool, late: float
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        if late:
            lie(exchange, 4)  # nothing but the late reply tells of the cancel
        exchange.faults.next(answer(row(order), unknown(code), late), "order.cancelReplace")
        started = loop.time()
        with pytest.raises(OutcomeUnknown) as caught:
            await replace(client, order, places=executed)
        assert loop.time() - started < 1.0
        assert [intent.method for intent in journal.open_intents()] == ["order.cancelReplace"]
        if not late:
            half = caught.value.__cause__
            assert isinstance(half, PartialFailure)
            assert (half.cancel_result, half.cancel_response.order_id) == ("SUCCESS", order.order_id)
            assert isinstance(half.new_order_response, VenueFault)
            assert "what became of the new order" in str(caught.value)
        cancel, new = (await asyncio.wait_for(caught.value.resolve(), BOUND)).parts
        assert (cancel.outcome, cancel.evidence) == (Outcome.ACCEPTED, Evidence.REPLY)
        assert placed(exchange) is executed
        assert new.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        assert not journal.open_intents()

    journal = MemoryJournal()
    play(test, journal=journal)


@pytest.mark.parametrize("code", UNKNOWN_CODES)
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("late", [0.0, 1.0], ids=["in time", "late"])
def test_a_cancel_of_which_the_venue_knows_nothing_is_in_doubt_and_the_refusal_is_told(
    code: int, executed: bool, late: float
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        if not executed:
            await client.cancel_order(SYMBOL, order_id=order.order_id)
        if late:
            lie(exchange, 4)
        exchange.faults.next(answer(unknown(code), REFUSED, late), "order.cancelReplace")
        with pytest.raises(OutcomeUnknown) as caught:
            await replace(client, order, places=False)
        cancel, new = (await asyncio.wait_for(caught.value.resolve(), BOUND)).parts
        assert cancel.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        assert (new.outcome, new.evidence) == (Outcome.REJECTED, Evidence.REPLY)
        assert isinstance(new.error, PartialFailure)

    play(test)


@pytest.mark.parametrize("late", [0.0, 1.0], ids=["in time", "late"])
def test_both_halves_may_be_in_doubt(late: float) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(answer(unknown(-1007), unknown(-1007), late), "order.cancelReplace")
        with pytest.raises(OutcomeUnknown) as caught:
            await replace(client, order, places=True)
        if not late:
            assert "what became of the cancel and of the new order" in str(caught.value)
        parts = (await asyncio.wait_for(caught.value.resolve(), BOUND)).parts
        assert [each.outcome for each in parts] == [Outcome.ACCEPTED, Outcome.ACCEPTED]

    play(test)


@pytest.mark.parametrize("late", [0.0, 1.0], ids=["in time", "late"])
@pytest.mark.parametrize("mode", ["raise", "wait", "cancel"])
def test_what_on_unknown_says_holds_for_a_new_order_in_doubt(mode: Any, late: float) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(answer(row(order), unknown(-1007), late), "order.cancelReplace")
        with pytest.raises(OutcomeUnknown) as caught:
            await replace(client, order, places=True)
        if mode != "raise":
            assert client.stats().doubts == 0
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert [each.outcome for each in verdict.parts] == [Outcome.ACCEPTED, Outcome.ACCEPTED]
        (new,) = exchange.truth.orders["the-new"]
        assert new.is_open is (mode != "cancel")
        assert len(requests(exchange, "order.cancel")) == (mode == "cancel")

    play(test, on_unknown=mode)


@pytest.mark.parametrize("mode", ["wait", "cancel"])
def test_waiting_ends_with_the_refusal_where_the_half_in_doubt_was_not_executed(mode: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        await client.cancel_order(SYMBOL, order_id=order.order_id)
        exchange.faults.next(answer(unknown(-1007), REFUSED), "order.cancelReplace")
        with pytest.raises(PartialFailure) as caught:
            await replace(client, order, places=False)
        assert caught.value.__cause__ is None  # what it was raised for is itself
        exchange.faults.next(answer(NEITHER, unknown(-1007)), "order.cancelReplace")
        with pytest.raises(NotPlaced):
            await replace(client, order, places=False)

    play(test, on_unknown=mode)


# --------------------------------------------------------------------------- what was refused is listened for


@pytest.mark.parametrize("whole", [False, True], ids=["the new order alone", "both halves"])
def test_an_order_that_turns_up_after_its_half_was_refused_is_told(whole: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await client.track_account()
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(answer(NEITHER if whole else row(order), REFUSED), "order.cancelReplace")
        async with hearing_late(client) as told:
            with pytest.raises(PartialFailure):
                await client.cancel_replace_order(
                    SYMBOL, "ALLOW_FAILURE", "BUY", "LIMIT_MAKER", cancel_order_id=order.order_id, quantity="0.02", price="50000"
                )  # fmt: skip
            await asyncio.sleep(1)
        (late,) = told
        assert isinstance(late, LateExecution)
        assert late.verdict.outcome is Outcome.REJECTED
        assert exchange.truth.orders[late.client_order_id][0].is_open

    play(test, settings=Settings(recv_window=5_000))


@pytest.mark.parametrize("late", [0.0, 1.0], ids=["in time", "late"])
def test_it_is_told_once_where_the_other_half_is_in_doubt(late: float) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await client.track_account()
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        lie(exchange, 4)
        exchange.faults.lose_events(count=2)
        exchange.faults.next(answer(unknown(-1007), REFUSED, late), "order.cancelReplace")
        async with hearing_late(client) as told:
            with pytest.raises(OutcomeUnknown) as caught:
                await client.cancel_replace_order(
                    SYMBOL, "ALLOW_FAILURE", "BUY", "LIMIT_MAKER", cancel_order_id=order.order_id, quantity="0.02",
                    price="50000", timeout=0.5,
                )  # fmt: skip
            cancel, new = (await caught.value.resolve()).parts
            assert (cancel.outcome, new.outcome) == (Outcome.ACCEPTED, Outcome.REJECTED)
            assert not told
            exchange.quote(SYMBOL, bids=[("49000", "5")], asks=[("49500", "5")])
            await asyncio.sleep(1)
        assert [each.client_order_id for each in told] == [new.client_order_id]

    play(test)
