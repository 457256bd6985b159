"""``exchangeInfo``: its symbols are read when they are looked at, and are then what they always were."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.errors import UnreadableReply
from binance_wsapi.models import ExchangeInfo, SymbolInfo
from binance_wsapi.models.spot.symbols import _cut_once
from tests.conformance.catalogue import RESPONSES

SHOWN: dict[str, Any] = next(
    each["response"]["result"] for each in RESPONSES if each["method"] == "exchangeInfo"
)  # fmt: skip
ROW = SHOWN["symbols"][0]
NAMES = ["BTCUSDT", "ETHUSDT", "币安人生USDT", 'A"B']


def read(rows: list[Any], **more: Any) -> ExchangeInfo:
    shown = SHOWN | {"symbols": rows} | more
    info = endpoints()["exchangeInfo"].decode(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode())
    assert isinstance(info, ExchangeInfo)
    return info


def rows() -> list[Any]:
    return [ROW | {"symbol": name} for name in NAMES]


def test_symbols_are_found_by_name_and_by_position() -> None:
    symbols = read(rows()).symbols
    assert symbols.names == NAMES
    assert [each.symbol for each in symbols] == NAMES
    assert symbols["ETHUSDT"] is symbols[1]
    assert symbols[-1].symbol == NAMES[-1]
    assert [each.symbol for each in symbols[1:3]] == NAMES[1:3]
    assert "ETHUSDT" in list(symbols.names)
    assert symbols.__contains__("ETHUSDT")
    assert not symbols.__contains__("NONE")
    assert symbols[0] in symbols
    assert symbols.get("NONE") is None
    with pytest.raises(KeyError):
        symbols["NONE"]
    with pytest.raises(IndexError):
        symbols[4]


def test_a_symbol_that_does_not_stand_first_is_found_as_well() -> None:
    turned = [dict(reversed(list(each.items()))) for each in rows()]
    assert read(turned).symbols.names == NAMES


def test_a_symbol_read_late_is_the_symbol_read_at_once() -> None:
    info = read(rows(), later=1)
    whole = ExchangeInfo.model_validate(SHOWN | {"symbols": rows(), "later": 1})
    assert info == whole
    assert info.extra == {"later": 1}
    assert info.to_dict() == whole.to_dict()
    assert isinstance(info.symbols[0], SymbolInfo)
    for made in (copy.deepcopy(info), pickle.loads(pickle.dumps(info))):
        assert made == info
        assert made.raw == info.raw
    assert info.raw["symbols"] == rows()


def test_a_symbol_that_cannot_be_read_hides_no_other() -> None:
    symbols = read([*rows(), {"symbol": "ODD"}]).symbols
    assert symbols["BTCUSDT"].symbol == "BTCUSDT"
    with pytest.raises(UnreadableReply, match="a symbol in the result"):
        symbols["ODD"]


@pytest.mark.parametrize("broken", [[], "", {"symbols": {}}, {"timezone": "UTC"}])
def test_what_is_no_exchange_info_is_refused(broken: Any) -> None:
    with pytest.raises(UnreadableReply):
        endpoints()["exchangeInfo"].decode(json.dumps(broken).encode())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.dictionaries(st.sampled_from(["symbol", "symbols", "a"]), st.text('[]{},":x', max_size=6)), max_size=4),
    st.lists(
        st.tuples(st.sampled_from(["a", "sors", "symbols2"]), st.sampled_from([1, "x", {"symbols": ["A"]}, []])),
        max_size=3,
    ),
    st.booleans(),
    st.booleans(),
)
def test_one_walk_cuts_as_two_walks_do(
    rows: list[Any], others: list[tuple[str, Any]], last: bool, compact: bool
) -> None:
    fields = [*others, ("symbols", rows)] if last else [("symbols", rows), *others]
    data = json.dumps(dict(fields), separators=(",", ":") if compact else None).encode()
    quick = _cut_once(data, "symbols")
    if quick is None:
        return
    top = json.loads(data)
    rest, items = quick
    assert json.loads(rest) == top | {"symbols": []}
    assert [json.loads(bytes(each)) for each in items] == top["symbols"]


def test_the_venue_s_own_text_is_cut_in_one_walk() -> None:
    data = json.dumps({"sors": [{"symbols": ["A"]}], "symbols": [{"symbol": "A"}]}, separators=(",", ":")).encode()
    assert _cut_once(data, "symbols") is None  # the first list of that name is another one: two walks
    data = json.dumps({"symbols": [{"symbol": "A"}], "sors": [{"symbols": ["A"]}]}, separators=(",", ":")).encode()
    assert _cut_once(data, "symbols") is not None
