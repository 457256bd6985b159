"""Events of user data, and what was subscribed, from one connection to the next.

Theory of operation. One connection carries user data: the *home* connection. The listeners of the session do what has to be
done on every new one before it counts as ready, get the events, and are told when some may have been lost (see `listeners`).

Events outlive a rotation in order: the successor is subscribed while the old connection still is, and what it brings is
held back until the old one has brought everything from before. From then on both bring everything, each in order, and the
consumer of the events drops the second of two. If the old one is lost before, that is a loss like any other, and is told as
one.

The venue states no bound on how late an event may be, and events wait for no replies. So the old connection
is kept for some seconds, and for as long as the events it brings are late themselves: each says when it was made. This costs
nothing, since calls and events go over the old one meanwhile. Events too late for that count as a loss, and so they do where
the successor's first shows that they were.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from binance_wsapi.errors import WsapiError
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.listeners import SessionListeners

__all__ = ["Handover"]

log = logging.getLogger("binance_wsapi")

STEP_TIMEOUT_S = 5.0
"""Seconds an old connection may take to answer one more question, once its successor is subscribed."""

STEP_LEAST_S = 3.0
"""Seconds for which an old connection is kept after that, so that it brings the events of before that are late."""

STEP_MARGIN_S = 1.0
"""Seconds by which an event may be later than the last one was."""

STEP_MOST_S = 15.0
"""Seconds for which it is kept at most: an account whose events are later than this is asked for what it missed."""

WATCHED_S = 60.0
"""Seconds after which the successor's first event says nothing about how late events were when the old one was left."""

SUSPECT_STEP_TIMEOUT_S = 0.5
"""Seconds for an answer of a connection that leaves requests unanswered: calls wait for its successor."""

SOON_S = 0.25
"""Seconds for which such a connection is kept, and one whose successor a question about a fate waits for. Where events
are later than it was kept, that is told as a loss."""

EVENTS_HELD = 10_000
"""Events held back at most; beyond, their order is worth less than the memory."""


class _Made(msgspec.Struct, rename={"at": "E"}):
    at: int
    """When the venue made the event, in the time unit of the connection."""


_read_made = msgspec.json.Decoder(_Made).decode


class Handover:
    """Brings user data from one home connection to the next.

    Args:
        ask: asks something that changes nothing on a connection, by a deadline, and returns when the answer is there.
        listeners: prepare connections, and get the events.
        now_ms: the venue's time.
        units: of the venue's time in events, in a millisecond.
    """

    def __init__(
        self,
        ask: Callable[[Connection, float], Awaitable[None]],
        listeners: SessionListeners,
        *,
        now_ms: Callable[[], int],
        units: int,
    ) -> None:
        self._ask = ask
        self._listeners = listeners
        self._now_ms = now_ms
        self._units = units
        self._last: tuple[bytes, float] | None = None  # and when it came, by the loop's time
        self._left: tuple[float, float] | None = None  # by the loop's time, and seconds for which the old one was kept
        self._held: dict[Connection, list[tuple[int | None, bytes]]] = {}
        self.successor: Connection | None = None
        """The connection that is subscribed, and waits for the old one to bring its events."""

    def event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Take in an event, in the order in which its connection brought it."""
        self._last = event, connection.heard_at
        if self._left is not None:
            self._look_back(*self._left)
        held = self._held.get(connection) if self._held else None
        if held is None:
            self._tell(connection, subscription_id, event)
            return
        held.append((subscription_id, event))
        if len(held) == EVENTS_HELD:
            self._release(connection)

    def _tell(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        for listener in self._listeners:
            listener.on_event(connection, subscription_id, event)

    def lost(self) -> None:
        """Say that the home connection ended, or that its successor does not bring all of what it would have brought."""
        for listener in self._listeners:
            listener.on_home_lost()

    async def take_over(self, old: Connection | None, new: Connection, deadline: float, *, soon: bool = False) -> None:
        """Do on a connection what the user had done on the last one, and put its events behind those of the last one.

        Args:
            old: carries user data until now, where there is one.
            new: carries it from now on.
            deadline: for the questions of this, by the event loop's time.
            soon: a question waits for the new one: the old one is kept for no longer than its events are known to be late.
        """
        if old is None or not old.usable or not old.subscribed:
            await self._restore(new, deadline)
            return
        self._held[new] = []
        time = asyncio.get_running_loop().time
        try:
            await self._restore(new, deadline)
            self.successor = new
            begun = time()
            in_step = await self._in_step(old, deadline, soon=soon)
            deadline += time() - begun
            if not in_step:
                if old.usable:  # else its end has told it
                    self.lost()
                await self._restore(new, deadline)
            self._release(new)
            await self._restore(new, deadline)  # what was held back may be the end of a subscription
        finally:
            self._held.pop(new, None)
            self.successor = None

    async def _restore(self, connection: Connection, deadline: float) -> None:
        for listener in self._listeners:
            await listener.prepare(connection, deadline)

    async def _in_step(self, old: Connection, deadline: float, *, soon: bool) -> bool:
        """Wait until the old connection has brought all from before now; return whether it did."""
        time = asyncio.get_running_loop().time
        begun = time()
        suspect = old.suspicion.suspect
        try:
            await self._ask(old, min(deadline, begun + (SUSPECT_STEP_TIMEOUT_S if suspect else STEP_TIMEOUT_S)))
        except WsapiError as error:
            log.info("%r did not show that it has brought all its events: %s", old, error)
            return False
        kept_since = time()
        most = 0.0 if suspect else STEP_MOST_S
        until = kept_since + (SOON_S if suspect or soon else STEP_LEAST_S)
        while (left := until - time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await old.wait_closed()
            except TimeoutError:
                if (late := self._late_s()) > SOON_S:
                    until = max(until, begun + min(most, late + STEP_MARGIN_S))
            else:
                return False
        kept = time() - begun
        if self._late_s() > kept:
            log.info("the events of %r are later than it can be waited for", old)
            return False
        self._left = time(), kept
        return True

    def _look_back(self, left_at: float, kept: float) -> None:
        """Take the first event since the old connection was left as a sign of how late events were then."""
        self._left = None
        late, ago = self._late_s(), asyncio.get_running_loop().time() - left_at
        if late > kept and ago < WATCHED_S:
            log.info("events are later than the connection that was replaced was kept for")
            since_ms = self._now_ms() - int((ago + kept + late) * 1000)
            for listener in self._listeners:
                listener.on_events_missed(since_ms)

    def _late_s(self) -> float:
        """Return by how many seconds the last event was late."""
        if self._last is None:
            return 0.0
        event, came = self._last
        try:
            made = _read_made(event).at / self._units
        except msgspec.MsgspecError:
            return 0.0
        came_ms = self._now_ms() - (asyncio.get_running_loop().time() - came) * 1000.0
        return (came_ms - made) / 1000.0

    def _release(self, connection: Connection) -> None:
        """Let go the events that were held back, and hold no more."""
        for subscription_id, event in self._held.pop(connection, ()):
            self._tell(connection, subscription_id, event)
