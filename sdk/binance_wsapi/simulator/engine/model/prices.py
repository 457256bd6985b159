"""Prices derived from trades: the weighted average the filters use, and the reference price.

Both look back over a window of time and are exact at any time they are asked, so they need no timer.
"""

from __future__ import annotations

from collections import deque

from binance_wsapi.simulator.engine.model.numbers import SCALE

__all__ = ["AveragePrice", "ReferencePrice", "within"]

_SECOND = 1_000_000


class AveragePrice:
    """Volume weighted average price over the last minutes, in steps of one second."""

    __slots__ = ("_amount", "_seconds", "_volume", "_window")

    def __init__(self, minutes: int) -> None:
        self._window = minutes * 60
        self._seconds: deque[list[int]] = deque()
        self._amount = 0
        self._volume = 0

    def trade(self, price: int, quantity: int, now: int) -> None:
        """Take a trade into account."""
        second = now // _SECOND
        amount = price * quantity
        if self._seconds and self._seconds[-1][0] == second:
            entry = self._seconds[-1]
            entry[1] += amount
            entry[2] += quantity
        else:
            self._drop(second)
            self._seconds.append([second, amount, quantity])
        self._amount += amount
        self._volume += quantity

    def _drop(self, second: int) -> None:
        oldest = second - self._window
        seconds = self._seconds
        while seconds and seconds[0][0] <= oldest:
            _, amount, quantity = seconds.popleft()
            self._amount -= amount
            self._volume -= quantity

    def at(self, now: int) -> int | None:
        """Return the average at a time, None if there was no trade in the window."""
        self._drop(now // _SECOND)
        return self._amount // self._volume if self._volume else None


class ReferencePrice:
    """Arithmetic mean of trade prices over a sliding window (price_range_execution_rules, "How does the Matching
    Engine calculate the reference price?").

    Trades fall into buckets aligned to the bucket width. Counts have four decimal places, sums four more than the quote
    asset: prices here have eight places, so both are kept times 10**4. The oldest bucket may lie half outside the
    window; then only its share inside counts.
    """

    __slots__ = ("_buckets", "_width", "_window")

    _FINE = 10**4

    def __init__(self, bucket_count: int, bucket_width_ms: int) -> None:
        if bucket_count < 1 or bucket_width_ms < 1:
            raise ValueError("a reference price needs at least one bucket of at least one millisecond")
        self._width = bucket_width_ms * 1000
        self._window = self._width * bucket_count
        self._buckets: deque[list[int]] = deque()  # [open time, count, sum]

    def trade(self, price: int, now: int) -> None:
        """Take a trade into account."""
        opened = now - now % self._width
        if self._buckets and self._buckets[-1][0] == opened:
            bucket = self._buckets[-1]
            bucket[1] += self._FINE
            bucket[2] += price * self._FINE
        else:
            self._drop(now - self._window)
            self._buckets.append([opened, self._FINE, price * self._FINE])

    def _drop(self, cutoff: int) -> None:
        buckets = self._buckets
        while buckets and buckets[0][0] + self._width <= cutoff:
            buckets.popleft()

    def at(self, now: int) -> int | None:
        """Return the price at a time, None if no trade is in the window."""
        cutoff = now - self._window
        self._drop(cutoff)
        count = total = 0
        for opened, trades, prices in self._buckets:
            if opened < cutoff:
                expired = cutoff - opened
                count += trades - trades * expired // self._width
                total += prices - prices * expired // self._width
            else:
                count += trades
                total += prices
        return total // count if count else None


def within(price: int, reference: int, down: int | None, up: int | None) -> bool:
    """Whether `reference * down <= price <= reference * up`; a missing multiplier does not bound."""
    scaled = price * SCALE
    return (up is None or scaled <= reference * up) and (down is None or scaled >= reference * down)
