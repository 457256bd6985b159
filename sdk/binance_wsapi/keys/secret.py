"""Holding a secret without showing it.

Secrets leak by accident, not by attack: a key object in a log line, a settings dump, a pickle sent to a worker, a
traceback that prints local variables. Three small things close those doors, and the rest of `keys` is built on them:

* `Concealed`, the base of everything that holds a secret, has no way out through ``repr``, ``str``, ``format``,
  ``vars``, ``copy``, ``pickle`` or a JSON encoder.
* `Secret` holds the bytes. `Secret.reveal` is the one way to get at them, and easy to find in a review.
* `clean_errors` raises a refusal anew outside the frames that saw the secret, so that neither the chain of causes nor
  the local variables of its traceback hold key material.

None of this stops code that means to read the memory of its own process. Python copies what it handles, so `wipe`
shortens the life of one copy and promises no more.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeAlias, TypeVar

from binance_wsapi.errors import UsageError

__all__ = ["Concealed", "Passphrase", "Secret", "clean_errors"]

P = ParamSpec("P")
R = TypeVar("R")


class Concealed:
    """Base of what must not be printed, copied or serialised."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(****)"

    def __str__(self) -> str:
        return self.__repr__()

    def __format__(self, spec: str) -> str:
        return self.__repr__()

    # `object` would hand out the slots through each of these; `copy` and ``pickle`` go through the last.
    def __getstate__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and is neither copied nor serialised")

    def __reduce__(self) -> NoReturn:
        self.__getstate__()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__getstate__()


class Secret(Concealed):
    """Hold the bytes of a secret; equality takes constant time.

    Args:
        value: the secret. Text is held as UTF-8; the original string stays wherever the caller has it.

    Raises:
        UsageError: ``value`` is neither text nor bytes, or is empty.
    """

    __slots__ = ("_buffer",)

    def __init__(self, value: str | bytes | bytearray | memoryview) -> None:
        buffer: bytearray | None = None
        if isinstance(value, str):
            # `surrogatepass`, since the exception of a strict encoder would have the secret as its `.object`.
            buffer = bytearray(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, bytes | bytearray | memoryview):
            buffer = bytearray(value)
        kind = type(value).__name__
        del value
        if buffer is None:
            raise UsageError(f"a secret is str or bytes, not {kind}")
        if not buffer:
            raise UsageError("the secret is empty")
        self._buffer = buffer

    def reveal(self) -> bytes:
        """Return a copy of the bytes. Keep it out of names that live long.

        Raises:
            UsageError: the secret was wiped.
        """
        if not self._buffer:
            raise UsageError("the secret was wiped")
        return bytes(self._buffer)

    def wipe(self) -> None:
        """Overwrite the bytes held here with zeros and forget them, as far as Python allows. May be repeated."""
        self._buffer[:] = bytes(len(self._buffer))
        self._buffer = bytearray()

    # A secret is not hashable: a hash is a short function of its bytes.
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # A wiped secret equals nothing but itself: two empty buffers say nothing about what they held.
        if not self._buffer or not other._buffer:
            return self is other
        return hmac.compare_digest(self._buffer, other._buffer)


Passphrase: TypeAlias = str | bytes | Secret | Callable[[], str | bytes | Secret]
"""What opens an encrypted PEM; a callable is asked only when the PEM is encrypted."""


def clean_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Let the `UsageError` of a function that handles secrets leave without the frames that saw them."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except UsageError as error:
            message = str(error)
        finally:
            # This frame is part of every traceback, a passphrase callback's too.
            del args, kwargs
        # Outside ``except``: not even __context__ leads back to the first exception.
        raise UsageError(message)

    return guarded
