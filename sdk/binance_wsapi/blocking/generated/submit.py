"""Orders and lists that come with a live handle.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from typing import Unpack

from binance_wsapi.api.arguments import Number, OrderResponseTypeArg, OrderTypeArg, SideArg
from binance_wsapi.api.spot.arguments import OcoArguments, OrderArguments, OtoArguments, OtocoArguments, takes
from binance_wsapi.blocking.handles import OrderHandle, OrderListHandle
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client.spot import SpotClient as AsynchronousSpotClient
from binance_wsapi.wire.border import calls_at_border

__all__ = ["SubmitMethods"]


@calls_at_border
class SubmitMethods:
    """Orders and lists that come with a live handle."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousSpotClient

    @takes(OrderArguments)
    def submit_order(
        self,
        symbol: str,
        side: SideArg,
        type: OrderTypeArg,
        *,
        new_order_resp_type: OrderResponseTypeArg | None = None,
        **more: Unpack[OrderArguments],
    ) -> OrderHandle:
        """Begin to place an order, and return its live handle at once.

        Wire: ``order.place``, security TRADE, weight 1 (0 on success), orders 1; sent in the background.

        `OrderHandle.accepted`, `OrderHandle.filled` and `OrderHandle.done` wait for what becomes of it. A lost reply is
        dealt with inside: the handle is `HandleStatus.IN_DOUBT` until the verdict.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            type: type of the order.
            new_order_resp_type: how much the reply tells; FULL when left out, for every type.
            more: the rest, by name, as for `place_order`.

        Returns:
            The handle. Giving it up cancels nothing.

        Raises:
            UsageError: the order cannot be sent as it is. Nothing was sent.
            RuleViolation: with ``check_rules``: a trading rule would refuse it. Nothing was sent.
            NotConnected: the client is closed, or not started. Nothing was sent.
        """
        return OrderHandle(
            self._thread,
            self._thread.run(
                self._inner.submit_order(symbol, side, type, new_order_resp_type=new_order_resp_type, **more)
            ),
        )

    @takes(OcoArguments)
    def submit_oco(
        self,
        symbol: str,
        side: SideArg,
        quantity: Number,
        above_type: OrderTypeArg,
        below_type: OrderTypeArg,
        **more: Unpack[OcoArguments],
    ) -> OrderListHandle:
        """Begin to place two orders of which one cancels the other.

        Wire: ``orderList.place.oco``, security TRADE, weight 1 (0 on success), orders 2; sent in the background.

        The live handle of the list is returned at once. Its `OrderListHandle.legs` are
        ``above`` and ``below``. A lost reply is dealt with inside: the handle is
        `ListHandleStatus.IN_DOUBT` until the verdict.

        Args:
            symbol: trading pair, case-sensitive.
            side: BUY or SELL.
            quantity: base quantity of each order.
            above_type: type of the order above.
            below_type: type of the order below.
            more: the rest, by name, as for `place_oco`: `OcoArguments`; the reply is always asked for in FULL.

        Returns:
            The handle. Giving it up cancels nothing.

        Raises:
            UsageError: the list cannot be sent as it is. Nothing was sent.
            RuleViolation: with ``check_rules``: a trading rule would refuse it. Nothing was sent.
            NotConnected: the client is closed, or not started. Nothing was sent.
        """
        return OrderListHandle(
            self._thread,
            self._thread.run(self._inner.submit_oco(symbol, side, quantity, above_type, below_type, **more)),
        )

    @takes(OtoArguments)
    def submit_oto(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_type: OrderTypeArg,
        pending_side: SideArg,
        pending_quantity: Number,
        **more: Unpack[OtoArguments],
    ) -> OrderListHandle:
        """Begin to place an order that, once filled, places another.

        Wire: ``orderList.place.oto``, security TRADE, weight 1 (0 on success), orders 2; sent in the background.

        The live handle of the list is returned at once. Its `OrderListHandle.legs` are
        ``working`` and ``pending``. A lost reply is dealt with inside: the handle is
        `ListHandleStatus.IN_DOUBT` until the verdict.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_type: type of the pending order.
            pending_side: BUY or SELL: the pending order.
            pending_quantity: base quantity of the pending order.
            more: the rest, by name, as for `place_oto`: `OtoArguments`; the reply is always asked for in FULL.

        Returns:
            The handle. Giving it up cancels nothing.

        Raises:
            UsageError: the list cannot be sent as it is. Nothing was sent.
            RuleViolation: with ``check_rules``: a trading rule would refuse it. Nothing was sent.
            NotConnected: the client is closed, or not started. Nothing was sent.
        """
        return OrderListHandle(
            self._thread,
            self._thread.run(
                self._inner.submit_oto(
                    symbol,
                    working_type,
                    working_side,
                    working_quantity,
                    pending_type,
                    pending_side,
                    pending_quantity,
                    **more,
                )
            ),
        )

    @takes(OtocoArguments)
    def submit_otoco(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_side: SideArg,
        pending_quantity: Number,
        pending_above_type: OrderTypeArg,
        **more: Unpack[OtocoArguments],
    ) -> OrderListHandle:
        """Begin to place an order that, once filled, places an OCO.

        Wire: ``orderList.place.otoco``, security TRADE, weight 1 (0 on success), orders 3; sent in the background.

        The live handle of the list is returned at once. Its `OrderListHandle.legs` are
        ``working``, ``pending_above`` and ``pending_below``. A lost reply is dealt with inside: the handle is
        `ListHandleStatus.IN_DOUBT` until the verdict.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_side: BUY or SELL: both pending orders.
            pending_quantity: base quantity of each pending order.
            pending_above_type: type of the pending order above; ``pending_below_type`` is needed as well.
            more: the rest, by name, as for `place_otoco`: `OtocoArguments`; the reply is always asked for in FULL.

        Returns:
            The handle. Giving it up cancels nothing.

        Raises:
            UsageError: the list cannot be sent as it is. Nothing was sent.
            RuleViolation: with ``check_rules``: a trading rule would refuse it. Nothing was sent.
            NotConnected: the client is closed, or not started. Nothing was sent.
        """
        return OrderListHandle(
            self._thread,
            self._thread.run(
                self._inner.submit_otoco(
                    symbol,
                    working_type,
                    working_side,
                    working_quantity,
                    pending_side,
                    pending_quantity,
                    pending_above_type,
                    **more,
                )
            ),
        )

    @takes(OtoArguments)
    def submit_opo(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_type: OrderTypeArg,
        pending_side: SideArg,
        **more: Unpack[OtoArguments],
    ) -> OrderListHandle:
        """Begin to place a buy that, once filled, places a sell of what was received.

        Wire: ``orderList.place.opo``, security TRADE, weight 1 (0 on success), orders 2; sent in the background.

        The live handle of the list is returned at once. Its `OrderListHandle.legs` are
        ``working`` and ``pending``. A lost reply is dealt with inside: the handle is
        `ListHandleStatus.IN_DOUBT` until the verdict.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_type: type of the pending order.
            pending_side: BUY or SELL: the pending order.
            more: the rest, by name, as for `place_opo`: `OtoArguments`; the reply is always asked for in FULL.

        Returns:
            The handle. Giving it up cancels nothing.

        Raises:
            UsageError: the list cannot be sent as it is. Nothing was sent.
            RuleViolation: with ``check_rules``: a trading rule would refuse it. Nothing was sent.
            NotConnected: the client is closed, or not started. Nothing was sent.
        """
        return OrderListHandle(
            self._thread,
            self._thread.run(
                self._inner.submit_opo(
                    symbol, working_type, working_side, working_quantity, pending_type, pending_side, **more
                )
            ),
        )

    @takes(OtocoArguments)
    def submit_opoco(
        self,
        symbol: str,
        working_type: OrderTypeArg,
        working_side: SideArg,
        working_quantity: Number,
        pending_side: SideArg,
        pending_above_type: OrderTypeArg,
        **more: Unpack[OtocoArguments],
    ) -> OrderListHandle:
        """Begin to place a buy that, once filled, places an OCO selling what was received.

        Wire: ``orderList.place.opoco``, security TRADE, weight 1 (0 on success), orders 3; sent in the background.

        The live handle of the list is returned at once. Its `OrderListHandle.legs` are
        ``working``, ``pending_above`` and ``pending_below``. A lost reply is dealt with inside: the handle is
        `ListHandleStatus.IN_DOUBT` until the verdict.

        Args:
            symbol: trading pair, case-sensitive.
            working_type: LIMIT or LIMIT_MAKER.
            working_side: BUY or SELL: the working order.
            working_quantity: base quantity of the working order.
            pending_side: BUY or SELL: both pending orders.
            pending_above_type: type of the pending order above; ``pending_below_type`` is needed as well.
            more: the rest, by name, as for `place_opoco`: `OtocoArguments`; the reply is always asked for in FULL.

        Returns:
            The handle. Giving it up cancels nothing.

        Raises:
            UsageError: the list cannot be sent as it is. Nothing was sent.
            RuleViolation: with ``check_rules``: a trading rule would refuse it. Nothing was sent.
            NotConnected: the client is closed, or not started. Nothing was sent.
        """
        return OrderListHandle(
            self._thread,
            self._thread.run(
                self._inner.submit_opoco(
                    symbol, working_type, working_side, working_quantity, pending_side, pending_above_type, **more
                )
            ),
        )
