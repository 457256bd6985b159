"""The envelope of a large reply, cut off without reading what is inside.

A full ``exchangeInfo`` has 20 MB. To read its envelope with a parser is to walk through all of it: 10 ms in which the event
loop does nothing else; and the result is walked through once more when it is read. Here the few bytes before and behind the
result are read, and the walk is left to `Endpoint.decode`, which finds out whether the result is JSON at all.

This is sound, since a text that is a head, one whole JSON value and a tail is the object that they spell, and nothing else.
A frame that does not look as the venue writes it is left to the parser. `tests/wire/test_large.py` holds both against each
other.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["LARGE", "Split", "split_large", "split_rate_limits"]

LARGE: Final = 256 * 1024
"""Bytes from which on a frame is cut: below, the parser takes a tenth of a millisecond."""

_MOST_TAIL: Final = 4_096
_MOST_HEAD: Final = 4_096

_HEAD: Final = re.compile(rb'\{"id":"([A-Za-z0-9_-]{1,64})","status":200,"result":(?=[\[{])')
_TAIL: Final = re.compile(rb'[\]}](?:,"rateLimits":(\[[^\[\]"]*(?:"[A-Za-z_]*"[^\[\]"]*)*\]))?\}\s*\Z')
_LIMITS: Final = re.compile(
    rb'\{(?:"[A-Za-z]{1,32}":(?:"[A-Za-z0-9/_+-]*"|[0-9]{1,20}),)*"rateLimits":(\[[^\[\]"]*(?:"[A-Za-z_]*"[^\[\]"]*)*\]),'
)

_rows: Final = msgspec.json.Decoder(list[RateLimit]).decode


class Split(msgspec.Struct, frozen=True, gc=False):
    """The parts of a reply: its id, the bytes of its result, and its limits; None where it has none."""

    id: str
    result: bytes
    rate_limits: list[RateLimit] | None


def split_large(frame: bytes | bytearray) -> Split | None:
    """Return the parts of a large and successful reply; None where a parser has to tell."""
    head = _HEAD.match(frame, 0, _MOST_HEAD)
    if head is None:
        return None
    at = max(head.end(), len(frame) - _MOST_TAIL)
    tail = _tail(frame, at)
    if tail is None or tail.start() < head.end():
        return None
    rows = None
    if tail[1] is not None:
        try:
            rows = _rows(tail[1])
        except msgspec.DecodeError:
            return None
    return Split(head[1].decode(), bytes(memoryview(frame)[head.end() : tail.start() + 1]), rows)


def _tail(frame: bytes | bytearray, at: int) -> re.Match[bytes] | None:
    """Find what follows the result: the limits, where there are any, right at the end of the frame."""
    limits = frame.rfind(b',"rateLimits":[', at)
    if limits > at:
        found = _TAIL.match(frame, limits - 1)
        if found is not None:
            return found
    end = len(frame.rstrip()) if frame[-1:].isspace() else len(frame)
    return _TAIL.match(frame, end - 2)


def split_rate_limits(result: bytes | memoryview) -> list[RateLimit] | None:
    """Return the limits at the head of a result of ``exchangeInfo``; None where a parser has to find them."""
    found = _LIMITS.match(bytes(result[:_MOST_HEAD]))
    if found is None:
        return None
    try:
        return _rows(found[1])
    except msgspec.DecodeError:
        return None
