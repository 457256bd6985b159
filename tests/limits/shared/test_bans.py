"""Bans that another process tells: taken, bounded, lifted by a person, and told to the others before closing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.division import lift_bans
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Reply, Report
from tests.limits.shared.reports import DAY, Make, now_ms, tell
from tests.limits.virtual import now_ms as venue_ms
from tests.limits.virtual import play


@pytest.mark.parametrize("until", [99_999_999_999_999, 10**15])
def test_no_ban_lasts_longer_than_the_venue_s_longest(make: Make, until: int) -> None:
    store = make()
    at = now_ms()
    assert tell(store, at, bans={"ip": until}).bans["ip"] <= now_ms() + LONGEST_BAN_MS
    other = make()
    assert tell(other, at).bans["ip"] <= now_ms() + LONGEST_BAN_MS


def test_a_ban_that_a_person_lifted_stays_lifted_though_a_process_still_tells_it(make: Make) -> None:
    store = make()
    at = now_ms()
    bans = {"ip": at + 60_000}
    tell(store, at, bans=bans)
    assert store.change(lift_bans) == 1
    reply = tell(store, at + 50, bans=bans)
    assert reply.bans == {}
    assert reply.lifted == bans
    assert tell(store, at + 60, bans={"ip": at + 70_000}).bans == {"ip": at + 70_000}, "a new one is a new one"


def test_after_a_false_ban_was_lifted_a_real_one_is_taken_though_it_ends_earlier(make: Make) -> None:
    store, other = make(), make()
    at = now_ms()
    false = tell(store, at, bans={"ip": 99_999_999_999_999}).bans
    assert store.change(lift_bans) == 1
    real = {"ip": at + 120_000}
    assert tell(store, at + 50, bans=real).bans == real
    reply = tell(other, at + 60, bans=false)
    assert (reply.bans, reply.lifted) == (real, false), "and the false one stays lifted"
    assert store.change(lift_bans) == 1
    reply = tell(store, at + 70, bans=real)
    assert (reply.bans, reply.lifted) == ({}, real), "the real one can be lifted too"


def test_what_was_lifted_is_believed_no_longer_than_a_ban_and_is_forgotten_after_it(make: Make) -> None:
    store = make()
    at = now_ms()
    tell(store, at)

    def write(state: ScopeState) -> bool:
        state.lifted = {"ip": 99_999_999_999_999, "connect": at - LONGEST_BAN_MS - 1}
        return True

    store.change(write)
    real = {"ip": at + LONGEST_BAN_MS - DAY}
    reply = tell(store, at + 50, bans=real)
    assert reply.bans == real
    assert list(reply.lifted) == ["ip"]
    assert reply.lifted["ip"] <= now_ms() + LONGEST_BAN_MS


def test_processes_that_heard_of_a_lifted_ban_obey_the_next_one() -> None:
    store = MemoryStore(environment="local")
    obeyed: list[tuple[int | None, int | None]] = []

    async def scene() -> None:
        limiters = [RequestLimiter(store.join(), now_ms=venue_ms) for _ in range(2)]
        hears, hears_of_it = limiters
        for limiter in limiters:
            await limiter.open()
        hears.overheard(418, -1003, venue_ms() + 30 * DAY)
        await asyncio.sleep(5)
        assert hears_of_it.banned_until is not None
        store.change(lift_bans)
        await asyncio.sleep(5)
        assert [limiter.banned_until for limiter in limiters] == [None, None]
        hears.overheard(418, -1003, venue_ms() + 120_000)
        for _ in range(10):
            await asyncio.sleep(1)
            obeyed.append((hears.banned_until, hears_of_it.banned_until))
        for limiter in limiters:
            await limiter.aclose()

    play(scene())
    assert None not in {until for both in obeyed for until in both}


def test_a_new_ban_told_with_the_lifting_of_a_longer_one_is_obeyed_at_once() -> None:
    store = MemoryStore(environment="local")
    seen: set[int | None] = set()

    async def scene() -> None:
        limiter = RequestLimiter(store.join(), now_ms=venue_ms)
        await limiter.open()
        limiter.overheard(418, -1003, venue_ms() + DAY)
        await asyncio.sleep(5)
        until = venue_ms() + 120_000
        store.change(lift_bans)
        store.change(lambda state: bool(state.bans.update({"ip": until})))
        for _ in range(100):
            await asyncio.sleep(0.05)
            seen.add(limiter.banned_until)
        await limiter.aclose()

    play(scene())
    assert len(seen) == 2, "the long one and the short one"
    assert None not in seen, "never open in between"


class _Held(SqliteStore):
    """Exchanges nothing before the test lets it."""

    def __init__(self, path: Path, *, timeout: float) -> None:
        super().__init__(path, timeout=timeout)
        self.begun, self.go, self.ended = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        self.begun.release()
        self.go.wait(10)
        try:
            return super().exchange(reports)
        finally:
            self.ended.release()


@pytest.mark.parametrize(("timeout", "waits"), [(5.0, True), (0.05, False)])
async def test_a_ban_heard_just_before_closing_reaches_the_store_though_an_exchange_is_under_way(
    tmp_path: Path, timeout: float, waits: bool
) -> None:
    path = tmp_path / "limits.db"
    store = _Held(path, timeout=timeout)
    limiter = RequestLimiter(store, now_ms=now_ms)
    await limiter.open()
    assert await asyncio.to_thread(store.begun.acquire, timeout=10)
    limiter.overheard(418, -1003, now_ms() + 600_000)
    told = limiter.banned_until
    closing = asyncio.create_task(limiter.aclose())
    if waits:
        await asyncio.sleep(0)
        store.go.set()
    await closing  # the store that answers too late was given up by now, and its call is still under way
    store.go.set()
    for _ in range(2):  # that call, and the one with the ban behind it
        assert await asyncio.to_thread(store.ended.acquire, timeout=10)
    (state,) = SqliteStore(path).inspect()
    assert state.bans["ip"] + 100 == told
