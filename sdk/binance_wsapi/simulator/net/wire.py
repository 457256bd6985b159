"""The bytes of one connection on their way to the client, with what a network does to them.

It stands where the socket library expects its transport. As long as nothing is wrong it hands bytes on at once.
`mute` holds them back; `dribble` lets them go in small pieces with a pause between. Bytes never overtake each other,
and what is held when the connection is cut is lost.
"""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["Wire"]


class Wire:
    """A transport in front of the real one; everything but writing and closing is the real one's."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._held = bytearray()
        self._muted = False
        self._piece = 0
        self._pause = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write, or hold back."""
        if not self._muted and not self._piece:
            self._transport.write(data)
            return
        self._held += data
        self._move()

    def write_eof(self) -> None:
        """Leave the end to `close`: bytes may still be held."""
        if not self._held:
            self._transport.write_eof()

    def can_write_eof(self) -> bool:
        return not self._held and bool(self._transport.can_write_eof())

    def close(self) -> None:
        """Close behind the bytes that are held."""
        self._closing = True
        if not self._held:
            self._transport.close()

    def is_closing(self) -> bool:
        return self._closing or bool(self._transport.is_closing())

    def abort(self) -> None:
        """Reset; held bytes are lost."""
        self._held.clear()
        self._unset()
        self._transport.abort()

    def _unset(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- what a network does ---------------------------------------------------------------------------------------

    def mute(self) -> None:
        """Let nothing out until `unmute`."""
        self._muted = True

    def unmute(self) -> None:
        """Let out what was held."""
        self._muted = False
        self._move()

    def dribble(self, piece: int, pause: float) -> None:
        """Let bytes out in pieces of this size, this many seconds apart; a piece of 0 ends it."""
        self._piece, self._pause = piece, pause
        self._unset()
        self._move()

    def _move(self) -> None:
        if self._muted or self._timer is not None or not self._held:
            return
        if not self._piece:
            data, self._held = bytes(self._held), bytearray()
        else:
            data = bytes(self._held[: self._piece])
            del self._held[: self._piece]
        if not self._transport.is_closing():
            self._transport.write(data)
        if self._held:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._again)
        elif self._closing:
            self._transport.close()

    def _again(self) -> None:
        self._timer = None
        self._move()
