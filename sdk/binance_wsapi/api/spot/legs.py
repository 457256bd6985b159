"""The orders that a request would make: one order, the legs of a list, the new order of a cancel-replace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from binance_wsapi.wire.endpoint import Params

__all__ = ["orders_of"]

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
