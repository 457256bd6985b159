"""Lives in which the process dies: the client that comes after it settles what was left open, and as it was."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.crashes import crash

SEEDS = 40


@pytest.mark.timeout(300)
def test_no_order_is_lost_sight_of_when_the_process_dies() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(SEEDS):
        broken, said = crash(seed)
        outcomes += said
        assert not broken, f"python -m tests.simulation.crashes 1 {seed}: {broken[:3]}"
    assert outcomes["ACCEPTED"] > SEEDS / 10
    assert outcomes["NOT_PLACED"] > SEEDS / 20
