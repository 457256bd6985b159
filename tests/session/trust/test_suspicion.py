"""Gateways that pong and leave requests unanswered (F5): at most one order is lost on a connection that began to fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from binance_wsapi.errors import ConnectionLost, NotConnected, OutcomeUnknown, ReplyTimeout, WsapiError
from binance_wsapi.keys import HmacKey
from binance_wsapi.link.lifecycle import RotationBegan
from binance_wsapi.link.settings import Settings
from binance_wsapi.session.session import Session
from binance_wsapi.session.trust.suspicion import SLOW_LEAST, SLOW_MOST, Suspicion
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.common_calls import STATUS
from binance_wsapi.wire.endpoint import Endpoint, Security
from binance_wsapi.wire.pending import Pending
from tests.session.test_faults_in_virtual_time import KEY, ORDER, PARAMS, READ, play
from tests.simulation.loop import VirtualLoop
from tests.simulation.peer import Peer

CANCEL: Endpoint[dict[str, Any]] = Endpoint("order.cancel", dict[str, Any], security=Security.TRADE, replay_safe=False)
QUERY: Endpoint[dict[str, Any]] = Endpoint("order.status", dict[str, Any], security=Security.USER_DATA)
HMAC = HmacKey("k" * 64, "s" * 64)

ON_FIRST: dict[str, Callable[[int, dict[str, Any]], bool]] = {
    "everything": lambda number, _: number == 1,
    "orders": lambda number, request: number == 1 and request["method"].startswith("order."),
    "placements": lambda number, request: number == 1 and request["method"] == "order.place",
}
"""What the first connection swallows, while it answers all else, and every ping."""


def lost(peer: Peer, answered: int, method: str = "order.place") -> Counter[int]:
    """Return how many orders were swallowed on each connection; the last `answered` were not."""
    frames = [number for number, frame in peer.frames if frame["method"] == method]
    return Counter(frames[: len(frames) - answered])


# --------------------------------------------------------------------------- one connection goes deaf


@pytest.mark.parametrize("key", [KEY, HMAC], ids=["logged on", "signed"])
@pytest.mark.parametrize("timeout", [0.2, 1.0, 2.0, 5.0, 10.0])
@pytest.mark.parametrize("what", ["everything", "orders", "placements", "half-open"])
def test_a_connection_that_leaves_an_order_unanswered_gets_no_second_one(what: str, timeout: float, key: Any) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        await session.call(ORDER, PARAMS)
        if what == "half-open":
            loop.network.live[0].hole = "down"
        else:
            peer.swallows = ON_FIRST[what]
        unknown = 0
        while True:
            try:
                await session.call(ORDER, PARAMS, CallOptions(timeout=timeout))
                break
            except OutcomeUnknown:
                unknown += 1
                if what == "placements":
                    await session.call(CANCEL, PARAMS)
            except NotConnected:
                pass  # nothing was sent
        assert unknown == 1
        frames = [number for number, frame in peer.frames if frame["method"] == "order.place"]
        assert frames[:2] == [1, 1]
        assert len(frames) == 3
        assert frames[2] > 1

    play(test, key=key)


def test_orders_of_many_tasks_wait_until_a_connection_answers() -> None:
    """The orders sent before the first one was noticed are lost; of those that come after it, none goes the same way."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = ON_FIRST["everything"]
        first = asyncio.ensure_future(session.call(ORDER, PARAMS))
        await asyncio.sleep(SLOW_MOST + 1.01)
        begun = loop.time()
        await asyncio.gather(*(session.call(ORDER, PARAMS) for _ in range(20)))
        assert loop.time() - begun < 0.5
        with pytest.raises(ReplyTimeout):
            await first
        assert [number for number, frame in peer.frames if frame["method"] == "order.place"].count(1) == 1

    play(test)


