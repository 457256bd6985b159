"""An event loop over real sockets whose seconds are shorter: what takes the venue ten seconds takes half a one here."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

__all__ = ["run_scaled"]


class _Selector(selectors.DefaultSelector):
    """Waits the real part of the time it is told."""

    scale = 1.0

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None or timeout <= 0 else timeout / self.scale)


class _ScaledLoop(asyncio.SelectorEventLoop):
    """A loop with a faster clock; loops of the same scale agree about the time in all processes of a machine."""

    def __init__(self, scale: float) -> None:
        selector = _Selector()
        selector.scale = scale
        super().__init__(selector)
        self._scale = scale
        self._clock_resolution = 1e-4

    def time(self) -> float:
        return time.monotonic() * self._scale


def run_scaled(main: Coroutine[Any, Any, T], scale: float = 20.0) -> T:
    """Run a coroutine on a loop on which `scale` seconds pass in a real one."""
    with asyncio.Runner(loop_factory=lambda: _ScaledLoop(scale)) as runner:
        return runner.run(main)
