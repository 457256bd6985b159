"""What the library knows about one method of the venue, and how a result of it is read.

An `Endpoint` is a constant that stands directly above the method that uses it. There is no registry: the constant is
the one place where a method's weight, security and result type are written down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import Enum, StrEnum
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast, get_args, get_origin

import msgspec
from typing_extensions import TypeForm

from binance_wsapi.errors import UnreadableReply, UsageError
from binance_wsapi.wire.results import LARGE_RESULT, UNREADABLE, Reader, has_too_much, reader_of, where_of

__all__ = [
    "PRIVATE",
    "PUBLIC",
    "Auth",
    "Case",
    "Effect",
    "Endpoint",
    "Params",
    "Security",
    "TimeUnit",
    "Weight",
    "weigh",
]

R = TypeVar("R")
T = TypeVar("T")

Params: TypeAlias = Mapping[str, Any]
"""Parameters by wire name, still Python values; None means "not sent"."""


class Security(StrEnum):
    """What a method asks of its caller (Request security, Security types)."""

    NONE = "NONE"
    TRADE = "TRADE"
    USER_DATA = "USER_DATA"
    USER_STREAM = "USER_STREAM"
    SIGNED = "SIGNED"


class Auth(StrEnum):
    """What a request carries to show who asks."""

    NONE = "NONE"
    """Nothing: a public method."""
    SESSION = "SESSION"
    """A timestamp on a logged-on connection, a key and a signature beside it on any other."""
    SIGNATURE = "SIGNATURE"
    """Always a key, a timestamp and a signature."""
    LOGON = "LOGON"
    """Nothing, but the connection must be logged on."""


class TimeUnit(StrEnum):
    """Unit of every time the venue sends over a connection (General API information, ``timeUnit``)."""

    MILLISECOND = "millisecond"
    MICROSECOND = "microsecond"


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a weight that depends on the parameters; the first row that holds counts.

    Args:
        weight: request weight of this row; per item of the list when ``per_item``.
        param: the row holds when this parameter is sent; None is the last row, "otherwise".
        minimum: smallest value of the parameter for which the row holds.
        maximum: largest value, likewise.
        equals: the only value for which the row holds.
        items_min: smallest length of a list, likewise.
        items_max: largest length of a list, likewise.
        default: value that counts when the parameter is not sent.
        per_item: multiply the weight by the length of the list.
        cap: most that a ``per_item`` weight can be.
    """

    weight: int
    param: str | None = None
    _: KW_ONLY
    minimum: int | None = None
    maximum: int | None = None
    equals: object = None
    items_min: int | None = None
    items_max: int | None = None
    default: int | None = None
    per_item: bool = False
    cap: int | None = None

    def holds(self, params: Params) -> bool:
        if self.param is None:
            return True
        value = params.get(self.param)
        if value is None:
            value = self.default
        if value is None:
            return False
        if self.equals is not None:
            return bool(value == self.equals)
        if self.minimum is not None or self.maximum is not None:
            number = _whole(self.param, value)
            return (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)
        if self.items_min is not None or self.items_max is not None:
            count = _count(value)
            return (self.items_min is None or count >= self.items_min) and (
                self.items_max is None or count <= self.items_max
            )
        return True

    def of(self, params: Params) -> int:
        if not self.per_item or self.param is None:
            return self.weight
        weight = self.weight * _count(params.get(self.param))
        return weight if self.cap is None else min(weight, self.cap)


Weight: TypeAlias = int | tuple[Case, ...]

_WHOLE: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def _whole(name: str, value: object) -> int:
    """Return a parameter that is a number, be it in digits of text."""
    if isinstance(value, int):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    got = "other text" if isinstance(value, str) else f"a {type(value).__name__}"
    raise UsageError(f"{name} must be a whole number of 64 bits, got {got}")


def _count(value: object) -> int:
    return len(value) if isinstance(value, Sequence) and not isinstance(value, str) else 1


def weigh(weight: Weight, params: Params) -> int:
    """Return the request weight that these parameters cost.

    A value outside every row is the venue's to refuse; it is charged like the dearest row.

    Raises:
        UsageError: a parameter that decides the weight must be a number, and is none.
    """
    if isinstance(weight, int):
        return weight
    for case in weight:
        if case.holds(params):
            return case.of(params)
    return max(case.weight if case.cap is None else case.cap for case in weight)


class Effect(Enum):
    """What a successful reply changes in the session."""

    LIMITS = "it tells the venue's limits"
    ORDER_COUNTS = "it tells how many orders of the account are unfilled"
    LOGON = "the connections stand for the owner of a key"
    LOGOUT = "the connections stand for no user"
    SUBSCRIPTION = "the connection brings the events of an account"


