"""Broken answers, broken frames, broken handshakes and bad networks: each fault does what it says and nothing more."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidHeader,
    InvalidStatus,
    InvalidUpgrade,
    NegotiationError,
)

from binance_wsapi.simulator import Break, Cut, Delay, Double, Drop, Fragment, Garbage, LocalExchange, Raw, Refuse
from binance_wsapi.simulator.faults.breakage import KINDS
from binance_wsapi.simulator.faults.names import FaultError, inject
from tests.counts import share
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw as Client
from tests.simulator.desk import add_ed25519_key, add_hmac_key, log_on
from tests.simulator.faults.test_faults import ORDER, place


def manual() -> LocalExchange:
    return LocalExchange(market="manual")


# --- answers -----------------------------------------------------------------------------------------------------------


def check_broken(kind: str, text: str, identity: int) -> None:
    if kind == "truncated":
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)
        return
    if kind == "deep nesting":
        assert text.count("[") >= 200_000
        return
    if kind == "huge integer":
        assert "9" * 5000 in text
        return
    found = json.loads(text)
    checks: dict[str, Callable[[], bool]] = {
        "not an object": lambda: isinstance(found, list),
        "no id": lambda: "id" not in found and found["status"] == 200,
        "no status": lambda: "status" not in found and found["id"] == identity,
        "result and error": lambda: {"result", "error"} <= found.keys(),
        "id null": lambda: found["id"] is None,
        "id of another type": lambda: found["id"] == str(identity),
        "foreign id": lambda: found["id"] == f"foreign-{identity}",
        "nan": lambda: "NaN" in text,
        "1e400": lambda: "1e400" in text,
        "duplicate keys": lambda: '"status":200' in text and text.endswith('"status":500}'),
        "lone surrogate": lambda: "\\ud800" in text,
        "new field": lambda: found["unheardOf"] == {"since": "tomorrow"} and found["result"]["orderId"] == 1,
    }
    assert checks[kind]()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_broken_answer_is_broken_in_its_way_and_the_order_is_placed(kind: Any) -> None:
    async with manual() as exchange, Client(exchange) as raw:
        add_hmac_key(exchange)
        exchange.faults.next(Break(kind), "order.place")
        identity = await place(raw, "x")
        check_broken(kind, str(await raw.socket.recv()), identity)
        assert [order.status for order in exchange.truth.orders["x"]] == ["NEW"]
        assert await raw.get("ping") == {}


async def test_a_fragmented_answer_is_one_message_in_several_frames() -> None:
    async with manual() as exchange, Client(exchange) as raw:
        exchange.faults.next(Fragment(4))
        await raw.send("time")
        pieces = [piece async for piece in raw.socket.recv_streaming()]
        assert len([piece for piece in pieces if piece]) == 4
        assert json.loads("".join(map(str, pieces)))["status"] == 200
        assert await raw.get("ping") == {}


@pytest.mark.parametrize(
    ("raw_", "code"),
    [
        (Raw.invalid_utf8(), 1007),
        (Raw.masked(), 1002),
        (Raw.reserved_bits(), 1002),
        (Raw.unknown_opcode(), 1002),
        (Raw.oversized(), 1009),
        (Raw.bomb(), 1002),
    ],
)
async def test_a_frame_no_library_sends_makes_a_client_close_with_the_right_code(raw_: Raw, code: int) -> None:
    async with manual() as exchange:
        add_hmac_key(exchange)
        async with Client(exchange) as raw:
            exchange.faults.next(raw_, "order.place")
            await place(raw, "x")
            with pytest.raises(ConnectionClosedError) as closed:
                await raw.receive()
            assert closed.value.sent is not None
            assert closed.value.sent.code == code
        assert len(exchange.truth.orders["x"]) == 1
        async with Client(exchange) as other:
            assert await other.get("ping") == {}


async def test_a_client_that_negotiated_compression_stops_unpacking_a_bomb_at_its_bound() -> None:
    """`websockets` unpacks up to its ``max_size`` and no further: 256 MiB are 255 KiB on the wire."""
    bomb = Raw.bomb()
    assert len(bomb.data) < 300_000
    async with manual() as exchange:
        exchange.faults.accept_with({"Sec-WebSocket-Extensions": "permessage-deflate"})
        async with connect(exchange.url, compression="deflate", max_size=1 << 20, proxy=None) as socket:
            assert socket.protocol.extensions
            exchange.faults.bomb()
            with pytest.raises(ConnectionClosedError) as closed:
                await socket.recv()
            assert closed.value.sent is not None
            assert closed.value.sent.code == 1009


def test_an_unfinished_frame_keeps_a_client_waiting() -> None:
    async def life(_: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            exchange.faults.next(Raw.unfinished())
            await raw.send("ping")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(15):
                    await raw.receive()
            assert exchange.faults.cut_all() == 1

    run(life)


async def test_raw_bytes_can_come_before_the_answer() -> None:
    async with manual() as exchange, Client(exchange) as raw:
        exchange.faults.next(Raw(b"\x8a\x00", then_reply=True))
        assert await raw.get("ping") == {}


async def test_an_unsolicited_pong_and_frame_reach_every_connection() -> None:
    async with manual() as exchange, Client(exchange) as one, Client(exchange) as two:
        exchange.faults.pong()
        exchange.faults.say('{"event":{"e":"brandNew"}}')
        exchange.faults.say(b"\x00bytes")
        for raw in (one, two):
            assert await raw.receive() == {"event": {"e": "brandNew"}}
            assert await raw.socket.recv() == b"\x00bytes"
            assert await raw.get("ping") == {}


@pytest.mark.parametrize("kind", ["no such kind", None])
def test_a_break_is_one_there_is(kind: Any) -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        Break(kind)
    with pytest.raises(ValueError, match="2 or more"):
        Fragment(1)


# --- events ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["new type", "new word", "new field", "double"])
async def test_an_event_comes_changed_once_and_the_next_one_as_ever(how: Any) -> None:
    async with manual() as exchange, Client(exchange) as raw:
        await log_on(raw, add_ed25519_key(exchange))
        await raw.get("userDataStream.subscribe")
        if how == "double":
            exchange.faults.double_events("balanceUpdate")
        else:
            exchange.faults.change_events(how, "balanceUpdate")
        exchange.deposit("alice", "BTC", 1)
        exchange.deposit("alice", "BTC", 2)
        await raw.get("ping")
        events = [event for event in raw.events if event["e"] != "outboundAccountPosition"]
        kinds = [event["e"] for event in events]
        if how == "double":
            assert kinds == ["balanceUpdate"] * 3
            assert events[0] == events[1] != events[2]
        elif how == "new type":
            assert kinds == ["unheardOfReport", "balanceUpdate"]
        else:
            assert kinds == ["balanceUpdate"] * 2
            assert ("zz" in events[0]) is (how == "new field")
            assert "zz" not in events[1]


async def test_an_execution_report_can_bring_an_unknown_word() -> None:
    async with manual() as exchange, Client(exchange) as raw:
        await log_on(raw, add_ed25519_key(exchange))
        add_hmac_key(exchange)
        await raw.get("userDataStream.subscribe")
        exchange.faults.change_events("new word", "executionReport")
        await raw.signed("order.place", **ORDER)
        event = await raw.event("executionReport")
        assert (event["X"], event["x"], event["f"]) == ("UNHEARD_OF",) * 3
        with pytest.raises(ValueError, match="how must be one of"):
            exchange.faults.change_events("sideways")  # type: ignore[arg-type]


# --- handshakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 404, 418, 429, 451, 500, 502, 503, 599])
async def test_a_handshake_is_refused_with_any_status_and_a_page(status: int) -> None:
    async with manual() as exchange:
        exchange.faults.refuse_connects(status, body="<html>go away</html>", headers={"Retry-After": "7"})
        with pytest.raises(InvalidStatus) as refused:
            await connect(exchange.url, proxy=None)
        response = refused.value.response
        assert (response.status_code, bytes(response.body or b"")) == (status, b"<html>go away</html>")
        assert response.headers["Content-Type"] == "text/html"
        assert response.headers["Retry-After"] == "7"
        async with Client(exchange) as raw:
            assert await raw.get("ping") == {}


async def test_a_redirect_names_where_to_go() -> None:
    async with manual() as exchange, manual() as other:
        exchange.faults.refuse_connects(302, headers={"Location": other.url})
        async with connect(exchange.url, proxy=None):  # the library follows where our client must not
            assert other.truth.counters["connects"] == 1
        assert exchange.truth.counters["connects refused 302"] == 1


@pytest.mark.parametrize(
    ("lay", "error"),
    [
        (lambda faults: faults.wrong_accept(), InvalidHeader),
        (lambda faults: faults.accept_with({"Sec-WebSocket-Extensions": "permessage-magic"}), NegotiationError),
        (lambda faults: faults.accept_with({"Sec-WebSocket-Protocol": "sbe"}), NegotiationError),
        (lambda faults: faults.accept_with({"Upgrade": "h2c"}), InvalidUpgrade),
    ],
)
async def test_a_handshake_that_is_accepted_wrongly_fails(lay: Any, error: type[InvalidHandshake]) -> None:
    async with manual() as exchange:
        lay(exchange.faults)
        with pytest.raises(error):
            await connect(exchange.url, proxy=None)
        async with Client(exchange) as raw:
            assert await raw.get("ping") == {}


def test_a_stalled_handshake_takes_as_long_as_it_was_told() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with manual() as exchange:
            exchange.faults.stall_connects(7.0)
            start = loop.time()
            async with Client(exchange) as raw:
                assert 7.0 <= loop.time() - start <= 8.0
                assert await raw.get("ping") == {}

    run(life)


async def test_leaving_does_not_wait_for_a_stalled_handshake() -> None:
    async with asyncio.timeout(20):
        async with manual() as exchange:
            exchange.faults.stall_connects(3600)
            trying = asyncio.create_task(connect(exchange.url, proxy=None).__aenter__())
            while not exchange.truth.attempts:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        with pytest.raises((InvalidHandshake, OSError, EOFError, ConnectionClosed)):
            await trying


# --- ends --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 4999])
async def test_every_close_code_can_be_sent(code: int) -> None:
    async with manual() as exchange, Client(exchange) as raw:
        exchange.faults.close(code, "because")
        with pytest.raises(ConnectionClosed) as closed:
            await raw.receive()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, "because")
        assert isinstance(closed.value, ConnectionClosedOK) is (code in (1000, 1001))


async def test_1006_is_an_end_without_a_close_frame_and_codes_that_cannot_be_sent_are_refused() -> None:
    async with manual() as exchange, Client(exchange) as raw:
        for code in (999, 1004, 1005, 1015, 5000):
            with pytest.raises(ValueError, match="close frame"):
                exchange.faults.close(code)
        with pytest.raises(ValueError, match="close frame"):
            exchange.faults.close(1001, "x" * 124)
        assert await raw.get("ping") == {}
        exchange.faults.close(1006)
        with pytest.raises(ConnectionClosedError) as closed:
            await raw.receive()
        assert closed.value.rcvd is None


def test_a_shutdown_without_lead_is_announced_and_closes_at_once() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            start = loop.time()
            exchange.faults.shutdown(lead=0)
            assert (await raw.receive())["event"]["e"] == "serverShutdown"
            with pytest.raises(ConnectionClosedOK):
                await raw.receive()
            assert loop.time() - start < 0.5

    run(life)


# --- networks ----------------------------------------------------------------------------------------------------------


def test_a_dribble_takes_its_time_byte_by_byte_and_loses_none() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            exchange.faults.dribble(1, 0.1)
            start = loop.time()
            answer = await raw.ask("time")
            size = len(json.dumps(answer, separators=(",", ":")))
            assert 0.1 * size <= loop.time() - start <= 0.1 * size + 2
            exchange.faults.heal()
            start = loop.time()
            await raw.get("exchangeInfo")
            assert loop.time() - start < 1

    run(life)


def test_healing_lets_what_was_held_arrive_at_once_and_in_order() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            for way_out_silent in (False, True):
                if way_out_silent:
                    exchange.faults.silence("out")
                else:
                    exchange.faults.dribble(1, 100.0)
                first = await raw.send("time")
                await asyncio.sleep(1)
                second = await raw.send("ping")
                await asyncio.sleep(1)
                exchange.faults.heal()
                third = await raw.send("ping")
                start = loop.time()
                assert [(await raw.receive())["id"] for _ in range(3)] == [first, second, third]
                assert loop.time() - start < 1

    run(life)


async def test_a_dribble_over_a_real_socket_arrives_whole() -> None:
    async with manual() as exchange, Client(exchange) as raw:
        exchange.faults.dribble(1)
        for _ in range(3):
            assert (await raw.get("time"))["serverTime"] > 0
        exchange.faults.close(1012)
        with pytest.raises(ConnectionClosedError) as closed:
            await raw.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012


def test_with_the_way_out_silent_an_order_is_placed_and_nothing_comes_back_until_it_is_healed() -> None:
    async def life(_: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            add_hmac_key(exchange)
            exchange.faults.silence("out")
            pong = await raw.socket.ping()
            await place(raw, "x")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(10):
                    await raw.receive()
            assert not asyncio.ensure_future(pong).done()
            assert len(exchange.truth.orders["x"]) == 1
            exchange.faults.heal()
            assert (await raw.receive())["status"] == 200
            await pong

    run(life)


def test_with_the_way_in_silent_nothing_arrives_but_events_still_come() -> None:
    async def life(_: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            await log_on(raw, add_ed25519_key(exchange))
            add_hmac_key(exchange)
            await raw.get("userDataStream.subscribe")
            exchange.faults.silence("in")
            await place(raw, "x")
            exchange.deposit("alice", "BTC", 1)
            assert (await raw.receive())["event"]["e"] in ("balanceUpdate", "outboundAccountPosition")
            await asyncio.sleep(3)
            assert exchange.truth.orders["x"] == []
            exchange.faults.heal()
            await asyncio.sleep(3)
            assert len(exchange.truth.orders["x"]) == 1, "what was under way arrives"
            with pytest.raises(ValueError, match="both, in or out"):
                exchange.faults.silence("up")  # type: ignore[arg-type]

    run(life)


def test_a_half_open_connection_is_dropped_after_a_minute_without_a_pong() -> None:
    async def life(_: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            exchange.faults.silence("out")
            with pytest.raises(ConnectionClosedError):
                async with asyncio.timeout(100):
                    await raw.socket.recv()
            assert exchange.truth.counters["no pong"] == 1

    run(life)


# --- pairs -------------------------------------------------------------------------------------------------------------

FAULTS: dict[str, Callable[[LocalExchange], object]] = {
    "cut before": lambda exchange: exchange.faults.next(Cut(after_execution=False), "order.place"),
    "cut after": lambda exchange: exchange.faults.next(Cut(after_execution=True), "order.place"),
    "late answer": lambda exchange: exchange.faults.next(Delay(4.0), "order.place"),
    "queue": lambda exchange: exchange.faults.next(Delay(8.0, "queue"), "order.place"),
    "engine": lambda exchange: exchange.faults.next(Delay(12.0, "engine"), "order.place"),
    "drop": lambda exchange: exchange.faults.next(Drop()),
    "double": lambda exchange: exchange.faults.next(Double()),
    "refuse": lambda exchange: exchange.faults.next(Refuse(503, -1008, "busy")),
    "garbage": lambda exchange: exchange.faults.next(Garbage("{")),
    "break": lambda exchange: exchange.faults.next(Break("truncated")),
    "fragment": lambda exchange: exchange.faults.next(Fragment(3)),
    "raw": lambda exchange: exchange.faults.next(Raw.invalid_utf8()),
    "cut all": lambda exchange: exchange.faults.cut_all(),
    "close": lambda exchange: exchange.faults.close(1012),
    "shutdown": lambda exchange: exchange.faults.shutdown(0.5),
    "silence": lambda exchange: exchange.faults.silence(),
    "silence out": lambda exchange: exchange.faults.silence("out"),
    "dribble": lambda exchange: exchange.faults.dribble(7, 0.01),
    "say": lambda exchange: exchange.faults.say("null"),
    "say raw": lambda exchange: exchange.faults.say_raw(b"\x81\x02\xc3\x28"),
    "lost event": lambda exchange: exchange.faults.lose_events(),
    "new event": lambda exchange: exchange.faults.change_events("new type"),
    "terminated": lambda exchange: exchange.faults.terminate_subscriptions(),
    "refused connect": lambda exchange: exchange.faults.refuse_connects(503),
    "wrong accept": lambda exchange: exchange.faults.wrong_accept(),
    "stalled connect": lambda exchange: exchange.faults.stall_connects(3.0),
    "clock": lambda exchange: exchange.clock.step(-30.0),
    "revoke": lambda exchange: exchange.faults.revoke("ed"),
}


@pytest.mark.lives
def test_every_pair_of_faults_leaves_an_exchange_that_serves_and_books_that_balance(no_log: None) -> None:
    """Both faults happen to a client with an order under way; then all is healed and a new client is served."""

    async def life(_: VirtualLoop) -> None:
        for first, second in share(list(itertools.combinations(FAULTS, 2)), 3):
            async with manual() as exchange:
                add_hmac_key(exchange)
                total = sum(exchange.truth.balances()["USDT"])
                raw = await Client(exchange).__aenter__()
                await log_on(raw, add_ed25519_key(exchange))
                await raw.get("userDataStream.subscribe")
                FAULTS[first](exchange)
                try:
                    await place(raw, "pair")
                    await asyncio.sleep(0.01)
                except ConnectionClosed:
                    pass
                FAULTS[second](exchange)
                await asyncio.sleep(15)
                exchange.faults.heal()
                exchange.faults.clear()
                async with Client(exchange) as other:
                    assert (await other.get("time"))["serverTime"], (first, second)
                assert len(exchange.truth.orders["pair"]) <= 1, (first, second)
                assert sum(exchange.truth.balances()["USDT"]) == total, (first, second)
                raw.socket.transport.abort()

    run(life)


THEN: list[tuple[dict[str, Any], str]] = [
    ({"fault": "delay", "seconds": 4}, "late"),
    ({"fault": "delay", "seconds": 4, "then": {"fault": "double"}}, "late, twice"),
    ({"fault": "delay", "seconds": 4, "then": {"fault": "cut", "after_execution": True}}, "cut"),
    ({"fault": "delay", "seconds": 4, "at": "engine", "then": {"fault": "drop"}}, "never"),
    ({"fault": "delay", "seconds": 4, "at": "queue", "then": {"fault": "break", "kind": "id null"}}, "broken"),
    ({"fault": "delay", "seconds": 2, "at": "queue", "then": {"fault": "delay", "seconds": 2}}, "late"),
]


@pytest.mark.parametrize(("fault", "what"), THEN)
def test_a_delay_can_be_followed_by_another_fault_of_the_same_answer(fault: dict[str, Any], what: str) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with manual() as exchange, Client(exchange) as raw:
            add_hmac_key(exchange)
            inject(exchange.faults, exchange.clock, fault | {"method": "order.place"})
            started = loop.time()
            identity = await place(raw, "x")
            if what == "cut":
                with pytest.raises(ConnectionClosedError):
                    await raw.receive()
            elif what == "never":
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(15):
                        await raw.receive()
            else:
                answer = await raw.receive()
                assert answer["id"] == (None if what == "broken" else identity)
                assert answer["status"] == 200
                if what == "late, twice":
                    assert await raw.receive() == answer
            if what != "never":
                assert 4.0 <= loop.time() - started < 5.0
            assert len(exchange.truth.orders["x"]) == 1

    run(life)


@pytest.mark.parametrize(
    "following", [{"fault": "cut_all"}, {"fault": "drop", "count": 2}, {"fault": "nothing"}, {"fault": "cut"}]
)
def test_what_follows_a_delay_has_to_be_a_fault_of_an_answer(following: dict[str, Any]) -> None:
    async def life(_: VirtualLoop) -> None:
        async with manual() as exchange:
            with pytest.raises(FaultError):
                inject(exchange.faults, exchange.clock, {"fault": "delay", "seconds": 1, "then": following})
            assert exchange.faults.waiting == 0

    run(life)
