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
from binance_wsapi.limits.shared.records import MOST_LIMITS, MOST_MEMBERS, MOST_OUTSIDERS, ScopeState
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


# --------------------------------------------------------------------------- stores that forgot


def test_a_store_that_went_back_begins_anew_and_waits_for_all_that_are_known() -> None:
    shared = Shared()
    first = shared.tell("a", want=5)
    version = shared.tell("a").version
    shared.state.version = first.version
    shared.state.members["a"].version = first.version
    reply = shared.tell("a", want=5, version=version, members=1, epoch=first.epoch)
    assert "begins anew" in reply.trouble
    assert reply.grants == [Grant(0, 0)]
    assert reply.epoch != first.epoch
    assert shared.grant("a", 5, members=1) == 5, "it was the only one"


@pytest.mark.parametrize(("members", "known"), [(1, 2), (3, 2), (2, 1)])
def test_a_store_that_went_back_waits_for_the_members_of_its_record_and_those_the_process_knew(
    members: int, known: int
) -> None:
    shared = Shared()
    names = [f"p{number}" for number in range(max(members, known))]
    for name in names[:known]:
        shared.tell(name)
    version = shared.state.version + 5
    shared.tell("p0", version=version, members=members)
    waits = []
    for name in names:
        shared.tell(name, epoch="before", members=members)
        waits.append(shared.grant(name, 10) == 0)
    assert waits == [True] * (max(members, known) - 1) + [False]


def test_a_store_that_forgot_waits_for_no_process_where_there_was_but_one() -> None:
    for members in (0, 1):
        shared = Shared()
        shared.tell("a", epoch="before", members=members, asks=[])
        assert shared.grant("a") == 1_000


def test_a_version_that_was_told_is_no_sign_of_a_store_that_went_back() -> None:
    shared = Shared()
    version = shared.tell("a").version
    assert shared.tell("a", version=version).trouble == ""
    assert shared.tell("b", version=shared.state.version).trouble == ""
    assert "begins anew" in shared.tell("c", version=shared.state.version + 1).trouble


def test_a_store_that_forgot_leaves_room_for_the_shares_of_those_that_have_not_come_back() -> None:
    shared = Shared()
    shared.tell("a", epoch="before", members=3, asks=[])
    assert shared.grant("a", share=100, **DAY) == 800, "two others have 100 each"
    assert shared.grant("a", share=100) == 0, "what the minute held before, the two others know"
    assert shared.grant("a", share=100, at=NOW + 60_000) == 800
    assert shared.grant("a", share=100, at=NOW + 120_000) == 800, "while no process spoke they are not silent"
    shared.tell("b", epoch="before", members=3, at=NOW + 120_000, asks=[])
    shared.tell("b", at=NOW + 120_000, asks=[])
    assert shared.room("a", share=100, at=NOW + 120_000, **DAY) == 900


def test_a_process_that_was_forgotten_and_comes_again_does_not_end_the_wait_for_the_others() -> None:
    for how in ("by a person", "as it was silent", "as its clock was wrong"):
        shared = Shared()
        shared.tell("a", epoch="before", members=3, asks=[])
        shared.tell("a", at=NOW, asks=[])
        at = NOW
        if how == "by a person":
            forget(shared.state, "a")
        elif how == "as it was silent":
            shared.tell("stranger", epoch="", asks=[])
            epoch = shared.epoch
            for at in range(NOW, NOW + MEMBER_TTL_MS + 2 * SILENCE_MS, SILENCE_MS):
                shared.tell("stranger", at=at, asks=[])
            assert "a" not in shared.state.members
            assert shared.epoch == epoch
        else:
            at = NOW - 60_000
        shared.tell("a", at=at, share=100, **DAY)
        assert "a" in shared.state.members
        assert shared.state.ghosts == 2, how


def test_a_process_that_tells_twice_what_it_knew_before_comes_back_once() -> None:
    shared = Shared()
    for _ in range(3):
        shared.tell("a", epoch="before", members=3, asks=[])  # the replies are lost
    assert [shared.tell("a").members for _ in range(3)] == [3, 3, 3]


def test_a_process_for_which_a_record_has_no_place_has_not_come_back() -> None:
    shared = Shared()
    shared.tell("a", epoch="before", members=3, asks=[])
    for number in range(MOST_MEMBERS):
        shared.tell(f"p{number}", epoch="")
    waited = shared.state.ghosts
    assert [shared.tell("a").refused != "" for _ in range(3)] == [True] * 3
    assert shared.state.ghosts == waited