PUBLIC: Final = "public"
PRIVATE: Final = "private"
"""The kinds of the methods that change no orders; see `Endpoint.kind`."""


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint(Generic[R]):
    """One method of the WebSocket API.

    Args:
        method: wire name, ``order.place``.
        result: type of a successful ``result``.
        security: what the caller must show.
        weight: request weight, a number or rows by parameter.
        weight_on_success: request weight charged instead when the request succeeds; None means ``weight``.
        orders: what the method adds to the unfilled order count of the account.
        replay_safe: asking twice changes nothing, so a lost reply may be asked for again.
        client_ids: parameters that name what the method creates; each that is left out is given an unguessable id.
        auth: what a request carries; by default nothing for a public method, else ``Auth.SESSION``.
        choose: picks the one type of a union that the bytes of a result are in.
        effect: what a successful reply changes in the session besides the result that its caller gets.
        home: whether the method is about one connection: that with user data, and is only asked there.
        apart: whether its silence says nothing of other requests: the session asks it by itself, and goes on without it.

    Attributes:
        kind: which requests an answer to this one speaks for, when a connection left some unanswered. A gateway may answer
            questions and swallow orders, or answer cancels and swallow placements, so each method that changes orders
            speaks for itself; all other private methods speak for each other, and so do all public ones.
    """

    method: str
    result: TypeForm[R]
    _: KW_ONLY
    security: Security = Security.NONE
    weight: Weight = 1
    weight_on_success: int | None = None
    orders: int = 0
    replay_safe: bool = True
    client_ids: tuple[str, ...] = ()
    auth: Auth = Auth.SESSION
    choose: Callable[[bytes], Any] | None = None
    effect: Effect | None = None
    home: bool = False
    apart: bool = False
    kind: str = field(init=False, repr=False)
    _readers: dict[Any, Reader] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.security is Security.NONE:
            object.__setattr__(self, "auth", Auth.NONE)
        private = PUBLIC if self.security is Security.NONE else PRIVATE
        object.__setattr__(self, "kind", self.method if self.changes_orders else private)

    def giving(self, result: TypeForm[T]) -> Endpoint[T]:
        """Return the same method with a type of its result."""
        return cast("Endpoint[T]", replace(self, result=cast("Any", result)))

    @property
    def changes_orders(self) -> bool:
        """Whether the method may change orders."""
        return self.security is Security.TRADE and not self.replay_safe

    def decode(
        self, raw: bytes | bytearray | memoryview | str | object, time_unit: TimeUnit = TimeUnit.MILLISECOND
    ) -> R:
        """Return the typed result.

        Args:
            raw: the ``result`` of a reply as JSON bytes or text, or as already parsed JSON.
            time_unit: unit of the connection the result came over; it is never guessed from the size of a number.

        Returns:
            The result, of the type the endpoint names.

        Raises:
            UnreadableReply: the result has not the documented shape.
        """
        return self.read(raw if type(raw) is bytes else _as_json(raw), time_unit)

    def read(self, data: bytes, time_unit: TimeUnit) -> R:
        """Return the typed result, as `decode` does, of JSON bytes."""
        form: Any = self.result if self.choose is None else self.choose(data)
        read = self._readers.get(form)
        if read is None:
            read = self._readers[form] = reader_of(form)
        if len(data) >= LARGE_RESULT and has_too_much(form, data):
            raise UnreadableReply(f"the result of {self.method} has more parts than any such result", data).about(
                method=self.method
            )
        try:
            result: R = read(data, time_unit is _MICROSECOND)
            return result  # no `cast`: it is a call
        except UNREADABLE as error:
            # The text of a validation error quotes the input; it stays out of the message and of the chain.
            where = where_of(error)
        rows, unread = self._rows(form, data, time_unit)
        hole = f" in {len(unread)} of its rows" if rows else ""
        raise UnreadableReply(
            f"the result of {self.method} has not the documented shape{hole} at: {where}", data, rows, unread
        ).about(method=self.method)

    def _rows(self, form: Any, data: bytes, time_unit: TimeUnit) -> tuple[list[Any], list[bytes]]:
        """Return the rows of a list that can be read, and the bytes of those that cannot; neither of what is no list."""
        rows: list[Any] = []
        unread: list[bytes] = []
        if get_origin(form) is not list:
            return rows, unread
        try:
            parts = msgspec.json.decode(data, type=list[msgspec.Raw])
        except UNREADABLE:
            return rows, unread
        (kind,) = get_args(form)
        read = self._readers.get(kind)
        if read is None:
            read = self._readers[kind] = reader_of(kind)
        for part in map(bytes, parts):
            try:
                rows.append(read(part, time_unit is _MICROSECOND))
            except UNREADABLE:
                unread.append(part)
                if len(unread) > MOST_UNREAD:
                    return [], []
        return rows, unread


def _as_json(raw: bytes | bytearray | memoryview | str | object) -> bytes:
    if isinstance(raw, bytes | bytearray | memoryview):
        return bytes(raw)
    return raw.encode() if isinstance(raw, str) else msgspec.json.encode(raw)


MOST_UNREAD: Final = 1_000
"""Rows that cannot be read, beyond which a list is another thing than the documented one."""


_MICROSECOND: Final = TimeUnit.MICROSECOND
