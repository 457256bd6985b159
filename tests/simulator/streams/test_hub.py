"""Market streams: raw and combined, at once and paced, and the requests that change them."""

from __future__ import annotations

import asyncio
import itertools
import json
from decimal import Decimal
from typing import Any, Self

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from binance_wsapi.simulator import LimitRules, LocalExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key


class Streams:
    """A raw stream connection."""

    def __init__(self, exchange: LocalExchange, path: str) -> None:
        self._url = exchange.streams_url + path
        self.socket: ClientConnection

    async def __aenter__(self) -> Self:
        self.socket = await connect(self._url, ping_interval=None, compression=None, proxy=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def next(self) -> Any:
        async with asyncio.timeout(30):
            return json.loads(await self.socket.recv())

    async def ask(self, method: str, params: Any = None, **more: Any) -> Any:
        request = {"method": method, "id": 1, **more}
        if params is not None:
            request["params"] = params
        await self.socket.send(json.dumps(request))
        return await self.next()


async def trade(raw: Raw, quantity: str = "0.1", side: str = "BUY") -> None:
    await raw.signed("order.place", symbol="BTCUSDT", side=side, type="MARKET", quantity=quantity)


def quote(exchange: LocalExchange) -> None:
    exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1"), ("60002", "1")])


@pytest.mark.parity("market stream", "<symbol>@trade")
async def test_raw_streams_send_the_bare_payload() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        quote(exchange)
        async with Streams(exchange, "/ws/btcusdt@trade") as streams:
            await trade(raw)
            event = await streams.next()
            assert (event["e"], event["s"], event["p"], event["q"]) == (
                "trade",
                "BTCUSDT",
                "60001.00000000",
                "0.10000000",
            )
            assert event["m"] is False


async def test_combined_streams_name_the_stream() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        quote(exchange)
        async with Streams(exchange, "/stream?streams=btcusdt@trade/btcusdt@aggTrade&timeUnit=microsecond") as streams:
            await trade(raw, "1.5")
            frames = [await streams.next() for _ in range(4)]
            names = [frame["stream"] for frame in frames]
            assert names == ["btcusdt@trade"] * 2 + ["btcusdt@aggTrade"] * 2
            assert len(str(frames[0]["data"]["E"])) == 16
            assert [frame["data"]["q"] for frame in frames] == ["1.00000000", "0.50000000"] * 2


@pytest.mark.parity("market stream", "<symbol>@aggTrade")
async def test_an_aggregate_joins_trades_of_one_order_at_one_price() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("BTCUSDT", asks=[("60001", "0.3"), ("60001", "0.4")])
        async with Streams(exchange, "/ws/btcusdt@aggTrade") as streams:
            await trade(raw, "0.5")
            event = await streams.next()
            assert (event["a"], event["q"], event["f"], event["l"]) == (0, "0.50000000", 0, 1)
            await trade(raw, "0.1")
            assert (await streams.next())["a"] == 1
        rows = await raw.get("trades.aggregate", {"symbol": "BTCUSDT"})
        assert [row["q"] for row in rows] == ["0.50000000", "0.10000000"]


@pytest.mark.parity("market stream", "<symbol>@bookTicker")
async def test_a_book_ticker_speaks_when_the_best_price_changes_and_only_then() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        quote(exchange)
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
        async with Streams(exchange, "/ws/btcusdt@bookTicker") as streams:
            await raw.signed("order.place", **order, price="50000")
            await raw.signed("order.place", **order, price="60000")
            event = await streams.next()
            assert (event["b"], event["B"], event["a"]) == ("60000.00000000", "0.10000000", "60001.00000000")
            assert "e" not in event


@pytest.mark.parity("behaviour", "local order book from snapshot and diff stream")
@pytest.mark.parity("market stream", "<symbol>@depth@100ms")
def test_a_local_book_kept_from_diffs_is_the_book() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with (
            LocalExchange(seed=4, market="live") as exchange,
            Raw(exchange) as raw,
            Streams(exchange, "/ws/btcusdt@depth@100ms") as streams,
        ):
            first = await streams.next()
            snapshot = await raw.get("depth", {"symbol": "BTCUSDT", "limit": 5000})
            book_id = snapshot["lastUpdateId"]
            assert book_id >= first["U"]
            book = {side: dict(snapshot[name]) for side, name in (("b", "bids"), ("a", "asks"))}
            events = [first] + [await streams.next() for _ in range(100)]
            for event in events:
                if event["u"] <= book_id:
                    continue
                assert event["U"] <= book_id + 1, "nothing is missing"
                for side in "ba":
                    for price, quantity in event[side]:
                        if Decimal(quantity):
                            book[side][price] = quantity
                        else:
                            book[side].pop(price, None)
                book_id = event["u"]
            pairs = itertools.pairwise(events)
            assert all(one["u"] + 1 == other["U"] for one, other in pairs)
            while True:
                truth = await raw.get("depth", {"symbol": "BTCUSDT", "limit": 5000})
                if truth["lastUpdateId"] == book_id:
                    break
                event = await streams.next()
                for side in "ba":
                    for price, quantity in event[side]:
                        if Decimal(quantity):
                            book[side][price] = quantity
                        else:
                            book[side].pop(price, None)
                book_id = event["u"]
            assert book == {"b": dict(truth["bids"]), "a": dict(truth["asks"])}

    run(life)


def test_paced_streams_keep_their_pace() -> None:
    async def life(loop: VirtualLoop) -> None:
        names = {
            "btcusdt@depth5": 1.0,
            "btcusdt@depth20@100ms": 0.1,
            "btcusdt@kline_1m": 2.0,
            "btcusdt@kline_1d@+08:00": 2.0,
            "btcusdt@miniTicker": 1.0,
            "btcusdt@ticker": 1.0,
            "btcusdt@ticker_4h": 1.0,
            "btcusdt@avgPrice": 1.0,
            "bnbusdt@referencePrice": 1.0,
        }
        async with (
            LocalExchange(seed=4, market="live") as exchange,
            Streams(exchange, "/stream?streams=" + "/".join(names)) as streams,
        ):
            times: dict[str, list[float]] = {name: [] for name in names}
            while loop.time() < 100_021:
                frame = await streams.next()
                times[frame["stream"]].append(loop.time())
            for name, period in names.items():
                assert 20 / period - 2 <= len(times[name]) <= 21 / period + 1, name

    run(life)


@pytest.mark.parity("market stream", "<symbol>@kline_<interval>")
def test_a_kline_closes_and_agrees_with_the_method() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with (
            LocalExchange(seed=4, market="live") as exchange,
            Raw(exchange) as raw,
            Streams(exchange, "/ws/btcusdt@kline_1m") as streams,
        ):
            event = await streams.next()
            while not event["k"]["x"]:
                event = await streams.next()
            rows = await raw.get("klines", {"symbol": "BTCUSDT", "interval": "1m"})
            row = next(row for row in rows if row[0] == event["k"]["t"])
            assert row[1:6] == [event["k"][name] for name in "ohlcv"]
            assert (row[6], row[8]) == (event["k"]["T"], event["k"]["n"])

    run(life)


@pytest.mark.parity("market stream", "<symbol>@kline_<interval>")
@pytest.mark.parametrize(("interval", "seconds"), [("1s", 1), ("1m", 60)])
def test_the_candle_in_which_a_stream_is_subscribed_is_told_when_it_closes(interval: str, seconds: int) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            quote(exchange)
            await asyncio.sleep(seconds - exchange.clock.now_ms() % (seconds * 1000) / 1000 + seconds - 0.3)
            async with Streams(exchange, f"/ws/btcusdt@kline_{interval}") as streams:
                await trade(raw)
                told = [(await streams.next())["k"] for _ in range(2)]
                assert [(each["x"], each["n"], each["v"]) for each in told] == [
                    (True, 1, "0.10000000"),
                    (False, 0, "0.00000000"),
                ]
                assert told[1]["t"] - told[0]["t"] == seconds * 1000

    run(life)


def test_every_candle_that_closed_is_told_after_the_clock_jumped_but_none_of_a_break() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with (
            LocalExchange(market="manual") as exchange,
            Raw(exchange) as raw,
            Streams(exchange, "/ws/btcusdt@kline_1s") as streams,
        ):
            add_hmac_key(exchange)
            quote(exchange)
            await trade(raw)
            for jump in (5, 1000):
                exchange.clock.step(jump)
                await asyncio.sleep(2)
            exchange.set_status("BTCUSDT", "BREAK")
            await asyncio.sleep(20)
            exchange.set_status("BTCUSDT", "TRADING")
            await asyncio.sleep(2)
            closed: list[int] = []
            end = exchange.clock.now_ms()
            while (event := await streams.next())["E"] < end:
                closed += [event["k"]["t"] // 1000] if event["k"]["x"] else []
            steps = [later - earlier for earlier, later in itertools.pairwise(closed)]
            of_the_jump, of_the_break = (step for step in steps if step != 1)
            assert steps.index(of_the_jump) >= 5, "each candle of a short jump is told"
            assert 900 < of_the_jump < 1000, "of a long one those of a minute"
            assert 18 <= of_the_break <= 22

    run(life)


@pytest.mark.parity("behaviour", "stream control: SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, properties and errors")
async def test_streams_are_added_and_removed_on_the_way() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        quote(exchange)
        async with Streams(exchange, "/ws") as streams:
            assert await streams.ask("SUBSCRIBE", ["btcusdt@trade", "nothing@here"]) == {"result": None, "id": 1}
            await trade(raw)
            assert (await streams.next())["e"] == "trade"
            names = await streams.ask("LIST_SUBSCRIPTIONS", id="list")
            assert names == {"result": ["btcusdt@trade", "nothing@here"], "id": "list"}
            assert await streams.ask("UNSUBSCRIBE", ["btcusdt@trade"]) == {"result": None, "id": 1}
            await trade(raw)
            assert (await streams.ask("LIST_SUBSCRIPTIONS"))["result"] == ["nothing@here"]


@pytest.mark.parity("behaviour", "stream control: SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, properties and errors")
async def test_the_combined_property_changes_the_envelope() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        quote(exchange)
        async with Streams(exchange, "/ws/btcusdt@trade") as streams:
            assert await streams.ask("GET_PROPERTY", ["combined"]) == {"result": False, "id": 1}
            assert await streams.ask("SET_PROPERTY", ["combined", True]) == {"result": None, "id": 1}
            await trade(raw)
            assert (await streams.next()).keys() == {"stream", "data"}


@pytest.mark.parametrize(
    ("frame", "code", "msg"),
    [
        ("{", 3, "Invalid JSON: expected value at line 1 column 2"),
        ('{"id": 1,\n "method": x}', 3, "Invalid JSON: expected value at line 2 column 12"),
        ('{"id": 1}', 2, "Invalid request: missing field `method` at line 1 column 9"),
        ('{"id": 1, "method": "SET_PROPERTY", "params": []}', 2, "Invalid request: property name must be a string"),
        ('{"id": 1.5, "method": "SUBSCRIBE"}', 2, "Invalid request: request ID must be an unsigned integer"),
        ('{"method": "LIST_SUBSCRIPTIONS"}', 2, "Invalid request: request ID must be an unsigned integer"),
        (
            '{"id": 1, "method": "subscribe"}',
            2,
            (
                "Invalid request: unknown variant `subscribe`, expected one of `SUBSCRIBE`, "
                "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 column"
            ),
        ),
        ('{"id": 1, "method": "SUBSCRIBE", "params": [5]}', 2, "Invalid request: stream name must be a string"),
        ('{"id": 1, "method": "SET_PROPERTY", "params": ["x", true]}', 0, "Unknown property"),
        ('{"id": 1, "method": "SET_PROPERTY", "params": ["combined", 1]}', 1, "Invalid value type: expected Boolean"),
        ('{"id": 1, "method": "GET_PROPERTY", "params": [1]}', 2, "Invalid request: property name must be a string"),
        ('{"id": 1, "method": "GET_PROPERTY", "params": ["combined", 1]}', 2, "Invalid request: too many parameters"),
        ('{"id": 1, "method": "LIST_SUBSCRIPTIONS", "params": ["x"]}', 2, "Invalid request: too many parameters"),
        ('{"id": 1, "method": "GET_PROPERTY"}', 2, "Invalid request: property name must be a string"),
        ('{"id": 1, "method": "SET_PROPERTY"}', 2, "Invalid request: property name must be a string"),
    ],
)
async def test_a_wrong_request_gets_its_error(frame: str, code: int, msg: str) -> None:
    async with LocalExchange(market="manual") as exchange, Streams(exchange, "/ws") as streams:
        await streams.socket.send(frame)
        answer = await streams.next()
        assert answer["code"] == code
        assert answer["msg"].startswith(msg)


@pytest.mark.parity("behaviour", "five requests a second and 1024 streams on a stream connection")
async def test_the_sixth_request_within_a_second_ends_the_connection() -> None:
    async with LocalExchange(market="manual") as exchange, Streams(exchange, "/ws") as streams:
        for _ in range(5):
            assert (await streams.ask("LIST_SUBSCRIPTIONS"))["result"] == []
        with pytest.raises(ConnectionClosedError) as closed:
            await streams.ask("LIST_SUBSCRIPTIONS")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


@pytest.mark.parametrize("kind", ["ping", "pong"])
async def test_pings_and_pongs_count_as_messages(kind: str) -> None:
    """The page counts them, so a client that pings too eagerly is disconnected."""
    async with LocalExchange(market="manual") as exchange, Streams(exchange, "/ws") as streams:
        send = streams.socket.ping if kind == "ping" else streams.socket.pong
        for _ in range(5):
            await send()
        await asyncio.sleep(0.05)
        assert streams.socket.close_code is None
        await send()
        async with asyncio.timeout(5):
            await streams.socket.wait_closed()
        assert streams.socket.close_code == 1008


@pytest.mark.parity("behaviour", "five requests a second and 1024 streams on a stream connection")
async def test_a_connection_listens_to_1024_streams_and_no_more() -> None:
    async with LocalExchange(market="manual") as exchange, Streams(exchange, "/ws/btcusdt@trade") as streams:
        names = [f"s{number}@trade" for number in range(1023)]
        assert await streams.ask("SUBSCRIBE", names) == {"result": None, "id": 1}
        assert (await streams.ask("SUBSCRIBE", ["one@more"]))["code"] == 2
        assert (await streams.ask("SUBSCRIBE", names))["result"] is None  # none of them is new
        listed = (await streams.ask("LIST_SUBSCRIPTIONS"))["result"]
        assert listed == ["btcusdt@trade", *names]
        url = "/ws/" + "/".join(f"{number:x}@a" for number in range(1025))
        async with Streams(exchange, url) as greedy:
            async with asyncio.timeout(5):
                await greedy.socket.wait_closed()
            assert greedy.socket.close_code == 1008


async def test_listening_to_the_market_weighs_nothing_but_counts_as_a_connection() -> None:
    """Two weight is what connecting to the WebSocket API costs ("IP limits")."""
    rules = LimitRules(connects_per_5_minutes=2)
    async with LocalExchange(market="manual", limits=rules) as exchange, Streams(exchange, "/stream/") as streams:
        assert (await streams.ask("GET_PROPERTY", ["combined"]))["result"] is True
        async with Raw(exchange) as raw:
            assert (await raw.ask("ping"))["rateLimits"][0]["count"] == 3
        with pytest.raises(InvalidStatus):
            async with Streams(exchange, "/ws"):
                pass


@pytest.mark.parametrize("name", ["!miniTicker@arr", "!ticker_1h@arr"])
def test_the_whole_market_is_told_only_of_what_changed_since(name: str) -> None:
    """A symbol that traded before a client listened has not changed."""

    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            quote(exchange)
            exchange.quote("ETHUSDT", asks=[("3000", "1")])
            await trade(raw)
            await asyncio.sleep(5)
            async with Streams(exchange, f"/ws/{name}") as streams:
                await asyncio.sleep(3)
                await raw.signed("order.place", symbol="ETHUSDT", side="BUY", type="MARKET", quantity="0.1")
                assert [row["s"] for row in await streams.next()] == ["ETHUSDT"]
                await trade(raw)
                assert [row["s"] for row in await streams.next()] == ["BTCUSDT"]

    run(life)


@pytest.mark.parity("behaviour", "serverShutdown in both forms")
async def test_a_shutdown_is_announced_raw_and_combined() -> None:
    async with (
        LocalExchange(market="manual") as exchange,
        Streams(exchange, "/ws") as raw,
        Streams(exchange, "/stream") as combined,
    ):
        exchange.faults.shutdown(lead=0)
        assert (await raw.next())["e"] == "serverShutdown"
        frame = await combined.next()
        assert (frame["stream"], frame["data"]["e"]) == ("!serverShutdown", "serverShutdown")


async def test_another_path_is_not_found() -> None:
    async with LocalExchange(market="manual") as exchange:
        with pytest.raises(InvalidStatus) as refused:
            async with Streams(exchange, "/wss/btcusdt@trade"):
                pass
        assert refused.value.response.status_code == 404


def test_nothing_is_left_ticking_without_listeners() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange:
            async with Streams(exchange, "/ws/btcusdt@depth5@100ms") as streams:
                await streams.next()
            await asyncio.sleep(1)
            hub = exchange._server.hub
            assert not hub._channels
            assert not hub._ticking

    run(life)
