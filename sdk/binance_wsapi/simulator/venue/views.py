"""What the queries of orders, order lists and trades see: the engine as it was a moment ago.

The venue's matching engine answers a placed order at once, but these queries read a cache or a database that follows
it ("Data sources" in web-socket-api.md): right after a success an order can be "not found", right after a cancel still
open. So every change of an order or a list waits here for a moment, drawn from the seed, before it shows. Changes of one
account show in the order in which they happened.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass, replace
from math import inf

from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.engine import (
    Account,
    CommissionRates,
    Discount,
    Engine,
    Event,
    Fill,
    ListEvent,
    Order,
    OrderEvent,
    OrderList,
    Refused,
)
from binance_wsapi.simulator.engine.queries import reads as rules

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


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that waits, behind all earlier ones of its account."""

    shows_at: int
    what: Order | OrderList
    filled: bool


class _Shadow:
    """One account as the queries see it."""

    def __init__(self, number: int) -> None:
        self.account = Account(
            number,
            rates=CommissionRates(),
            symbol_rates={},
            discount=Discount(),
            trade_group_id=-1,
            permissions=frozenset(),
            filters=(),
        )
        self.ids: dict[str, dict[str, int]] = defaultdict(dict)
        self.list_ids: dict[str, int] = {}
        self.waiting: deque[_Change] = deque()


