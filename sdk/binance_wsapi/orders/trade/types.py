"""The words in which a live handle speaks: where an order is, what was learned of it, from whom, and its fills.

This file is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from binance_wsapi.models.base import Timestamp

__all__ = ["RANK", "HandleEvent", "HandleEventKind", "HandleFill", "HandleSource", "HandleStatus", "ListHandleStatus"]


class HandleStatus(StrEnum):
    """Where an order is: the venue's own words where the venue has it, and ours before and instead."""

    SENDING = "SENDING"
    """No byte of it has left this machine yet."""
    SENT = "SENT"
    """It is under way; nothing was heard of it."""
    IN_DOUBT = "IN_DOUBT"
    """It was sent and its reply is lost. What became of it is being found out."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PENDING_CANCEL = "PENDING_CANCEL"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"

    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"
    REJECTED = "REJECTED"
    """The venue refused it; ``error`` says why."""
    NOT_PLACED = "NOT_PLACED"
    """It was sent, and it is proven that it can no longer be executed."""
    NOT_SENT = "NOT_SENT"
    """It never left this machine; ``error`` says why."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in _FINAL

    @property
    def is_placed(self) -> bool:
        """Whether the venue has, or had, the order."""
        return self in RANK and self is not HandleStatus.REJECTED


class ListHandleStatus(StrEnum):
    """Where an order list is."""

    SENDING = "SENDING"
    """No byte of it has left this machine yet."""
    SENT = "SENT"
    """It is under way; nothing was heard of it."""
    IN_DOUBT = "IN_DOUBT"
    """It was sent and its reply is lost. What became of it is being found out."""
    EXECUTING = "EXECUTING"
    """The venue has it, and not all of its orders have ended."""
    ALL_DONE = "ALL_DONE"
    """All of its orders have ended."""
    REJECTED = "REJECTED"
    """The venue refused it as a whole; ``error`` says why."""
    NOT_PLACED = "NOT_PLACED"
    """It was sent, and it is proven that it can no longer be executed."""
    NOT_SENT = "NOT_SENT"
    """It never left this machine; ``error`` says why."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the list."""
        return self in {
            ListHandleStatus.ALL_DONE,
            ListHandleStatus.REJECTED,
            ListHandleStatus.NOT_PLACED,
            ListHandleStatus.NOT_SENT,
        }

    @property
    def is_placed(self) -> bool:
        """Whether the venue has, or had, the list."""
        return self in {ListHandleStatus.EXECUTING, ListHandleStatus.ALL_DONE}


_FINAL: Final = frozenset(
    {
        HandleStatus.FILLED,
        HandleStatus.CANCELED,
        HandleStatus.EXPIRED,
        HandleStatus.EXPIRED_IN_MATCH,
        HandleStatus.REJECTED,
        HandleStatus.NOT_PLACED,
        HandleStatus.NOT_SENT,
    }
)
RANK: Final[dict[HandleStatus, int]] = {
    HandleStatus.PENDING_NEW: 0,
    HandleStatus.NEW: 1,
    HandleStatus.PENDING_CANCEL: 2,
    HandleStatus.PARTIALLY_FILLED: 3,
    HandleStatus.FILLED: 4,
    HandleStatus.CANCELED: 4,
    HandleStatus.EXPIRED: 4,
    HandleStatus.EXPIRED_IN_MATCH: 4,
    HandleStatus.REJECTED: 4,
}
"""How far along the venue's states are; all ends are equally far."""


class HandleSource(StrEnum):
    """Who told something."""

    LOCAL = "local"
    """This client: what it did itself."""
    REPLY = "reply"
    """The reply to a request about the order."""
    EVENT = "event"
    """The user data stream."""
    AUDIT = "audit"
    """``order.status`` and ``myTrades``, asked to be sure."""
    RESOLVER = "resolver"
    """The search for what became of a request whose reply was lost."""


class HandleEventKind(StrEnum):
    """What was learned."""

    SENT = "sent"
    IN_DOUBT = "in doubt"
    ACCEPTED = "accepted"
    FILL = "fill"
    EXECUTED = "executed"
    """More was executed than the known fills add up to; they follow."""
    AMENDED = "amended"
    RENAMED = "renamed"
    REFUSED = "refused"
    """The venue refused the order, it was not placed, or it was never sent: see the status."""
    ENDED = "ended"
    CONTRADICTED = "contradicted"
    """The venue told of two different ends. The first is kept; a person has to look."""
    UNKNOWN_STATE = "unknown state"
    """The venue's word for its state is new to this version, and is in ``detail``; the status stays what it was."""


@dataclass(frozen=True, slots=True)
class HandleFill:
    """One execution of an order.

    Args:
        trade_id: the venue's number of the trade on its symbol; -1 for an allocation of smart order routing.
        price: quote per base.
        quantity: of the base asset.
        commission: paid for it, in ``commission_asset``.
        commission_asset: None where none was paid.
        time: of the trade, by the venue's clock.
        is_maker: whether the order rested; None where the venue did not say.
        allocation_id: number of the allocation; None for a trade.
    """

    trade_id: int
    price: Decimal
    quantity: Decimal
    commission: Decimal
    commission_asset: str | None
    time: Timestamp
    is_maker: bool | None = None
    allocation_id: int | None = None

    @property
    def key(self) -> tuple[int, int | None]:
        """What tells one fill of the order from another."""
        return self.trade_id, self.allocation_id if self.trade_id < 0 else None

    @property
    def quote_quantity(self) -> Decimal:
        """Price times quantity."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class HandleEvent:
    """Something that was learned of an order.

    Args:
        kind: what.
        source: from whom.
        at_ms: when it was learned, in milliseconds of the venue's clock.
        status: of the order, with this taken into account.
        executed_quantity: likewise.
        fill: for `HandleEventKind.FILL`.
        detail: for people.
    """

    kind: HandleEventKind
    source: HandleSource
    at_ms: int
    status: HandleStatus
    executed_quantity: Decimal
    fill: HandleFill | None = None
    detail: str = ""
