"""An order book that is kept true.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from binance_wsapi.blocking.events import within
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.streams.book import BestPrices
from binance_wsapi.streams.book import OrderBook as AsynchronousOrderBook
from binance_wsapi.wire.border import calls_at_border

__all__ = ["BookMethods"]


@calls_at_border
class BookMethods:
    """The order book of one symbol, kept true by its stream::"""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousOrderBook

    @property
    def synced(self) -> bool:
        """Whether the book is the venue's, as far as the stream has come."""
        return self._thread.read(lambda: self._inner.synced)

    @property
    def update_id(self) -> int:
        """Id of the last change in the book; 0 while it is not synced."""
        return self._thread.read(lambda: self._inner.update_id)

    @property
    def best(self) -> BestPrices:
        """The best bid and the best ask."""
        return self._thread.read(lambda: self._inner.best)

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the last change came over the stream; None before the first."""
        return self._thread.read(lambda: self._inner.last_event_age)

    def updated(self, after: int | None = None, timeout: float | None = None) -> int:
        """Wait for the next change of the synced book.

        Args:
            after: return at once when the book is already beyond this update id; None waits for the next change.
                `book.update_id` of the last look is what misses nothing.
            timeout: seconds to wait at most; None waits for as long as it takes.

        Returns:
            The update id the book has now.

        Raises:
            UsageError: ``after`` is no number.
            NotConnected: the book was closed.
            WsapiError: it cannot be kept any more: the venue does not know the symbol, for instance.
            TimeoutError: it did not happen in time. That changes nothing.
        """
        return self._thread.run(within(timeout, self._inner.updated, after))
