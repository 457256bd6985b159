"""A shard is one connection kept alive with up to 1,024 streams: over losses, announced ends and rotations.

Theory of operation. The routes of a shard are desired state (see `route`). `link.keeper` opens the next connection when the
last one is lost or should be replaced; this file subscribes what is desired and hands over from one to the other.

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
from collections.abc import Mapping
from typing import Final, Protocol

from binance_wsapi.errors import ConnectFailed, NotConnected, VenueError, VenueFault, WsapiError
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.keeper import Keeper, first_of
from binance_wsapi.link.lifecycle import Lifecycle, RotationEnded
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.transport import Transport
from binance_wsapi.streams.route import Route
from binance_wsapi.streams.socket import StreamChange, StreamSocket

__all__ = ["Shard", "ShardHost"]

FRAME_BYTES: Final = 4_000
"""Bytes of a control frame at most. The venue documents no bound; public reports of three libraries say that it leaves
frames of more than 4,088 bytes unanswered until something else wakes it."""

ENVELOPE_BYTES: Final = 80
"""Bytes of a control frame beside the names: method, id and brackets."""

LAST_FRAMES_S: Final = 5.0
"""Seconds the old connection has, once its successor brings everything, to bring what it had under way."""


class ShardHost(Protocol):
    """What a shard asks of the streams it belongs to."""

    @property
    def routes(self) -> Mapping[bytes, Route]:
        """All streams that are wanted, on all shards."""

    def now_ms(self) -> int:
        """Milliseconds of this machine's clock."""

    @property
    def wants_messages(self) -> bool:
        """Whether a hook takes the messages themselves."""

    def on_open(self, socket: StreamSocket) -> None:
        """A connection has all its streams."""

    def on_connect_failed(self, error: Exception) -> None:
        """An attempt failed, or has to wait."""

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
        keeper: opens and replaces connections.
        rotations: how often its connection was replaced without being lost.
        doubles: frames dropped because another connection brought them as well.
    """

    def __init__(
        self,
        number: int,
        host: ShardHost,
        *,
        urls: tuple[str, ...],
        settings: Settings,
        runtime: Runtime,
        transport: Transport,
        budget: ConnectBudget,
        lifecycle: Lifecycle,
    ) -> None:
        self.number = number
        self.desired: dict[str, Route] = {}
        self.current: StreamSocket | None = None
        self.rotations = 0
        self.doubles = 0
        self._host = host
        self._runtime = runtime
        self._transport = transport
        self._open_timeout = settings.open_timeout
        self._lifecycle = lifecycle
        self._next: StreamSocket | None = None
        self._closing = False
        self._retiring: set[asyncio.Task[None]] = set()
        self.keeper: Keeper[StreamSocket] = Keeper(
            self,
            name=f"market streams: shard {number}",
            urls=urls,
            settings=settings,
            runtime=runtime,
            budget=budget,
            lifecycle=lifecycle,
        )

    # ------------------------------------------------------------------ what the streams ask

    def add(self, route: Route) -> None:
        """Desire a stream."""
        self.desired[route.name] = route
        socket = self._accepting
        if socket is not None and route.name in socket.subscribed:  # wanted again before it was unsubscribed
            route.arrive(socket, self._host.now_ms())
        self._poke()

    def remove(self, route: Route) -> None:
        """Desire it no more."""
        del self.desired[route.name]
        self._poke()

    @property
    def sockets(self) -> list[StreamSocket]:
        """The connections there are: one, none, or two while it rotates."""
        return [socket for socket in (self.current, self._next) if socket is not None and not socket.lost]

    async def close(self) -> None:
        """End everything this shard has at the same time: each connection may be half-open, and take its time."""
        self._closing = True
        # The keeper is cancelled first, so none is handed over meanwhile; it closes what it hands over to.
        await asyncio.gather(self.keeper.stop(), self._end_opened())

    async def _end_opened(self) -> None:
        await asyncio.gather(*(socket.close() for socket in self.sockets), *self._retiring, return_exceptions=True)

    def _poke(self) -> None:
        for socket in self.sockets:
            socket.poke()

    @property
    def _accepting(self) -> StreamSocket | None:
        """The connection on which streams that nothing brings yet are expected."""
        return self._next or self.current

    # ------------------------------------------------------------------ what the keeper asks and tells

    async def open(self, url: str, number: int) -> StreamSocket:
        """Open a connection."""
        socket = StreamSocket(self, self._runtime, number, self._host.routes, wants_messages=self._host.wants_messages)
        try:
            await socket.open(self._transport, url, self._open_timeout)
        except NotConnected as error:
            raise ConnectFailed(str(error)) from error
        return socket

    def on_current(self, connection: StreamSocket) -> None:
        """Expect the streams from this connection."""
        self.current = None if connection.lost else connection
        connection.start()

    def on_none(self) -> None:
        """Do nothing: the routes were interrupted in the moment of the loss."""

    def on_connect_failed(self, error: Exception) -> None:
        """Tell the streams."""
        self._host.on_connect_failed(error)

    def on_dead(self, error: WsapiError) -> None:
        """Tell the streams."""
        self._host.on_dead(self, error)

    async def hand_over(self, old: StreamSocket, new: StreamSocket) -> StreamSocket:
        """Let both connections bring every stream until the new one can go on alone, or one of them is lost."""
        complete = False
        try:
            if not old.lost:
                await old.freeze()
            if not old.lost and not new.lost:
                for route in self.desired.values():
                    route.overlapping_with(old)
                self._next = new
            new.start()
            if not old.lost:
                await first_of(new.settled(), old.wait_closed(), new.wait_closed())
            if not old.lost and not new.lost:
                complete = await self._last_frames(old, new)
        except BaseException:
            await new.close()
            raise
        if old.lost:
            return new  # `on_lost` has made it the current one
        if new.lost:
            old.thaw()
            return old
        self.current, self._next = new, None
        for route in self.desired.values():
            route.settle(new, self._since(old), self._host.now_ms(), unexpected=not complete)
        self.rotations += 1
        task = asyncio.get_running_loop().create_task(self._retire(old, new))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        return new

    async def _retire(self, old: StreamSocket, new: StreamSocket) -> None:
        await old.close()
        self._lifecycle.emit(RotationEnded(old.number, new.number))

    async def _last_frames(self, old: StreamSocket, new: StreamSocket) -> bool:
        """Give the old connection time to bring what it had under way; returns whether it has brought all of it."""
        asked = asyncio.ensure_future(old.answers())
        try:
            await first_of(old.wait_closed(), new.wait_closed(), timeout=LAST_FRAMES_S)
            return asked.done() and asked.exception() is None
        finally:
            asked.cancel()

    # ------------------------------------------------------------------ what the connections tell

    def next_change(self, socket: StreamSocket) -> StreamChange | None:
        desired, subscribed = self.desired, socket.subscribed
        surplus = [name for name in subscribed if name not in desired]
        if surplus:
            return StreamChange("UNSUBSCRIBE", _one_frame(surplus))
        missing = [name for name in desired if name not in subscribed]
        return StreamChange("SUBSCRIBE", _one_frame(missing)) if missing else None

    def on_subscribed(self, socket: StreamSocket, names: list[str]) -> None:
        if socket is not self._accepting:
            return
        for name in names:
            route = self.desired.get(name)
            if route is not None and route.source is None and route.overlap is None:
                route.arrive(socket, self._host.now_ms())

    def on_frame(self, socket: StreamSocket, route: Route, frame: bytes) -> None:
        overlap = route.overlap
        frames: list[bytes] = []
        if self.desired.get(route.name) is not route:
            pass  # the stream moved here from elsewhere, or the other way round
        elif overlap is None:
            if route.source is None and socket is self._accepting and socket.brings(route.name):
                route.arrive(socket, self._host.now_ms())
                frames = [frame]
        elif route.survivor is None:
            if socket is self.current:
                frames = overlap.old(frame)
            elif socket is self._next:  # and not an earlier connection that takes its time to close
                frames = overlap.new(frame)
        elif socket is route.survivor and route.caught_up(frame):
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
                route.settle(new, since, self._host.now_ms(), unexpected=True)
            elif route.source is not new:
                route.interrupt(since)

    def _lost_successor(self, old: StreamSocket, new: StreamSocket, since: int) -> None:
        """The new of two connections was lost: the old one goes on as before."""
        for route in self.desired.values():
            if route.overlap is None:
                if route.source is new:
                    route.interrupt(since)
                if route.source is None and route.name in old.subscribed:
                    route.arrive(old, self._host.now_ms())
            else:
                route.give_back(old)

    def on_settled(self, socket: StreamSocket) -> None:
        self._host.on_open(socket)

    def on_refused(self, name: str, error: VenueError | VenueFault) -> None:
        self._host.on_refused(name, error)

    def on_message(self, socket: StreamSocket, data: bytes) -> None:
        self._host.on_message(socket, data)

    def on_shutdown(self, socket: StreamSocket) -> None:
        self._host.on_shutdown(socket)
        self.keeper.wake()

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
