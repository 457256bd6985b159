"""Every method is the venue's: its set, its arguments, its facts, and what its docstring says of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from binance_wsapi.api.introspection import describe, endpoints
from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.wire.endpoint import Auth, Security, weigh
from tests.conformance.catalogue import AUTHENTICATION, METHODS, PYTHON_NAMES, record, signature, snake, unpacked

ALL = sorted(METHODS)


def test_the_methods_are_the_catalogue_s() -> None:
    assert set(endpoints()) == set(METHODS)
    assert len(METHODS) == 55
    assert len(set(PYTHON_NAMES.values())) == 55


def test_the_python_names_are_those_the_project_promises() -> None:
    promised = [
        "ping",
        "server_time",
        "exchange_info",
        "execution_rules",
        "depth",
        "recent_trades",
        "historical_trades",
        "historical_block_trades",
        "aggregate_trades",
        "klines",
        "ui_klines",
        "average_price",
        "ticker_24hr",
        "ticker_trading_day",
        "ticker",
        "ticker_price",
        "ticker_book",
        "reference_price",
        "reference_price_calculation",
        "session_logon",
        "session_status",
        "session_logout",
        "place_order",
        "test_order",
        "cancel_order",
        "cancel_replace_order",
        "amend_order",
        "cancel_open_orders",
        "place_order_list",
        "place_oco",
        "place_oto",
        "place_otoco",
        "place_opo",
        "place_opoco",
        "cancel_order_list",
        "place_sor_order",
        "test_sor_order",
        "account_status",
        "order_status",
        "open_orders",
        "all_orders",
        "order_list_status",
        "open_order_lists",
        "all_order_lists",
        "my_trades",
        "order_rate_limits",
        "my_prevented_matches",
        "my_allocations",
        "account_commission",
        "order_amendments",
        "my_filters",
        "user_data_subscribe",
        "user_data_unsubscribe",
        "session_subscriptions",
        "user_data_subscribe_signature",
    ]
    assert sorted(PYTHON_NAMES.values()) == sorted(promised)


LIKE_NO_OTHER: dict[str, Any] = {"symbol": "BTCUSDT", "symbols": ["ETHUSDT"], "interval": "3m", "windowSize": "59m"}


def value(number: int, name: str, kind: str) -> Any:
    """Return a value that no other parameter of a method has, but for sides."""
    if name.lower().endswith("side"):
        return "SELL"
    if name in LIKE_NO_OTHER:
        return LIKE_NO_OTHER[name]
    return f"0.{number}" if kind == "DECIMAL" or name.endswith("IcebergQty") else f"value of {name}"


@pytest.mark.parametrize("method", ALL)
async def test_every_argument_arrives_under_its_wire_name(method: str) -> None:
    values = {
        each["name"]: value(number, each["name"], each["type"])
        for number, each in enumerate(METHODS[method]["params"], 1)
        if each["name"] not in AUTHENTICATION
    }
    call = await record(method, **{snake(name): value for name, value in values.items()}, timeout=3.5)
    assert call.endpoint.method == method
    assert dict(call.params) == values
    assert call.options.timeout == 3.5


@pytest.mark.parametrize("method", ALL)
def test_what_the_venue_requires_is_required_and_nothing_else(method: str) -> None:
    required = {
        snake(each["name"])
        for each in METHODS[method]["params"]
        if each["required"] is True and each["name"] not in AUTHENTICATION
    }
    found = {
        name
        for name, parameter in signature(method).parameters.items()
        if parameter.default is parameter.empty and name != "self"
    }
    assert found == required


@pytest.mark.parametrize("method", ALL)
def test_the_constant_has_the_catalogue_s_facts(method: str) -> None:
    endpoint, fact = endpoints()[method], METHODS[method]
    assert endpoint.security == fact["security"]
    assert endpoint.orders == fact["order_count"]
    expected = fact["weight_on_success"]
    assert endpoint.weight_on_success == (expected if isinstance(expected, int) else None)
    assert (endpoint.auth is Auth.NONE) == (endpoint.security is Security.NONE)


def _claimed(weight: Any, params: dict[str, Any]) -> int:
    """The weight by the catalogue's own rows, written anew so that one mistake is not made twice."""
    if isinstance(weight, int):
        return weight
    for row in weight:
        when = row["when"]
        if when == "symbol is invalid":
            continue
        if when != "otherwise":
            value = params.get(when["param"])
            if value is None and "min" in when:
                value = 100
            if value is None:
                continue
            if "equals" in when and value != when["equals"]:
                continue
            if "min" in when and not when["min"] <= value <= when["max"]:
                continue
            if (
                not when.get("items_min", 0)
                <= (len(value) if isinstance(value, list) else 1)
                <= when.get("items_max", 9e9)
            ):
                continue
        if "weight_per_item" in row:
            return min(int(row["weight_per_item"]) * len(params[when["param"]]), int(row["cap"]))
        return int(row["weight"])
    raise AssertionError(params)


