"""Which transport a session and its market streams use."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final, Literal, TypeAlias

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.link.sockets.proxy import ProxyArg
from binance_wsapi.link.sockets.transport import Transport

__all__ = ["TransportName", "automatic", "check_transport", "transport_for"]

TransportName: TypeAlias = Literal["auto", "websockets", "picows"]
"""How a user names a transport; ``"auto"`` is `picows` where it is installed."""

LONGEST_CLOSE: Final = 2.0
"""Seconds the closing handshake may take, at most."""


_PICOWS: Final = "2.3."
"""Begins the versions of `picows` whose protocol class is as `PicowsTransport` knows it."""


@cache
def _version() -> str:
    """Return the version of `picows`. Reading it takes milliseconds, too much for each session anew."""
    return version("picows")


def _obstacle() -> str:
    """Return why `picows` cannot be used here, empty where it can."""
    if find_spec("picows") is None:
        return "is not installed"
    found = _version()
    return "" if found.startswith(_PICOWS) else f"needs picows {_PICOWS}x, and {found} is installed"


def automatic() -> TransportName:
    """Return the transport that ``"auto"`` stands for here."""
    return "websockets" if _obstacle() else "picows"


def check_transport(name: Any) -> None:
    """Check the name of a transport.

    Raises:
        UsageError: there is none of this name, or it is not installed in a version it can use.
    """
    if name not in ("auto", "websockets", "picows"):
        raise UsageError(f"transport must be 'auto', 'websockets' or 'picows', got {shown(name)}")
    if name == "picows" and (obstacle := _obstacle()):
        raise UsageError(f"transport 'picows' {obstacle}: pip install 'binance-wsapi[fast]'")


def transport_for(name: TransportName, ca_file: str | None, proxy: ProxyArg, close_timeout: float) -> Transport:
    """Return the transport of this name.

    Args:
        name: as a user names it.
        ca_file: PEM bundle of certificate authorities to trust instead of the system's.
        proxy: URL of a proxy; True takes what the environment says, None goes directly.
        close_timeout: seconds that closing may take in all.

    Raises:
        UsageError: it is not installed.
    """
    check_transport(name)
    close_timeout = min(LONGEST_CLOSE, close_timeout)
    # Imported here: either library is a tenth of what importing the package would cost.
    if (automatic() if name == "auto" else name) == "picows":
        from binance_wsapi.link.sockets.picows import PicowsTransport

        return PicowsTransport(ca_file, proxy, close_timeout)
    from binance_wsapi.link.sockets.websockets import WebsocketsTransport

    return WebsocketsTransport(ca_file, proxy, close_timeout)
