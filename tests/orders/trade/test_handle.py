"""The live handle against the local exchange in virtual time, compared with its truth."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import (
    ConnectFailed,
    Ed25519Key,
    FilterFailed,
    HandleEvent,
    HandleEventKind,
    HandleSource,
    HandleStatus,
    MemoryJournal,
    NotConnected,
    NotFilled,
    NotFollowed,
    NotPlaced,
    NotSent,
    OrderHandle,
    OrderRejected,
    SpotClient,
    UsageError,
)
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Double, Drop, Refuse
from tests.orders.trade.handles import FENCE, agree, kinds, play, resting, sell_to, status_of, taking
from tests.simulation.house import HMAC, KEY, SYMBOL, exchange_and_client, frames_by_id, requests
from tests.simulation.loop import VirtualLoop, run

# --------------------------------------------------------------------------- the way it should go


@pytest.mark.parametrize("key", [KEY, HMAC], ids=["ed25519", "hmac"])
def test_a_handle_is_there_before_the_order_is_sent_and_true_when_it_is_filled(key: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        before = loop.time()
        trade = await taking(client)
        assert loop.time() == before
        assert status_of(trade) is HandleStatus.SENDING
        assert trade.order_id is None
        assert await trade.filled() is trade
        agree(exchange, trade)
        assert await trade.done() is await trade.accepted() is trade
        assert trade.error is None
        assert frames_by_id(exchange)[trade.client_order_id] == 1
        assert requests(exchange, "order.place")[0]["params"]["newOrderRespType"] == "FULL"
        assert kinds(trade)[:2] == [HandleEventKind.SENT, HandleEventKind.ACCEPTED]
        assert kinds(trade)[-1] is HandleEventKind.ENDED

    play(test, key=key)


@pytest.mark.parametrize("resp_type", ["ACK", "RESULT", "FULL", None])
@pytest.mark.parametrize("kind", ["MARKET", "LIMIT"])
def test_however_little_the_reply_tells_the_fills_are_known(resp_type: Any, kind: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        more: Any = {"price": "60010", "time_in_force": "GTC"} if kind == "LIMIT" else {}
        trade = await client.submit_order(SYMBOL, "BUY", kind, quantity="7", new_order_resp_type=resp_type, **more)
        started = loop.time()
        await trade.filled()
        assert loop.time() - started < 1.0
        assert len(trade.fills) == 2
        agree(exchange, trade)

    play(test)


def test_the_stream_is_subscribed_before_the_first_order_so_that_even_its_events_are_heard() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="1", new_order_resp_type="ACK")
        await asyncio.wait_for(trade.filled(), 3)
        agree(exchange, trade)

    play(test, exchange=LocalExchange(seed=3, market="manual", lag=(0.5, 0.5)))


def test_more_fills_than_the_venue_tells_at_once_are_asked_for_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binance_wsapi.orders.trade.audits.TRADES_PER_PAGE", 2)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.quote(SYMBOL, asks=[(str(60001 + step), "1") for step in range(5)])
        exchange.faults.lose_events("executionReport", count=10)
        trade = await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="5", new_order_resp_type="RESULT")
        await trade.filled()
        assert len(trade.fills) == 5
        agree(exchange, trade)

    play(test)


def test_an_order_by_quote_quantity_is_followed_too() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await client.submit_order(SYMBOL, "BUY", "MARKET", quote_order_qty="600")
        await trade.done()
        agree(exchange, trade)

    play(test)


def test_partial_fills_come_as_events_and_end_the_wait_when_the_last_is_there() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        waiting = asyncio.ensure_future(trade.filled())
        await trade.accepted()
        assert status_of(trade) is HandleStatus.NEW
        for part in ("0.01", "0.015"):
            sell_to(exchange, part)
            await asyncio.sleep(0.5)
            assert status_of(trade) == "PARTIALLY_FILLED"
            assert not waiting.done()
            agree(exchange, trade)
        sell_to(exchange, "1")
        await waiting
        agree(exchange, trade)
        assert [event.fill.quantity for event in trade.log if event.fill] == [
            Decimal("0.01"), Decimal("0.015"), Decimal("0.005")
        ]  # fmt: skip
        assert all(event.source is HandleSource.EVENT for event in trade.log if event.fill)

    play(test)


def test_a_late_iterator_hears_everything_from_the_beginning() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        heard: list[HandleEvent] = []

        async def listen() -> None:
            async for event in trade.events():
                heard.append(event)

        early = asyncio.ensure_future(listen())
        await trade.accepted()
        sell_to(exchange, "0.01")
        await asyncio.sleep(1)
        sell_to(exchange, "0.02")
        await asyncio.wait_for(early, 5)
        assert heard == trade.log == [event async for event in trade.events()]
        assert len(heard) == 5  # sent, accepted, two fills, ended

    play(test)


# --------------------------------------------------------------------------- any order of arrival


def test_an_event_that_overtakes_the_reply_is_believed() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await taking(client)).filled()  # the stream is subscribed now
        exchange.faults.next(Delay(2.0), "order.place")
        trade = await taking(client)
        started = loop.time()
        await trade.filled()
        assert loop.time() - started < 1.0
        assert {event.source for event in trade.log[1:]} == {HandleSource.EVENT}
        log = trade.log
        await asyncio.sleep(5)
        assert trade.log == log  # the reply had nothing new to tell
        agree(exchange, trade)

    play(test)


def test_an_event_that_names_only_the_old_id_is_of_the_order_too() -> None:
    """Neither the reply nor the first event came; the order is cancelled elsewhere, which renames it."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await taking(client)).filled()
        exchange.faults.next(Delay(5.0), "order.place")
        exchange.faults.lose_events("executionReport")
        trade = await resting(client)
        await asyncio.sleep(0.5)
        assert trade.order_id is None
        await client.cancel_open_orders(SYMBOL)
        await asyncio.wait_for(trade.done(), 1)
        agree(exchange, trade)
        assert trade.log[1].source is HandleSource.EVENT

    play(test)


