"""What every transport does to open a socket: check where it leads, trust the right authorities, name what failed."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from binance_wsapi.errors import ConnectFailed, TlsVerificationError, UsageError
from binance_wsapi.wire.border import bare

__all__ = ["RECEIVE", "USER_AGENT", "WRITE_HIGH", "failures_named", "tls_context"]

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


@contextmanager
def failures_named(url: str) -> Iterator[None]:
    """Raise what goes wrong while a link is opened as one of our errors.

    All errors of a socket, TLS, a proxy or a strange peer end here, under one name. The frames of the library that failed
    hold the proxy's address, and that may hold a password.

    Raises:
        ConnectFailed: the link could not be opened.
        TlsVerificationError: the peer's certificate is not valid for the host.
        UsageError: a package is missing.
    """
    try:
        yield
    except (UsageError, ConnectFailed):
        raise
    except ssl.SSLCertVerificationError as error:
        raise TlsVerificationError(
            f"the certificate of {urlsplit(url).hostname} is not valid: {error.verify_message}"
        ) from bare(error)
    except ImportError as error:
        raise UsageError(str(error)) from bare(error)
    except Exception as error:  # noqa: BLE001 - raised as one of ours
        raise ConnectFailed(
            f"no connection to {urlsplit(url).netloc.rpartition('@')[2]}: {type(error).__name__}: {error}"
        ) from bare(error)
