"""HMAC keys: a secret shared with the venue. The venue calls them deprecated; `Ed25519Key` is the better choice.

The secret goes into a keyed hash once, when the key is made. Each signature copies that state, which saves hashing the
secret again; the secret itself is not kept.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Mapping
from typing import ClassVar, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import env
from binance_wsapi.keys.base import Key
from binance_wsapi.keys.keyfile import read_key_file
from binance_wsapi.keys.secret import Secret, clean_errors

__all__ = ["HmacKey"]

_VISIBLE_ASCII = re.compile(rb"[!-~]+")


class HmacKey(Key):
    """Sign with HMAC-SHA-256; signatures are lower-case hexadecimal.

    Args:
        api_key: the identifier the venue gave the secret.
        secret: the secret the venue showed once, as it is: nothing is stripped.

    Raises:
        UsageError: the API key is malformed, the secret is empty, a PEM, or contains what no secret has.
    """

    __slots__ = ("_keyed",)

    kind: ClassVar[str] = "HMAC"
    can_log_on: bool = False

    @clean_errors
    def __init__(self, api_key: str, secret: str | bytes | Secret) -> None:
        super().__init__(api_key)
        if not isinstance(secret, Secret):
            secret = Secret(secret)
        data = secret.reveal()
        if b"-----BEGIN" in data:
            raise UsageError("the secret is a PEM, which HMAC does not use; use Ed25519Key or RsaKey")
        if _VISIBLE_ASCII.fullmatch(data) is None:
            raise UsageError(
                "the secret must be visible ASCII characters only, got white space, a control or a non-ASCII character"
            )
        self._refuse_own_api_key(secret)
        self._keyed = HMAC(data, SHA256())

    @classmethod
    @clean_errors
    def from_file(cls, path: str | os.PathLike[str], api_key: str) -> Self:
        """Load the secret from a file that only its owner can read and that holds nothing else.

        A line break at the end, of either kind, and a UTF-8 byte order mark are left out.

        Args:
            path: the file; a leading ``~`` is the home directory.
            api_key: the identifier the venue gave the secret.

        Returns:
            The key, ready to sign.

        Raises:
            UsageError: the file cannot be read, other users can use it, or it holds no secret.
        """
        return cls(api_key, _from_file(read_key_file(path)))

    @classmethod
    @clean_errors
    def from_env(cls, prefix: str = "BINANCE", *, environ: Mapping[str, str] | None = None) -> Self:
        """Load the key from environment variables; an empty variable counts as not set.

        ``BINANCE_API_KEY``, and one of ``BINANCE_API_SECRET`` (the secret) and ``BINANCE_API_SECRET_FILE`` (the path of
        a file that holds it).

        Args:
            prefix: what the names begin with, in place of ``BINANCE``.
            environ: variables to read in place of those of the process.

        Returns:
            The key, ready to sign.

        Raises:
            UsageError: a variable is missing, both ways are set, or the secret is malformed.
        """
        variables = env.Variables(prefix, environ)
        return cls(variables.api_key(), _from_file(variables.secret()))

    def sign(self, payload: bytes) -> str:
        """Return the hexadecimal signature of the payload."""
        keyed = self._keyed.copy()
        keyed.update(payload)
        return keyed.finalize().hex()


def _from_file(contents: Secret) -> Secret:
    text = contents.reveal().removeprefix(codecs.BOM_UTF8)
    text = text.removesuffix(b"\n").removesuffix(b"\r")
    if not text:
        raise UsageError("the secret is empty")
    return Secret(text)
