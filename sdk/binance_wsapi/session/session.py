"""The session: the `Caller` that brings a call to the venue and its reply back, over any of its connections.

Theory of operation. `call` is the way of a request from top to bottom: what cannot be called or sent is refused, its
parameters become text, the `Sender` brings it to the venue and the reply back, and the reply takes effect (a logon noted,
limits learnt, a subscription adopted) before it is decoded to what the caller gets. The sender knows when a request may be
sent again; `second_questions` asks elsewhere what a connection does not answer; `connections` says which one is used.

With an Ed25519 key every connection logs on before it counts as ready, and its private requests carry a timestamp only.
With HMAC and RSA keys, which cannot log on, every private request is signed. When the venue revokes a session's key,
private calls stop with `NotLoggedOn` until a logon succeeds: one of the user's, or that of the next connection.
"""

from __future__ import annotations

import asyncio
import logging
import os
from asyncio import _get_running_loop  # None where there is none, without an exception
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from msgspec import UNSET

from binance_wsapi.environments import Environment
from binance_wsapi.errors import (
    ConnectionLost,
    NotConnected,
    UsageError,
    WsapiError,
)
from binance_wsapi.keys.payload import WireParams, wire_params
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.link.clock import ServerClock
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.link.lifecycle import ClientEvent, Hook, Lifecycle, LimitNotice
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.choice import transport_for
from binance_wsapi.link.sockets.transport import Transport
from binance_wsapi.link.timing import Timings
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.connections import Connections
from binance_wsapi.session.credentials import Credentials
from binance_wsapi.session.handover import Handover
from binance_wsapi.session.listeners import SessionListeners
from binance_wsapi.session.logon import Logon
from binance_wsapi.session.second_questions import SecondQuestions
from binance_wsapi.session.sender import Sender
from binance_wsapi.session.trust.probe import Probe
from binance_wsapi.session.trust.prover import Prover
from binance_wsapi.session.trust.suspend_guard import SuspendGuard
from binance_wsapi.wire.caller import DEFAULT, CallOptions, check_seconds
from binance_wsapi.wire.codec import Envelope, read_order_counts, read_rate_limits, read_subscription_id, request_id_of
from binance_wsapi.wire.common_calls import PING
from binance_wsapi.wire.endpoint import Effect, Endpoint, Params, Security, TimeUnit

