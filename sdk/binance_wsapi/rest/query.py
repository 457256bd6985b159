"""The query string of a request, and what is signed of it.

REST signs differently from the WebSocket API in every respect, so nothing is shared with it (SIGNED Endpoint security):

* the parameters stay in the order in which they are sent;
* they are percent-encoded *before* signing, and the signature covers exactly the bytes that go out (CHANGELOG, change of
  2026-01-15: any other order is ``-1022``);
* the API key goes into a header, not into the parameters;
* an array is the text of a JSON array: ``symbols=["BTCUSDT","BNBBTC"]`` (Exchange information).

Only RFC 3986's unreserved characters are left as they are. A text of those and of ``%XX`` looks the same to every
library it passes through, which is what keeps "signed" and "sent" one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from binance_wsapi.errors import UsageError
from binance_wsapi.keys.payload import WireValue
from binance_wsapi.keys.signer import AsyncSigner, Signer

__all__ = ["RESERVED", "query_string", "signed_query"]

RESERVED = frozenset({"apiKey", "timestamp", "signature"})
"""Parameters that are not the caller's to give: the key has a header, the others are added here."""


def query_string(params: Mapping[str, WireValue]) -> str:
    """Return the parameters as a query string, in their order and percent-encoded.

    Args:
        params: what `wire_params` returned.

    Raises:
        UsageError: a text has no UTF-8 form.
    """
    return "&".join(f"{quote(name, safe='')}={_encoded(name, value)}" for name, value in params.items())


async def signed_query(params: Mapping[str, WireValue], timestamp: int, key: Signer | AsyncSigner) -> str:
    """Return the query string of a private request: the parameters, ``timestamp``, ``signature``.

    Args:
        params: what `wire_params` returned, ``recvWindow`` included where it is wanted.
        timestamp: milliseconds of the venue's clock.
        key: what signs; an asynchronous signer is awaited.
    """
    payload = query_string({**params, "timestamp": timestamp})
    data = payload.encode("ascii")
    signature = await key.sign_async(data) if isinstance(key, AsyncSigner) else key.sign(data)
    return f"{payload}&signature={quote(signature, safe='')}"


def _encoded(name: str, value: WireValue) -> str:
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int):
        text = str(value)
    elif isinstance(value, list):
        text = msgspec.json.encode(value).decode()
    else:
        text = value
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        pass  # raised below: the exception holds the text
    raise UsageError(f"parameter {name!a} contains a lone surrogate, which has no UTF-8 form")
