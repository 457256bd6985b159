"""The limiter: who is let through, who waits, in which order, and what ends a wait. In virtual time."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from binance_wsapi.errors import Banned, LimitExceeded
from binance_wsapi.limits.events import BanLatched, LimitEvent, WaitEnded, WaitStarted
from binance_wsapi.limits.policy import Priority, priority_of
from binance_wsapi.limits.rows import DEFAULT_LIMITS
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.wire.endpoint import Endpoint, Security
from binance_wsapi.wire.ratelimit import RateLimit
from tests.limits.virtual import (
    CANCEL,
    DEPTH,
    EPOCH,
    LOGON,
    PLACE,
    READ,
    STATUS,
    TIME,
    limiter,
    now_ms,
    order_rows,
    play,
    weight_row,
)


def loop_time() -> float:
    return asyncio.get_running_loop().time()


async def start() -> None:
    """Get away from the edge of the first window."""
    await asyncio.sleep(1.0)


def fill(door: Any, endpoint: Endpoint[Any]) -> list[Ticket]:
    tickets = []
    while (ticket := door.try_admit(endpoint, {})) is not None:
        tickets.append(ticket)
    return tickets


# --------------------------------------------------------------------------- room


def test_the_defaults_are_the_documented_limits() -> None:
    assert [(row.rateLimitType, row.interval, row.intervalNum, row.limit) for row in DEFAULT_LIMITS] == [
        ("REQUEST_WEIGHT", "MINUTE", 1, 6_000),
        ("ORDERS", "SECOND", 10, 50),
        ("ORDERS", "DAY", 1, 160_000),
        ("CONNECTIONS", "MINUTE", 5, 300),
    ]


def test_a_limit_that_the_client_does_not_know_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        rows = [*DEFAULT_LIMITS, RateLimit("RAW_REQUESTS", "MINUTE", 5, 61_000), RateLimit("UNFILLED", "SECOND", 1, 5)]
        door = limiter()
        with caplog.at_level(logging.WARNING, "binance_wsapi"):
            door.configure(rows)
            door.configure(rows)
        told = [record.getMessage() for record in caplog.records if record.name == "binance_wsapi"]
        assert len(told) == 1, "once, and REST's own limit is none of them"
        assert "UNFILLED" in told[0]

    play(test())


def test_reads_leave_the_kept_share_to_the_first_priority() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        assert len(fill(door, READ)) == 4, "80 of 100"
        assert door.try_admit(TIME, {}) is None
        assert door.try_admit(CANCEL, {}) is not None
        assert door.try_admit(LOGON, {}) is not None

    play(scene())


def test_the_kept_share_melts_as_the_window_ends() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        fill(door, READ)
        assert door.try_admit(TIME, {}) is None
        await asyncio.sleep(29.5)  # half of the window is over: half of the share is for any priority
        assert len(fill(door, TIME)) == 10

    play(scene())


def test_a_reply_with_the_venues_count_frees_what_a_success_did_not_cost() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1_000, kept=0.0)
        for _ in range(300):
            ticket = door.try_admit(PLACE, {})
            assert ticket is not None
            door.settle(ticket, 200, order_rows(1, 1, 0, limit=1_000))
        weight = door.snapshot()[0]
        assert (weight.type, weight.used, weight.reserved) == ("REQUEST_WEIGHT", 0, 0)

    play(scene())


def test_without_counts_a_refused_order_costs_its_documented_weight() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.settle(ticket, 400, None, -2010)
        used = {(s.type, s.interval): s.used for s in door.snapshot()}
        assert used["REQUEST_WEIGHT", "MINUTE"] == 1
        assert used["ORDERS", "SECOND"] == 1, "a rejected order might or might not be counted"

    play(scene())


def test_without_counts_a_success_costs_what_it_weighs_on_success() -> None:
    async def scene() -> None:
        await start()
        door = limiter(weight=10, kept=0.0)
        for _ in range(30):
            ticket = door.try_admit(CANCEL, {})
            assert ticket is not None, "a cancel that succeeds weighs nothing"
            door.settle(ticket, 200, None)
        assert {each.type: each.used for each in door.snapshot()}["REQUEST_WEIGHT"] == 0
        await door.aclose()

    play(scene())


def test_the_venues_count_is_believed_when_it_is_higher() -> None:
    """Another program uses the address too: its weight is seen in the next reply."""

    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        ticket = door.try_admit(TIME, {})
        assert ticket is not None
        door.settle(ticket, 200, [weight_row(95)])
        assert len(fill(door, TIME)) == 5

    play(scene())


def test_a_lower_order_count_is_believed_when_it_is_younger() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        for count in (1, 2, 3, 4, 5):
            ticket = door.try_admit(PLACE, {})
            assert ticket is not None
            door.settle(ticket, 200, order_rows(count, count, 0))
        assert door.try_admit(PLACE, {}) is None
        query = door.try_admit(TIME, {})
        assert query is not None
        # The orders filled; the rows of account.rateLimits.orders say so.
        door.settle(query, 200, order_rows(1, 1, 1))
        assert len(fill(door, PLACE)) == 4

    play(scene())


def test_a_lower_order_count_that_may_be_older_is_not_believed() -> None:
    """Two replies overtook each other: the one that came last was counted first."""

    async def scene() -> None:
        await start()
        door = limiter()
        early, late = door.try_admit(PLACE, {}), door.try_admit(PLACE, {})
        assert early is not None
        assert late is not None
        door.settle(late, 200, order_rows(5, 5, 0))
        door.settle(early, 200, order_rows(1, 1, 0))
        assert door.try_admit(PLACE, {}) is None

    play(scene())


def test_a_lost_reply_keeps_its_charge_to_the_end_of_the_window() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1)
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.lost(ticket)
        assert door.try_admit(PLACE, {}) is None
        await asyncio.sleep(9.05)
        assert door.try_admit(PLACE, {}) is None, "the edge is not certain yet"
        await asyncio.sleep(0.1)
        assert door.try_admit(PLACE, {}) is not None

    play(scene())


def test_a_request_that_was_never_sent_costs_nothing() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1)
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.release(ticket)
        door.release(ticket)
        assert door.try_admit(PLACE, {}) is not None

    play(scene())


def test_a_ticket_that_no_caller_ends_expires() -> None:
    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        assert len(fill(door, READ)) == 5
        await asyncio.sleep(61)
        assert door.try_admit(READ, {}) is None, "expired requests are lost, and lost ones stay charged"
        await asyncio.sleep(60)
        assert len(fill(door, READ)) == 5

    play(scene())


def test_the_weight_is_computed_from_the_parameters() -> None:
    async def scene() -> None:
        await start()
        door = limiter(weight=300, kept=0.0)
        assert door.try_admit(DEPTH, {"limit": 5000}) is not None
        assert door.try_admit(DEPTH, {"limit": 1000}) is None
        assert door.try_admit(DEPTH, {"limit": 100}) is not None
        assert door.try_admit(DEPTH, {}) is not None
        assert door.snapshot()[0].reserved == 260

    play(scene())


def test_near_an_edge_a_request_needs_room_in_both_windows() -> None:
    async def scene() -> None:
        door = limiter(kept=0.0, orders=2)
        await asyncio.sleep(9.95)  # 50 ms before the edge, and the clock may be 100 ms off
        assert len(fill(door, PLACE)) == 2
        await asyncio.sleep(0.1)
        assert door.try_admit(PLACE, {}) is None, "they may have fallen into this window"

    play(scene())


def test_near_an_edge_reads_leave_the_kept_share_of_the_next_window_too() -> None:
    """The share kept of this window has melted by then; the requests may fall into the next one."""

    async def scene() -> None:
        door = limiter()
        await asyncio.sleep(59.95)
        assert len(fill(door, TIME)) == 80

    play(scene())


# --------------------------------------------------------------------------- configuration


def test_exchange_info_replaces_the_limits_it_names_and_keeps_what_was_used() -> None:
    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        ticket = door.try_admit(READ, {})
        assert ticket is not None
        door.settle(ticket, 200, [weight_row(20)])
        door.configure(
            [
                RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 1_200),
                RateLimit("ORDERS", "SECOND", 10, 100),
                RateLimit("RAW_REQUESTS", "MINUTE", 5, 300_000),
                RateLimit("REQUEST_WEIGHT", "FORTNIGHT", 1, 7),
                RateLimit("ORDERS", "MINUTE", 1, 0),
            ]
        )
        found = {(s.type, s.interval, s.interval_num): (s.limit, s.used) for s in door.snapshot()}
        assert found == {
            ("REQUEST_WEIGHT", "MINUTE", 1): (1_200, 20),
            ("ORDERS", "SECOND", 10): (100, 0),
            ("CONNECTIONS", "MINUTE", 5): (4, 0),
        }

    play(scene())


def test_a_new_limit_counts_what_is_in_flight() -> None:
    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.configure([RateLimit("ORDERS", "SECOND", 10, 5), RateLimit("ORDERS", "MINUTE", 1, 2)])
        assert door.try_admit(PLACE, {}) is not None
        assert door.try_admit(PLACE, {}) is None
        door.settle(ticket, 200, [RateLimit("ORDERS", "MINUTE", 1, 2, 1), *order_rows(1, 1, 0)])
        assert {s.interval for s in door.snapshot() if s.type == "ORDERS"} == {"SECOND", "MINUTE", "DAY"}

    play(scene())


def test_a_limit_that_changes_shows_in_a_reply() -> None:
    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        ticket = door.try_admit(TIME, {})
        assert ticket is not None
        door.settle(ticket, 200, [weight_row(1, limit=3)])
        assert len(fill(door, TIME)) == 2

    play(scene())


# --------------------------------------------------------------------------- waiting


def test_waiting_ends_with_the_window_and_is_announced() -> None:
    async def scene() -> None:
        await start()
        events: list[LimitEvent] = []
        door = limiter(events, orders=1)
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.settle(ticket, 200, order_rows(1, 1, 0, limit=1))
        await door.admit(PLACE, {}, loop_time() + 20)
        assert loop_time() == pytest.approx(10.1, abs=0.01), "100 ms after the edge, for the clock's error"
        assert events[0] == WaitStarted("order.place", "ORDERS 10 SECOND", EPOCH + 10_100)
        assert isinstance(events[1], WaitEnded)
        assert events[1].waited == pytest.approx(9.1, abs=0.01)
        assert events[1].admitted
        assert len(events) == 2
        await door.aclose()

    play(scene())


def test_who_cannot_be_served_before_his_deadline_is_refused_at_once() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1)
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.settle(ticket, 200, order_rows(1, 1, 0, limit=1))
        with pytest.raises(LimitExceeded, match="ORDERS 10 SECOND") as caught:
            await door.admit(PLACE, {}, loop_time() + 5)
        assert caught.value.retry_at == EPOCH + 10_100
        assert loop_time() == pytest.approx(1.0)

    play(scene())


def test_a_reply_in_flight_may_bring_room_before_the_deadline() -> None:
    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        tickets = [door.try_admit(PLACE, {}) for _ in range(5)]
        waiting = asyncio.ensure_future(door.admit(PLACE, {}, loop_time() + 5))
        await asyncio.sleep(1)
        assert tickets[0] is not None
        assert not waiting.done()
        door.release(tickets[0])
        assert (await waiting).orders == 1
        assert loop_time() == pytest.approx(2.0)

    play(scene())


def test_a_wait_never_outlives_its_deadline() -> None:
    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        tickets = fill(door, PLACE)
        assert tickets
        with pytest.raises(LimitExceeded):
            await door.admit(PLACE, {}, loop_time() + 3)
        assert loop_time() == pytest.approx(4.0, abs=0.05)

    play(scene())


def test_waiting_is_first_come_first_served_within_a_priority() -> None:
    """A cheap request behind a dear one does not pass it, or the dear one would starve."""

    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        tickets = fill(door, READ)
        served: list[str] = []

        async def ask(name: str, endpoint: Endpoint[Any]) -> None:
            await door.admit(endpoint, {})
            served.append(name)

        tasks = [asyncio.ensure_future(ask("dear", READ))]
        await asyncio.sleep(0)
        tasks.append(asyncio.ensure_future(ask("cheap", TIME)))
        await asyncio.sleep(0)
        cheap = door.try_admit(TIME, {})
        assert cheap is None, "nor does one that comes later"
        door.settle(tickets[0], 200, [weight_row(1)])
        await asyncio.sleep(0)
        assert served == []
        door.settle(tickets[1], 200, [weight_row(2)])
        await asyncio.gather(*tasks)
        assert served == ["dear", "cheap"]

    play(scene())


def test_the_first_priority_is_served_before_orders_and_orders_before_reads() -> None:
    async def scene() -> None:
        await start()
        door = limiter(weight=10, orders=100, kept=0.0)
        tickets = fill(door, TIME)
        assert len(tickets) == 10
        served: list[str] = []

        async def ask(name: str, endpoint: Endpoint[Any], priority: Priority | None = None) -> None:
            await door.admit(endpoint, {}, None, priority)
            served.append(name)

        tasks = []
        for name, endpoint, priority in (
            ("read", TIME, None),
            ("order", PLACE, None),
            ("cancel", CANCEL, None),
            ("fate", TIME, Priority.FIRST),
        ):
            tasks.append(asyncio.ensure_future(ask(name, endpoint, priority)))
            await asyncio.sleep(0)
        for ticket in tickets[:4]:
            door.release(ticket)
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        assert served == ["cancel", "fate", "order", "read"]

    play(scene())


def test_orders_that_wait_for_orders_do_not_stop_reads() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1)
        assert door.try_admit(PLACE, {}) is not None
        waiting = asyncio.ensure_future(door.admit(PLACE, {}))
        await asyncio.sleep(0)
        assert door.try_admit(TIME, {}) is not None
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    play(scene())


def test_reads_do_not_take_the_weight_a_cancel_waits_for() -> None:
    async def scene() -> None:
        await start()
        door = limiter(weight=20, kept=0.0)
        held = door.try_admit(READ, {})
        assert held is not None
        waiting = asyncio.ensure_future(door.admit(STATUS, {}, None, Priority.FIRST))
        await asyncio.sleep(0)
        door.settle(held, 200, [weight_row(18, limit=20)])
        await asyncio.sleep(0)
        assert not waiting.done()
        assert door.try_admit(TIME, {}) is None, "2 are free, but 4 are waited for"
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert door.try_admit(TIME, {}) is not None

    play(scene())


def test_a_cancelled_wait_gives_its_place_and_its_ticket_back() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1)
        held = door.try_admit(PLACE, {})
        assert held is not None
        first = asyncio.ensure_future(door.admit(PLACE, {}))
        second = asyncio.ensure_future(door.admit(PLACE, {}))
        await asyncio.sleep(0)
        door.release(held)  # gives the ticket to the first, which is cancelled before it can run
        first.cancel()
        assert (await second).orders == 1
        assert first.cancelled()
        assert [s.reserved for s in door.snapshot() if s.type == "ORDERS"] == [1, 1]

    play(scene())


def test_closing_ends_every_wait() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1)
        fill(door, PLACE)
        waiting = asyncio.ensure_future(door.admit(PLACE, {}))
        await asyncio.sleep(0)
        await door.aclose()
        with pytest.raises(LimitExceeded, match="closed"):
            await waiting

    play(scene())


def test_a_request_dearer_than_the_limit_is_refused_for_every_deadline() -> None:
    async def scene() -> None:
        await start()
        door = limiter(weight=100)
        with pytest.raises(LimitExceeded, match="at all") as caught:
            await door.admit(DEPTH, {"limit": 5000})
        assert caught.value.retry_at is None

    play(scene())


def test_a_request_dearer_than_the_unkept_share_waits_for_it_to_melt() -> None:
    async def scene() -> None:
        await start()
        door = limiter(weight=300)
        await door.admit(DEPTH, {"limit": 5000})
        assert loop_time() == pytest.approx(11.0, abs=0.3), "of 300, 49 may be kept, and 1 is for orders"
        await door.aclose()

    play(scene())


# --------------------------------------------------------------------------- the other policies


def test_raise_refuses_at_once_and_says_when_to_come_back() -> None:
    async def scene() -> None:
        await start()
        events: list[LimitEvent] = []
        door = limiter(events, policy="raise", orders=1)
        fill(door, PLACE)
        with pytest.raises(LimitExceeded) as caught:
            await door.admit(PLACE, {}, loop_time() + 1_000)
        assert caught.value.retry_at == EPOCH + 10_100
        assert events == []

    play(scene())


def test_off_counts_but_holds_nothing_back_except_for_a_ban() -> None:
    async def scene() -> None:
        await start()
        door = limiter(policy="off", orders=1)
        tickets = [door.try_admit(PLACE, {}) for _ in range(10)]
        assert all(tickets)
        assert tickets[0] is not None
        assert next(s for s in door.snapshot() if s.interval == "SECOND").reserved == 10
        door.settle(tickets[0], 418, None, -1003, EPOCH + 200_000)
        assert door.try_admit(PLACE, {}) is None
        with pytest.raises(Banned):
            await door.admit(PLACE, {}, loop_time() + 1_000)
        with pytest.raises(Banned):
            await door.admit_connect(loop_time() + 1_000)

    play(scene())


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="sometimes"):
        limiter(policy="sometimes")


# --------------------------------------------------------------------------- bans


@pytest.mark.parametrize("status", [418, 429])
def test_nothing_is_sent_and_nothing_connected_before_retry_after(status: int) -> None:
    async def scene() -> None:
        await start()
        events: list[LimitEvent] = []
        door = limiter(events)
        until = EPOCH + 150_000
        ticket = door.try_admit(TIME, {})
        assert ticket is not None
        door.settle(ticket, status, [weight_row(100)], -1003, until)
        assert events == [BanLatched("ip", status, until)]
        for endpoint in (TIME, CANCEL, PLACE, LOGON):
            assert door.try_admit(endpoint, {}) is None
            with pytest.raises(Banned) as caught:
                await door.admit(endpoint, {}, loop_time() + 100)
            assert caught.value.retry_at == until + 100, "and the error of our clock"
        with pytest.raises(Banned):
            await door.admit_connect(loop_time() + 100)
        assert loop_time() == pytest.approx(1.0), "refusals come at once"
        connecting = asyncio.ensure_future(door.admit_connect())
        cancelling = asyncio.ensure_future(door.admit(CANCEL, {}))
        await asyncio.sleep(148.9)
        assert not connecting.done()
        assert not cancelling.done()
        await asyncio.gather(connecting, cancelling)
        assert now_ms() >= until + 100
        await door.aclose()

    play(scene())


def test_a_ban_ends_the_waits_it_makes_hopeless() -> None:
    async def scene() -> None:
        await start()
        door = limiter(orders=1)
        held = door.try_admit(PLACE, {})
        assert held is not None
        waiting = asyncio.ensure_future(door.admit(PLACE, {}, loop_time() + 20))
        await asyncio.sleep(1)
        door.settle(held, 418, None, -1003, EPOCH + 10_000_000)
        with pytest.raises(Banned):
            await waiting
        assert loop_time() == pytest.approx(2.0)

    play(scene())


def test_a_429_for_orders_closes_orders_only_and_without_retry_after_to_the_end_of_the_window() -> None:
    """The documented sample of -1015 has no retryAfter."""

    async def scene() -> None:
        await start()
        door = limiter()
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.settle(ticket, 429, order_rows(5, 50, 1), -1015)
        assert door.try_admit(PLACE, {}) is None
        assert door.try_admit(CANCEL, {}) is not None
        assert door.try_admit(TIME, {}) is not None
        states = {s.interval: s.banned_until for s in door.snapshot() if s.type == "ORDERS"}
        assert states["SECOND"] == EPOCH + 10_000
        await asyncio.sleep(9.05)
        assert door.try_admit(PLACE, {}) is None
        await asyncio.sleep(0.1)
        assert door.try_admit(PLACE, {}) is not None

    play(scene())


def test_a_429_for_orders_of_a_spent_day_closes_orders_for_the_day() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        ticket = door.try_admit(PLACE, {})
        assert ticket is not None
        door.settle(ticket, 429, order_rows(1, 1_000, 1), -1015)
        until = (EPOCH // 86_400_000 + 1) * 86_400_000
        assert door.snapshot()[1].banned_until == until

    play(scene())


def test_a_429_without_retry_after_closes_to_the_end_of_the_minute_and_a_418_for_two_at_least() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        first, second = door.try_admit(TIME, {}), door.try_admit(TIME, {})
        assert first is not None
        assert second is not None
        door.settle(first, 429, None, -1003)
        assert door.snapshot()[0].banned_until == EPOCH + 60_000
        door.settle(second, 418, None, -1003)
        assert door.snapshot()[0].banned_until == EPOCH + 121_000

    play(scene())


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (1_700_000_100, 1_700_000_100_000),
        (1_700_000_100_000, 1_700_000_100_000),
        (1_700_000_100_000_000, 1_700_000_100_000),
    ],
    ids=["seconds", "milliseconds", "microseconds"],
)
def test_retry_after_is_read_in_every_unit_of_a_connection(said: int, meant: int) -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        ticket = door.try_admit(TIME, {})
        assert ticket is not None
        door.settle(ticket, 429, None, -1003, said)
        assert door.snapshot()[0].banned_until == meant

    play(scene())


def test_a_shorter_ban_does_not_end_a_longer_one() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        first, second = door.try_admit(TIME, {}), door.try_admit(TIME, {})
        assert first is not None
        assert second is not None
        door.settle(first, 418, None, -1003, EPOCH + 500_000)
        door.settle(second, 429, None, -1003, EPOCH + 60_000)
        assert door.snapshot()[0].banned_until == EPOCH + 500_000

    play(scene())


def test_a_refused_upgrade_latches_as_well() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        door.connect_refused(403)
        assert door.try_admit(TIME, {}) is not None, "the firewall refused a connection, not the open one"
        with pytest.raises(Banned) as caught:
            await door.admit_connect(loop_time() + 10)
        assert caught.value.retry_at == EPOCH + 301_100
        door.connect_refused(418, EPOCH + 900_000)
        assert door.try_admit(TIME, {}) is None

    play(scene())


def test_a_403_or_a_5xx_reply_is_no_ban() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        for status in (403, 500, 503, 400, 409):
            ticket = door.try_admit(TIME, {})
            assert ticket is not None
            door.settle(ticket, status, [weight_row(1)])
        assert door.try_admit(TIME, {}) is not None

    play(scene())


def test_a_late_reply_after_the_loss_is_news_but_frees_nothing_twice() -> None:
    async def scene() -> None:
        await start()
        door = limiter(kept=0.0)
        ticket = door.try_admit(READ, {})
        assert ticket is not None
        door.lost(ticket)
        door.settle(ticket, 200, [weight_row(60)])
        door.lost(ticket)
        state = door.snapshot()[0]
        assert (state.reserved, state.used) == (0, 80), "the count, and the lost one, which it may not cover"

    play(scene())


# --------------------------------------------------------------------------- connections


def test_connections_have_a_budget_and_a_weight() -> None:
    async def scene() -> None:
        await start()
        door = limiter()
        for _ in range(4):
            await door.admit_connect(loop_time() + 1)
        used = {s.type: s.used for s in door.snapshot()}
        assert used["CONNECTIONS"] == 4
        assert used["REQUEST_WEIGHT"] == 8
        with pytest.raises(LimitExceeded, match="CONNECTIONS 5 MINUTE") as caught:
            await door.admit_connect(loop_time() + 1)
        end = (EPOCH // 300_000 + 1) * 300_000
        assert caught.value.retry_at == end + 100
        await door.admit_connect(loop_time() + 400)
        assert now_ms() == pytest.approx(end + 100, abs=5)
        await door.aclose()

    play(scene())


@pytest.mark.parametrize(
    ("endpoint", "priority"),
    [
        (CANCEL, Priority.FIRST),
        (LOGON, Priority.FIRST),
        (PLACE, Priority.ORDERS),
        (TIME, Priority.READS),
        (STATUS, Priority.READS),
    ],
    ids=lambda value: getattr(value, "method", None),
)
def test_the_lane_of_a_method(endpoint: Endpoint[Any], priority: Priority) -> None:
    assert priority_of(endpoint) is priority


def test_a_test_order_is_a_read() -> None:
    endpoint: Endpoint[Any] = Endpoint("order.test", dict, security=Security.TRADE, weight=1)
    assert priority_of(endpoint) is Priority.READS
