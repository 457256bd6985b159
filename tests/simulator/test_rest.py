"""The REST reads: the same answers behind plain HTTP, signed the REST way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest

from binance_wsapi.simulator import LimitRules, LocalExchange

from .desk import SECRET, Raw, add_ed25519_key, add_hmac_key


@pytest.fixture(autouse=True)
def _httpx_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests use httpx themselves, which logs whole URLs; that the library's own use of it does not is tested there."""
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)


async def get(exchange: LocalExchange, path: str, query: str = "", key: str | None = None) -> httpx.Response:
    headers = {"X-MBX-APIKEY": key} if key else {}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"{exchange.rest_url}/api/v3/{path}?{query}", headers=headers)


def signed(exchange: LocalExchange, **params: Any) -> str:
    query = urlencode({**params, "timestamp": exchange.clock.now_ms()})
    return query + "&signature=" + hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parity("behaviour", "REST reads: time, exchangeInfo, depth, order, openOrders, account")
async def test_public_reads_answer_what_the_methods_answer() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        exchange.quote("BTCUSDT", bids=[("59999", "1")])
        assert (await get(exchange, "ping")).json() == {}
        response = await get(exchange, "depth", "symbol=BTCUSDT&limit=5")
        assert response.json() == await raw.get("depth", {"symbol": "BTCUSDT", "limit": 5})
        assert response.headers["Content-Type"].startswith("application/json")
        response = await get(exchange, "exchangeInfo", "symbols=" + quote_plus('["BTCUSDT","ETHUSDT"]'))
        assert [row["symbol"] for row in response.json()["symbols"]] == ["BTCUSDT", "ETHUSDT"]
        assert int(response.headers["X-MBX-USED-WEIGHT-1M"]) == 2 + 1 + 5 + 5 + 20


async def test_signed_reads_need_the_key_and_the_signature_of_the_query_as_sent() -> None:
    async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("这是测试币USDT", asks=[("2", "100")])
        name = "这是测试币USDT"
        params = {"symbol": name, "side": "BUY", "type": "MARKET", "quantity": "5", "newClientOrderId": "a"}
        assert (await raw.signed("order.place", **params))["status"] == 200
        response = await get(exchange, "order", signed(exchange, symbol=name, origClientOrderId="a"), "hmac")
        assert (response.status_code, response.json()["status"]) == (200, "FILLED")
        assert len((await get(exchange, "myTrades", signed(exchange, symbol=name), "hmac")).json()) == 1
        assert (await get(exchange, "openOrders", signed(exchange), "hmac")).json() == []
        assert "balances" in (await get(exchange, "account", signed(exchange), "hmac")).json()


async def test_an_ed25519_signature_is_percent_encoded_base64() -> None:
    async with LocalExchange(market="manual") as exchange:
        key = add_ed25519_key(exchange)
        query = f"timestamp={exchange.clock.now_ms()}&recvWindow=3000"
        signature = base64.b64encode(key.sign(query.encode())).decode()
        response = await get(exchange, "account", f"{query}&signature={quote_plus(signature)}", "ed")
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "key", "status", "code"),
    [
        ("depth", "", None, 400, -1102),
        ("depth", "symbol=BTCUSDT&symbol=ETHUSDT", None, 400, -1101),
        ("exchangeInfo", "symbols=%5B", None, 400, -1135),
        ("nothing", "", None, 404, -1020),
        ("account", "timestamp=1", None, 401, -2014),
        ("account", "timestamp=1&signature=00", "nobody", 401, -2015),
        ("account", "timestamp=1", "hmac", 400, -1102),
        ("account", "timestamp=1&signature=00", "hmac", 400, -1022),
    ],
)
async def test_a_wrong_request_gets_the_error_as_the_body(
    path: str, query: str, key: str | None, status: int, code: int
) -> None:
    async with LocalExchange(market="manual") as exchange:
        add_hmac_key(exchange)
        response = await get(exchange, path, query, key)
        assert (response.status_code, response.json()["code"]) == (status, code)


async def test_an_old_request_is_refused() -> None:
    async with LocalExchange(market="manual") as exchange:
        add_hmac_key(exchange)
        query = signed(exchange)
        exchange.clock.step(6)
        assert (await get(exchange, "account", query, "hmac")).json()["code"] == -1021


async def test_too_much_weight_says_when_to_come_back() -> None:
    async with LocalExchange(market="manual", limits=LimitRules(weight_per_minute=3)) as exchange:
        response = await get(exchange, "depth", "symbol=BTCUSDT")
        assert (response.status_code, response.json()["code"]) == (429, -1003)
        assert 1 <= int(response.headers["Retry-After"]) <= 60
