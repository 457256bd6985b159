"""The live handle of an order list against the local exchange in virtual time, compared with its truth."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import (
    CancelRejected,
    HandleSource,
    HandleStatus,
    ListHandleStatus,
    NotFollowed,
    NotPlaced,
    OrderListHandle,
    OrderRejected,
    RuleViolation,
    SpotClient,
    UsageError,
)
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Drop, Refuse
from tests.orders.trade.handles import FENCE, agree, play
from tests.simulation.house import SYMBOL, requests
from tests.simulation.loop import VirtualLoop

Submit = Callable[[SpotClient], Awaitable[OrderListHandle]]


async def oco(client: SpotClient, **more: Any) -> OrderListHandle:
    """Sell at 70000, or at the market below 50000."""
    return await client.submit_oco(
        SYMBOL, "SELL", "0.03", "LIMIT_MAKER", "STOP_LOSS", above_price="70000", below_stop_price="50000", **more
    )


async def oto(client: SpotClient, **more: Any) -> OrderListHandle:
    """Buy at 60000, and sell at 70000 then."""
    return await client.submit_oto(
        SYMBOL, "LIMIT", "BUY", "0.03", "LIMIT", "SELL", "0.03", working_price="60000", working_time_in_force="GTC",
        pending_price="70000", pending_time_in_force="GTC", **more,
    )  # fmt: skip


async def opo(client: SpotClient, **more: Any) -> OrderListHandle:
    """Buy at 60000, and sell what it brought at 70000 then."""
    return await client.submit_opo(
        SYMBOL, "LIMIT", "BUY", "0.03", "LIMIT", "SELL", working_price="60000", working_time_in_force="GTC",
        pending_price="70000", pending_time_in_force="GTC", **more,
    )  # fmt: skip


_PAIR: dict[str, Any] = {
    "working_price": "60000", "working_time_in_force": "GTC", "pending_above_price": "70000",
    "pending_below_type": "STOP_LOSS", "pending_below_stop_price": "50000",
}  # fmt: skip


async def otoco(client: SpotClient, **more: Any) -> OrderListHandle:
    """Buy at 60000, and sell at 70000 or below 50000 then."""
    return await client.submit_otoco(SYMBOL, "LIMIT", "BUY", "0.03", "SELL", "0.03", "LIMIT_MAKER", **{**_PAIR, **more})


async def opoco(client: SpotClient, **more: Any) -> OrderListHandle:
    """Likewise, for what the buy brought."""
    return await client.submit_opoco(SYMBOL, "LIMIT", "BUY", "0.03", "SELL", "LIMIT_MAKER", **{**_PAIR, **more})


KINDS: list[Submit] = [oco, oto, opo, otoco, opoco]
kinds = pytest.mark.parametrize("submit", KINDS, ids=lambda each: each.__name__)
working_kinds = pytest.mark.parametrize("submit", KINDS[1:], ids=lambda each: each.__name__)


def all_agree(exchange: LocalExchange, handle: OrderListHandle) -> None:
    """Compare every order of a list with the exchange's truth."""
    for leg in handle.legs.values():
        agree(exchange, leg)
        assert leg.order_list_id == handle.order_list_id is not None


def statuses(handle: OrderListHandle) -> dict[str, str]:
    return {name: leg.status.value for name, leg in handle.legs.items()}


def status_of(handle: OrderListHandle) -> ListHandleStatus:
    """Return the status, past a type checker that thinks it cannot have changed."""
    return handle.status


# --------------------------------------------------------------------------- the way it should go


@kinds
def test_a_list_is_there_before_it_is_sent_and_its_orders_are_true_once_the_venue_has_it(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        before = loop.time()
        handle = await submit(client)
        assert loop.time() == before
        assert status_of(handle) is ListHandleStatus.SENDING
        assert handle.order_list_id is None
        assert await handle.accepted() is handle
        assert status_of(handle) is ListHandleStatus.EXECUTING
        assert handle.error is None
        all_agree(exchange, handle)
        (request,) = requests(exchange, f"orderList.place.{submit.__name__}")
        assert request["params"]["listClientOrderId"] == handle.list_client_order_id
        ids = {value for name, value in request["params"].items() if name.endswith("ClientOrderId")}
        assert ids == {handle.list_client_order_id, *(leg.client_order_id for leg in handle.legs.values())}
        await asyncio.sleep(FENCE)  # the venue's views lag
        assert handle.order_list_id is not None
        told = await client.order_list_status(order_list_id=handle.order_list_id)
        assert told.list_client_order_id == handle.list_client_order_id

    play(test)


def test_one_order_of_an_oco_fills_and_the_other_has_ended_by_it() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await oco(client)).accepted()
        heard: list[tuple[str, str]] = []

        async def listen() -> None:
            async for name, event in handle.events():
                heard.append((name, event.kind.value))

        early = asyncio.ensure_future(listen())
        exchange.quote(SYMBOL, bids=[("70000", "1")], asks=[("70010", "1")])
        assert await handle.done() is handle
        assert status_of(handle) is ListHandleStatus.ALL_DONE
        assert statuses(handle) == {"above": "FILLED", "below": "EXPIRED"}
        all_agree(exchange, handle)
        await early
        assert heard == [(name, event.kind.value) for name, event in handle.log]
        assert [each for each in heard if each[1] == "fill"] == [("above", "fill")]
        assert {each for each in heard if each[1] == "ended"} == {("above", "ended"), ("below", "ended")}

    play(test)


