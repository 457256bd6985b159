"""Numbers are exact, ids do not repeat, and the engine stands by itself."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import binance_wsapi.simulator.engine as package
from binance_wsapi.simulator.engine import (
    TooPrecise,
    client_order_ids,
    notional,
    parse,
    show,
)


@given(st.integers(-(10**30), 10**30))
def test_numbers_survive_being_shown_and_read(value: int) -> None:
    assert parse(show(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 10**8),
        ("0.00000001", 1),
        ("-1.5", -150_000_000),
        (".5", 5 * 10**7),
        ("1.", 10**8),
        ("2.500000000000", 25 * 10**7),
    ],
)
def test_numbers_are_read_exactly(text: str, value: int) -> None:
    assert parse(text) == value


@pytest.mark.parametrize("text", ["", ".", "-", "1e5", "+1", "1_000", " 1", "1,5", "0x1", "١", "1.2.3", "NaN"])
def test_other_spellings_are_no_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse(text)


def test_nine_places_are_too_precise() -> None:
    with pytest.raises(TooPrecise):
        parse("0.000000001")


@given(st.integers(1, 10**14), st.lists(st.integers(1, 10**14), min_size=1, max_size=6))
def test_parts_never_cost_more_than_the_whole(price: int, parts: list[int]) -> None:
    assert sum(notional(price, part) for part in parts) <= notional(price, sum(parts))


def test_fewer_places_can_be_shown() -> None:
    assert [show(-123456789, places) for places in (0, 2, 8)] == ["-1", "-1.23", "-1.23456789"]


def test_made_up_ids_do_not_repeat_and_depend_on_the_seed() -> None:
    new_id = client_order_ids(3)
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert {len(each) for each in ids} == {22}
    assert client_order_ids(3)() == ids[0] != client_order_ids(4)()


def test_the_engine_is_pure() -> None:
    """It imports a few modules of the standard library and the records of `msgspec`, and nothing else of this package."""
    allowed = {
        "__future__",
        "binascii",
        "bisect",
        "collections",
        "copy",
        "dataclasses",
        "enum",
        "heapq",
        "itertools",
        "operator",
        "typing",
    }
    for file in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= allowed, file.name
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                mine = module.startswith(f"{package.__name__}.") or module in ("msgspec", "msgspec.structs")
                assert mine or module.split(".")[0] in allowed, file.name
    assert allowed <= sys.stdlib_module_names


def test_every_public_name_is_there() -> None:
    assert len(set(package.__all__)) == len(package.__all__)
    for name in package.__all__:
        assert hasattr(package, name)
