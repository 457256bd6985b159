"""What the answers say is what happened: figures of methods whose shape alone is not enough to trust them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.simulation.loop import VirtualLoop, run
from tests.simulator.conformance.stage import LIMIT, LISTED, Stage, stage
from tests.simulator.conformance.test_refusals import BUY, MARKET, OCO, SELL, listing
from tests.simulator.desk import add_ed25519_key, log_on

method = pytest.mark.parity
XYZ = {"symbol": "XYZUSDT"}
PRICES = ("100", "104", "98", "102")


async def trades(raw: Stage) -> None:
    """Have four trades: of 1, 2, 3 and 4, bought at 100 and 104 and sold at 98 and 102, by `alice`."""
    raw.exchange.deposit("alice", "XYZ", "1000")
    for number, price in enumerate(PRICES):
        side = "BUY" if number < 2 else "SELL"
        quote = {"asks" if side == "BUY" else "bids": [(price, "50")]}
        raw.exchange.quote("XYZUSDT", **quote)
        await raw.must("order.place", **{**MARKET, "side": side, "quantity": str(number + 1)})
    raw.exchange.quote("XYZUSDT", bids=[("100", "5"), ("99", "6")], asks=[("103", "7"), ("104", "8")])


VOLUME = Decimal(1 + 2 + 3 + 4)
VALUE = Decimal(100 + 2 * 104 + 3 * 98 + 4 * 102)
MEAN = VALUE / VOLUME


def numbers(row: dict[str, Any], *names: str) -> list[Decimal]:
    return [Decimal(row[name]) for name in names]


@method("method", "trades.recent", "trades.historical", "trades.aggregate")
async def test_trades_are_told_in_order_with_their_taker() -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        await trades(raw)
        rows = await raw.get("trades.recent", XYZ)
        assert [Decimal(row["price"]) for row in rows] == [Decimal(each) for each in PRICES]
        assert [Decimal(row["qty"]) for row in rows] == [1, 2, 3, 4]
        assert [Decimal(row["quoteQty"]) for row in rows] == [100, 208, 294, 408]
        assert [row["isBuyerMaker"] for row in rows] == [False, False, True, True]
        assert [row["id"] for row in rows] == [0, 1, 2, 3]
        assert await raw.get("trades.historical", {**XYZ, "fromId": 1, "limit": 2}) == rows[1:3]
        assert await raw.get("trades.recent", {**XYZ, "limit": 2}) == rows[2:]
        joined = await raw.get("trades.aggregate", XYZ)
        assert [(row["a"], row["f"], row["l"], row["p"], row["m"]) for row in joined] == [
            (row["id"], row["id"], row["id"], row["price"], row["isBuyerMaker"]) for row in rows
        ]


@method("method", "exchangeInfo")
async def test_a_symbol_for_a_group_alone_is_described_to_who_asks_for_it() -> None:
    """exchangeInfo, Notes: without parameters those of SPOT, MARGIN and LEVERAGED."""
    own = listing()[-1]
    grouped = replace(own, spec=replace(own.spec, permission_sets=(("TRD_GRP_002",),)))
    async with stage(quoted=False, listings=(*LISTED, grouped)) as raw:
        for asked, told in (
            ({}, False),
            ({"permissions": ["SPOT"]}, False),
            ({"permissions": ["TRD_GRP_002"]}, True),
            ({"permissions": "TRD_GRP_002"}, True),
            ({"permissions": ["LEVERAGED", "TRD_GRP_025"]}, False),
            ({"permissions": ["TRD_GRP_002"], "symbolStatus": "HALT"}, False),
            (XYZ, True),
            ({"symbols": ["XYZUSDT"]}, True),
        ):
            rows = (await raw.get("exchangeInfo", asked))["symbols"]
            assert ("XYZUSDT" in [row["symbol"] for row in rows]) is told
        assert (await raw.ask("exchangeInfo", {"permissions": ["SPOTS"]}))["error"]["code"] == -1130
        (row,) = (await raw.get("exchangeInfo", XYZ))["symbols"]
        assert (row["isSpotTradingAllowed"], row["isMarginTradingAllowed"]) == (False, False)


@method("method", "blockTrades.historical")
@method("market stream", "<symbol>@blockTrade")
async def test_block_trades_have_numbers_of_their_own_and_move_nothing() -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        await trades(raw)
        for quantity in ("10", "20", "30"):
            raw.exchange.block_trade("XYZUSDT", "50", quantity, buyer_is_maker=quantity == "20")
        rows = await raw.get("blockTrades.historical", {**XYZ, "fromId": 1})
        assert [(row["id"], row["qty"], row["quoteQty"], row["isBuyerMaker"]) for row in rows] == [
            (1, "20.00000000", "1000.00000000", True),
            (2, "30.00000000", "1500.00000000", False),
        ]
        assert await raw.get("ticker.price", XYZ) == {**XYZ, "price": "102.00000000"}
        with pytest.raises(ValueError, match="positive"):
            raw.exchange.block_trade("XYZUSDT", "0", "1")


@method("method", "ticker.24hr", "ticker", "ticker.tradingDay", "ticker.price", "ticker.book", "avgPrice")
@pytest.mark.parametrize("name", ["ticker.24hr", "ticker", "ticker.tradingDay"])
async def test_statistics_are_those_of_the_trades(name: str) -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        await trades(raw)
        row = await raw.get(name, XYZ)
        assert numbers(row, "openPrice", "highPrice", "lowPrice", "lastPrice") == [100, 104, 98, 102]
        assert numbers(row, "volume", "quoteVolume", "priceChange") == [VOLUME, VALUE, 2]
        assert row["priceChangePercent"] == "2.000"
        assert Decimal(row["weightedAvgPrice"]) == MEAN
        assert (row["firstId"], row["lastId"], row["count"]) == (0, 3, 4)
        assert (await raw.get(name, {"symbols": ["XYZUSDT"]}))[0].keys() == row.keys()
        if name == "ticker.24hr":
            best = ("bidPrice", "bidQty", "askPrice", "askQty")
            assert numbers(row, *best) == [100, 5, 103, 7]
            book = await raw.get("ticker.book", XYZ)
            assert numbers(book, *best) == [100, 5, 103, 7]
        assert Decimal((await raw.get("avgPrice", XYZ))["price"]) == MEAN


@method("method", "klines", "uiKlines")
@pytest.mark.parametrize("name", ["klines", "uiKlines"])
async def test_a_candle_holds_the_trades_of_its_interval(name: str) -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        await trades(raw)
        rows = await raw.get(name, {**XYZ, "interval": "1M"})
        assert len(rows) == 1
        row = rows[0]
        assert [Decimal(each) for each in row[1:6]] == [100, 104, 98, 102, VOLUME]
        assert (Decimal(row[7]), row[8]) == (VALUE, 4)
        assert [Decimal(row[9]), Decimal(row[10])] == [3, 308]  # what takers bought


@method("method", "depth")
async def test_a_book_is_shown_best_first_and_cut_at_its_limit() -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        await trades(raw)
        book = await raw.get("depth", XYZ)
        assert [[Decimal(each) for each in level] for level in book["bids"]] == [[100, 5], [99, 6]]
        assert [[Decimal(each) for each in level] for level in book["asks"]] == [[103, 7], [104, 8]]
        short = await raw.get("depth", {**XYZ, "limit": 1})
        assert (short["bids"], short["asks"]) == (book["bids"][:1], book["asks"][:1])
        await raw.must("order.place", **BUY)
        assert (await raw.get("depth", XYZ))["lastUpdateId"] == book["lastUpdateId"] + 1


@method("method", "ping", "time")
async def test_the_time_is_the_exchanges_own() -> None:
    async with stage(quoted=False) as raw:
        raw.exchange.clock.step(1000)
        assert await raw.get("ping") == {}
        before = raw.exchange.clock.now_ms()
        shown = (await raw.get("time"))["serverTime"]
        assert before <= shown <= raw.exchange.clock.now_ms()


@method("method", "exchangeInfo", "executionRules")
async def test_what_is_listed_is_told_with_its_rules() -> None:
    async with stage(quoted=False) as raw:
        everything = await raw.get("exchangeInfo")
        names = [row["symbol"] for row in everything["symbols"]]
        assert "这是测试币USDT" in names
        assert everything["sors"] == [{"baseAsset": "BTC", "symbols": ["BTCUSDT", "BTCUSDC"]}]
        two = await raw.get("exchangeInfo", {"symbols": ["BTCUSDT", "BAZUSD"]})
        assert [row["symbol"] for row in two["symbols"]] == ["BTCUSDT", "BAZUSD"]
        raw.exchange.set_status("BTCUSDT", "HALT")
        halted = await raw.get("exchangeInfo", {"symbolStatus": "HALT"})
        assert [row["symbol"] for row in halted["symbols"]] == ["BTCUSDT"]
        rules = (await raw.get("executionRules"))["symbolRules"]
        assert {row["symbol"] for row in rules} == {"BNBUSDT", "BAZUSD", "EXTUSD"}


@method("method", "referencePrice", "referencePrice.calculation")
async def test_a_reference_price_from_outside_is_shown_until_it_is_taken_back() -> None:
    async with stage(quoted=False) as raw:
        never = await raw.get("referencePrice", {"symbol": "EXTUSD"})
        assert never == {"code": -2043, "msg": "This symbol doesn't have a reference price."}
        raw.exchange.set_reference_price("EXTUSD", "1.5")
        assert (await raw.get("referencePrice", {"symbol": "EXTUSD"}))["referencePrice"] == "1.50000000"
        raw.exchange.set_reference_price("EXTUSD", None)
        assert (await raw.get("referencePrice", {"symbol": "EXTUSD"}))["referencePrice"] is None
        how = await raw.get("referencePrice.calculation", {"symbol": "EXTUSD"})
        assert how == {"symbol": "EXTUSD", "calculationType": "EXTERNAL", "externalCalculationId": 42}


@method("error code", "-2043")
async def test_without_a_reference_price_there_is_no_calculation() -> None:
    async with stage(quoted=False) as raw:
        answer = await raw.ask("referencePrice.calculation", {"symbol": "BTCUSDT"})
        assert (answer["status"], answer["error"]["code"]) == (400, -2043)


@method("method", "order.test", "sor.order.test")
@pytest.mark.parametrize("name", ["order.test", "sor.order.test"])
async def test_a_test_order_is_checked_and_leaves_nothing_behind(name: str) -> None:
    async with stage() as raw:
        assert await raw.must(name, **LIMIT) == {}
        assert await raw.must("openOrders.status") == []
        refused = await raw.signed(name, **{**LIMIT, "quantity": "0.0000001"})
        assert refused["error"] == {"code": -1013, "msg": "Filter failure: LOT_SIZE"}
        rates = await raw.must(name, **LIMIT, computeCommissionRates="true")
        assert rates["standardCommissionForOrder"] == {"maker": "0.00100000", "taker": "0.00100000"}


@method("method", "account.commission", "order.test", "sor.order.test")
@pytest.mark.parametrize(("side", "maker"), [("BUY", "0.01100000"), ("SELL", "0.02100000")])
async def test_an_orders_rates_have_those_of_its_side_in_them(side: str, maker: str) -> None:
    """commission_faq: the samples of both answers, whose figures differ by the buyer's and the seller's rate."""
    listed = tuple(replace(each, spec=replace(each.spec, discount_enabled=False)) for each in LISTED)
    async with stage(listings=listed) as raw:
        rates = {"maker": "0.001", "taker": "0.002", "buyer": "0.01", "seller": "0.02"}
        raw.exchange.set_commission(standard=rates, special=rates, tax=rates)
        raw.exchange.set_discount(enabled=True)
        told = await raw.must("account.commission", symbol="BTCUSDT")
        for name in ("order.test", "sor.order.test"):
            row = await raw.must(name, **{**LIMIT, "side": side}, computeCommissionRates="true")
            for kind in ("standard", "special", "tax"):
                assert row[f"{kind}CommissionForOrder"]["maker"] == maker
                by_side = told[f"{kind}Commission"]["buyer" if side == "BUY" else "seller"]
                taker = Decimal(told[f"{kind}Commission"]["taker"]) + Decimal(by_side)
                assert Decimal(row[f"{kind}CommissionForOrder"]["taker"]) == taker
            assert row["discount"] == told["discount"]
            assert (row["discount"]["enabledForAccount"], row["discount"]["enabledForSymbol"]) == (True, False)


@method("method", "account.commission", "account.status", "myTrades")
@method("behaviour", "commission: standard, special and tax rates of maker, taker, buyer and seller")
async def test_commission_is_taken_as_told() -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        raw.exchange.deposit("alice", "XYZ", "1000")
        raw.exchange.set_commission(
            standard={"maker": "0.001", "taker": "0.002", "buyer": "0.01", "seller": "0.02"},
            special={"taker": "0.003"},
            tax={"taker": "0.004"},
        )
        raw.exchange.set_discount(enabled=False)
        told = await raw.must("account.commission", **XYZ)
        assert told["specialCommission"]["taker"] == "0.00300000"
        assert told["discount"]["enabledForAccount"] is False
        raw.exchange.quote("XYZUSDT", bids=[("100", "50")])
        before = {row["asset"]: Decimal(row["free"]) for row in (await raw.must("account.status"))["balances"]}
        placed = await raw.must("order.place", **{**MARKET, "side": "SELL", "quantity": "10"})
        after = {row["asset"]: Decimal(row["free"]) for row in (await raw.must("account.status"))["balances"]}
        due = 1000 * (Decimal("0.002") + Decimal("0.02") + Decimal("0.003") + Decimal("0.004"))
        assert after["USDT"] - before["USDT"] == 1000 - due
        assert after["XYZ"] - before["XYZ"] == -10
        fill = (await raw.must("myTrades", **XYZ, orderId=placed["orderId"]))[0]
        assert (Decimal(fill["commission"]), fill["commissionAsset"], fill["isBuyer"]) == (due, "USDT", False)
        assert Decimal(placed["fills"][0]["commission"]) == due


@method("method", "allOrders", "order.status", "openOrders.status", "openOrders.cancelAll", "order.cancel")
async def test_orders_are_asked_for_one_by_one_open_and_all() -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        raw.exchange.deposit("alice", "XYZ", "1000")
        ids = [(await raw.must("order.place", **SELL))["orderId"] for _ in range(4)]
        await raw.must("order.cancel", **XYZ, orderId=ids[1])
        open_ids = [row["orderId"] for row in await raw.must("openOrders.status", **XYZ)]
        assert open_ids == [ids[0], ids[2], ids[3]]
        rows = await raw.must("allOrders", **XYZ)
        assert [row["orderId"] for row in rows] == ids
        assert [row["status"] for row in rows] == ["NEW", "CANCELED", "NEW", "NEW"]
        assert await raw.must("allOrders", **XYZ, orderId=ids[2], limit=1) == rows[2:3]
        assert await raw.must("order.status", **XYZ, orderId=ids[1]) == rows[1]
        gone = await raw.must("openOrders.cancelAll", **XYZ)
        assert {row["orderId"] for row in gone} == set(open_ids)
        assert await raw.must("openOrders.status") == []


@method(
    "method", "orderList.status", "openOrderLists.status", "allOrderLists", "orderList.cancel", "orderList.place.oco"
)
async def test_lists_are_asked_for_one_by_one_open_and_all() -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        raw.exchange.deposit("alice", "XYZ", "1000")
        placed = [await raw.must("orderList.place.oco", **OCO, listClientOrderId=f"list-{n}") for n in range(3)]
        numbers_ = [each["orderListId"] for each in placed]
        await raw.must("orderList.cancel", **XYZ, orderListId=numbers_[1])
        rows = await raw.must("allOrderLists")
        assert [(row["orderListId"], row["listOrderStatus"]) for row in rows] == [
            (numbers_[0], "EXECUTING"),
            (numbers_[1], "ALL_DONE"),
            (numbers_[2], "EXECUTING"),
        ]
        still = await raw.must("openOrderLists.status")
        assert [row["orderListId"] for row in still] == [numbers_[0], numbers_[2]]
        assert await raw.must("orderList.status", orderListId=numbers_[2]) == rows[2]
        assert await raw.must("allOrderLists", fromId=numbers_[2]) == rows[2:]
        # "If both are specified, only origClientOrderId is used" (orderList.status).
        assert await raw.must("orderList.status", orderListId=numbers_[0], origClientOrderId="list-2") == rows[2]


@method("method", "order.amendments", "order.amend.keepPriority")
async def test_amendments_are_kept_in_order() -> None:
    async with stage(quoted=False, listings=listing()) as raw:
        raw.exchange.deposit("alice", "XYZ", "1000")
        placed = await raw.must("order.place", **{**SELL, "quantity": "10"})
        for quantity in ("9", "7", "4"):
            await raw.must("order.amend.keepPriority", **XYZ, orderId=placed["orderId"], newQty=quantity)
        rows = await raw.must("order.amendments", **XYZ, orderId=placed["orderId"])
        assert [numbers(row, "origQty", "newQty") for row in rows] == [[10, 9], [9, 7], [7, 4]]
        assert [row["origClientOrderId"] for row in rows[1:]] == [row["newClientOrderId"] for row in rows[:-1]]
        later = await raw.must(
            "order.amendments", **XYZ, orderId=placed["orderId"], fromExecutionId=rows[1]["executionId"], limit=1
        )
        assert later == rows[1:2]


@method("method", "myAllocations", "sor.order.place")
async def test_allocations_are_what_routing_filled() -> None:
    async with stage(quoted=False) as raw:
        raw.exchange.quote("BTCUSDT", asks=[("59000", "1")])
        raw.exchange.quote("BTCUSDC", asks=[("59500", "1"), ("61000", "1")])
        order = {**LIMIT, "symbol": "BTCUSDC", "side": "BUY", "price": "60000", "quantity": "3"}
        placed = (await raw.must("sor.order.place", **order))[0]
        rows = await raw.must("myAllocations", symbol="BTCUSDC", orderId=placed["orderId"])
        assert [numbers(row, "price", "qty") for row in rows] == [[59000, 1], [59500, 1]]
        assert [row["allocationId"] for row in rows] == [fill["allocId"] for fill in placed["fills"]]
        assert await raw.must("myTrades", symbol="BTCUSDC") == []
        left = (await raw.must("openOrders.status"))[0]
        assert (left["executedQty"], left["status"]) == ("2.00000000", "PARTIALLY_FILLED")
        book = await raw.get("depth", {"symbol": "BTCUSDC", "limit": 5})
        assert book["bids"] == [["60000.00000000", "1.00000000"]]


@method("method", "myPreventedMatches")
async def test_prevented_matches_name_both_orders() -> None:
    async with stage(quoted=False) as raw:
        maker = await raw.place()
        taker = await raw.place(side="BUY", selfTradePreventionMode="EXPIRE_TAKER")
        rows = await raw.must("myPreventedMatches", symbol="BTCUSDT", orderId=taker["orderId"])
        assert [(row["makerOrderId"], row["takerOrderId"], row["selfTradePreventionMode"]) for row in rows] == [
            (maker["orderId"], taker["orderId"], "EXPIRE_TAKER")
        ]
        by_match = await raw.must("myPreventedMatches", symbol="BTCUSDT", preventedMatchId=rows[0]["preventedMatchId"])
        assert by_match == rows


@method("method", "account.rateLimits.orders")
@method("behaviour", "unfilled order count and its decrement by the first fill")
def test_the_unfilled_order_count_grows_with_orders_and_shrinks_with_fills() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with stage() as raw:

            async def count() -> int:
                return int((await raw.must("account.rateLimits.orders"))[1]["count"])

            await asyncio.sleep(1)  # the fills before this are taken off, too
            start = await count()
            for _ in range(8):
                await raw.place()
            await raw.must(
                "orderList.place.oco",
                **{**OCO, "symbol": "BTCUSDT", "abovePrice": "70000", "belowStopPrice": "50000", "quantity": "0.1"},
            )
            assert await count() == start + 8 + 2
            await raw.must("openOrders.cancelAll", symbol="BTCUSDT")
            assert await count() == start + 10
            await raw.place(side="BUY", price="60001")
            await asyncio.sleep(1)  # the update lags
            assert await count() == start + 10  # a taker's first fill takes off the one it added

    run(life)


@method("behaviour", "logon, second logon, logout, explicit keys on a logged-on session")
async def test_a_second_logon_takes_the_place_of_the_first() -> None:
    async with stage(quoted=False) as raw:
        await raw.place()
        first = await raw.get("session.status")
        second = await log_on(raw, add_ed25519_key(raw.exchange, api_key="bobs", account="bob"), "bobs")
        assert (first["apiKey"], second["result"]["apiKey"]) == ("ed", "bobs")
        unsigned = {"timestamp": raw.exchange.clock.now_ms()}
        assert (await raw.get("openOrders.status", unsigned)) == []
        assert len(await raw.must("openOrders.status")) == 1  # signed by alice: her own request alone
        assert (await raw.get("session.status"))["apiKey"] == "bobs"


@method("method", "session.subscriptions", "userDataStream.subscribe", "userDataStream.subscribe.signature")
@method("method", "userDataStream.unsubscribe", "session.status", "session.logon", "session.logout")
async def test_a_session_knows_its_key_and_its_subscriptions() -> None:
    async with stage(quoted=False) as raw:
        assert (await raw.get("session.status"))["apiKey"] == "ed"
        first = await raw.get("userDataStream.subscribe")
        raw.exchange.register_key("bobs", "hmac", secret="kein Geheimnis", account="bob")
        second = (await raw.signed("userDataStream.subscribe.signature", api_key="bobs"))["result"]
        assert await raw.get("session.subscriptions") == [first, second]
        assert (await raw.get("session.status"))["userDataStream"] is True
        raw.exchange.deposit("bob", "BTC", "1")
        while "event" not in (frame := await raw.receive()):
            pass
        assert (frame["subscriptionId"], frame["event"]["e"]) == (second["subscriptionId"], "balanceUpdate")
        out = await raw.get("session.logout")
        assert (out["apiKey"], out["authorizedSince"], out["userDataStream"]) == (None, None, True)
        assert await raw.get("session.subscriptions") == [second]
        await raw.get("userDataStream.unsubscribe", second)
        assert await raw.get("session.subscriptions") == []
        answer = await raw.ask("openOrders.status", {"timestamp": raw.exchange.clock.now_ms()})
        assert answer["error"]["code"] == -1102  # apiKey is needed again
