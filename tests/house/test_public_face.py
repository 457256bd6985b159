"""What users import is exactly what is meant for them."""

from __future__ import annotations

import inspect
import subprocess
import sys
import types

import pytest

import binance_wsapi
from binance_wsapi import SpotClient, errors
from binance_wsapi.client import ClientOptions


def test_all_is_exact() -> None:
    public = {
        name
        for name, value in vars(binance_wsapi).items()
        if not name.startswith("_") and name != "annotations" and not isinstance(value, types.ModuleType)
    }
    assert public | {"MarketStreams", "OrderBook"} == set(binance_wsapi.__all__)
    assert len(binance_wsapi.__all__) == len(set(binance_wsapi.__all__))


def test_every_error_can_be_caught_by_its_public_name() -> None:
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.WsapiError) and not name.startswith("_"):
            assert getattr(binance_wsapi, name) is value


def test_the_drawing_of_the_error_tree_is_the_tree() -> None:
    drawing = errors.__doc__ or ""
    for name in errors.__all__:
        if inspect.isclass(getattr(errors, name)):
            assert f" {name}" in drawing or f"\n    {name}" in drawing, name


def test_public_things_say_what_they_are_for() -> None:
    for name in binance_wsapi.__all__:
        value = getattr(binance_wsapi, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, name


def test_market_data_is_imported_when_it_is_asked_for_and_not_before() -> None:
    program = (
        "import sys, binance_wsapi; assert 'binance_wsapi.streams' not in sys.modules; "
        "from binance_wsapi import MarketStreams, OrderBook; assert 'binance_wsapi.streams' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    with pytest.raises(AttributeError, match="no_such_name"):
        binance_wsapi.no_such_name  # noqa: B018


def test_every_way_to_make_a_client_takes_the_options_of_the_client_itself() -> None:
    parameters = inspect.signature(SpotClient.__init__).parameters.values()
    by_name = {each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}
    assert by_name == set(ClientOptions.__annotations__)
