"""The REST API: the same methods behind plain HTTP, signed the REST way.

The signature covers the query string and the body as they were sent, percent-encoding and all, one behind the other
(rest-api.md, "SIGNED Endpoint security").
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from binance_wsapi.simulator.access.firewall import screen
from binance_wsapi.simulator.access.frames import decode, encode
from binance_wsapi.simulator.access.listen_tokens import LONGEST_VALIDITY_MS, margin_account
from binance_wsapi.simulator.access.params import missing
from binance_wsapi.simulator.access.refusal import Refusal, bad, unauthorized
from binance_wsapi.simulator.access.timing import Validity
from binance_wsapi.simulator.api.calls import Call, Method, Security
from binance_wsapi.simulator.api.gateway import BACKEND_TIMEOUT, run, timed_out
from binance_wsapi.simulator.api.methods import METHODS
from binance_wsapi.simulator.api.session import Session
from binance_wsapi.simulator.engine import Refused
from binance_wsapi.simulator.faults.actions import Action, Cut, Delay, Drop, Refuse
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["JSON", "LISTEN_TOKEN", "ROUTES", "Answer", "Rest", "Sent"]

JSON = "application/json;charset=UTF-8"
"""The Content-Type of answers, and of refused handshakes."""

ROUTES = {
    ("GET", "ping"): "ping",
    ("GET", "time"): "time",
    ("GET", "exchangeInfo"): "exchangeInfo",
    ("GET", "executionRules"): "executionRules",
    ("GET", "depth"): "depth",
    ("GET", "trades"): "trades.recent",
    ("GET", "historicalTrades"): "trades.historical",
    ("GET", "historicalBlockTrades"): "blockTrades.historical",
    ("GET", "aggTrades"): "trades.aggregate",
    ("GET", "klines"): "klines",
    ("GET", "uiKlines"): "uiKlines",
    ("GET", "avgPrice"): "avgPrice",
    ("GET", "ticker/24hr"): "ticker.24hr",
    ("GET", "ticker/tradingDay"): "ticker.tradingDay",
    ("GET", "ticker"): "ticker",
    ("GET", "ticker/price"): "ticker.price",
    ("GET", "ticker/bookTicker"): "ticker.book",
    ("GET", "referencePrice"): "referencePrice",
    ("GET", "referencePrice/calculation"): "referencePrice.calculation",
    ("GET", "account"): "account.status",
    ("GET", "order"): "order.status",
    ("GET", "openOrders"): "openOrders.status",
    ("GET", "allOrders"): "allOrders",
    ("GET", "orderList"): "orderList.status",
    ("GET", "openOrderList"): "openOrderLists.status",
    ("GET", "allOrderList"): "allOrderLists",
    ("GET", "myTrades"): "myTrades",
    ("GET", "rateLimit/order"): "account.rateLimits.orders",
    ("GET", "myPreventedMatches"): "myPreventedMatches",
    ("GET", "myAllocations"): "myAllocations",
    ("GET", "account/commission"): "account.commission",
    ("GET", "order/amendments"): "order.amendments",
    ("GET", "myFilters"): "myFilters",
    ("POST", "order"): "order.place",
    ("POST", "order/test"): "order.test",
    ("DELETE", "order"): "order.cancel",
    ("DELETE", "openOrders"): "openOrders.cancelAll",
    ("POST", "order/cancelReplace"): "order.cancelReplace",
    ("PUT", "order/amend/keepPriority"): "order.amend.keepPriority",
    ("POST", "order/oco"): "orderList.place",
    ("POST", "orderList/oco"): "orderList.place.oco",
    ("POST", "orderList/oto"): "orderList.place.oto",
    ("POST", "orderList/otoco"): "orderList.place.otoco",
    ("POST", "orderList/opo"): "orderList.place.opo",
    ("POST", "orderList/opoco"): "orderList.place.opoco",
    ("DELETE", "orderList"): "orderList.cancel",
    ("POST", "sor/order"): "sor.order.place",
    ("POST", "sor/order/test"): "sor.order.test",
}
"""HTTP method and path below /api/v3/, and the method that answers."""
LISTEN_TOKEN = "/sapi/v1/userListenToken"  # noqa: S105
"""Where margin accounts get a token to hear their user data with (margin trading, "Create Margin Account listenToken")."""
REMOVED = "userDataStream"
"""Listen keys were taken away on 2026-02-20; since then the venue answers 410 (CHANGELOG)."""
_LISTS = frozenset({"symbols", "permissions"})
_SIGNED = frozenset({"timestamp", "recvWindow", "signature"})
FOR_EVER = 86_400.0
"""Seconds. The socket is closed long before (`server.LONGEST_HANDSHAKE`)."""
UNITS = {"MILLISECOND": 1000, "MICROSECOND": 1}


@dataclass(frozen=True, slots=True)
class Sent:
    """One HTTP request.

    Attributes:
        path: below /api/v3/.
        query, body: as they were sent.
        api_key, time_unit: the headers X-MBX-APIKEY and X-MBX-TIME-UNIT.
    """

    method: str
    path: str
    query: str
    body: bytes
    api_key: str | None
    time_unit: str
    ip: str
    accept: str = ""
    """The header Accept."""

    @property
    def accepted(self) -> set[str]:
        """The kinds of content that Accept names."""
        return {part.partition(";")[0].strip().lower() for part in self.accept.split(",")}

    @property
    def sbe_only(self) -> bool:
        """Whether only SBE would do, which is not served here (sbe_faq, "How to get an SBE response")."""
        return "application/sbe" in self.accepted and not self.accepted & {"application/json", "application/*", "*/*"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: str
    headers: dict[str, str]
    kind: str = JSON
    """Its Content-Type."""


NO_PAGE = Answer(404, "<html><body><h2>404 Not found</h2></body></html>", {}, "text/html;charset=UTF-8")
"""What a browser is told of a route there is not; a program is told in JSON (CHANGELOG, 2023-12-04)."""


@dataclass(slots=True)
class _Admitted:
    """A request that may run."""

    call: Call
    weight: int
    validity: Validity | None


class Rest:
    """Answers REST requests.

    Args:
        take: returns the fault that a request of this method meets.
        wait: waits for so many seconds, or until the exchange is left.
    """

    def __init__(
        self,
        venue: Venue,
        session: Session,
        timers: Timers,
        take: Callable[[str], Action | None],
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        self._venue = venue
        self._session = session
        self._timers = timers
        self._take = take
        self._wait = wait

    async def answer(self, sent: Sent) -> Answer | None:
        """Answer a request; None resets its connection."""
        if "text/html" in sent.accepted and sent.path != REMOVED and (sent.method, sent.path) not in ROUTES:
            return NO_PAGE
        action = self._take(ROUTES.get((sent.method, sent.path), ""))
        if isinstance(action, Cut) and not action.after_execution:
            return None
        if isinstance(action, Drop) and not action.executed:
            await self._wait(FOR_EVER)
            return None
        headers: dict[str, str] = {}
        outcome = await self._outcome(sent, action, headers)
        while isinstance(action, Delay):
            if action.at == "answer":
                await self._wait(action.seconds)
            action = action.then
        if isinstance(action, Drop):
            await self._wait(FOR_EVER)
        if isinstance(action, Cut | Drop):
            return None
        if isinstance(action, Refuse):
            outcome = _refusal(action)
        return self._answer(sent, outcome, headers)

    async def _outcome(self, sent: Sent, action: Action | None, headers: dict[str, str]) -> Any:
        """Run a request, now or when its fault lets it; return the result, or the error it is."""
        try:
            if isinstance(action, Refuse) and not action.executed:
                return _refusal(action)
            self._venue.limits.count_raw(sent.ip)
            admitted = self._admit(sent)
            if isinstance(action, Delay) and action.at == "queue":
                await self._wait(action.seconds)
                self._check_again(admitted)
            elif isinstance(action, Delay) and action.at == "engine":
                if action.seconds > BACKEND_TIMEOUT:
                    self._timers.later(action.seconds, lambda: self._run_unheard(sent, admitted))
                    await self._wait(BACKEND_TIMEOUT)
                    return timed_out()
                await self._wait(action.seconds)
            return self._run(sent, admitted, headers)
        except Refused as refused:
            return Refusal.of(refused)
        except Refusal as refusal:
            return refusal

    def _answer(self, sent: Sent, outcome: Any, headers: dict[str, str]) -> Answer:
        status, body = 200, outcome
        if isinstance(outcome, Refusal):
            status, body = outcome.status, outcome.as_json()
            data = body.get("data")
            if data is not None and "retryAfter" in data:
                del body["data"]  # it is a header here
                wait = data["retryAfter"] - data.get("serverTime", self._venue.clock.now_ms())
                headers["Retry-After"] = str(-(-wait // 1000))
        used = str(self._venue.limits.rows(sent.ip, None)[0]["count"])
        return Answer(status, encode(body), headers | {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used})

    def listen_token(self, sent: Sent) -> Answer:
        """Give a listen token for the margin account of a key's account."""
        try:
            outcome: Any = self._listen_token(sent)
        except Refusal as refusal:
            outcome = refusal
        return self._answer(sent, outcome, {})

    def _listen_token(self, sent: Sent) -> dict[str, Any]:
        venue = self._venue
        venue.limits.count_raw(sent.ip)
        venue.limits.charge(sent.ip, 1)
        if sent.method != "POST":
            raise Refusal(404, -1020, "This operation is not supported.")
        if not sent.api_key:
            raise Refusal(401, -2014, "API-key format invalid.")
        key = venue.keys.find(sent.api_key)
        if Security.USER_STREAM not in key.permissions:
            raise unauthorized()
        params = _pairs(sent.body.decode("utf-8", "replace")) | _pairs(sent.query)
        isolated = params.get("isIsolated", "false").lower() == "true"
        if isolated and params.get("symbol") not in venue.listings:
            raise missing("symbol") if "symbol" not in params else bad(-1121, "Invalid symbol.")
        validity = params.get("validity", str(LONGEST_VALIDITY_MS))
        if not (validity.isascii() and validity.isdecimal() and 1 <= int(validity[:12]) <= LONGEST_VALIDITY_MS):
            raise bad(-1130, "Data sent for parameter 'validity' is not valid.")
        account = margin_account(key.account, params["symbol"] if isolated else None)
        venue.account(account)
        token = venue.tokens.create(account, venue.clock.now_us(), int(validity))
        return {"token": token.token, "expirationTime": token.expires_us // 1000}

    def _admit(self, sent: Sent) -> _Admitted:
        if sent.path == REMOVED:
            raise Refusal(410, -1020, "This operation is not supported.")
        method = METHODS.get(ROUTES.get((sent.method, sent.path), ""))
        if sent.sbe_only:
            raise Refusal(406, -1020, "This operation is not supported.")
        if method is None:
            raise Refusal(404, -1020, "This operation is not supported.")
        params = self._parse(sent)
        screen(params)
        limits, weight = self._venue.limits, method.weighs(params, self._venue.listings)
        limits.charge(sent.ip, weight)
        if sent.time_unit.upper() not in UNITS:
            raise bad(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
        account, own, validity = 0, params, None
        if method.security is not Security.NONE:
            account, validity = self._authenticate(method, params, sent)
            own = {name: value for name, value in params.items() if name not in _SIGNED}
        unit = UNITS[sent.time_unit.upper()]
        checked = method.reader.read(own)
        call = Call(self._venue, self._session, method, params, checked, account, unit, rest=True)
        return _Admitted(call, weight, validity)

    def _check_again(self, admitted: _Admitted) -> None:
        """Check the time in front of the matching engine."""
        method = admitted.call.method
        if admitted.validity is None or not method.to_engine:
            return
        try:
            admitted.validity.check(self._venue.clock)
        except Refusal:
            # A late refusal also costs an unfilled order (CHANGELOG, recvWindow checks of 2025).
            if method.orders:
                self._venue.limits.count_orders(admitted.call.account, method.orders)
            raise

    def _run(self, sent: Sent, admitted: _Admitted, headers: dict[str, str]) -> Any:
        call, method, limits = admitted.call, admitted.call.method, self._venue.limits
        result = run(call)
        cost = method.weight_on_success if call.cost is None else call.cost
        if cost is not None:
            limits.refund(sent.ip, admitted.weight - cost)
        if method.orders:
            short, day = limits.order_rows(call.account)
            headers |= {"X-MBX-ORDER-COUNT-10S": str(short["count"]), "X-MBX-ORDER-COUNT-1D": str(day["count"])}
        return result

    def _run_unheard(self, sent: Sent, admitted: _Admitted) -> None:
        with contextlib.suppress(Refusal, Refused):
            self._run(sent, admitted, {})

    def _parse(self, sent: Sent) -> dict[str, Any]:
        """Return the parameters; where query and body both have one, the query's counts ("General Information")."""
        body = _pairs(sent.body.decode("utf-8", "replace"))
        found = body if sent.method != "GET" else {}
        found |= _pairs(sent.query)
        for name in _LISTS & found.keys():
            if found[name].startswith("["):
                try:
                    found[name] = decode(found[name])
                except Refusal:
                    raise bad(-1135, f"JSON sent for parameter '{name}' is not valid") from None
        return found

    def _authenticate(self, method: Method, params: dict[str, Any], sent: Sent) -> tuple[int, Validity]:
        if not sent.api_key:
            raise Refusal(401, -2014, "API-key format invalid.")
        key = self._venue.keys.find(sent.api_key)
        signature = params.get("signature")
        if not signature:
            raise missing("signature")
        signed = _unsigned(sent.query)
        if sent.method != "GET":
            signed += _unsigned(sent.body.decode("utf-8", "replace"))
        if not key.verify(signature, signed.encode()):
            raise bad(-1022, "Signature for this request is not valid.")
        if method.security not in key.permissions:
            raise unauthorized()
        return self._venue.account(key.account), Validity.of(params, self._venue.clock)


def _refusal(action: Refuse) -> Refusal:
    return Refusal(action.status, action.code, action.msg, action.data)


def _pairs(text: str) -> dict[str, Any]:
    # A plus is itself in a signature that was not percent-encoded, and a space anywhere else.
    text = "&".join(part.replace("+", "%2B") if part.startswith("signature=") else part for part in text.split("&"))
    pairs = parse_qsl(text, keep_blank_values=True)
    found: dict[str, Any] = dict(pairs)
    if len(found) != len(pairs):
        raise bad(-1101, "Duplicate values for a parameter detected.")
    return found


def _unsigned(text: str) -> str:
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))
