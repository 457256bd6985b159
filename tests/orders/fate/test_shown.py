"""What `Verdict.order` shows of each kind of request, by each kind of evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from binance_wsapi import Evidence, Outcome, OutcomeUnknown, SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Delay, Drop
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL
from tests.simulation.loop import VirtualLoop

LIMIT: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}
OCO: dict[str, Any] = {"above_price": "70000", "below_stop_price": "50000"}


async def oco(client: SpotClient, **more: Any) -> Any:
    return await client.place_oco(SYMBOL, "SELL", "0.03", "LIMIT_MAKER", "STOP_LOSS", **OCO, **more)


async def place(client: SpotClient, _: int, _number: int) -> Any:
    return await client.place_order(SYMBOL, "BUY", "LIMIT", timeout=0.5, **LIMIT)


async def amend(client: SpotClient, order: int, _: int) -> Any:
    return await client.amend_order(SYMBOL, "0.04", order_id=order, timeout=0.5)


async def cancel(client: SpotClient, order: int, _: int) -> Any:
    return await client.cancel_order(SYMBOL, order_id=order, timeout=0.5)


async def cancel_leg(client: SpotClient, _: int, listed: int) -> Any:
    leg = next(each.order_id for each in await client.open_orders(SYMBOL) if each.order_list_id == listed)
    return await client.cancel_order(SYMBOL, order_id=leg, timeout=0.5)


async def cancel_list(client: SpotClient, _: int, listed: int) -> Any:
    return await client.cancel_order_list(SYMBOL, order_list_id=listed, timeout=0.5)


async def place_list(client: SpotClient, _: int, _number: int) -> Any:
    return await oco(client, timeout=0.5)


METHODS: dict[Callable[[SpotClient, int, int], Awaitable[Any]], str] = {
    place: "order.place", amend: "order.amend.keepPriority", cancel: "order.cancel", cancel_leg: "order.cancel",
    cancel_list: "orderList.cancel", place_list: "orderList.place.oco",
}  # fmt: skip


@pytest.mark.parametrize("evidence", [Evidence.EVENT, Evidence.QUERY, Evidence.REPLY])
@pytest.mark.parametrize("call", METHODS, ids=lambda each: each.__name__)
def test_a_verdict_shows_the_order_or_of_a_list_the_list_or_one_of_its_orders(
    call: Callable[[SpotClient, int, int], Awaitable[Any]], evidence: Evidence
) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = (await client.place_order(SYMBOL, "BUY", "LIMIT", **LIMIT)).order_id
        listed = (await oco(client)).order_list_id
        await asyncio.sleep(8)  # the views show it
        if evidence is Evidence.EVENT:
            await client.track_account()
        exchange.faults.next(Delay(0.55) if evidence is Evidence.REPLY else Drop(), METHODS[call])
        with pytest.raises(OutcomeUnknown) as caught:
            await call(client, order, listed)
        verdict = await asyncio.wait_for(caught.value.resolve(), BOUND)
        assert verdict.outcome is Outcome.ACCEPTED
        assert verdict.evidence is evidence
        shown = getattr(verdict.order, "amended_order", verdict.order)
        if call in (amend, cancel):
            assert shown.order_id == order
        elif call is place:
            assert shown.client_order_id == verdict.client_order_id
        elif call is place_list:
            assert shown.order_list_id > listed
        else:
            assert shown.order_list_id == listed

    play(test)
