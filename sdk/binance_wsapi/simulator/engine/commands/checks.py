"""What the venue checks before its matching engine sees an order: permissions, supported features, precision, filters.

Every check raises `Refused` and changes nothing. Messages are those of errors.md.
"""

from __future__ import annotations

from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import OrderType, PegPriceType, SymbolStatus, TimeInForce
from binance_wsapi.simulator.engine.model.filters import (
    LotSize,
    MarketLotSize,
)
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.numbers import notional
from binance_wsapi.simulator.engine.model.order import ALGO_TYPES, MARKET_TYPES, Order
from binance_wsapi.simulator.engine.model.prices import within
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.types import OrderRequest, Refused

__all__ = [
    "check_access",
    "check_filters",
    "check_holdings",
    "check_lot",
    "check_request",
    "filter_failure",
]

_UNSUPPORTED = {
    OrderType.MARKET: "Market orders are not supported for this symbol.",
    OrderType.STOP_LOSS: "Stop loss orders are not supported for this symbol.",
    OrderType.STOP_LOSS_LIMIT: "Stop loss limit orders are not supported for this symbol.",
    OrderType.TAKE_PROFIT: "Take profit orders are not supported for this symbol.",
    OrderType.TAKE_PROFIT_LIMIT: "Take profit limit orders are not supported for this symbol.",
}
_MAX_QUANTITY = (1 << 63) - 1


def filter_failure(name: str) -> Refused:
    """Return the refusal of a filter."""
    return Refused(-1013, f"Filter failure: {name}")


_TRADING = frozenset({SymbolStatus.TRADING})
_OPEN_FOR = {
    -2011: frozenset({SymbolStatus.TRADING, SymbolStatus.CANCEL_ONLY, SymbolStatus.HALT, SymbolStatus.BREAK}),
    -2038: frozenset({SymbolStatus.TRADING, SymbolStatus.CANCEL_ONLY}),
}
"""The statuses under which a symbol takes a cancel and an amendment, by the code of their refusal."""


def check_access(account: Account, market: Market, code: int = -2010) -> None:
    """Check that this account may act on this symbol now.

    CANCEL_ONLY leaves cancelling (-2011) and amending (-2038), HALT and BREAK cancelling alone (CHANGELOG, 2020-04-25);
    permissions only stand in the way of new orders.
    """
    if market.status not in _OPEN_FOR.get(code, _TRADING):
        raise Refused(code, "Market is closed.")
    if not account.can_trade:
        raise Refused(code, "This account may not place or cancel orders.")
    if account.disabled:
        raise Refused(code, "This action is disabled on this account.")
    if code != -2010:
        return
    if market.spec.symbol in account.restricted:
        raise Refused(code, "This symbol is restricted for this account.")
    for alternatives in market.spec.permission_sets:
        if account.permissions.isdisjoint(alternatives):
            raise Refused(code, "This symbol is not permitted for this account.")


def _name(request: OrderRequest, name: str) -> str:
    return request.leg + name[0].upper() + name[1:] if request.leg else name


