"""Doubts in which a wrong verdict, or none, is near: against the local exchange in virtual time, compared with its truth."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import (
    BadTimestamp,
    ConnectionLost,
    Evidence,
    FileJournal,
    HmacKey,
    MemoryJournal,
    NotConnected,
    NotSent,
    Outcome,
    OutcomeUnknown,
    PartialFailure,
    ReplyTimeout,
    Settings,
    SpotClient,
    UsageError,
)
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.faults.faults import Cut, Delay, Drop, Refuse
from tests.orders.journal.disk import in_virtual_time
from tests.orders.test_tracked_caller import BOUND, buy, play
from tests.simulation.house import (
    KEY,
    SYMBOL,
    environment,
    exchange_and_client,
    hearing_late,
    register,
    requests,
    runtime,
)
from tests.simulation.loop import VirtualLoop, run

REST: dict[str, Any] = {"quantity": "0.01", "price": "50000", "time_in_force": "GTC"}


def lie(exchange: LocalExchange, times: int = 100) -> None:
    """Have the views say that there is no order, whatever is asked about."""
    exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status", times)


# --------------------------------------------------------------------------- cancel-replace: two halves


@pytest.mark.parametrize("mode", ["STOP_ON_FAILURE", "ALLOW_FAILURE"])
@pytest.mark.parametrize("how", ["both", "cancel only", "new only", "neither"])
@pytest.mark.parametrize("lost", ["after", "before"])
def test_each_half_of_a_cancel_replace_in_doubt_has_a_verdict_of_its_own(mode: Any, how: str, lost: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        cancels = how in {"both", "cancel only"}
        places = how in {"both", "new only"}
        if not cancels:
            await client.cancel_order(SYMBOL, order_id=order.order_id)
        exchange.faults.next(Cut(after_execution=lost == "after"), "order.cancelReplace")
        with pytest.raises(ConnectionLost) as caught:
            await client.cancel_replace_order(
                SYMBOL, mode, "BUY", "LIMIT_MAKER", cancel_order_id=order.order_id, cancel_new_client_order_id="the-cancel",
                new_client_order_id="the-new", quantity="0.02", price="50000" if places else "61000",
            )  # fmt: skip
        started = loop.time()
        verdict = await caught.value.resolve()
        assert loop.time() - started < BOUND
        cancelled = any("the-cancel" in each.ids for each in exchange.truth.all_orders())
        assert cancelled is (cancels and lost == "after")
        placed = bool(exchange.truth.orders["the-new"])
        assert placed is (places and lost == "after" and (cancels or mode == "ALLOW_FAILURE"))
        cancel, new = verdict.parts
        assert (cancel.client_order_id, new.client_order_id) == ("the-cancel", "the-new")
        assert (cancel.outcome is Outcome.ACCEPTED) is cancelled
        assert (new.outcome is Outcome.ACCEPTED) is placed
        assert (verdict.outcome is Outcome.ACCEPTED) is (cancelled or placed)

    play(test)


def test_a_partial_failure_that_comes_late_settles_both_halves_at_once() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        lie(exchange)
        exchange.faults.next(Delay(1.0), "order.cancelReplace")
        with pytest.raises(ReplyTimeout) as caught:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT_MAKER", cancel_order_id=order.order_id, quantity="0.02",
                price="61000", timeout=0.5,
            )  # fmt: skip
        verdict = await asyncio.wait_for(caught.value.resolve(), 2.0)
        cancel, new = verdict.parts
        assert (cancel.outcome, new.outcome) == (Outcome.ACCEPTED, Outcome.REJECTED)
        assert cancel.order.order_id == order.order_id
        assert isinstance(new.error, PartialFailure)

    play(test)


def test_waiting_for_a_cancel_replace_whose_new_order_was_not_placed_does_not_look_for_it_any_longer() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(Cut(after_execution=True), "order.cancelReplace")
        started = loop.time()
        with pytest.raises(OutcomeUnknown) as caught:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT_MAKER", cancel_order_id=order.order_id, quantity="0.02",
                price="61000",
            )  # fmt: skip
        assert loop.time() - started < BOUND
        verdict = await caught.value.resolve()
        assert [each.outcome for each in verdict.parts] == [Outcome.ACCEPTED, Outcome.NOT_PLACED]

    play(test, on_unknown="wait")


# --------------------------------------------------------------------------- renamed by a change that is lost, too


def test_a_list_whose_cancel_is_lost_too_is_not_called_not_placed() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "orderList.place.oco")
        exchange.faults.next(Drop(), "orderList.cancel")
        exchange.faults.lose_events(count=50)
        work = client.place_oco(
            SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000",
            list_client_order_id="the-list", timeout=0.3,
        )  # fmt: skip
        task = asyncio.create_task(work)
        await asyncio.sleep(0.05)
        with pytest.raises(ReplyTimeout) as cancelling:
            await client.cancel_order_list(SYMBOL, list_client_order_id="the-list", timeout=0.1)
        with pytest.raises(ReplyTimeout) as placing:
            await task
        first, second = await asyncio.gather(placing.value.resolve(), cancelling.value.resolve())
        assert not any(each.is_open for each in exchange.truth.all_orders())
        assert len(exchange.truth.all_orders()) == 2
        assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)

    play(test)


def test_what_a_question_of_the_users_shows_is_evidence() -> None:
    """He looks at his open orders, and cancels by number what he sees; that reply is lost, too."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=50)
        exchange.faults.next(Drop(), "order.place")
        exchange.faults.next(Drop(), "order.cancel")
        with pytest.raises(ReplyTimeout) as placing:
            await client.place_order(SYMBOL, "BUY", "LIMIT", timeout=0.05, **REST)
        lie(exchange)
        orders: list[Any] = []
        while not orders:
            await asyncio.sleep(0.2)
            orders = await client.open_orders(SYMBOL)
        with pytest.raises(ReplyTimeout):
            await client.cancel_order(SYMBOL, order_id=orders[0].order_id, timeout=0.05)
        verdict = await placing.value.resolve()
        assert verdict.outcome is Outcome.ACCEPTED
        assert verdict.order.order_id == orders[0].order_id

    play(test)


