"""HMAC-SHA-256 with a key that is hashed once: RFC 2104 in two hashes, which are copied for each message.

`hmac.HMAC` is Python around one hash object: to copy it, feed it and take its digest takes it 2.2 µs of an order, the two
hashes below 1.1. `tests/keys/test_keyed_hash.py` holds both against each other.
"""

from __future__ import annotations

import hashlib
from typing import Final

__all__ = ["KeyedHash"]

_BLOCK: Final = 64
"""Bytes of a block of SHA-256."""
_INNER: Final = bytes(each ^ 0x36 for each in range(256))
_OUTER: Final = bytes(each ^ 0x5C for each in range(256))


class KeyedHash:
    """HMAC-SHA-256 with one key, which is not kept.

    Args:
        key: of any length.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def sum(self, message: bytes) -> str:
        """Return the sum of a message in lower-case hexadecimal."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()
