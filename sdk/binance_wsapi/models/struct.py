"""Results that are read often: `msgspec` structs that behave as the other results do.

Theory of operation. A struct has slots for the fields it knows. The bytes it was read from are kept beside them, so that
``raw`` and the fields it does not know (``extra``) cost nothing until they are asked for. What is inside another struct
shares the bytes of the whole and knows the path to its own part.

The venue's numbers are decimal text. ``"NaN"`` is text that `Decimal` takes; it is refused here, since every comparison
with it is false and a balance that is not a number is no balance. So is a number without end, as ``"1E+999999999"``: written
out it fills the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache, partial
from operator import attrgetter, is_not
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    NamedTuple,
    Self,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec.structs import fields as struct_fields

from binance_wsapi.models.base import MicroTimestamp, Timestamp, are_bounded, is_short
from binance_wsapi.models.former import FormerNames
from binance_wsapi.models.result import Result

__all__ = ["VenueStruct"]

S = TypeVar("S", bound="VenueStruct")


class VenueStruct(Result, FormerNames, msgspec.Struct, frozen=True, kw_only=True, dict=True, rename="camel"):
    """Base of the results that are read often. See `Result` for what they have in common with the others."""

    @property
    def raw(self) -> Any:
        data: bytes | None = self.__dict__.get("_raw")
        if data is None:
            return None
        value = msgspec.json.decode(data)
        for step in self.__dict__.get("_path", ()):
            value = value[step]
        return value

    @property
    def raw_json(self) -> bytes | None:
        """The bytes of JSON this object was read from, as they came; None of a part of another, and where there are none."""
        return None if "_path" in self.__dict__ else self.__dict__.get("_raw")

    @property
    def extra(self) -> dict[str, Any]:
        if "_raw" in self.__dict__:
            known = self.__struct_encode_fields__
            return {name: value for name, value in self.raw.items() if name not in known}
        return dict(self.__dict__.get("_extra", ()))

    def keep_raw(self, data: bytes, *path: str | int) -> None:
        """Remember the JSON this object was read from, and the path to its place there."""
        _keep(self, data, path)

    @classmethod
    def reader(cls, *, many: bool = False) -> Callable[[bytes, bool], Any]:
        """Return what reads this type, or a list of it, from JSON, with times in microseconds or milliseconds.

        What it returns raises `msgspec.DecodeError` where the JSON is of another shape.
        """
        kind: Any = list[cls] if many else cls  # type: ignore[valid-type]
        milli = msgspec.json.Decoder(kind, dec_hook=_in_milliseconds).decode
        micro = msgspec.json.Decoder(kind, dec_hook=_in_microseconds).decode

        def read(data: bytes, microseconds: bool) -> Any:
            value = micro(data) if microseconds else milli(data)
            _keep(value, data, ())
            return value

        def read_many(data: bytes, microseconds: bool) -> Any:
            values = micro(data) if microseconds else milli(data)
            for index, each in enumerate(values):
                _keep(each, data, (index,))
            return values

        return read_many if many else read

    def to_dict(self, *, wire_names: bool = False) -> dict[str, Any]:
        names = self.__struct_encode_fields__ if wire_names else self.__struct_fields__
        values = (getattr(self, name) for name in self.__struct_fields__)
        known = {name: _plain(value, wire_names) for name, value in zip(names, values, strict=True)}
        return known | self.extra

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, microseconds: bool = False) -> Self:
        wire = {name: value for name, value in _by_wire_name(cls, values).items() if value is not _ABSENT}
        made = msgspec.convert(wire, cls, strict=False, dec_hook=_in_microseconds if microseconds else _in_milliseconds)
        _check_numbers(made)
        extra = {name: value for name, value in wire.items() if name not in cls.__struct_encode_fields__}
        if extra:
            made.__dict__["_extra"] = extra
        return made

    @classmethod
    def json_schema(cls, *, wire_names: bool = True) -> dict[str, Any]:
        schema = msgspec.json.schema(cls, schema_hook=_schema)
        inlined: dict[str, Any] = _inline(schema, schema.get("$defs", {}))
        return inlined if wire_names else _renamed(cls, inlined)

    def __repr__(self) -> str:
        shown = [(name, getattr(self, name)) for name in self.__struct_fields__]
        texts = [f"{name}={value!r}" for name, value in (*shown, *self.extra.items()) if value is not None]
        return f"{type(self).__name__}({', '.join(texts)})"

    def __copy__(self) -> Self:
        return _restore(type(self), *self.__reduce__()[1][1:])

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return _restore, (type(self), values, dict(self.__dict__))

    # ------------------------------------------------------------------ inside models of the user's own

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Let `pydantic` take it, its JSON or a dictionary for a field of this type."""
        from pydantic_core import core_schema

        def read(value: Any, info: core_schema.ValidationInfo) -> Any:
            if isinstance(value, cls):
                return value
            if not isinstance(value, Mapping):
                raise ValueError(f"an object is needed for {cls.__name__}")
            try:
                return cls.from_dict(value, microseconds=bool(info.context))
            except msgspec.ValidationError:
                raise ValueError(f"not the documented shape of {cls.__name__}") from None

        def write(value: Any, info: core_schema.SerializationInfo) -> dict[str, Any]:
            written: dict[str, Any] = value.model_dump(
                by_alias=info.by_alias,
                exclude_unset=info.exclude_unset,
                exclude_none=info.exclude_none,
                exclude_defaults=info.exclude_defaults,
            )
            return written

        return core_schema.with_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(write, info_arg=True)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        return cls.json_schema()


