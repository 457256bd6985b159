"""What one window holds: the venue's counts, which may fall, overtake each other and leave costs out."""

from __future__ import annotations

import pytest

from binance_wsapi.limits.window import LOST_TRANSIT_MS, Window, window_length

AT = 1_000


def window() -> Window:
    return Window(7)


@pytest.mark.parametrize(
    ("interval", "num", "length"),
    [
        ("SECOND", 10, 10_000), ("MINUTE", 1, 60_000), ("HOUR", 2, 7_200_000), ("DAY", 1, 86_400_000),
        ("MINUTE", 0, None), ("MINUTE", -1, None), ("WEEK", 1, None),
    ],
)  # fmt: skip
def test_the_length_of_a_window(interval: str, num: int, length: int | None) -> None:
    assert window_length(interval, num) == length


def test_a_new_window_holds_nothing_but_what_is_charged_to_it() -> None:
    one = window()
    assert (one.index, one.spent, one.lost, one.news_uncounted, one.news_lost) == (7, 0, [], 0, 0)
    one.charge(3, 0)
    assert (one.spent, one.news_uncounted) == (3, 3)


def test_a_count_of_a_request_sent_after_the_last_reply_is_believed_though_it_is_lower() -> None:
    one = window()
    one.observe(1, 40, 1, AT)
    assert one.spent == 40
    one.observe(2, 5, 2, AT)
    assert one.spent == 5, "orders filled in between"


def test_of_requests_that_were_under_way_together_the_highest_count_stands() -> None:
    one = window()
    for seq, count in ((1, 3), (3, 5), (2, 4)):
        one.observe(seq, count, 3, AT)
    assert one.spent == 5
    one.observe(3, 9, 3, AT)
    assert one.spent == 9


def test_a_reply_that_is_younger_than_the_older_ones_alone_makes_the_younger_the_older() -> None:
    one = window()
    one.observe(1, 50, 2, AT)  # while request 2 is under way
    one.observe(2, 10, 3, AT)  # it was sent before the first reply: 50 may be the later count
    assert one.spent == 50
    one.observe(3, 8, 3, AT)  # sent after the reply to 1, before that to 2
    assert one.spent == 10, "50 is covered: request 3 was counted after it"
    one.observe(4, 7, 4, AT)  # sent after all of them
    assert one.spent == 7


def test_the_highest_of_three_generations_under_way_together_stands() -> None:
    one = window()
    one.observe(1, 10, 4, AT)
    one.observe(5, 20, 6, AT)
    one.observe(6, 8, 6, AT)
    assert one.spent == 20
    one.observe(3, 30, 6, AT)
    assert one.spent == 30
    one.observe(2, 25, 7, AT)
    assert one.spent == 30
    one.observe(7, 1, 7, AT)
    assert one.spent == 30, "7 was reserved before the reply to 2 had come"
    one.observe(8, 2, 8, AT)
    assert one.spent == 2


@pytest.mark.parametrize("late", [2, 1])
def test_a_late_count_adds_what_it_has_above_the_highest(late: int) -> None:
    one = window()
    one.observe(1, 10, 2, AT)
    one.observe(3, 4, 3, AT)
    one.charge(6, 3)
    before = one.spent
    one.observe(late, 3, 3, AT)
    assert one.spent == before
    one.observe(late, 12, 3, AT)
    assert one.spent == 18
    one.observe(late, 15, 3, AT)
    assert one.spent == 21


def test_a_cost_that_no_count_covers_is_added_until_a_younger_count_covers_it() -> None:
    one = window()
    one.observe(1, 10, 1, AT)
    one.charge(4, 3)  # while requests 2 and 3 are under way
    assert one.spent == 14
    assert one.news_uncounted == 4
    one.observe(3, 12, 3, AT)
    assert one.spent == 16, "request 3 may have been counted before"
    one.observe(4, 13, 4, AT)
    assert one.spent == 13


def test_costs_of_both_generations_are_added_and_covered_one_after_the_other() -> None:
    one = window()
    one.charge(4, 1)
    one.observe(2, 10, 3, AT)
    assert one.spent == 10
    one.charge(3, 3)
    one.observe(3, 10, 5, AT)  # sent before the cost of 3 was known
    one.charge(2, 5)
    assert one.spent == 15
    one.observe(4, 11, 5, AT)
    assert one.spent == 13, "of both costs that of 3 is covered"
    one.observe(6, 12, 6, AT)
    assert one.spent == 12


