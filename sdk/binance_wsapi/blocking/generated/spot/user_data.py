"""User data stream requests, as the venue has them; `SpotClient.user_data` outlives connections (WebSocket API).

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.models.session import SubscriptionInfo
from binance_wsapi.models.spot.general import Empty
from binance_wsapi.wire.border import calls_at_border

__all__ = ["UserDataMethods"]


@calls_at_border
class UserDataMethods:
    """User data stream requests, as the venue has them; `SpotClient.user_data` outlives connections."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    def user_data_subscribe(self, *, timeout: float | None = None) -> SubscriptionInfo:
        """Subscribe the logged-on account on the present connection only.

        Wire: ``userDataStream.subscribe``, security USER_STREAM, weight 2, orders 0.

        Args:
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The subscription.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Subscribe to User Data Stream".
        """
        return self._thread.run(self._inner.user_data_subscribe(timeout=timeout))

    def user_data_unsubscribe(self, *, subscription_id: int | None = None, timeout: float | None = None) -> Empty:
        """End a subscription of the present connection.

        Wire: ``userDataStream.unsubscribe``, security NONE, weight 2, orders 0.

        Args:
            subscription_id: the subscription; all of the connection when left out.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Nothing to look at.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Unsubscribe from User Data Stream".
        """
        return self._thread.run(self._inner.user_data_unsubscribe(subscription_id=subscription_id, timeout=timeout))

    def session_subscriptions(self, *, timeout: float | None = None) -> list[SubscriptionInfo]:
        """Ask for the subscriptions of the present connection.

        Wire: ``session.subscriptions``, security NONE, weight 2, orders 0.

        Args:
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The subscriptions.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Listing all subscriptions".
        """
        return self._thread.run(self._inner.session_subscriptions(timeout=timeout))

    def user_data_subscribe_signature(
        self,
        *,
        key: Signer | AsyncSigner | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> SubscriptionInfo:
        """Subscribe an account by signature, on the present connection only.

        Wire: ``userDataStream.subscribe.signature``, security USER_STREAM, weight 2, orders 0.

        Args:
            key: the key to do it with; the client's own when left out.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The subscription.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Subscribe to User Data Stream through signature subscription".
        """
        return self._thread.run(
            self._inner.user_data_subscribe_signature(key=key, recv_window=recv_window, timeout=timeout)
        )
