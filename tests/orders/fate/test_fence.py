"""The argument of the fence, against a venue that may do anything the documentation allows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.errors import UsageError, venue_error
from binance_wsapi.orders.fate.fence import SETBACK_WAIT_S, Doubt, Evidence, FateOptions, Moment, Outcome, Path, Verdict
from binance_wsapi.orders.ids.identity import Reading
from binance_wsapi.orders.ids.token import Token, TokenKind

TOKEN = Token("bcdf", "BTCUSDT")
ALL = Token("bcdf", "BTCUSDT", TokenKind.SYMBOL)
NEW: Path = ("socket", 2)
NEWER: Path = ("socket", 3)
REST: Path = ("rest", 0)


def at(ms: float, clock_ms: float | None = None) -> Moment:
    """Return a moment at which both clocks show as much, or the venue's something else."""
    return Moment(ms if clock_ms is None else clock_ms, ms / 1000)


def doubt(timestamp: int = 0, window: float = 5_000, since: float = 0, token: Token = TOKEN) -> Doubt:
    return Doubt(token, timestamp, window, at(since), timestamp / 1000)


def absent(
    case: Doubt, asked: float, answered: float | None = None, path: Path | None = NEW, reading: Reading = Reading.NO
) -> Verdict | None:
    return case.answer(reading, None, at(asked), at(asked if answered is None else answered), path)


def test_the_fence_is_timestamp_window_timeout_and_lag() -> None:
    assert doubt(1_000, 2_500.5).fence_ms == 1_000 + 2_500.5 + 10_000 + 6_000
    assert doubt(1_000, 2_500.5).fence_at == pytest.approx(1.0 + 2.5005 + 10 + 6)


def test_not_found_before_the_fence_says_nothing_however_often() -> None:
    case = doubt()
    for number in range(1_000):
        assert absent(case, 21_000, path=("socket", number)) is None
    assert case.first is None


def test_not_found_counts_by_when_it_was_asked_not_by_when_it_was_answered() -> None:
    case = doubt()
    for number in range(10):
        assert absent(case, 20_999, 40_000, path=("socket", number)) is None
    assert case.first is None


def test_two_answers_after_the_fence_settle_it_and_one_does_not() -> None:
    case = doubt()
    assert absent(case, 21_001) is None
    verdict = absent(case, 22_003, path=NEWER)
    assert verdict is not None
    assert (verdict.outcome, verdict.evidence) == (Outcome.NOT_PLACED, Evidence.FENCE)


# --------------------------------------------------------------------------- F2: two clocks


@pytest.mark.parametrize("ahead", [5_000.0, 25_000.0, 86_400_000.0])
def test_a_clock_of_the_venue_that_jumps_ahead_shortens_nothing(ahead: float) -> None:
    case = doubt()
    for now in (500, 5_000, 20_999):
        for path in (NEW, REST):
            assert case.answer(Reading.NO, None, at(now, now + ahead), at(now, now + ahead), path) is None
    assert case.first is None
    assert case.next_at <= 21.0 + 0.1


def test_a_clock_of_the_venue_that_goes_back_some_seconds_is_waited_for() -> None:
    case = doubt()
    assert case.answer(Reading.NO, None, at(21_500, 11_500), at(21_500, 11_500), NEW) is None
    assert case.first is None
    case.answer(Reading.NO, None, at(31_500, 21_500), at(31_500, 21_500), NEW)
    assert case.first == NEW


