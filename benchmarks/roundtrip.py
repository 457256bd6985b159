"""A signed ``place_order``, alone and with 64 in flight, against peers that do the same bytes in the same run.

*Floor*: a blocking TCP socket, no framing. *Bare*: `websockets` sending and receiving text, nothing read. *Plain*:
`websockets` and the same models, as the shortest script would write it: JSON, one future per id, no deadline, limit,
retry or reconnect. Rounds alternate, so that a machine that slows down slows all of them; what counts are the ratios.

Then what a call costs of this process's processor with 1 to 1,000 in flight, the least of the rounds: it must not grow.
``python -m benchmarks.roundtrip --memory 1000000`` makes that many calls instead, and tells what they left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import socket
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.peer import Server
from binance_wsapi import Ed25519Key, HmacKey, Settings, SpotClient, endpoints

ROUNDS = 5
SEQUENTIAL = 1_500
PIPELINED = 10_000
IN_FLIGHT = 64
COUNTS = (1, 8, 64, 256, 1_000)

ORDER = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "23416.10000000",
    "quantity": "0.00847000",
    "newClientOrderId": "4d96324ff9d44481926157",
}

Call = Callable[[], Awaitable[Any]]
compact = json.JSONEncoder(separators=(",", ":")).encode


async def alone(call: Call) -> list[float]:
    """Return the seconds of each of many calls made one after another."""
    took = []
    for _ in range(SEQUENTIAL):
        begun = time.perf_counter()
        await call()
        took.append(time.perf_counter() - begun)
    return took


async def together(call: Call, in_flight: int = IN_FLIGHT, calls: int = PIPELINED) -> tuple[float, float]:
    """Return calls per second, and seconds of this process's processor per call, with many in flight."""
    each = max(1, calls // in_flight)

    async def worker() -> None:
        for _ in range(each):
            await call()

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    took = time.perf_counter() - begun
    count = each * in_flight
    return count / took, (time.process_time() - cpu) / count


def floor(port: int) -> list[float]:
    """Ask and answer the same bytes over a blocking socket."""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.sendall(b"RAW\r\n\r\n")
        request = compact({"id": "x" * 22, "method": "order.place", "params": ORDER}).encode() + b"\n"
        took = []
        for _ in range(SEQUENTIAL):
            begun = time.perf_counter()
            peer.sendall(request)
            while not peer.recv(65536).endswith(b"\n"):
                pass
            took.append(time.perf_counter() - begun)
        return took


class Plain:
    """What the shortest script does: no deadline, no limits, no errors, no reconnect."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._count = 0
        self._endpoint = endpoints()["order.place"]
        self._task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            reply = json.loads(message)
            self._waiting.pop(reply["id"]).set_result(reply)

    async def call(self) -> Any:
        self._count += 1
        request_id = f"{self._count:022}"
        future = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        params = {**ORDER, "timestamp": int(time.time() * 1000)}
        await self._socket.send(compact({"id": request_id, "method": "order.place", "params": params}))
        reply = await future
        return self._endpoint.decode(reply["result"])

    def close(self) -> None:
        self._task.cancel()


def order(client: SpotClient) -> Call:
    """Return what is measured: a signed order."""
    return lambda: client.place_order(
        "BTCUSDT", "SELL", "LIMIT", time_in_force="GTC", price="23416.10000000", quantity="0.00847000",
        new_client_order_id="4d96324ff9d44481926157",
    )  # fmt: skip


async def load(server: Server) -> dict[int, tuple[float, float]]:
    """Return the seconds of processor per call of the plain script and of the client, by calls in flight."""
    key = Ed25519Key.generate(api_key="k" * 64)
    found: dict[int, tuple[float, float]] = dict.fromkeys(COUNTS, (float("inf"), float("inf")))
    async with (
        connect(server.url, compression=None, ping_interval=None, max_queue=None) as socket,
        SpotClient.local(key, url=server.url) as client,
    ):
        plain = Plain(socket)
        for _ in range(ROUNDS):
            for count in COUNTS:
                theirs = (await together(plain.call, count, 4_000))[1]
                ours = (await together(order(client), count, 4_000))[1]
                found[count] = (min(found[count][0], theirs), min(found[count][1], ours))
        plain.close()
    return found


async def memory(server: Server, calls: int) -> None:
    """Make many calls, and print at each tenth what is there: objects that the collector knows, and resident memory."""
    async with SpotClient.local(Ed25519Key.generate(api_key="k" * 64), url=server.url) as client:
        call = order(client)
        await together(call, IN_FLIGHT, 10_000)
        for tenth in range(11):
            if tenth:
                await together(call, IN_FLIGHT, calls // 10)
            gc.collect()
            status = Path("/proc/self/status").read_text()  # noqa: ASYNC240  # nothing else runs meanwhile
            resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            print(
                f"{calls // 10 * tenth:10,} calls: {len(gc.get_objects()):8,} objects, {resident / 1024:7.1f} MB",
                flush=True,
            )


async def measure(server: Server) -> dict[str, dict[str, list[float]]]:
    """Return, for each contender, what each round gave."""
    found: dict[str, dict[str, list[float]]] = {}

    def note(name: str, what: str, value: float) -> None:
        found.setdefault(name, {}).setdefault(what, []).append(value)

    async def contender(name: str, call: Call) -> None:
        took = sorted(await alone(call))
        note(name, "p50", statistics.median(took))
        note(name, "p99", took[int(len(took) * 0.99)])
        rate, cpu = await together(call)
        note(name, "rate", rate)
        note(name, "cpu", cpu)

    settings = Settings(limit_policy="wait")
    ed25519 = SpotClient.local(Ed25519Key.generate(api_key="k" * 64), settings, url=server.url)
    hmac = SpotClient.local(HmacKey("k" * 64, "s" * 64), settings, url=server.url)

    async with (
        connect(server.url, compression=None, ping_interval=None) as bare,
        connect(server.url, compression=None, ping_interval=None, max_queue=None) as socket,
        ed25519,
        hmac,
    ):
        request = compact({"id": "x" * 22, "method": "order.place", "params": {**ORDER, "timestamp": 1660801715793}})
        plain = Plain(socket)

        async def ask() -> None:
            await bare.send(request)
            await bare.recv()

        for _ in range(ROUNDS):
            took = floor(server.port)
            note("floor: TCP", "p50", statistics.median(took))
            note("floor: TCP", "p99", sorted(took)[int(len(took) * 0.99)])
            took = sorted(await alone(ask))
            note("bare websockets", "p50", statistics.median(took))
            note("bare websockets", "p99", took[int(len(took) * 0.99)])
            await contender("plain script", plain.call)
            await contender("client, logged on", order(ed25519))
            await contender("client, HMAC", order(hmac))
        plain.close()
    return found


def main() -> None:
    """Measure and print."""
    with Server() as server:
        found = asyncio.run(measure(server))
        by_count = asyncio.run(load(server))
    base = statistics.median(found["floor: TCP"]["p50"])
    print(f"place_order, medians of {ROUNDS} alternating rounds")
    print(f"{'':20}{'p50 µs':>9}{'× floor':>9}{'p99 µs':>9}{f'{IN_FLIGHT} in flight /s':>20}{'CPU µs each':>13}")
    for name, what in found.items():
        ratio = statistics.median(
            each / floor for each, floor in zip(what["p50"], found["floor: TCP"]["p50"], strict=True)
        )
        line = f"{name:20}{statistics.median(what['p50']) * 1e6:9.1f}{ratio:9.2f}{statistics.median(what['p99']) * 1e6:9.1f}"
        if "rate" in what:
            line += f"{statistics.median(what['rate']):20,.0f}{statistics.median(what['cpu']) * 1e6:13.1f}"
        print(line)
    ours, theirs = found["client, logged on"], found["plain script"]
    speed = statistics.median(a / b for a, b in zip(ours["rate"], theirs["rate"], strict=True))
    print(
        f"client against the plain script, {IN_FLIGHT} in flight: {speed:.2f} times its rate (floor {base * 1e6:.0f} µs)"
    )
    print(f"{'CPU µs each, in flight':24}" + "".join(f"{count:>9,}" for count in by_count))
    for name, which in (("plain script", 0), ("client, logged on", 1)):
        print(f"{name:24}" + "".join(f"{each[which] * 1e6:9.1f}" for each in by_count.values()))
    print(f"{'client / plain script':24}" + "".join(f"{each[1] / each[0]:9.2f}" for each in by_count.values()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A signed order, alone and with many in flight.")
    parser.add_argument(
        "--memory", type=int, metavar="CALLS", help="make that many calls, and tell what they left behind"
    )
    calls = parser.parse_args().memory
    if calls is None:
        main()
    else:
        with Server() as peer:
            asyncio.run(memory(peer, calls))
