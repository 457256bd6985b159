"""What the three kinds of key have in common: an API key, a name that can be printed, and where keys come from."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from typing import ClassVar, Self

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import env
from binance_wsapi.keys.keyfile import read_key_file, write_key_file
from binance_wsapi.keys.pem import PrivateKey, dump_private_key, dump_public_key, kind_of, load_private_key
from binance_wsapi.keys.secret import Concealed, Passphrase, Secret, clean_errors

__all__ = ["Key", "PemKey", "mask_api_key"]

# What the payload can hold without a doubt; the venue's own keys are 64 letters and digits.
_API_KEY = re.compile("[A-Za-z0-9_.~+/-]+")


def mask_api_key(api_key: str) -> str:
    """Return the first and last four characters: enough to tell one's keys apart, not enough to use one."""
    return f"{api_key[:4]}...{api_key[-4:]}" if len(api_key) >= 16 else "****"


class Key(Concealed):
    """An API key and what signs for it.

    Args:
        api_key: the identifier the venue gave the key. It is sent in the clear and still masked wherever it is printed.

    Raises:
        UsageError: ``api_key`` is empty, not ASCII, or contains white space or other characters no key has.
    """

    __slots__ = ("_api_key",)

    kind: ClassVar[str] = ""
    can_log_on: bool = False
    """Whether ``session.logon`` takes this key (Session authentication): Ed25519 alone."""

    def __init__(self, api_key: str) -> None:
        # Messages do not repeat the value: key and secret are easily exchanged.
        if not isinstance(api_key, str):
            raise UsageError(f"the API key is a str, not {type(api_key).__name__}")
        if not api_key:
            raise UsageError("the API key is empty")
        if _API_KEY.fullmatch(api_key) is None:
            raise UsageError(
                "the API key must be ASCII letters and digits only, got white space, a control or another character; "
                "it is the identifier shown by the venue, neither a PEM nor the secret"
            )
        self._api_key = api_key

    @property
    def api_key(self) -> str:
        """The API key in full; print the key object instead."""
        return self._api_key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({mask_api_key(self._api_key)})"

    def _refuse_own_api_key(self, secret: Secret) -> None:
        if hmac.compare_digest(secret.reveal(), self._api_key.encode()):
            raise UsageError("the secret and the API key are the same text")


class PemKey(Key):
    """A key that is a private key of public-key cryptography, kept as PEM.

    Args:
        api_key: the identifier the venue gave the public key.
        private_key: a key of `cryptography`, for instance from a key ring.

    Raises:
        UsageError: the API key is malformed, or the private key is of another kind.
    """

    __slots__ = ("_private_key",)

    def __init__(self, api_key: str, private_key: PrivateKey) -> None:
        super().__init__(api_key)
        kind = kind_of(private_key)
        if kind != self.kind:
            remedy = {"Ed25519": "; use Ed25519Key", "RSA": "; use RsaKey"}.get(kind, "")
            found = f"a key for {kind}" if kind else f"a {type(private_key).__name__}, and no key of `cryptography`"
            raise UsageError(f"{type(self).__name__} takes a private key for {self.kind}; this is {found}{remedy}")
        self._private_key = private_key

    @classmethod
    @clean_errors
    def from_pem(cls, pem: bytes | bytearray | Secret, api_key: str, passphrase: Passphrase | None = None) -> Self:
        """Load the key from the bytes of a PEM.

        Args:
            pem: one private key, PKCS#8 or PKCS#1. Never a str: that could be a path.
            api_key: the identifier the venue gave the public key.
            passphrase: opens an encrypted PEM; a callable is asked only then.

        Returns:
            The key, ready to sign.

        Raises:
            UsageError: no such key is in it; the message says what is. It never contains key material.
        """
        if isinstance(pem, str):
            raise UsageError(
                "from_pem takes the bytes of a PEM, not str, which could be a path as well; "
                "for a path use from_file(path, ...), for PEM text from_pem(text.encode(), ...)"
            )
        if not isinstance(pem, Secret):
            if not isinstance(pem, bytes | bytearray | memoryview):
                raise UsageError(f"from_pem takes the bytes of a PEM, not {type(pem).__name__}")
            if not pem:
                raise UsageError("the PEM is empty")
            pem = Secret(pem)
        return cls(api_key, load_private_key(pem, passphrase))

    @classmethod
    @clean_errors
    def from_file(cls, path: str | os.PathLike[str], api_key: str, passphrase: Passphrase | None = None) -> Self:
        """Load the key from a PEM file that only its owner can read.

        Args:
            path: the file; a leading ``~`` is the home directory. PEM text is refused.
            api_key: the identifier the venue gave the public key.
            passphrase: opens an encrypted PEM; a callable is asked only then.

        Returns:
            The key, ready to sign.

        Raises:
            UsageError: the file cannot be read, other users can use it, or no such key is in it.
        """
        return cls(api_key, load_private_key(read_key_file(path), passphrase))

    @classmethod
    @clean_errors
    def from_env(cls, prefix: str = "BINANCE", *, environ: Mapping[str, str] | None = None) -> Self:
        """Load the key from environment variables; an empty variable counts as not set.

        ``BINANCE_API_KEY``, and one of ``BINANCE_PRIVATE_KEY_PEM`` (the text of the PEM, in which the two characters
        ``\\n`` may stand for a line break) and ``BINANCE_PRIVATE_KEY_FILE`` (a path); for an encrypted PEM also
        ``BINANCE_PRIVATE_KEY_PASSPHRASE``.

        Args:
            prefix: what the names begin with, in place of ``BINANCE``.
            environ: variables to read in place of those of the process.

        Returns:
            The key, ready to sign.

        Raises:
            UsageError: a variable is missing, both ways are set, or the key cannot be loaded.
        """
        variables = env.Variables(prefix, environ)
        return cls(variables.api_key(), load_private_key(variables.pem(), variables.passphrase()))

    def public_pem(self) -> bytes:
        """Return the public key as PEM, to be registered at the venue."""
        return dump_public_key(self._private_key)

    @clean_errors
    def save(self, path: str | os.PathLike[str], *, passphrase: Passphrase | None) -> None:
        """Write the private key to a new file that only its owner can read.

        Args:
            path: the file, which must not exist.
            passphrase: encrypts the file; None, said explicitly, writes it in the clear.

        Raises:
            UsageError: the file exists or cannot be written.
        """
        write_key_file(path, dump_private_key(self._private_key, passphrase))
