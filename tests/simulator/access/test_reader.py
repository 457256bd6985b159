"""A request is read by what was sent, and told of its first mistake as if it were read parameter after parameter."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from binance_wsapi.simulator.access.params import Kind, Param, _in_order
from binance_wsapi.simulator.access.refusal import Refusal
from binance_wsapi.simulator.api.methods import METHODS

GOOD: dict[Kind, Any] = {
    Kind.SYMBOL: "BTCUSDT", Kind.STRING: "word", Kind.CLIENT_ID: "mine", Kind.INTEGER: 5, Kind.DECIMAL: "0.5",
    Kind.BOOLEAN: True, Kind.LIST: ["BTCUSDT"], Kind.TIME: 1_767_225_600_000,
}  # fmt: skip
BAD: tuple[Any, ...] = (None, "", -1, "-1", 1 << 70, [], [1], {}, True, "0.123456789012", "büro", "x" * 60)


def outcome(read: Callable[[], dict[str, Any]]) -> Any:
    try:
        return read()
    except Refusal as refusal:
        return refusal.status, refusal.as_json()


def value(chance: random.Random, param: Param) -> Any:
    if chance.random() < 0.06:
        return chance.choice(BAD)
    return chance.choice(list(param.choices)) if param.kind is Kind.ENUM else GOOD[param.kind]


@pytest.mark.parametrize("name", METHODS)
def test_both_ways_of_reading_agree(name: str) -> None:
    method, chance = METHODS[name], random.Random(name)
    read = 0
    for _ in range(150):
        asked = [each for each in method.params if each.required or chance.random() < 0.3]
        sent = {each.name: value(chance, each) for each in asked if chance.random() > 0.03}
        if chance.random() < 0.1:
            sent["other"] = 1
        items = list(sent.items())
        chance.shuffle(items)
        sent = dict(items)
        slowly = outcome(partial(_in_order, method.params, sent))
        assert outcome(partial(method.reader.read, sent)) == slowly
        read += isinstance(slowly, dict)
    assert read
