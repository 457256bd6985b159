"""A search that writes down whom it asks about and when, and ends a doubt as a test says."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from binance_wsapi import Outcome, Settings
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate.fence import Doubt, Evidence, FateOptions, Moment, Verdict
from binance_wsapi.orders.fate.listeners import FateListener, FateRank
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Sent, Unresolved
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import Act
from tests.orders.fate.watches import NOW_MS, SYMBOL, Watch
from tests.simulation.house import HMAC, KEY

__all__ = ["ALL", "BEGAN", "GONE", "MINE", "NEWEST", "PLACE", "SENT", "Search", "doubted", "journal"]

MINE = Token("mine", SYMBOL)
GONE = Token("gone", SYMBOL, act=Act.CANCEL, former="old")
ALL = Token("all", SYMBOL, TokenKind.SYMBOL, Act.CANCEL)
PLACE = {"symbol": SYMBOL, "newClientOrderId": "mine"}
SENT = Sent(HMAC, 5_000.0, at=7.0, timestamp=17, request_id="r")
BEGAN = 100_000.0
"""When virtual time begins."""
NEWEST = 3
"""Number of the newest connection."""


class Heard(FateListener):
    """Hears of doubts."""

    def __init__(self) -> None:
        self.doubts: list[Unresolved] = []

    def on_doubt(self, intent: Unresolved) -> None:
        self.doubts.append(intent)


class Search(Resolver):
    """A resolver that writes down whom it asks about and when, and ends a doubt as a test says.

    Args:
        verdicts: by id, those that the first question about it brings.
        connection: what questions may go over; None where there is none.
    """

    def __init__(self, *, verdicts: dict[str, Outcome] | None = None, connection: Any = None, **parts: Any) -> None:
        self.watch = Watch()
        self.heard = Heard()
        self.asked: list[tuple[float, str]] = []
        self.sought: list[tuple[Any, ...]] = []
        self._verdicts = verdicts or {}

        async def newer_than(*sought: Any) -> Any:
            self.sought.append(sought)
            return connection

        async def exchange_on(*sent: Any) -> Any:
            return sent

        session = SimpleNamespace(
            now_ms=lambda: NOW_MS, earliest_ms=lambda: NOW_MS - 5, clock_error_ms=5.0, settings=Settings(),
            connections=SimpleNamespace(newest=NEWEST, newer_than=newer_than), exchange_on=exchange_on,
            limiter=SimpleNamespace(snapshot=list), credentials=SimpleNamespace(key=KEY),
        )  # fmt: skip
        listeners: Listeners[FateListener] = Listeners()
        listeners.add(FateRank.WATCHERS, self.heard)
        known: dict[str, Any] = {"follow": None, "fallback": None, "journal": None}
        super().__init__(
            cast("Any", session), SPOT_ORDERS, self.watch, token=lambda length: "x" * length, options=FateOptions(),
            listeners=listeners, **{**known, **parts},
        )  # fmt: skip

    async def _ask(self, intent: Unresolved, doubt: Doubt) -> None:
        self.asked.append((asyncio.get_running_loop().time(), doubt.token.client_id))
        outcome = self._verdicts.get(doubt.token.client_id)
        if outcome is None:
            doubt.unanswered(self._moment())
        else:
            doubt.verdict = Verdict(outcome, Evidence.QUERY, doubt.token.client_id)


def doubted(*tokens: Token, since: float = 0.0, endpoint: Any = SPOT_ORDERS.place, **known: Any) -> Unresolved:
    """Return a request in doubt since then, with a part for each token."""
    doubts = [Doubt(token, 0, 5_000, Moment(0, since), since) for token in tokens]
    return Unresolved(endpoint, {"symbol": SYMBOL}, doubts, NEWEST, HMAC, request_id="r", **known)


def journal(told: list[tuple[str, str]]) -> Any:
    """Return a journal that writes down what it is told of which record."""
    return SimpleNamespace(
        mark_unknown=lambda record: told.append(("unknown", record.intent_id)),
        settle=lambda record, verdict: told.append((verdict.outcome.value, record.intent_id)),
    )
