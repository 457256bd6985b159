"""Which methods REST can serve with the same parameters and the same result, and under which path.

Every row was held against both documents (REST API and WebSocket API, July 2026): names of the parameters, weight and
shape of the result are the same. All are ``GET``. What is not here is not read over REST.

One difference is known, and it is the WebSocket API's: for a symbol that never had a reference price, ``referencePrice``
has code and text *inside* a result with status 200 there, while the REST document does not say with which status they
come. With 200 they are decoded like over the WebSocket, with 4xx they are raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["ROUTES"]

ROUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # General endpoints
        "ping": "/api/v3/ping",
        "time": "/api/v3/time",
        "exchangeInfo": "/api/v3/exchangeInfo",
        "executionRules": "/api/v3/executionRules",
        # Market Data endpoints
        "depth": "/api/v3/depth",
        "trades.recent": "/api/v3/trades",
        "trades.historical": "/api/v3/historicalTrades",
        "blockTrades.historical": "/api/v3/historicalBlockTrades",
        "trades.aggregate": "/api/v3/aggTrades",
        "klines": "/api/v3/klines",
        "uiKlines": "/api/v3/uiKlines",
        "avgPrice": "/api/v3/avgPrice",
        "ticker.24hr": "/api/v3/ticker/24hr",
        "ticker.tradingDay": "/api/v3/ticker/tradingDay",
        "ticker.price": "/api/v3/ticker/price",
        "ticker.book": "/api/v3/ticker/bookTicker",
        "ticker": "/api/v3/ticker",
        "referencePrice": "/api/v3/referencePrice",
        "referencePrice.calculation": "/api/v3/referencePrice/calculation",
        # Account Endpoints
        "account.status": "/api/v3/account",
        "order.status": "/api/v3/order",
        "openOrders.status": "/api/v3/openOrders",
        "allOrders": "/api/v3/allOrders",
        "orderList.status": "/api/v3/orderList",
        "openOrderLists.status": "/api/v3/openOrderList",
        "allOrderLists": "/api/v3/allOrderList",
        "myTrades": "/api/v3/myTrades",
        "account.rateLimits.orders": "/api/v3/rateLimit/order",
        "myPreventedMatches": "/api/v3/myPreventedMatches",
        "myAllocations": "/api/v3/myAllocations",
        "account.commission": "/api/v3/account/commission",
        "order.amendments": "/api/v3/order/amendments",
        "myFilters": "/api/v3/myFilters",
    }
)
"""Path by the method's wire name."""
