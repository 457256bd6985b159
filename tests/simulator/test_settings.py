"""What the operator sets holds, and what is wrong with a setting is told; `test_means.py` makes each in every way."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.simulator import Listing, LocalExchange, Scenario, ScenarioError, SettingError
from binance_wsapi.simulator.settings import SETTINGS, apply
from binance_wsapi.simulator.venue.listing import LISTINGS
from tests.simulator.desk import Raw, add_hmac_key
from tests.simulator.means import SAMPLES

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "50000",
    "quantity": "0.01",
}


@pytest.mark.parity("engine message", "This symbol is restricted for this account.")
async def test_a_symbol_is_restricted_for_one_account() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        add_hmac_key(exchange, api_key="other", account="bob")
        exchange.deposit("bob", "USDT", 1000)
        exchange.set_account("alice", restricted=["BTCUSDT"])
        refused = await raw.signed("order.place", **ORDER)
        assert refused["error"] == {"code": -2010, "msg": "This symbol is restricted for this account."}
        assert (await raw.signed("order.place", api_key="other", **ORDER))["status"] == 200
        exchange.set_account("alice", restricted=[])
        assert (await raw.signed("order.place", **ORDER))["status"] == 200


@pytest.mark.parametrize("listed", LISTINGS, ids=lambda each: each.spec.symbol)
@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_with_the_discount_every_symbol_pays_in_bnb_while_the_account_has_some(
    listed: Listing, side: str
) -> None:
    """As it ships, before anything was traded; then, without BNB, the asset received pays."""
    symbol, price = listed.spec.symbol, listed.price
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.set_discount("alice")
        exchange.quote(symbol, bids=[(price, "100")], asks=[(price * Decimal("1.1"), "100")])
        told = {"symbol": symbol, "side": side, "type": "MARKET", "quantity": "10"}
        answer = await raw.signed("order.place", **told)
        assert answer["status"] == 200, answer
        (fill,) = answer["result"]["fills"]
        assert fill["commissionAsset"] == "BNB"
        quote = Decimal(fill["price"]) * 10 if side == "SELL" else None
        if symbol == "BNBUSDT":
            worth = Decimal(10) if quote is None else quote / Decimal(fill["price"])
            assert Decimal(fill["commission"]) == (worth * Decimal("0.00075")).quantize(Decimal("1e-8"))
        if listed.spec.base_asset == "BNB":
            return  # what is received, or sold, is BNB
        free = exchange.truth.balances("alice")["BNB"][0]
        exchange.withdraw("alice", "BNB", free)
        (fill,) = (await raw.signed("order.place", **told))["result"]["fills"]
        assert fill["commissionAsset"] == (listed.spec.base_asset if side == "BUY" else listed.spec.quote_asset)


async def test_an_order_is_expired_by_the_exchange() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        placed = (await raw.signed("order.place", **ORDER))["result"]
        exchange.expire_order("alice", "BTCUSDT", placed["orderId"])
        status = await raw.signed("order.status", symbol="BTCUSDT", orderId=placed["orderId"])
        assert status["result"]["status"] == "EXPIRED"
        with pytest.raises(ValueError, match="no open order"):
            exchange.expire_order("alice", "BTCUSDT", placed["orderId"])


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({}, "setting must be one of"),
        ({"setting": "explode"}, "setting must be one of deposit, .*, got 'explode'"),
        ([], "a setting is a table"),
        ({"setting": "deposit", "account": "bob"}, "deposit needs asset, amount"),
        ({"setting": "deposit", "account": "bob", "asset": "BTC", "amount": -1}, "deposit: "),
        ({"setting": "deposit", "account": "bob", "asset": "BTC", "amount": 1.5}, "deposit: an amount is a str"),
        ({"setting": "account", "name": "bob"}, "account takes account, can_trade, .*, not 'name'"),
        ({"setting": "account", "restricted": ["NOPE"]}, "symbol must be one of BTCUSDT, .*, got 'NOPE'"),
        ({"setting": "account", "permissions": ["SPOT", "NOPE"]}, "permissions must be of .*SPOT.*, got 'NOPE'"),
        (
            {"setting": "account", "trade_group": -5},
            "trade_group must be a number of 0 or more, or -1 for none, got -5",
        ),
        ({"setting": "account", "max_assets": {"NOPE": "1"}}, "max_assets must be of .*BTC.*, got 'NOPE'"),
        ({"setting": "commission", "standard": {"makers": "0.1"}}, "a rate must be one of maker, .*, got 'makers'"),
        ({"setting": "commission", "standard": {"maker": "1.5"}}, "maker must be between 0 and 1, got 1.5"),
        ({"setting": "discount", "discount": "2"}, "discount must be between 0 and 1"),
        ({"setting": "status", "symbol": "BTCUSDT", "status": "OPEN"}, "status: status must be one of TRADING"),
        ({"setting": "status", "symbol": "NOPE", "status": "HALT"}, "status: Invalid symbol."),
        ({"setting": "reference_price", "symbol": "BTCUSDT", "price": "1"}, "no reference price from outside"),
        ({"setting": "lock", "account": "alice", "asset": "BTC", "amount": 1000}, "no such funds"),
    ],
)
async def test_what_is_wrong_with_a_setting_is_told(setting: Any, message: str) -> None:
    async with LocalExchange(market="manual") as exchange:
        with pytest.raises(SettingError, match=message):
            apply(exchange, setting)


def test_what_is_wrong_with_a_setting_of_a_scenario_is_told() -> None:
    with pytest.raises(ScenarioError, match="setting 1: deposit needs"):
        Scenario.parse('[[setting]]\nsetting = "deposit"')
    with pytest.raises(ScenarioError, match="and nothing else"):
        Scenario.parse("[[settings]]")


# --- symbols -------------------------------------------------------------------------------------------------------


async def test_a_symbol_is_listed_as_exchange_info_describes_it(tmp_path: Path) -> None:
    """What one exchange answers, another lists: nothing of it gets lost."""
    async with LocalExchange(market="manual") as first, Raw(first) as raw:
        rows = (await raw.get("exchangeInfo"))["symbols"]
    listings = [Listing.from_json(row, "1") for row in rows]
    async with LocalExchange(market="manual", listings=listings) as second, Raw(second) as raw:
        again = (await raw.get("exchangeInfo"))["symbols"]
    assert again == rows


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "a symbol needs symbol, baseAsset, quoteAsset"),
        (3, "described wrongly"),
        ({"symbol": "AB", "baseAsset": "A", "quoteAsset": "B", "status": "OPEN"}, "OPEN"),
        ({"symbol": "AB", "baseAsset": "A", "quoteAsset": "B", "filters": [{"filterType": "X"}]}, "unknown filter"),
        ({"symbol": "AB", "baseAsset": "A", "quoteAsset": "B", "filters": [{"filterType": "LOT_SIZE"}]}, "incomplete"),
        ({"symbol": "AB", "baseAsset": "A", "quoteAsset": "B",
          "filters": [{"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": 3}]}, "is no filter of a symbol"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_symbol_is_told(row: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Listing.from_json(row, "1")


async def test_a_symbol_listed_later_trades_and_is_told_of() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.add_symbol(SAMPLES["symbol"]["described"])
        with pytest.raises(ValueError, match="listed already"):
            exchange.add_symbol(SAMPLES["symbol"]["described"])
        exchange.quote("XYZUSDT", bids=[("9.9", "5")], asks=[("10.1", "5")])
        order = {"symbol": "XYZUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
        filled = (await raw.signed("order.place", **order))["result"]
        assert (filled["status"], filled["fills"][0]["price"]) == ("FILLED", "10.10000000")
        refused = await raw.signed("order.place", **(order | {"type": "LIMIT", "timeInForce": "GTC", "price": "9.95"}))
        assert refused["error"]["msg"] == "Filter failure: PRICE_FILTER"
        assert len(await raw.get("klines", {"symbol": "XYZUSDT", "interval": "1m"})) == 1
        assert (await raw.get("ticker.24hr", {"symbol": "XYZUSDT"}))["count"] == 1
        assert exchange.truth.balances()["XYZ"][0] > 0


async def test_routing_joins_other_books_and_lets_them_go() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        order = {"side": "BUY", "type": "MARKET", "quantity": "0.1"}
        for base, symbols in (("BTC", ["BTCUSDT"]), ("BTC", [])):
            exchange.set_sor(base, symbols)
            exchange.quote("BTCUSDT", asks=[("60001", "5")])
            told = await raw.signed("sor.order.place", symbol="BTCUSDT", **order)
            assert told["status"] == (200 if symbols else 400)
            assert [each["symbols"] for each in (await raw.get("exchangeInfo")).get("sors", [])] == [symbols][
                : len(symbols)
            ]
        with pytest.raises(ValueError, match="not a market"):
            exchange.set_sor("BTC", ["ETHUSDT"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"referencePrice": {"calculationType": "MEDIAN"}}, "referencePrice must be"),
        ({"referencePrice": {"calculationType": "EXTERNAL"}}, "referencePrice must be"),
        (
            {"referencePrice": {"calculationType": "ARITHMETIC_MEAN", "bucketCount": 0, "bucketWidthMs": 5}},
            "whole numbers",
        ),
        ({"rules": [{"ruleType": "OTHER"}]}, "ruleType must be PRICE_RANGE"),
        ({"rules": [{"ruleType": "PRICE_RANGE", "bidUp": "1"}]}, "not 'bidUp'"),
        ({"rules": "PRICE_RANGE"}, "rules must be a list"),
    ],
)
def test_what_is_wrong_with_rules_and_reference_prices_is_told(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Listing.from_json({"symbol": "AB", "baseAsset": "A", "quoteAsset": "B", **more}, "1")


async def test_rules_and_reference_prices_come_with_the_row_that_lists_a_symbol() -> None:
    mean = {"calculationType": "ARITHMETIC_MEAN", "bucketCount": 10, "bucketWidthMs": 1000}
    rule = {"ruleType": "PRICE_RANGE", "bidLimitMultUp": "1.5", "bidLimitMultDown": "0.5"}
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        exchange.add_symbol(
            {"symbol": "AB", "baseAsset": "A", "quoteAsset": "B", "referencePrice": mean, "rules": [rule]}
        )
        told = await raw.get("referencePrice.calculation", {"symbol": "AB"})
        assert told == {"symbol": "AB", **mean}
        [shown] = (await raw.get("executionRules", {"symbol": "AB"}))["symbolRules"][0]["rules"]
        assert (shown["ruleType"], float(shown["bidLimitMultUp"]), float(shown["bidLimitMultDown"])) == (
            "PRICE_RANGE",
            1.5,
            0.5,
        )


async def test_limits_change_while_the_exchange_runs() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.set_limits({"orders_per_10_seconds": 1})
        assert (await raw.signed("order.place", **ORDER))["status"] == 200
        assert (await raw.signed("order.place", **ORDER))["error"]["code"] == -1015
        exchange.set_limits({"orders_per_10_seconds": 100, "ban_seconds": 3})
        assert (await raw.signed("order.place", **ORDER))["status"] == 200
        row = next(each for each in (await raw.get("exchangeInfo"))["rateLimits"] if each["intervalNum"] == 10)
        assert (row["rateLimitType"], row["limit"]) == ("ORDERS", 100)


WRONG_TYPES: list[tuple[str, dict[str, Any], str]] = [
    ("limits", {"figures": {"weight_per_minute": "1"}}, "weight_per_minute must be int of 0 or more, got '1'"),
    ("limits", {"figures": {"weight": 1}}, "a limit must be one of weight_per_minute"),
    ("limits", {"figures": "few"}, "figures must be a table"),
    ("former_ids", {"findable": "no"}, "findable must be true or false"),
    ("pace", {"queue_delay": [3]}, "queue_delay must be the least and the most seconds"),
    ("pace", {"queue_delay": [3, 1]}, "queue_delay must be the least and the most seconds"),
    ("pace", {"lifetime": -1}, "lifetime must be seconds from 0"),
    ("pace", {"ping_every": True}, "ping_every must be seconds from 0"),
    ("account", {"trade_group": "x"}, "trade_group must be a whole number, got 'x'"),
    ("account", {"trade_group": True}, "trade_group must be a whole number, got True"),
    ("account", {"can_trade": "no"}, "can_trade must be true or false, got 'no'"),
    ("account", {"disabled": 1}, "disabled must be true or false, got 1"),
    ("account", {"permissions": "SPOT"}, "permissions must be a list of texts, got 'SPOT'"),
    ("account", {"permissions": ["SPOT", 5]}, "permissions must be a list of texts"),
    ("account", {"account": ""}, "account must be text that is not empty"),
    ("account", {"account": "a\x1b[31m"}, "account must be text that is not empty, without control characters"),
    ("account", {"max_assets": [1]}, "max_assets must be a table"),
    ("deposit", {"account": "alice", "asset": "", "amount": "1"}, "asset must be text"),
    ("block_trade", {"symbol": "BTCUSDT", "price": "1", "quantity": "1", "buyer_is_maker": "yes"}, "buyer_is_maker must"),
    ("discount", {"enabled": "no"}, "enabled must be true or false"),
    ("status", {"symbol": "BTCUSDT", "status": "halt"}, "status must be one of TRADING"),
    ("quote", {"symbol": "BTCUSDT", "bids": "B"}, "bids must be a list"),
    ("quote", {"symbol": "BTCUSDT", "bids": [["60000", "1"]], "asks": [["60000", "1"]]}, "bids must be below asks"),
    ("quote", {"symbol": "BTCUSDT", "bids": [["1"]]}, "bids must be pairs of price and quantity"),
    ("sor", {"base": "BTC", "symbols": "BTCUSDT"}, "symbols must be a list of texts"),
    ("expire_order", {"account": "alice", "symbol": "BTCUSDT", "order_id": "5"}, "order_id must be a whole number"),
    ("exchange_filters", {"filters": [{"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": "x"}]}, "maxNumOrders"),
    ("symbol", {"described": {"symbol": "A", "baseAsset": "B", "quoteAsset": "C", "price": 5.5}}, "price must be text"),
    ("symbol", {"described": {"symbol": "A", "baseAsset": "B", "quoteAsset": "C", "permissionSets": "SPOT"}},
     "permissionSets must be a list of lists"),
    ("symbol", {"described": {"symbol": "A", "baseAsset": "B", "quoteAsset": "C", "icebergAllowed": "no"}}, "true or false"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "told"), WRONG_TYPES, ids=[f"{name}-{told}" for name, _, told in WRONG_TYPES]
)
async def test_a_value_of_a_wrong_type_changes_nothing_and_is_told(name: str, given: dict[str, Any], told: str) -> None:
    async with LocalExchange(market="manual") as exchange:
        exchange.quote("BTCUSDT", bids=[("50000", "1")])
        with pytest.raises(SettingError, match=re.escape(told)):
            apply(exchange, {"setting": name, **given})
        with pytest.raises(ValueError, match=re.escape(told)):
            SETTINGS[name](exchange, **given)
        async with Raw(exchange) as raw:
            assert (await raw.get("depth", {"symbol": "BTCUSDT"}))["bids"] == [["50000.00000000", "1.00000000"]]
