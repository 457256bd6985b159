"""What is taken for an order of ours, or for its absence, and is not: other accounts, other symbols, refused questions."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi import (
    HmacKey,
    MemoryJournal,
    NotFollowed,
    NotSent,
    Outcome,
    OutcomeUnknown,
    SpotClient,
    UsageError,
    VenueError,
)
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import UnreadableReply
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Moment
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.listeners import FateListener, FateRank
from binance_wsapi.orders.fate.unresolved import LiveId, UnderWay, Unresolved
from binance_wsapi.orders.ids.identity import Reading
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Drop, Refuse
from binance_wsapi.wire.order_calls import Sight
from tests.orders.test_tracked_caller import BOUND, buy, play
from tests.simulation.house import HMAC, KEY, SYMBOL, environment, exchange_and_client, frames_by_id, runtime
from tests.simulation.loop import VirtualLoop, run

REST: dict[str, Any] = {"quantity": "0.01", "price": "50000", "time_in_force": "GTC"}
BOB = HmacKey("b" * 64, "t" * 64)
ALSO_MINE = {"side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "2500", "timeInForce": "GTC",
             "newClientOrderId": "mine"}  # fmt: skip
ARCHIVED = "Order was canceled or expired with no executed qty over 90 days ago and has been archived."


async def lose(client: SpotClient, exchange: LocalExchange, fault: Any, **more: Any) -> OutcomeUnknown:
    """Place an order whose reply is lost."""
    exchange.faults.next(fault, "order.place")
    with pytest.raises(OutcomeUnknown) as caught:
        await client.place_order(SYMBOL, "BUY", "LIMIT", **{**REST, **more})
    return caught.value


# --------------------------------------------------------------------------- an id is one of an account and a symbol


@pytest.mark.parametrize("how", ["an event", "a question", "a cancel"])
def test_an_order_of_another_account_with_the_same_id_is_no_evidence(how: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.register_key(BOB.api_key, "hmac", secret="t" * 64, account="bob")
        exchange.deposit("bob", "USDT", 10_000)
        async with client.user_data(), client.user_data(BOB):
            if how != "an event":
                exchange.faults.lose_events(count=100)
            unknown = await lose(client, exchange, Cut(after_execution=False), new_client_order_id="mine")
            await client.call("order.place", {**ALSO_MINE, "symbol": SYMBOL}, key=BOB)
            if how == "a question":
                await client.call("openOrders.status", {"symbol": SYMBOL}, key=BOB)
            elif how == "a cancel":
                await client.call("order.cancel", {"symbol": SYMBOL, "origClientOrderId": "mine"}, key=BOB)
            verdict = await asyncio.wait_for(unknown.resolve(), BOUND)
        assert verdict.outcome is Outcome.NOT_PLACED

    play(test)


def test_an_order_on_another_symbol_with_the_same_id_is_no_evidence() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.quote("ETHUSDT", bids=[("2999.00", "5")], asks=[("3001.00", "5")])
        async with client.user_data():
            unknown = await lose(client, exchange, Cut(after_execution=False), new_client_order_id="mine")
            await client.call("order.place", {**ALSO_MINE, "symbol": "ETHUSDT"})
            await client.open_orders("ETHUSDT")
            verdict = await asyncio.wait_for(unknown.resolve(), BOUND)
        assert verdict.outcome is Outcome.NOT_PLACED

    play(test)


@pytest.mark.parametrize("on_unknown", ["raise", "cancel"])
def test_an_order_is_asked_about_for_the_account_that_sent_it_also_after_another_logon(on_unknown: Any) -> None:
    other = type(KEY).generate(api_key="o" * 64)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.register_key(other.api_key, "ed25519", public_pem=other.public_pem(), account="bob")
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Cut(after_execution=True), "order.place")
        lag = Refuse(400, -2013, "Order does not exist.", executed=False)
        exchange.faults.next(lag, "order.status", 2)
        if on_unknown == "cancel":
            exchange.faults.next(Refuse(503, -1008, "Spot server is overloaded", executed=False), "order.cancel")
        call = asyncio.ensure_future(client.place_order(SYMBOL, "BUY", "LIMIT", **REST))
        await asyncio.sleep(0.02)
        await client.session_logon(key=other)
        if on_unknown == "cancel":
            await call
            assert not any(order.is_open for order in exchange.truth.all_orders())
            return
        with pytest.raises(OutcomeUnknown) as caught:
            await call
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert verdict.outcome is Outcome.ACCEPTED

    play(test, on_unknown=on_unknown)


# --------------------------------------------------------------------------- what a refused question says


@pytest.mark.parametrize(
    "refusal",
    [
        Refuse(400, -1100, "Illegal characters found in parameter 'origClientOrderId'; legal range is '^[a-z]$'.", executed=False),
        Refuse(400, -1100, "Illegal characters found in parameter 'recvWindow'; legal range is '^[0-9]$'.", executed=False),
        Refuse(400, -1100, "Illegal characters found in a parameter.", executed=False),
    ],
    ids=["the id", "the window", "not said"],
)  # fmt: skip
def test_a_question_refused_for_what_the_order_may_not_have_had_says_nothing(refusal: Refuse) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=50)
        exchange.faults.next(refusal, "order.status", 10)
        unknown = await lose(client, exchange, Cut(after_execution=True), new_client_order_id="desk/7:a.b")
        verdict = await asyncio.wait_for(unknown.resolve(), 120)
        assert verdict.outcome is Outcome.ACCEPTED

    play(test)


@pytest.mark.parametrize(
    "wrong",
    [{"symbol": ""}, {"symbol": "BTC/USDT"}, {"newClientOrderId": "my order"}, {"newClientOrderId": "x" * 37}],
    ids=["no symbol", "a symbol that is none", "an id that is none", "an id too long"],
)
def test_an_order_refused_for_its_symbol_or_its_id_is_called_not_placed(wrong: dict[str, str]) -> None:
    """The question about it is refused, too, and for ever."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        with pytest.raises(OutcomeUnknown) as caught:
            await client.call("order.place", {**ALSO_MINE, "symbol": SYMBOL, "newClientOrderId": "mine", **wrong})
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert verdict.outcome is Outcome.NOT_PLACED
        assert not exchange.truth.all_orders()

    play(test)


