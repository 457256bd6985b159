"""The request on the wire: what is sent, when it ends, how much is taken, and where it may go."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
import sys
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.environments import DEMO, PRODUCTION, TESTNET, Environment
from binance_wsapi.errors import (
    ConnectFailed,
    ConnectionLost,
    NotConnected,
    ReplyTimeout,
    TlsVerificationError,
    UnreadableReply,
    UsageError,
    VenueError,
    VenueFault,
    WsapiError,
)
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest import RestReader
from binance_wsapi.rest import http as module
from binance_wsapi.rest.http import Http
from binance_wsapi.wire.caller import CallOptions
from tests.rest.support import ASKED, KEY, ORDER, PING, WALL, Venue, World, hmac_of, http, reader, split
from tests.session.test_real_sockets import certificate
from tests.simulation.loop import VirtualLoop, run

PING_PATH = "/api/v3/ping"


def make(loop: VirtualLoop, venue: Venue, settings: Settings | None = None, **options: Any) -> RestReader:
    runtime = Runtime(wall=lambda: WALL, uniform=loop.random.uniform)
    return RestReader(venue.environment, KEY, settings, runtime=runtime, **options, routes=ROUTES)


# --------------------------------------------------------------------------- what is sent


def test_the_bytes_on_the_wire_are_the_bytes_that_were_signed() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        async with make(loop, venue) as rest:
            await rest.call(ORDER, {"symbol": "１２３４５６", "origClientOrderId": "a:/b c+%41"})
        time, order = venue.requests
        payload, signature = split(order.query)
        assert signature == hmac_of(payload)
        assert payload.startswith(
            "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&origClientOrderId=a%3A%2Fb%20c%2B%2541&"
        )
        names = sorted(name.lower() for name, _ in order.headers)
        assert names == ["accept", "accept-encoding", "host", "user-agent", "x-mbx-apikey"]
        assert "x-mbx-apikey" not in [name.lower() for name, _ in time.headers]

    run(main)


def test_cookies_are_neither_kept_nor_sent() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[PING_PATH] = lambda _: http(200, headers="Set-Cookie: a=b\r\n")
        async with make(loop, venue) as rest:
            await rest.call(PING, {})
            await rest.call(PING, {})
        assert "cookie" not in [name.lower() for name, _ in venue.requests[1].headers]

    run(main)


def test_a_connection_is_used_again() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        async with make(loop, venue) as rest:
            for _ in range(5):
                await rest.call(ORDER, ASKED)
        assert len(venue.transports) == 1

    run(main)


# --------------------------------------------------------------------------- when it ends


def test_silence_ends_at_the_deadline_as_sent_and_unanswered() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[PING_PATH] = lambda _: None
        async with make(loop, venue) as rest:
            for timeout, options in ((10.0, CallOptions()), (1.5, CallOptions(timeout=1.5))):
                began = loop.time()
                with pytest.raises(ReplyTimeout) as caught:
                    await rest.call(PING, {}, options)
                assert loop.time() - began == pytest.approx(timeout, abs=0.05)
                assert caught.value.__cause__ is None
                assert caught.value.__context__ is None

    run(main)


def test_a_connection_that_never_comes_about_is_not_sent() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        loop.network.blackhole = True
        async with make(loop, venue, Settings(timeout=4.0)) as rest:
            began = loop.time()
            with pytest.raises(NotConnected):
                await rest.call(PING, {})
            assert loop.time() - began == pytest.approx(4.0, abs=0.05)
        assert venue.requests == []

    run(main)


def test_one_attempt_to_connect_does_not_take_all_the_time_there_is() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        loop.network.blackhole = True
        loop.call_later(5.0, lambda: setattr(loop.network, "blackhole", False))
        async with make(loop, venue, Settings(timeout=30.0, open_timeout=4.0)) as rest:
            began = loop.time()
            await rest.call(PING, {})
            assert 8.0 <= loop.time() - began < 10.0

    run(main)


def test_a_second_try_that_never_left_is_neither_called_sent_nor_charged() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)

        def fail(_: Any) -> bytes:
            loop.network.blackhole = True
            return http(503, headers="Connection: close\r\n")

        venue.answers[PING_PATH] = fail
        async with make(loop, venue) as rest:
            with pytest.raises(VenueFault, match="503"):
                await rest.call(PING, {}, CallOptions(timeout=5.0))
            assert len(venue.requests) == 1
            assert [s.used for s in rest.limiter.snapshot() if s.type == "REQUEST_WEIGHT"] == [1]

    run(main)


def test_a_dribble_of_bytes_does_not_move_the_deadline() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)

        async def dribble() -> None:
            await asked.wait()
            transport = venue.transports[0]
            transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not transport.is_closing():
                transport.write(b" ")
                await asyncio.sleep(0.5)

        asked = asyncio.Event()
        venue.answers[PING_PATH] = lambda _: asked.set()
        async with make(loop, venue) as rest:
            feeding = asyncio.ensure_future(dribble())
            began = loop.time()
            with pytest.raises(ReplyTimeout):
                await rest.call(PING, {}, CallOptions(timeout=3.0))
            assert loop.time() - began == pytest.approx(3.0, abs=0.05)
            await feeding

    run(main)


@pytest.mark.parametrize("segment", [1, 7, 1000])
def test_a_reply_in_pieces_is_the_same_reply(segment: int) -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        loop.network.segment = segment
        venue.answers[PING_PATH] = lambda _: http(200, {"text": "x" * 500})
        async with make(loop, venue) as rest:
            assert await rest.call(PING, {}) == {"text": "x" * 500}

    run(main)


def test_a_connection_lost_before_the_reply_is_asked_again_on_a_fresh_one() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)

        def vanish(_: Any) -> None:
            del venue.answers[PING_PATH]
            venue.transports[-1].abort()

        venue.answers[PING_PATH] = vanish
        async with make(loop, venue) as rest:
            assert await rest.call(PING, {}) == {}
        assert len(venue.transports) == 2

    run(main)


@pytest.mark.parametrize(
    "torn", [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"HTTP/1.1 200", b"\x00\x01 nonsense\r\n\r\n"]
)
def test_a_torn_or_nonsensical_response_is_a_lost_connection(torn: bytes) -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)

        def tear(_: Any) -> bytes:
            loop.call_later(0.1, venue.transports[-1].close)
            return torn

        venue.answers[PING_PATH] = tear
        async with make(loop, venue) as rest:
            with pytest.raises(ConnectionLost):
                await rest.call(PING, {})
        assert len(venue.requests) == 4

    run(main)


def test_closing_ends_calls_at_once_and_says_whether_they_had_left() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[PING_PATH] = lambda _: None
        rest = make(loop, venue)
        async with rest:
            left = asyncio.ensure_future(rest.call(PING, {}))
            await asyncio.sleep(0.5)
            loop.network.blackhole = True
            connecting = asyncio.ensure_future(rest.call(PING, {}))
            asking = asyncio.ensure_future(rest.call(ORDER, ASKED))
            await asyncio.sleep(0.5)
            began = loop.time()
        results = await asyncio.gather(left, connecting, asking, return_exceptions=True)
        assert loop.time() - began < 0.1
        assert [type(result) for result in results] == [ConnectionLost, NotConnected, NotConnected]
        assert all("closed" in str(result) for result in results)

    run(main)


def test_cancelling_a_call_leaves_the_reader_usable() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        venue.answers[PING_PATH] = lambda _: None
        async with make(loop, venue) as rest:
            for _ in range(30):  # more than there are connections
                task = asyncio.ensure_future(rest.call(PING, {}))
                await asyncio.sleep(0.1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            del venue.answers[PING_PATH]
            assert await rest.call(PING, {}) == {}

    run(main)


def test_many_calls_at_once_share_a_bounded_number_of_connections() -> None:
    async def main(loop: VirtualLoop) -> None:
        venue = Venue(loop)
        async with make(loop, venue) as rest:
            results = await asyncio.gather(*(rest.call(PING, {}) for _ in range(50)))
        assert results == [{}] * 50
        assert len(venue.transports) <= 20

    run(main)


# --------------------------------------------------------------------------- how much is taken


def answer(body: bytes, coding: str = "", status: int = 200) -> httpx.MockTransport:
    headers = {"Content-Encoding": coding} if coding else {}
    # As a stream: httpx would decompress it by itself otherwise.
    return httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, stream=httpx.ByteStream(body)))


async def test_a_compressed_reply_is_read() -> None:
    async with reader(transport=answer(gzip.compress(b'{"x": 1}'), "gzip")) as rest:
        assert await rest.call(PING, {}) == {"x": 1}


async def test_a_compressed_error_is_read() -> None:
    body = gzip.compress(b'{"code": -1121, "msg": "Invalid symbol."}')
    async with reader(transport=answer(body, "GZIP", 400)) as rest:
        with pytest.raises(VenueError, match="Invalid symbol"):
            await rest.call(PING, {})


async def test_a_reply_beyond_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MESSAGE", 1000)
    exact = b'"' + b"x" * 998 + b'"'
    typed = type(PING)("ping", str)
    for body, coding in ((exact, ""), (gzip.compress(exact), "gzip")):
        async with reader(transport=answer(body, coding)) as rest:
            assert len(await rest.call(typed, {})) == 998
    for body, coding in ((exact + b" ", ""), (gzip.compress(exact + b" "), "gzip")):
        async with reader(transport=answer(body, coding)) as rest:
            with pytest.raises(UnreadableReply, match="1000 bytes"):
                await rest.call(typed, {})


async def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MB of zeros in 64 KB: what is made of it stays within the cap."""
    made: list[int] = []
    decompressobj = zlib.decompressobj

    class Counting:
        def __init__(self, **options: Any) -> None:
            self._inner = decompressobj(**options)

        def decompress(self, data: bytes, most: int = 0) -> bytes:
            result = self._inner.decompress(data, most)
            made.append(len(result))
            return result

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    monkeypatch.setattr(module, "MAX_MESSAGE", 100_000)
    async with reader(transport=answer(gzip.compress(bytes(1 << 26)), "gzip")) as rest:
        with pytest.raises(UnreadableReply, match="100000 bytes"):
            await rest.call(PING, {})
    assert made
    assert sum(made) <= 100_001


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd"])
async def test_an_encoding_that_was_not_asked_for_is_refused(coding: str) -> None:
    async with reader(transport=answer(b"{}", coding)) as rest:
        with pytest.raises(UnreadableReply, match="encoding"):
            await rest.call(PING, {})


