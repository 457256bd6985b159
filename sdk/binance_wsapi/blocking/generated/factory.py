"""One method for each documented stream.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from typing import Any, Literal, Unpack

from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.blocking.subscription import Subscription
from binance_wsapi.models.enums import Interval
from binance_wsapi.streams import events
from binance_wsapi.streams.factory import Options, Window
from binance_wsapi.streams.market import MarketStreams as AsynchronousMarketStreams
from binance_wsapi.wire.border import calls_at_border

__all__ = ["StreamFactory"]


@calls_at_border
class StreamFactory:
    """The documented streams by their names."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousMarketStreams

    def trade(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.TradeEvent]:
        """Return a subscription of trades, in real time: ``<symbol>@trade``.

        Source: WebSocket Streams, "Trade Streams".
        """
        return self._subscription(self._thread.read(lambda: self._inner.trade(*symbols, **options)), options)

    def agg_trade(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.AggregateTradeEvent]:
        """Return a subscription of the trades of each taker order as one, in real time: ``<symbol>@aggTrade``.

        Source: WebSocket Streams, "Aggregate Trade Streams".
        """
        return self._subscription(self._thread.read(lambda: self._inner.agg_trade(*symbols, **options)), options)

    def block_trade(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.BlockTradeEvent]:
        """Return a subscription of block trades, in real time: ``<symbol>@blockTrade``.

        Source: WebSocket Streams, "Block Trade Streams".
        """
        return self._subscription(self._thread.read(lambda: self._inner.block_trade(*symbols, **options)), options)

    def kline(
        self, *symbols: str, interval: Interval | str, utc_offset: Literal[0, 8] = 0, **options: Unpack[Options]
    ) -> Subscription[events.KlineEvent]:
        """Return a subscription of the current candle, every one or two seconds: ``<symbol>@kline_<interval>``.

        Args:
            symbols: the symbols.
            interval: length of a candle, ``1m`` for instance.
            utc_offset: 8 for candles that open and close in UTC+8. Times in the events are UTC all the same.
            options: see `Options`.

        Returns:
            A subscription to be entered: the candle as it stands, closed or not. Iterating yields events, oldest first;
            `StreamGap` where some were missed.

        Source: WebSocket Streams, "Kline/Candlestick Streams for UTC".
        """
        return self._subscription(
            self._thread.read(lambda: self._inner.kline(*symbols, interval=interval, utc_offset=utc_offset, **options)),
            options,
        )

    def mini_ticker(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.MiniTickerEvent]:
        """Return a subscription of the last 24 hours in short, every second: ``<symbol>@miniTicker``.

        Source: WebSocket Streams, "Individual Symbol Mini Ticker Stream".
        """
        return self._subscription(self._thread.read(lambda: self._inner.mini_ticker(*symbols, **options)), options)

    def ticker(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.TickerEvent]:
        """Return a subscription of the last 24 hours, every second: ``<symbol>@ticker``.

        Source: WebSocket Streams, "Individual Symbol Ticker Streams".
        """
        return self._subscription(self._thread.read(lambda: self._inner.ticker(*symbols, **options)), options)

    def rolling_window(
        self, *symbols: str, window: Window, **options: Unpack[Options]
    ) -> Subscription[events.RollingWindowEvent]:
        """Return a subscription of the last hour, four hours or day, every second: ``<symbol>@ticker_<window>``.

        Args:
            symbols: the symbols.
            window: ``1h``, ``4h`` or ``1d``; it may be up to 59,999 ms wider.
            options: see `Options`.

        Returns:
            A subscription to be entered: the statistics of the window. Iterating yields events, oldest first;
            `StreamGap` where some were missed.

        Source: WebSocket Streams, "Individual Symbol Rolling Window Statistics Streams".
        """
        return self._subscription(
            self._thread.read(lambda: self._inner.rolling_window(*symbols, window=window, **options)), options
        )

    def book_ticker(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.BookTickerEvent]:
        """Return a subscription of the best prices, in real time: ``<symbol>@bookTicker``.

        Source: WebSocket Streams, "Individual Symbol Book Ticker Streams".
        """
        return self._subscription(self._thread.read(lambda: self._inner.book_ticker(*symbols, **options)), options)

    def avg_price(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.AveragePriceEvent]:
        """Return a subscription of the average price, every second: ``<symbol>@avgPrice``.

        Source: WebSocket Streams, "Average Price".
        """
        return self._subscription(self._thread.read(lambda: self._inner.avg_price(*symbols, **options)), options)

    def partial_depth(
        self,
        *symbols: str,
        levels: Literal[5, 10, 20] = 20,
        speed: Literal[100, 1000] = 1000,
        **options: Unpack[Options],
    ) -> Subscription[events.PartialDepthEvent]:
        """Return a subscription of the best levels of a book: ``<symbol>@depth<levels>``.

        Args:
            symbols: the symbols.
            levels: levels of each side: 5, 10 or 20.
            speed: milliseconds from one to the next: 100 or 1000.
            options: see `Options`.

        Returns:
            A subscription to be entered: ``levels`` bids and asks, best first. Iterating yields events, oldest first;
            `StreamGap` where some were missed.

        Source: WebSocket Streams, "Partial Book Depth Streams".
        """
        return self._subscription(
            self._thread.read(lambda: self._inner.partial_depth(*symbols, levels=levels, speed=speed, **options)),
            options,
        )

    def diff_depth(
        self, *symbols: str, speed: Literal[100, 1000] = 1000, **options: Unpack[Options]
    ) -> Subscription[events.DiffDepthEvent]:
        """Return a subscription of the changes of a book: ``<symbol>@depth``. See `OrderBook` for a book kept by it.

        Args:
            symbols: the symbols.
            speed: milliseconds from one to the next: 100 or 1000.
            options: see `Options`.

        Returns:
            A subscription to be entered: the levels that changed; a quantity of 0 takes one away. Iterating yields
            events, oldest first; `StreamGap` where some were missed.

        Source: WebSocket Streams, "Diff. Depth Stream".
        """
        return self._subscription(
            self._thread.read(lambda: self._inner.diff_depth(*symbols, speed=speed, **options)), options
        )

    def reference_price(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.ReferencePriceEvent]:
        """Return a subscription of the reference price, every second: ``<symbol>@referencePrice``.

        Source: WebSocket Streams, "Reference Price Streams".
        """
        return self._subscription(self._thread.read(lambda: self._inner.reference_price(*symbols, **options)), options)

    def all_mini_tickers(self, **options: Unpack[Options]) -> Subscription[list[events.MiniTickerEvent]]:
        """Return a subscription of the symbols whose mini ticker changed, every second: ``!miniTicker@arr``.

        Source: WebSocket Streams, "All Market Mini Tickers Stream".
        """
        return self._subscription(self._thread.read(lambda: self._inner.all_mini_tickers(**options)), options)

    def all_rolling_windows(
        self, *, window: Window, **options: Unpack[Options]
    ) -> Subscription[list[events.RollingWindowEvent]]:
        """Return a subscription of the symbols whose rolling window changed: ``!ticker_<window>@arr``.

        Args:
            window: ``1h``, ``4h`` or ``1d``.
            options: see `Options`.

        Returns:
            A subscription to be entered: a list for each message, of the symbols that changed. Iterating yields events,
            oldest first; `StreamGap` where some were missed.

        Source: WebSocket Streams, "All Market Rolling Window Statistics Streams".
        """
        return self._subscription(
            self._thread.read(lambda: self._inner.all_rolling_windows(window=window, **options)), options
        )

    def _subscription(self, inner: Any, options: Options) -> Subscription[Any]:
        """Make the blocking counterpart of a subscription."""
        raise NotImplementedError
