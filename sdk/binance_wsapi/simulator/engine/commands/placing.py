"""Placing: single orders, routed orders and order lists. Checks first, then everything at once."""

from __future__ import annotations

from msgspec.structs import replace

from binance_wsapi.simulator.engine.commands import cascade, lists
from binance_wsapi.simulator.engine.commands.admission import (
    accept,
    check_duplicate,
    check_funds,
    draft,
    prepare,
    start,
)
from binance_wsapi.simulator.engine.commands.checks import check_access, check_filters, check_request
from binance_wsapi.simulator.engine.commands.counts import check_counts
from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import ContingencyType, ListKind, OrderType
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.order import Order, OrderList
from binance_wsapi.simulator.engine.model.pairs import check_pair_prices, check_pair_types
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.types import Fill, ListRequest, ListResult, OrderRequest, OrderResult, Refused

__all__ = ["place_list", "place_order", "precheck"]


def precheck(state: State, account: Account, market: Market, request: OrderRequest, *, sor: bool = False) -> None:
    """Run the checks of the API on a single order: everything before the matching engine."""
    check_access(account, market)
    check_request(market, request)
    if sor:
        _check_sor(market, request)
    check_filters(state, account, market, request, request.price)
    check_counts(state, account, market, [request])


def _check_sor(market: Market, request: OrderRequest) -> None:
    if not market.peers:
        raise Refused(-1013, "This symbol does not support SOR.")
    if request.type not in (OrderType.LIMIT, OrderType.MARKET) or request.quote_order_qty:
        raise Refused(-1014, "Unsupported order combination.")
    if request.peg_price_type is not None:
        raise Refused(-2010, "This order type may not use pegged price.")


def place_order(
    state: State, account: Account, market: Market, request: OrderRequest, *, sor: bool = False
) -> OrderResult:
    """Check, accept and start a single order. The caller runs the cascade."""
    precheck(state, account, market, request, sor=sor)
    check_duplicate(account, market, request.new_client_order_id)
    order = draft(state, account, market, request, sor=sor)
    need = prepare(state, order)
    check_funds(order, need)
    accept(state, order, need)
    return start_with_result(state, order)


def start_with_result(state: State, order: Order) -> OrderResult:
    """Start an accepted order and fix its result before anything it set off happens."""
    result = OrderResult(order, [], [], state.now)
    state.fill_sinks[order] = result.fills
    state.prevented_sinks[order] = result.prevented
    start(state, order)
    del state.fill_sinks[order], state.prevented_sinks[order]
    if cascade.is_due(state):
        result.order = order.snapshot()
    return result


def place_list(state: State, account: Account, market: Market, request: ListRequest) -> ListResult:
    """Check, accept and start an order list. The caller runs the cascade."""
    kind = request.kind
    check_access(account, market)
    _check_allowed(market, kind)
    legs = [leg if leg.stp_mode is not None else replace(leg, stp_mode=request.stp_mode) for leg in request.orders]
    has_pair = kind in (ListKind.OCO, ListKind.OTOCO, ListKind.OPOCO)
    working = None if kind is ListKind.OCO else legs[0]
    pending = legs if working is None else legs[1:]
    if len(pending) != 1 + has_pair:
        raise ValueError(f"{kind} with {len(legs)} orders")
    _check_legs(state, account, market, kind, working, pending)
    if has_pair:
        check_pair_types(*pending)
        if pending[1].type is not OrderType.LIMIT_MAKER and pending[0].type is OrderType.LIMIT_MAKER:
            pending.reverse()  # replies and ids have the contingent leg first
    check_counts(state, account, market, legs, is_list=True, adds=request.adds)
    _check_list_duplicates(account, market, request, legs)

    drafts = [draft(state, account, market, leg) for leg in ([] if working is None else [working]) + pending]
    starting = drafts if working is None else drafts[:1]
    if working is None:
        check_pair_prices(market, starting)
    needs = [prepare(state, order) for order in starting]
    check_funds(starting[0], max(needs))

    order_list = OrderList(
        state.next_list_id,
        request.list_client_order_id or state.new_id(),
        kind,
        ContingencyType.OCO if kind is ListKind.OCO else ContingencyType.OTO,
        account,
        market,
        state.now,
        orders=drafts,
        working=None if working is None else drafts[0],
        pending=[] if working is None else drafts[1:],
        pair=drafts[-2:] if has_pair else [],
    )
    state.next_list_id += 1
    for order in drafts:
        order.order_list = order_list
    account.open_list(order_list)
    for index, order in enumerate(drafts):
        accept(state, order, needs[index] if working is not None and index == 0 else 0, pending=order not in starting)
    if working is None:
        lists.lock_pair(state, order_list)
    lists.report_list(state, order_list)
    return _start_list(state, order_list, starting)


def _start_list(state: State, order_list: OrderList, starting: list[Order]) -> ListResult:
    fills: dict[Order, list[Fill]] = {order: [] for order in order_list.orders}
    results = [OrderResult(order, fills[order], [], state.now) for order in order_list.orders]
    for order, result in zip(order_list.orders, results, strict=True):
        state.fill_sinks[order] = result.fills
        state.prevented_sinks[order] = result.prevented
    for order in starting:
        if order.is_open:
            start(state, order)
    for result in results:
        del state.fill_sinks[result.order], state.prevented_sinks[result.order]
    if cascade.is_due(state):
        for result in results:
            result.order = result.order.snapshot()
    return ListResult(order_list, results, state.now)


def _check_allowed(market: Market, kind: ListKind) -> None:
    spec = market.spec
    if kind in (ListKind.OPO, ListKind.OPOCO) and not spec.opo_allowed:
        raise Refused(-2010, "OPO orders are not supported for this symbol.")
    if kind is not ListKind.OCO and not spec.oto_allowed:
        raise Refused(-2010, "OTO orders are not supported for this symbol.")
    if kind in (ListKind.OCO, ListKind.OTOCO, ListKind.OPOCO) and not spec.oco_allowed:
        raise Refused(-2010, "OCO orders are not supported for this symbol")


def _check_legs(
    state: State,
    account: Account,
    market: Market,
    kind: ListKind,
    working: OrderRequest | None,
    pending: list[OrderRequest],
) -> None:
    is_opo = kind in (ListKind.OPO, ListKind.OPOCO)
    if working is not None:
        if working.type not in (OrderType.LIMIT, OrderType.LIMIT_MAKER):
            raise Refused(-1014, "Unsupported order combination.")
        if is_opo and working.side != "BUY":
            raise Refused(-1222, "Working order in an OPO list must be a bid.")
        check_request(market, working)
        check_filters(state, account, market, working, working.price)
    for leg in pending:
        if leg.quote_order_qty:
            raise Refused(-1014, "Unsupported order combination.")
        if is_opo and leg.side != "SELL":
            raise Refused(-1223, "Pending orders in an OPO list must be asks.")
        if is_opo and leg.quantity:
            raise Refused(-1225, "Pending orders should not include the 'quantity' tag.")
        check_request(market, leg, quantity_later=is_opo)
        check_filters(state, account, market, leg, leg.price)


def _check_list_duplicates(account: Account, market: Market, request: ListRequest, legs: list[OrderRequest]) -> None:
    if request.list_client_order_id and request.list_client_order_id in account.open_list_ids:
        raise Refused(-2010, "Duplicate order sent.")
    seen: set[str] = set()
    for leg in legs:
        check_duplicate(account, market, leg.new_client_order_id)
        if leg.new_client_order_id:
            if leg.new_client_order_id in seen:
                raise Refused(-2010, "Duplicate order sent.")
            seen.add(leg.new_client_order_id)
