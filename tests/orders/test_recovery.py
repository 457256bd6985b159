"""A client with a journal: what one process leaves open, the next one settles before it sends anything new."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from binance_wsapi import (
    ConnectionLost,
    Failed,
    FileJournal,
    HmacKey,
    JournalFailed,
    NotConnected,
    Outcome,
    ReplyTimeout,
    SpotClient,
    UsageError,
    WsapiError,
)
from binance_wsapi.orders.fate.fence import Doubt
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.token import TokenKind
from binance_wsapi.orders.journal.intent import Intent, account_tag
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Drop
from tests.orders.journal.disk import in_virtual_time
from tests.orders.processes import Desk, Durability, buy, play
from tests.simulation.house import KEY, SYMBOL, environment, hearing_late, register, requests


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("durability", ["process", "power"])
def test_what_an_earlier_process_left_open_is_settled_before_new_orders_go_out(
    tmp_path: Path,
    executed: bool,
    durability: Durability,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    in_virtual_time(monkeypatch)

    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        await desk.leave_open("left-open", executed=executed)
        assert "left-open is in doubt, asking" in caplog.text
        async with desk.begin() as second:
            new = asyncio.ensure_future(buy(second, "new-order", timeout=60))
            (verdict,) = await second.recover()
            assert "left-open is in doubt, an earlier process left it open" in caplog.text
            assert verdict.client_order_id == "left-open"
            assert (verdict.outcome is Outcome.ACCEPTED) is executed
            assert bool(exchange.truth.orders["left-open"]) is executed
            await new
        methods = [
            (each["method"], each["params"].get("newClientOrderId") or each["params"].get("origClientOrderId"))
            for each in requests(exchange)
            if each["method"] in {"order.place", "order.status"}
        ]
        asked = [at for at, each in enumerate(methods) if each == ("order.status", "left-open")]
        assert methods.index(("order.place", "new-order")) > asked[-1]
        assert methods.count(("order.place", "left-open")) == 1
        async with desk.begin() as third:
            assert await third.recover() == []

    play(test, tmp_path, durability)


def test_new_orders_that_cannot_wait_for_the_recovery_are_not_sent(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        exchange.faults.next(Drop(), "order.place")
        exchange.faults.next(Cut(after_execution=False), "order.place")
        async with desk.begin() as first:
            with pytest.raises(ReplyTimeout):
                await buy(first, "one", timeout=0.5)
            with pytest.raises(ConnectionLost):
                await buy(first, "two")
        async with desk.begin() as second:
            with pytest.raises(NotConnected, match="not settled"):
                await buy(second, "three", timeout=1.0)
            assert {each.outcome for each in await second.recover()} == {Outcome.ACCEPTED, Outcome.NOT_PLACED}
        assert not exchange.truth.orders["three"]

    play(test, tmp_path)


def test_an_order_the_journal_cannot_write_down_is_not_sent(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        async with desk.begin() as client:
            await buy(client, "fine")
            assert desk.journal._file is not None
            desk.journal._file.close()
            for _ in range(3):
                with pytest.raises(JournalFailed):
                    await buy(client, "lost")
        assert [each["params"]["newClientOrderId"] for each in requests(exchange, "order.place")] == ["fine"]

    play(test, tmp_path)


def test_orders_are_cancelled_all_the_same_when_the_journal_failed(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        async with desk.begin() as client:
            await buy(client, "one")
            await buy(client, "two")
            assert desk.journal._file is not None
            desk.journal._file.close()
            with pytest.raises(JournalFailed):
                await buy(client, "three")
            await client.cancel_order(SYMBOL, orig_client_order_id="one")
            exchange.faults.next(Cut(after_execution=True), "openOrders.cancelAll")
            with pytest.raises(ConnectionLost) as lost:
                await client.cancel_open_orders(SYMBOL)
            assert (await lost.value.resolve()).outcome is Outcome.ACCEPTED
            with pytest.raises(JournalFailed):
                await buy(client, "four")
        assert not any(order.is_open for order in exchange.truth.all_orders())

    play(test, tmp_path)


def test_orders_are_cancelled_while_it_is_found_out_what_an_earlier_process_left_open(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        async with desk.begin() as first:
            await buy(first, "rests")
            exchange.faults.next(Cut(after_execution=False), "order.place")
            with pytest.raises(ConnectionLost):
                await buy(first, "lost")
            desk.journal.abandon()
        async with desk.begin() as second:
            started = desk.loop.time()
            await second.cancel_order(SYMBOL, orig_client_order_id="rests")
            assert desk.loop.time() - started < 1.0
            with pytest.raises(NotConnected, match="no new order"):
                await buy(second, "new", timeout=1)
            verdicts = {each.client_order_id: each.outcome for each in await second.recover()}
            assert verdicts["lost"] is Outcome.NOT_PLACED
            assert verdicts.get("rests", Outcome.ACCEPTED) is Outcome.ACCEPTED

    play(test, tmp_path)


def test_a_journal_is_of_one_account_and_one_client(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        other = HmacKey("somebodyElse", "s" * 64)
        exchange.register_key(other.api_key, "hmac", secret="s" * 64, account="bob")
        async with desk.begin():
            with pytest.raises(UsageError):
                await SpotClient(environment(exchange), KEY, journal=FileJournal(desk.path)).__aenter__()
        with pytest.raises(UsageError):
            await SpotClient(environment(exchange), other, journal=FileJournal(desk.path)).__aenter__()
        with pytest.raises(UsageError, match="no key"):
            await SpotClient(environment(exchange), journal=FileJournal(desk.path)).__aenter__()

    play(test, tmp_path)


def test_what_was_declared_not_placed_is_watched_for_after_a_restart(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        exchange.faults.next(Delay(300.0, at="engine"), "order.place")
        async with desk.begin() as first:
            with pytest.raises(ReplyTimeout) as caught:
                await buy(first, "late", timeout=1.0)
            assert (await caught.value.resolve()).outcome is Outcome.NOT_PLACED
        async with desk.begin() as second:
            await second.recover()
            async with hearing_late(second) as heard:
                async with second.user_data():
                    await asyncio.sleep(400)
                assert [each.client_order_id for each in heard] == ["late"]

    play(test, tmp_path)


def test_a_journal_belongs_to_one_local_exchange(tmp_path: Path) -> None:
    """At another, "not found" says nothing of the orders of the first."""

    async def test(desk: Desk) -> None:
        await desk.leave_open("left-open", executed=True)
        async with LocalExchange(seed=1, market="manual") as other:
            register(other)
            for journal in (desk.path, desk.path.with_name("old.journal")):
                if journal != desk.path:  # as earlier versions wrote it: it does not say which exchange
                    old = FileJournal(journal)
                    old.open(account_tag("local", KEY.api_key))
                    old.close()
                with pytest.raises(UsageError, match=r"another host or port is another environment.*begin a new file"):
                    await SpotClient(environment(other), KEY, journal=FileJournal(journal)).start()
        where = environment(desk.exchange)
        by_name = replace(where, ws_api=(desk.exchange.url.replace("127.0.0.1", "localhost"),))
        assert by_name.venue == where.venue
        async with desk.begin() as second:
            assert [each.outcome for each in await second.recover()] == [Outcome.ACCEPTED]

    play(test, tmp_path)


def odd_record(tag: str, what: str) -> Intent:
    """Return a record that contradicts itself."""
    params: dict[str, object] = {} if what == "no id" else {"symbol": SYMBOL, "newClientOrderId": "odd"}
    method = "order.of.tomorrow" if what == "no method" else "order.place"
    account = "somebody else" if what == "another key" else tag
    return Intent("odd", method, SYMBOL, ("odd",), params, 1_767_225_600_000, 5_000.0, account, "odd")


@pytest.mark.parametrize("what", ["no id", "no method", "another key"])
def test_a_record_that_contradicts_itself_is_told_and_stops_no_order(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        tag = account_tag(environment(exchange).venue, KEY.api_key)
        journal = FileJournal(desk.path)
        journal.open(tag)
        journal.record(odd_record(tag, what))
        good = {"symbol": SYMBOL, "newClientOrderId": "good"}
        journal.record(Intent("good", "order.place", SYMBOL, ("good",), good, 1_767_225_600_000, 5_000.0, tag, "good"))
        journal.close()
        told: list[Failed] = []
        async with desk.begin(on_error=told.append) as client:
            await buy(client, "new", timeout=60)
            assert [(each.client_order_id, each.outcome) for each in await client.recover()] == [
                ("good", Outcome.NOT_PLACED)
            ]
        assert [type(each.error) for each in told] == [JournalFailed]
        assert "set aside" in caplog.text
        # It is still there, and told again.
        journal = FileJournal(desk.path)
        journal.open(tag)
        assert [each.intent_id for each in journal.open_intents()] == ["odd"]
        journal.close()

    play(test, tmp_path)


def test_a_search_that_fails_by_a_mistake_of_the_program_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Resolver._ask
    failures = iter([RuntimeError("a mistake"), RuntimeError("a mistake")])

    searches: list[float] = []

    async def ask(self: Resolver, intent: Unresolved, doubt: Doubt) -> None:
        searches.append(asyncio.get_running_loop().time())
        error = next(failures, None)
        if error is not None:
            raise error
        await asked(self, intent, doubt)

    async def test(desk: Desk) -> None:
        await desk.leave_open("one", executed=True)
        monkeypatch.setattr(Resolver, "_ask", ask)
        async with desk.begin() as second:
            assert [each.outcome for each in await second.recover()] == [Outcome.ACCEPTED]
        assert next(failures, None) is None
        assert [later - searches[0] for later in searches[1:3]] == pytest.approx([1.0, 3.0], abs=0.3)

    play(test, tmp_path)


@pytest.mark.parametrize("durability", ["process", "power"])
@pytest.mark.parametrize("first", ["cancel", "cancel all", "amend", "read", "place", "submit", "list", "replace"])
def test_what_is_called_first_belongs_to_no_recovery(
    tmp_path: Path, first: str, durability: Durability, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the first call is, and whether the venue takes or refuses it: the next order goes out at once."""
    in_virtual_time(monkeypatch)

    async def call(client: SpotClient) -> object:
        if first == "cancel":
            return await client.cancel_order(SYMBOL, orig_client_order_id="yesterday")
        if first == "cancel all":
            return await client.cancel_open_orders(SYMBOL)
        if first == "amend":
            return await client.amend_order(SYMBOL, "1", orig_client_order_id="yesterday")
        if first == "read":
            return await client.order_status(SYMBOL, orig_client_order_id="yesterday")
        if first == "submit":
            return await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="9999", price="1", time_in_force="GTC")
        if first == "list":
            return await client.cancel_order_list(SYMBOL, list_client_order_id="yesterday")
        if first == "replace":
            return await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id="yesterday", quantity="0.01",
                price="50000", time_in_force="GTC",
            )  # fmt: skip
        return await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="9999", price="1", time_in_force="GTC")

    async def test(desk: Desk) -> None:
        for left in (False, True):  # with nothing to recover, and with something
            if left:
                await desk.leave_open("left-open", executed=True)
            async with desk.begin() as client:
                (result,) = await asyncio.gather(call(client), return_exceptions=True)
                if first != "submit" and not (left and first == "cancel all"):
                    assert isinstance(result, WsapiError), result
                begun = desk.loop.time()
                await buy(client, f"new-{left}", timeout=30)
                assert desk.loop.time() - begun < 10
                outcomes = [each.outcome for each in await client.recover()]
                assert outcomes == ([Outcome.ACCEPTED] if left else [])

    play(test, tmp_path, durability)


