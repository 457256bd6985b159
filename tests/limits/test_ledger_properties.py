"""The ledger never breaks a limit, for any arrivals, clock error, delays, losses and order fills."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.wire.ratelimit import RateLimit
from tests.counts import drawn
from tests.limits.model import Venue

T0 = 1_700_000_000_000
ROWS = [("REQUEST_WEIGHT", "SECOND", 20, 40), ("ORDERS", "SECOND", 10, 7), ("ORDERS", "MINUTE", 1, 30)]


class Step(NamedTuple):
    gap: int  # ms until the next step
    weight: int
    orders: int
    up: int  # ms from here to the venue
    down: int  # ms back
    fate: str  # ok, refused, uncounted (reply without rows), lost (arrives, no reply), sunk (never arrives)
    fill: int  # orders taken off the count at this step
    skew: int  # error of our clock from this step on


def steps(skew: int) -> st.SearchStrategy[list[Step]]:
    delay = st.one_of(st.integers(0, 40), st.integers(0, 4_000))
    return st.lists(
        st.builds(
            Step,
            gap=st.one_of(st.just(0), st.integers(0, 300), st.integers(0, 12_000)),
            weight=st.sampled_from([1, 1, 2, 5, 20]),
            orders=st.sampled_from([0, 1, 1, 2, 3]),
            up=delay,
            down=delay,
            fate=st.sampled_from(["ok", "ok", "ok", "ok", "refused", "uncounted", "lost", "sunk"]),
            fill=st.sampled_from([0, 0, 0, 1, 5]),
            skew=st.integers(-skew, skew),
        ),
        min_size=1,
        max_size=90,
    )


def run(plan: list[Step], eps: int, begin: int, *, greedy: int = 3) -> tuple[Venue, int]:
    """Play the plan in the venue's true time; returns the venue and how many requests were sent."""
    venue = Venue(ROWS)
    ledger = Ledger([RateLimit(*row) for row in ROWS], eps_ms=eps, kept=0.2)
    events: list[tuple[int, int, Callable[[], None]]] = []
    order = 0
    sent = 0
    true = T0 + begin
    skew = 0

    def at(when: int, what: Callable[[], None]) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (when, order, what))

    def send(step: Step, when: int) -> None:
        nonlocal sent
        success = 0 if step.orders else step.weight
        ticket = ledger.reserve(
            step.weight, step.orders, success, when + skew, Priority.ORDERS if step.orders else Priority.FIRST
        )
        if ticket is None:
            return
        sent += 1
        reply: list[tuple[int, list[RateLimit] | None]] = []

        def arrive() -> None:
            status, rows = venue.arrive(true, step.weight, step.orders, success, step.fate != "refused")
            reply.append((status, None if step.fate == "uncounted" else rows))

        def answer() -> None:
            if step.fate in ("lost", "sunk"):
                ledger.lost(ticket, true + skew)
            else:
                status, rows = reply[0]
                ledger.settle(ticket, status == 200, rows, true + skew)

        if step.fate != "sunk":
            at(when + step.up, arrive)
        at(when + step.up + step.down, answer)

    for step in plan:
        skew = step.skew
        if step.fill:
            venue.fill(true, step.fill)
        for _ in range(greedy):
            send(step, true)
        until = true + step.gap
        while events and events[0][0] <= until:
            when, _, what = heapq.heappop(events)
            true = when
            what()
        true = until
    while events:
        true, _, what = heapq.heappop(events)
        what()
    for bucket in ledger.buckets():
        assert bucket.reserved == 0, "every reservation ended"
    return venue, sent


@pytest.mark.lives
@settings(max_examples=drawn(150, 400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=steps(500), begin=st.integers(0, 60_000))
def test_no_window_is_ever_overrun(plan: list[Step], begin: int) -> None:
    """Any arrivals, clock off by up to 500 ms and jumping about, replies reordered and lost: no 429."""
    venue, _ = run(plan, 500, begin)
    assert venue.refused == []


@pytest.mark.lives
@settings(max_examples=drawn(40, 100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=steps(0), begin=st.integers(0, 60_000))
def test_no_window_is_overrun_with_a_perfect_clock(plan: list[Step], begin: int) -> None:
    """Without any margin for the clock, requests that cross an edge still never break the new window."""
    venue, _ = run(plan, 0, begin)
    assert venue.refused == []


@pytest.mark.lives
@settings(max_examples=drawn(15, 60), deadline=None)
@given(eps=st.integers(0, 500), skew=st.floats(-1, 1), up=st.integers(1, 60), begin=st.integers(0, 59_999))
@example(eps=500, skew=1.0, up=60, begin=0)
def test_a_hungry_client_gets_nearly_all_of_every_window(eps: int, skew: float, up: int, begin: int) -> None:
    """At least 95 % of the weight of every whole window is used by a client that always wants more."""
    off = int(eps * skew)
    venue = Venue([("REQUEST_WEIGHT", "MINUTE", 1, 6_000)])
    ledger = Ledger([RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 6_000)], eps_ms=eps)
    pending: list[tuple[int, int, Ticket]] = []  # when it arrives; its reply is here as long after that

    def play(true: int) -> None:
        while (ticket := ledger.reserve(20, 0, 20, true + off, Priority.READS)) is not None:
            heapq.heappush(pending, (true + up, ticket.seq, ticket))
        while pending and pending[0][0] <= true:
            when, _, ticket = heapq.heappop(pending)
            status, rows = venue.arrive(when, 20, 0, 20, True)
            answered.append((when + up, status, rows, ticket))
        while answered and answered[0][0] <= true:
            when, status, rows, ticket = answered.pop(0)
            ledger.settle(ticket, status == 200, rows, true + off)

    answered: list[tuple[int, int, list[RateLimit], Ticket]] = []
    for true in range(T0 + begin, T0 + begin + 200_000, 10):
        play(true)
    assert venue.refused == []
    whole = list(venue.counters[0].per_window.items())[1:-1]
    assert len(whole) >= 2
    for _, used in whole:
        assert used >= 0.95 * 6_000
