"""The large replies of the benchmarks: the description of 3,000 symbols in 20 MB, and a book of 5,000 levels a side."""

from __future__ import annotations

import json
from functools import cache

__all__ = ["LEVELS", "SYMBOLS", "answer", "depth", "exchange_info"]

SYMBOLS = 3_000
LEVELS = 5_000
GROUPS = 390
"""Permission groups of a symbol: with them a symbol is 6.6 kB."""


@cache
def exchange_info() -> bytes:
    """Return what the venue tells of its symbols."""
    types = ("LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
    groups = ["SPOT", "MARGIN", *(f"TRD_GRP_{number:03d}" for number in range(GROUPS))]
    symbols = [
        {
            "symbol": f"S{number:04d}USDT", "status": "TRADING", "baseAsset": f"S{number:04d}", "baseAssetPrecision": 8,
            "quoteAsset": "USDT", "quotePrecision": 8, "quoteAssetPrecision": 8, "baseCommissionPrecision": 8,
            "quoteCommissionPrecision": 8, "orderTypes": types, "icebergAllowed": True, "ocoAllowed": True,
            "otoAllowed": True, "opoAllowed": True, "quoteOrderQtyMarketAllowed": True, "allowTrailingStop": True,
            "cancelReplaceAllowed": True, "amendAllowed": True, "pegInstructionsAllowed": True, "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": True,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.0001", "maxPrice": "1000.0000", "tickSize": "0.0001"},
                {"filterType": "LOT_SIZE", "minQty": "0.01", "maxQty": "900000.00", "stepSize": "0.01"},
                {"filterType": "ICEBERG_PARTS", "limit": 100},
                {"filterType": "NOTIONAL", "minNotional": "5.0", "applyMinToMarket": True, "maxNotional": "9000000.0",
                 "applyMaxToMarket": False, "avgPriceMins": 5},
                {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
            ],
            "permissions": [], "permissionSets": [groups], "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
            "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"],
        }
        for number in range(SYMBOLS)
    ]  # fmt: skip
    limits = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6_000_000}]
    told = {"timezone": "UTC", "serverTime": 1_700_000_000_000, "rateLimits": limits, "exchangeFilters": []}
    return json.dumps(told | {"symbols": symbols}, separators=(",", ":")).encode()


@cache
def depth() -> bytes:
    """Return a book."""
    bids = [[f"{60_000 - level}.00000000", f"{level}.00125000"] for level in range(LEVELS)]
    asks = [[f"{60_001 + level}.00000000", f"{level}.00125000"] for level in range(LEVELS)]
    return json.dumps({"lastUpdateId": 1, "bids": bids, "asks": asks}, separators=(",", ":")).encode()


def answer(request: bytes) -> bytes | None:
    """Return the result of a question that has a large one; None of what has none."""
    if b'"exchangeInfo"' in request:
        return exchange_info()
    return depth() if b'"depth"' in request else None
