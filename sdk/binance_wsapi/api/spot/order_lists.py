"""Order lists (WebSocket API)."""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.api.arguments import (
    Number,
    OrderResponseTypeArg,
    OrderTypeArg,
    PegOffsetTypeArg,
    PegPriceTypeArg,
    SelfTradePreventionModeArg,
    SideArg,
    TimeInForceArg,
)
from binance_wsapi.api.group import MethodGroup
from binance_wsapi.models.orders import OrderListReports
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security

__all__ = ["OrderListMethods"]


class OrderListMethods(MethodGroup):
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

    async def place_order_list(
        self,
        symbol: str,
        side: SideArg,
        price: Number,
        quantity: Number,
        *,
        list_client_order_id: str | None = None,
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
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderListReports:
        """Place an OCO the old way; `place_oco` is its successor.

        Wire: ``orderList.place``, security TRADE, weight 1 (0 on success), orders 1.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            price: limit price.
            quantity: base quantity.
            list_client_order_id: id of the list; an unguessable one is made when left out.
            limit_client_order_id: limit order: client order id; an unguessable one is made when left out.
            limit_iceberg_qty: limit order: visible quantity; needs GTC, or LIMIT_MAKER.
            limit_strategy_id: limit order: your number of the order in a strategy.
            limit_strategy_type: limit order: your number of the strategy, at least 1000000.
            stop_price: price that triggers the order; with ``trailing_delta`` the price at which trailing begins.
            trailing_delta: distance of a trailing stop in basis points.
            stop_client_order_id: stop order: client order id; an unguessable one is made when left out.
            stop_limit_price: stop order: limit price.
            stop_limit_time_in_force: stop order: how long the order stays; for limit orders.
            stop_iceberg_qty: stop order: visible quantity; needs GTC, or LIMIT_MAKER.
            stop_strategy_id: stop order: your number of the order in a strategy.
            stop_strategy_type: stop order: your number of the strategy, at least 1000000.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new OCO - Deprecated".
        """
        return await self._caller.call(
            self.PLACE_ORDER_LIST,
            {
                "symbol": symbol,
                "side": side,
                "price": price,
                "quantity": quantity,
                "listClientOrderId": list_client_order_id,
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
                "selfTradePreventionMode": self_trade_prevention_mode,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
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

    async def place_oco(
        self,
        symbol: str,
        side: SideArg,
        quantity: Number,
        above_type: OrderTypeArg,
        below_type: OrderTypeArg,
        *,
        list_client_order_id: str | None = None,
        above_client_order_id: str | None = None,
        above_iceberg_qty: Number | None = None,
        above_price: Number | None = None,
        above_stop_price: Number | None = None,
        above_trailing_delta: int | None = None,
        above_time_in_force: TimeInForceArg | None = None,
        above_strategy_id: int | None = None,
        above_strategy_type: int | None = None,
        above_peg_price_type: PegPriceTypeArg | None = None,
        above_peg_offset_type: PegOffsetTypeArg | None = None,
        above_peg_offset_value: int | None = None,
        below_client_order_id: str | None = None,
        below_iceberg_qty: Number | None = None,
        below_price: Number | None = None,
        below_stop_price: Number | None = None,
        below_trailing_delta: int | None = None,
        below_time_in_force: TimeInForceArg | None = None,
        below_strategy_id: int | None = None,
        below_strategy_type: int | None = None,
        below_peg_price_type: PegPriceTypeArg | None = None,
        below_peg_offset_type: PegOffsetTypeArg | None = None,
        below_peg_offset_value: int | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderListReports:
        """Place two orders of which one cancels the other.

        Wire: ``orderList.place.oco``, security TRADE, weight 1 (0 on success), orders 2.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            quantity: base quantity.
            above_type: order above: type of the order.
            below_type: order below: type of the order.
            list_client_order_id: id of the list; an unguessable one is made when left out.
            above_client_order_id: order above: client order id; an unguessable one is made when left out.
            above_iceberg_qty: order above: visible quantity; needs GTC, or LIMIT_MAKER.
            above_price: order above: limit price.
            above_stop_price: order above: price that triggers the order; with ``trailing_delta`` the price at which
                trailing begins.
            above_trailing_delta: order above: distance of a trailing stop in basis points.
            above_time_in_force: order above: how long the order stays; for limit orders.
            above_strategy_id: order above: your number of the order in a strategy.
            above_strategy_type: order above: your number of the strategy, at least 1000000.
            above_peg_price_type: order above: peg the price to the best of the own side (PRIMARY_PEG) or the other
                (MARKET_PEG).
            above_peg_offset_type: order above: unit of ``peg_offset_value``.
            above_peg_offset_value: order above: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            below_client_order_id: order below: client order id; an unguessable one is made when left out.
            below_iceberg_qty: order below: visible quantity; needs GTC, or LIMIT_MAKER.
            below_price: order below: limit price.
            below_stop_price: order below: price that triggers the order; with ``trailing_delta`` the price at which
                trailing begins.
            below_trailing_delta: order below: distance of a trailing stop in basis points.
            below_time_in_force: order below: how long the order stays; for limit orders.
            below_strategy_id: order below: your number of the order in a strategy.
            below_strategy_type: order below: your number of the strategy, at least 1000000.
            below_peg_price_type: order below: peg the price to the best of the own side (PRIMARY_PEG) or the other
                (MARKET_PEG).
            below_peg_offset_type: order below: unit of ``peg_offset_value``.
            below_peg_offset_value: order below: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OCO".
        """
        return await self._caller.call(
            self.PLACE_OCO,
            {
                "symbol": symbol,
                "side": side,
                "quantity": quantity,
                "aboveType": above_type,
                "belowType": below_type,
                "listClientOrderId": list_client_order_id,
                "aboveClientOrderId": above_client_order_id,
                "aboveIcebergQty": above_iceberg_qty,
                "abovePrice": above_price,
                "aboveStopPrice": above_stop_price,
                "aboveTrailingDelta": above_trailing_delta,
                "aboveTimeInForce": above_time_in_force,
                "aboveStrategyId": above_strategy_id,
                "aboveStrategyType": above_strategy_type,
                "abovePegPriceType": above_peg_price_type,
                "abovePegOffsetType": above_peg_offset_type,
                "abovePegOffsetValue": above_peg_offset_value,
                "belowClientOrderId": below_client_order_id,
                "belowIcebergQty": below_iceberg_qty,
                "belowPrice": below_price,
                "belowStopPrice": below_stop_price,
                "belowTrailingDelta": below_trailing_delta,
                "belowTimeInForce": below_time_in_force,
                "belowStrategyId": below_strategy_id,
                "belowStrategyType": below_strategy_type,
                "belowPegPriceType": below_peg_price_type,
                "belowPegOffsetType": below_peg_offset_type,
                "belowPegOffsetValue": below_peg_offset_value,
                "newOrderRespType": new_order_resp_type,
                "selfTradePreventionMode": self_trade_prevention_mode,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
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
        list_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        working_client_order_id: str | None = None,
        working_price: Number | None = None,
        working_iceberg_qty: Number | None = None,
        working_time_in_force: TimeInForceArg | None = None,
        working_strategy_id: int | None = None,
        working_strategy_type: int | None = None,
        working_peg_price_type: PegPriceTypeArg | None = None,
        working_peg_offset_type: PegOffsetTypeArg | None = None,
        working_peg_offset_value: int | None = None,
        pending_client_order_id: str | None = None,
        pending_price: Number | None = None,
        pending_stop_price: Number | None = None,
        pending_trailing_delta: int | None = None,
        pending_iceberg_qty: Number | None = None,
        pending_time_in_force: TimeInForceArg | None = None,
        pending_strategy_id: int | None = None,
        pending_strategy_type: int | None = None,
        pending_peg_offset_type: PegOffsetTypeArg | None = None,
        pending_peg_price_type: PegPriceTypeArg | None = None,
        pending_peg_offset_value: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderListReports:
        """Place an order that, once filled, places another.

        Wire: ``orderList.place.oto``, security TRADE, weight 1 (0 on success), orders 2.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: working order: type of the order.
            working_side: working order: BUY or SELL.
            working_quantity: working order: base quantity.
            pending_type: pending order: type of the order.
            pending_side: pending order: BUY or SELL.
            pending_quantity: pending order: base quantity.
            list_client_order_id: id of the list; an unguessable one is made when left out.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: working order: client order id; an unguessable one is made when left out.
            working_price: working order: limit price.
            working_iceberg_qty: working order: visible quantity; needs GTC, or LIMIT_MAKER.
            working_time_in_force: working order: how long the order stays; for limit orders.
            working_strategy_id: working order: your number of the order in a strategy.
            working_strategy_type: working order: your number of the strategy, at least 1000000.
            working_peg_price_type: working order: peg the price to the best of the own side (PRIMARY_PEG) or the
                other (MARKET_PEG).
            working_peg_offset_type: working order: unit of ``peg_offset_value``.
            working_peg_offset_value: working order: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            pending_client_order_id: pending order: client order id; an unguessable one is made when left out.
            pending_price: pending order: limit price.
            pending_stop_price: pending order: price that triggers the order; with ``trailing_delta`` the price at
                which trailing begins.
            pending_trailing_delta: pending order: distance of a trailing stop in basis points.
            pending_iceberg_qty: pending order: visible quantity; needs GTC, or LIMIT_MAKER.
            pending_time_in_force: pending order: how long the order stays; for limit orders.
            pending_strategy_id: pending order: your number of the order in a strategy.
            pending_strategy_type: pending order: your number of the strategy, at least 1000000.
            pending_peg_offset_type: pending order: unit of ``peg_offset_value``.
            pending_peg_price_type: pending order: peg the price to the best of the own side (PRIMARY_PEG) or the
                other (MARKET_PEG).
            pending_peg_offset_value: pending order: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OTO".
        """
        return await self._caller.call(
            self.PLACE_OTO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingType": pending_type,
                "pendingSide": pending_side,
                "pendingQuantity": pending_quantity,
                "listClientOrderId": list_client_order_id,
                "newOrderRespType": new_order_resp_type,
                "selfTradePreventionMode": self_trade_prevention_mode,
                "workingClientOrderId": working_client_order_id,
                "workingPrice": working_price,
                "workingIcebergQty": working_iceberg_qty,
                "workingTimeInForce": working_time_in_force,
                "workingStrategyId": working_strategy_id,
                "workingStrategyType": working_strategy_type,
                "workingPegPriceType": working_peg_price_type,
                "workingPegOffsetType": working_peg_offset_type,
                "workingPegOffsetValue": working_peg_offset_value,
                "pendingClientOrderId": pending_client_order_id,
                "pendingPrice": pending_price,
                "pendingStopPrice": pending_stop_price,
                "pendingTrailingDelta": pending_trailing_delta,
                "pendingIcebergQty": pending_iceberg_qty,
                "pendingTimeInForce": pending_time_in_force,
                "pendingStrategyId": pending_strategy_id,
                "pendingStrategyType": pending_strategy_type,
                "pendingPegOffsetType": pending_peg_offset_type,
                "pendingPegPriceType": pending_peg_price_type,
                "pendingPegOffsetValue": pending_peg_offset_value,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
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
        list_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        working_client_order_id: str | None = None,
        working_price: Number | None = None,
        working_iceberg_qty: Number | None = None,
        working_time_in_force: TimeInForceArg | None = None,
        working_strategy_id: int | None = None,
        working_strategy_type: int | None = None,
        working_peg_price_type: PegPriceTypeArg | None = None,
        working_peg_offset_type: PegOffsetTypeArg | None = None,
        working_peg_offset_value: int | None = None,
        pending_above_client_order_id: str | None = None,
        pending_above_price: Number | None = None,
        pending_above_stop_price: Number | None = None,
        pending_above_trailing_delta: int | None = None,
        pending_above_iceberg_qty: Number | None = None,
        pending_above_time_in_force: TimeInForceArg | None = None,
        pending_above_strategy_id: int | None = None,
        pending_above_strategy_type: int | None = None,
        pending_above_peg_price_type: PegPriceTypeArg | None = None,
        pending_above_peg_offset_type: PegOffsetTypeArg | None = None,
        pending_above_peg_offset_value: int | None = None,
        pending_below_type: OrderTypeArg | None = None,
        pending_below_client_order_id: str | None = None,
        pending_below_price: Number | None = None,
        pending_below_stop_price: Number | None = None,
        pending_below_trailing_delta: int | None = None,
        pending_below_iceberg_qty: Number | None = None,
        pending_below_time_in_force: TimeInForceArg | None = None,
        pending_below_strategy_id: int | None = None,
        pending_below_strategy_type: int | None = None,
        pending_below_peg_price_type: PegPriceTypeArg | None = None,
        pending_below_peg_offset_type: PegOffsetTypeArg | None = None,
        pending_below_peg_offset_value: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderListReports:
        """Place an order that, once filled, places an OCO.

        Wire: ``orderList.place.otoco``, security TRADE, weight 1 (0 on success), orders 3.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: working order: type of the order.
            working_side: working order: BUY or SELL.
            working_quantity: working order: base quantity.
            pending_side: pending order: BUY or SELL.
            pending_quantity: pending order: base quantity.
            pending_above_type: pending order above: type of the order.
            list_client_order_id: id of the list; an unguessable one is made when left out.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: working order: client order id; an unguessable one is made when left out.
            working_price: working order: limit price.
            working_iceberg_qty: working order: visible quantity; needs GTC, or LIMIT_MAKER.
            working_time_in_force: working order: how long the order stays; for limit orders.
            working_strategy_id: working order: your number of the order in a strategy.
            working_strategy_type: working order: your number of the strategy, at least 1000000.
            working_peg_price_type: working order: peg the price to the best of the own side (PRIMARY_PEG) or the
                other (MARKET_PEG).
            working_peg_offset_type: working order: unit of ``peg_offset_value``.
            working_peg_offset_value: working order: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            pending_above_client_order_id: pending order above: client order id; an unguessable one is made when
                left out.
            pending_above_price: pending order above: limit price.
            pending_above_stop_price: pending order above: price that triggers the order; with ``trailing_delta``
                the price at which trailing begins.
            pending_above_trailing_delta: pending order above: distance of a trailing stop in basis points.
            pending_above_iceberg_qty: pending order above: visible quantity; needs GTC, or LIMIT_MAKER.
            pending_above_time_in_force: pending order above: how long the order stays; for limit orders.
            pending_above_strategy_id: pending order above: your number of the order in a strategy.
            pending_above_strategy_type: pending order above: your number of the strategy, at least 1000000.
            pending_above_peg_price_type: pending order above: peg the price to the best of the own side
                (PRIMARY_PEG) or the other (MARKET_PEG).
            pending_above_peg_offset_type: pending order above: unit of ``peg_offset_value``.
            pending_above_peg_offset_value: pending order above: price levels away from the peg, at most 100;
                together with ``peg_offset_type``.
            pending_below_type: pending order below: type of the order.
            pending_below_client_order_id: pending order below: client order id; an unguessable one is made when
                left out.
            pending_below_price: pending order below: limit price.
            pending_below_stop_price: pending order below: price that triggers the order; with ``trailing_delta``
                the price at which trailing begins.
            pending_below_trailing_delta: pending order below: distance of a trailing stop in basis points.
            pending_below_iceberg_qty: pending order below: visible quantity; needs GTC, or LIMIT_MAKER.
            pending_below_time_in_force: pending order below: how long the order stays; for limit orders.
            pending_below_strategy_id: pending order below: your number of the order in a strategy.
            pending_below_strategy_type: pending order below: your number of the strategy, at least 1000000.
            pending_below_peg_price_type: pending order below: peg the price to the best of the own side
                (PRIMARY_PEG) or the other (MARKET_PEG).
            pending_below_peg_offset_type: pending order below: unit of ``peg_offset_value``.
            pending_below_peg_offset_value: pending order below: price levels away from the peg, at most 100;
                together with ``peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OTOCO".
        """
        return await self._caller.call(
            self.PLACE_OTOCO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingSide": pending_side,
                "pendingQuantity": pending_quantity,
                "pendingAboveType": pending_above_type,
                "listClientOrderId": list_client_order_id,
                "newOrderRespType": new_order_resp_type,
                "selfTradePreventionMode": self_trade_prevention_mode,
                "workingClientOrderId": working_client_order_id,
                "workingPrice": working_price,
                "workingIcebergQty": working_iceberg_qty,
                "workingTimeInForce": working_time_in_force,
                "workingStrategyId": working_strategy_id,
                "workingStrategyType": working_strategy_type,
                "workingPegPriceType": working_peg_price_type,
                "workingPegOffsetType": working_peg_offset_type,
                "workingPegOffsetValue": working_peg_offset_value,
                "pendingAboveClientOrderId": pending_above_client_order_id,
                "pendingAbovePrice": pending_above_price,
                "pendingAboveStopPrice": pending_above_stop_price,
                "pendingAboveTrailingDelta": pending_above_trailing_delta,
                "pendingAboveIcebergQty": pending_above_iceberg_qty,
                "pendingAboveTimeInForce": pending_above_time_in_force,
                "pendingAboveStrategyId": pending_above_strategy_id,
                "pendingAboveStrategyType": pending_above_strategy_type,
                "pendingAbovePegPriceType": pending_above_peg_price_type,
                "pendingAbovePegOffsetType": pending_above_peg_offset_type,
                "pendingAbovePegOffsetValue": pending_above_peg_offset_value,
                "pendingBelowType": pending_below_type,
                "pendingBelowClientOrderId": pending_below_client_order_id,
                "pendingBelowPrice": pending_below_price,
                "pendingBelowStopPrice": pending_below_stop_price,
                "pendingBelowTrailingDelta": pending_below_trailing_delta,
                "pendingBelowIcebergQty": pending_below_iceberg_qty,
                "pendingBelowTimeInForce": pending_below_time_in_force,
                "pendingBelowStrategyId": pending_below_strategy_id,
                "pendingBelowStrategyType": pending_below_strategy_type,
                "pendingBelowPegPriceType": pending_below_peg_price_type,
                "pendingBelowPegOffsetType": pending_below_peg_offset_type,
                "pendingBelowPegOffsetValue": pending_below_peg_offset_value,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
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

    async def place_opo(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_type: OrderTypeArg,
        pending_side: SideArg,
        *,
        list_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        working_client_order_id: str | None = None,
        working_price: Number | None = None,
        working_iceberg_qty: Number | None = None,
        working_time_in_force: TimeInForceArg | None = None,
        working_strategy_id: int | None = None,
        working_strategy_type: int | None = None,
        working_peg_price_type: PegPriceTypeArg | None = None,
        working_peg_offset_type: PegOffsetTypeArg | None = None,
        working_peg_offset_value: int | None = None,
        pending_client_order_id: str | None = None,
        pending_price: Number | None = None,
        pending_stop_price: Number | None = None,
        pending_trailing_delta: int | None = None,
        pending_iceberg_qty: Number | None = None,
        pending_time_in_force: TimeInForceArg | None = None,
        pending_strategy_id: int | None = None,
        pending_strategy_type: int | None = None,
        pending_peg_price_type: PegPriceTypeArg | None = None,
        pending_peg_offset_type: PegOffsetTypeArg | None = None,
        pending_peg_offset_value: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderListReports:
        """Place a buy that, once filled, places a sell of what was received.

        Wire: ``orderList.place.opo``, security TRADE, weight 1 (0 on success), orders 2.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: working order: type of the order.
            working_side: working order: BUY or SELL.
            working_quantity: working order: base quantity.
            pending_type: pending order: type of the order.
            pending_side: pending order: BUY or SELL.
            list_client_order_id: id of the list; an unguessable one is made when left out.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: working order: client order id; an unguessable one is made when left out.
            working_price: working order: limit price.
            working_iceberg_qty: working order: visible quantity; needs GTC, or LIMIT_MAKER.
            working_time_in_force: working order: how long the order stays; for limit orders.
            working_strategy_id: working order: your number of the order in a strategy.
            working_strategy_type: working order: your number of the strategy, at least 1000000.
            working_peg_price_type: working order: peg the price to the best of the own side (PRIMARY_PEG) or the
                other (MARKET_PEG).
            working_peg_offset_type: working order: unit of ``peg_offset_value``.
            working_peg_offset_value: working order: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            pending_client_order_id: pending order: client order id; an unguessable one is made when left out.
            pending_price: pending order: limit price.
            pending_stop_price: pending order: price that triggers the order; with ``trailing_delta`` the price at
                which trailing begins.
            pending_trailing_delta: pending order: distance of a trailing stop in basis points.
            pending_iceberg_qty: pending order: visible quantity; needs GTC, or LIMIT_MAKER.
            pending_time_in_force: pending order: how long the order stays; for limit orders.
            pending_strategy_id: pending order: your number of the order in a strategy.
            pending_strategy_type: pending order: your number of the strategy, at least 1000000.
            pending_peg_price_type: pending order: peg the price to the best of the own side (PRIMARY_PEG) or the
                other (MARKET_PEG).
            pending_peg_offset_type: pending order: unit of ``peg_offset_value``.
            pending_peg_offset_value: pending order: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders; the pending one has no quantity yet.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "OPO".
        """
        return await self._caller.call(
            self.PLACE_OPO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingType": pending_type,
                "pendingSide": pending_side,
                "listClientOrderId": list_client_order_id,
                "newOrderRespType": new_order_resp_type,
                "selfTradePreventionMode": self_trade_prevention_mode,
                "workingClientOrderId": working_client_order_id,
                "workingPrice": working_price,
                "workingIcebergQty": working_iceberg_qty,
                "workingTimeInForce": working_time_in_force,
                "workingStrategyId": working_strategy_id,
                "workingStrategyType": working_strategy_type,
                "workingPegPriceType": working_peg_price_type,
                "workingPegOffsetType": working_peg_offset_type,
                "workingPegOffsetValue": working_peg_offset_value,
                "pendingClientOrderId": pending_client_order_id,
                "pendingPrice": pending_price,
                "pendingStopPrice": pending_stop_price,
                "pendingTrailingDelta": pending_trailing_delta,
                "pendingIcebergQty": pending_iceberg_qty,
                "pendingTimeInForce": pending_time_in_force,
                "pendingStrategyId": pending_strategy_id,
                "pendingStrategyType": pending_strategy_type,
                "pendingPegPriceType": pending_peg_price_type,
                "pendingPegOffsetType": pending_peg_offset_type,
                "pendingPegOffsetValue": pending_peg_offset_value,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
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

    async def place_opoco(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_side: SideArg,
        pending_above_type: OrderTypeArg,
        *,
        list_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        working_client_order_id: str | None = None,
        working_price: Number | None = None,
        working_iceberg_qty: Number | None = None,
        working_time_in_force: TimeInForceArg | None = None,
        working_strategy_id: int | None = None,
        working_strategy_type: int | None = None,
        working_peg_price_type: PegPriceTypeArg | None = None,
        working_peg_offset_type: PegOffsetTypeArg | None = None,
        working_peg_offset_value: int | None = None,
        pending_above_client_order_id: str | None = None,
        pending_above_price: Number | None = None,
        pending_above_stop_price: Number | None = None,
        pending_above_trailing_delta: int | None = None,
        pending_above_iceberg_qty: Number | None = None,
        pending_above_time_in_force: TimeInForceArg | None = None,
        pending_above_strategy_id: int | None = None,
        pending_above_strategy_type: int | None = None,
        pending_above_peg_price_type: PegPriceTypeArg | None = None,
        pending_above_peg_offset_type: PegOffsetTypeArg | None = None,
        pending_above_peg_offset_value: int | None = None,
        pending_below_type: OrderTypeArg | None = None,
        pending_below_client_order_id: str | None = None,
        pending_below_price: Number | None = None,
        pending_below_stop_price: Number | None = None,
        pending_below_trailing_delta: int | None = None,
        pending_below_iceberg_qty: Number | None = None,
        pending_below_time_in_force: TimeInForceArg | None = None,
        pending_below_strategy_id: int | None = None,
        pending_below_strategy_type: int | None = None,
        pending_below_peg_price_type: PegPriceTypeArg | None = None,
        pending_below_peg_offset_type: PegOffsetTypeArg | None = None,
        pending_below_peg_offset_value: int | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderListReports:
        """Place a buy that, once filled, places an OCO selling what was received.

        Wire: ``orderList.place.opoco``, security TRADE, weight 1 (0 on success), orders 3.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: working order: type of the order.
            working_side: working order: BUY or SELL.
            working_quantity: working order: base quantity.
            pending_side: pending order: BUY or SELL.
            pending_above_type: pending order above: type of the order.
            list_client_order_id: id of the list; an unguessable one is made when left out.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: working order: client order id; an unguessable one is made when left out.
            working_price: working order: limit price.
            working_iceberg_qty: working order: visible quantity; needs GTC, or LIMIT_MAKER.
            working_time_in_force: working order: how long the order stays; for limit orders.
            working_strategy_id: working order: your number of the order in a strategy.
            working_strategy_type: working order: your number of the strategy, at least 1000000.
            working_peg_price_type: working order: peg the price to the best of the own side (PRIMARY_PEG) or the
                other (MARKET_PEG).
            working_peg_offset_type: working order: unit of ``peg_offset_value``.
            working_peg_offset_value: working order: price levels away from the peg, at most 100; together with
                ``peg_offset_type``.
            pending_above_client_order_id: pending order above: client order id; an unguessable one is made when
                left out.
            pending_above_price: pending order above: limit price.
            pending_above_stop_price: pending order above: price that triggers the order; with ``trailing_delta``
                the price at which trailing begins.
            pending_above_trailing_delta: pending order above: distance of a trailing stop in basis points.
            pending_above_iceberg_qty: pending order above: visible quantity; needs GTC, or LIMIT_MAKER.
            pending_above_time_in_force: pending order above: how long the order stays; for limit orders.
            pending_above_strategy_id: pending order above: your number of the order in a strategy.
            pending_above_strategy_type: pending order above: your number of the strategy, at least 1000000.
            pending_above_peg_price_type: pending order above: peg the price to the best of the own side
                (PRIMARY_PEG) or the other (MARKET_PEG).
            pending_above_peg_offset_type: pending order above: unit of ``peg_offset_value``.
            pending_above_peg_offset_value: pending order above: price levels away from the peg, at most 100;
                together with ``peg_offset_type``.
            pending_below_type: pending order below: type of the order.
            pending_below_client_order_id: pending order below: client order id; an unguessable one is made when
                left out.
            pending_below_price: pending order below: limit price.
            pending_below_stop_price: pending order below: price that triggers the order; with ``trailing_delta``
                the price at which trailing begins.
            pending_below_trailing_delta: pending order below: distance of a trailing stop in basis points.
            pending_below_iceberg_qty: pending order below: visible quantity; needs GTC, or LIMIT_MAKER.
            pending_below_time_in_force: pending order below: how long the order stays; for limit orders.
            pending_below_strategy_id: pending order below: your number of the order in a strategy.
            pending_below_strategy_type: pending order below: your number of the strategy, at least 1000000.
            pending_below_peg_price_type: pending order below: peg the price to the best of the own side
                (PRIMARY_PEG) or the other (MARKET_PEG).
            pending_below_peg_offset_type: pending order below: unit of ``peg_offset_value``.
            pending_below_peg_offset_value: pending order below: price levels away from the peg, at most 100;
                together with ``peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders; the pending ones have no quantity yet.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "OPOCO".
        """
        return await self._caller.call(
            self.PLACE_OPOCO,
            {
                "symbol": symbol,
                "workingType": working_type,
                "workingSide": working_side,
                "workingQuantity": working_quantity,
                "pendingSide": pending_side,
                "pendingAboveType": pending_above_type,
                "listClientOrderId": list_client_order_id,
                "newOrderRespType": new_order_resp_type,
                "selfTradePreventionMode": self_trade_prevention_mode,
                "workingClientOrderId": working_client_order_id,
                "workingPrice": working_price,
                "workingIcebergQty": working_iceberg_qty,
                "workingTimeInForce": working_time_in_force,
                "workingStrategyId": working_strategy_id,
                "workingStrategyType": working_strategy_type,
                "workingPegPriceType": working_peg_price_type,
                "workingPegOffsetType": working_peg_offset_type,
                "workingPegOffsetValue": working_peg_offset_value,
                "pendingAboveClientOrderId": pending_above_client_order_id,
                "pendingAbovePrice": pending_above_price,
                "pendingAboveStopPrice": pending_above_stop_price,
                "pendingAboveTrailingDelta": pending_above_trailing_delta,
                "pendingAboveIcebergQty": pending_above_iceberg_qty,
                "pendingAboveTimeInForce": pending_above_time_in_force,
                "pendingAboveStrategyId": pending_above_strategy_id,
                "pendingAboveStrategyType": pending_above_strategy_type,
                "pendingAbovePegPriceType": pending_above_peg_price_type,
                "pendingAbovePegOffsetType": pending_above_peg_offset_type,
                "pendingAbovePegOffsetValue": pending_above_peg_offset_value,
                "pendingBelowType": pending_below_type,
                "pendingBelowClientOrderId": pending_below_client_order_id,
                "pendingBelowPrice": pending_below_price,
                "pendingBelowStopPrice": pending_below_stop_price,
                "pendingBelowTrailingDelta": pending_below_trailing_delta,
                "pendingBelowIcebergQty": pending_below_iceberg_qty,
                "pendingBelowTimeInForce": pending_below_time_in_force,
                "pendingBelowStrategyId": pending_below_strategy_id,
                "pendingBelowStrategyType": pending_below_strategy_type,
                "pendingBelowPegPriceType": pending_below_peg_price_type,
                "pendingBelowPegOffsetType": pending_below_peg_offset_type,
                "pendingBelowPegOffsetValue": pending_below_peg_offset_value,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    CANCEL_ORDER_LIST = Endpoint(
        "orderList.cancel",
        OrderListReports,
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
    ) -> OrderListReports:
        """Cancel an order list.

        Wire: ``orderList.cancel``, security TRADE, weight 1 (0 on success), orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            order_list_id: id the venue gave the list.
            list_client_order_id: id of the list.
            new_client_order_id: client order id the cancelled list takes; an unguessable one is made when left out.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            CancelRejected: nothing was cancelled (-2011).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Cancel Order list".
        """
        return await self._caller.call(
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
