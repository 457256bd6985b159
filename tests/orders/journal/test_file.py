"""What is particular to a journal in a file: crashes, foreign files, full disks, two owners, forks."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_wsapi.errors import UsageError
from binance_wsapi.models.enums import Side
from binance_wsapi.orders.journal import writer as journal_writer
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.file import FileJournal
from binance_wsapi.orders.journal.intent import Intent, IntentState
from binance_wsapi.orders.journal.sqlite import JournalFile
from tests.counts import drawn
from tests.orders.journal.test_base import ACCEPTED, ACCOUNT, NOT_PLACED, NOT_SENT, REJECTED, record
from tests.orders.journal.test_intent import make

ROOT = Path(__file__).parents[3]


def reopen(journal: FileJournal, path: Path) -> FileJournal:
    """Open what a process that was killed left behind."""
    journal.abandon()
    again = FileJournal(path)
    again.open(ACCOUNT)
    return again


@pytest.fixture(autouse=True)
def disk_of_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no close end in the background because this machine is slow."""
    monkeypatch.setattr("binance_wsapi.orders.journal.file.CLOSE_WAIT_S", 60.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.journal"


@pytest.fixture
def journal(path: Path) -> Any:
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    yield journal
    journal.close()


# --------------------------------------------------------------------------- what survives


def test_everything_about_an_intent_survives(journal: FileJournal, path: Path) -> None:
    params = {
        "symbol": "１２３４５６",
        "side": Side.BUY,
        "quantity": Decimal("0.010"),
        "price": "60000.10",
        "orderId": 12345678901,
        "iceberg": None,
    }
    intent = Intent("i-1", "order.place", "１２３４５６", ("b", "c"), params, 1_700, 2_500.125, "tag", "b")
    journal.record(intent)
    journal.mark_sent(intent, 1_701)
    again = reopen(journal, path)
    (found,) = again.open_intents()
    assert (found.intent_id, found.method, found.symbol, found.ids) == (
        "i-1",
        "order.place",
        "１２３４５６",
        ("b", "c"),
    )
    assert (found.created_ms, found.recv_window_ms, found.account, found.client_order_id) == (
        1_700,
        2_500.125,
        "tag",
        "b",
    )
    assert found.timestamp_ms == 1_701
    assert found.recovered
    assert found.params == {
        "symbol": "１２３４５６",
        "side": "BUY",
        "quantity": "0.010",
        "price": "60000.10",
        "orderId": 12345678901,
    }
    again.close()


@pytest.mark.parametrize("durability", ["process", "power"])
async def test_what_was_recorded_and_not_settled_is_in_doubt_after_a_crash(
    path: Path, durability: Literal["process", "power"]
) -> None:
    journal = FileJournal(path, durability)
    journal.open(ACCOUNT)
    never_marked = await record(journal, make("b"))
    sent = await record(journal, make("c"))
    journal.mark_sent(sent, 7)
    doubted = await record(journal, make("d"))
    journal.mark_sent(doubted, 8)
    journal.mark_unknown(doubted)
    again = reopen(journal, path)
    assert [each.intent_id for each in again.open_intents()] == ["b", "c", "d"]
    assert {each.state for each in again.open_intents()} == {IntentState.UNKNOWN}, "any of them may be at the venue"
    with pytest.raises(UsageError):
        again.settle(again.open_intents()[0], NOT_SENT)
    assert never_marked.state is IntentState.RECORDED
    again.close()


@pytest.mark.parametrize("durability", ["process", "power"])
async def test_a_verdict_is_on_disk_no_later_than_the_next_record(
    path: Path, durability: Literal["process", "power"]
) -> None:
    """Else the next request could rename what an open intent is looked for by."""
    journal = FileJournal(path, durability)
    journal.open(ACCOUNT)
    for number, settlement in enumerate((ACCEPTED, REJECTED, NOT_PLACED)):
        intent = await record(journal, make(f"b{number}"))
        journal.mark_sent(intent, number)
        journal.settle(intent, settlement)
    await record(journal, make("next"))
    again = reopen(journal, path)
    assert [each.intent_id for each in again.open_intents()] == ["next"]
    assert [each.settlement for each in again.watched(0)] == [REJECTED, NOT_PLACED]
    with pytest.raises(UsageError):
        again.record(make("b0"))
    again.close()


def test_a_verdict_that_no_record_followed_is_asked_for_again(path: Path) -> None:
    async def crash_at_once() -> None:
        journal = FileJournal(path)
        journal.open(ACCOUNT)
        intent = await record(journal, make("b"))
        journal.settle(intent, ACCEPTED)
        journal.abandon()

    asyncio.run(crash_at_once())
    again = FileJournal(path)
    again.open(ACCOUNT)
    assert [each.intent_id for each in again.open_intents()] == ["b"]
    again.close()


@pytest.mark.parametrize("durability", ["process", "power"])
async def test_a_verdict_goes_out_by_itself_when_no_record_follows(
    path: Path, durability: Literal["process", "power"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "LINGER_S", 0.0)
    written = asyncio.Event()
    loop = asyncio.get_running_loop()
    write = JournalFile.write

    def telling(self: JournalFile, statements: Any) -> None:
        statements = list(statements)
        write(self, statements)
        if any(sql.startswith("UPDATE") for sql, _ in statements):
            loop.call_soon_threadsafe(written.set)

    monkeypatch.setattr(JournalFile, "write", telling)
    journal = FileJournal(path, durability)
    journal.open(ACCOUNT)
    intent = await record(journal, make("b"))
    journal.settle(intent, ACCEPTED)
    await asyncio.wait_for(written.wait(), 10)
    again = reopen(journal, path)
    assert again.open_intents() == []
    again.close()


@pytest.mark.parametrize("durability", ["process", "power"])
async def test_closing_writes_out_what_is_late(path: Path, durability: Literal["process", "power"]) -> None:
    journal = FileJournal(path, durability)
    journal.open(ACCOUNT)
    intent = await record(journal, make("b"))
    journal.mark_sent(intent, 1)
    journal.settle(intent, NOT_PLACED)
    journal.close()
    journal.close()
    assert not path.with_name("orders.journal-wal").exists(), "the log is folded in"
    journal.open(ACCOUNT)
    assert journal.open_intents() == []
    assert [each.settlement for each in journal.watched(0)] == [NOT_PLACED]
    journal.close()


def test_late_writes_are_bounded(journal: FileJournal, path: Path) -> None:
    """A burst of verdicts that no record follows does not pile up."""

    async def burst() -> None:
        intents = [make(f"b{number}") for number in range(2_000)]
        for each in intents:
            journal.record(each)
        for each in intents:
            journal.settle(each, ACCEPTED)

    asyncio.run(burst())
    again = reopen(journal, path)
    assert len(again.open_intents()) <= 500
    again.close()


def test_a_verdict_of_an_earlier_opening_never_lands_on_another_order(path: Path) -> None:
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    journal.record(make("b"))
    journal.settle(journal.open_intents()[0], ACCEPTED)
    journal.forget(10_000)
    stale = make("c")
    journal.record(stale)
    journal.abandon()
    path.unlink()
    path.with_name("orders.journal-wal").unlink(missing_ok=True)
    journal.open(ACCOUNT)
    journal.record(make("d"))
    journal.record(make("f"))
    stale.line = 1
    journal.settle(stale, ACCEPTED)
    again = reopen(journal, path)
    assert [each.intent_id for each in again.open_intents()] == ["d", "f"]
    again.close()


def test_what_is_refused_for_its_id_leaves_nothing_in_the_file(journal: FileJournal, path: Path) -> None:
    journal.record(make("b"))
    with pytest.raises(UsageError):
        journal.record(make("b", created_ms=2_000))
    again = reopen(journal, path)
    assert [each.created_ms for each in again.open_intents()] == [1_000]
    again.close()


def test_the_file_shrinks_with_what_is_forgotten(journal: FileJournal, path: Path) -> None:
    for number in range(10):
        intent = make(f"b{number}", created_ms=number)
        journal.record(intent)
        journal.settle(intent, ACCEPTED)
    assert journal.forget(8) == 8
    journal.record(make("c"))
    journal.close()
    with sqlite3.connect(path) as db:
        names = [name for (name,) in db.execute("SELECT intent_id FROM intent ORDER BY line")]
    db.close()
    assert names == ["b8", "b9", "c"]


def test_what_is_past_its_day_is_forgotten_when_the_journal_is_opened(path: Path) -> None:
    journal = FileJournal(path, keep_ms=100)
    journal.open(ACCOUNT)
    for at, name in ((0, "b"), (0, "open"), (150, "c")):
        intent = make(name, created_ms=at)
        journal.record(intent)
        if name != "open":
            journal.settle(intent, NOT_SENT)
    journal.close()
    journal = FileJournal(path, keep_ms=100)
    journal.open(ACCOUNT)
    assert [each.intent_id for each in journal.watched(0)] == ["c"]
    assert [each.intent_id for each in journal.open_intents()] == ["open"]
    journal.close()


@pytest.mark.lives
@settings(max_examples=drawn(25, 60), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["record", "sent", "accept", "refuse", "crash", "close"]), st.integers(0, 9)))
)
def test_in_every_case_what_was_recorded_is_there_and_no_verdict_is_invented(
    tmp_path_factory: pytest.TempPathFactory, ops: list[tuple[str, int]]
) -> None:
    """A model of two dicts: what was recorded, and the verdicts that a later record made durable."""
    path = tmp_path_factory.mktemp("model") / "orders.journal"
    recorded: list[str] = []
    told: dict[str, str] = {}  # verdicts, durable or not

    async def run() -> None:
        journal = FileJournal(path)
        journal.open(ACCOUNT)
        durable: dict[str, str] = {}
        for op, pick in ops:
            opened = journal.open_intents()
            if op == "record":
                name = f"b{len(recorded)}"
                await record(journal, make(name))
                recorded.append(name)
                durable = dict(told)
            elif op in {"crash", "close"}:
                if op == "crash":
                    journal.abandon()
                else:
                    journal.close()
                    durable = dict(told)
                journal = FileJournal(path)
                journal.open(ACCOUNT)
                found = {each.intent_id for each in journal.open_intents()}
                assert found >= {name for name in recorded if name not in told}, "nothing recorded is lost"
                assert not found & set(durable), "no durable verdict is lost"
                refused = {each.intent_id for each in journal.watched(0)}
                assert refused >= {name for name, verdict in durable.items() if verdict == "refuse"}
                assert refused <= {name for name, verdict in told.items() if verdict == "refuse"}
                for name in found:
                    told.pop(name, None)
                durable = dict(told)
            elif opened:
                intent = opened[pick % len(opened)]
                if op == "sent" and intent.state is not IntentState.UNKNOWN:
                    journal.mark_sent(intent, pick)
                elif op == "accept":
                    journal.settle(intent, ACCEPTED)
                    told[intent.intent_id] = op
                elif op == "refuse":
                    journal.settle(intent, REJECTED)
                    told[intent.intent_id] = op
        journal.close()

    asyncio.run(run())


