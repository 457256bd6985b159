"""Load the key that the environment names, of any kind."""

from __future__ import annotations

from collections.abc import Mapping

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import env
from binance_wsapi.keys.ed25519 import Ed25519Key
from binance_wsapi.keys.hmac import HmacKey
from binance_wsapi.keys.pem import kind_of, load_private_key
from binance_wsapi.keys.rsa import RsaKey
from binance_wsapi.keys.secret import clean_errors

__all__ = ["load_from_env"]


@clean_errors
def load_from_env(
    prefix: str = "BINANCE", *, environ: Mapping[str, str] | None = None
) -> Ed25519Key | RsaKey | HmacKey:
    """Load the one key that the environment variables describe; the kind follows from what is set.

    ``BINANCE_API_KEY``, and exactly one of ``BINANCE_PRIVATE_KEY_FILE``, ``BINANCE_PRIVATE_KEY_PEM`` (Ed25519 or RSA;
    with ``BINANCE_PRIVATE_KEY_PASSPHRASE`` if the PEM is encrypted), ``BINANCE_API_SECRET`` and
    ``BINANCE_API_SECRET_FILE`` (HMAC). An empty variable counts as not set.

    Args:
        prefix: what the names begin with, in place of ``BINANCE``.
        environ: variables to read in place of those of the process.

    Returns:
        The key, of the class that its kind has.

    Raises:
        UsageError: a variable is missing, more than one key is described, or the key cannot be loaded.
    """
    variables = env.Variables(prefix, environ)
    api_key = variables.api_key()
    found = variables.one_of(env.PEM, env.PEM_FILE, env.SECRET, env.SECRET_FILE)
    if found in (env.SECRET, env.SECRET_FILE):
        if variables.has(env.PASSPHRASE):
            raise UsageError(
                f"{variables.name(env.PASSPHRASE)} is set, but no private key that it could open; "
                f"{variables.name(found)} is an HMAC secret"
            )
        return HmacKey.from_env(prefix, environ=environ)
    private_key = load_private_key(variables.pem(), variables.passphrase())
    if kind_of(private_key) == "RSA":
        return RsaKey(api_key, private_key)  # type: ignore[arg-type]
    return Ed25519Key(api_key, private_key)  # type: ignore[arg-type]