@pytest.mark.parametrize("back", [3_600_000.0, 86_400_000.0 * 3])
def test_a_clock_of_the_venue_that_goes_back_and_stays_back_leaves_it_undecided(back: float) -> None:
    """What is held up somewhere could become valid again."""
    case = doubt()
    late = 21_001 + SETBACK_WAIT_S * 1_000
    now = 0.0
    while case.verdict is None:
        assert now < late + 10_000
        now = max(now, case.next_at * 1_000)
        case.answer(Reading.NO, None, at(now, now - back), at(now, now - back), NEW if now < late + 900 else REST)
    assert now > late
    assert case.verdict.outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("venue_ms", "counts_at"), [(0.0, 21.002), (2_000.0, 21.0), (-2_000.0, 23.002), (-3_600_000.0, 141.0)]
)
def test_from_when_an_absence_counts_by_both_clocks(venue_ms: float, counts_at: float) -> None:
    assert doubt().counts_from(at(0, venue_ms)) == pytest.approx(counts_at, abs=0.0021)


def test_a_machine_that_was_asleep_waits_for_the_fence_of_its_own_clock() -> None:
    case = doubt()
    assert case.answer(Reading.NO, None, at(2_000, 3_600_000), at(2_000, 3_600_000), NEW) is None
    assert case.first is None


# --------------------------------------------------------------------------- F3: two answers by two ways


def test_two_answers_over_one_connection_count_only_when_its_view_has_had_the_time_to_catch_up() -> None:
    case = doubt()
    assert absent(case, 21_001) is None
    assert absent(case, 22_001) is None
    assert absent(case, 27_000) is None
    assert absent(case, 27_002) is not None


def test_answers_over_the_old_connection_do_not_count() -> None:
    case = doubt()
    for asked in range(30_000, 80_000, 7_000):
        assert absent(case, asked, path=None) is None


@pytest.mark.parametrize("kind", [Reading.YES, Reading.NO])
def test_of_a_cancel_of_everything_either_answer_is_confirmed(kind: Reading) -> None:
    case = doubt(token=ALL)
    assert absent(case, 21_001, reading=kind) is None
    verdict = absent(case, 22_001, path=REST, reading=kind)
    assert verdict is not None
    assert verdict.outcome is (Outcome.ACCEPTED if kind is Reading.YES else Outcome.NOT_PLACED)


def test_of_a_cancel_of_everything_two_answers_that_contradict_each_other_count_for_nothing() -> None:
    case = doubt(token=ALL)
    assert absent(case, 21_001, reading=Reading.YES) is None
    assert absent(case, 22_001, path=REST, reading=Reading.NO) is None
    verdict = absent(case, 23_001, path=NEWER, reading=Reading.NO)
    assert verdict is not None
    assert verdict.outcome is Outcome.NOT_PLACED


def test_two_ways_that_go_on_contradicting_each_other_leave_it_undecided() -> None:
    case = doubt(token=ALL)
    verdict, asked = None, 21_001
    while verdict is None and asked < 60_000:
        verdict = absent(case, asked, path=NEW, reading=Reading.YES)
        verdict = verdict or absent(case, asked + 1_000, path=REST, reading=Reading.MAYBE)
        asked += 2_000
    assert verdict is not None
    assert verdict.outcome is Outcome.UNDECIDED
    assert 21_001 + 2 * case.options.lag_ms < verdict.at_ms < 40_000


def test_what_may_be_anothers_leaves_it_undecided_and_not_before_the_fence() -> None:
    case = doubt()
    for asked in (1_000, 10_000, 20_999):
        assert absent(case, asked, reading=Reading.MAYBE, path=REST) is None
    assert absent(case, 21_001, reading=Reading.MAYBE) is None
    verdict = absent(case, 22_001, reading=Reading.NO, path=REST)
    assert verdict is not None
    assert verdict.outcome is Outcome.UNDECIDED


# --------------------------------------------------------------------------- proofs


def test_any_sighting_settles_it_at_any_time() -> None:
    for evidence in (Evidence.EVENT, Evidence.QUERY, Evidence.REPLY):
        case = doubt()
        absent(case, 21_001)
        verdict = case.seen("the order", evidence, 21_003)
        assert (verdict.outcome, verdict.order, verdict.evidence) == (Outcome.ACCEPTED, "the order", evidence)
        assert absent(case, 30_000, path=REST) is verdict


