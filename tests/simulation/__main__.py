"""``python -m tests.simulation SEEDS START``: any number of lives from any seed, in parallel, with a summary by fault.

One seed alone is replayed with its timeline: ``python -m tests.simulation 1 4711``.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter

from rich.console import Console
from rich.progress import track

from tests.simulation.pools import spread
from tests.simulation.world import Report, live
from tests.streams import lives

console = Console(highlight=False, soft_wrap=True)


STREAMS_EVERY = 100
"""From one seed that is also the seed of a life of market streams and books to the next; such a life takes half a second."""

SHOWN = 20
"""Broken lives that are printed; the others are counted."""

PATIENCE = 60
"""Seconds of processor time a life may take; one takes a fiftieth of a second, and waits long where other programs run."""


def whole(seed: int) -> Report:
    """Live this seed, and now and then the life of market streams of the same seed."""
    report = live(seed)
    if seed % STREAMS_EVERY == 0:
        streams = lives.live(seed)
        report.stream_faults = streams.faults
        report.violations += [f"streams: {each}" for each in streams.violations]
    return report


def watched(seed: int) -> Report:
    """Live this seed; a life that goes in circles is ended, and that is a finding, too."""

    def end(*_: object) -> None:
        raise TimeoutError(f"the life does not end: {PATIENCE} seconds of processor time")

    signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        return whole(seed)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def batch(seeds: range) -> list[Report]:
    """Live these seeds; only what is needed for the summary comes back."""
    reports = []
    for seed in seeds:
        report = watched(seed)
        report.timeline = []
        reports.append(report)
    return reports


def main() -> int:
    """Run, print, and return the exit code."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if count == 1:
        report = watched(start)
        console.print(
            "\n".join((*report.timeline, *(each for each in report.violations if each.startswith("streams")))),
            markup=False,
        )
        console.print(f"trace {report.trace}")
        return 1 if report.violations else 0
    begun = time.perf_counter()
    faults: Counter[str] = Counter()
    stream_faults: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    broken: list[Report] = []
    batches = [range(at, min(at + 25, start + count)) for at in range(start, start + count, 25)]
    for reports in track(spread(batch, batches, 80), "living", len(batches), console=console):
        for report in reports:
            faults += report.faults
            stream_faults += report.stream_faults
            outcomes += report.outcomes
            if report.violations:
                broken.append(report)
            if report.violations and len(broken) <= SHOWN:
                console.print(f"[red]seed {report.seed}[/]: {report.violations[0]}"[:300])
                console.print(f"    replay: python -m tests.simulation 1 {report.seed}")
    took = time.perf_counter() - begun
    for name, times in sorted(faults.items()):
        console.print(f"{times:8}  {name}")
    for name, times in sorted(stream_faults.items()):
        console.print(f"{times:8}  streams: {name}")
    console.print(f"orders: {dict(sorted(outcomes.items()))}")
    console.print(f"{count} seeds from {start}, {took:.0f} s, {count / took:.1f} lives a second, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
