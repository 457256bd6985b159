"""What comes by itself, as plain iterators.

Theory of operation. The asynchronous iterator lives on the client's loop. The blocking one asks it for the next event and
waits; what is there beside that one is fetched along with it, since a change of threads costs more than an event. An
event that was fetched is in the buffer before the caller is woken, so that an interrupt of the wait loses nothing. The
asynchronous wait for the next event outlives the blocking one: a time-out ends the latter only.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, Generic, Literal, ParamSpec, Self, TypeVar

from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.errors import UsageError
from binance_wsapi.wire.border import AtBorder, calls_at_border
from binance_wsapi.wire.caller import check_seconds
from binance_wsapi.wire.misuse import EnteredByThreads

__all__ = ["Events", "iterate", "within"]

T = TypeVar("T")
P = ParamSpec("P")

BATCH: Final = 256
"""Events fetched at once."""


def _none_queued() -> int:
    return 0


class _Source(Generic[T]):
    """Fetches from an asynchronous iterator.

    Args:
        source: the iterator.
        queued: how many events it has ready; they are fetched with the first. A source whose events grow stale in a
            buffer tells none.
    """

    def __init__(self, source: AsyncIterator[T], queued: Callable[[], int] = _none_queued) -> None:
        self.buffer: deque[T] = deque()
        self._source = source
        self._queued = queued
        self._waiting: asyncio.Future[T] | None = None

    async def fetch(self, timeout: float | None) -> bool:
        """Put at least one event into the buffer; return False when there are no more.

        Raises:
            TimeoutError: none came in time.
        """
        while True:
            if self._waiting is None:
                self._waiting = asyncio.ensure_future(self._next())
            await asyncio.wait({self._waiting}, timeout=timeout)
            if not self._waiting.done():
                if self.buffer:
                    return True
                raise TimeoutError(f"no event within {timeout:g} s")
            waited, self._waiting = self._waiting, None
            try:
                self.buffer.append(waited.result())
            except (StopAsyncIteration, asyncio.CancelledError):  # the end, or `close` in another thread
                return bool(self.buffer)
            if self._queued() == 0 or len(self.buffer) >= BATCH:
                return True
            timeout = 0.0

    async def _next(self) -> T:
        return await anext(self._source)

    async def close(self) -> None:
        """Wait for nothing any more."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
            self._waiting = None
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()


@calls_at_border
class Events(EnteredByThreads, Generic[T]):
    """Events as they come: a context manager, and an iterator.

    Inside ``with`` it iterates over what comes from entering until the context is left. Iterated over without one, it
    opens with the loop and closes when the loop is left::

        for event in client.user_data():
            print(event)

    Iterating waits for the next event for as long as it takes; `next` takes a time-out. One thread iterates at a time.

    Args:
        thread: where the asynchronous iterator lives.
        context: opens it.
        queued: how many events it has ready, which are fetched with the first; None fetches each by itself.
    """

    _opened: Any

    def __init__(
        self,
        thread: LoopThread,
        context: AbstractAsyncContextManager[Any],
        queued: Callable[[], int] | None = None,
    ) -> None:
        self._thread = thread
        self._context = context
        self._queued = queued
        self._source: _Source[T] | None = None
        self._state: Literal["new", "open", "closed"] = "new"
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Open it: from here on events are kept.

        Raises:
            UsageError: it was opened before.
            WsapiError: it cannot be opened; the error says why.
        """
        if self._state != "new":
            raise UsageError(f"a {type(self).__name__} is entered once; make another")
        self._state = "closed"
        try:
            self._thread.run(self._open())
            self._state = "open"
        except BaseException:
            if self._source is not None:  # it was opened, and the caller interrupted
                self._state = "open"
                self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take no more events. Idempotent; leaving the context does it."""
        if self._state != "open":
            return
        self._state = "closed"
        if self._thread.running:
            self._thread.run(self._close())

    def __iter__(self) -> Iterator[T]:
        return self if self._state == "open" else AtBorder(self._from_beginning_to_end())

    @property
    def entered(self) -> bool:
        """Whether it is open."""
        return self._state == "open"

    @property
    def fetched(self) -> int:
        """Events that were fetched already, and not iterated over yet."""
        return len(self._source.buffer) if self._source is not None else 0

    def _from_beginning_to_end(self) -> Iterator[T]:
        with self:
            yield from self

    def __next__(self) -> T:
        try:
            return self.next()
        except EOFError:
            raise StopIteration from None

    def next(self, timeout: float | None = None) -> T:
        """Return the next event.

        Args:
            timeout: seconds to wait for it at most; None waits for as long as it takes.

        Returns:
            The event; `Gap`, `StreamGap` and `Repaired` are events, too.

        Raises:
            TimeoutError: none came in time. The next call goes on waiting.
            EOFError: no more will come.
            UsageError: it is not entered.
        """
        if timeout is not None:
            check_seconds(timeout)
        source = self._source
        if source is None or self._state == "new":
            raise UsageError(f"enter the {type(self).__name__} first: with ... as events, or iterate over it")
        with self._lock:
            if not source.buffer and (
                self._state == "closed" or not self._thread.running or not self._thread.run(source.fetch(timeout))
            ):
                raise EOFError("no more events will come")
            return source.buffer.popleft()

    async def _open(self) -> None:
        opened = self._opened = await self._context.__aenter__()
        self._source = _Source(aiter(opened), self._queued or _none_queued)

    async def _close(self) -> None:
        assert self._source is not None
        await self._source.close()
        await self._context.__aexit__(None, None, None)


def iterate(thread: LoopThread, source: AsyncIterator[T], queued: Callable[[], int] = _none_queued) -> Iterator[T]:
    """Iterate over an asynchronous iterator from another thread."""
    events: _Source[T] = _Source(source, queued)
    try:
        while events.buffer or (thread.running and thread.run(events.fetch(None))):
            yield events.buffer.popleft()
    finally:
        if thread.running:
            thread.run(events.close())


async def within(timeout: float | None, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function and await what it returns, but no longer than that. Where this never begins, it is not called.

    Raises:
        TimeoutError: it did not happen in time.
    """
    if timeout is not None:
        check_seconds(timeout)
    async with asyncio.timeout(timeout):
        return await function(*args, **kwargs)
