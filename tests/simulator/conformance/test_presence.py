"""A field that is there on a condition is there when the condition holds, and only then.

The conditions are those of "Conditional fields in Order Responses" (web-socket-api.md) and "Conditional Fields in
Execution Report" (user-data-stream.md). Each kind of order shows its own fields in the answer, in queries, in the answer
to its cancellation, and in its reports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulator.conformance.stage import LIMIT, Stage, stage

IN_ANSWERS = frozenset({
    "icebergQty", "preventedMatchId", "preventedQuantity", "stopPrice", "strategyId", "strategyType", "trailingDelta",
    "trailingTime", "usedSor", "workingFloor", "pegPriceType", "pegOffsetType", "pegOffsetValue", "peggedPrice",
    "expiryReason",
})  # fmt: skip
IN_REPORTS = frozenset({
    "d", "D", "j", "J", "v", "A", "B", "u", "U", "Cs", "pl", "pL", "pY", "W", "b", "a", "k", "uS", "gP", "gOT", "gOV",
    "gp", "eR",
})  # fmt: skip
ALWAYS_IN_QUERIES = {"stopPrice", "icebergQty"}
"""Every query of the documentation shows them, zero or not."""


@dataclass(frozen=True)
class Kind:
    """An order, and which conditional fields its answer and its first report have."""

    order: dict[str, Any]
    answer: set[str] = field(default_factory=set)
    report: set[str] = field(default_factory=lambda: {"W"})
    rests: bool = True
    method: str = "order.place"


STOP = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.1", "stopPrice": "50000"}
STOP_LIMIT = {**STOP, "type": "STOP_LOSS_LIMIT", "price": "49000", "timeInForce": "GTC"}
TRAILING = {name: value for name, value in STOP.items() if name != "stopPrice"} | {"trailingDelta": 100}
PEGGED = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.1",
    "pegPriceType": "PRIMARY_PEG",
}
PEG = {"gP", "gp", "W"}

KINDS: dict[str, Kind] = {
    "plain": Kind(LIMIT),
    "iceberg": Kind({**LIMIT, "icebergQty": "0.05"}, {"icebergQty"}),
    "strategy id": Kind({**LIMIT, "strategyId": -5}, {"strategyId"}, {"W", "j"}),
    "strategy type": Kind({**LIMIT, "strategyType": 1_000_000}, {"strategyType"}, {"W", "J"}),
    "stop": Kind(STOP, {"stopPrice"}, set()),
    "stop limit": Kind(STOP_LIMIT, {"stopPrice"}, set()),
    "take profit": Kind({**STOP, "type": "TAKE_PROFIT", "stopPrice": "70000"}, {"stopPrice"}, set()),
    "take profit limit": Kind({**STOP_LIMIT, "type": "TAKE_PROFIT_LIMIT", "stopPrice": "70000"}, {"stopPrice"}, set()),
    "trailing": Kind(TRAILING, {"stopPrice", "trailingDelta", "trailingTime"}, {"d", "D"}),
    "pegged": Kind(PEGGED, {"pegPriceType", "peggedPrice"}, PEG),
    "pegged with an offset": Kind(
        {**PEGGED, "pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": 1},
        {"pegPriceType", "peggedPrice", "pegOffsetType", "pegOffsetValue"},
        {*PEG, "gOT", "gOV"},
    ),
    "pegged stop": Kind(
        {**STOP_LIMIT, "price": None, "pegPriceType": "PRIMARY_PEG"}, {"stopPrice", "pegPriceType"}, {"gP"}
    ),
    "routed": Kind(
        {**LIMIT, "symbol": "BTCUSDC"}, {"usedSor", "workingFloor"}, {"uS", "k", "W"}, method="sor.order.place"
    ),
    "short of liquidity": Kind({**LIMIT, "price": "60500", "timeInForce": "IOC"}, {"expiryReason"}, {"W"}, rests=False),
}


async def _levels(raw: Stage) -> None:
    raw.exchange.quote("BTCUSDT", bids=[("59999", "5"), ("59998", "5")], asks=[("60001", "5"), ("60002", "5")])


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parity("behaviour", "conditional fields of orders and reports")
async def test_an_order_shows_the_fields_of_its_kind_and_no_other(name: str) -> None:
    kind = KINDS[name]
    order = {each: value for each, value in kind.order.items() if value is not None}
    async with stage() as raw:
        await _levels(raw)
        await raw.get("userDataStream.subscribe")
        ack = await raw.must(kind.method, **order, newOrderRespType="ACK")
        for row in ack if isinstance(ack, list) else [ack]:
            assert not row.keys() & IN_ANSWERS
        report = await raw.event("executionReport")
        assert report["x"] == "NEW"
        assert report.keys() & IN_REPORTS == kind.report
        if kind.rests:
            await raw.must("openOrders.cancelAll", symbol=order["symbol"])
        placed = await raw.must(kind.method, **order, newOrderRespType="RESULT")
        placed = placed[0] if isinstance(placed, list) else placed
        assert placed.keys() & IN_ANSWERS == kind.answer
        which = {"symbol": order["symbol"], "orderId": placed["orderId"]}
        found = await raw.must("order.status", **which)
        assert found.keys() & IN_ANSWERS == kind.answer | ALWAYS_IN_QUERIES
        rows = await raw.must("allOrders", **which)
        assert rows[0] == found
        if kind.rests:
            assert (await raw.must("openOrders.status", symbol=order["symbol"])) == [found]
            gone = await raw.must("order.cancel", **which)
            assert gone.keys() & IN_ANSWERS == kind.answer


async def test_a_prevented_match_is_shown_by_the_order_it_ended_and_by_its_report() -> None:
    async with stage() as raw:
        await raw.get("userDataStream.subscribe")
        maker = await raw.place(side="BUY", price="60000")
        taker = {**LIMIT, "price": "60000", "selfTradePreventionMode": "EXPIRE_BOTH"}
        answer = await raw.must("order.place", **taker, newOrderRespType="RESULT")
        assert answer["status"] == "EXPIRED_IN_MATCH"
        assert answer.keys() & IN_ANSWERS == {"preventedQuantity"}
        counters = {maker["orderId"]: answer["orderId"], answer["orderId"]: maker["orderId"]}
        for order_id in counters:
            found = await raw.must("order.status", symbol="BTCUSDT", orderId=order_id)
            assert found.keys() & IN_ANSWERS == ALWAYS_IN_QUERIES | {"preventedMatchId", "preventedQuantity"}
        told: dict[int, dict[str, Any]] = {}
        while len(told) < 2:
            report = await raw.event("executionReport")
            if report["x"] == "TRADE_PREVENTION":
                told[report["i"]] = report
        for order_id, report in told.items():
            assert report.keys() & IN_REPORTS >= {"v", "A", "B", "u", "U", "Cs"}
            assert (report["U"], report["Cs"]) == (counters[order_id], "BTCUSDT")
            assert report["X"] == "EXPIRED_IN_MATCH"


async def test_a_decrement_tells_what_would_have_traded() -> None:
    async with stage() as raw:
        await raw.get("userDataStream.subscribe")
        await raw.place(side="BUY", price="60000", quantity="0.05")
        await raw.place(price="60000", selfTradePreventionMode="DECREMENT")
        while (report := await raw.event("executionReport"))["x"] != "TRADE_PREVENTION":
            pass
        assert report.keys() >= {"pl", "pL", "pY"}
        assert (report["pl"], report["pL"], report["pY"]) == ("0.05000000", "60000.00000000", "3000.00000000")
        assert (report["l"], report["L"], report["Y"]) == ("0.00000000",) * 3


async def test_an_allocation_has_its_number_in_the_report() -> None:
    async with stage() as raw:
        await raw.get("userDataStream.subscribe")
        await raw.must("sor.order.place", **{**LIMIT, "symbol": "BTCUSDC", "side": "BUY", "price": "60001"})
        while (report := await raw.event("executionReport"))["x"] != "TRADE":
            pass
        assert report.keys() & IN_REPORTS == {"b", "a", "k", "uS", "W"}
        assert (report["b"], report["k"], report["uS"], report["t"]) == ("ONE_PARTY_TRADE_REPORT", "SOR", True, -1)


async def test_an_expired_order_says_why_in_its_last_report() -> None:
    async with stage() as raw:
        await raw.get("userDataStream.subscribe")
        await raw.must("order.place", **{**LIMIT, "price": "60500", "timeInForce": "IOC"})
        reports = [await raw.event("executionReport") for _ in range(2)]
        assert [each["x"] for each in reports] == ["NEW", "EXPIRED"]
        assert [each.get("eR") for each in reports] == [None, "UNFILLED_IOC_QUANTITY_EXPIRED"]


async def test_a_stop_works_from_its_trigger_on() -> None:
    async with stage() as raw:
        await raw.get("userDataStream.subscribe")
        placed = await raw.must("order.place", **{**STOP_LIMIT, "stopPrice": "59999", "price": "59500"})
        report = await raw.event("executionReport")
        assert (report["X"], "W" in report, report["w"]) == ("NEW", False, False)
        raw.exchange.quote("BTCUSDT", bids=[("59990", "0.2")], asks=[("60001", "5")])
        raw.events.clear()
        await raw.must(
            "order.place", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.1", newClientOrderId="push"
        )
        found = await raw.must("order.status", symbol="BTCUSDT", orderId=placed["orderId"])
        assert (found["status"], found["isWorking"]) == ("FILLED", True)
        assert found["workingTime"] > 0
        reports = [each for each in raw.events if each["e"] == "executionReport" and each["i"] == placed["orderId"]]
        while not reports:
            report = await raw.event("executionReport")
            reports = [report] if report["i"] == placed["orderId"] else []
        assert reports[0]["x"] == "NEW"
        assert "W" in reports[0]
