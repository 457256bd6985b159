"""What the market streams bring, with readable names.

`msgspec` structs rather than the models of the request/response API: a stream brings tens of thousands of these a
second, and a struct is made in a third of the time. Prices and quantities are `Decimal`; the levels of a book stay
pairs of text until they are looked at. Times are integers in the unit the streams were opened with, milliseconds
unless asked otherwise (WebSocket Streams: General WSS information).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import field

from binance_wsapi.models.levels import Levels

__all__ = [
    "AggregateTradeEvent",
    "AveragePriceEvent",
    "BlockTradeEvent",
    "BookTickerEvent",
    "Candle",
    "DiffDepthEvent",
    "KlineEvent",
    "MiniTickerEvent",
    "PartialDepthEvent",
    "ReferencePriceEvent",
    "RollingWindowEvent",
    "StreamEvent",
    "TickerEvent",
    "TradeEvent",
]


class StreamEvent(msgspec.Struct, frozen=True, gc=False):
    """Base of everything a typed stream brings."""


class TradeEvent(StreamEvent, frozen=True, gc=False):
    """One trade: ``<symbol>@trade``."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    trade_id: int = field(name="t")
    price: Decimal = field(name="p")
    quantity: Decimal = field(name="q")
    trade_time: int = field(name="T")
    is_buyer_maker: bool = field(name="m")


class AggregateTradeEvent(StreamEvent, frozen=True, gc=False):
    """The trades of one taker order at one price: ``<symbol>@aggTrade``."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    aggregate_trade_id: int = field(name="a")
    price: Decimal = field(name="p")
    quantity: Decimal = field(name="q")
    first_trade_id: int = field(name="f")
    last_trade_id: int = field(name="l")
    trade_time: int = field(name="T")
    is_buyer_maker: bool = field(name="m")


class BlockTradeEvent(StreamEvent, frozen=True, gc=False):
    """One block trade: ``<symbol>@blockTrade``."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    block_trade_id: int = field(name="t")
    price: Decimal = field(name="p")
    quantity: Decimal = field(name="q")
    trade_time: int = field(name="T")
    is_buyer_maker: bool = field(name="m")


class Candle(msgspec.Struct, frozen=True, gc=False):
    """The candle inside a `KlineEvent`; it still changes until ``is_closed``. Its times are UTC in any time zone."""

    open_time: int = field(name="t")
    close_time: int = field(name="T")
    symbol: str = field(name="s")
    interval: str = field(name="i")
    first_trade_id: int = field(name="f")
    last_trade_id: int = field(name="L")
    open: Decimal = field(name="o")
    close: Decimal = field(name="c")
    high: Decimal = field(name="h")
    low: Decimal = field(name="l")
    volume: Decimal = field(name="v")
    trades: int = field(name="n")
    is_closed: bool = field(name="x")
    quote_volume: Decimal = field(name="q")
    taker_buy_volume: Decimal = field(name="V")
    taker_buy_quote_volume: Decimal = field(name="Q")


class KlineEvent(StreamEvent, frozen=True, gc=False):
    """A candle changed: ``<symbol>@kline_<interval>``."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    kline: Candle = field(name="k")


class MiniTickerEvent(StreamEvent, frozen=True, gc=False):
    """The last 24 hours in short: ``<symbol>@miniTicker``."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    close_price: Decimal = field(name="c")
    open_price: Decimal = field(name="o")
    high_price: Decimal = field(name="h")
    low_price: Decimal = field(name="l")
    volume: Decimal = field(name="v")
    quote_volume: Decimal = field(name="q")


