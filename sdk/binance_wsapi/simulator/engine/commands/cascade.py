"""What a command sets off: stops that its trades trigger, and pending orders of lists whose working order it filled.

Triggered stops go first, in the order in which they were triggered; then the pending orders of one list; then
then their consequences. It ends, because every step uses up an order that had not started yet.
"""

from __future__ import annotations

from binance_wsapi.simulator.engine.commands import lists
from binance_wsapi.simulator.engine.commands.admission import check_funds, prepare, prepare_to_work, start
from binance_wsapi.simulator.engine.commands.checks import check_filters
from binance_wsapi.simulator.engine.commands.matching import expire
from binance_wsapi.simulator.engine.model.enums import ExecutionType, ExpiryReason, OrderStatus
from binance_wsapi.simulator.engine.model.order import MARKET_TYPES, Order, OrderList
from binance_wsapi.simulator.engine.model.pairs import check_pair_prices
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.stops import track_at_once
from binance_wsapi.simulator.engine.model.types import Refused

__all__ = ["is_due", "run"]


def is_due(state: State) -> bool:
    """Whether the running command has set off anything."""
    return bool(state.printed or state.triggered or state.filled_lists)


def run(state: State) -> None:
    """Do everything that is due."""
    while True:
        if state.printed:
            for market in state.printed:
                prices, market.fresh = market.fresh, []
                for price in prices:
                    state.triggered.extend(market.stops.trade(price, state.now))
            state.printed.clear()
        if state.triggered:
            order = state.triggered.popleft()
            if order.is_open:
                _trigger(state, order)
        elif state.filled_lists:
            _place_pending(state, state.filled_lists.popleft())
        else:
            return


def _trigger(state: State, order: Order) -> None:
    """Let a stop order start to work; if it cannot, it expires."""
    lists.leg_started(state, order)
    order.is_working = True
    order.working_time = order.update_time = state.now
    try:
        need = prepare_to_work(state, order)
        check_funds(order, need, freed=order.locked)
    except Refused:
        expire(state, order, ExpiryReason.REJECTED)
        return
    state.lock(order, need)
    state.report(order, ExecutionType.NEW)
    start(state, order)


def _place_pending(state: State, order_list: OrderList) -> None:
    """Place the pending orders of a list as if they were sent now; if one cannot be placed, all expire."""
    pending = [order for order in order_list.pending if order.is_open]
    if not pending:  # the exchange took them away while they waited
        lists.finish(state, order_list)
        return
    if order_list.is_opo:
        _fill_in_quantity(state, order_list, pending)
    needs = []
    try:
        for order in pending:
            if not order.quantity:
                raise Refused(-1013, "Filter failure: LOT_SIZE")
            if order.iceberg_qty >= order.quantity:  # the quantity of an OPO was not known when it was placed
                raise Refused(-2010, "IcebergQty exceeds QTY.")
            check_filters(state, order.account, order.market, order, order.price)
            needs.append(prepare(state, order))
        if order_list.pair:
            check_pair_prices(order_list.market, order_list.pair)
        check_funds(pending[0], max(needs))
    except Refused:
        for order in pending:
            order.pegged_price = order.limit = 0
            state.close(order, OrderStatus.EXPIRED, ExpiryReason.REJECTED)
            state.report(order, ExecutionType.EXPIRED)
        lists.finish(state, order_list)
        return
    lists.report_list(state, order_list)
    if order_list.pair:
        lists.lock_pair(state, order_list)
    else:
        state.lock(pending[0], needs[0])
    for order in pending:
        order.status = OrderStatus.NEW
        order.update_time = state.now
        if order.is_algo:
            track_at_once(order, order.market.last_price, state.now)
        else:
            order.is_working = True
            order.working_time = state.now
        state.report(order, ExecutionType.NEW)
    for order in pending:
        start(state, order)


def _fill_in_quantity(state: State, order_list: OrderList, pending: list[Order]) -> None:
    """Give the pending orders of an OPO the quantity that came in, fitted to the lot sizes; the rest is released
    (faqs/opo.md, fourth note)."""
    quantity = order_list.received
    lists.release_received(state, order_list)
    market = order_list.market
    for order in pending:
        for lot in (market.lot_size, market.market_lot_size if order.type in MARKET_TYPES else None):
            if lot is not None:
                quantity = min(quantity, lot.max_qty)
                if lot.step_size:
                    quantity -= quantity % lot.step_size
    for order in pending:
        order.quantity = order.remaining = quantity
