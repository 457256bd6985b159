"""What is delivered of two words about one fill: without a loop."""

from __future__ import annotations

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
from binance_wsapi.user_data.merge.account_merge import AccountMerge
from binance_wsapi.user_data.merge.snapshot import Look

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


def test_a_missed_fill_is_not_counted_twice_when_the_first_report_of_an_order_comes_after_it() -> None:
    merge = AccountMerge(3_000_000, LAG)
    cancelled = ExecutionReport.model_validate(
        {
            "e": "executionReport", "E": 5_000, "s": "BTCUSDT", "c": "one", "S": "BUY", "o": "LIMIT", "f": "GTC", "q": "2",
            "p": "1", "P": "0", "F": "0", "g": -1, "C": "", "x": "CANCELED", "X": "CANCELED", "r": "NONE", "i": 1, "l": "0",
            "z": "1", "L": "0", "n": "0", "N": None, "T": 5_000, "t": -1, "I": 60, "w": False, "m": False, "O": 2_000,
            "Z": "1", "Y": "0", "Q": "0", "V": "NONE",
        }
    )  # fmt: skip
    assert merge.hear(cancelled, 0.0) == [cancelled], "made before anything was listened to, and cancelled after"
    trade = AccountTrade.model_validate(
        {
            "symbol": "BTCUSDT", "id": 5, "orderId": 1, "orderListId": -1, "price": "1", "qty": "1", "quoteQty": "1",
            "commission": "0", "commissionAsset": "BTC", "time": 4_000, "isBuyer": True, "isMaker": True,
            "isBestMatch": True,
        }
    )  # fmt: skip
    (found,) = merge.settle(Look(0.0, 9_000_000, trades={"BTCUSDT": [trade]}), 0.0)
    assert isinstance(found, ExecutionReport)
    assert (found.recovered, found.last_qty, found.executed_qty) == (True, Decimal(1), Decimal(1))


def test_an_allocation_that_is_settled_is_remembered_no_more_and_not_told_again() -> None:
    merge = AccountMerge(1_000_000, LAG)
    state = OrderState.model_validate(
        {
            "symbol": "BTCUSDT", "orderId": 1, "orderListId": -1, "clientOrderId": "one", "price": "1", "origQty": "3",
            "executedQty": "2", "cummulativeQuoteQty": "2", "status": "PARTIALLY_FILLED", "timeInForce": "GTC",
            "type": "LIMIT", "side": "BUY", "time": 2_000, "updateTime": 2_000, "isWorking": True, "usedSor": True,
        }
    )  # fmt: skip
    allocations = [
        made(Allocation, symbol="BTCUSDT", allocation_id=number, order_id=1, time=Timestamp(2_000), qty=Decimal(1),
             quote_qty=Decimal(1), price=Decimal(1), commission=Decimal(0), commission_asset="BNB", is_buyer=True,
             is_maker=False)
        for number in (7, 8)
    ]  # fmt: skip
    look = Look(asked=0.0, asked_us=69_000_000, open_orders=[state], allocations=allocations, allocated={"BTCUSDT"})
    told = [event for event in merge.settle(look, 0.0) if isinstance(event, ExecutionReport) and event.last_qty]
    assert [event.alloc_id for event in told] == [7, 8]
    assert merge.fills.allocations_from == {"BTCUSDT": 9}
    assert not merge.fills._allocations
    again = Look(asked=9.0, asked_us=78_000_000, open_orders=[state], allocations=allocations)
    assert merge.settle(again, 9.0) == []
