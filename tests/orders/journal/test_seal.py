"""A journal at rest: a file that was cut, or holds one foreign byte, is refused, and never taken as new."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi import FileJournal, JournalFailed
from binance_wsapi.errors import UsageError
from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.enums import OrderStatus
from binance_wsapi.orders.fate.fence import Evidence, Outcome
from binance_wsapi.orders.journal.intent import Settlement
from binance_wsapi.orders.journal.seal import BLANK, MARK, Damaged, check_and_break
from binance_wsapi.orders.journal.sqlite import _APPLICATION
from tests.counts import REST, drawn
from tests.orders.journal.test_base import ACCEPTED
from tests.orders.journal.test_intent import make

ACCOUNT = "tag"
AS_TOLD = Settlement(Outcome.ACCEPTED, Evidence.REPLY, Timestamp(1_767_225_600_001), 7, OrderStatus.FILLED)
"""A settlement with the types that replies bring."""


def written(path: Path, *, closed: bool) -> bytes:
    """Return the bytes of a journal with some intents, settled and open."""
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    for number in range(12):
        intent = make(f"order-{number}")
        journal.record(intent)
        journal.mark_sent(intent, 1_767_225_600_000)
        if number % 3:
            journal.settle(intent, ACCEPTED if number % 2 else AS_TOLD)
    if closed:
        journal.close()
    else:
        assert journal._writer is not None
        journal._writer.close()  # what is late is written
        journal.abandon()
    return path.read_bytes()


def held(path: Path) -> list[tuple[object, ...]]:
    """Return what a journal has open and watches for."""
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    try:
        return [(each.intent_id, each.ids, dict(each.params), each.state) for each in journal.open_intents()]
    finally:
        journal.abandon()


def clean(path: Path) -> None:
    for each in path.parent.iterdir():
        each.unlink()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.journal"


@pytest.mark.lives
def test_each_foreign_byte_of_a_sealed_file_is_noticed(path: Path) -> None:
    good = written(path, closed=True)
    places = {
        *range(128),
        *range(0, len(good), 31 if REST else 97),
        *range(good.index(MARK) - 8, good.index(MARK) + 64),
    }
    for place in sorted(each for each in places if each < len(good)):
        damaged = bytearray(good)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(Damaged):
            check_and_break(path, _APPLICATION)


def test_a_cut_at_each_length_is_noticed(path: Path) -> None:
    good = written(path, closed=True)
    for length in (*range(0, 520, 7), *range(520, len(good), 251), len(good) - 1):
        path.write_bytes(good[:length])
        try:
            check_and_break(path, _APPLICATION)
        except Damaged:
            continue
        raise AssertionError(f"cut to {length} bytes")


@pytest.mark.lives
@pytest.mark.parametrize("closed", [True, False])
def test_a_foreign_byte_is_refused_or_changes_nothing(path: Path, closed: bool) -> None:
    """A file of a killed process has no seal: there, a byte of unused room may be anything."""
    good = written(path, closed=closed)
    clean(path)
    path.write_bytes(good)
    right = held(path)
    assert len(right) == 4
    refused = 0
    places = {*range(110), *range(0, len(good), 131 if REST else 397), good.index(MARK), good.index(MARK) + 20}
    for name in (b"order-3", b"UNKNOWN", b"SENT", b"order.place", b"1767225600000"):
        at = good.find(name)
        places |= {at, at + len(name) - 1} if at >= 0 else set()
    for place in sorted(places):
        for other in (good[place] ^ 0x01, 0xFF, 0x00):
            damaged = bytearray(good)
            damaged[place] = other
            if bytes(damaged) == good:
                continue
            clean(path)
            path.write_bytes(damaged)
            try:
                found = held(path)
            except JournalFailed:
                refused += 1
            except UsageError:  # of a killed process: the account, or a format of tomorrow
                refused += 1
                if closed:
                    raise
            else:
                assert not closed, f"byte {place} of a sealed file was taken"
                assert found == right, f"byte {place} became {found}"
    assert refused > 20


@pytest.mark.parametrize("closed", [True, False])
def test_a_file_that_was_cut_is_refused(path: Path, closed: bool) -> None:
    good = written(path, closed=closed)
    for length in {
        0,
        1,
        15,
        16,
        99,
        100,
        511,
        512,
        1024,
        4095,
        4096,
        4097,
        len(good) // 2,
        len(good) - 4096,
        len(good) - 1,
    }:
        clean(path)
        path.write_bytes(good[:length])
        with pytest.raises(JournalFailed, match=r"cut|damaged"):
            held(path)
        assert path.read_bytes() == good[:length]  # left as it is, for a person to look at


@pytest.mark.parametrize("more", [b"\0", b"x" * 4096])
def test_a_file_that_has_grown_is_refused(path: Path, more: bytes) -> None:
    good = written(path, closed=True)
    path.write_bytes(good + more)
    with pytest.raises(JournalFailed, match="damaged"):
        held(path)


def test_an_older_copy_beside_a_newer_log_is_refused(path: Path) -> None:
    good = written(path, closed=True)
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    journal.record(make("newer"))
    log = path.with_name(f"{path.name}-wal").read_bytes()
    journal.abandon()
    clean(path)
    path.write_bytes(good)
    path.with_name(f"{path.name}-wal").write_bytes(log)
    with pytest.raises(JournalFailed, match="another file"):
        held(path)


def test_a_file_in_use_is_a_plain_database(path: Path) -> None:
    written(path, closed=True)
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    assert path.read_bytes().count(BLANK) == 1
    journal.close()
    assert path.read_bytes().count(BLANK) == 0
    assert path.read_bytes().count(MARK) == 1
    assert len(held(path)) == 4


def test_a_process_killed_while_it_made_the_file_leaves_nothing_in_the_way(path: Path) -> None:
    path.with_name(f"{path.name}.new").write_bytes(b"half")
    assert held(path) == []


def test_a_file_of_the_first_format_is_taken_over(path: Path) -> None:
    good = written(path, closed=False)
    assert good
    db = sqlite3.connect(path)
    for change in (
        "ALTER TABLE intent DROP COLUMN sum", "ALTER TABLE intent DROP COLUMN fate_sum", "DROP TABLE seal",
        "PRAGMA user_version = 1",
    ):  # fmt: skip
        db.execute(change)
    db.execute("VACUUM")
    db.close()
    assert MARK not in path.read_bytes()
    assert len(held(path)) == 4
    assert len(held(path)) == 4
    written_again = path.read_bytes()
    assert written_again.count(BLANK) == 1


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Draw what an accident, or a stranger, does to the bytes of a file."""
    kind = draw(st.sampled_from(["flip", "cut", "append", "insert", "zero", "swap"]))
    where = draw(st.floats(0, 1, exclude_max=True))
    new = draw(st.binary(min_size=1, max_size=40))

    def damage(data: bytes) -> bytes:
        at = int(where * len(data))
        match kind:
            case "flip":
                return data[:at] + bytes([data[at] ^ (new[0] or 1)]) + data[at + 1 :]
            case "cut":
                return data[:at]
            case "append":
                return data + new
            case "insert":
                return data[:at] + new + data[at:]
            case "zero":
                return data[:at] + bytes(len(data[at : at + 512])) + data[at + 512 :]
            case _:
                page = 4_096
                other = max(at // page, 1) * page  # the first page and another change places
                return data[other : other + page] + data[page:other] + data[:page] + data[other + page :]

    return damage


@pytest.mark.lives
@settings(max_examples=drawn(40, 120), deadline=None, suppress_health_check=list(HealthCheck))
@given(damages(), st.booleans())
def test_any_damage_is_refused_or_changes_nothing_that_is_read(
    tmp_path_factory: pytest.TempPathFactory, damage: Callable[[bytes], bytes], closed: bool
) -> None:
    path = tmp_path_factory.mktemp("journal") / "orders.journal"
    whole = written(path, closed=closed)
    before = held_after(path, whole)
    broken = damage(whole)
    clean(path)
    path.write_bytes(broken)
    try:
        found = held(path)
    except (JournalFailed, UsageError):
        return
    assert broken == whole or not closed, "a file at rest is refused for one foreign byte"
    assert found == before, "what could be read is what was written"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_journal_or_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("journal") / "orders.journal"
    path.write_bytes(data)
    with pytest.raises((JournalFailed, UsageError)):
        FileJournal(path).open(ACCOUNT)
    assert path.read_bytes() == data


def held_after(path: Path, whole: bytes) -> list[tuple[object, ...]]:
    """Return what is read of a file as it was left."""
    clean(path)
    path.write_bytes(whole)
    return held(path)
