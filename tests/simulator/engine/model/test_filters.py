"""Every filter lets its edge pass and refuses the next value, with the venue's message."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.simulator.engine import (
    ExchangeMaxNumAlgoOrders,
    ExchangeMaxNumIcebergOrders,
    ExchangeMaxNumOrderLists,
    ExchangeMaxNumOrders,
    IcebergParts,
    LotSize,
    MarketLotSize,
    MaxAsset,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxNumOrderAmends,
    MaxNumOrderLists,
    MaxNumOrders,
    MaxPosition,
    MinNotional,
    Notional,
    OrderType,
    PercentPrice,
    PercentPriceBySide,
    PriceFilter,
    SymbolSpec,
    TrailingDelta,
    filter_from_json,
    parse,
)
from tests.simulator.engine.desk import Desk, refused, request


def desk(*filters: Any, exchange: tuple[Any, ...] = (), assets: tuple[MaxAsset, ...] = (), **spec: Any) -> Desk:
    new = Desk(filters=filters, exchange_filters=exchange, **spec)
    new.account(1, BTC="1000", USDT="1000000", filters=assets)
    new.account(2, BTC="1000", USDT="1000000")
    return new


PRICE = PriceFilter(parse("10"), parse("200"), parse("0.5"))
LOT = LotSize(parse("1"), parse("10"), parse("0.5"))
MARKET_LOT = MarketLotSize(parse("1"), parse("10"), parse("0.5"))
PERCENT = PercentPrice(parse("1.3"), parse("0.7"), 5)
BY_SIDE = PercentPriceBySide(parse("1.2"), parse("0.2"), parse("5"), parse("0.8"), 1)
LEAST = MinNotional(parse("100"), True, 5)
RANGE = Notional(parse("100"), False, parse("1000"), True, 0)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (PRICE, ("BUY", "LIMIT", "1", "10"), ("BUY", "LIMIT", "1", "9.5")),
        (PRICE, ("BUY", "LIMIT", "1", "200"), ("BUY", "LIMIT", "1", "200.5")),
        (PRICE, ("BUY", "LIMIT", "1", "10.5"), ("BUY", "LIMIT", "1", "10.4")),
        (LOT, ("BUY", "LIMIT", "1", "100"), ("BUY", "LIMIT", "0.5", "100")),
        (LOT, ("BUY", "LIMIT", "10", "100"), ("BUY", "LIMIT", "10.5", "100")),
        (LOT, ("BUY", "LIMIT", "1.5", "100"), ("BUY", "LIMIT", "1.4", "100")),
        (LOT, ("SELL", "MARKET", "1.5"), ("SELL", "MARKET", "11")),
        (MARKET_LOT, ("SELL", "MARKET", "10"), ("SELL", "MARKET", "10.5")),
        (MARKET_LOT, ("SELL", "MARKET", "1"), ("SELL", "MARKET", "0.5")),
        (PERCENT, ("BUY", "LIMIT", "1", "130"), ("BUY", "LIMIT", "1", "130.01")),
        (PERCENT, ("SELL", "LIMIT", "1", "70"), ("SELL", "LIMIT", "1", "69.99")),
        (BY_SIDE, ("BUY", "LIMIT", "1", "120"), ("BUY", "LIMIT", "1", "120.01")),
        (BY_SIDE, ("BUY", "LIMIT", "1", "20"), ("BUY", "LIMIT", "1", "19.99")),
        (BY_SIDE, ("SELL", "LIMIT", "1", "500"), ("SELL", "LIMIT", "1", "500.01")),
        (BY_SIDE, ("SELL", "LIMIT", "1", "80"), ("SELL", "LIMIT", "1", "79.99")),
        (LEAST, ("BUY", "LIMIT", "1", "100"), ("BUY", "LIMIT", "1", "99.99")),
        (LEAST, ("SELL", "MARKET", "1"), ("SELL", "MARKET", "0.99")),
        (RANGE, ("BUY", "LIMIT", "10", "100"), ("BUY", "LIMIT", "10", "100.01")),
        (RANGE, ("SELL", "MARKET", "10"), ("SELL", "MARKET", "10.01")),
        (RANGE, ("SELL", "MARKET", "0.01"), ("BUY", "LIMIT", "0.01", "100")),
        (MaxPosition(parse("1005")), ("BUY", "LIMIT", "5", "100"), ("BUY", "LIMIT", "5.1", "100")),
    ],
)
def test_the_edge_passes_and_the_next_value_fails(rule: Any, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    """The average and the last price are 100."""
    new = desk(rule)
    new.trade("100", "1")
    with refused(-1013, f"Filter failure: {rule.filter_type}"):
        new.place(1, *bad)
    new.place(1, *good)


def test_the_price_filter_looks_at_stop_prices_and_zero_switches_a_rule_off() -> None:
    new = desk(PriceFilter(0, parse("200"), 0))
    with refused(-1013, "Filter failure: PRICE_FILTER"):
        new.place(1, "BUY", "STOP_LOSS", "1", stop_price="201")
    new.place(1, "BUY", "LIMIT", "1", "0.00000001".replace("1", "9"))


def test_lot_size_looks_at_icebergs_too() -> None:
    with refused(-1013, "Filter failure: LOT_SIZE"):
        desk(LOT).place(1, "BUY", "LIMIT", "5", "100", iceberg_qty="0.5")


def test_iceberg_parts_are_counted_upwards() -> None:
    new = desk(IcebergParts(3))
    new.place(1, "BUY", "LIMIT", "9", "100", iceberg_qty="3")
    with refused(-1013, "Filter failure: ICEBERG_PARTS"):
        new.place(1, "BUY", "LIMIT", "9.1", "100", iceberg_qty="3")


def test_before_any_trade_averages_do_not_bind() -> None:
    new = desk(PERCENT, LEAST)
    new.place(1, "BUY", "LIMIT", "1", "1000")
    new.place(2, "SELL", "MARKET", "0.0001")


def test_an_average_of_zero_minutes_is_the_last_price() -> None:
    new = desk(PercentPrice(parse("1.1"), parse("0.9"), 0))
    new.trade("100")
    new.trade("110")
    with refused(-1013, "Filter failure: PERCENT_PRICE"):
        new.place(1, "BUY", "LIMIT", "1", "98.99")
    new.place(1, "BUY", "LIMIT", "1", "99")


def test_the_average_is_weighted_and_ends_with_its_minutes() -> None:
    new = desk(PERCENT)
    new.trade("100", "3")
    new.trade("129", "1")  # the average is 107.25, and 0.7 of it 75.075
    with refused(-1013, "Filter failure: PERCENT_PRICE"):
        new.place(1, "BUY", "LIMIT", "1", "75.07")
    new.place(1, "BUY", "LIMIT", "1", "75.08")
    new.tick(301_000_000)
    with refused(-1013, "Filter failure: PERCENT_PRICE"):
        new.place(1, "BUY", "LIMIT", "1", "90.29")


def test_quote_quantity_is_its_own_notional_value() -> None:
    new = desk(LEAST)
    new.trade("100")
    new.place(2, "SELL", "LIMIT", "10", "100")
    with refused(-1013, "Filter failure: MIN_NOTIONAL"):
        new.place(1, "BUY", "MARKET", quote_order_qty="99")
    new.place(1, "BUY", "MARKET", quote_order_qty="100")


def test_max_position_counts_open_buys() -> None:
    new = desk(MaxPosition(parse("1005")))
    new.place(1, "BUY", "LIMIT", "3", "100")
    with refused(-1013, "Filter failure: MAX_POSITION"):
        new.place(1, "BUY", "LIMIT", "3", "100")
    new.place(1, "SELL", "LIMIT", "1000", "101")
    with refused(-1013, "Filter failure: MAX_POSITION"):
        new.place(1, "BUY", "LIMIT", "3", "100")


def test_what_a_quote_quantity_comes_to_is_held_to_what_an_account_may_hold_and_move() -> None:
    new = desk(MaxPosition(parse("1005")), assets=(MaxAsset("BTC", parse("4")),))
    new.place(2, "SELL", "LIMIT", "10", "100")
    with refused(-1013, "Filter failure: MAX_POSITION"):
        new.place(1, "BUY", "MARKET", quote_order_qty="501")
    with refused(-1013, "Filter failure: MAX_ASSET"):
        new.place(1, "BUY", "MARKET", quote_order_qty="401")
    assert new.place(1, "BUY", "MARKET", quote_order_qty="400").order.executed_qty == parse("4")


def test_max_asset_limits_base_quantity_and_quote_value() -> None:
    new = desk(assets=(MaxAsset("BTC", parse("5")), MaxAsset("USDT", parse("400"))))
    with refused(-1013, "Filter failure: MAX_ASSET"):
        new.place(1, "BUY", "LIMIT", "5.1", "1")
    with refused(-1013, "Filter failure: MAX_ASSET"):
        new.place(1, "BUY", "LIMIT", "4", "100.01")
    new.place(1, "BUY", "LIMIT", "4", "100")
    new.place(2, "BUY", "LIMIT", "50", "100")


def fill_up(new: Desk, kind: str) -> None:
    if kind == "algo":
        new.place(1, "BUY", "STOP_LOSS", "1", stop_price="500")
    elif kind == "iceberg":
        new.place(1, "BUY", "LIMIT", "5", "100", iceberg_qty="1")
    elif kind == "list":
        new.place_list(1, "OTO", request("BUY", "LIMIT", "1", "50"), request("BUY", "LIMIT", "1", "50"))
    else:
        new.place(1, "BUY", "LIMIT", "1", "100")


@pytest.mark.parametrize(
    ("rule", "kind", "other"),
    [
        (MaxNumOrders(2), "plain", None),
        (MaxNumOrders(2), "algo", None),
        (MaxNumAlgoOrders(2), "algo", "plain"),
        (MaxNumIcebergOrders(2), "iceberg", "plain"),
        (MaxNumOrderLists(2), "list", "plain"),
        (ExchangeMaxNumOrders(2), "plain", None),
        (ExchangeMaxNumAlgoOrders(2), "algo", "plain"),
        (ExchangeMaxNumIcebergOrders(2), "iceberg", "plain"),
        (ExchangeMaxNumOrderLists(2), "list", "plain"),
    ],
)
def test_counts_of_open_orders(rule: Any, kind: str, other: str | None) -> None:
    exchange = rule.filter_type.startswith("EXCHANGE")
    new = desk(*(() if exchange else (rule,)), exchange=(rule,) if exchange else ())
    fill_up(new, kind)
    fill_up(new, kind)
    with refused(-1013, f"Filter failure: {rule.filter_type}"):
        fill_up(new, kind)
    if other:
        fill_up(new, other)
    new.engine.cancel_all(1, "BTCUSDT", new.tick())
    fill_up(new, kind)


def test_lists_count_with_all_their_orders() -> None:
    new = desk(MaxNumOrders(2))
    pair = request("SELL", "LIMIT_MAKER", "1", "110"), request("SELL", "STOP_LOSS", "1", stop_price="90")
    with refused(-1013, "Filter failure: MAX_NUM_ORDERS"):
        new.place_list(1, "OTOCO", request("BUY", "LIMIT", "1", "95"), *pair)
    new.place_list(1, "OCO", *pair)


@pytest.mark.parametrize(
    ("code", "msg", "args", "more"),
    [
        (-1111, "Parameter 'quantity' has too much precision.", ("BUY", "LIMIT", "1.001", "1"), {}),
        (-1111, "Parameter 'price' has too much precision.", ("BUY", "LIMIT", "1", "1.001"), {}),
        (-1111, "Parameter 'icebergQty' has too much precision.", ("BUY", "LIMIT", "5", "1"), {"iceberg_qty": "1.001"}),
        (-1111, "Parameter 'stopPrice' has too much precision.", ("BUY", "STOP_LOSS", "1"), {"stop_price": "1.001"}),
        (-1111, "Parameter 'quoteOrderQty' has too much precision.", ("BUY", "MARKET"), {"quote_order_qty": "1.001"}),
        (-1111, "Parameter 'workingPrice' has too much precision.", ("BUY", "LIMIT", "1", "1.001"), {"leg": "working"}),
        (-2010, "Price * QTY is zero or less.", ("BUY", "LIMIT", "0.01", "0.0000001"), {}),
        (-2010, "IcebergQty exceeds QTY.", ("BUY", "LIMIT", "1", "1"), {"iceberg_qty": "1"}),
        (-1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.", ("BUY", "STOP_LOSS"), {}),
        (-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!", ("BUY", "MARKET"), {}),
        (-1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.", ("BUY", "LIMIT", "1"), {}),
        (-1106, "Parameter 'price' sent when not required.", ("BUY", "MARKET", "1", "1"), {}),
        (
            -1102,
            "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!",
            ("BUY", "STOP_LOSS", "1"),
            {},
        ),
        (-1014, "Unsupported order combination.", ("BUY", "LIMIT", "1", "1"), {"stop_price": "2"}),
        (-2010, "Unsupported order combination", ("BUY", "MARKET", "5"), {"iceberg_qty": "1"}),
        (-2010, "Unsupported order combination", ("BUY", "LIMIT", "5", "1"), {"iceberg_qty": "1", "tif": "IOC"}),
        (
            -1160,
            "Parameter 'aboveIcebergQty' is not supported if 'aboveTimeInForce' is not GTC.",
            ("BUY", "STOP_LOSS_LIMIT", "5", "1"),
            {"iceberg_qty": "1", "tif": "IOC", "stop_price": "1", "leg": "above"},
        ),
        (-2010, "Account has insufficient balance for requested action.", ("SELL", "LIMIT", "1000.01", "1"), {}),
        (-1121, "Invalid symbol.", ("SELL", "LIMIT", "1", "1"), {"symbol": "NOPE"}),
    ],
)
def test_what_an_order_must_be_by_itself(code: int, msg: str, args: tuple[str, ...], more: dict[str, Any]) -> None:
    precise = code == -1111
    new = desk(base_asset_precision=2 if precise else 8, quote_asset_precision=2 if precise else 8)
    with refused(code, msg):
        new.place(1, *args, **more)
    assert new.events == []


@pytest.mark.parametrize(
    ("code", "msg", "kind"),
    [
        (-2010, "Market orders are not supported for this symbol.", "MARKET"),
        (-2010, "Stop loss orders are not supported for this symbol.", "STOP_LOSS"),
        (-2010, "Stop loss limit orders are not supported for this symbol.", "STOP_LOSS_LIMIT"),
        (-2010, "Take profit orders are not supported for this symbol.", "TAKE_PROFIT"),
        (-2010, "Take profit limit orders are not supported for this symbol.", "TAKE_PROFIT_LIMIT"),
        (-1116, "Invalid orderType.", "LIMIT_MAKER"),
    ],
)
def test_types_a_symbol_does_not_have(code: int, msg: str, kind: str) -> None:
    new = desk(order_types=frozenset({OrderType.LIMIT}))
    with refused(code, msg):
        new.place(1, "BUY", kind, "1", "1", stop_price="1")


def test_who_may_trade_what() -> None:
    new = desk(permission_sets=(("SPOT", "MARGIN"), ("TRD_GRP_004",)))
    with refused(-2010, "This symbol is not permitted for this account."):
        new.place(1, "BUY", "LIMIT", "1", "1")
    new.account(3, USDT="10", permissions=("MARGIN", "TRD_GRP_004"))
    new.place(3, "BUY", "LIMIT", "1", "1")
    account = new.engine.account(3)
    account.disabled = True
    with refused(-2010, "This action is disabled on this account."):
        new.place(3, "BUY", "LIMIT", "1", "1")
    account.can_trade = False
    with refused(-2011, "This account may not place or cancel orders."):
        new.cancel(3, order_id=1)


def test_icebergs_only_where_allowed() -> None:
    with refused(-2010, "Iceberg orders are not supported for this symbol."):
        desk(iceberg_allowed=False).place(1, "BUY", "LIMIT", "5", "1", iceberg_qty="1")


SHOWN = [
    (PRICE, {"minPrice": "10.00000000", "maxPrice": "200.00000000", "tickSize": "0.50000000"}),
    (PERCENT, {"multiplierUp": "1.3000", "multiplierDown": "0.7000", "avgPriceMins": 5}),
    (
        BY_SIDE,
        {
            "bidMultiplierUp": "1.2000",
            "bidMultiplierDown": "0.2000",
            "askMultiplierUp": "5.0000",
            "askMultiplierDown": "0.8000",
            "avgPriceMins": 1,
        },
    ),
    (LOT, {"minQty": "1.00000000", "maxQty": "10.00000000", "stepSize": "0.50000000"}),
    (MARKET_LOT, {"minQty": "1.00000000", "maxQty": "10.00000000", "stepSize": "0.50000000"}),
    (LEAST, {"minNotional": "100.00000000", "applyToMarket": True, "avgPriceMins": 5}),
    (
        RANGE,
        {
            "minNotional": "100.00000000",
            "applyMinToMarket": False,
            "maxNotional": "1000.00000000",
            "applyMaxToMarket": True,
            "avgPriceMins": 0,
        },
    ),
    (IcebergParts(10), {"limit": 10}),
    (MaxNumOrders(25), {"maxNumOrders": 25}),
    (MaxNumAlgoOrders(5), {"maxNumAlgoOrders": 5}),
    (MaxNumIcebergOrders(5), {"maxNumIcebergOrders": 5}),
    (MaxPosition(parse("10")), {"maxPosition": "10.00000000"}),
    (
        TrailingDelta(10, 2000, 20, 3000),
        {
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 20,
            "maxTrailingBelowDelta": 3000,
        },
    ),
    (MaxNumOrderAmends(10), {"maxNumOrderAmends": 10}),
    (MaxNumOrderLists(20), {"maxNumOrderLists": 20}),
    (ExchangeMaxNumOrders(1000), {"maxNumOrders": 1000}),
    (ExchangeMaxNumAlgoOrders(200), {"maxNumAlgoOrders": 200}),
    (ExchangeMaxNumIcebergOrders(10000), {"maxNumIcebergOrders": 10000}),
    (ExchangeMaxNumOrderLists(20), {"maxNumOrderLists": 20}),
    (MaxAsset("USDC", parse("42")), {"asset": "USDC", "limit": "42.00000000"}),
]


@pytest.mark.parametrize(("rule", "shown"), SHOWN, ids=lambda each: getattr(each, "filter_type", ""))
def test_each_filter_reads_and_writes_its_exchange_info_shape(rule: Any, shown: dict[str, Any]) -> None:
    wire = {"filterType": rule.filter_type, **shown}
    assert rule.as_json() == wire
    assert filter_from_json(wire) == rule


@pytest.mark.parametrize(
    "wire",
    [{"filterType": "NOPE"}, {"filterType": "MAX_POSITION"}, {"filterType": "ICEBERG_PARTS", "limit": 1, "x": 1}],
)
def test_unreadable_filters_are_refused(wire: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"filter|field|incomplete"):
        filter_from_json(wire)


@pytest.mark.parity("behaviour", "symbol names in any script")
def test_a_symbol_may_have_a_name_in_any_script() -> None:
    new = Desk(SymbolSpec("这是测试币456", "这是测试币", "456"))
    new.account(1)
    new.engine.deposit(1, "这是测试币", parse("1"), new.tick())
    assert new.place(1, "SELL", "LIMIT", "1", "1", symbol="这是测试币456").order.status == "NEW"
