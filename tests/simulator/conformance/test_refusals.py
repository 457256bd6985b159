"""Every filter, every message of the matching engine and the other error codes are met on purpose, word for word.

Each case sends a request the venue would refuse, over a socket, to an exchange with one symbol that is as the case needs
it. A filter's case also sends what is just allowed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.engine import (
    ExchangeMaxNumAlgoOrders,
    ExchangeMaxNumIcebergOrders,
    ExchangeMaxNumOrderLists,
    ExchangeMaxNumOrders,
    IcebergParts,
    LotSize,
    MarketLotSize,
    MaxAsset,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxNumOrderAmends,
    MaxNumOrderLists,
    MaxNumOrders,
    MaxPosition,
    MinNotional,
    Notional,
    OrderType,
    PercentPrice,
    PercentPriceBySide,
    PriceFilter,
    SymbolSpec,
    TrailingDelta,
    parse,
)
from binance_wsapi.simulator.faults.faults import Refuse
from binance_wsapi.simulator.venue.listing import LISTINGS, Listing
from tests.simulator.conformance.facts import ENGINE_MESSAGES, ERRORS, FILTERS
from tests.simulator.conformance.stage import Stage, stage

Act = Callable[[Stage], Awaitable[dict[str, Any]]]
XYZ = SymbolSpec("XYZUSDT", "XYZ", "USDT")
SELL = {"symbol": "XYZUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "110"}
BUY = {**SELL, "side": "BUY", "price": "90"}
MARKET = {"symbol": "XYZUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
STOP = {"symbol": "XYZUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "1", "stopPrice": "50"}
STOP_LIMIT = {**STOP, "type": "STOP_LOSS_LIMIT", "price": "49", "timeInForce": "GTC"}
OCO = {
    "symbol": "XYZUSDT",
    "side": "SELL",
    "quantity": "1",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "150",
    "belowType": "STOP_LOSS",
    "belowStopPrice": "50",
}
OPO = {
    "symbol": "XYZUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "90",
    "workingQuantity": "1",
    "workingTimeInForce": "GTC",
    "pendingType": "MARKET",
    "pendingSide": "SELL",
}
TYPES = frozenset(OrderType)


def listing(*filters: Any, **changes: Any) -> tuple[Listing, ...]:
    """List one symbol as a case needs it."""
    return (*LISTINGS, Listing(replace(XYZ, filters=filters, **changes), parse("100")))


async def fund(raw: Stage, *, quoted: bool = True) -> None:
    """Give `alice` 1000 XYZ; have the symbol trade at 100, between 99 and 101."""
    raw.exchange.deposit("alice", "XYZ", "1000")
    if quoted:
        raw.exchange.quote("XYZUSDT", bids=[("100", "1")])
        await raw.must("order.place", symbol="XYZUSDT", side="SELL", type="MARKET", quantity="1")
        raw.exchange.quote("XYZUSDT", bids=[("99", "5")], asks=[("101", "5")])


async def fund_beside_a_filter(raw: Stage, case: FilterCase) -> None:
    """The same, with quotes small or large enough for the filter; an account's own limit does not stop the maker."""
    name = case.rule.filter_type
    if name in ("MIN_NOTIONAL", "NOTIONAL", "MAX_POSITION"):
        await fund(raw, quoted=False)
    else:
        await fund(raw)


def placing(**params: Any) -> Act:
    async def act(raw: Stage) -> dict[str, Any]:
        return await raw.signed("order.place", **params)

    return act


def asking(method: str, **params: Any) -> Act:
    async def act(raw: Stage) -> dict[str, Any]:
        return await raw.signed(method, **params)

    return act


# --- filters -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FilterCase:
    """One filter, what it lets pass, and what not; `before` are orders that fill a count."""

    rule: Any
    good: dict[str, Any]
    bad: dict[str, Any]
    before: tuple[tuple[str, dict[str, Any]], ...] = ()
    method: str = "order.place"
    code: int = -1013


def _one(order: dict[str, Any], method: str = "order.place") -> tuple[tuple[str, dict[str, Any]], ...]:
    return ((method, order),)


