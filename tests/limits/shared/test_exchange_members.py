"""Each rule about the processes that share a budget: they leave, die, have wrong clocks; their store forgets."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.limits.shared.division import (
    BURIAL_MS,
    FAR_MS,
    MEMBER_TTL_MS,
    NEAR_MS,
    SILENCE_MS,
    forget,
)
from binance_wsapi.limits.shared.records import MOST_LIMITS, MOST_MEMBERS, MOST_OUTSIDERS
from binance_wsapi.limits.shared.store import Grant
from binance_wsapi.limits.window import LOST_HOLD_MS
from tests.limits.shared.one_scope import BEGIN, KEY, MINUTE, NOW, Shared

DAY: dict[str, Any] = {"key": "ORDERS 86400000", "length": 86_400_000}


# --------------------------------------------------------------------------- members that leave, die, are forgotten


def test_what_a_dead_process_held_is_charged_to_the_window_and_what_it_may_have_sent_late_to_the_next() -> None:
    shared = Shared()
    shared.tell("a", at=BEGIN + 58_000)
    shared.tell("b", at=BEGIN + 58_000, held=300)
    shared.dead = ["b"]
    assert shared.room("a", at=BEGIN + 60_000 + 7_999) == 700, "sent just before it died"
    assert list(shared.state.members) == ["a"]
    assert shared.state.limits[KEY].windows[MINUTE].spent == 300


def test_what_a_dead_process_held_long_ago_is_charged_to_its_own_window_alone() -> None:
    shared = Shared()
    shared.tell("a", at=BEGIN + 58_000)
    shared.tell("b", at=BEGIN + 58_000, held=300)
    for passed in range(SILENCE_MS, BURIAL_MS + 1, SILENCE_MS):
        shared.tell("a", at=BEGIN + 58_000 + passed)
    shared.dead = ["b"]
    assert shared.room("a", at=BEGIN + 58_000 + BURIAL_MS) == 1_000
    assert shared.state.limits[KEY].windows[MINUTE].spent == 300


def test_of_a_dead_process_what_it_held_before_the_edge_is_charged_before_it() -> None:
    shared = Shared()
    shared.tell("a", at=BEGIN + 59_000)
    shared.tell("b", at=BEGIN + 59_000, held=300)
    shared.tell("b", at=BEGIN + 60_500, held=20)
    shared.tell("b", at=BEGIN + 60_600, held=20, leaving=True)
    windows = shared.state.limits[KEY].windows
    assert (windows[MINUTE + 1].spent, windows[MINUTE].spent if MINUTE in windows else 0) == (20, 0)
    assert shared.room("a", at=BEGIN + 60_700) == 980


def test_a_process_is_forgotten_after_it_was_silent_while_others_spoke() -> None:
    shared = Shared()
    shared.tell("a")
    shared.tell("b", held=100)
    for passed in range(SILENCE_MS, MEMBER_TTL_MS + 1, SILENCE_MS):
        assert shared.tell("a", at=NOW + passed).members == 2
    assert shared.tell("a", at=NOW + MEMBER_TTL_MS + 1).members == 1


def test_processes_that_speak_are_not_forgotten() -> None:
    shared = Shared()
    for passed in range(0, 2 * MEMBER_TTL_MS, SILENCE_MS):
        shared.tell("a", at=NOW + passed)
        shared.tell("b", at=NOW + passed)
    assert list(shared.state.members) == ["a", "b"]


def test_what_was_lost_or_held_by_the_dead_counts_until_no_frame_of_it_can_arrive() -> None:
    for way in ("lost", "dead"):
        shared = Shared()
        shared.tell("a")
        shared.tell("b", held=0 if way == "lost" else 300, charges=[(MINUTE, 0, 300)] if way == "lost" else [])
        shared.dead = ["b"]
        shared.tell("a")
        version = shared.state.version
        assert shared.room("a", count=0, since=version, sent_ms=NOW + LOST_HOLD_MS) == 700
        assert shared.room("a", count=0, since=version + 1, sent_ms=NOW + LOST_HOLD_MS + 1) == 1_000


def test_while_no_process_is_heard_none_is_forgotten() -> None:
    shared = Shared()
    shared.tell("a")
    shared.tell("b", held=100)
    assert shared.tell("a", at=NOW + MEMBER_TTL_MS + SILENCE_MS + 1).members == 2, "the store was away"
    assert shared.tell("a", at=NOW + MEMBER_TTL_MS + SILENCE_MS + 2).members == 2


def test_a_person_forgets_a_process_by_its_name_or_its_label() -> None:
    shared = Shared()
    for name in ("a", "b", "c"):
        shared.tell(name, held=100)
    assert forget(shared.state, "b")
    assert forget(shared.state, "C")
    assert not forget(shared.state, "d")
    assert list(shared.state.members) == ["a"]
    assert shared.room("a", held=100) == 700, "what they held stays charged"


def test_no_more_processes_are_taken_in_than_a_record_holds_and_no_more_limits() -> None:
    shared = Shared()
    for number in range(MOST_MEMBERS):
        assert shared.tell(f"p{number}", asks=[]).refused == ""
    assert "share it already" in shared.tell("more", asks=[]).refused
    assert shared.tell("p0", asks=[]).refused == ""
    shared = Shared()
    for number in range(MOST_LIMITS):
        assert shared.grant("a", key=f"ORDERS {number}") == 1_000
    assert shared.tell("a", want=5, key="ORDERS 99999").grants == [Grant(0, 0)]
    assert shared.grant("a", key="ORDERS 0", held=1_000) == 0
    assert len(shared.state.limits) == MOST_LIMITS


# --------------------------------------------------------------------------- clocks


def test_without_a_clock_of_the_store_a_process_that_is_behind_the_others_is_refused_and_has_its_share() -> None:
    shared = Shared()
    shared.tell("good")
    assert not shared.tell("late", at=NOW - FAR_MS).refused
    shared.tell("late", at=NOW - FAR_MS, leaving=True)
    reply = shared.tell("late", at=NOW - FAR_MS - 1, want=5)
    assert (reply.grants, reply.outsiders, reply.members) == ([Grant(0, 0)], 1, 1)
    assert "clock is far" in reply.refused
    assert shared.room("good") == 750
    assert shared.tell("good", at=NOW + MEMBER_TTL_MS).outsiders == 1
    assert shared.tell("good", at=NOW + MEMBER_TTL_MS + 1).outsiders == 0


def test_with_a_clock_of_the_store_the_room_of_a_refused_process_is_kept_by_that_clock() -> None:
    shared = Shared(NOW)
    shared.tell("good")
    assert not shared.tell("near", at=NOW + FAR_MS, want=0).refused
    shared.tell("good")
    assert shared.tell("far", at=NOW + FAR_MS + 1).refused
    assert shared.tell("far", at=NOW - FAR_MS - 1).refused
    for passed, known in ((MEMBER_TTL_MS, 1), (MEMBER_TTL_MS + 1, 0)):
        shared.own_ms = NOW + passed
        assert shared.tell("good", at=NOW + passed).outsiders == known


def test_the_room_of_a_refused_process_that_died_is_free_at_once() -> None:
    shared = Shared()
    shared.tell("good")
    shared.tell("late", at=NOW - 60_000)
    assert shared.room("good") == 750
    shared.dead = ["late"]
    assert shared.room("good") == 1_000
    assert forget(shared.state, "late") is False


def test_a_refused_process_that_leaves_or_whose_clock_is_right_again_is_refused_no_more() -> None:
    shared = Shared()
    shared.tell("good")
    shared.tell("late", at=NOW - 60_000)
    assert shared.tell("late", at=NOW - 60_000, leaving=True).outsiders == 0
    assert shared.room("good") == 1_000
    shared.tell("late", at=NOW - 60_000)
    assert not shared.tell("late").refused
    shared.tell("late", leaving=True)
    assert shared.room("good") == 1_000


def test_a_refused_process_without_a_share_takes_nothing() -> None:
    shared = Shared()
    shared.tell("good")
    shared.tell("late", at=NOW - 60_000, share=0)
    assert shared.room("good") == 1_000


def test_a_person_can_forget_a_refused_process() -> None:
    shared = Shared()
    shared.tell("good")
    shared.tell("late", at=NOW - 60_000)
    assert forget(shared.state, "late")
    assert shared.room("good") == 1_000


def test_a_refused_process_is_left_an_equal_part_at_most_and_never_less_than_it_was() -> None:
    shared = Shared()
    shared.tell("good")
    shared.tell("late", at=NOW - 60_000, share=900)
    assert shared.room("good") == 500, "of two processes"
    shared.tell("late", at=NOW - 60_000, share=100)
    assert shared.room("good") == 500
    shared.tell("other", at=NOW - 60_000, share=900)
    assert shared.room("good") == 500 - 333
    assert len(shared.state.outsiders) == 2


def test_room_is_kept_for_a_bounded_crowd_of_refused_processes() -> None:
    shared = Shared()
    shared.tell("good")
    for number in range(MOST_OUTSIDERS + 1):
        shared.tell(f"late{number}", at=NOW - 60_000, share=1)
    assert shared.tell("good").outsiders == MOST_OUTSIDERS


def test_a_record_without_the_difference_of_the_clocks_is_read() -> None:
    shared = Shared()
    shared.tell("good")
    shared.own_ms = NOW
    assert shared.tell("late", at=NOW - 60_000).refused
    assert not shared.tell("good").refused
    assert shared.state.skew_ms == 0


def test_a_lone_process_is_believed_after_its_clock_was_set_back() -> None:
    shared = Shared()
    shared.tell("a", at=NOW + 3_600_000, charges=[((NOW + 3_600_000) // 60_000, 5, 0)])
    reply = shared.tell("a", want=5)
    assert (reply.refused, reply.grants[0].granted) == ("", 5)
    assert set(shared.state.limits[KEY].windows) == {MINUTE}


def test_windows_come_back_with_what_is_charged_to_the_present_and_the_next() -> None:
    shared = Shared()
    shared.tell("a", at=BEGIN + 62_000, charges=[(MINUTE + 1, 5, 0), (MINUTE + 2, 7, 0)])
    assert shared.room("a", at=BEGIN + 50_000) == 1_000
    assert shared.room("a", at=BEGIN + 62_000) == 995
    assert shared.room("a", at=BEGIN + 122_000) == 1_000


def test_a_process_near_the_store_s_time_is_believed_against_others_that_are_far_from_it() -> None:
    for off, refused in ((NEAR_MS + 1, False), (NEAR_MS, True)):
        shared = Shared(NOW)
        shared.tell("wrong", at=NOW + off, held=100)
        assert bool(shared.tell("right").refused) is refused
    shared = Shared(NOW)
    shared.tell("wrong", at=NOW + 3_600_000)
    assert not shared.tell("right", at=NOW + NEAR_MS).refused
    shared = Shared(NOW)
    shared.tell("wrong", at=NOW + 3_600_000)
    assert shared.tell("right", at=NOW + NEAR_MS + 1).refused


@pytest.mark.parametrize("ahead", [0, 40_000, -40_000])
def test_a_process_is_a_witness_as_long_as_it_was_heard_by_the_store_s_time(ahead: int) -> None:
    for passed, refused in ((MEMBER_TTL_MS, True), (MEMBER_TTL_MS + 1, False)):
        shared = Shared(NOW)
        shared.tell("a", at=NOW + ahead)
        shared.own_ms = NOW + passed
        assert bool(shared.tell("b", at=NOW + ahead + passed + 20_000).refused) is refused


def test_the_dead_are_no_witnesses() -> None:
    shared = Shared(NOW)
    shared.tell("a")
    shared.dead = ["a"]
    assert not shared.tell("b", at=NOW + 20_000).refused


def test_when_the_windows_come_back_what_others_hold_is_charged_to_the_present_one() -> None:
    shared = Shared(NOW)
    shared.tell("a", at=NOW + 3_600_000, held=100)
    shared.tell("b", at=NOW + 3_600_000, held=30)
    shared.own_ms = NOW + 60_000
    shared.tell("b", at=NOW + 3_660_000, held=20)
    assert shared.grant("right", at=NOW + 60_000) == 1_000 - 100 - 30
    assert list(shared.state.members) == ["right"]
    assert set(shared.state.limits[KEY].windows) == {MINUTE + 1}


def test_when_the_windows_come_back_what_others_held_counts_as_long_as_a_frame_of_theirs_may_arrive() -> None:
    shared = Shared(NOW)
    shared.tell("wrong", at=NOW + 3_600_000, held=100, **DAY)
    shared.tell("right", **DAY)
    version = shared.state.version
    assert shared.room("right", count=0, since=version, sent_ms=NOW + LOST_HOLD_MS, **DAY) == 900
    version = shared.state.version
    assert shared.room("right", count=0, since=version, sent_ms=NOW + LOST_HOLD_MS + 1, **DAY) == 1_000


def test_of_a_process_whose_clock_was_set_back_counts_what_it_tells_now_and_nothing_from_before() -> None:
    shared = Shared()
    shared.tell("a", at=NOW + 60_000, held=100, **DAY)
    assert not shared.tell("a", held=30).refused
    assert shared.room("b") == 970
    assert shared.room("b", **DAY) == 1_000


def test_what_a_process_held_that_died_when_the_store_was_there_again_is_charged_to_the_present_window_alone() -> None:
    short: dict[str, Any] = {"key": "ORDERS 10000", "length": 10_000}
    shared = Shared()
    shared.tell("a", **short)
    shared.tell("b", held=300, **short)
    shared.tell("a", at=NOW + 30_000, **short)
    shared.dead = ["b"]
    assert shared.room("a", at=NOW + 30_001, **short) == 700
    assert {index: each.spent for index, each in shared.state.limits[short["key"]].windows.items() if each.spent} == {
        (NOW + 30_000) // 10_000: 300
    }


def test_of_a_limit_that_a_refused_process_does_not_ask_for_no_room_is_kept() -> None:
    shared = Shared()
    shared.tell("good")
    shared.tell("late", at=NOW - 60_000)
    assert shared.room("good") == 750
    assert shared.room("good", **DAY) == 1_000
