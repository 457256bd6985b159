"""The client: the one place where the layers are wired together.

A call goes down once and its reply comes up once::

    SpotClient.place_order      api      names the endpoint and its parameters
      └─ TrackedCaller              orders   names what the call makes, and finds out its fate when the reply is lost
           └─ Session           session  waits for a connection, stamps, signs, sends, waits for the reply
                └─ Connection   session  one socket: one frame out, one future
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Never, Self, TypedDict, Unpack

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.api.spot.bindings import SPOT_ACCOUNT, SPOT_ORDERS
from binance_wsapi.api.spot.legs import orders_of
from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.client import spot_evidence
from binance_wsapi.client.arguments import check_arguments, check_call
from binance_wsapi.client.foreign_names import ForeignNames, check_unknown
from binance_wsapi.client.known_symbols import KnownSymbols
from binance_wsapi.client.order_counts import OrderCounts
from binance_wsapi.client.stats import read_stats
from binance_wsapi.client.submit import Submission, SubmitMethods
from binance_wsapi.environments import DEMO, PRODUCTION, TESTNET, Environment, local
from binance_wsapi.errors import AuthFailed, BadTimestamp, NotConnected, OrderNotFound, UsageError, WsapiError
from binance_wsapi.keys import load_from_env
from binance_wsapi.keys.env import Variables
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.limits.events import LimitState
from binance_wsapi.limits.policy import Priority
from binance_wsapi.link.closing import Closing
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.link.keeper import first_of
from binance_wsapi.link.lifecycle import ClientEvent, Hook
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.transport import Transport
from binance_wsapi.models.spot.general import ExchangeInfo, SymbolInfo
from binance_wsapi.observability.stats import ClientStats
from binance_wsapi.orders.fate.fence import FateOptions, Verdict
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.orders.journal.intent import account_tag
from binance_wsapi.orders.tracked_caller import OnUnknown, TrackedCaller
from binance_wsapi.orders.trade.keeper import TradeKeeper
from binance_wsapi.orders.trade.placing import Placing
from binance_wsapi.rules.cache import RulesCache
from binance_wsapi.rules.guard import RuleGuard
from binance_wsapi.rules.symbol import SymbolRules
from binance_wsapi.session.session import CLOSED, Session
from binance_wsapi.user_data import ListenToken, UserData, UserDataEvents
from binance_wsapi.user_data.events import UserDataContext
from binance_wsapi.user_data.spot.account_view import Balances, OpenOrders
from binance_wsapi.user_data.spot.parts import spot_parts
from binance_wsapi.wire.border import calls_at_border, made_at_border
from binance_wsapi.wire.caller import Caller, CallOptions, check_symbol
from binance_wsapi.wire.endpoint import Auth, Endpoint, Security
from binance_wsapi.wire.forms import Form, FormCaller, check_form

if TYPE_CHECKING:
    from binance_wsapi.client.spot_history import SpotHistory
    from binance_wsapi.observability.recording import WireRecorder
    from binance_wsapi.rest import RestReader
    from binance_wsapi.streams import MarketStreams, OrderBook
    from binance_wsapi.streams.book_state import Pairs

__all__ = ["ClientOptions", "SpotClient"]

log = logging.getLogger("binance_wsapi")

INVALID_SIGNATURE: Final = -1022

HISTORY_SHARE: Final = 0.5
"""Part of the request weight of a minute that `SpotClient.history` may spend."""


class ClientOptions(TypedDict, total=False):
    """What a client may be told by name; see `SpotClient`."""

    on_unknown: OnUnknown
    fate: FateOptions | None
    journal: Journal | None
    check_rules: bool
    form: Form
    on_open: Hook | None
    on_message: Hook | None
    on_close: Hook | None
    on_error: Hook | None
    around: Callable[[Caller], Caller] | None
    recorder: WireRecorder | None
    runtime: Runtime | None
    transport: Transport | None


class _Typed(SpotMethods):
    """The methods with objects as results, for what the client builds on them."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @property
    def caller(self) -> Caller:
        """What makes the calls."""
        return self._caller


