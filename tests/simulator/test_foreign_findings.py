"""What clients of other hands (`make test-foreign`) revealed about the local exchange, kept from coming back."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from binance_wsapi.simulator import LocalExchange
from tests.simulator.desk import Raw, add_hmac_key


async def subscribe(exchange: LocalExchange, identity: Any) -> Any:
    async with connect(f"{exchange.streams_url}/ws", ping_interval=None, compression=None, proxy=None) as socket:
        await socket.send(json.dumps({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": identity}))
        return json.loads(await socket.recv())


@pytest.mark.parametrize("identity", [str(uuid.UUID(int=7)), "a" * 36, "0-", 1])
async def test_a_stream_request_may_be_named_by_a_uuid(identity: Any) -> None:
    """The official client and others send UUIDs with their hyphens, and find the answer by them."""
    async with LocalExchange(market="manual") as exchange:
        assert await subscribe(exchange, identity) == {"result": None, "id": identity}


@pytest.mark.parametrize("identity", ["a" * 37, "", "a b", "\u0661", "a_b", "a\n"])
async def test_what_no_client_sends_stays_refused_as_the_name_of_a_stream_request(identity: str) -> None:
    async with LocalExchange(market="manual") as exchange:
        assert (await subscribe(exchange, identity))["code"] == 2


async def test_a_misspelt_parameter_is_refused_and_not_ignored() -> None:
    """One client sends NewClientOrderId; to ignore it would trade under a name that the user did not choose."""
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "50000"}
        answer = await raw.signed("order.place", quantity="0.01", NewClientOrderId="mine", **order)
        assert answer["error"]["code"] == -1104
        assert exchange.truth.all_orders() == []


async def test_a_public_method_does_not_mind_an_api_key() -> None:
    """trades.historical once wanted one (CHANGELOG, 2023-12-04), and `binance-connector` still sends it."""
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        for key in ("hmac", "nobody's"):
            assert await raw.get("trades.historical", {"symbol": "BTCUSDT", "apiKey": key}) == []


async def test_rest_shows_the_limits_of_rest_and_not_those_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """`nautilus_trader` knows the three kinds that REST documents, and cannot read its list of symbols with a fourth."""
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)  # it logs whole URLs
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        over_socket = await raw.get("exchangeInfo")
        async with httpx.AsyncClient(trust_env=False) as client:
            over_rest = (await client.get(f"{exchange.rest_url}/api/v3/exchangeInfo")).json()
    assert [row["rateLimitType"] for row in over_socket["rateLimits"]][-1] == "CONNECTIONS"
    assert over_rest["rateLimits"][:-1] == over_socket["rateLimits"][:-1]
    assert over_rest["rateLimits"][-1] == {
        "rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300_000
    }  # fmt: skip
    assert over_rest["symbols"] == over_socket["symbols"]
