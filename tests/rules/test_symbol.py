"""Rules before sending: rounding, and what is called refused is what the exchange refuses, by the same name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi import (
    FilterFailed,
    HandleStatus,
    Known,
    NotConnected,
    NotSent,
    Rounding,
    RuleViolation,
    SpotClient,
    SymbolRules,
    UsageError,
)
from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.api.spot.legs import orders_of
from binance_wsapi.errors import ProtocolViolation, VenueError, venue_error
from binance_wsapi.models import ExchangeInfo, SymbolInfo
from binance_wsapi.rules.cache import RulesCache
from binance_wsapi.rules.numbers import number
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.api.methods.general import _symbol_row
from binance_wsapi.simulator.engine import (
    IcebergParts,
    LotSize,
    MarketLotSize,
    MaxAsset,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxNumOrders,
    MaxPosition,
    MinNotional,
    Notional,
    PercentPrice,
    PercentPriceBySide,
    PriceFilter,
    Refused,
    SymbolSpec,
    TrailingDelta,
    parse,
)
from binance_wsapi.simulator.faults.faults import Break, Cut, Drop, Refuse
from tests.simulation.house import SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.engine.desk import Desk, request

QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The machine may be slow and busy: what is tested is what comes out."""

PRICE_FILTER = {"filterType": "PRICE_FILTER", "minPrice": "0.10", "maxPrice": "1000", "tickSize": "0.05"}
LOT_SIZE = {"filterType": "LOT_SIZE", "minQty": "0.01", "maxQty": "100", "stepSize": "0.002"}
MARKET_LOT_SIZE = {"filterType": "MARKET_LOT_SIZE", "minQty": "0", "maxQty": "10", "stepSize": "0.003"}
NOTIONAL = {"filterType": "NOTIONAL", "minNotional": "5", "applyMinToMarket": True, "maxNotional": "5000",
            "applyMaxToMarket": False, "avgPriceMins": 5}  # fmt: skip


def info(*filters: dict[str, Any], **more: Any) -> SymbolInfo:
    row = _symbol_row(SymbolSpec("BTCUSDT", "BTC", "USDT"), "TRADING", show_permission_sets=False)
    return SymbolInfo.model_validate({**row, "filters": list(filters), **more})


def rules_of(*filters: dict[str, Any], **more: Any) -> SymbolRules:
    return SymbolRules(info(*filters, **more))


def broken(rules: SymbolRules, known: Known | None = None, **order: Any) -> list[str]:
    """Return the names of the filters an order breaks."""
    given_order = {"side": "BUY", "type": "LIMIT", "time_in_force": "GTC", "price": "10", "quantity": "1", **order}
    return [each.filter for each in rules.check(given_order, known or Known()).violations]


# --------------------------------------------------------------------------- rounding


@pytest.mark.parametrize(
    ("value", "way", "side", "rounded"),
    [
        ("10.07", "down", None, "10.05"),
        ("10.07", "up", None, "10.10"),
        ("10.07", "nearest", None, "10.05"),
        ("10.075", "nearest", None, "10.10"),
        ("10.07", "passive", "BUY", "10.05"),
        ("10.07", "passive", "SELL", "10.10"),
        ("10.07", "aggressive", "BUY", "10.10"),
        ("10.07", "aggressive", "SELL", "10.05"),
        ("10.05", "up", None, "10.05"),
        (10, Rounding.DOWN, None, "10"),
        (Decimal("1E2"), Rounding.UP, None, "100"),
    ],
)
def test_prices_are_rounded_as_asked(value: Any, way: Any, side: Any, rounded: str) -> None:
    assert rules_of(PRICE_FILTER).price(value, way, side=side) == Decimal(rounded)


