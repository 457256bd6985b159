"""A TCP proxy between client and exchange that does to their bytes what networks do.

What the client sends is masked, so nothing is told by its content: a fault is armed while the line is quiet, and the next
bytes meet it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Literal, Self

__all__ = ["Fault", "Proxy"]

Fault = Literal[
    "reset before it passes",
    "reset after it passed",
    "reset within the reply",
    "swallow what is sent",
    "swallow what is answered",
    "swallow everything",
    "one byte at a time",
    "slow",
    "close in order",
]

LATE = 0.5
"""Seconds by which a slow line delays."""


class _Line:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.client = client
        self.server = server
        self.fault: Fault | None = None

    def reset(self) -> None:
        """Cut both sides with an RST, as a firewall that lost its state does."""
        self.proxy.cut_at = asyncio.get_running_loop().time()
        for writer in (self.client, self.server):
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def up(self, data: bytes) -> None:
        """Pass what the client sent."""
        fault = self.fault = self.proxy.take() or self.fault
        if fault == "reset before it passes":
            self.reset()
        elif fault == "reset after it passed":
            self.server.write(data)
            await self.server.drain()
            await self.proxy.until_executed()
            self.reset()
        elif fault == "close in order":
            self.server.write(data)
            await self.server.drain()
            await self.proxy.until_executed()
            self.proxy.cut_at = asyncio.get_running_loop().time()
            self.client.close()
            self.server.close()
        elif fault not in ("swallow what is sent", "swallow everything"):
            await self._pass(self.server, data)

    async def down(self, data: bytes) -> None:
        """Pass what the server answered."""
        if self.fault == "reset within the reply":
            self.client.write(data[: len(data) // 2])
            await self.client.drain()
            self.reset()
        elif self.fault not in ("swallow what is answered", "swallow everything", "reset after it passed",
                                "close in order"):  # fmt: skip
            await self._pass(self.client, data)

    async def _pass(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.fault == "slow":
            await asyncio.sleep(LATE)
        pieces = [data[at : at + 1] for at in range(len(data))] if self.fault == "one byte at a time" else [data]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if len(pieces) > 1:
                await asyncio.sleep(0)


class Proxy:
    """Listens on a port of its own and passes on to another.

    Args:
        port: of the exchange.
        executed: whether the exchange has done what was sent last; a reset "after it passed" waits for it.
    """

    def __init__(self, port: int, executed: Callable[[], bool]) -> None:
        self._target = port
        self._executed = executed
        self._armed: Fault | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.cut_at = 0.0
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def arm(self, fault: Fault) -> None:
        """Let the next bytes of the client meet this."""
        self._armed = fault

    def take(self) -> Fault | None:
        fault, self._armed = self._armed, None
        return fault

    async def until_executed(self) -> None:
        """Wait until the exchange has done what was sent."""
        while not self._executed():  # noqa: ASYNC110 the exchange knows nothing of its proxy
            await asyncio.sleep(0.005)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        line = _Line(self, writer, up_writer)
        self._writers |= {writer, up_writer}
        for source, act in ((reader, line.up), (up_reader, line.down)):
            task = asyncio.ensure_future(self._pump(source, act, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _pump(source: asyncio.StreamReader, act: Callable[[bytes], object], line: _Line) -> None:
        try:
            while data := await source.read(65_536):
                await act(data)  # type: ignore[misc]
        except ConnectionError:
            pass
        if line.fault is None or not line.fault.startswith("swallow"):
            line.client.close()
            line.server.close()
