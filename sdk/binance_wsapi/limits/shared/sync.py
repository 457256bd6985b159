"""Brings reports to a shared store and leases back, beside the requests and never in their way.

Theory of operation
-------------------
One task, from `open` to `aclose`. It makes an exchange, then rests until the next is due: after `BUSY` seconds while
requests flow or wait, `IDLE` seconds otherwise, or at once when it is poked: a lease ran out, a ban was heard, a window
began. A poke is ignored as long as the store had nothing to give in the present window; it will not have more because
it is asked more often.

A store that blocks is called in a thread of its own, never more than one call at a time. A call that takes longer than
the store's timeout counts as a store that is away, and so does a failing call; the call may still end, and its reply is
taken over then, for until it ends nothing is assumed about what it did. While the store is away the task tries again,
with pauses from `IDLE` to `LONGEST_PAUSE`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from binance_wsapi.errors import UsageError, printable
from binance_wsapi.limits.bucket import Bucket
from binance_wsapi.limits.events import BanLatched, LimitEvent, StoreLost, StoreMended, StoreReturned
from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import Wanted
from binance_wsapi.limits.shared.lease import LeaseHolder
from binance_wsapi.limits.shared.store import Reply, Report, Store, StoreUnavailable

__all__ = ["BUSY", "IDLE", "LONGEST_PAUSE", "StoreSync"]

log = logging.getLogger("binance_wsapi")

BUSY: Final = 0.05
IDLE: Final = 0.25
LONGEST_PAUSE: Final = 2.0
LAST_TRIES: Final = 4
"""Of telling a ban before closing, to a store that does not answer."""


class StoreSync:
    """Keeps a ledger's lease fresh. See the module's text.

    Args:
        store: the shared store.
        ledger: the ledger that lives on the lease.
        now_ms: the venue's clock in milliseconds.
        sleep: ``asyncio.sleep`` or one in virtual time.
        wanted: returns what waits, for each type of limit.
        clock_known: whether ``now_ms`` was ever compared with the venue's clock.
        on_news: is called after each exchange, when waiting requests may have become possible.
        on_event: is told of the store's coming and going, and of bans that other processes heard.

    Attributes:
        lost: why the store is away; None while it answers.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        *,
        now_ms: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]],
        wanted: Callable[[], dict[str, Wanted]],
        clock_known: Callable[[], bool] = lambda: True,
        on_news: Callable[[], None],
        on_event: Callable[[LimitEvent], None],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._holder = LeaseHolder(ledger, store)
        self._now = now_ms
        self._sleep = sleep
        self._wanted = wanted
        self._clock_known = clock_known
        self._on_news = on_news
        self._on_event = on_event
        self._task: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._running: asyncio.Future[list[Reply]] | None = None
        self._reports: Sequence[Report] = ()
        self._poked = False
        self._exchanging = False
        self._sleeping: asyncio.Future[None] | None = None
        self._done: asyncio.Event = asyncio.Event()
        self._away_since: float | None = None
        self._hopeless = False
        self.lost: StoreLost | None = None
        self._seq = -1
        self._told: dict[str, int] = {}

    async def open(self) -> None:
        """Make the first exchange and go on from there. Opening twice does nothing more.

        Raises:
            UsageError: the store cannot be used, now or later.
        """
        if self._task is None or self._task.done():
            await self._exchange()
            self.check()
            self._task = asyncio.get_running_loop().create_task(self._run(), name="limits-store_sync")

    def check(self) -> None:
        """See that the store can be used, now or later.

        Raises:
            UsageError: it cannot.
        """
        if self._hopeless and self.lost is not None:
            raise UsageError(f"limit_store must be a store this process can use, got {printable(self.lost.reason)}")

    async def aclose(self) -> None:
        """Give the lease back and stop."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if self._running is not None:
                await self._exchange()  # the call that is under way, and then the last one: it may have a ban to tell
            if self._running is None and (self._away_since is None or self._untold()):
                await self._exchange(leaving=True)
            for _ in range(LAST_TRIES):
                if self._running is not None or not self._untold():
                    break
                await self._sleep(IDLE)
                await self._exchange(leaving=True)
            if self._running is None and self._untold():
                log.warning("a ban was not told to the shared limits before closing: other processes do not know of it")
        if self._thread is not None:
            if self._running is not None and self._untold():
                # It takes too long to wait for. What is told next waits behind it in its thread, and ends with it.
                self._thread.submit(self._store.exchange, self._holder.bans(self._now()))
            self._thread.shutdown(wait=False)
            self._thread = None

    def _untold(self) -> bool:
        """Whether a ban is in force that the store was not told."""
        now = self._now()
        return any(until > now and self._told.get(scope) != until for scope, until in self._ledger.bans.scopes.items())

    def poke(self, *, urgent: bool = False) -> None:
        """Ask for an exchange soon.

        Args:
            urgent: there is something to tell, not only something to ask for.
        """
        if urgent or not self._holder.hungry or self._holder.rolled(self._now()):
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._run(), name="limits-store_sync")
            self._poked = True
            if self._sleeping is not None and self._away_since is None:
                self._sleeping.cancel()

    def has_room(self, bucket: Bucket) -> bool:
        """Whether a limit may have room that this process has no lease of."""
        return self._holder.has_room(bucket)

    def fetch_now(self) -> bool:
        """Make an exchange on the spot, if the store answers at once and is there."""
        if self._store.blocking or self._away_since is not None:
            return False
        if self._holder.hungry and not self._holder.rolled(self._now()):
            return False
        try:
            reports = self._report()
            self._accept(reports, self._store.exchange(reports))
        except StoreUnavailable as error:
            self._lose(str(error), maybe=error.maybe, hopeless=error.hopeless)
            return False
        return True

    async def hear(self) -> None:
        """Wait until all that other processes told the store up to one beat from now is known here."""
        if self._task is not None and self._away_since is None:
            await self._sleep(BUSY)
            await self.fetch()

    async def fetch(self) -> None:
        """Wait for one whole exchange; at once when the store is away."""
        for _ in range(2 if self._exchanging else 1):  # an exchange that began before may not know what is wanted
            if self._away_since is not None:
                return
            self._done.clear()
            self.poke(urgent=True)
            await self._done.wait()

    # ------------------------------------------------------------------ the task

    async def _run(self) -> None:
        while True:
            self._poked = False
            await self._exchange()
            await self._rest()

    async def _rest(self) -> None:
        """Sleep until the next exchange is due, or a poke comes."""
        busy = bool(self._wanted()) or self._ledger.seq != self._seq
        self._seq = self._ledger.seq
        pause = BUSY if busy else IDLE
        if self._away_since is not None:
            away = asyncio.get_running_loop().time() - self._away_since
            pause = min(max(IDLE, away / 2), LONGEST_PAUSE)
        elif self._poked:
            return
        sleeping = self._sleeping = asyncio.ensure_future(self._sleep(pause))
        try:
            await asyncio.wait((sleeping,))
        finally:
            self._sleeping = None
            sleeping.cancel()

    async def _exchange(self, *, leaving: bool = False) -> None:
        self._exchanging = True
        try:
            if self._running is not None:
                await self._outstanding()
                return
            reports = self._report(leaving=leaving)
            if not self._store.blocking:
                self._accept(reports, self._store.exchange(reports))
                return
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="limits-store")
            loop = asyncio.get_running_loop()
            self._running = loop.run_in_executor(self._thread, self._store.exchange, reports)
            self._reports = reports
            await self._outstanding()
        except StoreUnavailable as error:
            self._lose(str(error), maybe=error.maybe, hopeless=error.hopeless)
        except Exception as error:  # noqa: BLE001 - the process goes on without the store after any error of its driver
            self._lose(f"{type(error).__name__}: {error}", maybe=True)
        finally:
            self._exchanging = False
            self._done.set()
            self._on_news()

    def _report(self, *, leaving: bool = False) -> list[Report]:
        """Return what is told next: everything, or by a clock that was never compared nothing but bans."""
        if self._clock_known():
            return self._holder.report(self._now(), self._wanted(), leaving=leaving)
        return self._holder.bans(self._now())

    async def _outstanding(self) -> None:
        """Wait for the call that is under way, but not longer than a store may take."""
        running = self._running
        if running is None:
            return
        done, _ = await asyncio.wait((running,), timeout=self._store.timeout)
        if not done:
            self._lose(f"{type(self._store).__name__}: no answer within {self._store.timeout} s", maybe=True)
            return
        self._running = None
        self._accept(self._reports, running.result())

    def _accept(self, reports: Sequence[Report], replies: Sequence[Reply]) -> None:
        before = dict(self._ledger.bans.scopes)
        for report in reports:
            self._told.update(report.bans)
        for reply in replies:
            self._told.update(reply.bans)
        troubles = {reply.trouble for reply in replies if reply.trouble}
        for trouble in sorted(troubles):
            log.warning("the shared limits were mended: %s", printable(trouble))
            self._on_event(StoreMended(trouble))
        refused = next((reply.refused for reply in replies if reply.refused), "")
        if self._holder.accept(reports, replies, self._now()):
            self._poked = True  # the store had lost its memory: it is told everything at once
        for scope, until in self._ledger.bans.scopes.items():
            if until != before.get(scope):
                self._on_event(BanLatched(scope, 0, until))
        if refused:
            self._lose(f"the store refuses what this process reports: {refused}", maybe=False)
        elif self._away_since is not None:
            away = asyncio.get_running_loop().time() - self._away_since
            self._away_since = self.lost = None
            log.warning("the shared limits answer again after %.1f s", away)
            self._on_event(StoreReturned(away))

    def _lose(self, reason: str, *, maybe: bool, hopeless: bool = False) -> None:
        self._holder.alone(self._now(), maybe=maybe)
        self._hopeless = hopeless
        processes = self._holder.processes
        lost = StoreLost(reason, processes)
        if self._away_since is None:
            self._away_since = asyncio.get_running_loop().time()
            if hopeless and self._task is None:
                self.lost = lost  # the caller of `open` is told by an error
                return
            log.warning(
                "the shared limits are away, and this process keeps to 1/%d of each: %s", processes, printable(reason)
            )
            self._on_event(lost)
        self.lost = lost
