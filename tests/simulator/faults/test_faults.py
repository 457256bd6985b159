"""What goes wrong on purpose does go wrong, and the truth knows what happened."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from binance_wsapi.simulator import Cut, Delay, Double, Drop, Garbage, LocalExchange, Refuse
from binance_wsapi.simulator.api.calls import Method
from binance_wsapi.simulator.api.methods import METHODS
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_ed25519_key, add_hmac_key, log_on

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.1",
    "price": "50000",
}


async def place(raw: Raw, client_id: str, **more: Any) -> Any:
    """Send a signed order without waiting for an answer."""
    params = {**ORDER, "newClientOrderId": client_id, **more}
    return await raw.send("order.place", raw.sign(params))


@pytest.mark.parametrize(("after", "orders"), [(False, 0), (True, 1)])
async def test_a_cut_before_execution_leaves_no_order_and_one_after_it_leaves_one(after: bool, orders: int) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.faults.next(Cut(after_execution=after), method="order.place")
        await place(raw, "lost")
        with pytest.raises(ConnectionClosedError):
            await raw.receive()
        assert len(exchange.truth.orders["lost"]) == orders
        assert exchange.faults.used == [("order.place", Cut(after_execution=after))]


async def test_a_dropped_answer_leaves_the_connection_alive_and_the_order_placed() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.faults.next(Drop(), method="order.place")
        await place(raw, "silent")
        assert await raw.get("ping") == {}
        assert [order.status for order in exchange.truth.orders["silent"]] == ["NEW"]


async def test_a_doubled_answer_comes_twice_and_is_executed_once() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.faults.next(Double())
        identity = await place(raw, "twice")
        first, second = await raw.receive(), await raw.receive()
        assert first == second
        assert first["id"] == identity
        assert len(exchange.truth.orders["twice"]) == 1


@pytest.mark.parametrize("executed", [False, True])
async def test_a_refusal_may_lie_about_the_execution(executed: bool) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.faults.next(Refuse(503, -1007, "unknown", {"a": 1}, executed=executed), "order.place", count=2)
        for client_id in ("a", "b"):
            answer = await raw.signed("order.place", **ORDER, newClientOrderId=client_id)
            assert answer["status"] == 503
            assert answer["error"] == {"code": -1007, "msg": "unknown", "data": {"a": 1}}
            assert bool(exchange.truth.orders[client_id]) is executed
        assert exchange.faults.waiting == 0
        assert (await raw.signed("order.place", **ORDER, newClientOrderId="c"))["status"] == 200


@pytest.mark.parametrize("then_reply", [False, True])
async def test_garbage_comes_before_the_answer_or_instead_of_it(then_reply: bool) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        exchange.faults.next(Garbage("{not json", then_reply))
        await raw.send("ping")
        assert await raw.socket.recv() == "{not json"
        assert (await raw.ask("time"))["id"] == 2 if not then_reply else (await raw.receive())["id"] == 1


@pytest.mark.parity("error code", "-1007")
def test_a_late_answer_comes_late_and_a_queued_request_can_become_too_old() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            exchange.faults.next(Delay(8.0))
            start = loop.time()
            assert (await raw.signed("order.place", **ORDER, newClientOrderId="late"))["status"] == 200
            assert 8.0 <= loop.time() - start < 8.1

            exchange.faults.next(Delay(8.0, at="queue"))
            answer = await raw.signed("order.place", **ORDER, newClientOrderId="old")
            assert answer["error"] == {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}
            assert exchange.truth.orders["old"] == []

            exchange.faults.next(Delay(15.0, at="engine"))
            start = loop.time()
            answer = await raw.signed("order.place", **ORDER, newClientOrderId="slow")
            assert (answer["status"], answer["error"]["code"]) == (504, -1007)
            assert 10.0 <= loop.time() - start < 10.1
            assert exchange.truth.orders["slow"] == []
            await asyncio.sleep(6)
            assert len(exchange.truth.orders["slow"]) == 1

    run(life)


async def test_cut_all_resets_every_connection() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as one, Raw(exchange) as two:
        assert exchange.faults.cut_all() == 2
        for raw in (one, two):
            with pytest.raises(ConnectionClosedError):
                await raw.receive()


@pytest.mark.parity("user data event", "serverShutdown")
@pytest.mark.parity("behaviour", "serverShutdown in both forms")
def test_a_shutdown_is_announced_and_closes_with_1001_after_its_lead() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            exchange.faults.shutdown(lead=5.0)
            assert (await raw.receive())["event"]["e"] == "serverShutdown"
            assert await raw.get("ping") == {}, "it serves until the end"
            start = loop.time()
            with pytest.raises(ConnectionClosedOK) as closed:
                await raw.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
            assert 4.9 <= loop.time() - start <= 5.1
            async with Raw(exchange) as other:
                assert await other.get("ping") == {}, "another server takes over"

    run(life)


async def test_close_sends_the_given_code_and_reason() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        exchange.faults.close(1008, "too much")
        with pytest.raises(ConnectionClosedError) as closed:
            await raw.receive()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "too much")


def test_a_silent_connection_answers_neither_request_nor_ping_until_it_is_healed() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw, Raw(exchange) as later:
            await raw.get("ping")
            exchange.faults.silence()
            written = loop.network.links[0].down._arrives
            pong = await raw.socket.ping()
            await raw.send("time")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(50):
                    await raw.receive()
            assert loop.network.links[0].down._arrives == written, "no ping of its own either"
            assert not asyncio.ensure_future(pong).done()
            exchange.faults.heal()
            assert (await raw.receive())["id"] == 2
            await pong
            assert await later.get("ping") == {}

    run(life)


@pytest.mark.parity("behaviour", "a revoked key ends the session under id null")
async def test_a_revoked_key_ends_the_session_under_id_null() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await log_on(raw, add_ed25519_key(exchange))
        exchange.faults.revoke("ed")
        await raw.send("account.status", {"timestamp": exchange.clock.now_ms()})
        answer = await raw.receive()
        assert (answer["id"], answer["status"], answer["error"]["code"]) == (None, 401, -2015)
        assert (await raw.get("session.status"))["apiKey"] is None


async def test_a_lost_event_is_missing_while_the_order_happened() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await log_on(raw, add_ed25519_key(exchange))
        add_hmac_key(exchange)
        await raw.get("userDataStream.subscribe")
        exchange.faults.lose_events("executionReport")
        await raw.signed("order.place", **ORDER, newClientOrderId="unseen")
        await raw.event("outboundAccountPosition")
        assert not [event for event in raw.events if event["e"] == "executionReport"]
        await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="unseen")
        assert (await raw.event("executionReport"))["x"] == "CANCELED"


async def test_a_terminated_subscription_says_so_and_hears_nothing_more() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await log_on(raw, add_ed25519_key(exchange))
        await raw.get("userDataStream.subscribe")
        exchange.faults.terminate_subscriptions()
        await raw.event("eventStreamTerminated")
        exchange.deposit("alice", "USDT", "1")
        assert await raw.get("session.subscriptions") == []
        assert raw.events == []


async def test_a_refused_connect_is_an_http_error() -> None:
    async with LocalExchange(market="manual") as exchange:
        exchange.faults.refuse_connects(429)
        with pytest.raises(InvalidStatus) as refused:
            async with Raw(exchange):
                pass
        assert refused.value.response.status_code == 429
        async with Raw(exchange) as raw:
            assert await raw.get("ping") == {}


async def test_connects_are_refused_as_often_as_a_number_says_until_the_faults_are_cleared() -> None:
    async with LocalExchange(market="manual") as exchange:
        exchange.faults.refuse_connects(503, 10**9)
        for _ in range(3):
            with pytest.raises(InvalidStatus):
                await Raw(exchange).__aenter__()
        exchange.faults.clear()
        async with Raw(exchange) as raw:
            assert await raw.get("ping") == {}
        with pytest.raises(ValueError, match="count must be 1 or more, got 0"):
            exchange.faults.stall_tls(0)


async def test_the_truth_finds_an_order_by_every_id_it_had_and_keeps_the_frames() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("BTCUSDT", asks=[("49000", "0.04")])
        await raw.signed("order.place", **ORDER, newClientOrderId="first")
        await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="first", newClientOrderId="gone")
        [order] = exchange.truth.orders["first"]
        assert exchange.truth.orders["gone"] == [order]
        assert (order.original_id, order.client_order_id, order.status) == ("first", "gone", "CANCELED")
        assert order.ids == ["first", "gone"]
        [trade] = exchange.truth.trades
        assert (trade.original_id, str(trade.price), str(trade.quantity)) == ("first", "49000", "0.04")
        assert exchange.truth.balances("alice")["USDT"][1] == 0
        assert [json.loads(frame.data)["id"] for frame in exchange.truth.frames] == [1, 1, 2, 2]
        assert [frame.direction for frame in exchange.truth.frames] == ["in", "out", "in", "out"]
        assert exchange.truth.counters["order.place"] == 1


async def test_leaving_does_not_wait_for_a_silent_connection() -> None:
    exchange = LocalExchange(market="live")
    async with asyncio.timeout(2):
        async with exchange:
            raw = await Raw(exchange).__aenter__()
            exchange.faults.next(Delay(1000))
            await raw.send("ping")
            exchange.faults.silence()
    with pytest.raises(ConnectionClosedError):
        await raw.receive()


@pytest.mark.parametrize(("query", "code"), [("responseFormat=sbe", -1155), ("timeUnit=SECOND", -1194)])
async def test_a_url_that_asks_for_what_is_not_spoken_fails_the_handshake(query: str, code: int) -> None:
    async with LocalExchange(market="manual") as exchange:
        with pytest.raises(InvalidStatus) as refused:
            async with Raw(exchange, url=f"{exchange.url}?{query}"):
                pass
        assert refused.value.response.status_code == 400
        assert json.loads(refused.value.response.body)["code"] == code
        assert len(exchange.truth.attempts) == 1


async def test_every_connection_has_a_name_of_its_own() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as one, Raw(exchange) as two:
        names = {raw.socket.response.headers["x-mbx-uuid"] for raw in (one, two) if raw.socket.response}
        assert len(names) == 2


@pytest.mark.parity("behaviour", "symbol status: HALT, BREAK, CANCEL_ONLY")
async def test_a_halted_symbol_refuses_orders_and_one_for_cancelling_only_lets_them_go() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("order.place", **ORDER, newClientOrderId="a")
        exchange.set_status("BTCUSDT", "CANCEL_ONLY")
        answer = await raw.signed("order.place", **ORDER, newClientOrderId="b")
        assert answer["error"] == {"code": -2010, "msg": "Market is closed."}
        assert (await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="a"))["status"] == 200
        assert (await raw.get("exchangeInfo", {"symbol": "BTCUSDT"}))["symbols"][0]["status"] == "CANCEL_ONLY"
        for status in ("HALT", "BREAK"):  # orders can be cancelled there (CHANGELOG, 2020-04-25)
            exchange.set_status("BTCUSDT", "TRADING")
            await raw.signed("order.place", **ORDER, newClientOrderId=status)
            exchange.set_status("BTCUSDT", status)
            which = {"symbol": "BTCUSDT", "origClientOrderId": status}
            refused = await raw.signed("order.amend.keepPriority", **which, newQty="0.00001")
            assert refused["error"] == {"code": -2038, "msg": "Market is closed."}
            assert (await raw.signed("order.cancel", **which))["status"] == 200


async def test_amounts_are_exact_numbers() -> None:
    async with LocalExchange(market="manual") as exchange:
        before = exchange.truth.balances()["BTC"][0]
        exchange.deposit("alice", "BTC", Decimal("1E+1"))
        assert exchange.truth.balances()["BTC"][0] == before + 10
        with pytest.raises(TypeError, match="str, an int or a Decimal"):
            exchange.deposit("alice", "BTC", 0.1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"cannot quote 1 at 1\.001 on BTCUSDT: Filter failure: PRICE_FILTER"):
            exchange.quote("BTCUSDT", bids=[("1.001", 1)])


def test_a_queued_public_request_has_no_window_to_miss() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            exchange.faults.next(Delay(8.0, at="queue"))
            start = loop.time()
            assert await raw.get("ping") == {}
            assert loop.time() - start >= 8.0

    run(life)


def test_an_action_is_an_action_and_happens_at_least_once() -> None:
    faults = LocalExchange(market="manual").faults
    with pytest.raises(TypeError, match="an action is"):
        faults.next(Drop)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="count must be 1 or more"):
        faults.next(Drop(), count=0)
    faults.next(Drop(), count=3)
    assert faults.waiting == 3
    faults.clear()
    assert faults.waiting == 0


async def test_a_mistake_of_the_exchange_itself_is_not_swept_under_the_carpet(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(METHODS, "ping", Method("ping", broken))

    async def life() -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            await raw.send("ping")
            with pytest.raises(ConnectionClosedError):
                await raw.receive()

    with pytest.raises(RuntimeError, match="the exchange made a mistake"):
        await life()
