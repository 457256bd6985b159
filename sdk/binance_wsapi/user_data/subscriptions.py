"""The accounts that are subscribed, or should be: subscribing them, on each new connection and after the venue ended one.

Theory of operation. An `AccountSubscription` is desired state: one account that should be subscribed on the home
connection. It is subscribed when the first consumer enters, and again on every new home connection before that counts as
ready, so no call is answered on a connection whose events would be missed. That is waited for a second at most
(`RESTORE_S`): a venue that does not subscribe takes orders and cancels all the same. What was not made by then, or was
answered with a fault, is asked for again beside them, with pauses that grow. Meanwhile the account is looked at, and
consumers are told after a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar, cast

from msgspec import UNSET

from binance_wsapi.errors import AuthFailed, NotConnected, OutcomeUnknown, VenueError, WsapiError
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.session import SubscriptionInfo
from binance_wsapi.session.connection import Connection, State
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.asking import LOOK_WEIGHT_SHARE
from binance_wsapi.user_data.late import LateSubscriptions
from binance_wsapi.user_data.parts import AccountParts, View
from binance_wsapi.user_data.subscription import ENDED_AT_ONCE, AccountSubscription, key_digest
from binance_wsapi.user_data.tokens import TokenSource
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.common_calls import SUBSCRIPTIONS

__all__ = ["RENEW_AFTER", "RENEW_AT_MOST", "Subscriptions"]

log = logging.getLogger("binance_wsapi")

T = TypeVar("T")

RESTORE_S: Final = 1.0
"""Seconds for which a new connection waits for its subscriptions, and cancels with it. The venue answers in milliseconds, or
gives up itself after ten seconds."""

RENEW_AFTER: Final = 1.0
RENEW_AT_MOST: Final = 15.0
"""Seconds until a subscription that could not be made is tried anew: twice as many after each try, up to the second."""

UNSUBSCRIBED_WITHIN: Final = 1.0
"""Seconds for which a consumer that leaves waits for the venue's word. An `asyncio.timeout` around it has ended by then, and
does not end the waiting."""

LISTED: Final = SUBSCRIPTIONS.giving(list[SubscriptionInfo])

_TAKEN: Final = frozenset({-2035, -2042})
"""A subscription is active already, or a connection has used up its numbers of subscriptions (errors, -2035 and -2042)."""


class Subscriptions(Generic[View]):
    """The subscriptions of a client.

    Args:
        session: brings answers.
        parts: what is particular to the accounts of a product.
        runtime: sleeps.
        lag: seconds the venue's views may lag behind its matching engine.
        audit: seconds between two looks at an account without a reason; None is none.
    """

    def __init__(
        self, session: Session, parts: AccountParts[Any, View], runtime: Runtime, lag: float, audit: float | None
    ) -> None:
        self.all: dict[bytes, AccountSubscription[View]] = {}
        """By the digest of their keys."""
        self.tasks: set[asyncio.Task[Any]] = set()
        self.refusing = False
        """Whether no account is subscribed any more: the client closes."""
        self._session = session
        self._parts = parts
        self._runtime = runtime
        self._allowance = Allowance(LOOK_WEIGHT_SHARE)
        self._lag = lag
        self._audit = audit
        self._late = LateSubscriptions()

    def has(self, subscription: AccountSubscription[View]) -> bool:
        """Whether an account is still wanted, by this subscription."""
        return self.all.get(key_digest(subscription.key)) is subscription

    def take(self, key: Signer | AsyncSigner | TokenSource) -> AccountSubscription[View]:
        """Return the subscription of an account, wanted from now on. Raises `NotConnected` when the client closes."""
        if self.refusing:
            raise NotConnected("the client is closed")
        subscription = self.all.get(key_digest(key))
        if subscription is None:
            # Of the account of a token nothing is asked.
            questions = self._parts.questions(self._session, cast("Signer", key), self._allowance, self._runtime)
            subscription = AccountSubscription(
                self._session, self._parts, questions, key, self._lag, self._audit, unsent=self._prove_soon
            )
            self.all[key_digest(key)] = subscription
        return subscription

    async def ensure(self, subscription: AccountSubscription[View]) -> None:
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
                if error.code not in _TAKEN:
                    raise
                if connection is not self._session.connections.home:
                    continue  # replaced meanwhile
                log.info("connection #%d is replaced: %s", connection.number, error)
                self._session.connections.rotate()
                try:
                    async with asyncio.timeout_at(deadline):
                        await connection.wait_closed()
                except TimeoutError:
                    raise NotConnected(
                        "a connection on which the account is subscribed anew did not come in time"
                    ) from error
                if not self.has(subscription):
                    raise  # refused there, too: the account is subscribed by another key
                continue
            if connection in subscription.on or not self.has(subscription):
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
            subscription.asking = connection
            try:
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
            finally:
                subscription.asking = None
            subscription.hold()  # a look may have let go meanwhile
            subscription.made(connection, made.subscription_id)
        if not self.has(subscription) and not self.refusing:
            await self.drop(subscription)  # its last consumer left while it was made

    async def prepare(self, connection: Connection, deadline: float) -> None:
        """Subscribe every desired account on a new connection, before it counts as ready, and for `RESTORE_S` at most."""
        time = asyncio.get_running_loop().time
        until = min(deadline, time() + RESTORE_S)
        left = {each for each in self._asked() if each.asking is connection}
        while missing := [each for each in self._asked() if not (connection in each.on or each.pause or each in left)]:
            tasks = {each: self.begin(self._restore(each, connection), "subscribe") for each in missing}
            await asyncio.wait(tasks.values(), timeout=until - time())
            left.update(each for each, task in tasks.items() if not (task.done() and task.result()))
            # Again: the venue may have ended one while another was made.
        for subscription in list(self.all.values()):
            if connection in subscription.on:
                subscription.whole()
            elif subscription.inboxes or not isinstance(subscription.key, TokenSource):
                # No connection waits for user code, which fetches tokens, nor for a venue that does not subscribe.
                self._renew_soon(subscription, connection)

    def _asked(self) -> list[AccountSubscription[View]]:
        """Return the accounts that a key subscribes."""
        return [each for each in self.all.values() if not isinstance(each.key, TokenSource)]

    async def _restore(self, subscription: AccountSubscription[View], connection: Connection) -> bool:
        """Subscribe an account on a new connection; return whether the venue did."""
        try:
            await self._make(
                subscription, connection, asyncio.get_running_loop().time() + self._session.settings.timeout
            )
        except WsapiError as error:
            # Active: an earlier request over this connection got through, and its answer is late or lost. See `ensure`.
            taken = isinstance(error, VenueError) and error.code in _TAKEN
            if not (taken and self._late.waits(subscription, connection)):
                self._ended_by(subscription, error)
            return False
        return True

    def _renew_soon(self, subscription: AccountSubscription[View], beside: Connection | None = None) -> None:
        """Subscribe an account anew, as soon as the venue does.

        Args:
            subscription: the account, of which the venue ended the subscription, or did not make it.
            beside: the connection on which it was not made, which may not be in use yet.
        """
        if subscription.renewal is not None:
            subscription.renewal.cancel()
        subscription.renewal = self.begin(self._renew(subscription, beside), "subscribe again")

    async def _renew(self, subscription: AccountSubscription[View], beside: Connection | None) -> None:
        if beside is not None:
            await self._session.connections.until_home(beside)
            if beside not in subscription.on and self.has(subscription):
                subscription.unheard(self._session.now_ms())
        pause = RENEW_AFTER
        while not self._session.closed and self.has(subscription):
            try:
                await self.ensure(subscription)
            except WsapiError as error:
                if self._ended_by(subscription, error):
                    return
                if pause == RENEW_AFTER and self.has(subscription):
                    subscription.unheard(self._session.now_ms())
                await self._runtime.sleep(max(pause, subscription.pause))
                pause = min(2 * pause, RENEW_AT_MOST)
            else:
                subscription.whole()
                return

    def _ended_by(self, subscription: AccountSubscription[View], error: WsapiError) -> bool:
        """Return whether the venue has refused an account for good, and end it then: the connection goes on."""
        if subscription.may_be_made_later(error):
            log.info("an account could not be subscribed: %s", error)
            return False
        if self.has(subscription):
            del self.all[key_digest(subscription.key)]
        subscription.end(error)
        return True

    async def drop(self, subscription: AccountSubscription[View]) -> None:
        """Unsubscribe, as far as there is still a connection to do it on; also where the caller is cancelled meanwhile."""
        tasks = [self.begin(self._unsubscribe(*each), "unsubscribe") for each in subscription.on.items()]
        if tasks:
            await asyncio.wait(tasks, timeout=UNSUBSCRIBED_WITHIN)  # then it goes on without the caller

    async def _unsubscribe(self, connection: Connection, number: int) -> None:
        if not connection.usable or self._session.closed:
            return
        deadline = asyncio.get_running_loop().time() + self._session.settings.timeout
        with suppress(WsapiError):  # the connection ended, and with it the subscription
            await self._session.exchange_on(
                connection, self._parts.unsubscribe, {"subscriptionId": number}, CallOptions(), deadline
            )

    def terminated(self, subscription: AccountSubscription[View], connection: Connection) -> None:
        """The venue ended the subscription. An old connection that drains is no loss; the present one is.

        On a connection that is being made ready it is a loss, too: `prepare` subscribes anew before it is ready.
        """
        subscription.on.pop(connection, None)
        home = self._session.connections.home
        if home is not None and connection.number < home.number:
            return
        subscription.ended(connection)
        if connection is not home or self.refusing:
            return
        self._renew_soon(subscription)

    def _prove_soon(self, subscription: AccountSubscription[View]) -> None:
        self.begin(self._prove(subscription), "prove subscription")

    async def _prove(self, subscription: AccountSubscription[View]) -> None:
        """Subscribe an account anew where the venue has lost its subscription without a word."""
        home = self._session.connections.home
        if home is None or (number := subscription.on.get(home)) is None:
            return
        deadline = asyncio.get_running_loop().time() + self._session.settings.timeout
        try:
            listed = await self._session.exchange_on(home, LISTED, {}, CallOptions(), deadline)
        except WsapiError as error:  # what the stream did not bring next makes the next look ask again
            log.info("the venue could not be asked for the subscriptions of connection #%d: %s", home.number, error)
            return
        if subscription.on.get(home) == number and all(each.subscription_id != number for each in listed):
            log.warning("the venue has lost a subscription of connection #%d: it is made again", home.number)
            self.terminated(subscription, home)

    def on_late_reply(self, request_id: str, envelope: Envelope) -> None:
        """Hear of a subscription that was made, and whose reply no task waits for any more."""
        asked = self._late.take(request_id)
        if asked is None or self.refusing or envelope.result is UNSET:
            return
        subscription, connection = asked
        try:
            made = self._parts.subscribe.decode(bytes(envelope.result), self._session.settings.time_unit)
        except WsapiError:
            return
        wanted = self.all.get(key_digest(subscription.key))
        if wanted is None:
            self.begin(self._unsubscribe(connection, made.subscription_id), "unsubscribe")
        elif connection not in wanted.on:
            wanted.made(connection, made.subscription_id)
            if connection is self._session.connections.home:
                wanted.whole()

    def begin(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Begin a task that ends with the client."""
        task = asyncio.get_running_loop().create_task(work, name=f"binance-wsapi {name}")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task
