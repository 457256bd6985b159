"""Rules before sending: a request that would make orders is looked at first, if the user wants it.

Theory of operation. The guard is a `Caller` in front of the tracked caller. It takes the orders out of a request
of any method (one order, the legs of a list, the new order of a cancel-replace), and checks each by the
rules of its symbol. What is sure to be refused is refused here, with `RuleViolation`, before anything is sent or
written down. What cannot be judged is sent: the venue decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, TypeVar

from binance_wsapi.errors import RuleViolation
from binance_wsapi.rules.cache import RulesCache
from binance_wsapi.rules.findings import Violation
from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["RuleGuard", "orders_of"]

R = TypeVar("R")

_ORDER: Final = (
    "symbol", "side", "type", "timeInForce", "price", "quantity", "quoteOrderQty", "stopPrice", "trailingDelta",
    "icebergQty", "pegPriceType", "pegOffsetType", "pegOffsetValue", "selfTradePreventionMode",
)  # fmt: skip
"""Parameters of an order that rules are about."""

_SINGLE: Final = frozenset({"order.place", "sor.order.place", "order.cancelReplace"})

_LEGS: Final[dict[str, tuple[str, ...]]] = {
    "orderList.place.oco": ("above", "below"),
    "orderList.place.oto": ("working", "pending"),
    "orderList.place.opo": ("working", "pending"),
    "orderList.place.otoco": ("working", "pendingAbove", "pendingBelow"),
    "orderList.place.opoco": ("working", "pendingAbove", "pendingBelow"),
}
"""How the parameters of each order of a list begin."""

_OLD_OCO: Final = "orderList.place"
_LATER: Final = frozenset({"orderList.place.opo", "orderList.place.opoco"})
"""Lists whose pending orders get their quantity from the working one."""


def orders_of(method: str, params: Params) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield the orders a request would make.

    Yields:
        How the order's parameters begin (empty for a single one), the order by the wire names of ``order.place``, and
        whether its quantity is decided only later. Nothing for a method that makes no orders.
    """
    if method in _SINGLE:
        yield "", _present({name: params.get(name) for name in _ORDER}), False
    elif method == _OLD_OCO:
        yield from zip(("limit", "stop"), _old_oco(params), (False, False), strict=True)
    else:
        for prefix in _LEGS.get(method, ()):
            yield prefix, _leg(params, prefix), prefix.startswith("pending") and method in _LATER


def _leg(params: Params, prefix: str) -> dict[str, Any]:
    """Return one order of a list: its own parameters, those of its part of the list, those of the whole."""
    order: dict[str, Any] = {}
    part = "pending" if prefix.startswith("pending") else prefix
    for name in _ORDER:
        for key in (_joined(prefix, name), _joined(part, name), name):
            if params.get(key) is not None:
                order[name] = params[key]
                break
    return order


def _old_oco(params: Params) -> Iterator[dict[str, Any]]:
    """Yield the limit and the stop order of the deprecated ``orderList.place``, which has names of its own."""
    both = {name: params.get(name) for name in ("symbol", "side", "quantity", "selfTradePreventionMode")}
    yield _present(
        {**both, "type": "LIMIT_MAKER", "price": params.get("price"), "icebergQty": params.get("limitIcebergQty")}
    )
    limit = params.get("stopLimitPrice")
    yield _present(
        {
            **both,
            "type": "STOP_LOSS" if limit is None else "STOP_LOSS_LIMIT",
            "price": limit,
            "timeInForce": params.get("stopLimitTimeInForce"),
            "stopPrice": params.get("stopPrice"),
            "trailingDelta": params.get("trailingDelta"),
            "icebergQty": params.get("stopIcebergQty"),
        }
    )


def _joined(prefix: str, name: str) -> str:
    return prefix + name[0].upper() + name[1:] if prefix else name


def _present(order: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in order.items() if value is not None}


class RuleGuard:
    """A `Caller` that refuses what the rules of a symbol are sure to refuse.

    Args:
        caller: takes what passes.
        rules: of the symbols.
    """

    def __init__(self, caller: Caller, rules: RulesCache) -> None:
        self._caller = caller
        self._rules = rules

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Check the orders of a request, and hand it on."""
        await self.check(endpoint, params)
        return await self._caller.call(endpoint, params, options)

    async def check(self, endpoint: Endpoint[Any], params: Params) -> None:
        """Check the orders a request would make.

        Raises:
            RuleViolation: the venue is sure to refuse one. Nothing was sent.
            UsageError: an amount is no number, or a parameter is none of the venue's words.
            WsapiError: the rules could not be loaded. Nothing was sent.
        """
        found: list[Violation] = []
        for prefix, order, quantity_later in orders_of(endpoint.method, params):
            rules = await self._rules.get(str(order.get("symbol", "")))
            broken = rules.check(order, quantity_later=quantity_later).violations
            found += [replace(each, field=_joined(prefix, each.field)) for each in broken]
        if found:
            raise RuleViolation("; ".join(map(str, found)), found).about(method=endpoint.method)
