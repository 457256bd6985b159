"""How a result is read from its bytes: by itself where its type knows how, else by `pydantic`.

Types that are read often bring a ``reader`` of their own (`binance_wsapi.models.struct`); this layer does not know them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, get_args, get_origin

import msgspec
from pydantic import TypeAdapter, ValidationError

__all__ = ["UNREADABLE", "Reader", "reader_of", "where_of"]

Reader: TypeAlias = Callable[[bytes, bool], Any]
"""Takes JSON, and whether times are in microseconds. Raises one of `UNREADABLE`."""

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
    adapter: TypeAdapter[Any] = TypeAdapter(form)

    def read(data: bytes, microseconds: bool) -> Any:
        value = adapter.validate_json(data, context=_MICROSECONDS if microseconds else None)
        _remember(value, data)
        return value

    return read


_ROWS: Final = list[msgspec.Raw]
"""The rows of a list as their bytes, for a caller that reads few of them."""


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
        return ", ".join(sorted({".".join(map(str, item["loc"])) or "value" for item in error.errors()})[:8])
    if not isinstance(error, msgspec.ValidationError):
        return "nesting" if isinstance(error, RecursionError) else "value"
    # Its text ends in the path, after a dash; of a missing field it begins with the name.
    text, _, path = str(error).rpartition(" - at `$")
    path = path.rstrip("`").lstrip(".") if text else ""
    if "missing required field `" in str(error):
        path = f"{path}.{str(error).split('`')[1]}".lstrip(".")
    return path or "value"
