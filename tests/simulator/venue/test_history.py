"""An exchange that keeps a handful in memory answers as an exchange that keeps everything."""

from __future__ import annotations

import random
from typing import Any

import pytest

from binance_wsapi.simulator import Clock, LimitRules, LocalExchange
from binance_wsapi.simulator.venue import history
from tests.simulator.desk import Raw, add_hmac_key

NO_LIMITS = LimitRules(weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9)
SYMBOLS = ("BTCUSDT", "ETHUSDT")
PRICES = {"BTCUSDT": 60_000, "ETHUSDT": 3_000}
IDS = [f"name{number}" for number in range(12)]
"""Few of them, so that ids are used again."""


async def live(raw: Raw, seed: int, steps: int) -> None:
    """Place, fill, cancel, amend and list orders at random, the same for the same seed."""
    chance = random.Random(seed)
    for symbol in SYMBOLS:
        price = PRICES[symbol]
        raw.exchange.quote(symbol, bids=[(price - 1, 100)], asks=[(price + 1, 100)])
    for step in range(steps):
        symbol = chance.choice(SYMBOLS)
        price = PRICES[symbol]
        which = {"symbol": symbol, "origClientOrderId": chance.choice(IDS)}
        order = {"symbol": symbol, "side": "BUY", "quantity": "0.01", "newClientOrderId": chance.choice(IDS)}
        rest = {"type": "LIMIT", "timeInForce": "GTC", "price": str(price - chance.randint(2, 300))}
        act = chance.choice(("rest", "rest", "take", "route", "cancel", "cancel", "amend", "list", "unlist", "replace"))
        if act == "rest":
            await raw.signed("order.place", **order, **rest)
        elif act == "take":
            await raw.signed("order.place", **order, type="MARKET")
        elif act == "route" and symbol == "BTCUSDT":
            await raw.signed("sor.order.place", **order, type="MARKET")
        elif act == "cancel":
            await raw.signed("order.cancel", **which)
        elif act == "amend":
            await raw.signed("order.amend.keepPriority", **which, newQty=f"0.00{chance.randint(2, 9)}")
        elif act == "list":
            legs: dict[str, Any] = {"aboveType": "LIMIT_MAKER", "abovePrice": price + 500, "belowType": "STOP_LOSS"}
            name = f"list{chance.randint(0, 5)}"
            more: dict[str, Any] = {
                "side": "SELL",
                "quantity": "0.01",
                "listClientOrderId": name,
                "belowStopPrice": price - 900,
            }
            await raw.signed("orderList.place.oco", symbol=symbol, **legs, **more)
        elif act == "unlist":
            name = f"list{chance.randint(0, 5)}"
            await raw.signed("orderList.cancel", symbol=symbol, listClientOrderId=name, newClientOrderId=f"gone{step}")
        elif act == "replace":
            cancel = {"cancelReplaceMode": "ALLOW_FAILURE", "cancelOrigClientOrderId": which["origClientOrderId"]}
            await raw.signed("order.cancelReplace", **order, **rest, **cancel)
    await raw.signed("openOrders.cancelAll", symbol="ETHUSDT")


