"""The socket of the ``fast`` extra: one `Link` to one URL, on top of `picows`.

`picows` parses frames in C, straight from the buffer that the socket fills. It does the handshake and answers pings within
the event loop's callback that received the bytes. What it leaves to its user is done here, as `websockets` does it on the
other transport, and the same tests hold for both:

* fragments are put together, in order (else 1002) and up to `MAX_MESSAGE` bytes (else 1009); reserved bits end the link;
* the closing handshake, and which code and reason a link ended with;
* frames of one turn of the event loop leave in one piece;
* every receive is told to the listener, be it part of a frame: a peer that sends a large reply slowly is alive;
* no redirect is followed: an order goes where its owner sent it, or nowhere.

A connection through a proxy is opened by `WebsocketsTransport`: there is one way through proxies, with one set of errors,
and what a proxy costs hides what a frame does.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import picows
from picows import picows as compiled
from picows.url import parse_url

from binance_wsapi.environments import check_reach
from binance_wsapi.errors import ConnectFailed, NotConnected
from binance_wsapi.link.sockets.frames import masks, text_frame, text_frames
from binance_wsapi.link.sockets.opening import RECEIVE, USER_AGENT, WRITE_HIGH, opened, tls_context
from binance_wsapi.link.sockets.proxy import ProxyArg, check_ca_file, proxy_for, proxy_of
from binance_wsapi.link.sockets.transport import MAX_MESSAGE, HandshakeRefused, Link, Listener, retry_after
from binance_wsapi.link.sockets.websockets import WebsocketsTransport
from binance_wsapi.wire.border import made_at_border

__all__ = ["PicowsTransport"]

_WSProtocol: Any = compiled.WSProtocol  # type: ignore[attr-defined,unused-ignore]  # see `PicowsTransport`

_TEXT: Final = picows.WSMsgType.TEXT
_BINARY: Final = picows.WSMsgType.BINARY
_MORE: Final = picows.WSMsgType.CONTINUATION
_PONG: Final = picows.WSMsgType.PONG
_CLOSE: Final = picows.WSMsgType.CLOSE

_ABNORMAL: Final = 1006
_NO_CODE: Final = 1005
_PROTOCOL_ERROR: Final = 1002
_TOO_BIG: Final = 1009

_CHOICES: Final = ("Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r\n]?")


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """Drops what `picows` logs below a warning, at every level of the application: frames and addresses."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is the standard library's
        return level > logging.INFO and super().isEnabledFor(level)


_quiet = _Quiet(logging.getLogger("binance_wsapi.transport"), {})


class _Protocol(_WSProtocol):
    """Tells the link of every receive, whole frames or not."""

    link: _PicowsLink

    def buffer_updated(self, nbytes: int) -> None:
        link = self.link
        link.heard()
        super().buffer_updated(nbytes)
        link.look_for_breach()