ICEBERG = {**SELL, "quantity": "10", "icebergQty": "1"}
HUNDRED = parse("1.2"), parse("0.8")
FILTER_CASES = [
    FilterCase(
        PriceFilter(parse("80"), parse("120"), parse("0.5")), {**SELL, "price": "120"}, {**SELL, "price": "120.5"}
    ),
    FilterCase(PercentPrice(*HUNDRED, 0), {**SELL, "price": "120"}, {**SELL, "price": "120.01"}),
    FilterCase(PercentPriceBySide(*HUNDRED, *HUNDRED, 0), {**BUY, "price": "80"}, {**BUY, "price": "79.99"}),
    FilterCase(LotSize(parse("1"), parse("5"), parse("1")), {**SELL, "quantity": "5"}, {**SELL, "quantity": "6"}),
    FilterCase(MinNotional(parse("110")), SELL, {**SELL, "quantity": "0.99"}),
    FilterCase(Notional(parse("1"), True, parse("220"), True), {**SELL, "quantity": "2"}, {**SELL, "quantity": "2.01"}),
    FilterCase(IcebergParts(10), ICEBERG, {**ICEBERG, "quantity": "10.1"}),
    FilterCase(MarketLotSize(parse("1"), parse("2"), 0), {**MARKET, "quantity": "2"}, {**MARKET, "quantity": "2.1"}),
    FilterCase(MaxNumOrders(2), SELL, SELL, _one(SELL)),
    FilterCase(MaxNumAlgoOrders(2), STOP, STOP, _one(STOP)),
    FilterCase(MaxNumIcebergOrders(2), ICEBERG, ICEBERG, _one(ICEBERG)),
    FilterCase(MaxPosition(parse("1001")), {**BUY, "quantity": "1"}, {**BUY, "quantity": "0.1"}),
    FilterCase(TrailingDelta(10, 20, 10, 20), {**STOP, "trailingDelta": 20}, {**STOP, "trailingDelta": 21}),
    FilterCase(MaxNumOrderLists(2), OCO, OCO, _one(OCO, "orderList.place.oco"), "orderList.place.oco"),
    FilterCase(ExchangeMaxNumOrders(2), SELL, SELL, _one(SELL)),
    FilterCase(ExchangeMaxNumAlgoOrders(2), STOP, STOP, _one(STOP)),
    FilterCase(ExchangeMaxNumIcebergOrders(2), ICEBERG, ICEBERG, _one(ICEBERG)),
    FilterCase(ExchangeMaxNumOrderLists(2), OCO, OCO, _one(OCO, "orderList.place.oco"), "orderList.place.oco"),
    FilterCase(MaxAsset("XYZ", parse("5")), {**SELL, "quantity": "5"}, {**SELL, "quantity": "5.1"}),
]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(each, id=each.rule.filter_type, marks=pytest.mark.parity("filter", each.rule.filter_type))
        for each in FILTER_CASES
    ],
)
@pytest.mark.parity("method", "myFilters")
@pytest.mark.parity("error code", "-1013")
async def test_a_filter_lets_its_limit_pass_and_nothing_beyond(case: FilterCase) -> None:
    name = case.rule.filter_type
    scope = FILTERS[name]["scope"]
    over_all: dict[str, Any] = {"exchange_filters": [case.rule]} if scope == "exchange" else {}
    async with stage(quoted=False, listings=listing(*([case.rule] if scope == "symbol" else [])), **over_all) as raw:
        await fund_beside_a_filter(raw, case)
        if isinstance(case.rule, MaxAsset):
            raw.exchange.set_account(max_assets={case.rule.asset: Decimal(case.rule.limit).scaleb(-8)})
        for method, order in case.before:
            await raw.must(method, **order)
        await raw.must(case.method, **case.good)
        refused = await raw.signed(case.method, **case.bad)
        assert refused["status"] == 400
        assert refused["error"] == {"code": case.code, "msg": f"Filter failure: {name}"}
        shown = await raw.must("myFilters", symbol="XYZUSDT")
        assert case.rule.as_json() in shown[f"{scope}Filters"]


@pytest.mark.parity("filter", "MAX_NUM_ORDER_AMENDS")
@pytest.mark.parity("error code", "-2038")
async def test_an_order_is_only_amended_so_often() -> None:
    async with stage(quoted=False, listings=listing(MaxNumOrderAmends(1))) as raw:
        await fund(raw)
        placed = await raw.must("order.place", **{**SELL, "quantity": "10"})
        which = {"symbol": "XYZUSDT", "orderId": placed["orderId"]}
        await raw.must("order.amend.keepPriority", **which, newQty="9")
        refused = await raw.signed("order.amend.keepPriority", **which, newQty="8")
        assert refused["error"] == {"code": -2038, "msg": "Filter failure: MAX_NUM_ORDER_AMENDS"}


