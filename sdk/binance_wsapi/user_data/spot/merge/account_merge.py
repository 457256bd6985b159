"""What was delivered of an account, and what the venue's answers say is missing.

Theory of operation. The stream numbers nothing, but the fills of an order add up: a report says how much was executed in
all (``z``) and by this execution (``l``), so ``z - l`` is what must have been delivered before. A report that does not fit
is held back, with all that follow for its order, until the missing fills were found; other orders go on. What is found is
delivered as the report the venue would have sent, marked as recovered, in its place before those that are held.

Where no report shows that one is missing, the trades of a symbol do: each that is not older than the subscription and was
not delivered is delivered now (`fill_merge`). A report is known by symbol and execution id. What was delivered once, live
or recovered, is not delivered again.

An order that was amended during a gap is told as replaced, and an order that ended as ended, when all its fills are told.
What is held for too long, or ends
with fills that nothing explains, is let go, and said to be incomplete. Order lists are told after their orders
(`list_merge`).

`orders` has the states of an order and what changes them, `symbols` those of a symbol; `inquiry` says what the answers of a
look leave open.

This file is pure: local times are seconds of a clock that never goes back, and are handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.enums import ExecutionType, OrderStatus
from binance_wsapi.models.spot.account import AccountTrade
from binance_wsapi.models.spot.events import ExecutionReport, ListStatus, UserDataEvent
from binance_wsapi.models.spot.orders import OrderInList, OrderState
from binance_wsapi.user_data.spot.merge.fill_merge import FillMerge
from binance_wsapi.user_data.spot.merge.inquiry import Inquiry
from binance_wsapi.user_data.spot.merge.list_merge import HOLD, ListMerge, Told
from binance_wsapi.user_data.spot.merge.orders import OrderRecord, Orders, apart, outdated, untouched
from binance_wsapi.user_data.spot.merge.settled import Settled
from binance_wsapi.user_data.spot.merge.snapshot import Look, OrderKey
from binance_wsapi.user_data.spot.merge.synthetic import Fill, recovered_report
from binance_wsapi.user_data.symbols import Symbols

__all__ = ["AccountMerge"]

EXECUTIONS_KEPT = 20_000
"""Executions of which a second report is known as one; each is some 300 bytes. They come again within seconds, or never."""

_ENDS = {
    OrderStatus.CANCELED: ExecutionType.CANCELED,
    OrderStatus.REJECTED: ExecutionType.REJECTED,
    OrderStatus.EXPIRED: ExecutionType.EXPIRED,
    OrderStatus.EXPIRED_IN_MATCH: ExecutionType.EXPIRED,
}

_NOTHING: Final = Decimal(0)

ALL_COUNTED_US: Final = 1 << 62
"""Of an order whose first report is its last no fill is younger. Nor can one be called so by a report that is earlier than
its order: the engine's clock was set back."""

_TELLS_QUANTITY = (ExecutionType.NEW, ExecutionType.REPLACED)
"""Reports that tell of a quantity as such: a fill shows what an amendment before it left, and not the amendment."""


