"""Cost of the journal per order: in memory, in a file that survives the process, in a file that survives a power cut.

An order is one `Journal.record`, one `mark_sent` and one `settle`. What making the intent costs is measured apart: it is
paid once whatever the journal.

Each degree stands beside the least that could do the same, measured in the same run on the same disk: keeping the intent in
a dictionary; appending its line to a file with one ``write``; that and an ``fsync``. Where the folder is in memory an fsync
costs nothing, and "power" says nothing: choose another with ``TMPDIR``.

Run: ``python -m benchmarks.journal``
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from binance_wsapi.orders.fate.fence import Evidence, Outcome
from binance_wsapi.orders.journal.base import Journal, MemoryJournal
from binance_wsapi.orders.journal.file import FileJournal
from binance_wsapi.orders.journal.intent import Intent, Settlement
from binance_wsapi.orders.journal.rows import insert

__all__ = ["BUDGET_NS", "main"]

BUDGET_NS = 2_000
"""What an order may cost in memory."""

CONCURRENT = 64
ACCOUNT = "0123456789abcdef"
PLACED = Settlement(Outcome.ACCEPTED, Evidence.REPLY, 1_700_000_000_100, 1_234_567_890, "NEW")
_numbers = itertools.count(1)


def intent(number: int) -> Intent:
    """Return a limit order as the order desk makes it."""
    name = f"bcdfghjklmnpqr{number:08d}"
    params: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "price": Decimal("60000.00"),
        "quantity": Decimal("0.01"),
        "newClientOrderId": name,
    }
    return Intent(name, "order.place", "BTCUSDT", (name,), params, 1_700_000_000_000 + number, 5_000, ACCOUNT, name)


def intents(count: int) -> list[Intent]:
    return [intent(next(_numbers)) for _ in range(count)]


def making(rounds: int = 20, calls: int = 1_000) -> float:
    """Return nanoseconds to make an `Intent` from parameters that are there."""
    params = intent(0).params
    costs = []
    for _ in range(rounds):
        began = time.perf_counter_ns()
        for number in range(calls):
            Intent("i", "order.place", "BTCUSDT", ("i",), params, number, 5_000, ACCOUNT, "i")
        costs.append((time.perf_counter_ns() - began) / calls)
    return min(costs)


def floor(keep: Callable[[Intent], object], rounds: int, calls: int) -> float:
    """Return nanoseconds per order of the least that could be done."""
    costs = []
    for _ in range(rounds):
        work = intents(calls)
        gc.collect()
        began = time.perf_counter_ns()
        for each in work:
            keep(each)
        costs.append((time.perf_counter_ns() - began) / calls)
    return min(costs)


def appending(file: int, *, fsync: bool) -> Callable[[Intent], object]:
    """Return what appends the line of an intent to a file, and makes it durable."""

    def append(each: Intent) -> None:
        os.write(file, repr(insert(each)[1]).encode())
        if fsync:
            os.fsync(file)

    return append


async def one_by_one(journal: Journal, rounds: int, calls: int) -> tuple[float, float]:
    """Return nanoseconds per order, the least of the rounds, and the median of all orders."""
    costs, single = [], []
    for _ in range(rounds):
        work = intents(calls)
        gc.collect()
        began = last = time.perf_counter_ns()
        for each in work:
            waiting = journal.record(each)
            if waiting is not None:
                await waiting
            journal.mark_sent(each, 1_700_000_000_001)
            journal.settle(each, PLACED)
            now = time.perf_counter_ns()
            single.append(now - last)
            last = now
        costs.append((last - began) / calls)
        await asyncio.sleep(0)
    return min(costs), statistics.median(single)


async def at_once(journal: Journal, orders: int) -> float:
    """Return orders per second with `CONCURRENT` of them under way at any time."""
    work = iter(intents(orders))

    async def trade() -> None:
        for each in work:
            waiting = journal.record(each)
            if waiting is not None:
                await waiting
            else:
                await asyncio.sleep(0)
            journal.mark_sent(each, 1_700_000_000_001)
            journal.settle(each, PLACED)

    began = time.perf_counter()
    await asyncio.gather(*(trade() for _ in range(CONCURRENT)))
    return orders / (time.perf_counter() - began)


@contextlib.contextmanager
def opened(journal: Journal) -> Iterator[Journal]:
    journal.open(ACCOUNT)
    try:
        yield journal
    finally:
        journal.close()


def main() -> int:
    """Print the table; returns 1 when an order in memory is over its budget."""
    found = {}
    print("journal: cost per order, recorded, sent and settled")
    print(f"  making the intent    {making() / 1_000:9.2f} µs")
    with tempfile.TemporaryDirectory() as folder:
        plain = os.open(Path(folder) / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        kept: dict[str, Intent] = {}
        floors = {
            "memory": floor(lambda each: kept.__setitem__(each.intent_id, each), 20, 1_000),
            "process": floor(appending(plain, fsync=False), 20, 1_000),
            "power": floor(appending(plain, fsync=True), 4, 50),
        }
        os.close(plain)
        kinds: list[tuple[str, Journal, int, int, int]] = [
            ("memory", MemoryJournal(), 20, 1_000, 20_000),
            ("process", FileJournal(Path(folder) / "process.journal", "process"), 20, 1_000, 20_000),
            ("power", FileJournal(Path(folder) / "power.journal", "power"), 4, 50, 2_000),
        ]
        for name, journal, rounds, calls, orders in kinds:
            with opened(journal):
                cost, median = asyncio.run(one_by_one(journal, rounds, calls))
                rate = asyncio.run(at_once(journal, orders))
            found[name] = cost
            print(
                f"  {name:<10} one by one {cost / 1_000:9.2f} µs   median {median / 1_000:8.2f} µs   "
                f"{CONCURRENT} at once {rate:10,.0f} orders/s   "
                f"{cost / floors[name]:6.1f} x a floor of {floors[name] / 1_000:8.2f} µs"
            )
    print(f"  (budget in memory: {BUDGET_NS / 1_000:.0f} µs)")
    return int(found["memory"] > BUDGET_NS)


if __name__ == "__main__":
    raise SystemExit(main())
