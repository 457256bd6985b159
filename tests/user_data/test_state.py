"""The view of an account in rare cases: orders that prevented trades with themselves, locks and deposits from outside."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import Settings
from binance_wsapi.models import BalanceUpdate
from tests.simulation.house import SYMBOL
from tests.user_data.test_gaps import Desk, play, truth_holds


@pytest.mark.parametrize("how", ["heard", "missed"])
def test_what_self_trade_prevention_took_from_an_order_is_not_left_of_it(how: str) -> None:
    async def test(desk: Desk) -> None:
        def order(side: Any, quantity: str) -> Any:
            return desk.other.place_order(
                SYMBOL, side, "LIMIT", quantity=quantity, price="60000", time_in_force="GTC",
                self_trade_prevention_mode="DECREMENT",
            )  # fmt: skip

        resting = await order("BUY", "1")
        await asyncio.sleep(8)
        if how == "heard":
            await order("SELL", "0.4")
        else:
            await desk.away(lambda: order("SELL", "0.4"))
        await asyncio.sleep(10)
        known = desk.client.orders.get(SYMBOL, resting.order_id)
        assert known is not None
        assert (known.orig_qty, known.executed_qty, known.prevented_qty) == (Decimal(1), Decimal(0), Decimal("0.4"))
        assert known.remaining_qty == Decimal("0.6")
        truth_holds(desk)

    play(test)


@pytest.mark.parametrize("lost", [True, False])
def test_balances_changed_from_outside_are_asked_for_where_the_stream_does_not_bring_them(lost: bool) -> None:
    """Nothing documents that an ``externalLockUpdate`` comes with the balances it changed (External Lock Update)."""

    async def test(desk: Desk) -> None:
        await asyncio.sleep(20)
        asked = desk.exchange.truth.counters["account.status"]
        if lost:
            desk.exchange.faults.lose_events("outboundAccountPosition", 1)
        desk.exchange.deposit("alice", "BNB", 7)
        await asyncio.sleep(20)
        assert any(isinstance(item, BalanceUpdate) for item in desk.items)
        assert (desk.exchange.truth.counters["account.status"] > asked) == lost
        truth_holds(desk)

    play(test, settings=Settings(user_data_audit=None))