@working_kinds
def test_pending_orders_wait_until_the_working_one_is_filled_and_are_followed_from_there(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await submit(client)).accepted()
        assert {leg.status for name, leg in handle.legs.items() if name != "working"} == {HandleStatus.PENDING_NEW}
        exchange.quote(SYMBOL, asks=[("60000", "0.01")])
        await asyncio.sleep(0.5)
        assert handle.legs["working"].status is HandleStatus.PARTIALLY_FILLED
        exchange.quote(SYMBOL, asks=[("60000", "1")])
        await handle.legs["working"].filled()
        exchange.quote(SYMBOL, bids=[("59999", "5")], asks=[("60001", "5")])
        await asyncio.sleep(0.5)
        assert {leg.status for name, leg in handle.legs.items() if name != "working"} == {HandleStatus.NEW}
        all_agree(exchange, handle)
        exchange.quote(SYMBOL, bids=[("70000", "1")], asks=[("70010", "1")])
        await handle.done()
        seller = next(leg for name, leg in handle.legs.items() if name in {"pending", "pending_above"})
        assert seller.status is HandleStatus.FILLED
        all_agree(exchange, handle)

    play(test)


@working_kinds
def test_pending_orders_end_when_their_working_order_is_cancelled(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await submit(client)).accepted()
        exchange.faults.lose_events("executionReport", count=10)
        await handle.legs["working"].cancel()
        await asyncio.wait_for(handle.done(), 1)  # the reply to the cancel tells of all
        all_agree(exchange, handle)

    play(test)


def test_an_order_of_a_list_is_amended_and_cancelled_like_any_other() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await oto(client)).accepted()
        assert await handle.legs["working"].amend(new_quantity="0.02") == Decimal("0.02")
        all_agree(exchange, handle)
        assert await handle.legs["working"].cancel() is HandleStatus.CANCELED
        await handle.done()
        all_agree(exchange, handle)

    play(test)


# --------------------------------------------------------------------------- lost replies


@kinds
def test_a_lost_reply_is_dealt_with_inside_and_the_list_is_found(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), f"orderList.place.{submit.__name__}")
        handle = await submit(client)
        await asyncio.wait_for(handle.accepted(), FENCE)
        all_agree(exchange, handle)
        assert len(requests(exchange, f"orderList.place.{submit.__name__}")) == 1
        assert "in doubt" in {event.kind.value for _, event in handle.log}

    play(test)


@kinds
def test_a_list_that_never_arrived_is_proven_not_placed(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), f"orderList.place.{submit.__name__}")
        handle = await submit(client)
        with pytest.raises(NotPlaced) as raised:
            await handle.accepted()
        assert raised.value.method == f"orderList.place.{submit.__name__}"
        assert status_of(handle) is ListHandleStatus.NOT_PLACED
        assert {leg.status for leg in handle.legs.values()} == {HandleStatus.NOT_PLACED}
        assert handle.error is raised.value
        assert await handle.done() is handle
        assert not exchange.truth.orders

    play(test)


@kinds
def test_a_lost_reply_to_a_list_whose_orders_have_ended_meanwhile_still_tells_how(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events("executionReport", count=99)
        exchange.faults.lose_events("listStatus", count=99)
        exchange.faults.next(Drop(), f"orderList.place.{submit.__name__}")
        handle = await submit(client)
        await asyncio.sleep(0.2)
        exchange.quote(SYMBOL, asks=[("60000", "1")], bids=[("59999", "1")])
        exchange.quote(SYMBOL, bids=[("70000", "1")], asks=[("70010", "1")])
        await asyncio.wait_for(handle.done(), 150)
        assert status_of(handle) is ListHandleStatus.ALL_DONE
        assert "FILLED" in statuses(handle).values()
        all_agree(exchange, handle)

    play(test)


def test_a_late_reply_and_events_before_it_say_the_same() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await oco(client)).accepted()  # user data is subscribed by now
        exchange.faults.next(Delay(8.0), "orderList.place.otoco")
        handle = await otoco(client, timeout=2.0)
        await asyncio.wait_for(handle.accepted(), 1.5)
        assert any(event.source is HandleSource.EVENT for _, event in handle.log)
        await asyncio.sleep(10)
        all_agree(exchange, handle)

    play(test)


