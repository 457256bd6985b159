"""A venue that follows a script: a small book without a market, and a hook for each method that may misbehave.

It shares nothing with the local exchange, and nothing with the venue of the drawn examples. A hook is an async function of
the venue, the connection and the request; it answers by itself and returns True, or returns False and leaves the answer to
the venue. `Venue.orders` is the truth.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from binance_wsapi import Environment, HmacKey, OutcomeUnknown, Settings, SpotClient
from binance_wsapi.link.runtime import Runtime
from tests.simulation.loop import VirtualLoop
from tests.simulation.loop import run as run_in_virtual_time

__all__ = ["KEY", "SYMBOL", "Hook", "Row", "Venue", "in_doubt", "limit", "lose", "play", "swallow"]

Hook = Callable[["Venue", ServerConnection, dict[str, Any]], Awaitable[bool]]
Row = dict[str, Any]

EPOCH_MS = 1_900_000_000_000
SYMBOL = "BTCUSDT"
KEY = HmacKey("scripted" + "0" * 56, "s" * 64)
OPEN = ("NEW", "PARTIALLY_FILLED")
LIMITS = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 3}]


class Refused(Exception):
    """The venue's "no"."""

    def __init__(self, code: int, msg: str, status: int = 400, data: Any = None) -> None:
        super().__init__(msg)
        self.body: Row = {"code": code, "msg": msg} | ({} if data is None else {"data": data})
        self.status = status


