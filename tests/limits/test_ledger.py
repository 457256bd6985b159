"""The ledger believes no row without bound: one odd row neither closes a client nor opens it (F15, F22)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.rows import CONNECT_WEIGHT, MOST_BUCKETS
from binance_wsapi.wire.ratelimit import RateLimit

T0 = 1_700_000_060_000
"""Twenty seconds into a minute."""
WEIGHT = ("REQUEST_WEIGHT", "MINUTE", 1)
SHORT = ("ORDERS", "SECOND", 10)
DAY = ("ORDERS", "DAY", 1)


@dataclass(frozen=True)
class Odd:
    """Rows of a reply, and what is known of the weight afterwards."""

    name: str
    rows: tuple[RateLimit, ...]

    def __str__(self) -> str:
        return self.name


def fine(limit: int = 6_000, count: int | None = 3) -> RateLimit:
    return RateLimit(*WEIGHT, limit, count)


ODD = [
    Odd("count huge", (fine(count=10**30),)),
    Odd("count beyond all measure", (fine(count=60_001),)),
    Odd("count negative", (fine(count=-5),)),
    Odd("count missing", (fine(count=None),)),
    Odd("limit 0", (fine(0),)),
    Odd("limit negative", (fine(-1),)),
    Odd("limit under which no connection has room", (fine(CONNECT_WEIGHT - 1, 1),)),
    Odd("limit huge", (fine(10**30),)),
    Odd("of another type", (RateLimit("MOON", "MINUTE", 1, 1, 1),)),
    Odd("of another interval", (RateLimit("ORDERS", "FORTNIGHT", 1, 1, 1),)),
    Odd("window of none", (RateLimit("ORDERS", "SECOND", 0, 1, 1),)),
    Odd("window of years", (RateLimit("ORDERS", "DAY", 10**9, 1, 1),)),
    Odd("orders of the day huge", (RateLimit(*SHORT, 50, 1), RateLimit(*DAY, 160_000, 10**12), fine())),
    Odd("orders of ten seconds negative", (RateLimit(*SHORT, 50, -1), RateLimit(*DAY, 160_000, 1), fine())),
    Odd("none", ()),
]


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("how", ["reply", "late", "learnt", "configured", "refused"])
def test_an_odd_row_neither_closes_a_client_nor_opens_it(odd: Odd, how: str) -> None:
    ledger = Ledger()
    for _ in range(3):
        ticket = ledger.force(1, 1, 0, T0)
        if how == "late":
            ledger.lost(ticket, T0)
        if how == "configured":
            ledger.configure(odd.rows)
        if how == "learnt":
            ledger.learn(odd.rows, ledger.asking(T0), T0)
        if how == "refused":
            ledger.latch(429, -1015, None, odd.rows, T0)
            ledger.bans.scopes.clear()
        ledger.settle(ticket, True, odd.rows if how in {"reply", "late"} else None, T0 + 5)
    states = {(each.type, each.interval, each.interval_num): each for each in ledger.snapshot(T0 + 5)}
    assert {key: state.limit for key, state in states.items() if key[0] != "CONNECTIONS"} == {
        WEIGHT: 6_000, SHORT: 50, DAY: 160_000,
    }  # fmt: skip
    assert all(0 <= each.used <= 10 for each in states.values())
    later = T0 + 6
    assert ledger.block(20, 1, later, Priority.READS) is None
    assert ledger.reserve_connect(later)


def test_a_count_that_a_venue_can_mean_is_believed() -> None:
    ledger = Ledger()
    ledger.settle(ledger.force(1, 0, 1, T0), True, [fine(count=6_500)], T0 + 5)
    block = ledger.block(1, 0, T0 + 6, Priority.FIRST)
    assert block is not None, "another program of this address spends without asking"
    assert block.retry_at is not None
    assert block.retry_at <= T0 + 40_000 + 200


@pytest.mark.parametrize("retry_after", [None, 0, -5, T0 + 3 * 86_400_000, 99_999_999_999_999, 10**30])
def test_a_429_whose_end_no_venue_can_mean_ends_with_its_window(retry_after: int | None) -> None:
    ledger = Ledger()
    ledger.latch(429, -1003, retry_after, [fine(count=6_000)], T0)
    block = ledger.block(1, 0, T0 + 1, Priority.FIRST)
    assert block is not None
    assert block.banned
    assert block.retry_at is not None
    assert block.retry_at <= T0 + 60_000


@pytest.mark.parametrize("retry_after", [T0, T0 - 1, T0 - 10_000, T0 // 1000 - 10, (T0 - 10_000) * 1000, 1, 0, -5])
@pytest.mark.parametrize(
    ("status", "code", "least"), [(418, -1003, 120_000), (418, None, 120_000), (429, -1003, 30_000)]
)
def test_a_ban_whose_end_has_passed_lasts_as_long_as_one_without_an_end(
    status: int, code: int | None, least: int, retry_after: int
) -> None:
    ledger, plain = Ledger(), Ledger()
    ledger.latch(status, code, retry_after, [fine(count=6_000)], T0)
    plain.latch(status, code, None, [fine(count=6_000)], T0)
    assert ledger.bans.scopes == plain.bans.scopes
    assert ledger.bans.scopes["ip"] >= T0 + least


def test_an_order_limit_whose_end_has_passed_closes_to_the_end_of_its_window() -> None:
    ledger = Ledger()
    ledger.latch(429, -1015, T0 - 5_000, None, T0 + 1_000)
    assert ledger.bans.scopes["account"] >= T0 + 10_000


def test_a_ban_whose_end_no_venue_can_mean_lasts_its_longest() -> None:
    ledger = Ledger()
    ledger.latch(418, -1003, 99_999_999_999_999, None, T0)
    assert ledger.bans.scopes["ip"] == T0 + LONGEST_BAN_MS


def test_the_venue_may_lower_a_limit() -> None:
    ledger = Ledger()
    ledger.settle(ledger.force(1, 0, 1, T0), True, [fine(600, 3)], T0 + 5)
    assert ledger.weight[0].limit == 600


def test_the_number_of_limits_is_bounded() -> None:
    ledger = Ledger()
    for number in range(1, 200):
        ledger.learn([RateLimit("ORDERS", "HOUR", number, 1_000, 1)], ledger.asking(T0), T0)
    assert len(ledger.buckets()) == MOST_BUCKETS
    ledger.configure([RateLimit("ORDERS", "HOUR", number, 1_000) for number in range(1, 200)])
    assert len(ledger.buckets()) <= 2 * MOST_BUCKETS


def test_a_limit_that_a_reply_names_for_the_first_time_is_kept_to() -> None:
    ledger = Ledger()
    ledger.learn([RateLimit("ORDERS", "HOUR", 1, 5, 5)], ledger.asking(T0), T0)
    assert ledger.reserve(1, 1, 0, T0 + 1, Priority.FIRST) is None
    assert ledger.reserve(1, 0, 1, T0 + 1, Priority.FIRST) is not None


MIDDLE = T0 + 5_000
"""In the middle of the shortest window."""


@pytest.mark.parametrize("now", [-90_000_000, -1, 0, 1, 50, 99])
@pytest.mark.parametrize("status", [418, 429])
def test_a_refusal_by_a_clock_at_the_beginning_of_time_closes_its_scope(now: int, status: int) -> None:
    ledger = Ledger()
    assert ledger.latch(status, -1003, None, None, now) == "ip"
    assert ledger.bans.scopes["ip"] > 0


def order_rows(count: int) -> list[RateLimit]:
    return [RateLimit("ORDERS", "SECOND", 10, 50, count), RateLimit("ORDERS", "DAY", 1, 160_000, count)]


def test_counts_that_were_asked_for_lower_those_of_the_day_from_before_and_those_of_a_short_window_never() -> None:
    """Orders fill, and the venue counts fewer. Its answer may be behind by a moment, which is nothing in a day."""
    ledger = Ledger()
    ledger.settle(ledger.force(1, 1, 0, MIDDLE), True, [*order_rows(40), fine(6_000, 1)], MIDDLE + 5)
    asked = ledger.asking(MIDDLE + 6)
    ledger.learn(order_rows(3), asked, MIDDLE + 9)
    assert [bucket.cur.spent for bucket in ledger.orders] == [40, 3]


def test_a_count_that_came_after_counts_were_asked_for_is_not_lowered_by_their_answer() -> None:
    ledger = Ledger()
    asked = ledger.asking(MIDDLE)
    earlier, later = ledger.force(1, 1, 0, MIDDLE), ledger.force(1, 1, 0, MIDDLE + 1)
    ledger.settle(later, True, [*order_rows(40), fine(6_000, 1)], MIDDLE + 5)
    ledger.learn(order_rows(3), asked, MIDDLE + 9)
    assert [bucket.cur.spent for bucket in ledger.orders] == [40, 40]
    ledger.settle(earlier, True, None, MIDDLE + 10)
    assert [bucket.cur.spent for bucket in ledger.orders] == [41, 41]


def test_a_request_that_went_out_after_counts_were_asked_for_has_the_later_count() -> None:
    ledger = Ledger()
    asked = ledger.asking(MIDDLE)
    ledger.settle(ledger.force(1, 1, 0, MIDDLE + 1), True, [*order_rows(40), fine(6_000, 1)], MIDDLE + 5)
    ledger.learn(order_rows(3), asked, MIDDLE + 9)
    assert [bucket.cur.spent for bucket in ledger.orders] == [40, 40]


@pytest.mark.parametrize(("interval", "number", "holds"), [("MINUTE", 1, 40), ("MINUTE", 2, 3), ("HOUR", 1, 3)])
def test_counts_that_were_asked_for_lower_those_of_a_window_longer_than_a_frame_can_be_under_way(
    interval: str, number: int, holds: int
) -> None:
    ledger = Ledger([RateLimit("ORDERS", interval, number, 1_000), fine()])
    for count in (40, 3):
        ledger.learn([RateLimit("ORDERS", interval, number, 1_000, count)], ledger.asking(MIDDLE), MIDDLE + 5)
    assert ledger.orders[0].cur.spent == holds


def test_counts_that_were_asked_for_raise_those_of_a_short_window_also_before_the_first_request() -> None:
    ledger = Ledger()
    for count, holds in ((20, 20), (3, 20), (40, 40)):
        ledger.learn(order_rows(count), ledger.asking(MIDDLE), MIDDLE + 5)
        assert ledger.orders[0].cur.spent == holds


@pytest.mark.parametrize(("asked_after", "holds"), [(99, 0), (100, 3)])
def test_counts_that_were_asked_for_while_the_day_may_not_have_begun_are_none_of_the_day(
    asked_after: int, holds: int
) -> None:
    begin = T0 // 86_400_000 * 86_400_000 + 86_400_000
    ledger = Ledger(eps_ms=100)
    ledger.learn(order_rows(3), ledger.asking(begin + asked_after), begin + 1_000)
    assert ledger.orders[1].cur.index == begin // 86_400_000
    assert ledger.orders[1].cur.spent == holds


def test_a_row_without_a_count_hides_none_of_the_rows_behind_it() -> None:
    ledger = Ledger()
    short, day = order_rows(40)
    for odd in (RateLimit("ORDERS", "SECOND", 10, 50, None), RateLimit("MOON", "DAY", 1, 5, 5)):
        ledger.learn([odd, day], ledger.asking(MIDDLE), MIDDLE + 5)
        assert ledger.orders[1].cur.spent == 40
    ledger.learn([RateLimit("ORDERS", "SECOND", 30, 50, None), short], ledger.asking(MIDDLE), MIDDLE + 5)
    assert ledger.orders[0].cur.spent == 40


def test_a_limit_for_which_there_is_no_place_hides_none_of_the_rows_behind_it() -> None:
    ledger = Ledger()
    rows = [RateLimit("ORDERS", "HOUR", number, 1_000, 1) for number in range(1, 2 * MOST_BUCKETS)]
    ledger.learn([*rows, *order_rows(40)], ledger.asking(MIDDLE), MIDDLE + 5)
    assert len(ledger.buckets()) == MOST_BUCKETS
    assert {bucket.interval: bucket.cur.spent for bucket in ledger.orders if bucket.interval != "HOUR"} == {
        "SECOND": 40, "DAY": 40,
    }  # fmt: skip


def test_an_order_under_way_uses_what_of_a_lease_is_lent_to_orders_until_it_ends() -> None:
    ledger = Ledger(on_lease=["REQUEST_WEIGHT"])
    (weight,) = ledger.weight
    weight.roll(T0)
    weight.lease = 10
    weight.lend(4)
    ticket = ledger.force(1, 1, 0, T0)
    assert weight.lent[Priority.READS] == 3
    ledger.release(ticket)
    assert weight.lent[Priority.READS] == 4
    read = ledger.force(2, 0, 2, T0)
    assert weight.lent[Priority.READS] == 4
    ledger.settle(read, True, None, T0)
    assert weight.lent[Priority.READS] == 4
    order = ledger.force(4, 1, 1, T0)
    assert weight.lent[Priority.READS] == 4 - (4 - 1), "it weighs 1 when it succeeds"
    ledger.release(order)
    assert weight.lent[Priority.READS] == 4


def test_of_several_limits_of_weight_each_has_to_have_room() -> None:
    ledger = Ledger()
    ledger.configure([fine(), RateLimit("REQUEST_WEIGHT", "HOUR", 1, 50, None)])
    for taken in range(50):
        assert ledger.reserve(1, 0, 1, T0, Priority.FIRST) is not None, taken
    assert ledger.reserve(1, 0, 1, T0, Priority.FIRST) is None


def test_from_the_first_moment_that_may_belong_to_the_next_window_that_one_has_to_have_room_too() -> None:
    ledger = Ledger()
    ledger.set_eps(100)
    (weight,) = ledger.weight
    assert ledger.reserve(1, 0, 1, T0, Priority.FIRST) is not None
    edge = weight.hi
    weight.charge_span(6_000, weight.end, T0, weight.end)
    assert ledger.reserve(1, 0, 1, edge - 1, Priority.FIRST) is not None
    assert ledger.reserve(1, 0, 1, edge, Priority.FIRST) is None
