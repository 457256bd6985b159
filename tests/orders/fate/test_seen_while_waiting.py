"""What shows that a request was executed counts also where it comes while its call still waits for the reply."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import AuthFailed, Ed25519Key, Outcome, OutcomeUnknown, PartialFailure, SpotClient
from binance_wsapi.orders.fate.resolver import REFUSED_WAIT_S
from tests.adversary.scripted import KEY, SYMBOL, Row, Venue, in_doubt, limit, lose, play

NEW: dict[str, Any] = {"quantity": "2", "price": "100", "time_in_force": "GTC"}


async def waiting(venue: Venue, method: str, call: Any) -> asyncio.Task[Any]:
    """Begin a call that is executed and whose reply is lost; return it while it waits, with the venue healed."""
    venue.hooks[method] = lose
    venue.events = False
    begun: asyncio.Task[Any] = asyncio.ensure_future(call)
    await asyncio.sleep(0.5)
    del venue.hooks[method]
    assert not begun.done()
    return begun


async def fate(call: asyncio.Task[Any]) -> Any:
    """Return the verdict on a call that is in doubt, or will be."""
    with pytest.raises(OutcomeUnknown) as caught:
        await call
    return await asyncio.wait_for(caught.value.resolve(), 60)


@pytest.mark.parametrize("mode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"])
@pytest.mark.parametrize("by", ["id", "number"])
@pytest.mark.parametrize("own", [None, "mine"])
def test_the_half_that_cancelled_an_order_shows_that_it_was_there(own: str | None, by: str, mode: Any) -> None:
    """Its new order, which was refused, was to have the same id."""

    async def half(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        params = request["params"]
        told = venue.cancel({"symbol": SYMBOL, "orderId": venue.orders[0]["orderId"], "newClientOrderId": "gone"})
        data = {
            "cancelResult": "SUCCESS", "newOrderResult": "FAILURE", "cancelResponse": told,
            "newOrderResponse": {"code": -2010, "msg": "Order would immediately match and take."},
        }  # fmt: skip
        assert params["newClientOrderId"] == told["origClientOrderId"]
        await venue.refuse(connection, request, -2021, "Order cancel-replace partially failed.", 409, **data)
        return True

    async def scene(client: SpotClient) -> None:
        ids = {} if own is None else {"new_client_order_id": own}
        first = await waiting(venue, "order.place", limit(client, **ids))
        order = venue.orders[0]
        venue.fill(order, "0.5")
        named: dict[str, Any] = {"cancel_order_id": order["orderId"]}
        if by == "id":
            named = {"cancel_orig_client_order_id": order["clientOrderId"]}
        with pytest.raises(PartialFailure):
            await client.cancel_replace_order(
                SYMBOL, mode, "BUY", "LIMIT", new_client_order_id=order["clientOrderId"], **named, **NEW
            )
        verdict = await fate(first)
        assert verdict.outcome in {Outcome.ACCEPTED, Outcome.UNDECIDED}
        assert verdict.order.order_id == order["orderId"]

    play(venue := Venue(order__cancelReplace=half), scene)


@pytest.mark.parametrize("by", ["id", "number", "everything"])
@pytest.mark.parametrize("own", [None, "mine"])
def test_a_list_that_was_cancelled_meanwhile_with_all_its_orders_is_not_called_not_placed(
    own: str | None, by: str
) -> None:
    """The list and its orders have other ids now; a user named those of the orders."""

    async def gone(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        found = venue._lists[0]
        former = [row["clientOrderId"] for row in venue.orders]
        for row in venue.orders:
            venue.end(row, "gone")
        found |= {"listStatusType": "ALL_DONE", "listOrderStatus": "ALL_DONE", "listClientOrderId": "gone"}
        reports = [
            venue.result(row, origClientOrderId=name, orderListId=found["orderListId"])
            for row, name in zip(venue.orders, former, strict=True)
        ]
        told = {**found, "orderReports": reports}
        await venue.reply(connection, request, [told] if request["method"] == "openOrders.cancelAll" else told)
        for leg in found["orders"]:
            leg["clientOrderId"] = "gone"
        return True

    async def scene(client: SpotClient) -> None:
        ids: dict[str, Any] = {} if own is None else {"list_client_order_id": own}
        place = client.place_oco(
            SYMBOL, "SELL", "8", "LIMIT_MAKER", "STOP_LOSS", above_price="200", below_stop_price="50",
            above_client_order_id="my1", below_client_order_id="my0", **ids,
        )  # fmt: skip
        first = await waiting(venue, "orderList.place.oco", place)
        venue.fill(venue.orders[0], "3")
        found = venue._lists[0]
        if by == "everything":
            await client.cancel_open_orders(SYMBOL)
        elif by == "id":
            await client.cancel_order_list(SYMBOL, list_client_order_id=found["listClientOrderId"])
        else:
            await client.cancel_order_list(SYMBOL, order_list_id=found["orderListId"])
        verdict = await fate(first)
        assert verdict.outcome is (Outcome.ACCEPTED if by == "id" and own is None else Outcome.UNDECIDED)

    venue = Venue(orderList__cancel=gone, openOrders__cancelAll=gone)
    play(venue, scene)


@pytest.mark.parametrize("on_unknown", ["raise", "cancel"])
def test_an_answer_about_another_request_shows_what_was_placed(on_unknown: Any) -> None:
    """An amendment by number, itself in doubt, is asked about by that number: a view that lags shows the id of the first."""

    async def unknown(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        before = dict(venue.orders[0])
        venue.answer(connection, request)
        await venue.refuse(connection, request, -1007, "Timeout waiting for response from backend server.", 503)

        async def lagging(venue: Venue, connection: ServerConnection, request: Row) -> bool:
            del venue.hooks["order.status"]
            await venue.reply(connection, request, venue.result(before))
            return True

        venue.hooks["order.status"] = lagging
        return True

    async def scene(client: SpotClient) -> None:
        first = await waiting(venue, "order.place", limit(client))
        order = venue.orders[0]
        amended = await in_doubt(client.amend_order(SYMBOL, "1", order_id=order["orderId"]))
        assert (await asyncio.wait_for(amended.resolve(), 60)).outcome is Outcome.ACCEPTED
        if on_unknown == "cancel":
            assert (await asyncio.wait_for(first, 60)).order_id == order["orderId"]
            assert order["status"] == "CANCELED"
        else:
            assert (await fate(first)).outcome is Outcome.ACCEPTED

    venue = Venue(order__amend__keepPriority=unknown)
    play(venue, scene, on_unknown=on_unknown)


@pytest.mark.parametrize("key", [KEY, Ed25519Key.generate(api_key="k" * 64)], ids=["signed", "logged on"])
@pytest.mark.parametrize("on_unknown", ["raise", "wait", "cancel"])
@pytest.mark.parametrize("told", [True, False], ids=["told so", "found out"])
def test_a_doubt_ends_where_the_venue_refuses_every_question(told: bool, on_unknown: Any, key: Any) -> None:
    """The key is revoked in the moment in which an order is executed."""

    async def refuse(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        await venue.refuse(connection, request, -2015, "Invalid API-key, IP, or permissions for action.", 401)
        return True

    async def revoke(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        await lose(venue, connection, request)
        private = ("order.status", "order.cancel", "session.logon", "openOrders.status", "userDataStream.subscribe")
        venue.hooks |= dict.fromkeys((*private, "userDataStream.subscribe.signature"), refuse)
        if told:
            body = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
            await venue.say(connection, {"id": None, "status": 401, "error": body})
        return True

    async def scene(client: SpotClient) -> None:
        venue.hooks["order.place"] = revoke
        begun = asyncio.get_running_loop().time()
        with pytest.raises(OutcomeUnknown) as caught:
            await asyncio.wait_for(limit(client), 600)
        verdict = await asyncio.wait_for(caught.value.resolve(), 600)
        assert verdict.outcome is Outcome.UNDECIDED
        assert isinstance(verdict.error, AuthFailed)
        assert REFUSED_WAIT_S < asyncio.get_running_loop().time() - begun < REFUSED_WAIT_S + 90

    play(venue := Venue(), scene, on_unknown=on_unknown, key=key)


@pytest.mark.parametrize("code", [-1002, -1130, -2039])
def test_so_does_one_where_every_question_is_refused_for_another_reason(code: int) -> None:
    async def refuse(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        await venue.refuse(connection, request, code, "no")
        return True

    async def scene(client: SpotClient) -> None:
        venue.hooks["order.place"] = lose
        venue.events = False
        doubt = await in_doubt(limit(client))
        venue.hooks["order.status"] = refuse
        verdict = await asyncio.wait_for(doubt.resolve(), 600)
        assert (verdict.outcome, verdict.error.code) == (Outcome.UNDECIDED, code)

    play(venue := Venue(), scene)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 429])
@pytest.mark.parametrize("act", ["place", "cancel", "amend"])
def test_a_reply_that_refuses_and_has_a_result_leaves_a_doubt(act: str, status: int) -> None:
    async def both(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        result = venue.answer(connection, request)
        await venue.say(connection, {"id": request["id"], "status": status, "result": result})
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client, new_client_order_id="first")
        venue.events = False
        venue.hooks |= dict.fromkeys(("order.place", "order.cancel", "order.amend.keepPriority"), both)
        if act == "place":
            call = limit(client)
        elif act == "cancel":
            call = client.cancel_order(SYMBOL, orig_client_order_id="first")
        else:
            call = client.amend_order(SYMBOL, "1", orig_client_order_id="first")
        verdict = await asyncio.wait_for((await in_doubt(call)).resolve(), 600)
        assert verdict.outcome is Outcome.ACCEPTED

    play(venue := Venue(), scene)
