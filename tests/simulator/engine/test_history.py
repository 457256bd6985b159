"""Test orders, and what can be asked about orders, trades and lists of the past."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    Engine,
    SymbolSpec,
    parse,
)
from tests.simulator.engine.desk import Desk, refused, request


def desk(**more: object) -> Desk:
    new = Desk(**more)  # type: ignore[arg-type]
    for account_id in (1, 2, 3):
        new.account(account_id, BTC="100", USDT="10000")
    return new


def test_a_test_order_changes_nothing_and_does_not_ask_the_matching_engine() -> None:
    new = desk()
    new.place(1, "BUY", "LIMIT", "1", "100", id="mine")
    before = new.engine.balances(1), new.engine.depth("BTCUSDT"), len(new.events)
    new.engine.test(1, request("BUY", "LIMIT", "100000", "100", id="mine"), new.tick())
    with refused(-2010, "Duplicate order sent."):
        new.engine.test(1, request("BUY", "LIMIT", "1", "100", id="mine"), new.tick(), matching_engine=True)
    with refused(-2010, "Account has insufficient balance for requested action."):
        new.engine.test(1, request("BUY", "LIMIT", "100000", "100"), new.tick(), matching_engine=True)
    new.engine.test(1, request("BUY", "LIMIT", "1", "100"), new.tick(), matching_engine=True)
    with refused(-2010, "IcebergQty exceeds QTY."):
        new.engine.test(1, request("BUY", "LIMIT", "1", "100", iceberg_qty="2"), new.tick())
    assert (new.engine.balances(1), new.engine.depth("BTCUSDT"), len(new.events)) == before
    assert new.place(1, "BUY", "LIMIT", "1", "100").order.order_id == 2


NINETY_DAYS = 90 * 86_400 * 1_000_000


@pytest.mark.parity("behaviour", "archive of orders without a fill after 90 days")
def test_orders_that_ended_without_a_fill_are_archived_after_ninety_days() -> None:
    new = desk()
    new.place(1, "BUY", "LIMIT", "1", "100")
    new.place(1, "BUY", "LIMIT", "1", "99")
    new.place(2, "SELL", "LIMIT", "0.5", "100")
    new.cancel(1, order_id=1)
    new.cancel(1, order_id=2)
    ended = new.now
    assert new.engine.order(1, "BTCUSDT", ended + NINETY_DAYS, order_id=2).status == "CANCELED"
    with refused(-2026, "Order was canceled or expired with no executed qty over 90 days ago and has been archived."):
        new.engine.order(1, "BTCUSDT", ended + NINETY_DAYS + 1, order_id=2)
    assert new.engine.order(1, "BTCUSDT", ended + 10 * NINETY_DAYS, order_id=1).status == "CANCELED"
    assert [o.order_id for o in new.engine.all_orders(1, "BTCUSDT", ended + NINETY_DAYS + 1)] == [1]


def test_looking_up_an_order() -> None:
    new = desk()
    new.place(1, "BUY", "LIMIT", "1", "100", id="first")
    new.cancel(1, order_id=1, new_client_order_id="gone")
    look = new.engine.order
    for ids in ({"order_id": 1}, {"orig_client_order_id": "gone"}, {"orig_client_order_id": "first"}):
        assert look(1, "BTCUSDT", new.now, **ids).order_id == 1
    assert look(1, "BTCUSDT", new.now, order_id=1, orig_client_order_id="gone").order_id == 1
    with refused(-2039, "Client order ID is not correct for this order ID."):
        look(1, "BTCUSDT", new.now, order_id=1, orig_client_order_id="other")
    with refused(-2013, "Order does not exist."):
        look(2, "BTCUSDT", new.now, order_id=1)
    with refused(-2013, "Order does not exist."):
        look(1, "BTCUSDT", new.now, orig_client_order_id="other")
    with refused(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"):
        look(1, "BTCUSDT", new.now)
    new.place(1, "BUY", "LIMIT", "1", "100", id="first")
    assert look(1, "BTCUSDT", new.now, orig_client_order_id="first").order_id == 2


def test_former_ids_can_be_hidden() -> None:
    engine = Engine([SymbolSpec("BTCUSDT", "BTC", "USDT")], former_ids_findable=False)
    engine.open_account(1, {"USDT": parse("100")})
    engine.place(1, request("BUY", "LIMIT", "1", "100", id="first"), 1)
    engine.cancel(1, "BTCUSDT", 2, order_id=1)
    with refused(-2013, "Order does not exist."):
        engine.order(1, "BTCUSDT", 2, orig_client_order_id="first")
    with refused(-2039, "Client order ID is not correct for this order ID."):
        engine.order(1, "BTCUSDT", 2, order_id=1, orig_client_order_id="first")


def test_history_by_id_time_and_limit() -> None:
    new = desk()
    times = []
    for price in ("1", "2", "3", "4"):
        new.place(1, "BUY", "LIMIT", "1", price)
        times.append(new.now)

    def ids(**more: int) -> list[int]:
        return [order.order_id for order in new.engine.all_orders(1, "BTCUSDT", new.now, **more)]

    assert ids() == [1, 2, 3, 4]
    assert ids(limit=2) == [3, 4]
    assert ids(order_id=2, limit=2) == [2, 3]
    assert ids(start_time=times[1], end_time=times[2]) == [2, 3]
    assert ids(start_time=times[1], order_id=99) == [2, 3, 4]
    assert ids(end_time=times[2], limit=2) == [2, 3]
    new.place(2, "SELL", "LIMIT", "4", "1")
    fills = new.engine.my_trades(1, "BTCUSDT")
    assert [f.trade_id for f in fills] == [0, 1, 2, 3]
    assert [f.trade_id for f in new.engine.my_trades(1, "BTCUSDT", from_id=2)] == [2, 3]
    assert [f.trade_id for f in new.engine.my_trades(1, "BTCUSDT", order_id=3)] == [1]
    assert [f.trade_id for f in new.engine.my_trades(1, "BTCUSDT", limit=1)] == [3]
    assert new.engine.my_trades(1, "BTCUSDT", start_time=new.now + 1) == []


def test_history_of_lists() -> None:
    new = desk()
    for _ in range(3):
        new.place_list(1, "OTO", request("BUY", "LIMIT", "1", "50"), request("BUY", "LIMIT", "1", "50"))
    lists = new.engine.all_order_lists(1)
    assert [each.order_list_id for each in lists] == [1, 2, 3]
    assert new.engine.all_order_lists(1, limit=1) == lists[2:]
    assert new.engine.all_order_lists(1, from_id=2, limit=1) == [lists[1]]
    assert new.engine.order_list(1, order_list_id=2) is lists[1]
    with refused(-2018, "Order list does not exist."):
        new.engine.order_list(1, order_list_id=2, list_client_order_id="other")
    with refused(-2018, "Order list does not exist."):
        new.engine.order_list(2, order_list_id=2)
    assert new.engine.open_orders(1) == new.engine.open_orders(1, "BTCUSDT")
