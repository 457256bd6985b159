"""The session: outlives its connections, and is the `Caller` that brings a call to the venue and its reply back.

Theory of operation. A call waits for a connection of a lane, is stamped and signed at the last moment, and becomes one
frame. What happens then depends on what is known:

* the reply came: success is decoded, a refusal is raised as what it is. ``-1021`` is a definite refusal ("Timestamp for
  this request is outside of the recvWindow"), so the clock is asked again and the call is signed anew, once.
* the connection was lost, or the venue failed inside: a method that changes nothing is asked again within the deadline
  of the call; any other raises `OutcomeUnknown` at once. Nothing that changes something is ever sent twice.
* no connection came before the deadline: `NotConnected`. Nothing was sent.

Events of user data outlive a rotation in order: the successor is subscribed while the old connection still is, and what it
brings is held back until the old one has surely brought everything from before. From then on both bring everything, each
in order, and whoever takes the events drops the second of two. If the old one is lost before, that is a loss like any
other, and is told as one.

With an Ed25519 key every connection logs on before it counts as ready, and its private requests carry a timestamp only.
With HMAC and RSA keys, which cannot log on, every private request is signed. When the venue revokes a session's key,
private calls stop with `NotLoggedOn` until a logon of the user's succeeds; it is not tried again by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal, TypeVar

from msgspec import UNSET

from binance_wsapi.environments import Environment, with_query
from binance_wsapi.errors import (
    AuthFailed,
    BadTimestamp,
    Banned,
    ConnectFailed,
    ConnectionLost,
    LimitExceeded,
    NotConnected,
    NotSent,
    OutcomeUnknown,
    UsageError,
    VenueFault,
    WsapiError,
)
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.gate import Gate
from binance_wsapi.limits.policy import Lane
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.session.clock import ServerClock
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.credentials import Credentials
from binance_wsapi.session.inbox import Overflow
from binance_wsapi.session.lane import Lane as ConnectionLane
from binance_wsapi.session.lifecycle import (
    ClientEvent,
    Closed,
    Failed,
    Hook,
    Lifecycle,
    LimitNotice,
    Message,
    Opened,
    ShutdownAnnounced,
)
from binance_wsapi.session.reconnect import FullJitter, default_policy
from binance_wsapi.session.seam import Seam
from binance_wsapi.session.settings import Settings
from binance_wsapi.session.timekeeper import Timekeeper
from binance_wsapi.session.transport import HandshakeRefused, Transport
from binance_wsapi.wire.caller import DEFAULT, CallOptions
from binance_wsapi.wire.codec import Envelope, read_order_counts, read_rate_limits, refusal
from binance_wsapi.wire.endpoint import Auth, Endpoint, Params, Security, TimeUnit

__all__ = ["Session"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")

UNKNOWN_CLOCK_MS = 60_000.0
"""Milliseconds by which the estimate of the venue's clock is taken to be wrong while it is being corrected."""

REPLY_TIME = 0.5
"""Seconds of a call's time, a tenth of it at most, in which it no longer waits for room in the limits: an order that left
in the last moment would be in doubt, because its reply comes too late."""

READ_TRIES = 4
"""Times a method that changes nothing is asked while the venue answers with 5xx."""

STEP_TIME = 5.0
"""Seconds an old connection may take to show that it has brought every event from before its successor subscribed."""

STEP_MORE = 0.25
"""Seconds after that in which it still may: a reply and an event may come by different ways inside the venue."""

HELD = 10_000
"""Events held back at most; beyond, their order is worth less than the memory."""

HOOK_TIME = 10.0
"""Seconds a hook whose answer is waited for may take."""

_LOGON = "session.logon"
_LOGOUT = "session.logout"
_SUBSCRIBE = frozenset({"userDataStream.subscribe", "userDataStream.subscribe.signature"})
_HOME = _SUBSCRIBE | frozenset(
    {
        "session.status",
        "session.subscriptions",
        "userDataStream.unsubscribe",
    }
)
"""Methods about one connection: they go to the lane that carries user data."""

_CLIENT_IDS = ("newClientOrderId", "listClientOrderId", "cancelNewClientOrderId", "origClientOrderId")


def _client_id(params: dict[str, Any]) -> str | None:
    """Return the client order id a request carries, for the errors it may end in."""
    for name in _CLIENT_IDS:
        value = params.get(name)
        if isinstance(value, str):
            return value
    return None


