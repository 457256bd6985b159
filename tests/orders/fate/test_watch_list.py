"""What was refused in time and is there all the same is told, loudly, once."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import LateExecution, Outcome, SpotClient, VenueError, WsapiError
from binance_wsapi.keys.signer import Signer
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate import watch_list
from binance_wsapi.orders.fate.fence import Evidence, Verdict
from binance_wsapi.orders.fate.watch_list import WatchList
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.wire.order_calls import Act
from tests.adversary.scripted import SYMBOL, Row, Venue, in_doubt, limit, play, swallow
from tests.simulation.house import HMAC, KEY, hearing_late


@pytest.mark.parametrize("when", [-0.1, 0.1, 30.0], ids=["before the refusal", "just after it", "later"])
@pytest.mark.parametrize("name", [None, "mine"], ids=["made here", "named by the user"])
def test_an_order_that_was_refused_in_time_and_is_there_is_told(when: float, name: str | None) -> None:
    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        row = venue.make(request["params"])

        async def tell() -> None:
            await venue.emit(venue.report(row, "NEW"))

        async def refuse() -> None:
            await venue.refuse(connection, request, -2010, "Account has insufficient balance for requested action.")

        venue.later(max(when, 0.0) + 0.1, tell)
        venue.later(max(-when, 0.0) + 0.1, refuse)
        return True

    async def scene(client: SpotClient) -> None:
        async with hearing_late(client) as told, client.user_data():
            with pytest.raises(VenueError) as refused:
                await limit(client, new_client_order_id=name)
            handle = await client.submit_order(
                SYMBOL,
                "BUY",
                "LIMIT",
                quantity="2",
                price="100",
                time_in_force="GTC",
                new_client_order_id=name and "own",
            )
            await asyncio.sleep(60)
        ids = [venue.orders[0]["clientOrderId"], venue.orders[1]["clientOrderId"]]
        if name is None:
            assert [each.client_order_id for each in told] == ids
            assert told[0].verdict.outcome is Outcome.REJECTED
            assert told[0].verdict.error is refused.value
            assert "contradicted" in [event.kind.value for event in handle.log]
        else:
            assert told == []  # another program may have named the same

    venue = Venue(order__place=script)
    play(venue, scene)


def test_what_is_watched_of_refused_orders_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_list, "REFUSED_WATCHED", 3)
    watched = WatchList(lambda _event: None, 1_000, Listeners())
    watched.add(Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "lost"), 0, None, SYMBOL)
    for number in range(10):
        watched.add(Verdict(Outcome.REJECTED, Evidence.REPLY, f"refused-{number}"), 0, None, SYMBOL)
    assert list(watched.ids) == ["lost", "refused-7", "refused-8", "refused-9"]


CANCEL = Token("gone", SYMBOL, act=Act.CANCEL, fresh=False)


@pytest.mark.parametrize(
    ("token", "dropped"),
    [
        (CANCEL, True),
        (dataclasses.replace(CANCEL, former="gone"), True),
        (dataclasses.replace(CANCEL, former="mine"), False),
        (dataclasses.replace(CANCEL, fresh=True), False),
        (dataclasses.replace(CANCEL, act=Act.PLACE), False),
    ],
    ids=["of what may have the id", "of what has it", "of what has another", "an id made here", "an order"],
)
def test_an_id_that_a_cancel_may_have_left_as_it_was_is_watched_for_until_another_change_leaves(
    token: Token, dropped: bool
) -> None:
    watched = WatchList(lambda _event: None, 1_000, Listeners())
    watched.add(Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "gone"), 0, HMAC, SYMBOL, token)
    watched.rivalled("ETHUSDT")
    assert "gone" in watched.ids
    watched.rivalled(SYMBOL)
    assert ("gone" not in watched.ids) is dropped


async def contradictions(client: SpotClient, call: Awaitable[Any], seconds: float) -> list[LateExecution]:
    """Make a call that fails; return what was told of it within so many seconds."""
    async with hearing_late(client) as told:
        with pytest.raises(WsapiError):
            await call
        await asyncio.sleep(seconds)
    return told


def oco(client: SpotClient, _: Any) -> Awaitable[Any]:
    return client.place_oco(SYMBOL, "SELL", "1", "LIMIT_MAKER", "STOP_LOSS", above_price="120", below_stop_price="80")


def replace(client: SpotClient, number: int, **more: Any) -> Awaitable[Any]:
    return client.cancel_replace_order(
        SYMBOL,
        "ALLOW_FAILURE",
        "BUY",
        "LIMIT",
        cancel_order_id=number,
        quantity="1",
        price="90",
        time_in_force="GTC",
        **more,
    )


CALLS: dict[str, Callable[[SpotClient, int], Awaitable[Any]]] = {
    "order.place": lambda client, _: limit(client),
    "order.cancel": lambda client, number: client.cancel_order(SYMBOL, order_id=number),
    "order.amend.keepPriority": lambda client, number: client.amend_order(SYMBOL, "1", order_id=number),
    "order.cancelReplace": replace,
    "orderList.place.oco": oco,
    "openOrders.cancelAll": lambda client, _: client.cancel_open_orders(SYMBOL),
}
ONE_ORDER = ("order.place", "order.cancel", "order.amend.keepPriority", "order.cancelReplace")
"""Of the others no event of this venue tells, and a reply that comes a minute late finds its connection gone."""


@pytest.mark.parametrize(
    ("method", "first", "events"),
    [
        *itertools.product(CALLS, ("refusal", "fault, refusal"), (True, False)),
        *((method, "fault", True) for method in ONE_ORDER),
    ],
)
def test_a_success_behind_a_refusal_or_a_verdict_is_told(method: str, first: str, events: bool) -> None:
    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        async def execute() -> None:
            await venue.reply(connection, request, venue.answer(connection, request))

        async def refuse() -> None:
            await venue.refuse(connection, request, -2010, "Account has insufficient balance for requested action.")

        if first == "refusal":
            await refuse()
        else:
            await venue.refuse(connection, request, -1007, "Timeout waiting for response from backend server.", 504)
        if first == "fault, refusal":
            venue.later(0.2, refuse)
        venue.later(60.0 if first == "fault" else 0.5, execute)
        return True

    async def scene(client: SpotClient) -> None:
        target = await limit(client)
        venue.hooks[method] = script
        venue.events = events
        if events:
            async with client.user_data():
                told = await contradictions(client, CALLS[method](client, target.order_id), 90)
        else:
            told = await contradictions(client, CALLS[method](client, target.order_id), 90)
        outcome = Outcome.NOT_PLACED if first == "fault" else Outcome.REJECTED
        assert {each.verdict.outcome for each in told} == {outcome}
        assert len(told) == (2 if method == "order.cancelReplace" else 1)

    venue = Venue()
    play(venue, scene)


FAILED: Row = {"code": -2011, "msg": "Unknown order sent."}
UNKNOWN: Row = {"code": -1007, "msg": "Timeout waiting for response from backend server."}


@pytest.mark.parametrize("executed", [("cancel",), ("newOrder",), ("cancel", "newOrder")], ids="+".join)
@pytest.mark.parametrize("first", ["refusal", "halves", "fault, halves", "the cancel unknown", "the new order unknown"])
def test_a_half_that_a_second_refusal_calls_executed_is_told(first: str, executed: tuple[str, ...]) -> None:
    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        async def say(cancel: Row, new: Row) -> None:
            halves = {"cancel": cancel, "newOrder": new}
            data: Row = {f"{name}Response": each for name, each in halves.items()}
            data |= {f"{name}Result": "SUCCESS" if "orderId" in each else "FAILURE" for name, each in halves.items()}
            status, code = (409, -2021) if "SUCCESS" in data.values() else (400, -2022)
            await venue.refuse(connection, request, code, "Order cancel-replace failed.", status, **data)

        result = venue.answer(connection, request)

        async def execute() -> None:
            halves = [result[f"{name}Response"] if name in executed else FAILED for name in ("cancel", "newOrder")]
            await say(*halves)

        if first == "refusal":
            await venue.refuse(connection, request, -2010, "Account has insufficient balance for requested action.")
        elif first == "fault, halves":
            await venue.refuse(connection, request, UNKNOWN["code"], UNKNOWN["msg"], 504)
            venue.later(0.05, lambda: say(FAILED, FAILED))
        else:
            cancel, new = (UNKNOWN if first == f"the {name} unknown" else FAILED for name in ("cancel", "new order"))
            await say(cancel, new)
        for seconds in (0.09, 0.5):  # the third reply says the same as the second
            venue.later(seconds, execute)
        return True

    async def scene(client: SpotClient) -> None:
        target = await limit(client)
        venue.hooks["order.cancelReplace"] = script
        venue.events = False
        call = replace(client, target.order_id, cancel_new_client_order_id="cancel", new_client_order_id="newOrder")
        told = await contradictions(client, call, 90)
        in_doubt = {"the cancel unknown": "cancel", "the new order unknown": "newOrder"}.get(first)
        assert [each.client_order_id for each in told] == [name for name in executed if name != in_doubt]
        assert {each.verdict.outcome for each in told} <= {Outcome.REJECTED}
        assert all(each.order.symbol == SYMBOL for each in told)

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("field", ["clientOrderId", "symbol", "side"])
@pytest.mark.parametrize("first", ["refusal", "fault"])
def test_a_late_reply_that_shows_another_order_is_none(first: str, field: str) -> None:
    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        other = {"clientOrderId": "another", "symbol": "ETHUSDT", "side": "SELL"}[field]
        shown = {**venue.result(venue.orders[0]), "clientOrderId": request["params"]["newClientOrderId"], field: other}
        if first == "refusal":
            await venue.refuse(connection, request, -2010, "Account has insufficient balance for requested action.")
        else:
            await venue.refuse(connection, request, -1007, "Timeout waiting for response from backend server.", 504)
        await venue.reply(connection, request, shown)
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client)
        venue.hooks["order.place"] = script
        if first == "refusal":
            assert not await contradictions(client, limit(client), 60)
        else:
            doubt = await in_doubt(limit(client))
            assert (await doubt.resolve()).outcome is Outcome.NOT_PLACED

    venue = Venue()
    play(venue, scene)


def test_an_id_is_watched_for_with_what_tells_its_order_from_another() -> None:
    watched = WatchList(lambda _event: None, 1_000, Listeners())
    verdict = Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "lost")
    known = Token("lost", SYMBOL, others=frozenset({7}))
    watched.add(verdict, 5, None, SYMBOL, known)
    assert [each.token for each in watched.ids["lost"]] == [known]
    watched.add(verdict, 5, None, SYMBOL)
    assert [each.token for each in watched.ids["lost"]] == [Token("lost", SYMBOL)]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    ("symbols", "keys"),
    [((SYMBOL, "ETHUSDT"), (HMAC, HMAC)), ((SYMBOL, SYMBOL), (HMAC, KEY))],
    ids=["two symbols", "two accounts"],
)
def test_an_id_is_watched_for_with_each_symbol_and_account_by_itself(
    symbols: tuple[str, str], keys: tuple[Signer, Signer], first: int
) -> None:
    told: list[Any] = []
    watched = WatchList(told.append, 1_000, Listeners())
    verdicts = [Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine", at_ms=at) for at in range(2)]
    for verdict, symbol, key in zip(verdicts, symbols, keys, strict=True):
        watched.add(verdict, 0, key, symbol)
    assert [watched.holds(each) for each in verdicts] == [True, True]
    watched.turned_up(watched.ids["mine"][first], "an order")
    assert [each.verdict for each in told] == [verdicts[first]]
    assert [watched.holds(each) for each in verdicts] == [first == 1, first == 0]


@pytest.mark.parametrize("key", [HMAC, KEY])
def test_an_id_that_is_used_again_is_watched_for_no_more_under_any_key(key: Signer) -> None:
    """An account may have several keys: what turns up from now on may be the order that was placed under the other."""
    watched = WatchList(lambda _event: None, 1_000, Listeners())
    verdict = Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine")
    watched.add(verdict, 0, key, SYMBOL)
    watched.used_again("mine", "ETHUSDT")
    watched.used_again("other", SYMBOL)
    assert watched.holds(verdict)
    watched.used_again("mine", SYMBOL)
    assert not watched.holds(verdict)


@pytest.mark.parametrize("turns_up", [SYMBOL, "ETHUSDT"])
def test_two_orders_of_two_symbols_that_named_one_id_and_were_not_placed_are_both_watched_for(turns_up: str) -> None:
    async def scene(client: SpotClient) -> None:
        venue.hooks["order.place"] = swallow
        async with client.user_data(), hearing_late(client) as told:
            doubts = [await in_doubt(limit(client, each, new_client_order_id="mine")) for each in (SYMBOL, "ETHUSDT")]
            assert [(await each.resolve()).outcome for each in doubts] == [Outcome.NOT_PLACED] * 2
            venue.place({
                "symbol": turns_up, "newClientOrderId": "mine", "side": "BUY", "type": "LIMIT", "price": "100",
                "quantity": "2",
            })  # fmt: skip
            await asyncio.sleep(1)
        assert [(each.client_order_id, each.order.symbol) for each in told] == [("mine", turns_up)]

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("asked", ["order_status", "open_orders"])
@pytest.mark.parametrize("again", ["", SYMBOL, "ETHUSDT"], ids=["not used again", "used again", "used again elsewhere"])
def test_an_answer_to_the_user_shows_what_was_called_not_placed_until_its_id_is_used_again(
    again: str, asked: str
) -> None:
    """No event tells of it, and nothing is in doubt any more. An id is one of a symbol."""

    async def scene(client: SpotClient) -> None:
        venue.events = False
        venue.hooks["order.place"] = swallow
        verdict = await (await in_doubt(limit(client, new_client_order_id="mine"))).resolve()
        assert verdict.outcome is Outcome.NOT_PLACED
        del venue.hooks["order.place"]
        async with hearing_late(client) as told:
            if again:
                await limit(client, again, new_client_order_id="mine")
            if again != SYMBOL:
                late = {"symbol": SYMBOL, "newClientOrderId": "mine", "side": "BUY", "type": "LIMIT", "price": "100"}
                venue.make(late | {"quantity": "2"})
            if asked == "open_orders":
                await client.open_orders(SYMBOL)
            else:
                await client.order_status(SYMBOL, orig_client_order_id="mine")
            await asyncio.sleep(1)
        assert [each.client_order_id for each in told] == ([] if again == SYMBOL else ["mine"])

    venue = Venue()
    play(venue, scene)


def test_an_id_is_watched_for_until_its_time_is_over_and_so_are_those_that_came_later() -> None:
    watched = WatchList(lambda _event: None, 1_000, Listeners())
    for name, since in (("old", 5), ("again", 5), ("again", 205), ("new", 300)):
        verdict = Verdict(Outcome.NOT_PLACED, Evidence.FENCE, name)
        watched.add(verdict, since, None, SYMBOL if since == 5 else "ETHUSDT")
    left = []
    for moment in (1_005, 1_006, 1_205, 1_206, 1_300, 1_301, 9_999):
        watched.forget(moment)
        left.append(list(watched.ids))
    assert left == [["old", "again", "new"], ["again", "new"], ["again", "new"], ["new"], ["new"], [], []]