@pytest.mark.parametrize("end", ["killed", "closed"])
@pytest.mark.parametrize("seen", ["in the reply to the change", "in a row", "in an event"])
@pytest.mark.parametrize("change", ["cancel", "cancel all", "replace", "amend", "amend twice"])
def test_an_order_that_a_change_renamed_before_its_reply_came_is_found_by_the_next_process(
    tmp_path: Path, change: str, seen: str, end: str
) -> None:
    """By number, and without a doubt that its reply will come: nothing but its number names it when the process ends."""

    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        exchange.faults.next(Delay(9.0), "order.place")
        async with desk.begin() as client:
            if seen == "in an event":
                await client.track_account()
            placing = asyncio.ensure_future(buy(client, "renamed", timeout=20.0))
            await asyncio.sleep(0.5)
            if seen == "in a row":
                (row,) = await client.open_orders(SYMBOL)
                assert row.client_order_id == "renamed"
            number = exchange.truth.orders["renamed"][0].order_id
            if change == "cancel":
                await client.cancel_order(SYMBOL, order_id=number)
            elif change == "cancel all":
                await client.cancel_open_orders(SYMBOL)
            elif change == "replace":
                await client.cancel_replace_order(
                    SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=number, quantity="0.01",
                    price="40000", time_in_force="GTC",
                )  # fmt: skip
            else:
                for quantity in ("0.008", "0.005")[: 2 if change == "amend twice" else 1]:
                    await client.amend_order(SYMBOL, quantity, order_id=number)
            assert not placing.done()
            if end == "killed":
                await asyncio.sleep(1.0)
                desk.journal.abandon()
        assert isinstance(await asyncio.gather(placing, return_exceptions=True), list)
        async with desk.begin() as second:
            (verdict,) = await second.recover()
            assert (verdict.client_order_id, verdict.outcome) == ("renamed", Outcome.ACCEPTED)
            assert verdict.order.order_id == number

    play(test, tmp_path)


