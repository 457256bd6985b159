"""Would the venue take this order? What can be told of it beforehand, filter by filter.

The answer has three parts, and the third is the important one: what is sure to fail, what was judged and holds, and what
could not be judged because it depends on what the caller did not say (the average price, the account's position) or on
what only the matching engine knows. Nothing that was not judged counts as passed.

Each rule follows the venue's documentation ("Filters", and the notes on ``order.place``); where that is silent the rule is
left unjudged rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from binance_wsapi.errors import shown
from binance_wsapi.models import filters as f
from binance_wsapi.models.enums import OrderType, SymbolStatus, TimeInForce
from binance_wsapi.rules.facts import SymbolFacts
from binance_wsapi.rules.findings import STOP_LOSSES, TRIGGERED, Checked, Known, Order, Sheet
from binance_wsapi.rules.numbers import EXACT, ZERO, is_multiple, number, plain

__all__ = ["check"]

_NUMBERS: Final = ("price", "quantity", "quoteOrderQty", "stopPrice", "icebergQty")
_PATTERN: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
"""The legal range that the venue names when it refuses a number."""
_NEEDS_TIME_IN_FORCE: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT})


def check(
    info: SymbolFacts,
    filters: tuple[Any, ...],
    params: Mapping[str, Any],
    known: Known,
    *,
    quantity_later: bool = False,
) -> Checked:
    """Judge an order by the rules of its symbol. See `SymbolRules.check`."""
    order = Order(params, info.symbol, quantity_later=quantity_later)
    sheet = Sheet(known)
    _check_pattern(sheet, params)
    _check_symbol(sheet, info, order)
    _check_parameters(sheet, order)
    _check_precision(sheet, info, order)
    for rule in filters:
        _judge(sheet, rule, order, info)
    return Checked(tuple(sheet.violations), tuple(sheet.unjudged))


# --------------------------------------------------------------------------- the symbol and the parameters


def _check_symbol(sheet: Sheet, info: SymbolFacts, order: Order) -> None:
    if not info.status.known:
        sheet.unknown("status", f"what {info.status.value} means for new orders is not known")
    elif info.status is not SymbolStatus.TRADING:
        sheet.fails("status", "symbol", f"is {info.status.value}: the market is closed for new orders")
    if not info.is_spot_trading_allowed:
        sheet.fails("isSpotTradingAllowed", "symbol", "is not traded on the spot market")
    permissions = sheet.known.permissions
    if info.permission_sets and permissions is None:
        sheet.unknown("permissionSets", "the account's permissions are not known")
    elif permissions is not None and any(permissions.isdisjoint(each) for each in info.permission_sets if each):
        sheet.fails("permissionSets", "symbol", "is not permitted for this account")
    if order.type not in info.order_types:
        sheet.fails("orderTypes", "type", f"{order.type.value} is not supported for this symbol")
    if order.quote_order_qty and not info.quote_order_qty_market_allowed:
        sheet.fails("quoteOrderQtyMarketAllowed", "quoteOrderQty", "is not supported for this symbol")
    if order.trailing_delta and not info.allow_trailing_stop:
        sheet.fails("allowTrailingStop", "trailingDelta", "is not supported for this symbol")
    if order.iceberg_qty and not info.iceberg_allowed:
        sheet.fails("icebergAllowed", "icebergQty", "is not supported for this symbol")
    if order.peg is not None and not info.peg_instructions_allowed:
        sheet.fails("pegInstructionsAllowed", "pegPriceType", "is not supported for this symbol")
    if order.stp_mode is not None and order.stp_mode not in info.allowed_self_trade_prevention_modes:
        sheet.fails("allowedSelfTradePreventionModes", "selfTradePreventionMode", "is not allowed for this symbol")


def _check_parameters(sheet: Sheet, order: Order) -> None:
    """Check what each type needs and takes (Place new order, "Mandatory parameters")."""
    kind = order.type.value

    def fails(field: str, reason: str) -> None:
        sheet.fails("parameters", field, reason)

    if order.quote_order_qty:
        if order.type is not OrderType.MARKET:
            fails("quoteOrderQty", f"is for MARKET orders, not for {kind}")
        elif order.quantity:
            fails("quoteOrderQty", "stands in place of quantity, not beside it")
    elif not order.quantity and not order.quantity_later:
        fails("quantity", "has to be above 0")
    if order.at_market and order.price:
        fails("price", f"is not for {kind}")
    elif not order.at_market and not order.price and order.peg is None:
        fails("price", f"has to be above 0 for {kind}")
    if order.type in TRIGGERED:
        if not order.stop_price and not order.trailing_delta:
            fails("stopPrice", f"or trailingDelta is mandatory for {kind}")
    else:
        for name, value in (("stopPrice", order.stop_price), ("trailingDelta", order.trailing_delta)):
            if value:
                fails(name, f"is not for {kind}")
    if order.type in _NEEDS_TIME_IN_FORCE and order.time_in_force is None:
        fails("timeInForce", f"is mandatory for {kind}")
    if order.peg is not None and order.at_market:
        fails("pegPriceType", f"is not for {kind}")
    if order.iceberg_qty:
        if order.at_market:
            fails("icebergQty", f"is not for {kind}")
        if order.time_in_force not in {None, TimeInForce.GTC}:
            fails("icebergQty", "needs timeInForce GTC")


def _check_pattern(sheet: Sheet, params: Mapping[str, Any]) -> None:
    """Check how numbers are written: the venue takes digits with a point between them (Errors, -1100)."""
    for name in _NUMBERS:
        value = params.get(name)
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if value is not None and not _PATTERN.fullmatch(text):
            sheet.fails(
                "pattern", name, f"must be written as digits with a point between them, as 0.001, got {shown(text)}"
            )


def _check_precision(sheet: Sheet, info: SymbolFacts, order: Order) -> None:
    for name, value in order.amounts.items():
        of_base = name in {"quantity", "icebergQty"}
        places = info.base_asset_precision if of_base else info.quote_asset_precision
        if not is_multiple(value, Decimal(1).scaleb(-places)):
            rule = "baseAssetPrecision" if of_base else "quoteAssetPrecision"
            sheet.fails(rule, name, f"{plain(value)} has more than {places} decimals")


# --------------------------------------------------------------------------- the filters (Filters)


def _judge(sheet: Sheet, rule: Any, order: Order, info: SymbolFacts) -> None:
    """Judge an order by one filter; what cannot be told is written down as such."""
    known = sheet.known
    match rule:
        case f.PriceFilter():
            _price_filter(sheet, rule, order)
        case f.LotSize():
            _lot_size(sheet, rule, order)
        case f.MarketLotSize():
            _market_lot_size(sheet, rule, order)
        case f.PercentPrice():
            _percent(sheet, rule, order, rule.multiplier_down, rule.multiplier_up)
        case f.PercentPriceBySide() if order.is_buy:
            _percent(sheet, rule, order, rule.bid_multiplier_down, rule.bid_multiplier_up)
        case f.PercentPriceBySide():
            _percent(sheet, rule, order, rule.ask_multiplier_down, rule.ask_multiplier_up)
        case f.MinNotional():
            _min_notional(sheet, rule, order)
        case f.Notional():
            _notional(sheet, rule, order)
        case f.IcebergParts():
            _iceberg_parts(sheet, rule, order)
        case f.TrailingDelta():
            _trailing_delta(sheet, rule, order)
        case f.MaxPosition():
            _max_position(sheet, rule, order, info)
        case f.MaxAsset():
            _max_asset(sheet, rule, order, info)
        case f.MaxNumOrders():
            _count(sheet, rule.filter_type, known.open_orders, rule.max_num_orders, "orders")
        case f.MaxNumAlgoOrders():
            if order.type in TRIGGERED:
                _count(sheet, rule.filter_type, known.open_algo_orders, rule.max_num_algo_orders, "algo orders")
        case f.MaxNumIcebergOrders():
            if order.iceberg_qty:
                limit = rule.max_num_iceberg_orders
                _count(sheet, rule.filter_type, known.open_iceberg_orders, limit, "iceberg orders")
        case f.MaxNumOrderAmends() | f.MaxNumOrderLists() | f.ExchangeMaxNumOrderLists():
            pass  # of amends and of order lists: a single new order cannot break them
        case f.ExchangeMaxNumOrders() | f.ExchangeMaxNumAlgoOrders() | f.ExchangeMaxNumIcebergOrders():
            sheet.unknown(rule.filter_type, "what the account has open on other symbols is not looked at")
        case _:
            sheet.unknown(rule.filter_type, "this library does not judge it")


def _range(sheet: Sheet, rule: str, field: str, value: Decimal, low: Decimal, high: Decimal, step: Decimal) -> None:
    if value < low:
        sheet.fails(rule, field, f"{plain(value)} is below the least, {plain(low)}")
    if value > high:
        sheet.fails(rule, field, f"{plain(value)} is above the most, {plain(high)}")
    if not is_multiple(value, step):
        sheet.fails(rule, field, f"{plain(value)} is not a multiple of {plain(step)}")


def _price_filter(sheet: Sheet, rule: f.PriceFilter, order: Order) -> None:
    for name, value in (("price", order.price), ("stopPrice", order.stop_price)):
        if value:  # a bound of zero is none, for prices
            _range(sheet, rule.filter_type, name, value, rule.min_price, rule.max_price or value, rule.tick_size)


def _lot_size(sheet: Sheet, rule: f.LotSize, order: Order) -> None:
    for name, value in (("quantity", order.quantity), ("icebergQty", order.iceberg_qty)):
        if value:
            _range(sheet, rule.filter_type, name, value, rule.min_qty, rule.max_qty, rule.step_size)
    if order.quote_order_qty:
        sheet.unknown(rule.filter_type, "the quantity of an order with quoteOrderQty is the matching engine's choice")


def _market_lot_size(sheet: Sheet, rule: f.MarketLotSize, order: Order) -> None:
    if not order.at_market:
        return
    if order.quote_order_qty:
        sheet.unknown(rule.filter_type, "the quantity of an order with quoteOrderQty is the matching engine's choice")
        return
    if not order.quantity:
        return
    apart = Sheet(sheet.known)
    _range(apart, rule.filter_type, "quantity", order.quantity, rule.min_qty, rule.max_qty, rule.step_size)
    if order.type is OrderType.MARKET:
        sheet.violations += apart.violations
    elif apart.violations:
        reason = f"quantity {apart.violations[0].reason}; whether that holds for {order.type.value} is not documented"
        sheet.unknown(rule.filter_type, reason)


def _percent(
    sheet: Sheet, rule: f.PercentPrice | f.PercentPriceBySide, order: Order, down: Decimal, up: Decimal
) -> None:
    """Judge the price of an order that has one; an order at market has none."""
    if order.at_market:
        return
    average = sheet.known.price(rule.avg_price_mins)
    if average is None or not order.price:
        reason = f"neither the reference price nor the average of {rule.avg_price_mins} minutes is known"
        sheet.unknown(rule.filter_type, reason if order.price else "the price of a pegged order is the book's")
        return
    low, high = EXACT.multiply(average, down), EXACT.multiply(average, up)
    _range(sheet, rule.filter_type, "price", order.price, low, high, ZERO)


def _value(sheet: Sheet, rule: str, order: Order, minutes: int) -> Decimal | None:
    """Return what an order is worth by a filter's lights; None where that cannot be told, which is then written down."""
    if order.quantity_later:
        sheet.unknown(rule, "the quantity is not known before the working order is filled")
    elif order.quote_order_qty:
        sheet.unknown(
            rule, f"quoteOrderQty {plain(order.quote_order_qty)} is met as closely as the lot size lets the engine"
        )
    elif not order.quantity:
        pass  # which is told as what it is
    elif order.type is OrderType.MARKET:
        average = sheet.known.price(minutes)
        if average is not None:
            return EXACT.multiply(average, order.quantity)
        sheet.unknown(rule, f"neither the reference price nor the average of {minutes} minutes is known")
    elif order.at_market:
        sheet.unknown(rule, f"what a {order.type.value} order is worth is not documented")
    elif order.price:
        return EXACT.multiply(order.price, order.quantity)
    else:
        sheet.unknown(rule, "the price of a pegged order is the book's")
    return None


