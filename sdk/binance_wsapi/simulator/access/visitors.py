"""Who may ask the exchange: programs of this machine, and no page that a browser on this machine happens to show.

A browser connects to loopback ports for any page, and names two things it does not let the page choose: the ``Origin``
the page came from, and the ``Host`` it believes to speak to. A page of another origin, and one whose name was rebound to a
loopback address, are refused by them. A server at another port of this machine is another origin: any user of the machine
may run one. A program sends no ``Origin``, or that of the very address it asks. Nor does a page that wants no
answer (an image, ``fetch`` with ``no-cors``), which costs request weight all the same: ``Sec-Fetch-Site`` tells it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

__all__ = ["Visitors"]

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s/@?#*,:\[\]]+))(?::\d{1,5})?", re.ASCII)
_FOREIGN = "pages of other origins are refused; --allow names those that are not"
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^/@?#\s]+)", re.ASCII | re.IGNORECASE)
_OTHER_SITES = {"cross-site", "same-site"}
"""A page of another port of this machine counts as one of the same site."""
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class Visitors:
    """Tells who may ask.

    Args:
        allowed: what is let in beside this machine: origins as ``https://app.test:8443``, hosts as ``exchange.test``.

    Raises:
        ValueError: one of them is neither.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._origins: set[str] = set()
        self._hosts: set[str] = set()
        for each in allowed:
            if "://" in each:
                parts = urlsplit(each)
                if not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.username:
                    raise ValueError(f"an origin must be scheme://host or scheme://host:port, got {each!r}")
                self._origins.add(f"{parts.scheme}://{parts.netloc}".lower())
            elif host := _name(each) or _address(each):
                self._hosts.add(host)
            else:
                raise ValueError(f"what is allowed must be an origin or the name of a host, got {each!r}")

    def refusal(self, hosts: Sequence[str], origins: Sequence[str], sites: Sequence[str] = ()) -> str:
        """Return why a request is refused, empty when it is not.

        Args:
            hosts: its ``Host`` headers.
            origins: its ``Origin`` headers.
            sites: its ``Sec-Fetch-Site`` headers.
        """
        if len(hosts) != 1 or len(origins) > 1:
            return "a request has one Host, and one Origin at most"
        if not self.knows(_name(hosts[0])):
            return "the exchange must be asked by a loopback name, or by a name given with --allow"
        for origin in origins:
            if not self.allows(origin) and not _is_same(origin, hosts[0]):
                return _FOREIGN
        if not origins and any(site.strip().lower() in _OTHER_SITES for site in sites):
            return _FOREIGN
        return ""

    def knows(self, host: str) -> bool:
        """Whether a host, without its port, is this machine or was allowed."""
        return host in self._hosts or _is_loopback(host)

    def allows(self, origin: str) -> bool:
        """Whether an origin was allowed by name."""
        return origin.lower() in self._origins


def _name(host: str) -> str:
    """Return a host without its port and brackets; empty where it is none (RFC 9110, Host)."""
    found = _HOST.fullmatch(host.strip().lower())
    return "" if found is None else found[1] or found[2]


def _address(text: str) -> str:
    """Return an address of IPv6 as it is written without brackets; empty where the text is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _is_same(origin: str, host: str) -> bool:
    """Whether an origin is the host that is asked, at the same port."""
    found = _ORIGIN.fullmatch(origin)
    if found is None or not _name(found[2]) or _name(found[2]) != _name(host):
        return False
    usual = _PORTS.get(found[1].lower())
    return _port(found[2], usual) == _port(host, usual)


def _port(host: str, usual: int | None) -> int | None:
    """Return the port of a host that is one; the usual one where it names none."""
    _, _, port = host.strip().rpartition(":")
    return int(port) if port.isdecimal() else usual


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
