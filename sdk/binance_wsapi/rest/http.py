"""One HTTP request to one host, and what came back: a reply or an error, never a foreign exception.

The request goes to `httpx`'s *transport*, not to its client. What a client adds is what is not wanted here: it logs every
URL with the signature in it, follows redirects, keeps cookies, reads proxies and passwords from the environment, and
attaches the request to its exceptions.

Errors are returned instead of raised. The frames in which a signed URL lives have ended by the time the error is raised,
so neither its traceback nor its chain of causes leads back to one.

Whether a request has left is told by `httpcore`'s trace of the connection: from the moment its headers are handed to the
socket the outcome counts as unknown, before it as not sent.
"""

from __future__ import annotations

import logging
import ssl
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from binance_wsapi.environments import is_this_machine
from binance_wsapi.errors import (
    ConnectFailed,
    ConnectionLost,
    ReplyTimeout,
    TlsVerificationError,
    UnreadableReply,
    UsageError,
    WsapiError,
)
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.sockets.opening import said
from binance_wsapi.link.sockets.proxy import proxy_for, proxy_of
from binance_wsapi.link.sockets.transport import MAX_MESSAGE
from binance_wsapi.rest.replies import Reply

__all__ = ["Http"]

_CONNECTIONS: Final = httpx.Limits(max_connections=20, max_keepalive_connections=20, keepalive_expiry=30.0)
# As many kept as there may be: with fewer, `httpcore` closes an idle one while others are busy, and opens it again.

_BEFORE_SENDING: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_FOREIGN: Final = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ssl.SSLError, zlib.error)


