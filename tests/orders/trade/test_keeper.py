"""What the keeper takes of the events of an account: those that may be of an order with a handle."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import HandleSource, SpotClient
from binance_wsapi.link.inbox import Inbox, Sieve
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from tests.orders.trade.handles import agree, play, resting, sell_to
from tests.simulation.house import SYMBOL
from tests.simulation.loop import VirtualLoop


def test_events_of_orders_without_a_handle_take_no_place_in_the_keepers_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    put = Inbox.put

    def note(inbox: Inbox[Any], item: Any) -> None:
        if isinstance(inbox, Sieve):
            taken.append(item)
        put(inbox, item)

    monkeypatch.setattr(Inbox, "put", note)

    async def test(_loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        trade = await resting(client)
        await trade.accepted()
        async with client.user_data() as events:
            taken.clear()
            for _ in range(3):
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            await asyncio.sleep(1)
            assert not any(isinstance(each, ExecutionReport) for each in taken)
            heard = [await anext(events) for _ in range(3)]
            assert any(isinstance(each, ExecutionReport) for each in heard), "its user hears of them"
            sell_to(exchange, "1")
            await trade.filled()
            told = [each for each in taken if isinstance(each, ExecutionReport)]
            assert [each.order_id for each in told] == [trade.order_id]
        assert trade.log[-1].source is HandleSource.EVENT
        agree(exchange, trade)

    play(test)