def test_quantities_are_rounded_down_unless_asked_otherwise() -> None:
    rules = rules_of(LOT_SIZE, MARKET_LOT_SIZE)
    assert rules.quantity("0.0199") == Decimal("0.018")
    assert rules.quantity("0.0199", "up") == Decimal("0.02")
    assert rules.quantity("0.0199", "nearest") == Decimal("0.02")
    assert rules.step_size == Decimal("0.002")
    # A market order has to be on both grids at once, the steps of which are 0.002 and 0.003.
    assert rules.quantity("0.0199", market=True) == Decimal("0.018")
    assert rules.quantity("0.0239", market=True) == Decimal("0.018")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rules: rules.price("0.12", "down"), None),
        (lambda rules: rules.price("0.06", "down"), r"0.1 \(PRICE_FILTER\)"),
        (lambda rules: rules.price("1000.01", "up"), r"1000 \(PRICE_FILTER\)"),
        (lambda rules: rules.quantity("0.0099"), r"below the least, 0.01 \(LOT_SIZE\)"),
        (lambda rules: rules.quantity("101"), r"above the most, 100 \(LOT_SIZE\)"),
        (lambda rules: rules.quantity("11", market=True), r"above the most, 10 \(MARKET_LOT_SIZE\)"),
        (
            lambda rules: rules.price(10.25),
            "price must be text, an int or a Decimal, got the float 10.25: write '10.25'",
        ),
        (lambda rules: rules.price("ten"), "must be a number"),
        (lambda rules: rules.price("NaN"), "finite"),
        (lambda rules: rules.price("-1"), "0 or more, got -1"),
        (lambda rules: rules.price(True), "Decimal, an int or a str"),
        (lambda rules: rules.price("1E+99"), "more digits"),
        (lambda rules: rules.price("10", "sideways"), "rounding must be one of"),
        (lambda rules: rules.price("10", "passive"), "side must be given"),
        (lambda rules: rules.price("10", "passive", side="buy"), "BUY or SELL"),
        (lambda rules: rules.quantity("10", "passive"), "up, down or nearest for a quantity"),
    ],
)
def test_what_is_out_of_bounds_or_no_number_is_refused_and_never_pulled_in(call: Any, message: str | None) -> None:
    rules = rules_of(PRICE_FILTER, LOT_SIZE, MARKET_LOT_SIZE)
    if message is None:
        assert call(rules) == Decimal("0.1")
        return
    with pytest.raises(UsageError, match=message):
        call(rules)


def test_without_filters_the_precision_of_the_assets_is_the_grid() -> None:
    rules = rules_of(baseAssetPrecision=3, quoteAssetPrecision=2)
    assert rules.quantity("1.23456") == Decimal("1.234")
    assert rules.price("1.23456") == Decimal("1.23")
    with pytest.raises(UsageError, match="nothing"):
        rules.quantity("0.0001")


@settings(QUIET)
@given(
    st.decimals("0.1", "1000", places=6),
    st.sampled_from(["0.05", "0.00000001", "0.3", "1", "25", "0.125"]),
    st.sampled_from(["down", "up", "nearest"]),
)
def test_a_rounded_number_is_on_the_grid_and_the_neighbour_that_was_asked_for(
    value: Decimal, step: str, way: Any
) -> None:
    rules = rules_of({**PRICE_FILTER, "minPrice": "0", "maxPrice": "0", "tickSize": step})
    try:
        rounded = rules.price(value, way)
    except UsageError:
        assert value < Decimal(step)
        return
    assert rounded % Decimal(step) == 0
    assert abs(rounded - value) < Decimal(step)
    assert way != "down" or rounded <= value
    assert way != "up" or rounded >= value
    assert way != "nearest" or abs(rounded - value) * 2 <= Decimal(step)
    assert rules.price(rounded, way) == rounded


# --------------------------------------------------------------------------- checking


def test_a_violation_names_filter_parameter_and_bound() -> None:
    checked = rules_of(PRICE_FILTER, LOT_SIZE, NOTIONAL).check(
        side="BUY", type="LIMIT", time_in_force="GTC", price="0.05", quantity="200.001"
    )
    assert [str(each) for each in checked.violations] == [
        "PRICE_FILTER: price 0.05 is below the least, 0.1",
        "LOT_SIZE: quantity 200.001 is above the most, 100",
        "LOT_SIZE: quantity 200.001 is not a multiple of 0.002",
    ]
    assert not checked.passes
    with pytest.raises(TypeError, match="violations"):
        bool(checked)


@pytest.mark.parametrize(
    ("filters", "order", "expected"),
    [
        ([NOTIONAL], {"price": "4.99"}, ["NOTIONAL"]),
        ([NOTIONAL], {"price": "5"}, []),
        ([NOTIONAL], {"price": "5000.01"}, ["NOTIONAL"]),
        ([PRICE_FILTER], {"price": "10.01"}, ["PRICE_FILTER"]),
        ([LOT_SIZE], {"iceberg_qty": "0.004"}, ["LOT_SIZE"]),
        ([MARKET_LOT_SIZE], {"quantity": "11"}, []),
        ([MARKET_LOT_SIZE], {"type": "MARKET", "time_in_force": None, "price": None, "quantity": "12"}, ["MARKET_LOT_SIZE"]),
        ([{"filterType": "ICEBERG_PARTS", "limit": 10}], {"iceberg_qty": "0.1"}, []),
        ([{"filterType": "ICEBERG_PARTS", "limit": 10}], {"iceberg_qty": "0.099"}, ["ICEBERG_PARTS"]),
        ([{"filterType": "SOMETHING_NEW", "limit": 10}], {}, []),
        ([], {"price": None}, ["parameters"]),
        ([], {"quantity": None}, ["parameters"]),
        ([], {"time_in_force": None}, ["parameters"]),
        ([], {"quote_order_qty": "10"}, ["parameters"]),
        ([], {"type": "MARKET", "price": None, "quote_order_qty": "10"}, ["parameters"]),
        ([], {"type": "STOP_LOSS_LIMIT"}, ["parameters"]),
        ([], {"type": "STOP_LOSS_LIMIT", "stop_price": "9"}, []),
        ([], {"trailing_delta": 100}, ["parameters"]),
        ([], {"type": "LIMIT_MAKER", "time_in_force": None}, []),
    ],
)  # fmt: skip
def test_filters_and_parameters_one_by_one(
    filters: list[dict[str, Any]], order: dict[str, Any], expected: list[str]
) -> None:
    assert broken(rules_of(*filters), **order) == expected


