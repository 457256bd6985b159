"""Order list requests: placing the five kinds, cancelling and querying them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from binance_wsapi.simulator.access.params import (
    Kind,
    Param,
    client_id,
    decimal,
    end_us,
    integer,
    one_of,
    symbol,
    time_us,
)
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.api.calls import Call, Method, Security
from binance_wsapi.simulator.api.methods.account import span
from binance_wsapi.simulator.api.methods.market import limit
from binance_wsapi.simulator.api.methods.order_params import (
    BAD_SIDE,
    BAD_TYPE,
    RESPONSE_TYPE,
    SIDE,
    STP,
    build,
    order_params,
    strategy_type,
)
from binance_wsapi.simulator.api.methods.trading import need_one
from binance_wsapi.simulator.engine import ListKind, ListRequest, OrderRequest, OrderType, Side, StpMode, TimeInForce
from binance_wsapi.simulator.venue.rendering import Row, list_canceled, list_placed, list_row

__all__ = ["METHODS"]

_LIMITS = (OrderType.LIMIT, OrderType.LIMIT_MAKER)
_NOT_IN_OCO = (OrderType.LIMIT, OrderType.MARKET)
_LIST_ID = client_id("listClientOrderId")
_LIST = (symbol(), _LIST_ID, RESPONSE_TYPE, STP)


def _type(name: str, choices: tuple[OrderType, ...], *, required: bool = True) -> Param:
    return one_of(name, choices, required=required, error=BAD_TYPE)


def _side(name: str) -> Param:
    return one_of(name, Side, required=True, error=BAD_SIDE)


def _leg(name: str) -> tuple[Param, ...]:
    return order_params(name, own_id="clientOrderId", stops=name != "working")


_WORKING = (_type("workingType", _LIMITS), _side("workingSide"), decimal("workingQuantity", required=True))
_PENDING = (_type("pendingType", tuple(OrderType)), _side("pendingSide"))
_PENDING_PAIR = (
    _side("pendingSide"),
    _type("pendingAboveType", tuple(OrderType)),
    _type("pendingBelowType", tuple(OrderType)),
)


def _leg_of(params: Mapping[str, Any], leg: str, side: str, quantity: str | None) -> OrderRequest:
    return build(params, leg=leg, side=side, quantity=quantity, own_id="clientOrderId")


def _pair(call: Call, above: str, below: str, side: str, quantity: str | None) -> list[OrderRequest]:
    """Build the two legs of an OCO (-1158 for a type that can be neither)."""
    if any(call.params[f"{leg}Type"] in _NOT_IN_OCO for leg in (above, below)):
        raise bad(-1158, "Order type not supported in OCO.")
    return [_leg_of(call.params, leg, side, quantity) for leg in (above, below)]


def _place(call: Call, kind: ListKind, orders: list[OrderRequest], adds: int | None = None) -> Row:
    params = call.params
    stp = params.get("selfTradePreventionMode")
    request = ListRequest(
        kind,
        params["symbol"],
        orders,
        list_client_order_id=params.get("listClientOrderId"),
        stp_mode=None if stp is None else StpMode(stp),
        adds=adds,
    )
    result = call.run(lambda now: call.engine.place_list(call.account, request, now))
    # The default of the list methods is not documented; the documented answers are those of FULL.
    return list_placed(result, params.get("newOrderRespType", "FULL"), call.unit)


def oco(call: Call) -> Row:
    return _place(call, ListKind.OCO, _pair(call, "above", "below", "side", "quantity"))


def oto(call: Call) -> Row:
    working = _leg_of(call.params, "working", "workingSide", "workingQuantity")
    pending = _leg_of(call.params, "pending", "pendingSide", "pendingQuantity")
    return _place(call, ListKind.OTO, [working, pending])


def otoco(call: Call) -> Row:
    working = _leg_of(call.params, "working", "workingSide", "workingQuantity")
    pair = _pair(call, "pendingAbove", "pendingBelow", "pendingSide", "pendingQuantity")
    return _place(call, ListKind.OTOCO, [working, *pair])


def _no_pending_quantity(call: Call) -> None:
    if "pendingQuantity" in call.params:
        raise bad(-1225, "Pending orders should not include the 'quantity' tag.")


def opo(call: Call) -> Row:
    _no_pending_quantity(call)
    working = _leg_of(call.params, "working", "workingSide", "workingQuantity")
    return _place(call, ListKind.OPO, [working, _leg_of(call.params, "pending", "pendingSide", None)])


def opoco(call: Call) -> Row:
    _no_pending_quantity(call)
    working = _leg_of(call.params, "working", "workingSide", "workingQuantity")
    pair = _pair(call, "pendingAbove", "pendingBelow", "pendingSide", None)
    return _place(call, ListKind.OPOCO, [working, *pair])


def old_oco(call: Call) -> Row:
    """Place the deprecated OCO: a LIMIT_MAKER and a stop, which is STOP_LOSS_LIMIT with `stopLimitPrice`."""
    params = call.params
    need_one(call, "stopPrice", "trailingDelta")
    stop_limit = "stopLimitPrice" in params
    if stop_limit and "stopLimitTimeInForce" not in params:
        raise bad(-1102, "Mandatory parameter 'stopLimitTimeInForce' was not sent, was empty/null, or malformed.")
    if not stop_limit and "stopLimitTimeInForce" in params:
        raise bad(-1106, "Parameter 'stopLimitTimeInForce' sent when not required.")
    legs: dict[str, Any] = {
        "symbol": params["symbol"],
        "side": params["side"],
        "quantity": params["quantity"],
        "limitType": OrderType.LIMIT_MAKER,
        "limitPrice": params["price"],
        "stopType": OrderType.STOP_LOSS_LIMIT if stop_limit else OrderType.STOP_LOSS,
    }
    for name, own in _OLD_NAMES.items():
        if name in params:
            legs[own] = params[name]
    orders = {leg: _leg_of(legs, leg, "side", "quantity") for leg in ("limit", "stop")}
    above, below = ("limit", "stop") if params["side"] == Side.SELL else ("stop", "limit")
    return _place(call, ListKind.OCO, [orders[above], orders[below]], adds=1)  # "This adds 1 order", orderList.place


_OLD_NAMES = {
    "selfTradePreventionMode": "selfTradePreventionMode",
    "limitClientOrderId": "limitClientOrderId",
    "limitIcebergQty": "limitIcebergQty",
    "limitStrategyId": "limitStrategyId",
    "limitStrategyType": "limitStrategyType",
    "stopPrice": "stopStopPrice",
    "trailingDelta": "stopTrailingDelta",
    "stopClientOrderId": "stopClientOrderId",
    "stopLimitPrice": "stopPrice",
    "stopLimitTimeInForce": "stopTimeInForce",
    "stopIcebergQty": "stopIcebergQty",
    "stopStrategyId": "stopStrategyId",
    "stopStrategyType": "stopStrategyType",
}
"""The deprecated method's parameters by the names their legs have inside `build`."""


