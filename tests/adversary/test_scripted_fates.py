"""Scripted venues that lose replies: each told verdict against what is true."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import (
    Ed25519Key,
    LateExecution,
    NotPlaced,
    OrderHandle,
    OutcomeUnknown,
    Settings,
    SpotClient,
    VenueError,
    WsapiError,
)
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.trade.types import HandleStatus
from tests.adversary.scripted import SYMBOL, Row, Venue, in_doubt, limit, lose, play, swallow

ACCEPTED, NOT_PLACED, REJECTED, UNDECIDED = Outcome.ACCEPTED, Outcome.NOT_PLACED, Outcome.REJECTED, Outcome.UNDECIDED
CONNECTION = ServerConnection


def only(venue: Venue, name: str) -> list[Row]:
    """Return what was made under an id."""
    return [each for each in venue.orders if each["_first"] == name]


# --------------------------------------------------------------------------- changes


@pytest.mark.parametrize("by", ["number", "id"])
@pytest.mark.parametrize("mode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"])
@pytest.mark.parametrize("first", ["open", "filled", "gone"])
@pytest.mark.parametrize("second", ["made", "refused"])
def test_the_halves_of_a_lost_cancel_replace_are_what_they_were(by: str, mode: str, first: str, second: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        params = request["params"]
        cancelled = bool(venue.open())
        if cancelled:
            venue.end(venue.orders[0], params["cancelNewClientOrderId"])
        if (cancelled or mode == "ALLOW_FAILURE") and second == "made":
            venue.make(params)
        return True

    async def scene(client: SpotClient) -> None:
        order = await limit(client, new_client_order_id="mine")
        await asyncio.sleep(1)
        if first == "filled":
            venue.fill(venue.orders[0], "2")
        elif first == "gone":
            venue.end(venue.orders[0], "theirs")
        which: Row = {"cancel_order_id": order.order_id} if by == "number" else {"cancel_orig_client_order_id": "mine"}
        doubt = await in_doubt(client.cancel_replace_order(
            SYMBOL, mode, "BUY", "LIMIT", quantity="3", price="99", time_in_force="GTC", **which  # type: ignore[arg-type]
        ))  # fmt: skip
        verdict = await doubt.resolve()
        cancel, new = verdict.parts
        made = len(venue.orders) == 2
        assert (new.outcome is ACCEPTED) is made
        assert (new.outcome is NOT_PLACED) is not made
        if first == "open":
            assert cancel.outcome is ACCEPTED
        else:
            assert cancel.outcome is not ACCEPTED

    venue = Venue(order__cancelReplace=script)
    play(venue, scene)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("then", ["filled", "cancelled", "expired", "nothing"])
@pytest.mark.parametrize("name", ["same", "fresh"])
@pytest.mark.parametrize("by", ["number", "id"])
def test_a_lost_amendment_is_told_by_what_it_left(executed: bool, then: str, name: str, by: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        if executed:
            await lose(venue, connection, request)
        row = venue.orders[0]
        if then == "filled":
            venue.fill(row, row["origQty"])
        elif then == "cancelled":
            venue.end(row, "theirs")
        elif then == "expired":
            row["status"] = "EXPIRED"
        return True

    async def scene(client: SpotClient) -> None:
        order = await limit(client, new_client_order_id="mine")
        which: Row = {"order_id": order.order_id} if by == "number" else {"orig_client_order_id": "mine"}
        if name == "same":
            which["new_client_order_id"] = "mine"
        verdict = await (await in_doubt(client.amend_order(SYMBOL, "1", **which))).resolve()
        if then == "cancelled" and by == "id":
            assert executed or verdict.outcome is not ACCEPTED  # that no other program renames it is assumed
        else:
            assert verdict.outcome is (ACCEPTED if executed else NOT_PLACED), verdict

    venue = Venue(order__amend__keepPriority=script)
    play(venue, scene)


@pytest.mark.parametrize("end", ["EXPIRED", "EXPIRED_IN_MATCH", "FILLED", "REJECTED"])
def test_a_lost_cancel_of_what_ended_otherwise_was_not_done(end: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        venue.orders[0]["status"] = end
        return True

    async def scene(client: SpotClient) -> None:
        order = await limit(client)
        doubt = await in_doubt(client.cancel_order(SYMBOL, order_id=order.order_id))
        verdict = await doubt.resolve()
        assert verdict.outcome is not ACCEPTED

    play(venue := Venue(order__cancel=script), scene)
    assert venue.orders[0]["status"] == end


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_lost_cancel_of_everything_that_was_done_by_half_is_not_called_done(done: int) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        for row in venue.orders[:done]:
            venue.end(row, f"x{row['orderId']}")
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client)
        await limit(client)
        verdict = await (await in_doubt(client.cancel_open_orders(SYMBOL))).resolve()
        assert verdict.outcome is (ACCEPTED if done == 2 else NOT_PLACED)

    venue = Venue(openOrders__cancelAll=script)
    play(venue, scene)


def test_a_429_whose_halves_say_that_the_cancel_was_done_says_so() -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        canceled = venue.result(venue.orders[0])
        venue.end(venue.orders[0], request["params"]["cancelNewClientOrderId"])
        canceled = venue.result(venue.orders[0], origClientOrderId="mine")
        await venue.refuse(
            connection, request, -1015, "Too many new orders.", 429, cancelResult="SUCCESS", newOrderResult="NOT_ATTEMPTED",
            cancelResponse=canceled, newOrderResponse=None,
        )  # fmt: skip
        return True

    async def scene(client: SpotClient) -> None:
        order = await limit(client, new_client_order_id="mine")
        with pytest.raises(VenueError) as caught:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", quantity="3", price="99", time_in_force="GTC",
                cancel_order_id=order.order_id,
            )  # fmt: skip
        assert caught.value.cancel_result == "SUCCESS"  # type: ignore[attr-defined]
        assert not venue.open()

    venue = Venue(order__cancelReplace=script)
    play(venue, scene)


# --------------------------------------------------------------------------- orders


@pytest.mark.parametrize("status", ["EXPIRED_IN_MATCH", "EXPIRED", "FILLED", "CANCELED"])
@pytest.mark.parametrize("on_unknown", ["raise", "wait", "cancel"])
def test_an_order_that_ended_at_once_was_placed(status: str, on_unknown: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        row = venue.make(request["params"])
        if status == "FILLED":
            venue.fill(row, "2")
        row["status"] = status
        return True

    async def scene(client: SpotClient) -> None:
        try:
            order = await limit(client)
        except OutcomeUnknown as doubt:
            assert on_unknown == "raise"
            verdict = await doubt.resolve()
            assert verdict.outcome is ACCEPTED
            order = verdict.order
        assert (order.order_id, order.status) == (venue.orders[0]["orderId"], status)

    venue = Venue(order__place=script)
    play(venue, scene, on_unknown=on_unknown)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_a_duplicate_of_our_own_request_is_our_order_or_could_be(own: bool, filled: bool, late: bool) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        row = venue.make(request["params"])  # the venue tries again by itself, and refuses its own second try
        if filled:
            venue.fill(row, "2")
        if late:
            venue.later(3.0, lambda: venue.refuse(connection, request, -2010, "Duplicate order sent."))
        else:
            await venue.refuse(connection, request, -2010, "Duplicate order sent.")
        return True

    async def scene(client: SpotClient) -> None:
        doubt = await in_doubt(limit(client, **({"new_client_order_id": "mine"} if own else {})))
        # An id that the user named may be another program's as well: see the next test.
        assert (await doubt.resolve()).outcome is (UNDECIDED if own and not late else ACCEPTED)

    venue = Venue(order__place=script)
    play(venue, scene)


@pytest.mark.parametrize("on_unknown", ["raise", "wait", "cancel"])
def test_an_order_of_another_program_with_the_same_id_is_never_ours(on_unknown: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        venue.make(request["params"])  # by another program, a moment before
        await venue.refuse(connection, request, -2010, "Duplicate order sent.")
        return True

    async def scene(client: SpotClient) -> None:
        doubt = await in_doubt(limit(client, new_client_order_id="mine"))
        assert (await doubt.resolve()).outcome is UNDECIDED
        assert [row["status"] for row in venue.orders] == ["NEW"], "an order that may be another's is not cancelled"

    venue = Venue(order__place=script)
    play(venue, scene, on_unknown=on_unknown)


@pytest.mark.parametrize("as_what", ["number", "null", "other", "list"])
def test_a_reply_with_a_strange_id_answers_no_call_and_the_order_is_found(as_what: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        row = venue.make(request["params"])
        strange: Any = {"number": 7, "null": None, "other": "x" * 20, "list": [request["id"]]}[as_what]
        await venue.say(connection, {"id": strange, "status": 200, "result": venue.result(row)})
        return True

    async def scene(client: SpotClient) -> None:
        doubt = await in_doubt(limit(client))
        assert (await doubt.resolve()).outcome is ACCEPTED
        venue.hooks.clear()
        await limit(client)

    venue = Venue(order__place=script)
    play(venue, scene)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("lead", [0.0, 0.2])
def test_a_shutdown_in_the_middle_of_an_order_loses_nothing(executed: bool, lead: float) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        if len(venue.orders) + (not executed and venue.hooks != {}) > 1:
            return False
        if executed:
            venue.make(request["params"])
        venue.hooks.clear()
        await venue.say(connection, {"event": {"e": "serverShutdown", "E": venue.now()}})
        venue.later(lead, lambda: connection.close(1001))
        return True

    async def scene(client: SpotClient) -> None:
        doubt = await in_doubt(limit(client))
        verdict = await doubt.resolve()
        assert verdict.outcome is (ACCEPTED if executed else NOT_PLACED)
        assert len(venue.sent("order.place")) == 1
        await limit(client)

    venue = Venue(order__place=script)
    play(venue, scene)


@pytest.mark.parametrize("status", [500, 503, 504])
@pytest.mark.parametrize("then", ["accepted", "refused", "nothing"])
def test_a_fault_decides_nothing_and_the_reply_behind_it_does(status: int, then: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        await venue.refuse(connection, request, -1000, "An unknown error occurred.", status)
        if then == "accepted":
            row = venue.make(request["params"], _at=1e9)  # no view ever shows it
            venue.later(1.0, lambda: venue.reply(connection, request, venue.result(row)))
        elif then == "refused":
            venue.later(1.0, lambda: venue.refuse(connection, request, -2010, "Account has insufficient balance."))
        return True

    async def scene(client: SpotClient) -> None:
        verdict = await (await in_doubt(limit(client))).resolve()
        expected = {"accepted": ACCEPTED, "refused": REJECTED, "nothing": NOT_PLACED}[then]
        assert verdict.outcome is expected

    venue = Venue(order__place=script)
    play(venue, scene)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("events", [True, False])
def test_one_id_on_two_symbols_is_two_orders(executed: bool, events: bool) -> None:
    async def scene(client: SpotClient) -> None:
        await limit(client, "ETHUSDT", new_client_order_id="mine")
        venue.hooks["order.place"] = lose if executed else swallow
        doubt = await in_doubt(limit(client, SYMBOL, new_client_order_id="mine"))
        if events:
            await venue.emit(venue.fill(venue.orders[0], "1"))
        verdict = await doubt.resolve()
        assert verdict.outcome is (ACCEPTED if executed else NOT_PLACED)
        if executed:
            assert verdict.order.symbol == SYMBOL

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("jump", [-400_000, -25_000, 25_000, 400_000])
@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("at", [1.0, 9.0, 16.0])
def test_a_clock_that_jumps_while_an_order_is_in_doubt_makes_no_wrong_verdict(
    jump: float, executed: bool, at: float
) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        async def execute() -> None:
            venue.make(request["params"])

        async def set_clock() -> None:
            venue.offset_ms += jump

        if executed:
            venue.later(9.5, execute)
        venue.later(at, set_clock)
        return True

    async def scene(client: SpotClient) -> None:
        verdict = await (await in_doubt(limit(client))).resolve()
        assert verdict.outcome is not (NOT_PLACED if executed else ACCEPTED)

    venue = Venue(order__place=script)
    venue.lag = 5.5
    play(venue, scene)


@pytest.mark.parametrize("executed", [True, False])
def test_a_ban_in_the_middle_of_a_doubt_is_kept_and_outlived(executed: bool) -> None:
    until = 0.0

    async def banned(_: Venue, connection: CONNECTION, request: Row) -> bool:
        nonlocal until
        now = asyncio.get_running_loop().time()
        until = until or now + 60.0
        assert now in {until - 60.0, now if now >= until else -1.0}, "a question in the middle of a ban"
        if now >= until:
            return False
        await venue.refuse(
            connection, request, -1003, "Way too many requests; IP banned.", 418, retryAfter=venue.now() + 60_000
        )
        return True

    async def scene(client: SpotClient) -> None:
        verdict = await (await in_doubt(limit(client))).resolve()
        assert verdict.outcome is (ACCEPTED if executed else NOT_PLACED)

    venue = Venue(order__place=lose if executed else swallow, order__status=banned)
    play(venue, scene)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("no", [(401, -2015, "Invalid API-key, IP, or permissions for action."),
                                (400, -1002, "You are not authorized to execute this request."),
                                (400, -1102, "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed.")])  # fmt: skip
def test_a_logon_that_is_lost_without_a_word_ends_no_search(executed: bool, no: tuple[int, int, str]) -> None:
    lost: set[CONNECTION] = set()

    async def check(_: Venue, connection: CONNECTION, request: Row) -> bool:
        if request["method"] == "order.place":
            if executed:
                venue.make(request["params"])
            lost.add(connection)
            return True
        if connection in lost and "signature" not in request.get("params", {}) and request["method"] != "time":
            await venue.refuse(connection, request, no[1], no[2], no[0])
            return True
        return False

    async def scene(client: SpotClient) -> None:
        async with asyncio.timeout(120):
            verdict = await (await in_doubt(limit(client))).resolve()
        assert verdict.outcome is (ACCEPTED if executed else NOT_PLACED)

    venue = Venue()
    venue.hooks["*"] = check
    play(venue, scene, key=Ed25519Key.generate(api_key="scripted" + "1" * 56))


@pytest.mark.parametrize("first", [1, 2, 4])
def test_absences_before_the_order_shows_are_no_verdict(first: int) -> None:
    async def late(_: Venue, connection: CONNECTION, request: Row) -> bool:
        if len(venue.sent("order.status")) <= first:
            await venue.refuse(connection, request, -2013, "Order does not exist.")
            return True
        return False

    async def scene(client: SpotClient) -> None:
        assert (await (await in_doubt(limit(client))).resolve()).outcome is ACCEPTED

    venue = Venue(order__place=lose, order__status=late)
    play(venue, scene)


@pytest.mark.parametrize("what", ["other id", "other symbol", "nothing", "text", "list"])
def test_an_answer_about_another_order_is_none(what: str) -> None:
    async def wrong(_: Venue, connection: CONNECTION, request: Row) -> bool:
        row = venue.orders[0]
        shown: Any = {
            "other id": venue.result(row, clientOrderId="another"),
            "other symbol": venue.result(row, symbol="ETHUSDT", clientOrderId=request["params"].get("origClientOrderId")),
            "nothing": None, "text": "yes", "list": [],
        }[what]  # fmt: skip
        await venue.reply(connection, request, shown)
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client)
        venue.hooks["order.place"] = swallow
        doubt = await in_doubt(client.place_order(SYMBOL, "BUY", "MARKET", quantity="1"))
        try:
            async with asyncio.timeout(60):
                verdict = await doubt.resolve()
        except TimeoutError:
            return
        assert verdict.outcome is not ACCEPTED

    venue = Venue(order__status=wrong)
    play(venue, scene)


@pytest.mark.parametrize("field", ["symbol", "orderId"])
def test_a_reply_that_shows_another_cancelled_order_is_not_taken_for_ours(field: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        shown = venue.result(venue.orders[1], origClientOrderId="another", status="CANCELED")
        await venue.reply(connection, request, shown | {"symbol": "ETHUSDT" if field == "symbol" else SYMBOL})
        return True

    async def scene(client: SpotClient) -> None:
        order = await limit(client)
        await limit(client)
        doubt = await in_doubt(client.cancel_order(SYMBOL, order_id=order.order_id))
        assert (await doubt.resolve()).outcome is NOT_PLACED

    venue = Venue(order__cancel=script)
    play(venue, scene)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize(("field", "other"), [("orderId", 1), ("symbol", "ETHUSDT"), ("origClientOrderId", "another")])
def test_a_reply_that_shows_another_amended_order_is_not_taken_for_ours(field: str, other: Any, executed: bool) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        shown = venue.amend(request["params"])
        if not executed:
            venue.orders[0] |= {"origQty": "2", "clientOrderId": "mine", "_amended": []}
        await venue.reply(connection, request, {**shown, "amendedOrder": {**shown["amendedOrder"], field: other}})
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client, new_client_order_id="mine")
        venue.events = False
        doubt = await in_doubt(client.amend_order(SYMBOL, "1", orig_client_order_id="mine", order_id=1000))
        assert (await doubt.resolve()).outcome is (ACCEPTED if executed else NOT_PLACED)

    venue = Venue(order__amend__keepPriority=script)
    play(venue, scene)


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("taken", [True, False], ids=["its id given to another", "its id free"])
@pytest.mark.parametrize("seconds", [0.05, 4.0])
def test_an_amendment_by_id_is_found_by_the_number_of_its_order_though_another_program_renamed_that(
    executed: bool, taken: bool, seconds: float
) -> None:
    async def scene(client: SpotClient) -> None:
        await limit(client, new_client_order_id="mine")
        venue.events = False
        venue.hooks["order.amend.keepPriority"] = lose if executed else swallow
        amending = asyncio.ensure_future(in_doubt(client.amend_order(SYMBOL, "1", orig_client_order_id="mine")))
        await asyncio.sleep(seconds)
        order = venue.orders[0]
        venue.amend({"symbol": SYMBOL, "orderId": order["orderId"], "newQty": "0.5", "newClientOrderId": "theirs"})
        if taken:
            venue.make({"symbol": SYMBOL, "newClientOrderId": "mine", "side": "BUY", "type": "LIMIT", "quantity": "1"})
        verdict = await (await amending).resolve()
        assert verdict.outcome is (ACCEPTED if executed else NOT_PLACED)

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("field", ["clientOrderId", "symbol", "side"])
def test_a_reply_that_shows_another_order_is_not_taken_for_ours(field: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        row = venue.make({**request["params"], "newClientOrderId": "another"})
        other = {"clientOrderId": "another", "symbol": "ETHUSDT", "side": "SELL"}[field]
        shown = venue.result(row, clientOrderId=request["params"]["newClientOrderId"])
        await venue.reply(connection, request, shown | {field: other})
        return True

    async def scene(client: SpotClient) -> None:
        try:
            order = await limit(client)
        except WsapiError:
            return
        raise AssertionError(f"the reply about another order was returned: {order}")

    venue = Venue(order__place=script)
    play(venue, scene)


def test_what_turns_up_after_its_verdict_is_told_at_once() -> None:
    told: list[Any] = []

    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        async def execute() -> None:
            await venue.emit(venue.report(venue.make(request["params"]), "NEW"))

        venue.later(60.0, execute)
        return True

    async def listen(client: SpotClient) -> None:
        async for event in client.events():
            told.append(event)

    async def scene(client: SpotClient) -> None:
        task = asyncio.create_task(listen(client))
        trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC")
        with pytest.raises(NotPlaced):
            await trade.accepted()
        await asyncio.sleep(60)
        assert trade.status is HandleStatus.NEW
        assert [each for each in told if isinstance(each, LateExecution)]
        task.cancel()

    venue = Venue(order__place=script)
    play(venue, scene)


@pytest.mark.parametrize("result", [None, 5, [], "ok", {}])
def test_a_success_without_its_result_is_a_doubt_that_is_decided(result: Any) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        venue.make(request["params"])
        await venue.reply(connection, request, result)
        return True

    async def scene(client: SpotClient) -> None:
        assert (await (await in_doubt(limit(client))).resolve()).outcome is ACCEPTED

    venue = Venue(order__place=script)
    play(venue, scene)


@pytest.mark.parametrize("code", [-1000, -1001, -1006, -1007])
@pytest.mark.parametrize("status", [400, 408, 409])
def test_a_code_that_says_unknown_is_a_doubt_with_any_status(code: int, status: int) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        venue.make(request["params"])
        await venue.refuse(connection, request, code, "execution status unknown", status)
        return True

    async def scene(client: SpotClient) -> None:
        assert (await (await in_doubt(limit(client))).resolve()).outcome is ACCEPTED

    venue = Venue(order__place=script)
    play(venue, scene)


# --------------------------------------------------------------------------- lists, handles, events


@pytest.mark.parametrize("early", ["first leg", "second leg", "both", "filled leg"])
@pytest.mark.parametrize("reply", ["late", "lost"])
def test_the_events_of_legs_before_the_reply_prove_the_list(early: str, reply: str) -> None:
    async def script(_: Venue, connection: CONNECTION, request: Row) -> bool:
        told = venue.oco(request["params"])
        first, second = venue.orders
        if early in {"first leg", "both"}:
            await venue.emit(venue.report(first, "NEW"))
        if early in {"second leg", "both"}:
            await venue.emit(venue.report(second, "NEW"))
        if early == "filled leg":
            await venue.emit(venue.fill(first, first["origQty"]))
            second["status"] = "EXPIRED"
        if reply == "late":
            venue.later(1.0, lambda: venue.reply(connection, request, told))
        return True

    async def scene(client: SpotClient) -> None:
        handle = await client.submit_oco(
            SYMBOL, "SELL", "2", "LIMIT_MAKER", "STOP_LOSS", above_price="110", below_stop_price="90"
        )
        await handle.accepted()
        assert [leg.order_id for leg in handle.legs.values()] == [each["orderId"] for each in venue.orders]
        if early == "filled leg":
            await handle.done()
            assert [leg.status.value for leg in handle.legs.values()] == ["FILLED", "EXPIRED"]

    venue = Venue(orderList__place__oco=script)
    play(venue, scene)


def test_events_that_come_twice_and_out_of_order_never_take_a_handle_back() -> None:
    async def scene(client: SpotClient) -> None:
        trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC")
        await trade.accepted()
        (row,) = venue.orders
        new = venue.report(row, "NEW")
        part, rest = venue.fill(row, "0.5"), venue.fill(row, "1.5")
        for event in (rest, new, part, rest, part, new):
            await venue.emit(event)
            await asyncio.sleep(0.1)
        await trade.filled()
        assert (trade.executed_quantity, trade.status) == (Decimal(2), HandleStatus.FILLED)
        assert len(trade.fills) == 2

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("on_unknown", ["raise", "wait", "cancel"])
@pytest.mark.parametrize("executed", [True, False])
def test_closing_at_any_moment_of_a_doubt_ends_every_call(on_unknown: str, executed: bool) -> None:
    for tenths in (0, 1, 19, 20, 21, 25, 29, 30, 31, 50, 100, 205, 211, 215, 220, 225):
        venue = Venue(order__place=lose if executed else swallow)

        async def scene(client: SpotClient, venue: Venue = venue, after: float = tenths / 10) -> None:
            async def place() -> None:
                try:
                    await limit(client)
                except OutcomeUnknown as doubt:
                    await doubt.resolve()

            calls = [asyncio.create_task(place()), asyncio.create_task(place())]
            trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC")
            calls.append(asyncio.create_task(trade.accepted()))  # type: ignore[arg-type]
            await asyncio.sleep(after)
            begun = asyncio.get_running_loop().time()
            await client.close()
            ended = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 1.0)
            assert asyncio.get_running_loop().time() - begun < 1.0
            assert all(each is None or isinstance(each, WsapiError | OrderHandle) for each in ended), ended
            frames = len(venue.frames)
            await asyncio.sleep(30)
            assert len(venue.frames) == frames

        play(venue, scene, on_unknown=on_unknown, settings=Settings(timeout=2.0))
