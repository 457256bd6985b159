"""The live handle of an order: one object that says at any moment what is known of it, and can be waited on.

Theory of operation. A `OrderHandle` is the user's view of a `TradeRecord`. The record is told what was learned by the keeper
(`binance_wsapi.orders.trade.keeper`), which hears replies, events and audits; the merging is
`binance_wsapi.orders.trade.state`. Every change wakes all waiting calls, and each looks whether it is its own, so no order
of arrival can be missed. When the client is closed all waiting calls raise `NotFollowed`: an order outlives the client
that placed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from typing import Generic, Protocol, Self, TypeVar

from binance_wsapi.errors import NotFilled, NotFollowed, WsapiError, venue_error
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.models.enums import OrderType, Side
from binance_wsapi.orders.trade.state import TradeState
from binance_wsapi.orders.trade.types import HandleEvent, HandleFill, HandleStatus
from binance_wsapi.wire.border import at_border

__all__ = ["Changer", "Learned", "OrderHandle", "TradeRecord", "Waiters"]

E_co = TypeVar("E_co", covariant=True)


class Waiters:
    """Calls that wait until something is known: each change wakes all, and each looks again."""

    def __init__(self) -> None:
        self._waiters: list[asyncio.Future[None]] = []

    def why_not(self) -> WsapiError | None:
        """Return why nothing more will be learned; None while it may be."""
        raise NotImplementedError

    def wake(self) -> None:
        """Wake all waiting calls: each looks again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds. Raises `NotFollowed` when the client is closed before."""
        while not holds():
            over = self.why_not()
            if over is not None:
                raise over.with_traceback(None)
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)


class Log(Protocol[E_co]):
    """What was learned of an order or of a list, and whether more can come."""

    @property
    def log(self) -> Sequence[E_co]: ...

    @property
    def is_done(self) -> bool: ...

    async def until(self, holds: Callable[[], bool]) -> None: ...


@at_border
class Learned(Generic[E_co]):
    """What is learned of an order or of a list, from the beginning until it is done.

    A wait that is cancelled ends nothing: the next one goes on.
    """

    def __init__(self, record: Log[E_co]) -> None:
        self._record = record
        self._told = 0
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E_co:
        record = self._record
        if not self._closed:
            await record.until(lambda: len(record.log) > self._told or record.is_done)
        if self._closed or len(record.log) <= self._told:
            raise StopAsyncIteration
        self._told += 1
        return record.log[self._told - 1]

    async def aclose(self) -> None:
        """Tell no more."""
        self._closed = True


class Group(Protocol):
    """What an order belongs to, and who waits for that."""

    @property
    def legs(self) -> dict[str, TradeRecord]: ...

    def is_told_by(self, order_list_id: int, client_order_id: str) -> bool: ...

    def heard(self, leg: TradeRecord, events: list[HandleEvent]) -> None: ...

    def wake(self) -> None: ...


class TradeRecord(Waiters):
    """What a handle shows, and who waits for it.

    Args:
        symbol: trading pair.
        side: of the order.
        type: of the order.
        state: what is known of it.
        method: wire name of the method that places it.

    Attributes:
        state: what is known of the order.
        log: what was learned, in the order in which it was.
        error: why there is no order, where there is none.
        key: signed the order, and signs its changes and the questions about it.
        group: the list the order belongs to; None for an order of its own.
    """

    def __init__(self, symbol: str, side: Side, type: OrderType, state: TradeState, method: str) -> None:
        super().__init__()
        self.symbol = symbol
        self.side = side
        self.type = type
        self.state = state
        self.method = method
        self.group: Group | None = None
        self.log: list[HandleEvent] = []
        self.error: WsapiError | None = None
        self.key: Signer | AsyncSigner | None = None
        self._over: WsapiError | None = None
        self._gave_up = False

    def __repr__(self) -> str:
        state = self.state
        return (
            f"<OrderHandle {self.side.value} {self.type.value} {self.symbol} {state.client_order_id} {state.status.value}, "
            f"{state.executed_quantity:f} executed>"
        )

    @property
    def is_done(self) -> bool:
        """Whether nothing more can happen to the order, and all of its fills are known."""
        return self.state.status.is_final and (self.state.complete or self._gave_up)

    @property
    def is_settled(self) -> bool:
        """Whether it is known that the venue has, or had, the order, or that it never will."""
        return self.state.status.is_placed or self.state.status.is_final

    def learn(self, events: list[HandleEvent], error: WsapiError | None = None) -> None:
        """Something was learned; an error says why there is no order."""
        self.error = error or self.error
        if self.error is None and self.state.status is HandleStatus.REJECTED:
            self.error = venue_error(400, -2010, "the venue shows the order as REJECTED").about(
                method=self.method, client_order_id=self.state.client_order_id
            )
        self.log += events
        if self.group is not None:
            self.group.heard(self, events)
        self.wake()

    def give_up(self, event: HandleEvent) -> None:
        """The order has ended, and the venue does not tell the rest of its fills."""
        self._gave_up = True
        self.learn([event])

    def end(self, reason: str = "the client was closed") -> None:
        """Follow the order no more: fail all waiting calls."""
        error = NotFollowed(f"{reason} while the order was {self.state.status.value}: it may live on at the venue")
        self._over = error.about(method=self.method, client_order_id=self.state.client_order_id)
        self.wake()

    def why_not(self) -> WsapiError | None:
        return self._over

    def wake(self) -> None:
        super().wake()
        if self.group is not None:
            self.group.wake()


class Changer(Protocol):
    """Cancels and amends orders for their handles."""

    async def cancel(self, record: TradeRecord) -> HandleStatus: ...

    async def amend(self, record: TradeRecord, new_quantity: Decimal | int | str) -> Decimal: ...


@at_border
class OrderHandle:
    """An order that was handed to the client to be placed, kept true until nothing more can happen to it.

    Made by `SpotClient.submit_order`. Attributes never go back: the executed quantity does not shrink, an end is never
    left, a fill is there once. Forgetting the handle does not cancel the order.
    """

    def __init__(self, record: TradeRecord, changer: Changer) -> None:
        self._record = record
        self._state = record.state
        self._changer = changer

    def __repr__(self) -> str:
        return repr(self._record)

    # ------------------------------------------------------------------ what is known

    @property
    def symbol(self) -> str:
        """Trading pair."""
        return self._record.symbol

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return self._record.side

    @property
    def type(self) -> OrderType:
        """Type of the order."""
        return self._record.type

    @property
    def client_order_id(self) -> str:
        """The id the order was placed with; it names the order for good."""
        return self._state.client_order_id

    @property
    def current_client_order_id(self) -> str:
        """The id the order has now at the venue, which a cancel and an amendment change."""
        return self._state.current_client_order_id

    @property
    def order_id(self) -> int | None:
        """The venue's number of the order; None until the venue was heard of it."""
        return self._state.order_id

    @property
    def order_list_id(self) -> int | None:
        """The venue's number of the list the order belongs to; None for an order of its own."""
        return self._state.order_list_id

    @property
    def status(self) -> HandleStatus:
        """Where the order is."""
        return self._state.status

    @property
    def quantity(self) -> Decimal | None:
        """Base quantity of the order, amendments taken into account; None where the venue has not told it."""
        return self._state.quantity

    @property
    def executed_quantity(self) -> Decimal:
        """Base quantity that was executed."""
        return self._state.executed_quantity

    @property
    def average_price(self) -> Decimal | None:
        """Average price of what was executed; None before the first fill."""
        return self._state.average_price

    @property
    def fills(self) -> list[HandleFill]:
        """The known fills in the order in which they happened, each once."""
        return self._state.fills

    @property
    def fills_complete(self) -> bool:
        """Whether the known fills add up to the executed quantity; they always do soon."""
        return self._state.complete

    @property
    def is_done(self) -> bool:
        """Whether nothing more can happen to the order, and all of its fills are known."""
        return self._record.is_done

    @property
    def log(self) -> list[HandleEvent]:
        """What was learned of the order, when and from whom."""
        return list(self._record.log)

    @property
    def error(self) -> WsapiError | None:
        """Why there is no order: the venue's refusal, `NotPlaced`, or what kept it from being sent. Else None."""
        return None if self._state.status.is_placed else self._record.error

    # ------------------------------------------------------------------ waiting

    async def accepted(self) -> Self:
        """Wait until the venue has the order.

        Returns:
            The handle. The order may already be filled, or ended.

        Raises:
            OrderRejected: the venue refused it; or another `VenueError` that says why.
            NotPlaced: its reply was lost, and it can no longer be executed.
            NotSent: it never left this machine.
            NotFollowed: the client was closed.

        Cancelling the await changes nothing about the order.
        """
        await self._record.until(lambda: self._record.is_settled)
        if not self._state.status.is_placed:
            raise self._refusal()
        return self

    async def filled(self) -> Self:
        """Wait until all of the order is filled, and all fills are known.

        Returns:
            The handle.

        Raises:
            NotFilled: it was cancelled or expired before; it holds how much was executed.
            WsapiError: as `accepted`.
        """
        await self._record.until(lambda: self._record.is_done)
        status = self._state.status
        if not status.is_placed:
            raise self._refusal()
        if status is not HandleStatus.FILLED:
            executed = self.executed_quantity
            error = NotFilled(f"the order is {status.value}, {executed:f} of it executed", status.value, executed)
            raise error.about(method=self._record.method, client_order_id=self.client_order_id)
        return self

    async def done(self) -> Self:
        """Wait until nothing more can happen to the order, however it ended, and all of its fills are known.

        Returns:
            The handle; `status` says how it ended, and `error` why where it was not placed.

        Raises:
            NotFollowed: the client was closed.
        """
        await self._record.until(lambda: self._record.is_done)
        return self

    def events(self) -> AsyncIterator[HandleEvent]:
        """Iterate over what is learned of the order: first what is known already, then what comes, until it is done.

        Raises:
            NotFollowed: the client was closed.
        """
        return Learned(self._record)

    # ------------------------------------------------------------------ changing it

    async def cancel(self) -> HandleStatus:
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

        Cancelling the await does not cancel what was sent.
        """
        return await self._changer.cancel(self._record)

    async def amend(self, *, new_quantity: Decimal | int | str) -> Decimal:
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

        Cancelling the await does not cancel what was sent.
        """
        return await self._changer.amend(self._record, new_quantity)

    def _refusal(self) -> WsapiError:
        error = self._record.error
        assert error is not None, "a request that made no order has a reason"
        return error.with_traceback(None)
