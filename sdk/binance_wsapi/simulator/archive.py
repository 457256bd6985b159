"""What is over, on disk: a temporary SQLite file that goes with the exchange.

The file is SQLite's own temporary database: it has no name, only this process reads it, and the system takes it away when
the process ends, however it ends. It is made when the first row is written.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Generic, TypeVar, overload

import msgspec

__all__ = ["Archive", "Shelf", "pack", "unpack"]

T = TypeVar("T")

pack = msgspec.json.Encoder().encode
"""Makes bytes of what JSON can hold. MessagePack would be faster, but it has no integers of more than 64 bits."""
unpack = msgspec.json.Decoder().decode
"""Makes of the bytes what they held, tuples as lists and words as text."""
SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -8192")
"""Nothing has to survive this process, and 8 MiB of pages are enough."""


class Archive:
    """Tables on disk."""

    def __init__(self) -> None:
        self._tables: list[str] = []
        self._database: sqlite3.Connection | None = None

    def add(self, *statements: str) -> None:
        """Have tables and indexes made with the file."""
        self._tables += statements
        if self._database is not None:
            for statement in statements:
                self._database.execute(statement)

    def write(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row, all in one transaction."""
        if self._database is None:
            self._database = self._open()
        with self._database:
            self._database.executemany(statement, rows)

    def read(self, question: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows that answer a question; none before anything was written."""
        if self._database is None:
            return iter(())
        return self._database.execute(question, values)

    def clear(self, *tables: str) -> None:
        """Delete all rows of tables."""
        if self._database is not None:
            with self._database:
                for table in tables:
                    self._database.execute(f"DELETE FROM {table}")  # noqa: S608 the names are ours

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect("", check_same_thread=False)  # a test may look at the truth from a thread of its own
        weakref.finalize(self, database.close)
        for setting in SETTINGS:
            database.execute(f"PRAGMA {setting}")
        for statement in self._tables:
            database.execute(statement)
        return database


def _as_it_is(row: Any) -> Any:
    return row


class Shelf(Sequence[T], Generic[T]):
    """A list to whose end is written; only its newest rows are in memory, and each is made when it is asked for.

    Args:
        name: of the table.
        keep: rows in memory, at least; twice as many at most.
        make: makes what is asked for of a row.
        to_plain, from_plain: make of a row what JSON can hold, and a row of that again.
    """

    def __init__(
        self,
        archive: Archive,
        name: str,
        keep: int,
        make: Callable[[Any], T],
        to_plain: Callable[[Any], Any] = _as_it_is,
        from_plain: Callable[[Any], Any] = _as_it_is,
    ) -> None:
        self._archive = archive
        self._name = name
        self._keep = keep
        self._make = make
        self._to_plain = to_plain
        self._from_plain = from_plain
        self._recent: list[Any] = []
        self._written = 0
        archive.add(f"CREATE TABLE {name} (number INTEGER PRIMARY KEY, packed BLOB)")

    def append(self, row: Any) -> None:
        """Add a row."""
        self._recent.append(row)
        if len(self._recent) > 2 * self._keep:
            cut = len(self._recent) - self._keep
            old, self._recent = self._recent[:cut], self._recent[cut:]
            first, to_plain = self._written, self._to_plain
            self._archive.write(
                f"INSERT INTO {self._name} VALUES (?, ?)",  # noqa: S608 the name is ours
                ((number, pack(to_plain(each))) for number, each in enumerate(old, first)),
            )
            self._written += len(old)

    def clear(self) -> None:
        """Forget all rows."""
        self._recent = []
        self._written = 0
        self._archive.clear(self._name)

    def __len__(self) -> int:
        return self._written + len(self._recent)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, chain(self._read(0, self._written), list(self._recent)))

    def __reversed__(self) -> Iterator[T]:
        there = self._read(0, self._written, backwards=True)
        return map(self._make, chain(reversed(list(self._recent)), there))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return list(self)[index]
            return list(self.between(start, stop))
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"index must be below {len(self)}, got {index}")
        if number >= self._written:
            return self._make(self._recent[number - self._written])
        return self._make(next(iter(self._read(number, number + 1))))

    def between(self, start: int, stop: int) -> Iterator[T]:
        """Yield the rows from `start` to before `stop`, one after another."""
        here = islice(self._recent, max(0, start - self._written), max(0, stop - self._written))
        return map(self._make, chain(self._read(start, min(stop, self._written)), here))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Shelf | list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} rows, {self._written} of them on disk>"

    def _read(self, start: int, stop: int, *, backwards: bool = False) -> Iterator[Any]:
        if start >= stop:
            return
        order = "DESC" if backwards else "ASC"
        rows = self._archive.read(
            f"SELECT packed FROM {self._name} WHERE number >= ? AND number < ? ORDER BY number {order}",  # noqa: S608
            (start, stop),
        )
        for (packed,) in rows:
            yield self._from_plain(unpack(packed))
