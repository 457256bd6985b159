"""What it costs to keep many handles true: orders get through whatever is asked about the others."""

from __future__ import annotations

import asyncio

from binance_wsapi.models import OrderStatus
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.test_repair_cost import many


def test_questions_about_hundreds_of_handles_after_a_cut_leave_room_for_orders(no_log: None) -> None:
    symbols, listings = many(5)

    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual", listings=listings, lag=(0.0, 1.0))
        async with exchange_and_client(loop, exchange=exchange) as (running, client):
            running.deposit("alice", "USDT", 1_000_000)
            trades = []
            for symbol in symbols:
                running.quote(symbol, bids=[("19.99", "1000")], asks=[("20.01", "1000")])
                for _ in range(150):
                    trades.append(
                        await client.submit_order(symbol, "BUY", "LIMIT", quantity="1", price="15", time_in_force="GTC")
                    )
                    await asyncio.sleep(0.2)
            for trade in trades:
                await trade.accepted()
            await asyncio.sleep(150)
            await asyncio.sleep(63 - client.now_ms() / 1000.0 % 60)  # the venue's minute has just begun
            asked = len(requests(running, "order.status"))
            loop.network.links[0].reset()
            await asyncio.sleep(2)
            slowest = 0.0
            for _ in range(60):
                began = loop.time()
                placed = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001", timeout=100)
                assert placed.status is OrderStatus.FILLED
                slowest = max(slowest, loop.time() - began)
                await asyncio.sleep(1)
            assert slowest < 0.5
            await asyncio.sleep(400)
            assert len(requests(running, "order.status")) - asked >= 2 * len(trades), "each at once, and after the lag"
        await asyncio.sleep(1)

    run(main, 2)
