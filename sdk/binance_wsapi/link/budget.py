"""When a connection may be tried: the venue's limits on connections, for all that connects under one address.

One budget serves the connections of calls and those of market streams, so that together they keep the venue's 300
connections in 5 minutes, and a ban that one of them is told holds for the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from binance_wsapi.errors import Banned, LimitExceeded
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.link.sockets.transport import HandshakeRefused

__all__ = ["ConnectBudget"]


class ConnectBudget:
    """Says when a connection may be tried, and gives a number to each.

    Args:
        limiter: knows the venue's limits and bans.
        now_ms: the venue's time, in milliseconds.
        sleep: wait that many seconds.
    """

    def __init__(
        self, limiter: RequestLimiter, now_ms: Callable[[], int], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.newest = 0
        """Number of the connection that was begun last."""
        self._limiter = limiter
        self._now_ms = now_ms
        self._sleep = sleep

    def next_number(self) -> int:
        """Return the number of a connection that is about to be begun."""
        self.newest += 1
        return self.newest

    async def wait(self, on_wait: Callable[[Exception], None]) -> None:
        """Wait until the venue's limits allow another connection; a ban may take days.

        Args:
            on_wait: told why none may be tried yet, each time.
        """
        while True:
            try:
                await self._limiter.admit_connect()
            except (LimitExceeded, Banned) as error:
                now = self._now_ms()
                on_wait(error)
                await self._sleep(max(1.0, ((error.retry_at or now) - now) / 1000.0))
            else:
                return

    def failed(self, error: Exception) -> None:
        """Take in why an attempt failed: some HTTP statuses close connecting for a time."""
        if isinstance(error, HandshakeRefused) and error.status in {403, 418, 429}:
            until = None if error.retry_after is None else self._now_ms() + int(error.retry_after * 1000)
            self._limiter.connect_refused(error.status, until)
