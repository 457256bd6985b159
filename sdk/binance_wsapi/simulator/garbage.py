"""How often Python looks for cycles of objects in a process that runs an exchange and nothing else.

Every order leaves objects that live on, and Python's collector goes through all of them again and again: an order takes
290 µs of CPU with its own thresholds, 245 with these, 254 without a collector (least of fifteen interleaved rounds of
4,000 orders; ``python -m benchmarks.exchange`` shows an order's CPU). Cycles are rare here: connections that are closed,
errors with their frames.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["seldom_collected"]

THRESHOLDS = (20_000, 20, 20)
"""Objects that may be new before the collector looks at them; and how many such looks before it looks at older ones."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector run less often as long as this lasts; a process that set its thresholds itself keeps them."""
    before = gc.get_threshold()
    if before[0] in (700, 2000):  # what Python 3.11 to 3.14 start with
        gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
