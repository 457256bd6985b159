"""What a look makes of one order leaves the others, and what is held of it, in order: nothing is told twice or too early."""

from __future__ import annotations

from decimal import Decimal

import pytest

from binance_wsapi.models import AccountTrade, ExecutionReport, ListStatus
from binance_wsapi.models.base import Timestamp
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.list_merge import HOLD
from binance_wsapi.user_data.spot.merge.settled import ENGINE_BEHIND_US
from binance_wsapi.user_data.spot.merge.snapshot import Look
from tests.user_data.spot.merge.test_account_merge import (
    LAG,
    allocation,
    holding,
    report,
    routed,
    whole_fill,
    whole_trade,
)
from tests.user_data.spot.merge.test_list_merge import ENDED, status
from tests.user_data.spot.merge.test_orders_of_a_look import ONE, SINCE_US, amended, look, part, replaced, state


def trade_of(order_id: int, trade_id: int, time: int) -> AccountTrade:
    return whole_trade(trade_id, time).model_copy(update={"order_id": order_id})


def numbers(merge: AccountMerge, found: Look) -> list[tuple[int, int]]:
    """Return order and trade of each fill that a look tells."""
    told = merge.settle(found, found.asked)
    return [(each.order_id, each.trade_id) for each in told if isinstance(each, ExecutionReport) and each.last_qty]


# --------------------------------------------------------------------------- what is not known of an order yet


def test_of_reports_with_one_time_the_first_dates_what_the_answers_must_show() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.settle(Look(0.0, 1_000_000_000), 0.0)
    merge.hear(report(T=4_600_000, O=4_600_000), 10.0)
    merge.hear(report(T=4_600_000, O=4_600_000, i=2, I=51), 12.0)
    found = Look(12.0, 4_612_000_000)
    merge.settle(found, 12.0)
    assert merge.settled.before_us(found) == 4_602_000_000 - int(LAG * 1e6) - ENGINE_BEHIND_US


def test_a_fill_of_an_older_order_waits_for_its_history_however_certain_the_views_are() -> None:
    merge = AccountMerge(2_500_000, LAG)
    assert look(merge, 0.0) == []
    assert look(merge, 90.0, state("PARTIALLY_FILLED", "3", updateTime=4_000), trades=[whole_trade(6, 4_000)]) == []


def test_a_fill_of_an_older_order_that_the_views_certainly_show_untouched_needs_no_history() -> None:
    merge = AccountMerge(2_500_000, LAG)
    assert look(merge, 0.0, state()) == []
    assert look(merge, LAG, state(), trades=[whole_trade(6, 4_000)]) == [part("1")]


def test_of_several_fills_that_wait_for_a_history_none_is_settled() -> None:
    merge = AccountMerge(2_500_000, LAG)
    older = state("PARTIALLY_FILLED", "3", updateTime=4_000)
    fills = [whole_trade(6, 4_000), whole_trade(7, 4_000)]
    assert look(merge, 90.0, older, trades=fills) == []
    history = {(ONE, 1): [whole_trade(5, 2_200), *fills]}
    assert look(merge, 91.0, older, trades=fills, history=history) == [part("2"), part("3")]


def test_a_fill_that_waits_for_its_history_keeps_no_other_order_waiting() -> None:
    merge = AccountMerge(2_500_000, LAG)
    older, younger = state("PARTIALLY_FILLED", "3"), state("PARTIALLY_FILLED", "1", orderId=2, time=3_000)
    fills = [whole_trade(6, 4_000), trade_of(2, 7, 5_000)]
    assert numbers(merge, Look(0.0, 9_000_000, open_orders=[older, younger], trades={ONE: fills})) == [(2, 7)]


def test_a_trade_the_first_look_did_not_show_is_told_though_the_engine_dates_it_before_the_subscription() -> None:
    """The clock of the venue's gateway was ahead of its engine's by more than the views lag."""
    merge = AccountMerge(20_000_000, LAG)
    older, before, after = state("PARTIALLY_FILLED", "2"), whole_trade(1, 11_000), whole_trade(2, 11_999)
    assert look(merge, 0.0, trades=[before]) == []
    history = {(ONE, 1): [before, after]}
    assert look(merge, 1.0, older, trades=[before, after], history=history) == [part("2")]


