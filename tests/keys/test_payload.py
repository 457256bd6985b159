"""What is sent, what is signed, and that the two are the same."""

from __future__ import annotations

import decimal
import json
import re
import tracemalloc
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import Secret, WireParams, signing_payload, wire_params
from binance_wsapi.models.base import Timestamp


class Side(StrEnum):
    BUY = "BUY"


class Mixed(str, Enum):  # noqa: UP042 the older spelling, which f-strings print as "Mixed.LIMIT"
    LIMIT = "LIMIT"


class Plain(Enum):
    TEXT = "GTC"
    NUMBER = 7
    FLAG = True
    NOTHING = None
    FRACTION = 0.5
    AMOUNT = Decimal("1E+2")
    INJECTION = "a&b"
    EQUALS = "a=b"
    BELL = "\a"


class Level(IntEnum):
    THREE = 3


class Text(str):
    """A string that prints as something else."""

    __slots__ = ()

    def __str__(self) -> str:
        return "printed"

    def __format__(self, spec: str) -> str:
        return "formatted"


class Number(int):
    def __str__(self) -> str:
        return "printed"


class Amount(Decimal):
    def __str__(self, eng: bool = False, context: decimal.Context | None = None) -> str:
        return "printed"


# --------------------------------------------------------------------------- conversion


@pytest.mark.parametrize(
    ("value", "sent", "signed"),
    [
        ("BTCUSDT", "BTCUSDT", "BTCUSDT"),
        ("这是测试币456", "这是测试币456", "这是测试币456"),
        ("１２３４５６", "１２３４５６", "１２３４５６"),
        ("a b+c%20/é🙂", "a b+c%20/é🙂", "a b+c%20/é🙂"),
        ("a\u200bb", "a\u200bb", "a\u200bb"),  # not printable, and no control character either
        ("", "", ""),
        (5000, 5000, "5000"),
        (0, 0, "0"),
        (-1, -1, "-1"),
        (2**63 - 1, 2**63 - 1, "9223372036854775807"),
        (-(2**63), -(2**63), "-9223372036854775808"),
        (True, True, "true"),
        (False, False, "false"),
        (Side.BUY, "BUY", "BUY"),
        (Mixed.LIMIT, "LIMIT", "LIMIT"),
        (Plain.TEXT, "GTC", "GTC"),
        (Plain.NUMBER, 7, "7"),
        (Plain.FLAG, True, "true"),
        (Plain.AMOUNT, "100", "100"),
        (Level.THREE, 3, "3"),
        (Text("content"), "content", "content"),
        (Number(7), 7, "7"),
        (Amount("0.10"), "0.10", "0.10"),
        (datetime(2022, 2, 21, 6, 2, 56, 532_999, tzinfo=UTC), 1645423376532, "1645423376532"),
        (datetime(2022, 2, 21, 8, 2, 56, 532_000, tzinfo=timezone(timedelta(hours=2))), 1645423376532, "1645423376532"),
        (datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC), -1, "-1"),
    ],
)
def test_a_value_is_sent_and_signed_as_the_table_says(value: object, sent: object, signed: str) -> None:
    wire = wire_params({"x": value})
    assert wire == {"x": sent}
    assert type(wire["x"]) is type(sent)
    assert signing_payload(wire) == f"x={signed}".encode()


@pytest.mark.parametrize(
    ("given_as", "text"),
    [
        ("1", "1"),
        ("1.10", "1.10"),
        ("0.00000001", "0.00000001"),
        ("1E-8", "0.00000001"),
        ("1E-5", "0.00001"),
        ("1.50E-7", "0.000000150"),
        ("1E+5", "100000"),
        ("1.5E+3", "1500"),
        ("0E-8", "0.00000000"),
        ("-0.0", "-0.0"),
        ("-12.5", "-12.5"),
        ("99999999999999999999.12345678", "99999999999999999999.12345678"),
        ("1E+40", "1" + "0" * 40),
        ("1E-40", "0." + "0" * 39 + "1"),
    ],
)
def test_a_decimal_is_printed_plain_and_keeps_its_zeros(given_as: str, text: str) -> None:
    assert wire_params({"quantity": Decimal(given_as)}) == {"quantity": text}


