"""Two keys of one account in one client: what is done under one shows, hides and explains what was done under the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from binance_wsapi import Ed25519Key, Outcome, OutcomeUnknown, SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Drop
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL
from tests.simulation.loop import VirtualLoop

LIMIT: Any = {"quantity": "1", "price": "50000", "time_in_force": "GTC"}


def second_key(exchange: LocalExchange) -> Ed25519Key:
    """Return another key of the account."""
    key = Ed25519Key.generate("second")
    exchange.register_key("second", "ed25519", public_pem=key.public_pem())
    return key


async def in_doubt(call: Any) -> OutcomeUnknown:
    with pytest.raises(OutcomeUnknown) as lost:
        await call
    return lost.value


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "its reply lost, too"])
@pytest.mark.parametrize("how", ["a cancel of everything", "a cancel by number", "an amendment by id"])
def test_an_order_that_is_changed_under_the_other_key_before_it_is_seen_was_executed(how: str, lost: bool) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        key = second_key(exchange)
        exchange.faults.lag(3.0, 3.0)
        exchange.faults.lose_events("executionReport", 100)
        exchange.faults.next(Drop(executed=True), "order.place")
        placing = await in_doubt(client.place_order(SYMBOL, "BUY", "LIMIT", **LIMIT))
        assert placing.client_order_id is not None
        (order,) = exchange.truth.orders[placing.client_order_id]
        await client.session_logon(key)
        own: Any = {"orig_client_order_id": placing.client_order_id}
        changes: dict[str, tuple[str, Callable[[], Awaitable[Any]]]] = {
            "a cancel of everything": ("openOrders.cancelAll", lambda: client.cancel_open_orders(SYMBOL)),
            "a cancel by number": ("order.cancel", lambda: client.cancel_order(SYMBOL, order_id=order.order_id)),
            "an amendment by id": ("order.amend.keepPriority", lambda: client.amend_order(SYMBOL, "0.5", **own)),
        }
        method, call = changes[how]
        if lost:
            exchange.faults.next(Drop(executed=True), method)
            await in_doubt(call())
        else:
            await call()
        verdict = await asyncio.wait_for(placing.resolve(), BOUND + 60)
        assert verdict.outcome in ({Outcome.ACCEPTED, Outcome.UNDECIDED} if lost else {Outcome.ACCEPTED})

    play(test)


@pytest.mark.parametrize("asked", [("LIMIT", LIMIT), ("MARKET", {"quantity": "0.001"})], ids=["open", "filled"])
def test_an_order_under_the_first_key_is_not_what_a_request_under_the_second_made(asked: tuple[Any, Any]) -> None:
    """Both name one id and ask for the same; the second never arrives."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        key, (kind, terms) = second_key(exchange), asked
        await client.place_order(SYMBOL, "BUY", kind, **terms, new_client_order_id="mine")
        await client.session_logon(key)
        exchange.faults.next(Drop(executed=False), "order.place")
        lost = await in_doubt(client.place_order(SYMBOL, "BUY", kind, **terms, new_client_order_id="mine"))
        verdict = await asyncio.wait_for(lost.resolve(), BOUND + 5)
        assert verdict.outcome is Outcome.NOT_PLACED
        assert len(exchange.truth.orders["mine"]) == 1

    play(test)
