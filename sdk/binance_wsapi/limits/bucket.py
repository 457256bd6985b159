"""One limit of the venue: what may still be sent in its present window.

Theory of operation
-------------------
*Windows.* They are fixed and aligned to the venue's clock (Rate limits, How to interpret rate limits): a ``1 MINUTE``
window starts every minute. Our picture of that clock is wrong by up to ``eps`` milliseconds, so around an edge (in the
*zone*) two windows may be the present one. There a request needs room in both.

*In flight.* A reserved request arrives at some time between its sending and its reply, in any window of that time.
Until its reply it therefore counts in every window that opens, however long it takes. When the reply comes and the
request may have arrived in either of two windows, its cost is charged to both. What a window holds is told in
`binance_wsapi.limits.window`.

*Lanes.* Of the request weight a share is kept for the first priority. It melts to nothing as the window ends, because a
share kept to the last moment is a share wasted. A two-hundredth is kept from the reads to the last: an order or a cancel
that succeeds weighs nothing, it only borrows its weight while it is under way, and must find it even in a minute whose
weight the reads have eaten.

*Lease.* When the budget is shared between processes, ``lease`` is what this process may still have in the window,
requests in flight included (`binance_wsapi.limits.shared.lease`); otherwise it is boundless. Part of it may be
``lent`` to the higher priorities: the reads do not touch it.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from binance_wsapi.limits.calm import Calm
from binance_wsapi.limits.events import LimitState
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.window import LOST_HOLD_MS, Window, window_length

__all__ = ["BOUNDLESS", "COUNT_TIMES", "ROW", "Bucket", "Held"]

COUNT_TIMES: Final = 10
"""A count of more times the limit is not believed: the venue refuses long before, and one such count closed the window."""
BOUNDLESS: Final = 1 << 60
ROW: Final = attrgetter("limit", "interval", "rateLimitType", "intervalNum")
"""What says which limit a row of a reply is about."""
BORROWED_PARTS: Final = 200
"""Of the request weight this part is for what weighs nothing in the end; the reads leave it alone."""


class Held:
    """What is reserved of one type of limit, by requests under way: as much in each of its windows."""

    __slots__ = ("sum",)

    def __init__(self) -> None:
        self.sum = 0


class Bucket:
    """One limit: its present window, the next one while an edge is near, and what is in flight.

    Args:
        type: ``REQUEST_WEIGHT``, ``ORDERS`` or ``CONNECTIONS``.
        interval: the venue's name of the interval.
        interval_num: how many intervals a window lasts.
        limit: most that a window may hold.
        kept: share of the limit, 0 to 1, that only the first priority may use; it melts as the window ends.
        eps_ms: how wrong our picture of the venue's clock may be, in milliseconds.
        held: what is reserved of its type; None where no request takes of it.
        calm: is stirred when the present window changes, or the limit.
    """

    __slots__ = (
        "ahead",
        "alone",
        "borrowed",
        "calm",
        "caps",
        "counts",
        "cur",
        "end",
        "eps",
        "held",
        "hi",
        "interval",
        "interval_num",
        "kept",
        "lease",
        "leased",
        "length",
        "lent",
        "limit",
        "news",
        "news_at",
        "news_sent_ms",
        "next",
        "row",
        "share",
        "start",
        "taken",
        "type",
        "weighs",
    )  # fmt: skip

    def __init__(
        self,
        type: str,
        interval: str,
        interval_num: int,
        limit: int,
        *,
        kept: float = 0.0,
        eps_ms: int = 0,
        held: Held | None = None,
        calm: Calm | None = None,
    ) -> None:
        length = window_length(interval, interval_num)
        if length is None or limit <= 0:
            raise ValueError(f"not a limit: {type} {limit} per {interval_num} {interval}")
        self.held = held or Held()
        self.calm = calm or Calm()
        self.type = type
        self.weighs = type == "REQUEST_WEIGHT"
        self.interval = interval
        self.interval_num = interval_num
        self.length = length
        self.share = kept
        self.leased = False
        self.lease = BOUNDLESS
        self.lent = (0, 0, 0)  # by priority: what of the lease is for higher ones
        self.alone = 0  # what this process may have of a new window while its shared store is away
        self.taken = 0  # what this process has had of the window since it began, settled
        self.ahead = 0  # and what it may have had before
        self.news = 0  # counts that came since the last report to the store
        self.news_at = 0  # the youngest reservation among them
        self.news_sent_ms = 0
        self.cur = Window(-1)
        self.next: Window | None = None
        self.start = self.end = self.hi = 0
        self.eps = 0
        self.limit = self.kept = self.borrowed = 0
        self.caps = (0, 0, 0)  # by priority: what a window may hold when it begins
        self.set_limit(limit)
        self.set_eps(eps_ms)

    def __repr__(self) -> str:
        return f"<{self.type} {self.cur.spent}+{self.reserved} of {self.limit} per {self.interval_num} {self.interval}>"

    @property
    def reserved(self) -> int:
        """What is reserved by requests under way."""
        return self.held.sum

    # ------------------------------------------------------------------ the venue's facts

    def set_limit(self, limit: int) -> None:
        self.limit = limit
        self.row = (limit, self.interval, self.type, self.interval_num)  # as a reply names it: `ROW`
        self.kept = int(limit * self.share)
        self.borrowed = limit // BORROWED_PARTS if self.weighs else 0
        self.caps = (limit, limit - self.kept, limit - self.kept - self.borrowed)
        self.counts = range(limit * COUNT_TIMES + 1)  # that are believed
        self.calm.stir()

    def lend(self, cost: int) -> None:
        """Leave so much more of the lease to the priorities above the reads; less when it is negative."""
        self.lent = (0, 0, max(self.lent[-1] + cost, 0))

    def set_eps(self, eps_ms: int) -> None:
        """Say how wrong the clock may be; more than half a window would make every window the present one."""
        self.eps = max(0, min(eps_ms, (self.length - 1) // 2))
        self.hi = 0  # the next look at the clock decides anew
        self.calm.stir()

    # ------------------------------------------------------------------ time

    def roll(self, now: int) -> None:
        """Make the windows that may be the present one at ``now`` the present ones.

        After it, ``start <= now < hi`` holds exactly when a request sent now can only fall into ``cur`` for as long as
        the clock is before ``hi``.
        """
        length, eps, before = self.length, self.eps, (self.start, self.hi)
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
        if before != (self.start, self.hi):
            self.calm.stir()

    def _following(self) -> Window:
        following = self.next
        if following is None or following.index != self.cur.index + 1:
            following = self.next = Window(self.cur.index + 1)
        return following

    def _enter(self) -> None:
        self.taken = 0
        self.ahead = self.cur.spent  # charged near the edge, before the window: no other request's costs
        if self.leased:
            self.lease = max(self.reserved, self.alone - self.ahead)
            self.lent = (0, 0, self.alone * self.borrowed // self.limit)
        self.news = self.news_at = 0

    # ------------------------------------------------------------------ room

    def fits(self, cost: int, now: int, priority: Priority) -> bool:
        """Return whether a request of this priority may be sent at ``now`` that costs so much."""
        self.roll(now)
        asked = self.reserved + cost
        if asked > self.lease - self.lent[priority] or asked + self.cur.spent > self.limit - self._kept_from(
            priority, now
        ):
            return False
        return self.hi > 0 or asked + self._following().spent <= self.caps[priority]

    @property
    def free(self) -> int:
        """What the lease and the present window have left."""
        return min(self.lease, self.limit - self.cur.spent) - self.reserved

    def _kept_from(self, priority: Priority, now: int) -> int:
        """What a priority must leave to higher ones at ``now``: less and less of the kept share, none at the end."""
        if priority is Priority.FIRST:
            return 0
        left = min(max(self.end - now, 0), self.length)
        melting = -(-self.kept * left // self.length)  # rounded up
        return melting + self.borrowed if priority is Priority.READS else melting

    def try_again_at(self, cost: int, now: int, priority: Priority) -> int | None:
        """Return when ``cost`` fits if nothing else changes, in venue milliseconds; None when it never does."""
        most = self.limit - (self.borrowed if priority is Priority.READS else 0)
        if cost > most:
            return None
        if self.fits(cost, now, priority):
            return now
        if (
            priority is not Priority.FIRST
            and self.hi
            and self.kept
            and self.reserved + cost <= self.lease - self.lent[priority]
        ):
            free = most - self.cur.spent - self.reserved - cost
            if free >= 0:
                melted = self.end - (free * self.length) // self.kept
                if now < melted < self.end - self.eps:
                    return melted
        return self.end + self.eps

    def state(self, banned_until: int | None) -> LimitState:
        """Return the present window as a user sees it."""
        return LimitState(
            self.type,
            self.interval,
            self.interval_num,
            self.limit,
            self.cur.spent,
            self.reserved,
            self.end,
            banned_until,
        )

    # ------------------------------------------------------------------ settle

    def settle(
        self, cost: int, actual: int, count: int | None, reserved_at: int, sent_ms: int, first_ms: int, now: int,
        mark: int,
    ) -> None:  # fmt: skip
        """Count a request that was answered, and is reserved no more.

        Args:
            cost: what had been reserved.
            actual: what the request costs by the documentation, now that its status is known.
            count: the venue's count, None when the reply has none.
            reserved_at: sequence number of the reservation.
            sent_ms: when it was reserved.
            first_ms: the earliest time of the venue at which it can have arrived.
            now: the time of the reply.
            mark: sequence number of the youngest reservation.
        """
        if now >= self.hi or now < self.start:
            self.roll(now)
        here = self.hi > 0 and first_ms >= self.start
        if self.leased:
            self.spend(cost, actual, reserved_at if here and count is not None else None, sent_ms)
        if not here:
            if actual:
                self._charge(actual, mark, first_ms, now + self.eps)
        elif count is not None:
            self.cur.observe(reserved_at, count, mark, sent_ms)
        elif actual:
            self.cur.charge(actual, mark)

    def spend(self, cost: int, actual: int, counted: int | None, sent_ms: int) -> None:
        """Take what a request cost from the lease, and note the news for the store.

        Args:
            cost: what had been reserved.
            actual: what the request cost.
            counted: sequence number of the reservation, where its reply counts it; else None.
            sent_ms: when it was reserved.
        """
        self.lease -= actual
        self.taken += actual
        if actual < cost:
            self.lend(cost - actual)
        if counted is not None:
            self.news += 1
            if counted > self.news_at:
                self.news_at = counted
                self.news_sent_ms = sent_ms

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
