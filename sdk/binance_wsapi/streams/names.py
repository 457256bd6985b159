"""Names of streams: built from what the documentation allows, and read back to know what they bring.

The venue answers a name it does not know as if all were well and then sends nothing, so a misspelt one is refused here.
A name of a form this file does not know is still a name: the venue adds streams faster than libraries learn them.
"""

from __future__ import annotations

import re
from enum import Enum

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.models.enums import Interval

__all__ = ["StreamType", "check_name", "kline_name", "stream_name", "type_of"]

WINDOWS = ("1h", "4h", "1d")
LEVELS = (5, 10, 20)
DEPTH_SPEEDS = (100, 1000)

_INTERVALS = "|".join(interval.value for interval in Interval)
_is_symbol = re.compile(r"[\w.-]+").fullmatch
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\"\\/\ud800-\udfff]")


class StreamType(Enum):
    """What a stream brings, by the form of its name."""

    TRADE = r"trade"
    AGGREGATE_TRADE = r"aggTrade"
    BLOCK_TRADE = r"blockTrade"
    KLINE = rf"kline_(?:{_INTERVALS})(?:@\+08:00)?"
    MINI_TICKER = r"miniTicker"
    TICKER = r"ticker"
    ROLLING_WINDOW = r"ticker_(?:1h|4h|1d)"
    BOOK_TICKER = r"bookTicker"
    AVERAGE_PRICE = r"avgPrice"
    PARTIAL_DEPTH = r"depth(?:5|10|20)(?:@100ms)?"
    DIFF_DEPTH = r"depth(?:@100ms)?"
    REFERENCE_PRICE = r"referencePrice"
    ALL_MINI_TICKERS = r"!miniTicker@arr"
    ALL_TICKERS = r"!ticker@arr"
    ALL_ROLLING_WINDOWS = r"!ticker_(?:1h|4h|1d)@arr"
    OTHER = r""


_FORMS = [
    (re.compile(form.value if form.value.startswith("!") else rf"[^@!][^@]*@{form.value}"), form)
    for form in StreamType
    if form is not StreamType.OTHER
]


def type_of(name: str) -> StreamType:
    """Return what a stream of this name brings; `StreamType.OTHER` when it is not known."""
    for pattern, form in _FORMS:
        if pattern.fullmatch(name):
            return form
    return StreamType.OTHER


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def check_name(name: str) -> str:
    """Return the name if a stream may have it.

    Raises:
        UsageError: it may not: empty, too long, or with characters that no name has.
    """
    if not _is_text(name) or not name or len(name) > 128 or _FORBIDDEN.search(name):
        raise UsageError(f"name must be that of a stream, as 'btcusdt@trade', got {shown(name)}")
    symbol = name.partition("@")[0]
    if symbol != symbol.lower() and not name.startswith("!"):
        raise UsageError(f"name must have its symbol in lower case, got {shown(name)}")
    return name


def stream_name(symbol: str, suffix: str) -> str:
    """Return ``<symbol>@<suffix>`` for a symbol in either case.

    Raises:
        UsageError: the symbol cannot be one.
    """
    if not _is_text(symbol) or not _is_symbol(symbol):
        raise UsageError(f"symbol must be a trading pair without a separator, as 'BTCUSDT', got {shown(symbol)}")
    return check_name(f"{symbol.lower()}@{suffix}")


def one_of(what: str, value: object, allowed: tuple[object, ...]) -> None:
    """Raise `UsageError` unless the value is one the documentation allows."""
    if value not in allowed:
        raise UsageError(f"{what} must be one of {', '.join(map(str, allowed))}, got {shown(value)}")


def kline_name(symbol: str, interval: str, utc_offset: int) -> str:
    """Return the name of a kline stream.

    Args:
        symbol: the symbol, in either case.
        interval: length of a candle.
        utc_offset: hours by which the candles are shifted, 0 or 8.
    """
    one_of("interval", str(interval), tuple(each.value for each in Interval))
    one_of("utc_offset", utc_offset, (0, 8))
    return stream_name(symbol, f"kline_{interval}" + ("@+08:00" if utc_offset else ""))