class Http:
    """Requests to one host.

    Args:
        base: ``https://host``; ``http://`` only when the host is this machine.
        settings: ``ca_file``, ``proxy`` and ``open_timeout`` are used.
        transport: sends the requests instead of the network; for tests and simulations.

    Raises:
        UsageError: the URL, the certificates or the proxy cannot be used.
    """

    def __init__(self, base: str, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base = _checked(base)
        self._host = urlsplit(base).netloc
        self._proxy = proxy_of(settings.proxy)
        self._by_proxy = proxy_for(self._proxy, base) is not None
        self._timeouts = {"connect": settings.open_timeout, "read": None, "write": None, "pool": None}
        self._transport = transport or _transport(base, settings)

    async def get(
        self, path: str, query: str, headers: Mapping[str, str], on_sent: Callable[[bool], None]
    ) -> Reply | WsapiError:
        """Send one request.

        Args:
            path: beginning with a slash.
            query: percent-encoded, may be empty.
            headers: beside the ones every request has.
            on_sent: called once, as soon as the request was handed to the network: with True right at that moment, with
                False only when the response was there, by a transport that has no trace.

        Returns:
            The response, or what went wrong. Cancelling the await closes the connection.
        """
        sent = False

        def mark(now: bool) -> None:
            nonlocal sent
            if not sent:
                sent = True
                on_sent(now)

        async def trace(event: str, info: Mapping[str, Any]) -> None:
            # A proxy's CONNECT passes here as well, and is not the request.
            if event.endswith("send_request_headers.started") and info["request"].method == b"GET":
                mark(True)

        _by_proxy.set(self._by_proxy)  # in this task, which awaits the answer
        try:
            request = httpx.Request(
                "GET",
                f"{self._base}{path}?{query}" if query else f"{self._base}{path}",
                headers={
                    "Accept": "application/json",  # with text/html in it the firewall answers in HTML (CHANGELOG, 2023)
                    "Accept-Encoding": "gzip",
                    "User-Agent": "binance-wsapi",
                    **headers,
                },
                extensions={"trace": trace, "timeout": self._timeouts},
            )
            response = await self._transport.handle_async_request(request)
            mark(False)
            try:
                return await _read(response)
            finally:
                await response.aclose()
        except _FOREIGN as error:
            return _translated(error, sent, self._host, proxy_for(self._proxy, self._base))

    async def close(self) -> None:
        """Close every connection."""
        with suppress(*_FOREIGN):
            await self._transport.aclose()


async def _read(response: httpx.Response) -> Reply | WsapiError:
    """Read a response up to the cap."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"gzip", "identity", ""}:
        return UnreadableReply("the response has a content encoding that was not asked for")
    # Decompressed here and not by httpx: a kilobyte may stand for a megabyte, and the cap must hold before it is made.
    unzip = zlib.decompressobj(wbits=31) if coding == "gzip" else None
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for chunk in response.stream:
        if unzip is None:
            body += chunk
        else:
            body += unzip.decompress(chunk, MAX_MESSAGE + 1 - len(body))
        if len(body) > MAX_MESSAGE:
            return UnreadableReply(f"the response has more than {MAX_MESSAGE} bytes")
    if unzip is not None and not unzip.eof:
        return UnreadableReply("the compressed response ends before its end")
    return Reply(response.status_code, headers, bytes(body))


def _translated(error: Exception, sent: bool, host: str, proxy: str | None) -> WsapiError:
    """Return our error for a foreign one. Texts of the libraries are only repeated where they cannot quote a request."""
    kind = type(error).__name__
    if not sent and isinstance(error, _BEFORE_SENDING):
        refused = _certificate_error(error)
        if refused is not None:
            return TlsVerificationError(f"the certificate of {host} is not valid: {refused.verify_message}")
        return ConnectFailed(f"no connection to {host}: {kind}: {said(error, proxy)}")
    if isinstance(error, zlib.error):
        return UnreadableReply("the compressed response cannot be decompressed")
    if isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL) and not sent:
        return UsageError(f"the request cannot be written as HTTP: {kind}")
    if isinstance(error, httpx.TimeoutException):
        return ReplyTimeout(f"{host} did not answer in time: {kind}")
    return ConnectionLost(f"the connection to {host} ended before the reply: {kind}")


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


# --------------------------------------------------------------------------- where to, and how


def _checked(base: str) -> str:
    parts = urlsplit(base)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise UsageError("the REST API has an https:// URL")
    if parts.username or parts.password:
        raise UsageError("credentials do not belong into a URL")
    if parts.path.rstrip("/") or parts.query or parts.fragment:
        raise UsageError("the URL of the REST API ends with its host and port; paths are added here")
    if parts.scheme == "http" and not is_this_machine(parts.hostname):
        raise UsageError("http:// is for an exchange on this machine; anything else needs https://")
    return f"{parts.scheme}://{parts.netloc}"


def _transport(base: str, settings: Settings) -> httpx.AsyncBaseTransport:
    parts = urlsplit(base)
    assert parts.hostname is not None
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    proxy = proxy_for(proxy_of(settings.proxy), base)
    problem = ""
    try:
        return httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            limits=_CONNECTIONS,
            proxy=None if proxy is None else httpx.Proxy(proxy, ssl_context=_proxy_context(proxy, context)),
        )
    except ImportError:
        problem = "a SOCKS proxy needs httpx's extra: pip install 'httpx[socks]'"
    except (ValueError, httpx.InvalidURL):
        problem = "proxy is no URL of an HTTP or SOCKS5 proxy"
    # Outside ``except``: the foreign error quotes the URL, and that may hold a password.
    del proxy
    raise UsageError(problem)


def _proxy_context(proxy: str, context: ssl.SSLContext) -> ssl.SSLContext | None:
    return context if proxy.startswith("https:") else None


class _NoProxyAnswer(logging.Filter):
    """Drops what `httpcore` prints, at DEBUG, of answers to this library that come through a proxy.

    The proxy answers in the same words as the venue, and may repeat the password it was given.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not (_by_proxy.get() and "receive_response_headers." in str(record.msg))


_by_proxy: ContextVar[bool] = ContextVar("_by_proxy", default=False)


class _NoProxyPassword(logging.Filter):
    """Drops the one message of `httpcore` that prints the password of a SOCKS proxy, at DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "setup_socks5_connection" not in str(record.msg)


logging.getLogger("httpcore.socks").addFilter(_NoProxyPassword())
logging.getLogger("httpcore.http11").addFilter(_NoProxyAnswer())
