"""What a process writes down for the next one, and how the next one takes it up: whose it is, in which turns, until when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import (
    Ed25519Key,
    Failed,
    FateOptions,
    JournalFailed,
    MemoryJournal,
    Outcome,
    SpotClient,
    UsageError,
)
from binance_wsapi.orders.fate.fence import TIMESTAMP_AHEAD_MS, Doubt, Evidence
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.journal.intent import Intent, Settlement, account_tag
from binance_wsapi.orders.recovery import SEARCH_TRIES
from binance_wsapi.orders.recovery_lists import LISTED_FROM, ROWS_PER_TURN
from binance_wsapi.simulator import LocalExchange
from tests.orders import test_recovery_lists as scripted
from tests.orders.processes import Desk
from tests.orders.processes import play as in_processes
from tests.orders.test_written_down import HiddenJournal, buy, left_open, play
from tests.session.test_faults_in_virtual_time import silence
from tests.simulation.house import HMAC, KEY, SYMBOL, environment, hearing_late, register, requests, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

Test = Callable[[VirtualLoop, LocalExchange], Awaitable[None]]


def at_exchange(test: Test) -> None:
    """Run a test in virtual time, with an exchange that knows the keys of the tests."""

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            await test(loop, exchange)

    run(main)


def recovering() -> list[asyncio.Task[Any]]:
    """Return the tasks that find out what was left open."""
    return [task for task in asyncio.all_tasks() if "recovery" in task.get_name()]


# --------------------------------------------------------------------------- what is written down


class Noting(MemoryJournal):
    """A journal that keeps every record it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[Intent] = []

    def record(self, intent: Intent) -> None:
        self.noted.append(intent)
        super().record(intent)


def test_a_record_says_whose_it_is_and_when_its_frame_could_leave() -> None:
    """An order that waits for the recovery is made after it, not when it was called."""

    async def test(loop: VirtualLoop, exchange: LocalExchange) -> None:
        journal = Noting()
        left_open(exchange, journal, ("order.place", "left-open", {}))
        journal.noted.clear()
        async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
            called = exchange.clock.now_ms()
            waited = await buy(client, "waited", timeout=60.0)
            at_once = await buy(client, "at-once")
        assert waited.transact_time - called > 10_000
        for record, order in zip(journal.noted, (waited, at_once), strict=True):
            assert record.account == account_tag(environment(exchange).venue, KEY.api_key)
            assert 0 <= order.transact_time - record.created_ms < 1_000

    at_exchange(test)


def test_an_order_of_another_key_is_refused_because_the_next_process_could_not_ask_after_it() -> None:
    async def scene(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        other = Ed25519Key.generate(api_key="other" + "0" * 59)
        exchange.register_key(other.api_key, "ed25519", public_pem=other.public_pem())
        await buy(client, "before")
        await client.session_logon(key=other)
        with pytest.raises(UsageError, match="belongs to another key"):
            await buy(client, "another's")
        await client.session_logon(key=KEY)
        await buy(client, "after")
        sent = [each["params"]["newClientOrderId"] for each in requests(exchange, "order.place")]
        assert sent == ["before", "after"]

    play(MemoryJournal(), scene)


# --------------------------------------------------------------------------- how it is taken up


def test_other_tasks_have_their_turn_after_so_many_records_are_taken_up_and_looked_at() -> None:
    """One while the records are taken up, and one while what the lists show of them is settled."""
    turns: list[int] = []

    async def test(loop: VirtualLoop, exchange: LocalExchange) -> None:
        async def sleep(seconds: float) -> None:
            turns[-1] += not seconds
            await asyncio.sleep(seconds)

        for number in (1, ROWS_PER_TURN - 1, 2 * ROWS_PER_TURN - 1):
            journal = MemoryJournal()
            left_open(exchange, journal, *[("order.place", f"{number}-{each}", {}) for each in range(number)])
            turns.append(0)
            seen = replace(runtime(loop), sleep=sleep)
            async with SpotClient(environment(exchange), KEY, runtime=seen, journal=journal) as client:
                await client.recover()

    at_exchange(test)
    assert [each - turns[0] for each in turns] == [0, 0, 2]


def refused(exchange: LocalExchange, journal: MemoryJournal, name: str, method: str, **params: Any) -> None:
    """Write down what an earlier process was refused."""
    now = int(exchange.clock.now_ms())
    tag = account_tag(environment(exchange).venue, KEY.api_key)
    record = Intent(name, method, SYMBOL, (name,), {"symbol": SYMBOL, **params}, now - 5, 5_000.0, tag, name)
    journal.record(record)
    record.sent(now - 5)
    journal.settle(record, Settlement(Outcome.REJECTED, Evidence.REPLY, now))


def test_a_refused_record_that_cannot_be_watched_for_keeps_no_other_from_it() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange) -> None:
        journal = MemoryJournal()
        refused(exchange, journal, "tomorrow", "order.of.tomorrow", newClientOrderId="tomorrow")
        refused(exchange, journal, "nameless", "order.place")
        refused(exchange, journal, "mine", "order.place", newClientOrderId="mine")
        where = environment(exchange)
        async with (
            SpotClient(where, KEY, runtime=runtime(loop), journal=journal) as client,
            SpotClient(where, KEY, runtime=runtime(loop)) as another,
            hearing_late(client) as told,
            client.user_data(),
        ):
            for name in ("tomorrow", "nameless", "mine"):
                await buy(another, name)
            await asyncio.sleep(1)
            assert [each.client_order_id for each in told] == ["mine"]

    at_exchange(test)


