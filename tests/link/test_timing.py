"""Durations are counted in buckets that double, and read as what they are."""

from __future__ import annotations

import pytest

from binance_wsapi import UsageError
from binance_wsapi.link.timing import Histogram, Timings


def test_what_was_noted_is_found_between_the_ends_of_its_bucket() -> None:
    timings = Timings()
    for took in (0.0, 0.0000005, 0.00003, 0.0012, 0.0012, 0.9, 4000.0):
        timings.note(10.0, 10.000002, 10.000002 + took)
    replied = timings.replied
    assert replied.count == 7
    assert replied.total == pytest.approx(4000.9024305)
    assert replied.mean == pytest.approx(4000.9024305 / 7)
    median = replied.quantile(0.5)
    assert median is not None
    assert 0.0012 <= median <= 0.0024
    largest = replied.quantile(1.0)
    assert largest is not None
    assert 4000 <= largest <= 8000
    assert replied.buckets[-1][1] == 7
    assert [below for _, below in replied.buckets] == sorted(below for _, below in replied.buckets)
    assert timings.queued.quantile(0.99) == 4e-6


def test_nothing_is_counted_before_the_first_call() -> None:
    empty = Timings().queued
    assert (empty.count, empty.mean, empty.quantile(0.5), empty.buckets) == (0, None, None, [])


def test_two_looks_tell_what_came_between() -> None:
    timings = Timings()
    timings.note(0.0, 1.0, 2.0)
    before = timings.replied
    timings.note(0.0, 1.0, 1.25)
    assert (timings.replied - before).count == 1
    assert (timings.replied - before).total == pytest.approx(0.25)
    assert before.count == 1


@pytest.mark.parametrize("part", [-0.1, 1.1, 99])
def test_a_part_is_from_0_to_1(part: float) -> None:
    with pytest.raises(UsageError, match="part must be from 0 to 1"):
        Timings().queued.quantile(part)


def test_a_histogram_is_shown_by_what_it_says() -> None:
    assert repr(Histogram((0,) * 64, 0.0)) == "<Histogram of none>"
    counts = (*(0,) * 10, 3, 1, *(0,) * 52)
    assert repr(Histogram(counts, 0.004)) == "<Histogram of 4: half below 0.001024 s, 99 % below 0.002048 s>"
