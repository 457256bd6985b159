"""The key of a run: from variables, files, the keyring of the desktop, or a hidden prompt. Never from an argument."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from binance_wsapi.cli.shared.signals import asking
from binance_wsapi.cli.shared.terminal import can_ask
from binance_wsapi.errors import UsageError
from binance_wsapi.keys import load_from_env
from binance_wsapi.keys.env import Variables
from binance_wsapi.keys.keyfile import read_key_file

if TYPE_CHECKING:
    from binance_wsapi.cli.shared.config import Configuration, Section
    from binance_wsapi.keys import Signer

__all__ = ["SERVICE", "ask", "load_key"]

SERVICE = "binance-wsapi"
"""The name under which the keyring holds secrets; the user name there is the API key."""


def load_key(configuration: Configuration) -> Signer | None:
    """Return the key that is configured; None where there is none.

    Variables of the environment come before the file, since they were set for this shell.

    Raises:
        UsageError: what is configured does not make a key.
    """
    section = configuration.section
    place = configuration.secret_from or section.secret_from or "file"
    if place == "file":
        if Variables("BINANCE").describe_a_key():
            return load_from_env(environ=_with_passphrase(dict(os.environ)))
        return _from_section(section)
    api_key = os.environ.get("BINANCE_API_KEY") or section.api_key
    if not api_key:
        raise UsageError(
            f"secret_from is {place}, and no API key is named: set BINANCE_API_KEY, or api_key in the file"
        )
    secret = _from_keyring(api_key) if place == "keyring" else ask("Secret or path of the private key's file")
    return load_from_env(environ=_with_passphrase(_described(api_key, secret)))


def _from_section(section: Section) -> Signer | None:
    named = {
        "BINANCE_API_KEY": section.api_key,
        "BINANCE_PRIVATE_KEY_FILE": section.private_key_file,
        "BINANCE_API_SECRET_FILE": section.api_secret_file,
    }
    variables = {name: value for name, value in named.items() if value}
    return load_from_env(environ=_with_passphrase(variables)) if variables else None


def _described(api_key: str, secret: str) -> dict[str, str]:
    """Return the variables that describe a key: a PEM, a file that is there, or else an HMAC secret."""
    if "-----BEGIN" in secret:
        return {"BINANCE_API_KEY": api_key, "BINANCE_PRIVATE_KEY_PEM": secret}
    if "." in secret or "/" in secret or os.sep in secret:  # an HMAC secret is letters and digits
        return {"BINANCE_API_KEY": api_key, "BINANCE_PRIVATE_KEY_FILE": secret}
    return {"BINANCE_API_KEY": api_key, "BINANCE_API_SECRET": secret}


def _with_passphrase(variables: dict[str, str]) -> dict[str, str]:
    """Ask for the passphrase of an encrypted key when a terminal is there to ask on."""
    file, known = variables.get("BINANCE_PRIVATE_KEY_FILE"), variables.get("BINANCE_PRIVATE_KEY_PASSPHRASE")
    if file and not known and can_ask() and b"ENCRYPTED" in read_key_file(file).reveal():
        variables["BINANCE_PRIVATE_KEY_PASSPHRASE"] = ask("Passphrase of the private key")
    return variables


def ask(what: str, *, twice: bool = False) -> str:
    """Ask without showing what is typed.

    Raises:
        UsageError: there is no terminal.
    """
    if not can_ask():
        raise UsageError(f"{what} is asked for on a terminal, and there is none: use a file or the keyring")
    with asking():
        answer: str = typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
    return answer


def _from_keyring(api_key: str) -> str:
    try:
        import keyring
    except ImportError:
        raise UsageError("the keyring needs a package of its own: pip install keyring") from None
    try:
        secret: str | None = keyring.get_password(SERVICE, api_key)
    except Exception as error:  # noqa: BLE001  each of its back ends has errors of its own
        raise UsageError(f"the keyring cannot be read: {type(error).__name__}") from None
    if not secret:
        raise UsageError(
            f'the keyring holds no secret of this API key: put it there with `keyring set {SERVICE} "API KEY"`'
        )
    return secret
