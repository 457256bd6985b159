"""One limit of the venue: room at the edges of windows, what is kept from whom, and when it is worth trying again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from binance_wsapi.limits.bucket import BORROWED_PARTS, BOUNDLESS, Bucket
from binance_wsapi.limits.calm import Calm
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.window import LOST_HOLD_MS

LENGTH = 60_000
START = 1_700_000_040_000
"""The begin of a minute."""
END = START + LENGTH
MIDDLE = START + 30_000
FIRST, ORDERS, READS = Priority.FIRST, Priority.ORDERS, Priority.READS


def weight(limit: int = 1_000, *, kept: float = 0.0, eps_ms: int = 0) -> Bucket:
    return Bucket("REQUEST_WEIGHT", "MINUTE", 1, limit, kept=kept, eps_ms=eps_ms)


def count(bucket: Bucket, spent: int, now: int, seq: int = 1) -> None:
    """Have the venue count a request that was sent and answered at once."""
    bucket.settle(0, 0, spent, seq, now, now, now, seq)


def room(bucket: Bucket, now: int, priority: Priority = FIRST) -> int:
    """Return the greatest cost that fits."""
    return max((cost for cost in range(bucket.limit + 2) if bucket.fits(cost, now, priority)), default=-1)


# --------------------------------------------------------------------------- what a limit is


@pytest.mark.parametrize(
    ("interval", "num", "limit"), [("WEEK", 1, 5), ("MINUTE", 0, 5), ("MINUTE", 1, 0), ("MINUTE", 1, -1)]
)
def test_what_is_no_limit_is_refused(interval: str, num: int, limit: int) -> None:
    with pytest.raises(ValueError, match="not a limit"):
        Bucket("ORDERS", interval, num, limit)


def test_a_limit_of_one_is_a_limit() -> None:
    assert room(Bucket("ORDERS", "SECOND", 1, 1), MIDDLE) == 1


def test_a_limit_shows_what_was_counted_what_is_under_way_and_when_it_begins_anew() -> None:
    bucket = weight()
    count(bucket, 30, MIDDLE)
    bucket.held.sum = 4
    state = bucket.state(END)
    assert (state.type, state.interval, state.interval_num) == ("REQUEST_WEIGHT", "MINUTE", 1)
    assert (state.limit, state.used, state.reserved, state.resets_at, state.banned_until) == (1_000, 30, 4, END, END)
    assert repr(bucket) == "<REQUEST_WEIGHT 30+4 of 1000 per 1 MINUTE>"


def test_what_is_free_is_the_limit_less_what_was_counted_and_what_is_under_way() -> None:
    bucket = weight()
    count(bucket, 300, MIDDLE)
    bucket.held.sum = 50
    assert bucket.free == 650
    bucket.lease = 100
    assert bucket.free == 50
    assert room(bucket, MIDDLE) == 50


def test_a_count_far_beyond_the_limit_is_not_believed() -> None:
    bucket = weight(100)
    assert 1_000 in bucket.counts
    assert 1_001 not in bucket.counts
    assert 0 in bucket.counts


# --------------------------------------------------------------------------- windows and the clock


def test_a_new_window_begins_empty_with_the_venue_s_minute() -> None:
    bucket = weight()
    count(bucket, 1_000, MIDDLE)
    assert room(bucket, END - 1) == 0
    assert room(bucket, END) == 1_000
    assert bucket.state(None).resets_at == END + LENGTH


@pytest.mark.parametrize("eps_ms", [1, 100, 20_000])
def test_around_an_edge_a_request_needs_room_in_both_windows(eps_ms: int) -> None:
    bucket = weight(eps_ms=eps_ms)
    count(bucket, 900, MIDDLE)
    assert room(bucket, END - eps_ms - 1) == 100
    assert room(bucket, END - eps_ms) == 100
    assert room(bucket, END + eps_ms - 1) == 100, "the old window may still be the present one"
    assert room(bucket, END + eps_ms) == 1_000


def test_what_is_charged_near_an_edge_is_charged_to_both_windows() -> None:
    bucket = weight(eps_ms=100)
    bucket.roll(END - 50)
    bucket.settle(70, 70, None, 1, END - 60, END - 160, END - 50, 1)
    assert room(bucket, END - 50) == 930
    assert room(bucket, END + 100) == 930
    assert room(bucket, END + LENGTH + 100) == 1_000


def test_what_is_charged_to_the_next_window_alone_takes_room_near_the_edge() -> None:
    bucket = weight(eps_ms=100)
    bucket.charge_span(300, END, END - 50, END + 500)
    assert room(bucket, END - 50) == 700
    assert room(bucket, END - 150) == 1_000


def test_what_cannot_have_arrived_in_the_next_window_is_not_charged_there() -> None:
    bucket = weight(eps_ms=100)
    bucket.roll(END - 50)
    bucket.settle(70, 70, None, 1, START - 1, START - 1, END - 120, 1)
    assert room(bucket, END - 120) == 930
    assert room(bucket, END + 100) == 1_000


def test_where_a_reply_tells_no_count_the_documented_cost_is_charged() -> None:
    bucket = weight()
    bucket.settle(20, 20, None, 1, MIDDLE, MIDDLE, MIDDLE, 1)
    assert room(bucket, MIDDLE) == 980


def test_a_count_is_taken_only_of_a_request_that_can_have_arrived_in_no_other_window() -> None:
    bucket = weight(eps_ms=100)
    count(bucket, 400, MIDDLE)
    bucket.roll(END + 100)
    bucket.settle(0, 0, 5, 2, END - 10, END - 1, END + 200, 2)
    assert room(bucket, END + 200) == 1_000, "it may have been counted in the window before"
    bucket.settle(0, 0, 5, 3, END, END, END + 200, 3)
    assert room(bucket, END + 200) == 995


def test_a_reply_near_the_end_of_a_window_says_nothing_certain_of_it() -> None:
    bucket = weight(eps_ms=100)
    count(bucket, 400, MIDDLE)
    bucket.settle(9, 9, 3, 2, END - 300, END - 400, END - 100, 2)
    assert room(bucket, END - 100) == 1_000 - 400 - 9
    assert room(bucket, END + 100) == 1_000 - 9


def test_a_clock_that_steps_back_within_its_error_forgets_nothing_of_the_new_window() -> None:
    bucket = weight(eps_ms=100)
    count(bucket, 1_000, END + 150)
    assert room(bucket, END + 50) == 0
    assert room(bucket, END + 200) == 0


def test_a_clock_that_was_set_back_by_more_takes_along_what_was_spent() -> None:
    bucket = weight(eps_ms=100)
    count(bucket, 600, END + 30_000)
    assert room(bucket, MIDDLE) == 400, "it may be recent"
    assert room(bucket, END + 30_000) == 1_000


@pytest.mark.parametrize("eps_ms", [4_999, 9_000, 10**9])
def test_the_error_of_a_clock_is_believed_up_to_half_a_window(eps_ms: int) -> None:
    bucket = Bucket("ORDERS", "SECOND", 10, 50, eps_ms=eps_ms)
    count(bucket, 50, START + 5_000)
    assert room(bucket, START + 10_000 + 4_998) == 0
    assert room(bucket, START + 10_000 + 4_999) == 50


def test_an_error_below_zero_is_none() -> None:
    bucket = weight(eps_ms=-500)
    count(bucket, 1_000, END - 1)
    assert room(bucket, END) == 1_000


# --------------------------------------------------------------------------- what is kept


def test_a_share_is_kept_for_the_first_priority_and_melts_to_nothing_by_the_end() -> None:
    bucket = weight(kept=0.2)
    borrowed = 1_000 // BORROWED_PARTS
    bucket.roll(START)
    assert [room(bucket, START, each) for each in Priority] == [1_000, 800, 800 - borrowed]
    assert [room(bucket, MIDDLE, each) for each in Priority] == [1_000, 900, 900 - borrowed]
    assert room(bucket, START + 1, ORDERS) == 800, "rounded up"
    assert room(bucket, END - 1, ORDERS) == 999
    assert room(bucket, END - 1, READS) == 999 - borrowed


def test_only_the_request_weight_is_borrowed_by_orders() -> None:
    assert room(Bucket("ORDERS", "MINUTE", 1, 1_000), MIDDLE, READS) == 1_000
    assert room(weight(), MIDDLE, READS) == 995


def test_near_the_end_the_whole_share_is_kept_in_the_window_that_follows() -> None:
    bucket = weight(kept=0.2, eps_ms=100)
    assert [room(bucket, END - 50, each) for each in Priority] == [1_000, 800, 795]


def test_a_lowered_limit_lowers_what_is_kept_and_what_is_believed() -> None:
    bucket = weight(kept=0.2)
    bucket.set_limit(400)
    assert [room(bucket, START, each) for each in Priority] == [400, 320, 318]
    assert 4_001 not in bucket.counts


# --------------------------------------------------------------------------- when it is worth trying again


@pytest.mark.parametrize("eps_ms", [0, 100])
@pytest.mark.parametrize("kept", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("cost", [1, 7, 60, 300])
@pytest.mark.parametrize("spent", [0, 450, 700, 792, 850, 940, 1_000])
def test_the_time_to_try_again_is_the_first_at_which_there_is_room(
    eps_ms: int, kept: float, priority: Priority, cost: int, spent: int
) -> None:
    now = START + 10_000
    bucket = weight(kept=kept, eps_ms=eps_ms)
    count(bucket, spent, now)
    bucket.held.sum = 8
    again = bucket.try_again_at(cost, now, priority)
    assert again is not None
    if bucket.fits(cost, now, priority):
        assert again == now
        return
    assert now < again <= END + eps_ms
    assert not bucket.fits(cost, min(again, END - eps_ms) - 1, priority)
    assert bucket.fits(cost, again, priority)


@pytest.mark.parametrize(("priority", "most"), [(FIRST, 1_000), (ORDERS, 1_000), (READS, 995)])
def test_what_is_more_than_a_whole_window_never_fits(priority: Priority, most: int) -> None:
    bucket = weight(kept=0.2)
    assert bucket.try_again_at(most + 1, MIDDLE, priority) is None
    assert bucket.try_again_at(most, MIDDLE, priority) is not None


def test_what_a_lease_refuses_is_not_waited_for_by_the_melting_of_the_kept_share() -> None:
    bucket = weight(kept=0.2)
    bucket.lease = 100
    assert bucket.try_again_at(101, START, ORDERS) == END
    bucket.lease = 850
    assert bucket.try_again_at(850, START, ORDERS) == START + LENGTH // 4
    bucket.lend(1)
    assert bucket.try_again_at(850, START, READS) == END
    bucket.lend(-1)
    assert bucket.try_again_at(850, START, READS) == START + 16_500


# --------------------------------------------------------------------------- leases


def leased(**more: int) -> Bucket:
    bucket = weight(**more)
    bucket.roll(START)
    bucket.leased, bucket.lease = True, 100
    return bucket


def test_a_request_takes_what_it_cost_from_the_lease_and_leaves_the_rest_to_orders() -> None:
    bucket = leased()
    bucket.settle(20, 20, 20, 1, MIDDLE, MIDDLE, MIDDLE, 1)
    assert (bucket.lease, bucket.taken, bucket.lent) == (80, 20, (0, 0, 0))
    bucket.settle(5, 1, 21, 2, MIDDLE, MIDDLE, MIDDLE, 2)
    assert (bucket.lease, bucket.taken, bucket.lent) == (79, 21, (0, 0, 4))
    assert [room(bucket, MIDDLE, each) for each in Priority] == [79, 79, 75]


def test_what_is_lent_is_never_below_nothing() -> None:
    bucket = leased()
    bucket.lend(3)
    bucket.lend(4)
    assert bucket.lent == (0, 0, 7)
    bucket.lend(-9)
    assert bucket.lent == (0, 0, 0)


def test_the_news_for_the_store_are_of_the_youngest_request_that_was_counted() -> None:
    bucket = leased()
    bucket.settle(1, 1, 10, 1, MIDDLE, MIDDLE, MIDDLE + 5, 3)
    assert (bucket.news, bucket.news_at, bucket.news_sent_ms) == (1, 1, MIDDLE)
    bucket.settle(1, 1, 12, 3, MIDDLE + 2, MIDDLE + 2, MIDDLE + 6, 3)
    bucket.settle(1, 1, 11, 2, MIDDLE + 1, MIDDLE + 1, MIDDLE + 7, 3)
    assert (bucket.news, bucket.news_at, bucket.news_sent_ms) == (3, 3, MIDDLE + 2)
    bucket.settle(1, 1, None, 4, MIDDLE + 8, MIDDLE + 8, MIDDLE + 9, 4)
    bucket.settle(1, 1, 12, 5, START - 1, START - 1, MIDDLE + 9, 5)
    assert bucket.news == 3, "what no count of this window tells is no news"
    bucket.roll(END)
    assert (bucket.news, bucket.news_at) == (0, 0)


def test_a_lease_ends_with_its_window() -> None:
    bucket = leased()
    bucket.lend(50)
    bucket.held.sum = 6
    bucket.roll(END)
    assert (bucket.lease, bucket.lent, bucket.taken) == (6, (0, 0, 0), 0)
    assert room(bucket, END) == 0


def test_a_lease_ends_also_where_the_clock_was_set_back_to_another_window() -> None:
    bucket = leased()
    bucket.roll(START - 30_000)
    assert (bucket.lease, room(bucket, START - 30_000)) == (0, 0)


def test_while_the_store_is_away_a_new_window_brings_the_share_of_this_process() -> None:
    bucket = leased(limit=1_000, eps_ms=100)
    bucket.alone = 400
    bucket.settle(30, 30, None, 1, END - 60, END - 160, END - 50, 1)
    bucket.roll(END + 100)
    assert bucket.lease == 370, "30 may have been charged to it before it began"
    assert bucket.lent == (0, 0, 400 * 5 // 1_000)
    assert [room(bucket, END + 100, each) for each in Priority] == [370, 370, 368]


def test_without_a_store_a_lease_is_boundless() -> None:
    bucket = weight()
    bucket.settle(1, 1, 1, 1, MIDDLE, MIDDLE, MIDDLE, 1)
    bucket.roll(END)
    assert bucket.lease == BOUNDLESS
    assert (bucket.taken, bucket.news) == (0, 0)


# --------------------------------------------------------------------------- what has no reply


def test_a_lost_request_is_charged_to_each_window_in_which_it_can_arrive_and_to_no_other() -> None:
    bucket = weight(eps_ms=100)
    bucket.charge_span(10, MIDDLE, MIDDLE, MIDDLE + 1_000)
    assert room(bucket, MIDDLE) == 990
    assert room(bucket, END + 100) == 1_000
    bucket = weight(eps_ms=100)
    bucket.charge_span(10, END - 1_500, END - 1_400, END - 101)
    assert [room(bucket, END - 1_400), room(bucket, END + 100)] == [990, 1_000]
    bucket = weight(eps_ms=100)
    bucket.charge_span(10, END - 1_500, END - 1_400, END - 100)
    assert [room(bucket, END - 1_400), room(bucket, END + 100)] == [990, 990]
    bucket = weight(eps_ms=100)
    bucket.charge_span(10, END, END + 100, END + 1_100)
    assert [room(bucket, END + 100), room(bucket, END + LENGTH + 100)] == [990, 1_000]


def test_a_lost_request_of_the_window_before_charges_nothing_in_this_one() -> None:
    bucket = weight(eps_ms=100)
    bucket.roll(END + 100)
    bucket.charge_span(10, MIDDLE, END + 100, END - 101)
    assert room(bucket, END + 100) == 1_000


def test_a_lost_request_is_charged_until_a_frame_sent_after_its_last_moment_is_counted() -> None:
    bucket = Bucket("ORDERS", "DAY", 1, 1_000)
    bucket.charge_span(10, MIDDLE, MIDDLE, MIDDLE + 1_000)
    count(bucket, 50, MIDDLE + LOST_HOLD_MS, seq=2)
    assert room(bucket, MIDDLE + LOST_HOLD_MS) == 940
    count(bucket, 50, MIDDLE + LOST_HOLD_MS + 1, seq=3)
    assert room(bucket, MIDDLE + LOST_HOLD_MS + 1) == 950


def test_a_lost_request_is_taken_from_the_lease() -> None:
    bucket = leased()
    bucket.charge_span(10, MIDDLE, MIDDLE, MIDDLE + 1_000)
    assert (bucket.lease, bucket.taken) == (90, 10)


def test_what_melts_only_where_the_next_window_may_have_begun_is_tried_after_the_edge() -> None:
    bucket = weight(kept=0.5, eps_ms=100)
    count(bucket, 900, MIDDLE)
    assert bucket.try_again_at(100, MIDDLE, ORDERS) == END + 100
    assert bucket.try_again_at(99, MIDDLE, ORDERS) == END - LENGTH // 500


# --------------------------------------------------------------------------- when the next look is due


def test_a_look_is_due_when_the_window_the_limit_or_the_error_of_the_clock_changes_and_not_before() -> None:
    calm = Calm()
    bucket = Bucket("REQUEST_WEIGHT", "MINUTE", 1, 1_000, eps_ms=100, calm=calm)
    bucket.roll(MIDDLE)

    def is_due() -> bool:
        due, calm.until = calm.until == 0, END
        return due

    assert is_due()
    bucket.roll(MIDDLE + 1)
    bucket.roll(END - 101)
    assert not is_due()
    changes: list[Callable[[], None]] = [
        lambda: bucket.roll(END - 100),  # the next window may have begun
        lambda: bucket.roll(END + 100),
        lambda: bucket.roll(MIDDLE),
        lambda: bucket.set_limit(999),
        lambda: bucket.set_eps(200),
    ]
    for change in changes:
        change()
        assert is_due()
        assert not is_due()
