"""Order lists through a gap: what became of them is told once, and asked for only where there are any."""

from __future__ import annotations

import asyncio
from typing import Any

from binance_wsapi import Settings
from binance_wsapi.models import ListStatus
from tests.simulation.house import SYMBOL
from tests.user_data.test_gaps import Desk, play, truth_holds

QUESTIONS = ("openOrderLists.status", "orderList.status", "allOrderLists")


def lists_told(desk: Desk) -> list[tuple[int, str, bool]]:
    return [
        (item.order_list_id, item.list_order_status.value, item.recovered)
        for item in desk.items
        if isinstance(item, ListStatus)
    ]


async def oco(desk: Desk) -> Any:
    return await desk.other.place_oco(
        SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="65000", below_stop_price="50000"
    )


def asked(desk: Desk) -> int:
    return sum(desk.exchange.truth.counters[each] for each in QUESTIONS)


def test_a_list_that_ends_in_a_gap_is_told_as_ended_once() -> None:
    async def test(desk: Desk) -> None:
        placed = await oco(desk)
        await asyncio.sleep(8)
        await desk.away(lambda: desk.other.cancel_order_list(SYMBOL, order_list_id=placed.order_list_id))
        await asyncio.sleep(80)
        assert lists_told(desk) == [
            (placed.order_list_id, "EXECUTING", False),
            (placed.order_list_id, "ALL_DONE", True),
        ]
        ended = [item for item in desk.items if isinstance(item, ListStatus)][-1]
        assert [each.order_id for each in ended.orders] == [each.order_id for each in placed.orders]
        truth_holds(desk)

    play(test)


def test_a_list_placed_in_a_gap_is_told_and_its_end_comes_live() -> None:
    async def test(desk: Desk) -> None:
        placed: list[Any] = []

        async def place() -> None:
            placed.append(await oco(desk))

        await desk.away(place)
        await asyncio.sleep(20)
        number = placed[0].order_list_id
        assert lists_told(desk) == [(number, "EXECUTING", True)]
        await desk.other.cancel_order_list(SYMBOL, order_list_id=number)
        await asyncio.sleep(1)
        assert lists_told(desk) == [(number, "EXECUTING", True), (number, "ALL_DONE", False)]
        truth_holds(desk)

    play(test)


def test_a_list_placed_and_ended_in_a_gap_is_told_with_its_orders_where_lists_are_in_use() -> None:
    async def test(desk: Desk) -> None:
        await oco(desk)
        await asyncio.sleep(8)
        placed: list[Any] = []

        async def place_and_cancel() -> None:
            placed.append(await oco(desk))
            await desk.other.cancel_order_list(SYMBOL, order_list_id=placed[0].order_list_id)

        await desk.away(place_and_cancel)
        await asyncio.sleep(80)
        number = placed[0].order_list_id
        assert [each for each in lists_told(desk) if each[0] == number] == [(number, "ALL_DONE", True)]
        ended = {each.order_id for each in desk.recovered() if each.order_list_id == number and each.is_final}
        assert ended == {each.order_id for each in placed[0].orders}
        truth_holds(desk)

    play(test, lag=(5.0, 5.9))


def test_a_list_status_the_venue_never_sent_is_found_by_the_audit() -> None:
    async def test(desk: Desk) -> None:
        desk.exchange.faults.lose_events("listStatus", 4)
        placed = await oco(desk)
        await desk.other.cancel_order_list(SYMBOL, order_list_id=placed.order_list_id)
        desk.exchange.faults.clear()
        await asyncio.sleep(150)
        assert lists_told(desk) == [(placed.order_list_id, "ALL_DONE", True)]
        truth_holds(desk)

    play(test)


def test_lists_are_not_asked_about_where_there_are_none_and_an_open_one_is_not_asked_about_again() -> None:
    async def test(desk: Desk) -> None:
        await desk.rest()
        desk.exchange.faults.cut_all()
        await asyncio.sleep(300)
        assert asked(desk) == 0
        await oco(desk)
        await asyncio.sleep(20)
        before = asked(desk)
        await asyncio.sleep(600)
        # One audit in ten looks at everything.
        assert asked(desk) - before <= 2
        assert (
            desk.exchange.truth.counters["orderList.status"] + desk.exchange.truth.counters["openOrderLists.status"]
            == 0
        )
        truth_holds(desk)

    play(test, settings=Settings(user_data_audit=30.0))
