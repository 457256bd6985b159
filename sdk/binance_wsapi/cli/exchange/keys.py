"""The keys that the exchange accepts. Secrets never come by the command line."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from binance_wsapi.simulator import LocalExchange

__all__ = ["API_KEY", "HMAC_KEY", "KEY_FILE", "Keys"]

API_KEY = "local"
HMAC_KEY = "local-hmac"
KEY_FILE = "local-exchange.pem"
"""The private key that is made here, in the directory of the option."""


class Keys:
    """The keys the exchange accepts, and what there is to say about them."""

    def __init__(self, running: LocalExchange, directory: Path) -> None:
        self._running = running
        self._directory = directory
        self.own: Path | None = None
        self.secret: str | None = None
        self.given: list[tuple[str, str]] = []

    def register(self, public: list[str] | None, envs: list[str] | None, files: list[str] | None) -> None:
        """Have the exchange accept the keys that the options name; without any, a key pair and a secret made here."""
        for word in public or ():
            api_key, found, path = word.partition("=")
            self._public(*((api_key, Path(path)) if found else (API_KEY, Path(word))))
        for word in envs or ():
            api_key, variable = _pair(word, "--hmac-env", "API_KEY=VARIABLE")
            secret = os.environ.get(variable, "")
            if not secret:
                raise typer.BadParameter(f"the variable {variable} is not set", param_hint="--hmac-env")
            self._hmac(api_key, secret, f"HMAC, secret in ${variable}")
        for word in files or ():
            api_key, path = _pair(word, "--hmac-file", "API_KEY=FILE")
            secret = _read(Path(path), "--hmac-file").decode("utf-8", "replace").strip()
            if not secret:
                raise typer.BadParameter(f"{path} is empty", param_hint="--hmac-file")
            self._hmac(api_key, secret, f"HMAC, secret in {path}")
        if not self.given:
            self.own = self._own()
            self.secret = secrets.token_hex(32)
            self._running.register_key(HMAC_KEY, "hmac", secret=self.secret)

    def _hmac(self, api_key: str, secret: str, what: str) -> None:
        self._running.register_key(api_key, "hmac", secret=secret)
        self.given.append((api_key, what))

    def _public(self, api_key: str, path: Path) -> None:
        pem = _read(path, "--public-key")
        for kind in ("ed25519", "rsa"):
            try:
                self._running.register_key(api_key, "ed25519" if kind == "ed25519" else "rsa", public_pem=pem)
            except ValueError:
                continue
            self.given.append((api_key, f"{'Ed25519' if kind == 'ed25519' else 'RSA'}, public key {path}"))
            return
        raise typer.BadParameter(f"{path} holds no public Ed25519 or RSA key", param_hint="--public-key")

    def _own(self) -> Path:
        """Use the key pair in the directory, making it first if there is none; return the private key's file."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
            PublicFormat,
            load_pem_private_key,
        )

        path = self._directory / KEY_FILE
        key: Any
        if path.exists():
            try:
                key = load_pem_private_key(path.read_bytes(), None)
            except (ValueError, TypeError):  # the second where it is encrypted
                raise typer.BadParameter(
                    f"{path} holds no private key in PEM: delete it, and a new one is made", param_hint="--directory"
                ) from None
        else:
            key = Ed25519PrivateKey.generate()
            self._directory.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self._running.register_key(API_KEY, "ed25519", public_pem=pem)
        return path


def _pair(word: str, option: str, form: str) -> tuple[str, str]:
    name, found, value = word.partition("=")
    if not found or not name or not value:
        # The message does not repeat the word: it may hold a secret.
        raise typer.BadParameter(f"this is not {form}", param_hint=option)
    return name, value


def _read(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint=option) from None
