"""Subscribing, unsubscribing and receiving, in virtual time, with a peer that enforces the documented limits."""

from __future__ import annotations

import asyncio
import gc
import json
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from tenacity import AsyncRetrying, stop_after_attempt, wait_fixed

from binance_wsapi.errors import ConnectFailed, NotConnected, UsageError, VenueError
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.link.lifecycle import Failed
from binance_wsapi.streams import MarketStreams, QueuePolicy, StreamGap, TradeEvent
from tests.simulation.loop import VirtualLoop
from tests.streams.peer import Connection, Gate, StreamPeer, collecting, frame, play, symbols, take, trade, until


def test_events_arrive_typed_and_in_order_and_leaving_unsubscribes() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("BNBBTC") as trades:
            assert trades.live
            for number in range(100):
                peer.publish("bnbbtc@trade", trade("BNBBTC", number))
            events = await take(trades, 100)
        assert [event.trade_id for event in events] == list(range(100))
        assert all(isinstance(event, TradeEvent) for event in events)
        assert str(events[0].price) == "0.001"
        await asyncio.sleep(2)
        assert peer.asked("UNSUBSCRIBE") == [["bnbbtc@trade"]]
        assert peer.paths == ["/stream"]

    play(test)


def test_no_connection_is_opened_before_a_stream_is_wanted() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        await asyncio.sleep(60)
        assert loop.network.connects == []

    play(test)


def test_two_updates_that_arrive_together_are_both_delivered() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            waiting = asyncio.ensure_future(anext(trades))
            await asyncio.sleep(0.1)
            peer.publish("a@trade", trade("A", 1))
            peer.publish("a@trade", trade("A", 2))
            first = await waiting
            assert isinstance(first, TradeEvent)
            assert (first.trade_id, (await take(trades, 1))[0].trade_id) == (1, 2)

    play(test)


def test_raw_brings_the_message_as_the_venue_sent_it() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with (
            streams.subscribe("a@trade", form="dicts") as one,
            streams.trade("A").in_form("dicts") as two,
            streams.subscribe("a@somethingNew") as three,
        ):
            peer.publish("a@trade", trade("A", 7))
            peer.publish("a@somethingNew", {"x": 1})
            expected = {"stream": "a@trade", "data": trade("A", 7)}
            assert await take(one, 1) == [expected]
            assert await take(two, 1) == [expected]
            assert await take(three, 1) == [{"stream": "a@somethingNew", "data": {"x": 1}}]

    play(test)


def test_one_iterator_may_bring_streams_of_several_kinds() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.subscribe("a@trade", "a@bookTicker", "a@depth5") as events:
            peer.publish("a@bookTicker", {"u": 5, "s": "A", "b": "1", "B": "2", "a": "3", "A": "4"})
            peer.publish("a@trade", trade("A", 7))
            peer.publish("a@depth5", {"lastUpdateId": 160, "bids": [["0.0024", "10"]], "asks": []})
            kinds = [type(event).__name__ for event in await take(events, 3)]
        assert kinds == ["BookTickerEvent", "TradeEvent", "PartialDepthEvent"]

    play(test)


def test_several_consumers_of_a_stream_share_it_and_the_last_one_unsubscribes() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as one:
            async with streams.trade("A") as two:
                peer.publish("a@trade", trade("A", 1))
                assert (await take(one, 1))[0].trade_id == (await take(two, 1))[0].trade_id == 1
            await asyncio.sleep(2)
            assert peer.asked("UNSUBSCRIBE") == []
            peer.publish("a@trade", trade("A", 2))
            assert (await take(one, 1))[0].trade_id == 2
        assert peer.asked("SUBSCRIBE") == [["a@trade"]]

    play(test)


def test_wanted_again_before_it_was_unsubscribed_costs_no_frame_and_no_wait() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A", "B"):
            async with streams.trade("C"):
                pass
            started = loop.time()
            async with streams.trade("C") as again:
                assert loop.time() == started
                peer.publish("c@trade", trade("C", 1))
                await take(again, 1)
        await asyncio.sleep(5)
        assert [names for names in peer.asked("UNSUBSCRIBE") if names == ["c@trade"]] == []

    play(test)


