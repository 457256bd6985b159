"""The answers of one look at an account. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from binance_wsapi.models.spot.account import Account, AccountTrade, Allocation
from binance_wsapi.models.spot.orders import OrderList, OrderState

__all__ = ["Look", "OrderKey"]

OrderKey: TypeAlias = tuple[str, int]
"""Symbol and order id."""


@dataclass(slots=True)
class Look:
    """The answers of one look at an account.

    Attributes:
        asked: seconds, local, before the first question of it was sent.
        asked_us: the same by the venue's clock, in microseconds.
        balances: what the account has; None where that cannot be read.
        open_orders: all that are open.
        statuses: orders that were asked about one by one.
        trades: trades of the symbols in question, from where each is settled.
        without_settled: of symbols whose last settled trade the venue does not show any more, the next trades or the newest.
        history: all fills of an order, where it was not known how much of it was delivered.
        allocations: fills by smart order routing, where trades do not explain what was executed.
        lists: order lists, where there are any.
        more: symbols of which there are more trades than one look takes in.
        allocated: symbols of which these are all from the first that is not settled.
        unread: what the venue told that cannot be read, in words.
        unread_orders: the open orders among it: that they are open is known, and nothing else.
        all_lists: whether these are all from the first that is not settled.
    """

    asked: float
    asked_us: int
    balances: Account | None = None
    open_orders: list[OrderState] = field(default_factory=list)
    statuses: list[OrderState] = field(default_factory=list)
    trades: dict[str, list[AccountTrade]] = field(default_factory=dict)
    without_settled: dict[str, list[AccountTrade]] = field(default_factory=dict)
    history: dict[OrderKey, list[AccountTrade]] = field(default_factory=dict)
    allocations: list[Allocation] = field(default_factory=list)
    lists: list[OrderList] = field(default_factory=list)
    allocated: set[str] = field(default_factory=set)
    all_lists: bool = False
    more: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    unread_orders: set[OrderKey] = field(default_factory=set)
