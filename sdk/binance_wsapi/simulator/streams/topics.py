"""Market streams by name: what a name means, and what its payload looks like (web-socket-streams.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from binance_wsapi.simulator.engine import Refused, TradeEvent, show
from binance_wsapi.simulator.venue.candles import INTERVALS, MINUTE, Candle, offset_of
from binance_wsapi.simulator.venue.tickers import DAY_US, Statistics, best, statistics
from binance_wsapi.simulator.venue.trade_tape import AggTrade, BlockTrade

if TYPE_CHECKING:
    from binance_wsapi.simulator.venue.venue import Venue

__all__ = [
    "DepthChanges",
    "Topic",
    "agg_trade",
    "block_trade",
    "book_ticker",
    "kline",
    "parse_topic",
    "snapshot",
    "trade",
]

WINDOWS = {"1h": 60 * MINUTE, "4h": 240 * MINUTE, "1d": DAY_US}
_KLINE = re.compile(r"kline_(\w+)(?:@(\+08:00))?")  # the only zone with streams of its own
_DEPTH = re.compile(r"depth(5|10|20)?(@100ms|@1000ms)?")
_ALL = re.compile(r"!(miniTicker|ticker_(1h|4h|1d))@arr")


@dataclass(frozen=True, slots=True)
class Topic:
    """What a stream name means.

    Attributes:
        kind: trade, aggTrade, blockTrade, bookTicker, depth, partial (depth), kline, miniTicker, ticker, window (ticker),
            avgPrice or referencePrice.
        symbol: None for a stream of the whole market.
        period_ms: how often it speaks; 0 at once.
        detail: interval, window or number of levels.
        offset: of a kline's time zone, in microseconds.
    """

    name: str
    kind: str
    symbol: str | None
    period_ms: int = 0
    detail: str = ""
    offset: int = 0


def parse_topic(name: str, symbols: Iterable[str]) -> Topic | None:
    """Return what a stream name means, None if it means nothing here."""
    if found := _ALL.fullmatch(name):
        window = found.group(2)
        return Topic(name, "window" if window else "miniTicker", None, 1000, window or "")
    lower, at, rest = name.partition("@")
    symbol = next((each for each in symbols if each.lower() == lower), None)
    if symbol is None or not at:
        return None
    if rest in ("trade", "aggTrade", "blockTrade", "bookTicker"):
        return Topic(name, rest, symbol)
    if rest in ("miniTicker", "ticker", "avgPrice", "referencePrice"):
        return Topic(name, rest, symbol, 1000)
    if rest.startswith("ticker_") and rest[7:] in WINDOWS:
        return Topic(name, "window", symbol, 1000, rest[7:])
    if found := _DEPTH.fullmatch(rest):
        levels, speed = found.groups()
        return Topic(name, "partial" if levels else "depth", symbol, 100 if speed == "@100ms" else 1000, levels or "")
    if (found := _KLINE.fullmatch(rest)) and found.group(1) in INTERVALS:
        interval, zone = found.groups()
        offset = offset_of(zone) if zone else 0
        if offset is not None:
            return Topic(name, "kline", symbol, 1000 if interval == "1s" else 2000, interval, offset)
    return None


@dataclass(slots=True)
class DepthChanges:
    """What changed on a book since the last diff: price to new quantity, and the first and last update id."""

    bids: dict[int, int]
    asks: dict[int, int]
    first: int
    last: int

    def as_json(self, symbol: str, now: int, unit: int) -> dict[str, Any]:
        return {
            "e": "depthUpdate",
            "E": now // unit,
            "s": symbol,
            "U": self.first,
            "u": self.last,
            "b": [[show(price), show(quantity)] for price, quantity in self.bids.items()],
            "a": [[show(price), show(quantity)] for price, quantity in self.asks.items()],
        }


def trade(event: TradeEvent, now: int, unit: int) -> dict[str, Any]:
    """Render a trade."""
    return {
        "e": "trade",
        "E": now // unit,
        "s": event.symbol,
        "t": event.trade_id,
        "p": show(event.price),
        "q": show(event.quantity),
        "T": event.time // unit,
        "m": event.is_buyer_maker,
        "M": True,
    }


def agg_trade(row: AggTrade, symbol: str, now: int, unit: int) -> dict[str, Any]:
    """Render an aggregate trade."""
    return {
        "e": "aggTrade",
        "E": now // unit,
        "s": symbol,
        "a": row.agg_id,
        "p": show(row.price),
        "q": show(row.quantity),
        "f": row.first_id,
        "l": row.last_id,
        "T": row.time // unit,
        "m": row.is_buyer_maker,
        "M": True,
    }


def block_trade(row: BlockTrade, now: int, unit: int) -> dict[str, Any]:
    """Render a block trade."""
    return {
        "e": "blockTrade",
        "E": now // unit,
        "s": row.symbol,
        "t": row.trade_id,
        "p": show(row.price),
        "q": show(row.quantity),
        "T": row.time // unit,
        "m": row.is_buyer_maker,
    }


def book_ticker(venue: Venue, symbol: str) -> dict[str, Any]:
    """Render the best prices."""
    update_id, _, _ = venue.engine.depth(symbol, 1)
    bid, ask = best(venue.engine, symbol)
    return {
        "u": update_id,
        "s": symbol,
        "b": show(bid[0]),
        "B": show(bid[1]),
        "a": show(ask[0]),
        "A": show(ask[1]),
    }


def kline(topic: Topic, candle: Candle, now: int, unit: int, *, closed: bool) -> dict[str, Any]:
    """Render a candle."""
    return {
        "e": "kline",
        "E": now // unit,
        "s": topic.symbol,
        "k": {
            "t": candle.start // unit,
            "T": candle.end // unit - 1,
            "s": topic.symbol,
            "i": topic.detail,
            "f": candle.first_id,
            "L": candle.last_id,
            "o": show(candle.open),
            "c": show(candle.close),
            "h": show(candle.high),
            "l": show(candle.low),
            "v": show(candle.volume),
            "n": candle.count,
            "x": closed,
            "q": show(candle.quote_volume),
            "V": show(candle.taker_volume),
            "Q": show(candle.taker_quote_volume),
            "B": "0",
        },
    }


def snapshot(venue: Venue, topic: Topic, symbol: str, now: int, unit: int) -> dict[str, Any] | None:
    """Render what a paced stream says about a symbol now; None if there is nothing to say."""
    if topic.kind == "partial":
        update_id, bids, asks = venue.engine.depth(symbol, int(topic.detail))
        return {
            "lastUpdateId": update_id,
            "bids": [[show(price), show(quantity)] for price, quantity in bids],
            "asks": [[show(price), show(quantity)] for price, quantity in asks],
        }
    if topic.kind == "referencePrice":
        try:
            price, time = venue.engine.reference_price(symbol, now)
        except Refused:
            return None
        return {"e": "referencePrice", "s": symbol, "r": None if price is None else show(price), "t": time // unit}
    trades = venue.tape[symbol].recent(1)
    if not trades:
        return None
    if topic.kind == "avgPrice":
        figures = statistics(venue.tape, symbol, now - 5 * MINUTE, now)
        return {
            "e": "avgPrice",
            "E": now // unit,
            "s": symbol,
            "i": "5m",
            "w": show(figures.weighted_average or figures.candle.close),
            "T": trades[0].time // unit,
        }
    if topic.kind == "miniTicker":
        return _mini(statistics(venue.tape, symbol, now - DAY_US, now), now, unit)
    if topic.kind == "ticker":
        return _ticker(venue, statistics(venue.tape, symbol, now - DAY_US, now), now, unit)
    opens = now - WINDOWS[topic.detail]
    figures = statistics(venue.tape, symbol, opens - opens % MINUTE, now)
    return {"e": f"{topic.detail}Ticker", **_window(figures, now, unit)}


def _mini(figures: Statistics, now: int, unit: int) -> dict[str, Any]:
    candle = figures.candle
    return {
        "e": "24hrMiniTicker",
        "E": now // unit,
        "s": figures.symbol,
        "c": show(candle.close),
        "o": show(candle.open),
        "h": show(candle.high),
        "l": show(candle.low),
        "v": show(candle.volume),
        "q": show(candle.quote_volume),
    }


def _window(figures: Statistics, now: int, unit: int) -> dict[str, Any]:
    candle = figures.candle
    return {
        "E": now // unit,
        "s": figures.symbol,
        "p": show(figures.change),
        "P": figures.percent,
        "o": show(candle.open),
        "h": show(candle.high),
        "l": show(candle.low),
        "c": show(candle.close),
        "w": show(figures.weighted_average),
        "v": show(candle.volume),
        "q": show(candle.quote_volume),
        "O": candle.start // unit,
        "C": candle.end // unit,
        "F": candle.first_id,
        "L": candle.last_id,
        "n": candle.count,
    }


def _ticker(venue: Venue, figures: Statistics, now: int, unit: int) -> dict[str, Any]:
    bid, ask = best(venue.engine, figures.symbol)
    return {
        "e": "24hrTicker",
        **_window(figures, now, unit),
        "x": show(figures.previous_close),
        "Q": show(figures.last_quantity),
        "b": show(bid[0]),
        "B": show(bid[1]),
        "a": show(ask[0]),
        "A": show(ask[1]),
    }
