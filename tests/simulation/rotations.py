"""Rotations under load: no request and no event is lost or doubled, the view of the account stays true, and a connection is
always logged on (I5, I6, I10).

A client trades steadily against the local exchange, in virtual time and from a seed: orders that rest, orders that fill,
cancels, queries, and everything its account is told. All the while its connections are replaced, asked for by the user or
announced by the venue. At the end what it was told is compared with what the exchange knows.

Run: ``make rotations TIMES=10000``
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from binance_wsapi import ClientEvent, Closed, RotationBegan, RotationEnded, Settings, SpotClient
from binance_wsapi.models.spot.events import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import KEY, SYMBOL, environment, register, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.pools import spread
from tests.user_data.truth import judge_cache

__all__ = ["Figures", "rotate"]

SHARE = 250
"""Rotations of one exchange, which forgets nothing: many of them keep the memory flat."""

EVERY = 1.1
"""Seconds from one rotation to the next, on average: the venue lets 300 connections in 5 minutes be tried."""

LATENCIES = ((0.001, 0.01), (0.001, 0.2), (0.05, 0.06))
"""Least and most seconds of every frame on its way; one of these for some time, then another."""


@dataclass
class Figures:
    """What a run was like."""

    rotations: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    events: int = 0
    doubles: int = 0
    logged_on_least: int = 99
    violations: list[str] = field(default_factory=list)


class _Run:
    """A client that trades while its connections are replaced."""

    def __init__(self, loop: VirtualLoop, times: int) -> None:
        self.loop = loop
        self.chance = loop.random
        self.times = times
        self.figures = Figures()
        self.told: list[ExecutionReport] = []
        self.sent: Counter[str] = Counter()
        self.cancelled = 0
        self.going = True
        self.exchange: LocalExchange
        self.client: SpotClient

    def violated(self, what: str) -> None:
        if len(self.figures.violations) < 50:
            self.figures.violations.append(f"{self.loop.time() - 100_000:.3f} s: {what}")

    async def live(self) -> None:
        settings = Settings(timeout=20.0)
        self.exchange = LocalExchange(seed=1, market="manual", lag="venue", keep_frames=2_000)
        async with self.exchange:
            register(self.exchange)
            self.exchange.quote(SYMBOL, bids=[("59999", "50")], asks=[("60001", "50")])
            async with (
                SpotClient(environment(self.exchange), KEY, settings, runtime=runtime(self.loop)) as self.client,
                self.client.user_data() as events,
            ):
                watchers = [
                    asyncio.ensure_future(each) for each in (self.hear(events), self.watch(), self.count_logged_on())
                ]
                await asyncio.gather(*(self.trade(number) for number in range(3)), self.fill(), self.rotate())
                await asyncio.sleep(30.0)  # the last connection drains, the last event arrives
                for watcher in watchers:
                    watcher.cancel()
                for result in await asyncio.gather(*watchers, return_exceptions=True):
                    if isinstance(result, Exception):
                        self.violated(f"a watcher ended: {result!r}")
                self.judge()

    # ------------------------------------------------------------------ the load

    async def trade(self, number: int) -> None:
        """Place, look up and cancel orders, one call after another."""
        count = 0
        while self.going:
            count += 1
            name = f"w{number}n{count}"
            price = self.chance.choice(["50000", "60001"])
            await self.ask(
                self.client.place_order(
                    SYMBOL, "BUY", "LIMIT", quantity="0.001", price=price, time_in_force="GTC", new_client_order_id=name
                )
            )
            self.sent[name] += 1
            if self.chance.random() < 0.3:
                await self.ask(self.client.open_orders(SYMBOL))
            await asyncio.sleep(self.chance.uniform(0.0, 0.6))
            if price == "50000":
                self.cancelled += 1
                await self.ask(self.client.cancel_order(SYMBOL, orig_client_order_id=name))
            await asyncio.sleep(self.chance.uniform(0.0, 0.6))

    async def fill(self) -> None:
        """Have one order after another filled in many small parts, in quick succession: order matters there."""
        count = 0
        while self.going:
            count += 1
            name = f"many{count}"
            await self.ask(
                self.client.place_order(
                    SYMBOL, "BUY", "LIMIT", quantity="0.02", price="60000", time_in_force="GTC",
                    new_client_order_id=name,
                )
            )  # fmt: skip
            self.sent[name] += 1
            for _ in range(20):
                await asyncio.sleep(self.chance.choice([0.0, 0.001, 0.01, 0.1]) * self.chance.random())
                self.exchange.quote(SYMBOL, bids=[("59999", "50")], asks=[("60000", "0.001"), ("60001", "50")])

    async def ask(self, call: Any) -> None:
        self.figures.requests += 1
        try:
            await call
        except Exception as error:  # noqa: BLE001 - whatever fails is a finding
            self.violated(f"a request failed: {type(error).__name__}: {error}")

    async def rotate(self) -> None:
        """Replace the connections, until it was done that often."""
        while self.figures.rotations < self.times:
            await asyncio.sleep(self.chance.uniform(0.6, 2 * EVERY - 0.6))
            network = self.loop.network
            if self.chance.random() < 0.02:
                network.least, network.most = self.chance.choice(LATENCIES)
            if self.chance.random() < 0.3:  # one way may be longer than the other: what is newer may arrive first
                network.live[-1].extra = self.chance.choice([0.0, 0.02, 0.5])
            if self.chance.random() < 0.1:
                self.exchange.faults.shutdown(20.0)
            else:
                self.client.rotate()
        self.going = False

    # ------------------------------------------------------------------ what is seen

    async def hear(self, events: Any) -> None:
        async for event in events:
            if isinstance(event, ExecutionReport):
                self.told.append(event)
            elif type(event).__name__ in {"Gap", "Overflow", "GapUnrecoverable"}:
                self.violated(f"the events were interrupted: {event!r}")

    async def watch(self) -> None:
        event: ClientEvent | Any
        async for event in self.client.events():
            if isinstance(event, RotationBegan):
                self.figures.by_reason[event.reason] += 1
            elif isinstance(event, RotationEnded):
                self.figures.rotations += 1
                if event.successor is None:
                    self.violated("no successor was opened")
            elif isinstance(event, Closed) and not event.wanted:
                self.violated(f"a connection was lost: {event!r}")

    async def count_logged_on(self) -> None:
        """Look all the time how many connections could take a private call."""
        while True:
            usable = sum(
                connection.usable and connection.logged_on_as is not None
                for connection in self.client._session.connections
            )
            self.figures.logged_on_least = min(self.figures.logged_on_least, usable)
            await asyncio.sleep(0.002)

    # ------------------------------------------------------------------ the comparison

    def judge(self) -> None:
        truth = self.exchange.truth
        self.figures.events = len(self.told)
        if self.figures.logged_on_least < 1:
            self.violated("there was a moment without an authenticated connection")
        for name in self.sent:
            if len(truth.orders[name]) != 1:
                self.violated(f"{name} became {len(truth.orders[name])} orders")
        if len(truth.all_orders()) != len(self.sent):
            self.violated(f"{len(self.sent)} orders were placed, and the exchange has {len(truth.all_orders())}")
        by_order: dict[int, list[int]] = {}
        for report in self.told:
            by_order.setdefault(report.order_id, []).append(report.execution_id)
        for order in truth.all_orders():
            true = [execution for _, _, execution in order.events]
            told = by_order.pop(order.order_id, [])
            if told != true:
                self.violated(f"order {order.original_id}: told {told}, true {true}")
        if by_order:
            self.violated(f"told of orders that are none: {sorted(by_order)}")
        for method, asked in (("order.place", len(self.sent)), ("order.cancel", self.cancelled)):
            if truth.counters[method] != asked:
                self.violated(f"{method} was called {asked} times, and sent {truth.counters[method]} times")
        for wrong in judge_cache(self.client, truth):
            self.violated(wrong)


def rotate(times: int, seed: int = 1) -> Figures:
    """Trade through that many rotations, and judge."""
    held: list[_Run] = []

    async def main(loop: VirtualLoop) -> None:
        held.append(_Run(loop, times))
        await held[0].live()

    run(main, seed)
    return held[0].figures


def _rotate(share: tuple[int, int]) -> Figures:
    return rotate(share[1], seed=share[0])


def main(times: int) -> int:
    """Run, print what it was like, and return the exit status."""
    begun = time.perf_counter()
    figures = Figures()
    shares = [min(SHARE, times - start) for start in range(0, times, SHARE)]
    for number, part in enumerate(spread(_rotate, list(enumerate(shares)), os.cpu_count() or 1)):
        figures.rotations += part.rotations
        figures.by_reason += part.by_reason
        figures.requests += part.requests
        figures.events += part.events
        figures.logged_on_least = min(figures.logged_on_least, part.logged_on_least)
        figures.violations += [f"seed {number}, {each}" for each in part.violations]
        if sys.stdout.isatty() or number % 10 == 9:
            print(f"{figures.rotations} rotations, {len(figures.violations)} violations", flush=True)
    print(
        json.dumps(
            {
                "rotations": figures.rotations,
                "reasons": dict(figures.by_reason),
                "requests": figures.requests,
                "events": figures.events,
                "least connections logged on": figures.logged_on_least,
                "violations": len(figures.violations),
                "seconds": round(time.perf_counter() - begun, 1),
            }
        )
    )
    for each in figures.violations[:20]:
        print("VIOLATION", each)
    return 1 if figures.violations else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
