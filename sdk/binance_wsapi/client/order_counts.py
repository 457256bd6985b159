"""Asks the venue for its counts of orders where the limits know of no room for the rest of the day.

What is known then may be an older count, from before orders filled, or what another process of a shared store claims. A
count of the venue comes with the replies to orders, and no order goes out. So the client asks, at most once a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from binance_wsapi.errors import WsapiError

__all__ = ["PAUSE_S", "OrderCounts"]

log = logging.getLogger("binance_wsapi")

PAUSE_S: Final = 60.0
"""Seconds from one question to the next: a question weighs as much as ten queries of orders."""


class OrderCounts:
    """Asks for the counts of the orders when they seem used up.

    Args:
        ask: asks the venue; what it answers reaches the limits by itself.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, ask: Callable[[], Awaitable[object]], monotonic: Callable[[], float]) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._next = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._closed = False

    def used_up(self) -> None:
        """Ask, unless that was done within the last minute."""
        now = self._monotonic()
        if self._closed or now < self._next:
            return
        self._next = now + PAUSE_S
        self._asking = asyncio.get_running_loop().create_task(self._once(), name="binance-wsapi order counts")

    async def close(self) -> None:
        """Ask no more."""
        self._closed = True
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _once(self) -> None:
        try:
            await self._ask()
        except WsapiError as error:
            log.info("the venue could not be asked for its counts of orders: %s", error)
