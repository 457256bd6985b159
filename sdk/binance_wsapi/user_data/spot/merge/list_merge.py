"""What was told of the order lists of one account, and what the venue's answers say is missing.

Theory of operation. A list is told of after its orders: that it exists, once, and that it ended, once, live or made of an
answer. A list whose end was missed has ended when a view says so and the ends of all its orders were told; where the views
do not show its orders yet, it waits for them, but not for ever. A list that was over before the subscription is not told.

This file is pure: local times are seconds of a clock that never goes back, and are handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.enums import ListOrderStatus
from binance_wsapi.models.spot.events import ListStatus
from binance_wsapi.models.spot.orders import OrderList
from binance_wsapi.user_data.spot.merge.synthetic import recovered_list_status

__all__ = ["HOLD", "ListMerge", "Told"]

HOLD: Final = 15.0
"""Seconds something is held back for what is missing before it: more than twice the lag of the views."""

_ENDS: Final = frozenset({ListOrderStatus.ALL_DONE, ListOrderStatus.REJECT})
"""States in which nothing more happens to a list; a state that is not known is none of them."""

KEPT: Final = 20_000
"""Lists that ended, and their events, of which it is remembered that they were told."""


class Told(NamedTuple):
    """What was told of an order of a list."""

    final: bool
    last: Timestamp | None


@dataclass(slots=True, eq=False)
class _List:
    """What was delivered of one order list that has not ended.

    ``told_us`` is the venue's time of its last status that was delivered, in microseconds; -1 where none was.
    ``ended_at`` is when a view that says that it ended was asked, in seconds, local.
    """

    told_us: int = -1
    recovered: bool = False
    ended_at: float | None = None


class ListMerge:
    """What was told of the order lists of one account.

    Args:
        since_us: microseconds of the venue's clock from which everything is to be told.

    Attributes:
        first: the first order list that is not settled; None while there was none.
    """

    def __init__(self, since_us: int) -> None:
        self.first: int | None = None
        self._since_us = since_us
        self._open: dict[int, _List] = {}
        self._done: OrderedDict[int, None] = OrderedDict()
        self._events: OrderedDict[tuple[int, str, int, tuple[str, ...]], None] = OrderedDict()

    def know(self, number: int) -> None:
        """Take note that there is an order list; -1 is none."""
        if number != -1 and number not in self._open and number not in self._done:
            self._open[number] = _List()
            self.first = number if self.first is None else min(number, self.first)

    def hear(self, event: ListStatus) -> bool:
        """Take in a live status of an order list; return whether it is to be delivered."""
        number, time = event.order_list_id, event.transact_time.microseconds
        names = tuple(each.client_order_id for each in event.orders)
        once = number, event.list_status_type.value, time, names
        if once in self._events or number in self._done:
            return False
        self._events[once] = None
        if len(self._events) > KEPT:
            self._events.popitem(last=False)
        self.know(number)
        known = self._open[number]
        if event.list_order_status in _ENDS:
            self._finish(number)
            return True
        if known.recovered and time <= known.told_us:
            return False  # told before, made of an answer
        known.told_us, known.recovered = max(known.told_us, time), False
        return True

    def in_question(self, of_open_orders: Container[int], answered: Container[int]) -> list[int]:
        """Return lists that were not told of, and those that may have ended: none of their orders is open.

        Args:
            of_open_orders: lists of which an order is open.
            answered: lists of which the present state is known.
        """
        return sorted(
            number
            for number, each in self._open.items()
            if (each.told_us < 0 or number not in of_open_orders) and number not in answered
        )

    def is_new(self, order_list: OrderList) -> bool:
        """Return whether a list is to be told of, and was not."""
        if order_list.order_list_id in self._done or order_list.transaction_time.microseconds < self._since_us:
            return False
        known = self._open.get(order_list.order_list_id)
        return known is None or known.told_us < 0

    def see(self, order_list: OrderList, orders: Sequence[Told | None], asked: float) -> list[ListStatus]:
        """Take in an order list as a view has it; return what was not told of it.

        Args:
            order_list: the list.
            orders: what was told of each of its orders; None where one is not known.
            asked: when the view was asked, in seconds, local.
        """
        number = order_list.order_list_id
        if number in self._done:
            return []
        new = self.is_new(order_list)
        self.know(number)
        known = self._open[number]
        time = order_list.transaction_time
        if order_list.list_order_status not in _ENDS:
            if known.told_us >= 0:
                return []
            known.told_us = time.microseconds
            if not new:
                return []  # it is older than the subscription
            known.recovered = True
            return [recovered_list_status(order_list, time)]
        if any(order is not None and not order.final for order in orders):
            return []  # the ends of its orders come first
        if new and None in orders:
            known.ended_at = asked if known.ended_at is None else known.ended_at
            if asked - known.ended_at <= HOLD:
                return []  # the views do not show its orders yet
        ends = [order.last for order in orders if order is not None and order.last is not None]
        before = order_list.transaction_time.microseconds < self._since_us
        self._finish(number)
        if before and known.told_us < 0 and not ends:
            return []  # over before the subscription
        return [recovered_list_status(order_list, max([time, *ends], key=lambda each: each.microseconds))]

    def settle(self, lists: Iterable[OrderList], settled_us: int) -> None:
        """Take note that these are all from the first on; those that changed last before that time are settled."""
        if self.first is not None:
            old = [each.order_list_id for each in lists if each.transaction_time.microseconds < settled_us]
            self.first = max([self.first, *(number + 1 for number in old)])

    def _finish(self, number: int) -> None:
        self._open.pop(number, None)
        self._done[number] = None
        if len(self._done) > KEPT:
            oldest, _ = self._done.popitem(last=False)
            self.first = max(self.first or 0, oldest + 1)
