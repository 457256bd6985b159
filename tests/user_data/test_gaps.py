"""User data without gaps, against the local exchange in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import (
    AuthFailed,
    Gap,
    HmacKey,
    Repaired,
    Settings,
    SpotClient,
    UsageError,
    UserDataEvents,
    WsapiError,
)
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Refuse
from binance_wsapi.simulator.venue.listing import LISTINGS
from binance_wsapi.user_data.spot.events import Item
from tests.simulation.house import KEY, SYMBOL, environment, exchange_and_client, requests, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.truth import fills_told, judge_cache, judge_events, repairs

BOB = HmacKey("bobsKey" + "0" * 57, "b" * 64)


class Desk:
    """A client that listens, and another with the same account that trades while the first is away."""

    def __init__(self, loop: VirtualLoop, exchange: LocalExchange, client: SpotClient, other: SpotClient) -> None:
        self.loop, self.exchange, self.client, self.other = loop, exchange, client, other
        self.items: list[Item] = []
        self.error: WsapiError | None = None
        self.events: UserDataEvents
        self._ready = asyncio.Event()

    async def listen(self) -> None:
        try:
            async with self.client.user_data() as self.events:
                self._ready.set()
                async for item in self.events:
                    self.items.append(item)
        except WsapiError as error:
            self.error = error

    async def ready(self) -> None:
        await self._ready.wait()

    async def away(self, happens: Callable[[], Awaitable[Any]]) -> None:
        """Let something happen while the listening client has no connection."""
        link = self.loop.network.links[0]
        link.reset()
        self.loop.network.refuse = True
        await happens()
        await asyncio.sleep(0.5)
        self.loop.network.refuse = False

    async def rest(self, side: Any = "BUY", quantity: str = "0.01", price: str = "60000") -> Any:
        return await self.other.place_order(SYMBOL, side, "LIMIT", quantity=quantity, price=price, time_in_force="GTC")

    def recovered(self) -> list[ExecutionReport]:
        return [item for item in self.items if isinstance(item, ExecutionReport) and item.recovered]


def play(
    test: Callable[[Desk], Awaitable[None]],
    lag: tuple[float, float] = (0.0, 0.05),
    settings: Settings | None = None,
    listings: Sequence[Any] = LISTINGS,
) -> None:
    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=5, market="manual", lag=lag, listings=listings)
        async with AsyncExitStack() as stack:
            _, client = await stack.enter_async_context(exchange_and_client(loop, exchange=exchange, settings=settings))
            other = await stack.enter_async_context(SpotClient(environment(exchange), KEY, runtime=runtime(loop)))
            desk = Desk(loop, exchange, client, other)
            listening = asyncio.create_task(desk.listen())
            try:
                await desk.ready()
                await test(desk)
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
        await asyncio.sleep(1)

    run(main, 4)


def truth_holds(desk: Desk) -> None:
    assert judge_events(desk.items, desk.exchange.truth) == []
    assert judge_cache(desk.client, desk.exchange.truth) == []


@pytest.mark.parametrize("lag", [(0.0, 0.0), (0.05, 0.1), (5.0, 5.9)], ids=["at once", "soon", "at the bound"])
def test_fills_during_a_cut_are_delivered_once_and_in_order_however_the_views_lag(lag: tuple[float, float]) -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="2")
        await asyncio.sleep(7)

        async def fill() -> None:
            for quantity in ("0.25", "0.5"):
                await desk.other.place_order(
                    SYMBOL, "SELL", "LIMIT", quantity=quantity, price="60000", time_in_force="IOC"
                )

        await desk.away(fill)
        await asyncio.sleep(1.5)
        await desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity="1.25", price="60000", time_in_force="IOC")
        await asyncio.sleep(15)
        mine = [each for each in fills_told(desk.items) if each.order_id == order.order_id]
        assert [each.last_qty for each in mine] == [Decimal("0.25"), Decimal("0.5"), Decimal("1.25")]
        assert [each.executed_qty for each in mine] == [Decimal("0.25"), Decimal("0.75"), Decimal(2)]
        assert [each.recovered for each in mine[:2]] == [True, True]
        assert mine[-1].is_final
        assert repairs(desk.items)
        assert not any(isinstance(item, Gap) for item in desk.items)
        truth_holds(desk)

    play(test, lag)


def test_a_cancel_by_another_client_during_a_cut_is_told() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest()
        await asyncio.sleep(1)
        assert desk.client.orders.get(SYMBOL, order.order_id)
        await desk.away(lambda: desk.other.cancel_order(SYMBOL, order_id=order.order_id))
        await asyncio.sleep(10)
        (end,) = desk.recovered()
        assert (end.execution_type, end.order_status, end.order_id) == ("CANCELED", "CANCELED", order.order_id)
        assert desk.client.orders.open == ()
        truth_holds(desk)

    play(test)


def test_a_fill_the_venue_never_sent_is_found_by_the_audit_once() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")
        await asyncio.sleep(10)
        desk.exchange.faults.lose_events("executionReport", 4)
        await desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity="1", price="60000", time_in_force="IOC")
        desk.exchange.faults.clear()
        await asyncio.sleep(1)
        assert not [each for each in fills_told(desk.items) if each.order_id == order.order_id]
        await asyncio.sleep(200)
        (fill,) = [each for each in fills_told(desk.items) if each.order_id == order.order_id]
        assert fill.recovered
        assert (fill.order_status, fill.client_order_id) == ("FILLED", order.client_order_id)
        truth_holds(desk)

    play(test)


def test_without_an_audit_nothing_is_asked_while_nothing_is_missing() -> None:
    async def test(desk: Desk) -> None:
        await asyncio.sleep(20)
        asked = desk.exchange.truth.counters["openOrders.status"]
        await asyncio.sleep(3600)
        assert desk.exchange.truth.counters["openOrders.status"] == asked

    play(test, settings=Settings(user_data_audit=None))


def test_a_fill_lost_between_two_others_is_put_in_its_place_without_waiting_for_the_audit() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")
        await asyncio.sleep(10)

        async def hit(quantity: str) -> None:
            await desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity=quantity, price="60000", time_in_force="IOC")

        desk.exchange.faults.lose_events("executionReport", 6)
        await hit("0.1")
        desk.exchange.faults.clear()
        await hit("0.2")
        await asyncio.sleep(2)
        mine = [each for each in fills_told(desk.items) if each.order_id == order.order_id]
        assert [(each.last_qty, each.recovered) for each in mine] == [(Decimal("0.1"), True), (Decimal("0.2"), False)]

    play(test, settings=Settings(user_data_audit=None))


def test_a_gap_during_the_repair_of_a_gap_is_repaired_too() -> None:
    async def test(desk: Desk) -> None:
        await desk.rest(quantity="1")
        await asyncio.sleep(8)
        for _ in range(3):
            desk.exchange.faults.cut_all()
            await asyncio.sleep(0.05)
        await asyncio.sleep(5)
        await desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity="1", price="60000", time_in_force="IOC")
        desk.exchange.faults.cut_all()
        await asyncio.sleep(30)
        truth_holds(desk)

    play(test)


@pytest.mark.parametrize("filled", [False, True])
def test_an_amendment_during_an_interruption_is_told(filled: bool) -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="2")
        await asyncio.sleep(8)

        async def happens() -> None:
            if filled:
                await desk.other.place_order(
                    SYMBOL, "SELL", "LIMIT", quantity="0.5", price="60000", time_in_force="IOC"
                )
            await desk.other.amend_order(SYMBOL, "1", order_id=order.order_id, new_client_order_id="amended")

        await desk.away(happens)
        await asyncio.sleep(30)
        *fills, told = [each for each in desk.recovered() if each.order_id == order.order_id]
        assert [str(each.execution_type) for each in fills] == ["TRADE"] * filled
        assert (told.execution_type, told.orig_qty, told.client_order_id) == ("REPLACED", Decimal(1), "amended")
        assert told.orig_client_order_id == order.client_order_id
        assert told.executed_qty == (Decimal("0.5") if filled else 0)
        assert told.recovered
        truth_holds(desk)

    play(test)


def test_a_gap_that_cannot_be_repaired_is_named_and_live_events_do_not_wait_for_it() -> None:
    async def test(desk: Desk) -> None:
        desk.exchange.faults.next(Refuse(400, -1000, "no"), "openOrders.status", 1000)
        desk.loop.network.links[0].reset()
        await asyncio.sleep(12)
        order = await desk.rest()
        await asyncio.sleep(1)
        assert any(isinstance(item, ExecutionReport) and item.order_id == order.order_id for item in desk.items)
        await asyncio.sleep(60)
        gaps = [item for item in desk.items if isinstance(item, Gap)]
        assert len(gaps) == 1
        assert gaps[0].since < gaps[0].until
        assert "no answer" in gaps[0].why

    play(test)


def test_a_long_absence_in_the_middle_of_a_repair_is_repaired_with_it() -> None:
    async def test(desk: Desk) -> None:
        await desk.rest(quantity="2")
        network = desk.loop.network
        desk.exchange.faults.next(Refuse(400, -1000, "no"), "openOrders.status", 1000)
        began = desk.client.now_ms()
        await desk.away(lambda: desk.other.place_order(SYMBOL, "SELL", "MARKET", quantity="1"))
        await asyncio.sleep(5)
        network.refuse = True
        network.live[-1].reset()
        await asyncio.sleep(0.1)
        assert not desk.events.subscribed
        await asyncio.sleep(300)
        desk.exchange.faults.clear()
        network.refuse = False
        await asyncio.sleep(40)
        assert not [item for item in desk.items if isinstance(item, Gap)]
        assert next(item.since for item in desk.items if isinstance(item, Repaired)) - began < 1000
        truth_holds(desk)

    play(test)


def test_a_terminated_subscription_is_made_again_and_what_was_missed_is_told() -> None:
    async def test(desk: Desk) -> None:
        await desk.rest(quantity="1")
        await asyncio.sleep(8)
        desk.exchange.faults.terminate_subscriptions()
        await desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity="1", price="60000", time_in_force="IOC")
        await asyncio.sleep(10)
        assert desk.events.subscribed
        assert [item for item in desk.items if isinstance(item, Repaired)]
        truth_holds(desk)

    play(test)


@pytest.mark.parametrize("moment", [0.02 * each for each in range(20)])
def test_a_subscription_ended_at_any_moment_of_a_rotation_is_made_again(moment: float) -> None:
    async def test(desk: Desk) -> None:
        desk.client.rotate()
        await asyncio.sleep(moment)
        desk.exchange.faults.terminate_subscriptions()
        await asyncio.sleep(4)
        assert desk.events.subscribed
        heard = len(desk.items)
        await desk.rest()
        await asyncio.sleep(0.1)
        assert len(desk.items) > heard
        await asyncio.sleep(10)
        truth_holds(desk)

    play(test)


def test_a_revoked_key_ends_the_iterator_with_the_reason() -> None:
    async def test(desk: Desk) -> None:
        desk.exchange.faults.revoke(KEY.api_key)
        desk.exchange.faults.cut_all()
        await asyncio.sleep(20)
        assert desk.error is not None
        with pytest.raises(UsageError, match="track_account"):
            _ = desk.client.orders

    play(test)


def test_a_revoked_key_subscribes_no_account_by_its_signature_either() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            exchange.faults.revoke(KEY.api_key)
            with pytest.raises(WsapiError):
                await client.account_status()
            with pytest.raises(AuthFailed):
                await client.track_account()
            asked = [request["method"] for request in requests(exchange)]
            assert not [each for each in asked if each.startswith("userDataStream")]

    run(main)


def test_subscribed_and_the_age_of_the_last_event_are_told() -> None:
    async def test(desk: Desk) -> None:
        assert desk.events.subscribed
        assert desk.events.last_event_age is None
        await desk.rest()
        await asyncio.sleep(5)
        age = desk.events.last_event_age
        assert age is not None
        assert 4.9 < age < 5.2
        desk.loop.network.refuse = True
        desk.loop.network.links[0].reset()
        await asyncio.sleep(0.1)
        assert not desk.events.subscribed
        desk.loop.network.refuse = False
        await asyncio.sleep(10)
        assert desk.events.subscribed

    play(test)


def test_two_accounts_side_by_side_are_both_repaired_each_with_its_own_key() -> None:
    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual")
        exchange.register_key(BOB.api_key, "hmac", secret="b" * 64, account="bob")
        heard: dict[str, list[Item]] = {"alice": [], "bob": []}
        async with (
            exchange_and_client(loop, exchange=exchange) as (running, client),
            SpotClient(environment(running), BOB, runtime=runtime(loop)) as bob,
            SpotClient(environment(running), KEY, runtime=runtime(loop)) as alice,
            client.user_data() as alices,
            client.user_data(BOB, symbols=[SYMBOL]) as bobs,
        ):
            running.deposit("bob", "BTC", 1)

            async def listen(name: str, events: Any) -> None:
                async for item in events:
                    heard[name].append(item)

            listening = [
                asyncio.create_task(listen("alice", alices)),
                asyncio.create_task(listen("bob", bobs)),
            ]
            await asyncio.sleep(1)
            loop.network.links[0].reset()
            loop.network.refuse = True
            for each, side in ((alice, "BUY"), (bob, "SELL")):
                await each.call("order.place", {"symbol": SYMBOL, "side": side, "type": "MARKET", "quantity": "0.001"})
            loop.network.refuse = False
            client._session.touched[SYMBOL] = loop.time()
            await asyncio.sleep(20)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
            for name, items in heard.items():
                assert judge_events(items, running.truth, name) == []
                assert any(each.recovered for each in fills_told(items)), name
        await asyncio.sleep(1)

    run(main, 2)


def test_a_consumer_that_sleeps_delays_neither_replies_nor_other_consumers() -> None:
    async def test(desk: Desk) -> None:
        async with desk.client.user_data():  # a consumer that never reads
            for _ in range(20):
                started = desk.loop.time()
                await desk.client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
                assert desk.loop.time() - started < 0.2
            await asyncio.sleep(200)
            assert desk.client._session.connections.newest == 1, "no pong was late"
            truth_holds(desk)

    play(test)


def test_the_cache_follows_without_listening_and_says_what_to_do_where_it_does_not() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            with pytest.raises(UsageError, match="track_account"):
                _ = client.balances
            await client.track_account()
            order = await client.place_order(
                SYMBOL, "BUY", "LIMIT", quantity="0.01", price="59000", time_in_force="GTC"
            )
            await asyncio.sleep(0.1)
            assert [each.order_id for each in client.orders.open] == [order.order_id]
            assert client.balances["USDT"].locked == Decimal(590)
            assert client.balances["NOTHING"].total == 0
            exchange.faults.cut_all()
            await asyncio.sleep(10)
            assert judge_cache(client, exchange.truth) == []
        await asyncio.sleep(1)

    run(main, 2)


def test_a_fill_the_views_show_late_is_found_without_an_audit_and_without_another_event() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")
        await asyncio.sleep(20)
        await desk.away(
            lambda: desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity="1", price="60000", time_in_force="IOC")
        )
        await asyncio.sleep(15)
        (fill,) = [each for each in fills_told(desk.items) if each.order_id == order.order_id]
        assert fill.recovered

    play(test, lag=(5.0, 5.9), settings=Settings(user_data_audit=None))


def test_no_consumer_waits_for_events_that_can_no_longer_come() -> None:
    async def consume(events: Any) -> None:
        async for _ in events:
            pass

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            async with client.user_data() as events:
                elsewhere = asyncio.create_task(consume(events))
                await asyncio.sleep(1)
            await asyncio.wait_for(elsewhere, 1)
            await asyncio.wait_for(consume(events), 1)
        await asyncio.wait_for(consume(client.events()), 1)

    run(main)
