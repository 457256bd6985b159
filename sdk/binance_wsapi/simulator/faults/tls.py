"""TLS handshakes that are never answered, or cut in the middle."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Literal

__all__ = ["reluctant"]


def reluctant(meet: Callable[[], Literal["stall", "reset"] | None]) -> type[ssl.SSLObject]:
    """Return a class for `ssl.SSLContext.sslobject_class` whose handshakes meet faults.

    Args:
        meet: asked once by every handshake: what becomes of it. None lets it be.
    """

    class Reluctant(ssl.SSLObject):
        _asked = False
        _fault: str | None = None

        def do_handshake(self) -> None:
            if not self._asked:
                self._asked, self._fault = True, meet()
            if self._fault == "stall":
                raise ssl.SSLWantReadError("the handshake waits for more bytes")
            if self._fault == "reset":
                raise ConnectionResetError("the handshake is cut")
            super().do_handshake()

    return Reluctant
