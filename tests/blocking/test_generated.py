"""The blocking classes are what the generator writes of the asynchronous ones, and lack nothing."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

import binance_wsapi
from binance_wsapi import blocking
from binance_wsapi.orders.trade.handle import OrderHandle
from binance_wsapi.orders.trade.list_handle import OrderListHandle
from binance_wsapi.streams import MarketStreams, OrderBook, Subscription
from binance_wsapi.user_data import UserDataEvents
from tests.blocking import generate

PAIRS = [
    (binance_wsapi.SpotClient, blocking.SpotClient),
    (OrderHandle, blocking.OrderHandle),
    (OrderListHandle, blocking.OrderListHandle),
    (MarketStreams, blocking.MarketStreams),
    (OrderBook, blocking.OrderBook),
    (Subscription, blocking.Subscription),
    (UserDataEvents, blocking.UserDataEvents),
]
INSIDE = {
    MarketStreams: {name for source in generate.CLASSES if source.name == "StreamMethods" for name in source.skip},
    Subscription: {"checked", "end", "interrupted", "watched_by"},  # used by the streams and the book
}


def public(kind: type) -> dict[str, Any]:
    """Return the methods and properties of a class; the venue's facts about a method are constants in capitals."""
    return {name: value for name, value in inspect.getmembers(kind) if not name.startswith("_") and name.islower()}


def test_the_files_are_what_the_generator_writes() -> None:
    assert generate.differences() == []


@pytest.mark.parametrize(("asynchronous", "waiting"), PAIRS, ids=lambda kind: kind.__name__)
def test_a_blocking_class_has_everything_the_asynchronous_one_has(asynchronous: type, waiting: type) -> None:
    missing = public(asynchronous).keys() - public(waiting).keys()
    assert missing - INSIDE.get(asynchronous, set()) == set()


@pytest.mark.parametrize(("asynchronous", "waiting"), PAIRS, ids=lambda kind: kind.__name__)
def test_what_is_there_takes_the_same_arguments_and_is_no_coroutine(asynchronous: type, waiting: type) -> None:
    for name, value in public(asynchronous).items():
        mine = public(waiting).get(name)
        if not inspect.isfunction(value) or mine is None or name in INSIDE.get(asynchronous, set()):
            continue
        assert not inspect.iscoroutinefunction(mine), name
        assert not inspect.isasyncgenfunction(mine), name
        theirs = {each: str(parameter) for each, parameter in inspect.signature(value).parameters.items()}
        ours = {each: str(parameter) for each, parameter in inspect.signature(mine).parameters.items()}
        assert set(ours) - set(theirs) <= {"timeout"}, name
        assert {each: ours.get(each) for each in theirs} == theirs, name


@pytest.mark.parametrize("waiting", [pair[1] for pair in PAIRS], ids=lambda kind: kind.__name__)
def test_a_docstring_speaks_of_nothing_that_is_awaited(waiting: type) -> None:
    for name, value in public(waiting).items():
        doc = (inspect.getdoc(value) or "").replace("``await error.resolve()``", "")
        assert doc, name
        assert not re.search(r"\b(await|async|aiter|coroutine)\b", doc), f"{name}: {doc}"
