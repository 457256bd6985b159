"""Market streams in the same program as the API session: any number of streams, typed events, local order books.

Start at `MarketStreams`; `OrderBook` keeps a book by one of its streams.
"""

from __future__ import annotations

from binance_wsapi.link.inbox import Overflow
from binance_wsapi.streams.book import BestPrices, OrderBook
from binance_wsapi.streams.book_state import BookSide
from binance_wsapi.streams.events import (
    AggregateTradeEvent,
    AveragePriceEvent,
    BlockTradeEvent,
    BookTickerEvent,
    Candle,
    DiffDepthEvent,
    KlineEvent,
    MiniTickerEvent,
    PartialDepthEvent,
    ReferencePriceEvent,
    RollingWindowEvent,
    StreamEvent,
    TickerEvent,
    TradeEvent,
)
from binance_wsapi.streams.market import MarketStreams
from binance_wsapi.streams.queues import QueuePolicy, StreamGap
from binance_wsapi.streams.subscription import Subscription

__all__ = [
    "MarketStreams",
    "Subscription",
    "QueuePolicy",
    "StreamGap",
    "Overflow",
    "OrderBook",
    "BookSide",
    "BestPrices",
    "StreamEvent",
    "TradeEvent",
    "AggregateTradeEvent",
    "BlockTradeEvent",
    "KlineEvent",
    "Candle",
    "MiniTickerEvent",
    "TickerEvent",
    "RollingWindowEvent",
    "BookTickerEvent",
    "AveragePriceEvent",
    "PartialDepthEvent",
    "DiffDepthEvent",
    "ReferencePriceEvent",
]
