"""Market data requests: price statistics and best prices, for one symbol or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from binance_wsapi.simulator.access.params import Kind, Param, one_of, symbol
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.api.calls import Call, Method
from binance_wsapi.simulator.api.methods.market import TIME_ZONE, zone_offset
from binance_wsapi.simulator.api.methods.symbols import STATUS, SYMBOLS, chosen
from binance_wsapi.simulator.engine import show
from binance_wsapi.simulator.venue.candles import INTERVALS, MINUTE
from binance_wsapi.simulator.venue.rendering import Row
from binance_wsapi.simulator.venue.tickers import DAY_US, best, statistics, ticker_row, window_of

__all__ = ["METHODS"]

MOST_SYMBOLS = 200
"""Symbols of one request (ticker, Notes)."""

TYPE = one_of("type", ("FULL", "MINI"), default="FULL", error=(-1139, "Invalid ticker type."))


def _rows(call: Call, row: Callable[[str], Row], *, required: bool) -> Row | list[Row]:
    """Return one row for `symbol`, an array for `symbols` or, where that is allowed, for all."""
    if "symbol" in call.params and "symbols" in call.params:
        raise bad(-1128, "Combination of optional parameters invalid.")
    if required and "symbol" not in call.params and "symbols" not in call.params:
        raise bad(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
    rows = [row(spec.symbol) for spec in chosen(call)]
    return rows[0] if "symbol" in call.params else rows


def day(call: Call) -> Row | list[Row]:
    now = call.venue.clock.engine_us()
    mini = call.params["type"] == "MINI"

    def row(name: str) -> Row:
        figures = statistics(call.venue.tape, name, now - DAY_US, now)
        return ticker_row(figures, call.unit, mini=mini, engine=call.engine)

    return _rows(call, row, required=False)


def trading_day(call: Call) -> Row | list[Row]:
    now, offset = call.venue.clock.engine_us(), zone_offset(call)
    opens = INTERVALS["1d"].start_of(now, offset)
    closes = opens + DAY_US - call.unit
    mini = call.params["type"] == "MINI"
    return _rows(
        call,
        lambda name: ticker_row(statistics(call.venue.tape, name, opens, closes), call.unit, mini=mini),
        required=True,
    )


def rolling(call: Call) -> Row | list[Row]:
    now = call.venue.clock.engine_us()
    width = window_of(call.params["windowSize"])
    if width is None:
        raise bad(-1130, "Data sent for parameter 'windowSize' is not valid.")
    if len(call.get("symbols", ())) > MOST_SYMBOLS:
        raise bad(-1130, "Data sent for parameter 'symbols' is not valid.")
    opens = now - width
    opens -= opens % MINUTE
    mini = call.params["type"] == "MINI"
    return _rows(
        call,
        lambda name: ticker_row(statistics(call.venue.tape, name, opens, now), call.unit, mini=mini),
        required=True,
    )


def price(call: Call) -> Row | list[Row]:
    return _rows(
        call,
        lambda name: {"symbol": name, "price": show(call.engine.last_price(name) or 0)},
        required=False,
    )


def book(call: Call) -> Row | list[Row]:
    def row(name: str) -> Row:
        bid, ask = best(call.engine, name)
        return {
            "symbol": name,
            "bidPrice": show(bid[0]),
            "bidQty": show(bid[1]),
            "askPrice": show(ask[0]),
            "askQty": show(ask[1]),
        }

    return _rows(call, row, required=False)


def _count(params: Any) -> int | None:
    symbols = params.get("symbols")
    return len(symbols) if isinstance(symbols, list) else None


def _day_weight(params: Any) -> int:
    if "symbol" in params:
        return 2
    count = _count(params)
    if count is None or count > 100:
        return 80
    return 2 if count <= 20 else 40


def _window_weight(params: Any) -> int:
    return min(200, 4 * (_count(params) or 1))


def _price_weight(params: Any) -> int:
    return 2 if "symbol" in params else 4


_WHICH = (symbol(required=False), SYMBOLS)

METHODS = (
    Method("ticker.24hr", day, (*_WHICH, TYPE, STATUS), weight=_day_weight),
    Method("ticker.tradingDay", trading_day, (*_WHICH, TIME_ZONE, TYPE, STATUS), weight=_window_weight),
    Method(
        "ticker",
        rolling,
        (*_WHICH, TYPE, Param("windowSize", Kind.STRING, default="1d"), STATUS),
        weight=_window_weight,
    ),
    Method("ticker.price", price, (*_WHICH, STATUS), weight=_price_weight),
    Method("ticker.book", book, (*_WHICH, STATUS), weight=_price_weight),
)
