"""What the session does when the network or the peer fails, in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tenacity import AsyncRetrying, stop_after_attempt, stop_never, wait_none

from binance_wsapi.environments import local
from binance_wsapi.errors import (
    AuthFailed,
    BadTimestamp,
    Banned,
    ConnectFailed,
    ConnectionLost,
    NotConnected,
    NotLoggedOn,
    OrderRejected,
    ReplyTimeout,
    VenueFault,
)
from binance_wsapi.keys import Ed25519Key
from binance_wsapi.link.lifecycle import Closed, Failed, Opened, RotationBegan, RotationEnded, ShutdownAnnounced
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security
from tests.simulation.house import exchange_and_client
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

READ: Endpoint[dict[str, Any]] = Endpoint("exchangeInfo", dict[str, Any])
ORDER: Endpoint[dict[str, Any]] = Endpoint("order.place", dict[str, Any], security=Security.TRADE, replay_safe=False)
KEY = Ed25519Key.generate(api_key="k" * 64)
PARAMS = {"symbol": "BTCUSDT", "newClientOrderId": "abc"}

NOW_MS = 1_767_225_600_000

Test = Callable[[VirtualLoop, Peer, Session], Awaitable[None]]


def play(test: Test, seed: int = 1, settings: Settings | None = None, key: Any = KEY) -> None:
    """Run a test with a session that is connected to a scripted peer."""

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            session = make(loop, peer, settings, key)
            await session.start()
            try:
                await test(loop, peer, session)
            finally:
                await session.close()
            await asyncio.sleep(30)  # whatever still runs shows itself

    run(main, seed)


def make(loop: VirtualLoop, peer: Peer, settings: Settings | None = None, key: Any = KEY) -> Session:
    runtime = Runtime(
        wall=lambda: loop.time() + 5.0,
        token=lambda n: "".join(loop.random.choice("0123456789bcdfg") for _ in range(n)),
        uniform=loop.random.uniform,
    )
    return Session(local(peer.url), key, settings, runtime=runtime)


async def silence(*_: Any) -> None:
    return None


def test_a_call_in_flight_fails_at_once_when_the_connection_is_reset_and_is_not_sent_again() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["order.place"] = silence
        call = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(1.0)
        lost_at = loop.time()
        loop.network.live[0].reset()
        with pytest.raises(ConnectionLost) as caught:
            await call
        assert loop.time() - lost_at < 0.05
        assert caught.value.client_order_id == "abc"
        assert caught.value.method == "order.place"
        await asyncio.sleep(60)
        assert len(peer.sent("order.place")) == 1
        peer.answers.clear()
        await session.call(ORDER, PARAMS)

    play(test)


def test_a_read_is_asked_again_on_the_next_connection_within_its_deadline() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["exchangeInfo"] = silence
        call = asyncio.ensure_future(session.call(READ, {}))
        await asyncio.sleep(0.5)
        peer.answers.clear()
        loop.network.live[0].reset()
        assert await call == {}
        assert len(peer.sent("exchangeInfo")) == 2

    play(test)


def test_a_call_without_a_reply_ends_at_its_deadline_and_the_late_reply_harms_no_other() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def late(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            await asyncio.sleep(3)
            await peer.reply(connection, request["id"], {"late": True})

        peer.answers["order.place"] = late
        home = session.connections.home
        assert home is not None
        started = loop.time()
        with pytest.raises(ReplyTimeout):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2.0))
        assert 2.0 <= loop.time() - started <= 2.05
        await asyncio.sleep(5)
        assert home.counters["late"] == 1
        assert home.pending == 0
        assert await session.call(READ, {}) == {}

    play(test)


@pytest.mark.parametrize(("pending", "bound"), [(True, 5.0), (False, 25.0)])
def test_a_half_open_peer_is_noticed(pending: bool, bound: float) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        for wait in (0.0, 0.3, 0.9, 7.7):
            await asyncio.sleep(wait)
            connection = session.connections.home
            assert connection is not None
            link = loop.network.live[0]
            started = loop.time()
            link.hole = "both"
            call = asyncio.ensure_future(session.call(ORDER, PARAMS, CallOptions(timeout=60))) if pending else None
            await connection.wait_closed()
            assert loop.time() - started <= bound
            if call is not None:
                with pytest.raises(ConnectionLost):
                    await call
            await session.call(READ, {})

    play(test)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_one_way_loss_is_noticed_too(direction: str) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        loop.network.live[0].hole = direction
        started = loop.time()
        with pytest.raises(ConnectionLost):
            await session.call(ORDER, PARAMS, CallOptions(timeout=60))
        assert loop.time() - started <= 5.0
        await session.call(READ, {})
        assert len(peer.sent("order.place")) == (1 if direction == "down" else 0)

    play(test)


def test_a_peer_that_dribbles_bytes_and_finishes_nothing_is_left() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def dribble(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            # The head of a frame of a million bytes, and then a byte a second for an hour.
            connection.transport.write(b"\x81\x7f" + (1_000_000).to_bytes(8, "big"))
            for _ in range(3600):
                if connection.transport.is_closing():
                    return
                connection.transport.write(b" ")
                await asyncio.sleep(1)

        peer.answers["order.place"] = dribble
        first = session.connections.home
        assert first is not None
        with pytest.raises((ReplyTimeout, ConnectionLost)):
            await session.call(ORDER, PARAMS)
        await asyncio.wait_for(first.wait_closed(), 10)
        await session.call(READ, {})

    play(test)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 1013])
def test_the_session_comes_back_after_every_close_code(code: int) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        await peer.last.close(code, "bye")
        await session.call(ORDER, PARAMS)
        assert len(peer.connections) == 2

    play(test)


def test_calls_made_while_there_is_no_connection_go_out_on_the_next_one() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        loop.network.refuse = True
        loop.network.live[0].reset()
        await asyncio.sleep(0.1)
        calls = [asyncio.ensure_future(session.call(ORDER, PARAMS)) for _ in range(5)]
        await asyncio.sleep(1)
        assert not peer.sent("order.place")
        loop.network.refuse = False
        await asyncio.gather(*calls)
        assert len(peer.sent("order.place")) == 5

    play(test)


def test_a_call_that_finds_no_connection_before_its_deadline_was_not_sent() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        loop.network.refuse = True
        loop.network.live[0].reset()
        await asyncio.sleep(0.1)
        started = loop.time()
        with pytest.raises(NotConnected) as caught:
            await session.call(ORDER, PARAMS, CallOptions(timeout=4))
        assert 4 <= loop.time() - started <= 4.05
        assert isinstance(caught.value.__cause__, ConnectFailed)
        loop.network.refuse = False
        await asyncio.sleep(60)
        assert not peer.sent("order.place")

    play(test)


def test_a_venue_that_is_away_for_an_hour_is_asked_with_growing_jittered_pauses() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        loop.network.refuse = True
        loop.network.live[0].reset()
        before = len(loop.network.connects)
        await asyncio.sleep(3600)
        tries = len(loop.network.connects) - before
        assert 3600 / 30 * 0.8 <= tries <= 3600 / 30 * 4
        loop.network.refuse = False
        await asyncio.sleep(31)
        await session.call(ORDER, PARAMS)

    play(test)


def test_a_venue_that_accepts_and_hangs_up_is_not_hammered() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            session = make(loop, peer)
            await session.start()

            async def logon_then_die(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
                await peer.reply(connection, request["id"], {"apiKey": KEY.api_key, "serverTime": peer.now_ms()})
                await asyncio.sleep(0.05)
                connection.transport.abort()

            peer.answers["session.logon"] = logon_then_die
            loop.network.live[0].reset()
            before = len(loop.network.connects)
            await asyncio.sleep(300)
            assert len(loop.network.connects) - before < 100
            await session.close()

    run(main)


def test_shutdown_opens_the_next_connection_before_the_old_one_is_left() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def slow(peer: Peer, connection: Any, request: dict[str, Any]) -> dict[str, Any]:
            await asyncio.sleep(4)
            return {"slow": True}

        peer.answers["order.place"] = slow
        seen: list[object] = []

        async def watch() -> None:
            async for event in session.events():
                seen.append(type(event))

        watcher = asyncio.ensure_future(watch())
        old = session.connections.home
        assert old is not None
        call = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(0.5)
        await peer.connections[0].send(json.dumps({"event": {"e": "serverShutdown", "E": 1}}))
        for _ in range(20):
            await asyncio.sleep(0.05)
            await session.call(READ, {})
        assert session.connections.home is not old
        assert old.state.value == "draining"
        assert await call == {"slow": True}
        await asyncio.sleep(1)
        assert old.state.value == "closed"
        assert seen == [ShutdownAnnounced, RotationBegan, Opened, Closed, RotationEnded]
        watcher.cancel()

    play(test)


def test_a_revoked_key_fails_what_is_in_flight_and_stops_private_calls_without_a_logon_storm() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def revoke(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            await peer.refuse(connection, None, 401, -2015, "Invalid API-key, IP, or permissions for action.")

        peer.answers["order.place"] = revoke
        with pytest.raises(ConnectionLost):
            await session.call(ORDER, PARAMS)
        with pytest.raises(NotLoggedOn):
            await session.call(ORDER, PARAMS)
        assert await session.call(READ, {}) == {}
        await asyncio.sleep(600)
        assert len(peer.sent("session.logon")) == 1
        assert len(peer.sent("order.place")) == 1

    play(test)


def test_a_key_the_venue_refuses_ends_the_start_at_once() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:

            async def refuse(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
                await peer.refuse(connection, request["id"], 400, -1022, "Signature for this request is not valid.")

            peer.answers["session.logon"] = refuse
            session = make(loop, peer)
            with pytest.raises(AuthFailed):
                await session.start()
            assert len(peer.sent("session.logon")) == 1
            assert session.closed

    run(main)


def test_nothing_private_is_sent_before_the_logon_reply_is_read_and_names_our_key() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:

            async def foreign(peer: Peer, connection: Any, request: dict[str, Any]) -> dict[str, Any]:
                return {"apiKey": "somebody else", "serverTime": peer.now_ms()}

            peer.answers["session.logon"] = foreign
            session = make(loop, peer, Settings(connect_timeout=3))
            with pytest.raises(Exception, match="another key"):
                await session.start()
            assert {frame["method"] for _, frame in peer.frames} == {"time", "session.logon"}

    run(main)


@pytest.mark.parametrize("offset", [-3_600_000.0, 3_600_000.0])
def test_a_wrong_wall_clock_costs_one_refused_logon_and_nothing_else(offset: float) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            peer.offset_ms = offset
            refused = 0

            async def strict(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
                nonlocal refused
                stamp = request["params"]["timestamp"]
                if not -1000 < peer.now_ms() - stamp <= 5000:
                    refused += 1
                    await peer.refuse(connection, request["id"], 400, -1021, "Timestamp for this request ...")
                    return None
                return {"apiKey": KEY.api_key, "serverTime": peer.now_ms()}

            peer.answers["session.logon"] = peer.answers["order.place"] = strict
            session = make(loop, peer)
            await session.start()
            for _ in range(10):
                await session.call(ORDER, PARAMS)
                await asyncio.sleep(600)
            assert refused <= 1
            # The venue's clock is set by an hour while we are connected: one refusal for all calls in flight, no error.
            peer.offset_ms -= 3_600_000
            await asyncio.gather(*(session.call(ORDER, PARAMS) for _ in range(20)))
            assert len(peer.sent("order.place")) == 10 + 20 + 20
            assert len(peer.sent("time")) <= 4 + 6000 / 100
            await session.close()

    run(main)


@pytest.mark.parametrize(
    "how",
    [
        "the connection ends",
        "the connection is replaced",
        "the venue does not know",
        "the venue refuses",
        "the answer is unreadable",
    ],
)
def test_a_refused_timestamp_stays_refused_when_the_time_cannot_be_asked(how: str) -> None:
    """An order that was refused for certain is never in doubt, whatever becomes of the question about the time."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        refused = 0

        async def strict(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            nonlocal refused
            if not refused:
                refused += 1
                if how == "the connection is replaced":
                    session.connections.rotate()
                    await asyncio.sleep(1.0)
                else:
                    peer.answers["time"] = lose
                await peer.refuse(connection, request["id"], 400, -1021, "Timestamp for this request ...")
                return None
            return {"symbol": "BTCUSDT", "orderId": 1, "orderListId": -1, "clientOrderId": "x", "transactTime": 1}

        async def lose(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            del peer.answers["time"]
            if how == "the connection ends":
                await connection.close(1001)
            elif how == "the answer is unreadable":
                await peer.reply(connection, request["id"], {"serverTime": "late"})
            elif how == "the venue refuses":
                await peer.refuse(connection, request["id"], 400, -1102, "Mandatory parameter was not sent")
            else:
                await peer.refuse(connection, request["id"], 504, -1007, "Timeout waiting for response")

        peer.answers["order.place"] = strict
        if how in ("the connection ends", "the connection is replaced"):
            await session.call(ORDER, PARAMS)
            assert len(peer.sent("order.place")) == 2
        else:
            with pytest.raises(BadTimestamp):
                await session.call(ORDER, PARAMS)
            assert len(peer.sent("order.place")) == 1

    play(test)


@pytest.mark.parametrize("method", ["time", "session.logon"])
@pytest.mark.parametrize("answer", [None, [], {"serverTime": "late"}, {"apiKey": 7}, {"apiKey": "another"}], ids=repr)
def test_a_client_survives_what_cannot_be_read_while_a_connection_is_made_ready(method: str, answer: Any) -> None:
    """One odd reply costs one attempt to connect, at entering as after a lost connection; no client ends with it."""

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:

            async def odd(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
                del peer.answers[method]
                await peer.reply(connection, request["id"], answer)

            session = make(loop, peer)
            peer.answers[method] = odd
            await session.start()
            assert method not in peer.answers
            peer.answers[method] = odd
            await asyncio.sleep(7200 if method == "time" else 0)  # until the clock must be compared again
            loop.network.live[0].reset()
            await asyncio.sleep(10)
            await session.call(ORDER, PARAMS)
            await session.close()

    run(main)


def test_a_venue_fault_is_unknown_for_an_order_and_asked_again_for_a_read() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def fail(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            await peer.refuse(connection, request["id"], 503, -1007, "Timeout waiting for response")

        peer.answers["order.place"] = peer.answers["exchangeInfo"] = fail
        with pytest.raises(VenueFault):
            await session.call(ORDER, PARAMS)
        assert len(peer.sent("order.place")) == 1
        with pytest.raises(VenueFault):
            await session.call(READ, {})
        assert len(peer.sent("exchangeInfo")) == 4

    play(test)


NONSENSE = [
    "hello",
    "[1,2]",
    "{",
    "null",
    '{"id":"x"}',
    '{"id":[1],"status":200,"result":{}}',
    '{"id":"zz","status":200,"result":{}}',
    '{"id":7,"status":200,"result":{}}',
    '{"status":200,"result":{}}',
    '{"id":"a","status":200,"result":{},"error":{"code":-1,"msg":""}}',
    '{"id":null,"status":400,"error":{"code":-1135,"msg":"Invalid JSON Request"}}',
    '{"id":"a","status":"200","result":{}}',
    '{"event":5,"subscriptionId":"x"}',
    '{"id":"a","status":200,"result":' + "[" * 100_000,
    '{"id":"a","status":1e400,"result":{}}',
    '{"id":"a","status":NaN,"result":{}}',
    '{"id":"\\ud800","status":200,"result":{}}',
    b"\x00\x01binary",
    b"\xff\xfe",
]


@pytest.mark.parametrize("frame", NONSENSE, ids=range(len(NONSENSE)))
def test_a_frame_that_makes_no_sense_is_told_and_forgotten(frame: str | bytes) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        told: list[Failed] = []

        async def watch() -> None:
            async for event in session.events():
                if isinstance(event, Failed):
                    told.append(event)

        watcher = asyncio.ensure_future(watch())
        await asyncio.sleep(0)
        home = session.connections.home
        peer.answers["order.place"] = silence
        call = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(0.1)
        await peer.last.send(frame)
        await asyncio.sleep(0.1)
        assert not call.done()
        request = peer.sent("order.place")[0]
        await peer.reply(peer.last, request["id"], {"ok": 1})
        assert await call == {"ok": 1}
        await peer.reply(peer.last, request["id"], {"ok": 2})
        await asyncio.sleep(0.1)
        assert session.connections.home is home
        assert len(told) == 2  # the frame, and the second answer
        watcher.cancel()

    play(test)


def test_a_peer_that_sends_nothing_but_nonsense_is_left_for_a_new_connection() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        first = session.connections.home
        assert first is not None
        for _ in range(30):
            if not first.usable:
                break
            await peer.connections[0].send("nonsense")
            await asyncio.sleep(0.01)
        await asyncio.wait_for(first.wait_closed(), 5)
        assert first.counters["unreadable"] == 20
        await session.call(READ, {})

    play(test)


def test_a_frame_above_the_limit_ends_the_connection_and_not_the_session() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def huge(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            connection.transport.write(b"\x81\x7f" + (33 * 1024 * 1024).to_bytes(8, "big"))

        peer.answers["order.place"] = huge
        with pytest.raises(ConnectionLost) as caught:
            await session.call(ORDER, PARAMS)
        assert caught.value.close_code == 1009
        await session.call(READ, {})

    play(test)


@pytest.mark.parametrize("segment", [1, 3])
def test_messages_in_tiny_segments_are_read(segment: int) -> None:
    async def main(loop: VirtualLoop) -> None:
        loop.network.segment = segment
        async with Peer() as peer:
            session = make(loop, peer)
            await session.start()

            async def fragments(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
                text = json.dumps({"id": request["id"], "status": 200, "result": {"a": "中"}})

                async def parts() -> Any:
                    for start in range(0, len(text), 5):
                        yield text[start : start + 5]
                        await connection.ping()

                await connection.send(parts())

            peer.answers["order.place"] = fragments
            assert await session.call(ORDER, PARAMS) == {"a": "中"}
            await session.close()

    run(main)


def test_ten_thousand_cancelled_awaits_leave_nothing_behind() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["order.place"] = silence
        home = session.connections.home
        assert home is not None
        for _ in range(100):
            calls = [asyncio.ensure_future(session.call(ORDER, PARAMS)) for _ in range(100)]
            await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        assert home.pending == 0
        assert await session.call(READ, {}) == {}

    play(test, settings=Settings(limit_policy="off"))


def test_closing_is_idempotent_bounded_and_fails_what_is_in_flight() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["order.place"] = silence
        call = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(0.1)
        loop.network.live[0].hole = "both"
        started = loop.time()
        await asyncio.gather(session.close(), session.close())
        assert loop.time() - started <= 6.0
        with pytest.raises(ConnectionLost):
            await call
        with pytest.raises(NotConnected):
            await session.call(READ, {})
        await session.close()

    play(test)


def test_hooks_hear_what_happens_and_may_fail() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            heard: list[str] = []

            async def on_open(event: Opened) -> None:
                heard.append(f"open {event.connection} {event.logged_on}")
                raise ValueError("a mistake of the user's")

            async def on_close(event: Closed) -> None:
                heard.append(f"close {event.connection} {event.code} {event.wanted}")

            async def on_error(event: Failed) -> None:
                heard.append(f"error {type(event.error).__name__}")

            async def on_message(event: Any) -> None:
                heard.append("message")

            session = make(loop, peer)
            runtime = session._runtime
            session = Session(
                local(peer.url),
                KEY,
                runtime=runtime,
                on_open=on_open,
                on_close=on_close,
                on_error=on_error,
                on_message=on_message,
            )
            await session.start()
            await asyncio.sleep(0.1)
            assert heard == ["message", "message", "open 1 True", "error ValueError"]  # the time, the logon
            heard.clear()
            await peer.last.close(1001)
            await session.call(READ, {})
            await asyncio.sleep(0.1)
            assert heard == ["close 1 1001 False", "message", "open 2 True", "error ValueError", "message"]
            await session.close()
            assert heard[-1] == "close 2 1000 True"

    run(main)


@pytest.mark.parametrize("connections", [3, "split"])
def test_several_connections_each_log_on_and_stand_in_for_one_another(connections: Any) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        count = len(list(session.connections))
        assert count == (2 if connections == "split" else 3)
        assert len(peer.sent("session.logon")) == count
        for _ in range(12):
            await session.call(ORDER, PARAMS)
            await session.call(READ, {})
        used = {number for number, frame in peer.frames if frame["method"] == "order.place"}
        reads = {number for number, frame in peer.frames if frame["method"] == "exchangeInfo"}
        if connections == "split":
            assert len(used) == 1
            assert len(reads) == 1
            assert used != reads
        else:
            assert len(used | reads) == 3
        loop.network.refuse = True
        loop.network.live[0].reset()
        await asyncio.sleep(0.1)
        await asyncio.gather(*(session.call(ORDER, PARAMS) for _ in range(6)))

    play(test, settings=Settings(connections=connections))


def test_a_refusal_is_what_the_venue_said() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def refuse(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            await peer.refuse(connection, request["id"], 400, -2010, "Account has insufficient balance")

        peer.answers["order.place"] = refuse
        with pytest.raises(OrderRejected, match="insufficient") as caught:
            await session.call(ORDER, PARAMS)
        assert caught.value.request_id == peer.sent("order.place")[0]["id"]

    play(test)


def test_a_peer_that_says_goodbye_and_stays_is_left_at_once() -> None:
    """A close frame without the end of the TCP connection: nothing more will come, so no call waits for it."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.answers["order.place"] = silence
        call = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(0.5)
        peer.answers.clear()
        said = loop.time()
        peer.last.transport.write(b"\x88\x02\x03\xe9")
        with pytest.raises(ConnectionLost) as caught:
            await call
        assert loop.time() - said < 0.1
        assert caught.value.close_code == 1001
        await session.call(READ, {})

    play(test)


def test_even_an_impatient_policy_connects_at_most_300_times_in_five_minutes() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            policy = AsyncRetrying(wait=wait_none(), stop=stop_never)
            session = make(loop, peer, Settings(reconnect=policy))
            await session.start()
            loop.network.refuse = True
            loop.network.live[0].reset()
            await asyncio.sleep(1_500)
            times = loop.network.connects
            for number, begun in enumerate(times):
                window = [each for each in times[number:] if each - begun < 300.0]
                assert len(window) <= 600  # two windows of the venue's clock meet in any five minutes
            by_window: dict[int, int] = {}
            for each in times:
                at = int((each + peer.offset_ms / 1000) // 300)
                by_window[at] = by_window.get(at, 0) + 1
            assert max(by_window.values()) <= 300
            assert sum(by_window.values()) > 300 * 3
            await session.close()

    run(main)


def test_a_policy_with_an_end_gives_up_and_says_why() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            session = make(loop, peer, Settings(reconnect=AsyncRetrying(stop=stop_after_attempt(3))))
            await session.start()
            loop.network.refuse = True
            loop.network.live[0].reset()
            started = loop.time()
            with pytest.raises(NotConnected, match="gave up") as caught:
                await session.call(READ, {}, CallOptions(timeout=60))
            assert loop.time() - started < 1.0
            assert isinstance(caught.value.__cause__, ConnectFailed)
            assert caught.value.__cause__.attempts == 3
            await session.close()

    run(main)


def test_a_client_is_ready_after_four_round_trips_and_a_successor_after_three() -> None:
    """TCP, the upgrade, the venue's time, the logon; a successor knows the time. TLS would add one to each."""

    async def main(loop: VirtualLoop) -> None:
        loop.network.latency = lambda: 0.5  # type: ignore[method-assign]
        async with Peer() as peer:
            session = make(loop, peer)
            begun = loop.time()
            await session.start()
            assert loop.time() - begun <= 4 * 1.0 + 0.01
            events = session.events()
            opened = asyncio.ensure_future(_until_opened(events))
            await asyncio.sleep(0)
            begun = loop.time()
            session.connections.rotate()
            await opened
            assert loop.time() - begun <= 3 * 1.0 + 0.01
            await session.close()

    run(main)


async def _until_opened(events: AsyncIterator[object]) -> None:
    async for event in events:
        if isinstance(event, Opened):
            return


def test_a_call_that_waits_for_a_connection_is_told_of_a_ban_at_once() -> None:
    """The attempt to connect again is told of the ban: the call need not wait for its own deadline, and knows until when."""

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            exchange.faults.refuse_connects(418, headers={"Retry-After": "300"})
            loop.network.live[-1].reset()
            await asyncio.sleep(0)
            began = loop.time()
            with pytest.raises(Banned) as caught:
                await client.ping(timeout=30.0)
            assert loop.time() - began < 5.0
            assert caught.value.retry_at is not None
            assert caught.value.retry_at - exchange.clock.now_ms() > 290_000

    run(main, 1)


def test_a_call_is_told_of_a_ban_that_a_clock_set_back_brought_again() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        def set_clock(to_ms: int) -> None:
            session.clock.reset()
            session.clock.sample(loop.time(), loop.time(), to_ms)

        loop.network.refuse = True
        loop.network.live[0].reset()
        await asyncio.sleep(0.5)
        set_clock(NOW_MS)
        session.limiter.connect_refused(429, NOW_MS + 2_000)
        call = asyncio.ensure_future(session.call(READ, {}, CallOptions(timeout=3.0)))
        await asyncio.sleep(2.2)  # the ban is over, and the call waits for a connection
        set_clock(NOW_MS - 4_000)
        with pytest.raises(Banned) as caught:
            await call
        assert caught.value.retry_at == NOW_MS + 2_000 + session.limiter.eps_ms

    play(test)