def test_what_was_lost_counts_until_a_request_that_was_sent_after_its_last_moment_is_counted() -> None:
    one = window()
    one.charge_lost(5, until=AT + 60_000)
    one.charge_lost(7, until=AT + 90_000)
    assert (one.spent, one.news_lost) == (12, 12)
    one.observe(1, 10, 1, AT + 60_000)
    assert one.spent == 22, "it may still have arrived after that request"
    one.observe(2, 10, 2, AT + 60_001)
    assert one.spent == 17
    one.observe(3, 10, 3, AT + 90_001)
    assert one.spent == 10


def test_what_was_lost_ends_also_by_a_count_that_is_not_the_youngest() -> None:
    one = window()
    one.observe(1, 10, 4, AT)
    one.observe(5, 4, 6, AT)
    one.observe(6, 4, 6, AT)
    one.charge_lost(5, until=AT + 500)
    assert one.spent == 9
    one.observe(3, 4, 6, AT + 501)
    assert one.spent == 4


def test_losses_in_a_storm_are_one_entry_that_ends_with_the_last_of_them() -> None:
    one = window()
    for number in range(100):
        one.charge_lost(2, until=AT + number)
    assert one.lost == [(AT + 99, 200)]
    one.charge_lost(1, until=AT + 99 + LOST_TRANSIT_MS)
    assert one.lost == [(AT + 99, 200), (AT + 99 + LOST_TRANSIT_MS, 1)]
    one.charge_lost(1, until=AT + 98 + LOST_TRANSIT_MS)
    assert one.lost == [(AT + 99, 200), (AT + 99 + LOST_TRANSIT_MS, 2)], "it ends with the last"
    assert one.spent == 202


def test_the_loss_that_ends_first_ends_first_also_where_it_came_last() -> None:
    one = window()
    one.charge_lost(3, until=AT + 50_000)
    one.charge_lost(4, until=AT + 10_000)
    one.observe(1, 0, 1, AT + 10_001)
    assert one.spent in {3, 7}
    one.observe(2, 0, 2, AT + 50_001)
    assert one.spent == 0


def test_a_window_with_nothing_but_a_count_is_plain_and_one_with_more_is_not() -> None:
    one = window()
    assert one.plain
    one.observe(1, 3, 1, AT)
    assert one.plain
    one.charge(2, 2)
    assert not one.plain
    one.observe(2, 4, 3, AT)
    assert not one.plain, "an older generation counts too"
    one.observe(4, 4, 4, AT)
    assert one.plain
    one.charge_lost(1, AT + 5)
    assert not one.plain
    one.observe(5, 4, 5, AT + 6)
    assert one.plain


def test_a_generation_of_which_nothing_was_counted_is_one_more_than_a_count() -> None:
    one = window()
    one.observe(1, 0, 2, AT)
    one.observe(2, 4, 3, AT)  # under way together with the first
    assert not one.plain


def test_a_cost_is_covered_by_the_count_of_what_was_reserved_after_it_though_older_counts_came_between() -> None:
    one = window()
    one.charge(7, 3)
    for seq, count, mark in ((1, 10, 4), (2, 11, 5)):
        one.observe(seq, count, mark, AT)
    assert one.spent == 11 + 7
    one.observe(4, 12, 5, AT)
    assert one.spent == 12


def test_what_was_lost_at_the_very_moment_of_a_request_stays_where_older_losses_end() -> None:
    one = window()
    one.charge_lost(5, until=AT - 10 * LOST_TRANSIT_MS)
    one.charge_lost(7, until=AT)
    one.observe(1, 10, 1, AT)
    assert one.spent == 17


def test_a_count_under_way_with_the_older_reply_takes_no_place_of_it_though_it_ends_a_loss() -> None:
    one = window()
    one.observe(1, 50, 2, AT)  # while request 2 is under way
    one.observe(2, 10, 3, AT)
    one.charge_lost(5, until=AT - 1)
    assert one.spent == 55
    one.observe(2, 8, 4, AT)
    assert one.spent == 50, "50 may be the later count"
