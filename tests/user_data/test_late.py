"""Entering user data that is cancelled, or takes too long: nothing is left behind at the venue."""

from __future__ import annotations

import asyncio

import pytest

from binance_wsapi import Settings, SpotClient, UnroutedEvent, UserDataEvents, VenueError, WsapiError
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Delay, Drop, Refuse
from tests.simulation.house import HMAC, SYMBOL, exchange_and_client
from tests.simulation.loop import VirtualLoop, run

SUBSCRIBE = "userDataStream.subscribe"
TURNS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 25)
"""Turns of the loop after which entering is cancelled: at each of them it may be at another await."""


async def enter(client: SpotClient) -> None:
    async with client.user_data():
        await asyncio.sleep(0.05)


async def nothing_is_left(exchange: LocalExchange, client: SpotClient) -> None:
    """See that the venue has no subscription, and that entering once more works on the same connection."""
    connects = exchange.truth.counters["connects"]
    await asyncio.sleep(3)
    exchange.faults.clear()
    assert await client.session_subscriptions() == []
    async with client.user_data() as events:
        assert events.subscribed
        assert len(await client.session_subscriptions()) == 1
    assert await client.session_subscriptions() == []
    assert exchange.truth.counters["connects"] == connects


@pytest.mark.parametrize("turns", TURNS)
def test_entering_that_is_cancelled_at_any_await_leaves_no_subscription(turns: int) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            for delay in (0.0, 0.5):
                if delay:
                    exchange.faults.next(Delay(delay), SUBSCRIBE)
                entering = asyncio.create_task(enter(client))
                for _ in range(turns):
                    await asyncio.sleep(0)
                entering.cancel()
                await asyncio.wait([entering])
                await nothing_is_left(exchange, client)

    run(main, 3)


@pytest.mark.parametrize("moment", [0.001, 0.1, 0.499, 0.503, 0.52])
def test_entering_that_is_cancelled_before_or_after_a_late_reply_leaves_no_subscription(moment: float) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            exchange.faults.next(Delay(0.5), SUBSCRIBE)
            entering = asyncio.create_task(enter(client))
            await asyncio.sleep(moment)
            entering.cancel()
            await asyncio.wait([entering])
            await nothing_is_left(exchange, client)

    run(main, 3)


def test_entering_that_takes_too_long_leaves_no_subscription() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, settings=Settings(timeout=1.0)) as (exchange, client):
            exchange.faults.next(Delay(1.5), SUBSCRIBE)
            with pytest.raises(WsapiError):
                await enter(client)
            await asyncio.sleep(2)
            assert await client.session_subscriptions() == []

    run(main, 3)


def test_leaving_that_is_cancelled_leaves_no_subscription() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_exchange, client):
            for turns in TURNS:
                inside = asyncio.Event()

                async def consume(inside: asyncio.Event = inside) -> None:
                    async with client.user_data():
                        inside.set()
                        await asyncio.sleep(3600)

                consuming = asyncio.create_task(consume())
                await inside.wait()
                consuming.cancel()
                for _ in range(turns):
                    await asyncio.sleep(0)
                consuming.cancel()
                await asyncio.wait([consuming])
                await asyncio.sleep(1)
                assert await client.session_subscriptions() == []

    run(main, 3)


def test_a_late_reply_serves_the_consumer_that_entered_meanwhile() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            unrouted: list[UnroutedEvent] = []

            async def watch() -> None:
                async for event in client.events():
                    if isinstance(event, UnroutedEvent) and b"eventStreamTerminated" not in event.data:
                        unrouted.append(event)

            watching = asyncio.create_task(watch())
            exchange.faults.next(Delay(0.5), SUBSCRIBE)
            entering = asyncio.create_task(enter(client))
            await asyncio.sleep(0.1)
            entering.cancel()
            await asyncio.wait([entering])
            exchange.faults.next(Drop(), f"{SUBSCRIBE}.signature")
            async with client.user_data() as events:
                await asyncio.sleep(2)
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
                async with asyncio.timeout(5):
                    await anext(events)
                assert len(await client.session_subscriptions()) == 1
            assert await client.session_subscriptions() == []
            assert unrouted == []
            watching.cancel()

    run(main, 3)


def test_a_connection_that_is_replaced_while_it_says_that_the_account_is_subscribed_ends_nothing() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client), client.user_data() as events:
            exchange.faults.next(Refuse(503, -1008, "Busy."), SUBSCRIBE, 2)
            exchange.faults.cut_all()
            await asyncio.sleep(0.9)  # it is asked for again a second after the second refusal
            exchange.faults.next(Delay(0.3), SUBSCRIBE)  # on the successor
            active = Refuse(400, -2035, "User Data Stream subscription already active.")
            exchange.faults.next(Delay(0.1, then=active), SUBSCRIBE)
            client.rotate()
            await asyncio.sleep(5)
            assert events.subscribed
            await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            async with asyncio.timeout(5):
                await anext(events)

    run(main, 3)


def test_what_the_venue_refused_for_good_is_not_called_subscribed() -> None:
    """The refusal comes on the successor of a connection on which the account is subscribed still."""

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client), client.user_data(HMAC) as events:
            exchange.faults.next(Refuse(400, -1102, "No."), f"{SUBSCRIBE}.signature")
            client.rotate()
            with pytest.raises(VenueError):
                await ended(events)
            assert not events.subscribed
            await asyncio.sleep(30)
            assert not events.subscribed

    run(main, 3)


async def ended(events: UserDataEvents) -> None:
    async with asyncio.timeout(30):
        async for _ in events:
            pass
