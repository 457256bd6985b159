"""User data: what happens to an account, as an async iterator that outlives connections and has no gaps.

Theory of operation. An `AccountSubscription` is desired state: one account that should be subscribed on the home
connection. It is made when the first consumer enters, and made again on every new home connection before that counts as
ready, so no call is answered on a connection whose events would be missed. While an old connection drains beside its
successor both deliver; an event that came over one is dropped when it comes over the other.

The venue keeps no history of events and numbers none. What happened while no connection listened is found by asking:
`repair` asks, `merge` decides what is missing and in which order it is told, and `account_view` keeps the present
state of the account. What cannot be found is a `Gap`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Generic, cast

from msgspec import UNSET

from binance_wsapi.errors import (
    AuthFailed,
    NotConnected,
    OutcomeUnknown,
    UsageError,
    VenueError,
    WsapiError,
    shown,
)
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.link.inbox import Inbox
from binance_wsapi.link.lifecycle import UnroutedEvent
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.session import SubscriptionInfo
from binance_wsapi.session.connection import Connection, State
from binance_wsapi.session.listeners import SessionListener, SessionRank
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.asking import LOOK_WEIGHT_SHARE
from binance_wsapi.user_data.late import LateSubscriptions
from binance_wsapi.user_data.parts import AccountParts, Events, View
from binance_wsapi.user_data.subscription import ENDED_AT_ONCE, AccountSubscription, is_temporary, key_digest
from binance_wsapi.user_data.tokens import ListenToken, TokenSource, keep_renewed
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.forms import Form, check_form

__all__ = ["UserData"]

log = logging.getLogger("binance_wsapi")

EVENTS_QUEUED = 100_000
"""Events kept for a consumer that does not keep up."""

RENEW_AFTER = 1.0
"""Seconds until a subscription that could not be made again is tried anew."""

_TAKEN = frozenset({-2035, -2042})
"""A subscription is active already, or a connection has used up its numbers of subscriptions (errors, -2035 and -2042)."""


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
        self._allowance = Allowance(LOOK_WEIGHT_SHARE)
        self._lag = lag
        self._audit = audit
        self._subscriptions: dict[bytes, AccountSubscription[View]] = {}
        self._late = LateSubscriptions()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        session.listeners.add(SessionRank.ACCOUNTS, self)

    @property
    def heard_at(self) -> float | None:
        """Moment of the event loop's clock at which the last event of any account came; None before the first."""
        heard = [each.heard_at for each in list(self._subscriptions.values()) if each.heard_at is not None]
        return max(heard, default=None)

    @asynccontextmanager
    async def open(
        self, key: Signer | AsyncSigner | None = None, symbols: Iterable[str] = (), form: Form = "objects"
    ) -> AsyncIterator[Events]:
        """Subscribe, and unsubscribe when the last consumer of the account leaves.

        Args:
            key: the account; None is the client's own. Another key is subscribed by signature, beside it.
            symbols: symbols to look at, now and after a gap, beside those on which orders are known.
            form: how events are delivered.

        Returns:
            An iterator of events: `Gap` and `Repaired` stand among those of the venue.

        Raises:
            UsageError: there is no key, or ``symbols`` is a single text.
        """
        check_form(form)
        if isinstance(symbols, str):
            raise UsageError(f"symbols must be a list, got {shown(symbols)}: symbols=[{shown(symbols)}]")
        key = self._key(key)
        subscription = self._take(key)
        inbox: Inbox[Any] = Inbox(EVENTS_QUEUED)
        subscription.inboxes.append(inbox)
        subscription.watch(self._session.now_ms())
        if subscription.merge.symbols.name(symbols):
            subscription.repair.look_soon()
        try:
            await self._ensure(subscription)
            await self._look(subscription)
            yield self._parts.events(inbox, subscription, form)
        finally:
            subscription.inboxes.remove(inbox)
            inbox.end()
            await self._leave(subscription)

    @asynccontextmanager
    async def open_by_token(self, fetch: Callable[[], Awaitable[ListenToken]]) -> AsyncIterator[Events]:
        """Subscribe an account by listen tokens until the context is left: see `SpotClient.margin_user_data`."""
        source = TokenSource(fetch)
        subscription = self._take(source)
        inbox: Inbox[Any] = Inbox(EVENTS_QUEUED)
        subscription.inboxes.append(inbox)
        keeping: asyncio.Task[None] | None = None
        try:
            await self._ensure(subscription)
            keeping = self._begin(
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
        subscription = self._take(self._session.credentials.key)
        subscription.pinned = True
        await self._ensure(subscription)

    async def track(self) -> None:
        """Keep the state of the client's own account for as long as the client lives."""
        subscription = self._take(self._key(None))
        subscription.tracked = True
        subscription.watch(self._session.now_ms())
        await self._ensure(subscription)
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
        subscription = self._subscriptions.get(key_digest(key)) if key is not None else None
        if subscription is None or not subscription.cache.known:
            raise UsageError(
                "the account is not followed: call client.track_account() first, or be inside client.user_data()"
            )
        return subscription.cache

    # ------------------------------------------------------------------ subscribing

    def _key(self, key: Signer | AsyncSigner | None) -> Signer | AsyncSigner:
        key = key or self._session.credentials.key
        if key is None:
            raise UsageError("user data needs a key, and this client has none")
        if not isinstance(key, Signer | AsyncSigner):
            raise UsageError(f"key must be a key, as Ed25519Key or HmacKey, got a {type(key).__name__}")
        return key

    def _take(self, key: Signer | AsyncSigner | TokenSource) -> AccountSubscription[View]:
        if self._closed:
            raise NotConnected("the client is closed")
        subscription = self._subscriptions.get(key_digest(key))
        if subscription is None:
            # Of the account of a token nothing is asked.
            questions = self._parts.questions(self._session, cast("Signer", key), self._allowance, self._runtime)
            subscription = AccountSubscription(self._session, self._parts, questions, key, self._lag, self._audit)
            self._subscriptions[key_digest(key)] = subscription
        return subscription

    async def _leave(self, subscription: AccountSubscription[View]) -> None:
        if subscription.inboxes or subscription.tracked or self._closed:
            return
        subscription.stop_tracking()
        if not subscription.pinned and self._subscriptions.get(key_digest(subscription.key)) is subscription:
            del self._subscriptions[key_digest(subscription.key)]
            await self._drop(subscription)

    async def _look(self, subscription: AccountSubscription[View]) -> None:
        """Begin to look at the account, and wait for the first look as long as a call may take."""
        if self._closed:
            raise NotConnected("the client is closed")
        subscription.work()
        try:
            async with asyncio.timeout(self._session.settings.timeout):
                await subscription.repair.looked.wait()
        except TimeoutError:
            pass  # it goes on in the background; events come meanwhile
        if self._closed:
            raise NotConnected("the client was closed before the account was asked about")

    async def _ensure(self, subscription: AccountSubscription[View]) -> None:
        """Return when the account is subscribed on the connection that is home now."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._session.settings.timeout
        while True:
            connection = await self._session.connections.home_ready(deadline)
            if connection not in subscription.on and (pause := subscription.pause) > 0:
                if loop.time() + pause >= deadline:
                    raise NotConnected(f"{ENDED_AT_ONCE}: it is asked for again in {pause:.0f} s")
                await self._runtime.sleep(pause)
                continue
            try:
                await self._make(subscription, connection, deadline)
            except (NotConnected, OutcomeUnknown):
                # The next connection restores what is desired, so losing this one is no reason to give up.
                if connection.state is State.CLOSED and loop.time() < deadline:
                    continue
                raise
            except VenueError as error:
                # Active: an earlier request got through, and its answer was lost. A fresh connection is subscribed before
                # it is used.
                if error.code not in _TAKEN or connection is not self._session.connections.home:
                    raise
                log.info("connection #%d is replaced: %s", connection.number, error)
                self._session.connections.rotate()
                try:
                    async with asyncio.timeout_at(deadline):
                        await connection.wait_closed()
                except TimeoutError:
                    raise NotConnected(
                        "a connection on which the account is subscribed anew did not come in time"
                    ) from error
                if self._subscriptions.get(key_digest(subscription.key)) is not subscription:
                    raise  # refused there, too: the account is subscribed by another key
                continue
            if (
                connection in subscription.on
                or self._subscriptions.get(key_digest(subscription.key)) is not subscription
            ):
                return

    async def _make(self, subscription: AccountSubscription[View], connection: Connection, deadline: float) -> None:
        async with subscription.making:
            if connection in subscription.on or subscription.pause:
                return
            subscription.hold()
            key = subscription.key
            own = key is self._session.credentials.logon
            if own and connection.refused is not None:  # a signature of the same key would be refused, too
                refused = connection.refused
                raise AuthFailed(refused.status, refused.code, refused.msg) from refused
            made: SubscriptionInfo
            with self._late.asking(subscription, connection) as asked:
                if isinstance(key, TokenSource):
                    made = await key.subscribe(self._session, connection, asked)
                else:
                    by_logon = own and connection.stands_for(key)
                    made = await self._session.exchange_on(
                        connection,
                        self._parts.subscribe if by_logon else self._parts.subscribe_signature,
                        {},
                        CallOptions(key=None if by_logon else key, sent=asked),
                        deadline,
                    )
            subscription.made(connection, made.subscription_id)
        if self._subscriptions.get(key_digest(subscription.key)) is not subscription and not self._closed:
            await self._drop(subscription)  # its last consumer left while it was made

    async def prepare(self, connection: Connection, deadline: float) -> None:
        """Subscribe every desired account on a new connection, before it counts as ready."""
        while missing := [each for each in self._asked() if connection not in each.on and not each.pause]:
            for subscription in missing:
                try:
                    await self._make(subscription, connection, deadline)
                except WsapiError as error:
                    if is_temporary(error):
                        raise  # the connection is not ready; the next attempt may do better
                    # Refused: the account is gone for good, the connection is not.
                    self._subscriptions.pop(key_digest(subscription.key), None)
                    subscription.end(error)
            # Again: the venue may have ended one while another was made.
        for subscription in self._subscriptions.values():
            if connection in subscription.on:
                subscription.whole()
            elif subscription.inboxes or not isinstance(subscription.key, TokenSource):
                # No connection waits for user code, which fetches tokens, nor for a venue that ends each subscription.
                self._begin(self._renew(subscription), "subscribe again")

    def _asked(self) -> list[AccountSubscription[View]]:
        """Return the accounts that a key subscribes."""
        return [each for each in self._subscriptions.values() if not isinstance(each.key, TokenSource)]

    async def _renew(self, subscription: AccountSubscription[View]) -> None:
        """Subscribe anew after the venue ended the subscription, and not the connection."""
        while not self._session.closed and self._subscriptions.get(key_digest(subscription.key)) is subscription:
            try:
                await self._ensure(subscription)
            except WsapiError as error:
                if subscription.wants_another_token(error) or is_temporary(error):
                    await self._runtime.sleep(max(RENEW_AFTER, subscription.pause))
                    continue
                self._subscriptions.pop(key_digest(subscription.key), None)
                subscription.end(error)
            else:
                subscription.whole()
            return

    async def _drop(self, subscription: AccountSubscription[View]) -> None:
        """Unsubscribe, as far as there is still a connection to do it on; also where the caller is cancelled meanwhile."""
        tasks = [self._begin(self._unsubscribe(*each), "unsubscribe") for each in subscription.on.items()]
        if tasks:
            await asyncio.wait(tasks)

    async def _unsubscribe(self, connection: Connection, number: int) -> None:
        if not connection.usable or self._session.closed:
            return
        deadline = asyncio.get_running_loop().time() + self._session.settings.timeout
        with suppress(WsapiError):  # the connection ended, and with it the subscription
            await self._session.exchange_on(
                connection, self._parts.unsubscribe, {"subscriptionId": number}, CallOptions(), deadline
            )

    # ------------------------------------------------------------------ what the session tells

    def account_of(self, connection: Connection, subscription_id: int | None) -> Signer | AsyncSigner | None:
        """Return the account of a subscription; None where it was not made here by a key."""
        for subscription in self._asked():
            if subscription.on.get(connection) == subscription_id:
                return cast("Signer | AsyncSigner", subscription.key)
        return None

    def on_home_lost(self) -> None:
        """Begin an interruption of every account that is subscribed."""
        since, home = self._session.now_ms(), self._session.connections.home
        if home is not None:
            # A connection that dies in silence is noticed some time after its death.
            since -= max(0, int((asyncio.get_running_loop().time() - home.heard_at) * 1000))
        for subscription in self._subscriptions.values():
            if subscription.on:
                subscription.lost(since)

    def on_events_missed(self, since_ms: int) -> None:
        """Have every account that is subscribed looked at."""
        for subscription in self._subscriptions.values():
            if subscription.on:
                subscription.lost(since_ms)
                subscription.whole()

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Give an event to the account whose subscription it is of."""
        if subscription_id is not None:
            for subscription in self._subscriptions.values():
                if subscription.on.get(connection) == subscription_id:
                    if subscription.deliver(connection, subscription_id, event):
                        self._terminated(subscription, connection)
                    return
        self._session.tell(UnroutedEvent(connection.number, subscription_id, event))

    def _terminated(self, subscription: AccountSubscription[View], connection: Connection) -> None:
        """The venue ended the subscription. An old connection that drains is no loss; the present one is.

        On a connection that is being made ready it is a loss, too: `prepare` subscribes anew before it is ready.
        """
        subscription.on.pop(connection, None)
        home = self._session.connections.home
        if home is not None and connection.number < home.number:
            return
        subscription.ended(connection)
        if connection is not home or self._closed:
            return
        self._begin(self._renew(subscription), "subscribe again")

    def on_late_reply(self, request_id: str, envelope: Envelope) -> None:
        """Hear of a subscription that was made, and whose reply no task waits for any more."""
        asked = self._late.take(request_id)
        if asked is None or self._closed or envelope.result is UNSET:
            return
        subscription, connection = asked
        try:
            made = self._parts.subscribe.decode(bytes(envelope.result), self._session.settings.time_unit)
        except WsapiError:
            return
        wanted = self._subscriptions.get(key_digest(subscription.key))
        if wanted is None:
            self._begin(self._unsubscribe(connection, made.subscription_id), "unsubscribe")
        elif connection not in wanted.on:
            wanted.made(connection, made.subscription_id)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=f"binance-wsapi {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def refuse(self) -> None:
        """Follow no account that is not followed yet, and begin no task."""
        self._closed = True

    async def close(self) -> None:
        """End every iterator, and every wait for a first answer; leave no task."""
        self.refuse()
        tasks: list[asyncio.Task[None]] = list(self._tasks)
        for subscription in self._subscriptions.values():
            tasks += subscription.tasks
            subscription.end(None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
