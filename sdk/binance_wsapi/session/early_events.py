"""Events of subscriptions whose id is not known yet: an event may overtake the reply that names its subscription."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["EarlyEvents"]

EVENTS_KEPT: Final = 1_000
"""Events kept of all subscriptions that no reply has named; beyond, the oldest is let go."""


class EarlyEvents:
    """The subscriptions of one connection, and the events that came before the reply that names theirs.

    Attributes:
        known: ids of the subscriptions that a reply has named.
    """

    __slots__ = ("_kept", "known")

    def __init__(self) -> None:
        self.known: set[int] = set()
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=EVENTS_KEPT)

    def keep(self, subscription_id: int, event: bytes) -> None:
        """Keep an event until a reply names its subscription."""
        self._kept.append((subscription_id, event))

    def adopt(self, subscription_id: int) -> list[bytes]:
        """Know a subscription from now on; return its events that came early."""
        self.known.add(subscription_id)
        early = [event for number, event in self._kept if number == subscription_id]
        self._kept = deque((each for each in self._kept if each[0] != subscription_id), maxlen=EVENTS_KEPT)
        return early
