"""Placing, replacing, amending and asking: what the answers say about what happened."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi.simulator import LocalExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key

LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
DAY = 86_400_000


@pytest.mark.parametrize(
    ("order", "asked", "shown"),
    [
        ({"type": "LIMIT", "timeInForce": "GTC", "price": "50000"}, None, "FULL"),
        ({"type": "MARKET"}, None, "FULL"),
        ({"type": "LIMIT_MAKER", "price": "50000"}, None, "ACK"),
        ({"type": "STOP_LOSS", "stopPrice": "70000"}, None, "ACK"),
        ({"type": "MARKET"}, "ACK", "ACK"),
        ({"type": "LIMIT", "timeInForce": "GTC", "price": "50000"}, "RESULT", "RESULT"),
        ({"type": "STOP_LOSS", "stopPrice": "70000"}, "FULL", "FULL"),
    ],
)
@pytest.mark.parity("method", "order.place")
async def test_the_kind_of_answer_depends_on_the_order_unless_asked_for(
    order: dict[str, Any], asked: str | None, shown: str
) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
        await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
        more = {"newOrderRespType": asked} if asked else {}
        answer = await raw.signed("order.place", symbol="BTCUSDT", side="BUY", quantity="0.1", **order, **more)
        row = answer["result"]
        kind = "FULL" if "fills" in row else "RESULT" if "status" in row else "ACK"
        assert kind == shown
        if shown == "ACK":
            assert len(row) == 5
        assert ("stopPrice" in row) is ("stopPrice" in order and shown != "ACK")


@pytest.mark.parametrize(
    ("mode", "which", "price", "status", "code", "results"),
    [
        ("STOP_ON_FAILURE", "old", "50000", 200, None, ("SUCCESS", "SUCCESS")),
        ("STOP_ON_FAILURE", "none", "50000", 400, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        ("ALLOW_FAILURE", "none", "50000", 409, -2021, ("FAILURE", "SUCCESS")),
        ("STOP_ON_FAILURE", "old", "61000", 409, -2021, ("SUCCESS", "FAILURE")),
        ("ALLOW_FAILURE", "none", "61000", 400, -2022, ("FAILURE", "FAILURE")),
    ],
)
async def test_cancel_replace_tells_both_halves(
    mode: str, which: str, price: str, status: int, code: int | None, results: tuple[str, str]
) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("BTCUSDT", asks=[("60001", "1")])
        await raw.signed("order.place", **LIMIT, price="40000", newClientOrderId="old")
        replacement = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.1", "price": price}
        answer = await raw.signed(
            "order.cancelReplace",
            **replacement,
            cancelReplaceMode=mode,
            cancelOrigClientOrderId=which,
            newClientOrderId="new",
        )
        assert answer["status"] == status
        data = answer["result"] if code is None else answer["error"]["data"]
        if code is not None:
            assert answer["error"]["code"] == code
        assert (data["cancelResult"], data["newOrderResult"]) == results
        assert bool(exchange.truth.orders["new"]) is (results[1] == "SUCCESS")
        assert exchange.truth.orders["old"][0].is_open is (results[0] != "SUCCESS")
        for half, result in (("cancelResponse", results[0]), ("newOrderResponse", results[1])):
            if result == "NOT_ATTEMPTED":
                assert data[half] is None
            else:
                assert ("code" in data[half]) is (result == "FAILURE")


async def test_an_order_that_met_its_own_account_shows_the_prevented_match() -> None:
    async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("userDataStream.subscribe.signature")
        await raw.signed("order.place", **LIMIT, price="60000", newClientOrderId="mine")
        sell = {**LIMIT, "side": "SELL", "price": "60000", "selfTradePreventionMode": "EXPIRE_MAKER"}
        await raw.signed("order.place", **sell)
        row = (await raw.signed("order.status", symbol="BTCUSDT", origClientOrderId="mine"))["result"]
        assert row["status"] == "EXPIRED_IN_MATCH"
        assert (row["preventedMatchId"], row["preventedQuantity"]) == (0, "0.10000000")
        expired = [event for event in raw.events if event.get("X") == "EXPIRED_IN_MATCH"]
        assert [(event["v"], event["A"], event["B"]) for event in expired] == [(0, "0.10000000", "0.10000000")]


async def test_an_amended_order_keeps_its_number_and_gets_a_new_id() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("userDataStream.subscribe.signature")
        placed = (await raw.signed("order.place", **LIMIT, price="50000", newClientOrderId="a"))["result"]
        answer = await raw.signed(
            "order.amend.keepPriority", symbol="BTCUSDT", origClientOrderId="a", newQty="0.04", newClientOrderId="b"
        )
        amended = answer["result"]["amendedOrder"]
        assert (amended["orderId"], amended["clientOrderId"], amended["origClientOrderId"]) == (
            placed["orderId"],
            "b",
            "a",
        )
        assert (amended["qty"], amended["executedQty"]) == ("0.04000000", "0.00000000")
        while (event := await raw.event("executionReport"))["x"] != "REPLACED":
            assert event["x"] == "NEW"
        assert (event["c"], event["C"], event["q"]) == ("b", "a", "0.04000000")
        [order] = exchange.truth.orders["b"]
        assert order.original_id == "a"


async def test_cancelling_a_leg_takes_the_list_along_and_tells_it() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("userDataStream.subscribe.signature")
        exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
        await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
        placed = await raw.signed(
            "orderList.place.oco",
            symbol="BTCUSDT",
            side="SELL",
            quantity="0.1",
            aboveType="LIMIT_MAKER",
            abovePrice="70000",
            aboveClientOrderId="above",
            belowType="STOP_LOSS",
            belowStopPrice="50000",
            listClientOrderId="list",
        )
        assert placed["result"]["listStatusType"] == "EXEC_STARTED"
        assert (await raw.event("listStatus"))["L"] == "EXECUTING"
        answer = await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="above")
        assert answer["result"]["listOrderStatus"] == "ALL_DONE"
        assert [report["status"] for report in answer["result"]["orderReports"]] == ["CANCELED", "CANCELED"]
        assert (await raw.event("listStatus"))["L"] == "ALL_DONE"


@pytest.mark.parity("order list type", "OCO by the deprecated orderList.place")
@pytest.mark.parity("method", "orderList.place")
async def test_the_old_oco_puts_the_limit_above_for_a_sell_and_below_for_a_buy() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
        await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
        for side, price, stop in (("SELL", "70000", "50000"), ("BUY", "50000", "70000")):
            old = {"symbol": "BTCUSDT", "quantity": "0.1", "side": side, "price": price, "stopPrice": stop}
            answer = await raw.signed("orderList.place", **old)
            assert answer["status"] == 200, answer
            types = {row["type"]: row for row in answer["result"]["orderReports"]}
            assert types["LIMIT_MAKER"]["price"] == f"{price}.00000000"
            assert types["STOP_LOSS"]["stopPrice"] == f"{stop}.00000000"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"startTime": 0, "endTime": DAY}, None),
        ({"startTime": 0, "endTime": DAY + 1}, -1127),
        ({"startTime": 2, "endTime": 1}, -1128),
    ],
)
@pytest.mark.parametrize("method", ["allOrders", "myTrades", "myAllocations", "allOrderLists"])
async def test_a_history_is_asked_for_by_the_day(method: str, params: dict[str, int], code: int | None) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        symbol = {} if method == "allOrderLists" else {"symbol": "BTCUSDT"}
        answer = await raw.ask(method, raw.sign({**params, **symbol}))
        assert answer.get("error", {}).get("code") == code


@pytest.mark.parametrize(
    ("params", "good"),
    [
        ({"preventedMatchId": 0}, True),
        ({"orderId": 1}, True),
        ({"orderId": 1, "fromPreventedMatchId": 0, "limit": 5}, True),
        ({}, False),
        ({"preventedMatchId": 0, "orderId": 1}, False),
        ({"preventedMatchId": 0, "limit": 5}, False),
        ({"orderId": 1, "fromPreventedMatchId": 0}, True),
        ({"orderId": 1, "limit": 5}, False),
    ],
)
async def test_prevented_matches_are_asked_for_in_the_documented_ways(params: dict[str, int], good: bool) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        answer = await raw.ask("myPreventedMatches", raw.sign({"symbol": "BTCUSDT", **params}))
        assert answer["status"] == (200 if good else 400), answer


def test_requests_reach_the_engine_in_the_order_in_which_they_came() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", queue_delay=(0.0, 1.0)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            for number in range(20):
                await raw.send("order.place", raw.sign({**LIMIT, "price": "50000", "newClientOrderId": f"n{number}"}))
                await asyncio.sleep(0.02)
            for _ in range(20):
                assert (await raw.receive())["status"] == 200
            assert [order.original_id for order in exchange.truth.all_orders()] == [
                f"n{number}" for number in range(20)
            ]

    run(life)


def test_a_changed_order_never_shows_before_an_earlier_one_of_its_account() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=2, market="manual", lag=(0, 5)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            for number in range(10):
                await raw.signed("order.place", **LIMIT, price="50000", newClientOrderId=f"n{number}")
            seen: list[int] = []
            while not seen or seen[-1] < 10:
                rows = (await raw.signed("allOrders", symbol="BTCUSDT"))["result"]
                assert [row["clientOrderId"] for row in rows] == [f"n{number}" for number in range(len(rows))]
                seen.append(len(rows))
                await asyncio.sleep(0.1)
            assert len(set(seen)) > 2, "they show one after the other"

    run(life)


async def test_an_old_order_that_changes_does_not_take_its_id_back() -> None:
    """Two orders used the id; the older one's later life must not hide the newer one."""
    async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        which = {"symbol": "BTCUSDT", "origClientOrderId": "a"}
        exchange.quote("BTCUSDT", asks=[("50000", "0.1")])
        await raw.signed("order.place", **LIMIT, price="50000", newClientOrderId="a")
        await raw.signed("order.place", **LIMIT, price="40000", newClientOrderId="a")
        row = (await raw.signed("order.status", **which))["result"]
        assert row["price"] == "40000.00000000"
        assert [order.order_id for order in exchange.truth.orders["a"]] == [
            each["orderId"] for each in (await raw.signed("allOrders", symbol="BTCUSDT"))["result"]
        ]