def _restore(cls: type[S], values: dict[str, Any], beside: dict[str, Any]) -> S:
    """Return the object that was copied or pickled."""
    made = cls(**values)
    made.__dict__.update(beside)
    return made


# --------------------------------------------------------------------------- reading


# The garbage collector goes through each object of a class of Python. The times of a report are mostly one or two: when the
# order was made and began to work, when it was executed and told. So equal times share an object.
_milliseconds: Final = lru_cache(16)(Timestamp)
_microseconds: Final = lru_cache(16)(MicroTimestamp)


def _in_milliseconds(kind: type, value: Any) -> Any:
    """Return a time of a connection whose unit is the millisecond."""
    if kind is Timestamp:
        if type(value) is int:
            return _milliseconds(value)
        if isinstance(value, Timestamp):
            return value
    raise ValueError("a time is an integer")


def _in_microseconds(kind: type, value: Any) -> Any:
    """Return a time of a connection whose unit is the microsecond."""
    if kind is Timestamp:
        if type(value) is int:
            return _microseconds(value)
        if isinstance(value, Timestamp):
            return value
    raise ValueError("a time is an integer")


def _keep(value: VenueStruct, data: bytes, path: tuple[str | int, ...]) -> None:
    """Remember the JSON of an object and of each of its parts, once their numbers are seen to be some.

    Args:
        value: the object.
        data: what the whole was read from.
        path: to its place there.

    Raises:
        msgspec.ValidationError: there is a number that is none.
    """
    numbers: list[Decimal] = []
    _mark(value, data, path, numbers)
    if not are_bounded(numbers) or (len(data) > SHORT and not all(map(is_short, numbers))):
        _check_numbers(value)  # says which


def _mark(value: VenueStruct, data: bytes, path: tuple[str | int, ...], numbers: list[Decimal]) -> None:
    """Leave with an object, and with each of its parts, where it was read from; add its numbers, and theirs, to the list."""
    kind, beside = type(value), value.__dict__
    beside["_raw"] = data  # bytes alone: a tuple would bring the dictionary to the garbage collector
    if path:
        beside["_path"] = path
    shape = _shapes.get(kind) or _shape(kind)
    numbers += filter(_is_given, shape.numbers(value))
    for name, wire in shape.parts:
        part = getattr(value, name)
        if type(part) is list:
            for index, item in enumerate(part):
                _mark(item, data, (*path, wire, index), numbers)
        elif part is not None:
            _mark(part, data, (*path, wire), numbers)


def _check_numbers(value: VenueStruct) -> None:
    """Refuse a number that is none, wherever in an object it is.

    Raises:
        msgspec.ValidationError: there is such a number.
    """
    kind = type(value)
    shape = _shapes.get(kind) or _shape(kind)
    given = list(filter(_is_given, shape.numbers(value)))
    if not are_bounded(given) or not all(map(is_short, given)):
        raise _no_number(value)
    for name, _ in shape.parts:
        part = getattr(value, name)
        for each in part if type(part) is list else () if part is None else (part,):
            _check_numbers(each)


def _no_number(value: VenueStruct) -> msgspec.ValidationError:
    """Return what says which number of an object is none, or endless, by its wire name."""
    for name, wire in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
        number = getattr(value, name)
        if isinstance(number, Decimal) and not (number.is_finite() and is_short(number)):
            return msgspec.ValidationError(f"Expected a finite number of few digits - at `$.{wire}`")
    raise AssertionError("every number is finite and short")


