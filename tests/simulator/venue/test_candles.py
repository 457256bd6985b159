"""Candles: where they open and close, what is in them, and what an empty one shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from binance_wsapi.simulator.engine import TradeEvent
from binance_wsapi.simulator.venue.candles import HOUR, INTERVALS, Candle, CandleBook, offset_of
from binance_wsapi.simulator.venue.past import DAY, MINUTE, SECOND
from binance_wsapi.simulator.venue.tickers import Statistics, window_of


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def trade(time: int, price: int, quantity: int = 1, trade_id: int = 0, *, buyer_maker: bool = False) -> TradeEvent:
    return TradeEvent("X", trade_id, price, quantity, price * quantity, time, 1, 2, 1, 2, buyer_maker)


@pytest.mark.parametrize(
    ("name", "time", "zone", "start", "end"),
    [
        ("1m", "2026-01-07 12:34:56", "0", "2026-01-07 12:34", "2026-01-07 12:35"),
        ("4h", "2026-01-07 12:34:56", "0", "2026-01-07 12:00", "2026-01-07 16:00"),
        ("1d", "2026-01-07 12:34:56", "8", "2026-01-06 16:00", "2026-01-07 16:00"),
        ("1d", "2026-01-07 12:34:56", "-1:00", "2026-01-07 01:00", "2026-01-08 01:00"),
        ("1w", "2026-01-07 12:34:56", "0", "2026-01-05", "2026-01-12"),
        ("1w", "2026-01-05 00:00:00", "0", "2026-01-05", "2026-01-12"),
        ("1M", "2026-02-28 23:59:59", "0", "2026-02-01", "2026-03-01"),
        ("1M", "2026-12-31 20:00:00", "0", "2026-12-01", "2027-01-01"),
        ("1M", "2026-12-31 20:00:00", "+8", "2026-12-31 16:00", "2027-01-31 16:00"),
    ],
)
def test_an_interval_opens_on_its_own_clock(name: str, time: str, zone: str, start: str, end: str) -> None:
    offset = offset_of(zone)
    assert offset is not None
    opens = INTERVALS[name].start_of(at(time), offset)
    assert opens == at(start)
    assert INTERVALS[name].next_start(opens, offset) == at(end)


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("0", 0),
        ("8", 8 * HOUR),
        ("05:45", 5 * HOUR + 45 * MINUTE),
        ("-1:00", -HOUR),
        ("14", 14 * HOUR),
        ("-12:00", -12 * HOUR),
        ("14:01", None),
        ("-13", None),
        ("1:60", None),
        ("x", None),
        ("", None),
    ],
)
def test_a_time_zone_is_hours_and_minutes(zone: str, offset: int | None) -> None:
    assert offset_of(zone) == offset


@pytest.mark.parametrize(
    ("size", "width"),
    [
        ("1m", MINUTE),
        ("59m", 59 * MINUTE),
        ("23h", 23 * HOUR),
        ("7d", 7 * DAY),
        ("60m", None),
        ("8d", None),
        ("0m", None),
        ("d", None),
        ("1w", None),
        ("01m", None),
    ],
)
def test_a_rolling_window_is_up_to_a_week(size: str, width: int | None) -> None:
    assert window_of(size) == width


def book() -> CandleBook:
    found = CandleBook()
    start = at("2026-01-07 12:00")
    found.trade(trade(start, 10, 2, 0))
    found.trade(trade(start + 59 * SECOND, 12, 1, 1, buyer_maker=True))
    found.trade(trade(start + MINUTE, 9, 5, 2))
    found.trade(trade(start + 4 * MINUTE + 5, 11, 1, 3))
    return found


def test_a_trade_on_the_edge_belongs_to_the_candle_that_opens() -> None:
    start = at("2026-01-07 12:00")
    rows = book().klines(INTERVALS["1m"], start + 4 * MINUTE + 30 * SECOND, None, None, 10)
    assert [(row.start, row.open, row.high, row.low, row.close, row.volume, row.count) for row in rows] == [
        (start, 10, 12, 10, 12, 3, 2),
        (start + MINUTE, 9, 9, 9, 9, 5, 1),
        (start + 2 * MINUTE, 9, 9, 9, 9, 0, 0),
        (start + 3 * MINUTE, 9, 9, 9, 9, 0, 0),
        (start + 4 * MINUTE, 11, 11, 11, 11, 1, 1),
    ]
    assert (rows[0].taker_volume, rows[0].taker_quote_volume, rows[0].quote_volume) == (2, 20, 32)
    assert (rows[0].first_id, rows[0].last_id, rows[2].first_id) == (0, 1, -1)


def test_candles_are_asked_for_by_their_opening_time() -> None:
    start, now = at("2026-01-07 12:00"), at("2026-01-07 12:10")

    def opens(first: int | None, last: int | None, limit: int) -> list[int]:
        rows = book().klines(INTERVALS["1m"], now, first, last, limit)
        return [(row.start - start) // MINUTE for row in rows]

    assert opens(None, None, 3) == [8, 9, 10]
    assert opens(start, None, 3) == [0, 1, 2]
    assert opens(start + 1, None, 3) == [1, 2, 3]
    assert opens(None, start + 4 * MINUTE, 2) == [3, 4]
    assert opens(start + 2 * MINUTE, start + 3 * MINUTE, 500) == [2, 3]
    assert opens(None, start - 1, 5) == []
    assert CandleBook().klines(INTERVALS["1m"], now, None, None, 5) == []


def test_seconds_and_hours_are_made_of_the_same_trades() -> None:
    start, now = at("2026-01-07 12:00"), at("2026-01-07 12:05")
    [hour] = book().klines(INTERVALS["1h"], now, None, None, 5)
    seconds = book().klines(INTERVALS["1s"], now, start, None, 1000)
    assert (hour.open, hour.high, hour.low, hour.close, hour.volume, hour.count) == (10, 12, 9, 11, 9, 4)
    assert sum(row.volume for row in seconds) == 9
    assert [row.close for row in seconds[58:61]] == [10, 12, 9]
    [month] = book().klines(INTERVALS["1M"], now, None, None, 5)
    assert (month.start, month.volume) == (at("2026-01-01"), 9)


def test_a_window_without_trades_stands_at_the_last_price() -> None:
    start = at("2026-01-07 12:00")
    found = book().window(start + 2 * MINUTE, start + 3 * MINUTE)
    assert found is not None
    assert (found.open, found.close, found.count) == (9, 9, 0)
    assert book().window(start - HOUR, start) is None
    assert book().close_before(start + MINUTE) == 12


@pytest.mark.parametrize(
    ("opened", "closed", "percent"),
    [(100, 103, "3.000"), (100, 97, "-3.000"), (300_000, 299_999, "0.000"), (3, 2, "-33.333"), (0, 0, "0.000")],
)
def test_a_change_is_shown_in_percent_with_three_places(opened: int, closed: int, percent: str) -> None:
    assert Statistics("X", Candle(0, 1, opened, opened, opened, closed), 0, 0).percent == percent
