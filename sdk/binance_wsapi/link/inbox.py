"""A bounded queue from the read callback, which must not wait, to a consumer. It tells how much it lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from types import coroutine
from typing import Final, Generic, TypeVar

__all__ = ["SLICE_S", "Inbox", "Overflow", "Sieve", "step_aside"]

T = TypeVar("T")

SLICE_S: Final = 0.05
"""Seconds a consumer that always finds another event may run before the event loop gets its turn: pongs and replies
are sent by the loop, and a consumer whose own code is slow would otherwise hold them up for as long as its queue."""


@coroutine
def step_aside() -> Generator[None, None, None]:
    """Let the event loop do one round of everything else."""
    yield


@dataclass(frozen=True, slots=True)
class Overflow:
    """The consumer was too slow; this many of its oldest events are gone, right before the next one."""

    lost: int


class Inbox(Generic[T]):
    """Events for one consumer, in order.

    Args:
        limit: events kept for a consumer that does not keep up; the oldest go first, and an `Overflow` says how many.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[T] = deque()
        self._lost = 0
        self._wake = asyncio.Event()
        self._over = False
        self._error: Exception | None = None
        self._since = float("-inf")

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Take in an event; never waits."""
        if len(self._items) >= self._limit:
            self._items.popleft()
            self._lost += 1
        self._items.append(item)
        self._wake.set()

    def end(self, error: Exception | None = None) -> None:
        """No more will come. What is there is still delivered; then the consumer gets the error, if there is one.

        The first end stays.
        """
        if self._over:
            return
        self._over = True
        self._error = error
        self._wake.set()

    async def get(self) -> T | Overflow | None:
        """Return the next event, or None when no more will come."""
        loop = asyncio.get_running_loop()
        if self._items and loop.time() - self._since > SLICE_S:
            await step_aside()
            self._since = loop.time()
        while not self._items:
            if self._over:
                if self._error is not None:
                    raise self._error
                return None
            self._wake.clear()
            await self._wake.wait()
            self._since = loop.time()
        if self._lost:
            lost, self._lost = self._lost, 0
            return Overflow(lost)
        return self._items.popleft()


class Sieve(Inbox[T]):
    """An inbox of a consumer that wants few of the events: what it does not want takes no place, and wakes no task.

    Args:
        limit: as of an `Inbox`.
        wants: tells whether the consumer wants an event; called for each as it comes, from the read callback.
    """

    def __init__(self, limit: int, wants: Callable[[T], bool]) -> None:
        super().__init__(limit)
        self._wants = wants

    def put(self, item: T) -> None:
        """Take in an event that is wanted; never waits."""
        if self._wants(item):
            super().put(item)