def test_a_decimal_is_printed_alike_in_every_decimal_context() -> None:
    """``capitals=0`` writes 1e-7 where others write 1E-7; a small precision must not round."""
    with decimal.localcontext(decimal.Context(prec=2, capitals=0, traps=[decimal.Inexact, decimal.Rounded])):
        assert wire_params({"a": Decimal("1E-7"), "b": Decimal("123.4567")}) == {"a": "0.0000001", "b": "123.4567"}


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "sNaN",
        "-NaN",
        "Infinity",
        "-Infinity",
        "1E+41",
        "1E-41",
        "1E+50000000",
        "1E-50000000",
        "0E+50000000",
        "0E-99",
    ],
)
def test_a_decimal_that_is_no_amount_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match=r"'quantity' is (not a finite number|a Decimal beyond 40 digits)"):
        wire_params({"quantity": Decimal(value)})


def test_a_decimal_of_many_digits_is_refused() -> None:
    with pytest.raises(UsageError, match="beyond 40 digits"):
        wire_params({"quantity": Decimal("1." + "0" * 100)})


def test_a_huge_exponent_is_refused_before_it_is_written_out() -> None:
    value = Decimal("1E+50000000")
    tracemalloc.start()
    try:
        with pytest.raises(UsageError):
            wire_params({"quantity": value})
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_none_is_left_out_and_the_order_is_kept() -> None:
    assert list(wire_params({"b": 1, "x": None, "a": 2, "y": None})) == ["b", "a"]


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType])
def test_any_mapping_is_taken_and_none_is_changed(kind: type[Any]) -> None:
    params = {"b": Decimal(1), "a": None}
    wire = wire_params(kind(params))
    assert wire == {"b": "1"}
    assert params == {"b": Decimal(1), "a": None}
    assert wire is not params


@pytest.mark.parametrize(
    "symbols", [["BTCUSDT", "这是测试币456"], ("BTCUSDT", "这是测试币456"), [Text("BTCUSDT"), "这是测试币456"]]
)
def test_a_list_of_strings_is_sent_as_an_array(symbols: object) -> None:
    wire = wire_params({"symbols": symbols})
    assert wire == {"symbols": ["BTCUSDT", "这是测试币456"]}
    assert json.loads(json.dumps(wire)) == wire


def test_a_list_may_hold_enum_members() -> None:
    assert wire_params({"permissions": [Side.BUY, Plain.TEXT]}) == {"permissions": ["BUY", "GTC"]}


@pytest.mark.parametrize("symbols", [[1], [None], [["A"]], [b"A"], [1.5], [Plain.NUMBER], ["A", True]])
def test_a_list_of_anything_else_is_refused(symbols: object) -> None:
    with pytest.raises(UsageError, match=r"'symbols' is a list that holds .*; lists are of strings"):
        wire_params({"symbols": symbols})


def test_the_strings_of_a_list_are_checked_like_any_other() -> None:
    with pytest.raises(UsageError, match="'symbols' contains '&'"):
        wire_params({"symbols": ["BTCUSDT", "A&B"]})


@pytest.mark.parametrize("value", [["BTCUSDT"], [], ("A",)])
def test_a_list_is_never_signed(value: Any) -> None:
    with pytest.raises(UsageError, match="'symbols' is a list; the venue does not say how a list is signed"):
        signing_payload({"symbols": value})


# --------------------------------------------------------------------------- refusals

SECONDS = 1_704_067_200


