"""Order lists and smart order routing over REST: the exchange's truth, and the answers in REST's own shape."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from binance_wsapi.simulator import LocalExchange
from tests.simulator.desk import SECRET, Raw, add_hmac_key

OCO = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.1", "aboveType": "LIMIT_MAKER", "abovePrice": "70000",
       "belowType": "STOP_LOSS", "belowStopPrice": "50000"}  # fmt: skip
OLD_OCO = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.1", "price": "70000", "stopPrice": "50000"}
WORKING = {"symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "55000",
           "workingQuantity": "0.1", "workingTimeInForce": "GTC", "pendingSide": "SELL"}  # fmt: skip
ONE = {"pendingType": "LIMIT_MAKER", "pendingPrice": "70000"}
TWO = {"pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "70000", "pendingBelowType": "STOP_LOSS",
       "pendingBelowStopPrice": "50000"}  # fmt: skip
AMOUNT = {"pendingQuantity": "0.1"}
LISTS: list[tuple[str, dict[str, str], str, list[str]]] = [
    ("orderList/oco", OCO, "OCO", ["NEW", "NEW"]),
    ("order/oco", OLD_OCO, "OCO", ["NEW", "NEW"]),
    ("orderList/oto", WORKING | ONE | AMOUNT, "OTO", ["NEW", "PENDING_NEW"]),
    ("orderList/otoco", WORKING | TWO | AMOUNT, "OTO", ["NEW", "PENDING_NEW", "PENDING_NEW"]),
    ("orderList/opo", WORKING | ONE, "OTO", ["NEW", "PENDING_NEW"]),
    ("orderList/opoco", WORKING | TWO, "OTO", ["NEW", "PENDING_NEW", "PENDING_NEW"]),
]


class Desk:
    """Asks over REST, signed with HMAC."""

    def __init__(self, exchange: LocalExchange, client: httpx.AsyncClient) -> None:
        self._exchange = exchange
        self._client = client

    async def ask(self, method: str, path: str, **params: Any) -> httpx.Response:
        query = urlencode({**params, "timestamp": self._exchange.clock.now_ms()})
        query += "&signature=" + hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
        url = f"{self._exchange.rest_url}/api/v3/{path}?{query}"
        return await self._client.request(method, url, headers={"X-MBX-APIKEY": "hmac"})

    async def must(self, method: str, path: str, **params: Any) -> Any:
        answer = await self.ask(method, path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[LocalExchange, Desk]]:
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)  # it logs whole URLs
    async with LocalExchange(market="manual", lag=(0, 0)) as exchange, httpx.AsyncClient(trust_env=False) as client:
        add_hmac_key(exchange)
        for symbol in ("BTCUSDT", "BTCUSDC"):
            exchange.quote(symbol, bids=[("59999", "1")], asks=[("60001", "1")])
        yield exchange, Desk(exchange, client)


@pytest.mark.parity("behaviour", "REST order lists and smart order routing")
@pytest.mark.parametrize(("path", "params", "kind", "legs"), LISTS, ids=[row[0] for row in LISTS])
async def test_a_list_is_placed_found_and_cancelled(
    path: str, params: dict[str, str], kind: str, legs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(monkeypatch) as (exchange, rest):
        placed = await rest.must("POST", path, **params, listClientOrderId="mine")
        assert (placed["contingencyType"], placed["listStatusType"]) == (kind, "EXEC_STARTED")
        assert sorted(row["status"] for row in placed["orderReports"]) == sorted(legs)
        assert sorted(order.status for order in exchange.truth.all_orders()) == sorted(legs)
        number = placed["orderListId"]
        for found in (
            await rest.must("GET", "orderList", orderListId=number),
            await rest.must("GET", "orderList", origClientOrderId="mine"),
            *await rest.must("GET", "openOrderList"),
            *await rest.must("GET", "allOrderList"),
        ):
            assert (found["orderListId"], found["orders"]) == (number, placed["orders"])
        gone = await rest.must(
            "DELETE", "orderList", symbol="BTCUSDT", listClientOrderId="mine", newClientOrderId="gone"
        )
        assert (gone["listStatusType"], gone["listClientOrderId"], gone["orders"]) == (
            "ALL_DONE", "mine", placed["orders"]
        )  # fmt: skip
        assert {(row["status"], row["clientOrderId"]) for row in gone["orderReports"]} == {("CANCELED", "gone")}
        assert [row["origClientOrderId"] for row in gone["orderReports"]] == [
            row["clientOrderId"] for row in placed["orders"]
        ]
        assert {order.status for order in exchange.truth.all_orders()} == {"CANCELED"}
        assert await rest.must("GET", "openOrderList") == []


async def test_a_list_counts_its_orders_and_a_missing_list_cannot_be_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk(monkeypatch) as (exchange, rest):
        answer = await rest.ask("POST", "orderList/otoco", **WORKING, **TWO, **AMOUNT)
        assert answer.headers["X-MBX-ORDER-COUNT-10S"] == answer.headers["X-MBX-ORDER-COUNT-1D"] == "3"
        refused = await rest.ask("DELETE", "orderList", symbol="BTCUSDT", orderListId=999)
        assert (refused.status_code, refused.json()["code"]) == (400, -2011)
        wrong = await rest.ask("POST", "orderList/oco", **OCO | {"abovePrice": "50000"})
        assert wrong.status_code == 400
        assert len(exchange.truth.all_orders()) == 3


async def test_a_smart_order_is_one_object_over_rest_and_an_array_of_one_over_the_websocket_api(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the samples of both have it; `ccxt` reads the order id off the object."""
    order = {"symbol": "BTCUSDC", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "60001"}
    async with desk(monkeypatch) as (exchange, rest), Raw(exchange) as raw:
        exchange.deposit("alice", "USDC", "1000000")
        assert await rest.must("POST", "sor/order/test", **order, quantity="0.1") == {}
        assert exchange.truth.all_orders() == []
        placed = await rest.must("POST", "sor/order", **order, quantity="1.5", newClientOrderId="routed")
        assert (placed["clientOrderId"], placed["status"], placed["usedSor"]) == ("routed", "FILLED", True)
        assert {fill["matchType"] for fill in placed["fills"]} == {"ONE_PARTY_TRADE_REPORT"}
        assert exchange.truth.orders["routed"][0].order_id == placed["orderId"]
        assert len(await rest.must("GET", "myAllocations", symbol="BTCUSDC")) == len(placed["fills"])
        over_socket = (await raw.signed("sor.order.place", **order, quantity="0.1"))["result"]
        assert len(over_socket) == 1
        assert over_socket[0].keys() | {"fills"} == placed.keys()
