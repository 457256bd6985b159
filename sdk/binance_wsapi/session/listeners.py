"""Who hears what the connections of a session bring beside replies, and in which order."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

from binance_wsapi.link.listeners import Listeners
from binance_wsapi.session.connection import Connection
from binance_wsapi.wire.codec import Envelope

__all__ = ["SessionRank", "SessionListener", "SessionListeners"]


class SessionRank(IntEnum):
    """The order in which an event, or a loss, is told."""

    ACCOUNTS = 1
    """User data: to the consumers of the account."""

    FATE = 2
    """The id watch: whether it bears an id that is in doubt. By then it is known whose the subscription is."""


class SessionListener:
    """Hears of nothing; a listener overrides what it needs. All but `prepare` are called from the read callback."""

    async def prepare(self, connection: Connection, deadline: float) -> None:
        """Do what is to be done on every new home connection before it counts as ready."""

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Take in an event of user data, of this connection and subscription."""

    def on_home_lost(self) -> None:
        """Take note that events may be missing: the home connection ended, or its successor does not bring all."""

    def on_events_missed(self, since_ms: int) -> None:
        """Take note that events made since then may be missing, and that the home connection brings all from now on."""

    def on_late_reply(self, request_id: str, envelope: Envelope) -> None:
        """Take in a reply that no call waits for any more."""


SessionListeners: TypeAlias = Listeners[SessionListener]
