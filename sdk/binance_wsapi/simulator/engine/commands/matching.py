"""The taker phase: an order against the book, by price and then by time.

Theory of operation
-------------------
`work` takes an accepted order, lets it trade while there is a better or equal price on the other side, and then rests
or expires what is left. Each step meets the first order of the best level, and one of three things happens:

* the price lies outside the price range execution rule: the taker expires;
* both belong to the same owner and self-trade prevention applies: one or both lose quantity, and no trade happens;
* they trade at the maker's price.

A trade settles both sides at once: the payer's lock shrinks to what the rest of its order needs, the received asset
arrives less commission. Both orders are reported, taker first, then the trade (market_orders_faq: the maker's report
takes the execution id after the taker's). With smart order routing the taker is filled by allocations from the
exchange's desk, which trades with the maker in its place.
"""

from __future__ import annotations

from binance_wsapi.simulator.engine.commands import lists
from binance_wsapi.simulator.engine.commands.commission import commission_due
from binance_wsapi.simulator.engine.commands.lookahead import effective_stp, reach
from binance_wsapi.simulator.engine.model.book import BookSide, Level
from binance_wsapi.simulator.engine.model.enums import (
    ExecutionType,
    ExpiryReason,
    OrderStatus,
    StpMode,
    TimeInForce,
    WorkingFloor,
)
from binance_wsapi.simulator.engine.model.events import PreventedMatch, TradeEvent
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.numbers import notional
from binance_wsapi.simulator.engine.model.order import Order
from binance_wsapi.simulator.engine.model.state import State, funds_needed
from binance_wsapi.simulator.engine.model.types import Fill

__all__ = ["expire", "work"]


def expire(state: State, order: Order, reason: ExpiryReason) -> None:
    """End an open order by the rules of its type or of the exchange, and report it."""
    state.touched_markets[order.market] = None
    state.close(order, OrderStatus.EXPIRED, reason)
    state.report(order, ExecutionType.EXPIRED)
    lists.order_closed(state, order)


def work(state: State, order: Order) -> None:
    """Match an accepted and reported order, then rest or expire the remainder."""
    market = order.market
    markets = market.peers if order.used_sor else [market]
    for source in markets:
        state.touched_markets[source] = None
    limits = market.price_limits(order.is_buy, state.now)
    if order.time_in_force is TimeInForce.FOK and order.limit:
        found = reach(order, markets, limits)
        if found.quantity < order.remaining:
            expire(
                state,
                order,
                ExpiryReason.EXECUTION_RULE_PRICE_RANGE_EXCEEDED
                if found.out_of_range
                else ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED,
            )
            return
    out_of_range = _take(state, order, markets, limits)
    if not order.is_open:
        return
    if out_of_range:
        expire(state, order, ExpiryReason.EXECUTION_RULE_PRICE_RANGE_EXCEEDED)
    elif not order.limit:
        expire(state, order, ExpiryReason.INSUFFICIENT_LIQUIDITY)
    elif order.time_in_force is not TimeInForce.GTC:
        expire(state, order, ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED)
    else:
        if order.used_sor:
            order.working_floor = WorkingFloor.EXCHANGE
        market.book.own(order.is_buy).add(order)


def _take(state: State, order: Order, markets: list[Market], limits: tuple[int, int]) -> bool:
    """Trade while possible. Return whether the price range rule ended it."""
    is_buy, limit = order.is_buy, order.limit
    low, high = limits
    account, group = order.account, order.account.trade_group_id
    stp = order.stp_mode is not StpMode.NONE
    source = markets[0]
    routed = len(markets) > 1
    while order.remaining:
        if routed:
            source = _best_source(markets, is_buy)
        side = source.book.opposite(is_buy)
        level = side.best()
        if level is None:
            return False
        price = level.price
        if limit and (price > limit if is_buy else price < limit):
            return False
        if price < low or price > high:
            return True
        maker = level.first()
        if stp and (maker.account is account or (group != -1 and maker.account.trade_group_id == group)):
            _prevent(state, order, maker, source, side, level)
            if not order.is_open:
                return False
            continue
        _trade(state, order, maker, source, side, level, min(order.remaining, maker.visible))
    return False


def _best_source(markets: list[Market], is_buy: bool) -> Market:
    """Return the market with the best price to take; the order's own wins a tie."""
    best, best_price = markets[0], 0
    for market in markets:
        level = market.book.opposite(is_buy).best()
        if level is not None and (not best_price or (level.price < best_price if is_buy else level.price > best_price)):
            best, best_price = market, level.price
    return best


