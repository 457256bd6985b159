"""The environment variables that hold a key.

=====================================  ============================================================================
``BINANCE_API_KEY``                    the API key, for every kind
``BINANCE_PRIVATE_KEY_FILE``           path of a PEM: Ed25519 or RSA
``BINANCE_PRIVATE_KEY_PEM``            the PEM itself; ``\\n`` written as two characters may stand for a line break
``BINANCE_PRIVATE_KEY_PASSPHRASE``     opens the PEM, if it is encrypted
``BINANCE_API_SECRET``                 the secret of an HMAC key
``BINANCE_API_SECRET_FILE``            path of a file that holds it
=====================================  ============================================================================

``BINANCE`` is the default of a prefix: a desk with several accounts gives each its own. An empty variable counts as not
set, since that is how compose files and CI systems pass what they do not have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from binance_wsapi.errors import UsageError
from binance_wsapi.keys.keyfile import read_key_file
from binance_wsapi.keys.secret import Secret

__all__ = ["Variables"]

PEM = "PRIVATE_KEY_PEM"
PEM_FILE = "PRIVATE_KEY_FILE"
PASSPHRASE = "PRIVATE_KEY_PASSPHRASE"  # noqa: S105 the name of a variable
SECRET = "API_SECRET"  # noqa: S105 the name of a variable
SECRET_FILE = "API_SECRET_FILE"  # noqa: S105 the name of a variable


class Variables:
    """The variables of one prefix. Names are shown in messages, values never.

    Args:
        prefix: what the names begin with, without the underscore that follows.
        environ: the variables; None takes those of the process.

    Raises:
        UsageError: the prefix cannot begin the name of a variable, or the variables are no mapping.
    """

    __slots__ = ("_environ", "_prefix")

    def __init__(self, prefix: object, environ: object = None) -> None:
        if not isinstance(prefix, str) or re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", prefix) is None:
            raise UsageError("the prefix of environment variables is letters, digits and underscores")
        if environ is not None and not isinstance(environ, Mapping):
            raise UsageError(f"environ must be a mapping of variables, got a {type(environ).__name__}")
        self._prefix = prefix
        self._environ: Mapping[str, str] = os.environ if environ is None else environ

    def name(self, short: str) -> str:
        """Return the full name of a variable."""
        return f"{self._prefix}_{short}"

    def has(self, short: str) -> bool:
        """Return whether the variable is set and not empty."""
        return bool(self._environ.get(self.name(short)))

    def describe_a_key(self) -> bool:
        """Return whether any of the variables of a key is set: then all that it needs must be."""
        return any(self.has(short) for short in ("API_KEY", PEM, PEM_FILE, PASSPHRASE, SECRET, SECRET_FILE))

    def one_of(self, *shorts: str) -> str:
        """Return the one of these that is set.

        Raises:
            UsageError: none is, or more than one.
        """
        found = [short for short in shorts if self.has(short)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"only one of these may be set: {', '.join(map(self.name, found))}")
        raise UsageError(f"not set: {' or '.join(map(self.name, shorts))}")

    def api_key(self) -> str:
        """Return the API key."""
        return self._environ[self.name(self.one_of("API_KEY"))]

    def pem(self) -> Secret:
        """Return the PEM, read from its file if need be."""
        short = self.one_of(PEM, PEM_FILE)
        value = self._environ[self.name(short)]
        if short == PEM_FILE:
            return read_key_file(value)
        if "-----BEGIN" not in value:
            raise UsageError(f"{self.name(PEM)} holds no PEM; a path belongs into {self.name(PEM_FILE)}")
        # Docker's and systemd's files of variables have no line breaks inside a value. Base64 has no backslash.
        return Secret(value.replace("\\n", "\n"))

    def passphrase(self) -> Secret | None:
        """Return the passphrase, if there is one."""
        value = self._environ.get(self.name(PASSPHRASE))
        return Secret(value) if value else None

    def secret(self) -> Secret:
        """Return what holds the HMAC secret, read from its file if need be."""
        short = self.one_of(SECRET, SECRET_FILE)
        value = self._environ[self.name(short)]
        return read_key_file(value) if short == SECRET_FILE else Secret(value)
