"""Which fills were delivered, which are owed, and up to where nothing can be missing."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.models import AccountTrade
from binance_wsapi.user_data.spot.merge.fill_merge import FillMerge
from binance_wsapi.user_data.spot.merge.settled import ENGINE_BEHIND_US, Settled
from binance_wsapi.user_data.spot.merge.snapshot import Look
from binance_wsapi.wire.order_calls import RENUMBERED_US
from tests.user_data.spot.merge.test_account_merge import allocation, report, whole_fill, whole_trade

LAG = 6.0
SINCE_MS = 1_000_000
ONE = "BTCUSDT"


def merge() -> FillMerge:
    return FillMerge(SINCE_MS * 1_000, LAG)


def look(*trades: AccountTrade, asked: float = 10_000.0, **more: Any) -> Look:
    return Look(asked, int(asked * 1e6), trades={ONE: list(trades)}, **more)


def settle(
    fills: FillMerge, found: Look, settled: Settled | None = None, *, postponed: Any = None, held: Any = ()
) -> Settled:
    settled = settled or Settled(LAG)
    settled.looked(found)
    fills.looked(found)
    fills.settle(found, settled, postponed or {}, held, found.asked)
    return settled


def past(number: int, *, minutes: int = 10) -> AccountTrade:
    """Return a trade so old at the time of `look` that every view shows it."""
    return whole_trade(number, 10_000_000 - minutes * 60_000)


# --------------------------------------------------------------------------- delivered once


def test_a_fill_is_known_by_its_trade_and_order() -> None:
    fills = merge()
    event = whole_fill(5, "1")
    assert not fills.heard(event)
    fills.note(event)
    assert fills.heard(event)
    assert fills.told(whole_trade(5, SINCE_MS))
    assert not fills.heard(whole_fill(6, "1"))
    assert not fills.heard(whole_fill(5, "1", i=2)), "an account may trade with itself"
    assert fills.unsettled == 1


def test_a_fill_that_is_an_allocation_is_known_by_its_number() -> None:
    fills = merge()
    event = whole_fill(-1, "1", a=0)
    assert not fills.heard(event)
    fills.note(event)
    assert fills.heard(event)
    assert fills.told(allocation(0, SINCE_MS))
    assert not fills.told(allocation(1, SINCE_MS))
    assert not fills.heard(whole_fill(-1, "1")), "without any number it is not known again"


def test_what_is_no_fill_was_never_delivered() -> None:
    fills = merge()
    fills.note(whole_fill(5, "1"))
    assert not fills.heard(report(t=5))


def test_trade_0_is_a_trade() -> None:
    fills = merge()
    fills.note(whole_fill(0, "1"))
    assert fills.heard(whole_fill(0, "1"))
    assert not fills.heard(whole_fill(0, "1", i=2))


# --------------------------------------------------------------------------- owed


@pytest.mark.parametrize(("ms", "owed"), [(SINCE_MS - 1, False), (SINCE_MS, True), (SINCE_MS + 1, True)])
def test_a_fill_is_owed_from_the_beginning_on(ms: int, owed: bool) -> None:
    assert merge().owed(whole_trade(5, ms)) is owed
    assert merge().owed(allocation(5, ms)) is owed


def test_what_was_delivered_is_not_owed() -> None:
    fills = merge()
    fills.note(whole_fill(5, "1"))
    assert not fills.owed(whole_trade(5, SINCE_MS))


def test_an_older_trade_that_was_not_there_at_the_first_look_was_made_after_it() -> None:
    visible_ms = SINCE_MS - 6_000 - RENUMBERED_US // 1_000
    fills = merge()
    fills.looked(look(whole_trade(4, visible_ms - 1)))
    fills.looked(look(whole_trade(5, visible_ms - 1)))
    assert not fills.owed(whole_trade(4, visible_ms - 1)), "it was there"
    assert fills.owed(whole_trade(5, visible_ms - 1))
    assert not fills.owed(whole_trade(5, visible_ms)), "the views may have lagged"
    assert not fills.owed(allocation(5, visible_ms - 1))
    assert not merge().owed(whole_trade(5, visible_ms - 1)), "there was no look"


def test_what_is_missed_is_told_oldest_first_and_allocations_behind() -> None:
    fills = merge()
    found = look(whole_trade(7, SINCE_MS + 2), whole_trade(6, SINCE_MS + 1), whole_trade(8, SINCE_MS + 1))
    found.allocations = [allocation(3, SINCE_MS + 1), allocation(2, SINCE_MS - 1)]
    assert [each.id for each in fills.missed_trades(found)] == [6, 8, 7]
    missed = fills.missed(found)
    assert [getattr(each, "id", None) or each.allocation_id for each in missed] == [6, 8, 7, 3]  # type: ignore[union-attr]


# --------------------------------------------------------------------------- settled


def test_what_every_view_shows_is_settled_and_forgotten() -> None:
    fills = merge()
    for number in (4, 5, 6):
        fills.note(whole_fill(number, "1"))
    settle(fills, look(past(4), past(5)))
    assert fills.cursors == {ONE: 5}
    assert fills.cursor_times == {ONE: (10_000_000 - 600_000) * 1_000}
    assert fills.told(past(3)), "it has a lower number"
    assert fills.told(past(5))
    assert fills.heard(whole_fill(6, "1")), "remembered, for no look has shown it"
    assert not fills.told(past(7))


def test_a_trade_younger_than_the_views_must_show_is_not_settled() -> None:
    edge_ms = 10_000_000 - 6_000 - ENGINE_BEHIND_US // 1_000
    for ms, settled in ((edge_ms, False), (edge_ms - 1, True)):
        fills = merge()
        settle(fills, look(whole_trade(5, ms)))
        assert (fills.cursors == {ONE: 5}) is settled
    fills = merge()
    settle(fills, look(whole_trade(5, edge_ms), more={ONE}))
    assert fills.cursors == {ONE: 5}, "of more than a look takes in, most have to be settled"


def test_what_is_postponed_or_held_back_is_not_settled() -> None:
    fills = merge()
    settle(fills, look(past(4), past(5), past(6)), postponed={ONE: 5})
    assert fills.cursors == {ONE: 4}
    settle(fills, look(past(5), past(6)), held={ONE})
    assert fills.cursors == {ONE: 4}
    settle(fills, look(past(3)))
    assert fills.cursors == {ONE: 4}, "and it never goes back"


def test_the_last_trade_of_a_look_is_settled_once_it_was_known_for_the_lag() -> None:
    fills = merge()
    young = look(whole_trade(5, 9_999_000), whole_trade(7, 9_999_000), whole_trade(6, 9_999_000))
    settled = settle(fills, young)
    assert fills.cursors == {}
    again = look(*young.trades[ONE], whole_trade(8, 9_999_500), asked=10_000.0 + LAG)
    settle(fills, again, settled)
    assert fills.cursors == {ONE: 7}
    assert fills.cursor_times == {ONE: 9_999_000_000}


def test_the_first_trade_of_a_symbol_may_have_the_number_0() -> None:
    fills = merge()
    assert not fills.told(whole_trade(0, SINCE_MS))
    settle(fills, look(past(0)))
    assert fills.cursors == {ONE: 0}
    assert fills.told(whole_trade(0, SINCE_MS))
    assert not fills.runs_backwards(whole_fill(0, "1", T=20_000_000, s="ETHUSDT"))


def test_the_later_of_the_two_times_of_a_trade_with_oneself_counts() -> None:
    fills = merge()
    settle(fills, look(past(5, minutes=11), past(5, minutes=10)))
    assert fills.cursor_times == {ONE: (10_000_000 - 600_000) * 1_000}


def test_a_symbol_without_any_trade_has_a_time_in_its_place() -> None:
    fills = merge()
    settled_us = int(10_000.0 * 1e6) - 6_000_000 - ENGINE_BEHIND_US
    settle(fills, look())
    assert fills.quiet_until == {ONE: settled_us}
    settle(fills, look(asked=9_000.0))
    assert fills.quiet_until == {ONE: settled_us}, "and it never goes back"
    fills = merge()
    settle(fills, look(asked=900.0))
    assert fills.quiet_until == {ONE: SINCE_MS * 1_000}, "not before the beginning"
    fills = merge()
    settle(fills, look(more={ONE}))
    assert fills.quiet_until == {}


def test_allocations_are_settled_up_to_the_first_that_is_owed() -> None:
    fills = merge()
    fills.routed(ONE)
    fills.routed(ONE)
    assert fills.allocations_from == {ONE: None}
    for number in (3, 4, 6):
        fills.note(whole_fill(-1, "1", a=number))
    old = 10_000_000 - 600_000
    found = look(allocated={ONE})
    found.allocations = [allocation(number, old) for number in (3, 4, 5, 6, 9)]
    settle(fills, found)
    assert fills.allocations_from == {ONE: 5}, "5 was never delivered, as 9"
    assert fills.told(allocation(2, old))
    assert fills.told(allocation(6, old))
    assert not fills.told(allocation(5, old))
    fills.note(whole_fill(-1, "1", a=5))
    settle(fills, found)
    assert fills.allocations_from == {ONE: 7}
    fills.routed(ONE)
    assert fills.allocations_from == {ONE: 7}


def test_a_young_allocation_or_one_of_a_look_at_some_is_not_settled() -> None:
    edge_ms = 10_000_000 - 6_000 - ENGINE_BEHIND_US // 1_000
    for ms, allocated, settled in ((edge_ms, {ONE}, False), (edge_ms - 1, {ONE}, True), (edge_ms - 1, set(), False)):
        fills = merge()
        fills.routed(ONE)
        fills.note(whole_fill(-1, "1", a=3))
        found = look(allocated=allocated)
        found.allocations = [allocation(3, ms)]
        settle(fills, found)
        assert (fills.allocations_from == {ONE: 4}) is settled


def test_a_number_among_the_settled_ones_at_a_later_time_tells_that_numbers_run_backwards() -> None:
    fills = merge()
    settle(fills, look(past(5)))
    cursor_ms = 10_000_000 - 600_000
    late = cursor_ms + RENUMBERED_US // 1_000
    assert fills.runs_backwards(whole_fill(5, "1", T=late + 1))
    assert fills.runs_backwards(whole_fill(0, "1", T=late + 1))
    assert not fills.runs_backwards(whole_fill(5, "1", T=late))
    assert not fills.runs_backwards(whole_fill(6, "1", T=late + 1))
    assert not fills.runs_backwards(whole_fill(-1, "1", T=late + 1))
    assert not fills.runs_backwards(report(t=5, T=late + 1))
    assert not fills.runs_backwards(whole_fill(5, "1", T=late + 1, s="ETHUSDT"))


@pytest.mark.parametrize(
    ("number", "later_us", "anew"),
    [(4, -5_000_000, False), (4, RENUMBERED_US, False), (4, RENUMBERED_US + 1_000, True), (5, 0, False), (6, 0, True)],
)
def test_without_the_last_settled_trade_only_what_is_younger_shows_that_the_venue_was_reset(
    number: int, later_us: int, anew: bool
) -> None:
    fills = merge()
    settle(fills, look(past(5)))
    assert fills.cursors == {ONE: 5}
    seen = whole_trade(number, (fills.cursor_times[ONE] + later_us) // 1_000)
    assert fills.anew(look(without_settled={ONE: [seen]})) == ([seen.time.microseconds] if anew else [])
    assert fills.anew(look(without_settled={ONE: []})) == [], "a view that shows nothing says nothing"