def _bounds(sheet: Sheet, rule: str, order: Order, minutes: int, low: Decimal | None, high: Decimal | None) -> None:
    if low is None and high is None:
        return
    value = _value(sheet, rule, order, minutes)
    name = "quantity" if order.at_market else "price"
    if value is None:
        return
    if low is not None and value < low:
        sheet.fails(
            rule, name, f"times {'price' if order.at_market else 'quantity'} is {plain(value)}, below {plain(low)}"
        )
    if high is not None and value > high:
        sheet.fails(
            rule, name, f"times {'price' if order.at_market else 'quantity'} is {plain(value)}, above {plain(high)}"
        )


def _min_notional(sheet: Sheet, rule: f.MinNotional, order: Order) -> None:
    if rule.apply_to_market or order.type is not OrderType.MARKET:
        _bounds(sheet, rule.filter_type, order, rule.avg_price_mins, rule.min_notional, None)


def _notional(sheet: Sheet, rule: f.Notional, order: Order) -> None:
    is_market = order.type is OrderType.MARKET
    low = rule.min_notional if rule.apply_min_to_market or not is_market else None
    high = rule.max_notional if rule.apply_max_to_market or not is_market else None
    _bounds(sheet, rule.filter_type, order, rule.avg_price_mins, low, high)


