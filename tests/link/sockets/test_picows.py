"""The second transport comes to what the first does, for good and broken streams of a peer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from binance_wsapi import Settings, UsageError
from binance_wsapi.errors import ConnectFailed, NotConnected
from binance_wsapi.link.sockets import choice
from binance_wsapi.link.sockets.transport import MAX_MESSAGE, HandshakeRefused
from binance_wsapi.link.sockets.websockets import WebsocketsTransport
from tests.link.sockets.both import needs_fast

pytestmark = needs_fast

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
MIB = 1024 * 1024


def frame(first: int, payload: bytes, *, announced: int | None = None) -> bytes:
    """Return a frame of a server, right or wrong."""
    size = len(payload) if announced is None else announced
    if size < 126:
        return bytes((first, size)) + payload
    if size < 0x10000:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


class Heard:
    """A listener that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.receives = 0
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def bytes_received(self) -> None:
        self.receives += 1

    def message_received(self, data: bytes | bytearray, *, text: bool) -> None:
        self.told.append((len(data), bytes(data[:20]), text))

    def pong_received(self) -> None:
        self.told.append("pong")

    def link_lost(self, code: int, reason: str, error: Exception | None) -> None:
        self.told.append(("lost", code))
        self.lost.set_result(None)


async def shake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, more: bytes = b"") -> None:
    """Answer an upgrade."""
    head = await reader.readuntil(b"\r\n\r\n")
    key = next(
        line.split(b":")[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-k")
    )
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\n"
        + more
        + b"\r\n"
    )


@asynccontextmanager
async def serving(peer: Peer) -> AsyncIterator[str]:
    server = await asyncio.start_server(peer, "127.0.0.1", 0, limit=64 * MIB)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws-api/v3"


def frames_of(sent: bytes) -> list[tuple[int, bytes]]:
    """Return first byte and payload of what a client sent."""
    found = []
    while len(sent) >= 6:
        size, start = sent[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(sent[2:4], "big"), 4
        mask, body = sent[start : start + 4], sent[start + 4 : start + 4 + size]
        found.append((sent[0], bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))))
        sent = sent[start + 4 + size :]
    return found


async def outcome(transport: Any, pieces: list[bytes]) -> tuple[Any, Any]:
    """Send these pieces to a link of the transport; return what its listener heard, and what it answered."""
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got = b""
        try:
            await shake(reader, writer)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if not pieces:
                writer.close()
            while data := await reader.read(65536):
                got += data
                if any(first == 0x88 for first, _ in frames_of(got)):
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()
            answered.set_result(got)

    async with serving(peer) as url:
        heard = Heard()
        await transport(close_timeout=0.3).open(url, heard, 2.0)
        await asyncio.wait_for(heard.lost, 5)
        answers = frames_of(await asyncio.wait_for(answered, 5))
    # The words of a reason are each library's own; the code is what counts.
    return heard.told, [(first, payload[:2] if first == 0x88 else payload) for first, payload in answers]


