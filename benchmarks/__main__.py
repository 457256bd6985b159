"""Every benchmark, one after another; or the orders alone, written down, drawn, or compared with what was recorded.

Run ``python -m benchmarks [--orders] [--short] [--json FILE] [--svg FILE] [--record FILE] [--memory CALLS]``, or
``python -m benchmarks --check FILE`` for the short comparison alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import (
    decoding,
    engine,
    exchange,
    features,
    importing,
    journal,
    limits,
    orders,
    ratios,
    steps,
    stops,
    streams,
)
from benchmarks.orders import BARE, FLOOR
from benchmarks.peer import Server
from benchmarks.report import Figures, machine

BEGIN, END = "[//]: # (run begins)", "[//]: # (run ends)"
"""Marks of a page between which the last run is told."""

STEPS_TOLERANCE = 0.05
"""Share by which the steps of an order may be more than was recorded. They are counted, and vary by a hundredth."""


def check(recorded: ratios.Ratios) -> int:
    """Measure ratios and count steps, print them beside the recorded ones, and return 1 where one is worse.

    Where a ratio seems to be, all are measured once more, and the better ones count: a busy machine has bad moments.
    """
    counted = steps.found()
    known = {name: kinds for name, kinds in recorded.items() if name in counted}  # of this version of Python
    told = ratios.worse(counted, known, STEPS_TOLERANCE)
    rest = {name: kinds for name, kinds in recorded.items() if not name.startswith("steps")}
    with Server() as server:
        now = ratios.found(server)
        if ratios.worse(now, rest):
            again = ratios.found(server)
            now = {
                name: {kind: min(it, again[name][kind]) for kind, it in kinds.items()} for name, kinds in now.items()
            }
    told += ratios.worse(now, rest)
    for name, kinds in (counted | now).items():
        beside = recorded.get(name, {})
        print(f"{name}: {', '.join(f'{kind} {it:g} (recorded {beside.get(kind)})' for kind, it in kinds.items())}")
    print("\n".join(f"WORSE {each}" for each in told) or "nothing is worse than recorded")
    return 1 if told else 0


def with_run(text: str, figures: Figures, rounds: int, beside: str) -> str:
    """Return a page with this run's tables between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise SystemExit(f"the page must have the lines {BEGIN} and {END}")
    on = machine()
    told = (
        f"Measured in {rounds} rounds on {on['processors']} processors ({on['processor']}), Python {on['python']}, "
        f"{on['system']}.\n\n{orders.table(figures)}\n\n{orders.counts(figures)}\n\n{beside}"
    )
    return f"{head}{BEGIN}\n\n{told}\n\n{END}{tail}"


def main() -> None:
    """Run them."""
    parser = argparse.ArgumentParser(description="What the client costs, in multiples of loops without features.")
    parser.add_argument("--orders", action="store_true", help="measure orders only")
    parser.add_argument("--short", action="store_true", help="two rounds of few calls")
    parser.add_argument("--rounds", type=int, default=5, help="rounds in which all contenders alternate")
    parser.add_argument("--json", type=Path, help="write every figure of every round to this file")
    parser.add_argument("--svg", type=Path, help="draw the latencies of single orders into this file")
    parser.add_argument("--record", type=Path, help="write the ratios to this file")
    parser.add_argument("--check", type=Path, help="only measure ratios; fail where one is worse than in this file")
    parser.add_argument("--memory", type=int, metavar="CALLS", help="make that many calls, and tell what they left")
    parser.add_argument("--peers", action="store_true", help="measure other clients in the same rounds (installs them)")
    parser.add_argument("--docs", type=Path, help="put the table of orders between the marks of this file")
    chosen = parser.parse_args()
    if chosen.memory is not None:
        with Server() as server:
            for calls, objects, megabytes in orders.memory(server, chosen.memory):
                print(f"{calls:10,} calls: {objects:8,} objects, {megabytes:7.1f} MB", flush=True)
        return
    if chosen.check is not None:
        sys.exit(check(json.loads(chosen.check.read_text())))
    rounds, calls = (2, 3_000) if chosen.short else (chosen.rounds, 10_000)
    figures = orders.main(rounds, calls, peers=chosen.peers)
    with Server() as server:
        beside = f"{features.table(features.found(server, 3 * rounds))}\n\n{stops.table(stops.found(server))}"
    print(f"\n{beside}")
    if chosen.docs is not None:
        chosen.docs.write_text(with_run(chosen.docs.read_text(), figures, rounds, beside))
    if chosen.json is not None:
        chosen.json.write_text(figures.to_json())
    if chosen.svg is not None:
        chosen.svg.write_text(figures.svg([FLOOR, BARE, "ours, logged on", "ours, HMAC", "ours, Ed25519 per request"]))
    if chosen.record is not None:
        with Server() as server:
            chosen.record.write_text(json.dumps(steps.found() | ratios.found(server), indent=1) + "\n")
    if not chosen.orders:
        for part in (importing, decoding, streams, limits, journal, engine, exchange):
            print()
            part.main()


if __name__ == "__main__":
    main()