class Venue:
    """Accepts connections and follows the script.

    Attributes:
        hooks: by method.
        orders: what is true, in the order in which it was made.
        frames: each request that came, with the number of its connection.
        lag: seconds until queries show an order.
        offset_ms: of its clock.
    """

    def __init__(self, **hooks: Hook) -> None:
        self.hooks: dict[str, Hook] = {name.replace("__", "."): hook for name, hook in hooks.items()}
        self.orders: list[Row] = []
        self.trades: list[Row] = []
        self.frames: list[tuple[int, Row]] = []
        self.connections: list[ServerConnection] = []
        self.subscribed: dict[ServerConnection, int] = {}
        self.lag = 0.0
        self.offset_ms = 0.0
        self.events = True
        self._numbers = itertools.count(1_000)
        self._executions = itertools.count(1)
        self._lists: list[Row] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, ping_interval=None, compression=None, max_size=None)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/ws-api/v3"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        for task in self._tasks:
            task.cancel()
        for connection in self.connections:
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    # ------------------------------------------------------------------ what is true

    def now(self) -> int:
        """Return the venue's time."""
        return int(EPOCH_MS + asyncio.get_running_loop().time() * 1000 + self.offset_ms)

    def sent(self, method: str) -> list[Row]:
        """Return the requests of a method that came."""
        return [frame for _, frame in self.frames if frame["method"] == method]

    def open(self, symbol: str = SYMBOL) -> list[Row]:
        """Return what is open."""
        return [each for each in self.orders if each["status"] in OPEN and each["symbol"] == symbol]

    def make(self, wanted: Row, status: str = "NEW", **more: Any) -> Row:
        """Make an order."""
        at = self.now()
        number = next(self._numbers)
        row: Row = {
            "symbol": wanted["symbol"], "orderId": number, "orderListId": -1,
            "clientOrderId": wanted.get("newClientOrderId", f"auto{number}"), "price": str(wanted.get("price", "0")),
            "origQty": str(wanted.get("quantity", "1")), "executedQty": "0", "cummulativeQuoteQty": "0",
            "origQuoteOrderQty": "0", "status": status, "timeInForce": wanted.get("timeInForce", "GTC"),
            "type": wanted["type"], "side": wanted["side"], "stopPrice": "0", "icebergQty": "0", "time": at,
            "updateTime": at, "isWorking": True, "workingTime": at, "selfTradePreventionMode": "NONE",
            "_at": asyncio.get_running_loop().time(), "_first": wanted.get("newClientOrderId"), **more,
        }  # fmt: skip
        self.orders.append(row)
        return row

    def fill(self, row: Row, quantity: str, status: str | None = None) -> Row:
        """Execute so much of an order; return its event."""
        done = Decimal(row["executedQty"]) + Decimal(quantity)
        row |= {"executedQty": f"{done:f}", "cummulativeQuoteQty": f"{done * Decimal(row['price']):f}"}
        row["status"] = status or ("FILLED" if done >= Decimal(row["origQty"]) else "PARTIALLY_FILLED")
        row["updateTime"] = self.now()
        trade = {
            "symbol": row["symbol"], "id": len(self.trades) + 1, "orderId": row["orderId"], "orderListId": -1,
            "price": row["price"], "qty": quantity, "quoteQty": f"{Decimal(quantity) * Decimal(row['price']):f}",
            "commission": "0", "commissionAsset": "BNB", "time": self.now(), "isBuyer": row["side"] == "BUY",
            "isMaker": True, "isBestMatch": True,
        }  # fmt: skip
        self.trades.append(trade)
        return self.report(row, "TRADE", l=quantity, L=row["price"], t=trade["id"])

    def end(self, row: Row, name: str, status: str = "CANCELED") -> Row:
        """End an order under a new id; return its event."""
        former = row["clientOrderId"]
        row |= {"clientOrderId": name, "status": status, "updateTime": self.now()}
        return self.report(row, "CANCELED", C=former)

    def report(self, row: Row, kind: str, **more: Any) -> Row:
        """Return an event about an order as it is."""
        at = self.now()
        return {
            "e": "executionReport", "E": at, "s": row["symbol"], "c": row["clientOrderId"], "S": row["side"],
            "o": row["type"], "f": row["timeInForce"], "q": row["origQty"], "p": row["price"], "P": "0", "F": "0",
            "g": row["orderListId"], "C": "", "x": kind, "X": row["status"], "r": "NONE", "i": row["orderId"], "l": "0",
            "z": row["executedQty"], "L": "0", "n": "0", "N": None, "T": at, "t": -1, "I": next(self._executions),
            "w": True, "m": True, "M": False, "O": row["time"], "Z": row["cummulativeQuoteQty"], "Y": "0", "Q": "0",
            "W": row["time"], "V": "NONE", **more,
        }  # fmt: skip

    async def emit(self, event: Row) -> None:
        """Send an event to all who subscribed."""
        for connection, number in list(self.subscribed.items()):
            await self.say(connection, {"subscriptionId": number, "event": event})

    def later(self, seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
        """Do something in so many seconds."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            await work()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------------ answering

    async def say(self, connection: ServerConnection, message: Row) -> None:
        """Send a message, if the connection still lives."""
        try:
            await connection.send(json.dumps(message))
        except ConnectionClosed:
            self.subscribed.pop(connection, None)

    async def reply(self, connection: ServerConnection, request: Row, result: Any) -> None:
        """Answer with a success."""
        await self.say(connection, {"id": request["id"], "status": 200, "result": result, "rateLimits": LIMITS})

    async def refuse(
        self, connection: ServerConnection, request: Row, code: int, msg: str = "", status: int = 400, **data: Any
    ) -> None:
        """Answer with an error."""
        body = {"code": code, "msg": msg} | ({"data": data} if data else {})
        await self.say(connection, {"id": request["id"], "status": status, "error": body, "rateLimits": LIMITS})

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        number = len(self.connections)
        try:
            async for message in connection:
                request = json.loads(message)
                self.frames.append((number, request))
                hook = self.hooks.get(request["method"]) or self.hooks.get("*")
                if hook is not None and await hook(self, connection, request):
                    continue
                try:
                    await self.reply(connection, request, self.answer(connection, request))
                except Refused as no:
                    await self.say(connection, {"id": request["id"], "status": no.status, "error": no.body})
        except ConnectionClosed:
            pass
        finally:
            self.subscribed.pop(connection, None)

    def find(self, params: Row, *, view: bool = True) -> Row:
        """Return the order that is asked for: the newest that bears the id."""
        seen = asyncio.get_running_loop().time() - (self.lag if view else 0.0)
        for row in reversed(self.orders):
            if row["symbol"] != params["symbol"] or row["_at"] > seen:
                continue
            if (
                row["orderId"] == params["orderId"]
                if "orderId" in params
                else (row["clientOrderId"] == params.get("origClientOrderId"))
            ):
                return row
        raise Refused(-2013, "Order does not exist.")

    def result(self, row: Row, **more: Any) -> Row:
        """Return what a reply tells of an order."""
        shown = {name: value for name, value in row.items() if not name.startswith("_")}
        return {**shown, "transactTime": row["updateTime"], "fills": [], **more}

    def place(self, params: Row, **more: Any) -> Row:
        """Make an order, unless an open order has the id; tell the event. Returns the row."""
        name = params.get("newClientOrderId")
        if name is not None and any(each["clientOrderId"] == name for each in self.open(params["symbol"])):
            raise Refused(-2010, "Duplicate order sent.")
        row = self.make(params, **more)
        if self.events:
            event = self.report(row, "NEW")
            self.later(0.0, lambda: self.emit(event))
        return row

    def cancel(self, params: Row) -> Row:
        """Cancel an order, and tell the event. Returns what a reply tells."""
        row = next(
            (
                each
                for each in self.open(params["symbol"])
                if params.get("orderId", each["orderId"]) == each["orderId"]
                and params.get("origClientOrderId", each["clientOrderId"]) == each["clientOrderId"]
            ),
            None,
        )
        if row is None:
            raise Refused(-2011, "Unknown order sent.")
        former = row["clientOrderId"]
        event = self.end(row, params.get("newClientOrderId", f"x{row['orderId']}"))
        if self.events:
            self.later(0.0, lambda: self.emit(event))
        return self.result(row, origClientOrderId=former)

    def amend(self, params: Row) -> Row:
        """Lower the quantity of an open order. Returns what a reply tells."""
        row = self.find(params, view=False)
        if row["status"] not in OPEN:
            raise Refused(-2038, "The order is not open.")
        former, at = row["clientOrderId"], self.now()
        row |= {
            "origQty": str(params["newQty"]), "clientOrderId": params.get("newClientOrderId", former), "updateTime": at,
        }  # fmt: skip
        row.setdefault("_amended", []).append({
            "symbol": row["symbol"], "orderId": row["orderId"], "executionId": 1, "origClientOrderId": former,
            "newClientOrderId": row["clientOrderId"], "origQty": "9", "newQty": row["origQty"], "time": at,
        })  # fmt: skip
        if self.events:
            event = self.report(row, "REPLACED", C=former)
            self.later(0.0, lambda: self.emit(event))
        amended = {
            "symbol": row["symbol"], "orderId": row["orderId"], "orderListId": -1, "origClientOrderId": former,
            "clientOrderId": row["clientOrderId"], "price": row["price"], "qty": row["origQty"],
            "executedQty": row["executedQty"], "preventedQty": "0", "quoteOrderQty": "0",
            "cumulativeQuoteQty": row["cummulativeQuoteQty"], "status": row["status"], "timeInForce": row["timeInForce"],
            "type": row["type"], "side": row["side"], "workingTime": row["workingTime"],
            "selfTradePreventionMode": "NONE",
        }  # fmt: skip
        return {"transactTime": at, "executionId": 1, "amendedOrder": amended}

    def oco(self, params: Row, **more: Any) -> Row:
        """Make a list of two orders. Returns what a reply tells."""
        number, at = next(self._numbers), self.now()
        legs = []
        for part in ("above", "below"):
            wanted = {
                "symbol": params["symbol"], "side": params["side"], "quantity": params["quantity"],
                "type": params[f"{part}Type"], "price": params.get(f"{part}Price", "0"),
                "newClientOrderId": params[f"{part}ClientOrderId"],
            }  # fmt: skip
            legs.append(self.make(wanted, orderListId=number, **more))
        found = {
            "orderListId": number, "contingencyType": "OCO", "listStatusType": "EXEC_STARTED",
            "listOrderStatus": "EXECUTING", "listClientOrderId": params["listClientOrderId"], "transactionTime": at,
            "symbol": params["symbol"],
            "orders": [{name: leg[name] for name in ("symbol", "orderId", "clientOrderId")} for leg in legs],
        }  # fmt: skip
        self._lists.append(found)
        return {**found, "orderReports": [self.result(leg) for leg in legs]}

    def answer(self, connection: ServerConnection, request: Row) -> Any:
        """Return the result of a request, or raise its refusal."""
        method, params = request["method"], request.get("params") or {}
        match method:
            case "time":
                return {"serverTime": self.now()}
            case "session.logon":
                return {
                    "apiKey": params["apiKey"], "authorizedSince": 1, "connectedSince": 1, "returnRateLimits": True,
                    "serverTime": self.now(), "userDataStream": False,
                }  # fmt: skip
            case "userDataStream.subscribe.signature" | "userDataStream.subscribe":
                self.subscribed[connection] = 0
                return {"subscriptionId": 0}
            case "order.place":
                return self.result(self.place(params))
            case "order.cancel":
                return self.cancel(params)
            case "order.amend.keepPriority":
                return self.amend(params)
            case "order.cancelReplace":
                canceled = self.cancel({
                    "symbol": params["symbol"], "newClientOrderId": params["cancelNewClientOrderId"],
                    **{to: params[name] for name, to in (
                        ("cancelOrderId", "orderId"), ("cancelOrigClientOrderId", "origClientOrderId")
                    ) if name in params},
                })  # fmt: skip
                placed = self.result(self.place(params))
                return {
                    "cancelResult": "SUCCESS", "newOrderResult": "SUCCESS", "cancelResponse": canceled,
                    "newOrderResponse": placed,
                }  # fmt: skip
            case "orderList.place.oco":
                return self.oco(params)
            case "openOrders.cancelAll":
                rows = [self.cancel({"symbol": params["symbol"], "orderId": each["orderId"]})
                        for each in self.open(params["symbol"])]  # fmt: skip
                if not rows:
                    raise Refused(-2011, "Unknown order sent.")
                return rows
            case "order.status":
                return self.result(self.find(params))
            case "openOrders.status":
                rows = [row for row in self.orders if row["status"] in OPEN and row["symbol"] == params.get("symbol", row["symbol"])]  # fmt: skip
                return [self.result(row) for row in rows]
            case "allOrders":
                return [self.result(row) for row in self.orders if row["symbol"] == params["symbol"]]
            case "orderList.status":
                for found in self._lists:
                    if params.get("orderListId") == found["orderListId"] or (
                        params.get("origClientOrderId") == found["listClientOrderId"]
                    ):
                        return found
                raise Refused(-2018, "Order list does not exist.")
            case "order.amendments":
                return self.find(params, view=False).get("_amended", [])
            case "myTrades":
                return [each for each in self.trades if params.get("orderId", each["orderId"]) == each["orderId"]]
            case "account.status":
                return {
                    "makerCommission": 0, "takerCommission": 0, "buyerCommission": 0, "sellerCommission": 0,
                    "commissionRates": {"maker": "0", "taker": "0", "buyer": "0", "seller": "0"}, "canTrade": True,
                    "canWithdraw": True, "canDeposit": True, "brokered": False, "requireSelfTradePrevention": False,
                    "preventSor": False, "updateTime": self.now(), "accountType": "SPOT", "permissions": ["SPOT"],
                    "balances": [], "uid": 1,
                }  # fmt: skip
            case _:
                return []


# --------------------------------------------------------------------------- what the scripts have in common


async def lose(venue: Venue, connection: ServerConnection, request: Row) -> bool:
    """Execute a request, and lose its reply and its events."""
    told, venue.events = venue.events, False
    with suppress(Refused):
        venue.answer(connection, request)
    venue.events = told
    return True


async def swallow(_venue: Venue, _connection: ServerConnection, _request: Row) -> bool:
    """Lose a request before it is executed."""
    return True


async def limit(client: SpotClient, symbol: str = SYMBOL, **more: Any) -> Any:
    """Place an order that rests."""
    return await client.place_order(symbol, "BUY", "LIMIT", quantity="2", price="100", time_in_force="GTC", **more)


async def in_doubt(call: Awaitable[Any]) -> OutcomeUnknown:
    """Return the doubt that a call ends in."""
    try:
        await call
    except OutcomeUnknown as error:
        return error
    raise AssertionError("the call ended without a doubt")


@contextmanager
def _quiet() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("binance_wsapi", "websockets.server", "websockets.client")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)


def play(venue: Venue, scene: Callable[[SpotClient], Awaitable[None]], **options: Any) -> None:
    """Let a client meet a venue in virtual time; fail where it leaves a task behind.

    Args:
        venue: the script.
        scene: what the user does.
        options: of the client; ``settings`` and ``key`` among them.
    """
    settings = options.pop("settings", Settings(timeout=2.0))
    key = options.pop("key", KEY)

    async def main(loop: VirtualLoop) -> None:
        chance = loop.random
        runtime = Runtime(
            wall=lambda: EPOCH_MS / 1000 + loop.time(),
            token=lambda length: "".join(chance.choices("0123456789BCDFGHJKLMNPQRSTVWXZ", k=length)),
            uniform=chance.uniform,
            slept=lambda: 0.0,
        )
        async with venue:
            before = asyncio.all_tasks()
            where = Environment("scripted", (venue.url,), (venue.url,), "")
            async with SpotClient(where, key, settings, runtime=runtime, **options) as client:
                await scene(client)
            await asyncio.sleep(0.1)
            left = [each for each in asyncio.all_tasks() - before if "binance-wsapi" in each.get_name()]
            assert not left, left

    with _quiet():
        run_in_virtual_time(main)
