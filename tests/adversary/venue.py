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
from typing import Any

from tests.adversary.engine import EPOCH, UNKNOWN
from tests.adversary.plan import UNKNOWN_HALVES, Fate, World
from tests.adversary.truth import Frame, Refusal
from tests.adversary.views import Views

__all__ = ["CALL", "UNKNOWN_CODES", "Link", "Venue", "weight_of"]

WAY = 0.002
"""Seconds a message takes each way."""

SICK_FOR = 30.0
"""Seconds for which a new connection stays sick; see `World.opens`."""

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

FAULTS = ((503, -1008, "Server is currently overloaded with other requests."), (504, -1007, "Timeout waiting for response from backend server. Send status unknown; execution status unknown."), (500, -1006, "An unexpected response was received from the message bus. Execution status unknown."), (500, -1000, "An unknown error occurred while processing the request."), (502, -1001, "Internal error; unable to process your request. Please try again."))  # fmt: skip

UNKNOWN_CODES = (-1000, -1001, -1006, -1007)
"""The codes by which the venue says, under any status, that it does not know whether it executed a request."""


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

    def swallows(self, method: str) -> bool:
        """Whether a request is lost on it; "mute", "dumb" and "slow" take orders, and do not answer, or too late."""
        if self.deaf == "sick":
            return method not in ("time", "ping")
        if self.deaf == "shy":
            return method.startswith("userDataStream.subscribe")
        return self.deaf == "half" or self.deaf == ("swallow" if method in TRADE else "mute")

    def heal(self) -> None:
        if self.deaf != "half":  # the far end is gone for good
            self.deaf = ""

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


class Venue(Views):
    """The gateways, which look at requests and answer queries, and the transport that leads to them."""

    def __init__(self, loop: Any, world: World, note: Callable[[str], None]) -> None:
        super().__init__(loop, world)
        self.note = note
        self.offsets = list(world.offsets)
        self.frozen: dict[str, float] = {}
        self.frames: list[Frame] = []
        self.links: list[Link] = []
        self.connects: list[float] = []
        self.asked: list[tuple[float, str]] = []
        self.weights: dict[int, int] = {}
        self.violations: list[str] = []
        self.reachable = True
        self.refuses_logons = False
        self.questions: list[str] = []
        self.opens: list[str] = []
        self._faults = itertools.cycle(FAULTS)
        self._unknown = itertools.cycle(each for each in FAULTS if each[1] in UNKNOWN_CODES)

    # ------------------------------------------------------------------ clocks and chance

    def later(self, seconds: float, then: Callable[..., None], *arguments: Any) -> None:
        self.loop.call_later(seconds, then, *arguments)

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
        if self.opens:
            link.deaf = self.opens.pop(0)
            self.later(SICK_FOR, link.heal)
        self.links.append(link)
        return link

    def receive(self, link: Link, request: dict[str, Any]) -> None:
        """Take a frame from the client's hands."""
        method, params = request["method"].removeprefix("v3/"), request.get("params") or {}
        if method not in TRADE:
            self.asked.append((self.loop.time(), method))
            if not link.swallows(method):
                self.later(WAY, self._read, link, request["id"], method, params)
            return
        frame = Frame(CALL.get(), method, params, link, self.loop.time())
        self.frames.append(frame)
        self.note(f"    frame {method} {_brief(params)}")
        fate: Fate = frame.call.fate_of(frame) if frame.call is not None else Fate()
        if link.swallows(method):
            frame.lost = True
            return
        self.later(WAY, self._arrives, frame, fate, request["id"])

    # ------------------------------------------------------------------ a request that changes orders

    def _arrives(self, frame: Frame, fate: Fate, number: Any) -> None:
        frame.whose = frame.params.get("apiKey") or frame.link.account
        if self._late(frame):
            self._answer(frame, fate, number, refusal=self._timestamp(frame))
            return
        if fate.reply == "cut":
            frame.link.cut()
        elif fate.reply == "fault":
            status, code, msg = next(self._faults)
            self._reply(frame.link, number, {"status": status, "error": {"code": code, "msg": msg}})
        if not fate.executes:
            if fate.reply in ("ok", "twice", "odd", "late", *UNKNOWN_HALVES):
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
        self._account = frame.account = frame.whose
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
        if fate.reply.startswith("unknown") and frame.method == "order.cancelReplace":
            refusal = self._half_unknown(fate.reply.split()[1], result, refusal)
        frame.refused = refusal
        weight = TRADE[frame.method]
        self._weigh(weight if refusal is not None or weight > 1 else 0)
        frame.lost = frame.link.deaf in ("mute", "dumb", "slow") and fate.reply != "fault"  # that was answered before
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

    def _half_unknown(self, which: str, result: Any, refusal: Refusal | None) -> Refusal | None:
        """Return the answer to a cancel-replace, but for a half that the venue does not tell the fate of."""
        halves = dict(result if refusal is None else refusal.error.get("data") or {})
        for name, half in (("newOrder", "new"), ("cancel", "cancel")):
            if which in (half, "both") and halves.get(f"{name}Result") in ("SUCCESS", "FAILURE"):
                _, code, msg = next(self._unknown)
                halves |= {f"{name}Result": "FAILURE", f"{name}Response": {"code": code, "msg": msg}}
        if not halves or (refusal is None and halves == result):
            return refusal
        if "SUCCESS" in (halves["cancelResult"], halves["newOrderResult"]):
            return Refusal(-2021, "Order cancel-replace partially failed.", 409, halves)
        return Refusal(-2022, "Order cancel-replace failed.", 400, halves)

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

    def minute(self, at: float) -> int:
        """Return in which minute of the limits a moment is: they begin as the first clock says, and do not jump with it."""
        return int((at - 100_000 + self.world.offsets[0] / 1000) // 60)

    def _weigh(self, weight: int) -> int:
        minute = self.minute(self.loop.time())
        used = self.weights[minute] = self.weights.get(minute, 0) + weight
        # Between two clocks that disagree a minute begins twice, so the client may fill it twice.
        apart = self.offsets[0] != self.offsets[1]
        if weight and used > self.world.weight * (2 if apart else 1):
            self.violations.append(f"I9: {used} of {self.world.weight} request weight in a minute")
        return used

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
        self._weigh(weight_of(method, params))
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
        return self.shown(method, params, at)

    def _session(self, link: Link, method: str, params: dict[str, Any]) -> Any:
        now = self.clock_ms(link.gateway)
        if method == "time":
            return {"serverTime": now}
        if method == "session.logon":
            if self.refuses_logons:
                raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)
            link.account = params["apiKey"]
        if method in ("userDataStream.subscribe", "userDataStream.subscribe.signature"):
            link.subscription = 0
            link.hears = params.get("apiKey") or link.account
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


def weight_of(method: str, params: dict[str, Any]) -> int:
    """Return what a query weighs: two of them weigh less where their parameters leave less to look for."""
    if method == "openOrders.status" and "symbol" in params:
        return 6
    if method == "myTrades" and "orderId" in params:
        return 5
    return READ.get(method, 1)


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