# --------------------------------------------------------------------------- questions the venue refuses


def test_an_order_on_a_symbol_that_is_none_is_called_not_placed() -> None:
    """The question about it is refused, too, and for ever."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Drop(), "order.place")
        with pytest.raises(ReplyTimeout) as caught:
            await client.place_order("BTCUSD", "BUY", "LIMIT", timeout=0.5, **REST)
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert verdict.outcome is Outcome.NOT_PLACED

    play(test)


def test_a_list_the_venue_does_not_have_is_called_not_placed_however_it_says_so() -> None:
    """The venue answers -2018, which its documentation of errors leaves out."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "orderList.place.oco")
        no_list = Refuse(400, -2018, "Order list does not exist.", executed=False)
        exchange.faults.next(no_list, "orderList.status", 100)
        with pytest.raises(ConnectionLost) as caught:
            await client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
            )
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert verdict.outcome is Outcome.NOT_PLACED

    play(test)


def test_that_there_is_no_such_list_says_nothing_of_an_order() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=50)
        exchange.faults.next(Cut(after_execution=True), "order.place")
        exchange.faults.next(Refuse(400, -2018, "Order list does not exist.", executed=False), "order.status", 100)
        with pytest.raises(ConnectionLost) as caught:
            await buy(client)
        waiting: asyncio.Future[Any] = asyncio.ensure_future(caught.value.resolve())
        await asyncio.sleep(40)
        assert not waiting.done()
        exchange.faults.clear()
        assert (await asyncio.wait_for(waiting, BOUND)).outcome is Outcome.ACCEPTED

    play(test)


def test_a_question_that_cannot_be_signed_for_a_while_ends_no_search() -> None:
    """The key is in a service of the user's, which raises what it likes."""

    class Service:
        api_key = KEY.api_key
        can_log_on = False
        works = True
        failures = 0

        def sign(self, payload: bytes) -> str:
            if not self.works and b"origClientOrderId" in payload:
                self.failures += 1
                raise RuntimeError("the service is away")
            return KEY.sign(payload)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=50)
        exchange.faults.next(Cut(after_execution=True), "order.place")
        with pytest.raises(ConnectionLost) as caught:
            await buy(client)
        key.works = False
        await asyncio.sleep(3)
        key.works = True
        assert key.failures
        assert (await caught.value.resolve()).outcome is Outcome.ACCEPTED

    key = Service()
    play(test, key=key)


