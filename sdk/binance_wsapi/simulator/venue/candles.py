"""Candles: trades summed up by second and by minute, and everything longer made of minutes.

All times are microseconds since the epoch, prices and quantities units of 1/10**8.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import astuple

from binance_wsapi.simulator.archive import Archive, Shelf
from binance_wsapi.simulator.engine import TradeEvent
from binance_wsapi.simulator.venue.past import DAY, MINUTE, SECOND, Past, Span

__all__ = ["INTERVALS", "MINUTE", "Candle", "CandleBook", "Interval", "candle_of", "offset_of"]

HOUR = 60 * MINUTE
MONDAY = 4 * DAY
"""1970-01-05, the first Monday."""
KEPT_SECONDS = 2_000
"""Candles of a second in memory, at least, and twice as many at most; those before are on disk."""
KEPT_MINUTES = 7 * DAY // MINUTE
"""Candles of a minute in memory, at least, and twice as many at most: as many as the longest window of a ticker needs."""
_ZONE = re.compile(r"([+-]?)(\d{1,2})(?::([0-5]\d))?", re.ASCII)


class Candle(Struct):
    """What happened from `start` to `end`, the latter not included. A candle without trades has no ids (-1)."""

    start: int
    end: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    quote_volume: int = 0
    taker_volume: int = 0
    taker_quote_volume: int = 0
    first_id: int = -1
    last_id: int = -1
    count: int = 0

    def add_trade(self, event: TradeEvent) -> None:
        """Join a trade to a candle that began with one."""
        price, quantity, quote = event.price, event.quantity, event.quote_quantity
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += quantity
        self.quote_volume += quote
        if not event.is_buyer_maker:
            self.taker_volume += quantity
            self.taker_quote_volume += quote
        self.last_id = event.trade_id
        self.count += 1

    def add(self, other: Candle) -> None:
        """Join a later candle; one without trades changes nothing."""
        if not other.count:
            return
        if not self.count:
            self.open, self.high, self.low, self.first_id = other.open, other.high, other.low, other.first_id
        self.high = max(self.high, other.high)
        self.low = min(self.low, other.low)
        self.close = other.close
        self.volume += other.volume
        self.quote_volume += other.quote_volume
        self.taker_volume += other.taker_volume
        self.taker_quote_volume += other.taker_quote_volume
        self.last_id = other.last_id
        self.count += other.count


@dataclass(frozen=True, slots=True)
class Interval:
    """A kline interval; `width` is 0 for the month."""

    name: str
    width: int

    def start_of(self, time: int, offset: int = 0) -> int:
        """Return where the interval around a time starts.

        Args:
            offset: of the time zone, in microseconds east of UTC.
        """
        local = time + offset
        if self.width:
            origin = MONDAY if self.name == "1w" else 0
            return local - (local - origin) % self.width - offset
        day = datetime.fromtimestamp(local // SECOND, UTC)
        return _month(day.year, day.month) - offset

    def next_start(self, start: int, offset: int = 0) -> int:
        """Return where the interval after the interval that starts at `start` begins."""
        if self.width:
            return start + self.width
        day = datetime.fromtimestamp((start + offset) // SECOND, UTC)
        return _month(day.year + day.month // 12, day.month % 12 + 1) - offset


def _month(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * SECOND


INTERVALS = {
    interval.name: interval
    for interval in (
        Interval("1s", SECOND),
        *(Interval(f"{count}m", count * MINUTE) for count in (1, 3, 5, 15, 30)),
        *(Interval(f"{count}h", count * HOUR) for count in (1, 2, 4, 6, 8, 12)),
        Interval("1d", DAY),
        Interval("3d", 3 * DAY),
        Interval("1w", 7 * DAY),
        Interval("1M", 0),
    )
}


def offset_of(zone: str) -> int | None:
    """Return a time zone's offset in microseconds, None if it is none: hours or hours:minutes, -12:00 to +14:00."""
    found = _ZONE.fullmatch(zone)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = (int(hours) * HOUR + int(minutes or 0) * MINUTE) * (-1 if sign == "-" else 1)
    return offset if -12 * HOUR <= offset <= 14 * HOUR else None


def candle_of(event: TradeEvent) -> Candle:
    """Return the candle of one trade."""
    quantity, quote = event.quantity, event.quote_quantity
    taken = not event.is_buyer_maker
    return Candle(
        event.time,
        event.time,
        event.price,
        event.price,
        event.price,
        event.price,
        quantity,
        quote,
        quantity if taken else 0,
        quote if taken else 0,
        event.trade_id,
        event.trade_id,
        1,
    )


