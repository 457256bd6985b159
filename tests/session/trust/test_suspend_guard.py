"""The client's machine sleeps, or its process is stopped, for a minute: fault A16, in virtual time.

The monotonic clock counts the time (a stopped process, most virtual machines) or it does not (a laptop that sleeps). The
connection comes through it or is dead, with or without saying so.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi.environments import local
from binance_wsapi.errors import ConnectionLost, RateLimited, ReplyTimeout
from binance_wsapi.keys import Ed25519Key, HmacKey
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from tests.session.test_faults_in_virtual_time import ORDER, PARAMS, READ
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

ED25519 = Ed25519Key.generate(api_key="k" * 64)
HMAC = HmacKey("k" * 64, "s" * 64)
STOOD_STILL = 60.0


class World:
    """A session, a peer that refuses every timestamp the venue would refuse, and a machine that can sleep."""

    def __init__(self, loop: VirtualLoop, peer: Peer, key: Any, settings: Settings | None = None) -> None:
        self.loop = loop
        self.peer = peer
        self.slept = 1_000.0
        self.refused = 0
        self.answer = True
        for method in ("order.place", "session.logon"):
            peer.answers[method] = self._strict
        runtime = Runtime(
            wall=lambda: loop.time() + 5.0,
            token=lambda n: "".join(loop.random.choice("0123456789bcdfg") for _ in range(n)),
            uniform=loop.random.uniform,
            slept=lambda: self.slept,
        )
        self.session = Session(local(peer.url), key, settings, runtime=runtime)

    async def _strict(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        stamp = request["params"]["timestamp"]
        if not -1000 < peer.now_ms() - stamp <= 5000:
            self.refused += 1
            await peer.refuse(connection, request["id"], 400, -1021, "Timestamp for this request ...")
            return None
        if request["method"] == "session.logon":
            return {"apiKey": "k" * 64, "serverTime": peer.now_ms()}
        return {"at": peer.now_ms()} if self.answer else None

    def stand_still(self, *, counted: bool, seconds: float = STOOD_STILL) -> None:
        """Let time pass for all but the client."""
        if counted:
            self.loop.now += seconds
        else:
            self.slept += seconds
            self.peer.offset_ms += seconds * 1000.0

    def strike(self, fate: str) -> None:
        link = self.loop.network.live[0]
        if fate == "dropped":
            link.reset()
        elif fate == "dead in silence":
            link.hole = "both"


def play(test: Any, key: Any = ED25519, settings: Settings | None = None) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            world = World(loop, peer, key, settings)
            await world.session.start()
            try:
                await test(world)
            finally:
                await world.session.close()
            await asyncio.sleep(30)
            assert world.refused == 0

    run(main)


@pytest.mark.parametrize("key", [ED25519, HMAC], ids=["logged on", "signed"])
@pytest.mark.parametrize("fate", ["alive", "dropped", "dead in silence"])
@pytest.mark.parametrize("counted", [True, False], ids=["monotonic goes on", "monotonic stands still"])
def test_no_order_goes_out_stale_or_into_a_dead_connection(counted: bool, fate: str, key: Any) -> None:
    """The venue refuses no timestamp, no order is in doubt that was placed afterwards, and each is sent once."""

    async def test(world: World) -> None:
        await world.session.call(ORDER, PARAMS)
        world.strike(fate)
        world.stand_still(counted=counted)
        woke = world.loop.time()
        for _ in range(3):
            await asyncio.gather(*(world.session.call(ORDER, PARAMS) for _ in range(5)))
        assert world.loop.time() - woke < 6.0
        assert len(world.peer.sent("order.place")) == 16
        assert len(world.peer.connections) == (1 if fate == "alive" else 2)

    play(test, key)


@pytest.mark.parametrize("fate", ["dropped", "dead in silence"])
@pytest.mark.parametrize("counted", [True, False], ids=["monotonic goes on", "monotonic stands still"])
def test_what_was_in_flight_is_in_doubt_soon_after(counted: bool, fate: str) -> None:
    async def test(world: World) -> None:
        world.answer = False
        call = asyncio.ensure_future(world.session.call(ORDER, PARAMS, CallOptions(timeout=120)))
        await asyncio.sleep(0.5)
        world.answer = True
        world.strike(fate)
        world.stand_still(counted=counted)
        woke = world.loop.time()
        with pytest.raises((ConnectionLost, ReplyTimeout)):
            await call
        assert world.loop.time() - woke < 5.5
        await world.session.call(ORDER, PARAMS)
        assert len(world.peer.sent("order.place")) == 2

    play(test)


def test_the_reply_that_came_meanwhile_is_the_callers() -> None:
    async def test(world: World) -> None:
        async def late(peer: Peer, connection: Any, request: dict[str, Any]) -> dict[str, Any]:
            await asyncio.sleep(0.5)
            world.stand_still(counted=True)
            return {"done": 1}

        world.peer.answers["order.place"] = late
        assert await world.session.call(ORDER, PARAMS, CallOptions(timeout=120)) == {"done": 1}

    play(test)


@pytest.mark.parametrize("counted", [True, False], ids=["monotonic goes on", "monotonic stands still"])
def test_a_connection_that_died_meanwhile_is_replaced_without_a_call(counted: bool) -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(3)
        world.strike("dead in silence")
        world.stand_still(counted=counted)
        await asyncio.sleep(7)
        assert len(world.peer.connections) == 2
        home = world.session.connections.home
        assert home is not None
        assert home.takes(ORDER)

    play(test)


@pytest.mark.parametrize("wait", [0.0, 1.5], ids=["noticed by the answer", "noticed before"])
def test_a_sleep_while_the_time_is_being_asked_does_not_spoil_the_clock(wait: float) -> None:
    """The venue had answered before the machine slept, and the answer is read after it: it is old, and looks new."""

    async def test(world: World) -> None:
        async def slow(peer: Peer, connection: Any, request: dict[str, Any]) -> dict[str, Any]:
            told = {"serverTime": peer.now_ms()}
            if not world.slept > 1_000.0:
                world.stand_still(counted=False)
                await asyncio.sleep(wait)
            return told

        world.peer.answers["time"] = slow
        world.session.clock.reset()
        world.loop.network.live[0].reset()
        await asyncio.gather(*(world.session.call(ORDER, PARAMS) for _ in range(5)))
        assert world.slept > 1_000.0
        await asyncio.sleep(wait + 1.0)  # the answer of before is there, and spoils nothing either
        await world.session.call(ORDER, PARAMS)

    play(test)


def test_all_connections_are_proven_and_a_dead_connection_has_a_stand_in() -> None:
    async def test(world: World) -> None:
        world.strike("dead in silence")
        world.stand_still(counted=False)
        woke = world.loop.time()
        await asyncio.gather(*(world.session.call(ORDER, PARAMS) for _ in range(6)))
        assert world.loop.time() - woke < 1.0
        assert len(world.peer.sent("order.place")) == 6

    play(test, settings=Settings(connections=3))


def test_a_second_sleep_while_connections_are_being_proven_is_another_one() -> None:
    async def test(world: World) -> None:
        async def again(peer: Peer, connection: Any, request: dict[str, Any]) -> dict[str, Any]:
            told = {"serverTime": peer.now_ms()}
            del peer.answers["time"]
            world.stand_still(counted=False)
            return told

        for _ in range(3):
            world.peer.answers["time"] = again
            world.stand_still(counted=False)
            await world.session.call(ORDER, PARAMS)
            assert "time" not in world.peer.answers

    play(test)


def test_a_program_that_computes_for_a_moment_loses_nothing() -> None:
    async def test(world: World) -> None:
        asked = len(world.peer.sent("time"))
        for _ in range(5):
            world.stand_still(counted=True, seconds=3.0)
            await world.session.call(ORDER, PARAMS)
        assert len(world.peer.sent("time")) == asked
        assert len(world.peer.connections) == 1

    play(test)


class Remote:
    """A key in a service that takes its time over a signature."""

    api_key = HMAC.api_key
    can_log_on = False
    takes = 0.0

    async def sign_async(self, payload: bytes) -> str:
        await asyncio.sleep(self.takes)
        return HMAC.sign(payload)


@pytest.mark.parametrize("counted", [True, False], ids=["monotonic goes on", "monotonic stands still"])
def test_an_order_that_was_being_signed_is_stamped_anew_for_a_living_connection(counted: bool) -> None:
    """The look that is overdue comes before the signature: the call itself notices nothing."""

    async def test(world: World) -> None:
        key.takes = 1.7
        call = asyncio.ensure_future(world.session.call(ORDER, PARAMS, CallOptions(timeout=120)))
        await asyncio.sleep(0.1)
        key.takes = 0.0
        world.strike("dead in silence")
        world.stand_still(counted=counted)
        await asyncio.sleep(1.2)
        await call
        assert len(world.peer.sent("order.place")) == 1
        assert len(world.peer.connections) == 2

    key = Remote()
    play(test, key)


def test_a_connection_that_cannot_be_asked_for_want_of_limits_is_kept_and_asked_later() -> None:
    async def test(world: World) -> None:
        async def too_many(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            await peer.refuse(connection, request["id"], 429, -1003, "Too much request weight used; ...")

        world.peer.answers["exchangeInfo"] = too_many
        with pytest.raises(RateLimited):
            await world.session.call(READ, {})
        world.stand_still(counted=False, seconds=0.6)
        await world.session.call(ORDER, PARAMS, CallOptions(timeout=120))
        assert len(world.peer.connections) == 1

    play(test)


def test_a_connection_that_was_being_made_ready_is_proven_too() -> None:
    """What it was told before the machine slept does not show that it has come through it."""

    async def test(world: World) -> None:
        peer, links = world.peer, world.loop.network.live
        strict = peer.answers["session.logon"]

        async def asleep(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            peer.answers["session.logon"] = strict
            world.stand_still(counted=False)
            links[0].hole = "both"
            world.loop.network.live[1].hole = "up"
            calls.append(asyncio.ensure_future(world.session.call(ORDER, PARAMS)))  # it notices
            await asyncio.sleep(0.001)
            await peer.reply(connection, request["id"], {"apiKey": "k" * 64, "serverTime": peer.now_ms()})

        calls: list[Any] = []
        peer.answers["session.logon"] = asleep
        world.session.connections.rotate()
        await asyncio.sleep(0.1)
        await world.session.call(ORDER, PARAMS)
        await calls[0]
        assert len(peer.sent("order.place")) == 2

    play(test)
