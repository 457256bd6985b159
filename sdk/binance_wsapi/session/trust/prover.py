"""Has a connection prove that it still answers, before any call uses it again.

Theory of operation. The venue is asked for its time over the connection. Until it answers, the connection is not `trusted`
and calls wait; what was in flight gets its reply if that is still to come. A connection that does not answer in time is cut.
Where the limits, or a ban, leave no room for the question, it is asked when they do: until then no call would go out either.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from binance_wsapi.errors import Banned, LimitExceeded
from binance_wsapi.link.liveness import PROOF_S
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.session.connection import Connection

__all__ = ["Prover"]

log = logging.getLogger("binance_wsapi")

ASK_AGAIN: Final = 1.0
"""Seconds until a question is tried again for which there was no room."""


class Prover:
    """Asks connections whether they still answer.

    Args:
        runtime: sleep.
        ask: asks the venue's time on a connection, by a deadline.
    """

    def __init__(self, runtime: Runtime, ask: Callable[[Connection, float], Awaitable[None]]) -> None:
        self._sleep = runtime.sleep
        self._ask = ask
        self._proofs: dict[Connection, asyncio.Task[None]] = {}
        self._closed = False

    def prove(self, connection: Connection, reason: str, proven: Callable[[], None], *, anew: bool = False) -> None:
        """Trust the connection no more until it has answered.

        Args:
            connection: the connection.
            reason: why it is not trusted, for the log and the end of a connection that does not answer.
            proven: called when it has answered.
            anew: whether the answer to a question that is under way proves nothing.
        """
        if self._closed:  # questions that end with the client are unanswered, too, and no call waits for the connection
            return
        running = self._proofs.get(connection)
        if running is not None:
            if not anew:
                return
            running.cancel()
        connection.trusted = False
        task = asyncio.get_running_loop().create_task(
            self._prove(connection, reason, proven), name="binance-wsapi proof"
        )
        self._proofs[connection] = task
        task.add_done_callback(lambda done: self._forget(connection, done))

    def _forget(self, connection: Connection, task: asyncio.Task[None]) -> None:
        if self._proofs.get(connection) is task:
            del self._proofs[connection]

    def close(self) -> None:
        """End every question that is under way, and begin none any more."""
        self._closed = True
        for task in self._proofs.values():
            task.cancel()

    async def _prove(self, connection: Connection, reason: str, proven: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        while connection.usable:
            try:
                await self._ask(connection, loop.time() + PROOF_S)
            except (LimitExceeded, Banned):
                await self._sleep(ASK_AGAIN)  # nothing was asked, and nothing is known
            except Exception as error:  # noqa: BLE001 - a connection that stays unproven is of no use, for any reason
                if self._proofs.get(connection) is not asyncio.current_task():
                    return  # another proof has begun
                log.info("%r did not prove that it answers (%s): %s", connection, reason, error)
                connection.abort(reason)
                return
            else:
                if self._proofs.get(connection) is asyncio.current_task():
                    connection.trusted = True
                    proven()
                return
