"""Authentication requests (WebSocket API).

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.models.session import SessionInfo
from binance_wsapi.wire.border import calls_at_border

__all__ = ["SessionMethods"]


@calls_at_border
class SessionMethods:
    """Authentication requests."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    def session_logon(
        self,
        key: Signer | AsyncSigner | None = None,
        *,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> SessionInfo:
        """Log every connection of this client on.

        It counts, for all calls from then on, as soon as the venue confirms it on one connection; those that do not follow
        are replaced. Where this raises, the client stands for whom it stood for before.

        Wire: ``session.logon``, security SIGNED, weight 2, orders 0.

        Args:
            key: the key to do it with; the client's own when left out.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Whom the connection stands for.

        Raises:
            AuthFailed: the venue refuses the key.
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Log in with API key".
        """
        return self._thread.run(self._inner.session_logon(key, recv_window=recv_window, timeout=timeout))

    def session_status(self, *, timeout: float | None = None) -> SessionInfo:
        """Ask whom the connection that carries user data stands for.

        Wire: ``session.status``, security NONE, weight 2, orders 0.

        Args:
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Whom it stands for.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query session status".
        """
        return self._thread.run(self._inner.session_status(timeout=timeout))

    def session_logout(self, *, timeout: float | None = None) -> SessionInfo:
        """Log every connection of this client out.

        It counts as a logon does: from the first connection on which the venue confirms it.

        Wire: ``session.logout``, security NONE, weight 2, orders 0.

        Args:
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The session, without a key.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Log out of the session".
        """
        return self._thread.run(self._inner.session_logout(timeout=timeout))
