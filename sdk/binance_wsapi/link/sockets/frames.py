"""Whole text frames, read and written here; every other frame is left to the library underneath.

Nearly all that passes is a text message in one frame. `websockets` takes 20 µs of processor to write and read one, a fifth
of an order: it goes through a general parser, a frame object, a check and an event. Here it is a slice, 5 µs for both.

What is handed over, whole and in order: pings, pongs, closes, binary frames, fragments and all that is between them. What
breaks the rules (RFC 6455, 5.2: reserved bits, unknown opcodes, masks, sizes, order) is handed over at once with all that
follows, so that the library ends the connection with the code it always had for it. `tests/link/sockets/test_frames.py`
holds both against each other, for streams cut at any place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # in C, where the library has it

__all__ = ["FrameSplitter", "masks", "text_frame", "text_frames"]

_TEXT: Final = 0x81
"""First byte of a text message in one frame: final, no reserved bit, opcode 1."""

_CLOSE: Final = 0x88
_WHOLE: Final = frozenset({_TEXT, 0x82, _CLOSE, 0x89, 0x8A})
"""Text message, binary message, close, ping, pong."""
_CONTROL: Final = frozenset({_CLOSE, 0x89, 0x8A})
_FIRST_PARTS: Final = frozenset({0x01, 0x02})
_NEXT_PARTS: Final = frozenset({0x00, 0x80})
_BLOCK: Final = 1_024


def masks(chance: Callable[[int], bytes] = os.urandom) -> Iterator[bytes]:
    """Return keys for the frames a client sends, without end, each used once.

    They are drawn by the block, for a draw costs as much as a frame; the next one is taken without a step of Python.
    """

    def block() -> list[bytes]:
        drawn = chance(4 * _BLOCK)
        return [drawn[at : at + 4] for at in range(0, 4 * _BLOCK, 4)]

    return chain.from_iterable(iter(block, None))


def text_frame(message: bytes, mask: bytes) -> bytes:
    """Return the frame of a text message from a client."""
    size = len(message)
    if size < 126:
        head = bytes((_TEXT, 0x80 | size))
    elif size < 0x10000:
        head = bytes((_TEXT, 0xFE, size >> 8, size & 0xFF))
    else:
        head = b"\x81\xff" + size.to_bytes(8, "big")
    return head + mask + apply_mask(message, mask)


def text_frames(messages: Iterable[bytes], keys: Iterator[bytes]) -> bytes:
    """Return the frames of text messages from a client, in one piece.

    Args:
        messages: they, in order.
        keys: what `masks` returned; one is taken for each.
    """
    return b"".join(map(text_frame, messages, keys))


class FrameSplitter:
    """Takes text messages out of what a server sends.

    Args:
        on_text: takes the payload of a text message that came in one frame.
        on_other: takes the bytes of any other frame, or of what cannot be one with all that follows.
        limit: bytes of the largest message; a longer one is handed over as soon as its head is there.
    """

    __slots__ = ("_for_good", "_limit", "_needed", "_on_other", "_on_text", "_parts", "_rest")

    def __init__(self, on_text: Callable[[bytes], None], on_other: Callable[[bytes], None], limit: int) -> None:
        self._on_text = on_text
        self._on_other = on_other
        self._limit = limit
        self._rest = bytearray()
        self._needed = 0
        self._parts: int | None = None  # bytes of the message in parts that has begun
        self._for_good = False

    def feed(self, data: bytes) -> None:
        """Take what arrived, cut anywhere."""
        if self._for_good:
            self._on_other(data)
            return
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return
            data = bytes(self._rest)
            self._rest.clear()
        at, end, limit = 0, len(data), self._limit
        self._needed = 0
        while end - at >= 2:
            start, size = at + 2, data[at + 1]
            if size == 126:
                start += 2
                size = int.from_bytes(data[at + 2 : start], "big")
            elif size == 127:
                start += 8
                size = int.from_bytes(data[at + 2 : start], "big")
            if start > end and self._regular(data[at], data[at + 1], 0):
                break
            if data[at] == _TEXT and self._parts is None and data[at + 1] < 0x80 and size <= limit:
                if start + size > end:
                    self._needed = start + size - at
                    break
                self._on_text(data[start : start + size])
            else:
                if not self._regular(data[at], data[at + 1], size):
                    self._for_good = True
                    self._on_other(data[at:])
                    return
                if start + size > end:
                    self._needed = start + size - at
                    break
                if data[at] < 0x03 or data[at] == 0x80:
                    self._parts = (self._parts or 0) + size if data[at] < 0x80 else None
                self._on_other(data[at : start + size])
                if data[at] == _CLOSE:
                    self._for_good = True
                    if start + size < end:
                        self._on_other(data[start + size :])
                    return
            at = start + size
        if at < end:
            self._rest += data[at:]

    def _regular(self, first: int, second: int, size: int) -> bool:
        """Whether the frame with this head may be here."""
        if second >= 0x80 or size > self._limit:
            return False
        if first in _CONTROL:
            return size <= 125
        if self._parts is None:
            return first in _FIRST_PARTS | _WHOLE
        return first in _NEXT_PARTS and self._parts + size <= self._limit
