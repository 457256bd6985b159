"""A session that is logged on as somebody else: nothing is ever sent in the name of the one before. In virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.errors import ReplyTimeout
from binance_wsapi.keys import Ed25519Key
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from tests.session.test_faults_in_virtual_time import KEY, ORDER, PARAMS, play
from tests.simulation.loop import VirtualLoop
from tests.simulation.peer import Peer

OTHER = Ed25519Key.generate(api_key="o" * 64)
LOGON = SpotClient.SESSION_LOGON
LOGOUT = SpotClient.SESSION_LOGOUT


def logged_on(peer: Peer, key: str) -> dict[str, Any]:
    return {"apiKey": key, "authorizedSince": 1, "connectedSince": 1, "returnRateLimits": True,
            "serverTime": peer.now_ms(), "userDataStream": False}  # fmt: skip


def test_where_only_some_connections_took_the_logon_every_order_is_of_the_new_account() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def once(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            took.append(connection)
            return logged_on(peer, OTHER.api_key) if len(took) == 1 else None

        async def order(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            params = request["params"]
            whose = params.get("apiKey") or (OTHER.api_key if connection in took else KEY.api_key)
            assert whose == OTHER.api_key
            placed.append(connection)
            return {}

        took: list[Any] = []
        placed: list[Any] = []
        peer.answers["session.logon"] = once
        peer.answers["order.place"] = order
        with pytest.raises(ReplyTimeout):
            await session.call(LOGON, {}, CallOptions(timeout=1, key=OTHER))
        took.pop()  # the venue did not hear it
        for _ in range(4):
            await session.call(ORDER, PARAMS)
        assert len(placed) == 4
        assert len(set(placed)) == 2

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
