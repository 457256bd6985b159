"""Market events per second, one consumer: raw, as dictionaries and typed, against bare `websockets` in the same run.

The venue is a process of its own that writes frames made beforehand, so it is never the bottleneck. The mix is that of a
busy market: aggregated trades, best prices and changes of books of twenty levels, one of each. Every round runs each
way once, one after another; the figures are medians over the rounds. Beside the ratio to bare bytes stands that to bare
`websockets` with the same decoding: what reconnects, rotation, pacing, queues and counters cost. The budget is 0.85 of it
for dictionaries and 0.80 typed. The last line is a consumer that never looks: what it costs in memory, while another on the
same connection gets everything.

Run: ``python -m benchmarks.streams``
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode

from binance_wsapi.environments import local
from binance_wsapi.streams import MarketStreams
from binance_wsapi.streams.kinds import mixed_decoder
from binance_wsapi.wire.forms import Form

ROUNDS = 5
EVENTS = 75_000
BLOCK = 1_500
STREAMS = ("btcusdt@aggTrade", "btcusdt@bookTicker", "btcusdt@depth@100ms")


def _events(number: int) -> list[bytes]:
    """Return one event of each stream."""
    levels = ",".join(f'["{60000 + level}.12000000","{level}.50000000"]' for level in range(10)).encode()
    trade = (
        b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1672515782136,"s":"BTCUSDT","a":%d,'
        b'"p":"60000.12000000","q":"0.01000000","f":100,"l":105,"T":1672515782136,"m":true,"M":true}}'
    )
    best = (
        b'{"stream":"btcusdt@bookTicker","data":{"u":%d,"s":"BTCUSDT","b":"60000.12000000",'
        b'"B":"31.21000000","a":"60000.13000000","A":"40.66000000"}}'
    )
    diff = (
        b'{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":%d,"u":%d,'
        b'"b":[%b],"a":[%b]}}'
    )
    return [trade % number, best % number, diff % (number, number, levels, levels)]


def _venue(pipe: Connection) -> None:
    """Serve: answer the first message, then write all events."""
    if hasattr(os, "sched_setaffinity") and len(cpus := sorted(os.sched_getaffinity(0))) > 1:
        os.sched_setaffinity(0, cpus[1:])
    frames = [event for number in range(BLOCK // 3) for event in _events(number)]
    block = b"".join(Frame(Opcode.TEXT, frame).serialize(mask=False) for frame in frames)

    async def serve_one(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"result":null,"id":1}')
        for _ in range(EVENTS // BLOCK):
            connection.transport.write(block)
            await connection.drain()
        await connection.wait_closed()

    async def run() -> None:
        async with serve(serve_one, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            pipe.send(next(iter(server.sockets)).getsockname()[1])
            await asyncio.get_running_loop().run_in_executor(None, pipe.recv)

    asyncio.run(run())


async def _bare(port: int, decode: Callable[[bytes], Any] | None) -> float:
    """Receive with `websockets` and nothing else."""
    async with connect(
        f"ws://127.0.0.1:{port}/stream", compression=None, ping_interval=None, max_size=None
    ) as connection:
        await connection.send('{"method":"SUBSCRIBE","params":[],"id":1}')
        await connection.recv()
        begun = time.perf_counter()
        for _ in range(EVENTS):
            message = await connection.recv(decode=False)
            if decode is not None:
                decode(message)
        return EVENTS / (time.perf_counter() - begun)


async def _ours(port: int, form: Form, policy: str = "drop_oldest") -> float:
    """Receive with `MarketStreams`: reconnects, rotation, pacing, bounded queues and counters included."""
    streams = MarketStreams(local(f"ws://127.0.0.1:{port}/ws-api/v3"))
    async with streams, streams.subscribe(*STREAMS, form=form, policy=policy, limit=100_000) as events:
        begun = time.perf_counter()
        count = 0
        async for _ in events:
            count += 1
            if count == EVENTS:
                break
        took = time.perf_counter() - begun
        assert events.lost == 0
        return EVENTS / took


async def _asleep(port: int) -> tuple[float, int]:
    """Return the megabytes a consumer that never looks costs, and how many events it holds."""
    streams = MarketStreams(local(f"ws://127.0.0.1:{port}/ws-api/v3"))
    async with streams, streams.subscribe(*STREAMS) as sleeper, streams.subscribe(*STREAMS, limit=100_000) as events:
        tracemalloc.start()
        while sleeper.received < EVENTS:
            await anext(events)
        size = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        return size, sleeper.queued


def _ratio(rates: list[float], floor: list[float]) -> float:
    """Return the median of the ratios of the rounds: a machine that slows down slows both."""
    return statistics.median(ours / theirs for ours, theirs in zip(rates, floor, strict=True))


def main() -> None:
    """Measure and print."""
    here, there = multiprocessing.Pipe()
    venue = multiprocessing.get_context("spawn").Process(target=_venue, args=(there,), daemon=True)
    venue.start()
    port: int = here.recv()
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if cpus:
        os.sched_setaffinity(0, sorted(cpus)[:1])
    dictionary = msgspec.json.Decoder(dict[str, Any]).decode
    typed = mixed_decoder(STREAMS)
    ways: dict[str, Callable[[], Awaitable[float]]] = {
        "websockets, bytes": lambda: _bare(port, None),
        "websockets, dictionaries": lambda: _bare(port, dictionary),
        "websockets, typed": lambda: _bare(port, typed),
        "binance_wsapi, dictionaries": lambda: _ours(port, "dicts"),
        "binance_wsapi, typed": lambda: _ours(port, "objects"),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}

    async def measure() -> tuple[float, int]:
        for _ in range(ROUNDS):
            for name, way in ways.items():
                rates[name].append(await way())
        return await _asleep(port)

    size, held = asyncio.run(measure())
    here.send(None)
    venue.join(5)
    if cpus:
        os.sched_setaffinity(0, cpus)
    title = f"market events, medians of {ROUNDS} rounds"
    print(f"{title:36}{'events/s':>12}{'of bare bytes':>16}{'of bare, decoded alike':>25}")
    for name, each in rates.items():
        alike = rates[f"websockets, {name.rpartition(', ')[2]}"]
        print(
            f"{name:36}{statistics.median(each):12,.0f}{_ratio(each, rates['websockets, bytes']):16.2f}"
            f"{_ratio(each, alike):25.2f}"
        )
    print(f"a consumer that never looks holds {held:,} events in {size:.1f} MB")


if __name__ == "__main__":
    main()
