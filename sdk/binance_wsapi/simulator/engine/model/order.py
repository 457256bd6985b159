"""Orders and order lists: the engine's records, from acceptance to the archive."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import Struct

from binance_wsapi.simulator.engine.model.enums import (
    ContingencyType,
    ExpiryReason,
    ListKind,
    ListOrderStatus,
    ListStatusType,
    OrderStatus,
    OrderType,
    PegOffsetType,
    PegPriceType,
    Side,
    StpMode,
    TimeInForce,
    WorkingFloor,
)

if TYPE_CHECKING:
    from binance_wsapi.simulator.engine.model.accounts import Account
    from binance_wsapi.simulator.engine.model.market import Market

__all__ = ["ALGO_TYPES", "MARKET_TYPES", "Amendment", "Order", "OrderList"]

ALGO_TYPES = frozenset(
    {OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
)
MARKET_TYPES = frozenset({OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})
"""Types that take at any price once they work."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """One entry of order.amendments."""

    symbol: str
    order_id: int
    execution_id: int
    orig_client_order_id: str
    new_client_order_id: str
    orig_qty: int
    new_qty: int
    time: int


class Order(Struct, eq=False):
    """One order. Amounts in units of 1/10**8, times in microseconds, -1 for a time that has not come.

    Attributes:
        price: as asked for, 0 if none was.
        limit: the price it works at: `price`, or the pegged price; 0 takes any price.
        quantity: 0 for a pending order of an OPO whose quantity is not known yet.
        remaining: quantity - executed - prevented.
        visible: what the book shows of it while it rests.
        locked: funds this order holds, in the asset it pays with.
        orig_client_order_id: the id it had before it was cancelled or last amended, else empty.
        listed_client_order_id: the id by which its list shows it; cancelling does not change it.
        is_working: whether it has entered the book (`isWorking`).
        on_book: whether it rests on the book now.
    """

    account: Account
    market: Market
    order_id: int
    client_order_id: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: int
    quantity: int
    quote_order_qty: int
    stop_price: int
    trailing_delta: int
    iceberg_qty: int
    strategy_id: int | None
    strategy_type: int | None
    stp_mode: StpMode
    peg_price_type: PegPriceType | None
    peg_offset_type: PegOffsetType | None
    peg_offset_value: int | None
    time: int
    is_buy: bool
    order_list: OrderList | None = None
    status: OrderStatus = OrderStatus.NEW
    limit: int = 0
    lock_price: int = 0
    executed_qty: int = 0
    cumulative_quote_qty: int = 0
    prevented_qty: int = 0
    prevented_match_id: int | None = None
    remaining: int = 0
    visible: int = 0
    locked: int = 0
    update_time: int = 0
    working_time: int = -1
    trailing_time: int = -1
    extreme: int = 0
    pegged_price: int = 0
    expiry_reason: ExpiryReason | None = None
    orig_client_order_id: str = ""
    listed_client_order_id: str = ""
    is_working: bool = False
    on_book: bool = False
    is_open: bool = True
    liquidity_ran_out: bool = False
    used_sor: bool = False
    working_floor: WorkingFloor | None = None
    amendments: list[Amendment] | None = None

    @property
    def symbol(self) -> str:
        return self.market.spec.symbol

    @property
    def account_id(self) -> int:
        return self.account.account_id

    @property
    def order_list_id(self) -> int:
        return -1 if self.order_list is None else self.order_list.order_list_id

    @property
    def is_algo(self) -> bool:
        return self.type in ALGO_TYPES

    def snapshot(self) -> Order:
        """Return a copy that later commands leave alone."""
        return copy(self)


@dataclass(slots=True, eq=False)
class OrderList:
    """An order list and where it stands.

    Attributes:
        orders: in order of their ids: working first, a contingent leg before its limit leg.
        pair: the two legs of the OCO in it, empty for OTO and OPO.
        received: OPO: base asset that came in from the working order and is locked for the pending ones.
        update_time: when it last had a new status.
    """

    order_list_id: int
    list_client_order_id: str
    kind: ListKind
    contingency_type: ContingencyType
    account: Account
    market: Market
    time: int
    orders: list[Order] = field(default_factory=list)
    working: Order | None = None
    pending: list[Order] = field(default_factory=list)
    pair: list[Order] = field(default_factory=list)
    received: int = 0
    update_time: int = -1
    status_type: ListStatusType = ListStatusType.EXEC_STARTED
    order_status: ListOrderStatus = ListOrderStatus.EXECUTING

    @property
    def symbol(self) -> str:
        return self.market.spec.symbol

    @property
    def is_open(self) -> bool:
        return self.order_status is ListOrderStatus.EXECUTING

    @property
    def is_opo(self) -> bool:
        return self.kind is ListKind.OPO or self.kind is ListKind.OPOCO

    @property
    def waits_for_working(self) -> bool:
        """Whether an order of it is to be placed once the working order is filled."""
        return any(order.status is OrderStatus.PENDING_NEW for order in self.pending)

    def sibling(self, order: Order) -> Order | None:
        """Return the other leg of the OCO pair `order` belongs to."""
        if len(self.pair) == 2:
            if self.pair[0] is order:
                return self.pair[1]
            if self.pair[1] is order:
                return self.pair[0]
        return None
