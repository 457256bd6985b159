"""An id watch of a session that says nothing but the time, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from binance_wsapi import LateExecution, Settings
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate.fence import Doubt, Moment
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.unresolved import LiveId, UnderWay, Unresolved
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.wire.endpoint import Endpoint, TimeUnit
from binance_wsapi.wire.order_calls import Sight

__all__ = ["NOW_MS", "SYMBOL", "Watch", "live", "numbers", "sight"]

SYMBOL = "BTCUSDT"
NOW_MS = 10**9


CANCELLED = {
    "symbol": SYMBOL, "origClientOrderId": "mine", "orderId": 7, "orderListId": -1, "clientOrderId": "gone",
    "transactTime": 1, "price": "1.0", "origQty": "1.0", "executedQty": "0.0", "origQuoteOrderQty": "0.0",
    "cummulativeQuoteQty": "0.0", "status": "CANCELED", "timeInForce": "GTC", "type": "LIMIT", "side": "BUY",
    "selfTradePreventionMode": "NONE",
}  # fmt: skip
"""What a reply tells of a cancelled order."""


class _Session:
    """Says the time."""

    def __init__(self, told: list[Any], time_unit: TimeUnit) -> None:
        self.listeners: Listeners[Any] = Listeners()
        self.settings = Settings(time_unit=time_unit)
        self.clock_error_ms = 0.0
        self.tell = told.append

    def now_ms(self) -> int:
        """Return the venue's time."""
        return NOW_MS


class Watch(IdWatch):
    """An id watch, and what it told.

    Args:
        journal: notes numbers.
        time_unit: of the session.
    """

    def __init__(self, journal: Journal | None = None, time_unit: TimeUnit = TimeUnit.MILLISECOND) -> None:
        self.told_late: list[LateExecution] = []
        session: Any = _Session(self.told_late, time_unit)
        super().__init__(session, SPOT_ORDERS, 1_000, lambda _connection, _id: None, Listeners(), journal)
        self.history._now = 1.0  # later than the frames of `doubted` left

    def call(
        self,
        endpoint: Endpoint[Any] = SPOT_ORDERS.place,
        *ids: str,
        fresh: Sequence[str] = (),
        leaves: bool = True,
        key: Signer | AsyncSigner | None = None,
        **request: Any,
    ) -> UnderWay:
        """Begin a call with these ids, by the names under which the method takes them, and have its frame leave."""
        named = dict(zip(endpoint.client_ids, ids, strict=False))
        call = self.begin(endpoint, {"symbol": SYMBOL, **named, **request}, list(named.values()), fresh, key)
        if leaves:
            self.contests.leaves(call)
        return call

    def doubted(
        self,
        *tokens: Token,
        endpoint: Endpoint[Any] = SPOT_ORDERS.place,
        call: UnderWay | None = None,
        request_id: str = "r",
        key: Any = None,
        **request: Any,
    ) -> Unresolved:
        """Have a request in doubt with a part for each token."""
        doubts = [Doubt(token, 0, 5_000, Moment(0, 0), 0.0) for token in tokens]
        intent = Unresolved(endpoint, {"symbol": SYMBOL, **request}, doubts, 0, key, request_id=request_id)
        self.doubt(intent, call)
        return intent

    def late(self) -> list[str]:
        """Return of which ids it was told that they turned up."""
        return [each.client_order_id for each in self.told_late]


def sight(number: int | None = 7, name: str = "mine", former: str | None = None, **more: Any) -> Sight:
    """Return the sight of an order."""
    return Sight("an order", SYMBOL, name, former, number, **{"status": "NEW", **more})


def live(call: UnderWay, at: int = 0) -> LiveId:
    """Return an id of a call."""
    return call.live_ids[at]


def numbers(call: UnderWay, at: int = 0) -> list[list[int | None]]:
    """Return the numbers of what was seen of an id of a call, each time it was."""
    return [[each.number for each in seen.sights()] for seen in live(call, at).seen]
