"""A venue of its own, written from the venue's documentation alone. It knows nothing of the local exchange.

One account, one symbol, limit orders and OCOs. Amounts are whole numbers, written with eight decimals. What the documentation
leaves open is decided by the plan of the example (`tests.adversary.plan`): when a frame is executed, which of reply, event
and view tells of it, and when. What is true is in `Venue.orders`, `Venue.lists` and `Venue.frames`.

* Requests come to a *gateway*, which has a clock and a view of its own, and pass its two looks at the timestamp (Timing
  security). The *engine* decides. Queries are answered from a view: the engine's past (Data sources).
* A client order id is unique among open orders. A cancel and an amendment rename the order; what was renamed is not found by
  its former id any more ("freeing it up for new orders").
* Cancelling a leg cancels the list. Two readings of who takes the new id are in the documentation: the list or its legs.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from tests.adversary.plan import Fate, World

__all__ = ["CALL", "STRANGE", "Frame", "Link", "Order", "Refusal", "Venue"]

SYMBOL = "BTCUSDT"
EPOCH = 1_767_225_600_000
WAY = 0.002
"""Seconds a message takes each way."""

CALL: ContextVar[Any] = ContextVar("CALL", default=None)
"""The call in whose name something is sent: frames are written in the context of the task that sends them."""

TRADE = {
    "order.place": 1, "order.cancel": 1, "order.cancelReplace": 1, "order.amend.keepPriority": 4,
    "openOrders.cancelAll": 1, "orderList.place.oco": 1, "orderList.cancel": 1,
}  # fmt: skip
"""Methods that change orders, and their weight when they fail; a success weighs nothing, but for the amendment's."""

READ = {
    "time": 1, "ping": 1, "session.logon": 2, "session.status": 2, "session.subscriptions": 2, "session.logout": 2,
    "userDataStream.subscribe": 2, "userDataStream.subscribe.signature": 2, "userDataStream.unsubscribe": 2,
    "order.status": 4, "openOrders.status": 80, "orderList.status": 4, "openOrderLists.status": 6, "allOrderLists": 20,
    "account.status": 20, "myTrades": 20, "myAllocations": 20, "order.amendments": 4, "allOrders": 20,
}  # fmt: skip
PRIVATE = {"order.status", "openOrders.status", "orderList.status", "openOrderLists.status", "order.amendments", "allOrders"}  # fmt: skip
"""Queries whose answers may be evidence: these have fates."""

LONGEST_LAG = 5.9
"""Seconds; the client assumes six."""

OPEN = ("NEW", "PARTIALLY_FILLED")
STRANGE = 50
"""Number of an order that is there before the client, where some rows cannot be read."""
FAULTS = ((503, -1008, "Server is currently overloaded with other requests."), (504, -1007, "Timeout waiting for response from backend server. Send status unknown; execution status unknown."), (500, -1006, "An unexpected response was received from the message bus. Execution status unknown."), (500, -1000, "An unknown error occurred while processing the request."), (502, -1001, "Internal error; unable to process your request. Please try again."))  # fmt: skip


class Refusal(Exception):
    """The venue says no."""

    def __init__(self, code: int, msg: str, status: int = 400, data: Any = None) -> None:
        super().__init__(msg)
        self.status = status
        self.error: dict[str, Any] = {"code": code, "msg": msg}
        if data is not None:
            self.error["data"] = data


UNKNOWN = (-2011, "Unknown order sent.")


def text(amount: int) -> str:
    """Write an amount."""
    return f"{amount}.00000000"


@dataclass(eq=False)
class Order:
    """An order as it truly is."""

    number: int
    id: str
    side: str
    type: str
    price: int
    qty: int
    made: int
    group: int = -1
    account: str = ""
    executed: int = 0
    status: str = "NEW"
    updated: int = 0
    ids: list[str] = field(default_factory=list)
    past: list[tuple[float, tuple[str, int, int, str, int]]] = field(default_factory=list)
    """From when on the views may show what: id, quantity, executed, status, time of the last change."""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(eq=False)
class OrderList:
    """A list as it truly is."""

    number: int
    id: str
    made: int
    legs: list[Order]
    done: bool = False
    ids: list[str] = field(default_factory=list)
    past: list[tuple[float, tuple[str, bool, list[str]]]] = field(default_factory=list)


@dataclass(eq=False)
class Frame:
    """A frame that changes orders, and what truly became of it."""

    call: Any
    method: str
    params: dict[str, Any]
    link: Link
    sent: float
    account: str = ""
    """In whose name it came to the engine."""
    executed: list[float] = field(default_factory=list)
    refused: Refusal | None = None
    parts: tuple[bool, bool] = (False, False)
    made: list[Any] = field(default_factory=list)
    open_before: list[Order] = field(default_factory=list)
    answered: float = float("inf")
    """When its reply reached the client."""
    lost: bool = False
    """Whether its connection, and not the plan's word on this one frame, kept the reply."""


