"""What a consumer that leaves waits for."""

from __future__ import annotations

import asyncio

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import Drop
from binance_wsapi.user_data.subscriptions import UNSUBSCRIBED_WITHIN
from tests.simulation.house import SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run

UNSUBSCRIBE = "userDataStream.unsubscribe"


@pytest.mark.parametrize("swallowed", [False, True], ids=["answered", "swallowed"])
def test_a_consumer_that_leaves_waits_a_second_at_most_until_it_is_unsubscribed(swallowed: bool) -> None:
    async def read_for_two_seconds(client: SpotClient) -> None:
        async with asyncio.timeout(2), client.user_data() as events:
            async for _ in events:
                pass

    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            if swallowed:
                exchange.faults.next(Drop(), UNSUBSCRIBE)
            began = loop.time()
            with pytest.raises(TimeoutError):
                await read_for_two_seconds(client)
            took = loop.time() - began
            assert took == pytest.approx(2 + UNSUBSCRIBED_WITHIN if swallowed else 2, abs=0.3)
            assert [each["method"] for each in requests(exchange)].count(UNSUBSCRIBE) == 1

            async with client.user_data() as events:
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
                assert isinstance(await anext(aiter(events)), ExecutionReport)

    run(life, seed=4)
