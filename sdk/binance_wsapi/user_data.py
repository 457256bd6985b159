"""User data: what happens to an account, as an async iterator that outlives connections.

Theory of operation. A `Subscription` is desired state: one account that should be subscribed on the home connection. It
is made when the first consumer enters, and made again on every new home connection before that counts as ready, so no
call is answered on a connection whose events would be missed. While an old connection drains beside its successor both
deliver; an event that came over one is dropped when it comes over the other.

Events are decoded where they are consumed, never in the read callback. The venue keeps no history and numbers nothing,
so what happened between two connections is not in the stream; a `Gap` stands in its place, with the span it may cover.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from binance_wsapi.api.spot.user_data import UserDataMethods
from binance_wsapi.errors import NotConnected, OutcomeUnknown, UsageError, WsapiError
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.models.events import UserDataEvent, decode_event
from binance_wsapi.session.connection import Connection, State
from binance_wsapi.session.inbox import Inbox, Overflow
from binance_wsapi.session.lifecycle import UnroutedEvent
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import TimeUnit

__all__ = ["Gap", "UserData", "UserDataEvents"]

QUEUE = 100_000
"""Events kept for a consumer that does not keep up."""

REMEMBERED = 4_096
"""Events remembered to tell the double of one that came over the other connection."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The stream was interrupted: what happened to the account in between is not in it.

    Args:
        since: milliseconds of the venue's clock from which events may be missing.
        until: milliseconds of the venue's clock at which the stream was whole again.
    """

    since: int
    until: int


Item: TypeAlias = UserDataEvent | Gap | Overflow


class UserDataEvents:
    """The events of one account, for one consumer.

    An async iterator of typed events, of `Gap` where the stream was interrupted, and of `Overflow` where this consumer
    was too slow. It ends when the client is closed, and raises when the venue takes the subscription away for good.
    """

    def __init__(self, inbox: Inbox[tuple[int, bytes] | Gap], time_unit: TimeUnit) -> None:
        self._inbox = inbox
        self._time_unit = time_unit

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        item = await self._inbox.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, Gap | Overflow):
            return item
        subscription_id, event = item
        return decode_event(event, subscription_id, microseconds=self._time_unit is TimeUnit.MICROSECOND)


class Subscription:
    """One account on the home connection, and everybody who wants its events."""

    def __init__(self, key: Signer | AsyncSigner) -> None:
        self.key = key
        self.inboxes: list[Inbox[tuple[int, bytes] | Gap]] = []
        self.pinned = False
        self.on: dict[Connection, int] = {}
        self.making = asyncio.Lock()
        self._seen: OrderedDict[bytes, int] = OrderedDict()

    def deliver(self, connection: Connection, subscription_id: int, event: bytes) -> None:
        first = self._seen.setdefault(event, connection.number)
        if first != connection.number:
            return
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        for inbox in self.inboxes:
            inbox.put((subscription_id, event))

    def tell(self, gap: Gap) -> None:
        for inbox in self.inboxes:
            inbox.put(gap)

    def end(self, error: WsapiError | None) -> None:
        for inbox in self.inboxes:
            inbox.end(error)


class UserData:
    """All subscriptions of a client."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._subscriptions: dict[str, Subscription] = {}
        self._lost_at: int | None = None
        session.preparations.append(self._restore)
        session.event_taps.append(self._route)
        session.on_home_lost = self._home_lost

    @asynccontextmanager
    async def open(self, key: Signer | AsyncSigner | None = None) -> AsyncIterator[UserDataEvents]:
        """Subscribe, and unsubscribe when the last consumer of the account leaves.

        Args:
            key: the account; None is the client's own. Another key is subscribed by signature, beside it.
        """
        key = key or self._session.credentials.key
        if key is None:
            raise UsageError("user data needs a key, and this client has none")
        subscription = self._subscriptions.get(key.api_key)
        if subscription is None:
            subscription = self._subscriptions[key.api_key] = Subscription(key)
        inbox: Inbox[tuple[int, bytes] | Gap] = Inbox(QUEUE)
        subscription.inboxes.append(inbox)
        try:
            await self._ensure(subscription)
            yield UserDataEvents(inbox, self._session.settings.time_unit)
        finally:
            subscription.inboxes.remove(inbox)
            if (
                not subscription.inboxes
                and not subscription.pinned
                and self._subscriptions.get(key.api_key) is subscription
            ):
                del self._subscriptions[key.api_key]
                await self._drop(subscription)

    async def follow(self) -> None:
        """Subscribe the client's own account for as long as the client lives, for whoever taps the session's events."""
        key = self._session.credentials.key
        if key is None:
            return
        subscription = self._subscriptions.setdefault(key.api_key, Subscription(key))
        subscription.pinned = True
        await self._ensure(subscription)

    async def _ensure(self, subscription: Subscription) -> None:
        """Return when the account is subscribed on the connection that is home now."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._session.settings.timeout
        while True:
            connection = await self._session.home_ready(deadline)
            try:
                await self._make(subscription, connection, deadline)
            except (NotConnected, OutcomeUnknown):
                # The next connection restores what is desired, so losing this one is no reason to give up.
                if connection.state is State.CLOSED and loop.time() < deadline:
                    continue
                raise
            return

    async def _make(self, subscription: Subscription, connection: Connection, deadline: float) -> None:
        async with subscription.making:
            if connection in subscription.on:
                return
            own = subscription.key is self._session.credentials.logon and connection.logged_on_as is not None
            if own:
                made = await self._session.exchange_on(
                    connection, UserDataMethods.USER_DATA_SUBSCRIBE, {}, CallOptions(), deadline
                )
            else:
                made = await self._session.exchange_on(
                    connection,
                    UserDataMethods.USER_DATA_SUBSCRIBE_SIGNATURE,
                    {},
                    CallOptions(key=subscription.key),
                    deadline,
                )
            subscription.on = {each: at for each, at in subscription.on.items() if each.state is not State.CLOSED}
            subscription.on[connection] = made.subscription_id
            connection.adopt(made.subscription_id)

    async def _restore(self, connection: Connection, deadline: float) -> None:
        """Subscribe every desired account on a new connection, before it counts as ready."""
        for name, subscription in list(self._subscriptions.items()):
            try:
                await self._make(subscription, connection, deadline)
            except (NotConnected, OutcomeUnknown):
                raise
            except WsapiError as error:
                # Refused: the account is gone for good, the connection is not.
                self._subscriptions.pop(name, None)
                subscription.end(error)
        if self._lost_at is not None:
            gap = Gap(self._lost_at, self._session.now_ms())
            self._lost_at = None
            for subscription in self._subscriptions.values():
                subscription.tell(gap)

    async def _drop(self, subscription: Subscription) -> None:
        """Unsubscribe, as far as there is still a connection to do it on."""
        loop = asyncio.get_running_loop()
        for connection, subscription_id in list(subscription.on.items()):
            if not connection.usable or self._session.closed:
                continue
            try:
                await self._session.exchange_on(
                    connection,
                    UserDataMethods.USER_DATA_UNSUBSCRIBE,
                    {"subscriptionId": subscription_id},
                    CallOptions(),
                    loop.time() + self._session.settings.timeout,
                )
            except WsapiError:
                continue  # the connection ended, and with it the subscription

    def _home_lost(self) -> None:
        if self._subscriptions and self._lost_at is None:
            self._lost_at = self._session.now_ms()

    def _route(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        if subscription_id is not None:
            for subscription in self._subscriptions.values():
                if subscription.on.get(connection) == subscription_id:
                    subscription.deliver(connection, subscription_id, event)
                    return
        self._session.tell(UnroutedEvent(connection.number, subscription_id, event))

    def close(self) -> None:
        """End every iterator."""
        for subscription in self._subscriptions.values():
            subscription.end(None)
