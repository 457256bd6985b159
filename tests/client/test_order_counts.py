"""The client asks for the count of a day's orders that a claim, a dead process or an older count makes seem used up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from binance_wsapi import LimitExceeded, SpotClient
from binance_wsapi.client.order_counts import PAUSE_S
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.store import Ask, Report, Store
from binance_wsapi.simulator import LimitRules, LocalExchange
from tests.limits.test_client import place, play
from tests.simulation.house import requests

DAY = 86_400_000
LIMIT = LimitRules().orders_per_day
ASKED = "account.rateLimits.orders"


def asked(exchange: LocalExchange) -> int:
    return len(requests(exchange, ASKED))


def claim(kind: str, account: str, liar: Store, now: int) -> Report:
    """Return a report that looks sane, and by which the day has no room."""
    claims: dict[str, dict[str, Any]] = {
        "a count": {"count": LIMIT, "since": 10**6, "sent_ms": now},
        "what the dead held": {"held": LIMIT},
        "costs without a count": {"charges": [(now // DAY, LIMIT, 0)]},
        "lost costs": {"charges": [(now // DAY, 0, LIMIT)]},
    }
    told = claims[kind]
    ask = Ask(f"ORDERS {DAY}", LIMIT, DAY, 0, now // DAY, told.pop("held", 0), 0, **told)
    return Report(account, liar.member, "liar", now, 5, [ask])


@pytest.mark.parametrize("kind", ["a count", "what the dead held", "costs without a count", "lost costs"])
def test_no_false_claim_closes_the_day(kind: str) -> None:
    """Of an old claim the venue's next count makes an end; of what a process that just died held, a minute later."""

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        root = MemoryStore(processes=4)
        mine, liar = root.join("mine"), root.join("liar")
        one = client(limit_store=mine, timeout=3.0)
        account = mine.account
        assert account is not None
        liar.exchange([claim(kind, account, liar, exchange.clock.now_ms())])
        async with one:
            await asyncio.sleep(40)  # the liar is dead by then
            began, placed = exchange.clock.now_ms(), 0
            while placed < 12:
                try:
                    await place(one)
                    placed += 1
                except LimitExceeded:
                    await asyncio.sleep(5)
                assert exchange.clock.now_ms() - began < 180_000, "the day is closed"
            assert 1 <= asked(exchange) <= 3
        assert exchange.truth.counters["status 429"] == 0

    play(scene)


def test_orders_that_filled_since_the_last_count_open_the_day_again() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as one:
            for _ in range(3):
                await one.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.1", price="60000", time_in_force="GTC")
            with pytest.raises(LimitExceeded):
                await place(one)
            await asyncio.sleep(1)
            assert asked(exchange) == 1
            with pytest.raises(LimitExceeded):
                await place(one)
            exchange.quote("BTCUSDT", bids=[("59999", "10")], asks=[("60000", "10")])
            await asyncio.sleep(PAUSE_S)
            with pytest.raises(LimitExceeded):  # and asks
                await place(one)
            await asyncio.sleep(1)
            await place(one)
            assert asked(exchange) == 2
        assert exchange.truth.counters["status 429"] == 0

    play(scene, LimitRules(orders_per_day=3))


def test_it_is_asked_once_a_minute_at_most_and_not_after_closing() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as one:
            await place(one)
            for _ in range(100):
                with pytest.raises(LimitExceeded):
                    await place(one)
                await asyncio.sleep(1)
            assert asked(exchange) == 2
            await asyncio.sleep(PAUSE_S)
            with pytest.raises(LimitExceeded):
                await place(one)
        await asyncio.sleep(1)
        assert asked(exchange) <= 3
        assert not [task for task in asyncio.all_tasks() if "order counts" in task.get_name()]

    play(scene, LimitRules(orders_per_day=1))
