"""Work spread over all cores, by processes that are replaced now and then: an interpreter is the slower, the more it has seen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

__all__ = ["spread"]

W = TypeVar("W")
R = TypeVar("R")


def spread(function: Callable[[W], R], work: Sequence[W], each: int) -> Iterator[R]:
    """Call a function for each piece of work, and yield what it returns in their order.

    Args:
        function: of a module; it runs in another process.
        work: what it is called with.
        each: pieces after which the processes are replaced.
    """
    for start in range(0, len(work), each):
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(function, work[start : start + each])
