"""What arguments may be: the enumeration or its text, and the numbers that print as they were meant.

Several methods have overloads. When none of them fits, mypy lists all: five of 900 characters each for `place_order`, and
no word about which argument is wrong. Where one of them fits but for the type arguments of a generic, it takes that one and
names the argument. So a type that no value has, and that every value has but for its type argument, stands beside the types
that an argument may have: ``Argument "price" to "place_order" has incompatible type "float"; expected "Decimal | int | str |
NothingElse[Never] | None"``. `tests/typing/test_types.py` sees that it is so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Never, Protocol, TypeAlias, TypeVar

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

T_co = TypeVar("T_co", bound=int, covariant=True)


class NothingElse(Protocol[T_co]):
    """In the error of a type checker: an argument may be what stands beside this, and nothing else."""

    def __sizeof__(self) -> T_co: ...  # every object has it, and returns an int


_Else: TypeAlias = NothingElse[Never]

Number: TypeAlias = Decimal | int | str | _Else
"""An amount or a price. A ``float`` is refused: what it prints is not what was meant."""

# A word that a program reads from its configuration, or computes, is text to a type checker: it is taken without a cast.
SideArg: TypeAlias = Side | str | _Else
"""BUY or SELL."""
OrderTypeArg: TypeAlias = OrderType | str | _Else
"""LIMIT, MARKET, STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT, TAKE_PROFIT_LIMIT or LIMIT_MAKER."""
TimeInForceArg: TypeAlias = TimeInForce | str | _Else
"""GTC, IOC or FOK."""
OrderResponseTypeArg: TypeAlias = OrderResponseType | Literal["ACK", "RESULT", "FULL"] | _Else
SelfTradePreventionModeArg: TypeAlias = (
    SelfTradePreventionMode
    | Literal["NONE", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]
    | _Else
)
PegPriceTypeArg: TypeAlias = PegPriceType | Literal["PRIMARY_PEG", "MARKET_PEG"] | _Else
PegOffsetTypeArg: TypeAlias = PegOffsetType | Literal["PRICE_LEVEL"] | _Else
CancelRestrictionsArg: TypeAlias = CancelRestrictions | Literal["ONLY_NEW", "ONLY_PARTIALLY_FILLED"]
CancelReplaceModeArg: TypeAlias = CancelReplaceMode | Literal["STOP_ON_FAILURE", "ALLOW_FAILURE"]
OrderRateLimitExceededModeArg: TypeAlias = OrderRateLimitExceededMode | Literal["DO_NOTHING", "CANCEL_ONLY"]
# symbolStatus of requests takes only these (web-socket-api.md, "Order book"); a newer one goes as its enumeration.
SymbolStatusArg: TypeAlias = SymbolStatus | Literal["TRADING", "HALT", "BREAK"] | _Else
TickerTypeArg: TypeAlias = TickerType | Literal["FULL", "MINI"] | _Else
IntervalArg: TypeAlias = (
    Interval
    | Literal["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
)

FullByDefault: TypeAlias = Literal["LIMIT", "MARKET", OrderType.LIMIT, OrderType.MARKET]
"""Types whose reply is FULL where ``new_order_resp_type`` is left out (Place new order, ``newOrderRespType``)."""
