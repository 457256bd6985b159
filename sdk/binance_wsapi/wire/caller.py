"""The one protocol that joins the layers: each layer is a `Caller` and is handed the next one. What all of them check."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

import msgspec

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["DEFAULT", "CallOptions", "Caller", "as_float", "check_path", "check_seconds", "check_symbol"]

R = TypeVar("R")


class CallOptions(msgspec.Struct, frozen=True, gc=False):
    """How one call is made, beside its parameters.

    Args:
        timeout: seconds until the call ends with an error; None takes the client's.
        key: sign this one request with another key than the client's ("ad hoc", Session authentication).
        sent: told the request id and the ``timestamp`` (None when unsigned) as soon as a frame was handed to the
            network; more than once only after a definite refusal. It must be quick and not raise.
        told: told the bytes of the result before it is read.
    """

    timeout: float | None = None
    key: Signer | AsyncSigner | None = None
    sent: Callable[[str, int | None], None] | None = None
    told: Callable[[bytes], None] | None = None


DEFAULT: Final = CallOptions()


def as_float(value: float) -> float:
    """Return a number as the clocks count it; one beyond them is none."""
    try:
        return float(value)
    except OverflowError:
        return math.nan


def check_seconds(value: Any, name: str = "timeout", most: float = math.inf) -> None:
    """See that a value is a number of seconds above 0, and not beyond the greatest.

    Raises:
        UsageError: it is not; the message names the argument.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < as_float(value) <= most:
        bound = "" if most == math.inf else f", {most:.0e} at most"
        raise UsageError(f"{name} must be a number of seconds above 0{bound}, as 5 or 0.5, got {shown(value)}")


def check_path(path: object, name: str, what: str) -> str:
    """Return a path as text.

    Args:
        path: what the caller named.
        name: of the argument.
        what: the path should lead to, with an example: ``a file, as "limits.db"``.

    Raises:
        UsageError: it is no text, empty, or holds a character that no path has; the message names the argument.
    """
    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"{name} must be the path of {what}, got a {type(path).__name__}")
    text: object = os.fspath(path)
    if not isinstance(text, str):
        raise UsageError(f"{name} must be the path of {what}, got a {type(text).__name__}")
    if not text:
        raise UsageError(f"{name} must be the path of {what}, got nothing")
    try:
        encoded = os.fsencode(text)
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise UsageError(f"{name} must be the path of {what}, got {shown(text)}: it holds a character that no path has")
    return text


def check_symbol(symbol: object) -> str:
    """Return a symbol that is text, as it must be before it is looked up.

    Raises:
        UsageError: it is of another kind.
    """
    if not isinstance(symbol, str):
        raise UsageError(f"symbol must be a trading pair, as 'BTCUSDT', got a {type(symbol).__name__}")
    return symbol


class Caller(Protocol):
    """Brings a call to the venue and its result back."""

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make the call. Cancelling the await never cancels what was already sent."""
        ...
