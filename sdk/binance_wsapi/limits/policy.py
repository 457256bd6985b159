"""Who may send first, and what happens to a request for which there is no room. Decisions only; nothing waits here."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple

from binance_wsapi.wire.endpoint import Endpoint, Params, Security, weigh

__all__ = ["DEFAULT_KEPT", "NOTHING", "Cost", "Policy", "Priority", "Wanted", "priority_of"]

DEFAULT_KEPT: Final = 0.20
"""Share of the request weight that is kept for the first priority."""


class Policy(StrEnum):
    """What to do with a request for which there is no room."""

    WAIT = "wait"
    """Wait in fair order until there is, but not beyond the deadline of the call."""
    RAISE = "raise"
    """Refuse at once and say when there will be room."""
    OFF = "off"
    """Send it all the same; only a ban of the venue still holds it back."""


class Priority(IntEnum):
    """The order in which waiting requests are served."""

    FIRST = 0
    """What takes risk away or finds out about it: cancels, fate queries, the session's own requests."""
    ORDERS = 1
    READS = 2


def priority_of(endpoint: Endpoint[Any]) -> Priority:
    """Return the priority of a method whose caller did not choose one.

    A query of a single order may be a caller's polling; the search for an order's fate asks for `Priority.FIRST` itself.
    """
    if endpoint.orders:
        return Priority.ORDERS
    if endpoint.security is Security.TRADE and not endpoint.replay_safe:
        return Priority.FIRST
    if endpoint.method.startswith(("session.", "userDataStream.")):
        return Priority.FIRST
    return Priority.READS


class Cost:
    """What a request of a method costs, and its priority.

    Attributes:
        endpoint: the method.
        priority: of a request whose caller did not choose one.
        orders: what it adds to the unfilled order count.
        fixed: its request weight, and its weight when it succeeds; None where the parameters decide them.
    """

    __slots__ = ("endpoint", "fixed", "orders", "priority")

    def __init__(self, endpoint: Endpoint[Any]) -> None:
        self.endpoint = endpoint
        self.priority = priority_of(endpoint)
        self.orders = endpoint.orders
        self.fixed = self.weights({}) if isinstance(endpoint.weight, int) else None

    def weights(self, params: Params) -> tuple[int, int]:
        """Return what a request with these parameters weighs, and what it weighs when it succeeds."""
        weight = weigh(self.endpoint.weight, params)
        success = self.endpoint.weight_on_success
        return weight, weight if success is None else success


class Wanted(NamedTuple):
    """What waits for one type of limit.

    Args:
        first: what the first priority waits for.
        orders: the request weight that orders wait for.
        rest: everything else that is waited for.
        least: the least of the rest that lets a waiting request go; 1 when there is none.
    """

    first: int
    orders: int
    rest: int
    least: int


NOTHING: Final = Wanted(0, 0, 0, 1)
