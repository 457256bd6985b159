"""Subscriptions that were asked for and whose reply no task waits for any more: the venue may have made them.

Theory of operation. A consumer that is cancelled while it enters, or that waits for longer than a call may take, leaves a
request behind. Its late reply is the only word of the subscription that it made. An account that is still wanted on the
connection takes it; else it is ended at the venue.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from binance_wsapi.errors import OutcomeUnknown
from binance_wsapi.session.connection import Connection, State
from binance_wsapi.user_data.subscription import AccountSubscription

__all__ = ["Asked", "LateSubscriptions"]

REMEMBERED: Final = 256
"""Requests without a reply that are remembered, the latest: an account makes few."""


class Asked:
    """Is told the id of the request that asks for a subscription: the ``sent`` of its `CallOptions`."""

    def __init__(self) -> None:
        self.request_id: str | None = None

    def __call__(self, request_id: str, _timestamp: int | None) -> None:
        self.request_id = request_id


class LateSubscriptions:
    """The requests for subscriptions whose replies may still come."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[AccountSubscription[Any], Connection]] = {}

    @contextmanager
    def asking(self, subscription: AccountSubscription[Any], connection: Connection) -> Iterator[Asked]:
        """Ask for a subscription inside; remember the request where this ends without its reply."""
        asked = Asked()
        try:
            yield asked
        except (OutcomeUnknown, CancelledError):
            if asked.request_id is not None and connection.state is not State.CLOSED:
                self._asked[asked.request_id] = subscription, connection
                if len(self._asked) > REMEMBERED:
                    del self._asked[next(iter(self._asked))]
            raise

    def waits(self, subscription: AccountSubscription[Any], connection: Connection) -> bool:
        """Whether a request for this subscription went over this connection, and its reply may still come."""
        return (subscription, connection) in self._asked.values()

    def take(self, request_id: str) -> tuple[AccountSubscription[Any], Connection] | None:
        """Return what a request asked for, and on which connection; None where it asked for no subscription."""
        return self._asked.pop(request_id, None)
