"""When connections are replaced, who may put it off, and what becomes of a rotation that does not work out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tenacity import AsyncRetrying, stop_after_attempt, wait_none

from binance_wsapi.errors import UsageError
from binance_wsapi.link.lifecycle import (
    ClientEvent,
    Failed,
    Lifecycle,
    Opened,
    RotationBegan,
    RotationEnded,
)
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.choice import LONGEST_CLOSE
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.listeners import SessionListener, SessionRank
from binance_wsapi.session.session import Session
from binance_wsapi.wire.common_calls import STATUS
from tests.session.test_faults_in_virtual_time import ORDER, PARAMS, READ, play, silence
from tests.simulation.loop import VirtualLoop
from tests.simulation.peer import Peer

SHUTDOWN = json.dumps({"event": {"e": "serverShutdown", "E": 1}})


def listening(session: Session) -> tuple[list[Any], asyncio.Task[None]]:
    """Collect what the session tells of its connections."""
    seen: list[Any] = []

    async def listen() -> None:
        async for event in session.events():
            seen.append(event)

    return seen, asyncio.ensure_future(listen())


def of(seen: list[Any], kind: type[ClientEvent]) -> list[Any]:
    return [event for event in seen if isinstance(event, kind)]


def test_a_connection_is_replaced_at_the_age_the_user_chose_and_events_tell_of_it() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        seen, task = listening(session)
        await asyncio.sleep(3 * 600.0 + 30.0)
        task.cancel()
        assert of(seen, RotationBegan) == [RotationBegan(number, "age") for number in (1, 2, 3)]
        assert of(seen, RotationEnded) == [RotationEnded(number, number + 1) for number in (1, 2, 3)]
        order = [type(event) for event in seen if event.connection == 1 or isinstance(event, Opened)]
        assert order.index(RotationBegan) < order.index(Opened) < order.index(RotationEnded)

    play(test, settings=Settings(rotate_after=600.0))


def test_not_now_puts_a_rotation_off_and_is_asked_again() -> None:
    busy = True
    asked: list[float] = []

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        nonlocal busy
        seen, task = listening(session)
        await asyncio.sleep(700.0)
        assert not of(seen, RotationBegan)
        assert 15 <= len(asked) <= 25
        busy = False
        await asyncio.sleep(10.0)
        assert of(seen, RotationEnded) == [RotationEnded(1, 2)]
        task.cancel()

    async def not_now() -> bool:
        asked.append(0.0)
        return busy

    play(test, settings=Settings(rotate_after=600.0, not_now=not_now))


@pytest.mark.parametrize("how", ["shutdown", "asked"])
def test_not_now_is_not_asked_when_it_is_not_for_the_user_to_decide(how: str) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        seen, task = listening(session)
        await asyncio.sleep(0)
        if how == "shutdown":
            await peer.last.send(SHUTDOWN)
        else:
            session.connections.rotate()
        await asyncio.sleep(5.0)
        assert of(seen, RotationBegan) == [RotationBegan(1, how)]  # type: ignore[arg-type]
        assert of(seen, RotationEnded) == [RotationEnded(1, 2)]
        task.cancel()

    async def never() -> bool:
        raise AssertionError("asked")

    play(test, settings=Settings(not_now=never))


@pytest.mark.parametrize("fault", ["raises", "sleeps"])
def test_a_hook_that_fails_puts_nothing_off(fault: str) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        seen, task = listening(session)
        await asyncio.sleep(620.0)
        assert of(seen, RotationEnded) == [RotationEnded(1, 2)]
        assert [type(event.error) for event in of(seen, Failed)] == ([ZeroDivisionError] if fault == "raises" else [])
        task.cancel()

    async def hook() -> bool:
        if fault == "raises":
            raise ZeroDivisionError
        await asyncio.sleep(10_000)
        return True

    play(test, settings=Settings(rotate_after=600.0, not_now=hook))


async def test_a_plain_function_is_asked_in_a_thread_and_delays_no_call() -> None:
    lifecycle = Lifecycle()
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    def slow() -> bool:
        time.sleep(0.05)
        return True

    ticking = asyncio.ensure_future(tick())
    assert await lifecycle.ask(slow) is True
    ticking.cancel()
    assert turns > 10
    await lifecycle.close(1.0)


def _give_up() -> AsyncRetrying:
    return AsyncRetrying(stop=stop_after_attempt(2), wait=wait_none(), reraise=True)


def test_without_a_successor_the_old_connection_goes_on_and_it_is_tried_again() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        seen, task = listening(session)
        await asyncio.sleep(0)
        loop.network.refuse = True
        session.connections.rotate()
        await asyncio.sleep(30.0)
        assert of(seen, RotationEnded) == [RotationEnded(1, None)]
        assert await session.call(READ, {}) == {}
        assert session.connections.home is not None
        assert session.connections.home.number == 1
        loop.network.refuse = False
        await asyncio.sleep(60.0)
        assert session.connections.home.number > 1
        assert await session.call(READ, {}) == {}
        assert of(seen, RotationEnded)[-1].successor == session.connections.home.number
        task.cancel()

    play(test, settings=Settings(reconnect=_give_up()))


def test_a_connection_lost_while_no_successor_can_be_had_is_replaced_like_any_lost_one() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        loop.network.refuse = True
        session.connections.rotate()
        await asyncio.sleep(5.0)
        loop.network.refuse = False
        loop.network.live[0].reset()
        assert await session.call(READ, {}) == {}
        assert session.connections.home is not None
        assert session.connections.home.number > 1

    play(test, settings=Settings(reconnect=_give_up()))


def test_a_shutdown_announced_before_a_connection_is_ready_is_not_forgotten() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        told: list[Any] = []

        async def announce_first(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            if connection not in told:
                told.append(connection)
                if len(told) == 1:
                    await connection.send(SHUTDOWN)
            return {
                "apiKey": request["params"]["apiKey"], "authorizedSince": 1, "connectedSince": 1,
                "returnRateLimits": True, "serverTime": peer.now_ms(), "userDataStream": False,
            }  # fmt: skip

        peer.answers["session.logon"] = announce_first
        session.connections.rotate()
        await asyncio.sleep(20.0)
        assert len(told) == 2
        assert session.connections.home is not None
        assert session.connections.home.number == 3

    play(test)


def test_each_lane_replaces_its_own_connection_when_the_venue_announces_the_end_of_all() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        before = {connection.number for connection in session.connections}
        for connection in list(peer.connections):
            await connection.send(SHUTDOWN)
        await asyncio.sleep(20.0)
        after = {connection.number for connection in session.connections}
        assert len(before) == len(after) == 3
        assert not before & after
        assert len(peer.connections) == 6

    play(test, settings=Settings(connections=3))


def test_no_call_goes_over_a_connection_whose_end_is_announced_while_its_successor_waits_for_events() -> None:
    """Else an order is in doubt where the venue ends the old one sooner than events may be late."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        old = session.connections.home
        assert old is not None
        old.adopt(7)
        await peer.last.send(SHUTDOWN)
        await asyncio.sleep(1.0)
        assert session.connections.home is old, "it still brings events"
        assert await session.call(ORDER, PARAMS) == {}
        assert await session.call(STATUS, {}) == {}
        loop.network.live[0].reset()
        await asyncio.sleep(1.0)
        assert await session.call(ORDER, PARAMS) == {}
        sent = [(request["method"], number) for number, request in peer.frames]
        assert [each for each in sent if each[0] == "order.place"] == [("order.place", 2)] * 2
        assert ("session.status", 1) in sent

    play(test)