def test_every_connection_of_a_venue_that_swallows_orders_loses_one_at_most() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        swallowing = True
        peer.swallows = lambda _, request: swallowing and request["method"] == "order.place"
        with pytest.raises(ReplyTimeout):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))

        async def keep_ordering() -> int:
            done = 0
            while swallowing:
                try:
                    await session.call(ORDER, PARAMS, CallOptions(timeout=3))
                    done += 1
                except WsapiError:
                    await asyncio.sleep(0.1)
            return done

        traders = [asyncio.ensure_future(keep_ordering()) for _ in range(10)]
        await asyncio.sleep(300)
        counts = lost(peer, 0)
        assert max(counts.values()) == 1
        assert len(loop.network.connects) < 60, "a venue in trouble is not hammered with connections"
        swallowing = False
        await asyncio.gather(*traders)
        await session.call(ORDER, PARAMS)
        await asyncio.gather(*(session.call(ORDER, PARAMS) for _ in range(50)))

    play(test)


def test_the_other_connections_prove_that_they_answer_before_the_next_order() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = lambda number, _: number <= 3
        with pytest.raises(ReplyTimeout):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))
        await session.call(ORDER, PARAMS, CallOptions(timeout=20))
        frames = [number for number, frame in peer.frames if frame["method"] == "order.place"]
        assert len(frames) == 2
        assert frames[0] <= 3 < frames[1]

    play(test, settings=Settings(connections=3))


def test_connections_that_answer_take_over_at_once() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        bad: list[int] = []

        def swallows(number: int, request: dict[str, Any]) -> bool:
            if request["method"] == "order.place" and not bad:
                bad.append(number)
            return number in bad

        peer.swallows = swallows
        with pytest.raises(ReplyTimeout):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))
        loop.network.refuse = True
        begun = loop.time()
        for _ in range(5):
            await session.call(ORDER, PARAMS)
        assert loop.time() - begun < 0.5
        loop.network.refuse = False

    play(test, settings=Settings(connections=3))


def test_an_order_waits_and_is_not_sent_when_no_connection_answers() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = ON_FIRST["everything"]
        with pytest.raises(ReplyTimeout):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))
        loop.network.refuse = True
        await asyncio.sleep(0.5)
        first = loop.network.links[0]
        for link in loop.network.live:
            if link is not first:
                link.reset()
        await asyncio.sleep(0.1)
        with pytest.raises(NotConnected):
            await session.call(ORDER, PARAMS, CallOptions(timeout=3))
        assert len(peer.sent("order.place")) == 1
        loop.network.refuse = False

    play(test)


# --------------------------------------------------------------------------- reads


@pytest.mark.parametrize("endpoint", [READ, QUERY], ids=["public", "private"])
@pytest.mark.parametrize("timeout", [3.0, 5.0, 10.0])
def test_a_read_that_stays_unanswered_is_asked_again_elsewhere(timeout: float, endpoint: Endpoint[Any]) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = ON_FIRST["everything"]
        begun = loop.time()
        assert await session.call(endpoint, {"symbol": "BTCUSDT"}, CallOptions(timeout=timeout)) == {}
        assert loop.time() - begun < SLOW_MOST + 1.5
        assert [number for number, frame in peer.frames if frame["method"] == endpoint.method] == [1, 2]

    play(test)


def test_reads_given_up_by_their_callers_count_as_unanswered() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = ON_FIRST["everything"]
        for _ in range(20):
            try:
                await asyncio.wait_for(session.call(READ, {}), 1.5)
                break
            except TimeoutError:
                pass
        assert peer.frames[-1][0] == 2
        assert len(peer.sent("exchangeInfo")) <= 2

    play(test)


