"""The connections of a session: which there are, which one a call takes, and what they tell.

Theory of operation. A `KeptConnection` keeps each connection alive. A call takes the connection of its turn, or, where
orders and everything else are split, of its kind; any other stands in for a connection that is away. Methods about one
connection, user data above all, go to the first kept: its connection is *home*. A call that finds none waits for a
change: every connection that comes, goes or could not be had wakes all waiting calls, and each looks again until its own
deadline.

A connection whose end the venue has announced takes calls only while there is no other. Its successor does as soon as it is
subscribed, and is home when the old one has brought its events.

A connection that leaves a request unanswered is suspect (see `suspicion`): calls pass it by, and it is replaced. The other
connections may have begun to fail with it, so each that has answered nothing since is asked a question first. When the
request was a change of orders, they and the next connections are on probation until one of them has answered a change.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal

from msgspec import UNSET

from binance_wsapi.environments import Environment, with_query
from binance_wsapi.errors import AuthFailed, Banned, ConnectFailed, NotConnected, WsapiError
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.lifecycle import Closed, Failed, Lifecycle, Message, Opened, ShutdownAnnounced
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.transport import HandshakeRefused, Transport
from binance_wsapi.session.connection import Connection, State
from binance_wsapi.session.handover import Handover
from binance_wsapi.session.in_flight import Waiting
from binance_wsapi.session.kept_connection import KeptConnection
from binance_wsapi.session.trust.prover import Prover
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.common_calls import STATUS
from binance_wsapi.wire.endpoint import Endpoint, Security, TimeUnit

__all__ = ["Connections"]

_NOTHING_HEARD = "; the peer answered nothing: is it a WebSocket API, as .../ws-api/v3, with TLS where it is wss://?"

log = logging.getLogger("binance_wsapi")


class Connections:
    """The present connection of each kept, in a session's life.

    Args:
        environment: where the venue is.
        settings: how many connections, and how they are opened and replaced.
        runtime: sleep and chance.
        transport: opens sockets.
        lifecycle: is told what happens.
        limiter: says when a connection may be tried, and hears of bans.
        now_ms: the venue's time.
        handover: brings user data from one home connection to the next.
        make_ready: does on every new connection what must be done before a call may use it, by a deadline.
        late: takes the replies that no caller waits for any more.
        slow: asks elsewhere what a connection does not answer.
        prover: asks a connection a question before it is used again.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        *,
        runtime: Runtime,
        transport: Transport,
        lifecycle: Lifecycle,
        limiter: RequestLimiter,
        now_ms: Callable[[], int],
        handover: Handover,
        make_ready: Callable[[Connection, float], Awaitable[None]],
        late: Callable[[str, Envelope], None],
        slow: Callable[[Connection, Waiting], None],
        prover: Prover,
    ) -> None:
        self.state: Literal["new", "open", "closed"] = "new"
        self.budget = ConnectBudget(limiter, now_ms, runtime.sleep)
        self._environment = environment
        self._settings = settings
        self._runtime = runtime
        self._transport = transport
        self._lifecycle = lifecycle
        self._limiter = limiter
        self._now_ms = now_ms
        self._handover = handover
        self._make_ready = make_ready
        self._late = late
        self._slow = slow
        self._prover = prover
        self._changes_unanswered = False
        self._asked_for = False
        self._kept: list[KeptConnection] = []
        self._ending: set[Connection] = set()
        """Those whose end the venue has announced."""
        self._preparing: dict[Connection, None] = {}  # in order: the same seed is the same life
        self._turn = 0
        self._waiters: dict[asyncio.Future[None], None] = {}
        self._last_error: Exception | None = None
        self._dropped: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Connection]:
        return iter([kept.current for kept in self._kept if kept.current is not None])

    def all(self) -> list[Connection]:
        """Return the present ones, and those that are being made ready."""
        return [*self, *self._preparing]

    @property
    def oddities(self) -> dict[str, int]:
        """What came and was dropped, by kind, on the present connections and all before them."""
        counts = self._dropped.copy()
        for connection in self.all():
            if connection.state is not State.CLOSED:  # else it is in the sum already
                counts.update(dict(connection.counters))  # another thread may ask
        return dict(counts)

    @property
    def wanted(self) -> int:
        """How many are kept."""
        return len(self._kept)

    @property
    def home(self) -> Connection | None:
        """The connection that carries user data, while there is one."""
        return self._kept[0].current if self._kept else None

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Connect. Returns when every kept is ready; for what it raises see `Session.start`."""
        settings = self._settings
        await self._limiter.open()
        self._not_closed()
        self.state = "open"
        deadline = asyncio.get_running_loop().time() + settings.connect_timeout
        query = {}
        if settings.time_unit is not TimeUnit.MILLISECOND:
            query["timeUnit"] = settings.time_unit.value
        if not settings.return_rate_limits:
            query["returnRateLimits"] = "false"
        urls = tuple(with_query(url, **query) for url in self._environment.ws_api)
        self._kept = [
            KeptConnection(
                number,
                self,
                urls=urls,
                settings=settings,
                runtime=self._runtime,
                transport=self._transport,
                budget=self.budget,
                lifecycle=self._lifecycle,
            )
            for number in range(2 if settings.connections == "split" else settings.connections)
        ]
        for kept in self._kept:
            kept.keeper.start()
        await self._all_ready(deadline)

    async def _all_ready(self, deadline: float) -> None:
        while True:
            self._not_closed()
            for kept in self._kept:
                if isinstance(kept.dead, HandshakeRefused):
                    raise ConnectFailed(f"{self._environment.name} is not tried again: {kept.dead}") from kept.dead
                if kept.dead is not None:
                    raise kept.dead
                if kept.current is not None and kept.current.refused is not None:
                    raise kept.current.refused
            if all(kept.current is not None for kept in self._kept):
                return
            self._not_banned(deadline)
            try:
                await self._change(deadline)
            except TimeoutError:
                last = self._last_error
                raise ConnectFailed(
                    f"no connection to {self._environment.name} within {self._settings.connect_timeout:g} s"
                    + (f"; last: {last}" if last is not None else _NOTHING_HEARD)
                ) from last

    def _not_banned(self, deadline: float) -> None:
        """Raise `Banned` where the venue wants no connection before the deadline, or wants none now and it has come."""
        until = self._limiter.banned_until
        left = deadline - asyncio.get_running_loop().time()
        if until is not None and self._now_ms() + left * 1000.0 < until:
            raise Banned(f"the venue wants no connection from here before {until}", until) from self._last_error

    def _not_closed(self) -> None:
        if self.state == "closed":
            raise NotConnected("the client was closed while it was being started")

    @property
    def and_successor(self) -> list[Connection]:
        """All of them, and the successor of the home connection, where it is far enough to take calls."""
        return [*self, *filter(None, (self._handover.successor,))]

    @property
    def refusal(self) -> WsapiError | None:
        """Why no private call is taken anywhere: the venue refuses the key, or every connection; None where it does not."""
        reasons = [kept.dead or (None if kept.current is None else kept.current.refused) for kept in self._kept]
        return reasons[0] if all(reasons) else None

    def rotate(self) -> None:
        """Replace every connection by a fresh one, without a gap."""
        for kept in self._kept:
            kept.keeper.rotate()

    def replace(self, connection: Connection) -> None:
        """Replace this connection by a fresh one, without a gap."""
        for kept in self._kept:
            if kept.current is connection and not kept.keeper.replacing:
                kept.keeper.rotate()

    def replace_refused(self) -> None:
        """Replace every connection on which the venue refused the key: it may accept one by now."""
        for each in [each for each in self if each.refused is not None]:
            self.replace(each)

    async def close(self) -> None:
        """End them all, within ``close_timeout``. Calls in flight fail at once."""
        self.state = "closed"
        self.wake_all()
        try:
            async with asyncio.timeout(self._settings.close_timeout):
                await asyncio.gather(*(kept.close() for kept in self._kept))
        except TimeoutError:
            for connection in self:
                connection.abort("closing took too long")

    # ------------------------------------------------------------------ which one

    def pick(self, endpoint: Endpoint[Any], but: Connection | None = None) -> Connection | None:
        """Return a connection for this call right now, but not this one; None when none takes it."""
        kept = self._kept
        if len(kept) == 1 or endpoint.home:
            connection = kept[0].current
            if connection is None or connection is but or not connection.takes(endpoint):
                return None
            return connection if not self._ending or endpoint.home else self._rather(connection, endpoint, but)
        if self._settings.connections == "split":
            first = 0 if endpoint.security is Security.TRADE else 1
        else:
            first = self._turn = (self._turn + 1) % len(kept)
        for offset in range(len(kept)):
            connection = kept[(first + offset) % len(kept)].current
            if connection is not None and connection is not but and connection.takes(endpoint):
                return connection if not self._ending else self._rather(connection, endpoint, but)
        return None

    def _rather(self, picked: Connection, endpoint: Endpoint[Any], but: Connection | None) -> Connection:
        """Return what takes a call in place of a connection that the venue ends soon; this one while there is no other."""
        if picked not in self._ending:
            return picked
        left = {*self._ending, but}
        return next((each for each in self.and_successor if each not in left and each.takes(endpoint)), picked)

    async def ready(self, endpoint: Endpoint[Any], deadline: float, but: Connection | None = None) -> Connection:
        """Wait for a connection that takes this call, and is not this one.

        Raises:
            Banned: there is none, and the venue wants none before the deadline.
            NotConnected: there was none before the deadline, or there will be none.
        """
        while True:
            if self.state != "open":
                raise NotConnected("the client is closed")
            connection = self.pick(endpoint, but)
            try:
                if connection is not None:
                    if not connection.congested:
                        return connection
                    async with asyncio.timeout_at(deadline):
                        await connection.drained()
                    continue
                dead = [kept.dead for kept in self._kept if kept.dead is not None]
                if len(dead) == len(self._kept):
                    raise NotConnected(f"the client gave up connecting: {dead[0]}") from dead[0]
                if not any(connection.usable for connection in self):
                    self._not_banned(deadline)
                await self._change(deadline)
            except TimeoutError:
                # That it ended was believed, by a clock of the venue that was set back since.
                self._not_banned(deadline)
                if any(connection.suspicion.suspect for connection in self):
                    raise NotConnected(
                        "the connection leaves requests unanswered, and no other was ready before the deadline of the call"
                    ) from self._last_error
                raise NotConnected("no connection was ready before the deadline of the call") from self._last_error

    def other_than(self, connection: Connection) -> Connection:
        """Return another connection that can be used, or this one when there is none."""
        return next((each for each in self if each is not connection and each.usable), connection)

    async def home_ready(self, deadline: float) -> Connection:
        """Wait for the connection that carries user data. Raises as `ready` does."""
        return await self.ready(STATUS, deadline)

    async def until_home(self, connection: Connection) -> None:
        """Wait until a connection carries user data, or takes no requests any more."""
        while connection.usable and self.home is not connection:
            await self._change(None)

    async def newer_than(self, number: int, deadline: float, endpoint: Endpoint[Any]) -> Connection | None:
        """Return a connection begun after that one which takes this question; None when there is none by the deadline.

        One is made if need be.
        """
        asked = False
        while self.state == "open":
            for connection in self:
                if connection.takes(endpoint) and connection.number > number:
                    return connection
            if not asked:
                asked = True
                alive = [kept for kept in self._kept if kept.dead is None]
                if not alive:
                    return None
                if not any(kept.keeper.replacing for kept in alive):
                    self._asked_for = True
                    alive[-1].keeper.rotate()
            try:
                await self._change(deadline)
            except TimeoutError:
                return None
        return None

    async def _change(self, deadline: float | None) -> None:
        """Wait until a connection came or went. Raises `TimeoutError` at the deadline."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            async with asyncio.timeout_at(deadline):
                await waiter
        finally:
            self._waiters.pop(waiter, None)

    def wake_all(self) -> None:
        """Wake all calls that wait for a connection: each looks again."""
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # ------------------------------------------------------------------ what kept connections and connections tell

    @property
    def newest(self) -> int:
        """Number of the connection that was begun last."""
        return self.budget.newest

    async def prepare(self, kept: KeptConnection, connection: Connection, deadline: float) -> None:
        connection.wants_frames = self._lifecycle.wants_messages
        connection.suspicion.probation = self._changes_unanswered
        self._preparing[connection] = None
        try:
            await self._make_ready(connection, deadline)
            if kept.number == 0:
                asked_for, self._asked_for = self._asked_for, False
                await self._handover.take_over(kept.current, connection, deadline, soon=asked_for)
        finally:
            del self._preparing[connection]
        if connection.lost:
            if kept.number == 0 and (kept.current is None or kept.current.lost):
                self._handover.lost()  # for a moment its events made user data whole
            raise NotConnected("the connection ended while it was made ready")

    def on_ready(self, kept: KeptConnection, connection: Connection) -> None:
        self._last_error = None
        log.info("connection #%d is ready (kept %d)", connection.number, kept.number)
        self._lifecycle.emit(Opened(connection.number, connection.url, connection.logged_on_as is not None))
        self.wake_all()

    def on_connect_failed(self, error: Exception) -> None:
        self._last_error = error
        self.wake_all()

    def on_frame(self, connection: Connection, data: bytes | bytearray) -> None:
        self._lifecycle.emit(Message(connection.number, bytes(data)))

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        self._handover.event(connection, subscription_id, event)

    def on_shutdown(self, connection: Connection) -> None:
        log.info("the venue will end connection #%d", connection.number)
        self._ending.add(connection)
        self._lifecycle.emit(ShutdownAnnounced(connection.number))
        for kept in self._kept:
            kept.keeper.wake()

    def on_revoked(self, connection: Connection, error: AuthFailed) -> None:
        log.error("the venue revoked the key of connection #%d", connection.number)
        self._lifecycle.emit(Failed(connection.number, error))

    def on_unanswered(self, connection: Connection, pending: Waiting, *, first: bool) -> None:
        change = pending.endpoint.changes_orders
        self._changes_unanswered = self._changes_unanswered or change
        for each in self.all():
            if each is connection:
                continue
            each.suspicion.probation = each.suspicion.probation or change
            if first and each.usable and not each.suspicion.suspect:
                self._prover.prove(each, "another connection leaves requests unanswered", self.wake_all)
        for kept in self._kept:
            if kept.current is connection:
                kept.keeper.wake()

    def on_silent(self, connection: Connection) -> None:
        if connection.usable:
            self._prover.prove(connection, "it leaves questions of the session unanswered", self.wake_all)

    def on_slow(self, connection: Connection, pending: Waiting) -> None:
        self._slow(connection, pending)

    def on_answers(self, connection: Connection) -> None:
        if not connection.suspicion.probation:
            self._changes_unanswered = False
        self.wake_all()

    def on_late(self, request_id: str, envelope: Envelope) -> None:
        self._overhear(envelope)
        self._late(request_id, envelope)

    def on_unaddressed(self, envelope: Envelope) -> None:
        self._overhear(envelope)

    def _overhear(self, envelope: Envelope) -> None:
        """Obey a ban in a reply that no call waits for."""
        if envelope.error is not UNSET and envelope.status is not UNSET:
            self._limiter.overheard(envelope.status, envelope.error.code, envelope.error.retry_after)

    def on_nonsense(self, connection: Connection, error: WsapiError) -> None:
        self._lifecycle.emit(Failed(connection.number, error))

    def on_lost(self, connection: Connection, code: int, reason: str) -> None:
        self._dropped.update(connection.counters)
        self._ending.discard(connection)
        if connection is self.home:
            self._handover.lost()
        wanted = self.state == "closed" or all(kept.current is not connection for kept in self._kept)
        self._lifecycle.emit(Closed(connection.number, code, reason, wanted))
        self.wake_all()
