"""Three thousand streams over three connections, over real sockets, compared event by event with what the exchange told."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import Any

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from binance_wsapi import Ed25519Key, SpotClient
from binance_wsapi.environments import local
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.net.sockets import Socket
from binance_wsapi.simulator.venue.listing import listing
from binance_wsapi.streams import MarketStreams, Overflow, StreamGap
from tests.streams.peer import collecting, until

COINS = 750
SUFFIXES = ("trade", "aggTrade", "bookTicker", "depth@100ms")
NAMES = [f"coin{number:03}usdt@{suffix}" for number in range(COINS) for suffix in SUFFIXES]
TRADED = 40


class Recorder:
    """Hears every event inside the exchange, beside all connections: the truth."""

    unit = 1000

    def __init__(self) -> None:
        self.told: defaultdict[str, list[Any]] = defaultdict(list)

    def tell(self, name: str, payload: Any) -> None:
        self.told[name].append(json.loads(json.dumps(payload)))


async def test_three_thousand_streams_over_three_real_connections_keep_the_rules_and_lose_nothing(
    monkeypatch: pytest.MonkeyPatch, no_log: None
) -> None:
    arrivals: defaultdict[int, list[tuple[float, Opcode, bytes]]] = defaultdict(list)
    whole = Socket.process_event

    def process_event(connection: Socket, event: Event) -> None:
        """Write down when the exchange received what: the venue counts pings and pongs, too (WebSocket Limits)."""
        if isinstance(event, Frame) and connection.request is not None and "/stream" in connection.request.path:
            arrivals[id(connection)].append((connection.loop.time(), event.opcode, bytes(event.data)))
        whole(connection, event)

    monkeypatch.setattr(Socket, "process_event", process_event)
    key = Ed25519Key.generate(api_key="manyStreams" + "0" * 53)
    coins = [listing(f"COIN{number:03}", "USDT", "20", "0.01", "0.001", least="1") for number in range(COINS)]
    recorder = Recorder()
    async with (
        LocalExchange(seed=3, market="manual", listings=coins, ping_every=1.0) as exchange,
        MarketStreams(local(exchange.url), connections=3) as streams,
    ):
        exchange.register_key(key.api_key, "ed25519", public_pem=key.public_pem())
        for name in NAMES:
            exchange._server.hub.add(name, recorder)

        async def change(step: int) -> None:
            """Move every book; only those that are traded keep their orders, for an account may have a thousand."""
            for number in range(COINS):
                symbol, size = f"COIN{number:03}USDT", str(number % 7 + step + 1)
                exchange.quote(symbol, bids=[("19.99", size)], asks=[("20.01", size), ("20.05", "3")])
                if number >= TRADED:
                    exchange.quote(symbol, bids=[], asks=[])
                if number % 50 == 0:
                    await asyncio.sleep(0)

        async with (
            streams.subscribe(*NAMES, form="dicts", limit=1_000_000) as subscription,
            collecting(subscription) as events,
        ):
            assert sorted(streams.connections.values()) == [1000, 1000, 1000]
            before = {name: len(told) for name, told in recorder.told.items()}
            for step in range(3):
                await change(step)
                await asyncio.sleep(0.15)
            async with SpotClient.local(key, url=exchange.url) as client:
                for number in range(TRADED):
                    await client.place_order(f"COIN{number:03}USDT", "BUY", "MARKET", quantity="0.5")
            await asyncio.sleep(0.3)  # the last changes of books are told within a tenth of a second
            true = {name: told[before.get(name, 0) :] for name, told in recorder.told.items()}
            expected = sum(map(len, true.values()))
            await until(lambda: len(events) >= expected)
            assert sorted(streams.connections) == [1, 2, 3], "none was cut"
            assert not subscription.lost
            assert not any(isinstance(event, StreamGap | Overflow) for event in events)
            given: defaultdict[str, list[Any]] = defaultdict(list)
            for event in events:
                given[event["stream"]].append(event["data"])
            assert dict(given) == {name: told for name, told in true.items() if told}
            quoted = {name for name in given if name.endswith(("bookTicker", "depth@100ms"))}
            assert len(quoted) == 2 * COINS, "the market moved everywhere"
            assert len(given) == 2 * COINS + 2 * TRADED

    assert len(arrivals) == 3
    for frames in arrivals.values():
        asked = [data for _, _, data in frames if b'"SUBSCRIBE"' in data]
        assert max(map(len, asked)) <= 4000, "bytes of a frame"
        assert len(asked) <= 8, "frames are filled"
        assert sum(opcode is Opcode.PONG for _, opcode, _ in frames) >= 3
        times = [at for at, opcode, _ in frames if opcode is not Opcode.CLOSE]
        assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[5:], strict=False))
