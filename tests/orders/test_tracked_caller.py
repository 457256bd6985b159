"""The fate of orders whose reply is lost, against the local exchange in virtual time, compared with its truth."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from binance_wsapi import (
    ConnectionLost,
    FilterFailed,
    NotFollowed,
    NotPlaced,
    Outcome,
    OutcomeUnknown,
    ReplyTimeout,
    Settings,
    SpotClient,
    UnreadableReply,
    UsageError,
    VenueFault,
)
from binance_wsapi.models import OrderResult
from binance_wsapi.orders.fate.fence import Evidence
from binance_wsapi.orders.fate.listeners import Named
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Drop, Refuse
from tests.simulation.house import (
    HMAC,
    KEY,
    SYMBOL,
    environment,
    exchange_and_client,
    frames_by_id,
    hearing_late,
    register,
    runtime,
)
from tests.simulation.loop import VirtualLoop, run

Test = Callable[[VirtualLoop, LocalExchange, SpotClient], Awaitable[None]]

BOUND = 5.0 + 10.0 + 6.0 + 5.0
"""Seconds: the fence with the venue's default recvWindow, and five for the questions."""


def play(test: Test, seed: int = 1, **options: Any) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, **options) as (exchange, client):
            await test(loop, exchange, client)
        await asyncio.sleep(1)

    run(main, seed)


async def buy(client: SpotClient, quantity: str = "0.01", **more: Any) -> Any:
    return await client.place_order(
        SYMBOL, "BUY", "LIMIT", quantity=quantity, price="60001", time_in_force="GTC", **more
    )


