"""What a look makes of the orders it shows: their begins, missed fills and ends, in order, once, and what stays unexplained."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.models import AccountTrade, ExecutionReport, OrderState
from binance_wsapi.user_data.spot.merge import account_merge
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.list_merge import HOLD
from binance_wsapi.user_data.spot.merge.snapshot import Look
from tests.user_data.spot.merge.test_account_merge import LAG, counts_anew, report, routed, whole_fill, whole_trade
from tests.user_data.spot.merge.test_list_merge import ENDED

ONE = "BTCUSDT"
SINCE_US = 1_000_000


def state(status: str = "NEW", executed: str = "0", **changes: Any) -> OrderState:
    """Return an order of nine as a view has it, made at second 2."""
    told = {"usedSor": False, "origQty": "9", "executedQty": executed, "cummulativeQuoteQty": executed}
    return routed(**{**told, "status": status, **changes})


def look(
    merge: AccountMerge, at: float, *states: OrderState, trades: list[AccountTrade] | None = None, **more: Any
) -> list[tuple[str, str, str, Decimal]]:
    """Have a merge take in a look; return what was told: kind, status, quantity of this fill, and what was executed in all."""
    opened = [each for each in states if not each.is_final]
    ended = [each for each in states if each.is_final]
    found = Look(at, int((10 + at) * 1e6), open_orders=opened, statuses=ended, trades={ONE: trades or []}, **more)
    told = merge.settle(found, at)
    assert all(isinstance(each, ExecutionReport) and each.recovered for each in told)
    return [
        (str(each.execution_type), str(each.order_status), str(each.last_qty), each.executed_qty)
        for each in told
        if isinstance(each, ExecutionReport)
    ]


def new(executed: str = "0") -> tuple[str, str, str, Decimal]:
    return "NEW", "NEW", "0", Decimal(executed)


def part(executed: str, status: str = "PARTIALLY_FILLED") -> tuple[str, str, str, Decimal]:
    return "TRADE", status, "1", Decimal(executed)


def test_an_order_that_was_missed_is_told_from_its_begin_to_its_end() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    trades = [whole_trade(6, 4_000), whole_trade(5, 3_000)]
    told = look(merge, 0.0, state("CANCELED", "2", updateTime=5_000), trades=trades)
    assert told == [new(), part("1"), part("2"), ("CANCELED", "CANCELED", "0", Decimal(2))]
    assert look(merge, 1.0, state("CANCELED", "2", updateTime=5_000), trades=trades) == []
    assert merge.unexplained == []


@pytest.mark.parametrize(
    ("status", "kind"), [("EXPIRED", "EXPIRED"), ("EXPIRED_IN_MATCH", "EXPIRED"), ("REJECTED", "REJECTED")]
)
def test_each_end_is_told_by_its_kind(status: str, kind: str) -> None:
    assert look(AccountMerge(SINCE_US, LAG), 0.0, state(status))[-1] == (kind, status, "0", Decimal(0))


def test_an_order_whose_last_fill_was_missed_ends_by_that_fill() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    filled = state("FILLED", "2", origQty="2")
    assert look(merge, 0.0, filled, trades=[whole_trade(5, 3_000), whole_trade(6, 4_000)]) == [
        new(), part("1"), part("2", "FILLED"),
    ]  # fmt: skip
    assert look(merge, 1.0, filled, trades=[whole_trade(5, 3_000), whole_trade(6, 4_000)]) == []


def test_by_the_report_alone_the_fill_of_the_whole_quantity_is_the_last() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(whole_fill(5, "1", q="2", T=3_000), 0.0)
    assert look(merge, 0.0, trades=[whole_trade(6, 4_000)]) == [part("2", "FILLED")]


def test_an_order_that_was_lowered_to_what_was_executed_ends_by_the_replacement() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(whole_fill(5, "1", T=3_000), 0.0)
    assert look(merge, 0.0, state("FILLED", "1", origQty="1", updateTime=5_000)) == [
        ("REPLACED", "FILLED", "0", Decimal(1))
    ]
    assert look(merge, 1.0, state("FILLED", "1", origQty="1", updateTime=5_000)) == []


def test_the_begin_that_a_look_told_is_not_told_again_by_the_report_and_later_ones_are() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    assert look(merge, 0.0, state(updateTime=5_000)) == [new()]
    assert merge.hear(report(T=5_000, I=51), 1.0) == []
    later = report(T=5_001, I=52)
    assert merge.hear(later, 1.0) == [later]
    fill = whole_fill(5, "1", T=5_000)
    assert merge.hear(fill, 1.0) == [fill]


def test_an_order_that_waits_for_another_is_told_as_that() -> None:
    told = look(AccountMerge(SINCE_US, LAG), 0.0, state("PENDING_NEW"))
    assert told == [("NEW", "PENDING_NEW", "0", Decimal(0))]


def test_a_report_behind_the_end_that_a_look_told_is_dropped_and_a_fill_is_not() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    look(merge, 0.0, state("CANCELED", "1", updateTime=6_000), trades=[whole_trade(5, 3_000)])
    assert merge.hear(report(x="CANCELED", X="CANCELED", z="1", Z="1", I=60), 1.0) == []
    assert merge.hear(whole_fill(5, "1"), 1.0) == [], "it was told"
    fill = whole_fill(6, "2")
    assert merge.hear(fill, 1.0) == [fill]


def test_a_fill_of_an_order_of_which_it_is_not_known_what_was_delivered_waits_for_its_history() -> None:
    merge = AccountMerge(2_500_000, LAG)
    older = state("PARTIALLY_FILLED", "3", updateTime=4_000)
    fill = whole_trade(6, 4_000)
    assert look(merge, 90.0, older, trades=[fill]) == []
    assert merge.fills.cursors == {}, "it is owed"
    history = {(ONE, 1): [whole_trade(4, 2_100), whole_trade(5, 2_200), fill]}
    found = Look(91.0, 101_000_000, open_orders=[older], trades={ONE: [fill]}, history=history)
    (told,) = merge.settle(found, 91.0)
    assert isinstance(told, ExecutionReport)
    assert (told.trade_id, told.executed_qty, told.cumulative_quote_qty) == (6, Decimal(3), Decimal(3))
    after = whole_fill(7, "4")
    assert merge.hear(after, 92.0) == [after]


def test_the_first_fills_of_an_order_that_was_untouched_at_the_first_look_are_all_owed() -> None:
    merge = AccountMerge(2_500_000, LAG)
    assert look(merge, 0.0, state()) == []
    fill = whole_fill(5, "1")
    assert merge.hear(fill, 1.0) == [fill]
    merge = AccountMerge(2_500_000, LAG)
    look(merge, 0.0, state())
    assert merge.hear(whole_fill(6, "2"), 1.0) == [], "one before it is missing"
    assert merge.holding
    assert merge.active == {ONE}


def test_what_is_held_follows_as_soon_as_the_missing_fill_is_told() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    first, third = whole_fill(5, "1"), whole_fill(7, "3")
    cancel = report(x="CANCELED", X="CANCELED", q="9", z="3", Z="3", I=200, T=6_000)
    assert merge.hear(first, 0.0) == [first]
    assert [merge.hear(each, 0.0) for each in (third, cancel)] == [[], []]
    told = merge.settle(Look(1.0, 9_000_000, trades={ONE: [whole_trade(6, 5_000)]}), 1.0)
    assert [getattr(each, "executed_qty", None) for each in told] == [Decimal(2), Decimal(3), Decimal(3)]
    assert told[1:] == [third, cancel]
    assert not merge.holding
    assert merge.unexplained == []


def test_what_is_held_too_long_is_let_go_and_said_to_be_incomplete() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    first, third = whole_fill(5, "1"), whole_fill(7, "3")
    merge.hear(first, 0.0)
    merge.hear(third, 1.0)
    assert merge.settle(Look(1.0 + HOLD, 9_000_000), 1.0 + HOLD) == []
    assert merge.settle(Look(1.1 + HOLD, 9_000_000), 1.1 + HOLD) == [third]
    ((words, since),) = merge.unexplained
    assert "order 1 of BTCUSDT" in words
    assert "explains 1 executed" in words
    assert since == 5_000_000, "since the last report of it"


def test_an_end_waits_for_the_fills_that_explain_it_and_not_for_ever() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    ended = state("CANCELED", "2", updateTime=6_000)
    assert look(merge, 0.0, ended) == [new()]
    assert look(merge, 5.0, ended, trades=[whole_trade(5, 3_000)]) == [part("1")]
    assert look(merge, HOLD, ended) == []
    assert look(merge, HOLD + 0.1, ended) == [("CANCELED", "CANCELED", "0", Decimal(2))]
    ((words, _),) = merge.unexplained
    assert "explains 1 executed" in words


def test_answers_that_were_long_on_their_way_do_not_show_that_a_fill_is_missing() -> None:
    """The machine slept while a look was under way: what came after its questions cannot be in the answers."""
    merge = AccountMerge(SINCE_US, LAG)
    first, third = whole_fill(5, "1"), whole_fill(7, "3")
    merge.hear(first, 0.0)
    merge.hear(third, 1.0)
    assert merge.settle(Look(2.0, 9_000_000), 2.0 + 2 * HOLD) == []
    told = merge.settle(Look(40.0, 9_000_000, trades={ONE: [whole_trade(6, 5_000)]}), 40.0)
    assert [each.trade_id for each in told if isinstance(each, ExecutionReport)] == [6, 7]
    assert merge.unexplained == []


def test_an_end_in_answers_that_were_long_on_their_way_waits_for_its_fills() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    ended = state("CANCELED", "1", updateTime=6_000)
    assert look(merge, 0.0, ended) == [new()]
    assert merge.settle(Look(2.0, 9_000_000, statuses=[ended]), 2.0 + 2 * HOLD) == []
    told = look(merge, 40.0, ended, trades=[whole_trade(5, 3_000)])
    assert told == [part("1"), ("CANCELED", "CANCELED", "0", Decimal(1))]
    assert merge.unexplained == []


def test_the_end_of_a_list_in_answers_that_were_long_on_their_way_waits_for_its_orders() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    for asked, came in ((0.0, 0.0), (2.0, 2.0 + 2 * HOLD), (HOLD, HOLD)):
        assert merge.settle(Look(asked, 9_000_000, lists=[ENDED]), came) == []
    assert len(merge.settle(Look(HOLD + 0.1, 9_000_000, lists=[ENDED]), HOLD + 0.1)) == 1


def test_of_a_symbol_with_more_trades_than_a_look_takes_in_no_end_is_told_yet() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    ended = state("CANCELED", updateTime=6_000)
    assert look(merge, 0.0, ended, more={ONE}) == [new()]
    assert look(merge, 1.0, ended) == [("CANCELED", "CANCELED", "0", Decimal(0))]


def test_a_view_that_goes_back_in_time_replaces_no_younger_state() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    look(merge, 0.0, state(updateTime=6_000, origQty="4"))
    look(merge, 1.0, state(updateTime=5_999, origQty="9"))
    trades = [whole_trade(number, 6_001) for number in (5, 6, 7, 8)]
    assert look(merge, 2.0, trades=trades)[-1][1] == "FILLED", "all four of the younger state"


def test_how_many_executions_are_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_merge, "EXECUTIONS_KEPT", 2)
    merge = AccountMerge(SINCE_US, LAG)
    reports = [report(i=number, I=number) for number in (1, 2, 3)]
    for each in reports:
        assert merge.hear(each, 0.0) == [each]
    assert merge.hear(reports[1], 0.0) == []
    assert merge.hear(reports[0], 0.0) != [], "the first is forgotten"


def test_an_execution_or_an_order_with_the_number_of_an_older_one_shows_that_the_venue_was_reset() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(i=7, I=50, O=4_000, T=5_000), 0.0)
    assert not counts_anew(merge, report(i=7, I=50, O=4_000, T=7_000))
    assert counts_anew(merge, report(i=7, I=50, O=4_000, T=7_001))
    assert counts_anew(merge, report(i=7, I=51, O=6_001, T=7_000))
    assert not counts_anew(merge, report(i=6, I=51, O=6_000))
    assert counts_anew(merge, report(i=6, I=51, O=6_001)), "a lower number, and younger than all"
    assert not counts_anew(merge, report(i=8, I=51, O=6_001))
    assert merge.anew_since(Look(0.0, 0, open_orders=[state(orderId=6, time=6_000)])) is None
    assert merge.anew_since(Look(0.0, 0, open_orders=[state(orderId=6, time=6_001)])) == 6_001_000
    both = Look(0.0, 0, open_orders=[state(orderId=6, time=6_002)], statuses=[state("CANCELED", orderId=7, time=6_001)])
    assert merge.anew_since(both) == 6_001_000, "the first of them"


def test_a_symbol_that_the_venue_does_not_list_leaves_what_is_open_on_it_unexplained() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.symbols.touch("TYPOUSDT", 0.0)
    merge.unlist("TYPOUSDT", 1.0)
    assert merge.unexplained == [], "a call named it, and nothing else"
    merge.hear(report(), 0.0)
    merge.unlist(ONE, 1.0)
    assert merge.unexplained == [("the venue does not list BTCUSDT", SINCE_US)]
    merge = AccountMerge(SINCE_US, LAG)
    merge.symbols.touch(ONE, 0.0)
    look(merge, 0.0, state())
    merge.unlist(ONE, 1.0)
    assert len(merge.unexplained) == 1


def test_the_orders_of_a_list_that_are_known_say_when_the_list_ended() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    event = report(g=3)
    merge.hear(event, 0.0)
    assert merge.lists.in_question([], []) == [3]
    assert merge.inquiry.lists_in_question(Look(0.0, 0, open_orders=[state(orderListId=4)])) == [3, 4]


def told_fields(event: Any, *left_out: str) -> dict[str, Any]:
    return {key: value for key, value in event.to_dict().items() if key not in left_out}


def test_a_recovered_report_says_what_the_live_one_would_have_said() -> None:
    own = ("execution_id", "recovered", "event_time", "is_reduce", "prevented_quantity")
    merge = AccountMerge(SINCE_US, LAG)
    (found,) = merge.settle(Look(0.0, 9_000_000, open_orders=[state(price="7")]), 0.0)
    assert isinstance(found, ExecutionReport)
    live = report(q="9", T=2_000, p="7")
    names = set(told_fields(live, *own)) & set(told_fields(found, *own))
    assert {"last_price", "commission", "last_qty", "quote_qty", "stop_price", "iceberg_qty", "executed_qty"} <= names
    differ = {name for name in names if getattr(found, name) != getattr(live, name)}
    assert differ <= {"execution_id", "working_time", "self_trade_prevention_mode", "used_sor"}, differ
    filled = merge.settle(Look(1.0, 9_000_000, trades={ONE: [whole_trade(5, 3_000)]}), 1.0)
    (trade,) = filled
    assert isinstance(trade, ExecutionReport)
    assert (trade.last_price, trade.last_qty, trade.quote_qty, trade.commission) == tuple(map(Decimal, (1, 1, 1, 0)))
    assert (trade.commission_asset, trade.is_maker, trade.side) == ("BTC", True, "BUY")


def test_how_much_of_an_older_order_was_delivered_is_asked_where_something_of_it_was_executed() -> None:
    merge = AccountMerge(3_000_000, LAG)
    touched, fresh = state("PARTIALLY_FILLED", "1"), state(orderId=2)
    assert merge.inquiry.uncounted(Look(0.0, 0, open_orders=[touched, fresh])) == [(ONE, 1)]
    fill = whole_trade(5, 4_000)
    assert merge.inquiry.uncounted(Look(0.0, 0, open_orders=[state()], trades={ONE: [fill]})) == [(ONE, 1)]
    assert merge.inquiry.uncounted(Look(0.0, 0, open_orders=[state(time=3_000, executedQty="1")])) == []
    merge.settle(Look(0.0, 9_000_000, open_orders=[touched]), 0.0)
    assert merge.inquiry.uncounted(Look(1.0, 0)) == [(ONE, 1)], "it is known by now, and not how much of it was told"
    merge.unlist(ONE, 2.0)
    assert merge.inquiry.uncounted(Look(1.0, 0)) == []


def test_an_order_that_only_a_view_showed_tells_by_its_time_that_the_venue_was_reset() -> None:
    merge = AccountMerge(3_000_000, LAG)
    merge.settle(Look(0.0, 9_000_000, open_orders=[state()]), 0.0)
    assert merge.anew_since(Look(1.0, 0, open_orders=[state(time=4_000)])) is None
    assert merge.anew_since(Look(1.0, 0, open_orders=[state(time=4_001)])) == 4_001_000
    assert counts_anew(merge, report(O=4_001, T=5_000))


def test_an_order_that_was_over_before_it_was_told_of_keeps_its_symbol_no_longer() -> None:
    merge = AccountMerge(3_000_000, LAG)
    assert look(merge, 0.0, state("PARTIALLY_FILLED", "1")) == []
    assert merge.active == {ONE}
    assert look(merge, 1.0, state("FILLED", "1", updateTime=2_500)) == []
    assert merge.active == set()


def test_lists_that_a_look_shows_all_of_are_settled_with_it() -> None:
    for whole, first in ((False, 3), (True, 4)):
        merge = AccountMerge(SINCE_US, LAG)
        merge.lists.know(3)
        merge.settle(Look(900.0, 910_000_000, lists=[ENDED], all_lists=whole), 900.0)
        merge.settle(Look(999.0, 1_009_000_000, lists=[ENDED], all_lists=whole), 999.0)
        assert merge.lists.first == first


def amended(quantity: str = "5", status: str = "NEW", executed: str = "0", **changes: Any) -> OrderState:
    """Return the order with a lower quantity, and the id that this gave it."""
    told = {"origQty": quantity, "clientOrderId": "b", "updateTime": 5_000, **changes}
    return state(status, executed, **told)


def replaced(executed: str = "0", status: str = "NEW") -> tuple[str, str, str, Decimal]:
    return "REPLACED", status, "0", Decimal(executed)


@pytest.mark.parametrize("begin", ["an event", "a look", "a view from before"])
def test_an_amendment_that_was_missed_is_told_once_with_what_it_left(begin: str) -> None:
    merge = AccountMerge(2_500_000 if begin == "a view from before" else SINCE_US, LAG)
    if begin == "an event":
        merge.hear(report(q="9", c="a"), 0.0)
    else:
        look(merge, 0.0, state(clientOrderId="a"))
    (told,) = merge.settle(Look(10.0, 20_000_000, open_orders=[amended()]), 10.0)
    assert isinstance(told, ExecutionReport)
    assert told.recovered
    assert (told.execution_type, told.order_status, told.is_working) == ("REPLACED", "NEW", True)
    assert (told.orig_qty, told.client_order_id, told.orig_client_order_id) == (Decimal(5), "b", "a")
    assert told.transact_time.microseconds == 5_000_000
    assert look(merge, 11.0, amended()) == []
    assert merge.hear(report(x="REPLACED", q="7", T=4_900, I=61), 12.0) == [], "it is in what was told"
    assert merge.hear(report(x="REPLACED", q="5", T=5_000, I=62), 12.0) == []
    later = report(x="REPLACED", q="4", T=5_001, I=63)
    assert merge.hear(later, 12.0) == [later]
    assert look(merge, 13.0, amended()) == [], "an older view takes nothing back"


def test_an_amendment_comes_after_the_fills_that_were_missed_with_it() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    shown = amended(status="PARTIALLY_FILLED", executed="2")
    assert look(merge, 10.0, shown, trades=[whole_trade(5, 3_000)]) == [part("1")]
    assert look(merge, 11.0, shown, trades=[whole_trade(5, 3_000), whole_trade(6, 4_000)]) == [
        part("2"), replaced("2", "PARTIALLY_FILLED"),
    ]  # fmt: skip


def test_an_amendment_is_told_though_a_later_fill_shows_the_quantity() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    fill = whole_fill(5, "1", q="5", T=6_000)
    assert merge.hear(fill, 9.0) == [fill]
    assert look(merge, 10.0, amended()) == [replaced("1", "PARTIALLY_FILLED")]
    assert look(merge, 11.0, amended(status="PARTIALLY_FILLED", executed="1", updateTime=6_000)) == []


def test_an_amendment_that_was_heard_is_not_made_of_an_answer() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    merge.hear(report(x="REPLACED", q="5", c="b", T=5_000, I=61), 1.0)
    assert look(merge, 10.0, amended()) == []


def test_an_order_that_was_amended_and_ended_tells_its_quantity_by_its_end() -> None:
    merge = AccountMerge(SINCE_US, LAG)
    merge.hear(report(q="9"), 0.0)
    (told,) = merge.settle(Look(10.0, 20_000_000, statuses=[amended(status="CANCELED")]), 10.0)
    assert isinstance(told, ExecutionReport)
    assert (told.execution_type, told.orig_qty) == ("CANCELED", Decimal(5))


def test_an_amendment_of_an_order_from_before_is_told_before_the_views_are_certain_to_show_all() -> None:
    """Nothing of it was executed, as far as the view goes that shows the amendment."""
    merge = AccountMerge(2_500_000, LAG)
    assert look(merge, 0.0, state()) == []
    assert look(merge, 1.0, amended()) == [replaced()]
