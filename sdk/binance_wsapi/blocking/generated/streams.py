"""What market streams do beside subscribing by kind.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator

from binance_wsapi.blocking.events import iterate
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.link.lifecycle import ClientEvent
from binance_wsapi.streams.market import MarketStreams as AsynchronousMarketStreams
from binance_wsapi.wire.border import calls_at_border

__all__ = ["StreamMethods"]


@calls_at_border
class StreamMethods:
    """Market data, pushed. No key is needed::"""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousMarketStreams

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._thread.read(lambda: self._inner.closed)

    def rotate(self) -> None:
        """Replace the connections by fresh ones, without a gap; the venue ends each after 24 hours anyway."""
        self._thread.read(lambda: self._inner.rotate())

    def events(self) -> Iterator[ClientEvent | Overflow]:
        """Iterate over what happens to the connections from now on."""
        return iterate(self._thread, self._inner.events())

    @property
    def connections(self) -> dict[int, int]:
        """The open connections: number of each, and how many streams it brings."""
        return self._thread.read(lambda: self._inner.connections)

    @property
    def counters(self) -> dict[str, int]:
        """How often connections were replaced without loss, and how many frames came over two of them."""
        return self._thread.read(lambda: self._inner.counters)
