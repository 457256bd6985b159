"""What every store does alike: in one process, in a file, in Redis."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from binance_wsapi.limits.shared.division import exchange
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.store import Ask, Reply, Report, Store
from tests.limits.conftest import MakeStore, RedisServer

MINUTE = 28_333_334  # a window, counted since the epoch
NOW = MINUTE * 60_000 + 1_000
EDGE = (MINUTE + 1) * 60_000


def ask(**fields: Any) -> Ask:
    defaults: dict[str, Any] = {
        "key": "REQUEST_WEIGHT 60000",
        "limit": 1_000,
        "length": 60_000,
        "kept": 0,
        "window": MINUTE,
        "held": 0,
        "share": 250,
    }
    return Ask(**(defaults | fields))


def tell(store: Store, *asks: Ask, now_ms: int = NOW, **fields: Any) -> Reply:
    (reply,) = store.exchange([Report(store.ip, store.member, store.label, now_ms, 100, list(asks), **fields)])
    return reply


def grant(store: Store, one: Ask, **fields: Any) -> int:
    return tell(store, one, **fields).grants[0].granted


# --------------------------------------------------------------------------- dividing


def test_a_process_gets_what_it_wants_while_there_is_room(make_store: MakeStore) -> None:
    one = make_store("one")
    assert grant(one, ask(want=300)) == 300
    assert grant(one, ask(held=300, want=900)) == 700


def test_nothing_is_ever_given_twice(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    assert grant(one, ask(want=600)) == 600
    assert grant(two, ask(want=600)) == 400
    assert grant(two, ask(held=400, want=1)) == 0
    assert grant(one, ask(held=100)) == 0, "gives 500 back"
    assert grant(two, ask(held=400, want=1_000)) == 500


def test_what_was_settled_and_counted_is_no_longer_free(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    grant(one, ask(want=600))
    tell(one, ask(held=0, taken=600, count=600, since=0))
    assert grant(two, ask(want=1_000)) == 400


def test_what_no_count_covers_is_charged_until_a_younger_count_does(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    epoch = tell(one, ask(want=100)).epoch
    charged = tell(one, ask(held=50, charges=[(MINUTE, 50, 0)]))
    assert tell(two, ask(want=2_000)).grants[0].granted == 900
    tell(two, ask(held=0))
    # The count may be older than the charge: its request had not the charging version behind it.
    tell(two, ask(held=0, count=10, since=charged.version - 1), epoch=epoch)
    assert tell(two, ask()).grants[0].room == 890
    tell(two, ask(held=0, count=60, since=charged.version + 4), epoch=epoch)
    assert tell(two, ask()).grants[0].room == 890, "60 counted, 50 held"


def test_a_lower_count_is_believed_when_it_is_younger(make_store: MakeStore) -> None:
    one = make_store("one")
    reply = tell(one, ask(count=900))
    assert reply.grants[0].room == 100
    reply = tell(one, ask(count=300, since=reply.version), epoch=reply.epoch)
    assert reply.grants[0].room == 700


def test_a_lower_count_that_may_be_older_is_not_believed(make_store: MakeStore) -> None:
    one = make_store("one")
    reply = tell(one, ask(count=900))
    reply = tell(one, ask(count=300, since=reply.version - 1), epoch=reply.epoch)
    assert reply.grants[0].room == 100


def test_lost_replies_stay_charged(make_store: MakeStore) -> None:
    one = make_store("one")
    tell(one, ask(charges=[(MINUTE, 0, 200), (MINUTE + 1, 0, 30)]))
    assert tell(one, ask(count=10, since=1, sent_ms=NOW)).grants[0].room == 790
    later = {"now_ms": NOW + 60_000}
    assert tell(one, ask(window=MINUTE + 1), **later).grants[0].room == 970


def test_the_kept_share_is_for_the_first_priority_and_melts(make_store: MakeStore) -> None:
    one = make_store("one")
    begin = MINUTE * 60_000
    assert grant(one, ask(kept=200, want=2_000), now_ms=begin) == 800
    assert grant(one, ask(kept=200, held=800, want=1_000, want_first=50), now_ms=begin) == 50
    assert grant(one, ask(kept=200, held=850, want=1_000), now_ms=begin + 45_000) == 100


def test_reads_leave_a_little_to_the_orders_of_every_process(make_store: MakeStore) -> None:
    reads, orders = make_store("reads"), make_store("orders")
    assert grant(reads, ask(borrowed=5, want=2_000)) == 995
    assert grant(orders, ask(borrowed=5, want=3)) == 0, "reads again"
    assert grant(orders, ask(borrowed=5, want=3, want_orders=3)) == 3
    assert grant(orders, ask(borrowed=5, held=3, want=9, want_orders=9)) == 2


def test_each_waiting_process_has_a_claim_to_an_equal_part(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    assert grant(one, ask(want=900)) == 900
    assert grant(two, ask(want=500)) == 100, "400 of its fair 500 are missing"
    tell(one, ask(held=500, taken=0))
    assert grant(one, ask(held=500, want=400)) == 0, "they are claimed"
    assert grant(two, ask(held=100, want=400)) == 400


def test_a_grant_too_small_to_be_of_use_is_not_made(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    grant(one, ask(want=990))
    assert grant(two, ask(want=250, unit=250)) == 0
    assert grant(two, ask(want=250, unit=5)) == 10


def test_limits_and_scopes_are_apart(make_store: MakeStore) -> None:
    one = make_store("one")
    assert one.account is not None
    weight = Report(one.ip, one.member, one.label, NOW, 100, [ask(want=1_000), ask(key="CONNECTIONS 300000", want=300)])
    orders = Report(one.account, one.member, one.label, NOW, 100, [ask(key="ORDERS 10000", limit=50, want=1_000)])
    replies = one.exchange([weight, orders])
    assert [[grant.granted for grant in reply.grants] for reply in replies] == [[1_000, 300], [50]]


# --------------------------------------------------------------------------- windows


def test_who_has_not_spoken_in_a_window_keeps_his_share_of_it(make_store: MakeStore) -> None:
    """He may be cut off, and live on his share; or what he had in flight is still under way."""
    one, two = make_store("one"), make_store("two")
    tell(one, ask(), now_ms=EDGE - 5_000)
    tell(two, ask(held=10), now_ms=EDGE - 5_000)
    later = {"now_ms": EDGE + 1_000}
    assert grant(one, ask(window=MINUTE + 1, want=2_000), **later) == 750
    tell(two, ask(window=MINUTE + 1), **later)
    assert grant(one, ask(window=MINUTE + 1, held=750, want=2_000), **later) == 250


def test_what_is_held_at_the_edge_may_arrive_after_it(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    grant(one, ask(want=900), now_ms=EDGE - 5_000)
    assert grant(two, ask(window=MINUTE + 1, want=2_000), now_ms=EDGE + 1_000) == 100


def test_near_an_edge_a_grant_needs_room_in_the_next_window_too(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    tell(one, ask(share=100), now_ms=EDGE - 300)
    assert grant(two, ask(window=MINUTE + 1, want=800, share=100), now_ms=EDGE + 150) == 800
    # one's clock is behind: it still asks for the old window, but its requests may fall into the new one.
    assert grant(one, ask(want=2_000, share=100), now_ms=EDGE - 50) == 200


# --------------------------------------------------------------------------- members


def test_what_the_dead_held_stays_charged_to_the_window_and_is_gone_with_it(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    assert grant(one, ask(want=400)) == 400
    tell(one, ask(held=400), leaving=True)
    assert grant(two, ask(want=2_000)) == 600
    later = {"now_ms": NOW + 60_000}
    reply = tell(two, ask(window=MINUTE + 1, want=2_000), **later)
    assert reply.members == 1


def test_who_leaves_holding_nothing_leaves_no_trace(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    grant(one, ask(want=400))
    tell(one, ask(held=0), leaving=True)
    reply = tell(two, ask(want=2_000))
    assert reply.grants[0].granted == 1_000
    assert reply.members == 1


def test_a_ban_is_told_to_all_processes_and_never_shortened(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    tell(one, ask(), bans={"ip": NOW + 90_000})
    assert tell(two, ask(), bans={"ip": NOW + 5_000, "connect": NOW + 7}).bans == {
        "ip": NOW + 90_000,
        "connect": NOW + 7,
    }


def test_members_are_shown_with_what_they_use(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    tell(one, ask(want=30, taken=7))
    tell(two, ask(held=0, count=7))
    state = next(state for state in one.inspect() if state.scope == one.ip)
    found = {
        m.label: (m.holdings["REQUEST_WEIGHT 60000"].taken, m.holdings["REQUEST_WEIGHT 60000"].held)
        for m in state.members.values()
    }
    assert found == {"one": (7, 30), "two": (0, 0)}
    assert state.limits["REQUEST_WEIGHT 60000"].windows[MINUTE].spent == 7


def test_a_store_that_forgot_is_known_by_its_epoch_and_leaves_room_for_the_others(make_store: MakeStore) -> None:
    """The first to come back knew of three members: what the window held before is known when all are back."""
    one, two, three = make_store("one"), make_store("two"), make_store("three")
    first = tell(one, ask(want=2_000), epoch="before", members=3)
    assert first.grants[0].granted == 0, "what it told is news to a store that knew the rest"
    again: dict[str, Any] = {"epoch": first.epoch}
    assert grant(one, ask(want=2_000), **again) == 0
    tell(two, ask(held=250), epoch="before", members=3)
    tell(two, ask(held=250), **again)
    assert grant(one, ask(want=2_000), **again) == 0, "one of them is back, one is not"
    tell(three, ask(), epoch="before", members=3)
    tell(three, ask(count=600), **again)
    assert grant(one, ask(want=2_000), **again) == 150


def test_a_store_that_forgot_waits_for_the_others_though_one_process_leaves_and_comes_again(
    make_store: MakeStore,
) -> None:
    one = make_store("one")
    day = {"key": "ORDERS 86400000", "length": 86_400_000, "window": NOW // 86_400_000}
    again: dict[str, Any] = {"epoch": tell(one, ask(), ask(**day), epoch="before", members=3).epoch}
    tell(one, ask(), ask(**day), **again)
    tell(one, ask(), ask(**day), leaving=True, **again)
    assert tell(one, ask(), ask(**day), **again).members == 3, "itself, and the two that may still come back"
    assert grant(one, ask(want=2_000, **day), **again) == 500, "the two may live on their shares of 250"


def test_a_store_that_forgot_leaves_shares_of_a_long_window_and_of_those_that_begin_while_it_waits(
    make_store: MakeStore,
) -> None:
    one = make_store("one")
    day = {"key": "ORDERS 86400000", "length": 86_400_000, "window": NOW // 86_400_000}
    first = tell(one, ask(), ask(**day), epoch="before", members=3)
    again: dict[str, Any] = {"epoch": first.epoch}
    replies = tell(one, ask(want=2_000), ask(want=2_000, **day), **again)
    assert [each.granted for each in replies.grants] == [0, 500], "two others may live on their shares of 250"
    assert grant(one, ask(window=MINUTE + 1, want=2_000), now_ms=NOW + 60_000, **again) == 500
    assert grant(one, ask(window=MINUTE + 2, want=2_000), now_ms=NOW + 120_000, **again) == 500, (
        "no time passed with it"
    )


def test_a_store_that_forgot_still_hears_of_bans(make_store: MakeStore) -> None:
    one, two = make_store("one"), make_store("two")
    tell(one, ask(), epoch="before", members=2, bans={"ip": NOW + 90_000})
    assert tell(two, ask(), epoch="before", members=2).bans == {"ip": NOW + 90_000}


# --------------------------------------------------------------------------- the script in Redis


def test_the_script_does_what_the_python_does(redis_server: RedisServer) -> None:
    """The same thousand random reports, of four members over a few windows, get the same replies from both."""
    dice = random.Random(7)
    store = RedisStore(redis_server.url, timeout=5.0, far=1e9)
    state = ScopeState(store.ip)
    versions = [-1]
    epoch = ""
    now = NOW
    for _ in range(1_000):
        now += dice.choice([0, 5, 50, 400, 4_000])
        asks = []
        for key, length, limit in (("REQUEST_WEIGHT 60000", 60_000, 6_000), ("ORDERS 10000", 10_000, 50)):
            window = (now + dice.randint(-200, 200)) // length
            want = dice.choice([0, 1, 3, limit // 5, limit])
            asks.append(
                Ask(
                    key,
                    limit,
                    length,
                    dice.choice([0, limit // 5]),
                    window,
                    held=dice.choice([0, 0, 1, limit // 10]),
                    share=limit // 4,
                    taken=dice.randint(0, limit // 3),
                    want=want,
                    borrowed=dice.choice([0, limit // 200]),
                    want_first=dice.choice([0, want // 2]),
                    want_orders=dice.choice([0, want // 3]),
                    unit=dice.choice([1, 5, 20]),
                    charges=dice.choice([[], [(window, 1, 0)], [(window, 2, 3), (window + 1, 0, 1)]]),
                    count=dice.choice([-1, dice.randint(0, limit)]),
                    since=dice.choice(versions[-6:]),
                    sent_ms=now - dice.randint(0, 70_000),
                )
            )
        report = Report(
            store.ip,
            f"m{dice.randint(1, 4)}",
            "label",
            now,
            dice.choice([0, 100, 500]),
            asks,
            epoch=dice.choice([epoch, "", "other"]),
            members=dice.randint(0, 5),
            bans=dice.choice([{}, {"ip": now + dice.randint(0, 9_999)}]),
            leaving=dice.random() < 0.02,
        )
        # The server judges who lives by its own clock, of which nothing passes here: keep every process alive in both.
        for member in state.members.values():
            member.seen_ms = now
        expected = exchange(state, report)
        (got,) = store.exchange([report])
        assert msgspec.to_builtins(got) == msgspec.to_builtins(expected)
        epoch = got.epoch
        versions.append(got.version)
    store.close()


@pytest.mark.parametrize("processes", [0, -1])
def test_a_limit_divided_by_no_process_is_refused(processes: int) -> None:
    with pytest.raises(ValueError, match="processes"):
        MemoryStore(processes=processes)
