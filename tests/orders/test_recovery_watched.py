"""What a process watches for that an earlier one was refused, or called not placed: it is told from what is older."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import FileJournal, MemoryJournal, Outcome, OutcomeUnknown, SpotClient, WsapiError
from tests.adversary.scripted import SYMBOL, Row, Venue, limit, play, swallow
from tests.orders.journal.disk import in_virtual_time
from tests.simulation.house import hearing_late


@pytest.mark.parametrize("older", [True, False], ids=["an older order", "its own"])
@pytest.mark.parametrize("first", ["refused", "lost"])
def test_after_a_restart_only_what_the_request_can_have_made_is_told_late(
    first: str, older: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user named the id of an order that had ended: that it is shown again says nothing of the request."""
    in_virtual_time(monkeypatch)
    venue, again = Venue(), Venue()
    row = {
        "symbol": SYMBOL,
        "newClientOrderId": "mine",
        "side": "BUY",
        "type": "LIMIT",
        "price": "100",
        "quantity": "2",
    }

    async def refuse(_: Venue, connection: ServerConnection, request: Row) -> bool:
        await venue.refuse(connection, request, -2010, "Account has insufficient balance for requested action.")
        return True

    async def fail(client: SpotClient) -> None:
        if older:
            venue.make(row, "FILLED", _at=0.0)
        await asyncio.sleep(3_700)
        venue.hooks["order.place"] = refuse if first == "refused" else swallow
        with pytest.raises(WsapiError) as caught:
            await limit(client, new_client_order_id="mine")
        if isinstance(caught.value, OutcomeUnknown):
            assert (await caught.value.resolve()).outcome is Outcome.NOT_PLACED
        if not older:
            venue.make(row, "FILLED", _at=0.0)
        again.orders, again.offset_ms = venue.orders, 3_800_000.0

    async def look(client: SpotClient) -> None:
        async with hearing_late(client) as told:
            await client.order_status(SYMBOL, orig_client_order_id="mine")
            await asyncio.sleep(1)
        assert [each.client_order_id for each in told] == ([] if older else ["mine"])

    play(venue, fail, journal=FileJournal(tmp_path / "journal"))
    play(again, look, journal=FileJournal(tmp_path / "journal"))


@pytest.mark.parametrize("executed", [True, False])
def test_what_a_client_left_open_in_memory_is_searched_for_once_by_the_next_one(executed: bool) -> None:
    """`play` fails where the second client leaves a search behind."""
    venue, again, journal = Venue(order__place=swallow), Venue(), MemoryJournal()

    async def leave(client: SpotClient) -> None:
        with pytest.raises(OutcomeUnknown):
            await limit(client, new_client_order_id="mine")
        if executed:
            venue.make({"symbol": SYMBOL, "newClientOrderId": "mine", "side": "BUY", "type": "LIMIT"}, _at=0.0)
        again.orders, again.offset_ms = venue.orders, 10_000.0

    async def close(_: SpotClient) -> None:
        await asyncio.sleep(3)

    async def settle(client: SpotClient) -> None:
        (verdict,) = await client.recover()
        assert verdict.outcome is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(venue, leave, journal=journal)
    if not executed:
        play(Venue(), close, journal=journal)
    play(again, settle, journal=journal)
    assert not journal.open_intents()
