"""Every repair that is taken out of the client is noticed, by the plan that is named for it."""

from __future__ import annotations

import pytest

from tests.adversary.bites import BITES, Bite, without


@pytest.mark.parametrize("bite", BITES, ids=lambda bite: bite.name)
def test_a_repair_that_is_taken_out_is_noticed(bite: Bite) -> None:
    assert not bite.play()
    with without(bite):
        assert bite.play()
    assert not bite.play()


def test_every_rule_has_a_repair_that_is_taken_out() -> None:
    assert {f"F{number}" for number in range(1, 25)} <= {bite.rule for bite in BITES}
