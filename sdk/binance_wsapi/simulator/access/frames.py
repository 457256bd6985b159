"""Frames of JSON, as the exchange reads and writes them.

Reading is strict where a lenient parser would hide a client's mistake: names that come twice, NaN, half a surrogate
pair, and numbers whose text is part of a signature. A frame that was read cannot surprise its handler: it is
shallow, and its text can be encoded again.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from binance_wsapi.simulator.access.auth import RawNumber
from binance_wsapi.simulator.access.refusal import bad

__all__ = ["decode", "encode"]

DEEPEST = 32
"""Levels of nesting; no request of the venue has more than three."""


class _Duplicate(ValueError):
    """A name comes twice in a JSON object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Duplicate
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=RawNumber, parse_constant=_no_constant)
_quick = msgspec.json.Decoder(float_hook=RawNumber)
_fast = msgspec.json.Encoder()
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def decode(frame: str) -> Any:
    """Return a frame's JSON; numbers with a fraction keep their text.

    Raises:
        Refusal: -1135 not JSON, -1101 a name comes twice.
    """
    if "\\" not in frame:
        try:
            value = _quick.decode(frame)
        except (ValueError, RecursionError):  # what is wrong with it is found below
            return _decode_with_care(frame)
        # A colon stands behind each name, so with as many names as colons none came twice and nothing is deeper.
        if type(value) is dict and frame.count("[") < DEEPEST - 2:
            params = value.get("params")
            if len(value) + (len(params) if type(params) is dict else 0) == frame.count(":"):
                return value
    return _decode_with_care(frame)


def _decode_with_care(frame: str) -> Any:
    try:
        try:
            value, end = _decoder.raw_decode(frame)
        except json.JSONDecodeError:
            end = -1
        if end != len(frame):  # there is more than one object alone, or less
            value = _decoder.decode(frame)
        if frame.count("[") + frame.count("{") > DEEPEST:
            _check_depth(value)
        if "\\u" in frame:
            _encoder.encode(value).encode()  # half a surrogate pair is no character
        return value
    except _Duplicate:
        raise bad(-1101, "Duplicate values for a parameter detected.") from None
    except (ValueError, RecursionError):
        raise bad(-1135, "Invalid JSON Request") from None


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            each
            for outer in level
            if isinstance(outer, (dict, list))
            for each in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError("too deep")


def encode(value: Any) -> str:
    """Return a value as one frame of JSON."""
    try:
        return _fast.encode(value).decode()
    except (TypeError, ValueError, OverflowError):
        return _encoder.encode(
            value
        )  # a whole number of more than 64 bits, half a surrogate pair, text of a class of its own
