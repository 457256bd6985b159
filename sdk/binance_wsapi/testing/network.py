"""A network in memory, for the event loop in virtual time: connections with latency, holes, resets and short segments.

Addresses are ports alone. What is written at one end arrives at the other after the latency, in order; `Link` says what
is wrong with a connection. `Network` holds all of them, and what meets new ones.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextvars import Context, copy_context
from random import Random
from typing import Any

__all__ = ["Link", "Network"]


class _Socket:
    family = socket.AF_INET

    def __init__(self, port: int) -> None:
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", self._port)

    def fileno(self) -> int:
        return -1


class _Server:
    """What `create_server` returns, as far as its users look at it."""

    def __init__(self, network: Network, port: int, factory: Callable[[], asyncio.Protocol]) -> None:
        self._network = network
        self.port = port
        self.factory = factory
        self.context = copy_context()
        self.sockets = [_Socket(port)]

    def close(self) -> None:
        self._network.servers.pop(self.port, None)

    def abort_clients(self) -> None:
        """End what is connected still: the exchange has aborted each of its connections before it calls this."""

    async def wait_closed(self) -> None:
        pass

    def is_serving(self) -> bool:
        return self.port in self._network.servers

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._network.loop

    async def start_serving(self) -> None:
        pass


class Link:
    """One connection in memory and what is wrong with it.

    ``to_server`` and ``to_client`` are the two ends' transports by the direction of their bytes. Faults are set on the
    link: ``hole`` swallows bytes of a direction (``"both"``, ``"up"``, ``"down"`` or None), ``segment`` cuts what is
    delivered into pieces of that many bytes, ``extra`` delays it by that many seconds.
    """

    def __init__(self, network: Network, number: int) -> None:
        self.network = network
        self.number = number
        self.hole: str | None = None
        self.segment: int | None = None
        self.extra = 0.0
        self.up: _Transport
        self.down: _Transport

    def reset(self) -> None:
        """Both ends see a reset now; bytes under way are lost."""
        for end in (self.up, self.down):
            end.vanish(ConnectionResetError("reset by the network"))

    @property
    def alive(self) -> bool:
        """Whether the client's end is not lost yet."""
        return not self.up.lost


class _Transport(asyncio.Transport):
    """One end. What is written here arrives at ``peer`` after the latency, in order."""

    def __init__(
        self, link: Link, direction: str, protocol: asyncio.Protocol, peername: tuple[str, int], context: Context
    ) -> None:
        super().__init__({"peername": peername, "sockname": ("127.0.0.1", 0), "socket": _Socket(peername[1])})
        self.context = (
            context  # of the machine this end is on: what arrives is read there, when it does not stand still
        )
        self._link = link
        self._direction = direction
        self._loop = link.network.loop
        self.protocol = protocol
        self.peer: _Transport
        self.lost = False
        self._closing = False
        self._reading = True
        self._unread: list[bytes | None] = []
        self._arrives = 0.0
        self._under_way = 0
        self._high, self._low = 64 * 1024, 16 * 1024
        self._paused = False

    # writing

    def write(self, data: Any) -> None:
        if self.lost or self._closing or not data:
            return
        data = bytes(data)
        if self._link.hole in ("both", self._direction):
            self._account(len(data))
            return
        size = self._link.segment or len(data)
        for start in range(0, len(data), size):
            self._send(data[start : start + size])

    def _send(self, piece: bytes | None) -> None:
        network = self._link.network
        at = self._loop.time() + network.latency() + self._link.extra
        self._arrives = max(at, self._arrives + 1e-6)
        if piece is not None:
            self._account(len(piece))
        self._loop.call_at(self._arrives, self._deliver, piece, context=self.peer.context)

    def _deliver(self, piece: bytes | None) -> None:
        if piece is not None:
            self._account(-len(piece))
        if self._link.hole in ("both", self._direction):
            return
        self.peer.arrive(piece)

    def _account(self, change: int) -> None:
        self._under_way += change
        if not self._paused and self._under_way > self._high:
            self._paused = True
            self.protocol.pause_writing()
        elif self._paused and self._under_way <= self._low and not self.lost:
            self._paused = False
            self.protocol.resume_writing()

    # reading

    def arrive(self, piece: bytes | None) -> None:
        if self.lost:
            return
        if not self._reading:
            self._unread.append(piece)
        elif piece is None:
            self.protocol.eof_received()
            self.vanish(None)
        else:
            self.protocol.data_received(piece)

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        unread, self._unread = self._unread, []
        for piece in unread:
            self._loop.call_soon(self.arrive, piece, context=self.context)

    def is_reading(self) -> bool:
        return self._reading

    # ending

    def vanish(self, error: Exception | None) -> None:
        if not self.lost:
            self.lost = True
            self._loop.call_soon(self.protocol.connection_lost, error, context=self.context)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not self._closing and not self.lost:
            self._closing = True
            self._send(None)

    def close(self) -> None:
        if self._closing or self.lost:
            self._closing = True
            return
        self._closing = True
        self._send(None)
        self.vanish(None)

    def abort(self) -> None:
        self._closing = True
        if not self.lost and self._link.hole not in ("both", self._direction):
            self._loop.call_at(
                self._loop.time() + self._link.network.latency(), self.peer.vanish, ConnectionResetError()
            )
        self.vanish(None)

    def is_closing(self) -> bool:
        return self._closing or self.lost

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = 64 * 1024 if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        return self._under_way


class Network:
    """All servers and links of one loop.

    Args:
        loop: whose time it goes by.
        random: draws the latencies.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, random: Random) -> None:
        self.loop = loop
        self.random = random
        self.servers: dict[int, _Server] = {}
        self.links: list[Link] = []
        self.refuse = False
        self.blackhole = False
        self.nameless = False
        self.least, self.most = 0.001, 0.010
        self.connects: list[float] = []
        self._next_port = 20_000
        self.segment: int | None = None

    def latency(self) -> float:
        """Draw how long the next bytes are under way, in seconds."""
        return self.random.uniform(self.least, self.most)

    @property
    def live(self) -> list[Link]:
        """Links that are up."""
        return [link for link in self.links if link.alive]

    def listen(self, factory: Callable[[], asyncio.Protocol], port: int) -> _Server:
        """Let a server listen on a port; 0 takes a free one."""
        if port == 0:
            self._next_port += 1
            port = self._next_port
        server = self.servers[port] = _Server(self, port, factory)
        return server

    async def connect(self, factory: Callable[[], asyncio.Protocol], port: int) -> tuple[_Transport, asyncio.Protocol]:
        """Connect to a port after a latency. Raises `OSError` as a socket would, where no server listens."""
        self.connects.append(self.loop.time())
        if self.nameless:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        if self.blackhole:
            await asyncio.sleep(3600)
        await asyncio.sleep(self.latency())
        server = self.servers.get(port)
        if server is None or self.refuse:
            raise ConnectionRefusedError(f"no server listens on port {port}")
        link = Link(self, len(self.links) + 1)
        link.segment = self.segment
        client, other = factory(), server.context.run(server.factory)
        here = ("127.0.0.1", 40_000 + link.number)
        link.up = _Transport(link, "up", client, ("127.0.0.1", port), copy_context())
        link.down = _Transport(link, "down", other, here, server.context.copy())
        link.up.peer, link.down.peer = link.down, link.up
        self.links.append(link)
        server.context.run(other.connection_made, link.down)
        client.connection_made(link.up)
        return link.up, client