def test_what_happens_before_the_stream_is_subscribed_is_found_out() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Delay(3.0, at="queue"), "userDataStream.subscribe")
        trade = await resting(client)
        await trade.accepted()
        sell_to(exchange, "1")
        await asyncio.sleep(1)
        assert status_of(trade) is HandleStatus.NEW
        await asyncio.wait_for(trade.filled(), 5)
        agree(exchange, trade)

    play(test)


def test_a_reply_that_comes_twice_is_learned_once() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Double(), "order.place")
        trade = await taking(client)
        await trade.filled()
        await asyncio.sleep(1)
        agree(exchange, trade)
        assert kinds(trade).count(HandleEventKind.FILL) == 1

    play(test)


@pytest.mark.parametrize("fault", [Cut(after_execution=True), Drop(), Delay(8.0, at="engine"),
                                   Refuse(504, -1007, "unknown", executed=True)])  # fmt: skip
@pytest.mark.parametrize("mode", ["raise", "wait"])
def test_an_order_whose_reply_is_lost_is_found_by_the_handle_itself(fault: Any, mode: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(fault, "order.place")
        trade = await taking(client, timeout=1.0)
        await trade.filled()
        agree(exchange, trade)
        assert frames_by_id(exchange)[trade.client_order_id] == 1

    play(test, on_unknown=mode)


@pytest.mark.parametrize("mode", ["raise", "wait", "cancel"])
def test_an_order_cut_off_before_it_arrived_is_in_doubt_and_then_not_placed(mode: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        trade = await taking(client)
        waiting = asyncio.ensure_future(trade.accepted())
        started = loop.time()
        await asyncio.sleep(5)
        assert status_of(trade) is HandleStatus.IN_DOUBT
        assert not waiting.done()
        for wait in (lambda: waiting, trade.filled):
            with pytest.raises(NotPlaced) as caught:
                await wait()
            assert caught.value.client_order_id == trade.client_order_id
        assert 21.0 < loop.time() - started < FENCE
        assert await trade.done() is trade
        assert status_of(trade) == "NOT_PLACED"
        assert isinstance(trade.error, NotPlaced)
        assert kinds(trade) == [HandleEventKind.SENT, HandleEventKind.IN_DOUBT, HandleEventKind.REFUSED]
        assert not exchange.truth.orders[trade.client_order_id]

    play(test, on_unknown=mode)


def test_in_doubt_and_cancelled_by_the_client_the_handle_says_cancelled() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        trade = await resting(client)
        with pytest.raises(NotFilled) as caught:
            await trade.filled()
        assert caught.value.status == "CANCELED"
        agree(exchange, trade)

    play(test, on_unknown="cancel")


def test_an_order_that_was_called_not_placed_and_turns_up_is_followed_to_its_end() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await taking(client)).filled()
        exchange.faults.next(Delay(100.0, at="engine"), "order.place")
        trade = await resting(client)
        await trade.done()
        assert status_of(trade) == "NOT_PLACED"
        await asyncio.sleep(100)
        assert status_of(trade) == "NEW"
        assert trade.error is None
        await asyncio.sleep(20)
        exchange.faults.lose_events("executionReport")
        sell_to(exchange, "1")
        await asyncio.wait_for(trade.filled(), 65)
        agree(exchange, trade)

    play(test)


def test_a_refused_order_raises_the_refusal_and_is_done() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        crossing = await client.submit_order(SYMBOL, "BUY", "LIMIT_MAKER", quantity="1", price="60001")
        small = await client.submit_order(
            SYMBOL, "BUY", "LIMIT", quantity="0.0000001", price="60000", time_in_force="GTC"
        )
        for _ in range(2):
            with pytest.raises(OrderRejected):
                await crossing.accepted()
            with pytest.raises(FilterFailed):
                await small.filled()
        assert await crossing.done() is crossing
        assert isinstance(crossing.error, OrderRejected)
        assert crossing.status is HandleStatus.REJECTED
        assert crossing.order_id is None
        assert not crossing.fills
        assert [status async for status in crossing.events()] == crossing.log

    play(test)


# --------------------------------------------------------------------------- what is wrong before it is sent


def test_what_cannot_be_sent_is_refused_at_once() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(UsageError, match="float"):
            await client.submit_order(SYMBOL, "BUY", "MARKET", quantity=0.01)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="side"):
            await client.submit_order(SYMBOL, "buy", "MARKET", quantity="1")
        with pytest.raises(UsageError, match="timeout"):
            await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="1", timeout=0)
        trade = await resting(client, new_client_order_id="mine")
        assert trade.client_order_id == "mine"
        with pytest.raises(UsageError, match="mine"):
            await resting(client, new_client_order_id="mine")
        await trade.cancel()
        again = await resting(client, new_client_order_id="mine")
        assert await again.cancel() is HandleStatus.CANCELED
        assert again.order_id != trade.order_id

    play(test)


