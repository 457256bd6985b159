"""Every order gets a client order id before it is sent: only then can one ask what became of it.

The venue makes up an id where none is given, and tells it in the reply, which is exactly what may be lost. Ids made
here are unguessable, within the venue's pattern ``^[.A-Z:/a-z0-9_-]{1,36}$``, free of vowels (`binance_wsapi.wire.ids`),
and used once: the venue's own rule, unique "among open orders", would let an id be used again as soon as its order
filled. A cancel, too, is given one (``newClientOrderId``); the venue would otherwise rename the cancelled order at random.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from binance_wsapi.orders.fate.fence import Token, TokenKind
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["ID_LENGTH", "can_be_an_id", "named", "tokens_of"]

ID_LENGTH = 22
"""124 bits of chance."""

_PATTERN: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
"""What the venue names as the legal range of a ``newClientOrderId`` (-1100)."""

_LISTED = "listClientOrderId"
_CANCEL_LIST = "orderList.cancel"


def named(endpoint: Endpoint[Any], params: Params, token: Callable[[int], str]) -> dict[str, Any]:
    """Return the parameters with an id for everything the request makes or renames that the user did not name.

    An empty text is no name: nothing could be asked about it.
    """
    complete = dict(params)
    for name in endpoint.client_ids:
        if complete.get(name) in (None, ""):
            complete[name] = token(ID_LENGTH)
    return complete


def can_be_an_id(text: str) -> bool:
    """Whether the venue may have taken this for the id of an order."""
    return _PATTERN.fullmatch(text) is not None


def tokens_of(endpoint: Endpoint[Any], params: Params, token: Callable[[int], str]) -> list[Token]:
    """Return what the venue's side of a request is recognised by.

    An order list is known by its own id: it is taken or refused as a whole. What cancels everything of a symbol bears no
    id; its token is a name for the one doubt about it.
    """
    symbol = str(params.get("symbol", ""))
    if endpoint.method == _CANCEL_LIST:
        return [Token(str(params["newClientOrderId"]), symbol, TokenKind.LIST)]
    if _LISTED in endpoint.client_ids:
        return [Token(str(params[_LISTED]), symbol, TokenKind.LIST)]
    if not endpoint.client_ids:
        return [Token(token(ID_LENGTH), symbol, TokenKind.SYMBOL)]
    return [Token(str(params[name]), symbol) for name in endpoint.client_ids]