class Views:
    """The lagging queries.

    Args:
        lag: least and most seconds a change takes to show; may be set at any time.
        hidden: accounts that no client asks about.
        former_ids: whether order.status still finds an order by the client order id it had before it was cancelled or
            amended. The documentation does not say.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        chance: random.Random,
        lag: tuple[float, float],
        hidden: Collection[int] = (),
        former_ids: bool = True,
    ) -> None:
        self.lag = lag
        self._engine = engine
        self._clock = clock
        self._chance = chance
        self._hidden = hidden
        self._former_ids = former_ids
        self._shadows: dict[int, _Shadow] = {}

    # --- following -------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take note of an engine event."""
        what: Order | OrderList
        if isinstance(event, OrderEvent) and event.order.order_id >= 0:
            what, number = event.order, event.order.account_id
        elif isinstance(event, ListEvent):
            what, number = event.order_list, event.account_id
        else:
            return
        if number in self._hidden:
            return
        shows_at = event.time
        shadow = self._current(number, shows_at)
        least, most = self.lag
        if most > 0:
            shows_at += round(self._chance.uniform(least, most) * 1_000_000)
        if isinstance(what, OrderList):
            what = replace(what, orders=[order.snapshot() for order in what.orders])
            filled = False
        else:
            what = what.snapshot()
            filled = isinstance(event, OrderEvent) and event.last_qty > 0 and event.allocation_id is None
        shadow.waiting.append(_Change(shows_at, what, filled))

    def forget(self) -> None:
        """Show nothing of what was."""
        self._shadows.clear()

    def _shadow(self, number: int) -> _Shadow:
        shadow = self._shadows.get(number)
        if shadow is None:
            shadow = self._shadows[number] = _Shadow(number)
        return shadow

    def _current(self, number: int, now: int | None = None) -> _Shadow:
        """Return an account's shadow with everything in it that shows by now."""
        shadow = self._shadow(number)
        now = self._clock.engine_us() if now is None else now
        while shadow.waiting and shadow.waiting[0].shows_at <= now:
            self._show(shadow, shadow.waiting.popleft())
        return shadow

    def _show(self, shadow: _Shadow, change: _Change) -> None:
        order = change.what
        if isinstance(order, OrderList):
            shadow.account.lists[order.order_list_id] = order
            shadow.list_ids[order.list_client_order_id] = order.order_list_id
            return
        record = shadow.account.record(order.symbol)
        if order.order_id not in record.orders and order.orig_client_order_id:
            shadow.ids[order.symbol][order.orig_client_order_id] = order.order_id
        record.orders[order.order_id] = order
        # The order that changed last has the id: it names one open order at a time, and a closed one changes no more.
        shadow.ids[order.symbol][order.client_order_id] = order.order_id
        if change.filled:
            fills = self._engine.account(order.account_id).record(order.symbol).fills
            record.fills.append(fills[len(record.fills)])

    # --- asking ----------------------------------------------------------------------------------------------------

    def order(
        self, account: int, symbol: str, *, order_id: int | None = None, orig_client_order_id: str | None = None
    ) -> Order:
        """Return one order.

        Raises:
            Refused: -2013 not there (yet), -2039 the ids do not belong together, -2026 archived, -1121 no such symbol.
        """
        self._engine.spec(symbol)
        shadow = self._current(account)
        orders = shadow.account.record(symbol).orders
        if order_id is None:
            order_id = shadow.ids[symbol].get(orig_client_order_id or "")
            if order_id in orders and not self._former_ids and orders[order_id].client_order_id != orig_client_order_id:
                order_id = None
            orig_client_order_id = None
        order = None if order_id is None else orders.get(order_id)
        if order is None:
            raise Refused(-2013, "Order does not exist.")
        if orig_client_order_id is not None and orig_client_order_id not in (
            order.client_order_id,
            order.orig_client_order_id,
        ):
            raise Refused(-2039, "Client order ID is not correct for this order ID.")
        if rules.is_archived(order, self._clock.engine_us()):
            raise Refused(
                -2026, "Order was canceled or expired with no executed qty over 90 days ago and has been archived."
            )
        return self._tracking(order)

    def _tracking(self, order: Order) -> Order:
        """Note when a trailing stop began to track prices: no event of the order tells that (trailing-stop-faq)."""
        if order.trailing_delta and order.trailing_time < 0 and order.is_open:
            live = self._engine.account(order.account_id).record(order.symbol).orders[order.order_id]
            order.trailing_time = live.trailing_time
        return order

    def open_orders(self, account: int, symbol: str | None = None) -> list[Order]:
        """Return open orders of one symbol or all, by symbol in listing order, then by id."""
        symbols = [spec.symbol for spec in self._engine.symbols] if symbol is None else [symbol]
        for name in symbols:
            self._engine.spec(name)
        records = self._current(account).account.records
        return [
            self._tracking(order)
            for name in symbols
            if name in records
            for order in sorted(records[name].orders.values(), key=lambda order: order.order_id)
            if order.is_open
        ]

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
        """Return orders of a symbol (allOrders)."""
        self._engine.spec(symbol)
        shadow = self._current(account)
        orders = shadow.account.record(symbol).orders
        if not orders:
            return []
        market = next(iter(orders.values())).market
        now = self._clock.engine_us()
        found = rules.all_orders(shadow.account, market, now, order_id, start_time, end_time, limit)
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
        """Return an account's trades (myTrades)."""
        self._engine.spec(symbol)
        shadow = self._current(account)
        orders = shadow.account.record(symbol).orders
        if not orders:
            return []
        market = next(iter(orders.values())).market
        return rules.trades(shadow.account, market, order_id, from_id, start_time, end_time, limit)

    def order_list(
        self, account: int, *, order_list_id: int | None = None, list_client_order_id: str | None = None
    ) -> OrderList:
        """Return one order list, by its client id if there is one (orderList.status).

        Raises:
            Refused: -2018, not there (yet).
        """
        shadow = self._current(account)
        if list_client_order_id is not None:
            order_list_id = shadow.list_ids.get(list_client_order_id)
        found = None if order_list_id is None else shadow.account.lists.get(order_list_id)
        if found is None:
            raise Refused(-2018, "Order list does not exist.")
        return found

    def open_order_lists(self, account: int) -> list[OrderList]:
        """Return open order lists (openOrderLists.status)."""
        return [each for each in self._current(account).account.lists.values() if each.is_open]

    def all_order_lists(
        self,
        account: int,
        *,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[OrderList]:
        """Return order lists (allOrderLists)."""
        return rules.order_lists(self._current(account).account, from_id, start_time, end_time, limit)
