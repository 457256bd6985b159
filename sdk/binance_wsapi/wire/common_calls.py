"""Methods that the library calls by itself, on every product under the same name.

Declared once, here; `api` gives them the types of their results (`Endpoint.giving`).
"""

from __future__ import annotations

from typing import Any, Final

from binance_wsapi.wire.endpoint import Auth, Effect, Endpoint, Security

__all__ = ["LOGON", "LOGOUT", "PING", "STATUS", "SUBSCRIPTIONS", "TIME"]

PING: Final[Endpoint[Any]] = Endpoint("ping", dict, weight=1)
"""Source: WebSocket API, "Test connectivity"."""

TIME: Final[Endpoint[Any]] = Endpoint("time", dict, weight=1, apart=True)
"""Source: WebSocket API, "Check server time"."""

LOGON: Final[Endpoint[Any]] = Endpoint(
    "session.logon",
    dict,
    security=Security.SIGNED,
    weight=2,
    replay_safe=False,
    auth=Auth.SIGNATURE,
    effect=Effect.LOGON,
    apart=True,
)
"""Source: WebSocket API, "Log in with API key"."""

STATUS: Final[Endpoint[Any]] = Endpoint("session.status", dict, weight=2, home=True)
"""Source: WebSocket API, "Query session status"."""

SUBSCRIPTIONS: Final[Endpoint[Any]] = Endpoint("session.subscriptions", list, weight=2, home=True)
"""Source: WebSocket API, "Listing all subscriptions"."""

LOGOUT: Final[Endpoint[Any]] = Endpoint("session.logout", dict, weight=2, replay_safe=False, effect=Effect.LOGOUT)
"""Source: WebSocket API, "Log out of the session"."""
