"""What a reply settles: which of the counts stands, what a row that is missing or odd leaves, and what comes late."""

from __future__ import annotations

import pytest

from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.wire.ratelimit import RateLimit

MINUTE = 60_000
START = 1_700_000_040_000
"""The begin of a minute."""
NOW = START + 25_000
"""In the middle of windows of ten seconds and of a minute."""
EDGE = START + MINUTE
EPS = 100
SHORT = RateLimit("ORDERS", "SECOND", 10, 100)
DAY = RateLimit("ORDERS", "DAY", 1, 1_000)
WEIGHT = RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 1_000)
FIRST, ORDERS, READS = Priority.FIRST, Priority.ORDERS, Priority.READS


def ledger(*, on_lease: tuple[str, ...] = ()) -> Ledger:
    return Ledger((SHORT, DAY, WEIGHT), kept=0.0, eps_ms=EPS, on_lease=on_lease)


def short_row(count: int | None, limit: int = SHORT.limit) -> RateLimit:
    return RateLimit("ORDERS", "SECOND", 10, limit, count)


def day_row(count: int | None) -> RateLimit:
    return RateLimit("ORDERS", "DAY", 1, DAY.limit, count)


def weight_row(count: int | None, limit: int = WEIGHT.limit) -> RateLimit:
    return RateLimit("REQUEST_WEIGHT", "MINUTE", 1, limit, count)


def order(one: Ledger, now: int = NOW) -> Ticket:
    """Reserve one order: it weighs 5, and 2 when it succeeds."""
    ticket = one.reserve(5, 1, 2, now, ORDERS)
    assert ticket is not None
    return ticket


def read(one: Ledger, now: int = NOW) -> Ticket:
    """Reserve a request that weighs 5."""
    ticket = one.reserve(5, 0, 5, now, FIRST)
    assert ticket is not None
    return ticket


def spent(one: Ledger) -> list[int]:
    """Return what the present windows hold: orders of ten seconds, of the day, weight."""
    return [bucket.cur.spent for bucket in one.both]


def reserved(one: Ledger) -> list[int]:
    return [bucket.reserved for bucket in one.both]


# --------------------------------------------------------------------------- which count stands


@pytest.mark.parametrize(
    ("counts", "stands"),
    [
        ((40, 30), 40), ((30, 40), 40), ((40, 40, 40), 40), ((40, 50, 45), 50), ((40, 50, 60), 60), ((50, 40, 45), 50),
        ((50, 40, 60), 60), ((50, 40, 40), 50), ((40, 50, 60, 55), 60),
    ],
)  # fmt: skip
def test_of_replies_to_requests_that_were_under_way_together_the_highest_count_stands(
    counts: tuple[int, ...], stands: int
) -> None:
    one = ledger()
    tickets = [read(one) for _ in counts]
    for ticket, count in zip(tickets, counts, strict=True):
        one.settle(ticket, True, [weight_row(count)], NOW + 5)
    assert (spent(one), reserved(one)) == ([0, 0, stands], [0, 0, 0])
    later = read(one, NOW + 6)
    one.settle(later, True, [weight_row(10)], NOW + 7)
    assert spent(one) == [0, 0, 10], "a later request was counted after all of them"


def test_of_requests_one_after_another_the_last_count_stands_though_it_is_lower() -> None:
    one = ledger()
    for count in (40, 30, 35):
        one.settle(order(one), True, [short_row(count), day_row(count + 1), weight_row(count + 2)], NOW)
        assert spent(one) == [count, count + 1, count + 2]
    assert reserved(one) == [0, 0, 0]


def test_counts_leave_room_to_the_last_unit_of_each_limit() -> None:
    one = ledger()
    one.settle(order(one), True, [short_row(98), day_row(98), weight_row(950)], NOW + 5)
    assert one.reserve(51, 0, 51, NOW + 6, FIRST) is None
    assert one.reserve(1, 3, 0, NOW + 6, ORDERS) is None
    assert one.reserve(1, 2, 0, NOW + 6, ORDERS) is not None
    assert one.reserve(49, 0, 49, NOW + 6, FIRST) is not None
    assert one.reserve(1, 0, 1, NOW + 6, FIRST) is None


