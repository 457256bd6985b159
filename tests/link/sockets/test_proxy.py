"""Proxies and authorities: checked when they are named, told without what is secret in them, and never past TLS."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import HmacKey, Settings, SpotClient, UsageError, WsapiError
from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.environments import Environment, local
from binance_wsapi.link.sockets.proxy import ProxyUrl, proxy_for
from binance_wsapi.link.sockets.websockets import WebsocketsTransport
from binance_wsapi.rest import RestReader
from binance_wsapi.simulator import LocalExchange
from tests.link.sockets.both import on_each_transport  # noqa: F401 - every test on both transports
from tests.secrecy import everything_of

PASSWORD = "hunter2plantedproxy"
BAD = [
    f"ftp://user:{PASSWORD}@127.0.0.1:9",
    f"http://user:{PASSWORD}@",
    f"http://user:hun {PASSWORD}@127.0.0.1:9",
    f"http://user:{PASSWORD}@127.0.0.1:x",
    f"http://user:{PASSWORD}@127.0.0.1:99999",
    f"http://user:{PASSWORD}@127.0.0.1:0",
    f"http://{PASSWORD}@127.0.0.1:9",
    f"user:{PASSWORD}@127.0.0.1:9",
    f"http://user:{PASSWORD}@127.0.0.1:9/path",
    f"http://user:a/{PASSWORD}@127.0.0.1:9",
    f"http://user:{PASSWORD}@127.0.0.1:9?x=1",
    f"http://user:{PASSWORD}@[::1",
    f"http://user:{PASSWORD}\n@127.0.0.1:9",
    "nonsense",
    "",
]


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize(
    "make", [lambda url: Settings(proxy=url), lambda url: WebsocketsTransport(proxy=url), ProxyUrl]
)
def test_an_address_that_is_none_is_refused_at_once_and_not_repeated(make: Any, url: str) -> None:
    with pytest.raises(UsageError, match="proxy must") as caught:
        make(url)
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=False).format())
    assert PASSWORD not in text.replace(repr(url), "")
    assert caught.value.__context__ is None
    step = caught.value.__traceback__
    while step is not None:
        if "/tests/" not in step.tb_frame.f_code.co_filename:
            shown = {name: repr(value) for name, value in step.tb_frame.f_locals.items()}
            assert not [name for name, value in shown.items() if PASSWORD in value], step.tb_frame.f_code.co_name
        step = step.tb_next


@pytest.mark.parametrize("value", [False, 5, b"http://p:1"])
def test_another_kind_of_value_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="proxy must be the URL"):
        Settings(proxy=value)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_the_environment_s_proxies_are_checked_as_well(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, f"ftp://user:{PASSWORD}@127.0.0.1:9")
    with pytest.raises(UsageError, match="environment variable") as caught:
        Settings(proxy=True)
    assert PASSWORD not in str(caught.value)


def test_the_password_shows_nowhere_and_reaches_the_proxy() -> None:
    settings = Settings(proxy=f"http://user:{PASSWORD}@127.0.0.1:3128")
    assert isinstance(settings.proxy, ProxyUrl)
    again = dataclasses.replace(settings, timeout=3.0)
    assert again.proxy == settings.proxy
    fields = {each.name: getattr(settings, each.name) for each in dataclasses.fields(settings)}
    text = " ".join(map(repr, (settings, fields, dataclasses.asdict(settings), WebsocketsTransport(proxy=again.proxy))))
    assert PASSWORD not in text + str(settings.proxy)
    assert "***@127.0.0.1:3128" in text
    assert copy.deepcopy(settings.proxy) is settings.proxy
    with pytest.raises(TypeError):
        pickle.dumps(settings.proxy)
    assert proxy_for(settings.proxy, "wss://venue.test") == f"http://user:{PASSWORD}@127.0.0.1:3128"


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
async def test_a_proxy_that_fails_is_told_without_its_password(scheme: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(proxy=f"{scheme}://user:{PASSWORD}@127.0.0.1:{port}", connect_timeout=0.3)
    failed: list[Any] = []
    async with server:
        client = SpotClient.testnet(None, settings, on_error=failed.append)
        with pytest.raises(WsapiError) as caught:
            async with client:
                pass
    shown = [*everything_of(caught.value), repr(client), caplog.text]
    for event in failed:
        shown += everything_of(event.error)
    assert not [text for text in shown if PASSWORD in text]


async def seen_by_a_proxy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[bytes]]:
    """Trade with an unencrypted exchange and return what was placed, and what a proxy was asked meanwhile."""
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy"):
        monkeypatch.setenv(name, url)
    key = HmacKey("A" * 64, "s3cret" * 8)
    async with server, LocalExchange(market="manual") as exchange:
        exchange.register_key(key.api_key, "hmac", secret="s3cret" * 8)
        async with SpotClient.local(key, settings(url), url=exchange.url) as client, client.market_streams() as streams:
            await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
            async with streams.trade("BTCUSDT"):
                pass
        async with RestReader(local(exchange.url), key, settings(url), routes=ROUTES) as rest:
            assert await rest.call(SpotMethods.PING, {}) is not None
        return len(exchange.truth.all_orders()), asked


@pytest.mark.parametrize("which", ["a URL", "the environment"])
async def test_what_is_not_encrypted_goes_past_every_proxy(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def settings(url: str) -> Settings:
        return Settings(proxy=url if which == "a URL" else True, connect_timeout=2)

    placed, asked = await seen_by_a_proxy(settings, monkeypatch)
    assert (placed, asked) == (1, [])


@pytest.mark.parametrize(
    "url", ["ws://venue.test/ws-api/v3", "ws://10.0.0.1:9/x", "ws://127.0.0.1.evil.test/", "http://a/"]
)
async def test_no_environment_leads_off_this_machine_without_encryption(url: str) -> None:
    for fields in (((url,), (), ""), ((), (url,), ""), ((), (), url.replace("ws:", "http:"))):
        with pytest.raises(UsageError, match="this machine"):
            Environment("test", *fields)
    with pytest.raises(UsageError):
        await WebsocketsTransport().open(url.replace("http:", "ws:"), None, 1.0)  # type: ignore[arg-type]


def test_authorities_that_cannot_be_used_are_refused_at_once_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "empty.pem").write_text("")
    for path in (tmp_path / "bad.pem", tmp_path / "empty.pem", tmp_path / "missing.pem", tmp_path):
        for make in (Settings, WebsocketsTransport):
            with pytest.raises(UsageError, match="ca_file") as caught:
                make(ca_file=str(path))
            assert str(path) in str(caught.value)
    with pytest.raises(UsageError, match="ca_file"):
        Settings(ca_file="")
    with pytest.raises(UsageError, match="ca_file"):
        Settings(ca_file="a\0b")
