"""The seal of a journal file at rest: a digest of every byte, so that a cut or a foreign byte is noticed.

Theory of operation. SQLite notices most damage to its structure, and nothing of what a foreign byte makes of a number in
a row. So a table of its own holds one blob: `MARK`, by which it is found in the bytes, and room for a digest. When a
journal is closed in an orderly way the digest of the whole file, taken with zeros in its place, is written there; before
SQLite opens the file it is checked, and replaced by zeros again. A file without a digest was left by a process that was
killed: SQLite's log may lie beside it, and its rows are checked one by one (`binance_wsapi.orders.journal.rows`).

Nothing but the blob is changed outside SQLite, and only while the lock of the journal is held and no connection is open.
"""

from __future__ import annotations

import mmap
import os
from hashlib import blake2b
from pathlib import Path
from typing import Final

__all__ = ["BLANK", "MARK", "SEALED_UP_TO", "Damaged", "check_and_break", "is_marked", "seal"]

MARK: Final = bytes.fromhex("8f1d6a03c9e2b75ed41790fa2c68b3a5")
"""By which the blob is found. It cannot occur in a row: rows hold text and numbers."""

DIGEST: Final = 32
BLANK: Final = MARK + bytes(DIGEST)
"""The blob of a file that is in use."""

SEALED_UP_TO: Final = 256 << 20
"""Bytes of the largest file that is sealed: digesting it takes about a quarter of a second."""

_APPLICATION: Final = slice(68, 72)
_FORMAT: Final = slice(60, 64)
_PAGE_SIZE: Final = slice(16, 18)
_PAGES: Final = slice(28, 32)
_SMALLEST: Final = 512
"""Bytes of the smallest page SQLite knows (Database File Format, The Database Header)."""


class Damaged(Exception):
    """The file was cut, or holds bytes that the journal did not write."""


def check_and_break(path: Path, application: int) -> None:
    """Check the file before SQLite opens it, and take the seal off.

    Args:
        path: the file.
        application: what SQLite's header names the application that made the file.

    Raises:
        Damaged: the file is a journal, and not as it was left.
        OSError: it cannot be read or written.
    """
    size = path.stat().st_size
    if size < _SMALLEST:
        raise Damaged("it is empty or was cut; to begin a new journal, remove the file")
    log = Path(f"{path}-wal")
    logged = log.exists() and log.stat().st_size > 0
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            ours = data[_APPLICATION] == application.to_bytes(4, "big")
            at = data.find(MARK)
            if at < 0:
                if ours and int.from_bytes(data[_FORMAT], "big") > 1:
                    raise Damaged("it was cut, or its seal is broken")
                return  # of the first format, which had no seal, or no journal at all: SQLite's own checks follow
            if not ours or data.find(MARK, at + 1) >= 0:
                raise Damaged("it holds bytes that the journal did not write")
            place = at + len(MARK)
            found = data[place : place + DIGEST]
            if found == bytes(DIGEST):
                if not logged and size != _length(data):
                    raise Damaged("it was cut, or something was added to it")
                return
            if logged:
                raise Damaged("the log beside it belongs to another file")
            if found != _digest(data, place):
                raise Damaged("it was cut, or holds bytes that the journal did not write")
        file.seek(place)
        file.write(bytes(DIGEST))
        file.flush()
        os.fsync(file.fileno())


def is_marked(path: Path) -> bool:
    """Whether the bytes of a file are those of a journal, in any state."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(MARK) >= 0


def seal(path: Path) -> None:
    """Seal a file that no connection has open.

    Raises:
        OSError: it cannot be read or written; it is then not sealed.
    """
    size = path.stat().st_size
    if not _SMALLEST <= size <= SEALED_UP_TO:
        return
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = data.find(BLANK)
            if at < 0:
                return
            place = at + len(MARK)
            digest = _digest(data, place)
        file.seek(place)
        file.write(digest)
        file.flush()
        os.fsync(file.fileno())


def _digest(data: mmap.mmap, place: int) -> bytes:
    made = blake2b(digest_size=DIGEST)
    with memoryview(data) as view, view[:place] as before, view[place + DIGEST :] as after:
        made.update(before)
        made.update(bytes(DIGEST))
        made.update(after)
    return made.digest()


def _length(data: mmap.mmap) -> int:
    """Return how many bytes the file has by its own header."""
    page = int.from_bytes(data[_PAGE_SIZE], "big")
    return (65_536 if page == 1 else page) * int.from_bytes(data[_PAGES], "big")
