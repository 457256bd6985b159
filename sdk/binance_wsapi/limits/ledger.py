"""The budget of one address and one account: every limit of the venue, and its bans.

Theory of operation
-------------------
A request is *reserved* before it is sent and *settled*, *lost* or *released* exactly once after it. Its ticket has a
sequence number; the order of reservations and replies is all that a bucket needs to know which of the venue's counts
covers what (`binance_wsapi.limits.bucket`). A ticket that no caller ends expires: it is lost.

Reserving is pessimistic. A request is reserved with its documented weight and its orders; only the reply says that it
succeeded and cost ``weight_on_success`` (CHANGELOG, 2026-03-27: placing and cancelling weigh 0 on success), and the
reply's own ``rateLimits`` say what the venue counted; they count, not the documentation.

All times are milliseconds of the venue's clock and are arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from binance_wsapi.limits.bans import SHORTEST_BAN_MS, Bans, epoch_ms, scope_of
from binance_wsapi.limits.bucket import BOUNDLESS, ROW, Bucket, Held
from binance_wsapi.limits.calm import Calm
from binance_wsapi.limits.events import LimitState
from binance_wsapi.limits.policy import DEFAULT_KEPT, Priority
from binance_wsapi.limits.rows import CONNECT_WEIGHT, DEFAULT_LIMITS, MOST_BUCKETS, is_usable, key_of
from binance_wsapi.limits.ticket import Block, Ticket
from binance_wsapi.limits.window import LOST_HOLD_MS, LOST_TRANSIT_MS, window_length
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["Ledger"]

CONNECT_SPAN_MS: Final = 10_000
"""A connection attempt may be counted this long after it began."""
LONGEST_429_MS: Final = 86_400_000 + 60_000
"""A 429 names the end of a window, which is of a day at most: what lies further ahead is no such time."""


class Ledger:
    """Every limit of one address and account. See the module's text.

    Args:
        limits: the limits to begin with.
        kept: share of the request weight that only the first priority may use, 0 to 1.
        eps_ms: how wrong our picture of the venue's clock may be, in milliseconds.
        hold_ms: a reservation that no caller ended is lost after this time.
        on_lease: types of limits that are spent by leases of a shared store only.
    """

    def __init__(
        self,
        limits: Sequence[RateLimit] = DEFAULT_LIMITS,
        *,
        kept: float = DEFAULT_KEPT,
        eps_ms: int = 100,
        hold_ms: int = LOST_HOLD_MS,
        on_lease: Collection[str] = (),
    ) -> None:
        if not 0 <= kept < 1:
            raise ValueError(f"the kept share must be at least 0 and less than 1, not {kept}")
        self.seq = 0
        self.eps_ms = eps_ms
        self._calm = Calm()
        self.bans = Bans(eps_ms, self._calm)
        self._on_lease = frozenset(on_lease)
        self._kept = kept
        self._hold_ms = hold_ms
        self._open: dict[int, Ticket] = {}
        self._weight_held, self._orders_held = Held(), Held()
        self._held = {"REQUEST_WEIGHT": self._weight_held, "ORDERS": self._orders_held, "CONNECTIONS": Held()}
        self._buckets: dict[tuple[str, str, int], Bucket] = {}
        self.weight: tuple[Bucket, ...] = ()
        self.orders: tuple[Bucket, ...] = ()
        self.both: tuple[Bucket, ...] = ()
        self._rows: list[tuple[Any, ...]] = []  # what a reply says of each of `both`, apart from the count
        self.connections: tuple[Bucket, ...] = ()
        self.configure(limits)

    # ------------------------------------------------------------------ what the venue says about itself

    def configure(self, limits: Sequence[RateLimit]) -> list[RateLimit]:
        """Take over the limits of ``exchangeInfo``. What the present windows hold stays.

        A type that the list does not name keeps its limits.

        Returns:
            The rows that are left alone: of unknown types (``RAW_REQUESTS`` is REST's) and intervals, and those that no
            venue can mean (`binance_wsapi.limits.rows`).
        """
        named = [row for row in limits if is_usable(row)][:MOST_BUCKETS]
        types = {row.rateLimitType for row in named}
        keys = {key_of(row) for row in named}
        for key in [key for key in self._buckets if key[0] in types and key not in keys]:
            if self._buckets[key].reserved == 0:
                del self._buckets[key]
        for row in named:
            self._bucket(row)
        self._sort()
        return [row for row in limits if row not in named]

    def _bucket(self, row: RateLimit) -> Bucket:
        key = key_of(row)
        bucket = self._buckets.get(key)
        if bucket is None:
            kept = self._kept if row.rateLimitType == "REQUEST_WEIGHT" else 0.0
            held = self._held[row.rateLimitType]  # what is in flight may be counted by the new limit as well
            self._buckets[key] = bucket = Bucket(
                *key, row.limit, kept=kept, eps_ms=self.eps_ms, held=held, calm=self._calm
            )
            if bucket.type in self._on_lease:
                bucket.leased = True
                bucket.lease = bucket.reserved
        elif bucket.limit != row.limit:
            bucket.set_limit(row.limit)
        return bucket

    def _sort(self) -> None:
        """Put the buckets in the order of the rows in the venue's replies: ORDERS, short first, then the weight."""
        buckets = sorted(self._buckets.values(), key=lambda bucket: bucket.length)
        self.weight = tuple(bucket for bucket in buckets if bucket.type == "REQUEST_WEIGHT")
        self.orders = tuple(bucket for bucket in buckets if bucket.type == "ORDERS")
        self.connections = tuple(bucket for bucket in buckets if bucket.type == "CONNECTIONS")
        self.both = self.orders + self.weight
        self._calm.stir()

    def buckets(self) -> list[Bucket]:
        """Return every limit."""
        return list(self._buckets.values())

    def set_eps(self, eps_ms: int) -> None:
        """Say how wrong our picture of the venue's clock may be, in milliseconds."""
        if eps_ms < 0:
            raise ValueError(f"the error of the clock cannot be negative: {eps_ms}")
        self.eps_ms = eps_ms
        for bucket in self._buckets.values():
            bucket.set_eps(eps_ms)
        self.bans.set_eps(eps_ms)

    # ------------------------------------------------------------------ before sending

    def reserve(self, weight: int, orders: int, success: int, now: int, priority: Priority) -> Ticket | None:
        """Reserve room for one request.

        Args:
            weight: its documented weight.
            orders: what it adds to the unfilled order count.
            success: its weight when it succeeds.
            now: the time, in venue milliseconds.
            priority: whose room it may use.

        Returns:
            The ticket, or None when there is no room: `block` says why.
        """
        calm = self._calm
        if calm.since <= now < calm.until or self._becalm(now):
            if orders:
                asked = self._orders_held.sum + orders
                for bucket in self.orders:
                    if asked + bucket.cur.spent > bucket.limit or asked > bucket.lease:
                        return None
            asked = self._weight_held.sum + weight
            for bucket in self.weight:
                if asked + bucket.cur.spent > bucket.caps[priority] or (
                    bucket.leased and asked > bucket.lease - bucket.lent[priority]
                ):
                    break  # what is kept from this priority melts
            else:
                return self.force(weight, orders, success, now)
        else:
            banned = now < self.bans.clear_at or (orders and now < self.bans.orders_clear_at)
            if banned or (orders and not all(bucket.fits(orders, now, priority) for bucket in self.orders)):
                return None
        if not all(bucket.fits(weight, now, priority) for bucket in self.weight):
            return None
        return self.force(weight, orders, success, now)

    def _becalm(self, now: int) -> bool:
        """Find the span around a moment in which no window changes and no ban holds; return whether there is one."""
        since, until = max(self.bans.clear_at, self.bans.orders_clear_at), BOUNDLESS
        for bucket in self.both:
            bucket.roll(now)
            since, until = max(since, bucket.start), min(until, bucket.hi)
        if not since <= now < until:
            return False
        self._calm.since, self._calm.until = since, until
        self._rows = [bucket.row for bucket in self.both]
        return True

    def force(self, weight: int, orders: int, success: int, now: int) -> Ticket:
        """Reserve without asking for room."""
        self._orders_held.sum += orders
        self._weight_held.sum += weight
        if self._on_lease and success < weight:
            for bucket in self.weight:
                if bucket.leased:
                    bucket.lend(success - weight)
        self.seq = seq = self.seq + 1
        self._open[seq] = ticket = Ticket(seq, now, now - self.eps_ms, weight, orders, success)
        return ticket

    def block(self, weight: int, orders: int, now: int, priority: Priority, connects: int = 0) -> Block | None:
        """Return what keeps a request from being sent at ``now``: the limit that frees last. None when nothing does."""
        if (until := self.bans.closed_until(now, orders=orders > 0, connects=connects > 0)) is not None:
            return Block(None, until, banned=True)
        worst: Block | None = None
        for bucket in (*(self.orders if orders else ()), *self.weight, *(self.connections if connects else ())):
            cost = {"ORDERS": orders, "CONNECTIONS": connects}.get(bucket.type, weight)
            retry_at = bucket.try_again_at(cost, now, priority)
            if retry_at is None:
                return Block(bucket, None)
            if retry_at > now and (worst is None or worst.retry_at is None or retry_at > worst.retry_at):
                worst = Block(bucket, retry_at, by_lease=bucket.reserved + cost > bucket.lease - bucket.lent[priority])
        return worst

    def reserve_connect(self, now: int) -> bool:
        """Charge one connection attempt, if there is room for it: one of ``CONNECTIONS``, and its weight.

        No reply counts it, so it stays charged; the connection may be counted a while after it was begun.
        """
        if self.bans.closed_until(now, connects=True) is not None:
            return False
        for cost, buckets in ((CONNECT_WEIGHT, self.weight), (1, self.connections)):
            if not all(bucket.fits(cost, now, Priority.FIRST) for bucket in buckets):
                return False
        self.force_connect(now)
        return True

    def force_connect(self, now: int) -> None:
        """Charge one connection attempt without asking for room."""
        first_ms = now - self.eps_ms
        for bucket in self.weight:
            bucket.charge_span(CONNECT_WEIGHT, first_ms, now, now + CONNECT_SPAN_MS)
        for bucket in self.connections:
            bucket.charge_span(1, first_ms, now, now + CONNECT_SPAN_MS)

    # ------------------------------------------------------------------ after sending

    def settle(self, ticket: Ticket, ok: bool, rows: Sequence[RateLimit] | None, now: int) -> None:
        """End a reservation by its reply.

        Args:
            ticket: the reservation.
            ok: the request succeeded.
            rows: the reply's ``rateLimits``; None when it has none.
            now: the time of the reply, in venue milliseconds.
        """
        calm, orders = self._calm, ticket.orders
        if (
            rows is None
            or not calm.since <= ticket.first_ms <= now < calm.until
            or not ticket.open
            or list(map(ROW, rows)) != (self._rows if orders else self._rows[len(self.orders) :])
        ):
            self._settle_carefully(ticket, ok, rows or (), now)
            return
        seq, mark = ticket.seq, self.seq
        ticket.open = False  # as `_end` does
        del self._open[seq]
        self._orders_held.sum -= orders
        self._weight_held.sum -= ticket.weight
        for bucket, row in zip(self.both if orders else self.weight, rows, strict=True):
            count, window = row.count, bucket.cur
            if count is None or count not in bucket.counts:
                self._settle_one(bucket, ticket, ok, None, now)
                continue
            if bucket.leased:
                bucket.spend(*self._cost(bucket, ticket, ok), seq, ticket.sent_ms)
            lost = window.lost
            if seq <= window.a_mark and count <= window.b_count and (not lost or lost[0][0] >= ticket.sent_ms):
                window.b_mark = mark  # with many in flight: nothing new
            elif seq > window.b_mark and window.plain:  # one after another
                window.spent = window.b_count = count
                window.b_mark = mark
            elif (
                seq <= window.a_mark and window.a_count <= window.b_count and not window.lost
            ):  # with many: the count rose
                window.spent += count - window.b_count
                window.b_count = count
                window.b_mark = mark
            else:
                window.observe(seq, count, mark, ticket.sent_ms)

    def _settle_carefully(self, ticket: Ticket, ok: bool, rows: Sequence[RateLimit], now: int) -> None:
        """Settle near the edge of a window, or by a reply with other rows than ever."""
        if not ticket.open:
            self._believe(ticket, rows, now)  # late: its cost was dealt with, its counts are still news
            return
        self._end(ticket)
        buckets = self.both if ticket.orders else self.weight
        if list(map(ROW, rows)) == [bucket.row for bucket in buckets]:
            for bucket, row in zip(buckets, rows, strict=True):
                believed = row.count is not None and row.count in bucket.counts
                self._settle_one(bucket, ticket, ok, row.count if believed else None, now)
            return
        for bucket in buckets:
            self._settle_one(bucket, ticket, ok, self._count_of(bucket, rows), now)
        self._believe(ticket, rows, now, beside=buckets)

    def _settle_one(self, bucket: Bucket, ticket: Ticket, ok: bool, count: int | None, now: int) -> None:
        cost, actual = self._cost(bucket, ticket, ok)
        bucket.settle(cost, actual, count, ticket.seq, ticket.sent_ms, ticket.first_ms, now, self.seq)

    @staticmethod
    def _cost(bucket: Bucket, ticket: Ticket, ok: bool) -> tuple[int, int]:
        """Return what a request reserves of a limit, and what it costs by the documentation."""
        if not bucket.weighs:
            return ticket.orders, ticket.orders
        return ticket.weight, ticket.success if ok else ticket.weight

    def lost(self, ticket: Ticket, now: int) -> None:
        """End a reservation whose reply will not come: its charge stays."""
        if not ticket.open:
            return
        self._end(ticket)
        for bucket in self.both if ticket.orders else self.weight:
            cost, _ = self._cost(bucket, ticket, False)
            bucket.charge_span(cost, ticket.first_ms, now, now + LOST_TRANSIT_MS)

    def release(self, ticket: Ticket) -> None:
        """End a reservation of which no byte was sent."""
        if not ticket.open:
            return
        self._end(ticket)
        for bucket in self.weight:
            if bucket.leased:
                bucket.lend(ticket.weight - ticket.success)

    def _end(self, ticket: Ticket) -> None:
        """Take back what a ticket reserves."""
        ticket.open = False
        del self._open[ticket.seq]
        self._orders_held.sum -= ticket.orders
        self._weight_held.sum -= ticket.weight

    def expire(self, now: int) -> int:
        """Lose every reservation that is older than a reply can be. Returns how many there were."""
        expired = 0
        for ticket in list(self._open.values()):
            if ticket.sent_ms + self._hold_ms > now:
                break
            self.lost(ticket, now)
            expired += 1
        return expired

    def asking(self, now: int) -> Ticket:
        """Return what tells `learn` when the counts were asked for; it reserves nothing."""
        return Ticket(self.seq + 1, now, now - self.eps_ms, 0, 0, 0, open=False)

    def learn(self, rows: Sequence[RateLimit], asked: Ticket, now: int) -> None:
        """Take over the counts that a query of the order counts brought.

        The venue keeps them in memory and may be behind by a moment. In a short window they can only add to what is known.
        In a window much longer than a frame can be under way they stand for all that was counted before they were asked for:
        an older claim of another process, or a count from before orders filled, would close it for the rest of the day.
        """
        short = [row for row in rows if (window_length(row.interval, row.intervalNum) or 0) <= LOST_HOLD_MS]
        self._believe(Ticket(0, now, now, 0, 0, 0), short, now)
        self._believe(asked, [row for row in rows if row not in short], now)

    def _believe(self, ticket: Ticket, rows: Sequence[RateLimit], now: int, beside: tuple[Bucket, ...] = ()) -> None:
        """Take over counts of limits that the request itself did not touch: a query of the order counts, say."""
        known = len(self._buckets)
        for row in rows:
            if row.count is None or not is_usable(row):
                continue
            if len(self._buckets) >= MOST_BUCKETS and key_of(row) not in self._buckets:
                continue
            bucket = self._bucket(row)
            if bucket not in beside and row.count in bucket.counts:
                bucket.settle(0, 0, row.count, ticket.seq, ticket.sent_ms, ticket.first_ms, now, self.seq)
        if len(self._buckets) != known:
            self._sort()

    def _count_of(self, bucket: Bucket, rows: Sequence[RateLimit]) -> int | None:
        """Return what the venue counts, None where it does not say or cannot mean it.

        A limit of 0 means that the row names none, as in the headers of REST: the known limit holds.
        """
        for row in rows:
            if (
                row.rateLimitType == bucket.type
                and row.interval == bucket.interval
                and row.intervalNum == bucket.interval_num
            ):
                if row.limit:
                    if not is_usable(row):
                        return None
                    if row.limit != bucket.limit:
                        bucket.set_limit(row.limit)
                return row.count if row.count is not None and row.count in bucket.counts else None
        return None

    def _is_full(self, bucket: Bucket, rows: Sequence[RateLimit]) -> bool:
        count = self._count_of(bucket, rows)
        return count is not None and count >= bucket.limit

    # ------------------------------------------------------------------ bans

    def latch(
        self, status: int, code: int | None, retry_after: int | None, rows: Sequence[RateLimit] | None, now: int
    ) -> str | None:
        """Take note of a reply that says to stay away.

        Args:
            status: 418 or 429; any other status says nothing of the kind.
            code: the venue's error code.
            retry_after: ``error.data.retryAfter``, an epoch; None when the reply has none, and a past time says no more.
            rows: the reply's ``rateLimits``.
            now: the time of the reply, in venue milliseconds.

        Returns:
            The scope that was closed, or None.
        """
        scope = scope_of(status, code)
        if scope is None:
            return None
        until = epoch_ms(retry_after)
        if until is not None and (until <= now or (status == 429 and until > now + LONGEST_429_MS)):
            until = None  # no time to come back at: it passed before the reply came, by one clock or the other
        if until is None:
            # The window that was full is the older one when an edge is near: a new one is not full at once.
            touched = self.orders if scope == "account" else self.weight
            full = [bucket for bucket in touched if self._is_full(bucket, rows or ())] or touched[:1]
            ends = [((now - bucket.eps) // bucket.length + 1) * bucket.length for bucket in full]
            until = max(ends, default=now + SHORTEST_BAN_MS)
            if status == 418:
                until = max(until, now + SHORTEST_BAN_MS)
        self.bans.hear(scope, max(until, 1), now)  # by a clock that says 1970 the window may have ended before it began
        return scope

    # ------------------------------------------------------------------ to look at

    def snapshot(self, now: int) -> list[LimitState]:
        """Return every limit as it stands at ``now``."""
        states = []
        for bucket in self.buckets():
            bucket.roll(now)
            until = self.bans.until(orders=bucket.type == "ORDERS", connects=bucket.type == "CONNECTIONS")
            states.append(bucket.state(until if until + self.eps_ms > now else None))
        return states