def test_what_a_history_explains_is_let_go_without_a_missed_fill() -> None:
    """The view showed an order from before untouched: it lagged by the fill that the history counts."""
    merge = AccountMerge(2_500_000, LAG)
    assert look(merge, 0.0, state()) == []
    second = whole_fill(6, "2")
    assert merge.hear(second, 0.5) == []
    found = Look(1.0, 9_000_000, history={(ONE, 1): [whole_trade(5, 2_200)]})
    assert merge.settle(found, 1.0) == [second]
    assert not merge.holding


def test_a_history_does_not_count_what_allocations_told_of_a_routed_order() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    allocations = [allocation(7, 2_000), allocation(8, 2_000)]
    merge.settle(Look(0.0, 9_000_000, open_orders=[routed()], allocations=allocations), 0.0)
    assert merge.settle(Look(1.0, 10_000_000, history={(ONE, 1): []}), 1.0) == []
    third = whole_fill(-1, "3", I=90, a=9)
    assert merge.hear(third, 2.0) == [third]


def test_a_history_of_an_order_that_only_a_report_told_counts_it_and_one_of_an_unknown_order_nothing() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    assert merge.hear(whole_fill(6, "2"), 0.0) == []
    found = Look(1.0, 9_000_000, history={(ONE, 1): [whole_trade(5, 999)], (ONE, 2): []})
    assert [getattr(each, "trade_id", None) for each in merge.settle(found, 1.0)] == [6]


# --------------------------------------------------------------------------- the place of what is held


def test_what_was_held_is_told_right_behind_the_missed_fill_and_before_younger_ones_of_other_orders() -> None:
    third = whole_fill(7, "3")
    merge = holding(third)
    merge.hear(report(i=2, I=90), 0.2)
    fills = [whole_trade(6, 5_000), trade_of(2, 8, 6_000)]
    assert numbers(merge, Look(0.5, 9_000_000, trades={ONE: fills})) == [(1, 6), (1, 7), (2, 8)]


def test_the_same_where_the_missed_fill_came_live_behind_what_waits_for_it() -> None:
    second, third = whole_fill(6, "2"), whole_fill(7, "3")
    merge = holding(third, second)
    merge.hear(report(i=2, I=90), 0.2)
    fills = [whole_trade(6, 5_000), trade_of(2, 8, 6_000)]
    assert numbers(merge, Look(0.5, 9_000_000, trades={ONE: fills})) == [(1, 6), (1, 7), (2, 8)]


def test_however_often_a_fill_is_told_while_it_is_held_it_is_delivered_once() -> None:
    third, fourth = whole_fill(7, "3"), whole_fill(8, "4")
    merge = holding(third, *(whole_fill(7, "3", I=number) for number in range(70, 76)), fourth)
    told = merge.settle(Look(0.5, 9_000_000, trades={ONE: [whole_trade(6, 5_000)]}), 0.5)
    assert told[1:] == [third, fourth]
    assert not merge.holding


def test_only_fills_count_as_delivered_and_not_settled() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    assert merge.fills.unsettled == 0
    merge.hear(whole_fill(5, "1"), 0.0)
    assert merge.fills.unsettled == 1


# --------------------------------------------------------------------------- two facts of one time


def test_of_two_answers_with_one_time_the_later_counts() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    look(merge, 0.0, state(updateTime=5_000))
    assert look(merge, 1.0, state("CANCELED", updateTime=5_000))[-1][0] == "CANCELED"


def test_a_fill_at_the_time_of_the_first_report_is_counted_in_it() -> None:
    merge = AccountMerge(3_000_000, LAG)
    merge.hear(report(x="CANCELED", X="CANCELED", z="1", Z="1", I=60, w=False), 0.0)
    (found,) = merge.settle(Look(0.0, 9_000_000, trades={ONE: [whole_trade(5, 5_000)]}), 0.0)
    assert isinstance(found, ExecutionReport)
    assert found.executed_qty == Decimal(1)


@pytest.mark.parametrize(
    "first",
    [
        report(x="CANCELED", X="CANCELED", z="1", Z="1", I=60, w=False, O=4_000, T=4_500),
        report(x="CANCELED", X="CANCELED", z="1", Z="1", I=60, w=False, O=4_000, T=3_000),
        report(x="REPLACED", X="PARTIALLY_FILLED", z="1", Z="1", I=60, O=4_000, T=3_000),
    ],
    ids=["an end, the clock back behind the fill", "an end before its order", "an amendment before its order"],
)
def test_a_fill_is_counted_once_though_the_engine_s_clock_was_set_back_before_the_first_report(
    first: ExecutionReport,
) -> None:
    merge = AccountMerge(25_000_000, LAG)
    merge.hear(first, 0.0)
    (found,) = merge.settle(Look(0.0, 99_000_000, trades={ONE: [whole_trade(5, 25_000)]}), 0.0)
    assert isinstance(found, ExecutionReport)
    assert found.executed_qty == Decimal(1)


