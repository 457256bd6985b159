"""Every filter is the venue's: the model of each, whether an order is judged by it, and what to do about a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from binance_wsapi import remedies
from binance_wsapi.models.filters import Filter, UnknownFilter
from binance_wsapi.rules.check import check
from binance_wsapi.rules.findings import Known
from tests.conformance.catalogue import FILTERS
from tests.rules.test_symbol import info

SAMPLES = {"decimal": "1.00000000", "int": 1, "bool": True, "string": "BTC"}
ORDER = {"side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "price": "1", "quantity": "1", "icebergQty": "1"}
STOP = {"side": "SELL", "type": "STOP_LOSS", "quantity": "1", "trailingDelta": 1}


def row(name: str) -> dict[str, Any]:
    """Return a filter as the venue shows it."""
    return {"filterType": name, **{field: SAMPLES[kind] for field, kind in FILTERS[name]["fields"].items()}}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_has_a_model_with_the_fields_of_the_catalogue(name: str) -> None:
    read = TypeAdapter[Any](Filter).validate_python(row(name))
    assert not isinstance(read, UnknownFilter), "models/filters.py: the class, and its name in `Filter`"
    fields = {field.alias or key for key, field in type(read).model_fields.items()}
    assert fields == row(name).keys()
    assert read.model_extra == {}


@pytest.mark.parametrize("name", FILTERS)
def test_an_order_is_judged_by_a_filter_or_the_reason_is_given(name: str) -> None:
    symbol = info(row(name))
    for order in (ORDER, STOP):
        checked = check(symbol, tuple(symbol.filters), order, Known())
        assert "this library does not judge it" not in {each.reason for each in checked.unjudged}, "rules/check.py"


def test_a_filter_that_is_not_of_the_catalogue_is_not_judged() -> None:
    symbol = info({"filterType": "MOON_PHASE", "phase": 1})
    assert "this library does not judge it" in {
        each.reason for each in check(symbol, tuple(symbol.filters), ORDER, Known()).unjudged
    }


def test_what_to_do_about_a_refusal_is_told_of_every_filter() -> None:
    assert remedies.BY_FILTER.keys() == FILTERS.keys()