_LOGON_CALL: Endpoint[Any] = Endpoint(
    _LOGON, dict, security=Security.SIGNED, auth=Auth.SIGNATURE, weight=2, replay_safe=False
)
_SUBSCRIPTIONS_CALL: Endpoint[Any] = Endpoint("session.subscriptions", list)

Preparation = Callable[[Connection, float], Awaitable[None]]
"""Something to be done on every new connection of the home lane before it counts as ready."""


class Session:
    """One user's calls over however many connections it takes."""

    def __init__(
        self,
        environment: Environment,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        *,
        seam: Seam | None = None,
        transport: Transport | None = None,
        on_open: Hook | None = None,
        on_message: Hook | None = None,
        on_close: Hook | None = None,
        on_error: Hook | None = None,
    ) -> None:
        self.environment = environment
        self.settings = settings = settings or Settings()
        self.credentials = Credentials(key, settings)
        self._seam = seam or Seam()
        if transport is None:
            # `websockets` is a tenth of what importing the package would cost.
            from binance_wsapi.session.websockets_link import WebsocketsTransport

            transport = WebsocketsTransport(settings.ca_file, settings.proxy, min(2.0, settings.close_timeout))
        self._transport = transport
        self._lifecycle = Lifecycle(on_open, on_message, on_close, on_error)
        self.gate = Gate(
            settings.limit_store,
            policy=settings.limit_policy,
            now_ms=self.now_ms,
            sleep=self._seam.sleep,
            on_event=lambda event: self._lifecycle.emit(LimitNotice(event)),
            kept=settings.limit_kept,
        )
        self._clock: ServerClock | None = None
        self._timekeeper: Timekeeper
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lanes: list[ConnectionLane] = []
        self._turn = 0
        self._connections = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._state: Literal["new", "open", "closed"] = "new"
        self._last_error: Exception | None = None
        self._resync: asyncio.Task[None] | None = None
        self._jitter = FullJitter(self._seam.uniform, first=0.2, cap=2.0)
        self.preparations: list[Preparation] = []
        self.on_late_reply: Callable[[str, Envelope], None] | None = None
        self.on_home_lost: Callable[[], None] | None = None
        self.event_taps: list[Callable[[Connection, int | None, bytes], None]] = []
        self._held: dict[Connection, list[tuple[int | None, bytes]]] = {}
        self.touched: dict[str, float] = {}
        """Symbols on which the session's own account may have orders, because a call tried to change something there; and
        the loop's time at which it last did."""

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Connect, log on, ask the venue's time. Returns when every lane is ready.

        Raises:
            AuthFailed: the venue refuses the key.
            Banned: the venue wants no connection from here for longer than ``connect_timeout``.
            TlsVerificationError: the venue's certificate is not valid.
            ConnectFailed: nobody answered within ``connect_timeout``.
        """
        if self._state != "new":
            raise UsageError("a session is started once")
        self._state = "open"
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._clock = ServerClock(loop.time(), self._seam.wall())
        settings = self.settings
        self._timekeeper = Timekeeper(self._clock, self.gate, settings, self._send)
        query = {}
        if settings.time_unit is not TimeUnit.MILLISECOND:
            query["timeUnit"] = settings.time_unit.value
        if not settings.return_rate_limits:
            query["returnRateLimits"] = "false"
        await self.gate.open()
        urls = tuple(with_query(url, **query) for url in self.environment.ws_api)
        policy = settings.reconnect or default_policy(self._seam.uniform)
        count = 2 if settings.connections == "split" else settings.connections
        self._lanes = [
            ConnectionLane(
                number, self, self._seam, self._transport, urls, policy, settings.open_timeout, settings.rotate_after
            )
            for number in range(count)
        ]
        for lane in self._lanes:
            lane.start()
        try:
            await self._started(loop.time() + settings.connect_timeout)
        except BaseException:
            await self.close()
            raise
        self._resync = loop.create_task(
            self._timekeeper.keep(self._seam, lambda: self.home), name="binance-wsapi clock"
        )

    async def _started(self, deadline: float) -> None:
        while True:
            for lane in self._lanes:
                if isinstance(lane.dead, HandshakeRefused):
                    raise ConnectFailed(f"{self.environment.name} is not tried again: {lane.dead}") from lane.dead
                if lane.dead is not None:
                    raise lane.dead
                if lane.current is not None and lane.current.refused is not None:
                    raise lane.current.refused
            if all(lane.current is not None for lane in self._lanes):
                return
            banned_until = self.gate.banned_until
            left = deadline - asyncio.get_running_loop().time()
            if banned_until is not None and self.now_ms() + left * 1000.0 < banned_until:
                raise Banned(f"the venue wants no connection from here before {banned_until}", banned_until)
            try:
                await self._change(deadline)
            except TimeoutError:
                last = self._last_error
                raise ConnectFailed(
                    f"no connection to {self.environment.name} within {self.settings.connect_timeout:g} s"
                    + (f"; last: {last}" if last is not None else "")
                ) from last

    async def close(self) -> None:
        """End the session: idempotent, and bounded by ``close_timeout``. Calls in flight fail at once."""
        if self._state == "closed":
            return
        self._state = "closed"
        self._wake_all()
        if self._resync is not None:
            self._resync.cancel()
        try:
            async with asyncio.timeout(self.settings.close_timeout):
                await asyncio.gather(*(lane.close() for lane in self._lanes))
        except TimeoutError:
            for lane in self._lanes:
                if lane.current is not None:
                    lane.current.abort("closing took too long")
        await self.gate.aclose()
        await self._lifecycle.close(1.0)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._state == "closed"

    @property
    def clock(self) -> ServerClock:
        """The venue's clock as this session knows it."""
        if self._clock is None:
            raise UsageError("the session is not started")
        return self._clock

    @property
    def connections(self) -> list[Connection]:
        """The current connection of each lane that has one."""
        return [lane.current for lane in self._lanes if lane.current is not None]

    @property
    def home(self) -> Connection | None:
        """The connection that carries user data, while there is one."""
        return self._lanes[0].current if self._lanes else None

    async def home_ready(self, deadline: float) -> Connection:
        """Wait for the connection that carries user data."""
        return await self._ready(_SUBSCRIPTIONS_CALL, deadline)

    @property
    def newest(self) -> int:
        """Number of the connection that was begun last."""
        return self._connections

    async def connection_newer_than(self, number: int, deadline: float) -> Connection | None:
        """Return a connection begun after that one, making one if need be; None when there is none by the deadline."""
        asked = False
        while self._state == "open":
            for connection in self.connections:
                if connection.usable and connection.number > number:
                    return connection
            if not asked:
                asked = True
                self._lanes[-1].rotate()
            try:
                await self._change(deadline)
            except TimeoutError:
                return None
        return None

    def earliest_ms(self) -> float:
        """The earliest that the venue's time can be now, in milliseconds."""
        now = asyncio.get_running_loop().time()
        error = self.clock.error_ms(now)
        return self.clock.now_ms(now) - (error if error != float("inf") else UNKNOWN_CLOCK_MS)

    def now_ms(self) -> int:
        """The venue's time now, in milliseconds, as near as can be told."""
        return int(self.clock.now_ms(asyncio.get_running_loop().time()))

    @property
    def clock_error_ms(self) -> float:
        """Milliseconds by which `now_ms` may be wrong."""
        return self.clock.error_ms(asyncio.get_running_loop().time())

    def rotate(self) -> None:
        """Replace every connection by a fresh one, without a gap."""
        for lane in self._lanes:
            lane.rotate()

    def events(self) -> AsyncIterator[ClientEvent | Overflow]:
        """Iterate over what happens to the connections from now on."""
        return self._lifecycle.events()

    # ------------------------------------------------------------------ calls

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make one call. See `Caller.call`.

        Raises:
            UsageError: a parameter cannot be sent.
            NotSent: nothing was sent.
            OutcomeUnknown: it was sent, and nobody said what became of it.
            VenueError: the venue refused it.
        """
        timeout = self.settings.timeout if options.timeout is None else options.timeout
        if not timeout > 0:
            raise UsageError("timeout is a number of seconds above 0")
        if self._state != "open":
            raise NotConnected(f"the client is {'closed' if self._state == 'closed' else 'not started'}").about(
                method=endpoint.method
            )
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the frame would go out, and the reply find nobody
            raise UsageError(
                "a client belongs to the event loop it was entered in; from another thread call "
                "asyncio.run_coroutine_threadsafe(client.method(...), loop)"
            ).about(method=endpoint.method)
        deadline = loop.time() + timeout
        sent = wire_params(params)
        if endpoint.security is Security.TRADE and options.key is None and "symbol" in sent:
            self.touched[str(sent["symbol"])] = asyncio.get_running_loop().time()
        try:
            if endpoint.method in (_LOGON, _LOGOUT):
                envelope = await self._log_on_or_out(endpoint, sent, options, deadline)
            else:
                connection, envelope = await self._exchange(endpoint, sent, options, deadline)
                if endpoint.method in _SUBSCRIBE:
                    connection.adopt_from(envelope)
        except WsapiError as error:
            raise error.about(method=endpoint.method, client_order_id=_client_id(sent)) from error.__cause__
        assert envelope.result is not UNSET
        if endpoint.method == "exchangeInfo":
            self.gate.configure(read_rate_limits(envelope.result))
        elif endpoint.method == "account.rateLimits.orders":
            self.gate.learn(read_order_counts(envelope.result))
        return endpoint.decode(bytes(envelope.result), self.settings.time_unit)

    async def _exchange(
        self, endpoint: Endpoint[Any], params: dict[str, Any], options: CallOptions, deadline: float
    ) -> tuple[Connection, Envelope]:
        """Bring one request to the venue and a successful reply back."""
        loop = asyncio.get_running_loop()
        gate = self.gate
        signed_anew = False
        tries = 0
        now = loop.time()
        leave_by = deadline - min(REPLY_TIME, (deadline - now) / 10)
        while True:
            ticket = gate.try_admit(endpoint, params) or await gate.admit(endpoint, params, leave_by)
            connection = self._pick(endpoint)
            if connection is None or connection.congested:
                gate.release(ticket)  # a window may end while we wait: the leave is asked for again when there is one
                await self._ready(endpoint, deadline)
                continue
            stamped = loop.time()
            try:
                envelope = await self._send(connection, endpoint, params, options, deadline, ticket)
            except NotConnected:
                # Lost between the pick and the write, with a remote signer in between: nothing was sent.
                continue
            except ConnectionLost:
                if endpoint.replay_safe:
                    continue
                raise
            if envelope.status == 200:
                return connection, envelope
            error = refusal(envelope)
            assert error is not None
            error.about(request_id=envelope.id if isinstance(envelope.id, str) else None)
            if isinstance(error, BadTimestamp) and not signed_anew:
                signed_anew = True
                try:
                    await self._timekeeper.correct(connection, stamped, deadline)
                except ConnectionLost:
                    signed_anew = False  # it is asked on another one
                except NotConnected:
                    if connection.usable or loop.time() >= deadline:
                        raise
                    signed_anew = False  # this one was just replaced
                except OutcomeUnknown as lost:
                    raise error from lost  # what is unknown is the time; the request was refused for certain
                continue
            if isinstance(error, VenueFault) and endpoint.replay_safe:
                tries += 1
                pause = self._jitter.after(tries)
                if tries < READ_TRIES and loop.time() + pause < deadline:
                    await self._seam.sleep(pause)
                    continue
            raise error

    async def _send(
        self,
        connection: Connection,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
        deadline: float,
        ticket: Ticket,
    ) -> Envelope:
        """Stamp, sign and send one request for which there is leave, and settle the leave whatever happens."""
        gate = self.gate
        try:
            request = params
            if endpoint.auth is not Auth.NONE:
                timestamp = self.clock.timestamp(asyncio.get_running_loop().time())
                request = await self.credentials.complete(connection, endpoint, params, options, timestamp)
            envelope = await connection.request(endpoint.method, request, deadline, options.sent)
        except (NotSent, UsageError):
            gate.release(ticket)
            raise
        except BaseException:
            gate.lost(ticket)
            raise
        rows = None if envelope.rateLimits is UNSET else envelope.rateLimits
        assert envelope.status is not UNSET
        if envelope.error is UNSET:
            gate.settle(ticket, envelope.status, rows)
        else:
            gate.settle(ticket, envelope.status, rows, envelope.error.code, envelope.error.retry_after)
        return envelope

    def _pick(self, endpoint: Endpoint[Any]) -> Connection | None:
        """Return a connection for this call right now; None when none is usable."""
        lanes = self._lanes
        if len(lanes) == 1 or endpoint.method in _HOME:
            connection = lanes[0].current
            return connection if connection is not None and connection.usable else None
        if self.settings.connections == "split":
            first = 0 if endpoint.security is Security.TRADE else 1
        else:
            first = self._turn = (self._turn + 1) % len(lanes)
        for offset in range(len(lanes)):
            connection = lanes[(first + offset) % len(lanes)].current
            if connection is not None and connection.usable:
                return connection
        return None

    async def _ready(self, endpoint: Endpoint[Any], deadline: float) -> Connection:
        """Wait for a connection that can take this call."""
        while True:
            if self._state != "open":
                raise NotConnected("the client is closed")
            connection = self._pick(endpoint)
            try:
                if connection is not None:
                    if not connection.congested:
                        return connection
                    async with asyncio.timeout_at(deadline):
                        await connection.drained()
                    continue
                dead = [lane.dead for lane in self._lanes if lane.dead is not None]
                if len(dead) == len(self._lanes):
                    raise NotConnected(f"the client gave up connecting: {dead[0]}") from dead[0]
                await self._change(deadline)
            except TimeoutError:
                raise NotConnected("no connection was ready before the deadline of the call") from self._last_error

    # ------------------------------------------------------------------ logon

    async def _log_on_or_out(
        self, endpoint: Endpoint[Any], params: dict[str, Any], options: CallOptions, deadline: float
    ) -> Envelope:
        """Log every lane on or out, so that all connections stand for the same user; answer with the first reply."""
        if endpoint.method == _LOGOUT:
            self.credentials.logon = None
        else:
            self.credentials.use(options.key)
        await self._ready(endpoint, deadline)
        first: Envelope | None = None
        for connection in self.connections:
            if not connection.usable:
                continue
            envelope = await self._on_connection(connection, endpoint, params, options, deadline)
            self.credentials.note(connection, envelope)
            first = first or envelope
        if first is None:
            raise NotConnected("the connection ended before anything was sent")
        return first

    async def _on_connection(
        self,
        connection: Connection,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
        deadline: float,
    ) -> Envelope:
        """Make a call on this connection and no other. A timestamp the venue does not like is corrected once."""
        for last in (False, True):
            ticket = await self.gate.admit(endpoint, params, deadline, Lane.FIRST)
            asked = asyncio.get_running_loop().time()
            envelope = await self._send(connection, endpoint, params, options, deadline, ticket)
            error = refusal(envelope)
            if error is None:
                return envelope
            if last or not isinstance(error, BadTimestamp):
                raise error.about(method=endpoint.method)
            await self._timekeeper.correct(connection, asked, deadline)
        raise AssertionError

    async def exchange_on(
        self, connection: Connection, endpoint: Endpoint[R], params: Params, options: CallOptions, deadline: float
    ) -> R:
        """Make a call on this connection and no other, ready or not; for what is restored on every new connection."""
        envelope = await self._on_connection(connection, endpoint, wire_params(params), options, deadline)
        assert envelope.result is not UNSET
        return endpoint.decode(bytes(envelope.result), self.settings.time_unit)

    # ------------------------------------------------------------------ what lanes and connections tell

    def next_number(self) -> int:
        self._connections += 1
        return self._connections

    async def before_connect(self) -> None:
        """Wait until the venue's limits allow another connection; a ban may take days."""
        while True:
            try:
                await self.gate.admit_connect()
            except (LimitExceeded, Banned) as error:
                now = self.now_ms()
                self._last_error = error
                await self._seam.sleep(max(1.0, ((error.retry_at or now) - now) / 1000.0))
            else:
                return

    async def not_now(self) -> bool:
        """Ask the user's hook whether a connection should not be replaced now; one that fails or sleeps says no."""
        hook = self.settings.not_now
        if hook is None:
            return False
        try:
            async with asyncio.timeout(HOOK_TIME):
                return bool(await self._lifecycle.ask(hook))
        except TimeoutError:
            log.warning("not_now did not answer within %g s", HOOK_TIME)
        except Exception as error:
            log.exception("not_now raised")
            self._lifecycle.emit(Failed(0, error))
        return False

    async def prepare(self, lane: ConnectionLane, connection: Connection, deadline: float) -> None:
        """Clock, logon, and what the user had on the last connection; in this order, before anybody may use it."""
        connection.wants_frames = self._lifecycle.wants_messages
        key = self.credentials.logon
        if key is None or not self.clock.synced:
            # Nothing is signed by a clock nobody has compared: this machine's may be off by any amount.
            await self._timekeeper.ask(connection, deadline)
        if key is not None:
            try:
                envelope = await self._on_connection(connection, _LOGON_CALL, {}, CallOptions(key=key), deadline)
                self.credentials.note(connection, envelope)
            except AuthFailed as error:
                # Not a failure of the connection: public calls work. Trying again would not help, and gets keys banned.
                log.error("the venue refuses the key of this session: %d %s", error.code, error.msg)
                connection.refused = error
                self._lifecycle.emit(Failed(connection.number, error))
        if lane.number == 0:
            old = lane.current
            if old is None or not old.usable or not old.subscribed:
                await self._restore(connection, deadline)
                return
            self._held[connection] = []
            try:
                await self._restore(connection, deadline)
                if not await self._in_step(old, deadline):
                    if self.on_home_lost is not None and old.usable:  # else `on_lost` has told it
                        self.on_home_lost()
                    await self._restore(connection, deadline)
                self._release(connection)
                await self._restore(connection, deadline)  # what was held back may be the end of a subscription
            finally:
                self._held.pop(connection, None)

    async def _restore(self, connection: Connection, deadline: float) -> None:
        """Do what the user had done on the last connection."""
        for preparation in self.preparations:
            await preparation(connection, deadline)

    async def _in_step(self, old: Connection, deadline: float) -> bool:
        """Wait until the old connection has brought all from before now; return whether it did."""
        try:
            await self._timekeeper.ask(old, min(deadline, asyncio.get_running_loop().time() + STEP_TIME))
            async with asyncio.timeout(STEP_MORE):
                await old.wait_closed()
        except TimeoutError:
            return True
        except WsapiError as error:
            log.info("%r did not show that it has brought all its events: %s", old, error)
        return False

    def _release(self, connection: Connection) -> None:
        """Let go the events that were held back, and hold no more."""
        for subscription_id, event in self._held.pop(connection, ()):
            self.on_event(connection, subscription_id, event)

    def on_ready(self, lane: ConnectionLane, connection: Connection, url: str) -> None:
        self._last_error = None
        log.info("connection #%d is ready (lane %d)", connection.number, lane.number)
        self._lifecycle.emit(Opened(connection.number, url, connection.logged_on_as is not None))
        self._wake_all()

    def on_connect_failed(self, error: Exception) -> None:
        self._last_error = error
        if isinstance(error, HandshakeRefused):
            self.on_handshake_refused(error)
        self._lifecycle.emit(Failed(0, error))
        self._wake_all()

    def on_handshake_refused(self, error: HandshakeRefused) -> None:
        """Take note of an HTTP status that closes connecting; market streams tell it of theirs, too."""
        if error.status in {403, 418, 429}:
            until = None if error.retry_after is None else self.now_ms() + int(error.retry_after * 1000)
            self.gate.connect_refused(error.status, until)

    def on_frame(self, connection: Connection, data: bytes | bytearray) -> None:
        self._lifecycle.emit(Message(connection.number, bytes(data)))

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        held = self._held.get(connection) if self._held else None
        if held is not None:
            held.append((subscription_id, event))
            if len(held) == HELD:
                self._release(connection)
            return
        for tap in self.event_taps:
            tap(connection, subscription_id, event)

    def on_shutdown(self, connection: Connection) -> None:
        log.info("the venue will end connection #%d", connection.number)
        self._lifecycle.emit(ShutdownAnnounced(connection.number))
        for lane in self._lanes:
            lane.wake()

    def on_revoked(self, connection: Connection, error: AuthFailed) -> None:
        log.error("the venue revoked the key of connection #%d", connection.number)
        self._lifecycle.emit(Failed(connection.number, error))

    def on_late(self, request_id: str, envelope: Envelope) -> None:
        if envelope.error is not UNSET and envelope.status is not UNSET:
            self.gate.overheard(envelope.status, envelope.error.code, envelope.error.retry_after)
        if self.on_late_reply is not None:
            self.on_late_reply(request_id, envelope)

    def on_nonsense(self, connection: Connection, error: WsapiError) -> None:
        self._lifecycle.emit(Failed(connection.number, error))

    def on_lost(self, connection: Connection, code: int, reason: str) -> None:
        if self.on_home_lost is not None and connection is self.home:
            self.on_home_lost()
        wanted = self._state == "closed" or all(lane.current is not connection for lane in self._lanes)
        self._lifecycle.emit(Closed(connection.number, code, reason, wanted))
        self._wake_all()

    def tell(self, event: ClientEvent) -> None:
        """Tell the user, by hooks and iterators, of something that happened above the connections."""
        self._lifecycle.emit(event)

    # ------------------------------------------------------------------ waiting for a change

    async def _change(self, deadline: float) -> None:
        """Wait until a connection came or went. Raises `TimeoutError` at the deadline."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        async with asyncio.timeout_at(deadline):
            await waiter

    def _wake_all(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
