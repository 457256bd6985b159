"""The past of a symbol: what its candles show of the time before the exchange began."""

from __future__ import annotations

from itertools import pairwise

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.venue.candles import INTERVALS, CandleBook
from binance_wsapi.simulator.venue.past import DAY, FARTHEST, MINUTE, Past

END = 20_000 * DAY + 7 * MINUTE
PRICE = 60_000 * 10**8


def past(seed: str = "1 BTCUSDT", days: int = 30) -> Past:
    found = Past(seed, PRICE, tick=10**6, lot=1_000, least=5 * 10**8, days=days)
    found.begin(END)
    return found


@pytest.mark.parametrize("interval", ["3m", "15m", "1h", "8h", "1d", "1w", "1M"])
def test_a_longer_candle_is_the_sum_of_its_minutes(interval: str) -> None:
    book = CandleBook(past())
    for row in book.klines(INTERVALS[interval], END, None, None, 3):
        minutes = book.klines(INTERVALS["1m"], END, row.start, row.end - 1, 50_000)
        assert (row.open, row.close) == (minutes[0].open, minutes[-1].close)
        assert (row.high, row.low) == (max(each.high for each in minutes), min(each.low for each in minutes))
        for name in ("volume", "quote_volume", "taker_volume", "taker_quote_volume", "count"):
            assert getattr(row, name) == sum(getattr(each, name) for each in minutes), name


def test_prices_are_on_the_grid_and_meet_where_the_symbol_opens() -> None:
    rows = CandleBook(past()).klines(INTERVALS["1m"], END, None, None, 30 * 1_440 + 1)
    assert rows[-1].start == END, "the minute that runs, without a trade so far"
    assert rows[-2].close == rows[-1].close == PRICE
    for before, after in pairwise(rows):
        assert before.close == after.open
        assert before.low <= min(before.open, before.close) <= max(before.open, before.close) <= before.high
        assert not [each for each in (before.open, before.high, before.low) if each % 10**6 or each <= 0]
        assert PRICE <= before.open * FARTHEST <= PRICE * FARTHEST * FARTHEST
        assert before.volume % 2_000 == 0 < before.count


def test_the_same_seed_is_the_same_past_however_far_a_question_reaches() -> None:
    near, far = past(), past()
    assert near.span(END - MINUTE, END) is not None
    assert far.span(END - 20 * DAY, END) is not None
    for each in (5 * MINUTE, 3 * DAY, 29 * DAY):
        one, other = near.span(END - each, END), far.span(END - each, END)
        assert one is not None
        assert other is not None
        assert (one.open, one.high, one.volume) == (other.open, other.high, other.volume)
    other = past("2 BTCUSDT").span(END - DAY, END)
    known = near.span(END - DAY, END)
    assert other is not None
    assert known is not None
    assert other.open != known.open


def test_there_is_nothing_before_the_past_nor_of_seconds() -> None:
    book = CandleBook(past(days=2))
    rows = book.klines(INTERVALS["1m"], END, 0, None, 5)
    assert [each.start for each in rows] == [END - 2 * DAY + number * MINUTE for number in range(5)]
    assert book.klines(INTERVALS["1m"], END, 0, END - 3 * DAY, 5) == []
    assert book.klines(INTERVALS["1s"], END, None, None, 5) == []


async def test_a_year_of_hours_comes_from_the_exchange() -> None:
    async with LocalExchange(market="manual", past_days=400) as exchange, SpotClient.local(url=exchange.url) as client:
        now = exchange.clock.now_ms()
        rows = [each async for each in client.history.klines("BTCUSDT", "1h", start=now - 365 * 86_400_000, end=now)]
        assert len(rows) in {365 * 24 - 1, 365 * 24}, "the first and the last hour are whole or left out"
        assert all(after.open_time - before.open_time == 3_600_000 for before, after in pairwise(rows))
        assert (await client.ticker_24hr("BTCUSDT")).count == 0, "tickers know nothing of it"


def test_a_past_longer_than_any_market_is_refused() -> None:
    with pytest.raises(ValueError, match="past_days must be from 0 to 4000, got 4001"):
        LocalExchange(past_days=4_001)
