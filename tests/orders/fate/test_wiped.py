"""The test network is wiped, and gives numbers again: what is known of earlier orders decides nothing about later ones."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import NotFollowed, Outcome, SpotClient
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.wire.order_calls import RENUMBERED_US, Act, Sight
from tests.adversary.scripted import SYMBOL, Venue, in_doubt, limit, lose, play, swallow

PLACED_MS = 1.9e12
LATER_MS = PLACED_MS + RENUMBERED_US / 1000 + 1


def wipe(venue: Venue) -> None:
    """Forget every order, and count from the beginning."""
    venue.orders.clear()
    venue._numbers = itertools.count(1_000)


async def wiped(venue: Venue, client: SpotClient, **order: Any) -> None:
    """Place an order, and have the network wiped a while later."""
    await limit(client, **order)
    await asyncio.sleep(10)
    wipe(venue)
    await asyncio.sleep(10)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("follows", [True, False], ids=["user data", "questions alone"])
def test_the_first_order_after_a_wipe_is_found_by_its_id_though_its_number_was_anothers(
    follows: bool, executed: bool
) -> None:
    async def scene(client: SpotClient) -> None:
        if follows:
            await client.track_account()
        await wiped(venue, client)
        venue.hooks["order.place"] = lose if executed else swallow
        doubt = await in_doubt(limit(client))
        verdict = await asyncio.wait_for(doubt.resolve(), 30)
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        if executed:
            assert verdict.order.order_id == 1_000

    venue = Venue()
    play(venue, scene)


def test_an_order_with_the_id_and_the_number_of_an_earlier_one_is_never_called_not_placed() -> None:
    async def scene(client: SpotClient) -> None:
        await wiped(venue, client, new_client_order_id="mine")
        venue.hooks["order.place"] = lose
        doubt = await in_doubt(limit(client, new_client_order_id="mine"))
        verdict = await asyncio.wait_for(doubt.resolve(), 60)
        assert verdict.outcome is Outcome.UNDECIDED
        assert verdict.order.order_id == 1_000

    play(venue := Venue(), scene)


@pytest.mark.parametrize("change", ["cancel", "amend"])
@pytest.mark.parametrize("again", ["mine", "other"])
def test_a_change_of_an_order_that_was_placed_after_a_wipe_is_decided_by_that_order_alone(
    again: str, change: str
) -> None:
    """The earlier order of the number had ended with the id, and had less quantity than the later one is amended to."""

    async def scene(client: SpotClient) -> None:
        terms: dict[str, Any] = {"price": "100", "time_in_force": "GTC"}
        await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="1", new_client_order_id="mine", **terms)
        await client.cancel_order(SYMBOL, orig_client_order_id="mine", new_client_order_id="mine")
        await asyncio.sleep(10)
        wipe(venue)
        await asyncio.sleep(10)
        await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="5", new_client_order_id=again, **terms)
        venue.hooks |= dict.fromkeys(("order.cancel", "order.amend.keepPriority"), lose)
        named: dict[str, Any] = {"orig_client_order_id": again, "new_client_order_id": again}
        if change == "cancel":
            doubt = await in_doubt(client.cancel_order(SYMBOL, **named))
        else:
            doubt = await in_doubt(client.amend_order(SYMBOL, "2", **named))
        verdict = await asyncio.wait_for(doubt.resolve(), 60)
        assert verdict.outcome is Outcome.ACCEPTED

    play(venue := Venue(), scene)


@pytest.mark.parametrize("back_s", [0, 20, 3_600])
@pytest.mark.parametrize("cut", [True, False])
def test_a_handle_ends_where_another_order_has_its_number_also_when_the_venues_clock_went_back(
    cut: bool, back_s: int
) -> None:
    """The other is another program's, with the same terms, and is filled."""

    async def scene(client: SpotClient) -> None:
        handle = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC")
        await asyncio.wait_for(handle.accepted(), 10)
        await asyncio.sleep(5)
        wipe(venue)
        venue.offset_ms -= back_s * 1000
        if cut:
            for connection in venue.connections:
                connection.transport.abort()
        terms = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "price": "100", "quantity": "2"}
        other = venue.make({**terms, "newClientOrderId": "theirs"})
        await venue.emit(venue.fill(other, "2"))
        with pytest.raises(NotFollowed, match="reset"):
            await asyncio.wait_for(handle.done(), 300)
        assert handle.executed_quantity == 0
        assert not handle.fills

    venue = Venue()
    play(venue, scene)


