"""Which lists are asked for what an earlier process left open, by which questions, and what is taken from their rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import ReplyTimeout, WsapiError, venue_error
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.orders.recovery_lists import LISTED_BEFORE_MS, LISTED_FROM, PAGE, ROWS_PER_TURN, RecoveryLists
from binance_wsapi.session.session import Session
from binance_wsapi.wire.endpoint import Endpoint, TimeUnit
from tests.orders.test_recovery_lists import row

MADE_MS = 1_767_225_600_000
ALL, OPEN = SPOT_ORDERS.all_orders.method, SPOT_ORDERS.open_orders.method


def records(number: int, symbol: str = "BTCUSDT", at_ms: int = MADE_MS) -> list[Intent]:
    """Return that many records of a symbol, each a millisecond younger than the one before."""
    names = [f"{symbol}-{each}" for each in range(number)]
    return [
        Intent(name, "order.place", symbol, (name,), {}, at_ms + at, 5_000.0, "tag", name)
        for at, name in enumerate(names)
    ]


def rows(names: Iterable[str], first: int = 1) -> list[Any]:
    """Return an order of each name, with numbers from the first on."""
    return [row(number, name, MADE_MS) for number, name in enumerate(names, first)]


def others(number: int, first: int = 1) -> list[Any]:
    """Return that many orders that no record is about."""
    return rows((f"other-{each}" for each in range(first, first + number)), first)


@dataclass
class Asked:
    """Answers each question for a list with the next of these, and writes down what was asked and slept."""

    open: Sequence[Any] = ()
    pages: list[Sequence[Any]] = field(default_factory=list)
    refuses: Callable[[str, str], WsapiError | None] = lambda _method, _symbol: None
    settings: Any = field(default_factory=lambda: SimpleNamespace(time_unit=TimeUnit.MILLISECOND))
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def call(self, endpoint: Endpoint[Any], params: dict[str, Any], _options: object) -> Any:
        self.asked.append((endpoint.method, params))
        error = self.refuses(endpoint.method, params["symbol"])
        if error is not None:
            raise error
        found = self.open if endpoint.method == OPEN else self.pages.pop(0) if self.pages else ()
        return [msgspec.Raw(msgspec.json.encode(each)) for each in found]

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def lists(self) -> RecoveryLists:
        return RecoveryLists(cast("Session", self), SPOT_ORDERS, self.sleep)

    def find(self, left_open: Iterable[Intent]) -> dict[str, bytes]:
        """Return what the lists show of these records."""
        return asyncio.run(self.lists().find(left_open))

    @property
    def symbols(self) -> list[str]:
        """The symbols whose lists were asked for, in their order."""
        return [params["symbol"] for method, params in self.asked if method == OPEN]


def test_a_symbol_with_few_records_is_asked_for_no_list_and_keeps_no_other_from_it() -> None:
    peer = Asked()
    assert peer.find([*records(LISTED_FROM - 1, "ETHUSDT"), *records(LISTED_FROM)]) == {}
    assert peer.symbols == ["BTCUSDT"]


def test_records_that_name_no_order_or_no_symbol_count_for_no_list() -> None:
    everything = Intent("all", "openOrders.cancelAll", "BTCUSDT", (), {}, MADE_MS, 5_000.0, "tag", "all")
    peer = Asked()
    assert peer.find([everything, *records(LISTED_FROM - 1), *records(LISTED_FROM, "")]) == {}
    assert peer.asked == []


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "not answered"])
def test_after_a_refused_list_the_next_symbol_is_asked_for_and_after_one_without_an_answer_none(refused: bool) -> None:
    error = venue_error(400, -1121, "Invalid symbol.") if refused else ReplyTimeout("no reply")
    peer = Asked(refuses=lambda _, symbol: error if symbol == "ETHUSDT" else None)
    peer.find([*records(LISTED_FROM, "ETHUSDT"), *records(LISTED_FROM)])
    assert peer.symbols == ["ETHUSDT", *(["BTCUSDT"] if refused else [])]


def test_what_the_open_orders_show_is_looked_for_no_more() -> None:
    left_open = records(2 * LISTED_FROM)
    names = [each.ids[0] for each in left_open]
    enough = Asked(open=rows(names[: LISTED_FROM + 1]))
    assert enough.find(left_open).keys() == set(names[: LISTED_FROM + 1])
    assert [method for method, _ in enough.asked] == [OPEN]
    more = Asked(open=rows(names[:LISTED_FROM]), pages=[rows(names[LISTED_FROM:])])
    assert more.find(left_open).keys() == set(names)
    assert [method for method, _ in more.asked] == [OPEN, ALL]


@pytest.mark.parametrize(("at_ms", "since"), [(MADE_MS, MADE_MS - LISTED_BEFORE_MS), (LISTED_BEFORE_MS - 1, 0)])
def test_orders_are_listed_from_a_minute_before_the_oldest_record_on(at_ms: int, since: int) -> None:
    peer = Asked()
    peer.find(reversed(records(LISTED_FROM, at_ms=at_ms)))
    assert peer.asked == [
        (OPEN, {"symbol": "BTCUSDT"}),
        (ALL, {"symbol": "BTCUSDT", "startTime": since, "limit": PAGE}),
    ]


def test_behind_a_full_page_the_next_one_is_asked_for_from_the_number_after_the_largest() -> None:
    left_open = records(LISTED_FROM)
    page = others(PAGE)
    page[0], page[-1] = page[-1], page[0]
    peer = Asked(pages=[page, others(PAGE - 1, PAGE + 1)])
    assert peer.find(left_open) == {}
    assert [params for method, params in peer.asked if method == ALL][1:] == [
        {"symbol": "BTCUSDT", "orderId": PAGE + 1, "limit": PAGE}
    ]


def test_behind_a_full_page_that_names_no_order_none_is_asked_for() -> None:
    peer = Asked(pages=[["unreadable"] * PAGE])
    assert peer.find(records(LISTED_FROM)) == {}
    assert [method for method, _ in peer.asked] == [OPEN, ALL]


def test_a_page_that_shows_nearly_all_is_the_last() -> None:
    left_open = records(LISTED_FROM)
    peer = Asked(pages=[[*others(PAGE - 1), *rows([left_open[3].ids[0]], PAGE)]])
    assert peer.find(left_open).keys() == {left_open[3].ids[0]}
    assert [method for method, _ in peer.asked] == [OPEN, ALL]


@pytest.mark.parametrize(("number", "turns"), [(ROWS_PER_TURN - 1, 0), (ROWS_PER_TURN, 1), (2 * ROWS_PER_TURN - 1, 1)])
def test_other_tasks_have_their_turn_after_so_many_rows(number: int, turns: int) -> None:
    peer = Asked(open=others(number))
    peer.find(records(LISTED_FROM))
    assert peer.slept == [0.0] * turns


def test_a_row_that_cannot_be_read_hides_no_other() -> None:
    left_open = records(LISTED_FROM)
    name = left_open[0].ids[0]
    odd = [7, {"clientOrderId": []}, {"orderId": "x", "clientOrderId": left_open[1].ids[0]}]
    assert Asked(open=[*odd, *rows([name])]).find(left_open).keys() == {name, left_open[1].ids[0]}


def test_what_was_found_for_a_record_is_read_and_taken_out_once() -> None:
    left_open = records(LISTED_FROM)
    names = [each.ids[0] for each in left_open]
    peer = Asked(open=[{"clientOrderId": names[0], "orderId": 9}, *rows(names[1:3])])
    found, lists = peer.find(left_open), peer.lists()
    assert lists.orders(left_open[0], found) == [], "it cannot be read, and is asked about"
    (order,) = lists.orders(left_open[1], found)
    assert (order.order_id, order.client_order_id) == (1, names[1])
    assert lists.orders(left_open[3], found) == []
    assert found.keys() == {names[2]}
