"""Records that are broken, contradict themselves, or that no process wrote are set aside, told and healed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.events import LimitEvent, StoreMended
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.records import MOST_MEMBERS, LimitShared, ScopeState
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Reply, Report
from binance_wsapi.wire.endpoint import Endpoint
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import DAY, Make, now_ms, tell

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
    assert (store.inspect(), store.unreadable) == ([], [store.ip])
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
    assert (store.inspect(), store.unreadable) == ([], [store.ip])
    assert "set aside" in tell(store, now_ms(), want=5).trouble
    assert raw.get(key + ":broken") == garbage.encode()
    assert tell(store, now_ms(), want=5).grants[0].granted == 5
    assert store.inspect()
    raw.delete(key)
    raw.lpush(key, "x")
    assert "set aside" in tell(store, now_ms()).trouble
    raw.close()
    store.close()


# --------------------------------------------------------------------------- numbers that no process writes

Record = dict[str, Any]


def rewrite(store: SqliteStore | RedisStore, change: Callable[[Record], object]) -> None:
    """Change the one record of a store as another program might."""
    if isinstance(store, SqliteStore):
        with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
            record = msgspec.msgpack.decode(db.execute("SELECT state FROM scope").fetchone()[0], strict=False)
            change(record)
            db.execute("UPDATE scope SET state = ?", (msgspec.msgpack.encode(record),))
        return
    key = "{binance-wsapi}:limits:1:" + store.ip
    with closing(store_client(store)) as raw:
        record = json.loads(raw.get(key))
        change(record)
        raw.set(key, json.dumps(record))


def store_client(store: RedisStore) -> Any:
    import redis

    return redis.Redis.from_url(store._name)


def first(rows: dict[Any, Any]) -> Any:
    return next(iter(rows.values()))


def a_member(record: Record) -> Record:
    return cast("Record", first(record["members"]))


def a_holding(record: Record) -> Record:
    return cast("Record", a_member(record)["holdings"][WEIGHT_LIMIT])


def a_limit(record: Record) -> Record:
    return cast("Record", record["limits"][WEIGHT_LIMIT])


def a_window(record: Record) -> Record:
    return cast("Record", first(a_limit(record)["windows"]))


UNTRUE: dict[str, Callable[[Record], object]] = {
    "held below zero": lambda record: a_holding(record).update(held=-(10**9)),
    "held beyond counting": lambda record: a_holding(record).update(held=2**53),
    "a part of a unit": lambda record: a_holding(record).update(held=0.5),
    "counted below zero": lambda record: a_window(record).update(b_count=-(10**9)),
    "a count younger than the store": lambda record: a_window(record).update(b_mark=2**40),
    "lost below zero": lambda record: a_window(record).update(lost=[[1, -5]]),
    "lost without an end": lambda record: a_window(record).update(lost=[[1]]),
    "a version below zero": lambda record: record.update(version=-1),
    "a ban that is a text": lambda record: record.update(bans={"ip": "x"}),
    "a ban of a part of a millisecond": lambda record: record.update(bans={"ip": 1.5}),
    "a lifted ban that is a text": lambda record: record.update(lifted={"ip": "x"}),
    "no members": lambda record: record.update(members=5),
    "a label that is a number": lambda record: a_member(record).update(label=5),
    "a holding of no limit": lambda record: a_member(record)["holdings"].update({"OTHER 60000": a_holding(record)}),
    "another scope": lambda record: record.update(scope="unknown:ip:other"),
    "a crowd": lambda record: record["members"].update({f"m{n}": a_member(record) for n in range(MOST_MEMBERS + 1)}),
    "a crowd of limits": lambda record: record["limits"].update({f"A {n}": a_limit(record) for n in range(70)}),
    "a crowd of windows": lambda record: a_limit(record)["windows"].update({n: a_window(record) for n in range(20)}),
    "a crowd of bans": lambda record: record.update(bans={f"ban {n}": 5 for n in range(20)}),
    "a limit without a name": lambda record: record["limits"].update({" ": a_limit(record)}),
    "a limit of hidden characters": lambda record: record["limits"].update({"A\u202e 5": a_limit(record)}),
}


@pytest.mark.parametrize("name", UNTRUE)
def test_a_record_that_can_be_read_and_cannot_be_true_is_set_aside_and_healed(make: Make, name: str) -> None:
    store = make()
    at = now_ms()
    tell(store, at, want=10)
    rewrite(store, UNTRUE[name])
    assert (store.inspect(), store.unreadable) == ([], [store.ip])
    reply = tell(store, at, want=10)
    assert reply.trouble
    assert (reply.grants[0].granted, reply.members) == (10, 1)
    assert tell(store, at, want=10).trouble == ""
    assert store.inspect()
    store.close()


@pytest.mark.parametrize(
    "text",
    ['"version":1e999', '"version":1e300', '"version":5,"odd":1e999', '"version":5,"odd":-1e999',
     '"version":5,"lifted":{"ip":1e999}', '"version":5,"odd":' + "[" * 900 + "]" * 900, '"version":5,"odd":"\\ud800x\xff"'],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_a_record_of_redis_that_can_be_read_and_not_written_is_set_aside_and_healed(
    redis_server: RedisServer, text: str
) -> None:
    store = RedisStore(redis_server.url, timeout=5.0)
    tell(store, now_ms(), want=10)
    key = "{binance-wsapi}:limits:1:" + store.ip
    with closing(store_client(store)) as raw:
        raw.set(key, raw.get(key).replace(b'"version":1', text.encode("latin-1"), 1))
        reply = tell(store, now_ms(), want=10)
        assert "set aside" in reply.trouble
        assert reply.grants[0].granted == 10
        assert raw.exists(key + ":broken")
    assert store.inspect()
    store.close()


FAR = 10**15
AHEAD: dict[str, Callable[[Record], object]] = {
    "seen": lambda record: a_member(record).update(seen_ms=FAR),
    "spoken": lambda record: record.update(spoke_ms=FAR),
    "newest": lambda record: a_limit(record).update(newest=10**10),
    "a window": lambda record: a_limit(record)["windows"].update({10**10: a_window(record)}),
    "held": lambda record: a_holding(record).update(window=10**10),
    "lost": lambda record: a_window(record).update(lost=[[FAR, 5]]),
    "ghosts": lambda record: (record.update(ghosts=5), a_limit(record).update(ghosts_until=10**10)),
    "an outsider": lambda record: record.update(outsiders={"x": {"until_ms": FAR, "shares": {WEIGHT_LIMIT: 750}}}),
    "a ban": lambda record: record.update(bans={"ip": FAR}, lifted={"ip": FAR - 1}),
}


@pytest.mark.parametrize("name", AHEAD)
def test_what_a_record_says_of_a_time_to_come_is_bounded_by_the_next_report(make: Make, name: str) -> None:
    store, other = make(), make()
    at = now_ms()
    tell(store, at, want=10)
    rewrite(store, AHEAD[name])
    assert tell(other, at).trouble == ""
    latest, window = now_ms() + 95_000, at // 60_000 + 2
    (state,) = store.inspect()
    limit = state.limits[WEIGHT_LIMIT]
    assert max(state.spoke_ms, *(member.seen_ms for member in state.members.values())) <= latest
    assert max(limit.newest, limit.ghosts_until - 1, *limit.windows) <= window
    assert all(member.holdings[WEIGHT_LIMIT].window <= window for member in state.members.values())
    assert all(until <= latest for each in limit.windows.values() for until, _ in each.lost)
    assert all(each.until_ms <= latest for each in state.outsiders.values())
    assert all(each <= latest + LONGEST_BAN_MS for each in (*state.bans.values(), *state.lifted.values()))
    store.close()
    other.close()


@pytest.mark.parametrize("name", ["newest", "a window", "lost", "spoken"])
def test_a_limit_is_shared_as_before_after_a_record_that_was_far_ahead(make: Make, name: str) -> None:
    store, other = make(), make()
    at = now_ms()
    epoch = tell(store, at, want=1_000).epoch
    rewrite(store, AHEAD[name])
    granted = tell(other, at, want=9_000, epoch=epoch).grants[0].granted
    assert 4_900 <= granted <= 5_000
    assert tell(store, at, held=1_000, want=5, epoch=epoch).grants[0].room <= 0
    store.close()
    other.close()


def test_a_crowd_that_never_comes_back_leaves_each_process_its_own_part(make: Make) -> None:
    store = make()
    at = now_ms() // DAY * DAY + DAY // 2
    day = [Ask("ORDERS 86400000", 1_000, DAY, 0, at // DAY, 0, 125, want=10)]

    def ask(epoch: str = "") -> Reply:
        (reply,) = store.exchange([Report(store.ip, store.member, "label", at, 5, day, epoch=epoch)])
        return reply

    before = ask()
    assert before.grants[0].granted == 10

    def haunt(record: Record) -> None:
        record.update(ghosts=2**40, ghosts_ms=at)
        record["limits"]["ORDERS 86400000"].update(ghosts_until=at // DAY + 1, ghost_share=2**40)

    rewrite(store, haunt)
    assert ask(before.epoch).grants[0].granted == 10
    store.close()


def test_what_a_record_says_was_used_up_ends_with_the_venue_s_next_count(make: Make) -> None:
    store = make()
    at = now_ms()
    reply = tell(store, at, want=10)
    rewrite(store, lambda record: a_window(record).update(b_count=2**52, spent=2**52))
    assert tell(store, at, want=10, epoch=reply.epoch).grants[0].granted == 0
    counted = Ask(
        "REQUEST_WEIGHT 60000", 6_000, 60_000, 0, at // 60_000, 0, 750, want=10, count=30, since=99, sent_ms=at
    )
    (told,) = store.exchange([Report(store.ip, store.member, "label", at, 5, [counted], epoch=reply.epoch)])
    assert told.grants[0].granted == 10
    store.close()


def test_no_more_processes_are_taken_in_than_one_exchange_can_read(make: Make) -> None:
    store, late = make(), make()
    at = now_ms()
    tell(store, at, want=10)

    def crowd(record: Record) -> None:
        member = a_member(record)
        for number in range(MOST_MEMBERS - 1):
            record["members"][f"m{number}"] = member

    rewrite(store, crowd)
    assert f"{MOST_MEMBERS} processes" in tell(late, at, want=10).refused
    assert tell(store, at).members == MOST_MEMBERS
    store.close()
    late.close()


def test_a_store_that_went_back_to_an_older_state_begins_anew_and_gives_nothing_twice(make: Make) -> None:
    one, two, fresh = make(), make(), make()
    at = now_ms()
    first_of = tell(one, at, want=100)
    epoch = first_of.epoch
    told = tell(two, at, epoch=epoch)
    older: Record = {}
    rewrite(one, lambda record: older.update(record))
    version = tell(two, at, want=4_000, epoch=epoch, version=told.version).version
    rewrite(one, lambda record: record.update(older))
    given = tell(fresh, at, want=1_000).grants[0].granted  # it was told nothing, and cannot know
    back = tell(two, at, held=4_000, want=500, epoch=epoch, version=version)
    assert "older" in back.trouble
    assert (back.epoch != epoch, back.grants[0].granted) == (True, 0)
    again = tell(two, at, held=4_000, want=500, epoch=back.epoch, version=back.version)
    assert (again.trouble, again.grants[0].granted) == ("", 0), "the others have not come back"
    assert tell(one, at, held=100, want=500, epoch=epoch, version=first_of.version).epoch == back.epoch
    assert tell(one, at, held=100, want=500, epoch=back.epoch, version=back.version).grants[0].granted == 0
    tell(fresh, at, held=given, want=500, epoch=back.epoch, version=back.version)
    room = tell(two, at, held=4_000, epoch=back.epoch, version=again.version).grants[0].room
    assert room <= 6_000 - 4_000 - 100 - given
    for store in (one, two, fresh):
        store.close()