@calls_at_border
@made_at_border
class SpotClient(SubmitMethods, SpotMethods, ForeignNames):
    """A client of the Spot WebSocket API.

    Made by `production`, `testnet`, `demo`, `local` or `from_env`, and used as an async context manager::

        async with SpotClient.testnet(key) as client:
            order = await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="60000", ...)

    Inside the ``async with`` the client is connected, logged on where the key allows it, and knows the venue's time.
    One client belongs to one event loop and can be used by any number of its tasks at once.

    Args:
        environment: where the venue is.
        key: signs private calls; None for public data only.
        settings: how the session behaves.
        on_unknown: what a call that changes orders does when its reply is lost: ``"raise"`` raises `OutcomeUnknown` at
            once, ``"wait"`` waits for the verdict, ``"cancel"`` waits and sees to it that no new order stays open.
        fate: bounds of the fence; see ``docs/fence.md``.
        journal: where orders are written down before they are sent, so that none is lost sight of when this process
            ends; see `FileJournal`.
        check_rules: check every order by the rules of its symbol before it is sent, and raise `RuleViolation` for what the
            venue is sure to refuse; see ``docs/rules.md``.
        form: how methods return results: as ``"objects"``, as ``"dicts"``, the JSON as Python reads it, or as ``"bytes"``,
            the JSON itself. A type checker sees objects in every case. Streams and user data have a ``form`` of their own.
        on_open: called with `Opened` when a connection is ready.
        on_message: called with `Message` for every text message.
        on_close: called with `Closed` when a connection ended.
        on_error: called with `Failed` when something went wrong that no call is told of.
        around: returns a caller that makes every call through the one it is given: `Telemetry.around`, or one of your own
            that counts, logs or measures.
        recorder: writes every frame of the API into a file, without secrets; see `WireRecorder`.
        runtime: clock, chance and sleep, for tests in virtual time.
        transport: opens sockets, for tests without a network.
    """

    def __init__(
        self,
        environment: Environment,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        *,
        on_unknown: OnUnknown = "raise",
        fate: FateOptions | None = None,
        journal: Journal | None = None,
        check_rules: bool = False,
        form: Form = "objects",
        on_open: Hook | None = None,
        on_message: Hook | None = None,
        on_close: Hook | None = None,
        on_error: Hook | None = None,
        around: Callable[[Caller], Caller] | None = None,
        recorder: WireRecorder | None = None,
        runtime: Runtime | None = None,
        transport: Transport | None = None,
    ) -> None:
        check_arguments(
            environment,
            key,
            settings,
            fate=fate,
            journal=journal,
            around=around,
            recorder=recorder,
            hooks={"on_open": on_open, "on_message": on_message, "on_close": on_close, "on_error": on_error},
        )
        check_form(form)
        runtime = runtime or Runtime()
        self._entered = False
        self._session = Session(
            environment,
            key,
            settings,
            runtime=runtime,
            transport=transport,
            recorder=None if recorder is None else recorder.around,
            on_open=on_open,
            on_message=on_message,
            on_close=on_close,
            on_error=on_error,
            on_orders_full=lambda: self._order_counts.used_up(),
        )
        self._order_counts = OrderCounts(
            lambda: self._session.call(SpotMethods.ORDER_RATE_LIMITS, {}), lambda: asyncio.get_running_loop().time()
        )
        self._user_data = UserData(
            self._session,
            spot_parts(SPOT_ACCOUNT),
            runtime,
            (fate or FateOptions()).lag_ms / 1000.0,
            self._session.settings.user_data_audit,
        )
        self._runtime = runtime
        self._transport = transport
        self._hooks = {"on_open": on_open, "on_close": on_close, "on_error": on_error}
        self._closing = Closing()
        self._streams: list[MarketStreams] = []
        self._book_streams: MarketStreams | None = None
        self._rest: RestReader | None = None
        self._pace = _Pace(self._session, runtime)
        self._history: SpotHistory | None = None
        self._rules = RulesCache(self._load_rules, lambda: asyncio.get_running_loop().time())
        self._tracked = TrackedCaller(
            self._session,
            SPOT_ORDERS,
            runtime,
            options=fate,
            on_unknown=on_unknown,
            follow=self._user_data.follow,
            fallback=self._reader if environment.rest else None,
            journal=journal,
            account_of=self._user_data.account_of,
            on_refused=self._rules.refused,
        )
        self._journal = journal
        self._symbols = KnownSymbols(self._session)
        self._guard = RuleGuard(self._tracked, self._rules, orders_of) if check_rules else None
        self._recorder = recorder
        around = around or (lambda caller: caller)
        self._typed = _Typed(around(self._guard or self._tracked))
        self._caller = self._typed.caller if form == "objects" else FormCaller(self._typed.caller, form)
        self._trades = TradeKeeper(self._session, self._tracked, runtime, self._user_data.hear, spot_evidence, fate)
        self._placing = Placing(
            self._trades, self._session, self._tracked, around(self._tracked), (fate or FateOptions()).lag_ms / 1000.0
        )

    def __repr__(self) -> str:
        session = getattr(self, "_session", None)  # a reporter may find a half-made client in a frame
        if session is None:
            return "<SpotClient that was not made>"
        state = "closed" if session.closed else "open" if self._entered else "not started"
        return f"<SpotClient {session.environment.name}, {state}>"

    # ------------------------------------------------------------------ where

    @classmethod
    def production(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """Return a client of the live venue. Orders move real money.

        Args:
            key: signs private calls; None for public data only.
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(PRODUCTION, key, settings, **options)

    @classmethod
    def testnet(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """Return a client of the Spot testnet.

        Args:
            key: signs private calls; None for public data only.
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(TESTNET, key, settings, **options)

    @classmethod
    def demo(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """Return a client of the demo mode.

        Args:
            key: signs private calls; None for public data only.
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(DEMO, key, settings, **options)

    @classmethod
    def local(
        cls,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        *,
        url: str,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Return a client of a local exchange.

        Args:
            key: a key registered there.
            settings: how the session behaves.
            url: ``ws://127.0.0.1:PORT/ws-api/v3``.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(local(url), key, settings, **options)

    @classmethod
    def from_env(cls, settings: Settings | None = None, **options: Unpack[ClientOptions]) -> Self:
        """Return a client made of environment variables, for scripts.

        ``BINANCE_ENVIRONMENT`` is ``production``, ``testnet``, ``demo`` or the ``ws://`` or ``wss://`` URL of a local
        exchange; it has no default. The key is what `binance_wsapi.keys.load_from_env` finds; with none of its variables
        set there is none, and public data can be asked for.

        Args:
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.

        Raises:
            UsageError: a variable is missing or contradicts another.
        """
        environment, key = environment_from_env()
        return cls(environment, key, settings, **options)

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        return await self.start()

    async def start(self) -> Self:
        """Do what entering does, for a program that keeps the client longer than one block and calls `close`.

        Returns:
            The client: connected, logged on where the key allows it, with the venue's time.

        Raises:
            UsageError: it was started before, or a journal was given without a key.
            AuthFailed: the venue refuses the key or its signature. HMAC and RSA keys do not log on: one signed question is
                asked (``orderList.status``, weight 4).
            ConnectFailed: no connection could be made in time.
            WsapiError: as the error says.
        """
        if self._entered:
            raise UsageError("a client is started once, by `async with` or start(); make another")
        self._entered = True
        key = self._session.credentials.key
        if self._journal is not None:
            if key is None:
                raise UsageError("a journal is for orders, and this client has no key")
            await self._tracked.open_journal(account_tag(self._session.environment.venue, key.api_key))
        try:
            await self._session.start()
            if key is not None and not key.can_log_on:
                await self._try_key()
        except BaseException:
            await self._session.close()
            await self._tracked.close()
            self._tracked.close_journal()
            raise
        try:
            await self._tracked.recover()
        except BaseException:
            await self.close()
            raise
        return self

    async def _try_key(self) -> None:
        """Ask one signed question, for keys that do not log on: a wrong secret is told before the first order needs it."""
        try:
            await self._session.call(
                SpotMethods.ORDER_LIST_STATUS,
                {"origClientOrderId": self._runtime.token(22)},
            )
        except OrderNotFound:
            pass  # the venue has read the signature, and there is no such list
        except AuthFailed as error:
            check = (
                "the secret belongs to this API key"
                if error.code == INVALID_SIGNATURE
                else "the API key is of this venue"
            )
            told = AuthFailed(error.status, error.code, f"{error.msg} Check that {check}.", error.data)
            raise told.about(method=error.method, request_id=error.request_id) from None
        except BadTimestamp:
            raise
        except WsapiError as error:
            log.warning("whether the venue takes the key is not known: %s", error)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    if not TYPE_CHECKING:  # a type checker refuses both as it is

        def __enter__(self) -> Never:
            raise UsageError(
                "enter the client with `async with` inside a coroutine; for scripts, binance_wsapi.blocking.SpotClient "
                "is entered with `with`"
            )

        def __exit__(self, *_: object) -> None: ...

        def __await__(self) -> Never:
            raise UsageError("a client is not awaited: `async with client`, or `await client.start()`")

    async def close(self) -> None:
        """End everything: idempotent and bounded in time. Calls in flight fail at once.

        Cancelling the await does not stop it; a later call waits for its end.

        In a process that has the client by a fork it does nothing: the connections are the parent's.
        """
        if self._session.inherited:
            return
        # From now on no call begins and no lost reply starts a search; what runs ends from the outside in, and each step is
        # taken even where one before it fails or the caller is cancelled. The journal goes last: it notes what in-flight
        # calls end in.
        self._session.refuse()
        self._pace.close()
        self._tracked.refuse()
        self._user_data.refuse()
        await self._closing.run(self._close, self._session.settings.close_timeout)

    async def _close(self) -> None:
        async with AsyncExitStack() as steps:
            steps.callback(self._tracked.close_journal)
            steps.push_async_callback(self._runtime.sleep, 0.0)  # calls that have just failed note so
            steps.push_async_callback(self._close_rest)
            if self._recorder is not None:
                steps.callback(self._recorder.close)
            steps.push_async_callback(self._session.close)
            steps.push_async_callback(self._tracked.close)
            steps.push_async_callback(self._user_data.close)
            for streams in self._streams:
                steps.push_async_callback(streams.close)
            steps.push_async_callback(self._rules.close)
            steps.push_async_callback(self._order_counts.close)
            steps.push_async_callback(self._trades.close)

    def _submission(self) -> Submission:
        return Submission(self._placing, self._guard)

    async def _close_rest(self) -> None:
        if self._rest is not None:
            await self._rest.close()

    async def rules(self, symbol: str) -> SymbolRules[SymbolInfo]:
        """Return the trading rules of a symbol: they round prices and quantities, and say what would be refused.

        Asked for with ``exchangeInfo`` (weight 20) when they are first needed, when they are an hour old, and after a
        filter refused an order; from memory otherwise.

        Args:
            symbol: trading pair, case-sensitive.

        Returns:
            The rules as they stand now; they do not change by themselves, so ask again rather than keep them for long.

        Raises:
            UsageError: the symbol is no text.
            WsapiError: they could not be asked for.
        """
        return await self._rules.get(check_symbol(symbol))

    async def recover(self) -> list[Verdict]:
        """Wait until it is known what became of every order an earlier process left open, and return the verdicts.

        It runs by itself when the client connects; no new order goes out before it is done. Cancelling the await does not
        stop it.

        Returns:
            One verdict for each request that was left open, the oldest first. Empty without a journal.

        Raises:
            UsageError: the client is not entered yet.
            NotFollowed: the client was closed before it was known. The journal remembers.
        """
        return await self._tracked.recovered()

    def rotate(self) -> None:
        """Replace the connections by fresh ones, without a gap; the venue ends each after 24 hours anyway."""
        self._session.connections.rotate()

    @property
    def history(self) -> SpotHistory:
        """What happened between two times, page by page: ``client.history.klines("BTCUSDT", "1h", start="2024-01-01")``."""
        if self._history is None:
            from binance_wsapi.client.spot_history import SpotHistory  # many programs need none

            self._history = SpotHistory(self._typed, self._pace)
        return self._history

    def events(self) -> AsyncIterator[ClientEvent | Overflow]:
        """Iterate over what happens to the connections from the moment iteration begins until the client is closed.

        A shared store that is away at the beginning is told first: `binance_wsapi.limits.StoreLost`.
        """
        return self._session.events()

    def user_data(
        self, key: Signer | AsyncSigner | None = None, *, symbols: Iterable[str] = (), form: Form = "objects"
    ) -> AbstractAsyncContextManager[UserDataEvents]:
        """Subscribe to what happens to an account, without gaps through reconnects, until the context is left.

        What was missed is asked for and delivered with ``recovered`` set; see ``docs/user_data.md``.

        Args:
            key: the account; None is the client's own.
            symbols: symbols to look at after an interruption beside those on which orders are known: symbols on which
                only another program trades for the account.
            form: how events are delivered: as ``"objects"``, ``"dicts"`` or ``"bytes"``. Words about the stream (`Gap`,
                `Repaired`) are objects in every case, and so is what ``recovered`` brings: the venue did not send it.

        Returns:
            A context manager whose value is an async iterator of events.

        Raises:
            UsageError: on entering: there is no key, or ``symbols`` is no list of text.
            WsapiError: on entering: the account could not be subscribed, in the way the error says.
        """
        return UserDataContext(self._user_data.open(key, symbols, form))

    def margin_user_data(
        self, fetch: Callable[[], Awaitable[ListenToken]]
    ) -> AbstractAsyncContextManager[UserDataEvents]:
        """Subscribe to what happens to a margin account, cross or isolated, until the context is left.

        Tokens are renewed before they end, and the subscription is made again on every new connection. After an
        interruption, and during one of more than a minute, consumers are told a `Gap`: nothing of a margin account can be
        asked for over this API.

        Wire: ``userDataStream.subscribe.listenToken``, security NONE, weight 2.

        Args:
            fetch: fetches a token by ``POST /sapi/v1/userListenToken`` and returns it as a `ListenToken`. It is called
                when the context is entered, before a token ends, and after the venue has ended a subscription or refused
                a token that it took before; when it refuses three new ones in a row, the iterator raises its error. A
                call that takes longer than `Settings.timeout` is given up, and made anew a few seconds later.

        Returns:
            A context manager whose value is an async iterator of events.

        Raises:
            UsageError: on entering: ``fetch`` does not return a `ListenToken`.
            NotConnected: on entering: no token could be fetched in time, or no connection was ready.
            WsapiError: on entering: the venue did not take the token.

        Source: Margin Trading, "listenToken Subscription Methods".
        """
        return UserDataContext(self._user_data.open_by_token(fetch))

    async def track_account(self) -> None:
        """Keep `orders` and `balances` true from now until the client is closed, without listening to user data.

        Wire: ``userDataStream.subscribe``, and ``openOrders.status``, ``account.status`` and ``myTrades`` now and then.

        Raises:
            UsageError: the client has no key.
            WsapiError: the account could not be followed.
        """
        await self._user_data.track()

    @property
    def orders(self) -> OpenOrders:
        """The client's own open orders, kept true by user data: ``client.orders.open``.

        Raises:
            UsageError: user data is not followed.
        """
        return OpenOrders(self._user_data.cache.orders)

    @property
    def balances(self) -> Balances:
        """The client's own balances, kept true by user data: ``client.balances["USDT"].free``.

        Raises:
            UsageError: user data is not followed, or the venue's answer about the balances cannot be read.
        """
        cache = self._user_data.cache
        if not cache.account_known:
            raise UsageError("the balances are not known: the answer to account.status cannot be read")
        return Balances(cache.balances)

    def market_streams(
        self,
        *,
        connections: int | None = None,
        streams_per_connection: int = 1024,
        on_open: Hook | None = None,
        on_message: Hook | None = None,
        on_close: Hook | None = None,
        on_error: Hook | None = None,
    ) -> MarketStreams:
        """Return market streams in the same program as this client, to be entered. No key is needed::

            async with client.market_streams() as streams, streams.trade("BTCUSDT") as trades:
                async for event in trades: ...

        They connect by themselves, and keep the venue's 300 connections in 5 minutes together with this client. They end
        when the client is closed. `binance_wsapi.streams.MarketStreams` is the same without a client.

        Args:
            connections: spread the streams over this many connections; None takes as few as they fit on.
            streams_per_connection: streams on one connection, 1 to 1024.
            on_open: called with `Opened` when a connection has all its streams; None is the client's own hook.
            on_message: called with `Message` for every text message. The client's hook is not: that would be every event.
            on_close: called with `Closed` when a connection ended; None is the client's own hook.
            on_error: called with `Failed` when something went wrong; None is the client's own hook.

        Returns:
            The streams, to be entered.

        Raises:
            UsageError: the client is not entered yet, or an argument out of range.
            NotConnected: the client is closed.

        Source: WebSocket Streams, "General WSS information".
        """
        from binance_wsapi.streams import MarketStreams  # a tenth of the whole import, and many never need it

        session = self._session
        if session.closed:
            raise NotConnected("the client is closed")
        _ = session.clock  # there is one once the client is entered
        hooks = {"on_open": on_open, "on_close": on_close, "on_error": on_error}
        streams = MarketStreams(
            session.environment,
            session.settings,
            connections=connections,
            streams_per_connection=streams_per_connection,
            budget=session.connections.budget,
            check_symbols=self._symbols.check,
            now_ms=session.now_ms,
            on_message=on_message,
            runtime=self._runtime,
            transport=self._transport,
            **{name: hook or self._hooks[name] for name, hook in hooks.items()},
        )
        self._streams = [each for each in self._streams if not each.closed]
        self._streams.append(streams)
        return streams

    def order_book(
        self,
        symbol: str,
        *,
        limit: int = 1000,
        speed: Literal[100, 1000] = 100,
        timeout: float = 30.0,
        streams: MarketStreams | None = None,
    ) -> OrderBook:
        """Return a local order book that is kept true, to be entered::

            async with client.order_book("BTCUSDT") as book:
                while True:
                    await book.updated()
                    print(book.best)

        Its changes come over a market stream, its snapshots are this client's calls of ``depth``.

        Args:
            symbol: trading pair.
            limit: levels of each side in a snapshot, 1 to 5000. The weight is 5 up to 100, 25 up to 500, 50 up to 1000
                and 250 above.
            speed: milliseconds from one change to the next: 100 or 1000.
            timeout: seconds entering may take; in a market that stands still it takes 10.
            streams: what brings the changes; None is one set of connections for all books of this client.

        Returns:
            The book, to be entered; it is empty until it is synced.

        Raises:
            UsageError: the client is not entered yet, or an argument out of range.
            NotConnected: the client is closed.

        Source: WebSocket Streams, "How to manage a local order book correctly".
        """
        from binance_wsapi.streams import MarketStreams, OrderBook

        if streams is not None and not isinstance(streams, MarketStreams):
            raise UsageError(f"streams must be those of client.market_streams(), got a {type(streams).__name__}")
        if streams is None:
            if self._book_streams is None or self._book_streams.closed:
                self._book_streams = self.market_streams()
                self._book_streams.start()
            streams = self._book_streams
        return OrderBook(
            streams, self._load_snapshot, symbol, limit=limit, speed=speed, timeout=timeout, runtime=self._runtime
        )

    async def _load_snapshot(self, symbol: str, limit: int) -> tuple[int, Pairs, Pairs]:
        depth = await self._typed.depth(symbol, limit=limit)
        return depth.last_update_id, depth.bids.pairs, depth.asks.pairs

    def now_ms(self) -> int:
        """The venue's time now, in milliseconds, estimated without asking."""
        return self._session.now_ms()

    def new_order_id(self) -> str:
        """Return a client order id that no order has had, to be noted before it is sent.

        `place_order` makes one by itself where none is given. A program that names its order here knows what to look for
        after a crash::

            name = client.new_order_id()
            note(name)
            await client.place_order(..., new_client_order_id=name)

        It is for one order of this client. Wire: none; nothing is sent.
        """
        return self._tracked.new_id()

    @property
    def clock_error_ms(self) -> float:
        """Milliseconds by which `now_ms` may be wrong."""
        return self._session.clock_error_ms

    def stats(self) -> ClientStats:
        """Return how the client is doing: latencies, clock, limits, connections, doubts, ages of events.

        The value is frozen; two of them tell what came between. Another thread may call it, too: it is read on the client's
        loop then.

        Raises:
            UsageError: the client is not started yet.
            NotConnected: another thread asks, and the client's loop has ended or does not answer within 5 s.
        """

        def read() -> ClientStats:
            return read_stats(
                self._session, self._runtime, self._tracked, self._trades, self._user_data, [*self._streams]
            )

        return self._session.on_loop(read)

    @property
    def limits(self) -> list[LimitState]:
        """The venue's limits as they stand: used, reserved by calls in flight, the limit, and when each starts anew."""
        return self._session.limiter.snapshot()

    async def _load_rules(self, symbol: str) -> ExchangeInfo:
        return await self._session.call(SpotMethods.EXCHANGE_INFO, {"symbol": symbol})

    async def _reader(self) -> RestReader:
        """Return the way to ask when no connection can be had: the same key, limits and clock, over REST."""
        if self._rest is None:
            from binance_wsapi.rest import RestReader  # httpx takes a tenth of a second to import, and is rarely needed

            session = self._session
            self._rest = await RestReader(
                session.environment,
                session.credentials.key,
                session.settings,
                limiter=session.limiter,
                clock=session.clock,
                priority=Priority.FIRST,
                runtime=self._runtime,
                routes=ROUTES,
            ).__aenter__()
        return self._rest

    # ------------------------------------------------------------------ anything else

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        security: Security | Literal["NONE", "TRADE", "USER_DATA", "USER_STREAM"] | None = None,
        key: Signer | AsyncSigner | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Call a method by its wire name: signed, limited and correlated like the typed ones.

        Args:
            method: wire name.
            params: parameters by wire name.
            security: what a method this library does not know asks of its caller; by default it is signed when the
                client has a key. A known method has its own. An unknown one is never asked again by itself. With it, a
                name is sent even where it looks like a known one misspelt.
            key: sign this one request with another key.
            timeout: seconds the call may take.

        Returns:
            The typed result of a method this library knows, the parsed JSON of any other.

        Raises:
            UsageError: the method or a parameter cannot be sent.
            NotSent: nothing was sent.
            OutcomeUnknown: it was sent, and the venue did not say what became of it.
            VenueError: the venue refused it.

        Cancelling the await does not cancel what was sent.
        """
        check_call(method, params, security)
        endpoint = endpoints().get(method)
        if endpoint is None:
            check_unknown(method, said=security is not None)
            has_key = key is not None or self._session.credentials.key is not None
            level = Security(security or ("USER_DATA" if has_key else "NONE"))
            endpoint = Endpoint(method, Any, security=level, replay_safe=False)
        elif key is not None and endpoint.auth is Auth.NONE:
            raise UsageError(f"{method} is public: it is not signed")
        return await self._caller.call(endpoint, params or {}, CallOptions(timeout=timeout, key=key))


class _Pace:
    """How fast history is asked for: it leaves room for what trades meanwhile."""

    def __init__(self, session: Session, runtime: Runtime) -> None:
        self._session = session
        self._allowance = Allowance(HISTORY_SHARE)
        self._sleep = runtime.sleep
        self._closed = asyncio.Event()

    def close(self) -> None:
        """End every wait: no request can be made any more."""
        self._closed.set()

    @property
    def open(self) -> bool:
        return not self._closed.is_set() and self._session.connections.state == "open"

    async def spend(self, weight: int) -> None:
        self._allowance.follow(self._session.limiter.snapshot())
        await self.sleep(self._allowance.book(weight, asyncio.get_running_loop().time()))

    async def sleep(self, seconds: float) -> None:
        await first_of(self._sleep(seconds), self._closed.wait())
        if self._closed.is_set():
            raise NotConnected(CLOSED)

    def now_us(self) -> int:
        return self._session.now_ms() * 1000


def environment_from_env() -> tuple[Environment, Signer | None]:
    """Return where the environment variables say the venue is, and the key they hold; see `SpotClient.from_env`."""
    where = os.environ.get("BINANCE_ENVIRONMENT", "")
    known = {each.name: each for each in (PRODUCTION, TESTNET, DEMO)}
    if where in known:
        environment = known[where]
    elif where.startswith(("ws://", "wss://")):
        environment = local(where)
    else:
        raise UsageError("set BINANCE_ENVIRONMENT to production, testnet, demo or the ws:// URL of a local exchange")
    key = load_from_env() if Variables("BINANCE").describe_a_key() else None
    return environment, key
