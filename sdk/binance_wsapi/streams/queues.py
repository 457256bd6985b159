"""Between the read callback, which never waits, and a consumer, who may: one bounded queue for each subscription.

The socket is never paused, for a paused socket answers no ping and the venue drops it after a minute. What happens to a
consumer that does not keep up is therefore a matter of which events it loses, and each policy is one answer. None loses
anything while there is room, however many events arrive together, and all count what they lose.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.link.inbox import Overflow

__all__ = ["StreamGap", "Item", "Queue", "QueuePolicy", "make_queue"]

DEFAULT_LIMIT: Final = 10_000
"""Events kept for a consumer that does not keep up; mixed market events have 150 to 500 bytes."""


class QueuePolicy(StrEnum):
    """What a subscription whose queue is full loses."""

    DROP_OLDEST = "drop_oldest"
    """The oldest event, so that what is left is fresh. An `Overflow` stands before the next one."""

    BLOCK = "block"
    """The newest: delivery to this subscription stops until the consumer has taken half of what is there, and an
    `Overflow` stands where it stopped. What is delivered has no holes but those."""

    LATEST = "latest"
    """All but the last event of each stream. That is what the policy is for, so no `Overflow` tells of it."""


@dataclass(frozen=True, slots=True)
class StreamGap:
    """A stream was interrupted: what the venue sent in between is not in it.

    Args:
        stream: name of the stream.
        since: when the last sign of life came over its connection, or up to a second before that, in milliseconds of this
            machine's clock. A connection that dies in silence is noticed later.
        until: when it was there again, likewise.
    """

    stream: str
    since: int
    until: int


Item: TypeAlias = bytes | StreamGap | Overflow


class Queue:
    """Events for one consumer, oldest dropped first: `QueuePolicy.DROP_OLDEST`.

    Attributes:
        received: events put in.
        lost: events the consumer will never see.
    """

    __slots__ = ("_items", "_told", "_waiter", "limit", "lost", "over", "received")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.received = 0
        self.lost = 0
        self.over = False
        self._told = 0
        self._items: deque[Item] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._items)

    def put(self, frame: bytes, stream: str) -> None:  # noqa: ARG002 - only the latest queue asks
        """Take a frame in; never waits."""
        self.received += 1
        items = self._items
        if len(items) >= self.limit:
            items.popleft()
            self.lost += 1
        items.append(frame)
        if self._waiter is not None:
            self.wake()

    def mark(self, gap: StreamGap) -> None:
        """Put a gap where it belongs."""
        items = self._items
        if len(items) >= self.limit:
            items.popleft()
            self.lost += 1
        items.append(gap)
        self.wake()

    def pop(self) -> Item | None:
        """Return the next item, or None when there is none now."""
        if self.lost != self._told:
            told, self._told = self._told, self.lost
            return Overflow(self.lost - told)
        return self._items.popleft() if self._items else None

    def end(self) -> None:
        """No more will come."""
        self.over = True
        self.wake()

    def wake(self) -> None:
        """Let the consumer look again."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def wait(self) -> None:
        """Return when there may be something to pop.

        Raises:
            UsageError: another task already waits.
        """
        if self._waiter is not None:
            raise UsageError("a subscription has one consumer; two tasks that want the same stream subscribe twice")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None


class _BlockingQueue(Queue):
    """Newest dropped first, until there is room again: `QueuePolicy.BLOCK`."""

    __slots__ = ("_stopped",)

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._stopped = False

    def _closed(self) -> bool:
        """Whether an event that arrives now is lost."""
        items = self._items
        if self._stopped and len(items) <= self.limit // 2:
            self._tell()
        elif not self._stopped and len(items) >= self.limit:
            self._stopped = True
        return self._stopped

    def _tell(self) -> None:
        self._stopped = False
        told, self._told = self._told, self.lost
        if self.lost > told:
            self._items.append(Overflow(self.lost - told))

    def put(self, frame: bytes, stream: str) -> None:  # noqa: ARG002
        self.received += 1
        if self._closed():
            self.lost += 1
            return
        self._items.append(frame)
        if self._waiter is not None:
            self.wake()

    def mark(self, gap: StreamGap) -> None:
        if self._closed():
            self.lost += 1  # told by the overflow that follows
            return
        self._items.append(gap)
        self.wake()

    def pop(self) -> Item | None:
        if not self._items and self._stopped:
            self._tell()
        return self._items.popleft() if self._items else None


class _LatestQueue(Queue):
    """The last event of each stream: `QueuePolicy.LATEST`. Streams are served in the order their oldest news came."""

    __slots__ = ("_frames",)

    def __init__(self) -> None:
        super().__init__(0)
        self._frames: dict[str, Item] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes, stream: str) -> None:
        self.received += 1
        if stream in self._frames:
            self.lost += 1
        self._frames[stream] = frame
        if self._waiter is not None:
            self.wake()

    def mark(self, gap: StreamGap) -> None:
        if self._frames.pop(gap.stream, None) is not None:
            self.lost += 1  # from before the gap, so not the latest
        self._frames[f" gap {gap.stream}"] = gap
        self.wake()

    def pop(self) -> Item | None:
        frames = self._frames
        return frames.pop(next(iter(frames))) if frames else None


def make_queue(policy: QueuePolicy | str, limit: int) -> Queue:
    """Return an empty queue.

    Args:
        policy: what to lose when it is full.
        limit: events it holds; of no meaning to `QueuePolicy.LATEST`, which holds one for each stream.

    Raises:
        UsageError: there is no such policy, or the limit is not a positive number.
    """
    try:
        policy = QueuePolicy(policy)
    except ValueError:
        raise UsageError(f"policy must be one of {', '.join(QueuePolicy)}, got {shown(policy)}") from None
    if policy is QueuePolicy.LATEST:
        return _LatestQueue()
    if type(limit) is not int or limit < 1:
        raise UsageError(f"limit must be a number of events, 1 or more, got {shown(limit)}")
    return _BlockingQueue(limit) if policy is QueuePolicy.BLOCK else Queue(limit)