def _iceberg_parts(sheet: Sheet, rule: f.IcebergParts, order: Order) -> None:
    if not order.iceberg_qty:
        return
    whole = EXACT.divide_int(order.quantity, order.iceberg_qty)
    parts = int(whole) + (not is_multiple(order.quantity, order.iceberg_qty))
    if parts > rule.limit:
        sheet.fails(rule.filter_type, "icebergQty", f"makes {parts} parts, more than {rule.limit}")


def _trailing_delta(sheet: Sheet, rule: f.TrailingDelta, order: Order) -> None:
    if not order.trailing_delta:
        return
    if (order.type in STOP_LOSSES) == order.is_buy:
        low, high = rule.min_trailing_above_delta, rule.max_trailing_above_delta
    else:
        low, high = rule.min_trailing_below_delta, rule.max_trailing_below_delta
    if not low <= order.trailing_delta <= high:
        sheet.fails(rule.filter_type, "trailingDelta", f"{order.trailing_delta} is not from {low} to {high}")


def _max_position(sheet: Sheet, rule: f.MaxPosition, order: Order, info: SymbolFacts) -> None:
    if not order.is_buy:
        return
    if sheet.known.position is None:
        sheet.unknown(rule.filter_type, f"the position in {info.base_asset} is not known")
    elif not order.quantity:
        sheet.unknown(rule.filter_type, "the quantity is not known before the order is matched")
    else:
        after = EXACT.add(number(sheet.known.position, "position"), order.quantity)
        if after > rule.max_position:
            reason = f"makes a position of {plain(after)}, above {plain(rule.max_position)}"
            sheet.fails(rule.filter_type, "quantity", reason)


def _count(sheet: Sheet, rule: str, have: int | None, limit: int, what: str) -> None:
    if have is None:
        sheet.unknown(rule, f"how many {what} are open is not known")
    elif have + 1 > limit:
        sheet.fails(rule, "type", f"makes {have + 1} open {what}, more than {limit}")


def _max_asset(sheet: Sheet, rule: f.MaxAsset, order: Order, info: SymbolFacts) -> None:
    if rule.asset == info.base_asset:
        if order.quote_order_qty:
            sheet.unknown(
                rule.filter_type, "the quantity of an order with quoteOrderQty is the matching engine's choice"
            )
        elif order.quantity > rule.limit:
            sheet.fails(rule.filter_type, "quantity", f"{plain(order.quantity)} is above {plain(rule.limit)}")
    if rule.asset == info.quote_asset:
        if order.at_market:
            # Which price stands for the one a market order has not, the documentation does not say here.
            sheet.unknown(
                rule.filter_type, f"what a {order.type.value} order is worth is not documented for this filter"
            )
        else:
            _bounds(sheet, rule.filter_type, order, 0, None, rule.limit)
