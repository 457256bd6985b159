"""Processes that share a budget never break a limit together, whatever befalls them and their store.

Each process is a ledger and a holder, run in the venue's true time with a clock of its own; exchanges take time, fail
before or after the store did them, stores go away for some or for all, processes die in the middle of anything.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import Priority, Wanted
from binance_wsapi.limits.shared.lease import LeaseHolder, leased_types
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.store import Reply, Report, Store
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.wire.ratelimit import RateLimit
from tests.counts import numbers
from tests.limits.conftest import MakeStore
from tests.limits.model import Venue

T0 = 1_700_000_040_000
Rows = list[tuple[str, str, int, int]]
ROWS: Rows = [("REQUEST_WEIGHT", "MINUTE", 1, 600), ("ORDERS", "SECOND", 10, 40), ("ORDERS", "DAY", 1, 5_000)]
THE_VENUES: Rows = [("REQUEST_WEIGHT", "MINUTE", 1, 6_000), ("ORDERS", "SECOND", 10, 50), ("ORDERS", "DAY", 1, 160_000)]


@dataclass
class Process:
    store: Store
    skew: int
    rows: Rows
    ledger: Ledger = field(init=False)
    holder: LeaseHolder = field(init=False)
    alive: bool = True
    cut_until: int = 0
    heard: int = 0
    wants: dict[str, Wanted] = field(default_factory=dict)
    used: int = 0

    def __post_init__(self) -> None:
        self.ledger = Ledger([RateLimit(*row) for row in self.rows], eps_ms=500, on_lease=leased_types(self.store))
        self.holder = LeaseHolder(self.ledger, self.store)


class World:
    """Plays processes against a venue. One seed is one life."""

    def __init__(
        self, seed: int, make: Callable[[str], Store], *, size: int, trouble: bool, fills: bool, rows: Rows = ROWS
    ) -> None:
        self.dice = random.Random(seed)
        self.make = make
        self.rows = rows
        self.venue = Venue(rows)
        self.now = T0 + self.dice.randint(0, 59_999)
        self.begin = self.now
        self.down_until = 0
        self.trouble = trouble
        self.fills = fills
        self.events: list[tuple[int, int, Callable[[], None]]] = []
        self.order = 0
        self.forget: Callable[[], None] | None = None
        self.processes = [self.spawn() for _ in range(size)]
        self.usage: dict[str, int] = {}

    def spawn(self) -> Process:
        process = Process(self.make("p"), self.dice.randint(-500, 500), self.rows)
        self.at(self.dice.randint(0, 50), lambda: self.exchange(process))
        self.at(self.dice.randint(0, 50), lambda: self.work(process))
        return process

    def at(self, delay: int, what: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.events, (self.now + delay, self.order, what))

    def run(self, length: int) -> None:
        end = self.now + length
        if self.trouble:
            self.at(self.dice.randint(500, 5_000), self.strike)
        while self.events and self.events[0][0] < end:
            self.now, _, what = heapq.heappop(self.events)
            what()

    # ---------------------------------------------------------------- the processes

    def work(self, process: Process) -> None:
        """Send as much as is allowed, then come again."""
        if not process.alive:
            return
        dice = self.dice
        process.wants = {}
        for _ in range(dice.randint(1, 4)):
            priority = dice.choices([Priority.READS, Priority.ORDERS, Priority.FIRST], [5, 4, 1])[0]
            orders = dice.choice([1, 2]) if priority is Priority.ORDERS else 0
            weight = dice.choice([2, 4, 20]) if priority is Priority.READS else 1
            success = weight if priority is Priority.READS else 0
            ticket = process.ledger.reserve(weight, orders, success, self.now + process.skew, priority)
            if ticket is None:
                process.wants = {
                    "REQUEST_WEIGHT": {
                        Priority.FIRST: Wanted(weight, 0, 0, 1),
                        Priority.ORDERS: Wanted(0, weight, 0, 1),
                        Priority.READS: Wanted(0, 0, weight, weight),
                    }[priority]
                }
                if orders:
                    process.wants["ORDERS"] = Wanted(0, 0, orders, orders)
                continue
            process.used += weight
            self.send(process, ticket)
        self.at(dice.randint(5, 120), lambda: self.work(process))

    def send(self, process: Process, ticket: Ticket) -> None:
        dice = self.dice
        reply: list[tuple[int, list[RateLimit]]] = []
        ok = dice.random() < 0.9
        counted = dice.random() < 0.95
        # What is lost stays charged though most of it was counted: in calm weather it is rare, or nothing else shows.
        odds = [0.97, 0.02, 0.01] if self.trouble else [0.995, 0.003, 0.002]
        fate = dice.choices(["answered", "lost", "sunk"], odds)[0]

        def arrive() -> None:
            reply.append(self.venue.arrive(self.now, ticket.weight, ticket.orders, ticket.success, ok))
            if self.fills and ticket.orders and dice.random() < 0.5:
                self.at(dice.randint(5, 3_000), lambda: self.venue.fill(self.now, dice.choice([1, 1, 5])))

        def answer() -> None:
            if not process.alive:
                return
            if fate == "answered":
                status, rows = reply[0]
                process.ledger.settle(ticket, status == 200, rows if counted else None, self.now + process.skew)
            else:
                process.ledger.lost(ticket, self.now + process.skew)

        up = dice.choice([2, 5, 30, 300])
        if fate != "sunk":
            self.at(up, arrive)
        self.at(up + dice.choice([2, 5, 30, 300]), answer)

    def exchange(self, process: Process) -> None:
        """Report, in two steps with time between them; the store may fail before or after it did its part."""
        if not process.alive:
            return
        dice = self.dice
        reports = process.holder.report(self.now + process.skew, process.wants)

        def commit() -> None:
            # A split that outlasts MEMBER_TTL_MS is beyond the guarantee; an outage for all may last as long as it likes.
            away = self.now < self.down_until or self.now < min(process.cut_until, process.heard + 20_000)
            if away or (self.trouble and dice.random() < 0.01):
                self.at(dice.randint(1, 100), lambda: fail(maybe=False))
                return
            replies = process.store.exchange(reports)
            process.heard = self.now
            if self.trouble and dice.random() < 0.02:
                self.at(dice.randint(1, 300), lambda: fail(maybe=True))
                return
            self.at(dice.randint(0, 10), lambda: accept(reports, replies))

        def accept(reports: Sequence[Report], replies: Sequence[Reply]) -> None:
            if process.alive:
                process.holder.accept(reports, replies, self.now + process.skew)
                self.at(dice.randint(20, 60), lambda: self.exchange(process))

        def fail(*, maybe: bool) -> None:
            if process.alive:
                process.holder.alone(self.now + process.skew, maybe=maybe)
                self.at(dice.randint(100, 1_000), lambda: self.exchange(process))

        self.at(dice.randint(0, 10), commit)

    # ---------------------------------------------------------------- what befalls them

    def strike(self) -> None:
        dice = self.dice
        blow = dice.choice(["crash", "outage", "split", "clock", *(["amnesia"] if self.forget else [])])
        victim = dice.choice(self.processes)
        if blow == "crash":
            victim.alive = False
            self.processes.remove(victim)
            self.processes.append(self.spawn())
        elif blow == "outage":
            self.down_until = self.now + dice.choice([200, 5_000, 25_000, 70_000])
        elif blow == "amnesia" and self.forget:
            self.forget()
        elif blow == "split":
            victim.cut_until = self.now + dice.randint(100, 25_000)
        else:
            victim.skew = dice.randint(-500, 500)
        self.at(dice.randint(500, 20_000), self.strike)


def live(seed: int, *, size: int, fills: bool) -> list[tuple[int, str]]:
    """Play two minutes of trouble on a store in memory, which may forget; return what the venue refused."""
    root = MemoryStore(processes=8)
    world = World(seed, root.join, size=size, trouble=True, fills=fills)
    world.forget = root._states.clear
    world.run(120_000)
    return world.venue.refused


@pytest.mark.lives
@pytest.mark.parametrize("part", numbers(1, 10))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])
@given(size=st.integers(2, 8), seed=st.integers(0, 2**32), fills=st.booleans())
def test_no_window_is_overrun_by_processes_together(part: int, size: int, seed: int, fills: bool) -> None:
    """Crashes, outages, splits up to 20 s, clocks off by half a second, fills, lost replies, a store that forgets: no 429."""
    assert live(seed, size=size, fills=fills) == []


@pytest.mark.parametrize(
    ("seed", "size"),
    [
        pytest.param(1210090033, 4, id="cut off while the store forgets, twice"),
        pytest.param(284980884, 6, id="cut off while the store forgets"),
        pytest.param(8549912, 8, id="the first that comes to a store that forgot never met it"),
    ],
)
def test_lives_that_overran_a_window_once(seed: int, size: int) -> None:
    assert live(seed, size=size, fills=False) == []


@pytest.mark.lives
@pytest.mark.parametrize("seed", numbers(1, 2))
def test_no_window_is_overrun_through_any_store(make_store: MakeStore, seed: int) -> None:
    world = World(seed, make_store, size=4, trouble=True, fills=True)
    world.run(45_000)
    assert world.venue.refused == []


@pytest.mark.lives
@pytest.mark.parametrize("seed", numbers(1, 3))
def test_eight_processes_get_nearly_all_of_every_window_and_equal_parts_of_it(seed: int) -> None:
    """They want twice what there is: at least 95 % of weight and orders is used, and no process has half again its part."""
    world = World(seed, MemoryStore(processes=8).join, size=8, trouble=False, fills=False, rows=THE_VENUES)
    world.run(T0 + 121_000 - world.now)  # what is left of the first minute, a whole one and a bit
    assert world.venue.refused == []
    weight, orders = world.venue.counters[0], world.venue.counters[1]
    for counter, least in ((weight, 0.95 * 6_000), (orders, 0.95 * 50)):
        whole = list(counter.per_window.items())[1:-1]
        assert len(whole) >= 1
        assert sum(used for _, used in whole) / len(whole) >= least
    used = [process.used for process in world.processes]
    assert max(used) < 1.5 * sum(used) / len(used)
