"""A client and an exchange together in one process in virtual time: the world in which everything is tested."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from binance_wsapi import Ed25519Key, Environment, HmacKey, LateExecution, Settings, SpotClient
from binance_wsapi.environments import local
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.simulator import LocalExchange
from tests.simulation.loop import VirtualLoop

KEY = Ed25519Key.generate(api_key="virtualKey" + "0" * 54)
HMAC = HmacKey("virtualHmac" + "0" * 53, "s" * 64)
SYMBOL = "BTCUSDT"


def environment(exchange: LocalExchange) -> Environment:
    """Return where the exchange is, without REST: the network in memory is not one that `httpx` runs on."""
    return replace(local(exchange.url), rest="")


def runtime(loop: VirtualLoop) -> Runtime:
    """Return clock and chance of a run: all of it from the loop's seed."""
    chance = loop.random
    return Runtime(
        wall=lambda: 1_767_225_600.0 + chance.uniform(-3600, 3600),
        token=lambda length: "".join(chance.choice("0123456789BCDFGHJKLMNPQRSTVWXZ") for _ in range(length)),
        uniform=chance.uniform,
        slept=lambda: 0.0,
    )


@asynccontextmanager
async def exchange_and_client(
    loop: VirtualLoop,
    *,
    key: Any = KEY,
    settings: Settings | None = None,
    exchange: LocalExchange | None = None,
    **options: Any,
) -> AsyncIterator[tuple[LocalExchange, SpotClient]]:
    """Start an exchange with a quiet book and a client that is connected to it."""
    async with exchange or LocalExchange(seed=loop.random.randrange(1 << 30), market="manual", lag="venue") as running:
        register(running)
        running.quote(
            SYMBOL, bids=[("59999.00", "5"), ("59990.00", "50")], asks=[("60001.00", "5"), ("60010.00", "50")]
        )
        async with SpotClient(environment(running), key, settings, runtime=runtime(loop), **options) as client:
            yield running, client


def register(exchange: LocalExchange) -> None:
    """Let the keys of the tests trade for alice."""
    exchange.register_key(KEY.api_key, "ed25519", public_pem=KEY.public_pem())
    exchange.register_key(HMAC.api_key, "hmac", secret="s" * 64)


@asynccontextmanager
async def hearing_late(client: SpotClient) -> AsyncIterator[list[LateExecution]]:
    """Listen to the client's events: the list fills with the executions that came after their verdicts."""
    told: list[LateExecution] = []

    async def listen() -> None:
        async for event in client.events():
            if isinstance(event, LateExecution):
                told.append(event)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    try:
        yield told
    finally:
        listening.cancel()


def requests(exchange: LocalExchange, method: str | None = None) -> list[dict[str, Any]]:
    """Return the requests that reached the exchange."""
    found = []
    for frame in exchange.truth.frames:
        if frame.direction == "in":
            request = json.loads(frame.data)
            if method is None or request["method"] == method:
                found.append(request)
    return found


def frames_by_id(exchange: LocalExchange, method: str = "order.place") -> Counter[str]:
    """Count the frames of each client order id."""
    return Counter(request["params"]["newClientOrderId"] for request in requests(exchange, method))
