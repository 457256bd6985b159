"""Records that are broken, contradict themselves, or that no process wrote are set aside, told and healed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from binance_wsapi.limits.events import LimitEvent, StoreMended
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.division import LimitShared, ScopeState
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import StoreUnavailable
from binance_wsapi.wire.endpoint import Endpoint
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import now_ms, tell

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
