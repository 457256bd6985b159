"""Results that are structs and results that are `pydantic` models are one kind of thing to their user."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields
from pydantic import BaseModel, TypeAdapter

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.errors import UnreadableReply
from binance_wsapi.models import (
    Account,
    ExecutionReport,
    Fill,
    MicroTimestamp,
    OrderFull,
    OrderInList,
    OrderList,
    OrderResult,
    OrderState,
    Result,
    Timestamp,
    UnknownEvent,
)
from binance_wsapi.models.base import is_short
from binance_wsapi.models.spot import orders
from binance_wsapi.models.spot.events import decode_event
from binance_wsapi.wire.endpoint import TimeUnit
from tests.conformance.catalogue import EVENTS, RESPONSES

FULL: dict[str, Any] = next(
    each["response"]["result"] for each in RESPONSES
    if each["method"] == "order.place" and "fills" in each["response"].get("result", {})
)  # fmt: skip
LIST: dict[str, Any] = next(
    each["response"]["result"] for each in RESPONSES if each["method"] == "orderList.status"
)  # fmt: skip
PLACE, STATUS = endpoints()["order.place"], endpoints()["orderList.status"]


def read(**more: Any) -> OrderFull:
    order = PLACE.decode(json.dumps(FULL | more).encode())
    assert isinstance(order, OrderFull)
    return order


def hot_and_cold() -> list[Result]:
    """A struct, a model, a struct inside a struct, a struct inside a model."""
    order_list = STATUS.decode(json.dumps(LIST | {"later": {"a": 1}}).encode())
    assert isinstance(order_list, OrderList)
    order = read(later={"a": 1})
    return [order, order_list, order.fills[0], order_list.orders[0]]


@pytest.mark.parametrize("which", range(4))
def test_a_result_is_copied_pickled_and_compared(which: int) -> None:
    one, other = hot_and_cold()[which], hot_and_cold()[which]
    assert one == other
    assert one is not other
    for made in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert made == one
        assert type(made) is type(one)
        assert made.raw == one.raw
        assert made.extra == one.extra


@pytest.mark.parametrize("which", range(4))
def test_a_result_becomes_a_dictionary_and_json_and_comes_back(which: int) -> None:
    result = hot_and_cold()[which]
    for wire_names in (False, True):
        shown = result.to_dict(wire_names=wire_names)
        assert type(result).from_dict(shown) == result
        written = json.loads(result.to_json(wire_names=wire_names))
        assert type(result).from_dict(written) == result
        assert set(written) == set(shown)
        named = type(result).json_schema(wire_names=wire_names)["properties"]
        assert set(named) == set(shown) - set(result.extra)


@pytest.mark.parametrize("which", range(2))
def test_what_the_library_does_not_know_is_kept(which: int) -> None:
    result = hot_and_cold()[which]
    assert result.extra == {"later": {"a": 1}}
    assert result.raw["later"] == {"a": 1}
    assert result.to_dict()["later"] == {"a": 1}
    assert "later={'a': 1}" in repr(result)
    assert type(result).from_dict(result.to_dict()).extra == result.extra


def test_unknown_fields_inside_are_reachable_from_where_they_are() -> None:
    order = read(fills=[FULL["fills"][0], FULL["fills"][0] | {"later": 7}])
    assert [fill.extra for fill in order.fills] == [{}, {"later": 7}]
    assert order.fills[1].raw == FULL["fills"][0] | {"later": 7}


def test_a_result_shows_no_empty_fields() -> None:
    for result in hot_and_cold():
        assert "None" not in repr(result)
    assert repr(read()).startswith("OrderFull(symbol='BTCUSDT', order_id=")


def test_no_result_can_be_changed() -> None:
    for result in hot_and_cold():
        with pytest.raises((AttributeError, ValueError, TypeError)):
            result.symbol = "X"  # type: ignore[attr-defined]


def test_results_are_fields_of_models_of_the_users_own() -> None:
    class Booked(BaseModel):
        order: OrderFull
        fills: list[Fill] = []
        note: str | None = None

    order = read()
    booked = Booked(order=order, fills=order.fills)
    assert booked.order is order
    assert Booked.model_validate_json(booked.model_dump_json()).order == order
    assert Booked.model_validate_json(booked.model_dump_json(by_alias=True)).fills == order.fills
    assert Booked.model_validate(booked.model_dump()) == booked
    properties = Booked.model_json_schema()["properties"]
    assert properties["order"]["properties"]["orderId"]["type"] == "integer"
    assert TypeAdapter(list[OrderFull]).validate_python([FULL])[0] == order
    for wrong in ({}, FULL | {"side": "?"}, 5, None):
        with pytest.raises(ValueError, match="OrderFull"):
            Booked(order=wrong)


def test_the_names_of_pydantic_go_on_working() -> None:
    order = read(later=1)
    assert order.model_dump() == order.to_dict()
    assert order.model_dump(by_alias=True, exclude_unset=True).keys() == (FULL | {"later": 1}).keys()
    assert "stop_price" not in order.model_dump(exclude_none=True)
    assert order.model_dump(include={"symbol"}) == {"symbol": order.symbol}
    assert json.loads(order.model_dump_json())["price"] == FULL["price"]
    assert order.model_dump(mode="json")["price"] == FULL["price"]
    assert order.model_copy(update={"symbol": "X"}).symbol == "X"
    assert order.model_copy() == order
    assert OrderFull.model_validate(FULL) == read()
    assert OrderFull.model_validate_json(json.dumps(FULL)) == read()
    assert order.model_extra == {"later": 1}
    assert "fills" in OrderFull.model_fields
    assert "price" in order.model_fields_set
    assert "stop_price" not in order.model_fields_set
    assert OrderFull.model_json_schema() == OrderFull.json_schema()
    assert OrderInList.model_construct(symbol="A").symbol == "A"


@pytest.mark.parametrize(
    "text", ["1E+999999999", "-1e41", "1E-999999999", "0E+999999999", "0E-999999999", "9" * 10_000, "1." + "0" * 10_000]
)
def test_a_number_without_end_is_refused_wherever_it_is(text: str) -> None:
    """As in the results that are read seldom: written out it fills the memory."""
    for broken in (FULL | {"price": text}, FULL | {"fills": [FULL["fills"][0] | {"qty": text}]}):
        with pytest.raises(UnreadableReply):
            PLACE.decode(json.dumps(broken).encode())
        with pytest.raises(ValueError, match="finite number of few digits"):
            OrderFull.from_dict(broken)
    event = next(each["frame"]["event"] for each in EVENTS if each["frame"]["event"]["e"] == "executionReport")
    assert isinstance(decode_event(json.dumps(event | {"z": text}).encode()), UnknownEvent)


@pytest.mark.parametrize("text", ["NaN", "nan", "sNaN", "Infinity", "-inf", "+Inf", "n_an", " NaN"])
def test_a_number_that_is_none_is_refused_wherever_it_is(text: str) -> None:
    for broken in (FULL | {"price": text}, FULL | {"fills": [FULL["fills"][0] | {"qty": text}]}):
        with pytest.raises(UnreadableReply) as caught:
            PLACE.decode(json.dumps(broken).encode())
        assert text not in str(caught.value)
        with pytest.raises(ValueError, match="finite"):
            OrderFull.from_dict(broken)
    event = next(each["frame"]["event"] for each in EVENTS if each["frame"]["event"]["e"] == "executionReport")
    assert isinstance(decode_event(json.dumps(event | {"z": text}).encode()), UnknownEvent)


@pytest.mark.parametrize(
    "changed", [{}, {"q": None}, {"e": "balanceUpdate"}, {"E": "1"}, {"e": "executionReport2"}, {"z": "NaN"}]
)
def test_a_report_is_read_the_same_wherever_its_name_stands(changed: dict[str, Any]) -> None:
    """One whose name comes first is read without a look for its name before."""
    report = next(each["frame"]["event"] for each in EVENTS if each["frame"]["event"]["e"] == "executionReport")
    fields_of = report | changed
    first = json.dumps(fields_of, separators=(",", ":")).encode()
    twice = first.replace(b"{", b'{"e":"executionReport",', 1)
    behind = first.replace(b"{", b'{"zz":1,', 1)
    told = decode_event(behind, 3)
    for data in (first, twice):
        event = decode_event(data, 3)
        assert (type(event), event.event, event.subscription_id) == (type(told), told.event, 3)
        assert event.raw_json == data
    assert isinstance(told, UnknownEvent) is bool(changed)


def test_a_number_that_is_none_is_refused_behind_escapes_as_well() -> None:
    hidden = json.dumps(FULL | {"price": "HERE"}).replace("HERE", "N\\u0061N")
    with pytest.raises(UnreadableReply):
        PLACE.decode(hidden.encode())


@given(st.text(st.sampled_from("nNaAsSiIfFtTyY+-_ 0123456789.eE\u00a0\u0661"), max_size=12))
def test_a_text_is_taken_for_a_number_only_where_it_is_one(text: str) -> None:
    """`Decimal` takes words for a number that is none, too: in any case, signed, and with white space and underscores."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and is_short(number):
        assert read(price=text).price == number
        return
    with pytest.raises(UnreadableReply):
        read(price=text)
    with pytest.raises(UnreadableReply):
        read(fills=[FULL["fills"][0], FULL["fills"][0] | {"qty": text}])


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ({"orderId": "x"}, "orderId"),
        ({"side": "SOMETHING_NEW"}, "side"),
        ({"transactTime": 1.5}, "transactTime"),
        ({"fills": [{}]}, "fills[0].price"),
        ({"price": {"secret": 1}}, "price"),
    ],
)
def test_an_unreadable_reply_says_where_and_not_what(broken: dict[str, Any], where: str) -> None:
    with pytest.raises(UnreadableReply) as caught:
        PLACE.decode(json.dumps(FULL | broken).encode())
    assert f"at: {where}" in str(caught.value)
    assert "SOMETHING_NEW" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_times_know_their_unit() -> None:
    assert type(read().transact_time) is Timestamp
    micro = PLACE.decode(json.dumps(FULL).encode(), TimeUnit.MICROSECOND)
    assert isinstance(micro, OrderFull)
    assert type(micro.transact_time) is MicroTimestamp
    assert type(pickle.loads(pickle.dumps(micro)).transact_time) is MicroTimestamp