def test_an_answer_of_the_first_connection_counts_when_it_is_first() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def slow(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
            if connection is not peer.connections[0]:
                return None
            await asyncio.sleep(5)
            return {"first": True}

        peer.answers["exchangeInfo"] = slow
        assert await session.call(READ, {}) == {"first": True}
        assert len(peer.sent("exchangeInfo")) == 2

    play(test)


@pytest.mark.parametrize("endpoint", [ORDER, READ], ids=["order", "read"])
def test_a_venue_that_answers_after_almost_ten_seconds_is_heard(endpoint: Endpoint[Any]) -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def slow(*_: Any) -> Any:
            await asyncio.sleep(9.9)
            return {"slow": True}

        peer.answers[endpoint.method] = slow
        for _ in range(5):
            assert await session.call(endpoint, PARAMS) == {"slow": True}
        assert (
            max(Counter(number for number, frame in peer.frames if frame["method"] == ORDER.method).values(), default=0)
            <= 1
        )

    play(test)


def test_a_venue_that_is_slow_all_the_time_keeps_its_connection() -> None:
    """Answers come in three and a half seconds, but they come: a busy venue gets no new connections on top."""

    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def slow(*_: Any) -> Any:
            await asyncio.sleep(3.5)
            return {}

        peer.answers["exchangeInfo"] = slow
        calls = []
        for _ in range(200):
            calls.append(asyncio.ensure_future(session.call(READ, {})))
            await asyncio.sleep(0.1)
        await asyncio.gather(*calls)
        assert len(peer.connections) <= 2  # the very first answer is late, and nothing speaks for it

    play(test)


def test_a_large_reply_on_its_way_is_waited_for() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def large(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
            text = b'{"id":"%s","status":200,"result":{"x":"%s"}}' % (request["id"].encode(), b"x" * 70_000)
            for at in range(0, len(text), 1000):  # in pieces of their own: a pong may come between two
                piece = text[at : at + 1000]
                opcode = (0 if at else 1) | (0x80 if at + 1000 >= len(text) else 0)
                connection.transport.write(bytes((opcode, 126)) + len(piece).to_bytes(2, "big") + piece)
                await asyncio.sleep(0.12)

        peer.answers["exchangeInfo"] = large
        assert len((await session.call(READ, {}, CallOptions(timeout=20)))["x"]) == 70_000
        assert len(peer.sent("exchangeInfo")) == 1

    play(test)


# --------------------------------------------------------------------------- back again


def test_a_late_answer_clears_the_connection() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def late(*_: Any) -> Any:
            await asyncio.sleep(2.5)
            return {}

        home = session.connections.home
        assert home is not None
        peer.answers["order.place"] = late
        loop.network.refuse = True
        with pytest.raises(ReplyTimeout):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))
        assert not home.takes(ORDER)
        assert not home.takes(READ)
        peer.answers.clear()
        begun = loop.time()
        await session.call(ORDER, PARAMS)
        assert loop.time() - begun == pytest.approx(0.5, abs=0.1)
        assert peer.frames[-1][0] == 1
        loop.network.refuse = False

    play(test)


def test_a_call_given_milliseconds_does_not_cost_the_connection() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def late(*_: Any) -> Any:
            await asyncio.sleep(0.1)
            return {}

        peer.answers["exchangeInfo"] = late
        for _ in range(50):
            with pytest.raises((ReplyTimeout, NotConnected)):
                await session.call(READ, {}, CallOptions(timeout=0.05))
            await asyncio.sleep(0.2)
        assert len(peer.connections) == 1

    play(test)


def test_the_late_reply_to_an_order_is_heard_on_the_connection_that_was_replaced() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        async def late(*_: Any) -> Any:
            await asyncio.sleep(9.0)
            return {}

        peer.answers["order.place"] = late
        home = session.connections.home
        assert home is not None
        seen: list[Any] = []

        async def watch() -> None:
            async for event in session.events():
                seen.append(event)

        watcher = asyncio.ensure_future(watch())
        with pytest.raises(ReplyTimeout):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))
        await asyncio.sleep(8)
        assert home.counters["late"] == 1
        assert [event.reason for event in seen if isinstance(event, RotationBegan)] == ["unanswered"]
        watcher.cancel()

    play(test)


def test_a_question_about_fate_is_asked_on_a_connection_that_answers() -> None:
    async def test(loop: VirtualLoop, peer: Peer, session: Session) -> None:
        peer.swallows = ON_FIRST["everything"]
        with pytest.raises((ReplyTimeout, ConnectionLost)):
            await session.call(ORDER, PARAMS, CallOptions(timeout=2))
        connection = await session.connections.newer_than(0, loop.time() + 5, STATUS)
        assert connection is not None
        assert connection.number == 2
        assert len(peer.connections) == 2

    play(test)


# --------------------------------------------------------------------------- the rules themselves


