"""Spot's replies, events and answers, read as what handles know of an order: the `EvidenceReader` of Spot.

This file is pure.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from binance_wsapi.errors import ProtocolViolation
from binance_wsapi.models.enums import ExecutionType, OrderStatus
from binance_wsapi.models.spot.account import AccountTrade
from binance_wsapi.models.spot.events import EventStreamTerminated, ExecutionReport, ListStatus, UnknownEvent
from binance_wsapi.models.spot.orders import (
    AmendedOrder,
    CanceledOrder,
    CanceledOrderInList,
    OrderAck,
    OrderAmendResult,
    OrderFull,
    OrderList,
    OrderResult,
    OrderState,
)
from binance_wsapi.models.spot.unread import UnreadRow
from binance_wsapi.orders.trade.evidence import ListSighting, Names, Sighting
from binance_wsapi.orders.trade.types import HandleFill, HandleStatus

__all__ = ["ends_stream", "names_of", "read", "read_list"]


def read_list(evidence: Any) -> ListSighting | None:
    """Return what the reply, event or answer about a list says of each of its orders; None where it is about no list.

    Args:
        evidence: a list that was placed, cancelled or asked for, or an event about one.
    """
    if isinstance(evidence, UnreadRow) and evidence.listed:
        number = -1 if evidence.order_list_id is None else evidence.order_list_id
        legs = [
            Sighting(leg.order_id, leg.client_order_id, order_list_id=number)
            for leg in evidence.orders
            if leg.order_id is not None
        ]
        return ListSighting(evidence.symbol or "", number, evidence.client_order_id or "", legs)
    if not isinstance(evidence, OrderList | ListStatus):
        return None
    number = evidence.order_list_id
    legs = [sighting for each in getattr(evidence, "order_reports", ()) if (sighting := read(each)) is not None]
    told = {each.order_id for each in legs}
    legs += [
        Sighting(each.order_id, each.client_order_id, order_list_id=number)
        for each in evidence.orders
        if each.order_id not in told
    ]
    return ListSighting(evidence.symbol, number, evidence.list_client_order_id, legs)


def names_of(event: Any) -> Names | None:
    """Return what the one order is called that an event tells of; None of any other event."""
    if type(event) is not ExecutionReport:
        return None
    return event.symbol, event.order_id, event.client_order_id, event.orig_client_order_id


def ends_stream(event: Any) -> bool:
    """Whether an event says that no more events come until the account is subscribed again."""
    return isinstance(event, EventStreamTerminated)


def read(evidence: Any) -> Sighting | None:
    """Return what a reply, an event or the answer to a question says of an order; None where it is about no order.

    An execution report that says REJECTED is about a request that made nothing: it tells of no order either.

    Args:
        evidence: any of the models that describe an order, or the trades of one (``my_trades``).
    """
    match evidence:
        case OrderAmendResult():
            sighting = read(evidence.amended_order)
            return sighting and replace(sighting, at_us=evidence.transact_time.microseconds)
        case AmendedOrder():
            return Sighting(
                evidence.order_id, evidence.client_order_id, _other(evidence), _status(evidence.status),
                evidence.qty, evidence.executed_qty, _known(evidence.cumulative_quote_qty),
                order_list_id=evidence.order_list_id, word=_word(evidence.status),
            )  # fmt: skip
        case ExecutionReport():
            return _report(evidence)
        case CanceledOrder() | CanceledOrderInList():
            return _result(evidence, _other(evidence))
        case OrderResult() | OrderState():
            return _result(evidence, None)
        case OrderAck():
            return Sighting(
                evidence.order_id, evidence.client_order_id, at_us=evidence.transact_time.microseconds,
                order_list_id=evidence.order_list_id,
            )  # fmt: skip
        case [AccountTrade() as first, *_]:
            if any(not isinstance(each, AccountTrade) or each.order_id != first.order_id for each in evidence):
                raise ProtocolViolation("the trades of one order were asked for, and those of others came")
            return Sighting(
                first.order_id, fills=tuple(_of_trade(each) for each in evidence), order_list_id=first.order_list_id
            )
        case UnreadRow():
            return _unread_row(evidence)
        case UnknownEvent(event="executionReport"):
            return _unread_report(evidence)
        case _:
            return None


def _status(status: OrderStatus) -> HandleStatus | None:
    return HandleStatus(status.value) if status.known else None


def _word(status: OrderStatus) -> str | None:
    return None if status.known else status.value


def _unread_row(row: UnreadRow) -> Sighting | None:
    number, status = row.order_id, row.text("status")
    if number is None:
        return None
    at = row.time_us("updateTime", "transactTime")
    group = row.order_list_id
    return Sighting(
        number, row.client_order_id, None, None if status is None else _status(OrderStatus(status)),
        row.amount("origQty"), row.amount("executedQty"), _known(row.amount("cummulativeQuoteQty")), (),
        row.time_us("time"), 0 if at is None else at, -1 if group is None else group,
        None if status is None else _word(OrderStatus(status)),
    )  # fmt: skip


def _unread_report(event: UnknownEvent) -> Sighting | None:
    """Read a report that cannot be read as a whole. What was filled is asked for: of a fill all is read, or nothing."""
    row = UnreadRow(event.raw or {})
    number, status, name, before = row.whole("i"), row.text("X"), row.text("c"), row.text("C")
    if number is None or row.text("x") == "REJECTED":
        return None
    group = row.whole("g")
    return Sighting(
        number, name, before if before and before != name else None,
        None if status is None else _status(OrderStatus(status)), row.amount("q"), row.amount("z"),
        _known(row.amount("Z")),
        order_list_id=-1 if group is None else group, word=None if status is None else _word(OrderStatus(status)),
        symbol=row.text("s") or "", partly=True,
    )  # fmt: skip


def _known(quote: Decimal | None) -> Decimal | None:
    """A negative quote quantity stands for "not known" (Conditional fields, "cummulativeQuoteQty")."""
    return quote if quote is not None and quote >= 0 else None


def _other(evidence: AmendedOrder | CanceledOrder | CanceledOrderInList) -> str | None:
    before = evidence.orig_client_order_id
    return before if before and before != evidence.client_order_id else None


def _result(evidence: OrderResult | OrderState, renamed_from: str | None) -> Sighting:
    fills: tuple[HandleFill, ...] = ()
    if isinstance(evidence, OrderFull):
        # What fills at once was a taker's.
        fills = tuple(
            HandleFill(each.trade_id, each.price, each.qty, each.commission, each.commission_asset,
                      evidence.transact_time, False, each.alloc_id)
            for each in evidence.fills
        )  # fmt: skip
    stored = evidence if isinstance(evidence, OrderState) else None
    return Sighting(
        evidence.order_id, evidence.client_order_id, renamed_from, _status(evidence.status), evidence.orig_qty,
        evidence.executed_qty, _known(evidence.cumulative_quote_qty), fills,
        None if stored is None else stored.time.microseconds,
        (evidence.update_time if isinstance(evidence, OrderState) else evidence.transact_time).microseconds,
        evidence.order_list_id, _word(evidence.status),
    )  # fmt: skip


def _report(event: ExecutionReport) -> Sighting | None:
    if event.execution_type is ExecutionType.REJECTED:
        return None
    fills: tuple[HandleFill, ...] = ()
    if event.execution_type is ExecutionType.TRADE:
        fills = (
            HandleFill(event.trade_id, event.last_price, event.last_qty, event.commission, event.commission_asset,
                      event.transact_time, event.is_maker, event.alloc_id),
        )  # fmt: skip
    before = event.orig_client_order_id
    return Sighting(
        event.order_id, event.client_order_id, before if before and before != event.client_order_id else None,
        _status(event.order_status), event.orig_qty, event.executed_qty, _known(event.cumulative_quote_qty), fills,
        event.order_creation_time.microseconds, event.transact_time.microseconds, event.order_list_id,
        _word(event.order_status), event.symbol,
    )  # fmt: skip


def _of_trade(trade: AccountTrade) -> HandleFill:
    return HandleFill(
        trade.id, trade.price, trade.qty, trade.commission, trade.commission_asset or None, trade.time, trade.is_maker
    )
