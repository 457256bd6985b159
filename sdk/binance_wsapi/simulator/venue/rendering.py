"""Orders, lists, fills and accounts as the venue's answers show them.

`unit` divides microseconds to what the connection asked for: 1000 for milliseconds, 1 with `timeUnit=MICROSECOND`.
Which fields appear when: "Conditional fields in Order Responses" in web-socket-api.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from binance_wsapi.simulator.engine import (
    CancelResult,
    CommissionRates,
    Discount,
    Fill,
    ListResult,
    Order,
    OrderList,
    OrderResult,
    PreventedMatch,
    Rates,
    Side,
    SymbolSpec,
    show,
)

__all__ = [
    "Row",
    "account_row",
    "ack",
    "canceled",
    "fill_row",
    "list_canceled",
    "list_placed",
    "list_row",
    "order_rates_row",
    "order_row",
    "placed",
    "rates_row",
    "stamp",
]

Row = dict[str, Any]


def stamp(microseconds: int, unit: int) -> int:
    """Return a time in the connection's unit; -1 stays -1."""
    return microseconds if microseconds < 0 else microseconds // unit


def ack(result: OrderResult, unit: int) -> Row:
    """Render newOrderRespType ACK."""
    order = result.order
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "clientOrderId": order.client_order_id,
        "transactTime": stamp(result.transact_time, unit),
    }


def _state(order: Order) -> Row:
    row = {
        "price": show(order.price),
        "origQty": show(order.quantity),
        "executedQty": show(order.executed_qty),
        "origQuoteOrderQty": show(order.quote_order_qty),
        "cummulativeQuoteQty": show(order.cumulative_quote_qty),
        "status": order.status,
        "timeInForce": order.time_in_force,
        "type": order.type,
        "side": order.side,
    }
    if not order.quantity and order.order_list is not None and order.order_list.is_opo:
        del row["origQty"]  # the pending orders of an OPO list have none yet (orderList.place.opo, Response)
    return row


def _conditional(order: Order, unit: int) -> Row:
    row: Row = {}
    if order.stop_price or order.is_algo:
        row["stopPrice"] = show(order.stop_price)
    if order.trailing_delta:
        row["trailingDelta"] = order.trailing_delta
        row["trailingTime"] = stamp(order.trailing_time, unit)
    if order.iceberg_qty:
        row["icebergQty"] = show(order.iceberg_qty)
    return row | _labels(order)


def _labels(order: Order) -> Row:
    row: Row = {}
    if order.strategy_id is not None:
        row["strategyId"] = order.strategy_id
    if order.strategy_type is not None:
        row["strategyType"] = order.strategy_type
    if order.prevented_match_id is not None:
        row["preventedQuantity"] = show(order.prevented_qty)
    if order.used_sor:
        row["usedSor"] = True
    if order.working_floor is not None:
        row["workingFloor"] = order.working_floor
    if order.peg_price_type is not None:
        row["pegPriceType"] = order.peg_price_type
        if order.peg_offset_type is not None:
            row["pegOffsetType"] = order.peg_offset_type
        if order.peg_offset_value is not None:
            row["pegOffsetValue"] = order.peg_offset_value
        if order.pegged_price:
            row["peggedPrice"] = show(order.pegged_price)
    if order.expiry_reason is not None:
        row["expiryReason"] = order.expiry_reason
    return row


def placed(result: OrderResult, response_type: str, unit: int) -> Row:
    """Render the answer to a placed order as ACK, RESULT or FULL."""
    row = ack(result, unit)
    if response_type == "ACK":
        return row
    order = result.order
    row |= _state(order)
    row |= _conditional(order, unit)
    row["workingTime"] = stamp(order.working_time, unit)
    if response_type == "FULL":
        row["fills"] = [_fill(fill) for fill in result.fills]
        row |= _prevented(result)
    row["selfTradePreventionMode"] = order.stp_mode
    if result.prevented and result.prevented[0].trade_group_id >= 0:
        row["tradeGroupId"] = result.prevented[0].trade_group_id
    return row


def _prevented(result: OrderResult) -> Row:
    """Return what FULL tells of the matches this order was stopped from as the taker (stp_faq, "STP Examples")."""
    if not result.prevented:
        return {}
    return {"preventedMatches": [_prevented_match(match) for match in result.prevented]}


def _prevented_match(match: PreventedMatch) -> Row:
    row: Row = {
        "preventedMatchId": match.prevented_match_id,
        "makerSymbol": match.maker_symbol,
        "makerOrderId": match.maker_order_id,
        "price": show(match.price),
    }
    if match.taker_prevented_quantity is not None:
        row["takerPreventedQuantity"] = show(match.taker_prevented_quantity)
    if match.maker_prevented_quantity is not None:
        row["makerPreventedQuantity"] = show(match.maker_prevented_quantity)
    return row


def _fill(fill: Fill) -> Row:
    row: Row = {}
    if fill.allocation_id is not None:
        row["matchType"] = "ONE_PARTY_TRADE_REPORT"
    row |= {
        "price": show(fill.price),
        "qty": show(fill.quantity),
        "commission": show(fill.commission),
        "commissionAsset": fill.commission_asset,
        "tradeId": fill.trade_id,
    }
    if fill.allocation_id is not None:
        row["allocId"] = fill.allocation_id
    return row


def canceled(order: Order, transact_time: int, unit: int) -> Row:
    """Render one cancelled order."""
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.orig_client_order_id,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "clientOrderId": order.client_order_id,
        "transactTime": stamp(transact_time, unit),
        **_state(order),
        **_conditional(order, unit),
        "selfTradePreventionMode": order.stp_mode,
    }