def test_an_empty_id_is_no_id() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        unknown = await lose(client, exchange, Cut(after_execution=True), new_client_order_id="")
        (name,) = frames_by_id(exchange)
        assert len(name) == 22
        assert (await unknown.resolve()).outcome is Outcome.ACCEPTED

    play(test)


def test_an_archived_order_is_an_older_one_with_the_same_id() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(400, -2026, ARCHIVED, executed=False), "order.status", 100)
        unknown = await lose(client, exchange, Cut(after_execution=False), new_client_order_id="mine")
        verdict = await asyncio.wait_for(unknown.resolve(), BOUND)
        assert verdict.outcome is Outcome.NOT_PLACED

    play(test)


@pytest.mark.parametrize("days", [1, 91])
def test_an_archived_order_is_the_order_that_a_journal_was_left_with_for_so_long(days: int) -> None:
    async def main(loop: VirtualLoop) -> None:
        journal = MemoryJournal()
        async with exchange_and_client(loop, journal=journal) as (exchange, client):
            await lose(client, exchange, Cut(after_execution=days == 91))
            await client.close()
            await asyncio.sleep(days * 24 * 3600)
            exchange.faults.next(Refuse(400, -2026, ARCHIVED, executed=False), "order.status", 100)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as again:
                (verdict,) = await asyncio.wait_for(again.recover(), 200)
            # No older order can have had an id that was made here, and no younger one is archived: the venue is wrong.
            assert verdict.outcome is (Outcome.ACCEPTED if days == 91 else Outcome.UNDECIDED)

    run(main)


def test_after_a_crash_the_timestamp_may_have_been_a_second_ahead() -> None:
    """The venue takes one that is; the process that made it is known to have ended, and no more."""

    async def main(loop: VirtualLoop) -> None:
        journal = MemoryJournal()
        record = Intent(
            "mine", "order.place", SYMBOL, ("mine",), {"symbol": SYMBOL, "newClientOrderId": "mine"}, 0, 5_000
        )
        journal.record(record)
        async with exchange_and_client(loop, journal=journal) as (_, client):
            begun = client.now_ms()
            (verdict,) = await client.recover()
            fence = 1_000 + 5_000 + 10_000 + 6_000
            assert verdict.at_ms - begun >= fence + 1_000  # and the second question a second later

    run(main)


