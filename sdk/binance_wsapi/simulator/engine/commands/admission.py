"""From a request to an accepted order: the matching engine's own checks (-2010), and the acceptance itself.

`prepare` decides everything about an order that depends on the market as it is now (pegged price, quantity of a
`quoteOrderQty`, funds needed) and raises `Refused` without having changed anything but the order, which no other object has
seen. `accept` then makes it real. An order that starts later (a stop that triggers, a pending order) goes through
`prepare_to_work` at that time.
"""

from __future__ import annotations

from binance_wsapi.simulator.engine.commands.checks import check_filters, check_holdings, check_lot, filter_failure
from binance_wsapi.simulator.engine.commands.lookahead import reach
from binance_wsapi.simulator.engine.commands.matching import work
from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import (
    ExecutionType,
    OrderStatus,
    OrderType,
    PegPriceType,
    RejectReason,
    TimeInForce,
    WorkingFloor,
)
from binance_wsapi.simulator.engine.model.market import NO_CEILING, NO_FLOOR, Market
from binance_wsapi.simulator.engine.model.numbers import notional
from binance_wsapi.simulator.engine.model.order import Order
from binance_wsapi.simulator.engine.model.state import State, funds_needed
from binance_wsapi.simulator.engine.model.stops import stop_reached, track_at_once
from binance_wsapi.simulator.engine.model.types import OrderRequest, Refused

__all__ = ["accept", "check_duplicate", "check_funds", "draft", "prepare", "prepare_to_work", "start"]


def draft(state: State, account: Account, market: Market, request: OrderRequest, *, sor: bool = False) -> Order:
    """Make an order out of a request. It has no id yet and is in no book."""
    quantity = request.quantity
    return Order(
        account,
        market,
        -1,
        request.new_client_order_id or "",
        request.side,
        request.type,
        request.time_in_force or TimeInForce.GTC,
        request.price,
        quantity,
        request.quote_order_qty,
        request.stop_price,
        request.trailing_delta,
        request.iceberg_qty,
        request.strategy_id,
        request.strategy_type,
        market.spec.default_stp_mode if request.stp_mode is None else request.stp_mode,
        request.peg_price_type,
        request.peg_offset_type,
        request.peg_offset_value,
        state.now,
        request.side == "BUY",
        remaining=quantity,
        update_time=state.now,
        used_sor=sor,
        working_floor=WorkingFloor.SOR if sor else None,
    )


def check_duplicate(account: Account, market: Market, client_order_id: str | None) -> None:
    """Check that no open order of the account on the symbol has this client order id."""
    if client_order_id and client_order_id in account.record(market.spec.symbol).open_ids:
        raise Refused(-2010, "Duplicate order sent.")


def check_funds(order: Order, need: int, freed: int = 0) -> None:
    """Check that an account has free what an order needs.

    Args:
        freed: funds that will be free by then.
    """
    spec = order.market.spec
    if need > order.account.free[spec.quote_asset if order.is_buy else spec.base_asset] + freed:
        raise Refused(
            -2010, "Account has insufficient balance for requested action.", RejectReason.INSUFFICIENT_BALANCES
        )


def prepare(state: State, order: Order) -> int:
    """Check a new order against the market and return the funds it must hold.

    Raises:
        Refused: -2010 or, for a price that a peg selected, -1013.
    """
    if not order.is_algo:
        return prepare_to_work(state, order)
    market = order.market
    if (
        order.stop_price
        and market.last_price
        and stop_reached(order.type, order.is_buy, order.stop_price, market.last_price)
    ):
        raise Refused(-2010, "Order would trigger immediately.", RejectReason.STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY)
    # What a stop order without a limit price will pay is not known before it triggers; its stop price is the best
    # guess there is. The rest is checked at the trigger ("lack of funds", Order Expiry Reason REJECTED).
    order.lock_price = order.price or order.stop_price or market.last_price
    return funds_needed(order)