CLOSE = frame(0x88, b"\x03\xe8bye")
STREAMS = {
    "a text": [frame(0x81, b"hi"), CLOSE],
    "an empty text": [frame(0x81, b""), CLOSE],
    "a text in pieces": [
        frame(0x81, b"hi there")[:1],
        frame(0x81, b"hi there")[1:4],
        frame(0x81, b"hi there")[4:],
        CLOSE,
    ],
    "many in one piece": [frame(0x81, b"a") + frame(0x81, b"b") + frame(0x89, b"p") + frame(0x81, b"c") + CLOSE],
    "a large text": [frame(0x81, b"y" * 3 * MIB), CLOSE],
    "ping and pong": [frame(0x89, b"abc"), frame(0x8A, b"zz"), CLOSE],
    "fragments with a ping between": [
        frame(0x01, b"ab"),
        frame(0x89, b"p"),
        frame(0x00, b"cd"),
        frame(0x80, b"ef"),
        CLOSE,
    ],
    "a binary message": [frame(0x82, b"ab"), CLOSE],
    "binary fragments": [frame(0x02, b"ab"), frame(0x80, b"ef"), CLOSE],
    "a close without a code": [frame(0x88, b"")],
    "a close of the user's own": [frame(0x88, (4000).to_bytes(2, "big") + b"mine")],
    "a close to try again later": [frame(0x88, (1013).to_bytes(2, "big"))],
    "a close with half a code": [frame(0x88, b"x")],
    "a close with a code that no peer sends": [frame(0x88, (1005).to_bytes(2, "big"))],
    "a close whose reason is no text": [frame(0x88, b"\x03\xe8\xff")],
    "a text after the close": [CLOSE + frame(0x81, b"late")],
    "an end without a close": [],
    "a first part without a beginning": [frame(0x80, b"ab")],
    "a text within another": [frame(0x01, b"ab"), frame(0x81, b"cd")],
    "reserved bits": [frame(0xC1, b"ab")],
    "an unknown opcode": [frame(0x83, b"ab")],
    "a good frame, then a bad one": [frame(0x81, b"hi") + frame(0x83, b"x") + frame(0x81, b"later")],
    "a masked frame": [b"\x81\x82abcdef"],
    "a control frame in parts": [frame(0x09, b"x")],
    "a long control frame": [frame(0x89, b"x" * 126)],
    "a frame beyond the limit": [frame(0x81, b"x", announced=MAX_MESSAGE + 1)],
    "fragments beyond the limit": [frame(0x01, b"x" * 20 * MIB), frame(0x80, b"x" * 20 * MIB)],
}


@pytest.mark.parametrize("name", STREAMS)
async def test_what_a_peer_sends_comes_to_the_same_on_both(name: str) -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    simple = await outcome(WebsocketsTransport, STREAMS[name])
    assert await outcome(PicowsTransport, STREAMS[name]) == simple


def test_it_comes_to_the_same_on_uvloop() -> None:
    uvloop = pytest.importorskip("uvloop", reason="the `fast` extra has no uvloop on this system")
    from binance_wsapi.link.sockets.picows import PicowsTransport

    async def main() -> None:
        for pieces in STREAMS.values():
            assert await outcome(PicowsTransport, pieces) == await outcome(WebsocketsTransport, pieces)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


@pytest.mark.parametrize("status", [301, 400, 403, 418, 429, 451, 503, 520])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_refused_handshake_is_told_alike(status: int, chunked: bool) -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"5\r\nno wa\r\n1\r\ny\r\n0\r\n\r\n" if chunked else b"no way"
        how = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 6"
        writer.write(b"HTTP/1.1 %d No\r\nRetry-After: 7\r\nLocation: /other\r\n%b\r\n\r\n%b" % (status, how, body))
        await writer.drain()
        writer.close()

    found = []
    async with serving(peer) as url:
        for transport in (WebsocketsTransport(), PicowsTransport()):
            with pytest.raises(HandshakeRefused) as caught:
                await transport.open(url, Heard(), 2.0)
            found.append((caught.value.status, caught.value.retry_after, caught.value.reason, str(caught.value)))
    assert found[0] == found[1]
    assert found[0][:3] == (status, 7.0, "no way")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"])
async def test_a_peer_that_speaks_another_language_is_no_connection(answer: bytes) -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with serving(peer) as url:
        with pytest.raises(ConnectFailed) as caught:
            await PicowsTransport().open(url, Heard(), 2.0)
        assert not isinstance(caught.value, HandshakeRefused)


@pytest.mark.parametrize(
    "chosen",
    [
        b"Sec-WebSocket-Protocol: chat\r\n", b"sec-websocket-protocol:\r\n", b"Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n",
        b"Sec-WebSocket-Extensions: permessage-deflate\r\n", b"Sec-WebSocket-Extensions: x;;=\r\n",
    ],
)  # fmt: skip
async def test_a_peer_that_chooses_what_was_not_asked_for_is_no_connection(chosen: bytes) -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer, chosen)
        with suppress(ConnectionError):
            await reader.read(1)
        writer.close()
        ended.set()

    ended = asyncio.Event()
    async with serving(peer) as url:
        for transport in (WebsocketsTransport(), PicowsTransport()):
            with pytest.raises(ConnectFailed):
                await transport.open(url, Heard(), 2.0)
            await asyncio.wait_for(ended.wait(), 5)  # no socket is left
            ended.clear()