def test_a_crowd_that_comes_back_at_once_is_bounded() -> None:
    shared = Shared()
    for number in range(MOST_MEMBERS + 5):
        shared.tell(f"p{number}", epoch="before", members=3, asks=[])
    assert len(shared.state.returning) == MOST_MEMBERS


def test_a_store_that_forgot_leaves_room_in_every_window_for_as_long_as_a_process_may_be_cut_off() -> None:
    """A process that was cut off while the store forgot takes its share of each window of ten seconds until it returns."""
    short: dict[str, Any] = {"key": "ORDERS 10000", "length": 10_000, "share": 100}
    shared = Shared()
    shared.tell("a", epoch="before", members=3, asks=[])
    granted = []
    for at in range(NOW, NOW + 2 * MEMBER_TTL_MS, SILENCE_MS):
        shared.tell("a", at=at, asks=[])
        if at % 10_000 == 0:
            granted.append(shared.grant("a", at=at, **short))
    assert granted == [0, 800, 800, 800, 1_000, 1_000], "the present one, and those that begin in this time"


def test_a_store_that_forgot_twice_waits_for_those_that_had_not_come_back_the_first_time() -> None:
    shared = Shared()
    shared.tell("a", epoch="before", members=3, asks=[])
    for at in (NOW + 100, NOW + 200):
        members = shared.tell("a", at=at).members
        assert members == 3, "itself, and the two that may still come back"
        shared.state = ScopeState("local:ip:x")
        shared.tell("a", at=at, members=members)
    assert shared.grant("a", share=100, **DAY) == 800


def test_a_store_that_a_stranger_met_first_waits_for_others_once_it_hears_that_it_forgot() -> None:
    """The stranger was granted what it asked; what the others had of the window the store learns from them."""
    for own_ms in (None, NOW):
        shared = Shared(own_ms)
        assert shared.grant("stranger", 10, share=100, epoch="") == 10
        epoch = shared.epoch
        shared.tell("a", epoch="before", members=2, share=100)
        assert shared.tell("b", epoch="before", members=2, share=100).epoch == epoch
        assert shared.grant("stranger", held=10, share=100) == 0
        assert shared.grant("a", count=700, share=100) == 0, "b may know of more"
        assert shared.grant("b", count=750, share=100) == 1_000 - 10 - 750


def test_a_store_that_a_stranger_saw_away_waits_for_a_member_that_knew_it_before() -> None:
    shared = Shared()
    assert shared.grant("stranger", members=1, share=100, at=BEGIN) == 0, "the minute may hold what the store forgot"
    assert shared.grant("stranger", share=100, at=BEGIN, **DAY) == 900
    for at in range(BEGIN, BEGIN + MEMBER_TTL_MS + SILENCE_MS, SILENCE_MS):
        assert shared.room("stranger", share=100, at=at) == 0
    assert shared.room("stranger", share=100, at=BEGIN + MEMBER_TTL_MS + SILENCE_MS) == 1_000, "no such process is left"


def test_a_limit_of_more_than_a_minute_is_not_waited_for() -> None:
    for length, granted in ((60_000, 0), (60_001, 800)):
        shared = Shared()
        shared.tell("a", epoch="before", members=3, asks=[])
        assert shared.grant("a", share=100, length=length, key=f"ORDERS {length}") == granted


def test_a_fresh_store_waits_for_no_process() -> None:
    shared = Shared()
    assert shared.grant("a") == 1_000
    assert shared.state.ghosts == 0


def test_when_the_windows_come_back_a_store_that_forgot_waits_from_then_on() -> None:
    short: dict[str, Any] = {"key": "ORDERS 10000", "length": 10_000}
    shared = Shared()
    wrong = NOW + 3_600_000
    shared.tell("a", at=wrong, epoch="before", members=3, asks=[])
    shared.tell("a", at=wrong, **short)
    times = range(0, 2 * MEMBER_TTL_MS, SILENCE_MS)
    granted = [shared.grant("a", at=NOW + passed, **short) for passed in times]
    assert granted == [0] * 10 + [500] * 21 + [1_000] * 29, "the two others have 250 each of what begins by then"
