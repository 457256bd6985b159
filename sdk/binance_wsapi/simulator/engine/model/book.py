"""One symbol's order book: price levels, and in each level the orders in order of arrival.

Theory of operation
-------------------
Each side keeps its prices in one sorted list of *keys*, the best last: a bid's key is its price, an ask's the negated
price. Best price, append and removal of the best are then list ends. A level keeps its orders in a queue that allows
removal from the middle; the first is the next to trade.

Outside, a level is its *visible* quantity: an iceberg order shows at most `iceberg_qty` of itself. When its visible
part is traded away it shows the next part and goes to the end of the queue.

What the public sees (`LevelChange`) is settled once per command: the first touch of a level notes what was published,
`changes` compares that with what is there now. So a level that changes and changes back says nothing, and a diff
stream built from the changes is exact.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator

from binance_wsapi.simulator.engine.model.enums import Side
from binance_wsapi.simulator.engine.model.order import Order

__all__ = ["Book", "BookSide", "Level"]


class Level:
    """The orders at one price. `visible` and `total` are sums over them."""

    __slots__ = ("orders", "price", "total", "visible")

    def __init__(self, price: int) -> None:
        self.price = price
        self.orders: OrderedDict[int, Order] = OrderedDict()
        self.visible = 0
        self.total = 0

    def first(self) -> Order:
        """Return the order that trades next."""
        return next(iter(self.orders.values()))


MOST_SHOWN = (1 << 63) - 1
"""A level that holds more is shown with this quantity (CHANGELOG, 2022-05-23)."""


class BookSide:
    """Bids or asks."""

    __slots__ = ("keys", "levels", "side", "sign", "touched")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}
        self.touched: dict[int, int] = {}

    def best(self) -> Level | None:
        """Return the level that trades first."""
        keys = self.keys
        return self.levels[keys[-1] * self.sign] if keys else None

    def best_first(self) -> Iterator[Level]:
        """Iterate over the levels, best price first."""
        for key in reversed(self.keys):
            yield self.levels[key * self.sign]

    def at_depth(self, depth: int) -> Level | None:
        """Return the level `depth` levels behind the best (0)."""
        return self.levels[self.keys[-1 - depth] * self.sign] if depth < len(self.keys) else None

    def add(self, order: Order) -> None:
        """Queue an order at its limit price."""
        price = order.limit
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = Level(price)
            insort(self.keys, price * self.sign)
            self.touched.setdefault(price, 0)
        else:
            self.touched.setdefault(price, level.visible)
        remaining = order.remaining
        order.visible = min(order.iceberg_qty, remaining) if order.iceberg_qty else remaining
        order.on_book = True
        level.orders[order.order_id] = order
        level.visible += order.visible
        level.total += remaining

    def remove(self, order: Order) -> None:
        """Take an order out, filled or not."""
        level = self.levels[order.limit]
        self.touched.setdefault(level.price, level.visible)
        del level.orders[order.order_id]
        level.visible -= order.visible
        level.total -= order.remaining
        order.visible = 0
        order.on_book = False
        if not level.orders:
            self._drop(level)

    def reduce(self, level: Level, order: Order, quantity: int) -> None:
        """Take `quantity` of the visible part of the level's first order; `order.remaining` is already reduced."""
        self.touched.setdefault(level.price, level.visible)
        level.visible -= quantity
        level.total -= quantity
        order.visible -= quantity
        if order.remaining == 0:
            del level.orders[order.order_id]
            order.on_book = False
            if not level.orders:
                self._drop(level)
        elif order.visible == 0:
            order.visible = min(order.iceberg_qty, order.remaining)
            level.visible += order.visible
            level.orders.move_to_end(order.order_id)

    def shrink(self, order: Order, quantity: int) -> None:
        """Take `quantity` off a resting order without moving it in the queue; `order.remaining` is already reduced.

        An iceberg shows less only if less than its visible part is left (order_amend_keep_priority, "Can Iceberg Orders
        be amended?").
        """
        level = self.levels[order.limit]
        self.touched.setdefault(level.price, level.visible)
        level.total -= quantity
        hidden = min(order.visible, order.remaining)
        level.visible -= order.visible - hidden
        order.visible = hidden

    def _drop(self, level: Level) -> None:
        del self.levels[level.price]
        key = level.price * self.sign
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]

    def changes(self) -> list[tuple[int, int]]:
        """Return (price, visible quantity) of every level that looks different since the last call."""
        levels = self.levels
        found = []
        for price, published in self.touched.items():
            level = levels.get(price)
            visible = 0 if level is None else min(level.visible, MOST_SHOWN)
            if visible != min(published, MOST_SHOWN):
                found.append((price, visible))
        self.touched.clear()
        return found

    def depth(self, limit: int | None = None) -> list[tuple[int, int]]:
        """Return (price, visible quantity), best first."""
        keys = self.keys if limit is None else self.keys[-limit:] if limit else []
        sign, levels = self.sign, self.levels
        return [(key * sign, min(levels[key * sign].visible, MOST_SHOWN)) for key in reversed(keys)]


class Book:
    """Both sides and the number of the last published change."""

    __slots__ = ("asks", "bids", "update_id")

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)
        self.update_id = 0

    def own(self, is_buy: bool) -> BookSide:
        """Return the side on which such an order rests."""
        return self.bids if is_buy else self.asks

    def opposite(self, is_buy: bool) -> BookSide:
        """Return the side from which such an order takes."""
        return self.asks if is_buy else self.bids
