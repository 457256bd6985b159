"""Processes killed at every point of the way of an order: no order at the exchange is unknown to their journal."""

from __future__ import annotations

import pytest

from tests.kill.harness import kill_many
from tests.kill.points import POINTS

TIMES = 2


@pytest.mark.timeout(300)
def test_all_that_a_killed_process_sent_is_in_its_journal_and_settled_by_the_next_process() -> None:
    """Ran in full by ``make kill``."""
    rows = kill_many([point.name for point in POINTS], TIMES, seed=11)
    violations = [each for row in rows for each in row.violations]
    assert not violations, "\n".join(violations[:10])
    assert len(rows) == len(POINTS) >= 12
    assert all(row.kills for row in rows), [row.point for row in rows if not row.kills]
    assert sum(row.left_open for row in rows) > len(POINTS)
    outcomes = {outcome for row in rows for outcome in row.outcomes}
    assert {"ACCEPTED", "NOT_PLACED"} <= outcomes
