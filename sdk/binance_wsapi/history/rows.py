"""The rows between two times, page by page.

Theory of operation. A `Series` knows one kind of row: where the first page begins, how to ask for the page that begins at
a *cursor*, and which cursor stands behind a row. A cursor is a number that grows from row to row: an id, or the opening time
of a candle. Pages are asked for by it, and never by a time that rows may share. So no row is lost or doubled at the border
of a page, however many rows one millisecond has.

Where rows share a cursor, as both sides of an account's trade with itself do, a second number tells them apart, the *mark*.
The rows of the last cursor of a page are asked for again, as the first of the next: a page may end between them. For the
same reason a page of a single row is asked for twice, and both answers count.

The rows end at the first that is not before ``end``, or at an empty page. A page that is shorter than asked for ends
nothing: the venue may cut it.

A request that fails and may be asked again, is asked again: a limit that is reached is waited out, and so is a ban that ends
within `LONGEST_BAN_S`; a lost connection or reply is given some tries. Other errors are raised, and all at once where the
client is closed. In every case `HistoryRows.position` is where to go on.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, Generic, Never, Protocol, Self, TypeVar

from binance_wsapi.errors import (
    Banned,
    LimitExceeded,
    NotConnected,
    OutcomeUnknown,
    ProtocolViolation,
    RateLimited,
    UsageError,
    shown,
)
from binance_wsapi.wire.border import at_border, called

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["PAGE", "Ask", "Pace", "HistoryProgress", "HistoryRows", "Series"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")
T = TypeVar("T")

PAGE: Final = 1000
"""Rows of a page: the most that any of the venue's methods returns."""

PAGE_TRIES: Final = 6
"""Times a page is asked for, when the connection or the reply is lost each time."""

LONGEST_PAUSE_S: Final = 60.0
"""Seconds after which it is asked again, however far ahead "come back at" lies: weight counts by the minute."""

LONGEST_BAN_S: Final = 120.0
"""Seconds for which a ban, as after a 429, is waited out; a longer one is raised."""

_PLACE: Final = re.compile(r"([0-9]{1,19})(?:/([0-9]{1,19}))?", re.ASCII)
"""The end of a position: a cursor, and a mark where rows share cursors."""

PAUSE_S: Final = 1.0
"""Seconds before the second try; twice as many before each further one."""


@dataclass(frozen=True, slots=True)
class HistoryProgress:
    """How far the rows have come.

    Args:
        rows: delivered so far, those of an earlier run not counted.
        pages: asked for so far.
        at: milliseconds since 1970 of the newest row; where the rows begin, before the first.
        start: milliseconds since 1970 at which they begin.
        end: milliseconds since 1970 before which they end.
    """

    rows: int
    pages: int
    at: int
    start: int
    end: int

    @property
    def fraction(self) -> float:
        """The part of the time between ``start`` and ``end`` that is done, 0 to 1."""
        return min(1.0, max(0.0, (self.at - self.start) / max(1, self.end - self.start)))


class Ask(Protocol):
    """Makes a request when its weight may be spent, and again where that may help."""

    async def __call__(self, weight: int, request: Callable[[], Awaitable[T]]) -> T: ...


class Series(Protocol[R]):
    """One kind of row.

    Attributes:
        name: what the rows are, with all that tells them from others; part of every position.
        kind: class of a row.
        weight: request weight of a page.
        shared: whether rows may share a cursor.
    """

    name: str
    kind: type[R]
    weight: int
    shared: bool

    async def begin(self, start_us: int, ask: Ask) -> int | None:
        """Return the cursor of the first row at or after a time; None when there is none. Requests go through ``ask``."""
        ...

    async def page(self, cursor: int, end_us: int, limit: int) -> Sequence[R]:
        """Return the first rows from a cursor on."""
        ...

    def cursor_of(self, row: R) -> int:
        """Return the cursor at which a page begins with this row."""
        ...

    def mark_of(self, row: R) -> int:
        """Return what tells the row from others of its cursor: a number from 0; 0 where cursors are not shared."""
        ...

    def time_us(self, row: R) -> int:
        """Return the time of a row, in microseconds since 1970."""
        ...

    def is_complete(self, row: R, now_us: int) -> bool:
        """Return whether the row will not change any more."""
        ...


class Pace(Protocol):
    """How fast pages may be asked for, and what time it is."""

    @property
    def open(self) -> bool:
        """Whether requests can be made: the client is started, and not closed."""
        ...

    async def spend(self, weight: int) -> None:
        """Wait until a request of this weight may be made.

        Raises:
            NotConnected: the client is closed, or was closed meanwhile.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait. Raises as `spend` does."""
        ...

    def now_us(self) -> int:
        """Return the venue's time, in microseconds since 1970."""
        ...


