"""What is told of an order list that a look shows: its end comes behind the ends of its orders."""

from __future__ import annotations

import pytest

from binance_wsapi.models import ListOrderStatus, ListStatus
from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.spot.orders import OrderList
from binance_wsapi.user_data.spot.merge import list_merge
from binance_wsapi.user_data.spot.merge.list_merge import HOLD, ListMerge, Told

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


# --------------------------------------------------------------------------- live and recovered


def status(number: int = 3, time: int = 5_000, state: str = "EXECUTING", kind: str = "EXEC_STARTED") -> ListStatus:
    """Return a live status of a list."""
    return ListStatus.model_validate(
        {
            "e": "listStatus", "E": time, "s": "BTCUSDT", "g": number, "c": "OCO", "l": kind, "L": state, "r": "NONE",
            "C": "list", "T": time, "O": [{"s": "BTCUSDT", "i": 1, "c": "leg-1"}, {"s": "BTCUSDT", "i": 2, "c": "leg-2"}],
        }
    )  # fmt: skip


def shown(number: int = 3, time: int = 5_000, state: str = "EXECUTING", kind: str = "EXEC_STARTED") -> OrderList:
    """Return a list as a view has it."""
    return ENDED.model_copy(
        update={
            "order_list_id": number,
            "transaction_time": Timestamp(time),
            "list_order_status": ListOrderStatus(state),
            "list_status_type": kind,
        }
    )


DONE = Told(final=True, last=Timestamp(6_000))


def test_a_live_status_is_told_once_and_nothing_after_the_end() -> None:
    lists = ListMerge(0)
    assert lists.hear(status())
    assert not lists.hear(status())
    assert lists.hear(status(time=6_000, state="ALL_DONE", kind="ALL_DONE"))
    assert not lists.hear(status(time=6_000, state="ALL_DONE", kind="ALL_DONE"))
    assert not lists.hear(status(time=7_000)), "it has ended"
    assert lists.see(shown(time=7_000), [DONE, DONE], 0.0) == []


def test_what_a_look_told_of_a_list_is_not_told_again_by_the_event_and_what_is_younger_is() -> None:
    lists = ListMerge(1_000_000)
    (told,) = lists.see(shown(), [None, None], 0.0)
    assert (told.order_list_id, told.transact_time) == (3, Timestamp(5_000))
    assert not lists.hear(status(time=4_999))
    assert not lists.hear(status(time=5_000))
    assert lists.hear(status(time=5_001))
    assert lists.hear(status(time=5_000, kind="UPDATED")), "a live one was heard since: nothing is made of an answer"
    assert lists.see(shown(time=9_000), [None, None], 0.0) == []


def test_a_list_older_than_the_subscription_is_known_and_not_told_and_its_live_events_are() -> None:
    lists = ListMerge(9_000_000)
    assert not lists.is_new(shown(time=8_999))
    assert lists.see(shown(time=8_999), [None, None], 0.0) == []
    assert lists.in_question([3], []) == []
    assert lists.in_question([], []) == [3], "none of its orders is open: it may have ended"
    assert lists.hear(status(time=8_500))
    assert lists.is_new(shown(number=4, time=9_000))


def test_a_list_is_asked_about_until_it_is_told() -> None:
    lists = ListMerge(0)
    lists.know(-1)
    assert (lists.first, lists.in_question([], [])) == (None, [])
    lists.know(7)
    lists.know(5)
    lists.know(6)
    assert lists.first == 5
    assert lists.in_question([5, 6], [7]) == [5, 6], "no status of them was told"
    lists.hear(status(number=5))
    assert lists.in_question([5, 6], []) == [6, 7]
    lists.hear(status(number=5, time=6_000, state="ALL_DONE"))
    assert lists.in_question([], []) == [6, 7]
    lists.know(5)
    assert lists.in_question([], []) == [6, 7], "it has ended"


def test_the_end_of_a_list_whose_orders_no_view_shows_is_told_after_a_while() -> None:
    lists = ListMerge(1_000_000)
    ended = shown(state="ALL_DONE", kind="ALL_DONE")
    assert lists.see(ended, [DONE, None], 10.0) == []
    assert lists.see(ended, [DONE, None], 10.0 + HOLD) == []
    (told,) = lists.see(ended, [DONE, None], 10.001 + HOLD)
    assert told.transact_time == Timestamp(6_000), "the latest end of its orders"
    assert lists.see(ended, [DONE, None], 99.0) == []


def test_the_end_of_a_list_that_was_told_before_waits_for_no_order() -> None:
    lists = ListMerge(1_000_000)
    lists.hear(status())
    (told,) = lists.see(shown(time=7_000, state="REJECT"), [None, None], 0.0)
    assert (told.list_order_status, told.transact_time) == ("REJECT", Timestamp(7_000))


def test_a_list_that_was_over_before_the_subscription_is_told_if_anything_of_it_was() -> None:
    ended = shown(time=5_000, state="ALL_DONE")
    silent = ListMerge(9_000_000)
    assert silent.see(ended, [Told(final=True, last=None), None], 0.0) == []
    assert silent.hear(status(time=5_500)) is False, "it is over"
    lists = ListMerge(9_000_000)
    lists.hear(status(time=4_000))
    assert len(lists.see(ended, [None, None], 0.0)) == 1, "its begin was told"
    lists = ListMerge(9_000_000)
    assert len(lists.see(ended, [Told(final=True, last=Timestamp(9_500)), None], 0.0)) == 1, (
        "the end of an order was told"
    )
    lists = ListMerge(5_000_000)
    assert len(lists.see(ended, [DONE, DONE], 0.0)) == 1, "of the very beginning"


def test_lists_that_changed_last_before_a_time_are_settled() -> None:
    lists = ListMerge(0)
    lists.settle([shown(number=9)], 10_000_000)
    assert lists.first is None, "there was none"
    lists.know(4)
    lists.settle([shown(number=5, time=9_999), shown(number=6, time=10_000)], 10_000_000)
    assert lists.first == 6
    lists.settle([shown(number=3, time=1)], 10_000_000)
    assert lists.first == 6, "and it never goes back"


def test_how_many_ended_lists_are_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_merge, "KEPT", 3)
    lists = ListMerge(0)
    for number in range(5):
        assert lists.hear(status(number=number, state="ALL_DONE"))
    assert lists.first == 2, "0 and 1 are forgotten, and not asked for any more"
    assert not lists.hear(status(number=2, state="ALL_DONE"))
    assert lists.hear(status(number=1, state="ALL_DONE"))


def test_a_list_that_ended_at_the_moment_of_the_subscription_is_told() -> None:
    lists = ListMerge(5_000_000)
    assert lists.see(ENDED, [None, None], 0.0) == []
    assert len(lists.see(ENDED, [None, None], HOLD + 0.1)) == 1


def test_a_list_that_is_forgotten_takes_nothing_back_of_what_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_merge, "KEPT", 1)
    lists = ListMerge(1_000_000)
    lists.hear(status(3, state="ALL_DONE", kind="ALL_DONE"))
    lists.settle([shown(8, state="ALL_DONE", kind="ALL_DONE")], 6_000_000)
    assert lists.first == 9
    lists.hear(status(10, state="ALL_DONE", kind="ALL_DONE"))
    assert lists.first == 9
