"""Smart order routing requests: placing and testing an order that may fill on several books."""

from __future__ import annotations

from binance_wsapi.simulator.access.params import Kind, Param, client_id, decimal, one_of, symbol
from binance_wsapi.simulator.api.calls import Call, Method, Security
from binance_wsapi.simulator.api.methods.order_params import BAD_TYPE, RESPONSE_TYPE, SIDE, STP, build, strategy_type
from binance_wsapi.simulator.api.methods.trading import COMPUTE, test_weight, tested
from binance_wsapi.simulator.engine import OrderType, TimeInForce
from binance_wsapi.simulator.venue.rendering import Row, placed

__all__ = ["METHODS"]

_ORDER = (
    symbol(),
    SIDE,
    one_of("type", (OrderType.LIMIT, OrderType.MARKET), required=True, error=BAD_TYPE),
    one_of("timeInForce", TimeInForce, error=(-1115, "Invalid timeInForce.")),
    decimal("price"),
    decimal("quantity", required=True),
    client_id("newClientOrderId"),
    RESPONSE_TYPE,
    decimal("icebergQty"),
    Param("strategyId", Kind.INTEGER, signed=True, least=-(1 << 63)),
    strategy_type("strategyType"),
    STP,
)


def place(call: Call) -> Row | list[Row]:
    request = build(call.params)
    result = call.run(lambda now: call.engine.place_sor(call.account, request, now))
    row = placed(result, call.get("newOrderRespType", "FULL"), call.unit)
    # The answer shown for this method is an array of one order (sor.order.place, Response); over REST it is the order.
    return row if call.rest else [row]


def test(call: Call) -> Row:
    request = build(call.params)
    call.run(lambda now: call.engine.test(call.account, request, now, sor=True))
    return tested(call, request)


METHODS = (
    Method(
        "sor.order.place",
        place,
        _ORDER,
        Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=1,
        to_engine=True,
    ),
    Method("sor.order.test", test, (*_ORDER, COMPUTE), Security.TRADE, weight=test_weight),
)