# --------------------------------------------------------------------------- whose it is


def test_a_journal_of_another_account_is_refused(journal: FileJournal, path: Path) -> None:
    journal.close()
    with pytest.raises(UsageError, match=r"^orders\.journal is the journal of another API key or another environment"):
        FileJournal(path).open("other")
    journal.open(ACCOUNT)
    with pytest.raises(UsageError, match="name it"):
        FileJournal(path).open("")


def test_a_second_opener_is_refused_and_the_first_goes_on(journal: FileJournal, path: Path) -> None:
    second = FileJournal(path)
    with pytest.raises(UsageError) as caught:
        second.open(ACCOUNT)
    assert "orders.journal is in use in this process, by another client" in str(caught.value)
    assert str(path.parent) not in str(caught.value)
    journal.record(make("b"))
    with pytest.raises(JournalFailed, match="not open"):
        second.record(make("c"))
    with pytest.raises(UsageError, match="open already"):
        journal.open(ACCOUNT)


def test_a_second_opener_by_another_name_is_refused(journal: FileJournal, path: Path) -> None:
    link = path.with_name("link.journal")
    link.symlink_to(path)
    with pytest.raises(UsageError, match="in use"):
        FileJournal(link).open(ACCOUNT)


def test_a_link_in_the_place_of_the_lock_is_refused(path: Path) -> None:
    other = path.with_name("of-another-program")
    other.write_bytes(b"theirs")
    path.with_name(f"{path.name}.lock").symlink_to(other)
    with pytest.raises(JournalFailed, match="lock of the journal, is a link"):
        FileJournal(path).open(ACCOUNT)
    assert other.read_bytes() == b"theirs"
    assert not path.exists()


