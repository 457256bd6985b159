"""The parameters of an order, alone or as a leg of a list, and the engine's request made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from binance_wsapi.simulator.access.params import Kind, Param, client_id, decimal, integer, missing, one_of
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.engine import (
    OrderRequest,
    OrderType,
    PegOffsetType,
    PegPriceType,
    Side,
    StpMode,
    TimeInForce,
)

__all__ = [
    "BAD_SIDE",
    "BAD_TYPE",
    "RESPONSE_TYPE",
    "SIDE",
    "STP",
    "TYPE",
    "build",
    "order_params",
    "response_type",
    "strategy_type",
]

BAD_SIDE = (-1117, "Invalid side.")
BAD_TYPE = (-1116, "Invalid orderType.")
SIDE = one_of("side", Side, required=True, error=BAD_SIDE)
TYPE = one_of("type", OrderType, required=True, error=BAD_TYPE)
STP = one_of("selfTradePreventionMode", StpMode)
RESPONSE_TYPE = one_of("newOrderRespType", ("ACK", "RESULT", "FULL"))
_NEEDS_TIME_IN_FORCE = (OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)


def wire(leg: str, name: str) -> str:
    """Return a parameter's name on a leg: `price` of the `working` leg is ``workingPrice``."""
    return leg + name[0].upper() + name[1:] if leg else name


def strategy_type(name: str) -> Param:
    """Declare a strategy type; the numbers below a million are the venue's own."""
    return Param(name, Kind.INTEGER, least=1_000_000, error=(-1134, "`strategyType` was less than 1000000."))


def order_params(leg: str = "", *, own_id: str = "newClientOrderId", stops: bool = True) -> tuple[Param, ...]:
    """Return what describes an order but for side, type and quantities.

    Args:
        leg: prefix of its names in a list.
        own_id: name of its client order id, without the prefix.
        stops: whether it can wait for a price.
    """
    waits = (decimal(wire(leg, "stopPrice")), integer(wire(leg, "trailingDelta"), least=1)) if stops else ()
    return (
        one_of(wire(leg, "timeInForce"), TimeInForce, error=(-1115, "Invalid timeInForce.")),
        decimal(wire(leg, "price")),
        client_id(wire(leg, own_id)),
        *waits,
        decimal(wire(leg, "icebergQty")),
        Param(wire(leg, "strategyId"), Kind.INTEGER, signed=True, least=-(1 << 63)),
        strategy_type(wire(leg, "strategyType")),
        one_of(wire(leg, "pegPriceType"), PegPriceType, error=(-1210, "Invalid pegPriceType.")),
        integer(wire(leg, "pegOffsetValue"), most=100),
        one_of(wire(leg, "pegOffsetType"), PegOffsetType, error=(-1211, "Invalid pegOffsetType.")),
    )


def build(
    params: Mapping[str, Any],
    *,
    leg: str = "",
    side: str | None = None,
    quantity: str | None = "quantity",
    own_id: str = "newClientOrderId",
) -> OrderRequest:
    """Build the engine's request.

    Args:
        leg: prefix of the order's parameters.
        side: name of the parameter with the side.
        quantity: name of the parameter with the quantity, None if it has none.

    Raises:
        Refusal: a time in force that must or must not be there, or peg parameters that do not go together.
    """

    def of_leg(name: str, default: Any = None) -> Any:
        return params.get(wire(leg, name), default)

    get = of_leg if leg else params.get
    kind = params[wire(leg, "type")]
    time_in_force = get("timeInForce")
    if kind in _NEEDS_TIME_IN_FORCE:
        if time_in_force is None:
            raise missing(wire(leg, "timeInForce"))
    elif time_in_force is not None and not (kind is OrderType.LIMIT_MAKER and leg and time_in_force == "GTC"):
        raise bad(-1106, f"Parameter '{wire(leg, 'timeInForce')}' sent when not required.")
    offset_type, offset_value = get("pegOffsetType"), get("pegOffsetValue")
    if (offset_type is None) != (offset_value is None):
        names = f"{wire(leg, 'pegOffsetType')}, {wire(leg, 'pegOffsetValue')}"
        raise bad(-1128, f"Fields [{names}] must be sent together or omitted entirely.")
    peg = get("pegPriceType")
    if peg is None and offset_type is not None:
        raise bad(-1106, f"Parameter '{wire(leg, 'pegOffsetType')}' sent when not required.")
    return OrderRequest(
        params["symbol"],
        params[side or wire(leg, "side")],
        kind,
        0 if quantity is None else params.get(quantity, 0),
        get("price", 0),
        time_in_force,
        quote_order_qty=0 if leg else params.get("quoteOrderQty", 0),
        stop_price=get("stopPrice", 0),
        trailing_delta=get("trailingDelta", 0),
        iceberg_qty=get("icebergQty", 0),
        new_client_order_id=get(own_id),
        strategy_id=get("strategyId"),
        strategy_type=get("strategyType"),
        stp_mode=params.get("selfTradePreventionMode"),
        peg_price_type=peg,
        peg_offset_type=offset_type,
        peg_offset_value=offset_value,
        leg=leg,
    )


def response_type(params: Mapping[str, Any]) -> str:
    """Return the newOrderRespType: MARKET and LIMIT default to FULL, the others to ACK (order.place)."""
    asked = params.get("newOrderRespType")
    if asked is not None:
        return str(asked)
    return "FULL" if params["type"] in ("MARKET", "LIMIT") else "ACK"
