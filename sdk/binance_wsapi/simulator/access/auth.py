"""API keys and signatures, from the exchange's side.

Written from the venue's text alone, without a line of the client's signing: a rule shared by both sides would hide the
same mistake on both. See "SIGNED request security" in web-socket-api.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from binance_wsapi.simulator.access.refusal import bad, unauthorized

__all__ = ["ApiKey", "KeyKind", "KeyRing", "RawNumber", "payload", "text_of"]

KeyKind = Literal["ed25519", "hmac", "rsa"]
PERMISSIONS = frozenset({"TRADE", "USER_DATA", "USER_STREAM"})
_FORMAT = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


class RawNumber(str):
    """A JSON number with a fraction or exponent, as it was written: its text is what was signed."""

    __slots__ = ()


def text_of(value: Any) -> str:
    """Return a parameter's value as it stands in the signed text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def payload(params: Mapping[str, Any]) -> bytes:
    """Return what a request's signature signs: all parameters but the signature, sorted by name, UTF-8, not escaped."""
    return "&".join(f"{name}={text_of(params[name])}" for name in sorted(params) if name != "signature").encode()


class _Verifier(Protocol):
    def __call__(self, signature: str, message: bytes) -> bool: ...


def _decode(signature: str) -> bytes | None:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None


def _ed25519(pem: bytes) -> _Verifier:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("not an Ed25519 public key")

    def verify(signature: str, message: bytes) -> bool:
        raw = _decode(signature)
        if raw is None:
            return False
        try:
            key.verify(raw, message)
        except InvalidSignature:
            return False
        return True

    return verify


def _rsa(pem: bytes) -> _Verifier:
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA public key")

    def verify(signature: str, message: bytes) -> bool:
        raw = _decode(signature)
        if raw is None:
            return False
        try:
            key.verify(raw, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    return verify


def _hmac(secret: str) -> _Verifier:
    key = secret.encode()

    def verify(signature: str, message: bytes) -> bool:
        # HMAC signatures are not case-sensitive ("Signature Case Sensitivity").
        wanted = hmac.new(key, message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted.encode(), signature.lower().encode())

    return verify


@dataclass(slots=True)
class ApiKey:
    """One registered key.

    Attributes:
        account: name of the account it belongs to.
        revoked: nothing works with it any more.
    """

    name: str
    kind: KeyKind
    account: str
    permissions: frozenset[str]
    verify: _Verifier = field(repr=False)
    revoked: bool = False


class KeyRing:
    """All keys the exchange knows."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def register(
        self,
        api_key: str,
        kind: KeyKind,
        account: str,
        *,
        public_pem: bytes | None = None,
        secret: str | None = None,
        permissions: frozenset[str] = PERMISSIONS,
    ) -> ApiKey:
        """Register a key, or replace the one with this name.

        Raises:
            ValueError: the material does not fit the kind of key.
        """
        if kind == "hmac":
            if secret is None or public_pem is not None:
                raise ValueError("an HMAC key has a secret and no public key")
            verify = _hmac(secret)
        elif kind in ("ed25519", "rsa"):
            if public_pem is None or secret is not None:
                raise ValueError(f"an {kind} key has a public key and no secret")
            try:
                verify = _ed25519(public_pem) if kind == "ed25519" else _rsa(public_pem)
            except TypeError as error:
                raise ValueError(str(error)) from None
        else:
            raise ValueError(f"no such kind of key: {kind!r}")
        if unknown := permissions - PERMISSIONS:
            raise ValueError(f"no such permission: {', '.join(sorted(unknown))}")
        key = self._keys[api_key] = ApiKey(api_key, kind, account, permissions, verify)
        return key

    def revoke(self, api_key: str) -> None:
        """Make a key invalid for ever.

        Raises:
            KeyError: there is no such key.
        """
        self._keys[api_key].revoked = True

    def find(self, api_key: str) -> ApiKey:
        """Return a valid key.

        Raises:
            Refusal: -2014 malformed, -2015 unknown or revoked.
        """
        if not _FORMAT.fullmatch(api_key):
            raise bad(-2014, "API-key format invalid.")
        key = self._keys.get(api_key)
        if key is None or key.revoked:
            raise unauthorized()
        return key

    def authenticate(self, params: Mapping[str, Any]) -> ApiKey:
        """Return the key that signed a request.

        Raises:
            Refusal: -2014, -2015, or -1022 for a wrong signature.
        """
        key = self.find(text_of(params["apiKey"]))
        if not key.verify(text_of(params["signature"]), payload(params)):
            raise bad(-1022, "Signature for this request is not valid.")
        return key
