"""The venue's clock as a session asks for it: jumps, a node that is wrong, two nodes that disagree. In virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi.keys import HmacKey
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.clock_sync import RESYNC_AFTER
from binance_wsapi.session.session import Session
from binance_wsapi.wire.endpoint import Endpoint, Security
from tests.session.test_faults_in_virtual_time import KEY, ORDER, PARAMS, play
from tests.simulation.loop import VirtualLoop
from tests.simulation.peer import Peer

HMAC = HmacKey("k" * 64, "s" * 64)
QUESTION: Endpoint[dict[str, Any]] = Endpoint("order.status", dict[str, Any], security=Security.USER_DATA)


class Nodes:
    """Gives each connection a clock of its own, by which timestamps are refused as the venue refuses them."""

    def __init__(self, peer: Peer) -> None:
        self.offsets: dict[Any, float] = {}
        self.others = 0.0
        self.once: list[float] = []
        self.refused = 0
        peer.answers["time"] = self.time
        peer.answers["order.place"] = peer.answers["order.status"] = self.order

    def now(self, peer: Peer, connection: Any) -> int:
        return peer.now_ms() + int(self.offsets.get(connection, self.others))

    async def time(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        wrong = self.once.pop() if self.once else 0.0
        return {"serverTime": self.now(peer, connection) + int(wrong)}

    async def order(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        if not -1000 < self.now(peer, connection) - request["params"]["timestamp"] <= 5000:
            self.refused += 1
            await peer.refuse(connection, request["id"], 400, -1021, "Timestamp for this request ...")
            return None
        return {}


@pytest.mark.parametrize("key", [KEY, HMAC], ids=["logged on", "signed"])
@pytest.mark.parametrize("wrong", [-86_400e3, -25e3, 25e3, 86_400e3])
def test_one_wrong_answer_costs_no_order(wrong: float, key: Any) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        nodes = Nodes(peer)
        nodes.once = [wrong]
        await asyncio.sleep(RESYNC_AFTER * 1.5)
        assert not nodes.once
        assert abs(session.now_ms() - peer.now_ms()) < 100
        await session.call(ORDER, PARAMS)
        assert nodes.refused == 0

    play(test, key=key)


@pytest.mark.parametrize("jump", [-86_400e3, -7e3, 7e3, 86_400e3])
def test_a_clock_that_was_set_is_known_after_the_next_question(jump: float) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        nodes = Nodes(peer)
        peer.offset_ms += jump
        await asyncio.sleep(RESYNC_AFTER * 1.5)
        assert abs(session.now_ms() - peer.now_ms()) < 100
        await session.call(ORDER, PARAMS)
        assert nodes.refused == 0

    play(test)


@pytest.mark.parametrize("ahead", [-86_400e3, -25e3, 25e3, 86_400e3])
def test_orders_go_through_two_nodes_that_disagree(ahead: float) -> None:
    """A refusal for the timestamp is definite: the clock is asked again on that connection, and the order is sent there."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        nodes = Nodes(peer)
        nodes.offsets[peer.connections[1]] = ahead
        for _ in range(20):
            assert await session.call(ORDER, PARAMS) == {}
        assert len(peer.sent("order.place")) - nodes.refused == 20

    play(test, settings=Settings(connections=2))


@pytest.mark.parametrize("first", ["swallows it", "is cut"])
@pytest.mark.parametrize("ahead", [-86_400e3, -25e3, 25e3, 86_400e3])
def test_a_question_that_goes_over_to_another_node_is_stamped_by_its_clock(ahead: float, first: str) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        nodes = Nodes(peer)
        corrected = peer.connections[0]
        nodes.offsets, nodes.others = {corrected: ahead}, -ahead
        lost: list[Any] = []

        async def answer(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            if connection is corrected and nodes.refused and not lost:  # the timestamp was corrected, and is right here
                lost.append(request)
                if first == "is cut":
                    connection.transport.abort()
                return None
            return await nodes.order(peer, connection, request)

        peer.answers["order.status"] = answer
        for _ in range(4):
            assert await session.call(QUESTION, PARAMS) == {}
        assert lost

    play(test, settings=Settings(connections=2))


def test_another_connection_is_asked_which_of_two_times_is_right() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        nodes = Nodes(peer)
        home = session.connections.home
        assert home is not None
        nodes.offsets[peer.connections[0]] = 25_000
        nodes.offsets[peer.connections[1]] = 0
        await asyncio.sleep(RESYNC_AFTER * 3)
        assert abs(session.now_ms() - peer.now_ms()) < 100

    play(test, settings=Settings(connections=2))
