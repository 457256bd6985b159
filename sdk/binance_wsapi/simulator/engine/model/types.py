"""What goes into the engine and what comes out of a call. Read this first.

Theory of operation
-------------------
The engine is one big synchronous state machine: a call brings a command and the time (`now`, microseconds since the
epoch, never going backwards), the engine runs it to the end, and nothing happens between calls. One command runs so:

1. *Checks of the API*: what the venue decides before its matching engine sees the order (-11xx, -1013 and filters).
2. *Checks of the matching engine*: -2010, -2011, -2038. Up to here a refusal (`Refused`) has changed nothing.
3. *Acceptance*: the order gets its id, locks its funds, and `NEW` is reported.
4. *Taker phase*: it matches against the book; what is left rests, expires, or waits for its trigger.
5. The *result* is fixed: the venue's reply shows an order as it stood at this point.
6. *Cascade*: trades of step 4 trigger stop orders, filled working orders place their pending ones. Each of those runs
   3 and 4, and may cause more, until nothing is left to do.
7. *Flush*: one `LevelChange` per book level that looks different from outside, then one `AccountPosition` per account
   whose balances were touched.

Everything that happens is handed, in the order in which it happens, to the `sink` given to `Engine`: see `events.py`.

Numbers are integers in units of 1/10**8 (`parse`, `show`); zero means "not set", as on the venue's wire. Times are
microseconds. Client ids that the caller leaves out come from the `new_id` function given to `Engine`: the engine has
no randomness of its own, so the same commands always give the same life.

The records that an order makes many of are `msgspec.Struct`, which are made in a fifth of the time of a dataclass.

Objects handed out (`Order`, `OrderList`, events) are the engine's own: read them, never write them. An `Order` in a
result or from a query keeps changing with later commands, so render it before the next call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import Struct

from binance_wsapi.simulator.engine.model.enums import (
    ListKind,
    OrderType,
    PegOffsetType,
    PegPriceType,
    RejectReason,
    Side,
    StpMode,
    SymbolStatus,
    TimeInForce,
)
from binance_wsapi.simulator.engine.model.filters import SymbolFilter

if TYPE_CHECKING:
    from binance_wsapi.simulator.engine.model.events import PreventedMatch
    from binance_wsapi.simulator.engine.model.order import Order, OrderList

__all__ = [
    "AmendResult",
    "CancelReplaceResult",
    "CancelResult",
    "CommissionRates",
    "Discount",
    "ExecutionRule",
    "Fill",
    "ListRequest",
    "ListResult",
    "OrderRequest",
    "OrderResult",
    "Rates",
    "ReferencePriceSetup",
    "Refused",
    "SorSpec",
    "SymbolSpec",
]

_ALL_TYPES = frozenset(OrderType)


class Refused(Exception):
    """The venue says no. Nothing was changed.

    Attributes:
        code: the venue's error code.
        msg: the venue's message, word for word.
        reason: what an execution report shows as reject reason.
    """

    def __init__(self, code: int, msg: str, reason: RejectReason = RejectReason.NONE) -> None:
        super().__init__(f"{code} {msg}")
        self.code = code
        self.msg = msg
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ExecutionRule:
    """The PRICE_RANGE rule: multiples of the reference price, in units of 1/10**8; None is not enforced."""

    bid_limit_mult_up: int | None = None
    bid_limit_mult_down: int | None = None
    ask_limit_mult_up: int | None = None
    ask_limit_mult_down: int | None = None


@dataclass(frozen=True, slots=True)
class ReferencePriceSetup:
    """How a symbol's reference price comes about.

    With `external_calculation_id` it is set from outside (`Engine.set_reference_price`), otherwise it is the engine's
    arithmetic mean over `bucket_count` buckets of `bucket_width_ms`.
    """

    bucket_count: int = 0
    bucket_width_ms: int = 0
    external_calculation_id: int | None = None


@dataclass(frozen=True, slots=True)
class SymbolSpec:
    """One symbol as exchangeInfo describes it. The name may be in any script."""

    symbol: str
    base_asset: str
    quote_asset: str
    status: SymbolStatus = SymbolStatus.TRADING
    base_asset_precision: int = 8
    quote_asset_precision: int = 8
    base_commission_precision: int = 8
    quote_commission_precision: int = 8
    order_types: frozenset[OrderType] = _ALL_TYPES
    iceberg_allowed: bool = True
    oco_allowed: bool = True
    oto_allowed: bool = True
    opo_allowed: bool = True
    quote_order_qty_market_allowed: bool = True
    allow_trailing_stop: bool = True
    cancel_replace_allowed: bool = True
    amend_allowed: bool = True
    peg_instructions_allowed: bool = True
    permission_sets: tuple[tuple[str, ...], ...] = (("SPOT",),)
    default_stp_mode: StpMode = StpMode.NONE
    allowed_stp_modes: frozenset[StpMode] = frozenset(StpMode)
    filters: tuple[SymbolFilter, ...] = ()
    execution_rule: ExecutionRule | None = None
    reference_price: ReferencePriceSetup | None = None
    discount_enabled: bool = True


@dataclass(frozen=True, slots=True)
class SorSpec:
    """Books that smart order routing may join: one base asset, quote assets worth the same."""

    base_asset: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """One kind of commission: rates in units of 1/10**8 (100_000 is 0.1 %)."""

    maker: int = 0
    taker: int = 0
    buyer: int = 0
    seller: int = 0


@dataclass(frozen=True, slots=True)
class CommissionRates:
    """An account's rates on a symbol (commission_faq)."""

    standard: Rates = Rates()
    special: Rates = Rates()
    tax: Rates = Rates()


