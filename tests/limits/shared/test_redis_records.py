"""What another program may write into a Redis: a record that cannot be true is told, set aside and healed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from binance_wsapi.limits.shared.redis import RedisStore
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import now_ms, tell

Path = tuple[str | int, ...]
Odd = tuple[int, Any, str]
"""The number of a part of a record, what stands there instead, and whether the part, its name or neither is there."""
PREFIX = "{binance-wsapi}:limits:1:"


class Nested:
    """A list in a list, so deep."""

    def __init__(self, depth: int) -> None:
        self.depth = depth

    def __repr__(self) -> str:
        return f"Nested({self.depth})"


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**63, 2**64, 10**30, -(10**30), 10**400]),
    st.sampled_from([0.5, -0.5, 1e15, 1e300, float("inf"), float("-inf"), float("nan")]),
    st.text(max_size=5),
    st.sampled_from(["", "0", "x" * 300_000, "\ud800", "\x00", "\x1b[2J", "1e999", "REQUEST_WEIGHT 60000", "ip"]),
    st.sampled_from([[], {}, [1], [[1]], [[1, 5]], {"": {}}, {"ip": 5}, {"a": None}, [None] * 5_000]),
    st.integers(1, 2_000).map(Nested),
    st.integers(1, 3_000).map(lambda many: {f"m{number}": 5 for number in range(many)}),
)


MARK = "a place of its own"


def places(record: Any, at: Path = ()) -> Iterator[Path]:
    """Return where each part of a record stands."""
    yield at
    if isinstance(record, dict | list):
        for name in record if isinstance(record, dict) else range(len(record)):
            yield from places(record[name], (*at, name))


def written(record: Any, odd: list[Odd]) -> bytes:
    """Return a record as JSON in which parts are replaced, named otherwise or gone."""
    nested: list[int] = []

    def plain(value: Any) -> Any:
        if isinstance(value, Nested):
            nested.append(value.depth)
            return MARK
        return copy.deepcopy(value)

    for number, value, how in odd:
        every = list(places(record))
        *way, last = every[number % len(every)] or ("",)
        part: Any = record
        for step in way:
            part = part[step]
        if not isinstance(part, dict | list) or (last == "" and "" not in part):
            record = plain(value)
        elif isinstance(part, list):
            part[int(last)] = plain(value)
        elif how == "replaced":
            part[last] = plain(value)
        elif how == "gone":
            del part[last]
        else:
            part[str(value)[:100]] = part.pop(last)
    text = json.dumps(record)
    for depth in nested:
        text = text.replace(json.dumps(MARK), "[" * depth + "]" * depth, 1)
    return text.encode()


@pytest.fixture
def usual(redis_server: RedisServer) -> bytes:
    """The record of a scope with two members, a ban and a limit."""
    with store_of(redis_server) as one, store_of(redis_server) as other, closing(raw_client(redis_server)) as raw:
        tell(one, now_ms(), want=10, bans={"ip": now_ms() + 60_000})
        tell(other, now_ms(), want=500)
        record = raw.get(PREFIX + one.ip)
    assert isinstance(record, bytes)
    return record


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(odd=st.lists(st.tuples(st.integers(0, 10_000), ODD, st.sampled_from(["replaced", "named", "gone"])), max_size=3))
@example(odd=[(0, Nested(2_000), "replaced")])
@example(odd=[(0, "x" * 300_000, "replaced")])
@example(odd=[(2, 1e15, "replaced")])
def test_an_odd_record_is_healed_by_the_next_report(redis_server: RedisServer, usual: bytes, odd: list[Odd]) -> None:
    body = written(json.loads(usual), odd)
    with store_of(redis_server) as store, closing(raw_client(redis_server)) as raw:
        raw.flushall()
        raw.set(PREFIX + store.ip, body)
        store.inspect()
        first = tell(store, now_ms(), want=5)
        assert not first.trouble or raw.get(f"{PREFIX}{store.ip}:broken") == body, "it is set aside as it was"
        for _ in range(3):
            reply = tell(store, now_ms(), want=5)
            assert (reply.trouble, reply.refused) == ("", "")
            assert all(0 <= each.granted <= 6_000 and each.room <= 6_000 for each in reply.grants)
        assert {state.scope for state in store.inspect()} | set(store.unreadable) == {store.ip}
        store.change(lambda state: True)
        assert tell(store, now_ms(), want=5).refused == ""
        assert {state.scope for state in store.inspect()} == {store.ip}
        assert store.unreadable == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=50).map(str.encode), st.just(b"\x00" * 1_000_000)))
def test_bytes_that_are_no_record_are_set_aside_as_they_were(redis_server: RedisServer, body: bytes) -> None:
    with store_of(redis_server) as store, closing(raw_client(redis_server)) as raw:
        raw.flushall()
        raw.set(PREFIX + store.ip, body)
        assert (store.inspect(), store.unreadable) == ([], [store.ip])
        assert "set aside" in tell(store, now_ms(), want=5).trouble
        assert raw.get(f"{PREFIX}{store.ip}:broken") == body
        assert tell(store, now_ms(), want=5).grants[0].granted == 5


@pytest.mark.parametrize("kind", ["list", "hash", "set", "sorted set", "stream"])
def test_a_key_of_another_type_is_set_aside(redis_server: RedisServer, kind: str) -> None:
    with store_of(redis_server) as store, closing(raw_client(redis_server)) as raw:
        key = PREFIX + store.ip
        {
            "list": lambda: raw.rpush(key, "x"),
            "hash": lambda: raw.hset(key, "limits", "x"),
            "set": lambda: raw.sadd(key, "x"),
            "sorted set": lambda: raw.zadd(key, {"x": float("inf")}),
            "stream": lambda: raw.xadd(key, {"x": "y"}),
        }[kind]()
        assert (store.inspect(), store.unreadable) == ([], [store.ip])
        assert "set aside" in tell(store, now_ms(), want=5).trouble
        assert tell(store, now_ms(), want=5).trouble == ""
        assert [state.scope for state in store.inspect()] == [store.ip]


@contextmanager
def store_of(server: RedisServer) -> Iterator[RedisStore]:
    """A store that waits long for a busy machine, and not for ever."""
    store = RedisStore(server.url, timeout=30.0, environment="usual")
    yield store
    store.close()


def raw_client(server: RedisServer) -> Any:
    import redis

    return redis.Redis.from_url(server.url)


def test_a_whole_number_that_lua_writes_with_an_exponent_is_read(redis_server: RedisServer, usual: bytes) -> None:
    with store_of(redis_server) as store, closing(raw_client(redis_server)) as raw:
        record = json.loads(usual)
        next(iter(record["members"].values()))["holdings"]["REQUEST_WEIGHT 60000"]["taken"] = 10**15
        raw.set(PREFIX + store.ip, json.dumps(record))
        assert tell(store, now_ms(), want=5).trouble == ""
        assert b"1e+15" in raw.get(PREFIX + store.ip)
        assert [state.scope for state in store.inspect()] == [store.ip]
