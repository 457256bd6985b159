"""What a change of the code saves of an order's processor time: two checkouts, in turns of a few hundred orders each.

On a machine that others use, two figures of two moments say little about each other. So each checkout runs in a process
of its own, over a link in that process as in `benchmarks.steps`, and one waits while the other has its turn. What counts
are the least of the turns, and the median of the ratios of neighbours.

Run: ``python -m benchmarks.turns OTHER [WAY [TURNS]]``, as ``../main "journal in a file"``. OTHER is the folder of another
checkout; the same code there shows how far a figure can be trusted.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.orders import together
from benchmarks.steps import opened, ways

__all__ = ["compare", "main"]

TURNS = 150
TURN = 320
"""Orders of a turn."""
WARM = 4_000

_HERE = Path(__file__).parent.parent
_CHILD = "--turns"


async def _take_turns(name: str) -> None:
    """Place the orders of a turn for each line that comes, and print the microseconds of one."""
    way = ways()[name]
    async with AsyncExitStack() as stack:
        call = await opened(way, stack)
        await together(call, way.in_flight, WARM)
        for _ in sys.stdin:
            gc.collect()
            print((await together(call, way.in_flight, TURN))[1] * 1e6, flush=True)


def _begin(folder: Path, way: str) -> subprocess.Popen[str]:
    path = os.pathsep.join((str(folder / "sdk"), str(folder)))
    program = [sys.executable, str(Path(__file__).resolve()), _CHILD, way]
    return subprocess.Popen(
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
    )


def _turn(child: subprocess.Popen[str]) -> float:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("\n")
    child.stdin.flush()
    return float(child.stdout.readline())


def compare(other: Path, way: str, turns: int = TURNS) -> tuple[list[float], list[float], list[float]]:
    """Return the microseconds of an order in the turns of the other checkout and of this one, and their ratios."""
    children = [_begin(folder, way) for folder in (other, _HERE)]
    there: list[float] = []
    here: list[float] = []
    ratios: list[float] = []
    try:
        for _ in range(turns):
            before, ours, after = _turn(children[0]), _turn(children[1]), _turn(children[0])
            there += before, after
            here.append(ours)
            ratios.append(2 * ours / (before + after))
    finally:
        for child in children:
            child.communicate()
    return there, here, ratios


def main() -> None:
    """Print the least and the median of both checkouts, and the median of their ratios."""
    if sys.argv[1:2] == [_CHILD]:
        asyncio.run(_take_turns(sys.argv[2]))
        return
    if len(sys.argv) < 2:
        sys.exit("python -m benchmarks.turns OTHER [WAY [TURNS]]")
    other = Path(sys.argv[1]).resolve()
    way = sys.argv[2] if len(sys.argv) > 2 else "logged on"
    there, here, ratios = compare(other, way, int(sys.argv[3]) if len(sys.argv) > 3 else TURNS)
    for name, found in (("other", there), ("this", here)):
        print(f"{name:>5}: {min(found):.1f} µs at least, {statistics.median(found):.1f} in the median")
    print(f"{way}: this takes {statistics.median(ratios):.3f} × the other")


if __name__ == "__main__":
    main()
