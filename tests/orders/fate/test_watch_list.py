"""What was refused in time and is there all the same is told, loudly, once."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import LateExecution, Outcome, SpotClient, VenueError
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate import watch_list
from binance_wsapi.orders.fate.fence import Evidence, Verdict
from binance_wsapi.orders.fate.watch_list import WatchList
from tests.adversary.scripted import SYMBOL, Row, Venue, limit, play


@pytest.mark.parametrize("when", [-0.1, 0.1, 30.0], ids=["before the refusal", "just after it", "later"])
@pytest.mark.parametrize("name", [None, "mine"], ids=["made here", "named by the user"])
def test_an_order_that_was_refused_in_time_and_is_there_is_told(when: float, name: str | None) -> None:
    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        row = venue.make(request["params"])

        async def tell() -> None:
            await venue.emit(venue.report(row, "NEW"))

        async def refuse() -> None:
            await venue.refuse(connection, request, -2010, "Account has insufficient balance for requested action.")

        venue.later(max(when, 0.0) + 0.1, tell)
        venue.later(max(-when, 0.0) + 0.1, refuse)
        return True

    async def scene(client: SpotClient) -> None:
        told: list[LateExecution] = []

        async def watch() -> None:
            async for event in client.events():
                if isinstance(event, LateExecution):
                    told.append(event)

        watching = asyncio.create_task(watch())
        async with client.user_data():
            with pytest.raises(VenueError) as refused:
                await limit(client, new_client_order_id=name)
            handle = await client.submit_order(
                SYMBOL,
                "BUY",
                "LIMIT",
                quantity="2",
                price="100",
                time_in_force="GTC",
                new_client_order_id=name and "own",
            )
            await asyncio.sleep(60)
        ids = [venue.orders[0]["clientOrderId"], venue.orders[1]["clientOrderId"]]
        if name is None:
            assert [each.client_order_id for each in told] == ids
            assert told[0].verdict.outcome is Outcome.REJECTED
            assert told[0].verdict.error is refused.value
            assert "contradicted" in [event.kind.value for event in handle.log]
        else:
            assert told == []  # another program may have named the same
        watching.cancel()

    venue = Venue(order__place=script)
    play(venue, scene)


def test_what_is_watched_of_refused_orders_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_list, "REFUSED_WATCHED", 3)
    watched = WatchList(lambda _event: None, 1_000, Listeners())
    watched.add(Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "lost"), 0, None, SYMBOL)
    for number in range(10):
        watched.add(Verdict(Outcome.REJECTED, Evidence.REPLY, f"refused-{number}"), 0, None, SYMBOL)
    assert list(watched.ids) == ["lost", "refused-7", "refused-8", "refused-9"]
