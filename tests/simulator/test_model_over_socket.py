"""Under any sequence of actions what clients hear over the wire is one consistent exchange.

Two accounts trade with each other on two symbols that smart order routing joins. Each has a connection of its own and
hears its user data; a third connection follows the diff streams. After every action, from the wire alone:

* balances and commissions add up to what was paid in, to the last digit;
* what is locked is what the open orders need;
* the book is not crossed, holds the open orders, and is what the documented local-book procedure makes of the stream;
* no order that stood before a maker, by price or by time, was passed over;
* balances, orders and lists put together from events are those the queries answer.

MODEL_EXAMPLES sets how many sequences are tried; a failing one is then made as short as it gets.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from contextlib import AsyncExitStack
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.access.limits import LimitRules
from tests.counts import drawn
from tests.simulation.loop import VirtualLoop
from tests.simulator.desk import SECRET, Raw
from tests.simulator.streams.test_hub import Streams

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", drawn(5, 14)))
STEPS = 40
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if "MODEL_EXAMPLES" in os.environ else ()))
"""Making a failing sequence shorter takes minutes: where it is asked for."""
SYMBOLS = {"BTCUSDT": "USDT", "BTCUSDC": "USDC"}
OPEN = ("NEW", "PARTIALLY_FILLED", "PENDING_NEW")
STARTING = {"bob": {"BTC": "6", "USDT": "300000", "USDC": "300000", "BNB": "1"}}
REFUSALS = {-1013, -2010, -2011, -2013, -2018, -2021, -2022, -2038}
"""What a well-formed action may be refused with."""
NO_LIMITS = LimitRules(weight_per_minute=10**9, orders_per_10_seconds=10**6)
SATOSHI = Decimal("1e-8")

who = st.sampled_from(["alice", "bob"])
symbols = st.sampled_from(sorted(SYMBOLS))
sides = st.sampled_from(["BUY", "SELL"])
quantities = st.integers(10, 2000).map(lambda n: Decimal(n) / 1000)
prices = st.integers(-4, 4).map(lambda n: Decimal(60_000 + 20 * n))
"""Few of them, so that orders queue behind each other."""
modes = st.sampled_from(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"])
tifs = st.sampled_from(["GTC", "IOC", "FOK"])
offsets = st.integers(1, 30).map(lambda n: Decimal(10 * n))
Row = dict[str, Any]


def remaining(row: Row) -> Decimal:
    return Decimal(row["origQty"]) - Decimal(row["executedQty"]) - Decimal(row.get("preventedQuantity", "0"))


def price_of(row: Row) -> Decimal:
    return Decimal(row["peggedPrice"] if Decimal(row["price"]) == 0 and "peggedPrice" in row else row["price"])


def needs(row: Row) -> Decimal:
    """Return what an open order must hold, in the asset it pays with."""
    if row["side"] == "SELL":
        return remaining(row)
    return (remaining(row) * price_of(row)).quantize(SATOSHI, ROUND_DOWN)


class Trader:
    """One account as its own client sees it."""

    def __init__(self, raw: Raw, name: str) -> None:
        self.raw = raw
        self.name = name
        self.balances: dict[str, tuple[str, str]] = {}
        self.orders: dict[tuple[str, int], Row] = {}
        self.lists: dict[int, str] = {}
        self.commissions: dict[str, Decimal] = defaultdict(Decimal)
        self.opo: dict[int, int] = {}
        self.makers: list[Row] = []
        self.open: list[Row] = []
        self.open_lists: list[Row] = []
        self.account: Row = {}

    async def ask(self, method: str, **params: Any) -> Row:
        return await self.raw.signed(method, api_key=self.name, **params)

    async def get(self, method: str, **params: Any) -> Any:
        answer = await self.ask(method, **params)
        assert answer["status"] == 200, answer
        return answer["result"]

    def hear(self) -> None:
        """Take in the events so far."""
        for event in self.raw.events:
            if event["e"] == "outboundAccountPosition":
                self.balances |= {each["a"]: (each["f"], each["l"]) for each in event["B"]}
            elif event["e"] == "listStatus":
                self.lists[event["g"]] = event["L"]
            elif event["e"] == "executionReport":
                self._report(event)
        self.raw.events.clear()

    def _report(self, event: Row) -> None:
        last = self.orders.get((event["s"], event["i"]))
        done = Decimal(last["z"]) if last else Decimal(0)
        spent = Decimal(last["Z"]) if last else Decimal(0)
        assert last is None or (last["X"] in OPEN and event["I"] > last["I"]), (last, event)
        assert Decimal(event["z"]) == done + Decimal(event["l"])
        assert Decimal(event["Z"]) == spent + Decimal(event["Y"])
        if event["N"] is not None:
            self.commissions[event["N"]] += Decimal(event["n"])
        if event["x"] == "TRADE" and event["m"]:
            self.makers.append(event)
        self.orders[event["s"], event["i"]] = event


class OverTheWire(RuleBasedStateMachine):
    """Random actions of two clients."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop(seed=1)
        self.stack = AsyncExitStack()
        self.books: dict[str, dict[str, dict[Decimal, Decimal]]] = {}
        self.ids: dict[str, int] = {}
        self._shown: dict[str, Row] = {}
        self.queues: dict[tuple[str, str], list[Row]] = {}
        try:
            self._run(self._start())
        except BaseException:
            self.teardown()
            raise

    def _run(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(coroutine)

    async def _start(self) -> None:
        enter = self.stack.enter_async_context
        exchange = self.exchange = await enter(LocalExchange(market="manual", lag=(0, 0), seed=3, limits=NO_LIMITS))
        for name in ("alice", "bob"):
            exchange.register_key(name, "hmac", secret=SECRET, account=name)
        for asset, amount in STARTING["bob"].items():
            exchange.deposit("bob", asset, amount)
        self.traders = {}
        self.streams = await enter(Streams(exchange, "/stream?streams=btcusdt@depth@100ms/btcusdc@depth@100ms"))
        for name in ("alice", "bob"):
            raw = await enter(Raw(exchange, url=f"{exchange.url}?timeUnit=MICROSECOND&returnRateLimits=false"))
            trader = self.traders[name] = Trader(raw, name)
            await trader.get("userDataStream.subscribe.signature")
            account = await trader.get("account.status")
            trader.balances = {each["asset"]: (each["free"], each["locked"]) for each in account["balances"]}
        self.paid_in: dict[str, Decimal] = defaultdict(Decimal)
        for trader in self.traders.values():
            for asset, (free, locked) in trader.balances.items():
                self.paid_in[asset] += Decimal(free) + Decimal(locked)
        for symbol in SYMBOLS:
            await self._snapshot(symbol)
        await self._act("alice", "order.place", **self._limit("BTCUSDT", "SELL", "0.1", 60_000))
        await self._act("bob", "order.place", **self._limit("BTCUSDT", "BUY", "0.1", 60_000))
        await self._act("alice", "order.place", **self._limit("BTCUSDC", "SELL", "0.1", 60_000))
        await self._act("bob", "order.place", **self._limit("BTCUSDC", "BUY", "0.1", 60_000))
        for symbol in SYMBOLS:
            for number in range(12):
                name, side = ("alice", "bob")[number // 2 % 2], ("BUY", "SELL")[number % 2]
                step = 20 * (1 + number // 4 % 2) * (-1 if side == "BUY" else 1)
                await self._act(name, "order.place", **self._limit(symbol, side, "0.1", 60_000 + step))

    def teardown(self) -> None:
        self._run(self.stack.aclose())
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self._run(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()
        assert not self.loop.unhandled

    # --- actions -------------------------------------------------------------------------------------------------------

    @staticmethod
    def _limit(symbol: str, side: str, quantity: object, price: object) -> Row:
        return {
            "symbol": symbol, "side": side, "type": "LIMIT", "timeInForce": "GTC",
            "quantity": str(quantity), "price": str(price),
        }  # fmt: skip

    async def _act(self, name: str, method: str, **params: Any) -> Row:
        self.queues = self._standing()
        answer = await self.traders[name].ask(method, **params)
        if answer["status"] != 200:
            assert answer["error"]["code"] in REFUSALS, (method, params, answer)
        await self._look()
        return answer

    def _standing(self) -> dict[tuple[str, str], list[Row]]:
        """Return the working orders by symbol and side, first to trade first."""
        queues: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for trader in self.traders.values():
            for row in trader.open:
                if row["isWorking"]:
                    queues[row["symbol"], row["side"]].append(row)
        for (_, side), rows in queues.items():
            sign = -1 if side == "BUY" else 1
            rows.sort(key=lambda row, sign=sign: (sign * price_of(row), row["workingTime"]))  # type: ignore[misc]
        return queues

    def _do(self, name: str, method: str, **params: Any) -> Row:
        answer: Row = self._run(self._act(name, method, **params))
        return answer

    @rule(name=who, symbol=symbols, side=sides, quantity=quantities, price=prices, tif=tifs, stp=modes, parts=st.integers(0, 3), routed=st.booleans())  # fmt: skip
    def limit(self, name: str, symbol: str, side: str, quantity: Decimal, price: Decimal, tif: str, stp: str, parts: int, routed: bool) -> None:  # fmt: skip
        params = {**self._limit(symbol, side, quantity, price), "timeInForce": tif, "selfTradePreventionMode": stp}
        if parts > 1 and tif == "GTC":
            params["icebergQty"] = str((quantity / parts).quantize(Decimal("0.001"), ROUND_DOWN))
        self._do(name, "sor.order.place" if routed else "order.place", **params)

    @rule(name=who, symbol=symbols, side=sides, quantity=quantities, by_quote=st.booleans(), stp=modes)
    def market(self, name: str, symbol: str, side: str, quantity: Decimal, by_quote: bool, stp: str) -> None:
        amount = {"quoteOrderQty": str(quantity * 50_000)} if by_quote else {"quantity": str(quantity)}
        self._do(name, "order.place", symbol=symbol, side=side, type="MARKET", selfTradePreventionMode=stp, **amount)

    @rule(name=who, symbol=symbols, side=sides, quantity=quantities, price=prices, peg=st.booleans())
    def maker(self, name: str, symbol: str, side: str, quantity: Decimal, price: Decimal, peg: bool) -> None:
        where = {"pegPriceType": "PRIMARY_PEG"} if peg else {"price": str(price)}
        self._do(name, "order.place", symbol=symbol, side=side, type="LIMIT_MAKER", quantity=str(quantity), **where)

    @rule(name=who, symbol=symbols, side=sides, quantity=quantities, offset=offsets, profit=st.booleans(), delta=st.integers(9, 100))  # fmt: skip
    def stop(self, name: str, symbol: str, side: str, quantity: Decimal, offset: Decimal, profit: bool, delta: int) -> None:  # fmt: skip
        kind = "TAKE_PROFIT_LIMIT" if profit else "STOP_LOSS_LIMIT"
        rising = profit == (side == "SELL")
        price = 60_000 + offset if rising else 60_000 - offset
        params = {**self._limit(symbol, side, quantity, price), "type": kind}
        if delta > 50:
            params["trailingDelta"] = str(delta)
        if delta < 80:
            params["stopPrice"] = str(price)
        self._do(name, "order.place", **params)

    @rule(name=who, symbol=symbols, side=sides, quantity=quantities, offset=offsets)
    def oco(self, name: str, symbol: str, side: str, quantity: Decimal, offset: Decimal) -> None:
        above, below = str(60_000 + offset), str(60_000 - offset)
        stop = {"Type": "STOP_LOSS_LIMIT", "TimeInForce": "GTC"}
        legs = {"aboveType": "LIMIT_MAKER", "abovePrice": above, "belowPrice": below, "belowStopPrice": below}
        legs |= {f"below{key}": value for key, value in stop.items()}
        if side == "BUY":
            legs = {"belowType": "LIMIT_MAKER", "belowPrice": below, "abovePrice": above, "aboveStopPrice": above}
            legs |= {f"above{key}": value for key, value in stop.items()}
        self._do(name, "orderList.place.oco", symbol=symbol, side=side, quantity=str(quantity), **legs)

    @rule(kind=st.sampled_from(["oto", "otoco", "opo", "opoco"]), symbol=symbols, quantity=quantities, price=prices, offset=offsets, pending=st.sampled_from(["LIMIT", "MARKET"]))  # fmt: skip
    def list_(self, kind: str, symbol: str, quantity: Decimal, price: Decimal, offset: Decimal, pending: str) -> None:
        """Alice alone has lists that wait: her funds are never short of a commission, which decides what an OPO holds."""
        params: Row = {
            "symbol": symbol, "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": str(price),
            "workingQuantity": str(quantity), "workingTimeInForce": "GTC", "pendingSide": "SELL",
        }  # fmt: skip
        if kind in ("oto", "otoco"):
            params["pendingQuantity"] = str(quantity)
        if kind in ("oto", "opo"):
            params["pendingType"] = pending
            if pending == "LIMIT":
                params |= {"pendingPrice": str(price + offset), "pendingTimeInForce": "GTC"}
        else:
            params |= {
                "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": str(60_100 + offset),
                "pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": str(59_900 - offset),
            }  # fmt: skip
        answer = self._do("alice", f"orderList.place.{kind}", **params)
        if answer["status"] == 200 and kind.startswith("opo"):
            result = answer["result"]
            self.traders["alice"].opo[result["orderListId"]] = result["orders"][0]["orderId"]

    def _pick(self, data: st.DataObject, name: str) -> Row | None:
        rows = self.traders[name].open
        return data.draw(st.sampled_from(rows)) if rows else None

    @rule(data=st.data(), name=who)
    def cancel(self, data: st.DataObject, name: str) -> None:
        row = self._pick(data, name)
        if row is not None:
            answer = self._do(name, "order.cancel", symbol=row["symbol"], orderId=row["orderId"])
            assert answer["status"] == 200
            left = {(each["symbol"], each["orderId"]) for each in self.traders[name].open}
            assert (row["symbol"], row["orderId"]) not in left

    @rule(data=st.data(), name=who, share=st.integers(10, 90))
    def amend(self, data: st.DataObject, name: str, share: int) -> None:
        row = self._pick(data, name)
        if row is not None:
            quantity = (Decimal(row["origQty"]) * share / 100).quantize(Decimal("0.001"), ROUND_DOWN)
            self._do(
                name, "order.amend.keepPriority", symbol=row["symbol"], orderId=row["orderId"], newQty=str(quantity)
            )

    @rule(data=st.data(), name=who, quantity=quantities, price=prices, mode=st.sampled_from(["STOP_ON_FAILURE", "ALLOW_FAILURE"]))  # fmt: skip
    def replace(self, data: st.DataObject, name: str, quantity: Decimal, price: Decimal, mode: str) -> None:
        row = self._pick(data, name)
        if row is not None:
            order = self._limit(row["symbol"], row["side"], quantity, price)
            self._do(name, "order.cancelReplace", **order, cancelReplaceMode=mode, cancelOrderId=row["orderId"])

    @rule(name=who, symbol=symbols, luck=st.integers(0, 5))
    def cancel_all(self, name: str, symbol: str, luck: int) -> None:
        if not luck:
            self._do(name, "openOrders.cancelAll", symbol=symbol)

    # --- what the wire says --------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Ask for everything and hear everything that was told before the answers."""
        await asyncio.sleep(0.2)
        for trader in self.traders.values():
            trader.makers.clear()
            trader.open = await trader.get("openOrders.status")
            trader.account = await trader.get("account.status")
            trader.open_lists = await trader.get("openOrderLists.status")
            trader.hear()
        for symbol in SYMBOLS:
            self._shown[symbol] = await self.traders["bob"].raw.get("depth", {"symbol": symbol, "limit": 5000})
        await self._follow()

    async def _snapshot(self, symbol: str) -> None:
        found = await self.traders["bob"].raw.get("depth", {"symbol": symbol, "limit": 5000})
        self.ids[symbol] = found["lastUpdateId"]
        self.books[symbol] = {
            side: {Decimal(price): Decimal(quantity) for price, quantity in found[side]} for side in ("bids", "asks")
        }

    async def _follow(self) -> None:
        """Apply the diffs up to the books just asked for ("How to manage a local order book correctly")."""
        while any(self.ids[symbol] < self._shown[symbol]["lastUpdateId"] for symbol in SYMBOLS):
            event = (await self.streams.next())["data"]
            symbol = event["s"]
            if event["u"] < self.ids[symbol]:
                continue
            assert event["U"] <= self.ids[symbol] + 1, "missed a change"
            for side, rows in (("bids", event["b"]), ("asks", event["a"])):
                for price, quantity in rows:
                    if Decimal(quantity):
                        self.books[symbol][side][Decimal(price)] = Decimal(quantity)
                    else:
                        self.books[symbol][side].pop(Decimal(price), None)
            self.ids[symbol] = event["u"]

    # --- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def money_is_conserved_to_the_last_digit(self) -> None:
        routed = self.exchange.truth.routed()  # it is not on the wire
        held: dict[str, Decimal] = defaultdict(Decimal)
        for trader in self.traders.values():
            for row in trader.account["balances"]:
                assert Decimal(row["free"]) >= 0
                held[row["asset"]] += Decimal(row["free"]) + Decimal(row["locked"])
            for asset, amount in trader.commissions.items():
                held[asset] += amount
        for asset, paid in self.paid_in.items():
            assert held[asset] + routed.get(asset, 0) == paid, asset

    @invariant()
    def locked_is_what_open_orders_need(self) -> None:
        for trader in self.traders.values():
            need: dict[str, Decimal] = defaultdict(Decimal)
            pairs: dict[tuple[int, str], Decimal] = {}
            for row in trader.open:
                if row["status"] == "PENDING_NEW":
                    continue
                asset = SYMBOLS[row["symbol"]] if row["side"] == "BUY" else "BTC"
                key = (row["orderListId"], asset)
                amount = needs(row)
                if row["orderListId"] >= 0:
                    # The two legs of a pair share one lock: that of the dearer one.
                    amount = max(amount - pairs.get(key, Decimal(0)), Decimal(0))
                    pairs[key] = pairs.get(key, Decimal(0)) + amount
                need[asset] += amount
            pending = {row["orderListId"] for row in trader.open if row["status"] == "PENDING_NEW"}
            for list_id in pending & trader.opo.keys():
                working = trader.opo[list_id]
                symbol = next(row["symbol"] for row in trader.open if row["orderListId"] == list_id)
                need["BTC"] += Decimal(trader.orders[symbol, working]["z"])
            for row in trader.account["balances"]:
                assert Decimal(row["locked"]) == need[row["asset"]], (trader.name, row)

    @invariant()
    def the_book_is_not_crossed_and_holds_the_open_orders(self) -> None:
        for symbol in SYMBOLS:
            shown = self._shown[symbol]
            bids = [(Decimal(price), Decimal(quantity)) for price, quantity in shown["bids"]]
            asks = [(Decimal(price), Decimal(quantity)) for price, quantity in shown["asks"]]
            assert not bids or not asks or bids[0][0] < asks[0][0]
            assert bids == sorted(bids, reverse=True)
            assert asks == sorted(asks)
            for side, levels in (("BUY", dict(bids)), ("SELL", dict(asks))):
                rows = self._standing()[symbol, side]
                assert {price_of(row) for row in rows} == levels.keys()
                for price, quantity in levels.items():
                    here = [row for row in rows if price_of(row) == price]
                    total = sum(remaining(row) for row in here)
                    hidden = any(Decimal(row["icebergQty"]) for row in here)
                    assert 0 < quantity <= total if hidden else quantity == total

    @invariant()
    def the_stream_rebuilds_the_book(self) -> None:
        for symbol in SYMBOLS:
            shown = self._shown[symbol]
            assert self.ids[symbol] == shown["lastUpdateId"]
            for side in ("bids", "asks"):
                assert self.books[symbol][side] == {Decimal(p): Decimal(q) for p, q in shown[side]}

    @invariant()
    def nobody_was_passed_over(self) -> None:
        still_open = {(row["symbol"], row["orderId"]): row for trader in self.traders.values() for row in trader.open}
        for trader in self.traders.values():
            for event in trader.makers:
                queue = self.queues.get((event["s"], event["S"]), [])
                place = next((n for n, row in enumerate(queue) if row["orderId"] == event["i"]), None)
                if place is None or Decimal(queue[place]["icebergQty"]):
                    continue  # it came and went in this step, or its parts queue anew
                assert Decimal(event["L"]) == price_of(queue[place])
                for row in queue[:place]:
                    left = still_open.get((row["symbol"], row["orderId"]))
                    iceberg = Decimal(row["icebergQty"]) and price_of(row) == Decimal(event["L"])
                    assert left is None or iceberg, (row, event)

    @invariant()
    def events_add_up_to_the_account(self) -> None:
        for trader in self.traders.values():
            account = {row["asset"]: (row["free"], row["locked"]) for row in trader.account["balances"]}
            assert trader.balances == account
            told = {key: event for key, event in trader.orders.items() if event["X"] in OPEN}
            rows = {(row["symbol"], row["orderId"]): row for row in trader.open}
            assert told.keys() == rows.keys()
            for key, row in rows.items():
                event = told[key]
                assert (event["c"], event["X"], event["z"], event["Z"]) == (
                    row["clientOrderId"], row["status"], row["executedQty"], row["cummulativeQuoteQty"],
                )  # fmt: skip
                assert event["q"] == row["origQty"]
            open_lists = {row["orderListId"] for row in trader.open_lists}
            assert open_lists == {number for number, status in trader.lists.items() if status == "EXECUTING"}


TestOverTheWire = OverTheWire.TestCase
TestOverTheWire.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
)
TestOverTheWire.pytestmark = [  # type: ignore[attr-defined]
    pytest.mark.lives,
    pytest.mark.parity("behaviour", "money is conserved, locks fit, the book is sound under any sequence of actions"),
    pytest.mark.parity("behaviour", "price-time priority", "local order book from snapshot and diff stream"),
    pytest.mark.parity("user data event", "executionReport", "outboundAccountPosition", "listStatus"),
    pytest.mark.parity("order list type", "OCO", "OTO", "OTOCO", "OPO", "OPOCO"),
    pytest.mark.parity("method", "orderList.place.oco", "orderList.place.oto", "orderList.place.otoco"),
    pytest.mark.parity("method", "orderList.place.opo", "orderList.place.opoco"),
]
