"""Cost of the limits per call: in one process, on a lease from a file, on a lease from Redis.

A call is one `RequestLimiter.try_admit` and one `RequestLimiter.settle` with the venue's rows, clock included. The
stores are asked beside the calls; what one exchange with them costs is measured apart, and shared out over the calls
one lease lasts for.

Run: ``python -m benchmarks.limits``
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Store, StoreUnavailable
from binance_wsapi.wire.endpoint import Endpoint, Security
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["BUDGET_NS", "main", "measure", "redis_server"]

BUDGET_NS = 3_000
"""What one call may cost in one process."""

ORDER: Endpoint[Any] = Endpoint(
    "order.place", dict, security=Security.TRADE, weight=1, weight_on_success=0, orders=1, replay_safe=False
)
CANCEL: Endpoint[Any] = Endpoint(
    "order.cancel", dict, security=Security.TRADE, weight=1, weight_on_success=0, replay_safe=False
)
READ: Endpoint[Any] = Endpoint("order.status", dict, security=Security.USER_DATA, weight=4)

LIMITS = [
    RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 600_000_000),
    RateLimit("ORDERS", "SECOND", 10, 600_000_000),
    RateLimit("ORDERS", "DAY", 1, 600_000_000),
    RateLimit("CONNECTIONS", "MINUTE", 5, 300),
]


class NoRoom(Exception):
    """There is no room: what was measured is not the cost of a call."""


def rows(*limits: RateLimit) -> list[RateLimit]:
    """Return rows as they come out of a decoded reply: fresh strings, nothing interned."""
    counted = [msgspec.structs.replace(limit, count=1) for limit in limits]
    return msgspec.json.decode(msgspec.json.encode(counted), type=list[RateLimit])


def venue_clock() -> Callable[[], int]:
    offset = time.time_ns() - time.monotonic_ns()
    monotonic = time.monotonic_ns
    return lambda: (monotonic() + offset) // 1_000_000


def measure(
    limiter: RequestLimiter, endpoint: Endpoint[Any], reply: list[RateLimit], rounds: int = 15, calls: int = 1_000
) -> float:
    """Return nanoseconds per call: the least of the rounds, what is above it is the machine's other work."""
    costs = []
    params: dict[str, Any] = {}
    gc.collect()
    for _ in range(rounds):
        began = time.perf_counter_ns()
        for _ in range(calls):
            ticket = limiter.try_admit(endpoint, params)
            if ticket is None:
                raise NoRoom
            limiter.settle(ticket, 200, reply)
        costs.append((time.perf_counter_ns() - began) / calls)
    return min(costs)


def exchange_cost(store: Store, rounds: int = 400) -> float:
    """Return nanoseconds of one exchange, the median, called as the limiter's thread calls it."""
    from binance_wsapi.limits.ledger import Ledger
    from binance_wsapi.limits.shared.lease import LeaseHolder, leased_types

    now = venue_clock()
    ledger = Ledger(on_lease=leased_types(store))
    holder = LeaseHolder(ledger, store)
    costs = []
    for _ in range(rounds):
        reports = holder.report(now(), {})
        began = time.perf_counter_ns()
        replies = store.exchange(reports)
        costs.append(time.perf_counter_ns() - began)
        holder.accept(reports, replies, now())
    return statistics.median(costs)


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str | None]:
    """Run a redis-server on a free port; yields its address, or None when there is none on this machine."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        for _ in range(500):
            store = RedisStore(url)
            try:
                store.inspect()
                break
            except StoreUnavailable:
                time.sleep(0.01)
            finally:
                store.close()
        yield url
    finally:
        process.kill()
        process.wait()


async def on_a_lease(store: Store) -> float:
    """Return nanoseconds per read on a lease, with the store_sync running beside it."""
    limiter = RequestLimiter(store, now_ms=venue_clock(), limits=LIMITS)
    await limiter.open()
    costs = []
    try:
        for _ in range(30):
            with contextlib.suppress(NoRoom):  # a new minute began, and its lease is not here yet
                costs.append(measure(limiter, READ, rows(LIMITS[0]), rounds=1))
            await asyncio.sleep(0.06)
    finally:
        await limiter.aclose()
    return min(costs)


def main() -> int:
    """Print the table; returns 1 when the cost in one process is over its budget."""
    limiter = RequestLimiter(now_ms=venue_clock(), limits=LIMITS)
    weight, short, day = LIMITS[:3]
    work = {"read": (READ, rows(weight)), "cancel": (CANCEL, rows(weight)), "order": (ORDER, rows(short, day, weight))}
    found = dict.fromkeys(work, float("inf"))
    for _ in range(6):  # the kinds take turns, so that a busy moment of the machine falls on all of them
        for name, (endpoint, reply) in work.items():
            with contextlib.suppress(NoRoom):
                found[name] = min(found[name], measure(limiter, endpoint, reply))
    print("limits: cost per call, admitted and settled")
    for name, cost in found.items():
        print(f"  in one process, {name:<8} {cost / 1_000:8.2f} µs   (budget {BUDGET_NS / 1_000:.0f} µs)")
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url:
        stores: list[tuple[str, Callable[[], Store]]] = [
            ("memory", MemoryStore().join),
            ("SQLite", lambda: SqliteStore(Path(folder) / "limits.db", account="bench", processes=1)),
        ]
        if url is not None:
            stores.append(("Redis", lambda: RedisStore(url, account="bench", processes=1)))
        for name, make in stores:
            store = make()
            per_call = asyncio.run(on_a_lease(store))
            store.close()
            store = make()
            per_exchange = exchange_cost(store)
            store.close()
            print(
                f"  lease from {name:<8} read  {per_call / 1_000:8.2f} µs   "
                f"exchange {per_exchange / 1_000:8.1f} µs, beside the calls, every 50 ms"
            )
        if url is None:
            print("  Redis: not measured, there is no redis-server on this machine")
    return int(max(found.values()) > BUDGET_NS)


if __name__ == "__main__":
    raise SystemExit(main())
