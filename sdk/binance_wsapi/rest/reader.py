"""`RestReader`: brings a reading call to the venue over REST and its result back.

Theory of operation. A call is looked up among the routes; what has none is refused. Then, within one deadline::

    the venue's time, if private ─► ticket of the limits, stamp, sign, one GET ─► decode
                 ▲                                      │
                 └──── once more after -1021; again, ◄──┘
                       with jitter, after a failure that says nothing about the call

Asking again is safe because everything here only reads. It happens when no connection came about, when it was lost, and
when the venue failed inside; never when it refused, when it asked to stay away, or when its certificate is wrong.

The limiter of the limits is the session's where one is handed in, for the venue counts an address and not an API (IP
Limits); without one the reader has its own. The same goes for the venue's clock. The reader asks ``/api/v3/time`` before
the first private call and whenever the last sample is old; the sample begins when the request leaves, so the time it
takes to connect does not make it worse.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx
from msgspec import Raw

from binance_wsapi.environments import Environment
from binance_wsapi.errors import (
    BadTimestamp,
    ConnectFailed,
    ConnectionLost,
    NotConnected,
    NotSent,
    OutcomeUnknown,
    ProtocolViolation,
    TlsVerificationError,
    UsageError,
    VenueFault,
    WsapiError,
)
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Priority
from binance_wsapi.link.clock import ServerClock
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest.exchange import Call, Exchange, Late
from binance_wsapi.rest.http import Http
from binance_wsapi.rest.query import RESERVED
from binance_wsapi.wire.border import at_border, made_at_border
from binance_wsapi.wire.caller import DEFAULT, CallOptions, check_seconds
from binance_wsapi.wire.codec import read_rate_limits, read_session_state
from binance_wsapi.wire.common_calls import TIME
from binance_wsapi.wire.endpoint import Auth, Effect, Endpoint, Params, TimeUnit
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["RestReader"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")

READ_TRIES: Final = 4
"""Times a call is asked while nothing is said about it."""

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 2.0
"""Seconds: bound of the first pause between two tries, and of any."""

RESYNC_AFTER: Final = 120.0
"""Seconds after which the venue is asked for its time again: at 500 ppm two clocks are then 60 ms apart."""

EDGE_MS: Final = 20
"""Milliseconds around the edge of a limit's window in which a request is charged to both, however good the clock."""


