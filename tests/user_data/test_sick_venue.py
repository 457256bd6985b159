"""A venue of which one method alone is sick: orders, cancels and public calls go on, and what it would have told is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import pytest

from binance_wsapi import (
    Gap,
    HmacKey,
    Outcome,
    OutcomeUnknown,
    Repaired,
    Settings,
    SpotClient,
    UserDataEvents,
    WsapiError,
)
from binance_wsapi.orders.trade.schedule import DEAF_SILENCE_S
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.actions import Cut, Delay, Drop, Refuse
from binance_wsapi.user_data.subscription import NOT_MADE, SILENCE_S
from binance_wsapi.user_data.subscriptions import RENEW_AT_MOST, RESTORE_S
from tests.simulation.house import HMAC, KEY, SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.truth import judge_cache, judge_events

SUBSCRIBE: Final = ("userDataStream.subscribe", "userDataStream.subscribe.signature")
TIMEOUT: Final = Refuse(504, -1007, "Timeout waiting for response from backend server.")
AILMENTS: Final[dict[str, Any]] = {
    "an unknown error": Refuse(400, -1000, "An unknown error occurred while processing the request."),
    "overloaded": Refuse(503, -1008, "Server is currently overloaded with other requests."),
    "a time-out at once": TIMEOUT,
    "a time-out after 3 s": Delay(3.0, then=TIMEOUT),
    "a time-out after 10 s": Delay(10.0, then=TIMEOUT),
    "no answer": Drop(executed=False),
}
SICK: Final = {"subscribe": SUBSCRIBE, "time": ("time",), "session.logon": ("session.logon",)}
PATIENCE_S: Final = 3.1
"""Seconds for which a call may wait for a connection of which any one of these methods is not answered."""


def fall_ill(exchange: LocalExchange, methods: tuple[str, ...], ailment: Any) -> None:
    for method in methods:
        exchange.faults.next(ailment, method, 10_000)


async def seconds_of(call: Awaitable[Any]) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await call
    return loop.time() - began


def rest(client: SpotClient, price: str = "50000") -> Awaitable[Any]:
    return client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price=price, time_in_force="GTC")


async def read(events: Any, into: list[Any]) -> None:
    async for item in events:
        into.append(item)


@asynccontextmanager
async def reading(
    loop: VirtualLoop, **options: Any
) -> AsyncIterator[tuple[LocalExchange, SpotClient, UserDataEvents, list[Any]]]:
    """A client whose user data is read into a list; the reader must not end before the test does."""
    items: list[Any] = []
    async with exchange_and_client(loop, **options) as (exchange, client), client.user_data() as events:
        task = asyncio.create_task(read(events, items))
        yield exchange, client, events, items
        assert not task.done()
        task.cancel()


async def asks_for_user_data(trigger: str, client: SpotClient, exchange: LocalExchange, stack: AsyncExitStack) -> None:
    if trigger == "track_account":
        await client.track_account()
    elif trigger == "user_data":
        await stack.enter_async_context(client.user_data())
    elif trigger == "a live handle":
        handle = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        await handle.accepted()
    else:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        with pytest.raises(OutcomeUnknown) as unknown:
            await rest(client)
        assert (await unknown.value.resolve()).outcome is Outcome.ACCEPTED
    await asyncio.sleep(5)


@pytest.mark.parametrize("ailment", AILMENTS)
@pytest.mark.parametrize("sick", SICK)
@pytest.mark.parametrize("trigger", ["track_account", "user_data", "a live handle", "a lost reply"])
@pytest.mark.parametrize("key", [KEY, HMAC], ids=["logs on", "signs"])
def test_no_sick_method_keeps_a_connection_from_calls(key: Any, trigger: str, sick: str, ailment: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with AsyncExitStack() as stack:
            exchange, client = await stack.enter_async_context(exchange_and_client(loop, key=key))
            resting = await rest(client)
            await asks_for_user_data(trigger, client, exchange, stack)
            fall_ill(exchange, SICK[sick], AILMENTS[ailment])
            before = exchange.truth.counters["connects"]
            exchange.faults.cut_all()
            await asyncio.sleep(0.05)
            assert await seconds_of(client.cancel_order(SYMBOL, order_id=resting.order_id)) < PATIENCE_S
            for _ in range(12):
                assert await seconds_of(rest(client)) < 0.2
                assert await seconds_of(client.ping()) < 0.2
                await asyncio.sleep(10)
            assert exchange.truth.counters["connects"] == before + 1

    run(life, seed=4)


@pytest.mark.parametrize("ailment", AILMENTS)
def test_a_consumer_is_told_after_a_minute_and_gets_everything_once_when_the_venue_is_well(ailment: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with reading(loop) as (exchange, client, events, items):
            await rest(client, "60000")
            await asyncio.sleep(10)
            began = client.now_ms()
            fall_ill(exchange, SUBSCRIBE, AILMENTS[ailment])
            exchange.faults.cut_all()
            for _ in range(18):
                await asyncio.sleep(10)
                await client.place_order(SYMBOL, "SELL", "MARKET", quantity="0.001")
            assert not events.subscribed
            gaps = [item for item in items if isinstance(item, Gap)]
            assert [gap.why for gap in gaps] == [NOT_MADE] * 2
            assert began - 10_000 < gaps[0].since <= began + 1_000, "since the last that was heard"
            assert gaps[1].since == gaps[0].until
            assert gaps[0].until - began < (SILENCE_S + 15) * 1000
            exchange.faults.clear()
            await asyncio.sleep(RENEW_AT_MOST + 20)
            assert events.subscribed
            await asyncio.sleep(20)
            assert isinstance(next(item for item in items if isinstance(item, Repaired)), Repaired)
            assert judge_events(items, exchange.truth) == []
            assert judge_cache(client, exchange.truth) == []

    run(life, seed=5)


@pytest.mark.parametrize("ailment", AILMENTS)
def test_a_live_handle_finds_its_end_by_asking_within_seconds(ailment: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            handles = [
                await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price=price, time_in_force="GTC")
                for price in ("60000", "59999.5")
            ]
            for handle in handles:
                await handle.accepted()
            await asyncio.sleep(20)
            fall_ill(exchange, SUBSCRIBE, AILMENTS[ailment])
            exchange.faults.cut_all()
            for handle in handles:
                await asyncio.sleep(30)
                await client.place_order(SYMBOL, "SELL", "MARKET", quantity="0.01")
                assert await seconds_of(handle.filled()) < 2 * DEAF_SILENCE_S + RESTORE_S

    run(life, seed=6)


@pytest.mark.parametrize("ailment", AILMENTS)
def test_the_sickness_of_one_account_does_not_touch_another(ailment: str) -> None:
    bob = HmacKey("bobsKey" + "0" * 57, "b" * 64)

    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            exchange.register_key(bob.api_key, "hmac", secret="b" * 64, account="bob")
            async with client.user_data() as own, client.user_data(bob) as others:
                resting = await rest(client)
                fall_ill(exchange, SUBSCRIBE[1:], AILMENTS[ailment])  # the own account is subscribed by the logon
                exchange.faults.cut_all()
                await asyncio.sleep(0.05)
                assert await seconds_of(client.ping()) < RESTORE_S + 0.5
                assert await seconds_of(client.cancel_order(SYMBOL, order_id=resting.order_id)) < 0.2
                assert own.subscribed
                assert not others.subscribed
                exchange.faults.clear()
                await asyncio.sleep(RENEW_AT_MOST + 20)
                assert others.subscribed

    run(life, seed=7)


@pytest.mark.parametrize("ailment", AILMENTS)
@pytest.mark.parametrize("sick", SICK)
def test_the_verdict_on_an_executed_order_does_not_wait_for_a_sick_method(sick: str, ailment: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            fall_ill(exchange, SICK[sick], AILMENTS[ailment])
            exchange.faults.next(Cut(after_execution=True), "order.place")
            with pytest.raises(OutcomeUnknown) as unknown:
                await rest(client)
            began = loop.time()
            verdict = await unknown.value.resolve()
            assert verdict.outcome is Outcome.ACCEPTED
            assert loop.time() - began < PATIENCE_S + 7.0  # and the lag of the views

    run(life, seed=8)


@pytest.mark.parametrize("ailment", AILMENTS)
def test_entering_ends_with_the_reason_and_the_next_order_is_placed(ailment: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, settings=Settings(timeout=5.0)) as (exchange, client):
            fall_ill(exchange, SUBSCRIBE, AILMENTS[ailment])
            with pytest.raises(WsapiError):
                async with client.user_data():
                    pass
            handle = await client.submit_order(
                SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC"
            )
            assert await seconds_of(handle.accepted()) < 1.0
            assert exchange.truth.counters["connects"] == 1

    run(life, seed=9)


def test_a_subscription_that_fails_is_asked_for_ever_less_often_and_at_once_on_a_new_connection() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client), client.user_data():
            fall_ill(exchange, SUBSCRIBE, AILMENTS["overloaded"])
            before = asked = len(requests(exchange, SUBSCRIBE[0]))
            for _ in range(2):
                exchange.faults.cut_all()
                await asyncio.sleep(RESTORE_S)
                assert len(requests(exchange, SUBSCRIBE[0])) > asked
                await asyncio.sleep(120)
                asked = len(requests(exchange, SUBSCRIBE[0]))
            assert 2 * (120 / RENEW_AT_MOST) < asked - before < 40

    run(life, seed=10)


@pytest.mark.parametrize("ailment", AILMENTS)
def test_a_rotation_under_a_sick_subscribe_repairs_what_no_connection_brought(ailment: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with reading(loop) as (exchange, client, events, items):
            await rest(client, "60000")
            fall_ill(exchange, SUBSCRIBE, AILMENTS[ailment])
            client.rotate()
            for _ in range(30):
                await asyncio.sleep(1)
                assert await seconds_of(client.place_order(SYMBOL, "SELL", "MARKET", quantity="0.0001")) < 0.2
            exchange.faults.clear()
            await asyncio.sleep(RENEW_AT_MOST + 40)
            assert events.subscribed
            assert judge_events(items, exchange.truth) == []
            assert judge_cache(client, exchange.truth) == []

    run(life, seed=11)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_subscription_whose_answer_is_lost_in_a_rotation_is_no_refusal(lost: int) -> None:
    """Asked for again over the same connection it is called active: that says nothing against the account."""

    async def life(loop: VirtualLoop) -> None:
        async with reading(loop, settings=Settings(timeout=RESTORE_S)) as (exchange, client, _, items):
            await asyncio.sleep(10)
            exchange.faults.next(Drop(executed=True), SUBSCRIBE[0], lost)
            client.rotate()
            await asyncio.sleep(60)
            exchange.faults.clear()
            await asyncio.sleep(60)
            placed = await rest(client, "60000")
            await asyncio.sleep(1)
            assert placed.order_id in {getattr(item, "order_id", None) for item in items}

    run(life, seed=4)
