"""One exchange, one journal, and the clients of one process after another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from binance_wsapi import ConnectionLost, FileJournal, SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut
from tests.simulation.house import KEY, SYMBOL, environment, register, runtime
from tests.simulation.loop import VirtualLoop, run

__all__ = ["Durability", "Desk", "buy", "play"]

Durability = Literal["process", "power"]


async def buy(client: SpotClient, name: str, timeout: float | None = None) -> Any:
    """Place an order that rests."""
    return await client.place_order(
        SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", new_client_order_id=name,
        timeout=timeout,
    )  # fmt: skip


class Desk:
    """What one process after another has: the exchange, and a file for the journal.

    Args:
        loop: virtual time.
        exchange: where orders go.
        path: of the journal.
        durability: of the journal.
    """

    def __init__(self, loop: VirtualLoop, exchange: LocalExchange, path: Path, durability: Durability) -> None:
        self.loop = loop
        self.exchange = exchange
        self.path = path
        self.durability = durability
        self.journal = FileJournal(path, durability)

    def begin(self, **options: Any) -> SpotClient:
        """Return the client of the next process, and make its journal anew."""
        self.journal = FileJournal(self.path, self.durability)
        return SpotClient(environment(self.exchange), KEY, runtime=runtime(self.loop), journal=self.journal, **options)

    async def leave_open(self, name: str, *, executed: bool) -> None:
        """Let a process end before it knows what became of an order."""
        self.exchange.faults.next(Cut(after_execution=executed), "order.place")
        async with self.begin() as client:
            with pytest.raises(ConnectionLost):
                await buy(client, name)


def play(test: Callable[[Desk], Awaitable[None]], folder: Path, durability: Durability = "process") -> None:
    """Run a test in virtual time, with a journal in this folder."""

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            await test(Desk(loop, exchange, folder / "orders.journal", durability))

    run(main)
