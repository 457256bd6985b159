"""What is known of each order of an account.

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

Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal

from msgspec import Struct

from binance_wsapi.models.base import MicroTimestamp
from binance_wsapi.models.spot.events import ExecutionReport, decode_event
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.user_data.spot.merge.snapshot import OrderKey
from binance_wsapi.wire.order_calls import RENUMBERED_US

__all__ = ["OrderRecord", "Orders", "apart", "outdated", "untouched"]

FINAL_KEPT = 4_000
"""Ended orders of which the last report is kept, each some 1 kB: at 50 orders in ten seconds all of the last 13 minutes,
where the views lag for seconds. What comes of an older one is known by its execution, its trade or the time of its end."""


# Every order makes one: a struct takes a third of the time of a dataclass.
class OrderRecord(Struct, eq=False, gc=False):
    """What was delivered of one order."""

    key: OrderKey
    executed: Decimal | None = None
    quote: Decimal = Decimal(0)
    report: ExecutionReport | bytes | None = None
    """The last that was delivered; of an order that ended its JSON, where it has some: see `Orders.finish`."""
    in_microseconds: bool = False
    """Whether the times of this JSON are."""
    state: OrderState | None = None
    final: bool = False
    last_trade: int = -1
    counted_us: int = -1
    """Until when fills are counted in ``executed`` that need not have been delivered, in microseconds."""
    new_until: int = -1
    quantity: Decimal | None = None
    """As its making or its latest amendment told it, or the first view where neither was told."""
    client_id: str = ""
    """Likewise."""
    amended_until: int = -1
    """Until when its amendments were told, made of an answer, in microseconds."""
    heard: float = float("-inf")
    held: list[ExecutionReport] | None = None
    held_since: float = 0.0
    short_since: float | None = None

    @property
    def last(self) -> ExecutionReport | None:
        """The last report that was delivered; read anew where the order has ended."""
        report = self.report
        if not isinstance(report, bytes):
            return report
        read = decode_event(report, microseconds=self.in_microseconds)
        assert isinstance(read, ExecutionReport)
        return read


class Orders:
    """The orders of one account: those that are open, and the last that ended.

    Attributes:
        open: what is known of each that is not told to have ended.
        held: those of which reports are held back.
    """

    def __init__(self) -> None:
        self.open: dict[OrderKey, OrderRecord] = {}
        self.held: set[OrderKey] = set()
        self._done: OrderedDict[OrderKey, OrderRecord] = OrderedDict()
        self._newest: dict[str, tuple[int, int]] = {}
        """Of each symbol the highest number of an order, and when the latest was made, in microseconds."""

    def find(self, key: OrderKey) -> OrderRecord | None:
        """Return what is known of an order, ended or not."""
        return self.open.get(key) or self._done.get(key)

    def add(self, key: OrderKey, made_us: int) -> OrderRecord:
        """Begin a record."""
        order = self.open[key] = OrderRecord(key)
        symbol, number = key
        newest = self._newest.get(symbol)
        if newest is None or (number > newest[0] and made_us >= newest[1]):  # nearly every one
            self._newest[symbol] = number, made_us
        else:
            self._newest[symbol] = max(number, newest[0]), max(made_us, newest[1])
        return order

    def hold(self, order: OrderRecord, event: ExecutionReport, now: float) -> None:
        """Hold a report back, behind those of its order that are held."""
        if order.held:
            order.held.append(event)
        else:
            order.held, order.held_since = [event], now
            self.held.add(order.key)

    def finish(self, order: OrderRecord) -> None:
        """Note that an order has ended, and was told so.

        Of its last report the JSON is kept: the garbage collector would go through every report, and in the JSON there is
        nothing for it.
        """
        order.final = True
        report = order.report
        if isinstance(report, ExecutionReport) and (data := report.raw_json) is not None:
            order.report, order.in_microseconds = data, isinstance(report.event_time, MicroTimestamp)
        self.open.pop(order.key, None)
        self._done[order.key] = order
        if len(self._done) > FINAL_KEPT:
            self._done.popitem(last=False)

    def unsettled(self) -> list[OrderRecord]:
        """Return the orders that are open, and those that ended and are held."""
        return [*self.open.values(), *(self._done[key] for key in self.held if key in self._done)]

    def held_symbols(self) -> set[str]:
        """Return the symbols on which reports are held back."""
        return {symbol for symbol, _ in self.held}

    def is_anew(self, key: OrderKey, known: OrderRecord | None, made_us: int) -> bool:
        """Return whether an order, made at this time, cannot be that of this number: the numbers run backwards.

        Args:
            key: its symbol and number.
            known: what `find` returns for them.
            made_us: when it was made, in microseconds.
        """
        if known is None:
            highest, latest_us = self._newest.get(key[0], (-1, 0))
            return key[1] <= highest and made_us > latest_us + RENUMBERED_US
        last = known.last
        made = known.state.time if last is None and known.state is not None else None
        made = last.order_creation_time if last is not None else made
        return made is not None and apart(made.microseconds, made_us)


def apart(one_us: int, other_us: int) -> bool:
    """Return whether two times are those of two things."""
    return abs(one_us - other_us) > RENUMBERED_US


def untouched(state: OrderState | None) -> bool:
    """Return whether nothing of an order was executed, as far as the view goes that tells of it."""
    return state is not None and not state.executed_qty


def outdated(state: OrderState, known: OrderState) -> bool:
    """Return whether an order has moved on from what a view tells of it, by another that was told before.

    An end is the last of an order, what is executed goes up only, and the quantity down. The time says the rest, and only
    that: the engine's clock may be set back.
    """
    if known.is_final or state.is_final:
        return not state.is_final
    if state.executed_qty != known.executed_qty:
        return state.executed_qty < known.executed_qty
    if state.orig_qty and known.orig_qty and state.orig_qty != known.orig_qty:
        return state.orig_qty > known.orig_qty
    return state.update_time.microseconds < known.update_time.microseconds
