"""The address of a Redis server: checked before the package sees it, and never repeated in a message.

An address may hold a password, and the package quotes what it cannot read. Its options can switch the verification of
TLS off. So an address is taken apart here, only options that are known to be harmless pass, and over TLS the name and
the chain of the certificate are checked under every default of the package (5.x checks no names).
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

__all__ = ["tls_options", "what_is_wrong"]

_OPTIONS: Final = {"db", "client_name", "protocol", "health_check_interval"}
_TLS_OPTIONS: Final = {"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"}
_REMEDY: Final = "give redis://[user:password@]host:port/db, rediss:// or unix://"


def what_is_wrong(url: object) -> str:
    """Return what keeps an address from being one, without repeating any of it; empty when nothing does."""
    if not isinstance(url, str) or not url or not url.isprintable() or any(each.isspace() for each in url):
        return f"url must be a text without white space; {_REMEDY}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else []
    except ValueError:
        return (
            f"url must have a port from 1 to 65535, and '/', '?', '#' and '@' of a password percent-encoded; {_REMEDY}"
        )
    if parts.scheme not in {"redis", "rediss", "unix"}:
        return f"url must be the address of a Redis server; {_REMEDY}"
    if parts.fragment or (parts.scheme == "unix") is not bool(host is None and parts.path) or port == 0:
        return f"url must name one server, with '/', '?', '#' and '@' of a password percent-encoded; {_REMEDY}"
    if parts.scheme != "unix" and parts.path not in {"", "/"} and not parts.path[1:].isdecimal():
        return f"url must end with the number of a database, and '/' of a password percent-encoded; {_REMEDY}"
    names = {name for name, _ in options}
    known = _OPTIONS | (_TLS_OPTIONS if parts.scheme == "rediss" else set())
    if not names <= known:
        return f"url must have no options but {', '.join(sorted(known))}: TLS is always verified, times are arguments"
    if any(name in {"db", "protocol", "health_check_interval"} and not value.isdecimal() for name, value in options):
        return "url must have numbers as db, protocol and health_check_interval"
    return ""


def tls_options(url: str) -> dict[str, Any]:
    """Return what the package is told beside an address that is right."""
    if urlsplit(url).scheme != "rediss":
        return {}
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
