"""Cancelling and cancel-replace: ids, restrictions and every cell of the documented table."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.simulator.engine import (
    CancelRestrictions,
    CancelResult,
    MaxNumOrders,
    OrderResult,
    PriceFilter,
    Refused,
    parse,
)
from tests.simulator.engine.desk import Desk, refused, request


def desk(**more: object) -> Desk:
    new = Desk(**more)  # type: ignore[arg-type]
    new.account(1, BTC="10", USDT="1000")
    new.account(2, BTC="10", USDT="1000")
    new.place(1, "SELL", "LIMIT", "2", "100", id="mine")
    new.forget()
    return new


@pytest.mark.parity("behaviour", "a cancelled order takes a new client id")
@pytest.mark.parity("execution type", "CANCELED")
def test_a_cancelled_order_takes_a_new_id_and_frees_the_old_one() -> None:
    new = desk()
    result = new.cancel(1, orig_client_order_id="mine", new_client_order_id="gone")
    (order,) = result.orders
    assert (order.client_order_id, order.orig_client_order_id, order.status) == ("gone", "mine", "CANCELED")
    (event,) = new.reports()
    assert (event.execution_type, event.status, event.client_order_id, event.orig_client_order_id) == (
        "CANCELED",
        "CANCELED",
        "gone",
        "mine",
    )
    assert not event.is_on_book
    assert new.place(1, "SELL", "LIMIT", "1", "100", id="mine").order.status == "NEW"


def test_an_id_made_up_by_the_venue_looks_like_one() -> None:
    order = desk().cancel(1, order_id=1).orders[0]
    assert len(order.client_order_id) == 22
    assert order.client_order_id.isalnum()


@pytest.mark.parity("behaviour", "a client order id is unique among open orders only")
def test_a_client_id_is_unique_among_open_orders_of_the_account_only() -> None:
    new = desk()
    with refused(-2010, "Duplicate order sent."):
        new.place(1, "SELL", "LIMIT", "1", "100", id="mine")
    new.place(2, "SELL", "LIMIT", "1", "100", id="mine")
    new.place(2, "BUY", "LIMIT", "2", "100", id="filler", stp="EXPIRE_MAKER")
    new.place(1, "SELL", "LIMIT", "1", "100", id="mine")


@pytest.mark.parametrize(
    "ids",
    [{"order_id": 99}, {"orig_client_order_id": "other"}, {"order_id": 1, "orig_client_order_id": "other"}],
)
def test_both_ids_must_fit(ids: dict[str, Any]) -> None:
    new = desk()
    with refused(-2011, "Unknown order sent."):
        new.cancel(1, **ids)
    new.cancel(1, order_id=1, orig_client_order_id="mine")


def test_an_order_of_another_account_is_unknown_and_so_is_an_ended_order() -> None:
    new = desk()
    with refused(-2011, "Unknown order sent."):
        new.cancel(2, order_id=1)
    new.cancel(1, order_id=1)
    with refused(-2011, "Unknown order sent."):
        new.cancel(1, order_id=1)


def test_without_an_id_there_is_nothing_to_cancel() -> None:
    with refused(-2011, "Cancel order is invalid. Check origClOrdId and orderId."):
        desk().cancel(1)


@pytest.mark.parametrize(
    ("filled", "restrictions", "allowed"),
    [
        (False, CancelRestrictions.ONLY_NEW, True),
        (False, CancelRestrictions.ONLY_PARTIALLY_FILLED, False),
        (True, CancelRestrictions.ONLY_NEW, False),
        (True, CancelRestrictions.ONLY_PARTIALLY_FILLED, True),
    ],
)
@pytest.mark.parity("behaviour", "cancel restrictions")
def test_cancel_restrictions(filled: bool, restrictions: CancelRestrictions, allowed: bool) -> None:
    new = desk()
    if filled:
        new.place(2, "BUY", "LIMIT", "1", "100")
    if allowed:
        assert new.cancel(1, order_id=1, restrictions=restrictions).orders[0].status == "CANCELED"
    else:
        with refused(-2011, "Order was not canceled due to cancel restrictions."):
            new.cancel(1, order_id=1, restrictions=restrictions)


def test_cancel_all_closes_orders_and_lists_of_the_symbol() -> None:
    new = desk()
    new.place_list(1, "OTO", request("SELL", "LIMIT", "1", "100"), request("BUY", "LIMIT", "1", "10"))
    new.place(1, "SELL", "LIMIT", "1", "101")
    results = new.engine.cancel_all(1, "BTCUSDT", new.tick())
    assert [len(r.orders) for r in results] == [1, 2, 1]
    assert [r.order_list is not None for r in results] == [False, True, False]
    assert new.engine.open_orders(1) == []
    assert new.locked(1, "BTC") == "0.00000000"
    with refused(-2011, "Unknown order sent."):
        new.engine.cancel_all(1, "BTCUSDT", new.tick())


# --- cancel-replace ------------------------------------------------------------------------------------------------

GOOD = request("SELL", "LIMIT", "2", "101", id="mine")
BAD = request("BUY", "LIMIT", "100", "90")


@pytest.mark.parametrize(
    ("allow", "known", "new_order", "cancel", "placed", "code"),
    [
        (False, True, GOOD, "SUCCESS", "SUCCESS", None),
        (False, False, GOOD, "FAILURE", "NOT_ATTEMPTED", -2022),
        (False, True, BAD, "SUCCESS", "FAILURE", -2021),
        (True, True, GOOD, "SUCCESS", "SUCCESS", None),
        (True, False, BAD, "FAILURE", "FAILURE", -2022),
        (True, False, request("SELL", "LIMIT", "2", "101"), "FAILURE", "SUCCESS", -2021),
        (True, True, BAD, "SUCCESS", "FAILURE", -2021),
    ],
)
@pytest.mark.parity("behaviour", "cancel-replace: both modes, all four outcomes, either half told")
@pytest.mark.parity("method", "order.cancelReplace")
def test_the_outcomes_of_cancel_replace(
    allow: bool, known: bool, new_order: object, cancel: str, placed: str, code: int | None
) -> None:
    new = desk()
    result = new.replace(1, new_order, allow=allow, cancel_order_id=1 if known else 77)  # type: ignore[arg-type]
    assert (result.cancel_result, result.new_order_result) == (cancel, placed)
    assert (None if result.refusal is None else result.refusal.code) == code
    assert isinstance(result.cancel, CancelResult) == (cancel == "SUCCESS")
    assert isinstance(result.new, OrderResult) == (placed == "SUCCESS")
    if placed == "FAILURE":
        assert isinstance(result.new, Refused)
        assert (result.new.code, result.new.msg) == (-2010, "Account has insufficient balance for requested action.")
    assert new.engine.account(1).record("BTCUSDT").orders[1].is_open == (cancel == "FAILURE")


def test_the_new_order_may_take_the_id_and_the_funds_of_the_old_one() -> None:
    new = desk()
    result = new.replace(1, request("SELL", "LIMIT", "10", "101", id="mine"), cancel_orig_client_order_id="mine")
    assert isinstance(result.new, OrderResult)
    assert result.new.order.client_order_id == "mine"


@pytest.mark.parity("execution type", "REJECTED")
def test_a_replacement_rejected_after_the_cancel_is_reported() -> None:
    new = desk()
    new.replace(1, BAD, cancel_order_id=1)
    cancelled, rejected = new.reports()
    assert cancelled.execution_type == "CANCELED"
    assert (rejected.execution_type, rejected.status, rejected.reject_reason) == (
        "REJECTED",
        "REJECTED",
        "INSUFFICIENT_BALANCES",
    )
    assert rejected.order.order_id == -1


def test_filters_and_counts_come_before_the_cancel() -> None:
    """CHANGELOG: with MAX_NUM_ORDERS full, cancel and placement both fail."""
    new = desk(filters=[MaxNumOrders(1), PriceFilter(0, parse("1000"), 0)])
    with refused(-1013, "Filter failure: MAX_NUM_ORDERS"):
        new.replace(1, GOOD, cancel_order_id=1)
    with refused(-1013, "Filter failure: PRICE_FILTER"):
        new.replace(1, request("SELL", "LIMIT", "1", "1001"), cancel_order_id=1)
    assert new.engine.open_orders(1)[0].client_order_id == "mine"
    assert new.events == []


def test_an_exceeded_order_rate_limit_may_still_cancel() -> None:
    new = desk()
    limit = Refused(-1015, "Too many new orders; current limit is 50 orders per 10 SECOND.")
    result = new.replace(1, GOOD, cancel_order_id=1, placement_refused=limit)
    assert result.cancel_result == "SUCCESS"
    assert result.new is limit
    assert len(new.reports()) == 1


def test_replacing_one_order_of_a_list_cancels_the_list() -> None:
    new = desk()
    new.place_list(1, "OTO", request("SELL", "LIMIT", "1", "100", id="w"), request("BUY", "LIMIT", "1", "10", id="p"))
    result = new.replace(1, request("SELL", "LIMIT", "1", "105"), cancel_orig_client_order_id="p")
    assert isinstance(result.cancel, CancelResult)
    assert len(result.cancel.orders) == 2


def test_symbols_may_not_allow_cancel_replace() -> None:
    new = desk(cancel_replace_allowed=False)
    with refused(-2010, "Order cancel-replace is not supported for this symbol."):
        new.replace(1, GOOD, cancel_order_id=1)
