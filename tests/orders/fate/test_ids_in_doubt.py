"""A change in doubt whose new id, or the id of the order it names, is named once more: no absence is taken for a proof."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import MemoryJournal, Outcome, OutcomeUnknown, PartialFailure, SpotClient, UsageError, Verdict
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Drop, Refuse
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL, hearing_late
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}
MINE = {"order": "the-order", "change": "the-change"}


async def fate(call: Any) -> Verdict:
    """Return what becomes of a call whose reply is lost."""
    with pytest.raises(OutcomeUnknown) as caught:
        await call
    verdict: Verdict = await asyncio.wait_for(caught.value.resolve(), 3 * BOUND)
    return verdict


def change(client: SpotClient, how: str, order_id: str, timeout: float | None = None) -> Any:
    """Return a call that changes an order, by its id, and gives it the id of `MINE`."""
    new = MINE["change"]
    if how == "amend":
        return client.amend_order(
            SYMBOL, "0.04", orig_client_order_id=order_id, new_client_order_id=new, timeout=timeout
        )
    if how == "cancel":
        return client.cancel_order(SYMBOL, orig_client_order_id=order_id, new_client_order_id=new, timeout=timeout)
    return client.cancel_replace_order(
        SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id=order_id, cancel_new_client_order_id=new,
        timeout=timeout, **REST,
    )  # fmt: skip


METHODS = {"amend": "order.amend.keepPriority", "cancel": "order.cancel", "replace": "order.cancelReplace"}


@pytest.mark.parametrize("again", ["retried", "placed", "nothing"])
@pytest.mark.parametrize("journal", [False, True], ids=["no journal", "journal"])
@pytest.mark.parametrize("how", METHODS)
@pytest.mark.parametrize("own", [True, False], ids=["own id", "made id"])
def test_an_order_in_doubt_is_never_called_not_placed_where_a_change_in_doubt_may_have_renamed_it(
    own: bool, how: str, journal: bool, again: str
) -> None:
    """Both replies are lost, and the change's new id is named once more; with a journal that is refused and never sent."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Drop(), "order.place")
        exchange.faults.next(Drop(), METHODS[how])
        name = MINE["order"] if own else client.new_order_id()
        placing = asyncio.create_task(
            fate(client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, timeout=0.4, **REST))
        )
        await asyncio.sleep(0.05)
        changing = asyncio.create_task(fate(change(client, how, name, 0.3)))
        await asyncio.sleep(0.05)
        if again != "nothing":
            third = (
                change(client, how, name)
                if again == "retried"
                else client.place_order(SYMBOL, "SELL", "MARKET", quantity="0.01", new_client_order_id=MINE["change"])
            )
            if journal:
                with pytest.raises(UsageError, match="used before"):
                    await third
            else:
                await asyncio.gather(third, return_exceptions=True)
        placed, changed = await placing, await changing
        assert placed.outcome in {Outcome.ACCEPTED, Outcome.UNDECIDED}
        if how == "amend":
            assert placed.order.order_id == exchange.truth.all_orders()[0].order_id, "its amendments tell its number"
        assert all(each.outcome is not Outcome.NOT_PLACED for each in (changed, *changed.parts))
        if journal or again == "nothing":
            assert (placed.outcome, changed.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)

    play(test, journal=MemoryJournal() if journal else None)


@pytest.mark.parametrize("executed", [True, False], ids=["executed", "never"])
@pytest.mark.parametrize("how", ["cancel", "replace", "amend"])
@pytest.mark.parametrize("again", ["both ids", "its former id", "its new id"])
def test_a_change_by_id_whose_ids_are_taken_up_again_is_not_called_not_placed_for_what_others_bear_them(
    again: str, how: str, executed: bool
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=MINE["order"], **REST)
        exchange.faults.lose_events(count=100)
        unknown = Refuse(504, -1007, "Timeout waiting for response from backend server.", executed=executed)
        exchange.faults.next(unknown, METHODS[how])
        changing = asyncio.create_task(fate(change(client, how, MINE["order"])))
        await asyncio.sleep(0.05)
        for name in (MINE["change"], MINE["order"]):
            if again in ("both ids", "its new id" if name == MINE["change"] else "its former id"):
                place = client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, quantity="0.06",
                                           price="49000", time_in_force="GTC")  # fmt: skip
                await asyncio.gather(place, return_exceptions=True)
        verdict = await changing
        first = verdict.parts[0] if verdict.parts else verdict
        if executed:
            assert MINE["change"] in next(
                each.ids for each in exchange.truth.all_orders() if each.order_id == order.order_id
            )
            assert first.outcome in {Outcome.ACCEPTED, Outcome.UNDECIDED}
        else:
            assert first.outcome is not Outcome.ACCEPTED

    play(test)


