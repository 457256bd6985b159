"""One socket: an outbox that keeps the order of frames, and the ways in which a connection can end or go quiet."""

from __future__ import annotations

import asyncio
from collections import deque

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from .truth import Truth

__all__ = ["Link"]

MOST_WAITING = 50_000
"""Frames that may wait for a client that does not read; then it is cut off."""


class Link:
    """A connection to the exchange.

    Frames are written by a task of its own, so that whoever sends never waits; a client that does not read is cut off
    before it fills the memory.

    Attributes:
        number: counted from 1 over the exchange's life.
        pong_at: the event loop's time of the last pong.
    """

    def __init__(self, number: int, socket: ServerConnection, truth: Truth) -> None:
        self.number = number
        self.socket = socket
        self._truth = truth
        self._outbox: deque[str | bytes | tuple[int, str]] = deque()
        self._ready = asyncio.Event()
        self._healed = asyncio.Event()
        self._healed.set()
        self.gone = False
        self.pong_at = 0.0

    # --- writing ---------------------------------------------------------------------------------------------------

    def send(self, frame: str | bytes) -> None:
        """Queue a frame; nothing happens on a connection that is gone."""
        if self.gone:
            return
        if len(self._outbox) >= MOST_WAITING:
            self._truth.counters["slow readers cut"] += 1
            self.cut()
            return
        self._outbox.append(frame)
        self._ready.set()

    def close(self, code: int, reason: str = "") -> None:
        """Close with a closing handshake, behind the frames that are queued."""
        if not self.gone:
            self._outbox.append((code, reason))
            self._ready.set()

    def cut(self) -> None:
        """Reset the connection; what is queued is lost."""
        if not self.gone:
            self.gone = True
            self._outbox.clear()
            self._healed.set()
            self.socket.transport.abort()

    async def write(self) -> None:
        """Write what is queued until the connection is gone."""
        while True:
            while self._outbox:
                await self._healed.wait()
                if not self._outbox:
                    break
                item = self._outbox.popleft()
                if isinstance(item, tuple):
                    self.gone = True
                    await self.socket.close(*item)
                    return
                self._truth.frame(self.number, "out", item)
                try:
                    await self.socket.send(item)
                except ConnectionClosed:
                    self.gone = True
                    return
            self._ready.clear()
            await self._ready.wait()

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
            if not self.silent:
                try:
                    pong = await self.socket.ping(str(round(loop.time() * 1000)))
                except ConnectionClosed:
                    return
                asyncio.ensure_future(pong).add_done_callback(self._ponged)

    def _ponged(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self.pong_at = asyncio.get_running_loop().time()

    # --- half-open -------------------------------------------------------------------------------------------------

    @property
    def silent(self) -> bool:
        return not self._healed.is_set()

    def silence(self) -> None:
        """Neither read nor write from now on; even pings stay unanswered because their bytes are not read."""
        if not self.gone:
            self._healed.clear()
            self.socket.transport.pause_reading()

    def heal(self) -> None:
        """Go on where `silence` stopped."""
        if self.silent and not self.gone:
            self._healed.set()
            self.socket.transport.resume_reading()

    async def healed(self) -> None:
        """Wait until the connection is not silent."""
        await self._healed.wait()
