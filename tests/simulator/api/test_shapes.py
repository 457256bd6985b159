"""Answers have the documented shape: every field the documentation shows, and none it does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.simulator import LocalExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_ed25519_key, add_hmac_key, log_on

DATA = Path(__file__).parents[2] / "conformance" / "data"
EXAMPLES: list[dict[str, Any]] = json.loads((DATA / "spot_examples.json").read_text())["responses"]
EVENTS: list[dict[str, Any]] = json.loads((DATA / "spot_events.json").read_text())["events"]
CONDITIONAL = {
    "icebergQty",
    "preventedMatchId",
    "preventedQuantity",
    "stopPrice",
    "strategyId",
    "strategyType",
    "trailingDelta",
    "trailingTime",
    "usedSor",
    "workingFloor",
    "pegPriceType",
    "pegOffsetType",
    "pegOffsetValue",
    "peggedPrice",
    "expiryReason",
    "matchType",
    "allocId",
    "sors",
    "takerPreventedQuantity",
    "makerPreventedQuantity",
}
"""Fields that are there or not, as the documentation says, depending on the order."""
MORE = {
    # The sample leaves out what the same order shows in the answer of order.place.
    "order.cancelReplace": {".newOrderResponse.fills", ".newOrderResponse.workingTime"},
    # The page about self-trade prevention says that each account shows it, -1 without a trade group.
    "account.status": {".tradeGroupId"},
    # One SBE message answers both test methods, and it has these.
    "sor.order.test": {f".specialCommissionForOrder{each}" for each in ("", ".maker", ".taker")},
}
"""Where one sample of the documentation is behind another."""
ONLY_HERE = {"origQty"}
"""A pending order of an OPO shows no quantity; every other order does."""

LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
WORKING = {
    "symbol": "BTCUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "50000",
    "workingQuantity": "0.1",
    "workingTimeInForce": "GTC",
}
PAIR = {
    "pendingSide": "SELL",
    "pendingAboveType": "LIMIT_MAKER",
    "pendingAbovePrice": "70000",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "40000",
}
CALLS: dict[str, dict[str, Any]] = {
    "ping": {},
    "time": {},
    "exchangeInfo": {"symbol": "BTCUSDT"},
    "executionRules": {"symbol": "BNBUSDT"},
    "depth": {"symbol": "BTCUSDT", "limit": 5},
    "trades.recent": {"symbol": "BTCUSDT", "limit": 1},
    "trades.historical": {"symbol": "BTCUSDT", "fromId": 0, "limit": 1},
    "trades.aggregate": {"symbol": "BTCUSDT", "limit": 1},
    "klines": {"symbol": "BTCUSDT", "interval": "1m", "limit": 1},
    "uiKlines": {"symbol": "BTCUSDT", "interval": "1h", "limit": 1},
    "avgPrice": {"symbol": "BTCUSDT"},
    "ticker.24hr": {"symbol": "BTCUSDT"},
    "ticker.tradingDay": {"symbol": "BTCUSDT"},
    "ticker": {"symbol": "BTCUSDT", "windowSize": "7d"},
    "ticker.price": {"symbol": "BTCUSDT"},
    "ticker.book": {"symbol": "BTCUSDT"},
    "referencePrice": {"symbol": "BNBUSDT"},
    "referencePrice.calculation": {"symbol": "BNBUSDT"},
    "session.status": {},
    "order.place": {**LIMIT, "price": "60001"},
    "order.test": {**LIMIT, "price": "60001", "computeCommissionRates": "true"},
    "order.cancel": {"symbol": "BTCUSDT", "origClientOrderId": "resting"},
    "order.cancelReplace": {
        **LIMIT,
        "price": "50000",
        "cancelReplaceMode": "STOP_ON_FAILURE",
        "cancelOrigClientOrderId": "resting",
    },
    "order.amend.keepPriority": {"symbol": "BTCUSDT", "origClientOrderId": "resting", "newQty": "0.05"},
    "openOrders.cancelAll": {"symbol": "BTCUSDT"},
    "orderList.place": {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "price": "70000",
        "quantity": "0.1",
        "stopPrice": "50000",
        "stopLimitPrice": "49000",
        "stopLimitTimeInForce": "GTC",
    },
    "orderList.place.oco": {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "quantity": "0.1",
        "aboveType": "LIMIT_MAKER",
        "abovePrice": "70000",
        "belowType": "STOP_LOSS_LIMIT",
        "belowStopPrice": "50000",
        "belowPrice": "49000",
        "belowTimeInForce": "GTC",
    },
    "orderList.place.oto": {**WORKING, "pendingType": "MARKET", "pendingSide": "SELL", "pendingQuantity": "0.1"},
    "orderList.place.otoco": {**WORKING, **PAIR, "pendingQuantity": "0.1"},
    "orderList.place.opo": {**WORKING, "pendingType": "MARKET", "pendingSide": "SELL"},
    "orderList.place.opoco": {**WORKING, **PAIR},
    "orderList.cancel": {"symbol": "BTCUSDT", "listClientOrderId": "list"},
    "sor.order.place": {**LIMIT, "price": "60001"},
    "sor.order.test": {**LIMIT, "price": "60001", "computeCommissionRates": "true"},
    "account.status": {},
    "order.status": {"symbol": "BTCUSDT", "origClientOrderId": "resting"},
    "openOrders.status": {},
    "allOrders": {"symbol": "BTCUSDT"},
    "orderList.status": {"origClientOrderId": "list"},
    "openOrderLists.status": {},
    "allOrderLists": {},
    "myTrades": {"symbol": "BTCUSDT"},
    "account.rateLimits.orders": {},
    "myPreventedMatches": {"symbol": "BTCUSDT", "orderId": 0},
    "myAllocations": {"symbol": "BTCUSDC"},
    "account.commission": {"symbol": "BTCUSDT"},
    "order.amendments": {"symbol": "BTCUSDT", "orderId": 0},
    "myFilters": {"symbol": "BTCUSDT"},
    "userDataStream.subscribe": {},
    "session.subscriptions": {},
}
PUBLIC = {
    "ping",
    "time",
    "exchangeInfo",
    "executionRules",
    "depth",
    "trades.recent",
    "trades.historical",
    "trades.aggregate",
    "klines",
    "uiKlines",
    "avgPrice",
    "ticker.24hr",
    "ticker.tradingDay",
    "ticker",
    "ticker.price",
    "ticker.book",
    "referencePrice",
    "referencePrice.calculation",
    "session.status",
    "session.subscriptions",
    "userDataStream.subscribe",
}


def keys(value: Any, path: str = "") -> set[str]:
    """Return the paths of all fields, whatever number of rows an array has."""
    if isinstance(value, dict):
        return {found for key, each in value.items() for found in {f"{path}.{key}", *keys(each, f"{path}.{key}")}}
    if isinstance(value, list):
        return {found for each in value for found in keys(each, path)}
    return set()


def plain(paths: set[str]) -> set[str]:
    """Leave out what may or may not be there, and what is inside filters, which are of many kinds."""
    return {
        path
        for path in paths
        if not CONDITIONAL.intersection(path.split(".")) and "ilters." not in path and path != ".rateLimits"
    }


def documented(method: str) -> list[set[str]]:
    """Return the fields of each documented answer of a method."""
    found = []
    for example in EXAMPLES:
        answer = example["response"]
        if example["method"] == method and answer["status"] == 200 and "code" not in answer["result"]:
            found.append(plain(keys(answer["result"])))
    return found


async def prepare(raw: Raw) -> None:
    """Have trades, resting orders, a list, an amendment, an allocation and a prevented match to ask about."""
    exchange = raw.exchange
    exchange.quote("BTCUSDT", bids=[("59999", "5")], asks=[("60001", "5")])
    exchange.quote("BTCUSDC", bids=[("59999", "5")], asks=[("60001", "5")])
    exchange.quote("BNBUSDT", bids=[("599", "5")], asks=[("601", "5")])
    await raw.signed("order.place", symbol="BNBUSDT", side="BUY", type="MARKET", quantity="1")
    await raw.signed("order.place", **LIMIT, price="60001")
    await raw.signed("orderList.place.oco", **CALLS["orderList.place.oco"], listClientOrderId="list")
    # Two orders of one account meet: the resting one expires.
    await raw.signed("order.place", **LIMIT, price="60000", newClientOrderId="mine")
    await raw.signed(
        "order.place",
        **{**LIMIT, "side": "SELL", "price": "60000", "timeInForce": "IOC"},
        selfTradePreventionMode="EXPIRE_MAKER",
    )
    await raw.signed("sor.order.place", **{**LIMIT, "symbol": "BTCUSDC", "quantity": "6", "price": "60001"})
    await raw.signed("order.place", **LIMIT, price="50000", newClientOrderId="resting")


@pytest.mark.parametrize("method", sorted(CALLS))
def test_an_answer_has_the_documented_fields(method: str) -> None:
    examples = documented(method)

    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await log_on(raw, add_ed25519_key(exchange))
            await prepare(raw)
            params = dict(CALLS[method])
            if method == "order.amendments":
                await raw.signed("order.amend.keepPriority", **CALLS["order.amend.keepPriority"])
                params["orderId"] = exchange.truth.orders["resting"][0].order_id
            if method == "myPreventedMatches":
                params["orderId"] = exchange.truth.orders["mine"][0].order_id
            if method == "session.subscriptions":
                await raw.get("userDataStream.subscribe")
            answer = await (raw.ask(method, params) if method in PUBLIC else raw.signed(method, **params))
            assert answer["status"] == 200, answer
            result = answer["result"]
            if method not in ("ping", "openOrders.cancelAll"):
                assert result, "nothing to compare"
            if not examples:
                assert method in ("executionRules", "session.subscriptions")
                return
            shown = plain(keys(result))
            known = MORE.get(method, set()).union(*examples)
            assert shown <= known, f"undocumented: {sorted(shown - known)}"
            missing = min((example - shown for example in examples), key=len)
            assert not {path for path in missing if path.rsplit(".", 1)[-1] not in ONLY_HERE}, sorted(missing)

    run(life)


async def _events(raw: Raw) -> dict[str, dict[str, Any]]:
    """Return one event of each kind."""
    raw.exchange.deposit("alice", "USDT", "5")
    raw.exchange.quote("BTCUSDT", asks=[("60001", "5")])
    await raw.signed("orderList.place.oco", **CALLS["orderList.place.oco"])
    await raw.signed("order.place", **LIMIT, price="60001")
    await raw.get("userDataStream.unsubscribe")
    await raw.event("eventStreamTerminated")
    found = {event["e"]: event for event in raw.events}
    found["eventStreamTerminated"] = {"e": "eventStreamTerminated", "E": 1}
    return found


async def test_user_data_events_have_the_documented_fields() -> None:
    optional = {"v", "W"}
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await log_on(raw, add_ed25519_key(exchange))
        await raw.get("userDataStream.subscribe")
        found = await _events(raw)
        assert found.keys() >= {"executionReport", "outboundAccountPosition", "balanceUpdate", "listStatus"}
        for example in EVENTS:
            wanted = example["frame"].get("event", {})
            if wanted.get("e") in found:
                assert found[wanted["e"]].keys() - optional == wanted.keys() - optional, wanted["e"]
