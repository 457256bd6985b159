"""A trading desk for the tests: the engine with decimal strings, its own clock and all its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from binance_wsapi.simulator.engine import (
    CancelReplaceMode,
    CancelReplaceResult,
    CancelResult,
    Engine,
    Event,
    LevelChange,
    ListKind,
    ListRequest,
    ListResult,
    Order,
    OrderEvent,
    OrderRequest,
    OrderResult,
    OrderType,
    Refused,
    Side,
    SorSpec,
    StpMode,
    SymbolFilter,
    SymbolSpec,
    TimeInForce,
    TradeEvent,
    client_order_ids,
    parse,
    show,
)

MONEY = ("quantity", "price", "quote_order_qty", "stop_price", "iceberg_qty")
E = TypeVar("E")


def request(
    side: str, kind: str, quantity: str = "0", price: str = "0", *, symbol: str = "BTCUSDT", **more: Any
) -> OrderRequest:
    """Build a request from decimal strings; LIMIT types are GTC unless told otherwise."""
    order_type = OrderType(kind)
    if "tif" in more:
        more["time_in_force"] = TimeInForce(more.pop("tif"))
    elif order_type in (OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT):
        more["time_in_force"] = TimeInForce.GTC
    if "stp" in more:
        more["stp_mode"] = StpMode(more.pop("stp"))
    if "id" in more:
        more["new_client_order_id"] = more.pop("id")
    for name in MONEY:
        if name in more:
            more[name] = parse(more[name])
    return OrderRequest(symbol, Side(side), order_type, parse(quantity), parse(price), **more)


class Desk:
    """One engine under test. Time moves by a millisecond with every command."""

    def __init__(
        self,
        *specs: SymbolSpec,
        filters: Iterable[SymbolFilter] = (),
        sors: Iterable[SorSpec] = (),
        exchange_filters: Iterable[Any] = (),
        **spec: Any,
    ) -> None:
        self.events: list[Event] = []
        self.now = 1_700_000_000_000_000
        listed = specs or (SymbolSpec("BTCUSDT", "BTC", "USDT", filters=tuple(filters), **spec),)
        self.engine = Engine(
            listed, self.events.append, new_id=client_order_ids(7), sors=sors, exchange_filters=exchange_filters
        )

    def tick(self, microseconds: int = 1000) -> int:
        self.now += microseconds
        return self.now

    def account(self, account_id: int, **more: Any) -> None:
        """Open an account; keyword arguments in capitals are balances."""
        balances = {name: parse(more.pop(name)) for name in list(more) if name.isupper()}
        self.engine.open_account(account_id, balances, **more)

    def place(
        self, account_id: int, side: str, kind: str, quantity: str = "0", price: str = "0", **more: Any
    ) -> OrderResult:
        return self.engine.place(account_id, request(side, kind, quantity, price, **more), self.tick())

    def route(self, account_id: int, side: str, kind: str, quantity: str, price: str = "0", **more: Any) -> OrderResult:
        return self.engine.place_sor(account_id, request(side, kind, quantity, price, **more), self.tick())

    def place_list(self, account_id: int, kind: str, *orders: OrderRequest, **more: Any) -> ListResult:
        return self.engine.place_list(
            account_id, ListRequest(ListKind(kind), orders[0].symbol, orders, **more), self.tick()
        )

    def cancel(self, account_id: int, symbol: str = "BTCUSDT", **more: Any) -> CancelResult:
        return self.engine.cancel(account_id, symbol, self.tick(), **more)

    def replace(self, account_id: int, new: OrderRequest, *, allow: bool = False, **more: Any) -> CancelReplaceResult:
        mode = CancelReplaceMode.ALLOW_FAILURE if allow else CancelReplaceMode.STOP_ON_FAILURE
        return self.engine.cancel_replace(account_id, mode, new, self.tick(), **more)

    def trade(self, price: str, quantity: str = "1", *, symbol: str = "BTCUSDT") -> None:
        """Make one trade at a price between two accounts (90 sells, 91 buys) with money of their own."""
        spec = self.engine.spec(symbol)
        for account_id in (90, 91):
            try:
                self.engine.account(account_id)
            except KeyError:
                self.engine.open_account(account_id)
        self.engine.deposit(90, spec.base_asset, parse(quantity), self.tick())
        self.engine.deposit(91, spec.quote_asset, parse(price) * 2 * parse(quantity) // 10**8, self.tick())
        before = len(self.of(TradeEvent))
        sold = self.place(90, "SELL", "LIMIT", quantity, price, symbol=symbol)
        if sold.order.status == "NEW":
            self.place(91, "BUY", "LIMIT", quantity, price, symbol=symbol)
        assert self.of(TradeEvent)[before].price == parse(price)

    def order(self, account_id: int, order_id: int, symbol: str = "BTCUSDT") -> Order:
        return self.engine.order(account_id, symbol, self.now, order_id=order_id)

    def free(self, account_id: int, asset: str) -> str:
        return show(self.engine.balances(account_id)[asset][0])

    def locked(self, account_id: int, asset: str) -> str:
        return show(self.engine.balances(account_id)[asset][1])

    def book(self, symbol: str = "BTCUSDT") -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        _, bids, asks = self.engine.depth(symbol)
        return [(show(p), show(q)) for p, q in bids], [(show(p), show(q)) for p, q in asks]

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def reports(self, account_id: int | None = None) -> list[OrderEvent]:
        return [each for each in self.of(OrderEvent) if account_id in (None, each.order.account_id)]

    def executions(self, account_id: int | None = None) -> list[tuple[int, str, str]]:
        """Return (order id, x, X) of the execution reports so far."""
        return [(each.order.order_id, str(each.execution_type), str(each.status)) for each in self.reports(account_id)]

    def forget(self) -> None:
        """Drop the events so far."""
        self.events.clear()


@contextmanager
def refused(code: int, msg: str) -> Iterator[None]:
    """Expect a refusal, word for word."""
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.code, caught.value.msg) == (code, msg)


def rebuilt(events: Iterable[Event], symbol: str) -> tuple[dict[int, int], dict[int, int]]:
    """Rebuild a book from its changes alone, as a client does, and check that update ids have no gap."""
    sides: dict[str, dict[int, int]] = {"BUY": {}, "SELL": {}}
    expected = 1
    for event in events:
        if isinstance(event, LevelChange) and event.symbol == symbol:
            assert event.update_id == expected
            expected += 1
            if event.quantity:
                sides[event.side][event.price] = event.quantity
            else:
                del sides[event.side][event.price]
    return sides["BUY"], sides["SELL"]
