"""Each rule by which a shared budget is divided, one report at a time, as a store without a clock and one with its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.shared.division import (
    BURIAL_MS,
    FAR_MS,
    GREATEST_TOLD,
    MEMBER_TTL_MS,
    NEAR_MS,
    SILENCE_MS,
    exchange,
    forget,
    lift_bans,
)
from binance_wsapi.limits.shared.records import MOST_BANS, MOST_LIMITS, MOST_MEMBERS, MOST_OUTSIDERS, ScopeState
from binance_wsapi.limits.shared.store import Ask, Grant, Reply, Report

MINUTE = 28_333_334
"""A window, counted since the epoch."""
BEGIN = MINUTE * 60_000
NOW = BEGIN + 30_000
KEY = "REQUEST_WEIGHT 60000"
DAY = {"key": "ORDERS 86400000", "length": 86_400_000}


class Shared:
    """A scope of a store, and its processes.

    Args:
        own_ms: the store's own time, as far as it has one.
    """

    def __init__(self, own_ms: int | None = None) -> None:
        self.state = ScopeState("local:ip:x")
        self.own_ms = own_ms
        self.epoch = ""
        self.dead: Collection[str] = ()

    def tell(self, member: str, *, at: int = NOW, asks: list[Ask] | None = None, **more: Any) -> Reply:
        """Report for a process; words of `Ask` and of `Report` may be mixed."""
        fields = {key: more.pop(key) for key in list(more) if key in Ask.__struct_fields__}
        ask: dict[str, Any] = {
            "key": KEY, "limit": 1_000, "length": 60_000, "kept": 0, "held": 0, "share": 250,
        } | fields  # fmt: skip
        if "window" not in ask:
            ask["window"] = at // ask["length"]
        report = Report(
            "local:ip:x", member, member.upper(), at, more.pop("eps_ms", 0), [Ask(**ask)] if asks is None else asks,
            epoch=more.pop("epoch", self.epoch), **more,
        )  # fmt: skip
        reply = exchange(self.state, report, self.dead, self.own_ms)
        self.epoch = reply.epoch
        return reply

    def grant(self, member: str, want: int = 9_999, **more: Any) -> int:
        return self.tell(member, want=want, **more).grants[0].granted

    def room(self, member: str, **more: Any) -> int:
        return self.tell(member, **more).grants[0].room


# --------------------------------------------------------------------------- what is divided


def test_what_one_holds_the_other_cannot_get_and_what_is_left_is_told() -> None:
    shared = Shared()
    assert shared.tell("a", want=600).grants == [Grant(600, 400)]
    assert shared.tell("b", want=600).grants == [Grant(400, 0)]
    assert shared.tell("a", held=100).grants == [Grant(0, 500)]


def test_the_first_priority_then_the_orders_then_the_reads_get_what_there_is() -> None:
    shared = Shared()
    shared.tell("a", held=900)
    words = {"kept": 200, "borrowed": 5, "at": NOW}
    assert shared.grant("b", 300, want_first=30, want_orders=40, **words) == 30, "100 are melting, and all are kept"
    shared.tell("a", held=600)
    assert shared.grant("b", 300, want_first=30, want_orders=40, **words) == 295, "5 are left to orders"
    assert shared.grant("b", 5, want_orders=5, held=295, **words) == 5


@pytest.mark.parametrize(
    ("at", "melting"), [(BEGIN, 200), (BEGIN + 1, 200), (BEGIN + 15_000, 150), (BEGIN + 59_999, 1)]
)
def test_of_the_kept_share_so_much_is_left_as_of_the_window(at: int, melting: int) -> None:
    assert Shared().grant("a", at=at, kept=200) == 1_000 - melting


def test_a_clock_ahead_of_the_window_it_asks_for_keeps_no_more_than_the_share() -> None:
    shared = Shared()
    assert shared.grant("a", at=BEGIN - 20_000, window=MINUTE, kept=200) == 800


def test_orders_get_no_more_than_there_is_and_no_less_than_nothing() -> None:
    shared = Shared()
    shared.tell("a", held=950)
    assert shared.grant("b", 400, want_orders=400, kept=100) == 0, "50 are kept still"
    assert shared.grant("b", 400, want_orders=400, kept=20) == 40
    assert shared.grant("b", 400, want_first=10, want_orders=390, kept=0) == 50


def test_what_is_of_no_use_is_not_granted_but_what_is_wanted_is_always_of_use() -> None:
    shared = Shared()
    shared.tell("a", held=990)
    assert shared.grant("b", 20, unit=11) == 0
    assert shared.grant("b", 20, unit=10) == 10
    shared.tell("b")
    assert shared.grant("b", 3, unit=10) == 3


def test_a_process_that_had_more_leaves_others_the_equal_part_they_wait_for() -> None:
    shared = Shared()
    shared.tell("b", want=300, held=200)
    shared.tell("a", held=500)
    shared.tell("b", want=300, held=200)  # gets 300
    shared.tell("b", held=100, want=900, unit=900)
    assert shared.state.members["b"].holdings[KEY].need == 900
    assert shared.grant("a", 800, held=200, taken=100) == 700, "900 are of no use to it: no claim is bound to them"


def test_a_claim_is_what_a_process_waits_for_up_to_its_equal_part() -> None:
    shared = Shared()
    shared.tell("a", held=1_000)
    assert shared.grant("b", 350) == 0, "it waits for 350 of its 500"
    assert shared.grant("a", 900, held=400) == 250
    shared = Shared()
    shared.tell("a", held=1_000)
    shared.grant("b", 900, taken=100)
    assert shared.grant("a", 900, held=300) == 300, (
        "500 of the 900 less the 100 it had are claimed; 200 more are its own"
    )


def test_a_process_below_its_equal_part_gets_it_whatever_others_claim() -> None:
    shared = Shared()
    shared.tell("d", held=400)
    shared.tell("a", held=600)
    shared.grant("b", 900)
    shared.grant("c", 900)
    fair = 1_000 // 4
    assert shared.grant("a", 900, held=100) == fair - 100, "b and c claim the 500 that are free"
    assert shared.grant("a", 900, held=100, taken=50, want_first=20) == fair - 150
    assert shared.grant("a", 900, held=100, want_first=20, want_orders=30) == fair - 100


def test_a_claim_in_another_window_is_none() -> None:
    shared = Shared()
    shared.tell("a", held=1_000)
    shared.grant("b", 900)
    assert shared.grant("a", 900, at=NOW + 60_000, share=0) == 750, "of the new window only the share of b is kept"


# --------------------------------------------------------------------------- counts and charges


def test_what_is_charged_is_charged_to_its_window_and_to_none_that_is_gone_or_far_ahead() -> None:
    shared = Shared()
    charges = [(MINUTE - 2, 1, 1), (MINUTE - 1, 2, 3), (MINUTE, 10, 20), (MINUTE + 1, 100, 200), (MINUTE + 2, 5, 5)]
    assert shared.room("a", charges=charges) == 970
    assert {index: each.spent for index, each in shared.state.limits[KEY].windows.items()} == {
        MINUTE - 1: 5, MINUTE: 30, MINUTE + 1: 300,
    }  # fmt: skip


def test_windows_that_are_gone_are_forgotten_but_for_the_one_before() -> None:
    shared = Shared()
    for minute in range(4):
        shared.tell("a", at=NOW + minute * 60_000, charges=[(MINUTE + minute, 1, 0)])
    assert sorted(shared.state.limits[KEY].windows) == [MINUTE + 2, MINUTE + 3]


@pytest.mark.parametrize("away", [-2, 2])
def test_a_window_that_is_not_of_this_time_gets_nothing(away: int) -> None:
    assert Shared().grant("a", window=MINUTE + away) == 0


@pytest.mark.parametrize("away", [-1, 0, 1])
def test_the_windows_beside_the_present_one_may_be_the_present_one(away: int) -> None:
    assert Shared().grant("a", window=MINUTE + away) == 1_000


def test_a_count_replaces_what_was_counted_before_it_was_sent_and_adds_to_what_was_not() -> None:
    shared = Shared()
    version = shared.tell("a", count=400).version
    assert shared.room("a", count=300, since=version - 1) == 600
    version = shared.state.version
    assert shared.room("a", count=200, since=version) == 800
    assert shared.room("a", count=0, since=shared.state.version) == 1_000


# --------------------------------------------------------------------------- edges of windows


def test_a_process_that_has_not_spoken_in_a_window_has_what_it_held_and_its_share_at_least() -> None:
    for held, kept_back in ((100, 250), (400, 400)):
        shared = Shared()
        shared.tell("a")
        shared.tell("b", held=held)
        assert shared.grant("a", at=NOW + 60_000) == 1_000 - kept_back
        assert shared.room("a", at=NOW + 60_000, held=0) == 1_000 - kept_back


def test_what_a_process_charged_to_the_next_window_is_part_of_its_share_there() -> None:
    shared = Shared()
    shared.tell("a")
    shared.tell("b", charges=[(MINUTE + 1, 60, 40), (MINUTE, 7, 7)])
    assert shared.state.members["b"].holdings[KEY].ahead == 100
    assert shared.room("a", at=NOW + 60_000) == 1_000 - 100 - 150
    shared.tell("b", at=NOW + 60_000)
    assert shared.state.members["b"].holdings[KEY].ahead == 0


def test_after_a_whole_window_of_silence_a_process_has_its_whole_share() -> None:
    shared = Shared()
    shared.tell("b", at=BEGIN + 59_000, length=10_000, key="ORDERS 10000", window=(BEGIN + 59_000) // 10_000,
                charges=[((BEGIN + 59_000) // 10_000 + 1, 60, 40)])  # fmt: skip
    at = BEGIN + 59_000 + 20_000
    assert shared.room("a", at=at, length=10_000, key="ORDERS 10000") == 750


def test_what_a_process_held_at_the_end_of_the_last_window_is_what_it_held_before_this_one() -> None:
    shared = Shared()
    shared.tell("b", held=300)
    shared.tell("b", at=NOW + 60_000, held=10)
    holding = shared.state.members["b"].holdings[KEY]
    assert (holding.window, holding.held, holding.before) == (MINUTE + 1, 10, 300)
    assert shared.room("a", at=NOW + 60_000, window=MINUTE) == 700, "it may still arrive in the window before"
    shared.tell("b", at=NOW + 180_000, held=10)
    assert shared.state.members["b"].holdings[KEY].before == 0, "a minute without a word lies between"


def test_near_an_edge_what_is_granted_needs_room_after_it_too() -> None:
    shared = Shared()
    shared.tell("b", at=BEGIN + 59_000, charges=[(MINUTE + 1, 700, 0)])
    late = {"eps_ms": 1_000, "share": 100}
    assert shared.grant("a", at=BEGIN + 58_999, **late) == 1_000
    shared.tell("a", at=BEGIN + 59_000)
    # 700 are charged to the next window, and are b's own share there; a's share of it is 100, and is kept for it anyway.
    assert shared.grant("a", at=BEGIN + 59_000, **late) == 300
    assert shared.grant("a", at=BEGIN + 59_000, held=60, **late) == 240
    assert shared.grant("a", at=BEGIN + 59_000, charges=[(MINUTE + 1, 30, 0)], **late) == 270


def test_a_process_whose_window_is_behind_that_of_the_others_needs_room_in_theirs() -> None:
    shared = Shared()
    shared.tell("b", at=BEGIN + 60_100, charges=[(MINUTE + 1, 700, 0)])
    assert shared.grant("a", at=BEGIN + 59_900, share=0) == 300
    assert shared.state.limits[KEY].newest == MINUTE + 1


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
    assert shared.grant("a", key="ORDERS 99999") == 0
    assert shared.grant("a", key="ORDERS 0", held=1_000) == 0
    assert len(shared.state.limits) == MOST_LIMITS


# --------------------------------------------------------------------------- what cannot be true


@pytest.mark.parametrize("word", ["held", "share", "taken", "want", "want_first", "want_orders", "kept", "borrowed"])
def test_a_report_below_nothing_or_beyond_all_measure_gets_nothing(word: str) -> None:
    assert Shared().tell("a", **{"want": 5, word: -1}).grants == [Grant(0, 0)]
    assert Shared().tell("a", **{"want": 5, word: GREATEST_TOLD + 1}).grants == [Grant(0, 0)]
    assert Shared().tell("a", **{"want": 5, word: 0}).grants != [Grant(0, 0)]


@pytest.mark.parametrize(
    "odd",
    [
        {"limit": 0}, {"limit": -1}, {"length": 0, "window": 0}, {"count": 10_001}, {"unit": GREATEST_TOLD + 1},
        {"sent_ms": GREATEST_TOLD + 1}, {"limit": GREATEST_TOLD + 1}, {"key": "no name at all"},
        {"charges": [(MINUTE, -1, 0)]}, {"charges": [(MINUTE, 0, -1)]}, {"charges": [(MINUTE, 0, GREATEST_TOLD + 1)]},
        {"charges": [(MINUTE, GREATEST_TOLD + 1, 0)]},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_process_of_ours_tells_is_not_taken(odd: dict[str, Any]) -> None:
    shared = Shared()
    assert shared.tell("a", want=5, **odd).grants == [Grant(0, 0)]
    assert shared.state.limits == {}


def test_what_is_just_possible_is_taken() -> None:
    assert Shared().room("a", count=10_000) == -9_000
    assert Shared().grant("a", 5, limit=1) == 1
    assert Shared().grant("a", sent_ms=GREATEST_TOLD, limit=GREATEST_TOLD) == 9_999


@pytest.mark.parametrize("at", [-1, GREATEST_TOLD + 1])
def test_a_time_that_is_none_changes_nothing_but_bans(at: int) -> None:
    shared = Shared()
    reply = shared.tell("a", at=at, want=5, window=0, bans={"ip": 5})
    assert reply.grants == [Grant(0, 0)]
    assert (shared.state.members, shared.state.version) == ({}, 0)


# --------------------------------------------------------------------------- bans


def test_a_ban_is_kept_until_it_is_lifted_and_a_lifted_one_does_not_come_back() -> None:
    shared = Shared()
    assert not lift_bans(shared.state)
    shared.tell("a", bans={"ip": NOW + 5_000})
    assert shared.tell("b", bans={"ip": NOW + 4_000, "account": NOW}).bans == {"ip": NOW + 5_000, "account": NOW}
    assert lift_bans(shared.state)
    reply = shared.tell("a", bans={"ip": NOW + 5_000})
    assert (reply.bans, reply.lifted) == ({}, {"ip": NOW + 5_000, "account": NOW})
    reply = shared.tell("a", bans={"ip": NOW + 5_000}, again=["ip"])
    assert (reply.bans, reply.lifted) == ({"ip": NOW + 5_000}, {"account": NOW})


def test_a_lifted_ban_is_remembered_as_long_as_a_process_may_still_tell_it() -> None:
    shared = Shared()
    shared.tell("a", bans={"ip": NOW})
    lift_bans(shared.state)
    assert shared.tell("a", at=NOW + LONGEST_BAN_MS - 1).lifted == {"ip": NOW}
    assert shared.tell("a", at=NOW + LONGEST_BAN_MS).lifted == {}


@pytest.mark.parametrize("own_ms", [None, NOW + 1_000])
def test_no_ban_lasts_longer_than_three_days_by_the_store_s_time_where_it_has_one(own_ms: int | None) -> None:
    shared = Shared(own_ms)
    latest = (NOW if own_ms is None else own_ms) + LONGEST_BAN_MS
    assert shared.tell("a", bans={"ip": NOW + 2 * LONGEST_BAN_MS}).bans == {"ip": latest}
    lift_bans(shared.state)
    shared.state.lifted["ip"] += LONGEST_BAN_MS
    assert shared.tell("a").lifted == {"ip": latest}


def test_no_more_kinds_of_bans_are_kept_than_a_record_holds() -> None:
    shared = Shared()
    reply = shared.tell("a", bans={f"b{number}": NOW for number in range(MOST_BANS + 3)})
    assert len(reply.bans) == MOST_BANS
    assert shared.tell("a", bans={"b0": NOW + 1, "new": NOW}).bans == reply.bans | {"b0": NOW + 1}


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
        waits.append(shared.grant(name, 10) == 0)
    assert waits == [True] * (max(members, known) - 1) + [False]


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
    assert shared.grant("a", share=100, at=NOW + 120_000) == 1_000
    shared.tell("b", asks=[])
    assert shared.room("a", share=100, held=0, **DAY) == 900


def test_a_limit_of_more_than_a_minute_is_not_waited_for() -> None:
    for length, granted in ((60_000, 0), (60_001, 800)):
        shared = Shared()
        shared.tell("a", epoch="before", members=3, asks=[])
        assert shared.grant("a", share=100, length=length, key=f"ORDERS {length}") == granted


def test_a_fresh_store_waits_for_no_process() -> None:
    shared = Shared()
    assert shared.grant("a", members=5) == 1_000
    assert shared.state.ghosts == 0
