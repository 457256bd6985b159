"""The border between the library and its user: what an error takes with it when it crosses.

A traceback holds the frames it passed, and a frame holds its variables: error reporters, ``rich`` and ``pytest
--showlocals`` print them. So an error of the library, and a cancellation, leave a public coroutine without the frames
behind it, and so do their causes. What is left is the frame of the border, which holds nothing, and the user's own. The
blocking client's calls have a border too, which an interrupt crosses like a cancellation.
A foreign exception (a mistake of ours, or of a user's signer) keeps its frames: they are needed to find the mistake, and
none that can meet it holds what was signed (`Sender.send`, `Connection.post`, `Credentials.stamp`). At the making of an
object, whose arguments may be secrets, it keeps the user's frames alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction, isfunction, isgeneratorfunction
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar

from binance_wsapi.errors import WsapiError

__all__ = ["at_border", "bare", "bordered", "calls_at_border", "made_at_border"]

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=BaseException)
C = TypeVar("C", bound=type[Any])

_LIBRARY: Final = __name__.partition(".")[0]
_CONTEXT: Final = ("__aenter__", "__aexit__")
_BLOCKING_CONTEXT: Final = ("__enter__", "__exit__")


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


def _without_ours(error: E) -> E:
    """Take the frames of the library off an error and off all that caused it; a user's own stay. Returns the error."""
    for each in _all_of(error):
        kept: list[TracebackType] = []
        step = each.__traceback__
        while step is not None:
            # By the module and not by the file: a dataclass makes its functions of text.
            if str(step.tb_frame.f_globals.get("__name__")).partition(".")[0] != _LIBRARY:
                kept.append(step)
            step = step.tb_next
        rest: TracebackType | None = None
        for step in reversed(kept):
            step.tb_next = rest
            rest = step
        each.__traceback__ = rest
    return error


def _maker(make: Callable[P, R]) -> Callable[P, R]:
    """Let what a function that makes something refuses leave without the frames that hold its arguments."""

    @functools.wraps(make)
    def border(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return make(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised again below, of any class
            foreign = isinstance(error, Exception) and not isinstance(error, WsapiError)
            failed = _without_ours(error) if foreign else bare(error)
        del args, kwargs
        try:
            raise failed
        finally:
            del failed

    return border


def made_at_border(kind: C) -> C:
    """Let every error of the making of a class leave without the frames that hold the arguments.

    A misspelt name may stand beside a secret, and a secret where a key or an address belongs. Of a foreign exception, as
    of a user's function that is called, the user's own frames stay. Class methods that make one are wrapped, too.
    """
    for name, value in list(vars(kind).items()):
        if isinstance(value, classmethod) and not name.startswith("_"):
            setattr(kind, name, classmethod(_maker(value.__func__)))
    kind.__init__ = _maker(kind.__init__)
    return kind