def test_an_order_that_cannot_be_signed_was_not_sent(tmp_path: Path) -> None:
    class Service:
        api_key = KEY.api_key
        can_log_on = False

        def sign(self, payload: bytes) -> str:
            if b"newClientOrderId" in payload:
                raise RuntimeError("the service is away")
            return KEY.sign(payload)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(RuntimeError):
            await buy(client)
        assert not journal.open_intents()

    journal = MemoryJournal()
    play(test, key=Service(), journal=journal)


# --------------------------------------------------------------------------- ids


def test_an_order_of_ours_that_is_there_already_is_found_and_not_refused() -> None:
    """ "Duplicate order sent." of an id that was made for this order alone: it is this order that is there (D11)."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(400, -2010, "Duplicate order sent.", executed=True), "order.place")
        with pytest.raises(OutcomeUnknown) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        verdict = await caught.value.resolve()
        assert verdict.outcome is Outcome.ACCEPTED
        (true,) = exchange.truth.all_orders()
        assert verdict.order.order_id == true.order_id

    play(test)


def test_an_order_of_ours_that_is_there_already_is_followed_by_its_handle() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Refuse(400, -2010, "Duplicate order sent.", executed=True), "order.place")
        trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", **REST)
        await asyncio.wait_for(trade.accepted(), BOUND)
        (true,) = exchange.truth.all_orders()
        assert trade.order_id == true.order_id

    play(test)


def test_an_id_that_was_called_not_placed_and_is_used_again_raises_no_alarm() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with hearing_late(client) as heard:
            async with client.user_data():
                exchange.faults.next(Cut(after_execution=False), "order.place")
                with pytest.raises(ConnectionLost) as caught:
                    await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id="mine", **REST)
                assert (await caught.value.resolve()).outcome is Outcome.NOT_PLACED
                await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id="mine", **REST)
                await asyncio.sleep(1)
                exchange.quote(SYMBOL, asks=[("49000", "5")])
                await asyncio.sleep(1)
            assert not exchange.truth.orders["mine"][0].is_open
            assert not heard

    play(test)


# --------------------------------------------------------------------------- the journal


def test_a_journal_takes_no_order_that_is_signed_with_another_key(tmp_path: Path) -> None:
    """After a crash it would be asked about with the client's own key, which knows nothing of it."""
    other = HmacKey("somebodyElse", "s" * 64)
    order = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "0.01",
        "price": "50000",
        "timeInForce": "GTC",
    }

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.register_key(other.api_key, "hmac", secret="s" * 64, account="bob")
        with pytest.raises(UsageError, match="journal"):
            await client.call("order.place", order, key=other)
        assert not requests(exchange, "order.place")
        await client.call("order.place", order, key=KEY)

    play(test, journal=FileJournal(tmp_path / "orders.journal"))


class Stalled(MemoryJournal):
    """A disk that takes its time."""

    seconds = 0.0

    def record(self, intent: Any) -> Any:
        super().record(intent)
        return asyncio.sleep(self.seconds)


def test_an_order_does_not_wait_for_a_disk_beyond_its_deadline_and_is_then_not_sent() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        journal.seconds = 60.0
        started = loop.time()
        with pytest.raises(NotSent):
            await buy(client, timeout=0.5)
        assert loop.time() - started < 0.55
        assert not journal.open_intents()
        await asyncio.sleep(120)
        assert not exchange.truth.all_orders()

    journal = Stalled()
    play(test, journal=journal)


def test_the_time_a_record_takes_is_part_of_the_calls() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        journal.seconds = 0.8
        exchange.faults.next(Drop(), "order.place")
        started = loop.time()
        with pytest.raises(ReplyTimeout):
            await buy(client, timeout=1.0)
        assert loop.time() - started < 1.05

    journal = Stalled()
    play(test, journal=journal)


def test_a_cancel_does_not_wait_long_for_a_disk() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        journal.seconds = 60.0
        started = loop.time()
        await client.cancel_order(SYMBOL, order_id=order.order_id)
        assert loop.time() - started < 2.0
        assert not exchange.truth.all_orders()[0].is_open
        assert not journal.open_intents()

    journal = Stalled()
    play(test, journal=journal)


