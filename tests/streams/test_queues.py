"""What each queue policy keeps, loses and tells, against a model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.errors import UsageError
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.streams.queues import QueuePolicy, StreamGap, make_queue

ACTIONS = st.lists(st.sampled_from("ppppgg"), max_size=60)


def run(policy: str, limit: int, actions: list[str]) -> tuple[Any, list[Any]]:
    """Put numbered frames and get; return the queue and what came out, to the end."""
    queue = make_queue(policy, limit)
    out: list[Any] = []
    number = 0
    for action in actions:
        if action == "p":
            number += 1
            queue.put(str(number).encode(), "x")
            assert len(queue) <= limit + 1  # an overflow may stand in it as well
        else:
            out.append(queue.pop())
    while (item := queue.pop()) is not None:
        out.append(item)
    assert queue.received == number
    return queue, [item for item in out if item is not None]


@pytest.mark.parametrize("policy", ["drop_oldest", "block"])
@given(limit=st.integers(1, 6), actions=ACTIONS)
def test_every_event_is_delivered_in_order_or_counted_where_it_is_missing(
    policy: str, limit: int, actions: list[str]
) -> None:
    queue, out = run(policy, limit, actions)
    expected = 1
    for item in out:
        if isinstance(item, Overflow):
            assert item.lost > 0
            expected += item.lost
        else:
            assert int(item) == expected
            expected += 1
    assert expected == queue.received + 1
    assert queue.lost == sum(item.lost for item in out if isinstance(item, Overflow))


@given(limit=st.integers(1, 6), puts=st.integers(0, 30))
def test_drop_oldest_keeps_the_newest_and_block_the_oldest(limit: int, puts: int) -> None:
    for policy, kept in (
        ("drop_oldest", range(max(1, puts - limit + 1), puts + 1)),
        ("block", range(1, min(puts, limit) + 1)),
    ):
        _, out = run(policy, limit, ["p"] * puts)
        assert [int(item) for item in out if isinstance(item, bytes)] == list(kept)


def test_block_goes_on_when_half_is_taken() -> None:
    queue = make_queue("block", 4)
    for number in range(1, 7):
        queue.put(str(number).encode(), "x")
    assert [queue.pop() for _ in range(1)] == [b"1"]
    queue.put(b"7", "x")  # three are left: still closed
    queue.pop()
    queue.put(b"8", "x")
    assert [queue.pop() for _ in range(5)] == [b"3", b"4", Overflow(3), b"8", None]


def test_latest_keeps_one_of_each_stream_and_serves_them_in_turn() -> None:
    queue = make_queue(QueuePolicy.LATEST, 1)
    for frame, stream in ((b"a1", "a"), (b"b1", "b"), (b"a2", "a"), (b"c1", "c"), (b"a3", "a")):
        queue.put(frame, stream)
    assert len(queue) == 3
    assert [queue.pop() for _ in range(4)] == [b"a3", b"b1", b"c1", None]
    assert (queue.received, queue.lost) == (5, 2)


def test_a_gap_keeps_its_place_under_every_policy() -> None:
    gap = StreamGap("x", 1, 2)
    for policy in QueuePolicy:
        queue = make_queue(policy, 10)
        queue.put(b"1", "x")
        queue.mark(gap)
        queue.put(b"2", "x")
        out = [item for item in (queue.pop() for _ in range(5)) if item is not None]
        assert out == ([gap, b"2"] if policy is QueuePolicy.LATEST else [b"1", gap, b"2"])


def test_a_gap_that_finds_no_room_is_part_of_the_overflow() -> None:
    for policy in ("drop_oldest", "block"):
        queue = make_queue(policy, 1)
        queue.put(b"1", "x")
        queue.mark(StreamGap("x", 1, 2))
        queue.put(b"2", "x")
        out = [item for item in (queue.pop() for _ in range(5)) if item is not None]
        assert Overflow(2) in out


@pytest.mark.parametrize(("policy", "limit"), [("newest", 5), ("block", 0), ("block", True), ("drop_oldest", 1.5)])
def test_a_queue_that_cannot_be_is_refused(policy: Any, limit: Any) -> None:
    with pytest.raises(UsageError):
        make_queue(policy, limit)
