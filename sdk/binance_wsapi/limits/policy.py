"""Who may send first, and what happens to a request for which there is no room. Decisions only; nothing waits here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import IntEnum, StrEnum
from typing import Any, Final, Generic, Protocol, TypeVar

from binance_wsapi.wire.endpoint import Endpoint, Security

__all__ = ["DEFAULT_KEPT", "Lane", "Lanes", "Policy", "lane_of"]

DEFAULT_KEPT: Final = 0.20
"""Share of the request weight that is kept for the first lane."""


class Policy(StrEnum):
    """What to do with a request for which there is no room."""

    WAIT = "wait"
    """Wait in fair order until there is, but not beyond the deadline of the call."""
    RAISE = "raise"
    """Refuse at once and say when there will be room."""
    OFF = "off"
    """Send it all the same; only a ban of the venue still holds it back."""


class Lane(IntEnum):
    """The order in which waiting requests are served."""

    FIRST = 0
    """What takes risk away or finds out about it: cancels, fate queries, the session's own requests."""
    ORDERS = 1
    READS = 2


def lane_of(endpoint: Endpoint[Any]) -> Lane:
    """Return the lane of a method whose caller did not choose one.

    A query of a single order may be anybody's polling; the search for an order's fate asks for `Lane.FIRST` itself.
    """
    if endpoint.orders:
        return Lane.ORDERS
    if endpoint.security is Security.TRADE and not endpoint.replay_safe:
        return Lane.FIRST
    if endpoint.method.startswith(("session.", "userDataStream.")):
        return Lane.FIRST
    return Lane.READS


class Waiter(Protocol):
    """What waits in a lane."""

    @property
    def lane(self) -> Lane: ...
    @property
    def done(self) -> bool: ...


W = TypeVar("W", bound=Waiter)


class Lanes(Generic[W]):
    """The waiting requests: first come, first served within a lane, and no lane passes a higher one.

    The head of a lane is never overtaken by a cheaper request behind it, or the dear ones would starve. What a blocked
    head lacks is claimed for it: a lower lane may go on only with requests that do not need the same limit.
    """

    __slots__ = ("_lanes", "size")

    def __init__(self) -> None:
        self._lanes: tuple[deque[W], ...] = tuple(deque() for _ in Lane)
        self.size = 0

    def add(self, waiter: W) -> None:
        self._lanes[waiter.lane].append(waiter)
        self.size += 1

    def discard(self, waiter: W) -> None:
        """Take a waiter out wherever it stands."""
        try:
            self._lanes[waiter.lane].remove(waiter)
        except ValueError:
            return
        self.size -= 1

    def head(self, lane: Lane) -> W | None:
        """Return the first of a lane that still waits."""
        queue = self._lanes[lane]
        while queue and queue[0].done:
            queue.popleft()
            self.size -= 1
        return queue[0] if queue else None

    def pop(self, lane: Lane) -> W:
        self.size -= 1
        return self._lanes[lane].popleft()

    def __iter__(self) -> Iterator[W]:
        for queue in self._lanes:
            yield from queue
