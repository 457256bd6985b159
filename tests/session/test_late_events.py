"""Events that are late when a connection is replaced: the old one is kept until it has brought them, or the loss is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from binance_wsapi import SpotClient
from binance_wsapi.environments import local
from binance_wsapi.models import BalanceUpdate
from tests.simulation.house import KEY, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

EVERY_S = 0.05
EVENTS = 40


class LateVenue:
    """Brings every event over each subscribed connection, in order, so many seconds after it was made."""

    def __init__(self, peer: Peer, late_s: float) -> None:
        self.peer = peer
        self.late_s = late_s
        self.subscribed: list[ServerConnection] = []
        self.made = 0
        self._sending: dict[ServerConnection, asyncio.Task[None]] = {}
        peer.answers["userDataStream.subscribe"] = self._subscribe
        peer.answers["account.status"] = self._account
        peer.answers["openOrders.status"] = self._none

    async def _subscribe(self, _: Peer, connection: ServerConnection, __: dict[str, Any]) -> dict[str, Any]:
        self.subscribed.append(connection)
        return {"subscriptionId": 0}

    async def _account(self, peer: Peer, _: ServerConnection, __: dict[str, Any]) -> dict[str, Any]:
        rate = "0.00000000"
        return {
            "makerCommission": 0,
            "takerCommission": 0,
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": {"maker": rate, "taker": rate, "buyer": rate, "seller": rate},
            "canTrade": True,
            "canWithdraw": True,
            "canDeposit": True,
            "brokered": False,
            "requireSelfTradePrevention": False,
            "preventSor": False,
            "updateTime": peer.now_ms(),
            "accountType": "SPOT",
            "balances": [],
            "permissions": ["SPOT"],
            "uid": 1,
        }

    async def _none(self, peer: Peer, connection: ServerConnection, request: dict[str, Any]) -> None:
        await connection.send(json.dumps({"id": request["id"], "status": 200, "result": [], "rateLimits": []}))

    def deposit(self) -> None:
        """Make one event; each holds the number of those made."""
        self.made += 1
        now = self.peer.now_ms()
        event = {"e": "balanceUpdate", "E": now, "a": "BTC", "d": str(self.made), "T": now}
        text = json.dumps({"subscriptionId": 0, "event": event})
        for connection in self.subscribed:
            asyncio.get_running_loop().call_later(self.late_s, self._send, connection, text)

    def _send(self, connection: ServerConnection, text: str) -> None:
        self._sending[connection] = asyncio.ensure_future(self._brought(connection, text))

    async def _brought(self, connection: ServerConnection, text: str) -> None:
        with suppress(ConnectionClosed):
            await connection.send(text)


Scene = Callable[[LateVenue, SpotClient], Awaitable[None]]


def play(late_s: float, scene: Scene) -> tuple[list[int], list[str]]:
    """Return the numbers of the events that came, in their order, and what else was told."""
    numbers: list[int] = []
    told: list[str] = []

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            venue = LateVenue(peer, late_s)
            async with (
                SpotClient(local(peer.url), KEY, runtime=runtime(loop)) as client,
                client.user_data() as events,
            ):

                async def listen() -> None:
                    async for event in events:
                        if isinstance(event, BalanceUpdate):
                            numbers.append(int(event.free_qty_delta))
                        else:
                            told.append(type(event).__name__)

                listening = asyncio.ensure_future(listen())
                await scene(venue, client)
                await asyncio.sleep(60.0)
                listening.cancel()

    run(main, 1)
    return numbers, told


async def flow(venue: LateVenue, client: SpotClient) -> None:
    """Replace the connection in the middle of a flow of events."""
    for number in range(EVENTS):
        if number == EVENTS // 2:
            client.rotate()
        venue.deposit()
        await asyncio.sleep(EVERY_S)


async def flow_after_others(venue: LateVenue, client: SpotClient) -> None:
    """Replace the connection in the middle of a flow, when events have shown how late they are."""
    venue.deposit()
    await asyncio.sleep(600.0)
    await flow(venue, client)


@pytest.mark.parametrize("late_s", [0.0, 0.3, 0.5, 1.0, 2.0, 4.0, 10.0])
def test_no_event_that_is_late_is_lost_when_the_connection_is_replaced(late_s: float) -> None:
    assert play(late_s, flow_after_others) == (list(range(1, EVENTS + 2)), [])


@pytest.mark.parametrize("scene", [flow, flow_after_others])
def test_events_too_late_to_be_waited_for_are_told_as_a_loss(scene: Scene) -> None:
    numbers, told = play(40.0, scene)
    assert numbers == sorted(set(numbers))
    assert len(numbers) < EVENTS
    assert told == ["Repaired"]


def test_a_rotation_of_an_account_without_events_tells_nothing() -> None:
    async def one_deposit_much_later(venue: LateVenue, client: SpotClient) -> None:
        client.rotate()
        await asyncio.sleep(600.0)
        venue.deposit()

    assert play(8.0, one_deposit_much_later) == ([1], [])