@pytest.mark.parametrize("key", [KEY, HMAC], ids=["ed25519", "hmac"])
def test_an_executed_order_whose_reply_is_cut_off_is_found(key: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        started = loop.time()
        with pytest.raises(ConnectionLost) as caught:
            await buy(client)
        assert loop.time() - started < 1.0
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.ACCEPTED
        (true,) = exchange.truth.orders[verdict.client_order_id]
        assert verdict.order.order_id == true.order_id
        assert loop.time() - started < 5.0
        assert frames_by_id(exchange)[verdict.client_order_id] == 1

    play(test, key=key)


def test_an_order_that_never_arrived_is_called_not_placed_after_the_fence_and_not_before() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        started = loop.time()
        with pytest.raises(ConnectionLost) as caught:
            await buy(client)
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.NOT_PLACED
        assert verdict.evidence is Evidence.FENCE
        assert 21.0 < loop.time() - started < BOUND
        assert not exchange.truth.orders[verdict.client_order_id]

    play(test)


@pytest.mark.parametrize("window", [1000, 60_000])
def test_the_fence_follows_the_window_of_the_request(window: int) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        started = loop.time()
        with pytest.raises(ConnectionLost) as caught:
            await buy(client, recv_window=window)
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.NOT_PLACED
        took = loop.time() - started
        assert 16.0 + window / 1000 < took < 21.0 + window / 1000

    play(test)


@pytest.mark.parametrize("window", ["soon", [5000]])
def test_a_window_that_is_no_number_is_refused_and_leaves_no_request_under_way(window: Any) -> None:
    async def test(_loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "0.01", "newClientOrderId": "again"}
        with pytest.raises(UsageError):
            await client.call("order.place", order | {"recvWindow": window})
        assert not exchange.truth.orders
        await client.call("order.place", order)
        assert not client._tracked.contested(Named("again", SYMBOL, None))

    play(test)


@pytest.mark.parametrize("late", [3.0, 9.9, 12.0])
def test_an_order_held_up_in_the_engine_is_found_when_it_executes(late: float) -> None:
    """It passed the second check and waits in front of the matching engine while the connection dies."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Delay(late, at="engine"), "order.place")
        with pytest.raises(OutcomeUnknown) as caught:
            await buy(client, timeout=1.0)
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.ACCEPTED
        assert len(exchange.truth.orders[verdict.client_order_id]) == 1

    play(test)


@pytest.mark.parametrize("held", [4.0, 30.0])
def test_an_order_held_up_in_front_of_the_second_check_is_judged_by_what_the_check_did(held: float) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Delay(held, at="queue"), "order.place")
        with pytest.raises(ReplyTimeout) as caught:
            await buy(client, timeout=1.0)
        verdict = await caught.value.resolve()
        placed = bool(exchange.truth.orders[caught.value.client_order_id or ""])
        assert placed is (held < 5.0)
        assert (verdict.outcome is Outcome.ACCEPTED) is placed
        await asyncio.sleep(60)
        assert bool(exchange.truth.orders[caught.value.client_order_id or ""]) is placed

    play(test)


def test_a_reply_that_comes_after_its_deadline_settles_the_fate() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Delay(1.5), "order.place")
        started = loop.time()
        with pytest.raises(ReplyTimeout) as caught:
            await buy(client, timeout=1.45)
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.ACCEPTED
        assert loop.time() - started < 2.0

    play(test)


def test_a_refusal_that_comes_after_its_deadline_settles_it_too() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Delay(1.0, at="queue"), "order.place")
        with pytest.raises(ReplyTimeout) as caught:
            await client.place_order(SYMBOL, "SELL", "LIMIT", quantity="100000", price="60000", time_in_force="GTC",
                                     timeout=0.5)  # fmt: skip
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.REJECTED
        assert isinstance(verdict.error, FilterFailed)

    play(test)


@pytest.mark.parametrize("code", [-1000, -1006, -1007])
@pytest.mark.parametrize("executed", [True, False])
def test_a_venue_that_says_it_does_not_know_is_asked(code: int, executed: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(504, code, "unknown", executed=executed), "order.place")
        with pytest.raises(VenueFault) as caught:
            await buy(client)
        verdict = await caught.value.resolve()
        assert (verdict.outcome is Outcome.ACCEPTED) is executed
        assert bool(exchange.truth.orders[verdict.client_order_id]) is executed

    play(test)


def test_a_caller_who_goes_away_does_not_stop_the_search() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "order.place")
        call = asyncio.ensure_future(buy(client))
        await asyncio.sleep(0.5)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert client._tracked.in_doubt == 1
        await asyncio.sleep(BOUND)
        assert client._tracked.in_doubt == 0

    play(test)


@pytest.mark.parametrize("executed", [True, False])
def test_a_cancel_whose_reply_is_lost_is_decided_the_same_way(executed: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        exchange.faults.next(Cut(after_execution=executed), "order.cancel")
        with pytest.raises(ConnectionLost) as caught:
            await client.cancel_order(SYMBOL, order_id=order.order_id)
        verdict = await caught.value.resolve()
        (true,) = exchange.truth.orders[order.client_order_id]
        assert true.is_open is not executed
        assert (verdict.outcome is Outcome.ACCEPTED) is executed

    play(test)


@pytest.mark.parametrize("executed", [True, False])
def test_an_order_list_is_decided_by_its_own_id(executed: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=executed), "orderList.place.oco")
        with pytest.raises(ConnectionLost) as caught:
            await client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
            )
        verdict = await caught.value.resolve()
        assert (verdict.outcome is Outcome.ACCEPTED) is executed
        assert len(exchange.truth.all_orders()) == (2 if executed else 0)

    play(test)


@pytest.mark.parametrize("executed", [True, False])
def test_cancelling_everything_is_decided_by_what_is_open_after_the_fence(executed: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        before = [await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="59000", time_in_force="GTC")
                  for _ in range(3)]  # fmt: skip
        exchange.faults.next(Cut(after_execution=executed), "openOrders.cancelAll")
        started = loop.time()
        with pytest.raises(ConnectionLost) as caught:
            await client.cancel_open_orders(SYMBOL)
        await asyncio.sleep(1)
        # What is placed after it is not its business, whether it is open at the fence or not.
        await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="59000", time_in_force="GTC")
        verdict = await caught.value.resolve()
        assert loop.time() - started < BOUND
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        assert [exchange.truth.orders[each.client_order_id][0].is_open for each in before] == [not executed] * 3
        assert exchange.truth.counters["openOrders.cancelAll"] <= 1

    play(test)


def test_waiting_for_the_verdict_returns_the_order_or_says_that_it_was_not_placed() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        order = await buy(client)
        (true,) = exchange.truth.orders[order.client_order_id]
        assert (order.order_id, order.status, order.executed_qty) == (
            true.order_id,
            true.status,
            true.executed_quantity,
        )
        exchange.faults.next(Cut(after_execution=False), "order.place")
        with pytest.raises(NotPlaced) as caught:
            await buy(client)
        assert not exchange.truth.orders[caught.value.client_order_id or ""]

    play(test, on_unknown="wait")


@pytest.mark.parametrize(
    "fault", [Cut(after_execution=True), Cut(after_execution=False), Delay(8.0, at="engine"), Drop()]
)
def test_cancelling_on_doubt_leaves_nothing_open(fault: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(fault, "order.place")
        try:
            order = await client.place_order(
                SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", timeout=1.0
            )
        except NotPlaced:
            assert not exchange.truth.all_orders()
        else:
            assert isinstance(order, OrderResult)
            assert order.status == "CANCELED"
        assert not any(true.is_open for true in exchange.truth.all_orders())

    play(test, on_unknown="cancel")


def test_an_execution_after_the_verdict_is_told_loudly() -> None:
    """The venue breaks its own word: it forwards an order long after its window. The watch list catches it."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with hearing_late(client) as heard:
            exchange.faults.next(Delay(100.0, at="engine"), "order.place")
            with pytest.raises(OutcomeUnknown) as caught:
                await buy(client)
            verdict = await caught.value.resolve()
            assert verdict.outcome is Outcome.NOT_PLACED
            await asyncio.sleep(120)
            assert [event.client_order_id for event in heard] == [verdict.client_order_id]

    play(test)


def test_a_verdict_is_reached_through_an_outage_and_a_clock_that_steps() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        with pytest.raises(ConnectionLost) as caught:
            await buy(client)
        loop.network.refuse = True
        await asyncio.sleep(90)
        exchange.clock.offset = -7.0
        loop.network.refuse = False
        back = loop.time()
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.NOT_PLACED
        assert loop.time() - back < 45.0  # a reconnect pause of up to thirty, and the questions

    play(test)


def test_a_hundred_doubts_at_once_are_all_decided_rightly() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        calls = [asyncio.ensure_future(buy(client)) for _ in range(40)]
        await asyncio.sleep(0.006)
        loop.network.live[-1].reset()
        results = await asyncio.gather(*calls, return_exceptions=True)
        unknown = [each for each in results if isinstance(each, OutcomeUnknown)]
        assert unknown
        verdicts = await asyncio.gather(*(each.resolve() for each in unknown))
        for verdict in verdicts:
            assert (verdict.outcome is Outcome.ACCEPTED) is bool(exchange.truth.orders[verdict.client_order_id])
        assert max(frames_by_id(exchange).values(), default=0) <= 1

    for seed in range(5):
        play(test, seed, settings=Settings(limit_policy="off"))


async def test_when_no_connection_can_be_had_the_venue_is_asked_over_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over real sockets: the exchange refuses every upgrade after the cut, and answers REST on the same port."""
    monkeypatch.setattr("binance_wsapi.orders.fate.lookups.ASK_TIMEOUT_S", 0.3)
    async with LocalExchange(seed=1, market="manual") as exchange:
        register(exchange)
        exchange.quote(SYMBOL, asks=[("60001", "5")])
        async with SpotClient.local(KEY, url=exchange.url) as client:
            exchange.faults.next(Cut(after_execution=True), "order.place")
            exchange.faults.refuse_connects(503, 1_000)
            with pytest.raises(ConnectionLost) as caught:
                await buy(client)
            verdict = await asyncio.wait_for(caught.value.resolve(), 10)
            assert verdict.outcome is Outcome.ACCEPTED
            (true,) = exchange.truth.orders[verdict.client_order_id]
            assert verdict.order.order_id == true.order_id
            assert exchange.truth.counters["connects"] == 1


@pytest.mark.parametrize("how", ["cancel", "cancel all", "replace", "amend", "cancel, its reply lost"])
def test_what_our_own_change_renamed_is_not_called_not_placed(how: str) -> None:
    """The user reacts to the doubt by a change of his own, and the venue finds nothing by a former id."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "order.place")
        placing = asyncio.create_task(
            client.place_order(SYMBOL, "BUY", "LIMIT", quantity="6", price="60001", time_in_force="GTC", timeout=0.3)
        )
        await asyncio.sleep(0.05)
        (name,) = frames_by_id(exchange)
        if how == "cancel all":
            await client.cancel_open_orders(SYMBOL)
        elif how == "replace":
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id=name, quantity="0.01",
                price="50000", time_in_force="GTC",
            )  # fmt: skip
        elif how == "amend":
            await client.amend_order(SYMBOL, new_qty="5.5", orig_client_order_id=name)
        elif how == "cancel":
            await client.cancel_order(SYMBOL, orig_client_order_id=name)
        else:
            exchange.faults.next(Drop(), "order.cancel")
            with pytest.raises(ReplyTimeout) as lost:
                await client.cancel_order(SYMBOL, orig_client_order_id=name, timeout=0.1)
            assert (await lost.value.resolve()).outcome is Outcome.ACCEPTED
        with pytest.raises(ReplyTimeout) as caught:
            await placing
        for _ in range(50):
            exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status")
        verdict = await caught.value.resolve()
        assert exchange.truth.orders[name][0].executed_quantity > 0
        assert verdict.outcome is Outcome.ACCEPTED
        assert verdict.evidence is (Evidence.QUERY if how.endswith("lost") else Evidence.REPLY)

    play(test)


