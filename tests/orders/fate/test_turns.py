"""Turns for questions: in their order, paid when they come, those about what was left open behind the others."""

from __future__ import annotations

import asyncio

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.limits.events import LimitState
from binance_wsapi.orders.fate import turns
from binance_wsapi.orders.fate.turns import Turns
from tests.simulation.loop import VirtualLoop, run


def limits() -> list[LimitState]:
    return [LimitState("REQUEST_WEIGHT", "MINUTE", 1, 100, 0, 0, 100)]


def test_questions_spend_no_more_than_their_share_of_a_minute() -> None:
    async def main(loop: VirtualLoop) -> None:
        given = Turns(limits, asyncio.sleep)
        times: list[float] = []

        async def ask() -> None:
            async with given.turn(4, left_open=False, needed=lambda: True) as needed:
                assert needed
                times.append(loop.time())

        begun = loop.time()
        await asyncio.gather(*(ask() for _ in range(60)))
        for start in times:
            assert sum(4 for each in times if start <= each < start + 60) <= 100 * turns.WEIGHT_SHARE
        assert loop.time() - begun == pytest.approx(120, abs=1)

    run(main)


def test_what_was_left_open_delays_no_question_about_a_request_of_this_process() -> None:
    async def main(loop: VirtualLoop) -> None:
        given = Turns(limits, asyncio.sleep)

        async def ask(left_open: bool) -> float:
            async with given.turn(4, left_open=left_open, needed=lambda: True):
                return loop.time()

        old = [asyncio.ensure_future(ask(True)) for _ in range(100)]
        await asyncio.sleep(1)
        begun = loop.time()
        assert await ask(False) == begun
        for each in old:
            each.cancel()
        await asyncio.gather(*old, return_exceptions=True)

    run(main)


def test_what_was_settled_in_the_queue_costs_nothing() -> None:
    async def main(loop: VirtualLoop) -> None:
        given = Turns(limits, asyncio.sleep)
        begun = loop.time()
        for _ in range(1_000):
            async with given.turn(4, left_open=True, needed=lambda: False) as needed:
                assert not needed
        async with given.turn(4, left_open=True, needed=lambda: True) as needed:
            assert needed
        assert loop.time() == begun

    run(main)


def test_further_questions_of_a_round_are_paid_by_those_that_come_after() -> None:
    async def main(loop: VirtualLoop) -> None:
        given = Turns(limits, asyncio.sleep)
        asked: list[float] = []

        async def ask(*_: object) -> None:
            asked.append(loop.time())

        begun = loop.time()
        counted = given.counted(ask)
        async with given.turn(4, left_open=False, needed=lambda: True):
            for _ in range(20):
                await counted(SpotClient.ORDER_STATUS, {})
        assert asked == [begun] * 20
        async with given.turn(4, left_open=False, needed=lambda: True):
            assert loop.time() == begun + 60

    run(main)


def test_where_another_process_spent_the_limit_a_question_waits_for_the_next_minute() -> None:
    async def main(loop: VirtualLoop) -> None:
        begun = loop.time()

        def spent_elsewhere() -> list[LimitState]:
            used = 90 if loop.time() < begun + 30 else 0
            return [LimitState("REQUEST_WEIGHT", "MINUTE", 1, 100, used, 0, 100)]

        given = Turns(spent_elsewhere, asyncio.sleep)
        times: list[float] = []

        async def ask() -> None:
            async with given.turn(4, left_open=True, needed=lambda: True) as needed:
                assert needed
                times.append(loop.time() - begun)
                await asyncio.sleep(0.5)

        await asyncio.gather(*(ask() for _ in range(5)))
        assert times[0] == 0
        assert times[1:] == pytest.approx([1, 2, 3, 4], abs=0.1)

        def full() -> list[LimitState]:
            return [LimitState("REQUEST_WEIGHT", "MINUTE", 1, 100, 98 if loop.time() < begun + 30 else 0, 0, 100)]

        given = Turns(full, asyncio.sleep)
        times.clear()
        await ask()
        assert times == pytest.approx([30], abs=1)

    run(main)


