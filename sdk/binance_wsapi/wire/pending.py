"""Correlation: which reply belongs to which call.

Theory of operation. A request id lives through this, and every path ends outside the table::

    add ──► waiting ──► take (its reply came)                          answered
               ├──────► expire (its deadline passed)                   abandoned
               ├──────► abandon (its caller stopped waiting)           abandoned
               └──────► drain (the connection, or its logon, ended)   abandoned

The table belongs to one connection and dies with it: a reply can only ever meet a request that was sent over the same
socket. A reply to an abandoned id is *late*; to an id that was answered it is a *duplicate*; to an id that was never
given out it is *foreign*. All three are told apart, counted by the connection, and resolve no request.

Deadlines are looked through when the timer of the connection fires, which it does once for each time-out of the oldest
call. A heap of them made every call dearer than that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

import msgspec

from binance_wsapi.wire.endpoint import Endpoint

__all__ = ["Pending", "PendingTable", "Stray"]

W = TypeVar("W")

_REMEMBERED = 10_000

_deadline: Final = attrgetter("deadline")


class Stray(Enum):
    """Why a reply resolves no request."""

    LATE = "late"
    DUPLICATE = "duplicate"
    FOREIGN = "foreign"


class Pending(msgspec.Struct, Generic[W], eq=False):
    """One request that waits for its reply.

    Args:
        request_id: its id on the wire.
        endpoint: the method it asks.
        waiter: gets the reply.
        sent_at: moment at which its frame was handed to the network.
        deadline: moment at which its caller gives up.
        again: what is needed to ask the same elsewhere; None when it must not be, or was already.
    """

    request_id: str
    endpoint: Endpoint[Any]
    waiter: W
    sent_at: float
    deadline: float
    again: tuple[Any, ...] | None = None


class PendingTable(Generic[W]):
    """The requests of one connection that wait for their replies.

    Attributes:
        waiting: they, by id. It stays the same dictionary, and the way of every call writes and takes there itself; an id
            of another type matches none.
    """

    __slots__ = ("_abandoned", "waiting")

    def __init__(self) -> None:
        self.waiting: dict[Any, Pending[W]] = {}
        self._abandoned: OrderedDict[str, Endpoint[Any]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.waiting)

    def __iter__(self) -> Iterator[Pending[W]]:
        return iter(self.waiting.values())

    def add(self, pending: Pending[W]) -> None:
        """Take in a request that is about to be sent."""
        self.waiting[pending.request_id] = pending

    def take(self, request_id: object) -> Pending[W] | None:
        """Return the request this reply belongs to, and forget it; None when it belongs to no request.

        An id of another type never matches: ``1`` is not ``"1"``.
        """
        if type(request_id) is not str:
            return None
        return self.waiting.pop(request_id, None)

    def abandon(self, request_id: str) -> None:
        """Take note that no call waits for this request any more; its reply, should it come, is late."""
        pending = self.waiting.pop(request_id, None)
        if pending is not None:
            self.remember(pending.request_id, pending.endpoint)

    def expire(self, now: float) -> list[Pending[W]]:
        """Take out and return every request whose deadline has passed, the earliest first."""
        expired = [pending for pending in self.waiting.values() if pending.deadline <= now]
        expired.sort(key=_deadline)
        for pending in expired:
            del self.waiting[pending.request_id]
            self.remember(pending.request_id, pending.endpoint)
        return expired

    def next_deadline(self) -> float | None:
        """Return the earliest deadline of a waiting request; None when nothing waits."""
        return min(map(_deadline, self.waiting.values()), default=None)

    def drain(self) -> list[Pending[W]]:
        """Take out and return everything that waits, in the order it was sent."""
        waiting = list(self.waiting.values())
        self.waiting.clear()
        for pending in waiting:
            self.remember(pending.request_id, pending.endpoint)  # a connection may live on whose key was revoked
        return waiting

    def stray(self, request_id: object, *, issued: bool) -> tuple[Stray, Endpoint[Any] | None]:
        """Say what a reply is that `take` knew nothing of, and the method it answers where that is known."""
        if not issued or not isinstance(request_id, str):
            return Stray.FOREIGN, None
        endpoint = self._abandoned.pop(request_id, None)
        return (Stray.DUPLICATE, None) if endpoint is None else (Stray.LATE, endpoint)

    def remember(self, request_id: str, endpoint: Endpoint[Any]) -> None:
        """Take note that another reply to this request, should it come, is late."""
        self._abandoned[request_id] = endpoint
        if len(self._abandoned) > _REMEMBERED:
            self._abandoned.popitem(last=False)
