"""Levels of an order book."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, overload

import msgspec
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from binance_wsapi.models.base import REACH

__all__ = ["Level", "Levels", "are_levels", "has_two_sides", "side_of"]

_NUMBER: Final = rf"[0-9]{{1,{REACH}}}+(?:\.[0-9]{{1,{REACH}}}+)?+"
_SIDE: Final = rf'\[(?:\["{_NUMBER}","{_NUMBER}"\](?:,(?=\[))?+)*+\]'
_AROUND: Final = r"[^\[]*+"
_number: Final = re.compile(_NUMBER).fullmatch
_side: Final = re.compile(_SIDE.encode()).fullmatch
"""One side of a book as the venue writes it; without a way back, so that it takes one pass."""
_two_sides: Final = re.compile(f"{_AROUND}{_SIDE}{_AROUND}{_SIDE}{_AROUND}".encode()).fullmatch

_read_pairs: Final = msgspec.json.Decoder(list[tuple[str, str]]).decode


class Level(NamedTuple):
    """One price level of a book."""

    price: Decimal
    quantity: Decimal


class Levels(Sequence[Level]):
    """One side of a book, best price first. Numbers are made when a level is looked at, for a side may have thousands.

    Args:
        rows: pairs of text, or their JSON, which is read when a level is looked at.
    """

    __slots__ = ("_read",)

    def __init__(self, rows: Sequence[Sequence[str]] | bytes) -> None:
        self._read = rows

    @property
    def _rows(self) -> Sequence[Sequence[str]]:
        rows = self._read
        if isinstance(rows, bytes):
            rows = self._read = _read_pairs(rows)
        return rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Level: ...

    @overload
    def __getitem__(self, index: slice) -> Levels: ...

    def __getitem__(self, index: int | slice) -> Level | Levels:
        if isinstance(index, slice):
            return Levels(self._rows[index])
        price, quantity = self._rows[index]
        return Level(Decimal(price), Decimal(quantity))

    def __iter__(self) -> Iterator[Level]:
        for price, quantity in self._rows:
            yield Level(Decimal(price), Decimal(quantity))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Levels):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        head = ", ".join(f"{level.price}x{level.quantity}" for level in self[:3])
        return f"<Levels {len(self)}: {head}{', …' if len(self) > 3 else ''}>"

    @property
    def pairs(self) -> Sequence[Sequence[str]]:
        """The levels as the venue wrote them: pairs of text."""
        return self._rows

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=rf"^[0-9]{{1,{REACH}}}(\.[0-9]{{1,{REACH}}})?$")
        pair = core_schema.tuple_schema([text, text])
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.list_schema(pair),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda levels: list(levels.pairs)),
        )


def side_of(data: bytes) -> Levels | None:
    """Return one side of a book, checked and not yet read; None where it is not written as the venue writes it."""
    return Levels(data) if _side(data) is not None else None


def has_two_sides(data: bytes) -> bool:
    """Whether the only lists in some JSON are two sides of a book, written as the venue writes them."""
    return _two_sides(data) is not None


def are_levels(rows: Iterable[Sequence[str]]) -> bool:
    """Whether all of these are pairs of numbers as the venue writes them."""
    return all(_number(price) and _number(quantity) for price, quantity in rows)
