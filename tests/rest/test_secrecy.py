"""No secret shows itself: not in a log at any level, not in a repr, not in an exception, its causes or its frames."""

from __future__ import annotations

import asyncio
import gc
import gzip
import logging
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from binance_wsapi import errors
from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.environments import Environment
from binance_wsapi.errors import WsapiError
from binance_wsapi.keys import Ed25519Key, HmacKey, RsaKey
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest import RestReader
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security
from tests.client.test_every_public_call import what_left
from tests.rest.support import (
    ACCOUNT,
    API_KEY,
    ASKED,
    KEY,
    ORDER,
    SECRET,
    VENUE_MS,
    WALL,
    Request,
    Venue,
    World,
    error,
    http,
    reader,
    split,
)
from tests.rest.test_http import tls_server
from tests.secrecy import everything_of
from tests.session.test_real_sockets import certificate
from tests.simulation.loop import VirtualLoop, run

ORDER_PATH = "/api/v3/order"


def listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks"):
        caplog.set_level(logging.DEBUG, name)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join((caplog.text, *(repr(vars(record)) for record in caplog.records)))


@pytest.mark.parametrize(
    "key", [KEY, Ed25519Key.generate(api_key=API_KEY), RsaKey.generate(api_key=API_KEY)], ids=["hmac", "ed25519", "rsa"]
)
def test_a_life_full_of_faults_leaks_nothing(
    key: Any, caplog: pytest.LogCaptureFixture, objects_of_the_test: None
) -> None:
    listen(caplog)
    shown: list[str] = []
    hidden: set[str] = {API_KEY, SECRET}

    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)

        def lose(_: Request) -> None:
            venue.transports[-1].abort()

        def nonsense(_: Request) -> bytes:
            return b"\x00 what\r\n\r\n"

        faults: list[Any] = [
            lambda _: http(400, error(-1022)),
            lambda _: http(401, error(-2015)),
            lambda _: http(400, error(-1021)),
            lambda _: http(403, raw=b"<html>"),
            lambda _: http(503),
            lambda _: http(302, headers="Location: https://evil.test\r\n"),
            lambda _: http(200, raw=b"not json"),
            lambda _: http(200, raw=gzip.compress(b"{}")[:9], headers="Content-Encoding: gzip\r\n"),
            lambda _: http(200, headers="Content-Encoding: br\r\n"),
            lambda _: None,
            lose,
            nonsense,
            lambda _: http(429, error(-1003), headers="Retry-After: 1\r\n"),
        ]  # fmt: skip

        def remember(fault: Any) -> Any:
            def answer(request: Request) -> bytes | None:
                payload, signature = split(request.query)
                hidden.update((signature, request.query.rpartition("=")[2], payload))
                answered: bytes | None = fault(request)
                return answered

            return answer

        runtime = Runtime(wall=lambda: WALL, uniform=loop.random.uniform)
        async with RestReader(
            venue.environment, key, Settings(recv_window=2500), runtime=runtime, routes=ROUTES
        ) as rest:

            async def attempt(*call: Any) -> None:
                try:
                    await rest.call(*call)
                except WsapiError as failure:
                    shown.extend(everything_of(failure))
                    return
                raise AssertionError("no fault, no proof")

            for fault in faults:
                venue.answers[ORDER_PATH] = remember(fault)
                await attempt(ORDER, ASKED, CallOptions(timeout=20.0))
            await attempt(ORDER, {"symbol": 0.1})
            loop.network.blackhole = True
            await attempt(ACCOUNT, {}, CallOptions(timeout=1.0))
            # The local exchange of other tests is the other side of the wire, and may print what it likes.
            gc.collect()
            shown.extend(
                repr(thing)
                for thing in gc.get_objects()
                if str(type(thing).__module__).startswith("binance_wsapi.")
                and not str(type(thing).__module__).startswith("binance_wsapi.simulator")
            )

    run(main)
    assert len(hidden) > 2 * 13, "nothing was signed: the test proves nothing"
    assert any("503" in text for text in shown)
    everything = "\n".join((*shown, logged(caplog)))
    for secret in hidden:
        assert secret not in everything


Fault = httpx.Response | Exception
"""What answers a request."""