@pytest.mark.parametrize("body", [b"{}", gzip.compress(b'{"x": 1}', mtime=0)[:-6], b""])
async def test_a_damaged_compression_is_unreadable(body: bytes) -> None:
    async with reader(transport=answer(body, "gzip")) as rest:
        with pytest.raises(UnreadableReply):
            await rest.call(PING, {})


# --------------------------------------------------------------------------- where it may go


@pytest.mark.parametrize(
    "url",
    [
        "http://api.binance.com", "http://10.0.0.1", "http://127.0.0.1.evil.test", "http://localhost.evil.test",
        "ftp://api.binance.com", "wss://api.binance.com", "api.binance.com", "", "https://", "https://user:pw@h.test",
        "https://h.test/api", "https://h.test?x=1", "https://h.test#x",
    ],
)  # fmt: skip
def test_a_place_where_no_request_may_go_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        RestReader(Environment("production", (), (), url), KEY, routes=ROUTES)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://h.test", "https://h.test:8443", "https://h.test/", "http://127.0.0.1:80", "http://localhost:8080", "http://[::1]:8080"],
)  # fmt: skip
def test_a_place_where_requests_may_go(url: str) -> None:
    RestReader(Environment("local", (), (), url), KEY, routes=ROUTES)


@pytest.mark.parametrize("environment", [PRODUCTION, TESTNET, DEMO])
def test_the_venue_s_environments_are_taken(environment: Environment) -> None:
    RestReader(environment, routes=ROUTES)


