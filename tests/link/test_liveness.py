"""The judge of liveness: when it pings, when it cuts, and what a peer has to prove after a suspension or a doubt."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from binance_wsapi.link.liveness import (
    BUSY_S,
    IDLE_S,
    LATE_S,
    NONSENSE_PER_MINUTE,
    PROOF_S,
    SLEPT_S,
    Liveness,
    SuspensionWatch,
)
from binance_wsapi.link.runtime import Runtime
from tests.simulation.loop import VirtualLoop, run


class Peer:
    """A connection that notes when it is pinged and cut, and answers pings as it is told."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.pings: list[float] = []
        self.looks: list[float] = []
        self.cut: tuple[float, str] | None = None
        self.busy = False
        self.pongs = True
        self.quiet = False
        self.asleep = 0.0
        self.life = Liveness(replace(Runtime(), slept=lambda: self.asleep), self)
        self.life.start()
        self.born = loop.time()

    def may_ping(self) -> bool:
        return not self.quiet

    def ping(self) -> None:
        self.pings.append(self.loop.time() - self.born)
        if self.pongs:
            self.loop.call_later(0.01, self.life.pong)

    def on_look(self, now: float) -> None:
        self.looks.append(now - self.born)

    def abort(self, reason: str) -> None:
        self.life.stop()
        self.cut = (self.loop.time() - self.born, reason)


@pytest.mark.parametrize(("busy", "bounds"), [(False, IDLE_S), (True, BUSY_S)])
def test_a_silent_peer_is_pinged_and_cut_within_the_bounds(busy: bool, bounds: tuple[float, float]) -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.busy, peer.pongs = busy, False
        await asyncio.sleep(30.0)
        assert peer.cut is not None
        at, reason = peer.cut
        assert reason == "the peer is silent"
        assert peer.pings == [bounds[0] + 1.0], "counted from the look that hears of the handshake"
        assert bounds[1] <= at - peer.pings[0] <= bounds[1] + 1.0
        assert at <= (5.0 if busy else 25.0)

    run(main, 1)


def test_a_peer_that_pongs_is_never_cut_and_is_pinged_once_a_silence() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        await asyncio.sleep(100.0)
        assert peer.cut is None
        assert 5 <= len(peer.pings) <= 7

    run(main, 2)


def test_any_sign_of_life_puts_the_ping_off_and_takes_back_the_suspicion() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.pongs = False
        for _ in range(40):
            await asyncio.sleep(1.0)
            peer.life.heard = True
        assert peer.pings == []
        await asyncio.sleep(20.0)  # pinged meanwhile
        peer.life.heard = True
        await asyncio.sleep(12.0)
        assert len(peer.pings) == 1
        assert peer.cut is None

    run(main, 3)


def test_after_a_sleep_of_the_machine_only_a_pong_counts() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.pongs = False
        await asyncio.sleep(2.5)
        peer.asleep += SLEPT_S
        await asyncio.sleep(1.0)
        assert peer.pings == [3.0]
        for _ in range(20):
            await asyncio.sleep(0.25)
            peer.life.heard = True  # from the buffer of the socket
        assert peer.cut == (3.0 + PROOF_S, "the peer is silent")

    run(main, 4)


def test_a_peer_that_pongs_after_a_sleep_has_come_through_it() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        await asyncio.sleep(2.5)
        peer.asleep += 3600.0
        await asyncio.sleep(10.0)
        assert peer.pings == [3.0]
        assert peer.cut is None
        peer.asleep += SLEPT_S * 0.9  # too little to count, alone and in sum with the last
        await asyncio.sleep(3.0)
        assert peer.pings == [3.0]

    run(main, 5)


def test_the_pong_of_a_ping_from_before_a_sleep_proves_nothing() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.pongs = False
        await asyncio.sleep(15.5)
        assert peer.pings == [15.0]
        peer.asleep += 100.0
        await asyncio.sleep(1.0)
        assert peer.pings == [15.0, 16.0]
        peer.life.pong()  # it was in the buffer of the socket
        await asyncio.sleep(10.0)
        assert peer.cut == (16.0 + PROOF_S, "the peer is silent")

    run(main, 15)


def test_no_ping_goes_out_before_the_connection_may_send_one() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.quiet = True
        await asyncio.sleep(20.5)
        assert peer.pings == []
        assert peer.cut is None
        peer.quiet = False
        await asyncio.sleep(1.0)
        assert peer.pings == [21.0]

    run(main, 6)