@pytest.mark.parametrize(
    ("more", "order", "expected"),
    [
        ({"status": "BREAK"}, {}, "status"),
        ({"isSpotTradingAllowed": False}, {}, "isSpotTradingAllowed"),
        ({"orderTypes": ["MARKET"]}, {}, "orderTypes"),
        ({"icebergAllowed": False}, {"iceberg_qty": "0.5"}, "icebergAllowed"),
        ({"allowTrailingStop": False}, {"type": "STOP_LOSS", "time_in_force": None, "price": None, "trailing_delta": 50},
         "allowTrailingStop"),
        ({"quoteOrderQtyMarketAllowed": False},
         {"type": "MARKET", "time_in_force": None, "price": None, "quantity": None, "quote_order_qty": "50"},
         "quoteOrderQtyMarketAllowed"),
        ({"pegInstructionsAllowed": False}, {"price": None, "peg_price_type": "PRIMARY_PEG"}, "pegInstructionsAllowed"),
        ({"allowedSelfTradePreventionModes": ["NONE"]}, {"self_trade_prevention_mode": "EXPIRE_BOTH"},
         "allowedSelfTradePreventionModes"),
        ({"baseAssetPrecision": 2}, {"quantity": "1.001"}, "baseAssetPrecision"),
        ({"quoteAssetPrecision": 2}, {"price": "10.001"}, "quoteAssetPrecision"),
    ],
)  # fmt: skip
def test_what_a_symbol_does_not_support_is_named(more: dict[str, Any], order: dict[str, Any], expected: str) -> None:
    assert broken(rules_of(**more), **order) == [expected]
    assert broken(rules_of(), **order) == []


def test_what_depends_on_unknown_facts_is_left_unjudged_and_does_not_pass() -> None:
    percent = {"filterType": "PERCENT_PRICE", "multiplierUp": "2", "multiplierDown": "0.5", "avgPriceMins": 5}
    position = {"filterType": "MAX_POSITION", "maxPosition": "10"}
    rules = rules_of(percent, position, {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 2})
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "10", "quantity": "3"}
    unjudged = rules.check(order).unjudged
    assert {each.filter for each in unjudged} == {"PERCENT_PRICE", "MAX_POSITION", "MAX_NUM_ORDERS"}
    assert "average of 5 minutes" in str(unjudged[0])
    assert not rules.check(order).passes
    known = Known(averages={5: "10"}, position="7", open_orders=1)
    assert rules.check(order, known).passes
    for worse in (
        Known(averages={5: "4.9"}, position="7", open_orders=1),
        Known(reference_price="21", averages={5: "10"}, position="7", open_orders=1),
        Known(averages={5: "10"}, position="7.1", open_orders=1),
        Known(averages={5: "10"}, position="7", open_orders=2),
    ):
        assert len(rules.check(order, worse).violations) == 1


def test_whether_the_lots_of_market_orders_hold_for_stop_orders_is_not_documented_and_left_unjudged() -> None:
    order = {"side": "BUY", "type": "STOP_LOSS", "stopPrice": "20", "quantity": "12"}
    checked = rules_of(MARKET_LOT_SIZE).check(order)
    assert not checked.violations
    assert [each.filter for each in checked.unjudged] == ["MARKET_LOT_SIZE"]
    assert not rules_of(MARKET_LOT_SIZE).check({**order, "quantity": "9"}).unjudged


def test_permissions_are_judged_where_they_are_known() -> None:
    rules = rules_of(permissionSets=[["SPOT", "TRD_GRP_001"]])
    assert broken(rules) == []
    assert broken(rules, Known(permissions=frozenset({"TRD_GRP_002"}))) == ["permissionSets"]
    assert broken(rules, Known(permissions=frozenset({"SPOT"}))) == []