def check_request(market: Market, request: OrderRequest, *, quantity_later: bool = False) -> None:
    """Check an order by itself against what its symbol supports.

    Args:
        quantity_later: a pending order of an OPO, whose quantity is not known yet.

    Raises:
        Refused: the venue would not take it.
        ValueError: an amount is negative, which the reader of the request must refuse.
    """
    spec, kind = market.spec, request.type
    if (
        request.quantity < 0
        or request.price < 0
        or request.stop_price < 0
        or request.quote_order_qty < 0
        or request.iceberg_qty < 0
        or request.trailing_delta < 0
    ):
        raise ValueError(f"a negative amount in {request!r}")
    if kind not in spec.order_types:
        if kind in _UNSUPPORTED:
            raise Refused(-2010, _UNSUPPORTED[kind])
        raise Refused(-1116, "Invalid orderType.")
    if request.quote_order_qty:
        if kind is not OrderType.MARKET or request.quantity:
            raise Refused(-1014, "Unsupported order combination.")
        if not spec.quote_order_qty_market_allowed:
            raise Refused(-2010, "Quote order qty market orders are not support for this symbol.")
    elif request.quantity <= 0 and not quantity_later:
        if kind is OrderType.MARKET and not request.leg:
            raise Refused(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
        raise _missing(_name(request, "quantity"))
    _check_precision(market, request)
    if kind in MARKET_TYPES:
        if request.price:
            raise Refused(-1106, f"Parameter '{_name(request, 'price')}' sent when not required.")
    elif not request.price and request.peg_price_type is None:
        raise _missing(_name(request, "price"))
    elif request.price and request.quantity and not notional(request.price, request.quantity):
        raise Refused(-2010, "Price * QTY is zero or less.")
    if kind in ALGO_TYPES:
        if not request.stop_price and not request.trailing_delta:
            stop, delta = _name(request, "stopPrice"), _name(request, "trailingDelta")
            raise Refused(-1102, f"Param '{stop}' or '{delta}' must be sent, but both were empty/null!")
        if request.trailing_delta and not spec.allow_trailing_stop:
            raise Refused(-2010, "Trailing stop orders are not supported for this symbol.")
    elif request.stop_price or request.trailing_delta:
        raise Refused(-1014, "Unsupported order combination.")
    _check_iceberg(market, request)
    _check_peg(market, request)
    if request.stp_mode is not None and request.stp_mode not in spec.allowed_stp_modes:
        raise Refused(-1013, "This symbol does not allow the specified self-trade prevention mode.")


def _missing(name: str) -> Refused:
    return Refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def _check_precision(market: Market, request: OrderRequest) -> None:
    spec = market.spec
    if spec.base_asset_precision < 8:
        step = 10 ** (8 - spec.base_asset_precision)
        for name, value in (("quantity", request.quantity), ("icebergQty", request.iceberg_qty)):
            if value % step:
                raise Refused(-1111, f"Parameter '{_name(request, name)}' has too much precision.")
    if spec.quote_asset_precision < 8:
        step = 10 ** (8 - spec.quote_asset_precision)
        for name, value in (
            ("price", request.price),
            ("stopPrice", request.stop_price),
            ("quoteOrderQty", request.quote_order_qty),
        ):
            if value % step:
                raise Refused(-1111, f"Parameter '{_name(request, name)}' has too much precision.")


def _check_iceberg(market: Market, request: OrderRequest) -> None:
    if not request.iceberg_qty:
        return
    if not market.spec.iceberg_allowed:
        raise Refused(-2010, "Iceberg orders are not supported for this symbol.")
    if request.type in MARKET_TYPES:
        raise Refused(-2010, "Unsupported order combination")
    if request.time_in_force not in (None, TimeInForce.GTC):
        if request.leg:
            raise Refused(
                -1160,
                f"Parameter '{_name(request, 'icebergQty')}' is not supported"
                f" if '{_name(request, 'timeInForce')}' is not GTC.",
            )
        raise Refused(-2010, "Unsupported order combination")
    if request.quantity and request.iceberg_qty >= request.quantity:
        raise Refused(-2010, "IcebergQty exceeds QTY.")


def _check_peg(market: Market, request: OrderRequest) -> None:
    if request.peg_price_type is None:
        return
    if not market.spec.peg_instructions_allowed:
        raise Refused(-2010, "Pegged orders are not supported for this symbol.")
    if request.type in MARKET_TYPES:
        raise Refused(-2010, "This order type may not use pegged price.")
    market_peg = request.peg_price_type is PegPriceType.MARKET_PEG
    if request.type is OrderType.LIMIT_MAKER and market_peg:
        raise Refused(-2010, "This price peg cannot be used with this order type.")
    if request.type is OrderType.LIMIT and not market_peg and request.time_in_force not in (None, TimeInForce.GTC):
        raise Refused(-2010, "This price peg cannot be used with this order type.")


def check_lot(lot: LotSize | MarketLotSize | None, quantity: int) -> None:
    """Check a quantity against LOT_SIZE or MARKET_LOT_SIZE."""
    if lot is not None and (
        quantity < lot.min_qty or quantity > lot.max_qty or (lot.step_size and quantity % lot.step_size)
    ):
        raise filter_failure(lot.filter_type)


def check_filters(state: State, account: Account, market: Market, order: OrderRequest | Order, price: int) -> None:
    """Check an order against the symbol's price, quantity and value filters and the account's asset filters.

    Args:
        price: the order's limit price, or the price a peg selected; 0 if it takes any price.
    """
    now, quantity, kind = state.now, order.quantity, order.type
    rule = market.price_filter
    if rule is not None:
        for value in (price, order.stop_price):
            if value and (
                (rule.min_price and value < rule.min_price)
                or (rule.max_price and value > rule.max_price)
                or (rule.tick_size and value % rule.tick_size)
            ):
                raise filter_failure("PRICE_FILTER")
    if price and (market.percent_price is not None or market.percent_price_by_side is not None):
        _check_percent_price(market, order.side == "BUY", price, now)
    if quantity:
        if quantity > _MAX_QUANTITY:
            raise filter_failure("LOT_SIZE")
        check_lot(market.lot_size, quantity)
        if kind in MARKET_TYPES:
            check_lot(market.market_lot_size, quantity)
    if order.iceberg_qty:
        check_lot(market.lot_size, order.iceberg_qty)
        parts = market.iceberg_parts
        if parts is not None and quantity and -(-quantity // order.iceberg_qty) > parts.limit:
            raise filter_failure("ICEBERG_PARTS")
    _check_notional(market, order, price, now)
    if order.trailing_delta:
        _check_trailing(market, order)
    check_holdings(account, market, order, price, now)


def check_holdings(account: Account, market: Market, order: OrderRequest | Order, price: int, now: int) -> None:
    """Check an order against the filters on what an account may hold and move: MAX_POSITION and MAX_ASSET."""
    if order.side == "BUY" and order.quantity and market.max_position is not None:
        spec = market.spec
        record = account.record(spec.symbol)
        position = account.free.get(spec.base_asset, 0) + account.locked.get(spec.base_asset, 0) + order.quantity
        own_id = order.order_id if isinstance(order, Order) else -1
        position += sum(each.remaining for each in record.open.values() if each.is_buy and each.order_id != own_id)
        if position > market.max_position.max_position:
            raise filter_failure("MAX_POSITION")
    for asset_filter in account.filters:
        _check_asset(market, order, price, asset_filter.asset, asset_filter.limit, now)


def _check_percent_price(market: Market, is_buy: bool, price: int, now: int) -> None:
    percent = market.percent_price
    if percent is not None:
        average = market.average_price(percent.avg_price_mins, now)
        if average is not None and not within(price, average, percent.multiplier_down, percent.multiplier_up):
            raise filter_failure("PERCENT_PRICE")
    by_side = market.percent_price_by_side
    if by_side is not None:
        average = market.average_price(by_side.avg_price_mins, now)
        down, up = (
            (by_side.bid_multiplier_down, by_side.bid_multiplier_up)
            if is_buy
            else (by_side.ask_multiplier_down, by_side.ask_multiplier_up)
        )
        if average is not None and not within(price, average, down, up):
            raise filter_failure("PERCENT_PRICE_BY_SIDE")


def _value(market: Market, order: OrderRequest | Order, price: int, minutes: int, now: int) -> int | None:
    """Return an order's notional value, with the average price for orders that have none; None if it is unknown."""
    if order.quote_order_qty:
        return order.quote_order_qty
    if not order.quantity:
        return None
    if not price:
        if order.type not in MARKET_TYPES:
            return None
        average = market.average_price(minutes, now) if minutes in market.averages or not minutes else None
        if average is None:
            return None
        price = average
    return notional(price, order.quantity)


def _check_notional(market: Market, order: OrderRequest | Order, price: int, now: int) -> None:
    at_market = order.type in MARKET_TYPES
    least = market.min_notional
    if least is not None and (least.apply_to_market or not at_market):
        value = _value(market, order, price, least.avg_price_mins, now)
        if value is not None and value < least.min_notional:
            raise filter_failure("MIN_NOTIONAL")
    both = market.notional
    if both is not None:
        value = _value(market, order, price, both.avg_price_mins, now)
        if value is not None and (
            (value < both.min_notional and (both.apply_min_to_market or not at_market))
            or (value > both.max_notional and (both.apply_max_to_market or not at_market))
        ):
            raise filter_failure("NOTIONAL")


def _check_trailing(market: Market, order: OrderRequest | Order) -> None:
    rule = market.trailing_delta
    if rule is None:
        return
    stop_loss = order.type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
    above = stop_loss == (order.side == "BUY")
    low, high = (
        (rule.min_trailing_above_delta, rule.max_trailing_above_delta)
        if above
        else (rule.min_trailing_below_delta, rule.max_trailing_below_delta)
    )
    if not low <= order.trailing_delta <= high:
        raise filter_failure("TRAILING_DELTA")


def _check_asset(market: Market, order: OrderRequest | Order, price: int, asset: str, limit: int, now: int) -> None:
    spec = market.spec
    if asset == spec.base_asset and order.quantity > limit:
        raise filter_failure("MAX_ASSET")
    if asset == spec.quote_asset:
        value = order.quote_order_qty or notional(price or market.average_price(0, now) or 0, order.quantity)
        if value > limit:
            raise filter_failure("MAX_ASSET")
