"""Closing once, and to the end, also where the caller that closes is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Closing"]


class Closing:
    """Runs what closes something in a task of its own, which no cancelled caller takes along."""

    __slots__ = ("_task",)

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]], patience: float) -> None:
        """Begin the work, or wait for it where it is under way or done; begin it again where it failed.

        Args:
            work: closes; it may be called again after it failed.
            patience: seconds that a caller that is cancelled waits for the end, so that no task is left behind it.
        """
        task = self._task
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._task = asyncio.get_running_loop().create_task(work(), name="binance-wsapi close")
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # its caller may have gone
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                await asyncio.wait([task], timeout=patience)
            raise
