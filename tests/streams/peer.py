"""A stream venue that does what a test tells it, and holds its clients to the documented limits."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from binance_wsapi.environments import Environment, local
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.streams import MarketStreams, Subscription
from tests.simulation.loop import VirtualLoop, run

__all__ = ["Connection", "Gate", "StreamPeer", "frame", "make", "play", "take", "trade", "until"]

FRAMES_PER_SECOND = 5
MOST_STREAMS = 1024
PING_EVERY = 20.0


class Connection(ServerConnection):
    """One client, what it sent and when, and what it is subscribed to."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.number = 0
        self.streams: dict[str, None] = {}
        self.requests: list[dict[str, Any]] = []
        self.arrivals: list[float] = []
        self.recent: deque[float] = deque(maxlen=FRAMES_PER_SECOND + 1)
        self.violations: list[str] = []
        self.lag = 0.0
        self.late: deque[str] = deque()
        self.hole: set[str] = set()
        self.mute = False

    def process_event(self, event: Event) -> None:
        """Count every frame, pings and pongs included."""
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.PING, Opcode.PONG):
            now = self.loop.time()
            self.arrivals.append(now)
            self.recent.append(now)
            if len(self.recent) > FRAMES_PER_SECOND and now - self.recent[0] < 1.0:
                self.violations.append(f"{len(self.recent)} frames within {now - self.recent[0]:.3f} s")
        super().process_event(event)

    def push(self, text: str) -> None:
        """Send a text message now, or after the lag of this connection, in order."""
        if self.lag:
            self.late.append(text)
            self.loop.call_later(self.lag, self._push_late)
        else:
            self._push(text)

    def _push_late(self) -> None:
        self._push(self.late.popleft())  # timers of the same moment come in any order, events do not

    def _push(self, text: str) -> None:
        if self.state.name == "OPEN" and not self.mute:
            self.protocol.send_text(text.encode())
            self.send_data()

    def push_bytes(self, data: bytes, *, text: bool = True) -> None:
        """Send these bytes as a text or a binary message."""
        if text:
            self.protocol.send_text(data)
        else:
            self.protocol.send_binary(data)
        self.send_data()


Refusal = Callable[["Connection", dict[str, Any]], Awaitable[dict[str, Any] | None]]


class StreamPeer:
    """Answers SUBSCRIBE and UNSUBSCRIBE, and publishes what it is told to.

    ``unknown`` names are refused, ``answer`` may answer in another way, ``reply_after`` is the time a reply takes.
    """

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.unknown: set[str] = set()
        self.answer: Refusal | None = None
        self.reply_after = 0.0
        self.pings = True
        self.paths: list[str] = []
        self._server: Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.environment: Environment

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            ping_interval=None,
            compression=None,
            max_size=None,
            create_connection=Connection,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.environment = local(f"ws://127.0.0.1:{port}/ws-api/v3")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        for connection in self.connections:
            connection.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        self._server.close()
        await self._server.wait_closed()

    @property
    def live(self) -> list[Connection]:
        """Clients that are connected."""
        return [each for each in self.connections if each.state.name == "OPEN"]

    @property
    def violations(self) -> list[str]:
        """What clients did against the rules."""
        return [text for each in self.connections for text in each.violations]

    def asked(self, method: str) -> list[list[str]]:
        """The parameters of every request of this method, in order of arrival by connection."""
        return [each["params"] for one in self.connections for each in one.requests if each["method"] == method]

    def publish(self, stream: str, data: Any) -> None:
        """Send an event to all clients that are subscribed to its stream."""
        text = frame(stream, data)
        for connection in self.live:
            if stream in connection.streams and stream not in connection.hole:
                connection.push(text)

    async def _serve(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Connection)
        assert connection.request is not None
        self.paths.append(connection.request.path)
        self.connections.append(connection)
        connection.number = len(self.connections)
        pinging = asyncio.get_running_loop().create_task(self._ping(connection))
        self._tasks.add(pinging)
        try:
            async for message in connection:
                request = json.loads(message)
                connection.requests.append(request)
                await self._answer(connection, request)
        finally:
            pinging.cancel()
            self._tasks.discard(pinging)

    async def _ping(self, connection: Connection) -> None:
        with suppress(ConnectionClosed):
            while self.pings:
                await asyncio.sleep(PING_EVERY)
                await connection.ping(b"1770123456789")

    async def _answer(self, connection: Connection, request: dict[str, Any]) -> None:
        if self.reply_after:
            await asyncio.sleep(self.reply_after)
        if self.answer is not None:
            reply = await self.answer(connection, request)
            if reply is None:
                return
        elif self.unknown & set(request["params"]):
            reply = {"error": {"code": 2, "msg": "Invalid request: unknown stream"}, "id": request["id"]}
        else:
            self.take(connection, request)
            reply = {"result": None, "id": request["id"]}
        with suppress(ConnectionClosed):
            await connection.send(json.dumps(reply))

    def take(self, connection: Connection, request: dict[str, Any]) -> None:
        """Do what the request asks."""
        for name in request["params"]:
            if request["method"] == "SUBSCRIBE":
                connection.streams[name] = None
            else:
                connection.streams.pop(name, None)
        if len(connection.streams) > MOST_STREAMS:
            connection.violations.append(f"{len(connection.streams)} streams")