def untrusted() -> httpx.ConnectError:
    failed = httpx.ConnectError("no")
    failed.__cause__ = cause = ssl.SSLCertVerificationError(1, "not this one")
    cause.verify_message = "not this one"
    return failed


OVER_REST: list[tuple[type[WsapiError], Fault]] = [
    (errors.VenueError, httpx.Response(400, json=error(-9999))),
    (errors.AuthFailed, httpx.Response(400, json=error(-1022))),
    (errors.BadTimestamp, httpx.Response(400, json=error(-1021))),
    (errors.BadRequest, httpx.Response(400, json=error(-1102))),
    (errors.FilterFailed, httpx.Response(400, json=error(-1013, "Filter failure: LOT_SIZE"))),
    (errors.OrderRejected, httpx.Response(400, json=error(-2010))),
    (errors.CancelRejected, httpx.Response(400, json=error(-2011))),
    (errors.OrderNotFound, httpx.Response(400, json=error(-2013))),
    (errors.AmendRejected, httpx.Response(400, json=error(-2038))),
    (errors.PartialFailure, httpx.Response(409, json=error(-2021))),
    (errors.Forbidden, httpx.Response(403, content=b"<html>")),
    (errors.RateLimited, httpx.Response(429, json=error(-1003))),
    (errors.IpBanned, httpx.Response(418, json=error(-1003))),
    (errors.VenueFault, httpx.Response(503)),
    (errors.UnreadableReply, httpx.Response(200, content=b"not json")),
    (errors.ConnectFailed, httpx.ConnectError("no")),
    (errors.TlsVerificationError, untrusted()),
    (errors.ConnectionLost, httpx.ReadError("no")),
    (errors.ReplyTimeout, httpx.ReadTimeout("no")),
]
NOT_OVER_REST = {errors.RuleViolation, errors.NotPlaced, errors.NotFilled, errors.NotFollowed, errors.NotLoggedOn}
"""Of orders, handles and logons."""
BEFORE = {errors.UsageError, errors.NotConnected, errors.LimitExceeded, errors.Banned}
"""Raised before anything is sent."""


def kinds_of(kind: type[WsapiError]) -> set[type[WsapiError]]:
    """Return an error class and all below it that stand in `binance_wsapi.errors`."""
    below = {each for sub in kind.__subclasses__() for each in kinds_of(sub)}
    return below | ({kind} if kind.__module__ == errors.__name__ and not kind.__name__.startswith("_") else set())


def test_the_table_has_every_class_of_error_that_a_question_over_rest_ends_in() -> None:
    groups = {errors.WsapiError, errors.NotSent, errors.OutcomeUnknown, errors.ProtocolViolation}
    listed = {kind for kind, _ in OVER_REST} | BEFORE | NOT_OVER_REST | groups
    assert kinds_of(WsapiError) - listed == set()


@pytest.mark.parametrize(("kind", "fault"), OVER_REST, ids=lambda each: getattr(each, "__name__", ""))
async def test_no_class_of_error_takes_anything_along(kind: type[WsapiError], fault: Fault) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != ORDER_PATH:
            return httpx.Response(200, json={"serverTime": VENUE_MS})
        asked.append(request.url.query.decode())
        if isinstance(fault, Exception):
            raise fault
        return httpx.Response(fault.status_code, content=fault.content)

    async with reader(transport=httpx.MockTransport(answer)) as rest:
        with pytest.raises(WsapiError) as caught:
            await rest.call(ORDER, ASKED, CallOptions(timeout=3.0))
    assert type(caught.value) is kind
    assert asked, "nothing was signed: the test proves nothing"
    assert not what_left(kind.__name__, caught.value)
    text = "\n".join(everything_of(caught.value)).replace(ASKED["origClientOrderId"], "")  # which the error names
    for secret in (API_KEY, SECRET, *(split(each)[1] for each in asked), *asked, ASKED["symbol"]):
        assert secret not in text


