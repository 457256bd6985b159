"""How long to wait before an account is subscribed again whose subscriptions the venue ends at once.

Theory of operation. When the venue ends a subscription that has lived, the next is asked for at once: what happens meanwhile
is hidden. Where the venue ends what it has just confirmed, asking at once would spend the weight that orders need, so each
such end, and each refusal of a listen token, doubles the pause. After about a minute of this, and once a minute from then
on, the client says since when no event could come.

Pure.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LONGEST_PAUSE_S", "Endings"]

STABLE_S: Final = 10.0
"""Seconds after which a subscription has lived."""

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
"""Seconds: the first pause, and the longest."""

UNTOLD: Final = 6
"""Ends at once that are not told: their pauses are a minute together."""


class Endings:
    """The ends of the subscriptions of one account, as far as the venue made them."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._made: tuple[int, float] | None = None
        self._not_before = 0.0
        self._since_ms = 0

    def made(self, connection: int, now: float) -> None:
        """The venue confirmed a subscription on the connection of this number."""
        self._made = connection, now

    def ended(self, connection: int, now: float, now_ms: int) -> int | None:
        """The venue ended it; return since when no event could come, in milliseconds, where that is to be told."""
        if self._made is None or self._made[0] != connection:
            return None
        if now - self._made[1] >= STABLE_S:
            self._in_a_row = 0
            return None
        if not self._in_a_row:
            self._since_ms = now_ms
        self.refused(now)
        if self._in_a_row <= UNTOLD:
            return None
        since, self._since_ms = self._since_ms, now_ms
        return since

    def refused(self, now: float) -> None:
        """One more attempt came to nothing: wait twice as long."""
        self._not_before = now + min(FIRST_PAUSE_S * 2.0 ** min(self._in_a_row, 10), LONGEST_PAUSE_S)
        self._in_a_row += 1

    def pause(self, now: float) -> float:
        """Return seconds until the account may be subscribed again."""
        return max(0.0, self._not_before - now)