@at_border
@made_at_border
class RestReader:
    """Answers the reading methods of the WebSocket API over REST. A `Caller`.

    Used as an async context manager, by any number of tasks of one event loop at once::

        async with RestReader(TESTNET, key, routes=ROUTES) as rest:
            order = await rest.call(ORDER_STATUS, {"symbol": "BTCUSDT", "origClientOrderId": "..."})

    Args:
        environment: where the venue is; its ``rest`` is used.
        key: signs private calls; None for public data only.
        settings: ``timeout``, ``recv_window``, ``time_unit``, ``open_timeout``, ``close_timeout``, ``ca_file``,
            ``proxy`` and, without a limiter, the limits' are used. Proxies of environment variables only with
            ``proxy=True``; a plain ``http://`` to this machine goes through none.
        routes: the path of each method that is served, by wire name; ``time`` among them.
        limiter: the limits, shared with the session of the same address; None makes one of the reader's own.
        clock: the venue's clock, shared with a session on the same event loop; None makes one.
        priority: where its calls wait when a limit has no room; None leaves it to each method.
        runtime: wall clock, chance and sleep, for tests in virtual time.
        transport: sends the requests instead of the network, for tests and simulations.
        on_rate_limits: told the counts in the headers of each reply, ``limit`` being 0 since headers do not say it. It
            must be quick and not raise.

    Raises:
        UsageError: the URL, the certificates or the proxy cannot be used.
    """

    def __init__(
        self,
        environment: Environment,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        *,
        routes: Mapping[str, str],
        limiter: RequestLimiter | None = None,
        clock: ServerClock | None = None,
        priority: Priority | None = None,
        runtime: Runtime | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        on_rate_limits: Callable[[Sequence[RateLimit]], None] | None = None,
    ) -> None:
        self.environment = environment
        self.settings = settings = settings or Settings()
        self._routes = routes
        self._key = key
        self._runtime = runtime = runtime or Runtime()
        self._clock = clock
        self._own_limiter = limiter is None
        if limiter is None and settings.limit_store is not None:
            settings.limit_store.claim(environment.budget)
        # A shared store is told nothing by a clock that was never compared, public calls included.
        self._needs_time = limiter is None and settings.limit_store is not None
        self.limiter = limiter or RequestLimiter(
            settings.limit_store,
            policy=settings.limit_policy,
            now_ms=self.now_ms,
            sleep=runtime.sleep,
            kept=settings.limit_kept,
            clock_known=lambda: self._clock is not None and self._clock.synced,
        )
        self._priority = priority
        self._on_rate_limits = on_rate_limits
        self._http = Http(environment.rest, settings, transport)
        self._exchange: Exchange | None = None
        self._syncing = asyncio.Lock()
        self._numbers = itertools.count(1)

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        if self._exchange is not None:
            raise UsageError("a RestReader is opened once")
        if self._clock is None:
            self._clock = ServerClock(asyncio.get_running_loop().time(), self._runtime.wall())
        if self._own_limiter:
            await self.limiter.open()
        self._exchange = Exchange(
            self._http, self.limiter, self._clock, self.settings, self._priority, self._on_rate_limits
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End everything: idempotent, and bounded by ``close_timeout``. Calls in flight fail at once."""
        exchange = self._exchange
        if exchange is None:
            return
        await exchange.close()  # once more where an earlier caller was cancelled
        if self._own_limiter:
            await self.limiter.aclose()

    @property
    def clock(self) -> ServerClock:
        """The venue's clock as the reader knows it."""
        if self._clock is None:
            raise UsageError("the RestReader is not open: use it with 'async with'")
        return self._clock

    def now_ms(self) -> int:
        """The venue's time now, in milliseconds, as near as can be told."""
        return int(self.clock.now_ms(asyncio.get_running_loop().time()))

    # ------------------------------------------------------------------ calls

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make one call. See `Caller.call`.

        ``options.sent`` is told an id that is not on the wire, where REST has none; errors carry the same. Cancelling
        the await closes the connection; nothing at the venue is changed by that, or by any call made here.

        Raises:
            UsageError: the method changes something or is not served by REST, or a parameter cannot be sent.
            NotSent: nothing was sent.
            OutcomeUnknown: it was sent, and no answer came.
            VenueError: the venue refused it.
        """
        exchange = self._exchange
        loop = asyncio.get_running_loop()
        request_id = f"rest-{next(self._numbers)}"
        client_order_id = None
        try:
            path = self._routes.get(endpoint.method)
            if path is None:
                raise UsageError("the REST fall-back only reads, and does not serve this method")
            timeout = self.settings.timeout if options.timeout is None else options.timeout
            check_seconds(timeout)
            sent = wire_params(params)
            for name in RESERVED.intersection(sent):
                raise UsageError(f"{name} is not a parameter to give: it is added where the request needs it")
            name_asked_for = sent.get("origClientOrderId")
            client_order_id = name_asked_for if isinstance(name_asked_for, str) else None
            key = self._key_for(endpoint, options)
            if exchange is None:
                raise NotConnected("the reader is not open")
            call = Call(
                endpoint,
                path,
                sent,
                key,
                deadline=loop.time() + timeout,
                request_id=request_id,
                on_sent=options.sent,
            )
            body = await self._ask(exchange, call)
            result = endpoint.decode(body, self.settings.time_unit)
            if endpoint.effect is Effect.LIMITS:
                self.limiter.configure(read_rate_limits(Raw(body)))
            return result
        except WsapiError as error:
            error.about(method=endpoint.method, request_id=request_id, client_order_id=client_order_id)
            raise

    def _key_for(self, endpoint: Endpoint[Any], options: CallOptions) -> Signer | AsyncSigner | None:
        """Return what signs a call; None when it is public."""
        if endpoint.auth is Auth.NONE:
            return None
        key = options.key or self._key
        if key is None:
            raise UsageError(f"{endpoint.method} needs a key, and this reader has none")
        # It becomes a header; a key from elsewhere was not checked by our classes.
        if not key.api_key or not key.api_key.isascii() or not key.api_key.isprintable() or " " in key.api_key:
            raise UsageError("the API key must be printable ASCII without spaces, because it is sent in a header")
        return key

    async def _ask(self, exchange: Exchange, call: Call) -> bytes:
        """Ask until there is an answer, a refusal or no time left. Returns the body of a result."""
        loop = asyncio.get_running_loop()
        refused_at: float | None = None
        unknown: OutcomeUnknown | None = None
        tries = 0
        while True:
            outcome: bytes | WsapiError
            try:
                if call.key is not None or self._needs_time:
                    await self._know_the_time(exchange, refused_at, call.deadline)
                outcome = await exchange.send(call)
            except NotSent as error:
                outcome = error
            if isinstance(outcome, bytes):
                return outcome
            if isinstance(outcome, BadTimestamp) and refused_at is None:
                refused_at = call.stamped_at
                continue
            if isinstance(outcome, OutcomeUnknown):
                unknown = outcome
            tries += 1
            pause = self._runtime.uniform(0.0, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1)))
            if (
                exchange.closed
                or tries >= READ_TRIES
                or not call.endpoint.replay_safe
                or not _says_nothing(outcome)
                or loop.time() + pause >= call.deadline
            ):
                # "Not sent" would not be true of a call of which an earlier request left.
                raise unknown if unknown is not None and isinstance(outcome, NotSent) else outcome
            log.info("%s over REST is asked again after %s", call.endpoint.method, type(outcome).__name__)
            await self._runtime.sleep(pause)

    # ------------------------------------------------------------------ the venue's time

    async def _know_the_time(self, exchange: Exchange, refused_at: float | None, deadline: float) -> None:
        """Have a sample of the venue's clock that is young, and younger than the timestamp the venue refused."""
        exchange.check_open()
        if self._knows_the_time(refused_at):
            return
        late = False
        try:
            await exchange.bounded(self._learn_time(exchange, refused_at, deadline), deadline)
        except Late:
            late = True
        if late:
            exchange.check_open()
            raise NotConnected("the venue's time could not be asked before the deadline of the call")

    def _knows_the_time(self, refused_at: float | None) -> bool:
        sampled_at = self.clock.sampled_at
        if refused_at is not None:
            return sampled_at > refused_at
        return sampled_at > asyncio.get_running_loop().time() - RESYNC_AFTER

    async def _learn_time(self, exchange: Exchange, refused_at: float | None, deadline: float) -> None:
        async with self._syncing:  # once for all the calls that wait for it
            if self._knows_the_time(refused_at):
                return
            if refused_at is not None:
                self.clock.reset()
            call = Call(TIME, self._routes[TIME.method], {}, None, deadline=deadline, request_id="rest-time")
            body = await exchange.send(call)
            if isinstance(body, OutcomeUnknown):
                # Of the user's call nothing was sent.
                raise NotConnected(f"the venue's time could not be asked: {body}")
            if isinstance(body, WsapiError):
                raise body
            server_time = None
            with suppress(ProtocolViolation):
                server_time = read_session_state(Raw(body)).serverTime
            if server_time is None:
                raise NotConnected("the venue did not tell its time")
            scale = 1000.0 if self.settings.time_unit is TimeUnit.MICROSECOND else 1.0
            now = asyncio.get_running_loop().time()
            self.clock.sample(call.asked_at, now, server_time / scale)
            if self._own_limiter:
                self.limiter.eps_ms = max(EDGE_MS, int(self.clock.error_ms(now)))


def _says_nothing(error: WsapiError) -> bool:
    """Whether an error says nothing about the call itself, so that it may be asked again."""
    if isinstance(error, TlsVerificationError):
        return False
    return isinstance(error, ConnectFailed | NotConnected | ConnectionLost | VenueFault)