class AccountMerge:
    """What was delivered of one account.

    Args:
        since_us: microseconds of the venue's clock from which everything is to be delivered.
        lag: seconds the venue's views may lag behind its matching engine.
    """

    def __init__(self, since_us: int, lag: float) -> None:
        self.since_us = since_us
        self._executions: OrderedDict[tuple[str, int], int] = OrderedDict()
        self.latest_us = since_us
        """The venue's time of the latest report that was heard, in microseconds."""
        self._latest_at: float | None = None
        self.settled = Settled(lag)
        self.fills = FillMerge(since_us, lag)
        self.lists = ListMerge(since_us)
        self.symbols = Symbols(lag)
        self._orders = Orders()
        self.inquiry = Inquiry(since_us, self._orders, self.fills, self.lists, self.symbols)
        self.unexplained: list[tuple[str, int]] = []
        """What could not be repaired, and since when (microseconds, venue's clock); `Repair` removes what it tells."""

    # ------------------------------------------------------------------ live

    def hear(self, event: UserDataEvent, now: float) -> list[UserDataEvent] | None:
        """Take in a live event; return what is to be delivered now, in order.

        Where it shows that the venue's numbers run backwards, as after a reset of the test network, None is returned, and
        nothing is taken in. An order, an execution or a trade then has the number of an older one, and another time; or an
        order is younger than all that are known, and has no higher number.
        """
        if not isinstance(event, ExecutionReport):  # rarely
            return [event] if not isinstance(event, ListStatus) or self.lists.hear(event) else []
        execution, key = (event.symbol, event.execution_id), (event.symbol, event.order_id)
        at_us, made_us = event.transact_time.microseconds, event.order_creation_time.microseconds
        order, told_us = self._orders.find(key), self._executions.get(execution)
        if (
            self._orders.is_anew(key, order, made_us)
            or (told_us is not None and apart(told_us, at_us))
            or self.fills.runs_backwards(event)
        ):
            return None
        if told_us is not None:
            return []
        self._executions[execution] = at_us
        if at_us > self.latest_us:
            self.latest_us, self._latest_at = at_us, now
        if len(self._executions) > EXECUTIONS_KEPT:
            self._executions.popitem(last=False)
        self.symbols.heard(event.symbol, now)
        self.lists.know(event.order_list_id)
        if event.used_sor:
            self.fills.routed(event.symbol)
        if self.fills.heard(event):
            return []
        before = event.executed_qty - event.last_qty
        if order is None:
            order = self._orders.add(key, made_us)
            order.executed = _NOTHING if made_us >= self.since_us else None
        if order.executed is None and untouched(order.state):
            order.executed = _NOTHING  # if the view lagged, that does not add up, and its fills are asked for
        if order.executed is None:
            order.executed, order.quote = before, event.cumulative_quote_qty - event.quote_qty
            if event.last_qty == 0:
                order.counted_us = ALL_COUNTED_US if event.is_final or at_us < made_us else at_us
        order.heard = now
        if not event.last_qty and (
            order.final
            or (event.execution_type is ExecutionType.NEW and at_us <= order.new_until)
            or (at_us <= order.amended_until and _amendment_was_told(order, event))
        ):
            return []  # told before, made of an answer
        if _overtaken(order, event):
            return []
        if at_us < self.since_us and _counted(order, event):
            self._note(order, event)
            return [event]
        if order.held or before != order.executed:
            self._orders.hold(order, event, now)
            return []
        return [self._deliver(order, event)]

    def anew_since(self, look: Look) -> int | None:
        """Return when the first order or trade was, in microseconds, by which a look tells that numbers run backwards.

        None where it tells no such thing.
        """
        states = (*look.open_orders, *look.statuses)
        orders = self._orders
        keys = (((each.symbol, each.order_id), each.time.microseconds) for each in states)
        found = [made_us for key, made_us in keys if orders.is_anew(key, orders.find(key), made_us)]
        return min((*found, *self.fills.anew(look)), default=None)

    @property
    def holding(self) -> bool:
        """Whether reports are held back because fills are missing before them."""
        return bool(self._orders.held)

    @property
    def active(self) -> set[str]:
        """The symbols on which something happened that is not settled yet, or may happen."""
        return {*self.symbols.busy, *self._orders.held_symbols(), *(symbol for symbol, _ in self._orders.open)}

    def unlist(self, symbol: str, now: float) -> None:
        """Take note that the venue does not answer questions about a symbol, until it is touched again or heard of."""
        guessed = self.symbols.unlist(symbol, now)
        if not guessed or any(symbol == each for each, _ in self._orders.open):
            self.unexplained.append((f"the venue does not list {symbol}", self.since_us))

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
            if certain and untouched(state):
                order = self._orders.find((state.symbol, state.order_id))
                if order is not None and order.executed is None:
                    order.executed = _NOTHING
        for key, trades in look.history.items():
            self._count(key, trades)
        missed = self.fills.missed(look)
        postponed: dict[str, int] = {}
        for fill in sorted(missed, key=lambda each: (each.time.microseconds, _number(each))):
            key = fill.symbol, fill.order_id
            order = self._orders.find(key)
            if order is None or order.executed is None or (order.report is None and order.state is None):
                if isinstance(fill, AccountTrade):
                    postponed[fill.symbol] = min(fill.id, postponed.get(fill.symbol, fill.id))
                continue
            told += self._recover(order, fill)
        for order in self._orders.unsettled():
            told += self._release(order)
            if order.key[0] not in look.more:
                told += self._amended(order)
                told += self._end(order, look.asked)
        for order_list in look.lists:
            told += self.lists.see(order_list, [self._told(each) for each in order_list.orders], look.asked)
        self._advance(look, postponed, now)
        return told

    def _see(self, state: OrderState, now: float) -> list[UserDataEvent]:
        """Take in an order as a view has it; tell of an open order that was never heard of."""
        key = state.symbol, state.order_id
        self.symbols.known.add(state.symbol)
        if state.used_sor:
            self.fills.routed(state.symbol)
        order = self._orders.find(key)
        fresh = state.time.microseconds >= self.since_us
        told: list[UserDataEvent] = []
        if order is None:
            order = self._orders.add(key, state.time.microseconds)
            if fresh:
                order.executed = _NOTHING
                order.new_until = state.update_time.microseconds
                order.state = state
                pending = state.status is OrderStatus.PENDING_NEW
                status = OrderStatus.PENDING_NEW if pending else OrderStatus.NEW
                event = self._report(order, ExecutionType.NEW, status, state.time)
                order.report = event
                told.append(event)
                self.symbols.seen(state.symbol, now)
        if order.state is None or not outdated(state, order.state):
            order.state = state
        if order.quantity is None:
            order.quantity, order.client_id = state.orig_qty, state.client_order_id
        return told

    def _count(self, key: OrderKey, trades: Iterable[AccountTrade]) -> None:
        """Take from all fills of an order how much of it was delivered, or was over before the subscription."""
        order = self._orders.find(key)
        if order is None or (order.state is not None and order.state.used_sor and order.executed is not None):
            return
        counted = [trade for trade in trades if not self.fills.owed(trade)]
        order.executed = sum((trade.qty for trade in counted), Decimal(0))
        order.quote = sum((trade.quote_qty for trade in counted), Decimal(0))

    def _recover(self, order: OrderRecord, fill: Fill) -> list[UserDataEvent]:
        """Deliver a missed fill, after the held reports that come before it."""
        told = self._release(order)
        traded, number = isinstance(fill, AccountTrade), _number(fill)
        if self.fills.told(fill):
            return told  # it was among those that were held
        held = order.held or []
        for place, event in enumerate(held):
            if event.last_qty > 0 and number == (event.trade_id if traded else event.alloc_id):
                if event.executed_qty - event.last_qty == order.executed:
                    del held[place]
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

    def _amended(self, order: OrderRecord) -> list[UserDataEvent]:
        """Tell that an open order was amended, when all its fills are told: only that lowers a quantity.

        Of several amendments the last is told. What ended meanwhile tells its quantity by its end.
        """
        state, executed = order.state, order.executed
        if state is None or state.is_final or order.final or order.held:
            return []
        if not state.orig_qty or order.quantity is None or state.orig_qty >= order.quantity:
            return []
        if (executed or 0) < state.executed_qty:
            return []
        status = OrderStatus.PARTIALLY_FILLED if executed else state.status
        event = self._report(order, ExecutionType.REPLACED, status, state.update_time, former=order.client_id)
        order.amended_until = state.update_time.microseconds
        self._note(order, event)
        return [event]

    def _end(self, order: OrderRecord, asked: float) -> list[UserDataEvent]:
        """Tell that an order ended, when all its fills are told; give up on what is held for too long.

        What is missing is missing from the answers, and these say nothing of what came after the look was asked.
        """
        told: list[UserDataEvent] = []
        if order.held and asked - order.held_since > HOLD:
            told += self._let_go(order, order.held[0])
        state = order.state
        if state is None or not state.is_final or order.final or order.held:
            return told
        if order.executed is None:
            order.executed, order.quote = state.executed_qty, state.cumulative_quote_qty
        if order.executed < state.executed_qty:
            if order.short_since is None:
                order.short_since = asked
            if asked - order.short_since <= HOLD:
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
        self._orders.finish(order)
        return told

    def let_go(self) -> list[UserDataEvent]:
        """Give up on what is missing before reports that are held; return what is to be delivered now."""
        told: list[UserDataEvent] = []
        for key in sorted(self._orders.held):
            order = self._orders.find(key)
            while order is not None and order.held:
                told += self._let_go(order, order.held[0])
        self._orders.held.clear()
        return told

    def _let_go(self, order: OrderRecord, first: ExecutionReport) -> list[UserDataEvent]:
        """Give up on what is missing before the first report of an order that is held."""
        if _counted(order, first):
            del (order.held or [])[0]
            self._note(order, first)
            return [first, *self._release(order)]
        before = first.executed_qty - first.last_qty
        self._unexplained(order, before)
        order.executed = before
        return self._release(order)

    def _unexplained(self, order: OrderRecord, executed: Decimal) -> None:
        missing = executed - (order.executed or Decimal(0))
        last = order.last
        since = self.since_us if last is None else last.transact_time.microseconds
        what = f"order {order.key[1]} of {order.key[0]}: no trade explains {missing} executed"
        self.unexplained.append((what, since))

    def _advance(self, look: Look, postponed: Mapping[str, int], now: float) -> None:
        """Move on from what is settled, and forget it."""
        self.symbols.looked(look.trades, look.more, look.asked)
        self.fills.settle(look, self.settled, postponed, self._orders.held_symbols(), now)
        if look.all_lists:
            self.lists.settle(look.lists, self.settled.before_us(look))

    def _told(self, order: OrderInList) -> Told | None:
        """Return what was told of an order of a list; None when it is not known."""
        found = self._orders.find((order.symbol, order.order_id))
        last = None if found is None else found.last
        return None if found is None else Told(found.final, None if last is None else last.transact_time)

    # ------------------------------------------------------------------ delivering

    def _deliver(self, order: OrderRecord, event: ExecutionReport) -> UserDataEvent:
        order.executed, order.quote = event.executed_qty, event.cumulative_quote_qty
        self._note(order, event)
        return event

    def _note(self, order: OrderRecord, event: ExecutionReport) -> None:
        """Remember that a report is delivered."""
        order.report = event
        if order.quantity is None or event.execution_type in _TELLS_QUANTITY:
            order.quantity, order.client_id = event.orig_qty, event.client_order_id
        if event.last_qty > 0:
            self.fills.note(event)
            if event.trade_id > order.last_trade:
                order.last_trade = event.trade_id
            if not event.recovered:
                self.settled.numbered(event.symbol, event.trade_id, order.heard)
        if event.is_final:
            self._orders.finish(order)

    def _release(self, order: OrderRecord) -> list[UserDataEvent]:
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
            self._orders.held.discard(order.key)
        return told

    def _report(
        self,
        order: OrderRecord,
        kind: ExecutionType,
        status: OrderStatus,
        time: Timestamp,
        fill: Fill | None = None,
        former: str | None = None,
    ) -> ExecutionReport:
        executed = order.executed or Decimal(0)
        return recovered_report(order.last, order.state, executed, order.quote, kind, status, time, fill, former)


def _counted(order: OrderRecord, event: ExecutionReport) -> bool:
    """Whether the sum of an order holds the fill of a report already, from an answer: nothing is missing before it."""
    return event.last_qty > 0 and order.executed is not None and event.executed_qty <= order.executed


def _amendment_was_told(order: OrderRecord, event: ExecutionReport) -> bool:
    """Return whether a report tells of an amendment, and not of a lower quantity than was told."""
    lower = order.quantity is not None and event.orig_qty < order.quantity
    return event.execution_type is ExecutionType.REPLACED and not lower


def _overtaken(order: OrderRecord, event: ExecutionReport) -> bool:
    """Return whether a fill that came later was told already: one of two connections lost this report, and it comes late."""
    return (
        not event.last_qty and not event.is_final and order.executed is not None and event.executed_qty < order.executed
    )


def _number(fill: Fill) -> int:
    return fill.id if isinstance(fill, AccountTrade) else fill.allocation_id
