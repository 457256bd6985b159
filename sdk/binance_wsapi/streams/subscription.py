"""A `Subscription` is one consumer of one or more streams. Frames are decoded here, never in the read callback."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, overload

from binance_wsapi.errors import NotConnected, ProtocolViolation, UsageError, WsapiError
from binance_wsapi.link.inbox import SLICE_S, Overflow, step_aside
from binance_wsapi.streams.kinds import UNREADABLE, Decode, UnreadableRows, decode_changes, decoder_of
from binance_wsapi.streams.queues import QueuePolicy, StreamGap, make_queue
from binance_wsapi.streams.route import Route
from binance_wsapi.wire.border import bare, bordered, called
from binance_wsapi.wire.caller import check_seconds
from binance_wsapi.wire.forms import Form, check_form
from binance_wsapi.wire.misuse import EnteredByCoroutines

__all__ = ["Host", "Subscription"]

T_co = TypeVar("T_co", covariant=True)


class Host(Protocol):
    """What a subscription asks of the streams it belongs to."""

    def attach(self, subscription: Subscription[Any]) -> list[Route]:
        """Make its streams desired."""

    def detach(self, subscription: Subscription[Any]) -> None:
        """Its streams are no longer desired by it."""

    async def check_symbols(self, subscription: Subscription[Any]) -> None:
        """Raise `UsageError` where the venue has no such symbol as far as can be asked."""

    def unreadable(self, error: ProtocolViolation) -> None:
        """A frame cannot be decoded."""

    @property
    def last_error(self) -> Exception | None:
        """Why there is no connection, if there is none."""


class Subscription(EnteredByCoroutines, Generic[T_co]):
    """One consumer of one or more streams: an async context manager, and inside it an async iterator.

    Entering returns when the venue has confirmed every stream; leaving unsubscribes those that no other consumer wants. The
    iterator brings events, a `StreamGap` where a stream was interrupted, and an `Overflow` where this consumer was too slow.
    It ends when the streams are closed, and raises when the venue refuses a stream or nothing can be connected to.
    One task iterates at a time.

    Attributes:
        streams: names of its streams.
        checked: whether it is asked on entering if the venue has the symbols.
        counters: ``unreadable`` frames, those of a list included of which some rows were delivered.
    """

    def __init__(
        self,
        host: Host,
        names: tuple[str, ...],
        decode: Decode,
        *,
        policy: QueuePolicy | str,
        limit: int,
        timeout: float,
        on_interrupted: Callable[[], None] | None = None,
    ) -> None:
        check_seconds(timeout)
        self.streams = names
        self.queue = make_queue(policy, limit)
        self.counters: Counter[str] = Counter()
        self._host = host
        self._decode = decode
        self._policy = policy
        self._limit = limit
        self._timeout = timeout
        self._on_interrupted = on_interrupted
        self.checked = True
        self._routes: list[Route] | None = None
        self._error: WsapiError | None = None
        self._since = float("-inf")
        self._loop: asyncio.AbstractEventLoop

    def __repr__(self) -> str:
        more = f" and {len(self.streams) - 1} more" if len(self.streams) > 1 else ""
        return f"<Subscription {self.streams[0]}{more} queued={len(self.queue)} lost={self.queue.lost}>"

    @overload
    def in_form(self, form: Literal["dicts"]) -> Subscription[dict[str, Any]]: ...

    @overload
    def in_form(self, form: Literal["bytes"]) -> Subscription[bytes]: ...

    @overload
    def in_form(self, form: Form) -> Subscription[Any]: ...

    @called
    def in_form(self, form: Form) -> Subscription[Any]:
        """Return the same subscription, not entered yet, with messages as ``"objects"``, ``"dicts"`` or ``"bytes"``.

        Dictionaries and bytes are of the whole message: ``stream`` and ``data``.
        """
        check_form(form)
        decode = decoder_of(form, self.streams)
        return Subscription(
            self._host, self.streams, decode, policy=self._policy, limit=self._limit, timeout=self._timeout
        )

    def watched_by(self, on_interrupted: Callable[[], None]) -> Subscription[T_co]:
        """Return the same subscription, not entered yet, for a book.

        It tells of each interruption from the read callback. Its symbol is not checked, since a snapshot tells of an unknown
        one, nor are its levels: the book does that.
        """
        watched = Subscription[T_co](
            self._host,
            self.streams,
            decode_changes,
            policy=self._policy,
            limit=self._limit,
            timeout=self._timeout,
            on_interrupted=on_interrupted,
        )
        watched.checked = False
        return watched

    # ------------------------------------------------------------------ life

    @bordered
    async def __aenter__(self) -> Self:
        if self._routes is not None or self.queue.over:
            raise UsageError("a subscription is entered once")
        self._loop = asyncio.get_running_loop()
        self._routes = self._host.attach(self)
        checking = self._loop.create_task(self._host.check_symbols(self), name="binance-wsapi symbols")
        checking.add_done_callback(
            lambda task: task.cancelled() or task.exception()
        )  # where entering fails before it ends
        try:
            try:
                async with asyncio.timeout(self._timeout):
                    for route in self._routes:
                        await route.live.wait()
                        if self._error is not None:
                            raise self._error
            except TimeoutError:
                last = self._host.last_error
                raise NotConnected(
                    f"{self.streams[0]}{' …' if len(self.streams) > 1 else ''}: not subscribed within "
                    f"{self._timeout:g} s" + (f"; last: {last}" if last is not None else "")
                ) from last
            await checking
        except BaseException:
            checking.cancel()
            await self.__aexit__(None, None, None)
            raise
        return self

    @bordered
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._routes is not None:
            self._routes = None
            self._host.detach(self)
            self.queue.end()

    def end(self, error: WsapiError | None) -> None:
        """No more will come. What is queued is still delivered; then the error is raised, if there is one."""
        self._error = self._error or error
        self.queue.end()

    def interrupted(self) -> None:
        """One of the streams was interrupted. Called from the read callback."""
        if self._on_interrupted is not None:
            self._on_interrupted()

    # ------------------------------------------------------------------ state

    @property
    def live(self) -> bool:
        """Whether every stream comes in now."""
        return bool(self._routes) and not self.queue.over and all(route.live.is_set() for route in self._routes or ())

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the last event of any of its streams came; None before the first, and outside ``async with``.

        A stream can be silent while its connection is well: compare this with how often the stream speaks.
        """
        heard = [route.heard_at for route in self._routes or () if route.heard_at is not None]
        return self._loop.time() - max(heard) if heard else None

    @property
    def queued(self) -> int:
        """Events that wait for the consumer."""
        return len(self.queue)

    @property
    def received(self) -> int:
        """Events that arrived."""
        return self.queue.received

    @property
    def lost(self) -> int:
        """Events that were dropped because the consumer did not keep up."""
        return self.queue.lost

    # ------------------------------------------------------------------ events

    def __aiter__(self) -> AsyncIterator[T_co | StreamGap | Overflow]:
        return self

    async def __anext__(self) -> T_co | StreamGap | Overflow:
        queue = self.queue
        if self._routes is None and not queue.over:
            raise UsageError("iterate inside `async with`: the streams are subscribed when it is entered")
        loop = self._loop
        while True:
            if loop.time() - self._since > SLICE_S:
                await step_aside()
                self._since = loop.time()
            item = queue.pop()
            if type(item) is bytes:
                try:
                    event: T_co = self._decode(item)
                except UNREADABLE as error:
                    self._unreadable(item, error)
                    if not isinstance(error, UnreadableRows):
                        continue
                    event = error.readable
                return event
            if item is not None:
                return item  # type: ignore[return-value]  # mypy does not narrow by `type() is`
            if queue.over:
                if self._error is not None:
                    raise bare(self._error)
                raise StopAsyncIteration
            await self._wait()
            self._since = loop.time()

    @bordered  # and not the whole: events that are there come without another coroutine each
    async def _wait(self) -> None:
        await self.queue.wait()

    def _unreadable(self, frame: bytes, error: Exception) -> None:
        self.counters["unreadable"] += 1
        why = str(error) if isinstance(error, UnreadableRows) else type(error).__name__
        self._host.unreadable(ProtocolViolation(f"an event of {len(frame)} bytes that cannot be read: {why}"))