def prepare_to_work(state: State, order: Order) -> int:
    """Check an order that enters the book now and return the funds it must hold."""
    market = order.market
    if order.type in (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT):
        return _prepare_to_take(state, order)
    if order.peg_price_type is not None:
        order.pegged_price = _pegged_price(order, market)
        check_filters(state, order.account, market, order, order.pegged_price)
    order.limit = order.lock_price = order.pegged_price or order.price
    if order.type is OrderType.LIMIT_MAKER:
        best = market.book.opposite(order.is_buy).best()
        if best is not None and (best.price <= order.limit if order.is_buy else best.price >= order.limit):
            raise Refused(-2010, "Order would immediately match and take.", RejectReason.WOULD_MATCH_IMMEDIATELY)
    return funds_needed(order)


def _pegged_price(order: Order, market: Market) -> int:
    primary = order.peg_price_type is PegPriceType.PRIMARY_PEG
    side = market.book.own(order.is_buy) if primary else market.book.opposite(order.is_buy)
    level = side.at_depth(order.peg_offset_value or 0)
    if level is None:
        raise Refused(-2010, "Order book liquidity is too low for this pegged order.")
    return level.price


def _prepare_to_take(state: State, order: Order) -> int:
    """Look what a market order will do. It holds its exact cost while it takes."""
    market = order.market
    order.limit = order.lock_price = 0
    markets = market.peers if order.used_sor else [market]
    limits = market.price_limits(order.is_buy, state.now)
    if order.quote_order_qty and not order.quantity:
        return _quantity_for_quote(order, state.now)
    return reach(order, markets, limits).cost if order.is_buy else order.remaining


def _quantity_for_quote(order: Order, now: int) -> int:
    """Turn `quoteOrderQty` into the quantity whose value comes closest to it without exceeding it.

    The price range rule has no say in what is wanted: it ends the order when it gets there. The same goes for orders
    of the same owner if there are no others.
    """
    market = order.market
    if market.book.opposite(order.is_buy).best() is None:
        raise Refused(-2010, "Order book liquidity is less than symbol minimum quantity.")
    anywhere = NO_FLOOR, NO_CEILING
    found = reach(order, [market], anywhere, order.quote_order_qty)
    if not found.quantity:
        found = reach(order, [market], anywhere, order.quote_order_qty, ignore_stp=True)
    quantity = found.quantity
    for lot in (market.lot_size, market.market_lot_size):
        if lot is None:
            continue
        if lot.step_size:
            quantity -= quantity % lot.step_size
        if quantity < lot.min_qty:
            if found.liquidity_ran_out:
                raise Refused(-2010, f"Order book liquidity is less than `{lot.filter_type}` filter minimum quantity.")
            raise filter_failure(lot.filter_type)
    for lot in (market.lot_size, market.market_lot_size):
        check_lot(lot, quantity)
    if not quantity:
        raise Refused(-2010, "Price * QTY is zero or less.")
    order.quantity = order.remaining = quantity
    check_holdings(order.account, market, order, 0, now)
    step = max((lot.step_size for lot in (market.lot_size, market.market_lot_size) if lot is not None), default=1)
    left = order.quote_order_qty - found.cost
    order.liquidity_ran_out = found.liquidity_ran_out and left >= notional(found.last_price, step) > 0
    return min(found.cost, order.quote_order_qty) if order.is_buy else quantity


def accept(state: State, order: Order, need: int, *, pending: bool = False) -> None:
    """Give an order its ids, let it hold its funds, and report it."""
    market = order.market
    order.order_id = market.next_order_id
    market.next_order_id += 1
    if not order.client_order_id:
        order.client_order_id = state.new_id()
    order.listed_client_order_id = order.client_order_id
    order.account.open_order(order)
    if pending:
        order.status = OrderStatus.PENDING_NEW
    elif order.is_algo:
        track_at_once(order, market.last_price, state.now)
    else:
        order.is_working = True
        order.working_time = state.now
    if need:
        state.lock(order, need)
    state.report(order, ExecutionType.NEW)


def start(state: State, order: Order) -> None:
    """Let an accepted order do what its type does: wait for its trigger, or work."""
    if order.is_algo and not order.is_working:
        order.market.stops.add(order)
    else:
        work(state, order)