def _boundaries(method: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = [{}, {"symbol": "BTCUSDT"}, {"orderId": 1}, {"preventedMatchId": 1}]
    cases += [{"symbols": [f"S{n}" for n in range(count)]} for count in (1, 2, 19, 20, 21, 50, 51, 100, 101, 200)]
    cases += [{"limit": limit} for limit in (1, 99, 100, 101, 499, 500, 501, 999, 1000, 1001, 4999, 5000)]
    cases += [{"symbolStatus": "TRADING"}, {"computeCommissionRates": True}, {"computeCommissionRates": False}]
    names = {each["name"] for each in METHODS[method]["params"]}
    return [case for case in cases if set(case) <= names]


@pytest.mark.parametrize("method", ALL)
def test_the_weight_is_the_catalogue_s_at_every_boundary(method: str) -> None:
    for params in _boundaries(method):
        if method == "myPreventedMatches" and not set(params) & {"orderId", "preventedMatchId"}:
            continue  # the venue refuses it: one of the two must be there
        if method in {"ticker", "ticker.tradingDay"} and not set(params) & {"symbol", "symbols"}:
            continue  # likewise
        assert weigh(endpoints()[method].weight, params) == _claimed(METHODS[method]["weight"], params), params


@pytest.mark.parametrize("method", ALL)
def test_the_docstring_says_what_the_constant_says(method: str) -> None:
    endpoint = endpoints()[method]
    text = " ".join((getattr(SpotMethods, PYTHON_NAMES[method]).__doc__ or "").split())
    assert f"Wire: ``{method}``, security {endpoint.security}, weight " in text
    assert f"orders {endpoint.orders}." in text
    if isinstance(endpoint.weight, int):
        assert f"weight {endpoint.weight}" in text
    else:
        said = text.partition(", weight ")[2].partition(", orders ")[0]
        for case in endpoint.weight:
            assert str(case.weight) in said
            if case.param:
                assert f"``{snake(case.param)}``" in said
    assert ("on success" in text) == (endpoint.weight_on_success is not None)
    assert ("Cancelling the await does not cancel" in text) == (
        endpoint.security is Security.TRADE and not endpoint.replay_safe
    )
    for name in signature(method).parameters.keys() - {"self"} - unpacked(method).keys():
        assert f" {name}: " in text, name
    assert 'Source: WebSocket API, "' in text


@pytest.mark.parametrize("method", ALL)
def test_what_changes_something_is_never_asked_twice_by_itself(method: str) -> None:
    changes = METHODS[method]["security"] == "TRADE" and not method.endswith(".test")
    changes = changes or method in {
        "session.logon", "session.logout", "userDataStream.subscribe", "userDataStream.unsubscribe",
        "userDataStream.subscribe.signature",
    }  # fmt: skip
    assert endpoints()[method].replay_safe is not changes


@pytest.mark.parametrize("method", [each for each in ALL if METHODS[each]["security"] == "TRADE"])
def test_every_id_that_names_something_new_is_made_when_left_out(method: str) -> None:
    wanted = {
        each["name"]
        for each in METHODS[method]["params"]
        if each["name"].endswith(("lientOrderId",)) and "rig" not in each["name"]
    }
    if method.endswith(".test"):
        wanted = set()
    if method == "orderList.cancel":
        wanted -= {"listClientOrderId"}  # it names the list that is there
    assert set(endpoints()[method].client_ids) == wanted


def test_introspection_is_complete_and_json() -> None:
    rows = describe()
    assert {row["method"] for row in json.loads(json.dumps(rows))} == set(METHODS)
    for row in rows:
        fact = METHODS[row["method"]]
        expected = fact["weight"]
        if isinstance(expected, list):
            expected = [each for each in expected if each["when"] != "symbol is invalid"]
        assert row["weight"] == expected
        assert row["product"] == "spot"
