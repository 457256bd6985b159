"""Account requests (WebSocket API).

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.models.spot.account import (
    Account,
    AccountCommission,
    AccountFilters,
    AccountTrade,
    Allocation,
    PreventedMatch,
)
from binance_wsapi.models.spot.general import RateLimitInfo
from binance_wsapi.models.spot.orders import Amendment, OrderList, OrderState
from binance_wsapi.wire.border import calls_at_border

__all__ = ["AccountMethods"]


@calls_at_border
class AccountMethods:
    """Account requests."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    def account_status(
        self,
        *,
        omit_zero_balances: bool | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> Account:
        """Ask for the state of the account.

        Wire: ``account.status``, security USER_DATA, weight 20, orders 0.

        Args:
            omit_zero_balances: leave out assets of which there is nothing.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The account with its balances.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Account information".
        """
        return self._thread.run(
            self._inner.account_status(omit_zero_balances=omit_zero_balances, recv_window=recv_window, timeout=timeout)
        )

    def order_status(
        self,
        symbol: str,
        *,
        order_id: int | None = None,
        orig_client_order_id: str | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderState:
        """Ask for an order. The view that answers may lag behind the matching engine.

        Wire: ``order.status``, security USER_DATA, weight 4, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            order_id: id the venue gave the order; it or ``orig_client_order_id`` is needed. With both, the order of
                that id is taken, and must have that client order id.
            orig_client_order_id: client order id the order has now.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The order.

        Raises:
            OrderNotFound: the view that was asked has no such order (-2013), or no longer (-2026).
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query order".
        """
        return self._thread.run(
            self._inner.order_status(
                symbol,
                order_id=order_id,
                orig_client_order_id=orig_client_order_id,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def open_orders(
        self, symbol: str | None = None, *, recv_window: int | Decimal | None = None, timeout: float | None = None
    ) -> list[OrderState]:
        """Ask for the open orders of a symbol, or of all.

        Wire: ``openOrders.status``, security USER_DATA, weight 6 with ``symbol``, 80 otherwise, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The orders.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Current open orders".
        """
        return self._thread.run(self._inner.open_orders(symbol, recv_window=recv_window, timeout=timeout))

    def all_orders(
        self,
        symbol: str,
        *,
        order_id: int | None = None,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        limit: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> list[OrderState]:
        """Ask for orders of any state.

        Wire: ``allOrders``, security USER_DATA, weight 20, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            order_id: first order; ignored where a time is sent.
            start_time: first moment, UTC; milliseconds, microseconds or an aware `datetime`.
            end_time: last moment, at most 24 hours after ``start_time``.
            limit: rows at most, 1 to 1000; 500 by default.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The orders, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Account order history".
        """
        return self._thread.run(
            self._inner.all_orders(
                symbol,
                order_id=order_id,
                start_time=start_time,
                end_time=end_time,
                limit=limit,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def order_list_status(
        self,
        *,
        orig_client_order_id: str | None = None,
        order_list_id: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderList:
        """Ask for an order list.

        Wire: ``orderList.status``, security USER_DATA, weight 4, orders 0.

        Args:
            orig_client_order_id: client id of the list; it or ``order_list_id`` is needed.
            order_list_id: id the venue gave the list; ignored where ``orig_client_order_id`` is sent.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list.

        Raises:
            OrderNotFound: the view that was asked has no such order (-2013), or no longer (-2026).
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query Order list".
        """
        return self._thread.run(
            self._inner.order_list_status(
                orig_client_order_id=orig_client_order_id,
                order_list_id=order_list_id,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def open_order_lists(
        self, *, recv_window: int | Decimal | None = None, timeout: float | None = None
    ) -> list[OrderList]:
        """Ask for the open order lists.

        Wire: ``openOrderLists.status``, security USER_DATA, weight 6, orders 0.

        Args:
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The lists.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Current open Order lists".
        """
        return self._thread.run(self._inner.open_order_lists(recv_window=recv_window, timeout=timeout))

    def all_order_lists(
        self,
        *,
        from_id: int | None = None,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        limit: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> list[OrderList]:
        """Ask for order lists of any state.

        Wire: ``allOrderLists``, security USER_DATA, weight 20, orders 0.

        Args:
            from_id: first list; ignored where a time is sent.
            start_time: first moment, UTC; milliseconds, microseconds or an aware `datetime`.
            end_time: last moment, at most 24 hours after ``start_time``.
            limit: rows at most, 1 to 1000; 500 by default.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The lists, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Account order list history".
        """
        return self._thread.run(
            self._inner.all_order_lists(
                from_id=from_id,
                start_time=start_time,
                end_time=end_time,
                limit=limit,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def my_trades(
        self,
        symbol: str,
        *,
        order_id: int | None = None,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        from_id: int | None = None,
        limit: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> list[AccountTrade]:
        """Ask for trades of the account; fills by smart order routing are in `my_allocations`.

        Wire: ``myTrades``, security USER_DATA, weight 5 with ``order_id``, 20 otherwise, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            order_id: only trades of this order; not with a time.
            start_time: first moment, UTC; milliseconds, microseconds or an aware `datetime`.
            end_time: last moment, at most 24 hours after ``start_time``.
            from_id: first trade; not with a time.
            limit: rows at most, 1 to 1000; 500 by default.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The trades, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Account trade history".
        """
        return self._thread.run(
            self._inner.my_trades(
                symbol,
                order_id=order_id,
                start_time=start_time,
                end_time=end_time,
                from_id=from_id,
                limit=limit,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def order_rate_limits(
        self, *, recv_window: int | Decimal | None = None, timeout: float | None = None
    ) -> list[RateLimitInfo]:
        """Ask for the unfilled order count.

        Wire: ``account.rateLimits.orders``, security USER_DATA, weight 40, orders 0.

        Args:
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The order limits with what is used of them.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Unfilled Order Count".
        """
        return self._thread.run(self._inner.order_rate_limits(recv_window=recv_window, timeout=timeout))

    def my_prevented_matches(
        self,
        symbol: str,
        *,
        prevented_match_id: int | None = None,
        order_id: int | None = None,
        from_prevented_match_id: int | None = None,
        limit: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> list[PreventedMatch]:
        """Ask for trades with oneself that were prevented.

        Wire: ``myPreventedMatches``, security USER_DATA, weight 2 with ``prevented_match_id``, 20 with
        ``order_id``, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            prevented_match_id: one prevented match; it or ``order_id`` is needed, not both.
            order_id: prevented matches of this order.
            from_prevented_match_id: first prevented match; only with ``order_id``.
            limit: rows at most, 1 to 1000; 500 by default; only with ``order_id``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The prevented matches.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Account prevented matches".
        """
        return self._thread.run(
            self._inner.my_prevented_matches(
                symbol,
                prevented_match_id=prevented_match_id,
                order_id=order_id,
                from_prevented_match_id=from_prevented_match_id,
                limit=limit,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def my_allocations(
        self,
        symbol: str,
        *,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        from_allocation_id: int | None = None,
        limit: int | None = None,
        order_id: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> list[Allocation]:
        """Ask for fills by smart order routing.

        Wire: ``myAllocations``, security USER_DATA, weight 20, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            start_time: first moment, UTC; milliseconds, microseconds or an aware `datetime`.
            end_time: last moment, at most 24 hours after ``start_time``.
            from_allocation_id: first allocation; not with a time.
            limit: rows at most, 1 to 1000; 500 by default.
            order_id: only allocations of this order; not with a time.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The allocations.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Account allocations".
        """
        return self._thread.run(
            self._inner.my_allocations(
                symbol,
                start_time=start_time,
                end_time=end_time,
                from_allocation_id=from_allocation_id,
                limit=limit,
                order_id=order_id,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def account_commission(
        self, symbol: str, *, recv_window: int | Decimal | None = None, timeout: float | None = None
    ) -> AccountCommission:
        """Ask for the commission rates of the account on a symbol.

        Wire: ``account.commission``, security USER_DATA, weight 20, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The rates.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Account Commission Rates".
        """
        return self._thread.run(self._inner.account_commission(symbol, recv_window=recv_window, timeout=timeout))

    def order_amendments(
        self,
        symbol: str,
        order_id: int,
        *,
        from_execution_id: int | None = None,
        limit: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> list[Amendment]:
        """Ask for the amendments of an order.

        Wire: ``order.amendments``, security USER_DATA, weight 4, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            order_id: id the venue gave the order.
            from_execution_id: first amendment by its execution id.
            limit: rows at most, 1 to 1000; 500 by default.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The amendments, oldest first.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query Order Amendments".
        """
        return self._thread.run(
            self._inner.order_amendments(
                symbol,
                order_id,
                from_execution_id=from_execution_id,
                limit=limit,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def my_filters(
        self, symbol: str, *, recv_window: int | Decimal | None = None, timeout: float | None = None
    ) -> AccountFilters:
        """Ask for the rules that apply to the account on a symbol.

        Wire: ``myFilters``, security USER_DATA, weight 40, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The rules.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Query Relevant Filters".
        """
        return self._thread.run(self._inner.my_filters(symbol, recv_window=recv_window, timeout=timeout))
