"""Until when answers show all that happened, by clocks that disagree and jump."""

from __future__ import annotations

import pytest

from binance_wsapi.user_data.spot.merge.settled import ENGINE_BEHIND_US, Settled
from binance_wsapi.user_data.spot.merge.snapshot import Look

LAG = 6.0


def look(at: float, ahead_s: float = 0.0) -> Look:
    return Look(at, int((1_000 + at + ahead_s) * 1e6))


@pytest.mark.parametrize("jump_s", [25.0, 3_600.0, 172_800.0])
def test_a_gateways_clock_that_jumps_ahead_settles_nothing_sooner(jump_s: float) -> None:
    settled = Settled(LAG)
    settled.looked(look(5.0))
    assert settled.before_us(look(10.0, jump_s)) == settled.before_us(look(10.0))
    assert settled.before_us(look(10.0)) == (1_000 + 10 - 6) * 1_000_000 - ENGINE_BEHIND_US


def test_a_gateways_clock_that_goes_back_is_believed() -> None:
    settled = Settled(LAG)
    settled.looked(look(0.0))
    assert settled.before_us(look(10.0, -600.0)) == settled.before_us(look(10.0)) - 600_000_000


def test_an_event_shows_that_more_time_has_passed_than_the_monotonic_clock_tells() -> None:
    """A machine that slept: its monotonic clock stood still."""
    settled = Settled(LAG)
    settled.looked(look(0.0))
    slept = look(10.0, 3_600.0)
    settled.dated(slept.asked_us, 10.0)
    assert settled.before_us(slept) == slept.asked_us - 6_000_000 - ENGINE_BEHIND_US


def test_a_trade_is_settled_with_all_before_it_once_it_was_known_for_the_lag() -> None:
    settled = Settled(LAG)
    settled.numbered("BTCUSDT", 7, 1.0)
    settled.numbered("BTCUSDT", 9, 3.0)
    settled.numbered("BTCUSDT", 8, 4.0)
    assert settled.up_to(look(6.9), "BTCUSDT") == -1
    assert settled.up_to(look(7.0), "BTCUSDT") == 7
    assert settled.up_to(look(8.9), "BTCUSDT") == 7
    assert settled.up_to(look(9.0), "BTCUSDT") == 9
    assert settled.up_to(look(99.0), "ETHUSDT") == -1


def test_the_first_look_is_shown_when_the_lag_has_passed_on_the_monotonic_clock() -> None:
    settled = Settled(LAG)
    assert not settled.shows_first(look(9.0))
    settled.looked(look(1.0))
    settled.looked(look(3.0))
    assert not settled.shows_first(look(6.9, 3_600.0))
    assert settled.shows_first(look(7.0))
