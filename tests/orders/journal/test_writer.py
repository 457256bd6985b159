"""Group commit: what is recorded in one turn of the event loop shares one write, and nothing goes out before that is done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import NotSent, SpotClient
from binance_wsapi.orders.journal.base import InTurn, JournalFailed
from binance_wsapi.orders.journal.file import FileJournal
from binance_wsapi.orders.journal.rows import Statement
from binance_wsapi.orders.journal.sqlite import JournalFile
from tests.orders.journal.test_base import ACCEPTED, ACCOUNT, NOT_SENT
from tests.orders.journal.test_intent import make
from tests.served import Served


class Disk:
    """Counts writes, and can be full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.writes: list[list[str]] = []
        write = JournalFile.write

        def counted(file: JournalFile, statements: Iterable[Statement]) -> None:
            statements = list(statements)
            if self.full:
                raise JournalFailed("the disk is full")
            self.writes.append([sql.split()[0] for sql, _ in statements])
            write(file, statements)

        monkeypatch.setattr(JournalFile, "write", counted)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def journal(tmp_path: Path, disk: Disk) -> FileJournal:
    journal = FileJournal(tmp_path / "orders.journal")
    journal.open(ACCOUNT)
    return journal


def on_disk(path: Path) -> list[str]:
    """Return the names of what a process that is killed now leaves behind."""
    copied = path.with_name("copy")
    for suffix in ("", "-wal"):
        copied.with_name(f"copy{suffix}").write_bytes(path.with_name(f"{path.name}{suffix}").read_bytes())
    found = FileJournal(copied)
    found.open(ACCOUNT)
    names = [each.intent_id for each in found.open_intents()]
    found.abandon()
    return names


async def test_orders_of_one_turn_share_a_write_and_each_waits_for_it(
    journal: FileJournal, disk: Disk, tmp_path: Path
) -> None:
    seen: list[list[str]] = []

    async def order(name: str) -> None:
        waiting = journal.record(make(name))
        if waiting is not None:
            assert type(waiting) is InTurn
            await waiting
        seen.append(on_disk(tmp_path / "orders.journal"))  # what this order may rely on when its frame goes out

    await asyncio.gather(*map(order, "bcdfg"))
    assert disk.writes == [["INSERT"], ["INSERT"] * 4], "the first was alone"
    assert seen == [["b"], *[["b", "c", "d", "f", "g"]] * 4]
    journal.close()


async def test_an_order_that_is_alone_is_written_at_once_with_what_became_of_the_last(
    journal: FileJournal, disk: Disk
) -> None:
    for name in "bcd":
        intent = make(name)
        assert journal.record(intent) is None
        journal.mark_sent(intent, 1)
        journal.settle(intent, ACCEPTED)
    assert disk.writes == [["INSERT"], ["INSERT", "UPDATE"], ["INSERT", "UPDATE"]]
    journal.close()


async def test_that_a_frame_was_sent_waits_for_what_became_of_it_and_makes_no_row_of_its_own(
    journal: FileJournal, disk: Disk
) -> None:
    orders = [make(name) for name in "bcd"]
    for order, settled in zip(orders, (None, None, orders[0]), strict=True):
        if settled is not None:
            journal.settle(settled, ACCEPTED)
        waiting = journal.record(order)
        if waiting is not None:
            await waiting
        journal.mark_sent(order, 1)
    assert disk.writes == [["INSERT"], ["INSERT"], ["INSERT", "UPDATE"]]
    journal.close()
    assert disk.writes[3:] == [["UPDATE"] * 2], "of the two that are open"


async def test_all_orders_of_a_turn_are_told_that_the_disk_is_full(journal: FileJournal, disk: Disk) -> None:
    assert journal.record(make("b")) is None
    waiting = [journal.record(make(name)) for name in "cd"]
    disk.full = True
    told = await asyncio.gather(*filter(None, waiting), return_exceptions=True)
    assert [type(each) for each in told] == [JournalFailed] * 2
    assert told[0] is not told[1]
    assert journal.failed
    with pytest.raises(JournalFailed, match="failed before"):
        journal.record(make("f"))
    journal.abandon()