def test_calls_pass_by_a_connection_whose_end_is_announced() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = lambda number, request: number > 2  # no successor comes about
        await session.call(STATUS, {})
        home, _ = peer.frames[-1]
        await peer.connections[home - 1].send(SHUTDOWN)
        await asyncio.sleep(1.0)
        for _ in range(4):
            assert await session.call(ORDER, PARAMS) == {}
        assert {number for number, request in peer.frames if request["method"] == "order.place"} == {3 - home}

    play(test, settings=Settings(connections=2))


def test_where_the_end_of_all_is_announced_calls_go_on_over_them() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = lambda number, request: number > 2
        for connection in list(peer.connections):
            await connection.send(SHUTDOWN)
        await asyncio.sleep(1.0)
        for _ in range(2):
            assert await session.call(ORDER, PARAMS) == {}
        assert {number for number, request in peer.frames if request["method"] == "order.place"} == {1, 2}

    play(test, settings=Settings(connections=2))


def test_a_venue_that_announces_the_end_of_every_connection_is_not_hammered() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def announce(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            await connection.send(SHUTDOWN)
            return {
                "apiKey": request["params"]["apiKey"], "authorizedSince": 1, "connectedSince": 1,
                "returnRateLimits": True, "serverTime": peer.now_ms(), "userDataStream": False,
            }  # fmt: skip

        peer.answers["session.logon"] = announce
        session.connections.rotate()
        await asyncio.sleep(300.0)
        assert len(peer.connections) < 80
        assert await session.call(READ, {}) == {}

    play(test)


def test_closing_in_the_middle_of_a_rotation_leaves_nothing_behind() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        session.connections.rotate()
        await asyncio.sleep(loop.random.uniform(0.0, 0.1))
        await session.close()
        await asyncio.sleep(1.0)
        assert not loop.network.live

    for seed in range(40):
        play(test, seed)


def test_a_connection_and_its_successor_that_are_half_open_are_closed_at_the_same_time() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["session.logon"] = silence  # the successor is not made ready
        session.connections.rotate()
        await asyncio.sleep(0.5)
        assert len(loop.network.live) == 2
        for link in loop.network.live:
            link.hole = "both"
        began = loop.time()
        await session.close()
        assert loop.time() - began < 1.5 * LONGEST_CLOSE

    play(test)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Settings(rotate_after=59.0),
        lambda: Settings(rotate_after=24 * 3600.0),
        lambda: Settings(rotate_after=float("nan")),
        lambda: Settings(not_now=True),  # type: ignore[arg-type]
    ],
)
def test_settings_that_cannot_be_are_refused(make: Callable[[], Settings]) -> None:
    with pytest.raises(UsageError):
        make()


