"""Smart order routing (WebSocket API)."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Unpack, overload

from binance_wsapi.api.arguments import (
    FullByDefault,
    Number,
    OrderResponseTypeArg,
    OrderTypeArg,
    SelfTradePreventionModeArg,
    SideArg,
    TimeInForceArg,
)
from binance_wsapi.api.spot.arguments import (
    SorOrderArguments,
    on_wire,
    takes,
)
from binance_wsapi.api.spot.shapes import choose_sor_order, choose_test
from binance_wsapi.api.spot.words import OrderMethods
from binance_wsapi.models.enums import OrderResponseType
from binance_wsapi.models.spot.orders import OrderAck, OrderFull, OrderResult, OrderTestCommission, OrderTestResult
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Case, Endpoint, Security

__all__ = ["SorMethods"]


class SorMethods(OrderMethods):
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

    @overload
    async def place_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        new_order_resp_type: Literal["ACK", OrderResponseType.ACK],
        **more: Unpack[SorOrderArguments],
    ) -> OrderAck: ...

    @overload
    async def place_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        new_order_resp_type: Literal["RESULT", OrderResponseType.RESULT],
        **more: Unpack[SorOrderArguments],
    ) -> OrderResult: ...

    @overload
    async def place_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        new_order_resp_type: Literal["FULL", OrderResponseType.FULL],
        **more: Unpack[SorOrderArguments],
    ) -> OrderFull: ...

    @overload
    async def place_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: FullByDefault,
        quantity: Number,
        *,
        new_order_resp_type: None = None,
        **more: Unpack[SorOrderArguments],
    ) -> OrderFull: ...

    @overload
    async def place_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[SorOrderArguments],
    ) -> OrderAck | OrderResult | OrderFull: ...

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
            type: LIMIT or MARKET.
            quantity: base quantity.
            time_in_force: GTC, IOC or FOK; LIMIT needs it.
            price: limit price; LIMIT needs it.
            new_client_order_id: client order id of the new order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one
                is made when left out.
            new_order_resp_type: how much the reply tells: ACK, RESULT or FULL (the default).
            iceberg_qty: visible quantity; needs GTC.
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
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new order using SOR".
        """
        return await self._order(
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
        OrderTestResult | OrderTestCommission,
        security=Security.TRADE,
        weight=(Case(20, "computeCommissionRates", equals=True), Case(1)),
        choose=choose_test,
    )

    @overload
    async def test_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        compute_commission_rates: Literal[True],
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[SorOrderArguments],
    ) -> OrderTestCommission: ...

    @overload
    async def test_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        compute_commission_rates: bool | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[SorOrderArguments],
    ) -> OrderTestResult: ...

    @takes(SorOrderArguments)
    async def test_sor_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        quantity: Number,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        compute_commission_rates: bool | None = None,
        **more: Unpack[SorOrderArguments],
    ) -> OrderTestResult:
        """Have an order by smart order routing checked without placing it.

        Wire: ``sor.order.test``, security TRADE, weight 20 with ``compute_commission_rates``, 1 otherwise, orders
        0.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            type: LIMIT or MARKET.
            quantity: base quantity.
            new_order_resp_type: as for `place_sor_order`.
            compute_commission_rates: also return the rates the order would pay; costs request weight 20.
            more: the rest of the order, by name, as for `place_sor_order`: `SorOrderArguments`.

        Returns:
            Nothing, or the commission rates.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Test new order using SOR".
        """
        return await self._order(
            self.TEST_SOR_ORDER,
            {
                "symbol": symbol,
                "side": side,
                "type": type,
                "quantity": quantity,
                "newOrderRespType": new_order_resp_type,
                "computeCommissionRates": compute_commission_rates,
                **on_wire(SorOrderArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )
