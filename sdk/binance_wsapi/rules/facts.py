"""What the rules read of a symbol and of its exchange: of Spot, `SymbolInfo` and `ExchangeInfo` have it.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from typing_extensions import TypeVar

from binance_wsapi.models.enums import SelfTradePreventionMode, SymbolStatus

__all__ = ["ExchangeFacts", "Facts", "SymbolFacts"]


class SymbolFacts(Protocol):
    """The facts of a symbol by which an order is judged."""

    @property
    def symbol(self) -> str:
        """Trading pair."""

    @property
    def status(self) -> SymbolStatus:
        """Whether its market takes new orders."""

    @property
    def base_asset(self) -> str:
        """What is traded."""

    @property
    def base_asset_precision(self) -> int:
        """Decimals of a quantity."""

    @property
    def quote_asset(self) -> str:
        """What it is paid with."""

    @property
    def quote_asset_precision(self) -> int:
        """Decimals of a price, and of an amount that is paid."""

    @property
    def order_types(self) -> Sequence[str]:
        """Types of orders that are taken."""

    @property
    def iceberg_allowed(self) -> bool:
        """Whether an order may show a part of itself."""

    @property
    def quote_order_qty_market_allowed(self) -> bool:
        """Whether an order may say what it pays in place of its quantity."""

    @property
    def allow_trailing_stop(self) -> bool:
        """Whether a stop may follow the price."""

    @property
    def peg_instructions_allowed(self) -> bool:
        """Whether a price may follow the book."""

    @property
    def is_spot_trading_allowed(self) -> bool:
        """Whether it is traded for the assets themselves."""

    @property
    def permission_sets(self) -> Sequence[Sequence[str]]:
        """Permissions; an account needs one of each set."""

    @property
    def allowed_self_trade_prevention_modes(self) -> Sequence[SelfTradePreventionMode]:
        """What may happen to orders that would trade with those of the same account."""

    @property
    def filters(self) -> Sequence[Any]:
        """Filters of the symbol (`binance_wsapi.models.filters`)."""


Facts = TypeVar("Facts", bound=SymbolFacts, covariant=True, default=SymbolFacts)
"""The model in which a product describes a symbol."""


class ExchangeFacts(Protocol[Facts]):
    """The answer that tells the rules of symbols."""

    @property
    def exchange_filters(self) -> Sequence[Any]:
        """Filters of the whole exchange."""

    def symbol(self, name: str) -> Facts | None:
        """Return the symbol of this name, or None."""