@pytest.mark.parametrize("kind", BEFORE, ids=lambda each: each.__name__)
async def test_nor_does_an_error_from_before_anything_is_sent(kind: type[WsapiError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != ORDER_PATH:
            return httpx.Response(200, json={"serverTime": VENUE_MS})
        return httpx.Response(418, json=error(-1003))

    rest = reader(settings=Settings(limit_policy="raise"), transport=httpx.MockTransport(answer))
    dear: Endpoint[Any] = Endpoint("order.status", dict[str, Any], security=Security.USER_DATA, weight=5_000)
    async with rest:
        if kind is errors.Banned:
            with pytest.raises(errors.IpBanned):
                await rest.call(ORDER, ASKED)
        if kind is errors.LimitExceeded:
            await rest.call(replace(dear, method="account.status"), {})
        if kind is errors.NotConnected:
            await rest.close()
        with pytest.raises(WsapiError) as caught:
            await rest.call(dear, {**ASKED, **({"limit": 0.5} if kind is errors.UsageError else {})})
    assert type(caught.value) is kind
    assert not what_left(kind.__name__, caught.value)
    assert not {API_KEY, SECRET, ASKED["symbol"]} & set("\n".join(everything_of(caught.value)).split("'"))


async def test_the_url_with_its_signature_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """httpx logs every URL at INFO; a control shows that this test would see it."""
    listen(caplog)
    with respx.mock(base_url="https://venue.test") as router:
        router.get("/api/v3/time").respond(json={"serverTime": 1})
        route = router.get(ORDER_PATH).mock(side_effect=[httpx.ReadError("x"), httpx.Response(200, json={})])
        async with reader(world=World()) as rest:
            await rest.call(ORDER, ASKED)
        signatures = {split(call.request.url.query.decode())[1] for call in route.calls}
        assert all(signature not in logged(caplog) for signature in signatures)
        assert "signature=" not in logged(caplog)
        assert "is asked again" in caplog.text
        async with httpx.AsyncClient() as plain:
            route.mock(return_value=httpx.Response(200))
            await plain.get("https://venue.test/api/v3/order?signature=abc")
        assert "signature=abc" in caplog.text


async def test_real_connections_log_nothing_either(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listen(caplog)
    certificate_file, key_file = certificate(tmp_path, "127.0.0.1")
    server, url, seen = await tls_server(certificate_file, key_file, http(200, {"serverTime": 5}))
    settings = Settings(ca_file=str(certificate_file))
    async with (
        server,
        RestReader(Environment("local", (), (), url), KEY, settings, runtime=World().runtime, routes=ROUTES) as rest,
    ):
        await rest.call(ORDER, ASKED)
    query = seen[-1].split(b" ")[1].partition(b"?")[2].decode()
    text = logged(caplog)
    assert "send_request_headers" in text, "httpcore said nothing: the test proves nothing"
    for secret in (split(query)[1], query, API_KEY, SECRET):
        assert secret not in text


def test_the_password_of_a_socks_proxy_is_dropped_from_the_one_message_that_prints_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listen(caplog)
    log = logging.getLogger("httpcore.socks")
    log.debug("setup_socks5_connection.started stream=<x> host='h' port=443 auth=(b'user', b'CanaryOfProxy9999')")
    log.debug("connect_tcp.started host='h' port=1")
    assert "CanaryOfProxy9999" not in caplog.text
    assert "connect_tcp" in caplog.text


def test_the_reader_and_its_parts_print_no_key() -> None:
    key = HmacKey(API_KEY, SECRET)
    rest = reader(key, Settings(proxy="http://u:CanaryOfProxy9999@p.test"))
    text = repr(rest) + str(rest) + repr(vars(rest)) + repr(vars(rest._http)) + repr(rest.settings)
    assert API_KEY not in text
    assert SECRET not in text
    assert "CanaryOfProxy9999" not in text


async def test_a_call_that_runs_out_of_time_leads_back_to_no_request() -> None:
    """The cancelled frames hold the signed URL; the error must not lead there."""
    arrived = asyncio.Event()
    queries: list[str] = []

    async def silent(request: httpx.Request) -> httpx.Response:
        if request.url.path != ORDER_PATH:
            return httpx.Response(200, json={"serverTime": 1})
        queries.append(request.url.query.decode())
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    rest = reader(transport=httpx.MockTransport(silent))
    async with rest:
        task = asyncio.ensure_future(rest.call(ORDER, ASKED, CallOptions(timeout=3600.0)))
        await arrived.wait()
    with pytest.raises(WsapiError) as caught:
        await task
    assert caught.value.__context__ is None
    signature = split(queries[0])[1]
    assert all(signature not in text for text in everything_of(caught.value))
