"""What the venue closed stays closed to the millisecond, and opens again as soon as that is certain."""

from __future__ import annotations

import pytest

from binance_wsapi.limits.bans import LONGEST_BAN_MS, Bans, epoch_ms, scope_of
from binance_wsapi.limits.calm import Calm
from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import Priority
from binance_wsapi.wire.ratelimit import RateLimit

T0 = 1_700_000_060_000
EPS = 300
END = T0 + 5_000


def ledger(eps_ms: int = EPS) -> Ledger:
    return Ledger([RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 6_000), RateLimit("ORDERS", "DAY", 1, 100)], eps_ms=eps_ms)


def sent(limits: Ledger, now: int, orders: int = 0) -> bool:
    """Try to send a request; take it back when it was let through."""
    ticket = limits.reserve(1, orders, 0, now, Priority.FIRST)
    if ticket is not None:
        limits.release(ticket)
    return ticket is not None


@pytest.mark.parametrize("eps_ms", [0, EPS])
def test_a_banned_address_sends_nothing_until_the_end_is_certain(eps_ms: int) -> None:
    limits = ledger(eps_ms)
    assert sent(limits, T0)
    limits.latch(418, -1003, END, None, T0)
    certain = END + eps_ms
    for orders in (0, 1):
        assert not sent(limits, certain - 1, orders)
        block = limits.block(1, orders, certain - 1, Priority.FIRST)
        assert block is not None
        assert (block.banned, block.retry_at) == (True, certain)
    assert not limits.reserve_connect(certain - 1)
    assert sent(limits, certain)
    assert sent(limits, certain, 1)
    assert limits.block(1, 1, certain, Priority.FIRST) is None
    assert limits.reserve_connect(certain)


@pytest.mark.parametrize(("status", "code", "orders"), [(418, -1003, 0), (418, -1003, 1), (429, -1015, 1)])
def test_a_ban_that_ends_while_the_next_window_is_near_ends_to_the_millisecond_too(
    status: int, code: int, orders: int
) -> None:
    day = T0 // 86_400_000 * 86_400_000 + 86_400_000
    limits = ledger()
    certain = day + EPS - 50  # every window of the ledger may have begun, or not
    limits.latch(status, code, certain - EPS, None, T0)
    assert not sent(limits, certain - 1, orders)
    assert sent(limits, certain, orders)


def test_too_many_orders_stop_orders_and_nothing_else() -> None:
    limits = ledger()
    limits.latch(429, -1015, END, None, T0)
    assert not sent(limits, END + EPS - 1, orders=1)
    assert sent(limits, T0 + 1)
    assert limits.reserve_connect(T0 + 1)
    assert limits.block(1, 0, T0 + 1, Priority.FIRST) is None
    block = limits.block(1, 1, T0 + 1, Priority.ORDERS)
    assert block is not None
    assert block.retry_at == END + EPS
    assert sent(limits, END + EPS, orders=1)


def test_a_firewall_stops_connections_and_nothing_else() -> None:
    limits = ledger()
    limits.bans.close("connect", END, T0)
    assert not limits.reserve_connect(END + EPS - 1)
    assert sent(limits, T0 + 1, orders=1)
    assert limits.block(1, 1, T0 + 1, Priority.FIRST) is None
    block = limits.block(1, 0, T0 + 1, Priority.FIRST, connects=1)
    assert block is not None
    assert block.retry_at == END + EPS
    assert limits.reserve_connect(END + EPS)


@pytest.mark.parametrize(("status", "code", "orders"), [(418, -1003, 0), (429, -1015, 1)])
def test_a_clock_that_becomes_less_certain_keeps_a_ban_longer_and_one_more_certain_shorter(
    status: int, code: int, orders: int
) -> None:
    limits = ledger()
    limits.latch(status, code, END, None, T0)
    for eps_ms in (2_000, 10):
        limits.set_eps(eps_ms)
        assert not sent(limits, END + eps_ms - 1, orders)
        assert sent(limits, END + eps_ms, orders)


def test_where_nothing_is_closed_nothing_waits_and_no_end_is_shown() -> None:
    bans = Bans(EPS, Calm())
    assert bans.until() == bans.until(orders=True) == bans.until(connects=True) == 0
    assert bans.closed_until(0) is None
    assert bans.closed_until(0, orders=True, connects=True) is None
    bans.set_eps(5)
    assert (bans.clear_at, bans.orders_clear_at) == (0, 0)
    assert all(state.banned_until is None for state in ledger().snapshot(T0))


def test_each_limit_shows_the_longest_ban_on_it_until_the_ban_is_certain_to_be_over() -> None:
    limits = Ledger(eps_ms=EPS)
    for scope, until in (("ip", END), ("account", END + 1_000), ("connect", END + 2_000)):
        limits.bans.close(scope, until, T0)

    def shown(now: int) -> dict[str, int | None]:
        return {state.type: state.banned_until for state in limits.snapshot(now)}

    assert shown(T0) == {"REQUEST_WEIGHT": END, "ORDERS": END + 1_000, "CONNECTIONS": END + 2_000}
    assert shown(END + EPS - 1)["REQUEST_WEIGHT"] == END
    assert shown(END + EPS)["REQUEST_WEIGHT"] is None
    limits.bans.close("ip", END + 9_000, T0)
    assert shown(T0) == {"REQUEST_WEIGHT": END + 9_000, "ORDERS": END + 9_000, "CONNECTIONS": END + 9_000}


