"""The REST API: the same methods behind plain HTTP, signed the REST way.

The signature covers the query string and the body as they were sent, percent-encoding and all, one behind the other
(rest-api.md, "SIGNED Endpoint security").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from .calls import Call, Method, Security
from .engine import Refused
from .firewall import screen
from .frames import decode, encode
from .gateway import run
from .methods import METHODS
from .params import missing, read
from .refusal import Refusal, bad, unauthorized
from .session import Session
from .timing import Validity
from .venue import Venue

__all__ = ["ROUTES", "Rest", "Sent"]

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
_LISTS = frozenset({"symbols", "permissions"})
_SIGNED = frozenset({"timestamp", "recvWindow", "signature"})
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


class Rest:
    """Answers REST requests."""

    def __init__(self, venue: Venue, session: Session) -> None:
        self._venue = venue
        self._session = session

    def answer(self, sent: Sent) -> tuple[int, str, dict[str, str]]:
        """Answer a request; return HTTP status, JSON body and headers."""
        limits = self._venue.limits
        headers: dict[str, str] = {}
        try:
            status, body = 200, self._run(sent, headers)
        except (Refusal, Refused) as refusal:
            refused = Refusal.of(refusal) if isinstance(refusal, Refused) else refusal
            status, body = refused.status, refused.as_json()
            if refused.data is not None and "retryAfter" in refused.data:
                del body["data"]  # it is a header here
                wait = refused.data["retryAfter"] - refused.data["serverTime"]
                headers["Retry-After"] = str(-(-wait // 1000))
        used = str(limits.rows(sent.ip, None)[0]["count"])
        return status, encode(body), headers | {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}

    def _run(self, sent: Sent, headers: dict[str, str]) -> Any:
        method = METHODS.get(ROUTES.get((sent.method, sent.path), ""))
        if method is None:
            raise Refusal(404, -1020, "This operation is not supported.")
        params = self._parse(sent)
        screen(params)
        limits, weight = self._venue.limits, method.weighs(params)
        limits.charge(sent.ip, weight)
        if sent.time_unit.upper() not in UNITS:
            raise bad(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
        account, own = 0, params
        if method.security is not Security.NONE:
            account = self._authenticate(method, params, sent)
            own = {name: value for name, value in params.items() if name not in _SIGNED}
        unit = UNITS[sent.time_unit.upper()]
        call = Call(self._venue, self._session, method, params, read(method.params, own), account, unit)
        result = run(call)
        if method.name == "exchangeInfo":
            result["rateLimits"] = limits.described(rest=True)
        cost = method.weight_on_success if call.cost is None else call.cost
        if cost is not None:
            limits.refund(sent.ip, weight - cost)
        if method.orders:
            short, day = limits.order_rows(account)
            headers |= {"X-MBX-ORDER-COUNT-10S": str(short["count"]), "X-MBX-ORDER-COUNT-1D": str(day["count"])}
        return result

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

    def _authenticate(self, method: Method, params: dict[str, Any], sent: Sent) -> int:
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
        Validity.of(params, self._venue.clock)
        return self._venue.account(key.account)


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
