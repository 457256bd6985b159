"""What replies say about orders and order lists.

Two spellings of one thing: ``cummulativeQuoteQty`` in most replies, ``cumulativeQuoteQty`` in those about amendments. Both
are ``cumulative_quote_qty`` here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Protocol, TypeAlias

from msgspec import field
from pydantic import Discriminator, Tag

from binance_wsapi.models.base import Time, Timestamp, VenueModel
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
from binance_wsapi.models.struct import VenueStruct

__all__ = [
    "AmendedOrder",
    "Amendment",
    "CancelReplaceResponse",
    "Cancellation",
    "CanceledOrder",
    "CanceledOrderInList",
    "CanceledOrderList",
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
    "OrderTestCommission",
    "OrderTestResult",
    "PreventedMatchOfOrder",
]


class _Conditional(VenueStruct, frozen=True, kw_only=True):
    """Fields that appear only under conditions (Conditional fields in Order Responses)."""

    stop_price: Decimal | None = None
    iceberg_qty: Decimal | None = None
    prevented_match_id: int | None = None
    prevented_quantity: Decimal | None = None
    trade_group_id: int | None = None
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


class _HasProgress(Protocol):
    """An order that says how far it got."""

    @property
    def orig_qty(self) -> Decimal | None: ...
    @property
    def executed_qty(self) -> Decimal: ...
    @property
    def cumulative_quote_qty(self) -> Decimal: ...
    @property
    def prevented_quantity(self) -> Decimal | None: ...
    @property
    def status(self) -> OrderStatus: ...


class _Progress:
    """What follows from how far an order got."""

    __slots__ = ()

    @property
    def average_price(self: _HasProgress) -> Decimal | None:
        """Average price of what was executed; None before the first fill, or where the venue does not know."""
        if self.executed_qty <= 0 or self.cumulative_quote_qty < 0:
            return None
        return self.cumulative_quote_qty / self.executed_qty

    @property
    def remaining_qty(self: _HasProgress) -> Decimal | None:
        """Base quantity that is neither executed nor lost to self-trade prevention; None where there is none yet.

        What an open order may still execute (STP FAQ, "What is prevented quantity?"). The pending orders of an OPO have
        no quantity until the working one is filled.
        """
        if self.orig_qty is None:
            return None
        return self.orig_qty - self.executed_qty - (self.prevented_quantity or 0)

    @property
    def is_final(self: _HasProgress) -> bool:
        """Whether nothing more can happen to the order."""
        return self.status.is_final


class Fill(VenueStruct, frozen=True, kw_only=True):
    """One execution of the order that was just placed."""

    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str
    trade_id: int
    match_type: MatchType | None = None
    alloc_id: int | None = None


class PreventedMatchOfOrder(VenueStruct, frozen=True, kw_only=True):
    """A trade of the order that was just placed with another of the same owner, which was prevented."""

    prevented_match_id: int
    maker_order_id: int
    price: Decimal
    maker_symbol: str | None = None
    taker_prevented_quantity: Decimal | None = None
    maker_prevented_quantity: Decimal | None = None


class OrderAck(VenueStruct, frozen=True, kw_only=True):
    """The venue took the order; no more is said."""

    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    transact_time: Timestamp


class OrderResult(_Progress, OrderAck, frozen=True, kw_only=True):
    """The venue took the order, and this is its state."""

    orig_qty: Decimal | None = None
    executed_qty: Decimal
    cumulative_quote_qty: Decimal = field(name="cummulativeQuoteQty")
    status: OrderStatus
    price: Decimal
    orig_quote_order_qty: Decimal | None = None
    time_in_force: TimeInForce
    type: OrderType
    side: Side
    working_time: Timestamp | None = None
    self_trade_prevention_mode: SelfTradePreventionMode | None = None
    # A struct has one parent that has fields: these are those of `_Conditional`, as a test makes sure.
    stop_price: Decimal | None = None
    iceberg_qty: Decimal | None = None
    prevented_match_id: int | None = None
    prevented_quantity: Decimal | None = None
    trade_group_id: int | None = None
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


class OrderFull(OrderResult, frozen=True, kw_only=True):
    """The venue took the order, and this is its state and what it was filled with."""

    fills: list[Fill]
    prevented_matches: list[PreventedMatchOfOrder] | None = None

    @property
    def commission(self) -> dict[str, Decimal]:
        """Commission paid, by asset."""
        total: dict[str, Decimal] = {}
        for fill in self.fills:
            total[fill.commission_asset] = total.get(fill.commission_asset, Decimal(0)) + fill.commission
        return total


def _order_kind(value: Any) -> str:
    """Return how much a report about a new order tells: FULL has fills, RESULT a status, ACK neither."""
    if not isinstance(value, dict):
        return "FULL" if isinstance(value, OrderFull) else "RESULT" if isinstance(value, OrderResult) else "ACK"
    return "FULL" if "fills" in value else "RESULT" if "status" in value else "ACK"


OrderResponse: TypeAlias = Annotated[
    Annotated[OrderAck, Tag("ACK")] | Annotated[OrderResult, Tag("RESULT")] | Annotated[OrderFull, Tag("FULL")],
    Discriminator(_order_kind),
]
"""A report about a new order; ``new_order_resp_type`` says how much it tells."""


class CanceledOrder(OrderResult, frozen=True, kw_only=True):
    """An order that was cancelled. ``client_order_id`` is the id it was given by that."""

    orig_client_order_id: str


class OrderState(_Progress, _Conditional, frozen=True, kw_only=True):
    """An order as the venue's memory or database has it, which may lag behind the matching engine."""

    orig_qty: Decimal | None = None
    executed_qty: Decimal
    cumulative_quote_qty: Decimal = field(name="cummulativeQuoteQty")
    status: OrderStatus
    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    price: Decimal
    orig_quote_order_qty: Decimal | None = None
    time_in_force: TimeInForce
    type: OrderType
    side: Side
    time: Timestamp
    update_time: Timestamp
    is_working: bool
    working_time: Timestamp | None = None
    self_trade_prevention_mode: SelfTradePreventionMode | None = None


