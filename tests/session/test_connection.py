"""Replies with odd parts, as a caller sees them (F22)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from binance_wsapi.errors import OrderRejected, UnreadableReply
from binance_wsapi.session.session import Session
from tests.session.test_faults_in_virtual_time import ORDER, PARAMS, READ, play
from tests.simulation.loop import VirtualLoop
from tests.simulation.peer import Peer


def answering(**parts: Any) -> Any:
    async def answer(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
        await connection.send(json.dumps({"id": request["id"], **parts}))

    return answer


@pytest.mark.parametrize("limits", [None, "no", {}, [None], [{"rateLimitType": "SMART"}], [[1]]], ids=repr)
def test_odd_limits_turn_no_reply_into_a_doubt(limits: Any) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["order.place"] = answering(status=200, result={"orderId": 1}, rateLimits=limits)
        for _ in range(3):
            assert await session.call(ORDER, PARAMS) == {"orderId": 1}
        peer.answers["order.place"] = answering(
            status=400, error={"code": -2010, "msg": "no", "data": "x"}, result=None, rateLimits=limits
        )
        for _ in range(3):
            with pytest.raises(OrderRejected):
                await session.call(ORDER, PARAMS)
        await session.call(READ, {})
        assert len(peer.connections) == 1

    play(test)


@pytest.mark.parametrize("tail", [b'"status":200,"result":{"x":', b'"status":"?"}', b'"result":{}}', b"NaN}"])
def test_a_reply_that_cannot_be_read_fails_its_call_at_once(tail: bytes) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def broken(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            await connection.send(b'{"id":"' + request["id"].encode() + b'",' + tail, text=True)

        peer.answers["order.place"] = broken
        begun = loop.time()
        with pytest.raises(UnreadableReply):
            await session.call(ORDER, PARAMS)
        assert loop.time() - begun < 0.1

    play(test)
