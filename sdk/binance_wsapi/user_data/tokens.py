"""Accounts that are heard by a listen token: margin accounts, cross or isolated.

A token comes from REST (``POST /sapi/v1/userListenToken``), which is no part of this client: user code fetches it. A token
is used until it nears its end, then the next is fetched and subscribed, which extends the subscription without a gap. The
end is the sooner of what ``fetch`` and the venue's confirmation say.

When the venue ended a subscription all the same, or answers with an error to a token that it took before, that token is
used no more, though a later end was told. The next makes a new subscription, and consumers are told a `Gap`, since what
happened to a margin account cannot be asked for here. Of new tokens that the venue refuses, too, `TOKENS_TRIED` are tried,
with pauses that grow (`endings`); then consumers are raised the refusal. A token that the venue says has expired may come
from user code that keeps tokens: then the tries go on, at most one a minute.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Mapping

from binance_wsapi.errors import (
    Forbidden,
    IpBanned,
    NotConnected,
    RateLimited,
    UsageError,
    VenueError,
    VenueFault,
    WsapiError,
    shown,
)
from binance_wsapi.keys.secret import Concealed
from binance_wsapi.link.keeper import first_of
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.session import TokenSubscription
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.endings import LONGEST_PAUSE_S
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security

__all__ = [
    "NO_TOKEN",
    "SUBSCRIBE_LISTEN_TOKEN",
    "TOKENS_TRIED",
    "ListenToken",
    "TokenSource",
    "is_refusal",
    "keep_renewed",
]

log = logging.getLogger("binance_wsapi")
_numbers = itertools.count(1)

SUBSCRIBE_LISTEN_TOKEN = Endpoint(
    "userDataStream.subscribe.listenToken",
    TokenSubscription,
    security=Security.NONE,
    weight=2,
    replay_safe=False,
    apart=True,
)
"""Source: Margin Trading, "listenToken Subscription Methods"."""

NO_TOKEN = -1209
"""The venue's code for a listen token that is none, or has expired."""

_NOT_OF_THE_TOKEN = frozenset({-1008, -2035, -2042})
"""The venue is busy; the account is subscribed already; a connection has used up its numbers of subscriptions."""

RENEW_BEFORE_MS = 600_000
"""A token is renewed this long before its end, but not before nine tenths of its time have passed."""

TOKENS_TRIED = 3
"""New tokens that the venue refuses in a row before an account that was heard is given up."""

RETRY_S = 5.0
"""Seconds between two attempts to renew a token; twice as many after each refusal of a new one."""


@made_at_border
class ListenToken(Concealed):
    """A listen token, as ``POST /sapi/v1/userListenToken`` answers it.

    Args:
        token: the token; it lets its holder hear the account. So the object does not show it, and is neither copied nor
            serialised.
        expiration_time: end of its validity, in milliseconds since the epoch.

    Raises:
        UsageError: token is empty, or expiration_time is no time in milliseconds.
    """

    __slots__ = ("_expiration_time", "_token")

    def __init__(self, token: str, expiration_time: int) -> None:
        if type(token) is not str or not token:
            raise UsageError("token must be the text that userListenToken answered, got none")
        if type(expiration_time) is not int or not 10**12 <= expiration_time < 10**14:
            raise UsageError(f"expiration_time must be milliseconds since the epoch, got {shown(expiration_time)}")
        self._token = token
        self._expiration_time = expiration_time

    @property
    def token(self) -> str:
        """The token in full; print the object instead."""
        return self._token

    @property
    def expiration_time(self) -> int:
        """End of its validity, in milliseconds since the epoch."""
        return self._expiration_time

    def __repr__(self) -> str:
        return f"ListenToken(expiration_time={self._expiration_time})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ListenToken) and (self._token, self._expiration_time) == (
            other._token,
            other._expiration_time,
        )

    def __hash__(self) -> int:
        return hash((self._token, self._expiration_time))


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
        self._taken = False
        self._renew_at_ms = 0
        self.refused = 0
        """New tokens in a row that the venue refused."""
        self.changed = asyncio.Event()
        """Set when another token was taken, or another end was told."""

    def due_in(self, now_ms: int) -> float:
        """Return seconds until the present token should be renewed."""
        return max(0.0, (self._renew_at_ms - now_ms) / 1000)

    def spent(self) -> None:
        """Use the present token no more: the venue ended the subscription that it made."""
        self._token = None

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
            self._token, self._taken = fetched, False
            self._ends_in(left, now_ms)
        return self._token.token

    def _ends_in(self, left_ms: int, now_ms: int) -> None:
        self._renew_at_ms = now_ms + max(left_ms - RENEW_BEFORE_MS, left_ms * 9 // 10)

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
        while True:
            token = await self.token(session.now_ms(), timeout)
            taken_before = self._taken
            deadline = asyncio.get_running_loop().time() + timeout
            try:
                made = await session.exchange_on(
                    connection, SUBSCRIBE_LISTEN_TOKEN, {"listenToken": token}, CallOptions(sent=sent), deadline
                )
            except (VenueError, VenueFault) as error:
                refused = is_refusal(error)
                if refused or (taken_before and isinstance(error, VenueFault)):
                    self._token = None  # it may have ended early, though another end was told
                if not (refused and taken_before):
                    self.refused += refused
                    raise
                continue  # once more, with a new one
            self._took(made, session.now_ms())
            return made

    def _took(self, made: TokenSubscription, now_ms: int) -> None:
        """The venue took the token: it may know better when the token ends."""
        self._taken, self.refused = True, 0
        ends_ms = made.expiration_time // (1000 if made.expiration_time >= 10**14 else 1)
        if self._token is not None and now_ms < ends_ms < self._token.expiration_time:
            self._ends_in(ends_ms - now_ms, now_ms)
        self.changed.set()


def is_refusal(error: WsapiError) -> bool:
    """Whether the venue says by this that it does not take a listen token."""
    return (
        isinstance(error, VenueError)
        and not isinstance(error, RateLimited | IpBanned | Forbidden)
        and error.code not in _NOT_OF_THE_TOKEN
    )


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
        source.changed.clear()
        await first_of(runtime.sleep(wait), source.changed.wait())
        if source.changed.is_set():
            wait = max(RETRY_S, source.due_in(session.now_ms()))
            continue
        home = session.connections.home
        wait = RETRY_S
        if home is None or home not in on or not home.usable:
            continue  # it is being made anew
        try:
            async with making:
                await source.subscribe(session, home)
        except WsapiError as error:
            log.warning("a listen token could not be renewed: %s", error)
            wait = min(RETRY_S * 2.0 ** min(source.refused, 10), LONGEST_PAUSE_S)
        else:
            wait = max(RETRY_S, source.due_in(session.now_ms()))
