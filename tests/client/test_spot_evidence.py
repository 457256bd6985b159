"""What Spot's events, replies and answers say of an order and of a list, in the form that live handles know."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.client.spot_evidence import ends_stream, names_of, read, read_list
from binance_wsapi.models.spot.events import UnknownEvent, decode_event
from binance_wsapi.models.spot.unread import UnreadRow
from binance_wsapi.orders.trade.types import HandleStatus

REPORT = {
    "e": "executionReport", "E": 1_700_000_000_001, "s": "BTCUSDT", "c": "now", "C": "before", "S": "BUY", "o": "LIMIT",
    "f": "GTC", "q": "2", "p": "100", "P": "0", "F": "0", "g": 9, "x": "TRADE", "X": "PARTIALLY_FILLED", "r": "NONE",
    "i": 7, "l": "1", "z": "1", "L": "100", "n": "0.1", "N": "BNB", "T": 1_700_000_000_002, "t": 3, "I": 4, "w": True,
    "m": True, "M": False, "O": 1_700_000_000_000, "Z": "100", "Y": "100", "Q": "0", "W": 1_700_000_000_000, "V": "NONE",
}  # fmt: skip
LIST = {
    "e": "listStatus", "E": 1, "s": "BTCUSDT", "g": 9, "c": "OCO", "l": "EXEC_STARTED", "L": "EXECUTING", "r": "NONE",
    "C": "list", "T": 1, "O": [{"s": "BTCUSDT", "i": 7, "c": "one"}, {"s": "BTCUSDT", "i": 8, "c": "two"}],
}  # fmt: skip


def event(fields: dict[str, Any]) -> Any:
    return decode_event(json.dumps(fields).encode())


def test_a_report_tells_its_order_its_fill_and_its_former_id() -> None:
    sighting = read(event(REPORT))
    assert sighting is not None
    assert (sighting.symbol, sighting.order_id, sighting.order_list_id) == ("BTCUSDT", 7, 9)
    assert (sighting.client_order_id, sighting.renamed_from) == ("now", "before")
    assert sighting.status is HandleStatus.PARTIALLY_FILLED
    assert (sighting.executed, sighting.quote, sighting.quantity) == (Decimal(1), Decimal(100), Decimal(2))
    assert [(fill.trade_id, fill.quantity, fill.is_maker) for fill in sighting.fills] == [(3, Decimal(1), True)]
    assert (sighting.created_us, sighting.at_us) == (1_700_000_000_000_000, 1_700_000_000_002_000)
    assert not sighting.partly


def test_a_report_that_cannot_be_read_as_a_whole_tells_what_can_and_says_so() -> None:
    broken = event({**REPORT, "p": None})
    assert isinstance(broken, UnknownEvent)
    sighting = read(broken)
    assert sighting is not None
    assert sighting.partly
    assert (sighting.symbol, sighting.order_id, sighting.renamed_from, sighting.fills) == ("BTCUSDT", 7, "before", ())
    assert sighting.status is HandleStatus.PARTIALLY_FILLED


@pytest.mark.parametrize("more", [{}, {"p": None}], ids=["whole", "in part"])
def test_a_report_of_a_refused_request_is_about_no_order(more: dict[str, Any]) -> None:
    assert read(event({**REPORT, "x": "REJECTED", "X": "REJECTED", **more})) is None


def test_an_event_of_a_list_tells_its_number_its_id_and_the_numbers_of_its_orders() -> None:
    told = event(LIST)
    assert read(told) is None
    listed = read_list(told)
    assert listed is not None
    assert (listed.symbol, listed.order_list_id, listed.client_order_id) == ("BTCUSDT", 9, "list")
    assert [(leg.order_id, leg.client_order_id, leg.order_list_id) for leg in listed.legs] == [
        (7, "one", 9),
        (8, "two", 9),
    ]


def test_of_a_list_that_cannot_be_read_the_orders_with_a_number_are_told() -> None:
    row = {
        "symbol": "BTCUSDT",
        "orderListId": 9,
        "listClientOrderId": "list",
        "orders": [{"orderId": 7}, {"orderId": "x"}],
    }
    listed = read_list(UnreadRow(row))
    assert listed is not None
    assert (listed.order_list_id, listed.client_order_id) == (9, "list")
    assert [leg.order_id for leg in listed.legs] == [7]


def test_only_a_report_names_one_order_by_all_that_it_is_called() -> None:
    assert names_of(event(REPORT)) == ("BTCUSDT", 7, "now", "before")
    for other in (event({**REPORT, "p": None}), event(LIST), event({"e": "eventStreamTerminated", "E": 1}), object()):
        assert names_of(other) is None


def test_the_end_of_the_stream_is_told_from_everything_else() -> None:
    assert ends_stream(event({"e": "eventStreamTerminated", "E": 1}))
    for other in (event(REPORT), event(LIST), None, object()):
        assert not ends_stream(other)