def test_what_is_open_says_nothing_of_a_cancel_of_everything_while_the_clock_is_not_known() -> None:
    """Whether an order is older than the request is judged by its time."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "openOrders.cancelAll")
        with pytest.raises(OutcomeUnknown) as caught:
            await client.cancel_open_orders(SYMBOL)
        await asyncio.sleep(1)
        await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(Drop(), "time", 100)
        client._session.clock.reset()
        await asyncio.sleep(150)
        exchange.faults.clear()
        verdict = await asyncio.wait_for(caught.value.resolve(), 200)
        assert verdict.outcome is Outcome.ACCEPTED

    play(test)


# --------------------------------------------------------------------------- cancelling what is in doubt


class Service:
    """A key in a service that can be away."""

    api_key = HMAC.api_key
    can_log_on = False
    works = True

    def sign(self, payload: bytes) -> str:
        if not self.works and b"newOrderRespType" not in payload and b"rderId" in payload:
            raise RuntimeError("the service is away")
        return HMAC.sign(payload)


def test_a_signer_that_fails_for_a_while_does_not_leave_an_order_open_with_cancel() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        call = asyncio.ensure_future(client.place_order(SYMBOL, "BUY", "LIMIT", new_order_resp_type="FULL", **REST))
        await asyncio.sleep(0.004)
        key.works = False
        await asyncio.sleep(3)
        key.works = True
        await asyncio.wait_for(call, 30)
        assert not any(order.is_open for order in exchange.truth.all_orders())

    key = Service()
    play(test, key=key, on_unknown="cancel")


@pytest.mark.parametrize("times", [4, 100])
def test_a_cancel_that_is_refused_while_the_order_is_open_is_tried_again_and_then_told(
    times: int, caplog: pytest.LogCaptureFixture
) -> None:
    """-2011 has many words: only "Unknown order sent." says that nothing is open."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        exchange.faults.next(Refuse(400, -2011, "Market is closed.", executed=False), "order.cancel", times)
        placing = client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        if times == 4:
            await asyncio.wait_for(placing, 60)
            assert not any(order.is_open for order in exchange.truth.all_orders())
            return
        with caplog.at_level(logging.CRITICAL), pytest.raises(OutcomeUnknown):
            await asyncio.wait_for(placing, 120)
        assert "may be open and cannot be cancelled" in caplog.text

    play(test, on_unknown="cancel")


# --------------------------------------------------------------------------- what an error says of whose it is


def test_a_refusal_that_comes_late_says_whose_it_is() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Delay(3.0), "order.place")
        with pytest.raises(VenueError) as caught:
            await buy(client, quantity="0.0000001", timeout=1, new_client_order_id="mine")
        error = caught.value
        assert error.method == "order.place"
        assert error.client_order_id == "mine"
        assert error.request_id is not None

    play(test, on_unknown="wait")


def test_who_waits_for_a_verdict_when_the_client_is_closed_is_told_of_which_order() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        unknown = await lose(client, exchange, Cut(after_execution=True), new_client_order_id="mine")
        waiting = asyncio.ensure_future(unknown.resolve())
        await asyncio.sleep(0.001)
        await client.close()
        with pytest.raises(NotFollowed) as caught:
            await waiting
        assert caught.value.method == "order.place"
        assert caught.value.client_order_id == "mine"
        assert caught.value.request_id == unknown.request_id

    play(test)


def test_a_handle_that_cannot_be_had_says_of_which_order_and_takes_no_id() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for _ in range(3):
            with pytest.raises(UsageError) as caught:
                await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity=0.01, price="1")  # type: ignore[arg-type]
            assert caught.value.method == "order.place"
        assert not client._tracked._fresh

    play(test)


def test_asking_what_was_left_open_too_early_does_no_harm() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, _):
            client = SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=MemoryJournal())
            with pytest.raises(UsageError):
                await client.recover()
            async with client:
                assert await client.recover() == []
                await buy(client)

    run(main)


