"""How a result is read from its bytes: by itself where its type knows how, else by `pydantic`.

Types that are read often bring a ``reader`` of their own (`binance_wsapi.models.struct`); this layer does not know them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias, get_args, get_origin

import msgspec
from pydantic import FailFast, TypeAdapter, ValidationError

__all__ = ["MOST_PARTS", "LARGE_RESULT", "UNREADABLE", "Reader", "has_too_much", "reader_of", "where_of"]

Reader: TypeAlias = Callable[[bytes, bool], Any]
"""Takes JSON, and whether times are in microseconds. Raises one of `UNREADABLE`."""

LARGE_RESULT: Final = 256 * 1024
"""Bytes of a result from which on `has_too_much` counts its parts."""

MOST_PARTS: Final = 100_000
"""Commas of a result that is no list: a book of 5,000 levels a side has a fifth as many."""

MOST_IN_LIST: Final = 1_000_000
"""Commas of a list: forty thousand orders have as many."""

_LIST: Final = re.compile(rb"\s*\[")

MOST_TOLD: Final = 100
"""Fields that cannot be read, of which the names are looked for: each costs time."""

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, ValidationError, RecursionError)

_MICROSECONDS: Final = {"microseconds": True}


def reader_of(form: Any) -> Reader:
    """Return what reads results of this type."""
    if form == _ROWS:
        return _rows
    many = get_origin(form) is list
    own = getattr(get_args(form)[0] if many else form, "reader", None)
    if own is not None:
        reader: Reader = own(many=many)
        return reader
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[form, FailFast()] if many else form)

    def read(data: bytes, microseconds: bool) -> Any:
        if b"NaN" in data or b"Infinity" in data:  # no JSON, unless in a text; `pydantic` takes them for numbers
            msgspec.json.decode(data)
        value = adapter.validate_json(data, context=_MICROSECONDS if microseconds else None)
        _remember(value, data)
        return value

    return read


_ROWS: Final = list[msgspec.Raw]
"""The rows of a list as their bytes, for a caller that reads few of them."""


def has_too_much(form: Any, data: bytes) -> bool:
    """Return whether a result has more parts than any of its type: reading it would hold up the event loop for seconds.

    Args:
        form: its type; it may say by ``most_parts`` that it takes more, where it reads none before they are asked for.
        data: the result.
    """
    if len(data) < LARGE_RESULT:  # the way of every call asks itself before
        return False
    listed = get_origin(form) is list and _LIST.match(data) is not None
    most: int = MOST_IN_LIST if listed else getattr(form, "most_parts", MOST_PARTS)
    return most < len(data) and data.count(b",") > most  # 20 MB are counted through in 15 ms


def _rows(data: bytes, _: bool) -> list[msgspec.Raw]:
    return msgspec.json.decode(data, type=list[msgspec.Raw])


def _remember(value: object, data: bytes) -> None:
    """Make the raw reply reachable from the objects made of it (their ``raw`` property)."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            keep = getattr(item, "keep_raw", None)
            if keep is not None:
                keep(data, index)
    else:
        keep = getattr(value, "keep_raw", None)
        if keep is not None:
            keep(data)


def where_of(error: Exception) -> str:
    """Return at which fields bytes could not be read as a result, without what is in them."""
    if isinstance(error, ValidationError):
        if error.error_count() > MOST_TOLD:
            return "value"
        items = error.errors(include_url=False, include_context=False, include_input=False)
        return ", ".join(sorted({".".join(map(str, item["loc"]))[:200] or "value" for item in items})[:8])
    if not isinstance(error, msgspec.ValidationError):
        return "nesting" if isinstance(error, RecursionError) else "value"
    # Its text ends in the path, after a dash; of a missing field it begins with the name.
    text, _, path = str(error).rpartition(" - at `$")
    path = path.rstrip("`").lstrip(".") if text else ""
    if "missing required field `" in str(error):
        path = f"{path}.{str(error).split('`')[1]}".lstrip(".")
    return path or "value"
