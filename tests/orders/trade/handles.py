"""Live handles for tests: a client against the local exchange in virtual time, orders that fill or rest, and the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from binance_wsapi import (
    HandleEventKind,
    HandleStatus,
    OrderHandle,
    SpotClient,
)
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import SYMBOL, exchange_and_client
from tests.simulation.loop import VirtualLoop, run

__all__ = ["FENCE", "Test", "agree", "kinds", "play", "resting", "sell_to", "status_of", "taking"]

Test = Callable[[VirtualLoop, LocalExchange, SpotClient], Awaitable[None]]

FENCE = 5.0 + 10.0 + 6.0 + 5.0
"""Seconds: the fence with the venue's default recvWindow, and five for the questions."""


def play(test: Test, seed: int = 1, **options: Any) -> None:
    """Run a test with an exchange and a client, and a second longer."""

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, **options) as (exchange, client):
            await test(loop, exchange, client)
        await asyncio.sleep(1)

    run(main, seed)


async def taking(client: SpotClient, quantity: str = "0.01", **more: Any) -> OrderHandle:
    """Submit an order that is filled at once."""
    return await client.submit_order(
        SYMBOL, "BUY", "LIMIT", quantity=quantity, price="60001", time_in_force="GTC", **more
    )


async def resting(client: SpotClient, quantity: str = "0.03", **more: Any) -> OrderHandle:
    """Submit an order that rests at the best bid."""
    return await client.submit_order(
        SYMBOL, "BUY", "LIMIT", quantity=quantity, price="60000", time_in_force="GTC", **more
    )


def sell_to(exchange: LocalExchange, quantity: str) -> None:
    """Let the market maker sell so much at the price of `resting`."""
    exchange.quote(SYMBOL, asks=[("60000", quantity)])


def agree(exchange: LocalExchange, trade: OrderHandle) -> None:
    """Compare a handle with the exchange's truth."""
    (true,) = exchange.truth.orders[trade.client_order_id]
    fills = [each for each in exchange.truth.trades if each.order_id == true.order_id]
    assert trade.order_id == true.order_id
    assert trade.status.value == true.status.value
    assert trade.executed_quantity == true.executed_quantity
    assert trade.fills_complete
    assert [(fill.trade_id, fill.price, fill.quantity, fill.commission, fill.commission_asset, fill.is_maker)
            for fill in trade.fills] == [
        (each.trade_id, each.price, each.quantity, each.commission, each.commission_asset, each.is_maker) for each in fills
    ]  # fmt: skip
    if true.executed_quantity:
        assert trade.average_price == true.quote_quantity / true.executed_quantity
    assert trade.current_client_order_id == true.client_order_id


def status_of(trade: OrderHandle) -> HandleStatus:
    """Return the status, past a type checker that thinks it cannot have changed."""
    return trade.status


def kinds(trade: OrderHandle) -> list[HandleEventKind]:
    """Return the kinds of what was learned of an order."""
    return [event.kind for event in trade.log]