def test_a_journal_that_fails_says_of_which_order() -> None:
    class Full(MemoryJournal):
        def record(self, intent: Intent) -> None:
            raise JournalFailed("no space left on device")

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(NotSent) as caught:
            await buy(client, new_client_order_id="mine")
        assert caught.value.method == "order.place"
        assert caught.value.client_order_id == "mine"

    play(test, journal=Full())


@pytest.mark.parametrize("result", [b'{"code": "x"}', b'[{"code": 1}]', b'"code"'])
def test_a_reference_price_that_is_none_is_an_unreadable_reply(result: bytes) -> None:
    with pytest.raises(UnreadableReply):
        SpotClient.REFERENCE_PRICE.decode(result)


# --------------------------------------------------------------------------- the parts of the watch


def test_only_what_may_be_of_the_request_and_has_a_number_is_asked_about_by_number() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        watch = client._tracked._id_watch
        token = Token("mine", SYMBOL, fresh=False, since_ms=1e9, wanted={"side": "BUY"})
        doubt = Doubt(token, 0, 5_000, Moment(0, 0), 0.0)
        intent = Unresolved(client.PLACE_ORDER, {}, [doubt], 0, None)
        may_be = Sight(None, SYMBOL, "mine", None, 7, status="NEW", terms={"side": "BUY"})
        another = replace(may_be, number=8, terms={"side": "SELL"})
        nameless = replace(may_be, number=None)
        watch._judge(intent, doubt, [another, nameless, may_be], Evidence.EVENT)
        assert doubt.candidates == {7}
        watch._judge(intent, doubt, [replace(may_be, number=number) for number in range(10, 20)], Evidence.EVENT)
        assert doubt.candidates == {7, 10, 11, 12}
        assert doubt.verdict is None

    play(test)


def test_a_late_reply_settles_also_what_bears_no_id() -> None:
    """A cancel of everything is proven by its own reply, and by no order that is shown."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(Delay(3.0), "openOrders.cancelAll")
        with pytest.raises(OutcomeUnknown) as caught:
            await client.cancel_open_orders(SYMBOL, timeout=1)
        verdict = await asyncio.wait_for(caught.value.resolve(), 3)
        assert (verdict.outcome, verdict.evidence) == (Outcome.ACCEPTED, Evidence.REPLY)

    play(test)


def test_an_event_of_a_list_tells_the_ids_of_its_orders() -> None:
    """The reply to a cancel of a list and the reports of its orders are lost: the list's own event names the new id."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.user_data():
            oco = await client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
            )
            exchange.faults.next(Drop(executed=False), "orderList.cancel")
            with pytest.raises(OutcomeUnknown) as caught:
                await client.cancel_order_list(SYMBOL, order_list_id=oco.order_list_id, timeout=1)
            renamed = {
                "e": "listStatus", "E": 1, "s": SYMBOL, "g": oco.order_list_id, "c": "OCO", "l": "ALL_DONE",
                "L": "ALL_DONE", "r": "NONE", "C": oco.list_client_order_id, "T": 1,
                "O": [{"s": SYMBOL, "i": leg.order_id, "c": caught.value.client_order_id} for leg in oco.orders],
            }  # fmt: skip
            home = client._session.connections.home
            assert home is not None
            client._tracked._id_watch.on_event(home, None, json.dumps(renamed).encode())
            verdict = await asyncio.wait_for(caught.value.resolve(), 1)
        assert (verdict.outcome, verdict.evidence) == (Outcome.ACCEPTED, Evidence.EVENT)

    play(test)


