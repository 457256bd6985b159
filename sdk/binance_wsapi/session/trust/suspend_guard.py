"""Notices that this process stood still, and lets nothing be used that may not have come through it.

Theory of operation. A laptop lid is closed, a virtual machine is paused, a process is stopped by a signal: meanwhile the
venue goes on, drops the connection after a minute without a pong, and its clock moves away from the estimate unless this
machine's monotonic clock counted the time. It may not: on Linux and macOS it stops while the machine sleeps. So two things
are looked at, once a second and before every frame: by how much that look is overdue, for a stop the event loop's clock
counted, and how long the machine has slept in all, for one it did not.

After either, every connection is taken for dead until it has answered a question for the venue's time. Meanwhile calls
wait, so none goes out over a dead connection or with a stale timestamp; what was in flight gets its reply if it is there.
A connection that does not answer in time is cut, and the next one asks for the time before it logs on. A connection
that is being made ready is proven like the others: earlier replies do not show that it is alive. See `prover`.
"""

from __future__ import annotations

import asyncio
import logging

from binance_wsapi.link.clock import ServerClock
from binance_wsapi.link.liveness import LATE_S, SLEPT_S, SuspensionWatch
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.session.connections import Connections
from binance_wsapi.session.trust.prover import Prover

__all__ = ["SuspendGuard"]

log = logging.getLogger("binance_wsapi")


class SuspendGuard:
    """Looks for stops of this process while there is a session.

    Args:
        runtime: how long this machine has slept.
        clock: forgets what it knew of the venue's clock.
        connections: are proven before they are used again.
        prover: proves them.
    """

    def __init__(
        self,
        runtime: Runtime,
        clock: ServerClock,
        connections: Connections,
        prover: Prover,
    ) -> None:
        self.count = 0
        """Suspensions so far; compare before and after an await."""
        self._slept = runtime.slept
        self._clock = clock
        self._connections = connections
        self._prover = prover
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._watch = SuspensionWatch(now, self._slept())
        self._timer = self._loop.call_at(self._watch.next_look(now), self._look)

    def noticed(self, now: float | None = None) -> bool:
        """Look, and return whether there was a suspension since the last look.

        Args:
            now: the event loop's time, where it was asked just before.
        """
        watch, slept = self._watch, self._slept()
        now = self._loop.time() if now is None else now
        if now - watch.due < LATE_S and slept - watch.slept < SLEPT_S:  # before every frame
            return False
        seconds = watch.look(now, slept)
        if seconds:
            self._distrust(seconds)
        return seconds > 0.0

    def close(self) -> None:
        """Stop looking."""
        self._timer.cancel()

    def _look(self) -> None:
        self.noticed()
        self._timer = self._loop.call_at(self._watch.next_look(self._loop.time()), self._look)

    def _distrust(self, seconds: float) -> None:
        log.warning("this process stood still for %.1f s: its connections are proven before they are used", seconds)
        self.count += 1
        self._clock.reset()
        for connection in self._connections.all():
            if connection.usable:
                self._prover.prove(connection, "this process stood still", self._connections.wake_all, anew=True)
