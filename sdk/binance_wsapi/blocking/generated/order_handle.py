"""The live handle of an order.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Self

from binance_wsapi.blocking.events import iterate, within
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.errors import WsapiError
from binance_wsapi.models.enums import OrderType, Side
from binance_wsapi.orders.trade.handle import OrderHandle as AsynchronousOrderHandle
from binance_wsapi.orders.trade.types import HandleEvent, HandleFill, HandleStatus
from binance_wsapi.wire.border import calls_at_border

__all__ = ["HandleMethods"]


@calls_at_border
class HandleMethods:
    """An order that was handed to the client to be placed, kept true until nothing more can happen to it."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousOrderHandle

    @property
    def symbol(self) -> str:
        """Trading pair."""
        return self._thread.read(lambda: self._inner.symbol)

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return self._thread.read(lambda: self._inner.side)

    @property
    def type(self) -> OrderType:
        """Type of the order."""
        return self._thread.read(lambda: self._inner.type)

    @property
    def client_order_id(self) -> str:
        """The id the order was placed with; it names the order for good."""
        return self._thread.read(lambda: self._inner.client_order_id)

    @property
    def current_client_order_id(self) -> str:
        """The id the order has now at the venue, which a cancel and an amendment change."""
        return self._thread.read(lambda: self._inner.current_client_order_id)

    @property
    def order_id(self) -> int | None:
        """The venue's number of the order; None until the venue was heard of it."""
        return self._thread.read(lambda: self._inner.order_id)

    @property
    def order_list_id(self) -> int | None:
        """The venue's number of the list the order belongs to; None for an order of its own."""
        return self._thread.read(lambda: self._inner.order_list_id)

    @property
    def status(self) -> HandleStatus:
        """Where the order is."""
        return self._thread.read(lambda: self._inner.status)

    @property
    def quantity(self) -> Decimal | None:
        """Base quantity of the order, amendments taken into account; None where the venue has not told it."""
        return self._thread.read(lambda: self._inner.quantity)

    @property
    def executed_quantity(self) -> Decimal:
        """Base quantity that was executed."""
        return self._thread.read(lambda: self._inner.executed_quantity)

    @property
    def average_price(self) -> Decimal | None:
        """Average price of what was executed; None before the first fill."""
        return self._thread.read(lambda: self._inner.average_price)

    @property
    def fills(self) -> list[HandleFill]:
        """The known fills in the order in which they happened, each once."""
        return self._thread.read(lambda: self._inner.fills)

    @property
    def fills_complete(self) -> bool:
        """Whether the known fills add up to the executed quantity; they always do soon."""
        return self._thread.read(lambda: self._inner.fills_complete)

    @property
    def is_done(self) -> bool:
        """Whether nothing more can happen to the order, and all of its fills are known."""
        return self._thread.read(lambda: self._inner.is_done)

    @property
    def log(self) -> list[HandleEvent]:
        """What was learned of the order, when and from whom."""
        return self._thread.read(lambda: self._inner.log)

    @property
    def error(self) -> WsapiError | None:
        """Why there is no order: the venue's refusal, `NotPlaced`, or what kept it from being sent. Else None."""
        return self._thread.read(lambda: self._inner.error)

    def accepted(self, timeout: float | None = None) -> Self:
        """Wait until the venue has the order.

        Args:
            timeout: seconds to wait at most; None waits for as long as it takes.

        Returns:
            The handle. The order may already be filled, or ended.

        Raises:
            OrderRejected: the venue refused it; or another `VenueError` that says why.
            NotPlaced: its reply was lost, and it can no longer be executed.
            NotSent: it never left this machine.
            NotFollowed: the client was closed.
            TimeoutError: it did not happen in time. That changes nothing.

        Interrupting the call changes nothing about the order.
        """
        self._thread.run(within(timeout, self._inner.accepted))
        return self

    def filled(self, timeout: float | None = None) -> Self:
        """Wait until all of the order is filled, and all fills are known.

        Args:
            timeout: seconds to wait at most; None waits for as long as it takes.

        Returns:
            The handle.

        Raises:
            NotFilled: it was cancelled or expired before; it holds how much was executed.
            WsapiError: as `accepted`.
            TimeoutError: it did not happen in time. That changes nothing.
        """
        self._thread.run(within(timeout, self._inner.filled))
        return self

    def done(self, timeout: float | None = None) -> Self:
        """Wait until nothing more can happen to the order, however it ended, and all of its fills are known.

        Args:
            timeout: seconds to wait at most; None waits for as long as it takes.

        Returns:
            The handle; `status` says how it ended, and `error` why where it was not placed.

        Raises:
            NotFollowed: the client was closed.
            TimeoutError: it did not happen in time. That changes nothing.
        """
        self._thread.run(within(timeout, self._inner.done))
        return self

    def events(self) -> Iterator[HandleEvent]:
        """Iterate over what is learned of the order: first what is known already, then what comes, until it is done.

        Raises:
            NotFollowed: the client was closed.
        """
        return iterate(self._thread, self._inner.events())

    def cancel(self) -> HandleStatus:
        """Cancel the order, and return how it really ended: FILLED, where it was filled meanwhile.

        Wire: ``order.cancel``, security TRADE, weight 1 (0 on success), orders 0.

        An order whose own fate is not known yet is waited for first: cancelling it by its id would take that id away, by
        which alone it can be found.

        Returns:
            The final status, when it is proven; `executed_quantity` and `fills` are complete by then.

        Raises:
            NotPlaced: the cancel was lost, and can no longer be executed: the order may be open, try again.
            CancelRejected: the venue refused the cancel, and the order is still open.
            NotSent: the cancel never left this machine.
            NotFollowed: the client was closed.

        Interrupting the call does not cancel what was sent.
        """
        return self._thread.run(self._inner.cancel())

    def amend(self, *, new_quantity: Decimal | int | str) -> Decimal:
        """Lower the quantity of the order, which keeps its number and its place in the queue.

        Wire: ``order.amend.keepPriority``, security TRADE, weight 4, orders 0.

        Args:
            new_quantity: new base quantity of the whole order, below the present one.

        Returns:
            The quantity the order has now.

        Raises:
            AmendRejected: the venue refused it (-2038), or another `VenueError`.
            NotPlaced: the amendment was lost, and can no longer be executed.
            UsageError: the order has ended, or the quantity is no number.
            NotSent: the amendment never left this machine.
            NotFollowed: the client was closed.

        Interrupting the call does not cancel what was sent.
        """
        return self._thread.run(self._inner.amend(new_quantity=new_quantity))