@pytest.mark.parametrize("unit", TimeUnit)
def test_equal_times_share_an_object_and_have_the_unit_of_their_connection(unit: TimeUnit) -> None:
    """The garbage collector goes through each of them."""
    times = {"transactTime": 1_700_000_000_123, "workingTime": 1_700_000_000_123}
    order = PLACE.decode(json.dumps(FULL | times).encode(), unit)
    assert isinstance(order, OrderFull)
    assert order.transact_time is order.working_time
    assert order.transact_time == 1_700_000_000_123
    assert type(order.transact_time) is (Timestamp if unit is TimeUnit.MILLISECOND else MicroTimestamp)


def test_both_ways_to_tell_the_state_of_an_order_tell_as_much() -> None:
    """`OrderResult` writes out the fields of `_Conditional`, which it cannot inherit beside those of `OrderAck`."""
    wanted = {(each.name, each.encode_name, str(each.type)) for each in fields(orders._Conditional)}
    assert wanted
    for kind in (OrderResult, OrderState):
        assert wanted <= {(each.name, each.encode_name, str(each.type)) for each in fields(kind)}


def test_a_struct_and_a_model_are_both_results() -> None:
    assert issubclass(ExecutionReport, Result)
    assert issubclass(Account, Result)
    assert read().average_price == read().cumulative_quote_qty / read().executed_qty
    assert isinstance(read().price, Decimal)
