"""A store that is slow, gone or split: every process falls back to its safe share, says so, and returns. All stores alike."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.soak_venue import Outage

from binance_wsapi.limits.events import LimitEvent, StoreLost, StoreReturned
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Store
from tests.limits.conftest import MakeStore, RedisServer
from tests.limits.virtual import READ, limiter, now_ms, play

WEIGHT = 4_000  # of which each of the four processes that may be has a safe share of 1000
SHARE = 49  # reads, of 20 each: a two-hundredth of the share is not for reads


def spend(door: RequestLimiter) -> int:
    """Send reads until there is no room; returns how many. Their replies say nothing of the venue's counts."""
    sent = 0
    while (ticket := door.try_admit(READ, {})) is not None:
        door.settle(ticket, 200, None)
        sent += 1
    return sent


async def spend_for(door: RequestLimiter, seconds: float) -> int:
    """Send all that there is room for in that time, over many exchanges with the store."""
    end = asyncio.get_running_loop().time() + seconds
    sent = 0
    while asyncio.get_running_loop().time() < end:
        sent += spend(door)
        wait = asyncio.ensure_future(door.admit(READ, {}, end))
        done, _ = await asyncio.wait((wait,), timeout=max(end - asyncio.get_running_loop().time(), 0))
        if done and wait.exception() is None:
            door.settle(wait.result(), 200, None)
            sent += 1
        wait.cancel()
        await asyncio.gather(wait, return_exceptions=True)
        await asyncio.sleep(0.05)
    return sent


def members(store: Store) -> list[str]:
    """Return who shares the address."""
    (scope,) = [scope for scope in store.inspect() if ":ip:" in scope.scope]
    return sorted(member.label for member in scope.members.values())


@contextlib.asynccontextmanager
async def two(
    make_store: MakeStore, first: list[LimitEvent], second: list[LimitEvent]
) -> AsyncIterator[tuple[RequestLimiter, RequestLimiter, Outage, Outage]]:
    stores = Outage(make_store("one")), Outage(make_store("two"))
    one = limiter(first, store=stores[0], weight=WEIGHT, kept=0.0)
    other = limiter(second, store=stores[1], weight=WEIGHT, kept=0.0)
    await one.open()
    await other.open()
    try:
        yield one, other, *stores
    finally:
        await one.aclose()
        await other.aclose()


def test_a_store_that_is_gone_leaves_each_process_its_share_and_none_more(make_store: MakeStore) -> None:
    async def scene() -> None:
        first: list[LimitEvent] = []
        second: list[LimitEvent] = []
        await asyncio.sleep(50)
        async with two(make_store, first, second) as (one, other, *stores):
            for store in stores:
                store.away = True
            await asyncio.sleep(11)  # into the next minute
            assert (spend(one), spend(other)) == (SHARE, SHARE)
            for events in (first, second):
                (lost,) = events
                assert isinstance(lost, StoreLost)
                assert lost.processes == 4
                assert "taken away" in lost.reason
            for store in stores:
                store.away = False
            await asyncio.sleep(3)
            assert isinstance(first[-1], StoreReturned)
            assert isinstance(second[-1], StoreReturned)
            assert 10 < first[-1].away < 15
            more = await spend_for(one, 5)
            assert more > SHARE, "what no other process wants is had again"
            assert (2 * SHARE + more) * 20 <= WEIGHT
            await asyncio.sleep(60)
            assert await spend_for(one, 5) * 20 > 0.9 * WEIGHT, "and nothing is left over from the outage"

    play(scene())


def test_a_process_that_is_cut_off_has_its_share_and_the_others_leave_it_that(make_store: MakeStore) -> None:
    async def scene() -> None:
        first: list[LimitEvent] = []
        second: list[LimitEvent] = []
        await asyncio.sleep(50)
        async with two(make_store, first, second) as (one, other, cut, _):
            cut.away = True
            await asyncio.sleep(11)
            sent = await spend_for(other, 5)
            assert WEIGHT // 2 < sent * 20 <= WEIGHT - SHARE * 20
            assert spend(one) == SHARE
            assert [type(event) for event in first] == [StoreLost]
            assert not [event for event in second if isinstance(event, StoreLost)]
            cut.away = False
            await asyncio.sleep(3)
            assert isinstance(first[-1], StoreReturned)

    play(scene())


