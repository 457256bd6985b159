"""The venue's limits: what the headers say is learned, and nothing is sent that they forbid."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import respx

from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.errors import Banned, IpBanned, LimitExceeded, RateLimited
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Priority
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest import RestReader
from binance_wsapi.rest.replies import read_limits
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Effect, Endpoint
from binance_wsapi.wire.ratelimit import RateLimit
from tests.rest.support import ASKED, DEPTH, KEY, ORDER, PING, WALL, Venue, error, http, reader
from tests.simulation.loop import VirtualLoop, run

PING_PATH = "/api/v3/ping"


def make(loop: VirtualLoop, venue: Venue, settings: Settings | None = None, **options: Any) -> RestReader:
    runtime = Runtime(wall=lambda: WALL, uniform=loop.random.uniform)
    return RestReader(venue.environment, KEY, settings, runtime=runtime, **options, routes=ROUTES)


def used(limiter: RequestLimiter) -> int:
    return next(state.used for state in limiter.snapshot() if state.type == "REQUEST_WEIGHT")


@pytest.mark.parametrize(
    ("name", "value", "row"),
    [
        ("X-MBX-USED-WEIGHT-1M", "123", RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 0, 123)),
        ("x-mbx-order-count-10s", "3", RateLimit("ORDERS", "SECOND", 10, 0, 3)),
        ("X-Mbx-Order-Count-1D", "0", RateLimit("ORDERS", "DAY", 1, 0, 0)),
        ("x-mbx-used-weight-2h", "7", RateLimit("REQUEST_WEIGHT", "HOUR", 2, 0, 7)),
        ("x-mbx-used-weight", "123", None),
        ("x-mbx-used-weight-1m", "many", None),
        ("x-mbx-used-weight-1m", "-1", None),
        ("x-mbx-used-weight-1m", "9" * 30, None),
        ("x-mbx-used-weight-0m", "1", None),
        ("x-mbx-used-weight-1y", "1", None),
        ("x-mbx-used-weight-1m-x", "1", None),
        ("x-mbx-used-weight-１m", "1", None),
    ],
)
def test_a_header_and_what_it_counts(name: str, value: str, row: RateLimit | None) -> None:
    assert read_limits([("Content-Type", "x"), (name, value)]) == ([] if row is None else [row])


async def test_the_counts_of_every_reply_are_handed_on_refusals_too() -> None:
    told: list[Sequence[RateLimit]] = []
    with respx.mock(base_url="https://venue.test") as router:
        router.get("/api/v3/time").respond(json={"serverTime": 1})
        router.get("/api/v3/order").respond(
            status_code=400, json=error(-2013), headers={"X-MBX-USED-WEIGHT-1M": "44", "X-MBX-ORDER-COUNT-10S": "2"}
        )
        async with reader(on_rate_limits=told.append) as rest:
            with pytest.raises(Exception, match="-2013"):
                await rest.call(ORDER, ASKED)
    assert told == [[RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 0, 44), RateLimit("ORDERS", "SECOND", 10, 0, 2)]]


def test_the_budget_believes_the_header_and_keeps_its_limit() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[PING_PATH] = lambda _: http(200, headers="X-MBX-USED-WEIGHT-1M: 4321\r\n")
        async with make(loop, venue) as rest:
            await rest.call(PING, {})
            (state,) = (state for state in rest.limiter.snapshot() if state.type == "REQUEST_WEIGHT")
            assert (state.used, state.limit, state.reserved) == (4321, 6000, 0)

    run(main)


def test_a_full_budget_holds_calls_back_before_they_are_sent() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[PING_PATH] = lambda _: http(200, headers="X-MBX-USED-WEIGHT-1M: 6000\r\n")
        async with make(loop, venue, Settings(limit_policy="raise")) as rest:
            await rest.call(PING, {})
            with pytest.raises(LimitExceeded) as caught:
                await rest.call(DEPTH, {"symbol": "A"})
            assert caught.value.method == "depth"
            assert caught.value.retry_at is not None
        assert venue.paths() == [PING_PATH]

    run(main)


def test_a_call_waits_for_room_within_its_deadline() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop, offset_ms=-loop.time() * 1000.0 + 1_749_999_990_000)  # half a minute before the edge
        venue.answers[PING_PATH] = lambda _: http(200, headers="X-MBX-USED-WEIGHT-1M: 6000\r\n")
        async with make(loop, venue) as rest:
            await rest.call(ORDER, ASKED)  # the clock is known now
            await rest.call(PING, {})
            edge = loop.time() + 30.0
            await rest.call(DEPTH, {"symbol": "A"}, CallOptions(timeout=60.0))
            assert loop.time() == pytest.approx(edge, abs=1.0)

    run(main)


@pytest.mark.parametrize(("status", "kind"), [(418, IpBanned), (429, RateLimited)])
@pytest.mark.parametrize("body", [b'{"code":-1003,"msg":"m"}', b"<html>"])
def test_a_ban_is_kept_until_it_ends(status: int, kind: type[Exception], body: bytes) -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[PING_PATH] = lambda _: http(status, headers="Retry-After: 90\r\n", raw=body)
        async with make(loop, venue) as rest:
            with pytest.raises(kind):
                await rest.call(PING, {})
            ends = loop.time() + 90.0
            for each in (PING, DEPTH, ORDER):
                with pytest.raises(Banned) as caught:
                    await rest.call(each, {})
                assert caught.value.retry_at == pytest.approx(rest.now_ms() + 90_000, abs=1_000)
            assert venue.paths() == [PING_PATH]
            del venue.answers[PING_PATH]
            await rest.call(PING, {}, CallOptions(timeout=200.0))
            assert ends - 0.1 <= loop.time() <= ends + 1.5
        assert venue.paths() == [PING_PATH, PING_PATH]

    run(main)


def test_the_gate_of_a_session_is_shared_and_left_open() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        limiter = RequestLimiter(now_ms=venue.now_ms)
        async with make(loop, venue, limiter=limiter) as rest:
            assert rest.limiter is limiter
            await rest.call(DEPTH, {})
        assert used(limiter) == 5
        limiter.connect_refused(418, venue.now_ms() + 10_000)  # the socket was told to stay away
        waiting = asyncio.ensure_future(limiter.admit(DEPTH, {}))
        await asyncio.sleep(0.1)
        async with make(loop, venue, limiter=limiter) as rest:
            with pytest.raises(Banned):
                await rest.call(PING, {}, CallOptions(timeout=1.0))
        await asyncio.sleep(1.0)
        assert not waiting.done(), "closing the reader ended a wait of the session's"
        limiter.release(await waiting)
        assert venue.paths() == ["/api/v3/depth"]

    run(main)


def test_every_leave_ends_in_every_case_of_its_request() -> None:
    """Nothing stays reserved; what never left is not charged, what left and got no reply is."""

    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        limiter = RequestLimiter(now_ms=venue.now_ms)
        once: Endpoint[Any] = Endpoint("depth", dict[str, Any], weight=7, replay_safe=False)
        async with make(loop, venue, limiter=limiter) as rest:
            loop.network.refuse = True
            with pytest.raises(Exception, match="no connection"):
                await rest.call(once, {})
            assert used(limiter) == 0
            loop.network.refuse = False
            venue.answers["/api/v3/depth"] = lambda _: None
            with pytest.raises(Exception, match="no reply"):
                await rest.call(once, {}, CallOptions(timeout=1.0))
            assert used(limiter) == 7
            task = asyncio.ensure_future(rest.call(once, {}))
            await asyncio.sleep(0.5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert used(limiter) == 14
            venue.answers["/api/v3/depth"] = lambda _: http(500)
            with pytest.raises(Exception, match="500"):
                await rest.call(once, {})
            assert used(limiter) == 21
        assert all(state.reserved == 0 for state in limiter.snapshot())

    run(main)


def test_the_search_for_an_order_may_use_the_share_that_is_kept() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        limiter = RequestLimiter(
            now_ms=venue.now_ms, policy="raise", limits=[RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 10)]
        )
        async with (
            make(loop, venue, limiter=limiter) as usual,
            make(loop, venue, limiter=limiter, priority=Priority.FIRST) as first,
        ):
            await usual.call(DEPTH, {})
            with pytest.raises(LimitExceeded):
                await usual.call(DEPTH, {})
            await first.call(DEPTH, {})

    run(main)


async def test_the_limits_of_exchange_info_are_taken_over() -> None:
    info: Endpoint[Any] = Endpoint("exchangeInfo", dict[str, Any], weight=20, effect=Effect.LIMITS)
    rows = [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
        {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
    ]
    with respx.mock(base_url="https://venue.test") as router:
        router.get("/api/v3/exchangeInfo").respond(json={"rateLimits": rows})
        async with reader() as rest:
            await rest.call(info, {})
            assert [s.limit for s in rest.limiter.snapshot() if s.type == "REQUEST_WEIGHT"] == [1200]
