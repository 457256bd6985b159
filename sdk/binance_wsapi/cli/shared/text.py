"""Values as people read them, and tables that fit a terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from binance_wsapi.cli.clean import clean

__all__ = ["WIDE", "moment", "number", "table", "word"]

WIDE = 120
"""Columns of a terminal from which further columns of a table are shown."""


def number(value: Decimal | int | None) -> str:
    """Return a number in canonical form: no exponent, no zeros that say nothing."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(time: Any) -> str:
    """Return a time of the venue's in UTC, to the second."""
    return f"{time.datetime:%Y-%m-%d %H:%M:%S}"


def word(text: object) -> str:
    """Return text of the venue's, safe to print and free of markup."""
    return escape(clean(str(text)))


def table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table. A column whose name begins with ``>`` holds numbers."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for name in columns:
        right = name.startswith(">")
        made.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    return made
