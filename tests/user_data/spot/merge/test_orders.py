"""Which orders are remembered, and which numbers tell that the venue began anew."""

from __future__ import annotations

import gc
import json

import pytest

from binance_wsapi.models.base import MicroTimestamp, Timestamp
from binance_wsapi.models.spot.events import ExecutionReport, decode_event
from binance_wsapi.user_data.spot.merge import orders
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.orders import Orders
from tests.user_data.spot.merge.test_account_merge import LAG, report, whole_fill

RENUMBERED_US = 2_000_000


def ended(known: Orders, *numbers: int) -> None:
    for number in numbers:
        known.finish(known.add(("BTCUSDT", number), 1_000_000))


def test_how_many_orders_that_ended_are_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "FINAL_KEPT", 2)
    known = Orders()
    ended(known, 1, 2)
    assert all(known.find(("BTCUSDT", number)) for number in (1, 2))
    ended(known, 3)
    assert [number for number in (1, 2, 3) if known.find(("BTCUSDT", number))] == [2, 3]


@pytest.mark.parametrize("microseconds", [False, True])
def test_of_an_order_that_ended_no_object_is_kept_for_the_garbage_collector_and_its_report_reads_the_same(
    microseconds: bool,
) -> None:
    merge = AccountMerge(1_000_000, LAG)
    told = report(x="CANCELED", X="CANCELED").to_dict(wire_names=True)
    event = decode_event(json.dumps(told, default=str).encode(), 0, microseconds=microseconds)
    assert isinstance(event, ExecutionReport)
    assert merge.hear(event, 0.0) == [event]
    ended = merge._orders.find(("BTCUSDT", event.order_id))
    assert ended is not None
    assert ended.final
    assert not any(gc.is_tracked(getattr(ended, name)) for name in ("report", "held", "executed", "quote"))
    last = ended.last
    assert last == event
    assert last is not event
    assert type(last.transact_time) is (MicroTimestamp if microseconds else Timestamp)


def test_a_forgotten_order_of_the_highest_number_made_again_shows_that_numbers_began_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(orders, "FINAL_KEPT", 1)
    known = Orders()
    ended(known, 9, 8)
    assert known.find(("BTCUSDT", 9)) is None
    assert not known.is_anew(("BTCUSDT", 9), known.find(("BTCUSDT", 9)), 1_000_000 + RENUMBERED_US), (
        "it may be the same"
    )
    assert known.is_anew(("BTCUSDT", 9), known.find(("BTCUSDT", 9)), 1_000_001 + RENUMBERED_US)
    assert not known.is_anew(("BTCUSDT", 10), known.find(("BTCUSDT", 10)), 1_000_001 + RENUMBERED_US)


def test_an_order_of_which_all_reports_are_held_tells_nothing_about_its_number() -> None:
    merge = AccountMerge(1_000_000, LAG)
    assert merge.hear(whole_fill(6, "2"), 0.0) == []
    assert merge.hear(report(O=9_000, I=51), 0.0) is not None


@pytest.mark.parametrize("orders_made", [[(9, 10_000_000), (10, 5_000_000)], [(10, 5_000_000), (9, 10_000_000)]])
def test_numbers_began_anew_where_an_order_is_younger_than_all_and_its_number_is_not_the_highest(
    orders_made: list[tuple[int, int]],
) -> None:
    """The highest number and the latest moment may be of two orders."""
    known = Orders()
    for number, made_us in orders_made:
        known.add(("BTCUSDT", number), made_us)
    assert not known.is_anew(("BTCUSDT", 10), None, 10_000_000 + RENUMBERED_US)
    assert known.is_anew(("BTCUSDT", 10), None, 10_000_001 + RENUMBERED_US)
    assert not known.is_anew(("BTCUSDT", 11), None, 10_000_001 + RENUMBERED_US)