def test_a_doubted_peer_must_finish_something_and_bytes_are_not_enough() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.pongs = False
        await asyncio.sleep(0.5)
        peer.life.doubt()
        peer.life.doubt()
        assert peer.pings == [0.5]  # asked once
        for _ in range(20):
            peer.life.heard = True
            await asyncio.sleep(0.5)
        assert peer.cut == (0.5 + PROOF_S + 0.5, "the peer finishes nothing it begins")

    run(main, 7)


@pytest.mark.parametrize("sign", ["whole", "pong"])
def test_something_whole_ends_a_doubt(sign: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.pongs = sign == "pong"
        peer.life.doubt()
        await asyncio.sleep(PROOF_S - 0.5)
        if sign == "whole":
            peer.life.heard, peer.life.whole_at = True, loop.time()
        await asyncio.sleep(6.0)
        assert peer.cut is None
        peer.life.doubt()  # and it can be doubted anew
        assert len(peer.pings) == 2

    run(main, 8)


def test_slow_calls_are_looked_for_unless_something_large_is_on_its_way() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        await asyncio.sleep(1.5)
        peer.life.heard = True  # bytes, and nothing whole since the last look
        await asyncio.sleep(1.0)
        assert 2.0 not in peer.looks
        peer.life.heard, peer.life.whole_at = True, loop.time()
        await asyncio.sleep(1.0)
        assert 3.0 in peer.looks
        peer.asleep += SLEPT_S
        await asyncio.sleep(1.0)
        assert 4.0 not in peer.looks, "after a suspension silence proves nothing"

    run(main, 9)


def test_twenty_unreadable_frames_in_a_minute_are_enough() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        for _ in range(3 * NONSENSE_PER_MINUTE):
            peer.life.nonsense()
            await asyncio.sleep(60.01 / (NONSENSE_PER_MINUTE - 1))
        assert peer.cut is None
        await asyncio.sleep(60.0)
        for count in range(NONSENSE_PER_MINUTE):
            assert peer.cut is None, count
            peer.life.nonsense()
            await asyncio.sleep(59.0 / NONSENSE_PER_MINUTE)
        assert peer.cut is not None
        assert peer.cut[1] == "too many unreadable frames"

    run(main, 10)


def test_frames_that_are_spread_over_a_whole_minute_are_few_enough() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        for _ in range(NONSENSE_PER_MINUTE - 1):
            peer.life.nonsense()
        await asyncio.sleep(60.0)
        peer.life.nonsense()
        assert peer.cut is None

    run(main, 13)


def test_nothing_is_looked_at_after_the_end() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        await asyncio.sleep(2.5)
        looks = list(peer.looks)
        assert looks == [2.0]
        peer.life.stop()
        peer.life.stop()
        await asyncio.sleep(30.0)
        assert (peer.looks, peer.pings) == (looks, [])

    run(main, 14)


def test_answers_waits_for_the_pong_of_its_own_ping() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        peer.pongs = False
        first, second = asyncio.ensure_future(peer.life.answers()), asyncio.ensure_future(peer.life.answers())
        await asyncio.sleep(0.1)
        peer.life.pong()
        await asyncio.sleep(0.1)
        assert first.done()
        assert not second.done()
        peer.life.pong()
        await asyncio.wait_for(second, 1.0)

    run(main, 11)


def test_the_silence_is_told_up_to_a_look_too_long_and_counts_sleep() -> None:
    async def main(loop: VirtualLoop) -> None:
        peer = Peer(loop)
        await asyncio.sleep(5.5)
        peer.life.heard = True
        await asyncio.sleep(3.2)
        assert 3.2 <= peer.life.silence() <= 4.2
        peer.asleep += 100.0
        assert 103.2 <= peer.life.silence() <= 104.2

    run(main, 12)


@pytest.mark.parametrize(
    ("now", "slept", "found"),
    [
        (1.0 + LATE_S - 0.01, 0.0, 0.0),
        (1.0 + LATE_S, 0.0, LATE_S),
        (1.0, SLEPT_S - 0.01, 0.0),
        (1.0, SLEPT_S, SLEPT_S),
        (0.5, 7.0, 7.0),  # looked before it was due
        (1.0 + LATE_S, SLEPT_S, LATE_S + SLEPT_S),
    ],
)
def test_a_suspension_is_noticed_by_lateness_or_by_sleep(now: float, slept: float, found: float) -> None:
    watch = SuspensionWatch(0.0, 0.0)
    assert watch.look(now, slept) == found
    assert watch.look(now, slept) == 0.0, "the same is told once"


def test_short_sleeps_add_up() -> None:
    watch = SuspensionWatch(0.0, 10.0)
    assert watch.look(1.0, 10.3) == 0.0
    assert watch.next_look(1.0) == 2.0
    assert watch.look(2.0, 10.6) == pytest.approx(0.6)
