"""What is remembered of an account has bounds, and they are reached here (F24)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.models import ExecutionReport, OrderStatus
from binance_wsapi.models.base import Timestamp
from binance_wsapi.user_data.spot import account_view
from binance_wsapi.user_data.spot.account_view import AccountCache
from binance_wsapi.user_data.spot.merge import account_merge, list_merge, orders
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from tests.user_data.spot.merge.test_account_merge import made

KEPT = 60
EVENTS = 1_000


def report(number: int, *, filled: bool) -> Any:
    """Return the last report of an order: it ended at once, filled or not."""
    quantity = Decimal(int(filled))
    return made(
        ExecutionReport, symbol="BTCUSDT", order_id=number, trade_id=number if filled else -1, execution_id=number,
        execution_type="TRADE" if filled else "EXPIRED",
        order_status=OrderStatus.FILLED if filled else OrderStatus.EXPIRED, last_qty=quantity, executed_qty=quantity,
        quote_qty=quantity, cumulative_quote_qty=quantity, order_creation_time=Timestamp(number * 1_000_000),
        transact_time=Timestamp(number * 1_000_000), alloc_id=None, order_list_id=-1, used_sor=None,
        client_order_id=f"id-{number}", orig_client_order_id="",
    )  # fmt: skip


def containers(thing: Any, seen: set[int]) -> Iterator[tuple[str, int]]:
    """Return the size of everything that can grow, below an object of this package."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    names = set(getattr(thing, "__dict__", ()))
    for kind in type(thing).__mro__:
        names |= set(getattr(kind, "__slots__", ()))
    for name in names:
        value = getattr(thing, name, None)
        if isinstance(value, dict | list | set | deque):
            yield f"{type(thing).__name__}.{name}", len(value)
        elif type(value).__module__.startswith("binance_wsapi.user_data"):
            yield from containers(value, seen)


@pytest.mark.parametrize("filled", [False, True])
def test_what_is_remembered_of_ended_orders_is_bounded(monkeypatch: pytest.MonkeyPatch, filled: bool) -> None:
    for module, name in (
        (account_merge, "EXECUTIONS_KEPT"), (orders, "FINAL_KEPT"), (account_view, "FINAL_KEPT"), (list_merge, "KEPT"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, KEPT)
    account = AccountMerge(0, 6.0)
    cache = AccountCache(6.0)
    for number in range(1, EVENTS + 1):
        event = report(number, filled=filled)
        for told in account.hear(event, float(number)) or ():
            cache.hear(told, now=float(number))
    sizes = dict(containers(account, set())) | dict(containers(cache, set()))
    assert "Orders._done" in sizes
    assert {name: size for name, size in sizes.items() if size > KEPT} == {}