async def ask_everything(raw: Raw) -> list[Any]:
    """Ask every question in many ways."""
    told: list[Any] = []

    async def ask(method: str, **params: Any) -> Any:
        answer = await raw.signed(method, **params)
        told.append((method, params, answer.get("result"), answer.get("error")))
        return answer.get("result") or []

    for symbol in SYMBOLS:
        orders = await ask("allOrders", symbol=symbol, limit=1000)
        trades = await ask("myTrades", symbol=symbol, limit=1000)
        times = sorted({row["updateTime"] for row in orders})
        spans: list[dict[str, int]] = [
            {"startTime": times[0]},
            {"endTime": times[-1]},
            {"endTime": times[len(times) // 2]},
            {"startTime": times[len(times) // 4], "endTime": times[len(times) // 2]},
        ]
        for limit in (3, 100):
            for span in ({}, *spans):
                await ask("allOrders", symbol=symbol, limit=limit, **span)
                await ask("myTrades", symbol=symbol, limit=limit, **span)
                await ask("myAllocations", symbol=symbol, limit=limit, **span)
                await ask("allOrderLists", limit=limit, **span)
            for number in (0, 1, 40, len(orders) - 3):
                await ask("allOrders", symbol=symbol, limit=limit, orderId=number)
                await ask("myAllocations", symbol=symbol, limit=limit, fromAllocationId=number)
                await ask("allOrderLists", limit=limit, fromId=number)
            for row in trades[:: max(1, len(trades) // 5)]:
                await ask("myTrades", symbol=symbol, limit=limit, fromId=row["id"])
                await ask("myTrades", symbol=symbol, limit=limit, orderId=row["orderId"])
        for row in orders[:: max(1, len(orders) // 25)]:
            await ask("order.status", symbol=symbol, orderId=row["orderId"])
            await ask("order.amendments", symbol=symbol, orderId=row["orderId"])
            await ask("order.status", symbol=symbol, origClientOrderId=row["clientOrderId"])
        for name in IDS:
            await ask("order.status", symbol=symbol, origClientOrderId=name)
    for number in range(30):
        await ask("orderList.status", orderListId=number)
    for name in (f"{word}{number}" for word in ("list", "gone") for number in range(30)):
        await ask("orderList.status", origClientOrderId=name)
    await ask("openOrders.status")
    await ask("openOrderLists.status")
    return told


def believed(exchange: LocalExchange) -> list[Any]:
    """Return all that the truth holds."""
    truth = exchange.truth
    return [
        [(str(each), each.ids, each.events, each.order_list_id, each.client_order_id) for each in truth.all_orders()],
        {name: [each.order_id for each in truth.orders[name]] for name in truth.orders},
        list(truth.trades),
        [truth.trades[-1], truth.trades[0], truth.trades[3:17], list(reversed(truth.trades))[:5]],
        [
            (each.order_list_id, each.list_client_order_id, [(leg.order_id, leg.status) for leg in each.orders])
            for each in truth.order_lists()
        ],
    ]


@pytest.mark.parametrize("lag", [0.0, 0.002])
async def test_what_went_to_disk_is_answered_as_what_is_in_memory(lag: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BATCH", 3)
    monkeypatch.setattr("binance_wsapi.simulator.record.truth.BATCH", 3)
    answers, beliefs = [], []
    for keep in (2, 10**6):
        clock = Clock(1_767_225_600_000)
        exchange = LocalExchange(market="manual", clock=clock, lag=lag, limits=NO_LIMITS, keep_orders=keep)
        async with exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            monkeypatch.setattr(clock, "engine_us", _ticks())
            await live(raw, 5, 160)
            answers.append(await ask_everything(raw))
            beliefs.append(believed(exchange))
            on_disk = next(exchange._venue.archive.read("SELECT count(*) FROM orders"), (0,))[0]
            assert (on_disk > 40) == (keep == 2)
    for told, true in zip(*answers, strict=True):
        assert told == true
    assert beliefs[0] == beliefs[1]


def _ticks() -> Any:
    """Return a clock that moves on by a hundred microseconds with every look."""
    now = 1_767_225_600_000_000

    def tick() -> int:
        nonlocal now
        now += 100
        return now

    return tick


async def test_a_reset_forgets_what_is_on_disk_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BATCH", 3)
    monkeypatch.setattr("binance_wsapi.simulator.record.truth.BATCH", 3)
    async with LocalExchange(market="manual", limits=NO_LIMITS, keep_orders=2) as exchange:
        add_hmac_key(exchange)
        async with Raw(exchange) as raw:
            await live(raw, 5, 60)
        assert exchange.truth.all_orders()
        exchange.faults.reset()
        await ask_after_the_reset(exchange)


async def ask_after_the_reset(exchange: LocalExchange) -> None:
    async with Raw(exchange) as raw:
        for symbol in SYMBOLS:
            assert (await raw.signed("allOrders", symbol=symbol))["result"] == []
            assert (await raw.signed("myTrades", symbol=symbol))["result"] == []
        assert (await raw.signed("allOrderLists"))["result"] == []
        assert exchange.truth.all_orders() == []
        assert list(exchange.truth.trades) == []
        assert exchange.truth.order_lists() == []
        assert list(exchange.truth.orders) == []
        await live(raw, 6, 60)
        assert len((await raw.signed("allOrders", symbol="BTCUSDT", limit=1000))["result"]) == len(
            [each for each in exchange.truth.all_orders() if each.symbol == "BTCUSDT"]
        )