def test_what_proves_a_list_by_one_of_its_orders_is_not_taken_for_another_and_the_others_are_asked_for() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await oco(client)).accepted()
        await asyncio.sleep(1)  # user data is subscribed, and its events have come
        exchange.faults.lose_events("listStatus", count=9)
        exchange.faults.lose_events("executionReport", count=1)
        exchange.faults.next(Drop(), "orderList.place.otoco")
        handle = await otoco(client, timeout=0.3)
        await asyncio.sleep(0.2)  # before user data repairs itself
        assert handle.legs["working"].status is HandleStatus.SENT
        assert handle.legs["pending_above"].status is HandleStatus.PENDING_NEW
        exchange.faults.lose_events("executionReport", count=9)
        await asyncio.wait_for(handle.accepted(), FENCE)
        all_agree(exchange, handle)
        assert any(event.source is HandleSource.RESOLVER for event in handle.legs["working"].log)

    play(test)


def test_an_event_about_the_list_tells_of_its_orders() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await oco(client)).accepted()
        exchange.faults.lose_events("executionReport", count=9)
        exchange.faults.next(Delay(8.0), "orderList.place.otoco")
        handle = await otoco(client)
        await asyncio.wait_for(handle.accepted(), 1.5)
        all_agree(exchange, handle)
        await asyncio.sleep(20)
        all_agree(exchange, handle)

    play(test)


@kinds
def test_a_list_that_was_called_not_placed_and_turns_up_is_followed(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await oco(client)).accepted()
        exchange.faults.next(Delay(100.0, at="engine"), f"orderList.place.{submit.__name__}")
        handle = await submit(client)
        await handle.done()
        assert status_of(handle) is ListHandleStatus.NOT_PLACED
        await asyncio.sleep(110)
        assert status_of(handle) is ListHandleStatus.EXECUTING
        assert handle.error is None
        all_agree(exchange, handle)
        await handle.cancel()
        all_agree(exchange, handle)

    play(test)


def test_a_list_that_the_venue_refuses_has_ended_with_its_reason() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await client.submit_oco(
            SYMBOL, "SELL", "0.03", "LIMIT_MAKER", "STOP_LOSS", above_price="50000", below_stop_price="40000"
        )
        with pytest.raises(OrderRejected):
            await handle.accepted()
        assert status_of(handle) is ListHandleStatus.REJECTED
        assert {leg.status for leg in handle.legs.values()} == {HandleStatus.REJECTED}
        with pytest.raises(OrderRejected):
            await handle.legs["below"].filled()
        assert await handle.cancel() == {"above": HandleStatus.REJECTED, "below": HandleStatus.REJECTED}

    play(test)


# --------------------------------------------------------------------------- cancelling


@kinds
@pytest.mark.parametrize("lost", [None, Cut(after_execution=True), Drop()], ids=["reply", "cut", "dropped"])
def test_a_cancel_returns_how_every_order_ended(submit: Submit, lost: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await submit(client)).accepted()
        if lost is not None:
            exchange.faults.next(lost, "orderList.cancel")
        ended = await asyncio.wait_for(handle.cancel(), FENCE + 10)
        assert {name: status.value for name, status in ended.items()} == statuses(handle)
        assert not any(order.is_open for order in exchange.truth.all_orders())
        all_agree(exchange, handle)
        assert len(requests(exchange, "orderList.cancel")) == 1

    play(test)


def test_a_cancel_that_never_arrived_is_told_and_the_list_is_still_true() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await oco(client)).accepted()
        exchange.faults.next(Cut(after_execution=False), "orderList.cancel")
        with pytest.raises(NotPlaced):
            await handle.cancel()
        assert status_of(handle) is ListHandleStatus.EXECUTING
        all_agree(exchange, handle)
        await handle.cancel()
        all_agree(exchange, handle)

    play(test)


def test_a_cancel_that_comes_too_late_tells_the_fill() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await oco(client)).accepted()
        exchange.faults.lose_events("executionReport", count=9)
        exchange.quote(SYMBOL, bids=[("70000", "1")], asks=[("70010", "1")])
        ended = await handle.cancel()
        assert ended == {"above": HandleStatus.FILLED, "below": HandleStatus.EXPIRED}
        all_agree(exchange, handle)

    play(test)


def test_a_refused_cancel_of_a_list_that_stays_open_is_raised() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await oco(client)).accepted()
        exchange.faults.next(Refuse(400, -2011, "Unknown order list sent."), "orderList.cancel")
        with pytest.raises(CancelRejected):
            await handle.cancel()
        assert status_of(handle) is ListHandleStatus.EXECUTING

    play(test)


