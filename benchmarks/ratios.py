"""What an order of ours costs the processor, in multiples of a bare loop: figures that hold on a busy machine, too.

Where other programs share the processors, the same work takes twice the time from one second to the next, its processor
time included. So everything is open at once, and turns are short: the bare loop, one of ours, the bare loop, the next of
ours. A ratio is of two neighbours, and what counts is the median of many. `make bench-record` writes these ratios down,
`make bench-check` compares with them.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
from collections import defaultdict
from contextlib import AsyncExitStack

from benchmarks.orders import BARE, IN_FLIGHT, Call, Contender, contenders, event_loop, together
from benchmarks.peer import Server

__all__ = ["TOLERANCE", "Ratios", "found", "worse"]

Ratios = dict[str, dict[str, float]]
"""By contender and calls in flight."""

TOLERANCE = 0.25
"""Share by which a ratio may be greater than the recorded one: two runs on a busy machine differ by a tenth."""

ROUNDS = 15
COUNTS = {"alone": 1, f"{IN_FLIGHT} in flight": IN_FLIGHT}
TURN = 5 * IN_FLIGHT
"""Calls of one turn."""
LEFT_OUT = "RSA"
"""Its processor time is that of the signature alone."""


def found(server: Server, rounds: int = ROUNDS) -> Ratios:
    """Return the median ratio of each of ours, on each event loop that is installed."""
    ours = [each for each in contenders() if each.ours and LEFT_OUT not in each.name]
    bare = next(each for each in contenders() if each.name == BARE)
    ratios: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for fast in sorted({each.fast for each in ours}):
        with asyncio.Runner(loop_factory=event_loop(fast)) as runner:
            runner.run(_alternate(server, bare, [each for each in ours if each.fast is fast], rounds, ratios))
    return {
        name: {kind: round(statistics.median(values), 3) for kind, values in kinds.items()}
        for name, kinds in ratios.items()
    }


async def _alternate(
    server: Server, bare: Contender, ours: list[Contender], rounds: int, ratios: dict[str, dict[str, list[float]]]
) -> None:
    async with AsyncExitStack() as stack:
        reference = await bare.open(server, stack)
        calls = {each.name: await each.open(server, stack) for each in ours}
        for call in (reference, *calls.values()):
            await together(call, IN_FLIGHT, 4 * TURN)
        for _ in range(rounds):
            gc.collect()
            for kind, count in COUNTS.items():
                for name, call in calls.items():
                    before = await _cost(reference, count)
                    cost = await _cost(call, count)
                    after = await _cost(reference, count)
                    ratios[name][kind].append(2 * cost / (before + after))


async def _cost(call: Call, in_flight: int) -> float:
    """Return the seconds of processor time of one call."""
    return (await together(call, in_flight, TURN))[1]


def worse(now: Ratios, recorded: Ratios, tolerance: float = TOLERANCE) -> list[str]:
    """Return what got worse by more than the tolerance, and what was recorded and is not measured any more."""
    told = []
    for name, kinds in recorded.items():
        if name.endswith("fast") and name not in now:
            continue  # the extra is not installed here
        for kind, before in kinds.items():
            ratio = now.get(name, {}).get(kind)
            if ratio is None:
                told.append(f"{name}, {kind}: recorded, and measured no more")
            elif ratio > before * (1 + tolerance):
                told.append(f"{name}, {kind}: {ratio:g}, recorded were {before:g}")
    return told
