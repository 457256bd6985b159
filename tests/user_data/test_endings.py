"""A subscription that the venue confirms and ends at once is asked for with pauses that grow, and consumers are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from binance_wsapi import Gap, NotConnected, Repaired, SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.user_data.endings import FIRST_PAUSE_S, LONGEST_PAUSE_S, STABLE_S, Endings
from binance_wsapi.user_data.subscription import ENDED_AT_ONCE
from tests.simulation.house import exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.test_tokens import Desk

MINUTES = 5


def test_the_first_end_of_a_subscription_that_lived_costs_no_pause() -> None:
    endings = Endings()
    endings.made(1, 100.0)
    assert endings.ended(1, 100.0 + STABLE_S, 0) is None
    assert endings.pause(100.0 + STABLE_S) == 0


def test_pauses_double_up_to_the_longest_and_a_life_begins_anew() -> None:
    endings, now, pauses, told = Endings(), 1000.0, [], []
    for _ in range(9):
        endings.made(1, now)
        told.append(endings.ended(1, now, int(now)))
        pauses.append(endings.pause(now))
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (pauses[0], pauses[-1]) == (FIRST_PAUSE_S, LONGEST_PAUSE_S)
    assert told == [None] * 6 + [1000, 1063, 1123], "told after a minute, from the first end on, then once a minute"
    endings.made(1, now)
    endings.ended(1, now + STABLE_S, 0)
    endings.made(1, now + STABLE_S)
    endings.ended(1, now + STABLE_S, 0)
    assert endings.pause(now + STABLE_S) == FIRST_PAUSE_S


def test_the_end_on_another_connection_than_the_last_says_nothing_about_the_last() -> None:
    endings = Endings()
    endings.ended(1, 0.0, 0)
    endings.made(2, 1.0)
    endings.ended(1, 1.0, 0)
    assert endings.pause(1.0) == 0


@asynccontextmanager
async def ended_at_once(exchange: LocalExchange) -> AsyncIterator[None]:
    """Have the venue end each subscription within some milliseconds."""

    async def end() -> None:
        while True:
            exchange.faults.terminate_subscriptions()
            await asyncio.sleep(0.005)

    ending = asyncio.create_task(end())
    try:
        yield
    finally:
        ending.cancel()


def subscribed(exchange: LocalExchange) -> int:
    return sum(request["method"].startswith("userDataStream.subscribe") for request in requests(exchange))


async def read(events: Any, into: list[Any]) -> None:
    async for item in events:
        into.append(item)


@pytest.mark.parametrize("kind", ["own", "margin"])
@pytest.mark.parametrize("then", ["stays", "is cut", "is replaced"])
def test_it_is_asked_for_less_and_less_often_on_every_connection(kind: str, then: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            desk, seen = Desk(exchange), list[Any]()
            async with client.user_data() if kind == "own" else client.margin_user_data(desk.fetch) as events:
                reading = asyncio.create_task(read(events, seen))
                await asyncio.sleep(30)
                before = subscribed(exchange)
                async with ended_at_once(exchange):
                    for _ in range(MINUTES):
                        await asyncio.sleep(30)
                        if then == "is cut":
                            exchange.faults.cut_all()
                        elif then == "is replaced":
                            client.rotate()
                        await asyncio.sleep(30)
                        await client.ping()
                    assert not events.subscribed
                    assert 5 <= subscribed(exchange) - before <= 20
                    gaps = [item for item in seen if isinstance(item, Gap)]
                    assert gaps
                    assert sum(gap.until - gap.since for gap in gaps) > (MINUTES - 2) * 60_000
                    assert (gaps[-1].why == ENDED_AT_ONCE) == (kind == "own")
                await asyncio.sleep(LONGEST_PAUSE_S + 30)
                assert events.subscribed
                assert desk.fetched <= 25
                assert isinstance(seen[-1], Repaired if kind == "own" else Gap)
                told = len([item for item in seen if isinstance(item, Gap)])
                await asyncio.sleep(300)
                assert len([item for item in seen if isinstance(item, Gap)]) == told
                reading.cancel()

    run(life, seed=3)


def test_a_subscription_that_lived_is_made_again_at_once() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client), client.user_data() as events:
            for _ in range(5):
                await asyncio.sleep(STABLE_S + 1)
                exchange.faults.terminate_subscriptions()
                await asyncio.sleep(0.5)
                assert events.subscribed

    run(life, seed=3)


def test_entering_waits_as_long_as_a_call_may_take_and_then_says_why() -> None:
    async def enter(client: SpotClient) -> None:
        async with client.user_data():
            pass

    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client), client.user_data(), ended_at_once(exchange):
            await asyncio.sleep(35)
            began, before = loop.time(), subscribed(exchange)
            with pytest.raises(
                NotConnected, match="ends each subscription of the account as soon as it is made: it is"
            ):
                await enter(client)
            assert loop.time() - began <= 10
            entering = [asyncio.create_task(enter(client)) for _ in range(20)]
            await asyncio.gather(*entering, return_exceptions=True)
            assert subscribed(exchange) - before <= 1

    run(life, seed=3)