@pytest.mark.parametrize("last", [60, 50, 45])
def test_a_charge_that_was_lost_ends_with_the_first_count_of_a_request_sent_after_it(last: int) -> None:
    """In windows of a day: a minute later no frame of the lost request can arrive."""
    one = Ledger((DAY, RateLimit("REQUEST_WEIGHT", "DAY", 1, 1_000)), kept=0.0, eps_ms=EPS)

    def rows(count: int) -> list[RateLimit]:
        return [RateLimit("REQUEST_WEIGHT", "DAY", 1, 1_000, count)]

    one.lost(read(one), NOW)
    before = [read(one, NOW + 59_000) for _ in range(2)]
    after = read(one, NOW + 61_000)
    for ticket, count in zip(before, (40, 50), strict=True):
        one.settle(ticket, True, rows(count), NOW + 61_001)
        assert one.weight[0].cur.spent == count + 5
    one.settle(after, True, rows(last), NOW + 61_002)
    assert one.weight[0].cur.spent == max(50, last)


# --------------------------------------------------------------------------- rows that are missing or odd


@pytest.mark.parametrize(
    ("counts", "holds"),
    [
        ((None, 20, 30), [1, 20, 30]), ((20, None, 30), [20, 1, 30]), ((20, 30, None), [20, 30, 2]),
        ((-1, 20, 30), [1, 20, 30]), ((20, 10_001, 30), [20, 1, 30]), ((20, 10_000, 30), [20, 10_000, 30]),
    ],
)  # fmt: skip
def test_a_limit_whose_count_a_reply_does_not_say_is_charged_by_the_documentation_and_the_others_by_their_counts(
    counts: tuple[int | None, int | None, int | None], holds: list[int]
) -> None:
    one = ledger()
    short, day, weight = counts
    one.settle(order(one), True, [short_row(short), day_row(day), weight_row(weight)], NOW + 5)
    assert (spent(one), reserved(one)) == (holds, [0, 0, 0])


def test_an_order_whose_reply_names_the_weight_alone_is_charged_to_the_limits_of_orders() -> None:
    one = ledger()
    one.settle(order(one), False, [weight_row(30)], NOW + 5)
    assert (spent(one), reserved(one)) == ([1, 1, 30], [0, 0, 0])


def test_the_counts_of_limits_that_a_request_does_not_touch_are_taken_from_its_reply() -> None:
    one = ledger()
    one.settle(read(one), True, [short_row(20), day_row(21), weight_row(30)], NOW + 5)
    assert (spent(one), reserved(one)) == ([20, 21, 30], [0, 0, 0])


def test_a_row_with_the_limit_0_names_no_limit_and_its_count_stands() -> None:
    one = ledger()
    one.settle(read(one), True, [weight_row(30, limit=0)], NOW + 5)
    assert (spent(one), one.weight[0].limit) == ([0, 0, 30], 1_000)


def test_a_count_is_believed_by_the_limit_that_stands_beside_it() -> None:
    one = ledger()
    one.settle(read(one), True, [weight_row(20_000, limit=6_000)], NOW + 5)
    assert (spent(one), one.weight[0].limit) == ([0, 0, 20_000], 6_000)


@pytest.mark.parametrize("limit", [10, 5_000])
def test_a_limit_that_a_reply_changes_while_nothing_else_does_holds_from_the_next_request(limit: int) -> None:
    one = ledger()
    one.settle(order(one), True, [short_row(9), day_row(9), weight_row(9, limit)], NOW + 5)
    assert one.reserve(limit - 8, 0, 0, NOW + 6, FIRST) is None
    assert one.reserve(limit - 9, 0, 0, NOW + 6, FIRST) is not None


def test_replies_that_still_name_a_limit_that_was_taken_off_the_list_settle_all_the_same() -> None:
    one = ledger()
    read(one)
    one.configure([SHORT])
    assert [bucket.interval for bucket in one.both] == ["SECOND", "MINUTE"]
    ticket = one.force(5, 1, 2, NOW + 1)
    one.settle(ticket, True, [short_row(20), day_row(21), weight_row(30)], NOW + 5)
    assert spent(one) == [20, 21, 30], "the venue counts by it, so it is kept to"


# --------------------------------------------------------------------------- near the edge of a window


def test_a_reply_at_the_first_moment_that_may_belong_to_the_next_window_is_charged_to_both() -> None:
    one = ledger()
    ticket = read(one, EDGE - 5_000)
    one.settle(ticket, True, [weight_row(300)], EDGE - EPS)
    (weight,) = one.weight
    assert weight.cur.spent == 5, "the count may be of either window"
    assert weight.next is not None
    assert weight.next.spent == 5


