"""Ids that something may bear already: every call that can name one, executed and not, against the exchange's own truth."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import ConnectionLost, NotPlaced, Outcome, OutcomeUnknown, SpotClient, VenueError
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate import lookups
from binance_wsapi.orders.fate.lookups import Lookups
from binance_wsapi.orders.fate.questions import Answer, Questions
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import Reading, read
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.api.methods import account
from binance_wsapi.simulator.engine.model.order import Amendment, Order
from binance_wsapi.simulator.faults.faults import Cut, Drop, Refuse
from binance_wsapi.wire.endpoint import TimeUnit
from binance_wsapi.wire.order_calls import Act, Sight
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL, requests
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}
EXECUTED = pytest.mark.parametrize("executed", [True, False], ids=["executed", "never executed"])


async def rest(client: SpotClient, name: str | None = "mine", **more: Any) -> Any:
    return await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, **{**REST, **more})


async def fate(client: SpotClient, call: Any) -> Any:
    """Return the verdict on a call whose reply is lost, or the word of a client that waits."""
    try:
        return await call
    except NotPlaced:
        return Outcome.NOT_PLACED
    except OutcomeUnknown as error:
        return await asyncio.wait_for(error.resolve(), BOUND + 5)


def lose(exchange: LocalExchange, method: str, executed: bool) -> None:
    exchange.faults.lose_events("executionReport", 100)
    exchange.faults.next(Cut(after_execution=executed), method)


# --------------------------------------------------------------------------- an amendment that keeps the id


@EXECUTED
@pytest.mark.parametrize("by", ["number", "id", "both"])
@pytest.mark.parametrize("placed_by", ["this client", "another"])
def test_an_amendment_that_keeps_the_id_is_decided_by_the_quantity(executed: bool, by: str, placed_by: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        if placed_by == "another":
            request = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "0.05", "price": "50000",
                       "timeInForce": "GTC", "newClientOrderId": "mine"}  # fmt: skip
            await client._session.call(client.PLACE_ORDER, request)  # past the tracked caller, as another process's
            await asyncio.sleep(40)
            order = await client.order_status(SYMBOL, orig_client_order_id="mine")
        else:
            order = await rest(client)
        lose(exchange, "order.amend.keepPriority", executed)
        names: dict[str, Any] = {}
        if by != "id":
            names["order_id"] = order.order_id
        if by != "number":
            names["orig_client_order_id"] = "mine"
        verdict = await fate(client, client.amend_order(SYMBOL, "0.02", new_client_order_id="mine", **names))
        (true,) = exchange.truth.all_orders()
        assert true.quantity == Decimal("0.02" if executed else "0.05")
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


@EXECUTED
@pytest.mark.parametrize("name", ["made here", "named by the user"])
def test_an_amendment_of_an_order_that_was_cancelled_since_is_told_by_its_amendments(executed: bool, name: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await rest(client)
        lose(exchange, "order.amend.keepPriority", executed)
        names: dict[str, Any] = {} if name == "made here" else {"new_client_order_id": "new-1"}
        doubt = asyncio.ensure_future(
            fate(client, client.amend_order(SYMBOL, "0.02", orig_client_order_id=order.client_order_id, **names))
        )
        await asyncio.sleep(0.1)
        await client._session.call(client.CANCEL_OPEN_ORDERS, {"symbol": SYMBOL})  # as another program's: renames it
        verdict = await doubt
        (true,) = exchange.truth.all_orders()
        assert (true.status, true.quantity) == ("CANCELED", Decimal("0.02" if executed else "0.05"))
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


@EXECUTED
@pytest.mark.parametrize("name", [None, "new-1"], ids=["made here", "named by the user"])
def test_a_replacement_that_was_cancelled_since_is_found_by_the_id_it_had(executed: bool, name: str | None) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await rest(client)
        lose(exchange, "order.cancelReplace", executed)
        call = client.cancel_replace_order(
            SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=order.order_id, new_client_order_id=name, **REST
        )
        doubt = asyncio.ensure_future(fate(client, call))
        await asyncio.sleep(0.1)
        await client._session.call(client.CANCEL_OPEN_ORDERS, {"symbol": SYMBOL})  # as another program's: renames it
        verdict = await doubt
        assert [each.status for each in exchange.truth.all_orders()] == ["CANCELED"] * (2 if executed else 1)
        _, new = verdict.parts
        assert new.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


def test_two_amendments_in_doubt_that_keep_the_id_and_ask_for_the_same_are_not_told_apart() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await rest(client)
        exchange.faults.lose_events("executionReport", 100)
        exchange.faults.next(Drop(), "order.amend.keepPriority")
        exchange.faults.next(Refuse(500, -1000, "?", executed=False), "order.amend.keepPriority")
        calls = [
            asyncio.create_task(
                fate(client, client.amend_order(SYMBOL, "0.02", order_id=order.order_id, new_client_order_id="mine"))
            )
            for _ in range(2)
        ]
        verdicts = await asyncio.gather(*calls)
        (true,) = exchange.truth.all_orders()
        assert true.quantity == Decimal("0.02")
        assert Outcome.NOT_PLACED not in [each.outcome for each in verdicts]

    play(test)


@pytest.mark.parametrize("first_executed", [True, False])
@pytest.mark.parametrize("second_executed", [True, False])
def test_a_second_amendment_over_a_first_in_doubt_hides_nothing(first_executed: bool, second_executed: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await rest(client, None)
        exchange.faults.lose_events("executionReport", 100)
        calls = []
        for executed, quantity in ((first_executed, "0.04"), (second_executed, "0.03")):
            fault = Drop() if executed else Refuse(500, -1000, "?", executed=False)
            exchange.faults.next(fault, "order.amend.keepPriority")
            change = client.amend_order(SYMBOL, quantity, order_id=order.order_id, timeout=0.5)
            calls.append(asyncio.create_task(fate(client, change)))
            await asyncio.sleep(0.01)
        verdicts = await asyncio.gather(*calls)
        assert [each.outcome is Outcome.ACCEPTED for each in verdicts] == [first_executed, second_executed]
        assert Outcome.UNDECIDED not in [each.outcome for each in verdicts]

    play(test)


@EXECUTED
@pytest.mark.parametrize("newest", [False, True], ids=["oldest rows first", "latest rows first"])
@pytest.mark.parametrize("later", [0, 4], ids=["the last but one", "long ago"])
def test_a_full_page_of_amendments_proves_no_absence(
    executed: bool, newest: bool, later: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that was amended more often than one answer tells: the amendments are read page by page."""
    monkeypatch.setattr(lookups, "AMENDMENTS_PER_PAGE", 3)
    if newest:
        monkeypatch.setattr(account, "amendments_of", latest)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await rest(client, None)
        quantities = iter(f"0.0{number}" for number in range(49, 10, -1))
        for _ in range(4):
            await client.amend_order(SYMBOL, next(quantities), order_id=order.order_id)
        exchange.faults.lose_events("executionReport", 100)
        exchange.faults.next(
            Drop() if executed else Refuse(500, -1000, "?", executed=False), "order.amend.keepPriority"
        )
        doubt = asyncio.create_task(
            fate(client, client.amend_order(SYMBOL, next(quantities), order_id=order.order_id, timeout=0.5))
        )
        await asyncio.sleep(1.5)
        for _ in range(1 + later):
            await client.amend_order(SYMBOL, next(quantities), order_id=order.order_id)
        verdict = await doubt
        if newest and later and not executed:
            assert verdict.outcome is Outcome.UNDECIDED  # the rows in between are shown by no page
        else:
            assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


