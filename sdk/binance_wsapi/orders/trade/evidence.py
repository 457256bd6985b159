"""What a piece of evidence says of an order, in the one form that handles know.

A product reads its replies, events and answers into this form (`EvidenceReader`); its client hands the reader in.

This file is pure.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from binance_wsapi.orders.trade.types import HandleFill, HandleStatus

__all__ = ["EvidenceReader", "HeardEvents", "ListSighting", "Names", "Sighting"]

Names: TypeAlias = tuple[str, int, str, str]
"""What an order is called: its symbol, its number, the id it has, and the id it had before; an empty text is none."""


class HeardEvents(Protocol):
    """The events of an account, and something else where they were interrupted."""

    @property
    def subscribed(self) -> bool:
        """Whether events come at present."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """Iterate over them."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one piece of evidence says of an order; None where it says nothing.

    Args:
        order_id: the venue's number.
        client_order_id: the id the order had when this was said.
        renamed_from: the id it had before, if this tells of a renaming.
        status: of the order.
        quantity: of the order.
        executed: base quantity executed in all.
        quote: quote quantity of that; None where the venue does not know.
        fills: the fills it tells of, not necessarily all.
        created_us: when the venue made the order, in microseconds of its clock.
        at_us: when this was so, likewise; 0 where it is not told.
        order_list_id: the venue's number of the list it belongs to; -1 for none, and where it is not told.
        word: the venue's word for its state, where this version does not know it.
        symbol: trading pair, where this is an event; empty for what was asked for, or replied, of a known symbol.
        partly: whether it could not be read as a whole, and the rest is to be asked for.
    """

    order_id: int
    client_order_id: str | None = None
    renamed_from: str | None = None
    status: HandleStatus | None = None
    quantity: Decimal | None = None
    executed: Decimal | None = None
    quote: Decimal | None = None
    fills: tuple[HandleFill, ...] = ()
    created_us: int | None = None
    at_us: int = 0
    order_list_id: int = -1
    word: str | None = None
    symbol: str = ""
    partly: bool = False


@dataclass(frozen=True, slots=True)
class ListSighting:
    """What one piece of evidence says of an order list.

    Args:
        symbol: trading pair.
        order_list_id: the venue's number of the list; -1 where it is not told.
        client_order_id: the id of the list; empty where it is not told.
        legs: what it says of the orders of the list.
    """

    symbol: str
    order_list_id: int
    client_order_id: str
    legs: list[Sighting]


class EvidenceReader(Protocol):
    """Reads the replies, events and answers of a product."""

    def read(self, evidence: Any) -> Sighting | None:
        """Return what a piece of evidence says of an order; None where it is about no order."""

    def read_list(self, evidence: Any) -> ListSighting | None:
        """Return what a piece of evidence says of an order list; None where it is about no list."""

    def names_of(self, event: Any) -> Names | None:
        """Return what the one order is called that an event tells of; None of any other event."""

    def ends_stream(self, event: Any) -> bool:
        """Whether an event says that no more events come until the account is subscribed again."""
