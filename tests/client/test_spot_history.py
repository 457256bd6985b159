"""Candles, trades and orders between two times, compared with what the exchange did."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from binance_wsapi import AuthFailed, HistoryRows, HmacKey, NotConnected, Settings, SpotClient, TimeUnit, UsageError
from binance_wsapi.client import spot as client_module
from binance_wsapi.history import rows
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Drop
from tests.simulation.house import HMAC, SYMBOL, environment, exchange_and_client, requests, runtime
from tests.simulation.loop import VirtualLoop, run

PAGE = 7
ORDERS = 60
MS = 1_000
FAR_BACK, FAR_AHEAD = "2020-01-01", "2100-01-01"


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 7 rows, so that borders are everywhere."""
    monkeypatch.setattr(rows, "PAGE", PAGE)


async def trade(exchange: LocalExchange, client: SpotClient) -> None:
    """Place orders for some hours, several in one millisecond: most are filled, the first of them in two trades."""
    for number in range(ORDERS // 4):
        exchange.quote(SYMBOL, bids=[("59999", "5")], asks=[("60001", "0.5"), ("60002", "9")])
        calls: list[Coroutine[Any, Any, Any]] = [
            client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.6"),
            client.place_order(SYMBOL, "SELL", "MARKET", quantity="0.1"),
            client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.3"),
            client.place_order(SYMBOL, "BUY", "LIMIT", quantity="0.1", price="50000", time_in_force="GTC"),
        ]
        await asyncio.gather(*calls)
        await asyncio.sleep(60.0 if number % 3 else 600.0)


def lived(
    body: Callable[[LocalExchange, SpotClient], Coroutine[Any, Any, None]], settings: Settings | None = None
) -> None:
    """Run a test on an exchange on which all that was done, in virtual time."""

    async def main(loop: VirtualLoop) -> None:
        deep = LocalExchange(seed=3, market="manual", lag=(0.0, 0.0))
        async with exchange_and_client(loop, exchange=deep, settings=settings) as (exchange, client):
            await trade(exchange, client)
            await body(exchange, client)

    run(main)


Ask = Callable[..., HistoryRows[Any]]


def kinds(client: SpotClient) -> dict[str, tuple[Ask, Callable[[Any], int]]]:
    history = client.history
    return {
        "trades": (history.trades, lambda row: int(row.id)),
        "aggregate trades": (history.aggregate_trades, lambda row: int(row.id)),
        "my trades": (history.my_trades, lambda row: int(row.id)),
        "orders": (history.orders, lambda row: int(row.order_id)),
    }


@pytest.mark.parametrize("kind", ["trades", "aggregate trades", "my trades", "orders"])
def test_every_row_between_two_times_comes_once(kind: str) -> None:
    async def body(exchange: LocalExchange, client: SpotClient) -> None:
        ask, key = kinds(client)[kind]
        everything = await ask(SYMBOL, FAR_BACK, FAR_AHEAD).collect()
        ids = [key(row) for row in everything]
        assert ids == sorted(set(ids))
        if kind == "orders":
            assert ids == sorted(order.order_id for order in exchange.truth.all_orders())
            assert len(ids) == ORDERS
        else:
            assert len(ids) > ORDERS // 2
        times = sorted({row.time for row in everything})
        assert len(times) < len(ids), "several rows share a millisecond"
        for start, end in [
            (times[2], times[-2]),
            (times[1] + 1, times[5]),
            (times[3], times[3] + 1),
            (times[4], times[4]),
        ]:
            expected = [key(row) for row in everything if start <= row.time < end]
            assert [key(row) for row in await ask(SYMBOL, start, end).collect()] == expected
        assert await ask(SYMBOL, times[-1] + 1, FAR_AHEAD).collect() == []

    lived(body)


def test_spans_that_meet_share_no_row_and_miss_none() -> None:
    async def body(_exchange: LocalExchange, client: SpotClient) -> None:
        everything = await client.history.my_trades(SYMBOL, FAR_BACK, FAR_AHEAD).collect()
        border = everything[len(everything) // 2].time
        before = await client.history.my_trades(SYMBOL, FAR_BACK, border).collect()
        after = await client.history.my_trades(SYMBOL, border).collect()
        assert [row.id for row in before + after] == [row.id for row in everything]

    lived(body)


def test_candles_come_closed_and_once() -> None:
    async def body(_exchange: LocalExchange, client: SpotClient) -> None:
        trades = await client.history.trades(SYMBOL, FAR_BACK, FAR_AHEAD).collect()
        candles = await client.history.klines(SYMBOL, "1m", trades[0].time - 3_600_000).collect()
        opens = [each.open_time for each in candles]
        assert opens == sorted(set(opens))
        assert all(later - sooner == 60_000 for sooner, later in itertools.pairwise(opens))
        assert candles[-1].close_time < client.now_ms() <= candles[-1].close_time + 60_001
        assert sum(each.trades for each in candles) == len(trades)
        some = await client.history.klines(SYMBOL, "1m", opens[3], opens[20]).collect()
        assert [each.open_time for each in some] == opens[3:20]

    lived(body)


@pytest.mark.parametrize("unit", list(TimeUnit))
def test_the_unit_of_the_connection_changes_nothing(unit: TimeUnit) -> None:
    async def body(_exchange: LocalExchange, client: SpotClient) -> None:
        history = client.history
        trades = await history.trades(SYMBOL, FAR_BACK).collect()
        middle = trades[len(trades) // 2].time.datetime
        after = [row.id for row in trades if row.time.datetime >= middle]
        assert [row.id for row in await history.trades(SYMBOL, middle).collect()] == after
        minute = middle.replace(second=0, microsecond=0)
        (candle,) = await history.klines(SYMBOL, "1m", minute, minute + timedelta(minutes=1)).collect()
        assert candle.open_time.datetime == minute
        assert len(await history.klines(SYMBOL, "1m", minute - timedelta(minutes=20), minute).collect()) == 20

    lived(body, Settings(time_unit=unit))


def test_it_goes_on_behind_the_last_row_that_was_delivered() -> None:
    async def body(_exchange: LocalExchange, client: SpotClient) -> None:
        expected = [row.id for row in await client.history.my_trades(SYMBOL, FAR_BACK, FAR_AHEAD).collect()]
        seen: list[int] = []
        position = None
        while len(seen) < len(expected):
            reading = client.history.my_trades(SYMBOL, FAR_BACK, FAR_AHEAD, resume=position)
            async for row in reading:
                seen.append(row.id)
                if len(seen) % 5 == 0:
                    break
            position = reading.position
        assert seen == expected

    lived(body)


def test_an_account_without_orders_has_no_history_and_no_error() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_exchange, client):
            for kind in ("trades", "aggregate trades", "my trades", "orders"):
                assert await kinds(client)[kind][0](SYMBOL, FAR_BACK).collect() == []

    run(main)


def test_history_spends_no_more_than_its_share_of_the_weight_of_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of 60 is 30 pages of candles a minute; 90 pages take two minutes and a little more."""
    monkeypatch.setattr(client_module, "HISTORY_SHARE", 0.01)

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.1")
            await asyncio.sleep(3600.0)
            begun = loop.time()
            candles = await client.history.klines(SYMBOL, "1s", client.now_ms() - 90 * PAGE * 1000).collect()
            assert len(candles) >= 90 * PAGE - 1
            assert 120.0 <= loop.time() - begun < 200.0
            weights = Counter(
                frame.time // 60
                for frame in exchange.truth.frames
                if frame.direction == "in" and '"klines"' in str(frame.data)
            )
            assert max(weights.values()) <= 30

    run(main)


@pytest.mark.parametrize("stage", ["the answer", "the next try", "weight"])
def test_rows_that_wait_end_at_once_when_the_client_is_closed(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAUSE_S", 1_000.0)
    if stage == "weight":
        monkeypatch.setattr(client_module, "HISTORY_SHARE", 0.01)

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.1")
            await asyncio.sleep(3600.0)
            if stage != "weight":
                exchange.faults.next(Drop(), "klines", count=10)
            reading = client.history.klines(SYMBOL, "1s", client.now_ms() - 90 * PAGE * 1000)
            waiting = asyncio.ensure_future(reading.collect())
            await asyncio.sleep(0.5 if stage == "the answer" else 30.0)
            asked, begun = len(requests(exchange, "klines")), loop.time()
            assert not waiting.done()
            await client.close()
            with pytest.raises(NotConnected, match=r"^the client is closed"):
                await waiting
            assert loop.time() - begun < 1.0
            assert (reading.position is not None) is (stage == "weight"), "where to go on is known all the same"
            await asyncio.sleep(2_000.0)
            assert len(requests(exchange, "klines")) == asked > 0

    run(main)


@pytest.mark.parametrize("how", ["closed", "not started"])
def test_rows_of_a_client_that_is_closed_or_did_not_start_are_not_waited_for(how: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            if how == "closed":
                await client.close()
            else:
                client = SpotClient(environment(exchange), HmacKey(HMAC.api_key, "another" * 9), runtime=runtime(loop))
                with pytest.raises(AuthFailed):
                    await client.start()
            begun = loop.time()
            with pytest.raises(NotConnected, match=r"^the client is closed: make another"):
                await client.history.klines(SYMBOL, "1h", FAR_BACK, FAR_AHEAD).collect()
            assert loop.time() == begun

    run(main)


def test_rows_that_are_read_in_another_way_say_how_they_are_read() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            found: Any = client.history.klines(SYMBOL, "1h", start="2026-01-01")
            with pytest.raises(UsageError, match=r"are read with `async for`, .*, got `for`; for scripts, "):
                list(found)
            with pytest.raises(UsageError, match=r"or all at once with `await rows.collect\(\)`, got `await`"):
                await found

    run(main, 0)
