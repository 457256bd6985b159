"""Who asks the venue for its time: for every new connection, now and then, and when a timestamp was refused.

What the answers say of the venue's clock is worked out in `session.clock`. How wrong that may be is told to the limits,
whose windows end by the venue's clock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import UNSET

from binance_wsapi.errors import NotConnected, WsapiError
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.link.clock import ServerClock
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.connection import Connection
from binance_wsapi.wire.caller import DEFAULT, CallOptions
from binance_wsapi.wire.codec import Envelope, read_session_state, refusal
from binance_wsapi.wire.common_calls import TIME
from binance_wsapi.wire.endpoint import Endpoint, TimeUnit

__all__ = ["Timekeeper"]

log = logging.getLogger("binance_wsapi")

RESYNC_AFTER = 120.0
"""Seconds after which the venue is asked for its time again: at 500 ppm two clocks are then 60 ms apart."""

EDGE_MS = 20
"""Milliseconds around the edge of a limit's window in which a request is charged to both, however good the clock."""

Send = Callable[[Connection, Endpoint[Any], dict[str, Any], CallOptions, float, Ticket], Awaitable[Envelope]]
"""Brings one request that has a ticket to a connection, and its reply back."""


class Timekeeper:
    """Keeps the estimate of the venue's clock in a `ServerClock`.

    Args:
        clock: the estimate.
        limiter: gives the tickets to ask, and is told how wrong the estimate may be.
        settings: unit of the venue's times, and how long an answer may take.
        send: brings a question to a connection.
        slept: whether this machine slept since the last look; see `SuspendGuard.noticed`.
        witness: another connection to ask when an answer contradicts the estimate, or the same one where there is no other.
    """

    def __init__(
        self,
        clock: ServerClock,
        limiter: RequestLimiter,
        settings: Settings,
        *,
        send: Send,
        slept: Callable[[], bool],
        witness: Callable[[Connection], Connection],
    ) -> None:
        self._clock = clock
        self._limiter = limiter
        self._settings = settings
        self._send = send
        self._slept = slept
        self._witness = witness
        self._correcting = asyncio.Lock()
        self._corrected_at = float("-inf")

    async def ask(self, connection: Connection, deadline: float) -> None:
        """Ask the venue's time on this connection, and take its answer for a sample of the clock.

        An answer that contradicts the estimate counts when a second one agrees with it, of another connection if there is
        one: a single node of the venue may have a wrong clock.
        """
        if await self._sample(connection, deadline):
            return
        witness = self._witness(connection)
        log.warning("%r told a time that contradicts the estimate, asking %r", connection, witness)
        try:
            await self._sample(witness, deadline)
        except WsapiError as error:
            log.info("the venue's time could not be asked again: %s", error)

    async def _sample(self, connection: Connection, deadline: float) -> bool:
        """Ask once, and return whether the answer agrees with the estimate.

        It is not taken when the clock was reset while the question was under way: it may be from either side of that.
        """
        ticket = await self._limiter.admit(TIME, {}, deadline, Priority.FIRST)
        asked = asyncio.get_running_loop().time()
        resets = self._clock.resets
        envelope = await self._send(connection, TIME, {}, DEFAULT, deadline, ticket)
        error = refusal(envelope)
        if error is not None:
            raise error.about(method="time")
        assert envelope.result is not UNSET
        server_time = read_session_state(envelope.result).serverTime
        if server_time is not None and not self._slept() and self._clock.resets == resets:
            scale = 1000.0 if self._settings.time_unit is TimeUnit.MICROSECOND else 1.0
            now = asyncio.get_running_loop().time()
            agrees = self._clock.sample(asked, now, server_time / scale)
            self._limiter.eps_ms = max(EDGE_MS, int(self._clock.error_ms(now)))
            return agrees
        return True

    async def correct(self, connection: Connection, stamped: float, deadline: float) -> None:
        """Ask anew after a timestamp made at that moment was refused, once for all that were refused together."""
        try:
            async with asyncio.timeout_at(deadline), self._correcting:
                if self._corrected_at <= stamped:
                    self._clock.reset()
                    await self.ask(connection, deadline)
                    self._corrected_at = asyncio.get_running_loop().time()
        except TimeoutError:
            raise NotConnected("the venue's time could not be asked before the deadline of the call") from None

    async def keep(self, runtime: Runtime, home: Callable[[], Connection | None]) -> None:
        """Ask now and then, while there is a connection. Runs until it is cancelled."""
        while True:
            await runtime.sleep(RESYNC_AFTER / 4)
            loop = asyncio.get_running_loop()
            connection = home()
            if connection is None or not connection.usable or loop.time() - self._clock.sampled_at < RESYNC_AFTER:
                continue
            try:
                await self.ask(connection, loop.time() + self._settings.timeout)
            except WsapiError as error:
                log.info("the venue's time could not be asked: %s", error)