def test_the_next_process_takes_no_other_order_for_an_order_that_never_came(tmp_path: Path) -> None:
    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        async with desk.begin() as client:
            other = await client.place_order(
                SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC"
            )
            exchange.faults.next(Drop(executed=False), "order.place")
            placing = asyncio.ensure_future(buy(client, "never", timeout=20.0))
            await asyncio.sleep(0.5)
            await client.open_orders(SYMBOL)
            await client.amend_order(SYMBOL, "0.005", order_id=other.order_id)
            await client.cancel_open_orders(SYMBOL)
            await asyncio.sleep(1.0)
            desk.journal.abandon()
        await asyncio.gather(placing, return_exceptions=True)
        async with desk.begin() as second:
            (verdict,) = await second.recover()
            assert (verdict.client_order_id, verdict.outcome) == ("never", Outcome.NOT_PLACED)

    play(test, tmp_path)


@pytest.mark.parametrize("first", ["nothing", "open orders", "status", "amend"])
def test_an_order_that_the_next_process_saw_is_no_older_for_that_than_a_cancel_of_everything_before_the_kill(
    tmp_path: Path, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancel of everything and an order leave one after the other, and the process is killed before any reply.

    The search for what became of the cancel fails once, and is begun again when the order has been found.
    """
    asked = Resolver._ask
    failures = iter([RuntimeError("a mistake")])

    async def ask(self: Resolver, intent: Unresolved, doubt: Doubt) -> None:
        error = next(failures, None) if doubt.token.kind is TokenKind.SYMBOL else None
        if error is not None:
            raise error
        await asked(self, intent, doubt)

    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        exchange.faults.lose_events(count=100)
        async with desk.begin() as client:
            await buy(client, "rests")
            await asyncio.sleep(60.0)
            exchange.faults.next(Drop(), "openOrders.cancelAll")
            exchange.faults.next(Drop(), "order.place")
            everything = asyncio.ensure_future(client.cancel_open_orders(SYMBOL))
            await asyncio.sleep(0.01)
            placing = asyncio.ensure_future(buy(client, "behind"))
            await asyncio.sleep(0.5)
            desk.journal.abandon()
        await asyncio.gather(everything, placing, return_exceptions=True)
        await asyncio.sleep(30.0)
        (behind,) = exchange.truth.orders["behind"]
        monkeypatch.setattr(Resolver, "_ask", ask)
        async with desk.begin() as second:
            if first == "open orders":
                await second.open_orders(SYMBOL)
            elif first == "status":
                await second.order_status(SYMBOL, order_id=behind.order_id)
            elif first == "amend":
                await second.amend_order(SYMBOL, "0.005", order_id=behind.order_id)
            cancelled, placed = await second.recover()
        assert not exchange.truth.orders["rests"][0].is_open
        assert next(failures, None) is None
        assert (cancelled.outcome, placed.outcome) == (Outcome.UNDECIDED, Outcome.ACCEPTED)

    play(test, tmp_path)
