"""Live handles through lost connections, lost events, lagging views and refused subscriptions: they end as the exchange has them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import (
    HandleEventKind,
    HandleSource,
    NotPlaced,
    NotSent,
    Settings,
    SpotClient,
    WsapiError,
)
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Drop, Refuse
from tests.orders.trade.handles import FENCE, agree, kinds, play, resting, sell_to, taking
from tests.simulation.house import requests
from tests.simulation.loop import VirtualLoop


@pytest.mark.parametrize("part", ["0.01", "0.03"])
def test_what_happens_while_there_is_no_connection_is_found_out_afterwards(part: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        sell_to(exchange, "0.005")
        await asyncio.sleep(0.5)
        loop.network.refuse = True
        exchange.faults.cut_all()
        await asyncio.sleep(3)
        sell_to(exchange, part)
        await asyncio.sleep(3)
        assert trade.executed_quantity == Decimal("0.005")
        loop.network.refuse = False
        await asyncio.sleep(45)
        agree(exchange, trade)
        assert HandleSource.AUDIT in {event.source for event in trade.log}
        sell_to(exchange, "1")
        await trade.filled()
        agree(exchange, trade)

    play(test)


def test_an_outage_of_an_hour_is_outlived() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        loop.network.refuse = True
        exchange.faults.cut_all()
        await asyncio.sleep(3_600)
        sell_to(exchange, "1")
        loop.network.refuse = False
        await asyncio.wait_for(trade.filled(), 60)
        agree(exchange, trade)

    play(test)


@pytest.mark.parametrize("lag", [0.0, 1.0, 4.0])
def test_views_that_lag_behind_an_interruption_are_asked_until_they_must_have_it(lag: float) -> None:
    """The fill happens right before the stream is whole again, and the views show it only much later."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(2 * lag + 10)
        exchange.faults.cut_all()
        await asyncio.sleep(0)
        sell_to(exchange, "1")
        started = loop.time()
        await trade.filled()
        assert loop.time() - started < 10.0
        agree(exchange, trade)

    play(test, exchange=LocalExchange(seed=3, market="manual", lag=(lag, lag)))


def test_an_event_lost_without_any_interruption_is_made_up_for_within_a_minute() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(20)
        exchange.faults.lose_events("executionReport")
        sell_to(exchange, "1")
        started = loop.time()
        await trade.filled()
        assert loop.time() - started < 65.0
        agree(exchange, trade)

    play(test)


def test_a_fill_whose_event_is_lost_is_asked_for_when_the_next_event_shows_that_it_is_missing() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(20)
        exchange.faults.lose_events("executionReport")
        sell_to(exchange, "0.01")
        await asyncio.sleep(1)
        sell_to(exchange, "0.01")
        await asyncio.sleep(1)
        agree(exchange, trade)
        assert len(trade.fills) == 2

    play(test)


def test_where_the_venue_ends_the_subscription_questions_stand_in_for_it() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        exchange.faults.terminate_subscriptions()
        await asyncio.sleep(1)
        sell_to(exchange, "1")
        await asyncio.wait_for(trade.filled(), 15)
        agree(exchange, trade)

    play(test)


def test_where_the_venue_refuses_the_subscription_questions_stand_in_for_it() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(403, -2015, "Invalid API-key"), "userDataStream.subscribe", count=1_000)
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(10)
        sell_to(exchange, "1")
        await asyncio.wait_for(trade.filled(), 15)
        agree(exchange, trade)
        await asyncio.sleep(3_600)
        assert len(requests(exchange, "userDataStream.subscribe")) < 30

    play(test)


def test_a_subscription_that_was_refused_is_tried_again() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(400, -1100, "Illegal characters"), "userDataStream.subscribe", count=2)
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(30)
        sell_to(exchange, "1")
        await trade.filled()
        assert {event.source for event in trade.log if event.fill} == {HandleSource.EVENT}

    play(test)


@pytest.mark.parametrize("after", [0.5, 4.5, 12.0], ids=["first try", "pause", "later"])
def test_what_other_consumers_are_told_is_heard_while_no_connection_takes_the_subscription(after: float) -> None:
    """The connection of user data brings events, answers nothing and cannot be replaced; orders go over the other one."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.user_data() as events:
            connections = client._session.connections
            assert connections.home is not None
            await asyncio.sleep(10)
            loop.network.refuse = True
            exchange.faults.next(Drop(), "session.status")
            with pytest.raises(WsapiError):
                await client.session_status()
            assert connections.home.suspicion.suspect
            trade = await resting(client)
            await asyncio.sleep(after)
            sell_to(exchange, "1")
            async for item in events:
                if isinstance(item, ExecutionReport) and item.is_final:
                    break
            await asyncio.wait_for(trade.filled(), 0.1)
            agree(exchange, trade)
            assert {event.source for event in trade.log if event.fill} == {HandleSource.EVENT}

    play(test, settings=Settings(timeout=3.0, connections="split"))


def test_a_planned_change_of_connections_interrupts_nothing() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(20)
        asked = len(requests(exchange, "order.status"))
        client.rotate()
        await asyncio.sleep(1)
        sell_to(exchange, "1")
        await trade.filled()
        agree(exchange, trade)
        assert len(requests(exchange, "order.status")) == asked

    play(test)


def test_a_quiet_order_is_asked_about_once_a_minute_and_no_more() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(30)
        asked = len(requests(exchange, "order.status"))
        await asyncio.sleep(600)
        assert 9 <= len(requests(exchange, "order.status")) - asked <= 11
        assert not [each for each in requests(exchange, "myTrades") if "orderId" in each["params"]]
        assert kinds(trade) == [HandleEventKind.SENT, HandleEventKind.ACCEPTED]

    play(test)


def test_an_order_that_is_done_is_never_asked_about_again() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for _ in range(3):
            await (await taking(client)).filled()
        await asyncio.sleep(600)
        assert not requests(exchange, "order.status")
        assert client._trades.live == []

    play(test)


@pytest.mark.parametrize("seed", range(6))
def test_many_handles_through_cuts_and_losses_end_as_the_exchange_has_them(seed: int) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        chance = loop.random
        trades = []
        for number in range(24):
            trades.append(await (taking if number % 3 else resting)(client, "0.002"))
            if not number % 5:
                fault: Any = chance.choice([Cut(after_execution=True), Cut(after_execution=False), Drop()])
                exchange.faults.next(fault, "order.place")
            if number % 6 == 3:
                exchange.faults.lose_events("executionReport")
            if not number % 4:
                sell_to(exchange, "0.003")
            await asyncio.sleep(chance.choice([0.0, 0.01, 0.3, 3.0]))
        await asyncio.sleep(FENCE)
        ends = await asyncio.gather(*(trade.cancel() for trade in trades), return_exceptions=True)
        for trade, end in zip(trades, ends, strict=True):
            assert end is trade.status
            assert trade.is_done
            if trade.error is not None:
                assert isinstance(trade.error, NotPlaced | NotSent), trade.log
                assert not exchange.truth.orders[trade.client_order_id]
            else:
                agree(exchange, trade)
        assert not any(true.is_open for true in exchange.truth.all_orders())

    play(test, seed)
