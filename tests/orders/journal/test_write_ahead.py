"""The log beside a journal whose process was killed: a changed byte is refused, or takes the last transaction and no other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi import FileJournal, JournalFailed
from binance_wsapi.orders.journal.seal import Damaged
from binance_wsapi.orders.journal.write_ahead import FRAMES_PER_STEP, check_log
from tests.counts import drawn
from tests.orders.journal.test_intent import make
from tests.orders.journal.test_seal import ACCOUNT, clean

RECORDED = 8
PAGE = 4_096
FRAME = 24 + PAGE


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The database and the log of a process that recorded eight requests, one transaction each."""
    path = tmp_path_factory.mktemp("killed") / "orders.journal"
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    for number in range(RECORDED):
        journal.record(make(f"b{number}"))
    database, log = path.read_bytes(), path.with_name("orders.journal-wal").read_bytes()
    journal.close()
    return database, log


def exhaust(steps: Iterable[None]) -> int:
    """Take all steps, and return how many there were."""
    return sum(1 for _ in steps)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.journal"


def found(path: Path, database: bytes, log: bytes) -> list[str] | None:
    """Return what a journal with these bytes has recorded; None where it is refused, and left as it is."""
    clean(path)
    beside = path.with_name(f"{path.name}-wal")
    path.write_bytes(database)
    beside.write_bytes(log)
    journal = FileJournal(path)
    try:
        journal.open(ACCOUNT)
    except JournalFailed:
        assert (path.read_bytes(), beside.read_bytes()) == (database, log)
        return None
    try:
        return [each.intent_id for each in journal.open_intents()]
    finally:
        journal.close()


def commits(log: bytes) -> list[int]:
    """Return where the last frame of each transaction begins."""
    return [at for at in range(32, len(log), FRAME) if any(log[at + 4 : at + 8])]


@pytest.mark.lives
@settings(max_examples=drawn(100, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_takes_the_last_transaction_alone(
    killed: tuple[bytes, bytes], path: Path, place: int, bit: int
) -> None:
    database, log = killed
    damaged = bytearray(log)
    damaged[place % len(log)] ^= 1 << bit
    told = found(path, database, bytes(damaged))
    assert told is None or told == [f"b{number}" for number in range(len(told))]
    before = commits(log)[-2]
    ends = before + 4 <= place % len(log) < before + 8  # it may say no more that the last but one ended there
    assert told is None or len(told) >= RECORDED - 1 - ends
    if place % len(log) < before:  # there are two that it is followed by
        assert told is None


@pytest.mark.lives
@settings(max_examples=drawn(60, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 1 << 20), rest=st.sampled_from([b"", b"\0" * FRAME, b"\xff" * 100]))
def test_a_torn_tail_is_never_refused(killed: tuple[bytes, bytes], path: Path, cut: int, rest: bytes) -> None:
    database, log = killed
    whole = commits(log)[0] + FRAME  # before that it is no journal yet
    told = found(path, database, log[: whole + cut % (len(log) - whole)] + rest)
    assert told is not None
    assert told == [f"b{number}" for number in range(len(told))]


def test_a_last_transaction_that_lost_any_of_its_frames_is_a_torn_write(
    killed: tuple[bytes, bytes], path: Path
) -> None:
    """A disk writes the pages of one transaction in any order."""
    database, log = killed
    before, last = commits(log)[-2] + FRAME, commits(log)[-1]
    for at in range(before, last + 1, FRAME):
        torn = log[:at] + bytes(FRAME) + log[at + FRAME :]
        assert found(path, database, torn) == [f"b{number}" for number in range(RECORDED - 1)]


def test_frames_of_an_earlier_use_of_the_file_are_no_damage(path: Path) -> None:
    """SQLite begins the log anew, with other salts, once it is folded into the database."""
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    for number in range(RECORDED):
        journal.record(make(f"b{number}"))
    file = journal._file
    assert file is not None
    assert file._db is not None
    file._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    journal.record(make("newer"))
    database, log = path.read_bytes(), path.with_name("orders.journal-wal").read_bytes()
    journal.close()
    told = found(path, database, log)
    assert told == [*(f"b{number}" for number in range(RECORDED)), "newer"]


@pytest.mark.parametrize("length", [0, 1, 31, 32, 55, 567])
def test_a_log_without_a_frame_says_nothing(killed: tuple[bytes, bytes], path: Path, length: int) -> None:
    path.write_bytes(killed[1][:length])
    exhaust(check_log(path))
    exhaust(check_log(path.with_name("missing")))


def test_a_header_that_changed_is_refused_where_frames_follow(killed: tuple[bytes, bytes], path: Path) -> None:
    _, log = killed
    for place in range(32):
        path.write_bytes(log[:place] + bytes([log[place] ^ 1]) + log[place + 1 :])
        with pytest.raises(Damaged, match="its log"):
            exhaust(check_log(path))
    path.write_bytes(bytes(32 + FRAME))
    exhaust(check_log(path))


def test_a_long_log_is_checked_in_steps_between_which_other_tasks_have_their_turn(path: Path) -> None:
    journal = FileJournal(path)
    journal.open(ACCOUNT)
    for number in range(2 * FRAMES_PER_STEP):
        journal.record(make(f"b{number}"))
    log = path.with_name("orders.journal-wal")
    frames = (log.stat().st_size - 32) // FRAME
    assert frames >= 2 * FRAMES_PER_STEP
    assert exhaust(check_log(log)) == frames // FRAMES_PER_STEP
    killed = path.with_name("killed.journal")
    killed.write_bytes(path.read_bytes())
    killed.with_name("killed.journal-wal").write_bytes(log.read_bytes())
    journal.close()
    again = FileJournal(killed)
    assert exhaust(again.opening(ACCOUNT)) > frames // FRAMES_PER_STEP
    assert len(again.open_intents()) == 2 * FRAMES_PER_STEP
    again.close()
