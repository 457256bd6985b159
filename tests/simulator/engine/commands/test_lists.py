"""Order lists live and end as the documentation says: OCO, OTO, OTOCO, OPO, OPOCO."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    CommissionRates,
    Discount,
    ListEvent,
    LotSize,
    MarketLotSize,
    MinNotional,
    OrderRequest,
    Rates,
    SymbolFilter,
    SymbolSpec,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, refused, request


def desk(**more: object) -> Desk:
    new = Desk(**more)  # type: ignore[arg-type]
    new.account(1, BTC="10", USDT="1000")
    new.account(2, BTC="100", USDT="100000")
    new.trade("100", "2")
    new.forget()
    return new


def sell_pair(quantity: str = "5") -> tuple[OrderRequest, OrderRequest]:
    return (
        request("SELL", "LIMIT_MAKER", quantity, "110", id="limit"),
        request("SELL", "STOP_LOSS_LIMIT", quantity, "89", stop_price="90", id="stop"),
    )


def buy_pair(quantity: str = "5") -> tuple[OrderRequest, OrderRequest]:
    return (
        request("BUY", "STOP_LOSS_LIMIT", quantity, "111", stop_price="110", id="stop"),
        request("BUY", "LIMIT_MAKER", quantity, "90", id="limit"),
    )


def statuses(new: Desk, account_id: int = 1) -> list[str]:
    return [str(order.status) for order in new.engine.all_orders(account_id, "BTCUSDT", new.now)]


def list_events(new: Desk) -> list[tuple[str, str]]:
    return [(str(e.list_status_type), str(e.list_order_status)) for e in new.of(ListEvent)]


def test_an_oco_reports_the_contingent_leg_first_and_shares_one_lock() -> None:
    new = desk()
    result = new.place_list(1, "OCO", *sell_pair(), list_client_order_id="mine")
    assert [r.order.client_order_id for r in result.results] == ["stop", "limit"]
    assert [r.order.working_time for r in result.results] == [-1, new.now]
    assert (result.order_list.contingency_type, result.order_list.list_client_order_id) == ("OCO", "mine")
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("5.00000000", "5.00000000")
    assert new.executions(1) == [(3, "NEW", "NEW"), (4, "NEW", "NEW")]
    assert list_events(new) == [("EXEC_STARTED", "EXECUTING")]


def test_a_buy_oco_locks_the_dearer_leg() -> None:
    new = desk()
    new.place_list(1, "OCO", *buy_pair())
    assert new.locked(1, "USDT") == "555.00000000"


@pytest.mark.parity("order list type", "OCO")
@pytest.mark.parity("expiry reason", "OCO_TRIGGER")
def test_the_first_fill_of_the_limit_leg_expires_the_stop_leg() -> None:
    new = desk()
    new.place_list(1, "OCO", *buy_pair())
    new.place(2, "SELL", "LIMIT", "1", "90")
    stop, limit = new.engine.all_orders(1, "BTCUSDT", new.now)
    assert (stop.status, stop.expiry_reason) == ("EXPIRED", "OCO_TRIGGER")
    assert limit.status == "PARTIALLY_FILLED"
    assert new.locked(1, "USDT") == "360.00000000"
    assert new.engine.open_order_lists(1) != []
    new.place(2, "SELL", "LIMIT", "4", "90")
    assert list_events(new) == [("EXEC_STARTED", "EXECUTING"), ("ALL_DONE", "ALL_DONE")]


def test_the_trigger_of_the_stop_leg_expires_the_limit_leg() -> None:
    new = desk()
    new.place_list(1, "OCO", *sell_pair())
    new.trade("90")
    stop, limit = new.engine.all_orders(1, "BTCUSDT", new.now)
    assert (limit.status, limit.expiry_reason) == ("EXPIRED", "OCO_TRIGGER")
    assert (stop.status, stop.is_working) == ("NEW", True)
    assert new.locked(1, "BTC") == "5.00000000"
    assert new.book()[1] == [("89.00000000", "5.00000000")]


def test_a_trailing_leg_triggers_too() -> None:
    new = desk()
    limit, _ = sell_pair()
    new.place_list(1, "OCO", limit, request("SELL", "STOP_LOSS", "5", trailing_delta=1000))
    new.trade("90")
    assert statuses(new)[1] == "EXPIRED"


def test_cancelling_a_leg_cancels_the_list_with_one_new_id() -> None:
    new = desk()
    new.place_list(1, "OCO", *sell_pair())
    new.forget()
    result = new.cancel(1, orig_client_order_id="limit", new_client_order_id="gone")
    assert [(o.client_order_id, o.orig_client_order_id, o.status) for o in result.orders] == [
        ("gone", "stop", "CANCELED"),
        ("gone", "limit", "CANCELED"),
    ]
    assert result.order_list is not None
    (event,) = new.of(ListEvent)
    assert [client_id for _, _, client_id in event.orders] == ["stop", "limit"]
    assert list_events(new) == [("ALL_DONE", "ALL_DONE")]
    assert new.locked(1, "BTC") == "0.00000000"


def test_cancelling_the_list_renames_the_list() -> None:
    new = desk()
    placed = new.place_list(1, "OCO", *sell_pair(), list_client_order_id="mine").order_list
    with refused(-2011, "Unknown order sent."):
        new.engine.cancel_list(1, "BTCUSDT", new.tick(), order_list_id=placed.order_list_id, list_client_order_id="no")
    result = new.engine.cancel_list(1, "BTCUSDT", new.tick(), list_client_order_id="mine", new_client_order_id="other")
    assert result.order_list is not None
    assert result.order_list.list_client_order_id == "other"
    assert [o.client_order_id for o in result.orders] == ["stop", "limit"]
    assert new.engine.order_list(1, list_client_order_id="other") is placed
    with refused(-2011, "Unknown order sent."):
        new.engine.cancel_list(1, "BTCUSDT", new.tick(), list_client_order_id="mine")


def test_an_stp_expiry_of_the_limit_leg_ends_the_pair() -> None:
    new = desk()
    new.place_list(1, "OCO", *sell_pair())
    new.place(1, "BUY", "LIMIT", "1", "110", stp="EXPIRE_MAKER")
    stop, limit, _ = new.engine.all_orders(1, "BTCUSDT", new.now)
    assert (stop.status, stop.expiry_reason, limit.status) == ("EXPIRED", "OCO_TRIGGER", "EXPIRED_IN_MATCH")
    assert new.locked(1, "BTC") == "0.00000000"


@pytest.mark.parametrize(
    ("code", "msg", "side", "above", "below"),
    [
        (-1158, "Order type not supported in OCO.", "SELL", "LIMIT", "STOP_LOSS"),
        (-1158, "Order type not supported in OCO.", "SELL", "LIMIT_MAKER", "MARKET"),
        (-1165, "A limit order in a buy OCO must be below.", "BUY", "LIMIT_MAKER", "TAKE_PROFIT"),
        (-1166, "A limit order in a sell OCO must be above.", "SELL", "TAKE_PROFIT", "LIMIT_MAKER"),
        (-1168, "At least one OCO order must be contingent.", "SELL", "LIMIT_MAKER", "LIMIT_MAKER"),
        (-1196, "A stop loss order in a buy OCO must be above.", "BUY", "STOP_LOSS", "STOP_LOSS_LIMIT"),
        (-1197, "A stop loss order in a sell OCO must be below.", "SELL", "STOP_LOSS", "LIMIT_MAKER"),
        (-1198, "A take profit order in a buy OCO must be below.", "BUY", "TAKE_PROFIT", "LIMIT_MAKER"),
        (-1199, "A take profit order in a sell OCO must be above.", "SELL", "LIMIT_MAKER", "TAKE_PROFIT_LIMIT"),
    ],
)
def test_the_legs_must_make_a_pair(code: int, msg: str, side: str, above: str, below: str) -> None:
    def leg(kind: str) -> OrderRequest:
        algo = kind not in ("LIMIT", "MARKET", "LIMIT_MAKER")
        limited = kind not in ("MARKET", "STOP_LOSS", "TAKE_PROFIT")
        return request(side, kind, "1", "100" if limited else "0", stop_price="100" if algo else "0")

    new = desk()
    with refused(code, msg):
        new.place_list(1, "OCO", leg(above), leg(below))


@pytest.mark.parametrize(
    ("side", "kind", "limit", "stop"),
    [
        ("SELL", "LIMIT_MAKER", "100", "90"),
        ("SELL", "LIMIT_MAKER", "110", "100"),
        ("BUY", "LIMIT_MAKER", "100", "110"),
        ("BUY", "LIMIT_MAKER", "90", "100"),
        ("SELL", "TAKE_PROFIT", "99", "90"),
        ("BUY", "TAKE_PROFIT", "101", "110"),
    ],
)
def test_the_last_price_must_lie_between_the_legs(side: str, kind: str, limit: str, stop: str) -> None:
    new = desk()
    gain = request(side, kind, "1", limit) if kind == "LIMIT_MAKER" else request(side, kind, "1", stop_price=limit)
    loss = request(side, "STOP_LOSS", "1", stop_price=stop)
    with refused(-2010, "The relationship of the prices for the orders is not correct."):
        new.place_list(1, "OCO", *((gain, loss) if side == "SELL" else (loss, gain)))
    assert new.events == []


def test_before_the_first_trade_the_legs_must_still_be_in_order() -> None:
    new = Desk()
    new.account(1, BTC="10")
    with refused(-2010, "The relationship of the prices for the orders is not correct."):
        new.place_list(
            1, "OCO", request("SELL", "LIMIT_MAKER", "1", "90"), request("SELL", "STOP_LOSS", "1", stop_price="90")
        )
    new.place_list(1, "OCO", *sell_pair())


def test_two_contingent_legs_wait_for_the_first_of_two_events() -> None:
    new = desk()
    new.place_list(
        1,
        "OCO",
        request("SELL", "TAKE_PROFIT", "5", stop_price="110"),
        request("SELL", "STOP_LOSS", "5", stop_price="90"),
    )
    new.place(2, "BUY", "LIMIT", "5", "95")
    new.trade("110")
    gain, loss = new.engine.all_orders(1, "BTCUSDT", new.now)
    assert (gain.status, show(gain.cumulative_quote_qty), loss.expiry_reason) == (
        "FILLED",
        "475.00000000",
        "OCO_TRIGGER",
    )


def test_a_limit_leg_that_would_take_is_refused() -> None:
    new = desk()
    new.place(2, "BUY", "LIMIT", "1", "110")
    with refused(-2010, "Order would immediately match and take."):
        new.place_list(1, "OCO", request("SELL", "LIMIT_MAKER", "1", "105"), sell_pair("1")[1])


# --- OTO and OTOCO -------------------------------------------------------------------------------------------------


def oto() -> tuple[OrderRequest, OrderRequest]:
    return request("BUY", "LIMIT", "2", "95", id="working"), request("SELL", "LIMIT", "2", "120", id="pending")


@pytest.mark.parity("order list type", "OTO")
def test_a_pending_order_holds_nothing_and_is_nowhere_until_the_working_order_is_filled() -> None:
    new = desk()
    result = new.place_list(1, "OTO", *oto())
    assert [r.order.status for r in result.results] == ["NEW", "PENDING_NEW"]
    assert result.order_list.contingency_type == "OTO"
    assert (new.locked(1, "BTC"), new.locked(1, "USDT")) == ("0.00000000", "190.00000000")
    new.place(2, "SELL", "LIMIT", "1", "95")
    assert statuses(new) == ["PARTIALLY_FILLED", "PENDING_NEW"]
    new.place(2, "SELL", "LIMIT", "1", "95")
    assert statuses(new) == ["FILLED", "NEW"]
    assert new.locked(1, "BTC") == "2.00000000"
    assert list_events(new) == [("EXEC_STARTED", "EXECUTING")] * 2
    new.place(2, "BUY", "LIMIT", "2", "120")
    assert list_events(new)[-1] == ("ALL_DONE", "ALL_DONE")


def test_the_reply_to_an_oto_that_fills_at_once_still_shows_the_pending_order_pending() -> None:
    new = desk()
    new.place(2, "SELL", "LIMIT", "2", "95")
    result = new.place_list(1, "OTO", *oto())
    assert [r.order.status for r in result.results] == ["FILLED", "PENDING_NEW"]
    assert len(result.results[0].fills) == 1
    assert statuses(new) == ["FILLED", "NEW"]


@pytest.mark.parity("expiry reason", "OTO_PHASE_ONE_EXPIRED")
def test_a_working_order_that_expires_takes_the_pending_one_with_it() -> None:
    new = desk()
    working = request("BUY", "LIMIT", "2", "95", tif="IOC")
    new.place_list(1, "OTO", working, oto()[1])
    first, second = new.engine.all_orders(1, "BTCUSDT", new.now)
    assert first.expiry_reason == "UNFILLED_IOC_QUANTITY_EXPIRED"
    assert (second.status, second.expiry_reason) == ("EXPIRED", "OTO_PHASE_ONE_EXPIRED")


@pytest.mark.parametrize("which", ["working", "pending"])
def test_cancelling_either_order_cancels_both(which: str) -> None:
    new = desk()
    new.place_list(1, "OTO", *oto())
    new.cancel(1, orig_client_order_id=which)
    assert statuses(new) == ["CANCELED", "CANCELED"]
    assert new.engine.open_order_lists(1) == []


def test_a_pending_order_that_cannot_be_paid_expires_as_rejected() -> None:
    new = desk()
    new.place_list(1, "OTO", request("BUY", "LIMIT", "2", "95"), request("SELL", "LIMIT", "13", "120"))
    new.place(2, "SELL", "LIMIT", "2", "95")
    _, pending = new.engine.all_orders(1, "BTCUSDT", new.now)
    assert (pending.status, pending.expiry_reason) == ("EXPIRED", "REJECTED")
    assert list_events(new)[-1] == ("ALL_DONE", "ALL_DONE")


def test_a_pending_market_order_trades_at_once() -> None:
    new = desk()
    new.place(2, "BUY", "LIMIT", "2", "90")
    new.place_list(1, "OTO", request("BUY", "LIMIT", "2", "95"), request("SELL", "MARKET", "2"))
    new.place(2, "SELL", "LIMIT", "2", "95", stp="NONE")
    assert statuses(new) == ["FILLED", "FILLED"]


@pytest.mark.parity("order list type", "OTOCO")
def test_an_otoco_places_a_pair() -> None:
    new = desk()
    result = new.place_list(1, "OTOCO", request("BUY", "LIMIT", "5", "95", id="w"), *sell_pair())
    assert [r.order.client_order_id for r in result.results] == ["w", "stop", "limit"]
    new.place(2, "SELL", "LIMIT", "5", "95")
    assert statuses(new) == ["FILLED", "NEW", "NEW"]
    assert new.locked(1, "BTC") == "5.00000000"
    new.trade("90")
    assert statuses(new) == ["FILLED", "NEW", "EXPIRED"]


def test_an_otoco_whose_prices_no_longer_fit_is_rejected_as_a_whole() -> None:
    new = desk()
    new.place_list(1, "OTOCO", request("BUY", "LIMIT", "5", "85"), *sell_pair())
    new.place(2, "SELL", "LIMIT", "5", "85")
    orders = new.engine.all_orders(1, "BTCUSDT", new.now)
    assert [(o.status, o.expiry_reason) for o in orders[1:]] == [("EXPIRED", "REJECTED")] * 2
    assert new.locked(1, "BTC") == "0.00000000"


def test_an_otoco_whose_limit_leg_the_market_has_passed_is_rejected() -> None:
    """It would rest without taking, and still lie on the wrong side of the last price."""
    new = desk()
    new.place_list(1, "OTOCO", request("BUY", "LIMIT", "5", "112"), *sell_pair())
    new.place(2, "SELL", "LIMIT", "5", "112")
    assert statuses(new) == ["FILLED", "EXPIRED", "EXPIRED"]


def test_the_history_of_lists_goes_by_their_last_change() -> None:
    new = desk()
    old = new.place_list(1, "OCO", *sell_pair()).order_list
    placed, asked = new.now, new.tick()
    assert [old.update_time, old.is_open] == [placed, True]
    assert old not in new.engine.all_order_lists(1, start_time=asked)
    new.engine.cancel_list(1, "BTCUSDT", new.tick(), order_list_id=old.order_list_id)
    assert old.update_time == new.now
    assert old in new.engine.all_order_lists(1, start_time=asked)
    assert old not in new.engine.all_order_lists(1, end_time=asked)


@pytest.mark.parity("expiry reason", "EXCHANGE_CANCELED")
def test_the_exchange_taking_one_leg_ends_the_other() -> None:
    new = desk()
    stop, limit = (r.order for r in new.place_list(1, "OCO", *sell_pair()).results)
    new.engine.exchange_cancel(1, "BTCUSDT", limit.order_id, new.tick())
    assert (limit.expiry_reason, stop.expiry_reason) == ("EXCHANGE_CANCELED", "OCO_TRIGGER")
    assert list_events(new)[-1] == ("ALL_DONE", "ALL_DONE")


def test_a_pending_order_taken_away_by_the_exchange_leaves_the_working_order() -> None:
    new = desk()
    pending = new.place_list(1, "OTO", *oto()).results[1].order
    new.engine.exchange_cancel(1, "BTCUSDT", pending.order_id, new.tick())
    assert pending.expiry_reason == "EXCHANGE_CANCELED"
    new.place(2, "SELL", "LIMIT", "2", "95")
    assert statuses(new) == ["FILLED", "EXPIRED"]
    assert new.engine.open_order_lists(1) == []


# --- OPO and OPOCO -------------------------------------------------------------------------------------------------


@pytest.mark.parity("order list type", "OPO")
def test_what_an_opo_receives_is_locked_and_becomes_the_quantity() -> None:
    new = desk()
    new.place_list(1, "OPO", request("BUY", "LIMIT", "2", "95"), request("SELL", "LIMIT", "0", "120", id="p"))
    new.place(2, "SELL", "LIMIT", "0.5", "95")
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("10.00000000", "0.50000000")
    new.place(2, "SELL", "LIMIT", "1.5", "95")
    pending = new.engine.order(1, "BTCUSDT", new.now, orig_client_order_id="p")
    assert (pending.status, show(pending.quantity)) == ("NEW", "2.00000000")
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("10.00000000", "2.00000000")


def test_an_opo_cancelled_halfway_gives_back_what_it_received() -> None:
    new = desk()
    new.place_list(1, "OPO", request("BUY", "LIMIT", "2", "95", id="w"), request("SELL", "LIMIT", "0", "120"))
    new.place(2, "SELL", "LIMIT", "0.5", "95")
    new.cancel(1, orig_client_order_id="w")
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("10.50000000", "0.00000000")


@pytest.mark.parametrize("kind", ["OPO", "OPOCO"])
@pytest.mark.parametrize("first", [True, False])
def test_an_opo_whose_pending_orders_the_exchange_takes_away_gives_back_what_it_received(
    kind: str, first: bool
) -> None:
    new = desk()
    pending = sell_pair("0") if kind == "OPOCO" else (request("SELL", "LIMIT", "0", "120"),)
    placed = new.place_list(1, kind, request("BUY", "LIMIT", "2", "95"), *pending)
    new.place(2, "SELL", "LIMIT", "0.5", "95")
    assert new.locked(1, "BTC") == "0.50000000"
    gone = placed.results[1 if first else -1].order
    new.engine.exchange_cancel(1, "BTCUSDT", gone.order_id, new.tick())
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("10.50000000", "0.00000000")
    assert new.engine.open_order_lists(1) == [placed.order_list]
    new.place(2, "SELL", "LIMIT", "0.5", "95")
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("11.00000000", "0.00000000")
    new.place(2, "SELL", "LIMIT", "1", "95")
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("12.00000000", "0.00000000")
    assert list_events(new)[-1] == ("ALL_DONE", "ALL_DONE")


@pytest.mark.parametrize(
    ("coins", "quantity", "left"), [("10", "2.00000000", "9.98000000"), ("0.01", "1.98000000", "0.01000000")]
)
def test_commission_comes_from_free_funds_if_they_suffice(coins: str, quantity: str, left: str) -> None:
    new = Desk()
    new.account(1, BTC=coins, USDT="1000", rates=CommissionRates(standard=Rates(taker=parse("0.01"))))
    new.account(2, BTC="10")
    new.place(2, "SELL", "LIMIT", "2", "95")
    new.place_list(1, "OPO", request("BUY", "LIMIT", "2", "95"), request("SELL", "LIMIT", "0", "120", id="p"))
    assert show(new.engine.order(1, "BTCUSDT", new.now, orig_client_order_id="p").quantity) == quantity
    assert new.free(1, "BTC") == left


def test_commission_on_bought_bnb_comes_off_what_was_received() -> None:
    new = Desk(SymbolSpec("BNBUSDT", "BNB", "USDT"))
    rates = CommissionRates(standard=Rates(taker=parse("0.01")))
    new.account(1, BNB="10", USDT="1000", rates=rates, discount=Discount(False))
    new.account(2, BNB="10")
    new.place(2, "SELL", "LIMIT", "2", "95", symbol="BNBUSDT")
    new.place_list(
        1,
        "OPO",
        request("BUY", "LIMIT", "2", "95", symbol="BNBUSDT"),
        request("SELL", "LIMIT", "0", "120", symbol="BNBUSDT", id="p"),
    )
    assert show(new.engine.order(1, "BNBUSDT", new.now, orig_client_order_id="p").quantity) == "1.98000000"


def test_the_quantity_is_fitted_to_the_lot_sizes_and_the_rest_released() -> None:
    filters: list[SymbolFilter] = [
        LotSize(parse("0.01"), parse("100"), parse("0.01")),
        MarketLotSize(parse("0.1"), parse("1.5"), parse("0.1")),
    ]
    new = Desk(filters=filters)
    new.account(1, USDT="1000", rates=CommissionRates(standard=Rates(taker=parse("0.01"))))
    new.account(2, BTC="10", USDT="1000")
    new.place(2, "SELL", "LIMIT", "2.5", "95")
    new.place(2, "BUY", "LIMIT", "2", "90")
    new.place_list(1, "OPO", request("BUY", "LIMIT", "1", "95"), request("SELL", "LIMIT", "0", "120", id="p"))
    order = new.engine.order(1, "BTCUSDT", new.now, orig_client_order_id="p")
    assert (show(order.quantity), new.free(1, "BTC")) == ("0.99000000", "0.00000000")
    new.place_list(1, "OPO", request("BUY", "LIMIT", "1.5", "95"), request("SELL", "MARKET", id="m"))
    order = new.engine.order(1, "BTCUSDT", new.now, orig_client_order_id="m")
    assert (order.status, show(order.quantity)) == ("FILLED", "1.40000000")


def test_a_received_quantity_below_the_smallest_lot_is_rejected() -> None:
    new = Desk(filters=[LotSize(parse("1"), parse("100"), parse("1"))])
    new.account(1, USDT="1000", rates=CommissionRates(standard=Rates(taker=parse("0.01"))))
    new.account(2, BTC="10")
    new.place(2, "SELL", "LIMIT", "1", "95")
    new.place_list(1, "OPO", request("BUY", "LIMIT", "1", "95"), request("SELL", "LIMIT", "0", "120"))
    pending = new.engine.all_orders(1, "BTCUSDT", new.now)[1]
    assert (pending.status, pending.expiry_reason) == ("EXPIRED", "REJECTED")
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("0.99000000", "0.00000000")


def test_an_opo_whose_iceberg_shows_all_that_came_in_is_rejected() -> None:
    new = desk()
    pending = request("SELL", "LIMIT", "0", "120", iceberg_qty="2")
    new.place_list(1, "OPO", request("BUY", "LIMIT", "2", "95"), pending)
    new.place(2, "SELL", "LIMIT", "2", "95")
    order = new.engine.all_orders(1, "BTCUSDT", new.now)[-1]
    assert (order.status, order.expiry_reason) == ("EXPIRED", "REJECTED")


@pytest.mark.parity("order list type", "OPOCO")
def test_an_opoco_sells_what_it_bought_once() -> None:
    new = desk()
    new.place_list(1, "OPOCO", request("BUY", "LIMIT", "2", "95"), *sell_pair("0"))
    new.place(2, "SELL", "LIMIT", "2", "95")
    assert statuses(new) == ["FILLED", "NEW", "NEW"]
    assert [show(o.quantity) for o in new.engine.open_orders(1)] == ["2.00000000"] * 2
    assert new.locked(1, "BTC") == "2.00000000"


@pytest.mark.parametrize(
    ("code", "msg", "working", "pending"),
    [
        (-1222, "Working order in an OPO list must be a bid.", ("SELL", "1"), ("SELL", "0")),
        (-1223, "Pending orders in an OPO list must be asks.", ("BUY", "1"), ("BUY", "0")),
        (-1225, "Pending orders should not include the 'quantity' tag.", ("BUY", "1"), ("SELL", "1")),
    ],
)
def test_an_opo_buys_first_and_sells_what_it_got(
    code: int, msg: str, working: tuple[str, str], pending: tuple[str, str]
) -> None:
    new = desk()
    with refused(code, msg):
        new.place_list(
            1, "OPO", request(working[0], "LIMIT", working[1], "95"), request(pending[0], "LIMIT", pending[1], "120")
        )


@pytest.mark.parametrize(
    ("switch", "kind", "msg"),
    [
        ("oco_allowed", "OCO", "OCO orders are not supported for this symbol"),
        ("oto_allowed", "OTO", "OTO orders are not supported for this symbol."),
        ("opo_allowed", "OPO", "OPO orders are not supported for this symbol."),
        ("oto_allowed", "OPO", "OTO orders are not supported for this symbol."),
    ],
)
def test_symbols_may_not_allow_lists(switch: str, kind: str, msg: str) -> None:
    new = desk(**{switch: False})
    with refused(-2010, msg):
        new.place_list(1, kind, *(sell_pair() if kind == "OCO" else oto()))


@pytest.mark.parametrize(
    "orders",
    [
        (request("BUY", "MARKET", "1"), request("SELL", "LIMIT", "1", "120")),
        (request("BUY", "LIMIT", "1", "90"), request("SELL", "MARKET", quote_order_qty="10")),
    ],
)
def test_a_working_order_is_a_limit_and_a_pending_one_has_no_quote_quantity(
    orders: tuple[OrderRequest, OrderRequest],
) -> None:
    new = desk()
    with refused(-1014, "Unsupported order combination."):
        new.place_list(1, "OTO", *orders)


def test_value_filters_wait_until_an_opo_has_its_quantity() -> None:
    new = desk(filters=[MinNotional(parse("150"), False, 5)])
    new.place_list(1, "OPO", request("BUY", "LIMIT", "2", "90"), request("SELL", "LIMIT", "0", "70"))
    new.place(2, "SELL", "LIMIT", "2", "90")
    assert statuses(new) == ["FILLED", "EXPIRED"]
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("12.00000000", "0.00000000")


def test_client_ids_are_unique_in_and_among_lists() -> None:
    new = desk()
    new.place_list(1, "OTO", *oto(), list_client_order_id="mine")
    with refused(-2010, "Duplicate order sent."):
        new.place_list(1, "OCO", *sell_pair(), list_client_order_id="mine")
    with refused(-2010, "Duplicate order sent."):
        new.place(1, "BUY", "LIMIT", "1", "1", id="pending")
    twins = [request("BUY", "LIMIT", "1", "1", id="same"), request("SELL", "LIMIT", "1", "200", id="same")]
    with refused(-2010, "Duplicate order sent."):
        new.place_list(1, "OTO", *twins)


def test_a_list_with_the_wrong_number_of_orders_is_the_callers_mistake() -> None:
    new = desk()
    with pytest.raises(ValueError, match="OTOCO with 2 orders"):
        new.place_list(1, "OTOCO", *oto())
