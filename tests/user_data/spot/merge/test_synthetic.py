"""Reports that are made of answers: by which source an order is told, the last report of it or a view."""

from __future__ import annotations

from decimal import Decimal

import pytest

from binance_wsapi.models import ExecutionType, OrderStatus
from binance_wsapi.models.base import Timestamp
from binance_wsapi.user_data.spot.merge.synthetic import recovered_list_status, recovered_report
from tests.user_data.spot.merge.test_account_merge import report
from tests.user_data.spot.merge.test_list_merge import ENDED
from tests.user_data.spot.merge.test_orders_of_a_look import state


@pytest.mark.parametrize(("seen", "name"), [(4_999, "reported"), (5_000, "seen"), (5_001, "seen")])
def test_a_view_that_is_as_young_as_the_last_report_tells_what_an_order_is_called(seen: int, name: str) -> None:
    last = report(c="reported", T=5_000)
    view = state(clientOrderId="seen", updateTime=seen, origQty="7")
    told = recovered_report(
        last, view, Decimal(1), Decimal(1), ExecutionType.TRADE, OrderStatus.PARTIALLY_FILLED, Timestamp(6_000)
    )
    assert (told.client_order_id, told.orig_qty) == (name, Decimal(7 if name == "seen" else 2))
    assert told.recovered


@pytest.mark.parametrize(
    ("status", "works"),
    [(OrderStatus.NEW, True), (OrderStatus.PENDING_NEW, False), (OrderStatus.CANCELED, False)],
)
def test_a_report_that_was_made_has_no_execution_and_says_whether_the_order_is_in_the_book(
    status: OrderStatus, works: bool
) -> None:
    told = recovered_report(
        None, state(), Decimal(0), Decimal(0), ExecutionType.NEW, status, Timestamp(6_000)
    )  # fmt: skip
    assert (told.execution_id, told.is_working) == (-1, works)


@pytest.mark.parametrize(("quantity", "told"), [(None, 0), ("0", 0), ("7", 7)])
def test_a_view_that_tells_no_quantity_makes_a_report_of_none(quantity: str | None, told: int) -> None:
    made = recovered_report(
        None, state(origQty=quantity), Decimal(0), Decimal(0), ExecutionType.NEW, OrderStatus.NEW, Timestamp(6_000)
    )
    assert made.orig_qty == Decimal(told)


def test_a_status_of_a_list_that_was_made_is_marked_as_recovered() -> None:
    told = recovered_list_status(ENDED, Timestamp(6_000))
    assert told.recovered
    assert told.event_time == told.transact_time == Timestamp(6_000)
