"""All methods of the Spot WebSocket API, by the groups of the venue's documentation."""

from __future__ import annotations

from binance_wsapi.api.common.session import SessionMethods
from binance_wsapi.api.spot.account import AccountMethods
from binance_wsapi.api.spot.general import GeneralMethods
from binance_wsapi.api.spot.market import MarketMethods
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.api.spot.sor import SorMethods
from binance_wsapi.api.spot.trading import TradingMethods
from binance_wsapi.api.spot.user_data import UserDataMethods

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
    """Every method, flat."""
