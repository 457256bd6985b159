"""SQLite's log beside a journal: damage in the middle of it is told from a torn tail.

Theory of operation. SQLite takes its log up to the first frame whose salts or checksum fail, and forgets what follows: so it
knows where the log ends. Frames of an earlier use of the file follow there, with other salts; and a write that a power cut
tore is the last transaction, for SQLite begins none before the one before it is written. So where frames that bear the salts
of the log end two transactions at or behind the first bad frame, or the bad frame fails by its salts alone, something
changed it since it was written. Then SQLite would drop what was recorded there, and the journal is refused.

A byte that changed in the last transaction cannot be told from a torn write, and is dropped with it.

The layout is that of "WAL-mode File Format" (https://www.sqlite.org/walformat.html). This file reads, and writes nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from binance_wsapi.orders.journal.seal import Damaged

__all__ = ["check_log"]

_HEADER: Final = struct.Struct(">8I")
"""Magic, format, page size, number of the checkpoint, two salts, two checksums."""

_FRAME: Final = struct.Struct(">6I")
"""Page, pages of the database where the frame ends a transaction, two salts, two checksums."""

_ORDERS: Final = {0x377F0682: "<", 0x377F0683: ">"}
"""Byte order of the words that are summed up, by the magic."""

_LEAST: Final = _HEADER.size + _FRAME.size + 512
"""Bytes of a log with one frame of the smallest page SQLite knows."""

_WORD: Final = 0xFFFFFFFF

FRAMES_PER_STEP: Final = 50
"""Frames summed up before other tasks have their turn: some 2 ms."""

_CHANGED: Final = Damaged("its log holds bytes that the journal did not write")


def check_log(path: Path) -> Iterator[None]:
    """Check the log of a journal before SQLite opens it, in steps of some milliseconds.

    Args:
        path: the log; it need not be there.

    Raises:
        Damaged: SQLite would drop from it what was written.
        OSError: it cannot be read.
    """
    data = path.read_bytes() if path.exists() else b""
    if len(data) < _LEAST:
        return
    magic, _, page, _, *salts, one, two = _HEADER.unpack_from(data)
    order = _ORDERS.get(magic, "<")
    sums = _sum(data[: _HEADER.size - 8], order, (0, 0))
    if sums != (one, two):
        if any(data[_HEADER.size :]):  # the header is made durable before the first frame is written
            raise _CHANGED
        return
    size = _FRAME.size + page
    ends = 0
    whole = True
    for number, at in enumerate(range(_HEADER.size, len(data) - size + 1, size), 1):
        if number % FRAMES_PER_STEP == 0:
            yield
        _, commit, *found, one, two = _FRAME.unpack_from(data, at)
        if whole:
            sums = _sum(data[at : at + 8] + data[at + _FRAME.size : at + size], order, sums)
            if sums == (one, two):
                if found != salts:
                    raise _CHANGED  # its checksum follows from that of the log's own frames
                continue
            whole = False
        ends += found == salts and commit > 0
    if ends > 1:
        raise _CHANGED


def _sum(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    """Return the checksum of some bytes, which follows from that of the bytes before."""
    one, two = sums
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for first, second in zip(words, words, strict=True):
        one = (one + first + two) & _WORD
        two = (two + second + one) & _WORD
    return one, two
