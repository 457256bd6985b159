"""One connection to the market streams: it is opened once, used, and never revived.

Theory of operation.

*Events.* `message_received` runs inside the event loop's read callback. The name of the stream stands at the head of a
combined frame; it is looked up as bytes, and the frame goes to its consumers unread. All else is decoded: replies,
``serverShutdown``, frames written in another order, and nonsense, which is counted, told and forgotten. Too much
nonsense in a minute, and the connection is given up.

*Control.* One task brings the streams the connection has to those it should have: one SUBSCRIBE or UNSUBSCRIBE at a
time, its reply awaited under a deadline, and a pause after it. The venue disconnects a client that sends more than
five frames a second, pongs included, and repeated offenders are banned (WebSocket Limits). The pause counts from the reply:
by then the venue has seen the frame, so however the network bunches frames up, it never sees more than three of ours
in a second, and two are left for pongs, of which it asks for three a minute.

*Liveness.* See `link.liveness`. Only whole messages and pongs count, so a peer that dribbles bytes is caught as well. After
a suspension only a pong counts: a book must not be shown for long whose connection died meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

from binance_wsapi.errors import (
    NotConnected,
    ProtocolViolation,
    VenueError,
    VenueFault,
    WsapiError,
    printable,
    venue_error,
)
from binance_wsapi.link.lifecycle import RotationReason
from binance_wsapi.link.liveness import Liveness
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.sockets.transport import Link, Transport
from binance_wsapi.streams.kinds import UNREADABLE, name_at_head
from binance_wsapi.streams.route import Route

__all__ = ["StreamChange", "Owner", "StreamSocket"]

log = logging.getLogger("binance_wsapi")

CONTROL_PAUSE_S: Final = 0.5
"""Seconds from the reply to one control frame, or from a ping, to the next."""

REPLY_TIMEOUT: Final = 10.0
"""Seconds after which a control frame without a reply means that the connection is broken."""


class StreamChange(NamedTuple):
    """What a connection should do next about its streams."""

    method: str
    names: list[str]


class _Error(msgspec.Struct, gc=False):
    code: int = 0
    msg: str = ""


class _Message(msgspec.Struct, gc=False):
    """A message that is not an event of a wanted stream in its usual form."""

    stream: str | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    id: int | str | UnsetType | None = UNSET
    result: Raw | UnsetType = UNSET
    error: _Error | UnsetType = UNSET
    code: int | UnsetType = UNSET
    msg: str = ""
    e: str = ""


_decode = msgspec.json.Decoder(_Message).decode
_encode = msgspec.json.Encoder().encode


class Owner(Protocol):
    """Who hears what happens on a connection. Called from the read callback: quick, and never raising."""

    def next_change(self, socket: StreamSocket) -> StreamChange | None:
        """What the connection should do next about its streams, None when it has what it should have."""

    def on_settled(self, socket: StreamSocket) -> None:
        """The connection has, for the first time, what it should have."""

    def on_subscribed(self, socket: StreamSocket, names: list[str]) -> None:
        """The venue confirmed these streams."""

    def on_refused(self, name: str, error: VenueError | VenueFault) -> None:
        """The venue refuses a stream."""

    def on_frame(self, socket: StreamSocket, route: Route, frame: bytes) -> None:
        """A frame of a stream whose source is not, or not only, this connection."""

    def on_message(self, socket: StreamSocket, data: bytes) -> None:
        """A text message arrived. Called only while `wants_messages` says so."""

    def on_shutdown(self, socket: StreamSocket) -> None:
        """The venue announced that it will end this connection."""

    def on_nonsense(self, socket: StreamSocket, error: WsapiError) -> None:
        """Something arrived that cannot be read."""

    def on_lost(self, socket: StreamSocket, code: int, reason: str) -> None:
        """The connection ended. Called once."""


class StreamSocket:
    """One connection, the streams it has, and its end.

    Attributes:
        subscribed: names of the streams the venue has confirmed, in that order.
        asking: names it has been asked for and not confirmed yet.
        lost: whether the connection has ended.
        counters: frames of streams that are not wanted any more, of replies that no caller waits for, and nonsense.
    """

    def __init__(
        self,
        owner: Owner,
        runtime: Runtime,
        number: int,
        routes: Mapping[bytes, Route],
        *,
        wants_messages: bool = False,
    ) -> None:
        self.number = number
        self.url = ""
        self.subscribed: dict[str, None] = {}
        self.asking: frozenset[str] = frozenset()
        self.lost: bool = False
        self.counters: Counter[str] = Counter()
        self._owner = owner
        self._runtime = runtime
        self._routes = routes
        self._wants_messages = wants_messages
        self._loop = asyncio.get_running_loop()
        self._link: Link | None = None
        self._control: asyncio.Task[None] | None = None
        self._poked = asyncio.Event()
        self._settled = asyncio.Event()
        self._closed = asyncio.Event()
        self._exchanging = asyncio.Lock()
        self._frozen = False
        self._ending = False
        self._quiet_until = float("-inf")
        self._last_id = 0
        self._reply: asyncio.Future[_Error | None] | None = None
        self._halves: deque[list[str]] = deque()
        self._liveness = Liveness(runtime, self)
        self._reason = ""

    def __repr__(self) -> str:
        return f"<StreamSocket #{self.number} streams={len(self.subscribed)}{' lost' if self.lost else ''}>"

    # ------------------------------------------------------------------ life

    async def open(self, transport: Transport, url: str, timeout: float) -> None:
        """Open the link. A connection can be opened once.

        Raises:
            ConnectFailed: it could not be.
            NotConnected: it ended as soon as it was open.
        """
        self.url = url
        self._link = await transport.open(url, self, timeout)
        if self.lost:
            raise NotConnected("the connection ended as soon as it was open")
        self._liveness.start()

    def start(self) -> None:
        """Begin to bring the streams to what they should be; once is enough."""
        if self._control is not None:
            return
        self._poked.set()
        self._control = self._loop.create_task(self._run(), name=f"binance-wsapi streams #{self.number}")

    def poke(self) -> None:
        """The streams it should have have changed."""
        self._settled.clear()
        self._poked.set()

    async def freeze(self) -> None:
        """StreamChange nothing any more; returns when the control frame on its way, if there is one, is answered."""
        self._frozen = True
        async with self._exchanging:
            return

    def thaw(self) -> None:
        """Go on after `freeze`."""
        self._frozen = False
        self.poke()

    async def settled(self) -> None:
        """Wait until the connection has the streams it should have."""
        await self._settled.wait()

    async def answers(self) -> None:
        """Ping the peer; returns when the pong is there, and with it all that was sent before."""
        await self._pause()
        await self._liveness.answers()

    def leave_at(self) -> tuple[float, RotationReason]:
        """Return from when it should be replaced, however young it is (infinite when it need not be), and why."""
        return float("-inf" if self.counters["shutdown"] else "inf"), "shutdown"

    async def wait_closed(self) -> None:
        """Wait until the connection has ended."""
        await self._closed.wait()

    async def close(self) -> None:
        """End the connection with the closing handshake. Idempotent and bounded in time."""
        self._stop()
        if self._link is not None and not self.lost:
            await self._link.close()

    def abort(self, reason: str) -> None:
        """End the connection now, without a handshake."""
        self._reason = self._reason or reason
        self._stop()
        if self._link is not None:
            self._link.abort()

    def _stop(self) -> None:
        self._ending = True
        if self._control is not None and self._control is not asyncio.current_task():
            self._control.cancel()
        self._liveness.stop()

    # ------------------------------------------------------------------ control

    def brings(self, name: str) -> bool:
        """Whether frames of this stream come because they were asked for, and not because they still were on their way."""
        return name in self.subscribed or name in self.asking

    async def _run(self) -> None:
        told = False
        while not self.lost:
            await self._poked.wait()
            self._poked.clear()
            while self._may_change() and self._next() is not None:
                await self._pause()
                async with self._exchanging:
                    change = self._next()  # what came meanwhile goes with it
                    if change is not None and self._may_change() and not await self._exchange(change):
                        return
            if self._may_change():
                self._settled.set()
                if not told:
                    told = True
                    self._owner.on_settled(self)

    def _may_change(self) -> bool:
        return not self._frozen and not self.lost

    def _next(self) -> StreamChange | None:
        """Return the next change, the halves of a refused one before all others."""
        while self._halves:
            names = [name for name in self._halves[0] if name not in self.subscribed and name.encode() in self._routes]
            if names:
                return StreamChange("SUBSCRIBE", names)
            self._halves.popleft()
        return self._owner.next_change(self)

    async def _pause(self) -> None:
        while (left := self._quiet_until - self._loop.time()) > 0:
            await self._runtime.sleep(left)

    async def _exchange(self, change: StreamChange) -> bool:
        """Send one control frame and take in its reply; returns whether the connection is still good."""
        assert self._link is not None
        self._last_id += 1
        self._reply = self._loop.create_future()
        if change.method == "SUBSCRIBE":
            self.asking = frozenset(change.names)
        else:
            for name in change.names:
                del self.subscribed[name]
        try:
            self._link.write(_encode({"method": change.method, "params": change.names, "id": self._last_id}))
            self._quiet_until = self._loop.time() + CONTROL_PAUSE_S
            async with asyncio.timeout(REPLY_TIMEOUT):
                error = await self._reply
        except NotConnected:
            return False  # the link tells of its end by itself
        except TimeoutError:
            self.abort(f"no reply to {change.method}")
            return False
        finally:
            self._reply = None
            self.asking = frozenset()
            self._quiet_until = self._loop.time() + CONTROL_PAUSE_S
        if error is not None:
            self._refused(change, error)
        elif change.method == "SUBSCRIBE":
            self.subscribed.update(dict.fromkeys(change.names))
            self._owner.on_subscribed(self, change.names)
        return True

    def _refused(self, change: StreamChange, error: _Error) -> None:
        """Find out which of the names it is by halving: the venue refuses a frame as a whole."""
        if self._halves and change.method == "SUBSCRIBE":
            self._halves.popleft()
        if change.method != "SUBSCRIBE":
            self.abort(f"{change.method} was refused: {error.code} {error.msg}")
        elif len(change.names) == 1:
            self._owner.on_refused(change.names[0], venue_error(400, error.code, error.msg))
        else:
            middle = len(change.names) // 2
            self._halves.extendleft((change.names[middle:], change.names[:middle]))

    # ------------------------------------------------------------------ what the link tells

    def bytes_received(self) -> None:
        pass

    def pong_received(self) -> None:
        self._liveness.pong()
        self._quiet_until = max(self._quiet_until, self._loop.time() + CONTROL_PAUSE_S)

    def message_received(self, data: bytes | bytearray, *, text: bool) -> None:
        self._liveness.heard = True
        frame = data if type(data) is bytes else bytes(data)
        if self._wants_messages and text:
            self._owner.on_message(self, frame)
        route = self._routes.get(name_at_head(frame))
        if route is not None and text:
            if route.source is self:
                route.deliver(frame)
            else:
                self._owner.on_frame(self, route, frame)
        else:
            self._unusual(frame, text=text)

    def _unusual(self, frame: bytes, *, text: bool) -> None:
        if not text:
            self._strange("binary", f"a binary frame of {len(frame)} bytes on a JSON connection")
            return
        try:
            message = _decode(frame)
        except UNREADABLE as error:
            self._strange("unreadable", f"an unreadable frame of {len(frame)} bytes: {type(error).__name__}")
            return
        if message.stream is not UNSET and message.data is not UNSET:
            if message.stream == "!serverShutdown":
                self._shutdown()
                return
            route = self._routes.get(message.stream.encode())
            if route is None:
                self.counters["unwanted"] += 1  # what was on its way when it was unsubscribed
            elif route.source is self:
                route.deliver(frame)
            else:
                self._owner.on_frame(self, route, frame)
        elif message.e == "serverShutdown":
            self._shutdown()
        elif message.result is not UNSET or message.error is not UNSET or message.code is not UNSET:
            self._answered(message)
        else:
            self._strange("unknown", "neither an event nor a reply")

    def _answered(self, message: _Message) -> None:
        error: _Error | None = None
        if message.error is not UNSET:
            error = message.error
        elif message.code is not UNSET:
            error = _Error(message.code, message.msg)
        # Error Messages: some have no id. Only one control frame is on its way at a time, so there is no doubt.
        own = message.id == self._last_id or (error is not None and (message.id is UNSET or message.id is None))
        if self._ending:
            pass  # the reply to a frame that was on its way when this side began to close
        elif self._reply is None or self._reply.done() or not own:
            self._strange("stray", "a reply to nothing that was asked")
        else:
            self._reply.set_result(error)

    def _shutdown(self) -> None:
        self.counters["shutdown"] += 1
        self._owner.on_shutdown(self)

    def _strange(self, kind: str, text: str) -> None:
        self.counters[kind] += 1
        log.warning("%s on %r", text, self)
        self._owner.on_nonsense(self, ProtocolViolation(text))
        self._liveness.nonsense()

    def link_lost(self, code: int, reason: str, error: Exception | None) -> None:
        self.lost = True
        self._stop()
        self._closed.set()
        self._settled.set()
        if self._link is not None:
            text = self._reason or printable(reason) or (type(error).__name__ if error is not None else "")
            self._owner.on_lost(self, code, text)

    # ------------------------------------------------------------------ what liveness asks

    def silence(self) -> float:
        """Return seconds in which nothing may have come, up to a second too many; a sleep of the machine counts."""
        return self._liveness.silence()

    @property
    def busy(self) -> bool:
        """Whether a reply is awaited in a hurry: control frames have a deadline of their own."""
        return False

    def on_look(self, now: float) -> None:
        """Do nothing: there are no calls to look after."""

    def may_ping(self) -> bool:
        """Whether a ping can be sent now: it counts among the frames of which five a second are allowed."""
        return self._loop.time() >= self._quiet_until

    def ping(self) -> None:
        """Send a ping."""
        assert self._link is not None
        self._quiet_until = self._loop.time() + CONTROL_PAUSE_S
        self._link.probe()
