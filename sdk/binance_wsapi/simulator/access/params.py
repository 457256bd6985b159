"""Request parameters: one declaration per parameter, one function that checks a whole request against them.

Errors carry the codes and messages of errors.md (-11xx). A parameter that a method does not know is an error
(-1101, -1104), so a client that misspells a name hears of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from binance_wsapi.simulator.access.refusal import Refusal, bad
from binance_wsapi.simulator.engine import TooPrecise, parse

__all__ = [
    "DECIMAL",
    "MICROSECONDS_FROM",
    "Kind",
    "Param",
    "Params",
    "Reader",
    "client_id",
    "decimal",
    "decimal_text",
    "end_us",
    "integer",
    "missing",
    "one_of",
    "symbol",
    "text",
    "time_us",
    "unread_parameters",
]

Params = Mapping[str, Any]
"""Checked parameters by wire name: decimals in units of 1/10**8, times in microseconds, enums as strings."""

CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
SYMBOL = r"^[\w\-._&&[^a-z]]{1,50}$"
DECIMAL = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER = r"^[0-9]{1,20}$"
_CLIENT_ID = re.compile(CLIENT_ID, re.ASCII)
_SYMBOL = re.compile(
    r"[A-Z0-9]{1,50}|(?:(?![a-z])[\w\-.]){1,50}"
)  # Python has no class intersection as Java's text has
_DECIMAL = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,20}", re.ASCII)
_SIGNED_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_LONG = (1 << 63) - 1
MICROSECONDS_FROM = 10**14
"""A time from here on is in microseconds; in milliseconds this would be the year 5138."""


class Kind(StrEnum):
    SYMBOL = "symbol"
    STRING = "string"
    CLIENT_ID = "client id"
    INTEGER = "integer"
    DECIMAL = "decimal"
    ENUM = "enum"
    BOOLEAN = "boolean"
    LIST = "list"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a method.

    Attributes:
        default: what a handler sees when it is not sent; None leaves it out.
        least, most: bounds of an integer; above `most` a clamped one counts as `most`.
        choices: words of an enum, and what a handler sees for each.
        error: code and message of a wrong enum word, if it has one of its own.
        signed: a negative integer is well-formed.
        or_text: a list may also be one word.
        inclusive: a time in milliseconds means the last microsecond of that millisecond.
    """

    name: str
    kind: Kind
    required: bool = False
    default: Any = None
    least: int = 0
    most: int = _LONG
    clamp: bool = False
    choices: Mapping[str, str] = field(default_factory=dict, hash=False)
    error: tuple[int, str] | None = None
    signed: bool = False
    or_text: bool = False
    inclusive: bool = False


def text(name: str, *, required: bool = False) -> Param:
    """Declare a parameter that is text."""
    return Param(name, Kind.STRING, required)


def symbol(*, required: bool = True) -> Param:
    """Declare `symbol`."""
    return Param("symbol", Kind.SYMBOL, required)


def decimal(name: str, *, required: bool = False) -> Param:
    """Declare a price or an amount."""
    return Param(name, Kind.DECIMAL, required)


def integer(
    name: str, *, required: bool = False, default: int | None = None, least: int = 0, most: int = _LONG
) -> Param:
    """Declare a whole number."""
    return Param(name, Kind.INTEGER, required, default, least, most)


def client_id(name: str, *, required: bool = False) -> Param:
    """Declare a client order id."""
    return Param(name, Kind.CLIENT_ID, required)


def time_us(name: str) -> Param:
    """Declare a point in time; handlers see microseconds."""
    return Param(name, Kind.TIME)


def end_us(name: str) -> Param:
    """Declare the end of a span of time; handlers see microseconds.

    Rows are shown with milliseconds: an end in milliseconds includes every row that is shown with it.
    """
    return Param(name, Kind.TIME, inclusive=True)


def one_of(
    name: str,
    choices: Sequence[str] | type[StrEnum],
    *,
    required: bool = False,
    default: str | None = None,
    error: tuple[int, str] | None = None,
) -> Param:
    """Declare an enum."""
    return Param(name, Kind.ENUM, required, default, choices={str(each): each for each in choices}, error=error)


def _malformed(param: Param) -> Refusal:
    if param.required:
        return missing(param.name)
    return bad(-1130, f"Data sent for parameter '{param.name}' is not valid.")


