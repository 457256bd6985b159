"""Every method checks its parameters as documented: what is missing, unknown, malformed, or not one of the words.

The cases are made from the catalogue of methods, so that a parameter the venue adds is checked as soon as it is known.
"""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.simulator.access.limits import LimitRules
from tests.simulator.conformance.facts import ERRORS, METHODS, REQUESTS
from tests.simulator.conformance.stage import stage
from tests.simulator.conformance.test_requests import SIGNING_SAMPLES

AUTHENTICATION = ("apiKey", "signature", "timestamp", "recvWindow")
VALID: dict[str, dict[str, Any]] = {
    request["method"]: {name: value for name, value in request.get("params", {}).items() if name not in AUTHENTICATION}
    for line, request in REQUESTS.items()
    if line not in SIGNING_SAMPLES
}
"""Well-formed parameters of each method: those of its last example."""
SYMBOL_RANGE = r"^[\w\-._&&[^a-z]]{1,50}$"
CLIENT_ID_RANGE = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
DECIMAL_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER_RANGE = "^[0-9]{1,20}$"

BAD_WORDS = {
    "timeInForce": (-1115, "Invalid timeInForce."),
    "type": (-1116, "Invalid orderType."),
    "side": (-1117, "Invalid side."),
    "interval": (-1120, "Invalid interval."),
    "symbolStatus": (-1122, "Invalid symbolStatus."),
    "cancelRestrictions": (-1145, "Invalid cancelRestrictions"),
    "pegPriceType": (-1210, "Invalid pegPriceType."),
    "pegOffsetType": (-1211, "Invalid pegOffsetType."),
}
"""Words with an error of their own, by the name of the parameter or its last part."""


KINDS = {"IcebergQty": "DECIMAL", "railingDelta": "INT"}
"""The lists' tables call a leg's iceberg quantity a LONG and some trailing deltas DECIMAL; an order's are not."""
NEEDED = {("orderList.place.otoco", "pendingBelowType"), ("orderList.place.opoco", "pendingBelowType")}
"""The tables call it optional, but a pair has two legs."""
VALUES: tuple[Any, ...] = (True, {}, [1])
NO_SWITCH: tuple[Any, ...] = ("maybe", 1, {})
Error = tuple[int, str]
Case = tuple[dict[str, Any], tuple[Error, ...]]


def _params(method: str, *kinds: str) -> list[tuple[str, bool]]:
    """Return names of a method's parameters of some types, and whether each is mandatory."""
    found = []
    for each in METHODS[method]["params"]:
        name = each["name"]
        kind = next((kind for suffix, kind in KINDS.items() if name.endswith(suffix)), each["type"])
        if name not in AUTHENTICATION and (not kinds or kind in kinds):
            found.append((name, each["required"] is True or (method, name) in NEEDED))
    return found


def _having(*kinds: str) -> list[str]:
    """Return the methods that have a parameter of some types."""
    return [method for method in sorted(METHODS) if _params(method, *kinds)]


def _named(name: str) -> list[str]:
    return [method for method in sorted(METHODS) if name in dict(_params(method))]


async def _hold(method: str, cases: list[Case]) -> None:
    """Send each case and see that it is refused with the one of its errors."""
    unsigned = METHODS[method]["security"] == "NONE" or method == "userDataStream.subscribe"
    assert cases
    async with stage(quoted=False, limits=LimitRules(weight_per_minute=1_000_000)) as raw:
        for params, errors in cases:
            answer = await raw.ask(method, params if unsigned else raw.sign(params))
            assert answer["status"] == 400, (params, answer)
            assert answer["error"].keys() == {"code", "msg"}
            assert answer["error"]["code"] in ERRORS
            assert (answer["error"]["code"], answer["error"]["msg"]) in errors, params


def _with(method: str, name: str, value: Any) -> dict[str, Any]:
    """Return valid parameters, but for one."""
    params = {**VALID[method], name: value}
    if name == "symbol":
        params.pop("symbols", None)
    return params


def _missing(name: str) -> Error:
    return -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."


def _invalid(name: str) -> Error:
    return -1130, f"Data sent for parameter '{name}' is not valid."


def _empty(name: str) -> Error:
    return -1105, f"Parameter '{name}' was empty."


def _illegal(name: str, legal: str) -> Error:
    return -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."


def _own(method: str, name: str) -> Error | None:
    """Return the error a word has of its own."""
    if method.startswith("ticker") and name == "type":
        return -1139, "Invalid ticker type."
    if name.endswith("RespType"):
        return None
    for word, error in sorted(BAD_WORDS.items(), key=lambda each: -len(each[0])):
        if name == word or name.endswith(word[0].upper() + word[1:]):
            return error
    return None


