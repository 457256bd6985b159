"""The venue's filters as typed data (filters.md). Prices, quantities and multipliers are integers of 1/10**8 units."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeAlias

from binance_wsapi.simulator.engine.model.numbers import parse, show

__all__ = [
    "AccountFilter",
    "ExchangeFilter",
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
    "SymbolFilter",
    "TrailingDelta",
    "filter_from_json",
]


@dataclass(frozen=True, slots=True)
class Filter:
    """Base of all filters: knows its wire name and its exchangeInfo shape."""

    filter_type: ClassVar[str] = ""
    money: ClassVar[frozenset[str]] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Return the filter as exchangeInfo shows it."""
        shown: dict[str, Any] = {"filterType": self.filter_type}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in self.money:
                value = show(value, 4) if "multiplier" in field.name else show(value)
            shown[_camel(field.name)] = value
        return shown


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


@dataclass(frozen=True, slots=True)
class PriceFilter(Filter):
    filter_type: ClassVar[str] = "PRICE_FILTER"
    money: ClassVar[frozenset[str]] = frozenset({"min_price", "max_price", "tick_size"})
    min_price: int = 0
    max_price: int = 0
    tick_size: int = 0


@dataclass(frozen=True, slots=True)
class PercentPrice(Filter):
    filter_type: ClassVar[str] = "PERCENT_PRICE"
    money: ClassVar[frozenset[str]] = frozenset({"multiplier_up", "multiplier_down"})
    multiplier_up: int
    multiplier_down: int
    avg_price_mins: int = 5


@dataclass(frozen=True, slots=True)
class PercentPriceBySide(Filter):
    filter_type: ClassVar[str] = "PERCENT_PRICE_BY_SIDE"
    money: ClassVar[frozenset[str]] = frozenset(
        {"bid_multiplier_up", "bid_multiplier_down", "ask_multiplier_up", "ask_multiplier_down"}
    )
    bid_multiplier_up: int
    bid_multiplier_down: int
    ask_multiplier_up: int
    ask_multiplier_down: int
    avg_price_mins: int = 5


@dataclass(frozen=True, slots=True)
class LotSize(Filter):
    filter_type: ClassVar[str] = "LOT_SIZE"
    money: ClassVar[frozenset[str]] = frozenset({"min_qty", "max_qty", "step_size"})
    min_qty: int
    max_qty: int
    step_size: int


@dataclass(frozen=True, slots=True)
class MarketLotSize(Filter):
    filter_type: ClassVar[str] = "MARKET_LOT_SIZE"
    money: ClassVar[frozenset[str]] = frozenset({"min_qty", "max_qty", "step_size"})
    min_qty: int
    max_qty: int
    step_size: int


@dataclass(frozen=True, slots=True)
class MinNotional(Filter):
    filter_type: ClassVar[str] = "MIN_NOTIONAL"
    money: ClassVar[frozenset[str]] = frozenset({"min_notional"})
    min_notional: int
    apply_to_market: bool = True
    avg_price_mins: int = 5


@dataclass(frozen=True, slots=True)
class Notional(Filter):
    filter_type: ClassVar[str] = "NOTIONAL"
    money: ClassVar[frozenset[str]] = frozenset({"min_notional", "max_notional"})
    min_notional: int
    apply_min_to_market: bool
    max_notional: int
    apply_max_to_market: bool
    avg_price_mins: int = 5


@dataclass(frozen=True, slots=True)
class IcebergParts(Filter):
    filter_type: ClassVar[str] = "ICEBERG_PARTS"
    limit: int


@dataclass(frozen=True, slots=True)
class MaxNumOrders(Filter):
    filter_type: ClassVar[str] = "MAX_NUM_ORDERS"
    max_num_orders: int


@dataclass(frozen=True, slots=True)
class MaxNumAlgoOrders(Filter):
    filter_type: ClassVar[str] = "MAX_NUM_ALGO_ORDERS"
    max_num_algo_orders: int


@dataclass(frozen=True, slots=True)
class MaxNumIcebergOrders(Filter):
    filter_type: ClassVar[str] = "MAX_NUM_ICEBERG_ORDERS"
    max_num_iceberg_orders: int