def test_wanted_again_while_it_is_unsubscribed_is_subscribed_again() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        peer.reply_after = 0.3
        async with streams.trade("A"):
            async with streams.trade("C"):
                pass
            await until(lambda: bool(peer.asked("UNSUBSCRIBE")))
            async with streams.trade("C") as again:
                assert peer.asked("SUBSCRIBE")[-1] == ["c@trade"]
                peer.publish("c@trade", trade("C", 1))
                await take(again, 1)

    play(test)


def test_three_thousand_streams_over_three_connections_within_the_pacing_rules() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        started = loop.time()
        names = list(symbols(3000))
        subscriptions = [streams.trade(name) for name in names]
        await asyncio.gather(*(each.__aenter__() for each in subscriptions))
        assert loop.time() - started < 6.0
        assert sorted(streams.connections.values()) == [1000, 1000, 1000]
        assert sorted(len(each.streams) for each in peer.connections) == [1000, 1000, 1000]
        for number in (1, 2):
            for name in names:
                peer.publish(f"{name.lower()}@trade", trade(name, number))
        for name, each in zip(names, subscriptions, strict=True):
            events = await take(each, 2)
            assert [(event.symbol, event.trade_id) for event in events] == [(name, 1), (name, 2)]
        await asyncio.sleep(120)  # pings and pongs
        assert all(len(each.arrivals) > 10 for each in peer.connections)
        await asyncio.gather(*(each.__aexit__(None, None, None) for each in subscriptions))
        await asyncio.sleep(10)
        assert all(not each.streams for each in peer.connections)

    play(test, connections=3)


def test_as_few_connections_as_needed_are_opened_and_an_empty_one_is_closed_after_a_while() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade(*symbols(1024)) as kept:
            assert list(streams.connections.values()) == [1024]
            async with streams.trade("ONEMORE") as more:
                assert sorted(streams.connections.values()) == [1, 1024]
                peer.publish("onemore@trade", trade("ONEMORE", 1))
                await take(more, 1)
            await asyncio.sleep(70)
            assert list(streams.connections.values()) == [1024]
            assert kept.live

    play(test)


def test_pings_of_the_venue_leave_room_for_control_frames_under_jitter() -> None:
    """The peer counts arrivals, which the network bunches up; `play` asserts that it never counted more than five."""

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        loop.network.most = 0.9
        for number in range(60):
            async with streams.trade(f"A{number}"):
                pass
        assert len(peer.asked("SUBSCRIBE")) == 60

    for seed in range(5):
        play(test, seed)


def test_a_refused_name_is_found_among_the_others_and_only_its_consumer_is_told() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        peer.unknown = {"s33usdt@trade"}
        good = streams.trade(*(name for name in symbols(100) if name != "S33USDT"))
        bad = streams.trade("S33USDT")
        results = await asyncio.gather(good.__aenter__(), bad.__aenter__(), return_exceptions=True)
        assert results[0] is good
        assert isinstance(results[1], VenueError)
        assert results[1].code == 2
        assert good.live
        assert len(peer.asked("SUBSCRIBE")) < 20
        peer.publish("s34usdt@trade", trade("S34USDT", 1))
        await take(good, 1)
        await good.__aexit__(None, None, None)

    play(test)


