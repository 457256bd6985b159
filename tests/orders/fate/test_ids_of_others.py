"""Changes that name an order by an id which another program, or another account, has given to an order of its own, too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import Ed25519Key, NotPlaced, Outcome, OutcomeUnknown, SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Drop
from tests.adversary.scripted import SYMBOL as PAIR
from tests.adversary.scripted import Refused, Row, Venue, limit, lose, swallow
from tests.adversary.scripted import play as play_scripted
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import KEY, SYMBOL
from tests.simulation.loop import VirtualLoop

Call = Callable[[SpotClient, str], Any]

CHANGES: Final[dict[str, tuple[str, Call]]] = {
    "a cancel": (
        "order.cancel", lambda c, pair: c.cancel_order(pair, orig_client_order_id="mine"),
    ),
    "a cancel under an id of the user's": (
        "order.cancel", lambda c, pair: c.cancel_order(pair, orig_client_order_id="mine", new_client_order_id="gone"),
    ),
    "a cancel that leaves the id": (
        "order.cancel", lambda c, pair: c.cancel_order(pair, orig_client_order_id="mine", new_client_order_id="mine"),
    ),
    "an amendment": (
        "order.amend.keepPriority", lambda c, pair: c.amend_order(pair, "0.5", orig_client_order_id="mine"),
    ),
    "an amendment under an id of the user's": (
        "order.amend.keepPriority",
        lambda c, pair: c.amend_order(pair, "0.5", orig_client_order_id="mine", new_client_order_id="less"),
    ),
    "an amendment that keeps the id": (
        "order.amend.keepPriority",
        lambda c, pair: c.amend_order(pair, "0.5", orig_client_order_id="mine", new_client_order_id="mine"),
    ),
    "a cancel-replace": (
        "order.cancelReplace",
        lambda c, pair: c.cancel_replace_order(
            pair, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id="mine", quantity="1", price="80",
            time_in_force="GTC",
        ),
    ),
    "a cancel-replace that gives the id on": (
        "order.cancelReplace",
        lambda c, pair: c.cancel_replace_order(
            pair, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id="mine", new_client_order_id="mine",
            quantity="1", price="80", time_in_force="GTC",
        ),
    ),
}  # fmt: skip
EXECUTED = pytest.mark.parametrize("executed", [True, False], ids=["executed", "never executed"])
CHANGE = pytest.mark.parametrize("change", CHANGES)


async def fate(call: Any) -> Outcome:
    """Return what a client says of a change: its word, or that of the search."""
    try:
        await call
    except NotPlaced:
        return Outcome.NOT_PLACED
    except OutcomeUnknown as error:
        verdict = await asyncio.wait_for(error.resolve(), BOUND + 5)
        outcome: Outcome = verdict.outcome
        return outcome
    return Outcome.ACCEPTED


@EXECUTED
@CHANGE
@pytest.mark.parametrize("known", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("pause", [1.0, 7_200.0])
def test_a_change_is_told_truly_where_its_order_had_ended_and_another_program_gave_the_id_to_its_own(
    change: str, executed: bool, known: bool, pause: float
) -> None:
    venue, (method, call) = Venue(), CHANGES[change]
    venue.events = False

    async def scene(client: SpotClient) -> None:
        await limit(client, new_client_order_id="mine")
        venue.fill(venue.orders[0], "2")
        if known:
            await client.order_status(PAIR, orig_client_order_id="mine")
        await asyncio.sleep(pause)
        venue.place(
            {
                "symbol": PAIR, "side": "BUY", "type": "LIMIT", "price": "90", "quantity": "2", "timeInForce": "GTC",
                "newClientOrderId": "mine",
            }
        )  # fmt: skip
        await asyncio.sleep(pause)
        venue.hooks = {method: lose if executed else swallow}
        told = await fate(call(client, PAIR))
        if told is Outcome.UNDECIDED:  # the other order, made a second before, may be a later one than the change met
            keeps = {
                "a cancel that leaves the id",
                "an amendment that keeps the id",
                "a cancel-replace that gives the id on",
            }
            assert change in keeps
            assert (executed, pause) == (False, 1.0)
        else:
            assert told is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        first, others = venue.orders[0], venue.orders[1]
        assert first["status"] == "FILLED"
        assert (others["status"] == "CANCELED" or others["origQty"] == "0.5") is executed

    play_scripted(venue, scene)


@EXECUTED
@CHANGE
@pytest.mark.parametrize("on_unknown", ["raise", "wait", "cancel"])
def test_a_change_is_told_truly_where_another_account_of_the_same_client_has_an_order_under_the_id(
    change: str, executed: bool, on_unknown: str
) -> None:
    method, call = CHANGES[change]

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        carol = Ed25519Key.generate("carols")
        exchange.register_key("carols", "ed25519", public_pem=carol.public_pem(), account="carol")
        exchange.deposit("carol", "USDT", "1000000")
        rest: Any = {"quantity": "1", "price": "50000", "time_in_force": "GTC", "new_client_order_id": "mine"}
        await client.place_order(SYMBOL, "BUY", "LIMIT", **rest)
        await client.session_logon(carol)
        await client.place_order(SYMBOL, "BUY", "LIMIT", **rest)
        await client.session_logon(KEY)
        exchange.faults.lose_events("executionReport", 100)
        exchange.faults.next(Drop(executed=executed), method)
        told = await fate(call(client, SYMBOL))
        if executed:
            assert told is Outcome.ACCEPTED
        else:  # both keys may be of one account, in which the other order has the id now
            assert told in {Outcome.NOT_PLACED, Outcome.UNDECIDED}
        hers = next(order for order in exchange.truth.orders["mine"] if order.account == "carol")
        assert hers.is_open
        assert str(hers.quantity) == "1"

    play(test, on_unknown=on_unknown)


@pytest.mark.parametrize("executed", ["both", "neither", "the cancel"])
@pytest.mark.parametrize("pause", [130.0, 7_200.0])
@pytest.mark.parametrize("cancel_id", [None, "mine", "other"])
@pytest.mark.parametrize("new_id", [None, "mine", "other"])
def test_no_half_of_a_cancel_replace_is_told_wrongly_where_the_order_was_anothers_and_the_ids_may_be_one(
    cancel_id: str | None, new_id: str | None, executed: str, pause: float
) -> None:
    venue = Venue()
    venue.events = False

    async def cancel_alone(_venue: Venue, _connection: ServerConnection, request: Row) -> bool:
        asked = request["params"]
        with contextlib.suppress(Refused):
            venue.cancel(
                {
                    "symbol": PAIR, "origClientOrderId": asked["cancelOrigClientOrderId"],
                    "newClientOrderId": asked["cancelNewClientOrderId"],
                }
            )  # fmt: skip
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client, new_client_order_id="mine")
        await asyncio.sleep(60)
        venue.orders[0] |= {"status": "EXPIRED_IN_MATCH", "updateTime": venue.now()}
        venue.place(
            {
                "symbol": PAIR, "side": "BUY", "type": "LIMIT", "price": "90", "quantity": "2", "timeInForce": "GTC",
                "newClientOrderId": "mine",
            }
        )  # fmt: skip
        await asyncio.sleep(pause)
        venue.hooks = {"order.cancelReplace": {"both": lose, "neither": swallow, "the cancel": cancel_alone}[executed]}
        with pytest.raises(OutcomeUnknown) as raised:
            await client.cancel_replace_order(
                PAIR, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id="mine", quantity="2", price="80",
                time_in_force="GTC", cancel_new_client_order_id=cancel_id, new_client_order_id=new_id,
            )  # fmt: skip
        verdict = await asyncio.wait_for(raised.value.resolve(), BOUND + 60)
        true = {"both": (True, True), "neither": (False, False), "the cancel": (True, False)}[executed]
        for part, happened in zip(verdict.parts, true, strict=True):
            if part.outcome is not Outcome.UNDECIDED:
                assert (part.outcome is Outcome.ACCEPTED) is happened

    play_scripted(venue, scene)


@pytest.mark.parametrize("pause", [5.0, 600.0, 7_200.0])
@pytest.mark.parametrize("looked", [True, False], ids=["looked at", "not looked at"])
def test_a_cancel_under_an_id_that_another_program_gave_the_order_before_is_not_told_as_executed(
    pause: float, looked: bool
) -> None:
    venue = Venue()
    venue.events = False

    async def scene(client: SpotClient) -> None:
        await limit(client, new_client_order_id="mine")
        await asyncio.sleep(60)
        venue.cancel({"symbol": PAIR, "origClientOrderId": "mine", "newClientOrderId": "gone"})
        if looked:
            assert (await client.order_status(PAIR, order_id=venue.orders[0]["orderId"])).status == "CANCELED"
        await asyncio.sleep(pause)
        venue.hooks = {"order.cancel": swallow}
        with pytest.raises(OutcomeUnknown) as raised:
            await client.cancel_order(PAIR, orig_client_order_id="mine", new_client_order_id="gone")
        verdict = await asyncio.wait_for(raised.value.resolve(), BOUND + 60)
        assert verdict.outcome in {Outcome.UNDECIDED, Outcome.NOT_PLACED}

    play_scripted(venue, scene)
