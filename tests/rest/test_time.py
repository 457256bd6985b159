"""The venue's time: asked before the first private call, kept, and asked anew when a timestamp is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.errors import BadTimestamp, Banned, IpBanned, NotConnected, VenueError
from binance_wsapi.link.clock import ServerClock
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.rest import RestReader
from binance_wsapi.wire.caller import CallOptions
from tests.rest.support import ACCOUNT, API_KEY, ASKED, KEY, ORDER, PING, WALL, Request, Venue, error, http, split
from tests.simulation.loop import VirtualLoop, run

TIME_PATH, ORDER_PATH = "/api/v3/time", "/api/v3/order"


def make(loop: VirtualLoop, venue: Venue, **options: Any) -> RestReader:
    return RestReader(
        venue.environment,
        KEY,
        runtime=Runtime(wall=lambda: WALL, uniform=loop.random.uniform),
        **options,
        routes=ROUTES,
    )


def stamp(request: Request) -> int:
    return int(split(request.query)[0].rpartition("timestamp=")[2])


@pytest.mark.parametrize("offset_ms", [-3_600_000.0, 0.0, 3_600_000.0, 1.6e12, 1.8e12])
def test_the_timestamp_is_the_venue_s_however_wrong_this_machine_is(offset_ms: float) -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop, offset_ms)
        arrived: list[int] = []

        def look(request: Request) -> bytes:
            arrived.append(venue.now_ms() - stamp(request))
            return http(200)

        venue.answers[ORDER_PATH] = look
        async with make(loop, venue) as rest:
            for _ in range(3):
                await rest.call(ORDER, ASKED)
        assert venue.paths() == [TIME_PATH, ORDER_PATH, ORDER_PATH, ORDER_PATH]
        assert all(-10 <= age <= 100 for age in arrived)

    run(main)


def test_public_calls_do_not_ask_for_the_time() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        async with make(loop, venue) as rest:
            await rest.call(PING, {})
        assert venue.paths() == ["/api/v3/ping"]

    run(main)


def test_connecting_slowly_does_not_spoil_the_sample() -> None:
    """Half of what passes between asking and answer is the error; connecting is not part of it."""

    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        connect = loop.create_connection

        async def slow(*args: Any, **named: Any) -> Any:
            await asyncio.sleep(4.0)
            return await connect(*args, **named)

        loop.create_connection = slow  # type: ignore[method-assign]
        async with make(loop, venue) as rest:
            await rest.call(PING, {})
            venue.transports[0].abort()
            await asyncio.sleep(1.0)
            loop_time = loop.time()
            await rest.call(ORDER, ASKED)
            assert loop.time() - loop_time > 4.0, "it connected anew"
            assert rest.clock.error_ms(loop.time()) < 20.0

    run(main)


def test_an_old_sample_is_renewed_and_a_young_one_is_not() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        async with make(loop, venue) as rest:
            await rest.call(ORDER, ASKED)
            await asyncio.sleep(100.0)
            await rest.call(ORDER, ASKED)
            await asyncio.sleep(30.0)
            await rest.call(ORDER, ASKED)
        assert venue.paths() == [TIME_PATH, ORDER_PATH, ORDER_PATH, TIME_PATH, ORDER_PATH]

    run(main)


def test_many_calls_at_once_ask_for_the_time_once() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        async with make(loop, venue) as rest:
            await asyncio.gather(*(rest.call(ORDER, ASKED) for _ in range(10)))
        assert venue.paths().count(TIME_PATH) == 1
        assert venue.paths().count(ORDER_PATH) == 10

    run(main)


def test_the_clock_of_a_session_is_used_where_one_is_shared() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        clock = ServerClock(loop.time(), WALL)
        clock.sample(loop.time(), loop.time(), venue.now_ms())
        async with make(loop, venue, clock=clock) as rest:
            assert rest.clock is clock
            await rest.call(ORDER, ASKED)
        assert venue.paths() == [ORDER_PATH]
        assert abs(stamp(venue.requests[0]) - venue.now_ms()) < 100

    run(main)


def test_a_refused_timestamp_is_corrected_and_signed_anew_once() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)

        def strict(request: Request) -> bytes:
            if abs(venue.now_ms() - stamp(request)) > 1000:
                return http(400, error(-1021, "Timestamp for this request is outside of the recvWindow."))
            return http(200, {"ok": 1})

        venue.answers[ORDER_PATH] = strict
        told: list[int | None] = []
        async with make(loop, venue) as rest:
            await rest.call(ORDER, ASKED)
            venue.offset_ms += 60_000.0  # the venue's clock steps
            result = await rest.call(ORDER, ASKED, CallOptions(sent=lambda _, at: told.append(at)))
            assert result == {"ok": 1}
        assert venue.paths() == [TIME_PATH, ORDER_PATH, ORDER_PATH, TIME_PATH, ORDER_PATH]
        assert len(set(told)) == 2
        signatures = [split(request.query)[1] for request in venue.requests if request.path == ORDER_PATH]
        assert len(set(signatures)) == 3

    run(main)


def test_a_timestamp_refused_twice_is_the_answer() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[ORDER_PATH] = lambda _: http(400, error(-1021))
        async with make(loop, venue) as rest:
            with pytest.raises(BadTimestamp):
                await rest.call(ORDER, ASKED)
        assert venue.paths() == [TIME_PATH, ORDER_PATH, TIME_PATH, ORDER_PATH]

    run(main)


def test_calls_refused_together_correct_the_clock_once() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[ORDER_PATH] = lambda request: (
            http(400, error(-1021)) if abs(venue.now_ms() - stamp(request)) > 1000 else http(200)
        )
        async with make(loop, venue) as rest:
            await rest.call(ORDER, ASKED)
            venue.offset_ms -= 60_000.0
            await asyncio.gather(*(rest.call(ORDER, ASKED) for _ in range(5)))
        assert venue.paths().count(TIME_PATH) == 2

    run(main)


@pytest.mark.parametrize(
    "answer",
    [http(503), http(200, raw=b"<html>"), http(200, {"serverTime": None}), http(302)],
    ids=["503", "html", "no time", "302"],
)
def test_when_the_time_cannot_be_had_nothing_of_the_call_was_sent(answer: bytes) -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[TIME_PATH] = lambda _: answer
        async with make(loop, venue) as rest:
            with pytest.raises((NotConnected, VenueError)) as caught:
                await rest.call(ORDER, ASKED)
        assert ORDER_PATH not in venue.paths()
        assert caught.value.method == "order.status"

    run(main)


def test_a_ban_met_when_asking_for_the_time_is_raised_and_kept() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[TIME_PATH] = lambda _: http(418, error(-1003), "Retry-After: 300\r\n")
        async with make(loop, venue) as rest:
            with pytest.raises(IpBanned):
                await rest.call(ORDER, ASKED)
            with pytest.raises(Banned):
                await rest.call(ORDER, ASKED)
        assert venue.paths() == [TIME_PATH]

    run(main)


def test_a_silent_venue_ends_the_question_for_the_time_at_the_deadline_of_the_call() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[TIME_PATH] = lambda _: None
        async with make(loop, venue) as rest:
            began = loop.time()
            with pytest.raises(NotConnected, match="time"):
                await rest.call(ORDER, ASKED, CallOptions(timeout=3.0))
            assert loop.time() - began == pytest.approx(3.0, abs=0.05)

    run(main)


def test_a_remote_key_that_never_answers_ends_at_the_deadline_and_nothing_was_sent() -> None:
    class Remote:
        api_key = API_KEY
        can_log_on = False

        async def sign_async(self, payload: bytes) -> str:
            await asyncio.sleep(3600)
            raise AssertionError

    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        async with make(loop, venue) as rest:
            began = loop.time()
            with pytest.raises(NotConnected):
                await rest.call(ACCOUNT, {}, CallOptions(key=Remote(), timeout=2.0))
            assert loop.time() - began == pytest.approx(2.0, abs=0.05)
        assert venue.paths() == [TIME_PATH]

    run(main)