def test_a_ban_is_made_longer_by_the_venue_and_never_shorter() -> None:
    limits = ledger()
    limits.latch(418, -1003, END, None, T0)
    limits.latch(418, -1003, END - 1_000, None, T0)
    assert not sent(limits, END + EPS - 1)
    limits.latch(418, -1003, END + 1_000, None, T0)
    assert not sent(limits, END + EPS)
    assert sent(limits, END + 1_000 + EPS)


def test_no_ban_lasts_longer_than_three_days_from_when_it_was_told() -> None:
    bans = Bans(0, Calm())
    bans.close("ip", T0 + 2 * LONGEST_BAN_MS, T0)
    assert bans.until() == T0 + LONGEST_BAN_MS


def test_what_a_person_lifts_opens_at_once_and_stays_open_though_other_processes_still_tell_it() -> None:
    limits = ledger()
    limits.latch(418, -1003, END, None, T0)
    limits.latch(429, -1015, END, None, T0)
    limits.bans.lift(["ip", "connect"], {"ip": END})
    assert sent(limits, T0 + 1)
    assert not sent(limits, T0 + 1, orders=1), "the ban on orders was not lifted"
    limits.bans.lift(["account"], {"account": END})
    assert sent(limits, T0 + 1, orders=1)


def test_a_ban_with_another_end_than_the_lifted_one_holds() -> None:
    limits = ledger()
    limits.latch(418, -1003, END, None, T0)
    limits.bans.lift(["ip"], {"ip": END - 1})
    assert not sent(limits, T0 + 1)


def test_a_ban_that_the_venue_tells_again_after_it_was_lifted_holds_until_another_end_is_lifted() -> None:
    bans = Bans(0, Calm())
    bans.hear("ip", END, T0)
    assert bans.again == set(), "told once, and no person lifted it"
    bans.lift(["ip"], {"ip": END})
    assert bans.until() == 0
    bans.hear("ip", END, T0 + 10)
    assert (bans.until(), bans.again) == (END, {"ip"})
    bans.lift(["ip"], {"ip": END})
    assert (bans.until(), bans.again) == (END, {"ip"}), "the old lifting, heard once more, does not open it"
    bans.lift(["ip"], {})
    assert (bans.until(), bans.again) == (END, set()), "the store took the lifting back"
    bans.lift(["ip"], {"ip": END})
    assert bans.until() == 0, "a person lifted it for the second time"


def test_a_ban_told_after_the_store_took_its_lifting_back_is_no_ban_that_is_told_again() -> None:
    bans = Bans(0, Calm())
    bans.hear("ip", END, T0)
    bans.lift(["ip"], {"ip": END})
    bans.lift(["ip"], {})
    bans.hear("ip", END, T0 + 10)
    assert (bans.until(), bans.again) == (END, set())


def test_a_lifted_ban_opens_though_another_scope_is_asked_about_before_it() -> None:
    limits = ledger()
    limits.latch(429, -1015, END, None, T0)
    limits.bans.lift(["ip", "account"], {"account": END})
    assert sent(limits, T0 + 1, orders=1)


def test_a_longer_ban_than_the_lifted_one_is_told_once_and_can_be_lifted_too() -> None:
    bans = Bans(0, Calm())
    bans.hear("ip", END, T0)
    bans.lift(["ip"], {"ip": END})
    bans.hear("ip", END, T0)
    bans.hear("ip", END + 1, T0)
    bans.lift(["ip"], {"ip": END + 1})
    assert (bans.until(), bans.again) == (0, set())


@pytest.mark.parametrize("lifted", [T0 + LONGEST_BAN_MS, T0 + LONGEST_BAN_MS - 1])
def test_a_ban_told_again_is_known_by_its_end_after_the_longest_ban_was_taken_off(lifted: int) -> None:
    bans = Bans(0, Calm())
    bans.hear("ip", T0 + 2 * LONGEST_BAN_MS, T0)
    bans.lift(["ip"], {"ip": lifted})
    bans.hear("ip", T0 + 2 * LONGEST_BAN_MS, T0)
    assert ("ip" in bans.again) == (lifted == T0 + LONGEST_BAN_MS)
    assert bans.until() == T0 + LONGEST_BAN_MS


@pytest.mark.parametrize(
    ("status", "code", "scope"),
    [
        (418, -1003, "ip"), (418, None, "ip"), (429, -1003, "ip"), (429, None, "ip"), (429, -1015, "account"),
        (429, -2021, "account"), (200, None, None), (400, -1015, None), (403, None, None), (430, -1003, None),
    ],
)  # fmt: skip
def test_what_a_reply_closes(status: int, code: int | None, scope: str | None) -> None:
    assert scope_of(status, code) == scope


@pytest.mark.parametrize("value", [None, 0, -1, -T0])
def test_an_epoch_that_is_none_says_no_time(value: int | None) -> None:
    assert epoch_ms(value) is None


@pytest.mark.parametrize("seconds", [1, 1_700_000_060, 99_999_999_999])
def test_seconds_milliseconds_and_microseconds_of_a_moment_are_one_time(seconds: int) -> None:
    assert epoch_ms(seconds) == seconds * 1_000
    if seconds > 1_000_000_000:
        assert epoch_ms(seconds * 1_000) == seconds * 1_000
        assert epoch_ms(seconds * 1_000_000 + 999) == seconds * 1_000


def test_the_years_in_which_milliseconds_and_microseconds_could_be_meant_begin_and_end_where_they_say() -> None:
    assert epoch_ms(100_000_000_000) == 100_000_000_000
    assert epoch_ms(99_999_999_999_999) == 99_999_999_999_999
    assert epoch_ms(100_000_000_000_000) == 100_000_000_000