def test_an_id_that_a_refused_call_names_stays_on_the_watch_list() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(executed=False), "order.place")
        name = client.new_order_id()
        placing = client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, timeout=0.3, **REST)
        assert (await fate(placing)).outcome is Outcome.NOT_PLACED
        watched = client._tracked._id_watch.watched.ids
        assert name in watched
        with pytest.raises(UsageError, match="used before"):
            await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, **REST)
        assert name in watched

    play(test, journal=MemoryJournal())


def test_a_cancel_with_the_new_id_of_an_earlier_cancel_of_its_order_cancelled_nothing() -> None:
    """The order bears that id already, and ended within the second by which the venue's clock may be off."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=MINE["order"], **REST)
        await client.cancel_order(SYMBOL, order_id=order.order_id, new_client_order_id=MINE["change"])
        unknown = Refuse(504, -1007, "Timeout waiting for response from backend server.", executed=False)
        exchange.faults.next(unknown, "order.cancel")
        second = client.cancel_order(
            SYMBOL, orig_client_order_id=MINE["order"], new_client_order_id=MINE["change"], timeout=1
        )
        assert (await fate(second)).outcome is Outcome.NOT_PLACED

    play(test)


@pytest.mark.parametrize("cancelled", ["all", "by number"])
def test_a_cancel_with_the_id_that_the_venue_gave_to_its_cancelled_order_cancelled_nothing(cancelled: str) -> None:
    """The reply to the first cancel told the id, which a user may take from there."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=MINE["order"], **REST)
        told: Any
        if cancelled == "all":
            (told,) = await client.cancel_open_orders(SYMBOL)
        else:
            told = await client.cancel_order(SYMBOL, order_id=order.order_id)
        assert told.client_order_id != MINE["order"]
        unknown = Refuse(504, -1007, "Timeout waiting for response from backend server.", executed=False)
        exchange.faults.next(unknown, "order.cancel")
        second = client.cancel_order(
            SYMBOL, orig_client_order_id=MINE["order"], new_client_order_id=told.client_order_id, timeout=1
        )
        assert (await fate(second)).outcome is Outcome.NOT_PLACED

    play(test)


def test_a_cancel_replace_that_was_refused_whole_hides_no_order_in_doubt() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        placing = client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=MINE["order"], **REST)
        with pytest.raises(OutcomeUnknown) as caught:
            await placing
        with pytest.raises(PartialFailure):
            await change(client, "replace", MINE["order"])
        verdict: Verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert verdict.outcome is Outcome.NOT_PLACED

    play(test)


