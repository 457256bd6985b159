"""What streams tell agrees with what the methods answer, and with what was done."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.simulator.venue.candles import INTERVALS
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.conformance.stage import stage
from tests.simulator.conformance.test_refusals import BUY, SELL, listing
from tests.simulator.conformance.test_values import XYZ, trades
from tests.simulator.streams.test_hub import Streams

TICKER = {"p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "o": "openPrice", "h": "highPrice",
          "l": "lowPrice", "c": "lastPrice", "v": "volume", "q": "quoteVolume", "F": "firstId", "L": "lastId",
          "n": "count"}  # fmt: skip
MINI = {name: TICKER[name] for name in "ohlcvq"}
BEST = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty", "x": "prevClosePrice", "Q": "lastQty"}

AGREEMENTS = [
    ("<symbol>@miniTicker", "xyzusdt@miniTicker", "ticker.24hr", XYZ, MINI),
    ("<symbol>@ticker", "xyzusdt@ticker", "ticker.24hr", XYZ, TICKER | BEST),
    ("<symbol>@ticker_<window_size>", "xyzusdt@ticker_1h", "ticker", {**XYZ, "windowSize": "1h"}, TICKER),
    ("<symbol>@ticker_<window_size>", "xyzusdt@ticker_4h", "ticker", {**XYZ, "windowSize": "4h"}, TICKER),
    ("<symbol>@ticker_<window_size>", "xyzusdt@ticker_1d", "ticker", {**XYZ, "windowSize": "1d"}, TICKER),
    ("!miniTicker@arr", "!miniTicker@arr", "ticker.24hr", XYZ, MINI),
    ("!ticker_<window-size>@arr", "!ticker_1h@arr", "ticker", {**XYZ, "windowSize": "1h"}, TICKER),
    ("<symbol>@avgPrice", "xyzusdt@avgPrice", "avgPrice", XYZ, {"w": "price", "T": "closeTime"}),
    ("<symbol>@depth<levels>", "xyzusdt@depth5", "depth", {**XYZ, "limit": 5}, {"bids": "bids", "asks": "asks"}),
    ("<symbol>@depth<levels>@100ms", "xyzusdt@depth20@100ms", "depth", XYZ, {"bids": "bids", "asks": "asks"}),
]


@pytest.mark.parametrize(
    ("stream", "method", "params", "same"),
    [
        pytest.param(stream, method, params, same, id=stream, marks=pytest.mark.parity("market stream", name))
        for name, stream, method, params, same in AGREEMENTS
    ],
)
def test_a_stream_tells_what_the_method_answers(
    stream: str, method: str, params: dict[str, Any], same: dict[str, str]
) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with stage(quoted=False, listings=listing()) as raw:
            of_all = stream.startswith("!")
            if not of_all:
                await trades(raw)
            async with Streams(raw.exchange, f"/ws/{stream}") as streams:
                if of_all:  # those tell only what changes while a client listens
                    await trades(raw)
                told = await streams.next()
            answer = await raw.get(method, params)
        if of_all:
            told = next(row for row in told if row["s"] == "XYZUSDT")
        assert {name: told[name] for name in same} == {name: answer[other] for name, other in same.items()}

    run(life)


@pytest.mark.parity("market stream", "<symbol>@kline_<interval>", "<symbol>@kline_<interval>@+08:00")
@pytest.mark.parametrize("zone", ["", "@+08:00"])
@pytest.mark.parametrize("interval", sorted(INTERVALS))
def test_a_candle_is_told_as_the_method_answers_it(interval: str, zone: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with stage(quoted=False, listings=listing()) as raw:
            async with Streams(raw.exchange, f"/ws/xyzusdt@kline_{interval}{zone}") as streams:
                await trades(raw)
                told = (await streams.next())["k"]
            params = {**XYZ, "interval": interval, "startTime": told["t"], "limit": 1}
            row = (await raw.get("klines", {**params, "timeZone": zone[1:] or "0"}))[0]
        if not told["x"] or interval != "1s":
            assert [told[name] for name in "tohlcvTqnVQ"] == row[:11]
        assert told["i"] == interval

    run(life)


@pytest.mark.parity("market stream", "<symbol>@referencePrice")
def test_a_reference_price_is_told_every_second_and_null_while_there_is_none() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with stage(quoted=False) as raw, Streams(raw.exchange, "/ws/extusd@referencePrice") as streams:
            told = []
            for price in ("1.5", None, "1.6"):
                raw.exchange.set_reference_price("EXTUSD", price)
                told.append((await streams.next())["r"])
            assert told == ["1.50000000", None, "1.60000000"]

    run(life)


@pytest.mark.parity("market stream", "<symbol>@depth", "<symbol>@depth@100ms")
@pytest.mark.parity("behaviour", "local order book from snapshot and diff stream")
@pytest.mark.parametrize("speed", ["", "@100ms"])
def test_diffs_join_the_snapshot_and_one_another(speed: str) -> None:
    """The documented procedure, with changes before the snapshot, behind it, and none for a while."""

    async def life(loop: VirtualLoop) -> None:
        async with stage(quoted=False, listings=listing()) as raw:
            await trades(raw)
            async with Streams(raw.exchange, f"/ws/xyzusdt@depth{speed}") as streams:
                for price in ("90", "91"):
                    await raw.must("order.place", **{**BUY, "price": price})
                first = await streams.next()
                snapshot = await raw.get("depth", {**XYZ, "limit": 5000})
                assert snapshot["lastUpdateId"] >= first["U"]
                book = {side: dict(map(tuple, snapshot[side])) for side in ("bids", "asks")}
                book_id, last = snapshot["lastUpdateId"], first["u"]
                for number in range(6):
                    placed = await raw.must("order.place", **{**SELL, "price": str(110 + number)})
                    if number % 2:
                        await raw.must("order.cancel", **XYZ, orderId=placed["orderId"])
                    event = await streams.next()
                    assert event["U"] == last + 1
                    last = event["u"]
                    if event["u"] < book_id:
                        continue
                    assert event["U"] <= book_id + 1
                    for side, rows in (("bids", event["b"]), ("asks", event["a"])):
                        book[side].update(map(tuple, rows))
                    book_id = last
                now = await raw.get("depth", {**XYZ, "limit": 5000})
        kept = {side: {p: q for p, q in book[side].items() if Decimal(q)} for side in book}
        assert kept == {side: dict(map(tuple, now[side])) for side in ("bids", "asks")}
        assert book_id == now["lastUpdateId"]

    run(life)


@pytest.mark.parity("user data event", "balanceUpdate", "externalLockUpdate", "outboundAccountPosition")
async def test_money_that_comes_and_goes_is_told() -> None:
    async with stage(quoted=False) as raw:
        await raw.get("userDataStream.subscribe")
        raw.exchange.deposit("alice", "BTC", "1.5")
        raw.exchange.withdraw("alice", "BTC", "0.5")
        raw.exchange.lock("alice", "BTC", 2)
        raw.exchange.lock("alice", "BTC", -1)
        changes = [(await raw.event("balanceUpdate"))["d"] for _ in range(2)]
        assert changes == ["1.50000000", "-0.50000000"]
        locks = [(await raw.event("externalLockUpdate"))["d"] for _ in range(2)]
        assert locks == ["2.00000000", "-1.00000000"]
        balances = (await raw.must("account.status"))["balances"]
        held = next(row for row in balances if row["asset"] == "BTC")
        assert (held["free"], held["locked"]) == ("100.00000000", "1.00000000")


@pytest.mark.parity("behaviour", "five requests a second and 1024 streams on a stream connection")
async def test_a_connection_listens_to_1024_streams() -> None:
    async with stage(quoted=False) as raw, Streams(raw.exchange, "/ws") as streams:
        most = [f"btcusdt@made_up_{number}" for number in range(1024)]
        assert await streams.ask("SUBSCRIBE", most) == {"result": None, "id": 1}
        one_more = await streams.ask("SUBSCRIBE", ["btcusdt@trade"])
        assert one_more["code"] == 2
        await asyncio.sleep(0)
        assert len((await streams.ask("LIST_SUBSCRIPTIONS"))["result"]) == 1024
