"""Keeps one connection alive: opens the next when the last one ended, is about to, or is old.

Theory of operation. One task runs this cycle until it is stopped::

    connect (retry under the policy) ─► in use ─┐
        ▲                                       │
        ├── lost ◄──────────────────────────────┤
        └── shutdown announced · unanswered · a day old · asked to rotate ◄┘

A connection is *in use* once its host has opened and prepared it. When it is lost there is none until the next is ready. The
other cases are a *rotation*: the old connection stays in use until its successor is ready, then the host hands over from one
to the other. Should no successor be had, the old one goes on, and it is tried again a minute later.

Age alone can wait: the user is asked whether now is a bad moment, again and again until shortly before the venue's limit.

Losing connections soon after they came into use counts as failing to open them, and so does an announced end, so that a
venue that accepts and hangs up is not hammered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Final, Generic, Protocol, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from binance_wsapi.errors import ConnectFailed, NotConnected, WsapiError
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.lifecycle import Failed, Lifecycle, RotationBegan, RotationEnded, RotationReason
from binance_wsapi.link.reconnect import FullJitter, default_policy, worth_retrying
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import ROTATE_LATEST, Settings
from binance_wsapi.wire.border import without_ours

__all__ = ["Keeper", "KeeperHost", "KeeperConnection", "first_of"]

log = logging.getLogger("binance_wsapi")

STABLE_S: Final = 10.0
"""Seconds a connection must be in use for its end not to count as a failure to connect."""

ROTATE_AFTER: Final = 22 * 3600.0
ROTATE_JITTER: Final = 3600.0
"""Seconds: the venue ends a connection after 24 hours; it is replaced in the hour before the last, at a random moment."""

NOT_NOW_PAUSE_S: Final = 5.0
"""Seconds until the user, who would rather not have a connection replaced now, is asked again."""

RETRY_ROTATION: Final = 60.0
"""Seconds until a rotation for which no successor could be had is tried again."""

RETRY_HANDOVER: Final = 1.0
"""Seconds at least until a rotation whose successor was lost at once is tried again."""

_INSTANT: Final = 0.001
"""Seconds that are no time: a float that is too small moves no clock."""


class KeeperConnection(Protocol):
    """What the keeper asks of a connection."""

    number: int

    @property
    def lost(self) -> bool:
        """Whether it has ended, and all its listeners were told."""

    def leave_at(self) -> tuple[float, RotationReason]:
        """Return from when it should be replaced, however young it is (infinite when it need not be), and why."""

    async def wait_closed(self) -> None:
        """Wait until it has ended."""


C = TypeVar("C", bound=KeeperConnection)


class KeeperHost(Protocol[C]):
    """What the keeper has its host do with connections."""

    async def open(self, url: str, number: int) -> C:
        """Open a connection and make it ready for use, or raise and leave nothing behind."""

    def on_current(self, connection: C) -> None:
        """A connection came into use."""

    def on_none(self) -> None:
        """The connection in use was lost, and there is none until the next."""

    async def hand_over(self, old: C, new: C) -> C:
        """Hand over from one connection to its successor, and return the one to use from now on."""

    def on_connect_failed(self, error: Exception) -> None:
        """An attempt failed, or has to wait for the limits. Another follows, unless `on_dead` does."""

    def on_dead(self, error: WsapiError) -> None:
        """No connection can be had, and trying again cannot help."""


class Keeper(Generic[C]):
    """Keeps one connection alive, for a host that knows what it is for.

    Args:
        host: opens connections and hands over between them.
        name: of the connection, for the log.
        urls: where to connect to; the next one is tried when an attempt fails.
        settings: the retry policy, ``rotate_after`` and ``not_now``.
        runtime: chance and sleep.
        budget: says when a connection may be tried.
        lifecycle: told of rotations and failed attempts; asks the user.
    """

    def __init__(
        self,
        host: KeeperHost[C],
        *,
        name: str,
        urls: tuple[str, ...],
        settings: Settings,
        runtime: Runtime,
        budget: ConnectBudget,
        lifecycle: Lifecycle,
    ) -> None:
        self.replacing = False
        """Whether a successor is being opened."""
        self._host = host
        self._name = name
        self._urls = urls
        self._next_url = 0
        self._settings = settings
        self._runtime = runtime
        self._budget = budget
        self._lifecycle = lifecycle
        self._jitter = FullJitter(runtime.uniform)
        self._policy: AsyncRetrying = (settings.reconnect or default_policy(runtime.uniform)).copy(
            sleep=runtime.sleep,
            before_sleep=self._before_sleep,
            retry=retry_if_exception(worth_retrying),
            reraise=True,
        )
        self._asked = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep a connection."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"binance-wsapi {self._name}")

    def rotate(self) -> None:
        """Replace the connection in use; the old one is left only when the new one is ready."""
        self._asked = True
        self.wake()

    def wake(self) -> None:
        """Look again whether the connection in use should be replaced."""
        self._wake.set()

    async def stop(self) -> None:
        """Open no more connections. Those there are stay as they are."""
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.wait([task])  # a cancel of the caller is the caller's
            if not task.cancelled():
                task.result()

    # ------------------------------------------------------------------ the cycle

    async def _run(self) -> None:
        try:
            await self._keep()
        except WsapiError as error:
            self._give_up(error)
        except Exception as error:
            # A policy or a signer of the user's, or a mistake of ours: no caller may wait for ever.
            log.error("%s ended", self._name, exc_info=without_ours(error))
            dead = NotConnected(f"no connection can be made any more ({type(error).__name__})")
            dead.__cause__ = error
            self._give_up(dead)

    def _give_up(self, error: WsapiError) -> None:
        log.error("%s gave up: %s: %s", self._name, type(error).__name__, error)
        self._failed(error)
        self._host.on_dead(error)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        short_lives = 0
        while True:
            self._asked = False
            fresh: C | None = await self._connect()
            while fresh is not None:
                connection = fresh
                since = loop.time()
                self._host.on_current(connection)
                reason = await self._in_use(connection, since)
                unwanted = reason in {None, "shutdown", "unanswered"} and loop.time() - since < STABLE_S
                short_lives = short_lives + 1 if unwanted else 0
                fresh = None
                if reason is not None:
                    if short_lives > 1:
                        await first_of(connection.wait_closed(), timeout=self._jitter.after(short_lives))
                    fresh = await self._replace(connection, reason)
            self._host.on_none()
            if short_lives > 1:
                await self._runtime.sleep(self._jitter.after(short_lives))

    async def _in_use(self, connection: C, since: float) -> RotationReason | None:
        """Wait until the connection should be replaced, and return why; None when it is lost."""
        loop = asyncio.get_running_loop()
        latest = since + ROTATE_LATEST
        due = since + (self._settings.rotate_after or self._runtime.uniform(ROTATE_AFTER, ROTATE_AFTER + ROTATE_JITTER))
        while not connection.lost:
            self._wake.clear()
            now = loop.time()
            moment, reason = connection.leave_at()
            if moment - now <= _INSTANT:
                return reason
            if self._asked:
                self._asked = False
                return "asked"
            if now < due:
                await first_of(connection.wait_closed(), self._wake.wait(), timeout=min(due, moment) - now)
            elif now >= latest or not await self._lifecycle.not_now(self._settings.not_now):
                return "age"
            else:
                due = min(loop.time() + NOT_NOW_PAUSE_S, latest)
        return None

    # ------------------------------------------------------------------ rotation

    async def _replace(self, old: C, reason: RotationReason) -> C | None:
        """Open a successor, also when the old connection ends meanwhile; None when both are lost."""
        self.replacing = True
        self._asked = False
        try:
            while True:
                log.info("%s: connection #%d is being replaced: %s", self._name, old.number, reason)
                self._lifecycle.emit(RotationBegan(old.number, reason))
                try:
                    new = await self._connect()
                except WsapiError as error:
                    self._lifecycle.emit(RotationEnded(old.number, None))
                    if old.lost:
                        raise
                    log.error("%s keeps its connection: %s: %s", self._name, type(error).__name__, error)
                    self._failed(error)
                    pause = RETRY_ROTATION
                else:
                    if await self._host.hand_over(old, new) is new:
                        return new
                    self._lifecycle.emit(RotationEnded(old.number, None))
                    pause = RETRY_HANDOVER + self._jitter.after(3)
                await first_of(old.wait_closed(), timeout=pause)
                if old.lost:
                    return None
        finally:
            self.replacing = False

    # ------------------------------------------------------------------ connecting

    async def _connect(self) -> C:
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

    async def _attempt(self) -> C:
        await self._budget.wait(self._host.on_connect_failed)
        url = self._urls[self._next_url % len(self._urls)]
        self._next_url += 1  # the next attempt goes to the next port, unless this one succeeds
        connection = await self._host.open(url, self._budget.next_number())
        self._next_url -= 1
        return connection

    def _before_sleep(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        delay = state.next_action.sleep if state.next_action is not None else 0.0
        if isinstance(error, Exception):
            log.info(
                "%s: attempt %d failed (%s), next in %.2f s", self._name, state.attempt_number, error, delay
            )  # fmt: skip
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._budget.failed(error)
        self._lifecycle.emit(Failed(0, error))
        self._host.on_connect_failed(error)


async def first_of(*things: Awaitable[object], timeout: float | None = None) -> None:
    """Wait until the first of these is done, or the time is up; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in things]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
