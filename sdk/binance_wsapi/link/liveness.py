"""Whether the peer of a link still lives: one judge for every kind of connection.

Theory of operation. Once a second `Liveness` looks whether anything came. After a silence it pings, and when nothing comes
after that either, the peer is gone and the link is cut. With replies awaited this takes at most five seconds, idle at most
twenty-five::

    heard ── silence ──► pinged ── nothing comes ──► cut
      ▲                    │
      └──── anything ◄─────┘

Two things ask for more than a sign of life, and get `PROOF_S` seconds:

* *Doubt*: the peer let a call time out and finished nothing since. Only a whole message or a pong counts, not the bytes of
  a peer that dribbles and never ends what it began.
* *Suspension*: this process or this machine stood still. Only a pong counts: what else arrives may have waited in the
  socket's buffer. Silence proves nothing either, because it was this side that did not look.

A peer that sends frames that cannot be read is given up as well, after twenty of them in a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final, Protocol

from binance_wsapi.link.runtime import Runtime

__all__ = ["LATE_S", "PROOF_S", "SLEPT_S", "TICK_S", "Liveness", "SuspensionWatch", "Watched"]

log = logging.getLogger("binance_wsapi")

TICK_S: Final = 1.0
"""Seconds from one look to the next."""

IDLE_S: Final = (14.0, 9.0)
BUSY_S: Final = (2.0, 1.5)
"""Seconds: how long a silence may be before a ping, and how long the pong may take; idle, and while replies are awaited. The
sums with the tick stay below 25 and below 5 (the reliability bounds for a half-open peer)."""

PROOF_S: Final = 4.0
"""Seconds a peer may take to prove that it lives."""

LATE_S: Final = 5.0
"""Seconds by which a look may be late before it counts as a suspension: a program that computes for a moment loses
nothing."""

SLEPT_S: Final = 0.5
"""Seconds of sleep that count: less than any time window of a request that can be kept over a network."""

NONSENSE_PER_MINUTE: Final = 20
"""Unreadable frames a minute after which a connection is not worth keeping."""


class SuspensionWatch:
    """Notices that this process stood still, from looks that should come once a `TICK_S`. Pure.

    Args:
        now: the event loop's time.
        slept: seconds this machine has slept, since any moment; a clock that stops meanwhile does not count them.

    Attributes:
        due: when the next look is.
        slept: seconds slept by the last look that noticed something.
    """

    __slots__ = ("due", "slept")

    def __init__(self, now: float, slept: float) -> None:
        self.due = now + TICK_S
        self.slept = slept

    def look(self, now: float, slept: float) -> float:
        """Return for how many seconds this process stood still before now; 0.0 when it did not."""
        late, asleep = now - self.due, slept - self.slept
        if late < LATE_S and asleep < SLEPT_S:
            return 0.0
        self.due, self.slept = now, slept
        return max(late, 0.0) + asleep

    def next_look(self, now: float) -> float:
        """Return when the next look is due."""
        self.due = now + TICK_S
        return self.due


class Watched(Protocol):
    """What the judge asks and tells of a connection."""

    @property
    def busy(self) -> bool:
        """Whether replies are awaited."""

    def may_ping(self) -> bool:
        """Whether a ping can be sent now."""

    def ping(self) -> None:
        """Send a ping."""

    def on_look(self, now: float) -> None:
        """A look, in time, while nothing large is on its way."""

    def abort(self, reason: str) -> None:
        """End the connection now: its peer is gone."""


class Liveness:
    """Judges one connection, from `start` to `stop`.

    Attributes:
        heard: set by the connection at each sign of life. Bytes are enough where a message can be large.
        whole_at: moment of the last whole message or pong; minus infinity before the first. A connection that never calls
            `doubt` need not set it.
    """

    __slots__ = (
        "_doubted_at", "_heard_after", "_looked", "_looked_at", "_loop", "_nonsense", "_peer", "_pinged_at", "_pings",
        "_ponged", "_pongs", "_proof", "_silent_since", "_slept", "_suspensions", "_timer", "heard", "whole_at",
    )  # fmt: skip

    def __init__(self, runtime: Runtime, peer: Watched) -> None:
        self.heard = True
        self.whole_at = float("-inf")
        self._peer = peer
        self._loop = asyncio.get_running_loop()
        self._slept = runtime.slept
        self._timer: asyncio.TimerHandle | None = None
        self._suspensions = SuspensionWatch(self._loop.time(), runtime.slept())
        self._heard_after = self._looked = self._clock()
        self._silent_since = self._looked_at = self._loop.time()
        self._pinged_at: float | None = None
        self._doubted_at: float | None = None
        self._pings = self._pongs = 0
        self._proof = 0  # number of the ping whose pong proves that the peer came through a suspension; 0 for none
        self._ponged = asyncio.Event()
        self._nonsense: deque[float] = deque(maxlen=NONSENSE_PER_MINUTE)

    def start(self) -> None:
        """Begin to look: the link is open."""
        self._silent_since = self._looked_at = now = self._loop.time()
        self._looked = self._clock()
        self._timer = self._loop.call_at(self._suspensions.next_look(now), self._look)

    def stop(self) -> None:
        """Stop looking."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ------------------------------------------------------------------ what the connection tells

    def pong(self) -> None:
        """Take in a pong."""
        self.heard = True
        self.whole_at = self._loop.time()
        self._pongs += 1
        if self._pongs >= self._proof:
            self._proof = 0
        self._ponged.set()

    def doubt(self) -> None:
        """Ask the peer to finish something: it let a call time out."""
        if self._doubted_at is None:
            self._doubted_at = self._loop.time()
            self._ping()

    def nonsense(self) -> None:
        """Take in a frame that cannot be read."""
        now = self._loop.time()
        self._nonsense.append(now)
        if len(self._nonsense) == NONSENSE_PER_MINUTE and now - self._nonsense[0] < 60.0:
            self._peer.abort("too many unreadable frames")

    # ------------------------------------------------------------------ what the connection asks

    async def answers(self) -> None:
        """Ping the peer; return when the pong is there, and with it all that was sent before."""
        self._ping()
        number = self._pings
        while self._pongs < number:
            self._ponged.clear()
            await self._ponged.wait()

    def silence(self) -> float:
        """Return seconds in which nothing may have come, up to a second too many; a sleep of the machine counts."""
        return self._clock() - (self._looked if self.heard else self._heard_after)

    # ------------------------------------------------------------------ the look

    def _clock(self) -> float:
        return self._loop.time() + self._slept()

    def _ping(self) -> None:
        self._pings += 1
        self._peer.ping()

    def _look(self) -> None:
        now = self._loop.time()
        stood_still = self._suspensions.look(now, self._slept()) > 0.0
        before, self._looked = self._looked, self._clock()
        large, self._looked_at = self.heard and self.whole_at < self._looked_at, now
        self._timer = self._loop.call_at(self._suspensions.next_look(now), self._look)
        heard, self.heard = self.heard, False
        if heard:
            self._heard_after = before
            self._silent_since = now
        if stood_still:
            self._proof = self._pings + 1
            self._pinged_at = self._doubted_at = None
        elif self._doubted_at is not None:
            if self.whole_at >= self._doubted_at:
                self._doubted_at = None
            elif now - self._doubted_at >= PROOF_S:
                self._cut("the peer finishes nothing it begins")
                return
        if not stood_still and not large:
            self._peer.on_look(now)
        if heard and not self._proof:
            self._pinged_at = None
        self._judge(now)

    def _judge(self, now: float) -> None:
        silence, pong = BUSY_S if self._peer.busy else IDLE_S
        if self._pinged_at is None:
            if (self._proof or now - self._silent_since >= silence) and self._peer.may_ping():
                self._pinged_at = now
                self._ping()
        elif now - self._pinged_at >= (PROOF_S if self._proof else pong):
            self._cut("the peer is silent")

    def _cut(self, reason: str) -> None:
        log.warning("%r: %s, cutting", self._peer, reason)
        self._peer.abort(reason)
