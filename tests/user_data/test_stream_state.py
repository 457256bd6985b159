"""The states of the stream of an account: the table, by every path through it."""

from __future__ import annotations

from itertools import product

from binance_wsapi.user_data.stream_state import NEXT, Step, StreamState, after


def test_the_table_is_what_an_interruption_and_a_hold_say_alone() -> None:
    for steps in product(Step, repeat=5):
        state, lost, holds = StreamState.WHOLE, False, False
        for step in steps:
            state = after(state, step)
            if step is Step.LOST:
                lost = True
            elif step is Step.HOLD:
                holds = holds or lost
            elif step is Step.FOUND:
                lost = False
            else:
                holds = False
            assert (state.interrupted, state.holds) == (lost, holds), steps


def test_every_state_can_be_left_and_reached() -> None:
    assert {state for state, _ in NEXT} == set(NEXT.values()) == set(StreamState)


def test_a_step_that_the_table_does_not_have_changes_nothing() -> None:
    assert after(StreamState.WHOLE, Step.FOUND) is StreamState.WHOLE
    assert after(StreamState.WHOLE, Step.HOLD) is StreamState.WHOLE
    assert after(StreamState.HELD, Step.LOST) is StreamState.HELD
