"""Each rule about a store that forgot, or went back to what it was: it waits for those that knew it, and leaves them room."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.limits.shared.division import MEMBER_TTL_MS, SILENCE_MS, forget
from binance_wsapi.limits.shared.records import MOST_MEMBERS, ScopeState
from binance_wsapi.limits.shared.store import Grant
from tests.limits.shared.one_scope import BEGIN, NOW, Shared

DAY: dict[str, Any] = {"key": "ORDERS 86400000", "length": 86_400_000}
DAY_MS = 86_400_000


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


@pytest.mark.parametrize(("asked", "room"), [([], 1_000 - 2 * 333), (None, 1_000 - 2 * 250)])
def test_a_store_leaves_those_it_waits_for_the_shares_that_are_told_or_equal_parts(
    asked: list[Any] | None, room: int
) -> None:
    """The first that comes back says how many there were, and the share of each limit that it asks for."""
    shared = Shared()
    shared.tell("stranger", epoch="", share=0, **DAY)
    epoch = shared.epoch
    shared.tell("a", epoch="before", members=3, asks=asked, **({} if asked == [] else DAY))
    shared.tell("a", epoch=epoch, asks=[])
    assert shared.room("stranger", share=0, **DAY) == room


def test_a_store_that_hears_late_that_it_forgot_gives_what_is_left_of_the_window_after_the_present_one() -> None:
    shared = Shared()
    shared.tell("stranger", epoch="", share=100)
    epoch = shared.epoch
    shared.tell("a", epoch="before", members=2, share=100)
    assert shared.room("stranger", epoch=epoch, share=100) == 0
    assert shared.room("stranger", share=100, at=NOW + 60_000) == 800, "each of the two may live on its share"
    assert shared.room("stranger", share=100, at=NOW + 120_000) == 800


def test_of_the_next_long_window_room_is_left_though_the_time_of_waiting_is_over_and_of_the_one_after_none() -> None:
    end = (NOW // DAY_MS + 1) * DAY_MS
    begin = end - MEMBER_TTL_MS - 10 * SILENCE_MS
    shared = Shared()
    shared.tell("a", at=begin, epoch="before", members=3, asks=[])
    for at in range(begin, end, SILENCE_MS):
        assert shared.room("a", at=at, share=100, **DAY) == 800
    assert shared.room("a", at=end, share=100, **DAY) == 800
    assert shared.room("a", at=end + DAY_MS, share=100, **DAY) == 1_000


def test_a_process_whose_share_is_the_whole_limit_is_left_the_whole() -> None:
    for share in (999, 1_000):
        shared = Shared()
        shared.tell("a", epoch="before", members=3, asks=[])
        assert shared.room("a", share=share, **DAY) == share