# --- messages of the matching engine -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class MessageCase:
    """A message, the request that meets it, and how the symbol must be."""

    msg: str
    act: Act
    code: int = -2010
    filters: tuple[Any, ...] = ()
    quoted: bool = True
    spec: dict[str, Any] | None = None


def message(
    msg: str, act: Act, code: int = -2010, *, filters: tuple[Any, ...] = (), quoted: bool = True, **spec: Any
) -> MessageCase:
    return MessageCase(msg, act, code, filters, quoted, spec)


def without(*kinds: str) -> frozenset[OrderType]:
    return TYPES - {OrderType(each) for each in kinds}


async def duplicate(raw: Stage) -> dict[str, Any]:
    await raw.must("order.place", **SELL, newClientOrderId="twice")
    return await raw.signed("order.place", **SELL, newClientOrderId="twice")


async def closed(raw: Stage) -> dict[str, Any]:
    raw.exchange.set_status("XYZUSDT", "HALT")
    return await raw.signed("order.place", **SELL)


async def disabled(raw: Stage) -> dict[str, Any]:
    raw.exchange.set_account(disabled=True)
    return await raw.signed("order.place", **SELL)


async def may_not_trade(raw: Stage) -> dict[str, Any]:
    raw.exchange.set_account(can_trade=False)
    return await raw.signed("order.place", **SELL)


async def restricted_cancel(raw: Stage) -> dict[str, Any]:
    placed = await raw.must("order.place", **SELL)
    return await raw.signed(
        "order.cancel", symbol="XYZUSDT", orderId=placed["orderId"], cancelRestrictions="ONLY_PARTIALLY_FILLED"
    )


def amending(new_qty: str) -> Act:
    async def act(raw: Stage) -> dict[str, Any]:
        placed = await raw.must("order.place", **SELL)
        return await raw.signed("order.amend.keepPriority", symbol="XYZUSDT", orderId=placed["orderId"], newQty=new_qty)

    return act


async def amend_pending_opo(raw: Stage) -> dict[str, Any]:
    placed = await raw.must("orderList.place.opo", **OPO)
    return await raw.signed(
        "order.amend.keepPriority", symbol="XYZUSDT", orderId=placed["orders"][1]["orderId"], newQty="0.5"
    )


