"""A call that the journal refuses is refused at once, and takes nothing from the proof of what bears its id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from binance_wsapi import (
    Evidence,
    FileJournal,
    MemoryJournal,
    Outcome,
    OutcomeUnknown,
    ReplyTimeout,
    SpotClient,
    UsageError,
)
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Drop
from tests.simulation.house import KEY, SYMBOL, environment, register, requests, runtime
from tests.simulation.loop import VirtualLoop, run


async def buy(client: SpotClient, name: str | None, timeout: float | None = None) -> object:
    return await client.place_order(
        SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", new_client_order_id=name,
        timeout=timeout,
    )  # fmt: skip


async def lost(client: SpotClient, exchange: LocalExchange, name: str | None) -> OutcomeUnknown:
    """Place an order whose reply and whose event are lost."""
    exchange.faults.next(Drop(), "order.place")
    exchange.faults.lose_events("executionReport", 1)
    with pytest.raises(ReplyTimeout) as caught:
        await buy(client, name, timeout=0.5)
    return caught.value


@pytest.mark.parametrize("name", [None, "mine"])
def test_an_order_left_open_is_found_though_its_id_was_tried_again(tmp_path: Path, name: str | None) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual", lag=(2.0, 2.0)) as exchange:
            register(exchange)

            def client() -> SpotClient:
                return SpotClient(
                    environment(exchange), KEY, runtime=runtime(loop), journal=FileJournal(tmp_path / "j")
                )

            async with client() as first:
                used = (await lost(first, exchange, name)).client_order_id
            async with client() as second:
                sent, began = len(requests(exchange, "order.place")), loop.time()
                with pytest.raises(UsageError, match="used before"):
                    await buy(second, used, timeout=60)
                assert loop.time() == began
                (verdict,) = await second.recover()
                assert (verdict.outcome, verdict.evidence) == (Outcome.ACCEPTED, Evidence.QUERY)
                assert len(requests(exchange, "order.place")) == sent

    run(main)


@pytest.mark.parametrize("name", [None, "mine"])
@pytest.mark.parametrize("make", [lambda _path: MemoryJournal(), FileJournal], ids=["memory", "file"])
def test_an_order_in_doubt_is_proven_though_its_id_was_tried_again(
    tmp_path: Path, make: Callable[[Path], Journal], name: str | None
) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual", lag=(2.0, 2.0)) as exchange:
            register(exchange)
            async with SpotClient(
                environment(exchange), KEY, runtime=runtime(loop), journal=make(tmp_path / "j")
            ) as client:
                error = await lost(client, exchange, name)
                with pytest.raises(UsageError, match="used before"):
                    await buy(client, error.client_order_id, timeout=60)
                verdict = await asyncio.wait_for(error.resolve(), 60)
                assert verdict.outcome is Outcome.ACCEPTED

    run(main)
