"""Spot's methods and models, bound for the layers that follow orders (`binance_wsapi.wire.order_calls`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.api.spot.account import AccountMethods
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.api.spot.shapes import with_halves
from binance_wsapi.api.spot.trading import TradingMethods
from binance_wsapi.api.spot.user_data import UserDataMethods
from binance_wsapi.errors import VenueError, venue_error
from binance_wsapi.models.enums import ExecutionType
from binance_wsapi.models.spot.events import ExecutionReport, ListStatus, UnknownEvent, decode_event
from binance_wsapi.models.spot.orders import (
    AmendedListStatus,
    AmendedOrder,
    Amendment,
    CanceledOrder,
    CanceledOrderInList,
    CancelReplaceResponse,
    OrderAck,
    OrderAmendResult,
    OrderInList,
    OrderList,
    OrderResult,
    OrderState,
)
from binance_wsapi.models.spot.unread import UnreadRow
from binance_wsapi.wire.endpoint import TimeUnit
from binance_wsapi.wire.order_calls import AccountCalls, OrderCalls, Sight
from binance_wsapi.wire.results import has_too_much

__all__ = ["SPOT_ACCOUNT", "SPOT_ORDERS", "sights"]


def sights(result: Any) -> Sequence[Sight]:
    """Return what a result of Spot, or an event of user data, says of orders and lists; nothing where it is of none."""
    match result:
        case list():
            return [sight for each in result for sight in sights(each)]
        case CancelReplaceResponse():
            return [*sights(result.cancel_response), *sights(result.new_order_response)]
        case OrderAmendResult():
            told = [_amended(result.amended_order, result.transact_time.microseconds / 1000)]
            return told if result.list_status is None else [*told, *sights(result.list_status)]
        case OrderList() | AmendedListStatus():
            reports = [sight for each in getattr(result, "order_reports", ()) for sight in sights(each)]
            at = result.transaction_time.microseconds / 1000 if isinstance(result, OrderList) else None
            return [_listed(result, str(result.list_order_status), at), *_legs(result), *reports]
        case ListStatus():
            at = result.transact_time.microseconds / 1000
            return [_listed(result, str(result.list_order_status), at), *_legs(result)]
        case OrderState():
            made, at = result.time.microseconds / 1000, result.update_time.microseconds / 1000
            return [_order(result, str(result.status), None, made, at)]
        case CanceledOrder() | CanceledOrderInList():
            at = result.transact_time.microseconds / 1000
            return [_order(result, str(result.status), result.orig_client_order_id, None, at)]
        case OrderAck():
            at = result.transact_time.microseconds / 1000
            status = str(result.status) if isinstance(result, OrderResult) else None
            return [_order(result, status, None, at, at)]
        case Amendment():
            return [
                Sight(
                    result, result.symbol, result.new_client_order_id, result.orig_client_order_id, result.order_id,
                    quantity=result.new_qty, at_ms=result.time.microseconds / 1000, amendment=True,
                )
            ]  # fmt: skip
        case ExecutionReport():
            return _report(result)
        case UnknownEvent():
            return _unread(result)
        case UnreadRow():
            return _loose(result)
        case _:
            return []


def _order(order: Any, status: str | None, former: str | None, made: float | None, at: float) -> Sight:
    terms = {
        name: value
        for name, attribute in _TERMS
        if (value := getattr(order, attribute, None)) is not None
    }  # fmt: skip
    return Sight(
        order, order.symbol, order.client_order_id, former, order.order_id, list_number=order.order_list_id,
        status=status, quantity=getattr(order, "orig_qty", None), made_ms=made, at_ms=at, terms=terms,
    )  # fmt: skip


def _amended(order: AmendedOrder, at: float) -> Sight:
    return Sight(
        order, order.symbol, order.client_order_id, order.orig_client_order_id, order.order_id,
        list_number=order.order_list_id, status=str(order.status), quantity=order.qty, at_ms=at,
        terms={"side": order.side, "type": order.type, "price": order.price, "timeInForce": order.time_in_force},
    )  # fmt: skip


def _listed(found: OrderList | AmendedListStatus | ListStatus, status: str, at: float | None) -> Sight:
    return Sight(
        found, found.symbol, found.list_client_order_id, None, found.order_list_id, listed=True,
        list_number=found.order_list_id, legs=tuple(each.client_order_id for each in found.orders),
        numbers=tuple(each.order_id for each in found.orders), status=status, at_ms=at,
    )  # fmt: skip


def _legs(found: OrderList | AmendedListStatus | ListStatus) -> list[Sight]:
    legs: Sequence[OrderInList | Any] = found.orders
    return [
        Sight(found, each.symbol, each.client_order_id, None, each.order_id, list_number=found.order_list_id)
        for each in legs
    ]


def _report(event: ExecutionReport) -> list[Sight]:
    if event.execution_type is ExecutionType.REJECTED:  # it is about a request that made nothing
        why = _REFUSALS.get(str(event.reject_reason))
        if why is None:
            return []
        refusal = venue_error(400, -2010, why)
        assert isinstance(refusal, VenueError)
        return [Sight(event, event.symbol, event.client_order_id, status=str(event.order_status), refusal=refusal)]
    return [
        Sight(
            event, event.symbol, event.client_order_id, event.orig_client_order_id or None, event.order_id,
            list_number=event.order_list_id, status=str(event.order_status), quantity=event.orig_qty,
            made_ms=event.order_creation_time.microseconds / 1000, at_ms=event.transact_time.microseconds / 1000,
            terms={
                "side": event.side, "type": event.order_type, "price": event.price,
                "timeInForce": event.time_in_force, "quoteOrderQty": event.orig_quote_order_qty,
            },
        )
    ]  # fmt: skip


def _unread(event: UnknownEvent) -> list[Sight]:
    """Return which order a report names that cannot be read as a whole: what took an id from an order has to be known."""
    raw = event.raw or {}
    name, former, number, status = raw.get("c"), raw.get("C"), raw.get("i"), raw.get("X")
    if event.event != "executionReport" or raw.get("x") == "REJECTED":
        return []
    if not isinstance(name, str) or not isinstance(number, int):
        return []
    listed = raw.get("g")
    return [
        Sight(
            event, str(raw.get("s", "")), name, former if isinstance(former, str) and former else None, number,
            list_number=listed if isinstance(listed, int) else -1, status=status if isinstance(status, str) else None,
        )
    ]  # fmt: skip


def unread(raw: bytes, time_unit: TimeUnit) -> list[Sight]:
    """Return which orders and lists an answer names that cannot be read as a whole; a bare sight of what names none."""
    if has_too_much(list[Any], raw):
        return []
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    rows = found if isinstance(found, list) else [found]
    if len(rows) > MOST_ROWS:
        return []
    microseconds = time_unit is TimeUnit.MICROSECOND
    return [
        sight
        for row in rows
        for sight in (_loose(UnreadRow(row, microseconds=microseconds)) if isinstance(row, dict) else _NAMELESS)
    ]


MOST_ROWS: Final = 10_000
"""Rows of an answer that cannot be read as a whole: a symbol takes at most some hundred open orders of an account."""

_NAMELESS: Final = (Sight(None),)
"""Of a row that is no object."""


def _loose(row: UnreadRow) -> list[Sight]:
    """Return what a row says of an order; of a list and of its orders."""
    listed, name, group = row.listed, row.client_order_id, row.order_list_id
    number = group if listed else row.order_id
    if name is None or number is None:
        return [Sight(row, row.symbol or "", name)]
    legs = [
        Sight(row, leg.symbol or "", leg.client_order_id, None, leg.order_id, list_number=number)
        for leg in row.orders
        if listed and leg.client_order_id is not None and leg.order_id is not None
    ]
    made, at = row.time_us("time"), row.time_us("transactionTime", "updateTime", "transactTime")
    whole = Sight(
        row, row.symbol or "", name, None, number, listed=listed, list_number=-1 if group is None else group,
        legs=tuple(leg.id for leg in legs if leg.id), numbers=tuple(leg.number for leg in legs if leg.number is not None),
        status=row.text("listOrderStatus" if listed else "status"), quantity=None if listed else row.amount("origQty"),
        made_ms=None if listed or made is None else made / 1000, at_ms=None if at is None else at / 1000,
    )  # fmt: skip
    return [whole, *legs]


_REFUSALS: Final = {
    "INSUFFICIENT_BALANCES": "Account has insufficient balance for requested action.",
    "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY": "Order would trigger immediately.",
    "WOULD_MATCH_IMMEDIATELY": "Order would immediately match and take.",
    "OCO_BAD_PRICES": "The relationship of the prices for the orders is not correct.",
}
"""What a reply would have said (User data stream, Order Reject Reason; Errors, messages of -2010). Any other reason, a
duplicate among them, says nothing."""

_TERMS: Final = (
    ("side", "side"), ("type", "type"), ("price", "price"), ("timeInForce", "time_in_force"),
    ("quoteOrderQty", "orig_quote_order_qty"), ("stopPrice", "stop_price"), ("icebergQty", "iceberg_qty"),
)  # fmt: skip
"""What an order was asked for with, by wire name and by the name of the models."""


def _event(raw: bytes, subscription_id: int | None, microseconds: bool) -> Any:
    return decode_event(raw, subscription_id, microseconds=microseconds)


SPOT_ORDERS: Final = OrderCalls(
    place=TradingMethods.PLACE_ORDER,
    cancel=TradingMethods.CANCEL_ORDER,
    amend=TradingMethods.AMEND_ORDER,
    cancel_replace=TradingMethods.CANCEL_REPLACE_ORDER,
    cancel_list=OrderListMethods.CANCEL_ORDER_LIST,
    cancel_all=TradingMethods.CANCEL_OPEN_ORDERS,
    order_status=AccountMethods.ORDER_STATUS,
    list_status=AccountMethods.ORDER_LIST_STATUS,
    open_orders=AccountMethods.OPEN_ORDERS,
    all_orders=AccountMethods.ALL_ORDERS,
    amendments=AccountMethods.ORDER_AMENDMENTS,
    trades=AccountMethods.MY_TRADES,
    sights=sights,
    unread=unread,
    event=_event,
    with_halves=with_halves,
    methods=endpoints,
)

SPOT_ACCOUNT: Final = AccountCalls(
    subscribe=UserDataMethods.USER_DATA_SUBSCRIBE,
    subscribe_signature=UserDataMethods.USER_DATA_SUBSCRIBE_SIGNATURE,
    unsubscribe=UserDataMethods.USER_DATA_UNSUBSCRIBE,
    account=AccountMethods.ACCOUNT_STATUS,
    open_orders=AccountMethods.OPEN_ORDERS,
    order_status=AccountMethods.ORDER_STATUS,
    open_lists=AccountMethods.OPEN_ORDER_LISTS,
    all_lists=AccountMethods.ALL_ORDER_LISTS,
    list_status=AccountMethods.ORDER_LIST_STATUS,
    trades=AccountMethods.MY_TRADES,
    allocations=AccountMethods.MY_ALLOCATIONS,
)
