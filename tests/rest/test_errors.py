"""Whatever the venue or the network does becomes the one error of the tree that says what happened."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import respx

from binance_wsapi import errors
from binance_wsapi.errors import (
    ConnectFailed,
    ConnectionLost,
    ReplyTimeout,
    UnreadableReply,
    VenueError,
    VenueFault,
)
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest.replies import Reply, read_error
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint
from tests.rest.support import ASKED, ORDER, PING, VENUE_MS, World, error, reader
from tests.rest.test_routes import with_time

REFUSALS = [
    (400, -1121, "BadRequest"),
    (400, -1102, "BadRequest"),
    (400, -2013, "OrderNotFound"),
    (400, -2026, "OrderNotFound"),
    (400, -1022, "AuthFailed"),
    (401, -2015, "AuthFailed"),
    (400, -2014, "AuthFailed"),
    (403, 0, "Forbidden"),
    (418, -1003, "IpBanned"),
    (429, -1003, "RateLimited"),
    (429, -1015, "RateLimited"),
    (400, -2043, "VenueError"),
    (404, -1, "VenueError"),
]


@pytest.mark.parametrize(("status", "code", "kind"), REFUSALS)
async def test_a_refusal_is_raised_as_what_it_is_and_not_asked_again(status: int, code: int, kind: str) -> None:
    with respx.mock(base_url="https://venue.test") as router:
        with_time(router)
        route = router.get("/api/v3/order").respond(status_code=status, json=error(code, "Said no."))
        async with reader() as rest:
            with pytest.raises(VenueError) as caught:
                await rest.call(ORDER, ASKED)
    assert type(caught.value) is getattr(errors, kind)
    assert (caught.value.status, caught.value.code, caught.value.msg) == (status, code, "Said no.")
    assert caught.value.method == "order.status"
    assert caught.value.client_order_id == "x7Tq"
    assert caught.value.request_id is not None
    assert route.call_count == 1


@pytest.mark.parametrize("status", [429, 418])
@pytest.mark.parametrize("body", [json.dumps(error(-1003)).encode(), b"<html>no</html>", b""])
async def test_retry_after_in_seconds_becomes_milliseconds_of_the_venue_s_clock(status: int, body: bytes) -> None:
    with respx.mock(base_url="https://venue.test") as router:
        with_time(router)
        router.get("/api/v3/order").respond(status_code=status, content=body, headers={"Retry-After": "120"})
        async with reader() as rest:
            with pytest.raises(VenueError) as caught:
                await rest.call(ORDER, ASKED)
    assert type(caught.value) is {429: errors.RateLimited, 418: errors.IpBanned}[status]
    assert caught.value.retry_after is not None
    assert 0 <= caught.value.retry_after - (VENUE_MS + 120_000) < 60_000
    assert b"html" not in str(caught.value).encode()


@pytest.mark.parametrize("value", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", "9" * 40, "１２"])
def test_a_retry_after_that_is_no_number_of_seconds_is_as_good_as_none(value: str) -> None:
    made = read_error(Reply(429, {"retry-after": value}, b'{"code":-1003,"msg":"m"}'), 1)
    assert isinstance(made, errors.RateLimited)
    assert made.retry_after is None


def test_the_venue_s_own_data_wins_over_the_header() -> None:
    body = b'{"code":-1003,"msg":"m","data":{"retryAfter":77,"x":1}}'
    made = read_error(Reply(429, {"retry-after": "5"}, body), 1_000)
    assert isinstance(made, errors.RateLimited)
    assert made.retry_after == 77
    assert made.data == {"retryAfter": 77, "x": 1}


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
@pytest.mark.parametrize(
    "body",
    [b'{"code":-1006,"msg":"m"}', b"<html>", b"", b"\xff\xfe", b"[1]", b'{"code":1,"data":' + b'{"a":' * 100_000],
    ids=["json", "html", "empty", "no text", "list", "deep"],
)
async def test_a_failure_of_the_venue_is_asked_again_and_then_raised(status: int, body: bytes) -> None:
    world = World()
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping").respond(status_code=status, content=body)
        async with reader(world=world) as rest:
            with pytest.raises(VenueFault) as caught:
                await rest.call(PING, {})
    assert caught.value.status == status
    assert route.call_count == 4
    assert world.pauses == [0.2, 0.4, 0.8], "the bounds of a full jitter that doubles"


@pytest.mark.parametrize("code", [-1000, -1001, -1006, -1007])
async def test_a_code_that_means_unknown_is_a_fault_with_every_status(code: int) -> None:
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping")
        route.side_effect = [httpx.Response(400, json=error(code)), httpx.Response(200, json={"x": 1})]
        async with reader() as rest:
            assert await rest.call(PING, {}) == {"x": 1}
    assert route.call_count == 2


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 399])
async def test_what_is_neither_result_nor_error_is_unreadable_and_no_redirect_is_followed(status: int) -> None:
    with respx.mock(base_url="https://venue.test", assert_all_called=False) as router:
        route = router.get("/api/v3/ping").respond(status_code=status, headers={"Location": "https://evil.test/x"})
        elsewhere = router.get("https://evil.test/x").respond(json={})
        async with reader() as rest:
            with pytest.raises(UnreadableReply, match=str(status)) as caught:
                await rest.call(PING, {})
    assert route.call_count == 1
    assert not elsewhere.called
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[1]", b'{"a":', b"NaN", b"[" * 100_000])
async def test_a_result_without_the_documented_shape_is_unreadable(body: bytes) -> None:
    with respx.mock(base_url="https://venue.test") as router:
        router.get("/api/v3/ping").respond(content=body)
        async with reader() as rest:
            with pytest.raises(UnreadableReply) as caught:
                await rest.call(PING, {})
    assert caught.value.method == "ping"


FOREIGN: list[tuple[Exception, type[errors.WsapiError], int]] = [
    (httpx.ConnectError("nobody there"), ConnectFailed, 4),
    (httpx.ConnectTimeout("too long"), ConnectFailed, 4),
    (httpx.ProxyError("407 No"), ConnectFailed, 4),
    (httpx.ReadError("reset"), ConnectionLost, 4),
    (httpx.WriteError("reset"), ConnectionLost, 4),
    (httpx.RemoteProtocolError("nonsense"), ConnectionLost, 4),
    (OSError("torn"), ConnectionLost, 4),
    (httpx.ReadTimeout("too long"), ReplyTimeout, 1),
    (httpx.WriteTimeout("too long"), ReplyTimeout, 1),
]


@pytest.mark.parametrize(("foreign", "kind", "asked"), FOREIGN, ids=[type(row[0]).__name__ for row in FOREIGN])
async def test_a_foreign_exception_is_mapped_and_nothing_leads_back_to_it(
    foreign: Exception, kind: type[errors.WsapiError], asked: int
) -> None:
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping").mock(side_effect=foreign)
        async with reader() as rest:
            with pytest.raises(errors.WsapiError) as caught:
                await rest.call(PING, {})
    assert type(caught.value) is kind
    assert route.call_count == asked
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert caught.value.method == "ping"


async def test_a_lost_reading_is_asked_again_and_answered() -> None:
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping")
        route.side_effect = [httpx.ReadError("x"), httpx.ConnectError("x"), httpx.Response(200, json={"x": 1})]
        async with reader() as rest:
            assert await rest.call(PING, {}) == {"x": 1}
    assert route.call_count == 3


async def test_a_method_that_is_not_to_be_asked_twice_is_not() -> None:
    once: Endpoint[Any] = Endpoint("ping", dict[str, Any], replay_safe=False)
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping").respond(status_code=503)
        async with reader() as rest:
            with pytest.raises(VenueFault):
                await rest.call(once, {})
    assert route.call_count == 1


async def test_not_sent_is_never_said_of_a_call_of_which_a_request_left() -> None:
    """The first request is lost on the way; the others find no server."""
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping")
        route.side_effect = [httpx.ReadError("reset"), *[httpx.ConnectError("nobody")] * 3]
        async with reader() as rest:
            with pytest.raises(ConnectionLost):
                await rest.call(PING, {})
    assert route.call_count == 4


async def test_no_pause_is_begun_that_would_end_after_the_deadline() -> None:
    world = World()
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping").mock(side_effect=httpx.ConnectError("nobody"))
        async with reader(world=world, settings=Settings(timeout=0.1)) as rest:
            with pytest.raises(ConnectFailed):
                await rest.call(PING, {})
            with pytest.raises(ConnectFailed):
                await rest.call(PING, {}, CallOptions(timeout=0.39))
    assert world.pauses == [0.2]
    assert route.call_count == 3
