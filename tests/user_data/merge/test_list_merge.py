"""What is told of an order list that a look shows: its end comes behind the ends of its orders."""

from __future__ import annotations

from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.spot.orders import OrderList
from binance_wsapi.user_data.merge.list_merge import ListMerge, Told

ENDED = OrderList.model_validate(
    {
        "orderListId": 3, "contingencyType": "OCO", "listStatusType": "ALL_DONE", "listOrderStatus": "ALL_DONE",
        "listClientOrderId": "list", "transactionTime": 5_000, "symbol": "BTCUSDT",
        "orders": [{"symbol": "BTCUSDT", "orderId": number, "clientOrderId": f"leg-{number}"} for number in (1, 2)],
    }
)  # fmt: skip


def test_the_end_of_a_list_is_told_once_behind_the_ends_of_its_orders() -> None:
    lists = ListMerge(1_000_000)
    done, still_open = Told(final=True, last=Timestamp(6_000)), Told(final=False, last=Timestamp(4_000))
    assert lists.see(ENDED, [done, still_open], 0.0) == []
    (told,) = lists.see(ENDED, [done, Told(final=True, last=Timestamp(7_000))], 1.0)
    assert (told.order_list_id, told.list_order_status, told.transact_time) == (3, "ALL_DONE", Timestamp(7_000))
    assert lists.see(ENDED, [done, done], 2.0) == []


def test_a_list_that_was_over_before_the_subscription_is_not_told() -> None:
    lists = ListMerge(9_000_000)
    assert lists.see(ENDED, [None, None], 0.0) == []
    assert lists.in_question((), ()) == []
