"""What a journal, user data and live handles add to an order, beside the same client without them, in the same turns.

All clients are open at once, and turns are short: the plain client, one with a feature, the plain client, the next (see
`benchmarks.ratios`). What counts is the median of the ratios of neighbours, and of their differences.

Run: ``python -m benchmarks.features``
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.orders import IN_FLIGHT, Call, keys, order, together
from benchmarks.peer import Server
from binance_wsapi import FileJournal, MemoryJournal, Settings, SpotClient

__all__ = ["HANDLES", "PLAIN", "found", "main", "table"]

HANDLES = 10
PLAIN = "plain"
ROUNDS = 15
TURN = 5 * IN_FLIGHT
COUNTS = {"alone": 1, f"{IN_FLIGHT} in flight": IN_FLIGHT}

BUDGETS = {
    "journal in memory": "+ 8 µs",
    "journal in a file": "+ 25 µs",
    f"user data, {HANDLES} handles": "1.5 ×",
}

Opened = Callable[[SpotClient, AsyncExitStack], Any]
Found = dict[str, dict[str, tuple[float, float]]]
"""By feature and calls in flight: the ratio to the plain client, and the microseconds that are added."""


@asynccontextmanager
async def _client(server: Server, **options: Any) -> AsyncIterator[SpotClient]:
    key = keys()["logged on"]()
    async with SpotClient.local(key, Settings(transport="websockets"), url=server.url, **options) as client:
        yield client


async def consume(client: SpotClient, stack: AsyncExitStack) -> None:
    """Subscribe the account's events, and read them as they come."""
    events = await stack.enter_async_context(client.user_data())

    async def read() -> None:
        async for _ in events:
            pass

    task = asyncio.get_running_loop().create_task(read())
    stack.callback(task.cancel)


async def follow(client: SpotClient, handles: int = HANDLES) -> list[Any]:
    """Return live handles of orders that stay open."""
    made = [
        await client.submit_order(
            "BTCUSDT", "BUY", "LIMIT", time_in_force="GTC", price="23416.10000000", quantity="0.00847000"
        )
        for _ in range(handles)
    ]
    for each in made:
        await each.accepted()
    return made


async def _open(server: Server, stack: AsyncExitStack, folder: Path) -> dict[str, Call]:
    """Return a call of each client, the plain one first."""
    enter = stack.enter_async_context
    plain = await enter(_client(server))
    memory = await enter(_client(server, journal=MemoryJournal()))
    file = await enter(_client(server, journal=FileJournal(folder / "orders.journal")))
    listening = await enter(_client(server))
    await consume(listening, stack)
    handling = await enter(_client(server))
    await consume(handling, stack)
    handles = await follow(handling)
    stack.callback(handles.clear)  # they are followed for as long as they are held
    return {
        PLAIN: order(plain),
        "journal in memory": order(memory),
        "journal in a file": order(file),
        "user data": order(listening),
        f"user data, {HANDLES} handles": order(handling),
    }


async def _measure(server: Server, rounds: int) -> Found:
    pairs: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            calls = await _open(server, stack, Path(folder))
            plain = calls.pop(PLAIN)
            for call in (plain, *calls.values()):
                await together(call, IN_FLIGHT, 4 * TURN)
            for _ in range(rounds):
                gc.collect()
                for kind, count in COUNTS.items():
                    for name, call in calls.items():
                        before = (await together(plain, count, TURN))[1]
                        cost = (await together(call, count, TURN))[1]
                        after = (await together(plain, count, TURN))[1]
                        pairs[name][kind].append((cost, (before + after) / 2))
    return {
        name: {
            kind: (
                statistics.median(cost / beside for cost, beside in each),
                statistics.median(cost - beside for cost, beside in each) * 1e6,
            )
            for kind, each in kinds.items()
        }
        for name, kinds in pairs.items()
    }


def found(server: Server, rounds: int = ROUNDS) -> Found:
    """Measure."""
    return asyncio.run(_measure(server, rounds))


def table(figures: Found) -> str:
    """Return what was found as a table."""
    heads = [f"{kind}, {unit}" for kind in COUNTS for unit in ("× plain", "µs more")]
    lines = [f"| CPU of an order with | {' | '.join(heads)} | budget |", f"|---|{'--:|' * (len(heads) + 1)}"]
    for name, kinds in figures.items():
        told = [f"{ratio:.2f} | {added:+.0f}" for ratio, added in kinds.values()]
        lines.append(f"| {name} | {' | '.join(told)} | {BUDGETS.get(name, '')} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    with Server() as server:
        print(table(found(server)))


if __name__ == "__main__":
    main()
