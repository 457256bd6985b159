"""An event loop over real sockets whose seconds are shorter: what takes the venue ten seconds takes half a one here."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

SCALE = 20.0
"""Seconds of the loop in one real second."""

__all__ = ["SCALE", "ScaledLoop", "run_scaled"]


class _Selector(selectors.DefaultSelector):
    """Waits the real part of the time it is told."""

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None or timeout <= 0 else timeout / SCALE)


class ScaledLoop(asyncio.SelectorEventLoop):
    """A loop with a faster clock. All processes of a machine have the same one."""

    def __init__(self) -> None:
        super().__init__(_Selector())
        self._clock_resolution = 1e-4

    def time(self) -> float:
        return time.monotonic() * SCALE


def run_scaled(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on such a loop."""
    with asyncio.Runner(loop_factory=ScaledLoop) as runner:
        return runner.run(main)