def test_the_time_a_journal_takes_to_fail_is_part_of_the_cancels() -> None:
    class Failing(Stalled):
        broken = False

        @property
        def failed(self) -> bool:
            return self.broken

        def record(self, intent: Any) -> Any:
            return super().record(intent) if not self.seconds else self._fail()

        async def _fail(self) -> None:
            await asyncio.sleep(self.seconds)
            self.broken = True
            raise JournalFailed("the disk is gone")

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        journal.seconds = 0.8
        exchange.faults.next(Drop(), "order.cancel")
        started = loop.time()
        with pytest.raises(ReplyTimeout):
            await client.cancel_order(SYMBOL, order_id=order.order_id, timeout=2.0)
        assert loop.time() - started < 2.05

    journal = Failing()
    play(test, journal=journal)


def test_ids_that_were_not_sent_and_were_used_later_are_not_watched_for_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "orders.journal"

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            exchange.quote(SYMBOL, asks=[("60001", "5")])
            async with SpotClient(
                environment(exchange), KEY, runtime=runtime(loop), journal=FileJournal(path)
            ) as first:
                loop.network.refuse = True
                exchange.faults.cut_all()
                await asyncio.sleep(0.1)
                with pytest.raises(NotConnected):
                    await client_buy(first, timeout=0.05)
                loop.network.refuse = False
                await asyncio.sleep(5)
                await client_buy(first)
            async with (
                SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=FileJournal(path)) as second,
                hearing_late(second) as heard,
            ):
                await second.recover()
                async with second.user_data():
                    exchange.quote(SYMBOL, asks=[("49000", "5")])
                    await asyncio.sleep(2)
                assert not exchange.truth.orders["mine"][0].is_open
                assert not heard

    async def client_buy(client: SpotClient, timeout: float | None = None) -> Any:
        return await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id="mine", timeout=timeout, **REST)

    run(main)


# --------------------------------------------------------------------------- cancelled at every moment


@pytest.mark.parametrize("durability", ["process", "power"])
def test_a_caller_who_goes_away_at_any_moment_leaves_nothing_undecided(
    tmp_path: Path, durability: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled after one turn of the loop, after two, and so on, then after milliseconds, until the order is through."""
    in_virtual_time(monkeypatch)

    async def main(loop: VirtualLoop) -> None:
        journal = FileJournal(tmp_path / "orders.journal", durability)
        async with exchange_and_client(loop, journal=journal) as (exchange, client):
            done = False
            turns = 0
            while not done and turns < 400:
                call = asyncio.ensure_future(client.place_order(SYMBOL, "BUY", "LIMIT", **REST))
                for _ in range(min(turns, 20)):
                    await asyncio.sleep(0)
                await asyncio.sleep(max(turns - 20, 0) * 0.0005)
                done = call.done()
                call.cancel()
                await asyncio.gather(call, return_exceptions=True)
                turns += 1
            await asyncio.sleep(2 * BOUND)
            assert done
            assert not journal.open_intents()
            placed = exchange.truth.all_orders()
            assert len(placed) > 10
            assert all(order.client_order_id in journal._table._used for order in placed)
        refused = {each for intent in journal.watched(0) for each in intent.ids}
        assert not refused.intersection(order.client_order_id for order in exchange.truth.all_orders())

    run(main)


# --------------------------------------------------------------------------- a change that only half succeeded


@pytest.mark.parametrize("unit", ["millisecond", "microsecond"])
def test_the_half_of_a_cancel_replace_that_succeeded_tells_whom_it_renamed(unit: Any) -> None:
    """An order in doubt is replaced by its id; it is cancelled, the new one refused, and its former id finds nothing."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=50)
        exchange.faults.next(Drop(), "order.place")
        with pytest.raises(ReplyTimeout) as placing:
            await client.place_order(SYMBOL, "BUY", "LIMIT", timeout=0.05, **REST)
        with pytest.raises(PartialFailure) as half:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT_MAKER",
                cancel_orig_client_order_id=placing.value.client_order_id, quantity="0.02", price="61000",
            )  # fmt: skip
        lie(exchange)
        assert half.value.cancel_response.transact_time.datetime.year == 2026
        verdict = await placing.value.resolve()
        assert (verdict.outcome, verdict.evidence) == (Outcome.ACCEPTED, Evidence.REPLY)
        assert verdict.order.transact_time.datetime.year == 2026

    play(test, settings=Settings(time_unit=unit))


