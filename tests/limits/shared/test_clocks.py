"""A process whose clock is wrong, or was never compared, changes nothing for the others, and windows come back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.errors import LimitExceeded
from binance_wsapi.limits.events import LimitEvent, StoreLost
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.division import exchange
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.records import MOST_OUTSIDERS, ScopeState
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Reply, Report
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.ratelimit import RateLimit
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import DAY, Make, now_ms, tell
from tests.limits.virtual import PLACE, play
from tests.limits.virtual import now_ms as venue_ms


@pytest.mark.parametrize("off", [-DAY, -180_000, -20_000, 20_000, 180_000, DAY])
def test_a_clock_far_from_the_others_is_refused_told_and_changes_nothing(make: Make, off: int) -> None:
    good, bad = make(), make()
    at = now_ms()
    epoch = tell(good, at, want=1_000).epoch
    reply = tell(bad, at + off, want=5_000)
    assert reply.grants[0].granted == 0
    assert "clock" in reply.refused
    assert (reply.members, reply.outsiders) == (1, 1)
    again = tell(good, at + 50, want=6_000, held=1_000, epoch=epoch)
    assert again.grants[0].granted == 4_250, "room is kept for its static share, and for no more"


def test_room_is_kept_for_a_refused_process_until_it_leaves_or_its_clock_is_right(make: Make) -> None:
    good, bad = make(), make()
    at = now_ms()
    epoch = tell(good, at, want=1_000).epoch
    assert tell(bad, at + 20_000, want=1).refused
    assert tell(good, at, want=9_000, held=1_000, epoch=epoch).grants[0].room == 0
    assert tell(good, at, want=0, held=0, epoch=epoch).grants[0].room == 5_250
    assert not tell(bad, at, want=0, epoch=epoch).refused
    assert tell(bad, at + 20_000, epoch=epoch).refused
    assert tell(bad, at + 20_000, epoch=epoch, leaving=True).refused
    assert tell(good, at, epoch=epoch).members == 2, "it is known from when its clock was right"
    other = make()
    assert tell(other, at + 20_000, epoch=epoch).refused
    assert tell(good, at, epoch=epoch).outsiders == 1
    tell(other, at + 20_000, epoch=epoch, leaving=True)
    assert tell(good, at, epoch=epoch).outsiders == 0


def test_a_store_that_forgot_does_not_wait_for_a_process_whose_clock_it_refused(make: Make) -> None:
    good, bad = make(), make()
    at = now_ms()
    reply = tell(good, at, want=1_000)
    tell(bad, at + 20_000)
    members = tell(good, at, held=1_000, epoch=reply.epoch).members
    assert members == 1
    assert good.change(_forget_all) == 1
    back = tell(good, at, held=1_000, epoch=reply.epoch, members=members)
    assert tell(good, at, want=500, held=1_000, epoch=back.epoch, members=members).grants[0].granted == 500


def _forget_all(state: ScopeState) -> bool:
    state.epoch, state.version, state.ghosts = "", 0, 0
    state.members.clear()
    state.limits.clear()
    state.outsiders.clear()
    return True


def test_a_crowd_of_refused_processes_is_bounded(make: Make) -> None:
    good = make()
    at = now_ms()
    epoch = tell(good, at).epoch
    crowd = []
    for number in range(MOST_OUTSIDERS + 10):
        crowd.append(bad := make())
        bad.member = f"crowd-{number}"
        tell(bad, at + 20_000)
    assert tell(good, at, epoch=epoch).outsiders == MOST_OUTSIDERS
    for bad in crowd:
        bad.close()


@pytest.mark.parametrize("off", [-30.0, 30.0, 86_400.0])
def test_a_process_whose_clock_was_refused_and_the_others_keep_the_limit_together(off: float) -> None:
    store = MemoryStore(environment="local", processes=2)
    sent: list[float] = []

    def make_limiter(ahead: float) -> RequestLimiter:
        limits = [RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 6_000), RateLimit("ORDERS", "SECOND", 10, 20)]
        return RequestLimiter(store.join(), now_ms=lambda: venue_ms() + int(ahead * 1_000), limits=limits)

    async def trade(limiter: RequestLimiter) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + 60
        while loop.time() < until:
            try:
                ticket = await limiter.admit(PLACE, {}, loop.time() + 1)
            except LimitExceeded:
                continue
            sent.append(loop.time())
            await asyncio.sleep(0.05)
            limiter.settle(ticket, 200)

    async def scene() -> None:
        right, wrong = make_limiter(0.0), make_limiter(off)
        await right.open()
        await wrong.open()
        await asyncio.gather(trade(right), trade(wrong))
        await right.aclose()
        await wrong.aclose()

    play(scene())
    windows = Counter(int(each // 10) for each in sent)
    assert max(windows.values()) <= 20, windows
    assert len(sent) >= 80, windows


@pytest.mark.parametrize("off", [180_000, DAY, -DAY])
def test_after_a_wrong_clock_the_windows_come_back_and_hold_no_more_than_the_limit(make: Make, off: int) -> None:
    bad, one, two = make(), make(), make()
    at = now_ms()
    tell(bad, at + off, want=750)
    granted = 0
    epochs = {"one": "", "two": ""}
    held = dict.fromkeys(epochs, 0)
    for step in range(30):
        for name, store in (("one", one), ("two", two)):
            reply = tell(store, at + step, want=500, held=held[name], epoch=epochs[name])
            epochs[name] = reply.epoch
            held[name] += reply.grants[0].granted
            granted += reply.grants[0].granted
    assert 5_000 <= granted <= 6_000
    assert "clock" in tell(bad, at + off + 50, want=1, epoch=epochs["one"]).refused


@pytest.mark.parametrize("step", [10_000, -10_000, 3_600_000, -3_600_000])
def test_after_a_step_of_the_machine_s_clock_the_processes_share_again(tmp_path: Path, step: int) -> None:
    began = now_ms()
    own = [began]
    stores = [SqliteStore(tmp_path / "limits.db", timeout=5.0, clock=lambda: own[0] / 1_000) for _ in range(2)]
    epoch = tell(stores[0], began, want=1_000).epoch
    tell(stores[1], began, want=1_000, epoch=epoch)
    own[0] += step
    replies: list[Reply] = []
    for passed in range(500, 60_000, 500):
        own[0] += 500
        replies = [tell(store, began + passed, want=100, epoch=epoch) for store in stores]
    assert [reply.refused for reply in replies] == ["", ""]
    assert [reply.members for reply in replies] == [2, 2]
    assert replies[0].grants[0].granted == 100


def test_after_a_step_of_the_machine_s_clock_a_fresh_process_is_believed_once_the_old_ones_are_silent(
    tmp_path: Path,
) -> None:
    began = now_ms()
    own = [began]
    old, fresh = (SqliteStore(tmp_path / "limits.db", timeout=5.0, clock=lambda: own[0] / 1_000) for _ in range(2))
    tell(old, began, want=1_000)
    own[0] += 10_000
    assert tell(fresh, began, want=100).refused, "it is one word against another"
    own[0] += 21_000
    reply = tell(fresh, began + 21_000, want=9_000)
    assert (reply.refused, reply.members) == ("", 1)
    assert reply.grants[0].granted <= 5_000, "what the old one may have spent is charged"


@pytest.mark.parametrize("step", [10_000, -10_000, 3_600_000, -3_600_000])
def test_after_a_step_of_the_clock_of_redis_the_processes_share_again(redis_server: RedisServer, step: int) -> None:
    one, two = (RedisStore(redis_server.url, timeout=5.0) for _ in range(2))
    venue = now_ms() - step  # Redis had this time, too, before the step
    epoch = tell(one, venue, want=1_000).epoch
    tell(two, venue, epoch=epoch)

    def heard_earlier(by: int) -> Callable[[ScopeState], bool]:
        def change(state: ScopeState) -> bool:
            state.skew_ms = 0
            state.spoke_ms -= by
            for member in state.members.values():
                member.seen_ms -= by
            return True

        return change

    one.change(heard_earlier(step))
    if abs(step) < 30_000:
        assert tell(one, venue, epoch=epoch).refused
        one.change(heard_earlier(31_000 - step))
    replies = [tell(store, venue, want=100, epoch=epoch) for store in (one, two)]
    assert [(reply.refused, reply.grants[0].granted) for reply in replies] == [("", 100), ("", 100)]


@pytest.mark.parametrize("off", [180_000, DAY])
def test_after_a_wrong_clock_what_is_spent_counts(make: Make, off: int) -> None:
    bad, good = make(), make()
    at = now_ms()
    tell(bad, at + off)
    charges: list[Any] = []
    total, epoch = 0, ""
    for _ in range(20):
        ask = Ask(
            "REQUEST_WEIGHT 60000", 6_000, 60_000, 0, at // 60_000, 0, 750, taken=total, want=1_000, charges=charges
        )
        (reply,) = good.exchange([Report(good.ip, good.member, "good", at, 5, [ask], epoch=epoch)])
        epoch, granted = reply.epoch, reply.grants[0].granted
        total += granted
        charges = [(at // 60_000, granted, 0)] if granted else []
    assert 5_000 <= total <= 6_000


def test_what_a_dead_process_with_a_wrong_clock_was_granted_counts_in_the_windows_of_the_next() -> None:
    """The store has no clock of its own; that of the only process was a day ahead."""
    state = ScopeState("ip")
    at = now_ms()

    def ask(taken: int, charges: list[Any], ahead: int = 0) -> list[Ask]:
        window = (at + ahead) // 60_000
        return [Ask("REQUEST_WEIGHT 60000", 6_000, 60_000, 0, window, 0, 750, taken=taken, want=1_000, charges=charges)]

    exchange(state, Report("ip", "bad", "bad", at + DAY, 5, ask(0, [], DAY)))
    charges: list[Any] = []
    total, epoch = 0, ""
    for _ in range(20):
        reply = exchange(state, Report("ip", "good", "good", at, 5, ask(total, charges), epoch=epoch), dead=["bad"])
        epoch, granted = reply.epoch, reply.grants[0].granted
        total += granted
        charges = [(at // 60_000, granted, 0)] if granted else []
    assert total == 5_000


def test_a_clock_that_was_never_compared_brings_bans_and_gets_bans_and_nothing_else(make: Make) -> None:
    good, new = make(), make()
    at = now_ms()
    tell(good, at, bans={"ip": at + 60_000})
    reply = tell(new, at + DAY, want=100, bans={"connect": at + 90_000}, compared=False)
    assert reply.bans == {"ip": at + 60_000, "connect": at + 90_000}
    assert reply.grants[0].granted == 0
    assert tell(new, at + 5, want=100, compared=False).grants[0].granted == 0, "its clock happens to be right"
    assert tell(good, at + 10).members == 1


async def test_a_client_lives_on_its_share_and_says_so_while_its_clock_is_refused(tmp_path: Path) -> None:
    good = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    tell(good, now_ms())
    events: list[LimitEvent] = []
    bad = SqliteStore(tmp_path / "limits.db", timeout=5.0, processes=4)
    limiter = RequestLimiter(bad, now_ms=lambda: now_ms() + DAY, on_event=events.append)
    await limiter.open()
    assert any(isinstance(event, StoreLost) and "clock" in event.reason for event in events)
    await limiter.aclose()


async def test_before_its_clock_is_compared_a_client_tells_no_window_and_can_connect_all_the_same(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    known = False
    limiter = RequestLimiter(store, now_ms=lambda: now_ms() + (0 if known else DAY), clock_known=lambda: known)
    await limiter.open()
    await asyncio.wait_for(limiter.admit_connect(), 2.0)
    ticket = await asyncio.wait_for(limiter.admit(Endpoint("time", dict, weight=1), {}), 2.0)
    assert all(not state.limits and not state.members for state in store.inspect())
    limiter.settle(ticket, 200)
    known = True
    await asyncio.wait_for(limiter.admit(Endpoint("depth", dict, weight=250), {}), 2.0)
    (state,) = store.inspect()
    assert state.limits["REQUEST_WEIGHT 60000"].newest <= now_ms() // 60_000
    await limiter.aclose()
