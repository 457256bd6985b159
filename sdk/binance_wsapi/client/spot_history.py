"""What happened on Spot between two times: candles, trades, orders and own trades.

Theory of operation. Times select rows only where the venue says which rows a time selects and in which order. Everything
else is paged by id: aggregate trades from the first at or after ``start``; trades of the market and of the account from the
id of the first trade in that one, since the three count trades alike; orders from an id found by bisection, since
``allOrders`` filters by the last change and not by when an order was placed, and the venue does not say which rows it
returns when there are more than one page has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from binance_wsapi.api.arguments import IntervalArg
from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.errors import UsageError
from binance_wsapi.history.moments import Moment, read_moment
from binance_wsapi.history.rows import Ask, HistoryProgress, HistoryRows, Pace
from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.spot.account import AccountTrade
from binance_wsapi.models.spot.market import AggregateTrade, Kline, Trade
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.wire.border import calls_at_border
from binance_wsapi.wire.caller import check_symbol
from binance_wsapi.wire.endpoint import weigh

__all__ = ["SpotHistory"]

Progressed: TypeAlias = Callable[[HistoryProgress], object]


class _Series:
    """One kind of row, described by functions; see `binance_wsapi.history.rows.Series`."""

    __slots__ = ("_closes", "_first", "_get", "_key", "_mark", "_time", "kind", "name", "shared", "weight")

    def __init__(
        self,
        name: str,
        kind: type[Any],
        weight: int,
        *,
        first: Callable[[int, Ask], Awaitable[int | None]],
        get: Callable[[int, int, int], Awaitable[Sequence[Any]]],
        key: Callable[[Any], int],
        time: Callable[[Any], int] = lambda row: int(row.time.microseconds),
        closes: Callable[[Any], int] | None = None,
        mark: Callable[[Any], int] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.weight = weight
        self._first = first
        self._get = get
        self._key = key
        self._time = time
        self._closes = closes
        self._mark = mark
        self.shared = mark is not None

    async def begin(self, start_us: int, ask: Ask) -> int | None:
        return await self._first(start_us, ask)

    async def page(self, cursor: int, end_us: int, limit: int) -> Sequence[Any]:
        return await self._get(cursor, end_us, limit)

    def cursor_of(self, row: Any) -> int:
        return self._key(row)

    def mark_of(self, row: Any) -> int:
        return 0 if self._mark is None else self._mark(row)

    def time_us(self, row: Any) -> int:
        return self._time(row)

    def is_complete(self, row: Any, now_us: int) -> bool:
        return self._closes is None or self._closes(row) < now_us


@calls_at_border
class SpotHistory:
    """Rows between two times, oldest first, of any length: ``client.history``.

    Every method returns `HistoryRows`: iterate over them with ``async for``, or ``await`` their `HistoryRows.collect`,
    `HistoryRows.to_pandas` or `HistoryRows.to_polars`. Pages of 1,000 rows are asked for one after another. They spend at
    most half of the venue's request weight of a minute, so that a program that trades meanwhile has room; a limit that is
    reached is waited out.

    Times are ISO text (``2024-01-31``, ``2024-01-31T12:00:00+01:00``; UTC where it has no zone), aware `datetime`s, or
    milliseconds since 1970. ``start`` is the first moment, ``end`` the first one after: two spans that meet share no row.
    """

    def __init__(self, methods: SpotMethods, pace: Pace) -> None:
        self._methods = methods
        self._pace = pace

    def __repr__(self) -> str:
        return "<SpotHistory: klines, trades, aggregate_trades, my_trades, orders>"

    def klines(
        self,
        symbol: str,
        interval: IntervalArg,
        start: Moment,
        end: Moment | None = None,
        *,
        time_zone: str | None = None,
        resume: str | None = None,
        on_progress: Progressed | None = None,
    ) -> HistoryRows[Kline]:
        """Return the candles that open between two times.

        Wire: ``klines``, security NONE, weight 2 for 1,000 rows.

        A candle that is not closed yet is left out, since it would change.

        Args:
            symbol: trading pair, case-sensitive.
            interval: length of a candle; ``1m`` is a minute, ``1M`` a month.
            start: the first moment.
            end: the moment before which they open; now when left out.
            time_zone: where a day begins, ``"-12:00"`` to ``"+14:00"``, ``"0"`` by default; times stay UTC.
            resume: `HistoryRows.position` of an earlier run, to go on behind it.
            on_progress: called with a `HistoryProgress` after every page.

        Returns:
            Candles, oldest first, to be read with ``async for``; prices and volumes are `Decimal`.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Klines".
        """
        methods = self._methods
        check_symbol(symbol)
        for name, text in (("interval", interval), ("time_zone", time_zone)):
            if text is not None and not isinstance(text, str):
                raise UsageError(f"{name} must be text, got a {type(text).__name__}")

        async def get(cursor: int, end_us: int, limit: int) -> Sequence[Kline]:
            return await methods.klines(
                symbol,
                interval,
                start_time=Timestamp(-(-cursor // 1000)),  # a bare number of 1970 would be refused as seconds
                end_time=Timestamp((end_us - 1) // 1000),
                time_zone=time_zone,
                limit=limit,
            )

        async def first(start_us: int, _ask: Ask) -> int:
            return start_us

        series = _Series(
            f"klines {symbol} {interval}" + (f" {time_zone}" if time_zone else ""),
            Kline,
            weigh(SpotMethods.KLINES.weight, {}),
            first=first,
            get=get,
            key=lambda row: int(row.open_time.microseconds),
            time=lambda row: int(row.open_time.microseconds),
            closes=lambda row: int(row.close_time.microseconds),
        )
        return self._rows(series, start, end, resume, on_progress)

    def trades(
        self,
        symbol: str,
        start: Moment,
        end: Moment | None = None,
        *,
        resume: str | None = None,
        on_progress: Progressed | None = None,
    ) -> HistoryRows[Trade]:
        """Return the trades of the market between two times.

        Wire: ``trades.historical``, security NONE, weight 25 for 1,000 rows, and ``trades.aggregate`` once, weight 4.

        Args:
            symbol: trading pair, case-sensitive.
            start: the first moment.
            end: the moment before which they happened; now when left out.
            resume: `HistoryRows.position` of an earlier run, to go on behind it.
            on_progress: called with a `HistoryProgress` after every page.

        Returns:
            Trades, oldest first, to be read with ``async for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Historical trades".
        """
        series = _Series(
            f"trades {check_symbol(symbol)}",
            Trade,
            weigh(SpotMethods.HISTORICAL_TRADES.weight, {}),
            first=lambda start_us, ask: self._first_trade(symbol, start_us, ask),
            get=lambda cursor, _end, limit: self._methods.historical_trades(symbol, from_id=cursor, limit=limit),
            key=lambda row: int(row.id),
        )
        return self._rows(series, start, end, resume, on_progress)

    def aggregate_trades(
        self,
        symbol: str,
        start: Moment,
        end: Moment | None = None,
        *,
        resume: str | None = None,
        on_progress: Progressed | None = None,
    ) -> HistoryRows[AggregateTrade]:
        """Return the trades of the market between two times, those of one taker order at one price as one.

        Wire: ``trades.aggregate``, security NONE, weight 4 for 1,000 rows.

        Args:
            symbol: trading pair, case-sensitive.
            start: the first moment.
            end: the moment before which they happened; now when left out.
            resume: `HistoryRows.position` of an earlier run, to go on behind it.
            on_progress: called with a `HistoryProgress` after every page.

        Returns:
            Aggregate trades, oldest first, to be read with ``async for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Aggregate trades".
        """

        async def first(start_us: int, ask: Ask) -> int | None:
            row = await self._first_aggregate(symbol, start_us, ask)
            return None if row is None else row.id

        series = _Series(
            f"aggregate trades {check_symbol(symbol)}",
            AggregateTrade,
            weigh(SpotMethods.AGGREGATE_TRADES.weight, {}),
            first=first,
            get=lambda cursor, _end, limit: self._methods.aggregate_trades(symbol, from_id=cursor, limit=limit),
            key=lambda row: int(row.id),
        )
        return self._rows(series, start, end, resume, on_progress)

    def my_trades(
        self,
        symbol: str,
        start: Moment,
        end: Moment | None = None,
        *,
        resume: str | None = None,
        on_progress: Progressed | None = None,
    ) -> HistoryRows[AccountTrade]:
        """Return the account's own trades between two times.

        Wire: ``myTrades``, security USER_DATA, weight 20 for 1,000 rows, and ``trades.aggregate`` once, weight 4.

        Args:
            symbol: trading pair, case-sensitive.
            start: the first moment.
            end: the moment before which they happened; now when left out.
            resume: `HistoryRows.position` of an earlier run, to go on behind it.
            on_progress: called with a `HistoryProgress` after every page.

        Returns:
            The account's own trades, oldest first, to be read with ``async for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Account trade history".
        """
        series = _Series(
            f"my trades {check_symbol(symbol)}",
            AccountTrade,
            weigh(SpotMethods.MY_TRADES.weight, {}),
            first=lambda start_us, ask: self._first_trade(symbol, start_us, ask),
            get=lambda cursor, _end, limit: self._methods.my_trades(symbol, from_id=cursor, limit=limit),
            key=lambda row: int(row.id),
            mark=lambda row: int(row.order_id),  # a trade of the account with itself has two rows of one id
        )
        return self._rows(series, start, end, resume, on_progress)

    def orders(
        self,
        symbol: str,
        start: Moment,
        end: Moment | None = None,
        *,
        resume: str | None = None,
        on_progress: Progressed | None = None,
    ) -> HistoryRows[OrderState]:
        """Return the account's orders that were placed between two times, in every state.

        Wire: ``allOrders``, security USER_DATA, weight 20 for 1,000 rows, and about 35 times before the first.

        The venue archives orders that were cancelled or expired without a fill more than 90 days ago: they are not shown.

        Args:
            symbol: trading pair, case-sensitive.
            start: the first moment.
            end: the moment before which they were placed; now when left out.
            resume: `HistoryRows.position` of an earlier run, to go on behind it.
            on_progress: called with a `HistoryProgress` after every page.

        Returns:
            Orders, by the number the venue gave them, to be read with ``async for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Account order history".
        """
        series = _Series(
            f"orders {check_symbol(symbol)}",
            OrderState,
            weigh(SpotMethods.ALL_ORDERS.weight, {}),
            first=lambda start_us, ask: self._first_order(symbol, start_us, ask),
            get=lambda cursor, _end, limit: self._methods.all_orders(symbol, order_id=cursor, limit=limit),
            key=lambda row: int(row.order_id),
        )
        return self._rows(series, start, end, resume, on_progress)

    # ------------------------------------------------------------------ where a time is among ids

    def _rows(
        self, series: _Series, start: Moment, end: Moment | None, resume: str | None, on_progress: Progressed | None
    ) -> HistoryRows[Any]:
        end_us = None if end is None else read_moment("end", end)
        return HistoryRows(
            series, self._pace, read_moment("start", start), end_us, resume=resume, on_progress=on_progress
        )

    async def _first_aggregate(self, symbol: str, start_us: int, ask: Ask) -> AggregateTrade | None:
        """Return the first aggregate trade at or after a time: "trades from that time" (changelog, 2022-12-05)."""
        rows = await ask(
            weigh(SpotMethods.AGGREGATE_TRADES.weight, {}),
            lambda: self._methods.aggregate_trades(symbol, start_time=Timestamp(start_us // 1000), limit=1),
        )
        return rows[0] if rows else None

    async def _first_trade(self, symbol: str, start_us: int, ask: Ask) -> int | None:
        row = await self._first_aggregate(symbol, start_us, ask)
        return None if row is None else row.first_trade_id

    async def _first_order(self, symbol: str, start_us: int, ask: Ask) -> int | None:
        """Return the least id from which on the first order was placed at or after a time."""

        async def first_from(order_id: int | None) -> OrderState | None:
            rows = await ask(
                weigh(SpotMethods.ALL_ORDERS.weight, {}),
                lambda: self._methods.all_orders(symbol, order_id=order_id, limit=1),
            )
            return rows[0] if rows else None

        newest = await first_from(None)
        if newest is None or newest.time.microseconds < start_us:
            return None
        low, high = 0, newest.order_id
        while low < high:
            middle = (low + high) // 2
            row = await first_from(middle)
            if row is None or row.time.microseconds >= start_us:
                high = middle
            else:
                low = row.order_id + 1
        return low
