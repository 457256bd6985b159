"""What had an id: a user may name it again, and then what bears it must be told from what did."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Final

import msgspec

from binance_wsapi.orders.fate.identity import Token

__all__ = ["BorneId", "BorneIds"]

REMEMBERED: Final = 4_096
"""Ids of which it is remembered what had them; each is some 300 bytes."""

_AT_ONCE: Final = 512
"""Ids beyond these that are forgotten at a time, the oldest first."""

KEPT: Final = 4
"""Numbers of orders that had an id."""


class BorneId(msgspec.Struct, frozen=True, gc=False):
    """What had an id: numbers, the latest last; of the latest the quantity, when its frame left, when it was known, and
    whether it had ended by then."""

    numbers: tuple[int, ...]
    quantity: Decimal | None
    left_at: float
    known_at: float
    ended: bool


class BorneIds:
    """The ids that orders of one account had, each with its symbol."""

    def __init__(self) -> None:
        self._borne: dict[tuple[str, str], BorneId] = {}
        self._placed: dict[tuple[str, int, bool], str] = {}

    def of(self, symbol: str, client_id: str) -> BorneId | None:
        """Return what had an id, where it is known."""
        return self._borne.get((symbol, client_id))

    def placed(self, symbol: str, number: int, client_id: str, *, listed: bool = False) -> None:
        """Keep with which id the order, or the list, of this number was placed."""
        placed = self._placed
        placed[symbol, number, listed] = client_id
        if len(placed) > REMEMBERED + _AT_ONCE:
            for oldest in list(islice(placed, _AT_ONCE)):
                del placed[oldest]

    def placed_as(self, symbol: str, number: int, listed: bool) -> str | None:
        """Return with which id the order, or the list, of this number was placed, where it is known."""
        return self._placed.get((symbol, number, listed))

    def tell_apart(self, token: Token, sent_at: float) -> Token:
        """Return the token of a cancel of everything with what this client knows to be older, and to be younger."""
        numbers = [(borne.numbers[-1], borne) for (symbol, _), borne in self._borne.items() if symbol == token.symbol]
        older = frozenset(number for number, borne in numbers if borne.known_at <= sent_at)
        younger = frozenset(number for number, borne in numbers if borne.left_at > sent_at)
        return replace(token, others=older, younger=younger)

    def remember(
        self,
        symbol: str,
        client_id: str,
        number: int | None,
        quantity: Decimal | None,
        left_at: float | None = None,
        *,
        ended: bool = False,
    ) -> None:
        """Keep what had an id."""
        if number is None:
            return
        now = asyncio.get_running_loop().time()
        place = (symbol, client_id)
        borne = self._borne
        known = borne.get(place)
        numbers: tuple[int, ...] = (number,)
        if known is not None:
            numbers = (*(each for each in known.numbers if each != number), number)[-KEPT:]
            del borne[place]  # it goes to the end
        borne[place] = BorneId(numbers, quantity, -1.0 if left_at is None else left_at, now, ended)
        if len(borne) > REMEMBERED + _AT_ONCE:
            for oldest in list(islice(borne, _AT_ONCE)):
                del borne[oldest]
