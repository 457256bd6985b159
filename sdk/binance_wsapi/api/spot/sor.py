"""Smart order routing (WebSocket API)."""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.api.arguments import (
    Number,
    OrderResponseTypeArg,
    OrderTypeArg,
    SelfTradePreventionModeArg,
    SideArg,
    TimeInForceArg,
)
from binance_wsapi.api.group import MethodGroup
from binance_wsapi.api.spot.shapes import choose_sor_order
from binance_wsapi.models.orders import OrderAck, OrderFull, OrderResult, OrderTestResult
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Case, Endpoint, Security

__all__ = ["SorMethods"]


class SorMethods(MethodGroup):
    """Smart order routing."""

    PLACE_SOR_ORDER = Endpoint(
        "sor.order.place",
        OrderAck | OrderResult | OrderFull,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=1,
        replay_safe=False,
        client_ids=("newClientOrderId",),
        choose=choose_sor_order,
    )

    async def place_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        time_in_force: TimeInForceArg | None = None,
        price: Number | None = None,
        new_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        iceberg_qty: Number | None = None,
        strategy_id: int | None = None,
        strategy_type: int | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderAck | OrderResult | OrderFull:
        """Place an order by smart order routing.

        Wire: ``sor.order.place``, security TRADE, weight 1 (0 on success), orders 1.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            type: type of the order.
            quantity: base quantity.
            time_in_force: how long the order stays; for limit orders.
            price: limit price.
            new_client_order_id: id of the new order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when
                left out.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            iceberg_qty: visible quantity; needs GTC, or LIMIT_MAKER.
            strategy_id: your number of the order in a strategy.
            strategy_type: your number of the strategy, at least 1000000.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            As much as ``new_order_resp_type`` asks for.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: it was sent, and nobody said what became of it.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new order using SOR".
        """
        return await self._caller.call(
            self.PLACE_SOR_ORDER,
            {
                "symbol": symbol,
                "side": side,
                "type": type,
                "quantity": quantity,
                "timeInForce": time_in_force,
                "price": price,
                "newClientOrderId": new_client_order_id,
                "newOrderRespType": new_order_resp_type,
                "icebergQty": iceberg_qty,
                "strategyId": strategy_id,
                "strategyType": strategy_type,
                "selfTradePreventionMode": self_trade_prevention_mode,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    TEST_SOR_ORDER = Endpoint(
        "sor.order.test",
        OrderTestResult,
        security=Security.TRADE,
        weight=(Case(20, "computeCommissionRates", equals=True), Case(1)),
    )

    async def test_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        time_in_force: TimeInForceArg | None = None,
        price: Number | None = None,
        new_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        iceberg_qty: Number | None = None,
        strategy_id: int | None = None,
        strategy_type: int | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        compute_commission_rates: bool | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderTestResult:
        """Have an order by smart order routing checked without placing it.

        Wire: ``sor.order.test``, security TRADE, weight 20 with ``compute_commission_rates``, 1 otherwise, orders
        0.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            type: type of the order.
            quantity: base quantity.
            time_in_force: how long the order stays; for limit orders.
            price: limit price.
            new_client_order_id: id of the new order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when
                left out.
            new_order_resp_type: how much the reply tells; by default FULL for MARKET and LIMIT, else ACK.
            iceberg_qty: visible quantity; needs GTC, or LIMIT_MAKER.
            strategy_id: your number of the order in a strategy.
            strategy_type: your number of the strategy, at least 1000000.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            compute_commission_rates: also return the rates the order would pay; costs request weight 20.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Nothing, or the commission rates.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Test new order using SOR".
        """
        return await self._caller.call(
            self.TEST_SOR_ORDER,
            {
                "symbol": symbol,
                "side": side,
                "type": type,
                "quantity": quantity,
                "timeInForce": time_in_force,
                "price": price,
                "newClientOrderId": new_client_order_id,
                "newOrderRespType": new_order_resp_type,
                "icebergQty": iceberg_qty,
                "strategyId": strategy_id,
                "strategyType": strategy_type,
                "selfTradePreventionMode": self_trade_prevention_mode,
                "computeCommissionRates": compute_commission_rates,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )
