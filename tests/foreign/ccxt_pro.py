"""`ccxt.pro`, unmodified, in its own environment: trading over the WebSocket API, and everything it watches, with both keys.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried. The
hosts are set in ``urls``, the place the library has for them; its markets come over REST.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from importlib.metadata import version

import ccxt.pro

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
SYMBOL = "BTC/USDT"
SPOT_ONLY = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "fetchMargins": False,
    "fetchCurrencies": False,
}


def make(kind):
    key = WHERE[kind]
    client = ccxt.pro.binance(
        {"apiKey": key["api_key"], "secret": key["pem" if kind == "ed25519" else "secret"], "options": SPOT_ONLY}
    )
    client.has["fetchCurrencies"] = False  # it would ask an API that is not the Spot API
    api = client.urls["api"]
    api["public"] = api["private"] = WHERE["rest"] + "/api/v3"
    api["ws"]["ws-api"]["spot"] = WHERE["ws_api"]
    api["ws"]["spot"] = WHERE["streams"] + "/ws"
    return client


async def everything(kind):
    client = make(kind)

    async def call(name, look, /, *arguments):
        error, data = None, None
        try:
            data = await asyncio.wait_for(getattr(client, name)(*arguments), 20)
            assert look(data), f"unexpected: {data}"
        except Exception as failure:  # noqa: BLE001 - whatever the client does is the finding
            error = f"{type(failure).__name__}: {failure}"[:300]
        print(json.dumps({"client": f"ccxt {version('ccxt')}", "what": f"{kind} {name}", "error": error}), flush=True)
        return data if isinstance(data, dict) else {}

    async def trade_on():
        while True:
            await client.create_order_ws(SYMBOL, "market", "buy", 0.001)
            await asyncio.sleep(0.3)

    limit = (SYMBOL, "limit", "buy", 0.01, 50_000)
    try:
        await call("load_markets", lambda data: SYMBOL in data)
        await call("fetch_time", lambda data: data > 1_600_000_000_000)
        await call("fetch_trades_ws", lambda data: len(data) > 0, SYMBOL)
        await call("fetch_ohlcv_ws", lambda data: len(data[0]) == 6, SYMBOL, "1m")
        # Of the answer it parses what only futures have; what came is in "info".
        await call("fetch_balance_ws", lambda data: data["info"]["accountType"] == "SPOT")
        placed = await call("create_order_ws", lambda data: data["status"] == "open", *limit)
        await call("fetch_order_ws", lambda data: data["price"] == 50_000, placed.get("id"), SYMBOL)
        await call("fetch_open_orders_ws", lambda data: len(data) == 1, SYMBOL)
        changed = await call(
            "edit_order_ws", lambda data: data["amount"] == 0.02, placed.get("id"), *limit[:3], 0.02, 50_001
        )
        await call("cancel_order_ws", lambda data: data["status"] == "canceled", changed.get("id"), SYMBOL)
        await call("create_order_ws", lambda data: data["status"] == "open", *limit)
        await call("cancel_all_orders_ws", lambda data: len(data) == 1, SYMBOL)
        await call("fetch_orders_ws", lambda data: len(data) == 3, SYMBOL)
        taken = await call("create_order_ws", lambda data: data["status"] == "closed", SYMBOL, "market", "buy", 0.01)
        await asyncio.sleep(0.2)
        await call("fetch_closed_orders_ws", lambda data: taken.get("id") in [each["id"] for each in data], SYMBOL)
        await call("fetch_my_trades_ws", lambda data: data[-1]["order"] == taken.get("id"), SYMBOL)
        trading = asyncio.ensure_future(trade_on())
        await call("watch_trades", lambda data: data[-1]["price"] > 0, SYMBOL)
        for _ in range(3):
            await call("watch_order_book", lambda data: data["bids"][0][0] < data["asks"][0][0], SYMBOL)
        await call("watch_ohlcv", lambda data: len(data[-1]) == 6, SYMBOL, "1m")
        await call("watch_ticker", lambda data: data["last"] > 0, SYMBOL)
        await call("watch_tickers", lambda data: SYMBOL in data, [SYMBOL])
        await call("watch_bids_asks", lambda data: data[SYMBOL]["bid"] < data[SYMBOL]["ask"], [SYMBOL])
        await call("watch_orders", lambda data: data[-1]["symbol"] == SYMBOL, SYMBOL)
        await call("watch_my_trades", lambda data: data[-1]["amount"] > 0, SYMBOL)
        await call("watch_balance", lambda data: data["BTC"]["free"] > 1)
        trading.cancel()
        await asyncio.gather(trading, return_exceptions=True)
        await call("fetch_open_orders", lambda data: data == [], SYMBOL)
        await call("fetch_balance", lambda data: data["USDT"]["total"] > 1)
    finally:
        await client.close()


asyncio.run(everything("hmac"))
asyncio.run(everything("ed25519"))
