"""What arguments may be: the enumeration or its text, and the numbers that print as they were meant."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias, TypedDict

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
    "ListArguments",
    "Number",
    "OcoArguments",
    "OrderArguments",
    "OrderRateLimitExceededModeArg",
    "OrderResponseTypeArg",
    "OrderTypeArg",
    "OtoArguments",
    "OtocoArguments",
    "PegOffsetTypeArg",
    "PegPriceTypeArg",
    "SelfTradePreventionModeArg",
    "SideArg",
    "SorOrderArguments",
    "SymbolStatusArg",
    "TickerTypeArg",
    "TimeInForceArg",
    "WorkingArguments",
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


class SorOrderArguments(TypedDict, total=False):
    """What overloads of `place_sor_order` and `test_sor_order` have in common; the methods say what each means."""

    time_in_force: TimeInForceArg | None
    price: Number | None
    new_client_order_id: str | None
    iceberg_qty: Number | None
    strategy_id: int | None
    strategy_type: int | None
    self_trade_prevention_mode: SelfTradePreventionModeArg | None
    recv_window: int | Decimal | None
    timeout: float | None


class OrderArguments(SorOrderArguments, total=False):
    """What overloads of `place_order` and `test_order` have in common; the methods say what each means."""

    quantity: Number | None
    quote_order_qty: Number | None
    stop_price: Number | None
    trailing_delta: int | None
    peg_price_type: PegPriceTypeArg | None
    peg_offset_value: int | None
    peg_offset_type: PegOffsetTypeArg | None


class ListArguments(TypedDict, total=False):
    """What `submit_oco` and its like have in common; the methods that place lists say what each means."""

    list_client_order_id: str | None
    self_trade_prevention_mode: SelfTradePreventionModeArg | None
    recv_window: int | Decimal | None
    timeout: float | None


class OcoArguments(ListArguments, total=False):
    """What `submit_oco` takes beside its first arguments, as `place_oco` does."""

    above_client_order_id: str | None
    above_iceberg_qty: Number | None
    above_price: Number | None
    above_stop_price: Number | None
    above_trailing_delta: int | None
    above_time_in_force: TimeInForceArg | None
    above_strategy_id: int | None
    above_strategy_type: int | None
    above_peg_price_type: PegPriceTypeArg | None
    above_peg_offset_type: PegOffsetTypeArg | None
    above_peg_offset_value: int | None
    below_client_order_id: str | None
    below_iceberg_qty: Number | None
    below_price: Number | None
    below_stop_price: Number | None
    below_trailing_delta: int | None
    below_time_in_force: TimeInForceArg | None
    below_strategy_id: int | None
    below_strategy_type: int | None
    below_peg_price_type: PegPriceTypeArg | None
    below_peg_offset_type: PegOffsetTypeArg | None
    below_peg_offset_value: int | None


class WorkingArguments(ListArguments, total=False):
    """What is told of the working order of a list."""

    working_client_order_id: str | None
    working_price: Number | None
    working_iceberg_qty: Number | None
    working_time_in_force: TimeInForceArg | None
    working_strategy_id: int | None
    working_strategy_type: int | None
    working_peg_price_type: PegPriceTypeArg | None
    working_peg_offset_type: PegOffsetTypeArg | None
    working_peg_offset_value: int | None


class OtoArguments(WorkingArguments, total=False):
    """What `submit_oto` and `submit_opo` take beside their first arguments."""

    pending_client_order_id: str | None
    pending_price: Number | None
    pending_stop_price: Number | None
    pending_trailing_delta: int | None
    pending_iceberg_qty: Number | None
    pending_time_in_force: TimeInForceArg | None
    pending_strategy_id: int | None
    pending_strategy_type: int | None
    pending_peg_offset_type: PegOffsetTypeArg | None
    pending_peg_price_type: PegPriceTypeArg | None
    pending_peg_offset_value: int | None


class OtocoArguments(WorkingArguments, total=False):
    """What `submit_otoco` and `submit_opoco` take beside their first arguments."""

    pending_above_client_order_id: str | None
    pending_above_price: Number | None
    pending_above_stop_price: Number | None
    pending_above_trailing_delta: int | None
    pending_above_iceberg_qty: Number | None
    pending_above_time_in_force: TimeInForceArg | None
    pending_above_strategy_id: int | None
    pending_above_strategy_type: int | None
    pending_above_peg_price_type: PegPriceTypeArg | None
    pending_above_peg_offset_type: PegOffsetTypeArg | None
    pending_above_peg_offset_value: int | None
    pending_below_type: OrderTypeArg | None
    pending_below_client_order_id: str | None
    pending_below_price: Number | None
    pending_below_stop_price: Number | None
    pending_below_trailing_delta: int | None
    pending_below_iceberg_qty: Number | None
    pending_below_time_in_force: TimeInForceArg | None
    pending_below_strategy_id: int | None
    pending_below_strategy_type: int | None
    pending_below_peg_price_type: PegPriceTypeArg | None
    pending_below_peg_offset_type: PegOffsetTypeArg | None
    pending_below_peg_offset_value: int | None
