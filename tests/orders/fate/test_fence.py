"""The argument of the fence, against a venue that may do anything the documentation allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.errors import UsageError, venue_error
from binance_wsapi.orders.fate.fence import Doubt, Evidence, FateOptions, Outcome, Token

TOKEN = Token("bcdf", "BTCUSDT")


def doubt(timestamp: int = 0, window: float = 5_000, since: float = 0) -> Doubt:
    return Doubt(TOKEN, timestamp, window, since)


def test_the_fence_is_timestamp_window_timeout_and_lag() -> None:
    assert doubt(1_000, 2_500.5).fence_ms == 1_000 + 2_500.5 + 10_000 + 6_000


def test_not_found_before_the_fence_says_nothing_however_often() -> None:
    case = doubt()
    for _ in range(1_000):
        assert case.absent(21_000, 21_000, fresh=True) is None
    assert case.absences == 0


def test_not_found_counts_by_when_it_was_asked_not_by_when_it_was_answered() -> None:
    case = doubt()
    for _ in range(10):
        assert case.absent(20_999, 40_000, fresh=True) is None
    assert case.absences == 0


def test_two_answers_after_the_fence_settle_it_and_one_does_not() -> None:
    case = doubt()
    assert case.absent(21_001, 21_002, fresh=True) is None
    verdict = case.absent(22_003, 22_004, fresh=True)
    assert verdict is not None
    assert (verdict.outcome, verdict.evidence) == (Outcome.NOT_PLACED, Evidence.FENCE)


def test_answers_over_the_old_connection_do_not_count() -> None:
    case = doubt()
    for _ in range(10):
        assert case.absent(30_000, 30_000, fresh=False) is None


def test_any_sighting_settles_it_at_any_time() -> None:
    for evidence in (Evidence.EVENT, Evidence.QUERY, Evidence.REPLY):
        case = doubt()
        case.absent(21_001, 21_002, fresh=True)
        verdict = case.seen("the order", evidence, 21_003)
        assert (verdict.outcome, verdict.order, verdict.evidence) == (Outcome.ACCEPTED, "the order", evidence)
        assert case.absent(30_000, 30_001, fresh=True) is verdict


def test_a_late_refusal_is_a_verdict_and_stays_one() -> None:
    case = doubt()
    error = venue_error(400, -2010, "Account has insufficient balance for requested action.")
    verdict = case.refused(error, 5.0)  # type: ignore[arg-type]
    assert (verdict.outcome, verdict.error) == (Outcome.REJECTED, error)
    assert case.seen("x", Evidence.EVENT, 6.0) is verdict


def test_a_verdict_of_not_placed_is_not_rewritten_by_a_late_execution() -> None:
    case = doubt()
    case.absent(21_001, 21_002, fresh=True)
    case.absent(22_003, 22_004, fresh=True)
    assert case.seen("x", Evidence.EVENT, 60_000).outcome is Outcome.NOT_PLACED


def test_bounds_below_the_venue_s_own_are_refused() -> None:
    with pytest.raises(UsageError):
        FateOptions(venue_timeout_ms=9_999)
    with pytest.raises(UsageError):
        FateOptions(lag_ms=0)


@given(
    window=st.floats(0.5, 60_000),
    skew=st.floats(-900, 4_000),
    forwarded=st.floats(0, 1),
    engine=st.floats(0, 10_000),
    lag=st.floats(0, 6_000),
    execute=st.booleans(),
    answer=st.floats(0, 9_000),
)
def test_no_schedule_the_documentation_allows_makes_a_wrong_verdict(
    window: float, skew: float, forwarded: float, engine: float, lag: float, execute: bool, answer: float
) -> None:
    """The venue forwards at the last allowed moment, takes its ten seconds, and shows the order after the lag."""
    timestamp = 100_000
    case = Doubt(TOKEN, timestamp, window, timestamp + max(skew, 0.0))
    arrival = timestamp + skew  # by the venue's clock, at most a second behind the timestamp
    last = timestamp + window
    pushed = arrival + forwarded * max(0.0, last - arrival)
    visible = pushed + engine + lag if execute and pushed <= last else None
    now, asked = case.since_ms, 0
    while case.verdict is None:
        now = max(now, case.next_ask_ms)
        asked += 1
        assert asked < 200
        if visible is not None and now >= visible:
            case.seen("order", Evidence.QUERY, now + answer)
        else:
            case.absent(now, now + answer, fresh=True)
        now += answer
    expected = Outcome.ACCEPTED if visible is not None else Outcome.NOT_PLACED
    assert case.verdict.outcome is expected
    # Bounded: two more questions after the fence, each answered within a call's deadline.
    assert now <= max(case.fence_ms, case.since_ms) + 2 * (answer + 10_000) + 5_000


@given(asks=st.lists(st.floats(0, 30_000), max_size=40))
def test_the_next_question_is_never_in_the_past_nor_skips_the_fence(asks: list[float]) -> None:
    case = doubt()
    now = 0.0
    for pause in asks:
        if case.verdict is not None:
            break
        now = max(now + pause, case.next_ask_ms)
        before = now
        case.absent(now, now, fresh=True)
        if case.verdict is None:
            assert case.next_ask_ms > before
            if before <= case.fence_ms:
                assert case.next_ask_ms <= max(before + case.options.ask_at_most_ms, case.fence_ms + 1)
