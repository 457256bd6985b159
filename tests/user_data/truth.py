"""What a consumer of user data was told, compared with what really happened (I5 and I6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from binance_wsapi import Gap, Overflow, Repaired, SpotClient
from binance_wsapi.models import ExecutionReport, ListOrderStatus, ListStatus
from binance_wsapi.simulator.record.truth import Truth
from binance_wsapi.user_data.spot.events import Item

__all__ = ["fills_told", "judge_cache", "judge_events"]

FillKey = tuple[str, int, int, int]
"""Symbol, order id, trade id, and the number of the allocation where there is no trade. An account may trade with itself."""


def fills_told(items: Iterable[Item]) -> list[ExecutionReport]:
    """Return the fills among what a consumer was told."""
    return [item for item in items if isinstance(item, ExecutionReport) and item.last_qty > 0]


def _key(event: ExecutionReport) -> FillKey:
    return event.symbol, event.order_id, event.trade_id, event.alloc_id or 0 if event.trade_id < 0 else 0


def judge_events(items: list[Item], truth: Truth, account: str = "alice", *, since_us: int = 0) -> list[str]:
    """Return what breaks I5: each fill once and as it was, in order per order; or a gap names what is missing.

    Args:
        items: all that a consumer was told, in order.
        truth: the exchange's.
        account: whose events they are.
        since_us: when the consumer began, in microseconds; earlier fills need not be told.
    """
    wrong: list[str] = []
    real = {
        (each.symbol, each.order_id, each.trade_id, each.allocation_id or 0 if each.trade_id < 0 else 0): each
        for each in truth.trades
        if each.account == account
    }
    fills = fills_told(items)
    told = Counter(_key(each) for each in fills)
    excused = any(isinstance(item, Gap | Overflow) for item in items)
    for key, count in told.items():
        if count > 1:
            wrong.append(f"I5: fill {key} was told {count} times")
        if key not in real:
            wrong.append(f"I5: fill {key} was invented")
    if not excused:
        for key, trade in real.items():
            if trade.time_us >= since_us and not told[key]:
                wrong.append(f"I5: fill {key} of order {trade.order_id} was never told")
    executed: dict[tuple[str, int], Decimal] = {}
    done: set[tuple[str, int]] = set()
    for event in (item for item in items if isinstance(item, ExecutionReport)):
        order = event.symbol, event.order_id
        fill = real.get(_key(event)) if event.last_qty else None
        if fill is not None:
            said = (event.order_id, event.last_price, event.last_qty, event.commission, event.quote_qty)
            if said != (fill.order_id, fill.price, fill.quantity, fill.commission, fill.quote_quantity):
                wrong.append(f"I5: fill {_key(event)} was told wrong: {said}")
        before = executed.get(order)
        if before is not None and event.executed_qty != before + event.last_qty and not excused:
            wrong.append(f"I5: order {order} went from {before} to {event.executed_qty} by {event.last_qty}")
        if order in done and not excused:
            wrong.append(f"I5: order {order} was told of after its end")
        executed[order] = event.executed_qty
        if event.is_final:
            done.add(order)
    if not excused:
        for true in truth.all_orders():
            order = true.symbol, true.order_id
            if true.account == account and not true.is_open and order in executed and order not in done:
                wrong.append(f"I5: the end of order {order}, {true.status}, was never told")
    return wrong + _judge_lists(items, truth, account, excused=excused)


def _judge_lists(items: list[Item], truth: Truth, account: str, *, excused: bool) -> list[str]:
    """Return where order lists were told wrong: each end once, and nothing after it; of each list anything is known of."""
    wrong: list[str] = []
    real = {each.order_list_id: each for each in truth.order_lists(account)}
    ended: set[int] = set()
    known: set[int] = set()
    seen: set[tuple[int, str, int, tuple[str, ...]]] = set()
    for item in items:
        if isinstance(item, ExecutionReport) and item.order_list_id != -1:
            known.add(item.order_list_id)
        if not isinstance(item, ListStatus):
            continue
        number = item.order_list_id
        known.add(number)
        true = real.get(number)
        if true is None:
            wrong.append(f"I5: order list {number} was invented")
            continue
        said = item.symbol, item.contingency_type.value, [each.order_id for each in item.orders]
        if said != (true.symbol, true.contingency_type.value, [each.order_id for each in true.orders]):
            wrong.append(f"I5: order list {number} was told wrong: {said}")
        once = number, item.list_status_type.value, item.transact_time.microseconds, tuple(
            each.client_order_id for each in item.orders
        )  # fmt: skip
        if once in seen or number in ended:
            wrong.append(f"I5: order list {number} was told of again: {item.list_status_type}")
        seen.add(once)
        if item.list_order_status is not ListOrderStatus.EXECUTING:
            ended.add(number)
            if true.is_open:
                wrong.append(f"I5: order list {number} was said to have ended")
    if not excused:
        told = {item.order_list_id for item in items if isinstance(item, ListStatus)}
        for number in sorted(known):
            if number in real and not real[number].is_open and number not in ended:
                wrong.append(f"I5: the end of order list {number} was never told")
            if number not in told:
                wrong.append(f"I5: order list {number} was never told of")
    return wrong


def judge_cache(client: SpotClient, truth: Truth, account: str = "alice") -> list[str]:
    """Return what breaks I6: open orders and balances are exactly the exchange's."""
    wrong: list[str] = []
    real = {
        (each.symbol, each.order_id): (each.client_order_id, each.status.value, each.price, each.quantity,
                                       each.executed_quantity, each.quote_quantity)
        for each in truth.all_orders()
        if each.account == account and each.is_open
    }  # fmt: skip
    said = {
        (each.symbol, each.order_id): (each.client_order_id, each.status.value, each.price, each.orig_qty,
                                       each.executed_qty, each.cumulative_quote_qty)
        for each in client.orders.open
    }  # fmt: skip
    for order in sorted({*real, *said}):
        if real.get(order) != said.get(order):
            wrong.append(f"I6: order {order} is {real.get(order)}, said to be {said.get(order)}")
    for asset, (free, locked) in truth.balances(account).items():
        balance = client.balances[asset]
        if (balance.free, balance.locked) != (free, locked):
            wrong.append(f"I6: {asset} is {free}, {locked}, said to be {balance.free}, {balance.locked}")
    return wrong


def repairs(items: Iterable[Item]) -> list[Repaired]:
    """Return the repairs among what a consumer was told."""
    return [item for item in items if isinstance(item, Repaired)]
