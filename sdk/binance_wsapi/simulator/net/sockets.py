"""One accepted socket: known as long as it is open, and able to take HTTP requests that have a body.

The socket library reads handshakes: requests without a body, and by its older versions with GET only. So the first
request of a connection is collected here until it is whole. The library is handed a GET without a body; the method and
the body are kept beside it for the answering function. From then on bytes go straight through.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

__all__ = ["DISCREET", "Socket"]


class _Discreet(logging.LoggerAdapter[logging.Logger]):
    """Drops what the socket library says of requests, at every level: API keys in headers, signed URLs, frames.

    Its messages at DEBUG quote them, and the tracebacks of handshakes that failed quote the line of the request.
    """

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is the standard library's
        return level > logging.DEBUG and super().isEnabledFor(level)

    def log(self, level: int, msg: object, *args: object, **options: Any) -> None:
        if msg != "connection handler failed":  # which is a mistake of the exchange
            options.pop("exc_info", None)
        super().log(level, msg, *args, **options)


DISCREET: Final = _Discreet(logging.getLogger("binance_wsapi.simulator"), {})

LONGEST_HEAD = 1 << 17
LONGEST_BODY = 1 << 16
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
_METHOD = re.compile(rb"([A-Z]{1,10}) ")


class Socket(ServerConnection):
    """A connection and the HTTP request it began with.

    Attributes:
        method: of that request.
        body: of that request.
        on_control: called with each ping and pong that comes.
        on_text: takes a message of text as it comes, while it may; what it may not take waits for `recv`.
        may_take: whether it may.
    """

    def __init__(self, known: set[Socket], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._known = known
        self._first: bytearray | None = bytearray()
        self.method = "GET"
        self.body = b""
        self.on_control: Callable[[], object] = _nothing
        self.on_text: Callable[[str], object] | None = None
        self.may_take: Callable[[], bool] = _never
        self._waiting = 0
        self._in_pieces = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._known.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._known.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._first is None:
            super().data_received(data)
            return
        self._first += data
        end = self._first.find(b"\r\n\r\n")
        if end < 0 and len(self._first) < LONGEST_HEAD:
            return
        head, rest = bytes(self._first[: end + 4]), bytes(self._first[end + 4 :])
        if end >= 0:
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            if len(rest) < length <= LONGEST_BODY:
                return
            if found and length <= LONGEST_BODY:
                self.body, rest = rest[:length], b""
                head = head[: found.start()] + head[found.end() - 2 :]
            if method := _METHOD.match(head):
                self.method = method[1].decode()
                head = b"GET " + head[method.end() :]
        self._first = None
        super().data_received(head + rest)

    def process_event(self, event: Any) -> None:
        if not isinstance(event, Frame):
            super().process_event(event)
            return
        if event.opcode in _DATA:
            whole = event.fin and not self._in_pieces
            self._in_pieces = not event.fin
            if whole and event.opcode is Opcode.TEXT and self._take(event.data):
                return
            self._waiting += event.fin
        super().process_event(event)
        if event.opcode in (Opcode.PING, Opcode.PONG):
            self.on_control()

    def _take(self, data: bytes | bytearray | memoryview) -> bool:
        """Hand a message on at once, unless an earlier one waits: the way over a queue and a task costs as much again."""
        if self.on_text is None or self._waiting or not self.may_take():
            return False
        try:
            text = bytes(data).decode()
        except UnicodeDecodeError:
            return False  # the library closes such a connection
        self.on_text(text)
        return True

    def taken(self) -> None:
        """Note that a message that `recv` gave is dealt with: until then none goes past it."""
        self._waiting -= 1


_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


def _nothing() -> None:
    pass


def _never() -> bool:
    return False
