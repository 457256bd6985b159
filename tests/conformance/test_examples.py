"""Every payload the documentation shows: requests are built like it, replies and events are read without loss."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.api.spot.shapes import with_halves
from binance_wsapi.errors import PartialFailure, VenueError, WsapiError, venue_error
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.models.levels import Levels
from binance_wsapi.models.result import Result
from binance_wsapi.models.spot.events import UnknownEvent, decode_event
from binance_wsapi.models.spot.market import Kline
from binance_wsapi.models.spot.orders import CanceledOrder, OrderFull, OrderResult
from binance_wsapi.models.spot.symbols import LazyBySymbol
from binance_wsapi.wire.codec import decode_frame, encode_request, refusal
from tests.conformance.catalogue import AUTHENTICATION, EVENTS, METHODS, REQUESTS, RESPONSES, record, snake

SUCCESSES = [each for each in RESPONSES if each["response"]["status"] == 200 and "result" in each["response"]]
REFUSALS = [each for each in RESPONSES if each["response"]["status"] != 200]


def label(each: dict[str, Any]) -> str:
    method = each.get("method") or each.get("request", {}).get("method") or each["frame"]["event"]["e"]
    return f"{method}-line{each['line']}"


@pytest.mark.parametrize("example", REQUESTS, ids=label)
async def test_the_documented_request_is_what_the_typed_method_sends(example: dict[str, Any]) -> None:
    shown = example["request"]
    method = shown["method"].removeprefix("v3/")
    params = {name: value for name, value in (shown.get("params") or {}).items() if name not in AUTHENTICATION}
    # A JSON number with a fraction is sent as text, which the venue takes alike: text prints as it was meant.
    arguments = {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in params.items()}
    expected = {name: str(value) if isinstance(value, float) else value for name, value in params.items()}
    unit = arguments.pop("returnRateLimits", None)  # belongs to the connection here, not to a method
    expected.pop("returnRateLimits", None)
    assert unit in (None, False)
    call = await record(method, **{snake(name): value for name, value in arguments.items()})
    sent = wire_params(call.params)
    one = msgspec.json.encode({"id": "x", "method": method, "params": expected}, order="deterministic")
    other = msgspec.json.encode(
        {"params": {}, **json.loads(encode_request("x", call.endpoint.method, dict(sent)))}, order="deterministic"
    )
    assert other == one


def unmodelled(value: Any, path: str = "result") -> list[str]:
    """Return every field that no model knows."""
    found: list[str] = []
    if isinstance(value, Result):
        found += [f"{path}.{name}" for name in value.extra]
        for name in type(value).model_fields:  # type: ignore[attr-defined]
            found += unmodelled(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list | tuple | LazyBySymbol) and not isinstance(value, Kline):
        for item in value:
            found += unmodelled(item, f"{path}[]")
    return found


def leaves(value: Any) -> list[Any]:
    """Return every value of a document, numbers by what they are worth."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, str):
        try:
            return [str(Decimal(value).normalize() + 0)]
        except ArithmeticError:
            return [value]
    return [str(value) if isinstance(value, int) and not isinstance(value, bool) else value]


