"""The names by which `pydantic` models are asked, for results that are structs now.

Deprecated: `to_dict`, `to_json`, `from_dict`, `extra` and `json_schema` do the same for every result. These stay until 1.0.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Container, Iterable, Mapping
from typing import Any, Self

__all__ = ["FormerNames"]


class _FieldsOfClass:
    """``Class.model_fields``: the fields by attribute name."""

    def __get__(self, _instance: object, owner: Any) -> dict[str, Any]:
        from msgspec.structs import fields

        return {each.name: each for each in fields(owner)}


class FormerNames:
    """What code that was written for `pydantic` models calls."""

    __slots__ = ()

    model_fields = _FieldsOfClass()

    def model_dump(
        self: Any,
        *,
        mode: str = "python",
        include: Container[str] | None = None,
        exclude: Container[str] | None = None,
        by_alias: bool | None = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """Return the fields as a dictionary. Deprecated: `to_dict`."""
        full = self.to_dict(wire_names=bool(by_alias))
        attribute = dict(zip(self.__struct_encode_fields__, self.__struct_fields__, strict=True)) if by_alias else {}
        given = self.model_fields_set
        chosen = {}
        for name, value in full.items():
            field = attribute.get(name, name)
            left_out = (
                (include is not None and field not in include)
                or (exclude is not None and field in exclude)
                or (exclude_unset and field not in given)
                or (value is None and (exclude_none or exclude_defaults))
            )
            if not left_out:
                chosen[name] = value
        if exclude_unset or exclude_none or exclude_defaults:
            choices: dict[str, Any] = {
                "exclude_unset": exclude_unset,
                "exclude_none": exclude_none,
                "exclude_defaults": exclude_defaults,
            }
            for name in chosen:
                value = getattr(self, attribute.get(name, name), None)
                if isinstance(value, FormerNames):
                    chosen[name] = value.model_dump(by_alias=by_alias, **choices)
                elif isinstance(value, list) and value and isinstance(value[0], FormerNames):
                    chosen[name] = [each.model_dump(by_alias=by_alias, **choices) for each in value]
        return json.loads(json.dumps(chosen, default=str)) if mode == "json" else chosen

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Return the fields as JSON. Deprecated: `to_json`."""
        plain = self.model_dump(mode="json", **options)
        return json.dumps(plain, indent=indent, ensure_ascii=False, separators=None if indent else (",", ":"))

    def model_copy(self: Any, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Any:
        """Return a copy with other values in some fields. Deprecated: `copy.copy`, `msgspec.structs.replace`."""
        made = copy.deepcopy(self) if deep else copy.copy(self)
        if not update:
            return made
        values = {name: getattr(made, name) for name in self.__struct_fields__}
        changed = type(self)(**(values | dict(update)))
        changed.__dict__.update({name: value for name, value in made.__dict__.items() if name not in {"_raw", "_path"}})
        return changed

    @property
    def model_extra(self: Any) -> dict[str, Any]:
        """Fields this library does not know. Deprecated: `extra`."""
        extra: dict[str, Any] = self.extra
        return extra

    @property
    def model_fields_set(self: Any) -> set[str]:
        """Fields that were given. Deprecated: compare with None."""
        raw = self.raw
        wires: Iterable[tuple[str, str]] = zip(self.__struct_fields__, self.__struct_encode_fields__, strict=True)
        if raw is None:
            return {name for name, _ in wires if getattr(self, name) is not None} | set(self.extra)
        return {name for name, wire in wires if wire in raw} | set(self.extra)

    @classmethod
    def model_validate(cls, obj: Any, *, context: Any = None) -> Self:
        """Return the object with these fields. Deprecated: `from_dict`."""
        if isinstance(obj, cls):
            return obj
        wanted: Any = cls
        made: Self = wanted.from_dict(obj, microseconds=bool(context))
        return made

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, *, context: Any = None) -> Self:
        """Return the object that this JSON is of. Deprecated: `from_dict`."""
        return cls.model_validate(json.loads(json_data), context=context)

    @classmethod
    def model_construct(cls, **values: Any) -> Self:
        """Return the object with these values, unchecked; others are None. Deprecated: call the class."""
        wanted: Any = cls
        return wanted(**(dict.fromkeys(wanted.__struct_fields__) | values))  # type: ignore[no-any-return]

    @classmethod
    def model_json_schema(cls: Any, by_alias: bool = True) -> dict[str, Any]:
        """Return the JSON schema. Deprecated: `json_schema`."""
        schema: dict[str, Any] = cls.json_schema(wire_names=by_alias)
        return schema
