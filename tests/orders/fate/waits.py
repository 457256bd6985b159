"""Waits in the place of a caller, whose venue answers as a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

from binance_wsapi import FateOptions, OutcomeUnknown
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import OrderNotFound
from binance_wsapi.orders.fate.fence import Doubt, Moment, Verdict
from binance_wsapi.orders.fate.on_unknown import VerdictWaits
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.endpoint import TimeUnit
from binance_wsapi.wire.order_calls import Act, Sight

__all__ = ["GONE", "LISTED", "MINE", "NOT_FOUND", "SYMBOL", "UNKNOWN", "USERS", "Waits", "in_doubt", "order"]

SYMBOL = "BTCUSDT"
MINE = Token("mine", SYMBOL)
USERS = Token("mine", SYMBOL, fresh=False)
LISTED = Token("mine", SYMBOL, TokenKind.LIST)
GONE = Token("gone", SYMBOL, act=Act.CANCEL)
UNKNOWN = OutcomeUnknown("no reply came")
NOT_FOUND = OrderNotFound(400, -2013, "Order does not exist.")


def in_doubt(*tokens: Token, endpoint: Any = SPOT_ORDERS.place) -> Unresolved:
    """Return a request in doubt with a part for each token."""
    doubts = [Doubt(token, 0, 5_000, Moment(0, 0), 0.0) for token in tokens]
    return Unresolved(endpoint, {"symbol": SYMBOL}, doubts, 0, None, request_id="r")


class Waits(VerdictWaits):
    """Waits whose venue gives these states and takes cancels as it is told.

    Args:
        states: answers to questions about an order, in turn, the last for ever; an error is raised.
        cancel: called with each cancel; returns what was cancelled, or raises.
        verdict: of the search.
        sleep: waits; without it the seconds are written down.
    """

    def __init__(
        self,
        *states: Any,
        cancel: Callable[[], Any] = lambda: "cancelled",
        verdict: Verdict | None = None,
        lag_ms: int = 6_000,
        cancels: bool = True,
        sleep: Any = None,
    ) -> None:
        self.asked: list[dict[str, Any]] = []
        self.cancelled: list[tuple[Any, dict[str, Any]]] = []
        self.slept: list[float] = []
        left: Iterator[Any] = iter(states)
        last: list[Any] = []

        async def call(endpoint: Any, question: Any, _options: Any) -> Any:
            assert endpoint is SPOT_ORDERS.order_status
            self.asked.append(dict(question))
            last[:] = [next(left, *last)]
            if isinstance(last[0], Exception):
                raise last[0]
            return last[0]

        async def change(endpoint: Any, request: dict[str, Any], _options: Any) -> Any:
            self.cancelled.append((endpoint, request))
            return cancel()

        async def rest(seconds: float) -> None:
            self.slept.append(seconds)

        async def found(_intent: Unresolved) -> Any:
            return verdict

        session = SimpleNamespace(
            call=call, now_ms=lambda: 77, settings=SimpleNamespace(time_unit=TimeUnit.MILLISECOND)
        )
        calls = SimpleNamespace(
            sights=lambda order: order if isinstance(order, list) else [], order_status=SPOT_ORDERS.order_status,
            cancel=SPOT_ORDERS.cancel, cancel_list=SPOT_ORDERS.cancel_list,
        )  # fmt: skip
        super().__init__(
            cast("Any", session), cast("Any", calls), cast("Any", SimpleNamespace(verdict=found, ways=SimpleNamespace(as_whom=lambda _: None))),
            new_id=lambda: "new", runtime=cast("Any", SimpleNamespace(sleep=sleep or rest)),
            options=FateOptions(lag_ms=lag_ms), change=change, cancels=cancels,
        )  # fmt: skip


def order(number: int, name: str, former: str | None = None, *, listed: int = -1) -> Sight:
    """Return the sight of an order."""
    return Sight(None, SYMBOL, name, former, number, list_number=listed)
