"""Signature checks written out as arithmetic, so that a test does not ask the library that signed whether it signed well.

RSASSA-PKCS1-v1_5: RFC 8017, sections 8.2.2 and 9.2. Ed25519: RFC 8032, section 5.1. Neither is meant to be fast, and
neither is fit for anything but public values.
"""

from __future__ import annotations

import hashlib

# DER of DigestInfo for SHA-256, up to the digest itself (RFC 8017, section 9.2, note 1).
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def rsa_pkcs1v15_sha256_verifies(modulus: int, exponent: int, message: bytes, signature: bytes) -> bool:
    size = (modulus.bit_length() + 7) // 8
    digest_info = SHA256_PREFIX + hashlib.sha256(message).digest()
    encoded = b"\x00\x01" + b"\xff" * (size - len(digest_info) - 3) + b"\x00" + digest_info
    return len(signature) == size and pow(int.from_bytes(signature), exponent, modulus) == int.from_bytes(encoded)


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    base = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    return _multiply(scalar, base) == _add(_decode(signature[:32]), _multiply(challenge, _decode(public)))


def _decode(encoded: bytes) -> Point:
    number = int.from_bytes(encoded, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square, "not a point of the curve"
    return (P - x if x & 1 != sign else x), y


def _add(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    shared = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + shared, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - shared, -1, P)
    return x % P, y % P


def _multiply(scalar: int, point: Point) -> Point:
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result
