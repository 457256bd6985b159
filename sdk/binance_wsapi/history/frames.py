"""Rows as tables: one column for each attribute, numbers as numbers.

`Decimal` becomes a 64-bit float, which has 15 digits: enough to analyse, and not what an order is made of. ``exact=True``
keeps the decimals. Times become timestamps in UTC, enumerations their text. A time outside of the years 1 to 9999 is missing
in a table, whose other cells stay; its row has the number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

from binance_wsapi.errors import ProtocolViolation, UsageError
from binance_wsapi.models.base import Time, Timestamp
from binance_wsapi.wire.border import called

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["attributes", "require", "to_pandas", "to_polars"]


@called
def to_pandas(rows: Iterable[Any], *, kind: type | None = None, exact: bool = False) -> pd.DataFrame:
    """Return results of this library as a `pandas.DataFrame`.

    Args:
        rows: results of one class: candles, trades, orders, balances.
        kind: their class, for the columns of a table without rows.
        exact: keep `Decimal` in place of floats.

    Returns:
        A row for each result and a column for each attribute: amounts and prices as ``float64``, or `Decimal` with
        ``exact``; times as ``datetime64[us, UTC]``, missing where no calendar has them; words as text.

    Raises:
        UsageError: pandas is not installed, or the rows are not results of this library.
    """
    module = require("pandas")
    columns = _columns(list(rows), kind, exact=exact)
    empty = _declared(kind, exact=exact) if not any(columns.values()) else {}
    frame: pd.DataFrame = module.DataFrame(
        {
            name: module.Series(values, dtype=_empty_type(*empty[name]) if name in empty else _pandas_type(values))
            for name, values in columns.items()
        }
    )
    return frame


@called
def to_polars(rows: Iterable[Any], *, kind: type | None = None, exact: bool = False) -> pl.DataFrame:
    """Return results of this library as a `polars.DataFrame`.

    Args:
        rows: results of one class: candles, trades, orders, balances.
        kind: their class, for the columns of a table without rows.
        exact: keep `Decimal` in place of floats.

    Returns:
        A row for each result and a column for each attribute: amounts and prices as ``Float64``, or `Decimal` with
        ``exact``; times as ``Datetime("us", "UTC")``, missing where no calendar has them; words as text.

    Raises:
        UsageError: polars is not installed, or the rows are not results of this library.
    """
    module = require("polars")
    columns = _columns(list(rows), kind, exact=exact)
    empty = _declared(kind, exact=exact) if not any(columns.values()) else {}
    types = {
        datetime: module.Datetime("us", "UTC"),
        float: module.Float64,
        int: module.Int64,
        str: module.String,
        bool: module.Boolean,
    }
    schema = {name: types[empty[name][0]] for name in columns if name in empty}
    frame: pl.DataFrame = module.DataFrame(columns, strict=False, schema_overrides=schema)
    return frame


def require(name: str) -> Any:
    """Return a module of an extra.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise UsageError(f'{name} is not installed: pip install "binance-wsapi[{name}]"') from error


def _columns(rows: Sequence[Any], kind: type | None, *, exact: bool) -> dict[str, list[Any]]:
    """Return the values of each attribute, as far as a table can hold them as they are."""
    kinds = {type(row) for row in rows} or ({kind} if kind is not None else set())
    names = list(dict.fromkeys(name for each in kinds for name in attributes(each)))
    return {name: _plain([getattr(row, name, None) for row in rows], exact=exact) for name in names}


_PANDAS: Final = {datetime: "datetime64[us, UTC]", float: "float64", int: "int64", str: "object", bool: "bool"}
"""Types of columns, by what stands in them."""
_WITH_HOLES: Final = {int: "Int64", bool: "object"}
"""Those of columns in which something may be missing."""


def _empty_type(kind: type, holes: bool) -> str:
    return _WITH_HOLES.get(kind, _PANDAS[kind]) if holes else _PANDAS[kind]


def _declared(kind: type | None, *, exact: bool) -> dict[str, tuple[type, bool]]:
    """Return what will stand in each column of a table that has no rows yet, and whether it may be missing in some."""
    found: dict[str, tuple[type, bool]] = {}
    for name, hint in (get_type_hints(kind, include_extras=True) if kind is not None else {}).items():
        holes = NoneType in get_args(hint)
        if Time in {hint, *get_args(hint)}:
            found[name] = datetime, holes
            continue
        plain = next(
            (each for each in (hint, *get_args(hint)) if isinstance(each, type) and each is not NoneType), None
        )
        if plain is None:
            continue
        if issubclass(plain, Timestamp):
            found[name] = datetime, holes
        elif issubclass(plain, Decimal):
            if not exact:
                found[name] = float, holes
        elif plain is bool:
            found[name] = bool, holes
        elif issubclass(plain, str | int):
            found[name] = (str if issubclass(plain, str) else int), holes
    return found


def attributes(kind: type) -> Iterable[str]:
    """Return the names of the attributes of a result, the venue's filler excepted."""
    for fields in ("model_fields", "__struct_fields__", "_fields"):
        found = getattr(kind, fields, None)
        if found is not None:
            return [name for name in found if name != "unused"]
    if dataclasses.is_dataclass(kind):
        return [each.name for each in dataclasses.fields(kind)]
    raise UsageError(f"rows must be results of this library, got {kind.__name__}")


def _plain(values: list[Any], *, exact: bool) -> list[Any]:
    first = next((value for value in values if value is not None), None)
    if isinstance(first, Timestamp):
        return [None if value is None else _moment(value) for value in values]
    if isinstance(first, Decimal) and not exact:
        return [None if value is None else float(value) for value in values]
    if isinstance(first, str):
        return [None if value is None else str(value) for value in values]
    return values


def _moment(time: Timestamp) -> datetime | None:
    try:
        return time.datetime
    except ProtocolViolation:
        return None


def _pandas_type(values: list[Any]) -> str | None:
    """Return the type of a column; None lets pandas see for itself."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    if isinstance(present[0], datetime):
        return "datetime64[us, UTC]"
    if isinstance(present[0], int) and not isinstance(present[0], bool) and len(present) < len(values):
        return "Int64"  # a column of integers with holes would become one of floats, which cut ids
    if isinstance(present[0], str | Decimal):
        return "object"
    return None
