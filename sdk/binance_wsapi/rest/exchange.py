"""One request at a time: ticket of the limits, stamp, signature, one GET, and the limits learn from the reply.

Theory of operation. A `Call` is one call of the user's, of which there may be several requests. Each begins with a ticket of
the limiter and ends by settling it: with the reply's counts, as lost when it left without a reply, released when it never
left. Everything between is bounded by the deadline of the call and ends at once when the exchange is closed.

What comes back is the body of a result or an error as a value. Only the limiter's refusals and wrong usage are raised here:
they come before there is a signature.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from binance_wsapi.errors import (
    ConnectionLost,
    NotConnected,
    OutcomeUnknown,
    ReplyTimeout,
    VenueError,
    WsapiError,
)
from binance_wsapi.keys.payload import WireParams, wire_params
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.link.clock import ServerClock
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest.http import Http
from binance_wsapi.rest.query import query_string, signed_query
from binance_wsapi.rest.replies import Reply, read_error, read_limits
from binance_wsapi.wire.endpoint import Endpoint, TimeUnit
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["Call", "Exchange", "Late"]

T = TypeVar("T")


class Late(Exception):  # no error of the tree: it never leaves the layer
    """The deadline came, or the exchange was closed."""


class Call:
    """One call, and what is known of its present request.

    Args:
        endpoint: the method.
        path: its path.
        params: its parameters, as they are sent.
        key: what signs it; None for a public one.
        deadline: when it ends, in seconds of the event loop's clock.
        request_id: names it in errors; it is not on the wire.
        on_sent: told of each request that left, see `CallOptions.sent`.
    """

    __slots__ = (
        "asked_at",
        "deadline",
        "endpoint",
        "key",
        "left",
        "on_sent",
        "params",
        "path",
        "request_id",
        "stamped_at",
    )

    def __init__(
        self,
        endpoint: Endpoint[Any],
        path: str,
        params: WireParams,
        key: Signer | AsyncSigner | None,
        *,
        deadline: float,
        request_id: str,
        on_sent: Callable[[str, int | None], None] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.path = path
        self.params = params
        self.key = key
        self.deadline = deadline
        self.request_id = request_id
        self.on_sent = on_sent
        self.left = False
        """The request was handed to the network."""
        self.asked_at = 0.0
        """A moment, as late as can be told, before which the request was not at the venue."""
        self.stamped_at = 0.0
        """When its timestamp was taken."""


class Exchange:
    """Brings requests to the venue, one by one.

    Args:
        http: sends them.
        limiter: gives tickets.
        clock: stamps them.
        settings: ``recv_window``, ``time_unit`` and ``close_timeout`` are used.
        priority: in which they wait for tickets; None leaves it to each method.
        on_rate_limits: told the counts of each reply.
    """

    def __init__(
        self,
        http: Http,
        limiter: RequestLimiter,
        clock: ServerClock,
        settings: Settings,
        priority: Priority | None,
        on_rate_limits: Callable[[Sequence[RateLimit]], None] | None,
    ) -> None:
        self.closed = False
        self._http = http
        self._limiter = limiter
        self._clock = clock
        self._priority = priority
        self._on_rate_limits = on_rate_limits
        window = settings.recv_window
        self._recv_window: WireParams = {} if window is None else wire_params({"recvWindow": window})
        micro = settings.time_unit is TimeUnit.MICROSECOND
        self._headers = {"X-MBX-TIME-UNIT": settings.time_unit.value} if micro else {}
        self._close_timeout = settings.close_timeout
        self._running: set[asyncio.Timeout] = set()

    async def close(self) -> None:
        """End every request and connection at once."""
        self.closed = True
        now = asyncio.get_running_loop().time()
        for scope in self._running:
            with suppress(RuntimeError):  # its deadline came in this very turn
                scope.reschedule(now)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._close_timeout):
                await self._http.close()

    async def bounded(self, work: Coroutine[Any, Any, T], deadline: float) -> T:
        """Wait for something until the deadline or until the exchange is closed.

        Raises:
            Late: it is not there.
        """
        try:
            async with asyncio.timeout_at(deadline) as scope:
                self._running.add(scope)
                try:
                    return await work
                finally:
                    self._running.discard(scope)
        except TimeoutError:
            if not scope.expired():
                raise
        # Outside ``except``: the chain of causes would lead to the request.
        raise Late

    async def send(self, call: Call) -> bytes | WsapiError:
        """Make one request.

        Returns:
            The body of a result, or what went wrong.

        Raises:
            NotSent: there is no ticket, or the exchange is closed.
            UsageError: the key cannot sign it.
        """
        limiter = self._limiter
        self.check_open()
        ticket = limiter.try_admit(call.endpoint, call.params, self._priority)
        if ticket is None:
            ticket = await limiter.admit(call.endpoint, call.params, call.deadline, self._priority)
        call.left = False
        reply: Reply | WsapiError
        try:
            self.check_open()
            reply = await self.bounded(self._request(call), call.deadline)
        except Late:
            reply = self._lateness(call.left)
        except BaseException:
            self._end(ticket, call.left)
            raise
        if isinstance(reply, Reply):
            return self._settle(ticket, reply)
        self._end(ticket, isinstance(reply, OutcomeUnknown))
        return reply

    def check_open(self) -> None:
        """Raise `NotConnected` when the exchange is closed."""
        if self.closed:
            raise NotConnected("the reader is closed")

    async def _request(self, call: Call) -> Reply | WsapiError:
        """Stamp and sign at the last moment, and send."""
        loop = asyncio.get_running_loop()
        call.asked_at = call.stamped_at = loop.time()
        headers = dict(self._headers)
        timestamp: int | None = None
        if call.key is None:
            query = query_string(call.params)
        else:
            headers["X-MBX-APIKEY"] = call.key.api_key
            timestamp = self._clock.timestamp(call.stamped_at)
            window = {} if "recvWindow" in call.params else self._recv_window
            query = await signed_query({**call.params, **window}, timestamp, call.key)

        def left(now: bool) -> None:
            call.left = True
            if now:
                call.asked_at = loop.time()
            if call.on_sent is not None:
                call.on_sent(call.request_id, timestamp)

        return await self._http.get(call.path, query, headers, left)

    def _settle(self, ticket: Ticket, reply: Reply) -> bytes | WsapiError:
        """Let the limits learn from a reply, and say what it is."""
        now_ms = int(self._clock.now_ms(asyncio.get_running_loop().time()))
        error = read_error(reply, now_ms)
        rows = read_limits(reply.headers.items())
        code = retry_after = None
        if isinstance(error, VenueError):
            code, retry_after = error.code or None, error.retry_after  # 0 is "no code could be read"
        self._limiter.settle(ticket, reply.status, rows or None, code, retry_after)
        if rows and self._on_rate_limits is not None:
            self._on_rate_limits(rows)
        return reply.body if error is None else error

    def _end(self, ticket: Ticket, left: bool) -> None:
        """End the ticket of a request that has no reply."""
        if left:
            self._limiter.lost(ticket)
        else:
            self._limiter.release(ticket)

    def _lateness(self, left: bool) -> WsapiError:
        if not left:
            return NotConnected(
                "the reader is closed" if self.closed else "no connection before the deadline of the call"
            )
        if self.closed:
            return ConnectionLost("the reader was closed before the reply")
        return ReplyTimeout("no reply before the deadline of the call")