@at_border
class _Iterator(Generic[R]):
    """Takes one row after another; no error ends it, as it would end an asynchronous generator."""

    __slots__ = ("_next",)

    def __init__(self, following: Callable[[], Awaitable[R]]) -> None:
        self._next = following

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> R:
        return await self._next()


@at_border
class HistoryRows(Generic[R]):
    """Rows between two times, oldest first: an asynchronous iterator.

    ::

        rows = client.history.klines("BTCUSDT", "1h", start="2024-01-01", end="2024-02-01")
        async for kline in rows:
            ...

    Iterate once. After an interruption, `position` handed to the method that made it as ``resume`` goes on behind the last
    row that was delivered.
    """

    def __init__(
        self,
        series: Series[R],
        pace: Pace,
        start_us: int,
        end_us: int | None,
        *,
        resume: str | None = None,
        on_progress: Callable[[HistoryProgress], object] | None = None,
    ) -> None:
        self.series = series  # first what the text of this object needs: a reporter of errors shows half-made ones, too
        self._rows = 0
        if end_us is not None and end_us < start_us:
            raise UsageError("end must not be before start")
        if on_progress is not None and not callable(on_progress):
            raise UsageError(f"on_progress must be a function, got {type(on_progress).__name__}")
        self._pace = pace
        self._start_us = start_us
        self._end_us = end_us
        self._behind = None if resume is None else self._read_position(resume)
        self._from = None if self._behind is None else self._behind[0]
        self._on_progress = on_progress
        self._page: deque[R] = deque()
        self._at_us = start_us
        self._pages = 0
        self._state = "new"
        self._waiting = False
        self._untold = False

    def __repr__(self) -> str:
        return f"<HistoryRows {self.series.name}: {self._rows} so far>"

    if not TYPE_CHECKING:  # a type checker refuses each as it is

        def __iter__(self) -> Never:
            raise self._is_read("for")

        def __await__(self) -> Never:
            raise self._is_read("await")

    def _is_read(self, used: str) -> UsageError:
        return UsageError(
            f"rows of history are read with `async for`, or all at once with `await rows.collect()`, got `{used}`; for "
            "scripts, binance_wsapi.blocking.SpotClient has the same for `for`"
        )

    # ------------------------------------------------------------------ where it stands

    @property
    def position(self) -> str | None:
        """Where to go on, as text that can be kept: ``resume=position``. None before the first row."""
        return None if self._behind is None else self._text(self._behind)

    @called
    def position_after(self, row: R) -> str:
        """Return the position behind a row.

        Raises:
            UsageError: it is no row of this kind.
        """
        kind = self.series.kind
        if not isinstance(row, kind):
            raise UsageError(f"row must be one of these rows, a {kind.__name__}, got a {type(row).__name__}")
        return self._text(self._place_after(row))

    def _place_after(self, row: R) -> tuple[int, int]:
        """Return the cursor and the mark behind which the next row stands; mark -1 is before all rows of the cursor."""
        series = self.series
        return (series.cursor_of(row), series.mark_of(row)) if series.shared else (series.cursor_of(row) + 1, -1)

    def _text(self, place: tuple[int, int]) -> str:
        cursor, mark = place
        return f"{self.series.name} @ {cursor}" + (f"/{mark}" if mark >= 0 else "")

    @property
    def progress(self) -> HistoryProgress:
        """How far it has come."""
        end_us = self._pace.now_us() if self._end_us is None else self._end_us
        return HistoryProgress(self._rows, self._pages, self._at_us // 1000, self._start_us // 1000, end_us // 1000)

    @property
    def ready(self) -> int:
        """Rows of the present page that were not delivered yet."""
        return len(self._page)

    def _read_position(self, text: object) -> tuple[int, int]:
        name, at, place = text.rpartition(" @ ") if isinstance(text, str) else ("", "", "")
        found = _PLACE.fullmatch(place)
        if not at or found is None:
            raise UsageError(f"resume must be the position of rows of the same kind, got {shown(text)}")
        if name != self.series.name:
            raise UsageError(f"resume must be a position in {self.series.name!r}, got one in {shown(name)}")
        cursor, mark = found.groups()
        return int(cursor), -1 if mark is None else int(mark)

    # ------------------------------------------------------------------ rows

    def __aiter__(self) -> AsyncIterator[R]:
        if self._state != "new":
            raise UsageError("rows are iterated over once; ask for them again, with resume= to go on")
        self._state = "open"
        return _Iterator(self._next)

    async def _next(self) -> R:
        """Return the next row. A wait that timed out or failed loses none: the next call asks for the page again."""
        if self._waiting:
            raise UsageError("rows are taken by one task at a time")
        self._waiting = True
        try:
            while self._state != "ended":
                if self._page:
                    row = self._page.popleft()
                    if self._take(row):
                        return row
                else:
                    await self._turn()
        finally:
            self._waiting = False
        raise StopAsyncIteration

    def _take(self, row: R) -> bool:
        """Note a row that was read; returns whether it is one to deliver."""
        series, end_us = self.series, self._end_us
        at_us = series.time_us(row)
        if end_us is not None and (at_us >= end_us or not series.is_complete(row, self._pace.now_us())):
            self._end(end_us)
            return False
        self._behind = self._place_after(row)
        if at_us < self._start_us:
            return False
        self._at_us = max(self._at_us, at_us)
        self._rows += 1
        return True

    async def _turn(self) -> None:
        """Read the next page, or find that there is none."""
        if self._end_us is None:
            self._end_us = self._pace.now_us()
        if self._untold:
            self._untold = False
            self._tell()
        if self._from is None:
            self._from = await self.series.begin(self._start_us, self._ask)
        if self._from is None or not await self._fetch(self._from, self._end_us):
            self._end(self._end_us)
        else:
            self._untold = True

    def _end(self, end_us: int) -> None:
        self._state = "ended"
        self._page.clear()
        self._at_us = end_us
        self._tell()

    async def _fetch(self, cursor: int, end_us: int) -> bool:
        """Fill the page; return False when there are no more rows."""
        series = self.series
        found = await self._ask_page(cursor, end_us)
        if not found:
            return False
        if series.shared and len(found) == 1:  # the page may end between the two rows of a trade
            found |= await self._ask_page(cursor, end_us)
        rows = [found[place] for place in sorted(found)]
        last = series.cursor_of(rows[-1])
        if series.shared and series.cursor_of(rows[0]) < last:
            rows = [row for row in rows if series.cursor_of(row) < last]  # the others come whole with the next page
            self._from = last
        else:
            self._from = last + 1
        behind = self._behind or (cursor, -1)
        self._page.extend(row for row in rows if (series.cursor_of(row), series.mark_of(row)) > behind)
        return True

    async def _ask_page(self, cursor: int, end_us: int) -> dict[tuple[int, int], R]:
        """Return the rows of a page from a cursor on, by cursor and mark."""
        series = self.series
        page = await self._ask(series.weight, lambda: series.page(cursor, end_us, PAGE))
        self._pages += 1
        found = {(series.cursor_of(row), series.mark_of(row)): row for row in page if series.cursor_of(row) >= cursor}
        if page and not found:
            raise ProtocolViolation(f"{series.name}: a page from {cursor} on has only rows before it")
        return found

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.progress)

    async def _ask(self, weight: int, request: Callable[[], Awaitable[T]]) -> T:
        failed = 0
        while True:
            await self._pace.spend(weight)
            try:
                return await request()
            except (LimitExceeded, RateLimited) as error:
                until_ms = error.retry_at if isinstance(error, LimitExceeded) else error.retry_after
                pause = PAUSE_S if until_ms is None else max(PAUSE_S, until_ms / 1000.0 - self._pace.now_us() / 1e6)
                pause = min(pause, LONGEST_PAUSE_S)
            except Banned as error:
                pause = inf if error.retry_at is None else error.retry_at / 1000.0 - self._pace.now_us() / 1e6
                if pause > LONGEST_BAN_S:
                    raise
                pause = max(PAUSE_S, pause)
                log.info("%s: asked again in %g s: %s", self.series.name, pause, error)
            except (NotConnected, OutcomeUnknown) as error:
                failed += 1
                if failed >= PAGE_TRIES or not self._pace.open:
                    raise
                pause = PAUSE_S * 2 ** (failed - 1)
                log.info("%s: asked again in %g s: %s", self.series.name, pause, error)
            await self._pace.sleep(pause)

    async def collect(self) -> list[R]:
        """Return all rows as a list.

        Raises:
            WsapiError: they could not be had; `position` says how far they were.
        """
        return [row async for row in self]

    async def to_pandas(self) -> pd.DataFrame:
        """Return all rows as a `pandas.DataFrame` with numeric columns; see `binance_wsapi.to_pandas`.

        Raises:
            UsageError: pandas is not installed: ``pip install "binance-wsapi[pandas]"``.
            WsapiError: the rows could not be had.
        """
        from binance_wsapi.history.frames import require, to_pandas

        require("pandas")
        return to_pandas(await self.collect(), kind=self.series.kind)

    async def to_polars(self) -> pl.DataFrame:
        """Return all rows as a `polars.DataFrame` with numeric columns; see `binance_wsapi.to_polars`.

        Raises:
            UsageError: polars is not installed: ``pip install "binance-wsapi[polars]"``.
            WsapiError: the rows could not be had.
        """
        from binance_wsapi.history.frames import require, to_polars

        require("polars")
        return to_polars(await self.collect(), kind=self.series.kind)