def frame(stream: str, data: Any) -> str:
    """Return an event as the venue wraps it for a combined connection."""
    return json.dumps({"stream": stream, "data": data}, separators=(",", ":"), ensure_ascii=False)


def trade(symbol: str, number: int, price: str = "0.001") -> dict[str, Any]:
    """Return the payload of a trade."""
    return {
        "e": "trade", "E": 1_672_515_782_136 + number, "s": symbol, "t": number, "p": price, "q": "100",
        "T": 1_672_515_782_136 + number, "m": True, "M": True,
    }  # fmt: skip


_SETTINGS = {field.name for field in fields(Settings)} - {"connections", "transport"}


def make(loop: VirtualLoop, environment: Environment, **options: Any) -> MarketStreams:
    """Return market streams whose time and chance are the loop's; settings and all else come by their names."""
    settings = Settings(**{name: options.pop(name) for name in _SETTINGS & options.keys()})
    return MarketStreams(environment, settings, **{"runtime": runtime(loop), **options})


class Gate(ConnectBudget):
    """A budget that has each connection wait for a function."""

    def __init__(self, leave: Callable[[], Awaitable[None]]) -> None:
        self.newest = 0
        self._leave = leave

    async def wait(self, on_wait: Callable[[Exception], None]) -> None:
        await self._leave()

    def failed(self, error: Exception) -> None:
        pass


def runtime(loop: VirtualLoop) -> Runtime:
    """Return a runtime to the virtual world, in which no machine sleeps."""
    return Runtime(
        wall=lambda: loop.time() + 5.0,
        token=lambda n: "".join(loop.random.choice("0123456789bcdfg") for _ in range(n)),
        uniform=loop.random.uniform,
        slept=lambda: 0.0,
    )


Test = Callable[[VirtualLoop, StreamPeer, MarketStreams], Awaitable[None]]


def play(test: Test, seed: int = 1, **options: Any) -> None:
    """Run a test with market streams and a scripted peer in virtual time. No client may break a rule in any of them."""

    async def main(loop: VirtualLoop) -> None:
        async with StreamPeer() as peer:
            async with make(loop, peer.environment, **options) as streams:
                await test(loop, peer, streams)
            await asyncio.sleep(30)  # whatever still runs shows itself
            assert peer.violations == []

    run(main, seed)


async def take(subscription: Subscription[Any], count: int, timeout: float = 60.0) -> list[Any]:
    """Return the next events of a subscription."""
    events: list[Any] = []
    async with asyncio.timeout(timeout):
        while len(events) < count:
            events.append(await anext(subscription))
    return events


async def until(condition: Callable[[], bool], timeout: float = 60.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110 - virtual time, and nothing tells
            await asyncio.sleep(0.01)


@asynccontextmanager
async def collecting(subscription: Subscription[Any]) -> AsyncIterator[list[Any]]:
    """Collect what a subscription brings for as long as the context lasts."""
    events: list[Any] = []

    async def collect() -> None:
        async for event in subscription:
            events.append(event)

    task = asyncio.get_running_loop().create_task(collect())
    try:
        yield events
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def symbols(count: int) -> Iterable[str]:
    """Return that many symbols."""
    return (f"S{number}USDT" for number in range(count))
