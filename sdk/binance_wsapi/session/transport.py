"""The socket: one `Link` to one URL, on top of the `websockets` library.

`websockets` does the framing, TLS, proxies, the handshake, the closing handshake and the answer to pings, all within
the event loop's callback that received the bytes: no task of ours, and no code of a user, stands between a ping and its
pong.

Two things are added to its connection class. Whole messages go straight to a listener instead of through a queue, so a
slow consumer never pauses the socket (a paused socket answers no pings, and the venue drops it after a minute). And a
frame is written by a plain call that either hands all of it to the transport or raises before any of it was: this is
what lets the layers above say "not sent" and mean it.
"""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event, State

from binance_wsapi.errors import ConnectFailed, NotConnected, TlsVerificationError, UsageError

__all__ = ["HandshakeRefused", "Link", "Listener", "Transport", "WebsocketsTransport"]

_quiet = logging.getLogger("binance_wsapi.transport")
_quiet.setLevel(logging.INFO)
# At DEBUG `websockets` logs frames, with keys and signatures in them, whatever level the application asked for.

MAX_FRAME = 32 * 1024 * 1024
"""Bytes of the largest message taken. A full ``exchangeInfo`` has several million; the library's default is one."""

WRITE_HIGH = 1024 * 1024
"""Bytes waiting in the write buffer from which on the link counts as congested."""


class Listener(Protocol):
    """Who hears what comes over a link. Every method is called from the event loop and must not raise."""

    def bytes_received(self) -> None:
        """Something arrived, be it part of a message."""

    def message_received(self, data: bytes | bytearray, *, text: bool) -> None:
        """A whole message arrived."""

    def pong_received(self) -> None:
        """The peer answered a ping of ours."""

    def link_lost(self, code: int, reason: str, error: Exception | None) -> None:
        """The link ended. Called once, after which nothing else is."""


class Link(Protocol):
    """One open socket."""

    @property
    def congested(self) -> bool:
        """Whether the write buffer is full."""

    def write(self, message: bytes, *, gather: bool = False) -> None:
        """Hand a text message to the transport, or raise `NotConnected` before any byte of it was.

        Args:
            message: UTF-8 text.
            gather: let it wait for others until the end of this turn of the event loop, and go with them in one piece.
        """

    async def drained(self) -> None:
        """Wait until the link is no longer congested, or lost."""

    def probe(self) -> None:
        """Send a ping; the listener hears of the pong."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with the closing handshake; returns when the link is lost, within the close timeout."""

    def abort(self) -> None:
        """Cut the link now."""


class Transport(Protocol):
    """Whatever can open links."""

    async def open(self, url: str, listener: Listener, timeout: float) -> Link:
        """Open a link whose messages go to this listener, from the very first one.

        Raises:
            ConnectFailed: it could not be opened.
            HandshakeRefused: the peer answered the upgrade with another HTTP status.
            TlsVerificationError: the peer's certificate is not valid for the host.
        """
        ...


class HandshakeRefused(ConnectFailed):
    """The peer answered the upgrade request with an HTTP status instead of switching protocols.

    Attributes:
        status: the HTTP status.
        retry_after: seconds the peer asks to stay away, None when it does not say.
    """

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"the venue answered the connection with HTTP {status}")
        self.status = status
        self.retry_after = retry_after


class _WebsocketsLink(ClientConnection):
    """A `websockets` connection that gives its messages to a listener."""

    def __init__(self, listener: Listener, protocol: ClientProtocol, **options: Any) -> None:
        super().__init__(protocol, **options)
        self._listener: Listener | None = listener
        self._parts: bytearray | None = None
        self._parts_text = False
        self._flush_due = False

    @property
    def congested(self) -> bool:
        return self.paused

    def write(self, message: bytes, *, gather: bool = False) -> None:
        if self.protocol.state is not State.OPEN or self.transport.is_closing():
            raise NotConnected("the connection is closing")
        self.protocol.send_text(message)
        if not gather:
            self._flush()
        elif not self._flush_due:
            self._flush_due = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        data = self.protocol.data_to_send()
        if data:
            self.transport.write(data[0] if len(data) == 1 else b"".join(data))

    async def drained(self) -> None:
        await self.drain()

    def probe(self) -> None:
        if self.protocol.state is State.OPEN:
            self.protocol.send_ping(b"")
            self._flush()

    def abort(self) -> None:
        self.transport.abort()

    # What the library calls when something arrives.

    def data_received(self, data: bytes) -> None:
        if self._listener is not None:
            self._listener.bytes_received()
        super().data_received(data)

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
            # Nothing follows a close frame, and the library has answered it by now: whoever waits for a reply need not
            # wait for the peer to end the TCP connection as well.
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


@dataclass(frozen=True, slots=True)
class WebsocketsTransport:
    """Links over `websockets`.

    Args:
        ca_file: PEM bundle of certificate authorities to trust instead of the system's. Verification itself cannot be
            switched off.
        proxy: URL of an HTTP or SOCKS proxy; True takes what the environment says, None goes directly.
        close_timeout: seconds the closing handshake may take.
    """

    ca_file: str | None = None
    proxy: str | Literal[True] | None = None
    close_timeout: float = 2.0

    def _tls(self, url: str) -> ssl.SSLContext | None:
        if urlsplit(url).scheme != "wss":
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def open(self, url: str, listener: Listener, timeout: float) -> Link:
        options: dict[str, Any] = {}
        context = self._tls(url)
        if context is not None:
            options["ssl"] = context
        try:
            link = await _Connect(
                url,
                # Annotated as a class, documented as "a wrapper or a subclass".
                create_connection=partial(_WebsocketsLink, listener),  # type: ignore[arg-type]
                compression=None,
                logger=_quiet,
                max_size=MAX_FRAME,
                write_limit=WRITE_HIGH,
                ping_interval=None,
                open_timeout=timeout,
                close_timeout=self.close_timeout,
                proxy=self.proxy,
                user_agent_header="binance-wsapi",
                **options,
            )
        except InvalidStatus as error:
            response = error.response
            text = response.headers.get("Retry-After", "")
            raise HandshakeRefused(response.status_code, float(text) if text.isdecimal() else None) from None
        except ssl.SSLCertVerificationError as error:
            raise TlsVerificationError(
                f"the certificate of {urlsplit(url).hostname} is not valid: {error.verify_message}"
            ) from error
        except ImportError as error:
            raise UsageError(str(error)) from error
        except Exception as error:
            # Whatever a socket, TLS, a proxy or a strange peer can do wrong ends here, under one name.
            raise ConnectFailed(
                f"no connection to {urlsplit(url).netloc.rpartition('@')[2]}: {type(error).__name__}: {error}"
            ) from error
        assert isinstance(link, _WebsocketsLink)
        return link
