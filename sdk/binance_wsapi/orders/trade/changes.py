"""What a handle does to its order: cancelling and amending it, until it is proven what came of that.

Theory of operation. A change waits until the fate of the order itself is known, and is then sent once, by a task that goes
on when its caller goes away. A lost reply is decided by the resolver (`binance_wsapi.orders.fate.resolver`). What
comes back is evidence like any other and merged into the order; the answer to the caller is taken from the order,
never from the reply alone. So a cancel that came too late answers FILLED, in every order of the reply, the event
and the audit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from binance_wsapi.errors import (
    CancelRejected,
    NotConnected,
    NotFollowed,
    NotPlaced,
    OutcomeUnknown,
    UsageError,
    WsapiError,
)
from binance_wsapi.keys.amounts import wrong_amount
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.orders.fate.fence import Outcome, Verdict
from binance_wsapi.orders.tracked_caller import TrackedCaller
from binance_wsapi.orders.trade.handle import TradeRecord
from binance_wsapi.orders.trade.list_handle import ListRecord
from binance_wsapi.orders.trade.schedule import LONGEST_PAUSE_S
from binance_wsapi.orders.trade.types import HandleEvent, HandleSource, HandleStatus
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint

__all__ = ["TradeChanges", "lost"]


def lost(error: OutcomeUnknown, verdict: Verdict) -> NotPlaced:
    """Return the error for a request whose reply was lost and which can no longer be executed."""
    result = NotPlaced(f"it was sent, no reply came, and it can no longer be executed ({verdict.evidence.value})")
    result.about(method=error.method, request_id=error.request_id, client_order_id=verdict.client_order_id)
    result.__cause__ = error
    return result


class TradeChanges:
    """Cancels and amends orders for their handles.

    Args:
        tracked: sends the change, and finds out its fate.
        see: merges evidence into what is known of an order.
        press: has an order asked about in quick succession.
        spawn: runs a task until the client is closed.
        whom: tells with which key an order is spoken about.
        lag: seconds the venue's views may lag behind its matching engine.

    Attributes:
        closed: whether the client is closed.
    """

    def __init__(
        self,
        tracked: TrackedCaller,
        see: Callable[[TradeRecord, Any, HandleSource], list[HandleEvent]],
        press: Callable[[TradeRecord], None],
        spawn: Callable[[Coroutine[Any, Any, Any], str], asyncio.Task[Any]],
        whom: Callable[[TradeRecord], CallOptions],
        lag: float,
    ) -> None:
        self._tracked = tracked
        self._see = see
        self._press = press
        self._spawn = spawn
        self._whom = whom
        self._lag = lag
        self.closed = False

    async def cancel(self, trade: TradeRecord) -> HandleStatus:
        """See `OrderHandle.cancel`."""
        state = trade.state
        if await self._is_open(trade):
            task = self._spawn(self._cancel(trade), f"cancel {state.client_order_id}")
            task.add_done_callback(lambda _: trade.wake())
            await trade.until(lambda: trade.is_done or task.done())
            error = task.result() if task.done() and not task.cancelled() else None
            if error is not None and not state.status.is_final:
                raise error
        await trade.until(lambda: trade.is_done)
        return state.status

    async def _cancel(self, trade: TradeRecord) -> WsapiError | None:
        error = await self._change(trade, self._tracked.calls.cancel, {})
        if isinstance(error, CancelRejected | NotPlaced):
            # "Unknown order sent.": it is not open, or so it is said; or it was filled while the cancel was in doubt.
            # The order itself is asked, until its view shows it.
            self._press(trade)
            try:
                async with asyncio.timeout(self._lag + LONGEST_PAUSE_S):
                    await trade.until(lambda: trade.state.status.is_final)
            except (TimeoutError, NotFollowed):  # who waits for the order is told that it is followed no more
                return error
            return None
        return error

    async def amend(self, trade: TradeRecord, new_quantity: Decimal | int | str) -> Decimal:
        """See `OrderHandle.amend`."""
        if (wrong := wrong_amount("new_quantity", new_quantity)) is not None:
            raise wrong
        wire_params({"newQty": new_quantity})
        state = trade.state
        if not await self._is_open(trade):
            raise UsageError(f"the order is {state.status.value}: there is nothing left to amend").about(
                method=self._tracked.calls.amend.method, client_order_id=state.client_order_id
            )
        change = self._change(trade, self._tracked.calls.amend, {"newQty": new_quantity})
        task = self._spawn(change, f"amend {state.client_order_id}")
        task.add_done_callback(lambda _: trade.wake())
        await trade.until(task.done)
        if task.cancelled():
            raise NotFollowed("the client was closed while an amendment was under way: it may have been made").about(
                method=self._tracked.calls.amend.method, client_order_id=state.client_order_id
            )
        error = task.result()
        if error is not None:
            raise error
        assert state.quantity is not None
        return state.quantity

    async def _is_open(self, trade: TradeRecord) -> bool:
        """Wait until the fate of the order itself is known; return whether it is open."""
        if self.closed and not trade.is_done:
            raise NotConnected("the client is closed").about(client_order_id=trade.state.client_order_id)
        await trade.until(lambda: trade.is_settled)
        return not trade.state.status.is_final

    async def cancel_list(self, group: ListRecord) -> None:
        """See `OrderListHandle.cancel`."""
        if self.closed and not group.is_done:
            raise NotConnected("the client is closed").about(client_order_id=group.client_order_id)
        await group.until(lambda: group.is_settled)
        if not group.status.is_final:
            task = self._spawn(self._cancel_list(group), f"cancel list {group.client_order_id}")
            task.add_done_callback(lambda _: group.wake())
            await group.until(lambda: group.is_done or task.done())
            error = task.result() if task.done() and not task.cancelled() else None
            if error is not None and not group.status.is_final:
                raise error
        await group.until(lambda: group.is_done)

    async def _cancel_list(self, group: ListRecord) -> WsapiError | None:
        first = next(iter(group.legs.values()))
        number = group.order_list_id
        which = {"listClientOrderId": group.client_order_id} if number is None else {"orderListId": number}
        error = await self._send(first, self._tracked.calls.cancel_list, which)
        if error is not None and not isinstance(error, CancelRejected | NotPlaced):
            return error
        # What is not told by now (of a lost reply only whether it was executed), or is said not to be open, is asked for.
        for leg in group.legs.values():
            if not leg.state.status.is_final:
                self._press(leg)
        try:
            async with asyncio.timeout(self._lag + LONGEST_PAUSE_S):
                await group.until(lambda: group.status.is_final)
        except (TimeoutError, NotFollowed):
            return error
        return None

    async def _change(self, trade: TradeRecord, endpoint: Endpoint[Any], more: dict[str, Any]) -> WsapiError | None:
        """Send a change of an order, wait until its fate is known, and return why it was not made, if it was not."""
        return await self._send(trade, endpoint, {"orderId": trade.state.order_id, **more})

    async def _send(self, trade: TradeRecord, endpoint: Endpoint[Any], which: dict[str, Any]) -> WsapiError | None:
        """Send a change of an order, or of the list it belongs to. See `_change`."""
        source = HandleSource.REPLY
        try:
            evidence = await self._tracked.call(endpoint, {"symbol": trade.symbol, **which}, self._whom(trade))
        except OutcomeUnknown as error:
            verdict: Verdict = await error.resolve()
            if verdict.outcome is Outcome.REJECTED and isinstance(verdict.error, WsapiError):
                return verdict.error
            if verdict.outcome is Outcome.UNDECIDED:
                return error
            if verdict.outcome is not Outcome.ACCEPTED:
                return lost(error, verdict)
            evidence, source = verdict.order, HandleSource.RESOLVER
        except WsapiError as error:
            return error
        self._see(trade, evidence, source)
        return None
