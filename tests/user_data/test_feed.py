"""Through a gap: microseconds, smart order routing, amendments, several accounts, slow consumers and slow callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import Gap, HmacKey, Overflow, Settings, SpotClient, TimeUnit, UserDataEvents
from binance_wsapi.link.lifecycle import Message
from binance_wsapi.models import AccountPosition, ExecutionReport
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.user_data.spot.events import Item
from tests.simulation.house import KEY, SYMBOL, environment, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.test_gaps import Desk, play, truth_holds
from tests.user_data.truth import fills_told, judge_events, repairs


def hit(desk: Desk, quantity: str) -> Callable[[], Awaitable[Any]]:
    """Return what sells into the resting orders of the desk."""
    return lambda: desk.other.place_order(
        SYMBOL, "SELL", "LIMIT", quantity=quantity, price="60000", time_in_force="IOC"
    )


@pytest.mark.parametrize("lag", [(0.0, 0.05), (5.0, 5.9)], ids=["soon", "at the bound"])
def test_a_connection_in_microseconds_is_repaired_to_the_microsecond(lag: tuple[float, float]) -> None:
    async def test(desk: Desk) -> None:
        await desk.rest(quantity="3")
        await asyncio.sleep(7)
        await hit(desk, "0.5")()
        await desk.away(hit(desk, "0.25"))
        await asyncio.sleep(20)
        desk.exchange.faults.lose_events("executionReport", 4)
        await hit(desk, "1")()
        desk.exchange.faults.clear()
        await asyncio.sleep(100)  # the audit finds that one
        times = {(each.trade_id, each.order_id): each.time_us for each in desk.exchange.truth.trades}
        told = fills_told(desk.items)
        assert sum(each.recovered for each in told) >= 4
        for each in told:
            assert each.transact_time == each.transact_time.microseconds == times[each.trade_id, each.order_id]
            assert each.order_creation_time <= each.transact_time
        now_ms = desk.client.now_ms()
        for repaired in repairs(desk.items):
            assert now_ms - 150_000 < repaired.since <= repaired.until <= now_ms, "milliseconds, as documented"
        assert not any(isinstance(item, Gap) for item in desk.items)
        truth_holds(desk)

    play(test, lag, Settings(time_unit=TimeUnit.MICROSECOND))


@pytest.mark.parametrize("lag", [(0.0, 0.05), (5.0, 5.9)], ids=["soon", "at the bound"])
def test_what_smart_order_routing_allocated_in_a_gap_is_told_once(lag: tuple[float, float]) -> None:
    async def test(desk: Desk) -> None:
        desk.exchange.quote("BTCUSDC", bids=[("59000.00", "5")], asks=[("60000.50", "0.3"), ("60000.70", "0.3")])
        await desk.other.place_sor_order(SYMBOL, "BUY", "LIMIT", "0.1", price="60000.90", time_in_force="GTC")
        await asyncio.sleep(8)

        async def route() -> None:
            await desk.other.place_sor_order(SYMBOL, "BUY", "LIMIT", "0.4", price="60000.90", time_in_force="GTC")
            await desk.other.place_sor_order(SYMBOL, "BUY", "LIMIT", "1", price="60000.90", time_in_force="GTC")

        await desk.away(route)
        await asyncio.sleep(90)
        allocated = [each for each in desk.exchange.truth.trades if each.allocation_id is not None]
        assert len(allocated) >= 3
        assert any(each.recovered and each.alloc_id is not None for each in fills_told(desk.items))
        assert not any(isinstance(item, Gap) for item in desk.items)
        truth_holds(desk)

    play(test, lag)


@pytest.mark.parametrize("ends", ["rests", "fills", "is cancelled"])
def test_an_order_amended_in_a_gap_is_known_by_its_new_id(ends: str) -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="2")
        await asyncio.sleep(8)

        async def amend() -> None:
            await desk.other.amend_order(SYMBOL, "1", order_id=order.order_id, new_client_order_id="amended")
            if ends == "fills":
                await hit(desk, "1")()
            elif ends == "is cancelled":
                await desk.other.cancel_order(SYMBOL, order_id=order.order_id, new_client_order_id="cancelled")

        await desk.away(amend)
        await asyncio.sleep(80)
        if ends == "rests":
            known = desk.client.orders.get(SYMBOL, order.order_id)
            assert known is not None
            assert (known.client_order_id, known.orig_qty) == ("amended", Decimal(1))
            await hit(desk, "1")()
            await asyncio.sleep(1)
        last = [each for each in desk.items if isinstance(each, ExecutionReport) and each.order_id == order.order_id][
            -1
        ]
        assert last.is_final
        assert last.recovered == (ends != "rests")
        assert last.client_order_id == ("cancelled" if ends == "is cancelled" else "amended")
        if ends != "is cancelled":
            assert (last.order_status, last.orig_qty) == ("FILLED", Decimal(1))
        truth_holds(desk)

    play(test)


def test_three_accounts_on_one_connection_are_each_repaired_and_hear_nothing_of_one_another() -> None:
    names = ("alice", "bob", "carol")

    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual", lag=(0.0, 1.0))
        keys: dict[str, Any] = {"alice": KEY}
        for name in names[1:]:
            keys[name] = HmacKey(f"{name}Key".ljust(64, "0"), name[0] * 64)
            exchange.register_key(keys[name].api_key, "hmac", secret=name[0] * 64, account=name)
        heard: dict[str, list[Item]] = {name: [] for name in names}

        async def listen(name: str, events: UserDataEvents) -> None:
            async for item in events:
                heard[name].append(item)

        async with exchange_and_client(loop, exchange=exchange) as (running, client):
            for name in names[1:]:
                running.deposit(name, "BTC", 5)
                running.deposit(name, "USDT", 500_000)
            others = {name: SpotClient(environment(running), keys[name], runtime=runtime(loop)) for name in names}
            async with others["alice"], others["bob"], others["carol"]:
                streams = [
                    client.user_data(None if name == "alice" else keys[name], symbols=[SYMBOL]) for name in names
                ]
                async with streams[0] as first, streams[1] as second, streams[2] as third:
                    tasks = [
                        asyncio.create_task(listen(name, events))
                        for name, events in zip(names, (first, second, third), strict=True)
                    ]
                    for _ in range(3):
                        resting = {
                            name: await others[name].place_order(
                                SYMBOL, "BUY", "LIMIT", quantity="0.02", price="60000", time_in_force="GTC"
                            )
                            for name in names
                        }
                        await asyncio.sleep(2)
                        loop.network.links[0].reset()
                        loop.network.refuse = True
                        await others["bob"].place_order(
                            SYMBOL, "SELL", "LIMIT", quantity="0.03", price="60000", time_in_force="IOC"
                        )
                        await others["carol"].cancel_order(SYMBOL, order_id=resting["carol"].order_id)
                        await asyncio.sleep(0.5)
                        loop.network.refuse = False
                        await asyncio.sleep(15)
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
                    for name in names:
                        assert judge_events(heard[name], running.truth, name) == [], name
                        assert repairs(heard[name]), name
                        assert any(each.recovered for each in heard[name] if isinstance(each, ExecutionReport)), name
                        owners = {
                            truth.account
                            for each in heard[name]
                            if isinstance(each, ExecutionReport)
                            for truth in running.truth.all_orders()
                            if (truth.symbol, truth.order_id) == (each.symbol, each.order_id)
                        }
                        assert owners == {name}
        await asyncio.sleep(1)

    run(main, 2)


def test_a_consumer_that_does_not_keep_up_is_told_how_much_it_lost_and_costs_no_more_than_its_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("binance_wsapi.user_data.feed.EVENTS_QUEUED", 50)

    async def test(desk: Desk) -> None:
        async with desk.client.user_data() as slow:
            for _ in range(60):
                await desk.other.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
                assert len(slow._inbox) <= 50
            desk.exchange.faults.cut_all()
            await asyncio.sleep(10)
            sent = [item for item in desk.items if not isinstance(item, Overflow)]
            assert len(sent) > 150
            got: list[Item] = []
            while len(slow._inbox):
                got.append(await anext(slow))
        overflows = [item for item in got if isinstance(item, Overflow)]
        rest = [item for item in got if not isinstance(item, Overflow)]
        assert got[0] is overflows[0], "it stands where the events are missing"
        assert len(rest) == 50
        assert rest == sent[-50:], "what is left is the newest, in order"
        assert sum(each.lost for each in overflows) + len(rest) == len(sent), "nothing goes without being counted"
        assert not any(isinstance(item, Overflow) for item in desk.items), "others have lost nothing"
        truth_holds(desk)

    play(test)


def test_live_events_held_up_for_a_repair_are_let_go_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binance_wsapi.user_data.subscription.EVENTS_HELD", 20)

    async def test(desk: Desk) -> None:
        desk.exchange.faults.cut_all()
        await asyncio.sleep(0.01)
        most = 0
        subscription: Any = desk.events._subscription
        for _ in range(30):
            await desk.other.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            most = max(most, len(subscription._buffer))
        await asyncio.sleep(80)
        assert most < 20
        assert not subscription._buffer
        truth_holds(desk)

    play(test)


@pytest.mark.parametrize("how", ["blocks the loop", "raises", "is cancelled", "sleeps"])
def test_a_bad_callback_costs_the_others_only_the_time_it_takes_from_the_loop(how: str) -> None:
    called = 0
    blocked = 0.0

    async def main(loop: VirtualLoop) -> None:
        async def on_message(_: Message) -> None:
            nonlocal called, blocked
            called += 1
            if how == "blocks the loop":
                loop.now += 0.5
                blocked += 0.5
            elif how == "sleeps":
                await asyncio.sleep(5.0)
            elif how == "is cancelled":
                raise asyncio.CancelledError
            else:
                raise ZeroDivisionError

        items: list[Item] = []

        async def listen(events: UserDataEvents) -> None:
            async for item in events:
                items.append(item)

        async with (
            exchange_and_client(loop, on_message=on_message) as (exchange, client),
            client.user_data() as events,
        ):
            task = asyncio.create_task(listen(events))
            for _ in range(20):
                started, spent = loop.time(), blocked
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
                assert loop.time() - started - (blocked - spent) < 0.2
            await asyncio.sleep(120)
            assert called > 20
            # Four messages tell of an order, and a ping may stand behind all of them.
            assert exchange.truth.slowest_pong < (4 * 0.5 + 0.2 if how == "blocks the loop" else 0.2)
            assert client._session.connections.newest == 1, "the connection was never replaced"
            assert judge_events(items, exchange.truth) == []
            assert any(isinstance(item, AccountPosition) for item in items)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(1)

    run(main, 4)
