"""Which texts are amounts, and that the quick look and the message agree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from binance_wsapi.keys.amounts import are_amounts, is_amount_name, wrong_amount


@given(st.text("0123456789.eE+-_, N") | st.decimals() | st.integers())
@example(Decimal("sNaN"))
@example(Decimal("-0"))
@example("1\n")
def test_what_passes_at_once_has_no_message(value: Any) -> None:
    if are_amounts(value):
        assert wrong_amount("price", value) is None
    if isinstance(value, str) and wrong_amount("price", value) is None:
        assert Decimal(value) >= 0


def test_every_amount_is_looked_at() -> None:
    assert are_amounts(None, "1", Decimal("0.5"))
    assert not are_amounts(None, "1", "x")


@pytest.mark.parametrize(
    "name", ["price", "stopPrice", "pendingAboveStopPrice", "quantity", "workingQuantity", "newQty"]
)
def test_amounts_are_known_by_their_names(name: str) -> None:
    assert is_amount_name(name)


@pytest.mark.parametrize("name", ["pegPriceType", "orderId", "symbol", "trailingDelta"])
def test_other_parameters_are_none(name: str) -> None:
    assert not is_amount_name(name)
