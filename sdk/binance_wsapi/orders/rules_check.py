"""Would the venue take this order? What can be told of it beforehand, filter by filter.

The answer has three parts, and the third is the important one: what is sure to fail, what was judged and holds, and what
could not be judged because it depends on something nobody said (the average price, the account's position) or on what
only the matching engine knows. Nothing that was not judged counts as passed.

Each rule follows the venue's documentation ("Filters", and the notes on ``order.place``); where that is silent the rule is
left unjudged rather than guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from binance_wsapi.models.enums import OrderType, SymbolStatus, TimeInForce
from binance_wsapi.models.general import SymbolInfo
from binance_wsapi.orders.rules_filters import judge
from binance_wsapi.orders.rules_findings import TRIGGERED, Checked, Known, Order, Sheet
from binance_wsapi.orders.rules_numbers import is_multiple, plain

__all__ = ["check"]

_NEEDS_TIME_IN_FORCE: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT})


def check(info: SymbolInfo, filters: tuple[Any, ...], params: Mapping[str, Any], known: Known) -> Checked:
    """Judge an order by the rules of its symbol. See `SymbolRules.check`."""
    order = Order(params, info.symbol)
    sheet = Sheet(known)
    _check_symbol(sheet, info, order)
    _check_parameters(sheet, order)
    _check_precision(sheet, info, order)
    for rule in filters:
        judge(sheet, rule, order, info)
    return Checked(tuple(sheet.violations), tuple(sheet.unjudged))


# --------------------------------------------------------------------------- the symbol and the parameters


def _check_symbol(sheet: Sheet, info: SymbolInfo, order: Order) -> None:
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
    elif not order.quantity:
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


def _check_precision(sheet: Sheet, info: SymbolInfo, order: Order) -> None:
    for name, value in order.amounts.items():
        of_base = name in {"quantity", "icebergQty"}
        places = info.base_asset_precision if of_base else info.quote_asset_precision
        if not is_multiple(value, Decimal(1).scaleb(-places)):
            rule = "baseAssetPrecision" if of_base else "quoteAssetPrecision"
            sheet.fails(rule, name, f"{plain(value)} has more than {places} decimals")
