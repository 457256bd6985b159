"""Engine events as the user data stream tells them (user-data-stream.md)."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.engine import (
    AccountPosition,
    BalanceUpdate,
    Event,
    ExternalLockUpdate,
    ListEvent,
    OrderEvent,
    show,
)
from binance_wsapi.simulator.venue.rendering import stamp

__all__ = ["ACCOUNT_EVENTS", "account_of", "user_event"]


ACCOUNT_EVENTS = (OrderEvent, AccountPosition, BalanceUpdate, ExternalLockUpdate, ListEvent)
"""Events of one account."""


def account_of(event: Event) -> int | None:
    """Return the account an event belongs to, None for one of the whole market."""
    if isinstance(event, OrderEvent):
        return event.order.account_id
    if isinstance(event, (AccountPosition, BalanceUpdate, ExternalLockUpdate, ListEvent)):
        return event.account_id
    return None


def user_event(event: Event, event_time: int, unit: int) -> dict[str, Any] | None:
    """Render an account's event, None if the stream does not tell it.

    Args:
        event_time: microseconds.
        unit: divides microseconds to the connection's unit.
    """
    if isinstance(event, OrderEvent):
        return _execution_report(event, event_time, unit)
    if isinstance(event, AccountPosition):
        return {
            "e": "outboundAccountPosition",
            "E": stamp(event_time, unit),
            "u": stamp(event.time, unit),
            "B": [{"a": asset, "f": show(free), "l": show(locked)} for asset, free, locked in event.balances],
        }
    if isinstance(event, (BalanceUpdate, ExternalLockUpdate)):
        return {
            "e": "balanceUpdate" if isinstance(event, BalanceUpdate) else "externalLockUpdate",
            "E": stamp(event_time, unit),
            "a": event.asset,
            "d": show(event.delta),
            "T": stamp(event.time, unit),
        }
    if isinstance(event, ListEvent):
        return {
            "e": "listStatus",
            "E": stamp(event_time, unit),
            "s": event.symbol,
            "g": event.order_list_id,
            "c": event.contingency_type,
            "l": event.list_status_type,
            "L": event.list_order_status,
            "r": event.reject_reason,
            "C": event.list_client_order_id,
            "T": stamp(event.time, unit),
            "O": [{"s": symbol, "i": order_id, "c": client_id} for symbol, order_id, client_id in event.orders],
        }
    return None


def _execution_report(event: OrderEvent, event_time: int, unit: int) -> dict[str, Any]:
    order = event.order
    row: dict[str, Any] = {
        "e": "executionReport",
        "E": stamp(event_time, unit),
        "s": order.symbol,
        "c": event.client_order_id,
        "S": order.side,
        "o": order.type,
        "f": order.time_in_force,
        "q": show(event.quantity),
        "p": show(event.price),
        "P": show(order.stop_price),
    }
    if order.trailing_delta:
        row["d"] = order.trailing_delta
        row["D"] = stamp(event.trailing_time, unit)
    row |= {
        "F": show(order.iceberg_qty),
        "g": order.order_list_id,
        "C": event.orig_client_order_id,
        "x": event.execution_type,
        "X": event.status,
        "r": event.reject_reason,
        "i": order.order_id,
        "l": show(event.last_qty),
        "z": show(event.executed_qty),
        "L": show(event.last_price),
        "n": show(event.commission) if event.commission else "0",
        "N": event.commission_asset,
        "T": stamp(event.time, unit),
        "t": event.trade_id,
    }
    match = event.prevented_match
    if match is not None:
        row["v"] = match.prevented_match_id
    row |= {
        "I": event.execution_id,
        "w": event.is_on_book,
        "m": event.is_maker,
        "M": event.last_qty > 0,  # "Ignore", but it is true on fills in the samples of market_orders_faq
        "O": stamp(order.time, unit),
        "Z": show(event.cumulative_quote_qty),
        "Y": show(event.last_quote_qty),
        "Q": show(order.quote_order_qty),
    }
    if event.working_time >= 0:
        row["W"] = stamp(event.working_time, unit)
    row["V"] = order.stp_mode
    _add_conditional(row, event)
    return row


def _add_conditional(row: dict[str, Any], event: OrderEvent) -> None:
    order, match = event.order, event.prevented_match
    if order.strategy_id is not None:
        row["j"] = order.strategy_id
    if order.strategy_type is not None:
        row["J"] = order.strategy_type
    if event.prevented_qty:
        row["A"] = show(event.prevented_qty)  # over the life of the order (stp_faq, "What is prevented quantity?")
    if match is not None:
        row |= {
            "B": show(event.last_prevented_qty),
            "u": match.trade_group_id,
            "U": event.counter_order_id,
            "Cs": event.counter_symbol,
        }
        if event.prevented_execution_qty:
            row |= {
                "pl": show(event.prevented_execution_qty),
                "pL": show(event.prevented_execution_price),
                "pY": show(event.prevented_execution_quote_qty),
            }
    if event.allocation_id is not None:
        row["b"] = "ONE_PARTY_TRADE_REPORT"
        row["a"] = event.allocation_id
    if event.working_floor is not None:
        row["k"] = event.working_floor
    if event.used_sor:
        row["uS"] = True
    if order.peg_price_type is not None:
        row["gP"] = order.peg_price_type
        if order.peg_offset_type is not None:
            row["gOT"] = order.peg_offset_type
        if order.peg_offset_value is not None:
            row["gOV"] = order.peg_offset_value
        if event.pegged_price:
            row["gp"] = show(event.pegged_price)
    if event.expiry_reason is not None:
        row["eR"] = event.expiry_reason