@pytest.mark.parametrize("lost", [True, False], ids=["its reply is lost", "it is refused"])
def test_an_order_under_the_id_that_a_lost_amendment_gave_to_another_is_decided_at_the_fence(lost: bool) -> None:
    """The other bears the id by now, and may stand in front of an order that has ended: no later answer tells more."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=MINE["order"], **REST)
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Drop(), "order.amend.keepPriority")
        amending = asyncio.create_task(fate(change(client, "amend", MINE["order"], 1.0)))
        await asyncio.sleep(0.1)
        if lost:
            exchange.faults.next(Drop(), "order.place")
        placing = client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=MINE["change"], timeout=0.5, **REST)
        began = loop.time()
        verdict = await fate(placing)
        assert verdict.outcome is Outcome.UNDECIDED
        assert loop.time() - began < BOUND
        assert (await amending).outcome in {Outcome.ACCEPTED, Outcome.UNDECIDED}

    play(test)


@pytest.mark.parametrize("executed", [True, False], ids=["executed", "never"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_list_in_doubt_of_which_another_names_the_id_of_one_order_is_decided_by_its_own_id(
    when: str, executed: bool
) -> None:
    """Each id has a contest of its own: that the order may be another's does not make the list another's."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async def rival() -> None:
            exchange.faults.next(Drop(executed=False), "order.place")
            await fate(
                client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=MINE["order"], timeout=0.5, **REST)
            )

        exchange.faults.next(Drop(executed=executed), "orderList.place.oco")
        exchange.faults.lose_events(count=100)
        rivals = [asyncio.create_task(rival())] if when == "before" else []
        await asyncio.sleep(0.1)
        listed = asyncio.create_task(
            fate(
                client.place_oco(
                    SYMBOL, "SELL", "0.01", above_type="LIMIT_MAKER", above_price="70000", below_type="STOP_LOSS",
                    below_stop_price="50000", above_client_order_id=MINE["order"], below_client_order_id="below",
                    list_client_order_id="the-list", timeout=0.5,
                )
            )
        )  # fmt: skip
        await asyncio.sleep(0.1)
        if when == "after":
            rivals = [asyncio.create_task(rival())]
        assert (await listed).outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        await asyncio.gather(*rivals)

    play(test)


@pytest.mark.parametrize("again", ["while it is in doubt", "after its verdict"])
@pytest.mark.parametrize("keeps", [True, False], ids=["to the id it has", "to a new id"])
def test_an_amendment_that_keeps_the_id_is_not_told_by_a_later_one_to_the_same_quantity(
    keeps: bool, again: str
) -> None:
    """The later amendment renames the order and names the id that both had: the first amendment did none of that."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        name = MINE["order"]
        await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, **REST)
        exchange.faults.next(Drop(executed=False), "order.amend.keepPriority")
        new = name if keeps else MINE["change"]
        first = client.amend_order(SYMBOL, "0.04", orig_client_order_id=name, new_client_order_id=new, timeout=0.5)
        async with hearing_late(client) as told:
            amending = asyncio.create_task(fate(first))
            await asyncio.sleep(1.0 if again == "while it is in doubt" else 3 * BOUND)
            await client.amend_order(SYMBOL, "0.04", orig_client_order_id=name)
            assert (await amending).outcome is Outcome.NOT_PLACED
            await asyncio.sleep(1.0)
        assert not told

    play(test)


@pytest.mark.parametrize("own", [True, False], ids=["own id", "made id"])
@pytest.mark.parametrize("amended", ["answered", "refused", "its reply is lost"])
def test_an_order_in_doubt_is_decided_though_an_amendment_of_it_keeps_its_id(amended: str, own: bool) -> None:
    """What keeps an id gives it to no other order, so what bears it is the order's own work as before."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Drop(), "order.place")
        if amended == "its reply is lost":
            exchange.faults.next(Drop(), "order.amend.keepPriority")
        name = MINE["order"] if own else client.new_order_id()
        placing = asyncio.create_task(
            fate(client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, timeout=0.4, **REST))
        )
        await asyncio.sleep(0.05)
        quantity = "0.06" if amended == "refused" else "0.04"
        amending = client.amend_order(
            SYMBOL, quantity, orig_client_order_id=name, new_client_order_id=name, timeout=0.4
        )
        await asyncio.gather(amending, return_exceptions=True)
        assert (await asyncio.wait_for(placing, 3)).outcome is Outcome.ACCEPTED

    play(test)


def test_an_amendment_that_keeps_the_id_is_told_though_a_cancel_takes_the_id() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        name = MINE["order"]
        await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=name, **REST)
        exchange.faults.next(Drop(), "order.amend.keepPriority")
        exchange.faults.lose_events(count=1)
        first = client.amend_order(SYMBOL, "0.04", orig_client_order_id=name, new_client_order_id=name, timeout=0.05)
        amending = asyncio.create_task(fate(first))
        await asyncio.sleep(0.06)
        await client.cancel_order(SYMBOL, orig_client_order_id=name)
        assert (await amending).outcome is Outcome.ACCEPTED

    play(test)
