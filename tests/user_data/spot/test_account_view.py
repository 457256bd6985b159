"""Which of two words about an account counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from binance_wsapi.models import Account, AccountPosition
from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.spot.account import Balance
from binance_wsapi.models.spot.events import AssetPosition
from binance_wsapi.user_data.spot.account_view import AccountCache, Balances
from tests.user_data.spot.merge.test_account_merge import LAG, made


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