BESIDE = ["", ".lock", "-wal", "-shm", "-journal"]


def closed_with(path: Path, suffix: str) -> Path:
    """Make a journal and close it; return the file of it, or beside it, with this end of its name."""
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    journal.close()
    file = path.with_name(path.name + suffix)
    file.touch(0o600)
    return file


@pytest.mark.parametrize("suffix", BESIDE)
def test_what_other_users_can_write_to_is_refused_by_its_name_with_the_remedy(path: Path, suffix: str) -> None:
    file = closed_with(path, suffix)
    file.chmod(0o666)
    with pytest.raises(
        JournalFailed, match=f"other users can write to it: (take|remove) {file.name}.* another journal$"
    ):
        FileJournal(path).open(ACCOUNT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666


@pytest.mark.parametrize("suffix", BESIDE)
def test_what_has_another_name_too_is_refused_and_the_other_file_stays_as_it_is(path: Path, suffix: str) -> None:
    file, other = closed_with(path, suffix), path.with_name("of-another-program")
    file.replace(other)
    held = other.read_bytes() or b"precious"
    other.write_bytes(held)
    os.link(other, file)
    with pytest.raises(JournalFailed, match="a hard link"):
        FileJournal(path).open(ACCOUNT)
    assert other.read_bytes() == held


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_no_link_is_followed_beside_a_journal(path: Path, suffix: str) -> None:
    file, other = closed_with(path, suffix), path.with_name("of-another-program")
    file.replace(other)
    file.symlink_to(other)
    with pytest.raises(JournalFailed, match="symbolic link, and none is followed"):
        FileJournal(path).open(ACCOUNT)
    assert other.read_bytes() == b""


@pytest.mark.parametrize("suffix", ["", ".lock"])
def test_what_another_user_made_is_refused(path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    closed_with(path, suffix)
    owner = os.geteuid()
    answers = iter([owner, owner + 1] if suffix == "" else [owner + 1])  # the lock is looked at first
    monkeypatch.setattr(os, "geteuid", lambda: next(answers, owner + 1))
    with pytest.raises(JournalFailed, match=f"user {owner} made it: (take|remove) {path.name}{suffix}"):
        FileJournal(path).open(ACCOUNT)


def test_a_second_opener_is_refused_though_the_lock_file_was_deleted(journal: FileJournal, path: Path) -> None:
    path.with_name("orders.journal.lock").unlink()
    with pytest.raises(UsageError, match="in use"):
        FileJournal(path).open(ACCOUNT)
    journal.record(make("b"))


OPENER = """
import sys
from binance_wsapi.errors import UsageError
from binance_wsapi.orders.journal.file import FileJournal
try:
    journal = FileJournal(sys.argv[1])
    journal.open("tag")
except UsageError as error:
    print("refused", error, flush=True)
else:
    print("opened", flush=True)
    sys.stdin.read()
"""


def run_opener(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPENER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "sdk")},
    )


