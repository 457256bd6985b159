"""Events of user data, and what was subscribed, from one connection to the next.

Theory of operation. One connection carries user data: the *home* connection. The listeners of the session do what has to be
done on every new one before it counts as ready, get the events, and are told when some may have been lost (see `listeners`).

Events outlive a rotation in order: the successor is subscribed while the old connection still is, and what it brings is
held back until the old one has surely brought everything from before. From then on both bring everything, each in order,
and the consumer of the events drops the second of two. If the old one is lost before, that is a loss like any other, and is
told as one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from binance_wsapi.errors import WsapiError
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.listeners import SessionListeners

__all__ = ["Handover"]

log = logging.getLogger("binance_wsapi")

STEP_TIMEOUT_S = 5.0
"""Seconds an old connection may take to show that it has brought every event from before its successor subscribed."""

SUSPECT_STEP_TIMEOUT_S = 0.5
"""The same for a connection that leaves requests unanswered: calls wait for its successor."""

STEP_MORE = 0.25
"""Seconds after that in which it still may: a reply and an event may come by different ways inside the venue."""

EVENTS_HELD = 10_000
"""Events held back at most; beyond, their order is worth less than the memory."""


class Handover:
    """Brings user data from one home connection to the next.

    Args:
        ask: asks something that changes nothing on a connection, by a deadline, and returns when the answer is there.
        listeners: prepare connections, and get the events.
    """

    def __init__(self, ask: Callable[[Connection, float], Awaitable[None]], listeners: SessionListeners) -> None:
        self._ask = ask
        self._listeners = listeners
        self._held: dict[Connection, list[tuple[int | None, bytes]]] = {}

    def event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Take in an event, in the order in which its connection brought it."""
        held = self._held.get(connection) if self._held else None
        if held is not None:
            held.append((subscription_id, event))
            if len(held) == EVENTS_HELD:
                self._release(connection)
            return
        for listener in self._listeners:
            listener.on_event(connection, subscription_id, event)

    def lost(self) -> None:
        """Say that the home connection ended, or that its successor does not bring all of what it would have brought."""
        for listener in self._listeners:
            listener.on_home_lost()

    async def take_over(self, old: Connection | None, new: Connection, deadline: float) -> None:
        """Do on a connection what the user had done on the last one, and put its events behind those of the last one."""
        if old is None or not old.usable or not old.subscribed:
            await self._restore(new, deadline)
            return
        self._held[new] = []
        try:
            await self._restore(new, deadline)
            if not await self._in_step(old, deadline):
                if old.usable:  # else its end has told it
                    self.lost()
                await self._restore(new, deadline)
            self._release(new)
            await self._restore(new, deadline)  # what was held back may be the end of a subscription
        finally:
            self._held.pop(new, None)

    async def _restore(self, connection: Connection, deadline: float) -> None:
        for listener in self._listeners:
            await listener.prepare(connection, deadline)

    async def _in_step(self, old: Connection, deadline: float) -> bool:
        """Wait until the old connection has brought all from before now; return whether it did."""
        try:
            within = SUSPECT_STEP_TIMEOUT_S if old.suspicion.suspect else STEP_TIMEOUT_S
            await self._ask(old, min(deadline, asyncio.get_running_loop().time() + within))
            async with asyncio.timeout(STEP_MORE):
                await old.wait_closed()
        except TimeoutError:
            return True
        except WsapiError as error:
            log.info("%r did not show that it has brought all its events: %s", old, error)
        return False

    def _release(self, connection: Connection) -> None:
        """Let go the events that were held back, and hold no more."""
        for subscription_id, event in self._held.pop(connection, ()):
            self.event(connection, subscription_id, event)
