"""Orders and lists that come with a live handle."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any, Unpack

from binance_wsapi.api.arguments import (
    Number,
    OrderResponseTypeArg,
    OrderTypeArg,
    SideArg,
)
from binance_wsapi.api.group import MethodGroup
from binance_wsapi.api.spot.arguments import (
    OcoArguments,
    OrderArguments,
    OtoArguments,
    OtocoArguments,
    takes,
)
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.api.spot.trading import TradingMethods
from binance_wsapi.errors import WsapiError
from binance_wsapi.orders.trade.handle import OrderHandle
from binance_wsapi.orders.trade.list_handle import OrderListHandle
from binance_wsapi.orders.trade.placing import Placing
from binance_wsapi.rules.guard import RuleGuard
from binance_wsapi.wire.caller import DEFAULT, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["Submission", "SubmitMethods"]


class Submission(TradingMethods, OrderListMethods):
    """`place_order` and its like, whose call begins a handle instead of waiting for the reply.

    Args:
        placing: makes the handle.
        guard: looks at the request first, where the user wants it.
    """

    trade: OrderHandle
    listed: OrderListHandle

    def __init__(self, placing: Placing, guard: RuleGuard | None = None) -> None:
        self._placing = placing
        self._guard = guard
        self._caller = self

    async def call(self, endpoint: Endpoint[Any], params: Params, options: CallOptions = DEFAULT) -> Any:
        """Begin the handle; it is in ``trade`` or ``listed`` then."""
        if self._guard is not None:
            await self._guard.check(endpoint, params)
        if endpoint is TradingMethods.PLACE_ORDER:
            self.trade = self._placing.order(params, options)
        else:
            self.listed = self._placing.order_list(endpoint, params, options)


class SubmitMethods(MethodGroup):
    """Orders and lists that come with a live handle."""

    @abstractmethod
    def _submission(self) -> Submission:
        """Return what begins one handle."""

    @takes(OrderArguments)
    async def submit_order(
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
        submission = self._submission()
        try:
            await submission.place_order(symbol, side, type, new_order_resp_type=new_order_resp_type, **more)
        except WsapiError as error:
            error.about(method="order.place", client_order_id=more.get("new_client_order_id"))
            raise
        return submission.trade

    @takes(OcoArguments)
    async def submit_oco(
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
        submission = self._submission()
        placed = submission.place_oco(symbol, side, quantity, above_type, below_type, **more)
        return await _begun(submission, placed, "orderList.place.oco", more.get("list_client_order_id"))

    @takes(OtoArguments)
    async def submit_oto(
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
        submission = self._submission()
        placed = submission.place_oto(
            symbol, working_type, working_side, working_quantity, pending_type, pending_side, pending_quantity, **more
        )
        return await _begun(submission, placed, "orderList.place.oto", more.get("list_client_order_id"))

    @takes(OtocoArguments)
    async def submit_otoco(
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
        submission = self._submission()
        placed = submission.place_otoco(
            symbol,
            working_type,
            working_side,
            working_quantity,
            pending_side,
            pending_quantity,
            pending_above_type,
            **more,
        )
        return await _begun(submission, placed, "orderList.place.otoco", more.get("list_client_order_id"))

    @takes(OtoArguments)
    async def submit_opo(
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
        submission = self._submission()
        placed = submission.place_opo(
            symbol, working_type, working_side, working_quantity, pending_type, pending_side, **more
        )
        return await _begun(submission, placed, "orderList.place.opo", more.get("list_client_order_id"))

    @takes(OtocoArguments)
    async def submit_opoco(
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
        submission = self._submission()
        placed = submission.place_opoco(
            symbol, working_type, working_side, working_quantity, pending_side, pending_above_type, **more
        )
        return await _begun(submission, placed, "orderList.place.opoco", more.get("list_client_order_id"))


async def _begun(
    submission: Submission, placed: Coroutine[Any, Any, Any], method: str, client_order_id: str | None
) -> OrderListHandle:
    """Begin the handle of a list."""
    try:
        await placed
    except WsapiError as error:
        error.about(method=method, client_order_id=client_order_id)
        raise
    return submission.listed
