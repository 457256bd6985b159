"""A recording of the wire: every text frame of a client's API connections as one line of JSON, without secrets.

    {"connection":1,"direction":"in","time":12.5,"frame":"{\\"id\\":\\"...\\",\\"method\\":\\"ping\\"}"}

It has the form of the local exchange's transcripts, and their point of view: ``in`` is what the venue was sent. The local
exchange can play either (`binance_wsapi.simulator.Replay`).

Theory of operation. The recorder wraps the transport: what is written to a link, and what a link's listener is given,
passes it. Each line is written at once, so a process that is killed leaves all it did. API keys, signatures and listen
tokens become ``***``. A disk that takes no more ends the recording with a logged error, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from pathlib import Path
from typing import Any, Final

from binance_wsapi.errors import UsageError
from binance_wsapi.link.sockets.transport import Link, Listener, Transport
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import check_path

__all__ = ["WireRecorder"]

log = logging.getLogger("binance_wsapi")

HIDDEN: Final = "***"
SECRETS: Final = frozenset({"apiKey", "signature", "listenToken"})
_PLAIN: Final = re.compile(r'("(?:apiKey|signature|listenToken)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)')


@made_at_border
class WireRecorder:
    """Records the frames of one client into a file: ``SpotClient.testnet(key, recorder=WireRecorder("wire.jsonl"))``.

    Args:
        path: of a new file; it is made with mode 0600 when the first connection is opened.

    Attributes:
        frames: how many were written.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(check_path(path, "path", 'a new file, as "wire.jsonl"'))
        if self._path.exists():
            raise UsageError(
                f"path must be that of a new file, and {self._path.name} is there; take another name or remove it"
            )
        self._file: int | None = None
        self._failed = False
        self._connections = 0
        self.frames = 0

    def around(self, transport: Transport) -> Transport:
        """Return a transport whose links are recorded; the client calls it."""
        return _RecordedTransport(transport, self)

    def close(self) -> None:
        """End the recording. Idempotent; the client calls it when it is closed."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._failed = True

    def begin(self) -> int:
        """A connection is being opened: return its number."""
        self._connections += 1
        return self._connections

    def note(self, connection: int, direction: str, data: bytes | bytearray) -> None:
        """Write one frame."""
        if self._failed:
            return
        row = {
            "connection": connection,
            "direction": direction,
            "time": round(asyncio.get_running_loop().time(), 6),
            "frame": _clean(bytes(data).decode("utf-8", "replace")),
        }
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(self._file, line)
        except OSError as error:
            log.error("the recording of the wire ends: %s", error.strerror)
            self.close()
            return
        self.frames += 1


class _RecordedTransport:
    """A transport whose links are recorded."""

    def __init__(self, inner: Transport, recorder: WireRecorder) -> None:
        self._inner = inner
        self._recorder = recorder

    async def open(self, url: str, listener: Listener, timeout: float) -> Link:
        """Open a link. See `Transport.open`."""
        number = self._recorder.begin()
        link = await self._inner.open(url, _RecordedListener(listener, self._recorder, number), timeout)
        return _RecordedLink(link, self._recorder, number)


class _RecordedListener:
    """What comes, on its way to the connection."""

    def __init__(self, inner: Listener, recorder: WireRecorder, number: int) -> None:
        self._inner = inner
        self._recorder = recorder
        self._number = number
        self.bytes_received = inner.bytes_received
        self.pong_received = inner.pong_received
        self.link_lost = inner.link_lost

    def message_received(self, data: bytes | bytearray, *, text: bool) -> None:
        if text:
            self._recorder.note(self._number, "out", data)
        self._inner.message_received(data, text=text)


class _RecordedLink:
    """What is written, on its way to the socket."""

    def __init__(self, inner: Link, recorder: WireRecorder, number: int) -> None:
        self._inner = inner
        self._recorder = recorder
        self._number = number
        self.drained = inner.drained
        self.probe = inner.probe
        self.close = inner.close
        self.abort = inner.abort

    @property
    def congested(self) -> bool:
        return self._inner.congested

    def write(self, message: bytes, *, gather: bool = False) -> None:
        self._inner.write(message, gather=gather)
        self._recorder.note(self._number, "in", message)


def _clean(text: str) -> str:
    """Return a frame without secrets, even if it is not quite JSON."""
    if "\\u" not in text:
        return _PLAIN.sub(rf'\1"{HIDDEN}"', text)
    try:  # a name can be spelled with escapes
        return json.dumps(_hide(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return HIDDEN


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: HIDDEN if name in SECRETS and each is not None else _hide(each) for name, each in value.items()}
    return [_hide(each) for each in value] if isinstance(value, list) else value
