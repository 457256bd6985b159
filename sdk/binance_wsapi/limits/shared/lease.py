"""This process's side of a shared budget: what it reports, what it asks for, what it does without an answer.

Theory of operation
-------------------
The rules of the game are told in `binance_wsapi.limits.shared.store` and `division`. Here they become a report made of the
ledger, and a reply taken into it. Between the two, the process may still spend what the report says it keeps; what it
gives back it gives back before it reports.

*A store that is gone, slow or split.* The process keeps what is left of its leases, takes ``limit / N`` of every new
window, says so, and goes on trying. N is the greater of ``processes`` and the members it saw last. A member that was
cut off for longer than `MEMBER_TTL_MS` while others still reach the store is beyond this guarantee; there remain the
venue's own counts, to which every process keeps by itself at all times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from binance_wsapi.limits.bucket import BOUNDLESS, Bucket
from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import NOTHING, Wanted
from binance_wsapi.limits.shared.division import WORTH_WAITING_MS
from binance_wsapi.limits.shared.store import Ask, Reply, Report, Store
from binance_wsapi.limits.window import Window

__all__ = ["LeaseHolder", "leased_types"]

STANDBY_PARTS: Final = 4
"""While there is plenty, a process keeps this part of its fair share at hand, so that a sudden order need not wait."""
PLENTY_PARTS: Final = 4
"""Plenty is when more than this part of the limit is free."""
PRELUDE: Final = {"REQUEST_WEIGHT": 50, "CONNECTIONS": 5}
"""What a process may send before its clock was compared and its first report made: it connects, asks the time, logs on."""
_SCOPE_BANS: Final = {"ip": ("ip", "connect"), "account": ("account",)}


def leased_types(store: Store) -> frozenset[str]:
    """Return the types of limits that are shared in a store: the orders only where it knows the account."""
    return frozenset({"REQUEST_WEIGHT", "CONNECTIONS"} | ({"ORDERS"} if store.account is not None else set()))


class _Side:
    """What this process knows of one limit in the store."""

    __slots__ = (
        "asked_window", "declared", "known_at", "known_before_at", "met", "plenty", "reported", "reported_news", "room",
        "spoken", "taken_at", "version", "version_before", "want",
    )  # fmt: skip

    def __init__(self) -> None:
        self.version = self.version_before = -1
        self.known_at = self.known_before_at = BOUNDLESS  # reservations younger than this came after the version
        self.spoken = -1  # the last window in which the store may have heard from us, or in which we helped ourselves
        self.declared = 0  # the share that the store believes we take when it is away
        self.plenty = True
        self.met = True
        self.room = 1  # that the store had left for all processes when it was last asked
        self.taken_at = 0
        self.asked_window = -1
        self.want = 0
        self.reported_news = 0
        self.reported: list[tuple[Window, int, int]] = []


class LeaseHolder:
    """Keeps a ledger on leases from a store. See the module's text.

    Args:
        ledger: the ledger; its limits are put on leases.
        store: the store, of which only the names are used here.
    """

    def __init__(self, ledger: Ledger, store: Store) -> None:
        self._ledger = ledger
        self._store = store
        self._sides: dict[str, _Side] = {}
        self._scopes = tuple(self._names())
        self._epochs = dict.fromkeys(self._scopes, "")
        self._versions = dict.fromkeys(self._scopes, -1)
        self._members = dict.fromkeys(self._scopes, 0)
        self._outsiders = dict.fromkeys(self._scopes, 0)
        self._order: list[list[Bucket]] = []
        self._prelude = False

    @property
    def processes(self) -> int:
        """By how much a limit is divided when the store is away."""
        return max(self._store.processes, *(self._members[scope] + self._outsiders[scope] for scope in self._scopes), 1)

    @property
    def hungry(self) -> bool:
        """Whether some limit was asked for and the store had none left in the present window."""
        return any(not side.met for side in self._sides.values())

    def has_room(self, bucket: Bucket) -> bool:
        """Whether a limit may have room that this process has no lease of: the store had some at the last exchange."""
        return bucket.leased and self._side(bucket).room > 0

    def _side(self, bucket: Bucket) -> _Side:
        return self._sides.setdefault(_key(bucket), _Side())

    def rolled(self, now: int) -> bool:
        """Return whether a window has begun of which there is no lease yet."""
        for bucket in self._ledger.buckets():
            if bucket.leased:
                bucket.roll(now)
                if self._side(bucket).asked_window != bucket.cur.index:
                    return True
        return False

    # ------------------------------------------------------------------ the exchange

    def bans(self, now: int) -> list[Report]:
        """Make reports of nothing but bans, by a clock that is not known to be right."""
        if not any(self._epochs.values()):
            self._prelude = True
            for bucket in self._ledger.buckets():
                if bucket.leased:
                    bucket.roll(now)
                    left = max(PRELUDE.get(bucket.type, 0) - bucket.taken, 0)
                    bucket.lease = max(bucket.lease, bucket.reserved + left)
        self._order = [[] for _ in self._scopes]
        return [
            Report(
                name,
                self._store.member,
                self._store.label,
                now,
                self._ledger.eps_ms,
                [],
                bans=self._closed(scope),
                again=sorted(self._ledger.bans.again.intersection(_SCOPE_BANS[scope])),
                compared=False,
            )
            for scope, name in self._names().items()
        ]

    def _names(self) -> dict[str, str]:
        """Return the scopes by the names the store has for them."""
        account = self._store.account
        return {"ip": self._store.ip} if account is None else {"ip": self._store.ip, "account": account}

    def _closed(self, scope: str) -> dict[str, int]:
        known = self._ledger.bans.scopes
        return {ban: known[ban] for ban in _SCOPE_BANS[scope] if ban in known}

    def report(self, now: int, wanted: dict[str, Wanted], *, leaving: bool = False) -> list[Report]:
        """Make the reports of an exchange, and give back what is not needed.

        Args:
            now: the venue's time in milliseconds.
            wanted: what waits, for each type of limit.
            leaving: give everything back.
        """
        ledger = self._ledger
        reports = []
        self._order = []
        if self._prelude:
            self._prelude = False
            for bucket in ledger.buckets():
                if bucket.leased and not (bucket.alone and bucket.length > WORTH_WAITING_MS):
                    bucket.lease = bucket.reserved
        for scope, name in self._names().items():
            buckets = [
                bucket
                for bucket in ledger.buckets()
                if bucket.leased and (bucket.type == "ORDERS") is (scope == "account")
            ]
            asks = [self._ask(bucket, now, wanted.get(bucket.type, NOTHING), leaving) for bucket in buckets]
            self._order.append(buckets)
            reports.append(
                Report(
                    name,
                    self._store.member,
                    self._store.label,
                    now,
                    ledger.eps_ms,
                    asks,
                    epoch=self._epochs[scope],
                    members=self._members[scope] or int(any(bucket.alone for bucket in buckets)),
                    bans=self._closed(scope),
                    again=sorted(self._ledger.bans.again.intersection(_SCOPE_BANS[scope])),
                    leaving=leaving,
                    version=self._versions[scope],
                )
            )
        return reports

    def _ask(self, bucket: Bucket, now: int, wanted: Wanted, leaving: bool) -> Ask:
        bucket.roll(now)
        side = self._side(bucket)
        index = bucket.cur.index
        if side.asked_window != index:
            side.asked_window, side.taken_at, side.plenty = index, 0, True
        used = max(bucket.taken - side.taken_at, 0)
        side.taken_at = bucket.taken
        standby = bucket.limit // (STANDBY_PARTS * self.processes) or 1
        # What was used since the last exchange will be used until the next; twice that leaves no gap.
        aim = wanted.rest + (max(2 * used, standby) if side.plenty else used)
        at_hand = min(bucket.borrowed // (2 * self.processes) or 1, bucket.borrowed)
        lent_aim = wanted.first + wanted.orders + at_hand
        if leaving:
            aim = lent_aim = 0
        unspent = max(bucket.lease - bucket.reserved, 0)
        lent = min(bucket.lent[-1], unspent)
        keep, keep_lent = min(unspent - lent, aim), min(lent, lent_aim)
        if wanted.rest and keep < wanted.least and not side.plenty:
            keep = 0  # a remainder too small for what waits here may be enough for another process
        if bucket.alone and not leaving:
            keep, keep_lent = unspent - lent, lent  # perhaps no process hears this: give nothing back before one does
        bucket.lease = bucket.reserved + keep + keep_lent
        bucket.lend(keep_lent - bucket.lent[-1])
        lack = max(lent_aim - keep_lent, 0)
        first = min(wanted.first, lack)
        side.want = max(aim - keep, 0) + lack
        side.reported = [
            (window, window.news_uncounted, window.news_lost)
            for window in (bucket.cur, bucket.next)
            if window is not None and (window.news_uncounted or window.news_lost)
        ]
        ask = Ask(
            _key(bucket),
            bucket.limit,
            bucket.length,
            bucket.kept,
            index,
            bucket.lease,
            bucket.limit // self.processes,
            borrowed=bucket.borrowed,
            taken=bucket.taken,
            want=side.want,
            want_first=first,
            want_orders=lack - first,
            unit=wanted.least,
            charges=[(window.index, uncounted, lost) for window, uncounted, lost in side.reported],
        )
        side.reported_news = bucket.news
        if bucket.news:
            ask.count = max(bucket.cur.a_count, bucket.cur.b_count)
            ask.sent_ms = bucket.news_sent_ms
            if bucket.news_at > side.known_at:
                ask.since = side.version
            elif bucket.news_at > side.known_before_at:
                ask.since = side.version_before
        return ask

    def accept(self, reports: Sequence[Report], replies: Sequence[Reply], now: int) -> bool:
        """Take over the replies to the last reports.

        Returns:
            Whether to report again at once: the store had lost its memory.
        """
        ledger = self._ledger
        forgot = False
        for scope, buckets, report, reply in zip(self._scopes, self._order, reports, replies, strict=True):
            ledger.bans.lift(_SCOPE_BANS[scope], reply.lifted)  # first: a new ban may end before the lifted one
            for ban, until in reply.bans.items():
                if ban in _SCOPE_BANS[scope]:
                    ledger.bans.close(ban, until, now)
            if not report.compared:
                continue
            self._outsiders[scope] = reply.outsiders
            if reply.refused:
                self._members[scope] = reply.members
                continue
            known = self._epochs[scope]
            self._epochs[scope], self._versions[scope] = reply.epoch, reply.version
            if known and reply.epoch != known:
                forgot = True
                for bucket in buckets:
                    self._start_again(bucket)
                continue
            self._members[scope] = reply.members
            for bucket, ask, grant in zip(buckets, report.asks, reply.grants, strict=True):
                side = self._side(bucket)
                side.version_before, side.known_before_at = side.version, side.known_at
                side.version, side.known_at = reply.version, ledger.seq
                side.spoken = max(side.spoken, ask.window)
                side.declared = ask.share
                side.plenty = grant.room * PLENTY_PARTS > bucket.limit
                side.room = grant.room + grant.granted
                side.met = grant.granted >= min(ask.want, 1)
                bucket.alone = 0
                for window, uncounted, lost in side.reported:
                    window.news_uncounted -= uncounted
                    window.news_lost -= lost
                side.reported = []
                if bucket.news == side.reported_news:
                    bucket.news = bucket.news_at = 0
                bucket.roll(now)
                if bucket.cur.index == ask.window:
                    bucket.lease += grant.granted
                    if bucket.weighs:
                        bucket.lend(min(grant.granted, ask.want_first + ask.want_orders))
        return forgot

    def _start_again(self, bucket: Bucket) -> None:
        """Make all that is known of the present windows news, for a store that knows nothing of them."""
        side = self._side(bucket)
        side.version = side.version_before = 0
        side.known_at = side.known_before_at = BOUNDLESS
        side.reported = []
        side.met = True
        bucket.news += 1
        for window in (bucket.cur, bucket.next):
            if window is not None:
                window.news_uncounted = window.a_uncounted + window.b_uncounted
                window.news_lost = sum(cost for _, cost in window.lost)

    def alone(self, now: int, *, maybe: bool) -> None:
        """Go on without the store: keep the leases, and take the static share of every new window.

        Args:
            now: the venue's time in milliseconds.
            maybe: the store may have heard the last report, so the present window is settled with it.
        """
        for bucket in self._ledger.buckets():
            if not bucket.leased:
                continue
            side = self._side(bucket)
            bucket.roll(now)
            if maybe:
                side.spoken = max(side.spoken, side.asked_window)
            side.reported = []
            side.met = True
            if bucket.alone:
                continue  # the bucket helps itself when a window begins
            # A process that never met the store declared nothing; it only knows the number of processes it was told. It
            # may replace a process that died and had its share of the window: it waits for the next window, unless
            # that is so far away that waiting is worse.
            stranger = side.version < 0
            bucket.alone = max(side.declared or bucket.limit // self.processes, 1)
            if stranger and bucket.length <= WORTH_WAITING_MS:
                side.spoken = bucket.cur.index
            elif stranger or side.spoken < bucket.cur.index:
                side.spoken = bucket.cur.index
                bucket.lease = max(bucket.lease, bucket.alone - bucket.ahead - bucket.taken)


def _key(bucket: Bucket) -> str:
    return f"{bucket.type} {bucket.length}"
