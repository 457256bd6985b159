"""The collector runs less often while an exchange has the process to itself, and as before afterwards."""

from __future__ import annotations

import gc

import pytest

from binance_wsapi.simulator.garbage import THRESHOLDS, seldom_collected


@pytest.mark.parametrize(
    ("own", "during"), [((700, 10, 10), THRESHOLDS), ((5, 6, 7), (5, 6, 7)), ((0, 0, 0), (0, 0, 0))]
)
def test_own_thresholds_stay_and_all_come_back(own: tuple[int, int, int], during: tuple[int, int, int]) -> None:
    before = gc.get_threshold()
    try:
        gc.set_threshold(*own)
        with seldom_collected():
            assert gc.get_threshold() == during
        assert gc.get_threshold() == own
    finally:
        gc.set_threshold(*before)
