"""Lives in which the process dies: the client that comes after it settles what was left open, and as it was."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation.crashes import batch
from tests.simulation.mischief import FAULTS

SEEDS = 160


@pytest.mark.timeout(300)
def test_no_order_is_lost_sight_of_when_the_process_dies_or_the_power_fails() -> None:
    outcomes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    broken: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for reports in pool.map(batch, [range(start, start + 20) for start in range(0, SEEDS, 20)]):
            for report in reports:
                outcomes += report.outcomes
                faults += report.faults
                broken += [f"python -m tests.simulation.crashes 1 {report.seed}: {each}" for each in report.violations]
    assert not broken, "\n".join(broken[:20])
    assert outcomes["ACCEPTED"] > SEEDS / 10
    assert outcomes["NOT_PLACED"] > SEEDS / 20
    assert len(faults) > len(FAULTS) / 2
