"""Results of the market data requests."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from pydantic import Field

from binance_wsapi.models.base import Number, Time, VenueModel
from binance_wsapi.models.enums import ReferencePriceCalculationType
from binance_wsapi.models.levels import Levels, side_of

__all__ = [
    "AggregateTrade",
    "AveragePrice",
    "BlockTrade",
    "BookTicker",
    "Depth",
    "Kline",
    "MiniTicker",
    "PriceTicker",
    "ReferencePrice",
    "ReferencePriceCalculation",
    "Ticker",
    "Ticker24hr",
    "Trade",
]


_read_top = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Depth(VenueModel):
    """A snapshot of a book."""

    last_update_id: int
    bids: Levels
    asks: Levels

    @classmethod
    def reader(cls, *, many: bool = False) -> Callable[[bytes, bool], Any]:
        """Return what reads it from JSON: its sides are checked, and kept as they are until a level is looked at.

        5,000 levels a side are checked in 1 ms; to make pairs of them, too, takes 5 ms.
        """
        assert not many

        def read(data: bytes, microseconds: bool) -> Depth:
            top = _read_top(data)
            sides = {}
            for name in ("bids", "asks"):
                side = side_of(bytes(top.get(name, b"")))
                if side is not None:  # otherwise `pydantic` says what is wrong, or reads white space
                    sides[name] = side
                    top[name] = msgspec.Raw(b"[]")
            context = {"microseconds": True} if microseconds else None
            depth = cls.model_validate_json(msgspec.json.encode(top), context=context)
            depth.__dict__.update(sides)
            depth.keep_raw(data)
            return depth

        return read


class Trade(VenueModel):
    """A trade of the market."""

    id: int
    price: Decimal
    qty: Decimal
    quote_qty: Decimal
    time: Time
    is_buyer_maker: bool
    is_best_match: bool


class BlockTrade(VenueModel):
    """A block trade."""

    id: int
    price: Decimal
    qty: Decimal
    quote_qty: Decimal
    time: Time
    is_buyer_maker: bool


class AggregateTrade(VenueModel):
    """Trades of one taker order at one price, as one."""

    id: int = Field(alias="a")
    price: Decimal = Field(alias="p")
    qty: Decimal = Field(alias="q")
    first_trade_id: int = Field(alias="f")
    last_trade_id: int = Field(alias="l")
    time: Time = Field(alias="T")
    is_buyer_maker: bool = Field(alias="m")
    is_best_match: bool = Field(alias="M")


class Kline(NamedTuple):
    """A candle; the venue sends it as a row. Times are in the connection's unit."""

    open_time: Time
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number
    close_time: Time
    quote_volume: Number
    trades: int
    taker_buy_volume: Number
    taker_buy_quote_volume: Number
    unused: str


class AveragePrice(VenueModel):
    """Average price of the last minutes."""

    mins: int
    price: Decimal
    close_time: Time


class MiniTicker(VenueModel):
    """Price and volume of a window."""

    symbol: str
    open_price: Decimal
    high_price: Decimal
    low_price: Decimal
    last_price: Decimal
    volume: Decimal
    quote_volume: Decimal
    open_time: Time
    close_time: Time
    first_id: int
    last_id: int
    count: int


class Ticker(MiniTicker):
    """Price change and volume of a window."""

    price_change: Decimal
    price_change_percent: Decimal
    weighted_avg_price: Decimal


class Ticker24hr(Ticker):
    """Price change and volume of the last 24 hours, with the best prices."""

    prev_close_price: Decimal
    last_qty: Decimal
    bid_price: Decimal
    bid_qty: Decimal
    ask_price: Decimal
    ask_qty: Decimal


class PriceTicker(VenueModel):
    """Last price of a symbol."""

    symbol: str
    price: Decimal


class BookTicker(VenueModel):
    """Best prices of a symbol."""

    symbol: str
    bid_price: Decimal
    bid_qty: Decimal
    ask_price: Decimal
    ask_qty: Decimal


class ReferencePrice(VenueModel):
    """Reference price of a symbol; None while there is none."""

    symbol: str
    reference_price: Decimal | None
    timestamp: Time


class ReferencePriceCalculation(VenueModel):
    """How the reference price of a symbol comes about."""

    symbol: str
    calculation_type: ReferencePriceCalculationType
    bucket_count: int | None = None
    bucket_width_ms: int | None = None
    external_calculation_id: int | None = None
