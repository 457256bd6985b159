"""``ping``: how far away the venue is."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Annotated

import typer

from binance_wsapi.cli.shared.options import command
from binance_wsapi.cli.shared.run import Run

if TYPE_CHECKING:
    from binance_wsapi.client.spot import SpotClient

__all__ = ["ping", "round_trips"]


@command
async def ping(
    run: Run,
    count: Annotated[int, typer.Option("--count", "-n", metavar="NUMBER", min=1, max=100, help="How often.")] = 5,
) -> None:
    """Measure round trips to the venue and the offset of this machine's clock. No key is needed."""
    async with run.client() as client:
        took = await round_trips(client, count)
        offset = client.now_ms() - time.time_ns() // 1_000_000
        error = client.clock_error_ms
    value = {
        "environment": run.environment.name,
        "milliseconds": [round(each, 3) for each in took],
        "median": round(statistics.median(took), 3),
        "clock_offset_ms": offset,
        "clock_error_ms": round(error, 3),
    }
    run.show(
        value,
        f"{run.environment.name}: {count} round trips, {min(took):.1f} ms at best, median "
        f"{statistics.median(took):.1f} ms, {max(took):.1f} ms at worst\n"
        f"The venue's clock is {abs(offset)} ms {'ahead of' if offset >= 0 else 'behind'} this machine's, "
        f"give or take {error:.1f} ms.",
    )


async def round_trips(client: SpotClient, count: int) -> list[float]:
    """Return milliseconds of so many pings, one after another."""
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        await client.ping()
        took.append(1000 * (time.perf_counter() - begun))
    return took
