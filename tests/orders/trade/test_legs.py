"""A list whose reply is lost, and whose orders another program changes meanwhile: each is found by number, or told as lost."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import NotFollowed, OrderRejected, SpotClient
from binance_wsapi.orders.ids.terms import terms_of
from tests.adversary.scripted import SYMBOL, Row, Venue, play

OCO: dict[str, Any] = {"above_price": "110", "below_stop_price": "90"}


def rename(venue: Venue, row: Row, what: str) -> None:
    """Do what another program would to an order."""
    if what == "amended":
        row |= {"clientOrderId": f"theirs-{row['orderId']}", "origQty": "3", "updateTime": venue.now()}
    elif what == "cancelled":
        venue.end(row, f"theirs-{row['orderId']}")


def shown(venue: Venue) -> None:
    """Have the list show the ids that its orders have now."""
    for found in venue._lists:
        for leg in found["orders"]:
            leg["clientOrderId"] = next(each for each in venue.orders if each["orderId"] == leg["orderId"])[
                "clientOrderId"
            ]


@pytest.mark.parametrize("user_data", [True, False], ids=["user data", "questions alone"])
@pytest.mark.parametrize("first", ["amended", "cancelled", "left alone"])
@pytest.mark.parametrize("second", ["amended", "cancelled"])
def test_an_order_of_a_list_that_was_renamed_before_it_was_found_is_told_by_its_terms(
    first: str, second: str, user_data: bool
) -> None:
    async def script(_: Venue, _connection: ServerConnection, request: Row) -> bool:
        venue.oco(request["params"])
        for row, what in zip(venue.orders, (first, second), strict=True):
            rename(venue, row, what)
        shown(venue)
        return True

    async def scene(client: SpotClient) -> None:
        if user_data:
            await client.track_account()
        handle = await client.submit_oco(SYMBOL, "SELL", "4", "LIMIT_MAKER", "STOP_LOSS", timeout=1.0, **OCO)
        async with asyncio.timeout(30):
            await handle.accepted()
            await asyncio.sleep(15)
        numbers = {name: leg.order_id for name, leg in handle.legs.items()}
        assert numbers == {"above": venue.orders[0]["orderId"], "below": venue.orders[1]["orderId"]}
        for leg, row, what in zip(handle.legs.values(), venue.orders, (first, second), strict=True):
            assert leg.status.value == row["status"]
            if what != "left alone":
                assert leg.current_client_order_id == row["clientOrderId"]
            assert leg.quantity == Decimal(row["origQty"])
        if first == second == "cancelled":
            await asyncio.wait_for(handle.done(), 10)

    venue = Venue(orderList__place__oco=script)
    venue.events = False
    play(venue, scene)


def test_orders_of_a_list_that_nothing_tells_apart_are_followed_no_more() -> None:
    """Both were renamed, and their terms are the same."""

    async def script(_: Venue, _connection: ServerConnection, request: Row) -> bool:
        venue.oco(request["params"])
        for row in venue.orders:
            rename(venue, row, "amended")
            row["stopPrice"] = "90"
        shown(venue)
        return True

    async def scene(client: SpotClient) -> None:
        handle = await client.submit_oco(
            SYMBOL, "SELL", "4", "STOP_LOSS", "STOP_LOSS", above_stop_price="90", below_stop_price="90", timeout=1.0
        )
        async with asyncio.timeout(60):
            with pytest.raises(NotFollowed, match="cannot be told"):
                await handle.accepted()

    venue = Venue(orderList__place__oco=script)
    venue.events = False
    play(venue, scene)


@pytest.mark.parametrize("sold", [None, "1"], ids=["nothing executed", "partly executed"])
@pytest.mark.parametrize("former_ids", [True, False], ids=["with the former ids", "without"])
def test_a_list_in_doubt_that_the_client_cancels_itself_has_its_orders_told(sold: str | None, former_ids: bool) -> None:
    """The venue gives the orders the id of the cancel, and no event comes: the reply to the cancel tells their numbers."""

    async def place(_: Venue, _connection: ServerConnection, request: Row) -> bool:
        venue.oco(request["params"])
        if sold is not None:
            venue.fill(venue.orders[0], sold)
        return True

    async def cancel(_: Venue, connection: ServerConnection, request: Row) -> bool:
        found = venue._lists[0]
        if found["listOrderStatus"] == "ALL_DONE":
            await venue.refuse(connection, request, -2011, "Unknown order sent.")
            return True
        former = [row["clientOrderId"] for row in venue.orders]
        for row in venue.orders:
            venue.end(row, request["params"]["newClientOrderId"])
        found |= {"listStatusType": "ALL_DONE", "listOrderStatus": "ALL_DONE"}
        shown(venue)
        reports = [
            venue.result(row, **({"origClientOrderId": name} if former_ids else {}))
            for row, name in zip(venue.orders, former, strict=True)
        ]
        await venue.reply(connection, request, {**found, "orderReports": reports})
        return True

    async def scene(client: SpotClient) -> None:
        handle = await client.submit_oco(SYMBOL, "SELL", "4", "LIMIT_MAKER", "STOP_LOSS", timeout=1.0, **OCO)
        async with asyncio.timeout(60):
            await handle.accepted()
            await handle.done()
        told = [(leg.order_id, leg.status.value, leg.executed_quantity) for leg in handle.legs.values()]
        assert told == [(row["orderId"], "CANCELED", Decimal(row["executedQty"])) for row in venue.orders]

    venue = Venue(orderList__place__oco=place, orderList__cancel=cancel)
    venue.events = False
    play(venue, scene, on_unknown="cancel")


def test_a_reply_tells_an_order_of_a_list_what_was_changed_where_no_event_comes() -> None:
    """The order is known by its number by then: neither an event nor a question has to tell what the reply has told."""

    async def place(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        await venue.reply(connection, request, venue.oco(request["params"]))
        return True

    async def amend(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        row = next(row for row in venue.orders if row["orderId"] == request["params"]["orderId"])
        former, new_id = row["clientOrderId"], request["params"]["newClientOrderId"]
        row |= {"origQty": request["params"]["newQty"], "clientOrderId": new_id, "updateTime": venue.now()}
        amended = {
            **row, "qty": row["origQty"], "preventedQty": "0", "quoteOrderQty": "0", "origClientOrderId": former,
            "cumulativeQuoteQty": row["cummulativeQuoteQty"],
        }  # fmt: skip
        await venue.reply(connection, request, {"transactTime": venue.now(), "executionId": 7, "amendedOrder": amended})
        return True

    async def scene(client: SpotClient) -> None:
        handle = await client.submit_oco(SYMBOL, "SELL", "4", "LIMIT_MAKER", "STOP_LOSS", timeout=1.0, **OCO)
        await asyncio.wait_for(handle.accepted(), 10)
        leg = handle.legs["below"]
        assert leg.order_id is not None
        assert await leg.amend(new_quantity="3") == Decimal(3)
        assert leg.quantity == Decimal(3)
        assert leg.current_client_order_id == venue.orders[1]["clientOrderId"] != leg.client_order_id

    venue = Venue(orderList__place__oco=place, order__amend__keepPriority=amend)
    venue.events = False
    play(venue, scene)


@pytest.mark.parametrize("what", ["the reply", "an answer"])
def test_an_order_that_the_venue_shows_as_rejected_has_a_reason(what: str) -> None:
    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        row = venue.make(request["params"], status="REJECTED")
        await venue.reply(connection, request, venue.result(row, status="REJECTED" if what == "the reply" else "NEW"))
        return True

    async def scene(client: SpotClient) -> None:
        handle = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="1", price="1", time_in_force="GTC")
        await asyncio.wait_for(handle.done(), 60)
        for wait in (handle.accepted, handle.filled):
            with pytest.raises(OrderRejected, match="REJECTED"):
                await wait()
        assert isinstance(handle.error, OrderRejected)

    venue = Venue(order__place=script)
    play(venue, scene)


def test_what_an_order_of_a_list_was_asked_for_with_is_read_off_the_request() -> None:
    request = {
        "pendingSide": "SELL", "pendingQuantity": "4", "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "3",
        "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": "1", "workingType": "LIMIT", "workingSide": "BUY",
        "workingPrice": "2", "workingQuantity": "5", "workingTimeInForce": "GTC",
    }  # fmt: skip
    assert terms_of(request, "pendingAboveClientOrderId") == {
        "side": "SELL", "quantity": "4", "type": "LIMIT_MAKER", "price": "3"
    }  # fmt: skip
    assert terms_of(request, "pendingBelowClientOrderId") == {
        "side": "SELL", "quantity": "4", "type": "STOP_LOSS", "stopPrice": "1"
    }  # fmt: skip
    assert terms_of(request, "workingClientOrderId") == {
        "side": "BUY", "quantity": "5", "type": "LIMIT", "price": "2", "timeInForce": "GTC"
    }  # fmt: skip