@pytest.mark.parametrize("lost", [True, False])
def test_a_cancel_that_succeeded_where_the_limit_of_orders_is_spent_is_seen_as_that(tmp_path: Path, lost: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        for _ in range(3):
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        if lost:
            exchange.faults.next(Drop(), "order.cancelReplace")
        with pytest.raises((PartialFailure, ReplyTimeout)) as caught:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=order.order_id,
                order_rate_limit_exceeded_mode="CANCEL_ONLY", timeout=0.5, **REST,
            )  # fmt: skip
        (true,) = [each for each in exchange.truth.all_orders() if each.order_id == order.order_id]
        assert not true.is_open
        if isinstance(caught.value, PartialFailure):
            assert (caught.value.cancel_result, lost) == ("SUCCESS", False)
            assert caught.value.cancel_response.order_id == order.order_id
        else:
            assert isinstance(caught.value, ReplyTimeout)
            verdict = await caught.value.resolve()
            assert [each.outcome for each in verdict.parts] == [Outcome.ACCEPTED, Outcome.NOT_PLACED]
        assert not journal.open_intents()
        assert not journal.watched(0)

    journal = FileJournal(tmp_path / "orders.journal")
    limited = LocalExchange(seed=1, market="manual", limits=LimitRules(orders_per_10_seconds=4))
    play(test, exchange=limited, journal=journal, settings=Settings(limit_policy="off"))


