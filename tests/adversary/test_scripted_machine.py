"""What happens to this machine, or to its key, while an order is under way: no verdict is wrong for it."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.server import ServerConnection

from binance_wsapi import Ed25519Key, Outcome, OutcomeUnknown, SpotClient, Verdict
from tests.adversary.scripted import SYMBOL, Hook, Row, Venue, in_doubt, limit, lose, play, swallow
from tests.simulation.loop import VirtualLoop


async def outcome(client: SpotClient) -> Outcome:
    """Place an order; return what became of it."""
    try:
        await limit(client, new_client_order_id="mine")
    except OutcomeUnknown as error:
        verdict: Verdict = await error.resolve()
        return verdict.outcome
    return Outcome.ACCEPTED


@pytest.mark.parametrize("executed_after", [0.0, 0.05, 3.0, None])
@pytest.mark.parametrize("replies", [True, False])
@pytest.mark.parametrize("seconds", [6.0, 9.0, 14.0])
def test_a_loop_that_is_blocked_while_an_order_is_in_flight_makes_no_wrong_verdict(
    seconds: float, replies: bool, executed_after: float | None
) -> None:
    async def script(_: Venue, connection: ServerConnection, request: Row) -> bool:
        async def execute() -> None:
            result = venue.answer(connection, request)
            if replies:
                await venue.reply(connection, request, result)

        if executed_after is not None:
            venue.later(executed_after, execute)
        return True

    async def scene(client: SpotClient) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        venue.hooks["order.place"] = script
        loop.call_later(0.02, lambda: setattr(loop, "now", loop.now + seconds))
        told = await outcome(client)
        assert told is (Outcome.NOT_PLACED if executed_after is None else Outcome.ACCEPTED)
        assert len(venue.sent("order.place")) == 1

    venue = Venue()
    play(venue, scene)


@pytest.mark.parametrize("seconds", [5, 30, 100])
@pytest.mark.parametrize(("fate", "told"), [(lose, Outcome.ACCEPTED), (swallow, Outcome.NOT_PLACED)])
def test_a_key_that_the_venue_does_not_know_for_a_while_keeps_a_doubt_open(
    fate: Hook, told: Outcome, seconds: int
) -> None:
    async def refuse(_: Venue, connection: ServerConnection, request: Row) -> bool:
        if asyncio.get_running_loop().time() > until[0]:
            return False
        await venue.refuse(connection, request, -2015, "Invalid API-key, IP, or permissions for action.", 401)
        return True

    async def scene(client: SpotClient) -> None:
        await limit(client)
        until[0] += asyncio.get_running_loop().time() + seconds
        venue.hooks |= dict.fromkeys(("order.status", "session.logon", "userDataStream.subscribe"), refuse)
        venue.hooks["order.place"] = fate
        doubt = await in_doubt(limit(client, new_client_order_id="mine"))
        assert (await doubt.resolve()).outcome is told
        assert (len(venue.open(SYMBOL)) == 2) is (told is Outcome.ACCEPTED)

    until = [0.0]
    venue = Venue()
    play(venue, scene, key=Ed25519Key("scripted" + "0" * 56, Ed25519PrivateKey.generate()))
