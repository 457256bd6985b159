"""What the groups of typed methods have in common: the `Caller` they are handed."""

from __future__ import annotations

from typing import Any

from binance_wsapi.wire.border import at_border
from binance_wsapi.wire.caller import Caller

__all__ = ["MethodGroup"]


class MethodGroup:
    """A group of typed methods. It knows nothing of connections: every call goes to its `Caller`."""

    _caller: Caller

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        at_border(cls)
