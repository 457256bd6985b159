"""A venue that loses a subscription without a word: what the audit finds shows it, and the account is subscribed anew."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from binance_wsapi.simulator.faults.actions import Refuse
from tests.simulation.house import SYMBOL
from tests.user_data.test_gaps import Desk, play, truth_holds
from tests.user_data.truth import fills_told, repairs

LISTED = "session.subscriptions"


def lose_subscriptions(desk: Desk) -> None:
    for session in desk.exchange._server.lines.api_sessions.values():
        session.subscriptions.clear()


async def hit(desk: Desk, quantity: str) -> None:
    await desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity=quantity, price="60000", time_in_force="IOC")


def told(desk: Desk, order: Any) -> list[tuple[Decimal | None, bool]]:
    return [(each.last_qty, each.recovered) for each in fills_told(desk.items) if each.order_id == order.order_id]


def test_an_account_whose_subscription_the_venue_lost_in_silence_is_subscribed_anew_by_the_first_audit() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")
        await asyncio.sleep(20)
        lose_subscriptions(desk)
        await hit(desk, "0.1")
        await asyncio.sleep(90)
        assert told(desk, order) == [(Decimal("0.1"), True)]
        assert desk.events.subscribed
        await hit(desk, "0.2")
        await asyncio.sleep(1)
        assert told(desk, order) == [(Decimal("0.1"), True), (Decimal("0.2"), False)], "the venue sent it itself"
        assert len(repairs(desk.items)) == 1
        assert desk.client._session.connections.newest == 1, "the connection goes on"
        truth_holds(desk)

    play(test)


def test_a_subscription_that_the_venue_still_has_is_left_alone_when_an_event_was_lost() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")
        await asyncio.sleep(20)
        desk.exchange.faults.lose_events("executionReport", 4)
        await hit(desk, "0.1")
        desk.exchange.faults.clear()
        subscribed = desk.exchange.truth.counters["userDataStream.subscribe"]
        await asyncio.sleep(90)
        assert told(desk, order) == [(Decimal("0.1"), True)]
        assert desk.exchange.truth.counters[LISTED] == 1
        assert desk.exchange.truth.counters["userDataStream.subscribe"] == subscribed
        assert not repairs(desk.items)

    play(test)


def test_where_the_venue_does_not_list_its_subscriptions_the_next_audit_that_finds_something_asks_again() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")
        await asyncio.sleep(20)
        lose_subscriptions(desk)
        desk.exchange.faults.next(Refuse(400, -1000, "An unknown error occurred."), LISTED)
        await hit(desk, "0.1")
        await asyncio.sleep(90)
        await hit(desk, "0.2")
        await asyncio.sleep(90)
        await hit(desk, "0.3")
        await asyncio.sleep(1)
        assert told(desk, order) == [(Decimal("0.1"), True), (Decimal("0.2"), True), (Decimal("0.3"), False)]

    play(test)


def test_nothing_is_asked_while_nothing_was_lost() -> None:
    async def test(desk: Desk) -> None:
        await desk.rest(quantity="1")
        await hit(desk, "0.1")
        await desk.away(lambda: hit(desk, "0.2"))
        await asyncio.sleep(300)
        assert desk.exchange.truth.counters[LISTED] == 0

    play(test)
