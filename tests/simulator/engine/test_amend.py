"""Order amend keep priority does what its FAQ says."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    AmendResult,
    ListEvent,
    LotSize,
    MaxNumOrderAmends,
    SymbolSpec,
    SymbolStatus,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, refused, request


def desk() -> Desk:
    """The FAQ's book: order 2 is ours (account 1), second in the queue at 87,000."""
    new = Desk()
    for account_id in (1, 2, 3):
        new.account(account_id, USDT="2000000")
    new.account(9, BTC="100")
    new.place(2, "BUY", "LIMIT", "1.00", "87000")
    new.place(1, "BUY", "LIMIT", "5.50", "87000", id="mine")
    new.place(3, "BUY", "LIMIT", "4.00", "87000")
    new.place(3, "BUY", "LIMIT", "2.00", "86999")
    new.forget()
    return new


def amend(new: Desk, new_qty: str, account_id: int = 1, **more: object) -> AmendResult:
    return new.engine.amend_keep_priority(account_id, "BTCUSDT", parse(new_qty), new.tick(), **more)  # type: ignore[arg-type]


@pytest.mark.parity("behaviour", "amend keeps the order's place")
def test_an_amended_order_trades_before_those_behind_it() -> None:
    new = desk()
    result = amend(new, "5", order_id=2)
    assert (show(result.order.quantity), result.order.order_id, result.orig_client_order_id) == (
        "5.00000000",
        2,
        "mine",
    )
    assert new.book()[0] == [("87000.00000000", "10.00000000"), ("86999.00000000", "2.00000000")]
    new.place(9, "SELL", "MARKET", "6")
    assert (new.order(2, 1).status, new.order(1, 2).status, new.order(3, 3).executed_qty) == ("FILLED", "FILLED", 0)


def test_cancel_replace_loses_the_place() -> None:
    new = desk()
    new.replace(1, request("BUY", "LIMIT", "5", "87000"), cancel_order_id=2)
    new.place(9, "SELL", "MARKET", "5")
    assert new.order(3, 3).status == "FILLED"
    assert new.order(1, 5).executed_qty == 0


def test_the_released_funds_are_free_again() -> None:
    new = desk()
    amend(new, "5", order_id=2)
    assert (new.free(1, "USDT"), new.locked(1, "USDT")) == ("1565000.00000000", "435000.00000000")


@pytest.mark.parity("execution type", "REPLACED")
def test_report_and_history() -> None:
    new = desk()
    result = amend(new, "5", orig_client_order_id="mine", new_client_order_id="next")
    (event,) = new.reports()
    assert (event.execution_type, event.status, event.client_order_id, event.orig_client_order_id) == (
        "REPLACED",
        "NEW",
        "next",
        "mine",
    )
    assert event.execution_id == result.execution_id
    again = amend(new, "4", order_id=2, new_client_order_id="next")
    assert again.order.client_order_id == "next"
    history = new.engine.amendments(1, "BTCUSDT", 2, new.now)
    assert [(a.orig_client_order_id, a.new_client_order_id, show(a.orig_qty), show(a.new_qty)) for a in history] == [
        ("mine", "next", "5.50000000", "5.00000000"),
        ("next", "next", "5.00000000", "4.00000000"),
    ]
    assert new.engine.amendments(1, "BTCUSDT", 2, new.now, from_execution_id=again.execution_id) == history[1:]


def test_without_a_new_id_one_is_made_up_and_the_old_one_is_free() -> None:
    new = desk()
    result = amend(new, "5", order_id=2)
    assert result.order.client_order_id != "mine"
    assert new.place(1, "BUY", "LIMIT", "1", "80000", id="mine").order.status == "NEW"


@pytest.mark.parametrize(
    ("new_qty", "msg"),
    [
        ("5.5", "The requested action would change no state; rejecting."),
        ("6", "Order amend (quantity increase) is not supported."),
    ],
)
def test_the_quantity_can_only_shrink(new_qty: str, msg: str) -> None:
    new = desk()
    with refused(-2038, msg):
        amend(new, new_qty, order_id=2)
    assert new.events == []


def test_an_amended_order_must_pass_the_filters() -> None:
    new = Desk(filters=[LotSize(parse("1"), parse("10"), parse("0.5"))])
    new.account(1, BTC="10")
    new.place(1, "SELL", "LIMIT", "5", "1")
    with refused(-2038, "Filter failure: LOT_SIZE"):
        amend(new, "0.5", order_id=1)
    with refused(-2038, "Price * QTY is zero or less."):
        amend(new, "0", order_id=1)
    amend(new, "1", order_id=1)


def test_unknown_orders_and_foreign_ids_are_refused() -> None:
    new = desk()
    with refused(-2038, "Unknown order sent."):
        amend(new, "1", order_id=77)
    with refused(-2038, "Unknown order sent."):
        amend(new, "1", order_id=2, orig_client_order_id="other")
    new.place(1, "BUY", "LIMIT", "1", "80000", id="taken")
    with refused(-2038, "Duplicate order sent."):
        amend(new, "1", order_id=2, new_client_order_id="taken")


