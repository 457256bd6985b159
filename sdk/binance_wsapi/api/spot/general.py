"""General requests (WebSocket API)."""

from __future__ import annotations

from collections.abc import Sequence

from binance_wsapi.api.arguments import SymbolStatusArg
from binance_wsapi.api.spot.checks import SpotGroup
from binance_wsapi.models.spot.general import Empty, ExchangeInfo, ExecutionRules, ServerTime
from binance_wsapi.wire import common_calls
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Case, Effect, Endpoint

__all__ = ["GeneralMethods"]


class GeneralMethods(SpotGroup):
    """General requests."""

    PING = common_calls.PING.giving(Empty)

    async def ping(self, *, timeout: float | None = None) -> Empty:
        """Ask whether the venue answers.

        Wire: ``ping``, security NONE, weight 1, orders 0.

        Args:
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Nothing to look at.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Test connectivity".
        """
        return await self._ask(self.PING, {}, CallOptions(timeout=timeout))

    SERVER_TIME = common_calls.TIME.giving(ServerTime)

    async def server_time(self, *, timeout: float | None = None) -> ServerTime:
        """Ask the venue's time.

        Wire: ``time``, security NONE, weight 1, orders 0.

        Args:
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The time.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Check server time".
        """
        return await self._ask(self.SERVER_TIME, {}, CallOptions(timeout=timeout))

    EXCHANGE_INFO = Endpoint("exchangeInfo", ExchangeInfo, weight=20, effect=Effect.LIMITS)

    async def exchange_info(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        permissions: Sequence[str] | None = None,
        show_permission_sets: bool | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> ExchangeInfo:
        """Ask for limits, rules and symbols.

        Wire: ``exchangeInfo``, security NONE, weight 20, orders 0.

        Args:
            symbol: trading pair, case-sensitive; at most one of ``symbol``, ``symbols`` and ``permissions`` is
                sent.
            symbols: several trading pairs, each once.
            permissions: only symbols with one of these permissions; SPOT, MARGIN and LEVERAGED by default.
            show_permission_sets: False leaves ``permission_sets`` empty, which makes the reply smaller.
            symbol_status: only symbols in this trading status; not with ``symbol`` or ``symbols``.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            All of it; several megabytes when no symbol is named.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Exchange information".
        """
        return await self._ask(
            self.EXCHANGE_INFO,
            {
                "symbol": symbol,
                "symbols": symbols,
                "permissions": permissions,
                "showPermissionSets": show_permission_sets,
                "symbolStatus": symbol_status,
            },
            CallOptions(timeout=timeout),
        )

    EXECUTION_RULES = Endpoint(
        "executionRules",
        ExecutionRules,
        weight=(Case(2, "symbol"), Case(2, "symbols", per_item=True, cap=40), Case(40, "symbolStatus"), Case(40)),
    )

    async def execution_rules(
        self,
        symbol: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        symbol_status: SymbolStatusArg | None = None,
        timeout: float | None = None,
    ) -> ExecutionRules:
        """Ask for the execution rules of symbols.

        Wire: ``executionRules``, security NONE, weight 2 with ``symbol``, 2 for each of ``symbols``, at most 40, 40
        with ``symbol_status``, 40 otherwise, orders 0.

        Args:
            symbol: trading pair, case-sensitive; at most one of ``symbol``, ``symbols`` and ``symbol_status`` is
                sent.
            symbols: several trading pairs, each once.
            symbol_status: only symbols in this trading status.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The rules by symbol.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query Execution Rules".
        """
        return await self._ask(
            self.EXECUTION_RULES,
            {"symbol": symbol, "symbols": symbols, "symbolStatus": symbol_status},
            CallOptions(timeout=timeout),
        )
