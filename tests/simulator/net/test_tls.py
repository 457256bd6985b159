"""With TLS the exchange is what its certificate says, to clients that trust its authority and to no other."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from websockets.asyncio.client import connect

from binance_wsapi import Settings, SpotClient, TlsVerificationError
from binance_wsapi.simulator import LocalExchange, Tls
from binance_wsapi.simulator.faults.names import inject


async def test_plain_websockets_speaks_to_it_by_every_loopback_name() -> None:
    async with LocalExchange(market="manual", tls=True) as exchange:
        assert exchange.tls is not None
        assert exchange.url.startswith("wss://127.0.0.1:")
        context = exchange.tls.client_context()
        for url in (exchange.url, exchange.url.replace("127.0.0.1", "localhost")):
            async with connect(url, ssl=context, proxy=None) as socket:
                await socket.send('{"id":1,"method":"ping"}')
                assert json.loads(await socket.recv())["status"] == 200


async def test_our_client_and_the_rest_side_work_with_the_authoritys_file(tmp_path: Path) -> None:
    async with LocalExchange(market="manual", tls=tmp_path / "tls") as exchange:
        ca = str(tmp_path / "tls" / "ca.pem")
        async with SpotClient.local(settings=Settings(ca_file=ca), url=exchange.url) as client:
            assert (await client.server_time()).server_time > 0
        context = ssl.create_default_context(cafile=ca)
        async with httpx.AsyncClient(verify=context, trust_env=False) as http:
            assert (await http.get(f"{exchange.rest_url}/api/v3/ping")).json() == {}


async def test_who_does_not_trust_the_authority_is_not_served() -> None:
    async with LocalExchange(market="manual", tls=True) as exchange:
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(exchange.url, proxy=None)
        with pytest.raises(TlsVerificationError):
            await SpotClient.local(url=exchange.url).__aenter__()
        assert exchange.truth.attempts == []


@pytest.mark.parametrize(
    "tls",
    [
        Tls.generate(now=dt.datetime.now(dt.UTC) - dt.timedelta(days=500)),
        Tls.generate(names=("example.org",), addresses=()),
    ],
    ids=["expired", "another host"],
)
async def test_a_wrong_certificate_can_be_made_and_is_refused_for_good(tls: Tls, tmp_path: Path) -> None:
    ca = str(tls.write_ca(tmp_path / "ca.pem"))
    async with LocalExchange(market="manual", tls=tls) as exchange:
        with pytest.raises(TlsVerificationError):
            await SpotClient.local(settings=Settings(ca_file=ca), url=exchange.url).__aenter__()
        assert exchange.truth.attempts == []


async def test_a_client_without_tls_and_garbage_do_not_disturb_it() -> None:
    async with LocalExchange(market="manual", tls=True) as exchange:
        assert exchange.tls is not None
        with pytest.raises((OSError, EOFError, Exception), match=r".+"):
            await connect(exchange.url.replace("wss", "ws"), proxy=None)
        async with connect(exchange.url, ssl=exchange.tls.client_context(), proxy=None) as socket:
            await socket.send('{"id":1,"method":"ping"}')
            assert json.loads(await socket.recv())["status"] == 200


@pytest.mark.parametrize("begun", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
async def test_handshakes_that_never_end_disturb_neither_clients_nor_the_end(begun: bytes) -> None:
    writers = []
    async with asyncio.timeout(
        5
    ):  # less than a handshake may take: Python 3.12 and later wait for it when a server stops
        async with LocalExchange(market="manual", tls=True) as exchange:
            assert exchange.tls is not None
            for _ in range(50):
                _, writer = await asyncio.open_connection("127.0.0.1", int(exchange.rest_url.rpartition(":")[2]))
                writer.write(begun)
                writers.append(writer)
            async with connect(exchange.url, ssl=exchange.tls.client_context(), proxy=None) as socket:
                await socket.send('{"id":1,"method":"ping"}')
                assert json.loads(await socket.recv())["status"] == 200
    for writer in writers:
        writer.close()


async def test_faults_work_through_tls_too() -> None:
    async with LocalExchange(market="manual", tls=True) as exchange:
        assert exchange.tls is not None
        async with connect(exchange.url, ssl=exchange.tls.client_context(), proxy=None) as socket:
            exchange.faults.dribble(1)
            await socket.send('{"id":1,"method":"ping"}')
            assert json.loads(await socket.recv())["status"] == 200
            assert exchange.faults.cut_all() == 1


def test_a_folder_keeps_its_authority_and_hides_its_key(tmp_path: Path) -> None:
    first, second = Tls.in_folder(tmp_path / "a"), Tls.in_folder(tmp_path / "a")
    assert first == second
    assert (tmp_path / "a" / "server-key.pem").stat().st_mode & 0o077 == 0
    assert Tls.in_folder(tmp_path / "b") != first
    assert "PRIVATE" not in repr(first)
    assert b"PRIVATE" not in (tmp_path / "a" / "ca.pem").read_bytes()


def test_an_old_certificate_in_a_folder_is_made_anew(tmp_path: Path) -> None:
    old = Tls.generate(now=dt.datetime.now(dt.UTC) - dt.timedelta(days=500))
    for name, data in (("ca.pem", old.ca_pem), ("server.pem", old.certificate_pem), ("server-key.pem", old._key_pem)):
        (tmp_path / name).write_bytes(data)
    new = Tls.in_folder(tmp_path)
    end = x509.load_pem_x509_certificate(new.certificate_pem).not_valid_after_utc
    assert end > dt.datetime.now(dt.UTC) + dt.timedelta(days=300)
    assert (tmp_path / "ca.pem").read_bytes() == new.ca_pem


async def test_a_stalled_handshake_keeps_a_client_waiting_and_a_cut_one_ends_at_once() -> None:
    async with LocalExchange(market="manual", tls=True) as exchange:
        assert exchange.tls is not None
        context = exchange.tls.client_context()
        exchange.faults.stall_tls()
        with pytest.raises(TimeoutError):
            await connect(exchange.url, ssl=context, proxy=None, open_timeout=0.3)
        exchange.faults.reset_tls()
        with pytest.raises((OSError, ssl.SSLError, EOFError)):
            await connect(exchange.url, ssl=context, proxy=None, open_timeout=5)
        assert exchange.truth.attempts == []
        async with connect(exchange.url, ssl=context, proxy=None) as socket:
            await socket.send('{"id":1,"method":"ping"}')
            assert json.loads(await socket.recv())["status"] == 200


async def test_our_client_gives_a_stalled_and_a_cut_handshake_up_and_connects_after_them(tmp_path: Path) -> None:
    async with LocalExchange(market="manual", tls=tmp_path / "tls") as exchange:
        exchange.faults.stall_tls()
        exchange.faults.reset_tls()
        failed: list[object] = []
        settings = Settings(ca_file=str(tmp_path / "tls" / "ca.pem"), open_timeout=0.3)
        client = SpotClient.local(settings=settings, url=exchange.url, on_error=failed.append)
        async with client:
            assert (await client.server_time()).server_time > 0
        assert len(failed) == 2
        assert len(exchange.truth.attempts) == 1


async def test_the_handshakes_of_tls_can_be_broken_by_name() -> None:
    async with LocalExchange(market="manual", tls=True) as exchange:
        for name, fault in (("stall_tls", "stall"), ("reset_tls", "reset")):
            inject(exchange.faults, exchange.clock, {"fault": name, "count": 2})
            assert [exchange.faults.meet_tls() for _ in range(3)] == [fault, fault, None]