class _PicowsLink(picows.WSListener):
    """A `picows` connection that gives its messages to a listener."""

    def __init__(self, listener: Listener, close_timeout: float) -> None:
        self._listener: Listener | None = listener
        self._close_timeout = close_timeout
        self._loop = asyncio.get_running_loop()
        self._socket: picows.WSTransport | None = None
        self._transport: asyncio.Transport
        self._masks = masks()
        self._messages: list[bytes] = []
        self._flush_due = False
        self._parts: bytearray | None = None
        self._parts_text = False
        self.congested = False
        self._resumed: asyncio.Future[None] | None = None
        self._sent: tuple[int, str] | None = None
        self._received: tuple[int, str] | None = None
        self._ended = self._loop.create_future()
        self._looked: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ what the layers above call

    @property
    def open(self) -> bool:
        """Whether the handshake was completed."""
        return self._socket is not None

    def write(self, message: bytes, *, gather: bool = False) -> None:
        if self._sent is not None or self._received is not None or self._transport.is_closing():
            raise NotConnected("the connection is closing")
        if gather:
            self._messages.append(message)
            if not self._flush_due:
                self._flush_due = True
                self._loop.call_soon(self._flush)
        elif self._messages:
            self._messages.append(message)
            self._flush()
        else:
            self._transport.write(text_frame(message, next(self._masks)))

    def _flush(self) -> None:
        """Send the text messages that wait for the end of this turn."""
        self._flush_due = False
        messages = self._messages
        if messages:
            self._messages = []
            self._transport.write(text_frames(messages, self._masks))

    async def drained(self) -> None:
        while self.congested and not self._ended.done():
            if self._resumed is None or self._resumed.done():
                self._resumed = self._loop.create_future()
            await asyncio.shield(self._resumed)

    def probe(self) -> None:
        if self._socket is not None and self._sent is None and self._received is None:
            self._flush()
            self._socket.send_ping(b"")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if not self._ended.done():
            self._say_close(code, reason)
            try:
                async with asyncio.timeout(self._close_timeout):
                    await asyncio.shield(self._ended)
            except TimeoutError:
                self._transport.abort()
                await asyncio.shield(self._ended)

    def abort(self) -> None:
        self._transport.abort()

    def _say_close(self, code: int, reason: str = "") -> None:
        """Send a close frame, behind all messages that were handed over before. Once."""
        if self._socket is not None and self._sent is None:
            self._sent = (code, reason)
            self._flush()
            payload = b"" if code == _NO_CODE else code.to_bytes(2, "big") + reason.encode()[:123]
            self._socket.send(_CLOSE, payload)

    def _fail(self, code: int, reason: str) -> None:
        """End the link because the peer broke the protocol."""
        self._parts = None
        self._say_close(code, reason)
        self._transport.close()

    @property
    def agreed_to(self) -> bool:
        """Whether the peer agreed to an extension or a subprotocol."""
        return self._socket is not None and any(name in self._socket.response.headers for name in _CHOICES)

    # ------------------------------------------------------------------ what `picows` calls

    def heard(self) -> None:
        """Something arrived."""
        if self._listener is not None:
            self._listener.bytes_received()

    def look_for_breach(self) -> None:
        """End the link at once where `picows` itself has just sent a close frame: the peer broke the protocol."""
        socket = self._socket
        if socket is not None and socket.is_close_frame_sent and self._sent is None:
            said: Any = socket.close_handshake.sent
            self._sent = (int(said.code), said.reason)
            self._transport.close()

    def on_ws_connected(self, transport: Any) -> None:
        self._socket = transport
        self._transport = transport.underlying_transport
        self._transport.set_write_buffer_limits(high=WRITE_HIGH)

    def on_ws_frame(self, _transport: Any, frame: Any) -> None:
        listener = self._listener
        kind = frame.msg_type
        if listener is None or self._received is not None:
            return  # nothing follows a close frame
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._fail(_PROTOCOL_ERROR, "reserved bits must be 0")
        elif kind == _TEXT and frame.fin and self._parts is None:
            listener.message_received(frame.get_payload_as_bytes(), text=True)
        elif kind == _PONG:
            listener.pong_received()
        elif kind == _CLOSE:
            self._closed_by_peer(frame.get_payload_as_bytes())
        else:
            self._take(frame, kind)

    def _take(self, frame: Any, kind: Any) -> None:
        """Take a part of a message, or a binary one."""
        parts, first = self._parts, kind in (_TEXT, _BINARY)
        if first == (parts is not None):
            self._fail(_PROTOCOL_ERROR, "expected a continuation frame" if first else "unexpected continuation frame")
            return
        if parts is None:
            parts = bytearray()
            self._parts_text = kind == _TEXT
        if len(parts) + frame.payload_size > MAX_MESSAGE:
            self._fail(_TOO_BIG, f"a message exceeds the limit of {MAX_MESSAGE} bytes")
            return
        parts += frame.get_payload_as_memoryview()
        self._parts = None if frame.fin else parts
        if frame.fin and self._listener is not None:
            self._listener.message_received(bytes(parts), text=self._parts_text)

    def _closed_by_peer(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2], "big") if payload else _NO_CODE
        self._received = (code, payload[2:].decode("utf-8", "replace"))
        self._say_close(*self._received)
        # Nothing follows a close frame: a call that waits for a reply need not wait for the peer to end the TCP connection.
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def pause_writing(self) -> None:
        self.congested = True

    def resume_writing(self) -> None:
        self.congested = False
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)

    def on_ws_disconnected(self, transport: Any) -> None:
        listener, self._listener = self._listener, None
        code, reason = self._received or self._sent or (_ABNORMAL, "")
        if not self._ended.done():
            self._ended.set_result(None)
        self.resume_writing()
        if transport.is_close_frame_sent:
            # `picows` tells of the breach once more, by a future that wants to be looked at.
            self._looked = self._loop.create_task(self._look(transport), name="binance-wsapi link")
        if listener is not None:
            listener.link_lost(code, reason, None)

    @staticmethod
    async def _look(transport: Any) -> None:
        with suppress(Exception):
            await transport.wait_disconnected()


