"""What a symbol's status does to its market streams (spot_glossary: BREAK, HALT, CANCEL_ONLY)."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest
from websockets.asyncio.client import connect

from binance_wsapi.simulator import LocalExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key

STREAMS = ("ticker", "avgPrice", "depth5@100ms", "kline_1s", "miniTicker", "ticker_1h")


@pytest.mark.parametrize(
    ("status", "silent"),
    [("TRADING", set()), ("HALT", set()), ("BREAK", set(STREAMS)), ("CANCEL_ONLY", {"kline_1s"})],
)
def test_a_status_keeps_the_documented_streams_silent(status: str, silent: set[str]) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            exchange.quote("BTCUSDT", asks=[("60000", "1")])
            await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.5")
            exchange.set_status("BTCUSDT", status)
            await asyncio.sleep(1.1)
            names = "/".join(f"btcusdt@{name}" for name in STREAMS)
            heard: Counter[str] = Counter()
            async with connect(
                f"{exchange.streams_url}/stream?streams={names}", proxy=None, compression=None
            ) as socket:
                try:
                    async with asyncio.timeout(3.2):
                        while True:
                            heard[json.loads(await socket.recv())["stream"].removeprefix("btcusdt@")] += 1
                except TimeoutError:
                    pass
            assert set(heard) == set(STREAMS) - silent

    run(life)


def test_klines_have_streams_in_one_other_time_zone_only() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            exchange.quote("BTCUSDT", asks=[("60000", "1")])
            await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.5")
            names = "/".join(f"btcusdt@kline_1h@{zone}" for zone in ("+08:00", "+05:00", "-08:00"))
            heard = set()
            async with connect(
                f"{exchange.streams_url}/stream?streams={names}", proxy=None, compression=None
            ) as socket:
                try:
                    async with asyncio.timeout(4.2):
                        while True:
                            heard.add(json.loads(await socket.recv())["stream"])
                except TimeoutError:
                    pass
            assert heard == {"btcusdt@kline_1h@+08:00"}

    run(life)
