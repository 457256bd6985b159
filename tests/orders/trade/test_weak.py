"""A value is there for as long as something else holds it."""

from __future__ import annotations

import gc

from binance_wsapi.orders.trade.weak import WeakValues


class Value:
    """Something that can be held weakly."""


def test_a_value_is_there_until_nothing_else_holds_it() -> None:
    values: WeakValues[str, Value] = WeakValues()
    value = Value()
    values["a"] = value
    assert "a" in values
    assert values.get("a") is value
    assert values.items() == [("a", value)]
    del value
    assert "a" not in values
    assert values.get("a") is None
    assert values.items() == []


def test_a_later_value_stays_when_an_earlier_one_of_the_same_key_goes() -> None:
    values: WeakValues[str, Value] = WeakValues()
    earlier, later = Value(), Value()
    values["a"] = earlier
    values["a"] = later
    del earlier
    assert values.get("a") is later
    del values["a"]
    assert "a" not in values


def test_values_that_hold_each_other_go_with_the_collector() -> None:
    values: WeakValues[int, Value] = WeakValues()
    for number in range(100):
        value = Value()
        value.__dict__["itself"] = value
        values[number] = value
    del value
    gc.collect()
    assert values.items() == []
    assert 7 not in values