def pool_of(http: Http) -> Any:
    return http._transport._pool  # type: ignore[attr-defined]


def test_certificates_are_always_verified(tmp_path: Path) -> None:
    certificate_file, _ = certificate(tmp_path, "127.0.0.1")
    for settings in (Settings(), Settings(ca_file=str(certificate_file)), Settings(proxy="https://p.test")):
        for url in ("https://h.test", "http://127.0.0.1:1"):
            context = pool_of(Http(url, settings))._ssl_context
            assert context.verify_mode is ssl.CERT_REQUIRED
            assert context.check_hostname
            assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_bundle_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("missing.pem", "empty.pem"):
        with pytest.raises(UsageError, match="ca_file"):
            Http("https://h.test", Settings(ca_file=str(tmp_path / name)))


def test_a_proxy_comes_from_the_settings_and_never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://from.environment:1")
        monkeypatch.setenv(name.lower(), "http://from.environment:1")
    monkeypatch.setenv("NO_PROXY", "direct.test")
    monkeypatch.setenv("no_proxy", "direct.test")

    def proxy(settings: Settings, url: str = "https://h.test") -> Any:
        return getattr(pool_of(Http(url, settings)), "_proxy_url", None)

    assert proxy(Settings()) is None
    assert proxy(Settings(proxy="http://p.test:3128")).host == b"p.test"
    assert proxy(Settings(proxy=True)).host == b"from.environment"
    assert proxy(Settings(proxy=True), "https://direct.test") is None
    # What is not encrypted stays on this machine.
    assert proxy(Settings(proxy="http://p.test:3128"), "http://127.0.0.1:1") is None


