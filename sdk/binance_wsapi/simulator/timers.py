"""Timers that all end with the exchange: nothing of it may wake up after it was left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Timers"]


class Timers:
    """`call_later` of the running loop, with one switch to turn everything off.

    Attributes:
        crashes: what callbacks raised: mistakes of the exchange, which its owner has to hear of.
    """

    def __init__(self) -> None:
        self.crashes: list[Exception] = []
        self._handles: set[asyncio.TimerHandle] = set()
        self._stopped = False

    def later(self, delay: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back after `delay` seconds; return a function that prevents it."""
        if self._stopped:
            return lambda: None
        handle: asyncio.TimerHandle

        def fire() -> None:
            self._handles.discard(handle)
            try:
                callback()
            except Exception as error:
                self.crashes.append(error)
                raise

        def cancel() -> None:
            self._handles.discard(handle)
            handle.cancel()

        handle = asyncio.get_running_loop().call_later(delay, fire)
        self._handles.add(handle)
        return cancel

    def stop(self) -> None:
        """Cancel everything, for good."""
        self._stopped = True
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()