@pytest.mark.parametrize("order", [{"sid": "BUY"}, {"symbol": "ETHUSDT"}, {"side": "buy"}, {"quantity": 0.1},
                                   {"trailing_delta": 1.5}, {"type": "OCO"}])  # fmt: skip
def test_what_is_no_order_of_this_symbol_is_refused(order: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        broken(rules_of(), **order)


# --------------------------------------------------------------------------- the exchange is the judge

FILTER_NAMES = {"PRICE_FILTER", "PERCENT_PRICE", "PERCENT_PRICE_BY_SIDE", "LOT_SIZE", "MIN_NOTIONAL", "NOTIONAL",
                "ICEBERG_PARTS", "MARKET_LOT_SIZE", "MAX_NUM_ORDERS", "MAX_NUM_ALGO_ORDERS", "MAX_NUM_ICEBERG_ORDERS",
                "MAX_POSITION", "TRAILING_DELTA", "MAX_ASSET"}  # fmt: skip

amounts = st.sampled_from(["0.01", "0.1", "0.25", "1", "2", "2.5", "9.99", "10", "10.05", "50", "99", "1000", "3.001"])
steps = st.sampled_from(["0", "0.01", "0.05", "0.25", "1"])
bools = st.booleans()


def between(kind: Any, low: str, high: str, step: Any) -> Any:
    return st.builds(kind, st.just(parse(low)), st.just(parse(high)), steps.map(parse) if step is None else step)


exchange_filters = st.lists(
    st.one_of(
        between(PriceFilter, "0.1", "100", None),
        between(PriceFilter, "0", "0", None),
        between(LotSize, "0.1", "50", None),
        between(MarketLotSize, "0.25", "10", None),
        st.builds(PercentPrice, st.just(parse("2")), st.just(parse("0.5"))),
        st.builds(PercentPriceBySide, st.just(parse("1.5")), st.just(parse("0.2")), st.just(parse("5")),
                  st.just(parse("0.9"))),
        st.builds(MinNotional, amounts.map(parse), bools),
        st.builds(Notional, amounts.map(parse), bools, st.just(parse("400")), bools),
        st.builds(IcebergParts, st.integers(1, 12)),
        st.builds(TrailingDelta, st.just(20), st.just(1000), st.just(50), st.just(500)),
        st.builds(MaxPosition, amounts.map(parse)),
        st.builds(MaxNumOrders, st.integers(1, 3)),
        st.builds(MaxNumAlgoOrders, st.integers(0, 2)),
        st.builds(MaxNumIcebergOrders, st.integers(0, 2)),
    ),
    max_size=6,
    unique_by=type,
)  # fmt: skip


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"])
    )
    order: dict[str, Any] = {"side": draw(st.sampled_from(["BUY", "SELL"])), "type": kind}
    if kind == "MARKET" and draw(bools):
        return {**order, "quoteOrderQty": draw(amounts)}
    order["quantity"] = draw(amounts)
    if kind in {"LIMIT", "LIMIT_MAKER", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"}:
        order["price"] = draw(amounts)
        if kind != "LIMIT_MAKER":
            order["timeInForce"] = "GTC"
        iceberg = draw(st.none() | amounts)
        if iceberg is not None and Decimal(iceberg) < Decimal(order["quantity"]):
            order["icebergQty"] = iceberg
    if kind not in {"LIMIT", "LIMIT_MAKER", "MARKET"}:
        if draw(bools):
            order["trailingDelta"] = draw(st.sampled_from([10, 20, 50, 100, 500, 501, 1001]))
        else:
            order["stopPrice"] = draw(amounts)
    return order


def ask(desk: Desk, order: dict[str, Any]) -> str | None:
    """Return the name of the filter the exchange refuses an order by, None where it takes it."""
    names = {"stopPrice": "stop_price", "icebergQty": "iceberg_qty", "quoteOrderQty": "quote_order_qty",
             "trailingDelta": "trailing_delta"}  # fmt: skip
    more = {python: order[wire] for wire, python in names.items() if wire in order}
    asked = request(order["side"], order["type"], order.get("quantity", "0"), order.get("price", "0"), **more)
    try:
        desk.engine.test(1, asked, desk.tick())
    except Refused as refusal:
        said = refusal.msg
    else:
        return None
    assert said.startswith("Filter failure: "), f"refused for something else: {said}"
    return said.removeprefix("Filter failure: ")


@settings(QUIET, max_examples=400)
@given(exchange_filters, st.none() | st.sampled_from(["BTC", "USDT"]), orders(), st.integers(0, 2))
def test_what_is_called_refused_the_exchange_refuses_by_the_same_name_and_nothing_else(
    filters: list[Any], capped: str | None, order: dict[str, Any], resting: int
) -> None:
    """With all known that can be known: the average price, the position, what is open."""
    spec = SymbolSpec("BTCUSDT", "BTC", "USDT", filters=tuple(filters))
    caps = (MaxAsset(capped, parse("100")),) if capped else ()
    desk = Desk(spec)
    desk.account(1, BTC="1000", USDT="100000", filters=caps)
    market = desk.engine._state.market("BTCUSDT")
    market.note_trade(
        parse("10"), parse("1"), desk.tick()
    )  # by whom, and by what filters they were held up, is all one here
    row = _symbol_row(spec, "TRADING", show_permission_sets=False)
    row["filters"] += [each.as_json() for each in caps]
    rules = SymbolRules(SymbolInfo.model_validate(row))
    open_now = 0
    for _ in range(resting):
        try:
            desk.place(1, "SELL", "LIMIT", "2", "50", iceberg_qty="1")
        except Refused:
            break
        open_now += 1
    known = Known(
        averages={5: "10", 0: "10"},
        position=Decimal(sum(desk.engine.balances(1)["BTC"])) / 10**8,
        open_orders=open_now,
        open_algo_orders=0,
        open_iceberg_orders=open_now,
    )
    checked = rules.check(order, known)
    assert all(each.filter in FILTER_NAMES for each in checked.violations), checked
    told = {each.filter for each in checked.violations}
    refused_by = ask(desk, order)
    if told:
        # The exchange stops at the first, and may stop at one that could not be judged beforehand.
        assert refused_by in told | {each.filter for each in checked.unjudged}
        assert refused_by is not None
    else:
        assert refused_by is None or refused_by in {each.filter for each in checked.unjudged}


def test_the_average_price_the_comparison_goes_by_is_a_real_one() -> None:
    """The comparison above is worth something only where the exchange has an average to judge by."""
    desk = Desk(SymbolSpec("BTCUSDT", "BTC", "USDT", filters=(PercentPrice(parse("2"), parse("0.5")),)))
    desk.account(1, BTC="1000", USDT="100000")
    desk.trade("10")
    rules = rules_of({"filterType": "PERCENT_PRICE", "multiplierUp": "2", "multiplierDown": "0.5", "avgPriceMins": 5})
    for price in ("4.99", "5", "20", "20.01"):
        order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": price, "quantity": "1"}
        told = [each.filter for each in rules.check(order, Known(averages={5: "10"})).violations]
        assert told == ([ask(desk, order)] if ask(desk, order) else [])
        assert bool(told) is (price in {"4.99", "20.01"})


# --------------------------------------------------------------------------- what orders a request would make


class Recorder(SpotMethods):
    """Catches what a typed method would call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._caller = self

    async def call(self, endpoint: Any, params: Any, _options: Any = None) -> Any:
        self.calls.append((endpoint.method, params))


Made = Callable[[SpotMethods], Awaitable[Any]]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda methods: methods.place_order("S", "BUY", "LIMIT", quantity="1", price="2", time_in_force="GTC"),
         [("", {"symbol": "S", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "2", "timeInForce": "GTC"}, False)]),
        (lambda methods: methods.place_sor_order("S", "BUY", "MARKET", "1"),
         [("", {"symbol": "S", "side": "BUY", "type": "MARKET", "quantity": "1"}, False)]),
        (lambda methods: methods.cancel_replace_order("S", "STOP_ON_FAILURE", "BUY", "MARKET", cancel_order_id=7,
                                                      quantity="1"),
         [("", {"symbol": "S", "side": "BUY", "type": "MARKET", "quantity": "1"}, False)]),
        (lambda methods: methods.place_oco("S", "SELL", "1", "LIMIT_MAKER", "STOP_LOSS_LIMIT", above_price="9",
                                           below_stop_price="5", below_price="4", below_time_in_force="GTC"),
         [("above", {"symbol": "S", "side": "SELL", "type": "LIMIT_MAKER", "quantity": "1", "price": "9"}, False),
          ("below", {"symbol": "S", "side": "SELL", "type": "STOP_LOSS_LIMIT", "quantity": "1", "price": "4",
                     "stopPrice": "5", "timeInForce": "GTC"}, False)]),
        (lambda methods: methods.place_oto("S", "LIMIT_MAKER", "BUY", "2", "MARKET", "SELL", "1", working_price="8"),
         [("working", {"symbol": "S", "side": "BUY", "type": "LIMIT_MAKER", "price": "8", "quantity": "2"}, False),
          ("pending", {"symbol": "S", "side": "SELL", "type": "MARKET", "quantity": "1"}, False)]),
        (lambda methods: methods.place_otoco("S", "LIMIT_MAKER", "BUY", "2", "SELL", "1", "LIMIT_MAKER", working_price="8",
                                             pending_above_price="9", pending_below_type="STOP_LOSS",
                                             pending_below_stop_price="5"),
         [("working", {"symbol": "S", "side": "BUY", "type": "LIMIT_MAKER", "price": "8", "quantity": "2"}, False),
          ("pendingAbove", {"symbol": "S", "side": "SELL", "type": "LIMIT_MAKER", "quantity": "1", "price": "9"}, False),
          ("pendingBelow", {"symbol": "S", "side": "SELL", "type": "STOP_LOSS", "quantity": "1", "stopPrice": "5"}, False)]),
        (lambda methods: methods.place_opo("S", "LIMIT_MAKER", "BUY", "2", "MARKET", "SELL", working_price="8"),
         [("working", {"symbol": "S", "side": "BUY", "type": "LIMIT_MAKER", "price": "8", "quantity": "2"}, False),
          ("pending", {"symbol": "S", "side": "SELL", "type": "MARKET"}, True)]),
        (lambda methods: methods.place_opoco("S", "LIMIT_MAKER", "BUY", "2", "SELL", "LIMIT_MAKER", working_price="8",
                                             pending_above_price="9", pending_below_type="STOP_LOSS",
                                             pending_below_stop_price="5"),
         [("working", {"symbol": "S", "side": "BUY", "type": "LIMIT_MAKER", "price": "8", "quantity": "2"}, False),
          ("pendingAbove", {"symbol": "S", "side": "SELL", "type": "LIMIT_MAKER", "price": "9"}, True),
          ("pendingBelow", {"symbol": "S", "side": "SELL", "type": "STOP_LOSS", "stopPrice": "5"}, True)]),
        (lambda methods: methods.place_order_list("S", "SELL", "9", "1", stop_price="5", stop_limit_price="4",
                                                  stop_limit_time_in_force="GTC"),
         [("limit", {"symbol": "S", "side": "SELL", "type": "LIMIT_MAKER", "quantity": "1", "price": "9"}, False),
          ("stop", {"symbol": "S", "side": "SELL", "type": "STOP_LOSS_LIMIT", "quantity": "1", "price": "4",
                    "stopPrice": "5", "timeInForce": "GTC"}, False)]),
        (lambda methods: methods.cancel_order("S", order_id=7), []),
        (lambda methods: methods.amend_order("S", "1", order_id=7), []),
    ],
)  # fmt: skip
async def test_the_orders_of_every_kind_of_request_are_found(make: Made, expected: list[Any]) -> None:
    recorder = Recorder()
    await make(recorder)
    ((method, params),) = recorder.calls
    assert list(orders_of(method, params)) == expected


# --------------------------------------------------------------------------- the cache


class Venue:
    """Answers ``exchangeInfo``, counts how often, and can be slow or fail."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = 0.0
        self.error: Exception | None = None
        self.limiter = asyncio.Event()
        self.limiter.set()
        self.answer = "BTCUSDT"

    async def load(self, symbol: str) -> ExchangeInfo:
        self.asked.append(symbol)
        await self.limiter.wait()
        if self.error is not None:
            raise self.error
        row = {**_symbol_row(SymbolSpec(self.answer, "BTC", "USDT"), "TRADING", show_permission_sets=False)}
        return ExchangeInfo.model_validate(
            {"timezone": "UTC", "serverTime": 1, "rateLimits": [], "exchangeFilters": [], "symbols": [row]}
        )


async def test_rules_are_asked_for_once_until_they_are_old() -> None:
    venue = Venue()
    cache = RulesCache(venue.load, lambda: venue.now, max_age=60)
    first = await cache.get("BTCUSDT")
    venue.now = 59.9
    assert await cache.get("BTCUSDT") is first
    venue.now = 60
    assert cache.peek("BTCUSDT") is None
    assert await cache.get("BTCUSDT") is not first
    assert venue.asked == ["BTCUSDT"] * 2
    with pytest.raises(UsageError):
        RulesCache(venue.load, lambda: 0.0, max_age=0)


async def test_the_age_of_rules_counts_from_the_question_not_from_the_answer() -> None:
    venue = Venue()
    venue.limiter.clear()
    cache = RulesCache(venue.load, lambda: venue.now, max_age=60)
    waiting = asyncio.ensure_future(cache.get("BTCUSDT"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert venue.asked
    venue.now = 50
    venue.limiter.set()
    await waiting
    assert cache.peek("BTCUSDT") is not None
    venue.now = 60
    assert cache.peek("BTCUSDT") is None


async def test_callers_at_the_same_time_share_one_question_and_a_leaving_caller_stops_no_other() -> None:
    venue = Venue()
    venue.limiter.clear()
    cache = RulesCache(venue.load, lambda: venue.now)
    waiting = [asyncio.ensure_future(cache.get("BTCUSDT")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    venue.limiter.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] is results[2]
    assert venue.asked == ["BTCUSDT"]


async def test_a_failure_is_told_and_the_next_to_ask_tries_again() -> None:
    venue = Venue()
    cache = RulesCache(venue.load, lambda: venue.now)
    venue.error = NotConnected("no connection")
    with pytest.raises(NotConnected):
        await cache.get("BTCUSDT")
    venue.error = None
    assert (await cache.get("BTCUSDT")).symbol == "BTCUSDT"
    venue.answer = "ETHUSDT"
    cache.forget()
    with pytest.raises(ProtocolViolation):
        await cache.get("BTCUSDT")


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (venue_error(400, -1013, "Filter failure: LOT_SIZE"), True),
        (venue_error(400, -2010, "Duplicate order sent."), False),
        (venue_error(409, -2021, "Order cancel-replace partially failed.",
                     {"cancelResult": "SUCCESS", "newOrderResult": "FAILURE",
                      "newOrderResponse": {"code": -1013, "msg": "Filter failure: LOT_SIZE"}}), True),
    ],
)  # fmt: skip
async def test_a_refusal_by_a_filter_makes_rules_old(error: VenueError, again: bool) -> None:
    venue = Venue()
    cache = RulesCache(venue.load, lambda: venue.now)
    await cache.get("BTCUSDT")
    cache.refused({"symbol": "ETHUSDT"}, error)
    await cache.get("BTCUSDT")
    assert len(venue.asked) == 1
    cache.refused({"symbol": "BTCUSDT"}, error)
    await cache.get("BTCUSDT")
    assert len(venue.asked) == (2 if again else 1)


async def test_what_was_asked_before_a_refusal_is_not_kept_after_it() -> None:
    venue = Venue()
    venue.limiter.clear()
    cache = RulesCache(venue.load, lambda: venue.now)
    waiting = asyncio.ensure_future(cache.get("BTCUSDT"))
    await asyncio.sleep(0)
    cache.forget("BTCUSDT")
    venue.limiter.set()
    await waiting
    assert cache.peek("BTCUSDT") is None


async def test_closing_stops_what_is_under_way() -> None:
    venue = Venue()
    venue.limiter.clear()
    cache = RulesCache(venue.load, lambda: venue.now)
    waiting = asyncio.ensure_future(cache.get("BTCUSDT"))
    await asyncio.sleep(0)
    await cache.close()
    (result,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(result, asyncio.CancelledError | NotConnected)


# --------------------------------------------------------------------------- the client

Test = Callable[[VirtualLoop, LocalExchange, SpotClient], Awaitable[None]]


def play(test: Test, **options: Any) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, **options) as (exchange, client):
            await test(loop, exchange, client)
        await asyncio.sleep(1)

    run(main, 1)


def test_the_client_asks_for_rules_once_and_again_after_an_hour_or_a_refusal_by_a_filter() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        rules = await client.rules(SYMBOL)
        assert rules.price("60000.129", "down") == Decimal("60000.12")
        assert await client.rules(SYMBOL) is rules
        assert len(requests(exchange, "exchangeInfo")) == 1
        await asyncio.sleep(3_601)
        await client.rules(SYMBOL)
        assert len(requests(exchange, "exchangeInfo")) == 2
        with pytest.raises(FilterFailed):
            await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="1", price="60000.001", time_in_force="GTC")
        await client.rules(SYMBOL)
        assert len(requests(exchange, "exchangeInfo")) == 3
        with pytest.raises(VenueError):
            await client.rules("NOSUCH")

    play(test)


TINY: Any = {"quantity": "0.00001", "price": "60000", "time_in_force": "GTC"}


@pytest.mark.parametrize(
    "make",
    [
        lambda client: client.place_order(SYMBOL, "BUY", "LIMIT", **TINY),
        lambda client: client.submit_order(SYMBOL, "BUY", "LIMIT", **TINY),
        lambda client: client.call("order.place", {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "price": "60000",
                                                   "quantity": "0.00001", "timeInForce": "GTC"}),
        lambda client: client.cancel_replace_order(SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=1, **TINY),
        lambda client: client.place_oco(SYMBOL, "SELL", "0.00001", "LIMIT_MAKER", "STOP_LOSS", above_price="61000",
                                        below_stop_price="58000"),
    ],
)  # fmt: skip
def test_with_the_option_nothing_is_sent_that_a_rule_would_refuse(make: Callable[[SpotClient], Awaitable[Any]]) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(RuleViolation, match="NOTIONAL") as caught:
            await make(client)
        assert caught.value.filter == "NOTIONAL"
        assert isinstance(caught.value, UsageError)
        assert {str(request["method"]).split(".")[0] for request in requests(exchange)} <= {
            "time", "session", "exchangeInfo"
        }  # fmt: skip

    play(test, check_rules=True)


def test_the_violation_of_a_leg_names_the_leg() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(RuleViolation) as caught:
            await client.place_oco(SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000.001",
                                   below_stop_price="58000.001")  # fmt: skip
        assert [(each.filter, each.field) for each in caught.value.violations] == [
            ("PRICE_FILTER", "abovePrice"),
            ("PRICE_FILTER", "belowStopPrice"),
        ]

    play(test, check_rules=True)


def test_with_the_option_good_orders_of_every_kind_go_through() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        await client.cancel_replace_order(
            SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=order.order_id, quantity="0.01", price="50001",
            time_in_force="GTC",
        )  # fmt: skip
        await client.place_order(SYMBOL, "BUY", "MARKET", quote_order_qty="100")
        await client.place_oco(
            SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
        )
        working: Any = {"working_price": "50000", "working_time_in_force": "GTC"}
        await client.place_oto(SYMBOL, "LIMIT", "BUY", "0.01", "MARKET", "SELL", "0.01", **working)
        await client.place_opo(SYMBOL, "LIMIT", "BUY", "0.01", "MARKET", "SELL", **working)
        trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="60001", time_in_force="GTC")
        assert (await trade.filled()).status is HandleStatus.FILLED
        assert len(requests(exchange, "exchangeInfo")) == 1

    play(test, check_rules=True)


