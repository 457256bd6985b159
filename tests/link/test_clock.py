"""The estimate of the venue's clock: its error is bounded whatever clocks and networks do."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.link.clock import ServerClock


def true_ms(now: float, offset: float, drift: float) -> float:
    return now * (1 + drift) * 1000 + offset


@given(
    offset=st.floats(-3.6e6, 3.6e6),
    drift=st.floats(-500e-6, 500e-6),
    seed=st.integers(0, 10_000),
    worst=st.floats(0.001, 3.0),
)
def test_the_error_stays_within_the_bound_it_claims(offset: float, drift: float, seed: int, worst: float) -> None:
    chance = random.Random(seed)
    clock = ServerClock(100.0, 0.0)
    now = 100.0
    for _ in range(30):
        asked = now
        up, down = chance.uniform(0.0, worst), chance.uniform(0.0, worst)
        now += up
        told = true_ms(now, offset, drift)
        now += down
        clock.sample(asked, now, told)
        later = now + chance.uniform(0, 120)
        assert abs(clock.now_ms(later) - true_ms(later, offset, drift)) <= clock.error_ms(later) * 1.01 + 1
        now = later


@given(up=st.floats(0.0, 8.0), down=st.floats(0.0, 8.0))
def test_a_timestamp_is_never_a_second_ahead_of_the_venue(up: float, down: float) -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, up + down, true_ms(up, 5_000.0, 0.0))
    now = up + down
    assert clock.timestamp(now) < true_ms(now, 5_000.0, 0.0) + 1000


def test_the_sample_with_the_smallest_bound_counts_until_it_is_old() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    clock.sample(1.0, 2.0, 2_400.0)
    assert clock.now_ms(2.0) == pytest.approx(3_000.0)
    clock.sample(800.0, 800.2, 850_100.0)  # the first is more than ten minutes old
    assert clock.now_ms(800.2) == pytest.approx(850_200.0)


@pytest.mark.parametrize("jump", [-86_400e3, -3_600e3, -25e3, -1e3, 1e3, 25e3, 3_600e3, 86_400e3, 30 * 86_400e3])
def test_a_clock_that_was_set_is_believed_when_a_second_sample_agrees(jump: float) -> None:
    clock = ServerClock(0.0, 0.0)
    assert clock.sample(0.0, 0.002, 1_001.0)
    assert not clock.sample(1.0, 1.1, 2_050.0 + jump)
    assert clock.now_ms(1.1) == pytest.approx(2_100.0)
    assert clock.sample(2.0, 2.002, 3_001.0 + jump)
    assert clock.now_ms(2.002) == pytest.approx(3_002.0 + jump)
    assert clock.error_ms(2.002) < 2


@pytest.mark.parametrize("wrong", [-86_400e3, -25e3, 25e3, 86_400e3])
def test_one_bad_sample_among_good_ones_changes_nothing(wrong: float) -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    for second in range(1, 20):
        bad = second % 3 == 0
        assert clock.sample(second, second + 0.002, second * 1000 + 1_001.0 + (wrong if bad else 0)) is not bad
        assert clock.now_ms(second + 0.002) == pytest.approx(second * 1000 + 1_002.0, abs=1)


def test_two_nodes_that_disagree_and_answer_in_turn_do_not_move_it_to_and_fro() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    for second in range(1, 100):
        clock.sample(second, second + 0.002, second * 1000 + 1_001.0 + (25_000 if second % 2 else 0))
        assert clock.now_ms(second + 0.002) == pytest.approx(second * 1000 + 1_002.0, abs=1)


def test_bad_samples_that_contradict_each_other_are_never_believed() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    for second in range(1, 20):
        assert not clock.sample(second, second + 0.002, second * 1000 + 1_001.0 + 5_000 * second)


def test_after_a_reset_the_first_sample_counts() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    clock.sample(1.0, 1.002, 50_000.0)
    clock.reset()
    assert clock.sample(2.0, 2.002, 90_000.0)


def test_before_the_first_sample_the_wall_clock_serves_and_after_a_reset_the_last_offset() -> None:
    clock = ServerClock(10.0, 1_700_000_000.0)
    assert not clock.synced
    assert clock.timestamp(11.0) == 1_700_000_001_000
    clock.sample(11.0, 11.0, 5_000_000.0)
    assert clock.synced
    clock.reset()
    assert not clock.synced
    assert clock.timestamp(12.0) == 5_001_000
    assert clock.error_ms(12.0) == float("inf")


def test_the_bound_is_half_a_round_trip_and_grows_by_half_a_millisecond_a_second() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 2.0, 10_000.0)
    assert clock.error_ms(2.0) == pytest.approx(1_000.0, rel=1e-9)
    assert clock.error_ms(602.0) == pytest.approx(1_300.0, rel=1e-9)


def test_whole_milliseconds_contradict_nothing() -> None:
    """Each of two times is cut off below the millisecond: the later one may seem a whole one late."""
    clock = ServerClock(0.0, 0.0)
    assert clock.sample(0.0, 0.0, 1_000.0)
    assert clock.sample(0.1, 0.1, 1_101.0)


def test_a_sample_is_held_against_the_best_that_is_known_and_not_against_a_loose_one() -> None:
    clock = ServerClock(0.0, 0.0)
    assert clock.sample(0.0, 0.002, 1_001.0)
    assert clock.sample(1.0, 5.0, 4_000.0), "it may be wrong by two seconds"
    assert not clock.sample(6.0, 6.002, 7_501.0)


def test_when_the_clock_was_set_a_better_sample_from_before_counts_no_more() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    clock.sample(1.0, 1.1, 52_050.0)
    assert clock.sample(2.0, 2.1, 53_050.0)
    assert clock.now_ms(2.1) == pytest.approx(53_100.0)


def test_of_two_samples_that_tell_of_a_new_time_the_better_counts() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    clock.sample(1.0, 1.002, 52_001.0)
    assert clock.sample(2.0, 2.1, 53_080.0)
    assert clock.now_ms(2.1) == pytest.approx(53_100.0)
    assert clock.error_ms(2.1) < 2


def test_after_a_fast_answer_a_request_is_stamped_with_the_time_that_is_known() -> None:
    clock = ServerClock(0.0, 0.0)
    clock.sample(0.0, 0.002, 1_001.0)
    assert clock.timestamp(0.0035) == 1_003


def test_a_reset_shows_in_the_count_of_resets() -> None:
    """An answer that was asked for before a reset is compared by it, and left alone."""
    clock = ServerClock(0.0, 0.0)
    before = clock.resets
    clock.reset()
    assert clock.resets > before
