"""Reports of processes to a shared store, for its tests."""

from __future__ import annotations

import time
from collections.abc import Callable

from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Reply, Report, Store

__all__ = ["DAY", "Make", "now_ms", "tell"]

DAY = 86_400_000
"""Milliseconds."""

Make = Callable[[], SqliteStore | RedisStore]
"""Makes another store of the same shared budget."""


def now_ms() -> int:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000


def tell(
    store: Store, at: int, *, want: int = 0, held: int = 0, taken: int = 0, epoch: str = "", **more: object
) -> Reply:
    """Report the request weight of one process, and return the answer."""
    ask = Ask("REQUEST_WEIGHT 60000", 6_000, 60_000, 0, at // 60_000, held, 750, want=want, taken=taken)
    (reply,) = store.exchange([Report(store.ip, store.member, "label", at, 5, [ask], epoch=epoch, **more)])  # type: ignore[arg-type]
    return reply
