"""Calls that change what an earlier call in doubt made, before that doubt is over: each told verdict against what is true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import OutcomeUnknown, SpotClient
from binance_wsapi.orders.fate.fence import Outcome, Verdict
from tests.adversary.scripted import SYMBOL, Refused, Row, Venue, limit, lose, play, swallow

ACCEPTED, NOT_PLACED, UNDECIDED = Outcome.ACCEPTED, Outcome.NOT_PLACED, Outcome.UNDECIDED
APART = 0.1
"""Seconds from one call to the next."""


async def told(call: Awaitable[Any]) -> Any:
    """Return the result of a call, or the verdict on it."""
    try:
        return await call
    except OutcomeUnknown as doubt:
        return await doubt.resolve()


async def one_after_another(*calls: Awaitable[Any]) -> list[Any]:
    """Make the calls so closely that the doubts of the first are not over, and return what is told of each."""
    tasks = []
    for call in calls:
        tasks.append(asyncio.ensure_future(told(call)))
        await asyncio.sleep(APART)
    return list(await asyncio.gather(*tasks))


def outcome(said: Any) -> Outcome:
    """Return the verdict, where there is one; what was answered was accepted."""
    return said.outcome if isinstance(said, Verdict) else ACCEPTED


def changed(client: SpotClient, how: str) -> Awaitable[Any]:
    """Change what is called "amended"."""
    match how:
        case "cancel":
            return client.cancel_order(SYMBOL, orig_client_order_id="amended")
        case "amend":
            return client.amend_order(SYMBOL, "0.5", orig_client_order_id="amended")
        case "all":
            return client.cancel_open_orders(SYMBOL)
    return client.cancel_replace_order(
        SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", quantity="1", price="90", time_in_force="GTC",
        cancel_orig_client_order_id="amended",
    )  # fmt: skip


@pytest.mark.parametrize("last", ["cancel", "amend", "all", "replace"])
@pytest.mark.parametrize("own", ["mine", None], ids=["the user's id", "an id made here"])
@pytest.mark.parametrize("lag", [0.0, 1.5])
def test_an_order_in_doubt_that_was_amended_in_doubt_and_changed_under_the_new_id_was_placed(
    last: str, own: str | None, lag: float
) -> None:
    async def scene(client: SpotClient) -> None:
        mine = own or client.new_order_id()
        first, amended, _ = await one_after_another(
            limit(client, new_client_order_id=mine),
            client.amend_order(SYMBOL, "1", orig_client_order_id=mine, new_client_order_id="amended"),
            changed(client, last),
        )
        assert venue.orders[0]["_first"] == mine
        assert outcome(first) is ACCEPTED
        assert outcome(amended) in (ACCEPTED, UNDECIDED)

    lost: dict[str, int] = {}

    async def first_lost(_: Venue, connection: ServerConnection, request: Row) -> bool:
        lost[request["method"]] = lost.get(request["method"], 0) + 1
        return lost[request["method"]] == 1 and await lose(venue, connection, request)

    venue = Venue(order__place=lose, order__amend__keepPriority=first_lost)
    venue.lag = lag
    play(venue, scene)


def test_an_order_never_placed_whose_id_an_amendment_of_another_took_is_told_within_the_bound() -> None:
    async def scene(client: SpotClient) -> None:
        began = asyncio.get_running_loop().time()
        never, other, amended, _ = await one_after_another(
            limit(client, new_client_order_id="mine"),
            limit(client, new_client_order_id="other"),
            client.amend_order(SYMBOL, "1", orig_client_order_id="other", new_client_order_id="mine"),
            client.cancel_order(SYMBOL, orig_client_order_id="mine"),
        )
        assert outcome(never) in (NOT_PLACED, UNDECIDED)
        assert outcome(other) is ACCEPTED
        assert outcome(amended) in (ACCEPTED, UNDECIDED)
        assert asyncio.get_running_loop().time() - began < 60

    async def place(_: Venue, connection: ServerConnection, request: Row) -> bool:
        return await (swallow if request["params"]["newClientOrderId"] == "mine" else lose)(venue, connection, request)

    venue = Venue(order__place=place, order__amend__keepPriority=lose)
    play(venue, scene)
    assert [row["_first"] for row in venue.orders] == ["other"]


@pytest.mark.parametrize("placed", [True, False])
def test_a_cancelled_order_is_not_the_new_one_though_both_were_to_have_one_id(placed: bool) -> None:
    async def scene(client: SpotClient) -> None:
        first, replaced = await one_after_another(
            limit(client, new_client_order_id="mine"),
            client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC",
                cancel_orig_client_order_id="mine", cancel_new_client_order_id="both", new_client_order_id="both",
            ),
        )  # fmt: skip
        assert outcome(first) in (ACCEPTED, UNDECIDED)
        cancel, new = (each.outcome for each in replaced.parts)
        assert cancel in (ACCEPTED, UNDECIDED)
        assert new in ((ACCEPTED, UNDECIDED) if placed else (NOT_PLACED, UNDECIDED))

    async def replace(_: Venue, connection: ServerConnection, request: Row) -> bool:
        if placed:
            return await lose(venue, connection, request)
        params = request["params"]
        former = {"origClientOrderId": params["cancelOrigClientOrderId"]}
        venue.events = False
        venue.cancel({"symbol": SYMBOL, "newClientOrderId": params["cancelNewClientOrderId"], **former})
        return True

    async def unanswered(_: Venue, __: ServerConnection, ___: Row) -> bool:
        if asyncio.get_running_loop().time() - began[0] < 3:
            raise Refused(-1000, "An unknown error occurred while processing the request.", 503)
        return False

    began = [0.0]

    async def place(_: Venue, connection: ServerConnection, request: Row) -> bool:
        began[0] = asyncio.get_running_loop().time()
        return await lose(venue, connection, request)

    venue = Venue(order__place=place, order__cancelReplace=replace, order__status=unanswered)
    play(venue, scene)
    assert len(venue.orders) == 1 + placed
