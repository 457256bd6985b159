"""Listeners hear in the order of their places, not of their making."""

from __future__ import annotations

from enum import IntEnum

from binance_wsapi.link.listeners import Listeners


class Place(IntEnum):
    FIRST = 1
    SECOND = 2


def test_places_decide_the_order_and_among_equals_who_came_first() -> None:
    listeners: Listeners[str] = Listeners()
    assert list(listeners) == []
    for place, name in ((Place.SECOND, "c"), (Place.FIRST, "b"), (Place.SECOND, "a"), (Place.FIRST, "d")):
        listeners.add(place, name)
    assert list(listeners) == ["b", "d", "c", "a"]


def test_a_listener_that_comes_while_others_hear_hears_of_the_next() -> None:
    listeners: Listeners[str] = Listeners()
    listeners.add(Place.SECOND, "late")
    heard = []
    for name in listeners:
        heard.append(name)
        listeners.add(Place.FIRST, "early")
    assert heard == ["late"]
    assert list(listeners) == ["early", "late"]
