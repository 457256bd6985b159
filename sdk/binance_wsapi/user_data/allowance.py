"""Request weight for looks at accounts: never so much at once that whoever trades beside them has no room. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["Allowance"]

MINUTE: Final = 60.0
"""Seconds of the window. It slides, so however the venue's own windows lie, each holds no more."""


class Allowance:
    """What may be spent within any minute.

    Args:
        most: request weight; a question that weighs more than all of it may be asked when nothing else was.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0

    def take(self, weight: int, now: float) -> float:
        """Spend weight if it may be spent now.

        Args:
            weight: request weight.
            now: seconds of a clock that never goes back.

        Returns:
            Seconds until it is worth trying again; 0 when the weight is spent.
        """
        spent = self._spent
        while spent and now - spent[0][0] >= MINUTE:
            self._sum -= spent.popleft()[1]
        if spent and self._sum + weight > self.most:
            # Floating point: a wait that ends a hair too soon would be followed by one of nothing.
            return max(spent[0][0] + MINUTE - now, 0.001)
        spent.append((now, weight))
        self._sum += weight
        return 0.0