@pytest.mark.parametrize("method", [each for each in sorted(METHODS) if any(need for _, need in _params(each))])
@pytest.mark.parity("error code", "-1102")
async def test_a_mandatory_parameter_must_be_there(method: str) -> None:
    cases: list[Case] = []
    for name, needed in _params(method):
        if needed:
            left_out = {each: value for each, value in VALID[method].items() if each != name}
            for params in (left_out, {**left_out, name: ""}, {**left_out, name: None}):
                cases.append((params, (_missing(name),)))
    await _hold(method, cases)


@pytest.mark.parametrize("method", [each for each in sorted(METHODS) if any(not need for _, need in _params(each))])
@pytest.mark.parity("error code", "-1105")
async def test_an_optional_parameter_is_not_sent_empty(method: str) -> None:
    texts = dict(_params(method, "STRING", "ENUM", "DECIMAL", "INT", "LONG"))
    await _hold(
        method,
        [
            (_with(method, name, value), (_empty(name),))
            for name, needed in _params(method)
            if not needed
            for value in ("", None)
            if value is None or name in texts
        ],
    )


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parity("error code", "-1101", "-1104")
async def test_an_unknown_parameter_is_not_read(method: str) -> None:
    valid = VALID[method]
    read, sent = len(valid), len(valid) + 1
    error = (-1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.")
    if not _params(method):
        error = (-1101, "Too many parameters; expected '0' and received '1'.")
    await _hold(method, [({**valid, "colour": "red"}, (error,))])


@pytest.mark.parametrize(
    "method", [each for each in sorted(METHODS) if METHODS[each]["security"] in ("TRADE", "USER_DATA")]
)
async def test_a_signed_request_is_signed_and_timed(method: str) -> None:
    """On a connection that is not logged on, key and signature are mandatory; the time is on every one."""
    async with stage(quoted=False) as raw:
        untimed = await raw.ask(method, VALID[method])
        assert (untimed["error"]["code"], untimed["error"]["msg"]) == _missing("timestamp")
        await raw.get("session.logout")
        for name in ("apiKey", "signature"):
            params = raw.sign(VALID[method])
            del params[name]
            answer = await raw.ask(method, params)
            assert (answer["error"]["code"], answer["error"]["msg"]) == _missing(name)


@pytest.mark.parametrize("method", _having("DECIMAL"))
@pytest.mark.parity("error code", "-1100", "-1111")
async def test_an_amount_is_a_plain_decimal_number_of_eight_places(method: str) -> None:
    cases: list[Case] = []
    for name, _ in _params(method, "DECIMAL"):
        for value in ("abc", "1e3", "-1", "1.", ".5", "1,5", " 1", "1" * 21):
            cases.append((_with(method, name, value), (_illegal(name, DECIMAL_RANGE),)))
        precise = (-1111, f"Parameter '{name}' has too much precision.")
        cases.append((_with(method, name, "1.123456789"), (precise,)))
    await _hold(method, cases)


@pytest.mark.parametrize("method", _having("INT", "LONG"))
@pytest.mark.parity("error code", "-1108")
async def test_a_whole_number_is_digits_of_sixty_four_bits(method: str) -> None:
    cases: list[Case] = []
    for name, _ in _params(method, "INT", "LONG"):
        for value in ("abc", "1.5", "0x1F", "\u0661", "1" * 21):
            cases.append((_with(method, name, value), (_illegal(name, INTEGER_RANGE),)))
        cases.append((_with(method, name, 2**63), ((-1108, f"Parameter '{name}' overflowed."),)))
    await _hold(method, cases)


@pytest.mark.parametrize("method", _having("STRING", "ENUM", "DECIMAL", "INT", "LONG"))
async def test_a_value_is_not_of_another_json_type(method: str) -> None:
    await _hold(
        method,
        [
            (_with(method, name, value), (_missing(name) if needed else _invalid(name),))
            for name, needed in _params(method, "STRING", "ENUM", "DECIMAL", "INT", "LONG")
            for value in VALUES
        ],
    )


@pytest.mark.parametrize("method", _having("BOOLEAN"))
async def test_a_switch_is_true_or_false(method: str) -> None:
    await _hold(
        method,
        [
            (_with(method, name, value), (_invalid(name),))
            for name, _ in _params(method, "BOOLEAN")
            for value in NO_SWITCH
        ],
    )


@pytest.mark.parametrize("method", _having("ARRAY<STRING>"))
async def test_a_list_is_an_array_of_words(method: str) -> None:
    await _hold(
        method,
        [
            ({name: value}, (_invalid(name),))
            for name, _ in _params(method, "ARRAY<STRING>")
            for value in (5, [1], {"a": 1}, ["BTCUSDT", None])
        ],
    )


@pytest.mark.parametrize("method", _having("ENUM"))
@pytest.mark.parity("error code", "-1115", "-1116", "-1117", "-1120", "-1122", "-1139", "-1145", "-1210", "-1211")
async def test_a_word_is_one_of_the_venues(method: str) -> None:
    await _hold(
        method,
        [
            (_with(method, name, word), (_own(method, name) or (_missing(name) if needed else _invalid(name)),))
            for name, needed in _params(method, "ENUM")
            for word in ("NONSENSE", "buy", "0")
        ],
    )


@pytest.mark.parametrize("method", _named("symbol"))
@pytest.mark.parity("error code", "-1121")
async def test_a_symbol_is_listed_and_written_in_legal_characters(method: str) -> None:
    wrong = ("btcusdt", "BTC USDT", "BTC/USDT", "B" * 51, "BTC\u0000")
    cases: list[Case] = [(_with(method, "symbol", value), (_illegal("symbol", SYMBOL_RANGE),)) for value in wrong]
    await _hold(method, [*cases, (_with(method, "symbol", "NOSUCH"), ((-1121, "Invalid symbol."),))])


CLIENT_IDS = [each for each in sorted(METHODS) if any(name.endswith("lientOrderId") for name, _ in _params(each))]


@pytest.mark.parametrize("method", CLIENT_IDS)
async def test_a_client_order_id_is_written_in_legal_characters(method: str) -> None:
    await _hold(
        method,
        [
            (_with(method, name, value), (_illegal(name, CLIENT_ID_RANGE),))
            for name, _ in _params(method)
            if name.endswith("lientOrderId")
            for value in ("white space", "x" * 37, "\u00fcmlaut", "semi;colon")
        ],
    )


LABELLED = [each for each in sorted(METHODS) if any(name.endswith("trategyType") for name, _ in _params(each))]


@pytest.mark.parametrize("method", LABELLED)
@pytest.mark.parity("error code", "-1134")
async def test_a_strategy_type_is_at_least_a_million(method: str) -> None:
    error = (-1134, "`strategyType` was less than 1000000.")
    names = [name for name, _ in _params(method) if name.endswith("trategyType")]
    await _hold(method, [(_with(method, name, 999_999), (error,)) for name in names])


@pytest.mark.parametrize(("method", "first", "second"), [
    ("order.status", "origClientOrderId", "orderId"),
    ("order.cancel", "orderId", "origClientOrderId"),
    ("order.amend.keepPriority", "orderId", "origClientOrderId"),
    ("order.cancelReplace", "cancelOrderId", "cancelOrigClientOrderId"),
    ("orderList.cancel", "orderListId", "listClientOrderId"),
    ("orderList.status", "origClientOrderId", "orderListId"),
    ("ticker", "symbol", "symbols"),
    ("ticker.tradingDay", "symbol", "symbols"),
])  # fmt: skip
async def test_one_of_two_parameters_must_be_there(method: str, first: str, second: str) -> None:
    params = {name: each for name, each in VALID[method].items() if name not in (first, second)}
    await _hold(
        method, [(params, ((-1102, f"Param '{first}' or '{second}' must be sent, but both were empty/null!"),))]
    )


@pytest.mark.parametrize("method", ["exchangeInfo", "executionRules", "ticker.24hr", "ticker", "ticker.price"])
@pytest.mark.parity("error code", "-1151")
async def test_a_symbol_is_named_once(method: str) -> None:
    await _hold(
        method, [({"symbols": ["BTCUSDT", "BTCUSDT"]}, ((-1151, "Symbol is present multiple times in the list."),))]
    )


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("exchangeInfo", {"symbol": "BTCUSDT", "symbols": ["ETHUSDT"]}),
        ("exchangeInfo", {"symbol": "BTCUSDT", "permissions": ["SPOT"]}),
        ("exchangeInfo", {"symbol": "BTCUSDT", "symbolStatus": "TRADING"}),
        ("ticker.24hr", {"symbol": "BTCUSDT", "symbols": ["ETHUSDT"]}),
        ("trades.aggregate", {"symbol": "BTCUSDT", "fromId": 1, "startTime": 1}),
        ("myTrades", {"symbol": "BTCUSDT", "fromId": 1, "startTime": 1}),
        ("myPreventedMatches", {"symbol": "BTCUSDT"}),
        ("myPreventedMatches", {"symbol": "BTCUSDT", "preventedMatchId": 1, "limit": 5}),
    ],
)
@pytest.mark.parity("error code", "-1128")
async def test_parameters_that_exclude_each_other(method: str, params: dict[str, Any]) -> None:
    await _hold(method, [(params, ((-1128, "Combination of optional parameters invalid."),))])


@pytest.mark.parametrize(
    "method", ["ticker.24hr", "ticker.price", "ticker.book", "depth", "referencePrice.calculation"]
)
@pytest.mark.parity("error code", "-1220")
async def test_a_symbol_in_another_status_is_not_answered(method: str) -> None:
    await _hold(
        method,
        [
            (
                {"symbol": "BTCUSDT", "symbolStatus": "HALT"},
                ((-1220, "The symbol's status does not match the requested symbolStatus."),),
            )
        ],
    )
