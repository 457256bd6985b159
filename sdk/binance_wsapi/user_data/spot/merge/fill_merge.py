"""Which fills of one account were delivered, and up to where nothing can be missing any more.

Theory of operation. A trade is known by symbol, trade id and order, for an account may trade with itself; a fill by smart
order routing, which need not be a trade, by symbol and allocation id. Both are numbered upwards on each symbol. What was
delivered is remembered until an answer has settled it (`settled`). From then on a number says as
much, and no more is asked for than what lies behind it. A symbol without any trade has a time in its place.

The times are those of the engine, and the beginning is the gateway's, whose clock may be ahead. So what was there at the
first look is remembered. What was not, and is older by its time than the views may lag, was made after it all the same.

This file is pure.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from binance_wsapi.models.spot.account import AccountTrade, Allocation
from binance_wsapi.models.spot.events import ExecutionReport
from binance_wsapi.user_data.spot.merge.settled import ENGINE_BEHIND_US, Settled
from binance_wsapi.user_data.spot.merge.snapshot import Look
from binance_wsapi.user_data.spot.merge.synthetic import Fill
from binance_wsapi.wire.order_calls import RENUMBERED_US

__all__ = ["FillMerge"]


class FillMerge:
    """Which fills of one account were delivered.

    Args:
        since_us: microseconds of the venue's clock from which every fill is to be delivered.
        lag: seconds the venue's views may lag behind its matching engine.

    Attributes:
        cursors: the last trade of a symbol up to which everything is settled.
        cursor_times: when that trade was, in microseconds of the venue's clock.
        quiet_until: until when a symbol without a cursor is known to have had no trade, in microseconds.
        allocations_from: the first allocation that is not settled, by symbols on which orders were routed; None is not
            known.
        unsettled: fills delivered since this was last set to 0: they are remembered until a look has settled them.
    """

    def __init__(self, since_us: int, lag: float) -> None:
        self.cursors: dict[str, int] = {}
        self.cursor_times: dict[str, int] = {}
        self.quiet_until: dict[str, int] = {}
        self.allocations_from: dict[str, int | None] = {}
        self.unsettled = 0
        self._since_us = since_us
        self._visible_us = since_us - int(lag * 1e6) - RENUMBERED_US
        self._before: dict[str, set[tuple[int, int]]] = {}
        self._trades: dict[str, set[tuple[int, int]]] = {}
        self._allocations: set[tuple[str, int]] = set()

    def routed(self, symbol: str) -> None:
        """Take note that orders of a symbol are routed: some of their fills may be allocations."""
        self.allocations_from.setdefault(symbol, None)

    def note(self, event: ExecutionReport) -> None:
        """Remember that a fill is delivered."""
        self.unsettled += 1
        if event.trade_id >= 0:
            trades, symbol = self._trades, event.symbol
            if symbol not in trades:
                trades[symbol] = set()
            trades[symbol].add((event.trade_id, event.order_id))
        elif event.alloc_id is not None:
            self._allocations.add((event.symbol, event.alloc_id))

    def runs_backwards(self, event: ExecutionReport) -> bool:
        """Return whether a fill is younger than the settled trades of its symbol, and has a number among theirs."""
        return (
            0 <= event.trade_id <= self.cursors.get(event.symbol, -1)
            and event.last_qty > 0
            and event.transact_time.microseconds > self.cursor_times[event.symbol] + RENUMBERED_US
        )

    def anew(self, look: Look) -> list[int]:
        """Return when trades were, in microseconds, that are younger than the settled ones, where these are gone.

        A view that goes back in time shows neither it nor anything younger.
        """
        return [
            trade.time.microseconds
            for symbol, trades in look.without_settled.items()
            for trade in trades
            if trade.id > self.cursors[symbol] or trade.time.microseconds > self.cursor_times[symbol] + RENUMBERED_US
        ]

    def heard(self, event: ExecutionReport) -> bool:
        """Return whether the fill a report tells of was delivered before, live or recovered."""
        if not event.last_qty:
            return False
        if event.trade_id >= 0:
            return self._traded(event.symbol, event.trade_id, event.order_id)
        return event.alloc_id is not None and self._allocated(event.symbol, event.alloc_id)

    def told(self, fill: Fill) -> bool:
        """Return whether a fill was delivered before, or is settled."""
        if isinstance(fill, AccountTrade):
            return self._traded(fill.symbol, fill.id, fill.order_id)
        return self._allocated(fill.symbol, fill.allocation_id)

    def owed(self, fill: Fill) -> bool:
        """Return whether a fill is to be delivered, and was not."""
        at = fill.time.microseconds
        if at < self._since_us and not (
            isinstance(fill, AccountTrade) and at < self._visible_us and self._is_new(fill)
        ):
            return False
        return not self.told(fill)

    def looked(self, look: Look) -> None:
        """Remember what trades of a symbol there were at the first look."""
        for symbol, trades in look.trades.items():
            if symbol not in self._before:
                self._before[symbol] = {(trade.id, trade.order_id) for trade in trades}

    def _is_new(self, trade: AccountTrade) -> bool:
        before = self._before.get(trade.symbol)
        return before is not None and (trade.id, trade.order_id) not in before

    def missed(self, look: Look) -> list[Fill]:
        """Return the fills that are to be delivered and were not."""
        return [*self.missed_trades(look), *self._missed_allocations(look)]

    def missed_trades(self, look: Look) -> list[AccountTrade]:
        """Return the trades that are to be delivered and were not, oldest first."""
        found = [trade for trades in look.trades.values() for trade in trades if self.owed(trade)]
        return sorted(found, key=lambda trade: (trade.time.microseconds, trade.symbol, trade.id))

    def settle(
        self, look: Look, settled: Settled, postponed: Mapping[str, int], held: Container[str], now: float
    ) -> None:
        """Move on from what is settled, and forget it.

        Args:
            look: the answers.
            settled: knows what is in them for certain.
            postponed: the first trade of a symbol that could not be delivered yet.
            held: symbols on which reports are held back.
            now: when the answers had come, in seconds, local.
        """
        settled_us = settled.before_us(look)
        for symbol, trades in look.trades.items():
            last = settled.up_to(look, symbol)
            settled.numbered(symbol, max((trade.id for trade in trades), default=-1), now)
            if not trades and symbol not in look.more:
                self.quiet_until[symbol] = max(settled_us, self.quiet_until.get(symbol, self._since_us))
            stop = postponed.get(symbol)
            # Of more than a look takes in, most have to be settled, or the next look would find the same.
            before_us = settled_us + ENGINE_BEHIND_US if symbol in look.more else settled_us
            done = [
                trade.id
                for trade in trades
                if (trade.id <= last or trade.time.microseconds < before_us) and (stop is None or trade.id < stop)
            ]
            if done and symbol not in held:
                cursor = self.cursors[symbol] = max(self.cursors.get(symbol, -1), *done)
                times = [trade.time.microseconds for trade in trades if trade.id == cursor]
                self.cursor_times[symbol] = max(times, default=self.cursor_times.get(symbol, settled_us))
                self._trades[symbol] = {each for each in self._trades.get(symbol, ()) if each[0] > cursor}
        left = self._missed_allocations(look)
        for symbol in look.allocated:
            first_left = min((each.allocation_id for each in left if each.symbol == symbol), default=None)
            over = [
                each.allocation_id
                for each in look.allocations
                if each.symbol == symbol
                and each.time.microseconds < settled_us
                and (first_left is None or each.allocation_id < first_left)
            ]
            if over:
                first = self.allocations_from[symbol] = max(over) + 1
                self._allocations = {each for each in self._allocations if each[0] != symbol or each[1] >= first}

    def _missed_allocations(self, look: Look) -> list[Allocation]:
        return [each for each in look.allocations if self.owed(each)]

    def _traded(self, symbol: str, trade_id: int, order_id: int) -> bool:
        return trade_id <= self.cursors.get(symbol, -1) or (trade_id, order_id) in self._trades.get(symbol, ())

    def _allocated(self, symbol: str, number: int) -> bool:
        return number < (self.allocations_from.get(symbol) or 0) or (symbol, number) in self._allocations
