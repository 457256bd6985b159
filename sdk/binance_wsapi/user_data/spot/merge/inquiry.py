"""What the answers of a look leave open, to be asked next. Pure."""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.user_data.spot.merge.fill_merge import FillMerge
from binance_wsapi.user_data.spot.merge.list_merge import ListMerge
from binance_wsapi.user_data.spot.merge.orders import Orders, untouched
from binance_wsapi.user_data.spot.merge.snapshot import Look, OrderKey
from binance_wsapi.user_data.symbols import Symbols

__all__ = ["Inquiry"]


class Inquiry:
    """What is to be asked about one account.

    Args:
        since_us: microseconds of the venue's clock from which everything is to be delivered.
        orders: what is known of its orders.
        fills: what is known of its fills.
        lists: what is known of its order lists.
        symbols: its symbols.
    """

    def __init__(self, since_us: int, orders: Orders, fills: FillMerge, lists: ListMerge, symbols: Symbols) -> None:
        self._since_us = since_us
        self._orders = orders
        self._fills = fills
        self._lists = lists
        self._symbols = symbols

    def missing_from(self, look: Look) -> list[OrderKey]:
        """Return orders that were open and are no longer, and so are to be asked about."""
        there = {(each.symbol, each.order_id) for each in look.open_orders} | look.unread_orders
        orders = self._orders.open.values()
        return [order.key for order in orders if order.key not in there and order.heard < look.asked]

    def strangers(self, look: Look) -> list[OrderKey]:
        """Return orders with missed fills of which too little is known to tell them."""
        known = {(each.symbol, each.order_id) for each in (*look.open_orders, *look.statuses)}
        return sorted(
            {
                (trade.symbol, trade.order_id)
                for trade in self._fills.missed(look)
                if (trade.symbol, trade.order_id) not in known
                and (
                    (order := self._orders.find((trade.symbol, trade.order_id))) is None
                    or (order.report is None and order.state is None)
                )
            }
        )

    def uncounted(self, look: Look) -> list[OrderKey]:
        """Return orders of which it is not known, or in doubt, how much was delivered.

        An order that is older than the subscription, and of which nothing was executed, needs no question: there may be
        very many.
        """
        states = {(each.symbol, each.order_id): each for each in (*look.open_orders, *look.statuses)}
        missed = {(each.symbol, each.order_id) for each in self._fills.missed_trades(look)}
        found = set(self._orders.held)
        for key, order in self._orders.open.items():
            if order.executed is None and (key in missed or not untouched(states.get(key, order.state))):
                found.add(key)
        for key, state in states.items():
            older = self._orders.find(key) is None and state.time.microseconds < self._since_us
            if older and (key in missed or not untouched(state)):
                found.add(key)
        return sorted(key for key in found if key[0] not in self._symbols.unlisted)

    def short(self, look: Look) -> list[OrderKey]:
        """Return orders that were executed further than trades explain; smart order routing allocates without trades."""
        total: dict[OrderKey, Decimal] = {}
        for trade in self._fills.missed(look):
            key = trade.symbol, trade.order_id
            total[key] = total.get(key, Decimal(0)) + trade.qty
        found = []
        for state in (*look.open_orders, *look.statuses):
            key = state.symbol, state.order_id
            order = self._orders.find(key)
            delivered = order.executed if order is not None else Decimal(0)
            if (
                state.used_sor
                and delivered is not None
                and state.time.microseconds >= self._since_us
                and delivered + total.get(key, Decimal(0)) < state.executed_qty
            ):
                found.append(key)
        return found

    def lists_in_question(self, look: Look) -> list[int]:
        """Return order lists that were not told of, and those that may have ended: none of their orders is open."""
        for state in (*look.open_orders, *look.statuses):
            self._lists.know(state.order_list_id)
        of_open_orders = {state.order_list_id for state in look.open_orders}
        return self._lists.in_question(of_open_orders, {each.order_list_id for each in look.lists})

    def strangers_of_lists(self, look: Look) -> list[OrderKey]:
        """Return orders of missed lists of which nothing is known."""
        known = {(each.symbol, each.order_id) for each in (*look.open_orders, *look.statuses)}
        return sorted(
            {
                (each.symbol, each.order_id)
                for order_list in look.lists
                if self._lists.is_new(order_list)
                for each in order_list.orders
                if (each.symbol, each.order_id) not in known and self._orders.find((each.symbol, each.order_id)) is None
            }
        )