def order_row(order: Order, unit: int) -> Row:
    """Render an order as the queries show it (order.status)."""
    row: Row = {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "clientOrderId": order.client_order_id,
        **_state(order),
        "stopPrice": show(order.stop_price),
    }
    row.setdefault("origQty", show(0))
    if order.trailing_delta:
        row["trailingDelta"] = order.trailing_delta
        row["trailingTime"] = stamp(order.trailing_time, unit)
    row |= {
        "icebergQty": show(order.iceberg_qty),
        "time": stamp(order.time, unit),
        "updateTime": stamp(order.update_time, unit),
        "isWorking": order.is_working,
        "workingTime": stamp(order.working_time, unit),
        "origQuoteOrderQty": show(order.quote_order_qty),
        "selfTradePreventionMode": order.stp_mode,
        **_labels(order),
    }
    if order.prevented_match_id is not None:
        row["preventedMatchId"] = order.prevented_match_id  # in queries alone (CHANGELOG, 2023-01-19)
    return row


def list_row(order_list: OrderList, time: int, unit: int) -> Row:
    """Render an order list without reports (orderList.status)."""
    return {
        "orderListId": order_list.order_list_id,
        "contingencyType": order_list.contingency_type,
        "listStatusType": order_list.status_type,
        "listOrderStatus": order_list.order_status,
        "listClientOrderId": order_list.list_client_order_id,
        "transactionTime": stamp(time, unit),
        "symbol": order_list.symbol,
        "orders": [
            {"symbol": leg.symbol, "orderId": leg.order_id, "clientOrderId": leg.listed_client_order_id}
            for leg in order_list.orders
        ],
    }


def list_placed(result: ListResult, response_type: str, unit: int) -> Row:
    """Render the answer to a placed list."""
    row = list_row(result.order_list, result.transact_time, unit)
    reports = [placed(each, "RESULT" if response_type == "FULL" else response_type, unit) for each in result.results]
    if response_type == "FULL":
        for report, each in zip(reports, result.results, strict=True):
            if each.fills:
                report["fills"] = [_fill(fill) for fill in each.fills]
            report |= _prevented(each)
    row["orderReports"] = reports
    return row


def list_canceled(result: CancelResult, unit: int) -> Row:
    """Render a cancelled order, or the list it took along."""
    if result.order_list is None:
        return canceled(result.orders[0], result.transact_time, unit)
    row = list_row(result.order_list, result.transact_time, unit)
    row["orderReports"] = [_canceled_leg(order, result.transact_time, unit) for order in result.orders]
    return row


def _canceled_leg(order: Order, transact_time: int, unit: int) -> Row:
    """Render a cancelled order of a list; an order that keeps its id shows no former one (orderList.cancel, Response)."""
    row = canceled(order, transact_time, unit)
    if not order.orig_client_order_id:
        del row["origClientOrderId"]
    return row


def fill_row(fill: Fill, unit: int) -> Row:
    """Render an entry of myTrades."""
    order = fill.order
    return {
        "symbol": order.symbol,
        "id": fill.trade_id,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "price": show(fill.price),
        "qty": show(fill.quantity),
        "quoteQty": show(fill.quote_quantity),
        "commission": show(fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": stamp(fill.time, unit),
        "isBuyer": order.is_buy,
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def _rates(rates: Rates) -> Row:
    return {name: show(getattr(rates, name)) for name in ("maker", "taker", "buyer", "seller")}


def _kinds(rates: CommissionRates) -> tuple[tuple[str, Rates], ...]:
    return ("standard", rates.standard), ("special", rates.special), ("tax", rates.tax)


def _discount(discount: Discount, spec: SymbolSpec) -> Row:
    return {
        "enabledForAccount": discount.enabled,
        "enabledForSymbol": spec.discount_enabled,
        "discountAsset": discount.asset,
        "discount": show(discount.discount),
    }


def rates_row(spec: SymbolSpec, rates: CommissionRates, discount: Discount) -> Row:
    """Render account.commission."""
    row: Row = {"symbol": spec.symbol}
    for kind, each in _kinds(rates):
        row[f"{kind}Commission"] = _rates(each)
    row["discount"] = _discount(discount, spec)
    return row


def order_rates_row(spec: SymbolSpec, side: Side, rates: CommissionRates, discount: Discount) -> Row:
    """Render the answer of a test order that asks for its rates.

    What the buyer or the seller pays is in both figures (commission_faq, "What is the difference between the response
    sending a test order").
    """
    row: Row = {}
    for kind, each in _kinds(rates):
        by_side = each.buyer if side is Side.BUY else each.seller
        row[f"{kind}CommissionForOrder"] = {"maker": show(each.maker + by_side), "taker": show(each.taker + by_side)}
    row["discount"] = _discount(discount, spec)
    return row


def account_row(
    balances: Iterable[tuple[str, int, int]],
    rates: Rates,
    *,
    can_trade: bool,
    permissions: Iterable[str],
    update_time: int,
    uid: int,
    unit: int,
    trade_group_id: int,
) -> Row:
    """Render account.status; the trade group is -1 for an account that is in none (stp_faq, "What is a Trade Group Id?")."""
    return {
        "makerCommission": rates.maker // 10_000,
        "takerCommission": rates.taker // 10_000,
        "buyerCommission": rates.buyer // 10_000,
        "sellerCommission": rates.seller // 10_000,
        "canTrade": can_trade,
        "canWithdraw": True,
        "canDeposit": True,
        "commissionRates": _rates(rates),
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": stamp(update_time, unit),
        "accountType": "SPOT",
        "balances": [{"asset": asset, "free": show(free), "locked": show(locked)} for asset, free, locked in balances],
        "permissions": sorted(permissions),
        "uid": uid,
        "tradeGroupId": trade_group_id,
    }