QUOTE_MARKET = {"symbol": "XYZUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "100"}
PEGGED = {"symbol": "XYZUSDT", "side": "BUY", "quantity": "1", "pegPriceType": "PRIMARY_PEG"}
LIMIT_PEG = {**PEGGED, "type": "LIMIT", "timeInForce": "GTC"}
TINY_BOOK = {"symbol": "XYZUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "100000"}
MESSAGES = [
    message("Unknown order sent.", asking("order.cancel", symbol="XYZUSDT", orderId=99), -2011),
    message("Duplicate order sent.", duplicate),
    message("Market is closed.", closed),
    message("Account has insufficient balance for requested action.", placing(**{**SELL, "quantity": "1001"})),
    message("Market orders are not supported for this symbol.", placing(**MARKET), order_types=without("MARKET"), quoted=False),
    message("Iceberg orders are not supported for this symbol.", placing(**ICEBERG), iceberg_allowed=False),
    message("Stop loss orders are not supported for this symbol.", placing(**STOP), order_types=without("STOP_LOSS")),
    message("Stop loss limit orders are not supported for this symbol.", placing(**STOP_LIMIT), order_types=without("STOP_LOSS_LIMIT")),
    message("Take profit orders are not supported for this symbol.", placing(**{**STOP, "type": "TAKE_PROFIT"}), order_types=without("TAKE_PROFIT")),
    message("Take profit limit orders are not supported for this symbol.", placing(**{**STOP_LIMIT, "type": "TAKE_PROFIT_LIMIT"}), order_types=without("TAKE_PROFIT_LIMIT")),
    message("Order amend is not supported for this symbol.", amending("0.5"), -2038, amend_allowed=False),
    message("Price * QTY is zero or less.", placing(**{**SELL, "price": "0.00000001", "quantity": "0.5"})),
    message("IcebergQty exceeds QTY.", placing(**{**ICEBERG, "icebergQty": "10"})),
    message("This action is disabled on this account.", disabled),
    message("This account may not place or cancel orders.", may_not_trade),
    message("Unsupported order combination", placing(**ICEBERG | {"timeInForce": "IOC"})),
    message("Order would trigger immediately.", placing(**{**STOP, "stopPrice": "150"})),
    message("Order would immediately match and take.", placing(symbol="XYZUSDT", side="SELL", type="LIMIT_MAKER", quantity="1", price="90")),
    message("The relationship of the prices for the orders is not correct.", asking("orderList.place.oco", **{**OCO, "belowStopPrice": "140"})),
    message("OCO orders are not supported for this symbol", asking("orderList.place.oco", **OCO), oco_allowed=False),
    message("Quote order qty market orders are not support for this symbol.", placing(**QUOTE_MARKET), quote_order_qty_market_allowed=False),
    message("Trailing stop orders are not supported for this symbol.", placing(**STOP, trailingDelta=100), allow_trailing_stop=False),
    message("Order cancel-replace is not supported for this symbol.", asking("order.cancelReplace", **SELL, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=1), cancel_replace_allowed=False),
    message("This symbol is not permitted for this account.", placing(**SELL), permission_sets=(("LEVERAGED",),), quoted=False),
    message("Order was not canceled due to cancel restrictions.", restricted_cancel, -2011),
    message("Order book liquidity is less than `LOT_SIZE` filter minimum quantity.", placing(**TINY_BOOK), filters=(LotSize(parse("6"), parse("9000"), 0),)),
    message("Order book liquidity is less than `MARKET_LOT_SIZE` filter minimum quantity.", placing(**TINY_BOOK), filters=(MarketLotSize(parse("6"), parse("9000"), 0),)),
    message("Order book liquidity is less than symbol minimum quantity.", placing(**QUOTE_MARKET), quoted=False),
    message("Order amend (quantity increase) is not supported.", amending("2"), -2038),
    message("The requested action would change no state; rejecting.", amending("1"), -2038),
    message("Pegged orders are not supported for this symbol.", placing(**LIMIT_PEG), peg_instructions_allowed=False),
    message("This order type may not use pegged price.", placing(**PEGGED, type="MARKET")),
    message("This price peg cannot be used with this order type.", placing(**{**PEGGED, "pegPriceType": "MARKET_PEG"}, type="LIMIT_MAKER")),
    message("Order book liquidity is too low for this pegged order.", placing(**LIMIT_PEG), quoted=False),
    message("OPO orders are not supported for this symbol.", asking("orderList.place.opo", **OPO), opo_allowed=False),
    message("Order amend (pending OPO order) is not supported.", amend_pending_opo, -2038),
]  # fmt: skip


def _seeded(case: MessageCase) -> bool:
    """Whether the symbol can trade at all before the case: with its filters or types it may not."""
    return case.quoted and not case.filters and (case.spec or {}).get("order_types", TYPES) >= {OrderType.MARKET}


@pytest.mark.parametrize(
    "case",
    [pytest.param(each, id=each.msg, marks=pytest.mark.parity("engine message", each.msg)) for each in MESSAGES],
)
@pytest.mark.parity("error code", "-2010", "-2011", "-2038")
async def test_the_matching_engine_says_why(case: MessageCase) -> None:
    assert case.msg in ENGINE_MESSAGES
    async with stage(quoted=False, listings=listing(*case.filters, **(case.spec or {}))) as raw:
        await fund(raw, quoted=_seeded(case))
        if case.filters:
            # A maker with less than the filter wants can only be what is left of a larger order.
            maker = {**SELL, "quantity": "8", "price": "101"}
            await raw.must("order.place", **maker)
            await raw.must("order.place", **{**MARKET, "quantity": "6"})
        before = await raw.must("openOrders.status")
        answer = await case.act(raw)
        assert answer["status"] == 400, answer
        assert (answer["error"]["code"], answer["error"]["msg"]) == (case.code, case.msg)
        after = await raw.must("openOrders.status")
        assert [row for row in after if row not in before and row["status"] not in ("NEW", "PENDING_NEW")] == []


# --- other codes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CodeCase:
    code: int
    msg: str
    act: Act
    status: int = 400
    spec: dict[str, Any] | None = None


def pair(**changes: Any) -> Act:
    params = {name: value for name, value in {**OCO, **changes}.items() if value is not None}
    return asking("orderList.place.oco", **params)


def legs(side: str, above: str, below: str) -> Act:
    """Return a pair of some types, priced so that only the types can be wrong."""
    params: dict[str, Any] = {"symbol": "XYZUSDT", "side": side, "quantity": "1"}
    for leg, kind, price in (("above", above, "150"), ("below", below, "50")):
        params[f"{leg}Type"] = kind
        params[f"{leg}Price" if kind == "LIMIT_MAKER" else f"{leg}StopPrice"] = price
    return asking("orderList.place.oco", **params)


async def archived(raw: Stage) -> dict[str, Any]:
    placed = await raw.must("order.place", **SELL)
    which = {"symbol": "XYZUSDT", "orderId": placed["orderId"]}
    await raw.must("order.cancel", **which)
    raw.exchange.clock.step(91 * 86_400)
    return await raw.signed("order.status", **which)


async def wrong_pair_of_ids(raw: Stage) -> dict[str, Any]:
    first = await raw.must("order.place", **SELL, newClientOrderId="first")
    return await raw.signed("order.status", symbol="XYZUSDT", orderId=first["orderId"], origClientOrderId="other")


async def twice_subscribed(raw: Stage) -> dict[str, Any]:
    await raw.get("userDataStream.subscribe")
    return await raw.ask("userDataStream.subscribe")


async def not_subscribed(raw: Stage) -> dict[str, Any]:
    return await raw.ask("userDataStream.unsubscribe", {"subscriptionId": 9})


async def too_many_subscriptions(raw: Stage) -> dict[str, Any]:
    raw.exchange.set_limits({"subscriptions_ever": 0})
    return await raw.ask("userDataStream.subscribe")


async def with_json(raw: Stage) -> dict[str, Any]:
    await raw.socket.send('{"id": 1, "method": ')
    answer: dict[str, Any] = await raw.receive()
    return answer


async def stale(raw: Stage) -> dict[str, Any]:
    return await raw.signed("order.place", **SELL, timestamp=raw.exchange.clock.now_ms() - 60_000)


async def forged(raw: Stage) -> dict[str, Any]:
    return await raw.ask("order.place", {**raw.sign(SELL), "signature": "00" * 32})


async def bad_key(raw: Stage) -> dict[str, Any]:
    return await raw.signed("order.place", api_key="no key!", **SELL)


async def unknown_key(raw: Stage) -> dict[str, Any]:
    return await raw.signed("order.place", api_key="nobody", **SELL)


CODES = [
    CodeCase(-1014, "Unsupported order combination.", placing(**SELL, stopPrice="50")),
    CodeCase(-1021, "Timestamp for this request is outside of the recvWindow.", stale),
    CodeCase(-1022, "Signature for this request is not valid.", forged),
    CodeCase(-1106, "Parameter 'price' sent when not required.", placing(**MARKET, price="5")),
    CodeCase(
        -1127,
        "More than 24 hours between startTime and endTime.",
        asking("allOrders", symbol="XYZUSDT", startTime=1, endTime=86_400_002),
    ),
    CodeCase(-1130, "Data sent for parameter 'method' is not valid.", asking("no.such.method")),
    CodeCase(-1135, "Invalid JSON Request", with_json),
    CodeCase(
        -1158,
        "Order type not supported in OCO.",
        pair(belowType="LIMIT", belowPrice="50", belowTimeInForce="GTC", belowStopPrice=None),
    ),
    CodeCase(
        -1160,
        "Parameter 'belowIcebergQty' is not supported if 'belowTimeInForce' is not GTC.",
        pair(
            quantity="10",
            belowType="STOP_LOSS_LIMIT",
            belowPrice="49",
            belowTimeInForce="IOC",
            belowIcebergQty="1",
        ),
    ),
    CodeCase(-1165, "A limit order in a buy OCO must be below.", legs("BUY", "LIMIT_MAKER", "TAKE_PROFIT")),
    CodeCase(-1166, "A limit order in a sell OCO must be above.", legs("SELL", "TAKE_PROFIT", "LIMIT_MAKER")),
    CodeCase(-1168, "At least one OCO order must be contingent.", legs("SELL", "LIMIT_MAKER", "LIMIT_MAKER")),
    CodeCase(-1196, "A stop loss order in a buy OCO must be above.", legs("BUY", "STOP_LOSS", "STOP_LOSS")),
    CodeCase(-1197, "A stop loss order in a sell OCO must be below.", legs("SELL", "STOP_LOSS", "STOP_LOSS")),
    CodeCase(-1198, "A take profit order in a buy OCO must be below.", legs("BUY", "TAKE_PROFIT", "TAKE_PROFIT")),
    CodeCase(-1199, "A take profit order in a sell OCO must be above.", legs("SELL", "TAKE_PROFIT", "TAKE_PROFIT")),
    CodeCase(
        -1222,
        "Working order in an OPO list must be a bid.",
        asking("orderList.place.opo", **{**OPO, "workingSide": "SELL", "workingPrice": "110"}),
    ),
    CodeCase(
        -1223,
        "Pending orders in an OPO list must be asks.",
        asking("orderList.place.opo", **{**OPO, "pendingSide": "BUY"}),
    ),
    CodeCase(
        -1225,
        "Pending orders should not include the 'quantity' tag.",
        asking("orderList.place.opo", **OPO, pendingQuantity="1"),
    ),
    CodeCase(-2013, "Order does not exist.", asking("order.status", symbol="XYZUSDT", orderId=99)),
    CodeCase(-2014, "API-key format invalid.", bad_key),
    CodeCase(-2015, "Invalid API-key, IP, or permissions for action.", unknown_key, 401),
    CodeCase(
        -2026,
        "Order was canceled or expired with no executed qty over 90 days ago and has been archived.",
        archived,
    ),
    CodeCase(-2035, "User Data Stream subscription already active.", twice_subscribed),
    CodeCase(-2036, "User Data Stream subscription not active.", not_subscribed),
    CodeCase(-2039, "Client order ID is not correct for this order ID.", wrong_pair_of_ids),
    CodeCase(-2042, "Maximum subscription ID reached for this connection.", too_many_subscriptions),
]


@pytest.mark.parametrize(
    "case",
    [pytest.param(each, id=str(each.code), marks=pytest.mark.parity("error code", str(each.code))) for each in CODES],
)
async def test_an_error_has_its_code_and_its_words(case: CodeCase) -> None:
    async with stage(quoted=False, listings=listing(**(case.spec or {}))) as raw:
        await fund(raw)
        answer = await case.act(raw)
        assert answer["status"] == case.status, answer
        assert (answer["error"]["code"], answer["error"]["msg"]) == (case.code, case.msg)
        words = [each for each in ERRORS[case.code]["messages"] if "%s" not in each]
        assert case.msg in words or any("%s" in each for each in ERRORS[case.code]["messages"])


def test_the_codes_of_the_matching_engine_are_those_of_its_messages() -> None:
    assert {case.code for case in MESSAGES} == {-2010, -2011, -2038}
    assert {case.code for case in FILTER_CASES} == {-1013}


INTERNAL = {
    -1000: (500, "An unknown error occurred while processing the request."),
    -1001: (500, "Internal error; unable to process your request. Please try again."),
    -1006: (500, "An unexpected response was received from the message bus. Execution status unknown."),
    -1007: (504, "Timeout waiting for response from backend server. Send status unknown; execution status unknown."),
    -1008: (503, "Server is currently overloaded with other requests. Please try again in a few minutes."),
    -1016: (503, "This service is no longer available."),
}
"""What goes wrong inside the venue goes wrong here on command."""


@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize(
    "code", [pytest.param(each, marks=pytest.mark.parity("error code", str(each), shape=True)) for each in INTERNAL]
)
async def test_a_failure_of_the_venue_happens_on_command(code: int, executed: bool) -> None:
    status, msg = INTERNAL[code]
    assert msg in ERRORS[code]["messages"]
    async with stage(quoted=False, listings=listing()) as raw:
        await fund(raw)
        raw.exchange.faults.next(Refuse(status, code, msg, executed=executed), "order.place")
        answer = await raw.signed("order.place", **SELL)
        assert (answer["status"], answer["error"]) == (status, {"code": code, "msg": msg})
        assert len(await raw.must("openOrders.status")) == executed


@pytest.mark.parity("error code", "-1015")
async def test_too_many_orders_name_the_limit() -> None:
    async with stage(quoted=False, listings=listing(), limits=LimitRules(orders_per_10_seconds=2)) as raw:
        raw.exchange.deposit("alice", "XYZ", "10")
        answers = [await raw.signed("order.place", **SELL) for _ in range(3)]
        if answers[2]["status"] == 200:  # the clock went into its next ten seconds in between
            answers = [await raw.signed("order.place", **SELL) for _ in range(3)]
        assert answers[2]["status"] == 429
        assert answers[2]["error"]["code"] == -1015
        assert answers[2]["error"]["msg"] == "Too many new orders; current limit is 2 orders per 10 SECOND."


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("?timeUnit=SECOND", -1194, marks=pytest.mark.parity("error code", "-1194")),
        pytest.param("?responseFormat=sbe", -1155, marks=pytest.mark.parity("error code", "-1155")),
        ("?responseFormat=sbe&sbeSchemaId=3&sbeSchemaVersion=1", -1155),
        ("?responseFormat=json&responseFormat=sbe", -1155),
        ("?sbeSchemaVersion=1", -1155),
    ],
)
async def test_a_url_that_asks_for_too_much_is_refused_at_the_handshake(query: str, code: int) -> None:
    async with stage(quoted=False) as raw:
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"{raw.exchange.url}{query}", proxy=None)
        assert caught.value.response.status_code == 400
        assert caught.value.response.headers["Content-Type"] == "application/json;charset=UTF-8"
        assert f'"code":{code}' in caught.value.response.body.decode()
        assert ERRORS[code]["messages"][0] in caught.value.response.body.decode()


