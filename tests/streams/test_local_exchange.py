"""Market streams and a local book against the local exchange: real frames of the other side, not of our own making."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from binance_wsapi import SpotClient
from binance_wsapi.environments import local
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.streams import (
    AggregateTradeEvent,
    AveragePriceEvent,
    BookTickerEvent,
    DiffDepthEvent,
    KlineEvent,
    MarketStreams,
    MiniTickerEvent,
    OrderBook,
    PartialDepthEvent,
    RollingWindowEvent,
    StreamGap,
    TickerEvent,
    TradeEvent,
)
from tests.simulation.house import environment
from tests.simulation.loop import VirtualLoop, run
from tests.streams.peer import collecting, runtime, take, until

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "ETHBTC", "BTCUSDC", "这是测试币USDT")
SUFFIXES = [
    "trade", "aggTrade", "blockTrade", "bookTicker", "depth", "depth@100ms", "miniTicker", "ticker", "avgPrice",
    "referencePrice", *(f"depth{n}{speed}" for n in (5, 10, 20) for speed in ("", "@100ms")),
    *(f"ticker_{window}" for window in ("1h", "4h", "1d")),
    *(f"kline_{each}{zone}" for each in ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d",
                                         "3d", "1w", "1M") for zone in ("", "@+08:00")),
]  # fmt: skip


def snapshots(client: SpotClient) -> Any:
    """Return what loads snapshots through a client."""

    async def load(symbol: str, limit: int) -> tuple[int, Any, Any]:
        depth = await client.depth(symbol, limit=limit)
        return depth.last_update_id, depth.bids, depth.asks

    return load


async def test_over_real_sockets_a_book_equals_the_exchange_and_trades_arrive() -> None:
    async with (
        LocalExchange(market="manual") as exchange,
        SpotClient.local(url=exchange.url) as client,
        MarketStreams(local(exchange.url)) as streams,
    ):
        exchange.quote("BTCUSDT", bids=[("59999", "1"), ("59998", "2")], asks=[("60001", "1")])
        asyncio.get_running_loop().call_later(  # a snapshot counts when an event has met it
            0.3, lambda: exchange.quote("BTCUSDT", bids=[("59999", "2"), ("59998", "2")], asks=[("60001", "1")])
        )
        async with (
            OrderBook(streams, snapshots(client), "BTCUSDT") as book,
            streams.book_ticker("BTCUSDT") as best,
        ):
            assert [level.price for level in book.bids] == [59999, 59998]
            for step in range(5):
                exchange.quote(
                    "BTCUSDT", bids=[(f"{59990 + step}", "3")], asks=[("60001", "1"), (f"{60005 + step}", "2")]
                )
                depth = await client.depth("BTCUSDT", limit=100)
                async with asyncio.timeout(10):
                    while book.update_id < depth.last_update_id:
                        await book.updated(after=book.update_id)
                assert book.update_id == depth.last_update_id
                assert list(book.bids) == list(depth.bids)
                assert list(book.asks) == list(depth.asks)
            assert (book.snapshots, book.resyncs) == (1, 0)
            assert isinstance((await take(best, 1))[0], BookTickerEvent)


def test_every_kind_of_stream_brings_its_event() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with (
            LocalExchange(seed=3) as exchange,
            MarketStreams(environment(exchange), runtime=runtime(loop)) as streams,
        ):
            kinds: dict[Any, Any] = {
                TradeEvent: streams.trade(*SYMBOLS),
                AggregateTradeEvent: streams.agg_trade("BTCUSDT"),
                KlineEvent: streams.kline("BTCUSDT", "ETHUSDT", interval="1m", utc_offset=8),
                MiniTickerEvent: streams.mini_ticker("BTCUSDT"),
                TickerEvent: streams.ticker("BTCUSDT"),
                RollingWindowEvent: streams.rolling_window("BTCUSDT", window="4h"),
                BookTickerEvent: streams.book_ticker("这是测试币USDT"),
                AveragePriceEvent: streams.avg_price("BTCUSDT"),
                PartialDepthEvent: streams.partial_depth("ETHUSDT", levels=5, speed=100),
                DiffDepthEvent: streams.diff_depth("BTCUSDT"),
            }
            lists = {
                MiniTickerEvent: streams.all_mini_tickers(),
                RollingWindowEvent: streams.all_rolling_windows(window="1d"),
            }
            everything = [*kinds.values(), *lists.values()]
            await asyncio.gather(*(each.__aenter__() for each in everything))
            for kind, subscription in kinds.items():
                events = await take(subscription, 3)
                assert all(type(event) is kind for event in events), kind
                assert all(event.symbol in SYMBOLS for event in events), kind
            for kind, subscription in lists.items():
                (tickers,) = await take(subscription, 1)
                assert tickers
                assert all(type(ticker) is kind for ticker in tickers)
            assert all(not each.counters for each in everything)

    run(main, 5)


def test_three_thousand_streams_are_subscribed_within_the_rules_of_the_exchange_and_every_event_arrives(
    no_log: None,
) -> None:
    async def main(loop: VirtualLoop) -> None:
        names = [f"{symbol.lower()}@{suffix}" for symbol in SYMBOLS for suffix in SUFFIXES]
        names += [f"x{number}usdt@trade" for number in range(3000 - len(names))]  # accepted, and silent
        async with (
            LocalExchange(seed=3) as exchange,
            MarketStreams(environment(exchange), runtime=runtime(loop), connections=3) as streams,
            streams.trade(*SYMBOLS) as counted,
        ):
            started = loop.time()
            async with (
                streams.subscribe(*names, form="dicts", limit=1_000_000) as subscription,
                collecting(subscription) as events,
            ):
                assert loop.time() - started < 6.0
                assert sum(streams.connections.values()) == 3000
                assert sorted(streams.connections.values()) == [1000, 1000, 1000]
                await asyncio.sleep(45)  # pings and pongs among it
                assert sorted(streams.connections) == [1, 2, 3]  # none was cut
                assert not any(isinstance(event, StreamGap) for event in events)
                trades: dict[str, list[int]] = {}
                for event in events:
                    if event["stream"].endswith("@trade"):
                        trades.setdefault(event["stream"], []).append(event["data"]["t"])
                assert len(trades) == len(SYMBOLS)
                for numbers in trades.values():
                    assert len(numbers) > 15
                    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
                assert counted.received >= sum(len(numbers) for numbers in trades.values())
            # Every frame the exchange has sent was delivered, stream by stream in its order, but those of the last moment.
            sent: dict[str, list[Any]] = {}
            asked: dict[int, list[float]] = {}
            for each in exchange.truth.frames:
                message = json.loads(each.data)
                if each.direction == "in":
                    asked.setdefault(each.connection, []).append(each.time)
                elif "stream" in message:
                    sent.setdefault(message["stream"], []).append(message["data"])
            given: dict[str, list[Any]] = {}
            for event in events:
                given.setdefault(event["stream"], []).append(event["data"])
            assert len(given) > 200
            assert sum(map(len, given.values())) > 5_000
            for stream, payloads in given.items():
                known = sent[stream][-len(payloads) - 25 :] if stream.endswith("@trade") else sent[stream]
                begins = known.index(payloads[0])
                assert payloads == known[begins : begins + len(payloads)], stream
                assert len(known) - begins - len(payloads) <= 25, stream
            assert len(asked) == 3
            for times in asked.values():
                assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[5:], strict=False))

    run(main, 6)


def test_announced_shutdowns_and_cuts_are_survived_and_only_cuts_are_gaps() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with (
            LocalExchange(seed=4) as exchange,
            SpotClient(environment(exchange), runtime=runtime(loop)) as client,
            MarketStreams(environment(exchange), runtime=runtime(loop)) as streams,
            streams.trade("BTCUSDT") as trades,
            collecting(trades) as events,
            OrderBook(streams, snapshots(client), "BTCUSDT", runtime=runtime(loop)) as book,
        ):
            for _ in range(3):
                await asyncio.sleep(20)
                exchange.faults.shutdown(30.0)
                await asyncio.sleep(20)
            numbers = [event.trade_id for event in events]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert streams.counters["rotations"] >= 3
            assert book.resyncs == 0
            exchange.faults.cut_all()
            await until(lambda: trades.live and book.synced)
            await asyncio.sleep(20)
            assert sum(isinstance(event, StreamGap) for event in events) == 1
            assert book.resyncs == 1
            await until(lambda: book.synced)

    run(main, 7)
