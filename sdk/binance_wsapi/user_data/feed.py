"""User data: what happens to an account, as an async iterator that outlives connections and has no gaps.

Theory of operation. The accounts that consumers want are kept subscribed (`subscriptions`). While an old connection drains
beside its successor both deliver; an event that came over one is dropped when it comes over the other.

The venue keeps no history of events and numbers none. What happened while no connection listened is found by asking:
`repair` asks, `merge` decides what is missing and in which order it is told, and `account_view` keeps the present
state of the account. What cannot be found is a `Gap`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Generic

from binance_wsapi.errors import (
    NotConnected,
    NotSent,
    UsageError,
    WsapiError,
    shown,
)
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.inbox import Inbox, Sieve
from binance_wsapi.link.lifecycle import UnroutedEvent
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.listeners import SessionListener, SessionRank
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.items import Gap
from binance_wsapi.user_data.parts import AccountParts, Events, View
from binance_wsapi.user_data.subscription import AccountSubscription, key_digest
from binance_wsapi.user_data.subscriptions import RENEW_AFTER, RENEW_AT_MOST, Subscriptions
from binance_wsapi.user_data.tokens import ListenToken, TokenSource, keep_renewed
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.forms import Form, check_form

__all__ = ["UserData"]

log = logging.getLogger("binance_wsapi")

EVENTS_QUEUED = 100_000
"""Events kept for a consumer that does not keep up."""

INSIST_AT_MOST = 300.0
"""Seconds until handles try a subscription again that the venue refused though it may make it later: keys are banned for
insisting."""


class UserData(SessionListener, Generic[Events, View]):
    """All subscriptions of a client.

    Args:
        session: brings events and answers.
        parts: what is particular to the accounts of a product.
        runtime: sleeps.
        lag: seconds the venue's views may lag behind its matching engine.
        audit: seconds between two looks at an account without a reason; None is none.
    """

    def __init__(
        self,
        session: Session,
        parts: AccountParts[Events, View],
        runtime: Runtime,
        lag: float = 6.0,
        audit: float | None = 60.0,
    ) -> None:
        self._session = session
        self._parts = parts
        self._runtime = runtime
        self._subscriptions = Subscriptions(session, parts, runtime, lag, audit)
        self._all = self._subscriptions.all
        session.listeners.add(SessionRank.ACCOUNTS, self)

    @property
    def heard_at(self) -> float | None:
        """Moment of the event loop's clock at which the last event of any account came; None before the first."""
        heard = [each.heard_at for each in list(self._all.values()) if each.heard_at is not None]
        return max(heard, default=None)

    @asynccontextmanager
    async def open(
        self,
        key: Signer | AsyncSigner | None = None,
        symbols: Iterable[str] = (),
        form: Form = "objects",
    ) -> AsyncIterator[Events]:
        """Subscribe, and unsubscribe when the last consumer of the account leaves.

        Args:
            key: the account; None is the client's own. Another key is subscribed by signature, beside it.
            symbols: symbols to look at, now and after a gap, beside those on which orders are known.
            form: how events are delivered.

        Returns:
            An iterator of events: `Gap` and `Repaired` stand among those of the venue.

        Raises:
            UsageError: there is no key, or ``symbols`` is no list of text.
        """
        check_form(form)
        if isinstance(symbols, str):
            raise UsageError(f"symbols must be a list, got {shown(symbols)}: symbols=[{shown(symbols)}]")
        named = _texts(symbols)
        key = self._key(key)
        subscription = self._subscriptions.take(key)
        inbox: Inbox[Any] = Inbox(EVENTS_QUEUED)
        subscription.inboxes.append(inbox)
        subscription.watch(self._session.now_ms())
        if subscription.merge.symbols.name(named):
            subscription.repair.look_soon()
        try:
            await self._subscriptions.ensure(subscription)
            await self._look(subscription)
            yield self._parts.events(inbox, subscription, form)
        finally:
            subscription.inboxes.remove(inbox)
            inbox.end()
            await self._leave(subscription)

    def hear(self, wants: Callable[[Any], bool]) -> AbstractAsyncContextManager[Events]:
        """Hear of the client's own account from this call on, and begin to subscribe it.

        What comes while no connection can be asked for the subscription, as over a connection that is being replaced, is
        told as other consumers are told it. The account stays subscribed for as long as the client lives.

        Args:
            wants: tells whether the consumer wants an event, or a word about the stream.

        Returns:
            What is entered for an iterator of events. A `Gap` says that the account is subscribed from now on. The iterator
            raises where the venue refuses the account.

        Raises:
            UsageError: the client has no key.
            NotConnected: the client closes.
        """
        subscription = self._subscriptions.take(self._key(None))
        subscription.pinned = True
        inbox: Inbox[Any] = Sieve(EVENTS_QUEUED, wants)
        subscription.inboxes.append(inbox)
        subscription.watch(self._session.now_ms())
        making = self._subscriptions.begin(self._subscribe(subscription, inbox), "subscribe for handles")

        def failed(task: asyncio.Task[None]) -> None:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, Exception):
                inbox.end(error)

        making.add_done_callback(failed)
        return self._heard(subscription, inbox, making)

    @asynccontextmanager
    async def _heard(
        self, subscription: AccountSubscription[View], inbox: Inbox[Any], making: asyncio.Task[None]
    ) -> AsyncIterator[Events]:
        try:
            yield self._parts.events(inbox, subscription, "objects")
        finally:
            making.cancel()
            subscription.inboxes.remove(inbox)
            inbox.end()
            await self._leave(subscription)

    async def _subscribe(self, subscription: AccountSubscription[View], inbox: Inbox[Any]) -> None:
        """Subscribe an account for a consumer that hears already; again while the venue may do it later."""
        since = self._session.now_ms()
        pause = RENEW_AFTER
        while True:
            try:
                await self._subscriptions.ensure(subscription)
                break
            except WsapiError as error:
                wanted = self._subscriptions.has(subscription) and not self._subscriptions.refusing
                if not wanted or not subscription.may_be_made_later(error):
                    raise
                log.warning("user data may not be available, the orders are asked about instead: %s", error)
                most = RENEW_AT_MOST if isinstance(error, NotSent) else INSIST_AT_MOST
            await self._runtime.sleep(max(min(pause, most), subscription.pause))
            pause = min(2 * pause, INSIST_AT_MOST)
        if self._subscriptions.has(subscription) and not self._subscriptions.refusing:
            await self._look(subscription)
            inbox.put(Gap(since, self._session.now_ms(), "the account may not have been subscribed yet"))

    @asynccontextmanager
    async def open_by_token(self, fetch: Callable[[], Awaitable[ListenToken]]) -> AsyncIterator[Events]:
        """Subscribe an account by listen tokens until the context is left: see `SpotClient.margin_user_data`."""
        source = TokenSource(fetch)
        subscription = self._subscriptions.take(source)
        inbox: Inbox[Any] = Inbox(EVENTS_QUEUED)
        subscription.inboxes.append(inbox)
        keeping: asyncio.Task[None] | None = None
        try:
            await self._subscriptions.ensure(subscription)
            keeping = self._subscriptions.begin(
                keep_renewed(source, self._session, self._runtime, subscription.on, subscription.making), "listen token"
            )
            yield self._parts.events(inbox, subscription, "objects")
        finally:
            source.leave()
            if keeping is not None:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
            subscription.inboxes.remove(inbox)
            inbox.end()
            await self._leave(subscription)

    async def follow(self) -> None:
        """Subscribe the client's own account for as long as the client lives, for the listeners of the session's events.

        By itself it repairs nothing after a gap: what is found by asking has no frame that a listener could hear, and the
        listeners ask for themselves. A consumer of the same account has it repaired.
        """
        if self._session.credentials.key is None:
            return
        subscription = self._subscriptions.take(self._session.credentials.key)
        subscription.pinned = True
        await self._subscriptions.ensure(subscription)

    async def track(self) -> None:
        """Keep the state of the client's own account for as long as the client lives."""
        subscription = self._subscriptions.take(self._key(None))
        subscription.tracked = True
        subscription.watch(self._session.now_ms())
        await self._subscriptions.ensure(subscription)
        await self._look(subscription)
        if not subscription.cache.known:
            raise NotConnected("the account could not be asked about before the deadline")

    @property
    def cache(self) -> View:
        """The state of the client's own account.

        Raises:
            UsageError: it is not followed.
        """
        key = self._session.credentials.key
        subscription = self._all.get(key_digest(key)) if key is not None else None
        if subscription is None or not subscription.cache.known:
            raise UsageError(
                "the account is not followed: call client.track_account() first, or be inside client.user_data()"
            )
        return subscription.cache

    # ------------------------------------------------------------------ consumers

    def _key(self, key: Signer | AsyncSigner | None) -> Signer | AsyncSigner:
        key = key or self._session.credentials.key
        if key is None:
            raise UsageError(
                "user data needs a key, and this client has none: make it with one, as SpotClient.testnet(key)"
            )
        if not isinstance(key, Signer | AsyncSigner):
            raise UsageError(f"key must be a key, as Ed25519Key or HmacKey, got a {type(key).__name__}")
        return key

    async def _leave(self, subscription: AccountSubscription[View]) -> None:
        if subscription.inboxes or subscription.tracked or self._subscriptions.refusing:
            return
        subscription.stop_tracking()
        if not subscription.pinned and self._subscriptions.has(subscription):
            del self._all[key_digest(subscription.key)]
            await self._subscriptions.drop(subscription)

    async def _look(self, subscription: AccountSubscription[View]) -> None:
        """Begin to look at the account, and wait for the first look as long as a call may take."""
        if self._subscriptions.refusing:
            raise NotConnected("the client is closed")
        subscription.work()
        try:
            async with asyncio.timeout(self._session.settings.timeout):
                await subscription.repair.looked.wait()
        except TimeoutError:
            pass  # it goes on in the background; events come meanwhile
        if self._subscriptions.refusing:
            raise NotConnected("the client was closed before the account was asked about")

    # ------------------------------------------------------------------ what the session tells

    async def prepare(self, connection: Connection, deadline: float) -> None:
        """Subscribe every desired account on a new connection, before it counts as ready."""
        await self._subscriptions.prepare(connection, deadline)

    def on_late_reply(self, request_id: str, envelope: Envelope) -> None:
        """Hear of a subscription that was made, and whose reply no task waits for any more."""
        self._subscriptions.on_late_reply(request_id, envelope)

    def account_of(self, connection: Connection, subscription_id: int | None) -> Signer | AsyncSigner | None:
        """Return the account of a subscription; None where it was not made here by a key."""
        for subscription in self._all.values():
            if subscription.on.get(connection) == subscription_id and not isinstance(subscription.key, TokenSource):
                return subscription.key
        return None

    def on_home_lost(self) -> None:
        """Begin an interruption of every account that is subscribed."""
        since, home = self._session.now_ms(), self._session.connections.home
        if home is not None:
            # A connection that dies in silence is noticed some time after its death.
            since -= max(0, int((asyncio.get_running_loop().time() - home.heard_at) * 1000))
        for subscription in self._all.values():
            if subscription.on:
                subscription.lost(since)

    def on_events_missed(self, since_ms: int) -> None:
        """Have every account that is subscribed looked at."""
        for subscription in self._all.values():
            if subscription.on:
                subscription.lost(since_ms)
                subscription.whole()

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Give an event to the account whose subscription it is of."""
        if subscription_id is not None:
            for subscription in self._all.values():
                if subscription.on.get(connection) == subscription_id:
                    if subscription.deliver(connection, subscription_id, event):
                        self._subscriptions.terminated(subscription, connection)
                    return
        self._session.tell(UnroutedEvent(connection.number, subscription_id, event))

    def refuse(self) -> None:
        """Follow no account that is not followed yet, and begin no task."""
        self._subscriptions.refusing = True

    async def close(self) -> None:
        """End every iterator, and every wait for a first answer; leave no task."""
        self.refuse()
        tasks: list[asyncio.Task[None]] = list(self._subscriptions.tasks)
        for subscription in self._all.values():
            tasks += subscription.tasks
            subscription.end(None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _texts(symbols: object) -> list[str]:
    """Return symbols that are text, as they must be before they are looked up."""
    if isinstance(symbols, Iterable):
        given = list(symbols)
        if all(isinstance(each, str) for each in given):
            return given
    raise UsageError(f"symbols must be a list of text, got {shown(symbols)}")
