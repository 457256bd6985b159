"""What all models share: the venue's names as aliases, unknown fields kept, times that know their unit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeAlias

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo
from pydantic.alias_generators import to_camel

__all__ = ["MicroTimestamp", "OpenEnum", "Time", "Timestamp", "VenueModel"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Timestamp(int):
    """A time of the venue: an integer in the connection's unit, with a `datetime` view.

    Instances of this class count milliseconds, those of `MicroTimestamp` microseconds.
    """

    __slots__ = ()
    per_second: ClassVar[int] = 1_000

    @property
    def datetime(self) -> datetime:
        """The same moment as an aware `datetime` in UTC."""
        return _EPOCH + timedelta(microseconds=self.microseconds)

    @property
    def microseconds(self) -> int:
        """Microseconds since the epoch, whatever the unit of the connection."""
        return int(self) * (1_000_000 // self.per_second)


class MicroTimestamp(Timestamp):
    """A time in microseconds, from a connection opened with ``time_unit="microsecond"``."""

    __slots__ = ()
    per_second: ClassVar[int] = 1_000_000


def _with_unit(value: int, info: ValidationInfo) -> Timestamp:
    return MicroTimestamp(value) if info.context else Timestamp(value)


if TYPE_CHECKING:
    Time: TypeAlias = Timestamp
    """Annotation of a field that holds a time."""
else:
    Time = Annotated[int, AfterValidator(_with_unit)]


class OpenEnum(StrEnum):
    """An enumeration the venue may extend: a value it does not know becomes a member of its own.

    For descriptions only. States of an order are strict, since acting on a state one does not know loses money.
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


class VenueModel(BaseModel):
    """Base of all results and events.

    Attributes are the venue's names in snake case; a field the library does not know is kept in ``model_extra`` under
    its wire name.
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

    def __repr_args__(self) -> Any:
        """Fields that are not there are not shown."""
        return [(name, value) for name, value in super().__repr_args__() if value is not None]