@dataclass(frozen=True, slots=True)
class Discount:
    """Paying commission in `asset`: the standard commission is multiplied by `discount` (units of 1/10**8).

    The commission FAQ multiplies by the number shown as `discount`; a field description elsewhere says the commission
    is "reduced by" it. The worked example decides.
    """

    enabled: bool = False
    asset: str = "BNB"
    discount: int = 75_000_000


class OrderRequest(Struct):
    """One order as asked for. Zero and None are "not sent".

    Attributes:
        leg: empty for a single order; `working`, `pending`, `above`, `below`, `pendingAbove`, `pendingBelow` or the
            deprecated `limit`/`stop` for a part of a list. It only names parameters in messages.
    """

    symbol: str
    side: Side
    type: OrderType
    quantity: int = 0
    price: int = 0
    time_in_force: TimeInForce | None = None
    quote_order_qty: int = 0
    stop_price: int = 0
    trailing_delta: int = 0
    iceberg_qty: int = 0
    new_client_order_id: str | None = None
    strategy_id: int | None = None
    strategy_type: int | None = None
    stp_mode: StpMode | None = None
    peg_price_type: PegPriceType | None = None
    peg_offset_type: PegOffsetType | None = None
    peg_offset_value: int | None = None
    leg: str = ""


@dataclass(slots=True)
class ListRequest:
    """An order list as asked for.

    Attributes:
        orders: OCO: (above, below). OTO and OPO: (working, pending). OTOCO and OPOCO: (working, pending above, pending
            below). The pending orders of an OPO have no quantity. The deprecated `orderList.place` is an OCO: the
            limit order is above for a sell and below for a buy.
        adds: how many orders the filters of open orders count for it; all when left out.
    """

    kind: ListKind
    symbol: str
    orders: Sequence[OrderRequest]
    list_client_order_id: str | None = None
    stp_mode: StpMode | None = None
    adds: int | None = None


class Fill(Struct):
    """One fill of an order: an entry of `fills`, and with the rest of its fields an entry of myTrades or myAllocations.

    `trade_id` is -1 for an allocation, whose `allocation_id` is then set.
    """

    order: Order
    price: int
    quantity: int
    quote_quantity: int
    commission: int
    commission_asset: str
    trade_id: int
    time: int
    is_maker: bool
    allocation_id: int | None = None


class OrderResult(Struct):
    """A placed order as it stood when the reply was due.

    Attributes:
        fills: immediate fills, oldest first.
        prevented: prevented matches in which it was the taker.
        transact_time: microseconds.
    """

    order: Order
    fills: list[Fill]
    prevented: list[PreventedMatch]
    transact_time: int


@dataclass(slots=True)
class ListResult:
    """A placed order list. `results` are in the order of the reply: a contingent leg comes before its limit leg."""

    order_list: OrderList
    results: list[OrderResult]
    transact_time: int


class CancelResult(Struct):
    """A cancelled order, or a cancelled list with all the orders that the cancellation closed.

    Attributes:
        orders: the cancelled orders; each shows its new `client_order_id` and its `orig_client_order_id`.
        order_list: set when a list was cancelled.
    """

    orders: list[Order]
    order_list: OrderList | None
    transact_time: int


@dataclass(slots=True)
class CancelReplaceResult:
    """Both halves of a cancel-replace. The new half is None when it was not attempted."""

    cancel: CancelResult | Refused
    new: OrderResult | Refused | None

    @property
    def cancel_result(self) -> str:
        return "FAILURE" if isinstance(self.cancel, Refused) else "SUCCESS"

    @property
    def new_order_result(self) -> str:
        if self.new is None:
            return "NOT_ATTEMPTED"
        return "FAILURE" if isinstance(self.new, Refused) else "SUCCESS"

    @property
    def refusal(self) -> Refused | None:
        """None if both succeeded, otherwise -2021 (one failed) or -2022 (both)."""
        cancelled = not isinstance(self.cancel, Refused)
        placed = isinstance(self.new, OrderResult)
        if cancelled and placed:
            return None
        if cancelled or placed:
            return Refused(-2021, "Order cancel-replace partially failed.")
        return Refused(-2022, "Order cancel-replace failed.")


@dataclass(slots=True)
class AmendResult:
    """An amended order.

    Attributes:
        orig_client_order_id: the id before the amendment.
        order_list: the order's list, if it has one; its `orders` show the new ids.
        expired: the new quantity left nothing to trade, so the order expired.
    """

    order: Order
    orig_client_order_id: str
    execution_id: int
    transact_time: int
    order_list: OrderList | None = None
    expired: bool = False
    also_amended: list[Order] = field(default_factory=list)
