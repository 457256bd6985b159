"""When to try again: full jitter, without end, unless the user says otherwise."""

from __future__ import annotations

from collections.abc import Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_never
from tenacity.wait import wait_base

from binance_wsapi.errors import AuthFailed, Banned, TlsVerificationError, UsageError
from binance_wsapi.link.sockets.transport import HandshakeRefused

__all__ = ["FullJitter", "default_policy", "worth_retrying"]

FIRST = 0.25
CAP = 30.0
"""Seconds: bound of the first wait, and bound of all of them."""


class FullJitter(wait_base):
    """Wait a random time between nothing and a bound that doubles with every try.

    Thousands of clients that lost the venue in the same moment come back spread out, not in waves.
    """

    def __init__(self, uniform: Callable[[float, float], float], first: float = FIRST, cap: float = CAP) -> None:
        self._uniform = uniform
        self._first = first
        self._cap = cap

    def after(self, tries: int) -> float:
        """Seconds to wait after that many tries have failed in a row."""
        return self._uniform(0.0, min(self._cap, self._first * 2.0 ** min(tries - 1, 30)))

    def __call__(self, retry_state: RetryCallState) -> float:
        return self.after(retry_state.attempt_number)


def worth_retrying(error: BaseException) -> bool:
    """Whether another attempt may succeed: not when the certificate, the key or the call itself is wrong.

    Nor when the venue's firewall refused the connection, which shuts out a client that goes on for longer, nor when the
    venue does not serve the place this machine is at.
    """
    if isinstance(error, HandshakeRefused) and error.final:
        return False
    return isinstance(error, Exception) and not isinstance(
        error, TlsVerificationError | AuthFailed | Banned | UsageError
    )


def default_policy(uniform: Callable[[float, float], float]) -> AsyncRetrying:
    """Return the policy used when the user gives none: `FullJitter`, no limit on tries."""
    return AsyncRetrying(
        wait=FullJitter(uniform), stop=stop_never, retry=retry_if_exception(worth_retrying), reraise=True
    )
