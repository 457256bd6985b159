"""How many orders a second the local exchange carries over a socket on one core, and what an order costs its process.

    python -m benchmarks.exchange [ROUNDS]

The exchange runs in a process of its own on one core; the load comes from another: a client of bytes that keeps 64 market
orders in flight on a logged-on session and decodes no reply, only counts those that begin with status 200. Other rounds sign
each order with HMAC or Ed25519, whose verification alone costs some 100 microseconds, or hear the user data too. Each round
also drives a bare server of the same socket library that reads nothing and answers canned bytes: it shows that the client
is not the bottleneck, and on a machine with other work to do the ratio to it is steadier than microseconds.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from binance_wsapi.simulator import LimitRules, LocalExchange
from binance_wsapi.simulator.garbage import seldom_collected

ORDERS = 4_000
ROUNDS = 5
IN_FLIGHT = 64
API_KEY = "bench".ljust(64, "0")
HMAC_KEY = "bench-hmac".ljust(64, "0")
SECRET = "of the benchmark alone"
WAYS = ("logged on", "HMAC", "Ed25519", "logged on, user data")
"""How the orders are sent."""
NO_LIMITS = LimitRules(weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9)
TAKEN = b'{"id":7,"status":200,'
EVENT = b'{"subscriptionId":'
CANNED = TAKEN + b'"result":{' + b" " * 780 + b"}}"
"""As long as the exchange's own answer."""
CANNED_ANSWERS = "canned answers"


def _pin(core: int) -> None:
    """Stay on a core, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


# --- the exchange, and its peer ----------------------------------------------------------------------------------------


async def _answer_questions(pipe: Connection) -> None:
    """Tell the CPU seconds spent as often as asked, until the other end says so."""
    while True:
        while not pipe.poll():  # noqa: ASYNC110 a pipe, not a task
            await asyncio.sleep(0.02)
        if pipe.recv() == "stop":
            return
        pipe.send(time.process_time())


def _serve_exchange(public: bytes, pipe: Connection) -> None:
    async def run() -> None:
        _pin(0)
        async with LocalExchange(seed=1, market="manual", limits=NO_LIMITS, keep_frames=10) as exchange:
            exchange.register_key(API_KEY, "ed25519", public_pem=public)
            exchange.register_key(HMAC_KEY, "hmac", secret=SECRET)
            exchange.deposit("alice", "USDT", "100000000")
            exchange.quote("BTCUSDT", bids=[("59999", "100")], asks=[("60001", "140")])
            pipe.send(exchange.url)
            await _answer_questions(pipe)

    with seldom_collected():  # as the command does
        asyncio.run(run())


def _serve_canned(_public: bytes, pipe: Connection) -> None:
    async def answer(socket: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # the load leaves without a word
            while True:
                await socket.recv()
                await socket.send(CANNED, text=True)

    async def run() -> None:
        _pin(0)
        async with serve(answer, "127.0.0.1", 0, compression=None) as server:
            pipe.send(f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/")
            await _answer_questions(pipe)

    asyncio.run(run())


# --- the load ----------------------------------------------------------------------------------------------------------


def _frame(text: str) -> bytes:
    """Return a client's frame; its mask of zeros leaves the text as it is."""
    data = text.encode()
    size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2)
    return b"\x81" + size + b"\0\0\0\0" + data


