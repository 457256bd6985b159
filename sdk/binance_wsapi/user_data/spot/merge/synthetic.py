"""The reports the venue would have sent, made of the answers to queries. This file is pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from binance_wsapi.models.base import MicroTimestamp, Timestamp
from binance_wsapi.models.enums import ExecutionType, OrderStatus, Side
from binance_wsapi.models.spot.account import AccountTrade, Allocation
from binance_wsapi.models.spot.events import ExecutionReport, ListStatus
from binance_wsapi.models.spot.orders import OrderList, OrderState

__all__ = ["Fill", "recovered_list_status", "recovered_report"]

Fill: TypeAlias = AccountTrade | Allocation


def recovered_report(
    last: ExecutionReport | None,
    state: OrderState | None,
    executed: Decimal,
    quote: Decimal,
    kind: ExecutionType,
    status: OrderStatus,
    time: Timestamp,
    fill: Fill | None = None,
    former: str | None = None,
) -> ExecutionReport:
    """Return the report the venue would have sent, marked as recovered.

    Args:
        last: the report of the order before it; None where there is none, and ``state`` is needed.
        state: the order as a view has it.
        executed: base quantity executed in all, this report included.
        quote: quote quantity executed in all.
        kind: what happened.
        status: what became of the order by it.
        time: when.
        fill: what was executed, where something was.
        former: the client order id that the order had before; None where ``last`` tells it.
    """
    values: dict[str, Any]
    if last is not None:
        values = {name: getattr(last, name) for name in _LASTING}
    else:
        assert state is not None
        values = _of_state(state)
    if state is not None and (last is None or state.update_time.microseconds >= last.transact_time.microseconds):
        values["client_order_id"] = state.client_order_id
        values["expiry_reason"] = state.expiry_reason
        values["orig_qty"] = state.orig_qty or values["orig_qty"]
    values |= {
        "event": "executionReport",
        "event_time": time,
        "transact_time": time,
        "execution_type": kind,
        "order_status": status,
        "reject_reason": "NONE",
        "execution_id": -1,
        "executed_qty": executed,
        "cumulative_quote_qty": quote,
        "is_working": not status.is_final and status is not OrderStatus.PENDING_NEW,
        "trade_id": -1,
        "last_qty": Decimal(0),
        "last_price": Decimal(0),
        "quote_qty": Decimal(0),
        "commission": Decimal(0),
        "commission_asset": None,
        "is_maker": False,
    }
    if former is not None:
        values["orig_client_order_id"] = former
    if fill is not None:
        values |= {
            "last_qty": fill.qty,
            "last_price": fill.price,
            "quote_qty": fill.quote_qty,
            "commission": fill.commission,
            "commission_asset": fill.commission_asset,
            "is_maker": fill.is_maker,
            "side": Side.BUY if fill.is_buyer else Side.SELL,
        }
        if isinstance(fill, AccountTrade):
            values["trade_id"] = fill.id
        else:
            values |= {"alloc_id": fill.allocation_id, "match_type": "ONE_PARTY_TRADE_REPORT"}
    event = ExecutionReport.from_dict(values, microseconds=isinstance(time, MicroTimestamp))
    event.mark_recovered()
    return event


def recovered_list_status(order_list: OrderList, time: Timestamp) -> ListStatus:
    """Return the status of an order list the venue would have sent, marked as recovered.

    Args:
        order_list: the list as a view has it.
        time: when it came to be so.
    """
    event = ListStatus.from_dict(
        {
            "event": "listStatus",
            "event_time": time,
            "symbol": order_list.symbol,
            "order_list_id": order_list.order_list_id,
            "contingency_type": order_list.contingency_type,
            "list_status_type": order_list.list_status_type,
            "list_order_status": order_list.list_order_status,
            "reject_reason": "NONE",
            "list_client_order_id": order_list.list_client_order_id,
            "transact_time": time,
            "orders": [
                {"symbol": each.symbol, "order_id": each.order_id, "client_order_id": each.client_order_id}
                for each in order_list.orders
            ],
        },
        microseconds=isinstance(time, MicroTimestamp),
    )
    event.mark_recovered()
    return event


_LASTING = (
    "symbol", "order_id", "client_order_id", "side", "order_type", "time_in_force", "orig_qty", "price",
    "stop_price", "iceberg_qty",
    "order_list_id", "orig_client_order_id", "order_creation_time", "orig_quote_order_qty",
    "self_trade_prevention_mode", "working_time", "trailing_delta", "trailing_time", "strategy_id", "strategy_type",
    "prevented_qty", "trade_group_id", "working_floor", "used_sor", "peg_price_type", "peg_offset_type",
    "peg_offset_value", "pegged_price",
)  # fmt: skip


def _of_state(state: OrderState) -> dict[str, Any]:
    """Return what an answer about an order says that a report would say of it, too."""
    zero = Decimal(0)
    return {
        "symbol": state.symbol,
        "order_id": state.order_id,
        "client_order_id": state.client_order_id,
        "side": state.side,
        "order_type": state.type,
        "time_in_force": state.time_in_force,
        "orig_qty": state.orig_qty or zero,
        "price": state.price,
        "stop_price": state.stop_price or zero,
        "iceberg_qty": state.iceberg_qty or zero,
        "order_list_id": state.order_list_id,
        "orig_client_order_id": "",
        "order_creation_time": state.time,
        "orig_quote_order_qty": state.orig_quote_order_qty or zero,
        "self_trade_prevention_mode": state.self_trade_prevention_mode or "NONE",
        "working_time": state.working_time,
        "trailing_delta": state.trailing_delta,
        "trailing_time": state.trailing_time,
        "strategy_id": state.strategy_id,
        "strategy_type": state.strategy_type,
        "prevented_qty": state.prevented_quantity,
        "trade_group_id": state.trade_group_id,
        "working_floor": state.working_floor,
        "used_sor": state.used_sor,
        "peg_price_type": state.peg_price_type,
        "peg_offset_type": state.peg_offset_type,
        "peg_offset_value": state.peg_offset_value,
        "pegged_price": state.pegged_price,
    }
