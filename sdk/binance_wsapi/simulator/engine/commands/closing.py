"""Cancelling and amending: what a trader may still do to an open order."""

from __future__ import annotations

from binance_wsapi.simulator.engine.commands import lists
from binance_wsapi.simulator.engine.commands.checks import check_access, check_filters
from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import (
    CancelRestrictions,
    ExecutionType,
    ExpiryReason,
    ListStatusType,
    OrderStatus,
    OrderType,
)
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.order import Amendment, Order, OrderList
from binance_wsapi.simulator.engine.model.state import State, funds_needed
from binance_wsapi.simulator.engine.model.types import AmendResult, CancelResult, Refused

__all__ = ["amend", "cancel", "cancel_all", "cancel_list", "exchange_cancel"]

MOST_AMENDMENTS = 1_000
"""Amendments of an order on a symbol that is listed without the filter."""


def find_open(account: Account, market: Market, order_id: int | None, client_order_id: str | None, code: int) -> Order:
    """Return an open order: by order id first, then the client order id must belong to it too."""
    record = account.record(market.spec.symbol)
    if order_id is None and client_order_id is None:
        raise Refused(code, "Cancel order is invalid. Check origClOrdId and orderId.")
    if order_id is not None:
        order = record.open.get(order_id)
        if order is not None and client_order_id is not None and order.client_order_id != client_order_id:
            order = None
    else:
        order = record.open_ids.get(client_order_id or "")
    if order is None:
        raise Refused(code, "Unknown order sent.")
    return order


def cancel(
    state: State,
    account: Account,
    market: Market,
    order_id: int | None,
    client_order_id: str | None,
    new_client_order_id: str | None,
    restrictions: CancelRestrictions | None,
) -> CancelResult:
    """Cancel an order, and with it the list it belongs to."""
    check_access(account, market, -2011)
    order = find_open(account, market, order_id, client_order_id, -2011)
    if restrictions is not None and order.status is not (
        OrderStatus.NEW if restrictions is CancelRestrictions.ONLY_NEW else OrderStatus.PARTIALLY_FILLED
    ):
        raise Refused(-2011, "Order was not canceled due to cancel restrictions.")
    if order.order_list is not None:
        return _cancel_list(state, order.order_list, new_client_order_id)
    _cancel_one(state, order, new_client_order_id or state.new_id())
    return CancelResult([order], None, state.now)


def cancel_list(
    state: State,
    account: Account,
    market: Market,
    order_list_id: int | None,
    list_client_order_id: str | None,
    new_client_order_id: str | None,
    *,
    rename_orders: bool,
) -> CancelResult:
    """Cancel an order list: by list id first, then the list client order id must belong to it too.

    The list gets the new id and its orders keep theirs, as the documented reply of orderList.cancel shows; or its orders
    get it and the list keeps its own, as that of the same request over REST does.
    """
    check_access(account, market, -2011)
    if order_list_id is not None:
        order_list = account.open_lists.get(order_list_id)
        if (
            order_list is not None
            and list_client_order_id is not None
            and order_list.list_client_order_id != list_client_order_id
        ):
            order_list = None
    else:
        order_list = account.open_list_ids.get(list_client_order_id or "")
    if order_list is None or order_list.market is not market:
        raise Refused(-2011, "Unknown order sent.")
    if rename_orders:
        return _cancel_list(state, order_list, new_client_order_id)
    account.rename_list(order_list, new_client_order_id or state.new_id())
    cancelled = [order for order in order_list.orders if order.is_open]
    for order in cancelled:
        _cancel_one(state, order, order.client_order_id)
    lists.finish(state, order_list)
    return CancelResult(cancelled, order_list, state.now)


def cancel_all(state: State, account: Account, market: Market) -> list[CancelResult]:
    """Cancel every open order and list of an account on a symbol, oldest first."""
    check_access(account, market, -2011)
    record = account.record(market.spec.symbol)
    if not record.open:
        raise Refused(-2011, "Unknown order sent.")
    results = []
    for order in list(record.open.values()):
        if not order.is_open:
            continue
        if order.order_list is not None:
            results.append(_cancel_list(state, order.order_list, None))
        else:
            _cancel_one(state, order, state.new_id())
            results.append(CancelResult([order], None, state.now))
    return results


def _cancel_one(state: State, order: Order, new_client_order_id: str) -> None:
    state.touched_markets[order.market] = None
    state.close(order, OrderStatus.CANCELED)
    old_id = order.client_order_id
    order.orig_client_order_id = "" if new_client_order_id == old_id else old_id
    order.client_order_id = new_client_order_id
    order.account.remember_id(order)
    state.report(order, ExecutionType.CANCELED, orig_client_order_id=old_id)


