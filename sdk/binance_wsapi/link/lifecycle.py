"""What happens to the connections, told to the user: by hooks and as an iterator of the same events.

Theory of operation. The read callback only appends to a bounded queue. One task takes events out, calls the hooks one
after another and feeds the iterators. A plain function runs in a worker thread, so that a hook that blocks delays its
own successors and nothing else; a coroutine function is awaited. What a hook raises is logged and told to ``on_error``.
When a consumer is so slow that its queue overflows, the oldest events go and an `Overflow` says how many.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self, TypeAlias
from weakref import WeakSet

from binance_wsapi.limits.events import LimitEvent
from binance_wsapi.link.inbox import Inbox, Overflow
from binance_wsapi.wire.border import at_border, without_ours

__all__ = [
    "ClientEvent",
    "Closed",
    "ConnectionEvent",
    "Failed",
    "Hook",
    "Lifecycle",
    "LimitNotice",
    "Message",
    "Opened",
    "RotationBegan",
    "RotationEnded",
    "RotationReason",
    "ShutdownAnnounced",
    "UnroutedEvent",
]

log = logging.getLogger("binance_wsapi")

HOOK_TIME: Final = 10.0
"""Seconds a hook whose answer is waited for may take."""

EVENTS_QUEUED = 10_000
"""Events kept for a consumer that does not keep up."""


class ClientEvent:
    """Something that happened to the client: the base of all that its hooks and `events()` are given."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class LimitNotice(ClientEvent):
    """Something about the venue's limits: a wait began or ended, a ban, a shared store that went or came back."""

    event: LimitEvent


@dataclass(frozen=True, slots=True)
class ConnectionEvent(ClientEvent):
    """Something that happened to a connection.

    Args:
        connection: number of the connection, counted from 1 over the life of the client; 0 where there was none yet.
    """

    connection: int


@dataclass(frozen=True, slots=True)
class Opened(ConnectionEvent):
    """A connection is ready: open, logged on where the key allows it, clock synced, subscriptions restored."""

    url: str
    logged_on: bool


