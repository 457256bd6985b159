"""Who hears of doubts, and in which order."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate.unresolved import Unresolved

__all__ = ["FateListener", "FateListeners", "FateRank", "Named"]


class Named(NamedTuple):
    """What a request called what it was to make: an id is one of a symbol and of an account."""

    client_id: str
    symbol: str
    key: Signer | AsyncSigner | None
    """Of the account."""


class FateRank(IntEnum):
    """The order in which a doubt is told."""

    HANDLES = 1
    """Live handles of orders."""

    LISTS = 2
    """Live handles of order lists, and what places both."""

    WATCHERS = 3
    """What only watches."""


class FateListener:
    """Hears of nothing; a listener overrides what it needs. Called while the call that has it goes on: quick."""

    def on_doubt(self, intent: Unresolved) -> None:
        """Take note of a request whose reply is lost."""

    def on_turned_up(self, named: Named, order: Any) -> None:
        """Take note of what bears an id that was declared not placed."""


FateListeners: TypeAlias = Listeners[FateListener]
