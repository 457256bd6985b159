"""Replacing connections without losing, doubling or disordering an event, in virtual time, from seeds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from binance_wsapi.link.sockets.choice import LONGEST_CLOSE
from binance_wsapi.streams import MarketStreams, StreamGap
from tests.counts import numbers
from tests.simulation.loop import VirtualLoop
from tests.streams.peer import Connection, StreamPeer, collecting, frame, play, take, trade, until

Payload = Callable[[int], Any]


def _levels(number: int) -> list[list[str]]:
    return [["0.0024", str(number)]]


# For each kind of stream, the payload of its n-th event.
KINDS: dict[str, Payload] = {
    "x@trade": lambda n: {**trade("X", n), "n": n},
    "x@aggTrade": lambda n: {"e": "aggTrade", "E": 9, "s": "X", "a": n, "p": "1", "q": "1", "f": n, "l": n, "T": 9, "m": True, "n": n},
    "x@depth@100ms": lambda n: {"e": "depthUpdate", "E": 9, "s": "X", "U": 3 * n, "u": 3 * n + 2, "b": _levels(n), "a": [], "n": n},
    "x@depth5": lambda n: {"lastUpdateId": n, "bids": _levels(n), "asks": [], "n": n},
    "x@bookTicker": lambda n: {"u": n, "s": "X", "b": "1", "B": "1", "a": "2", "A": "1", "n": n},
    "x@avgPrice": lambda n: {"e": "avgPrice", "E": n, "s": "X", "i": "5m", "w": "1", "T": n, "n": n},
    "!miniTicker@arr": lambda n: [
        {"e": "24hrMiniTicker", "E": n, "s": "X", "c": "1", "o": "1", "h": "1", "l": "1", "v": "1", "q": "1", "n": n}
    ],
    "x@unheardOf": lambda n: {"n": n},
}  # fmt: skip


async def flood(loop: VirtualLoop, peer: StreamPeer, sent: dict[str, int], until: float) -> None:
    """Publish on every stream, in bursts at random moments; each connection lags behind by its own time."""
    while loop.time() < until:
        for name, payload in KINDS.items():
            for _ in range(loop.random.choice((0, 0, 1, 2, 5))):
                sent[name] += 1
                peer.publish(name, payload(sent[name]))
        await asyncio.sleep(loop.random.uniform(0.0, 0.2))


def number_of(message: dict[str, Any]) -> int:
    """Return which event of its stream a raw message is."""
    data = message["data"]
    number: int = (data[0] if isinstance(data, list) else data)["n"]
    return number


def check(events: list[Any], sent: dict[str, int], *, gaps: bool = False) -> None:
    """Every event once, in order; with gaps, nothing missing but where a gap says so."""
    for name in KINDS:
        last, gap = 0, False
        for event in events:
            if isinstance(event, StreamGap):
                gap = gap or event.stream == name
                continue
            if event["stream"] != name:
                continue
            number = number_of(event)
            assert number > last, f"{name}: {number} after {last}"
            assert gap or number == last + 1, f"{name}: {number} after {last}, and no gap"
            last, gap = number, False
        assert last == sent[name], f"{name}: ends with {last} of {sent[name]}"
    if not gaps:
        assert not any(isinstance(event, StreamGap) for event in events)


@pytest.mark.lives
@pytest.mark.parametrize("seed", numbers(2, 8))
def test_a_rotation_under_load_loses_and_doubles_nothing(seed: int, no_log: None) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async def lag(connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
            if not connection.streams:
                connection.lag = loop.random.choice((0.0, 0.001, 0.3, 2.0))
            peer.take(connection, request)
            return {"result": None, "id": request["id"]}

        peer.answer = lag
        peer.reply_after = loop.random.choice((0.0, 0.2))
        sent = dict.fromkeys(KINDS, 0)
        async with (
            streams.subscribe(*KINDS, form="dicts", limit=1_000_000) as subscription,
            collecting(subscription) as events,
        ):
            load = asyncio.ensure_future(flood(loop, peer, sent, loop.time() + 60))
            for _ in range(3):
                await asyncio.sleep(15)
                streams.rotate()
            await load
            await asyncio.sleep(10)
            check(events, sent)
            assert streams.counters["rotations"] == 3
            assert len(streams.connections) == 1

    play(test, seed)


@pytest.mark.lives
@pytest.mark.parametrize("victim", ["old", "new", "both"])
@pytest.mark.parametrize("seed", numbers(1, 8))
def test_a_rotation_that_goes_wrong_loses_nothing_without_saying_so(victim: str, seed: int, no_log: None) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async def lag(connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
            if not connection.streams:
                connection.lag = loop.random.choice((0.0, 0.01, 0.5))
            peer.take(connection, request)
            return {"result": None, "id": request["id"]}

        peer.answer = lag
        peer.reply_after = 0.3
        sent = dict.fromkeys(KINDS, 0)
        async with (
            streams.subscribe(*KINDS, form="dicts", limit=1_000_000) as subscription,
            collecting(subscription) as events,
        ):
            load = asyncio.ensure_future(flood(loop, peer, sent, loop.time() + 130))
            for _ in range(4):
                await asyncio.sleep(20)
                streams.rotate()
                await asyncio.sleep(loop.random.uniform(0.0, 6.0))
                links = loop.network.live
                for link in {"old": links[:1], "new": links[1:], "both": links}[victim]:
                    link.reset()
            await asyncio.sleep(30)
            await load
            # What was in flight on a cut link is only missed when the next event comes.
            for name, payload in KINDS.items():
                sent[name] += 1
                peer.publish(name, payload(sent[name]))
            await asyncio.sleep(10)
            check(events, sent, gaps=True)
            if victim == "new":
                assert not any(isinstance(event, StreamGap) for event in events)

    play(test, seed)


@pytest.mark.parametrize("dead", [True, False])
def test_what_a_dead_connection_may_have_swallowed_before_its_rotation_is_told(dead: bool) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.subscribe("x@avgPrice", "x@trade", form="dicts") as events:
            if dead:
                loop.network.live[0].hole = "both"
                for name in ("x@avgPrice", "x@trade"):
                    peer.publish(name, KINDS[name](1))
            streams.rotate()
            await asyncio.sleep(8)
            assert len(streams.connections) == 1
            peer.publish("x@trade", KINDS["x@trade"](2))
            heard = await take(events, 3 if dead else 1)
            assert {each.stream for each in heard if isinstance(each, StreamGap)} == (
                {*events.streams} if dead else set()
            )
            assert number_of(heard[-1]) == 2

    play(test)


def test_a_connection_that_takes_its_time_to_close_has_no_part_in_the_next_rotation() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        sent = dict.fromkeys(KINDS, 0)
        async with streams.subscribe(*KINDS, form="dicts") as subscription, collecting(subscription) as events:
            streams.rotate()
            await asyncio.sleep(4.5)
            loop.network.live[0].hole = "up"  # it will not be heard to close
            await asyncio.sleep(1.0)
            streams.rotate()
            await asyncio.sleep(0.5)
            assert len(peer.live) == 3
            for _ in range(10):
                for name, payload in KINDS.items():
                    sent[name] += 1
                    peer.publish(name, payload(sent[name]))
                await asyncio.sleep(0.05)
            await asyncio.sleep(10)
            check(events, sent)

    play(test)


def test_a_connection_and_its_successor_that_are_half_open_are_closed_at_the_same_time() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A"):
            peer.reply_after = 5.0  # the successor brings no stream yet
            streams.rotate()
            await asyncio.sleep(0.5)
            assert len(streams.connections) == 2
            for link in loop.network.live:
                link.hole = "both"
            began = loop.time()
            await streams.close()
            assert loop.time() - began < 1.5 * LONGEST_CLOSE

    play(test)


def test_a_connection_that_is_old_is_replaced_and_quiet_streams_stay() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A", "B") as trades:
            for time in range(3):
                await asyncio.sleep(600)
                peer.publish("a@trade", trade("A", time))
                assert (await take(trades, 1))[0].trade_id == time
        opened = loop.network.connects
        assert len(opened) == 3
        assert all(600 - 1 < later - earlier < 600 + 10 for earlier, later in pairwise(opened))

    play(test, rotate_after=600.0)


@pytest.mark.parametrize("combined", [True, False])
def test_both_forms_of_the_announced_shutdown_start_a_rotation_without_loss(combined: bool) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        sent = dict.fromkeys(KINDS, 0)
        async with streams.subscribe(*KINDS, form="dicts") as subscription, collecting(subscription) as events:
            load = asyncio.ensure_future(flood(loop, peer, sent, loop.time() + 40))
            await asyncio.sleep(5)
            event = {"e": "serverShutdown", "E": 1770123456789}
            for _ in range(3):  # announced again and again: one successor is enough
                peer.live[0].push(frame("!serverShutdown", event) if combined else json.dumps(event))
                await asyncio.sleep(0.2)
            await asyncio.sleep(15)
            assert len(peer.connections) == 2
            assert peer.connections[0].state.name == "CLOSED"
            await load
            await asyncio.sleep(5)
            check(events, sent)

    play(test)


def test_a_shutdown_that_comes_at_once_is_a_gap_and_no_more() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            connection = peer.live[0]
            connection.push(json.dumps({"e": "serverShutdown", "E": 1}))
            await connection.close(1001)
            await until(lambda: trades.live)
            peer.publish("a@trade", trade("A", 1))
            gap, event = await take(trades, 2)
            assert isinstance(gap, StreamGap)
            assert event.trade_id == 1

    play(test)


def test_while_no_successor_can_be_opened_the_old_connection_goes_on() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            loop.network.refuse = True
            streams.rotate()
            for number in range(10):
                await asyncio.sleep(60)
                peer.publish("a@trade", trade("A", number))
                assert (await take(trades, 1))[0].trade_id == number
            async with streams.trade("B") as more:  # and takes new streams
                assert more.live
            loop.network.refuse = False
            await asyncio.sleep(60)
            assert streams.counters["rotations"] == 1

    play(test)


def test_streams_wanted_and_left_during_a_rotation_are_right_on_its_successor() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        peer.reply_after = 0.5
        async with streams.trade("A") as stays:
            leaves = await streams.trade("B").__aenter__()
            streams.rotate()
            await asyncio.sleep(0.2)
            await leaves.__aexit__(None, None, None)
            async with streams.trade("B", "C") as comes:
                await asyncio.sleep(20)
                assert len(peer.live) == 1
                assert sorted(peer.live[0].streams) == ["a@trade", "b@trade", "c@trade"]
                for name in "abc":
                    peer.publish(f"{name}@trade", trade(name.upper(), 1))
                assert [event.symbol for event in await take(comes, 2)] == ["B", "C"]
                assert [event.symbol for event in await take(stays, 1)] == ["A"]

    play(test)


def test_a_hundred_rotations_leave_nothing_behind() -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            for number in range(100):
                streams.rotate()
                await asyncio.sleep(11)
                peer.publish("a@trade", trade("A", number))
                assert (await take(trades, 1))[0].trade_id == number
            assert streams.counters["rotations"] == 100
            assert len(loop.network.live) == 1
            assert len(asyncio.all_tasks()) < 20

    play(test)


def test_not_now_puts_a_rotation_off_and_is_asked_again() -> None:
    busy = True
    asked: list[float] = []

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        nonlocal busy
        async with streams.trade("x") as trades, collecting(trades) as events:
            await asyncio.sleep(700.0)
            assert streams.counters["rotations"] == 0
            assert 15 <= len(asked) <= 25
            busy = False
            await asyncio.sleep(20.0)
            assert streams.counters["rotations"] == 1
            assert len(asked) <= 27
            peer.publish("x@trade", trade("X", 1))
            await asyncio.sleep(1.0)
            assert len(events) == 1

    async def not_now() -> bool:
        asked.append(0.0)
        return busy

    play(test, rotate_after=600.0, not_now=not_now)


@pytest.mark.parametrize("how", ["shutdown", "asked"])
def test_not_now_is_not_asked_when_it_is_not_for_the_user_to_decide(how: str) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("x"):
            if how == "shutdown":
                await asyncio.sleep(100.0)
                peer.live[0].push(json.dumps({"e": "serverShutdown", "E": 1}))
            else:
                streams.rotate()
            await asyncio.sleep(20.0)
            assert streams.counters["rotations"] == 1

    async def never() -> bool:
        raise AssertionError("asked")

    play(test, not_now=never)


@pytest.mark.parametrize("fault", ["raises", "sleeps"])
def test_a_hook_that_fails_puts_nothing_off(fault: str) -> None:
    failed: list[Any] = []

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("x"):
            await asyncio.sleep(630.0)
            assert streams.counters["rotations"] == 1
            assert [type(event.error) for event in failed] == ([ZeroDivisionError] if fault == "raises" else [])

    async def hook() -> bool:
        if fault == "raises":
            raise ZeroDivisionError
        await asyncio.sleep(10_000)
        return True

    async def on_error(event: Any) -> None:
        failed.append(event)

    play(test, rotate_after=600.0, not_now=hook, on_error=on_error)
