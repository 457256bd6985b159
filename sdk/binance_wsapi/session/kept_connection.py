"""One connection of a session, kept alive: `link.keeper` opens the next, this file makes it ready and retires the last.

Theory of operation. A connection is *current* from the moment it is prepared (clock, logon, subscriptions). When it is lost
there is none until the next is prepared, and calls wait. During a rotation the old one stays current until its successor is
prepared; then new calls go to the successor, the old one is drained of its replies and closed. Nothing that was sent is ever
sent again here.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from binance_wsapi.errors import ConnectFailed, NotSent, OutcomeUnknown, VenueError, WsapiError
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.keeper import Keeper
from binance_wsapi.link.lifecycle import Lifecycle, RotationEnded
from binance_wsapi.link.reconnect import worth_retrying
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.transport import Transport
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.observer import Observer

__all__ = ["KeptConnection", "KeptHost"]

DRAIN_TIMEOUT: Final = 15.0
"""Seconds a replaced connection may take to bring the last replies: the venue itself gives up after ten."""


class KeptHost(Observer[Connection], Protocol):
    """What a kept connection asks of the session it belongs to."""

    async def prepare(self, kept: KeptConnection, connection: Connection, deadline: float) -> None:
        """Make a fresh connection ready for use: clock, logon, subscriptions."""

    def on_ready(self, kept: KeptConnection, connection: Connection) -> None:
        """A connection became current."""

    def on_connect_failed(self, error: Exception) -> None:
        """An attempt failed, or has to wait. Another follows, unless the kept connection is now `dead`."""


class KeptConnection:
    """Keeps one connection of a session alive.

    Attributes:
        number: counted from 0; the first carries user data.
        current: the connection that takes calls, while there is one.
        dead: why no connection can be had any more.
        keeper: opens and replaces connections.
    """

    def __init__(
        self,
        number: int,
        host: KeptHost,
        *,
        urls: tuple[str, ...],
        settings: Settings,
        runtime: Runtime,
        transport: Transport,
        budget: ConnectBudget,
        lifecycle: Lifecycle,
    ) -> None:
        self.number = number
        self.current: Connection | None = None
        self.dead: WsapiError | None = None
        self._host = host
        self._runtime = runtime
        self._transport = transport
        self._open_timeout = settings.open_timeout
        self._lifecycle = lifecycle
        self._retiring: dict[asyncio.Task[None], Connection] = {}
        self.keeper: Keeper[Connection] = Keeper(
            self,
            name=f"kept {number}",
            urls=urls,
            settings=settings,
            runtime=runtime,
            budget=budget,
            lifecycle=lifecycle,
        )

    async def close(self) -> None:
        """End everything this one has at the same time: each connection may be half-open, and take its time."""
        # The keeper is cancelled first, so none is handed over meanwhile; it closes what it is opening.
        await asyncio.gather(self.keeper.stop(), self._end_opened())

    async def _end_opened(self) -> None:
        retiring = dict(self._retiring)
        for task in retiring:
            task.cancel()
        last = [*retiring.values(), *(() if self.current is None else (self.current,))]
        closing = [asyncio.ensure_future(connection.close()) for connection in last]
        await asyncio.gather(*retiring, *closing, return_exceptions=True)

    # ------------------------------------------------------------------ what the keeper asks and tells

    async def open(self, url: str, number: int) -> Connection:
        """Open a connection and prepare it."""
        connection = Connection(self._host, self._runtime, number)
        deadline = asyncio.get_running_loop().time() + self._open_timeout
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
        return connection

    def on_current(self, connection: Connection) -> None:
        """Give calls to this connection from now on."""
        self.current = connection
        self._host.on_ready(self, connection)

    def on_none(self) -> None:
        """Give calls to none."""
        self.current = None

    def on_connect_failed(self, error: Exception) -> None:
        """Tell the session."""
        self._host.on_connect_failed(error)

    def on_dead(self, error: WsapiError) -> None:
        """Have calls fail from now on; those that wait were just woken."""
        self.dead = error

    async def hand_over(self, old: Connection, new: Connection) -> Connection:
        """Let the replaced connection bring its last replies in the background, then close it."""
        task = asyncio.get_running_loop().create_task(self._retire(old, new))
        self._retiring[task] = old
        task.add_done_callback(self._retiring.pop)
        return new

    async def _retire(self, old: Connection, new: Connection) -> None:
        old.drain()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_TIMEOUT):
                    await old.idle()
                    if old.suspicion.suspect:  # a late reply is evidence: give it the time the venue may take
                        await old.wait_closed()
        finally:
            await old.close()
        self._lifecycle.emit(RotationEnded(old.number, new.number))
