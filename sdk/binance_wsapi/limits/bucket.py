"""One limit of the venue: what its present window may hold, at most, by all that is known here.

Theory of operation
-------------------
*Windows.* They are fixed and aligned to the venue's clock (Rate limits, How to interpret rate limits): a ``1 MINUTE``
window starts every minute. Our picture of that clock is wrong by up to ``eps`` milliseconds, so around an edge (in the
*zone*) two windows may be the present one. There a request needs room in both.

*In flight.* A reserved request arrives at some time between its sending and its reply, in whatever window that is.
Until its reply it therefore counts in every window that opens, however long it takes. When the reply comes and the
request may have arrived in either of two windows, its cost is charged to both.

*Counts.* The reply says what the window held when the request was counted. Counts of ``ORDERS`` fall when orders fill,
and replies overtake each other, so neither the highest nor the last count is the truth. What holds is causality: a
request that was reserved after the reply Y had come was counted after Y, and everything that Y's count covers is
covered by its own, lower or not. So replies are kept in two generations, ``a`` before ``b``, each with its highest
count, the costs that no count covers yet, and the mark of its youngest reply. A reply to a request younger than the
mark of a generation takes that generation's place. What is left in the two is concurrent: any of them may have been
counted last, so the highest stands. The window holds at most::

    max(a.count, b.count) + a.uncounted + b.uncounted + lost + reserved

*Lost replies* keep their charge to the end of every window they may have arrived in. Only in a window much longer than
a frame can be under way (the day of ``ORDERS``) a count younger than that ends the charge: it covers the request, or
the request never arrived.

*Lease.* When the budget is shared between processes, ``lease`` is what this process may still have in the window,
requests in flight included (`binance_wsapi.limits.store`); otherwise it is boundless.
"""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["BOUNDLESS", "LOST_HOLD_MS", "LOST_TRANSIT_MS", "Bucket", "Window", "window_length"]

BOUNDLESS: Final = 1 << 60
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
    """What one window holds by the venue's counts and by what no count covers. See the module's text.

    A shared store keeps the same for all its processes; there the versions of the store take the place of the sequence
    numbers of reservations.
    """

    index: int
    a_count: int = 0
    a_uncounted: int = 0
    a_mark: int = 0
    b_count: int = 0
    b_uncounted: int = 0
    b_mark: int = 0
    lost: list[tuple[int, int]] = msgspec.field(default_factory=list)
    spent: int = 0
    plain: bool = True
    """Nothing but the younger generation's count: what is spent is that count."""
    news_uncounted: int = 0
    """Charged since the last report to the shared store."""
    news_lost: int = 0

    def observe(self, reserved_at: int, count: int, mark: int, sent_ms: int) -> None:
        """Take over a count of the venue.

        Args:
            reserved_at: sequence number of the request's reservation.
            count: what the venue counted.
            mark: sequence number of the youngest reservation there is.
            sent_ms: when the request was sent.
        """
        if reserved_at > self.b_mark:
            self.a_count = self.a_uncounted = self.a_mark = self.b_uncounted = 0
            self.b_count = count
        elif reserved_at > self.a_mark:
            self.a_count, self.a_uncounted, self.a_mark = self.b_count, self.b_uncounted, self.b_mark
            self.b_count, self.b_uncounted = count, 0
        elif count > self.b_count:
            self.b_count = count
        self.b_mark = mark
        if self.lost:
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
            cost += self.lost.pop()[1]
        self.lost.append((until, cost))
        self._add_up()

    def _add_up(self) -> None:
        self.spent = max(self.a_count, self.b_count) + self.a_uncounted + self.b_uncounted
        for _, cost in self.lost:
            self.spent += cost
        self.plain = not (self.a_count or self.a_uncounted or self.a_mark or self.b_uncounted or self.lost)


