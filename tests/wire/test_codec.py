"""A reply whose id and status can be read is what it says, however odd its advisory parts are (F22)."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from binance_wsapi.errors import AuthFailed, OrderRejected, ProtocolViolation, UnreadableReply, VenueError, VenueFault
from binance_wsapi.wire.codec import (
    MOST_ADVICE,
    decode_frame,
    read_id,
    read_order_counts,
    read_subscription_id,
    refusal,
    unaddressed,
)
from binance_wsapi.wire.ratelimit import RateLimit

WEIGHT = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 3}
REFUSED = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
ODD: list[Any] = [None, "x", [], {}, 7, -1.5, True, [None], ["x"], [[WEIGHT]], {"a": {"b": 1}}]


def frame(**parts: Any) -> bytes:
    return json.dumps({"id": "a1", **parts}).encode()


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("where", ["rateLimits", "subscriptionId", "data", "msg", "new"])
def test_a_refusal_stays_a_refusal_with_odd_other_parts(where: str, odd: Any) -> None:
    error = {**REFUSED, where: odd} if where in {"data", "msg"} else REFUSED
    parts = {} if where in {"data", "msg"} else {where: odd}
    refused = refusal(decode_frame(frame(status=400, error=error, **parts)))
    assert isinstance(refused, OrderRejected)
    assert (refused.status, refused.code) == (400, -2010)


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("where", ["rateLimits", "subscriptionId", "new"])
def test_a_success_stays_one_too(where: str, odd: Any) -> None:
    envelope = decode_frame(frame(status=200, result={"orderId": 1}, **{where: odd}))
    assert refusal(envelope) is None
    assert envelope.result is not UNSET
    assert json.loads(bytes(envelope.result)) == {"orderId": 1}


def test_null_beside_the_other_says_nothing() -> None:
    assert isinstance(refusal(decode_frame(frame(status=400, result=None, error=REFUSED))), OrderRejected)
    assert refusal(decode_frame(frame(status=200, result={}, error=None))) is None
    assert isinstance(refusal(decode_frame(frame(status=504, result=None, error=None))), VenueFault)
    assert isinstance(refusal(decode_frame(frame(status=400, result=None, error=None))), VenueError)


def test_numbers_in_quotes_are_numbers() -> None:
    refused = refusal(decode_frame(frame(status="400", error={"code": "-2010", "msg": "no"})))
    assert isinstance(refused, OrderRejected)
    assert refused.code == -2010


def test_rows_that_can_be_read_are_kept() -> None:
    rows = [None, {"rateLimitType": "SMART"}, WEIGHT, {**WEIGHT, "count": "3"}, "x"]
    envelope = decode_frame(frame(status=200, result={}, rateLimits=rows))
    assert envelope.rateLimits is not UNSET
    assert [(row.limit, row.count) for row in envelope.rateLimits] == [(6000, 3)]


@pytest.mark.parametrize("error", ["no", [], 7, {}, {"code": None}], ids=repr)
def test_an_error_that_cannot_be_read_is_one_by_its_status(error: Any) -> None:
    refused = refusal(decode_frame(frame(status=400, error=error)))
    assert isinstance(refused, VenueError)
    assert (refused.status, refused.code) == (400, 0)


@pytest.mark.parametrize("status", [200, 400])
def test_a_reply_that_says_two_things_says_none(status: int) -> None:
    with pytest.raises(ProtocolViolation):
        decode_frame(frame(status=status, result={}, error=REFUSED))


def test_a_success_that_says_nothing_has_no_result_and_one_without_an_id_is_none() -> None:
    envelope = decode_frame(frame(status=200))
    assert refusal(envelope) is None
    assert envelope.result is not UNSET
    assert bytes(envelope.result) == b"null"
    with pytest.raises(ProtocolViolation, match="without an id"):
        decode_frame(b'{"status":200,"result":{}}')


@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_advice_of_a_reply_that_is_read_part_by_part_is_kept_up_to_a_size(more: int, kept: bool) -> None:
    longest = MOST_ADVICE - len('{"a": ""}') + more
    reply = decode_frame(frame(status=400, error={**REFUSED, "data": {"a": "x" * longest}}, subscriptionId="odd"))
    assert reply.error is not UNSET
    assert (reply.error.data is not None) is kept


@pytest.mark.parametrize(
    ("data", "until"), [(None, None), ({}, None), ({"retryAfter": "soon"}, None), ({"retryAfter": 7}, 7)]
)
def test_when_to_come_back_is_a_number_or_is_not_told(data: Any, until: int | None) -> None:
    reply = decode_frame(frame(status=429, error={**REFUSED, "data": data}))
    assert reply.error is not UNSET
    assert reply.error.retry_after == until


def test_the_subscription_that_a_result_names_is_read_or_refused() -> None:
    assert read_subscription_id(Raw(b'{"subscriptionId": 7}')) == 7
    with pytest.raises(UnreadableReply):
        read_subscription_id(Raw(b"{}"))


@pytest.mark.parametrize("odd", [{}, [], 1.5, True], ids=repr)
def test_an_id_of_another_kind_never_counts_as_null(odd: Any) -> None:
    """A reply without an id is how the venue revokes a key: nothing else may look like one."""
    with pytest.raises(ProtocolViolation):
        decode_frame(json.dumps({"id": odd, "status": 401, "error": {"code": -2015, "msg": "no"}}).encode())


@pytest.mark.parametrize("status", [None, "x", "", [], 4.5, {}])
def test_without_a_status_it_is_no_reply_and_its_id_is_still_read(status: Any) -> None:
    data = frame(status=status, error=REFUSED)
    with pytest.raises(ProtocolViolation):
        decode_frame(data)
    assert read_id(data) == "a1"


def test_a_frame_that_is_nested_too_deep_is_told_as_such_and_other_nonsense_is_not() -> None:
    with pytest.raises(ProtocolViolation, match="nested too deep"):
        decode_frame(b'{"id":"a1","result":' + b"[" * 100_000)
    with pytest.raises(ProtocolViolation, match="unreadable frame of 1 bytes: DecodeError"):
        decode_frame(b"{")


@pytest.mark.parametrize("status", [400, 999])
def test_the_least_and_the_largest_status_of_a_refusal_are_of_replies(status: int) -> None:
    assert decode_frame(frame(status=str(status), error=REFUSED)).status == status
    for beyond in (0, 1000):
        with pytest.raises(ProtocolViolation):
            decode_frame(frame(status=str(beyond), error=REFUSED))


def test_the_order_counts_of_a_result_are_read_or_refused() -> None:
    row = {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50, "count": 7}
    assert read_order_counts(Raw(json.dumps([row]).encode())) == [RateLimit("ORDERS", "SECOND", 10, 50, 7)]
    with pytest.raises(UnreadableReply):
        read_order_counts(Raw(b'{"count": 7}'))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nonsense_is_told_as_such_and_raises_nothing_else(data: bytes) -> None:
    with suppress(ProtocolViolation):
        decode_frame(data)


@pytest.mark.parametrize("status", [403, 418, 429, 500])
def test_a_result_with_a_status_of_failure_is_no_success(status: int) -> None:
    refused = refusal(decode_frame(frame(status=status, result={"orderId": 1})))
    assert refused is not None
    assert (refused.status, refused.code) == (status, 0)


@pytest.mark.parametrize("status", [418, 429])
def test_how_long_to_stay_away_is_read_from_a_refusal(status: int) -> None:
    error = {"code": -1003, "msg": "Way too much request weight used.", "data": {"retryAfter": 1_700_000_060_000}}
    refused = refusal(decode_frame(frame(status=status, error=error)))
    assert isinstance(refused, VenueError)
    assert refused.retry_after == 1_700_000_060_000


@pytest.mark.parametrize("more", [{}, {"result": None}, {"rateLimits": "odd"}], ids=repr)
def test_a_success_that_holds_an_error_says_nothing(more: dict[str, Any]) -> None:
    """It contradicts itself: the call it names is looked for like one whose reply is lost."""
    with pytest.raises(ProtocolViolation, match="must have a result"):
        decode_frame(frame(status=200, error=REFUSED, **more))


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"status": 401, "error": {"code": -2015, "msg": "Invalid API-key"}}, AuthFailed),
        ({"status": 401, "error": {"code": -1000, "msg": "another word for it"}}, AuthFailed),
        ({"status": 401, "result": {}}, AuthFailed),
        ({"status": 429, "error": {"code": -1003, "msg": "Too many"}}, VenueError),
        ({"status": 500, "error": {"code": -1000, "msg": "unknown"}}, VenueFault),
        ({"status": 200, "result": {}}, ProtocolViolation),
    ],
)
def test_a_reply_to_no_request_says_that_the_key_was_revoked_or_is_strange(parts: dict[str, Any], kind: type) -> None:
    said = unaddressed(decode_frame(json.dumps({"id": None, **parts}).encode()))
    assert isinstance(said, kind)
    assert isinstance(said, AuthFailed) is (kind is AuthFailed)
    if isinstance(said, AuthFailed):
        assert (said.status, said.code) == (401, -2015)


@pytest.mark.parametrize(
    "parts",
    [
        {"status": 201, "result": {"orderId": 1}},
        {"status": 302, "result": {"orderId": 1}},
        {"status": 201, "error": {"code": -2010, "msg": "no"}},
        {"status": 399},
        {"status": 400, "result": {"orderId": 1}},
        {"status": 499, "result": []},
    ],
)
def test_a_status_that_is_not_documented_or_a_refusal_with_a_result_says_nothing(parts: dict[str, Any]) -> None:
    with pytest.raises(ProtocolViolation, match=r"of a reply must be 200|must have no result"):
        decode_frame(json.dumps({"id": "a", **parts}).encode())


@pytest.mark.parametrize("parts", [{"status": 403}, {"status": 429, "result": None}, {"status": 418, "error": {}}])
def test_a_refusal_without_a_word_is_one_all_the_same(parts: dict[str, Any]) -> None:
    assert isinstance(refusal(decode_frame(json.dumps({"id": "a", **parts}).encode())), VenueError)
