"""`python-binance`, unmodified, in its own environment: every Spot method it has over the WebSocket API, and its streams.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried. The
library has no option for another host, so the constants that hold its hosts are set.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from importlib.metadata import version

from binance import AsyncClient, BinanceSocketManager, DepthCacheManager, ThreadedWebsocketManager
from binance.base_client import BaseClient

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
SYMBOL = "BTCUSDT"
BaseClient.WS_API_URL = WHERE["ws_api"]
BaseClient.API_URL = WHERE["rest"] + "/api"
BinanceSocketManager.STREAM_URL = WHERE["streams"] + "/"


def tell(what, error=None):
    print(
        json.dumps({"client": f"python-binance {version('python-binance')}", "what": what, "error": error}), flush=True
    )


async def every_method(client):
    tried = set()

    async def call(name, look=None, /, **arguments):
        tried.add(name)
        try:
            data = await asyncio.wait_for(getattr(client, name)(**arguments), 20)
            if look is not None:
                assert look(data), f"unexpected: {data}"
        except Exception as error:  # noqa: BLE001 - whatever the client does is the finding
            tell(name, f"{type(error).__name__}: {error}"[:300])
            return {}
        tell(name)
        return data

    limit = {"symbol": SYMBOL, "price": "50000", "quantity": "0.01"}
    await call("ws_ping")
    await call("ws_get_time", lambda data: data["serverTime"] > 1_600_000_000_000)
    await call("ws_get_exchange_info", lambda data: data["symbols"][0]["symbol"] == SYMBOL, symbol=SYMBOL)
    await call("ws_get_order_book", lambda data: len(data["bids"]) == 5, symbol=SYMBOL, limit=5)
    for name in ("ws_get_recent_trades", "ws_get_historical_trades", "ws_get_aggregate_trades"):
        await call(name, lambda data: isinstance(data, list), symbol=SYMBOL)
    for name in ("ws_get_klines", "ws_get_uiKlines"):
        await call(name, lambda data: len(data[0]) == 12, symbol=SYMBOL, interval="1m")
    await call("ws_get_avg_price", lambda data: float(data["price"]) > 0, symbol=SYMBOL)
    for name in (
        "ws_get_ticker",
        "ws_get_trading_day_ticker",
        "ws_get_symbol_ticker_window",
        "ws_get_symbol_ticker",
        "ws_get_orderbook_ticker",
    ):
        await call(name, lambda data: data["symbol"] == SYMBOL, symbol=SYMBOL)
    taken = await call("ws_order_market_buy", lambda data: data["status"] == "FILLED", symbol=SYMBOL, quantity="0.01")
    await call("ws_order_market_sell", lambda data: data["status"] == "FILLED", symbol=SYMBOL, quantity="0.005")
    await call("ws_order_market", symbol=SYMBOL, side="BUY", quantity="0.01")
    await call("ws_order_limit", side="BUY", **limit)
    await call("ws_order_limit_buy", **limit)
    placed = await call("ws_order_limit_sell", symbol=SYMBOL, price="90000", quantity="0.01")
    await call("ws_create_order", side="BUY", type="LIMIT", timeInForce="GTC", **limit)
    await call("ws_create_test_order", side="BUY", type="LIMIT", timeInForce="GTC", **limit)
    replaced = await call(
        "ws_cancel_and_replace_order",
        lambda data: data["cancelResult"] == "SUCCESS",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=placed.get("orderId"),
        **limit,
    )
    await call(
        "ws_cancel_order",
        lambda data: data["status"] == "CANCELED",
        symbol=SYMBOL,
        orderId=replaced.get("newOrderResponse", {}).get("orderId"),
    )
    oco = await call(
        "ws_create_oco_order",
        symbol=SYMBOL,
        side="SELL",
        quantity="0.01",
        aboveType="LIMIT_MAKER",
        abovePrice="90000",
        belowType="STOP_LOSS",
        belowStopPrice="40000",
    )
    await asyncio.sleep(0.2)
    await call("ws_get_oco_order", orderListId=oco.get("orderListId"))
    await call("ws_get_oco_open_orders", lambda data: len(data) == 1)
    await call("ws_cancel_oco_order", symbol=SYMBOL, orderListId=oco.get("orderListId"))
    working = {
        "symbol": SYMBOL,
        "workingType": "LIMIT",
        "workingSide": "BUY",
        "workingPrice": "50000",
        "workingQuantity": "0.01",
        "workingTimeInForce": "GTC",
        "pendingSide": "SELL",
        "pendingQuantity": "0.01",
    }
    await call("ws_create_oto_order", pendingType="LIMIT", pendingPrice="90000", pendingTimeInForce="GTC", **working)
    await call(
        "ws_create_otoco_order",
        pendingAboveType="LIMIT_MAKER",
        pendingAbovePrice="90000",
        pendingBelowType="STOP_LOSS",
        pendingBelowStopPrice="40000",
        **working,
    )
    sor = {
        "symbol": WHERE["sor"],
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": WHERE["sor_quantity"],
        "price": WHERE["sor_price"],
    }
    await call("ws_create_sor_order", **sor)
    await call("ws_create_test_sor_order", **sor)
    await asyncio.sleep(0.2)
    await call("ws_get_order", lambda data: data["status"] == "FILLED", symbol=SYMBOL, orderId=taken.get("orderId"))
    await call("ws_get_open_orders", lambda data: len(data) > 0, symbol=SYMBOL)
    await call("ws_get_all_orders", lambda data: len(data) > 5, symbol=SYMBOL)
    await call("ws_get_my_trades", lambda data: len(data) >= 3, symbol=SYMBOL)
    await call("ws_get_prevented_matches", symbol=SYMBOL, orderId=taken.get("orderId"))
    await call("ws_get_allocations", symbol=WHERE["sor"])
    await call("ws_get_commission_rates", symbol=SYMBOL)
    await call("ws_get_account", lambda data: len(data["balances"]) > 0)
    await call("ws_get_account_rate_limits_orders")
    await call("ws_cancel_all_open_orders", lambda data: len(data) > 0, symbol=SYMBOL)
    has = {
        name
        for name in dir(client)
        if name.startswith("ws_") and callable(getattr(client, name)) and "futures" not in name and name != "ws_api"
    }
    tell(
        f"{len(tried)} of its {len(has)} methods called", None if tried == has else f"not called: {sorted(has - tried)}"
    )


async def streams(client, manager):
    async def comes(what, socket, look):
        try:
            async with socket as stream:
                if what == "user data":
                    await asyncio.sleep(0.5)
                    await client.ws_order_market_buy(symbol=SYMBOL, quantity="0.01")
                for _ in range(20):
                    message = await asyncio.wait_for(stream.recv(), 15)
                    if look(message):
                        break
                else:
                    raise AssertionError(f"not what was asked for: {message}")
        except Exception as error:  # noqa: BLE001
            tell(f"stream: {what}", f"{type(error).__name__}: {error}"[:300])
        else:
            tell(f"stream: {what}")

    await comes("trade", manager.trade_socket(SYMBOL), lambda message: message["e"] == "trade")
    await comes("aggregate trade", manager.aggtrade_socket(SYMBOL), lambda message: message["e"] == "aggTrade")
    await comes("depth", manager.depth_socket(SYMBOL), lambda message: message["e"] == "depthUpdate")
    await comes("partial depth", manager.depth_socket(SYMBOL, depth="5"), lambda message: len(message["bids"]) == 5)
    await comes("kline", manager.kline_socket(SYMBOL), lambda message: message["e"] == "kline")
    await comes("ticker", manager.symbol_ticker_socket(SYMBOL), lambda message: message["e"] == "24hrTicker")
    await comes("book ticker", manager.symbol_book_ticker_socket(SYMBOL), lambda message: message["s"] == SYMBOL)
    await comes(
        "several at once",
        manager.multiplex_socket(["btcusdt@trade", "ethusdt@bookTicker"]),
        lambda message: message["stream"] in {"btcusdt@trade", "ethusdt@bookTicker"},
    )
    await comes(
        "user data", manager.user_socket(), lambda message: message.get("event", message)["e"] == "executionReport"
    )


async def depth_cache(client):
    """A book from a snapshot over REST and the diffs of a stream."""
    try:
        async with DepthCacheManager(client, symbol=SYMBOL, ws_interval=100) as manager:
            for _ in range(20):
                cache = await asyncio.wait_for(manager.recv(), 15)
                assert cache.get_bids()[0][0] < cache.get_asks()[0][0], f"crossed: {cache.get_bids()[0]}"
    except Exception as error:  # noqa: BLE001
        tell("depth cache", f"{type(error).__name__}: {error}"[:300])
    else:
        tell("depth cache")


async def main():
    key = WHERE["hmac"]
    client = AsyncClient(api_key=key["api_key"], api_secret=key["secret"])
    try:
        await every_method(client)
        await streams(client, BinanceSocketManager(client))
        await depth_cache(client)
    finally:
        await client.close_connection()


def threads():
    """The manager that lives in a thread of its own."""
    key = WHERE["hmac"]
    manager = ThreadedWebsocketManager(api_key=key["api_key"], api_secret=key["secret"])
    manager.daemon = True

    def comes(what, start, look, then=None):
        came, last = threading.Event(), []

        def callback(message):
            last[:] = [message]
            if look(message):
                came.set()

        try:
            name = start(callback)
            if then is not None:
                came.wait(1)
                then()
            assert came.wait(15), f"not what was asked for: {last}"
            manager.stop_socket(name)
        except Exception as error:  # noqa: BLE001
            tell(f"threaded: {what}", f"{type(error).__name__}: {error}"[:300])
        else:
            tell(f"threaded: {what}")

    def buy():
        order = manager._client.ws_order_market_buy(symbol=SYMBOL, quantity="0.01")
        asyncio.run_coroutine_threadsafe(order, manager._loop).result(10)

    manager.start()
    comes(
        "trade",
        lambda callback: manager.start_trade_socket(callback=callback, symbol=SYMBOL),
        lambda message: message["e"] == "trade",
    )
    comes(
        "several at once",
        lambda callback: manager.start_multiplex_socket(
            callback=callback, streams=["btcusdt@trade", "ethusdt@bookTicker"]
        ),
        lambda message: message["stream"] in {"btcusdt@trade", "ethusdt@bookTicker"},
    )
    comes(
        "user data",
        lambda callback: manager.start_user_socket(callback=callback),
        lambda message: message.get("event", message).get("e") == "executionReport",
        buy,
    )
    manager.stop()  # its thread goes on where a user socket was stopped: it keeps it under another name


asyncio.run(main())
threads()