@dataclass(frozen=True, slots=True)
class Message(ConnectionEvent):
    """A text message arrived. Only told when a hook takes messages. Its text is not shown: a logon's names the API key."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Closed(ConnectionEvent):
    """A connection ended. ``wanted`` is whether this side asked for it."""

    code: int
    reason: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Failed(ConnectionEvent):
    """Something went wrong: a connection attempt, an unreadable frame, a revoked key, a hook that raised."""

    error: Exception


@dataclass(frozen=True, slots=True)
class ShutdownAnnounced(ConnectionEvent):
    """The venue will end this connection; the next one is being opened."""


RotationReason: TypeAlias = Literal["age", "shutdown", "asked", "unanswered"]
"""Why a connection is replaced: it is old, the venue announced its end, the user asked for it, or it left a request
unanswered."""


@dataclass(frozen=True, slots=True)
class RotationBegan(ConnectionEvent):
    """A successor of this connection is being opened; it stays in use until the successor is ready."""

    reason: RotationReason


@dataclass(frozen=True, slots=True)
class RotationEnded(ConnectionEvent):
    """This connection has brought its last replies and is closed; its successor has been in use since it was ready.

    Args:
        successor: number of the new connection; None when none could be opened, and this one goes on if it still can.
    """

    successor: int | None


@dataclass(frozen=True, slots=True)
class UnroutedEvent(ConnectionEvent):
    """An event arrived that no `user_data` consumer owns, for instance of a subscription made by hand."""

    subscription_id: int | None
    data: bytes


Hook: TypeAlias = Callable[[Any], Awaitable[None] | None]
"""Called with the event; a plain function runs in a worker thread."""


@at_border
class _Heard:
    """What one consumer hears, from its first wait on. A wait that is cancelled ends nothing: the next one goes on.

    Args:
        begin: makes the queue of the consumer.
        end: takes it back.
    """

    def __init__(self, begin: Callable[[], Inbox[ClientEvent]], end: Callable[[Inbox[ClientEvent]], None]) -> None:
        self._begin = begin
        self._end = end
        self._queue: Inbox[ClientEvent] | None = None
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ClientEvent | Overflow:
        if self._queue is None:
            if self._closed:
                raise StopAsyncIteration
            self._queue = self._begin()
        event = await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event

    async def aclose(self) -> None:
        """Hear no more."""
        self._closed = True
        queue, self._queue = self._queue, None
        if queue is not None:
            self._end(queue)
            queue.end()


class Lifecycle:
    """Takes events from the connections and gives them to hooks and iterators.

    Attributes:
        counts: how many there were of each kind; of `RotationEnded` those that brought a successor.
    """

    def __init__(
        self,
        on_open: Hook | None = None,
        on_message: Hook | None = None,
        on_close: Hook | None = None,
        on_error: Hook | None = None,
    ) -> None:
        self._hooks: dict[type[ClientEvent], Hook] = {
            kind: hook
            for kind, hook in ((Opened, on_open), (Message, on_message), (Closed, on_close), (Failed, on_error))
            if hook is not None
        }
        self._queues: WeakSet[Inbox[ClientEvent]] = WeakSet()  # an iterator that was dropped takes its queue along
        self._closed = False
        self.counts: Counter[type[ClientEvent]] = Counter()
        self._main: Inbox[ClientEvent] | None = None
        self._task: asyncio.Task[None] | None = None
        self._threads: ThreadPoolExecutor | None = None

    @property
    def wants_messages(self) -> bool:
        """Whether a hook takes the frames themselves."""
        return Message in self._hooks

    def emit(self, event: ClientEvent) -> None:
        """Take in an event. Quick, and never raising."""
        if type(event) in self._hooks:
            if self._main is None:
                self._main = Inbox(EVENTS_QUEUED)
                self._task = asyncio.get_running_loop().create_task(self._run(self._main))
            self._main.put(event)
        if type(event) is not Message:
            if type(event) is not RotationEnded or event.successor is not None:
                self.counts[type(event)] += 1
            for queue in list(self._queues):
                queue.put(event)

    def events(
        self, standing: Callable[[], ClientEvent | None] = lambda: None
    ) -> AsyncIterator[ClientEvent | Overflow]:
        """Iterate over what happens, frames excepted, from the moment iteration begins until the client is closed.

        Args:
            standing: returns what happened before and still holds, which comes first; None when there is nothing.
        """

        def begin() -> Inbox[ClientEvent]:
            queue: Inbox[ClientEvent] = Inbox(EVENTS_QUEUED)
            if self._closed:
                queue.end()
            self._queues.add(queue)
            held = standing()
            if held is not None:
                queue.put(held)
            return queue

        return _Heard(begin, self._queues.discard)

    async def close(self, timeout: float) -> None:
        """Tell the consumers that no more comes, and give the hooks that long to finish."""
        self._closed = True
        for queue in list(self._queues):
            queue.end()
        if self._main is not None and self._task is not None:
            self._main.end()
            _, late = await asyncio.wait([self._task], timeout=timeout)
            for task in late:
                task.cancel()
                await asyncio.wait([task])
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask(self, hook: Callable[..., Any], *arguments: Any) -> Any:
        """Call a user's function where it can delay nothing but itself, and return what it returns."""
        if inspect.iscoroutinefunction(hook):
            return await hook(*arguments)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(1, "binance-wsapi-hooks")
        result = await asyncio.get_running_loop().run_in_executor(self._threads, hook, *arguments)
        return await result if inspect.isawaitable(result) else result

    async def not_now(self, hook: Callable[[], bool | Awaitable[bool]] | None) -> bool:
        """Ask the user's hook whether a connection should not be replaced now; a hook that fails or sleeps says no."""
        if hook is None:
            return False
        try:
            async with asyncio.timeout(HOOK_TIME):
                return bool(await self.ask(hook))
        except TimeoutError:
            log.warning("not_now did not answer within %g s", HOOK_TIME)
        except Exception as error:
            log.error("not_now raised", exc_info=without_ours(error))
            self.emit(Failed(0, error))
        return False

    async def _run(self, queue: Inbox[ClientEvent]) -> None:
        while (event := await queue.get()) is not None:
            if isinstance(event, Overflow):
                log.warning("the hooks are too slow: %d events were dropped", event.lost)
                continue
            try:
                await self.ask(self._hooks[type(event)], event)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise  # it is us who are to end
                log.warning("a hook was cancelled")
            except Exception as error:
                log.error("a hook raised", exc_info=without_ours(error))
                if type(event) is not Failed:
                    self.emit(Failed(getattr(event, "connection", 0), error))
