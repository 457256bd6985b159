"""Nothing another process says is believed without bound: its clock, its bans, the names it gives, the records it left."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from binance_wsapi.errors import LimitExceeded, UsageError
from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.events import LimitEvent, StoreLost, StoreMended
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.division import MOST_OUTSIDERS, LimitShared, ScopeState, forget, lift_bans
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Reply, Report, Store, StoreUnavailable
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.ratelimit import RateLimit
from tests.limits.conftest import RedisServer
from tests.limits.virtual import PLACE, play
from tests.limits.virtual import now_ms as venue_ms

DAY = 86_400_000
Make = Callable[[], SqliteStore | RedisStore]


@pytest.fixture(params=["sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "limits.db", timeout=5.0)
    server: RedisServer = request.getfixturevalue("redis_server")
    return lambda: RedisStore(server.url, timeout=5.0)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def tell(
    store: Store, at: int, *, want: int = 0, held: int = 0, taken: int = 0, epoch: str = "", **more: object
) -> Reply:
    ask = Ask("REQUEST_WEIGHT 60000", 6_000, 60_000, 0, at // 60_000, held, 750, want=want, taken=taken)
    (reply,) = store.exchange([Report(store.ip, store.member, "label", at, 5, [ask], epoch=epoch, **more)])  # type: ignore[arg-type]
    return reply


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


def test_a_clock_that_was_never_compared_brings_bans_and_gets_bans_and_nothing_else(make: Make) -> None:
    good, new = make(), make()
    at = now_ms()
    tell(good, at, bans={"ip": at + 60_000})
    reply = tell(new, at + DAY, want=100, bans={"connect": at + 90_000}, compared=False)
    assert reply.bans == {"ip": at + 60_000, "connect": at + 90_000}
    assert reply.grants[0].granted == 0
    assert tell(new, at + 5, want=100, compared=False).grants[0].granted == 0, "its clock happens to be right"
    assert tell(good, at + 10).members == 1


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


def test_a_member_is_forgotten_by_a_person_and_what_it_held_is_charged(make: Make) -> None:
    one, two = make(), make()
    at = now_ms()
    tell(one, at, want=1_000)
    assert tell(two, at).members == 2
    assert store_of(two).change(lambda state: forget(state, one.member)) == 1
    reply = tell(two, at + 50, want=6_000)
    assert (reply.members, reply.grants[0].granted) == (1, 5_000)


def store_of(store: SqliteStore | RedisStore) -> SqliteStore | RedisStore:
    return store


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_that_is_none_is_given_nothing(make: Make, limit: int) -> None:
    store, at = make(), now_ms()
    ask = Ask("REQUEST_WEIGHT 60000", limit, 60_000, 0, at // 60_000, 0, 1, want=5)
    assert store.exchange([Report(store.ip, store.member, "l", at, 5, [ask])])[0].grants[0].granted == 0


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


# --------------------------------------------------------------------------- whose budget


def test_the_client_names_the_environment_and_a_mismatch_is_refused() -> None:
    store = MemoryStore()
    store.claim("testnet")
    store.claim("testnet")
    assert store.ip == "testnet:ip:default"
    with pytest.raises(UsageError, match="limit_store is used"):
        store.claim("production")
    with pytest.raises(UsageError, match="limit_store was made for"):
        MemoryStore(environment="production").claim("local")
    named = MemoryStore(environment="local")
    named.claim("local")
    assert named.ip == "local:ip:default"


@pytest.mark.parametrize("fields", [{"environment": "a:b"}, {"environment": ""}, {"ip": "a\n"}, {"account": ""}])
def test_names_that_would_be_others_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        MemoryStore(**fields)  # type: ignore[arg-type]


# --------------------------------------------------------------------------- what was left behind


WEIGHT_LIMIT = "REQUEST_WEIGHT 60000"
IMPOSSIBLE = [
    ScopeState("without colons"),
    ScopeState("local:ip:x\x1b[2J"),
    ScopeState("local:ip:x", version=2**64 - 1),
    ScopeState("local:ip:x", limits={WEIGHT_LIMIT: LimitShared(6_000, 0, 1, {})}),
    ScopeState("local:ip:x", limits={WEIGHT_LIMIT: LimitShared(0, 60_000, 1, {})}),
    ScopeState("local:ip:x", limits={"": LimitShared(6_000, 60_000, 1, {})}),
    ScopeState("local:ip:x", limits={"\x1b[2JWEIGHT 5": LimitShared(6_000, 60_000, 1, {})}),
]


@pytest.mark.parametrize(
    "garbage", [b"\x00garbage", b"\x91", b"", b"\x81\xa1a" * 3_000, *map(msgspec.msgpack.encode, IMPOSSIBLE)]
)
async def test_a_broken_record_is_told_set_aside_and_healed(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "limits.db"
    store = SqliteStore(path, timeout=5.0)
    tell(store, now_ms())
    db = sqlite3.connect(path)
    db.execute("UPDATE scope SET state = ?", (garbage,))
    db.commit()
    with pytest.raises(StoreUnavailable):
        store.inspect()
    events: list[LimitEvent] = []
    limiter = RequestLimiter(SqliteStore(path, timeout=5.0), now_ms=now_ms, on_event=events.append)
    await limiter.open()
    assert [event for event in events if isinstance(event, StoreMended)]
    assert db.execute("SELECT state FROM broken").fetchall() == [(garbage,)]
    assert limiter.try_admit(Endpoint("ping", dict), {}) is not None
    assert store.inspect()
    db.close()
    await limiter.aclose()


def test_a_record_that_can_be_read_and_contradicts_itself_is_set_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    one, other = SqliteStore(path, timeout=5.0), SqliteStore(path, timeout=5.0)
    at = now_ms()
    tell(one, at)

    def contradict(state: ScopeState) -> bool:
        member = state.members.pop(one.member)
        member.seen_ms = 1
        member.holdings["of no limit"] = next(iter(member.holdings.values()))
        state.members["gone"] = member
        return True

    one.change(contradict)
    reply = tell(other, at + 50, want=10)
    assert "broken" in reply.trouble
    assert reply.grants[0].granted == 10
    assert tell(one, at + 60).trouble == "", "it is healed, and no process is locked out"
    one.close()
    other.close()


@pytest.mark.parametrize(
    "garbage", ["not json", "[]", "1", "null", '{"epoch":"x"}', "[" * 2_000,
                '{"epoch":"x","version":1,"spoke_ms":1,"ghosts":0,"members":{"a":5},"bans":{},"limits":{"REQUEST_WEIGHT 60000":7}}']
)  # fmt: skip
def test_a_broken_record_in_redis_is_told_set_aside_and_healed(redis_server: RedisServer, garbage: str) -> None:
    import redis

    raw = redis.Redis.from_url(redis_server.url)
    store = RedisStore(redis_server.url, timeout=5.0)
    key = "{binance-wsapi}:limits:1:" + store.ip
    raw.set(key, garbage)
    with pytest.raises(StoreUnavailable):
        store.inspect()
    assert "set aside" in tell(store, now_ms(), want=5).trouble
    assert raw.get(key + ":broken") == garbage.encode()
    assert tell(store, now_ms(), want=5).grants[0].granted == 5
    assert store.inspect()
    raw.delete(key)
    raw.lpush(key, "x")
    assert "set aside" in tell(store, now_ms()).trouble
    raw.close()
    store.close()


# --------------------------------------------------------------------------- files and members


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_and_folders_are_this_user_s_alone_under_any_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
        tell(store, now_ms())
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    store.close()


@pytest.mark.parametrize("name", ["limits.db", "limits.db-members"])
def test_no_link_is_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "victim").mkdir()
    victim = tmp_path / "victim" / "file"
    victim.write_text("precious")
    (tmp_path / name).symlink_to(victim if name == "limits.db" else victim.parent)
    store = SqliteStore(tmp_path / "limits.db", timeout=0.1)
    with pytest.raises(StoreUnavailable):
        tell(store, now_ms())
    assert [(each.name, each.read_text()) for each in victim.parent.iterdir()] == [("file", "precious")]


def test_members_whose_files_were_taken_away_live_on_and_make_them_anew(tmp_path: Path) -> None:
    one, two = (SqliteStore(tmp_path / "limits.db", timeout=5.0) for _ in range(2))
    at = now_ms()
    epoch = tell(one, at, want=500).epoch
    tell(two, at, want=500, epoch=epoch)
    members = tmp_path / "limits.db-members"
    for each in members.iterdir():
        each.unlink()
    members.rmdir()
    for beat in range(1, 5):
        for store in (one, two):
            assert tell(store, at + beat * 600, held=500, epoch=epoch).members == 2
    (state,) = one.inspect()
    assert state.limits["REQUEST_WEIGHT 60000"].windows[at // 60_000].spent == 0, "nothing was buried"
    assert len(list(members.iterdir())) == 2
    two.close()  # without a word: its lock is let go of
    assert tell(one, at + 4_000, held=500, epoch=epoch).members == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"held": -5_000}, {"taken": -5_000}, {"want": -1}, {"want_first": -9}, {"want_orders": -9}, {"share": -5_000},
        {"borrowed": -5_000}, {"kept": -5_000}, {"charges": [(0, -5_000, 0)]}, {"charges": [(0, 0, -5_000)]},
        {"count": 10**12}, {"limit": 0}, {"limit": -1}, {"length": 0}, {"length": -60_000},
    ],
    ids=str,
)  # fmt: skip
def test_a_report_that_cannot_be_true_gets_nothing_and_takes_nothing(make: Make, odd: dict[str, object]) -> None:
    good, bad = make(), make()
    at = now_ms()
    epoch = tell(good, at, want=1_000).epoch
    fields: dict[str, Any] = {"limit": 6_000, "length": 60_000, "kept": 0, "held": 0, "share": 750, **odd}
    if "charges" in odd:
        fields["charges"] = [(at // 60_000, uncounted, lost) for _, uncounted, lost in fields["charges"]]
    ask = Ask("REQUEST_WEIGHT 60000", window=at // 60_000, **fields)
    (reply,) = bad.exchange([Report(bad.ip, bad.member, "bad", at, 5, [ask], epoch=epoch)])
    assert reply.grants[0].granted == 0
    granted = tell(good, at, want=9_000, held=1_000, epoch=epoch).grants[0].granted
    assert 5_000 - 750 <= granted <= 5_000