@made_at_border
@dataclass(frozen=True, slots=True)
class PicowsTransport:
    """Links over `picows`.

    It makes the protocol object itself instead of calling ``picows.ws_connect``, which leaves its socket open when the
    attempt is cancelled.

    Args:
        ca_file: PEM bundle of certificate authorities to trust instead of the system's. Verification itself cannot be
            switched off.
        proxy: URL of an HTTP or SOCKS5 proxy; True takes what the environment says, None goes directly.
        close_timeout: seconds the closing handshake may take.
    """

    ca_file: str | None = None
    proxy: ProxyArg = None
    close_timeout: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "ca_file", check_ca_file(self.ca_file))
        object.__setattr__(self, "proxy", proxy_of(self.proxy))

    async def open(self, url: str, listener: Listener, timeout: float) -> Link:
        check_reach(url)
        loop = asyncio.get_running_loop()
        through_proxy = proxy_for(proxy_of(self.proxy), url) is not None
        if through_proxy or type(loop).sock_connect is asyncio.AbstractEventLoop.sock_connect:
            # Likewise on an event loop without sockets, as tests in virtual time use: `picows` writes to the socket itself.
            return await WebsocketsTransport(self.ca_file, self.proxy, self.close_timeout).open(url, listener, timeout)
        context = tls_context(url, self.ca_file)
        link = _PicowsLink(listener, self.close_timeout)
        where = parse_url(url)

        def protocol_for() -> _Protocol:
            made = _Protocol(
                where.netloc,
                where.resource_name,
                True,  # this side is the client
                lambda: link,
                _quiet,
                False,  # an exception of the listener's ends nothing
                None,  # the time-out is here
                False,  # no pings of its own
                10.0,
                10.0,
                picows.WSAutoPingStrategy.PING_WHEN_IDLE,
                True,  # pings are answered
                MAX_MESSAGE,
                [("User-Agent", USER_AGENT)],
                RECEIVE,
            )
            made.link = link
            return made

        async def opening() -> None:
            transport: asyncio.Transport | None = None
            try:
                async with asyncio.timeout(timeout):
                    transport, protocol = await loop.create_connection(
                        protocol_for, where.host, where.port, ssl=context
                    )
                    await protocol.wait_until_handshake_complete()
                if not link.open:
                    raise ConnectFailed(f"no connection to {where.netloc}: it ended during the handshake")
                if link.agreed_to:
                    # RFC 6455, 4.1: frames could mean what this side does not know.
                    chosen = "an extension or a subprotocol"
                    raise ConnectFailed(f"no connection to {where.netloc}: it chose {chosen}, and none was asked for")
            except BaseException as error:
                if transport is not None:
                    transport.abort()
                if isinstance(error, picows.WSHandshakeError):
                    refused = _refused(error)
                    if refused is not None:
                        raise refused from None
                raise

        await opened(opening(), url)
        return link


def _refused(error: Any) -> HandshakeRefused | None:
    """Return what an HTTP answer other than 101 says; None where it was none, or was broken otherwise."""
    found = _STATUS.match(error.raw_header or b"")
    status = int(found[1]) if found is not None else 101
    if status == 101:
        return None
    lines = (line.partition(b":") for line in error.raw_header.split(b"\r\n")[1:])
    head = {name.strip().lower(): value.strip().decode("latin-1") for name, _, value in lines}
    body = error.raw_body or b""
    if head.get(b"transfer-encoding", "").lower() == "chunked":
        body = _unchunked(body)
    return HandshakeRefused(status, retry_after(head.get(b"retry-after")), body)


def _unchunked(body: bytes) -> bytes:
    """Return what chunks hold, as far as they are there."""
    whole = b""
    while body:
        size, found, rest = body.partition(b"\r\n")
        try:
            length = int(size.split(b";")[0], 16) if found else 0
        except ValueError:
            break
        if length <= 0:
            break
        whole += rest[:length]
        body = rest[length + 2 :]
    return whole
