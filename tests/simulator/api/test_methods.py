"""The methods are the documented ones: names, parameters, securities, weights, order counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.api.calls import Security
from binance_wsapi.simulator.api.methods import METHODS
from tests.simulator.desk import Raw, add_hmac_key

DATA = Path(__file__).parents[2] / "conformance" / "data" / "spot_catalogue.json"
CATALOGUE: dict[str, dict[str, Any]] = {each["method"]: each for each in json.loads(DATA.read_text())["methods"]}
SIGNED = {"apiKey", "signature", "timestamp", "recvWindow"}
FORBIDDEN = {"orderList.place.opo": {"pendingQuantity"}, "orderList.place.opoco": {"pendingQuantity"}}
"""Read only to be refused with an error of their own (-1225)."""
MARGIN = {"userDataStream.subscribe.listenToken"}
"""Of this API, but documented with margin trading: see test_listen_token.py."""


def test_every_documented_method_is_there_and_no_other() -> None:
    assert METHODS.keys() == CATALOGUE.keys() | MARGIN


@pytest.mark.parametrize("name", sorted(METHODS.keys() - MARGIN))
def test_a_method_takes_the_documented_parameters(name: str) -> None:
    documented = {each["name"]: each for each in CATALOGUE[name]["params"] if each["name"] not in SIGNED}
    method = METHODS[name]
    assert {param.name for param in method.params} - FORBIDDEN.get(name, set()) == documented.keys()
    required = {param.name for param in method.params if param.required}
    assert {each for each, facts in documented.items() if facts["required"] is True} <= required | set()
    for param in method.params:
        facts = documented.get(param.name, {})
        if facts.get("enum") and facts["type"] == "ENUM":
            assert param.choices.keys() >= set(facts["enum"]), param.name
        if "max" in facts:
            assert param.most == facts["max"], param.name


@pytest.mark.parametrize("name", sorted(name for name, method in METHODS.items() if method.orders or ".test" in name))
def test_the_words_an_order_is_made_of_are_the_engines_own(name: str) -> None:
    """The engine compares them by identity: text that only looks the same would be another word."""
    texts = {param.name for param in METHODS[name].params if str in map(type, param.choices.values())}
    assert texts <= {"newOrderRespType", "orderRateLimitExceededMode"}  # of the API alone


@pytest.mark.parametrize("name", sorted(METHODS.keys() - MARGIN))
def test_a_method_has_the_documented_security_and_order_count(name: str) -> None:
    method, facts = METHODS[name], CATALOGUE[name]
    assert method.orders == facts["order_count"]
    if not name.startswith("userDataStream.subscribe"):
        # Those two check the permission themselves: one has no parameters, the other is signed by any key.
        assert method.security == facts["security"]
    assert method.to_engine is (method.security is Security.TRADE and not name.endswith(".test"))


def _weights(facts: Any) -> list[tuple[dict[str, Any], int]]:
    """Return (parameters, documented weight) pairs of a method."""
    if isinstance(facts, int):
        return [({}, facts)]
    pairs: list[tuple[dict[str, Any], int]] = []
    for each in facts:
        when = each["when"]
        if when == "otherwise":
            pairs.append(({}, each["weight"]))
        elif isinstance(when, str):
            continue
        elif "weight_per_item" in each:
            pairs += [
                ({when["param"]: ["A"] * count}, min(each["cap"], each["weight_per_item"] * count)) for count in (1, 60)
            ]
        elif "items_min" in when or "items_max" in when:
            pairs += [
                ({when["param"]: ["A"] * when[key]}, each["weight"])
                for key in ("items_min", "items_max")
                if key in when
            ]
        elif "min" in when:
            pairs += [({when["param"]: when[key]}, each["weight"]) for key in ("min", "max")]
        else:
            pairs.append(({when["param"]: when.get("equals", "A")}, each["weight"]))
    return pairs


@pytest.mark.parametrize("name", sorted(METHODS.keys() - MARGIN))
def test_a_method_weighs_what_is_documented(name: str) -> None:
    for params, weight in _weights(CATALOGUE[name]["weight"]):
        assert METHODS[name].weighs(params) == weight, params
    on_success = CATALOGUE[name].get("weight_on_success")
    if not isinstance(on_success, dict):
        assert METHODS[name].weight_on_success == on_success


@pytest.mark.parametrize(
    ("method", "params", "code", "msg"),
    [
        ("depth", {}, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
        ("depth", {"symbol": None}, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
        ("depth", {"symbol": ""}, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
        ("depth", {"symbol": "BTCEUR"}, -1121, "Invalid symbol."),
        ("depth", {"symbol": "btcusdt"}, -1100, "Illegal characters found in parameter 'symbol'; legal range is"),
        ("depth", {"symbol": "BTCUSDT", "limit": ""}, -1105, "Parameter 'limit' was empty."),
        ("depth", {"symbol": "BTCUSDT", "limit": -5}, -1100, "Illegal characters found in parameter 'limit'"),
        ("depth", {"symbol": "BTCUSDT", "limit": 0}, -1130, "Data sent for parameter 'limit' is not valid."),
        ("depth", {"symbol": "BTCUSDT", "limit": 1.5}, -1100, "Illegal characters found in parameter 'limit'"),
        ("depth", {"symbol": "BTCUSDT", "limit": [5]}, -1130, "Data sent for parameter 'limit' is not valid."),
        ("depth", {"symbol": "BTCUSDT", "limit": 10**19}, -1108, "Parameter 'limit' overflowed."),
        (
            "depth",
            {"symbol": "BTCUSDT", "x": 1, "y": 2},
            -1104,
            "Not all sent parameters were read; read '1' parameter(s) but was sent '3'.",
        ),
        ("ping", {"x": 1}, -1101, "Too many parameters; expected '0' and received '1'."),
        ("klines", {"symbol": "BTCUSDT", "interval": "2m"}, -1120, "Invalid interval."),
        (
            "klines",
            {"symbol": "BTCUSDT", "interval": "1m", "timeZone": "15"},
            -1130,
            "Data sent for parameter 'timeZone'",
        ),
        ("exchangeInfo", {"symbol": "BTCUSDT", "symbols": ["ETHUSDT"]}, -1128, "Combination of optional parameters"),
        ("exchangeInfo", {"symbols": ["BTCUSDT", "BTCUSDT"]}, -1151, "Symbol is present multiple times in the list."),
        ("exchangeInfo", {"symbols": []}, -1105, "Parameter 'symbols' was empty."),
        ("exchangeInfo", {"showPermissionSets": "yes"}, -1130, "Data sent for parameter 'showPermissionSets'"),
        ("ticker", {}, -1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!"),
        ("ticker", {"symbol": "BTCUSDT", "windowSize": "60m"}, -1130, "Data sent for parameter 'windowSize'"),
        ("ticker.price", {"symbol": "BTCUSDT", "symbolStatus": "HALT"}, -1220, "The symbol's status does not match"),
        ("ticker.price", {"symbolStatus": "GONE"}, -1122, "Invalid symbolStatus."),
        ("trades.aggregate", {"symbol": "BTCUSDT", "fromId": 1, "startTime": 1}, -1128, "Combination of optional"),
        ("userDataStream.unsubscribe", {"subscriptionId": 3}, -2036, "User Data Stream subscription not active."),
        ("no.such.method", {}, -1130, "Data sent for parameter 'method' is not valid."),
        ("ping", {"returnRateLimits": 1}, -1130, "Data sent for parameter 'returnRateLimits' is not valid."),
    ],
)
async def test_a_wrong_public_request_gets_the_venues_error(
    method: str, params: dict[str, Any], code: int, msg: str
) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        answer = await raw.ask(method, params)
        assert (answer["status"], answer["error"]["code"]) == (400, code)
        assert answer["error"]["msg"].startswith(msg)


LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "5"}


@pytest.mark.parametrize(
    ("changes", "code", "msg"),
    [
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "LIMITED"}, -1116, "Invalid orderType."),
        ({"timeInForce": "DAY"}, -1115, "Invalid timeInForce."),
        ({"timeInForce": None}, -1105, "Parameter 'timeInForce' was empty."),
        ({"timeInForce": ...}, -1102, "Mandatory parameter 'timeInForce' was not sent"),
        ({"quantity": ...}, -1102, "Mandatory parameter 'quantity' was not sent"),
        ({"price": ...}, -1102, "Mandatory parameter 'price' was not sent"),
        ({"quantity": "1.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
        (
            {"quantity": "1e3"},
            -1100,
            "Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})",
        ),
        ({"quantity": "-1"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"price": "5.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.1"}, -1013, "Filter failure: NOTIONAL"),
        ({"newClientOrderId": "white space"}, -1100, "Illegal characters found in parameter 'newClientOrderId'"),
        ({"newClientOrderId": "x" * 37}, -1100, "Illegal characters found in parameter 'newClientOrderId'"),
        ({"strategyType": 5}, -1134, "`strategyType` was less than 1000000."),
        ({"pegOffsetValue": 5}, -1128, "Fields [pegOffsetType, pegOffsetValue] must be sent together or omitted"),
        ({"type": "MARKET"}, -1106, "Parameter 'timeInForce' sent when not required."),
        ({"recvWindow": 60001}, -1102, "'recvWindow' contains unexpected value. Cannot be greater than 60000."),
        ({"recvWindow": "5000.1234"}, -1111, "Parameter 'recvWindow' has too much precision."),
        ({"timestamp": "soon"}, -1102, "Mandatory parameter 'timestamp' was not sent"),
        ({"quantity": "1000", "price": "100000"}, -1013, "Filter failure: NOTIONAL"),
        ({"colour": "red"}, -1104, "Not all sent parameters were read; read '6' parameter(s) but was sent '7'."),
    ],
)
async def test_a_wrong_order_gets_the_venues_error(changes: dict[str, Any], code: int, msg: str) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        params = {name: value for name, value in {**LIMIT, **changes}.items() if value is not ...}
        answer = await raw.signed("order.place", **params)
        assert (answer["status"], answer["error"]["code"]) == (400, code), answer
        assert answer["error"]["msg"].startswith(msg)
        assert exchange.truth.all_orders() == []


def test_a_security_is_written_as_documented() -> None:
    assert {each.value for each in Security} == {facts["security"] for facts in CATALOGUE.values()}
