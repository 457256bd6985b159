"""The rows between two times, for a thread that waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from binance_wsapi.blocking.events import iterate
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.history import rows
from binance_wsapi.history.rows import HistoryProgress
from binance_wsapi.wire.border import calls_at_border
from binance_wsapi.wire.misuse import EnteredByThreads

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["HistoryRows"]

R = TypeVar("R")


@calls_at_border
class HistoryRows(EnteredByThreads, Generic[R]):
    """Rows between two times, oldest first: an iterator, to be used once.

    After an interruption, `position` handed to the method that made it as ``resume`` goes on behind the last row that was
    delivered.
    """

    def __init__(self, thread: LoopThread, inner: rows.HistoryRows[R]) -> None:
        self._thread = thread
        self._inner = inner
        self._last: list[R] = []

    def __repr__(self) -> str:
        return self._thread.read(lambda: repr(self._inner))

    @property
    def position(self) -> str | None:
        """Where to go on, as text that can be kept: ``resume=position``. None before the first row."""
        return self._inner.position_after(self._last[0]) if self._last else None

    @property
    def progress(self) -> HistoryProgress:
        """How far it has come."""
        return self._thread.read(lambda: self._inner.progress)

    def __iter__(self) -> Iterator[R]:
        for row in iterate(self._thread, aiter(self._inner), lambda: self._inner.ready):
            self._last[:] = [row]
            yield row
            del row  # an error of the next page holds this frame

    def collect(self) -> list[R]:
        """Return all rows as a list.

        Raises:
            WsapiError: they could not be had; `position` says how far they were.
        """
        return list(self)

    def to_pandas(self) -> pd.DataFrame:
        """Return all rows as a `pandas.DataFrame` with numeric columns; see `binance_wsapi.to_pandas`.

        Raises:
            UsageError: pandas is not installed: ``pip install "binance-wsapi[pandas]"``.
            WsapiError: the rows could not be had.
        """
        return self._thread.run(self._inner.to_pandas())

    def to_polars(self) -> pl.DataFrame:
        """Return all rows as a `polars.DataFrame` with numeric columns; see `binance_wsapi.to_polars`.

        Raises:
            UsageError: polars is not installed: ``pip install "binance-wsapi[polars]"``.
            WsapiError: the rows could not be had.
        """
        return self._thread.run(self._inner.to_polars())
