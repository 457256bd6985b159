"""Orders and lists that are over as plain rows, to be kept outside the engine, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import (
    ContingencyType,
    ExpiryReason,
    ListKind,
    ListOrderStatus,
    ListStatusType,
    OrderStatus,
    OrderType,
    PegOffsetType,
    PegPriceType,
    Side,
    StpMode,
    TimeInForce,
    WorkingFloor,
)
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.order import Amendment, Order, OrderList

__all__ = ["pack_list", "pack_order", "unpack_list", "unpack_order"]

_APART = {"account", "market", "order_list", "amendments"}
_PLAIN = [name for name in Order.__struct_fields__ if name not in _APART]
_values = attrgetter(*_PLAIN)
_amendment = attrgetter(*(each.name for each in fields(Amendment)))
_WORDS: dict[str, Callable[[str], Any]] = {
    "side": Side,
    "type": OrderType,
    "time_in_force": TimeInForce,
    "stp_mode": StpMode,
    "peg_price_type": PegPriceType,
    "peg_offset_type": PegOffsetType,
    "status": OrderStatus,
    "expiry_reason": ExpiryReason,
    "working_floor": WorkingFloor,
}
_PLACES = [(_PLAIN.index(name), kind) for name, kind in _WORDS.items()]


def pack_order(order: Order) -> list[Any]:
    """Return an order as a row of what JSON can hold. Of its list only number and kind are in it."""
    order_list = order.order_list
    return [
        order.account.account_id,
        order.symbol,
        None if order_list is None else [order_list.order_list_id, order_list.kind],
        None if order.amendments is None else [_amendment(each) for each in order.amendments],
        _values(order),
    ]


def unpack_order(packed: list[Any], accounts: Mapping[int, Account], markets: Mapping[str, Market]) -> Order:
    """Return the order of a row."""
    number, symbol, listed, amendments, values = packed
    account, market = accounts[number], markets[symbol]
    for place, word in _PLACES:
        if values[place] is not None:
            values[place] = word(values[place])
    found = Order(account, market, **dict(zip(_PLAIN, values, strict=True)))
    if listed is not None:
        kind = ListKind(listed[1])
        contingency = ContingencyType.OCO if kind is ListKind.OCO else ContingencyType.OTO
        found.order_list = OrderList(listed[0], "", kind, contingency, account, market, found.time)
    if amendments is not None:
        found.amendments = [Amendment(*each) for each in amendments]
    return found


def pack_list(order_list: OrderList) -> list[Any]:
    """Return an order list with its orders as a row of what JSON can hold."""
    return [
        order_list.account.account_id,
        order_list.symbol,
        order_list.order_list_id,
        order_list.list_client_order_id,
        order_list.kind,
        order_list.contingency_type,
        order_list.time,
        order_list.update_time,
        order_list.status_type,
        order_list.order_status,
        [pack_order(order) for order in order_list.orders],
    ]


def unpack_list(packed: list[Any], accounts: Mapping[int, Account], markets: Mapping[str, Market]) -> OrderList:
    """Return the order list of a row."""
    number, symbol, list_id, name, kind, contingency, time, updated, status, order_status, orders = packed
    return OrderList(
        list_id,
        name,
        ListKind(kind),
        ContingencyType(contingency),
        accounts[number],
        markets[symbol],
        time,
        orders=[unpack_order(each, accounts, markets) for each in orders],
        update_time=updated,
        status_type=ListStatusType(status),
        order_status=ListOrderStatus(order_status),
    )
