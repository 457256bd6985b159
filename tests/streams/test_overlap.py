"""Two connections that bring the same stream are one stream: whatever their lead, lag and end, from generated cases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.streams.names import StreamType
from binance_wsapi.streams.overlap import REMEMBERED, make_overlap

KINDS = [StreamType.TRADE, StreamType.DIFF_DEPTH, StreamType.KLINE, StreamType.OTHER]


def frame(number: int) -> bytes:
    data = {"t": number, "u": 2 * number + 1, "U": 2 * number, "E": number, "k": {"t": 0}}
    return json.dumps({"stream": "x", "data": data}).encode()


def numbers(frames: list[bytes]) -> list[int]:
    return [json.loads(each)["data"]["t"] for each in frames]


@st.composite
def lives(draw: Any) -> tuple[int, int, list[str]]:
    """Draw where the old connection is, where the new one begins, and who brings its next frame when."""
    before = draw(st.integers(0, 5))
    begins = before + draw(st.integers(-5, 5))
    return before, max(1, begins), draw(st.lists(st.sampled_from("on"), max_size=40))


@pytest.mark.parametrize("kind", KINDS)
@given(life=lives())
def test_nothing_is_lost_doubled_or_disordered(kind: StreamType, life: tuple[int, int, list[str]]) -> None:
    before, new, turns = life
    if kind is StreamType.OTHER:
        new = max(new, before)  # of what came before the last frame nothing is remembered
    old = before + 1
    overlap = make_overlap(kind, frame(before) if before else None)
    delivered: list[int] = []
    for turn in turns:
        if turn == "o":
            delivered += numbers(overlap.old(frame(old)))
            old += 1
        else:
            delivered += numbers(overlap.new(frame(new)))
            new += 1
    # The old connection brings all it has, as it does while the overlap lasts; then the new one goes on alone.
    while old < new:
        delivered += numbers(overlap.old(frame(old)))
        old += 1
    delivered += numbers(overlap.settle())
    while new <= old + 3:
        if overlap.passed(frame(new)):
            delivered.append(new)
        new += 1
    assert delivered == list(range(before + 1, before + 1 + len(delivered)))
    assert delivered[-1] == new - 1


@pytest.mark.parametrize("kind", KINDS)
@given(life=lives())
def test_once_proven_either_may_end_and_nothing_is_missing(kind: StreamType, life: tuple[int, int, list[str]]) -> None:
    before, new, turns = life
    if kind is StreamType.OTHER:
        new = max(new, before)  # of what came before the last frame nothing is remembered
    old = before + 1
    overlap = make_overlap(kind, frame(before) if before else None)
    delivered: list[int] = []
    for turn in turns:
        if turn == "o":
            delivered += numbers(overlap.old(frame(old)))
            old += 1
        else:
            delivered += numbers(overlap.new(frame(new)))
            new += 1
    if not overlap.proven:
        return
    for rest in (old, new):
        survived = list(delivered)
        survived += [number for number in range(rest, max(old, new) + 3) if overlap.passed(frame(number))]
        assert survived == list(range(before + 1, max(old, new) + 3))


@pytest.mark.parametrize(("kind", "first", "continues"), [
    (StreamType.TRADE, 6, True), (StreamType.TRADE, 7, False), (StreamType.DIFF_DEPTH, 6, True),
    (StreamType.DIFF_DEPTH, 7, False), (StreamType.KLINE, 6, False), (StreamType.OTHER, 6, False),
])  # fmt: skip
def test_identifiers_prove_that_nothing_lies_between_where_they_are_consecutive(
    kind: StreamType, first: int, continues: bool
) -> None:
    overlap = make_overlap(kind, frame(5))
    assert overlap.new(frame(first)) == []
    assert overlap.continues() is continues
    assert numbers(overlap.settle()) == [first]


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_that_both_bring_proves_that_nothing_lies_between(kind: StreamType) -> None:
    overlap = make_overlap(kind, frame(5))
    assert overlap.new(frame(6)) == []
    assert numbers(overlap.old(frame(6))) == [6]
    assert overlap.proven
    assert overlap.continues()


def test_what_cannot_be_read_is_delivered_once_and_proves_nothing() -> None:
    overlap = make_overlap(StreamType.TRADE, None)
    assert overlap.old(b"nonsense") == [b"nonsense"]
    assert overlap.new(b"nonsense") == []
    assert not overlap.proven


@pytest.mark.parametrize("kind", KINDS)
def test_what_waits_has_a_bound(kind: StreamType) -> None:
    overlap = make_overlap(kind, frame(1))
    frames = [each for number in range(10, 10 + REMEMBERED + 5) for each in overlap.new(frame(number))]
    assert numbers(frames) == list(range(10, 10 + REMEMBERED + 5))


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_is_behind_repeats_nothing_in_the_next_overlaps(kind: StreamType) -> None:
    before = make_overlap(kind, frame(5))
    assert before.new(frame(5)) == []
    assert numbers([*before.new(frame(6)), *before.old(frame(6)), *before.old(frame(7)), *before.old(frame(8))]) == [
        6,
        7,
        8,
    ]
    again = make_overlap(kind, frame(8), before=before)  # the new one is the old one now, and has to bring 7 and 8 yet
    again.abandon()
    assert not again.passed(frame(7))
    overlap = make_overlap(kind, frame(8), before=again)
    assert [numbers(overlap.old(frame(number))) for number in (7, 8, 9)] == [[], [], [9]]
    assert numbers([*overlap.new(frame(9)), *overlap.old(frame(10))]) == [10]


def test_a_list_of_tickers_that_another_server_made_earlier_does_not_come_after_a_newer_one() -> None:
    """Two servers make their lists at different moments: no two are the same, and each has all since the one before."""

    def tickers(*times: int) -> bytes:
        return json.dumps({"stream": "!miniTicker@arr", "data": [{"E": time} for time in times]}).encode()

    overlap = make_overlap(StreamType.ALL_MINI_TICKERS, tickers(9_980, 10_000))
    assert overlap.new(tickers(10_480, 10_500)) == []
    assert overlap.old(tickers(10_980, 11_000)) == [tickers(10_980, 11_000)]
    assert overlap.new(tickers(11_480, 11_500)) == []
    assert overlap.new(tickers()) == []
    assert overlap.settle() == [tickers(11_480, 11_500), tickers()]


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_old_connection_brings_twice_is_two_events_and_a_copy_of_the_new_one_is_none(kind: StreamType) -> None:
    overlap = make_overlap(kind, frame(5))
    assert overlap.old(frame(5)) == [frame(5)]
    assert overlap.new(frame(5)) == []
    assert overlap.proven, "both brought it"
    overlap = make_overlap(kind, frame(5))
    assert overlap.new(frame(5)) == []
    assert overlap.proven
    assert overlap.new(frame(5)) == []


def test_of_a_stream_without_places_the_old_connection_may_repeat_the_last_frame_once_proven() -> None:
    overlap = make_overlap(StreamType.OTHER, frame(5))
    assert overlap.new(frame(5)) == []
    assert overlap.old(frame(5)) == [frame(5)]


def test_an_old_connection_that_was_behind_may_repeat_a_frame_once_it_is_further() -> None:
    before = make_overlap(StreamType.KLINE, frame(4))
    overlap = make_overlap(StreamType.KLINE, frame(5), before=before)
    assert overlap.old(frame(5)) == [], "it had yet to pass what another one brought"
    assert overlap.old(frame(6)) == [frame(6)]
    assert overlap.old(frame(6)) == [frame(6)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_connection_that_is_gone_brought_is_brought_by_the_old_one(kind: StreamType) -> None:
    overlap = make_overlap(kind, frame(5))
    for number in (6, 7, 8):
        assert overlap.new(frame(number)) == []
    overlap.abandon()
    assert overlap.old(frame(6)) == [frame(6)]
    assert not overlap.proven


def test_a_list_of_tickers_as_new_as_the_last_one_delivered_is_delivered() -> None:
    def tickers(symbol: str, time: int) -> bytes:
        return json.dumps({"stream": "!miniTicker@arr", "data": [{"E": time, "s": symbol}]}).encode()

    overlap = make_overlap(StreamType.ALL_MINI_TICKERS, None)
    overlap.old(tickers("AUSDT", 11_000))
    assert [overlap.new(tickers("BUSDT", time)) for time in (10_999, 11_000)] == [[], []]
    assert overlap.settle() == [tickers("BUSDT", 11_000)]


def test_of_a_stream_without_places_so_many_frames_are_remembered_and_no_more() -> None:
    overlap = make_overlap(StreamType.OTHER, frame(1))
    for number in range(2, REMEMBERED + 1):
        overlap.old(frame(number))
    assert not overlap.passed(frame(1))
    overlap.old(frame(REMEMBERED + 1))
    assert overlap.passed(frame(1)), "the first is forgotten"
    assert not overlap.passed(frame(2))
