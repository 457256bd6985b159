"""Order lists (WebSocket API)."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack

from binance_wsapi.api.arguments import (
    Number,
    OrderResponseTypeArg,
    OrderTypeArg,
    SideArg,
    TimeInForceArg,
)
from binance_wsapi.api.spot.arguments import ListArguments, OcoArguments, OtoArguments, OtocoArguments, on_wire, takes
from binance_wsapi.api.spot.words import OrderMethods
from binance_wsapi.models.spot.orders import CanceledOrderList, OrderListReports
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security

__all__ = ["OrderListMethods"]


class OrderListMethods(OrderMethods):
    """Order lists."""

    PLACE_ORDER_LIST = Endpoint(
        "orderList.place",
        OrderListReports,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=1,
        replay_safe=False,
        client_ids=(
            "listClientOrderId",
            "limitClientOrderId",
            "stopClientOrderId",
        ),
    )

    @takes(ListArguments)
    async def place_order_list(
        self,
        symbol: str,
        side: SideArg,
        price: Number,
        quantity: Number,
        *,
        limit_client_order_id: str | None = None,
        limit_iceberg_qty: Number | None = None,
        limit_strategy_id: int | None = None,
        limit_strategy_type: int | None = None,
        stop_price: Number | None = None,
        trailing_delta: int | None = None,
        stop_client_order_id: str | None = None,
        stop_limit_price: Number | None = None,
        stop_limit_time_in_force: TimeInForceArg | None = None,
        stop_iceberg_qty: Number | None = None,
        stop_strategy_id: int | None = None,
        stop_strategy_type: int | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[ListArguments],
    ) -> OrderListReports:
        """Place an OCO the old way; `place_oco` is its successor.

        Wire: ``orderList.place``, security TRADE, weight 1 (0 on success), orders 1.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            price: limit price; a BUY is below the market, a SELL above it.
            quantity: base quantity of each order.
            limit_client_order_id: client order id of the limit order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable
                one is made when left out.
            limit_iceberg_qty: visible quantity of the limit order.
            limit_strategy_id: your number of the limit order in a strategy.
            limit_strategy_type: your number of the strategy of the limit order, at least 1000000.
            stop_price: price that triggers the stop order, above the market for BUY, below it for SELL; it or
                ``trailing_delta`` is needed, and with both trailing begins at it.
            trailing_delta: distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter.
            stop_client_order_id: client order id of the stop order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable
                one is made when left out.
            stop_limit_price: limit price of the stop order, which is STOP_LOSS_LIMIT with it and STOP_LOSS without.
            stop_limit_time_in_force: GTC, IOC or FOK: the stop order; ``stop_limit_price`` needs it.
            stop_iceberg_qty: visible quantity of the stop order; needs GTC.
            stop_strategy_id: your number of the stop order in a strategy.
            stop_strategy_type: your number of the strategy of the stop order, at least 1000000.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL (the default).
            more: the list's own, by name: `ListArguments`.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new OCO - Deprecated".
        """
        return await self._order(
            self.PLACE_ORDER_LIST,
            {
                "symbol": symbol,
                "side": side,
                "price": price,
                "quantity": quantity,
                "limitClientOrderId": limit_client_order_id,
                "limitIcebergQty": limit_iceberg_qty,
                "limitStrategyId": limit_strategy_id,
                "limitStrategyType": limit_strategy_type,
                "stopPrice": stop_price,
                "trailingDelta": trailing_delta,
                "stopClientOrderId": stop_client_order_id,
                "stopLimitPrice": stop_limit_price,
                "stopLimitTimeInForce": stop_limit_time_in_force,
                "stopIcebergQty": stop_iceberg_qty,
                "stopStrategyId": stop_strategy_id,
                "stopStrategyType": stop_strategy_type,
                "newOrderRespType": new_order_resp_type,
                **on_wire(ListArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )

    PLACE_OCO = Endpoint(
        "orderList.place.oco",
        OrderListReports,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=2,
        replay_safe=False,
        client_ids=(
            "listClientOrderId",
            "aboveClientOrderId",
            "belowClientOrderId",
        ),
    )

    @takes(OcoArguments)
    async def place_oco(
        self,
        symbol: str,
        side: SideArg,
        quantity: Number,
        above_type: OrderTypeArg,
        below_type: OrderTypeArg,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OcoArguments],
    ) -> OrderListReports:
        """Place two orders of which one cancels the other.

        Wire: ``orderList.place.oco``, security TRADE, weight 1 (0 on success), orders 2.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            quantity: base quantity of each order.
            above_type: type of the order above; one of the two is LIMIT_MAKER, TAKE_PROFIT or TAKE_PROFIT_LIMIT,
                the other STOP_LOSS or STOP_LOSS_LIMIT.
            below_type: type of the order below.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            more: the rest of the two orders, by name: `OcoArguments`.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OCO".
        """
        return await self._order(
            self.PLACE_OCO,
            {
                "symbol": symbol,
                "side": side,
                "quantity": quantity,
                "aboveType": above_type,
                "belowType": below_type,
                "newOrderRespType": new_order_resp_type,
                **on_wire(OcoArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )

    PLACE_OTO = Endpoint(
        "orderList.place.oto",
        OrderListReports,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=2,
        replay_safe=False,
        client_ids=(
            "listClientOrderId",
            "workingClientOrderId",
            "pendingClientOrderId",
        ),
    )

    @takes(OtoArguments)
    async def place_oto(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_type: OrderTypeArg,
        pending_side: SideArg,
        pending_quantity: Number,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OtoArguments],
    ) -> OrderListReports:
        """Place an order that, once filled, places another.

        Wire: ``orderList.place.oto``, security TRADE, weight 1 (0 on success), orders 2.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_type: type of the pending order; a MARKET one has a ``pending_quantity`` too.
            pending_side: BUY or SELL: the pending order.
            pending_quantity: base quantity of the pending order.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            more: the rest of the two orders, by name: `OtoArguments`.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OTO".
        """
        return await self._order(
            self.PLACE_OTO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingType": pending_type,
                "pendingSide": pending_side,
                "pendingQuantity": pending_quantity,
                "newOrderRespType": new_order_resp_type,
                **on_wire(OtoArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )

    PLACE_OTOCO = Endpoint(
        "orderList.place.otoco",
        OrderListReports,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=3,
        replay_safe=False,
        client_ids=(
            "listClientOrderId",
            "workingClientOrderId",
            "pendingAboveClientOrderId",
            "pendingBelowClientOrderId",
        ),
    )

    @takes(OtocoArguments)
    async def place_otoco(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_side: SideArg,
        pending_quantity: Number,
        pending_above_type: OrderTypeArg,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OtocoArguments],
    ) -> OrderListReports:
        """Place an order that, once filled, places an OCO.

        Wire: ``orderList.place.otoco``, security TRADE, weight 1 (0 on success), orders 3.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_side: BUY or SELL: both pending orders.
            pending_quantity: base quantity of each pending order.
            pending_above_type: type of the pending order above; one of the two is LIMIT_MAKER, TAKE_PROFIT or
                TAKE_PROFIT_LIMIT, the other STOP_LOSS or STOP_LOSS_LIMIT.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            more: the rest of the three orders, by name: `OtocoArguments`.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OTOCO".
        """
        return await self._order(
            self.PLACE_OTOCO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingSide": pending_side,
                "pendingQuantity": pending_quantity,
                "pendingAboveType": pending_above_type,
                "newOrderRespType": new_order_resp_type,
                **on_wire(OtocoArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )

    PLACE_OPO = Endpoint(
        "orderList.place.opo",
        OrderListReports,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=2,
        replay_safe=False,
        client_ids=(
            "listClientOrderId",
            "workingClientOrderId",
            "pendingClientOrderId",
        ),
    )

    @takes(OtoArguments)
    async def place_opo(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_type: OrderTypeArg,
        pending_side: SideArg,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OtoArguments],
    ) -> OrderListReports:
        """Place a buy that, once filled, places a sell of what was received.

        Wire: ``orderList.place.opo``, security TRADE, weight 1 (0 on success), orders 2.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY: the working order.
            working_quantity: base quantity of the working order.
            pending_type: type of the pending order.
            pending_side: SELL: what the working order received.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            more: the rest of the two orders, by name: `OtoArguments`.

        Returns:
            The list and its orders; the pending one has no quantity yet.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "OPO".
        """
        return await self._order(
            self.PLACE_OPO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingType": pending_type,
                "pendingSide": pending_side,
                "newOrderRespType": new_order_resp_type,
                **on_wire(OtoArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )

    PLACE_OPOCO = Endpoint(
        "orderList.place.opoco",
        OrderListReports,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=3,
        replay_safe=False,
        client_ids=(
            "listClientOrderId",
            "workingClientOrderId",
            "pendingAboveClientOrderId",
            "pendingBelowClientOrderId",
        ),
    )

    @takes(OtocoArguments)
    async def place_opoco(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_side: SideArg,
        pending_above_type: OrderTypeArg,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OtocoArguments],
    ) -> OrderListReports:
        """Place a buy that, once filled, places an OCO selling what was received.

        Wire: ``orderList.place.opoco``, security TRADE, weight 1 (0 on success), orders 3.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY: the working order.
            working_quantity: base quantity of the working order.
            pending_side: SELL: what the working order received.
            pending_above_type: type of the pending order above; one of the two is LIMIT_MAKER, TAKE_PROFIT or
                TAKE_PROFIT_LIMIT, the other STOP_LOSS or STOP_LOSS_LIMIT.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            more: the rest of the three orders, by name: `OtocoArguments`.

        Returns:
            The list and its orders; the pending ones have no quantity yet.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "OPOCO".
        """
        return await self._order(
            self.PLACE_OPOCO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingSide": pending_side,
                "pendingAboveType": pending_above_type,
                "newOrderRespType": new_order_resp_type,
                **on_wire(OtocoArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )

    CANCEL_ORDER_LIST = Endpoint(
        "orderList.cancel",
        CanceledOrderList,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        replay_safe=False,
        client_ids=("newClientOrderId",),
    )

    async def cancel_order_list(
        self,
        symbol: str,
        *,
        order_list_id: int | None = None,
        list_client_order_id: str | None = None,
        new_client_order_id: str | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> CanceledOrderList:
        """Cancel an order list.

        Wire: ``orderList.cancel``, security TRADE, weight 1 (0 on success), orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            order_list_id: id the venue gave the list; it or ``list_client_order_id`` is needed. With both, the list
                of that id is taken, and must have that client id.
            list_client_order_id: client id of the list.
            new_client_order_id: client id the cancelled list takes; an unguessable one is made when left out.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            CancelRejected: nothing was cancelled (-2011).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Cancel Order list".
        """
        return await self._ask(
            self.CANCEL_ORDER_LIST,
            {
                "symbol": symbol,
                "orderListId": order_list_id,
                "listClientOrderId": list_client_order_id,
                "newClientOrderId": new_client_order_id,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )
