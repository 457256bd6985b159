"""What is delivered of two words about one fill: without a loop."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

from binance_wsapi.models import (
    AccountTrade,
    Allocation,
    ExecutionReport,
    OrderState,
    OrderStatus,
)
from binance_wsapi.models.base import Timestamp
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.fill_merge import FillMerge
from binance_wsapi.user_data.spot.merge.list_merge import HOLD
from binance_wsapi.user_data.spot.merge.settled import ENGINE_BEHIND_US
from binance_wsapi.user_data.spot.merge.snapshot import Look

LAG = 6.0


def made(kind: Any, **fields: Any) -> Any:
    """Return a model with these fields and no others."""
    return kind.model_construct(**fields)


def fill(trade_id: int, execution_id: int, before: str = "0") -> Any:
    return made(ExecutionReport, symbol="BTCUSDT", order_id=1, trade_id=trade_id, execution_id=execution_id, execution_type="TRADE",
        order_status=OrderStatus.PARTIALLY_FILLED, last_qty=Decimal(1), executed_qty=Decimal(before) + 1,
        quote_qty=Decimal(1), cumulative_quote_qty=Decimal(before) + 1, order_creation_time=Timestamp(2_000),
        transact_time=Timestamp(2_000), alloc_id=None, order_list_id=-1, used_sor=None,
    )  # fmt: skip


def traded(trade_id: int, time: int) -> Any:
    return made(
        AccountTrade,
        symbol="BTCUSDT",
        id=trade_id,
        order_id=1,
        time=Timestamp(time),
        qty=Decimal(1),
        quote_qty=Decimal(1),
    )


def counts_anew(merge: AccountMerge, event: ExecutionReport) -> bool:
    """Return whether an event shows a merge that the venue was reset; the merge stays as it is."""
    return deepcopy(merge).hear(event, 0.0) is None


def settle(merge: AccountMerge, asked_ms: int, trades: list[AccountTrade]) -> None:
    at = asked_ms / 1000
    merge.settle(Look(asked=at, asked_us=asked_ms * 1000, trades={"BTCUSDT": trades}), at)


def test_a_trade_is_delivered_once_for_every_execution_id() -> None:
    merge = AccountMerge(1_000_000, LAG)
    event = fill(5, 50)
    again = fill(5, 51)
    assert merge.hear(event, 0.0) == [event]
    assert merge.hear(event, 0.0) == []
    assert merge.hear(again, 0.0) == []
    assert not merge.holding


def test_a_trade_is_settled_only_when_the_views_must_show_all_before_it() -> None:
    merge = AccountMerge(1_000_000, LAG)
    settle(merge, 8_000, [traded(5, 2_000)])
    assert merge.fills.cursors == {}
    assert merge.inquiry.uncounted(Look(0.0, 0)) == []


def test_a_settled_trade_is_asked_for_no_more() -> None:
    merge = AccountMerge(1_000_000, LAG)
    merge.hear(fill(5, 50), 0.0)
    settle(merge, 5_999, [traded(5, 2_000)])
    assert merge.fills.cursors == {}, "it was heard of at 0, and the views may lag for six seconds"
    settle(merge, 6_000, [traded(5, 2_000)])
    assert merge.fills.cursors == {"BTCUSDT": 5}


def told_late(execution_id: int, executed: str) -> Any:
    return made(ExecutionReport, symbol="BTCUSDT", order_id=1, trade_id=-1, execution_id=execution_id, execution_type="NEW",
        order_status=OrderStatus.NEW, last_qty=Decimal(0), executed_qty=Decimal(executed), quote_qty=Decimal(0),
        cumulative_quote_qty=Decimal(executed), order_creation_time=Timestamp(2_000), transact_time=Timestamp(2_000),
        alloc_id=None, order_list_id=-1, used_sor=None,
    )  # fmt: skip


def test_a_report_one_of_two_connections_lost_does_not_come_after_the_fill_that_followed_it() -> None:
    merge = AccountMerge(1_000_000, LAG)
    event, late = fill(5, 50), told_late(49, "0")
    assert merge.hear(event, 0.0) == [event]
    assert merge.hear(late, 0.1) == []
    assert not merge.holding, "nothing is missing before it"
    after = fill(6, 51, before="1")
    assert merge.hear(after, 0.2) == [after]


def report(**changes: Any) -> ExecutionReport:
    """Return a whole report of an order of two, made at second 2; by default of second 5."""
    return ExecutionReport.model_validate(
        {
            "e": "executionReport", "E": 5_000, "s": "BTCUSDT", "c": "one", "S": "BUY", "o": "LIMIT", "f": "GTC", "q": "2",
            "p": "1", "P": "0", "F": "0", "g": -1, "C": "", "x": "NEW", "X": "NEW", "r": "NONE", "i": 1, "l": "0",
            "z": "0", "L": "0", "n": "0", "N": None, "T": 5_000, "t": -1, "I": 50, "w": True, "m": False, "O": 2_000,
            "Z": "0", "Y": "0", "Q": "0", "V": "NONE", **changes,
        }
    )  # fmt: skip


def whole_fill(trade_id: int, executed: str, **changes: Any) -> ExecutionReport:
    """Return a whole report of a fill of one."""
    told = {"x": "TRADE", "X": "PARTIALLY_FILLED", "q": "9", "l": "1", "L": "1", "Y": "1", "z": executed, "Z": executed}
    return report(**{**told, "t": trade_id, "I": 100 + trade_id, **changes})


def whole_trade(trade_id: int, time: int) -> AccountTrade:
    return AccountTrade.model_validate(
        {
            "symbol": "BTCUSDT", "id": trade_id, "orderId": 1, "orderListId": -1, "price": "1", "qty": "1",
            "quoteQty": "1", "commission": "0", "commissionAsset": "BTC", "time": time, "isBuyer": True, "isMaker": True,
            "isBestMatch": True,
        }
    )  # fmt: skip


def test_a_missed_fill_is_not_counted_twice_when_the_first_report_of_an_order_comes_after_it() -> None:
    merge = AccountMerge(3_000_000, LAG)
    cancelled = report(x="CANCELED", X="CANCELED", z="1", Z="1", I=60, w=False)
    assert merge.hear(cancelled, 0.0) == [cancelled], "made before anything was listened to, and cancelled after"
    trade = whole_trade(5, 4_000)
    (found,) = merge.settle(Look(0.0, 9_000_000, trades={"BTCUSDT": [trade]}), 0.0)
    assert isinstance(found, ExecutionReport)
    assert (found.recovered, found.last_qty, found.executed_qty) == (True, Decimal(1), Decimal(1))


def allocation(number: int, time: int) -> Any:
    return made(Allocation, symbol="BTCUSDT", allocation_id=number, order_id=1, time=Timestamp(time), qty=Decimal(1),
                quote_qty=Decimal(1), price=Decimal(1), commission=Decimal(0), commission_asset="BNB", is_buyer=True,
                is_maker=False)  # fmt: skip


def routed(**changes: Any) -> OrderState:
    """Return an open order that smart order routing filled."""
    return OrderState.model_validate(
        {
            "symbol": "BTCUSDT", "orderId": 1, "orderListId": -1, "clientOrderId": "one", "price": "1", "origQty": "3",
            "executedQty": "2", "cummulativeQuoteQty": "2", "status": "PARTIALLY_FILLED", "timeInForce": "GTC",
            "type": "LIMIT", "side": "BUY", "time": 2_000, "updateTime": 2_000, "isWorking": True, "usedSor": True,
            **changes,
        }
    )  # fmt: skip


def test_an_allocation_that_is_settled_is_remembered_no_more_and_not_told_again() -> None:
    merge, state = AccountMerge(1_000_000, LAG), routed()
    allocations = [allocation(7, 2_000), allocation(8, 2_000)]
    look = Look(asked=0.0, asked_us=69_000_000, open_orders=[state], allocations=allocations, allocated={"BTCUSDT"})
    told = [event for event in merge.settle(look, 0.0) if isinstance(event, ExecutionReport) and event.last_qty]
    assert [event.alloc_id for event in told] == [7, 8]
    assert merge.fills.allocations_from == {"BTCUSDT": 9}
    assert not merge.fills._allocations
    again = Look(asked=9.0, asked_us=78_000_000, open_orders=[state], allocations=allocations)
    assert merge.settle(again, 9.0) == []


def test_an_allocation_that_is_too_young_to_be_settled_is_remembered() -> None:
    merge = AccountMerge(1_000_000, LAG)
    allocations = [allocation(7, 2_000), allocation(8, 60_000)]
    merge.settle(Look(0.0, 69_000_000, open_orders=[routed()], allocations=allocations, allocated={"BTCUSDT"}), 0.0)
    assert merge.fills.allocations_from == {"BTCUSDT": 8}
    assert merge.fills._allocations == {("BTCUSDT", 8)}


def test_a_fill_that_is_found_after_the_wait_for_it_was_given_up_is_not_counted_twice() -> None:
    """A later report was delivered meanwhile, and what it said was executed in all counts the fill already."""
    merge = AccountMerge(1_000_000, LAG)
    first, third = whole_fill(5, "1"), whole_fill(7, "3")
    assert merge.hear(first, 0.0) == [first]
    assert merge.hear(third, 0.1) == []
    assert merge.settle(Look(0.5, 8_000_000), 0.5) == [], "the view does not show the second yet"
    assert merge.holding
    assert merge.let_go() == [third]
    assert not merge.holding
    (found,) = merge.settle(Look(1.0, 9_000_000, trades={"BTCUSDT": [whole_trade(6, 5_000)]}), 1.0)
    assert isinstance(found, ExecutionReport)
    assert (found.trade_id, found.executed_qty) == (6, Decimal(3))


def test_a_young_fill_with_a_number_among_the_settled_ones_shows_that_the_venue_was_reset() -> None:
    merge = AccountMerge(1_000_000, LAG)
    merge.hear(whole_fill(5, "1", T=2_000), 0.0)
    settle(merge, 6_000, [traded(5, 2_000)])
    assert merge.fills.cursors == {"BTCUSDT": 5}
    assert not counts_anew(merge, whole_fill(4, "2", T=4_000)), "the times of one trade may differ by two seconds"
    assert not counts_anew(merge, whole_fill(6, "2", T=9_000))
    assert counts_anew(merge, whole_fill(4, "2", T=9_000))


def test_a_live_report_dates_what_the_answers_of_the_next_look_must_show() -> None:
    """The machine slept for an hour, in which its monotonic clock stood still."""
    merge = AccountMerge(1_000_000, LAG)
    merge.settle(Look(0.0, 1_000_000_000), 0.0)
    merge.hear(report(T=4_600_000, O=4_600_000), 10.0)
    look = Look(10.0, 4_610_000_000)
    merge.settle(look, 10.0)
    assert merge.settled.before_us(look) == 4_600_000_000 - int(LAG * 1e6) - ENGINE_BEHIND_US


def test_an_open_order_is_told_of_where_it_was_made_no_earlier_than_the_subscription() -> None:
    for made_at, told in ((1_999, []), (2_000, ["NEW"])):
        state = routed(status="NEW", executedQty="0", cummulativeQuoteQty="0", time=made_at, updateTime=made_at)
        found = AccountMerge(2_000_000, LAG).settle(Look(0.0, 9_000_000, open_orders=[state]), 0.0)
        assert [each.execution_type for each in found if isinstance(each, ExecutionReport)] == told


def test_a_trade_the_first_look_may_not_have_shown_is_owed_only_where_its_time_says_that_it_must_have() -> None:
    """Two seconds and the lag before the subscription: a trade as old as that is new all the same where it was not shown."""
    fills = FillMerge(20_000_000, LAG)
    fills.looked(Look(0.0, 20_000_000, trades={"BTCUSDT": [traded(1, 11_000)]}))
    assert [fills.owed(traded(number, time)) for number, time in ((1, 11_000), (2, 11_999), (3, 12_000), (4, 19_999))] == [
        False, True, False, False,
    ]  # fmt: skip
    assert fills.owed(traded(5, 20_000))


def test_giving_up_leaves_nothing_held_though_an_order_is_forgotten() -> None:
    merge = AccountMerge(1_000_000, LAG)
    merge._orders.held.add(("BTCUSDT", 99))
    assert merge.let_go() == []
    assert not merge.holding


def test_a_symbol_of_which_a_view_shows_an_open_order_is_known() -> None:
    state = routed(status="NEW", executedQty="0", cummulativeQuoteQty="0", time=1, updateTime=1)
    merge = AccountMerge(2_000_000, LAG)
    merge.settle(Look(0.0, 9_000_000, open_orders=[state]), 0.0)
    assert merge.symbols.known == {state.symbol}


def test_fills_that_the_first_look_counted_as_over_are_delivered_when_they_come_live_and_nothing_is_missing_then() -> (
    None
):
    merge = AccountMerge(3_000_000, LAG)
    new = report(T=2_000, E=3_100)
    assert merge.hear(new, 0.0) == [new]
    trades = [whole_trade(5, 2_900), whole_trade(6, 2_900)]
    look = Look(0.0, 9_000_000, trades={"BTCUSDT": trades}, history={("BTCUSDT", 1): trades})
    assert merge.settle(look, 0.0) == []
    for event in (whole_fill(6, "2", T=2_900), whole_fill(5, "1", T=2_900)):
        assert merge.hear(event, 1.0) == [event]
        assert merge.hear(event, 1.1) == []
    assert not merge.holding
    assert merge.unexplained == []
    after = whole_fill(7, "3")
    assert merge.hear(after, 2.0) == [after], "the sum is what it was"


def test_a_fill_that_comes_after_it_was_given_up_is_delivered_and_no_other_is_missing() -> None:
    merge, second = AccountMerge(1_000_000, LAG), whole_fill(6, "2")
    assert merge.hear(second, 0.0) == []
    assert merge.let_go() == [second]
    assert [what for what, _ in merge.unexplained] == ["order 1 of BTCUSDT: no trade explains 1 executed"]
    first = whole_fill(5, "1")
    told = [*(merge.hear(first, 1.0) or ()), *merge.let_go()]
    assert told == [first]
    assert len(merge.unexplained) == 1
    after = whole_fill(7, "3")
    assert merge.hear(after, 2.0) == [after], "the sum is what it was"


# --------------------------------------------------------------------------- reports that are held back


def holding(*events: ExecutionReport) -> AccountMerge:
    """Return a merge that delivered fill 5 and holds back what came after it."""
    merge, first = AccountMerge(1_000_000, LAG), whole_fill(5, "1")
    assert merge.hear(first, 0.0) == [first]
    for event in events:
        assert merge.hear(event, 0.1) == []
    assert merge.holding
    return merge


def shown(*numbers: int) -> Look:
    return Look(0.5, 9_000_000, trades={"BTCUSDT": [whole_trade(number, 5_000) for number in numbers]})


def test_what_was_held_back_is_delivered_behind_the_missed_fill() -> None:
    third, fourth = whole_fill(7, "3"), whole_fill(8, "4")
    merge = holding(third, fourth)
    missed, *others = merge.settle(shown(6, 7, 8), 0.5)
    assert isinstance(missed, ExecutionReport)
    assert (missed.recovered, missed.trade_id) == (True, 6)
    assert others == [third, fourth]
    assert not merge.holding


def test_what_is_held_back_is_not_delivered_before_what_no_view_shows_yet() -> None:
    third = whole_fill(7, "3")
    merge = holding(third)
    assert merge.settle(shown(7), 0.5) == []
    assert merge.holding
    assert [event for event in merge.settle(shown(6, 7), 0.6) if event is third] == [third]


def test_the_missed_fill_may_come_live_behind_what_waits_for_it() -> None:
    second, third = whole_fill(6, "2"), whole_fill(7, "3")
    merge = holding(third, second)
    assert merge.settle(shown(6), 0.5) == [second, third]
    assert not merge.holding


def test_an_allocation_that_is_missed_may_come_live_behind_what_waits_for_it() -> None:
    second, third = whole_fill(-1, "2", I=6, a=6), whole_fill(-1, "3", I=7, a=7)
    merge = holding(third, second)
    look = Look(0.5, 9_000_000, allocations=[allocation(6, 5_000)])
    assert merge.settle(look, 0.5) == [second, third]


def test_of_what_is_held_back_a_fill_told_twice_is_delivered_once_and_the_others_behind_it() -> None:
    third, again, fourth = whole_fill(7, "3"), whole_fill(7, "3", I=70), whole_fill(8, "4")
    merge = holding(third, again, fourth)
    assert merge.settle(shown(6), 0.5)[1:] == [third, fourth]
    assert not merge.holding


def test_of_what_is_held_back_a_change_that_a_later_fill_overtook_is_dropped() -> None:
    third, late = whole_fill(7, "3"), report(x="REPLACED", z="2", Z="2", q="9", I=60)
    merge = holding(third, late)
    assert merge.settle(shown(6), 0.5)[1:] == [third]
    assert not merge.holding


# --------------------------------------------------------------------------- orders and symbols that are new


def test_of_an_order_made_no_earlier_than_the_subscription_every_fill_is_owed() -> None:
    event = whole_fill(6, "2", O=2_000)
    assert AccountMerge(2_000_000, LAG).hear(event, 0.0) == [], "the first fill is missing"
    assert AccountMerge(2_000_001, LAG).hear(event, 0.0) == [event]


def test_a_symbol_on_which_something_happened_is_busy_and_one_with_routed_orders_has_allocations() -> None:
    merge = AccountMerge(1_000_000, LAG)
    merge.hear(report(), 0.0)
    assert (set(merge.symbols.busy), merge.fills.allocations_from) == ({"BTCUSDT"}, {})
    merge.hear(report(s="ETHUSDT", uS=True), 0.0)
    assert set(merge.symbols.busy) == {"BTCUSDT", "ETHUSDT"}
    assert set(merge.fills.allocations_from) == {"ETHUSDT"}


def test_the_same_of_an_open_order_that_a_view_shows() -> None:
    untouched = {"status": "NEW", "executedQty": "0", "cummulativeQuoteQty": "0"}
    orders = [routed(**untouched), routed(**untouched, symbol="ETHUSDT", usedSor=False)]
    merge = AccountMerge(1_000_000, LAG)
    merge.settle(Look(0.0, 9_000_000, open_orders=orders), 0.0)
    assert set(merge.symbols.busy) == {"BTCUSDT", "ETHUSDT"}
    assert set(merge.fills.allocations_from) == {"BTCUSDT"}


def test_a_look_that_shows_all_that_happened_on_a_symbol_leaves_it_busy_no_more() -> None:
    merge = AccountMerge(1_000_000, LAG)
    merge.hear(report(), 0.0)
    settle(merge, 5_900, [])
    assert set(merge.symbols.busy) == {"BTCUSDT"}
    settle(merge, 6_000, [])
    assert set(merge.symbols.busy) == set()


# --------------------------------------------------------------------------- the end of an order


def test_an_end_that_a_view_shows_waits_for_the_fills_before_it_and_then_says_what_is_missing() -> None:
    merge, first = AccountMerge(1_000_000, LAG), whole_fill(5, "1")
    merge.hear(first, 100.0)
    ended = routed(status="CANCELED", usedSor=False, updateTime=6_000)
    for at in (100.0, 100.0 + HOLD):
        assert merge.settle(Look(at, 9_000_000, statuses=[ended]), at) == []
        assert merge.unexplained == []
    (event,) = merge.settle(Look(200.0, 9_000_000, statuses=[ended]), 100.1 + HOLD)
    assert isinstance(event, ExecutionReport)
    assert (event.recovered, event.execution_type, event.executed_qty) == (True, "CANCELED", Decimal(2))
    assert len(merge.unexplained) == 1
    order = merge._orders.find(("BTCUSDT", 1))
    assert order is not None
    assert order.last is event


def test_what_shows_that_the_venue_was_reset_is_not_taken_in() -> None:
    merge = AccountMerge(1_000_000, LAG)
    assert merge.hear(whole_fill(5, "1", T=2_000), 0.0) != []
    later = whole_fill(6, "1", O=9_000, T=9_000)
    assert merge.hear(later, 1.0) is None, "the order has the number of an older one"
    assert merge.latest_us == 2_000_000
    anew = AccountMerge(merge.latest_us + 1, LAG)
    assert anew.hear(later, 1.0) == [later], "of the new count nothing is known yet"