def cancel(call: Call) -> Row:
    need_one(call, "orderListId", "listClientOrderId")
    result = call.run(
        lambda now: call.engine.cancel_list(
            call.account,
            call.params["symbol"],
            now,
            order_list_id=call.get("orderListId"),
            list_client_order_id=call.get("listClientOrderId"),
            new_client_order_id=call.get("newClientOrderId"),
            # The two documents disagree about whose id is new (orderList.cancel; "Cancel Order list").
            rename_orders=call.rest,
        )
    )
    return list_canceled(result, call.unit)


def status(call: Call) -> Row:
    need_one(call, "origClientOrderId", "orderListId")
    name = call.get("origClientOrderId")
    # "If both ... are specified, only origClientOrderId is used" (orderList.status).
    found = call.venue.views.order_list(call.account, order_list_id=call.get("orderListId"), list_client_order_id=name)
    return list_row(found, found.update_time, call.unit)


def open_lists(call: Call) -> list[Row]:
    return [list_row(each, each.update_time, call.unit) for each in call.venue.views.open_order_lists(call.account)]


def all_lists(call: Call) -> list[Row]:
    start, end = span(call)
    if call.rest and "fromId" in call.params and not (start is None and end is None):
        raise bad(
            -1128, "Combination of optional parameters invalid."
        )  # over the socket the id counts for nothing then
    found = call.venue.views.all_order_lists(
        call.account,
        from_id=None if start is not None or end is not None else call.get("fromId"),
        start_time=start,
        end_time=end,
        limit=call.params["limit"],
    )
    return [list_row(each, each.update_time, call.unit) for each in found]


