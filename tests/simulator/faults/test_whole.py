"""What goes wrong with the whole venue: asked over a bare socket, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.whole import BUSY
from tests.simulation.loop import run
from tests.simulator.api.test_rest_lists import desk
from tests.simulator.desk import Raw, add_hmac_key

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "50000",
    "quantity": "0.01",
}


def play(test: Callable[[LocalExchange, Raw], Awaitable[None]]) -> None:
    async def life(_: Any) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            await test(exchange, raw)

    run(life)


@pytest.mark.parametrize("code", BUSY)
@pytest.mark.parametrize("executed", [False, True])
def test_busy_refuses_every_method_for_a_while(code: int, executed: bool) -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        exchange.faults.busy(10, code, executed=executed)
        for method in ("ping", "time", "depth"):
            answer = await raw.ask(method, {"symbol": "BTCUSDT"} if method == "depth" else None)
            assert (answer["status"], answer["error"]["code"]) == (BUSY[code][0], code)
        assert (await raw.signed("order.place", **ORDER))["error"]["code"] == code
        assert len(exchange.truth.all_orders()) == executed
        await asyncio.sleep(11)
        assert (await raw.ask("ping"))["status"] == 200
        exchange.faults.busy(1000)
        exchange.faults.clear()
        assert (await raw.ask("ping"))["status"] == 200

    play(test)


@pytest.mark.parametrize("executed", [False, True])
def test_a_deaf_gateway_answers_nothing_and_stays_connected(executed: bool) -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        exchange.faults.deaf(10, executed=executed)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await raw.signed("order.place", **ORDER)
        assert len(exchange.truth.all_orders()) == executed
        await asyncio.wait_for(await raw.socket.ping(), 1)
        await asyncio.sleep(6)
        assert (await raw.ask("ping"))["status"] == 200

    play(test)


@pytest.mark.parity("engine message", "WebSocket API trading is not enabled.")
def test_maintenance_refuses_new_orders_alone() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        await raw.signed("order.place", **ORDER, newClientOrderId="before")
        exchange.faults.maintenance(10)
        refused = await raw.signed("order.place", **ORDER)
        assert refused["error"] == {"code": -2010, "msg": "WebSocket API trading is not enabled."}
        assert (await raw.ask("depth", {"symbol": "BTCUSDT"}))["status"] == 200
        assert (await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="before"))["status"] == 200
        await asyncio.sleep(11)
        assert (await raw.signed("order.place", **ORDER))["status"] == 200

    play(test)


@pytest.mark.parity("engine message", "Rest API trading is not enabled.")
async def test_maintenance_holds_for_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(monkeypatch) as (exchange, rest):
        exchange.faults.maintenance(60)
        refused = await rest.ask("POST", "order", **ORDER)
        assert (refused.status_code, refused.json()) == (
            400, {"code": -2010, "msg": "Rest API trading is not enabled."}
        )  # fmt: skip
        exchange.faults.clear()
        assert (await rest.must("POST", "order", **ORDER))["status"] == "NEW"


def test_a_ban_ends_the_connection_and_its_time() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        exchange.faults.ban(30)
        answer = await raw.ask("ping")
        assert (answer["status"], answer["error"]["code"]) == (418, -1003)
        with pytest.raises(ConnectionClosed):
            await raw.ask("ping")
        await asyncio.sleep(31)
        async with Raw(exchange) as again:
            assert (await again.ask("ping"))["status"] == 200

    play(test)


def test_queries_lag_as_soon_as_they_are_told_to() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        exchange.faults.lag(2, 2)
        placed = (await raw.signed("order.place", **ORDER))["result"]
        which = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
        assert (await raw.signed("order.status", **which))["error"]["code"] == -2013
        await asyncio.sleep(2.1)
        assert (await raw.signed("order.status", **which))["result"]["status"] == "NEW"
        waiting = (await raw.signed("order.place", **ORDER))["result"]
        exchange.faults.lag()
        placed = (await raw.signed("order.place", **ORDER))["result"]
        for each in (waiting, placed):
            assert (await raw.signed("order.status", symbol="BTCUSDT", orderId=each["orderId"]))["status"] == 200

    play(test)


def test_a_reset_deletes_everything_but_the_keys() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        exchange.deposit("alice", "BTC", "5")
        exchange.remember_balances()
        exchange.quote("BTCUSDT", asks=[("60001", "1")])
        before = exchange.truth.balances()
        filled = (await raw.signed("order.place", **{**ORDER, "price": "60001"}))["result"]
        await raw.signed("order.place", **ORDER)
        assert filled["status"] == "FILLED"
        exchange.faults.reset()
        with pytest.raises(ConnectionClosed):
            await raw.ask("ping")
        assert exchange.truth.balances() == before
        assert not exchange.truth.all_orders()
        assert not exchange.truth.trades
        async with Raw(exchange) as again:
            assert (await again.signed("openOrders.status"))["result"] == []
            assert (await again.signed("allOrders", symbol="BTCUSDT"))["result"] == []
            assert (await again.signed("myTrades", symbol="BTCUSDT"))["result"] == []
            assert (await again.get("trades.recent", {"symbol": "BTCUSDT"})) == []
            assert (await again.get("depth", {"symbol": "BTCUSDT"}))["asks"] == []
            assert (await again.signed("account.rateLimits.orders"))["result"][0]["count"] == 0
            exchange.quote("BTCUSDT", asks=[("60002", "1")])
            anew = (await again.signed("order.place", **{**ORDER, "price": "60002"}))["result"]
            assert anew["status"] == "FILLED"
            assert anew["fills"][0]["tradeId"] == filled["fills"][0]["tradeId"] == 0, "ids begin anew"

    play(test)


async def test_a_live_market_goes_on_after_a_reset() -> None:
    async def life(_: Any) -> None:
        async with LocalExchange(market="live") as exchange, Raw(exchange):
            await asyncio.sleep(30)
            exchange.faults.reset()
            await asyncio.sleep(30)
            async with Raw(exchange) as raw:
                assert await raw.get("trades.recent", {"symbol": "BTCUSDT"})
                assert (await raw.get("depth", {"symbol": "ETHBTC"}))["bids"]

    await asyncio.to_thread(run, life)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("busy", (0,)), ("busy", (1, -1003)), ("busy", (float("inf"),)), ("deaf", (-1,)), ("maintenance", (0,)),
     ("ban", (0,)), ("lag", (2, 1)), ("lag", (-1, 1))],
)  # fmt: skip
async def test_what_cannot_be_is_refused(name: str, arguments: tuple[float, ...]) -> None:
    async with LocalExchange(market="manual") as exchange:
        with pytest.raises(ValueError, match="must be"):
            getattr(exchange.faults, name)(*arguments)
