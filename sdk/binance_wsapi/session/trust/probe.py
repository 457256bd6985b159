"""Asks a connection whether it answers at all.

Theory of operation. The venue is asked for its time, which its clock is compared with. A venue may have lost what answers
that and nothing else, so a second later it is asked for a sign of life as well (``ping``). The first answer counts, and so
does a refusal: what refuses is alive. Without any comparison of the clocks no connection is used, though: nothing is signed
by a clock that was not compared. Where they were compared before, over another connection, that estimate and its error
count on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from binance_wsapi.errors import UnreadableReply, VenueError, VenueFault
from binance_wsapi.session.connection import Connection

__all__ = ["PATIENCE_S", "Probe", "is_answer"]

log = logging.getLogger("binance_wsapi")

PATIENCE_S: Final = 1.0
"""Seconds that a question about the time is waited for alone. The venue answers in milliseconds, or when it gives up itself
after ten seconds."""


class Probe:
    """Asks connections whether they answer.

    Args:
        tell_time: asks the venue's time on a connection, by a deadline, and takes the answer for a sample of its clock.
        ping: asks for a sign of life on it, by a deadline.
        synced: whether the venue's clock is known.
    """

    def __init__(
        self,
        tell_time: Callable[[Connection, float], Awaitable[None]],
        ping: Callable[[Connection, float], Awaitable[Any]],
        synced: Callable[[], bool],
    ) -> None:
        self._tell_time = tell_time
        self._ping = ping
        self._synced = synced

    async def ask(self, connection: Connection, deadline: float) -> None:
        """Return when a connection has answered, and the venue's clock is known.

        Raises:
            WsapiError: it answered nothing by the deadline, or the venue's clock is not known.
        """
        time = asyncio.ensure_future(self._time(connection, deadline))
        tasks = [time]
        try:
            await asyncio.wait(tasks, timeout=PATIENCE_S)
            if not time.done():
                log.info("%r does not tell the time: it is asked for a sign of life", connection)
                tasks.append(asyncio.ensure_future(self._alive(connection, deadline)))
            while not (any(map(_has_answered, tasks)) and self._synced()):
                waiting = [task for task in tasks if not task.done()]
                if not waiting:
                    break
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            else:
                return
            await time  # raises why the time is not known
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _time(self, connection: Connection, deadline: float) -> None:
        await self._tell_time(connection, deadline)
        if not self._synced():  # this process stood still while the answer was under way
            await self._tell_time(connection, deadline)

    async def _alive(self, connection: Connection, deadline: float) -> None:
        await self._ping(connection, deadline)


def is_answer(error: BaseException | None) -> bool:
    """Whether this is the venue's answer to a question: all but silence, and the end of the connection."""
    return error is None or isinstance(error, VenueError | VenueFault | UnreadableReply)


def _has_answered(task: asyncio.Future[None]) -> bool:
    return task.done() and not task.cancelled() and is_answer(task.exception())
