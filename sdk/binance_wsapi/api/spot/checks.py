"""What the documentation says a request must have, looked at before it is sent: the error says what to write.

Symbols are in capitals and have no separator. An interval and a window are of the lists of "Klines" and "Rolling window
price change statistics". An order needs what the table of its type says ("Place new order", "OTO", "OTOCO"), a question
about an order or a list the one or the other id. Whether a symbol exists, and what the venue's rules say, it alone knows.

`SpotClient.call` sends all of it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Coroutine, Iterator, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

from binance_wsapi.api.group import MethodGroup
from binance_wsapi.errors import UsageError, shown
from binance_wsapi.models.enums import Interval
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint

__all__ = ["SpotGroup", "argument_name", "is_plain_symbol", "missing_of_order", "short"]

R = TypeVar("R")

Needs = tuple[tuple[str, ...], ...]
"""Parameters of which each must be there; of several that stand together, one."""

_LONGEST: Final = 30
"""Characters of a text that a message repeats: what is longer may be a secret in the wrong place."""

_is_symbol: Final = re.compile(r"(?:[^\Wa-z]|[.-])+").fullmatch
"""The legal range that the venue names when it refuses a symbol (-1100): letters of any script, but none of a to z."""
_is_plain: Final = re.compile(r"[0-9A-Z]+").fullmatch
_INTERVALS: Final = [str(each) for each in Interval]
_is_window: Final = re.compile(r"(?:[1-9]|[1-5][0-9])m|(?:[1-9]|1[0-9]|2[0-3])h|[1-7]d").fullmatch
_is_span: Final = re.compile(r"([0-9]+)\s*(mo|[smhdw])[a-z]*", re.IGNORECASE).fullmatch

_LIMIT: Final[Needs] = (("timeInForce",), ("price", "pegPriceType"))
_STOP: Final[Needs] = (("stopPrice", "trailingDelta"),)
_BY_TYPE: Final[dict[str, Needs]] = {
    "LIMIT": _LIMIT,
    "LIMIT_MAKER": _LIMIT[1:],
    "STOP_LOSS": _STOP,
    "STOP_LOSS_LIMIT": _LIMIT + _STOP,
    "TAKE_PROFIT": _STOP,
    "TAKE_PROFIT_LIMIT": _LIMIT + _STOP,
}
"""What an order of a type needs beside its quantity ("Place new order")."""
_QUANTITY: Final[Needs] = (("quantity",),)
_OF_A_MARKET_ORDER: Final[Needs] = (("quantity", "quoteOrderQty"),)
_LEGS: Final = ("above", "below", "working", "pending", "pendingAbove", "pendingBelow")

_EITHER: Final[dict[str, Needs]] = {
    "order.status": (("orderId", "origClientOrderId"),),
    "order.cancel": (("orderId", "origClientOrderId"),),
    "order.cancelReplace": (("cancelOrderId", "cancelOrigClientOrderId"),),
    "order.amend.keepPriority": (("orderId", "origClientOrderId"),),
    "orderList.place": _STOP,
    "orderList.status": (("orderListId", "origClientOrderId"),),
    "orderList.cancel": (("orderListId", "listClientOrderId"),),
    "myPreventedMatches": (("preventedMatchId", "orderId"),),
}
"""Of which parameters a method needs one, by its wire name."""

_REMEDIES: Final = {"timeInForce": ": GTC, IOC or FOK"}


class SpotGroup(MethodGroup):
    """A group of methods of Spot, whose requests are looked at before they are sent."""

    def _ask(self, endpoint: Endpoint[R], params: Mapping[str, Any], options: CallOptions) -> Coroutine[Any, Any, R]:
        """Make a call whose parameters stand by their wire names. See `Caller.call`.

        Raises:
            UsageError: a parameter cannot be right, or a needed one is missing. Nothing was sent.
        """
        symbol = params.get("symbol")
        if symbol is not None and not is_plain_symbol(symbol):
            _refuse(endpoint, _wrong_symbol("symbol", symbol))
        if (symbols := params.get("symbols")) is not None:
            _refuse(endpoint, _wrong_symbols(symbols))
        if "interval" in params:
            _refuse(endpoint, _wrong_interval(params["interval"]))
        if (window := params.get("windowSize")) is not None and not (isinstance(window, str) and _is_window(window)):
            _refuse(endpoint, UsageError(f"window_size must be 1m to 59m, 1h to 23h or 1d to 7d, got {short(window)}"))
        if (either := _EITHER.get(endpoint.method)) is not None:
            _refuse(endpoint, _missing(either, params, "", ""))
        return self._caller.call(endpoint, params, options)


def is_plain_symbol(symbol: object) -> bool:
    """Return whether a symbol is of capitals and digits, as nearly all are, by one look."""
    return type(symbol) is str and _is_plain(symbol) is not None


def missing_of_order(endpoint: Endpoint[Any], params: Mapping[str, Any]) -> UsageError | None:
    """Return what an order, or an order of a list, misses by its type; None where all is there.

    Smart order routing has a table of its own, which names nothing as needed.
    """
    if endpoint.method.startswith("sor."):
        return None
    if (kind := _word(params.get("type"))) is not None:
        needs = _BY_TYPE.get(kind)
        if needs is not None or kind == "MARKET":
            own = _OF_A_MARKET_ORDER if needs is None else needs + _QUANTITY
            if (wrong := _missing(own, params, "", f" for a {kind} order")) is not None:
                return wrong
    kinds = ((leg, _word(params.get(leg + "Type"))) for leg in _LEGS)
    found = (_missing(_BY_TYPE.get(kind or "", ()), params, leg, f" for a {kind} order") for leg, kind in kinds)
    return next(filter(None, found), None)


def argument_name(name: str) -> str:
    """Return the name of an argument by its wire name."""
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def short(value: object) -> str:
    """Return a value as a message may show it."""
    if value is None or isinstance(value, int | float):
        return shown(value)
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    return repr(str(value)) if len(value) <= _LONGEST else f"text of {len(value)} characters"


def _refuse(endpoint: Endpoint[Any], wrong: UsageError | None) -> None:
    if wrong is not None:
        raise wrong.about(method=endpoint.method)


def _missing(needs: Needs, params: Mapping[str, Any], leg: str, where: str) -> UsageError | None:
    for names in needs:
        wire = [leg + name[0].upper() + name[1:] if leg else name for name in names]
        if all(_is_left_out(params.get(name)) for name in wire):
            told = wire[:1] if names[-1] == "pegPriceType" else wire
            got = "None" if len(told) == 1 else "neither"
            wanted = " or ".join(map(argument_name, told))
            return UsageError(f"{wanted} must be given{where}, got {got}{_REMEDIES.get(names[0], '')}")
    return None


def _is_left_out(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value)


def _word(value: object) -> str | None:
    if isinstance(value, Enum):  # of the user's own
        value = value.value
    return value if isinstance(value, str) else None


def _wrong_symbol(name: str, value: object) -> UsageError | None:
    """Return what is wrong with a symbol; None where the venue may know it."""
    text = _word(value)
    if text is not None and _is_symbol(text):
        return None
    meant = None if text is None else _meant(text)
    hint = "" if meant is None else f": did you mean {meant!r}?"
    return UsageError(
        f"{name} must be a trading pair in capitals and without a separator, as 'BTCUSDT', got {short(text or value)}{hint}"
    )


def _meant(text: str) -> str | None:
    """Return the symbol that is meant by text as other libraries write it: ``btcusdt``, ``BTC/USDT``."""
    symbol = re.sub(r"[\s/_-]", "", text.partition(":")[0]).upper()
    return symbol if len(text) <= _LONGEST and _is_symbol(symbol) else None


def _wrong_symbols(values: object) -> UsageError | None:
    if isinstance(values, str):
        if values.startswith("["):  # JSON, as the venue takes it
            return None
        return UsageError(f"symbols must be a list of trading pairs, as ['BTCUSDT'], got {short(values)}")
    for each in _each(values):
        if not is_plain_symbol(each) and (wrong := _wrong_symbol("each of symbols", each)) is not None:
            return wrong
    return None


def _each(values: object) -> Iterator[object]:
    return iter(values) if isinstance(values, list | tuple | set | frozenset) else iter(())


def _wrong_interval(value: object) -> UsageError | None:
    text = _word(value)
    if text in _INTERVALS:
        return None
    found = None if text is None else _is_span(text)
    meant = None if found is None else found[1] + {"mo": "M"}.get(found[2].lower(), found[2].lower())
    hint = f": did you mean {meant!r}?" if meant in _INTERVALS else ""
    return UsageError(f"interval must be one of {', '.join(_INTERVALS)}, got {short(text or value)}{hint}")
