"""The venue's procedure for a local book, as a state machine, against a book that is the truth."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_wsapi.errors import ProtocolViolation
from binance_wsapi.streams.book_state import KEPT, OLDER, BookState, Step
from binance_wsapi.streams.events import DiffDepthEvent
from tests.streams.model import TrueBook


def event(data: Any) -> DiffDepthEvent:
    return msgspec.convert(data, DiffDepthEvent)


def diff(first: int, last: int, bids: Any = (), asks: Any = ()) -> DiffDepthEvent:
    return DiffDepthEvent(0, "X", first, last, list(bids), list(asks))


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**9), actions=st.lists(st.sampled_from("cccddddlsro"), min_size=10, max_size=120))
def test_a_synced_book_is_the_truth_at_its_update_id_though_events_are_lost_doubled_or_disordered(
    seed: int, actions: list[str]
) -> None:
    truth = TrueBook(random.Random(seed))
    state = BookState()
    state.begin()
    held: list[DiffDepthEvent] = []
    limit = truth.chance.choice((3, 10, 1000))

    def verify() -> None:
        if state.synced:
            truth.check(state.update_id, state.bids, state.asks)
        else:
            assert (len(state.bids), len(state.asks), state.update_id) == (0, 0, 0)

    for action in actions:
        if action == "c":  # the market moves
            for _ in range(truth.chance.randrange(1, 4)):
                truth.change()
        elif action == "s":  # a snapshot, fresh or from a cache that lags
            state.load(*truth.snapshot(limit, truth.chance.choice((0, 0, 1, 5))), limit)
        else:
            data = truth.diff()
            if data is None:
                continue
            if action == "d":  # an event arrives
                state.feed(event(data))
            elif action == "o":  # twice
                state.feed(event(data))
                verify()
                state.feed(event(data))
            elif action == "r":  # after the next one
                held.append(event(data))
            # "l": it is lost
            if held and action == "d":
                state.feed(held.pop())
        verify()
    truth.change()
    state.begin()
    state.feed(event(truth.diff()))
    assert state.load(*truth.snapshot(limit), limit)
    verify()


def test_the_first_event_must_hold_the_snapshot() -> None:
    for update_id, synced in ((3, False), (4, True), (5, True), (6, True)):
        state = BookState()
        state.begin()
        assert state.feed(diff(5, 6)) is Step.KEPT
        assert state.load(update_id, [("1", "1")], []) is synced
        assert state.update_id == (6 if synced else 0)


def test_an_event_is_old_next_or_one_too_many() -> None:
    state = BookState()
    state.begin()
    assert state.load(10, [("1", "1")], [("2", "1")], confirms=True)
    assert state.feed(diff(9, 10, [("1", "9")])) is Step.OLD
    assert state.bids[0].quantity == 1
    assert state.feed(diff(9, 12, [("1", "5")])) is Step.APPLIED
    assert state.bids[0].quantity == 5
    assert state.feed(diff(13, 13, [("1", "0.00000000")], [("3", "1")])) is Step.APPLIED
    assert [list(state.bids), [each.price for each in state.asks]] == [[], [2, 3]]
    assert state.feed(diff(15, 15)) is Step.BROKEN
    assert not state.synced
    assert not state.asks
    assert not state.load(13, [], [])  # older than the event that broke it
    assert state.load(14, [("1", "1")], [])
    assert state.update_id == 15


def test_a_hole_among_the_kept_events_asks_for_a_snapshot_from_behind_it() -> None:
    state = BookState()
    state.begin()
    for first, last in ((5, 6), (7, 8), (11, 12), (13, 14)):
        state.feed(diff(first, last))
    assert not state.load(5, [], [])
    assert not state.load(9, [], [])
    assert state.load(10, [], [])
    assert state.update_id == 14


def test_what_is_kept_while_waiting_has_a_bound() -> None:
    state = BookState()
    state.begin()
    for number in range(1, KEPT + 11):
        state.feed(diff(number, number))
    assert not state.load(5, [], [])
    assert state.load(10, [], [])
    assert state.update_id == KEPT + 10


@pytest.mark.parametrize(
    "level",
    [
        ("x", "1"),
        ("1", "x"),
        ("NaN", "1"),
        ("1", "NaN"),
        ("-1", "1"),
        ("0", "1"),
        ("1", "-1"),
        ("1", "Infinity"),
        ("1E+999999999", "1"),
        ("1E-999999999", "1"),
        ("1", "1E+999999999"),
        ("1", "1E-999999999"),
        ("9" * 42, "1"),
        ("1" + "0" * 41, "1"),
        ("1", "1" + "0" * 41),
        ("1." + "0" * 9_000, "1"),
        ("1", "1." + "0" * 9_000),
    ],
)
def test_a_level_that_cannot_be_breaks_the_book_whole(level: tuple[str, str]) -> None:
    state = BookState()
    state.begin()
    with pytest.raises(ProtocolViolation):
        state.load(10, [("1", "1")], [level], confirms=True)
    assert not state.synced
    assert not state.bids
    assert state.load(10, [("1", "1")], [("2", "1")], confirms=True)
    assert state.feed(diff(11, 11, [("1", "7")], [level])) is Step.BROKEN
    assert not state.synced
    assert not state.bids


@pytest.mark.parametrize("text", ["9" * 41, "0." + "0" * 39 + "1", "9" * 41 + "." + "9" * 40])
def test_a_level_of_as_many_digits_as_there_can_be_is_in_the_book(text: str) -> None:
    state = BookState()
    state.begin()
    assert state.load(10, [], [(text, text)], confirms=True)
    assert list(state.asks) == [(Decimal(text), Decimal(text))]


def test_a_side_is_a_sequence_best_first_and_a_slice_is_a_copy() -> None:
    state = BookState()
    state.begin()
    state.load(1, [("1", "1"), ("3", "3"), ("2", "2")], [("6", "6"), ("4", "4"), ("5", "5")], limit=3, confirms=True)
    assert [int(price) for price, _ in state.bids] == [3, 2, 1]
    assert [int(price) for price, _ in state.asks] == [4, 5, 6]
    assert [int(side[index].price) for side in (state.bids, state.asks) for index in (0, -1)] == [3, 1, 4, 6]
    top = state.bids[:2]
    assert [level.price for level in top] == [3, 2]
    assert [level.price for level in state.asks[::-1]] == [6, 5, 4]
    assert state.bids.quantity_at(Decimal("2.000")) == 2
    assert state.bids.quantity_at(Decimal(9)) == 0
    assert (state.bids.complete_to, state.asks.complete_to) == (Decimal(1), Decimal(6))
    state.feed(diff(2, 2, [("3", "0")]))
    assert [level.price for level in top] == [3, 2]
    assert state.bids[0].price == 2
    assert state.bids[-2].price == 2
    for beyond in (2, -3):
        with pytest.raises(IndexError):
            state.bids[beyond]
    assert repr(state.asks) == "<BookSide 3: 4x4, 5x5, 6x6>"
    state.feed(diff(3, 3, [], [("7", "7")]))
    assert repr(state.asks) == "<BookSide 4: 4x4, 5x5, 6x6, …>"


def test_a_snapshot_with_fewer_levels_than_asked_for_is_complete() -> None:
    state = BookState()
    state.begin()
    state.load(1, [("1", "1")], [("2", "1")], limit=2, confirms=True)
    assert state.bids.complete_to is None


def test_a_snapshot_that_no_event_has_met_does_not_count() -> None:
    state = BookState()
    assert not state.load(1000, [("1", "1")], [("2", "1")])
    assert state.unmet
    assert not state.synced
    assert (len(state.bids), state.update_id) == (0, 0)


@pytest.mark.parametrize(("first", "final", "reached"), [(990, 1000, 1000), (995, 1004, 1004), (1001, 1003, 1003)])
def test_it_counts_once_an_event_meets_it(first: int, final: int, reached: int) -> None:
    state = BookState()
    state.load(1000, [("1", "1")], [("2", "1")])
    assert state.feed(diff(first, final)) is Step.APPLIED
    assert state.synced
    assert not state.unmet
    assert state.update_id == reached


def test_an_event_beyond_it_shows_that_it_is_old() -> None:
    state = BookState()
    state.load(1000, [("1", "1")], [("2", "1")])
    assert state.feed(diff(1061, 1063)) is Step.STALE
    assert not state.synced
    assert not state.unmet
    assert state.load(1063, [("1", "1")], [("2", "1")])


def test_a_second_snapshot_that_is_the_same_counts_without_an_event() -> None:
    state = BookState()
    state.load(1000, [("1", "1")], [("2", "1")])
    assert state.load(1000, [("1", "1")], [("2", "1")], confirms=True)
    assert state.synced


def test_a_new_beginning_forgets_a_snapshot_that_was_not_met() -> None:
    state = BookState()
    state.load(1000, [("1", "1")], [("2", "1")])
    state.begin()
    assert not state.unmet
    assert state.feed(diff(1001, 1001)) is Step.KEPT


def test_after_an_event_that_cannot_be_read_a_snapshot_waits_for_the_next_event() -> None:
    """What the book took in before it broke meets no later snapshot."""
    state = BookState()
    state.begin()
    state.feed(diff(5, 6))
    assert state.load(5, [("1", "1")], [])
    assert state.feed(diff(7, 7, [("no price", "1")])) is Step.BROKEN
    assert not state.load(9, [("1", "1")], [])
    assert state.unmet
    assert state.feed(diff(10, 10)) is Step.APPLIED
    assert state.synced


def test_updates_that_are_counted_anew_break_a_synced_book() -> None:
    state = BookState()
    state.begin()
    state.feed(diff(1001, 1001))
    assert state.load(1000, [("5", "1")], [])
    for number in range(1, OLDER):
        assert state.feed(diff(number, number)) is Step.OLD
    assert state.feed(diff(1002, 1002)) is Step.APPLIED, "a newer one between them: it was late ones"
    for number in range(1, OLDER):
        assert state.feed(diff(number, number)) is Step.OLD
    assert state.feed(diff(OLDER, OLDER)) is Step.BACKWARDS
    assert (len(state.bids), state.synced, state.update_id) == (0, False, 0)
    assert state.load(OLDER, [("7", "1")], [])
    assert state.feed(diff(OLDER + 1, OLDER + 1)) is Step.APPLIED
    for number in range(1, OLDER):
        assert state.feed(diff(1, number)) is Step.OLD, "counted from the snapshot on"


def test_updates_that_are_counted_anew_while_the_book_waits_are_met_by_a_snapshot() -> None:
    state = BookState()
    state.begin()
    state.feed(diff(1001, 1001))
    state.feed(diff(1, 3))
    state.feed(diff(4, 4))
    assert state.load(3, [("7", "1")], [])
    assert state.update_id == 4


def test_a_book_that_is_emptied_has_no_quantity_at_any_price() -> None:
    state = BookState()
    state.load(1, [("1", "1")], [("2", "1")], confirms=True)
    state.begin()
    assert [side.quantity_at(Decimal(price)) for side, price in ((state.bids, 1), (state.asks, 2))] == [0, 0]


def test_a_book_that_never_waited_takes_as_many_late_events_as_others() -> None:
    state = BookState()
    assert state.load(1000, [("5", "1")], [], confirms=True)
    for number in range(1, OLDER):
        assert state.feed(diff(number, number)) is Step.OLD
    assert state.feed(diff(OLDER, OLDER)) is Step.BACKWARDS


def test_a_new_beginning_forgets_the_events_that_were_kept() -> None:
    state = BookState()
    state.feed(diff(5, 6))
    state.begin()
    assert not state.load(6, [("1", "1")], [])
    assert state.unmet


def test_an_event_that_comes_twice_while_the_book_waits_counts_once_and_drops_none() -> None:
    state = BookState()
    state.begin()
    state.feed(diff(5, 6, [("1", "5")]))
    state.feed(diff(5, 5, [("1", "4")]))
    state.feed(diff(6, 6, [("1", "9")]))
    assert state.load(4, [("1", "1")], [])
    assert state.update_id == 6
    assert state.bids[0].quantity == 5


def test_a_snapshot_that_cannot_be_read_is_told_when_an_event_meets_it() -> None:
    state = BookState()
    state.load(1000, [("no price", "1")], [])
    assert state.feed(diff(1001, 1001)) is Step.STALE
    assert not state.synced
    assert not state.unmet
