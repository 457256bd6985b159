"""A row that cannot be read hides neither its neighbours nor the failure, and asking for it backs off."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from binance_wsapi import ConnectionLost, Gap, Settings, SpotClient, UsageError
from binance_wsapi.models import ExecutionReport
from binance_wsapi.session.sender import Sender
from binance_wsapi.simulator.faults.faults import Cut
from tests.simulation.house import SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run

Spoil = Callable[[Any], Any]


def spoiled(monkeypatch: pytest.MonkeyPatch, how: dict[str, Spoil]) -> None:
    """Change answers of these methods on their way to the client."""
    original = Sender.on_connection

    async def on_connection(self: Sender, connection: Any, endpoint: Any, *rest: Any) -> Any:
        envelope = await original(self, connection, endpoint, *rest)
        if endpoint.method in how:
            result = how[endpoint.method](msgspec.json.decode(bytes(envelope.result or b"")))
            envelope.result = msgspec.Raw(msgspec.json.encode(result))
        return envelope

    monkeypatch.setattr(Sender, "on_connection", on_connection)


def second(name: str, value: Any) -> Spoil:
    """Spoil a field of the second row, and of what is not a list."""

    def spoil(result: Any) -> Any:
        row = result[1] if isinstance(result, list) and len(result) > 1 else result
        if isinstance(row, dict):
            row[name] = value
        return result

    return spoil


async def listen(client: SpotClient, items: list[Any]) -> None:
    async with client.user_data(symbols=[SYMBOL]) as events:
        async for item in events:
            items.append(item)


async def rest(client: SpotClient, price: str = "50000") -> Any:
    return await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price=price, time_in_force="GTC")


def weight(exchange: Any, since: int) -> int:
    """Return what the questions since then have cost, as documented."""
    cost = {"openOrders.status": 80, "account.status": 20, "myTrades": 20, "allOrderLists": 20, "order.status": 4}
    methods = Counter(each["method"] for each in requests(exchange)[since:])
    return sum(cost.get(method, 0) * count for method, count in methods.items())


@pytest.mark.parametrize(
    ("name", "value"), [("status", 7), ("status", None), ("price", {}), ("orderId", "x"), ("side", "HOLD")]
)
def test_an_open_order_that_cannot_be_read_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    items: list[Any] = []
    bad = second(name, value)
    spoiled(monkeypatch, {"openOrders.status": bad})

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, settings=Settings(user_data_audit=10.0)) as (exchange, client):
            orders = [await rest(client, price) for price in ("50000", "50001", "50002")]
            begun = loop.time()
            reader = asyncio.ensure_future(listen(client, items))
            await asyncio.sleep(1)
            assert {each.order_id for each in client.orders.open} >= {orders[0].order_id, orders[2].order_id}
            exchange.faults.next(Cut(after_execution=True), "ping")
            await asyncio.gather(client.ping())
            await asyncio.sleep(1)
            exchange.quote(SYMBOL, asks=[("50000.00", "0.03")])  # all three are filled
            await asyncio.sleep(10)
            since = len(requests(exchange))
            await asyncio.sleep(120)
            assert weight(exchange, since) < 120 / 60 * 6000 * 0.2
            reader.cancel()
            assert loop.time() - begun < 200

    run(main)
    assert len([each for each in items if isinstance(each, Gap)]) <= 2
    assert any("openOrders.status" in each.why for each in items if isinstance(each, Gap))
    assert len([each for each in items if isinstance(each, ExecutionReport) and each.last_qty]) == 3


@pytest.mark.parametrize("method", ["openOrders.status", "order.status"])
def test_a_state_that_is_not_known_hides_nothing_and_costs_no_more(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    items: list[Any] = []
    spoiled(monkeypatch, {method: second("status", "PAUSED")})

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, settings=Settings(user_data_audit=10.0)) as (exchange, client):
            orders = [await rest(client, price) for price in ("50000", "50001", "50002")]
            reader = asyncio.ensure_future(listen(client, items))
            await asyncio.sleep(1)
            assert {each.order_id for each in client.orders.open} == {each.order_id for each in orders}
            exchange.faults.next(Cut(after_execution=True), "ping")
            await asyncio.gather(client.ping())
            exchange.quote(SYMBOL, asks=[("50000.00", "0.03")])  # all three are filled, while there is no connection
            await asyncio.sleep(10)
            since = len(requests(exchange))
            await asyncio.sleep(120)
            assert weight(exchange, since) < 120 / 60 * 6000 * 0.2
            reader.cancel()

    run(main)
    assert not [each for each in items if isinstance(each, Gap)]
    assert len([each for each in items if isinstance(each, ExecutionReport) and each.last_qty]) == 3


@pytest.mark.parametrize("method", ["myTrades", "account.status", "order.status"])
def test_what_cannot_be_read_is_told_once_and_asked_for_ever_less_often(
    monkeypatch: pytest.MonkeyPatch, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    items: list[Any] = []
    field = {"myTrades": "price", "account.status": "updateTime", "order.status": "price"}[method]
    spoiled(monkeypatch, {method: second(field, "nonsense")})

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, settings=Settings(user_data_audit=10.0)) as (exchange, client):
            reader = asyncio.ensure_future(listen(client, items))
            await asyncio.sleep(1)
            gone = await rest(client)
            exchange.faults.next(Cut(after_execution=True), "openOrders.cancelAll")
            with pytest.raises(ConnectionLost):  # its reply is lost, and with it the events
                await client.cancel_open_orders(SYMBOL)
            for _ in range(3):
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
            await asyncio.sleep(30)
            since = len(requests(exchange))
            await asyncio.sleep(120)
            assert weight(exchange, since) < 120 / 60 * 6000 * 0.2
            if method == "account.status":
                with pytest.raises(UsageError, match="balances"):
                    _ = client.balances
            else:
                assert client.balances["BTC"].total > 0
            assert gone.order_id not in {each.order_id for each in client.orders.open}
            reader.cancel()

    run(main)
    fills = [each for each in items if isinstance(each, ExecutionReport) and each.last_qty]
    assert sum((each.last_qty for each in fills), Decimal(0)) == Decimal("0.03")
    gaps = [each for each in items if isinstance(each, Gap) and method in each.why]
    if gaps:
        assert len({each.why for each in gaps}) == len(gaps)
        assert "cannot be read" in caplog.text
    assert gaps or method == "order.status"
