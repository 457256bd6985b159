"""What the queries of orders, order lists and trades see: the engine as it was a moment ago.

The venue's matching engine answers a placed order at once, but these queries read a cache or a database that follows
it ("Data sources" in web-socket-api.md): right after a success an order can be "not found", right after a cancel still
open. So every change of an order or a list waits here for a moment, drawn from the seed, before it shows. Changes of one
account show in the order in which they happened.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Collection
from dataclasses import replace
from math import inf
from typing import NamedTuple

from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.engine import Engine, Event, Fill, ListEvent, Order, OrderEvent, OrderList, Refused
from binance_wsapi.simulator.engine.queries.reads import is_archived
from binance_wsapi.simulator.venue.history import History, Span

__all__ = ["VENUE_LAG", "Views", "lag_of"]

VENUE_LAG = (0.0, 0.05)
"""Seconds, least and most."""


def lag_of(said: float | tuple[float, float] | str) -> tuple[float, float]:
    """Return least and most seconds of a lag that is `"venue"`, a number of seconds, or both bounds.

    Raises:
        ValueError: it is none of them.
    """
    if said == "venue":
        return VENUE_LAG
    least, most = said if isinstance(said, tuple) else (said, said)
    if isinstance(least, str) or isinstance(most, str) or not 0 <= least <= most < inf:
        raise ValueError(f"lag must be 'venue', seconds, or (least, most) in seconds, got {said!r}")
    return float(least), float(most)


class _Change(NamedTuple):
    """A change that waits, behind all earlier ones of its account."""

    shows_at: int
    what: Order | OrderList
    fill: Fill | None


class Views:
    """The lagging queries.

    Args:
        history: holds what shows.
        lag: least and most seconds a change takes to show; may be set at any time, for what changes from then on.
        hidden: accounts that no client asks about.
        former_ids: whether order.status still finds an order by the client order id it had before it was cancelled or
            amended. The documentation does not say.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        history: History,
        chance: random.Random,
        lag: tuple[float, float],
        hidden: Collection[int] = (),
        former_ids: bool = True,
    ) -> None:
        self.lag = lag
        self._engine = engine
        self._clock = clock
        self._history = history
        self._chance = chance
        self._hidden = hidden
        self.former_ids = former_ids
        self._waiting: dict[int, deque[_Change]] = {}
        self._changed: dict[Order, None] = {}
        self._filled: list[OrderEvent] = []

    # --- following -------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take note of an engine event."""
        if isinstance(event, OrderEvent):
            order = event.order
            number = order.account.account_id
            if number in self._hidden or order.order_id < 0:
                return
            if self.lag[1] <= 0 and not self._waiting.get(number):
                self._changed[order] = None
                if event.last_qty:
                    self._filled.append(event)
                return
            order = order.snapshot()
            self._add(number, event.time, order, _fill(order, event) if event.last_qty else None)
        elif isinstance(event, ListEvent) and event.account_id not in self._hidden:
            found = event.order_list
            orders = [order.snapshot() for order in found.orders]
            self._add(event.account_id, event.time, replace(found, orders=orders), None)

    def settle(self) -> None:
        """Show what the command changed that needs not wait: an order once, however often it was told of."""
        if not self._changed:
            return
        # An order that is over changes no more, so it needs no copy.
        shown = {order: order.snapshot() if order.is_open else order for order in self._changed}
        filled = self._filled
        self._changed, self._filled = {}, []
        for order in shown.values():
            self._history.add_order(order)
        for event in filled:
            self._history.add_fill(_fill(shown[event.order], event))

    def _add(self, number: int, time: int, what: Order | OrderList, fill: Fill | None) -> None:
        least, most = self.lag
        waiting = self._waiting.get(number)
        if most <= 0 and not waiting:
            self._show(what, fill)
            return
        if waiting is None:
            waiting = self._waiting[number] = deque()
        self._catch_up(number, time)
        shows_at = time + (round(self._chance.uniform(least, most) * 1_000_000) if most > 0 else 0)
        waiting.append(_Change(shows_at, what, fill))

    def show_all(self) -> None:
        """Show every change that waits: the lag is over."""
        for waiting in self._waiting.values():
            while waiting:
                _, what, fill = waiting.popleft()
                self._show(what, fill)

    def forget(self) -> None:
        """Show nothing of what was."""
        for each in (self._waiting, self._changed, self._filled):
            each.clear()
        self._history.forget()

    def _catch_up(self, number: int, now: int) -> None:
        """Show every change of an account that shows by now."""
        waiting = self._waiting.get(number)
        while waiting and waiting[0].shows_at <= now:
            _, what, fill = waiting.popleft()
            self._show(what, fill)

    def _show(self, what: Order | OrderList, fill: Fill | None) -> None:
        if isinstance(what, OrderList):
            self._history.add_list(what)
            return
        self._history.add_order(what)
        if fill is not None:
            self._history.add_fill(fill)

    # --- asking ----------------------------------------------------------------------------------------------------

    def _current(self, account: int, *symbols: str) -> History:
        """Return what shows of an account by now.

        Raises:
            Refused: -1121 no such symbol.
        """
        for symbol in symbols:
            self._engine.spec(symbol)
        self._catch_up(account, self._clock.engine_us())
        return self._history

    def order(
        self, account: int, symbol: str, *, order_id: int | None = None, orig_client_order_id: str | None = None
    ) -> Order:
        """Return one order.

        Raises:
            Refused: -2013 not there (yet), -2039 the ids do not belong together, -2026 archived, -1121 no such symbol.
        """
        history = self._current(account, symbol)
        by_name = order_id is None
        if order_id is None:
            order_id = history.number_of(account, symbol, orig_client_order_id or "")
        order = None if order_id is None else history.order(account, symbol, order_id)
        if order is None or (by_name and not self.former_ids and order.client_order_id != orig_client_order_id):
            raise Refused(-2013, "Order does not exist.")
        if not by_name and orig_client_order_id is not None and orig_client_order_id not in (
            order.client_order_id,
            order.orig_client_order_id,
        ):  # fmt: skip
            raise Refused(-2039, "Client order ID is not correct for this order ID.")
        if is_archived(order, self._clock.engine_us()):
            raise Refused(
                -2026, "Order was canceled or expired with no executed qty over 90 days ago and has been archived."
            )
        return self._tracking(order)

    def _tracking(self, order: Order) -> Order:
        """Note when a trailing stop began to track prices: no event of the order tells that (trailing-stop-faq)."""
        if order.trailing_delta and order.trailing_time < 0 and order.is_open:
            live = self._engine.account(order.account_id).record(order.symbol).open.get(order.order_id)
            if live is not None:  # it may have ended a moment ago
                order.trailing_time = live.trailing_time
        return order

    def open_orders(self, account: int, symbol: str | None = None) -> list[Order]:
        """Return open orders of one symbol or all, by symbol in listing order, then by id."""
        symbols = [spec.symbol for spec in self._engine.symbols] if symbol is None else [symbol]
        history = self._current(account, *symbols)
        return [self._tracking(order) for name in symbols for order in history.open_orders(account, name)]

    def all_orders(
        self,
        account: int,
        symbol: str,
        *,
        order_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[Order]:
        """Return orders of a symbol (allOrders): by time of the last update, else from an order id on, else the newest.

        A start or end time makes the order id count for nothing (allOrders, Notes).
        """
        timed = start_time is not None or end_time is not None
        span = Span(None if timed else order_id, None, start_time, end_time)
        newest = start_time is None if timed else order_id is None
        history = self._current(account, symbol)
        found = history.orders(account, symbol, span, limit, self._clock.engine_us(), newest=newest)
        return [self._tracking(order) for order in found]

    def my_trades(
        self,
        account: int,
        symbol: str,
        *,
        order_id: int | None = None,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[Fill]:
        """Return an account's trades (myTrades); without a number or a start the newest."""
        span = Span(from_id, order_id, start_time, end_time)
        newest = from_id is None and start_time is None
        return self._current(account, symbol).fills(account, symbol, span, limit, newest=newest)

    def allocations(
        self,
        account: int,
        symbol: str,
        *,
        order_id: int | None = None,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[Fill]:
        """Return an account's allocations (myAllocations); with only an end time the newest."""
        span = Span(from_id, order_id, start_time, end_time)
        newest = end_time is not None and start_time is None
        return self._current(account, symbol).fills(account, symbol, span, limit, newest=newest, allocated=True)

    def order_list(
        self, account: int, *, order_list_id: int | None = None, list_client_order_id: str | None = None
    ) -> OrderList:
        """Return one order list, by its client id if there is one (orderList.status).

        Raises:
            Refused: -2018, not there (yet).
        """
        history = self._current(account)
        if list_client_order_id is not None:
            order_list_id = history.number_of_list(account, list_client_order_id)
        found = None if order_list_id is None else history.order_list(account, order_list_id)
        if found is None:
            raise Refused(-2018, "Order list does not exist.")
        return found

    def open_order_lists(self, account: int) -> list[OrderList]:
        """Return open order lists (openOrderLists.status)."""
        return self._current(account).open_lists(account)

    def all_order_lists(
        self,
        account: int,
        *,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[OrderList]:
        """Return order lists (allOrderLists), by time of the last update; without a condition the newest."""
        newest = from_id is None and start_time is None
        span = Span(from_id, None, start_time, end_time)
        return self._current(account).order_lists(account, span, limit, newest=newest)


def _fill(order: Order, event: OrderEvent) -> Fill:
    assert event.commission_asset is not None
    return Fill(
        order,
        event.last_price,
        event.last_qty,
        event.last_quote_qty,
        event.commission,
        event.commission_asset,
        event.trade_id,
        event.time,
        event.is_maker,
        event.allocation_id,
    )
