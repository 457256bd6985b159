"""Two connections bring the same stream: what is delivered of it, so that nothing is lost, doubled or out of order.

Theory of operation. The old connection is in use; the new one has just been asked for the stream, and begins somewhere
in the middle of it, ahead of the old one or behind.

*Before the overlap is proven* only the old connection is delivered from. What the new one brings waits: if it is ahead,
the old one still has to bring what lies between.

*The overlap is proven* when one connection brings what the other has brought. From then on both have everything, each
in order, so the first copy is delivered and the other is dropped. Either may end now and nothing is lost.

When the old connection ends and nothing was proven, what waited is delivered: without a gap if the old connection had
ample time to bring all it had (`settle`), or if the identifiers themselves show that nothing is missing.

Copies are told by the place of a frame in its stream (see `kinds`); where streams have none, by the bytes themselves.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from binance_wsapi.streams.kinds import Place, has_places, newest_of, place_of
from binance_wsapi.streams.names import StreamType

__all__ = ["Overlap", "make_overlap"]

REMEMBERED: Final = 4_096
"""Frames of one stream that are kept waiting, or remembered to tell the copy of one."""


class Overlap(Protocol):
    """One stream that two connections bring.

    Attributes:
        proven: whether both have everything.
    """

    proven: bool

    def old(self, frame: bytes) -> list[bytes]:
        """Take a frame of the old connection; return what is to be delivered now."""

    def new(self, frame: bytes) -> list[bytes]:
        """Take a frame of the new connection; return what is to be delivered now."""

    def settle(self) -> list[bytes]:
        """Stop waiting for the old connection, which had time to bring all it had. Returns what is to be delivered."""

    def abandon(self) -> None:
        """The new connection is gone: the old one will bring what it brought."""

    def continues(self) -> bool:
        """Whether nothing can be missing if the old connection ended now, unexpectedly."""

    def passed(self, frame: bytes) -> bool:
        """Whether a frame of the connection that is left lies beyond all that was delivered: the overlap is over."""


def make_overlap(kind: StreamType, last: bytes | None, *, before: Overlap | None = None) -> Overlap:
    """Return the overlap of a stream.

    Args:
        kind: type of the stream.
        last: the last frame delivered before the overlap began, if any.
        before: the overlap before it, when the old connection has yet to pass what another one brought in it.
    """
    if has_places(kind):
        return _ByPlace(kind, last, behind=before is not None)
    return _ByContent(kind, last, before.delivered if isinstance(before, _ByContent) else frozenset())


class _ByPlace:
    """A stream whose frames tell where in it they stand. An unreadable frame has no copy, and proves nothing."""

    __slots__ = ("_behind", "_kind", "_reached", "_waiting", "proven")

    def __init__(self, kind: StreamType, last: bytes | None, behind: bool) -> None:
        self._kind = kind
        self.proven = False
        self._behind = behind
        place = None if last is None else place_of(kind, last)
        self._reached: tuple[int, ...] | None = None if place is None else place.order
        self._waiting: deque[tuple[Place, bytes]] = deque()

    def old(self, frame: bytes) -> list[bytes]:
        place = place_of(self._kind, frame)
        if place is None:
            return [frame]
        if self.proven:
            return self._further(place, frame)
        reached = self._reached
        if reached is not None and (place.order < reached or (self._behind and place.order == reached)):
            return []
        self._behind = False
        self._reached = place.order
        if not self._waiting or self._waiting[0][0].order > place.order:
            return [frame]
        return [frame, *self.settle()]

    def new(self, frame: bytes) -> list[bytes]:
        place = place_of(self._kind, frame)
        if place is None:
            return []
        if self.proven:
            return self._further(place, frame)
        if self._reached is not None and place.order <= self._reached:
            self.proven = not self._waiting
            return []
        if len(self._waiting) == REMEMBERED:
            return [*self.settle(), *self._further(place, frame)]
        self._waiting.append((place, frame))
        return []

    def settle(self) -> list[bytes]:
        self.proven = True
        frames: list[bytes] = []
        for place, frame in self._waiting:
            frames += self._further(place, frame)
        self._waiting.clear()
        return frames

    def abandon(self) -> None:
        self._waiting.clear()

    def continues(self) -> bool:
        if self.proven:
            return True
        return bool(self._waiting) and self._reached is not None and self._waiting[0][0].follows(self._reached)

    def passed(self, frame: bytes) -> bool:
        place = place_of(self._kind, frame)
        return place is None or self._reached is None or place.order > self._reached

    def _further(self, place: Place, frame: bytes) -> list[bytes]:
        if self._reached is not None and place.order <= self._reached:
            return []
        self._reached = place.order
        return [frame]


class _ByContent:
    """A stream whose frames only differ. Two equal ones of the same connection are two events all the same.

    The new connection is taken to begin no earlier than at the last frame before the overlap: it is asked for the stream
    after that, and what its server is behind by is less than the round trip of the asking.

    A list of tickers has all that changed since the one before it. So one of the new connection that is older than what the
    old one brought, and equal to none of those, tells nothing new.
    """

    __slots__ = ("_earlier", "_kind", "_newest", "_seen", "_waiting", "proven")

    def __init__(self, kind: StreamType, last: bytes | None, earlier: AbstractSet[bytes]) -> None:
        self.proven = False
        self._kind = kind
        self._newest = -1
        self._earlier = earlier
        self._waiting: deque[bytes] = deque()
        self._seen: OrderedDict[bytes, bool] = OrderedDict()
        if last is not None:
            self._seen[last] = False

    def old(self, frame: bytes) -> list[bytes]:
        if frame in self._earlier:
            return []
        self._earlier = frozenset()
        if self.proven:
            return self._unseen(frame, new=False)
        self._see(frame, new=False)
        self._newest = max(self._newest, newest_of(self._kind, frame) or -1)
        if frame not in self._waiting:
            return [frame]
        while self._waiting.popleft() != frame:
            pass
        return [frame, *self.settle()]

    def new(self, frame: bytes) -> list[bytes]:
        if self.proven:
            return self._unseen(frame, new=True)
        if frame in self._seen:
            self.proven = not self._waiting
            return []
        if len(self._waiting) == REMEMBERED:
            return [*self.settle(), *self._unseen(frame, new=True)]
        self._waiting.append(frame)
        return []

    def settle(self) -> list[bytes]:
        self.proven = True
        times = ((frame, newest_of(self._kind, frame)) for frame in self._waiting)
        frames = [frame for frame, time in times if time is None or time >= self._newest]
        self._waiting.clear()
        for frame in frames:
            self._see(frame, new=True)
        return frames

    def abandon(self) -> None:
        self._waiting.clear()

    def continues(self) -> bool:
        return self.proven

    def passed(self, frame: bytes) -> bool:
        return frame not in self._seen and frame not in self._earlier

    @property
    def delivered(self) -> AbstractSet[bytes]:
        """The frames delivered that a connection may have yet to pass."""
        return self._earlier | self._seen.keys()

    def _unseen(self, frame: bytes, *, new: bool) -> list[bytes]:
        if self._seen.get(frame, new) is not new:
            return []
        self._see(frame, new=new)
        return [frame]

    def _see(self, frame: bytes, *, new: bool) -> None:
        self._seen[frame] = new
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