class _Load(asyncio.Protocol):
    """Logs on, then keeps orders in flight until all are answered."""

    def __init__(self, key: ed25519.Ed25519PrivateKey, host: str, path: str, way: str) -> None:
        self._key, self._host, self._path, self._way = key, host, path, way
        self._buffer, self._open = bytearray(), False
        self._sent = self._answered = self.refused = 0
        self._order = b""
        self.ready, self.done = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        hello = f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        hello += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        transport.write(hello.encode())

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._open:
            if (end := buffer.find(b"\r\n\r\n")) < 0:
                return
            assert b" 101 " in buffer[:20], bytes(buffer)
            del buffer[: end + 4]
            self._open = True
            self._transport.write(self._logon())
        at = found = 0
        while at + 4 <= len(buffer):
            length = buffer[at + 1]
            head = 2
            if length == 126:
                length, head = int.from_bytes(buffer[at + 2 : at + 4]), 4
            if at + head + length > len(buffer):
                break
            if buffer[at] == 0x81 and not buffer.startswith(EVENT, at + head):
                found += 1
                if not buffer.startswith(TAKEN, at + head):
                    self.refused += 1
            at += head + length
        del buffer[:at]
        if found:
            self._heard(found)

    def _signed(self, params: dict[str, object], api_key: str) -> dict[str, object]:
        params["apiKey"] = api_key
        text = "&".join(f"{name}={params[name]}" for name in sorted(params)).encode()
        if api_key == API_KEY:
            return {**params, "signature": base64.b64encode(self._key.sign(text)).decode()}
        return {**params, "signature": hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()}

    def _logon(self) -> bytes:
        params = self._signed({"timestamp": int(time.time() * 1000)}, API_KEY)
        return _frame(json.dumps({"id": 7, "method": "session.logon", "params": params}))

    def _heard(self, answers: int) -> None:
        if not self.ready.is_set():
            if self._way.endswith("user data"):
                self._way = "logged on"
                self._transport.write(_frame(json.dumps({"id": 7, "method": "userDataStream.subscribe"})))
            else:
                self.ready.set()
            return
        self._answered += answers
        if self._answered >= ORDERS:
            self.done.set()
        elif more := min(answers, ORDERS - self._sent):
            self._send(more)

    def begin(self) -> None:
        params: dict[str, object] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
        params |= {"recvWindow": 60000, "timestamp": int(time.time() * 1000)}
        if self._way != "logged on":
            params = self._signed(params, HMAC_KEY if self._way == "HMAC" else API_KEY)
        self._order = _frame(json.dumps({"id": 7, "method": "order.place", "params": params}))
        self._send(IN_FLIGHT)

    def _send(self, orders: int) -> None:
        self._sent += orders
        self._transport.write(self._order * orders)


class _Figures(NamedTuple):
    """Of one round: orders a second, and microseconds of CPU of the server and of the load for each."""

    rate: float
    server: float
    load: float


class _Server:
    """One process that serves."""

    def __init__(self, serve: Callable[[bytes, Connection], None], public: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(public, theirs))
        self._process.start()
        theirs.close()
        self._url = urlsplit(self._pipe.recv())

    def _spent(self) -> float:
        self._pipe.send("spent")
        return float(self._pipe.recv())

    async def round(self, key: ed25519.Ed25519PrivateKey, way: str = WAYS[0]) -> _Figures:
        loop = asyncio.get_running_loop()
        transport, load = await loop.create_connection(
            lambda: _Load(key, self._url.netloc, self._url.path, way), self._url.hostname, self._url.port
        )
        await load.ready.wait()
        served, mine, begun = self._spent(), time.process_time(), time.perf_counter()
        load.begin()
        await load.done.wait()
        took, mine = time.perf_counter() - begun, time.process_time() - mine
        served = self._spent() - served
        transport.close()
        if load.refused:
            raise SystemExit(f"{load.refused} of {ORDERS} orders were refused: that is not what was to be measured")
        return _Figures(ORDERS / took, served / ORDERS * 1e6, mine / ORDERS * 1e6)

    def stop(self) -> None:
        self._pipe.send("stop")
        self._process.join(10)


async def _measure(rounds: int) -> dict[str, list[_Figures]]:
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    found: dict[str, list[_Figures]] = {name: [] for name in (*WAYS, CANNED_ANSWERS)}
    servers: list[_Server] = []
    try:
        servers.append(_Server(_serve_exchange, public))
        servers.append(_Server(_serve_canned, public))
        _pin(1)
        await servers[0].round(key)  # to warm up
        for _ in range(rounds):
            for way in WAYS:
                found[way].append(await servers[0].round(key, way))
            found[CANNED_ANSWERS].append(await servers[1].round(key))
    finally:
        for server in servers:
            server.stop()
    return found


def main() -> None:
    """Measure and print."""
    found = asyncio.run(_measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
    canned = found[CANNED_ANSWERS]
    print(f"{IN_FLIGHT} market orders in flight on one connection, {len(canned)} rounds of {ORDERS:,}:")
    for name, figures in found.items():
        rates, cpu = [each.rate for each in figures], [each.server for each in figures]
        load = median(each.load for each in figures)
        print(
            f"  {name:<22}{median(rates):8,.0f} a second (best {max(rates):,.0f}), CPU of its process "
            f"{median(cpu):6.1f} us each (least {min(cpu):.1f}); of the load {load:.1f} us"
        )
    ratio = median(one.server / other.server for one, other in zip(found[WAYS[0]], canned, strict=True))
    print(f"  an order costs the exchange {ratio:.1f} times what a canned answer costs")


if __name__ == "__main__":
    main()
