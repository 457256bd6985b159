"""Ed25519 keys: the venue's recommendation, and the only kind that can log a session on."""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING, ClassVar, Self

from binance_wsapi.keys.base import PemKey
from binance_wsapi.keys.secret import clean_errors

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Ed25519Key"]


class Ed25519Key(PemKey):
    """Sign with Ed25519; signatures are base64.

    Args:
        api_key: the identifier the venue gave the public key.
        private_key: a key of `cryptography`; most callers use `from_file`, `from_pem`, `from_env` or `generate`.

    Raises:
        UsageError: the API key is malformed, or the private key is of another kind.
    """

    __slots__ = ("_sign",)

    kind: ClassVar[str] = "Ed25519"
    can_log_on: bool = True

    @clean_errors
    def __init__(self, api_key: str, private_key: Ed25519PrivateKey) -> None:
        super().__init__(api_key, private_key)
        self._sign = private_key.sign

    @classmethod
    @clean_errors
    def generate(cls, api_key: str = "unregistered") -> Self:
        """Make a new key.

        A key has no API key before the venue has seen its public half: generate it, `save` it, register `public_pem`
        at the venue, and load the file with the API key the venue then shows.

        Args:
            api_key: the identifier to use, where it is known beforehand (in tests, for instance).

        Returns:
            The key; its private half is in memory alone until `save`.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(api_key, Ed25519PrivateKey.generate())

    def sign(self, payload: bytes) -> str:
        """Return the base64 signature of the payload."""
        return b2a_base64(self._sign(payload), newline=False).decode()
