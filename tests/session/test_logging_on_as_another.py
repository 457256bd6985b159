"""A session that is logged on as another user: nothing is ever sent in the name of the one before. In virtual time."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.errors import AuthFailed, NotLoggedOn, ReplyTimeout, VenueError, WsapiError
from binance_wsapi.keys import Ed25519Key
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from tests.session.test_faults_in_virtual_time import KEY, ORDER, PARAMS, READ, play
from tests.simulation.house import KEY as KEY_OF_THE_HOUSE
from tests.simulation.house import exchange_and_client, register
from tests.simulation.loop import VirtualLoop
from tests.simulation.loop import run as run_in_virtual_time
from tests.simulation.peer import Peer

OTHER = Ed25519Key.generate(api_key="o" * 64)
LOGON = SpotClient.SESSION_LOGON
LOGOUT = SpotClient.SESSION_LOGOUT


def logged_on(peer: Peer, key: str) -> dict[str, Any]:
    return {"apiKey": key, "authorizedSince": 1, "connectedSince": 1, "returnRateLimits": True,
            "serverTime": peer.now_ms(), "userDataStream": False}  # fmt: skip


@pytest.mark.parametrize("how", ["says nothing", "refuses", "revokes the key before", "ends"])
def test_where_only_some_connections_took_the_logon_it_counts_and_every_order_is_of_the_new_account(how: str) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def once(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            asked.append(connection)
            if len(asked) == 2:
                if how == "refuses":
                    await peer.refuse(connection, request["id"], 400, -1000, "An unknown error occurred.")
                elif how == "revokes the key before":
                    await peer.refuse(connection, None, 401, -2015, "Invalid API-key, IP, or permissions.")
                elif how == "ends":
                    loop.network.live[1].reset()
                return None  # the venue did not hear it
            took.append(connection)
            return logged_on(peer, OTHER.api_key)

        async def order(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            params = request["params"]
            whose = params.get("apiKey") or (OTHER.api_key if connection in took else KEY.api_key)
            assert whose == OTHER.api_key
            placed.append(connection)
            return {}

        asked: list[Any] = []
        took: list[Any] = []
        placed: list[Any] = []
        peer.answers["session.logon"] = once
        peer.answers["order.place"] = order
        await session.call(LOGON, {}, CallOptions(timeout=1, key=OTHER))
        await session.call(ORDER, PARAMS)
        await session.call(ORDER, PARAMS)  # at once, over the other one
        for _ in range(4):
            await session.call(ORDER, PARAMS)
            await asyncio.sleep(0.3)
        assert len(placed) == 6
        assert len(set(placed)) in {2, 3}  # the other one, too, until it was replaced

    play(test, settings=Settings(connections=2))


@pytest.mark.parametrize("how", ["on as another", "out"])
def test_a_connection_that_logs_on_as_the_one_before_meanwhile_does_not_end_the_session(how: str) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def slow(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            await asyncio.sleep(0.5)
            return logged_on(peer, request["params"]["apiKey"])

        async def out(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            return {**logged_on(peer, ""), "apiKey": None}

        peer.answers["session.logon"] = slow
        peer.answers["session.logout"] = out
        loop.network.live[0].reset()
        await asyncio.sleep(0.4)
        assert session.connections.home is None
        if how == "out":
            await session.call(LOGOUT, {})
        else:
            await session.call(LOGON, {}, CallOptions(key=OTHER))
        await session.call(ORDER, PARAMS)
        (frame,) = peer.sent("order.place")
        assert ("signature" in frame["params"]) is (how == "out")

    play(test)


# --------------------------------------------------------------------------- a logon counts when the venue confirms it (F19)


class Venue:
    """Keeps whom each connection stands for, and checks that each order names the account it is meant for."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.users: dict[Any, str | None] = {}
        self.orders: list[str] = []
        self.refuse = False
        self.answer = True
        self.forget = False
        peer.answers.update({"session.logon": self.logon, "session.status": self.status, "order.place": self.order})

    async def logon(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        if self.refuse and request["params"]["apiKey"] == OTHER.api_key:
            if self.forget:
                self.users[connection] = None
            await peer.refuse(connection, request["id"], 401, -2015, "Invalid API-key, IP, or permissions for action.")
            return None
        self.users[connection] = request["params"]["apiKey"]
        return logged_on(peer, request["params"]["apiKey"]) if self.answer else None

    async def status(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        return {**logged_on(peer, ""), "apiKey": self.users.get(connection)}

    async def order(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        whose = request["params"].get("apiKey") or self.users.get(connection)
        if whose is None:
            await peer.refuse(connection, request["id"], 400, -1102, "Mandatory parameter 'apiKey' was not sent.")
            return None
        self.orders.append(whose)
        return {}


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("forgets", [False, True], ids=["the venue keeps the logon", "the venue ends the logon"])
def test_after_a_refused_logon_the_key_that_worked_still_does(forgets: bool, connections: int) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        venue = Venue(peer)
        for connection in peer.connections:
            venue.users[connection] = KEY.api_key
        venue.refuse, venue.forget = True, forgets
        with pytest.raises(AuthFailed):
            await session.call(LOGON, {}, CallOptions(key=OTHER))
        for _ in range(4):
            await session.call(ORDER, PARAMS)
        for link in loop.network.live:
            link.reset()
        for _ in range(4):
            await session.call(ORDER, PARAMS, CallOptions(timeout=20))
        assert venue.orders == [KEY.api_key] * 8

    play(test, settings=Settings(connections=connections))


def test_while_a_logon_is_on_its_way_every_order_says_whose_it_is() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def slow(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            venue.users[connection] = OTHER.api_key
            await asyncio.sleep(0.5)
            return logged_on(peer, OTHER.api_key)

        venue = Venue(peer)
        peer.answers["session.logon"] = slow
        logon = asyncio.ensure_future(session.call(LOGON, {}, CallOptions(key=OTHER)))
        await asyncio.sleep(0.1)
        await session.call(ORDER, PARAMS)
        assert venue.orders == [KEY.api_key]
        await logon
        await session.call(ORDER, PARAMS)
        assert venue.orders == [KEY.api_key, OTHER.api_key]

    play(test)


@pytest.mark.parametrize("heard", [True, False], ids=["the venue took it", "the venue never heard it"])
def test_after_a_logon_without_a_reply_every_order_is_of_the_key_that_worked(heard: bool) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        venue = Venue(peer)
        venue.users[peer.connections[0]] = KEY.api_key
        venue.answer = False
        if not heard:
            peer.swallows = lambda number, request: number == 1 and request["method"] == "session.logon"
        with pytest.raises(ReplyTimeout):
            await session.call(LOGON, {}, CallOptions(timeout=1, key=OTHER))
        venue.answer = True
        for _ in range(3):
            await session.call(ORDER, PARAMS)
        assert venue.orders == [KEY.api_key] * 3

    play(test)


def test_after_a_refused_logout_the_session_is_logged_on() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def refuse(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            await peer.refuse(connection, request["id"], 400, -1102, "no")

        venue = Venue(peer)
        venue.users[peer.connections[0]] = KEY.api_key
        peer.answers["session.logout"] = refuse
        with pytest.raises(VenueError):
            await session.call(LOGOUT, {})
        await session.call(ORDER, PARAMS)
        assert "signature" not in peer.sent("order.place")[0]["params"]

    play(test)


# --------------------------------------------------------------------------- a key that worked is refused (I4)


class Refusing:
    """Refuses the logons of a span of time, of any key."""

    def __init__(self, loop: VirtualLoop, peer: Peer) -> None:
        self.loop = loop
        self.until = 0.0
        self.logons: list[float] = []
        peer.answers["session.logon"] = self.logon

    async def logon(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        self.logons.append(self.loop.time())
        if self.loop.time() < self.until:
            await peer.refuse(connection, request["id"], 401, -2015, "Invalid API-key, IP, or permissions for action.")
            return None
        return logged_on(peer, request["params"]["apiKey"])


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.5])
def test_a_key_that_worked_and_is_refused_for_a_moment_comes_back_by_itself(seconds: float) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        venue = Refusing(loop, peer)
        loop.network.live[0].reset()
        venue.until = loop.time() + seconds
        await session.call(ORDER, PARAMS, CallOptions(timeout=20))
        (frame,) = peer.sent("order.place")
        assert "signature" not in frame["params"]
        assert 2 <= len(venue.logons) <= 3

    play(test)


async def refused_for_good(loop: VirtualLoop, peer: Peer, session: Session) -> Refusing:
    """Have the venue refuse the key on every connection from now on, and a private call find that out."""
    venue = Refusing(loop, peer)
    loop.network.live[0].reset()
    venue.until = loop.time() + 1e9
    with pytest.raises(NotLoggedOn):
        await session.call(ORDER, PARAMS, CallOptions(timeout=20))
    return venue


def test_a_key_that_worked_and_is_refused_for_good_is_tried_three_times_and_public_calls_go_on() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        venue = await refused_for_good(loop, peer, session)
        assert await session.call(READ, {}) == {}
        await asyncio.sleep(600)
        assert [later - earlier for earlier, later in pairwise(venue.logons)] == pytest.approx([1.0, 2.0], abs=0.1)
        assert not peer.sent("order.place")
        venue.until = 0.0
        await session.call(LOGON, {})
        await session.call(ORDER, PARAMS)
        assert len(peer.sent("order.place")) == 1

    play(test)


def test_a_key_that_is_accepted_again_on_one_connection_is_tried_again_on_the_others() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        venue = Refusing(loop, peer)
        venue.until = loop.time() + 1e9
        for socket in list(loop.network.live):
            socket.reset()
        await asyncio.sleep(30)
        assert [each.refused is not None for each in session.connections] == [True, True]
        venue.until = 0.0
        loop.network.live[0].reset()
        await asyncio.sleep(30)
        assert [each.logged_on_as is not None for each in session.connections] == [True, True]
        assert len(venue.logons) == 8, "three on each connection, then one"

    play(test, settings=Settings(connections=2))


def test_a_key_refused_while_there_is_little_time_to_open_a_connection_ends_in_no_storm() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        venue = await refused_for_good(loop, peer, session)
        await asyncio.sleep(600)
        assert len(venue.logons) == 1

    play(test, settings=Settings(open_timeout=1.5))


@pytest.mark.parametrize("after_s", [3.2, 4.0])
def test_a_logon_is_also_that_of_the_connection_that_takes_over(after_s: float) -> None:
    """The venue refused the key on the successor, and is about to end the connection that carries user data."""

    async def test(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            await client.track_account()
            exchange.faults.revoke(KEY_OF_THE_HOUSE.api_key)
            with pytest.raises(WsapiError):
                await client.account_status()
            exchange.faults.shutdown(30.0)
            await asyncio.sleep(after_s)
            (successor,) = client._session.connections.and_successor[1:]
            assert successor.refused is not None
            register(exchange)
            await client.session_logon()
            for _ in range(5):
                await client.account_status()
                await asyncio.sleep(2)
            assert client._session.connections.home is successor

    run_in_virtual_time(test)