@pytest.mark.parametrize("with_id", [True, False])
def test_both_documented_forms_of_a_refusal_are_understood(with_id: bool) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async def refuse(connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
            reply: dict[str, Any] = {"code": 2, "msg": "Invalid request: too many parameters"}
            return reply | {"id": request["id"]} if with_id else reply

        peer.answer = refuse
        with pytest.raises(VenueError) as caught:
            await streams.trade("A").__aenter__()
        assert caught.value.msg == "Invalid request: too many parameters"
        assert streams.connections  # the connection is as good as ever

    play(test)


def test_a_control_frame_without_a_reply_costs_the_connection_and_is_sent_again_on_the_next() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async def silence(connection: Connection, request: dict[str, Any]) -> dict[str, Any] | None:
            if connection.number == 1:
                return None
            peer.take(connection, request)
            return {"result": None, "id": request["id"]}

        peer.answer = silence
        started = loop.time()
        async with streams.trade("A") as trades:
            assert 10.0 <= loop.time() - started <= 12.0
            peer.publish("a@trade", trade("A", 1))
            await take(trades, 1)
        assert len(peer.connections) == 2

    play(test)


def test_entering_ends_at_its_deadline_and_leaves_nothing_behind() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        loop.network.refuse = True
        started = loop.time()
        with pytest.raises(NotConnected, match="not subscribed within 3 s; last: no connection"):
            await streams.trade("A", timeout=3.0).__aenter__()
        assert 3.0 <= loop.time() - started < 3.1
        assert streams.routes == {}
        loop.network.refuse = False
        async with streams.trade("B"):
            pass
        assert all("a@trade" not in names for names in peer.asked("SUBSCRIBE"))

    play(test)


def test_the_venue_is_not_hammered_while_it_refuses_connections() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        loop.network.refuse = True
        with pytest.raises(NotConnected):
            await streams.trade("A", timeout=1200.0).__aenter__()
        times = loop.network.connects
        assert len(times) > 30
        assert max(sum(1 for other in times if 0 <= other - start < 300) for start in times) <= 300

    play(test)


def test_every_connection_passes_the_gate_it_was_given() -> None:
    asked: list[float] = []

    async def limiter() -> None:
        asked.append(asyncio.get_running_loop().time())
        await asyncio.sleep(5)

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            assert loop.network.connects[0] - asked[0] == pytest.approx(5)
            loop.network.live[0].reset()
            assert isinstance((await take(trades, 1))[0], StreamGap)
        assert len(asked) == len(loop.network.connects) == 2

    play(test, budget=Gate(limiter))


def test_a_cut_is_told_by_a_gap_in_its_place_and_every_stream_is_restored() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A", "B") as trades:
            peer.publish("a@trade", trade("A", 1))
            await asyncio.sleep(0.1)
            cut_at = streams.now_ms()
            loop.network.live[0].reset()
            await asyncio.sleep(0.01)
            assert not trades.live
            peer.publish("a@trade", trade("A", 2))  # into the gap
            await until(lambda: trades.live)
            peer.publish("a@trade", trade("A", 3))
            events = await take(trades, 4)
        assert events[0].trade_id == 1
        assert {each.stream for each in events[1:3]} == {"a@trade", "b@trade"}
        for each in events[1:3]:
            assert isinstance(each, StreamGap)
            assert cut_at - 1_100 <= each.since <= cut_at <= each.until, "a second before the last sign of life at most"
        assert events[3].trade_id == 3

    play(test)


def test_a_gap_precedes_an_event_that_overtakes_the_confirmation() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async def event_first(connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
            peer.take(connection, request)
            peer.publish("a@trade", trade("A", connection.number))
            return {"result": None, "id": request["id"]}

        peer.answer = event_first
        async with streams.trade("A") as trades:
            assert (await take(trades, 1))[0].trade_id == 1
            loop.network.live[0].reset()
            gap, event = await take(trades, 2)
        assert isinstance(gap, StreamGap)
        assert event.trade_id == 2

    play(test)


@pytest.mark.parametrize("dribble", [False, True])
def test_a_half_open_peer_is_noticed_within_twenty_five_seconds(dribble: bool) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        peer.pings = False
        async with streams.trade("A") as trades:
            await asyncio.sleep(3.3)
            before = loop.network.live[0]
            silent_since, silent_since_ms = loop.time(), streams.now_ms()
            if dribble:
                before.segment = 1

                async def crawl() -> None:
                    before.hole = "up"  # what we send, pings included, never arrives
                    before.down.write(b"\x81\x7f" + (1_000_000).to_bytes(8, "big"))
                    while before.alive:
                        before.down.write(b" ")
                        await asyncio.sleep(0.5)

                crawling = asyncio.get_running_loop().create_task(crawl())
            else:
                before.hole = "both"
            await until(lambda: not trades.live)
            assert loop.time() - silent_since <= 25.0
            if dribble:
                await crawling
            await until(lambda: trades.live)
            peer.publish("a@trade", trade("A", 1))
            gap, event = await take(trades, 2)
            assert event.trade_id == 1
            assert gap.since <= silent_since_ms < gap.until, "and not since it was noticed"

    play(test)


def test_a_quiet_connection_is_kept() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        peer.pings = False
        async with streams.trade("A") as trades:
            await asyncio.sleep(3600)
            assert trades.live
        assert len(loop.network.connects) == 1

    play(test)


def test_what_makes_no_sense_is_counted_told_and_survived() -> None:
    strange: list[Any] = [
        b"\x00\x01", b"", b"{", b"[]", b"null", b'{"stream":"\xff\xfe', b"[" * 100_000,
        b'{"stream":"a@trade"}', b'{"stream":1,"data":{}}',
        b'{"stream":"a@trade","data":', b'{"stream":"a@trade","data":{}}', b'{"stream":"a@trade","data":[1e400]}',
        b'{"stream":"a@trade","data":{"t":' + b"9" * 5000 + b"}}", b'{"id":99,"result":null}',
        b'{"id":"1","result":null}', b'{"stream":"other@trade","data":{}}', b'"\\ud800"',
        *(
            json.dumps({"stream": "a@trade", "data": trade("A", 7) | {"p": price}}).encode()
            for price in ("NaN", "1E+999999999")
        ),
    ]  # fmt: skip
    errors: list[Any] = []

    async def on_error(event: Any) -> None:
        errors.append(event)

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades, collecting(trades) as events:
            for number, each in enumerate(strange):
                peer.live[-1].push_bytes(each, text=number > 0)
                await asyncio.sleep(5)
                peer.publish("a@trade", trade("A", number))
                await asyncio.sleep(5)
            assert [event.trade_id for event in events] == list(range(len(strange)))
            assert trades.counters["unreadable"] == 7
        assert len(loop.network.connects) == 1
        assert len(errors) == 18

    play(test, on_error=on_error)


def test_a_row_that_cannot_be_read_costs_no_other_row_of_its_list() -> None:
    told: list[str] = []

    async def on_error(event: Failed) -> None:
        told.append(str(event.error))

    def row(symbol: str, price: Any = "1") -> dict[str, Any]:
        return {"e": "24hrMiniTicker", "E": 1, "s": symbol, **dict.fromkeys("cohlvq", price)}

    lists: list[list[Any]] = [
        [row("A"), row("B", "NaN"), row("C"), {"s": "D"}, None, row("E")],
        [row("A", "1E+999999999"), 7],
        [row("A"), row("B")],
        [],
    ]

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        for names in (["!miniTicker@arr"], ["!miniTicker@arr", "a@trade"]):
            told.clear()
            async with streams.subscribe(*names) as tickers, collecting(tickers) as events:
                for each in lists:
                    peer.publish("!miniTicker@arr", each)
                await asyncio.sleep(5)
                assert [[each.symbol for each in event] for event in events] == [["A", "C", "E"], ["A", "B"], []]
                assert tickers.counters["unreadable"] == 2
            assert ["3 of its 6 rows: BadNumber, ValidationError" in each for each in told] == [True, False]

    play(test, on_error=on_error)


def test_a_violation_of_the_framing_ends_the_connection_and_the_streams_come_back() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            peer.live[-1].transport.write(b"\xf1\x01a")  # reserved bits
            await asyncio.sleep(20)
            peer.publish("a@trade", trade("A", 1))
            gap, event = await take(trades, 2)
            assert isinstance(gap, StreamGap)
            assert event.trade_id == 1

    play(test)


def test_a_flood_of_nonsense_costs_the_connection() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            for _ in range(25):
                peer.live[-1].push_bytes(b"nonsense")
            assert isinstance((await take(trades, 1))[0], StreamGap)
        assert len(loop.network.connects) == 2

    play(test)


def test_a_frame_written_in_another_order_or_with_escapes_is_understood() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A", "１２３") as trades:
            peer.live[0].push(json.dumps({"data": trade("A", 1), "stream": "a@trade"}))
            peer.live[0].push(json.dumps({"stream": "１２３@trade", "data": trade("１２３", 2)}))  # \u escapes
            peer.live[0].push(frame("１２３@trade", trade("１２３", 3)))
            peer.live[0].push('{ "stream" : "a@trade" , "data" : ' + json.dumps(trade("A", 4)) + " }")
            assert [event.trade_id for event in await take(trades, 4)] == [1, 2, 3, 4]

    play(test)


def test_a_consumer_that_sleeps_costs_no_more_than_its_bound_and_is_told() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A", limit=100) as trades, streams.trade("A") as quick:
            for number in range(1000):
                peer.publish("a@trade", trade("A", number))
            assert [event.trade_id for event in await take(quick, 1000)] == list(range(1000))
            assert (trades.queued, trades.received, trades.lost) == (100, 1000, 900)
            events = await take(trades, 101)
        assert events[0] == Overflow(900)
        assert [event.trade_id for event in events[1:]] == list(range(900, 1000))

    play(test)


@pytest.mark.parametrize("policy", list(QueuePolicy))
def test_a_consumer_that_sleeps_costs_no_memory_beyond_its_bound(policy: QueuePolicy) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A", "B", policy=policy, limit=100) as sleeper:
            sizes: list[int] = []
            tracemalloc.start()
            try:
                for number in range(10):
                    for step in range(100):
                        for symbol in ("A", "B"):
                            peer.publish(f"{symbol.lower()}@trade", trade(symbol, 100 * number + step))
                        await asyncio.sleep(0.0)
                    await asyncio.sleep(1.0)
                    gc.collect()
                    sizes.append(tracemalloc.get_traced_memory()[0])
            finally:
                tracemalloc.stop()
            assert sleeper.received == 2_000
            assert sleeper.queued == (2 if policy is QueuePolicy.LATEST else 100)
            assert sizes[-1] - sizes[3] < 50_000, sizes  # 1,200 more events of 300 bytes each

    play(test)


def test_a_consumer_that_never_waits_lets_the_loop_have_its_turn() -> None:
    """Its own code takes a hundredth of a second an event; nothing else may be held up for much longer than a slice."""

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            for number in range(1000):
                peer.publish("a@trade", trade("A", number))
            await asyncio.sleep(1)
            turns: list[float] = []

            async def others() -> None:
                while True:
                    turns.append(loop.time())
                    await asyncio.sleep(0)

            task = asyncio.get_running_loop().create_task(others())
            for _ in range(1000):
                await anext(trades)
                loop.now += 0.01
            task.cancel()
        assert max(b - a for a, b in pairwise(turns)) <= 0.07

    play(test)


def test_closing_ends_every_iterator_after_what_it_still_has() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            peer.publish("a@trade", trade("A", 1))
            await asyncio.sleep(1)
            await streams.close()
            assert [event.trade_id async for event in trades if isinstance(event, TradeEvent)] == [1]
        with pytest.raises(NotConnected, match="closed"):
            await streams.trade("A").__aenter__()

    play(test)


def test_misuse_is_refused_with_the_remedy() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        with pytest.raises(UsageError, match="async with"):
            await anext(streams.trade("A"))
        async with streams.trade("A") as trades:
            with pytest.raises(UsageError, match="entered once"):
                await trades.__aenter__()
            first = asyncio.ensure_future(anext(trades))
            await asyncio.sleep(0)
            with pytest.raises(UsageError, match="one consumer"):
                await anext(trades)
            first.cancel()
        for wrong in (
            lambda: streams.subscribe(),
            lambda: streams.trade(),
            lambda: streams.trade("A", policy="newest"),  # type: ignore[arg-type]
            lambda: streams.trade("A", limit=0),
            lambda: streams.trade("A", timeout=0),
            lambda: MarketStreams(peer.environment, connections=0),
            lambda: MarketStreams(peer.environment, streams_per_connection=2000),
            lambda: MarketStreams(peer.environment, {"open_timeout": 5}),  # type: ignore[arg-type]
        ):
            with pytest.raises(UsageError):
                wrong()

    play(test)


def test_a_connection_that_can_never_be_made_is_an_error_for_every_consumer() -> None:
    class Broken:
        async def open(self, url: str, listener: object, timeout: float) -> Any:
            from binance_wsapi.errors import TlsVerificationError

            raise TlsVerificationError("the certificate is not valid")

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        with pytest.raises(ConnectFailed, match="certificate"):
            await streams.trade("A").__aenter__()

    play(test, transport=Broken())


def test_what_the_users_own_code_raises_is_an_error_for_every_consumer_when_the_policy_gives_up() -> None:
    gates = iter([True])

    async def limiter() -> None:
        if not next(gates, False):
            raise RuntimeError("the lease is gone")

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades, streams.trade("B") as others:
            loop.network.live[0].reset()
            for subscription in (trades, others):
                with pytest.raises(ConnectFailed, match="RuntimeError") as raised:
                    await take(subscription, 1)
                assert "the lease is gone" in str(raised.value.__cause__)

    play(test, budget=Gate(limiter), reconnect=AsyncRetrying(stop=stop_after_attempt(3), wait=wait_fixed(0.1)))


def test_the_hooks_hear_of_connections_as_those_of_the_session_do() -> None:
    heard: list[tuple[str, Any]] = []

    def hook(name: str) -> Any:
        async def remember(event: Any) -> None:
            heard.append((name, event))

        return remember

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            peer.publish("a@trade", trade("A", 1))
            await take(trades, 1)
            loop.network.live[0].reset()
            await take(trades, 1)
            loop.network.refuse = True
            loop.network.live[0].reset()
            await asyncio.sleep(1)
            loop.network.refuse = False
            await take(trades, 1)
        await streams.close()
        names = [name for name, _ in heard]
        assert names[:2] == ["message", "open"]
        assert names.count("open") == 3
        assert names.count("close") == 3
        assert "error" in names
        opened = next(event for name, event in heard if name == "open")
        assert (opened.connection, opened.logged_on) == (1, False)
        assert [event.wanted for name, event in heard if name == "close"] == [False, False, True]
        assert any(b'"a@trade"' in event.data for name, event in heard if name == "message")

    play(
        test,
        on_open=hook("open"),
        on_message=hook("message"),
        on_close=hook("close"),
        on_error=hook("error"),
    )


@pytest.mark.parametrize("how", ["blocks the loop", "raises", "sleeps"])
def test_a_bad_callback_costs_no_event_and_no_connection(how: str) -> None:
    called = 0

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        nonlocal called

        async with streams.trade("A") as trades, collecting(trades) as events:
            for number in range(40):
                peer.publish("a@trade", trade("A", number))
                await asyncio.sleep(2.0)
            await asyncio.sleep(30.0)
            assert [event.trade_id for event in events] == list(range(40)), "none is lost, and there is no gap"
            assert list(streams.connections) == [1]
            assert trades.lost == 0
        assert called > (5 if how == "sleeps" else 40)

    async def on_message(_: Any) -> None:
        nonlocal called
        called += 1
        if how == "blocks the loop":
            asyncio.get_running_loop().now += 1.0  # type: ignore[attr-defined]
        elif how == "sleeps":
            await asyncio.sleep(10.0)
        else:
            raise ZeroDivisionError

    play(test, on_message=on_message)


def test_microseconds_are_asked_for_in_the_url() -> None:
    from binance_wsapi.wire.endpoint import TimeUnit

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A"):
            assert peer.paths == [f"/stream?timeUnit={TimeUnit.MICROSECOND.value}"]

    play(test, time_unit=TimeUnit.MICROSECOND)


@pytest.mark.parametrize("length", [3, 12, 60])
def test_control_frames_are_cut_by_bytes(length: int) -> None:
    """Public reports: the venue leaves control frames of more than 4,088 bytes unanswered for many seconds."""

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        names = [f"{n:0{length}}usdt@aggTrade" for n in range(600)]
        async with streams.subscribe(*names):
            pass
        await until(lambda: len([name for each in peer.asked("UNSUBSCRIBE") for name in each]) == 600, 120)
        frames = [json.dumps(each, separators=(",", ":")) for one in peer.connections for each in one.requests]
        assert max(map(len, frames)) <= 4_000
        assert min(len(each) for each in frames[:2]) > 3_800
        assert [name for each in peer.asked("SUBSCRIBE") for name in each] == names

    play(test)


def test_a_stream_that_falls_silent_while_its_connection_is_well_shows_its_age() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A", "B") as both:
            assert both.last_event_age is None
            peer.publish("a@trade", trade("A", 1))
            await asyncio.sleep(10)
            peer.publish("b@trade", trade("B", 1))
            await asyncio.sleep(40)
            assert both.live
            assert both.last_event_age == pytest.approx(40, abs=0.1)
        assert both.last_event_age is None

    play(test)