def pending(endpoint: Endpoint[Any], sent_at: float, timeout: float = 10.0) -> Pending[None]:
    return Pending("1", endpoint, None, sent_at, sent_at + timeout)


def test_kinds_speak_for_themselves() -> None:
    assert READ.kind == Endpoint("time", dict).kind
    assert QUERY.kind == Endpoint("myTrades", dict, security=Security.USER_DATA).kind
    assert len({READ.kind, QUERY.kind, ORDER.kind, CANCEL.kind}) == 4
    assert Endpoint("order.test", dict, security=Security.TRADE).kind == QUERY.kind


def test_an_answer_of_another_kind_proves_that_kind_only() -> None:
    suspicion = Suspicion()
    suspicion.unanswered(pending(ORDER, 100.0), 102.0)
    assert not any(suspicion.allows(each, changing=False) for each in (READ, QUERY, ORDER, CANCEL))
    assert suspicion.answered(READ, 103.0)
    assert suspicion.allows(READ, changing=False)
    assert not any(suspicion.allows(each, changing=False) for each in (QUERY, ORDER, CANCEL))
    assert suspicion.answered(CANCEL, 103.0)
    assert not suspicion.allows(ORDER, changing=False)
    assert suspicion.suspect
    assert suspicion.answered(ORDER, 104.0)
    assert not suspicion.suspect
    assert all(suspicion.allows(each, changing=False) for each in (READ, QUERY, ORDER, CANCEL))


@pytest.mark.parametrize("first", [ORDER, QUERY])
def test_two_kinds_that_stay_unanswered_are_each_proven_by_an_answer_of_their_own(first: Endpoint[Any]) -> None:
    """The answer to a question does not vouch for the next order, where an order and a question stayed unanswered."""
    suspicion = Suspicion()
    other = QUERY if first is ORDER else ORDER
    suspicion.unanswered(pending(first, 100.0), 102.0)
    suspicion.unanswered(pending(other, 100.0), 102.1)
    suspicion.answered(other, 102.2)
    assert suspicion.suspect
    assert suspicion.allows(other, changing=False)
    assert not suspicion.allows(first, changing=False)
    assert suspicion.replace_at == 102.0
    suspicion.answered(first, 102.3)
    assert not suspicion.suspect
    assert suspicion.replace_at == float("inf")


def test_an_answer_from_before_proves_nothing() -> None:
    suspicion = Suspicion()
    suspicion.answered(READ, 101.0)
    suspicion.unanswered(pending(ORDER, 100.0), 102.0)
    assert not suspicion.allows(READ, changing=False)


def test_on_probation_one_change_at_a_time_until_one_is_answered() -> None:
    suspicion = Suspicion()
    suspicion.probation = True
    assert suspicion.allows(ORDER, changing=False)
    assert not suspicion.allows(ORDER, changing=True)
    assert suspicion.allows(READ, changing=True)
    suspicion.answered(READ, 1.0)
    assert not suspicion.allows(CANCEL, changing=True)
    suspicion.answered(CANCEL, 2.0)
    assert suspicion.allows(ORDER, changing=True)


@pytest.mark.parametrize(
    ("timeout", "patience"), [(0.1, SLOW_LEAST), (2.0, 1.0), (4.0, 2.0), (10.0, SLOW_MOST), (60.0, SLOW_MOST)]
)
def test_patience_is_half_of_the_call_s_time_within_bounds(timeout: float, patience: float) -> None:
    suspicion = Suspicion()
    waiting = pending(ORDER, 100.0, timeout)
    assert not suspicion.is_slow(waiting, 100.0 + patience - 0.01)
    assert suspicion.is_slow(waiting, 100.0 + patience)
    suspicion.answered(ORDER, 100.5)
    assert not suspicion.is_slow(waiting, 100.0 + patience)


def test_a_connection_is_replaced_a_second_after_the_request_at_the_earliest() -> None:
    suspicion = Suspicion()
    suspicion.unanswered(pending(ORDER, 100.0), 100.1)
    suspicion.unanswered(pending(ORDER, 100.0), 100.2)
    assert suspicion.replace_at == 101.0
