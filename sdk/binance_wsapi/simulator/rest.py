"""The reads of the REST API: the same methods behind plain HTTP, signed the REST way.

The socket library hands over GET requests only, and reading is all the REST side is for. The signature covers the
query string as it was sent, percent-encoding and all (rest-api.md, "SIGNED request security").
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from .calls import Call, Method, Security
from .engine import Refused
from .firewall import screen
from .frames import decode, encode
from .methods import METHODS
from .params import missing, read
from .refusal import Refusal, bad, unauthorized
from .session import Session
from .timing import Validity
from .venue import Venue

__all__ = ["PATHS", "Rest"]

PATHS = {
    "ping": "ping",
    "time": "time",
    "exchangeInfo": "exchangeInfo",
    "executionRules": "executionRules",
    "depth": "depth",
    "trades": "trades.recent",
    "historicalTrades": "trades.historical",
    "aggTrades": "trades.aggregate",
    "klines": "klines",
    "uiKlines": "uiKlines",
    "avgPrice": "avgPrice",
    "ticker/24hr": "ticker.24hr",
    "ticker/tradingDay": "ticker.tradingDay",
    "ticker": "ticker",
    "ticker/price": "ticker.price",
    "ticker/bookTicker": "ticker.book",
    "referencePrice": "referencePrice",
    "referencePrice/calculation": "referencePrice.calculation",
    "account": "account.status",
    "order": "order.status",
    "openOrders": "openOrders.status",
    "allOrders": "allOrders",
    "orderList": "orderList.status",
    "openOrderList": "openOrderLists.status",
    "allOrderList": "allOrderLists",
    "myTrades": "myTrades",
    "rateLimit/order": "account.rateLimits.orders",
    "myPreventedMatches": "myPreventedMatches",
    "myAllocations": "myAllocations",
    "account/commission": "account.commission",
    "order/amendments": "order.amendments",
    "myFilters": "myFilters",
}
"""REST paths below /api/v3/ and the methods that answer them."""
_LISTS = frozenset({"symbols", "permissions"})
_SIGNED = frozenset({"timestamp", "recvWindow", "signature"})


class Rest:
    """Answers REST reads."""

    def __init__(self, venue: Venue, session: Session) -> None:
        self._venue = venue
        self._session = session

    def answer(self, path: str, query: str, api_key: str | None, ip: str) -> tuple[int, str, dict[str, str]]:
        """Answer a GET request.

        Args:
            path: below /api/v3/.
            query: as it was sent.
            api_key: the X-MBX-APIKEY header.

        Returns:
            HTTP status, JSON body and headers.
        """
        limits = self._venue.limits
        headers: dict[str, str] = {}
        try:
            body: Any = self._run(path, query, api_key, ip)
            status = 200
        except (Refusal, Refused) as refusal:
            refused = Refusal.of(refusal) if isinstance(refusal, Refused) else refusal
            status, body = refused.status, {"code": refused.code, "msg": refused.msg}
            if refused.data is not None and "retryAfter" in refused.data:
                wait = refused.data["retryAfter"] - refused.data["serverTime"]
                headers["Retry-After"] = str(-(-wait // 1000))
        headers["X-MBX-USED-WEIGHT-1M"] = str(limits.rows(ip, None)[0]["count"])
        return status, encode(body), headers

    def _run(self, path: str, query: str, api_key: str | None, ip: str) -> Any:
        method = METHODS.get(PATHS.get(path, ""))
        if method is None:
            raise Refusal(404, -1020, "This operation is not supported.")
        sent = self._parse(query)
        screen(sent)
        self._venue.limits.charge(ip, method.weighs(sent))
        account = 0
        own = sent
        if method.security is not Security.NONE:
            account = self._authenticate(method, sent, query, api_key)
            own = {name: value for name, value in sent.items() if name not in _SIGNED}
        params = read(method.params, own)
        return method.handler(Call(self._venue, self._session, method, sent, params, account, self._session.unit))

    def _parse(self, query: str) -> dict[str, Any]:
        pairs = parse_qsl(query, keep_blank_values=True)
        sent: dict[str, Any] = dict(pairs)
        if len(sent) != len(pairs):
            raise bad(-1101, "Duplicate values for a parameter detected.")
        for name in _LISTS & sent.keys():
            if sent[name].startswith("["):
                try:
                    sent[name] = decode(sent[name])
                except Refusal:
                    raise bad(-1135, f"JSON sent for parameter '{name}' is not valid") from None
        return sent

    def _authenticate(self, method: Method, sent: dict[str, Any], query: str, api_key: str | None) -> int:
        if not api_key:
            raise Refusal(401, -2014, "API-key format invalid.")
        key = self._venue.keys.find(api_key)
        parts = query.split("&")
        signature = next((part[10:] for part in parts if part.startswith("signature=")), "")
        if not signature:
            raise missing("signature")
        signed = "&".join(part for part in parts if not part.startswith("signature="))
        if not key.verify(unquote_plus(signature.replace("+", "%2B")), signed.encode()):
            raise bad(-1022, "Signature for this request is not valid.")
        if method.security not in key.permissions:
            raise unauthorized()
        Validity.of(sent, self._venue.clock)
        return self._venue.account(key.account)
