"""Run many examples over all cores: ``python -m tests.adversary EXAMPLES [SEED]``."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.adversary.hunt import hunt, kind, smaller
from tests.adversary.life import live
from tests.adversary.plan import Plan, script
from tests.simulation.pools import seldom_collected

BATCH = 250


def _batch(start: int, examples: int) -> tuple[dict[str, Plan], Counter[str], Counter[str]]:
    return hunt(examples, start)


def _small(plan: Plan, what: str) -> str:
    plan = smaller(plan, what)
    return f"\n# {what}\n{script(plan, [each for each in live(plan).violations if kind(each) == what])}"


def main() -> int:
    """Run, print, and return the exit code."""
    examples, start = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    begun = time.perf_counter()
    worst: dict[str, Plan] = {}
    met: Counter[str] = Counter()
    told: Counter[str] = Counter()
    seeds = range(start, start + -(-examples // BATCH))
    with ProcessPoolExecutor(os.cpu_count(), initializer=seldom_collected) as pool:
        for found, often, words in pool.map(_batch, seeds, [min(BATCH, examples)] * len(seeds)):
            met += often
            told += words
            for what, plan in found.items():
                if what not in worst or len(repr(plan)) < len(repr(worst[what])):
                    worst[what] = plan
    took = time.perf_counter() - begun
    for what, count in met.most_common():
        print(f"{count:6} x {what}")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for text in pool.map(
            _small, [worst[what] for what, _ in met.most_common()], [what for what, _ in met.most_common()]
        ):
            print(text, flush=True)
    print(
        f"{len(seeds) * min(BATCH, examples)} examples, seeds {seeds.start} to {seeds.stop - 1}, {took:.0f} s, told {dict(told)}, {len(met)} kinds of violation"
    )
    return 1 if met else 0


if __name__ == "__main__":
    sys.exit(main())