@pytest.mark.parametrize(
    ("mode", "group", "amounts"),
    [
        ("EXPIRE_MAKER", -1, {"makerPreventedQuantity": "0.30000000"}),
        ("EXPIRE_TAKER", -1, {"takerPreventedQuantity": "0.10000000"}),
        ("EXPIRE_BOTH", 7, {"takerPreventedQuantity": "0.10000000", "makerPreventedQuantity": "0.30000000"}),
        ("DECREMENT", 7, {"takerPreventedQuantity": "0.10000000", "makerPreventedQuantity": "0.10000000"}),
        ("NONE", 7, None),
    ],
)
async def test_a_full_answer_names_the_matches_it_was_stopped_from(
    mode: str, group: int, amounts: dict[str, str] | None
) -> None:
    """stp_faq, scenarios B to H: `preventedMatches`, and the trade group if there is one."""
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.set_account("alice", trade_group=group)
        resting = {**LIMIT, "side": "SELL", "quantity": "0.3", "price": "50000"}
        maker = (await raw.signed("order.place", **resting))["result"]["orderId"]
        taker = {**LIMIT, "price": "50000", "selfTradePreventionMode": mode, "newOrderRespType": "FULL"}
        row = (await raw.signed("order.place", **taker))["result"]
        if amounts is None:
            assert not {"preventedMatches", "tradeGroupId", "preventedQuantity"} & row.keys()
            return
        told = {"preventedMatchId": 0, "makerSymbol": "BTCUSDT", "makerOrderId": maker, "price": "50000.00000000"}
        assert row["preventedMatches"] == [told | amounts]
        assert row.get("tradeGroupId", -1) == group
        assert row.get("preventedQuantity") == amounts.get("takerPreventedQuantity")


