"""Cancelling and amending by a handle: the answer is what became of the order, in every order of reply, event and audit."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import (
    AmendRejected,
    CancelRejected,
    HandleStatus,
    ListHandleStatus,
    NotFilled,
    NotPlaced,
    OrderListHandle,
    SpotClient,
    UsageError,
)
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Drop, Refuse
from tests.orders.trade.handles import agree, play, resting, sell_to, status_of, taking
from tests.orders.trade.test_list_handle import oco
from tests.simulation.house import SYMBOL, requests
from tests.simulation.loop import VirtualLoop


def test_cancelling_returns_how_the_order_ended_and_ends_the_wait_for_its_fill() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        sell_to(exchange, "0.01")
        assert await trade.cancel() is HandleStatus.CANCELED
        agree(exchange, trade)
        with pytest.raises(NotFilled) as caught:
            await trade.filled()
        assert (caught.value.status, caught.value.executed_quantity) == ("CANCELED", Decimal("0.01"))
        assert await trade.accepted() is trade
        assert await trade.cancel() is HandleStatus.CANCELED  # again: nothing is sent
        assert len(requests(exchange, "order.cancel")) == 1
        assert trade.client_order_id != trade.current_client_order_id

    play(test)


def test_cancelling_at_once_waits_for_the_order_first() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        assert await trade.cancel() is HandleStatus.CANCELED
        agree(exchange, trade)

    play(test)


@pytest.mark.parametrize("lost", [False, True])
def test_a_cancel_that_comes_too_late_says_that_the_order_was_filled(lost: bool) -> None:
    """The fill's event may be lost: the venue's "Unknown order sent." is looked into, not passed on."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(20)
        if lost:
            exchange.faults.lose_events("executionReport")
        cancelling = asyncio.ensure_future(trade.cancel())
        await asyncio.sleep(0)
        sell_to(exchange, "1")
        started = loop.time()
        assert await cancelling is HandleStatus.FILLED
        assert loop.time() - started < 3.0
        agree(exchange, trade)

    play(test, exchange=LocalExchange(seed=3, market="manual", lag=(0.5, 0.5)))


def test_cancelling_what_was_filled_refused_or_not_placed_says_so_and_sends_nothing() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        filled = await taking(client)
        assert await filled.cancel() is HandleStatus.FILLED
        refused = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="9000", price="1", time_in_force="GTC")
        assert await refused.cancel() is HandleStatus.REJECTED
        exchange.faults.next(Cut(after_execution=False), "order.place")
        lost = await resting(client)
        assert await lost.cancel() is HandleStatus.NOT_PLACED
        assert not requests(exchange, "order.cancel")

    play(test)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("mode", ["raise", "wait"])
