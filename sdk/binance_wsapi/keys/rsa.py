"""RSA keys: RSASSA-PKCS1-v1_5 with SHA-256, as the venue asks; for accounts that have them already.

A signature takes several times as long as with Ed25519, and the key cannot log a session on.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING, ClassVar, Final, Self

from binance_wsapi.errors import UsageError
from binance_wsapi.keys.base import PemKey
from binance_wsapi.keys.secret import clean_errors

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

__all__ = ["RsaKey"]

MIN_BITS: Final = 2048
MAX_BITS: Final = 4096


class RsaKey(PemKey):
    """Sign with RSASSA-PKCS1-v1_5 and SHA-256; signatures are base64.

    A PEM that restricts its key to RSA-PSS is refused, unless it is encrypted: the restriction cannot be seen then, and
    it is the venue that refuses to register such a key.

    Args:
        api_key: the identifier the venue gave the public key.
        private_key: a key of `cryptography` of 2048 to 4096 bits; most callers use `from_file`,
            `from_pem` or `from_env`.

    Raises:
        UsageError: the API key is malformed, or the private key is of another kind or size.
    """

    __slots__ = ("_hash", "_padding", "_rsa")

    kind: ClassVar[str] = "RSA"
    can_log_on: bool = False

    _rsa: RSAPrivateKey
    _padding: PKCS1v15
    _hash: SHA256

    @clean_errors
    def __init__(self, api_key: str, private_key: RSAPrivateKey) -> None:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        super().__init__(api_key, private_key)
        if not MIN_BITS <= private_key.key_size <= MAX_BITS:
            raise UsageError(f"the RSA key has {private_key.key_size} bits; the venue takes {MIN_BITS} to {MAX_BITS}")
        self._rsa = private_key
        self._padding = PKCS1v15()
        self._hash = SHA256()

    @classmethod
    @clean_errors
    def generate(cls, api_key: str = "unregistered", *, bits: int = 2048) -> Self:
        """Make a new key; see `Ed25519Key.generate`, the better choice, for how it comes to its API key.

        Args:
            api_key: the identifier to use, where it is known beforehand.
            bits: 2048, 3072 or 4096.

        Returns:
            The key; its private half is in memory alone until `save`.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

        if bits not in (2048, 3072, 4096):
            raise UsageError("an RSA key has 2048, 3072 or 4096 bits")
        return cls(api_key, generate_private_key(public_exponent=65537, key_size=bits))

    def sign(self, payload: bytes) -> str:
        """Return the base64 signature of the payload."""
        return b2a_base64(self._rsa.sign(payload, self._padding, self._hash), newline=False).decode()
