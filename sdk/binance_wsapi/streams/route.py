"""One desired stream: which connection brings it, and what of that its consumers get.

Theory of operation. At least one subscription wants it; several may share it, and its connection may change. Frames are
decoded where they are consumed, never in the read callback.

| state | source | overlap | survivor | what is delivered |
|---|---|---|---|---|
| wanted | – | – | – | nothing; a gap is due if it was brought before |
| live | a connection | – | – | what the source brings |
| overlapping | – | yes | – | of two connections, what the overlap says |
| catching up | – | yes | a connection | what the survivor brings beyond all that was delivered |

| from | by | to |
|---|---|---|
| wanted | `arrive`: a connection brings it | live |
| live, catching up | `overlapping_with`: a successor will bring it, too | overlapping |
| overlapping | `settle`: the successor goes on alone | catching up |
| overlapping | `give_back`: the successor was lost | catching up |
| catching up | `caught_up`: the survivor passed what was delivered | live |
| any | `interrupt`: no connection brings it any more | wanted |
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from binance_wsapi.errors import WsapiError
from binance_wsapi.streams.names import type_of
from binance_wsapi.streams.overlap import Overlap, make_overlap
from binance_wsapi.streams.queues import Queue, StreamGap

__all__ = ["Route", "Sink"]


class Sink(Protocol):
    """A consumer of a stream."""

    @property
    def queue(self) -> Queue:
        """What it has yet to take."""

    def interrupted(self) -> None:
        """One of the streams was interrupted. Called from the read callback."""

    def end(self, error: WsapiError | None) -> None:
        """No more will come."""


class Route:
    """One desired stream.

    Attributes:
        sinks: its consumers.
        source: the connection whose frames are delivered.
        overlap: how the frames of two connections become one stream, while there are two.
        survivor: the connection that is left of two that overlapped, until it has passed the other.
        last: the last frame delivered.
        lost_at: milliseconds of this machine's clock from which the stream is interrupted, until it is back.
        live: set while a connection brings the stream.
        heard_at: moment of the event loop's clock at which the last event came; None before the first.
    """

    __slots__ = (
        "_time", "heard_at", "key", "kind", "last", "live", "lost_at", "name", "overlap", "sinks", "source", "survivor",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.key = name.encode()
        self.kind = type_of(name)
        self.sinks: tuple[Sink, ...] = ()
        self.source: object | None = None
        self.overlap: Overlap | None = None
        self.survivor: object | None = None
        self.last: bytes | None = None
        self.lost_at: int | None = None
        self.live = asyncio.Event()
        self.heard_at: float | None = None
        self._time = asyncio.get_running_loop().time

    def deliver(self, frame: bytes) -> None:
        """Give a frame to every consumer."""
        self.last = frame
        self.heard_at = self._time()
        for sink in self.sinks:
            sink.queue.put(frame, self.name)

    # ------------------------------------------------------------------ transitions

    def arrive(self, source: object, now_ms: int) -> None:
        """Take a connection for the source: put the gap that is due where it belongs."""
        self.source = source
        self._back(now_ms)

    def overlapping_with(self, old: object) -> None:
        """Expect the stream from a successor of this connection as well, if this one brings it."""
        if self.overlap is not None or self.source is old:
            before = self.overlap if self.survivor is old else None
            self.overlap = make_overlap(self.kind, self.last, before=before)
            self.source = self.survivor = None

    def settle(self, survivor: object, since_ms: int, now_ms: int, *, unexpected: bool) -> None:
        """Go on with the new of two connections: deliver what it brought meanwhile, behind a gap if need be.

        Args:
            survivor: the new connection.
            since_ms: from when something may be missing.
            now_ms: now.
            unexpected: whether the old one may not have brought all it had.
        """
        overlap = self.overlap
        if overlap is None:
            return
        if unexpected and not overlap.continues():
            self.lost_at = since_ms
            for sink in self.sinks:
                sink.interrupted()
            self._back(now_ms)
        for frame in overlap.settle():
            self.deliver(frame)
        self.survivor = survivor

    def give_back(self, survivor: object) -> None:
        """Go on with the old of two connections, which may have to catch up with what the other one brought."""
        if self.overlap is not None:
            self.overlap.abandon()
            self.survivor = survivor

    def caught_up(self, frame: bytes) -> bool:
        """Take in a frame of the survivor; return whether it lies beyond all that was delivered, and all after it."""
        if self.overlap is None or not self.overlap.passed(frame):
            return False
        self.source, self.survivor, self.overlap = self.survivor, None, None
        return True

    def interrupt(self, since_ms: int) -> None:
        """Expect the stream from no connection; a gap is due, from that time on, when one brings it again."""
        self.source = self.survivor = self.overlap = None
        if not self.live.is_set():
            return
        self.live.clear()
        self.lost_at = since_ms
        for sink in self.sinks:
            sink.interrupted()

    def _back(self, now_ms: int) -> None:
        self.live.set()
        if self.lost_at is not None:
            gap = StreamGap(self.name, self.lost_at, now_ms)
            self.lost_at = None
            for sink in self.sinks:
                sink.queue.mark(gap)
