"""The live handle of an order list.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from binance_wsapi.blocking.events import iterate, within
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.errors import WsapiError
from binance_wsapi.orders.trade.list_handle import OrderListHandle as AsynchronousOrderListHandle
from binance_wsapi.orders.trade.types import HandleEvent, HandleStatus, ListHandleStatus
from binance_wsapi.wire.border import calls_at_border

__all__ = ["ListHandleMethods"]


@calls_at_border
class ListHandleMethods:
    """An order list that was handed to the client to be placed, kept true until nothing more can happen to its orders."""

    __slots__ = ()
    _thread: LoopThread
    _inner: AsynchronousOrderListHandle

    @property
    def symbol(self) -> str:
        """Trading pair."""
        return self._thread.read(lambda: self._inner.symbol)

    @property
    def list_client_order_id(self) -> str:
        """The id the list was placed with."""
        return self._thread.read(lambda: self._inner.list_client_order_id)

    @property
    def order_list_id(self) -> int | None:
        """The venue's number of the list; None until the venue was heard of it."""
        return self._thread.read(lambda: self._inner.order_list_id)

    @property
    def status(self) -> ListHandleStatus:
        """Where the list is."""
        return self._thread.read(lambda: self._inner.status)

    @property
    def is_done(self) -> bool:
        """Whether nothing more can happen to any of its orders, and all of their fills are known."""
        return self._thread.read(lambda: self._inner.is_done)

    @property
    def log(self) -> list[tuple[str, HandleEvent]]:
        """What was learned of its orders, when and from whom, each with the name of the order."""
        return self._thread.read(lambda: self._inner.log)

    @property
    def error(self) -> WsapiError | None:
        """Why there is no list: the venue's refusal, `NotPlaced`, or what kept it from being sent. Else None."""
        return self._thread.read(lambda: self._inner.error)

    def accepted(self, timeout: float | None = None) -> Self:
        """Wait until the venue has the list, and the number of each of its orders is known.

        Args:
            timeout: seconds to wait at most; None waits for as long as it takes.

        Returns:
            The handle. Its orders may already be filled, or ended.

        Raises:
            OrderRejected: the venue refused it; or another `VenueError` that says why.
            NotPlaced: its reply was lost, and it can no longer be executed.
            NotSent: it never left this machine.
            NotFollowed: the client was closed.
            TimeoutError: it did not happen in time. That changes nothing.

        Interrupting the call changes nothing about the list.
        """
        self._thread.run(within(timeout, self._inner.accepted))
        return self

    def done(self, timeout: float | None = None) -> Self:
        """Wait until nothing more can happen to any of its orders, however they ended, and all fills are known.

        Args:
            timeout: seconds to wait at most; None waits for as long as it takes.

        Returns:
            The handle; `legs` say how each order ended, and `error` why where the list was not placed.

        Raises:
            NotFollowed: the client was closed.
            TimeoutError: it did not happen in time. That changes nothing.
        """
        self._thread.run(within(timeout, self._inner.done))
        return self

    def events(self) -> Iterator[tuple[str, HandleEvent]]:
        """Iterate over what is learned of its orders: first what is known already, then what comes, until all are done.

        Yields:
            The name of the order in `legs`, and what was learned of it.

        Raises:
            NotFollowed: the client was closed.
        """
        return iterate(self._thread, self._inner.events())

    def cancel(self) -> Mapping[str, HandleStatus]:
        """Cancel what is open of the list, and return how each order really ended.

        Wire: ``orderList.cancel``, security TRADE, weight 1 (0 on success), orders 0.

        A list whose own fate is not known yet is waited for first: cancelling it by its id would take that id away, by which
        alone it can be found.

        Returns:
            The final status of each order by its name, when all are proven; their fills are complete by then.

        Raises:
            NotPlaced: the cancel was lost, and can no longer be executed: orders may be open, try again.
            CancelRejected: the venue refused the cancel, and orders are still open.
            NotSent: the cancel never left this machine.
            NotFollowed: the client was closed.

        Interrupting the call does not cancel what was sent.
        """
        return self._thread.run(self._inner.cancel())