def written(value: Any) -> Any:
    """Return a typed result as a document again."""
    if isinstance(value, Result):
        shown = value.model_dump(by_alias=True, exclude_unset=True)  # type: ignore[attr-defined]
        return {name: written(item) for name, item in shown.items()}
    if isinstance(value, Levels):
        return [list(pair) for pair in value.pairs]
    if isinstance(value, list | tuple):
        return [written(item) for item in value]
    if isinstance(value, dict):
        return {name: written(item) for name, item in value.items()}
    return str(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("example", SUCCESSES, ids=label)
def test_the_documented_result_is_read_without_an_unmodelled_or_a_lost_field(example: dict[str, Any]) -> None:
    if example["method"] == "referencePrice" and "code" in example["response"]["result"]:
        with pytest.raises(VenueError, match="-2043"):
            endpoints()["referencePrice"].decode(example["response"]["result"])
        return
    envelope = decode_frame(json.dumps(example["response"]).encode())
    assert envelope.result is not UNSET
    result = endpoints()[example["method"]].decode(bytes(envelope.result))
    assert unmodelled(result) == []
    assert sorted(map(str, leaves(written(result)))) == sorted(map(str, leaves(example["response"]["result"])))
    top = result[0] if isinstance(result, list) and result else result
    if isinstance(top, Result):
        shown = example["response"]["result"]
        assert top.raw == (shown[0] if isinstance(shown, list) else shown)


@pytest.mark.parametrize("example", REFUSALS, ids=label)
def test_the_documented_refusal_is_an_error_that_says_all_of_it(example: dict[str, Any]) -> None:
    shown = example["response"]
    error = refusal(decode_frame(json.dumps(shown).encode()))
    assert isinstance(error, WsapiError)
    assert isinstance(error, VenueError)
    assert (error.status, error.code, error.msg) == (shown["status"], shown["error"]["code"], shown["error"]["msg"])
    assert error.data == shown["error"].get("data", {})
    if "cancelResult" in error.data:
        assert isinstance(error, PartialFailure)
        halves = with_halves(error)
        assert halves.cancel_result == error.data["cancelResult"]
        assert halves.new_order_result == error.data["newOrderResult"]
        kinds = {"SUCCESS": CanceledOrder, "FAILURE": VenueError, "NOT_ATTEMPTED": type(None)}
        assert isinstance(halves.cancel_response, kinds[halves.cancel_result])
        kinds["SUCCESS"] = OrderResult
        assert isinstance(halves.new_order_response, kinds[halves.new_order_result])
    if "retryAfter" in error.data:
        assert error.retry_after == error.data["retryAfter"]


@pytest.mark.parametrize("example", EVENTS, ids=label)
def test_the_documented_event_is_read_without_an_unmodelled_or_a_lost_field(example: dict[str, Any]) -> None:
    frame = example["frame"]
    event = decode_event(json.dumps(frame["event"]).encode(), frame.get("subscriptionId"))
    assert not isinstance(event, UnknownEvent)
    assert unmodelled(event) == []
    assert event.subscription_id == frame.get("subscriptionId")
    assert event.raw == frame["event"]
    assert sorted(map(str, leaves(written(event)))) == sorted(map(str, leaves(frame["event"])))


def test_every_method_has_an_example_of_both() -> None:
    assert {each["request"]["method"] for each in REQUESTS} >= set(METHODS)
    assert {each["method"] for each in SUCCESSES} >= set(METHODS)


def test_an_unknown_event_or_an_event_with_unknown_fields_is_kept() -> None:
    event = decode_event(b'{"e":"somethingNew","E":5,"q":[1,2]}', 3)
    assert isinstance(event, UnknownEvent)
    assert (event.event, event.raw, event.subscription_id) == (
        "somethingNew",
        {"e": "somethingNew", "E": 5, "q": [1, 2]},
        3,
    )
    broken = decode_event(b'{"e":"executionReport","E":"x"}', 3)
    assert isinstance(broken, UnknownEvent)
    assert broken.raw == {"e": "executionReport", "E": "x"}


def test_an_order_reply_of_each_kind_is_told_apart() -> None:
    place = endpoints()["order.place"]
    found = [type(place.decode(each["response"]["result"])) for each in SUCCESSES if each["method"] == "order.place"]
    assert OrderFull in found
    assert OrderResult in found
    assert len({kind.__name__ for kind in found}) == 3


def test_a_refusal_is_the_class_its_code_stands_for() -> None:
    names = {
        -1003: "RateLimited", -1015: "RateLimited", -1013: "FilterFailed", -1021: "BadTimestamp", -1022: "AuthFailed",
        -2014: "AuthFailed", -2015: "AuthFailed", -2010: "OrderRejected", -2011: "CancelRejected", -2013: "OrderNotFound",
        -2026: "OrderNotFound", -2038: "AmendRejected", -1102: "BadRequest", -1121: "BadRequest", -1008: "VenueError",
    }  # fmt: skip
    for code, name in names.items():
        assert type(venue_error(400, code, "")).__name__ == name, code
    for status, code in ((500, -1), (503, -1008), (504, -1007), (400, -1007), (400, -1006), (400, -1000), (400, -1001)):
        assert type(venue_error(status, code, "")).__name__ == "VenueFault"
    assert type(venue_error(403, 0, "")).__name__ == "Forbidden"
    assert type(venue_error(418, -1003, "")).__name__ == "IpBanned"
    error = venue_error(400, -1013, "Filter failure: LOT_SIZE")
    assert error.filter == "LOT_SIZE"  # type: ignore[union-attr]