def test_a_client_without_a_key_has_no_handles() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(UsageError, match="key"):
            await taking(client)

    play(test, key=None)


def test_a_duplicate_of_an_order_that_is_not_the_handles_is_refused_and_not_mixed_up() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await (await taking(client)).filled()
        other = await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.03", price="60000", time_in_force="GTC")
        await asyncio.sleep(5)
        exchange.faults.next(Delay(1.0), "order.place")
        trade = await resting(client, new_client_order_id=other.client_order_id)
        sell_to(exchange, "0.01")  # an event of the other order, before this one is refused
        await asyncio.sleep(0.5)
        assert trade.order_id is None
        with pytest.raises(OrderRejected, match="Duplicate"):
            await trade.accepted()
        assert trade.executed_quantity == 0

    play(test)


def test_an_order_that_finds_no_connection_says_that_it_was_not_sent() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        loop.network.refuse = True
        exchange.faults.cut_all()
        await asyncio.sleep(1)
        trade = await taking(client, timeout=2.0)
        with pytest.raises(NotSent):
            await trade.accepted()
        assert status_of(trade) is HandleStatus.NOT_SENT
        assert await trade.cancel() is HandleStatus.NOT_SENT
        assert await trade.done() is trade

    play(test)


def test_a_handle_works_with_a_journal_which_knows_the_order_before_it_is_sent() -> None:
    journal = MemoryJournal()

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await taking(client)
        await trade.filled()
        agree(exchange, trade)
        assert journal.open_intents() == []
        exchange.faults.next(Cut(after_execution=True), "order.place")
        doubtful = await taking(client)
        await asyncio.sleep(0.05)
        assert [intent.client_order_id for intent in journal.open_intents()] == [doubtful.client_order_id]
        await doubtful.filled()
        await asyncio.sleep(5)
        assert journal.open_intents() == []

    play(test, journal=journal)


# --------------------------------------------------------------------------- the end


