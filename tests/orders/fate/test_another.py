"""Answers that show another order, list or symbol than was asked for: they are no evidence, by whichever way they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import Outcome, SpotClient, UnreadableReply
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import Reading
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import Act
from tests.adversary.scripted import SYMBOL, Row, Venue, in_doubt, limit, lose, play, swallow
from tests.orders.fate.test_unread import ALL, SENT, about

LIMIT: dict[str, Any] = {"side": "BUY", "type": "LIMIT", "price": "5", "quantity": "2", "timeInForce": "GTC"}
STATE: Row = {
    "symbol": SYMBOL, "orderId": 7, "orderListId": -1, "clientOrderId": "bcdf", "price": "5", "origQty": "2",
    "executedQty": "0", "cummulativeQuoteQty": "0", "origQuoteOrderQty": "0", "status": "NEW", "timeInForce": "GTC",
    "type": "LIMIT", "side": "BUY", "stopPrice": "0", "icebergQty": "0", "time": SENT, "updateTime": SENT, "isWorking": True,
    "workingTime": SENT, "selfTradePreventionMode": "NONE",
}  # fmt: skip
LIST: Row = {
    "orderListId": 9, "contingencyType": "OCO", "listStatusType": "ALL_DONE", "listOrderStatus": "ALL_DONE",
    "listClientOrderId": "other", "transactionTime": SENT, "symbol": SYMBOL, "orders": [],
}  # fmt: skip
PLACED = Token("bcdf", SYMBOL, wanted=LIMIT, since_ms=SENT - 1_000)
CANCELLED = Token("new", SYMBOL, act=Act.CANCEL, number=7)
CANCELLED_LIST = Token("new", SYMBOL, TokenKind.LIST, Act.CANCEL, number=9)


@pytest.mark.parametrize("status", ["NEW", "FILLED", "EXPIRED", "CANCELED"])
@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (PLACED, {"symbol": "ETHUSDT"}),
        (PLACED, {"clientOrderId": "other", "price": "6"}),
        (CANCELLED, {"symbol": "ETHUSDT"}),
        (CANCELLED, {"orderId": 8}),
        (Token("new", SYMBOL, act=Act.AMEND, number=7, wanted={"newQty": "1"}), {"orderId": 8}),
    ],
)
def test_an_answer_about_another_order_says_nothing(token: Token, shown: Row, status: str) -> None:
    assert about(token, {**STATE, "status": status, **shown}).reading is Reading.NOTHING


@pytest.mark.parametrize("shown", [{"symbol": "ETHUSDT"}, {"orderListId": 8}])
def test_an_answer_about_another_list_says_nothing(shown: Row) -> None:
    assert about(CANCELLED_LIST, {**LIST, **shown}).reading is Reading.NOTHING
    placed = Token("mine", SYMBOL, TokenKind.LIST, Act.PLACE, legs=("a", "b"), wanted=LIMIT)
    assert about(placed, {**LIST, **shown}).reading is Reading.NOTHING


def test_open_orders_of_another_symbol_are_no_proof_that_nothing_is_open() -> None:
    assert about(ALL, []).reading is Reading.YES
    assert about(ALL, [{**STATE, "symbol": "ETHUSDT", "time": SENT + 60_000}]).reading is Reading.NOTHING


def test_a_number_that_is_another_requests_shows_nothing_under_any_id() -> None:
    history = IdHistory()
    history.placed(SYMBOL, 7, "earlier")
    assert about(PLACED, STATE).reading is Reading.YES
    assert about(PLACED, STATE, history=history).reading is Reading.NOTHING


def test_a_users_id_that_a_change_gave_to_another_order_may_have_been_its_own_before() -> None:
    """The other may stand in front of it. An answer about another that does not bear the id is a mistake of the venue's."""
    history = IdHistory()
    history.placed(SYMBOL, 7, "earlier")
    mine = replace(PLACED, fresh=False)
    assert about(mine, STATE, history=history).reading is Reading.MAYBE
    assert about(mine, {**STATE, "clientOrderId": "other"}, history=history).reading is Reading.NOTHING


@pytest.mark.parametrize(
    ("made", "reading"), [(SENT, Reading.YES), (SENT - 60_000, Reading.MAYBE), (SENT - 7_200_000, Reading.NOTHING)]
)
def test_a_cancelled_order_that_answers_to_an_id_it_lost_is_known_by_its_terms_and_its_time(
    made: int, reading: Reading
) -> None:
    shown = {**STATE, "clientOrderId": "renamed", "status": "CANCELED", "time": made}
    assert about(PLACED, shown).reading is reading


