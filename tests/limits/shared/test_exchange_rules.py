"""Each rule by which a shared budget is divided, counted and closed, one report at a time."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.shared.division import (
    GREATEST_TOLD,
    lift_bans,
)
from binance_wsapi.limits.shared.records import MOST_BANS
from binance_wsapi.limits.shared.store import Grant
from tests.limits.shared.one_scope import BEGIN, KEY, MINUTE, NOW, Shared

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


def test_when_a_window_is_over_nothing_of_it_is_kept() -> None:
    assert Shared().grant("a", at=BEGIN + 61_000, window=MINUTE, kept=200) == 1_000


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


def test_a_process_below_its_equal_part_gets_it_also_where_others_claim_all() -> None:
    shared = Shared()
    shared.tell("d", held=400)
    shared.tell("a", held=600)
    shared.grant("b", 900)
    shared.grant("c", 900)
    fair = 1_000 // 4
    assert shared.grant("a", 900, held=100) == fair - 100, "b and c claim the 500 that are free"
    assert shared.grant("a", 900, held=100, taken=50, want_first=20) == fair - 150
    assert shared.grant("a", 900, held=100, want_first=20, want_orders=30) == fair - 100


def test_a_claim_is_what_is_missing_and_no_more() -> None:
    shared = Shared()
    shared.tell("a", held=900)
    assert shared.grant("b", 350) == 100
    assert shared.grant("a", 900, held=400) == 500 - 250
    shared = Shared()
    shared.tell("a", held=1_000)
    assert shared.grant("b", 1) == 0
    assert shared.grant("a", 900, held=400) == 600 - 1


def test_no_more_is_granted_than_is_wanted() -> None:
    assert Shared().grant("a", 100, want_first=30, want_orders=40) == 100
    assert Shared().grant("a", 70, want_first=30, want_orders=40) == 70


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
    late: dict[str, Any] = {"eps_ms": 1_000, "share": 100}
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


# --------------------------------------------------------------------------- what cannot be true


@pytest.mark.parametrize("word", ["held", "share", "taken", "want", "want_first", "want_orders", "kept", "borrowed"])
def test_a_report_below_nothing_or_beyond_all_measure_gets_nothing(word: str) -> None:
    told: dict[str, Any] = {"want": 5, word: -1}
    assert Shared().tell("a", **told).grants == [Grant(0, 0)]
    assert Shared().tell("a", **(told | {word: GREATEST_TOLD + 1})).grants == [Grant(0, 0)]
    assert Shared().tell("a", **(told | {word: 0})).grants != [Grant(0, 0)]


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
    assert Shared().room("a", charges=[(MINUTE, GREATEST_TOLD, 0)]) == 1_000 - GREATEST_TOLD
    assert Shared().room("a", charges=[(MINUTE, 0, GREATEST_TOLD)]) == 1_000 - GREATEST_TOLD
    assert Shared().grant("a", 5, at=0) == 5
    assert Shared().grant("a", 5, at=GREATEST_TOLD) == 5
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
