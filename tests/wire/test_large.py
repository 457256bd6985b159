"""Large replies whose envelope is cut off come to what the parser makes of them, or are left to it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi.wire import codec
from binance_wsapi.wire.codec import Envelope, decode_frame, read_rate_limits
from binance_wsapi.wire.large import LARGE, split_large, split_rate_limits

ROW = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 20}
INFO = {"timezone": "UTC", "serverTime": 1565246363776, "rateLimits": [ROW, ROW], "symbols": [{"symbol": "A"}]}

texts = st.text(st.sampled_from('ab"\\{}[]:,é\u2028'), max_size=8)
values: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), texts),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4),
        st.dictionaries(
            st.one_of(texts, st.sampled_from(["result", "rateLimits", "status", "id"])), inside, max_size=4
        ),
    ),
    max_leaves=12,
)


def simple(frame: bytes) -> Any:
    """Return what the parser alone makes of a frame."""
    try:
        return msgspec.json.decode(frame, type=Envelope)
    except msgspec.DecodeError:
        return None


def parts(envelope: Any) -> Any:
    """Return what is compared; a result that is no JSON is found out when it is read."""
    try:
        result = json.loads(bytes(envelope.result))
    except ValueError:
        return None
    rows = envelope.rateLimits
    return envelope.id, envelope.status, result, None if rows is msgspec.UNSET else rows


def cut(frame: bytes) -> Any:
    split = split_large(frame)
    if split is None:
        return "left"
    rows = msgspec.UNSET if split.rate_limits is None else split.rate_limits
    return parts(Envelope(split.id, 200, msgspec.Raw(split.result), rateLimits=rows))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    values,
    st.sampled_from([None, [], [ROW], [ROW, ROW], "odd"]),
    st.dictionaries(st.sampled_from(["error", "result", "event", "more", "rateLimits"]), values, max_size=1),
    st.booleans(),
    st.integers(0, 3),
)
def test_what_is_cut_is_what_the_parser_reads(
    result: Any, rows: Any, more: dict[str, Any], compact: bool, chopped: int
) -> None:
    reply = {"id": "abc123", "status": 200, "result": result}
    separators = (",", ":") if compact else None
    text = json.dumps(
        reply if rows is None else reply | {"rateLimits": rows}, separators=separators, ensure_ascii=False
    )
    if more:
        text = text[:-1] + "," + json.dumps(more, separators=separators)[1:]
    frame = text.encode()[: len(text.encode()) - chopped]
    found = cut(frame)
    if found in ("left", None):
        return  # the parser reads it; or its result cannot be read, and the call ends with that
    expected = simple(frame)
    assert expected is not None
    assert found == parts(expected)


@pytest.mark.parametrize("rows", [None, [], [ROW]])
@pytest.mark.parametrize("result", [INFO, [1, 2], {"rateLimits": [ROW]}, {"a": {"b": []}}])
def test_a_reply_as_the_venue_writes_it_is_cut(rows: Any, result: Any) -> None:
    reply = {"id": "abc", "status": 200, "result": result} | ({} if rows is None else {"rateLimits": rows})
    frame = json.dumps(reply, separators=(",", ":")).encode()
    assert cut(frame) == parts(simple(frame))
    assert cut(frame + b"\n") == parts(simple(frame))


@pytest.mark.parametrize(
    "frame",
    [
        b'{"id":"a","status":400,"error":{"code":-1,"msg":"no"}}',
        b'{"id":"a","status":200,"result":"text"}',
        b'{"id":"a","status":200,"result":{}',
        b'{"id":7,"status":200,"result":{}}',
        b'{"status":200,"id":"a","result":{}}',
        b'{"event":{}}',
        b"",
    ],
)
def test_what_looks_otherwise_is_left_to_the_parser(frame: bytes) -> None:
    assert split_large(frame) is None


def test_only_large_frames_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[int] = []

    def note(frame: bytes) -> None:
        frames.append(len(frame))

    monkeypatch.setattr(codec, "split_large", note)
    for size in (10, LARGE):
        frame = json.dumps({"id": "a", "status": 200, "result": ["x" * size]}, separators=(",", ":")).encode()
        assert json.loads(bytes(decode_frame(frame).result)) == ["x" * size]  # type: ignore[arg-type]
    assert frames == [len(frame)]


@pytest.mark.parametrize("rows", [None, [ROW]])
def test_a_large_reply_is_what_the_parser_reads_whether_it_is_cut_or_not(rows: Any) -> None:
    reply = {"id": "a", "status": 200, "result": ["x" * LARGE]} | ({} if rows is None else {"rateLimits": rows})
    for separators in ((",", ":"), None):
        frame = json.dumps(reply, separators=separators).encode()
        assert (split_large(frame) is not None) is (separators is not None)
        assert parts(decode_frame(frame)) == parts(simple(frame))


def test_the_limits_at_the_head_of_exchange_info_are_those_the_parser_finds() -> None:
    data = json.dumps(INFO, separators=(",", ":")).encode()
    rows = split_rate_limits(data)
    assert rows is not None
    assert rows == read_rate_limits(msgspec.Raw(json.dumps(INFO).encode())) == read_rate_limits(msgspec.Raw(data))
    for other in (b'{"a":{"rateLimits":[]},"rateLimits":[1]}', b'{"symbols":[]}', b"[]", b'{"rateLimits":[1],"a":1}'):
        assert split_rate_limits(other) is None
