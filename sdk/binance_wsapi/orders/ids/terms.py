"""What each order of a list was asked for with, by the names that an order of its own has. Pure."""

from __future__ import annotations

from typing import Any, Final

from binance_wsapi.wire.endpoint import Params

__all__ = ["ID", "PENDING", "terms_of"]

ID: Final = "ClientOrderId"
"""How the parameters end that name the orders of a list."""

PENDING: Final = "pending"

_TERMS: Final = ("price", "stopPrice", "icebergQty", "timeInForce", "trailingDelta", "pegPriceType")


def terms_of(request: Params, parameter: str) -> dict[str, Any]:
    """Return what one order of a list was asked for with.

    Of ``orderList.place``, which names no types, side and quantity alone: its other parameters have names of their own.

    Args:
        request: that places the list, by wire name.
        parameter: that names the order, as ``pendingAboveClientOrderId``.
    """
    prefix = parameter.removesuffix(ID)
    part = PENDING if prefix.startswith(PENDING) else prefix
    terms: dict[str, Any] = {}
    for name, places in (
        ("side", (f"{part}Side", "side")),
        ("quantity", (f"{part}Quantity", "quantity")),
        ("type", (f"{prefix}Type",)),
        *((name, (f"{prefix}{name[0].upper()}{name[1:]}",)) for name in _TERMS if f"{prefix}Type" in request),
    ):
        found = next((request[place] for place in places if request.get(place) not in (None, "")), None)
        if found is not None:
            terms[name] = found
    return terms
