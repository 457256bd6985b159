"""Examples of a venue that does what it may: after each, every word of the client is held against the truth."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.adversary.life import live
from tests.adversary.plan import Plan, plans, script
from tests.counts import REST, drawn

EXAMPLES = drawn(120, 700)
"""Some 60 ms of one core each; ``python -m tests.adversary EXAMPLES SEED`` draws others."""


@pytest.mark.lives
@seed(1 if REST else 0)
@settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(plans())
def test_every_word_is_true_under_a_venue_that_does_all_it_may(plan: Plan) -> None:
    report = live(plan)
    assert not report.violations, "\n" + script(plan, report.violations)