@dataclass(frozen=True, slots=True)
class MaxPosition(Filter):
    filter_type: ClassVar[str] = "MAX_POSITION"
    money: ClassVar[frozenset[str]] = frozenset({"max_position"})
    max_position: int


@dataclass(frozen=True, slots=True)
class TrailingDelta(Filter):
    filter_type: ClassVar[str] = "TRAILING_DELTA"
    min_trailing_above_delta: int
    max_trailing_above_delta: int
    min_trailing_below_delta: int
    max_trailing_below_delta: int


@dataclass(frozen=True, slots=True)
class MaxNumOrderAmends(Filter):
    filter_type: ClassVar[str] = "MAX_NUM_ORDER_AMENDS"
    max_num_order_amends: int


@dataclass(frozen=True, slots=True)
class MaxNumOrderLists(Filter):
    filter_type: ClassVar[str] = "MAX_NUM_ORDER_LISTS"
    max_num_order_lists: int


@dataclass(frozen=True, slots=True)
class ExchangeMaxNumOrders(Filter):
    filter_type: ClassVar[str] = "EXCHANGE_MAX_NUM_ORDERS"
    max_num_orders: int


@dataclass(frozen=True, slots=True)
class ExchangeMaxNumAlgoOrders(Filter):
    filter_type: ClassVar[str] = "EXCHANGE_MAX_NUM_ALGO_ORDERS"
    max_num_algo_orders: int


@dataclass(frozen=True, slots=True)
class ExchangeMaxNumIcebergOrders(Filter):
    filter_type: ClassVar[str] = "EXCHANGE_MAX_NUM_ICEBERG_ORDERS"
    max_num_iceberg_orders: int


@dataclass(frozen=True, slots=True)
class ExchangeMaxNumOrderLists(Filter):
    filter_type: ClassVar[str] = "EXCHANGE_MAX_NUM_ORDER_LISTS"
    max_num_order_lists: int


@dataclass(frozen=True, slots=True)
class MaxAsset(Filter):
    filter_type: ClassVar[str] = "MAX_ASSET"
    money: ClassVar[frozenset[str]] = frozenset({"limit"})
    asset: str
    limit: int


SymbolFilter: TypeAlias = (
    PriceFilter
    | PercentPrice
    | PercentPriceBySide
    | LotSize
    | MarketLotSize
    | MinNotional
    | Notional
    | IcebergParts
    | MaxNumOrders
    | MaxNumAlgoOrders
    | MaxNumIcebergOrders
    | MaxPosition
    | TrailingDelta
    | MaxNumOrderAmends
    | MaxNumOrderLists
)
ExchangeFilter: TypeAlias = (
    ExchangeMaxNumOrders | ExchangeMaxNumAlgoOrders | ExchangeMaxNumIcebergOrders | ExchangeMaxNumOrderLists
)
AccountFilter: TypeAlias = MaxAsset

_BY_NAME: dict[str, type[Filter]] = {
    kind.filter_type: kind
    for kind in (
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
}


_WORDS = {"int": (int, "a whole number"), "bool": (bool, "true or false"), "str": (str, "text")}
"""Types of the fields that are no amounts, by their annotations, and what they are called."""


def _plain(key: str, annotation: str, value: Any) -> Any:
    """Return a count, a switch or a name of a filter."""
    kind, word = _WORDS[annotation]
    if type(value) is not kind:
        raise ValueError(f"{key} must be {word}, got {value!r}")
    return value


def filter_from_json(shown: dict[str, Any]) -> Filter:
    """Read a filter in its exchangeInfo shape.

    Raises:
        ValueError: unknown filter type, or a field is missing or unknown.
    """
    kind = _BY_NAME.get(shown.get("filterType", ""))
    if kind is None:
        raise ValueError(f"unknown filter: {shown!r}")
    names = {_camel(field.name): field.name for field in fields(kind)}
    types = {field.name: str(field.type) for field in fields(kind)}
    given: dict[str, Any] = {}
    for key, value in shown.items():
        if key == "filterType":
            continue
        if key not in names:
            raise ValueError(f"unknown field {key!r} of {kind.filter_type}")
        given[names[key]] = parse(value) if names[key] in kind.money else _plain(key, types[names[key]], value)
    try:
        return kind(**given)
    except TypeError as error:
        raise ValueError(f"incomplete {kind.filter_type}: {shown!r}") from error
