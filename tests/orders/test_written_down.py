"""What a call waits for until it is written down, and in which order the next process looks for what was left open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace
from typing import Any

import pytest

from binance_wsapi import (
    ConnectionLost,
    FateOptions,
    MemoryJournal,
    NotSent,
    Outcome,
    ReplyTimeout,
    SpotClient,
    UsageError,
    VenueError,
)
from binance_wsapi.orders import recovery
from binance_wsapi.orders.fate.fence import TIMESTAMP_AHEAD_MS, Evidence
from binance_wsapi.orders.journal.intent import Intent, IntentState, Settlement, account_tag
from binance_wsapi.orders.recovery import JOURNAL_WAIT_S
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay
from tests.simulation.house import KEY, SYMBOL, environment, hearing_late, register, requests, runtime
from tests.simulation.loop import VirtualLoop, run

MADE_MS = 1_767_225_600_000


class SlowJournal(MemoryJournal):
    """A journal that takes its time.

    Args:
        seconds: how long each record takes.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds
        self.marks = 0

    def record(self, intent: Intent) -> Awaitable[None] | None:  # type: ignore[override]
        super().record(intent)
        return asyncio.sleep(self.seconds) if self.seconds else None

    def mark_unrecorded(self) -> None:
        self.marks += 1


Scene = Callable[[VirtualLoop, LocalExchange, SpotClient], Awaitable[None]]


def play(journal: MemoryJournal, scene: Scene) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                await scene(loop, exchange, client)

    run(main)


async def buy(client: SpotClient, name: str, timeout: float | None = None) -> Any:
    return await client.place_order(
        SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", new_client_order_id=name,
        timeout=timeout,
    )  # fmt: skip


# --------------------------------------------------------------------------- a journal that takes its time


def test_an_order_that_is_not_written_down_before_its_deadline_is_not_sent_and_its_id_is_free() -> None:
    journal = SlowJournal(3.0)

    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        begun = loop.time()
        with pytest.raises(NotSent, match="deadline"):
            await buy(client, "slow", timeout=2.5)
        assert loop.time() - begun == pytest.approx(2.5, abs=0.01)
        assert requests(exchange, "order.place") == []
        assert journal.open_intents() == []
        journal.seconds = 0.0
        await buy(client, "slow")
        assert journal.marks == 0

    play(journal, scene)


def test_an_order_whose_caller_goes_away_before_it_is_written_down_is_not_sent() -> None:
    journal = SlowJournal(3.0)

    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        placing = asyncio.create_task(buy(client, "slow", timeout=10.0))
        await asyncio.sleep(1.0)
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing
        await asyncio.sleep(5.0)
        assert requests(exchange, "order.place") == []
        assert journal.open_intents() == []
        (told,) = journal.watched(0)
        assert told.state is IntentState.NOT_SENT

    play(journal, scene)


@pytest.mark.parametrize("timeout", [None, 1.2, 8.0])
def test_a_cancel_waits_a_second_for_the_journal_and_goes_out_then_with_a_mark(timeout: float | None) -> None:
    journal = SlowJournal()

    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await buy(client, "mine")
        journal.seconds = 60.0
        begun = loop.time()
        await asyncio.gather(
            client.cancel_order(SYMBOL, order_id=order.order_id, timeout=timeout), return_exceptions=True
        )
        assert JOURNAL_WAIT_S <= loop.time() - begun < JOURNAL_WAIT_S + 0.5
        assert len(requests(exchange, "order.cancel")) == 1
        assert journal.marks == 1

    play(journal, scene)


@pytest.mark.parametrize("timeout", [0.5, JOURNAL_WAIT_S])
def test_a_cancel_with_less_time_than_that_is_not_sent(timeout: float) -> None:
    journal = SlowJournal()

    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await buy(client, "mine")
        journal.seconds = 60.0
        with pytest.raises(NotSent):
            await client.cancel_order(SYMBOL, order_id=order.order_id, timeout=timeout)
        assert requests(exchange, "order.cancel") == []
        assert (journal.marks, journal.open_intents()) == (0, [])

    play(journal, scene)


def test_what_the_journal_took_is_taken_from_the_time_of_the_call() -> None:
    journal = SlowJournal(2.0)

    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Delay(30.0), "order.place")
        begun = loop.time()
        with pytest.raises(ReplyTimeout):
            await buy(client, "late", timeout=5.0)
        assert loop.time() - begun == pytest.approx(5.0, abs=0.1)

    play(journal, scene)


