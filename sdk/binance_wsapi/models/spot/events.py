"""Events of the user data stream, with readable names for the venue's single letters."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import field

from binance_wsapi.errors import ProtocolViolation
from binance_wsapi.models.base import Timestamp
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
from binance_wsapi.models.struct import VenueStruct

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


class _Event(VenueStruct, frozen=True, kw_only=True):
    """What all events have in common.

    Attributes:
        subscription_id: subscription of the connection it came over; None where the event belongs to none.
        recovered: whether the stream did not bring it: it was made of the answers to queries, and has no ``raw``. Its
            ``execution_id`` is -1, for queries do not tell it.
    """

    event_time: Timestamp = field(name="E")

    @property
    def subscription_id(self) -> int | None:
        """The number of the venue's subscription that brought it; None where the frame named none."""
        value: int | None = self.__dict__.get("_subscription_id")
        return value

    @property
    def recovered(self) -> bool:
        """Whether it was found by asking, after a gap or by the audit, and the stream did not bring it."""
        return "_recovered" in self.__dict__

    def mark_recovered(self) -> None:
        """Remember that the stream did not bring it; what makes it of answers calls this."""
        self.__dict__["_recovered"] = True


class ExecutionReport(_Event, frozen=True, kw_only=True):
    """Something happened to an order."""

    event: Literal["executionReport"] = field(name="e")
    symbol: str = field(name="s")
    client_order_id: str = field(name="c")
    side: Side = field(name="S")
    order_type: OrderType = field(name="o")
    time_in_force: TimeInForce = field(name="f")
    orig_qty: Decimal = field(name="q")
    price: Decimal = field(name="p")
    stop_price: Decimal = field(name="P")
    iceberg_qty: Decimal = field(name="F")
    order_list_id: int = field(name="g")
    orig_client_order_id: str = field(name="C")
    execution_type: ExecutionType = field(name="x")
    order_status: OrderStatus = field(name="X")
    reject_reason: RejectReason = field(name="r")
    order_id: int = field(name="i")
    last_qty: Decimal = field(name="l")
    executed_qty: Decimal = field(name="z")
    last_price: Decimal = field(name="L")
    commission: Decimal = field(name="n")
    commission_asset: str | None = field(name="N")
    transact_time: Timestamp = field(name="T")
    trade_id: int = field(name="t")
    execution_id: int = field(name="I")
    is_working: bool = field(name="w")
    is_maker: bool = field(name="m")
    is_best_match: bool | None = field(default=None, name="M")  # documented as "Ignore"
    order_creation_time: Timestamp = field(name="O")
    cumulative_quote_qty: Decimal = field(name="Z")
    quote_qty: Decimal = field(name="Y")
    orig_quote_order_qty: Decimal = field(name="Q")
    self_trade_prevention_mode: SelfTradePreventionMode = field(name="V")
    working_time: Timestamp | None = field(default=None, name="W")
    # Conditional fields in Execution Report.
    order_capacity: str | None = field(default=None, name="y")  # in the SBE schema only
    trailing_delta: int | None = field(default=None, name="d")
    trailing_time: int | None = field(default=None, name="D")
    strategy_id: int | None = field(default=None, name="j")
    strategy_type: int | None = field(default=None, name="J")
    prevented_match_id: int | None = field(default=None, name="v")
    prevented_qty: Decimal | None = field(default=None, name="A")
    last_prevented_qty: Decimal | None = field(default=None, name="B")
    trade_group_id: int | None = field(default=None, name="u")
    counter_order_id: int | None = field(default=None, name="U")
    counter_symbol: str | None = field(default=None, name="Cs")
    prevented_execution_qty: Decimal | None = field(default=None, name="pl")
    prevented_execution_price: Decimal | None = field(default=None, name="pL")
    prevented_execution_quote_qty: Decimal | None = field(default=None, name="pY")
    match_type: MatchType | None = field(default=None, name="b")
    alloc_id: int | None = field(default=None, name="a")
    working_floor: WorkingFloor | None = field(default=None, name="k")
    used_sor: bool | None = field(default=None, name="uS")
    peg_price_type: PegPriceType | None = field(default=None, name="gP")
    peg_offset_type: PegOffsetType | None = field(default=None, name="gOT")
    peg_offset_value: int | None = field(default=None, name="gOV")
    pegged_price: Decimal | None = field(default=None, name="gp")
    expiry_reason: ExpiryReason | None = field(default=None, name="eR")

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