def test_a_cancel_whose_reply_is_lost_does_not_lie(executed: bool, mode: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        exchange.faults.next(Cut(after_execution=executed), "order.cancel")
        if executed:
            assert await trade.cancel() is HandleStatus.CANCELED
        else:
            with pytest.raises(NotPlaced):
                await trade.cancel()
            assert status_of(trade) is HandleStatus.NEW
            assert await trade.cancel() is HandleStatus.CANCELED
        agree(exchange, trade)

    play(test, on_unknown=mode)


def test_a_cancel_is_known_by_its_event_however_late_its_reply() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        await asyncio.sleep(1)
        exchange.faults.next(Drop(), "order.cancel")
        started = loop.time()
        assert await trade.cancel() is HandleStatus.CANCELED
        assert loop.time() - started < 1.0
        agree(exchange, trade)

    play(test)


@pytest.mark.parametrize("listed", [False, True], ids=["an order", "a list"])
def test_an_order_that_is_filled_unheard_while_its_cancel_is_in_doubt_is_said_to_be_filled(listed: bool) -> None:
    """No event tells of the fill, and no view shows it for seconds: the cancel was not executed, and the order is not open."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await oco(client)).accepted() if listed else await (await resting(client)).accepted()
        await asyncio.sleep(20)
        exchange.faults.next(Cut(after_execution=False), "orderList.cancel" if listed else "order.cancel")
        cancelling = asyncio.ensure_future(handle.cancel())
        await asyncio.sleep(3)
        exchange.faults.lose_events("executionReport", count=4)
        exchange.faults.lose_events("listStatus", count=4)
        if listed:
            exchange.quote(SYMBOL, bids=[("70000", "1")])
        else:
            sell_to(exchange, "1")
        ended = await cancelling
        if isinstance(handle, OrderListHandle):
            assert handle.status is ListHandleStatus.ALL_DONE
            assert HandleStatus.FILLED in {leg.status for leg in handle.legs.values()}
        else:
            assert ended is HandleStatus.FILLED
            agree(exchange, handle)

    play(test, exchange=LocalExchange(seed=3, market="manual", lag=(5.5, 5.5)))


def test_an_order_that_is_filled_while_its_cancel_is_in_doubt_is_said_to_be_filled() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        exchange.faults.next(Cut(after_execution=False), "order.cancel")
        cancelling = asyncio.ensure_future(trade.cancel())
        await asyncio.sleep(3)
        assert not cancelling.done()
        sell_to(exchange, "1")
        assert await asyncio.wait_for(cancelling, 1) is HandleStatus.FILLED
        agree(exchange, trade)

    play(test)


def test_a_cancel_the_venue_refuses_of_an_order_that_is_open_raises_the_refusal() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        exchange.faults.next(Refuse(400, -2011, "Unknown order sent."), "order.cancel")
        with pytest.raises(CancelRejected):
            await trade.cancel()
        assert status_of(trade) is HandleStatus.NEW
        exchange.faults.next(Refuse(400, -1102, "Mandatory parameter"), "order.cancel")
        with pytest.raises(Exception, match="-1102"):
            await trade.cancel()

    play(test)


def test_a_caller_that_stops_waiting_for_a_cancel_does_not_stop_the_cancel() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        cancelling = asyncio.ensure_future(trade.cancel())
        await asyncio.sleep(0)
        cancelling.cancel()
        await asyncio.gather(cancelling, return_exceptions=True)
        await trade.done()
        assert status_of(trade) is HandleStatus.CANCELED

    play(test)


def test_an_order_cancelled_elsewhere_is_known_to_be() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade, other = await resting(client), await resting(client)
        await other.accepted()
        await client.cancel_open_orders(SYMBOL)
        for each in (trade, other):
            await each.done()
            assert each.status is HandleStatus.CANCELED
            agree(exchange, each)

    play(test)


def test_an_amended_order_keeps_its_number_and_its_handle() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client, "0.05")
        assert await trade.amend(new_quantity="0.04") == Decimal("0.04")
        number, name = trade.order_id, trade.client_order_id
        assert trade.quantity == Decimal("0.04")
        agree(exchange, trade)
        sell_to(exchange, "0.01")
        await asyncio.sleep(1)
        assert await trade.amend(new_quantity=Decimal("0.03")) == Decimal("0.03")
        assert (trade.order_id, trade.client_order_id) == (number, name)
        sell_to(exchange, "1")
        await trade.filled()
        assert trade.executed_quantity == Decimal("0.03")
        agree(exchange, trade)

    play(test)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("mode", ["raise", "wait"])
def test_an_amendment_whose_reply_is_lost_is_decided(executed: bool, mode: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client, "0.05")
        await trade.accepted()
        exchange.faults.next(Cut(after_execution=executed), "order.amend.keepPriority")
        if executed:
            assert await trade.amend(new_quantity="0.04") == Decimal("0.04")
        else:
            with pytest.raises(NotPlaced):
                await trade.amend(new_quantity="0.04")
            assert trade.quantity == Decimal("0.05")
        agree(exchange, trade)

    play(test, on_unknown=mode)


def test_an_amendment_that_cannot_be_is_refused_and_changes_nothing() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client, "0.05")
        with pytest.raises(UsageError, match="float"):
            await trade.amend(new_quantity=0.04)  # type: ignore[arg-type]
        with pytest.raises(AmendRejected):
            await trade.amend(new_quantity="0.06")
        assert trade.quantity == Decimal("0.05")
        await trade.cancel()
        with pytest.raises(UsageError, match="CANCELED"):
            await trade.amend(new_quantity="0.04")

    play(test)
