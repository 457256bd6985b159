"""Events of user data from one home connection to the next: in order, once the old one has brought all of its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi.errors import ConnectionLost, ReplyTimeout
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.handover import EVENTS_HELD, Handover
from binance_wsapi.session.listeners import SessionListener, SessionRank
from tests.simulation.loop import VirtualLoop, run


@dataclass(eq=False)
class Line:
    """As much of a connection as a handover asks for."""

    usable: bool = True
    subscribed: bool = True
    suspicion: Any = field(default_factory=lambda: SimpleNamespace(suspect=False))
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def heard_at(self) -> float:
        return asyncio.get_running_loop().time()

    async def wait_closed(self) -> None:
        await self.ended.wait()

    def end(self) -> None:
        self.usable = False
        self.ended.set()


class Heard(SessionListener):
    """Writes down what it is told, and by when it is to have prepared a connection."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.deadlines: list[float] = []
        self.missed_since_ms: list[int] = []
        self.failure: Exception | None = None

    async def prepare(self, connection: Connection, deadline: float) -> None:
        self.told.append("prepare")
        self.deadlines.append(deadline)
        if self.failure is not None:
            raise self.failure

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        self.told.append(event.decode())

    def on_home_lost(self) -> None:
        self.told.append("lost")

    def on_events_missed(self, since_ms: int) -> None:
        self.missed_since_ms.append(since_ms)


class Stage:
    """A handover from an old connection to a new one, which answers the question after a second where nothing else is said.

    Attributes:
        asked_by: deadlines of the questions that were asked.
    """

    def __init__(self, failure: Exception | None = None, answers_after: float = 1.0, units: int = 1) -> None:
        self.old, self.new = Line(), Line()
        self.heard = Heard()
        self.failure = failure
        self.answers_after = answers_after
        self.units = units
        self.asked_by: list[float] = []
        listeners: Listeners[SessionListener] = Listeners()
        listeners.add(SessionRank.ACCOUNTS, self.heard)
        self.handover = Handover(
            self._ask, listeners, now_ms=lambda: int(asyncio.get_running_loop().time() * 1000), units=units
        )

    async def _ask(self, connection: Connection, deadline: float) -> None:
        assert cast("object", connection) is self.old
        self.asked_by.append(deadline)
        await asyncio.sleep(self.answers_after)
        if self.failure is not None:
            raise self.failure

    def event(self, line: Line, text: str) -> None:
        self.handover.event(cast("Connection", line), 1, text.encode())

    def late_event(self, line: Line, late_s: float) -> None:
        """Bring an event that was made so many seconds ago."""
        made_ms = asyncio.get_running_loop().time() * 1000 - late_s * 1000
        self.event(line, json.dumps({"E": round(made_ms * self.units)}))

    def begin(self, loop: VirtualLoop, *, soon: bool = False, within: float = 10.0) -> asyncio.Task[None]:
        old, new = cast("Connection", self.old), cast("Connection", self.new)
        return loop.create_task(self.handover.take_over(old, new, loop.time() + within, soon=soon))

    async def kept(self, loop: VirtualLoop, late_s: float | str | None, *, soon: bool) -> float:
        """Hand over after an event that is so late, or that reads so; return for how many seconds the old one was kept."""
        if isinstance(late_s, float):
            self.late_event(self.old, late_s)
        elif late_s is not None:
            self.event(self.old, late_s)
        begun = loop.time()
        await self.begin(loop, soon=soon)
        return loop.time() - begun


def test_what_the_new_connection_brings_comes_behind_what_the_old_one_brings() -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage()
        over = stage.begin(loop)
        await asyncio.sleep(0.5)
        stage.event(stage.new, "new 1")
        stage.event(stage.old, "old 1")
        await asyncio.sleep(0.6)  # the answer is there: an event may come a little later all the same
        stage.event(stage.old, "old 2")
        stage.event(stage.new, "new 2")
        await over
        stage.event(stage.new, "new 3")
        assert stage.heard.told == ["prepare", "old 1", "old 2", "new 1", "new 2", "prepare", "new 3"]

    run(main)


@pytest.mark.parametrize("open_still", [True, False])
def test_an_old_connection_that_did_not_bring_all_is_told_as_lost_once(open_still: bool) -> None:
    """The end of a connection tells the loss by itself; a connection that stays open and does not answer tells nothing."""

    async def main(loop: VirtualLoop) -> None:
        stage = Stage(ConnectionLost("gone") if open_still else None)
        over = stage.begin(loop)
        await asyncio.sleep(0.5)
        stage.event(stage.new, "new 1")
        await asyncio.sleep(0.6)
        if not open_still:
            stage.old.end()
        await over
        loss = ["lost"] if open_still else []
        assert stage.heard.told == ["prepare", *loss, "prepare", "new 1", "prepare"]

    run(main)


