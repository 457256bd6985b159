"""Reading: orders, lists, fills, allocations, prevented matches, amendments. Nothing here changes anything."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TypeVar

from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import OrderStatus
from binance_wsapi.simulator.engine.model.events import PreventedMatch
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.order import Amendment, Order, OrderList
from binance_wsapi.simulator.engine.model.types import Fill, Refused

__all__ = [
    "ARCHIVE_AFTER",
    "all_orders",
    "allocations",
    "amendments",
    "find_list",
    "find_order",
    "is_archived",
    "is_empty",
    "order_lists",
    "prevented_matches",
    "trades",
]

ARCHIVE_AFTER = 90 * 86_400 * 1_000_000
"""Ninety days in microseconds."""

_ENDED_EMPTY = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.EXPIRED_IN_MATCH)
_T = TypeVar("_T")


def is_empty(order: Order) -> bool:
    """Whether an order ended without a fill."""
    return order.status in _ENDED_EMPTY and not order.executed_qty


def is_archived(order: Order, now: int) -> bool:
    """Whether an order ended without a fill over 90 days ago (-2026 ORDER_ARCHIVED)."""
    return is_empty(order) and now - order.update_time > ARCHIVE_AFTER


def find_order(
    account: Account,
    market: Market,
    order_id: int | None,
    client_order_id: str | None,
    now: int,
    *,
    former_ids: bool,
) -> Order:
    """Return an order for order.status.

    Args:
        former_ids: also find an order by an id it had before it was cancelled or amended.

    Raises:
        Refused: -2013 no such order, -2039 the two ids do not belong together, -2026 archived, -1102 no id.
    """
    record = account.record(market.spec.symbol)
    if order_id is not None:
        order = record.orders.get(order_id)
        if order is not None and client_order_id is not None:
            known = (order.client_order_id, order.orig_client_order_id) if former_ids else (order.client_order_id,)
            if client_order_id not in known:
                raise Refused(-2039, "Client order ID is not correct for this order ID.")
    elif client_order_id is not None:
        order = record.ids.get(client_order_id)
        if order is not None and order.client_order_id != client_order_id and not former_ids:
            order = None
    else:
        raise Refused(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    if order is None:
        raise Refused(-2013, "Order does not exist.")
    if is_archived(order, now):
        raise Refused(
            -2026, "Order was canceled or expired with no executed qty over 90 days ago and has been archived."
        )
    return order


def _page(rows: Iterable[_T], limit: int, *, newest: bool) -> list[_T]:
    found = list(rows)
    if limit <= 0:
        return []
    return found[-limit:] if newest else found[:limit]


def _inside(time: int, start_time: int | None, end_time: int | None) -> bool:
    return (start_time is None or time >= start_time) and (end_time is None or time <= end_time)


def all_orders(
    account: Account,
    market: Market,
    now: int,
    order_id: int | None,
    start_time: int | None,
    end_time: int | None,
    limit: int,
) -> list[Order]:
    """Return orders for allOrders, oldest first: by time of the last update, else from an order id on, else the newest.

    A start or end time makes the order id count for nothing (allOrders, Notes).
    """
    orders = [order for order in account.record(market.spec.symbol).orders.values() if not is_archived(order, now)]
    if start_time is not None or end_time is not None:
        rows = [order for order in orders if _inside(order.update_time, start_time, end_time)]
        return _page(rows, limit, newest=start_time is None)
    if order_id is not None:
        return _page((order for order in orders if order.order_id >= order_id), limit, newest=False)
    return _page(orders, limit, newest=True)


def find_list(account: Account, order_list_id: int | None, list_client_order_id: str | None) -> OrderList:
    """Return an order list for orderList.status.

    Raises:
        Refused: -2018, no such list.
    """
    if order_list_id is not None:
        order_list = account.lists.get(order_list_id)
        if (
            order_list is not None
            and list_client_order_id is not None
            and order_list.list_client_order_id != list_client_order_id
        ):
            order_list = None
    else:
        order_list = account.list_ids.get(list_client_order_id or "")
    if order_list is None:
        raise Refused(-2018, "Order list does not exist.")
    return order_list


def order_lists(
    account: Account, from_id: int | None, start_time: int | None, end_time: int | None, limit: int
) -> list[OrderList]:
    """Return order lists for allOrderLists, oldest first; without a condition the newest.

    Times are those of the last status update ("filtered by `transactionTime`", allOrderLists).
    """
    rows = [
        each
        for each in account.lists.values()
        if (from_id is None or each.order_list_id >= from_id) and _inside(each.update_time, start_time, end_time)
    ]
    return _page(rows, limit, newest=from_id is None and start_time is None)


def trades(
    account: Account,
    market: Market,
    order_id: int | None,
    from_id: int | None,
    start_time: int | None,
    end_time: int | None,
    limit: int,
) -> list[Fill]:
    """Return fills for myTrades, oldest first; without a condition the newest."""
    fills = account.record(market.spec.symbol).fills
    rows: Iterable[Fill] = fills
    if from_id is not None:
        rows = fills[bisect_left(fills, from_id, key=lambda fill: fill.trade_id) :]
    if order_id is not None:
        rows = (fill for fill in rows if fill.order.order_id == order_id)
    if start_time is not None or end_time is not None:
        rows = (fill for fill in rows if _inside(fill.time, start_time, end_time))
    return _page(rows, limit, newest=from_id is None and start_time is None)


def allocations(
    account: Account,
    market: Market,
    order_id: int | None,
    from_id: int | None,
    start_time: int | None,
    end_time: int | None,
    limit: int,
) -> list[Fill]:
    """Return allocations for myAllocations, oldest first; with only an end time the newest."""
    rows = (
        fill
        for fill in account.record(market.spec.symbol).allocations
        if (order_id is None or fill.order.order_id == order_id)
        and (from_id is None or (fill.allocation_id or 0) >= from_id)
        and _inside(fill.time, start_time, end_time)
    )
    return _page(rows, limit, newest=end_time is not None and start_time is None)


def prevented_matches(
    account: Account,
    market: Market,
    prevented_match_id: int | None,
    order_id: int | None,
    from_id: int | None,
    limit: int,
) -> list[PreventedMatch]:
    """Return prevented matches for myPreventedMatches, oldest first."""
    rows = (
        match
        for match in market.prevented
        if account.account_id in (match.taker_account_id, match.maker_account_id)
        and (prevented_match_id is None or match.prevented_match_id == prevented_match_id)
        and (order_id is None or order_id in (match.taker_order_id, match.maker_order_id))
        and (from_id is None or match.prevented_match_id >= from_id)
    )
    return _page(rows, limit, newest=False)


def amendments(order: Order, from_execution_id: int | None, limit: int) -> list[Amendment]:
    """Return amendments for order.amendments, oldest first."""
    return _page(
        (
            each
            for each in order.amendments or ()
            if from_execution_id is None or each.execution_id >= from_execution_id
        ),
        limit,
        newest=False,
    )
