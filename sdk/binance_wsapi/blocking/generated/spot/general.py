"""General requests (WebSocket API).

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence

from binance_wsapi.api.arguments import SymbolStatusArg
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.models.spot.general import Empty, ExchangeInfo, ExecutionRules, ServerTime
from binance_wsapi.wire.border import calls_at_border

__all__ = ["GeneralMethods"]


@calls_at_border
class GeneralMethods:
    """General requests."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    def ping(self, *, timeout: float | None = None) -> Empty:
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
        return self._thread.run(self._inner.ping(timeout=timeout))

    def server_time(self, *, timeout: float | None = None) -> ServerTime:
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
        return self._thread.run(self._inner.server_time(timeout=timeout))

    def exchange_info(
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
        return self._thread.run(
            self._inner.exchange_info(
                symbol,
                symbols=symbols,
                permissions=permissions,
                show_permission_sets=show_permission_sets,
                symbol_status=symbol_status,
                timeout=timeout,
            )
        )

    def execution_rules(
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
        return self._thread.run(
            self._inner.execution_rules(symbol, symbols=symbols, symbol_status=symbol_status, timeout=timeout)
        )
