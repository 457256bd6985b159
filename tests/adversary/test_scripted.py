"""Scripted venues: each does one thing that the documentation leaves open, and what is told must be what is true."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import SpotClient, UnreadableReply
from binance_wsapi.models import UnreadRow
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.trade.types import HandleEventKind, HandleStatus
from tests.adversary.scripted import SYMBOL, Venue, in_doubt, limit, lose, play
from tests.adversary.venue import weight_of


async def submit(client: SpotClient, **more: Any) -> Any:
    return await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC", **more)


# --------------------------------------------------------------------------- rows that cannot be read (F13)


@pytest.mark.parametrize("odd", [{"status": "HELD_FOR_REVIEW"}, {"type": "MOON"}, {"timeInForce": "GTX9"}])
def test_a_new_word_of_the_venues_takes_no_row_away(odd: dict[str, str]) -> None:
    async def scene(client: SpotClient) -> None:
        for _ in range(3):
            await limit(client)
        venue.orders[1] |= odd

        async def rows(_venue: Venue, connection: ServerConnection, request: dict[str, Any]) -> bool:
            await venue.reply(connection, request, [venue.result(each) for each in venue.orders])
            return True

        venue.hooks["openOrders.status"] = venue.hooks["allOrders"] = rows
        for found in (await client.open_orders(SYMBOL), await client.all_orders(SYMBOL)):
            assert [each.order_id for each in found] == [each["orderId"] for each in venue.orders]
            (name, word) = next(iter(odd.items()))
            told = getattr(found[1], {"timeInForce": "time_in_force"}.get(name, name))
            assert (told, told.known) == (word, False)
        assert not found[1].is_final

    venue = Venue()
    play(venue, scene)


def test_a_row_that_cannot_be_read_is_told_and_its_neighbours_with_it() -> None:
    async def scene(client: SpotClient) -> None:
        for _ in range(3):
            await limit(client)
        venue.orders[1]["price"] = None
        with pytest.raises(UnreadableReply, match="in 1 of its rows at: ") as caught:
            await client.open_orders(SYMBOL)
        assert [each.order_id for each in caught.value.rows] == [venue.orders[0]["orderId"], venue.orders[2]["orderId"]]
        (unread,) = caught.value.unread
        assert str(venue.orders[1]["orderId"]).encode() in unread

    venue = Venue()
    play(venue, scene)


async def unreadable(venue: Venue, connection: ServerConnection, request: dict[str, Any]) -> bool:
    """Answer a question about an order with a row that has no price."""
    rows = [each for each in venue.orders if each["clientOrderId"] == request["params"].get("origClientOrderId")
            or each["orderId"] == request["params"].get("orderId")]  # fmt: skip
    if not rows:
        return False
    await venue.reply(connection, request, venue.result(rows[0], price=None))
    return True


@pytest.mark.parametrize("events", ["none", "unread"])
def test_a_handle_takes_what_can_be_read_of_its_order(events: str) -> None:
    async def scene(client: SpotClient) -> None:
        trade = await submit(client)
        await trade.accepted()
        (row,) = venue.orders
        assert (trade.order_id, trade.status) == (row["orderId"], HandleStatus.NEW)
        event = venue.fill(row, "2")
        if events == "unread":
            await venue.emit(event | {"p": None})
        await trade.filled()
        assert (trade.executed_quantity, len(trade.fills)) == (2, 1)

    venue = Venue(order__place=lose, order__status=unreadable)
    venue.events = False
    play(venue, scene)


def test_the_verdict_of_a_row_that_cannot_be_read_names_its_order() -> None:
    async def scene(client: SpotClient) -> None:
        doubt = await in_doubt(client.place_order(SYMBOL, "BUY", "MARKET", quantity="2"))
        verdict = await doubt.resolve()
        (row,) = venue.orders
        assert verdict.outcome is Outcome.ACCEPTED
        assert isinstance(verdict.order, UnreadRow)
        assert (verdict.order.order_id, verdict.order.client_order_id) == (row["orderId"], row["clientOrderId"])

    venue = Venue(order__place=lose, order__status=unreadable)
    venue.events = False
    play(venue, scene)


def test_a_state_that_is_not_known_is_told_and_taken_for_no_other() -> None:
    async def scene(client: SpotClient) -> None:
        trade = await submit(client)
        await trade.accepted()
        (row,) = venue.orders
        row["status"] = "HELD_FOR_REVIEW"
        await venue.emit(venue.report(row, "HELD"))
        await asyncio.sleep(1)
        assert trade.status is HandleStatus.NEW
        assert not trade.is_done
        (told,) = [each for each in trade.log if each.kind is HandleEventKind.UNKNOWN_STATE]
        assert told.detail == "HELD_FOR_REVIEW"
        await venue.emit(venue.fill(row, "2"))
        await trade.filled()

    venue = Venue()
    play(venue, scene)


# --------------------------------------------------------------------------- the other venue's weights (I9)


@pytest.mark.parametrize(
    ("method", "params", "weight"),
    [
        ("myTrades", {}, 20),
        ("myTrades", {"orderId": 7}, 5),
        ("openOrders.status", {}, 80),
        ("openOrders.status", {"symbol": SYMBOL}, 6),
        ("order.status", {"orderId": 7}, 4),
    ],
)
def test_a_query_weighs_at_the_other_venue_what_the_documentation_says(
    method: str, params: dict[str, Any], weight: int
) -> None:
    assert weight_of(method, params) == weight
