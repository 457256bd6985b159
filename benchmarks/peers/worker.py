"""One client of other hands, in an environment of its own: opens a session, then makes orders whenever it is told to.

Run by `benchmarks.peers.run` as ``python worker.py CLIENT URL``. Each line of standard input is a round, ``ALONE TOGETHER
IN_FLIGHT``; the answer is a line of JSON. Nothing of `binance_wsapi` is imported here.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

logging.disable(logging.CRITICAL)
OWN = os.dup(1)
os.dup2(2, 1)  # some print

KEY, SECRET = "k" * 64, "s" * 64
LIMIT = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC"}
PRICE, QUANTITY = "23416.10000000", "0.00847000"

Call = Callable[[], Awaitable[Any]]


async def official(url: str) -> Call:
    """The official SDK, each request signed by HMAC."""
    from binance_common.configuration import ConfigurationWebSocketAPI  # type: ignore[import-not-found]
    from binance_sdk_spot.spot import Spot  # type: ignore[import-not-found]

    client = Spot(config_ws_api=ConfigurationWebSocketAPI(api_key=KEY, api_secret=SECRET, stream_url=url))
    connection = await client.websocket_api.create_connection()

    async def call() -> Any:
        response = await connection.order_place(
            symbol="BTCUSDT", side="SELL", type="LIMIT", time_in_force="GTC", price=23416.1, quantity=0.00847
        )
        return response.data()

    return call


async def python_binance(url: str) -> Call:
    """`python-binance`, each request signed by HMAC."""
    from binance import AsyncClient  # type: ignore[import-not-found]
    from binance.base_client import BaseClient  # type: ignore[import-not-found]

    BaseClient.WS_API_URL = url
    client = AsyncClient(KEY, SECRET)
    return lambda: client.ws_create_order(**LIMIT, price=PRICE, quantity=QUANTITY)


async def pybotters(url: str) -> Call:
    """`pybotters`, each request signed by HMAC; it leaves it to its user to find the reply."""
    import pybotters as library  # type: ignore[import-not-found]
    from pybotters.ws import Item, MessageSign, MessageSignHosts  # type: ignore[import-not-found]

    MessageSignHosts.items["127.0.0.1"] = Item("binance", MessageSign.binance)
    waiting: dict[str, asyncio.Future[Any]] = {}
    client = await library.Client(apis={"binance": [KEY, SECRET]}).__aenter__()

    def take(message: Any, _socket: Any) -> None:
        waiting.pop(message["id"]).set_result(message["result"])

    app = await client.ws_connect(url, hdlr_json=take, heartbeat=None)
    loop = asyncio.get_running_loop()
    count = 0

    async def call() -> Any:
        nonlocal count
        count += 1
        request_id = f"{count:022}"
        future = waiting[request_id] = loop.create_future()
        params = {**LIMIT, "price": PRICE, "quantity": QUANTITY, "newClientOrderId": f"bench-{count:016}"}
        await app.current_ws.send_json({"id": request_id, "method": "order.place", "params": params}, auth=library.Auth)
        return await future

    return call


async def unicorn(url: str) -> Call:
    """`unicorn-binance-websocket-api`, each request signed by HMAC; its calls wait in threads."""
    from unicorn_binance_websocket_api import BinanceWebSocketApiManager  # type: ignore[import-not-found]

    manager = BinanceWebSocketApiManager(
        exchange="binance.com", websocket_api_base_uri=url, warn_on_update=False, output_default="dict",
        disable_colorama=True,
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    waiting: dict[str, asyncio.Future[Any]] = {}

    def found(future: asyncio.Future[Any], message: Any) -> None:
        if not future.done():
            future.set_result(message)

    def take(message: Any) -> None:
        future = waiting.pop(message.get("id", ""), None)
        if future is not None:
            loop.call_soon_threadsafe(found, future, message)

    stream = manager.create_stream(api=True, api_key=KEY, api_secret=SECRET, process_stream_data=take)
    await asyncio.sleep(2.0)  # nothing tells when it is connected
    count = 0

    async def call() -> Any:
        nonlocal count
        count += 1
        request_id = f"bench-{count}"
        future = waiting[request_id] = loop.create_future()
        manager.api.spot.create_order(
            stream_id=stream, request_id=request_id, order_type="LIMIT", side="SELL", symbol="BTCUSDT", price=23416.1,
            quantity=0.00847,
        )  # fmt: skip
        return await asyncio.wait_for(future, 10)

    return call


async def ccxt(url: str) -> Call:
    """`ccxt.pro` with its throttle off, each request signed by HMAC."""
    import ccxt.pro as library  # type: ignore[import-not-found]

    client = library.binance({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False})
    client.urls["api"]["ws"]["ws-api"]["spot"] = url
    market = client.safe_market_structure(
        {"id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "baseId": "BTC", "quoteId": "USDT",
         "type": "spot", "spot": True, "active": True, "precision": {"amount": 1e-8, "price": 1e-8},
         "info": {"orderTypes": ["LIMIT", "MARKET"]}}
    )  # fmt: skip
    client.set_markets([market])
    return lambda: client.create_order_ws("BTC/USDT", "limit", "sell", 0.00847, 23416.1)


OPENERS = {each.__name__: each for each in (official, python_binance, pybotters, unicorn, ccxt)}


async def together(call: Call, in_flight: int, calls: int) -> tuple[float, float]:
    """Return calls per second, and seconds of processor per call, with so many in flight."""
    each = max(1, calls // in_flight)

    async def worker() -> None:
        for _ in range(each):
            await call()

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    took = time.perf_counter() - begun
    count = each * in_flight
    return count / took, (time.process_time() - cpu) / count


async def main() -> None:
    """Answer rounds until standard input ends."""
    name, url = sys.argv[1:3]
    call = await OPENERS[name](url)
    await together(call, 8, 200)
    os.write(OWN, b"ready\n")
    while line := sys.stdin.readline():
        alone, many, in_flight = map(int, line.split())
        gc.collect()
        took = []
        for _ in range(alone):
            begun = time.perf_counter()
            await call()
            took.append(time.perf_counter() - begun)
        rate, cpu = await together(call, in_flight, many)
        os.write(OWN, (json.dumps({"took": sorted(took), "rate": rate, "cpu": cpu}) + "\n").encode())
    os._exit(0)  # threads and sessions of some would go on


if __name__ == "__main__":
    asyncio.run(main())