def test_a_late_refusal_is_a_verdict_and_stays_one() -> None:
    case = doubt()
    error = venue_error(400, -2010, "Account has insufficient balance for requested action.")
    verdict = case.refused(error, 5.0)  # type: ignore[arg-type]
    assert (verdict.outcome, verdict.error) == (Outcome.REJECTED, error)
    assert case.seen("x", Evidence.EVENT, 6.0) is verdict


def test_a_verdict_of_not_placed_is_not_rewritten_by_a_late_execution() -> None:
    case = doubt()
    absent(case, 21_001)
    absent(case, 22_003, path=REST)
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
    jump=st.floats(0, 86_400_000),
    jumps_at=st.floats(0, 40_000),
)
def test_no_schedule_the_documentation_allows_makes_a_wrong_verdict(
    window: float, skew: float, forwarded: float, engine: float, lag: float, execute: bool, answer: float, jump: float,
    jumps_at: float,
) -> None:  # fmt: skip
    """The venue forwards at the last allowed moment, takes its ten seconds, shows the order after the lag; a clock jumps."""
    timestamp = 100_000
    case = Doubt(TOKEN, timestamp, window, at(timestamp + max(skew, 0.0)), timestamp / 1000)
    arrival = timestamp + skew  # by the venue's clock, at most a second behind the timestamp
    last = timestamp + window
    pushed = arrival + forwarded * max(0.0, last - arrival)
    visible = pushed + engine + lag if execute and pushed <= last else None
    now, asked = case.since.at * 1_000, 0

    def moment(ms: float) -> Moment:
        return at(ms, ms + (jump if ms > timestamp + jumps_at else 0.0))

    while case.verdict is None:
        now = max(now, case.next_at * 1_000)
        asked += 1
        assert asked < 200
        reading = Reading.YES if visible is not None and now >= visible else Reading.NO
        case.answer(reading, "order", moment(now), moment(now + answer), ("socket", asked))
        now += answer
    expected = Outcome.ACCEPTED if visible is not None else Outcome.NOT_PLACED
    assert case.verdict.outcome is expected
    # Bounded: two more questions after the fence, each answered within a call's deadline.
    assert now <= max(case.fence_ms, case.since.at * 1_000) + 2 * (answer + 10_000) + 5_000


@given(asks=st.lists(st.floats(0, 30_000), max_size=40))
def test_the_next_question_is_never_in_the_past_nor_skips_the_fence(asks: list[float]) -> None:
    case = doubt()
    now = 0.0
    for number, pause in enumerate(asks):
        if case.verdict is not None:
            break
        now = max(now + pause, case.next_at * 1_000)
        absent(case, now, path=("socket", number))
        if case.verdict is None:
            assert case.next_at > now / 1_000
            if now <= case.fence_ms:
                assert case.next_at <= max(now / 1_000 + case.options.ask_at_most_ms / 1_000, case.fence_at + 0.01)


def test_the_first_question_waits_for_a_tenth_of_a_second_and_no_longer() -> None:
    """By then most of what was merely not told is visible."""
    assert doubt(since=2_000).next_at == pytest.approx(2.1)


# --------------------------------------------------------------------------- to the moment


def test_a_question_is_after_the_fence_when_both_clocks_are_past_it_and_not_at_it() -> None:
    case = doubt()
    assert case.passed(Moment(21_001, 21.001))
    assert not case.passed(Moment(21_000, 21.001))
    assert not case.passed(Moment(21_001, 21.0))


def test_questions_that_are_not_answered_are_asked_at_pauses_that_double_up_to_four_seconds_and_just_after_the_fence() -> (
    None
):
    case = doubt()
    asked = []
    for _ in range(9):
        asked.append(case.next_at)
        case.unanswered(Moment(case.next_at * 1_000, case.next_at))
    assert asked == pytest.approx([0.1, 0.6, 1.6, 3.6, 7.6, 11.6, 15.6, 19.6, 21.002])
    assert case.next_at == pytest.approx(25.002)


