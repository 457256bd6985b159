"""`place_order` as users call it, against loops without features and a bare socket, in the same rounds.

The library makes the ids; limits, fates and deadlines are on. The server runs on a processor of its own and answers with
canned bytes; how busy it was is measured beside each figure, so that a figure which is the server's shows itself. Rounds
alternate, so that a machine that slows down slows all of them: what counts are the ratios of one round, and their median.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bare import Floor, PlainPicows, PlainWebsockets
from benchmarks.peer import Server
from benchmarks.report import Figures, has_fast
from binance_wsapi import Ed25519Key, HmacKey, RsaKey, Settings, SpotClient

__all__ = [
    "BARE",
    "FLOOR",
    "IN_FLIGHT",
    "Call",
    "Contender",
    "contenders",
    "counts",
    "event_loop",
    "keys",
    "main",
    "measure",
    "memory",
    "order",
    "table",
    "together",
]

Call = Callable[[], Awaitable[Any]]
Opened = Callable[[Server, AsyncExitStack], Awaitable[Call]]

IN_FLIGHT = 64
COUNTS = (1, 8, 64, 256, 1_000)
"""Calls in flight whose processor time is compared."""
FLOOR = "floor: TCP"
BARE = "bare websockets + pydantic"


@dataclass(frozen=True)
class Contender:
    """What is measured: how it is opened, and on which event loop it runs."""

    name: str
    open: Opened
    fast: bool = False
    ours: bool = field(default=False)


class OnRequest:
    """An Ed25519 key that does not log on: each request is signed."""

    can_log_on = False

    def __init__(self, key: Ed25519Key) -> None:
        self.api_key = key.api_key
        self.sign = key.sign


async def _floor(server: Server, stack: AsyncExitStack) -> Call:
    opened = await Floor.open(server.port)
    stack.push_async_callback(opened.close)
    return opened.call


async def _websockets(server: Server, stack: AsyncExitStack) -> Call:
    opened = await PlainWebsockets.open(server.url)
    stack.push_async_callback(opened.close)
    return opened.call


async def _websockets_structs(server: Server, stack: AsyncExitStack) -> Call:
    opened = await PlainWebsockets.open(server.url, structs=True)
    stack.push_async_callback(opened.close)
    return opened.call


async def _picows(server: Server, stack: AsyncExitStack) -> Call:
    opened = await PlainPicows.open(server.url)
    stack.push_async_callback(opened.close)
    return opened.call


def order(client: SpotClient) -> Call:
    """Return what is measured: the library makes the id."""
    return lambda: client.place_order(
        "BTCUSDT", "SELL", "LIMIT", time_in_force="GTC", price="23416.10000000", quantity="0.00847000"
    )


def _client(key: Callable[[], Any], **settings: Any) -> Opened:
    async def opened(server: Server, stack: AsyncExitStack) -> Call:
        return order(await stack.enter_async_context(SpotClient.local(key(), Settings(**settings), url=server.url)))

    return opened


_ED25519 = Ed25519Key.generate(api_key="k" * 64)
_RSA = RsaKey.generate(api_key="k" * 64)


def keys() -> dict[str, Callable[[], Any]]:
    """Return what makes each kind of key."""
    return {
        "logged on": lambda: _ED25519,
        "HMAC": lambda: HmacKey("k" * 64, "s" * 64),
        "Ed25519 per request": lambda: OnRequest(_ED25519),
        "RSA": lambda: _RSA,
    }


def contenders() -> list[Contender]:
    """Return what can run with what is installed."""
    plain = [
        Contender(BARE, _websockets),
        Contender("bare websockets + structs", _websockets_structs),
    ]
    ours = [Contender(f"ours, {name}", _client(key, transport="websockets"), ours=True) for name, key in keys().items()]
    if not has_fast():
        return [Contender(FLOOR, _floor), *plain, *ours]
    return [
        Contender(FLOOR, _floor, fast=True),
        *plain,
        Contender("bare picows + structs, uvloop", _picows, fast=True),
        *ours,
        *(
            Contender(f"ours, {name}, fast", _client(key, transport="picows"), fast=True, ours=True)
            for name, key in keys().items()
        ),
    ]


async def alone(call: Call, calls: int) -> list[float]:
    """Return the seconds of each of many calls made one after another."""
    took = []
    for _ in range(calls):
        begun = time.perf_counter()
        await call()
        took.append(time.perf_counter() - begun)
    return took


async def together(call: Call, in_flight: int, calls: int) -> tuple[float, float]:
    """Return calls per second, and seconds of this process's processor per call, with so many in flight."""
    each = max(1, calls // in_flight)

    async def worker() -> None:
        for _ in range(each):
            await call()

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    took = time.perf_counter() - begun
    count = each * in_flight
    return count / took, (time.process_time() - cpu) / count


def event_loop(fast: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the event loop that a contender runs on."""
    if not fast:
        return asyncio.new_event_loop
    import uvloop

    make: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return make


def measure(server: Server, figures: Figures, rounds: int, calls: int) -> None:
    """Measure every contender in every round, and note what it took."""

    async def run(contender: Contender) -> None:
        async with AsyncExitStack() as stack:
            call = await contender.open(server, stack)
            await together(call, IN_FLIGHT, min(calls, 1_280))
            gc.collect()
            took = sorted(await alone(call, calls // 8))
            figures.latencies(contender.name, took)
            figures.note(contender.name, "sequential_us", took[len(took) // 2] * 1e6)
            figures.note(contender.name, "p99_us", took[int(len(took) * 0.99)] * 1e6)
            busy, begun = server.cpu(), time.perf_counter()
            rate, cpu = await together(call, IN_FLIGHT, calls)
            figures.note(contender.name, "server_busy", (server.cpu() - busy) / (time.perf_counter() - begun))
            figures.note(contender.name, "rate", rate)
            figures.note(contender.name, "cpu_us", cpu * 1e6)

    for number in range(rounds):
        for contender in contenders():
            print(f"round {number + 1}: {contender.name}", file=sys.stderr, flush=True)
            with asyncio.Runner(loop_factory=event_loop(contender.fast)) as runner:
                runner.run(run(contender))


def by_count(server: Server, figures: Figures, rounds: int, calls: int) -> None:
    """Note the processor time of one call with 1 to 1,000 in flight, beside that of a bare loop."""

    async def run(contender: Contender, count: int) -> None:
        async with AsyncExitStack() as stack:
            call = await contender.open(server, stack)
            await together(call, count, 1_000)
            figures.note(
                _counted(contender.name, count), "cpu_us", (await together(call, count, max(calls, 3 * count)))[1] * 1e6
            )

    for _ in range(rounds):
        for count in COUNTS:
            for contender in contenders():
                if contender.name == BARE or (contender.ours and "logged on" in contender.name):
                    with asyncio.Runner(loop_factory=event_loop(contender.fast)) as runner:
                        runner.run(run(contender, count))


def _counted(name: str, count: int) -> str:
    return f"{name}, {count} in flight"


def memory(server: Server, calls: int) -> list[tuple[int, int, float]]:
    """Make many calls; return at each tenth how many, the objects the collector knows, and megabytes resident."""

    async def run() -> list[tuple[int, int, float]]:
        found = []
        async with SpotClient.local(_ED25519, url=server.url) as client:
            call = order(client)
            await together(call, IN_FLIGHT, 10_000)
            for tenth in range(11):
                if tenth:
                    await together(call, IN_FLIGHT, calls // 10)
                gc.collect()
                status = Path("/proc/self/status").read_text()  # noqa: ASYNC240  # nothing else runs meanwhile
                resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
                found.append((calls // 10 * tenth, len(gc.get_objects()), resident / 1024))
        return found

    return asyncio.run(run())


def table(figures: Figures) -> str:
    """Return what `measure` found as a table, with ratios to the floor and to the bare loop of the same round."""
    heads = ("order.place", "alone, µs", "× floor", "p99, µs", "64 in flight, per s", "× bare + pydantic")
    lines = [
        f"| {' | '.join((*heads, 'CPU µs each', 'spread', 'server busy'))} |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {figures.median(name, 'sequential_us'):.0f} | {figures.ratio(name, FLOOR, 'sequential_us'):.1f} "
        f"| {figures.median(name, 'p99_us'):.0f} | {figures.median(name, 'rate'):,.0f} "
        f"| {figures.ratio(name, BARE, 'rate'):.2f} | {figures.median(name, 'cpu_us'):.0f} "
        f"| ± {figures.spread(name, 'cpu_us'):.0%} | {figures.median(name, 'server_busy'):.0%} |"
        for name in figures.took
    ]
    return "\n".join(lines)


def main(rounds: int = 5, calls: int = 10_000, *, peers: bool = False) -> Figures:
    """Measure and print; other clients in the same rounds where they are wanted."""
    figures = Figures()
    with Server() as server:
        if peers:
            from benchmarks.peers.run import Peers  # it uses what this file has

            with Peers(server) as others:
                for _ in range(rounds):
                    measure(server, figures, 1, calls)
                    others.measure(figures, calls)
        else:
            measure(server, figures, rounds, calls)
        by_count(server, figures, max(1, rounds // 2), calls)
    print(f"{table(figures)}\n\n{counts(figures)}")
    return figures


def counts(figures: Figures) -> str:
    """Return the processor time of an order with 1 to 1,000 in flight as a table: what the client adds is to be flat."""
    lines = [
        f"| CPU µs of an order, in flight | {' | '.join(f'{count:,}' for count in COUNTS)} |",
        f"|---|{'--:|' * len(COUNTS)}",
        _row(BARE, [figures.median(_counted(BARE, count), "cpu_us") for count in COUNTS]),
    ]
    for name in [each.name for each in contenders() if each.ours and "logged on" in each.name]:
        lines.append(_row(name, [figures.median(_counted(name, count), "cpu_us") for count in COUNTS]))
        added = [figures.difference(_counted(name, count), _counted(BARE, count), "cpu_us") for count in COUNTS]
        lines.append(_row("… what it adds to the bare loop", added))
    return "\n".join(lines)


def _row(name: str, values: Sequence[float]) -> str:
    return f"| {name} | {' | '.join(f'{value:.0f}' for value in values)} |"
