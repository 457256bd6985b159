"""What tracking and user data ask and read, as values: the methods of a product that change orders and that tell of them.

The layers that follow orders (``orders/``) know what an order *is*: it has an id, a number, a quantity, a state. They do not
know what a product calls its methods or its fields. A product binds both in an `OrderCalls`, and in an `AccountCalls` what
``user_data/`` asks (Spot does in ``api/spot/bindings.py``). Its client hands them to what it makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from binance_wsapi.errors import VenueError
from binance_wsapi.wire.endpoint import Endpoint, TimeUnit

__all__ = ["RENUMBERED_US", "AccountCalls", "Act", "OrderCalls", "Sight"]

RENUMBERED_US: Final = 2_000_000
"""Microseconds by which the times of two orders, or of two trades, of one number differ: the venue was reset, as the test
network is about once a month, and gives its numbers again. One reply tells a time to the millisecond, another to the
microsecond."""


class Act(Enum):
    """What a request does to an order, or to a list of orders."""

    PLACE = "place"
    CANCEL = "cancel"
    AMEND = "amend"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reply, an event or the answer to a question says of one order, or of one list; None where it does not say.

    Args:
        whole: the reply, event or answer itself.
        symbol: trading pair; empty where it is not told.
        id: the id it has now.
        former: the id it had before, where this tells of a renaming.
        number: the venue's number of the order, or of the list.
        listed: whether this is of a list, and not of an order.
        list_number: number of the list an order belongs to; -1 for none.
        legs: ids of the orders of a list.
        numbers: numbers of the orders of a list.
        status: in the venue's words.
        quantity: of the order.
        made_ms: when the order was made, in milliseconds of the venue's clock.
        at_ms: when it changed last, likewise.
        terms: what the order was asked for with, by wire name.
        amendment: whether this is a past amendment of an order; ``quantity`` is then the one it was amended to.
        refusal: why the matching engine refused to make the order, where an event says so.
    """

    whole: Any
    symbol: str = ""
    id: str | None = None
    former: str | None = None
    number: int | None = None
    listed: bool = False
    list_number: int = -1
    legs: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    status: str | None = None
    quantity: Decimal | None = None
    made_ms: float | None = None
    at_ms: float | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)
    amendment: bool = False
    refusal: VenueError | None = None


@dataclass(frozen=True, slots=True)
class OrderCalls:
    """The methods of one product that change orders, those that tell of them, and how their results are read.

    Args:
        place: places one order.
        cancel: cancels one order, and with it the list it belongs to.
        amend: lowers the quantity of an order.
        cancel_replace: cancels one order and places another.
        cancel_list: cancels an order list.
        cancel_all: cancels all open orders of a symbol.
        order_status: tells of one order.
        list_status: tells of one list.
        open_orders: tells of the open orders of a symbol.
        all_orders: tells of the orders of a symbol in any state.
        amendments: tells of the past amendments of an order.
        trades: tells of the trades of an order.
        sights: reads what a result, or an event, says of orders and lists.
        unread: reads what can be read of an answer that has not the documented shape: which orders it names, and field
            by field what it says of them.
        event: reads an event of user data: its bytes, its subscription, and whether times are in microseconds.
        with_halves: makes the halves of a partial failure typed.
        methods: returns every method of the product by its wire name, which is what a journal holds.
    """

    place: Endpoint[Any]
    cancel: Endpoint[Any]
    amend: Endpoint[Any]
    cancel_replace: Endpoint[Any]
    cancel_list: Endpoint[Any]
    cancel_all: Endpoint[Any]
    order_status: Endpoint[Any]
    list_status: Endpoint[Any]
    open_orders: Endpoint[Any]
    all_orders: Endpoint[Any]
    amendments: Endpoint[Any]
    trades: Endpoint[Any]
    sights: Callable[[Any], Sequence[Sight]]
    unread: Callable[[bytes, TimeUnit], Sequence[Sight]]
    event: Callable[[bytes, int | None, bool], Any]
    with_halves: Callable[[Any, TimeUnit], Any]
    methods: Callable[[], Mapping[str, Endpoint[Any]]]


@dataclass(frozen=True, slots=True)
class AccountCalls:
    """The methods of one product that subscribe an account's events, and those that tell what a gap hid.

    Args:
        subscribe: subscribes the account of a connection that is logged on.
        subscribe_signature: subscribes the account of a key that signs for it.
        unsubscribe: ends a subscription.
        account: tells the balances.
        open_orders: tells of all open orders.
        order_status: tells of one order.
        open_lists: tells of all open lists.
        all_lists: tells of lists in any state.
        list_status: tells of one list.
        trades: tells of trades.
        allocations: tells of what smart order routing allocated.
    """

    subscribe: Endpoint[Any]
    subscribe_signature: Endpoint[Any]
    unsubscribe: Endpoint[Any]
    account: Endpoint[Any]
    open_orders: Endpoint[Any]
    order_status: Endpoint[Any]
    open_lists: Endpoint[Any]
    all_lists: Endpoint[Any]
    list_status: Endpoint[Any]
    trades: Endpoint[Any]
    allocations: Endpoint[Any]
