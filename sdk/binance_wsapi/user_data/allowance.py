"""Request weight for looks at accounts: never so much at once that whoever trades beside them has no room. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["Allowance"]

MINUTE: Final = 60.0
"""Seconds of the window. It slides, so however the venue's own windows lie, each holds no more."""


class Allowance:
    """What may be spent within any minute, by several accounts in turn: who asks first spends first.

    Args:
        most: request weight; a question that weighs more than all of it may be asked when nothing else was.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._booked: deque[tuple[float, int]] = deque()
        self._sum = 0

    def book(self, weight: int, now: float) -> float:
        """Spend weight as soon as it may be spent, behind everybody who asked before.

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
