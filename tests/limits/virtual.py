"""A loop in virtual time: waiting costs nothing, and the venue's clock is the loop's."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from binance_wsapi.limits.events import LimitEvent
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Policy
from binance_wsapi.limits.shared.store import Store
from binance_wsapi.wire.endpoint import Case, Endpoint, Security
from binance_wsapi.wire.ratelimit import RateLimit

T = TypeVar("T")
EPOCH = 1_700_000_040_000
"""The beginning of a minute, in venue milliseconds: the loop's second 0."""

READ: Endpoint[Any] = Endpoint("account.status", dict, security=Security.USER_DATA, weight=20)
STATUS: Endpoint[Any] = Endpoint("order.status", dict, security=Security.USER_DATA, weight=4)
TIME: Endpoint[Any] = Endpoint("time", dict, weight=1)
DEPTH: Endpoint[Any] = Endpoint(
    "depth", dict, weight=(Case(5, "limit", maximum=100, default=100), Case(250, "limit", maximum=5000))
)
PLACE: Endpoint[Any] = Endpoint(
    "order.place", dict, security=Security.TRADE, weight=1, weight_on_success=0, orders=1, replay_safe=False
)
CANCEL: Endpoint[Any] = Endpoint(
    "order.cancel", dict, security=Security.TRADE, weight=1, weight_on_success=0, replay_safe=False
)
LOGON: Endpoint[Any] = Endpoint("session.logon", dict, security=Security.SIGNED, weight=2)


class _Jump(selectors.DefaultSelector):
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events:
            if timeout is None:
                raise RuntimeError("everything waits for something that never comes")
            self.loop.moment += max(timeout, 0.0)
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.moment = 0.0
        selector = _Jump()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.moment


def play(scene: Coroutine[Any, Any, T]) -> T:
    """Run a scene in virtual time; nothing may be left running at its end."""
    loop = VirtualLoop()
    try:
        result = loop.run_until_complete(scene)
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(asyncio.sleep(0))
        assert not asyncio.all_tasks(loop), "tasks were left running"
        return result
    finally:
        loop.close()


def now_ms() -> int:
    return EPOCH + round(asyncio.get_running_loop().time() * 1_000)


def limiter(
    events: list[LimitEvent] | None = None,
    *,
    policy: Policy | str = Policy.WAIT,
    weight: int = 100,
    orders: int = 5,
    kept: float = 0.2,
    eps_ms: int = 100,
    store: Store | None = None,
) -> RequestLimiter:
    return RequestLimiter(
        store,
        policy=policy,
        now_ms=now_ms,
        on_event=None if events is None else events.append,
        kept=kept,
        eps_ms=eps_ms,
        limits=[
            RateLimit("REQUEST_WEIGHT", "MINUTE", 1, weight),
            RateLimit("ORDERS", "SECOND", 10, orders),
            RateLimit("ORDERS", "DAY", 1, 1_000),
            RateLimit("CONNECTIONS", "MINUTE", 5, 4),
        ],
    )


def weight_row(count: int, limit: int = 100) -> RateLimit:
    return RateLimit("REQUEST_WEIGHT", "MINUTE", 1, limit, count)


def order_rows(short: int, day: int, weight: int, limit: int = 5) -> list[RateLimit]:
    return [
        RateLimit("ORDERS", "SECOND", 10, limit, short),
        RateLimit("ORDERS", "DAY", 1, 1_000, day),
        weight_row(weight),
    ]
