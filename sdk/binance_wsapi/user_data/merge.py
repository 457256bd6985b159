"""What was delivered of an account, and what the venue's answers say is missing.

Theory of operation. The stream numbers nothing, but the fills of an order add up: a report says how much was executed in
all (``z``) and by this execution (``l``), so ``z - l`` is what must have been delivered before. A report that does not fit
is held back, with all that follow for its order, until the missing fills were found; other orders go on. What is found is
delivered as the report the venue would have sent, marked as recovered, in its place before those that are held.

Where no report shows that one is missing, the trades of a symbol do: each that is not older than the subscription and was
not delivered is delivered now (`binance_wsapi.user_data.fill_merge`). A report is known by symbol and execution id. What was
delivered once, live or recovered, is not delivered again.

An order that ended during a gap is told as ended when all its fills are told. What is held for too long, or ends
with fills that nothing explains, is let go, and said to be incomplete. Order lists are told after their orders
(`binance_wsapi.user_data.list_merge`).

An order is in one of these states:

| state | known by | a live report |
|---|---|---|
| unsummed | ``executed`` is None | gives the sum its start: what it says was executed before it |
| in step | ``executed`` is what was delivered | is delivered if it adds up; if not, the order is held |
| held | ``held`` is not empty | waits behind those that are held |
| ended | ``final``, kept among the last `FINAL_KEPT` | is dropped: the end was told, made of an answer |

| from | by | to |
|---|---|---|
| unsummed | a report, or an answer that shows it untouched | in step |
| in step | a report whose ``z - l`` is not the sum | held |
| held | the missing fills are found, or it is held for too long (and said to be incomplete) | in step |
| in step | a report or an answer says that it ended, and all its fills are told | ended |

This file is pure: local times are seconds of a clock that never goes back, and are handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.enums import ExecutionType, OrderStatus
from binance_wsapi.models.spot.account import AccountTrade
from binance_wsapi.models.spot.events import ExecutionReport, ListStatus, UserDataEvent
from binance_wsapi.models.spot.orders import OrderInList, OrderState
from binance_wsapi.user_data.fill_merge import ANEW_US, FillMerge
from binance_wsapi.user_data.list_merge import HOLD, ListMerge, Told
from binance_wsapi.user_data.settled import Settled
from binance_wsapi.user_data.snapshot import Key, Look
from binance_wsapi.user_data.synthetic import Fill, recovered_report

__all__ = ["AccountMerge", "Key", "Look"]

UNDER_WAY = 70.0
"""Seconds a request that changes orders may take to be executed: the longest receive window, and the venue's own timeout."""

EXECUTIONS_KEPT = 20_000
"""Executions of which a second report is known as one; each is some 300 bytes. They come again within seconds, or never."""
FINAL_KEPT = 4_000
"""Ended orders of which the last report is kept, each some 3 kB: at 50 orders in ten seconds all of the last 13 minutes,
where the views lag for seconds. What comes of an older one is known by its execution, its trade or the time of its end."""

_ENDS = {
    OrderStatus.CANCELED: ExecutionType.CANCELED,
    OrderStatus.REJECTED: ExecutionType.REJECTED,
    OrderStatus.EXPIRED: ExecutionType.EXPIRED,
    OrderStatus.EXPIRED_IN_MATCH: ExecutionType.EXPIRED,
}


# A struct and a list: every order makes one of each, in a third of the time of a dataclass with a deque.
class _Order(Struct, eq=False):
    """What was delivered of one order."""

    key: Key
    executed: Decimal | None = None
    quote: Decimal = Decimal(0)
    last: ExecutionReport | None = None
    state: OrderState | None = None
    final: bool = False
    last_trade: int = -1
    counted_us: int = -1
    """Until when fills are counted in ``executed`` that need not have been delivered, in microseconds."""
    new_until: int = -1
    heard: float = float("-inf")
    held: list[ExecutionReport] = []  # each has its own
    held_since: float = 0.0
    short_since: float | None = None


