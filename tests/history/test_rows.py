"""Rows are delivered once each and in order, whatever the pages look like and wherever they were interrupted."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.errors import (
    BadRequest,
    Banned,
    ConnectionLost,
    LimitExceeded,
    NotConnected,
    ProtocolViolation,
    RateLimited,
    ReplyTimeout,
    UsageError,
    WsapiError,
)
from binance_wsapi.history import rows as module
from binance_wsapi.history.rows import Ask, HistoryProgress, HistoryRows

START = 1_700_000_000_000_000
SETTLES_US = 1_000_000


@dataclass(frozen=True)
class Row:
    id: int
    at: int
    mark: int = 0


@dataclass
class Fake:
    """A venue that has rows by id; ``failures`` are raised, one for each request, before it answers again."""

    rows: Sequence[Row]
    shortest: int = 1000
    cuts: list[int] = field(default_factory=list)
    failures: list[WsapiError] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    stale: bool = False
    name: str = "rows TEST"
    kind: type[Row] = Row
    weight: int = 4
    shared: bool = False

    async def begin(self, start_us: int, ask: Ask) -> int | None:
        async def request() -> int | None:
            self._fail()
            return next((row.id for row in self.rows if row.at >= start_us), None)

        return await ask(4, request)

    async def page(self, cursor: int, end_us: int, limit: int) -> Sequence[Row]:
        self._fail()
        self.asked.append(cursor)
        found = [row for row in self.rows if row.id >= (0 if self.stale else cursor)]
        most = self.cuts.pop(0) if self.cuts else self.shortest
        return list(reversed(found[: min(limit, most)]))  # in no particular order

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    def cursor_of(self, row: Row) -> int:
        return row.id

    def mark_of(self, row: Row) -> int:
        return row.mark

    def time_us(self, row: Row) -> int:
        return row.at

    def is_complete(self, row: Row, now_us: int) -> bool:
        return row.at + SETTLES_US < now_us


@dataclass
class Clock:
    """Time that passes only when it is slept away."""

    us: int = START + 10**12
    slept: list[float] = field(default_factory=list)
    spent: int = 0
    open: bool = True

    async def spend(self, weight: int) -> None:
        self.spent += weight

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.us += int(seconds * 1e6)

    def now_us(self) -> int:
        return self.us


def rows(fake: Fake, start: int = START, end: int | None = START + 10**9, **more: Any) -> HistoryRows[Row]:
    return HistoryRows(fake, Clock(), start, end, **more)


def rows_of(*gaps: int) -> list[Row]:
    """Rows whose ids grow by the gaps; every third time is that of the row before."""
    made, number, at = [], 0, START
    for index, gap in enumerate(gaps):
        number += gap
        at += 0 if index % 3 else 1000 * gap
        made.append(Row(number, at))
    return made


@given(
    st.lists(st.integers(1, 4), max_size=40).map(lambda gaps: rows_of(*gaps)),
    st.integers(1, 5),
    st.integers(-3_000, 60_000),
    st.integers(0, 80_000),
    st.lists(st.integers(0, 7), max_size=4),
)
def test_every_row_of_the_span_is_delivered_once_through_any_interruptions(
    there: list[Row], page: int, start: int, length: int, interruptions: list[int]
) -> None:
    first, end = START + start, START + start + length
    expected = [row for row in there if first <= row.at < end]

    async def read() -> list[Row]:
        fake, seen, position = Fake(there, page), [], None
        for upto in [*interruptions, 10**6]:
            reading = rows(fake, first, end, resume=position)
            stream = aiter(reading)
            async for row in stream:
                seen.append(row)
                upto -= 1
                if upto < 0:
                    break
            assert reading.position is None or not seen or reading.position == reading.position_after(seen[-1])
            position = reading.position or position
        return seen

    assert asyncio.run(read()) == expected


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sets(st.integers(1, 9), min_size=1, max_size=2)), max_size=30),
    st.integers(3, 5),
    st.lists(st.integers(0, 7), max_size=6),
    st.randoms(use_true_random=False),
)
def test_rows_that_share_an_id_come_once_each_wherever_pages_and_runs_meet(
    ids: list[tuple[int, set[int]]], page: int, interruptions: list[int], chance: Any
) -> None:
    there, number = list[Row](), 0
    for gap, marks in ids:
        number += gap
        there += [Row(number, START + number, mark) for mark in chance.sample(sorted(marks), len(marks))]

    async def read() -> list[Row]:
        fake, seen, position = Fake(there, page, shared=True), list[Row](), None
        for upto in [*interruptions, 10**6]:
            reading = rows(fake, resume=position)
            async for row in aiter(reading):
                seen.append(row)
                assert reading.position == reading.position_after(row)
                upto -= 1
                if upto < 0:
                    break
            position = reading.position or position
        return seen

    assert asyncio.run(read()) == sorted(there, key=lambda row: (row.id, row.mark))


@pytest.mark.parametrize("cuts", [[1], [2, 1], [3, 2, 1], [1, 4, 1]], ids=str)
@pytest.mark.parametrize("resume", [None, "rows TEST @ 5", "rows TEST @ 5/10"])
async def test_no_row_is_missed_where_a_short_page_ends_between_the_two_rows_of_a_trade(
    cuts: list[int], resume: str | None
) -> None:
    there = [Row(5, START, 10), Row(5, START, 11), Row(6, START, 12), Row(7, START, 13), Row(7, START, 14)]
    fake = Fake(there, shared=True, cuts=cuts)
    read = await rows(fake, resume=resume).collect()
    assert read == (there[1:] if resume == "rows TEST @ 5/10" else there)


async def test_a_last_row_that_stands_alone_is_asked_for_twice_and_not_for_ever() -> None:
    fake = Fake([Row(5, START, 10), Row(6, START, 11)], shortest=1, shared=True)
    assert [row.id for row in await rows(fake).collect()] == [5, 6]
    assert fake.asked == [5, 5, 6, 6, 7]


async def test_a_position_of_before_rows_were_told_apart_is_still_read() -> None:
    fake = Fake([Row(5, START, 10), Row(5, START, 11), Row(6, START, 12)], shared=True)
    assert [row.mark for row in await rows(fake, resume="rows TEST @ 5").collect()] == [10, 11, 12]
    assert [row.mark for row in await rows(fake, resume="rows TEST @ 5/10").collect()] == [11, 12]
    with pytest.raises(UsageError, match="resume must be the position"):
        rows(fake, resume="rows TEST @ 5/x")


async def test_pages_are_asked_for_by_what_no_two_rows_share() -> None:
    fake = Fake([Row(number, START) for number in range(2500)])
    assert [row.id for row in await rows(fake).collect()] == list(range(2500))
    assert fake.asked == [0, 1000, 2000, 2500]


async def test_a_row_that_may_still_change_is_left_out_and_comes_with_a_later_run() -> None:
    fake, clock = Fake([Row(1, START), Row(2, START + 5_000_000)]), Clock(us=START + 5_000_001)
    reading = HistoryRows(fake, clock, START, None)
    assert [row.id for row in await reading.collect()] == [1]
    clock.us += SETTLES_US - 1
    assert await HistoryRows(fake, clock, START, None, resume=reading.position).collect() == []
    clock.us += 1
    assert [row.id for row in await HistoryRows(fake, clock, START, None, resume=reading.position).collect()] == [2]


async def test_progress_is_told_after_every_page_and_ends_at_one() -> None:
    told: list[HistoryProgress] = []
    there = [Row(number, START + number * 1000) for number in range(10)]
    reading = rows(Fake(there, 4), end=START + 20_000, on_progress=told.append)
    await reading.collect()
    assert [(each.rows, each.pages) for each in told] == [(4, 1), (8, 2), (10, 3), (10, 4)]
    assert [round(each.fraction, 2) for each in told] == [0.15, 0.35, 0.45, 1.0]
    assert reading.progress.at == told[-1].end


async def test_no_row_is_no_error() -> None:
    told: list[HistoryProgress] = []
    reading = rows(Fake([]), on_progress=told.append)
    assert await reading.collect() == []
    assert reading.position is None
    assert told[-1].fraction == 1.0


# --------------------------------------------------------------------------- what goes wrong on the way


async def test_a_limit_that_is_reached_is_waited_out() -> None:
    clock = Clock()
    until = clock.us // 1000 + 42_000
    refusals = [LimitExceeded("no room", until), RateLimited(429, -1003, "Too many", {"retryAfter": until + 1000})]
    fake = Fake([Row(1, START)], failures=[*refusals])
    assert [row.id for row in await HistoryRows(fake, clock, START, START + 1).collect()] == [1]
    assert clock.slept == [42.0, 1.0]


async def test_a_time_to_come_back_that_never_comes_is_not_waited_for() -> None:
    clock = Clock()
    refusals = [RateLimited(429, -1003, "Too many", {"retryAfter": each}) for each in (99_999_999_999_999, 10**30, -5)]
    fake = Fake([Row(1, START)], failures=[*refusals])
    assert [row.id for row in await HistoryRows(fake, clock, START, START + 1).collect()] == [1]
    assert clock.slept == [60.0, 60.0, 1.0]


async def test_a_lost_reply_or_connection_is_given_some_tries_and_then_told() -> None:
    clock = Clock()
    lost: list[WsapiError] = [NotConnected("away"), ReplyTimeout("none"), ConnectionLost("gone")]
    fake = Fake([Row(1, START)], failures=[*lost])
    assert len(await HistoryRows(fake, clock, START, START + 1).collect()) == 1
    assert clock.slept == [1.0, 2.0, 4.0]
    fake = Fake([Row(1, START)], failures=[NotConnected("away") for _ in range(module.PAGE_TRIES)])
    with pytest.raises(NotConnected):
        await rows(fake).collect()


async def test_a_ban_that_ends_soon_is_waited_out_to_its_end() -> None:
    clock = Clock()
    fake = Fake([Row(1, START)], failures=[Banned("stay away", clock.us // 1000 + 90_000)])
    assert len(await HistoryRows(fake, clock, START, START + 1).collect()) == 1
    assert clock.slept == [90.0]


@pytest.mark.parametrize(
    "error",
    [
        BadRequest(400, -1121, "Invalid symbol."),
        Banned("stay away", None),
        Banned("stay away", (START + 10**12) // 1000 + int(module.LONGEST_BAN_S * 1000) + 1),
    ],
    ids=["wrong", "banned without an end", "banned for long"],
)
async def test_an_error_that_asking_again_does_not_help_is_raised_and_the_position_kept(error: WsapiError) -> None:
    fake = Fake([Row(1, START), Row(2, START), Row(3, START)], shortest=2)
    reading = rows(fake)
    stream = aiter(reading)
    assert [(await anext(stream)).id for _ in range(2)] == [1, 2]
    fake.failures = [error]
    with pytest.raises(type(error)):
        await anext(stream)
    assert [row.id for row in await rows(fake, resume=reading.position).collect()] == [3]


async def test_a_venue_that_does_not_go_on_is_told_and_not_asked_for_ever() -> None:
    fake = Fake([Row(1, START), Row(2, START)], shortest=2, stale=True)
    with pytest.raises(ProtocolViolation, match="only rows before it"):
        await rows(fake).collect()


async def test_a_wait_that_is_cancelled_or_fails_loses_no_row_and_ends_nothing() -> None:
    class Slow(Fake):
        answers = asyncio.Event()

        async def page(self, cursor: int, end_us: int, limit: int) -> Sequence[Row]:
            await self.answers.wait()
            return await super().page(cursor, end_us, limit)

    there = rows_of(*[1] * 6)
    fake = Slow(there, 2)
    stream = aiter(rows(fake))
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    with pytest.raises(UsageError, match="by one task at a time"):
        await anext(stream)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    fake.answers.set()
    seen = [await anext(stream), await anext(stream)]
    fake.failures.append(BadRequest(400, -1121, "Invalid symbol."))
    with pytest.raises(BadRequest):
        await anext(stream)
    while (row := await anext(stream, None)) is not None:
        seen.append(row)
    assert seen == there


# --------------------------------------------------------------------------- what is wrong as written


@pytest.mark.parametrize("wrong", [{"resume": "x"}, {"end": START - 1}, {"on_progress": "no"}], ids=str)
def test_a_report_with_locals_can_be_made_of_a_wrong_argument(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        rows(Fake([]), **wrong)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "0 so far" in "".join(report.format())


async def test_what_cannot_be_is_refused() -> None:
    fake = Fake([])
    with pytest.raises(UsageError, match="end must not be before start"):
        rows(fake, end=START - 1)
    with pytest.raises(UsageError, match="on_progress must be a function"):
        rows(fake, on_progress="no")
    with pytest.raises(UsageError, match="same kind"):
        rows(fake, resume="17")
    with pytest.raises(UsageError, match="got one in 'rows OTHER'"):
        rows(fake, resume="rows OTHER @ 17")
    reading = rows(fake)
    await reading.collect()
    with pytest.raises(UsageError, match="once"):
        await reading.collect()