class Link:
    """One connection: the `Link` of the client's transport, and what is wrong with it."""

    congested = False

    def __init__(self, venue: Venue, listener: Any, gateway: int) -> None:
        self.venue = venue
        self.listener = listener
        self.gateway = gateway
        self.deaf = ""
        self.alive = True
        self.ended = float("inf")
        self.account = ""
        """Public half of the key that logged on."""
        self.hears = ""
        """That of the account whose user data is subscribed."""
        self.subscription: int | None = None
        self.arrives = 0.0

    def write(self, message: bytes, *, gather: bool = False) -> None:
        from binance_wsapi import NotConnected

        if not self.alive:
            raise NotConnected("the connection is closing")
        self.venue.receive(self, json.loads(message))

    async def drained(self) -> None:
        """There is always room."""

    def probe(self) -> None:
        if self.deaf != "half":
            self.venue.later(2 * WAY, self._pong)

    def _pong(self) -> None:
        if self.alive:
            self.listener.bytes_received()
            self.listener.pong_received()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if self.alive:
            await asyncio.sleep(2.0 if self.deaf == "half" else WAY)
            self.cut(1006 if self.deaf == "half" else code)

    def abort(self) -> None:
        self.venue.loop.call_soon(self.cut)

    def cut(self, code: int = 1006) -> None:
        """End it now, for both sides."""
        if self.alive:
            self.alive = False
            self.ended = self.venue.loop.time()
            self.listener.link_lost(code, "", None)

    def deliver(self, message: dict[str, Any], frame: Frame | None = None) -> None:
        """Send a message to the client, behind those that are on their way."""
        self.arrives = max(self.arrives + 1e-6, self.venue.loop.time() + WAY)
        self.venue.loop.call_at(self.arrives, self._arrive, json.dumps(message).encode(), frame)

    def _arrive(self, data: bytes, frame: Frame | None) -> None:
        if self.alive and self.deaf != "half":
            if frame is not None:
                frame.answered = min(frame.answered, self.venue.loop.time())
            self.listener.bytes_received()
            self.listener.message_received(data, text=True)


