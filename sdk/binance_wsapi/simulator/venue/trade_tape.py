"""The tape: every trade of the venue in order, single and in aggregate, and the candles made of them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import astuple, dataclass

from msgspec import Struct

from binance_wsapi.simulator.archive import Archive, Shelf
from binance_wsapi.simulator.engine import Event, TradeEvent
from binance_wsapi.simulator.venue.candles import MINUTE, Candle, CandleBook, candle_of
from binance_wsapi.simulator.venue.past import Past

__all__ = ["AggTrade", "BlockTrade", "SymbolTape", "Tape"]

KEPT = 20_000
"""Trades per symbol, and aggregate trades, that can be asked for at least; twice as many at most."""
KEPT_BLOCKS = 1_000
"""Block trades per symbol in memory, at least, and twice as many at most; those before are on disk."""


class AggTrade(Struct):
    """Trades of one taker order at one price and time."""

    agg_id: int
    price: int
    quantity: int
    first_id: int
    last_id: int
    time: int
    is_buyer_maker: bool
    taker_order_id: int

    def takes(self, event: TradeEvent) -> bool:
        """Whether a trade belongs to it."""
        return (
            self.price == event.price
            and self.time == event.time
            and self.is_buyer_maker is event.is_buyer_maker
            and self.taker_order_id == _taker(event)
        )


def _taker(event: TradeEvent) -> int:
    return event.seller_order_id if event.is_buyer_maker else event.buyer_order_id


@dataclass(frozen=True, slots=True)
class BlockTrade:
    """A trade agreed off the book: it has ids of its own and moves neither prices nor candles."""

    symbol: str
    trade_id: int
    price: int
    quantity: int
    time: int
    is_buyer_maker: bool


class SymbolTape:
    """Trades of one symbol.

    Args:
        past: what its candles show of before the first trade.
        archive: where older candles and block trades are.
        name: of its tables there.
    """

    def __init__(self, past: Past | None = None, archive: Archive | None = None, name: str = "tape") -> None:
        archive = archive or Archive()
        self.candles = CandleBook(past, archive, name)
        self.blocks: Shelf[BlockTrade] = Shelf(
            archive, f"{name}_blocks", KEPT_BLOCKS, _same, astuple, lambda row: BlockTrade(*row)
        )
        self.forget()

    def forget(self) -> None:
        """Begin anew, as if nothing had been traded yet."""
        self.trades: list[TradeEvent] = []
        self.aggregates: list[AggTrade] = []
        self.blocks.clear()
        self.candles.forget()
        self._next_aggregate = 0
        self._dropped = False

    def trade(self, event: TradeEvent) -> None:
        """Take in a trade."""
        self.trades.append(event)
        self.candles.trade(event)
        if self.aggregates and self.aggregates[-1].takes(event):
            last = self.aggregates[-1]
            last.quantity += event.quantity
            last.last_id = event.trade_id
        else:
            self.aggregates.append(
                AggTrade(
                    self._next_aggregate,
                    event.price,
                    event.quantity,
                    event.trade_id,
                    event.trade_id,
                    event.time,
                    event.is_buyer_maker,
                    _taker(event),
                )
            )
            self._next_aggregate += 1
        if len(self.trades) > 2 * KEPT:
            del self.trades[:KEPT]
            self._dropped = True
        if len(self.aggregates) > 2 * KEPT:
            del self.aggregates[:KEPT]

    def recent(self, limit: int) -> list[TradeEvent]:
        """Return the newest trades, oldest first."""
        return self.trades[-limit:]

    def from_id(self, trade_id: int, limit: int) -> list[TradeEvent]:
        """Return trades from an id on."""
        at = bisect_left(self.trades, trade_id, key=lambda trade: trade.trade_id)
        return self.trades[at : at + limit]

    def aggregated(self, from_id: int | None, start: int | None, end: int | None, limit: int) -> list[AggTrade]:
        """Return aggregate trades from an id on, or by time (both bounds included), else the newest."""
        rows = self.aggregates
        if from_id is not None:
            at = bisect_left(rows, from_id, key=lambda row: row.agg_id)
            return rows[at : at + limit]
        low = 0 if start is None else bisect_left(rows, start, key=lambda row: row.time)
        high = len(rows) if end is None else bisect_left(rows, end + 1, key=lambda row: row.time)
        return rows[max(low, high - limit) : high] if start is None else rows[low : min(high, low + limit)]

    def window(self, start: int, end: int) -> tuple[Candle | None, int | None]:
        """Sum up what happened from `start` to before `end`.

        The candles are whole minutes. The part of a minute at the start is summed from its single trades, as long as
        those are kept.

        Returns:
            The sum, None before the first trade of all; and the last price before `start`, None if there was none.
        """
        minute = start - start % MINUTE
        kept = self.trades
        if start == minute or (self._dropped and (not kept or kept[0].time >= minute)):
            return self.candles.window(minute, end, shown=start), self.candles.close_before(minute)
        first = bisect_left(kept, start, key=lambda trade: trade.time)
        last = bisect_left(kept, min(minute + MINUTE, end), key=lambda trade: trade.time)
        before = kept[first - 1].price if first else self.candles.close_before(minute)
        found = self.candles.window(minute + MINUTE, end, shown=start) if minute + MINUTE < end else None
        if first == last:
            if found is None and before is not None:
                found = Candle(start, end, before, before, before, before)
            elif found is not None and not found.count and before is not None:
                found.open = found.high = found.low = found.close = before
            return found, before
        total = candle_of(kept[first])
        for trade in kept[first + 1 : last]:
            total.add(candle_of(trade))
        if found is not None:
            total.add(found)
        total.start, total.end = start, end
        return total, before


def _same(trade: BlockTrade) -> BlockTrade:
    return trade


class Tape:
    """Trades of all symbols.

    Args:
        archive: where older candles and block trades are.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._symbols: dict[str, SymbolTape] = {}

    def add(self, symbol: str, past: Past | None) -> None:
        """Begin a tape for a symbol."""
        self._symbols[symbol] = SymbolTape(past, self._archive, f"tape_{len(self._symbols)}")

    def forget(self) -> None:
        """Begin anew, in the same objects: candles and tickers hold them."""
        for each in self._symbols.values():
            each.forget()

    def __getitem__(self, symbol: str) -> SymbolTape:
        return self._symbols[symbol]

    def hear(self, event: Event) -> None:
        """Take note of an engine event."""
        if isinstance(event, TradeEvent):
            self._symbols[event.symbol].trade(event)
