"""What replies say about orders and order lists.

Two spellings of one thing: ``cummulativeQuoteQty`` in most replies, ``cumulativeQuoteQty`` in those about amendments. Both
are ``cumulative_quote_qty`` here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from pydantic import Field

from binance_wsapi.models.base import Time, VenueModel
from binance_wsapi.models.enums import (
    CancelReplaceResult,
    ContingencyType,
    ExpiryReason,
    ListOrderStatus,
    ListStatusType,
    MatchType,
    OrderStatus,
    OrderType,
    PegOffsetType,
    PegPriceType,
    SelfTradePreventionMode,
    Side,
    TimeInForce,
    WorkingFloor,
)

__all__ = [
    "AmendedOrder",
    "Amendment",
    "CancelReplaceResponse",
    "CanceledOrder",
    "Commission",
    "CommissionDiscount",
    "Fill",
    "OrderAck",
    "OrderAmendResult",
    "OrderFull",
    "OrderInList",
    "OrderList",
    "OrderListReports",
    "OrderResponse",
    "OrderResult",
    "OrderState",
    "OrderTestResult",
]


class _Conditional(VenueModel):
    """Fields that appear only under conditions (Conditional fields in Order Responses)."""

    stop_price: Decimal | None = None
    iceberg_qty: Decimal | None = None
    prevented_match_id: int | None = None
    prevented_quantity: Decimal | None = None
    strategy_id: int | None = None
    strategy_type: int | None = None
    trailing_delta: int | None = None
    trailing_time: int | None = None
    used_sor: bool | None = None
    working_floor: WorkingFloor | None = None
    peg_price_type: PegPriceType | None = None
    peg_offset_type: PegOffsetType | None = None
    peg_offset_value: int | None = None
    pegged_price: Decimal | None = None
    expiry_reason: ExpiryReason | None = None


class _Executed(_Conditional):
    """How far an order got."""

    orig_qty: Decimal | None = None
    executed_qty: Decimal
    cumulative_quote_qty: Decimal = Field(alias="cummulativeQuoteQty")
    status: OrderStatus

    @property
    def average_price(self) -> Decimal | None:
        """Average price of what was executed; None before the first fill, or where the venue does not know."""
        if self.executed_qty <= 0 or self.cumulative_quote_qty < 0:
            return None
        return self.cumulative_quote_qty / self.executed_qty

    @property
    def remaining_qty(self) -> Decimal | None:
        """Base quantity that is not executed; None where the order has no quantity of its own yet."""
        return None if self.orig_qty is None else self.orig_qty - self.executed_qty

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self.status.is_final


class Fill(VenueModel):
    """One execution of the order that was just placed."""

    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str
    trade_id: int
    match_type: MatchType | None = None
    alloc_id: int | None = None


class OrderAck(VenueModel):
    """The venue took the order; no more is said."""

    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    transact_time: Time


class OrderResult(OrderAck, _Executed):
    """The venue took the order, and this is its state."""

    price: Decimal
    orig_quote_order_qty: Decimal
    time_in_force: TimeInForce
    type: OrderType
    side: Side
    working_time: Time | None = None
    self_trade_prevention_mode: SelfTradePreventionMode | None = None


class OrderFull(OrderResult):
    """The venue took the order, and this is its state and what it was filled with."""

    fills: list[Fill]

    @property
    def commission(self) -> dict[str, Decimal]:
        """Commission paid, by asset."""
        total: dict[str, Decimal] = {}
        for fill in self.fills:
            total[fill.commission_asset] = total.get(fill.commission_asset, Decimal(0)) + fill.commission
        return total


OrderResponse: TypeAlias = OrderAck | OrderResult | OrderFull


class CanceledOrder(OrderResult):
    """An order that was cancelled. ``client_order_id`` is the id it was given by that."""

    orig_client_order_id: str


class OrderState(_Executed):
    """An order as the venue's memory or database has it, which may lag behind the matching engine."""

    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    price: Decimal
    orig_quote_order_qty: Decimal
    time_in_force: TimeInForce
    type: OrderType
    side: Side
    time: Time
    update_time: Time
    is_working: bool
    working_time: Time | None = None
    self_trade_prevention_mode: SelfTradePreventionMode | None = None


class OrderInList(VenueModel):
    """An order of a list."""

    symbol: str
    order_id: int
    client_order_id: str


class OrderList(VenueModel):
    """An order list."""

    order_list_id: int
    contingency_type: ContingencyType
    list_status_type: ListStatusType
    list_order_status: ListOrderStatus
    list_client_order_id: str
    transaction_time: Time
    symbol: str
    orders: list[OrderInList]


class ListedOrder(OrderResult):
    """A report about an order of a list: of its placing, or of its cancelling."""

    orig_client_order_id: str | None = None


class OrderListReports(OrderList):
    """An order list with a report about each of its orders."""

    order_reports: list[ListedOrder]


class CancelReplaceResponse(VenueModel):
    """Both halves of a cancel-replace, when both succeeded."""

    cancel_result: CancelReplaceResult
    new_order_result: CancelReplaceResult
    cancel_response: CanceledOrder | OrderListReports
    new_order_response: OrderFull | OrderResult | OrderAck


class AmendedOrder(_Conditional):
    """An order whose quantity was lowered."""

    symbol: str
    order_id: int
    order_list_id: int
    orig_client_order_id: str
    client_order_id: str
    price: Decimal
    qty: Decimal
    executed_qty: Decimal
    prevented_qty: Decimal
    quote_order_qty: Decimal
    cumulative_quote_qty: Decimal
    status: OrderStatus
    time_in_force: TimeInForce
    type: OrderType
    side: Side
    working_time: Time | None = None
    self_trade_prevention_mode: SelfTradePreventionMode | None = None


class AmendedListStatus(VenueModel):
    """The list that an amended order belongs to."""

    order_list_id: int
    contingency_type: ContingencyType
    list_order_status: ListOrderStatus
    list_client_order_id: str
    symbol: str
    orders: list[OrderInList]


class OrderAmendResult(VenueModel):
    """What an amendment made of the order, and of its list where it has one."""

    transact_time: Time
    execution_id: int
    amended_order: AmendedOrder
    list_status: AmendedListStatus | None = None


class Amendment(VenueModel):
    """One past amendment of an order."""

    symbol: str
    order_id: int
    execution_id: int
    orig_client_order_id: str
    new_client_order_id: str
    orig_qty: Decimal
    new_qty: Decimal
    time: Time


class Commission(VenueModel):
    """Rates of a commission."""

    maker: Decimal
    taker: Decimal
    buyer: Decimal | None = None
    seller: Decimal | None = None


class CommissionDiscount(VenueModel):
    """What paying the commission in another asset is worth. The standard commission is multiplied by ``discount``."""

    enabled_for_account: bool
    enabled_for_symbol: bool
    discount_asset: str
    discount: Decimal


class OrderTestResult(VenueModel):
    """The order would be accepted; with rates where they were asked for."""

    standard_commission_for_order: Commission | None = None
    special_commission_for_order: Commission | None = None
    tax_commission_for_order: Commission | None = None
    discount: CommissionDiscount | None = None
