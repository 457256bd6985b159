"""Keys: load them, sign with them, never show them.

`Ed25519Key` is the kind to use: the venue recommends it, and only it can log a session on. `RsaKey` and `HmacKey` sign
each request. A key that lives elsewhere is a `Signer`, or an `AsyncSigner` when its answer has to be waited for.
"""

from __future__ import annotations

from binance_wsapi.keys.ed25519 import Ed25519Key
from binance_wsapi.keys.hmac import HmacKey
from binance_wsapi.keys.load import load_from_env
from binance_wsapi.keys.payload import Scalar, WireParams, WireValue, signing_payload, wire_params
from binance_wsapi.keys.rsa import RsaKey
from binance_wsapi.keys.secret import Passphrase, Secret
from binance_wsapi.keys.signer import AsyncSigner, Signer

__all__ = [
    "Ed25519Key",
    "RsaKey",
    "HmacKey",
    "load_from_env",
    "Signer",
    "AsyncSigner",
    "Secret",
    "Passphrase",
    "signing_payload",
    "wire_params",
    "Scalar",
    "WireParams",
    "WireValue",
]
