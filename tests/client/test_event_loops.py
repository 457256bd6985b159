"""A client belongs to one event loop."""

from __future__ import annotations

import asyncio

import pytest

from binance_wsapi import Ed25519Key, SpotClient, UsageError
from binance_wsapi.simulator import LocalExchange


async def test_a_call_from_another_event_loop_is_refused_and_nothing_is_sent(
    local_exchange: LocalExchange, local_key: Ed25519Key
) -> None:
    async with SpotClient.local(local_key, url=local_exchange.url) as client:

        async def buy() -> object:
            return await client.place_order(
                "BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", timeout=2
            )

        def elsewhere() -> None:
            with pytest.raises(UsageError, match="run_coroutine_threadsafe"):
                asyncio.run(buy())

        await asyncio.to_thread(elsewhere)
        await client.ping()
        assert not local_exchange.truth.all_orders()

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(buy(), loop).result(5))
        assert len(local_exchange.truth.all_orders()) == 1
