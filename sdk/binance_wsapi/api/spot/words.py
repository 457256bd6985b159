"""The words and amounts of an order, looked at before it is sent: a misspelt one is told with the word that was meant.

A side is BUY or SELL, and nothing else is sent. Of every other word the venue decides, since it adds words that this
library does not know yet: text is refused only where it looks like a known word misspelt (another case, letters exchanged,
a letter too many or too few), or where it is the word of the venue's futures or of other venues. A new word that looks so
goes as a member of its enumeration, ``OrderType("LIMIT_TAKER")``, and `SpotClient.call` sends every word.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from difflib import get_close_matches
from enum import Enum, StrEnum
from itertools import product, starmap
from re import sub
from typing import Any, Final, TypeVar

from binance_wsapi.api.spot.checks import SpotGroup, argument_name, missing_of_order, short
from binance_wsapi.errors import UsageError
from binance_wsapi.keys.amounts import is_amount_name, wrong_amount
from binance_wsapi.models.enums import (
    CancelReplaceMode,
    CancelRestrictions,
    OrderRateLimitExceededMode,
    OrderResponseType,
    OrderType,
    PegOffsetType,
    PegPriceType,
    SelfTradePreventionMode,
    Side,
    TimeInForce,
)
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint

__all__ = ["OrderMethods", "are_usual", "nearest"]

R = TypeVar("R")

_LEGS: Final = ("above", "below", "working", "pending", "pendingAbove", "pendingBelow")
_OF_A_LEG: Final[dict[str, type[StrEnum]]] = {
    "side": Side,
    "type": OrderType,
    "timeInForce": TimeInForce,
    "pegPriceType": PegPriceType,
    "pegOffsetType": PegOffsetType,
}
_WORDS: Final[dict[str, type[StrEnum]]] = {
    **_OF_A_LEG,
    **{leg + name[0].upper() + name[1:]: kind for leg in _LEGS for name, kind in _OF_A_LEG.items()},
    "stopLimitTimeInForce": TimeInForce,
    "newOrderRespType": OrderResponseType,
    "selfTradePreventionMode": SelfTradePreventionMode,
    "cancelReplaceMode": CancelReplaceMode,
    "cancelRestrictions": CancelRestrictions,
    "orderRateLimitExceededMode": OrderRateLimitExceededMode,
}
"""Which enumeration the value of a parameter belongs to, by wire name."""

_NEEDED: Final = frozenset({"side", "type", "cancelReplaceMode", "workingSide", "pendingSide"})
_ELSEWHERE: Final[dict[type[StrEnum], dict[str, str]]] = {
    OrderType: {
        "STOP": "STOP_LOSS_LIMIT",
        "STOP_LIMIT": "STOP_LOSS_LIMIT",
        "STOP_MARKET": "STOP_LOSS",
        "TAKE_PROFIT_MARKET": "TAKE_PROFIT",
        "POST_ONLY": "LIMIT_MAKER",
    },
}
"""What the venue's futures and other venues call an order that Spot has by another word."""
_LIKE: Final = 0.85
"""How much of two words must be alike, by `difflib`: a letter too many or too few, not another word."""

_USUAL: Final[frozenset[tuple[object, ...]]] = frozenset(
    (side, kind, in_force, reply, price, quantity)
    for side, reply in product(map(str, Side), [*map(str, OrderResponseType), None])
    for kind, in_force, price, quantity in [
        *(("LIMIT", word, True, True) for word in map(str, TimeInForce)),
        ("LIMIT_MAKER", None, True, True),
        ("MARKET", None, False, True),
    ]
)
"""Side, type, time in force, response type, and whether price and quantity are there: orders that need nothing more."""


class OrderMethods(SpotGroup):
    """A group of methods that send the words of orders."""

    def _order(self, endpoint: Endpoint[R], params: Mapping[str, Any], options: CallOptions) -> Coroutine[Any, Any, R]:
        """Make a call whose parameters, by wire name, are those of orders. See `Caller.call`.

        Raises:
            UsageError: a word is misspelt, an amount is no number, or what an order of its type needs is missing. Nothing
                was sent.
        """
        wrong = next(filter(None, starmap(_wrong, params.items())), None) or missing_of_order(endpoint, params)
        if wrong is not None:
            ids = [params.get(each) for each in endpoint.client_ids]
            raise wrong.about(method=endpoint.method, client_order_id=ids[-1] if ids and ids[-1] else None)
        return self._ask(endpoint, params, options)


def are_usual(*words: object) -> bool:
    """Return whether an order is one of the usual ones, complete and of known words, by one look.

    It takes 0.1 µs of an order, the look at each parameter 1.

    Args:
        words: side, type, time in force, response type, whether there is a price, and whether there is a quantity.
    """
    try:
        return words in _USUAL
    except TypeError:  # a list, or another thing that is no word
        return False


def _wrong(name: str, value: object) -> UsageError | None:
    """Return what is wrong with the value of a parameter; None where it can be sent."""
    words = _WORDS.get(name)
    if words is not None:
        return _misspelt(name, value, words)
    return wrong_amount(argument_name(name), value) if is_amount_name(name) else None


def _misspelt(name: str, value: object, words: type[StrEnum]) -> UsageError | None:
    """Return what is wrong with a word; None where it can be sent."""
    if isinstance(value, words) or (value is None and name not in _NEEDED):
        return None
    if isinstance(value, Enum):  # of the user's own
        value = value._value_
    known = [str(word) for word in words]
    meant = None
    if isinstance(value, str):
        meant = _ELSEWHERE.get(words, {}).get(value.upper()) or nearest(value, known)
        if value in known or (meant is None and words is not Side):
            return None
    hint = "" if meant is None else f": did you mean {meant!r}?"
    return UsageError(f"{argument_name(name)} must be {', '.join(known[:-1])} or {known[-1]}, got {short(value)}{hint}")


def nearest(value: str, known: Iterable[str], like: float = _LIKE) -> str | None:
    """Return the known word that a text looks like: in another case, with letters exchanged, too many or too few.

    Args:
        value: the text.
        known: the words; spaces, dots, hyphens and underscores do not count.
        like: how much of the two must be alike, by `difflib`.
    """
    text = _letters(value)
    by_letters = {_letters(word): word for word in known}
    for letters, word in by_letters.items():
        if sorted(letters) == sorted(text):
            return word
    near = get_close_matches(text, by_letters, 1, like)
    return by_letters[near[0]] if near else None


def _letters(word: str) -> str:
    return sub(r"[\s._-]", "", word).upper()
