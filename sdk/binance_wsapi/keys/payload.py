"""From Python values to what is sent, and from what is sent to what is signed.

"Sign exactly what is sent" holds because there is one conversion, not two: `wire_params` turns Python values into the
values of the JSON request, and `signing_payload` prints those. For every accepted mapping, the payload computed from
the parsed JSON is the payload that was signed.

The venue's rules (Request security, SIGNED request example): all parameters but ``signature``, sorted by name,
``name=value`` joined by ``&``, UTF-8, and no percent-encoding, unlike the REST API.

Two things are stricter than the venue. ``&`` and ``=`` in a value are refused: ``{"a": "1&b=2"}`` and
``{"a": "1", "b": "2"}`` would have one signature. So is every number whose printed form would be a guess: a binary
``float``, a `Decimal` that only scientific notation can write in reasonable space, an integer beyond 64 bits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias

from binance_wsapi.errors import UsageError, shown_float

__all__ = ["Scalar", "WireParams", "WireValue", "signing_payload", "wire_params"]

Scalar: TypeAlias = str | int | bool
"""A value of a request that can be signed."""

WireValue: TypeAlias = str | int | bool | list[str]
"""A value of a request as its JSON has it."""

WireParams: TypeAlias = dict[str, WireValue]

# The venue prints amounts with 8 decimals; 40 digits on either side is far beyond any and still harmless to write out.
MAX_EXPONENT: Final = 40
MAX_DECIMAL_TEXT: Final = 2 * MAX_EXPONENT + 3
_INT64: Final = 1 << 63
_TIMES: Final = ("startTime", "endTime")
_LEAST_MS: Final = 10**11
"""Anything below, but 0, is seconds: 1973 in milliseconds, the year 5138 in seconds."""
_LEAST_NS: Final = 10**17
"""Anything from here on is nanoseconds: the year 5138 in microseconds, 1973 in nanoseconds."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

_INTS: Final = ("Id", "trategyType", "Delta", "egOffsetValue", "limit")
_NUMBERS: Final = ("price", "Price", "quantity", "Quantity", "Qty", "Time", "recvWindow", *_INTS)
"""How the names of parameters end that are numbers or ids, and no flags."""

_good_names: set[str] = set()
_PLAIN_TYPES: Final = frozenset({str})
_PRINTED_AS_THEY_ARE: Final = frozenset({str, int})
_MOST_NAMES: Final = 1_000

_FORBIDDEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff&=]")


def wire_params(params: Mapping[str, Any]) -> WireParams:
    """Return the parameters as the values of the JSON request, ready to be sent and signed.

    ========================  =================================================================
    Python                    JSON
    ========================  =================================================================
    ``str``                   string, unchanged
    ``int``                   number, signed 64 bits
    ``bool``                  ``true`` or ``false``
    `Decimal`                 string, plain digits as given: ``Decimal("1E-5")`` -> ``"0.00001"``
    `Enum`                    its value, by these rules
    ``None``                  left out
    ``datetime``, aware       number: milliseconds since 1970, rounded down
    ``list``, ``tuple``       array; of strings only, and only in requests that are not signed
    ========================  =================================================================

    Args:
        params: values by wire name; a name is ASCII letters and digits.

    Returns:
        A new dictionary in the order of ``params``, without the names whose value is None.

    Raises:
        UsageError: a value or a name cannot be sent, or ``startTime`` or ``endTime`` is in seconds or nanoseconds; the
            message says which, and what to do. No value is repeated but the number of a wrong time.
    """
    if "startTime" in params or "endTime" in params:
        _check_times(params)
    wire: WireParams = dict(params)
    if _PLAIN_TYPES.issuperset(map(type, wire.values())):
        text = "".join(wire.values())  # type: ignore[arg-type]  # all are text
    else:
        for name, value in params.items():
            if value is None:
                del wire[name]
            elif type(value) is not str:
                wire[name] = _converted(name, value)
        text = "".join([value for value in wire.values() if type(value) is str])
    if not (_good_names.issuperset(wire) and _PLAIN_TYPES.issuperset(map(type, wire))):
        _check_names(wire)
    # A printable text has no control character and no surrogate. All are looked at as one; the exact check is for the rest.
    if not text.isprintable() or "&" in text or "=" in text:
        for name, value in wire.items():
            if type(value) is str:
                _check_text(name, value)
    return wire


