"""What every transport does to open a socket: check where it leads, trust the right authorities, name what failed."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from binance_wsapi.errors import ConnectFailed, TlsVerificationError, UsageError, WsapiError, printable
from binance_wsapi.wire.border import bare

__all__ = ["RECEIVE", "USER_AGENT", "WRITE_HIGH", "opened", "said", "tls_context"]

T = TypeVar("T")

_LONGEST: Final = 300
"""Characters of the words of another library, or of a peer, that are repeated."""

RECEIVE = 128 * 1024
"""Bytes received at once."""

WRITE_HIGH = 1024 * 1024
"""Bytes waiting in the write buffer from which on the link counts as congested."""

USER_AGENT = "binance-wsapi"


def tls_context(url: str, ca_file: str | None) -> ssl.SSLContext | None:
    """Return how an encrypted URL is reached; None for any other. Verification cannot be switched off."""
    if urlsplit(url).scheme != "wss":
        return None
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def opened(opening: Awaitable[T], url: str, proxy: Callable[[], str | None] = lambda: None) -> T:
    """Wait for a link; raise what goes wrong meanwhile as one of our errors.

    All errors of a socket, TLS, a proxy or a strange peer end here, under one name. A foreign error holds words of the peer,
    which may drive a terminal or repeat the password of a proxy, and frames with the proxy's address. So none of it goes
    on, as a cause neither, but an error of the system.

    Args:
        opening: makes the link.
        url: where it leads.
        proxy: returns the address of the proxy it goes through, credentials included; no frame keeps it.

    Raises:
        ConnectFailed: the link could not be opened.
        TlsVerificationError: the peer's certificate is not valid for the host.
        UsageError: a package is missing.
    """
    try:
        return await opening
    except Exception as error:  # noqa: BLE001 - raised below, as one of ours
        failed = _failure(error, url, proxy())
    del opening
    try:
        raise failed  # not where the foreign error is handled: it would be the context
    finally:
        del failed


def _failure(error: Exception, url: str, proxy: str | None) -> WsapiError:
    """Return our error for what went wrong, without the foreign one."""
    parts = urlsplit(url)
    if isinstance(error, UsageError | ConnectFailed):
        error.__cause__ = error.__context__ = None
        return bare(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsVerificationError(
            f"the certificate of {parts.hostname} is not valid: {printable(error.verify_message)}"
        )
    if isinstance(error, ImportError):
        return UsageError(said(error, proxy))
    failed = ConnectFailed(
        f"no connection to {parts.netloc.rpartition('@')[2]}: {type(error).__name__}: {said(error, proxy)}"
    )
    if isinstance(error, OSError) and said(error, proxy) == str(error):
        error.__cause__ = error.__context__ = None
        failed.__cause__ = bare(error)
    return failed


def said(error: BaseException, proxy: str | None = None) -> str:
    """Return the words of a foreign error as they may be repeated: of one line, and without the password of a proxy."""
    text = str(error)
    for secret in _secrets(proxy):
        text = text.replace(secret, "***")
    return printable(text[:_LONGEST])


def _secrets(proxy: str | None) -> list[str]:
    """Return the texts in which a peer may repeat the credentials of a proxy, the longest first."""
    parts = urlsplit(proxy or "")
    if not parts.password:
        return []
    user, password = unquote(parts.username or ""), unquote(parts.password)
    basic = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    found = {basic, basic.rstrip("="), password, parts.password, repr(password)[1:-1]}
    return sorted(found, key=len, reverse=True)
