"""The address of a Redis server: checked before the package sees it, and never repeated in a message.

An address may hold a password, and the package quotes what it cannot read. Its options can switch the verification of
TLS off. So an address is taken apart here, only options that are known to be harmless pass, and over TLS the name and
the chain of the certificate are checked under every default of the package (5.x checks no names).
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["refusal", "shown", "tls_files", "tls_options", "what_is_wrong"]

_OPTIONS: Final = {"db", "client_name", "protocol", "health_check_interval"}
_TLS_OPTIONS: Final = {"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"}
_NUMBERS: Final = {"db": (0, 2**31 - 1), "protocol": (2, 3), "health_check_interval": (0, 86_400)}
"""What the options that are numbers may be: what Redis counts databases in, the protocols there are, seconds of a day."""
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
    if len(names) < len(options) or ("db" in names and parts.path not in {"", "/"} and parts.scheme != "unix"):
        return "url must name every option once, and one database"
    if parts.scheme != "unix" and parts.path not in {"", "/"}:
        options.append(("db", parts.path[1:]))
    problems = (_what_is_wrong_with(name, value) for name, value in options)
    if "\0" in unquote(parts.path):
        return f"url must have the path of a socket; {_REMEDY}"
    return next(filter(None, problems), "")


def _what_is_wrong_with(option: str, value: str) -> str:
    """Return what keeps an option from meaning anything; empty when nothing does."""
    if option in _NUMBERS and not (value.isascii() and value.isdecimal() and _in_range(option, value)):
        least, most = _NUMBERS[option]
        return f"url must have a number from {least} to {most} as {option}"
    if option == "client_name" and not (value.isascii() and value.isprintable() and " " not in value and value):
        return "url must have a name of printable characters without spaces as client_name"
    if option in _TLS_OPTIONS and (not value or "\0" in value):
        return f"url must have the path of a file as {option}"
    return ""


def _in_range(option: str, value: str) -> bool:
    least, most = _NUMBERS[option]
    return len(value) <= len(str(most)) and least <= int(value) <= most


def tls_options(url: str) -> dict[str, Any]:
    """Return what the package is told beside an address that is right."""
    if urlsplit(url).scheme != "rediss":
        return {}
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


def tls_files(url: str) -> list[tuple[str, str]]:
    """Return the files an address that is right names, by the names of their options."""
    return [(name, value) for name, value in parse_qsl(urlsplit(url).query) if name in _TLS_OPTIONS]


def shown(url: str) -> str:
    """Return an address without its credentials and options, to be told."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


_REFUSALS: Final = (
    ("wrongpass", "the server refuses the user or the password"),
    ("invalid username-password", "the server refuses the user or the password"),
    ("invalid password", "the server refuses the user or the password"),
    ("without any password configured", "the server has no password, and one was given"),
    ("noauth", "the server asks for a password: give redis://user:password@host"),
    ("authentication required", "the server asks for a password: give redis://user:password@host"),
    ("must be called with the client already auth", "the server asks for a password: give redis://user:password@host"),
    ("noperm", "the user may not run scripts or write the keys {binance-wsapi}:*"),
    ("no permissions", "the user may not run scripts or write the keys {binance-wsapi}:*"),
    ("acl failure", "the user may not run scripts or write the keys {binance-wsapi}:*"),
    ("can't run this command", "the user may not run scripts or write the keys {binance-wsapi}:*"),
    ("can't access at least one", "the user may not run scripts or write the keys {binance-wsapi}:*"),
    ("db index is out of range", "the server has no such database"),
    ("invalid db index", "the server has no such database"),
    ("unknown command", "the server knows no scripts"),
)
"""What a server says that no new try changes, and how it is told: texts of a server may quote what it was sent."""


def refusal(error: BaseException) -> str:
    """Return why a server will never do what it is asked; empty when it may."""
    cause: BaseException | None = error
    while cause is not None:
        text = f"{type(cause).__name__} {cause}".lower()
        if type(cause).__name__ == "NoPermissionError":
            text = "noperm"
        elif type(cause).__name__ == "AuthenticationError" and not any(word in text for word, _ in _REFUSALS[:7]):
            text = "wrongpass"
        for word, told in _REFUSALS:
            if word in text:
                return told
        cause = cause.__cause__ or cause.__context__
    return ""