class TickerEvent(StreamEvent, frozen=True, gc=False):
    """The last 24 hours: ``<symbol>@ticker``. ``previous_close_price`` is of the last trade before them."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    price_change: Decimal = field(name="p")
    price_change_percent: Decimal = field(name="P")
    weighted_average_price: Decimal = field(name="w")
    previous_close_price: Decimal = field(name="x")
    last_price: Decimal = field(name="c")
    last_quantity: Decimal = field(name="Q")
    bid_price: Decimal = field(name="b")
    bid_quantity: Decimal = field(name="B")
    ask_price: Decimal = field(name="a")
    ask_quantity: Decimal = field(name="A")
    open_price: Decimal = field(name="o")
    high_price: Decimal = field(name="h")
    low_price: Decimal = field(name="l")
    volume: Decimal = field(name="v")
    quote_volume: Decimal = field(name="q")
    open_time: int = field(name="O")
    close_time: int = field(name="C")
    first_trade_id: int = field(name="F")
    last_trade_id: int = field(name="L")
    trades: int = field(name="n")


class RollingWindowEvent(StreamEvent, frozen=True, gc=False):
    """The last hour, four hours or day: ``<symbol>@ticker_<window>``. ``event_type`` names the window."""

    event_type: str = field(name="e")
    event_time: int = field(name="E")
    symbol: str = field(name="s")
    price_change: Decimal = field(name="p")
    price_change_percent: Decimal = field(name="P")
    open_price: Decimal = field(name="o")
    high_price: Decimal = field(name="h")
    low_price: Decimal = field(name="l")
    last_price: Decimal = field(name="c")
    weighted_average_price: Decimal = field(name="w")
    volume: Decimal = field(name="v")
    quote_volume: Decimal = field(name="q")
    open_time: int = field(name="O")
    close_time: int = field(name="C")
    first_trade_id: int = field(name="F")
    last_trade_id: int = field(name="L")
    trades: int = field(name="n")


class BookTickerEvent(StreamEvent, frozen=True, gc=False):
    """The best prices changed: ``<symbol>@bookTicker``."""

    update_id: int = field(name="u")
    symbol: str = field(name="s")
    bid_price: Decimal = field(name="b")
    bid_quantity: Decimal = field(name="B")
    ask_price: Decimal = field(name="a")
    ask_quantity: Decimal = field(name="A")


class AveragePriceEvent(StreamEvent, frozen=True, gc=False):
    """The average price of some minutes: ``<symbol>@avgPrice``."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    interval: str = field(name="i")
    price: Decimal = field(name="w")
    last_trade_time: int = field(name="T")


class PartialDepthEvent(StreamEvent, frozen=True, gc=False):
    """The best levels of a book: ``<symbol>@depth<levels>``. The venue does not repeat the symbol; it is the stream's."""

    last_update_id: int = field(name="lastUpdateId")
    bid_levels: list[tuple[str, str]] = field(name="bids")
    ask_levels: list[tuple[str, str]] = field(name="asks")
    symbol: str = ""

    @property
    def bids(self) -> Levels:
        """The bids, best first."""
        return Levels(self.bid_levels)

    @property
    def asks(self) -> Levels:
        """The asks, best first."""
        return Levels(self.ask_levels)


class DiffDepthEvent(StreamEvent, frozen=True, gc=False):
    """Levels of a book that changed: ``<symbol>@depth``. A quantity of 0 takes the level out."""

    event_time: int = field(name="E")
    symbol: str = field(name="s")
    first_update_id: int = field(name="U")
    final_update_id: int = field(name="u")
    bid_levels: list[tuple[str, str]] = field(name="b")
    ask_levels: list[tuple[str, str]] = field(name="a")

    @property
    def bids(self) -> Levels:
        """The bids that changed."""
        return Levels(self.bid_levels)

    @property
    def asks(self) -> Levels:
        """The asks that changed."""
        return Levels(self.ask_levels)


class ReferencePriceEvent(StreamEvent, frozen=True, gc=False):
    """The reference price: ``<symbol>@referencePrice``. ``price`` is None while there is none."""

    symbol: str = field(name="s")
    price: Decimal | None = field(name="r")
    time: int = field(name="t")
