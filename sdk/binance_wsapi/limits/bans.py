"""What the venue closed, and until when.

Bans are latches. 418 closes everything from this address, connections too, until ``retryAfter``. 429 with -1003 does the
same; 429 with -1015 closes what adds orders. Where the venue gives no time (the documented sample of -1015 has none,
Cancel and replace order) it is the end of the window. Only a person shortens a latch, and it opens when it is certain, with
the error of our clock, that the time has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from binance_wsapi.limits.calm import Calm

__all__ = ["FIREWALL_MS", "LONGEST_BAN_MS", "SHORTEST_BAN_MS", "Bans", "epoch_ms", "scope_of"]

SHORTEST_BAN_MS: Final = 120_000
""" "From 2 minutes to 3 days" (Rate limits, IP limits); for a 418 that does not say how long."""
LONGEST_BAN_MS: Final = 3 * 86_400_000
"""The other end of the same sentence: no ban is believed to last longer, neither from a reply nor from another process."""
FIREWALL_MS: Final = 300_000
"""How long no connection is tried after the firewall refused one; the venue documents no time."""

_EARLIEST_MS: Final = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973
_LATEST_MS: Final = 100_000_000_000_000


class Bans:
    """The latches of three scopes: ``ip``, ``account`` for what adds orders, ``connect``.

    Args:
        eps_ms: how wrong our picture of the venue's clock may be, in milliseconds.
        calm: is stirred when a latch changes.
    """

    __slots__ = ("_calm", "_eps_ms", "_lifted", "again", "clear_at", "orders_clear_at", "scopes")

    def __init__(self, eps_ms: int, calm: Calm) -> None:
        self.scopes: dict[str, int] = {}
        self.again: set[str] = set()
        """What the venue closed once more, until the same time, after this process was told that a person lifted it."""
        self._lifted: dict[str, int] = {}
        self._eps_ms = eps_ms
        self._calm = calm
        self.clear_at = 0  # nothing at all may be sent before this time of our clock
        self.orders_clear_at = 0  # and no order before this one

    def set_eps(self, eps_ms: int) -> None:
        self._eps_ms = eps_ms
        self._calm.stir()
        self.clear_at = self.scopes["ip"] + eps_ms if "ip" in self.scopes else 0
        self.orders_clear_at = self.scopes["account"] + eps_ms if "account" in self.scopes else 0

    def close(self, scope: str, until: int, now: int) -> None:
        """Close a scope until a time in venue milliseconds, three days from ``now`` at most."""
        until = min(until, now + LONGEST_BAN_MS)
        if until > self.scopes.get(scope, 0):
            self.scopes[scope] = until
            self.set_eps(self._eps_ms)

    def hear(self, scope: str, until: int, now: int) -> None:
        """Close a scope as a reply of the venue says, also where a person lifted a ban with this very end."""
        if self._lifted.get(scope) == min(until, now + LONGEST_BAN_MS):
            self.again.add(scope)
        self.close(scope, until, now)

    def lift(self, scopes: Iterable[str], lifted: Mapping[str, int]) -> None:
        """Open of these scopes what a person lifted, by the end that each ban had. A ban with another end is another ban."""
        for scope in scopes:
            until = lifted.get(scope)
            if until is None or until != self._lifted.get(scope):
                self.again.discard(scope)
            if until is None:
                self._lifted.pop(scope, None)
                continue
            self._lifted[scope] = until
            if scope not in self.again and self.scopes.get(scope) == until:
                del self.scopes[scope]
                self.set_eps(self._eps_ms)

    def until(self, *, orders: bool = False, connects: bool = False) -> int:
        """Return the end of the longest ban on something from this address, 0 when there never was one."""
        until = self.scopes.get("ip", 0)
        if orders:
            until = max(until, self.scopes.get("account", 0))
        if connects:
            until = max(until, self.scopes.get("connect", 0))
        return until

    def closed_until(self, now: int, *, orders: bool = False, connects: bool = False) -> int | None:
        """Return when it is certain that something may be sent again, None when it may be sent at ``now``."""
        until = self.until(orders=orders, connects=connects)
        return until + self._eps_ms if until and now < until + self._eps_ms else None


def scope_of(status: int, code: int | None) -> str | None:
    """Return what a reply with this status and error code closes, None for nothing."""
    if status == 418:
        return "ip"
    if status != 429:
        return None
    # A cancel-replace over the limit is a 429 as well, with a code of its own (Cancel and replace order).
    return "ip" if code in (None, -1003) else "account"


def epoch_ms(value: int | None) -> int | None:
    """Return an epoch as milliseconds.

    The samples show milliseconds; over REST the header has seconds, and a connection with ``timeUnit=MICROSECOND``
    may speak of microseconds. No ban in a thousand years makes them look alike.
    """
    if value is None or value <= 0:
        return None
    if value < _EARLIEST_MS:
        return value * 1_000
    return value if value < _LATEST_MS else value // 1_000
