"""What a connection tells: to the session that it belongs to, from the read callback."""

from __future__ import annotations

from typing import Protocol, TypeVar

from binance_wsapi.errors import AuthFailed, WsapiError
from binance_wsapi.session.in_flight import Waiting
from binance_wsapi.wire.codec import Envelope

__all__ = ["Observer"]

C = TypeVar("C", contravariant=True)
"""The connection that tells."""


class Observer(Protocol[C]):
    """Who hears what happens on a connection. Called from the read callback: quick, and never raising."""

    def on_frame(self, connection: C, data: bytes | bytearray) -> None:
        """A whole text message arrived. Called only while `wants_frames` says so."""

    def on_event(self, connection: C, subscription_id: int | None, event: bytes) -> None:
        """An event of user data arrived."""

    def on_shutdown(self, connection: C) -> None:
        """The venue announced that it will end this connection."""

    def on_revoked(self, connection: C, error: AuthFailed) -> None:
        """The venue took the session's key away."""

    def on_unaddressed(self, envelope: Envelope) -> None:
        """A reply without an id: its ban holds all the same."""

    def on_nonsense(self, connection: C, error: WsapiError) -> None:
        """Something arrived that belongs to no request or cannot be read."""

    def on_late(self, request_id: str, envelope: Envelope) -> None:
        """The reply to a request that no call waits for any more."""

    def on_unanswered(self, connection: C, pending: Waiting, *, first: bool) -> None:
        """A request stayed unanswered; with the first one the connection has become suspect."""

    def on_silent(self, connection: C) -> None:
        """A request whose silence says nothing of others stayed unanswered, and nothing was answered since it was sent."""

    def on_slow(self, connection: C, pending: Waiting) -> None:
        """A request that may be asked elsewhere, too, waits for its answer longer than one takes. Called once for it."""

    def on_answers(self, connection: C) -> None:
        """The connection takes requests again that it did not take while it was suspect, or on probation."""

    def on_lost(self, connection: C, code: int, reason: str) -> None:
        """The connection ended. Called once."""