def test_another_process_is_refused_until_its_owner_dies(journal: FileJournal, path: Path) -> None:
    with run_opener(path) as refused:
        out, _ = refused.communicate()
        assert out.startswith(f"refused the journal orders.journal is in use by process {os.getpid()}")
    journal.close()
    with run_opener(path) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "opened\n"
        with pytest.raises(UsageError, match=f"in use by process {owner.pid}"):
            journal.open(ACCOUNT)
        owner.kill()
        owner.wait()
        journal.open(ACCOUNT)


def test_a_file_that_is_not_a_journal_is_refused_and_left_as_it_is(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE precious (x)")
    db.commit()
    db.close()
    other = path.with_name("notes.txt")
    other.write_text("not a database, but long enough to be taken for the head of one" * 10)
    for each in (path, other):
        before = each.read_bytes()
        with pytest.raises(UsageError, match="is not an order journal"):
            FileJournal(each).open(ACCOUNT)
        assert each.read_bytes() == before


def test_a_journal_of_a_later_version_is_refused(journal: FileJournal, path: Path) -> None:
    journal.abandon()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 3")
    db.close()
    with pytest.raises(UsageError, match="is of format 3, this version reads up to 2"):
        journal.open(ACCOUNT)


def test_only_its_owner_can_read_a_journal(path: Path) -> None:
    before = os.umask(0)
    try:
        journal = FileJournal(path)
        journal.open(ACCOUNT)
        journal.record(make("b"))
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        journal.close()
    finally:
        os.umask(before)
    names = ("orders.journal", "orders.journal-wal", "orders.journal.lock", "orders.journal.all-recorded")
    assert modes == dict.fromkeys(names, 0o600)
    path.chmod(0o644)
    journal.open(ACCOUNT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    journal.close()


# --------------------------------------------------------------------------- the mark of what is not written down


def _marks(path: Path) -> list[str]:
    return sorted(each.suffix for each in path.parent.iterdir() if each.suffix.endswith("recorded"))


def test_a_change_that_is_not_written_down_is_noted_where_no_file_can_be_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    assert (_marks(path), journal.unrecorded) == ([".all-recorded"], False)
    opened = os.open

    def full(name: Any, flags: int, *more: Any, **options: Any) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(name, flags, *more, **options)

    monkeypatch.setattr(os, "open", full)
    journal.mark_unrecorded()
    monkeypatch.undo()
    assert _marks(path) == [".unrecorded"]
    journal.abandon()
    journal.open(ACCOUNT)
    assert journal.unrecorded
    journal.clear_unrecorded()
    assert (_marks(path), journal.unrecorded) == ([".all-recorded"], False)
    journal.mark_unrecorded()
    journal.clear_unrecorded()
    assert _marks(path) == [".unrecorded"], "what this process noted stays"
    journal.close()
    assert _marks(path) == [".unrecorded"]


def test_nothing_is_left_beside_a_journal_that_is_closed_and_what_a_killed_process_left_is_taken_over(
    path: Path,
) -> None:
    journal = FileJournal(path)
    for _ in range(2):
        journal.open(ACCOUNT)
        journal.abandon()
        assert _marks(path) == [".all-recorded"]
    journal.open(ACCOUNT)
    journal.close()
    assert _marks(path) == []


def test_a_link_in_the_place_of_the_mark_is_refused_and_the_file_is_free_again(path: Path) -> None:
    spare = path.with_name(f"{path.name}.all-recorded")
    spare.symlink_to(path.with_name("elsewhere"))
    journal = FileJournal(path)
    with pytest.raises(JournalFailed, match="all-recorded: it is a symbolic link"):
        journal.open(ACCOUNT)
    spare.unlink()
    journal.open(ACCOUNT)
    journal.close()
    assert not path.with_name("elsewhere").exists()


@pytest.mark.parametrize("how", ["refused", "hangs"])
def test_a_mark_that_cannot_be_made_is_told_and_holds_nothing_up(
    path: Path, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("binance_wsapi.orders.journal.file.MARK_WAIT_S", 0.05)
    back = threading.Event()

    def replace(*_: Any) -> None:
        if how == "hangs":
            back.wait(10.0)
        raise OSError(errno.EROFS, "Read-only file system")

    journal = FileJournal(path)
    journal.open(ACCOUNT)
    monkeypatch.setattr(Path, "replace", replace)
    journal.mark_unrecorded()
    (told,) = [each.getMessage() for each in caplog.records if each.levelno == logging.CRITICAL]
    assert ("the disk hangs" if how == "hangs" else "Read-only file system") in told
    back.set()
    journal.abandon()


def test_no_key_and_no_signature_is_written_though_the_caller_hands_it_in(journal: FileJournal, path: Path) -> None:
    params = {"symbol": "BTCUSDT", "apiKey": "canary-key", "signature": "canary-signature"}
    journal.record(Intent("b", "order.place", "BTCUSDT", ("b",), params, 1, 5_000))
    journal.mark_sent(journal.open_intents()[0], 1)
    wal = path.with_name("orders.journal-wal").read_bytes()
    journal.close()
    assert b"BTCUSDT" in wal
    assert b"canary" not in wal + path.read_bytes()
    assert "canary" not in repr(journal)
    assert str(path.parent) not in repr(journal)
    assert params["apiKey"] == "canary-key", "what the caller sends is not touched"


# --------------------------------------------------------------------------- what breaks


def test_a_torn_tail_of_the_log_is_left_out(journal: FileJournal, path: Path) -> None:
    """At whatever byte the log is cut, what is found is what was recorded first, without a hole."""
    for number in range(8):
        journal.record(make(f"b{number}"))
    wal = path.with_name("orders.journal-wal")
    whole, database = wal.read_bytes(), path.read_bytes()
    journal.close()
    counts = []
    for cut in [*range(0, len(whole), 1_357), len(whole) - 1, len(whole)]:
        for tail in (b"", b"\xff" * 100, b"\0" * 4_120):
            path.write_bytes(database)
            wal.write_bytes(whole[:cut] + tail)
            again = FileJournal(path)
            try:
                again.open(ACCOUNT)
            except UsageError:
                assert cut < 4_120 * 4, "only what was torn before it was a journal is none"
                path.unlink()
                wal.unlink(missing_ok=True)
                continue
            names = [each.intent_id for each in again.open_intents()]
            assert names == [f"b{number}" for number in range(len(names))]
            counts.append(len(names))
            again.record(make("next"))
            again.close()
            path.unlink()
    assert counts[-1] == 8
    assert set(counts) >= set(range(9)), "the cuts hit every record"


def test_a_flipped_byte_in_the_log_ends_it_there(journal: FileJournal, path: Path) -> None:
    for number in range(8):
        journal.record(make(f"b{number}"))
    wal = path.with_name("orders.journal-wal")
    whole, database = bytearray(wal.read_bytes()), path.read_bytes()
    journal.close()
    whole[-2_000] ^= 0x40
    path.write_bytes(database)
    wal.write_bytes(whole)
    journal.open(ACCOUNT)
    assert [each.intent_id for each in journal.open_intents()] == [f"b{number}" for number in range(7)]


def test_a_damaged_file_is_refused(journal: FileJournal, path: Path) -> None:
    for number in range(100):
        journal.record(make(f"b{number}"))
    journal.close()
    whole = bytearray(path.read_bytes())
    for at in range(3 * 4_096, len(whole), 512):
        whole[at : at + 256] = b"\xa5" * 256
    path.write_bytes(whole)
    with pytest.raises(JournalFailed, match=r"orders\.journal: .*(damaged|malformed)"):
        journal.open(ACCOUNT)
    path.unlink()
    journal.open(ACCOUNT)


def test_a_line_that_makes_no_sense_is_not_skipped(journal: FileJournal, path: Path) -> None:
    journal.record(make("b"))
    journal.abandon()
    for change in ("ids = 'b'", "state = 'FINE'", "params = '[]'", "state = 'ACCEPTED'"):
        db = sqlite3.connect(path)
        db.execute("UPDATE intent SET ids = '[\"b\"]', state = 'SENT', params = '{}'")
        db.execute(f"UPDATE intent SET {change}")
        db.commit()
        db.close()
        with pytest.raises(JournalFailed, match="line 1 cannot be read"):
            journal.open(ACCOUNT)


def fill_up(journal: FileJournal) -> int:
    """Record until the disk is full; returns how many orders were taken."""
    for taken in range(10_000):
        try:
            journal.record(make(f"b{taken}"))
        except JournalFailed as error:
            reason = str(error)
            break
    assert "orders.journal: database or disk is full" in reason
    return taken


def test_a_full_disk_means_that_no_order_is_sent_until_the_journal_is_opened_again(
    journal: FileJournal, path: Path
) -> None:
    assert journal._file is not None
    assert journal._file._db is not None
    journal._file._db.execute("PRAGMA max_page_count = 8")
    taken = fill_up(journal)
    assert 0 < taken < 10_000
    assert journal.failed
    with pytest.raises(JournalFailed, match="failed before"):
        journal.record(make("z"))
    assert len(journal.open_intents()) == taken, "what was refused is not open"
    journal._file._db.execute("PRAGMA max_page_count = 100000")
    with pytest.raises(JournalFailed):
        journal.record(make("z"))
    again = reopen(journal, path)
    assert len(again.open_intents()) == taken
    assert again.record(make("z")) is None
    again.close()


def _writes(journal: FileJournal) -> Any:
    """Return what calls the file to write."""
    assert journal._writer is not None
    return journal._writer._hand


@pytest.mark.parametrize("durability", ["process", "power"])
async def test_a_verdict_is_told_though_it_cannot_be_written(
    path: Path, durability: Literal["process", "power"], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FileJournal(path, durability)
    journal.open(ACCOUNT)
    intent = await record(journal, make("b"))

    def broken(*_: Any) -> None:
        raise JournalFailed("orders.journal: disk I/O error")

    monkeypatch.setattr(_writes(journal), "_write", broken)
    journal.mark_sent(intent, 1)
    journal.settle(intent, ACCEPTED)
    assert intent.state is IntentState.ACCEPTED
    with pytest.raises(JournalFailed, match="disk I/O error"):
        await record(journal, make("c"))
    assert journal.failed
    with pytest.raises(JournalFailed, match="failed before"):
        journal.record(make("d"))
    journal.close()
    journal.open(ACCOUNT)
    assert [each.intent_id for each in journal.open_intents()] == ["b"], "it is asked about again"
    journal.close()


LIMITED = """
import resource, signal, sys
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.file import FileJournal
from tests.orders.journal.test_intent import make
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
journal = FileJournal(sys.argv[1])
journal.open("tag")
taken = 0
try:
    while taken < 10_000:
        journal.record(make(f"b{taken}"))
        taken += 1
except JournalFailed as error:
    print(taken, error, flush=True)
"""


def test_a_write_the_system_refuses_loses_nothing_that_was_recorded_before(path: Path) -> None:
    """A real refusal of the system, in the middle of writing a page: the largest file size of the process."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'sdk'}{os.pathsep}{ROOT}"},
    )
    taken, _, reason = done.stdout.partition(" ")
    assert "orders.journal: " in reason
    assert 0 < int(taken) < 10_000
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    names = [each.intent_id for each in journal.open_intents()]
    assert names[: int(taken)] == [f"b{number}" for number in range(int(taken))]
    journal.close()


def test_places_where_no_journal_can_be_are_told_without_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for where in ("missing/orders.journal", "file/orders.journal", "folder"):
        with pytest.raises((JournalFailed, UsageError)) as caught:
            FileJournal(tmp_path / where).open(ACCOUNT)
        text = "".join(traceback.format_exception(caught.value)).rpartition("\n")[0].splitlines()[-1]
        assert where.split("/")[-1] in text
        assert str(tmp_path) not in text


def test_a_folder_that_cannot_be_written_to_takes_no_journal() -> None:
    """A folder of the kernel's own, so that it holds for every user."""
    with pytest.raises(JournalFailed, match=r"^orders\.journal: "):
        FileJournal("/proc/self/orders.journal").open(ACCOUNT)


def test_a_file_that_cannot_be_written_is_found_when_it_is_opened(
    journal: FileJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.close()
    connect = sqlite3.connect

    def read_only(path: Path, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(f"file:{path}?mode=ro", uri=True, **options)
        return db

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with pytest.raises(JournalFailed, match=r"^orders\.journal: .*SQLITE_"):
        journal.open(ACCOUNT)
    monkeypatch.undo()
    journal.open(ACCOUNT)


@pytest.mark.parametrize("victim", ["orders.journal", "orders.journal-wal"])
@pytest.mark.parametrize("replaced", [True, False], ids=["replaced", "deleted"])
def test_a_file_that_is_replaced_underneath_takes_no_more_orders(
    journal: FileJournal, path: Path, victim: str, replaced: bool
) -> None:
    journal.record(make("b"))
    there = path.with_name(victim)
    copy = there.read_bytes()
    there.rename(path.with_name("moved"))
    if replaced:
        there.write_bytes(copy)
    with pytest.raises(JournalFailed, match="moved, deleted or replaced"):
        journal.record(make("c"))
    assert journal.failed


def test_a_foreign_failure_does_not_show_the_folder(journal: FileJournal, path: Path) -> None:
    path.rename(path.with_name("moved"))
    with pytest.raises(JournalFailed) as caught:
        journal.record(make("b"))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


# --------------------------------------------------------------------------- forks

FORKER = """
import asyncio, os, sys
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.file import FileJournal
from tests.orders.journal.test_base import record
from tests.orders.journal.test_intent import make
path, durability, child_closes = sys.argv[1], sys.argv[2], sys.argv[3] == "closes"
journal = FileJournal(path, durability)
journal.open("tag")
asyncio.run(record(journal, make("before")))
child = os.fork()
if child == 0:
    try:
        journal.record(make("child"))
    except JournalFailed as error:
        print(error, flush=True)
    if child_closes:
        journal.close()
        del journal
    sys.exit(0)
os.waitpid(child, 0)
asyncio.run(record(journal, make("after")))
print("written", flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("durability", ["process", "power"])
@pytest.mark.parametrize("child", ["closes", "forgets"])
def test_a_forked_child_cannot_use_the_journal_and_does_it_no_harm(path: Path, durability: str, child: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKER, str(path), durability, child],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'sdk'}{os.pathsep}{ROOT}"},
    )
    refused, written = done.stdout.splitlines()
    assert "open one of your own after a fork" in refused
    assert written == "written", done.stderr
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    assert [each.intent_id for each in journal.open_intents()] == ["before", "after"]
    journal.close()


SURVIVOR = """
import os, sys
from binance_wsapi.orders.journal.file import FileJournal
journal = FileJournal(sys.argv[1])
journal.open("tag")
ready, tell = os.pipe()
if os.fork() == 0:
    os.write(tell, b".")
    sys.stdin.read()
    os._exit(0)
os.read(ready, 1)
print("forked", flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_child_that_outlives_its_parent_does_not_hold_the_lock(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SURVIVOR, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "sdk")},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"forked\n"
        process.wait()
        journal = FileJournal(path)
        journal.open(ACCOUNT)
        journal.close()
        # Leaving closes the pipe, and with it the child ends.


def test_a_durability_that_is_not_one_is_refused(path: Path) -> None:
    with pytest.raises(UsageError, match="'process' or 'power'"):
        FileJournal(path, "disk")  # type: ignore[arg-type]


@pytest.mark.parametrize("durability", ["process", "power"])
@pytest.mark.parametrize("where", ["write", "close"])
async def test_a_disk_that_hangs_holds_up_no_close(
    path: Path, durability: Literal["process", "power"], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("binance_wsapi.orders.journal.file.CLOSE_WAIT_S", 0.05)
    journal = FileJournal(path, durability)
    journal.open(ACCOUNT)
    intent = await record(journal, make("b"))
    assert journal._file is not None
    assert journal._writer is not None
    disk = threading.Event()

    def hang(real: Callable[..., None]) -> Callable[..., None]:
        def hanging(*arguments: Any) -> None:
            disk.wait()
            real(*arguments)

        return hanging

    if where == "write":
        monkeypatch.setattr(_writes(journal), "_write", hang(journal._file.write))
        journal.settle(intent, ACCEPTED)
    else:
        monkeypatch.setattr(journal._file, "close", hang(journal._file.close))
    begun = time.monotonic()
    journal.close()
    assert time.monotonic() - begun < 1.0
    with monkeypatch.context() as patched:
        patched.setattr("binance_wsapi.orders.journal.file.ENDING_LOOKS", 3)
        with pytest.raises(UsageError, match="that the disk still keeps from closing"):
            FileJournal(path).open(ACCOUNT)
    again = FileJournal(path)
    opening = again.opening(ACCOUNT)
    next(opening)  # it waits, and other tasks have their turn
    disk.set()
    for _ in opening:
        pass
    assert [each.intent_id for each in again.open_intents()] == ([] if where == "write" else ["b"])
    again.close()
