"""What is asked about orders: those of which fills are missing, and too little is known."""

from __future__ import annotations

from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.snapshot import Look
from tests.user_data.spot.merge.test_account_merge import LAG, report, routed, whole_fill, whole_trade
from tests.user_data.spot.merge.test_list_merge import ENDED
from tests.user_data.spot.merge.test_orders_of_a_look import state

KEY = ("BTCUSDT", 1)


def test_an_order_of_which_reports_are_held_and_none_was_told_is_asked_about() -> None:
    merge = AccountMerge(1_000_000, LAG)
    assert merge.hear(whole_fill(6, "2"), 0.0) == [], "the fill before it is missing"
    look = Look(0.0, 9_000_000, trades={"BTCUSDT": [whole_trade(5, 4_000)]})
    assert merge.inquiry.strangers(look) == [KEY]


def test_an_order_that_a_look_showed_is_asked_about_no_more() -> None:
    merge = AccountMerge(3_000_000, LAG)
    assert merge.settle(Look(0.0, 9_000_000, open_orders=[routed()]), 0.0) == [], "made before the subscription"
    look = Look(1.0, 9_000_000, trades={"BTCUSDT": [whole_trade(5, 4_000)]})
    assert merge.inquiry.strangers(look) == []


def test_allocations_are_asked_for_where_routed_orders_were_executed_further_than_trades_explain() -> None:
    merge = AccountMerge(1_000_000, LAG)
    trades = {"BTCUSDT": [whole_trade(5, 4_000)]}
    assert merge.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed()], trades=trades)) == [KEY]
    assert merge.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed(executedQty="1")], trades=trades)) == []
    assert merge.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed(usedSor=False)], trades=trades)) == []
    assert merge.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed(executedQty="1")])) == [KEY]
    edge = AccountMerge(2_000_000, LAG)
    assert edge.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed()], trades=trades)) == [KEY]
    old = AccountMerge(2_000_001, LAG)
    assert old.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed()], trades=trades)) == []


def test_an_order_that_was_open_and_is_no_longer_is_asked_about_unless_it_was_heard_of_since() -> None:
    merge = AccountMerge(1_000_000, LAG)
    for number in (1, 2, 3):
        merge.hear(report(i=number, I=number), 5.0)
    look = Look(5.1, 9_000_000, open_orders=[state(orderId=2)], unread_orders={("BTCUSDT", 3)})
    assert merge.inquiry.missing_from(look) == [KEY]
    assert merge.inquiry.missing_from(Look(5.0, 9_000_000)) == [], "the answer may be older than the report"


def test_the_history_of_an_order_is_asked_for_where_it_is_not_known_how_much_was_told() -> None:
    merge = AccountMerge(3_000_000, LAG)
    merge.settle(Look(0.0, 9_000_000, open_orders=[state()]), 0.0)
    assert merge.inquiry.uncounted(Look(1.0, 10_000_000)) == [], "nothing of it was executed"
    missed = Look(1.0, 10_000_000, trades={"BTCUSDT": [whole_trade(6, 4_000)]})
    assert merge.inquiry.uncounted(missed) == [KEY]
    merge.hear(whole_fill(5, "1"), 2.0)
    assert merge.inquiry.uncounted(missed) == [], "the report says how much"


def test_of_a_list_that_was_missed_the_orders_of_which_nothing_is_known_are_asked_about() -> None:
    merge = AccountMerge(1_000_000, LAG)
    one, two = ("BTCUSDT", 1), ("BTCUSDT", 2)
    assert merge.inquiry.strangers_of_lists(Look(0.0, 0, lists=[ENDED])) == [one, two]
    assert merge.inquiry.strangers_of_lists(Look(0.0, 0, lists=[ENDED], statuses=[state(orderId=2)])) == [one]
    merge.hear(report(g=3), 0.0)
    assert merge.inquiry.strangers_of_lists(Look(0.0, 0, lists=[ENDED])) == [two]
    late = AccountMerge(5_000_001, LAG)
    assert late.inquiry.strangers_of_lists(Look(0.0, 0, lists=[ENDED])) == [], "it was over before"