@pytest.mark.parametrize(("used", "reserved", "waits"), [(96, 0, False), (90, 6, False), (97, 0, True), (90, 7, True)])
def test_a_question_is_asked_at_once_where_the_limit_has_room_for_it_alone(
    used: int, reserved: int, waits: bool
) -> None:
    async def main(loop: VirtualLoop) -> None:
        begun = loop.time()

        def spent_elsewhere() -> list[LimitState]:
            now = (used, reserved) if loop.time() < begun + 30 else (0, 0)
            return [LimitState("REQUEST_WEIGHT", "MINUTE", 1, 100, *now, 100)]

        given = Turns(spent_elsewhere, asyncio.sleep)
        async with given.turn(4, left_open=False, needed=lambda: True) as needed:
            assert needed
        assert (loop.time() > begun) is waits

    run(main)


def test_rounds_under_way_are_counted_and_those_that_ended_are_not() -> None:
    async def main(loop: VirtualLoop) -> None:
        given = Turns(lambda: [LimitState("REQUEST_WEIGHT", "MINUTE", 1, 100, 76, 0, 100)], asyncio.sleep)

        async def ask(seconds: float) -> float:
            async with given.turn(4, left_open=False, needed=lambda: True):
                at = loop.time()
                await asyncio.sleep(seconds)
            return at

        begun = loop.time()
        times = await asyncio.gather(*(ask(2.5) for _ in range(3)))
        # 76 are spent; one round under way may still ask for 16 more, two for 32.
        assert [at - begun for at in times] == pytest.approx([0, 0, 3], abs=0.1)
        assert await ask(0) == loop.time()

    run(main)


def test_the_first_question_of_a_round_is_paid_once() -> None:
    async def main(loop: VirtualLoop) -> None:
        given = Turns(limits, asyncio.sleep)

        async def ask(*_: object) -> None:
            pass

        begun = loop.time()
        counted = given.counted(ask)
        async with given.turn(4, left_open=False, needed=lambda: True):
            for _ in range(19):
                await counted(SpotClient.ORDER_STATUS, {})
        async with given.turn(4, left_open=False, needed=lambda: True):
            assert loop.time() == begun, "80 of 100 may be spent, and 80 are with this one"

    run(main)


def test_a_limit_of_which_nothing_is_spent_holds_up_no_question() -> None:
    """Else a limit that is smaller than a question would hold the question up for ever."""

    async def main(loop: VirtualLoop) -> None:
        given = Turns(lambda: [LimitState("REQUEST_WEIGHT", "MINUTE", 1, 3, 0, 0, 3)], asyncio.sleep)
        begun = loop.time()
        while given._is_full(4):
            await asyncio.sleep(1)
            assert loop.time() < begun + 60

    run(main)


@pytest.mark.parametrize(
    ("limits_of", "full"),
    [
        ([("REQUEST_WEIGHT", 100, 97)], True),
        ([("REQUEST_WEIGHT", 3, 1)], True),
        ([("REQUEST_WEIGHT", 100, 96)], False),
        ([("ORDERS", 100, 97)], False),
        ([("REQUEST_WEIGHT", 1_000, 97), ("REQUEST_WEIGHT", 100, 97)], True),
    ],
    ids=["no room", "no room for any question", "room", "another limit", "one of two"],
)
def test_a_limit_of_weight_without_room_is_full(limits_of: list[tuple[str, int, int]], full: bool) -> None:
    known = [LimitState(kind, "MINUTE", 1, limit, used, 0, limit) for kind, limit, used in limits_of]
    assert Turns(lambda: known, asyncio.sleep)._is_full(4) is full


def test_a_question_waits_also_a_part_of_a_second_for_its_turn() -> None:
    async def main(loop: VirtualLoop) -> None:
        given = Turns(limits, asyncio.sleep)

        async def ask(weight: int) -> float:
            async with given.turn(weight, left_open=False, needed=lambda: True):
                return loop.time()

        begun = await ask(80)
        await asyncio.sleep(59.5)
        assert await ask(4) == pytest.approx(begun + 60)

    run(main)
