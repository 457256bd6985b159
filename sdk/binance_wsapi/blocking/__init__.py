"""The client for scripts and notebooks: the same methods as the asynchronous one, and every call waits for its result::

    from binance_wsapi.blocking import SpotClient

    with SpotClient.testnet(key) as client:
        print(client.account_status(omit_zero_balances=True).balances)

Models, keys, settings and errors are those of `binance_wsapi`.
"""

from __future__ import annotations

from binance_wsapi.blocking.client import SpotClient
from binance_wsapi.blocking.handles import MarketStreams, OrderBook, OrderHandle, OrderListHandle
from binance_wsapi.blocking.subscription import Subscription, UserDataEvents

__all__ = [
    "MarketStreams",
    "OrderBook",
    "OrderHandle",
    "OrderListHandle",
    "SpotClient",
    "Subscription",
    "UserDataEvents",
]