__all__ = ["UNKNOWN_CLOCK_MS", "Session"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")

UNKNOWN_CLOCK_MS = 60_000.0
"""Milliseconds by which the estimate of the venue's clock is taken to be wrong while it is being corrected."""

CLOSED: Final = "the client is closed: make another"
NOT_STARTED: Final = "the client is not started: enter it with `async with`, or await its start() first"

LOOP_WAIT_S = 5.0
"""Seconds another thread waits for the session's loop."""

# Names for the way of every call: an attribute of an Enum class is looked up in Python.
_TRADE: Final = Security.TRADE
_LOGON: Final = Effect.LOGON
_ORDER_COUNTS: Final = Effect.ORDER_COUNTS
_LOGOUT: Final = Effect.LOGOUT

_CLIENT_IDS = ("newClientOrderId", "listClientOrderId", "cancelNewClientOrderId", "origClientOrderId")


def _client_id(params: Params) -> str | None:
    """Return the client order id a request carries, for the errors it may end in."""
    for name in _CLIENT_IDS:
        value = params.get(name)
        if isinstance(value, str):
            return value
    return None


def _time() -> float:
    """Return the time of the running event loop."""
    return asyncio.get_running_loop().time()


class Session:
    """One user's calls over however many connections it takes."""

    def __init__(
        self,
        environment: Environment,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        *,
        runtime: Runtime | None = None,
        transport: Transport | None = None,
        recorder: Callable[[Transport], Transport] | None = None,
        on_open: Hook | None = None,
        on_message: Hook | None = None,
        on_close: Hook | None = None,
        on_error: Hook | None = None,
        on_orders_full: Callable[[], None] = lambda: None,
    ) -> None:
        self._refusing = False
        self.environment = environment
        self.settings = settings = settings or Settings()
        self.credentials = Credentials(key, settings)
        self._runtime = runtime or Runtime()
        if transport is None:
            transport = transport_for(settings.transport, settings.ca_file, settings.proxy, settings.close_timeout)
        if recorder is not None:
            transport = recorder(transport)
        self._lifecycle = Lifecycle(on_open, on_message, on_close, on_error)
        if settings.limit_store is not None:
            settings.limit_store.claim(environment.budget)
        self.limiter = RequestLimiter(
            settings.limit_store,
            policy=settings.limit_policy,
            now_ms=self.now_ms,
            sleep=self._runtime.sleep,
            on_event=lambda event: self._lifecycle.emit(LimitNotice(event)),
            kept=settings.limit_kept,
            clock_known=lambda: self._clock is not None and self._clock.synced,
            on_full=on_orders_full,
        )
        self._clock: ServerClock | None = None
        # What needs a running event loop is made in `start`.
        self._suspend_guard: SuspendGuard
        self._sender: Sender
        self._probe: Probe
        self._second_questions: SecondQuestions
        self._logon: Logon
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()
        self._resync: asyncio.Task[None] | None = None
        self.listeners: SessionListeners = Listeners()
        """Who hears what the connections bring beside replies."""
        self.handover = Handover(
            lambda connection, deadline: self._sender.timekeeper.ask(connection, deadline),
            self.listeners,
            now_ms=self.now_ms,
            units=1000 if settings.time_unit is TimeUnit.MICROSECOND else 1,
        )
        self._prover = Prover(self._runtime, self._ask)
        self.connections = Connections(
            environment,
            settings,
            runtime=self._runtime,
            transport=transport,
            lifecycle=self._lifecycle,
            limiter=self.limiter,
            now_ms=self.now_ms,
            handover=self.handover,
            make_ready=self._make_ready,
            late=self._late,
            slow=lambda connection, pending: self._second_questions.ask(connection, pending),
            prover=self._prover,
        )
        self.monotonic: Callable[[], float] = _time
        """The time of the event loop that the client belongs to, in seconds; it never goes back."""
        self.timings = Timings()
        self.touched: dict[str, float] = {}
        """Symbols on which the session's own account may have orders, because a call tried to change something there; and
        the loop's time at which it last did."""

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Connect, log on, ask the venue's time. Returns when every priority is ready.

        Raises:
            AuthFailed: the venue refuses the key.
            Banned: the venue wants no connection from here for longer than ``connect_timeout``.
            TlsVerificationError: the venue's certificate is not valid.
            ConnectFailed: no answer came within ``connect_timeout``.
            UsageError: ``limit_store`` cannot be used, now or later.
        """
        if self._loop is not None or self.closed:
            raise UsageError("a session is started once")
        loop = asyncio.get_running_loop()
        self._loop = loop
        self.monotonic = loop.time
        clock = self._clock = ServerClock(loop.time(), self._runtime.wall())
        guard = self._suspend_guard = SuspendGuard(self._runtime, clock, self.connections, self._prover)
        self._sender = Sender(
            self.connections,
            self.credentials,
            self.limiter,
            clock=clock,
            suspend_guard=guard,
            settings=self.settings,
            runtime=self._runtime,
            timings=self.timings,
        )
        self._probe = Probe(
            self._sender.timekeeper.ask,
            lambda connection, deadline: self._sender.on_connection(connection, PING, {}, DEFAULT, deadline),
            lambda: clock.synced,
        )
        self._second_questions = SecondQuestions(self.connections, self.limiter, self._sender)
        self._logon = Logon(
            self.credentials, self.connections, self._lifecycle, self._runtime, self._sender.on_connection
        )
        try:
            await self.connections.start()
            await self.limiter.lease()
        except BaseException:
            await self.close()
            raise
        self._resync = loop.create_task(
            self._sender.timekeeper.keep(self._runtime, lambda: self.connections.home), name="binance-wsapi clock"
        )

    def refuse(self) -> None:
        """Begin no call from now on; calls under way go on until `close`."""
        self._refusing = True

    async def close(self) -> None:
        """End the session: idempotent, and bounded by ``close_timeout``. Calls in flight fail at once."""
        if self.closed or self.inherited:
            return
        if self._resync is not None:
            self._resync.cancel()
        self._prover.close()
        if self._loop is not None:
            self._suspend_guard.close()
            self._second_questions.close()
        await self.connections.close()
        await self.limiter.aclose()
        await self._lifecycle.close(1.0)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self.connections.state == "closed"

    @property
    def inherited(self) -> bool:
        """Whether this process has it by a fork: the sockets are the parent's, and nothing may be done with them."""
        return os.getpid() != self._pid

    def on_loop(self, read: Callable[[], R]) -> R:
        """Return what a quick function returns when it is called on the session's loop, from any thread."""
        loop = self._loop
        if loop is None:
            raise UsageError(NOT_STARTED)
        if _get_running_loop() is loop:
            return read()
        result: Future[R] = Future()

        def call() -> None:
            try:
                result.set_result(read())
            except Exception as error:  # noqa: BLE001 - raised where the result is asked for
                result.set_exception(error)

        try:
            loop.call_soon_threadsafe(call)
            return result.result(LOOP_WAIT_S)
        except (RuntimeError, TimeoutError) as error:
            raise NotConnected("the event loop of the client has ended, or is too busy to answer") from error

    @property
    def clock(self) -> ServerClock:
        """The venue's clock as this session knows it."""
        if self._clock is None:
            raise UsageError(NOT_STARTED)
        return self._clock

    def earliest_ms(self) -> float:
        """The earliest that the venue's time can be now, in milliseconds."""
        now = asyncio.get_running_loop().time()
        error = self.clock.error_ms(now)
        return self.clock.now_ms(now) - (error if error != float("inf") else UNKNOWN_CLOCK_MS)

    def now_ms(self) -> int:
        """The venue's time now, in milliseconds, as near as can be told."""
        if self._clock is None:
            raise UsageError(NOT_STARTED)
        return int(self._clock.now_ms(self.monotonic()))

    @property
    def clock_error_ms(self) -> float:
        """Milliseconds by which `now_ms` may be wrong."""
        return self.clock.error_ms(asyncio.get_running_loop().time())

    def events(self) -> AsyncIterator[ClientEvent | Overflow]:
        """Iterate over what happens to the connections from now on; a shared store that is away is told first."""
        return self._lifecycle.events(self._standing)

    def _standing(self) -> LimitNotice | None:
        lost = self.limiter.store_lost
        return None if lost is None else LimitNotice(lost)

    @property
    def counts(self) -> Counter[type[ClientEvent]]:
        """How often what has happened to the connections."""
        return self._lifecycle.counts

    def tell(self, event: ClientEvent) -> None:
        """Tell the user, by hooks and iterators, of something that happened above the connections."""
        self._lifecycle.emit(event)

    # ------------------------------------------------------------------ calls

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make one call. See `Caller.call`.

        Raises:
            UsageError: a parameter cannot be sent.
            NotSent: nothing was sent.
            OutcomeUnknown: it was sent, and the venue did not say what became of it.
            VenueError: the venue refused it.
        """
        try:
            self._check(options)
            wire = wire_params(params)
        except WsapiError as error:
            error.about(method=endpoint.method, client_order_id=_client_id(params))
            raise
        return await self.call_wire(endpoint, wire, options)

    async def call_wire(self, endpoint: Endpoint[R], wire: WireParams, options: CallOptions = DEFAULT) -> R:
        """Make one call whose parameters are what `wire_params` returned. Raises as `call` does."""
        envelope: Envelope | None = None
        try:
            now, deadline = self._check(options)
            if endpoint.security is _TRADE and options.key is None and "symbol" in wire:
                self.touched[str(wire["symbol"])] = now
            effect = endpoint.effect
            asked = self.limiter.asking() if effect is _ORDER_COUNTS else None
            if effect is not None and (effect is _LOGON or effect is _LOGOUT):
                envelope = await self._logon.all_connections(endpoint, wire, options, deadline)
            else:
                sender = self._sender
                first = sender.send_now(endpoint, wire, options, now, deadline)
                if first is not None:  # nearly every call
                    connection, pending, ticket = first
                    try:
                        envelope = await pending.waiter
                    except BaseException as gone:
                        sender.lost(first, gone)
                        if not (endpoint.replay_safe and isinstance(gone, ConnectionLost)):
                            raise
                    else:
                        sender.replied(connection, pending, ticket, envelope, now)
                if envelope is None or envelope.status != 200:
                    connection, envelope = await sender.exchange(
                        endpoint, wire, options, now=now, deadline=deadline, first=first, envelope=envelope
                    )
                if effect is not None:
                    self._take_effect(effect, connection, envelope, asked)
            assert envelope.result is not UNSET
            data = bytes(envelope.result)
            if options.told is not None:
                options.told(data)
            return endpoint.read(data, self.settings.time_unit)
        except WsapiError as error:
            request_id = request_id_of(envelope)
            error.about(method=endpoint.method, request_id=request_id, client_order_id=_client_id(wire))
            raise

    def _take_effect(self, effect: Effect, connection: Connection, envelope: Envelope, asked: Ticket | None) -> None:
        """Change what a reply changes besides the result that its caller gets."""
        assert envelope.result is not UNSET
        if effect is Effect.SUBSCRIPTION:
            connection.adopt(read_subscription_id(envelope.result))
        elif effect is Effect.LIMITS:
            self.limiter.configure(read_rate_limits(envelope.result))
        elif asked is not None:
            self.limiter.learn(read_order_counts(envelope.result), asked)

    def _check(self, options: CallOptions) -> tuple[float, float]:
        """Return the time at which a call begins, and its deadline; refuse what cannot be called."""
        timeout = options.timeout
        if timeout is None:
            timeout = self.settings.timeout  # which was checked
        elif type(timeout) is not float or not timeout > 0:
            check_seconds(timeout)
        if self.connections.state != "open" or self._refusing:
            raise NotConnected(CLOSED if self.closed or self._refusing else NOT_STARTED)
        if _get_running_loop() is not self._loop:  # the frame would go out, and the reply find no call
            if self.inherited:  # asyncio knows of no running loop in a child
                raise UsageError(
                    "a client does not go through a fork: its connections belong to the parent; make a new one in the child"
                )
            if self._loop is not None and self._loop.is_closed():
                raise UsageError(
                    "the event loop the client was entered in has ended: enter a client in each asyncio.run"
                )
            raise UsageError(
                "a client belongs to the event loop it was entered in; from another thread call "
                "asyncio.run_coroutine_threadsafe(client.method(...), loop)"
            )
        now = self.monotonic()
        return now, now + timeout

    async def exchange_on(
        self, connection: Connection, endpoint: Endpoint[R], params: Params, options: CallOptions, deadline: float
    ) -> R:
        """Make a call on this connection and no other, ready or not; for what is restored on every new connection."""
        envelope = await self._sender.on_connection(connection, endpoint, wire_params(params), options, deadline)
        assert envelope.result is not UNSET
        try:
            return endpoint.decode(bytes(envelope.result), self.settings.time_unit)
        except WsapiError as error:
            error.about(request_id=request_id_of(envelope))
            raise

    # ------------------------------------------------------------------ what connections need and bring

    async def _make_ready(self, connection: Connection, deadline: float) -> None:
        """Ask the venue's time and log on, in this order, before a call may use a connection.

        A connection that has answered a question, with a refusal or a fault even, is used: where the logon is not answered,
        each private request names and signs its key itself.
        """
        self._suspend_guard.noticed()  # before the clock is relied on: a sleep may be why there is a new connection
        key = self.credentials.logon
        if key is None or not self.clock.synced:
            # Nothing is signed by a clock that was not compared: this machine's may be off by any amount.
            await self._ask(connection, deadline)
        if key is not None:
            if not await self._logon.new(connection, key, deadline):
                await self._ask(connection, deadline)
            if self.credentials.logon is not key:
                raise NotConnected("the session was logged on or out while this connection was being logged on")

    async def _ask(self, connection: Connection, deadline: float) -> None:
        """Ask a connection whether it answers, for the venue's time above all."""
        await self._probe.ask(connection, deadline)

    def _late(self, request_id: str, envelope: Envelope) -> None:
        """Hear a reply that no call waits for any more."""
        for listener in self.listeners:
            listener.on_late_reply(request_id, envelope)
