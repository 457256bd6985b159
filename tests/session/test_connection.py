"""Replies with odd parts (F22), events, revoked keys and deadlines, as a caller sees them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from binance_wsapi.errors import Banned, NotLoggedOn, OrderRejected, OutcomeUnknown, UnreadableReply
from binance_wsapi.keys import Ed25519Key
from binance_wsapi.link.liveness import Liveness
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.listeners import SessionListener, SessionRank
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.endpoint import Auth, Endpoint, Security
from tests.session.test_faults_in_virtual_time import KEY, ORDER, PARAMS, READ, play, silence
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


class Heard(SessionListener):
    """Keeps the events it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[int | None, Any]] = []

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        self.events.append((subscription_id, json.loads(event)))


def home(session: Session) -> Connection:
    found = session.connections.home
    assert found is not None
    return found


def test_an_event_waits_for_its_subscription_and_for_no_other() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        heard = Heard()
        session.listeners.add(SessionRank.ACCOUNTS, heard)
        for number, said in ((7, "a"), (8, "b"), (7, "c")):
            await peer.last.send(json.dumps({"subscriptionId": number, "event": {"e": said}}))
        await asyncio.sleep(1)
        assert heard.events == []
        home(session).adopt(7)
        assert heard.events == [(7, {"e": "a"}), (7, {"e": "c"})]
        home(session).adopt(8)
        assert heard.events[2:] == [(8, {"e": "b"})]
        home(session).adopt(7)
        assert len(heard.events) == 3, "each is told once"
        await peer.last.send(json.dumps({"subscriptionId": 8, "event": {"e": "d"}}))
        await asyncio.sleep(1)
        assert heard.events[3:] == [(8, {"e": "d"})]

    play(test)


def test_an_event_of_no_subscription_is_told_as_such() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        heard = Heard()
        session.listeners.add(SessionRank.ACCOUNTS, heard)
        await peer.last.send(json.dumps({"event": {"e": "eventStreamTerminated"}}))
        await asyncio.sleep(1)
        assert heard.events == [(None, {"e": "eventStreamTerminated"})]

    play(test)


@pytest.mark.parametrize(("status", "code"), [(401, -2015), (401, -9999), (400, -2015)])
def test_a_refusal_of_no_request_revokes_the_key_with_each_code_under_401(status: int, code: int) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        assert home(session).logged_on_as is KEY
        peer.answers["order.place"] = silence
        call = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(0.5)
        error = {"code": code, "msg": "revoked"}
        await peer.last.send(json.dumps({"id": None, "status": status, "error": error}))
        with pytest.raises(OutcomeUnknown):
            await call
        assert home(session).counters["revoked"] == 1
        with pytest.raises(NotLoggedOn):
            await session.call(ORDER, PARAMS)

    play(test)


@pytest.mark.parametrize("status", [418, 429])
def test_a_ban_that_names_no_request_is_obeyed(status: int) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        until = session.now_ms() + 3_000
        error = {"code": -1003, "msg": "too much", "data": {"serverTime": until - 3_000, "retryAfter": until}}
        await peer.last.send(json.dumps({"id": None, "status": status, "error": error}))
        await asyncio.sleep(0.5)
        assert (session.limiter.banned_until or 0) >= until
        with pytest.raises(Banned):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2.0))
        assert peer.sent("order.place") == []

    play(test)


def test_a_reply_that_comes_after_the_key_was_revoked_is_heard() -> None:
    class Late(SessionListener):
        def __init__(self) -> None:
            self.replies: list[str] = []

        def on_late_reply(self, request_id: str, envelope: Envelope) -> None:
            self.replies.append(request_id)

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        late = Late()
        session.listeners.add(SessionRank.FATE, late)
        peer.answers["order.place"] = silence
        call = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(0.5)
        error = {"code": -2015, "msg": "revoked"}
        await peer.last.send(json.dumps({"id": None, "status": 401, "error": error}))
        with pytest.raises(OutcomeUnknown):
            await call
        request = peer.sent("order.place")[-1]
        await peer.last.send(json.dumps({"id": request["id"], "status": 200, "result": {"orderId": 1}}))
        await asyncio.sleep(0.5)
        assert late.replies == [request["id"]]

    play(test)


def test_a_connection_stands_for_another_object_of_the_same_key_and_for_no_other_key() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        assert home(session).stands_for(KEY)
        assert home(session).stands_for(Ed25519Key.generate(api_key=KEY.api_key))
        assert not home(session).stands_for(Ed25519Key.generate(api_key="o" * 64))
        assert home(session).congested is False

    play(test)


def test_a_call_that_needs_the_logon_alone_is_neither_signed_nor_stamped() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        subscribe = Endpoint("userDataStream.subscribe", dict[str, Any], security=Security.USER_STREAM, auth=Auth.LOGON)
        await session.call(subscribe, {"a": 1})
        assert [request.get("params") for request in peer.sent("userDataStream.subscribe")] == [{"a": 1}]
        assert session.credentials.stamp(home(session), READ, {"a": 1}, CallOptions(), 5) == ({"a": 1}, None)

    play(test)


@pytest.mark.parametrize("others", [True, False], ids=["other replies come", "nothing comes"])
def test_a_deadline_that_passes_casts_doubt_on_the_peer_only_where_nothing_came_meanwhile(
    others: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["order.place"] = silence
        doubted: list[float] = []
        monkeypatch.setattr(Liveness, "doubt", lambda _: doubted.append(loop.time()))
        call = asyncio.ensure_future(session.call(ORDER, PARAMS, CallOptions(timeout=2.0)))
        await asyncio.sleep(0.5)
        if others:
            await session.call(READ, {})
        with pytest.raises(OutcomeUnknown):
            await call
        assert bool(doubted) is not others

    play(test)
