"""What really happened: kept beside the exchange, read only, and never told to a client.

A test compares what a client believes with this. It holds every order the accounts ever had (those of the built-in
market maker and taker are left out), every fill, and every frame that crossed the socket. What is over goes to disk, but
for the newest of it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from binance_wsapi.simulator.archive import Archive, Shelf, pack, unpack
from binance_wsapi.simulator.engine import (
    SCALE,
    Engine,
    Event,
    ListEvent,
    Order,
    OrderEvent,
    OrderList,
    OrderStatus,
    pack_list,
    pack_order,
    show,
)

__all__ = ["Frame", "OrderTruth", "TradeTruth", "Truth"]


def _decimal(value: int) -> Decimal:
    return Decimal(value) / SCALE


class Frame(NamedTuple):
    """One frame on the wire.

    Attributes:
        connection: its number, counted from 1 over the exchange's life.
        direction: `in` came from the client, `out` was handed to its socket.
        time: the event loop's time, in seconds.
    """

    connection: int
    direction: Literal["in", "out"]
    time: float
    data: str | bytes


@dataclass(frozen=True, slots=True)
class TradeTruth:
    """One fill of one account. `trade_id` is -1 for an allocation, which has an `allocation_id`."""

    account: str
    symbol: str
    order_id: int
    original_id: str
    trade_id: int
    allocation_id: int | None
    execution_id: int
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    commission: Decimal
    commission_asset: str | None
    is_maker: bool
    time_us: int


@dataclass(slots=True)
class OrderTruth:
    """One order as it stands.

    Attributes:
        original_id: the client order id it was placed with.
        ids: every client order id it has had, oldest first; cancelling and amending give new ones.
        events: its executions as they were told: (execution type, status, execution id). Of an order with more than 2,000
            the first and the newest are left, 1,000 at least.
    """

    account: str
    original_id: str
    ids: list[str]
    _order: Order
    events: list[tuple[str, str, int]] = field(default_factory=list)
    _place: int = field(default=0, repr=False)

    @property
    def symbol(self) -> str:
        """Trading pair."""
        return self._order.symbol

    @property
    def order_id(self) -> int:
        """The number the exchange gave it."""
        return self._order.order_id

    @property
    def order_list_id(self) -> int:
        """The number of its list; -1 outside of lists."""
        return self._order.order_list_id

    @property
    def client_order_id(self) -> str:
        """The id it has now."""
        return self._order.client_order_id

    @property
    def side(self) -> str:
        """BUY or SELL."""
        return self._order.side

    @property
    def type(self) -> str:
        """Type of the order, ``LIMIT`` for instance."""
        return self._order.type

    @property
    def status(self) -> OrderStatus:
        """Status, as the matching engine has it now."""
        return self._order.status

    @property
    def is_open(self) -> bool:
        """Whether something can still happen to it."""
        return self._order.is_open

    @property
    def price(self) -> Decimal:
        """Limit price in the quote asset; 0 of an order without one."""
        return _decimal(self._order.price)

    @property
    def quantity(self) -> Decimal:
        """Quantity in the base asset, as it was placed or amended to."""
        return _decimal(self._order.quantity)

    @property
    def executed_quantity(self) -> Decimal:
        """How much of the base asset was executed."""
        return _decimal(self._order.executed_qty)

    @property
    def quote_quantity(self) -> Decimal:
        """What was paid or received, in the quote asset."""
        return _decimal(self._order.cumulative_quote_qty)

    def as_row(self) -> tuple[Any, ...]:
        """Return what the archive keeps of it."""
        return self._place, pack((self.account, self.original_id, self.ids, self.events, pack_order(self._order)))

    def __repr__(self) -> str:
        order = self._order
        return (
            f"<{self.account}: {order.side} {order.type} {show(order.quantity)} {order.symbol} {self.original_id!r} "
            f"#{order.order_id} {order.status}, {show(order.executed_qty)} done>"
        )


class _Orders(Mapping[str, list[OrderTruth]]):
    """Orders by client order id; an id that no order ever had gives an empty list."""

    def __init__(self, archive: Archive, unpack: Callable[[tuple[Any, ...]], OrderTruth]) -> None:
        self._archive = archive
        self._unpack = unpack
        self.here: dict[str, list[OrderTruth]] = {}

    def __getitem__(self, client_order_id: str) -> list[OrderTruth]:
        there = map(self._unpack, self._archive.read(_BY_NAME, (client_order_id,)))
        return sorted([*there, *self.here.get(client_order_id, ())], key=_place)

    def __contains__(self, client_order_id: object) -> bool:
        return isinstance(client_order_id, str) and bool(self[client_order_id])

    def __iter__(self) -> Iterator[str]:
        there = (name for (name,) in self._archive.read("SELECT name FROM truth_ids ORDER BY place"))
        return iter(dict.fromkeys((*there, *self.here)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


_BY_NAME = "SELECT place, packed FROM truth WHERE place IN (SELECT place FROM truth_ids WHERE name = ?)"
_place = attrgetter("_place")
_ENDS = frozenset(OrderStatus) - {OrderStatus.NEW, OrderStatus.PENDING_NEW, OrderStatus.PARTIALLY_FILLED}
BATCH = 500
"""Ended orders that go to disk at a time."""
MOST_EVENTS = 2_000
"""Executions of an order that are remembered."""


def _make_trade(row: Sequence[Any]) -> TradeTruth:
    return TradeTruth(*row[:7], *map(_decimal, row[7:11]), *row[11:])


def _pack_frame(row: Sequence[Any]) -> Sequence[Any]:
    data = row[3]
    return (*row[:3], data, "") if isinstance(data, str) else (*row[:3], None, data.hex())


def _unpack_frame(packed: Sequence[Any]) -> Sequence[Any]:
    connection, direction, time, text, data = packed
    return connection, direction, time, bytes.fromhex(data) if text is None else text


def _make_frame(row: Sequence[Any]) -> Frame:
    return Frame(*row)


def _same(order_list: OrderList) -> OrderList:
    return order_list


class Truth:
    """What really happened.

    Attributes:
        orders: orders by client order id. An id can have named several; an order is found by each id it has had.
        trades: fills, in the order in which they happened.
        attempts: the event loop's time of every handshake that was tried, refused ones included.
        frames: what crossed the socket, oldest first; at most `keep_frames`.
        ended_lists: order lists that are over, in the order in which they ended.
        counters: how often things happened: `connects`, `frames in`, `frames out`, `requests`, the name of each
            method, `status 200`, `error -1021`, and so on.
        now: returns the event loop's time.
        slowest_pong: seconds the slowest answer to a ping took.
    """

    def __init__(
        self,
        engine: Engine,
        archive: Archive,
        name_of: Callable[[int], str],
        now: Callable[[], float],
        keep_frames: int | None,
        keep: int,
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._name_of = name_of
        self._keep = keep
        self.now = now
        archive.add(
            "CREATE TABLE truth (place INTEGER PRIMARY KEY, packed BLOB)",
            "CREATE TABLE truth_ids (name TEXT, place INTEGER, PRIMARY KEY (name, place)) WITHOUT ROWID",
        )
        self._by_order: dict[tuple[str, int], OrderTruth] = {}
        self._ended: deque[tuple[str, int]] = deque()
        self._places = 0
        self._hidden: set[int] = set()
        self._numbers: dict[str, int] = {}
        self.orders = _Orders(archive, self._unpack)
        self.trades: Shelf[TradeTruth] = Shelf(archive, "truth_trades", keep, _make_trade)
        self.ended_lists: Shelf[OrderList] = Shelf(archive, "truth_lists", keep, _same, pack_list, engine.unpack_list)
        self.attempts: Shelf[float] = Shelf(archive, "truth_attempts", keep, float)
        self.frames: deque[Frame] | Shelf[Frame] = (
            Shelf(archive, "truth_frames", keep, _make_frame, _pack_frame, _unpack_frame)
            if keep_frames is None
            else deque(maxlen=keep_frames)
        )
        self.counters: Counter[str] = Counter()
        self.slowest_pong = 0.0

    def hide(self, account: int) -> None:
        """Leave an account out."""
        self._hidden.add(account)

    def all_orders(self) -> list[OrderTruth]:
        """Return every order once, in the order in which they came."""
        there = map(self._unpack, self._archive.read("SELECT place, packed FROM truth"))
        return sorted([*there, *self._by_order.values()], key=_place)

    def order_lists(self, account: str = "alice") -> list[OrderList]:
        """Return every order list of an account: those that are over as they ended, then the open ones.

        Raises:
            KeyError: there is no such account.
        """
        number = self._numbers[account]
        ended = [each for each in self.ended_lists if each.account.account_id == number]
        return [*ended, *self._engine.open_order_lists(number)]

    def balances(self, account: str = "alice") -> dict[str, tuple[Decimal, Decimal]]:
        """Return (free, locked) by asset.

        Raises:
            KeyError: there is no such account.
        """
        number = self._numbers[account]
        return {
            asset: (_decimal(free), _decimal(locked)) for asset, (free, locked) in self._engine.balances(number).items()
        }

    def routed(self) -> dict[str, Decimal]:
        """Return what smart order routing left with the exchange by asset; negative is what the exchange paid."""
        return {asset: _decimal(amount) for asset, amount in self._engine.desk().items()}

    def changed_us(self, account: str = "alice") -> int:
        """Return when the balances changed last, in microseconds of the exchange's clock.

        Raises:
            KeyError: there is no such account.
        """
        return self._engine.balances_changed(self._numbers[account])

    # --- filled by the exchange ------------------------------------------------------------------------------------

    def add_account(self, name: str, number: int) -> None:
        """Know an account by its name; the exchange calls it."""
        self._numbers[name] = number

    def forget(self) -> None:
        """Forget orders and fills, which the exchange itself has forgotten."""
        self._by_order.clear()
        self._ended.clear()
        self.orders.here.clear()
        self.trades.clear()
        self.ended_lists.clear()
        self._archive.clear("truth", "truth_ids")

    def attempt(self) -> None:
        """Take note of a handshake; the exchange calls it."""
        self.attempts.append(self.now())

    def frame(self, connection: int, direction: Literal["in", "out"], data: str | bytes) -> None:
        """Take note of a frame; the exchange calls it."""
        self.counters[f"frames {direction}"] += 1
        self.frames.append(Frame(connection, direction, self.now(), data))

    def hear(self, event: Event) -> None:
        """Take note of an engine event."""
        if not isinstance(event, OrderEvent):
            if isinstance(event, ListEvent) and not event.order_list.is_open and event.account_id not in self._hidden:
                self.ended_lists.append(event.order_list)
            return
        order = event.order
        if order.account.account_id in self._hidden or order.order_id < 0:
            return
        key = (order.market.spec.symbol, order.order_id)
        truth = self._by_order.get(key)
        if truth is None:
            first = event.orig_client_order_id or event.client_order_id
            truth = OrderTruth(self._name_of(order.account_id), first, [], order, _place=self._places)
            self._places += 1
            self._by_order[key] = truth
        ids, former, name = truth.ids, event.orig_client_order_id, event.client_order_id
        if former or not ids or ids[-1] != name:
            for each in (former, name):
                if each and each not in ids:
                    ids.append(each)
                    self.orders.here.setdefault(each, []).append(truth)
        events = truth.events
        events.append((event.execution_type, event.status, event.execution_id))
        if len(events) > MOST_EVENTS:
            del events[1 : MOST_EVENTS // 2 + 1]
        if event.last_qty:
            self._note_trade(truth, event)
        if event.status in _ENDS:
            self._ended.append(key)
            if len(self._ended) >= self._keep + BATCH:
                self._write()

    def _note_trade(self, truth: OrderTruth, event: OrderEvent) -> None:
        order = event.order
        self.trades.append(
            (
                truth.account,
                order.market.spec.symbol,
                order.order_id,
                truth.original_id,
                event.trade_id,
                event.allocation_id,
                event.execution_id,
                event.last_price,
                event.last_qty,
                event.last_quote_qty,
                event.commission,
                event.commission_asset,
                event.is_maker,
                event.time,
            )
        )

    def _write(self) -> None:
        """Let the orders that ended first go to disk."""
        rows, names = [], []
        for _ in range(BATCH):
            truth = self._by_order.pop(self._ended.popleft())
            row = truth.as_row()
            rows.append(row)
            for name in truth.ids:
                names.append((name, rows[-1][0]))
                here = self.orders.here[name]
                here.remove(truth)
                if not here:
                    del self.orders.here[name]
        self._archive.write("INSERT INTO truth VALUES (?, ?)", rows)
        self._archive.write("INSERT INTO truth_ids VALUES (?, ?)", names)

    def _unpack(self, row: tuple[Any, ...]) -> OrderTruth:
        account, original, ids, events, packed = unpack(row[1])
        told = [(kind, status, number) for kind, status, number in events]
        return OrderTruth(account, original, ids, self._engine.unpack_order(packed), told, _place=row[0])
