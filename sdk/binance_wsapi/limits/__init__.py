"""Never over a limit of the venue, never banned: one budget for weight, orders and connections, shared by every process.

`limiter` is the door every request passes. What it decides is decided without an event loop, a clock or a socket in `window`
and `bucket` (one limit), `ledger` (all of one address and account), `bans`, `policy` and, for a shared budget, `lease` (one
process's side), `store` (what they tell each other) and `division` (how it is divided). Only `limiter`, `waiting` and
`shared.sync` wait, and only `shared.sqlite` and `shared.redis` touch a file or a server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from binance_wsapi.limits.events import (
        BanLatched,
        LimitEvent,
        LimitState,
        StoreLost,
        StoreMended,
        StoreReturned,
        WaitEnded,
        WaitStarted,
    )
    from binance_wsapi.limits.policy import Policy
    from binance_wsapi.limits.shared.memory import MemoryStore
    from binance_wsapi.limits.shared.redis import RedisStore
    from binance_wsapi.limits.shared.sqlite import SqliteStore

__all__ = [
    "MemoryStore",
    "SqliteStore",
    "RedisStore",
    "LimitState",
    "LimitEvent",
    "WaitStarted",
    "WaitEnded",
    "BanLatched",
    "StoreLost",
    "StoreMended",
    "StoreReturned",
    "Policy",
]

_WHERE = {
    "MemoryStore": "shared.memory",
    "SqliteStore": "shared.sqlite",
    "RedisStore": "shared.redis",
    "Policy": "policy",
}
"""The stores, each in a module that imports what it stands on; all else is in `events`."""


def __getattr__(name: str) -> object:
    """Import a name when it is first asked for: most programs need no store, and no Redis."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_WHERE.get(name, 'events')}"), name)
    globals()[name] = value
    return value