def test_without_the_option_the_venue_decides() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(FilterFailed):
            await client.place_order(SYMBOL, "BUY", "LIMIT", **TINY)
        assert not requests(exchange, "exchangeInfo")

    play(test)


def test_rules_that_cannot_be_had_stop_the_order() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(400, -1100, "Illegal characters"), "exchangeInfo")
        with pytest.raises(VenueError, match="-1100"):
            await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        assert not exchange.truth.all_orders()

    play(test, check_rules=True)


@pytest.mark.parametrize(
    "action",
    [
        Drop(),
        Cut(after_execution=True),
        Refuse(503, -1000, "busy"),
        Break("truncated"),
        Break("no status"),
        Break("nan"),
    ],
    ids=repr,
)
def test_an_order_whose_rules_did_not_come_is_told_as_not_sent(action: Any) -> None:
    """What is unknown is the answer about the rules: of the order it is known that it never left."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for make in (client.place_order, client.submit_order):
            exchange.faults.next(action, "exchangeInfo", 30)
            with pytest.raises(NotSent):
                await make(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        assert not exchange.truth.all_orders()

    play(test, check_rules=True)


@pytest.mark.parametrize("text", ["1_000", "١", " 1", "1\n", "１"])
def test_what_only_python_takes_for_a_number_is_none(text: str) -> None:
    """It would be judged as a number here, and sent as it is written."""
    with pytest.raises(UsageError, match="must be a number"):
        number(text, "price")


@pytest.mark.parametrize("field", ["quantity", "price"])
@pytest.mark.parametrize("text", ["1e-3", "1E-3", "1e0", "+0.001", ".001", "1.", "0" * 20 + "1", "0." + "0" * 20 + "1"])
def test_a_number_that_the_venue_s_pattern_refuses_is_refused(field: str, text: str) -> None:
    order = {"side": "BUY", "type": "LIMIT", "time_in_force": "GTC", "quantity": "1", "price": "100", field: text}
    violations = rules_of().check(**order).violations  # type: ignore[arg-type]
    assert [(each.filter, each.field) for each in violations][:1] == [("pattern", field)]


@pytest.mark.parametrize("value", ["0.001", "1", 1, Decimal("1E-3"), Decimal("1E+2"), "00001.5"])
def test_a_number_that_the_venue_s_pattern_takes_is_taken_however_python_writes_it(value: Any) -> None:
    checked = rules_of().check(side="BUY", type="LIMIT", time_in_force="GTC", quantity=value, price="100")
    assert checked.violations == ()
