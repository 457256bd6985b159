"""Until when the answers of a look show all that happened: what is younger may be missing from them.

Theory of operation. A view shows what is older than its lag. Two clocks of the venue say how old something is: the engine
dates trades, orders and lists, and it is the gateway's that is known here. A gateway's clock that is ahead, or jumps ahead,
would make something settled that a view does not show yet. So no time counts as past before as much has gone by on the
monotonic clock of this machine, since the first look or since an event that bore it; and a minute is left between.

What is numbered upwards needs no time: what was known for longer than the lag when a look began is in its answers, and all
that has a lower number with it.

This file is pure.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter

from binance_wsapi.user_data.spot.merge.snapshot import Look

__all__ = ["ENGINE_BEHIND_US", "Settled"]

ENGINE_BEHIND_US = 60_000_000
"""Microseconds by which the engine's clock, by which trades are dated, may be behind the gateway's."""


class Settled:
    """What the answers of looks must show.

    Args:
        lag: seconds the venue's views may lag behind its matching engine.
    """

    def __init__(self, lag: float) -> None:
        self._lag = lag
        self._began: float | None = None
        self._ahead_us: float = 0.0
        self._known: dict[str, list[tuple[float, int]]] = {}
        self._sure: dict[str, int] = {}

    def dated(self, at_us: int, now: float) -> None:
        """Take note that the engine's clock shows this time, or a later one."""
        if self._began is not None:
            self._ahead_us = max(self._ahead_us, at_us - now * 1e6)

    def looked(self, look: Look) -> None:
        """Take note of a look."""
        if self._began is None:
            self._began = look.asked
            self._ahead_us = look.asked_us - look.asked * 1e6

    def numbered(self, symbol: str, trade_id: int, now: float) -> None:
        """Take note that a trade is known from now."""
        known = self._known.get(symbol)
        if known is None:
            known = self._known[symbol] = []
        if not known or trade_id > known[-1][1]:
            known.append((now, trade_id))

    def before_us(self, look: Look) -> int:
        """Return the time before which all is in the answers, in microseconds."""
        passed = look.asked * 1e6 + self._ahead_us
        return int(min(look.asked_us, passed) - self._lag * 1e6) - ENGINE_BEHIND_US

    def up_to(self, look: Look, symbol: str) -> int:
        """Return the trade of a symbol up to which all are in the answers; -1 is none."""
        known = self._known.get(symbol, [])
        over = bisect_right(known, look.asked - self._lag, key=itemgetter(0))
        if over:
            self._sure[symbol] = known[over - 1][1]
            del known[:over]
        return self._sure.get(symbol, -1)

    def shows_first(self, look: Look) -> bool:
        """Return whether all that was so at the first look is in the answers."""
        return self._began is not None and look.asked >= self._began + self._lag
