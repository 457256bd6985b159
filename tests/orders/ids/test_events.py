"""The ids that events bear, and what an event says of a request that made no order."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import Evidence, Outcome, SpotClient
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.ids.events import EventSights, ids_of
from tests.adversary.scripted import SYMBOL, Row, Venue, in_doubt, limit, play, swallow


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ({"e": "executionReport", "c": "now", "C": "before"}, ["now", "before"]),
        ({"e": "executionReport", "c": "now", "C": ""}, ["now"]),
        ({"e": "executionReport", "c": 7, "C": ""}, []),
        ({"e": "executionReport", "c": "now", "C": "", "O": [{"c": "one"}]}, ["now", "one"]),
        ({"e": "executionReport", "c": None, "C": 7, "O": 1_700_000_000_000}, []),
        ({"e": "listStatus", "c": "OCO", "C": "list", "O": [{"c": "one"}, {"c": "two"}]}, ["list", "one", "two"]),
        ({"e": "listStatus", "c": "OCO", "C": "list", "O": [7, {"c": None}, {}, {"c": "two"}]}, ["list", "two"]),
        ({"e": "listStatus", "c": "OCO", "C": "list", "O": None}, ["list"]),
    ],
)
def test_an_event_bears_every_id_it_tells_of(event: Row, ids: list[str]) -> None:
    found = ids_of(json.dumps(event).encode())
    assert found is not None
    assert found.ids == ids


@pytest.mark.parametrize(
    "event", [b"", b"nonsense", b"[]", b'{"e":"outboundAccountPosition"}', b'{"e":7}', b'{"c":"no kind"}']
)
def test_an_event_of_another_kind_bears_none(event: bytes) -> None:
    assert ids_of(event) is None


def test_what_an_event_says_is_read_when_it_is_asked_for_and_costs_the_collector_nothing() -> None:
    event = b'{"e":"executionReport","c":"mine","C":"","s":"BTCUSDT"}'
    ids = ids_of(event)
    assert ids is not None
    sights = EventSights(SPOT_ORDERS, event, 7, "mine", ids, microseconds=False)
    assert not gc.is_tracked(sights)
    (sight,) = sights()
    assert (sight.id, sight.symbol, sight.whole.raw_json) == ("mine", "BTCUSDT", event)


REASON = "INSUFFICIENT_BALANCES"


async def refuse(venue: Venue, params: Row, reason: str) -> None:
    """Tell by an event, and by nothing else, that an order was refused."""
    row = venue.make(params, status="REJECTED")
    venue.orders.remove(row)
    await venue.emit(venue.report(row, "REJECTED", r=reason))


@pytest.mark.parametrize("when", ["before the doubt", "after it"])
@pytest.mark.parametrize("name", [None, "mine"], ids=["made here", "named by the user"])
@pytest.mark.parametrize("reason", [REASON, "NONE", "DUPLICATE"])
def test_the_engines_word_that_it_refused_an_order_is_proof_where_no_other_bears_the_id(
    reason: str, name: str | None, when: str
) -> None:
    async def script(_: Venue, _connection: ServerConnection, request: Row) -> bool:
        async def tell() -> None:
            await refuse(venue, request["params"], reason)

        venue.later(0.1 if when.startswith("before") else 2.5, tell)
        return True

    async def scene(client: SpotClient) -> None:
        async with client.user_data():
            doubt = await in_doubt(limit(client, new_client_order_id=name))
            begun = asyncio.get_running_loop().time()
            verdict = await doubt.resolve()
            took = asyncio.get_running_loop().time() - begun
        assert not venue.orders
        if name is None and reason == REASON:
            assert (verdict.outcome, verdict.evidence) == (Outcome.REJECTED, Evidence.EVENT)
            assert "insufficient balance" in str(verdict.error)
            assert took < 1
        else:
            assert verdict.outcome is Outcome.NOT_PLACED
            assert took > 15

    venue = Venue(order__place=script)
    play(venue, scene)


def test_of_a_replacement_whose_order_was_refused_the_cancel_is_asked_about() -> None:
    async def script(_: Venue, _connection: ServerConnection, request: Row) -> bool:
        params = request["params"]
        venue.end(venue.orders[0], params["cancelNewClientOrderId"])
        await refuse(venue, params, REASON)
        return True

    async def scene(client: SpotClient) -> None:
        async with client.user_data():
            order = await limit(client)
            doubt = await in_doubt(
                client.cancel_replace_order(
                    SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=order.order_id, quantity="3", price="99",
                    time_in_force="GTC",
                )
            )  # fmt: skip
            verdict = await asyncio.wait_for(doubt.resolve(), 10)
        assert [each.outcome for each in verdict.parts] == [Outcome.ACCEPTED, Outcome.REJECTED]

    venue = Venue(order__cancelReplace=script)
    play(venue, scene)


def test_the_word_of_a_failed_action_on_a_list_waits_for_the_fence() -> None:
    """It is the same for a list that was refused and for a cancel that was: then the list is there."""

    async def scene(client: SpotClient) -> None:
        async with client.user_data():
            venue.hooks["orderList.place.oco"] = script
            doubt = await in_doubt(
                client.place_oco(
                    SYMBOL, "SELL", "1", "LIMIT_MAKER", "STOP_LOSS", above_price="110", below_stop_price="90"
                )
            )
            begun = asyncio.get_running_loop().time()
            verdict = await doubt.resolve()
        assert verdict.outcome is Outcome.NOT_PLACED
        assert asyncio.get_running_loop().time() - begun > 15

    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        at = venue.now()
        event: dict[str, Any] = {
            "e": "listStatus", "E": at, "s": SYMBOL, "g": 7, "c": "OCO", "l": "RESPONSE", "L": "REJECT", "r": REASON,
            "C": request["params"]["listClientOrderId"], "T": at, "O": [],
        }  # fmt: skip
        await venue.emit(event)
        return await swallow(venue, connection, request)

    venue = Venue()
    play(venue, scene)
