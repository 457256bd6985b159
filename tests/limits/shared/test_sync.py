"""A limiter on a shared store: leases are fetched beside the requests, and a store that goes away is lived with.

Virtual time; the store is in memory, or one that fails as it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from binance_wsapi.errors import Banned, LimitExceeded
from binance_wsapi.limits.events import BanLatched, LimitEvent, StoreLost, StoreReturned
from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Wanted
from binance_wsapi.limits.shared.lease import LeaseHolder, leased_types
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.store import Reply, Report, StoreUnavailable
from binance_wsapi.limits.ticket import Ticket
from tests.limits.virtual import CANCEL, EPOCH, PLACE, READ, TIME, limiter, now_ms, play, weight_row


class Broken(MemoryStore):
    """A store that can be taken away."""

    away: str | None = None

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        if self.away is not None:
            raise StoreUnavailable(self.away, maybe=False)
        return super().exchange(reports)


def loop_time() -> float:
    return asyncio.get_running_loop().time()


def take(door: RequestLimiter, count: int, weight_each: int = 20) -> list[Ticket]:
    """Send reads until there is no room or enough were sent; without an await between them."""
    tickets = []
    for _ in range(count):
        ticket = door.try_admit(READ, {})
        if ticket is None:
            break
        tickets.append(ticket)
    return tickets


def test_a_process_that_saw_the_store_away_before_it_ever_met_it_says_so() -> None:
    """The store may have forgotten what its window holds: to the first that comes then it gives nothing of a minute."""
    for away in (False, True):
        store = MemoryStore(processes=2)
        ledger = Ledger(on_lease=leased_types(store))
        holder = LeaseHolder(ledger, store)
        if away:
            holder.report(EPOCH, {})
            holder.alone(EPOCH, maybe=False)
        reports = holder.report(EPOCH + 100, {"REQUEST_WEIGHT": Wanted(0, 0, 100, 100)})
        assert [report.members for report in reports] == [int(away)] * 2
        assert (store.exchange(reports)[0].grants[0].granted > 0) is not away


def test_two_clients_in_one_process_share_one_budget() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        root = MemoryStore(processes=2)
        one, two = (limiter(store=root.join(), kept=0.0) for _ in range(2))
        await one.open()
        await two.open()
        got = []
        for _ in range(5):
            for door in (one, two):
                got.append(asyncio.ensure_future(door.admit(READ, {}, loop_time() + 5)))
        done = await asyncio.gather(*got, return_exceptions=True)
        assert sum(isinstance(each, Ticket) for each in done) == 5, "100 of weight, 20 each"
        assert sum(isinstance(each, LimitExceeded) for each in done) == 5
        await one.aclose()
        await two.aclose()

    play(scene())


def test_a_lease_spent_is_renewed_without_waiting_for_a_beat() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        door = limiter(store=MemoryStore(processes=8).join(), kept=0.0, weight=6_000)
        await door.open()
        began = loop_time()
        for _ in range(298):  # the last two-hundredth is not for reads
            ticket = await door.admit(READ, {}, loop_time() + 1)
            door.settle(ticket, 200, None)
        assert loop_time() - began < 0.001
        with pytest.raises(LimitExceeded):
            await door.admit(READ, {}, loop_time() + 1)
        await door.aclose()

    play(scene())


def test_what_one_client_leaves_another_may_have() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        root = MemoryStore(processes=2)
        one, two = (limiter(store=root.join(), kept=0.0) for _ in range(2))
        await one.open()
        await two.open()
        held = [await one.admit(READ, {}, loop_time() + 1) for _ in range(5)]
        waiting = asyncio.ensure_future(two.admit(READ, {}, loop_time() + 5))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        one.release(held[0])
        ticket = await waiting
        assert loop_time() < 2.0, "it came with the next beats of the two"
        two.release(ticket)
        await one.aclose()
        await two.aclose()

    play(scene())


def test_a_ban_one_client_hears_holds_for_the_other() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        root = MemoryStore(processes=2)
        events: list[LimitEvent] = []
        one = limiter(store=root.join(), kept=0.0)
        two = limiter(events, store=root.join(), kept=0.0)
        await one.open()
        await two.open()
        ticket = await one.admit(TIME, {}, loop_time() + 1)
        until = EPOCH + 130_000
        one.settle(ticket, 418, [weight_row(1)], -1003, until)
        await asyncio.sleep(0.3)
        assert BanLatched("ip", 0, until) in events
        assert two.try_admit(CANCEL, {}) is None
        with pytest.raises(Banned):
            await two.admit_connect(loop_time() + 10)
        await one.aclose()
        await two.aclose()

    play(scene())


def test_a_ban_is_told_to_the_store_at_once_and_a_connection_is_not_tried_before_the_store_was_heard() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        root = MemoryStore(processes=2)
        one, two = (limiter(store=root.join()) for _ in range(2))
        await one.open()
        await two.open()
        await asyncio.sleep(1)  # both are idle: their beats are a quarter of a second apart
        until = now_ms() + 30_000
        ticket = await one.admit(READ, {}, loop_time() + 1)
        one.settle(ticket, 418, None, -1003, until)
        connecting = asyncio.ensure_future(two.admit_connect())  # the venue hung up on both in the same moment
        await asyncio.sleep(0.005)
        assert root.inspect()[0].bans == {"ip": until}
        assert not connecting.done()
        await connecting
        assert now_ms() >= until
        await one.aclose()
        await two.aclose()

    play(scene())


def test_a_store_that_goes_away_leaves_the_lease_then_a_static_share_and_says_so() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        events: list[LimitEvent] = []
        store = Broken(processes=4)
        door = limiter(events, store=store, kept=0.0, weight=400)
        await door.open()
        (ticket,) = take(door, 1)
        door.settle(ticket, 200, None)
        await asyncio.sleep(1)
        store.away = "gone"
        await asyncio.sleep(1)
        assert events == [StoreLost("gone", 4)]
        tickets = take(door, 100)
        assert 1 <= len(tickets) <= 3, "what was left of the lease: a standby of a sixteenth, and the beat before"
        for ticket in tickets:
            door.settle(ticket, 200, None)
        await asyncio.sleep(59)
        tickets = take(door, 100)
        assert len(tickets) == 5, "a quarter of 400"
        for ticket in tickets:
            door.settle(ticket, 200, None)
        await asyncio.sleep(60)
        assert len(take(door, 100)) == 5, "and again, of the next window"
        store.away = None
        await asyncio.sleep(3)
        assert isinstance(events[-1], StoreReturned)
        assert events[-1].away == pytest.approx(121, abs=5)
        assert len(events) == 2
        await door.aclose()

    play(scene())


def test_a_process_that_never_met_its_store_waits_for_a_new_window() -> None:
    """It may stand in for one that died and had its share of the present one."""

    async def scene() -> None:
        await asyncio.sleep(1)
        store = Broken(processes=4)
        store.away = "gone"
        door = limiter(store=store, kept=0.0, weight=400)
        await door.open()
        assert door.try_admit(READ, {}) is None
        await asyncio.sleep(60)
        await door.admit_connect(loop_time() + 1)
        assert len(take(door, 100)) == 4, "98 of the quarter of 400 are left"
        await door.aclose()

    play(scene())


def test_what_was_charged_ahead_near_an_edge_is_part_of_the_static_share() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        store = Broken(processes=4)
        door = limiter(store=store, kept=0.0, weight=400)
        await door.open()
        store.away = "gone"
        await asyncio.sleep(118.95)
        tickets = take(door, 2)
        assert len(tickets) == 2
        for ticket in tickets:
            door.settle(ticket, 200, [weight_row(40, limit=400)])
        await asyncio.sleep(0.2)
        assert len(take(door, 100)) == 3, "100 for the window, of which 40 may have been spent 50 ms before it"
        await door.aclose()

    play(scene())


def test_requests_wait_through_an_outage_no_longer_than_their_deadline() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        store = Broken(processes=4)
        store.away = "gone"
        door = limiter(store=store)
        await door.open()
        with pytest.raises(LimitExceeded):
            await door.admit(TIME, {}, loop_time() + 2)
        assert loop_time() <= 3.05
        await door.aclose()

    play(scene())


def test_raise_asks_the_store_once_before_it_refuses() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        door = limiter(store=MemoryStore(processes=8).join(), policy="raise", kept=0.0)
        await door.open()
        for _ in range(5):
            await door.admit(READ, {}, loop_time() + 1)
        with pytest.raises(LimitExceeded):
            await door.admit(READ, {}, loop_time() + 1)
        assert loop_time() == pytest.approx(1.0, abs=0.1)
        await door.aclose()

    play(scene())


def test_closing_gives_the_lease_back_and_keeps_what_is_in_flight() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        root = MemoryStore(processes=2)
        one, two = (limiter(store=root.join(), kept=0.0, orders=5) for _ in range(2))
        await one.open()
        await two.open()
        await one.admit(PLACE, {}, loop_time() + 1)
        await one.aclose()
        await one.aclose()
        got = [await two.admit(PLACE, {}, loop_time() + 1) for _ in range(4)]
        assert len(got) == 4
        with pytest.raises(LimitExceeded):
            await two.admit(PLACE, {}, loop_time() + 1)
        await two.aclose()

    play(scene())


def test_without_an_account_orders_are_not_shared() -> None:
    async def scene() -> None:
        await asyncio.sleep(1)
        root = MemoryStore(account=None)
        one, two = (limiter(store=root.join(), orders=5) for _ in range(2))
        await one.open()
        await two.open()
        for door in (one, two):
            for _ in range(5):
                await door.admit(PLACE, {}, loop_time() + 1)
        await one.aclose()
        await two.aclose()

    play(scene())


def test_a_store_whose_driver_fails_in_any_way_is_a_store_that_is_away() -> None:
    class Mad(MemoryStore):
        def exchange(self, reports: Sequence[Report]) -> list[Reply]:
            raise RuntimeError("what no driver says")

    async def scene() -> None:
        events: list[LimitEvent] = []
        door = limiter(events, store=Mad(processes=3))
        await door.open()
        assert events == [StoreLost("RuntimeError: what no driver says", 3)]
        await door.aclose()

    play(scene())