def test_a_fill_after_an_amendment_is_counted_beside_what_the_amendment_counted() -> None:
    merge = AccountMerge(25_000_000, LAG)
    merge.hear(report(x="REPLACED", X="PARTIALLY_FILLED", z="1", Z="1", I=60, O=4_000, T=4_000), 0.0)
    (found,) = merge.settle(Look(0.0, 99_000_000, trades={ONE: [whole_trade(5, 25_000)]}), 0.0)
    assert isinstance(found, ExecutionReport)
    assert found.executed_qty == Decimal(2)


def test_a_fill_of_the_quantity_to_which_an_order_was_lowered_at_once_is_its_last() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    assert look(merge, 1.0, amended("1"), trades=[whole_trade(5, 5_500)]) == [part("1", "FILLED")]


# --------------------------------------------------------------------------- amendments and ends


def test_an_amendment_is_told_behind_what_is_held() -> None:
    third = whole_fill(7, "3")
    merge = holding(third)
    shown = amended(status="PARTIALLY_FILLED", executed="1")
    assert look(merge, 1.0, shown) == []
    told = merge.settle(Look(2.0, 9_000_000, open_orders=[shown], trades={ONE: [whole_trade(6, 5_000)]}), 2.0)
    assert [each.execution_type for each in told if isinstance(each, ExecutionReport)] == ["TRADE", "TRADE", "REPLACED"]
    assert told[1] is third


def test_an_amendment_is_told_behind_the_first_fill_though_nothing_was_told_of_it_yet() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    shown = amended(status="PARTIALLY_FILLED", executed="1")
    assert look(merge, 1.0, shown) == []
    assert look(merge, 2.0, shown, trades=[whole_trade(5, 4_000)]) == [
        part("1"), replaced("1", "PARTIALLY_FILLED"),
    ]  # fmt: skip


def test_a_view_without_a_quantity_tells_of_no_amendment() -> None:
    """An order by quote quantity has its quantity only when it is filled."""
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    assert look(merge, 1.0, amended("0")) == []


def test_an_end_that_waited_long_for_a_fill_waits_for_what_is_held_since_too() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(whole_fill(5, "1"), 0.0)
    ended = state("CANCELED", "3", updateTime=6_000)
    assert look(merge, 1.0, ended) == []
    assert merge.hear(whole_fill(7, "3"), 10.0) == []
    assert look(merge, 1.1 + HOLD, ended) == []
    assert merge.unexplained == []
    told = merge.settle(Look(18.0, 9_000_000, trades={ONE: [whole_trade(6, 5_000)]}, statuses=[ended]), 18.0)
    assert [getattr(each, "executed_qty", None) for each in told] == [Decimal(2), Decimal(3), Decimal(3)]
    assert merge.unexplained == []


# --------------------------------------------------------------------------- order lists


def test_a_list_ends_behind_its_orders_and_with_the_time_of_the_last_of_their_ends() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(status(), 0.0)
    for number in (1, 2):
        merge.hear(report(i=number, I=number, g=3), 0.0)
    assert merge.settle(Look(1.0, 9_000_000, lists=[ENDED]), 1.0) == [], "its orders are open, as far as it is known"
    for number, time in ((1, 7_000), (2, 6_000)):
        merge.hear(report(i=number, I=10 + number, g=3, x="CANCELED", X="CANCELED", T=time), 2.0)
    (told,) = merge.settle(Look(3.0, 9_000_000, lists=[ENDED]), 3.0)
    assert isinstance(told, ListStatus)
    assert told.transact_time == Timestamp(7_000)


# --------------------------------------------------------------------------- a reset of the venue


def test_trades_behind_a_settled_trade_that_is_gone_show_that_the_venue_began_anew() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(whole_fill(5, "1", T=2_000), 0.0)
    look(merge, LAG, trades=[whole_trade(5, 2_000)])
    assert merge.fills.cursors == {ONE: 5}
    assert merge.anew_since(Look(9.0, 0, without_settled={ONE: []})) is None
    assert merge.anew_since(Look(9.0, 0, without_settled={ONE: [whole_trade(6, 9_000)]})) == 9_000_000
