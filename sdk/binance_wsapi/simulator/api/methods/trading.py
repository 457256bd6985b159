"""Trading requests: placing, testing, cancelling, replacing and amending single orders."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.access.params import Kind, Param, client_id, decimal, integer, one_of, symbol
from binance_wsapi.simulator.access.refusal import Refusal, bad
from binance_wsapi.simulator.api.calls import Call, Method, Security
from binance_wsapi.simulator.api.methods.order_params import (
    RESPONSE_TYPE,
    SIDE,
    STP,
    TYPE,
    build,
    order_params,
    response_type,
)
from binance_wsapi.simulator.engine import (
    CancelReplaceMode,
    CancelRestrictions,
    CancelResult,
    OrderRequest,
    OrderResult,
    Refused,
    show,
)
from binance_wsapi.simulator.venue.rendering import Row, list_canceled, list_row, order_rates_row, order_row, placed

__all__ = ["COMPUTE", "METHODS", "WHICH", "need_one", "test_weight", "tested"]

PLACE = (
    symbol(),
    SIDE,
    TYPE,
    decimal("quantity"),
    decimal("quoteOrderQty"),
    RESPONSE_TYPE,
    STP,
    *order_params(),
)
WHICH = (integer("orderId"), client_id("origClientOrderId"))
RESTRICTIONS = one_of("cancelRestrictions", CancelRestrictions, error=(-1145, "Invalid cancelRestrictions"))
COMPUTE = Param("computeCommissionRates", Kind.BOOLEAN, default=False)


def need_one(call: Call, first: str, second: str) -> None:
    """Check that one of two parameters is there.

    Raises:
        Refusal: -1102.
    """
    if first not in call.params and second not in call.params:
        raise bad(-1102, f"Param '{first}' or '{second}' must be sent, but both were empty/null!")


def place(call: Call) -> Row:
    request = build(call.params)
    result = call.run(lambda now: call.engine.place(call.account, request, now))
    return placed(result, response_type(call.params), call.unit)


def test(call: Call) -> Row:
    request = build(call.params)
    call.run(lambda now: call.engine.test(call.account, request, now))
    return tested(call, request)


def tested(call: Call, request: OrderRequest) -> Row:
    """Return the answer to a test order that passed: nothing, or its commission rates if it asks for them."""
    if not call.get("computeCommissionRates"):
        return {}
    rates = call.engine.commission_rates(call.account, request.symbol)
    return order_rates_row(call.engine.spec(request.symbol), request.side, *rates)


def test_weight(params: Any) -> int:
    """Return the weight of a test order: 20 if it asks for its commission rates."""
    return 20 if str(params.get("computeCommissionRates", "")).lower() == "true" else 1


def cancel(call: Call) -> Row:
    need_one(call, "orderId", "origClientOrderId")
    restrictions = call.get("cancelRestrictions")
    result = call.run(
        lambda now: call.engine.cancel(
            call.account,
            call.params["symbol"],
            now,
            order_id=call.get("orderId"),
            orig_client_order_id=call.get("origClientOrderId"),
            new_client_order_id=call.get("newClientOrderId"),
            restrictions=None if restrictions is None else CancelRestrictions(restrictions),
        )
    )
    return list_canceled(result, call.unit)


def cancel_all(call: Call) -> list[Row]:
    results = call.run(lambda now: call.engine.cancel_all(call.account, call.params["symbol"], now))
    return [list_canceled(result, call.unit) for result in results]


def cancel_replace(call: Call) -> Row:
    params = call.params
    need_one(call, "cancelOrderId", "cancelOrigClientOrderId")
    request = build(params)
    restrictions = call.get("cancelRestrictions")
    outcome = call.run(
        lambda now: call.engine.cancel_replace(
            call.account,
            CancelReplaceMode(params["cancelReplaceMode"]),
            request,
            now,
            cancel_order_id=call.get("cancelOrderId"),
            cancel_orig_client_order_id=call.get("cancelOrigClientOrderId"),
            cancel_new_client_order_id=call.get("cancelNewClientOrderId"),
            restrictions=None if restrictions is None else CancelRestrictions(restrictions),
            placement_refused=call.placement_refused,
        )
    )
    row = {
        "cancelResult": outcome.cancel_result,
        "newOrderResult": outcome.new_order_result,
        "cancelResponse": _half(call, outcome.cancel),
        "newOrderResponse": _half(call, outcome.new),
    }
    refusal = outcome.refusal
    if refusal is None:
        return row
    status = 409 if refusal.code == -2021 else 400
    if call.placement_refused is not None and params["cancelReplaceMode"] == CancelReplaceMode.STOP_ON_FAILURE:
        status = call.venue.limits.rules.cancel_only_status if refusal.code == -2021 else 429
    raise Refusal(status, refusal.code, refusal.msg, row)


def _half(call: Call, half: CancelResult | OrderResult | Refused | None) -> Row | None:
    if half is None:
        return None
    if isinstance(half, Refused):
        return {"code": half.code, "msg": half.msg}
    if isinstance(half, CancelResult):
        return list_canceled(half, call.unit)
    return placed(half, response_type(call.params), call.unit)


def amend(call: Call) -> Row:
    need_one(call, "orderId", "origClientOrderId")
    result = call.run(
        lambda now: call.engine.amend_keep_priority(
            call.account,
            call.params["symbol"],
            call.params["newQty"],
            now,
            order_id=call.get("orderId"),
            orig_client_order_id=call.get("origClientOrderId"),
            new_client_order_id=call.get("newClientOrderId"),
        )
    )
    call.cost = 0 if result.expired else None
    order = result.order
    shown = order_row(order, call.unit)
    amended = {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "origClientOrderId": result.orig_client_order_id,
        "clientOrderId": order.client_order_id,
        "price": shown["price"],
        "qty": shown["origQty"],
        "executedQty": shown["executedQty"],
        "preventedQty": show(order.prevented_qty),
        "quoteOrderQty": show(order.quote_order_qty),
        "cumulativeQuoteQty": shown["cummulativeQuoteQty"],
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order.type,
        "side": order.side,
    }
    for name in _AMENDED_MORE:
        if name in shown and (name not in ("stopPrice", "icebergQty") or getattr(order, _FIELDS[name])):
            amended[name] = shown[name]
    amended["workingTime"] = shown["workingTime"]
    amended["selfTradePreventionMode"] = order.stp_mode
    row: Row = {
        "transactTime": result.transact_time // call.unit,
        "executionId": result.execution_id,
        "amendedOrder": amended,
    }
    if result.order_list is not None:
        status = list_row(result.order_list, result.transact_time, call.unit)
        row["listStatus"] = {name: status[name] for name in _LIST_STATUS}
    return row


_FIELDS = {"stopPrice": "stop_price", "icebergQty": "iceberg_qty"}
_AMENDED_MORE = (
    "stopPrice",
    "trailingDelta",
    "trailingTime",
    "icebergQty",
    "strategyId",
    "strategyType",
    "usedSor",
    "workingFloor",
    "pegPriceType",
    "pegOffsetType",
    "pegOffsetValue",
    "peggedPrice",
    "expiryReason",
)
_LIST_STATUS = (
    "orderListId",
    "contingencyType",
    "listOrderStatus",
    "listClientOrderId",
    "symbol",
    "orders",
)

METHODS = (
    Method("order.place", place, PLACE, Security.TRADE, weight=1, weight_on_success=0, orders=1, to_engine=True),
    Method("order.test", test, (*PLACE, COMPUTE), Security.TRADE, weight=test_weight),
    Method(
        "order.cancel",
        cancel,
        (symbol(), *WHICH, client_id("newClientOrderId"), RESTRICTIONS),
        Security.TRADE,
        weight=1,
        weight_on_success=0,
        to_engine=True,
    ),
    Method(
        "order.cancelReplace",
        cancel_replace,
        (
            *PLACE,
            one_of("cancelReplaceMode", CancelReplaceMode, required=True),
            integer("cancelOrderId"),
            client_id("cancelOrigClientOrderId"),
            client_id("cancelNewClientOrderId"),
            RESTRICTIONS,
            one_of("orderRateLimitExceededMode", ("DO_NOTHING", "CANCEL_ONLY"), default="DO_NOTHING"),
        ),
        Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=1,
        to_engine=True,
    ),
    Method(
        "order.amend.keepPriority",
        amend,
        (symbol(), *WHICH, client_id("newClientOrderId"), decimal("newQty", required=True)),
        Security.TRADE,
        weight=4,
        to_engine=True,
    ),
    Method(
        "openOrders.cancelAll",
        cancel_all,
        (symbol(),),
        Security.TRADE,
        weight=1,
        weight_on_success=0,
        to_engine=True,
    ),
)
