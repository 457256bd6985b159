"""What the groups of typed methods have in common: the `Caller` they are handed."""

from __future__ import annotations

from binance_wsapi.wire.caller import Caller

__all__ = ["MethodGroup"]


class MethodGroup:
    """A group of typed methods. It knows nothing of connections: every call goes to its `Caller`."""

    _caller: Caller
