"""`aiohttp` and nothing above it, in the environment of `ccxt.pro`: signed by hand with three kinds of key, in bursts.

It offers compression, pings by itself and sends many requests before it reads an answer. Reads where the exchange is and
which keys to use as JSON from standard input; prints one line of JSON per thing tried.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from importlib.metadata import version

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key

WHERE = json.load(sys.stdin)
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "20000",
    "quantity": "0.01",
}
STREAMS = (
    "/ws/btcusdt@trade",
    "/ws/btcusdt@bookTicker/ethusdt@bookTicker",
    "/stream?streams=btcusdt@depth@100ms/btcusdt@trade",
    "/ws",
    "/stream",
)


def tell(what, fine=True, seen=""):
    error = None if fine else f"unexpected: {seen}"[:300]
    print(json.dumps({"client": f"aiohttp {version('aiohttp')}", "what": what, "error": error}), flush=True)


def signed(kind, **params):
    full = params | {"apiKey": WHERE[kind]["api_key"], "timestamp": int(time.time() * 1000)}
    text = "&".join(f"{name}={full[name]}" for name in sorted(full)).encode()
    if kind == "hmac":
        return full | {"signature": hmac.new(WHERE["hmac"]["secret"].encode(), text, hashlib.sha256).hexdigest()}
    key = load_pem_private_key(WHERE[kind]["pem"].encode(), None)
    signature = key.sign(text) if kind == "ed25519" else key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    return full | {"signature": base64.b64encode(signature).decode()}


class Line:
    """One connection to the WebSocket API."""

    def __init__(self, socket):
        self.socket = socket
        self.events = []
        self._count = 0

    async def answers(self, count):
        """Return so many answers by their ids; events are put aside."""
        found = {}
        while len(found) < count:
            frame = json.loads((await asyncio.wait_for(self.socket.receive(), 20)).data)
            if "event" in frame:
                self.events.append(frame)
            else:
                found[frame["id"]] = frame
        return found

    async def ask(self, method, **params):
        self._count += 1
        await self.socket.send_json({"id": self._count, "method": method, "params": params})
        return (await self.answers(1))[self._count]

    async def burst(self, requests):
        for request in requests:
            await self.socket.send_json(request)
        return await self.answers(len(requests))


async def trade(line, kind):
    """Place an order, look it up, cancel it, and hear of it."""
    if kind == "ed25519":
        answer = await line.ask("session.logon", **signed(kind))
        tell(f"{kind} logon", answer["status"] == 200, answer)
        answer = await line.ask("userDataStream.subscribe")

        def sign(**params):
            return params | {"timestamp": int(time.time() * 1000)}
    else:
        answer = await line.ask("userDataStream.subscribe.signature", **signed(kind))

        def sign(**params):
            return signed(kind, **params)

    tell(f"{kind} subscribe", answer["status"] == 200, answer)
    number, name = answer["result"]["subscriptionId"], f"bare-{kind}"
    answer = await line.ask("order.place", **sign(**LIMIT, newClientOrderId=name))
    tell(f"{kind} place", answer["status"] == 200, answer)
    await asyncio.sleep(0.2)  # until queries have seen it
    answer = await line.ask("order.status", **sign(symbol="BTCUSDT", origClientOrderId=name))
    tell(f"{kind} status", answer.get("result", {}).get("status") == "NEW", answer)
    answer = await line.ask("order.cancel", **sign(symbol="BTCUSDT", origClientOrderId=name))
    tell(f"{kind} cancel", answer.get("result", {}).get("status") == "CANCELED", answer)
    await line.ask("ping")
    heard = [each["event"] for each in line.events if each["subscriptionId"] == number]
    reports = [each["x"] for each in heard if each["e"] == "executionReport"]
    tell(f"{kind} events", reports == ["NEW", "CANCELED"], heard)


async def bursts(line):
    for count in (64, 500):
        ids = [f"{count}-{number}" for number in range(count)]
        found = await line.burst([{"id": each, "method": "ping"} for each in ids])
        tell(f"{count} requests in a burst", found.keys() == set(ids), len(found))
    orders = [
        {
            "id": name,
            "method": "order.place",
            "params": LIMIT | {"newClientOrderId": name, "timestamp": int(time.time() * 1000)},
        }
        for name in (f"burst-{number}" for number in range(40))
    ]
    found = await line.burst(orders)
    statuses = {each["status"] for each in found.values()}
    tell("40 orders in a burst", statuses == {200}, statuses)
    names = {each["result"]["clientOrderId"] == name for name, each in found.items()}
    tell("each answer is that of its order", names == {True}, found)
    answer = await line.ask("openOrders.cancelAll", symbol="BTCUSDT", timestamp=int(time.time() * 1000))
    tell("all of them cancelled", len(answer.get("result", ())) == 40, answer)


async def main():
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(WHERE["ws_api"], compress=15, heartbeat=0.5) as socket:
            tell("compression is offered and not accepted", not socket.compress, socket.compress)
            line = Line(socket)
            for kind in ("ed25519", "hmac", "rsa"):
                await trade(line, kind)
            await bursts(line)
            await asyncio.sleep(1.5)  # pings of its own are sent and answered, or it closes
            tell("its pings are answered", (await line.ask("ping"))["status"] == 200)
            await socket.close(code=1000, message=b"bye")
            tell("its close is answered", socket.close_code == 1000, socket.close_code)
        for path in STREAMS:
            async with session.ws_connect(WHERE["streams"] + path, compress=15) as socket:
                if "@" not in path:
                    await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 1})
                    answer = await asyncio.wait_for(socket.receive_json(), 20)
                    tell(f"{path} subscribe", answer == {"result": None, "id": 1}, answer)
                told = await asyncio.wait_for(socket.receive_json(), 20)
                tell(path, ("stream" in told) is path.startswith("/stream"), told)


asyncio.run(main())
