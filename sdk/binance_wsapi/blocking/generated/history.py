"""What happened between two times.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from binance_wsapi.api.arguments import IntervalArg
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.blocking.rows import HistoryRows
from binance_wsapi.client.spot_history import Progressed
from binance_wsapi.client.spot_history import SpotHistory as AsynchronousSpotHistory
from binance_wsapi.history.moments import Moment
from binance_wsapi.models.spot.account import AccountTrade
from binance_wsapi.models.spot.market import AggregateTrade, Kline, Trade
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.wire.border import calls_at_border

__all__ = ["HistoryMethods"]


@calls_at_border
class HistoryMethods:
    """Rows between two times, oldest first, of any length: ``client.history``."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotHistory

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
            Candles, oldest first, to be read with ``for``; prices and volumes are `Decimal`.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Klines".
        """
        return HistoryRows(
            self._thread,
            self._thread.read(
                lambda: self._inner.klines(
                    symbol, interval, start, end, time_zone=time_zone, resume=resume, on_progress=on_progress
                )
            ),
        )

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
            Trades, oldest first, to be read with ``for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Historical trades".
        """
        return HistoryRows(
            self._thread,
            self._thread.read(lambda: self._inner.trades(symbol, start, end, resume=resume, on_progress=on_progress)),
        )

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
            Aggregate trades, oldest first, to be read with ``for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Aggregate trades".
        """
        return HistoryRows(
            self._thread,
            self._thread.read(
                lambda: self._inner.aggregate_trades(symbol, start, end, resume=resume, on_progress=on_progress)
            ),
        )

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
            The account's own trades, oldest first, to be read with ``for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Account trade history".
        """
        return HistoryRows(
            self._thread,
            self._thread.read(
                lambda: self._inner.my_trades(symbol, start, end, resume=resume, on_progress=on_progress)
            ),
        )

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
            Orders, by the number the venue gave them, to be read with ``for``.

        Raises:
            UsageError: an argument is not what it must be.

        Source: WebSocket API, "Account order history".
        """
        return HistoryRows(
            self._thread,
            self._thread.read(lambda: self._inner.orders(symbol, start, end, resume=resume, on_progress=on_progress)),
        )