@pytest.mark.parametrize("how", ["cancel", "cancel all", "amend", "by another client"])
def test_what_was_renamed_before_the_doubt_arose_is_not_called_not_placed(how: str) -> None:
    """A handle, or another consumer of the user data, knows of an order before its reply is given up."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        other = SpotClient(environment(exchange), KEY, runtime=runtime(loop))
        async with other, client.user_data():
            exchange.faults.next(Drop(), "order.place")
            placing = asyncio.create_task(
                client.place_order(
                    SYMBOL,
                    "BUY",
                    "LIMIT",
                    quantity="6",
                    price="60001",
                    time_in_force="GTC",
                    timeout=1.0,
                    new_client_order_id="mine",
                )
            )
            await asyncio.sleep(0.3)
            if how == "by another client":
                await other.cancel_order(SYMBOL, orig_client_order_id="mine")
            elif how == "cancel all":
                await client.cancel_open_orders(SYMBOL)
            elif how == "amend":
                await client.amend_order(SYMBOL, new_qty="5.5", orig_client_order_id="mine")
            else:
                await client.cancel_order(SYMBOL, orig_client_order_id="mine")
            for _ in range(50):
                exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status")
            with pytest.raises(ReplyTimeout) as caught:
                await placing
            verdict = await asyncio.wait_for(caught.value.resolve(), 0.1)
            (true,) = exchange.truth.orders["mine"]
            assert verdict.outcome is Outcome.ACCEPTED
            assert verdict.order.order_id == true.order_id
        assert not client._tracked._id_watch._under_way

    play(test)


def test_only_our_replies_tell_of_a_rename_without_a_subscription() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "order.place")
        placing = asyncio.create_task(buy(client, quantity="6", timeout=1.0))
        await asyncio.sleep(0.3)
        (name,) = frames_by_id(exchange)
        await client.cancel_order(SYMBOL, orig_client_order_id=name)
        for _ in range(50):
            exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status")
        with pytest.raises(ReplyTimeout) as caught:
            await placing
        verdict = await caught.value.resolve()
        assert (verdict.outcome, verdict.evidence) == (Outcome.ACCEPTED, Evidence.REPLY)

    play(test)


@pytest.mark.parametrize("fault", [Refuse(500, -1000, "?", executed=False), Cut(after_execution=False), Drop()])
def test_cancelling_what_is_in_doubt_goes_on_until_the_engine_has_answered(fault: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        for _ in range(4):
            exchange.faults.next(fault, "order.cancel")
        order = await client.place_order(
            SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", timeout=1
        )
        (true,) = exchange.truth.all_orders()
        assert not true.is_open
        assert order.status == "CANCELED"

    play(test, on_unknown="cancel")


def test_a_caller_who_goes_away_leaves_nothing_open_with_cancel() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "order.place")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        await asyncio.sleep(5)
        (true,) = exchange.truth.all_orders()
        assert not true.is_open

    play(test, on_unknown="cancel")


@pytest.mark.parametrize("on_unknown", ["raise", "wait", "cancel"])
def test_closing_the_client_cancels_no_caller_that_waits_for_a_verdict(on_unknown: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async def trade() -> None:
            with pytest.raises(OutcomeUnknown) as caught:
                await buy(client, timeout=1)
            with pytest.raises(NotFollowed):
                await caught.value.resolve()

        exchange.faults.silence("both")
        waiting = asyncio.create_task(trade())
        await asyncio.sleep(2)
        assert client._tracked.in_doubt
        await client.close()
        await asyncio.wait_for(waiting, 1)

    play(test, on_unknown=on_unknown)


def test_no_absence_counts_while_a_change_of_our_own_may_have_taken_the_id() -> None:
    """The cancel's reply takes longer than the fence: only it can tell that the order was there."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "order.place")
        exchange.faults.lose_events(count=20)
        for _ in range(100):
            exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status")
        with pytest.raises(ReplyTimeout) as caught:
            await client.place_order(
                SYMBOL,
                "BUY",
                "LIMIT",
                quantity="0.01",
                price="50000",
                time_in_force="GTC",
                timeout=0.5,
                recv_window=1000,
            )
        name = caught.value.client_order_id
        await asyncio.sleep(2)  # the connection that lost the reply is replaced
        exchange.faults.next(Delay(18.0), "order.cancel")
        await client.cancel_order(SYMBOL, orig_client_order_id=name, timeout=60)
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.ACCEPTED
        assert verdict.evidence is Evidence.REPLY

    play(test)


