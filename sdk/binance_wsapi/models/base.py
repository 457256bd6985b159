"""What all models share: the venue's names as aliases, unknown fields kept, times that know their unit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self, TypeAlias

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticSerializationError

from binance_wsapi.errors import ProtocolViolation, UnreadableReply, shown
from binance_wsapi.models.result import Result

__all__ = [
    "REACH",
    "MicroTimestamp",
    "Number",
    "OpenEnum",
    "Time",
    "Timestamp",
    "VenueModel",
    "are_bounded",
    "is_short",
]

REACH: Final = 40
"""Digits on either side of the point that a number may have; the venue has 8 after it."""


def is_short(number: Decimal) -> bool:
    """Whether a number can be written without an exponent in the digits there are: `REACH` on either side of the point."""
    if not -REACH <= number.adjusted() <= REACH:
        return False
    exponent = number.as_tuple().exponent
    return not isinstance(exponent, int) or exponent >= -REACH


_is_finite: Final = Decimal.is_finite
_adjusted: Final = Decimal.adjusted
_reach: Final = frozenset(range(-REACH, REACH + 1)).issuperset


def are_bounded(numbers: Collection[Decimal]) -> bool:
    """Whether each is a number, and none lies beyond `REACH` digits; without a frame of Python for each."""
    return all(map(_is_finite, numbers)) and _reach(map(_adjusted, numbers))


def _bounded(number: Decimal) -> Decimal:
    if not is_short(number):
        raise ValueError("a number has more digits than any of the venue")
    return number


Number: TypeAlias = Annotated[Decimal, AfterValidator(_bounded)]
"""Annotation of a number in a row: of those in a `VenueModel` the model looks at all."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Timestamp(int):
    """A time of the venue: an integer in the connection's unit, with a `datetime` view.

    Instances of this class count milliseconds, those of `MicroTimestamp` microseconds.
    """

    __slots__ = ()
    per_second: ClassVar[int] = 1_000

    @property
    def datetime(self) -> datetime:
        """The same moment as an aware `datetime` in UTC.

        Raises:
            ProtocolViolation: the venue sent a number that lies outside of the years 1 to 9999; ``int(time)`` is the number.
        """
        try:
            return _EPOCH + timedelta(microseconds=self.microseconds)
        except OverflowError:
            unit = "milliseconds" if self.per_second == Timestamp.per_second else "microseconds"
            text = f"a time must lie in the years 1 to 9999, got {shown(int(self))} {unit} since 1970"
        raise ProtocolViolation(f"{text}: the venue sent no such moment; int(time) is its number")

    @property
    def microseconds(self) -> int:
        """Microseconds since the epoch, in every unit of the connection."""
        return int(self) * 1_000


class MicroTimestamp(Timestamp):
    """A time in microseconds, from a connection opened with ``time_unit="microsecond"``."""

    __slots__ = ()
    per_second: ClassVar[int] = 1_000_000

    @property
    def microseconds(self) -> int:
        """Microseconds since the epoch: the number itself."""
        return int(self)


def _with_unit(value: int, info: ValidationInfo) -> Timestamp:
    return MicroTimestamp(value) if info.context else Timestamp(value)


if TYPE_CHECKING:
    Time: TypeAlias = Timestamp
    """Annotation of a field that holds a time."""
else:
    Time = Annotated[int, AfterValidator(_with_unit)]


class OpenEnum(StrEnum):
    """An enumeration the venue may extend: a value it does not know becomes a member of its own.

    Compare with the members that are known, and leave a branch for what is none of them.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def known(self) -> bool:
        """Whether the documentation this library was written from has the value."""
        return self._value_ in type(self)._value2member_map_


class VenueModel(Result, BaseModel):
    """Base of the results that are not read often. See `Result` for what they have in common with the others.

    A field the library does not know is kept in ``extra`` under its wire name.
    """

    __slots__ = ("_raw",)

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="allow",
        frozen=True,
        defer_build=True,
        protected_namespaces=(),
    )

    @model_validator(mode="after")
    def _check_reach(self) -> Self:
        """Refuse numbers like 1E+999999999: written out they fill the memory, and a sum of two is an error of `decimal`."""
        for value in self.__dict__.values():
            if type(value) is Decimal and not is_short(value):
                raise ValueError("a number has more digits than any of the venue")
        return self

    @property
    def raw(self) -> Any:
        """The JSON this object was read from, or None when it was not read from a reply of its own."""
        kept: tuple[bytes, int | None] | None = getattr(self, "_raw", None)
        if kept is None:
            return None
        data, index = kept
        value = msgspec.json.decode(data)
        return value if index is None else value[index]

    def keep_raw(self, data: bytes, index: int | None = None) -> None:
        """Remember the JSON this object was read from, or its place in an array; decoders call it."""
        object.__setattr__(self, "_raw", (data, index))

    @property
    def extra(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    def to_dict(self, *, wire_names: bool = False) -> dict[str, Any]:
        try:
            return self.model_dump(by_alias=wire_names)
        except PydanticSerializationError as error:
            unread = error.__cause__  # a part that is read when it is looked at, and cannot be
            if not isinstance(unread, UnreadableReply):
                raise
        raise unread

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, microseconds: bool = False) -> Self:
        return cls.model_validate(values, context={"microseconds": True} if microseconds else None)

    @classmethod
    def json_schema(cls, *, wire_names: bool = True) -> dict[str, Any]:
        return cls.model_json_schema(by_alias=wire_names)

    def __copy__(self) -> Self:
        made = super().__copy__()
        _carry(self, made)
        return made

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        made = super().__deepcopy__(memo)
        _carry(self, made)
        return made

    def __getstate__(self) -> dict[Any, Any]:
        return super().__getstate__() | {"raw": getattr(self, "_raw", None)}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        raw = state.pop("raw", None)
        super().__setstate__(state)
        if raw is not None:
            self.keep_raw(*raw)

    def __repr_args__(self) -> Any:
        """Fields that are not there are not shown."""
        return [(name, value) for name, value in super().__repr_args__() if value is not None]


def _carry(source: VenueModel, target: VenueModel) -> None:
    """Keep the JSON of what is copied."""
    kept = getattr(source, "_raw", None)
    if kept is not None:
        target.keep_raw(*kept)
