"""Real sockets, and a network that does what it likes to them: every order's fate is known, and it is the truth.

The loop's seconds are a fifth of real ones, for client, exchange and proxy alike.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from binance_wsapi import Closed, ConnectionLost, FateOptions, Outcome, OutcomeUnknown, Settings, SpotClient
from binance_wsapi.environments import local
from binance_wsapi.simulator import LocalExchange
from tests.proxy.proxy import Fault, Proxy
from tests.simulation.house import KEY, SYMBOL, register
from tests.simulation.scaled import run_scaled

SCALE = 5.0
FATE = FateOptions(lag_ms=1_000, confirm_ms=250)
WITHIN = 1.0 + 0.15 * SCALE
"""Seconds from the evidence to the error: one, and a sixth of a real one for a busy machine."""


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[LocalExchange, Proxy, SpotClient]]:
    async with LocalExchange(seed=2, market="manual", lag=(0.0, 0.3), ping_every=0) as exchange:
        register(exchange)
        exchange.quote(SYMBOL, bids=[("59999", "50")], asks=[("60001", "50")])
        port = int(exchange.url.split(":")[2].split("/")[0])
        async with Proxy(port, lambda: bool(exchange.truth.all_orders())) as proxy:
            environment = replace(local(f"ws://127.0.0.1:{proxy.port}/ws-api/v3"), rest="")
            settings = Settings(recv_window=1_000, timeout=10.0)
            async with SpotClient(environment, KEY, settings, fate=FATE) as client:
                yield exchange, proxy, client


def play(test: Callable[[LocalExchange, Proxy, SpotClient], Awaitable[None]]) -> None:
    async def main() -> None:
        async with proxied() as (exchange, proxy, client):
            await test(exchange, proxy, client)

    run_scaled(main(), SCALE)


def order_frames(exchange: LocalExchange) -> int:
    return sum(
        1 for frame in exchange.truth.frames
        if frame.direction == "in" and json.loads(frame.data)["method"] == "order.place"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "executed"),
    [
        ("reset before it passes", False),
        ("reset after it passed", True),
        ("reset within the reply", True),
        ("close in order", True),
        ("swallow what is sent", False),
        ("swallow what is answered", True),
        ("swallow everything", False),
    ],
)
def test_an_order_that_meets_the_network_s_worst_is_decided_as_it_was(fault: Fault, executed: bool) -> None:
    async def test(exchange: LocalExchange, proxy: Proxy, client: SpotClient) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        proxy.arm(fault)
        with pytest.raises(OutcomeUnknown) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        told = loop.time()
        assert isinstance(caught.value, ConnectionLost)
        if fault.startswith("swallow"):
            assert told - started < 5.0 + WITHIN, "a peer that is silent while a call waits"
        else:
            assert told - proxy.cut_at < WITHIN
        verdict = await caught.value.resolve()
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)
        assert bool(exchange.truth.orders[verdict.client_order_id]) is executed
        assert loop.time() - started < 1.0 + 10.0 + 1.0 + 10.0
        assert order_frames(exchange) == executed
        assert (await client.account_status()).can_trade

    play(test)


@pytest.mark.parametrize("fault", ["one byte at a time", "slow"])
def test_a_line_that_is_merely_bad_loses_nothing(fault: Fault) -> None:
    async def test(exchange: LocalExchange, proxy: Proxy, client: SpotClient) -> None:
        proxy.arm(fault)
        orders = await asyncio.gather(
            *(client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01") for _ in range(5)),
            client.depth(SYMBOL, limit=5),
        )
        placed: list[Any] = list(orders[:5])
        assert [len(exchange.truth.orders[each.client_order_id]) for each in placed] == [1] * 5
        assert order_frames(exchange) == 5

    play(test)


def test_a_peer_that_is_silent_while_nothing_waits_is_noticed_within_twenty_five_seconds() -> None:
    async def test(_: LocalExchange, proxy: Proxy, client: SpotClient) -> None:
        loop = asyncio.get_running_loop()
        events = client.events()
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        started = loop.time()
        proxy.arm("swallow everything")
        event: Any = await waiting
        while not isinstance(event, Closed):
            event = await anext(events)
        assert loop.time() - started < 25.0 + WITHIN
        await client.ping()

    play(test)
