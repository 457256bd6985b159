"""The sides of a book are checked at once, and read when a level is looked at."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi.errors import UnreadableReply
from binance_wsapi.models.spot.market import Depth, Kline
from binance_wsapi.wire.endpoint import Endpoint, TimeUnit

DEPTH: Endpoint[Any] = Endpoint("depth", Depth)
BIDS = [["0.0024", "10"], ["0.0022", "100.50"]]


def encoded(bids: Any, asks: Any, **more: Any) -> bytes:
    return json.dumps({"lastUpdateId": 7, "bids": bids, "asks": asks} | more, separators=(",", ":")).encode()


def test_levels_are_read_when_looked_at() -> None:
    depth = DEPTH.decode(encoded(BIDS, [], later="x"))
    assert isinstance(depth.bids._read, bytes)
    assert depth.bids[1].quantity == Decimal("100.50")
    assert not isinstance(depth.bids._read, bytes)
    assert [len(depth.bids), len(depth.asks), list(depth.asks)] == [2, 0, []]
    assert depth.raw["bids"] == BIDS
    assert depth.extra == {"later": "x"}
    assert [list(pair) for pair in depth.bids.pairs] == BIDS


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1E+999999999", "0E-999999999", "9" * 100, "1." + "0" * 10_000])
def test_a_candle_has_no_number_without_end(text: str) -> None:
    klines: Endpoint[Any] = Endpoint("klines", list[Kline])
    row = [1, "0.1", "0.2", "0.1", "0.2", "5", 2, "1", 3, "1", "1", "0"]
    assert klines.decode(json.dumps([row]).encode())[0].high == Decimal("0.2")
    for index in (1, 2, 3, 4, 5, 7, 9, 10):
        with pytest.raises(UnreadableReply):
            klines.decode(json.dumps([[*row[:index], text, *row[index + 1 :]]]).encode())


def test_a_side_read_late_is_the_side_read_at_once() -> None:
    depth = DEPTH.decode(encoded(BIDS, BIDS), TimeUnit.MICROSECOND)
    assert depth == Depth.model_validate_json(encoded(BIDS, BIDS))
    assert pickle.loads(pickle.dumps(DEPTH.decode(encoded(BIDS, [])))) == DEPTH.decode(encoded(BIDS, []))
    assert copy.deepcopy(depth) == depth
    assert DEPTH.decode(json.dumps(json.loads(encoded(BIDS, BIDS)), indent=1)) == depth
    assert DEPTH.decode(encoded(BIDS, [])).to_json() == Depth.model_validate_json(encoded(BIDS, [])).to_json()


@pytest.mark.parametrize(
    "bids",
    [
        [["0.1"]],
        [["0.1", "1", "x"]],
        [["NaN", "1"]],
        [["-1", "1"]],
        [["1e5", "1"]],
        [["1.", "1"]],
        [["9" * 41, "1"]],
        [["1", "1." + "0" * 41]],
        [[1, 2]],
        [None],
        {},
        "x",
    ],
)
def test_a_side_that_is_none_is_refused_at_once(bids: Any) -> None:
    with pytest.raises(UnreadableReply):
        DEPTH.decode(encoded(bids, []))
    with pytest.raises(UnreadableReply):
        DEPTH.decode(encoded([], bids))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.text("01.-e ", max_size=5), min_size=1, max_size=3), max_size=4))
def test_any_side_comes_to_what_pydantic_makes_of_it(side: list[list[str]]) -> None:
    data = encoded(side, [])
    try:
        expected: Any = Depth.model_validate_json(data)
    except ValueError:
        with pytest.raises(UnreadableReply):
            DEPTH.decode(data)
    else:
        assert DEPTH.decode(data) == expected