class OrderInList(VenueStruct, frozen=True, kw_only=True):
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


class OrderListReports(OrderList):
    """An order list that was just placed, with a report about each of its orders."""

    order_reports: list[OrderResponse]


class CanceledOrderInList(OrderResult, frozen=True, kw_only=True):
    """An order that was cancelled with its list; only ``order.cancel`` tells which id it had before."""

    orig_client_order_id: str | None = None


class CanceledOrderList(OrderList):
    """An order list that was cancelled, with a report about each of its orders."""

    order_reports: list[CanceledOrderInList]


def _cancel_kind(value: Any) -> str:
    listed = "orderReports" in value if isinstance(value, dict) else isinstance(value, CanceledOrderList)
    return "list" if listed else "order"


Cancellation: TypeAlias = Annotated[
    Annotated[CanceledOrder, Tag("order")] | Annotated[CanceledOrderList, Tag("list")], Discriminator(_cancel_kind)
]
"""What a cancel cancelled: an order, or the whole list it belonged to."""


class CancelReplaceResponse(VenueModel):
    """Both halves of a cancel-replace, when both succeeded."""

    cancel_result: CancelReplaceResult
    new_order_result: CancelReplaceResult
    cancel_response: Cancellation
    new_order_response: OrderResponse


class AmendedOrder(_Conditional, frozen=True, kw_only=True):
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
    working_time: Timestamp | None = None
    self_trade_prevention_mode: SelfTradePreventionMode | None = None


class AmendedListStatus(VenueStruct, frozen=True, kw_only=True):
    """The list that an amended order belongs to."""

    order_list_id: int
    contingency_type: ContingencyType
    list_order_status: ListOrderStatus
    list_client_order_id: str
    symbol: str
    orders: list[OrderInList]


class OrderAmendResult(VenueStruct, frozen=True, kw_only=True):
    """What an amendment made of the order, and of its list where it has one."""

    transact_time: Timestamp
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
    """The order would be accepted."""


class OrderTestCommission(OrderTestResult):
    """The order would be accepted, and these rates would be paid on it."""

    standard_commission_for_order: Commission
    special_commission_for_order: Commission | None = None  # not in the reply to sor.order.test
    tax_commission_for_order: Commission
    discount: CommissionDiscount
