"""``division.lua`` divides as `division.py` does: both answer the same reports, drawn by chance, with the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from binance_wsapi.limits.shared.division import exchange, lift_bans
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.store import Ask, Reply, Report
from tests.counts import numbers
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import now_ms

KEYS = (("ORDERS", 1_000, 50), ("REQUEST_WEIGHT", 3_000, 600), ("ORDERS", 86_400_000, 1_000))
MEMBERS = ("p0", "p1", "p2", "p3")
STEPS = 250
SKEWS = (0, 2_000, -2_000)
"""How far the clocks of processes may be off, in milliseconds: less than what is refused."""


def told(reply: Reply) -> tuple[Any, ...]:
    """Return what both have to say alike; the words of a trouble are each one's own."""
    grants = [(grant.granted, grant.room) for grant in reply.grants]
    said = reply.epoch, reply.version, reply.members, reply.outsiders, reply.bans, reply.lifted
    return (*said, grants, bool(reply.refused), bool(reply.trouble))


class Dice:
    """Draws reports of processes that share a scope."""

    def __init__(self, seed: int, scope: str) -> None:
        self.chance = random.Random(seed)
        self.skews = {member: self.chance.choice(SKEWS) for member in MEMBERS}
        self.scope = scope
        self.heard: dict[str, Reply] = {}

    def ask(self, type: str, length: int, limit: int, now: int, version: int) -> Ask:
        pick = self.chance.choice
        window = now // length + pick([0, 0, 0, 0, -1, 1])
        want = pick([0, 0, 5, 30, 300])
        first = self.chance.randint(0, want)
        charges = [
            (window + pick([-2, -1, 0, 0, 1, 2]), pick([0, 2, 9]), pick([0, 0, 4])) for _ in range(pick([0, 0, 1, 2]))
        ]
        return Ask(
            f"{type} {length}", limit, length, pick([0, limit // 5]), window, pick([0, 0, 3, 20, 100]),
            pick([0, limit // 8, limit // 2]), borrowed=pick([0, 3]), taken=pick([0, 5, 50]), want=want,
            want_first=first, want_orders=self.chance.randint(0, want - first), unit=pick([1, 1, 5, 40]),
            charges=charges, count=pick([-1, -1, 0, 10, 40, limit, limit * 11]),
            since=pick([-1, version, max(version - 3, 0)]), sent_ms=now - pick([0, 100, -61_000, -64_000]),
        )  # fmt: skip

    def report(self, at: int, state: ScopeState) -> Report:
        """Draw a report: mostly in the present epoch, now and then of a store that is no more."""
        pick, rare = self.chance.choice, self.chance.random
        member = pick(MEMBERS)
        now, last = at + self.skews[member], self.heard.get(member)
        asks = [self.ask(*key, now, state.version) for key in KEYS if rare() < 0.8]
        report = Report(self.scope, member, member.upper(), now, pick([0, 5, 100]), asks)
        report.epoch = pick([last.epoch if last else "", state.epoch, state.epoch])
        if rare() < 0.05:
            report.epoch = pick(["", "before"])
        if report.epoch and rare() < 0.5:  # a process without an epoch was told no version
            report.version = (last.version if last else -1) if rare() < 0.99 else state.version + 1
        if rare() < 0.3:
            report.members = self.chance.randint(1, 4)
        if rare() < 0.1:
            report.bans = {pick(["ip", "account", "connect"]): now + pick([-5, 1_000, 60_000])}
        if rare() < 0.05:
            report.again = ["ip"]
        report.leaving, report.compared = rare() < 0.05, rare() > 0.03
        return report


@pytest.mark.lives
@pytest.mark.parametrize("seed", numbers(4, 40))
def test_redis_grants_counts_and_waits_as_the_other_stores_do(redis_server: RedisServer, seed: int) -> None:
    store = RedisStore(redis_server.url, timeout=5.0)
    state = ScopeState(store.ip)
    dice = Dice(seed, store.ip)
    granted = 0
    for step in range(STEPS):
        now = now_ms()
        if dice.chance.random() < 0.02:
            assert store.change(lift_bans) == lift_bans(state)
        report = dice.report(now, state)
        reply = exchange(state, report, (), now)
        (other,) = store.exchange([report])
        assert told(other) == told(reply), (step, report)
        dice.heard[report.member] = reply
        granted += any(grant.granted for grant in reply.grants)
    (kept,) = store.inspect()
    assert {
        (key, index): window.spent for key, limit in kept.limits.items() for index, window in limit.windows.items()
    } == {(key, index): window.spent for key, limit in state.limits.items() for index, window in limit.windows.items()}
    assert granted
    store.close()
