"""A shard keeps one connection alive, and with it up to 1,024 streams: over losses, announced ends and rotations.

Theory of operation. The routes of a shard are desired state. One task runs this circle until the streams are closed::

    connect (retry under the policy) ─► subscribe what is desired ─► in use ─┐
        ▲                                                                   │
        └──────────────── lost (every route: a gap is due) ◄────────────────┤
                          shutdown announced · a day old · asked to rotate ◄┘

*Lost*: every route is interrupted. It is back when the next connection brings its first event or the venue confirms the
subscription; at that point the consumers find a `StreamGap`.

*Rotation* is make before break. The successor is opened; the old connection is frozen, so that what it brings stays
what it is; then each route overlaps (see `overlap`), and the successor is asked for all of them. When all are confirmed
the old connection is pinged and has a moment to bring what it still had under way, and is closed. Should the successor
die before, the old one goes on as if nothing had been. Should the old one die before, or be as good as dead and answer
no ping, each route that was proven to overlap goes on without a gap, and the others are told of theirs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Final, Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from binance_wsapi.errors import ConnectFailed, NotConnected, VenueError, VenueFault, WsapiError
from binance_wsapi.link.reconnect import FullJitter, worth_retrying
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import ROTATE_LATEST
from binance_wsapi.link.transport import Transport
from binance_wsapi.session.kept_connection import ASK_AGAIN, ROTATE_AFTER, ROTATE_JITTER, STABLE
from binance_wsapi.streams.overlap import make_overlap
from binance_wsapi.streams.socket import Change, StreamSocket
from binance_wsapi.streams.subscription import Route

__all__ = ["Shard", "ShardHost"]

log = logging.getLogger("binance_wsapi")

FRAME_BYTES: Final = 4_000
"""Bytes of a control frame at most. The venue documents no bound; public reports of three libraries say that it leaves
frames of more than 4,088 bytes unanswered until something else wakes it."""

ENVELOPE_BYTES: Final = 80
"""Bytes of a control frame beside the names: method, id and brackets."""

LIFETIME: Final = (ROTATE_AFTER, ROTATE_AFTER + ROTATE_JITTER)

LAST_WORDS: Final = 5.0
"""Seconds the old connection has, once its successor brings everything, to bring what it had under way."""


RETRY_ROTATION: Final = 60.0
"""Seconds until a rotation that failed for good is tried again; the venue may have changed its mind by then."""


class ShardHost(Protocol):
    """What a shard asks of the streams it belongs to."""

    @property
    def routes(self) -> Mapping[bytes, Route]:
        """All streams that are wanted, on all shards."""

    def next_number(self) -> int:
        """Number for a new connection."""

    async def before_connect(self) -> None:
        """Return when a connection may be attempted, or raise when none may."""

    async def not_now(self) -> bool:
        """Whether a connection should not be replaced now because of its age."""

    def now_ms(self) -> int:
        """Milliseconds of this machine's clock."""

    @property
    def wants_messages(self) -> bool:
        """Whether a hook takes the messages themselves."""

    def on_open(self, socket: StreamSocket, url: str) -> None:
        """A connection has all its streams."""

    def on_connect_failed(self, error: Exception) -> None:
        """An attempt failed."""

    def on_dead(self, shard: Shard, error: WsapiError) -> None:
        """Nothing can be connected to, and trying again cannot help."""

    def on_refused(self, name: str, error: VenueError | VenueFault) -> None:
        """The venue refuses a stream."""

    def on_message(self, socket: StreamSocket, data: bytes) -> None:
        """A text message arrived."""

    def on_shutdown(self, socket: StreamSocket) -> None:
        """The venue announced the end of a connection."""

    def on_nonsense(self, socket: StreamSocket, error: WsapiError) -> None:
        """Something arrived that cannot be read."""

    def on_closed(self, socket: StreamSocket, code: int, reason: str, *, wanted: bool) -> None:
        """A connection ended."""


