"""What arguments may be: the enumeration or its text, and the numbers that print as they were meant."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from binance_wsapi.models.enums import (
    CancelReplaceMode,
    CancelRestrictions,
    Interval,
    OrderRateLimitExceededMode,
    OrderResponseType,
    OrderType,
    PegOffsetType,
    PegPriceType,
    SelfTradePreventionMode,
    Side,
    SymbolStatus,
    TickerType,
    TimeInForce,
)

__all__ = [
    "CancelReplaceModeArg",
    "CancelRestrictionsArg",
    "FullByDefault",
    "IntervalArg",
    "Number",
    "OrderRateLimitExceededModeArg",
    "OrderResponseTypeArg",
    "OrderTypeArg",
    "PegOffsetTypeArg",
    "PegPriceTypeArg",
    "SelfTradePreventionModeArg",
    "SideArg",
    "SymbolStatusArg",
    "TickerTypeArg",
    "TimeInForceArg",
]

Number: TypeAlias = Decimal | int | str
"""An amount or a price. A ``float`` is refused: what it prints is not what was meant."""

# A word that a program reads from its configuration, or computes, is text to a type checker: it is taken without a cast.
SideArg: TypeAlias = Side | str
"""BUY or SELL."""
OrderTypeArg: TypeAlias = OrderType | str
"""LIMIT, MARKET, STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT, TAKE_PROFIT_LIMIT or LIMIT_MAKER."""
TimeInForceArg: TypeAlias = TimeInForce | str
"""GTC, IOC or FOK."""
OrderResponseTypeArg: TypeAlias = OrderResponseType | Literal["ACK", "RESULT", "FULL"]
SelfTradePreventionModeArg: TypeAlias = (
    SelfTradePreventionMode | Literal["NONE", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]
)
PegPriceTypeArg: TypeAlias = PegPriceType | Literal["PRIMARY_PEG", "MARKET_PEG"]
PegOffsetTypeArg: TypeAlias = PegOffsetType | Literal["PRICE_LEVEL"]
CancelRestrictionsArg: TypeAlias = CancelRestrictions | Literal["ONLY_NEW", "ONLY_PARTIALLY_FILLED"]
CancelReplaceModeArg: TypeAlias = CancelReplaceMode | Literal["STOP_ON_FAILURE", "ALLOW_FAILURE"]
OrderRateLimitExceededModeArg: TypeAlias = OrderRateLimitExceededMode | Literal["DO_NOTHING", "CANCEL_ONLY"]
# symbolStatus of requests takes only these (web-socket-api.md, "Order book"); a newer one goes as its enumeration.
SymbolStatusArg: TypeAlias = SymbolStatus | Literal["TRADING", "HALT", "BREAK"]
TickerTypeArg: TypeAlias = TickerType | Literal["FULL", "MINI"]
IntervalArg: TypeAlias = (
    Interval
    | Literal["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
)

FullByDefault: TypeAlias = Literal["LIMIT", "MARKET", OrderType.LIMIT, OrderType.MARKET]
"""Types whose reply is FULL where ``new_order_resp_type`` is left out (Place new order, ``newOrderRespType``)."""