@pytest.mark.parametrize("name", ["startTime", "endTime"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        (SECONDS, "must be milliseconds or microseconds since 1970, got 1704067200; seconds are multiplied by 1000"),
        (str(SECONDS), "must be .*, got 1704067200; seconds are multiplied by 1000"),
        (1, "must be .*; seconds are multiplied by 1000"),
        (-SECONDS * 1_000, "must be .*; seconds are multiplied by 1000"),
        (SECONDS * 10**9, "must be .*, got 1704067200000000000; nanoseconds are divided by 1000000"),
        ("2024-01-01", "is text; use a datetime with a time zone, or milliseconds since 1970"),
        ("", "is text"),
        ("9" * 5000, "is text"),
        ("9" * 40, "is text"),
        ("9" * 39, "must be .*; nanoseconds are divided by 1000000"),
        (10**11 - 1, "must be .*; seconds are multiplied by 1000"),
        (10**17, "must be .*; nanoseconds are divided by 1000000"),
        (2**63 - 1, "must be .*; nanoseconds are divided by 1000000"),
        (2**63, "is an integer beyond 64 bits"),
        (-(2**63), "must be .*; seconds are multiplied by 1000"),
        (float(SECONDS), "must not be a float, got 1704067200.0; use a datetime with a time zone"),
        (True, "is a bool; use a datetime with a time zone"),
    ],
)
def test_a_time_in_a_unit_that_the_venue_does_not_take_is_refused(name: str, value: object, why: str) -> None:
    with pytest.raises(UsageError, match=f"parameter '{name}' {why}"):
        wire_params({"symbol": "BTCUSDT", name: value})


def test_the_end_of_a_span_is_looked_at_where_its_begin_is_the_first_there_is() -> None:
    with pytest.raises(UsageError, match=r"parameter 'endTime' must be .*; seconds are multiplied by 1000"):
        wire_params({"startTime": 0, "endTime": SECONDS})


@pytest.mark.parametrize(
    "value",
    [
        0,
        SECONDS * 1_000,
        SECONDS * 10**6,
        10**11,
        10**17 - 1,
        str(SECONDS * 1_000),
        Timestamp(1),
        datetime(1971, 1, 1, tzinfo=UTC),
        None,
    ],
)
def test_a_time_that_the_venue_takes_is_sent(value: Any) -> None:
    expected = {} if value is None else {"startTime": 31_536_000_000 if isinstance(value, datetime) else value}
    assert wire_params({"startTime": value}) == expected


