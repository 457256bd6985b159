"""What is asked about orders: those of which fills are missing, and too little is known."""

from __future__ import annotations

from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.snapshot import Look
from tests.user_data.spot.merge.test_account_merge import LAG, routed, whole_fill, whole_trade

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
    edge = AccountMerge(2_000_000, LAG)
    assert edge.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed()], trades=trades)) == [KEY]
    old = AccountMerge(2_000_001, LAG)
    assert old.inquiry.short(Look(0.0, 9_000_000, open_orders=[routed()], trades=trades)) == []
