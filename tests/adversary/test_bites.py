"""Every repair that is taken out of the client is noticed, by the plan that is named for it."""

from __future__ import annotations

import pytest

from tests.adversary.bites import BITES, Bite, without
from tests.adversary.life import live


@pytest.mark.parametrize("bite", BITES, ids=lambda bite: bite.name)
def test_a_repair_that_is_taken_out_is_noticed(bite: Bite) -> None:
    assert not live(bite.plan).violations
    with without(bite):
        assert live(bite.plan).violations
    assert not live(bite.plan).violations
