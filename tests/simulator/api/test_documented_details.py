"""Details of the documentation that clients page, count and branch by; each asked over a bare socket."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from binance_wsapi.simulator import LISTINGS, LocalExchange
from binance_wsapi.simulator.venue.listing import listing
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key

BTC = {"symbol": "BTCUSDT"}


async def bought(raw: Raw, prices: int = 5) -> None:
    """Fill one market order at several prices, all in one moment."""
    raw.exchange.quote("BTCUSDT", asks=[(str(60_000 + each), "0.01") for each in range(prices)])
    order = {"side": "BUY", "type": "MARKET", "quantity": f"0.0{prices}"}
    assert (await raw.signed("order.place", **BTC, **order))["result"]["status"] == "FILLED"


@pytest.mark.parametrize("unit", ["millisecond", "microsecond"])
def test_the_end_of_a_span_includes_every_row_shown_with_that_millisecond(unit: str) -> None:
    """``endTime`` of myTrades, allOrders, allOrderLists, myAllocations and trades.aggregate."""

    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lag=(0, 0)) as exchange:
            add_hmac_key(exchange)
            async with Raw(exchange, url=f"{exchange.url}?timeUnit={unit}") as raw:
                await asyncio.sleep(0.000_4)  # not at the beginning of a millisecond
                await bought(raw)
                legs = {"aboveType": "LIMIT_MAKER", "abovePrice": "70000", "belowType": "STOP_LOSS"}
                placed = await raw.signed(
                    "orderList.place.oco", **BTC, side="SELL", quantity="0.1", belowStopPrice="50000", **legs
                )
                assert placed["status"] == 200
                for method, field, rows in (
                    ("myTrades", "time", 5),
                    ("allOrders", "updateTime", 3),
                    ("allOrderLists", "transactionTime", 1),
                ):
                    which = {} if method == "allOrderLists" else BTC
                    shown = (await raw.signed(method, **which))["result"][-1][field]
                    ms = shown // (1 if unit == "millisecond" else 1000)
                    assert len((await raw.signed(method, **which, endTime=ms))["result"]) == rows, method
                    window: dict[str, Any] = {"startTime": ms - 1000, "endTime": ms}
                    assert len((await raw.signed(method, **which, **window))["result"]) == rows, method
                    after: dict[str, Any] = {"startTime": ms + 1, "endTime": ms + 1000}
                    assert (await raw.signed(method, **which, **after))["result"] == [], method
                rows_of_tape = await raw.get("trades.aggregate", BTC)
                ms = rows_of_tape[-1]["T"] // (1 if unit == "millisecond" else 1000)
                assert await raw.get("trades.aggregate", {**BTC, "startTime": ms, "endTime": ms}) == rows_of_tape

    run(life)


def test_paging_backwards_by_the_oldest_time_shown_loses_nothing() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await bought(raw)
            newest = (await raw.signed("myTrades", **BTC, endTime=exchange.clock.now_ms() + 1, limit=2))["result"]
            older = (await raw.signed("myTrades", **BTC, endTime=newest[0]["time"]))["result"]
            assert {row["id"] for row in newest} | {row["id"] for row in older} == {0, 1, 2, 3, 4}

    run(life)


def test_a_day_between_two_milliseconds_is_allowed_and_a_millisecond_more_is_not() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            day: dict[str, Any] = {"startTime": 1_000, "endTime": 86_401_000}
            assert (await raw.signed("myTrades", **BTC, **day))["status"] == 200
            assert (await raw.signed("myTrades", **BTC, **{**day, "endTime": 86_401_001}))["error"]["code"] == -1127

    run(life)


@pytest.mark.parametrize("identity", ["", "a" * 37, "x" * 5000, "这是", -5, 2**70, None, 0])
def test_a_request_id_of_any_length_is_echoed(identity: Any) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            answer = await raw.ask("ping", id=identity)
            assert (answer["status"], answer["id"], type(answer["id"])) == (200, identity, type(identity))

    run(life)


@pytest.mark.parametrize("identity", [1.5, True, [], {}])
def test_an_id_of_another_type_is_refused(identity: Any) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            await raw.send("ping", id=identity)
            answer = await raw.receive()
            assert (answer["status"], answer["id"], answer["error"]["code"]) == (400, None, -1130)

    run(life)


@pytest.mark.parametrize(
    ("frame", "identity", "code", "msg"),
    [
        ('{"method":"ping"}', None, -1102, "Mandatory parameter 'id' was not sent, was empty/null, or malformed."),
        (
            '{"id":7,"method":"ping","colour":"red"}',
            7,
            -1104,
            "Not all sent parameters were read; read '2' parameter(s) but was sent '3'.",
        ),
        (
            '{"id":7,"method":"ping","params":{},"a":1,"b":2}',
            7,
            -1104,
            "Not all sent parameters were read; read '3' parameter(s) but was sent '5'.",
        ),
    ],
)
async def test_a_frame_has_an_id_a_method_and_parameters(frame: str, identity: Any, code: int, msg: str) -> None:
    """The id is mandatory, though it may be null ("Request format")."""
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await raw.socket.send(frame)
        answer = await raw.receive()
        assert (answer["status"], answer["id"], answer["error"]) == (400, identity, {"code": code, "msg": msg})


@pytest.mark.parametrize(
    ("method", "leg"),
    [
        ("orderList.place.oco", "below"),
        ("orderList.place.oto", "pending"),
        ("orderList.place.otoco", "pendingBelow"),
        ("orderList.place.opo", "pending"),
        ("orderList.place.opoco", "pendingBelow"),
    ],
)
async def test_a_stop_that_is_missing_has_the_name_it_has_on_its_leg(method: str, leg: str) -> None:
    working = {"workingType": "LIMIT_MAKER", "workingSide": "BUY", "workingPrice": "50000", "workingQuantity": "0.1"}
    above = leg.replace("below", "above").replace("Below", "Above")
    params: dict[str, Any] = dict(BTC)
    if leg == "below":
        params |= {"side": "SELL", "quantity": "0.1"}
    else:
        params |= working | {"pendingSide": "SELL"}
        if "opo" not in method:
            params["pendingQuantity"] = "0.1"
    if above != leg:
        params |= {f"{above}Type": "LIMIT_MAKER", f"{above}Price": "70000"}
    params[f"{leg}Type"] = "STOP_LOSS"
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        error = (await raw.signed(method, **params))["error"]
        assert error == {
            "code": -1102,
            "msg": f"Param '{leg}StopPrice' or '{leg}TrailingDelta' must be sent, but both were empty/null!",
        }


def test_a_trailing_stop_shows_since_when_it_tracks_in_every_query() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await bought(raw, 1)
            stop: dict[str, Any] = {
                "type": "STOP_LOSS_LIMIT",
                "timeInForce": "GTC",
                "quantity": "0.01",
                "price": "65000",
            }
            stop |= {"stopPrice": "62000", "trailingDelta": 500, "newClientOrderId": "A"}
            assert (await raw.signed("order.place", **BTC, side="BUY", **stop))["status"] == 200
            which = {**BTC, "origClientOrderId": "A"}
            assert (await raw.signed("order.status", **which))["result"]["trailingTime"] == -1
            exchange.quote("BTCUSDT", asks=[("62000", "1")])
            await raw.signed("order.place", **BTC, side="BUY", type="MARKET", quantity="0.01")
            began = exchange.clock.now_ms()
            assert began - 1000 < (await raw.signed("order.status", **which))["result"]["trailingTime"] <= began
            for method in ("openOrders.status", "allOrders"):
                rows = (await raw.signed(method, **BTC))["result"]
                (row,) = [each for each in rows if each["clientOrderId"] == "A"]
                assert began - 1000 < row["trailingTime"] <= began, method

    run(life)


def test_a_day_of_statistics_begins_at_its_own_opening_time() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await asyncio.sleep(60 - exchange.clock.now_ms() / 1000 % 60 + 10)  # ten seconds into a minute
            await bought(raw, 1)
            await asyncio.sleep(10)
            await bought(raw, 2)
            await asyncio.sleep(86_400 - 5)  # between the two, a day ago
            async with Raw(exchange) as later:  # a connection ends after a day
                day = await later.get("ticker.24hr", BTC)
                await asyncio.sleep(30)
                empty = await later.get("ticker.24hr", BTC)
            assert (day["count"], day["volume"], day["openPrice"]) == (2, "0.02000000", "60000.00000000")
            assert (day["firstId"], day["lastId"], day["prevClosePrice"]) == (1, 2, "60000.00000000")
            assert day["closeTime"] - day["openTime"] == 86_400_000
            assert (empty["count"], empty["volume"], empty["lastPrice"]) == (0, "0.00000000", "60001.00000000")

    run(life)


def test_a_list_cancelled_by_its_own_method_shows_orders_that_keep_their_ids() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await bought(raw, 1)
            legs = {
                "aboveType": "LIMIT_MAKER",
                "abovePrice": "70000",
                "belowType": "STOP_LOSS",
                "belowStopPrice": "50000",
            }
            legs |= {"aboveClientOrderId": "ab", "belowClientOrderId": "be", "side": "SELL", "quantity": "0.1"}
            placed = (await raw.signed("orderList.place.oco", **BTC, **legs))["result"]
            gone = (await raw.signed("orderList.cancel", **BTC, orderListId=placed["orderListId"]))["result"]
            assert {report["clientOrderId"] for report in gone["orderReports"]} == {"ab", "be"}
            assert all("origClientOrderId" not in report for report in gone["orderReports"])

    run(life)


@pytest.mark.parametrize(
    ("conditions", "allowed"),
    [
        ({}, True),
        ({"startTime": 1}, True),
        ({"endTime": 1}, True),
        ({"startTime": 1, "endTime": 2}, True),
        ({"fromAllocationId": 0}, True),
        ({"orderId": 1}, True),
        ({"orderId": 1, "fromAllocationId": 0}, True),
        ({"orderId": 1, "startTime": 1}, False),
        ({"orderId": 1, "endTime": 1}, False),
        ({"fromAllocationId": 0, "startTime": 1}, False),
        ({"orderId": 1, "fromAllocationId": 0, "endTime": 1}, False),
    ],
)
def test_allocations_take_the_documented_combinations_only(conditions: dict[str, Any], allowed: bool) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            answer = await raw.signed("myAllocations", **BTC, **conditions)
            assert answer["status"] == 200 if allowed else answer["error"]["code"] == -1128

    run(life)


async def test_prevented_matches_of_an_unknown_symbol_weigh_two() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        before = (await raw.ask("ping"))["rateLimits"][0]["count"]
        answer = await raw.signed("myPreventedMatches", symbol="NOSUCH", orderId=1)
        assert (answer["error"]["code"], answer["rateLimits"][0]["count"] - before) == (-1121, 2)
        answer = await raw.signed("myPreventedMatches", **BTC, orderId=1)
        assert answer["rateLimits"][0]["count"] - before == 22


async def test_a_window_ticker_takes_two_hundred_symbols_at_most() -> None:
    more = [listing(f"A{each}", "USDT", "1", "0.01", "0.01") for each in range(201)]
    async with LocalExchange(market="manual", listings=[*LISTINGS, *more]) as exchange, Raw(exchange) as raw:
        names = [each.spec.symbol for each in more]
        assert len(await raw.get("ticker", {"symbols": names[:200]})) == 200
        assert (await raw.ask("ticker", {"symbols": names}))["error"]["code"] == -1130


async def test_an_account_of_a_trade_group_is_told_which() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        assert (await raw.signed("account.status"))["result"]["tradeGroupId"] == -1
        exchange.set_account("alice", trade_group=7)
        assert (await raw.signed("account.status"))["result"]["tradeGroupId"] == 7


async def test_the_old_oco_counts_as_one_order_in_the_filters() -> None:
    from binance_wsapi.simulator.engine import MaxNumOrders

    (btc,) = [each for each in LISTINGS if each.spec.symbol == "BTCUSDT"]
    filters = (*(each for each in btc.spec.filters if not isinstance(each, MaxNumOrders)), MaxNumOrders(2))
    narrow = replace(btc, spec=replace(btc.spec, filters=filters))
    async with LocalExchange(market="manual", listings=[narrow]) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await bought(raw, 1)
        order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "50000"}
        assert (await raw.signed("order.place", **BTC, **order))["status"] == 200
        new = {"aboveType": "LIMIT_MAKER", "abovePrice": "70000", "belowType": "STOP_LOSS", "belowStopPrice": "50000"}
        answer = await raw.signed("orderList.place.oco", **BTC, side="SELL", quantity="0.1", **new)
        assert answer["error"]["msg"] == "Filter failure: MAX_NUM_ORDERS"
        old = {"price": "70000", "stopPrice": "50000"}
        assert (await raw.signed("orderList.place", **BTC, side="SELL", quantity="0.1", **old))["status"] == 200


async def test_over_rest_sbe_alone_is_not_acceptable_and_listen_keys_are_gone() -> None:
    async with LocalExchange(market="manual") as exchange, httpx.AsyncClient(base_url=exchange.rest_url) as rest:
        assert (await rest.get("/api/v3/time", headers={"Accept": "application/sbe"})).status_code == 406
        both = {"Accept": "application/sbe, application/json"}
        answer = await rest.get("/api/v3/time", headers={**both, "X-MBX-SBE": "3:5"})
        assert (answer.status_code, list(answer.json())) == (200, ["serverTime"])
        assert (await rest.get("/api/v3/time", headers={"Accept": "*/*"})).status_code == 200
        for method in ("POST", "PUT", "DELETE"):
            assert (await rest.request(method, "/api/v3/userDataStream")).status_code == 410


async def test_quoting_a_symbol_that_does_not_trade_raises_the_documented_error() -> None:
    async with LocalExchange(market="manual") as exchange:
        exchange.quote("BTCUSDT", bids=[("59000", "1")])
        for status in ("HALT", "BREAK"):
            exchange.set_status("BTCUSDT", status)
            with pytest.raises(ValueError, match=f"BTCUSDT must be TRADING to be quoted, got {status}"):
                exchange.quote("BTCUSDT", bids=[("59001", "1")])
        async with Raw(exchange) as raw:
            assert (await raw.get("depth", {"symbol": "BTCUSDT"}))["bids"] == [["59000.00000000", "1.00000000"]]
