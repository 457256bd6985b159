"""Request weight for questions the client asks by itself: it always leaves room for orders. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from binance_wsapi.limits.events import LimitState

__all__ = ["Allowance"]

USUAL_WEIGHT: Final = 6000
"""The venue's limit as long as it has not told another."""

MINUTE: Final = 60.0
"""Seconds of the window. It slides, so however the venue's own windows lie, each holds no more."""


class Allowance:
    """What may be spent within any minute, by all who ask in turn: who asks first spends first.

    Args:
        share: part of the venue's request weight of a minute, 0 to 1. A question that weighs more than all of it may be
            asked when nothing else was.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self.most = int(USUAL_WEIGHT * share)
        self._booked: deque[tuple[float, int]] = deque()
        self._sum = 0

    def follow(self, limits: Iterable[LimitState]) -> None:
        """Take over the venue's present limit."""
        for limit in limits:
            if (limit.type, limit.interval, limit.interval_num) == ("REQUEST_WEIGHT", "MINUTE", 1):
                self.most = int(limit.limit * self._share)

    def book(self, weight: int, now: float) -> float:
        """Spend weight as soon as it may be spent, behind all earlier callers.

        Args:
            weight: request weight.
            now: seconds of a clock that never goes back.

        Returns:
            Seconds until then.
        """
        booked = self._booked
        at = max(now, booked[-1][0]) if booked else now
        while booked and (booked[0][0] + MINUTE <= at or self._sum + weight > self.most):
            at = max(at, booked[0][0] + MINUTE)
            self._sum -= booked.popleft()[1]
        booked.append((at, weight))
        self._sum += weight
        return at - now