def test_the_number_of_amendments_is_limited() -> None:
    new = Desk(filters=[MaxNumOrderAmends(2)])
    new.account(1, BTC="10")
    new.place(1, "SELL", "LIMIT", "5", "1")
    amend(new, "4", order_id=1)
    amend(new, "3", order_id=1)
    with refused(-2038, "Filter failure: MAX_NUM_ORDER_AMENDS"):
        amend(new, "2", order_id=1)


def test_symbols_may_not_allow_it() -> None:
    new = Desk(amend_allowed=False)
    new.account(1, BTC="10")
    new.place(1, "SELL", "LIMIT", "5", "1")
    with refused(-2038, "Order amend is not supported for this symbol."):
        amend(new, "4", order_id=1)


@pytest.mark.parity("behaviour", "symbol status: HALT, BREAK, CANCEL_ONLY")
def test_a_symbol_for_cancelling_only_still_amends_and_a_halted_symbol_still_cancels() -> None:
    new = desk()
    new.engine.set_status("BTCUSDT", SymbolStatus.CANCEL_ONLY, new.tick())
    amend(new, "5", order_id=2)
    new.cancel(1, order_id=2)
    with refused(-2010, "Market is closed."):
        new.place(1, "BUY", "LIMIT", "1", "1")
    for account, order_id, status in ((3, 3, SymbolStatus.HALT), (2, 1, SymbolStatus.BREAK)):
        new.engine.set_status("BTCUSDT", status, new.tick())
        with refused(-2038, "Market is closed."):
            amend(new, "0.5", account, order_id=order_id)
        new.cancel(account, order_id=order_id)
    new.engine.set_status("BTCUSDT", SymbolStatus.END_OF_DAY, new.tick())
    with refused(-2011, "Market is closed."):
        new.cancel(3, order_id=4)


@pytest.mark.parametrize(("new_qty", "visible"), [("4", "2"), ("2", "2"), ("1.5", "1.5")])
def test_an_iceberg_shows_less_only_below_its_visible_part(new_qty: str, visible: str) -> None:
    new = Desk()
    new.account(1, BTC="10")
    new.place(1, "SELL", "LIMIT", "5", "100", iceberg_qty="2")
    amend(new, new_qty, order_id=1)
    assert new.book()[1] == [("100.00000000", show(parse(visible)))]


def test_both_legs_of_an_oco_change_together() -> None:
    new = Desk()
    new.account(1, BTC="10")
    new.trade("100")
    new.place_list(
        1,
        "OCO",
        request("SELL", "LIMIT_MAKER", "5", "110", id="a"),
        request("SELL", "STOP_LOSS", "5", stop_price="90", id="b"),
    )
    new.forget()
    result = amend(new, "3", orig_client_order_id="a", new_client_order_id="c")
    assert [show(order.quantity) for order in (result.order, *result.also_amended)] == ["3.00000000", "3.00000000"]
    assert new.locked(1, "BTC") == "3.00000000"
    (event,) = new.of(ListEvent)
    assert (event.list_status_type, event.list_order_status) == ("UPDATED", "EXECUTING")
    assert [client_id for _, _, client_id in event.orders] == ["b", "c"]


def test_an_amended_buy_oco_still_holds_what_its_dearer_leg_needs() -> None:
    new = Desk()
    new.account(1, USDT="1000")
    new.trade("100")
    new.place_list(
        1,
        "OCO",
        request("BUY", "STOP_LOSS_LIMIT", "5", "111", stop_price="110"),
        request("BUY", "LIMIT_MAKER", "5", "90", id="a"),
    )
    amend(new, "3", orig_client_order_id="a")
    assert new.locked(1, "USDT") == "333.00000000"


def test_a_list_keeps_quiet_if_no_client_id_changed() -> None:
    new = Desk()
    new.account(1, BTC="10", USDT="100")
    new.place_list(1, "OTO", request("SELL", "LIMIT", "5", "100", id="w"), request("BUY", "LIMIT", "5", "10", id="p"))
    new.forget()
    amend(new, "4", orig_client_order_id="p", new_client_order_id="p")
    assert new.of(ListEvent) == []
    assert [show(order.quantity) for order in new.engine.open_orders(1)] == ["5.00000000", "4.00000000"]


def test_an_order_amended_down_to_what_it_has_executed_expires() -> None:
    new = desk()
    new.place(9, "SELL", "MARKET", "3")
    result = amend(new, "2", order_id=2)
    assert result.expired
    assert (result.order.status, show(result.order.executed_qty)) == ("EXPIRED", "2.00000000")
    assert new.locked(1, "USDT") == "0.00000000"
    assert new.book()[0][0] == ("87000.00000000", "4.00000000")


def test_a_pending_opo_order_cannot_be_amended() -> None:
    new = Desk(SymbolSpec("BTCUSDT", "BTC", "USDT"))
    new.account(1, USDT="1000")
    new.place_list(1, "OPO", request("BUY", "LIMIT", "5", "100"), request("SELL", "LIMIT", "0", "110", id="p"))
    with refused(-2038, "Order amend (pending OPO order) is not supported."):
        amend(new, "1", orig_client_order_id="p")
