"""What only real sockets can show: TLS, proxies, upgrades that are refused, memory over many calls."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import http
import ipaddress
import ssl
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from binance_wsapi.environments import Environment, local
from binance_wsapi.errors import ConnectFailed, TlsVerificationError, UsageError
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.transport import HandshakeRefused
from binance_wsapi.session.session import Session
from tests.link.sockets.both import on_each_transport  # noqa: F401 - every test on both transports
from tests.session.test_faults_in_virtual_time import READ
from tests.simulation.peer import Peer


def certificate(folder: Path, host: str, *, days: int = 1) -> tuple[Path, Path]:
    """Make a self-signed certificate; return the files of the certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=10))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{host}.pem", folder / f"{host}.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


@asynccontextmanager
async def secure_peer(certificate_file: Path, key_file: Path) -> AsyncIterator[tuple[Peer, str]]:
    peer = Peer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    async with serve(peer._serve, "127.0.0.1", 0, ssl=context, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield peer, f"wss://127.0.0.1:{port}/ws-api/v3"


async def test_tls_with_a_bundle_of_one_s_own(tmp_path: Path) -> None:
    certificate_file, key_file = certificate(tmp_path, "127.0.0.1")
    async with secure_peer(certificate_file, key_file) as (_, url):
        session = Session(local(url), settings=Settings(ca_file=str(certificate_file)))
        await session.start()
        assert await session.call(READ, {}) == {}
        await session.close()


@pytest.mark.parametrize("flaw", ["unknown authority", "wrong host", "expired"])
async def test_a_certificate_that_is_not_the_venue_s_ends_it_at_once_and_nothing_is_sent(
    tmp_path: Path, flaw: str
) -> None:
    certificate_file, key_file = certificate(
        tmp_path, "example.org" if flaw == "wrong host" else "127.0.0.1", days=-1 if flaw == "expired" else 1
    )
    async with secure_peer(certificate_file, key_file) as (peer, url):
        bundle = None if flaw == "unknown authority" else str(certificate_file)
        session = Session(local(url), settings=Settings(ca_file=bundle))
        with pytest.raises(TlsVerificationError):
            await session.start()
        assert not peer.frames
        assert not peer.connections


def test_plain_text_goes_to_this_machine_only() -> None:
    with pytest.raises(UsageError, match="this machine"):
        local("ws://ws-api.binance.com/ws-api/v3")
    with pytest.raises(UsageError):
        local("http://127.0.0.1/")
    with pytest.raises(UsageError, match="credentials"):
        local("ws://me:CanaryOfProxy9999@127.0.0.1/")


@pytest.mark.parametrize("status", [301, 403, 404, 500, 503])
async def test_an_upgrade_that_is_refused_is_typed_and_a_redirect_is_not_followed(status: int) -> None:
    asked: list[str] = []

    def refuse(connection: ServerConnection, request: Request) -> Response:
        asked.append(request.path)
        response = connection.respond(http.HTTPStatus(status), "no")
        response.headers["Location"] = "/elsewhere"
        response.headers["Retry-After"] = "7"
        return response

    async with serve(lambda _: asyncio.sleep(0), "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        session = Session(local(f"ws://127.0.0.1:{port}/ws-api/v3"), settings=Settings(connect_timeout=0.3))
        with pytest.raises(ConnectFailed) as caught:
            await session.start()
        assert isinstance(caught.value.__cause__, HandshakeRefused)
        assert (caught.value.__cause__.status, caught.value.__cause__.retry_after) == (status, 7.0)
        assert set(asked) == {"/ws-api/v3"}
        if status == 403:
            assert len(asked) == 1


async def test_the_second_port_is_tried_when_the_first_does_not_answer() -> None:
    async with Peer() as peer:
        dead = "ws://127.0.0.1:1/ws-api/v3"
        session = Session(Environment("local", (dead, peer.url), (), ""))
        await session.start()
        assert await session.call(READ, {}) == {}
        await session.close()


async def test_thousands_of_calls_leave_memory_flat(no_log: None) -> None:
    async with Peer() as peer:
        session = Session(local(peer.url), settings=Settings(limit_policy="off"))
        await session.start()

        async def many(count: int) -> None:
            for _ in range(count):
                await session.call(READ, {})

        async def batch(calls: int) -> None:
            await asyncio.gather(*(many(calls // 50) for _ in range(50)))
            peer.frames.clear()

        await batch(4_000)
        gc.collect()
        before = sys.getallocatedblocks()
        await batch(8_000)
        gc.collect()
        assert sys.getallocatedblocks() - before < 400  # of 8,000 calls, not one block in twenty stays
        home = session.connections.home
        assert home is not None
        assert home.pending == 0
        await session.close()


async def test_a_sync_hook_that_blocks_delays_neither_a_reply_nor_a_pong() -> None:
    release = threading.Event()

    def on_open(_: Any) -> None:
        release.wait(30)

    async with Peer() as peer:
        session = Session(local(peer.url), on_open=on_open)
        await session.start()
        assert await session.call(READ, {}) == {}
        latency = await asyncio.wait_for(await peer.last.ping(), 1)
        assert latency < 1
        release.set()
        await session.close()


async def test_a_proxy_is_asked_to_connect_and_sees_nothing_but_where_to(tmp_path: Path) -> None:
    certificate_file, key_file = certificate(tmp_path, "127.0.0.1")
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        host, port = head.split()[1].split(b":")
        there, back = await asyncio.open_connection(host.decode(), int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

    async with (
        secure_peer(certificate_file, key_file) as (peer, url),
        await asyncio.start_server(proxy, "127.0.0.1", 0) as server,
    ):
        port = server.sockets[0].getsockname()[1]
        settings = Settings(ca_file=str(certificate_file), proxy=f"http://me:CanaryOfProxy9999@127.0.0.1:{port}")
        assert "CanaryOfProxy9999" not in repr(settings)
        session = Session(local(url), settings=settings)
        await session.start()
        assert await session.call(READ, {}) == {}
        await session.close()
        assert asked[0].startswith(b"CONNECT 127.0.0.1:")
        assert len(peer.frames) == 2
