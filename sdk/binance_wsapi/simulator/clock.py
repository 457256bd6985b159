"""The exchange's own clock: the only place that knows what time it is.

It runs with the event loop's clock, so a loop in virtual time carries the exchange with it. What it shows starts from
an epoch: the machine's wall time when the loop runs on the machine's monotonic clock, a fixed day otherwise, so that
a run in virtual time is the same run every time. `offset` sets it wrong on purpose: clients have to live with that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["VIRTUAL_EPOCH_MS", "Clock"]

VIRTUAL_EPOCH_MS = 1_767_225_600_000
"""2026-01-01 00:00:00 UTC: where a clock in virtual time starts."""


def _not_running() -> float:
    raise RuntimeError("the clock is not running: it starts with its exchange")


class Clock:
    """Server time, driven by the running event loop.

    Args:
        start_ms: what the clock shows when it is first bound to a loop, in milliseconds since the epoch.
        offset: seconds it is off; may be set at any time and makes the clock step.
    """

    def __init__(self, start_ms: int | None = None, offset: float = 0.0) -> None:
        self._start_ms = start_ms
        self._loop: asyncio.AbstractEventLoop | None = None
        self._time: Callable[[], float] = _not_running
        self._origin = 0.0
        self._epoch_us = 0
        self._latest = 0
        self.offset = offset

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the clock on a loop; done by the exchange when it starts. A second loop takes it over from there."""
        if self._loop is loop:
            return
        origin = loop.time()
        if self._loop is not None:
            self._epoch_us = self._true_us()
        elif self._start_ms is not None:
            self._epoch_us = self._start_ms * 1000
        elif abs(origin - time.monotonic()) < 1.0:
            self._epoch_us = time.time_ns() // 1000
        else:
            self._epoch_us = VIRTUAL_EPOCH_MS * 1000
        self._loop, self._origin = loop, origin
        # That of most loops does nothing but call this, and an order asks often.
        self._time = time.monotonic if type(loop).time is asyncio.BaseEventLoop.time else loop.time

    def _true_us(self) -> int:
        return self._epoch_us + round((self._time() - self._origin) * 1_000_000)

    def loop_time(self) -> float:
        """Return the event loop's time in seconds, which no offset changes."""
        return self._time()

    def now_us(self) -> int:
        """Return server time in microseconds since the epoch."""
        now = self._epoch_us + round((self._time() - self._origin) * 1_000_000)
        return now + round(self.offset * 1_000_000) if self.offset else now

    def now_ms(self) -> int:
        """Return server time in milliseconds since the epoch."""
        return self.now_us() // 1000

    def engine_us(self) -> int:
        """Return microseconds that never go backwards, even when `offset` does: the matching engine's time."""
        now = self._epoch_us + round((self._time() - self._origin) * 1_000_000)
        if self.offset:
            now += round(self.offset * 1_000_000)
        if now > self._latest:
            self._latest = now
        return self._latest

    def step(self, seconds: float) -> None:
        """Make the clock jump by so many seconds, forwards or backwards."""
        self.offset += seconds
