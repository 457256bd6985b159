"""A client that is asked for a method by another library's name says how it is called here, and is otherwise as it was."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import SpotClient, UsageError, VenueError, blocking
from binance_wsapi.client.foreign_names import NAMES, check_unknown
from binance_wsapi.wire.endpoint import Security
from tests.simulation.house import KEY, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run

CLIENTS: list[type[Any]] = [SpotClient, blocking.SpotClient]
PAGES = Path(__file__).parents[2] / "docs" / "compare"


def told(client: Any, name: str) -> str:
    with pytest.raises(AttributeError) as caught:
        getattr(client, name)
    return str(caught.value)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("create_order", "place_order"),
        ("createOrder", "place_order"),
        ("order_limit_buy", 'place_order(symbol, "BUY", "LIMIT", ...)'),
        ("get_account", "account_status"),
        ("fetch_balance", "account_status"),
        ("fetchOHLCV", "klines, or history.klines"),
        ("exchangeInfo", "exchange_info"),
        ("order_amend_keep_priority", "amend_order"),
        ("order_list_place_oco", "place_oco"),
    ],
)
def test_a_foreign_name_is_answered_with_ours(kind: type[Any], name: str, here: str) -> None:
    assert told(kind.testnet(), name) == f"'SpotClient' object has no attribute {name!r}: here it is {here}"


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    "name", ["futures_account", "get_margin_account", "get_deposit_address", "withdraw", "margin_borrow_repay"]
)
def test_what_this_library_has_not_is_told(kind: type[Any], name: str) -> None:
    assert told(kind.testnet(), name).endswith("this library trades Spot, and has no futures, margin orders or wallet")


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("name", ["SIDE_BUY", "ORDER_TYPE_LIMIT", "TIME_IN_FORCE_GTC", "KLINE_INTERVAL_1HOUR"])
def test_a_constant_of_python_binance_is_answered_with_the_text_to_write(kind: type[Any], name: str) -> None:
    assert told(kind.testnet(), name).endswith(": here it is the venue's word as text, such as 'BUY', 'LIMIT' or '1h'")


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("name", ["klinez", "_session_", "__len__"])
def test_any_other_name_is_told_as_python_does(kind: type[Any], name: str) -> None:
    client = kind.testnet()
    with pytest.raises(AttributeError) as caught:
        getattr(client, name)
    assert str(caught.value) == f"'SpotClient' object has no attribute {name!r}"
    assert (caught.value.name, caught.value.obj) == (name, client)  # by which a traceback finds the nearest


@pytest.mark.parametrize("kind", CLIENTS)
def test_what_asks_whether_there_is_an_attribute_finds_what_it_found(kind: type[Any]) -> None:
    client = kind.testnet(KEY)
    assert not hasattr(client, "create_order")
    assert getattr(client, "get_klines", None) is None
    assert hasattr(client, "klines")
    assert "klines" in dir(client)
    assert "create_order" not in dir(client)
    assert repr(copy.copy(client)) == repr(client)
    assert repr(object.__new__(kind)).endswith("that was not made>")


def test_the_names_that_are_told_are_there() -> None:
    for foreign, here in NAMES.items():
        assert not hasattr(SpotClient, foreign), foreign
        for each in re.split(r", (?:or|and) ", re.sub(r"\([^)]*\)", "", here)):
            if not each.startswith(("its ", "then ")):
                assert hasattr(SpotClient, each.partition(".")[0].partition(" ")[0]), each


@pytest.mark.parametrize("page", ["python-binance", "official-sdk", "ccxt"])
def test_every_method_of_the_pages_that_compare_is_answered(page: str) -> None:
    rows = [line.split("|")[2] for line in (PAGES / f"{page}.md").read_text().splitlines() if line.startswith("| ")]
    names = {name for row in rows for name in re.findall(r"(?:client|exchange|conn|bm)\.(\w+)\(", row)}
    assert len(names) > 8
    client = SpotClient.testnet()
    for name in names:
        assert hasattr(client, name) or "here it is" in told(client, name), name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("order.plce", "order.place"),
        ("Order.Place", "order.place"),
        ("klinez", "klines"),
        ("orderplace", "order.place"),
        ("place_order", "order.place"),
        ("create_order", "order.place"),
        ("order.place ", "order.place"),
        ("ticker/24hr", "ticker.24hr"),
    ],
)
def test_a_call_by_a_name_that_looks_like_a_method_sends_nothing_and_names_it(name: str, meant: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            before = requests(exchange)
            with pytest.raises(UsageError, match=f"^method must be .*, got {name!r}: did you mean {meant!r}\\?"):
                await client.call(name, {"symbol": "BTCUSDT"})
            assert requests(exchange) == before

    run(main, 0)


def test_a_method_newer_than_this_library_is_sent_when_its_security_is_said_though_it_looks_like_another() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            for security in Security.NONE, "USER_DATA":
                with pytest.raises(VenueError, match="'method' is not valid"):
                    await client.call("klines.v2", {"symbol": "BTCUSDT"}, security=security)
            with pytest.raises(UsageError, match=r"newer than this library is sent with security=") as refused:
                await client.call("klines.v2", {"symbol": "BTCUSDT"})
            assert "did you mean 'klines'" in str(refused.value)

    run(main, 0)


@pytest.mark.parametrize("name", ["", ".", "a..b", "a b", "x" * 80 + "\n"])
def test_what_is_no_name_of_a_method_is_not_repeated(name: str) -> None:
    with pytest.raises(
        UsageError, match=r"^method must be words of letters and digits, joined by dots, as 'order.place'$"
    ):
        check_unknown(name, said=True)