def _trade(
    state: State, taker: Order, maker: Order, source: Market, side: BookSide, level: Level, quantity: int
) -> None:
    """Let two orders trade on `source`, and report it."""
    now, price = state.now, level.price
    quote = notional(price, quantity)
    if maker.order_list is not None and not maker.executed_qty:
        lists.leg_started(state, maker)
    taker_due = _settle(state, taker, quantity, quote, is_maker=False)
    maker_due = _settle(state, maker, quantity, quote, is_maker=True)
    side.reduce(level, maker, quantity)
    trade_id = source.next_trade_id
    source.next_trade_id = trade_id + 1
    if taker.used_sor:
        _through_desk(state, taker, source, quote)
        allocation_id: int | None = taker.market.next_allocation_id
        taker.market.next_allocation_id += 1
        _report_fill(state, taker, price, quantity, quote, taker_due, -1, False, allocation_id)
    else:
        _report_fill(state, taker, price, quantity, quote, taker_due, trade_id, False, None)
    _report_fill(state, maker, price, quantity, quote, maker_due, trade_id, True, None)
    taker_id, taker_account = (-1, -1) if taker.used_sor else (taker.order_id, taker.account.account_id)
    maker_id, maker_account = maker.order_id, maker.account.account_id
    is_buyer_maker = maker.is_buy
    state.sink(
        TradeEvent(
            source.spec.symbol,
            trade_id,
            price,
            quantity,
            quote,
            now,
            maker_id if is_buyer_maker else taker_id,
            taker_id if is_buyer_maker else maker_id,
            maker_account if is_buyer_maker else taker_account,
            taker_account if is_buyer_maker else maker_account,
            is_buyer_maker,
        )
    )
    source.note_trade(price, quantity, now)
    if source.fresh:
        state.printed[source] = None
    if not maker.is_open and maker.order_list is not None:
        lists.order_closed(state, maker)
    if not taker.is_open and taker.order_list is not None:
        lists.order_closed(state, taker)


def _pay(order: Order, quantity: int, quote: int) -> None:
    """Take what an order pays out of its lock. `order.remaining` is already reduced."""
    account, spec = order.account, order.market.spec
    if order.is_buy:
        asset = spec.quote_asset
        held = order.locked
        order.locked = funds_needed(order) if order.lock_price else held - quote
        account.locked[asset] -= held - order.locked
        account.free[asset] += held - order.locked - quote
    else:
        order.locked -= quantity
        account.locked[spec.base_asset] -= quantity
    account.touched[spec.base_asset] = None
    account.touched[spec.quote_asset] = None


def _settle(state: State, order: Order, quantity: int, quote: int, is_maker: bool) -> tuple[int, str]:
    """Book one side of a trade. Return the commission and its asset."""
    account, market = order.account, order.market
    order.executed_qty += quantity
    order.cumulative_quote_qty += quote
    order.remaining -= quantity
    order.update_time = state.now
    state.touched_accounts[account] = None
    _pay(order, quantity, quote)
    received = quantity if order.is_buy else quote
    due, asset = commission_due(state, account, market, order.is_buy, is_maker, received)
    order_list = order.order_list
    if order_list is not None and order_list.is_opo and order_list.working is order and order_list.waits_for_working:
        lists.receive(order_list, received, due, asset)
    else:
        account.free[market.spec.base_asset if order.is_buy else market.spec.quote_asset] += received
        account.free[asset] -= due
    if due:
        account.touched[asset] = None
        state.collected[asset] = state.collected.get(asset, 0) + due
    return due, asset


def _through_desk(state: State, taker: Order, source: Market, quote: int) -> None:
    """Book the exchange's own side of a routed fill: it trades with the maker and allocates to the taker.

    The base asset passes through; the quote assets of the two symbols are worth the same (sor_faq, "Interchangeable
    quote assets").
    """
    given, taken = source.spec.quote_asset, taker.market.spec.quote_asset
    if given != taken:
        change = quote if taker.is_buy else -quote
        state.desk[taken] = state.desk.get(taken, 0) + change
        state.desk[given] = state.desk.get(given, 0) - change


