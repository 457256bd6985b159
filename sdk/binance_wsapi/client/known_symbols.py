"""Which symbols the venue has, as far as was asked: market streams of a misspelt one would be silent for ever.

Theory of operation. The venue confirms the subscription of any name. So the client asks ``ticker.price`` about each
symbol it has not met before: weight 2 for one, 4 for all of them at once. Only "Invalid symbol." says that there is none.
A question that fails, or that the limits leave no room for, says nothing, and the stream is subscribed unchecked.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable
from typing import Final

from binance_wsapi.api.spot.market import MarketMethods
from binance_wsapi.errors import BadRequest, UsageError, WsapiError
from binance_wsapi.models.spot.market import PriceTicker
from binance_wsapi.wire.caller import Caller, CallOptions

__all__ = ["KnownSymbols"]

log = logging.getLogger("binance_wsapi")

INVALID_SYMBOL: Final = -1121

AT_ONCE: Final = 8
"""Symbols of one subscription that are asked about one by one."""

ASK_TIME: Final = 3.0
"""Seconds a question may take; entering a subscription waits for it."""


class KnownSymbols:
    """Symbols the venue has been heard to have.

    Args:
        caller: asks.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._known: set[str] = set()
        self._all = False

    async def check(self, names: Iterable[str]) -> None:
        """Raise `UsageError` where the venue has no such symbol as far as can be asked.

        Args:
            names: names of streams.
        """
        symbols = dict.fromkeys(name.partition("@")[0].upper() for name in names if not name.startswith("!"))
        new = [each for each in symbols if each not in self._known]
        try:
            if len(new) > 1:
                await self._ask_all()
                new = [each for each in new if each not in self._known]
            for symbol in new[:AT_ONCE]:
                await self._ask(symbol)
        except UsageError:
            raise
        except WsapiError as error:
            log.info("the symbols of a subscription could not be checked: %s", error)

    async def _ask(self, symbol: str) -> None:
        try:
            await self._caller.call(MarketMethods.TICKER_PRICE, {"symbol": symbol}, CallOptions(timeout=ASK_TIME))
        except BadRequest as error:
            if error.code != INVALID_SYMBOL:
                raise
            await self._ask_all()
            near = difflib.get_close_matches(symbol, self._known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"the venue has no symbol {symbol}: a stream of it would bring nothing{hint}") from error
        self._known.add(symbol)

    async def _ask_all(self) -> None:
        if not self._all:
            rows = await self._caller.call(MarketMethods.TICKER_PRICE, {}, CallOptions(timeout=ASK_TIME))
            self._known.update(row.symbol for row in ([rows] if isinstance(rows, PriceTicker) else rows))
            self._all = True
