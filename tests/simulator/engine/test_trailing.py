"""Stop orders trigger when they must: the scenarios of trailing-stop-faq, and stops without a delta."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import ExpiryReason, Order, TrailingDelta, parse, show
from tests.simulator.engine.desk import Desk, refused


def scenario(side: str, kind: str, price: str, delta: int, stop: str = "0") -> tuple[Desk, Order]:
    new = Desk()
    new.account(1, BTC="1", USDT="100000")
    new.trade("40000")
    order = new.place(1, side, kind, "0.01", price, stop_price=stop, trailing_delta=delta).order
    assert (order.status, order.is_working) == ("NEW", False)
    return new, order


def linear(new: Desk, order: Order, *stations: str) -> None:
    """Trade along the stations in even steps; the order must stay contingent all the way."""
    for station in stations:
        assert new.engine.last_price("BTCUSDT") is not None
        begin = int(show(new.engine.last_price("BTCUSDT") or 0, 0))
        for step in range(1, 5):
            new.trade(show(parse(str(begin)) + (parse(station) - parse(str(begin))) * step // 4))
            assert not order.is_working, station


def triggered_by(new: Desk, order: Order, almost: str, exact: str) -> None:
    new.trade(almost)
    assert not order.is_working
    new.trade(exact)
    assert order.is_working
    assert order.working_time == new.now
    assert order.limit == order.price


@pytest.mark.parity("behaviour", "trailing stops follow the extreme and trigger on the way back")
def test_a_stop_loss_limit_buy() -> None:
    new, order = scenario("BUY", "STOP_LOSS_LIMIT", "45000", 500, "44000")
    linear(new, order, "37000")
    assert order.trailing_time == -1
    linear(new, order, "43999")
    assert order.trailing_time == -1
    new.trade("44000")
    assert (order.trailing_time, show(order.extreme)) == (new.now, "44000.00000000")
    linear(new, order, "45000", "46000", "42000")
    assert show(order.extreme) == "42000.00000000"
    triggered_by(new, order, "44099.99", "44100")


def test_b_stop_loss_limit_sell() -> None:
    new, order = scenario("SELL", "STOP_LOSS_LIMIT", "38000", 1000, "39000")
    linear(new, order, "41500", "39000")
    assert show(order.extreme) == "39000.00000000"
    linear(new, order, "37000", "41000")
    triggered_by(new, order, "36900.01", "36900")


@pytest.mark.parity("behaviour", "trailing stops follow the extreme and trigger on the way back")
def test_c_take_profit_limit_buy() -> None:
    new, order = scenario("BUY", "TAKE_PROFIT_LIMIT", "38500", 850, "38000")
    linear(new, order, "42000", "38000", "37000", "39000", "38000")
    assert show(order.extreme) == "37000.00000000"
    triggered_by(new, order, "40144.99", "40145")


def test_d_take_profit_limit_sell() -> None:
    new, order = scenario("SELL", "TAKE_PROFIT_LIMIT", "41000", 750, "42000")
    linear(new, order, "41500", "39000")
    assert order.trailing_time == -1
    linear(new, order, "42000", "45000", "44000", "46500")
    triggered_by(new, order, "43012.51", "43012.5")


def test_e_without_a_stop_price_tracking_starts_at_once() -> None:
    new, order = scenario("SELL", "STOP_LOSS_LIMIT", "39000", 700)
    assert (order.trailing_time, show(order.extreme)) == (order.time, "40000.00000000")
    linear(new, order, "42000", "39500", "45500")
    triggered_by(new, order, "42315.01", "42315")


def test_without_any_trade_tracking_starts_with_the_first() -> None:
    new = Desk()
    new.account(1, BTC="1")
    order = new.place(1, "SELL", "STOP_LOSS", "1", trailing_delta=100).order
    assert order.trailing_time == -1
    new.trade("100")
    assert show(order.extreme) == "100.00000000"
    new.trade("99")
    assert order.is_working


@pytest.mark.parametrize(
    ("side", "kind", "delta", "fails"),
    [
        ("BUY", "STOP_LOSS", 9, True),
        ("BUY", "STOP_LOSS", 10, False),
        ("SELL", "TAKE_PROFIT", 2000, False),
        ("SELL", "TAKE_PROFIT", 2001, True),
        ("SELL", "STOP_LOSS", 20, False),
        ("SELL", "STOP_LOSS", 19, True),
        ("BUY", "TAKE_PROFIT", 3000, False),
        ("BUY", "TAKE_PROFIT", 3001, True),
    ],
)
def test_the_filter_looks_above_or_below(side: str, kind: str, delta: int, fails: bool) -> None:
    new = Desk(filters=[TrailingDelta(10, 2000, 20, 3000)])
    new.account(1, BTC="1", USDT="100")
    if fails:
        with refused(-1013, "Filter failure: TRAILING_DELTA"):
            new.place(1, side, kind, "1", trailing_delta=delta)
    else:
        new.place(1, side, kind, "1", trailing_delta=delta)


def test_symbols_may_not_allow_trailing_stops() -> None:
    new = Desk(allow_trailing_stop=False)
    new.account(1, BTC="1")
    with refused(-2010, "Trailing stop orders are not supported for this symbol."):
        new.place(1, "SELL", "STOP_LOSS", "1", trailing_delta=100)


@pytest.mark.parametrize(
    ("side", "kind", "stop", "triggers_at"),
    [
        ("BUY", "STOP_LOSS", "101", "101"),
        ("SELL", "TAKE_PROFIT", "101", "102"),
        ("SELL", "STOP_LOSS", "99", "99"),
        ("BUY", "TAKE_PROFIT", "99", "98"),
    ],
)
@pytest.mark.parity("behaviour", "stop orders wait for their side of the market")
@pytest.mark.parity("order type", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
def test_a_plain_stop_waits_for_its_side_of_the_market(side: str, kind: str, stop: str, triggers_at: str) -> None:
    new = Desk()
    new.account(1, BTC="1", USDT="1000")
    new.trade("100")
    with refused(-2010, "Order would trigger immediately."):
        new.place(1, side, kind, "1", stop_price="100")
    order = new.place(1, side, kind, "1", stop_price=stop).order
    new.trade("100")
    assert not order.is_working
    new.trade(triggers_at)
    assert order.is_working
    assert (order.status, order.expiry_reason) == ("EXPIRED", ExpiryReason.INSUFFICIENT_LIQUIDITY)


@pytest.mark.parity("execution type", "NEW")
def test_a_triggered_order_reports_new_again_and_then_trades() -> None:
    new = Desk()
    new.account(1, BTC="1")
    new.account(2, USDT="1000")
    new.place(2, "BUY", "LIMIT", "2", "98")
    new.trade("100")
    order = new.place(1, "SELL", "STOP_LOSS", "1", stop_price="99").order
    new.place(2, "BUY", "LIMIT", "1", "99")
    new.trade("99", "1")
    kinds = [(e.execution_type, e.status, e.is_on_book) for e in new.reports(1)]
    assert kinds == [("NEW", "NEW", False), ("NEW", "NEW", True), ("TRADE", "FILLED", False)]
    assert show(order.cumulative_quote_qty) == "98.00000000"


def test_one_stop_sets_off_the_next() -> None:
    """A cascade runs to its end within the command that began it."""
    new = Desk()
    new.account(1, BTC="10")
    new.account(2, USDT="10000")
    new.trade("100")
    for price in ("98", "96", "94", "92"):
        new.place(2, "BUY", "LIMIT", "1", price)
    orders = [new.place(1, "SELL", "STOP_LOSS", "1", stop_price=stop).order for stop in ("99", "98", "96")]
    new.trade("99")
    assert [order.status for order in orders] == ["FILLED", "FILLED", "FILLED"]
    assert [show(order.cumulative_quote_qty) for order in orders] == ["98.00000000", "96.00000000", "94.00000000"]


@pytest.mark.parity("expiry reason", "REJECTED")
@pytest.mark.parity("execution type", "EXPIRED")
def test_a_stop_without_funds_at_the_trigger_expires_as_rejected() -> None:
    """A buy stop holds its stop price; what it pays can be more."""
    new = Desk()
    new.account(1, USDT="105")
    new.account(2, BTC="10")
    new.trade("100")
    order = new.place(1, "BUY", "STOP_LOSS", "1", stop_price="101").order
    assert new.locked(1, "USDT") == "101.00000000"
    new.place(2, "SELL", "LIMIT", "1", "110")
    new.trade("101")
    assert (order.status, order.expiry_reason) == ("EXPIRED", ExpiryReason.REJECTED)
    assert (new.free(1, "USDT"), new.locked(1, "USDT")) == ("105.00000000", "0.00000000")


def test_the_result_shows_the_order_before_what_it_set_off() -> None:
    """My own trade triggers a stop that takes the rest of my order: the reply does not know that yet."""
    new = Desk()
    new.account(1, USDT="1000")
    new.account(2, BTC="10")
    new.trade("100")
    new.place(2, "SELL", "STOP_LOSS", "1", stop_price="90")
    new.place(2, "SELL", "LIMIT", "1", "90")
    result = new.place(1, "BUY", "LIMIT", "2", "95")
    assert (result.order.status, show(result.order.executed_qty)) == ("PARTIALLY_FILLED", "1.00000000")
    assert new.order(1, result.order.order_id).status == "FILLED"
    assert len(result.fills) == 1


def test_stops_triggered_by_the_same_trade_start_in_order_of_age() -> None:
    new = Desk()
    new.account(1, BTC="10")
    new.account(2, USDT="1000")
    new.trade("100")
    kinds = ({"stop_price": "97"}, {"trailing_delta": 100}, {"stop_price": "99"}, {"stop_price": "98"})
    orders = [new.place(1, "SELL", "STOP_LOSS", "1", **kind).order for kind in kinds]
    new.place(2, "BUY", "LIMIT", "4", "90")
    new.trade("97")
    fills = new.engine.my_trades(1, "BTCUSDT")
    assert [fill.order for fill in fills] == orders
