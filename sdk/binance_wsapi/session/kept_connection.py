"""A kept keeps one connection alive: it opens the next when the last one ended, is about to, or is old.

Theory of operation. One task runs this circle until the client is closed::

    connect (retry under the policy) ─► prepare (clock, logon, subscriptions) ─► in use ─┐
        ▲                                                                               │
        └── lost · shutdown announced · suspect · a day old · asked to rotate ◄──────────┘

A connection is *current* from the moment it is prepared. When it is lost there is none until the next is prepared, and
calls wait. The other cases are a *rotation*: the old one stays current until its successor is prepared; then new
calls go to the successor, the old one is drained of its replies and closed. Should no successor be had, the old one goes
on, and it is tried again a minute later. Nothing that was sent is ever sent again here.

Age alone can wait: the user is asked whether now is a bad moment, again and again until shortly before the venue's limit.

Losing connections soon after they were opened counts as failing to open them, and so does an announced end, so that a
venue that accepts and hangs up is not hammered.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final, Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from binance_wsapi.errors import ConnectFailed, NotSent, OutcomeUnknown, VenueError, WsapiError
from binance_wsapi.link.lifecycle import ClientEvent, RotationBegan, RotationEnded, RotationReason
from binance_wsapi.link.reconnect import FullJitter, worth_retrying
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import ROTATE_LATEST
from binance_wsapi.link.transport import Transport
from binance_wsapi.session.connection import Connection, Observer, State

__all__ = ["KeptConnection", "LaneHost"]

log = logging.getLogger("binance_wsapi")

STABLE = 10.0
"""Seconds a connection must live for its end not to count as a failure to connect."""

ROTATE_AFTER = 22 * 3600.0
ROTATE_JITTER = 3600.0
"""Seconds: the venue ends a connection after 24 hours; it is replaced in the hour before the last, at a random moment."""

ASK_AGAIN: Final = 5.0
"""Seconds until the user, who would rather not have a connection replaced now, is asked again."""

RETRY_ROTATION: Final = 60.0
"""Seconds until a rotation for which no successor could be had is tried again."""

DRAIN_TIMEOUT = 15.0
"""Seconds a replaced connection may take to bring the last replies: the venue itself gives up after ten."""


class LaneHost(Observer, Protocol):
    """What a kept asks of the session it belongs to."""

    def next_number(self) -> int:
        """Number for a new connection."""

    async def before_connect(self) -> None:
        """Return when a connection may be attempted, or raise when none may."""

    async def prepare(self, kept: KeptConnection, connection: Connection, deadline: float) -> None:
        """Make a fresh connection ready for use: clock, logon, subscriptions."""

    def on_ready(self, kept: KeptConnection, connection: Connection, url: str) -> None:
        """A connection became current."""

    def on_connect_failed(self, error: Exception) -> None:
        """An attempt failed. Another follows, unless the kept is now `dead`."""

    async def not_now(self) -> bool:
        """Whether the user would rather not have a connection replaced now."""

    def tell(self, event: ClientEvent) -> None:
        """Tell the user of a rotation."""


class KeptConnection:
    """Keeps one connection alive."""

    def __init__(
        self,
        number: int,
        host: LaneHost,
        runtime: Runtime,
        transport: Transport,
        urls: tuple[str, ...],
        policy: AsyncRetrying,
        open_timeout: float,
        rotate_after: float | None = None,
    ) -> None:
        self.number = number
        self.current: Connection | None = None
        self.dead: WsapiError | None = None
        self._host = host
        self._runtime = runtime
        self._transport = transport
        self._urls = urls
        self._next_url = 0
        self._open_timeout = open_timeout
        self._jitter = FullJitter(runtime.uniform)
        self._policy = policy.copy(
            sleep=runtime.sleep,
            before_sleep=self._before_sleep,
            retry=retry_if_exception(worth_retrying),
            reraise=True,
        )
        self._rotate_after = rotate_after
        self.replacing = False
        self._asked = False
        self._wake = asyncio.Event()
        self._retiring: dict[asyncio.Task[None], Connection] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep a connection."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"binance-wsapi kept {self.number}")

    def rotate(self) -> None:
        """Replace the current connection; the old one is left only when the new one is ready."""
        self._asked = True
        self.wake()

    def wake(self) -> None:
        """Look again whether there is something to do: the venue has announced the end of a connection."""
        self._wake.set()

    async def close(self) -> None:
        """End everything this kept has."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        retiring = dict(self._retiring)
        for task in retiring:
            task.cancel()
        await asyncio.gather(*retiring, return_exceptions=True)
        last = [*retiring.values(), *(() if self.current is None else (self.current,))]
        await asyncio.gather(*(connection.close() for connection in last))

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        short_lives = 0
        try:
            while True:
                self._asked = False
                fresh: tuple[Connection, str] | None = await self._connect()
                while fresh is not None:
                    connection, url = fresh
                    ready_at = loop.time()
                    self.current = connection
                    self._host.on_ready(self, connection, url)
                    reason = await self._in_use(connection, ready_at)
                    unwanted = reason in {None, "shutdown", "unanswered"} and loop.time() - ready_at < STABLE
                    short_lives = short_lives + 1 if unwanted else 0
                    fresh = None
                    if reason is not None:
                        if short_lives > 1:
                            await self._pause_or_loss(connection, self._jitter.after(short_lives))
                        fresh = await self._replace(connection, reason)
                self.current = None
                if short_lives > 1:
                    await self._runtime.sleep(self._jitter.after(short_lives))
        except WsapiError as error:
            self.dead = error
            log.error("kept %d gave up: %s: %s", self.number, type(error).__name__, error)
            self._host.on_connect_failed(error)

    async def _in_use(self, connection: Connection, ready_at: float) -> RotationReason | None:
        """Wait until the connection should be replaced, and return why; None when it is lost."""
        loop = asyncio.get_running_loop()
        jittered = ROTATE_AFTER + self._runtime.uniform(0.0, ROTATE_JITTER)
        due = ready_at + (self._rotate_after or jittered)
        while not _gone(connection):
            self._wake.clear()
            if connection.suspicion.suspect:
                left = connection.suspicion.replace_at - loop.time()
                if left <= 0.001:  # a float that is too small moves no clock
                    return "unanswered"
                await self._pause_or_loss(connection, left, woken=True)
                continue
            if connection.counters["shutdown"]:  # announced, maybe even before it was ready
                return "shutdown"
            if self._asked:
                self._asked = False
                return "asked"
            now = loop.time()
            if now < due:
                await self._pause_or_loss(connection, due - now, woken=True)
            elif now >= ready_at + ROTATE_LATEST or not await self._host.not_now():
                return "age"
            else:
                due = min(now + ASK_AGAIN, ready_at + ROTATE_LATEST)
        return None

    async def _pause_or_loss(self, connection: Connection, seconds: float, *, woken: bool = False) -> None:
        """Wait that long, or until the connection is lost, or, if it may be, until there is something to do."""
        waiters: list[asyncio.Future[Any]] = [asyncio.ensure_future(connection.wait_closed())]
        if woken:
            waiters.append(asyncio.ensure_future(self._wake.wait()))
        try:
            await asyncio.wait(waiters, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiters:
                waiter.cancel()

    async def _replace(self, old: Connection, reason: RotationReason) -> tuple[Connection, str] | None:
        """Open a successor, also when the old connection ends meanwhile; None when both are lost."""
        self.replacing = True
        self._asked = False
        try:
            return await self._succeed(old, reason)
        finally:
            self.replacing = False

    async def _succeed(self, old: Connection, reason: RotationReason) -> tuple[Connection, str] | None:
        while True:
            log.info("kept %d: connection #%d is being replaced: %s", self.number, old.number, reason)
            self._host.tell(RotationBegan(old.number, reason))
            try:
                new, url = await self._connect()
            except WsapiError as error:
                self._host.tell(RotationEnded(old.number, None))
                if _gone(old):
                    raise
                log.error("kept %d keeps its connection: %s: %s", self.number, type(error).__name__, error)
                self._host.on_connect_failed(error)
                await self._pause_or_loss(old, RETRY_ROTATION)
                if _gone(old):
                    return None
            else:
                self._retire(old, new)
                return new, url

    async def _connect(self) -> tuple[Connection, str]:
        try:
            async for attempt in self._policy.copy():
                with attempt:
                    try:
                        return await self._attempt()
                    except ConnectFailed as error:
                        error.attempts = attempt.retry_state.attempt_number
                        raise
        except WsapiError:
            raise
        except Exception as error:  # a signer or a policy of the user's may raise anything
            raise ConnectFailed(f"no connection could be made: {type(error).__name__}") from error
        raise AssertionError  # the policy re-raises

    async def _attempt(self) -> tuple[Connection, str]:
        loop = asyncio.get_running_loop()
        await self._host.before_connect()
        url = self._urls[self._next_url % len(self._urls)]
        self._next_url += 1  # the next attempt goes to the next port, unless this one succeeds
        connection = Connection(self._host, self._runtime, self._host.next_number())
        deadline = loop.time() + self._open_timeout
        await connection.open(self._transport, url, self._open_timeout)
        try:
            await self._host.prepare(self, connection, deadline)
        except BaseException as error:
            await connection.close()
            if isinstance(error, NotSent | OutcomeUnknown) and not isinstance(error, ConnectFailed):
                # For a caller the request of ours that failed is of no interest: no connection came about.
                raise ConnectFailed(f"the connection could not be made ready: {error}") from error
            if isinstance(error, VenueError) and worth_retrying(error):
                raise ConnectFailed(f"the venue refused to make the connection ready: {error}") from error
            raise
        self._next_url -= 1
        return connection, url

    def _before_sleep(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        delay = state.next_action.sleep if state.next_action is not None else 0.0
        if isinstance(error, Exception):
            log.info("kept %d: attempt %d failed (%s), next in %.2f s", self.number, state.attempt_number, error, delay)
            self._host.on_connect_failed(error)

    def _retire(self, connection: Connection, successor: Connection) -> None:
        """Let the replaced connection bring its last replies, then close it."""
        task = asyncio.get_running_loop().create_task(self._drain(connection, successor))
        self._retiring[task] = connection
        task.add_done_callback(self._retiring.pop)

    async def _drain(self, connection: Connection, successor: Connection) -> None:
        connection.drain()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_TIMEOUT):
                    await connection.idle()
                    if connection.suspicion.suspect:  # a late reply is evidence: give it the time the venue may take
                        await connection.wait_closed()
        finally:
            await connection.close()
        self._host.tell(RotationEnded(connection.number, successor.number))


def _gone(connection: Connection) -> bool:
    """Whether the connection has ended, and all its listeners were told."""
    return connection.state is State.CLOSED
