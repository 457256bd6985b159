"""What a store takes from a process: its environment, its names, its reports, its members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.shared.division import forget
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Report
from tests.limits.shared.reports import Make, now_ms, tell


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
    named.claim("local-9480")  # a name of the user's own for all local exchanges
    assert named.ip == "local:ip:default"
    with pytest.raises(UsageError, match="limit_store was made for"):
        MemoryStore(environment="local-9481").claim("local-9480")


@pytest.mark.parametrize("fields", [{"environment": "a:b"}, {"environment": ""}, {"ip": "a\n"}, {"account": ""}])
def test_names_that_would_be_others_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        MemoryStore(**fields)  # type: ignore[arg-type]


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
    assert good.inspect()
    assert not good.unreadable, "something was written that cannot be true"
    granted = tell(good, at, want=9_000, held=1_000, epoch=epoch).grants[0].granted
    assert 5_000 - 750 <= granted <= 5_000
