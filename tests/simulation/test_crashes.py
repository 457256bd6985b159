"""Lives in which the process dies: the client that comes after it settles what was left open, and as it was."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.counts import numbers
from tests.simulation.crashes import batch
from tests.simulation.mischief import FAULTS

SEEDS = numbers(20, 160)


PART = 20


@pytest.mark.lives
@pytest.mark.timeout(300)
@pytest.mark.parametrize("start", SEEDS[::PART])
def test_no_order_is_lost_sight_of_when_the_process_dies_or_the_power_fails(start: int, no_log: None) -> None:
    outcomes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    broken: list[str] = []
    for report in batch(range(start, start + PART)):
        outcomes += report.outcomes
        faults += report.faults
        broken += [f"python -m tests.simulation.crashes 1 {report.seed}: {each}" for each in report.violations]
    assert not broken, "\n".join(broken[:20])
    assert outcomes["ACCEPTED"] > PART / 10
    assert outcomes["NOT_PLACED"] > PART / 20
    assert len(faults) > len(FAULTS) / 2
