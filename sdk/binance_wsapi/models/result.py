"""What every result and event offers its user, independent of the library that reads it.

What is read thousands of times a second (orders, events of user data) is a `msgspec` struct
(`binance_wsapi.models.struct`), everything else a `pydantic` model (`binance_wsapi.models.base`). A struct is read in a
third of the time: 4 µs for the reply to an order instead of 12. Both have what stands here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Never, Self

__all__ = ["Result"]


class Result:
    """Base of all results and events.

    Attributes are the venue's names in snake case. ``==`` compares fields; ``repr`` leaves out what is None; ``copy`` and
    ``pickle`` work, and keep ``raw``.
    """

    __slots__ = ()

    @property
    def raw(self) -> Any:
        """The JSON this object was read from, or None when it was not read from a reply."""
        raise NotImplementedError

    @property
    def extra(self) -> dict[str, Any]:
        """Fields the venue sent that this library does not know, by wire name."""
        raise NotImplementedError

    def to_dict(self, *, wire_names: bool = False) -> dict[str, Any]:
        """Return all fields, unknown ones included, as a dictionary of Python values.

        Args:
            wire_names: name them as the venue does, instead of as the attributes are named.

        Returns:
            A dictionary whose numbers are `Decimal`, and whose times are integers in the unit of the connection.
        """
        raise NotImplementedError

    def to_json(self, *, wire_names: bool = False) -> str:
        """Return all fields, unknown ones included, as JSON text; a `Decimal` is text in it.

        Args:
            wire_names: name them as the venue does, instead of as the attributes are named.

        Returns:
            One line of JSON.
        """
        return json.dumps(self.to_dict(wire_names=wire_names), default=str, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, microseconds: bool = False) -> Self:
        """Return the object with these fields, which may be named either way.

        Args:
            values: what `to_dict` returns, or what the venue sends.
            microseconds: whether times are in microseconds.

        Returns:
            The object; ``raw`` of it is None.

        Raises:
            ValueError: a field is missing or is not of its type.
        """
        raise NotImplementedError

    @classmethod
    def json_schema(cls, *, wire_names: bool = True) -> dict[str, Any]:
        """Return the JSON schema of what `to_json` writes.

        Args:
            wire_names: of the venue's names, instead of the attributes'.

        Returns:
            The schema as a dictionary; what is in another object stands in its place, or under ``$defs``.
        """
        raise NotImplementedError

    if not TYPE_CHECKING:  # a type checker refuses it as it is

        def __getitem__(self, key: object) -> Never:
            """Say how a field is read, to a program that takes the object for the dictionary of another library."""
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower() if isinstance(key, str) else ""
            instead = f".{name}" if name.isidentifier() and hasattr(self, name) else "such as .symbol"
            raise TypeError(
                f"'{type(self).__name__}' object is not subscriptable: its fields are attributes ({instead}); .raw is the "
                "JSON as a dictionary"
            )
