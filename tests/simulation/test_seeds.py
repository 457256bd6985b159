"""Two thousand lives with faults, each judged by the exchange's truth; and the same seed is the same life elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.simulation.__main__ import batch
from tests.simulation.mischief import FAULTS
from tests.simulation.world import PAIRS, live

SEEDS = 2_000
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
def test_no_invariant_breaks_in_two_thousand_lives() -> None:
    faults: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    broken: list[str] = []
    batches = [range(start, start + 25) for start in range(0, SEEDS, 25)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for reports in pool.map(batch, batches):
            for report in reports:
                faults += report.faults
                outcomes += report.outcomes
                broken += [f"python -m tests.simulation 1 {report.seed}: {each}" for each in report.violations]
    assert not broken, "\n".join(broken[:20])
    assert set(faults) == set(FAULTS)
    assert min(faults.values()) > SEEDS / 50
    assert len(PAIRS) < SEEDS  # the seeds go through every pair
    # The lives are full enough to prove something: every kind of fate was met, and often.
    assert min(outcomes[each] for each in ("accepted", "not placed", "not sent", "refused", "gone")) > SEEDS / 100


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_each_fault_alone_and_twice(name: str) -> None:
    for seed in range(3):
        assert not live(seed, [name]).violations
        assert not live(seed, [name, name]).violations


def test_the_same_seed_is_the_same_life_in_another_process() -> None:
    program = "from tests.simulation.world import live; print(live(11).trace)"
    there = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == live(11).trace
    assert live(11).trace != live(12).trace
