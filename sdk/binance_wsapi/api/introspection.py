"""What the library knows about the venue's methods, for programs and for the command line."""

from __future__ import annotations

from functools import cache
from typing import Any

from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.wire.endpoint import Case, Endpoint, Weight

__all__ = ["describe", "endpoints"]


@cache
def _named() -> dict[str, Endpoint[Any]]:
    """Endpoints by Python name: the constant above a method has the method's name in capitals."""
    found = {}
    for name in dir(SpotMethods):
        value = getattr(SpotMethods, name)
        if isinstance(value, Endpoint):
            found[name.lower()] = value
    return found


@cache
def _by_method() -> dict[str, Endpoint[Any]]:
    return {endpoint.method: endpoint for endpoint in _named().values()}


def endpoints() -> dict[str, Endpoint[Any]]:
    """Return every method by its wire name; the dictionary is the caller's own."""
    return dict(_by_method())


def describe() -> list[dict[str, Any]]:
    """Return the facts of every method, ready to be JSON.

    A weight that depends on the parameters is a list of rows, of which the first whose ``when`` holds counts.
    ``weight_on_success`` is None where a success costs what a failure does.
    """
    return [
        {
            "method": endpoint.method,
            "python_name": name,
            "product": "spot",
            "security": endpoint.security.value,
            "weight": _weight(endpoint.weight),
            "weight_on_success": endpoint.weight_on_success,
            "orders": endpoint.orders,
            "replay_safe": endpoint.replay_safe,
        }
        for name, endpoint in sorted(_named().items(), key=lambda item: item[1].method)
    ]


def _weight(weight: Weight) -> int | list[dict[str, Any]]:
    return weight if isinstance(weight, int) else [_row(case) for case in weight]


def _row(case: Case) -> dict[str, Any]:
    if case.param is None:
        return {"when": "otherwise", "weight": case.weight}
    when: dict[str, Any] = {"param": case.param}
    bounds = {
        "min": case.minimum,
        "max": case.maximum,
        "equals": case.equals,
        "items_min": case.items_min,
        "items_max": case.items_max,
    }
    when |= {name: value for name, value in bounds.items() if value is not None}
    if case.per_item:
        return {"when": when, "weight_per_item": case.weight, "cap": case.cap}
    return {"when": when, "weight": case.weight}
