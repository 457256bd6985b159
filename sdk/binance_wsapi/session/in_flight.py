"""The requests of one connection that are in flight: which of them end without a reply, and when.

Theory of operation. The table says which reply belongs to which request (`binance_wsapi.wire.pending`). Here is what needs
the event loop: one timer, which stands at the earliest deadline of all requests; the future of each, which fails when its
deadline passes or its connection ends; and the wait for the last of them. A reply resolves its future in `Connection`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from binance_wsapi.errors import ReplyTimeout, WsapiError
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.pending import Pending, PendingTable

__all__ = ["InFlight", "Waiting"]

Waiting: TypeAlias = Pending[asyncio.Future[Envelope]]
"""A request that waits for its reply, and the future that gets it."""


class InFlight(PendingTable[asyncio.Future[Envelope]]):
    """The requests of one connection that wait for their replies, and their deadlines.

    Args:
        loop: the event loop of the connection.
        timed_out: told of each request whose deadline passed and whose caller still waited.
        expired: told, after those, of all whose deadline passed.

    Attributes:
        timer_at: moment of the event loop's clock at which the timer stands; infinite while none does.
        awaited: done when the last request has ended; None while no task waits for that.
    """

    __slots__ = ("_expired", "_loop", "_timed_out", "_timer", "awaited", "timer_at")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        timed_out: Callable[[Waiting], None],
        expired: Callable[[list[Waiting]], None],
    ) -> None:
        super().__init__()
        self._loop = loop
        self._timed_out = timed_out
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None
        self.awaited: asyncio.Future[None] | None = None
        self.timer_at = float("inf")

    def arm(self, deadline: float) -> None:
        """Set the timer to a deadline that is earlier than `timer_at`."""
        if self._timer is not None:
            self._timer.cancel()
        self.timer_at = deadline
        self._timer = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        expired = self.expire(self._loop.time())
        for pending in expired:
            if not pending.waiter.done():
                self.fail(
                    pending, ReplyTimeout(f"no reply within {pending.deadline - pending.sent_at:.3g} s of sending")
                )
                self._timed_out(pending)
        self._timer = None
        self.timer_at = float("inf")
        following = self.next_deadline()
        if following is not None:
            self.arm(following)
        self.settled()
        self._expired(expired)

    @staticmethod
    def fail(pending: Waiting, error: WsapiError) -> None:
        """Raise this in the call that waits for a request."""
        error.about(method=pending.endpoint.method, request_id=pending.request_id)
        pending.waiter.set_exception(error)
        # A caller that is cancelled in the same turn of the loop never looks; that is no reason to log a traceback.
        pending.waiter.exception()

    def fail_all(self, error: Callable[[], WsapiError]) -> None:
        """Raise an error, made anew for each, in every call that waits."""
        for pending in self.drain():
            if not pending.waiter.done():
                self.fail(pending, error())

    def stop(self) -> None:
        """Take the timer down: the connection has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def settled(self) -> None:
        """Wake what waits for the end of the last request, where that has come."""
        if self.awaited is not None and not len(self) and not self.awaited.done():
            self.awaited.set_result(None)

    async def idle(self) -> None:
        """Wait until no request waits for a reply."""
        while len(self):
            if self.awaited is None or self.awaited.done():
                self.awaited = self._loop.create_future()
            await asyncio.shield(self.awaited)
