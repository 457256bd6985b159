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
from binance_wsapi.limits.shared.store import Reply, Report, StoreUnavailable
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


class _Locked(MemoryStore):
    """Fails so many exchanges, as a file that another process locks."""

    failures = 0

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("database is locked", maybe=False)
        return super().exchange(reports)


@pytest.mark.parametrize(("failures", "is_told"), [(1, True), (2, True), (4, True), (50, False)])
def test_a_ban_heard_just_before_closing_reaches_a_store_that_fails_for_a_while(
    failures: int, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    store = _Locked(environment="local")
    waited: list[float] = []

    async def scene() -> None:
        limiter = RequestLimiter(store, now_ms=venue_ms)
        await limiter.open()
        store.failures = failures
        limiter.overheard(418, -1003, venue_ms() + 600_000)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await limiter.aclose()
        waited.append(loop.time() - began)

    play(scene())
    store.failures = 0
    assert [bool(state.bans) for state in store.inspect()] == [is_told, False]
    assert ("a ban was not told to the shared limits before closing" in caplog.text) is not is_told
    assert waited[0] <= 2.0


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


def test_a_lifted_ban_that_the_venue_tells_once_more_holds_again_in_every_process_and_can_be_lifted_again() -> None:
    store = MemoryStore(environment="local")

    async def scene() -> None:
        limiters = [RequestLimiter(store.join(), now_ms=venue_ms) for _ in range(2)]
        hears, other = limiters
        for limiter in limiters:
            await limiter.open()
        until = venue_ms() + DAY
        for _ in range(3):
            hears.overheard(418, -1003, until)
            for _ in range(20):
                await asyncio.sleep(0.25)
                assert hears.banned_until is not None, "not for a moment, once the venue has said it"
            assert other.banned_until is not None
            store.change(lift_bans)
            await asyncio.sleep(5)
            assert [limiter.banned_until for limiter in limiters] == [None, None]
        for limiter in limiters:
            await limiter.aclose()

    play(scene())


def test_a_ban_told_again_is_taken_and_one_told_still_is_not(make: Make) -> None:
    knows, still = make(), make()
    at = now_ms()
    bans = {"ip": at + DAY}
    epoch = tell(knows, at, bans=bans).epoch
    knows.change(lift_bans)
    assert tell(still, at, bans=bans, epoch=epoch).bans == {}
    assert tell(knows, at, epoch=epoch).lifted == bans
    reply = tell(knows, at, bans=bans, again=["ip"], epoch=epoch)
    assert (reply.bans, reply.lifted) == (bans, {})
    assert tell(still, at, epoch=epoch).bans == bans
