"""What happens to an order after the engine's clock was set back is told all the same, by what only goes one way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from binance_wsapi.models import OrderState
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.orders import outdated
from tests.user_data.spot.merge.test_account_merge import LAG, report, whole_trade
from tests.user_data.spot.merge.test_orders_of_a_look import SINCE_US, amended, look, new, part, replaced, state

BEFORE = 600_000
"""Milliseconds: the time of the view that was seen before the clock was set back."""


def begun() -> AccountMerge:
    """Return what knows an order of nine by a view that the venue dated late."""
    merge = AccountMerge(SINCE_US, LAG)
    assert look(merge, 0.0, state(updateTime=BEFORE)) == [new()]
    return merge


def test_its_end_is_told() -> None:
    assert look(begun(), 60.0, state("CANCELED", updateTime=5_000)) == [("CANCELED", "CANCELED", "0", Decimal(0))]


def test_its_amendment_is_told() -> None:
    assert look(begun(), 60.0, amended("5")) == [replaced()]


def test_its_last_fill_is_told_as_such() -> None:
    merge, fill = begun(), whole_trade(5, 5_000)
    lowered = amended("2", "PARTIALLY_FILLED", "1")
    assert look(merge, 60.0, lowered, trades=[fill]) == [part("1"), replaced("1", "PARTIALLY_FILLED")]
    done = amended("2", "FILLED", "2")
    assert look(merge, 120.0, done, trades=[fill, whole_trade(6, 5_001)]) == [part("2", "FILLED")]


def test_a_live_amendment_behind_an_amendment_of_an_answer_is_delivered_where_it_lowers_the_quantity_further() -> None:
    merge = begun()
    assert look(merge, 1.0, amended("5", updateTime=BEFORE)) == [replaced()]
    told = report(x="REPLACED", q="5", T=BEFORE, I=51)
    assert merge.hear(told, 2.0) == [], "the look told it"
    further = report(x="REPLACED", q="4", T=5_000, I=52)
    assert merge.hear(further, 3.0) == [further]


@pytest.mark.parametrize(
    ("told", "known", "is_so"),
    [
        (state(updateTime=4), state(updateTime=5), True),
        (state(updateTime=5), state(updateTime=5), False),
        (state(updateTime=6), state(updateTime=5), False),
        (state("PARTIALLY_FILLED", "1", updateTime=4), state(updateTime=5), False),
        (state(updateTime=6), state("PARTIALLY_FILLED", "1", updateTime=5), True),
        (state(origQty="8", updateTime=4), state(updateTime=5), False),
        (state(updateTime=6), state(origQty="8", updateTime=5), True),
        (state(origQty="0", updateTime=4), state(origQty="8", updateTime=5), True),
        (state(origQty="8", updateTime=6), state(origQty="0", updateTime=5), False),
        (state("CANCELED", updateTime=4), state(updateTime=5), False),
        (state(updateTime=6), state("CANCELED", updateTime=5), True),
        (state("FILLED", "9", updateTime=4), state("CANCELED", updateTime=5), False),
    ],
)
def test_of_two_views_the_time_decides_only_where_nothing_else_does(
    told: OrderState, known: OrderState, is_so: bool
) -> None:
    assert outdated(told, known) is is_so
