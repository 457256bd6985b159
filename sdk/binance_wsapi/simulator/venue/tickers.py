"""Price statistics over a window: the rows of the ticker methods, and the numbers the ticker streams show."""

from __future__ import annotations

from dataclasses import dataclass

from binance_wsapi.simulator.engine import SCALE, Engine, show
from binance_wsapi.simulator.venue.candles import MINUTE, Candle
from binance_wsapi.simulator.venue.rendering import Row
from binance_wsapi.simulator.venue.trade_tape import Tape

__all__ = ["Statistics", "best", "statistics", "ticker_row", "window_of"]

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a window of a symbol looks like; all zero before the first trade."""

    symbol: str
    candle: Candle
    previous_close: int
    last_quantity: int

    @property
    def change(self) -> int:
        return self.candle.close - self.candle.open

    @property
    def percent(self) -> str:
        """Change in percent, three places."""
        opened = self.candle.open
        if not opened:
            return "0.000"
        thousandths = abs(self.change) * 100_000 // opened
        return f"{'-' if self.change < 0 and thousandths else ''}{thousandths // 1000}.{thousandths % 1000:03d}"

    @property
    def weighted_average(self) -> int:
        return self.candle.quote_volume * SCALE // self.candle.volume if self.candle.volume else 0


def window_of(size: str) -> int | None:
    """Return a rolling window's width in microseconds (1m to 59m, 1h to 23h, 1d to 7d), None if there is none such."""
    most = {"m": 59, "h": 23, "d": 7}.get(size[-1:])
    count = size[:-1]
    if most is None or not (count.isascii() and count.isdecimal()) or count[0] == "0" or int(count) > most:
        return None
    return int(count) * {"m": MINUTE, "h": 60 * MINUTE, "d": DAY_US}[size[-1]]


def statistics(tape: Tape, symbol: str, opens: int, closes: int) -> Statistics:
    """Sum up a window, both bounds included."""
    found, previous = tape[symbol].window(opens, closes + 1)
    candle = found or Candle(opens, closes, 0, 0, 0, 0)
    candle.start, candle.end = opens, closes
    trades = tape[symbol].recent(1)
    return Statistics(
        symbol, candle, candle.open if previous is None else previous, trades[0].quantity if trades else 0
    )


def best(engine: Engine, symbol: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the best bid and the best ask, each (price, quantity), zero where the side is empty."""
    _, bids, asks = engine.depth(symbol, 1)
    return (bids[0] if bids else (0, 0)), (asks[0] if asks else (0, 0))


def ticker_row(figures: Statistics, unit: int, *, mini: bool, engine: Engine | None = None) -> Row:
    """Render the statistics.

    Args:
        engine: with it the row is that of ticker.24hr, which shows the best prices too.
    """
    candle = figures.candle
    row: Row = {"symbol": figures.symbol}
    if not mini:
        row |= {
            "priceChange": show(figures.change),
            "priceChangePercent": figures.percent,
            "weightedAvgPrice": show(figures.weighted_average),
        }
    if not mini and engine is not None:
        bid, ask = best(engine, figures.symbol)
        row |= {
            "prevClosePrice": show(figures.previous_close),
            "lastPrice": show(candle.close),
            "lastQty": show(figures.last_quantity),
            "bidPrice": show(bid[0]),
            "bidQty": show(bid[1]),
            "askPrice": show(ask[0]),
            "askQty": show(ask[1]),
        }
    row |= {
        "openPrice": show(candle.open),
        "highPrice": show(candle.high),
        "lowPrice": show(candle.low),
        "lastPrice": show(candle.close),
        "volume": show(candle.volume),
        "quoteVolume": show(candle.quote_volume),
        "openTime": candle.start // unit,
        "closeTime": candle.end // unit,
        "firstId": candle.first_id,
        "lastId": candle.last_id,
        "count": candle.count,
    }
    return row