class Bucket:
    """One limit: its present window, the next one while an edge is near, and what is in flight.

    Args:
        type: ``REQUEST_WEIGHT``, ``ORDERS`` or ``CONNECTIONS``.
        interval: the venue's name of the interval.
        interval_num: how many intervals a window lasts.
        limit: most that a window may hold.
        kept: share of the limit, 0 to 1, that only the first lane may use. It melts to nothing as the window ends,
            because a share kept to the last moment is a share wasted.
        eps_ms: how wrong our picture of the venue's clock may be, in milliseconds.
    """

    __slots__ = (
        "alone", "cur", "end", "eps", "hi", "interval", "interval_num", "kept", "lease", "leased", "length", "limit",
        "low_cap", "news",
        "news_at", "news_sent_ms", "next", "reserved", "start", "taken", "type", "weighs",
    )  # fmt: skip

    def __init__(
        self, type: str, interval: str, interval_num: int, limit: int, *, kept: float = 0.0, eps_ms: int = 0
    ) -> None:
        length = window_length(interval, interval_num)
        if length is None or limit <= 0:
            raise ValueError(f"not a limit: {type} {limit} per {interval_num} {interval}")
        self.type = type
        self.weighs = type == "REQUEST_WEIGHT"
        self.interval = interval
        self.interval_num = interval_num
        self.length = length
        self.kept = kept
        self.reserved = 0
        self.leased = False
        self.lease = BOUNDLESS
        self.alone = 0  # what this process may have of a new window while its shared store is away
        self.taken = 0  # what this process has had of the window, settled
        self.news = 0  # counts that came since the last report to the store
        self.news_at = 0  # the youngest reservation among them
        self.news_sent_ms = 0
        self.cur = Window(-1)
        self.next: Window | None = None
        self.start = self.end = self.hi = 0
        self.eps = 0
        self.limit = self.low_cap = 0
        self.set_limit(limit)
        self.set_eps(eps_ms)

    def __repr__(self) -> str:
        return f"<{self.type} {self.cur.spent}+{self.reserved} of {self.limit} per {self.interval_num} {self.interval}>"

    # ------------------------------------------------------------------ the venue's facts

    def set_limit(self, limit: int) -> None:
        self.limit = limit
        self.low_cap = limit - int(limit * self.kept)

    def set_eps(self, eps_ms: int) -> None:
        """Say how wrong the clock may be; more than half a window would make every window the present one."""
        self.eps = max(0, min(eps_ms, (self.length - 1) // 2))
        self.hi = 0  # the next look at the clock decides anew

    # ------------------------------------------------------------------ time

    def roll(self, now: int) -> None:
        """Make the windows that may be the present one at ``now`` the present ones.

        After it, ``start <= now < hi`` holds exactly when a request sent now can only fall into ``cur`` for as long as
        the clock is before ``hi``.
        """
        length, eps = self.length, self.eps
        old, young = (now - eps) // length, (now + eps) // length
        cur = self.cur
        if old > cur.index:
            following = self.next
            self.cur = following if following is not None and following.index == old else Window(old)
            self.next = None
            self._enter()
        elif old < cur.index and cur.index > young:
            # The picture of the clock was set back by more than eps: what was spent goes along, it may be recent.
            self.cur = Window(old)
            self.cur.charge(cur.spent, cur.b_mark)
            self.next = None
            self._enter()
        index = self.cur.index
        self.start = index * length
        self.end = self.start + length
        if young > index:
            self._following()
            self.hi = 0
        else:
            self.hi = self.end - eps

    def _following(self) -> Window:
        following = self.next
        if following is None or following.index != self.cur.index + 1:
            following = self.next = Window(self.cur.index + 1)
        return following

    def _enter(self) -> None:
        self.taken = 0
        if self.leased:
            self.lease = max(self.reserved, self.alone - self.cur.spent)  # charged ahead, near the edge
        self.news = self.news_at = 0

    # ------------------------------------------------------------------ room

    def fits(self, cost: int, now: int, first: bool) -> bool:
        """Return whether ``cost`` more may be sent at ``now``; ``first`` for the first lane."""
        self.roll(now)
        asked = self.reserved + cost
        if asked > self.lease:
            return False
        if asked + self.cur.spent > (self.limit if first else self.limit - self._kept(now)):
            return False
        return self.hi > 0 or asked + self._following().spent <= (self.limit if first else self.low_cap)

    def _kept(self, now: int) -> int:
        """What is kept for the first lane at ``now``: less and less, nothing at the end of the window."""
        left = min(max(self.end - now, 0), self.length)
        return -((self.low_cap - self.limit) * left // self.length)  # rounded up

    def try_again_at(self, cost: int, now: int, first: bool) -> int | None:
        """Return when ``cost`` fits if nothing else changes, in venue milliseconds; None when it never does."""
        if cost > self.limit:
            return None
        if self.fits(cost, now, first):
            return now
        if not first and self.hi:
            free = self.limit - self.cur.spent - self.reserved - cost
            share = self.limit - self.low_cap
            if free >= 0 and share > 0 and self.reserved + cost <= self.lease:
                melted = self.end - (free * self.length) // share
                if now < melted < self.end - self.eps:
                    return melted
        return self.end + self.eps

    # ------------------------------------------------------------------ reserve and settle

    def settle(
        self, cost: int, actual: int, count: int | None, reserved_at: int, sent_ms: int, first_ms: int, now: int,
        mark: int,
    ) -> None:  # fmt: skip
        """End a reservation by its reply.

        Args:
            cost: what was reserved.
            actual: what the request costs by the documentation, now that its status is known.
            count: the venue's count, None when the reply has none.
            reserved_at: sequence number of the reservation.
            sent_ms: when it was reserved.
            first_ms: the earliest time of the venue at which it can have arrived.
            now: the time of the reply.
            mark: sequence number of the youngest reservation.
        """
        self.reserved -= cost
        if now >= self.hi or now < self.start:
            self.roll(now)
        self.lease -= actual
        self.taken += actual
        if self.hi and first_ms >= self.start:
            if count is not None:
                self.cur.observe(reserved_at, count, mark, sent_ms)
                self.news += 1
                if reserved_at > self.news_at:
                    self.news_at = reserved_at
                    self.news_sent_ms = sent_ms
            elif actual:
                self.cur.charge(actual, mark)
        elif actual:
            self._charge(actual, mark, first_ms, now + self.eps)

    def lose(self, cost: int, first_ms: int, now: int) -> None:
        """End a reservation whose reply will not come: it keeps its charge."""
        self.reserved -= cost
        self.charge_span(cost, first_ms, now, now + LOST_TRANSIT_MS)

    def release(self, cost: int) -> None:
        """End a reservation of which no byte was sent."""
        self.reserved -= cost

    def charge_span(self, cost: int, first_ms: int, now: int, last_ms: int) -> None:
        """Charge a cost that arrives between ``first_ms`` and ``last_ms``, if at all, and that no count covers."""
        self.roll(now)
        self.lease -= cost
        self.taken += cost
        first, last = first_ms // self.length, (last_ms + self.eps) // self.length
        if last > self.cur.index:
            self._following()
        for window in (self.cur, self.next):
            if window is not None and first <= window.index <= last:
                window.charge_lost(cost, now + LOST_HOLD_MS)

    def _charge(self, cost: int, mark: int, first_ms: int, last_ms: int) -> None:
        first, last = first_ms // self.length, last_ms // self.length
        for window in (self.cur, self.next):
            if window is not None and first <= window.index <= last:
                window.charge(cost, mark)