@pytest.mark.parametrize("where", ["first connection", "two connections", "everywhere, for a while", "everywhere"])
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("shown", ["another id", "another symbol", "the id on another's number"])
@pytest.mark.parametrize("act", ["order.place", "order.cancel", "order.amend.keepPriority"])
def test_answers_that_show_another_order_bring_no_verdict_but_the_word_that_none_can_be_had(
    act: str, shown: str, executed: bool, where: str
) -> None:
    confused = {"first connection": 1, "two connections": 2}.get(where, 1_000)
    asked: list[ServerConnection] = []

    async def wrong(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        if connection not in asked:
            asked.append(connection)
        if asked.index(connection) >= confused:
            return False
        params = request["params"]
        row = {**venue.result(venue.orders[0])}
        if shown == "another symbol":
            row["symbol"] = "ETHUSDT"
        if shown != "another id":
            row["clientOrderId"] = params.get("origClientOrderId", row["clientOrderId"])
        await venue.reply(connection, request, row)
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client)
        target = await limit(client)
        venue.hooks |= {act: lose if executed else swallow, "order.status": wrong}
        venue.events = False
        if act == "order.place":
            call = limit(client)
        elif act == "order.cancel":
            call = client.cancel_order(SYMBOL, order_id=target.order_id)
        else:
            call = client.amend_order(SYMBOL, "1", order_id=target.order_id)
        doubt = await in_doubt(call)
        finding = asyncio.ensure_future(doubt.resolve())
        await asyncio.wait([finding], timeout=60)
        if where.startswith("everywhere"):
            assert not finding.done(), finding.result()
        if where == "everywhere":
            verdict = await asyncio.wait_for(finding, 120)
            assert verdict.outcome is Outcome.UNDECIDED
            assert "another order" in str(verdict.error)
            return
        if where == "everywhere, for a while":
            venue.hooks.pop("order.status")
        verdict = await asyncio.wait_for(finding, 60)
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("act", ["openOrders.cancelAll", "orderList.place.oco", "order.cancelReplace"])
def test_each_kind_of_doubt_ends_where_every_answer_shows_another(act: str) -> None:
    async def wrong(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        row = {**venue.result(venue.orders[0]), "symbol": "ETHUSDT"}
        shown = {"openOrders.status": [row], "orderList.status": {**LIST, "symbol": "ETHUSDT"}}
        await venue.reply(connection, request, shown.get(request["method"], row))
        return True

    async def scene(client: SpotClient) -> None:
        target = await limit(client)
        venue.hooks |= {act: swallow, **dict.fromkeys(("order.status", "openOrders.status", "orderList.status"), wrong)}
        call: Awaitable[Any]
        if act == "openOrders.cancelAll":
            call = client.cancel_open_orders(SYMBOL)
        elif act == "order.cancelReplace":
            call = client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=target.order_id, quantity="1", price="90",
                time_in_force="GTC",
            )  # fmt: skip
        else:
            call = client.place_oco(
                SYMBOL, "SELL", "1", "LIMIT_MAKER", "STOP_LOSS", above_price="120", below_stop_price="80"
            )
        doubt = await in_doubt(call)
        verdict = await asyncio.wait_for(doubt.resolve(), 300)
        assert {each.outcome for each in verdict.parts or (verdict,)} == {Outcome.UNDECIDED}
        assert "another" in str(verdict.error)

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("rest", [True, False])
def test_a_way_that_says_nothing_gives_way_to_the_others(rest: bool) -> None:
    intent = Unresolved(SPOT_ORDERS.place, {}, [], 4, None)
    paths = [("socket", 5), ("rest", 0)] if rest else [("socket", 5), ("socket", 6), ("socket", 7)]
    for path in paths:
        assert not intent.says_nothing(rest=rest)
        for _ in range(2):
            intent.heard(path, says_nothing=True)
    assert intent.says_nothing(rest=rest)
    assert intent.passed_over == (5 if rest else 6)
    intent.heard(paths[0], says_nothing=False)
    assert not intent.says_nothing(rest=rest)


def test_the_user_is_not_handed_an_answer_about_another_order() -> None:
    async def scene(client: SpotClient) -> None:
        order = await limit(client)
        assert (await client.order_status(SYMBOL, order_id=order.order_id)).order_id == order.order_id
        venue.orders[0]["symbol"] = "ETHUSDT"
        venue.hooks["order.status"] = other
        with pytest.raises(UnreadableReply, match="another order"):
            await client.order_status(SYMBOL, order_id=order.order_id)

    async def other(_: Venue, connection: ServerConnection, request: Row) -> bool:
        await venue.reply(connection, request, venue.result(venue.orders[0]))
        return True

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("side", ["SELL", "BUY"])
@pytest.mark.parametrize("named", [None, "L"], ids=["a list id made here", "the user's list id"])
@pytest.mark.parametrize("replied", [0.0, 0.4], ids=["replied before", "replied meanwhile"])
def test_an_event_of_another_list_of_ours_does_not_prove_a_list_that_names_an_id_of_its_orders_again(
    side: str, named: str | None, replied: float
) -> None:
    """The event comes later than the reply, and the second list was refused as a duplicate, which is lost."""

    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        if venue.orders:
            return True
        told = venue.oco(request["params"])
        for row in venue.orders:
            event = venue.report(row, "NEW")
            venue.later(0.5, partial(venue.emit, event))
        venue.later(replied, lambda: venue.reply(connection, request, told))
        return True

    def oco(client: SpotClient, side: str) -> Any:
        return client.place_oco(
            SYMBOL, side, "4", "LIMIT_MAKER", "STOP_LOSS", above_price="110", below_stop_price="90",
            above_client_order_id="mine", list_client_order_id=named,
        )  # fmt: skip

    async def scene(client: SpotClient) -> None:
        await client.track_account()
        first = asyncio.ensure_future(oco(client, "BUY"))
        await asyncio.sleep(0.2)
        doubt = await in_doubt(oco(client, side))
        verdict = await doubt.resolve()
        assert verdict.outcome is not Outcome.ACCEPTED
        assert (await first).order_list_id == venue.orders[0]["orderListId"]

    venue = Venue(orderList__place__oco=script)
    play(venue, scene)
