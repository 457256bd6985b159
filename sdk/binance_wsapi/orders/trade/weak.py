"""What is known by a name for as long as a user holds it.

`weakref.WeakValueDictionary` says by an exception, raised and caught, that a name is not there, which is so for nearly every
event of the account: two such looks took 3.5 µs of an order whose account is followed, a tenth of what handles cost. Here a
look is one into a dictionary.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar
from weakref import ref

__all__ = ["WeakValues"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class WeakValues(Generic[K, V]):
    """Values by key. A value that nothing else holds is gone, and its key with it."""

    __slots__ = ("_refs",)

    def __init__(self) -> None:
        self._refs: dict[K, ref[V]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._refs

    def get(self, key: K) -> V | None:
        """Return the value of a key; None where there is none."""
        found = self._refs.get(key)
        return None if found is None else found()

    def __setitem__(self, key: K, value: V) -> None:
        refs = self._refs

        def gone(dead: ref[V]) -> None:
            if refs.get(key) is dead:  # and no later value has its place
                del refs[key]

        refs[key] = ref(value, gone)

    def __delitem__(self, key: K) -> None:
        del self._refs[key]

    def items(self) -> list[tuple[K, V]]:
        """Return all there is now."""
        # Copied first: while the list is made, the collector may take a value away.
        return [(key, value) for key, found in self._refs.copy().items() if (value := found()) is not None]
