"""The border between the library and its user: what an error takes with it when it crosses.

A traceback holds the frames it passed, and a frame holds its variables: error reporters, ``rich`` and ``pytest
--showlocals`` print them. So an error of the library, and a cancellation, leave a public coroutine without the frames
behind it, and so do their causes. What is left is the frame of the border, which holds nothing, and the user's own. The
blocking client's calls have a border too, which an interrupt crosses like a cancellation.
A foreign exception (a mistake of ours, or of a user's signer) keeps its frames: they are needed to find the mistake, and
none that can meet it holds what was signed (`Sender.send`, `Connection.post`, `Credentials.stamp`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction, isfunction, isgeneratorfunction
from typing import Any, Final, ParamSpec, TypeVar

from binance_wsapi.errors import UsageError, WsapiError

__all__ = ["at_border", "bare", "bordered", "calls_at_border", "made_at_border"]

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=BaseException)
C = TypeVar("C", bound=type[Any])

_CONTEXT: Final = ("__aenter__", "__aexit__")
_BLOCKING_CONTEXT: Final = ("__enter__", "__exit__")


def bare(error: E) -> E:
    """Take the frames off an error and off all that caused it. Returns the error itself."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = None
        queue += (each.__cause__, each.__context__)
        if isinstance(each, BaseExceptionGroup):
            queue += each.exceptions
    return error


def bordered(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let the errors of a public coroutine leave without the frames behind it."""

    @functools.wraps(function)
    async def border(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except WsapiError as error:
            failed: BaseException = error
        except Exception:
            del args, kwargs  # this frame is part of every traceback
            raise
        except BaseException as stop:  # noqa: BLE001 - raised again below
            failed = stop
        del args, kwargs
        try:
            raise bare(failed)
        finally:
            del failed  # an exception and a frame that hold each other live until the collector comes

    return border


def at_border(kind: C) -> C:
    """Wrap every public coroutine of a class in `bordered`, and those of its context manager."""
    for name, value in list(vars(kind).items()):
        if iscoroutinefunction(value) and (not name.startswith("_") or name in _CONTEXT):
            setattr(kind, name, bordered(value))
    return kind


def _called(function: Callable[P, R]) -> Callable[P, R]:
    """Let the errors of a call that waits for its result leave without the frames behind it."""

    @functools.wraps(function)
    def border(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (WsapiError, TimeoutError, EOFError) as error:
            failed: BaseException = error
        except Exception:
            del args, kwargs
            raise
        except BaseException as stop:  # noqa: BLE001 - raised again below
            failed = stop
        del args, kwargs
        try:
            raise bare(failed)
        finally:
            del failed

    return border


def calls_at_border(kind: C) -> C:
    """Put the border around every public function and property of a class whose calls wait for their results."""
    for name, value in list(vars(kind).items()):
        if name.startswith("_") and name not in _BLOCKING_CONTEXT:
            continue
        if isinstance(value, property) and value.fget is not None:
            setattr(kind, name, value.getter(_called(value.fget)))
        elif isfunction(value) and not isgeneratorfunction(value):
            setattr(kind, name, _called(value))
    return kind


def made_at_border(kind: C) -> C:
    """Let what a class refuses at its making leave without the frames that hold the arguments.

    A caller's mistake may put a secret where a key or an address belongs. Class methods that make one are wrapped, too.
    """
    make = kind.__init__
    for name, value in list(vars(kind).items()):
        if isinstance(value, classmethod) and not name.startswith("_"):
            setattr(kind, name, classmethod(_called(value.__func__)))

    @functools.wraps(make)
    def border(*args: Any, **kwargs: Any) -> None:
        try:
            make(*args, **kwargs)
        except UsageError as error:
            failed = error
        else:
            return
        del args, kwargs
        try:
            raise bare(failed)
        finally:
            del failed

    kind.__init__ = border
    return kind