@pytest.mark.parametrize("name", ["quantity", "stopPrice", "newQty", "orderId", "limit", "recvWindow", "trailingDelta"])
def test_a_bool_in_the_place_of_a_number_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"parameter '{name}' is a bool; use "):
        wire_params({"symbol": "BTCUSDT", name: True})


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.001, "the float 0.001: write '0.001'"),
        (1.0, "the float 1.0: write '1.0'"),
        (1e-8, "the float 1e-08: write '0.00000001'"),
        (1e300, "the float 1e+300"),
        (-0.5, "the float -0.5"),
        (float("nan"), "the float nan"),
        (float("inf"), "the float inf"),
        (Plain.FRACTION, "the float 0.5: write '0.5'"),
    ],
)
def test_a_float_is_refused_with_the_number_and_what_to_write(value: object, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        wire_params({"symbol": "BTCUSDT", "price": value})
    assert str(caught.value) == f"parameter 'price' must be text, an int or a Decimal, got {told}"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("1&b=2", "contains '&'"),
        ("a=b", "contains '='"),
        ("a\0b", r"a control character \(U\+0000\)"),
        ("a\n", r"a control character \(U\+000A\)"),
        ("\x1b[2J", r"a control character \(U\+001B\)"),
        ("\x7f", r"a control character \(U\+007F\)"),
        ("\x85", r"a control character \(U\+0085\)"),
        ("\x9f", r"a control character \(U\+009F\)"),
        ("\ud800", r"a lone surrogate \(U\+D800\)"),
        ("x\udfff", r"a lone surrogate \(U\+DFFF\)"),
        (Plain.INJECTION, "contains '&'"),
        (Plain.EQUALS, "contains '='"),
        (Plain.BELL, "a control character"),
        (Text("1&b"), "contains '&'"),
        (b"BTCUSDT", "is of type bytes.*; decode it to str"),
        (bytearray(b"x"), "is of type bytearray.*; decode it to str"),
        ({"a": "b"}, "is of type dict"),
        ({"a"}, "is of type set"),
        (object(), "is of type object"),
        (1j, "is of type complex"),
        (date(2026, 1, 1), "is of type date"),
        (timedelta(seconds=1), "is of type timedelta"),
        (Secret("s"), "is of type Secret"),
        (datetime(2026, 1, 1), "is a datetime without a time zone"),  # noqa: DTZ001
        (2**63, "is an integer beyond 64 bits"),
        (-(2**63) - 1, "is an integer beyond 64 bits"),
        pytest.param(10**5000, "is an integer beyond 64 bits", id="5001 digits"),
        (Plain.NOTHING, "is an Enum member whose value is None"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(value: object, why: str) -> None:
    with pytest.raises(UsageError, match="^parameter 'thing' .*" + why) as caught:
        wire_params({"symbol": "BTCUSDT", "thing": value})
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", ["", "a b", "a-b", "a_b", "a&b", "a=b", "é", "１", "a\n", "a.b", "\ud800"])
def test_a_name_that_is_not_letters_and_digits_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="has a name that is not made of ASCII letters and digits"):
        wire_params({"symbol": "BTCUSDT", name: "x"})


@pytest.mark.parametrize("name", [1, None, b"symbol", Mixed.LIMIT, Text("symbol")])
def test_a_name_that_is_not_plain_str_is_refused(name: Any) -> None:
    with pytest.raises(UsageError, match=f"name is of type {type(name).__name__}"):
        wire_params({"side": "BUY", name: "x"})


def test_a_message_shows_no_value_and_no_long_name() -> None:
    with pytest.raises(UsageError) as caught:
        wire_params({"apiKey": "hunter2&"})
    assert "hunter2" not in str(caught.value)
    with pytest.raises(UsageError) as caught:
        wire_params({"!" * 10_000: "x"})
    assert len(str(caught.value)) < 200


# --------------------------------------------------------------------------- the signed text


def test_the_payload_is_sorted_by_name_and_leaves_out_the_signature() -> None:
    wire: WireParams = {"b": "2", "signature": "xyz==", "a": 1, "B": True, "aa": "3", "a1": False}
    assert signing_payload(wire) == b"B=true&a=1&a1=false&aa=3&b=2"
    assert "signature" in wire


def test_nothing_is_percent_encoded() -> None:
    assert signing_payload({"symbol": "１ +%/?", "x": "é"}) == "symbol=１ +%/?&x=é".encode()


def test_no_parameters_have_an_empty_payload() -> None:
    assert signing_payload({}) == b""
    assert signing_payload({"signature": "x"}) == b""


@pytest.mark.parametrize("value", [None, 1.5, Decimal(1), Side.BUY, b"x", datetime(2026, 1, 1, tzinfo=UTC), Number(1)])
def test_only_values_of_the_wire_are_signed(value: Any) -> None:
    """A value that skipped `wire_params` would be printed by chance; it is refused instead."""
    with pytest.raises(UsageError, match=r"'x' is of type .* pass it through wire_params first"):
        signing_payload({"x": value})


def test_the_last_gate_refuses_an_ambiguous_payload() -> None:
    with pytest.raises(UsageError, match="ambiguous"):
        signing_payload({"a": "1&b=2"})


def test_a_surrogate_at_the_last_gate_leaves_no_exception_that_holds_the_payload() -> None:
    with pytest.raises(UsageError, match="lone surrogate") as caught:
        signing_payload({"a": "\ud800"})
    assert caught.value.__context__ is None


# --------------------------------------------------------------------------- properties

OF_NUMBERS = (
    "price",
    "Price",
    "quantity",
    "Quantity",
    "Qty",
    "Time",
    "Id",
    "Type",
    "Delta",
    "Value",
    "limit",
    "Window",
)
"""Ends of the names of parameters that take no flag; two of the times take no text either."""
NAMES = st.from_regex("[A-Za-z0-9]{1,12}", fullmatch=True).filter(
    lambda name: name != "signature" and not name.endswith(OF_NUMBERS)
)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="&="), max_size=12)
DECIMALS = st.decimals(-(10**12), 10**12, places=20, allow_nan=False, allow_infinity=False) | st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**9), 10**9), st.integers(-30, 30)
)
VALUES = st.one_of(
    TEXTS,
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    DECIMALS,
    st.none(),
    st.sampled_from([Side.BUY, Mixed.LIMIT, Plain.TEXT, Plain.NUMBER, Plain.FLAG, Plain.AMOUNT, Level.THREE]),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(Text, TEXTS),
)
PARAMS = st.dictionaries(NAMES, VALUES, max_size=10)