async def test_what_was_prevented_is_told_where_it_belongs() -> None:
    """The group by RESULT, too; the number of the match by queries alone (CHANGELOG, 2023-01-19; the SBE schemas)."""
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.set_account("alice", trade_group=7)
        await raw.signed("userDataStream.subscribe.signature")
        resting = {**LIMIT, "side": "SELL", "quantity": "0.3", "price": "50000"}
        which = {"symbol": "BTCUSDT", "orderId": (await raw.signed("order.place", **resting))["result"]["orderId"]}
        taker = {**LIMIT, "price": "50000", "selfTradePreventionMode": "DECREMENT", "newOrderRespType": "RESULT"}
        row = (await raw.signed("order.place", **taker))["result"]
        assert (row["tradeGroupId"], row["preventedQuantity"]) == (7, "0.10000000")
        assert not {"preventedMatches", "preventedMatchId"} & row.keys()
        found = (await raw.signed("order.status", **which))["result"]
        assert (found["preventedMatchId"], found["preventedQuantity"]) == (0, "0.10000000")
        amended = (await raw.signed("order.amend.keepPriority", **which, newQty="0.25"))["result"]["amendedOrder"]
        assert amended["preventedQty"] == "0.10000000"
        assert not {"preventedMatchId", "preventedQuantity"} & amended.keys()
        gone = (await raw.signed("order.cancel", **which))["result"]
        assert gone["preventedQuantity"] == "0.10000000"
        assert "preventedMatchId" not in gone
        reports = [await raw.event("executionReport") for _ in range(6)]
        later = [report for report in reports if report["x"] in ("REPLACED", "CANCELED")]
        # What was prevented over the life of an order is in all its later reports, what was prevented last is not.
        assert [(report["A"], report.keys() & {"B", "v", "u", "U", "Cs", "pl"}) for report in later] == [
            ("0.10000000", set()),
            ("0.10000000", set()),
        ]


