"""The socket: one `Link` to one URL, on top of the `websockets` library.

`websockets` does TLS, proxies, the handshake, the closing handshake and the answer to pings, all within the event loop's
callback that received the bytes: no task of ours, and no code of a user, stands between a ping and its pong. Text messages
of one frame, nearly all there is, are read and written by `frames.py` beside this. Bytes are received into one buffer
that stays: asyncio otherwise allocates 256 KiB for each receive, which takes 14 µs.

Two more things are added to its connection class. Whole messages go straight to a listener instead of through a queue, so a
slow consumer never pauses the socket (a paused socket answers no pings, and the venue drops it after a minute). And a
frame is written by a plain call that either hands all of it to the transport or raises before any of it was: this is
what lets the layers above say "not sent" and mean it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event, State

from binance_wsapi.environments import check_reach
from binance_wsapi.errors import NotConnected
from binance_wsapi.link.sockets.frames import FrameSplitter, masks, text_frame, text_frames
from binance_wsapi.link.sockets.opening import RECEIVE, USER_AGENT, WRITE_HIGH, opened, tls_context
from binance_wsapi.link.sockets.proxy import ProxyArg, check_ca_file, proxy_for, proxy_of
from binance_wsapi.link.sockets.transport import MAX_MESSAGE, HandshakeRefused, Link, Listener, retry_after
from binance_wsapi.wire.border import made_at_border

__all__ = ["WebsocketsTransport"]


_OPEN: Final = State.OPEN
"""A name for the way of every frame: an attribute of an Enum class is looked up in Python."""


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """Drops what `websockets` logs at DEBUG, at every level of the application: frames, with keys and signatures in
    them, and the handshake, with the password of a proxy."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is the standard library's
        return level > logging.DEBUG and super().isEnabledFor(level)


_quiet = _Quiet(logging.getLogger("binance_wsapi.transport"), {})


class _WebsocketsLink(ClientConnection, asyncio.BufferedProtocol):
    """A `websockets` connection that gives its messages to a listener."""

    def __init__(self, listener: Listener, protocol: ClientProtocol, **options: Any) -> None:
        super().__init__(protocol, **options)
        self._listener: Listener | None = listener
        self._parts: bytearray | None = None
        self._parts_text = False
        self._flush_due = False
        self._messages: list[bytes] = []
        self._masks = masks()
        self._head = b""
        self._splitter: FrameSplitter | None = None
        self._buffer = memoryview(bytearray(RECEIVE))

    @property
    def congested(self) -> bool:
        return self.paused

    def write(self, message: bytes, *, gather: bool = False) -> None:
        if self.protocol.state is not _OPEN or self.transport.is_closing():
            raise NotConnected("the connection is closing")
        if gather:
            self._messages.append(message)
            if not self._flush_due:
                self._flush_due = True
                self.loop.call_soon(self._flush)
        elif self._messages:
            self._messages.append(message)
            self._flush()
        else:
            self.transport.write(text_frame(message, next(self._masks)))

    def _flush(self) -> None:
        """Send the text messages that wait for the end of this turn."""
        self._flush_due = False
        messages = self._messages
        if messages:
            self._messages = []
            self.transport.write(text_frames(messages, self._masks))

    def send_data(self) -> None:
        # The library sends a ping, a pong or a close: the messages that were handed over before go first.
        self._flush()
        super().send_data()

    async def drained(self) -> None:
        await self.drain()

    def probe(self) -> None:
        if self.protocol.state is _OPEN:
            self.protocol.send_ping(b"")
            self.send_data()

    def abort(self) -> None:
        self.transport.abort()

    # What the library calls when something arrives.

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._buffer[:nbytes]))

    def data_received(self, data: bytes) -> None:
        if self._listener is not None:
            self._listener.bytes_received()
        if self._splitter is not None:
            self._splitter.feed(data)
        else:
            self._shake_hands(data)

    def _shake_hands(self, data: bytes) -> None:
        """Give the answer to the handshake to the library, and take what follows it."""
        end = (self._head + data).find(b"\r\n\r\n")
        if end < 0:
            self._head = (self._head + data)[-3:]
            super().data_received(data)
            return
        after = end + 4 - len(self._head)
        super().data_received(data[:after])
        if self.protocol.state is not State.CONNECTING:
            self._splitter = FrameSplitter(self._message, super().data_received, MAX_MESSAGE)
            if data[after:]:
                self._splitter.feed(data[after:])
        elif data[after:]:
            super().data_received(data[after:])

    def _message(self, payload: bytes) -> None:
        if self._listener is not None:
            self._listener.message_received(payload, text=True)

    def process_event(self, event: Event) -> None:
        listener = self._listener
        if listener is None or not isinstance(event, Frame):
            super().process_event(event)
            return
        opcode = event.opcode
        if opcode is Opcode.TEXT or opcode is Opcode.BINARY:
            text = opcode is Opcode.TEXT
            if event.fin:
                listener.message_received(bytes(event.data), text=text)
            else:
                self._parts = bytearray(event.data)
                self._parts_text = text
        elif opcode is Opcode.CONT:
            if self._parts is not None:
                self._parts += event.data
                if event.fin:
                    whole, self._parts = self._parts, None
                    listener.message_received(bytes(whole), text=self._parts_text)
        elif opcode is Opcode.PONG:
            listener.pong_received()
        elif opcode is Opcode.CLOSE:
            # Nothing follows a close frame, and the library has answered it by now: a call that waits for a reply need
            # not wait for the peer to end the TCP connection as well.
            if self.transport.get_write_buffer_size():
                self.transport.abort()
            else:
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        listener, self._listener = self._listener, None
        if listener is not None:
            close = self.protocol.close_exc
            received = close.rcvd or close.sent
            code = received.code if received is not None else CloseCode.ABNORMAL_CLOSURE
            listener.link_lost(int(code), received.reason if received is not None else "", exc)


class _Connect(connect):
    """`websockets.connect` that follows no redirect: an order goes where its owner sent it, or nowhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@made_at_border
@dataclass(frozen=True, slots=True)
class WebsocketsTransport:
    """Links over `websockets`.

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
        options: dict[str, Any] = {}
        context = tls_context(url, self.ca_file)
        if context is not None:
            options["ssl"] = context
        proxy = partial(proxy_for, proxy_of(self.proxy), url)

        async def opening() -> ClientConnection:
            try:
                return await _Connect(
                    url,
                    # Annotated as a class, documented as "a wrapper or a subclass".
                    create_connection=partial(_WebsocketsLink, listener),  # type: ignore[arg-type]
                    compression=None,
                    logger=_quiet,
                    max_size=MAX_MESSAGE,
                    write_limit=WRITE_HIGH,
                    ping_interval=None,
                    open_timeout=timeout,
                    close_timeout=self.close_timeout,
                    proxy=proxy(),
                    user_agent_header=USER_AGENT,
                    **options,
                )
            except InvalidStatus as error:
                response = error.response
                raise HandshakeRefused(
                    response.status_code,
                    retry_after(response.headers.get("Retry-After")),
                    bytes(response.body or b""),
                ) from None

        link = await opened(opening(), url, proxy)
        assert isinstance(link, _WebsocketsLink)
        return link
