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
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event, State

from binance_wsapi.environments import check_reach
from binance_wsapi.errors import ConnectFailed, NotConnected, TlsVerificationError, UsageError
from binance_wsapi.link.proxy import ProxyArg, check_ca_file, proxy_for, proxy_of
from binance_wsapi.link.transport import HandshakeRefused, Link, Listener
from binance_wsapi.wire.border import bare, made_at_border

__all__ = ["WebsocketsTransport"]


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """Drops what `websockets` logs at DEBUG, whatever level the application asked for: frames, with keys and signatures
    in them, and the handshake, with the password of a proxy."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is the standard library's
        return level > logging.DEBUG and super().isEnabledFor(level)


_quiet = _Quiet(logging.getLogger("binance_wsapi.transport"), {})

MAX_FRAME = 32 * 1024 * 1024
"""Bytes of the largest message taken. A full ``exchangeInfo`` has several million; the library's default is one."""

WRITE_HIGH = 1024 * 1024
"""Bytes waiting in the write buffer from which on the link counts as congested."""


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

    def _tls(self, url: str) -> ssl.SSLContext | None:
        if urlsplit(url).scheme != "wss":
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def open(self, url: str, listener: Listener, timeout: float) -> Link:
        check_reach(url)
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
                proxy=proxy_for(proxy_of(self.proxy), url),
                user_agent_header="binance-wsapi",
                **options,
            )
        except InvalidStatus as error:
            response = error.response
            text = response.headers.get("Retry-After", "")
            raise HandshakeRefused(
                response.status_code, float(text) if text.isdecimal() else None, bytes(response.body or b"")
            ) from None
        except ssl.SSLCertVerificationError as error:
            raise TlsVerificationError(
                f"the certificate of {urlsplit(url).hostname} is not valid: {error.verify_message}"
            ) from bare(error)
        except UsageError:
            raise
        except ImportError as error:
            raise UsageError(str(error)) from bare(error)
        except Exception as error:  # noqa: BLE001 - raised as one of ours
            # Whatever a socket, TLS, a proxy or a strange peer can do wrong ends here, under one name. The frames of the
            # library that failed hold the proxy's address, and that may hold a password.
            raise ConnectFailed(
                f"no connection to {urlsplit(url).netloc.rpartition('@')[2]}: {type(error).__name__}: {error}"
            ) from bare(error)
        assert isinstance(link, _WebsocketsLink)
        return link
