"""What is admitted and settled by sums alone is what the careful way admits and settles."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

import pytest

from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.wire.ratelimit import RateLimit

T0 = 1_700_000_000_000
LIMITS = (
    RateLimit("ORDERS", "SECOND", 10, 40),
    RateLimit("ORDERS", "DAY", 1, 400),
    RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 120),
)


class Careful(Ledger):
    """Looks at windows and bans for every request."""

    def _becalm(self, now: int) -> bool:
        del now
        return False


class Pair:
    """Two ledgers that are asked the same.

    Args:
        eps_ms: error of their clocks.
        leased: types of limits they hold by leases.
    """

    def __init__(self, eps_ms: int, leased: tuple[str, ...]) -> None:
        self.ledgers = [kind(LIMITS, eps_ms=eps_ms, on_lease=leased) for kind in (Ledger, Careful)]
        self.open: list[list[Ticket]] = []
        self.admitted = self.refused = 0

    def reserve(self, *asked: int, now: int, priority: Priority) -> None:
        weight, orders, success = asked
        tickets = [each.reserve(weight, orders, success, now, priority) for each in self.ledgers]
        assert (tickets[0] is None) == (tickets[1] is None)
        if tickets[0] is None or tickets[1] is None:
            self.refused += 1
        else:
            self.admitted += 1
            self.open.append([tickets[0], tickets[1]])

    def same(self, now: int) -> None:
        """Compare all that shows, and what a store would be told."""
        quick, careful = self.ledgers
        assert quick.snapshot(now) == careful.snapshot(now)
        for one, other in zip(quick.buckets(), careful.buckets(), strict=True):
            seen = SEEN if one.leased else ()
            assert [getattr(one, name) for name in seen] == [getattr(other, name) for name in seen]


SEEN = ("lease", "lent", "taken", "ahead", "news", "news_at", "news_sent_ms")


def rows_of(chance: random.Random, orders: bool) -> list[RateLimit] | None:
    """Return what a reply says: mostly as ever; sometimes nothing, a row less, another limit or an odd count."""
    said = [
        RateLimit(each.rateLimitType, each.interval, each.intervalNum, each.limit, chance.randrange(each.limit))
        for each in (LIMITS if orders else LIMITS[2:])
    ]
    odd = chance.random()
    if odd < 0.05:
        return None
    if odd < 0.1:
        return said[1:]
    if odd < 0.15:
        said[0].count = chance.choice([None, -1, 10**9])
    elif odd < 0.18:
        said[-1].limit += chance.choice([-20, 20])
    return said


def moments(chance: random.Random) -> Iterator[int]:
    """Return times that mostly go on by little, sometimes over an edge, and are now and then set back."""
    now = T0
    while True:
        now += chance.choice([0, 1, 5, 40, 900, 9_000]) - (chance.random() < 0.02) * 15_000
        yield now


@pytest.mark.parametrize("leased", [(), ("ORDERS", "REQUEST_WEIGHT")], ids=["alone", "leased"])
@pytest.mark.parametrize("seed", range(12))
def test_sums_alone_admit_and_settle_what_the_careful_way_does(seed: int, leased: tuple[str, ...]) -> None:
    chance = random.Random(seed)
    pair = Pair(chance.choice([0, 100, 3_000]), leased)
    if leased:
        for ledger in pair.ledgers:
            for bucket in ledger.buckets():
                bucket.alone = bucket.limit // 2
    for now in islice(moments(chance), 1_500):
        act = chance.random()
        if act < 0.5:
            orders = chance.random() < 0.6
            weight = 1 if orders else chance.choice([1, 2, 20])
            pair.reserve(weight, int(orders), 0 if orders else weight, now=now, priority=chance.choice([*Priority]))
        elif act < 0.95 and pair.open:
            tickets = pair.open.pop(chance.randrange(len(pair.open)))
            rows, how = rows_of(chance, tickets[0].orders > 0), chance.random()
            for ledger, ticket in zip(pair.ledgers, tickets, strict=True):
                if how < 0.9:
                    ledger.settle(ticket, how < 0.8, rows, now)
                elif how < 0.95:
                    ledger.lost(ticket, now)
                else:
                    ledger.release(ticket)
        elif act < 0.96:
            scope, until = chance.choice(["ip", "account"]), now + chance.choice([1, 400])
            for ledger in pair.ledgers:
                ledger.bans.close(scope, until, now)
        elif act < 0.97:
            eps = chance.choice([0, 50, 2_000])
            for ledger in pair.ledgers:
                ledger.set_eps(eps)
        pair.same(now)
    assert pair.admitted > 100
    assert pair.refused > 10