@pytest.mark.parametrize("way", ["time-out", "cancelled"])
async def test_an_attempt_that_is_given_up_leaves_no_socket(way: str) -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    ended: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    asked = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        try:
            ended.set_result(await reader.read(1))
        except ConnectionError:
            ended.set_result(b"")
        writer.close()

    async with serving(peer) as url:
        attempt = asyncio.ensure_future(PicowsTransport().open(url, Heard(), 0.1 if way == "time-out" else 30.0))
        await asked.wait()
        if way == "cancelled":
            attempt.cancel()
        with pytest.raises(ConnectFailed if way == "time-out" else asyncio.CancelledError):
            await attempt
        assert await asyncio.wait_for(ended, 5) == b""


async def test_a_part_of_a_frame_is_a_sign_of_life_and_a_slow_peer_is_waited_for() -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    go, gone = asyncio.Event(), asyncio.Event()
    read: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        writer.write(frame(0x81, b"x" * 1_000)[:10])
        await go.wait()
        total = 0
        while total < 12 * MIB:
            total += len(await reader.read(MIB))
        read.set_result(total)
        with suppress(ConnectionError):
            while await reader.read(MIB):
                pass  # until this test lets go of the link
        writer.close()
        gone.set()

    async with serving(peer) as url:
        heard = Heard()
        link = await PicowsTransport(close_timeout=0.2).open(url, heard, 2.0)
        async with asyncio.timeout(5):
            while not heard.receives:  # noqa: ASYNC110 - a listener is told by a plain call
                await asyncio.sleep(0)
        assert heard.told == []
        while not link.congested:
            link.write(b"y" * MIB)
        waiting = asyncio.ensure_future(link.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        go.set()
        await asyncio.wait_for(waiting, 10)
        for _ in range(12):
            if not link.congested:
                link.write(b"z" * MIB)
            await asyncio.wait_for(link.drained(), 10)
        assert await asyncio.wait_for(read, 10) >= 12 * MIB
        link.abort()
        await asyncio.wait_for(heard.lost, 5)
        await asyncio.wait_for(gone.wait(), 5)


async def test_frames_of_one_turn_leave_in_order_and_none_after_the_close() -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        got.set_result(await reader.read(-1))
        writer.close()

    async with serving(peer) as url:
        heard = Heard()
        link = await PicowsTransport(close_timeout=0.2).open(url, heard, 2.0)
        for number in range(3):
            link.write(b"gathered %d" % number, gather=True)
        link.write(b"at once")
        link.write(b"last", gather=True)
        link.probe()
        await link.close(1001, "going")
        with pytest.raises(NotConnected):
            link.write(b"too late")
        await link.close()
        sent = frames_of(await asyncio.wait_for(got, 5))
    texts = [payload for first, payload in sent if first == 0x81]
    assert texts == [b"gathered 0", b"gathered 1", b"gathered 2", b"at once", b"last"]
    assert sent[-2][0] == 0x89
    assert sent[-1] == (0x88, b"\x03\xe9going")
    assert heard.told == [("lost", 1001)]


def test_the_settings_name_the_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    from binance_wsapi.link.sockets.picows import PicowsTransport

    assert isinstance(choice.transport_for("auto", None, None, 5.0), PicowsTransport)
    assert isinstance(choice.transport_for("websockets", None, None, 5.0), WebsocketsTransport)
    with pytest.raises(UsageError, match="transport must be 'auto', 'websockets' or 'picows'"):
        Settings(transport="sockets")  # type: ignore[arg-type]
    with monkeypatch.context() as other:
        other.setattr(choice, "_version", lambda: "2.4.0")
        assert isinstance(choice.transport_for("auto", None, None, 5.0), WebsocketsTransport)
        with pytest.raises(UsageError, match=r"needs picows 2\.3\.x, and 2\.4\.0 is installed"):
            Settings(transport="picows")
    monkeypatch.setattr(choice, "find_spec", lambda _name: None)
    assert isinstance(choice.transport_for("auto", None, None, 5.0), WebsocketsTransport)
    with pytest.raises(UsageError, match=r"pip install 'binance-wsapi\[fast\]'"):
        Settings(transport="picows")
