"""One method for each documented stream: the name it builds, and the events it brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypedDict, Unpack

from binance_wsapi.errors import UsageError
from binance_wsapi.models.enums import Interval
from binance_wsapi.streams import events
from binance_wsapi.streams.names import DEPTH_SPEEDS, LEVELS, WINDOWS, kline_name, one_of, stream_name
from binance_wsapi.streams.queues import QueuePolicy
from binance_wsapi.streams.subscription import Subscription
from binance_wsapi.wire.border import calls_at_border
from binance_wsapi.wire.forms import Form

__all__ = ["Options", "StreamFactory"]

Window = Literal["1h", "4h", "1d"]


class Options(TypedDict, total=False):
    """What every subscription can be given.

    Args:
        policy: what is lost when the consumer does not keep up: ``drop_oldest``, ``block`` or ``latest``.
        limit: events kept for a consumer that does not keep up.
        timeout: seconds entering may take.
        form: how messages are delivered: as ``"objects"``, ``"dicts"`` or ``"bytes"``; the last two are of the whole
            message, with ``stream`` and ``data``. A type checker sees objects; `Subscription.in_form` tells it better.
    """

    policy: QueuePolicy | Literal["drop_oldest", "block", "latest"]
    limit: int
    timeout: float
    form: Form


@calls_at_border
class StreamFactory:
    """The documented streams by their names.

    Every method takes symbols in either case, any number of them as one iterator, and returns a `Subscription` to be
    entered. ``in_form`` of it brings dictionaries or bytes in place of typed events.
    """

    __slots__ = ()

    def _make(self, names: Iterable[str], options: Options) -> Subscription[Any]:
        """Make the subscription of these streams."""
        raise NotImplementedError

    def trade(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.TradeEvent]:
        """Return a subscription of trades, in real time: ``<symbol>@trade``.

        Source: WebSocket Streams, "Trade Streams".
        """
        return self._make(_each(symbols, "trade"), options)

    def agg_trade(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.AggregateTradeEvent]:
        """Return a subscription of the trades of each taker order as one, in real time: ``<symbol>@aggTrade``.

        Source: WebSocket Streams, "Aggregate Trade Streams".
        """
        return self._make(_each(symbols, "aggTrade"), options)

    def block_trade(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.BlockTradeEvent]:
        """Return a subscription of block trades, in real time: ``<symbol>@blockTrade``.

        Source: WebSocket Streams, "Block Trade Streams".
        """
        return self._make(_each(symbols, "blockTrade"), options)

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
        return self._make((kline_name(symbol, interval, utc_offset) for symbol in _some(symbols)), options)

    def mini_ticker(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.MiniTickerEvent]:
        """Return a subscription of the last 24 hours in short, every second: ``<symbol>@miniTicker``.

        Source: WebSocket Streams, "Individual Symbol Mini Ticker Stream".
        """
        return self._make(_each(symbols, "miniTicker"), options)

    def ticker(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.TickerEvent]:
        """Return a subscription of the last 24 hours, every second: ``<symbol>@ticker``.

        Source: WebSocket Streams, "Individual Symbol Ticker Streams".
        """
        return self._make(_each(symbols, "ticker"), options)

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
        one_of("window", window, WINDOWS)
        return self._make(_each(symbols, f"ticker_{window}"), options)

    def book_ticker(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.BookTickerEvent]:
        """Return a subscription of the best prices, in real time: ``<symbol>@bookTicker``.

        Source: WebSocket Streams, "Individual Symbol Book Ticker Streams".
        """
        return self._make(_each(symbols, "bookTicker"), options)

    def avg_price(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.AveragePriceEvent]:
        """Return a subscription of the average price, every second: ``<symbol>@avgPrice``.

        Source: WebSocket Streams, "Average Price".
        """
        return self._make(_each(symbols, "avgPrice"), options)

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
        one_of("levels", levels, LEVELS)
        return self._make(_each(symbols, f"depth{levels}{_speed(speed)}"), options)

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
        return self._make(_each(symbols, f"depth{_speed(speed)}"), options)

    def reference_price(self, *symbols: str, **options: Unpack[Options]) -> Subscription[events.ReferencePriceEvent]:
        """Return a subscription of the reference price, every second: ``<symbol>@referencePrice``.

        Source: WebSocket Streams, "Reference Price Streams".
        """
        return self._make(_each(symbols, "referencePrice"), options)

    def all_mini_tickers(self, **options: Unpack[Options]) -> Subscription[list[events.MiniTickerEvent]]:
        """Return a subscription of the symbols whose mini ticker changed, every second: ``!miniTicker@arr``.

        Source: WebSocket Streams, "All Market Mini Tickers Stream".
        """
        return self._make(("!miniTicker@arr",), options)

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
        one_of("window", window, WINDOWS)
        return self._make((f"!ticker_{window}@arr",), options)


def _some(symbols: tuple[str, ...]) -> tuple[str, ...]:
    if not symbols:
        raise UsageError("name at least one symbol")
    return symbols


def _each(symbols: tuple[str, ...], suffix: str) -> list[str]:
    return [stream_name(symbol, suffix) for symbol in _some(symbols)]


def _speed(milliseconds: int) -> str:
    one_of("speed", milliseconds, DEPTH_SPEEDS)
    return "@100ms" if milliseconds == 100 else ""
