"""What a ledger gives room to and what it refuses, to the last order; what attempts to connect cost; limits that change."""

from __future__ import annotations

import pytest

from binance_wsapi.limits.bucket import Bucket
from binance_wsapi.limits.ledger import CONNECT_SPAN_MS, Ledger
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.rows import CONNECT_WEIGHT
from binance_wsapi.wire.ratelimit import RateLimit

MINUTE = 60_000
START = 1_700_000_040_000
"""The begin of a minute."""
NOW = START + 25_000
"""In the middle of windows of ten seconds and of a minute."""
FIRST, ORDERS, READS = Priority.FIRST, Priority.ORDERS, Priority.READS
WEIGHT = RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 100)
SHORT = RateLimit("ORDERS", "SECOND", 10, 3)
DAY = RateLimit("ORDERS", "DAY", 1, 50)
CONNECTS = RateLimit("CONNECTIONS", "MINUTE", 5, 2)


def ledger(*, kept: float = 0.0, on_lease: tuple[str, ...] = ()) -> Ledger:
    return Ledger((WEIGHT, SHORT, DAY, CONNECTS), kept=kept, on_lease=on_lease)


def names(buckets: tuple[Bucket, ...]) -> list[tuple[str, int]]:
    return [(bucket.interval, bucket.limit) for bucket in buckets]


