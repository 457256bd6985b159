"""A local order book as a pure state machine: the venue's procedure, without an event loop, a clock or a network.

Theory of operation (WebSocket Streams: How to manage a local order book correctly). The book is *waiting* until it has
a snapshot, then *synced*::

    begin ─► waiting ── load: the snapshot meets the events ──► synced
               ▲  │                                               │
               │  └─ load without any event ─► unmet ─ feed: meets ┤
               │                                 │                │
               └─ feed: the snapshot is too old ─┘                │
               └───────── an event is missing, or makes no sense ─┘

While it waits, events are kept. A snapshot meets them when the first event that is not older begins at or before the
snapshot's update id + 1; if it begins later the snapshot is too old, and another is needed. Without any event a snapshot
is *unmet*: it may come from a cache that is behind the stream. It counts when the next event meets it, or when a second
snapshot after a while is the same (`load` with ``confirms``).

A synced book takes an event that begins at or before its own update id + 1, drops an event that ends at or before it, and is
broken by any other. It is broken, too, by `OLDER` dropped events in a row: then the venue counts its updates anew.

A broken book is emptied at once. Prices known to be wrong are worse than none.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final, overload

from binance_wsapi.errors import ProtocolViolation
from binance_wsapi.models.base import REACH
from binance_wsapi.models.levels import Level
from binance_wsapi.streams.events import DiffDepthEvent

__all__ = ["OLDER", "BookSide", "BookState", "Step"]

KEPT: Final = 10_000
"""Events kept while the book waits for a snapshot, oldest dropped first: a snapshot older than them is refused."""

OLDER: Final = 100
"""Events in a row that a synced book has already, and none that it has not, after which the venue counts updates anew. A
snapshot is ahead of the stream by a few."""

_LEAST: Final = Decimal(10) ** -REACH
_BOUND: Final = Decimal(10) ** (REACH + 1)
_LONGEST: Final = 2 * REACH + 2
"""Characters of a number of so many digits on either side of the point."""

Pairs = Iterable[Sequence[object]]
_Changes = list[tuple[Decimal, Decimal]]


class BookSide(Sequence[Level]):
    """One side of a book, best price first: a live view, which changes when the book does. A slice is a copy.

    Attributes:
        complete_to: the worst price down to which every level is known, None when all are. Levels beyond are known
            only as far as they changed since the snapshot, which has at most 5,000 on a side.
    """

    __slots__ = ("_descending", "_prices", "_quantities", "complete_to")

    def __init__(self, *, descending: bool) -> None:
        self._descending = descending
        self._prices: list[Decimal] = []
        self._quantities: dict[Decimal, Decimal] = {}
        self.complete_to: Decimal | None = None

    def __len__(self) -> int:
        return len(self._prices)

    @overload
    def __getitem__(self, index: int) -> Level: ...

    @overload
    def __getitem__(self, index: slice) -> list[Level]: ...

    def __getitem__(self, index: int | slice) -> Level | list[Level]:
        prices = self._prices
        if isinstance(index, slice):
            chosen = [prices[self._at(each)] for each in range(*index.indices(len(prices)))]
            return [Level(price, self._quantities[price]) for price in chosen]
        size = len(prices)
        if not -size <= index < size:
            raise IndexError("no such level")
        price = prices[self._at(index % size)]
        return Level(price, self._quantities[price])

    def _at(self, index: int) -> int:
        return len(self._prices) - 1 - index if self._descending else index

    def __iter__(self) -> Iterator[Level]:
        quantities = self._quantities
        for price in reversed(self._prices) if self._descending else self._prices:
            yield Level(price, quantities[price])

    def __repr__(self) -> str:
        head = ", ".join(f"{level.price}x{level.quantity}" for level in self[:3])
        return f"<BookSide {len(self)}: {head}{', …' if len(self) > 3 else ''}>"

    def quantity_at(self, price: Decimal) -> Decimal:
        """Return the quantity at a price, 0 when there is none."""
        return self._quantities.get(price, Decimal(0))

    def clear(self) -> None:
        """Take every level out."""
        self._prices.clear()
        self._quantities.clear()
        self.complete_to = None

    def replace(self, levels: _Changes, limit: int | None) -> None:
        """Take these levels in place of all there were.

        Args:
            levels: the levels.
            limit: how many the snapshot could have had; if it has that many there may be more.
        """
        self._quantities = {price: quantity for price, quantity in levels if quantity}
        self._prices = sorted(self._quantities)
        truncated = limit is not None and len(levels) >= limit and self._prices
        self.complete_to = self._prices[0 if self._descending else -1] if truncated else None

    def change(self, levels: _Changes) -> None:
        """Set the quantities at these prices; 0 takes a level out."""
        prices, quantities = self._prices, self._quantities
        for price, quantity in levels:
            if quantity:
                if price not in quantities:
                    insort(prices, price)
                quantities[price] = quantity
            elif quantities.pop(price, None) is not None:
                del prices[bisect_left(prices, price)]


class Step(Enum):
    """What an event did to the book."""

    KEPT = "kept"
    """The book waits for a snapshot."""
    STALE = "stale"
    """The snapshot that no event had met is older than this event: another is needed. The event is kept."""
    APPLIED = "applied"
    OLD = "old"
    """The book had it already."""
    BROKEN = "broken"
    """Something is missing before it: the book is empty, and waits. The event is kept."""
    BACKWARDS = "backwards"
    """The updates are counted anew: the book is empty, and waits. The event is kept."""


class BookState:
    """A book and how far it is.

    Attributes:
        bids: the bids, best first.
        asks: the asks, best first.
        update_id: of the last change in the book; 0 while it waits.
        synced: whether it is the venue's book.
        unmet: whether there is a snapshot that no event has met yet.
    """

    def __init__(self) -> None:
        self.bids = BookSide(descending=True)
        self.asks = BookSide(descending=False)
        self.update_id = 0
        self.synced = False
        self._older = 0
        self._kept: deque[DiffDepthEvent] = deque(maxlen=KEPT)
        self._unmet: tuple[int, Pairs, Pairs, int | None] | None = None

    @property
    def unmet(self) -> bool:
        return self._unmet is not None

    def begin(self) -> None:
        """Discard everything and wait for a snapshot."""
        self._kept.clear()
        self._empty()

    def _empty(self) -> None:
        self.synced = False
        self._unmet = None
        self._older = 0
        self.update_id = 0
        self.bids.clear()
        self.asks.clear()

    def feed(self, event: DiffDepthEvent) -> Step:
        """Take an event of the stream."""
        if not self.synced:
            if self._kept and event.final_update_id < self._kept[-1].first_update_id:
                self._kept.clear()  # counted anew: no snapshot will meet those of before
            self._kept.append(event)
            if self._unmet is None:
                return Step.KEPT
            try:
                return Step.APPLIED if self.load(*self._unmet) else Step.STALE
            except ProtocolViolation:
                return Step.STALE
        if event.final_update_id <= self.update_id:
            self._older += 1
            if self._older < OLDER:
                return Step.OLD
            self._empty()
            self._kept.append(event)
            return Step.BACKWARDS
        self._older = 0
        try:
            if event.first_update_id <= self.update_id + 1:
                self._apply(event)
                return Step.APPLIED
        except ProtocolViolation:
            self._empty()
            return Step.BROKEN
        self._empty()
        self._kept.append(event)
        return Step.BROKEN

    def load(
        self, update_id: int, bids: Pairs, asks: Pairs, limit: int | None = None, *, confirms: bool = False
    ) -> bool:
        """Take a snapshot and what came since.

        Args:
            update_id: ``lastUpdateId`` of the snapshot.
            bids: pairs of price and quantity.
            asks: likewise.
            limit: levels on a side that were asked for; None when the snapshot has all there are.
            confirms: whether a snapshot from some time ago had the same update id: it counts without any event.

        Returns:
            Whether the book is synced. If not, the snapshot is older than the events, and another is needed; or it is
            `unmet`.

        Raises:
            ProtocolViolation: a number in it is none.
        """
        kept = self._kept
        if not kept and not confirms:
            self._unmet = update_id, tuple(bids), tuple(asks), limit
            return False
        self._unmet = None
        while kept and kept[0].final_update_id <= update_id:
            kept.popleft()
        reached = update_id
        for event in kept:
            if event.first_update_id > reached + 1:
                return False  # a hole: only a snapshot from behind it helps
            reached = max(reached, event.final_update_id)
        try:
            self.bids.replace(_numbers(bids), limit)
            self.asks.replace(_numbers(asks), limit)
            self.update_id = update_id
            for event in kept:
                if event.final_update_id > self.update_id:
                    self._apply(event)
        except ProtocolViolation:
            self.begin()
            raise
        kept.clear()
        self.synced = True
        return True

    def _apply(self, event: DiffDepthEvent) -> None:
        bids, asks = _numbers(event.bid_levels), _numbers(event.ask_levels)
        self.bids.change(bids)
        self.asks.change(asks)
        self.update_id = event.final_update_id


def _numbers(pairs: Pairs) -> _Changes:
    """Return pairs as numbers.

    Raises:
        ProtocolViolation: one is not a positive price, or not a quantity, or has more digits than any of the venue.
    """
    numbers: _Changes = []
    try:
        for price_text, quantity_text in pairs:
            text = str(price_text), str(quantity_text)
            price, quantity = map(Decimal, text)
            if not (_LEAST <= price < _BOUND and (_LEAST <= quantity < _BOUND or not quantity)):
                raise ProtocolViolation("a level of the book that cannot be")
            if max(map(len, text)) > _LONGEST:
                raise ProtocolViolation("a level of the book that cannot be")
            numbers.append((price, quantity))
    except (InvalidOperation, ValueError, TypeError) as error:
        raise ProtocolViolation(f"a level of the book that cannot be read: {type(error).__name__}") from None
    return numbers
