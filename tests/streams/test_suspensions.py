"""The machine of the streams sleeps, or its process is stopped, for a minute: fault A16, in virtual time.

The monotonic clock counts the time or it does not. A connection that died meanwhile is noticed soon, whatever its buffer
still held, and the gap tells of the whole time; one that came through is kept.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from binance_wsapi.streams import StreamGap
from tests.simulation.loop import VirtualLoop, run
from tests.streams.peer import StreamPeer, make, runtime, take, trade, until

STOOD_STILL = 60.0


class Machine:
    """How long it slept without its monotonic clock knowing."""

    def __init__(self, loop: VirtualLoop, counted: bool) -> None:
        self.loop, self.counted, self.slept = loop, counted, 1_000.0

    def sleep(self) -> None:
        if self.counted:
            self.loop.now += STOOD_STILL
        else:
            self.slept += STOOD_STILL


@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "with events in the buffer"])
@pytest.mark.parametrize("fate", ["alive", "dropped", "dead in silence"])
@pytest.mark.parametrize("counted", [True, False], ids=["monotonic goes on", "monotonic stands still"])
def test_a_connection_that_died_meanwhile_is_replaced_soon_and_a_live_connection_is_kept(
    counted: bool, fate: str, busy: bool
) -> None:
    async def main(loop: VirtualLoop) -> None:
        machine = Machine(loop, counted)
        async with StreamPeer() as peer:
            streams = make(loop, peer.environment, runtime=replace(runtime(loop), slept=lambda: machine.slept))
            async with streams, streams.trade("A") as trades:
                await asyncio.sleep(5.3)
                link = loop.network.live[0]
                fell_asleep = streams.now_ms()
                if busy:
                    for number in range(100):
                        loop.call_later(0.01 * number, peer.publish, "a@trade", trade("A", number + 1))
                if fate == "dropped":
                    link.reset()
                elif fate == "dead in silence":
                    link.hole = "up"
                    loop.call_later(1.0, setattr, link, "hole", "both")
                machine.sleep()
                assert streams.now_ms() == fell_asleep + 60_000
                woke = loop.time()
                await until(lambda: (len(peer.connections) == 2) == (fate != "alive"))
                await asyncio.sleep(2)
                assert loop.time() - woke < 9.0
                await until(lambda: trades.live)
                peer.publish("a@trade", trade("A", 1_000))
                told: list[Any] = []
                while not told or isinstance(told[-1], StreamGap) or told[-1].trade_id < 1_000:
                    told += await take(trades, 1)
                gaps = [each for each in told if isinstance(each, StreamGap)]
                await asyncio.sleep(30)
                assert len(peer.connections) == (1 if fate == "alive" else 2)
                if fate == "alive":
                    assert not gaps
                else:
                    assert len(gaps) == 1
                    assert gaps[0].since <= fell_asleep + (61_000 if busy else 0), "what was in the buffer came"
                    assert fell_asleep + 60_000 <= gaps[0].until
            await asyncio.sleep(30)
            assert peer.violations == []

    run(main, 1)


@pytest.mark.parametrize("counted", [True, False], ids=["monotonic goes on", "monotonic stands still"])
def test_proving_keeps_the_pace_of_control_frames(counted: bool) -> None:
    async def main(loop: VirtualLoop) -> None:
        machine = Machine(loop, counted)
        async with StreamPeer() as peer:
            streams = make(loop, peer.environment, runtime=replace(runtime(loop), slept=lambda: machine.slept))
            async with streams:
                entered = [
                    asyncio.create_task(
                        streams.trade(*(f"S{part}N{each}" for each in range(100)), timeout=1_000).__aenter__()
                    )
                    for part in range(9)
                ]
                for _ in range(5):
                    await asyncio.sleep(0.7)
                    machine.sleep()
                await asyncio.gather(*entered)
            await asyncio.sleep(30)
            assert peer.violations == []

    run(main, 1)


def test_a_program_that_computes_for_a_moment_is_asked_to_prove_nothing() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with StreamPeer() as peer:
            peer.pings = False
            streams = make(loop, peer.environment)
            async with streams, streams.trade("A"):
                for number in range(5):
                    peer.publish("a@trade", trade("A", number + 1))
                    await asyncio.sleep(1)
                    loop.now += 3.0
                assert len(peer.connections[0].arrivals) == 1

    run(main, 1)