def _report_fill(
    state: State,
    order: Order,
    price: int,
    quantity: int,
    quote: int,
    commission: tuple[int, str],
    trade_id: int,
    is_maker: bool,
    allocation_id: int | None,
) -> None:
    """Move an order to its new status, remember the fill and report it."""
    if order.remaining or order.liquidity_ran_out:
        order.status = OrderStatus.PARTIALLY_FILLED
    else:
        state.close(order, OrderStatus.FILLED)
    due, asset = commission
    fill = Fill(order, price, quantity, quote, due, asset, trade_id, state.now, is_maker, allocation_id)
    account = order.account
    if account.keeps_history:
        record = account.records[order.market.spec.symbol]
        (record.fills if allocation_id is None else record.allocations).append(fill)
    collector = state.fill_sinks.get(order)
    if collector is not None:
        collector.append(fill)
    event = state.order_event(order, ExecutionType.TRADE)
    if not order.limit:
        event.is_on_book = False  # market_orders_faq shows "w": false on a market order's fills
    event.last_price = price
    event.last_qty = quantity
    event.last_quote_qty = quote
    event.commission = due
    event.commission_asset = asset
    event.trade_id = trade_id
    event.is_maker = is_maker
    event.allocation_id = allocation_id
    state.sink(event)


def _prevent(state: State, taker: Order, maker: Order, source: Market, side: BookSide, level: Level) -> None:
    """Stop a self-trade: take quantity off one or both orders instead (stp_faq)."""
    mode, price = effective_stp(taker, maker), level.price
    quantity = min(taker.remaining, maker.visible)
    quote = notional(price, quantity)
    decrement = mode is StpMode.DECREMENT or mode is StpMode.TRANSFER
    taker_loses = quantity if decrement else None if mode is StpMode.EXPIRE_MAKER else taker.remaining
    maker_loses = quantity if decrement else None if mode is StpMode.EXPIRE_TAKER else maker.remaining
    market = taker.market
    match = PreventedMatch(
        market.spec.symbol,
        market.next_prevented_match_id,
        taker.order_id,
        source.spec.symbol,
        maker.order_id,
        taker.account.account_id,
        maker.account.account_id,
        taker.account.trade_group_id,
        mode,
        price,
        taker_loses,
        maker_loses,
        state.now,
    )
    market.next_prevented_match_id += 1
    if state.keeps_history:
        market.prevented.append(match)
    collector = state.prevented_sinks.get(taker)
    if collector is not None:
        collector.append(match)
    if maker_loses is not None:
        if maker.order_list is not None:
            lists.leg_started(state, maker)
        if not decrement:
            side.remove(maker)
    transferred = mode is StpMode.TRANSFER and maker.account is not taker.account
    if transferred and taker.used_sor:
        _through_desk(state, taker, source, quote)
    if taker_loses is not None:
        _lose(state, taker, match, taker_loses, quote if transferred else None)
    if maker_loses is not None:
        _lose(state, maker, match, maker_loses, quote if transferred else None)
        if decrement:
            side.reduce(level, maker, quantity)
    for order, counter, lost in ((taker, maker, taker_loses), (maker, taker, maker_loses)):
        if lost is None:
            continue
        if not order.remaining:
            state.close(order, OrderStatus.EXPIRED_IN_MATCH)
        event = state.order_event(order, ExecutionType.TRADE_PREVENTION)
        event.is_maker = order is maker
        event.prevented_match = match
        event.last_prevented_qty = lost
        event.prevented_execution_qty = quantity
        event.prevented_execution_price = price
        event.prevented_execution_quote_qty = quote
        event.counter_order_id = counter.order_id
        event.counter_symbol = counter.market.spec.symbol
        state.sink(event)
    for order in (taker, maker):
        if not order.is_open and order.order_list is not None:
            lists.order_closed(state, order)


def _lose(state: State, order: Order, match: PreventedMatch, quantity: int, quote: int | None) -> None:
    """Take prevented quantity off an order; with a quote amount the quantity changes hands (STP mode TRANSFER)."""
    order.prevented_qty += quantity
    order.prevented_match_id = match.prevented_match_id
    order.remaining -= quantity
    order.update_time = state.now
    state.touched_accounts[order.account] = None
    if quote is not None:
        _pay(order, quantity, quote)
        spec = order.market.spec
        if order.is_buy:
            order.account.free[spec.base_asset] += quantity
        else:
            order.account.free[spec.quote_asset] += quote
    elif not order.is_buy or order.lock_price:
        state.lock(order, funds_needed(order))