@pytest.mark.parametrize(
    "url",
    [
        "gopher://user:CanaryOfProxy9999@p.test",
        "http://user:CanaryOfProxy9999@p.test:port",
        "socks5://user:CanaryOfProxy9999@p.test",
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)  # httpx's package for SOCKS is not here
    with pytest.raises(UsageError) as caught:
        Http("https://h.test", Settings(proxy=url))
    assert "CanaryOfProxy9999" not in str(caught.value)
    assert caught.value.__context__ is None


# --------------------------------------------------------------------------- real TLS


async def tls_server(certificate_file: Path, key_file: Path, answer: bytes) -> tuple[asyncio.Server, str, list[bytes]]:
    seen: list[bytes] = []

    async def serve(stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await stream.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    return server, f"https://127.0.0.1:{port}", seen


async def tls_call(url: str, settings: Settings, world: World) -> Any:
    async with RestReader(
        Environment("local", (), (), url), KEY, settings, runtime=world.runtime, routes=ROUTES
    ) as rest:
        return await rest.call(PING, {})


async def test_tls_with_a_bundle_of_one_s_own(tmp_path: Path) -> None:
    server, url, seen = await tls_server(*certificate(tmp_path, "127.0.0.1"), http(200, {"x": 1}))
    async with server:
        assert await tls_call(url, Settings(ca_file=str(tmp_path / "127.0.0.1.pem")), World()) == {"x": 1}
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("host", "days", "trusted"), [("127.0.0.1", 1, False), ("other.test", 1, True), ("127.0.0.1", -1, True)]
)
async def test_a_certificate_that_is_not_the_venue_s_ends_the_call_and_nothing_is_sent(
    tmp_path: Path, host: str, days: int, trusted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Unknown authority, another host, expired."""
    caplog.set_level(logging.CRITICAL, "asyncio")
    certificate_file, key_file = certificate(tmp_path, host, days=days)
    server, url, seen = await tls_server(certificate_file, key_file, http(200))
    world = World()
    async with server:
        with pytest.raises(TlsVerificationError) as caught:
            await tls_call(url, Settings(ca_file=str(certificate_file) if trusted else None), world)
    assert seen == []
    assert world.pauses == [], "it was tried again"
    assert caught.value.__context__ is None


async def test_a_server_without_tls_is_no_connection() -> None:
    async def serve(stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ConnectFailed) as caught:
            await tls_call(url, Settings(), World())
    assert not isinstance(caught.value, TlsVerificationError)


async def test_a_proxy_that_answers_its_connect_is_not_taken_for_the_venue(tmp_path: Path) -> None:
    """A tunnel that is refused is no connection: the request never left."""
    asked: list[bytes] = []

    async def serve(stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await stream.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(WsapiError) as caught:
            await tls_call(
                "https://venue.test", Settings(proxy=f"http://user:CanaryOfProxy9999@127.0.0.1:{port}"), World()
            )
    assert type(caught.value) is ConnectFailed
    assert asked[0].startswith(b"CONNECT venue.test:443 ")
    assert "CanaryOfProxy9999" not in str(caught.value)