class Venue:
    """The engine, the gateways and their views, and the transport that leads to them."""

    def __init__(self, loop: Any, world: World, note: Callable[[str], None]) -> None:
        self.loop = loop
        self.world = world
        self.note = note
        self.offsets = list(world.offsets)
        self.engine_offset = 0.0
        self.frozen: dict[str, float] = {}
        self.orders: list[Order] = []
        self.lists: list[OrderList] = []
        self.trades: list[tuple[float, dict[str, Any]]] = []
        self.amendments: list[tuple[float, dict[str, Any]]] = []
        self.frames: list[Frame] = []
        self.links: list[Link] = []
        self.connects: list[float] = []
        self.asked: list[tuple[float, str]] = []
        self.weights: dict[int, int] = {}
        self.violations: list[str] = []
        self.reachable = True
        self.refuses_logons = False
        self.owner = ""
        """The account everything is about but for what another key does."""
        self._account = ""
        """The one in whose name the venue acts now."""
        self.questions = list(world.questions)
        self._numbers = itertools.count(101)
        self._executions = itertools.count(1)
        self._faults = itertools.cycle(FAULTS)

    # ------------------------------------------------------------------ clocks and chance

    def later(self, seconds: float, then: Callable[..., None], *arguments: Any) -> None:
        self.loop.call_later(seconds, then, *arguments)

    def engine_ms(self) -> int:
        """The engine's clock, by which orders and events are dated."""
        return int(EPOCH + (self.loop.time() - 100_000) * 1000 + self.engine_offset)

    def clock_ms(self, gateway: int) -> int:
        """A gateway's clock, which looks at timestamps and answers ``time``."""
        return int(EPOCH + (self.loop.time() - 100_000) * 1000 + self.offsets[gateway])

    # ------------------------------------------------------------------ the transport

    async def open(self, url: str, listener: Any, timeout: float) -> Link:
        """Open a link: the `Transport` of the client."""
        from binance_wsapi import ConnectFailed

        self.connects.append(self.loop.time())
        self._weigh(2)
        await asyncio.sleep(2 * WAY)
        if not self.reachable:
            raise ConnectFailed("nothing listens")
        link = Link(self, listener, self.world.order[len(self.links) % len(self.world.order)])
        self.links.append(link)
        return link

    def receive(self, link: Link, request: dict[str, Any]) -> None:
        """Take a frame from the client's hands."""
        method, params = request["method"].removeprefix("v3/"), request.get("params") or {}
        if method not in TRADE:
            self.asked.append((self.loop.time(), method))
            if link.deaf not in ("half", "mute"):
                self.later(WAY, self._read, link, request["id"], method, params)
            return
        frame = Frame(CALL.get(), method, params, link, self.loop.time())
        self.frames.append(frame)
        self.note(f"    frame {method} {_brief(params)}")
        fate: Fate = frame.call.fate_of(frame) if frame.call is not None else Fate()
        if link.deaf in ("half", "swallow"):
            frame.lost = True
            return
        self.later(WAY, self._arrives, frame, fate, request["id"])

    # ------------------------------------------------------------------ a request that changes orders

    def _arrives(self, frame: Frame, fate: Fate, number: Any) -> None:
        if self._late(frame):
            self._answer(frame, fate, number, refusal=self._timestamp(frame))
            return
        if fate.reply == "cut":
            frame.link.cut()
        elif fate.reply == "fault":
            status, code, msg = next(self._faults)
            self._reply(frame.link, number, {"status": status, "error": {"code": code, "msg": msg}})
        if not fate.executes:
            if fate.reply in ("ok", "twice", "odd", "late"):
                refusal = Refusal(-2010, "Account has insufficient balance for requested action.")
                if frame.method == "order.cancelReplace":
                    refusal = Refusal(-2022, "Order cancel-replace failed.", 400, {"cancelResult": "FAILURE", "newOrderResult": "NOT_ATTEMPTED", "cancelResponse": dict(zip(("code", "msg"), UNKNOWN, strict=True)), "newOrderResponse": None})  # fmt: skip
                elif frame.method == "order.amend.keepPriority":
                    refusal = Refusal(-2038, "The order amend (keep priority) request has failed.")
                elif frame.method not in ("order.place", "orderList.place.oco"):
                    refusal = Refusal(-2011, "Market is closed.")
                self._answer(frame, fate, number, refusal=refusal)
            return
        self.later(fate.hold, self._forward, frame, fate, number)

    def _late(self, frame: Frame) -> bool:
        """Look at the timestamp, as the documentation writes it down."""
        now, stamp = self.clock_ms(frame.link.gateway), int(frame.params["timestamp"])
        return not (stamp < now + 1000 and now - stamp <= float(frame.params.get("recvWindow", 5000)))

    def _timestamp(self, frame: Frame) -> Refusal:
        ahead = int(frame.params["timestamp"]) >= self.clock_ms(frame.link.gateway) + 1000
        return Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time." if ahead else "Timestamp for this request is outside of the recvWindow.")  # fmt: skip

    def _forward(self, frame: Frame, fate: Fate, number: Any) -> None:
        window = float(frame.params.get("recvWindow", 5000))
        # A clock that is set back meanwhile lets nothing through that was held up for longer than the window.
        held = (self.loop.time() - frame.sent) * 1000
        if max(self.clock_ms(frame.link.gateway) - int(frame.params["timestamp"]), held) > window:
            self._answer(frame, fate, number, refusal=self._timestamp(frame))
        else:
            self.later(fate.queue, self._execute, frame, fate, number)

    def _execute(self, frame: Frame, fate: Fate, number: Any) -> None:
        self._account = frame.account = frame.params.get("apiKey") or frame.link.account
        frame.open_before = [order for order in self.orders if order.is_open and order.account == self._account]
        try:
            result = getattr(self, "_" + frame.method.replace(".", "_"))(frame, fate)
        except Refusal as refusal:
            self.note(f"    venue refuses {frame.method}: {refusal}")
            self._answer(frame, fate, number, refusal=refusal)
            return
        frame.executed.append(self.loop.time())
        self.note(f"    venue executes {frame.method} {_brief(frame.params)}")
        if fate.reply.startswith("double") and self._is_first(frame):
            # It reached the engine twice, and what is answered is the word about the second.
            self._answer(frame, fate, number, refusal=Refusal(-2010, "Duplicate order sent."))
            return
        self._answer(frame, fate, number, result=result)

    def _is_first(self, frame: Frame) -> bool:
        """Whether a request placed something, under an id that nothing had before."""
        everything: list[Any] = [*self.orders, *self.lists]
        bore = [each for each in everything if frame.made and frame.made[-1].ids[0] in each.ids]
        return frame.method in ("order.place", "orderList.place.oco") and len(bore) == 1

    def _answer(
        self, frame: Frame, fate: Fate, number: Any, *, result: Any = None, refusal: Refusal | None = None
    ) -> None:
        frame.refused = refusal
        weight = TRADE[frame.method]
        self._weigh(weight if refusal is not None or weight > 1 else 0)
        frame.lost = frame.link.deaf in ("mute", "dumb", "slow")
        if fate.reply in ("lost", "cut", "fault") or frame.link.deaf in ("mute", "dumb"):
            return
        body: dict[str, Any] = {"status": 200, "result": result}
        if refusal is not None:
            body = {"status": refusal.status, "error": dict(refusal.error)}
            if fate.reply == "odd":
                body["result"] = None
                body["error"].setdefault("data", "a text")
        if fate.reply == "odd":
            body["rateLimits"] = [{"rateLimitType": "MOON_PHASES", "interval": "FORTNIGHT", "intervalNum": 0, "limit": -1, "count": None}]  # fmt: skip
        late = self.world.timeout + 0.5 if fate.reply.endswith("late") else 0.0
        if frame.link.deaf == "slow":
            late = max(late, 9.9)
        self._reply(frame.link, number, body, late, frame)
        if fate.reply == "twice":
            self._reply(frame.link, number, body, late, frame)

    def _reply(
        self, link: Link, number: Any, body: dict[str, Any], after: float = 0.0, frame: Frame | None = None
    ) -> None:
        rows: Any = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": self.world.weight, "count": self._weigh(0)}]  # fmt: skip
        if self.world.odd_rows == "null":
            rows = None
        elif self.world.odd_rows:
            rows.append(
                {"rateLimitType": "MOON_PHASES", "interval": "FORTNIGHT", "intervalNum": 0, "limit": "x", "count": None}
            )
        message = {"id": number, **({"rateLimits": rows} | body)}
        if after:
            self.later(after, self._reply_now, link, message, frame)
        else:
            self._reply_now(link, message, frame)

    def _reply_now(self, link: Link, message: dict[str, Any], frame: Frame | None = None) -> None:
        if link.alive and link.deaf not in ("half", "mute"):
            link.deliver(message, frame)

    def _weigh(self, weight: int) -> int:
        minute = int(self.loop.time() // 60)
        used = self.weights[minute] = self.weights.get(minute, 0) + weight
        if weight and used > self.world.weight:
            self.violations.append(f"I9: {used} of {self.world.weight} request weight in a minute")
        return used

    # ------------------------------------------------------------------ the engine

    def _open_by_id(self, client_id: str) -> Order | None:
        mine = (order for order in self.orders if order.account == self._account)
        return next((order for order in mine if order.is_open and order.id == client_id), None)

    def _target(self, params: dict[str, Any], number: str = "orderId", name: str = "origClientOrderId") -> Order:
        found: Order | None = None
        if params.get(number) is not None:
            mine = (order for order in self.orders if order.account == self._account)
            found = next((order for order in mine if order.number == int(params[number])), None)
            if found is not None and params.get(name) not in (None, found.id):
                found = None
        elif params.get(name):
            found = self._open_by_id(params[name])
        if found is None or not found.is_open:
            raise Refusal(*UNKNOWN)
        return found

    def _new(self, params: dict[str, Any], client_id: str, kind: str, price: int, fate: Fate, group: int = -1) -> Order:
        if self._open_by_id(client_id) is not None:
            raise Refusal(-2010, "Duplicate order sent.")
        qty = int(float(params["quantity"]))
        order = Order(
            next(self._numbers), client_id, params["side"], kind, price, qty, self.engine_ms(), group, self._account
        )
        order.ids.append(client_id)
        self.orders.append(order)
        self._changed(order, "NEW", fate)
        return order

    def _order_place(self, frame: Frame, fate: Fate) -> dict[str, Any]:
        params = frame.params
        order = self._new(params, params["newClientOrderId"], params["type"], int(float(params["price"])), fate)
        frame.made.append(order)
        market = getattr(frame.call, "market", 0)
        fills = []
        if market:
            fills.append(self.fill(order, min(market, order.qty), fate))
        return {**self._row(order), "transactTime": order.updated, "fills": fills}

    def _order_cancel(self, frame: Frame, fate: Fate) -> dict[str, Any]:
        order = self._target(frame.params)
        frame.made.append(order)
        if order.group >= 0:
            return self._cancel_list(self._list(order.group), frame.params, fate)
        return self._cancel(order, frame.params.get("newClientOrderId"), fate)

    def _cancel(self, order: Order, new_id: str | None, fate: Fate, *, rename: bool = True) -> dict[str, Any]:
        former = order.id
        if rename:
            order.id = new_id or f"x{next(self._executions)}"
            order.ids.append(order.id)
        order.status = "CANCELED"
        self._changed(order, "CANCELED", fate, former)
        return {**self._row(order), "transactTime": order.updated, **({"origClientOrderId": former} if rename else {})}

    def _order_amend_keepPriority(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        order = self._target(params)
        qty = int(float(params["newQty"]))
        if order.group >= 0 or not max(order.executed, 0) < qty < order.qty:
            raise Refusal(-2038, "The order amend (keep priority) request has failed.")
        new_id = params.get("newClientOrderId") or f"x{next(self._executions)}"
        taken = self._open_by_id(new_id)
        if taken is not None and taken is not order:
            raise Refusal(-2010, "Duplicate order sent.")
        former, before = order.id, order.qty
        order.id, order.qty = new_id, qty
        order.ids.append(new_id)
        frame.made.append(order)
        execution = self._changed(order, "REPLACED", fate, former)
        at = order.past[-1][0]
        self.amendments.append((at, {"symbol": SYMBOL, "orderId": order.number, "executionId": execution, "origClientOrderId": former, "newClientOrderId": new_id, "origQty": text(before), "newQty": text(qty), "time": order.updated}))  # fmt: skip
        row = self._row(order)
        row.update({"qty": row.pop("origQty"), "preventedQty": text(0), "quoteOrderQty": row.pop("origQuoteOrderQty")})
        row.update({"cumulativeQuoteQty": row.pop("cummulativeQuoteQty"), "origClientOrderId": former})
        return {"transactTime": order.updated, "executionId": execution, "amendedOrder": row}

    def _order_cancelReplace(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        cancelled: Any = None
        placed: Any = None
        try:
            order = self._target(params, "cancelOrderId", "cancelOrigClientOrderId")
            cancelled = self._cancel(order, params.get("cancelNewClientOrderId"), fate)
            frame.made.append(order)
        except Refusal as refusal:
            if params["cancelReplaceMode"] == "STOP_ON_FAILURE":
                raise Refusal(-2022, "Order cancel-replace failed.", 400, {"cancelResult": "FAILURE", "newOrderResult": "NOT_ATTEMPTED", "cancelResponse": refusal.error, "newOrderResponse": None}) from None  # fmt: skip
            failed_cancel = refusal.error
        try:
            placed = self._order_place(frame, fate)
        except Refusal as refusal:
            failed_place = refusal.error
        frame.parts = (cancelled is not None, placed is not None)
        both = {"cancelResult": "SUCCESS" if cancelled else "FAILURE", "newOrderResult": "SUCCESS" if placed else "FAILURE", "cancelResponse": cancelled or failed_cancel, "newOrderResponse": placed or failed_place}  # fmt: skip
        if cancelled and placed:
            return both
        if cancelled or placed:
            frame.executed.append(self.loop.time())
            raise Refusal(-2021, "Order cancel-replace partially failed.", 409, both)
        raise Refusal(-2022, "Order cancel-replace failed.", 400, both)

    def _openOrders_cancelAll(self, frame: Frame, fate: Fate) -> list[dict[str, Any]]:  # noqa: N802 - the venue's name
        told: list[dict[str, Any]] = []
        for order in self.orders:
            if order.is_open and order.account == self._account:
                frame.made.append(order)
                if order.group >= 0:
                    told.append(self._cancel_list(self._list(order.group), {}, fate, by_number=False))
                else:
                    told.append(self._cancel(order, None, fate))
        if not told:
            raise Refusal(*UNKNOWN)
        return told

    # lists

    def _list(self, number: int) -> OrderList:
        return next(each for each in self.lists if each.number == number)

    def _orderList_place_oco(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        if any(not each.done and each.id == params["listClientOrderId"] for each in self.lists):
            raise Refusal(-2010, "Duplicate order sent.")
        for leg in ("above", "below"):
            if self._open_by_id(params[f"{leg}ClientOrderId"]) is not None:
                raise Refusal(-2010, "Duplicate order sent.")
        number = next(self._numbers)
        made = [
            self._new(
                params, params["aboveClientOrderId"], "LIMIT_MAKER", int(float(params["abovePrice"])), fate, number
            ),
            self._new(params, params["belowClientOrderId"], "STOP_LOSS", 0, fate, number),
        ]
        placed = OrderList(number, params["listClientOrderId"], self.engine_ms(), made)
        placed.ids.append(placed.id)
        self.lists.append(placed)
        frame.made.append(placed)
        self._list_changed(placed, "EXEC_STARTED", fate)
        return {
            **self._list_row(placed),
            "orderReports": [{**self._row(each), "transactTime": each.updated} for each in made],
        }

    def _orderList_cancel(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        found = [
            each for each in self.lists
            if not each.done and (each.number == params.get("orderListId") or each.id == params.get("listClientOrderId"))
        ]  # fmt: skip
        if not found:
            raise Refusal(*UNKNOWN)
        frame.made.append(found[0])
        return self._cancel_list(found[0], params, fate, by_list=True)

    def _cancel_list(
        self, which: OrderList, params: dict[str, Any], fate: Fate, *, by_list: bool = False, by_number: bool = True
    ) -> dict[str, Any]:
        new_id = params.get("newClientOrderId") or f"x{next(self._executions)}"
        legs = not (by_list and self.world.list_renamed)
        reports = [self._cancel(leg, new_id, fate, rename=legs) for leg in which.legs if leg.is_open]
        which.done = True
        if not legs:
            which.id = new_id
            which.ids.append(new_id)
        self._list_changed(which, "ALL_DONE", fate)
        return {**self._list_row(which), "orderReports": reports}

    def fill(self, order: Order, qty: int, fate: Fate) -> dict[str, Any]:
        """Let the market take a part of an open order."""
        order.executed += qty
        order.status = "FILLED" if order.executed >= order.qty else "PARTIALLY_FILLED"
        number = next(self._numbers)
        self._changed(order, "TRADE", fate, filled=qty, trade=number)
        row = {"symbol": SYMBOL, "id": number, "orderId": order.number, "orderListId": order.group, "price": text(order.price), "qty": text(qty), "quoteQty": text(qty * order.price), "commission": text(0), "commissionAsset": "BNB", "time": order.updated, "isBuyer": order.side == "BUY", "isMaker": True, "isBestMatch": True}  # fmt: skip
        self.trades.append((order.past[-1][0], row))
        if order.group >= 0 and not self._list(order.group).done:
            which = self._list(order.group)
            for leg in which.legs:
                if leg is not order and leg.is_open:
                    leg.status = "EXPIRED"
                    self._changed(leg, "EXPIRED", fate)
            if order.status == "FILLED":
                which.done = True
                self._list_changed(which, "ALL_DONE", fate)
        return {
            "price": text(order.price),
            "qty": text(qty),
            "commission": text(0),
            "commissionAsset": "BNB",
            "tradeId": number,
        }

    # ------------------------------------------------------------------ telling of a change

    def _changed(self, order: Order, what: str, fate: Fate, former: str = "", filled: int = 0, trade: int = -1) -> int:
        """Note a change of an order: for the views, and as events."""
        order.updated = self.engine_ms()
        at = max(self.loop.time() + self._unseen(fate), order.past[-1][0] if order.past else 0.0)
        order.past.append((at, (order.id, order.qty, order.executed, order.status, order.updated)))
        execution = next(self._executions)
        self._emit(
            {
                "e": "executionReport", "E": order.updated, "s": SYMBOL, "c": order.id, "S": order.side, "o": order.type,
                "f": "GTC", "q": text(order.qty), "p": text(order.price), "P": text(0), "F": text(0), "g": order.group,
                "C": former, "x": what, "X": order.status, "r": "NONE", "i": order.number, "l": text(filled),
                "z": text(order.executed), "L": text(order.price if filled else 0), "n": "0", "N": None,
                "T": order.updated, "t": trade, "I": execution, "w": order.is_open, "m": True, "M": False,
                "O": order.made, "Z": text(order.executed * order.price), "Y": text(filled * order.price), "Q": text(0),
                "W": order.made, "V": "NONE",
            },
            fate,
            order.account,
        )  # fmt: skip
        self._emit({"e": "outboundAccountPosition", "E": order.updated, "u": order.updated, "B": [{"a": each["asset"], "f": each["free"], "l": each["locked"]} for each in self.balances(self.loop.time() + 1e9, order.account)]}, fate, order.account)  # fmt: skip
        return execution

    def _unseen(self, fate: Fate) -> float:
        """Seconds a change stays out of the views' past; with what they lag anyway, below what the client assumes."""
        return min(fate.view, LONGEST_LAG - max(self.world.lags))

    def _list_changed(self, which: OrderList, what: str, fate: Fate) -> None:
        before = which.past[-1][0] if which.past else 0.0
        ids = [leg.id for leg in which.legs]
        which.past.append((max(self.loop.time() + self._unseen(fate), before), (which.id, which.done, ids)))
        now = self.engine_ms()
        self._emit({"e": "listStatus", "E": now, "s": SYMBOL, "g": which.number, "c": "OCO", "l": what, "L": "ALL_DONE" if which.done else "EXECUTING", "r": "NONE", "C": which.id, "T": now, "O": self._legs(which, ids)}, fate, which.legs[0].account)  # fmt: skip

    def _emit(self, event: dict[str, Any], fate: Fate, account: str) -> None:
        if fate.event == "lost":
            return
        for link in self.links:
            if (
                link.alive
                and link.subscription is not None
                and link.hears == account
                and link.deaf not in ("half", "mute")
            ):
                message = {"subscriptionId": link.subscription, "event": event}
                if fate.event == "late":
                    self.later(4.0, self._reply_now, link, message)
                else:
                    link.deliver(message)

    # ------------------------------------------------------------------ queries

    def _read(self, link: Link, number: Any, method: str, params: dict[str, Any]) -> None:
        asks = method in PRIVATE and ("origClientOrderId" in params or "symbol" in params)
        fate = self.questions.pop(0) if asks and self.questions else "ok"
        if method in PRIVATE:
            self.note(f"    question {method} {_brief(params)}: {fate}")
        self._weigh(6 if method == "openOrders.status" and "symbol" in params else READ.get(method, 1))
        if fate == "lost":
            return
        if fate == "cut":
            link.cut()
            return
        if fate == "fault":
            self._reply(
                link,
                number,
                {"status": 503, "error": {"code": -1008, "msg": "Server is currently overloaded with other requests."}},
            )
            return
        try:
            body = {
                "status": 200,
                "result": self._result(link, method, params, self.seen_at("ws", link.gateway), fate == "blank"),
            }
        except Refusal as refusal:
            body = {"status": refusal.status, "error": refusal.error}
        self._reply(link, number, body, 9.9 if link.deaf == "slow" else 6.0 if fate == "late" else 0.0)

    def seen_at(self, path: str, gateway: int = 2) -> float:
        """The moment of the engine's past that a view shows now."""
        return float(min(self.frozen.get(path, float("inf")), self.loop.time() - self.world.lags[gateway]))

    def _result(self, link: Link | None, method: str, params: dict[str, Any], at: float, blank: bool = False) -> Any:
        if method == "ping":
            return {}
        if link is not None and (method == "time" or method.startswith(("session.", "userDataStream."))):
            return self._session(link, method, params)
        if "timestamp" in params and link is not None:
            now = self.clock_ms(link.gateway)
            if not (
                int(params["timestamp"]) < now + 1000
                and now - int(params["timestamp"]) <= float(params.get("recvWindow", 5000))
            ):
                raise Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
        if blank:
            at = float("-inf")
        if link is not None:
            self._account = params.get("apiKey") or link.account
        if method == "order.status":
            return self._status(params, at)
        if method in ("openOrders.status", "allOrders"):
            mine = [order for order in self.orders if order.account == self._account]
            rows = [row for order in mine if (row := self._seen(order, at)) is not None]
            return [row for row in rows if method == "allOrders" or row["status"] in OPEN]
        if method == "orderList.status":
            name = params.get("origClientOrderId")
            for each in reversed([each for each in self.lists if each.legs[0].account == self._account]):
                row = self._list_seen(each, at)
                if row is not None and (
                    row["listClientOrderId"] == name if name else each.number == params.get("orderListId")
                ):
                    return row
            raise Refusal(-2018, "Order list does not exist.")
        if method in ("openOrderLists.status", "allOrderLists"):
            mine_too = [each for each in self.lists if each.legs[0].account == self._account]
            rows = [row for each in mine_too if (row := self._list_seen(each, at)) is not None]
            first = params.get("fromId", 0)
            return [
                row
                for row in rows
                if (row["listOrderStatus"] == "EXECUTING" if method[0] == "o" else row["orderListId"] >= first)
            ]
        if method == "myTrades":
            rows = [self._odd(row) for seen, row in self.trades if seen <= at and self._owner_of(row) == self._account]
            rows = [
                row
                for row in rows
                if params.get("orderId") in (None, row["orderId"]) and row["id"] >= params.get("fromId", 0)
            ]
            return [row for row in rows if row["time"] >= params.get("startTime", 0)][: params.get("limit", 500)]
        if method == "order.amendments":
            return [row for seen, row in self.amendments if seen <= at and row["orderId"] == int(params["orderId"])]
        if method == "account.status":
            return {"makerCommission": 0, "takerCommission": 0, "buyerCommission": 0, "sellerCommission": 0, "commissionRates": {"maker": text(0), "taker": text(0), "buyer": text(0), "seller": text(0)}, "canTrade": True, "canWithdraw": True, "canDeposit": True, "brokered": False, "requireSelfTradePrevention": False, "preventSor": False, "updateTime": self.engine_ms(), "accountType": "SPOT", "balances": self.balances(at, self._account), "permissions": ["SPOT"], "uid": 1}  # fmt: skip
        if method == "myAllocations":
            return []
        raise Refusal(-1000, f"this venue has no {method}")

    def _session(self, link: Link, method: str, params: dict[str, Any]) -> Any:
        now = self.clock_ms(link.gateway)
        if method == "time":
            return {"serverTime": now}
        if method == "session.logon":
            if self.refuses_logons:
                raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)
            link.account = params["apiKey"]
            self.owner = self.owner or link.account
        if method in ("userDataStream.subscribe", "userDataStream.subscribe.signature"):
            link.subscription = 0
            link.hears = params.get("apiKey") or link.account
            self.owner = self.owner or link.hears
            return {"subscriptionId": 0}
        if method == "userDataStream.unsubscribe":
            link.subscription = None
            return {}
        if method == "session.subscriptions":
            return [] if link.subscription is None else [{"subscriptionId": link.subscription}]
        return {"apiKey": link.account or None, "authorizedSince": now if link.account else None, "connectedSince": now, "returnRateLimits": True, "serverTime": now, "userDataStream": link.subscription is not None}  # fmt: skip

    def rest(self, method: str, params: dict[str, Any], account: str) -> Any:
        """Answer a query over REST, from a view of its own."""
        self._account = account
        return self._result(None, method, params, self.seen_at("rest"))

    def _status(self, params: dict[str, Any], at: float) -> dict[str, Any]:
        name, number = params.get("origClientOrderId"), params.get("orderId")
        for order in reversed([order for order in self.orders if order.account == self._account]):
            row = self._seen(order, at)
            if row is not None and (
                order.number == int(number) if number is not None else row["clientOrderId"] == name
            ):
                if number is not None and name is not None and row["clientOrderId"] != name:
                    break
                return row
        raise Refusal(-2013, "Order does not exist.")

    @staticmethod
    def _then(past: list[tuple[float, Any]], at: float) -> Any:
        for since, state in reversed(past):
            if since <= at:
                return state
        return None

    def _seen(self, order: Order, at: float) -> dict[str, Any] | None:
        """Return an order as a view shows it."""
        state = self._then(order.past, at)
        if state is None:
            return None
        client_id, qty, executed, status, updated = state
        row = self._row(order)
        row.update({"clientOrderId": client_id, "origQty": text(qty), "executedQty": text(executed), "status": status})
        row.update({"cummulativeQuoteQty": text(executed * order.price), "stopPrice": text(0), "icebergQty": text(0)})
        return self._odd({**row, "time": order.made, "updateTime": updated, "isWorking": True})

    def _odd(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row as the venue writes it: of one order in a new way."""
        if row["orderId"] != STRANGE or not self.world.rows:
            return row
        return {**row, "price": None} if self.world.rows == "broken" else {**row, "timeInForce": "GTX9", "type": "MOON"}

    def _owner_of(self, row: dict[str, Any]) -> str:
        return next((order.account for order in self.orders if order.number == row["orderId"]), "")

    def strange(self, account: str) -> None:
        """Have an order there that was placed long ago, and is written in a new way."""
        order = Order(STRANGE, "long-ago", "BUY", "LIMIT", 5, 10, EPOCH - 7_200_000, account=account)
        order.ids.append(order.id)
        order.updated = order.made
        order.past.append((float("-inf"), (order.id, order.qty, 0, "NEW", order.made)))
        self.orders.append(order)

    def reset(self) -> None:
        """Wipe everything, as the test network is about once a month: numbers begin anew, keys stay."""
        self.orders, self.lists, self.trades, self.amendments = [], [], [], []
        self._numbers, self._executions = itertools.count(1), itertools.count(1)

    def _list_seen(self, which: OrderList, at: float) -> dict[str, Any] | None:
        state = self._then(which.past, at)
        return None if state is None else self._list_row(which, *state)

    @staticmethod
    def _row(order: Order) -> dict[str, Any]:
        return {"symbol": SYMBOL, "orderId": order.number, "orderListId": order.group, "clientOrderId": order.id, "price": text(order.price), "origQty": text(order.qty), "executedQty": text(order.executed), "origQuoteOrderQty": text(0), "cummulativeQuoteQty": text(order.executed * order.price), "status": order.status, "timeInForce": "GTC", "type": order.type, "side": order.side, "workingTime": order.made, "selfTradePreventionMode": "NONE"}  # fmt: skip

    @staticmethod
    def _legs(which: OrderList, ids: list[str]) -> list[dict[str, Any]]:
        return [
            {"symbol": SYMBOL, "orderId": leg.number, "clientOrderId": name}
            for leg, name in zip(which.legs, ids, strict=True)
        ]

    def _list_row(self, which: OrderList, client_id: str = "", done: bool | None = None, ids: list[str] | None = None) -> dict[str, Any]:  # fmt: skip
        over = which.done if done is None else done
        return {"orderListId": which.number, "contingencyType": "OCO", "listStatusType": "ALL_DONE" if over else "EXEC_STARTED", "listOrderStatus": "ALL_DONE" if over else "EXECUTING", "listClientOrderId": client_id or which.id, "transactionTime": which.made, "symbol": SYMBOL, "orders": self._legs(which, ids or [leg.id for leg in which.legs])}  # fmt: skip

    def balances(self, at: float, account: str) -> list[dict[str, str]]:
        """Return the balances as they were: what was traded, and what open orders lock."""
        free = {"BTC": 1000, "USDT": 100_000}
        locked = {"BTC": 0, "USDT": 0}
        lists: set[int] = set()
        for order in self.orders:
            state = self._then(order.past, at)
            if state is None or order.account != account:
                continue
            _, qty, executed, status, _ = state
            left = qty - executed if status in OPEN else 0
            if order.group >= 0 and left:  # the legs of a list lock once
                left = 0 if order.group in lists else left
                lists.add(order.group)
            gets, gives = ("BTC", "USDT") if order.side == "BUY" else ("USDT", "BTC")
            rate = (1, order.price) if order.side == "BUY" else (order.price, 1)
            free[gets] += executed * rate[0]
            free[gives] -= (executed + left) * rate[1]
            locked[gives] += left * rate[1]
        return [{"asset": each, "free": text(free[each]), "locked": text(locked[each])} for each in free]


def _brief(params: dict[str, Any]) -> str:
    skip = (
        "timestamp",
        "recvWindow",
        "signature",
        "apiKey",
        "symbol",
        "side",
        "type",
        "timeInForce",
        "price",
        "newOrderRespType",
    )
    return " ".join(f"{name}={value}" for name, value in params.items() if name not in skip)