def test_of_a_replacement_whose_new_order_was_seen_the_cancel_is_judged_by_the_old_order() -> None:
    """The number that was noted is of the new order alone."""

    async def test(loop: VirtualLoop, exchange: LocalExchange) -> None:
        journal = MemoryJournal()
        order = {"side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000", "timeInForce": "GTC"}
        async with SpotClient(environment(exchange), KEY, runtime=runtime(loop)) as another:
            old = await buy(another, "old")
            begun = int(exchange.clock.now_ms())
            new = await another.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC",
                cancel_orig_client_order_id="old", cancel_new_client_order_id="cancel", new_client_order_id="new",
            )  # fmt: skip
        ids = {
            "cancelReplaceMode": "STOP_ON_FAILURE",
            "cancelOrigClientOrderId": "old",
            "cancelNewClientOrderId": "cancel",
        }
        left_open(exchange, journal, ("order.cancelReplace", "new", {**order, **ids}))
        (record,) = journal.open_intents()
        record.created_ms, record.seen = begun - 5, new.new_order_response.order_id
        async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
            (verdict,) = await client.recover()
        assert (verdict.client_order_id, verdict.outcome) == ("cancel", Outcome.ACCEPTED)
        assert verdict.order.order_id == old.order_id

    at_exchange(test)


def test_a_client_that_is_closed_while_lists_are_asked_for_leaves_no_task_behind() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            scripted.Venue(peer, [])

            peer.answers["openOrders.status"] = silence
            journal = MemoryJournal()
            for number in range(LISTED_FROM):
                name = f"left-{number}"
                params = {"symbol": SYMBOL, "newClientOrderId": name}
                journal.record(
                    Intent(name, "order.place", SYMBOL, (name,), params, peer.now_ms(), 5_000.0, scripted.TAG, name)
                )
            where = scripted.environment(peer)
            async with SpotClient(where, HMAC, runtime=scripted.runtime(loop), journal=journal):
                await asyncio.sleep(1)
                (task,) = recovering()
            assert recovering() == []
            assert task.cancelled(), "it ends with the client, and not by what its question comes to"
            assert len(journal.open_intents()) == LISTED_FROM

    run(main)


# --------------------------------------------------------------------------- what cannot be settled


def test_a_search_that_fails_three_times_is_set_aside_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []

    async def ask(self: Resolver, intent: Unresolved, doubt: Doubt) -> None:
        begun.append(asyncio.get_running_loop().time())
        raise RuntimeError("a mistake of the program's own")

    async def test(desk: Desk) -> None:
        await desk.leave_open("one", executed=True)
        monkeypatch.setattr(Resolver, "_ask", ask)
        told: list[Failed] = []
        async with desk.begin(on_error=told.append) as second:
            assert await second.recover() == []
            await asyncio.sleep(1)
        assert [later - begun[0] for later in begun] == pytest.approx([0.0, 1.0, 3.0], abs=0.3)
        assert len(begun) == SEARCH_TRIES
        (failed,) = told
        assert isinstance(failed.error, JournalFailed)
        assert failed.connection == 0, "it is about no connection"
        assert (failed.error.client_order_id, failed.error.__cause__) == ("one", None)

    in_processes(test, tmp_path)


def test_a_record_that_contradicts_itself_is_told_with_what_is_wrong(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        journal = MemoryJournal()
        left_open(desk.exchange, journal, ("order.of.tomorrow", "odd", {}))
        told: list[Failed] = []
        where = environment(desk.exchange)
        async with SpotClient(where, KEY, runtime=runtime(desk.loop), journal=journal, on_error=told.append) as client:
            assert await client.recover() == []
            await asyncio.sleep(1)
        assert [(type(each.error), str(each.error.__cause__)) for each in told] == [
            (JournalFailed, "this version does not know the method 'order.of.tomorrow'")
        ]

    in_processes(test, tmp_path)


@pytest.mark.parametrize("confirm_ms", [1_000, 11_000, 19_250])
def test_where_a_change_is_not_written_down_an_order_is_looked_for_until_it_would_have_been_called_not_placed(
    confirm_ms: int,
) -> None:
    """How long that is, is looked at again every minute."""

    async def test(loop: VirtualLoop, exchange: LocalExchange) -> None:
        journal = HiddenJournal()
        left_open(exchange, journal, ("order.place", "never", {}))
        told: list[Failed] = []
        fate = FateOptions(confirm_ms=confirm_ms)
        begun = exchange.clock.now_ms()
        async with SpotClient(
            environment(exchange), KEY, runtime=runtime(loop), journal=journal, fate=fate, on_error=told.append
        ) as client:
            assert await client.recover() == []
            lasted_ms = exchange.clock.now_ms() - begun
            await asyncio.sleep(1)
        assert [type(each.error.__cause__) for each in told] == [UsageError]
        fence_ms = TIMESTAMP_AHEAD_MS + 5_000 + fate.venue_timeout_ms + fate.lag_ms
        assert fence_ms + 2 * confirm_ms < lasted_ms < fence_ms + 2 * confirm_ms + 500

    at_exchange(test)
