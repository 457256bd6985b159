"""For how long one large reply stops the event loop: no pong, no order and no reply passes meanwhile.

A task that does nothing but give way notes the longest time between two of its turns while the reply comes over a socket
and is read. It is processor time, so that a machine that others use does not count; what counts is the least of the tries.
Beside it stands what `json.loads` takes for the same bytes in the same run.

Run: ``python -m benchmarks.stops``
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from benchmarks import large
from benchmarks.peer import Server
from binance_wsapi import SpotClient

__all__ = ["Stop", "found", "main", "table"]

TRIES = 7


class Stop(NamedTuple):
    """What was found of one reply, in milliseconds.

    Args:
        longest: time between two turns of the loop.
        plain: time of `json.loads`.
        size: of the reply, in MB.
        budget: what the stop may take.
    """

    longest: float
    plain: float
    size: float
    budget: float


async def _longest(call: Callable[[], Awaitable[Any]]) -> float:
    """Return the longest stop of the loop during one call, in seconds of the processor."""
    longest = 0.0

    async def give_way() -> None:
        nonlocal longest
        last = time.process_time()
        while True:
            await asyncio.sleep(0)
            now = time.process_time()
            longest = max(longest, now - last)
            last = now

    ticking = asyncio.get_running_loop().create_task(give_way())
    try:
        await asyncio.sleep(0)
        await call()
        await asyncio.sleep(0)  # what the call did in its last turn counts, too
    finally:
        ticking.cancel()
    return longest


async def _measure(server: Server) -> dict[str, Stop]:
    async with SpotClient.local(url=server.url) as client:
        replies: dict[str, tuple[Callable[[], Awaitable[Any]], bytes, float]] = {
            f"exchangeInfo, {large.SYMBOLS:,} symbols": (client.exchange_info, large.exchange_info(), 20.0),
            f"depth, {large.LEVELS:,} levels a side": (
                lambda: client.depth("BTCUSDT", limit=large.LEVELS),
                large.depth(),
                5.0,
            ),
        }
        stops = {}
        for name, (call, data, budget) in replies.items():
            longest, plain = [], []
            for _ in range(TRIES):
                gc.collect()
                longest.append(await _longest(call))
                begun = time.process_time()
                json.loads(data)
                plain.append(time.process_time() - begun)
            stops[name] = Stop(min(longest) * 1e3, min(plain) * 1e3, len(data) / 1e6, budget)
        return stops


def found(server: Server) -> dict[str, Stop]:
    """Measure."""
    return asyncio.run(_measure(server))


def table(stops: dict[str, Stop]) -> str:
    """Return what was found as a table."""
    lines = [
        "| longest stop of the loop by one reply | MB | ms | budget | json.loads, ms | share of it |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {each.size:.1f} | {each.longest:.1f} | {each.budget:.0f} | {each.plain:.1f} "
        f"| {each.longest / each.plain:.2f} |"
        for name, each in stops.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    with Server() as server:
        print(table(found(server)))


if __name__ == "__main__":
    main()