def _placing(name: str, handler: Any, params: tuple[Param, ...], orders: int) -> Method:
    return Method(name, handler, params, Security.TRADE, weight=1, weight_on_success=0, orders=orders, to_engine=True)


_QUANTITY = decimal("pendingQuantity", required=True)
_FORBIDDEN = decimal("pendingQuantity")

METHODS = (
    _placing(
        "orderList.place",
        old_oco,
        (
            *_LIST,
            SIDE,
            decimal("price", required=True),
            decimal("quantity", required=True),
            client_id("limitClientOrderId"),
            decimal("limitIcebergQty"),
            Param("limitStrategyId", Kind.INTEGER, signed=True, least=-(1 << 63)),
            strategy_type("limitStrategyType"),
            decimal("stopPrice"),
            integer("trailingDelta", least=1),
            client_id("stopClientOrderId"),
            decimal("stopLimitPrice"),
            one_of("stopLimitTimeInForce", TimeInForce, error=(-1115, "Invalid timeInForce.")),
            decimal("stopIcebergQty"),
            Param("stopStrategyId", Kind.INTEGER, signed=True, least=-(1 << 63)),
            strategy_type("stopStrategyType"),
        ),
        1,
    ),
    _placing(
        "orderList.place.oco",
        oco,
        (
            *_LIST,
            SIDE,
            decimal("quantity", required=True),
            _type("aboveType", tuple(OrderType)),
            *_leg("above"),
            _type("belowType", tuple(OrderType)),
            *_leg("below"),
        ),
        2,
    ),
    _placing(
        "orderList.place.oto",
        oto,
        (*_LIST, *_WORKING, *_leg("working"), *_PENDING, _QUANTITY, *_leg("pending")),
        2,
    ),
    _placing(
        "orderList.place.otoco",
        otoco,
        (
            *_LIST,
            *_WORKING,
            *_leg("working"),
            _QUANTITY,
            *_PENDING_PAIR,
            *_leg("pendingAbove"),
            *_leg("pendingBelow"),
        ),
        3,
    ),
    _placing(
        "orderList.place.opo",
        opo,
        (*_LIST, *_WORKING, *_leg("working"), *_PENDING, _FORBIDDEN, *_leg("pending")),
        2,
    ),
    _placing(
        "orderList.place.opoco",
        opoco,
        (
            *_LIST,
            *_WORKING,
            *_leg("working"),
            _FORBIDDEN,
            *_PENDING_PAIR,
            *_leg("pendingAbove"),
            *_leg("pendingBelow"),
        ),
        3,
    ),
    Method(
        "orderList.cancel",
        cancel,
        (symbol(), integer("orderListId"), _LIST_ID, client_id("newClientOrderId")),
        Security.TRADE,
        weight=1,
        weight_on_success=0,
        to_engine=True,
    ),
    Method(
        "orderList.status",
        status,
        (client_id("origClientOrderId"), integer("orderListId")),
        Security.USER_DATA,
        weight=4,
    ),
    Method("openOrderLists.status", open_lists, (), Security.USER_DATA, weight=6),
    Method(
        "allOrderLists",
        all_lists,
        (integer("fromId"), time_us("startTime"), end_us("endTime"), limit()),
        Security.USER_DATA,
        weight=20,
    ),
)
