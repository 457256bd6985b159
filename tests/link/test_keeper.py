"""One connection kept alive: reconnects, rotations, and what stops them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from tenacity import AsyncRetrying, stop_after_attempt, wait_fixed

from binance_wsapi.errors import ConnectFailed, TlsVerificationError, WsapiError
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.keeper import (
    NOT_NOW_PAUSE_S,
    RETRY_ROTATION,
    ROTATE_AFTER,
    ROTATE_JITTER,
    STABLE_S,
    Keeper,
)
from binance_wsapi.link.lifecycle import Failed, Lifecycle, RotationBegan, RotationEnded, RotationReason
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import ROTATE_LATEST, Settings
from binance_wsapi.link.sockets.transport import HandshakeRefused
from tests.simulation.loop import VirtualLoop, run

NEVER = float("inf")


class Connection:
    """A connection that ends when it is told to."""

    def __init__(self, number: int, url: str) -> None:
        self.number = number
        self.url = url
        self.lost = False
        self.leave: tuple[float, RotationReason] = (NEVER, "unanswered")
        self._closed = asyncio.Event()

    def leave_at(self) -> tuple[float, RotationReason]:
        return self.leave

    async def wait_closed(self) -> None:
        await self._closed.wait()

    def end(self) -> None:
        self.lost = True
        self._closed.set()


class Host:
    """Opens connections as it is told, and notes what the keeper tells."""

    def __init__(self, loop: VirtualLoop, settings: Settings, uniform: Callable[[float, float], float] | None) -> None:
        self.loop = loop
        self.begun = loop.time()
        self.refusing: Exception | None = None
        self.opened: list[tuple[float, Connection]] = []
        self.current: Connection | None = None
        self.failures: list[Exception] = []
        self.dead: WsapiError | None = None
        self.keep_old = 0
        self.on_open: Callable[[Connection], object] = lambda _: None
        self.lifecycle = Lifecycle()
        runtime = Runtime(uniform=uniform or loop.random.uniform, sleep=asyncio.sleep)
        limiter = RequestLimiter(now_ms=self.now_ms, sleep=asyncio.sleep)
        self.budget = ConnectBudget(limiter, self.now_ms, asyncio.sleep)
        self.keeper: Keeper[Connection] = Keeper(
            self, name="kept", urls=("ws://a", "ws://b"), settings=settings, runtime=runtime, budget=self.budget,
            lifecycle=self.lifecycle,
        )  # fmt: skip

    def now(self) -> float:
        return self.loop.time() - self.begun

    def now_ms(self) -> int:
        return int(self.loop.time() * 1000) + 1_600_000_000_000

    async def open(self, url: str, number: int) -> Connection:
        await asyncio.sleep(0.01)
        connection = Connection(number, url)
        self.opened.append((self.now(), connection))
        if self.refusing is not None:
            raise self.refusing
        self.on_open(connection)
        return connection

    def on_current(self, connection: Connection) -> None:
        self.current = connection

    def on_none(self) -> None:
        self.current = None

    async def hand_over(self, old: Connection, new: Connection) -> Connection:
        if self.keep_old:
            self.keep_old -= 1
            return old
        old.end()
        return new

    def on_connect_failed(self, error: Exception) -> None:
        self.failures.append(error)

    def on_dead(self, error: WsapiError) -> None:
        self.dead = error


@asynccontextmanager
async def keeping(
    loop: VirtualLoop, uniform: Callable[[float, float], float] | None = None, **settings: Any
) -> AsyncIterator[Host]:
    host = Host(loop, Settings(**settings), uniform)
    host.keeper.start()
    await asyncio.sleep(0.1)
    try:
        yield host
    finally:
        await host.keeper.stop()
        await host.lifecycle.close(1.0)


@asynccontextmanager
async def listening(host: Host) -> AsyncIterator[list[Any]]:
    """Collect what the lifecycle tells."""
    heard: list[Any] = []

    async def listen() -> None:
        async for event in host.lifecycle.events():
            heard.append(event)

    task = asyncio.ensure_future(listen())
    await asyncio.sleep(0)
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_lost_connection_is_followed_by_another_at_once() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host:
            first = host.current
            assert first is not None
            first.end()
            await asyncio.sleep(0.1)
            assert host.current is not first
            assert host.current is not None
            assert (first.number, host.current.number) == (1, 2)

    run(main, 1)


def test_a_venue_that_hangs_up_on_every_connection_is_not_hammered() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host:
            host.on_open = lambda connection: loop.call_later(0.5, connection.end)
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(300.0)
            assert 10 < len(host.opened) < 60

    run(main, 2)


def most(_least: float, most: float) -> float:
    """Chance that always draws the most: each pause is as long as it can be."""
    return most


def test_the_first_young_loss_costs_nothing_and_each_after_it_twice_as_much() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop, most) as host:
            for pause in (0.0, 0.5, 1.0, 2.0, 4.0):
                assert host.current is not None
                assert not host.current.lost
                began = host.now()
                host.current.end()
                await asyncio.sleep(pause + 0.1)
                assert round(host.opened[-1][0] - began, 1) == pause
            await asyncio.sleep(STABLE_S)
            began = host.now()
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(0.1)
            assert round(host.opened[-1][0] - began, 1) == 0.0, "a connection that lived wipes the slate"
            began = host.now()
            host.current.end()
            await asyncio.sleep(0.1)
            assert round(host.opened[-1][0] - began, 1) == 0.0, "and the next young loss is the first again"

    run(main, 20)


def test_a_venue_that_announces_the_end_of_each_connection_is_given_time_in_the_same_way() -> None:
    async def main(loop: VirtualLoop) -> None:
        def announce(connection: Connection) -> None:
            connection.leave = loop.time(), "shutdown"

        async with keeping(loop, most) as host:
            host.on_open = announce
            assert host.current is not None
            announce(host.current)
            host.keeper.wake()
            await asyncio.sleep(4.0)
            moments = [round(at, 1) for at, _ in host.opened[1:]]
            assert moments[0] == 0.1, "the first time at once"
            assert [round(later - earlier, 1) for earlier, later in pairwise(moments)] == [0.5, 1.0, 2.0]

    run(main, 21)


def test_connections_that_lived_are_followed_at_once_however_many_are_lost() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host:
            for count in range(20):
                await asyncio.sleep(STABLE_S + 1.0)
                assert host.current is not None
                host.current.end()
                await asyncio.sleep(0.1)
                assert host.current is not None, count
                assert not host.current.lost

    run(main, 3)


def test_the_next_url_is_tried_after_a_failure_and_kept_after_a_success() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop, reconnect=AsyncRetrying(wait=wait_fixed(1.0))) as host:
            host.refusing = ConnectFailed("no")
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(2.5)
            host.refusing = None
            await asyncio.sleep(2.0)
            host.current.end()
            await asyncio.sleep(1.0)
            urls = [connection.url for _, connection in host.opened]
            assert urls == ["ws://a", "ws://a", "ws://b", "ws://a", "ws://b", "ws://b"]

    run(main, 4)


def test_an_old_connection_is_replaced_in_the_hour_before_the_last_at_a_random_moment() -> None:
    moments: list[float] = []

    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host, listening(host) as heard:
            await asyncio.sleep(ROTATE_AFTER - 1.0)
            assert len(host.opened) == 1
            await asyncio.sleep(ROTATE_JITTER + 2.0)
            assert len(host.opened) == 2
            assert [event.reason for event in heard if isinstance(event, RotationBegan)] == ["age"]
            moments.append(host.opened[1][0])

    for seed in (5, 55, 555):
        run(main, seed)
    assert len({round(moment) for moment in moments}) == 3


def test_the_user_can_put_a_rotation_off_until_shortly_before_the_venue_ends_the_connection() -> None:
    asked: list[float] = []

    async def main(loop: VirtualLoop) -> None:
        async def not_now() -> bool:
            asked.append(loop.time())
            return True

        async with keeping(loop, rotate_after=ROTATE_LATEST - 3 * NOT_NOW_PAUSE_S - 1.0, not_now=not_now) as host:
            await asyncio.sleep(ROTATE_LATEST - 1.0)
            assert len(host.opened) == 1
            assert [later - earlier for earlier, later in pairwise(asked)] == [NOT_NOW_PAUSE_S] * 3
            await asyncio.sleep(2.0)
            assert len(host.opened) == 2

    run(main, 6)


@pytest.mark.parametrize("reason", ["shutdown", "unanswered"])
def test_a_connection_says_when_it_should_be_replaced_and_why(reason: RotationReason) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host, listening(host) as heard:
            first = host.current
            assert first is not None
            first.leave = loop.time() + 30.0, reason
            host.keeper.wake()
            await asyncio.sleep(29.9)
            assert host.current is first
            await asyncio.sleep(0.2)
            assert host.current is not first
            assert first.lost
            assert RotationBegan(1, reason) in heard

    run(main, 7)


def test_when_no_successor_can_be_had_the_old_one_goes_on_and_it_is_tried_again_a_minute_later() -> None:
    async def main(loop: VirtualLoop) -> None:
        policy = AsyncRetrying(stop=stop_after_attempt(2), wait=wait_fixed(0.1))
        async with keeping(loop, reconnect=policy) as host, listening(host) as heard:
            first = host.current
            assert first is not None
            host.refusing = ConnectFailed("no")
            host.keeper.rotate()
            await asyncio.sleep(1.0)
            assert host.current is first
            assert not first.lost
            assert host.dead is None
            assert host.keeper.replacing
            assert host.failures == [host.refusing] * 2, "each attempt, the last one included"
            assert [each for each in heard if isinstance(each, Failed)] == [Failed(0, host.refusing)] * 2
            host.refusing = None
            await asyncio.sleep(RETRY_ROTATION - 2.0)
            assert host.current is first
            await asyncio.sleep(2.0)
            assert host.current is not first
            assert not host.keeper.replacing
            told = [each for each in heard if isinstance(each, RotationBegan | RotationEnded)]
            assert told == [RotationBegan(1, "asked"), RotationEnded(1, None), RotationBegan(1, "asked")]

    run(main, 8)


def test_a_successor_that_cannot_take_over_is_followed_by_another() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host, listening(host) as heard:
            first = host.current
            host.keep_old = 2
            host.keeper.rotate()
            await asyncio.sleep(0.5)
            assert host.current is first
            await asyncio.sleep(10.0)
            assert host.current is not None
            assert host.current.number == 4
            assert heard == [RotationBegan(1, "asked"), RotationEnded(1, None)] * 2 + [RotationBegan(1, "asked")]

    run(main, 9)


def test_a_failed_handover_is_tried_again_after_a_second_and_a_random_time() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop, most) as host:
            host.keep_old = 1
            host.keeper.rotate()
            await asyncio.sleep(5.0)
            (_, (second, _), (third, _)) = host.opened
            assert third - second == pytest.approx(1.0 + 1.0 + 0.01)

    run(main, 22)


def test_a_failure_that_cannot_pass_ends_it() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host:
            host.refusing = TlsVerificationError("not valid")
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(1.0)
            assert host.dead is host.refusing
            assert host.failures == [host.dead]
            assert host.current is None

    run(main, 10)


def test_what_a_policy_of_the_users_raises_ends_it_with_an_error_of_ours() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop, reconnect=AsyncRetrying(stop=stop_after_attempt(1))) as host:
            host.refusing = RuntimeError("the lease is gone")
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(1.0)
            assert isinstance(host.dead, ConnectFailed)
            assert str(host.dead.__cause__) == "the lease is gone"

    run(main, 11)


def test_a_ban_that_an_attempt_is_told_holds_back_the_next() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host:
            host.refusing = HandshakeRefused(429, 120.0)
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(1.0)
            host.refusing = None
            until = host.now() + 117.0
            await asyncio.sleep(150.0)
            assert [at for at, _ in host.opened if 1.2 < at < until] == []
            assert host.current is not None
            assert not host.current.lost

    run(main, 12)


def test_stopping_ends_an_attempt_that_is_under_way() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host:
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(0.005)
            before = len(host.opened)
            await host.keeper.stop()
            assert host.keeper._task is not None
            assert host.keeper._task.done(), "when stopping is over, nothing of it runs on"
            await asyncio.sleep(5.0)
            assert len(host.opened) == before

    run(main, 13)
