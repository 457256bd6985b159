"""Reports that are made of answers: by which source an order is told, the last report of it or a view."""

from __future__ import annotations

from decimal import Decimal

import pytest

from binance_wsapi.models import ExecutionType, OrderStatus
from binance_wsapi.models.base import Timestamp
from binance_wsapi.user_data.spot.merge.synthetic import recovered_report
from tests.user_data.spot.merge.test_account_merge import report
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