def test_what_the_recovery_took_is_taken_from_the_time_of_the_call() -> None:
    journal = MemoryJournal()

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            exchange.faults.next(Cut(after_execution=False), "order.place")
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                with pytest.raises(ConnectionLost):
                    await buy(client, "left-open")
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                exchange.faults.next(Delay(60.0), "order.place")
                begun = loop.time()
                placing = asyncio.create_task(buy(client, "new", timeout=40.0))
                await client.recover()
                assert loop.time() - begun > 5
                with pytest.raises(ReplyTimeout):
                    await placing
                assert loop.time() - begun == pytest.approx(40.0, abs=0.1)

    run(main)


@pytest.mark.parametrize("timeout", [0.0, -1.0])
def test_a_call_without_time_is_refused_and_nothing_is_written_down(timeout: float) -> None:
    journal = MemoryJournal()

    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(UsageError):
            await buy(client, "never", timeout=timeout)
        assert (journal.open_intents(), journal.watched(0)) == ([], [])
        assert requests(exchange, "order.place") == []

    play(journal, scene)


def test_what_is_refused_is_written_down_as_the_reply_says_and_what_is_not_sent_as_this_process_knows() -> None:
    journal = SlowJournal()

    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        with pytest.raises(VenueError):
            await client.place_order(
                SYMBOL, "BUY", "LIMIT", quantity="9999", price="50000", time_in_force="GTC", new_client_order_id="much"
            )
        journal.seconds = 3.0
        with pytest.raises(NotSent):
            await buy(client, "slow", timeout=1.0)
        settled = {each.intent_id: each.settlement for each in journal.watched(0)}
        assert {name: each and (each.outcome, each.evidence) for name, each in settled.items()} == {
            "much": (Outcome.REJECTED, Evidence.REPLY),
            "slow": (Outcome.NOT_SENT, Evidence.LOCAL),
        }

    play(journal, scene)


# --------------------------------------------------------------------------- what was left open


class LongJournal(MemoryJournal):
    """A journal that opens in many steps."""

    def opening(self, account: str) -> Generator[None, None, None]:
        self.open(account)
        yield from iter([None] * 50)


def left_open(exchange: LocalExchange, journal: MemoryJournal, *requests: tuple[str, str, dict[str, Any]]) -> None:
    """Write down what an earlier process sent: its method, its id and the other parameters."""
    tag = account_tag(environment(exchange).venue, KEY.api_key)
    for method, name, more in requests:
        params = {"symbol": SYMBOL, "newClientOrderId": name, **more}
        record = Intent(name, method, SYMBOL, (name,), params, MADE_MS, 5_000.0, tag, name)
        journal.record(record)
        record.doubt()
        record.recovered = True


