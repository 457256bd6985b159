"""`unicorn-binance-websocket-api`, unmodified, in its own environment: every Spot method it can still call, and its streams.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried. Not
called: `get_listen_key`, whose method `userDataStream.start` the venue took away in 2026. Two methods cannot succeed: the
client builds wrong requests, and the exchange must refuse them with the documented codes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from importlib.metadata import version

from unicorn_binance_websocket_api import BinanceWebSocketApiManager

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
SYMBOL = "BTCUSDT"
GONE = {"get_listen_key"}


def tell(what, error=None):
    name = "unicorn-binance-websocket-api"
    print(json.dumps({"client": f"{name} {version(name)}", "what": what, "error": error}), flush=True)


async def every_method(spot):
    tried = set()

    async def call(name, look=None, /, refusal=None, **arguments):
        """Call in a thread, as the client waits for the answer without a limit of its own.

        `refusal` is the code of the error that must come, and the mistake of the client's that it comes from.
        """
        tried.add(name)
        try:
            told = await asyncio.wait_for(asyncio.to_thread(getattr(spot, name), return_response=True, **arguments), 20)
            answer = told[-1] if isinstance(told, tuple) else told
            answer = json.loads(answer) if isinstance(answer, str) else answer
            if refusal is not None:
                assert answer.get("error", {}).get("code") == refusal[0], f"not refused: {answer}"
                return tell(f"{name}: refused with {refusal[0]}, as the client {refusal[1]}")
            assert answer["status"] == 200, f"refused: {answer}"
            if look is not None:
                assert look(answer["result"]), f"unexpected: {answer['result']}"
        except Exception as error:  # noqa: BLE001 - whatever the client does is the finding
            tell(name, f"{type(error).__name__}: {error}"[:300])
            return {}
        tell(name)
        return answer["result"]

    limit = {
        "symbol": SYMBOL,
        "side": "BUY",
        "order_type": "LIMIT",
        "time_in_force": "GTC",
        "price": 50000.0,
        "quantity": 0.01,
    }
    await call("ping", lambda data: data == {})
    await call("get_server_time", lambda data: data["serverTime"] > 1_600_000_000_000)
    await call("get_exchange_info", lambda data: data["symbols"][0]["symbol"] == SYMBOL, symbol=SYMBOL)
    await call("get_exchange_info", lambda data: len(data["symbols"]) == 2, symbols=[SYMBOL, "ETHUSDT"])
    await call("get_order_book", lambda data: len(data["bids"]) == 5, symbol=SYMBOL, limit=5)
    await call("get_recent_trades", lambda data: float(data[0]["price"]) > 0, symbol=SYMBOL)
    await call("get_historical_trades", lambda data: data[0]["id"] >= 0, symbol=SYMBOL)
    await call("get_aggregate_trades", lambda data: float(data[0]["p"]) > 0, symbol=SYMBOL)
    for name in ("get_klines", "get_ui_klines"):
        await call(name, lambda data: len(data[0]) == 12, symbol=SYMBOL, interval="1m")
    await call("get_current_average_price", lambda data: float(data["price"]) > 0, symbol=SYMBOL)
    taken = await call(
        "create_order",
        lambda data: data["status"] == "FILLED",
        symbol=SYMBOL,
        side="BUY",
        order_type="MARKET",
        quantity=0.01,
        new_order_resp_type="FULL",
    )
    placed = await call("create_order", lambda data: data["symbol"] == SYMBOL, **limit)
    await call("create_test_order", lambda data: data == {}, **limit)
    await call(
        "cancel_and_replace_order",
        refusal=(-1104, "sends NewClientOrderId for newClientOrderId"),
        cancel_order_id=placed.get("orderId"),
        cancel_replace_mode="STOP_ON_FAILURE",
        **limit,
    )
    await call("cancel_order", lambda data: data["status"] == "CANCELED", symbol=SYMBOL, order_id=placed.get("orderId"))
    await call("create_order", lambda data: data["orderId"] > 0, **limit)
    await asyncio.sleep(0.2)
    await call("get_order", lambda data: data["status"] == "FILLED", symbol=SYMBOL, order_id=taken.get("orderId"))
    await call("get_open_orders", lambda data: len(data) == 1, symbol=SYMBOL)
    await call("cancel_open_orders", lambda data: data[0]["status"] == "CANCELED", symbol=SYMBOL)
    await call("get_account_status", lambda data: len(data["balances"]) > 0)
    await call("get_unfilled_order_count", refusal=(-1102, "sends no timestamp"))
    has = {name for name in dir(spot) if not name.startswith("_") and callable(getattr(spot, name))}
    tell(
        f"{len(tried)} of its {len(has)} methods called, without {', '.join(GONE)}, which the venue took away",
        None if tried | GONE == has else f"not called: {sorted(has - tried - GONE)}",
    )


async def streams(manager):
    async def comes(what, label, look):
        """Wait for a message of the stream in the client's own buffer."""
        end = time.monotonic() + 15
        seen = []
        while time.monotonic() < end:
            raw = manager.pop_stream_data_from_stream_buffer(label)
            if not raw:
                await asyncio.sleep(0.05)
                continue
            seen.append(message := json.loads(raw))
            if look(message.get("data", message.get("event", message))):
                return tell(f"stream: {what}")
        return tell(f"stream: {what}", f"did not come, but {seen[:3]}"[:300])

    for channel, kind in (
        ("trade", "trade"),
        ("aggTrade", "aggTrade"),
        ("depth", "depthUpdate"),
        ("kline_1m", "kline"),
        ("ticker", "24hrTicker"),
    ):
        stream = manager.create_stream([channel], [SYMBOL.lower()], stream_label=channel, stream_buffer_name=channel)
        await comes(channel, channel, lambda data, kind=kind: data.get("e") == kind and data.get("s") == SYMBOL)
        manager.stop_stream(stream)
    stream = manager.create_stream(["bookTicker"], ["btcusdt"], stream_buffer_name="book")
    manager.subscribe_to_stream(stream, channels=["bookTicker"], markets=["ethusdt"])
    for symbol in (SYMBOL, "ETHUSDT"):
        await comes(f"bookTicker {symbol}", "book", lambda data, symbol=symbol: data.get("s") == symbol and "a" in data)
    manager.stop_stream(stream)
    key = WHERE["hmac"]
    stream = manager.create_stream(
        ["arr"],
        ["!userData"],
        stream_label="user",
        stream_buffer_name="user",
        api_key=key["api_key"],
        api_secret=key["secret"],
    )
    await asyncio.sleep(1)
    await asyncio.to_thread(
        manager.api.spot.create_order,
        stream_label="api",
        symbol=SYMBOL,
        side="BUY",
        order_type="MARKET",
        quantity=0.01,
        return_response=True,
    )
    await comes("user data", "user", lambda data: data.get("e") == "executionReport" and data.get("X") == "FILLED")
    manager.stop_stream(stream)


async def main():
    key = WHERE["hmac"]
    manager = BinanceWebSocketApiManager(
        exchange="binance.com",
        websocket_base_uri=WHERE["streams"] + "/",
        websocket_api_base_uri=WHERE["ws_api"],
        restful_base_uri=WHERE["streams"].replace("ws", "http", 1) + "/",
        warn_on_update=False,
    )
    try:
        manager.create_stream(api=True, api_key=key["api_key"], api_secret=key["secret"], stream_label="api")
        await every_method(manager.api.spot)
        await streams(manager)
    finally:
        manager.stop_manager()


asyncio.run(main())
