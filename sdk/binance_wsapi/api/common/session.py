"""Authentication requests (WebSocket API)."""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.api.group import MethodGroup
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.models.session import SessionInfo
from binance_wsapi.wire import common_calls
from binance_wsapi.wire.caller import CallOptions

__all__ = ["SessionMethods"]


class SessionMethods(MethodGroup):
    """Authentication requests."""

    SESSION_LOGON = common_calls.LOGON.giving(SessionInfo)

    async def session_logon(
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
        return await self._caller.call(
            self.SESSION_LOGON, {"recvWindow": recv_window}, CallOptions(timeout=timeout, key=key)
        )

    SESSION_STATUS = common_calls.STATUS.giving(SessionInfo)

    async def session_status(self, *, timeout: float | None = None) -> SessionInfo:
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
        return await self._caller.call(self.SESSION_STATUS, {}, CallOptions(timeout=timeout))

    SESSION_LOGOUT = common_calls.LOGOUT.giving(SessionInfo)

    async def session_logout(self, *, timeout: float | None = None) -> SessionInfo:
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
        return await self._caller.call(self.SESSION_LOGOUT, {}, CallOptions(timeout=timeout))
