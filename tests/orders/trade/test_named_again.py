"""A handle that ended without the number of its order: a later order that is given its id is another's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import (
    HandleStatus,
    ListHandleStatus,
    NotFollowed,
    OrderHandle,
    OrderListHandle,
    OutcomeUnknown,
    SpotClient,
    UsageError,
)
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Drop
from binance_wsapi.wire.caller import CallOptions
from tests.adversary.scripted import Row, Venue, in_doubt, limit, swallow
from tests.adversary.scripted import play as play_script
from tests.orders.trade.handles import FENCE, agree, play, resting
from tests.orders.trade.test_list_handle import oco
from tests.simulation.house import SYMBOL, hearing_late
from tests.simulation.loop import VirtualLoop

Later = Callable[[LocalExchange, SpotClient, str], Awaitable[OrderHandle | None]]
TERMS: dict[str, Any] = {"quantity": "0.02", "price": "59000", "time_in_force": "GTC"}
ids = pytest.mark.parametrize("fresh", [True, False], ids=["an id made for it", "an id of the user's"])


async def place(_: LocalExchange, client: SpotClient, name: str) -> None:
    await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, **TERMS)


async def place_unanswered(exchange: LocalExchange, client: SpotClient, name: str) -> None:
    exchange.faults.next(Drop(), "order.place")
    with pytest.raises(OutcomeUnknown):
        await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, timeout=1.0, **TERMS)


async def submit(_: LocalExchange, client: SpotClient, name: str) -> OrderHandle:
    handle = await client.submit_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, **TERMS)
    return await handle.accepted()


async def undecided(handle: OrderHandle | OrderListHandle) -> None:
    """Wait until a handle has ended undecided, as it does where a cancel does not tell whom it renamed."""
    with pytest.raises(NotFollowed, match="look at the account"):
        await asyncio.wait_for(handle.accepted(), 2 * FENCE)


def spoil(exchange: LocalExchange, method: str) -> None:
    """Let a placement be lost, and what a cancel of everything met be told by nothing."""
    exchange.faults.next(Drop(executed=False), method)
    exchange.faults.next(Drop(), "openOrders.cancelAll")


@ids
@pytest.mark.parametrize("later", [place, place_unanswered, submit], ids=lambda each: each.__name__)
def test_an_order_that_is_given_the_id_of_a_handle_that_ended_undecided_is_not_the_handles(
    later: Later, fresh: bool
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        spoil(exchange, "order.place")
        everything = asyncio.ensure_future(client.cancel_open_orders(SYMBOL, timeout=1.0))
        handle = await resting(client, timeout=1.0, **({} if fresh else {"new_client_order_id": "mine"}))
        await undecided(handle)
        await asyncio.gather(everything, return_exceptions=True)
        another = await later(exchange, client, handle.client_order_id)
        await asyncio.sleep(90)  # audits would have asked
        assert handle.status is HandleStatus.IN_DOUBT
        assert handle.order_id is None
        if another is not None:
            agree(exchange, another)
        exchange.quote(SYMBOL, asks=[("59000", "1")])
        await asyncio.sleep(1)
        assert handle.executed_quantity == 0

    play(test, on_unknown="raise")


def test_a_list_that_is_given_the_id_of_a_handle_that_ended_undecided_is_not_the_handles() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        spoil(exchange, "orderList.place.oco")
        everything = asyncio.ensure_future(client.cancel_open_orders(SYMBOL, timeout=1.0))
        names = {"list_client_order_id": "list", "above_client_order_id": "above", "below_client_order_id": "below"}
        handle = await oco(client, timeout=1.0, **names)
        await undecided(handle)
        await asyncio.gather(everything, return_exceptions=True)
        again = await (await oco(client, **names)).accepted()
        await asyncio.sleep(90)
        assert handle.status is ListHandleStatus.IN_DOUBT
        assert {leg.order_id for leg in handle.legs.values()} == {None}
        assert again.status is ListHandleStatus.EXECUTING

    play(test, on_unknown="raise")


def test_an_order_that_is_given_the_id_of_a_handle_whose_following_failed_is_not_the_handles() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async def broken(_endpoint: Any, _request: Any, options: CallOptions) -> Any:
            assert options.sent is not None
            options.sent("1", 0)
            raise ZeroDivisionError

        with patch.object(client._placing._caller, "call", broken):
            handle = await resting(client)
            with pytest.raises(NotFollowed, match="ZeroDivisionError"):
                await handle.accepted()
        await place(exchange, client, handle.client_order_id)
        await asyncio.sleep(1)
        assert handle.order_id is None

    play(test)


ELSEWHERE: dict[str, Any] = {
    "side": "BUY", "type": "LIMIT", "price": "100", "quantity": "2", "newClientOrderId": "mine", "timeInForce": "GTC",
}  # fmt: skip


async def submit_mine(client: SpotClient, symbol: str) -> OrderHandle:
    return await client.submit_order(
        symbol, "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC", new_client_order_id="mine"
    )


def test_two_handles_of_two_symbols_may_have_one_id_and_each_follows_its_own_order() -> None:
    async def scene(client: SpotClient) -> None:
        handles = [await submit_mine(client, symbol) for symbol in (SYMBOL, "ETHUSDT")]
        for handle in handles:
            await handle.accepted()
        with pytest.raises(UsageError, match="that of a live handle"):
            await submit_mine(client, SYMBOL)
        await venue.emit(venue.fill(venue.orders[0], "2"))
        await handles[0].filled()
        assert handles[1].status is HandleStatus.NEW
        assert await handles[1].cancel() is HandleStatus.CANCELED
        assert [each.order_id for each in handles] == [each["orderId"] for each in venue.orders]

    venue = Venue()
    play_script(venue, scene)


@pytest.mark.parametrize("ends", [HandleStatus.REJECTED, HandleStatus.NOT_PLACED])
def test_what_turns_up_late_on_another_symbol_says_nothing_to_the_handle_of_the_same_id(ends: HandleStatus) -> None:
    async def refuse(_venue: Venue, connection: ServerConnection, request: Row) -> bool:
        await venue.refuse(connection, request, -2010, "Account has insufficient balance for requested action.")
        return True

    async def scene(client: SpotClient) -> None:
        venue.hooks["order.place"] = swallow
        doubt = await in_doubt(limit(client, "ETHUSDT", new_client_order_id="mine"))
        await doubt.resolve()
        if ends is HandleStatus.REJECTED:
            venue.hooks["order.place"] = refuse
        handle = await submit_mine(client, SYMBOL)
        await handle.done()
        known = [event.kind for event in handle.log]
        assert handle.status is ends
        async with hearing_late(client) as told:
            venue.place(ELSEWHERE | {"symbol": "ETHUSDT"})
            await asyncio.sleep(1)
        assert [each.order.symbol for each in told] == ["ETHUSDT"]
        assert (handle.status, handle.order_id, [event.kind for event in handle.log]) == (ends, None, known)

    venue = Venue()
    play_script(venue, scene)