@pytest.mark.parametrize("kept", [-0.01, 1.0, 1.5])
def test_a_share_that_leaves_nothing_or_is_none_is_refused(kept: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and less than 1"):
        ledger(kept=kept)


def test_only_of_the_weight_a_share_is_kept() -> None:
    assert [bucket.kept for bucket in ledger(kept=0.2).both] == [0, 0, 20]
    assert [bucket.kept for bucket in ledger(kept=0.0).both] == [0, 0, 0]


def test_orders_fit_to_the_last_and_what_is_refused_reserves_nothing() -> None:
    one = ledger()
    tickets = [one.reserve(1, 1, 0, NOW, ORDERS) for _ in range(3)]
    assert all(tickets)
    assert one.reserve(1, 1, 0, NOW, ORDERS) is None
    assert one.reserve(97, 0, 97, NOW, FIRST) is not None, "weight is left, to the last"
    assert one.reserve(1, 0, 1, NOW, FIRST) is None
    assert [bucket.reserved for bucket in one.both] == [3, 3, 100]


def test_orders_on_a_lease_fit_to_the_last_of_it() -> None:
    one = ledger(on_lease=("ORDERS",))
    for bucket in one.orders:
        bucket.roll(NOW)
        bucket.lease = 2
    assert [one.reserve(1, 1, 0, NOW, ORDERS) is not None for _ in range(3)] == [True, True, False]


def test_what_of_a_lease_is_lent_to_orders_is_not_for_reads() -> None:
    one = ledger(on_lease=("REQUEST_WEIGHT",))
    (bucket,) = one.weight
    bucket.roll(NOW)
    bucket.lease = 10
    bucket.lend(4)
    assert one.reserve(7, 0, 7, NOW, READS) is None
    assert one.reserve(7, 0, 7, NOW, ORDERS) is not None
    assert one.block(4, 0, NOW, READS) is not None


def test_a_share_that_is_kept_melts_for_orders_in_a_calm_window_too() -> None:
    one = ledger(kept=0.5)
    assert one.reserve(60, 0, 60, START + 5_000, ORDERS) is None
    assert one.reserve(60, 0, 60, START + 55_000, ORDERS) is not None


def test_a_list_of_limits_replaces_those_of_its_types_and_leaves_the_others() -> None:
    one = ledger()
    raw = RateLimit("RAW_REQUESTS", "MINUTE", 5, 6_000)
    assert one.configure([RateLimit("ORDERS", "SECOND", 10, 7), raw]) == [raw]
    assert names(one.orders) == [("SECOND", 7)]
    assert names(one.weight) == [("MINUTE", 100)]
    assert names(one.connections) == [("MINUTE", 2)]


def test_a_limit_in_which_a_request_is_under_way_stays_until_its_reply() -> None:
    one = ledger()
    ticket = one.reserve(1, 1, 0, NOW, ORDERS)
    assert ticket is not None
    one.configure([SHORT])
    assert names(one.orders) == [("SECOND", 3), ("DAY", 50)]
    one.release(ticket)
    one.configure([SHORT])
    assert names(one.orders) == [("SECOND", 3)]


def test_a_limit_that_comes_later_holds_from_the_next_request() -> None:
    one = ledger()
    assert one.reserve(1, 0, 1, NOW, ORDERS) is not None
    one.configure([SHORT, DAY, RateLimit("ORDERS", "HOUR", 1, 1)])
    assert one.reserve(1, 1, 0, NOW, ORDERS) is not None
    hour = next(bucket for bucket in one.orders if bucket.interval == "HOUR")
    assert hour.start <= NOW < hour.end
    assert one.reserve(1, 1, 0, NOW, ORDERS) is None


def test_the_error_of_the_clock_is_never_negative_and_holds_for_each_limit() -> None:
    one = ledger()
    with pytest.raises(ValueError, match="cannot be negative"):
        one.set_eps(-1)
    for eps in (0, 250):
        one.set_eps(eps)
        assert {bucket.eps for bucket in one.buckets()} == {eps}


def test_a_429_is_believed_for_a_day_and_the_error_of_a_clock_and_no_longer() -> None:
    day = 86_400_000
    one = ledger()
    one.latch(429, -1003, NOW + day + 60_000, None, NOW)
    assert one.bans.until() == NOW + day + 60_000
    one = ledger()
    one.latch(429, -1003, NOW + day + 60_001, None, NOW)
    assert one.bans.until() == START + MINUTE, "the end of the window"


def test_what_blocks_a_request_is_the_limit_of_its_kind_that_frees_last() -> None:
    one = ledger()
    for _ in range(3):
        assert one.reserve(1, 1, 0, NOW, ORDERS) is not None
    assert one.block(1, 0, NOW, ORDERS) is None, "a request without an order"
    short = one.block(1, 1, NOW, ORDERS)
    assert short is not None
    assert (short.bucket, short.retry_at, short.by_lease) == (one.orders[0], START + 30_000 + 100, False)
    both = one.block(98, 1, NOW, ORDERS)
    assert both is not None
    assert (both.bucket, both.retry_at) == (one.weight[0], START + MINUTE + 100)
    never = one.block(101, 1, NOW, ORDERS)
    assert never is not None
    assert (never.bucket, never.retry_at) == (one.weight[0], None)


def test_attempts_to_connect_are_charged_with_their_weight_and_refused_when_there_is_no_room() -> None:
    one = ledger()
    for attempt in (1, 2):
        assert one.block(1, 0, NOW, FIRST, connects=1) is None
        assert one.reserve_connect(NOW)
        assert one.connections[0].cur.spent == attempt
        assert one.weight[0].cur.spent == attempt * CONNECT_WEIGHT
    assert not one.reserve_connect(NOW)
    assert one.weight[0].cur.spent == 2 * CONNECT_WEIGHT, "what is refused costs nothing"
    assert one.block(1, 0, NOW, FIRST) is None
    full = one.block(1, 0, NOW, FIRST, connects=1)
    assert full is not None
    assert full.bucket is one.connections[0]


@pytest.mark.parametrize(("before_end", "charged"), [(CONNECT_SPAN_MS + 101, False), (CONNECT_SPAN_MS - 1, True)])
def test_an_attempt_near_the_end_of_a_window_may_be_counted_in_the_next(before_end: int, charged: bool) -> None:
    one = ledger()
    one.force_connect(START + MINUTE - before_end)
    for bucket, cost in ((one.weight[0], CONNECT_WEIGHT), (one.connections[0], 1)):
        assert bucket.cur.spent == cost
        assert (0 if bucket.next is None else bucket.next.spent) == (cost if charged else 0)


def test_an_attempt_right_after_a_window_began_may_be_counted_in_the_one_before() -> None:
    one = ledger()
    (bucket,) = one.weight
    bucket.roll(START + MINUTE - 1_000)
    one.force_connect(START + MINUTE + 50)
    assert bucket.cur.index == START // MINUTE, "by a clock that may be wrong by 100 ms"
    assert bucket.cur.spent == CONNECT_WEIGHT


# --------------------------------------------------------------------------- what blocks, and until when


def test_whether_the_lease_of_a_shared_store_blocks_a_request_is_told() -> None:
    one = ledger(on_lease=("REQUEST_WEIGHT",))
    (bucket,) = one.weight
    bucket.roll(NOW)
    bucket.lease = 10
    bucket.cur.charge(95, 0)
    blocks = [one.block(cost, 0, NOW, ORDERS) for cost in (10, 11)]
    assert [each is not None and each.by_lease for each in blocks] == [False, True]
    one.force(6, 0, 6, NOW)
    assert getattr(one.block(6, 0, NOW, ORDERS), "by_lease", None) is True, "what is under way takes of it"
    bucket.lend(2)
    assert getattr(one.block(3, 0, NOW, READS), "by_lease", None) is True
    assert getattr(one.block(3, 0, NOW, ORDERS), "by_lease", None) is False


def test_of_two_limits_that_are_full_the_one_of_the_day_is_named_though_the_weight_follows_it() -> None:
    one = ledger()
    for bucket in one.both:
        bucket.roll(NOW)
        bucket.cur.charge(bucket.limit, 0)
    found = one.block(1, 1, NOW, ORDERS)
    assert found is not None
    assert found.bucket is one.orders[1]


@pytest.mark.parametrize(
    ("short", "day", "end"),
    [(3, 50, 86_400_000), (2, 50, 86_400_000), (3, 49, 10_000), (2, 49, 10_000)],
)
def test_a_refusal_of_orders_without_a_time_lasts_as_long_as_the_longest_window_that_is_full(
    short: int, day: int, end: int
) -> None:
    one = ledger()
    rows = [RateLimit("ORDERS", "SECOND", 10, 3, short), RateLimit("ORDERS", "DAY", 1, 50, day)]
    one.latch(429, -1015, None, rows, NOW)
    assert one.bans.until(orders=True) == NOW // end * end + end
    assert one.bans.until() == 0, "reads go on"
    assert one.reserve(1, 1, 0, NOW, ORDERS) is None
    assert one.reserve(1, 0, 1, NOW, READS) is not None


def test_near_the_end_of_a_window_the_older_of_the_two_counts_as_full() -> None:
    one = ledger()
    one.latch(429, -1015, None, None, START + 10_050)
    assert one.bans.until(orders=True) == START + 10_000


def test_a_refusal_of_what_has_no_limit_lasts_two_minutes() -> None:
    one = Ledger((WEIGHT,))
    one.latch(429, -1015, None, None, NOW)
    assert one.bans.until(orders=True) == NOW + 120_000


def test_near_the_edge_of_a_window_orders_go_out_while_both_windows_have_room() -> None:
    one = ledger()
    for _ in range(3):
        assert one.reserve(1, 1, 0, START + 9_950, ORDERS) is not None
    assert one.reserve(1, 1, 0, START + 9_950, ORDERS) is None


# --------------------------------------------------------------------------- how a reservation ends


def test_a_reservation_that_no_caller_ends_is_lost_after_a_minute_and_its_charge_stays() -> None:
    one = ledger()
    assert one.reserve(5, 1, 0, NOW, ORDERS) is not None
    assert one.expire(NOW + MINUTE - 1) == 0
    assert [bucket.reserved for bucket in one.both] == [1, 1, 5]
    assert one.expire(NOW + MINUTE) == 1
    assert one.expire(NOW + MINUTE) == 0
    assert [(bucket.reserved, bucket.cur.spent) for bucket in one.both[1:]] == [(0, 1), (0, 5)]


@pytest.mark.parametrize(("ok", "weighs"), [(True, 1), (False, 5)])
def test_without_a_count_a_request_costs_what_the_documentation_says(ok: bool, weighs: int) -> None:
    one = ledger()
    ticket = one.reserve(5, 1, 1, NOW, ORDERS)
    assert ticket is not None
    one.settle(ticket, ok, None, NOW + 5)
    assert [bucket.cur.spent for bucket in one.both] == [1, 1, weighs]


def test_a_snapshot_shows_the_windows_of_its_time() -> None:
    one = ledger()
    one.force_connect(NOW)
    later = NOW + MINUTE
    assert all(state.resets_at > later for state in one.snapshot(later))