# --------------------------------------------------------------------------- shape

_ABSENT: Final = object()

if TYPE_CHECKING:

    def _is_given(number: Decimal | None) -> TypeGuard[Decimal]: ...

else:
    _is_given = partial(is_not, None)  # without a frame of Python for each number

SHORT: Final = 4_096
"""Bytes: in what is shorter no number has so many digits that it matters how many."""


class _Shape(NamedTuple):
    """What is looked at in every object of a class.

    Args:
        numbers: takes all numbers out of an object at once; those that are not there are None.
        parts: the fields that hold other structs, by attribute and wire name.
    """

    numbers: Callable[[Any], Iterable[Decimal | None]]
    parts: tuple[tuple[str, str], ...]


_shapes: dict[type, _Shape] = {}


def _shape(cls: type[VenueStruct]) -> _Shape:
    """Return the shape of a class, worked out when its first object is read: every annotation can be read by then."""
    hints = get_type_hints(cls)
    numbers = [name for name in cls.__struct_fields__ if hints[name] in (Decimal, Decimal | None)]
    parts = [(each.name, each.encode_name) for each in struct_fields(cls) if _struct_in(hints[each.name])]
    found = _shapes[cls] = _Shape(_taker(numbers), tuple(parts))
    return found


def _taker(names: Sequence[str]) -> Callable[[Any], Iterable[Decimal | None]]:
    """Return what takes these attributes out of an object."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        return lambda value: (getattr(value, names[0]),)
    return attrgetter(*names)


def _struct_in(hint: Any) -> type[VenueStruct] | None:
    """Return the struct that a field of this type holds, or holds a list of."""
    if isinstance(hint, type) and issubclass(hint, VenueStruct):
        return hint
    if get_origin(hint) in (list, Union, UnionType):
        return next((kind for kind in map(_struct_in, get_args(hint)) if kind is not None), None)
    return None


class _Names(NamedTuple):
    """How the fields of a class are called, and which of them hold other structs.

    Args:
        wire_of: wire names, by attribute.
        attribute_of: attributes, by wire name.
        inside: the structs that fields hold, by attribute.
    """

    wire_of: Mapping[str, str]
    attribute_of: Mapping[str, str]
    inside: Mapping[str, type[VenueStruct]]


@cache
def _names(cls: type[VenueStruct]) -> _Names:
    """Return the names of a class, worked out once: reading its annotations takes milliseconds."""
    wire_of = dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))
    held = {name: _struct_in(hint) for name, hint in get_type_hints(cls).items() if name in wire_of}
    inside = {name: kind for name, kind in held.items() if kind is not None}
    return _Names(wire_of, {wire: name for name, wire in wire_of.items()}, inside)


def _by_wire_name(cls: type[VenueStruct], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by wire name; those of structs inside, too."""
    wire_of, attribute_of, inside = _names(cls)
    found = {}
    for name, value in values.items():
        attribute = name if name in wire_of else attribute_of.get(name, name)
        kind = inside.get(attribute)
        found[wire_of.get(attribute, name)] = value if kind is None else _inside(kind, value)
    return found


def _inside(kind: type[VenueStruct], value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_inside(kind, each) for each in value]
    return _by_wire_name(kind, value) if isinstance(value, Mapping) else value


def _plain(value: Any, wire_names: bool) -> Any:
    """Return a field for a dictionary."""
    if isinstance(value, Result):
        return value.to_dict(wire_names=wire_names)
    return [_plain(each, wire_names) for each in value] if isinstance(value, list) else value


def _schema(kind: type) -> dict[str, Any]:
    if issubclass(kind, Timestamp):
        return {"type": "integer", "description": "a time since 1970 in the unit of the connection"}
    raise NotImplementedError(kind)


def _inline(schema: Any, shared: dict[str, Any]) -> Any:
    """Return a schema with what it refers to written in its place: `pydantic` has no room for definitions of others."""
    if isinstance(schema, list):
        return [_inline(each, shared) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(shared[schema["$ref"].rpartition("/")[2]], shared)
    return {name: _inline(value, shared) for name, value in schema.items() if name != "$defs"}


def _renamed(cls: type[VenueStruct], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the attributes' names."""
    attribute = dict(zip(cls.__struct_encode_fields__, cls.__struct_fields__, strict=True))
    return schema | {
        "properties": {attribute[wire]: value for wire, value in schema["properties"].items()},
        "required": [attribute[wire] for wire in schema.get("required", ())],
    }
