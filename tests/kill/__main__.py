"""``python -m tests.kill EACH POINTS``: kill so many processes at each of the first POINTS points, by default at all.

Exit code 1 where an order was lost sight of.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.table import Table

from tests.kill.harness import Row, kill_many
from tests.kill.points import POINTS

PORTION = 100


def _portion(work: tuple[str, int, int]) -> Row:
    name, times, seed = work
    return kill_many([name], times, seed)[0]


def main() -> int:
    """Kill, print the table, return the exit code."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    points = POINTS[: int(sys.argv[2])] if len(sys.argv) > 2 else POINTS
    console = Console(highlight=False, width=150)
    begun = time.perf_counter()
    work = [
        (point.name, min(PORTION, times - start), start)
        for point in points
        for start in range(0, times, PORTION)
    ]  # fmt: skip
    total: dict[str, Row] = {point.name: Row(point.name) for point in points}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for row in pool.map(_portion, work):
            sum_ = total[row.point]
            for name in ("kills", "missed", "orders", "left_open"):
                setattr(sum_, name, getattr(sum_, name) + getattr(row, name))
            sum_.outcomes += row.outcomes
            sum_.violations += row.violations
    table = Table("killed", "kills", "not met", "orders", "left open", "verdicts of the recovery", "violations")
    for row in total.values():
        outcomes = ", ".join(f"{count} {name.lower()}" for name, count in sorted(row.outcomes.items()))
        table.add_row(row.point, str(row.kills), str(row.missed), str(row.orders), str(row.left_open), outcomes,
                      str(len(row.violations)))  # fmt: skip
    console.print(table)
    violations = [each for row in total.values() for each in row.violations]
    for each in violations[:20]:
        console.print(f"[red]{each}[/]")
    kills = sum(row.kills for row in total.values())
    console.print(
        f"{kills} kills at {len(points)} points, {time.perf_counter() - begun:.0f} s, {len(violations)} violations"
    )
    return 1 if violations or any(row.kills == 0 for row in total.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
