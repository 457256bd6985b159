"""Events of the user data stream, with readable names for the venue's single letters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, TypeAlias

import msgspec
from pydantic import Field, TypeAdapter, ValidationError

from binance_wsapi.errors import ProtocolViolation
from binance_wsapi.models.base import Time, Timestamp, VenueModel
from binance_wsapi.models.enums import (
    ContingencyType,
    ExecutionType,
    ExpiryReason,
    ListOrderStatus,
    ListStatusType,
    MatchType,
    OrderStatus,
    OrderType,
    PegOffsetType,
    PegPriceType,
    RejectReason,
    SelfTradePreventionMode,
    Side,
    TimeInForce,
    WorkingFloor,
)

__all__ = [
    "AccountPosition",
    "AssetPosition",
    "BalanceUpdate",
    "EventStreamTerminated",
    "ExecutionReport",
    "ExternalLockUpdate",
    "ListStatus",
    "ListStatusOrder",
    "ServerShutdown",
    "UnknownEvent",
    "UserDataEvent",
    "decode_event",
]


class _Event(VenueModel):
    """What all events have in common.

    Attributes:
        subscription_id: subscription of the connection it came over; None where the event belongs to none.
        recovered: whether the stream did not bring it: it was made of the answers to queries, and has no ``raw``. Its
            ``execution_id`` is -1, for queries do not tell it.
    """

    __slots__ = ("_recovered", "_subscription_id")

    event_time: Time = Field(alias="E")

    @property
    def subscription_id(self) -> int | None:
        value: int | None = getattr(self, "_subscription_id", None)
        return value

    @property
    def recovered(self) -> bool:
        value: bool = getattr(self, "_recovered", False)
        return value

    def mark_recovered(self) -> None:
        """Remember that the stream did not bring it; whoever makes it of answers calls this."""
        object.__setattr__(self, "_recovered", True)


class ExecutionReport(_Event):
    """Something happened to an order."""

    event: Literal["executionReport"] = Field(alias="e")
    symbol: str = Field(alias="s")
    client_order_id: str = Field(alias="c")
    side: Side = Field(alias="S")
    order_type: OrderType = Field(alias="o")
    time_in_force: TimeInForce = Field(alias="f")
    orig_qty: Decimal = Field(alias="q")
    price: Decimal = Field(alias="p")
    stop_price: Decimal = Field(alias="P")
    iceberg_qty: Decimal = Field(alias="F")
    order_list_id: int = Field(alias="g")
    orig_client_order_id: str = Field(alias="C")
    execution_type: ExecutionType = Field(alias="x")
    order_status: OrderStatus = Field(alias="X")
    reject_reason: RejectReason = Field(alias="r")
    order_id: int = Field(alias="i")
    last_qty: Decimal = Field(alias="l")
    executed_qty: Decimal = Field(alias="z")
    last_price: Decimal = Field(alias="L")
    commission: Decimal = Field(alias="n")
    commission_asset: str | None = Field(alias="N")
    transact_time: Time = Field(alias="T")
    trade_id: int = Field(alias="t")
    execution_id: int = Field(alias="I")
    is_working: bool = Field(alias="w")
    is_maker: bool = Field(alias="m")
    is_best_match: bool | None = Field(default=None, alias="M")  # documented as "Ignore"
    order_creation_time: Time = Field(alias="O")
    cumulative_quote_qty: Decimal = Field(alias="Z")
    quote_qty: Decimal = Field(alias="Y")
    orig_quote_order_qty: Decimal = Field(alias="Q")
    self_trade_prevention_mode: SelfTradePreventionMode = Field(alias="V")
    working_time: Time | None = Field(default=None, alias="W")
    # Conditional fields in Execution Report.
    order_capacity: str | None = Field(default=None, alias="y")  # in the SBE schema only
    trailing_delta: int | None = Field(default=None, alias="d")
    trailing_time: int | None = Field(default=None, alias="D")
    strategy_id: int | None = Field(default=None, alias="j")
    strategy_type: int | None = Field(default=None, alias="J")
    prevented_match_id: int | None = Field(default=None, alias="v")
    prevented_qty: Decimal | None = Field(default=None, alias="A")
    last_prevented_qty: Decimal | None = Field(default=None, alias="B")
    trade_group_id: int | None = Field(default=None, alias="u")
    counter_order_id: int | None = Field(default=None, alias="U")
    counter_symbol: str | None = Field(default=None, alias="Cs")
    prevented_execution_qty: Decimal | None = Field(default=None, alias="pl")
    prevented_execution_price: Decimal | None = Field(default=None, alias="pL")
    prevented_execution_quote_qty: Decimal | None = Field(default=None, alias="pY")
    match_type: MatchType | None = Field(default=None, alias="b")
    alloc_id: int | None = Field(default=None, alias="a")
    working_floor: WorkingFloor | None = Field(default=None, alias="k")
    used_sor: bool | None = Field(default=None, alias="uS")
    peg_price_type: PegPriceType | None = Field(default=None, alias="gP")
    peg_offset_type: PegOffsetType | None = Field(default=None, alias="gOT")
    peg_offset_value: int | None = Field(default=None, alias="gOV")
    pegged_price: Decimal | None = Field(default=None, alias="gp")
    expiry_reason: ExpiryReason | None = Field(default=None, alias="eR")

    @property
    def average_price(self) -> Decimal | None:
        """Average price of what was executed so far; None before the first fill, or where the venue does not know."""
        if self.executed_qty <= 0 or self.cumulative_quote_qty < 0:
            return None
        return self.cumulative_quote_qty / self.executed_qty

    @property
    def remaining_qty(self) -> Decimal:
        """Base quantity that is neither executed nor lost to self-trade prevention."""
        return self.orig_qty - self.executed_qty - (self.prevented_qty or 0)

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self.order_status.is_final


class AssetPosition(VenueModel):
    """What the account has of an asset."""

    asset: str = Field(alias="a")
    free: Decimal = Field(alias="f")
    locked: Decimal = Field(alias="l")


class AccountPosition(_Event):
    """Balances that may have changed, by an order or otherwise."""

    event: Literal["outboundAccountPosition"] = Field(alias="e")
    update_time: Time = Field(alias="u")
    balances: list[AssetPosition] = Field(alias="B")


class BalanceUpdate(_Event):
    """A deposit, a withdrawal or a transfer; trades do not cause it."""

    event: Literal["balanceUpdate"] = Field(alias="e")
    asset: str = Field(alias="a")
    free_qty_delta: Decimal = Field(alias="d")
    clear_time: Time = Field(alias="T")


class ExternalLockUpdate(_Event):
    """Part of a balance was locked or unlocked by another system."""

    event: Literal["externalLockUpdate"] = Field(alias="e")
    asset: str = Field(alias="a")
    locked_qty_delta: Decimal = Field(alias="d")
    clear_time: Time = Field(alias="T")


class ListStatusOrder(VenueModel):
    """An order of a list."""

    symbol: str = Field(alias="s")
    order_id: int = Field(alias="i")
    client_order_id: str = Field(alias="c")


class ListStatus(_Event):
    """Something happened to an order list."""

    event: Literal["listStatus"] = Field(alias="e")
    symbol: str = Field(alias="s")
    order_list_id: int = Field(alias="g")
    contingency_type: ContingencyType = Field(alias="c")
    list_status_type: ListStatusType = Field(alias="l")
    list_order_status: ListOrderStatus = Field(alias="L")
    reject_reason: RejectReason = Field(alias="r")
    list_client_order_id: str = Field(alias="C")
    transact_time: Time = Field(alias="T")
    orders: list[ListStatusOrder] = Field(alias="O")


class EventStreamTerminated(_Event):
    """The subscription ended."""

    event: Literal["eventStreamTerminated"] = Field(alias="e")


class ServerShutdown(_Event):
    """The venue will end the connection."""

    event: Literal["serverShutdown"] = Field(alias="e")


class UnknownEvent(_Event):
    """An event this library has no model for, or one whose fields are not those it knows; all are in ``raw``.

    ``event_time`` is 0 where the event has none that can be read.
    """

    event: str = Field(default="", alias="e")
    event_time: Time = Field(default=Timestamp(0), alias="E")


UserDataEvent: TypeAlias = (
    ExecutionReport
    | AccountPosition
    | BalanceUpdate
    | ExternalLockUpdate
    | ListStatus
    | EventStreamTerminated
    | ServerShutdown
    | UnknownEvent
)

_KINDS: dict[str, type[_Event]] = {
    "executionReport": ExecutionReport,
    "outboundAccountPosition": AccountPosition,
    "balanceUpdate": BalanceUpdate,
    "externalLockUpdate": ExternalLockUpdate,
    "listStatus": ListStatus,
    "eventStreamTerminated": EventStreamTerminated,
    "serverShutdown": ServerShutdown,
}
_adapters: dict[type[_Event], TypeAdapter[Any]] = {}


class _Head(msgspec.Struct, gc=False):
    e: str = ""


def decode_event(raw: bytes, subscription_id: int | None = None, *, microseconds: bool = False) -> UserDataEvent:
    """Return the typed event; what cannot be read as what it claims to be is an `UnknownEvent`, never dropped.

    Args:
        raw: the ``event`` of a frame, as JSON.
        subscription_id: subscription it belongs to.
        microseconds: whether times are in microseconds.

    Raises:
        ProtocolViolation: it is not a JSON object.
    """
    try:
        name = msgspec.json.decode(raw, type=_Head).e
    except (msgspec.DecodeError, RecursionError):
        raise ProtocolViolation("an event that is no JSON object with a name") from None
    kind = _KINDS.get(name, UnknownEvent)
    try:
        event: Any = _read(kind, raw, microseconds)
    except ValidationError:
        event = _unreadable(name, raw, microseconds)
    event.keep_raw(raw)
    object.__setattr__(event, "_subscription_id", subscription_id)
    typed: UserDataEvent = event
    return typed


def _unreadable(name: str, raw: bytes, microseconds: bool) -> UnknownEvent:
    """Return the event with as much as can be read of one whose fields are not those documented."""
    try:
        event: UnknownEvent = _read(UnknownEvent, raw, microseconds)
    except ValidationError:
        event = UnknownEvent.model_construct(event=name)
    return event


def _read(kind: type[_Event], raw: bytes, microseconds: bool) -> Any:
    adapter = _adapters.get(kind)
    if adapter is None:
        adapter = _adapters[kind] = TypeAdapter(kind)
    return adapter.validate_json(raw, context={"microseconds": True} if microseconds else None)
