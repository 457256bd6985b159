"""What the layers above need of a socket: a `Link` to one URL, and a `Transport` that opens it.

There are two: `WebsocketsTransport` (in `websockets.py` of this folder), and `PicowsTransport` (in `picows.py`) where the
``fast`` extra is installed. `choice.py` takes one.
"""

from __future__ import annotations

import json
import re
from typing import Final, Protocol

from binance_wsapi.errors import ConnectFailed, printable

__all__ = ["MAX_MESSAGE", "HandshakeRefused", "Link", "Listener", "Transport", "retry_after"]

MAX_MESSAGE: Final = 32 * 1024 * 1024
"""Bytes of the largest message, or answer over REST, that is taken. A full ``exchangeInfo`` has several million."""

MOST_SECONDS_DIGITS: Final = 9
"""Digits of a ``Retry-After`` that is believed: more than a lifetime is no pause."""

MOST_REASON: Final = 16_384
"""Bytes of an HTTP answer that are looked at."""


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
    """Opens links."""

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
        reason: what the venue wrote about it; empty when it wrote nothing that a person could read.
    """

    def __init__(self, status: int, retry_after: float | None, body: bytes = b"") -> None:
        self.reason = _reason(body)
        super().__init__(
            f"the venue answered the connection with HTTP {status}" + (f": {self.reason}" if self.reason else "")
        )
        self.status = status
        self.retry_after = retry_after

    @property
    def final(self) -> bool:
        """Whether trying again cannot help: the firewall (403), or a place from which the venue may not be used (451)."""
        return self.status in {403, 451}


def retry_after(header: str | None) -> float | None:
    """Return the seconds that a ``Retry-After`` header names; None where it names none."""
    text = header or ""
    return float(text) if text.isdecimal() and len(text) <= MOST_SECONDS_DIGITS else None


def _reason(body: bytes) -> str:
    """Return what the body of an HTTP answer says in words: the ``msg`` of a JSON one, a text, the title of a page."""
    text = body[:MOST_REASON].decode("utf-8", "replace").strip()
    try:
        message = json.loads(text)["msg"]
    except (ValueError, LookupError, TypeError, RecursionError):
        message = None
    if isinstance(message, str):
        text = message
    elif "<" in text:
        title = re.search(r"<title[^>]*>([^<]*)</title>", text, re.IGNORECASE)
        text = title[1] if title is not None else ""
    return printable(" ".join(text.split()))[:300]
