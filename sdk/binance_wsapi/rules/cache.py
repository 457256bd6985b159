"""The rules of symbols, loaded when they are first needed and again when they are old.

Theory of operation. Rules change rarely and without notice. `RulesCache.get` hands out what it has while that is younger
than ``max_age``; otherwise it loads, once however many ask at the same time. The age counts from the moment the question
was asked, not from the answer. A refusal by a filter shows that rules may have changed: they are loaded again then. A
load belongs to no caller: a caller that stops waiting does not stop it. When it fails, all waiting callers are told,
nothing old is handed out in its place, and the next caller tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic

from binance_wsapi.errors import FilterFailed, NotConnected, ProtocolViolation, VenueError
from binance_wsapi.rules.facts import ExchangeFacts, Facts
from binance_wsapi.rules.symbol import SymbolRules
from binance_wsapi.wire.caller import check_seconds
from binance_wsapi.wire.endpoint import Params

__all__ = ["RulesCache"]

MAX_AGE: Final = 3_600.0
"""Seconds: rules change rarely, and when they have changed a refusal tells."""

FILTER_FAILURE: Final = -1013


class RulesCache(Generic[Facts]):
    """Rules by symbol.

    Args:
        load: asks the venue for a symbol (``exchangeInfo``).
        monotonic: seconds of a clock that never goes back, the event loop's ``time`` for instance.
        max_age: seconds after which rules are loaded again.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[ExchangeFacts[Facts]]],
        monotonic: Callable[[], float],
        max_age: float = MAX_AGE,
    ) -> None:
        check_seconds(max_age, "max_age")
        self._load = load
        self._monotonic = monotonic
        self._max_age = max_age
        self._known: dict[str, tuple[float, SymbolRules[Facts]]] = {}
        self._loading: dict[str, asyncio.Task[SymbolRules[Facts]]] = {}

    def peek(self, symbol: str) -> SymbolRules[Facts] | None:
        """Return the rules of a symbol if they are here and young enough."""
        known = self._known.get(symbol)
        if known is None or self._monotonic() - known[0] >= self._max_age:
            return None
        return known[1]

    async def get(self, symbol: str) -> SymbolRules[Facts]:
        """Return the rules of a symbol, loading them where need be. Cancelling the await does not cancel a load.

        Raises:
            WsapiError: what the load raised; `ProtocolViolation` when it brought another symbol.
        """
        rules = self.peek(symbol)
        if rules is not None:
            return rules
        task = self._loading.get(symbol)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._refresh(symbol), name=f"rules of {symbol}")
            self._loading[symbol] = task
            task.add_done_callback(lambda done: self._done(symbol, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not task.cancelled() or (caller is not None and caller.cancelling()):
                raise
        raise NotConnected("the client is closed")

    def forget(self, symbol: str | None = None) -> None:
        """Load a symbol again when it is next asked for, or all of them: after a refusal by a filter, for instance."""
        if symbol is None:
            self._known.clear()
            self._loading.clear()  # a load under way was asked before: only its waiting callers get it
        else:
            self._known.pop(symbol, None)
            self._loading.pop(symbol, None)

    def refused(self, params: Params, error: VenueError) -> None:
        """Hear that the venue refused a request; if by a filter, load the rules of its symbol again when next asked."""
        half = error.data.get("newOrderResponse")  # of a cancel-replace
        if isinstance(error, FilterFailed) or (isinstance(half, Mapping) and half.get("code") == FILTER_FAILURE):
            self.forget(str(params.get("symbol")))

    async def close(self) -> None:
        """Stop loading."""
        tasks = list(self._loading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _refresh(self, symbol: str) -> SymbolRules[Facts]:
        asked = self._monotonic()
        found = await self._load(symbol)
        info = found.symbol(symbol)
        if info is None:
            raise ProtocolViolation(f"the rules of {symbol} were asked for, and did not come")
        rules = SymbolRules(info, found.exchange_filters)
        if self._loading.get(symbol) is asyncio.current_task():  # not so after `forget`
            self._known[symbol] = (asked, rules)
        return rules

    def _done(self, symbol: str, task: asyncio.Task[SymbolRules[Facts]]) -> None:
        if self._loading.get(symbol) is task:
            del self._loading[symbol]
        if not task.cancelled():
            task.exception()  # the waiting callers were told; there may be none left