def test_events_are_held_up_to_a_bound() -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage()
        over = stage.begin(loop)
        await asyncio.sleep(0.5)
        for number in range(EVENTS_HELD - 1):
            stage.event(stage.new, f"{number}")
        assert stage.heard.told == ["prepare"]
        stage.event(stage.new, "last")
        stage.event(stage.new, "next")
        assert len(stage.heard.told) == 1 + EVENTS_HELD + 1
        assert stage.heard.told[-2:] == ["last", "next"]
        await over

    run(main)


@pytest.mark.parametrize(
    ("late_s", "soon", "suspect", "kept_s"),
    [
        (None, False, False, 0.1 + 3.0),
        (0.0, False, False, 0.1 + 3.0),
        (0.4, False, False, 0.1 + 3.0),
        (10.0, False, False, 10.0 + 1.0),
        (14.5, False, False, 15.0),
        (None, True, False, 0.1 + 0.25),
        ("{}", True, False, 0.1 + 0.25),
        ("no event", True, False, 0.1 + 0.25),
        (0.3, True, False, 0.3 + 1.0),
        (0.0, False, True, 0.1 + 0.25),
        (0.3, False, True, 0.1 + 0.25),
        (10.0, False, True, 0.1 + 0.25),
    ],
)
@pytest.mark.parametrize("units", [1, 1000], ids=["milliseconds", "microseconds"])
def test_the_old_connection_is_kept_for_as_long_as_its_events_are_late_and_a_suspect_one_for_a_moment(
    late_s: float | str | None, soon: bool, suspect: bool, kept_s: float, units: int
) -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage(answers_after=0.1, units=units)
        stage.old.suspicion.suspect = suspect
        assert await stage.kept(loop, late_s, soon=soon) == pytest.approx(kept_s, abs=0.002)
        assert stage.heard.told.count("lost") == (1 if late_s == 10.0 and suspect else 0)

    run(main)


@pytest.mark.parametrize("late_s", [0.0, 3.5, 15.5])
def test_events_that_are_later_than_the_old_connection_can_be_kept_are_told_as_a_loss(late_s: float) -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage()
        stage.late_event(stage.old, late_s)
        await stage.begin(loop)
        assert stage.heard.told.count("lost") == (1 if late_s == 15.5 else 0)

    run(main)


def test_the_time_for_which_the_old_connection_is_kept_is_not_taken_from_the_deadline() -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage()
        begun = loop.time()
        await stage.begin(loop)
        assert [each - begun for each in stage.heard.deadlines] == pytest.approx([10.0, 10.0 + 1.0 + 3.0])

    run(main)


@pytest.mark.parametrize(
    ("suspect", "within", "by"), [(False, 10.0, 5.0), (False, 2.0, 2.0), (True, 10.0, 0.5), (True, 0.3, 0.3)]
)
def test_the_old_connection_has_some_seconds_for_its_answer_and_a_suspect_one_half_a_second(
    suspect: bool, within: float, by: float
) -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage(ReplyTimeout("no reply"))
        stage.old.suspicion.suspect = suspect
        begun = loop.time()
        await stage.begin(loop, within=within)
        assert [each - begun for each in stage.asked_by] == pytest.approx([by])

    run(main)


@pytest.mark.parametrize("old", ["none", "ended", "without a subscription"])
def test_where_no_connection_carries_user_data_the_new_one_is_prepared_once_and_holds_nothing_back(old: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage()
        stage.old.usable, stage.old.subscribed = old != "ended", old != "without a subscription"
        before = None if old == "none" else cast("Connection", stage.old)
        await stage.handover.take_over(before, cast("Connection", stage.new), loop.time() + 10)
        stage.event(stage.new, "first")
        assert stage.heard.told == ["prepare", "first"]
        assert stage.asked_by == []

    run(main)


def test_a_connection_that_could_not_be_prepared_holds_no_event_back() -> None:
    async def main(loop: VirtualLoop) -> None:
        stage = Stage()
        stage.heard.failure = ConnectionLost("gone")
        with pytest.raises(ConnectionLost):
            await stage.begin(loop)
        stage.event(stage.new, "first")
        assert stage.heard.told == ["prepare", "first"]

    run(main)


@pytest.mark.parametrize(
    ("late_s", "after_s", "missed"), [(20.0, 30.0, True), (20.0, 61.0, False), (3.0, 30.0, False), (5.0, 59.0, True)]
)
@pytest.mark.parametrize("units", [1, 1000], ids=["milliseconds", "microseconds"])
def test_the_first_event_of_the_successor_tells_from_when_on_the_old_connection_may_have_missed_some(
    late_s: float, after_s: float, missed: bool, units: int
) -> None:
    """The old one was kept for four seconds: an event later than that, made before it was left, came over neither."""

    async def main(loop: VirtualLoop) -> None:
        stage = Stage(units=units)
        begun = loop.time()
        await stage.begin(loop)
        await asyncio.sleep(after_s)
        stage.late_event(stage.new, late_s)
        since_ms = begun * 1000 - late_s * 1000
        assert stage.heard.missed_since_ms == ([pytest.approx(since_ms, abs=2)] if missed else [])
        stage.late_event(stage.new, late_s)
        assert len(stage.heard.missed_since_ms) == missed, "the second event says nothing of the old connection"

    run(main)
