"""Where the venue is: one frozen value per environment (General API information; Testnet; Demo mode)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from binance_wsapi.errors import UsageError
from binance_wsapi.wire.border import made_at_border

__all__ = ["DEMO", "PRODUCTION", "TESTNET", "Environment", "check_reach", "is_this_machine", "local"]


def is_this_machine(host: str | None) -> bool:
    """Whether a host is a loopback address of this machine, or its name."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _parts(url: object) -> SplitResult:
    """Take a URL apart, without repeating it where it is wrong: it may hold credentials.

    Raises:
        UsageError: nothing can be reached by it, now or later.
    """
    if not isinstance(url, str) or not url.isprintable() or any(each.isspace() for each in url):
        raise UsageError("url must be a text without white space, as ws://127.0.0.1:PORT/ws-api/v3")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError("url must have a port from 1 to 65535, as ws://127.0.0.1:PORT/ws-api/v3") from None
    if port == 0:
        raise UsageError("url must have a port from 1 to 65535, got 0: take the port the exchange listens at")
    if not host and parts.scheme in {"ws", "wss", "http", "https"}:
        raise UsageError("url must name a host, as ws://127.0.0.1:PORT/ws-api/v3")
    if "#" in url:
        raise UsageError("url must have no fragment: leave '#' and what follows out")
    return parts


def check_reach(url: str) -> None:
    """Refuse a URL by which anything would leave this machine without encryption.

    Raises:
        UsageError: it would.
    """
    parts = _parts(url)
    if parts.scheme in {"ws", "http"}:
        if not is_this_machine(parts.hostname):
            raise UsageError(
                f"{parts.scheme}:// is for an exchange on this machine; anything else needs {parts.scheme}s://"
            )
    elif parts.scheme not in {"wss", "https"}:
        raise UsageError("url must begin with wss:// or https://, as every URL of the venue")


@made_at_border
@dataclass(frozen=True, slots=True)
class Environment:
    """Endpoints of one environment.

    Args:
        name: ``production``, ``testnet``, ``demo`` or ``local``.
        ws_api: URLs of the WebSocket API, tried in this order.
        streams: URLs of the market streams, without path.
        rest: base URL of the REST API; empty when there is none.

    Raises:
        UsageError: a URL would take requests off this machine without encryption.
    """

    name: str
    ws_api: tuple[str, ...]
    streams: tuple[str, ...]
    rest: str

    def __post_init__(self) -> None:
        for url in (*self.ws_api, *self.streams, *((self.rest,) if self.rest else ())):
            check_reach(url)

    @property
    def budget(self) -> str:
        """Whose limits a store keeps: the name; of a local exchange ``local-PORT``, since each one counts for itself."""
        url = next(iter(self.ws_api), self.rest)
        if self.name != "local" or not url:
            return self.name
        parts = urlsplit(url)
        return f"local-{parts.port or (443 if parts.scheme in {'wss', 'https'} else 80)}"

    @property
    def venue(self) -> str:
        """Whose orders a journal is about: the name; of a local exchange its host and port, for each has orders of its own.

        The names and addresses of this machine are one host.
        """
        url = next(iter(self.ws_api), "")
        if self.name != "local" or not url:
            return self.name
        parts = urlsplit(url)
        host = "localhost" if is_this_machine(parts.hostname) else parts.hostname
        return f"local {host}:{parts.port or (443 if parts.scheme == 'wss' else 80)}"


PRODUCTION = Environment(
    "production",
    ("wss://ws-api.binance.com:443/ws-api/v3", "wss://ws-api.binance.com:9443/ws-api/v3"),
    ("wss://stream.binance.com:9443", "wss://stream.binance.com:443"),
    "https://api.binance.com",
)

TESTNET = Environment(
    "testnet",
    ("wss://ws-api.testnet.binance.vision/ws-api/v3", "wss://ws-api.testnet.binance.vision:9443/ws-api/v3"),
    ("wss://stream.testnet.binance.vision", "wss://stream.testnet.binance.vision:9443"),
    "https://testnet.binance.vision",
)

DEMO = Environment(
    "demo",
    ("wss://demo-ws-api.binance.com/ws-api/v3",),
    ("wss://demo-stream.binance.com", "wss://demo-stream.binance.com:9443"),
    "https://demo-api.binance.com",
)

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def local(url: str) -> Environment:
    """Return the environment of a local exchange.

    Args:
        url: its WebSocket API, ``ws://127.0.0.1:PORT/ws-api/v3``. Without TLS the host must be this machine.

    Raises:
        UsageError: the URL is not one of a local exchange.
    """
    parts = _parts(url)
    if parts.scheme not in {"ws", "wss"}:
        raise UsageError(f"url must begin with ws:// or wss:// for a local exchange, got {parts.scheme or 'no scheme'}")
    if parts.hostname not in _LOOPBACK:
        raise UsageError(
            "url must be of an exchange on this machine (loopback), as ws://127.0.0.1:PORT/ws-api/v3; the venues go by "
            "name: production, testnet and demo, as SpotClient.testnet(key)"
        )
    if parts.username or parts.password:
        raise UsageError("url must have no credentials: they belong to the key")
    secure = parts.scheme == "wss"
    base = f"{parts.scheme}://{parts.netloc}"
    return Environment("local", (url,), (base,), f"http{'s' if secure else ''}://{parts.netloc}")


def with_query(url: str, **query: str) -> str:
    """Return the URL with these query parameters."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{url}?{text}" if text else url
