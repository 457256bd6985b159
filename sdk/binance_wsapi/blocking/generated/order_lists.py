"""Order lists (WebSocket API).

Written by ``python -m tests.blocking.generate``: do not edit.
"""

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
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.models.spot.orders import CanceledOrderList, OrderListReports

__all__ = ["OrderListMethods"]


class OrderListMethods:
    """Order lists."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    def place_order_list(
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
            price: limit price; a BUY is below the market, a SELL above it.
            quantity: base quantity of each order.
            list_client_order_id: client id of the list, apart from those of its orders; an unguessable one is made
                when left out.
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
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Interrupting the call does not cancel what was sent.

        Source: WebSocket API, "Place new OCO - Deprecated".
        """
        return self._thread.run(
            self._inner.place_order_list(
                symbol,
                side,
                price,
                quantity,
                list_client_order_id=list_client_order_id,
                limit_client_order_id=limit_client_order_id,
                limit_iceberg_qty=limit_iceberg_qty,
                limit_strategy_id=limit_strategy_id,
                limit_strategy_type=limit_strategy_type,
                stop_price=stop_price,
                trailing_delta=trailing_delta,
                stop_client_order_id=stop_client_order_id,
                stop_limit_price=stop_limit_price,
                stop_limit_time_in_force=stop_limit_time_in_force,
                stop_iceberg_qty=stop_iceberg_qty,
                stop_strategy_id=stop_strategy_id,
                stop_strategy_type=stop_strategy_type,
                new_order_resp_type=new_order_resp_type,
                self_trade_prevention_mode=self_trade_prevention_mode,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def place_oco(
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
            quantity: base quantity of each order.
            above_type: type of the order above; one of the two is LIMIT_MAKER, TAKE_PROFIT or TAKE_PROFIT_LIMIT,
                the other STOP_LOSS or STOP_LOSS_LIMIT.
            below_type: type of the order below.
            list_client_order_id: client id of the list, apart from those of its orders; an unguessable one is made
                when left out.
            above_client_order_id: client order id of the order above, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable
                one is made when left out.
            above_iceberg_qty: visible quantity of the order above; needs GTC, or LIMIT_MAKER.
            above_price: limit price of the order above; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT
                need it, unless ``above_peg_price_type`` is sent.
            above_stop_price: price that triggers the order above; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and
                TAKE_PROFIT_LIMIT need it or ``above_trailing_delta``; with both, trailing begins at it.
            above_trailing_delta: distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA
                filter.
            above_time_in_force: GTC, IOC or FOK: the order above; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need
                it.
            above_strategy_id: your number of the order above in a strategy.
            above_strategy_type: your number of the strategy of the order above, at least 1000000.
            above_peg_price_type: peg the price of the order above to the best of its own side (PRIMARY_PEG; a LIMIT
                must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            above_peg_offset_type: unit of ``above_peg_offset_value``.
            above_peg_offset_value: price levels away from the peg, at most 100; together with
                ``above_peg_offset_type``.
            below_client_order_id: client order id of the order below, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable
                one is made when left out.
            below_iceberg_qty: visible quantity of the order below; needs GTC, or LIMIT_MAKER.
            below_price: limit price of the order below; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT
                need it, unless ``below_peg_price_type`` is sent.
            below_stop_price: price that triggers the order below; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and
                TAKE_PROFIT_LIMIT need it or ``below_trailing_delta``; with both, trailing begins at it.
            below_trailing_delta: distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA
                filter.
            below_time_in_force: GTC, IOC or FOK: the order below; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need
                it.
            below_strategy_id: your number of the order below in a strategy.
            below_strategy_type: your number of the strategy of the order below, at least 1000000.
            below_peg_price_type: peg the price of the order below to the best of its own side (PRIMARY_PEG; a LIMIT
                must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            below_peg_offset_type: unit of ``below_peg_offset_value``.
            below_peg_offset_value: price levels away from the peg, at most 100; together with
                ``below_peg_offset_type``.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Interrupting the call does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OCO".
        """
        return self._thread.run(
            self._inner.place_oco(
                symbol,
                side,
                quantity,
                above_type,
                below_type,
                list_client_order_id=list_client_order_id,
                above_client_order_id=above_client_order_id,
                above_iceberg_qty=above_iceberg_qty,
                above_price=above_price,
                above_stop_price=above_stop_price,
                above_trailing_delta=above_trailing_delta,
                above_time_in_force=above_time_in_force,
                above_strategy_id=above_strategy_id,
                above_strategy_type=above_strategy_type,
                above_peg_price_type=above_peg_price_type,
                above_peg_offset_type=above_peg_offset_type,
                above_peg_offset_value=above_peg_offset_value,
                below_client_order_id=below_client_order_id,
                below_iceberg_qty=below_iceberg_qty,
                below_price=below_price,
                below_stop_price=below_stop_price,
                below_trailing_delta=below_trailing_delta,
                below_time_in_force=below_time_in_force,
                below_strategy_id=below_strategy_id,
                below_strategy_type=below_strategy_type,
                below_peg_price_type=below_peg_price_type,
                below_peg_offset_type=below_peg_offset_type,
                below_peg_offset_value=below_peg_offset_value,
                new_order_resp_type=new_order_resp_type,
                self_trade_prevention_mode=self_trade_prevention_mode,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def place_oto(
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
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_type: type of the pending order; a MARKET one has a ``pending_quantity`` too.
            pending_side: BUY or SELL: the pending order.
            pending_quantity: base quantity of the pending order.
            list_client_order_id: client id of the list, apart from those of its orders; an unguessable one is made
                when left out.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: client order id of the working order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an
                unguessable one is made when left out.
            working_price: limit price of the working order; needed unless ``working_peg_price_type`` is sent.
            working_iceberg_qty: visible quantity of the working order; needs GTC, or LIMIT_MAKER.
            working_time_in_force: GTC, IOC or FOK: the working order; LIMIT needs it.
            working_strategy_id: your number of the working order in a strategy.
            working_strategy_type: your number of the strategy of the working order, at least 1000000.
            working_peg_price_type: peg the price of the working order to the best of its own side (PRIMARY_PEG; a
                LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            working_peg_offset_type: unit of ``working_peg_offset_value``.
            working_peg_offset_value: price levels away from the peg, at most 100; together with
                ``working_peg_offset_type``.
            pending_client_order_id: client order id of the pending order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an
                unguessable one is made when left out.
            pending_price: limit price of the pending order; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it, unless ``pending_peg_price_type`` is sent.
            pending_stop_price: price that triggers the pending order; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and
                TAKE_PROFIT_LIMIT need it or ``pending_trailing_delta``; with both, trailing begins at it.
            pending_trailing_delta: distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA
                filter.
            pending_iceberg_qty: visible quantity of the pending order; needs GTC, or LIMIT_MAKER.
            pending_time_in_force: GTC, IOC or FOK: the pending order; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT
                need it.
            pending_strategy_id: your number of the pending order in a strategy.
            pending_strategy_type: your number of the strategy of the pending order, at least 1000000.
            pending_peg_offset_type: unit of ``pending_peg_offset_value``.
            pending_peg_price_type: peg the price of the pending order to the best of its own side (PRIMARY_PEG; a
                LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            pending_peg_offset_value: price levels away from the peg, at most 100; together with
                ``pending_peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Interrupting the call does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OTO".
        """
        return self._thread.run(
            self._inner.place_oto(
                symbol,
                working_type,
                working_side,
                working_quantity,
                pending_type,
                pending_side,
                pending_quantity,
                list_client_order_id=list_client_order_id,
                new_order_resp_type=new_order_resp_type,
                self_trade_prevention_mode=self_trade_prevention_mode,
                working_client_order_id=working_client_order_id,
                working_price=working_price,
                working_iceberg_qty=working_iceberg_qty,
                working_time_in_force=working_time_in_force,
                working_strategy_id=working_strategy_id,
                working_strategy_type=working_strategy_type,
                working_peg_price_type=working_peg_price_type,
                working_peg_offset_type=working_peg_offset_type,
                working_peg_offset_value=working_peg_offset_value,
                pending_client_order_id=pending_client_order_id,
                pending_price=pending_price,
                pending_stop_price=pending_stop_price,
                pending_trailing_delta=pending_trailing_delta,
                pending_iceberg_qty=pending_iceberg_qty,
                pending_time_in_force=pending_time_in_force,
                pending_strategy_id=pending_strategy_id,
                pending_strategy_type=pending_strategy_type,
                pending_peg_offset_type=pending_peg_offset_type,
                pending_peg_price_type=pending_peg_price_type,
                pending_peg_offset_value=pending_peg_offset_value,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def place_otoco(
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
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_side: BUY or SELL: both pending orders.
            pending_quantity: base quantity of each pending order.
            pending_above_type: type of the pending order above; one of the two is LIMIT_MAKER, TAKE_PROFIT or
                TAKE_PROFIT_LIMIT, the other STOP_LOSS or STOP_LOSS_LIMIT.
            list_client_order_id: client id of the list, apart from those of its orders; an unguessable one is made
                when left out.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: client order id of the working order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an
                unguessable one is made when left out.
            working_price: limit price of the working order; needed unless ``working_peg_price_type`` is sent.
            working_iceberg_qty: visible quantity of the working order; needs GTC, or LIMIT_MAKER.
            working_time_in_force: GTC, IOC or FOK: the working order; LIMIT needs it.
            working_strategy_id: your number of the working order in a strategy.
            working_strategy_type: your number of the strategy of the working order, at least 1000000.
            working_peg_price_type: peg the price of the working order to the best of its own side (PRIMARY_PEG; a
                LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            working_peg_offset_type: unit of ``working_peg_offset_value``.
            working_peg_offset_value: price levels away from the peg, at most 100; together with
                ``working_peg_offset_type``.
            pending_above_client_order_id: client order id of the pending order above, 1 to 36 of
                ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out.
            pending_above_price: limit price of the pending order above; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it, unless ``pending_above_peg_price_type`` is sent.
            pending_above_stop_price: price that triggers the pending order above; STOP_LOSS, STOP_LOSS_LIMIT,
                TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or ``pending_above_trailing_delta``; with both, trailing
                begins at it.
            pending_above_trailing_delta: distance of a trailing stop in basis points, within the symbol's
                TRAILING_DELTA filter.
            pending_above_iceberg_qty: visible quantity of the pending order above; needs GTC, or LIMIT_MAKER.
            pending_above_time_in_force: GTC, IOC or FOK: the pending order above; LIMIT, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it.
            pending_above_strategy_id: your number of the pending order above in a strategy.
            pending_above_strategy_type: your number of the strategy of the pending order above, at least 1000000.
            pending_above_peg_price_type: peg the price of the pending order above to the best of its own side
                (PRIMARY_PEG; a LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            pending_above_peg_offset_type: unit of ``pending_above_peg_offset_value``.
            pending_above_peg_offset_value: price levels away from the peg, at most 100; together with
                ``pending_above_peg_offset_type``.
            pending_below_type: type of the pending order below.
            pending_below_client_order_id: client order id of the pending order below, 1 to 36 of
                ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out.
            pending_below_price: limit price of the pending order below; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it, unless ``pending_below_peg_price_type`` is sent.
            pending_below_stop_price: price that triggers the pending order below; STOP_LOSS, STOP_LOSS_LIMIT,
                TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or ``pending_below_trailing_delta``; with both, trailing
                begins at it.
            pending_below_trailing_delta: distance of a trailing stop in basis points, within the symbol's
                TRAILING_DELTA filter.
            pending_below_iceberg_qty: visible quantity of the pending order below; needs GTC, or LIMIT_MAKER.
            pending_below_time_in_force: GTC, IOC or FOK: the pending order below; LIMIT, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it.
            pending_below_strategy_id: your number of the pending order below in a strategy.
            pending_below_strategy_type: your number of the strategy of the pending order below, at least 1000000.
            pending_below_peg_price_type: peg the price of the pending order below to the best of its own side
                (PRIMARY_PEG; a LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            pending_below_peg_offset_type: unit of ``pending_below_peg_offset_value``.
            pending_below_peg_offset_value: price levels away from the peg, at most 100; together with
                ``pending_below_peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Interrupting the call does not cancel what was sent.

        Source: WebSocket API, "Place new Order list - OTOCO".
        """
        return self._thread.run(
            self._inner.place_otoco(
                symbol,
                working_type,
                working_side,
                working_quantity,
                pending_side,
                pending_quantity,
                pending_above_type,
                list_client_order_id=list_client_order_id,
                new_order_resp_type=new_order_resp_type,
                self_trade_prevention_mode=self_trade_prevention_mode,
                working_client_order_id=working_client_order_id,
                working_price=working_price,
                working_iceberg_qty=working_iceberg_qty,
                working_time_in_force=working_time_in_force,
                working_strategy_id=working_strategy_id,
                working_strategy_type=working_strategy_type,
                working_peg_price_type=working_peg_price_type,
                working_peg_offset_type=working_peg_offset_type,
                working_peg_offset_value=working_peg_offset_value,
                pending_above_client_order_id=pending_above_client_order_id,
                pending_above_price=pending_above_price,
                pending_above_stop_price=pending_above_stop_price,
                pending_above_trailing_delta=pending_above_trailing_delta,
                pending_above_iceberg_qty=pending_above_iceberg_qty,
                pending_above_time_in_force=pending_above_time_in_force,
                pending_above_strategy_id=pending_above_strategy_id,
                pending_above_strategy_type=pending_above_strategy_type,
                pending_above_peg_price_type=pending_above_peg_price_type,
                pending_above_peg_offset_type=pending_above_peg_offset_type,
                pending_above_peg_offset_value=pending_above_peg_offset_value,
                pending_below_type=pending_below_type,
                pending_below_client_order_id=pending_below_client_order_id,
                pending_below_price=pending_below_price,
                pending_below_stop_price=pending_below_stop_price,
                pending_below_trailing_delta=pending_below_trailing_delta,
                pending_below_iceberg_qty=pending_below_iceberg_qty,
                pending_below_time_in_force=pending_below_time_in_force,
                pending_below_strategy_id=pending_below_strategy_id,
                pending_below_strategy_type=pending_below_strategy_type,
                pending_below_peg_price_type=pending_below_peg_price_type,
                pending_below_peg_offset_type=pending_below_peg_offset_type,
                pending_below_peg_offset_value=pending_below_peg_offset_value,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def place_opo(
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
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY: the working order.
            working_quantity: base quantity of the working order.
            pending_type: type of the pending order.
            pending_side: SELL: what the working order received.
            list_client_order_id: client id of the list, apart from those of its orders; an unguessable one is made
                when left out.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: client order id of the working order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an
                unguessable one is made when left out.
            working_price: limit price of the working order; needed unless ``working_peg_price_type`` is sent.
            working_iceberg_qty: visible quantity of the working order; needs GTC, or LIMIT_MAKER.
            working_time_in_force: GTC, IOC or FOK: the working order; LIMIT needs it.
            working_strategy_id: your number of the working order in a strategy.
            working_strategy_type: your number of the strategy of the working order, at least 1000000.
            working_peg_price_type: peg the price of the working order to the best of its own side (PRIMARY_PEG; a
                LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            working_peg_offset_type: unit of ``working_peg_offset_value``.
            working_peg_offset_value: price levels away from the peg, at most 100; together with
                ``working_peg_offset_type``.
            pending_client_order_id: client order id of the pending order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an
                unguessable one is made when left out.
            pending_price: limit price of the pending order; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it, unless ``pending_peg_price_type`` is sent.
            pending_stop_price: price that triggers the pending order; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and
                TAKE_PROFIT_LIMIT need it or ``pending_trailing_delta``; with both, trailing begins at it.
            pending_trailing_delta: distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA
                filter.
            pending_iceberg_qty: visible quantity of the pending order; needs GTC, or LIMIT_MAKER.
            pending_time_in_force: GTC, IOC or FOK: the pending order; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT
                need it.
            pending_strategy_id: your number of the pending order in a strategy.
            pending_strategy_type: your number of the strategy of the pending order, at least 1000000.
            pending_peg_price_type: peg the price of the pending order to the best of its own side (PRIMARY_PEG; a
                LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            pending_peg_offset_type: unit of ``pending_peg_offset_value``.
            pending_peg_offset_value: price levels away from the peg, at most 100; together with
                ``pending_peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders; the pending one has no quantity yet.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Interrupting the call does not cancel what was sent.

        Source: WebSocket API, "OPO".
        """
        return self._thread.run(
            self._inner.place_opo(
                symbol,
                working_type,
                working_side,
                working_quantity,
                pending_type,
                pending_side,
                list_client_order_id=list_client_order_id,
                new_order_resp_type=new_order_resp_type,
                self_trade_prevention_mode=self_trade_prevention_mode,
                working_client_order_id=working_client_order_id,
                working_price=working_price,
                working_iceberg_qty=working_iceberg_qty,
                working_time_in_force=working_time_in_force,
                working_strategy_id=working_strategy_id,
                working_strategy_type=working_strategy_type,
                working_peg_price_type=working_peg_price_type,
                working_peg_offset_type=working_peg_offset_type,
                working_peg_offset_value=working_peg_offset_value,
                pending_client_order_id=pending_client_order_id,
                pending_price=pending_price,
                pending_stop_price=pending_stop_price,
                pending_trailing_delta=pending_trailing_delta,
                pending_iceberg_qty=pending_iceberg_qty,
                pending_time_in_force=pending_time_in_force,
                pending_strategy_id=pending_strategy_id,
                pending_strategy_type=pending_strategy_type,
                pending_peg_price_type=pending_peg_price_type,
                pending_peg_offset_type=pending_peg_offset_type,
                pending_peg_offset_value=pending_peg_offset_value,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def place_opoco(
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
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY: the working order.
            working_quantity: base quantity of the working order.
            pending_side: SELL: what the working order received.
            pending_above_type: type of the pending order above; one of the two is LIMIT_MAKER, TAKE_PROFIT or
                TAKE_PROFIT_LIMIT, the other STOP_LOSS or STOP_LOSS_LIMIT.
            list_client_order_id: client id of the list, apart from those of its orders; an unguessable one is made
                when left out.
            new_order_resp_type: how much the report about each order tells: ACK, RESULT or FULL.
            self_trade_prevention_mode: what happens instead of a trade with yourself; the default is the symbol's.
            working_client_order_id: client order id of the working order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an
                unguessable one is made when left out.
            working_price: limit price of the working order; needed unless ``working_peg_price_type`` is sent.
            working_iceberg_qty: visible quantity of the working order; needs GTC, or LIMIT_MAKER.
            working_time_in_force: GTC, IOC or FOK: the working order; LIMIT needs it.
            working_strategy_id: your number of the working order in a strategy.
            working_strategy_type: your number of the strategy of the working order, at least 1000000.
            working_peg_price_type: peg the price of the working order to the best of its own side (PRIMARY_PEG; a
                LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            working_peg_offset_type: unit of ``working_peg_offset_value``.
            working_peg_offset_value: price levels away from the peg, at most 100; together with
                ``working_peg_offset_type``.
            pending_above_client_order_id: client order id of the pending order above, 1 to 36 of
                ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out.
            pending_above_price: limit price of the pending order above; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it, unless ``pending_above_peg_price_type`` is sent.
            pending_above_stop_price: price that triggers the pending order above; STOP_LOSS, STOP_LOSS_LIMIT,
                TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or ``pending_above_trailing_delta``; with both, trailing
                begins at it.
            pending_above_trailing_delta: distance of a trailing stop in basis points, within the symbol's
                TRAILING_DELTA filter.
            pending_above_iceberg_qty: visible quantity of the pending order above; needs GTC, or LIMIT_MAKER.
            pending_above_time_in_force: GTC, IOC or FOK: the pending order above; LIMIT, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it.
            pending_above_strategy_id: your number of the pending order above in a strategy.
            pending_above_strategy_type: your number of the strategy of the pending order above, at least 1000000.
            pending_above_peg_price_type: peg the price of the pending order above to the best of its own side
                (PRIMARY_PEG; a LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            pending_above_peg_offset_type: unit of ``pending_above_peg_offset_value``.
            pending_above_peg_offset_value: price levels away from the peg, at most 100; together with
                ``pending_above_peg_offset_type``.
            pending_below_type: type of the pending order below.
            pending_below_client_order_id: client order id of the pending order below, 1 to 36 of
                ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out.
            pending_below_price: limit price of the pending order below; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it, unless ``pending_below_peg_price_type`` is sent.
            pending_below_stop_price: price that triggers the pending order below; STOP_LOSS, STOP_LOSS_LIMIT,
                TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or ``pending_below_trailing_delta``; with both, trailing
                begins at it.
            pending_below_trailing_delta: distance of a trailing stop in basis points, within the symbol's
                TRAILING_DELTA filter.
            pending_below_iceberg_qty: visible quantity of the pending order below; needs GTC, or LIMIT_MAKER.
            pending_below_time_in_force: GTC, IOC or FOK: the pending order below; LIMIT, STOP_LOSS_LIMIT and
                TAKE_PROFIT_LIMIT need it.
            pending_below_strategy_id: your number of the pending order below in a strategy.
            pending_below_strategy_type: your number of the strategy of the pending order below, at least 1000000.
            pending_below_peg_price_type: peg the price of the pending order below to the best of its own side
                (PRIMARY_PEG; a LIMIT must then be GTC) or of the other (MARKET_PEG; not for LIMIT_MAKER).
            pending_below_peg_offset_type: unit of ``pending_below_peg_offset_value``.
            pending_below_peg_offset_value: price levels away from the peg, at most 100; together with
                ``pending_below_peg_offset_type``.
            recv_window: milliseconds the request may take to the matching engine, at most 60000, three decimals.
            timeout: seconds the call may take; the client's default when left out.

        Returns:
            The list and its orders; the pending ones have no quantity yet.

        Raises:
            OrderRejected: the venue refused it (-2010).
            FilterFailed: a trading rule refused it (-1013).
            OutcomeUnknown: the request was sent, and its reply was lost.
            WsapiError: see `binance_wsapi.errors`.

        Interrupting the call does not cancel what was sent.

        Source: WebSocket API, "OPOCO".
        """
        return self._thread.run(
            self._inner.place_opoco(
                symbol,
                working_type,
                working_side,
                working_quantity,
                pending_side,
                pending_above_type,
                list_client_order_id=list_client_order_id,
                new_order_resp_type=new_order_resp_type,
                self_trade_prevention_mode=self_trade_prevention_mode,
                working_client_order_id=working_client_order_id,
                working_price=working_price,
                working_iceberg_qty=working_iceberg_qty,
                working_time_in_force=working_time_in_force,
                working_strategy_id=working_strategy_id,
                working_strategy_type=working_strategy_type,
                working_peg_price_type=working_peg_price_type,
                working_peg_offset_type=working_peg_offset_type,
                working_peg_offset_value=working_peg_offset_value,
                pending_above_client_order_id=pending_above_client_order_id,
                pending_above_price=pending_above_price,
                pending_above_stop_price=pending_above_stop_price,
                pending_above_trailing_delta=pending_above_trailing_delta,
                pending_above_iceberg_qty=pending_above_iceberg_qty,
                pending_above_time_in_force=pending_above_time_in_force,
                pending_above_strategy_id=pending_above_strategy_id,
                pending_above_strategy_type=pending_above_strategy_type,
                pending_above_peg_price_type=pending_above_peg_price_type,
                pending_above_peg_offset_type=pending_above_peg_offset_type,
                pending_above_peg_offset_value=pending_above_peg_offset_value,
                pending_below_type=pending_below_type,
                pending_below_client_order_id=pending_below_client_order_id,
                pending_below_price=pending_below_price,
                pending_below_stop_price=pending_below_stop_price,
                pending_below_trailing_delta=pending_below_trailing_delta,
                pending_below_iceberg_qty=pending_below_iceberg_qty,
                pending_below_time_in_force=pending_below_time_in_force,
                pending_below_strategy_id=pending_below_strategy_id,
                pending_below_strategy_type=pending_below_strategy_type,
                pending_below_peg_price_type=pending_below_peg_price_type,
                pending_below_peg_offset_type=pending_below_peg_offset_type,
                pending_below_peg_offset_value=pending_below_peg_offset_value,
                recv_window=recv_window,
                timeout=timeout,
            )
        )

    def cancel_order_list(
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

        Interrupting the call does not cancel what was sent.

        Source: WebSocket API, "Cancel Order list".
        """
        return self._thread.run(
            self._inner.cancel_order_list(
                symbol,
                order_list_id=order_list_id,
                list_client_order_id=list_client_order_id,
                new_client_order_id=new_client_order_id,
                recv_window=recv_window,
                timeout=timeout,
            )
        )