def _cancel_list(state: State, order_list: OrderList, new_client_order_id: str | None) -> CancelResult:
    """Cancel what is open of a list. All its orders get the same new id, as the documented reply shows."""
    new_id = new_client_order_id or state.new_id()
    cancelled = [order for order in order_list.orders if order.is_open]
    for order in cancelled:
        _cancel_one(state, order, new_id)
    lists.finish(state, order_list)
    return CancelResult(cancelled, order_list, state.now)


def amend(
    state: State,
    account: Account,
    market: Market,
    order_id: int | None,
    client_order_id: str | None,
    new_qty: int,
    new_client_order_id: str | None,
) -> AmendResult:
    """Reduce the quantity of an open order, which keeps its place in the queue (order_amend_keep_priority).

    A new quantity that is already executed (or prevented) leaves nothing open, and the order expires.
    """
    check_access(account, market, -2038)
    if not market.spec.amend_allowed:
        raise Refused(-2038, "Order amend is not supported for this symbol.")
    order = find_open(account, market, order_id, client_order_id, -2038)
    _check_amend(state, market, order, new_qty, new_client_order_id)
    result = AmendResult(order, order.client_order_id, -1, state.now, order.order_list)
    result.execution_id = _amend_one(state, order, new_qty, new_client_order_id or state.new_id())
    order_list = order.order_list
    if order_list is not None:
        sibling = order_list.sibling(order)
        if sibling is not None and sibling.is_open:
            _amend_one(state, sibling, new_qty, sibling.client_order_id)
            result.also_amended.append(sibling)
            if order.status is not OrderStatus.PENDING_NEW:
                lists.lock_pair(state, order_list)
        if order.client_order_id != result.orig_client_order_id:
            order_list.status_type = ListStatusType.UPDATED
            lists.report_list(state, order_list)
            order_list.status_type = ListStatusType.EXEC_STARTED
    if not order.remaining:
        result.expired = True
        state.close(order, OrderStatus.EXPIRED)
        state.report(order, ExecutionType.EXPIRED)
        lists.order_closed(state, order)
    return result


def _check_amend(state: State, market: Market, order: Order, new_qty: int, new_client_order_id: str | None) -> None:
    if order.order_list is not None and order.order_list.is_opo and order.status is OrderStatus.PENDING_NEW:
        raise Refused(-2038, "Order amend (pending OPO order) is not supported.")
    if new_qty == order.quantity:
        raise Refused(-2038, "The requested action would change no state; rejecting.")
    if new_qty > order.quantity:
        raise Refused(-2038, "Order amend (quantity increase) is not supported.")
    if new_qty <= 0:
        raise Refused(-2038, "Price * QTY is zero or less.")
    holder = order.account.records[order.symbol].open_ids.get(new_client_order_id or "")
    if holder is not None and holder is not order:
        raise Refused(-2038, "Duplicate order sent.")
    rule = market.max_num_order_amends
    most = MOST_AMENDMENTS if rule is None else rule.max_num_order_amends
    if len(order.amendments or ()) >= most:
        raise Refused(-2038, "Filter failure: MAX_NUM_ORDER_AMENDS")
    changed = order.snapshot()
    changed.quantity = new_qty
    if order.type is not OrderType.MARKET:
        try:
            check_filters(state, order.account, market, changed, order.limit or order.price)
        except Refused as refusal:
            raise Refused(-2038, refusal.msg) from None


def _amend_one(state: State, order: Order, new_qty: int, new_client_order_id: str) -> int:
    """Change quantity and id of one order, report it, and return the execution id."""
    record = order.account.records[order.symbol]
    old_qty, old_id = order.quantity, order.client_order_id
    cut = min(old_qty - new_qty, order.remaining)
    order.quantity = max(new_qty, order.executed_qty + order.prevented_qty)
    order.remaining -= cut
    order.update_time = state.now
    if order.on_book:
        state.touched_markets[order.market] = None
        order.market.book.own(order.is_buy).shrink(order, cut)
    if new_client_order_id != old_id:
        del record.open_ids[old_id]
        record.open_ids[new_client_order_id] = order
        order.client_order_id = order.listed_client_order_id = new_client_order_id
        order.account.remember_id(order)
        order.orig_client_order_id = old_id
    if order.locked:
        state.lock(order, min(order.locked, funds_needed(order)))
    event = state.report(order, ExecutionType.REPLACED, orig_client_order_id=old_id)
    if order.amendments is None:
        order.amendments = []
    order.amendments.append(
        Amendment(
            order.symbol, order.order_id, event.execution_id, old_id, new_client_order_id, old_qty, new_qty, state.now
        )
    )
    return event.execution_id


def exchange_cancel(state: State, order: Order) -> None:
    """Expire an order on behalf of the exchange."""
    state.touched_markets[order.market] = None
    state.close(order, OrderStatus.EXPIRED, ExpiryReason.EXCHANGE_CANCELED)
    state.report(order, ExecutionType.EXPIRED)
    lists.order_closed(state, order)
