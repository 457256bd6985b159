"""Several accounts on one connection: each has its own events, and none sees another's."""

from __future__ import annotations

import asyncio

from binance_wsapi import HmacKey, SpotClient, UnroutedEvent
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.user_data import UserDataEvents
from tests.simulation.house import SYMBOL, environment, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run

BOB = HmacKey("bobsKey" + "0" * 57, "b" * 64)


async def orders_seen(events: UserDataEvents, seconds: float) -> set[str]:
    """Return the client order ids of all reports that come within a time."""
    seen: set[str] = set()
    try:
        async with asyncio.timeout(seconds):
            async for event in events:
                if isinstance(event, ExecutionReport):
                    seen.add(event.client_order_id)
    except TimeoutError:
        pass
    return seen


def test_the_events_of_two_accounts_on_one_connection_do_not_mix_even_after_a_reconnect() -> None:
    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual")
        exchange.register_key(BOB.api_key, "hmac", secret="b" * 64, account="bob")
        async with (
            exchange_and_client(loop, exchange=exchange) as (running, client),
            SpotClient(environment(running), BOB, runtime=runtime(loop)) as bob,
            client.user_data() as alices,
            client.user_data(BOB) as bobs,
        ):
            running.deposit("bob", "BTC", 1)
            for _ in range(2):
                mine = [await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001") for _ in range(3)]
                his = [await bob.place_order(SYMBOL, "SELL", "MARKET", quantity="0.001") for _ in range(3)]
                seen, other = await asyncio.gather(orders_seen(alices, 2), orders_seen(bobs, 2))
                assert seen == {each.client_order_id for each in mine}
                assert other == {each.client_order_id for each in his}
                running.faults.cut_all()
                await asyncio.sleep(5)

    run(main, 2)


def test_a_subscription_made_by_hand_is_told_as_events_of_the_client() -> None:
    """`client.user_data()` routes what it subscribed; what the user subscribed without it is not dropped either."""

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            told: list[UnroutedEvent] = []

            async def listen() -> None:
                async for event in client.events():
                    if isinstance(event, UnroutedEvent):
                        told.append(event)

            listening = asyncio.create_task(listen())
            await asyncio.sleep(0)
            made = await client.user_data_subscribe()
            order = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            await asyncio.sleep(1)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            assert {each.subscription_id for each in told} == {made.subscription_id}
            assert any(order.client_order_id.encode() in each.data for each in told)

    run(main, 2)


def test_leaving_the_context_unsubscribes_and_entering_again_subscribes_anew() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            for _ in range(3):
                async with client.user_data(), client.user_data():
                    assert len(await client.session_subscriptions()) == 1
                assert await client.session_subscriptions() == []

    run(main, 2)
