"""Eight clients of one address and account, each wanting twice its part, against the local exchange.

A venue minute in virtual time through each shared store, with a client that dies and a store that goes away, then a ban.
``make soak-limits`` does the same for ten minutes with real processes that are really killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.soak_trouble import AHEAD_S, answer_absurdly, spoil, visit
from benchmarks.soak_venue import BOTS, EPOCH_MS, ORDERS, WEIGHT, Bot, Meter, Outage, soak_exchange

from binance_wsapi.environments import local
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Store
from tests.counts import REST
from tests.limits.conftest import RedisServer
from tests.simulation.loop import VirtualLoop, run

MakeStore = Callable[[str], Store]


FAR = 1e9
"""Seconds. The clients live in virtual time, the stores do not: their clocks are far apart, and run at other speeds."""


@pytest.fixture(params=["redis" if REST else "sqlite"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> MakeStore:
    if request.param == "sqlite":
        return lambda label: SqliteStore(tmp_path / "limits.db", account="soak", processes=BOTS, label=label, far=FAR)
    server: RedisServer = request.getfixturevalue("redis_server")
    # The server judges by its own clock who lives, and here a minute passes in seconds.
    return lambda label: RedisStore(
        server.url, account="soak", processes=BOTS, label=label, forget_after=0.5, timeout=5.0, far=FAR
    )


@pytest.mark.lives
def test_eight_clients_use_the_limits_up_and_never_break_them(shared: MakeStore, no_log: None) -> None:
    """No 429 of their own, 95 % of weight and orders used, equal parts, silence during a ban."""
    meter = run(lambda loop: _minute(loop, shared), seed=3)
    assert meter.self_made == []
    (weight,) = meter.shares("REQUEST_WEIGHT", EPOCH_MS, EPOCH_MS + 60_000)
    assert 0.95 <= weight <= 1.0
    orders = meter.shares("ORDERS", EPOCH_MS, EPOCH_MS + 60_000)
    calm, outage_began, _, returned, *crashed = orders
    assert min(calm, returned) >= 0.95, orders
    by_static_shares = meter.accepted["ORDERS"][EPOCH_MS // 10_000 + 2]  # no process shares what fills
    assert by_static_shares >= 0.95 * BOTS * (ORDERS // BOTS)
    assert outage_began >= 0.5, "what the store had not given out when it went is lost to every process, to be safe"
    assert min(crashed) >= 0.8, "until it is forgotten, the part of the dead one is kept for it: an eighth"
    assert max(orders) <= 1.0
    for used in (meter.weight_of, meter.orders_of):
        parts = [used[f"bot-{slot}"] for slot in range(BOTS)]
        assert min(parts) > 0.5 * sum(parts) / BOTS, parts
        assert max(parts) < 2.0 * sum(parts) / BOTS, parts
    assert meter.in_ban == []
    assert 0 < meter.ban_known_at < meter.banned_until
    assert meter.after_the_ban > 0, "they came back"


def test_a_wrong_clock_garbage_an_absurd_answer_and_a_killed_neighbour_break_no_limit(
    tmp_path: Path, no_log: None
) -> None:
    """The machine's clock of one client is a day ahead, a process with such a clock comes by, the records are overwritten.

    ``make soak-limits`` does the same to real processes through Redis as well.
    """
    meter = run(lambda loop: _troubled(loop, tmp_path / "limits.db"), seed=5)
    assert meter.self_made == []
    assert max(meter.peaks["REQUEST_WEIGHT"].values()) <= WEIGHT
    assert max(meter.peaks["ORDERS"].values()) <= ORDERS
    assert meter.weight_of["bot-1"] > 0.5 * sum(meter.weight_of.values()) / BOTS, "the venue's clock is what counts"
    (last,) = meter.shares("ORDERS", EPOCH_MS + 70_000, EPOCH_MS + 80_000)
    assert last >= 0.8, "after all of it the limits are used again"


async def _troubled(loop: VirtualLoop, file: Path) -> Meter:
    exchange = soak_exchange(EPOCH_MS + 35_000)
    meter = Meter(exchange)

    def venue_time() -> float:
        return exchange.clock.now_ms() / 1_000

    def make(label: str) -> SqliteStore:
        return SqliteStore(file, account="soak", processes=BOTS, label=label, clock=venue_time)

    stores: list[SqliteStore] = []

    def start(slot: int, seed: int) -> Bot:
        stores.append(make(f"bot {slot}"))
        ahead = AHEAD_S if slot == 1 else 0.0
        bot = Bot(slot, exchange.url, Outage(stores[-1]), seed, wall=venue_time, ahead=ahead)
        bot.start()
        return bot

    async with exchange:
        trading = loop.create_task(meter.trade())
        bots = [start(slot, slot) for slot in range(BOTS)]
        await asyncio.sleep(6)
        stores.append(make("visitor"))
        stores[-1].claim(local(exchange.url).budget)
        visit(stores[-1], exchange.clock.now_ms())
        await asyncio.sleep(5)
        spoil("sqlite", file, "")
        await asyncio.sleep(5)
        await bots[0].kill()
        bots[0] = start(0, 100)
        await asyncio.sleep(6)
        answer_absurdly(exchange)
        await asyncio.sleep(24)
        for bot in bots:
            await bot.stop()
        trading.cancel()
        await asyncio.sleep(0)
    for store in stores:
        store.close()
    return meter


async def _minute(loop: VirtualLoop, shared: MakeStore) -> Meter:
    exchange = soak_exchange()
    meter = Meter(exchange)
    stores: list[Outage] = []

    def start(slot: int, seed: int) -> Bot:
        stores.append(Outage(shared(f"bot {slot}")))
        bot = Bot(slot, exchange.url, stores[-1], seed, wall=lambda: exchange.clock.now_ms() / 1_000)
        bot.start()
        return bot

    async with exchange:
        trading = loop.create_task(meter.trade())
        bots = [start(slot, slot) for slot in range(BOTS)]
        await asyncio.sleep(10)
        for store in stores:
            store.away = True
        await asyncio.sleep(22)
        for store in stores:
            store.away = False
        await asyncio.sleep(13)
        await bots[0].kill()
        bots[0] = start(0, 100)
        await asyncio.sleep(17)
        meter.ban(20)
        await asyncio.sleep(22)
        for bot in bots:
            await bot.stop()
        trading.cancel()
        await asyncio.sleep(0)
    for store in stores:
        store.close()
    return meter
