"""Market data requests (WebSocket API).

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, overload

from binance_wsapi.api.arguments import IntervalArg, SymbolStatusArg, TickerTypeArg
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.models.enums import TickerType
from binance_wsapi.models.spot.market import (
    AggregateTrade,
    AveragePrice,
    BlockTrade,
    BookTicker,
    Depth,
    Kline,
    MiniTicker,
    PriceTicker,
    ReferencePrice,
    ReferencePriceCalculation,
    Ticker,
    Ticker24hr,
    Trade,
)
from binance_wsapi.wire.border import calls_at_border

__all__ = ["MarketMethods"]


@calls_at_border
class MarketMethods:
    """Market data requests."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    def depth(
        self,
        symbol: str,
        *,
        limit: int | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Depth:
        """Ask for the order book.

        Wire: ``depth``, security NONE, weight 5 for ``limit`` from 1 to 100, 25 for ``limit`` from 101 to 500, 50
        for ``limit`` from 501 to 1000, 250 for ``limit`` from 1001 to 5000, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            limit: levels per side, at most 5000, to which more is cut; 100 by default.
            symbol_status: have a symbol in another trading status refused (-1220).
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Both sides, best price first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Order book".
        """
        return self._thread.run(self._inner.depth(symbol, limit=limit, symbol_status=symbol_status, timeout=timeout))

    def recent_trades(self, symbol: str, *, limit: int | None = None, timeout: float | None = None) -> list[Trade]:
        """Ask for the newest trades.

        Wire: ``trades.recent``, security NONE, weight 25, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            limit: rows at most, 1 to 1000; 500 by default.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Trades, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Recent trades".
        """
        return self._thread.run(self._inner.recent_trades(symbol, limit=limit, timeout=timeout))

    def historical_trades(
        self, symbol: str, *, from_id: int | None = None, limit: int | None = None, timeout: float | None = None
    ) -> list[Trade]:
        """Ask for older trades.

        Wire: ``trades.historical``, security NONE, weight 25, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            from_id: first trade; the newest when left out.
            limit: rows at most, 1 to 1000; 500 by default.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Trades, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Historical trades".
        """
        return self._thread.run(self._inner.historical_trades(symbol, from_id=from_id, limit=limit, timeout=timeout))

    def historical_block_trades(
        self, symbol: str, from_id: int, *, limit: int | None = None, timeout: float | None = None
    ) -> list[BlockTrade]:
        """Ask for block trades.

        Wire: ``blockTrades.historical``, security NONE, weight 25, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            from_id: id of the first row.
            limit: rows at most, 1 to 1000; 500 by default.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Block trades, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Historical Block Trades".
        """
        return self._thread.run(self._inner.historical_block_trades(symbol, from_id, limit=limit, timeout=timeout))

    def aggregate_trades(
        self,
        symbol: str,
        *,
        from_id: int | None = None,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> list[AggregateTrade]:
        """Ask for trades, those of one taker at one price as one.

        Wire: ``trades.aggregate``, security NONE, weight 4, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            from_id: first aggregate trade; not with ``start_time`` or ``end_time``.
            start_time: first moment, UTC; milliseconds, microseconds or an aware `datetime`.
            end_time: last moment, likewise.
            limit: rows at most, 1 to 1000; 500 by default.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Aggregate trades, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Aggregate trades".
        """
        return self._thread.run(
            self._inner.aggregate_trades(
                symbol, from_id=from_id, start_time=start_time, end_time=end_time, limit=limit, timeout=timeout
            )
        )

    def klines(
        self,
        symbol: str,
        interval: IntervalArg,
        *,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        time_zone: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> list[Kline]:
        """Ask for candles.

        Wire: ``klines``, security NONE, weight 2, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            interval: length of a kline; ``1m`` is a minute, ``1M`` a month.
            start_time: first moment, UTC; milliseconds, microseconds or an aware `datetime`.
            end_time: last moment, likewise.
            time_zone: where a day begins, ``"-12:00"`` to ``"+14:00"``, ``"0"`` by default; times stay UTC.
            limit: rows at most, 1 to 1000; 500 by default.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Candles, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Klines".
        """
        return self._thread.run(
            self._inner.klines(
                symbol,
                interval,
                start_time=start_time,
                end_time=end_time,
                time_zone=time_zone,
                limit=limit,
                timeout=timeout,
            )
        )

    def ui_klines(
        self,
        symbol: str,
        interval: IntervalArg,
        *,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        time_zone: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> list[Kline]:
        """Ask for candles made smooth for charts.

        Wire: ``uiKlines``, security NONE, weight 2, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            interval: length of a kline; ``1m`` is a minute, ``1M`` a month.
            start_time: first moment, UTC; milliseconds, microseconds or an aware `datetime`.
            end_time: last moment, likewise.
            time_zone: where a day begins, ``"-12:00"`` to ``"+14:00"``, ``"0"`` by default; times stay UTC.
            limit: rows at most, 1 to 1000; 500 by default.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Candles, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "UI Klines".
        """
        return self._thread.run(
            self._inner.ui_klines(
                symbol,
                interval,
                start_time=start_time,
                end_time=end_time,
                time_zone=time_zone,
                limit=limit,
                timeout=timeout,
            )
        )

    def average_price(self, symbol: str, *, timeout: float | None = None) -> AveragePrice:
        """Ask for the average price of the last minutes.

        Wire: ``avgPrice``, security NONE, weight 2, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The average and its span.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Current average price".
        """
        return self._thread.run(self._inner.average_price(symbol, timeout=timeout))

    @overload
    def ticker_24hr(
        self,
        symbol: str,
        *,
        type: Literal["FULL", TickerType.FULL] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker24hr: ...

    @overload
    def ticker_24hr(
        self,
        symbol: str,
        *,
        type: Literal["MINI", TickerType.MINI],
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> MiniTicker: ...

    @overload
    def ticker_24hr(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: Literal["FULL", TickerType.FULL] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[Ticker24hr]: ...

    @overload
    def ticker_24hr(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: Literal["MINI", TickerType.MINI],
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[MiniTicker]: ...

    @overload
    def ticker_24hr(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: TickerTypeArg | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker24hr | MiniTicker | list[Ticker24hr] | list[MiniTicker]: ...

    def ticker_24hr(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: TickerTypeArg | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker24hr | MiniTicker | list[Ticker24hr] | list[MiniTicker]:
        """Ask for the price change of the last 24 hours.

        Wire: ``ticker.24hr``, security NONE, weight 2 with ``symbol``, 2 for 1 to 20 ``symbols``, 40 for 21 to 100
        ``symbols``, 80 for 101 or more ``symbols``, 80 otherwise, orders 0.

        Args:
            symbol: trading pair, case-sensitive; at most one of ``symbol`` and ``symbols`` is sent.
            symbols: several trading pairs, each once.
            type: FULL (the default), or MINI, which leaves out the change and the average.
            symbol_status: only symbols in this trading status; a single ``symbol`` in another is refused (-1220).
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            One ticker for ``symbol``, else a list.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "24hr ticker price change statistics".
        """
        inner: Any = self._inner
        result: Ticker24hr | MiniTicker | list[Ticker24hr] | list[MiniTicker] = self._thread.run(
            inner.ticker_24hr(symbol, symbols=symbols, type=type, symbol_status=symbol_status, timeout=timeout)
        )
        return result

    @overload
    def ticker_trading_day(
        self,
        symbol: str,
        *,
        time_zone: str | None = None,
        type: Literal["FULL", TickerType.FULL] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker: ...

    @overload
    def ticker_trading_day(
        self,
        symbol: str,
        *,
        time_zone: str | None = None,
        type: Literal["MINI", TickerType.MINI],
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> MiniTicker: ...

    @overload
    def ticker_trading_day(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str],
        time_zone: str | None = None,
        type: Literal["FULL", TickerType.FULL] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[Ticker]: ...

    @overload
    def ticker_trading_day(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str],
        time_zone: str | None = None,
        type: Literal["MINI", TickerType.MINI],
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[MiniTicker]: ...

    @overload
    def ticker_trading_day(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        time_zone: str | None = None,
        type: TickerTypeArg | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]: ...

    def ticker_trading_day(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        time_zone: str | None = None,
        type: TickerTypeArg | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]:
        """Ask for the price change of the trading day.

        Wire: ``ticker.tradingDay``, security NONE, weight 4 with ``symbol``, 4 for each of ``symbols``, at most
        200, orders 0.

        Args:
            symbol: trading pair, case-sensitive; exactly one of ``symbol`` and ``symbols`` is sent.
            symbols: several trading pairs, each once.
            time_zone: where a day begins, ``"-12:00"`` to ``"+14:00"``, ``"0"`` by default; times stay UTC.
            type: FULL (the default), or MINI, which leaves out the change and the average.
            symbol_status: only symbols in this trading status; a single ``symbol`` in another is refused (-1220).
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            One ticker for ``symbol``, a list for ``symbols``.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Trading Day Ticker".
        """
        inner: Any = self._inner
        result: Ticker | MiniTicker | list[Ticker] | list[MiniTicker] = self._thread.run(
            inner.ticker_trading_day(
                symbol, symbols=symbols, time_zone=time_zone, type=type, symbol_status=symbol_status, timeout=timeout
            )
        )
        return result

    @overload
    def ticker(
        self,
        symbol: str,
        *,
        type: Literal["FULL", TickerType.FULL] | None = None,
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker: ...

    @overload
    def ticker(
        self,
        symbol: str,
        *,
        type: Literal["MINI", TickerType.MINI],
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> MiniTicker: ...

    @overload
    def ticker(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str],
        type: Literal["FULL", TickerType.FULL] | None = None,
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[Ticker]: ...

    @overload
    def ticker(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str],
        type: Literal["MINI", TickerType.MINI],
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[MiniTicker]: ...

    @overload
    def ticker(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: TickerTypeArg | None = None,
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]: ...

    def ticker(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: TickerTypeArg | None = None,
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]:
        """Ask for the price change of a rolling window.

        Wire: ``ticker``, security NONE, weight 4 with ``symbol``, 4 for each of ``symbols``, at most 200, orders 0.

        Args:
            symbol: trading pair, case-sensitive; exactly one of ``symbol`` and ``symbols`` is sent.
            symbols: several trading pairs, each once; at most 200.
            type: FULL (the default), or MINI, which leaves out the change and the average.
            window_size: 1 to 59 minutes (``"15m"``), 1 to 23 hours or 1 to 7 days; ``"1d"`` by default.
            symbol_status: only symbols in this trading status; a single ``symbol`` in another is refused (-1220).
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            One ticker for ``symbol``, a list for ``symbols``.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Rolling window price change statistics".
        """
        inner: Any = self._inner
        result: Ticker | MiniTicker | list[Ticker] | list[MiniTicker] = self._thread.run(
            inner.ticker(
                symbol,
                symbols=symbols,
                type=type,
                window_size=window_size,
                symbol_status=symbol_status,
                timeout=timeout,
            )
        )
        return result

    @overload
    def ticker_price(
        self, symbol: str, *, symbol_status: SymbolStatusArg | None = None, timeout: float | None = None
    ) -> PriceTicker: ...

    @overload
    def ticker_price(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[PriceTicker]: ...

    def ticker_price(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> PriceTicker | list[PriceTicker]:
        """Ask for the last price.

        Wire: ``ticker.price``, security NONE, weight 2 with ``symbol``, 4 with ``symbols``, 4 otherwise, orders 0.

        Args:
            symbol: trading pair, case-sensitive; at most one of ``symbol`` and ``symbols`` is sent.
            symbols: several trading pairs, each once.
            symbol_status: only symbols in this trading status; a single ``symbol`` in another is refused (-1220).
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            One ticker for ``symbol``, else a list.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Symbol price ticker".
        """
        inner: Any = self._inner
        result: PriceTicker | list[PriceTicker] = self._thread.run(
            inner.ticker_price(symbol, symbols=symbols, symbol_status=symbol_status, timeout=timeout)
        )
        return result

    @overload
    def ticker_book(
        self, symbol: str, *, symbol_status: SymbolStatusArg | None = None, timeout: float | None = None
    ) -> BookTicker: ...

    @overload
    def ticker_book(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[BookTicker]: ...

    def ticker_book(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> BookTicker | list[BookTicker]:
        """Ask for the best bid and ask.

        Wire: ``ticker.book``, security NONE, weight 2 with ``symbol``, 4 with ``symbols``, 4 otherwise, orders 0.

        Args:
            symbol: trading pair, case-sensitive; at most one of ``symbol`` and ``symbols`` is sent.
            symbols: several trading pairs, each once.
            symbol_status: only symbols in this trading status; a single ``symbol`` in another is refused (-1220).
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            One ticker for ``symbol``, else a list.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Symbol order book ticker".
        """
        inner: Any = self._inner
        result: BookTicker | list[BookTicker] = self._thread.run(
            inner.ticker_book(symbol, symbols=symbols, symbol_status=symbol_status, timeout=timeout)
        )
        return result

    def reference_price(self, symbol: str, *, timeout: float | None = None) -> ReferencePrice:
        """Ask for the reference price.

        Wire: ``referencePrice``, security NONE, weight 2, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The price, None while there is none.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query Reference Price".
        """
        return self._thread.run(self._inner.reference_price(symbol, timeout=timeout))

    def reference_price_calculation(
        self, symbol: str, *, symbol_status: SymbolStatusArg | None = None, timeout: float | None = None
    ) -> ReferencePriceCalculation:
        """Ask how the reference price comes about.

        Wire: ``referencePrice.calculation``, security NONE, weight 2, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            symbol_status: have a symbol in another trading status refused (-1220).
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The calculation.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query Reference Price Calculation".
        """
        return self._thread.run(
            self._inner.reference_price_calculation(symbol, symbol_status=symbol_status, timeout=timeout)
        )
