"""The journal whose writes are fsyncs: shared by concurrent orders, and never on the event loop's thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.file import FileJournal
from binance_wsapi.orders.journal.intent import Intent, IntentState
from binance_wsapi.orders.journal.rows import Statement
from binance_wsapi.orders.journal.sqlite import JournalFile
from tests.orders.journal.test_base import ACCEPTED, ACCOUNT, NOT_SENT, record
from tests.orders.journal.test_intent import make


class SlowDisk:
    """Stands before `JournalFile.write`: holds it up until told, counts, and fails on request."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.busy = threading.Event()
        self.batches: list[list[Statement]] = []
        self.threads: set[threading.Thread] = set()
        self.fails = False
        write = JournalFile.write

        def held(file: JournalFile, statements: Iterable[Statement]) -> None:
            batch = list(statements)
            self.batches.append(batch)
            self.threads.add(threading.current_thread())
            self.busy.set()
            assert self.go.wait(20)
            if self.fails:
                raise JournalFailed("orders.journal: disk I/O error")
            write(file, batch)

        monkeypatch.setattr(JournalFile, "write", held)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    return SlowDisk(monkeypatch)


@pytest.fixture
def journal(tmp_path: Path, disk: SlowDisk) -> Iterator[FileJournal]:
    journal = FileJournal(tmp_path / "orders.journal", "power")
    journal.open(ACCOUNT)
    yield journal
    disk.go.set()
    journal.close()


async def test_concurrent_records_share_one_write(journal: FileJournal, disk: SlowDisk) -> None:
    first = asyncio.create_task(record(journal, make("first")))
    await asyncio.to_thread(disk.busy.wait, 20)
    others = [asyncio.create_task(record(journal, make(f"b{number}"))) for number in range(64)]
    await asyncio.sleep(0)
    assert not first.done()
    disk.go.set()
    await asyncio.gather(first, *others)
    assert [len(batch) for batch in disk.batches] == [1, 64]


async def test_the_event_loop_goes_on_while_the_disk_does_not(journal: FileJournal, disk: SlowDisk) -> None:
    waiting = journal.record(make("b"))
    assert waiting is not None
    task = asyncio.ensure_future(waiting)
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert not task.done(), "no order may be sent before it is on disk"
    disk.go.set()
    await task
    assert threading.current_thread() not in disk.threads


async def test_marks_and_verdicts_do_not_wait_for_the_disk_and_go_with_the_next_record(
    journal: FileJournal, disk: SlowDisk
) -> None:
    disk.go.set()
    done = await record(journal, make("b"))
    disk.go.clear()
    disk.busy.clear()
    held = asyncio.create_task(record(journal, make("held")))
    await asyncio.to_thread(disk.busy.wait, 20)
    journal.mark_sent(done, 1)
    journal.settle(done, ACCEPTED)
    following = asyncio.create_task(record(journal, make("c")))
    await asyncio.sleep(0)
    disk.go.set()
    await asyncio.gather(held, following)
    kinds = [[sql.split()[0] for sql, _ in batch] for batch in disk.batches]
    assert kinds == [["INSERT"], ["INSERT"], ["INSERT", "UPDATE"]], "one update for both, in the next write"


async def test_a_cancelled_record_is_settled_as_not_sent_and_stays_so(
    journal: FileJournal, disk: SlowDisk, tmp_path: Path
) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    blocked = asyncio.create_task(record(journal, make("b")))
    await asyncio.to_thread(disk.busy.wait, 20)
    intent = make("c")
    queued = asyncio.create_task(record(journal, intent))
    await asyncio.sleep(0)
    queued.cancel()
    with pytest.raises(asyncio.CancelledError):
        await queued
    journal.settle(intent, NOT_SENT)
    disk.go.set()
    await blocked
    await record(journal, make("d"))
    assert not complaints
    journal.abandon()
    again = FileJournal(tmp_path / "orders.journal")
    again.open(ACCOUNT)
    assert [each.intent_id for each in again.open_intents()] == ["b", "d"]
    assert [each.state for each in again.watched(0)] == [IntentState.NOT_SENT]
    again.close()


async def test_a_failed_write_fails_every_order_that_waited_for_it_and_all_after(
    journal: FileJournal, disk: SlowDisk
) -> None:
    disk.fails = True
    tasks: list[asyncio.Task[Intent]] = [
        asyncio.create_task(record(journal, make(f"b{number}"))) for number in range(10)
    ]
    await asyncio.to_thread(disk.busy.wait, 20)
    disk.go.set()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(error, JournalFailed) for error in errors)
    assert len({id(error) for error in errors}) == 10, "each caller has an error of its own"
    written = len(disk.batches)
    disk.fails = False
    with pytest.raises(JournalFailed, match="failed before"):
        journal.record(make("z"))
    assert len(disk.batches) == written


async def test_closing_waits_for_what_is_being_written(journal: FileJournal, disk: SlowDisk, tmp_path: Path) -> None:
    disk.go.set()
    intents = [make(f"b{number}") for number in range(5)]
    waits = [journal.record(each) for each in intents]
    journal.close()
    for wait in waits:
        assert wait is not None
        await wait
    journal.open(ACCOUNT)
    assert len(journal.open_intents()) == 5


def test_a_loop_that_is_gone_stops_no_other_caller(journal: FileJournal, disk: SlowDisk) -> None:
    async def leave() -> None:
        journal.record(make("b"))

    asyncio.run(leave())
    disk.go.set()
    asyncio.run(record_in_new_loop(journal))
    assert [each.intent_id for each in journal.open_intents()] == ["b", "c"]


async def record_in_new_loop(journal: FileJournal) -> None:
    await record(journal, make("c"))


def test_power_asks_sqlite_for_an_fsync_per_commit_and_process_for_none(tmp_path: Path) -> None:
    for durability, level in (("power", 2), ("process", 0)):
        journal = FileJournal(tmp_path / durability, durability)  # type: ignore[arg-type]
        journal.open(ACCOUNT)
        assert journal._file is not None
        assert journal._file._db is not None
        assert journal._file._db.execute("PRAGMA synchronous").fetchone() == (level,)
        assert journal._file._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        journal.close()
