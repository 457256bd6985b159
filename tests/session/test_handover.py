"""Events of user data from one home connection to the next: in order, once the old one has brought all of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi.errors import ConnectionLost
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
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def prepare(self, connection: Connection, deadline: float) -> None:
        self.told.append("prepare")

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        self.told.append(event.decode())

    def on_home_lost(self) -> None:
        self.told.append("lost")


class Stage:
    """A handover from an old connection to a new one, whose answer to the question comes after a second."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.old, self.new = Line(), Line()
        self.heard = Heard()
        self.failure = failure
        listeners: Listeners[SessionListener] = Listeners()
        listeners.add(SessionRank.ACCOUNTS, self.heard)
        self.handover = Handover(
            self._ask, listeners, now_ms=lambda: int(asyncio.get_running_loop().time() * 1000), units=1
        )

    async def _ask(self, connection: Connection, deadline: float) -> None:
        assert cast("object", connection) is self.old
        await asyncio.sleep(1.0)
        if self.failure is not None:
            raise self.failure

    def event(self, line: Line, text: str) -> None:
        self.handover.event(cast("Connection", line), 1, text.encode())

    def begin(self, loop: VirtualLoop) -> asyncio.Task[None]:
        old, new = cast("Connection", self.old), cast("Connection", self.new)
        return loop.create_task(self.handover.take_over(old, new, loop.time() + 10))


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