@pytest.mark.parametrize(
    ("stop", "tracks"), [({"trailingDelta": 100}, True), ({"trailingDelta": 100, "stopPrice": "40000"}, False)]
)
async def test_a_trailing_stop_is_reported_as_it_is_answered(stop: dict[str, Any], tracks: bool) -> None:
    """Without a stop price it tracks once it is placed (trailing-stop-faq, scenario E), alone and pending in a list."""
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("BTCUSDT", bids=[("50000", "5")], asks=[("50001", "5")])
        await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
        await raw.signed("userDataStream.subscribe.signature")
        sell = {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "type": "STOP_LOSS",
            "quantity": "0.1",
            "newOrderRespType": "RESULT",
        }
        row = (await raw.signed("order.place", **sell, **stop))["result"]
        report = await raw.event("executionReport")
        assert report["D"] == row["trailingTime"] == (row["transactTime"] if tracks else -1)
        working = {"workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "50001", "workingQuantity": "0.1"}
        pending = {
            "pendingType": "STOP_LOSS",
            "pendingSide": "SELL",
            "pendingQuantity": "0.1",
            "workingTimeInForce": "GTC",
        }
        legs = {f"pending{name[0].upper()}{name[1:]}": value for name, value in stop.items()}
        await raw.signed("orderList.place.oto", symbol="BTCUSDT", **working, **pending, **legs)
        told = [await raw.event("executionReport") for _ in range(4)]
        waits, placed = (report["D"] for report in told if report["o"] == "STOP_LOSS")
        assert (waits, placed > 0) == (-1, tracks)


async def test_the_reports_of_an_order_add_up() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("userDataStream.subscribe.signature")
        exchange.quote("BTCUSDT", asks=[("50000", "0.04"), ("50001", "0.01")])
        await raw.signed("order.place", **LIMIT, price="50001", newClientOrderId="a")
        await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="a", newClientOrderId="b")
        rows = [await raw.event("executionReport") for _ in range(4)]
        shown = [[row[name] for name in ("x", "X", "l", "L", "z", "Z", "t", "m", "c", "C")] for row in rows]
        assert shown == [
            ["NEW", "NEW", "0.00000000", "0.00000000", "0.00000000", "0.00000000", -1, False, "a", ""],
            [
                "TRADE",
                "PARTIALLY_FILLED",
                "0.04000000",
                "50000.00000000",
                "0.04000000",
                "2000.00000000",
                0,
                False,
                "a",
                "",
            ],
            [
                "TRADE",
                "PARTIALLY_FILLED",
                "0.01000000",
                "50001.00000000",
                "0.05000000",
                "2500.01000000",
                1,
                False,
                "a",
                "",
            ],
            ["CANCELED", "CANCELED", "0.00000000", "0.00000000", "0.05000000", "2500.01000000", -1, False, "b", "a"],
        ]
        assert [row["N"] for row in rows] == [None, "BTC", "BTC", None]
        assert [row["M"] for row in rows] == [False, True, True, False]
        assert [row["n"] for row in rows] == ["0", "0.00004000", "0.00001000", "0"]
        assert len({row["I"] for row in rows}) == 4
