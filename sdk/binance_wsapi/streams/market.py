"""The market streams: any number of streams over as few connections as they need, through losses and rotations.

Theory of operation. `MarketStreams` keeps what is desired: one `Route` for each stream that a subscription wants, on one
of its shards. A shard is one connection with up to 1,024 streams (see `shard`). It is opened when its first stream is
wanted and closed some time after its last one is not. A stream stays on its shard for as long as it is wanted.

Always combined streams: ``<symbol>@bookTicker`` and partial depth do not say in their payload what they are
(WebSocket Streams: Individual Symbol Book Ticker Streams, Partial Book Depth Streams).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Final, Literal, Self, overload

from binance_wsapi.environments import Environment, with_query
from binance_wsapi.errors import (
    NotConnected,
    ProtocolViolation,
    UsageError,
    VenueError,
    VenueFault,
    WsapiError,
    printable,
    shown,
)
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.closing import Closing
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.link.lifecycle import (
    ClientEvent,
    Closed,
    Failed,
    Hook,
    Lifecycle,
    Message,
    Opened,
    ShutdownAnnounced,
)
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.choice import transport_for
from binance_wsapi.link.sockets.transport import Transport
from binance_wsapi.streams.factory import Options, StreamFactory
from binance_wsapi.streams.kinds import decoder_of
from binance_wsapi.streams.names import StreamType, check_name, type_of
from binance_wsapi.streams.queues import DEFAULT_LIMIT, QueuePolicy
from binance_wsapi.streams.route import Route
from binance_wsapi.streams.shard import Shard
from binance_wsapi.streams.socket import StreamSocket
from binance_wsapi.streams.subscription import Subscription
from binance_wsapi.wire.border import at_border, called, made_at_border
from binance_wsapi.wire.endpoint import TimeUnit
from binance_wsapi.wire.forms import Form, check_form
from binance_wsapi.wire.misuse import EnteredByCoroutines

__all__ = ["MarketStreams"]

log = logging.getLogger("binance_wsapi")

MOST_STREAMS: Final = 1024
"""Streams one connection may have (WebSocket Limits)."""

LINGER_S: Final = 60.0
"""Seconds a connection without streams is kept: frequent changes of subscriptions should not cost connections."""


@at_border
@made_at_border
class MarketStreams(EnteredByCoroutines, StreamFactory):
    """Market data, pushed. No key is needed::

        async with MarketStreams(PRODUCTION) as streams, streams.trade("BTCUSDT") as trades:
            async for event in trades: ...

    Connections are opened when the first stream is wanted.

    Args:
        environment: where the venue is.
        settings: how connections are opened and replaced, and the unit of all times the venue sends: ``time_unit``,
            ``rotate_after``, ``not_now``, ``reconnect``, ``open_timeout``, ``close_timeout``, ``ca_file`` and ``proxy``.
        connections: spread the streams over this many connections; None takes as few as they fit on.
        streams_per_connection: streams on one connection, 1 to 1024.
        budget: says when a connection may be tried; the API session's, so that both keep the venue's 300 connections in
            5 minutes together. None counts only the connections of these streams.
        check_symbols: asks whether the venue has the symbols of streams by their names, and raises `UsageError` where it has
            not; the API session's. None does not ask: the streams of a misspelt symbol are silent.
        now_ms: the time that a `StreamGap` tells, in milliseconds; None is this machine's, taken when the streams are
            entered and continued by the event loop's clock and the time this machine slept.
        on_open: called with `Opened` when a connection has all its streams.
        on_message: called with `Message` for every text message.
        on_close: called with `Closed` when a connection ended.
        on_error: called with `Failed` when something went wrong that no consumer is told of.
        runtime: clock, chance and sleep, for tests in virtual time.
        transport: opens sockets, for tests without a network.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings | None = None,
        *,
        connections: int | None = None,
        streams_per_connection: int = MOST_STREAMS,
        budget: ConnectBudget | None = None,
        check_symbols: Callable[[Iterable[str]], Awaitable[None]] | None = None,
        now_ms: Callable[[], int] | None = None,
        on_open: Hook | None = None,
        on_message: Hook | None = None,
        on_close: Hook | None = None,
        on_error: Hook | None = None,
        runtime: Runtime | None = None,
        transport: Transport | None = None,
    ) -> None:
        if connections is not None and (type(connections) is not int or not 1 <= connections <= 300):
            raise UsageError(f"connections must be a number from 1 to 300 or None, got {shown(connections)}")
        if type(streams_per_connection) is not int or not 1 <= streams_per_connection <= MOST_STREAMS:
            raise UsageError(
                f"streams_per_connection must be a number from 1 to {MOST_STREAMS}, got {shown(streams_per_connection)}"
            )
        if settings is not None and not isinstance(settings, Settings):
            raise UsageError(f"settings must be a Settings(...), got a {type(settings).__name__}")
        self.settings = settings = settings or Settings()
        self.environment = environment
        self.routes: dict[bytes, Route] = {}
        self.last_error: Exception | None = None
        self._runtime = runtime = runtime or Runtime()
        self._transport = transport or transport_for(
            settings.transport, settings.ca_file, settings.proxy, settings.close_timeout
        )
        query = {} if settings.time_unit is TimeUnit.MILLISECOND else {"timeUnit": settings.time_unit.value}
        self._urls = tuple(with_query(f"{base}/stream", **query) for base in environment.streams)
        self._connections = connections
        self._capacity = streams_per_connection
        self._lifecycle = Lifecycle(on_open, on_message, on_close, on_error)
        self._clock = now_ms
        self._limiter: RequestLimiter | None = None
        self._check_symbols = check_symbols
        if budget is None:
            self._limiter = RequestLimiter(now_ms=self.now_ms, sleep=runtime.sleep)
            budget = ConnectBudget(self._limiter, self.now_ms, runtime.sleep)
        self._budget = budget
        self._shards: list[Shard] = []
        self._where: dict[bytes, Shard] = {}
        """Which shard has a stream."""
        self._closing: set[asyncio.Task[None]] = set()
        self._close_once = Closing()
        self._sweep: asyncio.TimerHandle | None = None
        self._epoch = 0.0
        self._shard_numbers = 0
        self._state: Literal["new", "open", "closed"] = "new"

    def __repr__(self) -> str:
        return f"<MarketStreams {self.environment.name} streams={len(self.routes)} connections={len(self._shards)}>"

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        self.start()
        return self

    @called
    def start(self) -> None:
        """Do what entering does, for a caller that keeps them longer than one block and calls `close`.

        Raises:
            UsageError: they were entered before.
        """
        if self._state != "new":
            raise UsageError("market streams are entered once")
        self._epoch = self._runtime.wall() - asyncio.get_running_loop().time() - self._runtime.slept()
        self._state = "open"

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._state == "closed"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End everything: idempotent, and bounded by ``close_timeout``. Iterators end after what they still have.

        Cancelling the await does not stop it; a later call waits for its end.
        """
        self._state = "closed"
        await self._close_once.run(self._close, self.settings.close_timeout)

    async def _close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        for route in list(self.routes.values()):
            self._end(route, None)
        shards, self._shards = self._shards, []
        try:
            async with asyncio.timeout(self.settings.close_timeout):
                await asyncio.gather(*(shard.close() for shard in shards), *self._closing)
        except TimeoutError:
            for shard in shards:
                for socket in shard.sockets:
                    socket.abort("closing took too long")
        if self._limiter is not None:
            await self._limiter.aclose()
        await self._lifecycle.close(1.0)

    @called
    def rotate(self) -> None:
        """Replace the connections by fresh ones, without a gap; the venue ends each after 24 hours anyway."""
        for shard in self._shards:
            shard.keeper.rotate()

    @called
    def events(self) -> AsyncIterator[ClientEvent | Overflow]:
        """Iterate over what happens to the connections from now on."""
        return self._lifecycle.events()

    @property
    def connections(self) -> dict[int, int]:
        """The open connections: number of each, and how many streams it brings."""
        return {socket.number: len(socket.subscribed) for shard in self._shards for socket in shard.sockets}

    @property
    def counters(self) -> dict[str, int]:
        """How often connections were replaced without loss, and how many frames came over two of them."""
        return {
            "rotations": sum(shard.rotations for shard in self._shards),
            "doubles": sum(shard.doubles for shard in self._shards),
        }

    # ------------------------------------------------------------------ subscriptions

    @overload
    def subscribe(
        self,
        *names: str,
        form: Literal["dicts"],
        policy: QueuePolicy | str = ...,
        limit: int = ...,
        timeout: float = ...,
    ) -> Subscription[dict[str, Any]]: ...

    @overload
    def subscribe(
        self,
        *names: str,
        form: Literal["bytes"],
        policy: QueuePolicy | str = ...,
        limit: int = ...,
        timeout: float = ...,
    ) -> Subscription[bytes]: ...

    @overload
    def subscribe(
        self,
        *names: str,
        form: Form = "objects",
        policy: QueuePolicy | str = ...,
        limit: int = ...,
        timeout: float = ...,
    ) -> Subscription[Any]: ...

    @called
    def subscribe(
        self,
        *names: str,
        form: Form = "objects",
        policy: QueuePolicy | str = QueuePolicy.DROP_OLDEST,
        limit: int = DEFAULT_LIMIT,
        timeout: float = 30.0,
    ) -> Subscription[Any]:
        """Return a subscription of streams by their names, to be entered.

        Args:
            names: names of streams as the venue writes them, ``btcusdt@trade``; several come as one iterator, in the
                order they arrive. The venue accepts a name it does not know, and sends nothing.
            form: how messages are delivered: ``"objects"`` are typed events; ``"dicts"`` and ``"bytes"`` are the whole
                message, with ``stream`` and ``data``. Streams of a kind this library does not know come as dictionaries
                in place of objects.
            policy: what is lost when the consumer does not keep up.
            limit: events kept for a consumer that does not keep up.
            timeout: seconds entering may take.

        Returns:
            A subscription to be entered; it is iterated over for what ``form`` says.

        Raises:
            UsageError: a name is not one, or an argument out of range.

        Source: WebSocket Streams, "Live Subscribing/Unsubscribing to streams".
        """
        unique = tuple(dict.fromkeys(check_name(name) for name in names))
        if not unique:
            raise UsageError("name at least one stream")
        for name in unique:
            if type_of(name) is StreamType.OTHER:
                log.warning(
                    "no documented stream is called %s: the venue confirms any name, and this may bring nothing", name
                )
        check_form(form)
        decode = decoder_of(form, unique)
        return Subscription(self, unique, decode, policy=policy, limit=limit, timeout=timeout)

    def _make(self, names: Iterable[str], options: Options) -> Subscription[Any]:
        return self.subscribe(*names, **options)

    def attach(self, subscription: Subscription[Any]) -> list[Route]:
        """Make the streams of a subscription desired; subscriptions call it."""
        if self._state != "open":
            raise NotConnected(f"the market streams are {'closed' if self._state == 'closed' else 'not entered'}")
        routes = []
        for name in subscription.streams:
            route = self.routes.get(name.encode())
            fresh = route is None
            if route is None:
                route = Route(name)
                self.routes[route.key] = route
            route.sinks = (*route.sinks, subscription)
            if fresh:
                self._where[route.key] = shard = self._shard_with_room()
                shard.add(route)
            routes.append(route)
        return routes

    async def check_symbols(self, subscription: Subscription[Any]) -> None:
        """Raise `UsageError` where the venue has no such symbol as far as can be asked; subscriptions call it."""
        if self._check_symbols is not None and subscription.checked:
            await self._check_symbols(subscription.streams)

    def detach(self, subscription: Subscription[Any]) -> None:
        """Take a subscription away from its streams; subscriptions call it."""
        for name in subscription.streams:
            route = self.routes.get(name.encode())
            if route is None or subscription not in route.sinks:
                continue
            route.sinks = tuple(sink for sink in route.sinks if sink is not subscription)
            if not route.sinks:
                self._forget(route)

    def _forget(self, route: Route) -> None:
        del self.routes[route.key]
        shard = self._where.pop(route.key)
        shard.remove(route)
        if not shard.desired and self._sweep is None and self._state == "open":
            self._sweep = asyncio.get_running_loop().call_later(LINGER_S, self._close_empty)

    def _end(self, route: Route, error: WsapiError | None) -> None:
        """End every subscription that has this stream."""
        sinks, route.sinks = route.sinks, ()
        if self.routes.get(route.key) is route:
            self._forget(route)
        for sink in sinks:
            sink.end(error)
        route.live.set()  # a caller that waits for it learns why it does not come

    def _shard_with_room(self) -> Shard:
        """Return where the next stream goes: the emptiest when they are to be spread, the first with room otherwise."""
        with_room = [shard for shard in self._shards if len(shard.desired) < self._capacity]
        if not with_room or len(self._shards) < (self._connections or 1):
            self._shard_numbers += 1
            shard = Shard(
                self._shard_numbers,
                self,
                urls=self._urls,
                settings=self.settings,
                runtime=self._runtime,
                transport=self._transport,
                budget=self._budget,
                lifecycle=self._lifecycle,
            )
            self._shards.append(shard)
            shard.keeper.start()
            return shard
        return with_room[0] if self._connections is None else min(with_room, key=lambda shard: len(shard.desired))

    def _close_empty(self) -> None:
        self._sweep = None
        for shard in [each for each in self._shards if not each.desired]:
            self._discard(shard)

    def _discard(self, shard: Shard) -> None:
        if shard in self._shards:
            self._shards.remove(shard)
            task = asyncio.get_running_loop().create_task(shard.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    # ------------------------------------------------------------------ what shards and subscriptions tell

    def now_ms(self) -> int:
        """The time, in milliseconds. A machine whose clock is set meanwhile moves no window of the limits."""
        if self._clock is not None:
            return self._clock()
        return int((self._epoch + asyncio.get_running_loop().time() + self._runtime.slept()) * 1000)

    @property
    def wants_messages(self) -> bool:
        """See `ShardHost.wants_messages`."""
        return self._lifecycle.wants_messages

    def on_open(self, socket: StreamSocket) -> None:
        """See `ShardHost.on_open`."""
        self.last_error = None
        log.info("market streams: connection #%d is ready", socket.number)
        self._lifecycle.emit(Opened(socket.number, socket.url, logged_on=False))

    def on_connect_failed(self, error: Exception) -> None:
        """See `ShardHost.on_connect_failed`."""
        self.last_error = error

    def on_dead(self, shard: Shard, error: WsapiError) -> None:
        """See `ShardHost.on_dead`."""
        for route in list(shard.desired.values()):
            self._end(route, error)
        self._discard(shard)

    def on_refused(self, name: str, error: VenueError | VenueFault) -> None:
        """See `ShardHost.on_refused`."""
        log.error("the venue refuses stream %s: %d %s", name, error.code, printable(error.msg))
        route = self.routes.get(name.encode())
        if route is not None:
            self._end(route, error)

    def on_message(self, socket: StreamSocket, data: bytes) -> None:
        """See `ShardHost.on_message`."""
        self._lifecycle.emit(Message(socket.number, data))

    def on_shutdown(self, socket: StreamSocket) -> None:
        """See `ShardHost.on_shutdown`."""
        log.info("market streams: the venue will end connection #%d", socket.number)
        self._lifecycle.emit(ShutdownAnnounced(socket.number))

    def on_nonsense(self, socket: StreamSocket, error: WsapiError) -> None:
        """See `ShardHost.on_nonsense`."""
        self._lifecycle.emit(Failed(socket.number, error))

    def on_closed(self, socket: StreamSocket, code: int, reason: str, *, wanted: bool) -> None:
        """See `ShardHost.on_closed`."""
        log.info("market streams: connection #%d ended: %d %s", socket.number, code, reason)
        self._lifecycle.emit(Closed(socket.number, code, reason, wanted))

    def unreadable(self, error: ProtocolViolation) -> None:
        """Tell a message that cannot be read; routes call it."""
        self._lifecycle.emit(Failed(0, error))