async def test_an_order_whose_caller_goes_away_in_the_same_turn_is_written_as_not_sent(
    journal: FileJournal, disk: Disk, tmp_path: Path
) -> None:
    journal.record(make("b"))
    gone, stays = make("c"), make("d")
    first, second = journal.record(gone), journal.record(stays)
    assert isinstance(first, InTurn)
    assert second is not None
    first.cancel()
    journal.settle(gone, NOT_SENT)
    await second
    assert disk.writes[1] == ["INSERT", "INSERT", "UPDATE"]
    assert on_disk(tmp_path / "orders.journal") == ["b", "d"]
    journal.close()


async def test_closing_writes_what_waits_and_then_tells_its_callers(
    journal: FileJournal, disk: Disk, tmp_path: Path
) -> None:
    journal.record(make("b"))
    waiting = journal.record(make("c"))
    assert waiting is not None
    journal.close()
    await waiting
    assert disk.writes == [["INSERT"], ["INSERT"]]
    again = FileJournal(tmp_path / "orders.journal")
    again.open(ACCOUNT)
    assert [each.intent_id for each in again.open_intents()] == ["b", "c"]
    again.close()


async def test_callers_of_an_abandoned_journal_are_told_that_nothing_was_written(
    journal: FileJournal, disk: Disk
) -> None:
    journal.record(make("b"))
    waiting = journal.record(make("c"))
    assert waiting is not None
    journal.abandon()
    with pytest.raises(JournalFailed, match="abandoned"):
        await waiting
    assert disk.writes == [["INSERT"]]


def test_what_waited_on_a_loop_that_ended_holds_up_no_order_of_the_next(
    journal: FileJournal, disk: Disk, tmp_path: Path
) -> None:
    def leave(loop: asyncio.AbstractEventLoop) -> None:
        journal.record(make("b"))
        journal.record(make("c"))
        loop.stop()  # before the turn is over that writes it

    async def go_on() -> None:
        waiting = journal.record(make("d"))
        assert waiting is not None
        await waiting

    first = asyncio.new_event_loop()
    first.call_soon(leave, first)
    first.run_forever()
    first.close()
    asyncio.run(go_on())
    assert disk.writes == [["INSERT"], ["INSERT", "INSERT"]]
    assert on_disk(tmp_path / "orders.journal") == ["b", "c", "d"]
    journal.close()


# --------------------------------------------------------------------------- a disk that hangs


