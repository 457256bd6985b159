"""Values as people read them, and tables that fit a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from binance_wsapi.cli.clean import clean
from binance_wsapi.errors import ProtocolViolation

__all__ = ["WIDE", "digits", "mean", "moment", "number", "table", "word"]

MOST_DIGITS = 100

WIDE = 120
"""Columns of a terminal from which further columns of a table are shown."""


def number(value: Decimal | int | None) -> str:
    """Return a number in canonical form: no exponent, no zeros that say nothing; an endless number keeps its exponent."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = digits(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def mean(value: Decimal | None) -> str:
    """Return an average price to the venue's eight decimals: it is a quotient, whose digits may have no end."""
    if value is None or value.adjusted() > 15:  # of more digits `decimal` rounds nothing
        return number(value)
    return number(round(value, 8))


def digits(value: Decimal) -> str:
    """Return a number without an exponent, if that is not without end."""
    return f"{value:f}" if abs(value.adjusted()) <= MOST_DIGITS else str(value)


def moment(time: Any) -> str:
    """Return a time of the venue's in UTC, to the second; one beyond the calendar as the venue wrote it."""
    try:
        return f"{time.datetime:%Y-%m-%d %H:%M:%S}"
    except ProtocolViolation:
        return str(int(time))


def word(text: object) -> str:
    """Return text of the venue's, safe to print and free of markup."""
    return escape(clean(str(text)))


def table(*columns: str, title: str | None = None, sentences: bool = False) -> Table:
    """Return an empty table.

    Args:
        columns: their names; a column whose name begins with ``>`` holds numbers.
        title: what stands above.
        sentences: the last column holds text that may be broken into lines.
    """
    kind = Table if sentences else _Fitting
    made = kind(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for name in columns:
        right = name.startswith(">")
        made.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    return made


class _Fitting(Table):
    """A table that is printed row by row, a line for each cell, where the terminal is too narrow for it.

    A number that is broken into two lines is read as another number, and a column that is left out is missed.
    """

    _table = Table.__rich_console__

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wanted = Measurement.get(console, options.update(max_width=_ENDLESS), self).maximum
        return self._table(console, options) if wanted <= options.max_width else self._listed(options.max_width)

    def _listed(self, width: int) -> Iterator[Text]:
        names = [str(column.header) for column in self.columns]
        rows = list(zip(*(column.cells for column in self.columns), strict=True))
        if self.title:
            yield Text.from_markup(str(self.title), style="italic")
        if names[1:] == [""]:  # facts: their names are in the first column
            yield from _facts([(str(name), value) for name, value in rows], width)
            return
        for place, row in enumerate(rows):
            if place:
                yield Text()
            yield from _facts([each for each in zip(names, row, strict=True) if each[0]], width)


def _facts(facts: list[tuple[str, RenderableType]], width: int) -> Iterator[Text]:
    """Return names and their values, on two lines each where they do not fit on one."""
    longest = max(len(name) for name, _ in facts)
    for name, shown in facts:
        if not isinstance(shown, str) or not shown:
            continue  # a bar, or nothing
        value = Text.from_markup(shown)
        for gap in (longest + 2 - len(name), 2):
            if len(name) + gap + value.cell_len <= width:
                yield Text.assemble((name, "bold"), " " * gap, value)
                break
        else:
            yield Text.assemble((name, "bold"), "\n  ", value)


_ENDLESS = 10_000