@pytest.mark.parametrize("kind", ["opening", "records"])
def test_other_tasks_have_their_turn_however_much_is_in_the_journal(kind: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            journal: MemoryJournal = LongJournal() if kind == "opening" else MemoryJournal()
            if kind == "records":
                left_open(exchange, journal, *[("order.place", f"left-{each}", {}) for each in range(1_000)])
            turns = 0

            async def sleep(seconds: float) -> None:
                nonlocal turns
                turns += not seconds
                await asyncio.sleep(seconds)

            seen = replace(runtime(loop), sleep=sleep)
            async with SpotClient(environment(exchange), KEY, runtime=seen, journal=journal):
                assert 45 <= turns <= 200

    run(main)


def test_what_may_have_renamed_other_orders_is_looked_for_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancels first, then amendments and replacements from the last on, then what was placed, in the order of the journal."""
    monkeypatch.setattr(recovery, "SEARCHES_AT_ONCE", 1)

    async def main(loop: VirtualLoop) -> None:
        journal = MemoryJournal()
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            amend = "order.amend.keepPriority"
            replaced = {
                "cancelOrderId": 31,
                "cancelNewClientOrderId": "replaced-0",
                "cancelReplaceMode": "STOP_ON_FAILURE",
            }
            left_open(
                exchange, journal, ("order.cancelReplace", "replaced-1", replaced),
                ("order.place", "placed-1", {}), (amend, "amend-1", {"orderId": 11, "newQty": "1"}),
                ("order.cancel", "cancel-1", {"orderId": 21}), ("order.place", "placed-2", {}),
                (amend, "amend-2", {"orderId": 12, "newQty": "1"}), ("order.cancel", "cancel-2", {"orderId": 22}),
            )  # fmt: skip
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                await client.recover()
            asked = [each["params"] for each in requests(exchange, "order.status")]
            targets = [each.get("orderId") or each["origClientOrderId"] for each in asked]
            own = {
                "cancel-1",
                "cancel-2",
                "amend-1",
                "amend-2",
                "replaced-0",
                "replaced-1",
            }  # the second thing that is asked for
            first = [target for target in dict.fromkeys(targets) if target not in own]
            assert first == [21, 22, 12, 11, 31, "placed-1", "placed-2"]

    run(main)


def test_what_was_called_not_placed_is_watched_for_as_long_as_the_options_say_also_by_the_next_process() -> None:
    async def main(loop: VirtualLoop) -> None:
        journal = MemoryJournal()
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            tag = account_tag(environment(exchange).venue, KEY.api_key)
            now = int(exchange.clock.now_ms())
            for name, age_ms in (("old", 3_600_001), ("new", 3_590_000)):
                params = {"symbol": SYMBOL, "newClientOrderId": name}
                record = Intent(name, "order.place", SYMBOL, (name,), params, now - age_ms, 5_000.0, tag, name)
                journal.record(record)
                record.sent(now - age_ms)
                record.doubt()
                journal.settle(record, Settlement(Outcome.NOT_PLACED, Evidence.FENCE, now - age_ms + 20_000))
            options = FateOptions(watch_ms=3_600_000)
            where = environment(exchange)
            async with (
                SpotClient(where, KEY, runtime=runtime(loop), journal=journal, fate=options) as client,
                SpotClient(where, KEY, runtime=runtime(loop)) as another,
                hearing_late(client) as told,
                client.user_data(),
            ):
                for name in ("old", "new"):
                    await buy(another, name)
                await asyncio.sleep(1)
                assert [each.client_order_id for each in told] == ["new"]

    run(main)


def test_of_what_an_earlier_process_sent_the_fence_is_counted_from_the_start_of_this_one_and_its_clock_s_error() -> (
    None
):
    async def main(loop: VirtualLoop) -> None:
        journal = MemoryJournal()
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            left_open(exchange, journal, ("order.place", "never", {}))
            journal.open_intents()[0].recv_window_ms = 60_000.0
            begun = exchange.clock.now_ms()
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                (verdict,) = await client.recover()
            assert verdict.outcome is Outcome.NOT_PLACED
            fate = FateOptions()
            least = TIMESTAMP_AHEAD_MS + 60_000 + fate.venue_timeout_ms + fate.lag_ms + fate.confirm_ms
            assert least <= exchange.clock.now_ms() - begun <= least + 1_000

    run(main)


@pytest.mark.parametrize("method", ["order.place", "order.amend.keepPriority"])
def test_what_bore_an_id_and_was_renamed_is_found_by_the_number_that_was_noted(method: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        journal = MemoryJournal()
        async with LocalExchange(seed=1, market="manual", former_ids=False) as exchange:
            register(exchange)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop)) as another:
                order = await buy(another, "mine")
                if method == "order.place":
                    more: dict[str, Any] = {
                        "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000", "timeInForce": "GTC"
                    }  # fmt: skip
                else:
                    await another.amend_order(SYMBOL, "0.005", order_id=order.order_id, new_client_order_id="amended")
                    more = {"origClientOrderId": "mine", "newQty": "0.005"}
                await another.cancel_order(SYMBOL, order_id=order.order_id)
            left_open(exchange, journal, (method, "mine" if method == "order.place" else "amended", more))
            (record,) = journal.open_intents()
            record.created_ms = int(order.transact_time) - 5
            record.seen = order.order_id
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                (verdict,) = await client.recover()
            assert verdict.outcome is Outcome.ACCEPTED
            assert verdict.order.order_id == order.order_id

    run(main)


def test_an_order_of_a_process_that_died_before_its_frame_was_noted_may_be_as_young_as_this_one() -> None:
    """The record was made a minute before the frame went out; another order may bear the id, too."""

    async def main(loop: VirtualLoop) -> None:
        journal = MemoryJournal()
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop)) as another:
                order = await buy(another, "mine")
            more = {"side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000", "timeInForce": "GTC"}
            left_open(exchange, journal, ("order.place", "mine", more))
            journal.open_intents()[0].created_ms = int(order.transact_time) - 60_000
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                (verdict,) = await client.recover()
            assert verdict.outcome is Outcome.ACCEPTED

    run(main)


class HiddenJournal(MemoryJournal):
    """A journal whose earlier process sent a change that is not written down."""

    cleared = 0
    unrecorded = True

    def clear_unrecorded(self) -> None:
        self.cleared += 1


@pytest.mark.parametrize("method", ["order.cancel", "order.of.tomorrow"])
def test_that_changes_are_missing_in_the_journal_is_forgotten_only_when_every_record_is_settled(method: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        journal = HiddenJournal()
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop)) as another:
                order = await buy(another, "mine")
                await another.cancel_order(SYMBOL, order_id=order.order_id, new_client_order_id="cancel-1")
            left_open(exchange, journal, (method, "cancel-1", {"orderId": order.order_id}))
            journal.open_intents()[0].created_ms = int(order.transact_time) - 5
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                verdicts = await client.recover()
            known = method == "order.cancel"
            assert [each.outcome for each in verdicts] == ([Outcome.ACCEPTED] if known else [])
            assert journal.cleared == known

    run(main)
