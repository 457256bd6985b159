"""Which of two words about an account counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.models import Account, AccountPosition, ExecutionReport
from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.spot.account import Balance
from binance_wsapi.models.spot.events import AssetPosition
from binance_wsapi.user_data.spot.account_view import AccountCache, Balances
from tests.user_data.spot.merge.test_account_merge import LAG, made, report


def position(changed: int, free: int) -> Any:
    return made(
        AccountPosition,
        update_time=Timestamp(changed),
        balances=[made(AssetPosition, asset="USDT", free=Decimal(free), locked=Decimal(0))],
    )


def account(changed: int, free: int) -> Any:
    return made(
        Account,
        update_time=Timestamp(changed),
        balances=[Balance(asset="USDT", free=Decimal(free), locked=Decimal(0))],
    )


def test_an_old_snapshot_never_overwrites_a_newer_event_and_a_settled_one_mends_a_lost_event() -> None:
    cache = AccountCache(LAG)
    cache.hear(position(10, 7), now=100.0)
    assert not cache.see_account(account(9, 5), asked=101.0)
    assert Balances(cache.balances)["USDT"].free == 7
    assert not cache.see_account(account(9, 5), asked=100.0 + LAG)
    assert Balances(cache.balances)["USDT"].free == 5
    assert cache.see_account(account(11, 4), asked=100.5), "the view may lag, for all that its time says"
    assert Balances(cache.balances)["USDT"].free == 4


def executed_of(told: dict[str, Any]) -> ExecutionReport:
    return report(**{"T": 4_000, "I": 51, "q": "9", "X": "PARTIALLY_FILLED", "z": "2", **told})


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ({"T": 6_000}, True),
        ({}, False),
        ({"T": 6_000, "z": "1"}, False),
        ({"z": "3"}, True),
        ({"q": "8", "x": "REPLACED"}, True),
        ({"q": "8", "x": "REPLACED", "z": "1"}, False),
    ],
    ids=["later", "earlier", "later, with less executed", "earlier, with more executed", "earlier, amended",
         "amended, with less executed"],
)  # fmt: skip
def test_an_event_that_the_engine_dates_back_counts_where_more_is_executed_or_the_quantity_is_lower(
    told: dict[str, Any], counts: bool
) -> None:
    """The engine's clock may be set back; what only goes one way says more than the time."""
    cache = AccountCache(LAG)
    cache.hear(executed_of({"T": 5_000}), now=1.0)
    before = cache.orders["BTCUSDT", 1]
    cache.hear(executed_of(told), now=2.0)
    assert (cache.orders["BTCUSDT", 1] is not before) is counts