@pytest.mark.parity("error code", "-2021", "-2022")
@pytest.mark.parity("behaviour", "cancel-replace: both modes, all four outcomes, either half told")
@pytest.mark.parametrize(
    ("mode", "cancels", "places", "code", "outcome"),
    [
        ("STOP_ON_FAILURE", True, True, None, ("SUCCESS", "SUCCESS")),
        ("STOP_ON_FAILURE", True, False, -2021, ("SUCCESS", "FAILURE")),
        ("STOP_ON_FAILURE", False, True, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        ("STOP_ON_FAILURE", False, False, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        ("ALLOW_FAILURE", True, True, None, ("SUCCESS", "SUCCESS")),
        ("ALLOW_FAILURE", True, False, -2021, ("SUCCESS", "FAILURE")),
        ("ALLOW_FAILURE", False, True, -2021, ("FAILURE", "SUCCESS")),
        ("ALLOW_FAILURE", False, False, -2022, ("FAILURE", "FAILURE")),
    ],
)
async def test_the_outcomes_of_cancel_replace(
    mode: str, cancels: bool, places: bool, code: int | None, outcome: tuple[str, str]
) -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        await fund(raw)
        await raw.must("order.place", **SELL, newClientOrderId="old")
        new = {**SELL, "quantity": "2" if places else "1001"}
        answer = await raw.signed(
            "order.cancelReplace", **new, cancelReplaceMode=mode, cancelOrigClientOrderId="old" if cancels else "none"
        )
        if code is None:
            assert answer["status"] == 200
            told = answer["result"]
        else:
            assert (answer["status"], answer["error"]["code"]) == (409 if code == -2021 else 400, code)
            assert answer["error"]["msg"] in ERRORS[code]["messages"]
            told = answer["error"]["data"]
        assert (told["cancelResult"], told["newOrderResult"]) == outcome
        attempted = outcome[1] != "NOT_ATTEMPTED"
        left = {row["origQty"] for row in await raw.must("openOrders.status")}
        assert left == ({"1.00000000"} if not cancels else set()) | ({"2.00000000"} if places and attempted else set())


@pytest.mark.parity("error code", "-1020")
async def test_what_rest_does_not_have_is_not_supported() -> None:
    async with stage(quoted=False) as raw, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{raw.exchange.rest_url}/api/v3/no/such/thing")
        assert answer.status_code == 404
        assert answer.json() == {"code": -1020, "msg": "This operation is not supported."}


def test_every_filter_has_a_case() -> None:
    assert {each.rule.filter_type for each in FILTER_CASES} | {"MAX_NUM_ORDER_AMENDS"} == FILTERS.keys()
