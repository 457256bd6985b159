"""Account requests (WebSocket API)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from binance_wsapi.api.spot.checks import SpotGroup
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
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Case, Effect, Endpoint, Security

__all__ = ["AccountMethods"]


class AccountMethods(SpotGroup):
    """Account requests."""

    ACCOUNT_STATUS = Endpoint("account.status", Account, security=Security.USER_DATA, weight=20)

    async def account_status(
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
        return await self._ask(
            self.ACCOUNT_STATUS,
            {"omitZeroBalances": omit_zero_balances, "recvWindow": recv_window},
            CallOptions(timeout=timeout),
        )

    ORDER_STATUS = Endpoint("order.status", OrderState, security=Security.USER_DATA, weight=4)

    async def order_status(
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
        return await self._ask(
            self.ORDER_STATUS,
            {
                "symbol": symbol,
                "orderId": order_id,
                "origClientOrderId": orig_client_order_id,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    OPEN_ORDERS = Endpoint(
        "openOrders.status", list[OrderState], security=Security.USER_DATA, weight=(Case(6, "symbol"), Case(80))
    )

    async def open_orders(
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
        return await self._ask(
            self.OPEN_ORDERS, {"symbol": symbol, "recvWindow": recv_window}, CallOptions(timeout=timeout)
        )

    ALL_ORDERS = Endpoint("allOrders", list[OrderState], security=Security.USER_DATA, weight=20)

    async def all_orders(
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
        return await self._ask(
            self.ALL_ORDERS,
            {
                "symbol": symbol,
                "orderId": order_id,
                "startTime": start_time,
                "endTime": end_time,
                "limit": limit,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    ORDER_LIST_STATUS = Endpoint("orderList.status", OrderList, security=Security.USER_DATA, weight=4)

    async def order_list_status(
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
        return await self._ask(
            self.ORDER_LIST_STATUS,
            {"origClientOrderId": orig_client_order_id, "orderListId": order_list_id, "recvWindow": recv_window},
            CallOptions(timeout=timeout),
        )

    OPEN_ORDER_LISTS = Endpoint("openOrderLists.status", list[OrderList], security=Security.USER_DATA, weight=6)

    async def open_order_lists(
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
        return await self._ask(self.OPEN_ORDER_LISTS, {"recvWindow": recv_window}, CallOptions(timeout=timeout))

    ALL_ORDER_LISTS = Endpoint("allOrderLists", list[OrderList], security=Security.USER_DATA, weight=20)

    async def all_order_lists(
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
        return await self._ask(
            self.ALL_ORDER_LISTS,
            {
                "fromId": from_id,
                "startTime": start_time,
                "endTime": end_time,
                "limit": limit,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    MY_TRADES = Endpoint(
        "myTrades", list[AccountTrade], security=Security.USER_DATA, weight=(Case(5, "orderId"), Case(20))
    )

    async def my_trades(
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
        return await self._ask(
            self.MY_TRADES,
            {
                "symbol": symbol,
                "orderId": order_id,
                "startTime": start_time,
                "endTime": end_time,
                "fromId": from_id,
                "limit": limit,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    ORDER_RATE_LIMITS = Endpoint(
        "account.rateLimits.orders",
        list[RateLimitInfo],
        security=Security.USER_DATA,
        weight=40,
        effect=Effect.ORDER_COUNTS,
    )

    async def order_rate_limits(
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
        return await self._ask(self.ORDER_RATE_LIMITS, {"recvWindow": recv_window}, CallOptions(timeout=timeout))

    MY_PREVENTED_MATCHES = Endpoint(
        "myPreventedMatches",
        list[PreventedMatch],
        security=Security.USER_DATA,
        weight=(Case(2, "preventedMatchId"), Case(20, "orderId")),
    )

    async def my_prevented_matches(
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
        return await self._ask(
            self.MY_PREVENTED_MATCHES,
            {
                "symbol": symbol,
                "preventedMatchId": prevented_match_id,
                "orderId": order_id,
                "fromPreventedMatchId": from_prevented_match_id,
                "limit": limit,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    MY_ALLOCATIONS = Endpoint("myAllocations", list[Allocation], security=Security.USER_DATA, weight=20)

    async def my_allocations(
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
        return await self._ask(
            self.MY_ALLOCATIONS,
            {
                "symbol": symbol,
                "startTime": start_time,
                "endTime": end_time,
                "fromAllocationId": from_allocation_id,
                "limit": limit,
                "orderId": order_id,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    ACCOUNT_COMMISSION = Endpoint("account.commission", AccountCommission, security=Security.USER_DATA, weight=20)

    async def account_commission(
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
        return await self._ask(
            self.ACCOUNT_COMMISSION, {"symbol": symbol, "recvWindow": recv_window}, CallOptions(timeout=timeout)
        )

    ORDER_AMENDMENTS = Endpoint("order.amendments", list[Amendment], security=Security.USER_DATA, weight=4)

    async def order_amendments(
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
        return await self._ask(
            self.ORDER_AMENDMENTS,
            {
                "symbol": symbol,
                "orderId": order_id,
                "fromExecutionId": from_execution_id,
                "limit": limit,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    MY_FILTERS = Endpoint("myFilters", AccountFilters, security=Security.USER_DATA, weight=40)

    async def my_filters(
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
        return await self._ask(
            self.MY_FILTERS, {"symbol": symbol, "recvWindow": recv_window}, CallOptions(timeout=timeout)
        )
