"""Market data requests (WebSocket API)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, overload

from binance_wsapi.api.arguments import IntervalArg, SymbolStatusArg, TickerTypeArg
from binance_wsapi.api.spot.checks import SpotGroup
from binance_wsapi.api.spot.shapes import (
    choose_book_ticker,
    choose_price_ticker,
    choose_reference_price,
    choose_ticker,
    choose_ticker_24hr,
)
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
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Case, Endpoint

__all__ = ["MarketMethods"]


class MarketMethods(SpotGroup):
    """Market data requests."""

    DEPTH = Endpoint(
        "depth",
        Depth,
        weight=(
            Case(5, "limit", minimum=1, maximum=100, default=100),
            Case(25, "limit", minimum=101, maximum=500, default=100),
            Case(50, "limit", minimum=501, maximum=1000, default=100),
            Case(250, "limit", minimum=1001, maximum=5000, default=100),
        ),
    )

    async def depth(
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
        return await self._ask(
            self.DEPTH, {"symbol": symbol, "limit": limit, "symbolStatus": symbol_status}, CallOptions(timeout=timeout)
        )

    RECENT_TRADES = Endpoint("trades.recent", list[Trade], weight=25)

    async def recent_trades(
        self, symbol: str, *, limit: int | None = None, timeout: float | None = None
    ) -> list[Trade]:
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
        return await self._ask(self.RECENT_TRADES, {"symbol": symbol, "limit": limit}, CallOptions(timeout=timeout))

    HISTORICAL_TRADES = Endpoint("trades.historical", list[Trade], weight=25)

    async def historical_trades(
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
        return await self._ask(
            self.HISTORICAL_TRADES, {"symbol": symbol, "fromId": from_id, "limit": limit}, CallOptions(timeout=timeout)
        )

    HISTORICAL_BLOCK_TRADES = Endpoint("blockTrades.historical", list[BlockTrade], weight=25)

    async def historical_block_trades(
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
        return await self._ask(
            self.HISTORICAL_BLOCK_TRADES,
            {"symbol": symbol, "fromId": from_id, "limit": limit},
            CallOptions(timeout=timeout),
        )

    AGGREGATE_TRADES = Endpoint("trades.aggregate", list[AggregateTrade], weight=4)

    async def aggregate_trades(
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
        return await self._ask(
            self.AGGREGATE_TRADES,
            {"symbol": symbol, "fromId": from_id, "startTime": start_time, "endTime": end_time, "limit": limit},
            CallOptions(timeout=timeout),
        )

    KLINES = Endpoint("klines", list[Kline], weight=2)

    async def klines(
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
        return await self._ask(
            self.KLINES,
            {
                "symbol": symbol,
                "interval": interval,
                "startTime": start_time,
                "endTime": end_time,
                "timeZone": time_zone,
                "limit": limit,
            },
            CallOptions(timeout=timeout),
        )

    UI_KLINES = Endpoint("uiKlines", list[Kline], weight=2)

    async def ui_klines(
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
        return await self._ask(
            self.UI_KLINES,
            {
                "symbol": symbol,
                "interval": interval,
                "startTime": start_time,
                "endTime": end_time,
                "timeZone": time_zone,
                "limit": limit,
            },
            CallOptions(timeout=timeout),
        )

    AVERAGE_PRICE = Endpoint("avgPrice", AveragePrice, weight=2)

    async def average_price(self, symbol: str, *, timeout: float | None = None) -> AveragePrice:
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
        return await self._ask(self.AVERAGE_PRICE, {"symbol": symbol}, CallOptions(timeout=timeout))

    TICKER_24HR = Endpoint(
        "ticker.24hr",
        Ticker24hr | MiniTicker | list[Ticker24hr] | list[MiniTicker],
        weight=(
            Case(2, "symbol"),
            Case(2, "symbols", items_max=20),
            Case(40, "symbols", items_min=21, items_max=100),
            Case(80, "symbols", items_min=101),
            Case(80),
        ),
        choose=choose_ticker_24hr,
    )

    @overload
    async def ticker_24hr(
        self,
        symbol: str,
        *,
        type: Literal["FULL", TickerType.FULL] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker24hr: ...

    @overload
    async def ticker_24hr(
        self,
        symbol: str,
        *,
        type: Literal["MINI", TickerType.MINI],
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> MiniTicker: ...

    @overload
    async def ticker_24hr(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: Literal["FULL", TickerType.FULL] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[Ticker24hr]: ...

    @overload
    async def ticker_24hr(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: Literal["MINI", TickerType.MINI],
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[MiniTicker]: ...

    @overload
    async def ticker_24hr(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: TickerTypeArg | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker24hr | MiniTicker | list[Ticker24hr] | list[MiniTicker]: ...

    async def ticker_24hr(
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
        return await self._ask(
            self.TICKER_24HR,
            {"symbol": symbol, "symbols": symbols, "type": type, "symbolStatus": symbol_status},
            CallOptions(timeout=timeout),
        )

    TICKER_TRADING_DAY = Endpoint(
        "ticker.tradingDay",
        Ticker | MiniTicker | list[Ticker] | list[MiniTicker],
        weight=(Case(4, "symbol"), Case(4, "symbols", per_item=True, cap=200)),
        choose=choose_ticker,
    )

    @overload
    async def ticker_trading_day(
        self,
        symbol: str,
        *,
        time_zone: str | None = None,
        type: Literal["FULL", TickerType.FULL] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker: ...

    @overload
    async def ticker_trading_day(
        self,
        symbol: str,
        *,
        time_zone: str | None = None,
        type: Literal["MINI", TickerType.MINI],
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> MiniTicker: ...

    @overload
    async def ticker_trading_day(
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
    async def ticker_trading_day(
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
    async def ticker_trading_day(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        time_zone: str | None = None,
        type: TickerTypeArg | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]: ...

    async def ticker_trading_day(
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
        return await self._ask(
            self.TICKER_TRADING_DAY,
            {"symbol": symbol, "symbols": symbols, "timeZone": time_zone, "type": type, "symbolStatus": symbol_status},
            CallOptions(timeout=timeout),
        )

    TICKER = Endpoint(
        "ticker",
        Ticker | MiniTicker | list[Ticker] | list[MiniTicker],
        weight=(Case(4, "symbol"), Case(4, "symbols", per_item=True, cap=200)),
        choose=choose_ticker,
    )

    @overload
    async def ticker(
        self,
        symbol: str,
        *,
        type: Literal["FULL", TickerType.FULL] | None = None,
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker: ...

    @overload
    async def ticker(
        self,
        symbol: str,
        *,
        type: Literal["MINI", TickerType.MINI],
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> MiniTicker: ...

    @overload
    async def ticker(
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
    async def ticker(
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
    async def ticker(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        type: TickerTypeArg | None = None,
        window_size: str | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> Ticker | MiniTicker | list[Ticker] | list[MiniTicker]: ...

    async def ticker(
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
        return await self._ask(
            self.TICKER,
            {
                "symbol": symbol,
                "symbols": symbols,
                "type": type,
                "windowSize": window_size,
                "symbolStatus": symbol_status,
            },
            CallOptions(timeout=timeout),
        )

    TICKER_PRICE = Endpoint(
        "ticker.price",
        PriceTicker | list[PriceTicker],
        weight=(Case(2, "symbol"), Case(4, "symbols"), Case(4)),
        choose=choose_price_ticker,
    )

    @overload
    async def ticker_price(
        self, symbol: str, *, symbol_status: SymbolStatusArg | None = None, timeout: float | None = None
    ) -> PriceTicker: ...

    @overload
    async def ticker_price(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[PriceTicker]: ...

    async def ticker_price(
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
        return await self._ask(
            self.TICKER_PRICE,
            {"symbol": symbol, "symbols": symbols, "symbolStatus": symbol_status},
            CallOptions(timeout=timeout),
        )

    TICKER_BOOK = Endpoint(
        "ticker.book",
        BookTicker | list[BookTicker],
        weight=(Case(2, "symbol"), Case(4, "symbols"), Case(4)),
        choose=choose_book_ticker,
    )

    @overload
    async def ticker_book(
        self, symbol: str, *, symbol_status: SymbolStatusArg | None = None, timeout: float | None = None
    ) -> BookTicker: ...

    @overload
    async def ticker_book(
        self,
        symbol: None = None,
        *,
        symbols: Sequence[str] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> list[BookTicker]: ...

    async def ticker_book(
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
        return await self._ask(
            self.TICKER_BOOK,
            {"symbol": symbol, "symbols": symbols, "symbolStatus": symbol_status},
            CallOptions(timeout=timeout),
        )

    REFERENCE_PRICE = Endpoint("referencePrice", ReferencePrice, weight=2, choose=choose_reference_price)

    async def reference_price(self, symbol: str, *, timeout: float | None = None) -> ReferencePrice:
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
        return await self._ask(self.REFERENCE_PRICE, {"symbol": symbol}, CallOptions(timeout=timeout))

    REFERENCE_PRICE_CALCULATION = Endpoint("referencePrice.calculation", ReferencePriceCalculation, weight=2)

    async def reference_price_calculation(
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
        return await self._ask(
            self.REFERENCE_PRICE_CALCULATION,
            {"symbol": symbol, "symbolStatus": symbol_status},
            CallOptions(timeout=timeout),
        )