def test_a_429_that_holds_a_successful_cancel_is_not_nothing(tmp_path: Path) -> None:
    """Cancel and replace order: the table has 429 with a cancel that succeeded, where the text has 409."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        cancelled = {
            "symbol": SYMBOL, "origClientOrderId": "old", "orderId": 7, "orderListId": -1, "clientOrderId": "x",
            "transactTime": 1767225600000, "price": "1.0", "origQty": "1.0", "executedQty": "0.0",
            "origQuoteOrderQty": "0.0", "cummulativeQuoteQty": "0.0", "status": "CANCELED", "timeInForce": "GTC",
            "type": "LIMIT", "side": "BUY", "selfTradePreventionMode": "NONE",
        }  # fmt: skip
        data = {"cancelResult": "SUCCESS", "newOrderResult": "FAILURE", "cancelResponse": cancelled,
                "newOrderResponse": {"code": -1015, "msg": "Too many new orders."}}  # fmt: skip
        exchange.faults.next(Refuse(429, -1015, "Too many new orders.", data), "order.cancelReplace")
        with pytest.raises(PartialFailure) as caught:
            await client.cancel_replace_order(SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=7, **REST)
        assert caught.value.status == 429
        assert caught.value.cancel_response.order_id == 7
        assert caught.value.new_order_response.code == -1015
        assert not journal.watched(0)  # it was executed

    journal = FileJournal(tmp_path / "orders.journal")
    play(test, journal=journal)


@pytest.mark.parametrize("window", [Decimal("1500.125"), Decimal("0.5"), 60_000])
def test_a_window_of_its_own_is_kept_in_the_journal_with_its_decimals(tmp_path: Path, window: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        started = loop.time()
        with pytest.raises(ConnectionLost) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", recv_window=window, **REST)
        (intent,) = journal.open_intents()
        assert intent.recv_window_ms == float(window)
        assert (await caught.value.resolve()).outcome is Outcome.NOT_PLACED
        assert float(window) / 1000 + 16.0 < loop.time() - started < float(window) / 1000 + 21.0

    journal = FileJournal(tmp_path / "orders.journal")
    play(test, journal=journal)


# --------------------------------------------------------------------------- other ways to ask the same


def test_a_timestamp_is_corrected_once_and_the_doubt_is_about_the_second_frame(tmp_path: Path) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for fault in (Refuse(400, -1021, "Timestamp for this request is outside of the recvWindow.", executed=False),
                      Cut(after_execution=True)):  # fmt: skip
            exchange.faults.next(fault, "order.place")
        with pytest.raises(ConnectionLost) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        frames = requests(exchange, "order.place")
        assert len(frames) == 2
        (intent,) = journal.open_intents()
        assert intent.timestamp_ms == frames[1]["params"]["timestamp"]
        assert (await caught.value.resolve()).outcome is Outcome.ACCEPTED
        refusal = Refuse(400, -1021, "Timestamp for this request is outside of the recvWindow.", executed=False)
        exchange.faults.next(refusal, "order.place", 2)
        with pytest.raises(BadTimestamp):
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        assert len(requests(exchange, "order.place")) == 4
        assert not journal.open_intents()

    journal = FileJournal(tmp_path / "orders.journal")
    play(test, journal=journal)


def test_a_test_of_an_order_is_no_intent(tmp_path: Path) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.test")
        await client.test_order(SYMBOL, "BUY", "LIMIT", **REST)
        await client.test_sor_order(SYMBOL, "BUY", "LIMIT", **REST)
        assert not journal._table._used
        assert not client._tracked.in_doubt

    journal = FileJournal(tmp_path / "orders.journal")
    play(test, journal=journal)


@pytest.mark.parametrize("executed", [True, False])
def test_an_order_by_smart_routing_is_decided_like_any_other(executed: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=executed), "sor.order.place")
        with pytest.raises(ConnectionLost) as caught:
            await client.place_sor_order(SYMBOL, "BUY", "LIMIT", **REST)
        verdict = await caught.value.resolve()
        assert (verdict.outcome is Outcome.ACCEPTED) is executed
        assert bool(exchange.truth.all_orders()) is executed

    play(test)


def test_a_verdict_is_the_same_for_all_who_ask_and_a_caller_who_gives_up_ends_nothing() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        with pytest.raises(ConnectionLost) as caught:
            await buy(client)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caught.value.resolve(), 1.0)
        first, second = await asyncio.gather(caught.value.resolve(), caught.value.resolve())
        third = await caught.value.resolve()
        assert first is second is third
        await client.close()
        assert await caught.value.resolve() is first

    play(test)


def test_an_amendment_in_doubt_whose_order_fills_meanwhile_is_found_by_its_id() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.02", price="50000", time_in_force="GTC")
        exchange.faults.next(Drop(), "order.amend.keepPriority")
        exchange.faults.lose_events(count=50)
        with pytest.raises(ReplyTimeout) as caught:
            await client.amend_order(SYMBOL, "0.01", order_id=order.order_id, timeout=0.05)
        exchange.quote(SYMBOL, asks=[("49000", "5")])
        verdict = await caught.value.resolve()
        (true,) = [each for each in exchange.truth.all_orders() if each.order_id == order.order_id]
        assert verdict.outcome is Outcome.ACCEPTED
        assert (true.status, true.executed_quantity) == ("FILLED", Decimal("0.01"))

    play(test)


def test_two_lists_in_doubt_at_once_are_told_apart() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for executed in (True, False):
            exchange.faults.next(Refuse(504, -1007, "Timeout", executed=executed), "orderList.place.oco")
        lost = []
        for _ in range(2):
            with pytest.raises(OutcomeUnknown) as caught:
                await client.place_oco(
                    SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000"
                )
            lost.append(caught.value)
        verdicts = [await each.resolve() for each in lost]
        assert [each.outcome for each in verdicts] == [Outcome.ACCEPTED, Outcome.NOT_PLACED]

    play(test)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("minutes", [1, 61])
def test_a_duplicate_of_an_order_that_another_program_placed_is_refused_as_soon_as_that_is_found(
    minutes: int, late: bool
) -> None:
    """An id of the user's own: the venue may have this request in mind, or an order the client knows nothing of.

    Their terms are the same, so time alone tells them apart: an hour, for the engine's clock may be set back.
    """

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with SpotClient(environment(exchange), KEY, runtime=runtime(loop)) as other:
            there = await other.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id="mine", **REST)
        await asyncio.sleep(minutes * 60)
        if late:
            exchange.faults.next(Delay(4.0), "order.place")
        began = loop.time()
        with pytest.raises(OutcomeUnknown) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id="mine", timeout=2.0, **REST)
        verdict = await caught.value.resolve()
        if minutes > 60:
            assert (verdict.outcome, getattr(verdict.error, "code", None)) == (Outcome.REJECTED, -2010)
            assert loop.time() - began < (8.0 if late else 1.0)
        else:
            assert verdict.outcome is Outcome.UNDECIDED
            assert loop.time() - began < 30.0
        assert [each.order_id for each in exchange.truth.all_orders()] == [there.order_id]

    play(test)