def test_a_number_that_is_given_again_shows_that_all_that_was_known_is_void() -> None:
    ids = IdHistory()

    async def known() -> None:
        ids.moment()
        ids.remember(None, SYMBOL, "mine", 7, Decimal(1), ids.moment(), placed=True)
        ids.placed(SYMBOL, 50, "list", listed=True)
        ids.changed(None, [Sight(None, SYMBOL, "ended", None, 51, listed=True, status="ALL_DONE")])
        assert ids.lists_ended(SYMBOL, "ended") == (51,)
        ids.remember(None, SYMBOL, "other", 8, Decimal(9), ids.moment(), placed=True)
        assert ids.of(None, SYMBOL, "mine") is not None
        ids.remember(None, SYMBOL, "later", 7, Decimal(5), ids.moment(), placed=True)

    asyncio.run(known())
    assert ids.of(None, SYMBOL, "mine") is ids.of(None, SYMBOL, "other") is None
    assert ids.quantity_of(SYMBOL, 8) is None
    assert ids.quantity_of(SYMBOL, 7) == Decimal(5)
    assert (ids.placed_as(SYMBOL, 7, False), ids.placed_as(SYMBOL, 50, True)) == ("later", None)
    assert ids.lists_of(SYMBOL, "list") == ids.lists_ended(SYMBOL, "ended") == ()


@pytest.mark.parametrize("how", ["a reply", "a proof", "a cancel-replace"])
def test_when_an_order_was_placed_is_kept_by_each_way_that_tells_it(how: str) -> None:
    ids, order = IdHistory(), Sight(None, SYMBOL, "mine", None, 7, status="NEW", made_ms=PLACED_MS)

    async def known() -> None:
        ids.moment()
        if how == "a reply":
            ids.remember(None, SYMBOL, "mine", 7, None, ids.moment(), placed=True, placed_us=int(PLACED_MS * 1000))
        elif how == "a proof":
            ids.proved(None, Token("mine", SYMBOL), order)
        else:
            ids.changed(None, [order], "mine", ids.moment())
        ids.told(SYMBOL, 7, Decimal(5))  # as an event tells it, which keeps what is known

    asyncio.run(known())
    assert ids.given_again(SYMBOL, replace(order, made_ms=LATER_MS))
    assert not ids.given_again(SYMBOL, replace(order, made_ms=LATER_MS - 1))
    assert not ids.given_again(SYMBOL, replace(order, made_ms=LATER_MS, listed=True)), "the number of a list"
    assert not ids.given_again(SYMBOL, replace(order, made_ms=LATER_MS, number=8))


def test_what_a_change_shows_does_not_tell_when_its_order_was_placed() -> None:
    ids, order = IdHistory(), Sight(None, SYMBOL, "mine", None, 7, status="CANCELED", made_ms=PLACED_MS)

    async def known() -> None:
        ids.moment()
        ids.proved(None, Token("mine", SYMBOL, act=Act.CANCEL, number=7), order)

    asyncio.run(known())
    assert not ids.given_again(SYMBOL, replace(order, made_ms=LATER_MS))


@pytest.mark.parametrize(("told_before", "void"), [(True, True), (False, False)])
def test_so_does_a_number_that_is_given_again_with_its_id_to_an_order_whose_frame_left_later(
    told_before: bool, void: bool
) -> None:
    ids = IdHistory()

    async def known() -> None:
        ids.remember(None, SYMBOL, "other", 8, None, ids.moment(), placed=True)
        left_at = ids.moment()
        ids.remember(None, SYMBOL, "mine", 7, Decimal(1), left_at, placed=True)
        ids.remember(None, SYMBOL, "mine", 7, Decimal(5), ids.moment() if told_before else left_at, placed=True)

    asyncio.run(known())
    assert (ids.of(None, SYMBOL, "other") is None) is void
    assert ids.quantity_of(SYMBOL, 7) == (Decimal(5) if void else Decimal(1))


@pytest.mark.parametrize(
    ("token", "sight", "anothers"),
    [
        ({}, {}, False),
        ({}, {"made_ms": LATER_MS - 2}, True),
        ({}, {"made_ms": None}, True),
        ({}, {"id": "renamed", "former": "mine"}, False),
        ({}, {"id": "renamed"}, True),
        ({"fresh": False}, {}, True),
        ({"recovered": True}, {}, False),
        ({"recovered": True, "unguessable": False}, {}, True),
        ({"client_id": "list", "legs": ("mine",), "fresh_legs": frozenset({"mine"})}, {}, False),
        ({"client_id": "list", "legs": ("mine",)}, {}, True),
        ({"client_id": "list", "legs": ("a",)}, {}, True),
    ],
)
def test_an_order_of_a_known_number_that_was_made_later_is_of_the_request_whose_id_only_it_can_bear(
    token: dict[str, Any], sight: dict[str, Any], anothers: bool
) -> None:
    ids = IdHistory()
    ids.told(SYMBOL, 7, None, "earlier", int(PLACED_MS * 1000))
    mine = replace(Token("mine", SYMBOL), **token)
    shown = replace(Sight(None, SYMBOL, "mine", None, 7, status="NEW", made_ms=LATER_MS), **sight)
    assert ids.is_anothers(mine, shown) is anothers
    assert not ids.is_anothers(replace(mine, act=Act.CANCEL), shown)
