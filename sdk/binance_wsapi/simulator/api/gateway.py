"""The way of a request through the exchange: decode, find the method, authenticate, check the time, run, answer.

A request is answered exactly once, on the connection it came on, under the id it brought. What the venue documents
decides the order of the checks: the frame, the method, the weight, the parameters, the key, the signature, the time.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from binance_wsapi.simulator.access.auth import ApiKey
from binance_wsapi.simulator.access.firewall import screen
from binance_wsapi.simulator.access.frames import decode, encode
from binance_wsapi.simulator.access.params import missing, unread_parameters
from binance_wsapi.simulator.access.refusal import Refusal, bad, unauthorized
from binance_wsapi.simulator.access.timing import Validity
from binance_wsapi.simulator.api.calls import Call, Method, Security
from binance_wsapi.simulator.api.methods import METHODS
from binance_wsapi.simulator.api.session import Session
from binance_wsapi.simulator.engine import Event, Refused
from binance_wsapi.simulator.faults.actions import (
    Action,
    Break,
    Cut,
    Delay,
    Double,
    Drop,
    Fragment,
    Garbage,
    Raw,
    Refuse,
)
from binance_wsapi.simulator.faults.breakage import broken_answer
from binance_wsapi.simulator.faults.faults import Faults
from binance_wsapi.simulator.record.truth import Truth
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.user_events import ACCOUNT_EVENTS, account_of
from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["BACKEND_TIMEOUT", "Gateway", "Request", "run", "timed_out"]

BACKEND_TIMEOUT = 10.0
"""Seconds the API waits for the matching engine ("General API Information")."""
SIGNED = frozenset({"apiKey", "signature", "timestamp", "recvWindow"})
COMMON = frozenset({"returnRateLimits", "apiKey"})
"""An API key names who asks, as its header does on REST; a public method does not look at it."""
SIGNED_OR_COMMON = SIGNED | COMMON
WHOLE = frozenset({"id", "method", "params"})


class Request(Struct):
    """One request as it was understood; `method` is None when it names an unknown method."""

    session: Session
    id: Any = None
    name: str = ""
    sent: dict[str, Any] = field(default_factory=dict)
    method: Method | None = None
    show_limits: bool = True
    shows_orders: bool = False
    account: int = 0
    charged: int = -1
    validity: Validity | None = None


class Gateway:
    """Runs requests against a venue.

    Args:
        chance: decides how long a request waits in front of the matching engine, within the venue's pace.

    Attributes:
        run: runs an admitted request; a profiler may wrap it.
    """

    def __init__(
        self,
        venue: Venue,
        truth: Truth,
        faults: Faults,
        timers: Timers,
        *,
        chance: random.Random,
    ) -> None:
        self.venue = venue
        self.sessions: dict[int, Session] = {}
        self.run: Callable[[Call], Any] = run
        self._truth = truth
        self._faults = faults
        self._timers = timers
        self._chance = chance
        self._queue_free_at = 0.0
        venue.listen(self._hear, *ACCOUNT_EVENTS)

    def _hear(self, event: Event) -> None:
        for session in self.sessions.values():
            if session.subscriptions and (account := account_of(event)) is not None:
                session.hear(account, event)

    # --- one request -----------------------------------------------------------------------------------------------

    def receive(self, session: Session, frame: str | bytes) -> None:
        """Take one frame from a connection and see that it is answered."""
        request = Request(session, show_limits=session.return_rate_limits)
        self._truth.counters["requests"] += 1
        action: Action | None = None
        try:
            self._understand(request, frame)
            self._truth.counters[request.name if request.method else "unknown methods"] += 1
            action = self._faults.take(request.name)
            if isinstance(action, Cut) and not action.after_execution:
                session.cut()
                return
            if isinstance(action, Drop) and not action.executed:
                return
            if isinstance(action, Refuse) and not action.executed:
                raise Refusal(action.status, action.code, action.msg, action.data)
            self._charge(request)
            call = self._admit(request)
        except (Refusal, Refused) as refusal:
            if request.charged < 0:
                self._charge_quietly(request)
            self._finish(request, refusal, action)
            return
        self._forward(request, call, action)

    def _forward(self, request: Request, call: Call, action: Action | None) -> None:
        """Run a request, at once or when its turn has come."""
        wait = self._wait(call) if call.method.to_engine else 0.0
        if isinstance(action, Delay):
            if action.at == "engine":
                self._run_slowly(request, call, action.seconds, action.then)
                return
            if action.at == "queue":
                wait += action.seconds
        if wait <= 0:
            self._execute(request, call, action)
            return

        def turn() -> None:
            try:
                if request.validity is not None:
                    request.validity.check(self.venue.clock)
            except Refusal as refusal:
                # A late refusal also costs an unfilled order (CHANGELOG, recvWindow checks of 2025).
                if call.method.orders:
                    self.venue.limits.count_orders(request.account, call.method.orders)
                self._finish(request, refusal, action)
            else:
                self._execute(request, call, action)

        self._timers.later(wait, turn)

    def _wait(self, call: Call) -> float:
        least, most = self.venue.pace.queue_delay
        if not most:
            return 0.0
        now = call.venue.clock.loop_time()
        # A microsecond apart: timers for the same moment may fire in any order.
        self._queue_free_at = max(self._queue_free_at + 1e-6, now + self._chance.uniform(least, most))
        return self._queue_free_at - now

    def _run_slowly(self, request: Request, call: Call, seconds: float, then: Action | None) -> None:
        if seconds <= BACKEND_TIMEOUT:
            self._timers.later(seconds, lambda: self._execute(request, call, then))
            return
        self._timers.later(BACKEND_TIMEOUT, lambda: self._answer(request, timed_out()))
        self._timers.later(seconds, lambda: self._execute(request, call, Drop()))

    def _execute(self, request: Request, call: Call, action: Action | None) -> None:
        request.session.hold()
        outcome: Any
        try:
            outcome = self.run(call)
        except (Refusal, Refused) as refusal:
            outcome = refusal
        else:
            self._refund(request, call)
        self._finish(request, outcome, action)

    def _charge(self, request: Request) -> None:
        weight = 1 if request.method is None else request.method.weighs(request.sent, self.venue.listings)
        request.charged = weight
        self.venue.limits.charge(request.session.ip, weight)

    def _charge_quietly(self, request: Request) -> None:
        """Charge a request that was refused before its weight was known."""
        with contextlib.suppress(Refusal):
            self._charge(request)

    def _refund(self, request: Request, call: Call) -> None:
        cost = call.method.weight_on_success if call.cost is None else call.cost
        if cost is not None:
            self.venue.limits.refund(request.session.ip, request.charged - cost)

    def _finish(self, request: Request, outcome: Any, action: Action | None) -> None:
        """Answer, in the way the action lets it be."""
        session = request.session

        def answer() -> None:
            self._answer(request, outcome)

        if action is None:
            session.release(answer)
        elif isinstance(action, Cut):
            session.discard()
            session.cut()
        elif isinstance(action, Drop):
            session.release(None)
        elif isinstance(action, Double):
            session.release(answer)
            answer()
        elif isinstance(action, Refuse):
            refusal = Refusal(action.status, action.code, action.msg, action.data)
            session.release(lambda: self._answer(request, refusal))
        elif isinstance(action, Garbage):
            session.release(lambda: session.send(action.frame))
            if action.then_reply:
                answer()
        elif isinstance(action, Break | Fragment):
            session.release(lambda: self._answer(request, outcome, action))
        elif isinstance(action, Raw):
            session.release(lambda: session.send_raw(action.data))
            if action.then_reply:
                answer()
        elif action.at == "answer":
            session.release(None)
            self._timers.later(action.seconds, lambda: self._finish(request, outcome, action.then))
        else:
            self._finish(request, outcome, action.then)

    def _answer(self, request: Request, outcome: Any, broken: Break | Fragment | None = None) -> None:
        """Answer with a result, or with the error it is."""
        answer: dict[str, Any] = {"id": request.id}
        if isinstance(outcome, Refused):
            outcome = Refusal.of(outcome)
        if isinstance(outcome, Refusal):
            answer |= {"status": outcome.status, "error": outcome.as_json(request.session.unit)}
            self._truth.counters[f"error {outcome.code}"] += 1
        else:
            answer |= {"status": 200, "result": outcome}
        self._truth.counters[f"status {answer['status']}"] += 1
        if request.show_limits:
            answer["rateLimits"] = self.venue.limits.rows(
                request.session.ip, request.account if request.shows_orders else None
            )
        frame = encode(answer)
        if isinstance(broken, Break):
            request.session.send(broken_answer(broken.kind, frame))
        elif isinstance(broken, Fragment):
            request.session.send_pieces(frame, broken.pieces)
        else:
            request.session.send(frame)
        if isinstance(outcome, Refusal) and outcome.close:
            self._disconnect(request.session.ip)

    def _disconnect(self, ip: str) -> None:
        """Close every connection of a banned IP, behind what is being written."""
        for session in list(self.sessions.values()):
            if session.ip == ip:
                session.close(1008)

    # --- before it runs --------------------------------------------------------------------------------------------

    def _understand(self, request: Request, frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else None
        message = None if text is None else decode(text)
        if not isinstance(message, dict):
            raise bad(-1135, "Invalid JSON Request")
        if "id" not in message:
            raise missing("id")
        identity = message["id"]
        if not _is_id(identity):
            raise bad(-1130, "Data sent for parameter 'id' is not valid.")
        request.id = identity
        name, sent = message.get("method"), message.get("params")
        if type(name) is not str or not name:
            raise missing("method")
        if sent is not None and not isinstance(sent, dict):
            raise bad(-1135, "JSON sent for parameter 'params' is not valid")
        if not message.keys() <= WHOLE:
            raise unread_parameters(len(message.keys() & WHOLE), len(message))
        request.name = name.removeprefix("v3/")
        request.sent = sent or {}
        request.method = METHODS.get(request.name)
        shown = request.sent.get("returnRateLimits")
        if isinstance(shown, bool):
            request.show_limits = shown
        screen(request.sent, text)

    def _admit(self, request: Request) -> Call:
        session, method = request.session, request.method
        if session.key is not None and session.key.revoked:
            # "after the next request the session will be revoked": answered with id null (Session Authentication).
            session.log_out()
            request.id = None
            raise unauthorized()
        if method is None:
            raise bad(-1130, "Data sent for parameter 'method' is not valid.")
        signed = method.security is not Security.NONE
        shared = SIGNED_OR_COMMON if signed else COMMON
        own = {name: value for name, value in request.sent.items() if name not in shared}
        if "returnRateLimits" in request.sent and not isinstance(request.sent["returnRateLimits"], bool):
            raise bad(-1130, "Data sent for parameter 'returnRateLimits' is not valid.")
        params = method.reader.read(own)
        if signed:
            request.account = self.venue.account(self._authenticate(request, method).account)
            request.validity = Validity.of(request.sent, self.venue.clock)
        request.shows_orders = method.orders > 0
        return Call(self.venue, session, method, request.sent, params, request.account, session.unit)

    def _authenticate(self, request: Request, method: Method) -> ApiKey:
        sent, key = request.sent, request.session.key
        if key is None or method.security is Security.SIGNED or "apiKey" in sent or "signature" in sent:
            for name in ("apiKey", "signature"):
                if not isinstance(sent.get(name), str) or not sent[name]:
                    raise missing(name)
            key = self.venue.keys.authenticate(sent)
        if method.security is not Security.SIGNED and method.security not in key.permissions:
            raise unauthorized()
        return key


def run(call: Call) -> Any:
    """Run the handler within the account's limit of unfilled orders."""
    method, limits = call.method, call.venue.limits
    if not method.orders:
        return method.handler(call)
    if call.venue.trading_stopped:
        raise Refused(-2010, f"{'Rest' if call.rest else 'WebSocket'} API trading is not enabled.")
    try:
        limits.check_orders(call.account, method.orders)
    except Refusal as refusal:
        if call.get("orderRateLimitExceededMode") != "CANCEL_ONLY":
            raise
        call.placement_refused = Refused(refusal.code, refusal.msg)
    try:
        result = method.handler(call)
    except Refusal as refusal:
        if refusal.data is not None and "newOrderResult" in refusal.data and call.placement_refused is None:
            # The new order counts "even if it was not attempted" (order.cancelReplace).
            limits.count_orders(call.account, method.orders)
        raise
    limits.count_orders(call.account, method.orders)
    return result


def _is_id(identity: object) -> bool:
    """Whether a request id can be echoed: null, an integer or text of any length ("Request format").

    A number with a fraction is neither. The 36 characters of the streams are a rule of the streams alone.
    """
    return identity is None or type(identity) in (int, str)


def timed_out() -> Refusal:
    """Return the refusal of a request whose outcome the API did not wait for."""
    msg = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
    return Refusal(504, -1007, msg)