def test_nonsense_of_the_venue_ends_the_wait_and_says_so() -> None:
    """A mistake while an order is followed must not leave a caller waiting for ever."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()

        async def broken(*_: Any) -> Any:
            raise ZeroDivisionError

        client._trades._audits.ask = broken  # type: ignore[method-assign,assignment]
        with pytest.raises(NotFollowed, match="ZeroDivisionError"):
            await trade.filled()

    play(test)


def test_closing_the_client_ends_every_wait_with_a_clear_error() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            trade, done = await resting(client), await taking(client)
            await trade.accepted()
            await done.filled()
            exchange.faults.next(Delay(4.0, at="queue"), "order.place")
            doubtful = await resting(client)
            exchange.faults.next(Delay(4.0, at="queue"), "order.cancel")
            waits: list[Awaitable[Any]] = [
                trade.filled(), trade.done(), trade.cancel(), anext(aiter_of(trade)),
                doubtful.accepted(), doubtful.filled(), doubtful.amend(new_quantity="0.01"),
            ]  # fmt: skip
            tasks = [asyncio.ensure_future(each) for each in waits]
            await asyncio.sleep(1)
            started = loop.time()
            await client.close()
            assert loop.time() - started < 3.0
            results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 1)
            assert [type(each) for each in results] == [NotFollowed] * len(tasks)
            assert {getattr(each, "client_order_id", None) for each in results} == {
                trade.client_order_id,
                doubtful.client_order_id,
            }
            with pytest.raises(NotFollowed):
                await trade.filled()
            with pytest.raises(NotConnected):
                await trade.cancel()
            assert await done.filled() is done
            with pytest.raises(NotConnected):
                await taking(client)

    def aiter_of(trade: OrderHandle) -> Any:
        async def beyond() -> Any:
            async for event in trade.events():
                if event.status.is_final:
                    yield event

        return beyond()

    run(main, 1)


def test_an_order_the_client_is_closed_over_before_it_was_sent_is_not_sent() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            trade = await taking(client)
            await client.close()
            assert status_of(trade) is HandleStatus.NOT_SENT
            with pytest.raises(NotConnected):
                await trade.accepted()
            await asyncio.sleep(1)
            assert not exchange.truth.all_orders()

    run(main, 1)


def test_a_client_that_never_connected_has_no_handles() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            stranger = SpotClient(client._session.environment, KEY)
            with pytest.raises((UsageError, NotConnected, ConnectFailed)):
                await taking(stranger)

    run(main, 1)


def test_a_handle_speaks_with_the_key_that_signed_its_order() -> None:
    """Another key logs on meanwhile: the order is still cancelled, amended and asked about as its own account's."""
    other = Ed25519Key.generate(api_key="carol" + "0" * 59)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.register_key(other.api_key, "ed25519", public_pem=other.public_pem(), account="carol")
        trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.05", price="50000", time_in_force="GTC")
        await trade.accepted()
        await client.session_logon(key=other)
        exchange.faults.lose_events(count=50)
        assert await trade.amend(new_quantity="0.02") == Decimal("0.02")
        assert await asyncio.wait_for(trade.cancel(), 30) == "CANCELED"
        (true,) = exchange.truth.all_orders()
        assert not true.is_open

    play(test)


@pytest.mark.parametrize("whose", ["an order", "a list", "the client"])
def test_a_wait_for_an_event_that_timed_out_ends_no_iterator(whose: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        handle = await resting(client)
        events: Any
        if whose == "the client":
            events = client.events()
        elif whose == "an order":
            events = handle.events()
        else:
            listed = await client.submit_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
            )
            await listed.accepted()
            events = listed.events()

        async def until_silent() -> int:
            for seen in range(100):
                try:
                    await asyncio.wait_for(anext(events), 2.0)
                except TimeoutError:
                    return seen
            raise AssertionError("it is never silent")

        await until_silent()
        assert await until_silent() == 0
        if whose == "the client":
            client.rotate()
            assert await until_silent() > 0
        else:
            await client.cancel_open_orders(SYMBOL)
            assert len([event async for event in events]) > 0
        await events.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(events)

    play(test)


def test_an_iterator_of_the_client_that_was_dropped_keeps_no_queue() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(client.events()), 0.1)
        await asyncio.sleep(1)  # the loop lets go of the last timer
        gc.collect()
        assert len(client._session._lifecycle._queues) == 0

    play(test)
