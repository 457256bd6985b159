"""Work spread over all cores, by processes that are replaced now and then: an interpreter is the slower, the more it has seen."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

__all__ = ["seldom_collected", "spread"]

W = TypeVar("W")
R = TypeVar("R")


def seldom_collected() -> None:
    """Look for rings of objects seldom in this process: lives make few that stay, and a seventh of their time went there."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def spread(function: Callable[[W], R], work: Sequence[W], each: int) -> Iterator[R]:
    """Call a function for each piece of work, and yield what it returns in their order.

    Args:
        function: of a module; it runs in another process.
        work: what it is called with.
        each: pieces after which the processes are replaced.
    """
    for start in range(0, len(work), each):
        with ProcessPoolExecutor(os.cpu_count(), initializer=seldom_collected) as pool:
            yield from pool.map(function, work[start : start + each])