class CandleBook:
    """The candles of one symbol.

    Args:
        past: what klines show of before the first trade, seconds left out; None is nothing.
        archive: where the older candles are.
        name: of the symbol's tables there.
    """

    def __init__(self, past: Past | None = None, archive: Archive | None = None, name: str = "candles") -> None:
        self.past = past
        archive = archive or Archive()
        self._seconds = _shelf(archive, f"{name}_seconds", KEPT_SECONDS)
        self._minutes = _shelf(archive, f"{name}_minutes", KEPT_MINUTES)
        self._second = self._minute = _NONE

    def forget(self) -> None:
        """Begin anew."""
        self._seconds.clear()
        self._minutes.clear()
        self._second = self._minute = _NONE

    def trade(self, event: TradeEvent) -> None:
        """Take in a trade."""
        second, minute = self._second, self._minute
        if event.time >= second.end:
            second = self._second = _begin(self._seconds, SECOND, event)
            if event.time >= minute.end:
                minute = self._minute = _begin(self._minutes, MINUTE, event)
        second.add_trade(event)
        minute.add_trade(event)

    def window(self, start: int, end: int, shown: int | None = None) -> Candle | None:
        """Sum up what happened from the minute of `start` to before `end`; None if nothing ever did before.

        Args:
            shown: what the sum shows as its start; `start` when left out.
        """
        candles = self._minutes
        at = bisect_left(candles, start - start % MINUTE, key=lambda candle: candle.start)
        before = candles[at - 1].close if at else None
        opens = start if shown is None else shown
        found: Candle | None = None
        for candle in candles.between(at, len(candles)):
            if candle.start >= end:
                break
            if found is None:
                found = Candle(opens, end, candle.open, candle.open, candle.open, candle.open)
            found.add(candle)
        if found is None and before is not None:
            found = Candle(opens, end, before, before, before, before)
        return found

    def close_before(self, start: int) -> int | None:
        """Return the last price before a time, None if there was none."""
        at = bisect_left(self._minutes, start - start % MINUTE, key=lambda candle: candle.start)
        return self._minutes[at - 1].close if at else None

    def klines(
        self, interval: Interval, now: int, start: int | None, end: int | None, limit: int, offset: int = 0
    ) -> list[Candle]:
        """Return candles, oldest first.

        Args:
            start, end: bounds of the opening time, both included; without `start` the newest are returned.
            offset: of the time zone.
        """
        seconds = interval.width == SECOND
        candles = self._seconds if seconds else self._minutes
        past = None if seconds else self.past
        if past is not None:
            past.begin(candles[0].start if candles else now)
        elif not candles:
            return []
        until = now if end is None else min(end, now)
        if start is None:  # as many as are wanted: there is a candle in every interval since the first
            start = interval.start_of(until, offset)
            for _ in range(limit - 1):
                start = start - interval.width if interval.width else interval.start_of(start - 1, offset)
        return list(self._walk(candles, past, interval, start, until, limit, offset))

    def _walk(
        self,
        candles: Shelf[Candle],
        past: Past | None,
        interval: Interval,
        start: int,
        until: int,
        most: int,
        offset: int,
    ) -> Iterator[Candle]:
        opens = interval.start_of(candles[0].start if past is None else past.first, offset)
        if start > opens:
            opens = interval.start_of(start, offset)
            if opens < start:
                opens = interval.next_start(opens, offset)
        at = bisect_left(candles, opens, key=lambda candle: candle.start)
        last = candles[at - 1].close if at else candles[0].open if candles else 0
        rest = candles.between(at, len(candles))
        following = next(rest, None)
        for _ in range(most):
            if opens > until:
                return
            closes = interval.next_start(opens, offset)
            kline = Candle(opens, closes, last, last, last, last)
            if past is not None and (span := past.span(opens, closes)) is not None:
                kline.add(_candle_of_past(span, opens))
            while following is not None and following.start < closes:
                kline.add(following)
                following = next(rest, None)
            last = kline.close
            yield kline
            opens = closes


_NONE = Candle(-1, -1, 0, 0, 0, 0)


def _shelf(archive: Archive, name: str, keep: int) -> Shelf[Candle]:
    return Shelf(archive, name, keep, _same, astuple, lambda row: Candle(*row))


def _same(candle: Candle) -> Candle:
    return candle


def _begin(candles: Shelf[Candle], width: int, event: TradeEvent) -> Candle:
    """Return a new candle around a trade, which it does not hold yet."""
    start = event.time - event.time % width
    price = event.price
    newest = Candle(start, start + width, price, price, price, price, first_id=event.trade_id)
    candles.append(newest)
    return newest


def _candle_of_past(span: Span, opens: int) -> Candle:
    volume, quote = span.volume, span.quote_volume
    return Candle(
        opens,
        opens,
        span.open,
        span.high,
        span.low,
        span.close,
        volume,
        quote,
        volume // 2,
        quote // 2,
        count=span.count,
    )
