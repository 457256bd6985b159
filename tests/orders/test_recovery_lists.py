"""Thousands of requests that an earlier process left open: lists first, then one by one, with room for cancels all the while."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import FileJournal, NotConnected, Outcome, SpotClient
from binance_wsapi.environments import Environment, local
from binance_wsapi.orders import recovery, recovery_lists
from binance_wsapi.orders.fate import turns
from binance_wsapi.orders.journal.intent import Intent, account_tag
from tests.simulation.house import HMAC, SYMBOL
from tests.simulation.house import runtime as chance_of
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

WEIGHTS = {"openOrders.status": 6, "allOrders": 20, "order.status": 4, "userDataStream.subscribe.signature": 2}
TAG = account_tag("scripted", HMAC.api_key)


def environment(peer: Peer) -> Environment:
    """Return where the peer is, under a name of its own: its port is in no tag."""
    return replace(local(peer.url), name="scripted")


async def record(
    journal: FileJournal, name: str, at_ms: int, method: str = "order.place", symbol: str = SYMBOL, **params: Any
) -> None:
    """Write down what a process sent before it was killed."""
    wire = {"symbol": symbol, "newClientOrderId": name, **params}
    if method == "order.place":
        wire |= {"side": "BUY", "type": "LIMIT", "quantity": "1", "price": "1", "timeInForce": "GTC"}
    intent = Intent(name, method, symbol, (name,), wire, at_ms, 5_000.0, TAG, name)
    waiting = journal.record(intent)
    if waiting is not None:
        await waiting
    journal.mark_sent(intent, at_ms)


def row(number: int, name: str, at_ms: int, status: str = "NEW") -> dict[str, Any]:
    """Return an order as the venue lists it."""
    done = "1.00000000" if status == "FILLED" else "0.00000000"
    return {
        "symbol": SYMBOL, "orderId": number, "orderListId": -1, "clientOrderId": name, "price": "1.00000000",
        "origQty": "1.00000000", "executedQty": done, "origQuoteOrderQty": "0.00000000", "cummulativeQuoteQty": done,
        "status": status, "timeInForce": "GTC", "type": "LIMIT", "side": "BUY", "stopPrice": "0.00000000",
        "icebergQty": "0.00000000", "time": at_ms, "updateTime": at_ms, "isWorking": True, "workingTime": at_ms,
        "selfTradePreventionMode": "NONE",
    }  # fmt: skip


class Venue:
    """Answers from a table of orders, and counts what is asked."""

    def __init__(self, peer: Peer, rows: Iterable[dict[str, Any]]) -> None:
        self.peer = peer
        self.rows = {each["clientOrderId"]: each for each in rows}
        self.spent: deque[tuple[float, int]] = deque()
        self.worst = 0
        peer.answers |= {
            "openOrders.status": self.open_orders,
            "allOrders": self.all_orders,
            "order.status": self.order_status,
            "order.cancel": self.cancel,
            "order.place": self.place,
            "userDataStream.subscribe.signature": self.subscribe,
        }

    def charge(self, method: str) -> None:
        """Add the weight of a request to the minute that it belongs to."""
        now = asyncio.get_running_loop().time()
        self.spent.append((now, WEIGHTS.get(method, 1)))
        while self.spent[0][0] < now - 60:
            self.spent.popleft()
        self.worst = max(self.worst, sum(weight for _, weight in self.spent))

    async def subscribe(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        return {"subscriptionId": 0}

    async def open_orders(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        self.charge("openOrders.status")
        return [each for each in self.rows.values() if each["status"] == "NEW"]

    async def all_orders(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        self.charge("allOrders")
        params = request["params"]
        first, since = int(params.get("orderId", 0)), int(params.get("startTime", 0))
        found = [each for each in self.rows.values() if each["orderId"] >= first and each["updateTime"] >= since]
        return sorted(found, key=lambda each: int(each["orderId"]))[: int(params["limit"])]

    async def order_status(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        self.charge("order.status")
        found = self.rows.get(request["params"].get("origClientOrderId"))
        if found is None:
            await peer.refuse(connection, request["id"], 400, -2013, "Order does not exist.")
        return found

    async def cancel(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        self.charge("order.cancel")
        params = request["params"]
        found = self.rows.pop(params.get("origClientOrderId"), None)
        if found is None:
            await peer.refuse(connection, request["id"], 400, -2011, "Unknown order sent.")
            return None
        found = {**found, "clientOrderId": params["newClientOrderId"], "status": "CANCELED"}
        self.rows[found["clientOrderId"]] = found
        return {**found, "origClientOrderId": params["origClientOrderId"], "transactTime": peer.now_ms()}

    async def place(self, peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        name = request["params"]["newClientOrderId"]
        self.rows[name] = row(len(self.rows) + 1, name, peer.now_ms())
        return {**self.rows[name], "transactTime": peer.now_ms(), "fills": []}


def runtime(loop: VirtualLoop) -> Any:
    return replace(chance_of(loop), wall=loop.time)


async def buy(client: SpotClient) -> Any:
    return await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="1", price="1", time_in_force="GTC", timeout=60)


def test_ten_thousand_open_intents_are_found_in_lists_and_the_first_order_goes_out_within_ten_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_log: None
) -> None:
    names = [f"left-open-{number}" for number in range(10_000)]

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            at = peer.now_ms()
            rows = [row(number, name, at, "NEW" if number % 2 else "FILLED") for number, name in enumerate(names, 1)]
            venue = Venue(peer, rows)
            journal = FileJournal(tmp_path / "orders.journal")
            journal.open(TAG)
            for name in names:
                await record(journal, name, at)
            journal.abandon()
            await asyncio.sleep(30)
            turns_taken: list[float] = []
            take_turn = asyncio.Handle._run

            def timed(handle: asyncio.Handle) -> None:
                before = time.thread_time()  # of this thread alone: others may keep the machine busy
                take_turn(handle)
                turns_taken.append(time.thread_time() - before)

            begun = loop.time()
            client = SpotClient(
                environment(peer), HMAC, runtime=runtime(loop), journal=FileJournal(tmp_path / "orders.journal")
            )
            monkeypatch.setattr(asyncio.Handle, "_run", timed)
            gc.disable()  # it has all the objects of the tests before to look through
            try:
                await client.start()
            finally:
                monkeypatch.undo()
                await asyncio.sleep(0)  # the collector catches up in a turn that is timed no more
                gc.enable()
            try:
                await client.cancel_order(SYMBOL, orig_client_order_id=names[0], timeout=1)
                await buy(client)
                assert loop.time() - begun < 10
                verdicts = await client.recover()
            finally:
                await client.close()
            assert [each.client_order_id for each in verdicts] == names
            assert {each.outcome for each in verdicts} == {Outcome.ACCEPTED}
            assert venue.worst < 500
            assert not peer.sent("order.status")
            assert max(turns_taken) < 0.05, "the event loop stood still while the journal was read"

    run(main)


def test_questions_about_what_was_left_open_leave_room_for_cancels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WEIGHT_SHARE", 0.08)
    monkeypatch.setattr(turns, "LEFT_OPEN_WEIGHT_SHARE", 0.07)
    names = [f"lost-{number}" for number in range(150)]

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            venue = Venue(peer, [row(number, f"open-{number}", peer.now_ms()) for number in range(1, 61)])
            journal = FileJournal(tmp_path / "orders.journal")
            journal.open(TAG)
            for name in names:
                await record(journal, name, peer.now_ms())
            journal.abandon()
            await asyncio.sleep(30)
            async with SpotClient(
                environment(peer), HMAC, runtime=runtime(loop), journal=FileJournal(tmp_path / "orders.journal")
            ) as client:
                for number in range(1, 61):
                    sent = loop.time()
                    await client.cancel_order(SYMBOL, orig_client_order_id=f"open-{number}", timeout=1)
                    assert loop.time() - sent < 0.2
                    await asyncio.sleep(2)
                with pytest.raises(NotConnected, match="not settled"):
                    await client.place_order(
                        SYMBOL, "BUY", "LIMIT", quantity="1", price="1", time_in_force="GTC", timeout=1
                    )
                verdicts = await client.recover()
                await buy(client)
            assert {each.outcome for each in verdicts} == {Outcome.NOT_PLACED}
            assert 2 * len(names) <= len(peer.sent("order.status")) <= 4 * len(names)
            assert venue.worst < 0.12 * 6_000

    run(main)


def test_a_search_that_waits_for_another_does_not_keep_it_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "SEARCHES_AT_ONCE", 1)

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            venue = Venue(peer, [])
            at = peer.now_ms()
            journal = FileJournal(tmp_path / "orders.journal")
            journal.open(TAG)
            for number in range(3):
                await record(journal, f"placed-{number}", at)
                await record(journal, f"again-{number}", at, "order.cancel", origClientOrderId=f"placed-{number}")
                venue.rows[f"again-{number}"] = row(number + 1, f"again-{number}", at, "CANCELED")
            journal.abandon()
            async with SpotClient(
                environment(peer), HMAC, runtime=runtime(loop), journal=FileJournal(tmp_path / "orders.journal")
            ) as client:
                verdicts = await asyncio.wait_for(client.recover(), 120)
            assert [each.outcome for each in verdicts] == [Outcome.ACCEPTED] * 6

    run(main)


def test_what_is_renamed_while_the_lists_are_under_way_is_known(tmp_path: Path) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            venue = Venue(peer, [row(1, "left-0", peer.now_ms())])

            async def slow(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
                await asyncio.sleep(5)
                return []

            peer.answers["openOrders.status"] = peer.answers["allOrders"] = slow
            journal = FileJournal(tmp_path / "orders.journal")
            journal.open(TAG)
            for number in range(recovery_lists.LISTED_FROM):
                await record(journal, f"left-{number}", peer.now_ms())
            journal.abandon()
            async with SpotClient(
                environment(peer), HMAC, runtime=runtime(loop), journal=FileJournal(tmp_path / "orders.journal")
            ) as client:
                await client.cancel_order(SYMBOL, orig_client_order_id="left-0")
                verdicts = await client.recover()
            told = {each.client_order_id: each.outcome for each in verdicts}
            assert told.pop("left-0") is Outcome.ACCEPTED
            assert set(told.values()) == {Outcome.NOT_PLACED}
            assert venue.rows

    run(main)


def test_lists_that_cannot_be_had_or_read_cost_no_verdict(tmp_path: Path) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            names = [f"left-{number}" for number in range(recovery_lists.LISTED_FROM)]
            Venue(peer, [row(number, name, peer.now_ms()) for number, name in enumerate(names, 1)])

            async def odd(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
                return [7, None, [], {}, {"clientOrderId": 5}, {"clientOrderId": names[0]}, {"orderId": "x"}]

            async def refuse(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
                await peer.refuse(
                    connection, request["id"], 400, -1130, "Data sent for parameter 'startTime' is wrong."
                )

            peer.answers["openOrders.status"] = odd
            peer.answers["allOrders"] = refuse
            journal = FileJournal(tmp_path / "orders.journal")
            journal.open(TAG)
            for name in names:
                await record(journal, name, peer.now_ms())
            journal.abandon()
            async with SpotClient(
                environment(peer), HMAC, runtime=runtime(loop), journal=FileJournal(tmp_path / "orders.journal")
            ) as client:
                verdicts = await client.recover()
            assert [each.client_order_id for each in verdicts] == names
            assert {each.outcome for each in verdicts} == {Outcome.ACCEPTED}

    run(main)
