"""What the engine tells: one object per thing that happened, handed to the sink in order.

An `OrderEvent` carries a copy of every value that changes over an order's life; what never changes (symbol, side,
type, strategy, peg instructions, list id, ...) is read from `.order`. Letters in the field docs are the keys of the
venue's executionReport (user-data-stream.md, "Order Update").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from binance_wsapi.simulator.engine.model.enums import (
    ContingencyType,
    ExecutionType,
    ExpiryReason,
    ListOrderStatus,
    ListStatusType,
    OrderStatus,
    RejectReason,
    Side,
    StpMode,
    WorkingFloor,
)

if TYPE_CHECKING:
    from binance_wsapi.simulator.engine.model.order import Order, OrderList

__all__ = [
    "AccountPosition",
    "BalanceUpdate",
    "Event",
    "ExternalLockUpdate",
    "LevelChange",
    "ListEvent",
    "OrderEvent",
    "PreventedMatch",
    "ReferencePriceEvent",
    "Sink",
    "SymbolStatusEvent",
    "TradeEvent",
]


@dataclass(frozen=True, slots=True)
class PreventedMatch:
    """A match that self-trade prevention stopped: an entry of myPreventedMatches.

    Quantities are None where the STP mode left that side alone (stp_faq, "What is a Prevented Match?").
    """

    symbol: str
    prevented_match_id: int
    taker_order_id: int
    maker_symbol: str
    maker_order_id: int
    taker_account_id: int
    maker_account_id: int
    trade_group_id: int
    stp_mode: StpMode
    price: int
    taker_prevented_quantity: int | None
    maker_prevented_quantity: int | None
    time: int


class OrderEvent(Struct):
    """One executionReport. Goes to the account `order.account_id`."""

    order: Order
    execution_type: ExecutionType  # x
    status: OrderStatus  # X
    time: int  # T
    execution_id: int  # I
    client_order_id: str  # c
    orig_client_order_id: str  # C
    price: int  # p
    quantity: int  # q
    executed_qty: int  # z
    cumulative_quote_qty: int  # Z
    prevented_qty: int  # A
    working_time: int  # W, -1: left out
    trailing_time: int  # D
    pegged_price: int  # gp, 0: left out
    is_on_book: bool  # w
    reject_reason: RejectReason = RejectReason.NONE  # r
    expiry_reason: ExpiryReason | None = None  # eR
    last_price: int = 0  # L
    last_qty: int = 0  # l
    last_quote_qty: int = 0  # Y
    commission: int = 0  # n
    commission_asset: str | None = None  # N
    trade_id: int = -1  # t
    is_maker: bool = False  # m
    prevented_match: PreventedMatch | None = None  # v, u
    last_prevented_qty: int = 0  # B
    prevented_execution_qty: int = 0  # pl
    prevented_execution_price: int = 0  # pL
    prevented_execution_quote_qty: int = 0  # pY
    counter_order_id: int | None = None  # U
    counter_symbol: str | None = None  # Cs
    allocation_id: int | None = None  # a; the match type b is ONE_PARTY_TRADE_REPORT then
    working_floor: WorkingFloor | None = None  # k
    used_sor: bool = False  # uS


class TradeEvent(Struct):
    """A trade on a book. `buyer_order_id` or `seller_order_id` is -1 where smart order routing took."""

    symbol: str
    trade_id: int
    price: int
    quantity: int
    quote_quantity: int
    time: int
    buyer_order_id: int
    seller_order_id: int
    buyer_account_id: int
    seller_account_id: int
    is_buyer_maker: bool


class LevelChange(Struct):
    """A book level shows a new quantity; zero removes it. `update_id` rises by exactly one per symbol and change."""

    symbol: str
    side: Side
    price: int
    quantity: int
    update_id: int
    time: int


class AccountPosition(Struct):
    """outboundAccountPosition: (asset, free, locked) of every asset the command may have changed."""

    account_id: int
    time: int
    balances: list[tuple[str, int, int]]


@dataclass(slots=True)
class BalanceUpdate:
    """balanceUpdate: a deposit (positive) or withdrawal."""

    account_id: int
    asset: str
    delta: int
    time: int


@dataclass(slots=True)
class ExternalLockUpdate:
    """externalLockUpdate: funds locked (positive) or released by another system."""

    account_id: int
    asset: str
    delta: int
    time: int


@dataclass(slots=True)
class ListEvent:
    """listStatus. `orders` are (symbol, order id, client order id)."""

    order_list: OrderList
    account_id: int
    symbol: str
    order_list_id: int
    contingency_type: ContingencyType
    list_status_type: ListStatusType
    list_order_status: ListOrderStatus
    reject_reason: RejectReason
    list_client_order_id: str
    time: int
    orders: list[tuple[str, int, str]]


@dataclass(slots=True)
class ReferencePriceEvent:
    """The reference price of a symbol changed; None is "not set"."""

    symbol: str
    price: int | None
    time: int


@dataclass(slots=True)
class SymbolStatusEvent:
    symbol: str
    status: str
    time: int


Event: TypeAlias = (
    OrderEvent
    | TradeEvent
    | LevelChange
    | AccountPosition
    | BalanceUpdate
    | ExternalLockUpdate
    | ListEvent
    | ReferencePriceEvent
    | SymbolStatusEvent
)
Sink: TypeAlias = Callable[[Event], None]
