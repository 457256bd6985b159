"""Every order gets a client order id before it is sent: only then can one ask what became of it.

The venue makes up an id where none is given, and tells it in the reply, which is exactly what may be lost. Ids made
here are unguessable, within the venue's pattern ``^[.A-Z:/a-z0-9_-]{1,36}$``, free of vowels (`binance_wsapi.wire.ids`),
and used once: the venue's own rule, unique "among open orders", would let an id be used again as soon as its order
filled.
A cancel, too, is given one (``newClientOrderId``); the venue would otherwise rename the cancelled order at random.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["ID_LENGTH", "ClientOrderIds"]

R = TypeVar("R")

ID_LENGTH = 22
"""124 bits of chance."""


class ClientOrderIds:
    """A `Caller` that names what a call creates, where the user did not."""

    def __init__(self, below: Caller, token: Callable[[int], str]) -> None:
        self._below = below
        self._token = token

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make the call. See `Caller.call`."""
        if endpoint.client_ids:
            named = dict(params)
            for name in endpoint.client_ids:
                if named.get(name) is None:
                    named[name] = self._token(ID_LENGTH)
            params = named
        return await self._below.call(endpoint, params, options)
