"""What is particular to the budget in a file: death, deletion, foreign files, forks."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import StoreUnavailable
from tests.limits.shared.test_stores import EDGE, MINUTE, NOW, ask, grant, tell

CHILD = """
import sys
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Report
from tests.limits.shared.test_stores import ask, tell
store = SqliteStore(sys.argv[1], timeout=5.0)
reply = tell(store, ask(want=400), now_ms=int(sys.argv[2]))
print(reply.grants[0].granted, flush=True)
sys.stdin.read()
"""


def child(path: Path, now_ms: int) -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(now_ms)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{root / 'sdk'}{os.pathsep}{root}"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "400\n"
    return process


def bury(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def test_the_lease_of_a_killed_process_is_charged_to_its_window_and_forgotten_with_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    process = child(store.path, EDGE - 20_000)
    assert tell(store, ask(), now_ms=EDGE - 20_000).members == 2
    bury(process)
    reply = tell(store, ask(want=2_000), now_ms=EDGE - 19_000)
    assert reply.members == 1, "it is known at once, long before it would be forgotten"
    assert reply.grants[0].granted == 600, "it may have sent what it held"
    assert grant(store, ask(window=MINUTE + 1, want=2_000), now_ms=EDGE + 1_000) == 1_000
    store.close()


def test_what_a_process_had_in_flight_when_it_died_at_an_edge_counts_after_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    tell(store, ask(), now_ms=EDGE - 1_000)
    process = child(store.path, EDGE - 1_000)
    bury(process)
    assert grant(store, ask(window=MINUTE + 1, want=2_000), now_ms=EDGE + 1_000) == 600
    store.close()


def test_a_living_process_is_not_taken_for_dead(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    process = child(store.path, NOW)
    try:
        for later in range(1_000, 20_000, 1_000):
            assert tell(store, ask(), now_ms=NOW + later).members == 2
    finally:
        bury(process)
    store.close()


def test_a_deleted_file_is_made_anew_and_its_state_is_known_to_be_new(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    before = tell(store, ask(want=300))
    for path in tmp_path.glob("limits.db*"):
        if path.is_file():
            path.unlink()
    after = tell(store, ask(held=300), epoch=before.epoch, members=3, now_ms=NOW + 50)
    assert after.epoch != before.epoch
    after = tell(store, ask(held=300), epoch=after.epoch, now_ms=NOW + 60)
    assert after.grants[0].room <= 0, "others may have used what is not known of here"
    store.close()


@pytest.mark.parametrize("taken", [("-wal", "-shm"), ("-shm",), ("-wal",)], ids=str)
def test_a_log_that_is_deleted_in_use_splits_no_processes_and_is_told(tmp_path: Path, taken: tuple[str, ...]) -> None:
    one, two, fresh = (SqliteStore(tmp_path / "limits.db", timeout=5.0) for _ in range(3))
    holds = dict.fromkeys((one, two, fresh), 0)
    epochs, versions = dict.fromkeys(holds, ""), dict.fromkeys(holds, -1)
    troubles: list[str] = []

    def want(store: SqliteStore, units: int) -> None:
        try:
            reply = tell(
                store,
                ask(held=holds[store], want=units),
                epoch=epochs[store],
                version=versions[store],
                members=2,
            )
        except StoreUnavailable:
            troubles.append("away")
            return
        epochs[store], versions[store] = reply.epoch, reply.version
        holds[store] += reply.grants[0].granted
        troubles.append(reply.trouble)

    for store, units in ((one, 1), (two, 1), (one, 300)):
        want(store, units)
    for end in taken:
        (tmp_path / f"limits.db{end}").unlink()
    for _ in range(3):
        for store in (fresh, one, two):
            want(store, 250)
    assert sum(holds.values()) <= 1_000, "more than the limit was never given out"
    assert len(set(epochs.values())) == 1
    assert {state.scope: len(state.members) for state in fresh.inspect()} == {"unknown:ip:default": 3}
    assert any("was taken away in use" in trouble for trouble in troubles)
    assert troubles[-3:] == ["", "", ""]
    for store in holds:
        store.close()


@pytest.mark.parametrize(
    "foreign",
    [
        "DROP TABLE scope; CREATE VIEW scope AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c",
        "DROP TABLE scope; CREATE TABLE scope (name, state)",
        "CREATE TRIGGER t AFTER INSERT ON scope BEGIN SELECT raise(ABORT, 'no'); END",
        "DROP TABLE broken; CREATE TABLE broken (x)",
    ],
)
def test_a_file_in_which_another_program_put_its_own_is_refused_at_once_by_its_name(
    tmp_path: Path, foreign: str
) -> None:
    path = tmp_path / "limits.db"
    store = SqliteStore(path)
    tell(store, ask(want=5))
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(foreign)
    for call in (lambda: tell(store, ask(want=5)), store.inspect):
        with pytest.raises(
            StoreUnavailable, match=r"limits\.db: the (view|table|trigger) .* name another file"
        ) as caught:
            call()
        assert caught.value.hopeless


def test_a_file_is_set_aside_under_a_name_that_is_free(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    path.write_bytes(b"garbage" * 300)
    (tmp_path / "limits.db.broken-5").mkdir()
    (tmp_path / "limits.db.broken-5-1").symlink_to(tmp_path / "nowhere")
    store = SqliteStore(path, clock=lambda: 5.0)
    assert "set aside as limits.db.broken-5-2" in tell(store, ask()).trouble
    assert (tmp_path / "limits.db.broken-5-2").read_bytes() == b"garbage" * 300
    store.close()


def test_a_file_of_another_format_is_refused_not_misread(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable, match="format 99") as caught:
        tell(store, ask())
    assert not caught.value.maybe
    store.close()


def test_a_file_that_is_no_database_is_set_aside_by_an_exchange_and_not_by_a_look(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    garbage = b"not a database, and long enough to be sure of it" * 40
    path.write_bytes(garbage)
    store = SqliteStore(path)
    with pytest.raises(StoreUnavailable, match="not a database"):
        store.inspect()
    assert path.read_bytes() == garbage
    assert "set aside" in tell(store, ask()).trouble
    assert [each.read_bytes() for each in tmp_path.glob("limits.db.broken-*")] == [garbage]
    assert tell(store, ask(want=5)).grants[0].granted == 5
    assert store.inspect()
    store.close()


def test_a_locked_file_is_given_up_after_the_timeout_and_used_again_later(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "limits.db", timeout=0.01)
    tell(store, ask(want=10))
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked") as caught:
        tell(store, ask(held=10))
    assert not caught.value.maybe, "nothing was written"
    other.execute("ROLLBACK")
    other.close()
    assert tell(store, ask(held=10)).grants[0].room == 990
    store.close()


def test_a_folder_that_is_missing_is_a_store_that_is_away(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "nowhere" / "limits.db")
    with pytest.raises(StoreUnavailable):
        tell(store, ask())
    store.close()


def test_closing_leaves_no_sign_of_life(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    tell(store, ask())
    assert len(list((tmp_path / "limits.db-members").iterdir())) == 1
    tell(store, ask(), leaving=True)
    store.close()
    assert list((tmp_path / "limits.db-members").iterdir()) == []


def test_environments_share_nothing(tmp_path: Path) -> None:
    live = SqliteStore(tmp_path / "limits.db", timeout=5.0)
    test = SqliteStore(tmp_path / "limits.db", environment="testnet", timeout=5.0)
    assert grant(live, ask(want=1_000)) == 1_000
    assert grant(test, ask(want=1_000)) == 1_000
    assert {state.scope for state in live.inspect()} == {"unknown:ip:default", "testnet:ip:default"}
    live.close()
    test.close()