def test_a_reply_before_that_moment_is_counted() -> None:
    one = ledger()
    one.settle(read(one, EDGE - 5_000), True, [weight_row(300)], EDGE - EPS - 1)
    assert spent(one)[-1] == 300


@pytest.mark.parametrize(("sent_after", "holds"), [(EPS - 1, 5), (EPS, 300)])
def test_the_count_of_a_request_that_may_have_arrived_before_the_window_is_none_of_its(
    sent_after: int, holds: int
) -> None:
    one = ledger()
    ticket = read(one, EDGE + sent_after)
    one.settle(ticket, True, [weight_row(300)], EDGE + 1_000)
    assert one.weight[0].cur.index == EDGE // MINUTE
    assert one.weight[0].cur.spent == holds


# --------------------------------------------------------------------------- what ends twice, or late


def test_the_counts_of_a_reply_that_comes_after_its_request_was_given_up_are_news_and_cost_nothing_more() -> None:
    one = ledger()
    ticket = order(one)
    one.lost(ticket, NOW + 1)
    assert spent(one) == [1, 1, 5]
    one.settle(ticket, True, [short_row(20), day_row(21), weight_row(30)], NOW + 5)
    assert spent(one) == [20 + 1, 21 + 1, 30 + 5], "and the charge stays: the venue may have counted it later"
    assert reserved(one) == [0, 0, 0]


def test_a_request_is_settled_once_and_a_second_reply_brings_its_counts_alone() -> None:
    one = ledger()
    ticket = order(one)
    for count in (20, 40):
        one.settle(ticket, True, [short_row(count), day_row(count), weight_row(count)], NOW + 5)
        assert (spent(one), reserved(one), ticket.open) == ([count] * 3, [0, 0, 0], False)
    one.lost(ticket, NOW + 6)
    one.release(ticket)
    assert (spent(one), reserved(one)) == ([40, 40, 40], [0, 0, 0])


@pytest.mark.parametrize(("before_end", "charged"), [(1_000 + EPS + 1, 0), (1_000 + EPS, 5), (999, 5)])
def test_a_request_given_up_near_the_end_of_a_window_may_arrive_within_a_second_in_the_next(
    before_end: int, charged: int
) -> None:
    one = ledger()
    ticket = read(one, EDGE - before_end)
    one.lost(ticket, EDGE - before_end)
    (weight,) = one.weight
    assert weight.cur.spent == 5
    assert (0 if weight.next is None else weight.next.spent) == charged


# --------------------------------------------------------------------------- leases


def test_what_an_order_cost_is_taken_from_the_lease_and_the_count_is_news_for_the_store() -> None:
    one = ledger(on_lease=("ORDERS", "REQUEST_WEIGHT"))
    for bucket in one.both:
        bucket.roll(NOW)
        bucket.lease = 50
    tickets = [order(one), order(one, NOW + 1)]
    for ok, ticket, lease in ((True, tickets[1], 48), (False, tickets[0], 43)):
        one.settle(ticket, ok, [short_row(20), day_row(21), weight_row(30)], NOW + 5)
        assert (one.weight[0].lease, one.weight[0].taken) == (lease, 50 - lease)
    assert [(bucket.lease, bucket.taken) for bucket in one.orders] == [(48, 2), (48, 2)]
    assert {(bucket.news, bucket.news_at) for bucket in one.both} == {(2, tickets[1].seq)}, (
        "the youngest that was counted"
    )
    assert {bucket.news_sent_ms for bucket in one.both} == {NOW + 1}


def test_the_counts_of_a_reply_that_comes_late_take_nothing_from_a_lease() -> None:
    one = ledger(on_lease=("ORDERS", "REQUEST_WEIGHT"))
    for bucket in one.both:
        bucket.roll(NOW)
        bucket.lease = 50
    ticket = order(one)
    one.lost(ticket, NOW + 1)
    known = [(bucket.lease, bucket.taken, bucket.lent) for bucket in one.both]
    assert [lease for lease, _, _ in known] == [49, 49, 45]
    one.settle(ticket, True, [short_row(20), day_row(21), weight_row(30)], NOW + 5)
    assert [(bucket.lease, bucket.taken, bucket.lent) for bucket in one.both] == known
