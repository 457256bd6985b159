"""What a neighbour does to the shared limits without meaning to: a wrong clock, garbage in the store, an absurd answer.

None of it may cost the others a 429, or more of the limits than the room that is kept for the neighbour.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from benchmarks.soak_venue import WEIGHT
from binance_wsapi.limits.shared.store import Ask, Report, Store, StoreUnavailable
from binance_wsapi.simulator.exchange import LocalExchange
from binance_wsapi.simulator.faults.faults import Refuse

__all__ = ["AHEAD_S", "answer_absurdly", "spoil", "visit"]

AHEAD_S = 86_400.0
"""By how much the wall clock of the troubled bot is wrong, and the clock of the visitor."""
MINUTE_MS = 60_000
LATER_THAN_ANY_BAN = 99_999_999_999_999
"""Milliseconds: in the year 5138."""


def visit(store: Store, now_ms: int) -> None:
    """Report by a clock that is a day ahead, and want all there is, as a process that is then killed."""
    at = now_ms + int(AHEAD_S * 1_000)
    ask = Ask("REQUEST_WEIGHT 60000", WEIGHT, MINUTE_MS, 0, at // MINUTE_MS, 0, WEIGHT // 8, want=WEIGHT)
    with contextlib.suppress(StoreUnavailable):
        store.exchange([Report(store.ip, store.member, "visitor", at, 5, [ask])])


def spoil(kind: str, file: Path, redis_url: str) -> None:
    """Write garbage over the records of the store; memory has none that another process could reach."""
    if kind == "redis":
        import redis

        client = redis.Redis.from_url(redis_url)
        for key in client.scan_iter(match="*"):
            client.set(key, b"\x00garbage")
        client.close()
    elif kind == "sqlite":
        with contextlib.closing(sqlite3.connect(file, timeout=5, isolation_level=None)) as db:
            db.execute("UPDATE scope SET state = ?", (b"\x00garbage",))


def answer_absurdly(exchange: LocalExchange) -> None:
    """Let the next read be refused until a time that no venue can mean."""
    absurd = {"serverTime": exchange.clock.now_ms(), "retryAfter": LATER_THAN_ANY_BAN}
    exchange.faults.next(Refuse(429, -1003, "Too much request weight used.", absurd), "account.status")