class Shard:
    """Keeps one connection alive.

    Attributes:
        desired: the streams it should have, by name.
        current: the connection in use, while there is one.
        rotations: how often its connection was replaced without being lost.
        doubles: frames dropped because another connection brought them as well.
    """

    def __init__(
        self,
        number: int,
        host: ShardHost,
        runtime: Runtime,
        transport: Transport,
        urls: tuple[str, ...],
        policy: AsyncRetrying,
        open_timeout: float,
        rotate_after: float | None = None,
    ) -> None:
        self.number = number
        self.desired: dict[str, Route] = {}
        self.current: StreamSocket | None = None
        self.rotations = 0
        self.doubles = 0
        self._host = host
        self._runtime = runtime
        self._transport = transport
        self._urls = urls
        self._next_url = 0
        self._open_timeout = open_timeout
        self._lifetime = LIFETIME if rotate_after is None else (rotate_after, rotate_after)
        self._jitter = FullJitter(runtime.uniform)
        self._policy = policy.copy(
            sleep=runtime.sleep, before_sleep=self._before_sleep, retry=retry_if_exception(worth_retrying), reraise=True
        )
        self._next: StreamSocket | None = None
        self._leaving: StreamSocket | None = None
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._url = ""

    # ------------------------------------------------------------------ what the streams ask

    def start(self) -> None:
        """Begin to keep a connection."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"binance-wsapi shard {self.number}")

    def add(self, route: Route) -> None:
        """Desire a stream."""
        route.shard = self
        self.desired[route.name] = route
        socket = self._accepting
        if socket is not None and route.name in socket.subscribed:  # wanted again before it was unsubscribed
            self._arrived(socket, route)
        self._poke()

    def remove(self, route: Route) -> None:
        """Desire it no more."""
        del self.desired[route.name]
        self._poke()

    def rotate(self) -> None:
        """Replace the connection by a fresh one, without a gap."""
        self._wake.set()

    @property
    def sockets(self) -> list[StreamSocket]:
        """The connections there are: one, none, or two while it rotates."""
        return [socket for socket in (self.current, self._next) if socket is not None and not socket.lost]

    async def close(self) -> None:
        """End everything this shard has."""
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*(socket.close() for socket in self.sockets), *self._retiring, return_exceptions=True)

    def _poke(self) -> None:
        for socket in self.sockets:
            socket.poke()

    @property
    def _accepting(self) -> StreamSocket | None:
        """The connection on which streams that nothing brings yet are expected."""
        return self._next or self.current

    # ------------------------------------------------------------------ the circle

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        short_lives = hurries = 0
        try:
            while True:
                self._wake.clear()
                socket = self._use(await self._connect())
                socket.start()
                while not socket.lost:
                    await self._in_use(socket)
                    if socket.lost:
                        break
                    hasty = socket.counters["shutdown"] and loop.time() - socket.born < STABLE
                    hurries = hurries + 1 if hasty else 0
                    if hurries > 1:  # a venue that announces the end of every new connection is not hammered
                        await _first(socket.wait_closed(), timeout=self._jitter.after(hurries))
                    socket = self._use(await self._rotate(socket))
                short_lives = short_lives + 1 if loop.time() - socket.born < STABLE else 0
                if short_lives:
                    await self._runtime.sleep(self._jitter.after(short_lives))
        except WsapiError as error:
            log.error("market streams: shard %d gave up: %s: %s", self.number, type(error).__name__, error)
            self._host.on_connect_failed(error)
            self._host.on_dead(self, error)
        except Exception as error:
            # The user's policy or ``before_connect``, or a mistake of ours: no consumer may wait for ever for events.
            log.exception("market streams: shard %d ended", self.number)
            self._host.on_connect_failed(error)
            dead = NotConnected(f"the market streams can no longer be connected ({type(error).__name__})")
            dead.__cause__ = error
            self._host.on_dead(self, dead)

    async def _in_use(self, socket: StreamSocket) -> None:
        """Wait until the connection should be replaced, or is lost."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._runtime.uniform(*self._lifetime)
        latest = max(due, socket.born + ROTATE_LATEST)
        while not socket.lost and not self._wake.is_set():
            now = loop.time()
            if now < due:
                await _first(socket.wait_closed(), self._wake.wait(), timeout=due - now)
            elif now >= latest or not await self._host.not_now():
                return
            else:
                due = min(loop.time() + ASK_AGAIN, latest)

    def _use(self, socket: StreamSocket) -> StreamSocket:
        self.current = None if socket.lost else socket
        if socket.counters["shutdown"]:  # announced before it was in use
            self._wake.set()
        return socket

    async def _connect(self) -> StreamSocket:
        async for attempt in self._policy.copy():
            with attempt:
                return await self._attempt()
        raise AssertionError  # the policy re-raises

    async def _attempt(self) -> StreamSocket:
        host = self._host
        await host.before_connect()
        url = self._urls[self._next_url % len(self._urls)]
        self._next_url += 1  # the next attempt goes to the next port, unless this one succeeds
        socket = StreamSocket(self, self._runtime, host.next_number(), host.routes, wants_messages=host.wants_messages)
        try:
            await socket.open(self._transport, url, self._open_timeout)
        except NotConnected as error:
            raise ConnectFailed(str(error)) from error
        self._next_url -= 1
        self._url = url
        return socket

    def _before_sleep(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        delay = state.next_action.sleep if state.next_action is not None else 0.0
        if isinstance(error, Exception):
            if isinstance(error, ConnectFailed):
                error.attempts = state.attempt_number
            log.info(
                "market streams: shard %d: attempt %d failed (%s), next in %.2f s",
                self.number, state.attempt_number, error, delay,
            )  # fmt: skip
            self._host.on_connect_failed(error)

    # ------------------------------------------------------------------ rotation

    async def _rotate(self, old: StreamSocket) -> StreamSocket:
        """Replace a connection; returns the one to use from now on, which is the old one if it did not work out."""
        self._wake.clear()
        self._leaving = old
        try:
            try:
                new = await self._connect()
            except WsapiError as error:
                if old.lost:
                    raise
                log.error("market streams: shard %d keeps its connection: %s", self.number, error)
                self._host.on_connect_failed(error)
                await _first(old.wait_closed(), timeout=RETRY_ROTATION)
                self._wake.set()
                return old
            if old.lost:
                new.start()
                return new
            return await self._replace(old, new)
        finally:
            self._leaving = None

    async def _replace(self, old: StreamSocket, new: StreamSocket) -> StreamSocket:
        """Let both connections bring every stream until the new one can go on alone, or one of them is lost."""
        complete = False
        try:
            await old.freeze()
            if not old.lost and not new.lost:
                for route in self.desired.values():
                    if route.overlap is not None or route.source is old:
                        before = route.overlap if route.survivor is old else None
                        route.overlap = make_overlap(route.kind, route.last, before=before)
                        route.source = route.survivor = None
                self._next = new
            new.start()
            await _first(new.settled(), old.wait_closed(), new.wait_closed())
            if not old.lost and not new.lost:
                complete = await self._last_words(old, new)
        except BaseException:
            await new.close()
            raise
        if old.lost:
            return new  # `on_lost` has made it the current one
        if new.lost:
            old.thaw()
            self._wake.set()
            await _first(old.wait_closed(), timeout=1.0 + self._jitter.after(3))
            return old
        self.current, self._next = new, None
        for route in self.desired.values():
            if route.overlap is not None:
                route.settle(self._since(old), self._host.now_ms(), unexpected=not complete)
                route.survivor = new
        self.rotations += 1
        task = asyncio.get_running_loop().create_task(old.close())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        return new

    async def _last_words(self, old: StreamSocket, new: StreamSocket) -> bool:
        """Give the old connection time to bring what it had under way; returns whether it has brought all of it."""
        asked = asyncio.ensure_future(old.answers())
        try:
            await _first(old.wait_closed(), new.wait_closed(), timeout=LAST_WORDS)
            return asked.done() and asked.exception() is None
        finally:
            asked.cancel()

    # ------------------------------------------------------------------ what the connections tell

    def next_change(self, socket: StreamSocket) -> Change | None:
        desired, subscribed = self.desired, socket.subscribed
        surplus = [name for name in subscribed if name not in desired]
        if surplus:
            return Change("UNSUBSCRIBE", _one_frame(surplus))
        missing = [name for name in desired if name not in subscribed]
        return Change("SUBSCRIBE", _one_frame(missing)) if missing else None

    def _arrived(self, socket: StreamSocket, route: Route) -> None:
        route.source = socket
        route.arrive(self._host.now_ms())

    def on_subscribed(self, socket: StreamSocket, names: list[str]) -> None:
        if socket is not self._accepting:
            return
        for name in names:
            route = self.desired.get(name)
            if route is not None and route.source is None and route.overlap is None:
                self._arrived(socket, route)

    def on_frame(self, socket: StreamSocket, route: Route, frame: bytes) -> None:
        overlap = route.overlap
        frames: list[bytes] = []
        if route.shard is not self:
            pass  # the stream moved here from elsewhere, or the other way round
        elif overlap is None:
            if route.source is None and socket is self._accepting and socket.brings(route.name):
                self._arrived(socket, route)
                frames = [frame]
        elif route.survivor is None:
            if socket is self.current:
                frames = overlap.old(frame)
            elif socket is self._next:  # and not an earlier connection that takes its time to close
                frames = overlap.new(frame)
        elif socket is route.survivor and overlap.passed(frame):
            route.source, route.survivor, route.overlap = socket, None, None
            frames = [frame]
        if not frames:
            self.doubles += 1
        for each in frames:
            route.deliver(each)

    def on_lost(self, socket: StreamSocket, code: int, reason: str) -> None:
        used = socket in (self.current, self._next)
        if used:
            since = self._since(socket)
            if socket is self._next:
                self._next = None
                if self.current is not None:
                    self._lost_successor(self.current, socket, since)
            elif self._next is not None:
                self.current, self._next = self._next, None
                self._lost_predecessor(self.current, since)
            else:
                self.current = None
            if self.current is None:
                for route in self.desired.values():
                    route.interrupt(since)
        self._host.on_closed(socket, code, reason, wanted=self._closing or not used)

    def _since(self, socket: StreamSocket) -> int:
        """Return from when events of a connection may be missing: a dead one is noticed some time after its death."""
        return self._host.now_ms() - int(socket.silence() * 1000)

    def _lost_predecessor(self, new: StreamSocket, since: int) -> None:
        """The old of two connections was lost before its time: the new one goes on alone, where it can already."""
        for route in self.desired.values():
            if route.overlap is not None and (new.brings(route.name) or route.overlap.proven):
                route.settle(since, self._host.now_ms(), unexpected=True)
                route.survivor = new
            elif route.source is not new:
                route.interrupt(since)

    def _lost_successor(self, old: StreamSocket, new: StreamSocket, since: int) -> None:
        """The new of two connections was lost: the old one goes on as before."""
        for route in self.desired.values():
            if route.overlap is None:
                if route.source is new:
                    route.interrupt(since)
                if route.source is None and route.name in old.subscribed:
                    self._arrived(old, route)
            else:
                route.overlap.abandon()
                route.survivor = old  # it may have to catch up with what its successor brought

    def on_settled(self, socket: StreamSocket) -> None:
        self._host.on_open(socket, self._url)

    def on_refused(self, name: str, error: VenueError | VenueFault) -> None:
        self._host.on_refused(name, error)

    def on_message(self, socket: StreamSocket, data: bytes) -> None:
        self._host.on_message(socket, data)

    def on_shutdown(self, socket: StreamSocket) -> None:
        self._host.on_shutdown(socket)
        if socket is not self._leaving and socket in (self.current, self._next):
            self._wake.set()

    def on_nonsense(self, socket: StreamSocket, error: WsapiError) -> None:
        self._host.on_nonsense(socket, error)


def _one_frame(names: list[str]) -> list[str]:
    """Return as many of the names as fit in one control frame, one at least."""
    size = ENVELOPE_BYTES
    for count, name in enumerate(names):
        size += len(name.encode()) + 3  # two quotes and a comma
        if size > FRAME_BYTES and count:
            return names[:count]
    return names


async def _first(*things: Awaitable[object], timeout: float | None = None) -> None:
    """Wait until the first of these is done, or the time is up; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in things]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
