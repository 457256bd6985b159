"""How much of an order's processor time Python's garbage collector takes, and what a greater threshold leaves of it.

The peer is a link in this process, as in `benchmarks.steps`. The collector begins when so many more objects were made than
freed; Python's own number is 700, which 64 orders in flight with their events come near to. An order leaves no cycle behind
(what the collector frees is printed), so to let it begin later costs memory for what lives anyway, and nothing else.

Run: ``python -m benchmarks.collector``
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, NamedTuple

from benchmarks.features import HANDLES
from benchmarks.orders import together
from benchmarks.steps import Way, opened, ways

__all__ = ["Share", "found", "main"]

ORDERS = 40_000
WAYS = ("logged on", "journal in a file", f"user data, {HANDLES} handles")
THRESHOLDS = (700, 50_000)
"""Python's own, and what the documentation advises for a process that trades a lot."""


class Share(NamedTuple):
    """What the collector took of the orders of one way.

    Args:
        collector_us: its processor time for an order, in microseconds.
        share: of the order's, the peer's included.
        collections: how often it began.
        freed: objects that it freed.
    """

    collector_us: float
    share: float
    collections: int
    freed: int


class _Clock:
    """Sums the processor time of the collector."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.collections = self.freed = 0
        self._begun = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._begun = time.process_time()
            return
        self.seconds += time.process_time() - self._begun
        self.collections += 1
        self.freed += info["collected"]


@contextmanager
def _watched(threshold: int) -> Iterator[_Clock]:
    """Have the collector begin at a threshold, and take its time."""
    before, clock = gc.get_threshold(), _Clock()
    gc.collect()
    gc.set_threshold(threshold, *before[1:])
    callbacks: list[Any] = gc.callbacks
    callbacks.append(clock)
    try:
        yield clock
    finally:
        callbacks.remove(clock)
        gc.set_threshold(*before)


async def _measure(way: Way, orders: int) -> dict[int, Share]:
    shares = {}
    async with AsyncExitStack() as stack:
        call = await opened(way, stack)
        await together(call, way.in_flight, orders // 4)
        for threshold in THRESHOLDS:
            with _watched(threshold) as clock:
                cpu = (await together(call, way.in_flight, orders))[1]
            took = clock.seconds / orders
            shares[threshold] = Share(took * 1e6, took / cpu, clock.collections, clock.freed)
    return shares


def found(orders: int = ORDERS) -> dict[str, dict[int, Share]]:
    """Return what was measured, by way and threshold."""
    known = ways()
    return {name: asyncio.run(_measure(known[name], orders)) for name in WAYS}


def main() -> None:
    """Print the table."""
    print("| the collector's CPU in an order with | threshold | µs | of the order's | collections | freed |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, shares in found().items():
        for threshold, each in shares.items():
            took = f"{each.collector_us:.1f} | {each.share:.0%} | {each.collections} | {each.freed}"
            print(f"| {name} | {threshold:,} | {took} |")


if __name__ == "__main__":
    main()
