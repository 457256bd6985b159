"""The life of an order list: OCO, OTO, OTOCO, OPO and OPOCO.

Theory of operation
-------------------
Three rules make all five:

* *One cancels the other.* The two legs of a pair share one lock, as large as the larger need, because only one of them
  can ever execute. When one starts (its stop triggers, or it trades for the first time) or ends, the other expires.
* *One triggers the other.* Pending orders exist, but hold no funds and are nowhere to be matched, until the working
  order is completely filled; then they are placed like new orders (`cascade.py`). If the working order ends in any
  other way, they expire.
* *One pays the other.* What the working order of an OPO receives is locked for its pending orders as it comes in, as
  long as there are any: the exchange may take them away while the working order goes on.

A list is done when all its orders are. Cancelling one order of a list cancels the list.
"""

from __future__ import annotations

from binance_wsapi.simulator.engine.model.enums import (
    ExecutionType,
    ExpiryReason,
    ListOrderStatus,
    ListStatusType,
    OrderStatus,
    RejectReason,
)
from binance_wsapi.simulator.engine.model.events import ListEvent
from binance_wsapi.simulator.engine.model.order import Order, OrderList
from binance_wsapi.simulator.engine.model.state import State, funds_needed

__all__ = [
    "finish",
    "leg_started",
    "lock_pair",
    "order_closed",
    "receive",
    "release_received",
    "report_list",
]


def report_list(state: State, order_list: OrderList, reject_reason: RejectReason = RejectReason.NONE) -> None:
    """Emit a listStatus of a list as it stands."""
    symbol = order_list.symbol
    order_list.update_time = state.now
    state.sink(
        ListEvent(
            order_list,
            order_list.account.account_id,
            symbol,
            order_list.order_list_id,
            order_list.contingency_type,
            order_list.status_type,
            order_list.order_status,
            reject_reason,
            order_list.list_client_order_id,
            state.now,
            [(symbol, order.order_id, order.listed_client_order_id) for order in order_list.orders],
        )
    )


def lock_pair(state: State, order_list: OrderList) -> None:
    """Make an OCO pair hold the larger of its two needs: the second leg its own, the first what is missing."""
    first, second = order_list.pair
    need = funds_needed(second)
    state.lock(second, need)
    state.lock(first, max(0, funds_needed(first) - need))


def leg_started(state: State, order: Order) -> None:
    """Expire the other leg of the pair, now that this one starts; this one takes over the funds."""
    sibling = None if order.order_list is None else order.order_list.sibling(order)
    if sibling is not None and sibling.is_open:
        _expire(state, sibling, ExpiryReason.OCO_TRIGGER)
        state.lock(order, funds_needed(order))


def _expire(state: State, order: Order, reason: ExpiryReason) -> None:
    state.touched_markets[order.market] = None
    state.close(order, OrderStatus.EXPIRED, reason)
    state.report(order, ExecutionType.EXPIRED)


def order_closed(state: State, order: Order) -> None:
    """Draw the consequences for the list of an order that has just ended."""
    order_list = order.order_list
    if order_list is None or not order_list.is_open:
        return
    sibling = order_list.sibling(order)
    if sibling is not None and sibling.is_open:
        _expire(state, sibling, ExpiryReason.OCO_TRIGGER)
    if order is order_list.working:
        if order.status is OrderStatus.FILLED:
            state.filled_lists.append(order_list)
            return
        for pending in order_list.pending:
            if pending.is_open:
                _expire(state, pending, ExpiryReason.OTO_PHASE_ONE_EXPIRED)
    elif not order_list.waits_for_working:  # the exchange took the pending orders away: nothing needs what came in
        release_received(state, order_list)
    finish(state, order_list)


def finish(state: State, order_list: OrderList) -> None:
    """End a list if none of its orders is open any more."""
    if order_list.is_open and not any(order.is_open for order in order_list.orders):
        release_received(state, order_list)
        order_list.status_type = ListStatusType.ALL_DONE
        order_list.order_status = ListOrderStatus.ALL_DONE
        order_list.account.close_list(order_list)
        report_list(state, order_list)


def receive(order_list: OrderList, received: int, due: int, asset: str) -> None:
    """Lock what the working order of an OPO bought.

    Commission comes from free funds if there are enough and the asset is not the discount asset;
    otherwise it is taken from what was received (faqs/opo.md, second note).
    """
    account, base = order_list.account, order_list.market.spec.base_asset
    if asset != base or (base != account.discount.asset and account.free[base] >= due):
        account.free[asset] -= due
    else:
        received -= due
    account.locked[base] += received
    order_list.received += received


def release_received(state: State, order_list: OrderList) -> None:
    """Give back what an OPO holds and its pending orders do not need."""
    if order_list.received:
        order_list.account.lock(order_list.market.spec.base_asset, -order_list.received)
        state.touched_accounts[order_list.account] = None
        order_list.received = 0
