"""Second questions: what one connection does not answer is asked on another one, too, and the first answer counts.

Only what may be asked twice comes here: see `Connection.post`, whose ``again`` says what to ask.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from binance_wsapi.errors import BadTimestamp, ConnectionLost, NotConnected, WsapiError
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.connections import Connections
from binance_wsapi.session.in_flight import Waiting
from binance_wsapi.session.sender import Sender
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.codec import refusal
from binance_wsapi.wire.endpoint import Endpoint

__all__ = ["SecondQuestions"]

log = logging.getLogger("binance_wsapi")

VENUE_TIMEOUT = 10.5
"""Seconds after which the venue has given up a request itself ("Timeout waiting for response from backend server"), with
room for the way."""


class SecondQuestions:
    """The questions that are under way on a second connection.

    Args:
        connections: the others are among them.
        limiter: gives the tickets to ask again.
        sender: asks.
    """

    def __init__(self, connections: Connections, limiter: RequestLimiter, sender: Sender) -> None:
        self._connections = connections
        self._limiter = limiter
        self._sender = sender
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, connection: Connection, pending: Waiting) -> None:
        """Ask a question that a connection does not answer on another one, too; the first answer counts."""
        assert pending.again is not None
        task = asyncio.get_running_loop().create_task(
            self._ask(connection, pending, *pending.again), name="binance-wsapi second question"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()

    async def _ask(
        self,
        first: Connection,
        pending: Waiting,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
    ) -> None:
        loop = asyncio.get_running_loop()
        signed_anew = False
        try:
            while not pending.waiter.done():
                connection = await self._connections.ready(endpoint, pending.deadline, first)
                ticket = await self._limiter.admit(endpoint, params, pending.deadline)
                # Waited for as long as the venue may take: a call that ended meanwhile says nothing about this connection.
                stamped = loop.time()
                until = stamped + VENUE_TIMEOUT
                try:
                    envelope = await self._sender.send(
                        connection, endpoint, params, options, until, ticket, picked=True
                    )
                    if not signed_anew and isinstance(refusal(envelope), BadTimestamp):
                        await self._sender.timekeeper.correct(connection, stamped, pending.deadline)
                        signed_anew = True  # by the clock of this node: the first one's may be another
                        continue
                except (NotConnected, ConnectionLost):
                    continue
                first.answered_elsewhere(pending, envelope)
                return
        except WsapiError as error:
            log.info("%s was not answered elsewhere either: %s", endpoint.method, error)
