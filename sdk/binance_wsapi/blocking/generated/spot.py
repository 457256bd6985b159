"""All methods of the Spot API, for a thread that waits.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from binance_wsapi.blocking.generated.account import AccountMethods
from binance_wsapi.blocking.generated.general import GeneralMethods
from binance_wsapi.blocking.generated.market import MarketMethods
from binance_wsapi.blocking.generated.order_lists import OrderListMethods
from binance_wsapi.blocking.generated.session import SessionMethods
from binance_wsapi.blocking.generated.sor import SorMethods
from binance_wsapi.blocking.generated.trading import TradingMethods
from binance_wsapi.blocking.generated.user_data import UserDataMethods
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient

__all__ = ["SpotMethods"]


class SpotMethods(
    GeneralMethods,
    MarketMethods,
    SessionMethods,
    TradingMethods,
    OrderListMethods,
    SorMethods,
    AccountMethods,
    UserDataMethods,
):
    """All methods of the Spot API."""

    _inner: AsynchronousSpotClient