class Hanging:
    """A disk that hangs from when it is told to, and until."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, disk: Disk) -> None:
        self.free = threading.Event()
        self.free.set()
        self.hung = 0
        counted = JournalFile.write

        def write(file: JournalFile, statements: Iterable[Statement]) -> None:
            self.hung += not self.free.is_set()
            assert self.free.wait(10.0)
            counted(file, statements)

        monkeypatch.setattr(JournalFile, "write", write)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch, disk: Disk) -> Iterator[Hanging]:
    hanging = Hanging(monkeypatch, disk)
    yield hanging
    hanging.free.set()


async def recorded(journal: FileJournal, name: str) -> None:
    """Record an order as the client does."""
    waiting = journal.record(make(name))
    if isinstance(waiting, InTurn):
        waiting = await waiting
    if waiting is not None:
        await waiting


@pytest.mark.parametrize("alone", [True, False])
async def test_a_disk_that_hangs_holds_the_loop_up_no_longer_than_a_moment_and_then_writes_in_order(
    hanging: Hanging, journal: FileJournal, disk: Disk, alone: bool, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    if not alone:
        await recorded(journal, "a")
    disk.writes.clear()
    hanging.free.clear()
    began = loop.time()
    first = [asyncio.ensure_future(recorded(journal, name)) for name in ("b" if alone else "bc")]
    await asyncio.sleep(0)
    later = [asyncio.ensure_future(recorded(journal, name)) for name in "df"]
    longest = 0.0
    for _ in range(20):
        before = loop.time()
        await asyncio.sleep(0)
        longest = max(longest, loop.time() - before)
    assert max(longest, (loop.time() - began) / 2) < 0.5, (
        "it waits twenty milliseconds for the first write, and for no other"
    )
    assert hanging.hung == 1
    assert not any(each.done() for each in (*first, *later))
    hanging.free.set()
    await asyncio.gather(*first, *later)
    assert disk.writes == [["INSERT"] * len(first), ["INSERT"] * 2], "what came meanwhile shares a write"
    names = [*("" if alone else "a"), *("b" if alone else "bc"), "d", "f"]
    assert on_disk(tmp_path / "orders.journal") == names
    assert not journal.failed
    journal.close()


@pytest.mark.parametrize("after", ["full", "well"])
async def test_all_that_wait_for_a_disk_that_hangs_are_told_what_became_of_their_writes(
    hanging: Hanging, journal: FileJournal, disk: Disk, after: str
) -> None:
    hanging.free.clear()
    orders = [asyncio.ensure_future(recorded(journal, "b"))]
    await asyncio.sleep(0.05)
    orders.append(asyncio.ensure_future(recorded(journal, "c")))
    await asyncio.sleep(0)
    disk.full = after == "full"
    hanging.free.set()
    told = await asyncio.gather(*orders, return_exceptions=True)
    assert [type(each) for each in told] == ([JournalFailed] * 2 if after == "full" else [type(None)] * 2)
    assert journal.failed is (after == "full")
    journal.close()


@pytest.mark.parametrize("how", ["close", "abandon"])
async def test_a_journal_is_closed_while_its_disk_hangs_and_nothing_of_it_is_lost(
    hanging: Hanging, journal: FileJournal, disk: Disk, how: str, tmp_path: Path
) -> None:
    hanging.free.clear()
    order = asyncio.ensure_future(recorded(journal, "b"))
    await asyncio.sleep(0.05)
    behind = asyncio.ensure_future(recorded(journal, "c"))
    await asyncio.sleep(0)
    threading.Timer(0.05, hanging.free.set).start()
    if how == "close":
        journal.close()
        await asyncio.gather(order, behind)
    else:
        journal.abandon()
        told = await asyncio.gather(order, behind, return_exceptions=True)
        assert [type(each) for each in told] == [JournalFailed] * 2
    again = FileJournal(tmp_path / "orders.journal")
    again.open(ACCOUNT)
    assert [each.intent_id for each in again.open_intents()] == (["b", "c"] if how == "close" else ["b"])
    again.close()


async def test_an_order_that_a_hanging_disk_has_not_taken_by_its_deadline_is_not_sent_and_a_cancel_is(
    hanging: Hanging, tmp_path: Path, served: Served
) -> None:
    """As long as the disk hangs nothing else waits for it: the calls end at their deadlines, and reads go on."""

    def placed() -> int:
        return served.do(lambda exchange: len({o.order_id for each in exchange.truth.orders.values() for o in each}))

    loop = asyncio.get_running_loop()
    terms: Any = {"time_in_force": "GTC", "quantity": "0.01", "price": "20000"}
    journal = FileJournal(tmp_path / "orders.journal")
    async with SpotClient.local(served.key, url=served.url, journal=journal) as client:
        order = await client.place_order("BTCUSDT", "BUY", "LIMIT", **terms)
        hanging.free.clear()
        began = loop.time()
        placing = asyncio.ensure_future(client.place_order("BTCUSDT", "BUY", "LIMIT", **terms, timeout=0.5))
        cancelling = asyncio.ensure_future(client.cancel_order("BTCUSDT", order_id=order.order_id, timeout=4.0))
        await client.ping()
        assert loop.time() - began < 0.4
        with pytest.raises(NotSent, match="not written it down before the deadline"):
            await placing
        assert loop.time() - began < 0.9
        await cancelling
        assert loop.time() - began < 2.5
        assert placed() == 1
        hanging.free.set()
        await client.place_order("BTCUSDT", "BUY", "LIMIT", **terms)
        assert placed() == 2
