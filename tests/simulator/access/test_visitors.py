"""A page in a browser reaches none of the exchange's ports, under its own name or a rebound one; programs do."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from binance_wsapi import HmacKey, SpotClient, endpoints
from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.environments import local
from binance_wsapi.rest import RestReader
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.access.visitors import Visitors

EVIL = "https://evil.example"


async def ask(port: int, text: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer.split(b"\r\n")[0]


def upgrade(path: str, host: str, origin: str = "") -> str:
    more = f"Origin: {origin}\r\n" if origin else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


@pytest.mark.parametrize("path", ["/ws-api/v3", "/ws", "/stream?streams=btcusdt@trade", "/api/v3/time"])
@pytest.mark.parametrize(
    ("host", "origin"),
    [("evil.example", ""), ("evil.example:{port}", EVIL), ("127.0.0.1:{port}", EVIL), ("localhost:{port}", "null"),
     ("127.0.0.1.evil.example", ""), ("127.0.0.1@evil.example", ""), ("localhost:{port}", "http://["),
     ("127.0.0.1:{port}@evil", ""), ("127.0.0.1:{port},evil.example", ""), ("localhost:x", ""), ("[::1", ""),
     ("localhost", "http://localhost, http://evil.example"), ("localhost", "http://localhost/ http://evil.example"),
     ("localhost", "http://evil.example@localhost"), ("localhost", "localhost"),
     ("127.0.0.1:{port}", "http://127.0.0.1:3000"), ("127.0.0.1:{port}", "http://127.0.0.1"),
     ("127.0.0.1:{port}", "http://localhost:{port}"), ("127.0.0.1:{port}", "http://127.0.0.2:{port}"),
     ("[::1]:{port}", "http://[::1]:3000")],
)  # fmt: skip
async def test_the_trading_and_stream_ports_refuse_pages(path: str, host: str, origin: str) -> None:
    async with LocalExchange(market="manual") as exchange:
        port = int(exchange.url.split(":")[2].split("/")[0])
        assert b" 403 " in await ask(port, upgrade(path, host.format(port=port), origin.format(port=port)))
        assert not exchange.truth.attempts, "it counts against no limit"


@pytest.mark.parametrize("path", ["/api/v3/exchangeInfo", "/ws-api/v3", "/ws"])
async def test_an_image_of_a_foreign_page_costs_no_weight(path: str) -> None:
    """A request without an answer for the page (``<img>``, ``no-cors``) has no Origin; browsers say where it is from."""
    async with LocalExchange(market="manual", page=True) as exchange:
        port = int(exchange.url.split(":")[2].split("/")[0])

        async def from_site(site: str, path: str, more: str = "") -> bytes:
            head = f"Host: 127.0.0.1:{port}\r\nSec-Fetch-Site: {site}\r\n{more}Connection: close\r\n\r\n"
            return await ask(port, f"GET {path} HTTP/1.1\r\n{head}")

        assert b" 403 " in await from_site("cross-site", path)
        assert b" 403 " in await from_site("Cross-Site", path)
        assert not exchange.truth.attempts, "it counts against no limit"
        assert b" 403 " in await from_site("same-site", path), "a page of another port of this machine"
        assert b" 403 " not in await from_site("same-site", path, f"Origin: http://127.0.0.1:{port}\r\n")
        assert b" 403 " not in await from_site("same-origin", path)
        assert b" 403 " not in await from_site("none", path)
        assert b" 200 " in await from_site("cross-site", "/"), "a link to the page works"


async def test_the_control_port_refuses_images_of_pages() -> None:
    async with LocalExchange(market="manual", control_port=0) as exchange:
        assert exchange.control_url is not None
        port = int(exchange.control_url.rsplit(":", 1)[1].rstrip("/"))
        head = f"Host: 127.0.0.1:{port}\r\nSec-Fetch-Site: cross-site\r\n\r\n"
        assert b" 403 " in await ask(port, f"GET /orders HTTP/1.1\r\n{head}")


async def test_the_control_port_refuses_pages() -> None:
    body = '{"fault":"cut"}'
    async with LocalExchange(market="manual", control_port=0) as exchange:
        assert exchange.control_url is not None
        port = int(exchange.control_url.rpartition(":")[2])
        other = f"http://127.0.0.1:{port + 1}"
        for host, origin in (
            ("evil.example", ""),
            ("127.0.0.1", EVIL),
            ("localhost", "null"),
            (f"127.0.0.1:{port}", other),
        ):
            more = f"Origin: {origin}\r\n" if origin else ""
            assert b" 403 " in await ask(port, f"GET /orders HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
            head = f"POST /faults HTTP/1.1\r\nHost: {host}\r\n{more}Content-Type: application/json\r\n"
            assert b" 403 " in await ask(port, f"{head}Content-Length: {len(body)}\r\n\r\n{body}")
        assert exchange.faults.waiting == 0
        for number in ("NaN", "Infinity", "1e400"):
            wrong = f'{{"fault":"delay","seconds":{number}}}'
            head = "POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            assert b" 400 " in await ask(port, f"{head}Content-Length: {len(wrong)}\r\n\r\n{wrong}")


async def test_what_is_named_is_let_in_and_programs_are_always() -> None:
    async with LocalExchange(market="manual", allow=["https://app.test", "exchange.test"]) as exchange:
        port = int(exchange.url.split(":")[2].split("/")[0])
        for host, origin in (
            ("exchange.test", ""),
            ("127.0.0.1", "https://app.test"),
            ("[::1]:9", "http://[::1]:9"),
            ("localhost", "http://localhost:80"),
            ("exchange.test:9", "https://Exchange.test:9"),
            ("127.0.0.1:9", ""),
        ):
            assert b" 101 " in await ask_upgrade(port, host, origin)
        with pytest.raises(InvalidStatus):
            await connect(exchange.url, origin="https://app.test:444")  # type: ignore[arg-type]
        async with connect(exchange.url, origin=exchange.rest_url):  # type: ignore[arg-type]
            pass


async def ask_upgrade(port: int, host: str, origin: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(upgrade("/ws-api/v3", host, origin).encode())
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return line


@pytest.mark.parametrize("name", ["*", "a b", "https://", "https://a/b", "https://u@a", "", "a/b", "foo:bar:baz"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        Visitors([name])


@pytest.mark.parametrize(
    "headers", [([], []), (["localhost", "localhost"], []), (["localhost"], ["http://a", "http://b"])]
)
def test_headers_that_stand_twice_or_not_at_all_are_refused(headers: tuple[list[str], list[str]]) -> None:
    assert Visitors().refusal(*headers)


async def test_the_exchange_logs_neither_keys_nor_signed_urls_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    key = HmacKey("eXcHaNgElOgKeY" + "k" * 50, "eXcHaNgElOgSeCrEt" + "s" * 47)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(1, name)
    caplog.set_level(1)
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(key.api_key, "hmac", secret="eXcHaNgElOgSeCrEt" + "s" * 47)
        for name in ("binance_wsapi.simulator", "websockets.server", "websockets"):
            caplog.set_level(1, name)
        async with SpotClient.local(key, url=exchange.url) as client:
            await client.account_status()
        async with RestReader(local(exchange.url), key, routes=ROUTES) as rest:
            await rest.call(endpoints()["account.status"], {})
        port = int(exchange.url.split(":")[2].split("/")[0])
        await ask(
            port, f"GET /api/v3/account?signature=planted{'x' * 40} nonsense\r\nX-MBX-APIKEY: {key.api_key}\r\n\r\n"
        )
        assert any("signature" in str(frame) for frame in exchange.truth.frames), "nothing was signed"
    text = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert key.api_key not in text
    assert "signature=" not in text


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_every_signal_to_stop_writes_the_transcript_and_ends_with_zero(name: str, tmp_path: Path) -> None:
    transcript = tmp_path / "t.jsonl"
    command = [sys.executable, "-c", "from binance_wsapi.cli import main; main()", "exchange", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--directory", str(tmp_path / "k"), "--transcript", str(transcript)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "120", "PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    while "Ctrl-C" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(getattr(signal, name))
    told, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"frames in {transcript}" in told.replace("\n", "")
    assert transcript.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("option", ["--transcript", "--directory"])
def test_a_place_that_cannot_be_written_to_is_refused_at_the_start(option: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "x" if option == "--directory" else tmp_path / "missing" / "t.jsonl"
    command = [
        sys.executable,
        "-c",
        "from binance_wsapi.cli import main; main()",
        "exchange",
        "--port",
        "0",
        "--seconds",
        "1",
    ]
    more = [] if option == "--directory" else ["--directory", str(tmp_path / "k")]
    done = subprocess.run([*command, option, str(place), *more], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert option in done.stderr
