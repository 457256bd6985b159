"""Listeners in a written order: who hears of something first does not hang on who was made first."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Generic, TypeVar

__all__ = ["Listeners"]

L = TypeVar("L")


class Listeners(Generic[L]):
    """The listeners to something, in the order of their places. `docs/design.md` draws the way of an event."""

    __slots__ = ("_all", "_places")

    def __init__(self) -> None:
        self._places: list[tuple[IntEnum, L]] = []
        self._all: tuple[L, ...] = ()

    def add(self, place: IntEnum, listener: L) -> None:
        """Have a listener hear of all that follows, behind those of earlier places."""
        self._places.append((place, listener))
        self._places.sort(key=lambda each: each[0])
        self._all = tuple(each for _, each in self._places)

    def __iter__(self) -> Iterator[L]:
        return iter(self._all)
