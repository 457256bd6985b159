"""User data stream requests, as the venue has them; `SpotClient.user_data` outlives connections (WebSocket API)."""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.api.spot.checks import SpotGroup
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.models.session import SubscriptionInfo
from binance_wsapi.models.spot.general import Empty
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.common_calls import SUBSCRIPTIONS
from binance_wsapi.wire.endpoint import Auth, Effect, Endpoint, Security

__all__ = ["UserDataMethods"]


class UserDataMethods(SpotGroup):
    """User data stream requests, as the venue has them; `SpotClient.user_data` outlives connections."""

    USER_DATA_SUBSCRIBE = Endpoint(
        "userDataStream.subscribe",
        SubscriptionInfo,
        security=Security.USER_STREAM,
        weight=2,
        replay_safe=False,
        auth=Auth.LOGON,
        effect=Effect.SUBSCRIPTION,
        home=True,
        apart=True,
    )

    async def user_data_subscribe(self, *, timeout: float | None = None) -> SubscriptionInfo:
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
        return await self._ask(self.USER_DATA_SUBSCRIBE, {}, CallOptions(timeout=timeout))

    USER_DATA_UNSUBSCRIBE = Endpoint("userDataStream.unsubscribe", Empty, weight=2, replay_safe=False, home=True)

    async def user_data_unsubscribe(self, *, subscription_id: int | None = None, timeout: float | None = None) -> Empty:
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
        return await self._ask(
            self.USER_DATA_UNSUBSCRIBE, {"subscriptionId": subscription_id}, CallOptions(timeout=timeout)
        )

    SESSION_SUBSCRIPTIONS = SUBSCRIPTIONS.giving(list[SubscriptionInfo])

    async def session_subscriptions(self, *, timeout: float | None = None) -> list[SubscriptionInfo]:
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
        return await self._ask(self.SESSION_SUBSCRIPTIONS, {}, CallOptions(timeout=timeout))

    USER_DATA_SUBSCRIBE_SIGNATURE = Endpoint(
        "userDataStream.subscribe.signature",
        SubscriptionInfo,
        security=Security.USER_STREAM,
        weight=2,
        replay_safe=False,
        auth=Auth.SIGNATURE,
        effect=Effect.SUBSCRIPTION,
        home=True,
        apart=True,
    )

    async def user_data_subscribe_signature(
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
        return await self._ask(
            self.USER_DATA_SUBSCRIBE_SIGNATURE, {"recvWindow": recv_window}, CallOptions(timeout=timeout, key=key)
        )