@given(PARAMS)
@example({"symbol": "这是测试币456", "price": Decimal("1E-8"), "flag": True})
def test_the_payload_of_the_parsed_json_is_what_was_signed(params: dict[str, Any]) -> None:
    wire = wire_params(params)
    signed = signing_payload(wire)
    assert signing_payload(json.loads(json.dumps(wire))) == signed
    assert signing_payload(json.loads(json.dumps(wire, ensure_ascii=False))) == signed
    assert signing_payload(msgspec.json.decode(msgspec.json.encode(wire))) == signed


@given(PARAMS)
def test_a_server_that_prints_json_values_plainly_gets_the_same_text(params: dict[str, Any]) -> None:
    """The rule written a second time, from the documentation: sort, print, join."""
    parsed = json.loads(json.dumps(wire_params(params)))
    printed = {name: json.dumps(v) if isinstance(v, bool | int) else v for name, v in parsed.items()}
    expected = "&".join(name + "=" + printed[name] for name in sorted(printed))
    assert signing_payload(parsed) == expected.encode()


@given(PARAMS)
def test_a_payload_has_one_reading(params: dict[str, Any]) -> None:
    """Taken apart again it gives the printed parameters: no two requests share a signature by their text."""
    wire = wire_params(params)
    pairs = [pair.split("=") for pair in signing_payload(wire).decode().split("&")] if wire else []
    assert {name: value for name, value in pairs} == {  # noqa: C416 a pair of three would have to fail
        name: str(v).lower() if isinstance(v, bool) else str(v) for name, v in wire.items()
    }


@given(DECIMALS)
def test_a_decimal_keeps_its_value_and_its_decimals(value: Decimal) -> None:
    text = wire_params({"x": value})["x"]
    assert isinstance(text, str)
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)
    assert Decimal(text) == value
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    assert len(text.partition(".")[2]) == max(0, -exponent)


@given(st.text(max_size=20))
def test_any_text_is_sent_unchanged_or_refused(text: str) -> None:
    harmful = any(c in "&=" or ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in text)
    try:
        wire = wire_params({"x": text})
    except UsageError:
        assert harmful
    else:
        assert not harmful
        assert wire == {"x": text}


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_datetime_becomes_whole_milliseconds_rounded_down(value: datetime) -> None:
    sent = wire_params({"startTime": value})["startTime"]
    assert type(sent) is int
    assert (
        timedelta(0)
        <= value - (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=sent))
        < timedelta(milliseconds=1)
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("price", "write '1.0'"), ("orderId", "use an int"), ("fromId", "use an int"), ("limit", "use an int"),
     ("newClientOrderId", "use a str"), ("startTime", "datetime with a time zone, or an int"), ("recvWindow", "an int or a Decimal of milliseconds")],
)  # fmt: skip
def test_a_float_is_refused_with_what_to_write_in_its_place(name: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        wire_params({name: 1.0})
    assert remedy in str(caught.value)


@pytest.mark.parametrize("text", ["-1" + "0" * 40 + "." + "0" * 39 + "1", "0." + "0" * 39 + "1"])
def test_a_decimal_of_forty_digits_on_each_side_is_written_in_full(text: str) -> None:
    assert wire_params({"quantity": Decimal(text)}) == {"quantity": text}
