"""All methods of the Spot API, for a thread that waits.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from binance_wsapi.blocking.generated.spot.account import AccountMethods
from binance_wsapi.blocking.generated.spot.general import GeneralMethods
from binance_wsapi.blocking.generated.spot.market import MarketMethods
from binance_wsapi.blocking.generated.spot.order_lists import OrderListMethods
from binance_wsapi.blocking.generated.spot.session import SessionMethods
from binance_wsapi.blocking.generated.spot.sor import SorMethods
from binance_wsapi.blocking.generated.spot.trading import TradingMethods
from binance_wsapi.blocking.generated.spot.user_data import UserDataMethods
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
