"""The border between the library and its user: what an error takes with it when it crosses.

A traceback holds the frames it passed, and a frame holds its variables: error reporters, ``rich`` and ``pytest
--showlocals`` print them. So an error of the library, and a cancellation, leave a public coroutine without the frames
behind it, and so do their causes. What is left is the frame of the border, which holds nothing, and the user's own. Plain
calls, iterators and the blocking client's calls have a border too, which an interrupt crosses like a cancellation.
A foreign exception (a mistake of ours, of a call, or of a user's signer) keeps the user's frames alone. A note says where
in the library it came by, with files, lines and names of functions, which is what finds the mistake.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Coroutine, Iterator
from difflib import get_close_matches
from inspect import iscoroutinefunction, isfunction, isgeneratorfunction, signature
from types import TracebackType
from typing import Any, Final, Generic, ParamSpec, Self, TypeVar

from binance_wsapi.errors import WsapiError

__all__ = [
    "AtBorder",
    "at_border",
    "bare",
    "bordered",
    "called",
    "calls_at_border",
    "made_at_border",
    "without_ours",
]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
E = TypeVar("E", bound=BaseException)
C = TypeVar("C", bound=type[Any])

_LIBRARY: Final = __name__.partition(".")[0]
_BELOW: Final = sys.stdlib_module_names | {
    "anyio", "h11", "httpcore", "httpx", "msgspec", "opentelemetry", "picows", "prometheus_client", "python_socks",
    "redis", "socksio", "tenacity", "websockets",
}  # fmt: skip
"""What the library calls, and hands its arguments to."""
_CAME_BY: Final = "came by "
_PLACES_TOLD: Final = 8
_CONTEXT: Final = ("__aenter__", "__aexit__", "__anext__")
_BLOCKING_CONTEXT: Final = ("__enter__", "__exit__", "__iter__", "__next__")


def bare(error: E) -> E:
    """Take the frames off an error and off all that caused it. Returns the error itself."""
    for each in _all_of(error):
        each.__traceback__ = None
    return error


def _all_of(error: BaseException) -> list[BaseException]:
    """Return an error and all that caused it, the members of groups included, each once."""
    found: dict[int, BaseException] = {}
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in found:
            continue
        found[id(each)] = each
        queue += (each.__cause__, each.__context__)
        if isinstance(each, BaseExceptionGroup):
            queue += each.exceptions
    return list(found.values())


def without_ours(error: E) -> E:
    """Take the frames of the library, and of what it calls, off an error and off all that caused it. Returns the error.

    The frames of a user's function that the library called stay, with those below it.
    """
    for each in _all_of(error):
        kept: list[TracebackType] = []
        places: list[str] = []
        inside = False
        step = each.__traceback__
        while step is not None:
            # By the module and not by the file: a dataclass makes its functions of text.
            module = str(step.tb_frame.f_globals.get("__name__"))
            top = module.partition(".")[0]
            if top == _LIBRARY:
                inside = True
                if module != __name__:
                    places.append(f"{module}:{step.tb_lineno} {step.tb_frame.f_code.co_name}")
            elif not inside or top not in _BELOW:
                inside = False
                kept.append(step)
            step = step.tb_next
        rest: TracebackType | None = None
        for step in reversed(kept):
            step.tb_next = rest
            rest = step
        each.__traceback__ = rest
        if places and not any(note.startswith(_CAME_BY) for note in getattr(each, "__notes__", ())):
            each.add_note(_CAME_BY + ", ".join(places[-_PLACES_TOLD:]))
    return error


def _ready_to_leave(error: BaseException, function: Callable[..., Any]) -> BaseException:
    """Take off an error what must not cross the border: of a foreign one, a user's own frames stay."""
    if isinstance(error, TypeError) and error.__traceback__ is not None and error.__traceback__.tb_next is None:
        _name_the_argument(error, function)
    if isinstance(error, WsapiError | TimeoutError | EOFError) or not isinstance(error, Exception):
        return bare(error)
    return without_ours(error)


def _name_the_argument(error: TypeError, function: Callable[..., Any]) -> None:
    """Say which argument a call means by a name that the function has not: ``timeInForce`` for ``time_in_force``."""
    text = str(error)
    found = re.search(r"unexpected keyword argument '(\w+)'$", text)
    if found is not None:
        known = list(signature(function).parameters)
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", found[1]).lower()
        near = get_close_matches(words, known, 1)
        if near:
            error.args = (f"{text}: did you mean {near[0]!r}?",)


def bordered(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let the errors of a public coroutine leave without the frames behind it."""

    @functools.wraps(function)
    async def border(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised again below, of any class
            failed = _ready_to_leave(error, function)
        del args, kwargs  # this frame is part of every traceback
        try:
            raise failed
        finally:
            del failed  # an exception and a frame that hold each other live until the collector comes

    return border


def at_border(kind: C) -> C:
    """Wrap every public coroutine of a class in `bordered`, and those of its context manager and its iterator."""
    for name, value in list(vars(kind).items()):
        if iscoroutinefunction(value) and (not name.startswith("_") or name in _CONTEXT):
            setattr(kind, name, bordered(value))
    return kind


def called(function: Callable[P, R]) -> Callable[P, R]:
    """Let the errors of a call that waits for its result leave without the frames behind it."""

    @functools.wraps(function)
    def border(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised again below, of any class
            failed = _ready_to_leave(error, function)
        del args, kwargs
        try:
            raise failed
        finally:
            del failed

    return border


class AtBorder(Generic[T]):
    """An iterator whose errors leave without the frames of what it iterates over.

    Args:
        source: what it iterates over.
    """

    __slots__ = ("_source",)

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source

    def __iter__(self) -> Self:
        return self

    @called
    def __next__(self) -> T:
        return next(self._source)


def _iterated(function: Callable[P, Iterator[T]]) -> Callable[P, AtBorder[T]]:
    """Let the errors of a generator leave without its frame."""

    @functools.wraps(function)
    def border(*args: P.args, **kwargs: P.kwargs) -> AtBorder[T]:
        return AtBorder(function(*args, **kwargs))

    return border


def calls_at_border(kind: C) -> C:
    """Put the border around every public function, generator and property of a class. Coroutines are left as they are."""
    for name, value in list(vars(kind).items()):
        if name.startswith("_") and name not in _BLOCKING_CONTEXT:
            continue
        if isinstance(value, property) and value.fget is not None:
            setattr(kind, name, value.getter(called(value.fget)))
        elif isgeneratorfunction(value):
            setattr(kind, name, _iterated(value))
        elif isfunction(value) and not iscoroutinefunction(value):
            setattr(kind, name, called(value))
    return kind


def made_at_border(kind: C) -> C:
    """Let every error of the making of a class leave without the frames that hold the arguments.

    A misspelt name may stand beside a secret, and a secret where a key or an address belongs. Of a foreign exception, as
    of a user's function that is called, the user's own frames stay. Class methods that make one are wrapped, too.
    """
    for name, value in list(vars(kind).items()):
        if isinstance(value, classmethod) and not name.startswith("_"):
            setattr(kind, name, classmethod(called(value.__func__)))
    kind.__init__ = called(kind.__init__)
    return kind