class Cutting(SessionListener):
    """Cuts a connection while it is being made ready, and perhaps the one in use before; counts what it is told of."""

    def __init__(self, loop: VirtualLoop, *, both: bool) -> None:
        self.loop = loop
        self.both = both
        self.cuts = 0
        self.lost = 0

    async def prepare(self, connection: Connection, deadline: float) -> None:
        if not self.cuts:
            self.cuts += 1
            for link in list(self.loop.network.live) if self.both else self.loop.network.live[-1:]:
                link.reset()
            await asyncio.sleep(0.1)

    def on_home_lost(self) -> None:
        self.lost += 1


@pytest.mark.parametrize("both", [False, True])
def test_a_successor_that_ends_before_it_is_ready_takes_over_nothing(both: bool) -> None:
    """Else its events would count as whole, and what it never brought would be missing untold."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        listener = Cutting(loop, both=both)
        session.listeners.add(SessionRank.ACCOUNTS, listener)
        seen, task = listening(session)
        old = session.connections.home
        session.connections.rotate()
        await asyncio.sleep(0.2)
        assert old is not None
        assert session.connections.home is old
        assert old.lost is both
        await asyncio.sleep(60.0)
        task.cancel()
        assert listener.cuts == 1
        assert [event.connection for event in of(seen, Opened)] == [3]
        home = session.connections.home
        assert home is not None
        assert home is not old
        assert not home.lost
        assert listener.lost == (2 if both else 0)  # the old one, and what the new one brought for a moment

    play(test)


class Counting(SessionListener):
    """Counts what it is told of losses."""

    lost = 0

    def on_home_lost(self) -> None:
        self.lost += 1


@pytest.mark.parametrize("ends", [False, True], ids=["goes on", "ends"])
def test_a_connection_that_does_not_show_that_it_brought_all_costs_one_loss(ends: bool) -> None:
    """It is told of by the handover where the connection goes on, and by its end where that comes first."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        listener = Counting()
        session.listeners.add(SessionRank.ACCOUNTS, listener)
        old = session.connections.home
        assert old is not None
        old.adopt(7)
        peer.swallows = lambda number, request: number == 1 and request["method"] == "time"
        session.connections.rotate()
        await asyncio.sleep(0.5)
        if ends:
            loop.network.live[0].reset()
        await asyncio.sleep(60.0)
        assert session.connections.home is not old
        assert listener.lost == 1

    play(test)
