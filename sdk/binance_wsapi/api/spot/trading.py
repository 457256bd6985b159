"""Trading requests (WebSocket API)."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Unpack, overload

from binance_wsapi.api.arguments import (
    CancelReplaceModeArg,
    CancelRestrictionsArg,
    FullByDefault,
    Number,
    OrderRateLimitExceededModeArg,
    OrderResponseTypeArg,
    OrderTypeArg,
    PegOffsetTypeArg,
    PegPriceTypeArg,
    SelfTradePreventionModeArg,
    SideArg,
    TimeInForceArg,
)
from binance_wsapi.api.spot.arguments import (
    OrderArguments,
    on_wire,
    takes,
)
from binance_wsapi.api.spot.checks import is_plain_symbol
from binance_wsapi.api.spot.shapes import choose_cancel, choose_order, choose_test, with_halves
from binance_wsapi.api.spot.words import OrderMethods, are_usual
from binance_wsapi.errors import PartialFailure
from binance_wsapi.keys.amounts import are_amounts
from binance_wsapi.models.enums import OrderResponseType
from binance_wsapi.models.spot.orders import (
    CanceledOrder,
    CanceledOrderList,
    Cancellation,
    CancelReplaceResponse,
    OrderAck,
    OrderAmendResult,
    OrderFull,
    OrderResult,
    OrderTestCommission,
    OrderTestResult,
)
from binance_wsapi.wire.caller import DEFAULT, CallOptions
from binance_wsapi.wire.endpoint import Case, Endpoint, Security

__all__ = ["TradingMethods"]


class TradingMethods(OrderMethods):
    """Trading requests."""

    PLACE_ORDER = Endpoint(
        "order.place",
        OrderAck | OrderResult | OrderFull,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=1,
        replay_safe=False,
        client_ids=("newClientOrderId",),
        choose=choose_order,
    )

    @overload
    async def place_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        new_order_resp_type: Literal["ACK", OrderResponseType.ACK],
        **more: Unpack[OrderArguments],
    ) -> OrderAck: ...

    @overload
    async def place_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        new_order_resp_type: Literal["RESULT", OrderResponseType.RESULT],
        **more: Unpack[OrderArguments],
    ) -> OrderResult: ...

    @overload
    async def place_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        new_order_resp_type: Literal["FULL", OrderResponseType.FULL],
        **more: Unpack[OrderArguments],
    ) -> OrderFull: ...

    @overload
    async def place_order(
        self,
        symbol: str,
        side: SideArg,
        type: FullByDefault,
        *,
        new_order_resp_type: None = None,
        **more: Unpack[OrderArguments],
    ) -> OrderFull: ...

    @overload
    async def place_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OrderArguments],
    ) -> OrderAck | OrderResult | OrderFull: ...

    async def place_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        time_in_force: TimeInForceArg | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        quote_order_qty: Number | None = None,
        new_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        stop_price: Number | None = None,
        trailing_delta: int | None = None,
        iceberg_qty: Number | None = None,
        strategy_id: int | None = None,
        strategy_type: int | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        peg_price_type: PegPriceTypeArg | None = None,
        peg_offset_value: int | None = None,
        peg_offset_type: PegOffsetTypeArg | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderAck | OrderResult | OrderFull:
        """Place an order.

        Wire: ``order.place``, security TRADE, weight 1 (0 on success), orders 1.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            type: type of the order.
            time_in_force: GTC, IOC or FOK; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it.
            price: limit price; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless
                ``peg_price_type`` is sent.
            quantity: base quantity; every type needs it but MARKET, which takes it or ``quote_order_qty``.
            quote_order_qty: quote quantity to spend or to receive; MARKET only, in place of ``quantity``.
            new_client_order_id: client order id of the new order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one
                is made when left out.
            new_order_resp_type: how much the reply tells: ACK, RESULT or FULL; by default FULL for MARKET and
                LIMIT, else ACK.
            stop_price: price that triggers the order; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT
                need it or ``trailing_delta``; with both, trailing begins at it.
            trailing_delta: distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter.
            iceberg_qty: visible quantity; needs GTC, or LIMIT_MAKER.
            strategy_id: your number of the order in a strategy.
            strategy_type: your number of the strategy, at least 1000000.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            peg_price_type: peg the price to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or of
                the other (MARKET_PEG; not for LIMIT_MAKER).
            peg_offset_value: price levels away from the peg, at most 100; together with ``peg_offset_type``.
            peg_offset_type: unit of ``peg_offset_value``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            As much as ``new_order_resp_type`` asks for; each kind is also the one before it.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Place new order".
        """
        # One by one: what was left out costs a look, and no place in a dictionary that is looked through again.
        given: dict[str, object] = {"symbol": symbol, "side": side, "type": type}
        if time_in_force is not None:
            given["timeInForce"] = time_in_force
        if price is not None:
            given["price"] = price
        if quantity is not None:
            given["quantity"] = quantity
        if quote_order_qty is not None:
            given["quoteOrderQty"] = quote_order_qty
        if new_client_order_id is not None:
            given["newClientOrderId"] = new_client_order_id
        if new_order_resp_type is not None:
            given["newOrderRespType"] = new_order_resp_type
        if stop_price is not None:
            given["stopPrice"] = stop_price
        if trailing_delta is not None:
            given["trailingDelta"] = trailing_delta
        if iceberg_qty is not None:
            given["icebergQty"] = iceberg_qty
        if strategy_id is not None:
            given["strategyId"] = strategy_id
        if strategy_type is not None:
            given["strategyType"] = strategy_type
        if self_trade_prevention_mode is not None:
            given["selfTradePreventionMode"] = self_trade_prevention_mode
        if peg_price_type is not None:
            given["pegPriceType"] = peg_price_type
        if peg_offset_value is not None:
            given["pegOffsetValue"] = peg_offset_value
        if peg_offset_type is not None:
            given["pegOffsetType"] = peg_offset_type
        if recv_window is not None:
            given["recvWindow"] = recv_window
        options = DEFAULT if timeout is None else CallOptions(timeout=timeout)
        rare = self_trade_prevention_mode or peg_price_type or peg_offset_type
        if (
            rare is None
            and is_plain_symbol(symbol)
            and are_usual(side, type, time_in_force, new_order_resp_type, price is not None, quantity is not None)
            and are_amounts(price, quantity, quote_order_qty, stop_price, iceberg_qty)
        ):
            return await self._caller.call(self.PLACE_ORDER, given, options)
        return await self._order(self.PLACE_ORDER, given, options)

    TEST_ORDER = Endpoint(
        "order.test",
        OrderTestResult | OrderTestCommission,
        security=Security.TRADE,
        weight=(Case(20, "computeCommissionRates", equals=True), Case(1)),
        choose=choose_test,
    )

    @overload
    async def test_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        compute_commission_rates: Literal[True],
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OrderArguments],
    ) -> OrderTestCommission: ...

    @overload
    async def test_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        compute_commission_rates: bool | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OrderArguments],
    ) -> OrderTestResult: ...

    @takes(OrderArguments)
    async def test_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        compute_commission_rates: bool | None = None,
        **more: Unpack[OrderArguments],
    ) -> OrderTestResult:
        """Have an order checked without placing it.

        Wire: ``order.test``, security TRADE, weight 20 with ``compute_commission_rates``, 1 otherwise, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            type: type of the order.
            new_order_resp_type: as for `place_order`.
            compute_commission_rates: also return the rates the order would pay; costs request weight 20.
            more: the rest of the order, by name, as for `place_order`: `OrderArguments`.

        Returns:
            Nothing, or the commission rates.

        Raises:
            WsapiError: see `binance_wsapi.errors`.

        Source: WebSocket API, "Test new order".
        """
        return await self._order(
            self.TEST_ORDER,
            {
                "symbol": symbol,
                "side": side,
                "type": type,
                "newOrderRespType": new_order_resp_type,
                "computeCommissionRates": compute_commission_rates,
                **on_wire(OrderArguments, more),
            },
            CallOptions(timeout=more.get("timeout")),
        )

    CANCEL_ORDER = Endpoint(
        "order.cancel",
        CanceledOrder | CanceledOrderList,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        replay_safe=False,
        client_ids=("newClientOrderId",),
        choose=choose_cancel,
    )

    async def cancel_order(
        self,
        symbol: str,
        *,
        order_id: int | None = None,
        orig_client_order_id: str | None = None,
        new_client_order_id: str | None = None,
        cancel_restrictions: CancelRestrictionsArg | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> CanceledOrder | CanceledOrderList:
        """Cancel an order. Cancelling an order of a list cancels the list.

        Wire: ``order.cancel``, security TRADE, weight 1 (0 on success), orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            order_id: id the venue gave the order; it or ``orig_client_order_id`` is needed. With both, the order of
                that id is taken, and must have that client order id.
            orig_client_order_id: client order id the order has now.
            new_client_order_id: client order id the cancelled order takes, which frees its old one; an unguessable
                one is made when left out.
            cancel_restrictions: cancel only an order in this state.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The cancelled order, or the whole list.

        Raises:
            CancelRejected: nothing was cancelled (-2011).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Cancel order".
        """
        return await self._order(
            self.CANCEL_ORDER,
            {
                "symbol": symbol,
                "orderId": order_id,
                "origClientOrderId": orig_client_order_id,
                "newClientOrderId": new_client_order_id,
                "cancelRestrictions": cancel_restrictions,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    CANCEL_REPLACE_ORDER = Endpoint(
        "order.cancelReplace",
        CancelReplaceResponse,
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        orders=1,
        replay_safe=False,
        client_ids=(
            "cancelNewClientOrderId",
            "newClientOrderId",
        ),
    )

    async def cancel_replace_order(
        self,
        symbol: str,
        cancel_replace_mode: CancelReplaceModeArg,
        side: SideArg,
        type: OrderTypeArg,
        *,
        cancel_order_id: int | None = None,
        cancel_orig_client_order_id: str | None = None,
        cancel_new_client_order_id: str | None = None,
        time_in_force: TimeInForceArg | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
        quote_order_qty: Number | None = None,
        new_client_order_id: str | None = None,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        stop_price: Number | None = None,
        trailing_delta: int | None = None,
        iceberg_qty: Number | None = None,
        strategy_id: int | None = None,
        strategy_type: int | None = None,
        self_trade_prevention_mode: SelfTradePreventionModeArg | None = None,
        cancel_restrictions: CancelRestrictionsArg | None = None,
        order_rate_limit_exceeded_mode: OrderRateLimitExceededModeArg | None = None,
        peg_price_type: PegPriceTypeArg | None = None,
        peg_offset_value: int | None = None,
        peg_offset_type: PegOffsetTypeArg | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> CancelReplaceResponse:
        """Cancel an order and place another, in this order but not as one.

        Wire: ``order.cancelReplace``, security TRADE, weight 1 (0 on success), orders 1.

        Args:
            symbol: trading pair, case-sensitive.
            cancel_replace_mode: STOP_ON_FAILURE places no new order when the cancel fails, ALLOW_FAILURE tries
                both.
            side: BUY or SELL.
            type: type of the order.
            cancel_order_id: id of the order to cancel; it or ``cancel_orig_client_order_id`` is needed. With both,
                the order of that id is taken, and must have that client order id.
            cancel_orig_client_order_id: client order id the order to cancel has now.
            cancel_new_client_order_id: client order id the cancelled order takes; an unguessable one is made when
                left out.
            time_in_force: GTC, IOC or FOK; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it.
            price: limit price; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless
                ``peg_price_type`` is sent.
            quantity: base quantity; every type needs it but MARKET, which takes it or ``quote_order_qty``.
            quote_order_qty: quote quantity to spend or to receive; MARKET only, in place of ``quantity``.
            new_client_order_id: client order id of the new order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one
                is made when left out.
            new_order_resp_type: how much the reply tells: ACK, RESULT or FULL; by default FULL for MARKET and
                LIMIT, else ACK.
            stop_price: price that triggers the order; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT
                need it or ``trailing_delta``; with both, trailing begins at it.
            trailing_delta: distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter.
            iceberg_qty: visible quantity; needs GTC, or LIMIT_MAKER.
            strategy_id: your number of the order in a strategy.
            strategy_type: your number of the strategy, at least 1000000.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            cancel_restrictions: cancel only an order in this state.
            order_rate_limit_exceeded_mode: when the unfilled order count is spent: DO_NOTHING (the default), or
                CANCEL_ONLY.
            peg_price_type: peg the price to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or of
                the other (MARKET_PEG; not for LIMIT_MAKER).
            peg_offset_value: price levels away from the peg, at most 100; together with ``peg_offset_type``.
            peg_offset_type: unit of ``peg_offset_value``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            Both halves.

        Raises:
            PartialFailure: one half or both failed; it holds what became of each.
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Cancel and replace order".
        """
        try:
            return await self._order(
                self.CANCEL_REPLACE_ORDER,
                {
                    "symbol": symbol,
                    "cancelReplaceMode": cancel_replace_mode,
                    "side": side,
                    "type": type,
                    "cancelOrderId": cancel_order_id,
                    "cancelOrigClientOrderId": cancel_orig_client_order_id,
                    "cancelNewClientOrderId": cancel_new_client_order_id,
                    "timeInForce": time_in_force,
                    "price": price,
                    "quantity": quantity,
                    "quoteOrderQty": quote_order_qty,
                    "newClientOrderId": new_client_order_id,
                    "newOrderRespType": new_order_resp_type,
                    "stopPrice": stop_price,
                    "trailingDelta": trailing_delta,
                    "icebergQty": iceberg_qty,
                    "strategyId": strategy_id,
                    "strategyType": strategy_type,
                    "selfTradePreventionMode": self_trade_prevention_mode,
                    "cancelRestrictions": cancel_restrictions,
                    "orderRateLimitExceededMode": order_rate_limit_exceeded_mode,
                    "pegPriceType": peg_price_type,
                    "pegOffsetValue": peg_offset_value,
                    "pegOffsetType": peg_offset_type,
                    "recvWindow": recv_window,
                },
                CallOptions(timeout=timeout),
            )
        except PartialFailure as error:
            with_halves(error)
            raise

    # Free only when the amendment ends the order, which the reply's own counts tell; reserved as if it never were.
    AMEND_ORDER = Endpoint(
        "order.amend.keepPriority",
        OrderAmendResult,
        security=Security.TRADE,
        weight=4,
        replay_safe=False,
        client_ids=("newClientOrderId",),
    )

    async def amend_order(
        self,
        symbol: str,
        new_qty: Number,
        *,
        order_id: int | None = None,
        orig_client_order_id: str | None = None,
        new_client_order_id: str | None = None,
        recv_window: int | Decimal | None = None,
        timeout: float | None = None,
    ) -> OrderAmendResult:
        """Lower the quantity of an order, which keeps its id and its place in the queue.

        Wire: ``order.amend.keepPriority``, security TRADE, weight 4, orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            new_qty: new quantity, above zero and below the present one.
            order_id: id the venue gave the order; it or ``orig_client_order_id`` is needed.
            orig_client_order_id: client order id the order has now.
            new_client_order_id: new client order id; repeat the old one to keep it; an unguessable one is made when
                left out.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The amended order.

        Raises:
            AmendRejected: the venue refused it (-2038).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Order Amend Keep Priority".
        """
        return await self._order(
            self.AMEND_ORDER,
            {
                "symbol": symbol,
                "newQty": new_qty,
                "orderId": order_id,
                "origClientOrderId": orig_client_order_id,
                "newClientOrderId": new_client_order_id,
                "recvWindow": recv_window,
            },
            CallOptions(timeout=timeout),
        )

    CANCEL_OPEN_ORDERS = Endpoint(
        "openOrders.cancelAll",
        list[Cancellation],
        security=Security.TRADE,
        weight=1,
        weight_on_success=0,
        replay_safe=False,
    )

    async def cancel_open_orders(
        self, symbol: str, *, recv_window: int | Decimal | None = None, timeout: float | None = None
    ) -> list[CanceledOrder | CanceledOrderList]:
        """Cancel every open order on a symbol, lists included.

        Wire: ``openOrders.cancelAll``, security TRADE, weight 1 (0 on success), orders 0.

        Args:
            symbol: trading pair, case-sensitive.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            What was cancelled.

        Raises:
            CancelRejected: nothing was cancelled (-2011).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Cancelling the await does not cancel what was sent.

        Source: WebSocket API, "Cancel open orders".
        """
        return await self._ask(
            self.CANCEL_OPEN_ORDERS, {"symbol": symbol, "recvWindow": recv_window}, CallOptions(timeout=timeout)
        )
