"""Results of the account requests."""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.models.base import Time, VenueModel
from binance_wsapi.models.enums import AllocationType, SelfTradePreventionMode
from binance_wsapi.models.filters import Filter
from binance_wsapi.models.spot.orders import Commission, CommissionDiscount

__all__ = [
    "Account",
    "AccountCommission",
    "AccountFilters",
    "AccountTrade",
    "Allocation",
    "Balance",
    "PreventedMatch",
]


class Balance(VenueModel):
    """What an account has of an asset."""

    asset: str
    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked


class Account(VenueModel):
    """State of an account."""

    maker_commission: int
    taker_commission: int
    buyer_commission: int
    seller_commission: int
    can_trade: bool
    can_withdraw: bool
    can_deposit: bool
    commission_rates: Commission
    brokered: bool
    require_self_trade_prevention: bool
    prevent_sor: bool
    update_time: Time
    account_type: str
    balances: list[Balance]
    permissions: list[str]
    uid: int

    def balance(self, asset: str) -> Balance:
        """Return the balance of an asset, zero where the account has none."""
        for each in self.balances:
            if each.asset == asset:
                return each
        return Balance(asset=asset, free=Decimal(0), locked=Decimal(0))


class AccountTrade(VenueModel):
    """A trade of the account."""

    symbol: str
    id: int
    order_id: int
    order_list_id: int
    price: Decimal
    qty: Decimal
    quote_qty: Decimal
    commission: Decimal
    commission_asset: str
    time: Time
    is_buyer: bool
    is_maker: bool
    is_best_match: bool


class PreventedMatch(VenueModel):
    """A trade of the account with itself that was prevented."""

    symbol: str
    prevented_match_id: int
    taker_order_id: int
    maker_symbol: str
    maker_order_id: int
    trade_group_id: int
    self_trade_prevention_mode: SelfTradePreventionMode
    price: Decimal
    taker_prevented_quantity: Decimal | None = None
    maker_prevented_quantity: Decimal | None = None
    transact_time: Time


class Allocation(VenueModel):
    """A fill by smart order routing."""

    symbol: str
    allocation_id: int
    allocation_type: AllocationType
    order_id: int
    order_list_id: int
    price: Decimal
    qty: Decimal
    quote_qty: Decimal
    commission: Decimal
    commission_asset: str
    time: Time
    is_buyer: bool
    is_maker: bool
    is_allocator: bool


class AccountCommission(VenueModel):
    """Commission rates of the account on a symbol."""

    symbol: str
    standard_commission: Commission
    special_commission: Commission | None = None
    tax_commission: Commission
    discount: CommissionDiscount


class AccountFilters(VenueModel):
    """Rules that apply to the account."""

    exchange_filters: list[Filter]
    symbol_filters: list[Filter]
    asset_filters: list[Filter]