def test_a_question_without_a_word_after_the_fence_is_followed_by_another() -> None:
    case = doubt()
    case.answer(Reading.NOTHING, None, at(22_000), at(22_500), NEW)
    assert case.next_at == pytest.approx(23.0)
    assert case.verdict is None


def test_an_absence_is_confirmed_a_second_after_it_was_told() -> None:
    case = doubt()
    absent(case, 22_000, 22_500)
    assert case.first == NEW
    assert case.next_at == pytest.approx(23.5)


def test_the_same_view_is_asked_again_when_its_lag_is_over_and_counts_from_then_on() -> None:
    case = doubt()
    assert absent(case, 22_000) is None
    assert absent(case, 27_999) is None
    assert case.next_at == 28.0
    assert absent(case, 28_000) is not None


def test_two_ways_may_contradict_each_other_for_twice_the_lag_and_no_longer() -> None:
    case = doubt(token=ALL)
    absent(case, 22_000, reading=Reading.YES)
    assert absent(case, 24_000, path=REST) is None
    assert absent(case, 35_999, reading=Reading.YES) is None
    assert absent(case, 36_000, path=REST) is not None
    assert case.verdict is not None
    assert case.verdict.outcome is Outcome.UNDECIDED


def test_with_a_clock_that_stays_back_nothing_counts_until_two_minutes_after_the_fence_are_over() -> None:
    case = doubt()
    for seconds, first in ((21.0 + SETBACK_WAIT_S, None), (21.001 + SETBACK_WAIT_S, NEW)):
        asked = Moment(10_000, seconds)
        case.answer(Reading.NO, None, asked, asked, NEW)
        assert case.first == first


WHY = ValueError("no answer can be read")


def test_answers_that_say_nothing_are_waited_with_and_then_leave_it_undecided_with_their_reason() -> None:
    case = doubt()
    for moment in (at(20_000), at(22_000), at(24_000), at(30_000, 11_000)):
        case.useless(WHY, moment, moment, wait_s=3.0)
        assert case.verdict is None
        assert case.next_at > moment.at
    case.useless(WHY, at(24_001), at(24_500), wait_s=3.0)
    assert case.verdict == Verdict(Outcome.UNDECIDED, Evidence.QUERY, "bcdf", None, WHY, 24_500)


def test_answers_that_say_nothing_change_no_verdict() -> None:
    case = doubt()
    verdict = case.seen("the order", Evidence.EVENT, 5.0)
    asked = case.next_at
    case.useless(WHY, at(60_000), at(60_000), wait_s=0.0)
    case.unanswered(at(60_000))
    assert (case.verdict, case.next_at) == (verdict, asked)


def test_a_cancel_of_everything_is_not_asked_about_before_the_fence_and_an_order_is() -> None:
    assert doubt(token=ALL).next_at == pytest.approx(21.002)
    assert doubt(token=ALL, since=60_000).next_at == pytest.approx(60.1)
    assert doubt().next_at == pytest.approx(0.1)


def test_each_bound_is_a_millisecond_or_more_and_the_venues_ten_seconds_are_enough() -> None:
    for name in FateOptions.__slots__:
        least = 10_000 if name == "venue_timeout_ms" else 1
        assert getattr(FateOptions(**{name: least}), name) == least
        with pytest.raises(UsageError, match=name):
            FateOptions(**{name: least - 1})


def test_what_was_not_placed_is_asked_for_after_five_minutes_and_watched_for_a_day() -> None:
    assert timedelta(milliseconds=FateOptions().again_ms) == timedelta(minutes=5)
    assert timedelta(milliseconds=FateOptions().watch_ms) == timedelta(days=1)


def test_when_its_frame_left_is_not_known_of_a_request_of_an_earlier_process() -> None:
    assert doubt(3_000).left_at == 3.0
    assert doubt(3_000, token=TOKEN.recover(0, 1, unguessable=True)).left_at is None