def test_doubts_are_told_to_handles_first_then_to_lists_then_to_watchers() -> None:
    """A list asks the handles of its orders, which must know by then."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        told: list[FateRank] = []

        class Hears(FateListener):
            def __init__(self, place: FateRank) -> None:
                self.place = place

            def on_doubt(self, intent: Unresolved) -> None:
                told.append(self.place)

        for place in (FateRank.WATCHERS, FateRank.LISTS, FateRank.HANDLES):
            client._tracked.listeners.add(place, Hears(place))
        await lose(client, exchange, Cut(after_execution=True))
        assert told == [FateRank.HANDLES, FateRank.LISTS, FateRank.WATCHERS]

    play(test)


def watching(**parts: Any) -> Any:
    """Return an id watch that has these parts and no others."""
    return SimpleNamespace(_session=SimpleNamespace(now_ms=lambda: 5), **parts)


async def test_the_engines_refusal_ends_a_doubt_and_wakes_its_search() -> None:
    refusal = VenueError(400, -2010, "Order would immediately match and take.")
    said: list[Any] = []
    doubt: Any = SimpleNamespace(token=Token("one", SYMBOL), refused=lambda *told: said.append(told), candidates=set())
    intent: Any = SimpleNamespace(
        endpoint=SPOT_ORDERS.place, request_id="r", wake=asyncio.Event(), aim=lambda _doubt: None
    )
    watch = watching(_read=lambda *_: Reading.NOTHING)
    IdWatch._judge(watch, intent, doubt, [Sight(None, SYMBOL, "one", refusal=refusal)], Evidence.EVENT)
    assert said == [(refusal, 5, Evidence.EVENT)]
    assert intent.wake.is_set()
    assert (refusal.request_id, refusal.client_order_id) == ("r", "one")


@pytest.mark.parametrize(
    ("known", "proof", "number"),
    [
        (None, Sight(None, SYMBOL, "one", None, 7), 7),
        (6, Sight(None, SYMBOL, "one", None, 7), 6),
        (None, Sight(None, SYMBOL, "one", None, 7, listed=True), None),
        (None, None, None),
    ],
    ids=["an order", "its number is known", "a list", "without what shows it"],
)
async def test_what_proves_a_doubt_tells_the_number_of_its_order(
    known: int | None, proof: Sight | None, number: int | None
) -> None:
    proved: list[Any] = []
    doubt: Any = SimpleNamespace(
        token=Token("one", SYMBOL), number=known, left_at=2.0, seen=lambda *_: None, verdict=None
    )
    intent: Any = SimpleNamespace(wake=asyncio.Event(), key=None)
    watch = watching(
        history=SimpleNamespace(proved=lambda _key, *told: proved.append(told)),
        contests=SimpleNamespace(proved=lambda *_: None),
    )
    IdWatch.found(watch, intent, doubt, "an order", proof, Evidence.QUERY)
    assert doubt.number == number
    assert proved == ([] if proof is None else [(doubt.token, proof, 2.0)])
    assert intent.wake.is_set()


def test_a_call_that_returns_takes_its_own_ids_off_and_no_others() -> None:
    one, two, alone = (LiveId(name, None, SYMBOL) for name in ("shared", "shared", "alone"))
    watch = watching(_under_way={"shared": (one, two), "alone": (alone,)})
    IdWatch.end(watch, UnderWay(("shared", "alone"), (), (one, alone), None))
    assert watch._under_way == {"shared": (two,)}
    IdWatch.end(watch, UnderWay(("shared",), (), (two,), None))
    assert watch._under_way == {}


def test_a_list_that_was_placed_and_its_orders_are_remembered_in_any_order_of_telling() -> None:
    did: list[Any] = []
    order = Sight(None, SYMBOL, "leg", None, 1)
    whole = Sight(None, SYMBOL, "list", None, 9, listed=True, legs=("leg", "other"), numbers=(1, 2))
    history = SimpleNamespace(
        told=lambda _symbol, number, _quantity: did.append(("told", number)),
        list_placed=lambda _key, _symbol, name, _sight, left_at: did.append((name, left_at)),
    )
    for sights in ([order, whole], [whole, order]):
        did.clear()
        watch = watching(
            history=history, _calls=SimpleNamespace(sights=lambda _result, sights=sights: sights),
            contests=SimpleNamespace(list_made=lambda sight, *_: did.append((sight.id, sight.number))),
        )  # fmt: skip
        IdWatch.list_placed(watch, UnderWay(("list",), (), (LiveId("list", None, SYMBOL),), None), "a result", 3.0)
        assert sorted(map(str, did)) == sorted(map(str, [("told", 1), ("list", 3.0), ("list", 9)]))