class AssetPosition(VenueStruct, frozen=True, kw_only=True):
    """What the account has of an asset."""

    asset: str = field(name="a")
    free: Decimal = field(name="f")
    locked: Decimal = field(name="l")


class AccountPosition(_Event, frozen=True, kw_only=True):
    """Balances that may have changed, by an order or otherwise."""

    event: Literal["outboundAccountPosition"] = field(name="e")
    update_time: Timestamp = field(name="u")
    balances: list[AssetPosition] = field(name="B")


class BalanceUpdate(_Event, frozen=True, kw_only=True):
    """A deposit, a withdrawal or a transfer; trades do not cause it."""

    event: Literal["balanceUpdate"] = field(name="e")
    asset: str = field(name="a")
    free_qty_delta: Decimal = field(name="d")
    clear_time: Timestamp = field(name="T")


class ExternalLockUpdate(_Event, frozen=True, kw_only=True):
    """Part of a balance was locked or unlocked by another system."""

    event: Literal["externalLockUpdate"] = field(name="e")
    asset: str = field(name="a")
    locked_qty_delta: Decimal = field(name="d")
    clear_time: Timestamp = field(name="T")


class ListStatusOrder(VenueStruct, frozen=True, kw_only=True):
    """An order of a list."""

    symbol: str = field(name="s")
    order_id: int = field(name="i")
    client_order_id: str = field(name="c")


class ListStatus(_Event, frozen=True, kw_only=True):
    """Something happened to an order list."""

    event: Literal["listStatus"] = field(name="e")
    symbol: str = field(name="s")
    order_list_id: int = field(name="g")
    contingency_type: ContingencyType = field(name="c")
    list_status_type: ListStatusType = field(name="l")
    list_order_status: ListOrderStatus = field(name="L")
    reject_reason: RejectReason = field(name="r")
    list_client_order_id: str = field(name="C")
    transact_time: Timestamp = field(name="T")
    orders: list[ListStatusOrder] = field(name="O")


class EventStreamTerminated(_Event, frozen=True, kw_only=True):
    """The subscription ended."""

    event: Literal["eventStreamTerminated"] = field(name="e")


class ServerShutdown(_Event, frozen=True, kw_only=True):
    """The venue will end the connection."""

    event: Literal["serverShutdown"] = field(name="e")


class UnknownEvent(_Event, frozen=True, kw_only=True):
    """An event this library has no model for, or one whose fields are not those it knows; all are in ``raw``.

    ``event_time`` is 0 where the event has none that can be read.
    """

    event: str = field(default="", name="e")
    event_time: Timestamp = field(default=Timestamp(0), name="E")


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
_readers: dict[type[_Event], Callable[[bytes, bool], Any]] = {}
_REPORT: Final = b'{"e":"executionReport",'


class _Head(msgspec.Struct, gc=False):
    e: str = ""


def decode_event(raw: bytes, subscription_id: int | None = None, *, microseconds: bool = False) -> UserDataEvent:
    """Return the typed event; what cannot be read as what it claims to be is an `UnknownEvent`, never dropped.

    Args:
        raw: the ``event`` of a frame, as JSON.
        subscription_id: subscription it belongs to.
        microseconds: whether times are in microseconds.

    Returns:
        The event, of the class that its name stands for.

    Raises:
        ProtocolViolation: it is not a JSON object.
    """
    if raw.startswith(_REPORT):  # nearly all; what cannot be read as one is read as any other
        try:
            report: ExecutionReport = _reader(ExecutionReport)(raw, microseconds)
            report.__dict__["_subscription_id"] = subscription_id
            return report
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    try:
        name = _read_head(raw).e
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolViolation("an event that is no JSON object with a name") from None
    try:
        event: Any = _reader(_KINDS.get(name, UnknownEvent))(raw, microseconds)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        event = _unreadable(name, raw, microseconds)
    event.__dict__["_subscription_id"] = subscription_id
    typed: UserDataEvent = event
    return typed


_read_head = msgspec.json.Decoder(_Head).decode


def _reader(kind: type[_Event]) -> Callable[[bytes, bool], Any]:
    reader = _readers.get(kind)
    if reader is None:
        reader = _readers[kind] = kind.reader()
    return reader


def _unreadable(name: str, raw: bytes, microseconds: bool) -> UnknownEvent:
    """Return the event with as much as can be read of one whose fields are not those documented."""
    try:
        event: UnknownEvent = _reader(UnknownEvent)(raw, microseconds)
    except msgspec.DecodeError:
        event = UnknownEvent(event=name)
        event.keep_raw(raw)
    return event
