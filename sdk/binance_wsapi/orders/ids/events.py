"""The client ids that an event of user data bears, read without the rest of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from binance_wsapi.wire.order_calls import OrderCalls, Sight

__all__ = ["EventIds", "EventSights", "ids_of"]


class EventIds(msgspec.Struct, gc=False):
    """The fields of an event that may hold ids, by their names on the wire; see `ids`."""

    e: str = ""
    x: str = ""
    c: Any = None
    C: Any = None
    s: str = ""
    O: Any = None  # noqa: E741 - the venue's name: the orders of a list, or when an order was made

    @property
    def ids(self) -> list[str]:
        """The client ids of the order, or of the list and its orders; former ones included."""
        of_order = self.e == "executionReport"
        if of_order and self.C == "" and type(self.c) is str and self.c and type(self.O) is not list:
            return [self.c]  # nearly all: an order under its first id
        found = [self.c, self.C] if of_order else [self.C]
        if type(self.O) is list:
            found += [each.get("c") for each in self.O if isinstance(each, dict)]
        return [each for each in found if isinstance(each, str) and each]

    @property
    def symbol(self) -> str:
        """Trading pair."""
        return self.s

    @property
    def refused(self) -> bool:
        """Whether the event tells of a request that made no order."""
        return self.x == "REJECTED"


# Without the collector: every event of an order under way makes one, and no part of it leads back to it.
class EventSights(msgspec.Struct, frozen=True, gc=False):
    """What an event says of orders, read where it is asked for.

    Args:
        calls: read it.
        event: its bytes.
        subscription_id: the subscription that brought it.
        token: the id in it that matters.
        ids: all that are in it.
        microseconds: whether its times are in microseconds.
    """

    calls: OrderCalls
    event: bytes
    subscription_id: int | None
    token: str
    ids: EventIds
    microseconds: bool

    def __call__(self) -> Sequence[Sight]:
        whole = self.calls.event(self.event, self.subscription_id, self.microseconds)
        # What cannot be read bears the id all the same, which is enough where nothing else can.
        unread = [] if self.ids.refused else [Sight(whole, self.ids.symbol, id=self.token)]
        return self.calls.sights(whole) or unread


_read: Final = msgspec.json.Decoder(EventIds).decode
_OF_ORDERS: Final = frozenset({"executionReport", "listStatus"})


def ids_of(event: bytes) -> EventIds | None:
    """Return the ids of an event that tells of an order or a list; None where it tells of none, or cannot be read."""
    try:
        ids = _read(event)
    except msgspec.DecodeError:
        return None
    return ids if ids.e in _OF_ORDERS else None
