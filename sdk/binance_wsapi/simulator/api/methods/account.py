"""Account requests: balances, orders, trades and what else an account can ask about itself."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.access.params import Kind, Param, end_us, integer, symbol, time_us
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.api.calls import Call, Method, Security
from binance_wsapi.simulator.api.methods.market import DAY_US, limit
from binance_wsapi.simulator.api.methods.trading import WHICH, need_one
from binance_wsapi.simulator.engine import PreventedMatch, show
from binance_wsapi.simulator.engine.queries.reads import amendments as amendments_of
from binance_wsapi.simulator.venue.rendering import Row, account_row, fill_row, order_row, rates_row

__all__ = ["METHODS", "span"]


MILLISECOND_US = 1_000


def account_status(call: Call) -> Row:
    engine = call.engine
    account = engine.account(call.account)
    omit = call.get("omitZeroBalances", False)
    balances = [
        (asset, free, locked)
        for asset, (free, locked) in sorted(engine.balances(call.account).items())
        if not omit or free or locked
    ]
    return account_row(
        balances,
        account.rates.standard,
        can_trade=account.can_trade,
        permissions=account.permissions,
        update_time=account.update_time,
        uid=call.account,
        unit=call.unit,
        trade_group_id=account.trade_group_id,
    )


def order_status(call: Call) -> Row:
    need_one(call, "origClientOrderId", "orderId")
    order = call.venue.views.order(
        call.account,
        call.params["symbol"],
        order_id=call.get("orderId"),
        orig_client_order_id=call.get("origClientOrderId"),
    )
    return order_row(order, call.unit)


def open_orders(call: Call) -> list[Row]:
    return [order_row(order, call.unit) for order in call.venue.views.open_orders(call.account, call.get("symbol"))]


def all_orders(call: Call) -> list[Row]:
    start, end = span(call)
    orders = call.venue.views.all_orders(
        call.account,
        call.params["symbol"],
        order_id=call.get("orderId"),
        start_time=start,
        end_time=end,
        limit=call.params["limit"],
    )
    return [order_row(order, call.unit) for order in orders]


def my_trades(call: Call) -> list[Row]:
    start, end = span(call)
    timed = start is not None or end is not None
    if timed and ("fromId" in call.params or "orderId" in call.params):
        raise bad(-1128, "Combination of optional parameters invalid.")
    fills = call.venue.views.my_trades(
        call.account,
        call.params["symbol"],
        order_id=call.get("orderId"),
        from_id=call.get("fromId"),
        start_time=start,
        end_time=end,
        limit=call.params["limit"],
    )
    return [fill_row(fill, call.unit) for fill in fills]


_PREVENTED = frozenset(
    map(
        frozenset[str],
        (
            ("preventedMatchId",),
            ("orderId",),
            ("orderId", "fromPreventedMatchId"),
            ("orderId", "fromPreventedMatchId", "limit"),
        ),
    )
)
"""Conditions that may stand together ("These are the combinations supported", myPreventedMatches)."""


def prevented_matches(call: Call) -> list[Row]:
    params = call.params
    named = frozenset(("preventedMatchId", "orderId", "fromPreventedMatchId", "limit")) & call.sent.keys()
    if named not in _PREVENTED:
        raise bad(-1128, "Combination of optional parameters invalid.")
    rows = call.venue.prevented.page(
        call.account,
        call.engine.spec(params["symbol"]).symbol,
        number=call.get("preventedMatchId"),
        order_id=call.get("orderId"),
        from_id=call.get("fromPreventedMatchId"),
        limit=params["limit"],
    )
    return [_prevented_row(match, call.unit) for match in rows]


def _prevented_row(match: PreventedMatch, unit: int) -> Row:
    row: Row = {
        "symbol": match.symbol,
        "preventedMatchId": match.prevented_match_id,
        "takerOrderId": match.taker_order_id,
        "makerSymbol": match.maker_symbol,
        "makerOrderId": match.maker_order_id,
        "tradeGroupId": match.trade_group_id,
        "selfTradePreventionMode": match.stp_mode,
        "price": show(match.price),
    }
    if match.taker_prevented_quantity is not None:
        row["takerPreventedQuantity"] = show(match.taker_prevented_quantity)
    if match.maker_prevented_quantity is not None:
        row["makerPreventedQuantity"] = show(match.maker_prevented_quantity)
    row["transactTime"] = match.time // unit
    return row


_ALLOCATIONS = frozenset(
    map(
        frozenset[str],
        (
            (),
            ("startTime",),
            ("endTime",),
            ("startTime", "endTime"),
            ("fromAllocationId",),
            ("orderId",),
            ("orderId", "fromAllocationId"),
        ),
    )
)
"""Conditions that may stand together ("Supported parameter combinations", myAllocations)."""


def _named(call: Call) -> frozenset[str]:
    return frozenset(("startTime", "endTime", "fromAllocationId", "orderId")) & call.params.keys()


def allocations(call: Call) -> list[Row]:
    start, end = span(call)
    if _named(call) not in _ALLOCATIONS:
        raise bad(-1128, "Combination of optional parameters invalid.")
    fills = call.venue.views.allocations(
        call.account,
        call.params["symbol"],
        order_id=call.get("orderId"),
        from_id=call.get("fromAllocationId"),
        start_time=start,
        end_time=end,
        limit=call.params["limit"],
    )
    return [
        {
            "symbol": fill.order.symbol,
            "allocationId": fill.allocation_id,
            "allocationType": "SOR",
            "orderId": fill.order.order_id,
            "orderListId": fill.order.order_list_id,
            "price": show(fill.price),
            "qty": show(fill.quantity),
            "quoteQty": show(fill.quote_quantity),
            "commission": show(fill.commission),
            "commissionAsset": fill.commission_asset,
            "time": fill.time // call.unit,
            "isBuyer": fill.order.is_buy,
            "isMaker": fill.is_maker,
            "isAllocator": False,
        }
        for fill in fills
    ]


def commission(call: Call) -> Row:
    spec = call.engine.spec(call.params["symbol"])
    return rates_row(spec, *call.engine.commission_rates(call.account, spec.symbol))


def amendments(call: Call) -> list[Row]:
    order = call.venue.views.order(call.account, call.params["symbol"], order_id=call.params["orderId"])
    rows = amendments_of(order, call.get("fromExecutionId"), call.params["limit"])
    return [
        {
            "symbol": each.symbol,
            "orderId": each.order_id,
            "executionId": each.execution_id,
            "origClientOrderId": each.orig_client_order_id,
            "newClientOrderId": each.new_client_order_id,
            "origQty": show(each.orig_qty),
            "newQty": show(each.new_qty),
            "time": each.time // call.unit,
        }
        for each in rows
    ]


def my_filters(call: Call) -> Row:
    spec = call.engine.spec(call.params["symbol"])
    assets = {spec.base_asset, spec.quote_asset}
    return {
        "exchangeFilters": [each.as_json() for each in call.engine.exchange_filters],
        "symbolFilters": [each.as_json() for each in spec.filters],
        "assetFilters": [each.as_json() for each in call.engine.account(call.account).filters if each.asset in assets],
    }


def order_counts(call: Call) -> list[Row]:
    return call.venue.limits.order_rows(call.account)


def span(call: Call) -> tuple[int | None, int | None]:
    """Return startTime and endTime after checking that they are no more than a day apart (-1127)."""
    start, end = call.get("startTime"), call.get("endTime")
    if start is not None and end is not None:
        if start > end:
            raise bad(-1128, "Combination of optional parameters invalid.")
        if end - start >= DAY_US + MILLISECOND_US:  # the whole of an end in milliseconds counts
            raise bad(-1127, "More than 24 hours between startTime and endTime.")
    return start, end


def _open_orders_weight(params: Any) -> int:
    return 6 if "symbol" in params else 80


def _trades_weight(params: Any) -> int:
    return 5 if "orderId" in params else 20


def _prevented_weight(params: Any) -> int:
    return 2 if "preventedMatchId" in params else 20


_SPAN = (time_us("startTime"), end_us("endTime"))


METHODS = (
    Method(
        "account.status",
        account_status,
        (Param("omitZeroBalances", Kind.BOOLEAN, default=False),),
        Security.USER_DATA,
        weight=20,
    ),
    Method("order.status", order_status, (symbol(), *WHICH), Security.USER_DATA, weight=4),
    Method(
        "openOrders.status",
        open_orders,
        (symbol(required=False),),
        Security.USER_DATA,
        weight=_open_orders_weight,
    ),
    Method("allOrders", all_orders, (symbol(), integer("orderId"), *_SPAN, limit()), Security.USER_DATA, weight=20),
    Method(
        "myTrades",
        my_trades,
        (symbol(), integer("orderId"), *_SPAN, integer("fromId"), limit()),
        Security.USER_DATA,
        weight=_trades_weight,
    ),
    Method("account.rateLimits.orders", order_counts, (), Security.USER_DATA, weight=40),
    Method(
        "myPreventedMatches",
        prevented_matches,
        (
            symbol(),
            integer("preventedMatchId"),
            integer("orderId"),
            integer("fromPreventedMatchId"),
            limit(),
        ),
        Security.USER_DATA,
        weight=_prevented_weight,
        weight_of_unknown_symbol=2,
    ),
    Method(
        "myAllocations",
        allocations,
        (symbol(), *_SPAN, integer("fromAllocationId"), limit(), integer("orderId")),
        Security.USER_DATA,
        weight=20,
    ),
    Method("account.commission", commission, (symbol(),), Security.USER_DATA, weight=20),
    Method(
        "order.amendments",
        amendments,
        (symbol(), integer("orderId", required=True), integer("fromExecutionId"), limit()),
        Security.USER_DATA,
        weight=4,
    ),
    Method("myFilters", my_filters, (symbol(),), Security.USER_DATA, weight=40),
)
