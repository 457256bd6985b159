"""The market streams: who listens to what, what is said at once and what in its own time.

Trades and best prices are said when they happen. Everything else has a pace of its own; one timer looks after all of
it, and it only runs while a client listens to such a stream.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol

from binance_wsapi.simulator.engine import Event, LevelChange, Side, SymbolStatus, TradeEvent
from binance_wsapi.simulator.streams.topics import (
    DepthChanges,
    Topic,
    agg_trade,
    block_trade,
    book_ticker,
    kline,
    parse_topic,
    snapshot,
    trade,
)
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.candles import INTERVALS, Candle
from binance_wsapi.simulator.venue.tickers import best
from binance_wsapi.simulator.venue.trade_tape import BlockTrade
from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["Hub", "Listener"]

MOST_CLOSED = 60
"""Candles that are told at most after the clock jumped."""

TICK = 0.1


class Listener(Protocol):
    """A connection that listens.

    Attributes:
        unit: divides microseconds to the connection's unit.
    """

    unit: int

    def tell(self, name: str, payload: Any) -> None: ...


class _Channel:
    """One topic with at least one listener."""

    def __init__(self, topic: Topic, now: int) -> None:
        now_ms = now // 1000
        self.topic = topic
        self.listeners: dict[Listener, None] = {}
        self.due_ms = (now_ms // topic.period_ms + 1) * topic.period_ms if topic.period_ms else 0
        self.changes: DepthChanges | None = None
        self.told_at = now

    def tell(self, build: Callable[[int], Any]) -> None:
        """Send what `build` makes of a unit, made once per unit."""
        made: dict[int, Any] = {}
        for listener in list(self.listeners):
            unit = listener.unit
            if unit not in made:
                made[unit] = build(unit)
            if made[unit] is not None:
                listener.tell(self.topic.name, made[unit])


class Hub:
    """All market streams of a venue."""

    def __init__(self, venue: Venue, timers: Timers) -> None:
        self._venue = venue
        self._timers = timers
        self._channels: dict[str, _Channel] = {}
        self._ticking = False
        self._dirty: set[str] = set()
        self._best: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {}
        self._aggregates: dict[str, int] = {}
        venue.listen(self._hear, TradeEvent, LevelChange)
        venue.settled.append(self._settle)
        venue.blocks.append(self._block)
        venue.forgetting.append(self._forget)

    def _forget(self) -> None:
        """Begin anew: ids of aggregate trades do."""
        self._best.clear()
        self._dirty.clear()
        self._aggregates = dict.fromkeys(self._aggregates, -1)

    # --- who listens -----------------------------------------------------------------------------------------------

    def add(self, name: str, listener: Listener) -> None:
        """Let a connection listen; a name that means nothing is accepted and stays silent, as on the venue."""
        channel = self._channels.get(name)
        if channel is None:
            topic = parse_topic(name, self._venue.listings)
            if topic is None:
                return
            channel = self._channels[name] = _Channel(topic, self._venue.clock.engine_us())
            if topic.kind == "bookTicker" and topic.symbol is not None:
                self._best[topic.symbol] = best(self._venue.engine, topic.symbol)
            if topic.kind == "aggTrade" and topic.symbol is not None:
                rows = self._venue.tape[topic.symbol].aggregates
                self._aggregates[topic.symbol] = rows[-1].agg_id if rows else -1
        channel.listeners[listener] = None
        if channel.topic.period_ms and not self._ticking:
            self._ticking = True
            self._timers.later(TICK, self._tick)

    def remove(self, name: str, listener: Listener) -> None:
        """Let a connection not listen any more."""
        channel = self._channels.get(name)
        if channel is not None:
            channel.listeners.pop(listener, None)
            if not channel.listeners:
                del self._channels[name]

    # --- at once ---------------------------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        if not self._channels:
            return
        if isinstance(event, TradeEvent):
            channel = self._channels.get(f"{event.symbol.lower()}@trade")
            if channel is not None:
                now = self._venue.clock.engine_us()
                channel.tell(lambda unit: trade(event, now, unit))
            self._dirty.add(event.symbol)
        elif isinstance(event, LevelChange):
            self._dirty.add(event.symbol)
            for speed in ("@depth", "@depth@100ms", "@depth@1000ms"):
                channel = self._channels.get(event.symbol.lower() + speed)
                if channel is not None:
                    _note(channel, event)

    def _block(self, trade: BlockTrade) -> None:
        channel = self._channels.get(f"{trade.symbol.lower()}@blockTrade")
        if channel is not None:
            now = self._venue.clock.engine_us()
            channel.tell(lambda unit: block_trade(trade, now, unit))

    def _settle(self) -> None:
        """Say what is only known when a command is done: aggregate trades and best prices."""
        if not self._dirty:
            return
        now = self._venue.clock.engine_us()
        for symbol in sorted(self._dirty):
            lower = symbol.lower()
            channel = self._channels.get(f"{lower}@aggTrade")
            if channel is not None:
                self._tell_aggregates(channel, symbol, now)
            channel = self._channels.get(f"{lower}@bookTicker")
            if channel is not None and not self._silent(channel.topic):
                found = best(self._venue.engine, symbol)
                if found != self._best.get(symbol):
                    self._best[symbol] = found
                    payload = book_ticker(self._venue, symbol)
                    channel.tell(lambda _, payload=payload: payload)  # type: ignore[misc]
        self._dirty.clear()

    def _tell_aggregates(self, channel: _Channel, symbol: str, now: int) -> None:
        rows = self._venue.tape[symbol].aggregates
        new = rows[-1].agg_id - self._aggregates[symbol] if rows else 0
        if new:
            self._aggregates[symbol] = rows[-1].agg_id
            for row in rows[-new:]:
                channel.tell(lambda unit, row=row: agg_trade(row, symbol, now, unit))  # type: ignore[misc]

    # --- in its own time -------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        paced = [channel for channel in self._channels.values() if channel.topic.period_ms]
        if not paced:
            self._ticking = False
            return
        self._timers.later(TICK, self._tick)
        now = self._venue.clock.engine_us()
        for channel in paced:
            if now // 1000 >= channel.due_ms:
                period = channel.topic.period_ms
                channel.due_ms = (now // 1000 // period + 1) * period
                self._speak(channel, now)

    def _silent(self, topic: Topic) -> bool:
        """Whether the status of a symbol keeps a stream silent (spot_glossary, BREAK and CANCEL_ONLY)."""
        if topic.symbol is None:
            return False
        status = self._venue.engine.status(topic.symbol)
        return status is SymbolStatus.BREAK or (status is SymbolStatus.CANCEL_ONLY and topic.kind == "kline")

    def _speak(self, channel: _Channel, now: int) -> None:
        topic, venue = channel.topic, self._venue
        symbol = topic.symbol
        if self._silent(topic):
            channel.told_at = now
            return
        if symbol is None:
            self._speak_for_all(channel, now)
        elif topic.kind == "depth":
            changes, channel.changes = channel.changes, None
            if changes is not None:
                channel.tell(lambda unit: changes.as_json(symbol, now, unit))
        elif topic.kind == "kline":
            self._speak_kline(channel, symbol, now)
        else:
            channel.tell(lambda unit: snapshot(venue, topic, symbol, now, unit))

    def _speak_for_all(self, channel: _Channel, now: int) -> None:
        """Send the tickers of the symbols that have traded since it last spoke."""
        venue, topic = self._venue, channel.topic
        last, channel.told_at = channel.told_at, now
        changed = []
        for symbol in venue.listings:
            trades = venue.tape[symbol].recent(1)
            if trades and trades[0].time > last:
                changed.append(symbol)
        if changed:
            channel.tell(lambda unit: [snapshot(venue, topic, symbol, now, unit) for symbol in changed])

    def _speak_kline(self, channel: _Channel, symbol: str, now: int) -> None:
        """Send the candles that have closed since it last spoke, or since the stream was subscribed, and the present one."""
        topic = channel.topic
        interval = INTERVALS[topic.detail]
        last, channel.told_at = channel.told_at, now
        passed = (now - last) // interval.width if interval.width else 0
        candles = self._venue.tape[symbol].candles.klines(
            interval, now, None, None, max(0, min(passed, MOST_CLOSED)) + 2, topic.offset
        )
        for candle, following in pairwise(candles):
            if last < following.start:
                _tell_candle(channel, candle, now, closed=True)
        if candles:
            _tell_candle(channel, candles[-1], now, closed=False)


def _tell_candle(channel: _Channel, candle: Candle, now: int, *, closed: bool) -> None:
    channel.tell(lambda unit: kline(channel.topic, candle, now, unit, closed=closed))


def _note(channel: _Channel, event: LevelChange) -> None:
    changes = channel.changes
    if changes is None:
        changes = channel.changes = DepthChanges({}, {}, event.update_id, event.update_id)
    changes.last = event.update_id
    side = changes.bids if event.side is Side.BUY else changes.asks
    side[event.price] = event.quantity