# --------------------------------------------------------------------------- stores that hang, in real time


class Hanging:
    """A store that can be made to hang, and to go on."""

    def __init__(self, make: Callable[[], Store], hang: Callable[[], Any], go_on: Callable[[], Any]) -> None:
        self.make, self.hang, self.go_on = make, hang, go_on


@pytest.fixture(params=["sqlite", "redis"])
def hanging(request: pytest.FixtureRequest, tmp_path: Path) -> Hanging:
    if request.param == "sqlite":
        path = tmp_path / "limits.db"
        blocker: list[sqlite3.Connection] = []

        def lock() -> None:
            blocker.append(sqlite3.connect(path, isolation_level=None, timeout=30))
            blocker[0].execute("BEGIN EXCLUSIVE")

        def unlock() -> None:
            blocker[0].execute("ROLLBACK")
            blocker[0].close()

        return Hanging(lambda: SqliteStore(path, processes=4, timeout=1.0), lock, unlock)
    server: RedisServer = request.getfixturevalue("redis_server")
    pid = server.pid
    return Hanging(
        lambda: RedisStore(server.url, processes=4, timeout=1.0),
        lambda: os.kill(pid, signal.SIGSTOP),
        lambda: os.kill(pid, signal.SIGCONT),
    )


async def test_a_store_that_hangs_delays_no_request_and_is_used_again_when_it_answers(hanging: Hanging) -> None:
    events: list[LimitEvent] = []
    store = hanging.make()
    door = RequestLimiter(store, now_ms=lambda: time.time_ns() // 1_000_000, on_event=events.append, eps_ms=0, kept=0.0)
    await door.open()
    try:
        assert not events
        hanging.hang()
        try:
            for _ in range(600):
                await asyncio.sleep(0.05)
                if events:
                    break
            (lost,) = events
            assert isinstance(lost, StoreLost)
            assert lost.processes == 4
            began = time.monotonic()
            for _ in range(100):
                ticket = door.try_admit(READ, {})
                if ticket is not None:
                    door.release(ticket)
            assert time.monotonic() - began < 1.0, "a request never waits for the store"
        finally:
            hanging.go_on()
        for _ in range(600):
            await asyncio.sleep(0.05)
            if isinstance(events[-1], StoreReturned):
                break
        assert [type(event) for event in events] == [StoreLost, StoreReturned]
    finally:
        await door.aclose()
        store.close()


@pytest.mark.parametrize("forget_after", [1.0])
def test_who_died_holding_everything_is_forgotten_and_leaves_nothing_reserved(
    make_store: MakeStore, forget_after: float
) -> None:
    """In the next window its share is kept for it while it may only be cut off; then any process may have it."""

    async def scene() -> None:
        await asyncio.sleep(50)
        dead, alive = Outage(make_store("dead")), Outage(make_store("alive"))
        one = limiter(store=dead, weight=WEIGHT, kept=0.0)
        other = limiter(store=alive, weight=WEIGHT, kept=0.0)
        await one.open()
        await other.open()
        assert len(members(alive)) == 2
        assert one._store_sync is not None
        assert one._store_sync._task is not None
        one._store_sync._task.cancel()  # it never says anything again
        await asyncio.sleep(60 - now_ms() % 60_000 / 1_000 + 1)
        assert await spend_for(other, 3) * 20 <= WEIGHT - SHARE * 20, "it may be cut off, and live on its share"
        for _ in range(2_000):  # Redis goes by its own clock: exchanges, half a second apart, until it has had enough
            await asyncio.sleep(0.5)
            if members(alive) == ["alive"]:
                break
        assert members(alive) == ["alive"]
        await asyncio.sleep(60 - now_ms() % 60_000 / 1_000 + 1)
        assert await spend_for(other, 8) * 20 > 0.95 * WEIGHT
        await other.aclose()

    play(scene())