def test_a_list_in_doubt_is_not_cancelled_before_its_fate_is_known() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "orderList.place.oco")
        handle = await oco(client)
        await asyncio.wait_for(handle.cancel(), FENCE + 10)
        all_agree(exchange, handle)
        assert not any(order.is_open for order in exchange.truth.all_orders())

    play(test)


# --------------------------------------------------------------------------- interruptions and the end


@kinds
def test_what_happened_while_the_connection_was_cut_is_found_out(submit: Submit) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await submit(client)).accepted()
        exchange.faults.cut_all()
        exchange.quote(SYMBOL, asks=[("60000", "1")], bids=[("59999", "1")])
        exchange.quote(SYMBOL, bids=[("70000", "1")], asks=[("70010", "1")])
        await asyncio.wait_for(handle.done(), 30)
        all_agree(exchange, handle)

    play(test)


def test_closing_the_client_ends_every_wait_and_what_was_not_sent_is_told() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await (await oco(client)).accepted()
        waiting = [asyncio.ensure_future(each) for each in (handle.done(), handle.legs["below"].done())]
        unsent = await oto(client)
        await asyncio.sleep(0)
        await client.close()
        for each in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(each, NotFollowed)
            assert each.method == "orderList.place.oco"
        assert status_of(unsent) in {ListHandleStatus.NOT_SENT, ListHandleStatus.IN_DOUBT, ListHandleStatus.SENT}
        with pytest.raises(Exception, match="closed"):
            await unsent.accepted()
        with pytest.raises(Exception, match="closed"):
            await oco(client)

    play(test)


# --------------------------------------------------------------------------- what is refused before it is sent


@pytest.mark.parametrize(
    ("submit", "more", "says"),
    [
        (oco, {"above_client_order_id": "mine", "below_client_order_id": "mine"}, "must differ"),
        (oco, {"list_client_order_id": "mine", "below_client_order_id": "mine"}, "must differ"),
        (otoco, {"pending_below_type": None}, "pending_below_type must be one of"),
        (otoco, {"pending_below_type": "STOP"}, "pending_below_type must be LIMIT, MARKET"),
        (oto, {"pending_iceberg_qty": 0.01}, "float"),
        (oto, {"timeout": -1}, "timeout"),
    ],
)
def test_what_cannot_be_sent_is_told_at_once_and_nothing_is_sent(submit: Any, more: Any, says: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(UsageError, match=says):
            await submit(client, **more)
        assert not [each for each in requests(exchange) if "orderList" in each["method"]]

    play(test)


def test_a_misspelt_side_names_its_argument() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        side: Any = "SEL"
        with pytest.raises(UsageError, match="pending_side must be BUY or SELL, got 'SEL'"):
            await client.submit_oto(SYMBOL, "LIMIT", "BUY", "0.03", "LIMIT", side, "0.03")

    play(test)


def test_an_id_of_a_live_list_is_refused_and_one_of_the_past_is_not() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        first = await (await oco(client, list_client_order_id="mine", above_client_order_id="up")).accepted()
        with pytest.raises(UsageError, match="list id mine"):
            await oco(client, list_client_order_id="mine")
        with pytest.raises(UsageError, match="client order id up"):
            await oto(client, pending_client_order_id="up")
        await first.cancel()
        again = await (await oco(client, list_client_order_id="mine", above_client_order_id="up")).accepted()
        assert again.order_list_id != first.order_list_id
        assert again.legs["above"].order_id != first.legs["above"].order_id
        assert first.legs["above"].status is HandleStatus.CANCELED
        assert again.legs["above"].status is HandleStatus.NEW

    play(test)


def test_with_check_rules_a_list_that_a_filter_would_refuse_is_not_sent() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(RuleViolation, match=r"[Pp]rice"):
            await client.submit_oco(
                SYMBOL, "SELL", "0.03", "LIMIT_MAKER", "STOP_LOSS", above_price="70000.001", below_stop_price="50000"
            )

    play(test, check_rules=True)


@pytest.mark.parametrize("kind", ["oco", "oto", "opo", "otoco", "opoco"])
def test_submit_takes_what_place_takes(kind: str) -> None:
    """Only how much the reply tells is not left to the caller: handles ask for all of it."""
    place = dict(inspect.signature(getattr(SpotClient, f"place_{kind}")).parameters)
    submit = dict(inspect.signature(getattr(SpotClient, f"submit_{kind}")).parameters)
    place.pop("new_order_resp_type")
    assert list(place.values()) == list(submit.values())
    assert {"above_price" if kind == "oco" else "working_price", "timeout"} < place.keys()
