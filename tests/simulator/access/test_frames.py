"""The quick reader and the careful reader of a frame return the same, for every frame."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from binance_wsapi.simulator.access.auth import RawNumber
from binance_wsapi.simulator.access.frames import _decode_with_care, decode
from binance_wsapi.simulator.access.refusal import Refusal


def _outcome(read: Any, frame: str) -> Any:
    """Return what comes of a frame, with the type of every value, or the code it is refused with."""
    try:
        return _typed(read(frame))
    except Refusal as refusal:
        return refusal.code


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _typed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_typed(each) for each in value]
    return type(value), value


_NUMBERS = ("1.50", "-0", "1e5", "1E400", "123456789012345678901234567890", "01", "1.", "NaN", "-Infinity")
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(("a:b", ":", '"', "\\", "é", "\x7f"))
)
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
_PARAMS = st.dictionaries(st.text(max_size=4), _VALUES, max_size=5)


@given(_VALUES, _PARAMS, st.booleans())
def test_a_request_reads_the_same_both_ways(identity: Any, params: dict[str, Any], ascii_only: bool) -> None:
    frame = json.dumps({"id": identity, "method": "ping", "params": params}, ensure_ascii=ascii_only)
    assert _outcome(decode, frame) == _outcome(_decode_with_care, frame)


@given(st.text(alphabet='{}[]":,0189.eE-+ntrufalsed\\\x00\t é', max_size=24))
@example('{"id":1,"id":2}')
@example('{"id":1,"params":{"a":1,"a":2}}')
@example('{"id":"a:b","params":{"a":1}} ')
@example('{"params":{"a":{"a":1}}}')
@example('{"a":' + "[" * 40 + "]" * 40 + "}")
def test_any_text_reads_the_same_both_ways(frame: str) -> None:
    assert _outcome(decode, frame) == _outcome(_decode_with_care, frame)


@pytest.mark.parametrize("number", _NUMBERS)
def test_a_number_keeps_its_text_or_is_none(number: str) -> None:
    frame = f'{{"id":1,"params":{{"quantity":{number}}}}}'
    found = _outcome(decode, frame)
    assert found == _outcome(_decode_with_care, frame)
    if "." in number[:-1] or "e" in number.lower():
        assert found["params"]["quantity"] == (RawNumber, number)


@pytest.mark.parametrize(
    "frame", ['{"id":1,"id":1}', '{"id":1,"params":{"a":1,"a":1}}', '{"id":1,"params":{"b":":","b":1}}']
)
def test_a_name_that_comes_twice_is_refused(frame: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(frame)
    assert refused.value.code == -1101
