"""The proxy a connection goes through, and the authorities it trusts: checked when they are named, not at the first try.

A proxy's address may hold a password. So it is kept in an object that prints itself without, and what is wrong with it is
said without repeating it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final, Literal, NoReturn, Self, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from binance_wsapi.errors import UsageError
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import check_path

__all__ = ["ProxyArg", "ProxyUrl", "check_ca_file", "proxy_for", "proxy_of"]

_SCHEMES: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_REMEDY: Final = "give http://[user:password@]host:port, https://, socks5:// or socks5h://"


@made_at_border
class ProxyUrl:
    """The address of a proxy. It prints itself without its credentials.

    Args:
        url: ``http://``, ``https://``, ``socks5://`` or ``socks5h://``, with credentials where the proxy asks for them.
        name: what to call it in a message.

    Raises:
        UsageError: it is no such address. The message does not repeat it.
    """

    __slots__ = ("_shown", "_url")

    def __init__(self, url: str, name: str = "proxy") -> None:
        problem, shown = _problem(url)
        self._url, self._shown = url, shown
        del url
        if problem:
            self._url = ""
            raise UsageError(f"{name} {problem}")

    def reveal(self) -> str:
        """Return the address with its credentials. Keep it out of names that live long."""
        return self._url

    def __repr__(self) -> str:
        return f"ProxyUrl({getattr(self, '_shown', '?')!r})"

    def __str__(self) -> str:
        return self._shown

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProxyUrl) and self._url == other._url

    def __hash__(self) -> int:
        return hash(self._shown)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("the address of a proxy may hold a password and is not serialised")


ProxyArg: TypeAlias = str | ProxyUrl | Literal[True] | None
"""A proxy as a user names it: its address, True for what the environment says, None for none."""


def proxy_of(value: object) -> ProxyUrl | Literal[True] | None:
    """Check a proxy as a user named it.

    Raises:
        UsageError: it cannot be used; of the environment's, none can.
    """
    if value is None or isinstance(value, ProxyUrl):
        return value
    if value is True:
        for name, url in getproxies().items():
            if name in {"https", "all"}:
                ProxyUrl(url, f"the environment variable {name}_proxy")
        return True
    if isinstance(value, str):
        return ProxyUrl(value)
    kind = type(value).__name__
    del value
    raise UsageError(f"proxy must be the URL of a proxy, True or None, got {kind}")


def proxy_for(proxy: ProxyUrl | Literal[True] | None, url: str) -> str | None:
    """Return the address of the proxy through which a URL is reached, credentials included; None goes directly.

    What is not encrypted stays on this machine: no proxy sees it.
    """
    parts = urlsplit(url)
    if proxy is None or parts.scheme not in {"wss", "https"}:
        return None
    if proxy is not True:
        return proxy.reveal()
    known = getproxies()
    for name in ("https", "all"):
        if known.get(name) and not proxy_bypass(parts.hostname or ""):
            return ProxyUrl(known[name], f"the environment variable {name}_proxy").reveal()
    return None


def _problem(url: str) -> tuple[str, str]:
    """Return what is wrong with an address, and how to print it without its credentials."""
    if not url or not url.isprintable() or any(each.isspace() for each in url):
        return f"must be a URL without white space; {_REMEDY}", "?"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        user, password = parts.username, parts.password
    except ValueError:
        return f"must be a URL with a port from 1 to 65535; {_REMEDY}", "?"
    if parts.scheme not in _SCHEMES:
        return f"must be the URL of an HTTP or SOCKS5 proxy; {_REMEDY}", "?"
    if not host or port == 0 or parts.path not in {"", "/"} or parts.query or parts.fragment:
        return f"must end with its host and port; percent-encode '/', '?', '#' and '@' in a password; {_REMEDY}", "?"
    if user is not None and not password:
        return "must name a password beside its user", "?"
    if parts.scheme.startswith("socks") and (find_spec("python_socks") is None):
        return "needs a package for SOCKS: pip install 'python-socks[asyncio]' 'httpx[socks]'", "?"
    where = f"[{host}]" if ":" in host else host
    return "", f"{parts.scheme}://{'***@' if user is not None else ''}{where}:{port or _SCHEMES[parts.scheme]}"


def check_ca_file(path: object) -> str | None:
    """Return the path of a bundle of authorities that can be used.

    Raises:
        UsageError: it cannot; the message names the file.
    """
    if path is None:
        return None
    import ssl

    text = check_path(path, "ca_file", "a PEM bundle (None trusts the system's authorities)")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=text)
    except ssl.SSLError:
        problem = "holds no certificate that can be read"
    except OSError as error:
        problem = error.strerror or type(error).__name__
    else:
        return text
    raise UsageError(f"ca_file {text!r} must be a PEM bundle of certificate authorities: {problem}")