def missing(name: str) -> Refusal:
    """Return the refusal for a mandatory parameter."""
    return bad(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def unread_parameters(read: int, sent: int) -> Refusal:
    """Return the refusal of parameters that a request does not have."""
    return bad(-1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.")


def _illegal(param: Param, legal: str) -> Refusal:
    return bad(-1100, f"Illegal characters found in parameter '{param.name}'; legal range is '{legal}'.")


def _text(param: Param, value: Any) -> str:
    if type(value) is str:
        text = value
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        text = str(value)
    else:
        raise _malformed(param)
    if not text:
        raise missing(param.name) if param.required else bad(-1105, f"Parameter '{param.name}' was empty.")
    return text


def _whole(param: Param, value: Any) -> int:
    text = _text(param, value)
    if not (_SIGNED_INTEGER if param.signed else _INTEGER).fullmatch(text):
        raise _illegal(param, INTEGER)
    number = int(text)
    if abs(number) > _LONG:
        raise bad(-1108, f"Parameter '{param.name}' overflowed.")
    return number


def _integer(param: Param, value: Any) -> int:
    number = _whole(param, value)
    if number > param.most and param.clamp:
        return param.most
    if number < param.least or number > param.most:
        raise param_error(param) or bad(-1130, f"Data sent for parameter '{param.name}' is not valid.")
    return number


def param_error(param: Param) -> Refusal | None:
    """Return the refusal a parameter has of its own."""
    return bad(*param.error) if param.error else None


def _decimal(param: Param, value: Any) -> int:
    text = _text(param, value)
    if not _DECIMAL.fullmatch(text):
        raise _illegal(param, DECIMAL)
    try:
        return parse(text)
    except TooPrecise:
        raise bad(-1111, f"Parameter '{param.name}' has too much precision.") from None


def _time(param: Param, value: Any) -> int:
    number = _whole(param, value)
    if number >= MICROSECONDS_FROM:
        return number
    return number * 1000 + 999 if param.inclusive else number * 1000


def _enum(param: Param, value: Any) -> str:
    word = param.choices.get(_text(param, value))
    if word is None:
        raise param_error(param) or _malformed(param)
    return word


def _boolean(param: Param, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _malformed(param)


def _list(param: Param, value: Any) -> list[str]:
    if type(value) is str and (param.or_text or not value):
        value = [value] if value else []
    if not isinstance(value, list) or not all(type(each) is str for each in value):
        raise _malformed(param)
    if not value:
        raise bad(-1105, f"Parameter '{param.name}' was empty.")
    return list(value)


def _symbol(param: Param, value: Any) -> str:
    text = _text(param, value)
    if not _SYMBOL.fullmatch(text):
        raise _illegal(param, SYMBOL)
    return text


def _client_id(param: Param, value: Any) -> str:
    text = _text(param, value)
    if not _CLIENT_ID.fullmatch(text):
        raise _illegal(param, CLIENT_ID)
    return text


_READERS = {
    Kind.SYMBOL: _symbol,
    Kind.STRING: _text,
    Kind.CLIENT_ID: _client_id,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.ENUM: _enum,
    Kind.BOOLEAN: _boolean,
    Kind.LIST: _list,
    Kind.TIME: _time,
}


class Reader:
    """Checks what was sent for the parameters of a method, and returns it typed.

    Most requests are right: they are read by what was sent. What is wrong with the others is found in the order in which the
    parameters are declared, for the first mistake is told.
    """

    __slots__ = ("_by_name", "_declared", "_defaults", "_required")

    def __init__(self, declared: Sequence[Param]) -> None:
        self._declared = declared
        self._by_name = {each.name: (_READERS[each.kind], each) for each in declared}
        self._defaults = {
            each.name: each.default for each in declared if each.default is not None and not each.required
        }
        self._required = frozenset(each.name for each in declared if each.required)

    def read(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was sent, typed, and the defaults of what was not.

        Raises:
            Refusal: -1101, -1104 for parameters the method does not have, -1102, -1105, -1100, -1130, ... for wrong ones.
        """
        found = self._defaults.copy()
        by_name = self._by_name
        try:
            for name, value in sent.items():
                reader, param = by_name[name]
                found[name] = reader(param, value)
        except (KeyError, Refusal):
            return _in_order(self._declared, sent)
        return found if found.keys() >= self._required else _in_order(self._declared, sent)


def _in_order(declared: Sequence[Param], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `Reader.read` does, parameter after parameter as they are declared: so the first mistake is told."""
    if not declared and sent:
        raise bad(-1101, f"Too many parameters; expected '0' and received '{len(sent)}'.")
    found: dict[str, Any] = {}
    known = 0
    for param in declared:
        name = param.name
        if name in sent:
            known += 1
            value = sent[name]
            if value is not None:
                found[name] = _READERS[param.kind](param, value)
            elif param.required:
                raise missing(name)
            else:
                raise bad(-1105, f"Parameter '{name}' was empty.")
        elif param.required:
            raise missing(name)
        elif param.default is not None:
            found[name] = param.default
    if known != len(sent):
        raise unread_parameters(known, len(sent))
    return found


def decimal_text(value: Any) -> str | None:
    """Return a plain decimal number's text, None if the value is none."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return text if _DECIMAL.fullmatch(text) else None
