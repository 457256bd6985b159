"""One socket: an outbox that keeps the order of frames, and the ways in which a connection can end or go quiet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from binance_wsapi.simulator.faults.faults import Way
from binance_wsapi.simulator.net.wire import Wire
from binance_wsapi.simulator.record.truth import Truth

__all__ = ["Link"]

MOST_AT_ONCE = 64
"""Frames that are written in one piece."""
MOST_WAITING = 50_000
"""Frames that may wait for a client that does not read; then it is cut off."""


@dataclass(frozen=True, slots=True)
class _Close:
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Pieces:
    """One message in several frames."""

    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Raw:
    """Bytes that are no frame of ours."""

    data: bytes


class Link:
    """A connection to the exchange.

    Frames are written by a task of its own, so that a sender never waits; a client that does not read is cut off
    before it fills the memory.

    Attributes:
        number: counted from 1 over the exchange's life.
        pong_at: the event loop's time of the last pong.
        since: the event loop's time when it was accepted.
    """

    def __init__(self, number: int, socket: ServerConnection, truth: Truth) -> None:
        self.number = number
        self.socket = socket
        self._wire = Wire(socket.transport)
        socket.transport = self._wire  # type: ignore[assignment]
        self._truth = truth
        self._outbox: deque[str | bytes | _Close | _Pieces | _Raw] = deque()
        self._ready = asyncio.Event()
        self._writing = asyncio.Event()
        self._writing.set()
        self._hearing = asyncio.Event()
        self._hearing.set()
        self.gone = False
        self.pong_at = 0.0
        self.since = truth.now()

    # --- writing ---------------------------------------------------------------------------------------------------

    def send(self, frame: str | bytes) -> None:
        """Queue a frame; nothing happens on a connection that is gone."""
        if len(self._outbox) >= MOST_WAITING:
            self._truth.counters["slow readers cut"] += 1
            self.cut()
            return
        self._queue(frame)

    def send_pieces(self, frame: str, pieces: int) -> None:
        """Queue a message that goes out in several frames."""
        size = -(-len(frame) // pieces)
        self._queue(_Pieces(tuple(frame[start : start + size] for start in range(0, len(frame), size))))

    def send_raw(self, data: bytes) -> None:
        """Queue bytes that go out as they are."""
        self._queue(_Raw(data))

    def close(self, code: int, reason: str = "") -> None:
        """Close with a closing handshake, behind the frames that are queued."""
        self._queue(_Close(code, reason))

    def _queue(self, item: str | bytes | _Close | _Pieces | _Raw) -> None:
        if not self.gone:
            self._outbox.append(item)
            self._ready.set()

    def cut(self) -> None:
        """Reset the connection; what is queued is lost."""
        if not self.gone:
            self.gone = True
            self._outbox.clear()
            self._writing.set()
            self._hearing.set()
            self.socket.transport.abort()

    async def write(self) -> None:
        """Write what is queued until the connection is gone."""
        try:
            while not self.gone:
                while self._outbox:
                    await self._writing.wait()
                    if not self._outbox:
                        break
                    if type(self._outbox[0]) is str and self.socket.state is State.OPEN:
                        await self._write_texts()
                    else:
                        await self._write(self._outbox.popleft())
                self._ready.clear()
                await self._ready.wait()
        except ConnectionClosed:
            self.gone = True

    async def _write_texts(self) -> None:
        """Write the frames of text that wait, as many as may go at once, in one piece: each of them alone costs a call of
        the system."""
        protocol, outbox = self.socket.protocol, self._outbox
        for _ in range(min(len(outbox), MOST_AT_ONCE)):
            frame = outbox[0]
            if not isinstance(frame, str):
                break
            del outbox[0]
            self._truth.frame(self.number, "out", frame)
            protocol.send_text(frame.encode())
        self.socket.transport.write(b"".join(protocol.data_to_send()))
        await self.socket.drain()

    async def _write(self, item: str | bytes | _Close | _Pieces | _Raw) -> None:
        if isinstance(item, _Close):
            self.gone = True
            await self.socket.close(item.code, item.reason)
        elif isinstance(item, _Raw):
            self._truth.frame(self.number, "out", item.data)
            self.socket.transport.write(item.data)
        elif isinstance(item, _Pieces):
            self._truth.frame(self.number, "out", "".join(item.frames))

            async def pieces(frames: tuple[str, ...] = item.frames) -> AsyncIterator[str]:
                for number, frame in enumerate(frames):
                    if number:
                        # Control frames may come between the frames of a message (RFC 6455, 5.4).
                        await self.socket.pong(b"between")
                    yield frame

            await self.socket.send(pieces())
        else:
            self._truth.frame(self.number, "out", item)
            await self.socket.send(item)

    # --- keeping alive ---------------------------------------------------------------------------------------------

    async def keep_alive(self, every: float, patience: float) -> None:
        """Ping every so many seconds and cut the connection when no pong came for `patience` seconds.

        A pong that answers no ping of ours does not count ("General API Information").
        """
        loop = asyncio.get_running_loop()
        self.pong_at = loop.time()
        while not self.gone:
            await asyncio.sleep(every)
            if loop.time() - self.pong_at >= patience:
                self._truth.counters["no pong"] += 1
                self.cut()
                return
            if self._writing.is_set():
                try:
                    pong = await self.socket.ping(str(round(loop.time() * 1000)))
                except ConnectionClosed:
                    return
                asyncio.ensure_future(pong).add_done_callback(self._ponged)

    def _ponged(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self.pong_at = asyncio.get_running_loop().time()
            self._truth.slowest_pong = max(self._truth.slowest_pong, pong.result())

    # --- half-open -------------------------------------------------------------------------------------------------

    @property
    def deaf(self) -> bool:
        """Whether it reads nothing."""
        return not self._hearing.is_set()

    def silence(self, way: Way = "both") -> None:
        """Let nothing through from now on; pings stay unanswered, because their bytes are not read or their pong not sent.

        What the exchange has to say waits in the outbox if both ways are silent, in the wire if only `out` is.
        """
        if self.gone:
            return
        if way == "out":
            self._wire.mute()
            return
        if way == "both":
            self._writing.clear()
        self._hearing.clear()
        self.socket.transport.pause_reading()

    def heal(self) -> None:
        """Go on where `silence` stopped; end `dribble`."""
        if self.gone:
            return
        self._wire.dribble(0, 0.0)
        self._wire.unmute()
        self._writing.set()
        if self.deaf:
            self._hearing.set()
            self.socket.transport.resume_reading()

    def dribble(self, piece: int, pause: float) -> None:
        """Let bytes out in pieces."""
        if not self.gone:
            self._wire.dribble(piece, pause)

    async def hearing(self) -> None:
        """Wait until frames may be taken; taking one can have made the library read on, so stop that again."""
        if self.deaf and not self.gone:
            self.socket.transport.pause_reading()
            await self._hearing.wait()