class AccountMerge:
    """What was delivered of one account.

    Args:
        since_us: microseconds of the venue's clock from which everything is to be delivered.
        lag: seconds the venue's views may lag behind its matching engine.
    """

    def __init__(self, since_us: int, lag: float) -> None:
        self.since_us = since_us
        self.symbols: set[str] = set()
        """Symbols that were ever touched."""
        self.unlisted: dict[str, float] = {}
        """Symbols the venue refused to speak of, and when, in seconds, local: they are not asked about."""
        self._touched: set[str] = set()
        self._active: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self._lag = lag
        self._orders: dict[Key, _Order] = {}
        self._done: OrderedDict[Key, _Order] = OrderedDict()
        self._holding: set[Key] = set()
        self._newest: dict[str, tuple[int, int]] = {}
        """Of each symbol the highest number of an order, and when the latest was made, in microseconds."""
        self._executions: OrderedDict[tuple[str, int], int] = OrderedDict()
        self.latest_us = since_us
        """The venue's time of the latest report that was heard, in microseconds."""
        self._latest_at: float | None = None
        self.settled = Settled(lag)
        self.fills = FillMerge(since_us, lag)
        self.lists = ListMerge(since_us)
        self.unexplained: list[tuple[str, int]] = []
        """What could not be repaired, and since when (microseconds, venue's clock); `Repair` removes what it tells."""

    # ------------------------------------------------------------------ live

    def hear(self, event: UserDataEvent, now: float) -> list[UserDataEvent]:
        """Take in a live event; return what is to be delivered now, in order."""
        if isinstance(event, ListStatus):
            return [event] if self.lists.hear(event) else []
        if not isinstance(event, ExecutionReport):
            return [event]
        execution = event.symbol, event.execution_id
        if execution in self._executions:
            return []
        at_us = event.transact_time.microseconds
        self._executions[execution] = at_us
        if at_us > self.latest_us:
            self.latest_us, self._latest_at = at_us, now
        if len(self._executions) > EXECUTIONS_KEPT:
            self._executions.popitem(last=False)
        self.symbols.add(event.symbol)
        self.unlisted.pop(event.symbol, None)
        self._touched.discard(event.symbol)
        self._active[event.symbol] = now
        self.lists.know(event.order_list_id)
        if event.used_sor:
            self.fills.routed(event.symbol)
        if self.fills.heard(event):
            return []
        key = event.symbol, event.order_id
        order = self._find(key)
        before = event.executed_qty - event.last_qty
        if order is None:
            order = self._add(key, event.order_creation_time.microseconds)
            order.executed = Decimal(0) if event.order_creation_time.microseconds >= self.since_us else None
        if order.executed is None and _untouched(order.state):
            order.executed = Decimal(0)  # if the view lagged, that does not add up, and its fills are asked for
        if order.executed is None:
            order.executed, order.quote = before, event.cumulative_quote_qty - event.quote_qty
            order.counted_us = at_us if event.last_qty == 0 else -1
        order.heard = now
        if event.last_qty == 0 and (
            order.final or (event.execution_type is ExecutionType.NEW and at_us <= order.new_until)
        ):
            return []  # told before, made of an answer
        if _overtaken(order, event):
            return []
        if order.held or before != order.executed:
            if not order.held:
                order.held_since = now
            order.held.append(event)
            self._holding.add(key)
            return []
        return [self._deliver(order, event)]

    def counts_anew(self, event: UserDataEvent) -> bool:
        """Return whether the venue's numbers run backwards, as after a reset of the test network.

        An order, an execution or a trade then has the number of an older one, and another time; or an order is younger than
        all that are known, and has a lower number.
        """
        if not isinstance(event, ExecutionReport):
            return False
        if self._is_anew((event.symbol, event.order_id), event.order_creation_time.microseconds):
            return True
        told = self._executions.get((event.symbol, event.execution_id))
        if told is not None and _apart(told, event.transact_time.microseconds):
            return True
        return self.fills.runs_backwards(event)

    def shows_anew(self, look: Look) -> bool:
        """Return whether the orders of a look tell that numbers run backwards."""
        states = (*look.open_orders, *look.statuses)
        return any(self._is_anew((each.symbol, each.order_id), each.time.microseconds) for each in states)

    def _is_anew(self, key: Key, made_us: int) -> bool:
        known = self._find(key)
        if known is None:
            highest, latest_us = self._newest.get(key[0], (-1, 0))
            return key[1] < highest and made_us > latest_us + ANEW_US
        made = known.state.time if known.last is None and known.state is not None else None
        made = known.last.order_creation_time if known.last is not None else made
        return made is not None and _apart(made.microseconds, made_us)

    def name(self, symbols: Iterable[str]) -> bool:
        """Take note of symbols that a caller wants to be looked at; return whether any of them never was."""
        fresh = set(symbols) - self.symbols
        self.symbols |= fresh
        for symbol in fresh:
            self.unlisted.pop(symbol, None)  # so that its orders are told, too
        return bool(fresh)

    def touch(self, symbol: str, now: float) -> None:
        """Take note that a call tried to change orders of a symbol; every event of what came of it may be lost."""
        if now <= self.unlisted.get(symbol, float("-inf")):
            return
        self.unlisted.pop(symbol, None)
        if symbol not in self.symbols:
            self._touched.add(symbol)
        self.symbols.add(symbol)
        until = now + UNDER_WAY
        if self._looked.get(symbol, float("-inf")) < until + self._lag:
            self._active[symbol] = max(until, self._active.get(symbol, until))

    def unlist(self, symbol: str, now: float) -> None:
        """Take note that the venue does not answer questions about a symbol, until it is touched again or heard of."""
        self.unlisted[symbol] = now
        self.symbols.discard(symbol)
        self._active.pop(symbol, None)
        if symbol not in self._touched or any(symbol == each for each, _ in self._orders):
            self.unexplained.append((f"the venue does not list {symbol}", self.since_us))
        self._touched.discard(symbol)

    @property
    def holding(self) -> bool:
        """Whether reports are held back because fills are missing before them."""
        return bool(self._holding)

    @property
    def active(self) -> set[str]:
        """The symbols on which something happened that is not settled yet, or may happen."""
        return {*self._active, *self.held_symbols(), *(symbol for symbol, _ in self._orders)}

    def held_symbols(self) -> set[str]:
        """Return the symbols on which reports are held back."""
        return {symbol for symbol, _ in self._holding}

    # ------------------------------------------------------------------ what to ask

    def missing_from(self, look: Look) -> list[Key]:
        """Return orders that were open and are no longer, and so are to be asked about."""
        there = {(each.symbol, each.order_id) for each in look.open_orders} | look.unread_orders
        return [order.key for order in self._orders.values() if order.key not in there and order.heard < look.asked]

    def strangers(self, look: Look) -> list[Key]:
        """Return orders with missed fills of which too little is known to tell them."""
        known = {(each.symbol, each.order_id) for each in (*look.open_orders, *look.statuses)}
        return sorted(
            {
                (trade.symbol, trade.order_id)
                for trade in self.fills.missed(look)
                if (trade.symbol, trade.order_id) not in known
                and (
                    (order := self._find((trade.symbol, trade.order_id))) is None
                    or (order.last is None and order.state is None)
                )
            }
        )

    def uncounted(self, look: Look) -> list[Key]:
        """Return orders of which it is not known, or in doubt, how much was delivered.

        An order that is older than the subscription, and of which nothing was executed, needs no question: there may be
        very many.
        """
        states = {(each.symbol, each.order_id): each for each in (*look.open_orders, *look.statuses)}
        missed = {(each.symbol, each.order_id) for each in self.fills.missed_trades(look)}
        found = set(self._holding)
        for key, order in self._orders.items():
            if order.executed is None and (key in missed or not _untouched(states.get(key, order.state))):
                found.add(key)
        for key, state in states.items():
            older = self._find(key) is None and state.time.microseconds < self.since_us
            if older and (key in missed or not _untouched(state)):
                found.add(key)
        return sorted(key for key in found if key[0] not in self.unlisted)

    def short(self, look: Look) -> list[Key]:
        """Return orders that were executed further than trades explain; smart order routing allocates without trades."""
        total: dict[Key, Decimal] = {}
        for trade in self.fills.missed(look):
            key = trade.symbol, trade.order_id
            total[key] = total.get(key, Decimal(0)) + trade.qty
        found = []
        for state in (*look.open_orders, *look.statuses):
            key = state.symbol, state.order_id
            order = self._find(key)
            delivered = order.executed if order is not None else Decimal(0)
            if (
                state.used_sor
                and delivered is not None
                and state.time.microseconds >= self.since_us
                and delivered + total.get(key, Decimal(0)) < state.executed_qty
            ):
                found.append(key)
        return found

    def lists_in_question(self, look: Look) -> list[int]:
        """Return order lists that were not told of, and those that may have ended: none of their orders is open."""
        for state in (*look.open_orders, *look.statuses):
            self.lists.know(state.order_list_id)
        of_open_orders = {state.order_list_id for state in look.open_orders}
        return self.lists.in_question(of_open_orders, {each.order_list_id for each in look.lists})

    def strangers_of_lists(self, look: Look) -> list[Key]:
        """Return orders of missed lists of which nothing is known."""
        known = {(each.symbol, each.order_id) for each in (*look.open_orders, *look.statuses)}
        return sorted(
            {
                (each.symbol, each.order_id)
                for order_list in look.lists
                if self.lists.is_new(order_list)
                for each in order_list.orders
                if (each.symbol, each.order_id) not in known and self._find((each.symbol, each.order_id)) is None
            }
        )

    # ------------------------------------------------------------------ what was answered

    def settle(self, look: Look, now: float) -> list[UserDataEvent]:
        """Take in the answers of a look; return what is to be delivered now, in order per order."""
        told: list[UserDataEvent] = []
        self.fills.looked(look)
        self.settled.looked(look)
        if self._latest_at is not None:
            self.settled.dated(self.latest_us, self._latest_at)
        certain = self.settled.shows_first(look)
        for state in (*look.open_orders, *look.statuses):
            told += self._see(state, now)
            if certain and _untouched(state):
                order = self._find((state.symbol, state.order_id))
                if order is not None and order.executed is None:
                    order.executed = Decimal(0)
        for key, trades in look.history.items():
            self._count(key, trades)
        missed = self.fills.missed(look)
        postponed: dict[str, int] = {}
        for fill in sorted(missed, key=lambda each: (each.time.microseconds, _number(each))):
            key = fill.symbol, fill.order_id
            order = self._find(key)
            if order is None or order.executed is None or (order.last is None and order.state is None):
                if isinstance(fill, AccountTrade):
                    postponed[fill.symbol] = min(fill.id, postponed.get(fill.symbol, fill.id))
                continue
            told += self._recover(order, fill)
        for order in [*self._orders.values(), *(self._done[key] for key in self._holding if key in self._done)]:
            told += self._release(order)
            if order.key[0] not in look.more:
                told += self._end(order, now)
        for order_list in look.lists:
            told += self.lists.see(order_list, [self._told(each) for each in order_list.orders], now)
        self._advance(look, postponed, now)
        return told

    def _see(self, state: OrderState, now: float) -> list[UserDataEvent]:
        """Take in an order as a view has it; tell of an open order that was never heard of."""
        key = state.symbol, state.order_id
        self.symbols.add(state.symbol)
        if state.used_sor:
            self.fills.routed(state.symbol)
        order = self._find(key)
        fresh = state.time.microseconds >= self.since_us
        told: list[UserDataEvent] = []
        if order is None:
            order = self._add(key, state.time.microseconds)
            if fresh:
                order.executed = Decimal(0)
                order.new_until = state.update_time.microseconds
                order.state = state
                pending = state.status is OrderStatus.PENDING_NEW
                status = OrderStatus.PENDING_NEW if pending else OrderStatus.NEW
                event = self._report(order, ExecutionType.NEW, status, state.time)
                order.last = event
                told.append(event)
                self._active[state.symbol] = now
        old = order.state
        if old is None or state.update_time.microseconds >= old.update_time.microseconds:
            order.state = state
        return told

    def _count(self, key: Key, trades: Iterable[AccountTrade]) -> None:
        """Take from all fills of an order how much of it was delivered, or was over before the subscription."""
        order = self._find(key)
        if order is None or (order.state is not None and order.state.used_sor and order.executed is not None):
            return
        counted = [trade for trade in trades if not self.fills.owed(trade)]
        order.executed = sum((trade.qty for trade in counted), Decimal(0))
        order.quote = sum((trade.quote_qty for trade in counted), Decimal(0))

    def _recover(self, order: _Order, fill: Fill) -> list[UserDataEvent]:
        """Deliver a missed fill, after the held reports that come before it."""
        told = self._release(order)
        traded, number = isinstance(fill, AccountTrade), _number(fill)
        if self.fills.told(fill):
            return told  # it was among those that were held
        for place, event in enumerate(order.held):
            if event.last_qty > 0 and number == (event.trade_id if traded else event.alloc_id):
                if event.executed_qty - event.last_qty == order.executed:
                    del order.held[place]
                    told.append(self._deliver(order, event))
                    told += self._release(order)
                return told  # held, and something before it is still missing
        assert order.executed is not None
        counted = fill.time.microseconds <= order.counted_us
        if not isinstance(fill, AccountTrade) or (fill.id > order.last_trade and not counted):
            # Otherwise a later one was delivered, and what it said was executed in all counts this one already.
            order.executed += fill.qty
            order.quote += fill.quote_qty
        state, last = order.state, order.last
        whole = last.orig_qty if last is not None else None
        if state is not None and (last is None or state.update_time.microseconds >= last.transact_time.microseconds):
            # Amending lowers it, even to what is executed, and then the order does not end by its last fill.
            whole = None if state.is_final else state.orig_qty
        done = order.executed == whole or (
            state is not None and state.status is OrderStatus.FILLED and order.executed >= state.executed_qty
        )
        status = OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED
        event = self._report(order, ExecutionType.TRADE, status, fill.time, fill)
        self._note(order, event)
        told.append(event)
        told += self._release(order)
        return told

    def _end(self, order: _Order, now: float) -> list[UserDataEvent]:
        """Tell that an order ended, when all its fills are told; give up on what is held for too long."""
        told: list[UserDataEvent] = []
        if order.held and now - order.held_since > HOLD:
            told += self._let_go(order)
        state = order.state
        if state is None or not state.is_final or order.final or order.held:
            return told
        if order.executed is None:
            order.executed, order.quote = state.executed_qty, state.cumulative_quote_qty
        if order.executed < state.executed_qty:
            if order.short_since is None:
                order.short_since = now
            if now - order.short_since <= HOLD:
                return told
            self._unexplained(order, state.executed_qty)
            order.executed, order.quote = state.executed_qty, state.cumulative_quote_qty
        kind = _ENDS.get(state.status)
        if kind is None and order.last is not None and not order.last.is_final:
            # Its last fill was told as a part, and that the quantity was lowered to what was executed was missed.
            kind = ExecutionType.REPLACED
        if kind is not None:
            event = self._report(order, kind, state.status, state.update_time)
            self._note(order, event)
            told.append(event)
        self._finish(order)
        return told

    def let_go(self) -> list[UserDataEvent]:
        """Give up on what is missing before reports that are held; return what is to be delivered now."""
        told: list[UserDataEvent] = []
        for key in sorted(self._holding):
            order = self._find(key)
            while order is not None and order.held:
                told += self._let_go(order)
        self._holding.clear()
        return told

    def _let_go(self, order: _Order) -> list[UserDataEvent]:
        """Give up on what is missing before the first report of an order that is held."""
        first = order.held[0]
        before = first.executed_qty - first.last_qty
        self._unexplained(order, before)
        order.executed = before
        return self._release(order)

    def _unexplained(self, order: _Order, executed: Decimal) -> None:
        missing = executed - (order.executed or Decimal(0))
        since = self.since_us if order.last is None else order.last.transact_time.microseconds
        what = f"order {order.key[1]} of {order.key[0]}: no trade explains {missing} executed"
        self.unexplained.append((what, since))

    def _advance(self, look: Look, postponed: Mapping[str, int], now: float) -> None:
        """Move on from what is settled, and forget it."""
        for symbol in look.trades:
            self._looked[symbol] = look.asked
            if symbol in self._active and symbol not in look.more and look.asked >= self._active[symbol] + self._lag:
                del self._active[symbol]
        self.fills.settle(look, self.settled, postponed, self.held_symbols(), now)
        if look.all_lists:
            self.lists.settle(look.lists, self.settled.before_us(look))

    def _told(self, order: OrderInList) -> Told | None:
        """Return what was told of an order of a list; None when it is not known."""
        found = self._find((order.symbol, order.order_id))
        return None if found is None else Told(found.final, None if found.last is None else found.last.transact_time)

    # ------------------------------------------------------------------ delivering

    def _add(self, key: Key, made_us: int) -> _Order:
        order = self._orders[key] = _Order(key)
        symbol, number = key
        newest = self._newest.get(symbol)
        self._newest[symbol] = (
            (number, made_us) if newest is None else (max(number, newest[0]), max(made_us, newest[1]))
        )
        return order

    def _find(self, key: Key) -> _Order | None:
        return self._orders.get(key) or self._done.get(key)

    def _deliver(self, order: _Order, event: ExecutionReport) -> UserDataEvent:
        order.executed, order.quote = event.executed_qty, event.cumulative_quote_qty
        self._note(order, event)
        return event

    def _note(self, order: _Order, event: ExecutionReport) -> None:
        """Remember that a report is delivered."""
        order.last = event
        if event.last_qty > 0:
            self.fills.note(event)
            order.last_trade = max(order.last_trade, event.trade_id)
            if not event.recovered:
                self.settled.numbered(event.symbol, event.trade_id, order.heard)
        if event.is_final:
            self._finish(order)

    def _finish(self, order: _Order) -> None:
        order.final = True
        self._orders.pop(order.key, None)
        self._done[order.key] = order
        if len(self._done) > FINAL_KEPT:
            self._done.popitem(last=False)

    def _release(self, order: _Order) -> list[UserDataEvent]:
        """Deliver held reports as far as they fit."""
        told: list[UserDataEvent] = []
        while order.held:
            event = order.held[0]
            if self.fills.heard(event) or _overtaken(order, event):
                order.held.pop(0)
                continue
            if event.executed_qty - event.last_qty != order.executed:
                break
            told.append(self._deliver(order, order.held.pop(0)))
        if not order.held:
            self._holding.discard(order.key)
        return told

    def _report(
        self, order: _Order, kind: ExecutionType, status: OrderStatus, time: Timestamp, fill: Fill | None = None
    ) -> ExecutionReport:
        executed = order.executed or Decimal(0)
        return recovered_report(order.last, order.state, executed, order.quote, kind, status, time, fill)


def _apart(one_us: int, other_us: int) -> bool:
    """Return whether two times are those of two things."""
    return abs(one_us - other_us) > ANEW_US


def _untouched(state: OrderState | None) -> bool:
    """Return whether nothing of an order was executed, as far as the view goes that tells of it."""
    return state is not None and not state.executed_qty


def _overtaken(order: _Order, event: ExecutionReport) -> bool:
    """Return whether a fill that came later was told already: one of two connections lost this report, and it comes late."""
    return (
        event.last_qty == 0
        and not event.is_final
        and order.executed is not None
        and event.executed_qty < order.executed
    )


def _number(fill: Fill) -> int:
    return fill.id if isinstance(fill, AccountTrade) else fill.allocation_id
