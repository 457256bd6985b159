"""What really happened: kept beside the exchange, read only, and never told to a client.

A test compares what a client believes with this. It holds every order the accounts ever had (those of the built-in
market maker and taker are left out), every fill, and every frame that crossed the socket.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from binance_wsapi.simulator.engine import SCALE, Engine, Event, Order, OrderEvent, OrderStatus, show

__all__ = ["Frame", "OrderTruth", "TradeTruth", "Truth"]


def _decimal(value: int) -> Decimal:
    return Decimal(value) / SCALE


@dataclass(frozen=True, slots=True)
class Frame:
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
        events: its executions as they were told: (execution type, status, execution id).
    """

    account: str
    original_id: str
    ids: list[str]
    _order: Order
    events: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def symbol(self) -> str:
        return self._order.symbol

    @property
    def order_id(self) -> int:
        return self._order.order_id

    @property
    def order_list_id(self) -> int:
        return self._order.order_list_id

    @property
    def client_order_id(self) -> str:
        """The id it has now."""
        return self._order.client_order_id

    @property
    def side(self) -> str:
        return self._order.side

    @property
    def type(self) -> str:
        return self._order.type

    @property
    def status(self) -> OrderStatus:
        return self._order.status

    @property
    def is_open(self) -> bool:
        return self._order.is_open

    @property
    def price(self) -> Decimal:
        return _decimal(self._order.price)

    @property
    def quantity(self) -> Decimal:
        return _decimal(self._order.quantity)

    @property
    def executed_quantity(self) -> Decimal:
        return _decimal(self._order.executed_qty)

    @property
    def quote_quantity(self) -> Decimal:
        return _decimal(self._order.cumulative_quote_qty)

    def __repr__(self) -> str:
        order = self._order
        return (
            f"<{self.account}: {order.side} {order.type} {show(order.quantity)} {order.symbol} {self.original_id!r} "
            f"#{order.order_id} {order.status}, {show(order.executed_qty)} done>"
        )


class _Index(dict[str, list[OrderTruth]]):
    """Orders by client order id; an id that no order ever had gives an empty list."""

    def __missing__(self, client_order_id: str) -> list[OrderTruth]:
        return []


class Truth:
    """What really happened.

    Attributes:
        orders: orders by client order id. An id can have named several; an order is found by each id it has had.
        trades: fills, in the order in which they happened.
        attempts: the event loop's time of every handshake that was tried, refused ones included.
        frames: what crossed the socket, oldest first; at most `keep_frames`.
        counters: how often things happened: `connects`, `frames in`, `frames out`, `requests`, the name of each
            method, `status 200`, `error -1021`, and so on.
        now: returns the event loop's time.
        slowest_pong: seconds the slowest answer to a ping took.
    """

    def __init__(
        self, engine: Engine, name_of: Callable[[int], str], now: Callable[[], float], keep_frames: int | None
    ) -> None:
        self._engine = engine
        self._name_of = name_of
        self.now = now
        self._by_order: dict[tuple[str, int], OrderTruth] = {}
        self._hidden: set[int] = set()
        self._numbers: dict[str, int] = {}
        self.orders = _Index()
        self.trades: list[TradeTruth] = []
        self.attempts: list[float] = []
        self.frames: deque[Frame] = deque(maxlen=keep_frames)
        self.counters: Counter[str] = Counter()
        self.slowest_pong = 0.0

    def hide(self, account: int) -> None:
        """Leave an account out."""
        self._hidden.add(account)

    def all_orders(self) -> list[OrderTruth]:
        """Return every order once, in the order in which they came."""
        return list(self._by_order.values())

    def balances(self, account: str = "alice") -> dict[str, tuple[Decimal, Decimal]]:
        """Return (free, locked) by asset.

        Raises:
            KeyError: there is no such account.
        """
        number = self._numbers[account]
        return {
            asset: (_decimal(free), _decimal(locked)) for asset, (free, locked) in self._engine.balances(number).items()
        }

    def changed_us(self, account: str = "alice") -> int:
        """Return when the balances changed last, in microseconds of the exchange's clock.

        Raises:
            KeyError: there is no such account.
        """
        return self._engine.balances_changed(self._numbers[account])

    # --- filled by the exchange ------------------------------------------------------------------------------------

    def add_account(self, name: str, number: int) -> None:
        self._numbers[name] = number

    def forget(self) -> None:
        """Forget orders and fills, which the exchange itself has forgotten."""
        self._by_order.clear()
        self.orders.clear()
        self.trades.clear()

    def attempt(self) -> None:
        self.attempts.append(self.now())

    def frame(self, connection: int, direction: Literal["in", "out"], data: str | bytes) -> None:
        self.counters[f"frames {direction}"] += 1
        self.frames.append(Frame(connection, direction, self.now(), data))

    def hear(self, event: Event) -> None:
        """Take note of an engine event."""
        if not isinstance(event, OrderEvent) or event.order.account_id in self._hidden or event.order.order_id < 0:
            return
        order = event.order
        key = (order.symbol, order.order_id)
        truth = self._by_order.get(key)
        if truth is None:
            first = event.orig_client_order_id or event.client_order_id
            truth = OrderTruth(self._name_of(order.account_id), first, [], order)
            self._by_order[key] = truth
        for each in (event.orig_client_order_id, event.client_order_id):
            if each and each not in truth.ids:
                truth.ids.append(each)
                self.orders.setdefault(each, []).append(truth)
        truth.events.append((event.execution_type, event.status, event.execution_id))
        if event.last_qty:
            self.trades.append(
                TradeTruth(
                    truth.account,
                    order.symbol,
                    order.order_id,
                    truth.original_id,
                    event.trade_id,
                    event.allocation_id,
                    event.execution_id,
                    _decimal(event.last_price),
                    _decimal(event.last_qty),
                    _decimal(event.last_quote_qty),
                    _decimal(event.commission),
                    event.commission_asset,
                    event.is_maker,
                    event.time,
                )
            )
