"""What one window of a limit holds, at most, by all that is known of it.

Theory of operation
-------------------
The reply says what the window held when the request was counted. Counts of ``ORDERS`` fall when orders fill, and
replies overtake each other, so neither the highest nor the last count is the truth. What holds is causality: a request
that was reserved after the reply Y had come was counted after Y, and everything that Y's count covers is covered by its
own, lower or not. So replies are kept in two generations, ``a`` before ``b``, each with its highest count, the costs
that no count covers yet, and the mark of its youngest reply. A reply to a request younger than the mark of a generation
takes that generation's place. What is left in the two is concurrent: any of them may have been counted last, so the
highest stands. The window holds at most::

    max(a.count, b.count) + a.uncounted + b.uncounted + lost + reserved

*Lost replies* keep their charge to the end of every window they may have arrived in. Only in a window much longer than
a frame can be under way (the day of ``ORDERS``) a count younger than that ends the charge: it covers the request, or
the request never arrived.

One process keeps such a window for each of its limits (`binance_wsapi.limits.bucket`), and so does a shared store for
all its processes (`binance_wsapi.limits.shared.division`); there the versions of the store take the place of the sequence
numbers of reservations.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec

__all__ = ["LOST_HOLD_MS", "LOST_TRANSIT_MS", "Count", "Window", "window_length"]

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
"""A number that is never below zero; a record with another, or with more than Lua can count, is none of ours."""

LOST_TRANSIT_MS: Final = 1_000
"""A frame may still reach the venue this long after its connection was given up."""
LOST_HOLD_MS: Final = 60_000
"""A frame that did not arrive within this time never will; the longest receive window."""

_UNIT_MS: Final = {"SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}


def window_length(interval: str, interval_num: int) -> int | None:
    """Return the length of a window in milliseconds, None when the interval is not a known one."""
    unit = _UNIT_MS.get(interval)
    return unit * interval_num if unit is not None and interval_num > 0 else None


class Window(msgspec.Struct, gc=False):
    """What one window holds by the venue's counts and by what no count covers. See the module's text."""

    index: Count
    a_count: Count = 0
    a_uncounted: Count = 0
    a_mark: Count = 0
    b_count: Count = 0
    b_uncounted: Count = 0
    b_mark: Count = 0
    lost: list[tuple[Count, Count]] = msgspec.field(default_factory=list)
    spent: Count = 0
    plain: bool = True
    """Nothing but the younger generation's count: what is spent is that count."""
    news_uncounted: Count = 0
    """Charged since the last report to the shared store."""
    news_lost: Count = 0

    def observe(self, reserved_at: int, count: int, mark: int, sent_ms: int) -> None:
        """Take over a count of the venue.

        Args:
            reserved_at: sequence number of the request's reservation.
            count: what the venue counted.
            mark: sequence number of the youngest reservation there is.
            sent_ms: when the request was sent.
        """
        if reserved_at <= self.a_mark and (not self.lost or self.lost[0][0] >= sent_ms):
            self.b_mark = mark  # concurrent with both generations: the highest count stands
            if count > self.b_count:
                self.spent += max(self.a_count, count) - max(self.a_count, self.b_count)
                self.b_count = count
            return
        if reserved_at > self.b_mark:
            self.a_count = self.a_uncounted = self.a_mark = self.b_uncounted = 0
            self.b_count = count
        elif reserved_at > self.a_mark:
            self.a_count, self.a_uncounted, self.a_mark = self.b_count, self.b_uncounted, self.b_mark
            self.b_count, self.b_uncounted = count, 0
        elif count > self.b_count:
            self.b_count = count
        self.b_mark = mark
        if self.lost and self.lost[0][0] < sent_ms:
            self.lost = [(until, cost) for until, cost in self.lost if until >= sent_ms]
        self._add_up()

    def charge(self, cost: int, mark: int) -> None:
        """Add a cost that was settled but that no count covers yet."""
        self.b_uncounted += cost
        self.news_uncounted += cost
        self.b_mark = mark
        self._add_up()

    def charge_lost(self, cost: int, until: int) -> None:
        """Add the cost of a request that may have arrived, or may still arrive before ``until``."""
        self.news_lost += cost
        if self.lost and until - self.lost[-1][0] < LOST_TRANSIT_MS:  # keeps the list short in a storm of losses
            last_until, last = self.lost.pop()
            until, cost = max(until, last_until), cost + last
        self.lost.append((until, cost))
        self.lost.sort()  # the first to end comes first
        self._add_up()

    def _add_up(self) -> None:
        older, younger = self.a_count, self.b_count
        spent = max(older, younger) + self.a_uncounted + self.b_uncounted
        if self.lost:
            for _, cost in self.lost:
                spent += cost
            self.plain = False
        else:
            self.plain = not (older or self.a_uncounted or self.a_mark or self.b_uncounted)
        self.spent = spent
