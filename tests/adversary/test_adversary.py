"""The client under an adversary: whatever the documentation allows, what it tells is true, and nothing hangs."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.adversary.life import live
from tests.adversary.plan import Plan, plans, script

EXAMPLES = 500
"""What fits into half a minute of one core; ``make adversary`` lives more."""


@settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(plans())
def test_what_is_told_is_true(plan: Plan) -> None:
    """Every invariant holds at every freedom of the venue; a counter-example is printed as a script that plays it."""
    report = live(plan)
    assert not report.violations, "\n" + script(plan, report.violations) + "\n" + "\n".join(report.story)
