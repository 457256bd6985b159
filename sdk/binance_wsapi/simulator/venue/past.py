"""The past of a symbol: candles of the time before the exchange began, made up from the seed.

Theory of operation. From the price at which the symbol opened the price wanders backwards, a minute at a time, as far as a
question reaches and no further than the past is long. The same seed is the same past. Every minute has trades, though none
of them can be asked for: only candles have a past.

All times are microseconds since the epoch, prices and quantities units of 1/10**8.
"""

from __future__ import annotations

import random
from array import array

__all__ = ["DAY", "LONGEST_PAST", "MINUTE", "SECOND", "Past", "Span"]

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
PER_DAY = DAY // MINUTE
LONGEST_PAST = 4_000
"""Days."""
STEP = 1 / 800
"""Most that a price moves in a minute, as a share of it: about a third in a year, mostly."""
FARTHEST = 5
"""The price stays between a fifth of where it opened and five times that."""
PER_MINUTE = 4_000
"""Notional of a busy minute, in smallest orders."""

_UNIT = 100_000_000


class Span:
    """What happened in some minutes: open, high, low, close, volume, quote volume and number of trades."""

    __slots__ = ("close", "count", "high", "low", "open", "quote_volume", "volume")

    def __init__(self, prices: tuple[int, int, int, int], volume: int, quote_volume: int, count: int) -> None:
        self.open, self.high, self.low, self.close = prices
        self.volume = volume
        self.quote_volume = quote_volume
        self.count = count


class Past:
    """Candles of a minute from before the exchange began.

    Args:
        seed: what the past is made from.
        price: where the symbol opened.
        tick: smallest step of the price.
        lot: smallest step of a quantity.
        least: smallest notional of an order.
        days: how long the past is.
    """

    def __init__(self, seed: str, price: int, *, tick: int, lot: int, least: int, days: int) -> None:
        self.end = 0
        self._random = random.Random(f"past {seed}")
        self._price, self._tick, self._lot, self._least = price, tick, lot, least
        self._most = days * PER_DAY
        # From the newest minute to the oldest.
        self._opens, self._highs, self._lows = array("q"), array("q"), array("q")
        self._volumes, self._quotes, self._counts = array("q"), array("q"), array("q")

    def begin(self, end: int) -> None:
        """Let the past end at this time, once: with the minute in which the exchange's first trade took place."""
        self.end = self.end or end - end % MINUTE

    @property
    def first(self) -> int:
        """When the oldest minute starts."""
        return self.end - self._most * MINUTE

    def span(self, start: int, end: int) -> Span | None:
        """Sum up the minutes from `start` to before `end`; None where the past has none of them."""
        newest = max(0, (self.end - end) // MINUTE)
        oldest = min(self._most, (self.end - start) // MINUTE)
        if oldest <= newest:
            return None
        while len(self._opens) < oldest:
            self._go_back()
        part = slice(newest, oldest)
        close = self._opens[newest - 1] if newest else self._price
        prices = self._opens[oldest - 1], max(self._highs[part]), min(self._lows[part]), close
        return Span(prices, sum(self._volumes[part]), sum(self._quotes[part]), sum(self._counts[part]))

    def _go_back(self) -> None:
        """Make up one more day."""
        draws = memoryview(self._random.randbytes(8 * PER_DAY)).cast("H")
        tick, lot = self._tick, self._lot
        close = self._opens[-1] if self._opens else self._price
        busy = self._least * PER_MINUTE
        for number in range(0, 4 * PER_DAY, 4):
            up, down, beyond, much = draws[number : number + 4]
            open_ = close + round(close * STEP * (up - down) / 65_536 / tick) * tick
            if not self._price <= open_ * FARTHEST <= self._price * FARTHEST * FARTHEST:
                open_ = close
            wick = round(close * STEP * beyond / 131_072 / tick) * tick
            high, low = max(open_, close) + wick, max(min(open_, close) - wick, tick)
            # Takers bought one half: both halves are whole lots.
            volume = max(1, busy * _UNIT // close * much * much // 65_536 // 65_536 // lot // 2) * 2 * lot
            self._opens.append(open_)
            self._highs.append(high)
            self._lows.append(low)
            self._volumes.append(volume)
            self._quotes.append(volume * ((open_ + close) // 2) // _UNIT // 2 * 2)
            self._counts.append(1 + much // 512)
            close = open_
