"""One connection over a link that a test plays, in virtual time, and what the connection tells its observer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from binance_wsapi.errors import AuthFailed, NotConnected, WsapiError
from binance_wsapi.link.sockets.transport import Listener
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.in_flight import Waiting
from binance_wsapi.session.observer import Observer
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.endpoint import Endpoint
from tests.session.test_faults_in_virtual_time import READ
from tests.simulation.house import runtime
from tests.simulation.loop import VirtualLoop, run

URL = "ws://127.0.0.1:1/ws-api/v3"


class Wire:
    """A link that writes down what is done to it, and answers each ping at once until it is told not to."""

    def __init__(self) -> None:
        self.listener: Listener | None = None
        self.frames: list[dict[str, Any]] = []
        self.gathered: list[bool] = []
        self.done: list[str] = []
        self.congested = False
        self.full = False
        self.pongs = True
        self.room = asyncio.Event()

    def write(self, message: bytes, *, gather: bool = False) -> None:
        if self.full:
            raise NotConnected("the link is closing")
        self.frames.append(json.loads(message))
        self.gathered.append(gather)

    async def drained(self) -> None:
        await self.room.wait()

    def probe(self) -> None:
        self.done.append("probe")
        if self.pongs and self.listener is not None:
            asyncio.get_running_loop().call_soon(self.listener.pong_received)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.done.append(f"close {code} {reason}")

    def abort(self) -> None:
        self.done.append("abort")


class Told(Observer[Connection]):
    """Writes down what a connection tells."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def on_frame(self, connection: Connection, data: bytes | bytearray) -> None:
        self.heard.append(("frame", bytes(data)))

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        self.heard.append(("event", subscription_id, json.loads(event)))

    def on_shutdown(self, connection: Connection) -> None:
        self.heard.append(("shutdown",))

    def on_revoked(self, connection: Connection, error: AuthFailed) -> None:
        self.heard.append(("revoked", error.code))

    def on_unaddressed(self, envelope: Envelope) -> None:
        self.heard.append(("unaddressed", envelope.status))

    def on_nonsense(self, connection: Connection, error: WsapiError) -> None:
        self.heard.append(("nonsense", type(error).__name__))

    def on_late(self, request_id: str, envelope: Envelope) -> None:
        self.heard.append(("late", request_id, envelope.status))

    def on_unanswered(self, connection: Connection, pending: Waiting, *, first: bool) -> None:
        self.heard.append(("unanswered", pending.request_id, first))

    def on_silent(self, connection: Connection) -> None:
        self.heard.append(("silent",))

    def on_slow(self, connection: Connection, pending: Waiting) -> None:
        self.heard.append(("slow", pending.request_id))

    def on_answers(self, connection: Connection) -> None:
        self.heard.append(("answers",))

    def on_lost(self, connection: Connection, code: int, reason: str) -> None:
        self.heard.append(("lost", code, reason))


class Line:
    """A connection, its link and its observer; it is the transport, too."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.link, self.told = Wire(), Told()
        self.it = Connection(self.told, runtime(loop), 1)
        self.on_open: Callable[[Listener], None] | None = None

    async def open(self, url: str, listener: Listener, timeout: float) -> Wire:
        assert (url, timeout) == (URL, 10.0)
        self.link.listener = listener
        if self.on_open is not None:
            self.on_open(listener)
        return self.link

    def post(self, endpoint: Endpoint[Any] = READ, seconds: float = 10.0, **options: Any) -> Waiting:
        return self.it.post(endpoint, {}, self.loop.time() + seconds, **options)

    def say(self, **parts: Any) -> None:
        self.it.message_received(json.dumps(parts).encode(), text=True)

    def reply(self, pending: Waiting, status: int = 200) -> None:
        body: dict[str, Any] = {"result": {}} if status == 200 else {"error": {"code": -2010, "msg": "no"}}
        self.say(id=pending.request_id, status=status, **body)

    def unreadable(self, pending: Waiting) -> None:
        self.it.message_received(b'{"id":"' + pending.request_id.encode() + b'","status":"?"}', text=True)


def play(test: Callable[[VirtualLoop, Line], Awaitable[None]], *, opened: bool = True) -> None:
    async def main(loop: VirtualLoop) -> None:
        line = Line(loop)
        if opened:
            await line.it.open(line, URL, 10.0)
        await test(loop, line)
        if opened and not line.it.lost:
            line.it.link_lost(1000, "", None)

    run(main)


async def waits(task: Awaitable[Any]) -> asyncio.Future[Any]:
    """Begin to wait for this; return the wait, which has not ended."""
    waiting = asyncio.ensure_future(task)
    await asyncio.sleep(0.001)
    assert not waiting.done()
    return waiting


async def ends(waiting: asyncio.Future[Any]) -> None:
    """See that a wait ends now."""
    async with asyncio.timeout(0.001):
        await waiting
