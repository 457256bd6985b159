"""The deadlines of the requests of one connection, and the wait for the last of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi.errors import ReplyTimeout
from binance_wsapi.session.in_flight import InFlight, Waiting
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.pending import Pending
from tests.simulation.loop import VirtualLoop, run

READ: Endpoint[dict[str, Any]] = Endpoint("exchangeInfo", dict[str, Any])


class Table:
    """Requests in flight, and what is told of those that expire: names and seconds since the start."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.start = loop.time()
        self.told: list[tuple[list[str], float]] = []
        self.requests = InFlight(loop, timed_out=lambda _pending: None, expired=self._expired)

    def _expired(self, expired: list[Waiting]) -> None:
        self.told.append(([each.request_id for each in expired], self.loop.time() - self.start))

    def add(self, name: str, seconds: float) -> Waiting:
        now = self.loop.time()
        pending: Waiting = Pending(name, READ, self.loop.create_future(), now, now + seconds)
        self.requests.add(pending)
        if pending.deadline < self.requests.timer_at:
            self.requests.arm(pending.deadline)
        return pending


def test_one_timer_stands_at_the_earliest_deadline() -> None:
    async def main(loop: VirtualLoop) -> None:
        table = Table(loop)
        late, soon = table.add("late", 5.0), table.add("soon", 3.0)
        await asyncio.sleep(10)
        assert table.told == [(["soon"], 3.0), (["late"], 5.0)]
        for each, seconds in ((late, 5), (soon, 3)):
            with pytest.raises(ReplyTimeout, match=f"no reply within {seconds} s of sending") as caught:
                each.waiter.result()
            assert (caught.value.method, caught.value.request_id) == (READ.method, each.request_id)
        assert table.requests.timer_at == float("inf")

    run(main)


def test_the_wait_for_the_last_request_ends_with_its_deadline() -> None:
    async def main(loop: VirtualLoop) -> None:
        table = Table(loop)
        table.add("first", 2.0)
        table.add("last", 4.0)
        await table.requests.idle()
        assert loop.time() - table.start == 4.0

    run(main)


def test_a_timer_that_was_stopped_tells_of_no_deadline() -> None:
    async def main(loop: VirtualLoop) -> None:
        table = Table(loop)
        table.add("request", 2.0)
        table.requests.stop()
        await asyncio.sleep(10)
        assert table.told == []

    run(main)