def latest(order: Order, from_execution_id: int | None, limit: int) -> list[Amendment]:
    """Return the latest amendments of an order, where the local exchange returns the oldest."""
    return [each for each in order.amendments or () if each.execution_id >= (from_execution_id or 0)][-limit:]


# --------------------------------------------------------------------------- a cancel that keeps or reuses an id


@EXECUTED
@pytest.mark.parametrize("by", ["number", "id"])
@pytest.mark.parametrize("name", ["mine", "ended", "open"])
def test_a_cancel_that_names_an_id_something_bears_is_decided_by_the_status(executed: bool, by: str, name: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        ended = await rest(client, "once")
        await client.cancel_order(SYMBOL, order_id=ended.order_id, new_client_order_id="ended")
        await rest(client, "open", price="49000")
        order = await rest(client)
        lose(exchange, "order.cancel", executed)
        names = {"order_id": order.order_id} if by == "number" else {"orig_client_order_id": "mine"}
        verdict = await fate(client, client.cancel_order(SYMBOL, new_client_order_id=name, **names))
        true = next(each for each in exchange.truth.all_orders() if each.order_id == order.order_id)
        assert true.is_open is not executed
        if executed and by == "id" and name != "mine":
            assert (
                verdict.outcome is not Outcome.NOT_PLACED
            )  # two orders bear the id, and which one is shown is not said
        else:
            assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


@pytest.mark.parametrize("act", ["order.cancel", "order.amend.keepPriority"])
def test_a_change_that_may_have_met_a_later_order_of_its_id_is_never_called_not_placed(act: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await rest(client, price="60001")  # fills, and frees the id
        lose(exchange, act, executed=False)
        change = (
            client.cancel_order(SYMBOL, orig_client_order_id="mine", new_client_order_id="mine")
            if act == "order.cancel"
            else client.amend_order(SYMBOL, "0.02", orig_client_order_id="mine", new_client_order_id="mine")
        )
        with pytest.raises(OutcomeUnknown) as raised:
            await change
        await rest(client)  # the change, held up somewhere, would meet this one
        verdict = await asyncio.wait_for(raised.value.resolve(), BOUND + 5)
        assert verdict.outcome is Outcome.UNDECIDED

    play(test)


@pytest.mark.parametrize("on_unknown", ["wait", "cancel"])
def test_a_lost_cancel_that_keeps_the_id_is_not_returned_as_done(on_unknown: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await rest(client)
        lose(exchange, "order.cancel", executed=False)
        with pytest.raises(NotPlaced):
            await client.cancel_order(SYMBOL, orig_client_order_id="mine", new_client_order_id="mine")
        (true,) = exchange.truth.all_orders()
        assert true.is_open
        assert len(requests(exchange, "order.cancel")) == 1

    play(test, on_unknown=on_unknown)


# --------------------------------------------------------------------------- a new order with an id that was used


@EXECUTED
@pytest.mark.parametrize("same", [True, False], ids=["same terms", "other terms"])
@pytest.mark.parametrize("on_unknown", ["raise", "wait"])
def test_a_replacement_that_takes_the_old_id_is_told_from_what_it_replaces(
    executed: bool, same: bool, on_unknown: str
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        old = await rest(client)
        lose(exchange, "order.cancelReplace", executed)
        terms = REST if same else {**REST, "quantity": "0.03", "price": "49000"}
        word = await fate(
            client,
            client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id="mine", new_client_order_id="mine",
                **terms,
            ),
        )  # fmt: skip
        orders = exchange.truth.all_orders()
        assert len(orders) == (2 if executed else 1)
        assert (old.order_id in [each.order_id for each in orders if each.is_open]) is not executed
        if on_unknown == "wait" and not executed:
            assert word is Outcome.NOT_PLACED
        else:
            expected = Outcome.ACCEPTED if executed else Outcome.NOT_PLACED
            assert [each.outcome for each in word.parts] == [expected, expected]

    play(test, on_unknown=on_unknown)


@EXECUTED
@pytest.mark.parametrize("ends", ["filled", "cancelled"])
@pytest.mark.parametrize("after", [0.0, 2.0, 40.0])
def test_an_order_with_the_id_of_an_order_that_just_ended_is_told_from_it(
    executed: bool, ends: str, after: float
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        price = "60001" if ends == "filled" else "50000"
        first = await rest(client, price=price)
        if ends == "cancelled":
            await client.cancel_order(SYMBOL, order_id=first.order_id, new_client_order_id="mine")
        await asyncio.sleep(after)
        lose(exchange, "order.place", executed)
        verdict = await fate(client, rest(client, price=price))
        assert len(exchange.truth.all_orders()) == (2 if executed else 1)
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        if executed:
            assert verdict.order.order_id != first.order_id

    play(test)


@pytest.mark.parametrize("executed", ["first", "second", "neither"])
def test_two_orders_in_doubt_with_one_id_and_the_same_terms_are_never_called_wrongly(executed: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events("executionReport", 100)
        calls = []
        for which in ("first", "second"):
            fault = Drop() if which == executed else Refuse(500, -1000, "?", executed=False)
            exchange.faults.next(fault, "order.place")
            calls.append(asyncio.create_task(fate(client, rest(client, timeout=0.5))))
            await asyncio.sleep(0.01)
        first, second = await asyncio.gather(*calls)
        assert len(exchange.truth.all_orders()) == (0 if executed == "neither" else 1)
        if executed == "neither":
            assert first.outcome is second.outcome is Outcome.NOT_PLACED
        else:
            wrong = first if executed == "first" else second
            assert wrong.outcome in (Outcome.ACCEPTED, Outcome.UNDECIDED)
            assert (second if executed == "first" else first).outcome in (Outcome.NOT_PLACED, Outcome.UNDECIDED)

    play(test)


@EXECUTED
def test_cancelling_what_is_in_doubt_leaves_alone_what_bears_the_same_id(executed: bool) -> None:
    """With ``on_unknown="cancel"`` the order that is open under the id must not be cancelled in the place of the new one."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        old = await rest(client)
        lose(exchange, "order.cancelReplace", executed)
        await fate(
            client,
            client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id="mine", new_client_order_id="mine",
                quantity="0.03", price="49000", time_in_force="GTC",
            ),
        )  # fmt: skip
        truth = {each.order_id: each for each in exchange.truth.all_orders()}
        assert truth[old.order_id].is_open is not executed
        assert not any(each.is_open for number, each in truth.items() if number != old.order_id)

    play(test, on_unknown="cancel")


# --------------------------------------------------------------------------- lists


@EXECUTED
@pytest.mark.parametrize("legs", ["named by the user", "made here"])
def test_a_list_with_the_id_of_an_ended_list_is_told_from_it(executed: bool, legs: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        names: dict[str, Any] = (
            {"above_client_order_id": "a", "below_client_order_id": "b"} if legs.startswith("named") else {}
        )

        async def oco() -> Any:
            return await client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000",
                list_client_order_id="the-list", **names,
            )  # fmt: skip

        first = await oco()
        await client.cancel_order_list(SYMBOL, order_list_id=first.order_list_id)
        await asyncio.sleep(40)
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Cut(after_execution=executed), "orderList.place.oco")
        verdict = await fate(client, oco())
        assert len(exchange.truth.all_orders()) == (4 if executed else 2)
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


@EXECUTED
@pytest.mark.parametrize("by", ["number", "id"])
@pytest.mark.parametrize("name", [None, "the-list", "fresh-one"])
def test_a_lost_cancel_of_a_list_is_decided_though_another_takes_the_id(
    executed: bool, by: str, name: str | None
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        placed = await client.place_oco(
            SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000",
            list_client_order_id="the-list",
        )  # fmt: skip
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Cut(after_execution=executed), "orderList.cancel")
        names = {"order_list_id": placed.order_list_id} if by == "number" else {"list_client_order_id": "the-list"}
        with pytest.raises(ConnectionLost) as caught:
            await client.cancel_order_list(SYMBOL, new_client_order_id=name, **names)
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND + 5)
        assert any(each.is_open for each in exchange.truth.all_orders()) is not executed
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


# --------------------------------------------------------------------------- which questions a change takes


SHOWN = Sight("the order", SYMBOL, "another", None, 7, status="NEW", terms={"side": "BUY"})


def asking(
    monkeypatch: pytest.MonkeyPatch,
    found: list[Sight] | None,
    reading: Reading = Reading.MAYBE,
    *,
    renamed: bool = False,
) -> tuple[Questions, list[dict[str, Any]]]:
    """Return questions whose target is known, and what else they ask."""
    asked: list[dict[str, Any]] = []

    async def ask(_endpoint: Any, params: Any) -> Any:
        asked.append(dict(params))
        raise VenueError(400, -2013, "Order does not exist.")

    async def target(_token: Token) -> Any:
        return found, renamed

    questions = Questions(Lookups(SPOT_ORDERS, ask, 0, lambda: 0, TimeUnit.MILLISECOND, IdHistory()))
    monkeypatch.setattr(questions, "_target", target)
    monkeypatch.setattr(questions, "_read", lambda _token, sights: Answer(reading, sights[0].whole, sight=sights[0]))
    return questions, asked


@pytest.mark.parametrize("act", [Act.CANCEL, Act.AMEND])
@pytest.mark.parametrize("renamed", [True, False])
async def test_a_target_that_is_not_found_shows_no_change_and_a_renamed_one_may(
    monkeypatch: pytest.MonkeyPatch, act: Act, renamed: bool
) -> None:
    token = Token("mine", SYMBOL, act=act)
    questions, _ = asking(monkeypatch, None, renamed=renamed)
    assert await questions.about(token) == Answer(Reading.NO, absent=True)
    questions, _ = asking(monkeypatch, [SHOWN], Reading.YES, renamed=renamed)
    assert (await questions.about(token)).reading is (Reading.MAYBE if renamed else Reading.YES)


@pytest.mark.parametrize("number", [7, None])
@pytest.mark.parametrize("fresh", [True, False])
async def test_a_cancel_is_looked_for_by_its_own_id_where_its_target_is_gone_and_only_it_can_bear_that(
    monkeypatch: pytest.MonkeyPatch, number: int | None, fresh: bool
) -> None:
    token = Token("mine", SYMBOL, act=Act.CANCEL, number=number, fresh=fresh)
    questions, asked = asking(monkeypatch, None)
    assert (await questions.about(token)).reading is Reading.NO
    assert [each.get("origClientOrderId") for each in asked] == (["mine"] if number and fresh else [])
    questions, asked = asking(monkeypatch, [SHOWN], Reading.NO)
    await questions.about(token)
    assert asked == []


async def test_a_list_that_took_the_id_of_a_cancel_proves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    questions, _ = asking(monkeypatch, [SHOWN])

    async def found_list(_token: Token, *, client_id: str) -> list[Sight]:
        return [Sight(f"the list {client_id}", SYMBOL, client_id)]

    monkeypatch.setattr(questions._lookups, "found_list", found_list)
    answer = await questions.about(Token("mine", SYMBOL, act=Act.CANCEL))
    assert (answer.reading, answer.order) == (Reading.YES, "the list mine")


@pytest.mark.parametrize("of_its_list", [True, False])
async def test_an_order_of_a_list_that_bears_the_id_of_a_cancel_proves_it_and_the_order_that_was_meant_is_shown(
    of_its_list: bool,
) -> None:
    """The list may be another program's, that took the ids which the cancel named: the order that was meant has ended then."""
    bearer = Sight("the bearer", SYMBOL, "made here", None, 9, list_number=90, status="CANCELED")
    meant = Sight("meant", SYMBOL, "made here", None, 7, list_number=90, status="CANCELED")
    known: dict[Any, Sight] = {
        "made here": bearer, 7: meant if of_its_list else replace(meant, id="leg", list_number=70, status="FILLED"),
    }  # fmt: skip

    async def order(_token: Token, *, client_id: str = "", number: int | None = None) -> list[Sight]:
        return [known[client_id or number]]

    questions = Questions(cast("Any", SimpleNamespace(order=order)))
    answer = await questions.about(Token("made here", SYMBOL, act=Act.CANCEL, former="leg", target=7))
    assert (answer.reading, answer.order) == (Reading.YES, "meant" if of_its_list else "the bearer")


# --------------------------------------------------------------------------- what ended a list

Found = list[Sight] | None


def listed(name: str, *numbers: int, whole: str = "the list") -> Found:
    """Return a list as it is found, with the numbers of its orders."""
    return [Sight(whole, SYMBOL, name, None, 70, listed=True, numbers=numbers), Sight(whole, SYMBOL, "leg", None, 1)]


def leg(number: int, name: str, status: str) -> Found:
    """Return an order of a list as it is found; what stands behind it is not asked about."""
    return [Sight(f"order {number}", SYMBOL, name, None, number, status=status), Sight("behind", SYMBOL)]


def of_a_list(
    monkeypatch: pytest.MonkeyPatch,
    lists: dict[str | int, Found],
    orders: dict[int, Found],
    readings: dict[str, Reading],
) -> tuple[Questions, list[str | int]]:
    """Return questions about lists that are found by these ids and numbers, and what is asked."""
    asked: list[str | int] = []

    async def found_list(_token: Token, *, client_id: str = "", number: int | None = None) -> Found:
        asked.append(client_id if number is None else number)
        return lists[asked[-1]]

    async def order(_token: Token, *, number: int) -> Found:
        asked.append(number)
        return orders[number]

    lookups: Any = SimpleNamespace(found_list=found_list, order=order)
    questions = Questions(lookups)

    def read(_token: Token, sights: list[Sight]) -> Answer:
        return Answer(readings[str(sights[0].whole)], sights[0].whole, sight=sights[0])

    monkeypatch.setattr(questions, "_read", read)
    return questions, asked


def cancel_of_a_list(**known: Any) -> Token:
    """Return the token of the cancel of a list."""
    return Token("mine", SYMBOL, TokenKind.LIST, Act.CANCEL, **known)


async def test_a_cancelled_list_is_asked_for_by_its_number_alone_where_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions, asked = of_a_list(monkeypatch, {70: listed("list")}, {}, {"the list": Reading.YES})
    answer = await questions.about(cancel_of_a_list(number=70, former="list"))
    assert (answer.reading, answer.order, asked) == (Reading.YES, "the list", [70])
    questions, asked = of_a_list(monkeypatch, {70: None}, {}, {})
    assert await questions.about(cancel_of_a_list(number=70)) == Answer(Reading.NO, absent=True)


@pytest.mark.parametrize(
    ("new", "former", "asks", "told"),
    [
        (Reading.YES, Reading.NO, ["mine"], Reading.YES),
        (Reading.NO, Reading.YES, ["mine", "list"], Reading.YES),
        (Reading.NO, None, ["mine", "list"], Reading.NO),
        (None, Reading.NO, ["mine", "list"], Reading.NO),
        (None, None, ["mine", "list"], None),
    ],
)
async def test_a_cancelled_list_is_asked_for_by_both_its_ids_until_one_proves_it(
    monkeypatch: pytest.MonkeyPatch, new: Reading | None, former: Reading | None, asks: list[str], told: Reading | None
) -> None:
    lists: dict[str | int, Found] = {
        "mine": None if new is None else listed("mine", whole="new"),
        "list": None if former is None else listed("list", whole="former"),
    }
    readings = {name: reading for name, reading in (("new", new), ("former", former)) if reading is not None}
    questions, asked = of_a_list(monkeypatch, lists, {}, readings)
    answer = await questions.about(cancel_of_a_list(former="list"))
    assert answer == Answer(Reading.NO, absent=True) if told is None else answer.reading is told
    assert asked == asks
    questions, asked = of_a_list(monkeypatch, lists, {}, readings)
    await questions.about(cancel_of_a_list())
    assert asked == ["mine"], "it was named by its number, and is asked for by its new id alone"


@pytest.mark.parametrize(("same", "told"), [(True, Reading.NO), (False, Reading.MAYBE)])
async def test_a_list_that_may_have_been_cancelled_is_not_replaced_by_another_that_has_the_former_id(
    monkeypatch: pytest.MonkeyPatch, same: bool, told: Reading
) -> None:
    (former, *_) = listed("list", whole="former") or []
    lists: dict[str | int, Found] = {
        "mine": listed("mine", whole="new"), "list": [former if same else replace(former, number=71)],
    }  # fmt: skip
    questions, asked = of_a_list(monkeypatch, lists, {}, {"new": Reading.MAYBE, "former": Reading.NO})
    answer = await questions.about(cancel_of_a_list(former="list"))
    assert (answer.reading, asked) == (told, ["mine", "list"])


@pytest.mark.parametrize(
    ("changed_ms", "told"), [(1e9, Reading.YES), (1e9 - 1, Reading.MAYBE), (1e9 - 7_200_000, Reading.NO)]
)
async def test_a_list_that_stood_for_hours_is_judged_by_when_its_orders_changed(
    monkeypatch: pytest.MonkeyPatch, changed_ms: float, told: Reading
) -> None:
    (whole, *_) = listed("mine", 1) or []
    (order, *_) = leg(1, "mine", "CANCELED") or []
    lists: dict[str | int, Found] = {"mine": [replace(whole, status="ALL_DONE", at_ms=1.0)]}
    token = cancel_of_a_list(fresh=False, former="list", since_ms=1e9)
    assert read(token, replace(whole, status="ALL_DONE", at_ms=1.0)) is Reading.MAYBE
    questions, _ = of_a_list(monkeypatch, lists, {1: [replace(order, at_ms=changed_ms)]}, {"the list": Reading.MAYBE})
    lists["list"] = None
    assert (await questions.about(token)).reading is told


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize(
    ("orders", "told", "shown"),
    [
        ({1: None, 2: leg(2, "mine", "CANCELED")}, Reading.YES, "order 2"),
        ({1: leg(1, "leg", "FILLED"), 2: leg(2, "mine", "CANCELED")}, Reading.YES, "order 2"),
        ({1: leg(1, "leg", "CANCELED"), 2: leg(2, "leg", "EXPIRED")}, Reading.MAYBE, "the list"),
        ({1: leg(1, "leg", "EXPIRED"), 2: leg(2, "leg", "CANCELED")}, Reading.MAYBE, "the list"),
        ({1: leg(1, "leg", "FILLED"), 2: leg(2, "leg", "EXPIRED")}, Reading.NO, "order 1"),
        ({1: None, 2: leg(2, "leg", "EXPIRED")}, Reading.NO, "order 2"),
        ({1: leg(1, "leg", "CANCELED"), 2: None}, Reading.MAYBE, "the list"),
    ],
)
async def test_which_request_ended_a_list_is_told_by_its_orders(
    monkeypatch: pytest.MonkeyPatch, fresh: bool, orders: dict[int, Found], told: Reading, shown: str
) -> None:
    questions, _ = of_a_list(monkeypatch, {"mine": listed("mine", 1, 2)}, orders, {"the list": Reading.MAYBE})
    answer = await questions.about(cancel_of_a_list(fresh=fresh))
    if told is Reading.YES and not fresh:  # another request may have given the order that id
        told, shown = Reading.MAYBE, "the list"
    assert (answer.reading, answer.order) == (told, shown)
    assert answer.sight is None or answer.sight.whole == shown


@pytest.mark.parametrize(
    ("reading", "status", "asks"),
    [
        (Reading.YES, "ALL_DONE", []),
        (Reading.NO, "EXECUTING", []),
        (Reading.MAYBE, "EXECUTING", []),
        (Reading.MAYBE, "ALL_DONE", [1, 2]),
    ],
)
async def test_the_orders_of_a_list_are_asked_for_where_it_has_ended_and_does_not_tell_by_which_request(
    monkeypatch: pytest.MonkeyPatch, reading: Reading, status: str, asks: list[int]
) -> None:
    whole, behind = listed("mine", 1, 2) or []
    orders: dict[int, Found] = {1: leg(1, "leg", "FILLED"), 2: leg(2, "leg", "CANCELED")}
    lists: dict[str | int, Found] = {"mine": [replace(whole, status=status), behind]}
    questions, asked = of_a_list(monkeypatch, lists, orders, {"the list": reading})
    answer = await questions.about(cancel_of_a_list())
    assert (answer.reading, asked) == (reading, ["mine", *asks])


# --------------------------------------------------------------------------- an order that may have another id by now


@pytest.mark.parametrize("reading", [Reading.YES, Reading.MAYBE, Reading.NO, None])
async def test_what_bore_the_id_of_an_order_that_is_not_there_is_asked_for_by_its_number(
    monkeypatch: pytest.MonkeyPatch, reading: Reading | None
) -> None:
    """It is read as bearing that id before, and where it is gone nothing is certain."""
    asked: list[Any] = []

    async def order(_token: Token, *, client_id: str = "", number: int | None = None) -> Found:
        asked.append(client_id if number is None else number)
        if number is None or reading is None:
            return None
        return [Sight("renamed", SYMBOL, "new", None, number), Sight("behind", SYMBOL)]

    lookups: Any = SimpleNamespace(order=order)
    questions = Questions(lookups)
    former: list[str | None] = []

    def read(_token: Token, sights: list[Sight]) -> Answer:
        former.append(sights[0].former)
        assert reading is not None
        return Answer(reading, sights[0].whole, sight=sights[0])

    monkeypatch.setattr(questions, "_read", read)
    answer = await questions.about(Token("mine", SYMBOL), (7, 8))
    if reading is None:
        assert (answer, asked) == (Answer(Reading.MAYBE), ["mine", 7])
    elif reading is Reading.NO:
        assert (answer, asked) == (Answer(Reading.NO, absent=True), ["mine", 7, 8])
    else:
        assert (answer.reading, answer.order, asked) == (reading, "renamed", ["mine", 7])
    assert set(former) <= {"mine"}


# --------------------------------------------------------------------------- what another request of ours did

OTO: dict[str, Any] = {
    "working_type": "LIMIT", "working_side": "BUY", "working_quantity": "0.05", "working_price": "50000",
    "working_time_in_force": "GTC", "pending_type": "LIMIT", "pending_side": "SELL", "pending_quantity": "0.05",
    "pending_price": "70000", "pending_time_in_force": "GTC",
}  # fmt: skip


@pytest.mark.parametrize("by", ["number", "id"])
@pytest.mark.parametrize("kind", ["placed", "of a list", "amended"])
@pytest.mark.parametrize("arrives", [True, False], ids=["refused", "never arrived"])
def test_an_amendment_to_the_quantity_that_the_order_had_already_was_not_made(
    by: str, kind: str, arrives: bool
) -> None:
    """The order's quantity, and the row of an amendment whose reply was received, are no work of this request."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        quantity, name = "0.05", "mine"
        if kind == "of a list":
            placed: Any = await client.place_oto(SYMBOL, **OTO, working_client_order_id="mine")
            number = placed.order_reports[0].order_id
        else:
            number = (await rest(client)).order_id
        if kind == "amended":
            quantity = "0.04"
            await client.amend_order(SYMBOL, quantity, order_id=number, new_client_order_id=name)
        exchange.faults.next(Drop() if arrives else Cut(after_execution=False), "order.amend.keepPriority")
        which: dict[str, Any] = {"order_id": number} if by == "number" else {"orig_client_order_id": name}
        call = client.amend_order(SYMBOL, quantity, new_client_order_id=name, timeout=1.0, **which)
        verdict = await fate(client, call)
        assert verdict.outcome in {Outcome.NOT_PLACED, Outcome.REJECTED}

    play(test)