def signing_payload(params: Mapping[str, WireValue]) -> bytes:
    """Return what is signed for a request with these parameters.

    Args:
        params: what `wire_params` returned, with ``apiKey`` and ``timestamp`` added; ``signature`` is skipped.

    Returns:
        UTF-8 bytes; ``true`` and ``false`` for booleans.

    Raises:
        UsageError: a value is not a string, integer or boolean, or makes the payload ambiguous.
    """
    if "signature" in params:
        params = {name: value for name, value in params.items() if name != "signature"}
    if not _PRINTED_AS_THEY_ARE.issuperset(map(type, params.values())):
        params = {name: _printable(name, value) for name, value in params.items()}
    pairs = [f"{name}={params[name]}" for name in sorted(params)]
    text = "&".join(pairs)
    # One "=" for each pair, and the names are plain: then no other parameters can have this payload.
    if text.count("=") != len(pairs):
        raise UsageError("a parameter contains '=', which makes the signed text ambiguous")
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass  # raised below: the exception holds the whole payload
    raise UsageError("a parameter contains a lone surrogate, which has no UTF-8 form")


def _printable(name: str, value: object) -> str | int:
    """Return a value that is printed as it is signed."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is str or type(value) is int:
        return value
    raise _unsigned_refusal(name, value)


def _converted(name: str, value: object) -> WireValue:
    """Return a value that is no text as the JSON request has it."""
    if type(value) is Decimal:
        return _plain_digits(name, value)
    if type(value) is int:
        if not -_INT64 <= value < _INT64:
            raise _refusal(name, "is an integer beyond 64 bits")
        return value
    if isinstance(value, Enum) and type(inner := value._value_) is str:
        return inner
    return _unusual(name, value)


def _plain_digits(name: str, value: Decimal) -> str:
    """Return a number without an exponent."""
    # `adjusted` first: format(Decimal("1E+50000000"), "f") would be 50 MB of zeros.
    if not (value.is_finite() and -MAX_EXPONENT <= value.adjusted() <= MAX_EXPONENT):
        raise _decimal_refusal(name, value)
    text = format(value, "f")
    if len(text) > MAX_DECIMAL_TEXT:
        raise _decimal_refusal(name, value)
    return text


# --------------------------------------------------------------------------- what the fast path does not take


def _unusual(name: str, value: object) -> WireValue:
    if isinstance(value, Enum):
        return _one(name, value._value_)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise _refusal(name, "is a datetime without a time zone; use datetime.now(UTC) or .replace(tzinfo=...)")
        return (value - _EPOCH) // _MILLISECOND
    if isinstance(value, list | tuple):
        return [_item(name, item) for item in value]
    if isinstance(value, float):
        instead = _instead(name)
        if instead is None:
            raise _refusal(name, f"must be text, an int or a Decimal, got {shown_float(value)}")
        raise _refusal(name, f"must not be a float, got {float.__repr__(value)}; {instead}")
    # Subclasses: only their plain content is sent, so that no encoder asks them for another form.
    if isinstance(value, str):
        return _one(name, str.__str__(value))
    if isinstance(value, bool):
        if name.endswith(_NUMBERS):
            raise _refusal(name, f"is a bool; {_instead(name) or 'use text, an int or a Decimal'}")
        return value
    if isinstance(value, int):
        return _one(name, int.__int__(value))
    if isinstance(value, Decimal):
        return _one(name, Decimal(value))
    remedy = "decode it to str" if isinstance(value, bytes | bytearray) else "use str, int, bool, Decimal or an Enum"
    raise _refusal(name, f"is of type {type(value).__name__}, which has no place in a request; {remedy}")


def _check_times(params: Mapping[str, Any]) -> None:
    """Refuse a time that is in no unit of the venue's: milliseconds or microseconds (General API Information).

    The venue takes seconds for a moment of January 1970, and answers with the first rows there are.
    """
    for name in _TIMES:
        value = params.get(name)
        if type(value) is str:
            if not (value.isdecimal() and value.isascii() and len(value) < MAX_EXPONENT):
                raise _refusal(name, "is text; use a datetime with a time zone, or milliseconds since 1970")
            value = int(value)
        elif (
            type(value) is not int or not -_INT64 <= value < _INT64
        ):  # a `Timestamp` knows its unit, `_converted` the rest
            continue
        if not value:
            continue
        if value < _LEAST_MS:
            raise _time_refusal(name, value, "seconds are multiplied by 1000")
        if value >= _LEAST_NS:
            raise _time_refusal(name, value, "nanoseconds are divided by 1000000")


def _time_refusal(name: str, value: int, remedy: str) -> UsageError:
    return _refusal(name, f"must be milliseconds or microseconds since 1970, got {value}; {remedy}")


def _check_names(wire: WireParams) -> None:
    """Refuse a name that cannot be one, and remember those that can: the same few come with every request."""
    for name in wire:
        # Not even a subclass of str: an Enum as a name is printed one way by f-strings and another by JSON encoders.
        if type(name) is not str or not (name.isalnum() and name.isascii()):
            raise _name_refusal(name)
    if len(_good_names) < _MOST_NAMES:
        _good_names.update(wire)


def _one(name: str, value: object) -> WireValue:
    if value is None:
        raise _refusal(name, "is an Enum member whose value is None")
    return value if type(value) is str else _converted(name, value)


def _item(name: str, item: object) -> str:
    text = item._value_ if isinstance(item, Enum) else item
    if not isinstance(text, str):
        raise _refusal(name, f"is a list that holds {type(item).__name__}; lists are of strings")
    text = str.__str__(text)
    _check_text(name, text)
    return text


def _check_text(name: str, text: str) -> None:
    found = _FORBIDDEN.search(text)
    if found is None:
        return
    character = found.group()
    if character in "&=":
        raise _refusal(name, f"contains {character!r}, which makes the signed text ambiguous")
    what = "a lone surrogate" if "\ud800" <= character <= "\udfff" else "a control character"
    raise _refusal(name, f"contains {what} (U+{ord(character):04X})")


def _name_refusal(name: object) -> UsageError:
    if type(name) is not str:
        return UsageError(f"a parameter name is of type {type(name).__name__}; names are plain str")
    return _refusal(name, "has a name that is not made of ASCII letters and digits")


def _decimal_refusal(name: str, value: Decimal) -> UsageError:
    if not value.is_finite():
        return _refusal(name, "is not a finite number")
    return _refusal(name, f"is a Decimal beyond {MAX_EXPONENT} digits before or after the point")


def _unsigned_refusal(name: str, value: object) -> UsageError:
    if isinstance(value, list | tuple):
        return _refusal(
            name, "is a list; the venue does not say how a list is signed, so lists are not sent in signed requests"
        )
    return _refusal(
        name, f"is of type {type(value).__name__} and cannot be signed as it is; pass it through wire_params first"
    )


def _instead(name: str) -> str | None:
    """Return what to write where a parameter is a float or a bool; None where it is an amount, or of unknown kind."""
    if name in {"recvWindow", "timestamp"}:
        return "use an int or a Decimal of milliseconds"
    if name.endswith("Time"):
        return "use a datetime with a time zone, or an int: int(time.time() * 1000) milliseconds"
    if name.endswith("ClientOrderId"):
        return "use a str"
    if name.endswith(_INTS):
        return "use an int"
    return None


def _refusal(name: str, why: str) -> UsageError:
    return UsageError(f"parameter {str(name)[:40]!a} {why}")
