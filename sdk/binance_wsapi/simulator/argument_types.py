"""Arguments of a wrong type are refused by the annotations of what takes them, before anything is changed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from types import NoneType
from typing import Any, Literal, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

__all__ = ["check_types", "checked"]

P = ParamSpec("P")
T = TypeVar("T")


def _must_be(hint: Any, value: object) -> str | None:
    """Return what a value must be, by the annotation of its parameter; None where it is."""
    if NoneType in get_args(hint):
        return None if value is None else _must_be(functools.reduce(_either, set(get_args(hint)) - {NoneType}), value)
    kind = get_origin(hint) or hint
    if hint is bool:
        return None if isinstance(value, bool) else "true or false"
    if hint is int:
        return None if type(value) is int else "a whole number"
    if hint is str:
        good = isinstance(value, str) and value and value.isprintable()
        return None if good else "text that is not empty, without control characters"
    if kind is Literal:
        return None if value in get_args(hint) else f"one of {', '.join(get_args(hint))}"
    if hint == Iterable[str]:
        good = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
        good = good and not (isinstance(value, Collection) and any(_must_be(str, each) for each in value))
        return None if good else "a list of texts"
    if kind is Iterable:
        return None if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) else "a list"
    if kind is Mapping:
        return None if isinstance(value, Mapping) else "a table"
    return None  # amounts and listings are read by what takes them


def _either(one: Any, other: Any) -> Any:
    return one | other


def checked(method: Callable[P, T]) -> Callable[P, T]:
    """Refuse arguments of a wrong type before anything is changed."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        check_types(method, signature.bind(*args, **kwargs).arguments)
        return method(*args, **kwargs)

    return call


def check_types(method: Callable[..., Any], arguments: Mapping[str, object]) -> None:
    hints = _hints(inspect.unwrap(method))
    for name, value in arguments.items():
        if name in hints and (wanted := _must_be(hints[name], value)):
            raise ValueError(f"{name} must be {wanted}, got {value!r}")


@functools.cache
def _hints(method: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(method)
