"""Calls that cannot be made: not signed in time, too early, wrong; and what they say of whose they are. In virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tenacity import AsyncRetrying, stop_after_attempt, wait_none

from binance_wsapi.errors import NotConnected, NotSent, UnreadableReply, UsageError, WsapiError
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security
from tests.session.test_faults_in_virtual_time import ORDER, PARAMS, READ, make, play
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

# --------------------------------------------------------------------------- a key in a service of the user's


class Remote:
    """Signs after a while, or does not."""

    api_key = "k" * 64

    def __init__(self, *, can_log_on: bool) -> None:
        self.can_log_on = can_log_on
        self.takes = 0.0
        self.works = True

    async def sign_async(self, payload: bytes) -> str:
        await asyncio.sleep(self.takes)
        if not self.works:
            raise RuntimeError("the service is away")
        return "signature"


def test_a_call_that_is_not_signed_by_its_deadline_ends_there_and_was_not_sent() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        key.takes = 1000.0
        begun = loop.time()
        with pytest.raises(NotSent) as caught:
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))
        assert loop.time() - begun < 2.05
        assert caught.value.client_order_id == "abc"
        key.takes = 0.0
        await session.call(ORDER, PARAMS)
        assert len(peer.sent("order.place")) == 1

    key = Remote(can_log_on=False)
    play(test, key=key)


def test_a_logon_that_is_not_signed_in_time_is_tried_again() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        key.takes = 1000.0
        loop.network.live[0].reset()
        await asyncio.sleep(30)
        assert len(peer.sent("session.logon")) == 1
        key.takes = 0.0
        await session.call(ORDER, PARAMS, CallOptions(timeout=60))
        assert len(peer.sent("session.logon")) == 2
        assert len(peer.sent("order.place")) == 1

    key = Remote(can_log_on=True)
    play(test, key=key)


def test_a_signer_that_raises_whenever_a_connection_logs_on_is_told_like_any_failure_to_connect() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        key.works = False
        loop.network.live[0].reset()
        await asyncio.sleep(5)
        begun = loop.time()
        with pytest.raises(NotConnected, match=r"gave up connecting: .*RuntimeError"):
            await session.call(READ, {})
        assert loop.time() == begun

    key = Remote(can_log_on=True)
    play(test, key=key, settings=Settings(reconnect=AsyncRetrying(stop=stop_after_attempt(3), wait=wait_none())))


# --------------------------------------------------------------------------- too early


@pytest.mark.parametrize("ends", ["goes on", "is closed"])
def test_while_a_session_is_being_started_it_takes_no_calls_and_can_be_closed(
    ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shared store of limits is asked first, in a thread that virtual time knows nothing of: a sleep stands for it."""

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            session = make(loop, peer)
            monkeypatch.setattr(session.limiter, "open", lambda: asyncio.sleep(1.0))
            starting = asyncio.ensure_future(session.start())
            await asyncio.sleep(0.5)
            with pytest.raises(NotConnected):
                await session.call(READ, {})
            if ends == "is closed":
                await session.close()
                with pytest.raises(NotConnected):
                    await starting
                assert session.closed
                assert not peer.connections
                return
            await starting
            assert await session.call(READ, {}) == {}
            await session.close()

    run(main)


def test_calls_that_waited_in_vain_for_a_connection_leave_nothing_behind() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        loop.network.servers.clear()
        loop.network.live[0].reset()
        for _ in range(20):
            with pytest.raises(NotConnected):
                await session.call(READ, {}, CallOptions(timeout=0.01))
        assert len(session.connections._waiters) == 0

    play(test)


# --------------------------------------------------------------------------- whose error it is


@pytest.mark.parametrize("how", ["unreadable", "no parameter", "no time", "closed"])
def test_every_error_of_a_call_names_its_method_and_ids(how: str) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        endpoint, params, options = ORDER, dict[str, Any](PARAMS), CallOptions()
        if how == "unreadable":
            endpoint = Endpoint("order.place", list[int], security=Security.TRADE, replay_safe=False)  # type: ignore[arg-type]
        elif how == "no parameter":
            params["price"] = 1.5
        elif how == "no time":
            options = CallOptions(timeout=0)
        else:
            await session.close()
        with pytest.raises(WsapiError) as caught:
            await session.call(endpoint, params, options)
        assert caught.value.method == "order.place"
        assert caught.value.client_order_id == "abc"
        assert isinstance(caught.value, (UnreadableReply, UsageError, NotConnected))
        assert (caught.value.request_id is not None) is (how == "unreadable")

    play(test)
