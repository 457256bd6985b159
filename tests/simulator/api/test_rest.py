"""The REST API: the same answers behind plain HTTP, signed the REST way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import pytest

from binance_wsapi.simulator import LimitRules, LocalExchange
from tests.simulator.desk import SECRET, Raw, add_ed25519_key, add_hmac_key


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


async def test_raw_requests_are_limited_by_their_number_alone() -> None:
    """Routes that are not there count as well; the answer says when to come back, and going on is a ban."""
    async with LocalExchange(market="manual", limits=LimitRules(raw_requests_per_5_minutes=3, tolerated=1)) as exchange:
        rows = (await get(exchange, "exchangeInfo", "symbol=BTCUSDT")).json()["rateLimits"]
        assert rows[-1] == {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 3}
        assert [(await get(exchange, path)).status_code for path in ("ping", "nothing")] == [200, 404]
        refused = await get(exchange, "ping")
        assert (refused.status_code, refused.json()["code"]) == (429, -1003)
        assert 1 <= int(refused.headers["Retry-After"]) <= 300
        banned = await get(exchange, "ping")
        assert banned.status_code == 418
        assert 1 <= int(banned.headers["Retry-After"]) <= 120


async def test_a_browser_is_told_of_a_route_that_is_not_there_in_html_and_a_program_in_json() -> None:
    async with LocalExchange(market="manual") as exchange, httpx.AsyncClient(trust_env=False) as client:
        url = f"{exchange.rest_url}/api/v3/exchangie"
        page = await client.get(url, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html;charset=UTF-8")
        assert "404" in page.text
        told = await client.get(url)
        assert (told.status_code, told.json()["code"]) == (404, -1020)
        time = await client.get(f"{exchange.rest_url}/api/v3/time", headers={"Accept": "text/html"})
        assert time.json().keys() == {"serverTime"}


async def test_order_lists_from_a_number_on_are_not_asked_for_by_time_too() -> None:
    """Over the WebSocket API the number counts for nothing then (allOrderLists, Notes); REST refuses it."""
    async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        both = {"fromId": "7", "startTime": "1"}
        refused = await get(exchange, "allOrderList", signed(exchange, **both), "hmac")
        assert (refused.status_code, refused.json()["code"]) == (400, -1128)
        assert (await get(exchange, "allOrderList", signed(exchange, fromId="7"), "hmac")).json() == []
        assert (await raw.signed("allOrderLists", **both))["status"] == 200


async def send(
    exchange: LocalExchange, method: str, path: str, query: str = "", body: str = "", key: str = "hmac", **headers: str
) -> httpx.Response:
    url = f"{exchange.rest_url}/api/v3/{path}" + (f"?{query}" if query else "")
    headers = {"X-MBX-APIKEY": key, "Content-Type": "application/x-www-form-urlencoded"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, url, content=body, headers=headers)


LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "50000", "quantity": "0.1"}


@pytest.mark.parity("behaviour", "REST orders: placed, amended, replaced and cancelled; parameters in query or body")
@pytest.mark.parametrize("where", ["query", "body", "both"])
async def test_an_order_is_placed_and_cancelled_by_rest_with_its_parameters_in_query_or_body(where: str) -> None:
    """The signature covers the query and the body, one behind the other without a separator."""
    async with LocalExchange(market="manual") as exchange:
        add_hmac_key(exchange)
        query, body = urlencode(LIMIT | {"newClientOrderId": "a"}), f"timestamp={exchange.clock.now_ms()}"
        if where != "both":
            query, body = "", f"{query}&{body}"
        if where == "query":
            query, body = body, ""
        signature = "signature=" + hmac.new(SECRET.encode(), (query + body).encode(), hashlib.sha256).hexdigest()
        if body:
            body += f"&{signature}"
        else:
            query += f"&{signature}"
        response = await send(exchange, "POST", "order", query, body)
        assert (response.status_code, response.json()["status"]) == (200, "NEW"), response.text
        assert response.headers["X-MBX-ORDER-COUNT-10S"] == response.headers["X-MBX-ORDER-COUNT-1D"] == "1"
        assert exchange.truth.orders["a"][0].status == "NEW"
        gone = await send(exchange, "DELETE", "order", signed(exchange, symbol="BTCUSDT", origClientOrderId="a"))
        assert (gone.status_code, gone.json()["status"]) == (200, "CANCELED")
        assert exchange.truth.orders["a"][0].status == "CANCELED"
        # What succeeds weighs nothing, as over the WebSocket API.
        assert gone.headers["X-MBX-USED-WEIGHT-1M"] == "0"


async def test_a_method_that_changes_something_is_never_taken_for_the_read_of_the_same_path() -> None:
    """Who deletes open orders and is answered with the list of them would believe that they are gone."""
    async with LocalExchange(market="manual", lag=(0, 0)) as exchange:
        add_hmac_key(exchange)
        for _ in range(2):
            assert (await send(exchange, "POST", "order", signed(exchange, **LIMIT))).status_code == 200
        gone = await send(exchange, "DELETE", "openOrders", signed(exchange, symbol="BTCUSDT"))
        assert [row["status"] for row in gone.json()] == ["CANCELED", "CANCELED"]
        assert {order.status for order in exchange.truth.all_orders()} == {"CANCELED"}
        for method, path in (("PUT", "order"), ("DELETE", "account"), ("POST", "time"), ("GET", "order/test")):
            answer = await send(exchange, method, path, signed(exchange, **LIMIT))
            assert (answer.status_code, answer.json()["code"]) == (404, -1020)
        assert len(exchange.truth.all_orders()) == 2


async def test_a_replacement_over_rest_says_what_became_of_both_parts_and_an_order_can_be_amended() -> None:
    async with LocalExchange(market="manual") as exchange:
        add_hmac_key(exchange, account="bob")
        exchange.deposit("bob", "USDT", 6000)
        await send(exchange, "POST", "order", signed(exchange, **LIMIT, newClientOrderId="a"))
        replace = {"cancelOrigClientOrderId": "a", "cancelReplaceMode": "STOP_ON_FAILURE"} | LIMIT | {"quantity": "90"}
        answer = await send(exchange, "POST", "order/cancelReplace", signed(exchange, **replace))
        assert (answer.status_code, answer.json()["code"]) == (409, -2021)
        assert answer.json()["data"]["cancelResult"] == "SUCCESS"
        await send(exchange, "POST", "order", signed(exchange, **LIMIT, newClientOrderId="b"))
        change = {"symbol": "BTCUSDT", "origClientOrderId": "b", "newQty": "0.05", "newClientOrderId": "c"}
        answer = await send(exchange, "PUT", "order/amend/keepPriority", signed(exchange, **change))
        assert answer.json()["amendedOrder"]["qty"] == "0.05000000"


async def test_times_are_in_microseconds_if_the_header_says_so() -> None:
    async with LocalExchange(market="manual") as exchange:
        for unit, digits in (("microsecond", 16), ("MICROSECOND", 16), ("MILLISECOND", 13)):
            answer = await send(exchange, "GET", "time", X_MBX_TIME_UNIT=unit)
            assert len(str(answer.json()["serverTime"])) == digits
        assert (await send(exchange, "GET", "time", X_MBX_TIME_UNIT="HOUR")).json()["code"] == -1194


async def test_a_request_may_arrive_in_single_bytes_and_a_body_that_is_too_long_is_refused() -> None:
    async with LocalExchange(market="manual") as exchange:
        add_hmac_key(exchange)
        body = signed(exchange, **LIMIT)
        head = f"POST /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1\r\nX-MBX-APIKEY: hmac\r\nContent-Length: {len(body)}\r\n\r\n"
        port = int(exchange.rest_url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for byte in (head + body).encode():
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
        assert len(exchange.truth.all_orders()) == 1
        with pytest.raises(httpx.HTTPError):
            await send(exchange, "POST", "order", signed(exchange, **LIMIT), "x" * 100_000)
        assert (await get(exchange, "ping")).status_code == 200
        assert len(exchange.truth.all_orders()) == 1
