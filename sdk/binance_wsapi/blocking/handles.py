"""The live objects of a client, for a thread that waits: orders, books, market streams.

Each stands for its asynchronous counterpart, which lives on the client's loop. What they do is in ``generated``; here is
how their lives begin and end.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Literal, Self, overload

from binance_wsapi.blocking.generated.book import BookMethods
from binance_wsapi.blocking.generated.factory import StreamFactory
from binance_wsapi.blocking.generated.history import HistoryMethods
from binance_wsapi.blocking.generated.order_handle import HandleMethods
from binance_wsapi.blocking.generated.order_list_handle import ListHandleMethods
from binance_wsapi.blocking.generated.streams import StreamMethods
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.blocking.subscription import Subscription
from binance_wsapi.client.spot_history import SpotHistory
from binance_wsapi.errors import UsageError, shown
from binance_wsapi.models.levels import Level
from binance_wsapi.orders.trade import handle, list_handle
from binance_wsapi.streams import book, market
from binance_wsapi.streams.factory import Options
from binance_wsapi.streams.queues import DEFAULT_LIMIT, QueuePolicy
from binance_wsapi.wire.border import calls_at_border
from binance_wsapi.wire.forms import Form
from binance_wsapi.wire.misuse import EnteredByThreads

__all__ = ["History", "MarketStreams", "OrderBook", "OrderHandle", "OrderListHandle"]


@calls_at_border
class History(HistoryMethods):
    """Rows between two times, oldest first, of any length: ``client.history``.

    Every method returns `HistoryRows`: iterate over them, or call their `HistoryRows.collect`, `HistoryRows.to_pandas` or
    `HistoryRows.to_polars`.
    ``on_progress`` is called on the client's loop, and has to be quick. `binance_wsapi.SpotClient.history` says the rest.
    """

    __slots__ = ("_inner", "_thread")

    def __init__(self, thread: LoopThread, inner: SpotHistory) -> None:
        self._thread = thread
        self._inner = inner

    def __repr__(self) -> str:
        return f"<blocking {self._inner!r}>"


@calls_at_border
class OrderHandle(HandleMethods):
    """An order that was handed to the client to be placed, kept true until nothing more can happen to it.

    Made by `SpotClient.submit_order`. Attributes never go back: the executed quantity does not shrink, an end is never
    left, a fill is there once. Forgetting the handle does not cancel the order.
    """

    __slots__ = ("_inner", "_thread")

    def __init__(self, thread: LoopThread, inner: handle.OrderHandle) -> None:
        self._thread = thread
        self._inner = inner

    def __repr__(self) -> str:
        return self._thread.read(lambda: repr(self._inner))


@calls_at_border
class OrderListHandle(ListHandleMethods):
    """An order list that was handed to the client to be placed, kept true until nothing more can happen to its orders.

    Made by `SpotClient.submit_oco` and its like. Each order of the list is an `OrderHandle` in `legs`. Forgetting the handle
    cancels nothing.
    """

    __slots__ = ("_inner", "_legs", "_thread")

    def __init__(self, thread: LoopThread, inner: list_handle.OrderListHandle) -> None:
        self._thread = thread
        self._inner = inner
        self._legs = MappingProxyType({name: OrderHandle(thread, leg) for name, leg in inner.legs.items()})

    def __repr__(self) -> str:
        return self._thread.read(lambda: repr(self._inner))

    @property
    def legs(self) -> Mapping[str, OrderHandle]:
        """The orders by their names.

        ``above`` and ``below`` of an OCO, ``working`` and ``pending`` of an OTO or OPO; ``working``, ``pending_above`` and
        ``pending_below`` of an OTOCO or OPOCO.
        """
        return self._legs


@calls_at_border
class MarketStreams(EnteredByThreads, StreamFactory, StreamMethods):
    """Market data, pushed, in the same program as the client that made it::

        with client.market_streams() as streams, streams.trade("BTCUSDT") as trades:
            for event in trades: ...

    Made by `SpotClient.market_streams`.
    """

    __slots__ = ("_inner", "_thread")

    def __init__(self, thread: LoopThread, inner: market.MarketStreams) -> None:
        self._thread = thread
        self._inner = inner

    def __repr__(self) -> str:
        return self._thread.read(lambda: repr(self._inner))

    @property
    def asynchronous(self) -> market.MarketStreams:
        """The asynchronous streams these stand for; they belong to the client's loop."""
        return self._inner

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Do what entering does, for a program that keeps them longer than one block and calls `close`.

        Raises:
            UsageError: they were entered before.
        """
        self._thread.read(self._inner.start)

    def close(self) -> None:
        """End everything: idempotent and bounded in time. Iterators end after what they still have."""
        if self._thread.running:
            self._thread.run(self._inner.close())

    @overload
    def subscribe(
        self,
        *names: str,
        form: Literal["dicts"],
        policy: QueuePolicy | str = ...,
        limit: int = ...,
        timeout: float = ...,
    ) -> Subscription[dict[str, Any]]: ...

    @overload
    def subscribe(
        self,
        *names: str,
        form: Literal["bytes"],
        policy: QueuePolicy | str = ...,
        limit: int = ...,
        timeout: float = ...,
    ) -> Subscription[bytes]: ...

    @overload
    def subscribe(
        self,
        *names: str,
        form: Form = "objects",
        policy: QueuePolicy | str = ...,
        limit: int = ...,
        timeout: float = ...,
    ) -> Subscription[Any]: ...

    def subscribe(
        self,
        *names: str,
        form: Form = "objects",
        policy: QueuePolicy | str = QueuePolicy.DROP_OLDEST,
        limit: int = DEFAULT_LIMIT,
        timeout: float = 30.0,
    ) -> Subscription[Any]:
        """Return a subscription of streams by their names, to be entered.

        Args:
            names: names of streams as the venue writes them, ``btcusdt@trade``; several come as one iterator, in the
                order they arrive. The venue accepts a name it does not know, and sends nothing.
            form: how messages are delivered: ``"objects"`` are typed events; ``"dicts"`` and ``"bytes"`` are the whole
                message, with ``stream`` and ``data``. Streams of a kind this library does not know come as dictionaries
                in place of objects.
            policy: what is lost when the consumer does not keep up.
            limit: events kept for a consumer that does not keep up.
            timeout: seconds entering may take.

        Returns:
            A subscription to be entered; it is iterated over for what ``form`` says.

        Raises:
            UsageError: a name is not one, or an argument out of range.

        Source: WebSocket Streams, "Live Subscribing/Unsubscribing to streams".
        """
        inner = self._inner.subscribe(*names, form=form, policy=policy, limit=limit, timeout=timeout)
        return Subscription(self._thread, inner, stale_soon=policy == QueuePolicy.LATEST)

    def _subscription(self, inner: Any, options: Options) -> Subscription[Any]:
        return Subscription(self._thread, inner, stale_soon=options.get("policy") == QueuePolicy.LATEST)


@calls_at_border
class OrderBook(EnteredByThreads, BookMethods):
    """The order book of one symbol, kept true by its stream while the caller does something else::

        with client.order_book("BTCUSDT") as book:
            while True:
                book.updated()
                print(book.best)

    Made by `SpotClient.order_book`. Entering returns when the book is synced. While it is not, it is empty: there are no
    stale prices to read.
    """

    __slots__ = ("_inner", "_thread")

    def __init__(self, thread: LoopThread, inner: book.OrderBook) -> None:
        self._thread = thread
        self._inner = inner

    def __repr__(self) -> str:
        return self._thread.read(lambda: repr(self._inner))

    def __enter__(self) -> Self:
        self._thread.run(self._inner.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unsubscribe and empty the book. Idempotent."""
        if self._thread.running:
            self._thread.run(self._inner.close())

    @property
    def symbol(self) -> str:
        """The symbol, upper-case."""
        return self._inner.symbol

    @property
    def snapshots(self) -> int:
        """How many snapshots were asked for."""
        return self._thread.read(lambda: self._inner.snapshots)

    @property
    def resyncs(self) -> int:
        """How often the book was lost and had to be built anew."""
        return self._thread.read(lambda: self._inner.resyncs)

    @property
    def bids(self) -> list[Level]:
        """The bids as they are now, best first: a copy. Empty while the book is not synced."""
        return self._thread.read(lambda: self._inner.bids[:])

    @property
    def asks(self) -> list[Level]:
        """The asks as they are now, best first: a copy. Empty while the book is not synced."""
        return self._thread.read(lambda: self._inner.asks[:])

    def levels(self, count: int) -> tuple[list[Level], list[Level]]:
        """Return that many of the best bids and asks, both of the same moment.

        Raises:
            UsageError: the count is no number of levels.
        """
        if type(count) is not int or count < 0:
            raise UsageError(f"count must be a number of levels, got {shown(count)}")
        return self._thread.read(lambda: (self._inner.bids[:count], self._inner.asks[:count]))
