"""In which order a doubt is told."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate.listeners import FateListener, FateListeners, FateRank, Named


@pytest.mark.parametrize("came", list(permutations(FateRank.__members__)), ids="-".join)
def test_handles_hear_of_a_doubt_before_lists_and_lists_before_those_that_watch(came: tuple[str, ...]) -> None:
    heard: list[str] = []

    class Listener(FateListener):
        def __init__(self, name: str) -> None:
            self.name = name

        def on_turned_up(self, named: Named, order: Any) -> None:
            super().on_turned_up(named, order)
            heard.append(self.name)

    listeners: FateListeners = Listeners()
    for name in came:
        listeners.add(FateRank[name], Listener(name))
    for listener in listeners:
        listener.on_turned_up(Named("mine", "BTCUSDT", None), None)
    assert heard == ["HANDLES", "LISTS", "WATCHERS"]
