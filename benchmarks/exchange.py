"""How many orders a second the local exchange carries over a socket, beside a peer that only answers canned bytes.

The exchange runs in a process of its own; the client is bare `websockets` with 64 orders in flight on a logged-on session.
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from websockets.asyncio.client import connect

from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.access.limits import LimitRules

ORDERS = 6_000
IN_FLIGHT = 64
API_KEY = "bench".ljust(64, "0")
NO_LIMITS = LimitRules(weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9)


def _serve(public: bytes, pipe: Connection) -> None:
    async def run() -> None:
        async with LocalExchange(seed=1, market="manual", limits=NO_LIMITS, keep_frames=10) as exchange:
            exchange.register_key(API_KEY, "ed25519", public_pem=public)
            exchange.quote("BTCUSDT", bids=[("59999", "100")], asks=[("60001", "100")])
            pipe.send(exchange.url)
            begun = time.process_time()
            while not pipe.poll():  # noqa: ASYNC110 a pipe, not a task
                await asyncio.sleep(0.05)
            pipe.send((time.process_time() - begun) / ORDERS)

    asyncio.run(run())


def _order(number: int) -> str:
    params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    return json.dumps(
        {"id": number, "method": "order.place", "params": params | {"timestamp": int(time.time() * 1000)}}
    )


async def _drive(url: str, key: ed25519.Ed25519PrivateKey) -> float:
    async with connect(url, compression=None, max_queue=None) as socket:
        now = int(time.time() * 1000)
        text = f"apiKey={API_KEY}&timestamp={now}"
        params: dict[str, Any] = {"apiKey": API_KEY, "timestamp": now}
        params["signature"] = base64.b64encode(key.sign(text.encode())).decode()
        await socket.send(json.dumps({"id": 0, "method": "session.logon", "params": params}))
        assert json.loads(await socket.recv())["status"] == 200
        begun = time.perf_counter()
        for number in range(IN_FLIGHT):
            await socket.send(_order(number))
        refused = 0
        for number in range(IN_FLIGHT, ORDERS + IN_FLIGHT):
            reply = json.loads(await socket.recv())
            refused += reply["status"] != 200
            if number < ORDERS:
                await socket.send(_order(number))
        took = time.perf_counter() - begun
        if refused > ORDERS / 10:
            raise SystemExit(f"{refused} of {ORDERS} orders were refused: that is not what was to be measured")
        return ORDERS / took


def main() -> None:
    """Measure and print."""
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(public, theirs))
    process.start()
    try:
        rate = asyncio.run(_drive(ours.recv(), key))
    finally:
        ours.send("stop")
        spent = ours.recv()
        process.join(10)
    print(
        f"local exchange over a socket, {IN_FLIGHT} in flight: {rate:,.0f} market orders per second, "
        f"{spent * 1e6:,.0f} us of its process's CPU each"
    )


if __name__ == "__main__":
    main()
