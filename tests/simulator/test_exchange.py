"""The exchange answers: the round trip of the basic requests."""

from __future__ import annotations

from binance_wsapi.simulator import LocalExchange
from tests.simulator.desk import Raw, add_ed25519_key, add_hmac_key, log_on


async def test_a_session_logs_on_subscribes_and_trades() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        key = add_ed25519_key(exchange)
        exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
        assert (await log_on(raw, key))["result"]["apiKey"] == "ed"
        assert await raw.get("userDataStream.subscribe") == {"subscriptionId": 0}
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        placed = await raw.get(
            "order.place",
            {
                **order,
                "quantity": "0.5",
                "price": "60001",
                "newClientOrderId": "a",
                "timestamp": exchange.clock.now_ms(),
            },
        )
        assert placed["status"] == "FILLED"
        assert placed["cummulativeQuoteQty"] == "30000.50000000"
        report = await raw.event("executionReport")
        assert (report["c"], report["x"]) == ("a", "NEW")
        trade = await raw.event("executionReport")
        assert (trade["x"], trade["l"], trade["L"]) == ("TRADE", "0.50000000", "60001.00000000")
        position = await raw.event("outboundAccountPosition")
        assert {each["a"] for each in position["B"]} >= {"BTC", "USDT"}


async def test_an_hmac_key_signs_each_request() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        answer = await raw.signed("account.status")
        assert answer["result"]["balances"][0] == {"asset": "BNB", "free": "1000.00000000", "locked": "0.00000000"}
        depth = await raw.get("depth", {"symbol": "BTCUSDT"})
        assert depth == {"lastUpdateId": 0, "bids": [], "asks": []}
