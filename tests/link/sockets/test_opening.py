"""What a peer answers in the handshake reaches no terminal and no error report, and repeats no password of a proxy."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from binance_wsapi import ConnectFailed, NotSent, Settings, SpotClient, WsapiError
from binance_wsapi.environments import TESTNET
from binance_wsapi.link.sockets.opening import opened, said
from binance_wsapi.link.sockets.websockets import WebsocketsTransport
from binance_wsapi.rest.http import Http

PASSWORD = "planted+Proxy%Canary"
QUOTED = "planted%2BProxy%25Canary"
BASIC = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, QUOTED, BASIC)
DRIVES = b"\x1b[2J\x1b]0;owned\x07\x9b31m\xe2\x80\xae"
ECHO = f"user:{PASSWORD} Basic {BASIC} http://user:{QUOTED}@proxy".encode()

ANSWERS: dict[str, bytes] = {
    "garbage": b"%s garbage\r\n\r\n",
    "a protocol": b"HTTP/1.1%s 101 x\r\n\r\n",
    "a status": b"HTTP/1.1 %s x\r\n\r\n",
    "a reason": b"HTTP/1.1 403 %s\r\nContent-Length: 0\r\n\r\n",
    "a name of a header": b"HTTP/1.1 101 x\r\nX%s: y\r\n\r\n",
    "an upgrade": b"HTTP/1.1 101 x\r\nUpgrade: %s\r\nConnection: %s\r\n\r\n",
    "an accept": b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
    "a redirect": b"HTTP/1.1 302 x\r\nLocation: http://%s/\r\nContent-Length: 0\r\n\r\n",
    "a length": b"HTTP/1.1 403 x\r\nContent-Length: %s\r\n\r\n",
    "an encoding": b"HTTP/1.1 403 x\r\nTransfer-Encoding: %s\r\n\r\n",
    "a body": b"HTTP/1.1 407 x\r\nContent-Length: 4000\r\n\r\n%s",
    "nothing": b"",
}

BRIEF = Settings(connect_timeout=0.05, open_timeout=2.0)


@contextlib.asynccontextmanager
async def peer(answer: bytes) -> AsyncIterator[int]:
    """Listen like a venue or a proxy that answers the first bytes so, and closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read(65536)
            writer.write(answer)
            await writer.drain()
            writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def everything(error: BaseException) -> str:
    """All texts of an error and of what led to it, as reporters print them."""
    found = ["".join(traceback.format_exception(error))]
    queue: list[BaseException | None] = [error]
    seen: set[int] = set()
    while queue:
        each = queue.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            queue += [each.__cause__, each.__context__]
            found += [str(each), *map(str, each.args), *map(str, vars(each).values())]
    return "\n".join(found)


def is_clean(text: str) -> bool:
    return text.replace("\n", "").isprintable() and not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_in_the_venue_s_or_a_proxy_s_place_drives_no_terminal(name: str) -> None:
    async with peer(ANSWERS[name].replace(b"%s", DRIVES)) as port:
        for client in (
            SpotClient.local(None, BRIEF, url=f"ws://127.0.0.1:{port}/ws-api/v3"),
            SpotClient.testnet(None, replace(BRIEF, proxy=f"http://127.0.0.1:{port}")),
        ):
            with pytest.raises(NotSent) as caught:
                await client.__aenter__()
            assert is_clean(everything(caught.value))
        assert TESTNET.rest is not None
        http = Http(TESTNET.rest, replace(BRIEF, proxy=f"http://127.0.0.1:{port}"))
        reply = await http.get("/api/v3/ping", "", {}, lambda _: None)
        assert isinstance(reply, WsapiError)
        assert is_clean(everything(reply))
        await http.close()


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_proxy_that_repeats_its_credentials_is_not_repeated(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    for logger in ("websockets.client", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        caplog.set_level(logging.DEBUG, logger)
    async with peer(ANSWERS[name].replace(b"%s", ECHO)) as port:
        settings = replace(BRIEF, proxy=f"http://user:{QUOTED}@127.0.0.1:{port}")
        with pytest.raises(NotSent) as caught:
            await SpotClient.testnet(None, settings).__aenter__()
        http = Http(TESTNET.rest, settings)
        refused = await http.get("/api/v3/ping", "", {}, lambda _: None)
        await http.close()
    assert isinstance(refused, WsapiError)
    assert is_clean(everything(caught.value) + everything(refused))
    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    assert not any(secret in caplog.text for secret in SECRETS)


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (ConnectionRefusedError(111, "Connection refused"), True),
        (TimeoutError(), True),
        (OSError(f"the proxy says {PASSWORD}"), False),
        (OSError("\x1b[2J"), False),
        (ValueError("invalid HTTP status line: \x1b[2J"), False),
        (RuntimeError(PASSWORD), False),
    ],
    ids=repr,
)
async def test_an_error_of_the_system_stays_the_cause_and_no_other_foreign_error_does(
    error: Exception, kept: bool
) -> None:
    error.__context__ = ValueError("\x1b[2J" + PASSWORD)

    async def fails() -> None:
        raise error

    with pytest.raises(ConnectFailed) as caught:
        await opened(fails(), "wss://venue/ws", lambda: f"http://user:{QUOTED}@127.0.0.1:1")
    assert (caught.value.__cause__ is error) is kept
    assert is_clean(everything(caught.value))
    assert type(error).__name__ in str(caught.value)


async def test_an_error_of_the_library_stays_itself_without_what_led_to_it() -> None:
    mine = ConnectFailed("it ended during the handshake")
    mine.__context__ = ValueError("\x1b[2J")

    async def fails() -> None:
        raise mine

    with pytest.raises(WsapiError) as caught:
        await opened(fails(), "wss://venue/ws")
    assert caught.value is mine
    assert mine.__cause__ is mine.__context__ is None


def test_words_are_bounded() -> None:
    assert len(said(ValueError("x" * 100_000))) <= 300


async def test_no_frame_on_the_way_of_a_failure_holds_the_password() -> None:
    async with peer(ANSWERS["a reason"].replace(b"%s", ECHO)) as port:
        transport = WebsocketsTransport(proxy=f"http://user:{QUOTED}@127.0.0.1:{port}")
        with pytest.raises(ConnectFailed) as caught:
            await transport.open("wss://testnet.binance.vision/ws-api/v3", Listening(), 2.0)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    report.stack[:] = [frame for frame in report.stack if frame.filename != __file__]
    assert [frame.name for frame in report.stack] == ["open", "opened"]
    assert not any(secret in "".join(report.format()) for secret in SECRETS)


class Listening:
    """A listener that hears nothing."""

    def bytes_received(self) -> None: ...
    def message_received(self, data: bytes | bytearray, *, text: bool) -> None: ...
    def pong_received(self) -> None: ...
    def link_lost(self, code: int, reason: str, error: Exception | None) -> None: ...
