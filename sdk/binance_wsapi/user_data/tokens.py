"""Accounts that are heard by a listen token: margin accounts, cross or isolated.

A token comes from REST (``POST /sapi/v1/userListenToken``), which is no part of this client: user code fetches it. A token
is used until it nears its end, then the next is fetched and subscribed, which extends the subscription without a gap. When
the venue ended one all the same, a new token makes a new subscription, and consumers are told a `Gap`: what happened to a
margin account cannot be asked for here.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from binance_wsapi.errors import NotConnected, UsageError, VenueError, WsapiError, shown
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.session import TokenSubscription
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.session import Session
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security

__all__ = ["NO_TOKEN", "SUBSCRIBE_LISTEN_TOKEN", "ListenToken", "TokenSource", "keep_renewed"]

log = logging.getLogger("binance_wsapi")
_numbers = itertools.count(1)

SUBSCRIBE_LISTEN_TOKEN = Endpoint(
    "userDataStream.subscribe.listenToken",
    TokenSubscription,
    security=Security.NONE,
    weight=2,
    replay_safe=False,
)
"""Source: Margin Trading, "listenToken Subscription Methods"."""

NO_TOKEN = -1209
"""The venue's code for a listen token that is none, or has expired."""

RENEW_BEFORE_MS = 600_000
"""A token is renewed this long before its end, but not before nine tenths of its time have passed."""

RETRY_S = 5.0
"""Seconds between two attempts to renew a token."""


@made_at_border
@dataclass(frozen=True, slots=True)
class ListenToken:
    """A listen token, as ``POST /sapi/v1/userListenToken`` answers it.

    Args:
        token: the token; it lets its holder hear the account, so it is left out of the representation.
        expiration_time: end of its validity, in milliseconds since the epoch.

    Raises:
        UsageError: token is empty, or expiration_time is no time in milliseconds.
    """

    token: str = field(repr=False)
    expiration_time: int

    def __post_init__(self) -> None:
        if type(self.token) is not str or not self.token:
            raise UsageError("token must be the text that userListenToken answered, got none")
        if type(self.expiration_time) is not int or not 10**12 <= self.expiration_time < 10**14:
            raise UsageError(f"expiration_time must be milliseconds since the epoch, got {shown(self.expiration_time)}")


class TokenSource:
    """One account, and where its tokens come from. It stands where other accounts have their key.

    Args:
        fetch: fetches a new token.
    """

    def __init__(self, fetch: Callable[[], Awaitable[ListenToken]]) -> None:
        self.api_key = f"listen token {next(_numbers)}"  # what tells it from other accounts
        self._fetch = fetch
        self._fetching: asyncio.Task[ListenToken] | None = None
        self._left = False
        self._token: ListenToken | None = None
        self._renew_at_ms = 0

    def due_in(self, now_ms: int) -> float:
        """Return seconds until the present token should be renewed."""
        return max(0.0, (self._renew_at_ms - now_ms) / 1000)

    def leave(self) -> None:
        """Fetch no token from now on, and subscribe no more."""
        self._left = True
        if self._fetching is not None:
            self._fetching.cancel()

    async def _fetched(self, patience: float) -> ListenToken:
        """Call user code, in a task of its own: it may never return."""

        async def fetch() -> ListenToken:
            return await self._fetch()

        self._fetching = task = asyncio.get_running_loop().create_task(fetch(), name="binance-wsapi fetch")
        task.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # it may raise when it is waited for no more
        try:
            await asyncio.wait([task], timeout=patience)
            if task.done() and not task.cancelled():
                return task.result()
        except WsapiError:
            raise
        except Exception as error:
            raise NotConnected(f"the listen token could not be fetched: {type(error).__name__}") from error
        finally:
            task.cancel()
            self._fetching = None
        if self._left:
            raise NotConnected("the context of the margin account was left")
        raise NotConnected(f"fetch did not return a listen token within {patience:g} s")

    async def token(self, now_ms: int, patience: float) -> str:
        """Return a token that is not near its end.

        Args:
            now_ms: now, by the venue's clock.
            patience: seconds that fetching it may take.

        Raises:
            NotConnected: it could not be fetched in time, has expired already, or is wanted no more.
        """
        if self._left:
            raise NotConnected("the context of the margin account was left")
        if self._token is None or now_ms >= self._renew_at_ms:
            fetched = await self._fetched(patience)
            if not isinstance(fetched, ListenToken):
                raise UsageError(f"fetch must return a ListenToken, got {type(fetched).__name__}")
            left = fetched.expiration_time - now_ms
            if left <= 0:
                raise NotConnected("the listen token that was fetched has expired already")
            self._token = fetched
            self._renew_at_ms = now_ms + max(left - RENEW_BEFORE_MS, left * 9 // 10)
        return self._token.token

    async def subscribe(
        self, session: Session, connection: Connection, sent: Callable[[str, int | None], None] | None = None
    ) -> TokenSubscription:
        """Subscribe on a connection, or extend the subscription that is there.

        Fetching a token may take as long as a call, and so may subscribing with it.

        Args:
            session: sends the request.
            connection: where to.
            sent: told the id of the request.

        Raises:
            WsapiError: no token could be fetched, or the venue did not take it; then the next one is fetched anew.
        """
        timeout = session.settings.timeout
        token = await self.token(session.now_ms(), timeout)
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            return await session.exchange_on(
                connection, SUBSCRIBE_LISTEN_TOKEN, {"listenToken": token}, CallOptions(sent=sent), deadline
            )
        except VenueError as error:
            if error.code == NO_TOKEN:
                self._token = None
            raise


async def keep_renewed(
    source: TokenSource,
    session: Session,
    runtime: Runtime,
    on: Mapping[Connection, int],
    making: asyncio.Lock,
) -> None:
    """Renew a token before it ends, which extends the subscription; until cancelled.

    Args:
        source: gives the tokens.
        session: sends them.
        runtime: sleep.
        on: the connections on which the account is subscribed.
        making: held while a subscription is made.
    """
    wait = source.due_in(session.now_ms())
    while True:
        await runtime.sleep(wait)
        home = session.connections.home
        wait = RETRY_S
        if home is None or home not in on or not home.usable:
            continue  # it is being made anew
        try:
            async with making:
                await source.subscribe(session, home)
        except WsapiError as error:
            log.warning("a listen token could not be renewed: %s", error)
        else:
            wait = max(RETRY_S, source.due_in(session.now_ms()))
