"""Results of the general requests: time, limits, symbols, execution rules."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, TypeAlias

import msgspec
from pydantic import Field, ValidationError

from binance_wsapi.errors import UnreadableReply
from binance_wsapi.models.base import Time, VenueModel
from binance_wsapi.models.enums import (
    ExecutionRuleType,
    OrderType,
    RateLimitInterval,
    RateLimitType,
    SelfTradePreventionMode,
    SymbolStatus,
)
from binance_wsapi.models.filters import Filter
from binance_wsapi.models.spot.symbols import LazyBySymbol, cut

__all__ = [
    "Empty",
    "ExchangeInfo",
    "ExecutionRule",
    "ExecutionRules",
    "RateLimitInfo",
    "ServerTime",
    "SorInfo",
    "SymbolInfo",
    "SymbolRulesInfo",
]


# A symbol may allow an order type this library cannot place; the whole of the venue's rules is not lost over it.
ListedOrderType: TypeAlias = Annotated[OrderType | str, Field(union_mode="left_to_right")]


class Empty(VenueModel):
    """A result without fields."""


class ServerTime(VenueModel):
    """The venue's clock."""

    server_time: Time


class RateLimitInfo(VenueModel):
    """One limit; ``count`` is there where the venue tells what is used of it."""

    rate_limit_type: RateLimitType
    interval: RateLimitInterval
    interval_num: int
    limit: int
    count: int | None = None


class SymbolInfo(VenueModel):
    """Everything about a symbol."""

    symbol: str
    status: SymbolStatus
    base_asset: str
    base_asset_precision: int
    quote_asset: str
    quote_precision: int
    quote_asset_precision: int
    base_commission_precision: int
    quote_commission_precision: int
    order_types: list[ListedOrderType]
    iceberg_allowed: bool
    oco_allowed: bool
    oto_allowed: bool
    opo_allowed: bool = False
    quote_order_qty_market_allowed: bool
    allow_trailing_stop: bool
    cancel_replace_allowed: bool
    amend_allowed: bool
    peg_instructions_allowed: bool = False
    is_spot_trading_allowed: bool
    is_margin_trading_allowed: bool
    filters: list[Filter]
    permissions: list[str] = Field(default_factory=list)  # always empty, and announced to go (CHANGELOG, 2024-04-10)
    permission_sets: list[list[str]]
    default_self_trade_prevention_mode: SelfTradePreventionMode
    allowed_self_trade_prevention_modes: list[SelfTradePreventionMode]


class SorInfo(VenueModel):
    """Symbols that smart order routing treats as one market."""

    base_asset: str
    symbols: list[str]


MOST_BESIDE_SYMBOLS: Final = 100_000
"""Commas of what is read at once."""


def _read_row(row: bytes, context: dict[str, Any] | None) -> SymbolInfo:
    """Read a symbol when it is looked at first.

    Raises:
        UnreadableReply: the venue's row has not the documented shape.
    """
    try:
        return SymbolInfo.model_validate_json(row, context=context)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_url=False, include_input=False)[0]["loc"]))
    # Outside ``except``: the foreign error quotes the row.
    raise UnreadableReply(f"a symbol in the result of exchangeInfo has not the documented shape at: {place}")


class ExchangeInfo(VenueModel):
    """The venue's limits, rules and symbols."""

    most_parts: ClassVar[int] = 1_000_000_000  # symbols are read when they are asked for

    timezone: str
    server_time: Time
    rate_limits: list[RateLimitInfo]
    exchange_filters: list[Filter]
    symbols: LazyBySymbol[SymbolInfo]
    sors: list[SorInfo] | None = None

    def symbol(self, name: str) -> SymbolInfo | None:
        """Return the symbol of this name, or None."""
        return self.symbols.get(name)

    @classmethod
    def reader(cls, *, many: bool = False) -> Callable[[bytes, bool], Any]:
        """Return what reads it from JSON, without reading its symbols."""
        assert not many

        def read(data: bytes, microseconds: bool) -> ExchangeInfo:
            context = {"microseconds": True} if microseconds else None
            rest, rows = cut(data, "symbols")
            if rest.count(b",") > MOST_BESIDE_SYMBOLS:
                raise msgspec.ValidationError("more parts than any such result has")
            info = cls.model_validate_json(rest, context=context)
            info.__dict__["symbols"] = LazyBySymbol(rows, lambda row: _read_row(row, context))
            info.keep_raw(data)
            return info

        return read


class ExecutionRule(VenueModel):
    """One execution rule; a multiplier that is missing is no bound."""

    rule_type: ExecutionRuleType
    bid_limit_mult_up: Decimal | None = None
    bid_limit_mult_down: Decimal | None = None
    ask_limit_mult_up: Decimal | None = None
    ask_limit_mult_down: Decimal | None = None


class SymbolRulesInfo(VenueModel):
    """The execution rules of a symbol."""

    symbol: str
    rules: list[ExecutionRule]


class ExecutionRules(VenueModel):
    """The execution rules of the symbols asked for."""

    symbol_rules: list[SymbolRulesInfo]
