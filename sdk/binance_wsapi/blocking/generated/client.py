"""What a client does beside the venue's methods.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from binance_wsapi.blocking.events import iterate
from binance_wsapi.blocking.handles import History, MarketStreams, OrderBook
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.blocking.subscription import UserDataEvents
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.events import LimitState
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.link.lifecycle import ClientEvent, Hook
from binance_wsapi.models.spot.general import SymbolInfo
from binance_wsapi.observability.stats import ClientStats
from binance_wsapi.orders.fate.fence import Verdict
from binance_wsapi.rules.symbol import SymbolRules
from binance_wsapi.user_data import ListenToken
from binance_wsapi.user_data.spot.account_view import Balances, OpenOrders
from binance_wsapi.wire.border import calls_at_border
from binance_wsapi.wire.endpoint import Security
from binance_wsapi.wire.forms import Form

__all__ = ["ClientMethods"]


@calls_at_border
class ClientMethods:
    """A client of the Spot WebSocket API."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    def rules(self, symbol: str) -> SymbolRules[SymbolInfo]:
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
        return self._thread.run(self._inner.rules(symbol))

    def recover(self) -> list[Verdict]:
        """Wait until it is known what became of every order an earlier process left open, and return the verdicts.

        It runs by itself when the client connects; no new order goes out before it is done. Interrupting the call does not
        stop it.

        Returns:
            One verdict for each request that was left open, the oldest first. Empty without a journal.

        Raises:
            UsageError: the client is not entered yet.
            NotFollowed: the client was closed before it was known. The journal remembers.
        """
        return self._thread.run(self._inner.recover())

    def rotate(self) -> None:
        """Replace the connections by fresh ones, without a gap; the venue ends each after 24 hours anyway."""
        self._thread.read(lambda: self._inner.rotate())

    @property
    def history(self) -> History:
        """What happened between two times, page by page: ``client.history.klines("BTCUSDT", "1h", start="2024-01-01")``."""
        return History(self._thread, self._thread.read(lambda: self._inner.history))

    def events(self) -> Iterator[ClientEvent | Overflow]:
        """Iterate over what happens to the connections from the moment iteration begins until the client is closed.

        A shared store that is away at the beginning is told first: `binance_wsapi.limits.StoreLost`.
        """
        return iterate(self._thread, self._inner.events())

    def user_data(
        self, key: Signer | AsyncSigner | None = None, *, symbols: Iterable[str] = (), form: Form = "objects"
    ) -> UserDataEvents:
        """Subscribe to what happens to an account, without gaps through reconnects, until the context is left.

        What was missed is asked for and delivered with ``recovered`` set; see ``docs/user_data.md``.

        Args:
            key: the account; None is the client's own.
            symbols: symbols to look at after an interruption beside those on which orders are known: symbols on which
                only another program trades for the account.
            form: how events are delivered: as ``"objects"``, ``"dicts"`` or ``"bytes"``. Words about the stream (`Gap`,
                `Repaired`) are objects in every case, and so is what ``recovered`` brings: the venue did not send it.

        Returns:
            A context manager whose value is an iterator of events.

        Raises:
            UsageError: on entering: there is no key, or ``symbols`` is no list of text.
            WsapiError: on entering: the account could not be subscribed, in the way the error says.
        """
        return UserDataEvents(self._thread, self._inner.user_data(key, symbols=symbols, form=form))

    def margin_user_data(self, fetch: Callable[[], Awaitable[ListenToken]]) -> UserDataEvents:
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
            A context manager whose value is an iterator of events.

        Raises:
            UsageError: on entering: ``fetch`` does not return a `ListenToken`.
            NotConnected: on entering: no token could be fetched in time, or no connection was ready.
            WsapiError: on entering: the venue did not take the token.

        Source: Margin Trading, "listenToken Subscription Methods".
        """
        return UserDataEvents(self._thread, self._inner.margin_user_data(fetch))

    def track_account(self) -> None:
        """Keep `orders` and `balances` true from now until the client is closed, without listening to user data.

        Wire: ``userDataStream.subscribe``, and ``openOrders.status``, ``account.status`` and ``myTrades`` now and then.

        Raises:
            UsageError: the client has no key.
            WsapiError: the account could not be followed.
        """
        self._thread.run(self._inner.track_account())

    @property
    def orders(self) -> OpenOrders:
        """The client's own open orders, kept true by user data: ``client.orders.open``.

        Raises:
            UsageError: user data is not followed.
        """
        return self._thread.read(lambda: self._inner.orders.copy())

    @property
    def balances(self) -> Balances:
        """The client's own balances, kept true by user data: ``client.balances["USDT"].free``.

        Raises:
            UsageError: user data is not followed, or the venue's answer about the balances cannot be read.
        """
        return self._thread.read(lambda: self._inner.balances.copy())

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

            with client.market_streams() as streams, streams.trade("BTCUSDT") as trades:
                for event in trades: ...

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
        return MarketStreams(
            self._thread,
            self._thread.read(
                lambda: self._inner.market_streams(
                    connections=connections,
                    streams_per_connection=streams_per_connection,
                    on_open=on_open,
                    on_message=on_message,
                    on_close=on_close,
                    on_error=on_error,
                )
            ),
        )

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

            with client.order_book("BTCUSDT") as book:
                while True:
                    book.updated()
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
        return OrderBook(
            self._thread,
            self._thread.read(
                lambda: self._inner.order_book(
                    symbol,
                    limit=limit,
                    speed=speed,
                    timeout=timeout,
                    streams=streams.asynchronous if isinstance(streams, MarketStreams) else streams,
                )
            ),
        )

    def now_ms(self) -> int:
        """The venue's time now, in milliseconds, estimated without asking."""
        return self._thread.read(lambda: self._inner.now_ms())

    def new_order_id(self) -> str:
        """Return a client order id that no order has had, to be noted before it is sent.

        `place_order` makes one by itself where none is given. A program that names its order here knows what to look for
        after a crash::

            name = client.new_order_id()
            note(name)
            client.place_order(..., new_client_order_id=name)

        It is for one order of this client. Wire: none; nothing is sent.
        """
        return self._thread.read(lambda: self._inner.new_order_id())

    @property
    def clock_error_ms(self) -> float:
        """Milliseconds by which `now_ms` may be wrong."""
        return self._thread.read(lambda: self._inner.clock_error_ms)

    def stats(self) -> ClientStats:
        """Return how the client is doing: latencies, clock, limits, connections, doubts, ages of events.

        The value is frozen; two of them tell what came between. Another thread may call it, too: it is read on the client's
        loop then.

        Raises:
            UsageError: the client is not started yet.
            NotConnected: another thread asks, and the client's loop has ended or does not answer within 5 s.
        """
        return self._thread.read(lambda: self._inner.stats())

    @property
    def limits(self) -> list[LimitState]:
        """The venue's limits as they stand: used, reserved by calls in flight, the limit, and when each starts anew."""
        return self._thread.read(lambda: self._inner.limits)

    def call(
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

        Interrupting the call does not cancel what was sent.
        """
        return self._thread.run(self._inner.call(method, params, security=security, key=key, timeout=timeout))
