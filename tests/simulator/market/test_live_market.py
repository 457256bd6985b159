"""The live market: it moves, from its seed only, and ends with the exchange."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.simulator import LocalExchange, listing
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key


def watch(seed: int, seconds: float) -> list[Any]:
    """Return what a quarter of a minute of market looks like."""

    async def life(loop: VirtualLoop) -> list[Any]:
        async with LocalExchange(seed=seed, market="live") as exchange, Raw(exchange) as raw:
            await asyncio.sleep(seconds)
            trades = await raw.get("trades.recent", {"symbol": "BTCUSDT"})
            return [trades, await raw.get("depth", {"symbol": "ETHBTC"})]

    return run(life, seed=5)


def test_the_same_seed_is_the_same_market_and_another_is_not() -> None:
    first = watch(1, 15)
    assert len(first[0]) > 10
    assert first == watch(1, 15)
    assert first != watch(2, 15)


def test_timers_that_are_late_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a real machine timers fire late, by another amount in every run; see `--seed`."""

    def trades(late: float) -> list[Any]:
        async def life(loop: VirtualLoop) -> list[Any]:
            chance = random.Random(late)
            async with LocalExchange(seed=7, market="live") as exchange, Raw(exchange) as raw:
                later = exchange._timers.later
                monkeypatch.setattr(
                    exchange._timers, "later", lambda delay, call: later(delay + chance.uniform(0, late), call)
                )
                await asyncio.sleep(60)
                rows = await raw.get("trades.recent", {"symbol": "ETHBTC", "limit": 1000})
                return [(row["price"], row["qty"], row["isBuyerMaker"]) for row in rows]

        return run(life)

    first, second = trades(0.0), trades(0.6)
    alike = min(len(first), len(second))
    assert alike > 15
    assert first[:alike] == second[:alike]


def test_what_a_client_trades_leaves_the_market_as_it_is() -> None:
    """The maker's prices and the taker's sides and sizes are those of the seed, though the client takes the best levels."""

    def takes(times: list[float]) -> Any:
        async def life(loop: VirtualLoop) -> Any:
            async with LocalExchange(seed=7, market="live") as exchange, Raw(exchange) as raw:
                add_hmac_key(exchange)
                started = loop.time()
                for at in times:
                    await asyncio.sleep(started + at - loop.time())
                    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.5"}
                    assert (await raw.signed("order.place", **order))["result"]["fills"]
                await asyncio.sleep(started + 60 - loop.time())
                mine = {
                    row["id"] for row in (await raw.signed("myTrades", symbol="BTCUSDT"))["result"] if row["isBuyer"]
                }
                assert bool(mine) == bool(times)
                taken: dict[tuple[int, bool], Decimal] = {}
                for row in await raw.get("trades.recent", {"symbol": "BTCUSDT", "limit": 1000}):
                    if row["id"] not in mine:
                        order_of_the_taker = (row["time"], row["isBuyerMaker"])
                        taken[order_of_the_taker] = taken.get(order_of_the_taker, Decimal(0)) + Decimal(row["qty"])
                return [(side, size) for (_, side), size in taken.items()], await raw.get(
                    "depth", {"symbol": "ETHUSDT"}
                )

        return run(life)

    alone = takes([])
    assert len(alone[0]) > 40
    assert takes([1.013, 7.211, 20.497]) == takes([1.379, 9.613, 31.771]) == alone


def test_every_book_has_both_sides_and_they_do_not_cross() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="live") as exchange, Raw(exchange) as raw:
            for _ in range(20):
                await asyncio.sleep(3)
                for row in await raw.get("ticker.book"):
                    assert 0 < Decimal(row["bidPrice"]) < Decimal(row["askPrice"]), row

    run(life)


@pytest.mark.parametrize(
    ("price", "tick"), [("0.00000005", "0.00000001"), ("3", "1"), ("0.05", "0.01"), ("0.000001", "0.00000001")]
)
def test_a_symbol_of_a_low_price_trades_too(price: str, tick: str) -> None:
    """Of a few ticks: there is no room for ten levels below it. Of next to nothing: orders of many make up the notional."""

    async def life(loop: VirtualLoop) -> None:
        own = listing("LOW", "USDT", price, tick=tick, step="1")
        async with LocalExchange(market="live", listings=[own]) as exchange, Raw(exchange) as raw:
            await asyncio.sleep(20)
            assert len(await raw.get("trades.recent", {"symbol": "LOWUSDT"})) > 5
            book = await raw.get("depth", {"symbol": "LOWUSDT"})
            assert book["bids"]
            assert len(book["asks"]) == 10

    run(life)


def test_a_resting_order_near_the_price_is_filled_by_the_market() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="live") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            price = (await raw.get("ticker.book", {"symbol": "BTCUSDT"}))["bidPrice"]
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
            answer = await raw.signed("order.place", **order, quantity="0.001", price=price, newClientOrderId="rest")
            assert answer["result"]["status"] == "NEW"
            for _ in range(60):
                await asyncio.sleep(5)
                if exchange.truth.orders["rest"][0].status == "FILLED":
                    break
            assert exchange.truth.orders["rest"][0].status == "FILLED"

    run(life)


def test_a_dollar_pair_and_its_cross_fit_together() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="live") as exchange, Raw(exchange) as raw:
            await asyncio.sleep(120)
            rows = {row["symbol"]: Decimal(row["bidPrice"]) for row in await raw.get("ticker.book")}
            assert abs(rows["ETHUSDT"] / rows["BTCUSDT"] / rows["ETHBTC"] - 1) < Decimal("0.02")

    run(life)


def test_the_market_does_not_keep_its_own_history() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="live", keep_frames=10) as exchange:
            await asyncio.sleep(200)
            venue = exchange._venue
            for number in venue.own_accounts:
                for record in venue.engine.account(number).records.values():
                    assert record.orders == record.open
                    assert not record.ids
                    assert not record.fills

    run(life)
