"""Stop orders waiting for their price: fixed stops and trailing stops of one symbol.

A fixed stop waits on one of two sorted lists: those that a *rising* market triggers (stop loss buys, take profit
sells) and those that a *falling* market triggers. A trailing stop first waits for its stop price, if it has one, then
follows the best price for its owner (highest for a sell, lowest for a buy) and triggers when the market comes back by
its delta (trailing-stop-faq). Every trade price is shown to all of them, in the order of the trades.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from binance_wsapi.simulator.engine.model.enums import OrderType
from binance_wsapi.simulator.engine.model.order import Order

__all__ = ["BIPS", "StopBook", "is_rising", "stop_reached"]

BIPS = 10_000

_STOP_LOSSES = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})


def is_rising(order_type: OrderType, is_buy: bool) -> bool:
    """Whether the stop price is reached from below."""
    return is_buy == (order_type in _STOP_LOSSES)


def stop_reached(order_type: OrderType, is_buy: bool, stop_price: int, price: int) -> bool:
    """Whether a trade at `price` meets the stop price condition."""
    return price >= stop_price if is_rising(order_type, is_buy) else price <= stop_price


def track_at_once(order: Order, last_price: int, now: int) -> None:
    """Let a trailing stop without a stop price follow the market from the last price on (trailing-stop-faq, scenario E)."""
    if order.trailing_delta and not order.stop_price and last_price:
        order.trailing_time = now
        order.extreme = last_price


class StopBook:
    """The waiting stop orders of one symbol."""

    __slots__ = ("_falling", "_rising", "_trailing")

    def __init__(self) -> None:
        self._rising: list[tuple[int, int, Order]] = []
        self._falling: list[tuple[int, int, Order]] = []
        self._trailing: dict[int, Order] = {}

    def __len__(self) -> int:
        return len(self._rising) + len(self._falling) + len(self._trailing)

    def add(self, order: Order) -> None:
        """Let an order wait."""
        if order.trailing_delta:
            self._trailing[order.order_id] = order
        elif is_rising(order.type, order.is_buy):
            insort(self._rising, (order.stop_price, order.order_id, order))
        else:
            insort(self._falling, (-order.stop_price, order.order_id, order))

    def remove(self, order: Order) -> None:
        """Forget an order, if it still waits."""
        if order.trailing_delta:
            self._trailing.pop(order.order_id, None)
            return
        rising = is_rising(order.type, order.is_buy)
        waiting = self._rising if rising else self._falling
        entry = (order.stop_price if rising else -order.stop_price, order.order_id)
        index = bisect_left(waiting, entry)  # a shorter tuple sorts before its extension
        if index < len(waiting) and waiting[index][2] is order:
            del waiting[index]

    def trade(self, price: int, now: int) -> list[Order]:
        """Show a trade price to all, and return those it triggers, oldest order first."""
        triggered = []
        for waiting, key in ((self._rising, price), (self._falling, -price)):
            count = 0
            while count < len(waiting) and waiting[count][0] <= key:
                triggered.append(waiting[count][2])
                count += 1
            del waiting[:count]
        for order in list(self._trailing.values()):
            if _follow(order, price, now):
                del self._trailing[order.order_id]
                triggered.append(order)
        if len(triggered) > 1:
            triggered.sort(key=lambda order: order.order_id)
        return triggered


def _follow(order: Order, price: int, now: int) -> bool:
    """Move a trailing stop by one trade and say whether it triggers."""
    if order.trailing_time < 0:
        if not order.stop_price or stop_reached(order.type, order.is_buy, order.stop_price, price):
            order.trailing_time = now
            order.extreme = price
        return False
    if order.is_buy:
        if price < order.extreme:
            order.extreme = price
        return price * BIPS >= order.extreme * (BIPS + order.trailing_delta)
    if price > order.extreme:
        order.extreme = price
    return price * BIPS <= order.extreme * (BIPS - order.trailing_delta)
