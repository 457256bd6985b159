"""Trading rules of a symbol, the exchange or an account (Filters)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Tag

from binance_wsapi.models.base import VenueModel

__all__ = [
    "ExchangeMaxNumAlgoOrders",
    "ExchangeMaxNumIcebergOrders",
    "ExchangeMaxNumOrderLists",
    "ExchangeMaxNumOrders",
    "Filter",
    "IcebergParts",
    "LotSize",
    "MarketLotSize",
    "MaxAsset",
    "MaxNumAlgoOrders",
    "MaxNumIcebergOrders",
    "MaxNumOrderAmends",
    "MaxNumOrderLists",
    "MaxNumOrders",
    "MaxPosition",
    "MinNotional",
    "Notional",
    "PercentPrice",
    "PercentPriceBySide",
    "PriceFilter",
    "TrailingDelta",
    "UnknownFilter",
]


class UnknownFilter(VenueModel):
    """A rule this library does not know; its fields are in ``model_extra``."""

    filter_type: str


class PriceFilter(VenueModel):
    """Prices are within bounds and multiples of ``tick_size``; a bound of zero is none."""

    filter_type: Literal["PRICE_FILTER"]
    min_price: Decimal
    max_price: Decimal
    tick_size: Decimal


class PercentPrice(VenueModel):
    """Prices are near the reference price, or the average of the last minutes where there is none."""

    filter_type: Literal["PERCENT_PRICE"]
    multiplier_up: Decimal
    multiplier_down: Decimal
    avg_price_mins: int


class PercentPriceBySide(VenueModel):
    """As `PercentPrice`, with bounds of their own for bids and asks."""

    filter_type: Literal["PERCENT_PRICE_BY_SIDE"]
    bid_multiplier_up: Decimal
    bid_multiplier_down: Decimal
    ask_multiplier_up: Decimal
    ask_multiplier_down: Decimal
    avg_price_mins: int


class LotSize(VenueModel):
    """Quantities are within bounds and multiples of ``step_size``."""

    filter_type: Literal["LOT_SIZE"]
    min_qty: Decimal
    max_qty: Decimal
    step_size: Decimal


class MarketLotSize(VenueModel):
    """As `LotSize`, for market orders."""

    filter_type: Literal["MARKET_LOT_SIZE"]
    min_qty: Decimal
    max_qty: Decimal
    step_size: Decimal


class MinNotional(VenueModel):
    """Price times quantity is at least ``min_notional``."""

    filter_type: Literal["MIN_NOTIONAL"]
    min_notional: Decimal
    apply_to_market: bool
    avg_price_mins: int


class Notional(VenueModel):
    """Price times quantity is within bounds."""

    filter_type: Literal["NOTIONAL"]
    min_notional: Decimal
    apply_min_to_market: bool
    max_notional: Decimal
    apply_max_to_market: bool
    avg_price_mins: int


class IcebergParts(VenueModel):
    """An iceberg order has at most ``limit`` parts."""

    filter_type: Literal["ICEBERG_PARTS"]
    limit: int


class MaxNumOrders(VenueModel):
    """Open orders of an account on the symbol."""

    filter_type: Literal["MAX_NUM_ORDERS"]
    max_num_orders: int


class MaxNumAlgoOrders(VenueModel):
    """Open stop and take-profit orders of an account on the symbol."""

    filter_type: Literal["MAX_NUM_ALGO_ORDERS"]
    max_num_algo_orders: int


class MaxNumIcebergOrders(VenueModel):
    """Open iceberg orders of an account on the symbol."""

    filter_type: Literal["MAX_NUM_ICEBERG_ORDERS"]
    max_num_iceberg_orders: int


class MaxPosition(VenueModel):
    """Base asset an account may hold or be about to buy."""

    filter_type: Literal["MAX_POSITION"]
    max_position: Decimal


class TrailingDelta(VenueModel):
    """Distances a trailing stop may keep, in basis points."""

    filter_type: Literal["TRAILING_DELTA"]
    min_trailing_above_delta: int
    max_trailing_above_delta: int
    min_trailing_below_delta: int
    max_trailing_below_delta: int


class MaxNumOrderAmends(VenueModel):
    """Times one order may be amended."""

    filter_type: Literal["MAX_NUM_ORDER_AMENDS"]
    max_num_order_amends: int


class MaxNumOrderLists(VenueModel):
    """Open order lists of an account on the symbol."""

    filter_type: Literal["MAX_NUM_ORDER_LISTS"]
    max_num_order_lists: int


class ExchangeMaxNumOrders(VenueModel):
    """Open orders of an account on the exchange."""

    filter_type: Literal["EXCHANGE_MAX_NUM_ORDERS"]
    max_num_orders: int


class ExchangeMaxNumAlgoOrders(VenueModel):
    """Open stop and take-profit orders of an account on the exchange."""

    filter_type: Literal["EXCHANGE_MAX_NUM_ALGO_ORDERS"]
    max_num_algo_orders: int


class ExchangeMaxNumIcebergOrders(VenueModel):
    """Open iceberg orders of an account on the exchange."""

    filter_type: Literal["EXCHANGE_MAX_NUM_ICEBERG_ORDERS"]
    max_num_iceberg_orders: int


class ExchangeMaxNumOrderLists(VenueModel):
    """Open order lists of an account on the exchange."""

    filter_type: Literal["EXCHANGE_MAX_NUM_ORDER_LISTS"]
    max_num_order_lists: int


class MaxAsset(VenueModel):
    """Amount of an asset one order may move."""

    filter_type: Literal["MAX_ASSET"]
    asset: str
    limit: Decimal


_KNOWN: tuple[type[VenueModel], ...] = (
    PriceFilter,
    PercentPrice,
    PercentPriceBySide,
    LotSize,
    MarketLotSize,
    MinNotional,
    Notional,
    IcebergParts,
    MaxNumOrders,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxPosition,
    TrailingDelta,
    MaxNumOrderAmends,
    MaxNumOrderLists,
    ExchangeMaxNumOrders,
    ExchangeMaxNumAlgoOrders,
    ExchangeMaxNumIcebergOrders,
    ExchangeMaxNumOrderLists,
    MaxAsset,
)
_NAMES = frozenset(kind.model_fields["filter_type"].annotation.__args__[0] for kind in _KNOWN)  # type: ignore[union-attr]


def _kind(value: Any) -> str:
    name = value.get("filterType") if isinstance(value, dict) else getattr(value, "filter_type", None)
    return name if isinstance(name, str) and name in _NAMES else "unknown"


Filter: TypeAlias = Annotated[
    Annotated[PriceFilter, Tag("PRICE_FILTER")]
    | Annotated[PercentPrice, Tag("PERCENT_PRICE")]
    | Annotated[PercentPriceBySide, Tag("PERCENT_PRICE_BY_SIDE")]
    | Annotated[LotSize, Tag("LOT_SIZE")]
    | Annotated[MarketLotSize, Tag("MARKET_LOT_SIZE")]
    | Annotated[MinNotional, Tag("MIN_NOTIONAL")]
    | Annotated[Notional, Tag("NOTIONAL")]
    | Annotated[IcebergParts, Tag("ICEBERG_PARTS")]
    | Annotated[MaxNumOrders, Tag("MAX_NUM_ORDERS")]
    | Annotated[MaxNumAlgoOrders, Tag("MAX_NUM_ALGO_ORDERS")]
    | Annotated[MaxNumIcebergOrders, Tag("MAX_NUM_ICEBERG_ORDERS")]
    | Annotated[MaxPosition, Tag("MAX_POSITION")]
    | Annotated[TrailingDelta, Tag("TRAILING_DELTA")]
    | Annotated[MaxNumOrderAmends, Tag("MAX_NUM_ORDER_AMENDS")]
    | Annotated[MaxNumOrderLists, Tag("MAX_NUM_ORDER_LISTS")]
    | Annotated[ExchangeMaxNumOrders, Tag("EXCHANGE_MAX_NUM_ORDERS")]
    | Annotated[ExchangeMaxNumAlgoOrders, Tag("EXCHANGE_MAX_NUM_ALGO_ORDERS")]
    | Annotated[ExchangeMaxNumIcebergOrders, Tag("EXCHANGE_MAX_NUM_ICEBERG_ORDERS")]
    | Annotated[ExchangeMaxNumOrderLists, Tag("EXCHANGE_MAX_NUM_ORDER_LISTS")]
    | Annotated[MaxAsset, Tag("MAX_ASSET")]
    | Annotated[UnknownFilter, Tag("unknown")],
    Discriminator(_kind),
]
"""Any rule, told apart by ``filter_type``; one this library does not know is an `UnknownFilter`."""
