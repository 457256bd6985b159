"""A venue that loses a subscription without a word: the audit finds what it would have brought, and a rotation mends it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from tests.simulation.house import SYMBOL
from tests.user_data.test_gaps import Desk, play, truth_holds
from tests.user_data.truth import fills_told


def test_what_a_subscription_lost_in_silence_would_have_brought_is_recovered_and_a_rotation_subscribes_anew() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="1")

        async def hit(quantity: str) -> None:
            await desk.other.place_order(SYMBOL, "SELL", "LIMIT", quantity=quantity, price="60000", time_in_force="IOC")

        def told() -> list[tuple[Decimal | None, bool]]:
            mine = [each for each in fills_told(desk.items) if each.order_id == order.order_id]
            return [(each.last_qty, each.recovered) for each in mine]

        await asyncio.sleep(20)
        for session in desk.exchange._server.lines.api_sessions.values():
            session.subscriptions.clear()
        await hit("0.1")
        await asyncio.sleep(90)
        assert told() == [(Decimal("0.1"), True)]
        assert await desk.client.session_subscriptions() == []
        desk.client.rotate()
        await asyncio.sleep(20)
        assert len(await desk.client.session_subscriptions()) == 1
        await hit("0.2")
        await asyncio.sleep(1)
        assert told() == [(Decimal("0.1"), True), (Decimal("0.2"), False)]
        truth_holds(desk)

    play(test)
