"""Logs connections on and out, so that all of a session stand for the same user.

A new connection whose logon is refused, though the venue accepted this key before, asks twice more within three seconds
(`LOGON_AGAIN`), for the refusal of a moment must not end a session; a key that the venue never accepted is asked about once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from binance_wsapi.errors import (
    AuthFailed,
    Forbidden,
    IpBanned,
    NotConnected,
    NotSent,
    RateLimited,
    ReplyTimeout,
    VenueError,
    VenueFault,
    WsapiError,
    printable,
)
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.lifecycle import Failed, Lifecycle
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.connections import Connections
from binance_wsapi.session.credentials import Credentials
from binance_wsapi.wire.caller import DEFAULT, CallOptions
from binance_wsapi.wire.codec import Envelope, read_session_state, request_id_of
from binance_wsapi.wire.common_calls import LOGON, STATUS
from binance_wsapi.wire.endpoint import Effect, Endpoint

__all__ = ["Logon"]

log = logging.getLogger("binance_wsapi")

LOGON_PATIENCE_S: Final = 2.0
"""Seconds that the answer to the logon of a new connection is waited for, while calls wait: the venue answers in
milliseconds, or when it gives up itself after ten seconds."""

Ask: TypeAlias = Callable[[Connection, Endpoint[Any], dict[str, Any], CallOptions, float], Awaitable[Envelope]]

LOGON_AGAIN: Final = (1.0, 2.0)
"""Seconds before a refused logon is tried again, with a key that the venue accepted before."""


class Logon:
    """Whom the connections of a session stand for.

    Args:
        credentials: the keys.
        connections: what is logged on.
        lifecycle: hears of a key that the venue refuses.
        runtime: sleep.
        ask: makes a call on one connection and no other, by a deadline.
    """

    def __init__(
        self,
        credentials: Credentials,
        connections: Connections,
        lifecycle: Lifecycle,
        runtime: Runtime,
        ask: Ask,
    ) -> None:
        self._credentials = credentials
        self._connections = connections
        self._lifecycle = lifecycle
        self._sleep = runtime.sleep
        self._ask = ask

    async def new(self, connection: Connection, key: Signer | AsyncSigner, deadline: float) -> bool:
        """Log a new connection on; where the venue refuses the key, note so: the connection is good for public calls.

        Where the venue answers something else, or nothing for `LOGON_PATIENCE_S`, each private request on this connection
        says by a signature of its own whose it is.

        Returns:
            Whether the connection has answered.
        """
        pauses = iter(LOGON_AGAIN if self._credentials.accepted is key else ())
        while True:
            try:
                patience = asyncio.timeout(None)
                async with patience:
                    envelope = await self._ask(connection, LOGON, {}, _bounded(key, patience), deadline)
                self._credentials.note(connection, envelope, key)
                self._connections.replace_refused()  # the venue accepts a key
                return True
            except (RateLimited, IpBanned, Forbidden):
                raise
            except AuthFailed as error:
                pause = next(pauses, None)
                late = pause is None or asyncio.get_running_loop().time() + 2 * pause > deadline
                if pause is None or late or self._credentials.logon is not key:
                    # No failure of the connection. Trying on and on would not help, and gets keys banned.
                    log.error("the venue refuses the key of this session: %d %s", error.code, printable(error.msg))
                    connection.refused = error
                    self._lifecycle.emit(Failed(connection.number, error))
                    return True
                log.warning("the venue refuses a key that it accepted: %d %s", error.code, printable(error.msg))
            except (VenueError, VenueFault) as error:
                log.warning("%r is used without a logon: %s", connection, error)
                return True
            except (TimeoutError, ReplyTimeout):
                if not patience.expired() and asyncio.get_running_loop().time() < deadline:
                    raise  # the signer's own
                log.warning("%r is used without a logon, which the venue does not answer", connection)
                return False
            await self._sleep(pause)

    async def all_connections(
        self, endpoint: Endpoint[Any], params: dict[str, Any], options: CallOptions, deadline: float
    ) -> Envelope:
        """Log every connection on or out, so that all stand for the same user; answer with the first reply.

        It counts from the first reply that confirms it. Until then, and when the venue refuses, the key that worked stays.
        A connection that fails to follow the first is replaced, and its successor logs on as the others did.
        """
        key = None if endpoint.effect is Effect.LOGOUT else self._credentials.for_logon(options.key)
        await self._connections.ready(endpoint, deadline)
        first: Envelope | None = None
        for connection in self._connections.and_successor:
            if not connection.usable:
                continue
            try:
                envelope = await self._log_connection(connection, key, endpoint, params, options, deadline)
            except WsapiError as error:
                if first is None:
                    raise
                log.warning("%r did not follow another connection's %s: %s", connection, endpoint.method, error)
                connection.logged_on_as = connection.refused = None  # until then each request on it is signed by itself
                self._connections.replace(connection)
                continue
            if first is None:
                first = envelope
                self._credentials.use(key)
        if first is None:
            raise NotConnected("the connection ended before anything was sent")
        return first

    async def _log_connection(
        self,
        connection: Connection,
        key: Signer | AsyncSigner | None,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
        deadline: float,
    ) -> Envelope:
        """Log one connection on as the owner of this key, or out.

        Until the reply is there, the venue may take the connection for either user. So meanwhile, and after a reply that
        never came, each private request says by a signature of its own whose it is.
        """
        before, connection.logged_on_as = connection.logged_on_as, None
        envelope: Envelope | None = None
        try:
            envelope = await self._ask(connection, endpoint, params, options, deadline)
            self._credentials.note(connection, envelope, key)
        except NotSent:
            connection.logged_on_as = before
            raise
        except VenueError:
            connection.logged_on_as = await self._stands_for(connection, before, deadline)
            raise
        except WsapiError as error:
            self._connections.replace(connection)
            raise error.about(request_id=request_id_of(envelope)) from None
        return envelope

    async def _stands_for(
        self, connection: Connection, before: Signer | AsyncSigner | None, deadline: float
    ) -> Signer | AsyncSigner | None:
        """Ask whom a connection stands for after a refused logon; None unless it is the user from before."""
        if before is None:
            return None
        try:
            envelope = await self._ask(connection, STATUS, {}, DEFAULT, deadline)
            assert envelope.result is not UNSET
            return before if read_session_state(envelope.result).apiKey == before.api_key else None
        except WsapiError as error:
            log.info("%r: session.status was not answered: %s", connection, error)
            return None


def _bounded(key: Signer | AsyncSigner, patience: asyncio.Timeout) -> CallOptions:
    """Return the options of a logon that is waited for with patience from when it was sent: a signer may take longer."""

    def sent(_request_id: str, _timestamp: int | None) -> None:
        patience.reschedule(asyncio.get_running_loop().time() + LOGON_PATIENCE_S)

    return CallOptions(key=key, sent=sent)