def test_an_older_order_with_the_same_id_is_no_evidence() -> None:
    """The user's own id, used a second time while the first order is open: the venue refuses it, and the reply is lost."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        first = await client.place_order(
            SYMBOL, "BUY", "LIMIT", quantity="0.01", price="59995", time_in_force="GTC", new_client_order_id="mine"
        )
        await asyncio.sleep(60)
        exchange.faults.next(Drop(), "order.place")
        with pytest.raises(OutcomeUnknown) as caught:
            await client.place_order(
                SYMBOL, "SELL", "LIMIT", quantity="0.01", price="70000", time_in_force="GTC",
                new_client_order_id="mine", timeout=1,
            )  # fmt: skip
        await asyncio.sleep(1)
        exchange.quote(SYMBOL, asks=[("59990", "5")])  # the first is filled, and its event bears the id
        verdict = await caught.value.resolve()
        (true,) = exchange.truth.all_orders()
        assert true.order_id == first.order_id
        assert not true.is_open
        assert verdict.outcome is Outcome.NOT_PLACED

    play(test)


def test_the_times_of_an_event_that_settles_a_doubt_are_in_the_unit_of_the_connection() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.user_data():
            exchange.faults.next(Delay(3.0, at="engine"), "order.place")
            for _ in range(20):
                exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status")
            with pytest.raises(ReplyTimeout) as caught:
                await buy(client, timeout=1)
            loop.network.live[0].reset()
            verdict = await caught.value.resolve()
        assert verdict.evidence is Evidence.EVENT
        assert verdict.order.transact_time.datetime.year == 2026

    play(test, settings=Settings(time_unit="microsecond"))  # type: ignore[arg-type]


@pytest.mark.parametrize("executed", [True, False], ids=["executed", "never"])
def test_a_success_that_holds_an_error_is_a_doubt(executed: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(200, -2010, "Account has insufficient balance.", executed=executed), "order.place")
        with pytest.raises(UnreadableReply) as caught:
            await buy(client)
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)
